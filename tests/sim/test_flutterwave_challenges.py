# SPDX-License-Identifier: Apache-2.0
"""The simulated Flutterwave asks payers: PIN, OTP, address, their bank's page, its own hosted page; and ways to pay without a card."""
import urllib.parse

import pytest
from florin_testing.flutterwave import (ADDRESS, ASKS_ADDRESS, ASKS_BANK, ASKS_PIN, DO_NOT_HONOUR, NO_FUNDS, PAYS, PIN, WRONG_PIN,
                                        Flutterwave, a_reference)

BACK = 'https://shop.example.test/back?order=1'


@pytest.fixture(scope='module')
def flutterwave():
    with Flutterwave() as simulator:
        yield simulator


def asked(answer):
    """What an answer asks the payer for."""
    return answer.json()['meta']['authorization']


def returned(answer):
    """What a payer brings back from a page."""
    assert answer.status_code == 303, answer.text
    assert answer.headers['Location'].startswith(BACK)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers['Location']).query))


def same_charge(card, **more):
    """The same charge over, with one reference."""
    return {'card': card, 'tx_ref': a_reference(), **more}


# --- PIN and OTP ---

def test_a_pin_then_an_otp(flutterwave):
    charge = same_charge(ASKS_PIN)
    first = flutterwave.charge(**charge)
    assert asked(first)['mode'] == 'pin' and 'data' not in first.json()
    assert flutterwave.find(charge['tx_ref']).status_code == 404
    second = flutterwave.charge(**charge, authorization=PIN)
    assert asked(second) == {'mode': 'otp', 'endpoint': '/v3/validate-charge'}
    pending = second.json()['data']
    assert (pending['status'], pending['auth_model']) == ('pending', 'PIN')
    assert not flutterwave.kinds(charge['tx_ref'])
    done = flutterwave.post('validate-charge', {'otp': '12345', 'flw_ref': pending['flw_ref'], 'type': 'card'}).json()['data']
    assert (done['status'], done['id']) == ('successful', pending['id'])
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', 10000)]


@pytest.mark.parametrize('card, pin', [(ASKS_PIN, '0000'), (WRONG_PIN, '3310')])
def test_a_pin_that_is_wrong(flutterwave, card, pin):
    charge = flutterwave.charge(card, authorization={'mode': 'pin', 'pin': pin}).json()['data']
    assert (charge['status'], charge['processor_response']) == ('failed', 'Incorrect PIN')


def test_an_otp_may_be_wrong_twice(flutterwave):
    for wrong, ends_as in ((2, 'successful'), (3, 'failed')):
        charge = flutterwave.charge(ASKS_PIN, authorization=PIN).json()['data']
        for _ in range(wrong):
            answer = flutterwave.post('validate-charge', {'otp': '1', 'flw_ref': charge['flw_ref']})
            assert (answer.status_code, answer.json()['message']) == (400, 'Incorrect OTP')
        flutterwave.post('validate-charge', {'otp': '12345', 'flw_ref': charge['flw_ref']})
        assert flutterwave.verify(charge)['status'] == ends_as


# --- The bank's page ---

@pytest.mark.parametrize('choice, status', [('approve', 'successful'), ('refuse', 'failed')])
def test_a_payer_at_the_page_of_his_bank(flutterwave, choice, status):
    answer = flutterwave.charge(ASKS_BANK, redirect_url=BACK)
    charge, page = answer.json()['data'], asked(answer)['redirect']
    assert charge['status'] == 'pending'
    back = returned(flutterwave.visit(page, choice))
    assert back == {'order': '1', 'status': status, 'tx_ref': charge['tx_ref'], 'transaction_id': str(charge['id'])}
    assert flutterwave.verify(charge)['status'] == status
    assert flutterwave.session.post(page, data={'choice': 'approve'}).status_code == 410
    assert len(flutterwave.kinds(charge['tx_ref'])) == (status == 'successful')


def test_a_hold_can_want_the_bank_and_stays_a_hold(flutterwave):
    answer = flutterwave.charge(PAYS, preauthorize=True, usesecureauth=True)
    assert flutterwave.visit(asked(answer)['redirect']).status_code == 200
    charge = flutterwave.verify(answer.json()['data'])
    assert (charge['status'], charge['charge_type']) == ('successful', 'preauth')
    assert flutterwave.kinds(charge['tx_ref']) == [('authorization', 10000)]


def test_an_address_then_the_bank(flutterwave):
    charge = same_charge(ASKS_ADDRESS)
    assert asked(flutterwave.charge(**charge))['fields'] == ['city', 'address', 'state', 'country', 'zipcode']
    second = flutterwave.charge(**charge, authorization=ADDRESS)
    assert asked(second)['mode'] == 'redirect'
    assert flutterwave.visit(asked(second)['redirect']).status_code == 200
    assert flutterwave.kinds(charge['tx_ref']) == [('capture', 10000)]


# --- The hosted page ---

def link_for(flutterwave, **more):
    given = {'tx_ref': a_reference(), 'amount': 100.5, 'currency': 'NGN', 'redirect_url': BACK, 'payment_options': 'card',
             'customer': {'email': 'a@example.test', 'name': 'A Person'}, 'meta': {'gateway_payment_id': 'p1'}, **more}
    answer = flutterwave.post('payments', given).json()
    assert answer['message'] == 'Hosted Link'
    return given['tx_ref'], answer['data']['link']


def test_a_payer_on_the_hosted_page(flutterwave):
    tx_ref, link = link_for(flutterwave)
    back = returned(flutterwave.visit(link))
    assert (back['status'], back['tx_ref']) == ('successful', tx_ref)
    paid = flutterwave.get(f'transactions/{back["transaction_id"]}/verify').json()['data']
    assert (paid['status'], paid['amount'], paid['meta']['gateway_payment_id']) == ('successful', 100.5, 'p1')
    assert flutterwave.session.get(link).status_code == 410


def test_a_closed_page_can_be_opened_again(flutterwave):
    tx_ref, link = link_for(flutterwave)
    assert returned(flutterwave.visit(link, 'refuse')) == {'order': '1', 'status': 'cancelled', 'tx_ref': tx_ref}
    assert flutterwave.find(tx_ref).status_code == 404
    assert returned(flutterwave.visit(link))['status'] == 'successful'


def test_several_transactions_have_one_reference_and_one_of_them_is_found(flutterwave):
    tx_ref, link = link_for(flutterwave)
    assert returned(flutterwave.visit(link, card=NO_FUNDS[0]))['status'] == 'failed'
    paid = returned(flutterwave.visit(link, card=PAYS[0]))
    assert paid['status'] == 'successful'
    assert flutterwave.find(tx_ref).json()['data']['status'] == 'failed'
    listed = flutterwave.get('transactions', {'tx_ref': tx_ref}).json()['data']
    assert [row['status'] for row in listed] == ['successful', 'failed']
    assert listed[0]['id'] == paid['transaction_id']


def test_a_link_is_asked_for_twice_and_ends(flutterwave):
    tx_ref, first = link_for(flutterwave)
    _, second = link_for(flutterwave, tx_ref=tx_ref)
    assert first != second
    assert flutterwave.post('payments/link/disable', {'link': first}).status_code == 200
    assert flutterwave.session.get(first).status_code == 410
    assert flutterwave.session.get(second).status_code == 200


def test_a_session_is_over():
    with Flutterwave() as own:
        _, link = link_for(own, session_duration=30)
        own.advance(minutes=29)
        assert own.session.get(link).status_code == 200
        own.advance(minutes=2)
        assert own.session.get(link).status_code == 410


# --- Saved cards ---

def test_a_saved_card_is_charged_by_its_token_and_e_mail(flutterwave):
    token = flutterwave.verify(flutterwave.pay())['card']['token']
    assert token.startswith('flw-t1nf-')
    given = {'token': token, 'currency': 'NGN', 'country': 'NG', 'amount': 250, 'email': 'a@example.test', 'tx_ref': a_reference(),
             'narration': 'order'}
    done = flutterwave.post('tokenized-charges', given).json()
    assert (done['message'], done['data']['status'], done['data']['auth_model']) == ('Charge successful', 'successful', 'noauth')
    assert done['data']['card']['token'] == token
    again = flutterwave.post('tokenized-charges', given)
    assert (again.status_code, again.json()['message']) == (400, 'Duplicate transaction reference')
    stranger = flutterwave.post('tokenized-charges', {**given, 'tx_ref': a_reference(), 'email': 'b@example.test'})
    assert (stranger.status_code, stranger.json()['message']) == (400, 'Invalid token or email')
    assert flutterwave.kinds(given['tx_ref']) == [('capture', 25000)]


def test_a_token_holds_or_asks_or_moves_to_another_address():
    with Flutterwave() as own:
        token = own.verify(own.pay())['card']['token']
        given = {'token': token, 'currency': 'NGN', 'amount': 10, 'email': 'a@example.test'}
        held = own.post('tokenized-charges', {**given, 'tx_ref': 't-1', 'preauthorize': True}).json()['data']
        assert held['charge_type'] == 'preauth' and own.kinds('t-1') == [('authorization', 1000)]
        asks = own.post('tokenized-charges', {**given, 'tx_ref': 't-2', 'do_3ds': True, 'redirect_url': BACK})
        assert returned(own.visit(asked(asks)['redirect']))['status'] == 'successful'
        assert own.put(f'tokens/{token}', {'email': 'new@example.test'}).status_code == 200
        assert own.post('tokenized-charges', {**given, 'tx_ref': 't-3'}).status_code == 400
        assert own.post('tokenized-charges', {**given, 'tx_ref': 't-4', 'email': 'new@example.test'}).status_code == 200


# --- Without a card ---

def charged_by(flutterwave, way, **more):
    given = {'tx_ref': a_reference(), 'amount': 1500, 'currency': 'NGN', 'email': 'a@example.test', **more}
    return given['tx_ref'], flutterwave.post(f'charges?type={way}', given)


def test_a_bank_transfer_has_no_transaction_until_it_comes():
    with Flutterwave() as own:
        tx_ref, answer = charged_by(own, 'bank_transfer', expires=3600, is_permanent=False)
        assert 'data' not in answer.json() and asked(answer)['mode'] == 'banktransfer'
        assert own.find(tx_ref).status_code == 404
        own.advance(seconds=6)
        assert own.find(tx_ref).json()['data']['status'] == 'successful'


def test_a_payer_transfers_too_little():
    with Flutterwave() as own:
        own.account(transfer_percent=50)
        tx_ref, _ = charged_by(own, 'bank_transfer')
        own.advance(seconds=6)
        found = own.find(tx_ref).json()['data']
        assert (found['status'], found['amount']) == ('successful', 750)


def test_a_code_a_page_or_a_call(flutterwave):
    _, ussd = charged_by(flutterwave, 'ussd', account_bank='058')
    assert asked(ussd)['mode'] == 'ussd' and ussd.json()['data']['status'] == 'pending'
    tx_ref, phone = charged_by(flutterwave, 'mobile_money_ghana', currency='GHS', phone_number='0551234987', network='MTN')
    assert flutterwave.visit(asked(phone)['redirect']).status_code == 200
    assert flutterwave.kinds(tx_ref) == [('capture', 150000)]
    _, call = charged_by(flutterwave, 'mpesa', currency='KES', phone_number='0551234987')
    assert asked(call)['mode'] == 'callback'
    assert charged_by(flutterwave, 'enaira')[1].status_code == 403


def test_a_decline_on_the_hosted_page_is_told(flutterwave):
    tx_ref, link = link_for(flutterwave)
    flutterwave.visit(link, card=DO_NOT_HONOUR[0])
    assert [notice for notice in flutterwave.notices('charge.completed') if tx_ref in notice['body'] and '"failed"' in notice['body']]
