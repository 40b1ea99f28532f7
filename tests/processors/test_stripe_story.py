# SPDX-License-Identifier: Apache-2.0
"""Payments through the gateway at the simulated Stripe: held, captured in part, voided, refunded, declined, sent to their bank, and with
answers that are lost. Its book says what truly happened."""
import contextlib
import http.client

import pytest
from florin_testing.cards import card
from florin_testing.client import Client, fresh_key
from florin_testing.companies import Stripe
from florin_testing.gateway import Gateway
from florin_testing.waiting import until

NOBODY = 'http://127.0.0.1:9'  # no bank is needed
PAYS, NO_FUNDS, STOLEN, ASKS_AT_ITS_BANK = '4242424242424242', '4000000000009995', '4000000000009979', '4000002760003184'
REFUND_PENDING = '4000000000007726'
BROWSER = [('Accept', 'text/html')]


class Desk(Client):
    """A merchant who is paid by Stripe."""

    def __init__(self, gateway, stripe):
        super().__init__(gateway)
        self.stripe = stripe

    def hold(self, number=PAYS, amount=5000, **more):
        return self.authorize(amount, card(number, '123'), processor='stripe', **more)

    def change(self, payment, verb, **body):
        return self.post(f'/v1/payments/{payment}/{verb}', body)

    def effects(self, payment, kind):
        """What truly happened to the intent of a payment: (id, amount) of each effect of that kind."""
        intent = self.get(payment)['processor_refs']['authorization_id']
        mine = [effect for effect in self.stripe.effects() if intent in (effect['id'], effect['parent'])]
        ours = {effect['id'] for effect in mine}
        mine += [effect for effect in self.stripe.effects() if effect['parent'] in ours and effect not in mine]
        return [(effect['id'], effect['amount']) for effect in mine if effect['kind'] == kind]

    def nothing_twice(self):
        assert [effect for effect in self.stripe.effects() if effect['repeats_operation'] or effect['repeats_key']] == []


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp('stripe')
    keys = folder / 'stripe.keys'
    keys.write_text('secret_key = sk_test_florin\n')
    keys.chmod(0o600)
    with Stripe() as stripe:
        gateway = Gateway(folder / 'gateway', NOBODY, stripe_url=stripe.url, stripe_keys_file=keys, stripe_resend_after_ms=150,
                          stripe_timeout_ms=3000)
        yield Desk(gateway, stripe)
        gateway.stop()


def test_captured_in_part_and_refunded_in_parts(desk):
    answer = desk.hold()
    held = answer.json
    assert (answer.status, held['state'], held['authorized_amount'], held['processor']) == (201, 'authorized', 5000, 'stripe')
    assert held['processor_refs']['authorization_id'].startswith('pi_')
    captured = desk.change(held['id'], 'capture', amount=3000).json
    assert (captured['state'], captured['captured_amount']) == ('captured', 3000)
    for amount, state in ((1000, 'captured'), (2000, 'refunded')):
        assert desk.change(held['id'], 'refund', amount=amount).json['state'] == state
    assert [amount for _, amount in desk.effects(held['id'], 'refund')] == [1000, 2000]
    desk.nothing_twice()


def test_automatic_and_void(desk):
    assert desk.hold(capture='automatic').json['state'] == 'captured'
    held = desk.hold().json
    assert desk.change(held['id'], 'void').json['state'] == 'voided'
    assert len(desk.effects(held['id'], 'void')) == 1
    assert desk.change(held['id'], 'capture').json['code'] == 'invalid_state'


@pytest.mark.parametrize('number, code', [(NO_FUNDS, 'insufficient_funds'), (STOLEN, 'fraud_suspected'),
                                          (ASKS_AT_ITS_BANK, 'authentication_required')])
def test_declined(desk, number, code):
    answer = desk.hold(number)
    assert (answer.status, answer.json['decline_code']) == (402, code)


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'garbage', 'empty_200', 'hang_up', 'refuse_500', 'html_502', 'rate_limited'])
@pytest.mark.parametrize('verb', ['authorize', 'capture', 'void', 'refund'])
def test_an_answer_is_lost(desk, verb, fault):
    payment = None
    if verb != 'authorize':
        payment = desk.hold(capture='automatic' if verb == 'refund' else 'manual').json['id']
    path = {'authorize': '/v1/payment_intents', 'capture': '*/capture', 'void': '*/cancel', 'refund': '/v1/refunds'}[verb]
    desk.stripe.fault(fault, path if path.startswith('/') else '/v1/payment_intents/*', times=1)
    answer = desk.hold() if verb == 'authorize' else desk.change(payment, verb)
    assert answer.status in (200, 201, 202), answer.body
    payment = payment or answer.json['id']
    desk.becomes(payment, {'authorize': 'authorized', 'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}[verb])
    desk.nothing_twice()


def test_a_refund_that_takes_its_time(desk):
    payment = desk.hold(REFUND_PENDING, capture='automatic').json['id']
    desk.change(payment, 'refund')
    desk.stripe.advance(days=10)
    desk.becomes(payment, 'refunded')
    assert len(desk.effects(payment, 'refund')) == 1


@pytest.mark.parametrize('choice, state', [('approve', 'authorized'), ('refuse', 'declined')])
def test_sent_to_his_bank(desk, choice, state):
    answer = desk.hold(ASKS_AT_ITS_BANK, return_url='http://127.0.0.1:1/thanks')
    sent = answer.json
    assert (answer.status, sent['state'], sent['operation']['state']) == (201, 'requires_action', 'waiting')
    desk.stripe.session.post(sent['next_action']['url'], data={'choice': choice}, timeout=30, allow_redirects=False)
    for _ in range(2):
        back = desk.look(f'/v1/payments/{sent["id"]}/return?redirect_status=succeeded', headers=BROWSER, is_good=False)
        assert (back.status, dict(back.headers)['Location']) == (303, f'http://127.0.0.1:1/thanks?payment_id={sent["id"]}')
    desk.becomes(sent['id'], state)
    desk.nothing_twice()


@pytest.mark.parametrize('point', ['record_exchange', 'record_action', 'wait_for_payer', 'call_processor'])
def test_a_kill_on_the_way_to_his_bank(desk, point):
    """It dies there, the merchant repeats with his key, the payer approves: one hold."""
    key, wish = fresh_key(), desk.wish(5000, card(ASKS_AT_ITS_BANK, '123'), processor='stripe', return_url='http://127.0.0.1:1/thanks')
    desk.gateway.kill()
    desk.gateway.start(env={'FLORIN_CRASH_AT': f'operation.{point}'})
    with contextlib.suppress(OSError, http.client.HTTPException):
        desk.post('/v1/payments', wish, key)
    desk.gateway.wait_for_death()
    desk.gateway.start()
    sent = until(lambda: sent_away(desk.post('/v1/payments', wish, key)), 'he is sent away')
    desk.stripe.session.post(sent['next_action']['url'], data={'choice': 'approve'}, timeout=30, allow_redirects=False)
    desk.look(f'/v1/payments/{sent["id"]}/return')
    desk.becomes(sent['id'], 'authorized')
    desk.nothing_twice()


def sent_away(answer):
    """The receipt, once it says where the payer has to go."""
    return answer.json if answer.status == 201 and answer.json['state'] == 'requires_action' else None


def test_a_crash_while_he_is_away(desk):
    sent = desk.hold(ASKS_AT_ITS_BANK, return_url='http://127.0.0.1:1/thanks').json
    desk.stripe.session.post(sent['next_action']['url'], data={'choice': 'approve'}, timeout=30, allow_redirects=False)
    desk.gateway.kill()
    desk.gateway.start()
    desk.look(f'/v1/payments/{sent["id"]}/return')
    held = desk.becomes(sent['id'], 'authorized')
    assert held['authorized_amount'] == 5000
    assert desk.change(sent['id'], 'capture').json['state'] == 'captured'
