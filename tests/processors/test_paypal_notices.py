# SPDX-License-Identifier: Apache-2.0
"""PayPal signs its notices with a certificate that it names the address of: whence it may come, and whom it has to lead to."""
import pytest
from florin_testing.companies import PayPal
from florin_testing.gateway import run
from florin_testing.noticed import told_by
from florin_testing.waiting import until

CARD = {'number': '4012888888881881', 'expiry_month': 12, 'expiry_year': 2030, 'cvv': '123'}
KEYS = {'client_id': PayPal.client, 'secret_key': PayPal.secret, 'webhook_secret': '1JE4291016473214C'}
AWAY = {'return_url': 'http://127.0.0.1:1/thanks'}


def anchored(folder):
    """Settings by which the simulator's certificate is taken, and no other."""
    def prepare(company):
        anchor = folder / 'certificate.pem'
        anchor.write_text(company.session.get(f'{company.url}/v1/notifications/certs/CERT-1', timeout=30).text)
        return {'notice_certificate_origins': company.url, 'notice_certificate_ca_file': anchor}
    return prepare


@pytest.fixture(scope='module')
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp('paypal')
    with told_by(PayPal, folder, KEYS, anchored(folder)) as shop:
        yield shop


@pytest.fixture(autouse=True)
def telling(shop):
    shop.company.change_notices(hold=False)


def hold(shop, **more):
    return shop.authorize(**{'amount': 1099, 'card': CARD, 'currency': 'USD', 'processor': 'paypal', **more})


def test_he_closes_the_tab(shop):
    sent = hold(shop, card={**CARD, 'number': '4000000000003220'}, **AWAY).json
    assert sent['state'] == 'requires_action'
    shop.company.session.post(sent['next_action']['url'], data={'choice': 'approve'}, allow_redirects=False)
    shop.becomes_soon(sent['id'], 'authorized')


def test_the_certificate_is_fetched_once(shop):
    until(lambda: shop.count('taken') + shop.count('kept') >= 1, 'one was told')
    hold(shop, capture='automatic')
    until(lambda: all(one['state'] == 'taken' for one in shop.company.notices()), 'all are taken')
    assert len([one for one in shop.company.requests() if one['path'].startswith('/v1/notifications/certs')]) <= 3


@pytest.mark.parametrize('signed, status', [(False, 401), (True, 200)])
def test_one_that_was_altered(shop, signed, status):
    payment, _ = shop.held(lambda: hold(shop).json['id'])
    number = shop.company.notices('PAYMENT.AUTHORIZATION.CREATED')[-1]['number']
    history, quarantined = shop.events(payment), shop.count('quarantined')
    shop.company.change_notices(alter=number, from_='10.99', to='11.00', signed=signed)
    shop.company.change_notices(release=[number])
    shop.answered(number, status)
    assert shop.count('quarantined') == quarantined + signed and shop.events(payment) == history


def test_a_certificate_from_somewhere_else_is_not_even_fetched(shop):
    fetched = len(shop.company.requests())
    for url in ('https://api.paypal.com.example.test/c', 'http://127.0.0.1:1/c', shop.company.url + '.example.test/c', shop.company.url, ''):
        headers = [('PAYPAL-TRANSMISSION-ID', 'x'), ('PAYPAL-TRANSMISSION-TIME', '2024-01-02T03:04:06Z'), ('PAYPAL-TRANSMISSION-SIG', 'AAAA'),
                   ('PAYPAL-AUTH-ALGO', 'SHA256withRSA'), ('PAYPAL-CERT-URL', url)]
        shop.ask('POST', shop.target, b'{}', headers, is_good=False).expect(401, 'signature_invalid')
    assert len(shop.company.requests()) == fetched


def bring_certificate(shop, path):
    """A notice that is said to be signed with the certificate at that path."""
    headers = [('PAYPAL-TRANSMISSION-ID', 'x'), ('PAYPAL-TRANSMISSION-TIME', '2024-01-02T03:04:06Z'), ('PAYPAL-TRANSMISSION-SIG', 'AAAA'),
               ('PAYPAL-AUTH-ALGO', 'SHA256withRSA'), ('PAYPAL-CERT-URL', shop.company.url + path)]
    return shop.ask('POST', shop.target, b'{}', headers, is_good=False)


def test_a_certificate_that_cannot_be_had_now(shop):
    shop.company.fault('refuse_500', '/v1/notifications/certs/GONE')
    bring_certificate(shop, '/v1/notifications/certs/GONE').expect(503)


@pytest.mark.parametrize('path', ['/nowhere', '/v1/notifications/certs/', '/v1/notifications/certs/CERT-1?2', '/v1/notifications/certs/../certs/CERT-1',
                                  '/v1/notifications/certs/CERT-1/x', '/v2/checkout/orders'])
def test_nobody_makes_us_ask_for_anything_else_there(shop, path):
    before = len(shop.company.requests())
    bring_certificate(shop, path).expect(401, 'signature_invalid')
    assert [one['path'] for one in shop.company.requests()[before:]] == []


def test_nobody_makes_us_fetch_without_end(tmp_path):
    with told_by(PayPal, tmp_path, KEYS, lambda company: {'notice_certificate_origins': company.url}) as shop:
        answers = [bring_certificate(shop, f'/v1/notifications/certs/OTHER-{number}').status for number in range(20)]
        assert 1 <= answers.count(401) <= 12 and answers == sorted(answers) and answers[-1] == 503
        assert len([one for one in shop.company.requests() if 'OTHER-' in one['path']]) == answers.count(401)


def test_nobody_vouches_for_the_certificate(tmp_path):
    """Without an anchor of ours the system's authorities decide, and they do not know the simulator."""
    with told_by(PayPal, tmp_path, KEYS, lambda company: {'notice_certificate_origins': company.url}) as shop:
        hold(shop)
        until(lambda: shop.count('forged') >= 1, 'it is not believed')
        assert shop.count('taken') == 0


def test_where_certificates_come_from_is_not_for_a_setting_to_say_with_real_money(tmp_path):
    status, _, said = run('serve', '--store', f'sqlite:{tmp_path}/florin.db', '--live', '--notice-certificate-origins', 'http://127.0.0.1:1')
    assert status == 1 and 'not with live' in said


@pytest.mark.parametrize('outcome, state', [('RESOLVED_SELLER_FAVOUR', 'won'), ('RESOLVED_BUYER_FAVOUR', 'lost')])
def test_a_dispute(shop, outcome, state):
    payment = hold(shop, capture='automatic').json
    assert payment['state'] == 'captured'
    dispute = shop.company.control('POST', 'disputes', json={'capture': payment['processor_refs']['capture_id'], 'reason': 'UNAUTHORISED',
                                                            'stage': 'CHARGEBACK'})['dispute_id']
    told = shop.disputed(payment['id'], 'needs_response')
    assert (told['dispute_id'], told['stage'], told['amount'], told['reason']) == (dispute, 'chargeback', 1099, 'UNAUTHORISED')
    shop.refund(payment['id']).expect(409, 'dispute_open')
    shop.company.control('POST', 'disputes', json={'dispute': dispute, 'outcome': outcome})
    shop.disputed(payment['id'], state)
