# SPDX-License-Identifier: Apache-2.0
"""What the simulated Flutterwave says has the members of the company's published samples, and fits the description of its API."""
import json

import pytest
from florin_testing import vendor_description
from florin_testing.flutterwave import ASKS_PIN, PIN, Flutterwave

NUMBER, TEXT = (int, float), str
CARD = {'first_6digits': TEXT, 'last_4digits': TEXT, 'issuer': TEXT, 'country': TEXT, 'type': TEXT, 'expiry': TEXT}
CUSTOMER = {'id': NUMBER, 'email': TEXT, 'name': TEXT}
CHARGE = {'id': NUMBER, 'tx_ref': TEXT, 'flw_ref': TEXT, 'amount': NUMBER, 'charged_amount': NUMBER, 'currency': TEXT,
          'processor_response': TEXT, 'auth_model': TEXT, 'status': TEXT, 'payment_type': TEXT}

# The members of the samples, and their kinds.
SAMPLES = {
    'charge': {**CHARGE, 'app_fee': NUMBER, 'merchant_fee': NUMBER, 'fraud_status': TEXT, 'charge_type': TEXT, 'customer': CUSTOMER,
               'card': CARD},
    'capture': {**CHARGE, 'charge_type': TEXT},
    'verify': {**CHARGE, 'app_fee': NUMBER, 'merchant_fee': NUMBER, 'narration': TEXT, 'created_at': TEXT, 'amount_settled': NUMBER,
               'card': {**CARD, 'token': TEXT}, 'meta': dict, 'customer': {**CUSTOMER, 'phone_number': TEXT}},
    'refund': {'id': NUMBER, 'account_id': NUMBER, 'tx_id': NUMBER, 'flw_ref': TEXT, 'wallet_id': NUMBER, 'amount_refunded': NUMBER,
               'status': TEXT, 'destination': TEXT, 'meta': {'source': TEXT}, 'created_at': TEXT},
    'tokenized': {**CHARGE, 'app_fee': NUMBER, 'card': {'first_6digits': TEXT, 'last_4digits': TEXT, 'token': TEXT}},
    'transfer': {'transfer_reference': TEXT, 'transfer_account': TEXT, 'transfer_bank': TEXT, 'account_expiration': int,
                 'transfer_note': TEXT, 'transfer_amount': TEXT, 'mode': TEXT},
    'notice': {'event': TEXT, 'event.type': TEXT,
               'data': {**CHARGE, 'app_fee': NUMBER, 'created_at': TEXT, 'customer': CUSTOMER,
                        'card': {'first_6digits': TEXT, 'last_4digits': TEXT, 'type': TEXT, 'expiry': TEXT}}},
}


@pytest.fixture(scope='module')
def flutterwave():
    with Flutterwave() as simulator:
        yield simulator


def has_members(value, sample):
    """Every member of the sample is there and of its kind."""
    if isinstance(sample, dict):
        return all(name in value and has_members(value[name], kind) for name, kind in sample.items())
    return isinstance(value, sample) and not isinstance(value, bool)


def test_answers_have_the_members_of_the_published_samples(flutterwave):
    hold = flutterwave.hold()
    pending = flutterwave.charge(ASKS_PIN, authorization=PIN).json()
    paid = flutterwave.pay(meta={'gateway_payment_id': 'p1'})
    verified = flutterwave.verify(paid)
    said = {
        'charge': pending['data'],
        'capture': flutterwave.post(f'charges/{hold["flw_ref"]}/capture', {'amount': '60'}).json()['data'],
        'verify': verified,
        'refund': flutterwave.post(f'transactions/{paid["id"]}/refund', {'amount': 40, 'comments': 'r1'}).json()['data'],
        'tokenized': flutterwave.post('tokenized-charges', {
            'token': verified['card']['token'], 'currency': 'NGN', 'country': 'NG', 'amount': 250, 'email': 'a@example.test',
            'tx_ref': 'sample-1', 'narration': 'order'}).json()['data'],
        'transfer': flutterwave.post('charges?type=bank_transfer', {
            'tx_ref': 'sample-2', 'amount': 1500, 'currency': 'NGN', 'email': 'a@example.test', 'expires': 3600,
            'is_permanent': False}).json()['meta']['authorization'],
        'notice': json.loads(flutterwave.notices('charge.completed')[0]['body']),
    }
    assert set(said) == set(SAMPLES)
    for name, sample in SAMPLES.items():
        assert has_members(said[name], sample), (name, said[name])


def test_the_description_was_at_hand(flutterwave):
    if flutterwave.description is None:
        pytest.skip('FLORIN_VENDOR_SPECS names no folder with flutterwave.json: nothing was held against it')
    flutterwave.pay()
    assert flutterwave.description.seen['POST', '/v3/charges', 200]
    with pytest.raises(vendor_description.Mismatch):
        flutterwave.description.check_request('POST', '/v3/payments', 'application/json', '{"tx_ref":"x","colour":"red"}')
