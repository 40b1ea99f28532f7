# SPDX-License-Identifier: Apache-2.0
"""The simulated Paystack: preauthorizations, refunds, disputes, news and their signature."""
import hashlib
import hmac
import json

import pytest
from florin_testing.paystack import CARDS, Paystack
from florin_testing.waiting import until


@pytest.fixture(scope='module')
def paystack():
    with Paystack() as simulator:
        yield simulator


# --- Preauthorizations ---

@pytest.fixture(scope='module')
def code(paystack):
    return paystack.save()


def reserve(paystack, code, amount=50000, **more):
    given = {'email': 'a@example.test', 'amount': str(amount), 'currency': 'ZAR', 'authorization_code': code,
             'reference': paystack.new_reference(), **more}
    return paystack.post('/preauthorization/reserve_authorization', given)


def held(paystack, code, **more):
    data = reserve(paystack, code, **more).json()['data']
    assert data['status'] == 'authorized'
    return data['reference']


def capture(paystack, reference, amount):
    return paystack.post('/preauthorization/capture', {'reference': reference, 'currency': 'ZAR', 'amount': str(amount)})


def hold_of(paystack, reference):
    return paystack.data(f'/preauthorization/verify/{reference}')


def kinds(paystack, reference):
    return [(effect['kind'], effect['amount']) for effect in paystack.effects(operation=reference)]


def test_a_hold_is_captured_in_part_once(paystack, code):
    reference = held(paystack, code)
    assert paystack.get(f'/transaction/verify/{reference}').status_code == 404  # no money has moved
    answer = capture(paystack, reference, 30000)
    assert (answer.json()['message'], answer.json()['data']['status'], answer.json()['data']['amount']) == ('Capture attempted', 'success', 30000)
    hold = hold_of(paystack, reference)
    assert (hold['status'], hold['amount'], hold['captured_amount']) == ('captured', 50000, 30000)
    assert paystack.data(f'/transaction/{hold["transaction_id"]}')['reference'] == reference
    assert capture(paystack, reference, 30000).status_code == 400
    assert paystack.post('/preauthorization/release', {'reference': reference}).status_code == 400
    assert kinds(paystack, reference) == [('authorization', 50000), ('capture', 30000)]
    refund = paystack.post('/refund', {'transaction': reference, 'amount': 30001})
    assert refund.status_code == 400
    assert paystack.post('/refund', {'transaction': reference}).json()['data']['amount'] == 30000


def test_a_hold_is_released(paystack, code):
    reference = held(paystack, code)
    answer = paystack.post('/preauthorization/release', {'reference': reference})
    assert (answer.json()['message'], answer.json()['data']['status']) == ('Successfully released', 'released')
    assert paystack.post('/preauthorization/release', {'reference': reference}).status_code == 400
    assert capture(paystack, reference, 1).status_code == 400
    assert kinds(paystack, reference) == [('authorization', 50000), ('void', 50000)]


@pytest.mark.parametrize('action, days, status, effect', [
    ('release', 2, 'released', ('expiry', 50000)),
    ('capture', 2, 'captured', ('capture', 50000)),
    (None, 5, 'released', ('expiry', 50000)),
])
def test_a_hold_ends_by_itself(code, paystack, action, days, status, effect):
    more = {'expire_action': action, 'expire_after_days': days} if action else {}
    reference = held(paystack, code, **more)
    paystack.advance(hours=24 * days - 1)
    assert hold_of(paystack, reference)['status'] == 'authorized'
    paystack.advance(hours=2)
    assert hold_of(paystack, reference)['status'] == status
    assert kinds(paystack, reference)[1:] == [effect]


def test_holds_that_fail(paystack, code):
    paystack.issuers(says='Insufficient Funds')
    data = reserve(paystack, code).json()['data']
    assert (data['status'], data['gateway_response']['authorizeResponse']) == ('failed', 'Insufficient Funds')
    assert capture(paystack, data['reference'], 1).status_code == 400
    assert reserve(paystack, code, reference=data['reference']).json()['code'] == 'duplicate_reference'
    reference = held(paystack, code)
    assert capture(paystack, reference, 50001).status_code == 400
    paystack.issuers(says='Do Not Honor')
    assert capture(paystack, reference, 50000).json()['data']['status'] == 'failed'
    assert hold_of(paystack, reference)['status'] == 'authorized'
    failed = [json.loads(notice['body'])['data']['reference'] for notice in paystack.notices('preauthorization.capture.failed')]
    assert failed == [reference]


@pytest.mark.parametrize('change, status', [({'currency': 'NGN'}, 403), ({'expire_after_days': 31}, 400), ({'expire_action': 'keep'}, 400),
                                            ({'authorization_code': 'AUTH_none'}, 400), ({'email': 'b@example.test'}, 400)])
def test_holds_that_are_refused(paystack, code, change, status):
    given = {'email': 'a@example.test', 'amount': '50000', 'currency': 'ZAR', 'authorization_code': code, **change}
    assert paystack.post('/preauthorization/reserve_authorization', given, checked=False).status_code == status
    assert paystack.get('/preauthorization/verify/none').status_code == 404


def test_a_new_payer_agrees_to_a_hold_on_a_page(paystack):
    for card, status in ((None, 'authorized'), ('no_funds', 'failed')):
        given = {'email': 'n@example.test', 'amount': '50000', 'currency': 'ZAR', 'reference': paystack.new_reference(),
                 'callback_url': 'https://shop.example.test/r'}
        data = paystack.post('/preauthorization/initialize', given).json()['data']
        assert hold_of(paystack, data['reference'])['status'] == 'abandoned'
        paystack.session.get(data['authorization_url'], timeout=30)
        assert hold_of(paystack, data['reference'])['status'] == 'ongoing'
        assert paystack.choose(data['access_code'], **({'card': CARDS[card][0]} if card else {})).status_code == 303
        assert hold_of(paystack, data['reference'])['status'] == status
        assert paystack.choose(data['access_code']).status_code == 409
    listed = paystack.get('/preauthorization?status=failed').json()['data']
    assert data['reference'] in [one['reference'] for one in listed]


# --- Refunds ---

def refund(paystack, reference, **more):
    return paystack.post('/refund', {'transaction': reference, **more})


def refund_status(paystack, number):
    return paystack.data(f'/refund/{number}')['status']


def test_a_refund_comes_later(paystack):
    reference = paystack.pay()['reference']
    data = refund(paystack, reference, amount=4000, currency='NGN', merchant_note='r-1').json()['data']
    assert data['status'] == 'pending' and data['transaction']['reference'] == reference and data['fully_deducted'] is False
    seen = [data['status']]
    for _ in range(2):
        paystack.advance(ms=2500)
        seen.append(refund_status(paystack, data['id']))
    assert seen == ['pending', 'processing', 'processed']
    listed = paystack.get(f'/refund?transaction={reference}').json()['data']
    assert [(one['merchant_note'], one['transaction'], one['fully_deducted']) for one in listed] == [
        ('r-1', paystack.data(f'/transaction/verify/{reference}')['id'], 1)]
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == 'success'
    refund(paystack, reference)
    paystack.advance(minutes=1)
    paystack.advance(minutes=1)
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == 'reversed'
    assert refund(paystack, reference).json()['code'] == 'transaction_reversed'


def test_nothing_guards_a_refund(paystack):
    reference = paystack.pay()['reference']
    for _ in range(2):
        assert refund(paystack, reference, amount=3000, merchant_note='r-2').status_code == 200
    assert [effect['repeats_operation'] for effect in paystack.effects('refund', operation='r-2')] == [False, True]
    paystack.fault('act_then_hang_up', '/refund', times=1)
    with pytest.raises(OSError):
        refund(paystack, reference, amount=1000, merchant_note='r-3')
    notes = [one['merchant_note'] for one in paystack.get(f'/refund?transaction={reference}').json()['data']]
    assert notes == ['r-3', 'r-2', 'r-2']
    assert refund(paystack, reference, amount=3001).status_code == 400


def test_a_refund_fails_later_and_gives_its_sum_back(paystack):
    reference = paystack.pay('refund_fails')['reference']
    number = refund(paystack, reference, merchant_note='r-4').json()['data']['id']
    assert refund(paystack, reference).status_code == 400  # all of it is reserved
    paystack.advance(minutes=1)
    paystack.advance(minutes=1)
    assert refund_status(paystack, number) == 'failed'
    assert [kind for kind, _ in kinds(paystack, 'r-4')] == ['refund', 'refund_failure']
    assert refund(paystack, reference).status_code == 200


def test_a_refund_needs_attention(paystack):
    reference = paystack.pay('refund_needs_attention')['reference']
    number = refund(paystack, reference).json()['data']['id']
    paystack.advance(minutes=1)
    paystack.advance(minutes=1)
    assert refund_status(paystack, number) == 'needs-attention'
    account = {'refund_account_details': {'currency': 'NGN', 'account_number': '0000000000', 'bank_id': '9'}}
    path = f'/refund/retry_with_customer_details/{number}'
    assert paystack.post(path, {'refund_account_details': {}}, checked=False).status_code == 400
    assert paystack.post(path, account).status_code == 200
    paystack.advance(minutes=1)
    paystack.advance(minutes=1)
    assert refund_status(paystack, number) == 'processed'
    assert paystack.post(path, account).status_code == 400


@pytest.mark.parametrize('more, status', [({'amount': 10001}, 400), ({'currency': 'GHS'}, 403), ({'transaction': 'none'}, 404),
                                          ({'transaction': ''}, 400)])
def test_refused_refunds(paystack, more, status):
    assert refund(paystack, paystack.pay()['reference'], **more).status_code == status


def test_what_was_not_paid_is_not_refunded(paystack):
    reference = paystack.charge('declined').json()['data']['reference']
    assert refund(paystack, reference).status_code == 400


# --- Disputes ---

RESOLVED = {'message': 'accepted', 'uploaded_filename': 'receipt.pdf'}


@pytest.mark.parametrize('resolution, status, lost', [('merchant-accepted', 'reversed', [10000]), ('declined', 'success', [])])
def test_a_dispute(paystack, resolution, status, lost):
    reference = paystack.pay()['reference']
    opened = paystack.control('POST', 'disputes', json={'reference': reference, 'category': 'fraud'})
    assert (opened['status'], opened['category']) == ('awaiting-merchant-feedback', 'fraud')
    path = f'/dispute/{opened["id"]}'
    listed = paystack.get('/dispute?status=awaiting-merchant-feedback').json()['data']
    assert [one['transaction']['reference'] for one in listed] == [reference]
    evidence = {'customer_email': 'a@example.test', 'customer_name': 'A', 'customer_phone': '1', 'service_details': 'shoes'}
    assert paystack.post(f'{path}/evidence', evidence).status_code == 200
    assert paystack.data(f'{path}/upload_url')['fileName']
    assert paystack.ask('PUT', f'{path}/resolve', {**RESOLVED, 'resolution': 'perhaps', 'refund_amount': 1}).status_code == 400
    answer = paystack.ask('PUT', f'{path}/resolve', {**RESOLVED, 'resolution': resolution, 'refund_amount': 10000})
    assert answer.json()['data']['status'] == 'resolved'
    assert paystack.ask('PUT', f'{path}/resolve', {**RESOLVED, 'resolution': resolution, 'refund_amount': 1}).status_code == 400
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == status
    assert [effect['amount'] for effect in paystack.effects('chargeback', operation=str(opened['id']))] == lost
    news = [json.loads(notice['body'])['data']['status'] for kind in ('create', 'resolve') for notice in paystack.notices(f'charge.dispute.{kind}')
            if json.loads(notice['body'])['data']['id'] == opened['id']]
    assert news == ['awaiting-merchant-feedback', 'resolved']


def test_only_what_was_paid_is_disputed(paystack):
    assert paystack.session.post(f'{paystack.url}/sim/disputes', json={'reference': 'none'}).status_code == 400
    assert paystack.get('/dispute/1').status_code == 404


# --- News ---

KEY = 'sk_test_0123456789abcdef0123456789abcdef01234567'


def is_signed(headers, body, key):
    """HMAC-SHA512 of the bytes as they came, under the key of the API."""
    return hmac.compare_digest(hmac.new(key.encode(), body, hashlib.sha512).hexdigest(), headers['x-paystack-signature'])


@pytest.mark.parametrize('key, mode', [(KEY, 'test'), (KEY.replace('test', 'live'), 'live')])
def test_news_are_signed_with_the_key_of_the_api(listener, key, mode):
    with Paystack(notify=listener.url, words=['--key', key]) as paystack:
        paystack.key = key
        paid = paystack.pay(reference='told-1')
        headers, body = listener.wait(1)[0]
        assert is_signed(headers, body, key)
        told = json.loads(body)
        assert (told['event'], told['data']['domain'], set(told)) == ('charge.success', mode, {'event', 'data'})
        assert told['data'] == paid
        paystack.change_notices(hold=True)
        paystack.pay()
        paystack.change_notices(alter=2, from_='"amount":10000', to='"amount":1')
        paystack.change_notices(release=[2])
        headers, body = listener.wait(2)[1]
        assert not is_signed(headers, body, key)


def test_failures_tell_nobody_and_refunds_tell_much(paystack):
    reference = paystack.charge('declined').json()['data']['reference']
    assert [notice for notice in paystack.notices() if notice['object_id'] == reference] == []
    reference = paystack.pay()['reference']
    refund(paystack, reference, amount=1000, merchant_note='told')
    paystack.advance(minutes=1)
    paystack.advance(minutes=1)
    told = [json.loads(notice['body']) for notice in paystack.notices() if f'"transaction_reference":"{reference}"' in notice['body']]
    assert [one['event'] for one in told] == ['refund.pending', 'refund.processing', 'refund.processed']
    assert all(one['data']['amount'] == '1000' and 'id' not in one['data'] for one in told)


def test_news_come_again_until_they_are_taken(listener):
    listener.statuses = [500]
    with Paystack(notify=listener.url) as paystack:
        paystack.change_notices(retry_ms=100)
        paystack.pay()
        (_, first), (_, second) = listener.wait(2)
        assert first == second
        until(lambda: paystack.notices()[0]['state'] == 'taken', 'it is taken')


# --- Faults ---

def test_faults(paystack):
    for fault, status in (('refuse_500', 500), ('rate_limited', 429), ('html_502', 502), ('plain_400', 400)):
        paystack.fault(fault, '/refund', times=1)
        assert paystack.session.get(f'{paystack.url}/refund', headers={'Authorization': 'Bearer sk_test_florin'}).status_code == status
    reference = paystack.new_reference()
    paystack.fault('act_then_500', '/charge', times=1, card=CARDS['pays'][0])
    assert paystack.charge('no_funds').status_code == 200
    assert paystack.charge(reference=reference).status_code == 500
    assert paystack.data(f'/transaction/verify/{reference}')['status'] == 'success'


@pytest.mark.parametrize('fault, member', [('wrong_amount', 'amount'), ('wrong_currency', 'currency'), ('wrong_id', 'id')])
def test_answers_lie_on_order(paystack, fault, member):
    paystack.fault(fault, '/charge', times=1)
    told = paystack.charge().json()['data']
    assert told[member] != paystack.data(f'/transaction/verify/{told["reference"]}')[member]


def test_cards_are_seen_masked_only(paystack):
    paystack.pay(reference='masked-1')
    noted = [one for one in paystack.requests() if one['reference'] == 'masked-1'][-1]
    assert noted['card'].endswith('4081') and CARDS['pays'][0] not in json.dumps(paystack.requests()) + json.dumps(paystack.book())
