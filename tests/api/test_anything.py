# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent, the answer is one that the description promises, never a 5xx, and the gateway lives on."""
import http.client
import json
import os
import random

import pytest
from florin_testing.client import fresh_key
from florin_testing.contract import the_contract
from florin_testing.wire import RawConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MORE = 10 if os.environ.get('FLORIN_LONG') else 1
RULES = settings(max_examples=150 * MORE, deadline=None, derandomize=True, database=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])

ANY_TEXT = st.text(max_size=30) | st.sampled_from(['', '\u0000', '\u202e', 'x' * 300, '4111111111111111', 'USD', 'manual'])
ANY_NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0, -1, 2 ** 31, 2 ** 63, 2 ** 64, 10 ** 30])
ANY_VALUE = st.recursive(st.none() | st.booleans() | ANY_NUMBER | ANY_TEXT,
                         lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=12)
MEMBERS = ['amount', 'currency', 'order_id', 'customer_id', 'card', 'capture', 'processor', 'description', 'metadata', 'token', 'Amount']
CARD_MEMBERS = ['number', 'cvv', 'expiry_month', 'expiry_year', 'holder']


@RULES
@given(changes=st.dictionaries(st.sampled_from(MEMBERS), ANY_VALUE, max_size=4), card=st.dictionaries(st.sampled_from(CARD_MEMBERS), ANY_VALUE, max_size=2))
def test_any_member_may_be_anything(shared_shop, changes, card):
    client = shared_shop.client
    wish = client.wish(100)
    wish['card'] = {**wish['card'], **card}
    answer = client.post('/v1/payments', json.dumps({**wish, **changes}).encode(), fresh_key(), is_good=False)
    assert answer.status in (201, 400, 402, 422), answer


@RULES
@given(verb=st.sampled_from(['capture', 'void', 'refund']), body=ANY_VALUE)
def test_any_body_of_a_change(shared_shop, verb, body):
    client = shared_shop.client
    answer = client.post(f'/v1/payments/pay_{"0" * 36}/{verb}', json.dumps(body).encode(), fresh_key(), is_good=False)
    assert answer.status in (400, 404), answer


@RULES
@given(body=st.binary(max_size=200))
def test_any_bytes_as_a_body(shared_shop, body):
    answer = shared_shop.client.post('/v1/payments', body, fresh_key(), is_good=False)
    assert answer.status == 400, answer


@RULES
@given(target=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_any_address(shared_shop, target):
    answer = shared_shop.client.look('/' + target, is_good=False)
    assert answer.status < 500, answer


@RULES
@given(key=st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters='\x7f'), max_size=40))
def test_any_key(shared_shop, key):
    client = shared_shop.client
    answer = client.ask('POST', '/v1/payments', client.wish(100), [('Idempotency-Key', key.encode('latin-1'))], is_good=False)
    assert answer.status in (201, 400, 422), answer


@pytest.mark.parametrize('seed', range(120 * MORE))
def test_a_good_request_with_some_bytes_changed(shared_shop, seed):
    """Cut, doubled, flipped or swapped: it is answered or hung up on, and the next client is served."""
    chance, client = random.Random(seed), shared_shop.client
    body = json.dumps(client.wish(100)).encode()
    whole = bytearray(b'POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\n'
                      b'Content-Length: %d\r\n\r\n%s' % (fresh_key().encode(), len(body), body))
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(whole))
        change = chance.randrange(4)
        if change == 0:
            whole[at] = chance.randrange(256)
        elif change == 1:
            del whole[at:at + chance.randrange(1, 20)]
        elif change == 2:
            whole[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 10)))
        else:
            whole[at:at] = whole[chance.randrange(len(whole)):][:40]
    with RawConnection(shared_shop.gateway.address, timeout=0.5) as connection:
        connection.send(bytes(whole))
        try:
            answer = connection.answer()
            if answer.status >= 400:
                the_contract().check_problem(answer, "the answer")
            assert answer.status not in (500, 502, 504), answer
        except (OSError, http.client.HTTPException):
            pass  # it waits for the rest
    client.look('/healthz').expect(200)
