# SPDX-License-Identifier: Apache-2.0
"""The simulated PayPal: tokens, orders with a card and with a payer's page, authorizations, captures, refunds."""
import urllib.parse

import pytest
from florin_testing.companies import PayPal, money


@pytest.fixture
def paypal():
    with PayPal() as simulator:
        yield simulator


@pytest.fixture(scope='module')
def lasting():
    """For tests that do not mind each other."""
    with PayPal() as simulator:
        yield simulator


def issue(answer):
    body = answer.json()
    return body['details'][0]['issue'] if body.get('details') else body['name']


def payments(answer):
    return answer.json()['purchase_units'][0]['payments']


# --- Tokens ---

def test_a_token_is_given_to_the_client_alone(lasting):
    given = lasting.check(lasting.fetch_token())
    assert (given.status_code, given.json()['token_type'], given.json()['expires_in']) == (200, 'Bearer', 32400)
    refused = lasting.check(lasting.fetch_token(secret='another'))
    assert (refused.status_code, refused.json()) == (
        401, {'error': 'invalid_client', 'error_description': 'Client Authentication failed'})
    assert lasting.fetch_token(grant='password').json()['error'] == 'unsupported_grant_type'


def test_a_token_ends_with_its_time_and_when_it_is_revoked(paypal):
    assert paypal.order_by_wallet().status_code == 201
    paypal.advance(seconds=32401)
    refused = paypal.order_by_wallet()
    assert (refused.status_code, refused.json()['name']) == (401, 'AUTHENTICATION_FAILURE')
    paypal.token = None
    assert paypal.order_by_wallet().status_code == 201
    paypal.control('DELETE', 'tokens')
    assert paypal.order_by_wallet().status_code == 401


def test_a_post_says_that_it_is_json_even_without_a_body(lasting):
    answer = lasting.post('/v2/checkout/orders/5O190127TN364715T/capture', checked=False, Content_Type='text/plain')
    assert (answer.status_code, answer.json()['name']) == (415, 'UNSUPPORTED_MEDIA_TYPE')
    assert answer.headers['Paypal-Debug-Id'] == answer.json()['debug_id']


# --- Cards ---

def test_a_card_is_held_captured_in_parts_and_refunded(paypal):
    order = paypal.pay(unit={'invoice_id': 'ord-1001'})
    assert (order.status_code, order.json()['status']) == (201, 'COMPLETED')
    held = payments(order)['authorizations'][0]
    assert (held['status'], held['amount'], held['processor_response']['response_code']) == ('CREATED', money('10.99'), '0000')
    path = f'/v2/payments/authorizations/{held["id"]}'
    first = paypal.post(f'{path}/capture', {'amount': money('6.00'), 'invoice_id': 'c1', 'final_capture': False}, 'k1').json()
    assert (first['status'], first['amount'], first['final_capture']) == ('COMPLETED', money('6.00'), False)
    assert paypal.get(path).json()['status'] == 'PARTIALLY_CAPTURED'
    paypal.post(f'{path}/capture', {'amount': money('4'), 'invoice_id': 'c2', 'final_capture': True}, 'k2')
    assert paypal.get(path).json()['status'] == 'CAPTURED'
    refund = paypal.post(f'/v2/payments/captures/{first["id"]}/refund', {'amount': money('4.00'), 'invoice_id': 'r1'}, 'k3').json()
    assert (refund['status'], refund['amount']) == ('COMPLETED', money('4.00'))
    assert refund['seller_payable_breakdown']['total_refunded_amount'] == money('4.00')
    assert next(one['href'] for one in refund['links'] if one['rel'] == 'up').endswith(first['id'])
    assert paypal.get(f'/v2/payments/captures/{first["id"]}').json()['status'] == 'PARTIALLY_REFUNDED'
    rest = paypal.post(f'/v2/payments/captures/{first["id"]}/refund', {}, 'k4').json()
    assert rest['amount'] == money('2.00') and paypal.get(f'/v2/payments/refunds/{rest["id"]}').json()['amount'] == money('2.00')
    assert paypal.get(f'/v2/payments/captures/{first["id"]}').json()['status'] == 'REFUNDED'
    book = paypal.book()
    assert {kind: row['USD'] for kind, row in book['totals'].items()} == {
        'authorization': {'count': 1, 'amount': 1099}, 'capture': {'count': 2, 'amount': 1000}, 'refund': {'count': 2, 'amount': 600}}
    assert (book['keys_repeated'], book['operations_repeated']) == (0, 0)
    assert [(row['authorized'], row['captured'], row['refunded']) for row in book['orders']] == [(1099, 1000, 600)]


def test_answers_are_short_unless_more_is_preferred(lasting):
    order = lasting.pay('short', whole=False).json()
    assert set(order) == {'id', 'status', 'payment_source', 'purchase_units', 'links'}
    held = order['purchase_units'][0]['payments']['authorizations'][0]['id']
    capture = lasting.post(f'/v2/payments/authorizations/{held}/capture', {}, 'short-c', whole=False).json()
    assert set(capture) == {'id', 'status', 'links'}
    refund = lasting.post(f'/v2/payments/captures/{capture["id"]}/refund', {}, 'short-r', whole=False).json()
    assert set(refund) == {'id', 'status', 'links'}


def test_a_sale_in_one_step_has_a_fee(lasting):
    capture = payments(lasting.pay('sale', intent='CAPTURE'))['captures'][0]
    assert (capture['status'], capture['final_capture']) == ('COMPLETED', True)
    assert capture['seller_receivable_breakdown'] == {
        'gross_amount': money('10.99'), 'paypal_fee': money('0.87'), 'net_amount': money('10.12')}


@pytest.mark.parametrize('name, code', [
    ('CCREJECT-REFUSED', '0500'), ('CCREJECT-SF', '9500'), ('CCREJECT-EC', '5400'), ('CCREJECT-IRC', '5180'),
    ('CCREJECT-IF', '5120'), ('CCREJECT-LS', '9520'), ('CCREJECT-IA', '1330'), ('CCREJECT-BANK_ERROR', '5100'),
    ('CCREJECT-CVV_F', '00N7'),
])
def test_a_declined_card_is_a_201(lasting, name, code):
    held = payments(lasting.pay(f'a-{name}', card={'name': name}))['authorizations'][0]
    assert (held['status'], held['processor_response']['response_code']) == ('DENIED', code)
    taken = payments(lasting.pay(f'c-{name}', intent='CAPTURE', card={'name': name}))['captures'][0]
    assert (taken['status'], taken['processor_response']['response_code']) == ('DECLINED', code)
    assert not lasting.effects(key=f'a-{name}') and not lasting.effects(key=f'c-{name}')
    refused = lasting.post(f'/v2/payments/authorizations/{held["id"]}/capture', {}, f'd-{name}')
    assert (refused.status_code, issue(refused)) == (422, 'AUTHORIZATION_DENIED')


@pytest.mark.parametrize('card, status, said', [
    ({'number': '4012888888881882'}, 400, 'INVALID_PARAMETER_VALUE'),
    ({'expiry': '12/30'}, 400, 'INVALID_PARAMETER_SYNTAX'),
    ({'expiry': '2030-13'}, 400, 'INVALID_PARAMETER_SYNTAX'),
    ({'expiry': '2020-01'}, 422, 'CARD_EXPIRED'),
    ({'security_code': '1234'}, 422, 'INVALID_SECURITY_CODE_LENGTH'),
    ({'number': '378282246310005'}, 422, 'INVALID_SECURITY_CODE_LENGTH'),
])
def test_what_is_wrong_with_a_card(lasting, card, status, said):
    answer = lasting.pay(card=card)
    assert (answer.status_code, issue(answer)) == (status, said)


@pytest.mark.parametrize('value, currency, status, said', [
    ('0.00', 'USD', 422, 'CANNOT_BE_ZERO_OR_NEGATIVE'), ('-1', 'USD', 422, 'CANNOT_BE_ZERO_OR_NEGATIVE'),
    ('1.999', 'USD', 422, 'DECIMAL_PRECISION'), ('ten', 'USD', 400, 'INVALID_PARAMETER_SYNTAX'),
    ('1.', 'USD', 400, 'INVALID_PARAMETER_SYNTAX'), ('1', 'KWD', 422, 'INVALID_CURRENCY_CODE'),
    ('1.00', 'JPY', 422, 'DECIMALS_NOT_SUPPORTED'), ('1' * 16, 'USD', 422, 'MAX_VALUE_EXCEEDED'),
])
def test_what_is_wrong_with_an_amount(lasting, value, currency, status, said):
    answer = lasting.pay(unit={'amount': money(value, currency)}, checked=currency != 'JPY')
    assert (answer.status_code, issue(answer)) == (status, said)


@pytest.mark.parametrize('value, currency, told', [
    ('11', 'USD', '11.00'), ('.5', 'EUR', '0.50'), ('1099', 'JPY', '1099'), ('1099', 'HUF', '1099'), ('7', 'TWD', '7')])
def test_amounts_are_told_in_full(lasting, value, currency, told):
    order = lasting.pay(f'm-{value}-{currency}', unit={'amount': money(value, currency)}).json()
    assert order['purchase_units'][0]['amount'] == money(told, currency)


@pytest.mark.parametrize('given, status, said', [
    ({'purchase_units': [{'amount': money('1')}]}, 400, 'MISSING_REQUIRED_PARAMETER'),
    ({'intent': 'SALE', 'purchase_units': [{'amount': money('1')}]}, 400, 'INVALID_PARAMETER_VALUE'),
    ({'intent': 'CAPTURE'}, 400, 'MISSING_REQUIRED_PARAMETER'),
    ({'intent': 'CAPTURE', 'purchase_units': [{'amount': money('1')}] * 2}, 400, 'INVALID_ARRAY_MAX_ITEMS'),
    ({'intent': 'CAPTURE', 'purchase_units': [{'amount': money('1')}], 'payment_source': {'cash': {}}},
     422, 'PAYMENT_SOURCE_CANNOT_BE_USED'),
])
def test_what_is_wrong_with_an_order(lasting, given, status, said):
    answer = lasting.post('/v2/checkout/orders', given, 'wrong')
    assert (answer.status_code, issue(answer)) == (status, said)


def test_a_body_that_is_not_json(lasting):
    answer = lasting.session.post(f'{lasting.url}/v2/checkout/orders', data='{', headers={
        'Authorization': f'Bearer {lasting.fetch_token().json()["access_token"]}', 'Content-Type': 'application/json'})
    assert (answer.status_code, issue(lasting.check(answer))) == (400, 'MALFORMED_REQUEST_JSON')


@pytest.mark.parametrize('path', ['/v2/checkout/orders/NONE', '/v2/payments/authorizations/NONE', '/v2/payments/captures/NONE',
                                  '/v2/payments/refunds/NONE'])
def test_what_is_not_there(lasting, path):
    answer = lasting.get(path)
    assert (answer.status_code, issue(answer)) == (404, 'INVALID_RESOURCE_ID')


@pytest.mark.parametrize('code, status', [('INSTRUMENT_DECLINED', 422), ('PAYEE_ACCOUNT_RESTRICTED', 422),
                                          ('PERMISSION_DENIED', 403), ('INTERNAL_SERVER_ERROR', 500)])
def test_a_header_orders_an_error(lasting, code, status):
    mocked = lasting.pay('mocked', checked=False, PayPal_Mock_Response=f'{{"mock_application_codes":"{code}"}}')
    assert (mocked.status_code, issue(mocked)) == (status, code)
    assert not lasting.effects(key='mocked')


# --- Authorizations ---

def test_a_hold_is_voided_once(lasting):
    held = lasting.hold('void')
    path = f'/v2/payments/authorizations/{held}/void'
    assert lasting.post(path, whole=False).status_code == 204
    again = lasting.post(path)
    assert (again.status_code, issue(again)) == (422, 'PREVIOUSLY_VOIDED')
    captured = lasting.post(f'/v2/payments/authorizations/{held}/capture', {}, 'void-c')
    assert (captured.status_code, issue(captured)) == (422, 'AUTHORIZATION_VOIDED')
    assert [effect['amount'] for effect in lasting.effects('void') if effect['id'] == held] == [1099]
    told = lasting.post(f'/v2/payments/authorizations/{lasting.hold("void-2")}/void')
    assert (told.status_code, told.json()['status']) == (200, 'VOIDED')


def test_what_was_captured_in_part_cannot_be_voided(lasting):
    held = lasting.hold('part')
    lasting.post(f'/v2/payments/authorizations/{held}/capture', {'amount': money('1')}, 'part-c')
    answer = lasting.post(f'/v2/payments/authorizations/{held}/void')
    assert (answer.status_code, issue(answer)) == (422, 'PREVIOUSLY_CAPTURED')


@pytest.mark.parametrize('given, said', [
    ({'amount': money('12.64')}, 'MAX_CAPTURE_AMOUNT_EXCEEDED'),
    ({'amount': money('5', 'EUR')}, 'AUTH_CAPTURE_CURRENCY_MISMATCH'),
    ({'amount': money('0')}, 'CANNOT_BE_ZERO_OR_NEGATIVE'),
])
def test_what_cannot_be_captured(lasting, given, said):
    answer = lasting.post(f'/v2/payments/authorizations/{lasting.hold("x-" + said)}/capture', given, f'y-{said}')
    assert (answer.status_code, issue(answer)) == (422, said)


def test_a_little_more_than_was_held_can_be_captured(lasting):
    held = lasting.hold('over')
    assert lasting.post(f'/v2/payments/authorizations/{held}/capture', {'amount': money('12.63')}, 'over-c').status_code == 201
    answer = lasting.post(f'/v2/payments/authorizations/{held}/capture', {'amount': money('0.01')}, 'over-d')
    assert issue(answer) == 'AUTHORIZATION_ALREADY_CAPTURED'


def test_captures_are_counted(lasting):
    held = lasting.hold('many')
    statuses = [lasting.post(f'/v2/payments/authorizations/{held}/capture', {'amount': money('0.10'), 'invoice_id': f'many-{n}'},
                             f'many-{n}').status_code for n in range(11)]
    assert statuses == [201] * 10 + [422]


def test_a_hold_ends_with_its_time(paypal):
    held = paypal.hold()
    paypal.advance(days=29)
    paypal.token = None
    assert paypal.get(f'/v2/payments/authorizations/{held}').json()['status'] == 'VOIDED'
    answer = paypal.post(f'/v2/payments/authorizations/{held}/capture', {}, 'c')
    assert (answer.status_code, issue(answer)) == (422, 'AUTHORIZATION_EXPIRED')
    assert [effect['kind'] for effect in paypal.effects()] == ['authorization', 'expiry']


# --- Refunds ---

@pytest.mark.parametrize('given, said', [
    ({'amount': money('11.00')}, 'REFUND_AMOUNT_EXCEEDED'), ({'amount': money('1', 'EUR')}, 'REFUND_CAPTURE_CURRENCY_MISMATCH')])
def test_what_cannot_be_refunded(lasting, given, said):
    answer = lasting.post(f'/v2/payments/captures/{lasting.sale("s-" + said)}/refund', given, f'r-{said}')
    assert (answer.status_code, issue(answer)) == (422, said)


def test_what_was_refunded_cannot_be_again(lasting):
    capture = lasting.sale('twice')
    assert lasting.post(f'/v2/payments/captures/{capture}/refund', {}, 'twice-1').status_code == 201
    answer = lasting.post(f'/v2/payments/captures/{capture}/refund', {}, 'twice-2')
    assert (answer.status_code, issue(answer)) == (422, 'CAPTURE_FULLY_REFUNDED')


def test_refunds_have_a_time_limit(paypal):
    capture = paypal.sale()
    paypal.advance(days=181)
    paypal.token = None
    answer = paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'late')
    assert (answer.status_code, issue(answer)) == (422, 'REFUND_TIME_LIMIT_EXCEEDED')


@pytest.mark.parametrize('then, left', [('COMPLETED', 'REFUNDED'), ('FAILED', 'COMPLETED'), ('CANCELLED', 'COMPLETED')])
def test_a_refund_may_wait_and_then_end(paypal, then, left):
    capture = paypal.sale()
    paypal.plan('refund', 'PENDING', reason='ECHECK', then=then, after_ms=1000)
    refund = paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'r').json()
    assert (refund['status'], refund['status_details']) == ('PENDING', {'reason': 'ECHECK'})
    paypal.advance(seconds=2)
    assert paypal.get(f'/v2/payments/refunds/{refund["id"]}').json()['status'] == then
    assert paypal.get(f'/v2/payments/captures/{capture}').json()['status'] == left
    kinds = [effect['kind'] for effect in paypal.effects()]
    assert kinds == ['capture', 'refund'] + (['refund_failed'] if left == 'COMPLETED' else [])


def test_a_capture_may_be_held_for_review(paypal):
    paypal.plan('capture', 'PENDING', reason='PENDING_REVIEW', then='DECLINED', after_ms=1000)
    capture = paypal.sale()
    told = paypal.get(f'/v2/payments/captures/{capture}').json()
    assert (told['status'], told['status_details']) == ('PENDING', {'reason': 'PENDING_REVIEW'})
    assert issue(paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'r')) == 'PENDING_CAPTURE'
    paypal.advance(seconds=2)
    assert paypal.get(f'/v2/payments/captures/{capture}').json()['status'] == 'DECLINED'
    assert issue(paypal.post(f'/v2/payments/captures/{capture}/refund', {}, 'r')) == 'REFUND_NOT_ALLOWED'


def test_an_authorization_may_be_held_for_review(paypal):
    paypal.plan('authorization', 'PENDING', reason='PENDING_REVIEW', then='CREATED', after_ms=1000)
    held = paypal.hold()
    assert paypal.get(f'/v2/payments/authorizations/{held}').json()['status'] == 'PENDING'
    paypal.advance(seconds=2)
    assert paypal.get(f'/v2/payments/authorizations/{held}').json()['status'] == 'CREATED'


# --- Payers ---

def test_a_payer_approves_and_the_merchant_captures(paypal):
    made = paypal.order_by_wallet()
    order = made.json()
    assert (made.status_code, order['status'], {one['rel'] for one in order['links']}) == (
        201, 'PAYER_ACTION_REQUIRED', {'self', 'payer-action'})
    path = f'/v2/checkout/orders/{order["id"]}'
    early = paypal.post(f'{path}/capture', {}, 'k')
    assert (early.status_code, issue(early)) == (422, 'ORDER_NOT_APPROVED')
    back = paypal.say(made)
    address = urllib.parse.urlsplit(back.headers['Location'])
    assert (back.status_code, address.netloc, address.path) == (303, 'pay.example.test', '/r/p1')
    assert dict(urllib.parse.parse_qsl(address.query))['token'] == order['id'] and 'PayerID=' in address.query
    approved = paypal.get(path).json()
    assert approved['status'] == 'APPROVED' and approved['payment_source']['paypal']['email_address'] == 'payer@example.test'
    captured = paypal.post(f'{path}/capture', {}, 'k')
    assert (captured.status_code, captured.json()['status'], payments(captured)['captures'][0]['status']) == (
        201, 'COMPLETED', 'COMPLETED')
    again = paypal.post(f'{path}/capture', {}, 'another')
    assert (again.status_code, issue(again)) == (422, 'ORDER_ALREADY_CAPTURED')


def test_a_payer_refuses(paypal):
    made = paypal.order_by_wallet()
    back = paypal.say(made, 'refuse')
    assert back.headers['Location'] == f'https://pay.example.test/c/p1?token={made.json()["id"]}'
    assert paypal.get(f'/v2/checkout/orders/{made.json()["id"]}').json()['status'] == 'PAYER_ACTION_REQUIRED'
    assert paypal.say(made).headers['Location'].startswith('https://pay.example.test/r/p1')  # he may think again


def test_an_order_without_a_source_has_a_link_to_approve(paypal):
    made = paypal.post('/v2/checkout/orders', {'intent': 'CAPTURE', 'purchase_units': [{'amount': money('1')}], 'application_context': {
        'return_url': 'https://pay.example.test/r', 'cancel_url': 'https://pay.example.test/c'}})
    assert (made.json()['status'], {one['rel'] for one in made.json()['links']}) == ('CREATED', {'self', 'approve'})
    assert paypal.say(made).status_code == 303


def test_a_payer_approves_and_the_merchant_authorizes(paypal):
    made = paypal.order_by_wallet(intent='AUTHORIZE')
    path = f'/v2/checkout/orders/{made.json()["id"]}'
    paypal.say(made)
    authorized = paypal.post(f'{path}/authorize', {}, 'k')
    held = payments(authorized)['authorizations'][0]
    assert held['status'] == 'CREATED' and held['expiration_time']
    assert issue(paypal.post(f'{path}/authorize', {}, 'l')) == 'ORDER_ALREADY_AUTHORIZED'
    renewed = paypal.post(f'/v2/payments/authorizations/{held["id"]}/reauthorize', {'amount': money('10.99')}, 'm')
    assert renewed.status_code == 201 and renewed.json()['id'] != held['id']
    assert paypal.post(f'/v2/payments/authorizations/{renewed.json()["id"]}/capture', {}, 'n').status_code == 201
    other = paypal.order_by_wallet()
    paypal.say(other)
    refused = paypal.post(f'/v2/checkout/orders/{other.json()["id"]}/authorize', {}, 'o')
    assert (refused.status_code, issue(refused)) == (422, 'ACTION_DOES_NOT_MATCH_INTENT')


def test_a_card_cannot_be_renewed(lasting):
    answer = lasting.post(f'/v2/payments/authorizations/{lasting.hold("renew")}/reauthorize', {}, 'renew-2')
    assert (answer.status_code, issue(answer)) == (422, 'REAUTHORIZATION_NOT_SUPPORTED')


def test_an_order_ends_when_nobody_approves_it(paypal):
    path = f'/v2/checkout/orders/{paypal.order_by_wallet().json()["id"]}'
    paypal.advance(hours=3)
    gone = paypal.get(path)
    assert (gone.status_code, gone.json()['name']) == (404, 'RESOURCE_NOT_FOUND')


def test_a_bank_may_complete_on_approval(paypal):
    made = paypal.post('/v2/checkout/orders', {
        'intent': 'CAPTURE', 'processing_instruction': 'ORDER_COMPLETE_ON_PAYMENT_APPROVAL',
        'purchase_units': [{'amount': money('15.00', 'EUR')}],
        'payment_source': {'ideal': {'name': 'A Person', 'country_code': 'NL', 'experience_context': {
            'return_url': 'https://pay.example.test/r', 'cancel_url': 'https://pay.example.test/c'}}}})
    paypal.say(made)
    order = paypal.get(f'/v2/checkout/orders/{made.json()["id"]}')
    assert (order.json()['status'], payments(order)['captures'][0]['status']) == ('COMPLETED', 'COMPLETED')


@pytest.mark.parametrize('choice, shift', [('approve', 'POSSIBLE'), ('refuse', 'NO')])
@pytest.mark.parametrize('number, method', [('4012888888881881', 'SCA_ALWAYS'), ('4000000000003220', 'SCA_WHEN_REQUIRED')])
def test_a_card_with_3d_secure(paypal, number, method, choice, shift):
    made = paypal.pay(card={'number': number, 'attributes': {'verification': {'method': method}}, 'experience_context': {
        'return_url': 'https://pay.example.test/r', 'cancel_url': 'https://pay.example.test/c'}})
    path = f'/v2/checkout/orders/{made.json()["id"]}'
    assert made.json()['status'] == 'PAYER_ACTION_REQUIRED' and not paypal.effects()
    assert issue(paypal.post(f'{path}/authorize', {}, 'early')) == 'PAYER_ACTION_REQUIRED'
    paypal.say(made, choice)
    order = paypal.get(path).json()
    assert order['payment_source']['card']['authentication_result']['liability_shift'] == shift
    answer = paypal.post(f'{path}/authorize', {}, 'k2')
    assert answer.status_code == (201 if choice == 'approve' else 422)


def test_sca_when_required_asks_only_where_it_is(lasting):
    assert lasting.pay('sca', card={'attributes': {'verification': {'method': 'SCA_WHEN_REQUIRED'}}}).json()['status'] == 'COMPLETED'


def test_an_order_is_changed_before_it_is_paid(paypal):
    made = paypal.order_by_wallet()
    path = f'/v2/checkout/orders/{made.json()["id"]}'
    unit = "/purchase_units/@reference_id=='p1'"
    assert paypal.ask('PATCH', path, [{'op': 'replace', 'path': f'{unit}/amount', 'value': money('12.00')},
                                      {'op': 'replace', 'path': f'{unit}/custom_id', 'value': 'p2'}]).status_code == 204
    changed = paypal.get(path).json()['purchase_units'][0]
    assert (changed['amount'], changed['custom_id']) == (money('12.00'), 'p2')
    refused = paypal.ask('PATCH', path, [{'op': 'replace', 'path': f'{unit}/custom_id', 'value': 'p3'},
                                         {'op': 'replace', 'path': '/id', 'value': 'X'}])
    assert (refused.status_code, issue(refused)) == (422, 'NOT_PATCHABLE')
    assert paypal.get(path).json()['purchase_units'][0]['custom_id'] == 'p2'
    paypal.say(made)
    paypal.post(f'{path}/capture', {}, 'k')
    assert issue(paypal.ask('PATCH', path, [{'op': 'replace', 'path': f'{unit}/amount', 'value': money('1')}])) == (
        'ORDER_ALREADY_COMPLETED')
