# SPDX-License-Identifier: Apache-2.0
"""May I ship? Yes only for durable, unexpired money in the right state with nothing open."""
import urllib.parse

import pytest
from florin_testing import cards
from florin_testing.client import fresh_order

# what was done                     ship    reason
ROWS = [
    ('authorize',                   True,   'authorized'),
    ('authorize capture',           True,   'captured'),
    ('authorize capture refund',    False,  'refunded'),
    ('authorize void',              False,  'voided'),
    ('decline',                     False,  'declined'),
    ('decline authorize',           True,   'authorized'),
    ('authorize decline',           True,   'authorized'),  # the newest does not spoil it
    ('authorize authorize void',    True,   'authorized'),
]


def act(client, order, words):
    """Does that to payments of the order: a verb goes to the newest of them."""
    newest = None
    for word in words.split():
        if word == 'authorize':
            newest = client.authorized(order_id=order)
        elif word == 'decline':
            client.authorize(card=cards.NO_FUNDS, order_id=order).expect(402)
        else:
            client.change(newest, word).expect(200)


@pytest.mark.parametrize('words, ship, reason', ROWS, ids=[row[0] for row in ROWS])
def test_may_i_ship(shared_shop, words, ship, reason):
    order = fresh_order()
    act(shared_shop.client, order, words)
    told = shared_shop.client.order(order)
    assert (told['ship'], told['reason']) == (ship, reason)
    ids = [payment['id'] for payment in told['payments']]
    assert len(ids) == words.count('authorize') + words.count('decline')
    assert ids == [payment['id'] for payment in shared_shop.client.list(order_id=order)['data']]


@pytest.mark.parametrize('verb, path', [('capture', 'captures'), ('void', 'voids'), ('refund', 'refunds')])
def test_nothing_is_shipped_while_something_is_open(open_shop, verb, path):
    shop, order = open_shop(answer_within_ms=300), fresh_order()
    make = shop.client.captured if verb == 'refund' else shop.client.authorized
    payment = make(order_id=order)
    assert shop.client.order(order)['ship'] is True
    shop.bank.fault('silence', f'/api/v1/{path}')
    shop.client.change(payment, verb).expect(202)
    told = shop.client.order(order)
    assert (told['ship'], told['reason']) == (False, 'operation_in_progress')


def test_nothing_is_shipped_for_an_authorization_in_doubt(open_shop):
    shop, order = open_shop(answer_within_ms=300), fresh_order()
    shop.bank.fault('silence', '/api/v1/authorizations')
    shop.client.authorize(order_id=order).expect(202)
    assert shop.client.order(order)['ship'] is False


def test_nothing_is_shipped_against_a_hold_that_ends(open_shop):
    shop, order = open_shop(bank={'auth_expiry_hours': 0}), fresh_order()
    payment = shop.client.authorized(order_id=order)
    assert [shop.client.order(order)[name] for name in ('ship', 'reason')] == [False, 'authorization_expiring']
    shop.client.capture(payment).expect(409, 'authorization_expired')
    assert shop.settled(payment)['state'] == 'expired'
    assert [shop.client.order(order)[name] for name in ('ship', 'reason')] == [False, 'expired']


def test_an_unknown_order_is_not_found(shared_shop):
    shared_shop.client.look(f'/v1/orders/{fresh_order()}').expect(404, 'not_found')


@pytest.mark.parametrize('name', ['a/b', 'a b', 'ünïcode', '100%', 'a?b=c', '..', "'; DROP TABLE payment; --", '<script>', 'a+b', '.'])
def test_an_orders_name_may_be_anything(shared_shop, name):
    order = f'{fresh_order()} {name}'
    payment = shared_shop.client.authorized(order_id=order)
    told = shared_shop.client.order(urllib.parse.quote(order, safe=''))
    assert told['order_id'] == order and [row['id'] for row in told['payments']] == [payment['id']]
    page = shared_shop.client.list(order_id=urllib.parse.quote(order, safe=''))
    assert [row['id'] for row in page['data']] == [payment['id']]
