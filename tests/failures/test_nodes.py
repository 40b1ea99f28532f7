# SPDX-License-Identifier: Apache-2.0
"""Several nodes on one database: each drives what it began, and another one what a dead one left."""
import contextlib
import http.client
import pathlib
import secrets
import shutil
import tempfile
import threading
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import at_once, together
from florin_testing.gateway import flags, run
from florin_testing.nodes import MOVES_WITHIN
from florin_testing.waiting import until

QUIET = 1.5  # seconds


@pytest.fixture
def tmp_path_in_memory():
    """A folder on tmpfs."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='florin-test-', dir='/dev/shm'))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def in_background(call):
    """A call whose answer nobody needs."""
    def run():
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            call()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_two_nodes_serve_one_database(open_house):
    """1. Forty payments over two nodes. 2. Each is captured by the other one. 3. Every key has one answer at both; the books agree."""
    house = open_house()
    one, two = house.client('one'), house.client('two')
    wishes = [(fresh_key(), one.wish()) for _ in range(40)]

    def pay(number):
        return (two if number % 2 else one).post('/v1/payments', wishes[number][1], wishes[number][0])
    answers = [pay(number) for number in range(40)]
    for number, answer in enumerate(answers):
        (one if number % 2 else two).capture(answer.expect(201)).expect(200)
    for number, answer in enumerate(answers):
        again = (one if number % 2 else two).post('/v1/payments', wishes[number][1], wishes[number][0])
        assert again.body == answer.body and again.header('idempotent-replayed') == 'true'
    assert len(house.books_agree('one')) == 40
    until(lambda: one.metrics()['florin_nodes'] == 2, 'they know each other')
    assert one.metrics()['florin_node_lease'] == 1
    started = dict(house.ask("SELECT node, count(*) FROM operation WHERE kind = 'authorize' GROUP BY node"))
    assert started == {'one': '20', 'two': '20'}


# --- fraud checks ---

def test_limits_and_reviews_hold_for_all_nodes(open_house, tmp_path):
    """1. Tries of one customer, in turns over two nodes: the sixth is refused at whichever. 2. One node holds for a review, the other one ends it.
    3. The store is what its histories come to."""
    file = tmp_path / 'risk.conf'
    file.write_text('hurry: 5 tries by customer in 1h -> deny\nheld: amount USD 7000.. -> review\n', encoding='utf-8')
    house = open_house(risk_file=file)
    one, two = house.client('one'), house.client('two')
    answers = [(two if number % 2 else one).authorize(customer_id='c-1') for number in range(7)]
    assert [answer.status for answer in answers] == [201] * 5 + [402] * 2
    held = one.authorized(amount=7000, capture='automatic')
    approved = two.post(f'/v1/payments/{held["id"]}/review', {'decision': 'approve'})
    assert approved.expect(200)['state'] == 'captured'
    house.books_agree('one')
    status, told, _ = run('verify', '--store', house.url)
    assert status == 0, told


def test_a_crowd_over_two_nodes_is_counted_but_for_the_moment_of_a_commit(open_house, tmp_path):
    """Transactions that run side by side do not see each other, so some more may pass, and no more than that: each lets the limit through."""
    file = tmp_path / 'risk.conf'
    file.write_text('hurry: 5 tries by customer in 1h -> deny\n', encoding='utf-8')
    house = open_house(risk_file=file, store_connections=2)
    clients = [house.client('one'), house.client('two')]
    answers = at_once(40, lambda number: clients[number % 2].authorize(customer_id='c-1'))
    passed = [answer.status for answer in answers].count(201)
    assert 5 <= passed <= 5 * 2 * 2, passed
    assert all(client.authorize(customer_id='c-1').status == 402 for client in clients)
    house.books_agree('one')


# --- one of them dies ---

def test_another_node_takes_over_what_a_dead_one_left(open_house):
    """1. The bank took a capture through node one and was silent. 2. Killed, and not started again. 3. Node two drives it within ten
    seconds, sends the same bytes only after the quiet time, and the merchant hears the end by his key: one capture."""
    house = open_house(bank_resend_after_ms=int(QUIET * 1000), answer_within_ms=300)
    one, two = house.client('one'), house.client('two')
    payment, key = one.authorized(), fresh_key()
    house.bank.fault('act_then_hang_up', '/api/v1/captures')
    one.capture(payment, key).expect(202)
    house['one'].kill()
    killed_at = time.monotonic()
    until(lambda: {node for node, _ in house.drivers().values()} <= {'two'}, 'it moves', within=MOVES_WITHIN)
    moved_at = time.monotonic()
    assert moved_at - killed_at <= MOVES_WITHIN
    assert house.settled('two', payment)['state'] == 'captured'
    sends = house.sends('/api/v1/captures')
    assert len(sends) == 2 and sends[0]['key'] == sends[1]['key'], sends
    assert time.monotonic() - moved_at >= QUIET
    assert two.capture(payment, key).expect(200)['state'] == 'captured'
    assert house.bank.summary()['captures']['count'] == 1
    house['one'].start()
    house.books_agree('one')


def test_a_card_in_doubt_comes_back_with_the_merchants_repeat(open_house):
    """1. The bank holds the money; node one is killed before it reads that. 2. Node two has no key to the card: review. 3. The
    repeat brings the card: one hold. 4. Node one comes back and has nothing of the card left."""
    house = open_house(bank_resend_after_ms=300, answer_within_ms=300)
    one, two = house.client('one'), house.client('two')
    key, wish = fresh_key(), one.wish()
    house['one'].restart(env={'FLORIN_CRASH_AT': 'operation.read_answer'})
    with contextlib.suppress(OSError, http.client.HTTPException):
        one.post('/v1/payments', wish, key)
    house['one'].wait_for_death()
    until(lambda: {node for node, _ in house.drivers().values()} == {'two'}, 'it moves', within=MOVES_WITHIN)
    until(lambda: [receipt['operation']['state'] for receipt in two.all()] == ['review'], 'the card is missed')
    receipt = until(lambda: next((answer.json for answer in [two.post('/v1/payments', wish, key)] if answer.status == 201), None),
                    'the repeat settles it')
    assert receipt['state'] == 'authorized' and house.bank.summary()['holds']['count'] == 1
    house['one'].start()
    assert house.client('one').post('/v1/payments', wish, key).expect(201) == receipt
    house['one'].stop()
    assert not list(house['one'].runtime.iterdir()), 'a key of a card is left'


def test_a_card_in_doubt_is_opened_by_a_node_with_the_same_envelope_key(open_house, tmp_path_in_memory):
    """1. Both nodes have the operator's key. 2. The bank holds the money; node one is killed before it reads that. 3. Node two sends the
    same bytes by itself: one hold, nobody is asked."""
    key_file = tmp_path_in_memory / 'envelope.key'
    key_file.touch(0o600)
    key_file.write_text(secrets.token_hex(32) + '\n')
    house = open_house(bank_resend_after_ms=300, answer_within_ms=300, envelope_key_file=key_file)
    one, two = house.client('one'), house.client('two')
    key, wish = fresh_key(), one.wish()
    house['one'].restart(env={'FLORIN_CRASH_AT': 'operation.read_answer'})
    with contextlib.suppress(OSError, http.client.HTTPException):
        one.post('/v1/payments', wish, key)
    house['one'].wait_for_death()
    until(lambda: [receipt['state'] for receipt in two.all()] == ['authorized'], 'it ends by itself')
    assert two.post('/v1/payments', wish, key).expect(201)['state'] == 'authorized'
    assert house.bank.summary()['holds']['count'] == 1
    assert 'operation_review' not in [event['type'] for event in two.events(two.all()[0])]


def test_an_envelope_key_on_a_disk_is_refused(open_house, tmp_path):
    """It would reach a disk, and a backup."""
    house = open_house(names=('one',))
    key_file = tmp_path / 'envelope.key'
    key_file.touch(0o600)
    key_file.write_text(secrets.token_hex(32) + '\n')
    house['one'].stop()
    status, _, errors = run('serve', *flags({**house['one'].settings, 'envelope_key_file': key_file}))
    assert status == 1 and 'is not on tmpfs' in errors, errors


def test_a_node_that_comes_back_in_time_keeps_its_own(open_house):
    """1. An operation is open; killed. 2. Started at once. 3. It goes on by itself, in a new life; nobody took anything over."""
    house = open_house(bank_resend_after_ms=300, answer_within_ms=300)
    one = house.client('one')
    payment = one.authorized()
    house.bank.fault('silence', '/api/v1/captures')
    one.capture(payment).expect(202)
    before = house.drivers()
    house['one'].kill().start()
    ((operation, (node, epoch)),) = before.items()
    assert house.drivers().get(operation, ('one', epoch + 1)) == ('one', epoch + 1) and node == 'one'
    assert house.settled('one', payment)['state'] == 'captured'
    assert house.client('two').metrics()['florin_node_takeovers_total'] == 0
    house.books_agree('two')


# --- one of them is stopped for longer than its lease ---

def test_a_node_that_slept_past_its_lease_neither_writes_nor_sends(open_house):
    """1. Node one waits to repeat a capture; SIGSTOP. 2. Node two takes it over and ends it. 3. SIGCONT: node one sends nothing, writes
    nothing, and ends; its next life serves again."""
    house = open_house(bank_resend_after_ms=int(QUIET * 1000), answer_within_ms=300)
    one, two = house.client('one'), house.client('two')
    held, key = [one.authorized() for _ in range(5)], fresh_key()
    house.bank.fault('act_then_hang_up', '/api/v1/captures', times=len(held))
    for payment in held:
        one.capture(payment, key + payment['id']).expect(202)
    house['one'].freeze()
    for payment in held:
        assert house.settled('two', payment)['state'] == 'captured'
    before = house.everything()
    sent = len(house.sends())
    house['one'].thaw()
    house['one'].wait_until_fenced()
    assert len(house.sends()) == sent and house.everything() == before
    house['one'].start()
    for payment in held:
        assert house.client('one').capture(payment, key + payment['id']).expect(200)['state'] == 'captured'
    assert house.bank.summary()['captures']['count'] == len(held)
    house.books_agree('two')


def test_an_answer_that_comes_to_a_node_after_its_lease_is_not_written(open_house):
    """1. Node one has sent; SIGSTOP while the bank works. 2. Node two takes over and hears the end. 3. SIGCONT with the answer waiting."""
    house = open_house(bank={'latency': '0:0'}, bank_resend_after_ms=int(QUIET * 1000), answer_within_ms=300)
    one, two = house.client('one'), house.client('two')
    payment = one.authorized()
    house.bank.settings(latency_ms='1000:1000')
    one.capture(payment).expect(202)
    house['one'].freeze()
    house.bank.settings(latency_ms='0:0')
    assert house.settled('two', payment)['state'] == 'captured'
    before = house.everything()
    house['one'].thaw()
    house['one'].wait_until_fenced()
    assert house.everything() == before
    assert two.get(payment)['state'] == 'captured' and house.bank.summary()['captures']['count'] == 1


def test_a_short_sleep_costs_nothing(open_house):
    """Two seconds of SIGSTOP: nobody takes over, and the node goes on."""
    house = open_house()
    house['one'].freeze()
    time.sleep(2)  # the sleep is what is tested
    house['one'].thaw()
    house.client('one').authorized()
    assert house.epoch('one') == 1


# --- one key at two nodes ---

def test_a_key_that_runs_at_another_node(open_house):
    """1. Node one waits for the bank. 2. The same key at node two: 409, come back in a second. 3. Afterwards: the same bytes."""
    house = open_house(bank={'latency': '1500:1500'}, bank_resend_after_ms=5000)
    one, two = house.client('one'), house.client('two')
    key, wish, answers = fresh_key(), one.wish(), []
    thread = in_background(lambda: answers.append(one.post('/v1/payments', wish, key)))
    until(house.drivers, 'it runs')
    refused = two.post('/v1/payments', wish, key)
    refused.expect(409, 'idempotency_in_progress')
    assert refused.header('retry-after') == '1'
    thread.join(30)
    assert two.post('/v1/payments', wish, key).expect(201) == answers[0].expect(201)
    assert len(two.all()) == 1 and house.bank.summary()['holds']['count'] == 1


def test_races_of_one_key_over_two_nodes(open_house):
    """Thirty times sixteen equal requests at once, half of them at each node: one hold, one answer, or 409 for the others."""
    house = open_house(bank={'latency': '0:20'}, bank_resend_after_ms=5000)
    clients = ['one', 'two']
    for _ in range(30):
        key, wish = fresh_key(), house.client('one').wish()
        answers = at_once(16, lambda index: house.client(clients[index % 2]).post('/v1/payments', wish, key))
        done = {answer.body for answer in answers if answer.status == 201}
        others = {answer.json.get('code') for answer in answers if answer.status != 201}
        assert len(done) == 1 and others <= {'idempotency_in_progress'}, answers
    assert house.bank.summary()['holds']['count'] == 30
    house.books_agree('one')


def test_races_for_one_payment_over_two_nodes(open_house):
    """Capture at one node, void at the other, at once: one of them happens, and the other hears that it could not."""
    house = open_house(bank_resend_after_ms=5000)
    for _ in range(30):
        payment = house.client('one').authorized()

        def ask(index, payment=payment):
            return house.client('one').capture(payment) if index % 2 else house.client('two').void(payment)
        answers = at_once(8, ask)
        assert sum(answer.status == 200 for answer in answers) == 1, answers
        assert {answer.status for answer in answers} == {200, 409}
    house.books_agree('two')


# --- the clock's work ---

def test_holds_that_the_clock_ends_are_given_back_once(open_house):
    """Both nodes look for holds that are over; each hold is given back once."""
    house = open_house(bank={'auth_expiry_hours': -1}, bank_resend_after_ms=5000)
    payments = together(5, lambda number: house.client('one' if number % 2 else 'two').authorized(), range(20))
    client = house.client('one')
    until(lambda: all(receipt['state'] == 'expired' and receipt['voided_at'] for receipt in client.all()), 'all are given back', within=60, every=0.2)
    assert house.bank.summary()['voids']['count'] == len(payments)
    house.books_agree('two')


# --- two versions of the binary ---

def test_a_schema_that_grows_under_running_nodes(open_house):
    """1. Both serve. 2. A newer florin adds a column and says that this one may go on. 3. They do, also over a restart, one by one."""
    house = open_house()
    payments = [house.client(name).authorized() for name in ('one', 'two')]
    house.ask("ALTER TABLE operation ADD COLUMN color TEXT NOT NULL DEFAULT 'blue'; ALTER TABLE payment ADD COLUMN shape BIGINT NOT NULL DEFAULT 4;"
              "UPDATE meta SET value = (value::bigint + 1)::text WHERE name = 'schema_version'")
    for name, other in (('one', 'two'), ('two', 'one')):
        house.client(other).authorized()
        house[name].restart()
        house.client(name).authorized()
    for payment, name in zip(payments, ('two', 'one')):
        house.client(name).capture(payment).expect(200)
    assert len(house.books_agree('one')) == 6
