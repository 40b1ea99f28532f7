# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at any moment, under load and in stories. Whatever was told stays true, and the books agree."""
import contextlib
import http.client
import os
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import at_once, together
from florin_testing.kills import Life, Pace
from florin_testing.waiting import until

LIVES = 15 if os.environ.get('FLORIN_LONG') else 2
KILLS = 20  # in each; tools/kills makes any number of them
PACE = Pace(serving=0.25, coming_up=0.25, until_point=0.6)  # of a sanitized build on a busy machine


@pytest.mark.timeout(300)
@pytest.mark.parametrize('seed', range(LIVES))
def test_random_kills_under_load(tmp_path, seed):
    """One effect for each operation, one answer for each key, whole histories: see florin_testing/kills.py."""
    with Life(tmp_path / 'shop', seed, PACE) as life:
        tally = life.live(KILLS)
    assert tally.at_random > 0 and tally.at_points, 'chance left something out'
    assert tally.payments >= KILLS, 'hardly anything happened'


def test_a_kill_during_the_release_of_holds_that_the_clock_ended(open_shop):
    """1. Twenty holds end by our own clock. 2. Killed when the first is being given back, then again. 3. All are given back, once."""
    shop = open_shop(bank={'auth_expiry_hours': -1, 'latency': '0:50'}, bank_resend_after_ms=200)
    payments = [shop.client.authorized() for _ in range(20)]
    for point in ('operation.record_attempt:3', 'operation.read_answer:5'):
        shop.gateway.kill().start(env={'FLORIN_CRASH_AT': point})
        shop.gateway.wait_for_death(within=40)
    shop.gateway.start()
    def all_released():
        return all(receipt['state'] == 'expired' and receipt['voided_at'] for receipt in shop.client.all())
    until(all_released, 'all holds are given back', within=40, every=0.2)
    assert shop.bank.summary()['voids']['count'] == len(payments)
    shop.all_settled()
    shop.books_agree()


def test_killed_before_it_is_ready_again_and_again(open_shop):
    """Open operations survive a gateway that does not even get up, ten times."""
    shop = open_shop(bank_resend_after_ms=300)
    held = [shop.client.authorized() for _ in range(5)]
    shop.bank.fault('silence', '/api/v1/captures', times=5)
    shop.gateway.restart(answer_within_ms=100)
    for payment in held:
        shop.client.capture(payment, key=payment['id']).expect(202)
    shop.gateway.kill()
    shop.bank.clear_faults()
    for index in range(10):
        shop.gateway.launch()
        time.sleep(0.01 * index)
        shop.gateway.kill()
    shop.gateway.start()
    for payment in held:
        assert shop.settled(payment)['state'] == 'captured'
        shop.client.capture(payment, key=payment['id']).expect(200)
    shop.books_agree()


def test_a_kill_with_a_thousand_payments_at_the_bank(open_shop):
    """1. A thousand authorizations and captures are at the bank. 2. Kill -9. 3. The next start takes all of them up. 4. All end, once."""
    shop = open_shop(bank={'latency': '1500:2500'}, bank_resend_after_ms=2700, answer_within_ms=300, log_level='info')
    shop.bank.settings(latency_ms='0:0')
    held = together(50, lambda _: shop.client.authorized(), range(500))
    shop.bank.settings(latency_ms='1500:2500')
    wishes = [(fresh_key(), shop.client.wish(100)) for _ in range(500)]

    def ask(index):
        if index % 2:
            return shop.client.capture(held[index // 2], key=held[index // 2]['id'])
        return shop.client.post('/v1/payments', wishes[index // 2][1], wishes[index // 2][0])
    answers = together(250, ask, range(1000))
    assert {answer.status for answer in answers} <= {200, 201, 202}
    shop.gateway.kill().start()
    shop.bank.settings(latency_ms='0:0')
    shop.all_settled()
    again = together(50, ask, range(1000))
    assert {answer.status for answer in again} == {200, 201}
    for first, last in zip(answers, again):
        assert first.status == 202 or first.body == last.body
    shop.books_agree()


def test_a_start_while_the_bank_is_away(open_shop):
    """Open operations wait for the bank as long as it takes; the gateway serves meanwhile."""
    shop = open_shop(door=True, answer_within_ms=200)
    held = [shop.client.authorized() for _ in range(5)]
    shop.door.shut()
    for payment in held:
        shop.client.capture(payment, key=payment['id']).expect(202)
    shop.gateway.kill().start()
    for payment in held:
        receipt = shop.client.get(payment)
        assert receipt['state'] == 'authorized' and receipt['operation']['kind'] == 'capture'
        shop.client.void(payment).expect(409, 'operation_in_progress')
    shop.door.open()
    for payment in held:
        assert shop.settled(payment)['state'] == 'captured'
        shop.client.capture(payment, key=payment['id']).expect(200)
    shop.books_agree()


def killed_at_the_bank(shop, key, wish):
    """An authorization that the bank has answered, and that the gateway did not live to read."""
    shop.gateway.restart(env={'FLORIN_CRASH_AT': 'operation.read_answer'})
    with contextlib.suppress(OSError, http.client.HTTPException):
        shop.client.post('/v1/payments', wish, key)
    shop.gateway.wait_for_death()
    assert shop.bank.summary()['holds']['count'] == 1


def test_an_authorization_of_before_is_not_called_off_while_the_bank_is_away(open_shop):
    """1. The bank holds the money; killed. 2. The next start cannot reach it, for longer than anybody waits. 3. "Failed" would be
    false: it stays unknown. 4. The bank is back: authorized, one hold."""
    shop = open_shop(door=True, answer_within_ms=300, bank_resend_after_ms=100)
    key, wish = fresh_key(), shop.client.wish()
    killed_at_the_bank(shop, key, wish)
    shop.door.shut()
    shop.gateway.start()
    until(lambda: shop.client.all()[0]['operation']['state'] == 'unknown', 'it is taken up')
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        (receipt,) = shop.client.all()
        assert receipt['state'] == 'pending' and receipt['operation']['state'] == 'unknown', receipt
        shop.client.post('/v1/payments', wish, key).expect(202)
    shop.door.open()
    assert shop.settled(receipt)['state'] == 'authorized'
    assert shop.client.post('/v1/payments', wish, key).expect(201)['id'] == receipt['id']
    assert shop.bank.summary()['holds']['count'] == 1
    shop.books_agree()


def test_a_hold_that_a_kill_left_behind_is_reported(open_shop):
    """1. The bank holds the money and forgets the key; killed. 2. The next start's repeat makes another hold. 3. The first is told of."""
    shop = open_shop(bank_resend_after_ms=100)
    key, wish = fresh_key(), shop.client.wish()
    shop.bank.fault('forget_key', '/api/v1/authorizations')
    killed_at_the_bank(shop, key, wish)
    shop.gateway.start()
    receipt = shop.client.post('/v1/payments', wish, key).expect(201)
    assert shop.bank.summary()['open_holds']['count'] == 2
    assert sum(event['data'].get('possible_stray_holds', 0) for event in shop.client.events(receipt)) == 1
    shop.books_agree()


def test_equal_requests_at_once_right_after_a_restart(open_shop):
    """1. A payment is at the bank. 2. Kill and start. 3. Fifty repeats at once join the recovery: one payment, one hold, equal answers."""
    shop = open_shop(bank_resend_after_ms=800)
    key, wish = fresh_key(), shop.client.wish()
    killed_at_the_bank(shop, key, wish)
    shop.gateway.start()
    answers = at_once(50, lambda _: shop.client.post('/v1/payments', wish, key))
    assert {answer.status for answer in answers} == {201} and len({answer.body for answer in answers}) == 1
    assert shop.bank.summary()['holds']['count'] == 1 and len(shop.client.all()) == 1
    shop.books_agree()
