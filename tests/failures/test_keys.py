# SPDX-License-Identifier: Apache-2.0
"""Keys of callers: made with and without a gateway, shown, revoked, and what each of them may."""
import re

import pytest
from florin_testing import cards
from florin_testing.client import Client
from florin_testing.gateway import flags, run
from florin_testing.vault import make_master
from florin_testing.waiting import until

SECRET = re.compile(r'^(sk|pk)_(test|live)_[0-9a-f]{64}$')


def keys(gateway, *words):
    """`florin keys ...` on that gateway's store: what it said, as text."""
    status, out, err = gateway.command('keys', *words)
    assert status == 0, (out, err)
    return out


def make(gateway, *words):
    """A new key; and its id, as the list tells it."""
    key = keys(gateway, 'create', *words).strip()
    assert SECRET.match(key)
    return key, keys(gateway, 'list').splitlines()[-1].split()[0]


def with_key(gateway, key):
    client = Client(gateway)
    client.api_key = key
    return client


@pytest.mark.parametrize('runs', [True, False])
def test_with_the_first_key_everybody_needs_one(open_shop, runs):
    shop = open_shop()
    paid = shop.client.authorized()
    if not runs:
        shop.gateway.stop()
    key, key_id = make(shop.gateway, '--name', 'the shop')
    if not runs:
        shop.gateway.start()
    answer = shop.client.authorize()
    assert answer.expect(401, 'authentication_required') and answer.header('www-authenticate') == 'Bearer'
    client = with_key(shop.gateway, key)
    assert client.get(paid) == paid
    client.captured()
    assert any(line.get('key_id') == key_id for line in shop.gateway.log_lines())
    assert key not in shop.gateway.log() and key not in keys(shop.gateway, 'list')


@pytest.mark.parametrize('runs', [True, False])
def test_a_revoked_key_opens_nothing_from_then_on(open_shop, runs):
    shop = open_shop()
    key, key_id = make(shop.gateway)
    other, _ = make(shop.gateway)
    client = with_key(shop.gateway, key)
    client.authorized()
    if not runs:
        shop.gateway.stop()
    assert 'no more' in keys(shop.gateway, 'revoke', key_id)
    if not runs:
        shop.gateway.start()
    client.authorize().expect(401, 'api_key_invalid')
    with_key(shop.gateway, other).authorized()
    status, _, err = shop.gateway.command('keys', 'revoke', key_id)
    assert status == 1 and 'no key' in err
    assert [line.split()[-1] for line in keys(shop.gateway, 'list').splitlines()] == ['revoked', 'holds']


def test_the_last_revoked_key_opens_nothing_either(open_shop):
    shop = open_shop()
    key, key_id = make(shop.gateway)
    keys(shop.gateway, 'revoke', key_id)
    shop.client.authorize().expect(401, 'authentication_required')
    with_key(shop.gateway, key).authorize().expect(401, 'api_key_invalid')
    shop.gateway.restart()
    shop.client.look('/v1/payments').expect(401, 'authentication_required')


def test_a_page_cannot_take_up_the_merchants_idempotency_keys(open_shop, tmp_path):
    shop = open_shop(master_key_file=make_master(tmp_path))
    public, secret = make(shop.gateway, '--publishable')[0], make(shop.gateway)[0]
    with_key(shop.gateway, public).post('/v1/tokens', {'card': cards.further(3)}, key='order-1').expect(201)
    with_key(shop.gateway, secret).authorize(key='order-1').expect(201)


# scopes                what it may: read, tokenize, pay, refund
SCOPES = [
    ('read',             {'read'}),
    ('tokenize',         {'tokenize'}),
    ('read,pay',         {'read', 'pay'}),
    ('refund',           {'refund'}),
    ('admin',            set()),
]


def tries(client, payment, token):
    """What is refused for want of a right."""
    asked = {
        'read': [client.look(f'/v1/payments/{payment["id"]}'), client.look('/v1/payments?limit=1'), client.look('/v1/processors'),
                 client.look(f'/v1/orders/{payment["order_id"]}'), client.look(f'/v1/tokens/{token}'), client.look(f'/v1/payments/{payment["id"]}/events')],
        'tokenize': [client.post('/v1/tokens', {'card': cards.further(3)})],
        'pay': [client.authorize(), client.capture(payment), client.void(payment), client.change(payment, 'review', body={'decision': 'approve'}),
                client.ask('DELETE', f'/v1/tokens/{token}')],
        'refund': [client.refund(payment, body={'amount': payment['amount']})],
    }
    for answers in asked.values():
        assert len({answer.status == 403 for answer in answers}) == 1
    return {name for name, answers in asked.items() if answers[0].status != 403}


@pytest.mark.parametrize('scopes, may', SCOPES)
def test_a_key_may_what_it_was_made_for(open_shop, tmp_path, scopes, may):
    shop = open_shop(master_key_file=make_master(tmp_path))
    payment = shop.client.captured()
    token = shop.client.post('/v1/tokens', {'card': cards.further(3)}).expect(201)['id']
    key, _ = make(shop.gateway, '--scopes', scopes)
    assert tries(with_key(shop.gateway, key), payment, token) == may


def test_a_publishable_key_only_stores_cards(open_shop, tmp_path):
    shop = open_shop(master_key_file=make_master(tmp_path))
    payment = shop.client.captured()
    token = shop.client.post('/v1/tokens', {'card': cards.further(3)}).expect(201)['id']
    key, _ = make(shop.gateway, '--publishable')
    assert key.startswith('pk_test_') and tries(with_key(shop.gateway, key), payment, token) == {'tokenize'}
    status, _, err = shop.gateway.command('keys', 'create', '--publishable', '--scopes', 'read')
    assert status == 2 and 'tokenize' in err


@pytest.mark.parametrize('shown', ['', 'Bearer', 'Bearer ', 'Basic c2s6', 'Bearer sk_test_', 'Bearer sk_test_' + '0' * 64, 'Bearer sk_live_' + '0' * 64,
                                   'Bearer ' + 'x' * 5000, 'Bearer sk_test_' + 'é' * 32])
def test_what_is_no_key_is_refused(open_shop, shown):
    shop = open_shop()
    key, _ = make(shop.gateway)
    for headers in ([('Authorization', shown)], [('Authorization', f'Bearer {key}'), ('Authorization', f'Bearer {key}')]):
        answer = shop.client.ask('GET', '/v1/payments', headers=headers, is_good=False)
        assert answer.status == 401 and answer.json['code'] in ('authentication_required', 'api_key_invalid')
    assert shop.client.ask('GET', '/v1/payments', headers=[('authorization', f'bearer {key}')]).status == 200


def test_a_key_is_taken_behind_a_proxy(open_shop):
    shop = open_shop()
    key, _ = make(shop.gateway)
    headers = [('Authorization', f'Bearer {key}'), ('X-Forwarded-For', '203.0.113.9')]
    shop.client.ask('GET', '/v1/payments', headers=headers).expect(200)


def test_a_key_that_nobody_made_is_refused_even_while_there_is_none(open_shop):
    client = with_key(open_shop().gateway, 'sk_test_' + '0' * 64)
    client.authorize().expect(401, 'api_key_invalid')


@pytest.mark.parametrize('settings', [{'listen': '0.0.0.0:0'}, {'listen': '[::]:0'}, {'live': True}])
def test_the_world_and_real_money_need_a_key(open_shop, settings):
    shop = open_shop()
    shop.gateway.stop()
    asked = flags({**shop.gateway.settings, **settings})
    status, _, err = run('serve', *asked)
    assert status == 1 and 'florin keys create' in err


def test_a_key_for_real_money_is_none_for_tests(open_shop):
    shop = open_shop()
    shop.gateway.stop()
    key = shop.gateway.command('keys', 'create', settings={'live': True})[1].strip()
    assert key.startswith('sk_live_')
    shop.gateway.start()
    with_key(shop.gateway, key).authorize().expect(401, 'api_key_invalid')


@pytest.mark.parametrize('cards_are', ['auto', 'on'])
def test_it_listens_to_the_world_with_a_key(open_shop, cards_are):
    shop = open_shop()
    shop.gateway.stop()
    key, _ = make(shop.gateway)
    shop.gateway.restart(listen='0.0.0.0:0', cards=cards_are)
    shop.gateway.address = shop.gateway.address.replace('0.0.0.0', '127.0.0.1')
    client = with_key(shop.gateway, key)
    if cards_are == 'on':
        client.authorized()
    else:
        client.authorize().expect(403, 'cards_off')
    client.look('/v1/payments').expect(200)
    shop.client.look('/v1/payments').expect(401, 'authentication_required')


def test_another_node_hears_of_keys_within_seconds(open_house):
    house = open_house()
    key, key_id = make(house['one'])
    until(lambda: with_key(house['two'], key).look('/v1/payments').status == 200, 'the other node knows it')
    house.client('two').look('/v1/payments').expect(401, 'authentication_required')
    keys(house['two'], 'revoke', key_id)
    until(lambda: with_key(house['one'], key).look('/v1/payments').status != 200, 'the first node knows that it holds no more')
