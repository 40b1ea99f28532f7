# SPDX-License-Identifier: Apache-2.0
"""Payments through the gateway's API at the simulated Flutterwave: both books agree, whatever becomes of an answer on the way."""
import pytest
from florin_testing.flutterwave import (ASKS_BANK, ASKS_PIN, DO_NOT_HONOUR, ENCRYPTION_KEY, FRAUDULENT, HOLDS, NO_FUNDS, Flutterwave)
from florin_testing.gateway import Gateway, run
from florin_testing.waiting import until

NOBODY = 'http://127.0.0.1:9'  # the bank, which is not asked
CHARGES = '/v3/charges'


def keys_file(folder, **keys):
    """Our keys, for their owner only."""
    folder.mkdir(exist_ok=True)
    path = folder / 'flutterwave.keys'
    path.write_text(''.join(f'{name} = {value}\n' for name, value in keys.items()))
    path.chmod(0o600)
    return path


@pytest.fixture(scope='module')
def flutterwave():
    with Flutterwave() as simulator:
        yield simulator


@pytest.fixture(scope='module')
def gateway(flutterwave, tmp_path_factory):
    folder = tmp_path_factory.mktemp('flutterwave')
    opened = Gateway(folder, NOBODY, flutterwave_url=flutterwave.url, flutterwave_resend_after_ms=150, public_url=PUBLIC,
                     flutterwave_keys_file=keys_file(folder, secret_key=flutterwave.key, encryption_key=ENCRYPTION_KEY))
    yield opened
    opened.close()


@pytest.fixture
def client(gateway):
    return gateway.client()


def wish(card=HOLDS, amount=10050, **more):
    """What is asked of the gateway."""
    number, expiry, cvv = card
    month, year = expiry.split('/')
    return {'amount': amount, 'currency': 'NGN', 'processor': 'flutterwave',
            'card': {'number': number, 'cvv': cvv, 'expiry_month': int(month), 'expiry_year': 2000 + int(year)}, **more}


def ask(client, card=HOLDS, **more):
    return client.authorize(**wish(card, **more))


def effects_of(flutterwave, receipt):
    """What truly happened to that payment: (kind, amount)."""
    number = receipt['processor_refs']['authorization_id'].split(':')[0]
    return [(effect['kind'], effect['amount']) for effect in flutterwave.effects() if effect['parent'] == number]


def nothing_was_repeated(flutterwave):
    return flutterwave.book(summary=1)['operations_repeated'] == 0


def test_authorize_capture_refund(client, flutterwave):
    held = ask(client).expect(201)
    assert (held['state'], held['processor']) == ('authorized', 'flutterwave')
    captured = client.capture(held).expect(200)
    assert captured['state'] == 'captured'
    refunded = client.refund(held)
    receipt = client.settled(held)
    assert (refunded.status in (200, 202), receipt['state']) == (True, 'refunded')
    assert effects_of(flutterwave, receipt) == [('authorization', 10050), ('capture', 10050), ('refund', 10050)]


def test_a_part_is_captured(client, flutterwave):
    held = ask(client).expect(201)
    receipt = client.capture(held, body={'amount': 6000}).expect(200)
    assert effects_of(flutterwave, receipt) == [('authorization', 10050), ('capture', 6000), ('release', 4050)]
    client.refund(held, body={'amount': 100}).expect(422)
    client.refund(held)
    assert client.settled(held)['state'] == 'refunded'


def test_void(client, flutterwave):
    held = ask(client).expect(201)
    receipt = client.void(held).expect(200)
    assert receipt['state'] == 'voided'
    assert effects_of(flutterwave, receipt) == [('authorization', 10050), ('void', 10050)]


@pytest.mark.parametrize('card, code', [(NO_FUNDS, 'insufficient_funds'), (FRAUDULENT, 'fraud_suspected'), (DO_NOT_HONOUR, 'card_declined'),
                                        (ASKS_PIN, 'authentication_required'), (ASKS_BANK, 'authentication_required'),
                                        ((HOLDS[0], HOLDS[1], '111'), 'invalid_cvc')])
def test_declines(client, flutterwave, card, code):
    before = len(flutterwave.effects())
    declined = ask(client, card).expect(402)
    assert declined['decline_code'] == code
    assert len(flutterwave.effects()) == before


BACK = 'https://shop.example.test/back'
PUBLIC = 'https://pay.example.test'  # where the world reaches the gateway


@pytest.mark.parametrize('choice, state', [('approve', 'authorized'), ('refuse', 'declined')])
def test_the_payer_goes_to_his_bank(client, gateway, flutterwave, choice, state):
    waiting = ask(client, ASKS_BANK, return_url=BACK, customer={'email': 'a@example.test', 'name': 'A Person'}).expect(201)
    assert (waiting['state'], waiting['next_action']['type']) == ('requires_action', 'redirect')
    back = flutterwave.visit(waiting['next_action']['url'], choice).headers['Location']
    assert back.startswith(f'{PUBLIC}/v1/payments/{waiting["id"]}/return?status=')
    sent_on = flutterwave.session.get(back.replace(PUBLIC, f'http://{gateway.address}'), allow_redirects=False, timeout=30)
    assert (sent_on.status_code, sent_on.headers['Location']) == (303, f'{BACK}?payment_id={waiting["id"]}')
    receipt = until(lambda: (lambda now: now if now['state'] != 'requires_action' else None)(client.get(waiting)), 'it is settled', every=0.05)
    assert receipt['state'] == state
    assert effects_of(flutterwave, receipt) == ([('authorization', 10050)] if choice == 'approve' else [])


def test_the_page_of_the_bank_is_lost(client, flutterwave):
    flutterwave.fault('act_then_hang_up', CHARGES)
    before = len(flutterwave.effects())
    declined = ask(client, ASKS_BANK, return_url=BACK).expect(402)
    assert declined['decline_code'] == 'authentication_required'
    assert len(flutterwave.effects()) == before


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'hang_up', 'truncate', 'html_502', 'garbage', 'rate_limited',
                                   'wrong_amount', 'wrong_currency'])
def test_an_answer_to_an_authorization_is_lost(client, flutterwave, fault):
    flutterwave.fault(fault, CHARGES)
    receipt = client.settled(ask(client).json)
    assert receipt['state'] == 'authorized'
    assert effects_of(flutterwave, receipt) == [('authorization', 10050)]
    assert nothing_was_repeated(flutterwave)


@pytest.mark.parametrize('verb, state', [('capture', 'captured'), ('void', 'voided')])
@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'hang_up'])
def test_an_answer_to_a_change_is_lost(client, flutterwave, verb, state, fault):
    held = ask(client).expect(201)
    flutterwave.fault(fault, f'{CHARGES}/*')
    client.change(held, verb)
    receipt = client.settled(held)
    assert receipt['state'] == state
    assert effects_of(flutterwave, receipt) == [('authorization', 10050), (verb, 10050)]
    assert nothing_was_repeated(flutterwave)


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'hang_up'])
def test_an_answer_to_a_refund_is_lost(client, flutterwave, fault):
    held = ask(client).expect(201)
    client.capture(held).expect(200)
    flutterwave.fault(fault, f'{CHARGES}/*')
    client.refund(held)
    receipt = client.settled(held)
    assert receipt['state'] == 'refunded'
    assert effects_of(flutterwave, receipt)[2:] == [('refund', 10050)]


def test_it_is_not_opened_without_a_key_to_encrypt_with(flutterwave, tmp_path):
    keys = keys_file(tmp_path / 'keys', secret_key=flutterwave.key)
    status, _, said = run('serve', '--flutterwave-keys-file', str(keys), '--store', f'sqlite:{tmp_path}/florin.db')
    assert status != 0 and 'holds no encryption_key of 24 characters' in said


def test_no_card_and_no_key_stays_behind(client, gateway, flutterwave):
    ask(client).expect(201)
    for path in gateway.folder.iterdir():
        if path.name == 'flutterwave.keys' or not path.is_file():
            continue
        content = path.read_bytes()
        assert HOLDS[0].encode() not in content and ENCRYPTION_KEY.encode() not in content, path.name
