# SPDX-License-Identifier: Apache-2.0
"""The simulated Paystack against what is known of the real one: requests of the page about it and of the vendor's file, and the
samples of answers. Neither is ours to pass on: FLORIN_VENDOR_SPECS names a folder with paystack.json in it, beside which paystack.md is."""
import json

import pytest
from florin_testing.paystack import Paystack, description, page, sample_answers, sample_requests
from florin_testing.vendor_description import Mismatch

pytestmark = pytest.mark.skipif(not page() or not description(), reason='FLORIN_VENDOR_SPECS names no paystack.json with paystack.md beside it')

SUBSCRIPTIONS = ('/plan', '/subscription')  # Florin keeps a calendar of its own


@pytest.fixture(scope='module')
def paystack():
    with Paystack() as simulator:
        simulator.code = simulator.save()
        yield simulator


def differences(sample, answer, path=''):
    """Where an answer lacks a member of a sample, or has another kind of value there."""
    if isinstance(sample, dict) and isinstance(answer, dict):
        return [line for name, value in sample.items()
                for line in ([f'{path}/{name} is missing'] if name not in answer else differences(value, answer[name], f'{path}/{name}'))]
    is_alike = sample is None or answer is None or isinstance(answer, type(sample))
    return [] if is_alike else [f'{path} is {answer!r}, the sample has {sample!r}']


def paused(paystack):
    data = paystack.charge('asks_at_its_bank', email='p@example.test', currency='NGN').json()['data']
    paystack.choose(data['reference'])
    code = paystack.data(f'/transaction/verify/{data["reference"]}')['authorization']['authorization_code']
    return paystack.post('/transaction/charge_authorization', {'email': 'p@example.test', 'amount': 25000, 'currency': 'NGN',
                                                               'authorization_code': code, 'reference': 'paused-1'})


def reserve(paystack, reference):
    return paystack.post('/preauthorization/reserve_authorization', {
        'email': 'a@example.test', 'amount': '50000', 'currency': 'ZAR', 'authorization_code': paystack.code, 'reference': reference})


def capture(paystack):
    reserve(paystack, 'captured-1')
    return paystack.post('/preauthorization/capture', {'reference': 'captured-1', 'currency': 'ZAR', 'amount': '30000'})


def release(paystack):
    reserve(paystack, 'released-1')
    return paystack.post('/preauthorization/release', {'reference': 'released-1'})


WAYS = {  # the message of a sample: how to get such an answer
    'Authorization URL created': lambda paystack: paystack.post('/transaction/initialize', {'email': 'a@example.test', 'amount': 10000}),
    'Preauthorization successful': lambda paystack: reserve(paystack, 'reserved-1'),
    'Capture attempted': capture,
    'Successfully released': release,
    'Verification successful': lambda paystack: paystack.get(f'/transaction/verify/{paystack.pay(metadata={"gateway_payment_id": "p1"})["reference"]}'),
    'Refund has been queued for processing': lambda paystack: paystack.post('/refund', {'transaction': paystack.pay()['reference'], 'amount': 4000,
                                                                                        'merchant_note': 'r1'}),
    'Please, redirect your customer to the authorization url provided': paused,
    'Charge attempted': lambda paystack: paystack.post('/charge', {
        'email': 'a@example.test', 'amount': 10000, 'currency': 'NGN', 'bank_transfer': {'account_expires_at': '2030-01-01T00:30:00Z'}}),
    'Email Address is required': lambda paystack: paystack.post('/charge', {'amount': 10000}, checked=False),
}


def test_every_sample_has_a_way():
    assert set(sample_answers()) == set(WAYS)


@pytest.mark.parametrize('message', WAYS)
def test_answers_look_like_the_samples(paystack, message):
    answer = WAYS[message](paystack).json()
    sample = sample_answers()[message]
    assert answer['message'] == message and answer['status'] is sample['status']
    assert differences(sample, answer) == []


@pytest.mark.parametrize('place', range(len(sample_requests())))
def test_requests_of_the_page_are_known(paystack, place):
    """By the vendor's file, and by the simulator, which may refuse them for what they name, never for how they look."""
    method, path, body = sample_requests()[place]
    description().check_request(method, path, 'application/json', json.dumps(body) if body else '')
    if not path.startswith(SUBSCRIPTIONS):
        answer = paystack.ask(method, path, body)
        assert answer.json().get('code') != 'route_not_found' and 'Unknown parameter' not in answer.json()['message']


@pytest.mark.parametrize('method, path, body', [
    ('POST', '/charge', {'email': 'a@example.test', 'amount': 10000, 'colour': 'red'}),
    ('POST', '/charge', {'email': 'a@example.test', 'amount': '10000'}),
    ('POST', '/charge', {'amount': 10000}),
    ('POST', '/refund', {'transaction': 'a', 'currency': 'EUR'}),
    ('GET', '/transaction?perPage=5', None),
    ('POST', '/nothing', {}),
])
def test_a_wrong_request_is_seen(method, path, body):
    with pytest.raises(Mismatch):
        description().check_request(method, path, 'application/json', json.dumps(body) if body else '')


def members(operation):
    """(name, a value) of each member of a described body."""
    schema = description()._resolve(operation['requestBody']['content']['application/json']['schema'])
    for name, member in schema['properties'].items():
        parts = description()._resolve(member).get('properties', {})
        yield name, {part: 'x' for part in parts} if parts else 'x'


def described_bodies():
    """(method, path, member, value) of everything that may be given to the simulated part of the API."""
    if not description():
        return []
    bulk = ('/bulkcharge', '/customer/authorization/initialize', '/customer/{code}', '/dispute/{id}', *SUBSCRIPTIONS)
    left_out = [path for path in description().document['paths'] if path in bulk or path.startswith(SUBSCRIPTIONS)]
    return [(method.upper(), path, name, value) for path, item in description().document['paths'].items() if path not in left_out
            for method, operation in item.items() if isinstance(operation, dict) and 'requestBody' in operation
            for name, value in members(operation)]


@pytest.mark.parametrize('method, path, name, value', described_bodies())
def test_the_simulator_takes_every_described_member(paystack, method, path, name, value):
    answer = paystack.ask(method, path.replace('{id}', '1'), {name: value}, checked=False)
    assert 'Unknown parameter' not in answer.json()['message']
    answer = paystack.ask(method, path.replace('{id}', '1'), {name: value, 'colour': 'red'}, checked=False)
    assert answer.json()['message'] == 'Unknown parameter colour'
