# SPDX-License-Identifier: Apache-2.0
"""The simulated Stripe: what a merchant does with payments, and what truly happened. Every answer is held against the vendor's own
description where FLORIN_VENDOR_SPECS names a folder with it; test_stripe_description.py says aloud where it does not."""
import pytest
import requests
from florin_testing.companies import Stripe

HOLD, SALE = {'capture_method': 'manual'}, {'capture_method': 'automatic'}

# What a card brings about: number, code, decline code.
DECLINES = [
    ('4000000000000002', 'card_declined', 'generic_decline'),
    ('4000000000009995', 'card_declined', 'insufficient_funds'),
    ('4000000000009987', 'card_declined', 'lost_card'),
    ('4000000000009979', 'card_declined', 'stolen_card'),
    ('4000000000000069', 'expired_card', 'expired_card'),
    ('4000000000000127', 'incorrect_cvc', 'incorrect_cvc'),
    ('4000000000000119', 'processing_error', 'processing_error'),
    ('4000000000006975', 'card_declined', 'card_velocity_exceeded'),
    ('4000000000000341', 'card_declined', 'generic_decline'),
    ('4100000000000019', 'card_declined', 'fraudulent'),
]
DECLINING_METHODS = {
    'pm_card_visa_chargeDeclined': 'generic_decline', 'pm_card_chargeDeclined': 'generic_decline',
    'pm_card_visa_chargeDeclinedInsufficientFunds': 'insufficient_funds', 'pm_card_visa_chargeDeclinedLostCard': 'lost_card',
    'pm_card_visa_chargeDeclinedStolenCard': 'stolen_card', 'pm_card_chargeDeclinedExpiredCard': 'expired_card',
    'pm_card_chargeDeclinedIncorrectCvc': 'incorrect_cvc', 'pm_card_chargeDeclinedProcessingError': 'processing_error',
    'pm_card_visa_chargeDeclinedVelocityLimitExceeded': 'card_velocity_exceeded', 'pm_card_radarBlock': 'fraudulent',
}
# The same fingerprint at every simulator: the start of SHA-256 over "florin sim card " and the number.
FINGERPRINT_OF_VISA = 'a756802ee21db6c9'


@pytest.fixture(scope='module')
def stripe():
    with Stripe() as simulator:
        yield simulator


def raw_card(number, **more):
    """A card's data instead of the name of a method."""
    return {'payment_method': None,
            'payment_method_data': {'type': 'card', 'card': {'number': number, 'exp_month': 12, 'exp_year': 2030, 'cvc': '123', **more}}}


def refusal(answer, status=402):
    """The error of an answer with that status."""
    assert answer.status_code == status, answer.text
    return answer.json()['error']


def test_a_hold_is_captured_and_refunded(stripe):
    intent = stripe.pay(metadata={'gateway_payment_id': 'story-1'}).json()
    assert (intent['status'], intent['amount_capturable'], intent['amount_received']) == ('requires_capture', 1099, 0)
    captured = stripe.post(f'payment_intents/{intent["id"]}/capture').json()
    assert (captured['status'], captured['amount_received'], captured['amount_capturable']) == ('succeeded', 1099, 0)
    refund = stripe.post('refunds', {'payment_intent': intent['id'], 'metadata': {'gateway_refund_id': 'story-1-r'}}).json()
    assert (refund['status'], refund['amount'], refund['charge']) == ('succeeded', 1099, intent['latest_charge'])
    charge = stripe.get(f'charges/{intent["latest_charge"]}').json()
    assert (charge['captured'], charge['refunded'], charge['amount_refunded']) == (True, True, 1099)
    kinds = [(effect['kind'], effect['amount']) for effect in stripe.effects() if effect['parent'] == intent['id']]
    assert kinds == [('authorization', 1099), ('capture', 1099), ('refund', 1099)]


def test_a_partial_capture_releases_the_rest(stripe):
    intent = stripe.pay().json()['id']
    captured = stripe.post(f'payment_intents/{intent}/capture', {'amount_to_capture': 600}).json()
    assert (captured['amount'], captured['amount_received'], captured['amount_capturable']) == (1099, 600, 0)
    charge = stripe.get(f'charges/{captured["latest_charge"]}').json()
    assert (charge['amount_captured'], charge['amount_refunded'], charge['captured']) == (600, 0, True)
    assert [(effect['kind'], effect['amount']) for effect in stripe.effects() if effect['parent'] == intent][1:] == [
        ('capture', 600), ('release', 499)]
    assert refusal(stripe.post(f'payment_intents/{intent}/capture'), 400)['code'] == 'payment_intent_unexpected_state'


@pytest.mark.parametrize('amount, code', [(1100, 'amount_too_large'), (0, 'parameter_invalid_integer'), ('x', 'parameter_invalid_integer')])
def test_more_than_the_hold_or_nothing_is_not_captured(stripe, amount, code):
    intent = stripe.pay().json()['id']
    assert refusal(stripe.post(f'payment_intents/{intent}/capture', {'amount_to_capture': amount}), 400)['code'] == code
    assert stripe.get(f'payment_intents/{intent}').json()['status'] == 'requires_capture'


def test_a_canceled_hold_looks_refunded_and_was_none(stripe):
    intent = stripe.pay().json()['id']
    canceled = stripe.post(f'payment_intents/{intent}/cancel', {'cancellation_reason': 'requested_by_customer'}).json()
    assert (canceled['status'], canceled['cancellation_reason'], canceled['amount_capturable']) == ('canceled', 'requested_by_customer', 0)
    charge = stripe.get(f'charges/{canceled["latest_charge"]}').json()
    assert (charge['refunded'], charge['amount_refunded'], charge['captured']) == (True, 1099, False)
    assert [effect['kind'] for effect in stripe.effects() if effect['parent'] == intent] == ['authorization', 'void']
    for verb in ('cancel', 'capture', 'confirm'):
        assert refusal(stripe.post(f'payment_intents/{intent}/{verb}'), 400)['code'] == 'payment_intent_unexpected_state'


def test_a_sale_is_captured_at_once_and_cannot_be_canceled(stripe):
    intent = stripe.pay(capture_method='automatic').json()
    assert (intent['status'], intent['amount_received']) == ('succeeded', 1099)
    assert refusal(stripe.post(f'payment_intents/{intent["id"]}/cancel'), 400)['code'] == 'payment_intent_unexpected_state'


def test_a_payment_is_made_in_two_calls(stripe):
    made = stripe.post('payment_intents', {'amount': 1099, 'currency': 'usd', 'payment_method_types': ['card']}).json()
    assert (made['status'], made['latest_charge']) == ('requires_payment_method', None)
    assert stripe.post(f'payment_intents/{made["id"]}', {'payment_method': 'pm_card_visa'}).json()['status'] == 'requires_confirmation'
    assert stripe.post(f'payment_intents/{made["id"]}/confirm').json()['status'] == 'succeeded'


def test_a_hold_expires(stripe):
    with Stripe() as own:
        intent = own.pay().json()['id']
        own.advance(hours=169)
        expired = own.get(f'payment_intents/{intent}').json()
        assert (expired['status'], expired['cancellation_reason']) == ('canceled', 'automatic')
        assert [effect['kind'] for effect in own.effects()] == ['authorization', 'expiry']
        assert {'charge.expired', 'payment_intent.canceled'} <= {notice['type'] for notice in own.notices()}


# --- Cards ---

@pytest.mark.parametrize('number, code, decline_code', DECLINES)
def test_a_card_declines(stripe, number, code, decline_code):
    error = refusal(stripe.pay(**raw_card(number)))
    assert (error['type'], error['code'], error['decline_code']) == ('card_error', code, decline_code)
    intent = error['payment_intent']
    assert (intent['status'], intent['last_payment_error']['decline_code']) == ('requires_payment_method', decline_code)
    charge = stripe.get(f'charges/{error["charge"]}').json()
    assert (charge['status'], charge['paid'], charge['failure_code']) == ('failed', False, code)
    assert not [effect for effect in stripe.effects() if effect['parent'] == intent['id']]
    again = stripe.post(f'payment_intents/{intent["id"]}/confirm', {'payment_method': 'pm_card_visa'}).json()
    assert (again['status'], again['last_payment_error']) == ('requires_capture', None)


@pytest.mark.parametrize('method, decline_code', DECLINING_METHODS.items())
def test_a_named_method_declines(stripe, method, decline_code):
    assert refusal(stripe.pay(method))['decline_code'] == decline_code


@pytest.mark.parametrize('card, code', [
    (raw_card('4242424242424241'), 'incorrect_number'),
    (raw_card('4242424242424242', exp_month=13), 'invalid_expiry_month'),
    (raw_card('4242424242424242', exp_year=2020), 'invalid_expiry_year'),
    (raw_card('4242424242424242', cvc='12'), 'invalid_cvc'),
])
def test_card_data_that_cannot_be_right(stripe, card, code):
    assert refusal(stripe.pay(**card))['code'] == code


@pytest.mark.parametrize('number, brand', [('4242424242424242', 'visa'), ('5555555555554444', 'mastercard'), ('378282246310005', 'amex'),
                                           ('6011111111111117', 'discover'), ('4111111111111111', 'visa')])
def test_any_card_with_a_right_check_digit_pays(stripe, number, brand):
    intent = stripe.pay(**raw_card(number)).json()
    card = stripe.get(f'payment_methods/{intent["payment_method"]}').json()['card']
    assert (card['brand'], card['last4'], card['exp_year']) == (brand, number[-4:], 2030)


def test_no_number_is_ever_shown(stripe):
    stripe.pay(**raw_card('4242424242424242'), key='shown')
    assert stripe.effects(key='shown')[0]['fingerprint'] == FINGERPRINT_OF_VISA
    shown = [stripe.session.get(f'{stripe.url}/sim/{page}').text for page in ('book', 'requests?last=4096', 'notices', 'faults')]
    assert all('4242424242424242' not in page for page in shown)
    assert '424242******4242' in shown[1]


# --- Refunds ---

def test_refunds_add_up_to_what_was_captured(stripe):
    intent = stripe.pay(**SALE).json()['id']
    assert stripe.post('refunds', {'payment_intent': intent, 'amount': 400, 'reason': 'duplicate'}).json()['reason'] == 'duplicate'
    assert refusal(stripe.post('refunds', {'payment_intent': intent, 'amount': 700}), 400)['code'] == 'amount_too_large'
    assert stripe.post('refunds', {'payment_intent': intent}).json()['amount'] == 699
    assert refusal(stripe.post('refunds', {'payment_intent': intent}), 400)['code'] == 'charge_already_refunded'
    assert [refund['amount'] for refund in stripe.get('refunds', {'payment_intent': intent}).json()['data']] == [699, 400]


def test_what_was_not_captured_cannot_be_refunded(stripe):
    intent = stripe.pay().json()
    assert refusal(stripe.post('refunds', {'payment_intent': intent['id']}), 400)['type'] == 'invalid_request_error'
    assert refusal(stripe.post('refunds', {'charge': 'ch_none'}), 400)['code'] == 'resource_missing'
    assert refusal(stripe.post('refunds'), 400)['code'] == 'parameter_missing'


def test_a_refund_settles_later():
    with Stripe() as own:
        intent = own.pay('pm_card_pendingRefund', **SALE).json()['id']
        refund = own.post('refunds', {'payment_intent': intent}).json()
        assert refund['status'] == 'pending'
        own.advance(minutes=2)
        assert own.get(f'refunds/{refund["id"]}').json()['status'] == 'succeeded'
        assert own.notices('charge.refund.updated')


def test_a_refund_that_succeeded_fails_later():
    with Stripe() as own:
        intent = own.pay('pm_card_refundFail', **SALE).json()
        refund = own.post('refunds', {'payment_intent': intent['id']}).json()
        assert refund['status'] == 'succeeded'
        own.advance(minutes=2)
        failed = own.get(f'refunds/{refund["id"]}').json()
        assert (failed['status'], failed['failure_reason']) == ('failed', 'lost_or_stolen_card')
        assert own.get(f'charges/{intent["latest_charge"]}').json()['amount_refunded'] == 0
        assert [effect['kind'] for effect in own.effects()][-2:] == ['refund', 'refund_failure']


# --- Disputes ---

@pytest.mark.parametrize('method, reason, status', [
    ('pm_card_createDispute', 'fraudulent', 'needs_response'),
    ('pm_card_createDisputeProductNotReceived', 'product_not_received', 'needs_response'),
    ('pm_card_createDisputeInquiry', 'fraudulent', 'warning_needs_response'),
])
def test_a_payer_disputes(method, reason, status):
    with Stripe() as own:
        intent = own.pay(method, **SALE).json()
        own.advance(minutes=1)
        dispute = own.get('disputes', {'payment_intent': intent['id']}).json()['data'][0]
        assert (dispute['reason'], dispute['status'], dispute['amount']) == (reason, status, 1099)
        assert own.get(f'charges/{intent["latest_charge"]}').json()['disputed'] is True
        refused = own.post('refunds', {'payment_intent': intent['id']})
        if status == 'needs_response':
            assert refusal(refused, 400)['code'] == 'charge_disputed'
        else:
            assert refused.status_code == 200


@pytest.mark.parametrize('evidence, status', [('winning_evidence', 'won'), ('losing_evidence', 'lost'), ('a letter', 'under_review')])
def test_evidence_decides(evidence, status):
    with Stripe() as own:
        own.pay('pm_card_createDispute', **SALE)
        own.advance(minutes=1)
        dispute = own.get('disputes').json()['data'][0]['id']
        assert own.post(f'disputes/{dispute}', {'evidence': {'uncategorized_text': evidence}, 'submit': True}).json()['status'] == status
        assert refusal(own.post(f'disputes/{dispute}/close'), 400)['message'] == 'This dispute is already closed.'
        assert ('dispute_reversal' in [effect['kind'] for effect in own.effects()]) == (status == 'won')


def test_a_dispute_is_given_up():
    with Stripe() as own:
        own.pay('pm_card_createDispute', **SALE)
        own.advance(minutes=1)
        dispute = own.get('disputes').json()['data'][0]['id']
        assert own.post(f'disputes/{dispute}/close').json()['status'] == 'lost'


# --- What the payer must do ---

def payer_says(stripe, intent, choice):
    """Follows the intent's redirect, says it, and gives where the payer goes on to."""
    page = intent['next_action']['redirect_to_url']['url']
    shown = requests.get(page, timeout=30)
    assert shown.status_code == 200 and '<form method="post">' in shown.text and '<script' not in shown.text
    return requests.post(page, data={'choice': choice}, allow_redirects=False, timeout=30).headers['Location']


@pytest.mark.parametrize('method, choice, status, redirect_status', [
    ('pm_card_threeDSecure2Required', 'approve', 'requires_capture', 'succeeded'),
    ('pm_card_authenticationRequired', 'approve', 'requires_capture', 'succeeded'),
    ('pm_card_authenticationRequiredOnSetup', 'approve', 'requires_capture', 'succeeded'),
    ('pm_card_authenticationRequired', 'refuse', 'requires_payment_method', 'failed'),
])
def test_the_payer_is_asked(stripe, method, choice, status, redirect_status):
    intent = stripe.pay(method, return_url='https://shop.example.test/back?order=1').json()
    assert (intent['status'], intent['next_action']['type']) == ('requires_action', 'redirect_to_url')
    back = payer_says(stripe, intent, choice)
    assert back == (f'https://shop.example.test/back?order=1&payment_intent={intent["id"]}'
                    f'&payment_intent_client_secret={intent["client_secret"]}&redirect_status={redirect_status}')
    assert stripe.get(f'payment_intents/{intent["id"]}').json()['status'] == status
    assert requests.get(intent['next_action']['redirect_to_url']['url'], timeout=30).status_code == 404


@pytest.mark.parametrize('number, decline_code', [('4000008260003178', 'insufficient_funds'), ('4000008400001629', 'generic_decline')])
def test_the_payer_agrees_and_the_card_declines(stripe, number, decline_code):
    intent = stripe.pay(**raw_card(number), return_url='https://shop.example.test/back').json()
    assert payer_says(stripe, intent, 'approve').endswith('redirect_status=failed')
    failed = stripe.get(f'payment_intents/{intent["id"]}').json()
    assert (failed['status'], failed['last_payment_error']['decline_code']) == ('requires_payment_method', decline_code)


def test_without_a_way_back_nobody_is_sent_away(stripe):
    assert stripe.pay('pm_card_authenticationRequired').json()['next_action']['type'] == 'use_stripe_sdk'
    automatic = {'amount': 1099, 'currency': 'usd', 'confirm': True, 'payment_method': 'pm_card_visa'}
    assert refusal(stripe.post('payment_intents', automatic), 400)['param'] == 'return_url'
    never = {'automatic_payment_methods': {'enabled': True, 'allow_redirects': 'never'}}
    assert stripe.post('payment_intents', {**automatic, **never}).json()['status'] == 'succeeded'


# --- Saved cards ---

def test_a_saved_card_is_charged_without_its_owner(stripe):
    customer = stripe.post('customers', {'email': 'a@example.test', 'metadata': {'gateway_customer_id': 'c1'}}).json()['id']
    first = stripe.pay('pm_card_authenticationRequiredOnSetup', customer=customer, setup_future_usage='off_session',
                       return_url='https://shop.example.test/back').json()
    payer_says(stripe, first, 'approve')
    saved = stripe.get(f'customers/{customer}/payment_methods', {'type': 'card'}).json()['data']
    assert [method['customer'] for method in saved] == [customer]
    again = stripe.pay(saved[0]['id'], customer=customer, off_session=True).json()
    assert again['status'] == 'requires_capture'
    assert stripe.post(f'payment_methods/{saved[0]["id"]}/detach').json()['customer'] is None


def test_a_card_that_wants_its_owner_is_not_charged_without_him(stripe):
    customer = stripe.post('customers').json()['id']
    method = stripe.post('payment_methods/pm_card_authenticationRequired/attach', {'customer': customer}).json()['id']
    error = refusal(stripe.pay(method, customer=customer, off_session=True))
    assert (error['code'], error['payment_intent']['status']) == ('authentication_required', 'requires_payment_method')
    again = stripe.post(f'payment_intents/{error["payment_intent"]["id"]}/confirm',
                        {'payment_method': method, 'return_url': 'https://shop.example.test/back'}).json()
    assert again['status'] == 'requires_action'


def test_a_card_is_set_up_without_a_payment(stripe):
    customer = stripe.post('customers', {'name': 'A Person'}).json()['id']
    given = {'customer': customer, 'payment_method': 'pm_card_authenticationRequiredOnSetup', 'confirm': True, 'usage': 'off_session',
             'payment_method_types': ['card'], 'return_url': 'https://shop.example.test/back'}
    setup = stripe.post('setup_intents', given).json()
    assert setup['status'] == 'requires_action'
    payer_says(stripe, setup, 'approve')
    assert stripe.get(f'setup_intents/{setup["id"]}').json()['status'] == 'succeeded'
    assert stripe.pay(setup['payment_method'], customer=customer, off_session=True).json()['status'] == 'requires_capture'
    assert refusal(stripe.post(f'setup_intents/{setup["id"]}/cancel'), 400)['code'] == 'setup_intent_unexpected_state'
    declined = stripe.post('setup_intents', {**given, 'payment_method': 'pm_card_chargeDeclined'})
    assert refusal(declined)['setup_intent']['last_setup_error']['code'] == 'card_declined'


def test_cards_and_customers_belong_together(stripe):
    one, other = (stripe.post('customers', {'email': email}).json()['id'] for email in ('1@example.test', '2@example.test'))
    made = stripe.post('payment_methods', {'type': 'card', 'card': {'number': '4242424242424242', 'exp_month': 12, 'exp_year': 2030}})
    method = made.json()['id']
    assert stripe.post(f'payment_methods/{method}/attach', {'customer': one}).json()['customer'] == one
    assert refusal(stripe.post(f'payment_methods/{method}/attach', {'customer': other}), 400)
    assert refusal(stripe.pay(method, customer=other), 400)['param'] == 'payment_method'
    assert refusal(stripe.post('payment_methods/pm_card_chargeDeclined/attach', {'customer': one}))['code'] == 'card_declined'
    assert stripe.post('payment_methods', {'type': 'card', 'card': {'token': 'tok_mastercard'}}).json()['card']['brand'] == 'mastercard'
    assert stripe.get('customers', {'email': '1@example.test'}).json()['data'][0]['id'] == one
    changed = stripe.post(f'customers/{one}', {'name': 'B', 'email': ''}).json()
    assert (changed['name'], changed['email']) == ('B', None)
    assert stripe.ask('DELETE', f'customers/{one}').json()['deleted'] is True
    assert stripe.get(f'payment_methods/{method}').json()['customer'] is None
    assert refusal(stripe.pay(customer=one), 400)['code'] == 'resource_missing'
