# SPDX-License-Identifier: Apache-2.0
"""The simulated PayPal: notices with their signature, webhooks, disputes, saved methods, reports."""
import base64
import json
import zlib

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from florin_testing.companies import PayPal, money
from florin_testing.waiting import until

WEBHOOK = '1JE4291016473214C'  # of the settings


@pytest.fixture
def told(listener):
    """A PayPal that tells the listener."""
    with PayPal(notify=listener.url) as simulator:
        yield simulator


@pytest.fixture
def paypal():
    with PayPal() as simulator:
        yield simulator


def is_signed(simulator, headers, body, webhook=WEBHOOK):
    """As PayPal's guide says: RSA over id, time, webhook and the body's CRC-32, by the certificate that a header leads to."""
    headers = {name.upper(): value for name, value in headers.items()}
    assert headers['PAYPAL-AUTH-ALGO'] == 'SHA256withRSA' and headers['PAYPAL-CERT-URL'].startswith(simulator.url + '/')
    certificate = x509.load_pem_x509_certificate(simulator.session.get(headers['PAYPAL-CERT-URL']).content)
    signed = f'{headers["PAYPAL-TRANSMISSION-ID"]}|{headers["PAYPAL-TRANSMISSION-TIME"]}|{webhook}|{zlib.crc32(body)}'
    try:
        certificate.public_key().verify(base64.b64decode(headers['PAYPAL-TRANSMISSION-SIG']), signed.encode(), padding.PKCS1v15(),
                                        hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def asked(simulator, headers, body, webhook=WEBHOOK):
    """What PayPal says of a signature."""
    headers = {name.upper(): value for name, value in headers.items()}
    given = {'auth_algo': headers['PAYPAL-AUTH-ALGO'], 'cert_url': headers['PAYPAL-CERT-URL'], 'webhook_id': webhook,
             'transmission_id': headers['PAYPAL-TRANSMISSION-ID'], 'transmission_sig': headers['PAYPAL-TRANSMISSION-SIG'],
             'transmission_time': headers['PAYPAL-TRANSMISSION-TIME']}
    text = json.dumps(given)[:-1] + ',"webhook_event":' + body.decode() + '}'
    simulator.token = simulator.fetch_token().json()['access_token']
    answer = simulator.session.post(f'{simulator.url}/v1/notifications/verify-webhook-signature', data=text, headers={
        'Authorization': f'Bearer {simulator.token}', 'Content-Type': 'application/json'})
    return simulator.check(answer).json()['verification_status']


# --- Notices ---

def test_a_sale_is_told_with_a_signature(told, listener):
    capture = told.sale('p1')
    came = listener.wait(2)
    assert all(is_signed(told, *one) for one in came)
    assert not is_signed(told, *came[0], webhook='ANOTHER') and not is_signed(told, came[0][0], came[0][1] + b' ')
    events = sorted((json.loads(body) for _, body in came), key=lambda event: event['event_type'], reverse=True)
    assert [event['event_type'] for event in events] == ['PAYMENT.CAPTURE.COMPLETED', 'CHECKOUT.ORDER.COMPLETED']
    assert (events[0]['resource_type'], events[0]['resource']['id'], events[0]['resource']['custom_id']) == ('capture', capture, 'p1')
    assert events[0]['resource']['supplementary_data']['related_ids']['order_id'] == events[1]['resource']['id']
    until(lambda: [notice['state'] for notice in told.notices()] == ['taken'] * 2, 'both are taken')


def test_paypal_can_be_asked_about_a_signature(told, listener):
    told.sale()
    headers, body = listener.wait(1)[0]
    assert asked(told, headers, body) == 'SUCCESS'
    assert asked(told, headers, body, 'ANOTHER') == 'FAILURE'
    assert asked(told, headers, body.replace(b'10.99', b'99.10')) == 'FAILURE'
    assert asked(told, {**headers, 'PAYPAL-CERT-URL': 'https://elsewhere.example.test/cert'}, body) == 'FAILURE'
    assert asked(told, headers, json.dumps(json.loads(body)).encode()) == 'FAILURE'  # other bytes of the same event


def test_a_notice_that_was_altered_on_its_way(told, listener):
    told.change_notices(hold=True)
    told.sale()
    told.change_notices(alter=1, from_='10.99', to='99.10')
    told.change_notices(release=[1])
    assert not is_signed(told, *listener.wait(1)[0])


def test_the_life_of_a_payment_is_told(paypal):
    held = paypal.hold('a')
    paypal.post(f'/v2/payments/authorizations/{held}/void')
    capture = paypal.sale('b')
    refund = paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'c').json()['id']
    paypal.say(paypal.order_by_wallet())
    types = [notice['type'] for notice in paypal.notices()]
    assert types == ['PAYMENT.AUTHORIZATION.CREATED', 'CHECKOUT.ORDER.COMPLETED', 'PAYMENT.AUTHORIZATION.VOIDED',
                     'PAYMENT.CAPTURE.COMPLETED', 'CHECKOUT.ORDER.COMPLETED', 'PAYMENT.CAPTURE.REFUNDED', 'CHECKOUT.ORDER.APPROVED']
    told = json.loads(paypal.notices('PAYMENT.CAPTURE.REFUNDED')[0]['body'])['resource']
    assert told['id'] == refund and any(one['rel'] == 'up' and one['href'].endswith(capture) for one in told['links'])


def test_what_fails_later_is_told(paypal):
    paypal.plan('refund', 'PENDING', then='FAILED', after_ms=10)
    paypal.plan('capture', 'PENDING', reason='ECHECK', then='COMPLETED', after_ms=10)
    capture = paypal.sale('a')
    paypal.advance(seconds=1)
    paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'b')
    paypal.advance(seconds=1)
    types = [notice['type'] for notice in paypal.notices()]
    assert types == ['PAYMENT.CAPTURE.PENDING', 'CHECKOUT.ORDER.COMPLETED', 'PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.REFUND.PENDING',
                     'PAYMENT.REFUND.FAILED']
    paypal.sale('c', card={'name': 'CCREJECT-SF'})
    assert paypal.notices('PAYMENT.CAPTURE.DECLINED')


# --- Webhooks and events ---

def test_a_webhook_has_an_id_and_types_of_its_own(paypal, listener):
    made = paypal.post('/v1/notifications/webhooks', {'url': listener.url, 'event_types': [{'name': 'PAYMENT.CAPTURE.COMPLETED'}]})
    webhook = made.json()['id']
    assert made.status_code == 201 and paypal.get(f'/v1/notifications/webhooks/{webhook}').json() == made.json()
    assert [one['id'] for one in paypal.get('/v1/notifications/webhooks').json()['webhooks']] == [webhook]
    paypal.sale('a')
    headers, body = listener.wait(1)[0]
    assert json.loads(body)['event_type'] == 'PAYMENT.CAPTURE.COMPLETED' and is_signed(paypal, headers, body, webhook)
    assert paypal.ask('DELETE', f'/v1/notifications/webhooks/{webhook}').status_code == 204
    paypal.sale('b')
    assert paypal.get('/v1/notifications/webhooks').json()['webhooks'] == [] and len(listener.came) == 1
    assert paypal.get(f'/v1/notifications/webhooks/{webhook}', checked=False).status_code == 404


def test_a_webhook_for_everything(paypal, listener):
    paypal.post('/v1/notifications/webhooks', {'url': listener.url, 'event_types': [{'name': '*'}]})
    paypal.sale()
    listener.wait(2)


@pytest.mark.parametrize('given', [{'url': 'https://pay.example.test/hooks'}, {'event_types': [{'name': '*'}]}])
def test_what_a_webhook_needs(paypal, given):
    assert paypal.post('/v1/notifications/webhooks', given).status_code == 400


def test_missed_events_are_listed_and_sent_again(told, listener):
    capture = told.sale()
    listener.wait(2)
    events = told.get('/v1/notifications/webhooks-events', {'transaction_id': capture}).json()
    assert events['count'] == 1
    event = events['events'][0]
    assert told.get(f'/v1/notifications/webhooks-events/{event["id"]}').json() == event
    assert told.post(f'/v1/notifications/webhooks-events/{event["id"]}/resend', {}).status_code == 202
    assert json.loads(listener.wait(3)[2][1]) == event
    assert told.get('/v1/notifications/webhooks-events', {'event_type': 'NONE'}).json() == {'events': [], 'count': 0}
    names = {one['name'] for one in told.get('/v1/notifications/webhooks-event-types').json()['event_types']}
    assert event['event_type'] in names


# --- Disputes ---

@pytest.mark.parametrize('outcome, left', [('RESOLVED_BUYER_FAVOUR', 'REFUNDED'), ('RESOLVED_SELLER_FAVOUR', 'COMPLETED')])
def test_a_dispute_is_begun_answered_and_resolved(paypal, outcome, left):
    capture = paypal.sale('p1', unit={'invoice_id': 'i1'})
    dispute = paypal.control('POST', 'disputes', json={'capture': capture, 'reason': 'UNAUTHORISED'})['dispute_id']
    told = paypal.get(f'/v1/customer/disputes/{dispute}').json()
    assert (told['status'], told['reason'], told['dispute_life_cycle_stage'], told['dispute_amount']) == (
        'WAITING_FOR_SELLER_RESPONSE', 'UNAUTHORISED', 'INQUIRY', money('10.99'))
    assert told['disputed_transactions'][0]['seller_transaction_id'] == capture
    assert paypal.get(f'/v2/payments/captures/{capture}').json()['status_details'] == {'reason': 'BUYER_COMPLAINT'}
    refused = paypal.post(f'/v2/payments/captures/{capture}/refund', {'amount': money('1')}, 'r')
    assert refused.json()['details'][0]['issue'] == 'TRANSACTION_DISPUTED'
    assert paypal.post(f'/v1/customer/disputes/{dispute}/provide-evidence', 'text', Content_Type='multipart/form-data').status_code == 200
    assert paypal.get(f'/v1/customer/disputes/{dispute}').json()['status'] == 'UNDER_REVIEW'
    paypal.control('POST', 'disputes', json={'dispute': dispute, 'outcome': outcome})
    told = paypal.get(f'/v1/customer/disputes/{dispute}').json()
    assert (told['status'], told['dispute_outcome']) == ('RESOLVED', {'outcome_code': outcome})
    assert paypal.get(f'/v2/payments/captures/{capture}').json()['status'] == left
    assert len(paypal.effects('reversal')) == (left == 'REFUNDED')
    types = [notice['type'] for notice in paypal.notices() if notice['type'].startswith('CUSTOMER.')]
    assert types == ['CUSTOMER.DISPUTE.CREATED', 'CUSTOMER.DISPUTE.UPDATED', 'CUSTOMER.DISPUTE.RESOLVED']


def test_a_claim_is_accepted(paypal):
    capture = paypal.sale()
    dispute = paypal.control('POST', 'disputes', json={'capture': capture, 'stage': 'CHARGEBACK'})['dispute_id']
    refused = paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'r')
    assert refused.json()['details'][0]['issue'] == 'REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK'
    assert paypal.post(f'/v1/customer/disputes/{dispute}/accept-claim').status_code == 200
    assert paypal.get(f'/v1/customer/disputes/{dispute}').json()['dispute_outcome'] == {'outcome_code': 'ACCEPTED'}
    assert paypal.notices('PAYMENT.CAPTURE.REVERSED')
    assert paypal.post(f'/v1/customer/disputes/{dispute}/accept-claim').status_code == 422


def test_disputes_are_listed(paypal):
    assert 'items' not in paypal.get('/v1/customer/disputes').json()
    captures = [paypal.sale(key) for key in 'ab']
    disputes = [paypal.control('POST', 'disputes', json={'capture': capture})['dispute_id'] for capture in captures]
    assert [one['dispute_id'] for one in paypal.get('/v1/customer/disputes').json()['items']] == disputes
    found = paypal.get('/v1/customer/disputes', {'disputed_transaction_id': captures[1]}).json()['items']
    assert [(one['dispute_id'], one['dispute_state']) for one in found] == [(disputes[1], 'OPEN_INQUIRIES')]
    assert 'items' not in paypal.get('/v1/customer/disputes', {'dispute_state': 'RESOLVED'}).json()
    assert paypal.get('/v1/customer/disputes/PP-D-99', checked=False).status_code == 404


@pytest.mark.parametrize('path, given', [
    ('outcomes', {'kind': 'colour', 'status': 'PENDING'}), ('outcomes', {'kind': 'refund', 'status': 'red'}),
    ('disputes', {'capture': 'NONE'}), ('disputes', {'dispute': 'NONE', 'outcome': 'ACCEPTED'}), ('account', {'report_lag_ms': -1})])
def test_what_cannot_be_ordered(paypal, path, given):
    assert paypal.session.post(f'{paypal.url}/sim/{path}', json=given).status_code == 400


# --- Saved methods ---

def test_a_card_is_saved_with_a_payment_and_charged_without_the_payer(paypal):
    paid = paypal.pay('a', card={'attributes': {'vault': {'store_in_vault': 'ON_SUCCESS'}}}).json()
    saved = paid['payment_source']['card']['attributes']['vault']
    assert saved['status'] == 'VAULTED' and paypal.notices('VAULT.PAYMENT-TOKEN.CREATED')
    listed = paypal.get('/v3/vault/payment-tokens', {'customer_id': saved['customer']['id']}).json()
    assert [one['id'] for one in listed['payment_tokens']] == [saved['id']]
    card = {'vault_id': saved['id'], 'stored_credential': {'payment_initiator': 'MERCHANT', 'payment_type': 'RECURRING',
                                                           'usage': 'SUBSEQUENT'}}
    given = {'intent': 'CAPTURE', 'purchase_units': [{'custom_id': 'p2', 'amount': money('25.00')}], 'payment_source': {'card': card}}
    charged = paypal.post('/v2/checkout/orders', given, 'b')
    assert charged.json()['purchase_units'][0]['payments']['captures'][0]['status'] == 'COMPLETED'
    with_code = {**given, 'payment_source': {'card': {**card, 'security_code': '123'}}}
    refused = paypal.post('/v2/checkout/orders', with_code, 'c')
    assert refused.json()['details'][0]['issue'] == 'MERCHANT_INITIATED_WITH_SECURITY_CODE'
    mixed = {**given, 'payment_source': {'paypal': {'vault_id': saved['id']}}}
    refused = paypal.post('/v2/checkout/orders', mixed, 'd')
    assert refused.json()['details'][0]['issue'] == 'MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE'
    fingerprints = {effect['fingerprint'] for effect in paypal.effects()}
    assert len(fingerprints) == 1 and fingerprints != {''}
    assert paypal.ask('DELETE', f'/v3/vault/payment-tokens/{saved["id"]}').status_code == 204
    assert paypal.post('/v2/checkout/orders', given, 'e').json()['details'][0]['issue'] == 'PAYMENT_SOURCE_CANNOT_BE_USED'
    assert paypal.get(f'/v3/vault/payment-tokens/{saved["id"]}').status_code == 404


def test_a_wallet_is_saved_with_a_payment(paypal):
    made = paypal.order_by_wallet(wallet={'attributes': {'vault': {'store_in_vault': 'ON_SUCCESS', 'usage_type': 'MERCHANT'}}})
    paypal.say(made)
    paid = paypal.post(f'/v2/checkout/orders/{made.json()["id"]}/capture', {}, 'a').json()
    saved = paid['payment_source']['paypal']['attributes']['vault']['id']
    charged = paypal.post('/v2/checkout/orders', {'intent': 'CAPTURE', 'purchase_units': [{'amount': money('25.00')}],
                                                  'payment_source': {'paypal': {'vault_id': saved}}}, 'b')
    assert charged.json()['status'] == 'COMPLETED'


def test_a_card_is_saved_without_a_payment(paypal):
    card = {'payment_source': {'card': {'number': '4012888888881881', 'expiry': '2030-12', 'name': 'A Person'}}}
    assert paypal.post('/v3/vault/setup-tokens', card).status_code == 400  # without a key
    setup = paypal.post('/v3/vault/setup-tokens', card, 'a').json()
    assert setup['status'] == 'APPROVED' and paypal.get(f'/v3/vault/setup-tokens/{setup["id"]}').json() == setup
    made = paypal.post('/v3/vault/payment-tokens', {'payment_source': {'token': {'id': setup['id'], 'type': 'SETUP_TOKEN'}}}, 'b')
    assert made.status_code == 201 and made.json()['payment_source']['card']['last_digits'] == '1881'
    assert paypal.get(f'/v3/vault/payment-tokens/{made.json()["id"]}').json() == made.json()
    again = paypal.post('/v3/vault/payment-tokens', {'payment_source': {'token': {'id': setup['id'], 'type': 'SETUP_TOKEN'}}}, 'c')
    assert again.status_code == 422


@pytest.mark.parametrize('choice, status', [('approve', 201), ('refuse', 422)])
def test_a_wallet_is_saved_without_a_payment(paypal, choice, status):
    setup = paypal.post('/v3/vault/setup-tokens', {'payment_source': {'paypal': {'usage_type': 'MERCHANT', 'experience_context': {
        'return_url': 'https://pay.example.test/r', 'cancel_url': 'https://pay.example.test/c'}}}}, 'a')
    assert setup.json()['status'] == 'PAYER_ACTION_REQUIRED'
    assert paypal.say(setup, choice).headers['Location'].startswith('https://pay.example.test/')
    made = paypal.post('/v3/vault/payment-tokens', {'payment_source': {'token': {'id': setup.json()['id'], 'type': 'SETUP_TOKEN'}}}, 'b')
    assert made.status_code == status


# --- Reports ---

WINDOW = {'start_date': '2020-01-01T00:00:00Z', 'end_date': '2020-01-31T00:00:00Z'}


def report(simulator, **more):
    now = simulator.control('GET', 'clock')['now']
    window = {'start_date': now[:8] + '01T00:00:00Z', 'end_date': now, 'fields': 'transaction_info', **more}
    return simulator.get('/v1/reporting/transactions', window).json()


def test_transactions_are_reported_late(paypal):
    capture = paypal.sale('p1', unit={'invoice_id': 'i1'})
    refund = paypal.post(f'/v2/payments/captures/{capture}/refund', {'amount': money('4.00'), 'invoice_id': 'r1'}, 'r').json()['id']
    assert (report(paypal)['total_items'], 'transaction_details' in report(paypal)) == (0, False)
    paypal.control('POST', 'account', json={'report_lag_ms': 0})
    rows = [row['transaction_info'] for row in report(paypal)['transaction_details']]
    assert [(row['transaction_id'], row['transaction_event_code'], row['transaction_amount'], row['transaction_status']) for row in rows] == [
        (capture, 'T0006', money('10.99'), 'S'), (refund, 'T1107', money('-4.00'), 'S')]
    assert (rows[0]['fee_amount'], rows[0]['invoice_id'], rows[0]['custom_field']) == (money('-0.87'), 'i1', 'p1')
    assert (rows[1]['paypal_reference_id'], rows[1]['paypal_reference_id_type']) == (capture, 'TXN')
    page = report(paypal, page_size=1, page=2)
    assert [row['transaction_info']['transaction_id'] for row in page['transaction_details']] == [refund]
    assert (page['total_items'], page['total_pages']) == (2, 2)
    assert report(paypal, transaction_id=capture)['total_items'] == 1
    balance = paypal.get('/v1/reporting/balances').json()['balances'][0]
    assert (balance['currency'], balance['total_balance']) == ('USD', money('6.12'))


@pytest.mark.parametrize('change', [{'start_date': None}, {'start_date': 'yesterday'}, {'end_date': '2020-02-02T00:00:00Z'},
                                    {'page_size': 501}, {'page': 0}])
def test_what_cannot_be_reported(paypal, change):
    given = {name: value for name, value in {**WINDOW, **change}.items() if value is not None}
    assert paypal.get('/v1/reporting/transactions', given, checked=False).status_code == 400
