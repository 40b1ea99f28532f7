# SPDX-License-Identifier: Apache-2.0
"""Bodies, members and headers that cannot be taken: which code each of them gets, and where it points."""
import json

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key

# --- bodies ---

# body                                                       code
BODIES = [
    (b'',                                                    'json_invalid'),
    (b' ',                                                   'json_invalid'),
    (b'{"amount":',                                          'json_invalid'),
    (b'{"amount":5000,}',                                    'json_invalid'),
    (b'{"amount":5000 /* five */}',                          'json_invalid'),
    (b'// no\n{}',                                           'json_invalid'),
    (b'{"amount":NaN}',                                      'json_invalid'),
    (b'{"amount":Infinity}',                                 'json_invalid'),
    (b'{"amount":+1}',                                       'json_invalid'),
    (b'{"amount":01}',                                       'json_invalid'),
    (b'{"amount":.5}',                                       'json_invalid'),
    (b'{"amount":0x10}',                                     'json_invalid'),
    (b"{'amount':1}",                                        'json_invalid'),
    (b'{amount:1}',                                          'json_invalid'),
    (b'{} {}',                                               'json_invalid'),
    (b'{}x',                                                 'json_invalid'),
    (b'{}\x00',                                              'json_invalid'),
    (b'\xef\xbb\xbf{}',                                      'json_invalid'),
    (b'[]',                                                  'json_invalid'),
    (b'"text"',                                              'json_invalid'),
    (b'null',                                                'json_invalid'),
    (b'5000',                                                'json_invalid'),
    (b'{"order_id":"a\nb"}',                                 'json_invalid'),
    (b'{"metadata":' + b'{"a":' * 16 + b'1' + b'}' * 17,     'json_too_deep'),
    (b'{"metadata":' + b'{"a":' * 15 + b'1' + b'}' * 16,     'param_missing'),  # sixteen deep: read, and not enough
    (b'[' * 17 + b']' * 17,                                  'json_too_deep'),
    (b'[' * 60000,                                           'json_too_deep'),
    (json.dumps({'metadata': {str(n): '' for n in range(513)}}).encode(), 'json_too_large'),
    (json.dumps({'metadata': [0] * 600}).encode(),           'json_too_large'),
    (b'{"amount":1,"amount":1}',                             'json_duplicate_name'),
    (b'{"amount":1,"\\u0061mount":1}',                       'json_duplicate_name'),
    (b'{"card":{"cvv":"123","cvv":"124"}}',                  'json_duplicate_name'),
    (b'{"order_id":"\xff"}',                                 'json_invalid_text'),
    (b'{"order_id":"\xc0\xaf"}',                             'json_invalid_text'),
    (b'{"order_id":"\xed\xa0\x80"}',                         'json_invalid_text'),
    (b'{"order_id":"\\ud800"}',                              'json_invalid_text'),
    (b'{"order_id":"\\udc00\\ud800"}',                       'json_invalid_text'),
    (b'{"order_id":"a\\u0000b"}',                            'json_invalid_text'),
    (b'{"a\\u0000b":1}',                                     'json_invalid_text'),
]


@pytest.mark.parametrize('body, code', BODIES, ids=[f'{row[0][:24]!r}' for row in BODIES])
def test_bad_bodies(shared_shop, body, code):
    client = shared_shop.client
    client.post('/v1/payments', body, is_good=False).expect(400, code)


@pytest.mark.parametrize('verb', ['capture', 'void', 'refund'])
@pytest.mark.parametrize('body, code', [
    (b'[]', 'json_invalid'), (b'{', 'json_invalid'), (b'null', 'json_invalid'), (b'{"x":1}', 'param_unknown'),
    (b'{"card":{}}', 'param_unknown'), (b'{"a":1,"a":2}', 'json_duplicate_name')], ids=lambda value: str(value))
def test_bad_bodies_of_changes(shared_shop, verb, body, code):
    client = shared_shop.client
    payment = client.authorized()
    client.post(f'/v1/payments/{payment["id"]}/{verb}', body, is_good=False).expect(400, code)
    assert client.get(payment) == payment


def test_a_void_takes_no_amount(shared_shop):
    payment = shared_shop.client.authorized()
    problem = shared_shop.client.post(f'/v1/payments/{payment["id"]}/void', {'amount': 5000}, is_good=False) \
        .expect(400, 'param_unknown')
    assert problem['errors'] == [{'pointer': '/amount', 'code': 'param_unknown'}]


# --- members ---

def raw_number(text):
    """A number that has to stand in the body exactly like this."""
    return f'<<{text}>>'


MISSING = object()

# member                       value                             code                     (where it points, when not at the member)
MEMBERS = [
    ('amount',                 MISSING,                          'param_missing'),
    ('amount',                 None,                             'param_missing'),
    ('amount',                 '5000',                           'param_invalid'),
    ('amount',                 True,                             'param_invalid'),
    ('amount',                 [5000],                           'param_invalid'),
    ('amount',                 0,                                'amount_invalid'),
    ('amount',                 -1,                               'amount_invalid'),
    ('amount',                 raw_number('-0'),                 'amount_invalid'),
    ('amount',                 raw_number('50.5'),               'amount_invalid'),
    ('amount',                 raw_number('50.0'),               'amount_invalid'),
    ('amount',                 raw_number('1e3'),                'amount_invalid'),
    ('amount',                 raw_number('1E400'),              'amount_invalid'),
    ('amount',                 1000000000000,                    'amount_too_large'),
    ('amount',                 2 ** 63,                          'amount_too_large'),
    ('amount',                 2 ** 64 + 1,                      'amount_too_large'),
    ('amount',                 raw_number('9' * 400),            'amount_too_large'),
    ('currency',               'usd',                            'currency_invalid'),
    ('currency',               'US',                             'currency_invalid'),
    ('currency',               'USDX',                           'currency_invalid'),
    ('currency',               '',                               'currency_invalid'),
    ('currency',               'XXX',                            'currency_invalid'),
    ('currency',               'XAU',                            'currency_invalid'),
    ('currency',               'ZZZ',                            'currency_invalid'),
    ('currency',               840,                              'currency_invalid'),
    ('currency',               None,                             'param_missing'),
    ('order_id',               MISSING,                          'param_missing'),
    ('order_id',               '',                               'param_invalid'),
    ('order_id',               17,                               'param_invalid'),
    ('order_id',               'x' * 256,                        'param_invalid'),
    ('order_id',               'a\nb',                           'param_invalid'),
    ('order_id',               'a\u202eb',                       'param_invalid'),
    ('order_id',               'a\u2066b',                       'param_invalid'),
    ('order_id',               'a\x7fb',                         'param_invalid'),
    ('order_id',               'a\x85b',                         'param_invalid'),
    ('order_id',               '4111111111111111',               'card_data_not_allowed'),
    ('order_id',               'for 4111 1111 1111 1111',        'card_data_not_allowed'),
    ('customer_id',            MISSING,                          'param_missing'),
    ('customer_id',            'x' * 256,                        'param_invalid'),
    ('customer_id',            '378282246310005',                'card_data_not_allowed'),
    ('description',            'x' * 501,                        'param_invalid'),
    ('description',            5,                                'param_invalid'),
    ('description',            'card 5555-5555-5555-4444 it was', 'card_data_not_allowed'),
    ('capture',                'later',                          'param_invalid'),
    ('capture',                True,                             'param_invalid'),
    ('processor',              'nobody',                         'param_invalid'),
    ('metadata',               [],                               'param_invalid'),
    ('metadata',               'x',                              'param_invalid'),
    ('metadata',               {str(n): '' for n in range(51)},  'metadata_too_large'),
    ('metadata',               {'x' * 41: ''},                   'metadata_too_large'),
    ('metadata',               {'x': 'y' * 501},                 'metadata_too_large'),
    ('metadata',               {'x': 5},                         'param_invalid'),
    ('metadata',               {'x': {}},                        'param_invalid'),
    ('metadata',               {'x': 'a\rb'},                    'param_invalid'),
    ('metadata',               {'x': '4242424242424242'},        'card_data_not_allowed'),
    ('metadata',               {'4242424242424242': 'x'},        'card_data_not_allowed'),
    ('card',                   MISSING,                          'param_missing'),
    ('card',                   None,                             'param_missing'),
    ('card',                   '4111111111111111',               'param_invalid'),
    ('card',                   [],                               'param_invalid'),
    ('card.number',            MISSING,                          'param_missing'),
    ('card.number',            4111111111111111,                 'param_invalid'),
    ('card.number',            '4111111111111112',               'card_number_invalid'),
    ('card.number',            '411111111111',                   'card_number_invalid'),
    ('card.number',            '41111111111111111111',           'card_number_invalid'),
    ('card.number',            '4111 1111 1111 1111',            'card_number_invalid'),
    ('card.number',            '4111111111111111 ',              'card_number_invalid'),
    ('card.number',            '４１１１１１１１１１１１１１１１',               'card_number_invalid'),
    ('card.number',            '',                               'card_number_invalid'),
    ('card.number',            'x' * 16,                         'card_number_invalid'),
    ('card.cvv',               '12',                             'card_cvv_invalid'),
    ('card.cvv',               '12345',                          'card_cvv_invalid'),
    ('card.cvv',               'abc',                            'card_cvv_invalid'),
    ('card.cvv',               '１２３',                            'card_cvv_invalid'),
    ('card.cvv',               '',                               'card_cvv_invalid'),
    ('card.cvv',               123,                              'param_invalid'),
    ('card.expiry_month',      0,                                'card_expiry_invalid'),
    ('card.expiry_month',      13,                               'card_expiry_invalid'),
    ('card.expiry_month',      -1,                               'card_expiry_invalid'),
    ('card.expiry_month',      '12',                             'param_invalid'),
    ('card.expiry_month',      MISSING,                          'param_missing'),
    ('card.expiry_year',       1999,                             'card_expiry_invalid'),
    ('card.expiry_year',       2100,                             'card_expiry_invalid'),
    ('card.expiry_year',       30,                               'card_expiry_invalid'),
    ('card.expiry_year',       raw_number('2030.0'),             'card_expiry_invalid'),
    ('card.expiry_year',       MISSING,                          'param_missing'),
    ('card.holder',            'A. Person',                      'param_unknown'),
    ('Amount',                 5000,                             'param_unknown'),
    ('token',                  'tok_1',                          'param_invalid'),
    ('cvv',                    '123',                            'param_unknown'),
    ('stranger',               {},                               'param_unknown'),
]


def with_member(wish, path, value):
    """The wish with one member set, or taken away, as bytes."""
    wish = json.loads(json.dumps(wish))
    *folders, name = path.split('.')
    inside = wish
    for folder in folders:
        inside = inside[folder]
    inside[name] = value
    if value is MISSING:
        del inside[name]
    text = json.dumps(wish, ensure_ascii=False)
    return text.replace('"<<', '').replace('>>"', '').encode()


@pytest.mark.parametrize('path, value, code', MEMBERS,
                         ids=[f'{row[0]}={"missing" if row[1] is MISSING else ascii(row[1])[:20]}' for row in MEMBERS])
def test_bad_members(shared_shop, path, value, code):
    client, key = shared_shop.client, fresh_key()
    answer = client.post('/v1/payments', with_member(client.wish(), path, value), key, is_good=False)
    problem = answer.expect(400, code)
    pointer = problem['errors'][0]['pointer']
    assert problem['errors'][0]['code'] == code
    assert pointer == '/' + path.replace('.', '/') or pointer.startswith(f'/{path}/') or path == 'metadata'
    for text in [value] if isinstance(value, str) else []:
        assert len(text) < 6 or text not in answer.text, 'what was wrong is told back'
    client.post('/v1/payments', client.wish(), key).expect(201)


def test_all_that_is_wrong_is_told_at_once_and_the_first_decides(shared_shop):
    body = {'amount': 0, 'currency': 'usd', 'card': {**cards.HAPPY, 'cvv': 'x'}, 'customer_id': 'c'}
    problem = shared_shop.client.post('/v1/payments', body, is_good=False).expect(400)
    told = {(error['pointer'], error['code']) for error in problem['errors']}
    assert told == {('/amount', 'amount_invalid'), ('/currency', 'currency_invalid'), ('/card/cvv', 'card_cvv_invalid'),
                    ('/order_id', 'param_missing')}
    assert problem['code'] == problem['errors'][0]['code']


# verb       body                                    code
CHANGES = [
    ('capture', {'amount': 0},                       'amount_invalid'),
    ('capture', {'amount': -5},                      'amount_invalid'),
    ('capture', {'amount': 10 ** 12},                'amount_too_large'),
    ('capture', {'amount': '5000'},                  'param_invalid'),
    ('capture', {'amount': None},                    'param_missing'),
    ('capture', {'amount': 5000, 'currency': 'usd'}, 'currency_invalid'),
    ('refund',  {'amount': 0},                       'amount_invalid'),
    ('refund',  {'amount': 10 ** 12},                'amount_too_large'),
    ('refund',  {'amount': 5000, 'currency': 'XXX'}, 'currency_invalid'),
    ('refund',  {'reason': 'broken'},                'param_unknown'),
]


@pytest.mark.parametrize('verb, body, code', CHANGES, ids=[f'{row[0]} {row[1]}' for row in CHANGES])
def test_bad_members_of_changes(shared_shop, verb, body, code):
    client = shared_shop.client
    payment = client.captured() if verb == 'refund' else client.authorized()
    client.post(f'/v1/payments/{payment["id"]}/{verb}', body, is_good=False).expect(400, code)
    assert client.get(payment) == payment


# --- what is odd and good all the same ---

NAMES = ['<script>alert(1)</script>', "'; DROP TABLE payment; --", '=cmd|calc', '%n%s%x', '../../etc', '日本語', 'a' * 255, '\\', '"',
         '1234567890123456', '4111111111111112', '+1 555 0100 555 0100']


@pytest.mark.parametrize('name', NAMES, ids=lambda name: ascii(name)[:20])
def test_odd_names_are_kept_as_they_are(shared_shop, name):
    receipt = shared_shop.client.authorized(order_id=name, customer_id=name, description=name, metadata={'name': name})
    assert [receipt['order_id'], receipt['customer_id'], receipt['description'], receipt['metadata']] == \
        [name, name, name, {'name': name}]
    assert shared_shop.client.get(receipt) == receipt


def test_the_largest_of_everything(shared_shop):
    metadata = {f'{number:040d}'.replace('0', 'k'): 'v' * 500 for number in range(111111, 111161)}
    receipt = shared_shop.client.authorized(amount=1, order_id='o' * 255, customer_id='c' * 255, description='d' * 500, metadata=metadata)
    assert receipt['metadata'] == metadata


def test_the_largest_amount_is_taken_as_a_request(shared_shop):
    problem = shared_shop.client.authorize(999999999999).expect(402, 'card_declined')
    assert problem['decline_code'] == 'insufficient_funds'
    assert shared_shop.client.get(problem['payment_id'])['amount'] == 999999999999


# --- cards switched off ---

def test_no_card_data_where_it_is_switched_off(open_shop):
    shop = open_shop(cards='off')
    shop.client.authorize().expect(403, 'cards_off')
    assert shop.asked() == [] and shop.client.all() == []


# --- headers ---

# headers of a POST                                       status  code
HEADERS = [
    ([('Content-Type', 'application/json; charset=utf-8')],     201, None),
    ([('Content-Type', 'application/json;charset="UTF-8"')],    201, None),
    ([('Content-Type', 'Application/JSON')],                    201, None),
    ([('Content-Type', '')],                                    415, 'unsupported_media_type'),
    ([('Content-Type', 'text/plain')],                          415, 'unsupported_media_type'),
    ([('Content-Type', 'application/jsonp')],                   415, 'unsupported_media_type'),
    ([('Content-Type', 'application/x-www-form-urlencoded')],   415, 'unsupported_media_type'),
    ([('Content-Type', 'application/json; charset=utf-16')],    415, 'unsupported_media_type'),
    ([('Content-Type', 'application/json; charset=latin1')],    415, 'unsupported_media_type'),
    ([('Content-Type', 'application/json'), ('Content-Encoding', 'gzip')], 415, 'unsupported_media_type'),
    ([('Content-Type', 'application/json'), ('Accept', 'image/png')],      406, 'not_acceptable'),
    ([('Content-Type', 'application/json'), ('Accept', 'text/html')],      406, 'not_acceptable'),
    ([('Content-Type', 'application/json'), ('Accept', 'application/json;q=0')], 406, 'not_acceptable'),
    ([('Content-Type', 'application/json'), ('Accept', '*/*')],            201, None),
    ([('Content-Type', 'application/json'), ('Accept', 'application/*')],  201, None),
    ([('Content-Type', 'application/json'), ('Accept', 'image/png, */*;q=0.1')], 201, None),
    ([('Content-Type', 'application/json'), ('Accept', 'text/html, application/json')], 201, None),
    ([('Content-Type', 'application/json'), ('Expect', 'something')],      417, 'expectation_failed'),
]


@pytest.mark.parametrize('headers, status, code', HEADERS, ids=[str(row[0][-1]) for row in HEADERS])
def test_headers_of_a_post(shared_shop, headers, status, code):
    client = shared_shop.client
    body = json.dumps(client.wish()).encode()
    answer = client.ask('POST', '/v1/payments', body, [*headers, ('Idempotency-Key', fresh_key())], is_good=False)
    answer.expect(status, code)


def test_a_body_needs_a_content_type(shared_shop):
    body = json.dumps(shared_shop.client.wish()).encode()
    head = (f'POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: {fresh_key()}\r\n'
            f'Content-Length: {len(body)}\r\n\r\n').encode()
    shared_shop.client.raw(head + body, target='/v1/payments')[0].expect(415, 'unsupported_media_type')


@pytest.mark.parametrize('target', ['/v1/payments', '/v1/payments/pay_' + '0' * 36, '/v1/payments/pay_' + '0' * 36 + '/events',
                                    '/v1/orders/x', '/v1/processors', '/problems/not_found'])
def test_questions_are_answered_in_json_only(shared_shop, target):
    shared_shop.client.look(target, headers=[('Accept', 'image/png')]).expect(406, 'not_acceptable')


@pytest.mark.parametrize('verb', ['capture', 'void', 'refund', 'review'])
def test_changes_look_at_their_headers_too(shared_shop, verb):
    client, target = shared_shop.client, f'/v1/payments/{shared_shop.client.authorized()["id"]}/{verb}'
    body = {'decision': 'approve'} if verb == 'review' else {}
    client.post(target, body, headers=[('Accept', 'image/png')]).expect(406, 'not_acceptable')
    client.post(target, b'{}', headers=[('Content-Type', 'text/plain')], is_good=False).expect(415, 'unsupported_media_type')


# --- paths and methods ---

# method    target                                 status  code                   allow
TARGETS = [
    ('GET',    '/',                                404, 'not_found',              None),
    ('GET',    '/v1',                              404, 'not_found',              None),
    ('GET',    '/v1/payments/',                    404, 'not_found',              None),
    ('GET',    '/v2/payments',                     404, 'not_found',              None),
    ('GET',    '//v1/payments',                    404, 'not_found',              None),
    ('GET',    '/V1/payments',                     404, 'not_found',              None),
    ('PUT',    '/v1/payments',                     405, 'method_not_allowed',     'POST, GET, HEAD'),
    ('DELETE', '/v1/payments/pay_1',               405, 'method_not_allowed',     'GET, HEAD'),
    ('PATCH',  '/v1/payments/pay_1/capture',       405, 'method_not_allowed',     'POST'),
    ('GET',    '/v1/payments/pay_1/void',          405, 'method_not_allowed',     'POST'),
    ('POST',   '/v1/orders/x',                     405, 'method_not_allowed',     'GET, HEAD'),
    ('POST',   '/healthz',                         405, 'method_not_allowed',     'GET, HEAD'),
    ('TRACE',  '/v1/payments',                     405, 'method_not_allowed',     'POST, GET, HEAD'),
    ('GET',    '/v1/orders/%00',                   400, 'malformed_request',      None),
    ('GET',    '/v1/orders/%zz',                   400, 'malformed_request',      None),
    ('GET',    '/v1/orders/%4',                    400, 'malformed_request',      None),
    ('GET',    '/v1/orders/%c0%ae%c0%ae',          400, 'malformed_request',      None),
    ('GET',    '/v1/orders/%ff',                   400, 'malformed_request',      None),
    ('GET',    '/v1/../v1/payments',               400, 'malformed_request',      None),
    ('GET',    '/v1/./payments',                   400, 'malformed_request',      None),
    ('GET',    '/v1/payments/%2e%2e/x',            400, 'malformed_request',      None),
    ('GET',    '/v1/orders/4111111111111111',      400, 'card_data_in_url',       None),
    ('GET',    '/v1/orders/%34111111111111111',    400, 'card_data_in_url',       None),
    ('GET',    '/4111-1111-1111-1111',             400, 'card_data_in_url',       None),
    ('POST',   '/v1/payments/4111111111111111/capture', 400, 'card_data_in_url',  None),
]


@pytest.mark.parametrize('method, target, status, code, allow', TARGETS, ids=[f'{row[0]} {row[1]}' for row in TARGETS])
def test_paths_and_methods(shared_shop, method, target, status, code, allow):
    answer = shared_shop.client.ask(method, target, headers=[('Idempotency-Key', fresh_key())], is_good=False)
    answer.expect(status, code)
    if allow:
        told = {word.strip() for word in answer.header('allow').split(',')}
        assert told == {word.strip() for word in allow.split(',')}
