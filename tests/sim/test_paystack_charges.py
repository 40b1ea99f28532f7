# SPDX-License-Identifier: Apache-2.0
"""The simulated Paystack: charges with and without challenges, references, the hosted page, saved cards."""
import pytest
from florin_testing.paystack import CARDS, Paystack


@pytest.fixture(scope='module')
def paystack():
    with Paystack() as simulator:
        yield simulator


def outcome(answer):
    """(status, what the gateway says) of a charge."""
    data = answer.json()['data']
    return data['status'], data.get('gateway_response')


# --- Cards ---

@pytest.mark.parametrize('card, status, says', [
    ('pays', 'success', 'Successful'),
    ('refund_fails', 'success', 'Successful'),
    ('declined', 'failed', 'Declined'),
    ('no_funds', 'failed', 'Insufficient Funds'),
])
def test_what_test_cards_do(paystack, card, status, says):
    answer = paystack.charge(card)
    assert answer.status_code == 200 and outcome(answer) == (status, says)
    reference = answer.json()['data']['reference']
    assert paystack.data(f'/transaction/verify/{reference}') == answer.json()['data']
    assert [effect['amount'] for effect in paystack.effects('capture', operation=reference)] == [10000] * (status == 'success')


@pytest.mark.parametrize('card, steps', [
    ('asks_pin', [('send_pin', 'pin', '1111')]),
    ('asks_pin_otp', [('send_pin', 'pin', '1234'), ('send_otp', 'otp', '123456')]),
    ('asks_pin_phone_otp', [('send_pin', 'pin', '0000'), ('send_phone', 'phone', '08030000000'), ('send_otp', 'otp', '123456')]),
])
def test_a_payer_is_asked(paystack, card, steps):
    answer = paystack.charge(card)
    reference = answer.json()['data']['reference']
    for status, member, right in steps:
        assert answer.json()['data']['status'] == status and answer.json()['data']['display_text']
        assert paystack.data(f'/charge/{reference}')['status'] == status
        answer = paystack.post(f'/charge/submit_{member}', {member: right, 'reference': reference})
    assert outcome(answer) == ('success', 'Successful')
    assert len(paystack.effects('capture', operation=reference)) == 1


@pytest.mark.parametrize('member, given', [
    ('birthday', {'birthday': '2007-04-15'}),
    ('address', {'address': '1 Road', 'city': 'Lagos', 'state': 'LA', 'zip_code': '100001'}),
])
def test_further_questions_can_be_ordered(paystack, member, given):
    paystack.issuers(asks=member)
    reference = paystack.charge().json()['data']['reference']
    assert paystack.data(f'/charge/{reference}')['status'] == f'send_{member}'
    assert outcome(paystack.post(f'/charge/submit_{member}', {**given, 'reference': reference}))[0] == 'success'
    assert outcome(paystack.charge())[0] == 'success'  # one charge only


def test_a_token_that_is_not_generated(paystack):
    reference = paystack.charge('no_token').json()['data']['reference']
    answer = paystack.post('/charge/submit_pin', {'pin': '0000', 'reference': reference})
    assert outcome(answer)[0] == 'failed' and 'Token Not Generated' in outcome(answer)[1]


@pytest.mark.parametrize('card, member, says', [('asks_pin', 'pin', 'Incorrect PIN'), ('asks_pin_otp', 'otp', 'Incorrect OTP')])
def test_wrong_answers_fail(paystack, card, member, says):
    reference = paystack.charge(card).json()['data']['reference']
    if member == 'otp':
        paystack.post('/charge/submit_pin', {'pin': '1234', 'reference': reference})
    assert outcome(paystack.post(f'/charge/submit_{member}', {member: '9', 'reference': reference})) == ('failed', says)
    again = paystack.post(f'/charge/submit_{member}', {member: '9', 'reference': reference})
    assert again.status_code == 400  # nothing is asked any more


def test_a_pin_may_come_at_once(paystack):
    assert outcome(paystack.charge('asks_pin', pin='1111'))[0] == 'success'
    assert outcome(paystack.charge('asks_pin', pin='2222')) == ('failed', 'Incorrect PIN')


@pytest.mark.parametrize('more, says', [
    ({'expiry': ('01', '2020')}, 'Expired Card'),
    ({'cvv': '999'}, 'Incorrect CVV'),
])
def test_a_card_that_is_wrong(paystack, more, says):
    assert outcome(paystack.charge(**more)) == ('failed', says)


@pytest.mark.parametrize('text', ['Do Not Honor', 'Issuer or Switch Inoperative', 'Suspected Fraud'])
def test_issuers_say_what_was_ordered(paystack, text):
    paystack.issuers(says=text, times=2)
    assert [outcome(paystack.charge()) for _ in range(2)] == [('failed', text)] * 2
    assert outcome(paystack.charge())[0] == 'success'


def test_a_pending_charge_settles_later(paystack):
    paystack.issuers(pends_ms=60_000)
    reference = paystack.charge().json()['data']['reference']
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == 'pending'
    assert paystack.effects(operation=reference) == []
    paystack.advance(minutes=2)
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == 'success'
    assert len(paystack.effects('capture', operation=reference)) == 1


def test_the_bank_has_a_page(paystack):
    for choice, result in (('approve', 'success'), ('refuse', 'failed')):
        data = paystack.charge('asks_at_its_bank').json()['data']
        assert data['status'] == 'open_url' and data['url'].startswith(paystack.url)
        shown = paystack.session.get(data['url'], timeout=30)
        assert shown.status_code == 200 and '100.00 NGN' in shown.text
        assert paystack.choose(data['reference'], choice).status_code == 200
        assert paystack.data(f'/transaction/verify/{data["reference"]}')['status'] == result
        assert paystack.choose(data['reference'], 'approve').status_code == 409


# --- References ---

def test_a_reference_is_taken_once_and_tells_nothing(paystack):
    first = paystack.pay(reference='once-1')
    for card in ('pays', 'declined'):
        again = paystack.charge(card, reference='once-1')
        assert again.status_code == 400
        assert (again.json()['code'], again.json()['message']) == ('duplicate_reference', 'Duplicate Transaction Reference')
        assert 'data' not in again.json()
    assert paystack.data('/transaction/verify/once-1') == first
    assert len(paystack.effects('capture', operation='once-1')) == 1


def test_a_declined_reference_is_used_up_a_refused_one_is_not(paystack):
    assert outcome(paystack.charge('declined', reference='used-1'))[0] == 'failed'
    assert paystack.charge(reference='used-1').status_code == 400
    assert paystack.charge(reference='free-1', card='pays', cvv='x').status_code == 400
    assert outcome(paystack.charge(reference='free-1'))[0] == 'success'


def test_a_lost_answer_is_found_by_its_reference(paystack):
    paystack.fault('act_then_hang_up', '/charge', times=1)
    with pytest.raises(OSError):
        paystack.charge(reference='lost-1')
    assert paystack.charge(reference='lost-1').status_code == 400
    assert paystack.data('/transaction/verify/lost-1')['status'] == 'success'
    paystack.fault('hang_up', '/charge', times=1)
    with pytest.raises(OSError):
        paystack.charge(reference='lost-2')
    assert paystack.get('/transaction/verify/lost-2').status_code == 404
    assert outcome(paystack.charge(reference='lost-2'))[0] == 'success'


def test_not_found_is_told_in_two_ways(paystack):
    answer = paystack.get('/transaction/verify/none')
    assert (answer.status_code, answer.json()['code']) == (404, 'transaction_not_found')
    paystack.fault('old_not_found', '/transaction/verify/*', times=1)
    answer = paystack.get('/transaction/verify/none')
    assert (answer.status_code, answer.json()['message']) == (400, 'Transaction reference not found')


def test_a_double_charge_of_one_payment_is_in_the_book(paystack):
    for _ in range(2):
        paystack.pay(metadata={'gateway_payment_id': 'twice'})
    assert [effect['repeats_operation'] for effect in paystack.effects(operation='twice')] == [False, True]


def test_numbers_need_all_their_bits(paystack):
    first, second = paystack.pay(), paystack.pay()
    assert second['id'] == first['id'] + 1 > 2**53
    assert paystack.data(f'/transaction/{first["id"]}')['reference'] == first['reference']


# --- What is refused ---

@pytest.mark.parametrize('change, status, code', [
    ({'email': ''}, 400, 'missing_params'),
    ({'email': 'nobody'}, 400, 'invalid_email_address'),
    ({'amount': 0}, 400, 'invalid_params'),
    ({'amount': 4999}, 400, 'invalid_params'),
    ({'currency': 'EUR'}, 403, 'unsupported_currency'),
    ({'reference': 'a b'}, 400, 'invalid_params'),
    ({'colour': 'red'}, 400, 'invalid_params'),
    ({'card': None}, 400, 'invalid_params'),
])
def test_refused_charges(paystack, change, status, code):
    number, cvv = CARDS['pays']
    given = {'email': 'a@example.test', 'amount': 10000, 'card': {'number': number, 'cvv': cvv, 'expiry_month': '12',
                                                                  'expiry_year': '2030'}, **change}
    answer = paystack.post('/charge', given, checked=False)
    assert (answer.status_code, answer.json()['code']) == (status, code)


def test_a_wrong_key_is_refused(paystack):
    for value in ('Bearer sk_test_other', 'Basic c2tfdGVzdF9mbG9yaW46', ''):
        answer = paystack.get('/transaction', Authorization=value)
        assert (answer.status_code, answer.json()['message']) == (401, 'Invalid key')
    assert paystack.get('/nothing', checked=False).status_code == 404


def test_amounts_are_hundredths_in_every_currency(paystack):
    assert paystack.pay(amount=100, currency='XOF')['amount'] == 100
    assert paystack.pay(amount=10050, currency='XOF')['amount'] == 10000  # there are no hundredths of it
    answer = paystack.post('/charge', {'email': 'a@example.test', 'amount': '10000', 'card': {
        'number': CARDS['pays'][0], 'cvv': '408', 'expiry_month': '12', 'expiry_year': '30'}}, checked=False)
    assert answer.json()['data']['amount'] == 10000


# --- The hosted page ---

def begin(paystack, **more):
    given = {'email': 'a@example.test', 'amount': 10000, 'currency': 'NGN', 'reference': paystack.new_reference(),
             'callback_url': 'https://shop.example.test/r?p=1', **more}
    return paystack.post('/transaction/initialize', given).json()['data']


def status_of(paystack, reference):
    return paystack.data(f'/transaction/verify/{reference}')['status']


def test_the_hosted_page(paystack):
    data = begin(paystack)
    reference = data['reference']
    assert status_of(paystack, reference) == 'abandoned'
    assert paystack.session.get(data['authorization_url'], timeout=30).status_code == 200
    assert status_of(paystack, reference) == 'ongoing'
    gone = paystack.choose(data['access_code'], 'refuse')
    assert gone.status_code == 303 and status_of(paystack, reference) == 'abandoned'
    back = paystack.choose(data['access_code'], 'approve')  # he thought better of it
    assert back.headers['Location'] == f'https://shop.example.test/r?p=1&trxref={reference}&reference={reference}'
    assert status_of(paystack, reference) == 'success'


def test_the_payer_may_cancel_or_be_declined(paystack):
    data = begin(paystack, metadata={'cancel_action': 'https://shop.example.test/cancel'})
    assert paystack.choose(data['access_code'], 'refuse').headers['Location'].startswith('https://shop.example.test/cancel?')
    assert paystack.choose(data['access_code'], 'approve', card='4084').status_code == 400
    declined = paystack.choose(data['access_code'], 'approve', card=CARDS['declined'][0])
    assert declined.headers['Location'].startswith('https://shop.example.test/r?')  # the same as for a success
    assert status_of(paystack, data['reference']) == 'failed'


def test_a_page_times_out(paystack):
    data = begin(paystack)
    paystack.ask('PUT', '/integration/payment_session_timeout', {'timeout': 60})
    assert paystack.data('/integration/payment_session_timeout') == {'payment_session_timeout': 60}
    paystack.advance(minutes=2)
    assert paystack.choose(data['access_code']).status_code == 409 and status_of(paystack, data['reference']) == 'abandoned'
    paystack.ask('PUT', '/integration/payment_session_timeout', {'timeout': 0})


# --- Saved cards ---

def charge_saved(paystack, code, path='/transaction/charge_authorization', **more):
    given = {'email': 's@example.test', 'amount': 25000, 'currency': 'NGN', 'authorization_code': code,
             'reference': paystack.new_reference(), **more}
    return paystack.post(path, given)


def test_a_saved_card(paystack):
    code = paystack.save(email='s@example.test', currency='NGN')
    assert paystack.save(email='s@example.test', currency='NGN') == code  # the same card
    answer = charge_saved(paystack, code)
    assert outcome(answer) == ('success', 'Successful') and answer.json()['data']['authorization']['authorization_code'] == code
    customer = paystack.data('/customer/s@example.test')
    assert [one['authorization_code'] for one in customer['authorizations']] == [code]
    assert charge_saved(paystack, code, email='a@example.test').status_code == 400
    assert paystack.post('/customer/authorization/deactivate', {'authorization_code': code}).status_code == 200
    assert charge_saved(paystack, code).status_code == 400
    assert paystack.save(email='s@example.test', currency='NGN') != code


def test_a_saved_card_is_declined_queued_or_asks_its_owner(paystack):
    code = paystack.save(email='s@example.test', currency='NGN')
    paystack.issuers(says='Insufficient Funds')
    assert outcome(charge_saved(paystack, code)) == ('failed', 'Insufficient Funds')
    paystack.issuers(pends_ms=1000)
    reference = charge_saved(paystack, code, queue=True).json()['data']['reference']
    assert status_of(paystack, reference) == 'queued'
    paystack.advance(seconds=2)
    assert status_of(paystack, reference) == 'success'
    code = paystack.save_after_page = paystack.charge('asks_at_its_bank', email='s@example.test').json()['data']
    paystack.choose(code['reference'])
    code = paystack.data(f'/transaction/verify/{code["reference"]}')['authorization']['authorization_code']
    data = charge_saved(paystack, code).json()['data']
    assert data['paused'] is True and paystack.choose(data['access_code']).status_code == 200
    assert status_of(paystack, data['reference']) == 'success'


def test_a_card_that_wants_its_owner_is_not_reusable(paystack):
    authorization = paystack.pay('asks_pin', pin='1111', email='s@example.test')['authorization']
    assert authorization['reusable'] is False
    assert charge_saved(paystack, authorization['authorization_code']).status_code == 400


@pytest.mark.parametrize('has, status, amount', [(25000, 'success', 25000), (15000, 'success', 15000), (9999, 'failed', 25000)])
def test_a_part_is_taken_when_the_whole_is_not_there(paystack, has, status, amount):
    code = paystack.save(email='s@example.test', currency='NGN')
    paystack.issuers(has=has)
    data = charge_saved(paystack, code, '/transaction/partial_debit', at_least='10000').json()['data']
    assert (data['status'], data['amount'], data['requested_amount']) == (status, amount, 25000)


# --- Other ways ---

def charge_way(paystack, **way):
    return paystack.post('/charge', {'email': 'w@example.test', 'amount': 10000, 'reference': paystack.new_reference(), **way}).json()['data']


def test_a_transfer(paystack):
    data = charge_way(paystack, currency='NGN', bank_transfer={'account_expires_at': '2030-01-01T00:30:00Z'})
    assert data['status'] == 'pending_bank_transfer' and data['account_number'] and data['bank']['name']
    assert paystack.choose(data['reference'], amount='9000').status_code == 400
    rejected = paystack.notices('bank.transfer.rejected')[-1]['body']
    assert '"amount":"9000"' in rejected and 'ord-' not in rejected
    paystack.choose(data['reference'], amount='10000')
    assert status_of(paystack, data['reference']) == 'success'


def test_a_code_a_phone_and_a_bank(paystack):
    data = charge_way(paystack, ussd={'type': '737'})
    assert data['status'] == 'pay_offline' and data['ussd_code'].startswith('*737*')
    paystack.choose(data['reference'])
    assert status_of(paystack, data['reference']) == 'success'
    data = charge_way(paystack, currency='GHS', mobile_money={'phone': '0551234987', 'provider': 'mtn'})
    paystack.advance(seconds=3)  # this phone agrees by itself
    assert (data['status'], status_of(paystack, data['reference'])) == ('pay_offline', 'success')
    data = charge_way(paystack, currency='XOF', mobile_money={'phone': '0700000000', 'provider': 'orange'})
    assert outcome(paystack.post('/charge/submit_otp', {'otp': '1234', 'reference': data['reference']}))[0] == 'success'
    data = charge_way(paystack, bank={'code': '057', 'account_number': '0000000000'})
    assert data['status'] == 'send_birthday'
    data = paystack.post('/charge/submit_birthday', {'birthday': '2007-04-15', 'reference': data['reference']}).json()['data']
    assert outcome(paystack.post('/charge/submit_otp', {'otp': '123456', 'reference': data['reference']}))[0] == 'success'


# --- Lists ---

def test_lists_by_cursor_and_by_page():
    with Paystack() as paystack:
        references = [paystack.charge('declined' if place % 3 == 0 else 'pays').json()['data']['reference'] for place in range(7)][::-1]
        seen, cursor = [], ''
        while cursor is not None:
            answer = paystack.get(f'/transaction?use_cursor=true&per_page=3{cursor and f"&next={cursor}"}').json()
            seen.append([one['reference'] for one in answer['data']])
            cursor = answer['meta']['next']
        assert seen == [references[:3], references[3:6], references[6:]]
        page = paystack.get('/transaction?per_page=3&page=2').json()
        assert [one['reference'] for one in page['data']] == references[3:6]
        assert (page['meta']['total'], page['meta']['pageCount']) == (7, 3)
        failed = paystack.get('/transaction?status=failed').json()['data']
        assert {one['status'] for one in failed} == {'failed'} and len(failed) == 3
        assert paystack.get('/transaction?to=2020-01-01').json()['data'] == []
        assert len(paystack.get('/transaction?from=2020-01-01T00:00:00.000Z').json()['data']) == 7
