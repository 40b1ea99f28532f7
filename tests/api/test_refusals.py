# SPDX-License-Identifier: Apache-2.0
"""What is refused by a rule, with which code, in every state; and that nothing reaches the bank when it is."""
import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.waiting import until

YES = (200, None)
STATE = (409, 'invalid_state')
EXPIRED = (409, 'authorization_expired')
RUNNING = (409, 'operation_in_progress')

# state            capture   void      refund
BY_STATE = [
    ('authorized', YES,      YES,      STATE),
    ('captured',   STATE,    STATE,    YES),
    ('refunded',   STATE,    STATE,    STATE),
    ('voided',     STATE,    STATE,    STATE),
    ('declined',   STATE,    STATE,    STATE),
    ('failed',     STATE,    STATE,    STATE),
    ('expired',    EXPIRED,  EXPIRED,  STATE),
    ('pending',    RUNNING,  RUNNING,  RUNNING),
    ('capturing',  RUNNING,  RUNNING,  RUNNING),
    ('voiding',    RUNNING,  RUNNING,  RUNNING),
    ('refunding',  RUNNING,  RUNNING,  RUNNING),
]


def silent(shop, path):
    """From now on the bank says nothing to requests of that path, and does nothing."""
    shop.bank.fault('silence', f'/api/v1/{path}', times=0)


def not_open(answer):
    """The answer when it is not provisional."""
    return answer if answer.status != 202 else None


def bring_to(shop, state):
    """The id of a payment in that state."""
    client = shop.client
    if state == 'authorized':
        return client.authorized()['id']
    if state == 'captured':
        return client.captured()['id']
    if state == 'refunded':
        return client.refund(client.captured()).expect(200)['id']
    if state == 'voided':
        return client.void(client.authorized()).expect(200)['id']
    if state == 'declined':
        return client.authorize(card=cards.NO_FUNDS).expect(402)['payment_id']
    if state == 'failed':
        shop.bank.kill()
        wish, key = client.wish(), fresh_key()
        answer = until(lambda: not_open(client.post('/v1/payments', wish, key)), 'it is given up')
        return answer.expect(503, 'processor_unavailable')['payment_id']
    if state == 'expired':
        problem = client.capture(client.authorized()).expect(409, 'authorization_expired')
        return shop.settled(problem['payment_id'])['id']
    if state == 'pending':
        silent(shop, 'authorizations')
        return client.authorize().expect(202)['id']
    payment = client.captured() if state == 'refunding' else client.authorized()
    silent(shop, {'capturing': 'captures', 'voiding': 'voids', 'refunding': 'refunds'}[state])
    verb = {'capturing': 'capture', 'voiding': 'void', 'refunding': 'refund'}[state]
    return client.change(payment, verb).expect(202)['id']


@pytest.mark.parametrize('state, capture, void, refund', BY_STATE, ids=[row[0] for row in BY_STATE])
def test_every_command_in_every_state(open_shop, state, capture, void, refund):
    needs_deadline = state in ('failed', 'pending', 'capturing', 'voiding', 'refunding')
    for verb, (status, code) in (('capture', capture), ('void', void), ('refund', refund)):
        shop = open_shop(bank={'auth_expiry_hours': 0} if state == 'expired' else {},
                         answer_within_ms=500 if needs_deadline else 20000)
        payment = bring_to(shop, state)
        before = None if state == 'failed' else len(shop.asked(f'/api/v1/{verb}s'))
        answer = shop.client.change(payment, verb)
        answer.expect(status, code)
        if status == 409:
            assert answer.json['payment_id'] == payment
            assert answer.json['state'] == shop.client.get(payment)['state']
            assert before is None or len(shop.asked(f'/api/v1/{verb}s')) == before, 'a refused command reached the bank'


# command    body                                    status  code
AMOUNTS = [
    ('capture', {'amount': 5001},                    422, 'amount_exceeds_authorized'),
    ('capture', {'amount': 999999999999},            422, 'amount_exceeds_authorized'),
    ('capture', {'amount': 4999},                    422, 'partial_not_supported'),
    ('capture', {'amount': 1},                       422, 'partial_not_supported'),
    ('capture', {'amount': 5000, 'currency': 'EUR'}, 422, 'currency_mismatch'),
    ('refund',  {'amount': 5001},                    422, 'amount_exceeds_captured'),
    ('refund',  {'amount': 4999},                    422, 'partial_not_supported'),
    ('refund',  {'amount': 5000, 'currency': 'JPY'}, 422, 'currency_mismatch'),
]


@pytest.mark.parametrize('verb, body, status, code', AMOUNTS, ids=str)
def test_amounts_that_do_not_fit_stay_here(shop, verb, body, status, code):
    payment = shop.client.captured() if verb == 'refund' else shop.client.authorized()
    shop.client.change(payment, verb, 'key-1', body).expect(status, code)
    assert shop.asked(f'/api/v1/{verb}s') == []
    assert shop.client.get(payment) == payment
    assert shop.client.change(payment, verb, 'key-1', body).replayed, 'a refusal by a rule is the key\'s answer'
    shop.client.change(payment, verb, 'key-2').expect(200)


# new payment                                                              status  code
NEW_PAYMENTS = [
    ({'currency': 'EUR'},                                                  422, 'currency_not_supported'),
    ({'currency': 'JPY'},                                                  422, 'currency_not_supported'),
    ({'card': {key: cards.HAPPY[key] for key in cards.HAPPY if key != 'cvv'}}, 422, 'cvv_required'),
    ({'card': None, 'payment_method': {'type': 'hosted'}, 'return_url': 'https://shop.example'}, 422, 'payment_method_not_supported'),
]


@pytest.mark.parametrize('more, status, code', NEW_PAYMENTS, ids=lambda value: value if isinstance(value, str) else '')
def test_what_the_processor_cannot_do_is_refused_before_the_wire(shop, more, status, code):
    body = {name: value for name, value in {**shop.client.wish(), **more}.items() if value is not None}
    first = shop.client.post('/v1/payments', body, 'key-1')
    first.expect(status, code)
    again = shop.client.post('/v1/payments', body, 'key-1')
    assert again.replayed and again.body == first.body
    assert shop.asked() == [] and shop.client.all() == []


@pytest.mark.parametrize('payment', ['pay_' + '0' * 36, 'pay_', 'pay_x', 'op_' + '0' * 36, 'x' * 300, 'pay_' + 'u' * 36, '%25'])
def test_a_strange_id_is_not_found(shared_shop, payment):
    client = shared_shop.client
    client.look(f'/v1/payments/{payment}').expect(404, 'not_found')
    client.look(f'/v1/payments/{payment}/events').expect(404, 'not_found')
    client.look(f'/v1/payments/{payment}/return').expect(404, 'not_found')
    for verb in ('capture', 'void', 'refund'):
        client.change(payment, verb).expect(404, 'not_found')


def test_not_found_is_not_kept_as_the_keys_answer(shared_shop):
    client = shared_shop.client
    client.change('pay_' + '0' * 36, 'capture', 'a-key-that-missed').expect(404)
    client.change(client.authorized(), 'capture', 'a-key-that-missed').expect(200)
