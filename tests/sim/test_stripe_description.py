# SPDX-License-Identifier: Apache-2.0
"""The simulated Stripe against the description that the vendor publishes: all other tests of it hold every answer against it, and
these see to it that they do. FLORIN_VENDOR_SPECS names a folder with stripe.json in it; without it they are left out, and say so."""
import re

import pytest
from florin_testing.companies import Stripe, as_form
from florin_testing.vendor_description import Mismatch, description_of, read_form

described = description_of('stripe')
pytestmark = pytest.mark.skipif(described is None, reason='FLORIN_VENDOR_SPECS names no stripe.json: answers are not held against it')


@pytest.fixture(scope='module')
def stripe():
    with Stripe() as simulator:
        yield simulator


@pytest.mark.parametrize('change, says', [
    ({'status': 'captured'}, 'captured'),
    ({'amount': '1099'}, "'1099' is not of type 'integer'"),
    ({'colour': 'red'}, 'colour'),
    ({'amount': None}, 'None'),
    ({'last_payment_error': {'type': 'card_error', 'colour': 'red'}}, 'at /'),
])
def test_a_wrong_answer_is_seen(stripe, change, says):
    right = stripe.pay().json()
    described.check_answer('GET', '/v1/payment_intents/pi_1', 200, right)
    with pytest.raises(Mismatch, match=re.escape(says)):
        described.check_answer('GET', '/v1/payment_intents/pi_1', 200, {**right, **change})


def test_a_missing_member_is_seen(stripe):
    right = stripe.pay().json()
    del right['status']
    with pytest.raises(Mismatch, match='status'):
        described.check_answer('GET', '/v1/payment_intents/pi_1', 200, right)


@pytest.mark.parametrize('target', ['/v1/nothing', '/v1/payment_intents/pi_1/nothing'])
def test_an_unknown_path_is_seen(target):
    with pytest.raises(Mismatch, match='is not described'):
        described.check_answer('GET', target, 200, {})


FORM = 'application/x-www-form-urlencoded'


@pytest.mark.parametrize('method, target, body', [
    ('POST', '/v1/payment_intents', 'amount=1099&currency=usd&confirm=true&payment_method_types[0]=card&metadata[a]=1'),
    ('POST', '/v1/payment_intents', 'amount=1099&currency=usd&payment_method_data[type]=card&payment_method_data[card][number]=4242'),
    ('POST', '/v1/payment_intents', 'amount=1&currency=usd&off_session=true&expand[]=latest_charge'),
    ('POST', '/v1/payment_intents/pi_1/capture', ''),
    ('POST', '/v1/payment_intents/pi_1/capture', 'amount_to_capture=5'),
    ('POST', '/v1/refunds', 'payment_intent=pi_1&amount=5&reason=duplicate'),
    ('GET', '/v1/payment_intents?created[gte]=1&limit=5&expand[0]=data.latest_charge', ''),
    ('GET', "/v1/payment_intents/search?query=metadata['a']:'b'", ''),
])
def test_a_right_request_is_let_pass(method, target, body):
    described.check_request(method, target, FORM, body)


@pytest.mark.parametrize('method, target, kind, body', [
    ('POST', '/v1/payment_intents', FORM, 'currency=usd'),
    ('POST', '/v1/payment_intents', FORM, ''),
    ('POST', '/v1/payment_intents', FORM, 'amount=ten&currency=usd'),
    ('POST', '/v1/payment_intents', FORM, 'amount=1&currency=usd&confirm=yes'),
    ('POST', '/v1/payment_intents', FORM, 'amount=1&currency=usd&colour=red'),
    ('POST', '/v1/payment_intents', FORM, 'amount=1&currency=usd&shipping[colour]=red'),
    ('POST', '/v1/payment_intents', 'application/json', '{"amount": 1, "currency": "usd"}'),
    ('POST', '/v1/refunds', FORM, 'payment_intent=pi_1&reason=mood'),
    ('GET', '/v1/payment_intents?limit=ten', FORM, ''),
    ('GET', '/v1/payment_intents?colour=red', FORM, ''),
    ('PUT', '/v1/payment_intents', FORM, 'amount=1'),
])
def test_a_wrong_request_is_seen(method, target, kind, body):
    with pytest.raises(Mismatch):
        described.check_request(method, target, kind, body)


def test_forms_are_read_as_they_were_written():
    given = {'a': {'b': 'x', 'c': ['y', {'d': 'z'}]}}
    pairs = as_form(given)
    assert pairs == [('a[b]', 'x'), ('a[c][0]', 'y'), ('a[c][1][d]', 'z')]
    assert read_form('&'.join(f'{name}={value}' for name, value in pairs)) == given


# Where the simulator takes less than the vendor: what it does not simulate.
NOT_SIMULATED = {'/v1/balance', '/v1/checkout', '/v1/invoices', '/v1/mandates', '/v1/payouts', '/v1/prices', '/v1/products',
                 '/v1/subscriptions', '/v1/tokens', '/v1/balance_transactions'}


def test_every_route_of_the_simulator_is_the_vendors(stripe):
    routes = [name.split(' ') for name in stripe.book()['counters']['requests'] if ' /v1/' in name]
    for method, path in routes:
        described.operation(method, re.sub(r'\{\w+\}', 'x_1', path))
    assert len(routes) > 40


def test_what_is_not_simulated_is_known(stripe):
    ours = {re.sub(r'\{\w+\}', '{}', name) for name in stripe.book()['counters']['requests']}
    missing = {path for path, item in described.document['paths'].items() for method in item if method in ('get', 'post', 'delete')
               if f'{method.upper()} {re.sub(r"{[^}]+}", "{}", path)}' not in ours}
    left = {path for path in missing if not any(path.startswith(one) for one in NOT_SIMULATED)}
    assert left == {'/v1/payment_intents/{intent}/increment_authorization', '/v1/payment_methods/{payment_method}',
                    '/v1/setup_intents/{intent}', '/v1/webhook_endpoints/{webhook_endpoint}'}
