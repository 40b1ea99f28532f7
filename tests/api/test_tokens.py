# SPDX-License-Identifier: Apache-2.0
"""Cards are stored, shown as far as they may be, used once or often, and forgotten."""
import collections

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.crowd import at_once
from florin_testing.shop import Shop
from florin_testing.vault import delete, make_master, pay, store_card, stored
from florin_testing.world_page import WorldPage

BARE = {name: value for name, value in cards.further(11).items() if name != 'cvv'}
UNKNOWN = 'tok_' + '0' * 36


@pytest.fixture(name='shop', scope='module')
def vault_shop(tmp_path_factory):
    """One with a vault, for all tests here."""
    folder = tmp_path_factory.mktemp('vault')
    shop = Shop(folder / 'shop', master_key_file=make_master(folder))
    yield shop
    shop.close()


# --- a token's life ---

def test_a_card_becomes_a_token(shop):
    token = stored(shop.client, cards.further(3))
    assert token == {'id': token['id'], 'object': 'token', 'state': 'active', 'brand': 'visa', 'last4': cards.further(3)['number'][-4:],
                     'expiry_month': 12, 'expiry_year': 2049, 'fingerprint': token['fingerprint'], 'single_use': False,
                     'created_at': token['created_at'], 'expires_at': None, 'used_at': None}
    assert shop.client.look(f'/v1/tokens/{token["id"]}').expect(200) == token


def test_a_kept_token_pays_often(shop):
    token = stored(shop.client, BARE)
    for _ in range(3):
        receipt = pay(shop.client, token, cvv='123').expect(201)
        assert receipt['card'] == {'brand': 'visa', 'last4': token['last4']} and receipt['state'] == 'authorized'
    assert shop.client.look(f'/v1/tokens/{token["id"]}').expect(200) == token


def test_a_token_can_be_captured_and_refunded_as_any_payment(shop):
    receipt = pay(shop.client, stored(shop.client), capture='automatic').expect(201)
    assert receipt['state'] == 'captured'
    shop.client.refund(receipt).expect(200)


def test_a_payment_by_token_brings_all_that_one_by_card_brings(shop):
    more = {'description': 'Two tickets', 'metadata': {'a': 'b'}, 'return_url': 'https://shop.example/back',
            'customer': {'email': 'jane@shop.example', 'name': 'Jane'}}
    receipt = pay(shop.client, stored(shop.client), **more).expect(201)
    assert receipt['description'] == 'Two tickets' and receipt['metadata'] == {'a': 'b'}


def test_a_single_use_token_pays_once(shop):
    token = stored(shop.client, single_use=True)
    assert token['single_use'] and token['expires_at'] > token['created_at']
    pay(shop.client, token).expect(201)
    pay(shop.client, token, cvv='123').expect(422, 'token_used')
    after = shop.client.look(f'/v1/tokens/{token["id"]}').expect(200)
    assert after['state'] == 'used' and after['used_at'] >= token['created_at']


def test_many_at_once_by_one_single_use_token_have_one_winner(shop):
    token = stored(shop.client, single_use=True)
    answers = at_once(16, lambda _: pay(shop.client, token, cvv='123'))
    assert collections.Counter(answer.status for answer in answers) == {201: 1, 422: 15}
    assert {answer.code for answer in answers if answer.status == 422} == {'token_used'}


def test_a_deleted_token_is_gone(shop):
    token = stored(shop.client)
    assert delete(shop.client, token).expect(200) == {'id': token['id'], 'object': 'token', 'deleted': True}
    shop.client.look(f'/v1/tokens/{token["id"]}').expect(404, 'not_found')
    pay(shop.client, token).expect(422, 'token_deleted')
    delete(shop.client, token).expect(200)
    delete(shop.client, UNKNOWN).expect(404, 'not_found')
    shop.client.ask('DELETE', '/v1/tokens/tok_1', is_good=False).expect(404, 'not_found')


def test_what_was_begun_by_a_token_goes_on_without_it(shop):
    token = stored(shop.client)
    receipt = pay(shop.client, token).expect(201)
    delete(shop.client, token).expect(200)
    shop.client.capture(receipt).expect(200)


def test_unknown_tokens_do_not_pay(shop):
    pay(shop.client, UNKNOWN).expect(422, 'token_unknown')
    shop.client.look(f'/v1/tokens/{UNKNOWN}').expect(404, 'not_found')
    shop.client.look('/v1/tokens/tok_1', is_good=False).expect(404, 'not_found')


def test_a_declined_card_is_declined_by_its_token_too(shop):
    token = stored(shop.client, {**cards.NO_FUNDS})
    problem = pay(shop.client, token).expect(402, 'card_declined')
    assert problem['decline_code'] == 'insufficient_funds'
    old = stored(shop.client, {**cards.HAPPY, 'expiry_month': 1, 'expiry_year': 2020})
    assert pay(shop.client, old).expect(402, 'card_declined')['decline_code'] == 'expired_card'


# --- CVV ---

def test_a_cvv_is_good_for_the_first_payment_only(shop):
    token = stored(shop.client)  # brings 123
    pay(shop.client, token).expect(201)
    pay(shop.client, token).expect(422, 'cvv_required')
    pay(shop.client, token, cvv='123').expect(201)


def test_without_a_cvv_nothing_leaves(shop):
    token, asked = stored(shop.client, BARE), len(shop.asked())
    pay(shop.client, token).expect(422, 'cvv_required')
    assert len(shop.asked()) == asked
    single = stored(shop.client, BARE, single_use=True)
    pay(shop.client, single).expect(422, 'cvv_required')
    pay(shop.client, single, cvv='123').expect(201)  # it was not used up by that


def test_the_cvv_that_is_brought_counts(shop):
    token = stored(shop.client)
    assert pay(shop.client, token, cvv='999').expect(402)['decline_code'] == 'invalid_cvc'


# --- fingerprints ---

def test_a_fingerprint_is_the_cards_and_the_merchants(shop, open_shop, tmp_path):
    one, same, other = (stored(shop.client, cards.further(index))['fingerprint'] for index in (21, 21, 22))
    assert one == same != other
    elsewhere = open_shop(master_key_file=make_master(tmp_path / 'other'))
    assert stored(elsewhere.client, cards.further(21))['fingerprint'] != one


# --- keys and answers ---

def test_the_same_key_gives_the_same_token(shop):
    key, card = fresh_key(), cards.further(31)
    first = store_card(shop.client, card, key)
    again = store_card(shop.client, card, key)
    assert first.expect(201) == again.expect(201) and again.replayed and not first.replayed and first.body == again.body
    store_card(shop.client, {**card, 'cvv': '321'}, key).expect(201)  # what is not kept cannot be compared
    store_card(shop.client, cards.further(32), key).expect(422, 'idempotency_key_reused')
    store_card(shop.client, card, key, single_use=True).expect(422, 'idempotency_key_reused')


def test_one_key_at_once_makes_one_token(shop):
    key, card = fresh_key(), cards.further(33)
    answers = at_once(12, lambda _: store_card(shop.client, card, key))
    assert {answer.body for answer in answers} == {answers[0].body} and answers[0].status == 201


def test_a_payments_answer_outlives_its_token(shop):
    token, key = stored(shop.client, single_use=True), fresh_key()
    wish = {'amount': 100, 'token': token['id'], 'order_id': 'o', 'customer_id': 'c'}
    first = shop.client.post('/v1/payments', wish, key)
    for _ in range(2):
        again = shop.client.post('/v1/payments', wish, key)
        assert first.expect(201) == again.expect(201) and again.replayed
        delete(shop.client, token).expect(200)


def test_a_refusal_is_its_keys_answer(shop):
    token, key = stored(shop.client), fresh_key()
    delete(shop.client, token)
    first, again = (shop.client.post('/v1/payments', {'amount': 1, 'token': token['id'], 'order_id': 'o', 'customer_id': 'c'}, key) for _ in range(2))
    assert first.expect(422, 'token_deleted') == again.expect(422) and again.replayed


def test_tokens_outlive_a_restart(open_shop, tmp_path):
    shop = open_shop(master_key_file=make_master(tmp_path))
    key = fresh_key()
    token = store_card(shop.client, cards.further(41), key).expect(201)
    shop.gateway.restart()
    assert store_card(shop.client, cards.further(41), key).expect(201) == token
    pay(shop.client, token).expect(201)  # the CVV lies on tmpfs: a restart of the process does not lose it
    shop.gateway.kill().start()
    pay(shop.client, token, cvv='123').expect(201)
    shop.books_agree()


def test_time_to_live(open_shop, tmp_path):
    """The clock is turned instead of waited for. Nothing that is over can be used, and a CVV is over after a quarter of an hour."""
    page = WorldPage(tmp_path)
    shop = open_shop(env=page.env, master_key_file=make_master(tmp_path))
    short, single, kept = stored(shop.client, expires_in=60), stored(shop.client, single_use=True), stored(shop.client)
    page.turn_clock(59)
    assert shop.client.look(f'/v1/tokens/{short["id"]}').expect(200) == short
    page.turn_clock(61)
    assert shop.client.look(f'/v1/tokens/{short["id"]}').expect(200)['state'] == 'expired'
    pay(shop.client, short, cvv='123').expect(422, 'token_expired')
    pay(shop.client, single).expect(201)
    page.turn_clock(900)
    pay(shop.client, kept).expect(422, 'cvv_required')
    pay(shop.client, kept, cvv='123').expect(201)


# --- what is wrong with a request ---

WRONG = [
    ({},                                                    'param_missing'),
    ({'card': '4111111111111111'},                          'param_invalid'),
    ({'card': {}},                                          'param_missing'),
    ({'card': {**BARE, 'number': '4111111111111112'}},      'card_number_invalid'),
    ({'card': {**BARE, 'cvv': '12'}},                       'card_cvv_invalid'),
    ({'card': {**BARE, 'expiry_month': 13}},                'card_expiry_invalid'),
    ({'card': {**BARE, 'pin': '1'}},                        'param_unknown'),
    ({'card': BARE, 'single_use': 'yes'},                   'param_invalid'),
    ({'card': BARE, 'expires_in': 59},                      'param_invalid'),
    ({'card': BARE, 'expires_in': 315360001},               'param_invalid'),
    ({'card': BARE, 'expires_in': 604801, 'single_use': True}, 'param_invalid'),
    ({'card': BARE, 'expires_in': '60'},                    'param_invalid'),
    ({'card': BARE, 'expires_in': 60.5},                    'param_invalid'),
    ({'card': BARE, 'name': 'x'},                           'param_unknown'),
]


@pytest.mark.parametrize('body, code', WRONG)
def test_wrong_bodies(shop, body, code):
    shop.client.post('/v1/tokens', body, is_good=False).expect(400, code)


def test_wrong_headers(shop):
    client = shop.client
    client.post('/v1/tokens', {'card': BARE}, False, is_good=False).expect(400, 'idempotency_key_missing')
    client.post('/v1/tokens', {'card': BARE}, headers=[('Accept', 'image/png')]).expect(406, 'not_acceptable')
    client.post('/v1/tokens', b'{}', headers=[('Content-Type', 'text/plain')], is_good=False).expect(415, 'unsupported_media_type')
    target = f'/v1/tokens/{UNKNOWN}'
    client.look(target, headers=[('Accept', 'image/png')]).expect(406, 'not_acceptable')
    client.ask('DELETE', target, headers=[('Accept', 'image/png')]).expect(406, 'not_acceptable')
    client.look(target + '?a=1', is_good=False).expect(400, 'param_unknown')
    client.ask('DELETE', target + '?a=1', is_good=False).expect(400, 'param_unknown')
    for method, where, body in (('POST', '/v1/tokens', {'card': BARE}), ('GET', target, None), ('DELETE', target, None)):
        key = ('Idempotency-Key', fresh_key() if method == 'POST' else None)
        client.ask(method, where, body, [key, ('X-Forwarded-For', '192.0.2.1')], is_good=False).expect(401, 'authentication_required')


def test_where_cards_are_off_tokens_still_pay(open_shop, tmp_path):
    shop = open_shop(master_key_file=make_master(tmp_path))
    token, bare = stored(shop.client), stored(shop.client, BARE)
    shop.gateway.restart(cards='off')
    store_card(shop.client).expect(403, 'cards_off')
    pay(shop.client, bare, cvv='123').expect(403, 'cards_off')
    pay(shop.client, token).expect(201)
    delete(shop.client, token).expect(200)


# --- without a vault ---

def test_without_a_vault_only_tokens_are_refused(open_shop):
    shop = open_shop()
    assert shop.client.look('/readyz').expect(200) == {'status': 'ready'}
    assert store_card(shop.client).expect(503, 'vault_sealed')['retryable']
    pay(shop.client, UNKNOWN).expect(422, 'token_unknown')
    shop.client.authorized()
