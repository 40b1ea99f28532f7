# SPDX-License-Identifier: Apache-2.0
"""Merchants who do not give up: each repeats a request with its key until there is a final answer, over any number of crashes, and
remembers everything that it was told. What was told has to stay true, to the byte."""
import collections
import http.client
import json
import random
import threading
import time

from florin_testing import cards
from florin_testing.client import Client, fresh_key
from florin_testing.wire import Wire

PATIENCE = 60          # seconds until a request has its final answer, crashes included
PAUSE = 0.005          # before a repeat
ASKED_AGAIN = 0.1      # how many of its old keys a merchant tries once more while it works

# Which states may follow one that a merchant was told of.
LATER = {
    'pending': {'pending', 'authorized', 'captured', 'voided', 'refunded', 'declined', 'failed', 'expired'},
    'authorized': {'authorized', 'captured', 'voided', 'refunded', 'expired'},
    'captured': {'captured', 'refunded'},
    'refunded': {'refunded'}, 'voided': {'voided'}, 'declined': {'declined'}, 'failed': {'failed'}, 'expired': {'expired'},
}

# What merchants do: members of the payment, its status, then commands with the status that each must have.
LIVES = [
    ({}, 201, [('capture', 200), ('refund', 200)]),
    ({}, 201, [('capture', 200)]),
    ({}, 201, [('void', 200)]),
    ({}, 201, [('refund', 409), ('void', 200), ('capture', 409)]),
    ({}, 201, []),
    ({'capture': 'automatic'}, 201, []),
    ({'capture': 'automatic'}, 201, [('void', 409), ('refund', 200)]),
    ({'card': cards.NO_FUNDS}, 402, []),
]

Told = collections.namedtuple('Told', 'target body key answer')  # a request and the final answer to it


def state_told(answer):
    """(payment, state) that an answer speaks of; None when it speaks of none."""
    told = answer.json
    payment, state = told.get('payment_id') or told.get('id'), told.get('state')
    return (payment, state) if state else None


def is_final(answer):
    """An answer that will not change any more."""
    if answer.status in (202, 429):
        return False
    if answer.status == 503:
        return 'payment_id' in answer.json
    return not (answer.status == 409 and answer.code in ('operation_in_progress', 'idempotency_in_progress'))


class Merchant(threading.Thread):
    """Pays, captures, voids, refunds and is refused, until its shop closes."""

    def __init__(self, gateway, seed):
        super().__init__(daemon=True)
        self.gateway, self.chance = gateway, random.Random(seed)
        self.wire = None
        self.is_open = True
        self.told = []
        self.requests = 0
        self.trouble = None  # what went wrong, for whoever joins

    def run(self):
        try:
            while self.is_open:
                self.live()
        except BaseException as trouble:  # told to the test, which fails with it
            self.trouble = trouble
        finally:
            if self.wire:
                self.wire.close()

    def live(self):
        """One payment, and what follows."""
        members, status, verbs = self.chance.choice(LIVES)
        told = self.insist('/v1/payments', Client.wish(self.chance.randrange(1, 1000), **members), status)
        for verb, status in verbs:
            self.insist(f'/v1/payments/{told["id"]}/{verb}', None, status)
        if self.chance.random() < ASKED_AGAIN:
            self.ask_again(self.chance.choice(self.told))

    def insist(self, target, body, status):
        """The final answer, however often one has to ask."""
        key, deadline = fresh_key(), time.monotonic() + PATIENCE
        answer = self.ask(target, body, key)
        while answer is None or not is_final(answer):
            assert time.monotonic() < deadline, f'no end of {target} {key}: {answer}'
            time.sleep(PAUSE)
            answer = self.ask(target, body, key)
        self.told.append(Told(target, body, key, answer))
        return answer.expect(status)

    def ask_again(self, told):
        """A key that had its final answer: the same one, or none while the gateway is away."""
        answer = self.ask(told.target, told.body, told.key)
        if answer is not None and answer.status != 503:
            assert is_same(told.answer, answer), f'{told} became {answer}'

    def ask(self, target, body, key):
        """One try; None when nobody answered."""
        if self.wire is None or self.wire.address != self.gateway.address:
            self.wire = Wire(self.gateway.address)
        headers = [('Idempotency-Key', key)] + ([('Content-Type', 'application/json')] if body else [])
        self.requests += 1
        try:
            return self.wire.ask('POST', target, headers, json.dumps(body).encode() if body else b'')
        except (OSError, http.client.HTTPException):
            return None


def is_same(first, last):
    """The same status and the same bytes."""
    return (first.status, first.body) == (last.status, last.body)


def check_told(merchants, states):
    """Repeats every key that had its end, and looks whether the payments are in the states told or in later ones; gives the number."""
    count = 0
    for merchant in merchants:
        for told in merchant.told:
            last = merchant.ask(told.target, told.body, told.key)
            assert last is not None and is_same(told.answer, last), f'what was told has changed: {told} became {last}'
            spoken = state_told(told.answer)
            assert spoken is None or states[spoken[0]] in LATER[spoken[1]], f'what was told is not true any more: {told}'
            count += 1
    return count


def stop(merchants):
    """Each ends what it has begun."""
    for merchant in merchants:
        merchant.is_open = False
    for merchant in merchants:
        if merchant.is_alive():
            merchant.join(120)


def raise_trouble(merchants):
    """Nobody was told anything wrong so far."""
    troubles = [merchant.trouble for merchant in merchants if merchant.trouble]
    if troubles:
        raise troubles[0]
