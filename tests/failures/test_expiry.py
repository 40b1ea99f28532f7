# SPDX-License-Identifier: Apache-2.0
"""Holds end. Then nothing is captured, the state says so, and Florin gives back what the bank would keep for ever."""
import pytest
from florin_testing.client import fresh_key
from florin_testing.waiting import until


def released(receipt):
    """The receipt once its hold has ended and was given back."""
    return receipt if receipt['state'] == 'expired' and receipt['operation'] is None and receipt['voided_at'] else None


def check_released(shop, payment):
    """Expired, given back at the bank, and told so."""
    receipt = until(lambda: released(shop.client.get(payment)), 'the hold ends and is given back', within=40)
    assert receipt['captured_amount'] == 0 and receipt['processor_refs']['void_id']
    assert shop.bank.summary()['open_holds']['count'] == 0, 'the hold is still there'
    shop.books_agree()
    return receipt


def test_the_bank_says_that_a_hold_is_over(open_shop):
    """1. Authorize. 2. A week passes at the bank. 3. Capture: 409. 4. The hold is given back. 5. The key keeps its answer."""
    shop = open_shop()
    payment, key = shop.client.authorized(), fresh_key()
    shop.bank.advance(hours=169)
    first = shop.client.capture(payment, key)
    problem = first.expect(409, 'authorization_expired')
    assert problem['payment_id'] == payment['id'] and problem['state'] == 'expired'
    check_released(shop, payment)
    again = shop.client.capture(payment, key)
    assert (again.status, again.body, again.replayed) == (409, first.body, True)
    shop.client.capture(payment).expect(409, 'authorization_expired')
    shop.client.void(payment).expect(409, 'authorization_expired')
    types = [event['type'] for event in shop.client.events(payment)]
    assert types == ['authorize_started', 'authorized', 'capture_started', 'expired', 'void_started', 'voided']


def test_a_hold_that_is_over_at_once(open_shop):
    shop = open_shop(bank={'auth_expiry_hours': 0})
    payment = shop.client.authorized()
    shop.client.capture(payment).expect(409, 'authorization_expired')
    check_released(shop, payment)


def test_a_hold_that_has_ended_may_still_be_given_back_by_hand(open_shop):
    shop = open_shop(bank={'auth_expiry_hours': 0})
    payment = shop.client.authorized()
    assert shop.client.void(payment).expect(200)['state'] == 'voided'
    shop.books_agree()


def test_our_own_clock_ends_a_hold_without_being_asked(open_shop):
    """The bank says that it ended an hour ago: more than the five minutes that two clocks may differ."""
    shop = open_shop(bank={'auth_expiry_hours': -1})
    payment = shop.client.authorized()
    shop.client.capture(payment).expect(409, 'authorization_expired')
    assert shop.asked('/api/v1/captures') == [], 'the bank was asked about a hold that is surely over'
    check_released(shop, payment)


def test_what_ended_while_florin_was_down_is_given_back(open_shop):
    shop = open_shop(bank={'auth_expiry_hours': -1})
    payments = [shop.client.authorized() for _ in range(5)]
    shop.gateway.kill().start()
    for payment in payments:
        until(lambda payment=payment: released(shop.client.get(payment)), 'the hold ends and is given back', within=40)
    check_released(shop, payments[0])


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'internal_400', 'internal_400_done', 'fail', 'hang_up'])
def test_giving_back_survives_the_banks_faults(open_shop, fault):
    shop = open_shop(bank={'auth_expiry_hours': 0})
    payment = shop.client.authorized()
    shop.bank.fault(fault, '/api/v1/voids', times=2)
    shop.client.capture(payment).expect(409, 'authorization_expired')
    receipt = shop.settled(payment)
    assert receipt['state'] == 'expired' and receipt['voided_at']
    shop.books_agree()


def test_an_expired_capture_after_a_lost_answer_is_certain(open_shop):
    """1. The capture's answer is lost; the bank did nothing. 2. The hold ends. 3. "Expired" says that the first try failed, too."""
    shop = open_shop(bank_resend_after_ms=1500)
    payment = shop.client.authorized()
    shop.bank.fault('hang_up', '/api/v1/captures')
    shop.bank.advance(hours=169)
    shop.client.capture(payment).expect(409, 'authorization_expired')
    check_released(shop, payment)


# --- automatic capture ---

def test_automatic_capture_of_a_hold_that_is_over(open_shop):
    shop, key = open_shop(bank={'auth_expiry_hours': 0}), fresh_key()
    wish = shop.client.wish(capture='automatic')
    first = shop.client.post('/v1/payments', wish, key)
    problem = first.expect(402, 'card_declined')
    check_released(shop, problem['payment_id'])
    assert shop.client.post('/v1/payments', wish, key).body == first.body


def test_automatic_capture_that_is_refused_for_good(open_shop):
    """1. The hold succeeds. 2. The bank refuses the capture for good. 3. The hold is given back. 4. 402, and no money is held."""
    shop, key = open_shop(), fresh_key()
    shop.bank.fault('plain_400', '/api/v1/captures')
    wish = shop.client.wish(capture='automatic')
    first = shop.client.post('/v1/payments', wish, key)
    problem = first.expect(402, 'card_declined')
    receipt = shop.client.get(problem['payment_id'])
    assert receipt['state'] == problem['state'] == 'voided' and receipt['operation'] is None
    assert receipt['processor_refs']['void_id'] and receipt['captured_amount'] == 0
    again = shop.client.post('/v1/payments', wish, key)
    assert (again.status, again.body, again.replayed) == (402, first.body, True)
    shop.books_agree()


def test_automatic_capture_in_doubt_is_told_as_202(open_shop):
    shop, key = open_shop(answer_within_ms=400), fresh_key()
    shop.bank.fault('late', '/api/v1/captures', latency_ms=1500)
    wish = shop.client.wish(capture='automatic')
    receipt = shop.client.post('/v1/payments', wish, key).expect(202)
    assert receipt['state'] == 'authorized' and receipt['operation']['kind'] == 'capture'
    shop.settled(receipt)
    assert shop.client.post('/v1/payments', wish, key).expect(201)['state'] == 'captured'
    shop.books_agree()


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'hang_up', 'internal_400', 'internal_400_done', 'fail', 'garbage', 'html_502'])
@pytest.mark.parametrize('path', ['authorizations', 'captures'])
def test_automatic_capture_survives_the_banks_faults(open_shop, path, fault):
    shop = open_shop(answer_within_ms=30000)
    shop.bank.fault(fault, f'/api/v1/{path}', times=2)
    assert shop.client.authorize(capture='automatic').expect(201)['state'] == 'captured'
    shop.books_agree()
