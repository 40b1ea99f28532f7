# SPDX-License-Identifier: Apache-2.0
"""The simulated PayPal against the description that the vendor publishes: all other tests of it hold every answer against it, and
these see to it that they do. FLORIN_VENDOR_SPECS names a folder with paypal.json in it; without it they are left out, and say so."""
import json
import re

import pytest
from florin_testing.companies import PayPal, money
from florin_testing.vendor_description import Mismatch, description_of

described = description_of('paypal')
pytestmark = pytest.mark.skipif(described is None, reason='FLORIN_VENDOR_SPECS names no paypal.json: answers are not held against it')


@pytest.fixture(scope='module')
def paypal():
    with PayPal() as simulator:
        yield simulator


@pytest.mark.parametrize('change, says', [
    ({'status': 'AUTHORIZED'}, 'AUTHORIZED'),
    ({'colour': 'red'}, 'there is no member /colour'),
    ({'payment_source': {'card': {'colour': 'red'}}}, 'there is no member /payment_source/card/colour'),
    ({'purchase_units': [{'payments': {'authorizations': [{'colour': 'red'}]}}]},
     'there is no member /purchase_units/0/payments/authorizations/0/colour'),
    ({'purchase_units': [{'amount': {'value': '1'}}]}, 'currency_code'),
    ({'purchase_units': [{'amount': money(1)}]}, "1 is not of type 'string'"),
])
def test_a_wrong_answer_is_seen(paypal, change, says):
    right = paypal.pay().json()
    described.check_answer('POST', '/v2/checkout/orders', 201, right)
    with pytest.raises(Mismatch, match=re.escape(says)):
        described.check_answer('POST', '/v2/checkout/orders', 201, {**right, **change})


@pytest.mark.parametrize('change', [{'name': 'NOT_FOUND'}, {'details': [{'description': 'none'}]}, {'details': [{'issue': 'GONE'}]}])
def test_a_wrong_refusal_is_seen(paypal, change):
    right = paypal.get('/v2/payments/captures/NONE').json()
    with pytest.raises(Mismatch):
        described.check_answer('GET', '/v2/payments/captures/NONE', 404, {**right, **change})


ORDER = {'intent': 'AUTHORIZE', 'purchase_units': [{'custom_id': 'p1', 'amount': money('10.99')}]}
CARD = {'number': '4012888888881881', 'expiry': '2030-12'}


@pytest.mark.parametrize('path, given', [
    ('/v2/checkout/orders', ORDER),
    ('/v2/checkout/orders', {**ORDER, 'payment_source': {'card': CARD}}),
    ('/v2/checkout/orders', {**ORDER, 'payment_source': {'card': {**CARD, 'attributes': {'verification': {'method': 'SCA_ALWAYS'}}}}}),
    ('/v2/checkout/orders', {**ORDER, 'processing_instruction': 'NO_INSTRUCTION'}),
    ('/v2/payments/authorizations/A1/capture', {'amount': money('6.00'), 'invoice_id': 'i1', 'final_capture': True}),
    ('/v2/payments/captures/A1/refund', {'amount': money('6.00'), 'invoice_id': 'i1', 'note_to_payer': 'returned'}),
])
def test_a_right_request_is_let_pass(path, given):
    described.check_request('POST', path, 'application/json', json.dumps(given))


@pytest.mark.parametrize('path, given', [
    ('/v2/checkout/orders', {'intent': 'AUTHORIZE'}),
    ('/v2/checkout/orders', {**ORDER, 'intent': 'HOLD'}),
    ('/v2/checkout/orders', {**ORDER, 'colour': 'red'}),
    ('/v2/checkout/orders', {**ORDER, 'payment_source': {'card': {**CARD, 'cvv': '123'}}}),
    ('/v2/checkout/orders', {**ORDER, 'payment_source': {'card': {**CARD, 'expiry': '12/30'}}}),
    ('/v2/payments/authorizations/A1/capture', {'amount': money('six')}),
    ('/v2/payments/captures/A1/refund', {'amount': {'currency_code': 'USD', 'value': '6.00', 'colour': 'red'}}),
    ('/v2/payments/authorizations/A1/void', {'colour': 'red'}),
])
def test_a_wrong_request_is_seen(path, given):
    with pytest.raises(Mismatch):
        described.check_request('POST', path, 'application/json', json.dumps(given))


# What the simulator has and the vendor does not describe, and what it lacks.
NOT_DESCRIBED = {'GET /v1/notifications/certs/{}'}
NOT_SIMULATED = {'/v1/billing', '/v1/catalogs', '/v2/checkout/orders/{id}/confirm-payment-source', '/v1/notifications/simulate-event'}


def test_routes_are_the_vendors(paypal):
    ours = {re.sub(r'\{\w+\}', '{}', name) for name in paypal.book()['counters']['requests'] if re.search(r' /v\d/', name)}
    theirs = {f'{method.upper()} {re.sub(r"{[^}]+}", "{}", path)}' for path, item in described.document['paths'].items()
              for method in item if method in ('get', 'post', 'patch', 'delete')}
    assert ours - theirs == NOT_DESCRIBED
    left = {path for path, item in described.document['paths'].items() for method in item if method in ('get', 'post', 'patch', 'delete')
            if f'{method.upper()} {re.sub(r"{[^}]+}", "{}", path)}' not in ours
            and not any(path.startswith(one) for one in NOT_SIMULATED)}
    assert left == {'/v1/notifications/webhooks/{webhook_id}'}  # its PATCH
