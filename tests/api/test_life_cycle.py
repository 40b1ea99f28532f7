# SPDX-License-Identifier: Apache-2.0
"""The life of a payment, as a merchant sees it, and what its receipt says at each turn."""
import datetime

import pytest
from florin_testing import cards
from florin_testing.client import fresh_order

REFS = ('authorization_id', 'capture_id', 'void_id', 'refund_id')
TIMES = ('created_at', 'authorized_at', 'captured_at', 'voided_at', 'refunded_at')

# way of a payment               state         held  captured  refunded  ids that are known                              times
ROWS = [
    ((),                         'authorized', 5000,    0,        0,     {'authorization_id'},                          2),
    (('capture',),               'captured',   5000, 5000,        0,     {'authorization_id', 'capture_id'},            3),
    (('capture', 'refund'),      'refunded',   5000, 5000,     5000,     {'authorization_id', 'capture_id', 'refund_id'}, 4),
    (('void',),                  'voided',     5000,    0,        0,     {'authorization_id', 'void_id'},               3),
]


@pytest.mark.parametrize('verbs, state, held, captured, refunded, ids, times', ROWS, ids=[row[1] for row in ROWS])
def test_receipt_tells_the_whole_life(shared_shop, verbs, state, held, captured, refunded, ids, times):
    client = shared_shop.client
    receipt = client.authorize(5000).expect(201)
    for verb in verbs:
        receipt = client.change(receipt, verb).expect(200)

    assert receipt == client.get(receipt)
    assert receipt['state'] == state and receipt['operation'] is None
    assert [receipt[f'{name}_amount'] for name in ('authorized', 'captured', 'refunded')] == [held, captured, refunded]
    assert {name for name in REFS if receipt['processor_refs'][name]} == ids
    known = [receipt[name] for name in TIMES if receipt[name]]
    assert len(known) == times and known == sorted(known)


def test_receipt_tells_what_was_asked_for(shared_shop):
    order, metadata = fresh_order(), {'cart': '17', 'a': 'ünïcode ✓', 'empty': ''}
    receipt = shared_shop.client.authorize(1250, order_id=order, customer_id='customer 7', description='Two tickets',
                                           metadata=metadata, currency='USD', processor='bank').expect(201)
    assert receipt['order_id'] == order and receipt['customer_id'] == 'customer 7'
    assert receipt['description'] == 'Two tickets' and receipt['metadata'] == metadata
    assert receipt['amount'] == 1250 and receipt['currency'] == 'USD' and receipt['processor'] == 'bank'


def test_ids_and_expiry_are_the_banks_own(shared_shop):
    client, bank = shared_shop.client, shared_shop.bank
    receipt = client.refund(client.captured()).expect(200)
    refs = receipt['processor_refs']
    hold = bank.get(f'authorizations/{refs["authorization_id"]}').json()
    taken = bank.get(f'captures/{refs["capture_id"]}').json()
    given_back = bank.get(f'refunds/{refs["refund_id"]}').json()
    assert (hold['amount'], taken['amount'], given_back['amount']) == (5000, 5000, 5000)
    assert taken['authorization_id'] == refs['authorization_id'] and given_back['capture_id'] == refs['capture_id']
    expiry = [datetime.datetime.fromisoformat(text[:23].rstrip('Z')) for text in (receipt['expires_at'], hold['expires_at'])]
    assert abs(expiry[0] - expiry[1]) < datetime.timedelta(milliseconds=2)


def test_automatic_capture_takes_the_money_in_one_request(shared_shop):
    receipt = shared_shop.client.authorize(5000, capture='automatic').expect(201)
    assert receipt['state'] == 'captured' and receipt['captured_amount'] == 5000
    assert receipt['processor_refs']['capture_id'] and receipt['captured_at'] >= receipt['authorized_at']
    assert shared_shop.client.refund(receipt).expect(200)['state'] == 'refunded'


def test_manual_capture_is_what_one_gets_without_asking(shared_shop):
    assert shared_shop.client.authorize(5000, capture='manual').expect(201)['state'] == 'authorized'
    assert shared_shop.client.authorize(5000).expect(201)['state'] == 'authorized'


def test_a_refund_is_listed_by_itself(shared_shop):
    client = shared_shop.client
    receipt = client.captured()
    assert receipt['refunds'] == []
    receipt = client.refund(receipt).expect(200)
    (refund,) = receipt['refunds']
    assert refund['amount'] == 5000 and refund['state'] == 'succeeded'
    assert refund['refund_id'] == receipt['processor_refs']['refund_id']


@pytest.mark.parametrize('body', [None, {}, {'amount': 5000}, {'amount': 5000, 'currency': 'USD'}], ids=str)
def test_the_whole_amount_may_be_named_or_left_out(shared_shop, body):
    client = shared_shop.client
    receipt = client.capture(client.authorized(5000), body=body).expect(200)
    assert client.refund(receipt, body=body).expect(200)['state'] == 'refunded'


@pytest.mark.parametrize('amount', [1, 99, 100, 123456789])
def test_amounts_are_exact(shared_shop, amount):
    client = shared_shop.client
    receipt = client.refund(client.captured(amount)).expect(200)
    assert {receipt[name] for name in ('amount', 'authorized_amount', 'captured_amount', 'refunded_amount')} == {amount}


# The four cards that the bank has from the start.
#    card            amount     status  decline_code           what the bank said
SEED_CARDS = [
    (cards.HAPPY,    1000000,   201,    None),
    (cards.LIMIT,    50000,     201,    None),
    (cards.LIMIT,    50001,     402,    'insufficient_funds'),
    (cards.NO_FUNDS, 1,         402,    'insufficient_funds'),
    (cards.EXPIRED,  100,       402,    'expired_card'),  # by its own date, so the bank is not asked
    ({**cards.EXPIRED, 'expiry_year': 2031}, 100, 402, 'expired_card'),  # by the bank's word
    ({**cards.HAPPY, 'cvv': '321'},  100, 402, 'invalid_cvc'),
    ({**cards.HAPPY, 'cvv': '1234'}, 100, 402, 'invalid_cvc'),
    (cards.stranger(7), 100, 402, 'invalid_card'),
]


@pytest.mark.parametrize('card, amount, status, decline_code', SEED_CARDS,
                         ids=lambda value: value['number'][-4:] + '/' + value['cvv'] if isinstance(value, dict) else str(value))
def test_each_card_ends_as_it_should(shop, card, amount, status, decline_code):
    client, key = shop.client, 'the-only-key'
    answer = client.authorize(amount, card, key=key)
    answer.expect(status)
    if status == 201:
        assert answer.json['card']['last4'] == card['number'][-4:] and answer.json['authorized_amount'] == amount
        assert answer.json['card']['brand'] == 'visa'
    else:
        problem = answer.expect(402, 'card_declined')
        assert problem['decline_code'] == decline_code and problem['state'] == 'declined'
        receipt = client.get(problem['payment_id'])
        assert receipt['state'] == 'declined' and receipt['decline_code'] == decline_code
        assert receipt['authorized_amount'] == 0 and receipt['processor_refs']['authorization_id'] is None
        assert [event['type'] for event in client.events(receipt)] == ['authorize_started', 'declined']
    shop.books_agree()


def test_a_card_past_its_own_date_is_declined_without_a_call(shop):
    shop.client.authorize(100, {**cards.HAPPY, 'expiry_month': 1, 'expiry_year': 2021}).expect(402, 'card_declined')
    assert shop.asked() == []


BRANDS = [
    ('4111111111111111', 'visa'),
    ('5555555555554444', 'mastercard'),
    ('2223003122003222', 'mastercard'),
    ('378282246310005',  'amex'),
    ('6011111111111117', 'discover'),
    ('30569309025904',   'diners'),
    ('3530111333300000', 'jcb'),
    ('6200000000000005', 'unionpay'),
]


@pytest.mark.parametrize('number, brand', BRANDS)
def test_the_receipt_knows_the_brand(shared_shop, number, brand):
    problem = shared_shop.client.authorize(1, cards.card(number, '000')).expect(402)
    assert shared_shop.client.get(problem['payment_id'])['card'] == {'brand': brand, 'last4': number[-4:]}
