# SPDX-License-Identifier: Apache-2.0
"""Payments through the gateway at the simulated Paystack: sold, refunded, declined, sent to a page, and with answers that are lost. Its
book says what truly happened."""
import contextlib
import json
import threading

import pytest
from florin_testing.cards import card
from florin_testing.client import Client, fresh_key
from florin_testing.gateway import Gateway
from florin_testing.paystack import CARDS, Paystack
from florin_testing.waiting import until

NOBODY = 'http://127.0.0.1:9'  # no bank is needed


class Desk(Client):
    """A merchant who sells by Paystack."""

    def __init__(self, gateway, paystack):
        super().__init__(gateway)
        self.paystack = paystack

    def sell(self, which='pays', amount=500000, currency='NGN', **more):
        number, cvv = CARDS[which]
        return self.authorize(amount, card(number, cvv), currency=currency, capture='automatic', processor='paystack',
                              **{'customer': {'email': 'a@example.test'}, **more})

    def book(self, payment):
        """(kind, sum in hundredths) of what truly happened to a payment."""
        return [(effect['kind'], effect['amount']) for effect in self.paystack.effects(operation=payment)]


@pytest.fixture(scope='module')
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp('paystack')
    keys = folder / 'paystack.keys'
    keys.write_text('secret_key = sk_test_florin\n')
    keys.chmod(0o600)
    with Paystack() as paystack:
        paystack.control('POST', 'refunds', json={'processing_ms': 30, 'processed_ms': 30})
        gateway = Gateway(folder / 'gateway', NOBODY, paystack_url=paystack.url, paystack_keys_file=keys, paystack_resend_after_ms=150,
                          paystack_timeout_ms=3000)
        yield Desk(gateway, paystack)
        gateway.stop()


def test_sold_and_refunded_in_parts(desk):
    answer = desk.sell()
    sold = answer.json
    assert (answer.status, sold['state'], sold['captured_amount']) == (201, 'captured', 500000)
    refs = sold['processor_refs']
    assert refs['authorization_id'] == refs['capture_id'] and int(refs['capture_id']) > 2**53
    assert desk.book(sold['id']) == [('capture', 500000)]
    for amount, state in ((200000, 'captured'), (300000, 'refunded')):
        answer = desk.post(f'/v1/payments/{sold["id"]}/refund', {'amount': amount})
        assert answer.status in (200, 202), answer.body
        desk.becomes(sold['id'], state)
    refunds = [effect for effect in desk.paystack.effects('refund') if effect['parent'] == desk.paystack.effects(operation=sold['id'])[0]['id']]
    assert [(one['amount'], one['repeats_operation']) for one in refunds] == [(200000, False), (300000, False)]


def test_sums_without_hundredths(desk):
    sold = desk.sell(amount=7000, currency='XOF').json
    assert sold['captured_amount'] == 7000 and desk.book(sold['id']) == [('capture', 700000)]


@pytest.mark.parametrize('which, code', [('no_funds', 'insufficient_funds'), ('declined', 'card_declined'),
                                         ('asks_pin', 'authentication_required'), ('asks_at_its_bank', 'authentication_required')])
def test_declined(desk, which, code):
    answer = desk.sell(which)
    assert (answer.status, answer.json['decline_code']) == (402, code)
    assert desk.book(answer.json['payment_id']) == []


def test_no_hold_and_no_address(desk):
    number, cvv = CARDS['pays']
    answer = desk.authorize(500000, card(number, cvv), currency='NGN', processor='paystack', customer={'email': 'a@example.test'})
    assert (answer.status, answer.json['code']) == (422, 'hold_not_supported')
    assert desk.sell(currency='EUR').json['code'] == 'currency_not_supported'
    assert desk.sell(customer=None).json['code'] == 'email_required'


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'act_then_502', 'garbage', 'empty_200', 'wrong_id', 'hang_up', 'refuse_500',
                                   'html_502', 'rate_limited'])
def test_an_answer_is_lost(desk, fault):
    desk.paystack.fault(fault, '/charge', times=1)
    sold = desk.sell().json
    desk.becomes(sold['id'], 'captured')
    assert desk.book(sold['id']) == [('capture', 500000)]


def test_a_decline_is_lost(desk):
    desk.paystack.fault('act_then_hang_up', '/charge', times=1)
    answer = desk.sell('no_funds')
    assert (answer.status, answer.json['decline_code']) == (402, 'insufficient_funds')


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'act_then_500', 'hang_up', 'refuse_500', 'garbage'])
def test_a_refund_is_lost(desk, fault):
    sold = desk.sell().json
    reference = desk.paystack.effects(operation=sold['id'])[0]['id']
    desk.paystack.fault(fault, '/refund', times=1)
    desk.post(f'/v1/payments/{sold["id"]}/refund', {})
    desk.becomes(sold['id'], 'refunded')
    assert [effect['amount'] for effect in desk.paystack.effects('refund') if effect['parent'] == reference] == [500000]


def test_a_refund_fails_in_the_end(desk):
    sold = desk.sell('refund_fails').json
    desk.post(f'/v1/payments/{sold["id"]}/refund', {})
    told = desk.becomes(sold['id'], 'captured')
    assert told['refunded_amount'] == 0


def ask_and_hear_nothing(gateway, wish, key):
    """A merchant whose gateway is killed under him."""
    with contextlib.suppress(OSError, AssertionError):
        Client(gateway).post('/v1/payments', wish, key)


def test_killed_between_the_charge_and_its_answer(desk):
    wish = desk.wish(500000, card(*CARDS['pays']), currency='NGN', capture='automatic', processor='paystack', customer={'email': 'a@example.test'})
    key, before = fresh_key(), len(desk.paystack.effects('capture'))
    desk.paystack.fault('late', '/charge', times=1, latency_ms=60_000)
    threading.Thread(target=ask_and_hear_nothing, args=(desk.gateway, wish, key), daemon=True).start()
    until(lambda: len(desk.paystack.effects('capture')) > before, 'it is charged')
    desk.gateway.kill()
    desk.gateway.start()
    answer = desk.post('/v1/payments', wish, key)
    sold = desk.becomes(answer.json['id'], 'captured')
    assert desk.book(sold['id']) == [('capture', 500000)]


@pytest.mark.parametrize('choice, state', [('approve', 'captured'), ('refuse', 'declined')])
def test_sent_to_his_bank(desk, choice, state):
    answer = desk.sell('asks_at_its_bank', return_url='http://127.0.0.1:1/thanks')
    sent = answer.json
    assert (answer.status, sent['state']) == (201, 'requires_action')
    url = sent['next_action']['url']
    desk.paystack.session.post(url, data={'choice': choice}, timeout=30)
    back = desk.look(f'/v1/payments/{sent["id"]}/return')
    assert back.status == 303
    desk.becomes(sent['id'], state)
    assert desk.book(sent['id']) == [('capture', 500000)] * (state == 'captured')


def to_page(desk, **more):
    """A payer who brings no card."""
    wish = desk.wish(500000, currency='NGN', capture='automatic', processor='paystack', customer={'email': 'a@example.test'},
                     payment_method={'type': 'hosted'}, return_url='http://127.0.0.1:1/thanks', **more)
    del wish['card']
    return desk.post('/v1/payments', wish)


def test_pays_on_the_page(desk):
    sent = to_page(desk).expect(201)
    assert (sent['state'], sent['card']) == ('requires_action', None)
    desk.paystack.session.get(sent['next_action']['url'], timeout=30)
    desk.paystack.session.post(sent['next_action']['url'], data={'choice': 'refuse'}, timeout=30, allow_redirects=False)
    assert desk.look(f'/v1/payments/{sent["id"]}/return').status == 303
    assert desk.get(sent)['state'] == 'requires_action'  # he may still come back to the page
    desk.paystack.session.post(sent['next_action']['url'], data={'choice': 'approve'}, timeout=30, allow_redirects=False)
    desk.look(f'/v1/payments/{sent["id"]}/return')
    paid = desk.becomes(sent['id'], 'captured')
    assert (paid['card'], desk.book(sent['id'])) == (None, [('capture', 500000)])
    assert desk.post(f'/v1/payments/{sent["id"]}/refund', {}).status in (200, 202)
    desk.becomes(sent['id'], 'refunded')


def test_a_page_whose_address_was_lost_is_no_page(desk):
    """Nobody knows where it is, so nobody can pay there: certain."""
    desk.paystack.fault('act_then_hang_up', '/transaction/initialize', times=1)
    lost = to_page(desk)
    ended = desk.settled(lost.json.get('id') or lost.json['payment_id'])
    assert (ended['state'], desk.book(ended['id'])) == ('failed', [])


def reconcile(desk, *payments):
    """What the comparison with Paystack finds of those payments: (kind, object) of each drift."""
    settings = {name: desk.gateway.settings[name] for name in ('paystack_url', 'paystack_keys_file')}
    status, out, err = desk.gateway.command('reconcile', '--json', settings=settings)
    assert status in (0, 1), out + err
    return [(drift['kind'], drift['object']) for drift in map(json.loads, out.splitlines()) if drift['payment_id'] in payments]


def test_reconciled(desk):
    refunded = desk.sell().json['id']
    desk.post(f'/v1/payments/{refunded}/refund', {})
    number = desk.becomes(refunded, 'refunded')['processor_refs']['refund_id']
    francs = desk.sell(amount=7000, currency='XOF').json['id']
    assert reconcile(desk, refunded, francs) == []
    desk.paystack.fault('wrong_amount', f'/refund/{number}', times=1)
    assert reconcile(desk, refunded, francs) == [('amount', 'refund')]
