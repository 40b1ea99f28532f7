# SPDX-License-Identifier: Apache-2.0
"""The wire breaks at every place, between gateway and bank and between merchant and gateway: nothing is lost, nothing is doubled.

By default some places of each request and answer are tried, and of a capture's answer every byte; FLORIN_LONG=1 tries every byte of all.
"""
import itertools
import json
import os
import socket

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import together
from florin_testing.fault_proxy import (ANSWER, BLACK_HOLE, CUT, DELAY, HALF_CLOSE, REQUEST, RESET, SLICES, TAKE_AND_CLOSE, Fault,
                                        FaultProxy)
from florin_testing.messages import body_of, fields_of, take_message
from florin_testing.shop import Shop
from florin_testing.waiting import PATIENCE, until

LONG = os.environ.get('FLORIN_LONG') == '1'
AT_ONCE = 8
QUIET_SECONDS = 0.1
CLOCK_SECONDS = 0.005  # what two readings of one clock in two threads may differ by

OPERATIONS = ('authorize', 'capture', 'void', 'refund')
BEFORE = {'authorize': 'pending', 'capture': 'authorized', 'void': 'authorized', 'refund': 'captured'}
AFTER = {'authorize': 'authorized', 'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}


class WireShop:
    """A shop with a fault proxy on either side of its gateway, for all tests of this file: each leaves it healed."""

    def __init__(self, folder):
        self.shop = Shop(folder, answer_within_ms=1000, bank_timeout_ms=1500, bank_connect_timeout_ms=500, retry_base_ms=5,
                         bank_resend_after_ms=int(QUIET_SECONDS * 1000))
        self.client = self.shop.client
        self.to_bank = FaultProxy(self.shop.bank.address)
        self.shop.gateway.restart(bank_url=self.to_bank.url)
        self.to_gateway = FaultProxy(self.shop.gateway.address)

    def close(self):
        """Compares all books, and ends everything."""
        try:
            self.shop.all_settled()
            receipts = self.shop.books_agree()
            held = [receipt for receipt in receipts if receipt['processor_refs']['authorization_id']]
            assert self.shop.bank.summary()['holds']['count'] == len(held), 'an authorization was made twice'
            self.shop.close()
        finally:
            self.to_gateway.close()
            self.to_bank.close()

    def begin(self, operation):
        """What that operation can be done on: a payment, or the wish for a new one. The wire is well; the machine may be busy."""
        if operation == 'authorize':
            return self.client.wish()
        answer = until(lambda: is_taken(self.client.authorize()), 'a payment is taken')
        payment = self.shop.settled(answer.json)
        if operation == 'refund':
            self.client.capture(payment)
            payment = self.shop.settled(payment)
        assert payment['state'] == BEFORE[operation]
        return payment

    def do(self, operation, subject, key):
        """The operation itself."""
        return self.client.post('/v1/payments', subject, key) if operation == 'authorize' else self.client.change(subject, operation, key)

    def rehearse(self, proxy, operation):
        """How long request and answer of that operation are on that wire: {way: bytes}."""
        subject, before = self.begin(operation), len(proxy.exchanges)
        answer = self.do(operation, subject, fresh_key()) if proxy is self.to_bank else whole_answer(proxy, *words_of(operation, subject))
        assert status_of(answer) in (200, 201)
        exchange = proxy.exchanges[before]
        return {way: len(exchange.heard[way]) for way in (REQUEST, ANSWER)}


@pytest.fixture(scope='module', name='wire')
def wire_shop(tmp_path_factory):
    """The one for all."""
    shop = WireShop(tmp_path_factory.mktemp('wire'))
    yield shop
    shop.close()


@pytest.fixture(autouse=True)
def healed(wire):
    """Whatever a test did to the wires is over when it ends."""
    yield
    wire.to_bank.heal()
    wire.to_gateway.heal()
    wire.client.wire = None  # its connection may be idle for longer than the gateway keeps one, in a long run


def is_taken(answer):
    """The answer itself, unless the bank was taken for ill."""
    return answer if answer.status in (201, 202) else None


def places(length, count):
    """So many places from the first byte to behind the last; every one in a long run."""
    return range(length + 1) if LONG or count > length else sorted({index * length // count for index in range(count + 1)})


def with_rests(faults):
    """A good exchange behind each bad one if they are many: a bank that fails twenty times in a row would be left alone for a while."""
    return faults if len(faults) <= AT_ONCE else itertools.chain.from_iterable((fault, None) for fault in faults)


# --- what is always checked ---

def check_answer(operation, answer):
    """Honest: it is done, or nobody knows yet and the payment is what it was. Never "failed"."""
    if answer.status == 202:
        receipt = answer.json
        assert receipt['state'] == BEFORE[operation] and receipt['operation']['kind'] == operation, receipt
    else:
        assert answer.expect(201 if operation == 'authorize' else 200)['state'] == AFTER[operation]


def check_end(wire, operation, subject, key):
    """After the wire has healed: it is done, and the same key says so."""
    receipt = wire.do(operation, subject, key).json
    assert wire.shop.settled(receipt)['state'] == AFTER[operation]
    assert wire.do(operation, subject, key).expect(201 if operation == 'authorize' else 200)['operation'] is None


def check_repeats(exchanges):
    """Each key: the same body each time, one request after the other, and none before the quiet time after a lost one."""
    by_key = {}
    for exchange in exchanges:
        by_key.setdefault(exchange.key, []).append(exchange)
    repeats = 0
    for key, row in by_key.items():
        bodies = {body_of(exchange.heard[REQUEST]) for exchange in row if exchange.is_request_whole}
        assert len(bodies) <= 1, f'{key}: different bytes under one key'
        for former, later in zip(row, row[1:]):
            assert not former.was_answered, f'{key}: asked again although an answer had come'
            assert later.began - former.last >= QUIET_SECONDS - CLOCK_SECONDS, f'{key}: asked again after {later.began - former.last:.3f} s'
            repeats += 1
    return repeats


def run_all(wire, operation, faults):
    """One operation for each fault, several at a time, all of them checked to their end. Gives the exchanges with the bank."""
    subjects = together(AT_ONCE, lambda _: wire.begin(operation), faults)
    keys = [fresh_key() for _ in faults]
    before = len(wire.to_bank.exchanges)
    wire.to_bank.meet(*with_rests(faults))
    answers = together(AT_ONCE, lambda index: wire.do(operation, subjects[index], keys[index]), range(len(faults)))
    for answer in answers:
        check_answer(operation, answer)
    together(AT_ONCE, lambda index: check_end(wire, operation, subjects[index], keys[index]), range(len(faults)))
    return wire.to_bank.exchanges[before:]


# --- between gateway and bank ---

BREAKS = [
    # what        on which way   places
    (CUT,         REQUEST,       12),
    (CUT,         ANSWER,        12),
    (RESET,       REQUEST,       6),
    (RESET,       ANSWER,        6),
    (HALF_CLOSE,  REQUEST,       6),
    (HALF_CLOSE,  ANSWER,        6),
    (BLACK_HOLE,  REQUEST,       3),
    (BLACK_HOLE,  ANSWER,        3),
]


@pytest.mark.parametrize('operation', OPERATIONS)
@pytest.mark.parametrize('what, way, count', BREAKS, ids=[f'{what}_{way}' for what, way, _ in BREAKS])
def test_the_wire_to_the_bank_breaks(wire, operation, what, way, count):
    lengths = wire.rehearse(wire.to_bank, operation)
    if (what, way, operation) == (CUT, ANSWER, 'capture'):
        count = lengths[way]  # every byte, in every run
    faults = [Fault(what, way, at) for at in places(lengths[way], count)]
    exchanges = run_all(wire, operation, faults)
    struck = [exchange for exchange in exchanges if exchange.was_struck]
    assert len(struck) >= len(faults) - 1, 'the faults were not met'  # an answer's length may differ by a digit
    assert check_repeats(exchanges) >= sum(exchange.was_lost for exchange in struck), 'what was lost was not asked for again'


@pytest.mark.parametrize('operation', OPERATIONS)
def test_byte_by_byte_is_as_good_as_at_once(wire, operation):
    exchanges = run_all(wire, operation, [Fault(SLICES, REQUEST), Fault(SLICES, ANSWER)])
    assert len(exchanges) == 2 and all(exchange.was_answered for exchange in exchanges)


@pytest.mark.parametrize('way', [REQUEST, ANSWER])
@pytest.mark.parametrize('operation', OPERATIONS)
def test_a_pause_is_no_loss(wire, operation, way):
    """Shorter than the gateway's patience: the answer is taken when it comes."""
    lengths = wire.rehearse(wire.to_bank, operation)
    exchanges = run_all(wire, operation, [Fault(DELAY, way, at, seconds=0.4) for at in (1, lengths[way] // 2)])
    assert len(exchanges) == 2 and all(exchange.was_answered for exchange in exchanges), 'asked again although the answer was on its way'


@pytest.mark.parametrize('away', [FaultProxy.refuse, FaultProxy.stall], ids=['refuses', 'stalls'])
@pytest.mark.parametrize('operation', OPERATIONS)
def test_nobody_takes_the_connection(wire, operation, away):
    """Nothing left, for certain: a new payment fails and says so, a change goes on trying without a doubt."""
    subject, key, before = wire.begin(operation), fresh_key(), len(wire.to_bank.exchanges)
    away(wire.to_bank)
    answer = wire.do(operation, subject, key)
    assert len(wire.to_bank.exchanges) == before
    if operation == 'authorize':
        problem = answer.expect(503, 'processor_unavailable')
        assert wire.client.get(problem['payment_id'])['state'] == 'failed'
        return
    assert answer.expect(202)['operation']['state'] == 'running'
    wire.to_bank.heal()
    check_end(wire, operation, subject, key)
    assert len(wire.to_bank.exchanges) == before + 1


# libcurl sends a POST again by itself when a kept connection breaks behind it: decision 12.
TRAPS = [
    ('before_the_bank_acts', Fault(TAKE_AND_CLOSE, on_reuse=True)),
    ('after_the_bank_acted', Fault(CUT, ANSWER, 0, on_reuse=True)),
    ('reset_afterwards',     Fault(RESET, ANSWER, 0, on_reuse=True)),
]


@pytest.mark.parametrize('trap', [row[1] for row in TRAPS], ids=[row[0] for row in TRAPS])
@pytest.mark.parametrize('operation', OPERATIONS)
def test_a_kept_connection_that_ends_behind_a_request(wire, operation, trap):
    """1. The connection has carried a request. 2. It ends behind the next one. 3. That is sent once, and again only after the quiet time."""
    subject, key = wire.begin(operation), fresh_key()
    if operation == 'authorize':
        wire.begin('capture')  # so that a connection is kept
    before = len(wire.to_bank.exchanges)
    wire.to_bank.meet(trap)
    check_answer(operation, wire.do(operation, subject, key))
    check_end(wire, operation, subject, key)
    exchanges = wire.to_bank.exchanges[before:]
    assert wire.to_bank.left() == [], 'no kept connection was used'
    assert len(exchanges) == 2 and check_repeats(exchanges) == 1


# --- between merchant and gateway ---

def words_of(operation, subject, key=None):
    """Target, key and body of a request, for someone who writes it himself."""
    is_new = operation == 'authorize'
    target = '/v1/payments' if is_new else f'/v1/payments/{subject["id"]}/{operation}'
    return target, key or fresh_key(), subject if is_new else None


def one_try(proxy, target, key, body):
    """Asks once, on a connection of its own; b'' when no whole answer came."""
    content = json.dumps(body).encode() if body else b''
    head = (f'POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n'
            f'Content-Length: {len(content)}\r\n\r\n').encode()
    try:
        with socket.create_connection(proxy.name, timeout=PATIENCE) as connection:
            connection.sendall(head + content)
            return take_message(lambda: connection.recv(65536))
    except OSError:
        return b''


def whole_answer(proxy, target, key, body):
    """Asks again with the same key until an answer comes whole, as every merchant should."""
    for _ in range(len(proxy.left()) + 2):  # he may meet every fault of the plan
        if answer := one_try(proxy, target, key, body):
            return answer
    raise AssertionError(f'no whole answer, though no fault was left: {target}')


def status_of(answer):
    """The status of an answer in bytes, or of one that has been read."""
    return int(answer.split(b' ', 2)[1]) if isinstance(answer, bytes) else answer.status


CALLER_BREAKS = [
    (CUT,        REQUEST,  12),
    (CUT,        ANSWER,   12),
    (RESET,      REQUEST,  6),
    (RESET,      ANSWER,   6),
    (HALF_CLOSE, REQUEST,  6),
    (HALF_CLOSE, ANSWER,   6),
    (SLICES,     REQUEST,  1),
    (SLICES,     ANSWER,   1),
]


@pytest.mark.parametrize('operation', OPERATIONS)
@pytest.mark.parametrize('what, way, count', CALLER_BREAKS, ids=[f'{what}_{way}' for what, way, _ in CALLER_BREAKS])
def test_the_wire_to_the_merchant_breaks(wire, operation, what, way, count):
    """Whoever repeats his key gets his answer, the same bytes each time, and the bank is asked once."""
    lengths = wire.rehearse(wire.to_gateway, operation)
    faults = [Fault(what, way, at) for at in places(lengths[way], count)]
    subjects = together(AT_ONCE, lambda _: wire.begin(operation), faults)
    words = [words_of(operation, subject) for subject in subjects]
    asked, heard = len(wire.to_bank.exchanges), len(wire.to_gateway.exchanges)
    wire.to_gateway.meet(*faults)
    answers = together(AT_ONCE, lambda word: whole_answer(wire.to_gateway, *word), words)
    assert wire.to_gateway.left() == []
    struck = sum(exchange.was_struck for exchange in wire.to_gateway.exchanges[heard:])
    assert struck >= len(faults) - 1 or what == SLICES, 'the faults were not met'
    wire.to_gateway.heal()
    for word, answer in zip(words, answers):
        assert status_of(answer) == (201 if operation == 'authorize' else 200), answer
        again = whole_answer(wire.to_gateway, *word)
        assert body_of(again) == body_of(answer) and fields_of(again)[b'idempotent-replayed'] == b'true'
    assert len(wire.to_bank.exchanges) == asked + len(faults), 'the bank was asked for something twice'
