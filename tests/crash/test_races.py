# SPDX-License-Identifier: Apache-2.0
"""Commands that race each other: one wins, here and at the bank.

Each pair of commands that exclude each other is raced by 64 clients: for 20 rounds, or for 300 with FLORIN_LONG=1.
"""
import collections
import contextlib
import os
import random
import time

import pytest
from florin_testing.client import Client, fresh_key
from florin_testing.crowd import at_once, together
from florin_testing.race import Racers, post
from florin_testing.shop import Shop

ROUNDS = 300 if os.environ.get('FLORIN_LONG') == '1' else 20
RACERS = 64
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


# --- sixty-four at once ---

COUNTED = {'capture': 'captures', 'void': 'voids', 'refund': 'refunds', 'authorize': 'holds'}
AFTER = {'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}

# on a payment that is   half of them     the other half   who can win, and how often: any means one of both
RACES = [
    ('authorized',         'capture',       'capture',       {'capture': 1}),
    ('authorized',         'void',          'void',          {'void': 1}),
    ('authorized',         'capture',       'void',          'any'),
    ('authorized',         'capture',       'refund',        {'capture': 1, 'refund': (0, 1)}),  # it may come when the capture is done
    ('authorized',         'void',          'refund',        {'void': 1}),
    ('captured',           'refund',        'refund',        {'refund': 1}),
    ('captured',           'capture',       'refund',        {'refund': 1}),
    ('captured',           'void',          'refund',        {'refund': 1}),
]
NAMES = [f'{one}-{other}-{state}' for state, one, other, _ in RACES]


class Track:
    """A shop, sixty-four racers, and a count of what was won."""

    def __init__(self, folder):
        self.shop = Shop(folder, bank={'latency': '0:3'})
        self.client = self.shop.client
        self.racers = Racers(self.shop.gateway.address, RACERS)
        self.chance = random.Random(64)
        self.rounds, self.seconds, self.winners = 0, 0.0, collections.Counter()

    def close(self):
        """No race has left anything open, and the books agree."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.shop.close)
            stack.callback(self.racers.close)
            self.shop.all_settled()
            self.shop.books_agree()
            assert self.shop.gateway.command('reconcile')[0] == 0
            print(f'\nraces: {self.rounds} rounds, {self.racers.requests} requests, {sum(self.winners.values())} winners '
                  f'({dict(self.winners)}), {self.seconds:.1f} s in the races')

    def payments(self, count, state):
        """The ids of so many new payments in that state."""
        made = self.racers.run_all([post('/v1/payments', fresh_key(), Client.wish()) for _ in range(count)])
        assert {outcome.status for outcome in made} == {201}, made
        ids = [outcome.json['id'] for outcome in made]
        if state == 'captured':
            done = self.racers.run_all([post(f'/v1/payments/{name}/capture', fresh_key()) for name in ids])
            assert {outcome.status for outcome in done} == {200}, done
        return ids

    def race(self, words, requests):
        """All at once in a random order: {word: outcomes of those that said it}."""
        lanes = list(zip(words, requests))
        self.chance.shuffle(lanes)
        start = time.monotonic()
        outcomes = self.racers.run([request for _, request in lanes])
        self.seconds += time.monotonic() - start
        self.rounds += 1
        told = collections.defaultdict(list)
        for (word, _), outcome in zip(lanes, outcomes):
            told[word].append(outcome)
        return told

    def effects(self):
        """How often the bank has done what."""
        summary = self.shop.bank.summary()
        return {verb: summary[name]['count'] for verb, name in COUNTED.items()}

    def check_effects(self, before, won):
        """What the bank has done since is what was won."""
        done = {verb: count - before[verb] for verb, count in self.effects().items()}
        assert done == {verb: won[verb] for verb in COUNTED}
        self.winners.update(won)


@pytest.fixture(scope='module', name='track')
def race_track(tmp_path_factory):
    """One for all races."""
    with contextlib.closing(Track(tmp_path_factory.mktemp('track'))) as track:
        yield track


def half_and_half(one, other):
    """What each racer says."""
    return [one] * (RACERS // 2) + [other] * (RACERS // 2)


def is_allowed(wins, allowed):
    """May it have ended like that?"""
    if allowed == 'any':
        return sum(wins.values()) == 1
    allowed = {verb: count if isinstance(count, tuple) else (count, count) for verb, count in allowed.items()}
    return all(least <= wins[verb] <= most for verb, (least, most) in allowed.items()) and set(+wins) <= set(allowed)


@pytest.mark.parametrize('state, one, other, allowed', RACES, ids=NAMES)
def test_sixty_four_clients_with_a_key_each(track, state, one, other, allowed):
    """One of them wins; the others hear that something is running, or that it is too late."""
    payments, won = track.payments(ROUNDS, state), collections.Counter()
    before = track.effects()
    for payment in payments:
        words = half_and_half(one, other)
        told = track.race(words, [post(f'/v1/payments/{payment}/{word}', fresh_key()) for word in words])
        verdicts = {outcome.verdict for outcomes in told.values() for outcome in outcomes}
        assert verdicts <= LOST | {(200, None)}, verdicts
        wins = collections.Counter({word: sum(outcome.status == 200 for outcome in outcomes) for word, outcomes in told.items()})
        assert is_allowed(wins, allowed), wins
        won.update(wins)
        last = 'refund' if wins['refund'] else next(verb for verb in AFTER if wins[verb])
        assert track.client.get(payment)['state'] == AFTER[last]
    track.check_effects(before, won)
    assert ROUNDS < 300 or allowed != 'any' or len(+won) == 2, f'{won}: one of them always wins, so nothing raced'


def owner_of(told):
    """Whose key it became: he is told the same bytes each time, everybody else that the key is taken."""
    heard = {word: collections.Counter(outcome.verdict for outcome in outcomes) for word, outcomes in told.items()}
    owners = [word for word, verdicts in heard.items() if (422, 'idempotency_key_reused') not in verdicts]
    assert len(owners) == 1, heard
    for word, outcomes in told.items():
        assert len({outcome.body for outcome in outcomes}) == 1 or word != owners[0], f'{word}: not the same bytes for one key'
        assert len({outcome.verdict for outcome in outcomes}) == 1, told
    return owners[0], told[owners[0]][0]


@pytest.mark.parametrize('state, one, other, allowed', RACES, ids=NAMES)
def test_sixty_four_clients_with_one_key(track, state, one, other, allowed):
    """The key becomes that of whoever is first, and all who say the same hear his answer."""
    del allowed
    payments, won = track.payments(ROUNDS, state), collections.Counter()
    before = track.effects()
    for payment in payments:
        words, key = half_and_half(one, other), fresh_key()
        told = track.race(words, [post(f'/v1/payments/{payment}/{word}', key) for word in words])
        owner, outcome = owner_of(told)
        assert outcome.verdict in {(200, None), (409, 'invalid_state')}, outcome
        won[owner] += outcome.status == 200
        assert track.client.get(payment)['state'] == (AFTER[owner] if outcome.status == 200 else state)
    track.check_effects(before, won)


@pytest.mark.parametrize('bodies', [1, 2], ids=['same_body', 'other_body'])
def test_sixty_four_new_payments_with_one_key(track, bodies):
    """One payment, one hold; another body hears that the key is taken."""
    won, before = collections.Counter(), track.effects()
    for _ in range(ROUNDS):
        key, wish = fresh_key(), Client.wish()
        words = half_and_half(5000, 5000 * bodies)
        told = track.race(words, [post('/v1/payments', key, {**wish, 'amount': word}) for word in words])
        amount, outcome = owner_of(told)
        assert outcome.status == 201 and outcome.json['amount'] == amount
        assert len(track.client.all(order_id=wish['order_id'])) == 1
        won['authorize'] += 1
    track.check_effects(before, won)
