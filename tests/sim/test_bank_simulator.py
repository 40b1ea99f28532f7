# SPDX-License-Identifier: Apache-2.0
"""The simulated bank from outside: its HTTP, its latency, its ways to fail."""
import collections
import concurrent.futures
import random
import socket
import time

import pytest
import requests
from florin_testing.bank_client import AUTHORIZATION, Raw, authorize, hold
from florin_testing.processes import Simulator
from florin_testing.waiting import until


@pytest.fixture(scope='module')
def calm_bank():
    """For tests that only ask; others plant nothing in it."""
    with Simulator() as bank:
        yield bank


@pytest.fixture
def bank():
    with Simulator() as simulator:
        yield simulator


# --- Money ---

def test_a_hold_is_captured_and_refunded(bank):
    authorization = hold(bank)
    captured = bank.post('captures', 'b', {'authorization_id': authorization, 'amount': 500}).json()
    refunded = bank.post('refunds', 'c', {'capture_id': captured['capture_id'], 'amount': 500}).json()
    assert (captured['status'], refunded['status']) == ('captured', 'refunded')
    book = bank.book()
    assert book['balanced']
    assert [row['state'] for row in book['authorizations']] == ['captured']
    assert book['authorizations'][0]['refund_id'] == refunded['refund_id']
    assert book['accounts'][0]['balance'] == book['accounts'][0]['available'] == 1000000


def test_the_book_agrees_with_what_it_answered(bank):
    """Many operations at once; every 200 that was not a replay is one effect, and nothing else is."""
    chance = random.Random(5)
    seen, holds, captures = collections.Counter(), [hold(bank, f'start-{n}', 7) for n in range(5)], []
    bank.session.mount('http://', requests.adapters.HTTPAdapter(pool_maxsize=8))

    def one(number):
        kind = chance.choice(['authorizations', 'captures', 'voids', 'refunds'])
        key = f'key-{chance.randrange(300)}'
        if kind == 'authorizations':
            answer = authorize(bank, key, 7)
            if answer.ok:
                holds.append(answer.json()['authorization_id'])
        elif kind == 'refunds':
            answer = bank.post(kind, key, {'capture_id': chance.choice(captures or ['cap_1']), 'amount': 7})
        else:
            answer = bank.post(kind, key, {'authorization_id': chance.choice(holds), 'amount': 7})
            if answer.ok and kind == 'captures':
                captures.append(answer.json()['capture_id'])
        assert answer.status_code in (200, 400), (number, answer.text)
        return kind, answer.ok and 'X-Idempotent-Replayed' not in answer.headers

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for kind, acted in pool.map(one, range(600)):
            seen[kind] += acted
    summary = bank.summary()
    assert summary['balanced']
    counted = [summary[name]['count'] for name in ('holds', 'captures', 'voids', 'refunds')]
    assert counted == [seen['authorizations'] + 5, seen['captures'], seen['voids'], seen['refunds']]


def test_further_cards_are_made_by_number():
    """400000, nine digits of the number, the check digit; CVV 123."""
    def number(index):
        digits = f'400000{index:09d}'
        total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits)))
        return f'{digits}{-total % 10}'

    with Simulator(cards=3000) as bank:
        for index in (0, 1, 1234, 2999):
            assert authorize(bank, f'k{index}', 10**9, card_number=number(index)).status_code == 200
        assert authorize(bank, 'beyond', 1, card_number=number(3000)).json()['error'] == 'invalid_card'


# --- Keys ---

def test_a_replay_has_the_same_bytes_and_says_so(bank):
    first, second = authorize(bank, 'k'), authorize(bank, 'k', 900)
    assert second.content == first.content
    assert second.headers['X-Idempotent-Replayed'] == 'true'
    assert 'X-Idempotent-Replayed' not in first.headers


def test_two_in_flight_with_one_key_both_run():
    with Simulator(latency='1000:1000') as bank:
        connections = [Raw(bank).send('authorizations', 'k', AUTHORIZATION) for _ in range(3)]
        answers = [connection.answer()[1] for connection in connections]
        assert len(set(answers)) == 3
        assert len(bank.effects('k')['authorizations']) == 3
        start = time.monotonic()
        assert authorize(bank, 'k').content in answers
        assert time.monotonic() - start < 0.9  # a replay does not sleep


def test_keys_and_holds_grow_old_by_the_banks_own_clock(bank):
    authorization = hold(bank, 'k')
    bank.advance(hours=26)
    assert hold(bank, 'k') != authorization
    bank.advance(days=7)
    late = bank.post('captures', 'c', {'authorization_id': authorization, 'amount': 500})
    assert late.json()['error'] == 'authorization_expired'
    assert bank.post('voids', 'v', {'authorization_id': authorization}).status_code == 200


@pytest.mark.parametrize('hours', [0, -1])
def test_a_hold_may_be_born_expired(hours):
    with Simulator(auth_expiry_hours=hours) as bank:
        late = bank.post('captures', 'c', {'authorization_id': hold(bank), 'amount': 500})
        assert late.json()['error'] == 'authorization_expired'


# --- Clients who leave ---

def gone_counters(bank, count):
    """The counters, once that many clients left while the bank slept."""
    counters = bank.summary()['counters']
    return counters if counters['gone_undone'] + counters['gone_done'] == count else None


def test_a_client_who_leaves_with_a_small_body_is_mostly_undone():
    with Simulator(latency='500:500') as bank:
        for number in range(30):
            Raw(bank).send('authorizations', f'k{number}', AUTHORIZATION).close()
        counters = until(lambda: gone_counters(bank, 30), 'all have left')
        assert bank.summary()['holds']['count'] == counters['gone_done'] < 15
        bank.settings(latency_ms='0:0')
        assert 'X-Idempotent-Replayed' not in authorize(bank, 'k0').headers


def test_a_client_who_leaves_with_a_large_body_is_served():
    with Simulator(latency='500:500') as bank:
        Raw(bank).send('authorizations', 'k', AUTHORIZATION + b' ' * 1024).close()
        until(lambda: gone_counters(bank, 1), 'the client has left')
        assert authorize(bank, 'k').headers['X-Idempotent-Replayed'] == 'true'
        assert bank.requests(last=2)[0]['client_gone']


def test_a_half_closed_client_counts_as_gone():
    with Simulator(latency='500:500') as bank:
        connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
        connection.socket.shutdown(socket.SHUT_WR)
        until(lambda: gone_counters(bank, 1), 'the client has left')


# --- Chance and latency ---

def test_chance_fails_everything_but_health_and_documentation():
    with Simulator(failure_rate=1) as bank:
        assert authorize(bank, 'k').json() == {'error': 'internal_error', 'message': 'Random failure injection'}
        assert bank.get('captures/cap_1').status_code == 500
        assert bank.get('nowhere').status_code == 500
        assert [bank.session.get(bank.url + path).status_code for path in ('/health', '/docs', '/docs/openapi')] == [200] * 3
        assert bank.summary()['holds']['count'] == 0
        bank.settings(failure_rate='0')
        assert authorize(bank, 'k').status_code == 200


def test_chance_keeps_its_rate():
    with Simulator(failure_rate='0.25') as bank:
        failed = sum(bank.get('captures/cap_1').status_code == 500 for _ in range(600))
        assert 110 < failed < 190


def test_latency_stays_within_its_limits():
    with Simulator(latency='40:80') as bank:
        times = []
        for _ in range(10):
            start = time.monotonic()
            bank.get('captures/cap_1')
            times.append(time.monotonic() - start)
        assert min(times) >= 0.04
        assert sorted(times)[5] < 0.5  # the machine may be busy


def test_equal_seeds_give_equal_ids():
    ids = []
    for seed in (1, 1, 2):
        with Simulator(seed=seed) as bank:
            ids.append([hold(bank, f'k{n}') for n in range(3)])
    assert ids[0] == ids[1] != ids[2]


# --- Faults on the wire ---

def test_no_byte_comes_of_an_answer_that_is_hung_up_on(bank):
    bank.fault('act_then_hang_up', '/api/v1/authorizations')
    assert Raw(bank).send('authorizations', 'k', AUTHORIZATION).rest() == b''
    assert authorize(bank, 'k').headers['X-Idempotent-Replayed'] == 'true'
    bank.fault('hang_up')
    assert Raw(bank).send('authorizations', 'l', AUTHORIZATION).rest() == b''
    assert len(bank.effects('l')['authorizations']) == 0


def test_an_answer_breaks_off_in_the_middle(bank):
    body = Raw(bank).send('authorizations', 'whole', AUTHORIZATION).answer()[1]
    bank.fault('truncate')
    head, half = Raw(bank).send('authorizations', 'k', AUTHORIZATION).rest().split(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 200 OK')
    assert abs(len(half) - len(body) // 2) < 10  # a time may be a few digits shorter
    bank.fault('hang_up_halfway')
    part = Raw(bank).send('authorizations', 'l', AUTHORIZATION).rest()
    assert abs(len(part) - (len(head) + 4 + len(body)) // 2) < 10


def test_an_answer_comes_twice(bank):
    bank.fault('twice')
    connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
    assert connection.answer() == connection.answer()
    head, _ = connection.send('authorizations', 'k', AUTHORIZATION).answer()  # and the connection goes on
    assert b'X-Idempotent-Replayed: true' in head


def test_an_answer_may_be_huge_empty_garbage_or_html(bank):
    bank.fault('huge')
    answer = authorize(bank, 'a')
    assert len(answer.content) > 2**21 and answer.json()['status'] == 'approved'
    bank.fault('empty_200')
    assert (authorize(bank, 'b').status_code, authorize(bank, 'b').json()['status']) == (200, 'approved')
    bank.fault('garbage')
    with pytest.raises(ValueError):
        authorize(bank, 'c').json()
    bank.fault('html_502')
    answer = authorize(bank, 'd')
    assert (answer.status_code, answer.headers['Content-Type']) == (502, 'text/html')


def test_wrong_answers_are_wrong_in_one_member(bank):
    authorization = hold(bank)
    bank.fault('wrong_id', '/api/v1/captures')
    wrong = bank.post('captures', 'k', {'authorization_id': authorization, 'amount': 500}).json()
    right = bank.post('captures', 'k', {'authorization_id': authorization, 'amount': 500}).json()
    assert [name for name in right if right[name] != wrong[name]] == ['authorization_id']
    bank.fault('wrong_amount', '/api/v1/captures/*')
    assert bank.get(f'captures/{right["capture_id"]}').json()['amount'] == 501


def test_a_late_answer_comes_after_the_act(bank):
    bank.fault('late', latency_ms=2000)
    connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
    assert connection.is_silent(0.3)
    assert len(bank.effects('k')['authorizations']) == 1
    assert b'approved' in connection.answer()[1]


def test_a_slow_answer_comes_before_the_act(bank):
    bank.fault('slow', latency_ms=2000)
    connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
    assert connection.is_silent(0.3)
    assert len(bank.effects('k')['authorizations']) == 0
    assert b'approved' in connection.answer()[1]


def test_an_answer_after_15_seconds_is_thrown_away(bank):
    bank.fault('slow', latency_ms=15100)
    assert Raw(bank).send('authorizations', 'k', AUTHORIZATION).rest() == b''
    assert authorize(bank, 'k').headers['X-Idempotent-Replayed'] == 'true'
    assert bank.summary()['counters']['answers_discarded'] == 1


def test_a_card_of_its_own_has_faults_of_its_own(bank):
    bank.fault('fail', card='4242424242424242', times=0)
    assert authorize(bank, 'a').status_code == 200
    assert authorize(bank, 'b', card_number='4242424242424242', cvv='456').status_code == 500


# --- HTTP ---

def test_bodies_may_be_chunked_padded_or_missing(bank):
    def pieces():
        yield AUTHORIZATION[:20]
        yield AUTHORIZATION[20:]

    def post(key, body):
        return bank.session.post(f'{bank.url}/api/v1/authorizations', data=body, headers={'Idempotency-Key': key})

    assert post('a', pieces()).status_code == 200
    assert post('b', AUTHORIZATION + b' ' * 200_000).status_code == 200
    assert post('c', AUTHORIZATION + b'trailing').status_code == 200
    assert post('d', b'').status_code == 400
    no_length = Raw(bank).send_bytes(b'POST /api/v1/voids HTTP/1.1\r\nHost: bank\r\nIdempotency-Key: k\r\n\r\n')
    assert b'400 Bad Request' in no_length.answer()[0]


def test_a_request_that_is_no_http_gets_plain_text(calm_bank):
    head, _ = Raw(calm_bank).send_bytes(b'nonsense\r\n\r\n').answer()
    assert head.startswith(b'HTTP/1.1 400 ') and b'text/plain' in head


def test_two_keys_in_one_request_are_refused(calm_bank):
    head, _ = Raw(calm_bank).send_bytes(b'POST /api/v1/voids HTTP/1.1\r\nHost: bank\r\nContent-Length: 2\r\n'
                                        b'Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n{}').answer()
    assert head.startswith(b'HTTP/1.1 400 ') and b'text/plain; charset=utf-8' in head


def test_ids_may_be_spelled_in_other_ways(bank):
    authorization = hold(bank)
    for spelled in (authorization, 'auth_' + authorization[5:].upper(), 'auth_' + authorization[5:].replace('-', ''),
                    'auth_{' + authorization[5:] + '}', 'auth_%7B' + authorization[5:] + '%7D'):
        assert bank.get(f'authorizations/{spelled}').json()['authorization_id'] == authorization
