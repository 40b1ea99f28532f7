# SPDX-License-Identifier: Apache-2.0
"""The simulated Flutterwave: what follows a payment. Refunds, chargebacks, lists, and notices with a secret that never changes."""
import json

import pytest
from florin_testing.flutterwave import NO_FUNDS, Flutterwave, a_reference, notice_is_genuine

SECRET = 'flw-webhook-secret'


@pytest.fixture
def flutterwave():
    with Flutterwave() as simulator:
        yield simulator


def refund(flutterwave, charge, **given):
    return flutterwave.post(f'transactions/{charge["id"]}/refund', given)


# --- Refunds ---

def test_completed_means_begun(flutterwave):
    charge = flutterwave.pay()
    begun = refund(flutterwave, charge, amount=40, comments='r1').json()
    assert begun['message'] == 'Transaction refund initiated'
    assert (begun['data']['status'], begun['data']['amount_refunded'], begun['data']['tx_id']) == ('completed', 40, charge['id'])
    flutterwave.advance(seconds=6)
    assert flutterwave.get(f'refunds/{begun["data"]["id"]}').json()['data']['status'] == 'completed-mpgs'
    assert flutterwave.verify(charge)['status'] == 'successful'
    assert [(effect['kind'], effect['amount']) for effect in flutterwave.effects(operation='refund r1')] == [('refund', 4000)]


def test_a_refund_fails_later_and_the_money_comes_back(flutterwave):
    flutterwave.account(refunds_become='failed')
    charge = flutterwave.pay()
    before = flutterwave.account()['balances']['NGN']
    begun = refund(flutterwave, charge).json()['data']
    assert (begun['status'], flutterwave.account()['balances']['NGN']) == ('completed', before - 10000)
    flutterwave.advance(seconds=6)
    assert flutterwave.get(f'refunds/{begun["id"]}').json()['data']['status'] == 'failed'
    assert flutterwave.account()['balances']['NGN'] == before
    assert [effect['kind'] for effect in flutterwave.effects()] == ['capture', 'refund', 'refund_failure']
    assert refund(flutterwave, charge).status_code == 200


def test_a_refund_may_stay_open(flutterwave):
    flutterwave.account(refunds_become='')
    begun = refund(flutterwave, flutterwave.pay()).json()['data']
    flutterwave.advance(days=30)
    assert flutterwave.get(f'refunds/{begun["id"]}').json()['data']['status'] == 'completed'


def test_the_same_refund_twice_is_two_refunds(flutterwave):
    charge = flutterwave.pay()
    first, second = (refund(flutterwave, charge, amount=40, comments='r1').json()['data'] for _ in range(2))
    assert first['id'] != second['id']
    assert flutterwave.book(summary=1)['operations_repeated'] == 1
    listed = flutterwave.get('refunds').json()['data']
    assert [(row['amount_refunded'], row['comments']) for row in listed] == [(40, 'r1'), (40, 'r1')]


@pytest.mark.parametrize('amount', ['100.01', '0', '1.001', 'x'])
def test_refunds_that_cannot_be(flutterwave, amount):
    charge = flutterwave.pay()
    answer = flutterwave.post(f'transactions/{charge["id"]}/refund', {'amount': amount}, checked=False)
    assert (answer.status_code, answer.json()['message'][:14]) == (400, 'Invalid amount')
    assert not flutterwave.effects('refund')


def test_a_refund_needs_a_balance(flutterwave):
    charge = flutterwave.pay()
    flutterwave.account(balances={'NGN': 9999})
    answer = refund(flutterwave, charge)
    assert (answer.status_code, answer.json()['message']) == (400, 'Insufficient balance')
    assert refund(flutterwave, charge, amount='99.99').status_code == 200


def test_what_was_held_is_refunded_by_its_flw_ref(flutterwave):
    hold = flutterwave.hold()
    assert refund(flutterwave, hold).status_code == 400
    assert flutterwave.post(f'charges/{hold["flw_ref"]}/refund', {'amount': '1'}).status_code == 400
    flutterwave.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '100'})
    assert flutterwave.post(f'charges/{hold["flw_ref"]}/refund', {'amount': '60'}).status_code == 200
    assert flutterwave.post(f'charges/{hold["flw_ref"]}/refund', {'amount': '60'}).status_code == 400
    assert [row['status'] for row in flutterwave.get('refunds').json()['data']] == ['completed-preauth']


# --- Chargebacks ---

def test_a_chargeback_is_accepted(flutterwave):
    charge = flutterwave.pay()
    begun = flutterwave.control('POST', 'chargebacks', json={'tx_ref': charge['tx_ref'], 'amount': '40'})
    listed = flutterwave.get('chargebacks', {'flw_ref': charge['flw_ref']}).json()['data']
    assert [(row['status'], row['amount']) for row in listed] == [('initiated', 40)]
    accepted = flutterwave.put(f'chargebacks/{begun["id"]}', {'action': 'accept', 'comment': 'agreed'}).json()['data']
    assert (accepted['status'], accepted['comment']) == ('accepted', 'agreed')
    assert flutterwave.put(f'chargebacks/{begun["id"]}', {'action': 'decline'}).status_code == 400
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', 10000), ('dispute', 4000), ('dispute_lost', 4000)]


@pytest.mark.parametrize('word', ['won', 'lost'])
def test_a_chargeback_is_declined_and_decided(flutterwave, word):
    charge = flutterwave.pay()
    begun = flutterwave.control('POST', 'chargebacks', json={'tx_ref': charge['tx_ref']})
    assert flutterwave.put(f'chargebacks/{begun["id"]}', {'action': 'decline'}).json()['data']['status'] == 'declined'
    assert flutterwave.control('POST', 'chargebacks', json={'id': begun['id'], 'status': word})['status'] == word
    assert flutterwave.kinds(charge['tx_ref'])[1:] == [('dispute', 10000), (f'dispute_{word}', 10000)]
    assert [json.loads(notice['body'])['data']['status'] for notice in flutterwave.notices('chargeback.updated')] == [
        'initiated', 'declined', word]


# --- Lists ---

def test_lists_go_by_days_and_pages_and_tell_numbers_as_texts(flutterwave):
    for _ in range(23):
        flutterwave.pay()
    today = flutterwave.control('GET', 'clock')['now'][:10]
    first = flutterwave.get('transactions', {'from': today, 'to': today}).json()
    assert first['meta']['page_info'] == {'total': 23, 'current_page': 1, 'total_pages': 2}
    second = flutterwave.get('transactions', {'from': today, 'page': 2}).json()
    assert (len(first['data']), len(second['data'])) == (20, 3)
    assert isinstance(first['data'][0]['id'], str) and isinstance(first['data'][0]['account_id'], str)
    assert flutterwave.get('transactions', {'to': '2020-01-01'}).json()['data'] == []
    assert flutterwave.get('transactions', {'status': 'failed'}).json()['data'] == []


def test_balances_grow_by_what_is_settled(flutterwave):
    flutterwave.account(balances={'NGN': 0})
    flutterwave.pay()
    rows = {row['currency']: row['available_balance'] for row in flutterwave.get('balances').json()['data']}
    assert (rows['NGN'], rows['USD']) == (98.6, 1000000)


# --- Notices ---

def test_a_notice_carries_the_secret_itself(listener):
    with Flutterwave(notify=listener.url) as own:
        charge = own.pay()
        headers, body = listener.wait(1)[0]
        assert headers['verif-hash'] == SECRET
        assert notice_is_genuine(headers, body, SECRET)
        assert notice_is_genuine(headers, body.replace(b'100', b'999'), SECRET), 'it covers no byte of the body'
        told = json.loads(body)
        assert (told['event'], told['event.type'], told['data']['status']) == ('charge.completed', 'CARD_TRANSACTION', 'successful')
        assert told['data']['id'] == charge['id'] and 'token' not in told['data']['card']


def test_failures_have_the_same_event(listener):
    with Flutterwave(notify=listener.url) as own:
        own.charge(NO_FUNDS)
        told = json.loads(listener.wait(1)[0][1])
        assert (told['event'], told['data']['status']) == ('charge.completed', 'failed')


def test_a_refund_is_told_when_it_is_settled_and_a_hook_is_sent_again(listener):
    with Flutterwave(notify=listener.url) as own:
        charge = own.pay()
        listener.wait(1)
        refund(own, charge)
        own.advance(seconds=6)
        told = [json.loads(body) for _, body in listener.wait(2)]
        assert [(one['event'], one['data']['status']) for one in told] == [('charge.completed', 'successful'),
                                                                          ('refund.completed', 'completed-mpgs')]
        assert own.post(f'transactions/{charge["id"]}/resend-hook').status_code == 200
        assert json.loads(listener.wait(3)[2][1]) == told[0]


def test_what_is_not_taken_comes_again_after_half_an_hour(listener):
    listener.statuses = [500]
    with Flutterwave(notify=listener.url) as own:
        own.pay()
        listener.wait(1)
        own.advance(minutes=31)
        first, second = listener.wait(2)
        assert first[1] == second[1]


PUBLISHED = (b'{"event":"charge.completed","data":{"id":285959875,"tx_ref":"ord-1001","status":"successful","amount":100,'
             b'"currency":"NGN"}}')


@pytest.mark.parametrize('headers, is_genuine', [
    ({'verif-hash': 'flw-webhook-secret'}, True),
    ({'verif-hash': 'FLW-webhook-secret'}, False),
    ({}, False),
    ({'flutterwave-signature': '9SDeREyD5NF6QI03+KCwSJqCVs8b9IcN6qDzQnW1IKQ='}, True),
    ({'flutterwave-signature': '9SDeREyD5NF6QI03+KCwSJqCVs8b9IcN6qDzQnW1IKA='}, False),
])
def test_the_published_examples_of_signatures(headers, is_genuine):
    assert len(PUBLISHED) == 124
    assert notice_is_genuine(headers, PUBLISHED, SECRET) is is_genuine


def test_one_reference_is_one_operation_of_the_book(flutterwave):
    tx_ref = a_reference()
    flutterwave.pay(tx_ref=tx_ref)
    effect, = flutterwave.effects(operation=tx_ref)
    assert (effect['kind'], effect['currency'], effect['key']) == ('capture', 'NGN', None)
