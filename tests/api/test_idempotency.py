# SPDX-License-Identifier: Apache-2.0
"""One key, one thing done, one answer: over repeats, races, restarts and other ways of writing the same request."""
import collections
import json

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key, fresh_order
from florin_testing.crowd import at_once


# --- the header ---

# key                                   code
BAD_KEYS = [
    (False,                             'idempotency_key_missing'),
    ('',                                'idempotency_key_invalid'),
    ('a b',                             'idempotency_key_invalid'),
    ('a,b',                             'idempotency_key_invalid'),
    ('a;b',                             'idempotency_key_invalid'),
    ('"ab',                             'idempotency_key_invalid'),
    ('ab"',                             'idempotency_key_invalid'),
    ('"a" b',                           'idempotency_key_invalid'),
    ('""',                              'idempotency_key_invalid'),
    ('"a\\b"',                          'idempotency_key_invalid'),
    ('x' * 256,                         'idempotency_key_invalid'),
    ('"' + 'x' * 256 + '"',             'idempotency_key_invalid'),
    (b'a\xc3\xbcb',                     'idempotency_key_invalid'),
    ('4111111111111111',                'idempotency_key_invalid'),
    ('order-4111111111111111-1',        'idempotency_key_invalid'),
    ('4111-1111-1111-1111',             'idempotency_key_invalid'),
]


@pytest.mark.parametrize('key, code', BAD_KEYS, ids=[repr(row[0])[:30] for row in BAD_KEYS])
def test_bad_keys(shared_shop, key, code):
    client = shared_shop.client
    headers = [('Idempotency-Key', key)] if key is not False else []
    client.ask('POST', '/v1/payments', client.wish(), headers, is_good=False).expect(400, code)
    payment = client.authorized()
    for verb in ('capture', 'void', 'refund'):
        client.ask('POST', f'/v1/payments/{payment["id"]}/{verb}', None, headers, is_good=False).expect(400, code)
    assert client.get(payment) == payment


def test_two_keys_are_none(shared_shop):
    headers = [('Idempotency-Key', 'a'), ('Idempotency-Key', 'b')]
    shared_shop.client.ask('POST', '/v1/payments', shared_shop.client.wish(), headers, is_good=False) \
        .expect(400, 'idempotency_key_invalid')


@pytest.mark.parametrize('first, second', [('{}', '"{}"'), ('"{}"', '{}')])
def test_quotes_are_not_part_of_the_key(shared_shop, first, second):
    client, key, wish = shared_shop.client, fresh_key(), shared_shop.client.wish()
    one = client.post('/v1/payments', wish, first.format(key))
    two = client.post('/v1/payments', wish, second.format(key))
    assert two.replayed and two.body == one.body


@pytest.mark.parametrize('key', ['x' * 255, '!#$%&\'*+-.^_`|~:/()<>=?@[]{}', '"a, b; c"', '"\\"\\\\"', '0'])
def test_odd_but_good_keys(shop, key):
    key = key if key != '"a, b; c"' else '"a,b;c"'
    first = shop.client.authorize(100, key=key, card=cards.HAPPY, order_id='o', customer_id='c')
    first.expect(201)
    assert shop.client.authorize(100, key=key, card=cards.HAPPY, order_id='o', customer_id='c').body == first.body


# --- the same again ---

def do_authorize(client, key, wish):
    return client.post('/v1/payments', wish, key)


# what                          the request                                       its answer
REPEATED = [
    ('authorize',               {},                                               201),
    ('authorize automatic',     {'capture': 'automatic'},                         201),
    ('declined by the bank',    {'card': cards.NO_FUNDS},                         402),
    ('declined by its date',    {'card': {**cards.HAPPY, 'expiry_year': 2021}},   402),
    ('no such card',            {'card': cards.stranger(3)},                      402),
    ('currency',                {'currency': 'EUR'},                              422),
]


@pytest.mark.parametrize('what, more, status', REPEATED, ids=[row[0] for row in REPEATED])
def test_a_repeat_gets_the_same_bytes_also_after_restarts(shop, what, more, status):
    wish, key = {**shop.client.wish(), **more}, fresh_key()
    first = do_authorize(shop.client, key, wish)
    first.expect(status)
    assert not first.replayed
    for restart in (lambda: None, shop.gateway.restart, lambda: shop.gateway.kill().start()):
        restart()
        again = do_authorize(shop.client, key, wish)
        assert (again.status, again.body, again.replayed) == (status, first.body, True)
        assert again.header('content-type') == first.header('content-type')
    assert len(shop.asked('/api/v1/authorizations')) <= 1
    shop.books_agree()


# verb      brought to     answer
CHANGES = [
    ('capture', 'authorize',         200),
    ('void',    'authorize',         200),
    ('refund',  'authorize capture', 200),
    ('refund',  'authorize',         409),
    ('void',    'authorize capture', 409),
]


@pytest.mark.parametrize('verb, before, status', CHANGES, ids=[f'{row[0]}-{row[2]}' for row in CHANGES])
def test_a_repeated_change_gets_the_same_bytes_also_after_restarts(shop, verb, before, status):
    payment, key = (shop.client.captured() if 'capture' in before else shop.client.authorized()), fresh_key()
    first = shop.client.change(payment, verb, key)
    first.expect(status)
    for restart in (lambda: None, shop.gateway.restart, lambda: shop.gateway.kill().start()):
        restart()
        again = shop.client.change(payment, verb, key)
        assert (again.status, again.body, again.replayed) == (status, first.body, True)
    shop.books_agree()


def test_a_replay_stays_what_it_was_whatever_happened_since(shared_shop):
    client, key, wish = shared_shop.client, fresh_key(), shared_shop.client.wish()
    first = do_authorize(client, key, wish)
    client.void(first.json).expect(200)
    again = do_authorize(client, key, wish)
    assert again.body == first.body and again.json['state'] == 'authorized'


# The same request in another writing.
WRITINGS = [
    lambda wish: json.dumps(wish, indent=4).encode(),
    lambda wish: json.dumps(dict(reversed(wish.items()))).encode(),
    lambda wish: json.dumps(wish, ensure_ascii=False).encode(),
    lambda wish: json.dumps(wish).replace('capture', '\\u0063apture').encode(),
    lambda wish: json.dumps({**wish, 'card': dict(reversed(wish['card'].items()))}).encode(),
    lambda wish: json.dumps({**wish, 'metadata': dict(reversed(wish['metadata'].items()))}).encode(),
    lambda wish: json.dumps({**wish, 'card': {**wish['card'], 'cvv': '999'}}).encode(),  # a CVV is not remembered
]


@pytest.mark.parametrize('number', range(len(WRITINGS)))
def test_the_same_request_may_be_written_in_other_ways(shared_shop, number):
    client, key = shared_shop.client, fresh_key()
    wish = client.wish(capture='manual', description='Zwölf Töne', metadata={'b': '2', 'a': '1'})
    first = do_authorize(client, key, wish)
    first.expect(201)
    again = do_authorize(client, key, WRITINGS[number](wish))
    assert again.replayed and again.body == first.body


# Not the same request, although the key is.
OTHERS = [
    {'amount': 5001}, {'order_id': 'another'}, {'customer_id': 'another'}, {'capture': 'automatic'}, {'currency': 'USD'},
    {'description': 'one more'}, {'metadata': {'a': '2'}}, {'card': cards.LIMIT}, {'card': {**cards.HAPPY, 'expiry_month': 11}},
]


@pytest.mark.parametrize('other', OTHERS, ids=lambda other: '-'.join(other) + str(OTHERS.index(other)))
def test_a_key_belongs_to_its_first_request(shared_shop, other):
    client, key, wish = shared_shop.client, fresh_key(), shared_shop.client.wish(card=cards.further(12), metadata={'a': '1'})
    first = do_authorize(client, key, wish)
    assert do_authorize(client, key, {**wish, **other}).expect(422, 'idempotency_key_reused')
    assert do_authorize(client, key, wish).body == first.body, 'the first request lost its answer'


def test_a_key_belongs_to_its_path(shared_shop):
    client, key = shared_shop.client, fresh_key()
    one, two = client.authorized(), client.authorized()
    client.capture(one, key).expect(200)
    client.capture(two, key).expect(422, 'idempotency_key_reused')
    client.refund(one, key).expect(422, 'idempotency_key_reused')
    client.post('/v1/payments', client.wish(), key).expect(422, 'idempotency_key_reused')
    assert client.get(two)['state'] == 'authorized'


def test_empty_body_and_empty_object_are_the_same(shared_shop):
    client, key = shared_shop.client, fresh_key()
    payment = client.authorized()
    first = client.capture(payment, key)
    assert client.capture(payment, key, {}).body == first.body
    assert client.capture(payment, key, b' { } ').body == first.body


def test_bad_requests_do_not_use_up_a_key(shared_shop):
    client, key, wish = shared_shop.client, fresh_key(), shared_shop.client.wish()
    client.post('/v1/payments', {**wish, 'amount': 0}, key, is_good=False).expect(400, 'amount_invalid')
    client.post('/v1/payments', b'{', key, is_good=False).expect(400, 'json_invalid')
    client.post('/v1/payments', wish, key).expect(201)


def test_a_running_operation_does_not_use_up_a_key(open_shop):
    shop = open_shop(answer_within_ms=400)
    payment, key = shop.client.authorized(), fresh_key()
    shop.bank.fault('late', '/api/v1/captures', latency_ms=1500)
    shop.client.capture(payment).expect(202)
    assert shop.client.void(payment, key).expect(409, 'operation_in_progress')['retryable'] is True
    shop.settled(payment)
    shop.client.void(payment, key).expect(409, 'invalid_state')


# --- at once ---

def test_a_hundred_equal_requests_at_once_make_one_hold(open_shop):
    shop = open_shop(bank={'latency': '300:300'})
    wish, key = shop.client.wish(), fresh_key()
    answers = at_once(100, lambda _: do_authorize(shop.client, key, wish))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1, 'not all answers are equal'
    assert sum(not answer.replayed for answer in answers) == 1, 'exactly one is the first'
    assert len(shop.asked('/api/v1/authorizations')) == 1
    shop.books_agree()


def test_equal_requests_at_once_with_differing_bodies(open_shop):
    shop = open_shop(bank={'latency': '200:200'})
    key, order = fresh_key(), fresh_order()
    answers = at_once(20, lambda index: shop.client.authorize(5000 + index % 2, cards.HAPPY, key, order_id=order, customer_id='c'))
    codes = collections.Counter((answer.status, answer.code) for answer in answers)
    assert codes == {(201, None): 10, (422, 'idempotency_key_reused'): 10}
    assert shop.bank.summary()['holds']['count'] == 1


@pytest.mark.parametrize('same_key', [True, False])
def test_fifty_refunds_at_once_give_the_money_back_once(open_shop, same_key):
    shop = open_shop(bank={'latency': '100:100'})
    payment, key = shop.client.captured(), fresh_key()
    answers = at_once(50, lambda _: shop.client.refund(payment, key if same_key else None))
    codes = collections.Counter((answer.status, answer.code) for answer in answers)
    if same_key:
        assert codes == {(200, None): 50} and len({answer.body for answer in answers}) == 1
    else:
        assert codes[200, None] == 1
        assert set(codes) <= {(200, None), (409, 'operation_in_progress'), (409, 'invalid_state')}
    assert shop.bank.summary()['refunds'] == {'count': 1, 'cents': 5000}
    shop.books_agree()


def test_a_provisional_answer_becomes_final_under_the_same_key(open_shop):
    """1. The bank is slow. 2. The merchant hears 202. 3. He repeats and hears 202 or the end. 4. The end never changes."""
    shop = open_shop(answer_within_ms=300)
    wish, key = shop.client.wish(), fresh_key()
    shop.bank.fault('late', '/api/v1/authorizations', latency_ms=1500)
    first = do_authorize(shop.client, key, wish)
    receipt = first.expect(202)
    assert receipt['state'] == 'pending' and receipt['operation']['kind'] == 'authorize' and not first.replayed
    second = do_authorize(shop.client, key, wish)
    assert second.expect(202)['id'] == receipt['id'] and second.replayed
    shop.settled(receipt)
    last = do_authorize(shop.client, key, wish)
    assert last.expect(201)['id'] == receipt['id'] and last.replayed
    assert do_authorize(shop.client, key, wish).body == last.body
    assert len(shop.asked('/api/v1/authorizations')) == 1, 'the late answer was not waited for'
    shop.books_agree()


def test_keys_live_side_by_side(shared_shop):
    client = shared_shop.client
    wishes = [(fresh_key(), client.wish(100 + index)) for index in range(40)]
    answers = at_once(40, lambda index: do_authorize(client, *wishes[index]))
    again = at_once(40, lambda index: do_authorize(client, *wishes[index]))
    assert [answer.body for answer in answers] == [answer.body for answer in again]
    assert [answer.json['amount'] for answer in answers] == [100 + index for index in range(40)]
    assert len({answer.json['id'] for answer in answers}) == 40
