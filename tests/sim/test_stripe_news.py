# SPDX-License-Identifier: Apache-2.0
"""The simulated Stripe: events and notices with their signature, lists and search."""
import hashlib
import hmac
import json

import pytest
from florin_testing.companies import Stripe
from florin_testing.waiting import until

SECRET = 'whsec_florin_test'


@pytest.fixture
def told(listener):
    """A Stripe that tells the listener."""
    with Stripe(notify=listener.url) as simulator:
        yield simulator


@pytest.fixture(scope='module')
def shop():
    """A Stripe with fifteen payments, the third of which is found by its metadata."""
    with Stripe() as simulator:
        simulator.customer = simulator.post('customers', {'email': 'a@example.test'}).json()['id']
        simulator.intents = [simulator.pay(amount=1000 + place, metadata={'gateway_payment_id': f'p{place}', 'even': place % 2 == 0},
                                           customer=simulator.customer if place < 5 else None).json()['id'] for place in range(15)]
        yield simulator


def is_signed(headers, body, secret=SECRET):
    """As Stripe's own libraries look: HMAC-SHA256 of "t.body" under the whole secret."""
    parts = dict(part.split('=') for part in headers['Stripe-Signature'].split(','))
    expected = hmac.new(secret.encode(), parts['t'].encode() + b'.' + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts['v1'])


# --- Notices ---

def test_a_payment_is_told_with_a_signature(told, listener):
    intent = told.pay(key='k', capture_method='automatic').json()['id']
    came = listener.wait(3)
    assert all(is_signed(headers, body) for headers, body in came)
    events = {event['type']: event for event in (json.loads(body) for _, body in came)}  # they come in any order, as the real ones do
    assert set(events) == {'payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'}
    paid = events['payment_intent.succeeded']
    assert paid['data']['object']['id'] == intent and paid['request']['idempotency_key'] == 'k'
    assert {event['api_version'] for event in events.values()} == {'2023-08-16'}
    until(lambda: [notice['state'] for notice in told.notices()] == ['taken'] * 3, 'all are taken')


def test_a_notice_comes_again_until_it_is_taken(told, listener):
    listener.statuses = [500, 302]
    told.change_notices(retry_ms=1000)
    told.post('customers')
    listener.wait(1)
    until(lambda: told.notices()[0]['state'] == 'waiting', 'the first try is over')
    told.advance(seconds=2)
    listener.wait(2)
    until(lambda: told.notices()[0]['state'] == 'waiting', 'the second try is over')
    told.advance(seconds=5)
    came = listener.wait(3)
    assert len({body for _, body in came}) == 1 and all(is_signed(*one) for one in came)
    assert len({headers['Stripe-Signature'] for headers, _ in came}) == 3  # each at its own moment
    until(lambda: told.notices()[0]['state'] == 'taken', 'it is taken')
    assert (told.notices()[0]['tries'], told.notices()[0]['last_status']) == (3, 200)


def test_notices_are_held_released_in_any_order_doubled_and_dropped(told, listener):
    told.change_notices(hold=True)
    told.pay(capture_method='automatic')
    assert [notice['state'] for notice in told.notices()] == ['held'] * 3 and not listener.came
    told.change_notices(drop=[1])
    told.change_notices(release=[3])
    listener.wait(1)
    told.change_notices(release=[2])
    listener.wait(2)
    told.change_notices(send=3, times=2)
    types = [json.loads(body)['type'] for _, body in listener.wait(4)]
    assert types == ['payment_intent.succeeded', 'charge.succeeded', 'payment_intent.succeeded', 'payment_intent.succeeded']
    assert len({json.loads(body)['id'] for _, body in listener.came}) == 2
    assert told.notices()[0]['state'] == 'dropped'


@pytest.mark.parametrize('signed', [True, False])
def test_an_altered_notice(told, listener, signed):
    told.change_notices(hold=True)
    told.pay(capture_method='automatic')
    told.change_notices(alter=3, from_='"amount_received":1099', to='"amount_received":1', signed=signed)
    told.change_notices(release=[3])
    headers, body = listener.wait(1)[0]
    assert json.loads(body)['data']['object']['amount_received'] == 1 and is_signed(headers, body) is signed


@pytest.mark.parametrize('change', [{}, {'release': [99]}, {'drop': [99]}, {'send': 99}, {'alter': 99}, {'delay_ms': -1}])
def test_what_cannot_be_done_to_notices(told, change):
    answer = told.session.post(f'{told.url}/sim/notices', json=change)
    assert answer.status_code == 400 and 'error' in answer.json()


def test_without_an_address_notices_can_be_looked_at(shop):
    assert {notice['state'] for notice in shop.notices()} == {'untold'}


def test_an_endpoint_has_a_secret_and_events_of_its_own(listener):
    with Stripe() as stripe:
        made = stripe.post('webhook_endpoints', {'url': listener.url, 'enabled_events': ['payment_intent.succeeded'],
                                                 'api_version': '2023-08-16'}).json()
        assert 'secret' not in stripe.get(f'webhook_endpoints/{made["id"]}').json()
        stripe.pay(capture_method='automatic')
        headers, body = listener.wait(1)[0]
        assert json.loads(body)['type'] == 'payment_intent.succeeded' and is_signed(headers, body, made['secret'])
        assert stripe.ask('DELETE', f'webhook_endpoints/{made["id"]}').json()['deleted'] is True
        stripe.pay(capture_method='automatic')
        assert stripe.get('webhook_endpoints').json()['data'] == [] and len(listener.came) == 1


# --- Events ---

def test_missed_events_can_be_read(shop):
    held = 'payment_intent.amount_capturable_updated'
    events = shop.get('events', {'types': [held], 'limit': 100}).json()['data']
    assert [event['data']['object']['id'] for event in events] == shop.intents[::-1]
    assert shop.get('events', {'type': held, 'created': {'gt': events[0]['created']}}).json()['data'] == []
    assert shop.get(f'events/{events[0]["id"]}').json() == events[0]
    assert {notice['event_id'] for notice in shop.notices(held)} == {event['id'] for event in events}


# --- Lists ---

def ids(answer):
    return [one['id'] for one in answer.json()['data']]


def test_lists_are_cut_into_pages(shop):
    newest = shop.intents[::-1]
    first = shop.get('payment_intents')
    assert (ids(first), first.json()['has_more']) == (newest[:10], True)
    second = shop.get('payment_intents', {'starting_after': newest[9], 'limit': 4})
    assert (ids(second), second.json()['has_more']) == (newest[10:14], True)
    last = shop.get('payment_intents', {'starting_after': newest[13], 'limit': 4})
    assert (ids(last), last.json()['has_more']) == (newest[14:], False)
    back = shop.get('payment_intents', {'ending_before': newest[9], 'limit': 4})
    assert (ids(back), back.json()['has_more']) == (newest[5:9], True)
    assert (ids(shop.get('payment_intents', {'ending_before': newest[2]})), newest[:2]) == (newest[:2], newest[:2])


@pytest.mark.parametrize('given', [{'limit': 0}, {'limit': 101}, {'limit': 'ten'}, {'starting_after': 'pi_none'}, {'colour': 'red'}])
def test_what_cannot_be_listed(shop, given):
    assert shop.get('payment_intents', given, checked=False).status_code == 400


def test_lists_are_chosen_from(shop):
    assert ids(shop.get('payment_intents', {'customer': shop.customer})) == shop.intents[4::-1]
    charge = shop.get(f'payment_intents/{shop.intents[3]}').json()['latest_charge']
    assert ids(shop.get('charges', {'payment_intent': shop.intents[3]})) == [charge]
    assert ids(shop.get('payment_intents', {'created': {'gte': 1, 'lt': 2}})) == []


def test_linked_objects_are_expanded(shop):
    intent = shop.get(f'payment_intents/{shop.intents[0]}', {'expand': ['latest_charge', 'customer', 'payment_method']}).json()
    assert (intent['latest_charge']['object'], intent['customer']['object'], intent['payment_method']['object']) == (
        'charge', 'customer', 'payment_method')
    listed = shop.get('payment_intents', {'expand': ['data.latest_charge'], 'limit': 1}).json()['data'][0]
    assert listed['latest_charge']['payment_intent'] == listed['id']


# --- Search ---

@pytest.mark.parametrize('query, places', [
    ("metadata['gateway_payment_id']:'p3'", [3]),
    ('metadata["gateway_payment_id"]:"p3"', [3]),
    ("metadata['even']:'true' AND metadata['gateway_payment_id']:'p4'", [4]),
    ("metadata['gateway_payment_id']:'p99'", []),
    ("status:'succeeded'", []),
])
def test_payments_are_found(shop, query, places):
    assert ids(shop.get('payment_intents/search', {'query': query})) == [shop.intents[place] for place in places]


def test_found_payments_are_cut_into_pages(shop):
    first = shop.get('payment_intents/search', {'query': "status:'requires_capture'", 'limit': 10}).json()
    rest = shop.get('payment_intents/search', {'query': "status:'requires_capture'", 'page': first['next_page']}).json()
    assert [one['id'] for one in first['data'] + rest['data']] == shop.intents[::-1] and rest['has_more'] is False


@pytest.mark.parametrize('query', ['', 'nonsense', "metadata[x]:'y'", "status:'a' OR status:'b'", "status:'a"])
def test_what_cannot_be_searched_for(shop, query):
    assert shop.get('payment_intents/search', {'query': query}).status_code == 400


def test_search_may_lag_behind(shop):
    shop.control('POST', 'search', json={'lag_ms': 60_000})
    new = shop.pay(metadata={'gateway_payment_id': 'new'}).json()['id']
    query = {'query': "metadata['gateway_payment_id']:'new'"}
    assert ids(shop.get('payment_intents/search', query)) == []
    shop.advance(minutes=2)
    assert ids(shop.get('payment_intents/search', query)) == [new]
    shop.post(f'payment_intents/{new}/cancel')
    shop.intents.append(new)
    shop.control('POST', 'search', json={'lag_ms': 0})


def test_metadata_is_merged(shop):
    made = shop.post('payment_intents', {'amount': 1099, 'currency': 'usd', 'metadata': {'a': 1, 'b': 2}}).json()['id']
    assert shop.post(f'payment_intents/{made}', {'metadata': {'b': '', 'c': 3}}).json()['metadata'] == {'a': '1', 'c': '3'}
    assert shop.post(f'payment_intents/{made}', {'metadata': ''}).json()['metadata'] == {}
    shop.intents.append(made)
