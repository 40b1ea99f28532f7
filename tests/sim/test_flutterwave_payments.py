# SPDX-License-Identifier: Apache-2.0
"""The simulated Flutterwave: charges, holds, references, errors, and what truly happened. Requests and answers are held against a
description where FLORIN_VENDOR_SPECS names a folder with it; test_flutterwave_description.py says aloud where it does not."""
import json

import pytest
from florin_testing.flutterwave import (DO_NOT_HONOUR, FRAUDULENT, HOLDS, NO_FUNDS, PAYS, Flutterwave, a_reference, card_data, encrypt)

DAY_HOURS = 24


@pytest.fixture(scope='module')
def flutterwave():
    with Flutterwave() as simulator:
        yield simulator


def refusal(answer, status=400):
    """The message of an answer with that status."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body['status'] == 'error' and set(body) == {'status', 'message', 'data'}
    return body['message']


def test_a_charge_is_paid_and_verified(flutterwave):
    charge = flutterwave.pay(amount=100, meta={'gateway_payment_id': 'p1'})
    assert (charge['charge_type'], charge['amount'], charge['app_fee']) == ('normal', 100, 1.4)
    verified = flutterwave.verify(charge)
    assert (verified['status'], verified['amount_settled'], verified['meta']) == ('successful', 98.6, {'gateway_payment_id': 'p1'})
    assert flutterwave.find(charge['tx_ref']).json()['data'] == verified
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', 10000)]


# --- Amounts ---

@pytest.mark.parametrize('amount, currency, told, smallest', [
    (100.5, 'NGN', 100.5, 10050), ('100.05', 'USD', 100.05, 10005), ('7', 'UGX', 7, 7), (0.01, 'NGN', 0.01, 1), ('5.00', 'KES', 5, 500)])
def test_amounts_are_decimals_in_major_units(flutterwave, amount, currency, told, smallest):
    charge = flutterwave.pay(amount=amount, currency=currency)
    assert flutterwave.verify(charge)['amount'] == told
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', smallest)]


@pytest.mark.parametrize('amount, currency', [('1.001', 'NGN'), ('1.5', 'XOF'), ('1.', 'NGN'), ('-1', 'NGN'), (0, 'NGN'), ('1e2', 'NGN'),
                                              (True, 'NGN'), ('9999999999999', 'NGN')])
def test_amounts_that_are_none(flutterwave, amount, currency):
    plain = card_data(PAYS, amount=amount, currency=currency)
    assert refusal(flutterwave.post('charges?type=card', {'client': encrypt(json.dumps(plain))})) == 'Invalid amount'
    assert not flutterwave.kinds(plain['tx_ref'])


# --- References ---

def test_a_reference_is_taken_once_and_nothing_is_replayed(flutterwave):
    charge = flutterwave.pay()
    assert refusal(flutterwave.charge(tx_ref=charge['tx_ref'])) == 'Duplicate transaction reference'
    assert refusal(flutterwave.charge(NO_FUNDS, tx_ref=charge['tx_ref'])) == 'Duplicate transaction reference'
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', 10000)]


def test_a_declined_reference_is_used_up_as_well(flutterwave):
    tx_ref = a_reference()
    assert refusal(flutterwave.charge(NO_FUNDS, tx_ref=tx_ref)) == 'Insufficient funds'
    assert refusal(flutterwave.charge(PAYS, tx_ref=tx_ref)) == 'Duplicate transaction reference'


def test_no_header_makes_two_charges_one(flutterwave):
    flutterwave.session.headers['Idempotency-Key'] = 'same'
    try:
        first, second = flutterwave.pay(), flutterwave.pay()
    finally:
        del flutterwave.session.headers['Idempotency-Key']
    assert first['id'] != second['id']


def test_an_account_may_take_a_reference_twice():
    with Flutterwave() as own:
        own.account(takes_duplicates=True)
        charge = own.pay()
        own.pay(tx_ref=charge['tx_ref'])
        assert own.kinds(charge['tx_ref']) == [('capture', 10000)] * 2
        assert own.book(summary=1)['operations_repeated'] == 1


def test_an_unknown_reference(flutterwave):
    assert refusal(flutterwave.find('ord-none'), 404) == 'No transaction was found for this id'
    assert refusal(flutterwave.get('transactions/1/verify'), 400) == 'No transaction was found for this id'


# --- Holds ---

def test_a_hold_is_captured_in_part_and_its_status_never_tells(flutterwave):
    hold = flutterwave.hold()
    assert (hold['status'], hold['charge_type']) == ('successful', 'preauth')
    assert flutterwave.kinds(hold['tx_ref']) == [('authorization', 10000)]
    captured = flutterwave.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '60'}).json()
    assert (captured['message'], captured['data']['amount'], captured['data']['status']) == ('Charge captured', 60, 'successful')
    assert flutterwave.kinds(hold['tx_ref'])[1:] == [('capture', 6000), ('release', 4000)]
    assert (flutterwave.verify(hold)['amount'], flutterwave.verify(hold)['charged_amount']) == (100, 60)
    refunded = flutterwave.post(f'charges/{hold["flw_ref"]}/refund', {'amount': '60'}).json()
    assert (refunded['message'], refunded['data']['status']) == ('Charge refunded', 'successful')
    assert flutterwave.verify(hold)['status'] == 'successful'


def test_a_hold_is_voided(flutterwave):
    hold = flutterwave.hold()
    voided = flutterwave.post(f'charges/{hold["flw_ref"]}/void').json()
    assert (voided['message'], voided['data']['status']) == ('Charge voided', 'successful')
    assert flutterwave.kinds(hold['tx_ref']) == [('authorization', 10000), ('void', 10000)]


@pytest.mark.parametrize('first', ['capture', 'void'])
@pytest.mark.parametrize('second', ['capture', 'void'])
def test_a_hold_ends_once(flutterwave, first, second):
    hold, bodies = flutterwave.hold(), {'capture': {'amount': '100'}, 'void': None}
    assert flutterwave.post(f'charges/{hold["flw_ref"]}/{first}', bodies[first]).status_code == 200
    message = refusal(flutterwave.post(f'charges/{hold["flw_ref"]}/{second}', bodies[second]))
    assert message == f'Transaction with ref {hold["flw_ref"]} either does not exist or is not a valid preauth transaction'
    assert len(flutterwave.kinds(hold['tx_ref'])) == 2


def test_a_hold_ends_by_itself():
    with Flutterwave() as own:
        hold = own.hold()
        own.advance(hours=7 * DAY_HOURS + 1)
        assert 'not a valid preauth' in refusal(own.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '100'}))
        assert own.kinds(hold['tx_ref']) == [('authorization', 10000), ('expiry', 10000)]
        assert own.verify(hold)['status'] == 'successful'


def test_more_than_a_hold_is_not_captured(flutterwave):
    hold = flutterwave.hold()
    assert refusal(flutterwave.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '100.01'})).startswith('Invalid amount')
    assert flutterwave.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '100'}).status_code == 200


def test_holds_and_cards_need_an_approval():
    with Flutterwave() as own:
        own.account(preauthorizes=False)
        assert 'not enabled' in refusal(own.charge(HOLDS, preauthorize=True), 403)
        assert own.pay(HOLDS)['charge_type'] == 'normal'
        own.account(charges_cards=False)
        assert 'not enabled' in refusal(own.charge(), 403)


# --- Declines ---

@pytest.mark.parametrize('card, message', [(NO_FUNDS, 'Insufficient funds'), (FRAUDULENT, 'Transaction flagged as fraudulent')])
def test_some_declines_are_a_400(flutterwave, card, message):
    tx_ref = a_reference()
    answer = flutterwave.charge(card, tx_ref=tx_ref)
    assert refusal(answer) == message
    assert answer.json()['data']['err_tx']['status'] == 'failed'
    found = flutterwave.find(tx_ref).json()['data']
    assert (found['status'], found['processor_response']) == ('failed', message)
    assert not flutterwave.kinds(tx_ref)


def test_other_declines_are_a_200_that_says_failed(flutterwave):
    charge = flutterwave.charge(DO_NOT_HONOUR).json()['data']
    assert (charge['status'], charge['processor_response']) == ('failed', 'Do not honour')
    assert not flutterwave.kinds(charge['tx_ref'])


# --- What is wrong with a request ---

@pytest.mark.parametrize('change, message', [
    ({'card_number': ''}, 'Cardno is required'), ({'cvv': ''}, 'cvv is required'), ({'tx_ref': ''}, 'tx_ref is required'),
    ({'card_number': '5531886652142951'}, 'Invalid card number'), ({'cvv': '111'}, 'Invalid cvv'), ({'expiry_year': '20'}, 'Expired card'),
    ({'expiry_month': '13'}, 'Invalid expiry date'), ({'email': 'nobody'}, 'Invalid email'), ({'tx_ref': 'x' * 101}, 'Invalid tx_ref: '
                                                                                          'at most 100 characters'),
    ({'currency': 'ABC'}, 'You can only charge in a currency that is supported'),
    ({'colour': 'red'}, 'Invalid parameter: colour is not allowed')])
def test_card_data_that_are_wrong(flutterwave, change, message):
    assert refusal(flutterwave.charge(PAYS, **change)) == message


def test_card_data_that_cannot_be_read(flutterwave):
    plain = json.dumps(card_data(PAYS))
    for client in ('', 'AAAA', 'no base64!', encrypt(plain, 'FLWSECK_TESTba9876543210'), encrypt('{"card_number":')):
        assert refusal(flutterwave.post('charges?type=card', {'client': client}, checked=False)) in (
            'client is required', 'Invalid client: it cannot be decrypted')


def test_the_published_example_of_encryption_is_read(flutterwave):
    """The plain text and its encryption as they are published; the card asks for its PIN."""
    plain = ('{"card_number":"5531886652142950","cvv":"564","expiry_month":"09","expiry_year":"32","currency":"NGN","amount":100,'
             '"email":"a@example.test","tx_ref":"ord-1001"}')
    client = ('ZYlMxM1hI/KQ3JMv5GQbOGdhMRBygschW8sa6niAMGxB6v2TSd0vVHxkRjmL2UbJ+n+KJHWgMgsxj5m9vCMMQYH1S3xtiKWAjCeGSmMIiw22BWlrNnq8BcKT'
              '6ofLB/oi8DBsvwfr2J7PbdoXpt4cA5q5p2QHqkXbc84Mk7pJmFFdpq/U1kQNaAQNj0PUPcqg0wHI1zp96ZcsJIGopLlVyE9NQwzQTjbe')
    assert encrypt(plain) == client
    answer = flutterwave.post('charges?type=card', {'client': client}).json()
    assert answer['meta']['authorization'] == {'mode': 'pin', 'fields': ['pin']}


def test_credentials_routes_and_bodies(flutterwave):
    assert refusal(flutterwave.get('balances', key='FLWSECK_TEST-other-X'), 401) == 'Invalid authorization key'
    assert refusal(flutterwave.get('nothing', checked=False), 404) == 'Route not found'
    assert refusal(flutterwave.ask('DELETE', 'balances', checked=False), 404) == 'Route not found'
    assert refusal(flutterwave.post('validate-charge', {'otp': '1', 'flw_ref': 'x', 'colour': 'red'}, checked=False)).endswith('not allowed')
    broken = flutterwave.session.post(f'{flutterwave.url}/v3/payments', data='{', headers={'Authorization': f'Bearer {flutterwave.key}'})
    assert refusal(broken) == 'Invalid request body'


# --- Faults ---

def test_a_time_out_of_the_platform_says_503_and_may_have_charged(flutterwave):
    flutterwave.fault('act_then_500')
    tx_ref = a_reference()
    assert refusal(flutterwave.charge(tx_ref=tx_ref), 503) == 'An error occurred. Please contact support'
    assert flutterwave.find(tx_ref).json()['data']['status'] == 'successful'
    flutterwave.fault('refuse_500')
    assert flutterwave.charge(tx_ref='ord-refused').status_code == 503
    assert flutterwave.find('ord-refused').status_code == 404


def test_a_limit_of_requests(flutterwave):
    flutterwave.fault('rate_limited', times=2)
    assert refusal(flutterwave.charge(), 429) == 'Too many requests'
    assert refusal(flutterwave.get('balances'), 429) == 'Too many requests'


def test_no_card_is_ever_noted_or_told(flutterwave):
    number = PAYS[0]
    flutterwave.pay(PAYS)
    for told in (flutterwave.requests(), flutterwave.book(), flutterwave.control('GET', 'notices')):
        assert number not in json.dumps(told)
    assert flutterwave.requests()[-1]['card'].endswith(number[-4:])
