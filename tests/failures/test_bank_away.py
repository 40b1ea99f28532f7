# SPDX-License-Identifier: Apache-2.0
"""The bank cannot be reached, or is cut off in the middle: what is refused, what is promised, and what is kept."""
import contextlib
import socket
import threading
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import at_once, together
from florin_testing.waiting import until

OPERATIONS = ('capture', 'void', 'refund')
STATES = {'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}


def test_an_authorization_that_never_left_fails_and_says_so(open_shop):
    """1. Nobody is there until the deadline. 2. 503, and a payment that has failed. 3. The bank is back: the key keeps its answer.
    4. A new key pays. 5. One hold."""
    shop = open_shop(door=True, answer_within_ms=700)
    shop.door.shut()
    wish, key = shop.client.wish(), fresh_key()
    first = shop.client.post('/v1/payments', wish, key)
    problem = first.expect(503, 'processor_unavailable')
    receipt = shop.client.get(problem['payment_id'])
    assert problem['state'] == receipt['state'] == 'failed' and receipt['operation'] is None
    assert [event['type'] for event in shop.client.events(receipt)] == ['authorize_started', 'authorize_failed']

    shop.door.open()
    again = shop.client.post('/v1/payments', wish, key)
    assert (again.status, again.body, again.replayed) == (503, first.body, True)
    until(lambda: shop.client.post('/v1/payments', wish).status == 201, 'the bank is used again')
    shop.books_agree()
    assert shop.bank.summary()['holds']['count'] == 1


def test_a_bank_that_does_not_even_refuse(open_shop):
    """Connections are neither taken nor refused: nothing has left, so the authorization can be called off at the deadline."""
    with socket.socket() as full:
        full.bind(('127.0.0.1', 0))
        full.listen(0)
        with contextlib.ExitStack() as others:
            for _ in range(3):  # who comes now waits outside
                other = others.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(full.getsockname())
            shop = open_shop(answer_within_ms=1500, bank_connect_timeout_ms=1000)
            shop.gateway.restart(bank_url=f'http://127.0.0.1:{full.getsockname()[1]}')
            problem = shop.client.authorize().expect(503, 'processor_unavailable')
            assert shop.client.get(problem['payment_id'])['state'] == 'failed'


@pytest.mark.parametrize('operation', OPERATIONS)
def test_a_change_waits_for_the_bank_to_return(open_shop, operation):
    """1. Nobody is there. 2. 202: it goes on trying. 3. The bank is back. 4. It is done, once; the same key says so."""
    shop = open_shop(door=True, answer_within_ms=400)
    payment = shop.client.captured() if operation == 'refund' else shop.client.authorized()
    key = fresh_key()
    shop.door.shut()
    receipt = shop.client.change(payment, operation, key).expect(202)
    assert receipt['state'] == payment['state']
    assert receipt['operation']['kind'] == operation and receipt['operation']['state'] == 'running', 'nothing has left, so nothing is in doubt'
    shop.client.change(payment, operation).expect(409, 'operation_in_progress')
    shop.door.open()
    assert shop.settled(payment)['state'] == STATES[operation]
    assert shop.client.change(payment, operation, key).expect(200)['state'] == STATES[operation]
    assert len(shop.asked(f'/api/v1/{operation}s')) == 1
    shop.books_agree()


def test_the_breaker_refuses_new_payments_before_anything_is_recorded(open_shop):
    """1. The bank goes away under load. 2. New payments hear 503 at once and leave nothing. 3. Captures are kept. 4. It returns."""
    shop = open_shop(door=True, answer_within_ms=1500)
    held = [shop.client.authorized() for _ in range(3)]
    shop.door.shut()
    wishes = [(fresh_key(), shop.client.wish()) for _ in range(30)]
    failed = at_once(30, lambda index: shop.client.post('/v1/payments', wishes[index][1], wishes[index][0]))
    recorded = sum('payment_id' in answer.expect(503, 'processor_unavailable') for answer in failed)

    def refuse_one():
        nonlocal recorded
        answer = shop.client.authorize()
        assert answer.expect(503, 'processor_unavailable')
        recorded += 'payment_id' in answer.json
        return 'payment_id' not in answer.json
    until(refuse_one, 'the breaker refuses something new')
    assert len(shop.client.all()) == recorded + 3, 'a refused payment was recorded'
    shop.client.capture(held[0]).expect(202)

    shop.door.open()
    until(lambda: shop.client.authorize().status == 201, 'new payments are taken again')
    assert shop.settled(held[0])['state'] == 'captured'
    assert until(lambda: shop.client.metrics()['florin_breaker_open{processor="bank"}'] == 0, 'the breaker is closed')
    for payment in held[1:]:
        shop.client.capture(payment).expect(200)
    shop.books_agree()


def test_a_refusal_by_the_breaker_does_not_use_up_the_key(open_shop):
    shop = open_shop(door=True, answer_within_ms=500)
    shop.door.shut()
    at_once(30, lambda _: shop.client.authorize())
    key, wish = fresh_key(), shop.client.wish()
    refused = shop.client.post('/v1/payments', wish, key).expect(503)
    if 'payment_id' in refused:
        pytest.skip('the breaker let this one through to look whether the bank is back')
    shop.door.open()
    until(lambda: shop.client.post('/v1/payments', wish, key).status == 201, 'the same key pays')
    shop.books_agree()


def test_a_breaker_that_is_open_still_gives_old_answers(open_shop):
    shop = open_shop(door=True, answer_within_ms=500)
    key, wish = fresh_key(), shop.client.wish()
    first = shop.client.post('/v1/payments', wish, key)
    shop.door.shut()
    at_once(30, lambda _: shop.client.authorize())
    again = shop.client.post('/v1/payments', wish, key)
    assert (again.status, again.body, again.replayed) == (201, first.body, True)
    assert shop.client.get(first.json) == first.json


@pytest.mark.parametrize('latency', ['0:0', '300:300'])
def test_connections_that_are_cut_again_and_again(open_shop, latency):
    """Sixty payments, captured and refunded or voided, while all connections are cut again and again."""
    shop = open_shop(door=True, bank={'latency': latency}, bank_resend_after_ms=400, answer_within_ms=40000)
    lives = [('capture', 'refund') if index % 2 else ('void',) for index in range(60)]
    running = True

    def cut():
        while running:
            shop.door.cut()
            time.sleep(0.4 if latency == '300:300' else 0.1)

    def live(verbs):
        receipt = shop.client.authorize().expect(201)
        for verb in verbs:
            receipt = shop.client.change(receipt, verb).expect(200)
    knife = threading.Thread(target=cut)
    knife.start()
    try:
        together(20, live, lives)
    finally:
        running = False
        knife.join()
    shop.books_agree()


def test_a_late_answer_is_taken_long_after_everybody_gave_up(open_shop):
    """The merchant's time is over and his connection gone; the bank's answer comes later on the open one."""
    shop = open_shop(answer_within_ms=200)
    wishes = [(fresh_key(), shop.client.wish()) for _ in range(10)]
    shop.bank.fault('late', '/api/v1/authorizations', times=10, latency_ms=2000)
    answers = at_once(10, lambda index: shop.client.post('/v1/payments', wishes[index][1], wishes[index][0]))
    assert {answer.status for answer in answers} == {202}
    for answer in answers:
        assert shop.settled(answer.json)['state'] == 'authorized'
    assert len(shop.asked('/api/v1/authorizations')) == 10, 'asked again although the answer was on its way'
    shop.books_agree()
