# SPDX-License-Identifier: Apache-2.0
"""The wall clock jumps, under a running gateway and between two of its lives: recorded times never go back, no key is forgotten, nothing
happens twice, and a hold ends only when its time is over by our clock and the bank agrees."""
import pytest
from florin_testing.client import fresh_key
from florin_testing.histories import check_history, history_of
from florin_testing.merchants import is_same
from florin_testing.world_page import WorldPage

HOUR, DAY = 3600, 24 * 3600
YEARS = 365 * DAY
JUMPS = [-10 * YEARS, -40 * DAY, -DAY, -HOUR, -1, 1, HOUR, 6 * DAY, 40 * DAY, 10 * YEARS]
HOLD_SECONDS = 7 * DAY  # of the simulated bank


@pytest.fixture
def page(tmp_path):
    return WorldPage(tmp_path)


@pytest.fixture(params=['while-it-runs', 'while-it-is-down'])
def jump(request, page):
    """Turns the clock of a shop's gateway."""
    def turn(shop, seconds):
        if request.param == 'while-it-is-down':
            shop.gateway.kill()
        page.turn_clock(seconds)
        if request.param == 'while-it-is-down':
            shop.gateway.start(env=page.env)
    return turn


def asked_before(shop):
    """Payments in every state, and all requests with the answers that they had: [(target, body, key, answer)]."""
    told = []

    def ask(target, body=None):
        key = fresh_key()
        told.append((target, body, key, shop.client.post(target, body, key)))
        return told[-1][3].json
    held, captured, refunded = [ask('/v1/payments', shop.client.wish()) for _ in range(3)]
    for payment, verbs in ((captured, ('capture',)), (refunded, ('capture', 'refund'))):
        for verb in verbs:
            ask(f'/v1/payments/{payment["id"]}/{verb}')
    return held, captured, told


@pytest.mark.parametrize('seconds', JUMPS)
def test_a_jump_of_the_wall_clock(open_shop, page, jump, seconds):
    """1. Payments. 2. The clock jumps. 3. Every key has its old answer, to the byte. 4. Life goes on: capture, refund, a new payment.
    5. The clock is set right. 6. Life goes on, and no history goes back."""
    shop = open_shop(env=page.env)
    held, captured, told = asked_before(shop)
    jump(shop, seconds)
    for target, body, key, answer in told:
        assert is_same(answer, shop.client.post(target, body, key)), f'{target} {key} was forgotten'
    after = shop.client.capture(held)
    if seconds < HOLD_SECONDS:
        after.expect(200)
    else:
        assert after.status in (200, 409), after
    shop.client.refund(captured).expect(200)
    fresh = shop.client.authorized() if seconds < HOLD_SECONDS else None  # by our clock the bank's hold is over when it begins
    jump(shop, 0)
    if fresh:
        shop.client.void(fresh).expect(200)
    shop.client.captured()
    shop.all_settled()
    for receipt in shop.books_agree():
        check_history(receipt['id'], history_of(shop.client, receipt['id']))


@pytest.mark.parametrize('seconds', [-10 * YEARS, -HOUR, HOUR, 10 * YEARS])
def test_a_jump_while_a_capture_is_in_doubt(open_shop, page, jump, seconds):
    """1. The bank captures, and its answer is lost. 2. The clock jumps. 3. The same key ends with one capture."""
    shop = open_shop(env=page.env, answer_within_ms=200, bank_resend_after_ms=1000)
    payment, key = shop.client.authorized(), fresh_key()
    shop.bank.fault('act_then_hang_up', '/api/v1/captures')
    shop.client.capture(payment, key=key).expect(202)
    jump(shop, seconds)
    assert shop.settled(payment)['state'] == 'captured'
    shop.client.capture(payment, key=key).expect(200)
    assert shop.bank.summary()['captures']['count'] == 1
    shop.books_agree()
    check_history(payment['id'], history_of(shop.client, payment['id']))
