# SPDX-License-Identifier: Apache-2.0
"""TLS servers that are broken, or are not the bank: not a byte of a request goes to them, and the merchant hears what is certain."""
import concurrent.futures
import contextlib
import socket
import ssl

import pytest
from florin_testing import bad_tls
from florin_testing.bad_tls import TlsFront, record, tls_context, with_tls
from florin_testing.certificates import AUTHORITY, Certificate, named
from florin_testing.client import fresh_key
from florin_testing.gateway import run
from florin_testing.messages import take_message
from florin_testing.shop import Shop
from florin_testing.waiting import until

pytestmark = pytest.mark.filterwarnings('ignore:ssl.TLSVersion')  # that those versions are old is why they are here

TLS_1_0, TLS_1_1, TLS_1_2 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2

LOCALHOST, ADDRESS, DEEP = 'localhost', '127.0.0.1', 'pay.bank.localhost'
NAMES = (f'DNS:{LOCALHOST}', f'IP:{ADDRESS}', f'DNS:{DEEP}')  # what a good certificate is good for


# --- certificates, made once for this file ---

class Authorities:
    """The one that the gateway trusts, one that it does not know, and what they have signed."""

    def __init__(self, folder):
        self.folder = folder
        self.root = Certificate(folder, None, [AUTHORITY], '/CN=Test Root')
        self.stranger = Certificate(folder, None, [AUTHORITY], '/CN=Other Root')
        self.good = self.leaf()

    def leaf(self, extensions=None, signer=None, **more):
        """A server's certificate; right in everything that is not said."""
        return Certificate(self.folder, signer or self.root, extensions or named(*NAMES), **more)

    def between(self, extensions=(AUTHORITY,), signer=None, subject='/CN=Between', **more):
        """An authority below the root."""
        return Certificate(self.folder, signer or self.root, extensions, subject, **more)


@pytest.fixture(scope='module', name='authorities')
def make_authorities(tmp_path_factory):
    """All of them, in a folder that goes with the test run."""
    return Authorities(tmp_path_factory.mktemp('certificates'))


# --- the kinds ---

# Served by a whole TLS stack, so that somebody who does not look gets in: name, the bank's host, its certificate.
CERTIFICATES = [
    ('expired',               LOCALHOST, lambda us: us.leaf(days=(-30, -1))),
    ('not_yet_valid',         LOCALHOST, lambda us: us.leaf(days=(1, 30))),
    ('another_host',          LOCALHOST, lambda us: us.leaf(named('DNS:bank.example'))),
    ('signed_by_itself',      LOCALHOST, lambda us: Certificate(us.folder, None, named(*NAMES))),
    ('unknown_authority',     LOCALHOST, lambda us: us.leaf(signer=us.stranger)),
    ('expired_authority',     LOCALHOST, lambda us: us.leaf(signer=us.between(days=(-30, -1)))),
    ('signer_is_no_authority', LOCALHOST, lambda us: us.leaf(signer=us.leaf(subject='/CN=Between'))),
    ('signer_may_not_sign',   LOCALHOST, lambda us: us.leaf(signer=us.between([AUTHORITY, 'keyUsage=critical,digitalSignature']))),
    ('chain_too_long',        LOCALHOST, lambda us: us.leaf(signer=us.between(signer=us.between([f'{AUTHORITY},pathlen:0'], subject='/CN=Above')))),
    ('outside_its_authority', LOCALHOST, lambda us: us.leaf(signer=us.between([AUTHORITY, 'nameConstraints=critical,permitted;DNS:example.org']))),
    ('name_in_subject_only',  LOCALHOST, lambda us: us.leaf(named(), subject=f'/CN={LOCALHOST}')),
    ('wildcard_for_all',      LOCALHOST, lambda us: us.leaf(named('DNS:*'))),
    ('wildcard_too_high',     DEEP,      lambda us: us.leaf(named('DNS:*.localhost'))),
    ('wildcard_in_a_word',    DEEP,      lambda us: us.leaf(named('DNS:p*.bank.localhost'))),
    ('wildcard_not_in_front', DEEP,      lambda us: us.leaf(named('DNS:pay.*.localhost'))),
    ('another_address',       ADDRESS,   lambda us: us.leaf(named('IP:127.0.0.2'))),
    ('address_as_a_name',     ADDRESS,   lambda us: us.leaf(named(f'DNS:{ADDRESS}'))),
    ('signed_with_sha1',      LOCALHOST, lambda us: us.leaf(digest='sha1')),
    ('authority_by_sha1',     LOCALHOST, lambda us: us.leaf(signer=us.between(digest='sha1'))),
    ('rsa_1024',              LOCALHOST, lambda us: us.leaf(key='rsa-1024')),
    ('authority_rsa_1024',    LOCALHOST, lambda us: us.leaf(signer=us.between(key='rsa-1024'))),
    ('for_clients_only',      LOCALHOST, lambda us: us.leaf(named(*NAMES, purpose='clientAuth'))),
    ('for_signing_only',      LOCALHOST, lambda us: us.leaf(named(*NAMES, more=['keyUsage=critical,keyCertSign']))),
    ('says_what_nobody_knows', LOCALHOST, lambda us: us.leaf(named(*NAMES, more=['1.2.3.4.5=critical,ASN1:UTF8String:obey']))),
]

# Likewise, but it is the protocol that is weak: name, its context.
PROTOCOLS = [
    ('tls_1_0',          lambda us: tls_context(us.leaf(key='rsa'), least=TLS_1_0, most=TLS_1_0)),
    ('tls_1_1',          lambda us: tls_context(us.leaf(key='rsa'), least=TLS_1_1, most=TLS_1_1)),
    ('rsa_512',          lambda us: tls_context(us.leaf(key='rsa-512'), most=TLS_1_2)),  # too short to sign anything in TLS 1.3
    ('no_ecdhe',         lambda us: tls_context(us.leaf(key='rsa'), most=TLS_1_2, ciphers='AES256-GCM-SHA384')),
    ('no_aead',          lambda us: tls_context(us.good, most=TLS_1_2, ciphers='ECDHE-ECDSA-AES256-SHA384')),
    ('no_certificate',   lambda us: tls_context(None, most=TLS_1_2, ciphers='AECDH-AES256-SHA')),
    ('between_missing',  lambda us: tls_context(us.leaf(signer=us.between()), whole_chain=False)),
]

# Servers that nobody gets into: name, how they welcome.
ALERT = record(21, b'\x02\x28')  # fatal, handshake_failure
SABOTAGE = [
    ('plain_http',          lambda us: bad_tls.saying(lambda hello: b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')),
    ('garbage',             lambda us: bad_tls.saying(lambda hello: bytes(range(256)) * 8)),
    ('garbage_as_a_record', lambda us: bad_tls.saying(lambda hello: record(22, bytes(200)))),
    ('giant_record',        lambda us: bad_tls.saying(lambda hello: record(22, b'\xff' * 65535))),
    ('our_own_words',       lambda us: bad_tls.saying(lambda hello: hello)),
    ('alert',               lambda us: bad_tls.saying(lambda hello: ALERT)),
    ('data_before_keys',    lambda us: bad_tls.saying(lambda hello: record(23, b'HTTP/1.1 200 OK\r\n\r\n'))),
    ('hangs_up',            lambda us: bad_tls.hang_up),
    ('resets',              lambda us: bad_tls.reset),
    ('hangs_up_halfway',    lambda us: bad_tls.half_a_flight(tls_context(us.good))),
    ('hangs_up_halfway_1_2', lambda us: bad_tls.half_a_flight(tls_context(us.good, most=TLS_1_2))),
    ('stalls',              lambda us: bad_tls.stall),
    ('stalls_halfway',      lambda us: bad_tls.half_a_flight(tls_context(us.good), then_stalls=True)),
    ('flipped_bit',         lambda us: bad_tls.flipped_bit(tls_context(us.good))),
    ('flipped_bit_1_2',     lambda us: bad_tls.flipped_bit(tls_context(us.good, most=TLS_1_2))),
    ('wants_our_certificate', lambda us: with_tls(tls_context(us.good, most=TLS_1_2, asks_for=us.root))),
]


# --- a bank behind TLS ---

class TlsShop:
    """A shop whose bank is reached through a front, by one of its names. Its gateway gives up soon, for a bank on the same machine."""

    def __init__(self, folder, authorities, host):
        self.authorities = authorities
        self.shop = Shop(folder, answer_within_ms=400, bank_connect_timeout_ms=1000, bank_timeout_ms=5000)
        self.client = self.shop.client
        self.front = TlsFront(self.shop.bank.address)
        self.restart(bank_url=f'https://{host}:{self.front.port}', bank_ca_file=authorities.root.file)

    def restart(self, **settings):
        """With other settings or another environment."""
        self.shop.gateway.restart(**settings)

    def serve_well(self, relay=None):
        """The bank as it should be."""
        self.front.serve(with_tls(tls_context(self.authorities.good)), relay)

    def holds(self):
        """How many the bank has made."""
        return self.shop.bank.summary()['holds']['count']

    def close(self):
        """All of it, once the books have been compared."""
        try:
            if self.shop.client.all():
                self.serve_well()
                self.shop.all_settled()
                self.shop.books_agree()
            self.shop.close()
        finally:
            self.front.close()


@pytest.fixture(scope='module', name='tls_shop_at')
def lasting_tls_shops(tmp_path_factory, authorities):
    """tls_shop_at(host): one for each name, for all tests that leave it with a good bank."""
    with contextlib.ExitStack() as stack:
        shops = {}

        def shop_at(host=LOCALHOST):
            if host not in shops:
                shop = TlsShop(tmp_path_factory.mktemp('tls-shop'), authorities, host)
                shops[host] = stack.enter_context(contextlib.closing(shop))
            return shops[host]
        yield shop_at


@pytest.fixture(name='own_tls_shop')
def own_shop(tmp_path, authorities):
    """One that a test may start again with other settings."""
    with contextlib.closing(TlsShop(tmp_path / 'shop', authorities, LOCALHOST)) as shop:
        yield shop


def a_careless_client_gets_in(front):
    """Somebody who verifies nothing hears from the bank: so it is Florin that keeps away, and the front is no mere wall."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers('ALL:aNULL:@SECLEVEL=0')
    with socket.create_connection(('127.0.0.1', front.port), timeout=30) as outside, context.wrap_socket(outside) as inside:
        inside.sendall(b'GET /sim/book?summary=1 HTTP/1.1\r\nHost: bank\r\n\r\n')
        return take_message(lambda: inside.recv(65536)).startswith(b'HTTP/1.1 200')


def check_nothing_was_said(shop):
    """1. The authorization fails for certain. 2. Nothing came through. 3. Once the bank is itself again, the same payment works."""
    wish = shop.client.wish()
    number, holds = wish['card']['number'].encode(), shop.holds()
    problem = shop.client.post('/v1/payments', wish).expect(503, 'processor_unavailable')
    receipt = shop.client.get(problem['payment_id'])
    assert receipt['state'] == 'failed' and receipt['operation'] is None
    assert [event['type'] for event in shop.client.events(receipt)] == ['authorize_started', 'authorize_failed']
    assert shop.front.visits > 0, 'it was not even tried'
    assert shop.front.heard_inside == b''
    assert number not in shop.front.heard_outside and b'POST' not in shop.front.heard_outside
    shop.serve_well()
    until(lambda: shop.client.post('/v1/payments', wish).status == 201, 'the real bank is used')
    assert number in shop.front.heard_inside
    assert shop.holds() == holds + 1


@pytest.mark.parametrize('host, make', [row[1:] for row in CERTIFICATES], ids=[row[0] for row in CERTIFICATES])
def test_a_certificate_that_does_not_count(tls_shop_at, authorities, host, make):
    shop = tls_shop_at(host)
    shop.front.serve(with_tls(tls_context(make(authorities))))
    assert a_careless_client_gets_in(shop.front)
    shop.front.serve(shop.front.welcome)
    check_nothing_was_said(shop)


@pytest.mark.parametrize('make', [row[1] for row in PROTOCOLS], ids=[row[0] for row in PROTOCOLS])
def test_a_protocol_that_is_too_weak(tls_shop_at, authorities, make):
    shop = tls_shop_at()
    shop.front.serve(with_tls(make(authorities)))
    assert a_careless_client_gets_in(shop.front)
    shop.front.serve(shop.front.welcome)
    check_nothing_was_said(shop)


@pytest.mark.parametrize('make', [row[1] for row in SABOTAGE], ids=[row[0] for row in SABOTAGE])
def test_a_handshake_that_never_ends_well(tls_shop_at, authorities, make):
    shop = tls_shop_at()
    shop.front.serve(make(authorities))
    check_nothing_was_said(shop)


# --- what is good ---

GOOD = [
    ('by_name',           LOCALHOST, lambda us: tls_context(us.good)),
    ('by_address',        ADDRESS,   lambda us: tls_context(us.good)),
    ('by_wildcard',       DEEP,      lambda us: tls_context(us.leaf(named('DNS:*.bank.localhost')))),
    ('below_another',     LOCALHOST, lambda us: tls_context(us.leaf(signer=us.between()))),
    ('rsa_2048',          LOCALHOST, lambda us: tls_context(us.leaf(key='rsa'))),
    ('tls_1_2',           LOCALHOST, lambda us: tls_context(us.good, least=TLS_1_2, most=TLS_1_2)),
]


@pytest.mark.parametrize('host, make', [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_good_server_is_believed(tls_shop_at, authorities, host, make):
    shop = tls_shop_at(host)
    shop.front.serve(with_tls(make(authorities)))
    payment = shop.shop.settled(shop.client.authorize().json)  # a busy machine may take longer than this gateway lets a merchant wait
    assert payment['state'] == 'authorized'
    for verb, state in (('capture', 'captured'), ('refund', 'refunded')):
        shop.client.change(payment, verb)
        assert shop.shop.settled(payment)['state'] == state


def test_reconciling_believes_the_same_servers(own_tls_shop, authorities):
    """1. Somebody else answers at the bank's address: not a word. 2. The bank is back while it still tries: compared."""
    shop = own_tls_shop
    shop.serve_well()
    shop.client.authorized()
    shop.front.serve(with_tls(tls_context(authorities.leaf(signer=authorities.stranger))))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reconciling = pool.submit(shop.shop.gateway.command, 'reconcile', settings={'bank_ca_file': authorities.root.file})
        until(lambda: shop.front.visits >= 2, 'it tries again')
        assert shop.front.heard_inside == b''
        shop.serve_well()
        assert reconciling.result()[0] == 0
    assert b'GET ' in shop.front.heard_inside


def test_without_the_setting_the_systems_authorities_count(own_tls_shop):
    """They have never heard of ours."""
    shop = own_tls_shop
    shop.restart(bank_ca_file=None)
    shop.serve_well()
    shop.client.authorize().expect(503, 'processor_unavailable')
    assert shop.front.visits > 0 and shop.front.heard_inside == b''


@pytest.mark.parametrize('content', [None, '', 'no certificate\n'])
@pytest.mark.parametrize('command', ['serve', 'reconcile'])
def test_a_file_without_authorities_is_refused_at_the_start(shop, tmp_path, command, content):
    file = tmp_path / 'authorities.pem'
    if content is not None:
        file.write_text(content, encoding='ascii')
    status, _, errors = run(command, '--store', f'sqlite:{shop.gateway.store if command == "reconcile" else tmp_path / "new.db"}',
                            '--bank-ca-file', str(file))
    assert status in (1, 3) and f'no certificates to be read from {file}' in errors


# --- once the request is inside, nothing is certain ---

RELAYS = [
    ('cut_off',           bad_tls.relay_without_length(False)),
    ('ends_with_goodbye', bad_tls.relay_without_length(True)),  # libcurl cannot tell it from the one above
    ('spoilt',            bad_tls.relay_spoilt),
    ('goodbye_only',      bad_tls.relay_goodbye),
]


@pytest.mark.parametrize('relay', [row[1] for row in RELAYS], ids=[row[0] for row in RELAYS])
def test_an_answer_that_tls_does_not_vouch_for(tls_shop_at, relay):
    """1. The bank acts. 2. What came of its answer may have been cut short by anybody, so it counts as lost: 202. 3. Asked again later."""
    shop = tls_shop_at()
    shop.serve_well(relay)
    wish, key, holds = shop.client.wish(), fresh_key(), shop.holds()
    receipt = shop.client.post('/v1/payments', wish, key).expect(202)
    assert receipt['state'] == 'pending' and receipt['operation']['state'] == 'unknown'
    assert shop.holds() == holds + 1
    shop.serve_well()
    assert shop.shop.settled(receipt)['state'] == 'authorized'
    shop.client.post('/v1/payments', wish, key).expect(201)
    assert shop.holds() == holds + 1


def test_a_server_that_wants_our_certificate_too_late(tls_shop_at, authorities):
    """With TLS 1.3 it says so only when the request may be in: nothing happened, but nobody here can know. Not "failed"."""
    shop = tls_shop_at()
    shop.front.serve(with_tls(tls_context(authorities.good, asks_for=authorities.root)))
    receipt = shop.client.authorize().expect(202)
    assert receipt['state'] == 'pending' and receipt['operation']['state'] == 'unknown'
    assert shop.front.heard_inside == b''
    shop.serve_well()
    assert shop.shop.settled(receipt)['state'] == 'authorized'


@pytest.mark.parametrize('operation, becomes', [('capture', 'captured'), ('void', 'voided')])
def test_a_change_waits_until_the_bank_is_itself_again(tls_shop_at, authorities, operation, becomes):
    shop = tls_shop_at()
    shop.serve_well()
    payment = shop.client.authorized()
    shop.front.serve(with_tls(tls_context(authorities.leaf(signer=authorities.stranger))))
    receipt = shop.client.change(payment, operation).expect(202)
    assert receipt['state'] == 'authorized' and receipt['operation']['state'] == 'running', 'nothing has left, so nothing is in doubt'
    assert shop.front.visits > 0 and shop.front.heard_inside == b''
    shop.serve_well()
    assert shop.shop.settled(payment)['state'] == becomes
    reference = payment['processor_refs']['authorization_id']
    assert [request['reference'] for request in shop.shop.asked(f'/api/v1/{operation}s')].count(reference) == 1


# --- no way around ---

def test_no_setting_turns_verification_off():
    """Neither by a flag nor by what libcurl and OpenSSL read from the environment."""
    _, out, _ = run('serve', '--print-config')
    names = [line[2:].split(' =')[0] for line in out.splitlines() if ' =' in line]
    assert 'bank_ca_file' in names
    assert not [name for name in names if any(word in name for word in ('insecure', 'verify', 'skip', 'trust'))]


def test_the_environment_adds_no_authority(own_tls_shop, authorities):
    shop = own_tls_shop
    shop.restart(env={'SSL_CERT_FILE': str(authorities.stranger.file), 'CURL_CA_BUNDLE': str(authorities.stranger.file),
                      'SSL_CERT_DIR': str(authorities.folder)})
    shop.front.serve(with_tls(tls_context(authorities.leaf(signer=authorities.stranger))))
    check_nothing_was_said(shop)
