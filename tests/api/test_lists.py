# SPDX-License-Identifier: Apache-2.0
"""Lists: newest first, by order, customer and state; a cursor stays stable while new payments arrive."""
import pytest
from florin_testing import cards
from florin_testing.client import fresh_order


def ids(page):
    return [payment['id'] for payment in page['data']]


@pytest.fixture
def customer(shared_shop):
    """A customer with seven payments, and their ids, oldest first."""
    name = f'customer of {fresh_order()}'
    return name, [shared_shop.client.authorized(customer_id=name)['id'] for _ in range(7)]


def spelled(name):
    return name.replace(' ', '%20')


def test_the_newest_comes_first(shared_shop, customer):
    name, payments = customer
    page = shared_shop.client.list(customer_id=spelled(name))
    assert ids(page) == payments[::-1] and page['next_cursor'] is None


@pytest.mark.parametrize('limit', [1, 2, 3, 6, 7, 8])
def test_pages_join_without_gap_or_overlap(shared_shop, customer, limit):
    client, (name, payments), found, cursor = shared_shop.client, customer, [], {}
    while True:
        page = client.list(customer_id=spelled(name), limit=limit, **cursor)
        assert len(page['data']) <= limit
        found += ids(page)
        if page['next_cursor'] is None:
            break
        cursor = {'cursor': page['next_cursor']}
    assert found == payments[::-1]


def test_a_cursor_does_not_mind_new_payments(shared_shop, customer):
    client, (name, payments) = shared_shop.client, customer
    first = client.list(customer_id=spelled(name), limit=3)
    for _ in range(5):
        client.authorized(customer_id=name)
    second = client.list(customer_id=spelled(name), limit=10, cursor=first['next_cursor'])
    assert ids(first) + ids(second) == payments[::-1]


def test_each_filter_and_all_together(shared_shop):
    client, order, other = shared_shop.client, fresh_order(), fresh_order()
    held = client.authorized(order_id=order, customer_id=order)
    taken = client.captured(order_id=order, customer_id=other)
    declined = client.authorize(card=cards.NO_FUNDS, order_id=other, customer_id=order).expect(402)['payment_id']
    #  filters                                                      found, newest first
    for filters, found in [
            ({'order_id': order},                                   [taken['id'], held['id']]),
            ({'customer_id': order},                                [declined, held['id']]),
            ({'order_id': order, 'customer_id': order},             [held['id']]),
            ({'order_id': order, 'state': 'captured'},              [taken['id']]),
            ({'customer_id': order, 'state': 'declined'},           [declined]),
            ({'order_id': order, 'state': 'voided'},                []),
            ({'order_id': fresh_order()},                           [])]:
        assert ids(client.list(**filters)) == found, filters


def test_a_page_has_twenty_rows_unless_told_otherwise(shop):
    for _ in range(21):
        shop.client.authorized()
    assert len(shop.client.list()['data']) == 20
    assert len(shop.client.list(limit=100)['data']) == 21


# query                                     code
BAD_QUERIES = [
    ('limit=0',                             'param_invalid'),
    ('limit=101',                           'param_invalid'),
    ('limit=ten',                           'param_invalid'),
    ('limit=-1',                            'param_invalid'),
    ('limit=1e1',                           'param_invalid'),
    ('limit=',                              'param_invalid'),
    ('limit=99999999999999999999',          'param_invalid'),
    ('limit=1&limit=2',                     'param_invalid'),
    ('state=paid',                          'param_invalid'),
    ('state=',                              'param_invalid'),
    ('order_id=',                           'param_invalid'),
    ('order_id=' + 'x' * 256,               'param_invalid'),
    ('order_id=a%0Ab',                      'param_invalid'),
    ('color=red',                           'param_unknown'),
    ('Order_id=a',                          'param_unknown'),
    ('cursor=abc',                          'cursor_invalid'),
    ('cursor=',                             'cursor_invalid'),
    ('cursor=' + 'A' * 200,                 'cursor_invalid'),
    ('order_id=%zz',                        'malformed_request'),
    ('order_id=%00',                        'malformed_request'),
    ('order_id=%c0%af',                     'malformed_request'),
    ('order_id=4111111111111111',           'card_data_in_url'),
    ('order_id=4111-1111-1111-1111',        'card_data_in_url'),
    ('order_id=%34111111111111111',         'card_data_in_url'),
]


@pytest.mark.parametrize('query, code', BAD_QUERIES, ids=[row[0][:30] for row in BAD_QUERIES])
def test_bad_queries(shared_shop, query, code):
    answer = shared_shop.client.look(f'/v1/payments?{query}', is_good=False)
    problem = answer.expect(400, code)
    if code.startswith(('param', 'cursor')):
        assert problem['errors'][0]['pointer'] == '/' + query.split('=')[0]


def test_a_cursor_is_for_its_own_list_and_cannot_be_changed(shared_shop, customer):
    client, (name, _) = shared_shop.client, customer
    cursor = client.list(customer_id=spelled(name), limit=3)['next_cursor']
    flipped = cursor[:-1] + ('A' if cursor[-1] != 'A' else 'B')
    for query in (f'customer_id={spelled(name)}&cursor={flipped}', f'customer_id=other&cursor={cursor}', f'cursor={cursor}',
                  f'customer_id={spelled(name)}&state=authorized&cursor={cursor}',
                  f'customer_id={spelled(name)}&cursor={cursor[:-4]}'):
        client.look(f'/v1/payments?{query}').expect(400, 'cursor_invalid')
