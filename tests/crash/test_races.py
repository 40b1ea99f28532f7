# SPDX-License-Identifier: Apache-2.0
"""Commands that race each other: one wins, here and at the bank."""
import collections
import random

from florin_testing.client import fresh_key
from florin_testing.crowd import at_once, together

PAIRS = 200
AT_ONCE = 10
LOST = {(409, 'operation_in_progress'), (409, 'invalid_state')}


def race(shop, payment, verbs):
    """All verbs at once on one payment; (status, code) of each."""
    answers = at_once(len(verbs), lambda index: shop.client.change(payment, verbs[index]))
    return [(answer.status, answer.code) for answer in answers]


def test_capture_against_void_two_hundred_times(open_shop):
    shop = open_shop(bank={'latency': '0:10'})
    payments = together(AT_ONCE, lambda _: shop.client.authorized(), range(PAIRS))
    chance = random.Random(7)
    order = [chance.choice([('capture', 'void'), ('void', 'capture')]) for _ in payments]
    results = together(AT_ONCE, lambda index: race(shop, payments[index], order[index]), range(PAIRS))
    winners = collections.Counter()
    for verbs, result in zip(order, results):
        won = [verb for verb, answer in zip(verbs, result) if answer == (200, None)]
        assert len(won) == 1 and set(result) - {(200, None)} <= LOST, result
        winners[won[0]] += 1
    summary = shop.bank.summary()
    assert (summary['captures']['count'], summary['voids']['count']) == (winners['capture'], winners['void'])
    assert len(winners) == 2, 'one of them always wins: nothing raced'
    shop.books_agree()


def test_capture_against_void_while_answers_are_lost(open_shop):
    """As above, and every other answer of the bank is lost after it acted."""
    shop = open_shop(bank={'latency': '0:10'}, answer_within_ms=40000)
    payments = together(AT_ONCE, lambda _: shop.client.authorized(), range(60))
    for index in range(30):
        for path in ('captures', 'voids'):
            shop.bank.fault('act_then_hang_up', f'/api/v1/{path}', after=index)
    results = together(AT_ONCE, lambda payment: race(shop, payment, ('capture', 'void')), payments)
    for result in results:
        assert result.count((200, None)) == 1 and set(result) - {(200, None)} <= LOST, result
    shop.books_agree()


def test_everything_against_everything(open_shop):
    """Six commands at once on a payment that has just been captured: one refund, nothing else."""
    shop = open_shop(bank={'latency': '0:20'})
    verbs = ('refund', 'void', 'capture', 'refund', 'void', 'refund')
    for payment in together(AT_ONCE, lambda _: shop.client.captured(), range(20)):
        result = race(shop, payment, verbs)
        assert result.count((200, None)) == 1 and set(result) - {(200, None)} <= LOST, result
        assert shop.client.get(payment)['state'] == 'refunded'
    shop.books_agree()


def test_one_key_for_two_commands_at_once(open_shop):
    """The key belongs to whoever came first; the other hears so, whatever the timing."""
    shop = open_shop(bank={'latency': '50:50'})
    for _ in range(10):
        payment, key = shop.client.authorized(), fresh_key()
        answers = at_once(2, lambda index: shop.client.change(payment, ('capture', 'void')[index], key))
        assert sorted(answer.status for answer in answers) == [200, 422]
    shop.books_agree()
