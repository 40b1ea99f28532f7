# SPDX-License-Identifier: Apache-2.0
"""The simulated PayPal: PayPal-Request-Id by call, what has none, and faults."""
import concurrent.futures
import time

import pytest
import requests
from florin_testing.companies import PayPal, money
from florin_testing.waiting import until


@pytest.fixture
def paypal():
    with PayPal() as simulator:
        yield simulator


def issue(answer):
    return answer.json()['details'][0]['issue']


# --- Keys ---

def test_a_key_gives_the_same_result_with_200(paypal):
    first, second = paypal.pay('k'), paypal.pay('k')
    assert (first.status_code, second.status_code, first.content) == (201, 200, second.content)
    assert len(paypal.effects(key='k')) == 1


def test_another_body_gets_the_stored_result(paypal):
    first, second = paypal.pay('k', value='10.99'), paypal.pay('k', value='99.00')
    assert (second.status_code, first.content) == (200, second.content)
    assert len(paypal.effects(key='k')) == 1


def test_a_stored_decline_is_told_again(paypal):
    first, second = paypal.pay('k', card={'name': 'CCREJECT-IF'}), paypal.pay('k', card={'name': 'CCREJECT-IF'})
    assert (second.status_code, first.content) == (200, second.content)


def test_a_refusal_is_not_stored(paypal):
    assert paypal.pay('k', card={'expiry': '2020-01'}).status_code == 422
    assert paypal.pay('k').status_code == 201


def test_a_key_is_each_calls_own(paypal):
    held = paypal.hold('k')
    capture = paypal.post(f'/v2/payments/authorizations/{held}/capture', {}, 'k')
    assert capture.status_code == 201
    assert paypal.post(f'/v2/payments/captures/{capture.json()["id"]}/refund', {}, 'k').status_code == 201


@pytest.mark.parametrize('source', [
    {'card': {'number': '4012888888881881', 'expiry': '2030-12'}}, {'card': {'vault_id': 'abc'}}, {'paypal': {'vault_id': 'abc'}}])
def test_what_is_paid_in_one_step_needs_a_key(paypal, source):
    saved = paypal.pay('save', card={'attributes': {'vault': {'store_in_vault': 'ON_SUCCESS'}}}).json()
    if 'card' in source and 'vault_id' in source['card']:
        source = {'card': {'vault_id': saved['payment_source']['card']['attributes']['vault']['id']}}
    answer = paypal.post('/v2/checkout/orders', {'intent': 'CAPTURE', 'purchase_units': [{'amount': money('1')}], 'payment_source': source})
    assert answer.status_code in (400, 422)
    assert issue(answer) == ('PAYMENT_SOURCE_CANNOT_BE_USED' if 'paypal' in source else 'PAYPAL_REQUEST_ID_REQUIRED')


def test_a_wallet_needs_none(paypal):
    assert paypal.order_by_wallet().status_code == 201


@pytest.mark.parametrize('hours, kept', [(5, True), (7, False)])
def test_orders_keep_a_key_for_six_hours(paypal, hours, kept):
    first = paypal.pay('k')
    paypal.advance(hours=hours)
    assert (paypal.pay('k').json()['id'] == first.json()['id']) is kept


@pytest.mark.parametrize('days, kept', [(44, True), (46, False)])
def test_refunds_keep_a_key_for_forty_five_days(paypal, days, kept):
    path = f'/v2/payments/captures/{paypal.sale()}/refund'
    first = paypal.post(path, {'amount': money('1')}, 'k')
    paypal.advance(days=days)
    paypal.token = None
    again = paypal.post(path, {'amount': money('1')}, 'k', checked=False)  # the file of 2024 has 201 only
    assert (again.status_code, again.json()['id'] == first.json()['id']) == ((200, True) if kept else (201, False))


@pytest.mark.parametrize('hours, kept', [(2, True), (4, False)])
def test_the_vault_keeps_a_key_for_three_hours(paypal, hours, kept):
    given = {'payment_source': {'card': {'number': '4012888888881881', 'expiry': '2030-12'}}}
    first = paypal.post('/v3/vault/setup-tokens', given, 'k')
    paypal.advance(hours=hours)
    assert (paypal.post('/v3/vault/setup-tokens', given, 'k').json()['id'] == first.json()['id']) is kept


def test_a_void_knows_no_key(paypal):
    path = f'/v2/payments/authorizations/{paypal.hold()}/void'
    assert paypal.post(path, key='v').status_code == 200
    again = paypal.post(path, key='v')
    assert (again.status_code, issue(again)) == (422, 'PREVIOUSLY_VOIDED')


@pytest.mark.parametrize('kind, status, said', [('order', 422, 'ORDER_COMPLETION_IN_PROGRESS'),
                                                ('refund', 409, 'PREVIOUS_REQUEST_IN_PROGRESS')])
def test_a_key_that_is_under_way(paypal, kind, status, said):
    path, given = '/v2/checkout/orders', None
    if kind == 'refund':
        path, given = f'/v2/payments/captures/{paypal.sale()}/refund', {}
    paypal.settings(latency_ms='1500:1500')
    with concurrent.futures.ThreadPoolExecutor() as pool:
        def call():
            return paypal.pay('twin', checked=False) if given is None else paypal.post(path, given, 'twin', checked=False)
        first = pool.submit(call)
        until(lambda: any(note['path'] == path and note['key'] == 'twin' for note in paypal.requests()), 'the first has come')
        second = call()
        assert (second.status_code, issue(second)) == (status, said)
        assert first.result().status_code == 201
    assert len(paypal.effects(key='twin')) == 1


# --- Faults ---

def test_a_lost_answer_is_told_by_the_key(paypal):
    paypal.fault('act_then_hang_up', '/v2/checkout/orders')
    with pytest.raises(requests.ConnectionError):
        paypal.pay('k')
    assert paypal.pay('k').status_code == 200 and len(paypal.effects(key='k')) == 1


def test_a_lost_void_is_told_by_the_state(paypal):
    path = f'/v2/payments/authorizations/{paypal.hold()}/void'
    paypal.fault('act_then_hang_up', path)
    with pytest.raises(requests.ConnectionError):
        paypal.post(path)
    assert issue(paypal.post(path)) == 'PREVIOUSLY_VOIDED'


@pytest.mark.parametrize('fault, status, name, times', [
    ('fail', 500, 'INTERNAL_SERVER_ERROR', 0), ('act_then_500', 500, 'INTERNAL_SERVER_ERROR', 1),
    ('rate_limited', 429, 'RATE_LIMIT_REACHED', 0)])
def test_errors_on_order(paypal, fault, status, name, times):
    paypal.fault(fault, '/v2/checkout/orders')
    answer = paypal.pay('k', checked=False)
    assert (answer.status_code, answer.json()['name'], len(paypal.effects())) == (status, name, times)


@pytest.mark.parametrize('fault, told', [('wrong_amount', money('10.98')), ('wrong_currency', money('10.99', 'EUR'))])
def test_an_answer_that_lies(paypal, fault, told):
    path = f'/v2/payments/authorizations/{paypal.hold()}'
    paypal.fault(fault, path)
    assert paypal.get(path).json()['amount'] == told
    assert paypal.get(path).json()['amount'] == money('10.99')


def test_a_key_that_is_not_looked_up_is_counted(paypal):
    paypal.pay('k')
    paypal.fault('ignore_key', '/v2/checkout/orders')
    paypal.pay('k')
    assert paypal.book()['keys_repeated'] == 1


def test_a_fault_for_one_card(paypal):
    paypal.fault('refuse_500', '/v2/checkout/orders', card='5555555555554444', times=0)
    assert paypal.pay('a').status_code == 201
    assert paypal.pay('b', card={'number': '5555555555554444'}, checked=False).status_code == 500


def test_no_card_is_shown(paypal):
    paypal.pay('k')
    shown = str(paypal.requests()) + str(paypal.book()) + str(paypal.notices())
    assert '4012888888881881' not in shown and "'123'" not in shown


def test_equal_invoices_are_refused_when_the_account_says_so(paypal):
    paypal.control('POST', 'account', json={'refuses_equal_invoices': True})
    capture = paypal.sale('a', unit={'invoice_id': 'i1'})
    assert issue(paypal.pay('b', intent='CAPTURE', unit={'invoice_id': 'i1'})) == 'DUPLICATE_INVOICE_ID'
    path = f'/v2/payments/captures/{capture}/refund'
    assert paypal.post(path, {'amount': money('1'), 'invoice_id': 'r1'}, 'c').status_code == 201
    assert issue(paypal.post(path, {'amount': money('1'), 'invoice_id': 'r1'}, 'd')) == 'DUPLICATE_INVOICE_ID'


def test_an_operation_that_is_done_twice_is_counted(paypal):
    paypal.sale('a', unit={'invoice_id': 'i1'})
    assert paypal.book()['operations_repeated'] == 0
    paypal.sale('b', unit={'invoice_id': 'i1'})
    assert paypal.book()['operations_repeated'] == 1


def test_latency_comes_before_the_act(paypal):
    paypal.fault('slow', '/v2/checkout/orders', latency_ms=300)
    start = time.monotonic()
    paypal.pay('k')
    assert time.monotonic() - start >= 0.3
