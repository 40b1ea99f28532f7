# SPDX-License-Identifier: Apache-2.0
"""What those who run it need: health, readiness, metrics, description, logs, limits, an orderly end, and refusals to start."""
import concurrent.futures
import html.parser
import json
import re
import signal
import sqlite3
import subprocess

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.contract import the_contract
from florin_testing.crowd import at_once
from florin_testing.gateway import Gateway, flags, run
from florin_testing.processes import florin_binary
from florin_testing.waiting import until
from florin_testing.wire import RawConnection

# --- what it says about itself ---


def test_health_and_readiness(shared_shop):
    assert shared_shop.client.look('/healthz').expect(200) == {'status': 'ok'}
    assert shared_shop.client.look('/readyz').expect(200) == {'status': 'ready'}


def test_it_serves_its_own_description(shared_shop):
    answer = shared_shop.client.look('/openapi.json')
    assert answer.json == the_contract().document
    assert answer.json['openapi'].startswith('3.1')


def test_every_described_route_is_there_and_no_other_method(shared_shop):
    client = shared_shop.client
    routes = the_contract().routes()
    for template in {template for _, template in routes}:
        target = re.sub(r'\{[^}]+\}', 'x', template)
        answer = client.ask('PUT', target, is_good=False)
        answer.expect(405, 'method_not_allowed')
        told = {word.strip() for word in answer.header('allow').split(',')} - {'HEAD'}
        assert told == {method for method, path in routes if path == template}, template


class Page(html.parser.HTMLParser):
    """Collects the text and the addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.addresses = [], []
        self.feed(text)

    def handle_data(self, data):
        self.words.append(data)

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ('src', 'href', 'action') and value]


def test_the_page_for_people_tells_every_route_and_code(shared_shop):
    page = Page(shared_shop.client.look('/docs').text)
    text = ' '.join(page.words)
    for _, template in the_contract().routes():
        assert template in text, f'{template} is not on the page'
    for problem in the_contract().document['x-problems']:
        assert problem['code'] in text, f'{problem["code"]} is not on the page'
    assert not [address for address in page.addresses if re.match(r'(https?:)?//', address)], 'it loads things from elsewhere'


def test_every_problem_explains_itself(shared_shop):
    for problem in the_contract().document['x-problems']:
        told = shared_shop.client.look(f'/problems/{problem["code"]}').expect(200)
        assert {name: told[name] for name in problem} == problem
    shared_shop.client.look('/problems/no_such_problem').expect(404, 'not_found')


@pytest.mark.parametrize('target', ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/problems/not_found'])
def test_head_tells_the_same_without_a_body(shared_shop, target):
    whole = shared_shop.client.look(target)
    with RawConnection(shared_shop.gateway.address) as connection:
        connection.send(f'HEAD {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode())
        head = connection.answer('HEAD')
    assert (head.status, head.body, head.header('content-type')) == (200, b'', whole.header('content-type'))


# --- metrics ---

SERIES = re.compile(r'([a-z_]+)(\{([a-z_]+="[^"\\\n]*",?)*\})? (-?\d+(\.\d+)?|\+Inf)')


def test_metrics_can_be_read(shared_shop):
    shared_shop.client.captured()
    kinds, names = {}, set()
    for line in shared_shop.client.look('/metrics').text.splitlines():
        if line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            assert name not in kinds, f'{name} is described twice'
            kinds[name] = kind
        elif not line.startswith('# HELP '):
            found = SERIES.fullmatch(line)
            assert found, f'not a line of the text form: {line!r}'
            names.add(found.group(1))
    for name in names:
        base = re.sub(r'_(bucket|sum|count)$', '', name)
        assert name in kinds or kinds.get(base) == 'histogram', f'{name} has no TYPE'


def test_metrics_count(shop):
    shop.client.refund(shop.client.captured()).expect(200)
    shop.client.authorize(card=cards.NO_FUNDS).expect(402)
    metrics = shop.client.metrics()
    assert metrics['florin_operations_total{kind="authorize",result="done"}'] == 1
    assert metrics['florin_operations_total{kind="authorize",result="declined"}'] == 1
    assert metrics['florin_operations_total{kind="capture",result="done"}'] == 1
    assert metrics['florin_operations_total{kind="refund",result="done"}'] == 1
    assert metrics['florin_processor_calls_total{result="answered"}'] == 4


# what has to be watched                    a word in the name of its metric
WATCHED = ['request', 'operation', 'breaker', 'queue', 'commit', 'doubt', 'review', 'stray', 'card']


@pytest.mark.parametrize('word', WATCHED)
def test_what_has_to_be_watched_has_a_metric(shared_shop, word):
    shared_shop.client.captured()
    names = {series.split('{')[0] for series in shared_shop.client.metrics()}
    assert any(word in name for name in names), sorted(names)


# --- logs and requests' names ---

@pytest.mark.parametrize('name, kept', [('my-request.1', True), ('a' * 64, True), ('a' * 65, False), ('a b', False), ('x<y', False), ('', False)])
def test_a_request_may_bring_its_name(shared_shop, name, kept):
    answer = shared_shop.client.look('/v1/orders/nobody', headers=[('X-Request-Id', name)])
    assert (answer.header('x-request-id') == name) is kept
    assert answer.json['request_id'] == answer.header('x-request-id')


def test_each_request_has_a_name_of_its_own(shared_shop):
    names = {shared_shop.client.look('/v1/orders/nobody').json['request_id'] for _ in range(20)}
    assert len(names) == 20


def test_logs_are_json_lines_that_tell_which_request(shop):
    trace = '0af7651916cd43dd8448eb211c80319c'
    headers = [('X-Request-Id', 'find-me-again'), ('traceparent', f'00-{trace}-b7ad6b7169203331-01')]
    shop.client.post('/v1/payments', shop.client.wish(), headers=headers).expect(201)
    shop.gateway.stop()
    lines = shop.gateway.log_lines()
    assert all(isinstance(line, dict) for line in lines)
    mine = [line for line in lines if line.get('request_id') == 'find-me-again']
    assert mine, 'no line names the request'
    assert any(trace in json.dumps(line) for line in mine), 'no line names the trace'


# flags                                          a word that the refusal must have
BAD_FLAGS = [
    (['--listen', 'nowhere'],                    'nowhere'),
    (['--store', 'mongo:x'],                     'store'),
    (['--cards', 'maybe'],                       'cards'),
    (['--answer-within-ms', 'soon'],             'answer-within-ms'),
    (['--answer-within-ms', '0'],                'answer-within-ms'),
    (['--flows-max', '-1'],                      'flows-max'),
    (['--no-such-flag', '1'],                    'no-such-flag'),
    (['--log-level', 'loud'],                    'log_level'),
    (['left-over'],                              'left-over'),
]


@pytest.mark.parametrize('words, told', BAD_FLAGS, ids=[' '.join(row[0]) for row in BAD_FLAGS])
def test_bad_settings_are_refused_by_name(tmp_path, words, told):
    base = {'listen': '127.0.0.1:0', 'store': f'sqlite:{tmp_path}/florin.db', 'runtime_dir': '/dev/shm'}
    status, out, err = run('serve', *flags(base), *words)
    assert status != 0 and told in err and 'ready' not in out


def test_flag_beats_environment_beats_file(open_shop, tmp_path):
    file = tmp_path / 'florin.conf'
    file.write_text('# ours\nanswer_within_ms = 100\ncards = off\nlog_level = error\n')
    shop = open_shop(config=file, log_level=None, env={'FLORIN_CARDS': 'on', 'FLORIN_ANSWER_WITHIN_MS': '100'}, answer_within_ms=8000)
    shop.bank.settings(latency_ms='1500:1500')
    shop.client.authorized()  # cards by the environment; 8 seconds by the flag
    shop.gateway.stop()
    assert not [line for line in shop.gateway.log_lines() if line.get('level') in ('info', 'debug')], 'the file was not read'


def test_the_runtime_folder_must_not_be_on_a_disk(tmp_path):
    status, _, err = run('serve', '--listen', '127.0.0.1:0', '--store', f'sqlite:{tmp_path}/florin.db', '--runtime-dir', str(tmp_path))
    assert status != 0 and 'tmpfs' in err


# --- one at a time ---

def test_a_second_process_is_refused_and_told_who_holds_the_store(shop):
    settings = {**shop.gateway.settings, 'runtime_dir': shop.gateway.runtime}
    status, _, err = run('serve', *flags(settings))
    assert status != 0 and str(shop.gateway.process.pid) in err, err
    shop.client.authorized()


def test_a_store_is_free_again_when_its_holder_was_killed(shop):
    payment = shop.client.authorized()
    shop.gateway.kill().start()
    assert shop.client.get(payment) == payment


def test_a_newer_schema_is_refused_with_a_clear_word(shop):
    payment = shop.client.authorized()
    shop.gateway.stop()
    with sqlite3.connect(shop.gateway.store) as store:
        before = store.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchone()[0]
        store.execute("UPDATE meta SET value = '999' WHERE name IN ('schema_version', 'schema_oldest')")
    status, _, err = run('serve', *flags(shop.gateway.settings))
    assert status != 0 and 'schema' in err and '999' in err and 'newer' in err
    with sqlite3.connect(shop.gateway.store) as store:
        store.execute("UPDATE meta SET value = ? WHERE name IN ('schema_version', 'schema_oldest')", (before,))
    store.close()
    shop.gateway.start()
    assert shop.client.get(payment) == payment


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path):
    store = tmp_path / 'florin.db'
    store.write_bytes(b'these are my notes ' * 300)
    status, _, err = run('serve', '--listen', '127.0.0.1:0', '--store', f'sqlite:{store}', '--runtime-dir', '/dev/shm')
    assert status != 0 and err
    assert store.read_bytes() == b'these are my notes ' * 300


def test_the_secrets_of_a_store_are_for_its_owner_only(shop):
    for file in shop.gateway.folder.iterdir():
        if file.name.startswith('florin.db'):
            assert file.stat().st_mode & 0o077 == 0, f'others may read {file.name}'


# --- limits ---

def test_a_full_house_says_so_and_keeps_what_it_accepted(open_shop):
    """1. The bank is slow. 2. More come than may run. 3. Some hear 503 with Retry-After. 4. The others end well."""
    shop = open_shop(bank={'latency': '1000:1000'}, flows_max=16)

    def one(_):
        key, wish = fresh_key(), shop.client.wish()
        return key, wish, shop.client.post('/v1/payments', wish, key)
    results = at_once(40, one)
    refused = [(key, wish) for key, wish, answer in results if answer.status == 503]
    assert {answer.status for _, _, answer in results} == {201, 503} and refused
    assert {answer.code for _, _, answer in results} == {None, 'overloaded'}
    shop.bank.settings(latency_ms='0:0')
    for key, wish in refused[:5]:  # nothing was begun: the same key works now
        shop.client.post('/v1/payments', wish, key).expect(201)
    shop.books_agree()


def test_a_full_house_refuses_at_every_door_but_the_operators(open_shop):
    """1. As many requests wait for the bank as may. 2. Every further one hears 503. 3. Health and metrics are told. 4. All ends well."""
    shop = open_shop(flows_max=16, answer_within_ms=30000)
    held = [shop.client.authorized() for _ in range(24)]
    shop.bank.settings(latency_ms='10000:10000')  # time enough for all to come, also on a machine that has much to do
    payment = held[0]['id']
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        running = [pool.submit(shop.client.capture, receipt) for receipt in held[1:]]
        until(lambda: shop.client.metrics()['florin_http_requests_pending'] >= 17, 'the house is full')  # 16, and this question itself
        for target in ('/v1/payments', f'/v1/payments/{payment}', f'/v1/payments/{payment}/events', f'/v1/payments/{payment}/return',
                       f'/v1/orders/{held[0]["order_id"]}', '/v1/processors'):
            shop.client.look(target).expect(503, 'overloaded')
        for verb in ('capture', 'void', 'refund'):
            shop.client.change(payment, verb).expect(503, 'overloaded')
        shop.client.change(payment, 'review', body={'decision': 'approve'}).expect(503, 'overloaded')
        shop.client.authorize().expect(503, 'overloaded')
        for target in ('/healthz', '/readyz', '/metrics'):
            assert shop.client.look(target).status == 200
        answers = [future.result() for future in running]
    assert {answer.status for answer in answers} <= {200, 503} and sum(answer.status == 200 for answer in answers) >= 12
    shop.bank.settings(latency_ms='0:0')
    for receipt in held:
        if shop.client.get(receipt)['state'] == 'authorized':
            shop.client.capture(receipt).expect(200)
    shop.books_agree()


def test_too_many_connections_are_refused_and_go_again(open_shop):
    shop = open_shop(connections_max=16)
    open_ones = [RawConnection(shop.gateway.address) for _ in range(15)]
    try:
        for connection in open_ones:
            connection.send(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
            assert connection.answer('GET').status == 200
        refused = 0
        for _ in range(5):
            with RawConnection(shop.gateway.address) as one_more:
                one_more.send(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
                answer = one_more.answer('GET')
                if answer.status == 503:
                    answer.expect(503, 'overloaded')
                    refused += 1
                else:
                    open_ones.append(RawConnection(shop.gateway.address))
        assert refused
    finally:
        for connection in open_ones:
            connection.close()
    until(lambda: shop.client.look('/healthz').status == 200, 'connections are taken again')


# --- the end ---

def test_accepted_work_is_finished_before_the_end(open_shop):
    """1. Payments are at the bank. 2. SIGTERM. 3. All get their answers. 4. Exit status 0. 5. Everything is on disk."""
    shop = open_shop(bank={'latency': '800:800'})
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        running = [pool.submit(shop.client.authorize) for _ in range(20)]
        until(lambda: len(shop.asked('/api/v1/authorizations')) == 20, 'all are at the bank')
        shop.gateway.ask_to_stop()
        answers = [future.result() for future in running]
    assert shop.gateway.process.wait(30) == 0
    assert {answer.status for answer in answers} == {201}
    shop.bank.settings(latency_ms='0:0')
    shop.gateway.start()
    for answer in answers:
        assert shop.client.get(answer.json) == answer.json
    shop.books_agree()


@pytest.mark.parametrize('fault', ['silence', 'act_then_hang_up', 'hang_up'])
def test_work_in_doubt_is_durable_over_an_orderly_end(open_shop, fault):
    """1. The outcome is unknown: 202. 2. SIGTERM: exit status 0, without waiting for the bank to come to its senses. 3. The next
    start goes on with it."""
    shop = open_shop(answer_within_ms=200, bank_timeout_ms=1500, bank_resend_after_ms=3000)
    key, wish = fresh_key(), shop.client.wish()
    shop.bank.fault(fault, '/api/v1/authorizations')
    receipt = shop.client.post('/v1/payments', wish, key).expect(202)
    shop.gateway.stop(within=10).start(bank_resend_after_ms=200)
    assert shop.settled(receipt)['state'] == 'authorized'
    assert shop.client.post('/v1/payments', wish, key).expect(201)['id'] == receipt['id']
    shop.books_agree()


@pytest.mark.parametrize('signals', [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM] * 3, [signal.SIGINT, signal.SIGTERM]],
                         ids=lambda signals: '-'.join(signal.name for signal in signals))
def test_it_ends_well_however_it_is_told(open_shop, signals):
    shop = open_shop(bank={'latency': '600:600'})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(shop.client.authorize)
        until(lambda: shop.asked('/api/v1/authorizations'), 'it is at the bank')
        for number in signals:
            shop.gateway.process.send_signal(number)
        running.result().expect(201)
    assert shop.gateway.process.wait(30) == 0


def test_nothing_new_is_begun_while_it_stops(open_shop):
    shop = open_shop(bank={'latency': '1500:1500'})
    with concurrent.futures.ThreadPoolExecutor(2) as pool, RawConnection(shop.gateway.address) as second:
        second.send(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n')  # half a request: its connection is kept over the drain
        running = pool.submit(shop.client.authorize)
        until(lambda: shop.asked('/api/v1/authorizations'), 'it is at the bank')
        shop.gateway.ask_to_stop()
        running.result().expect(201)
    assert shop.gateway.process.wait(30) == 0
    assert len(shop.asked()) == 1


def test_readiness_says_that_it_stops(open_shop):
    shop = open_shop(bank={'latency': '1500:1500'})
    with concurrent.futures.ThreadPoolExecutor(1) as pool, RawConnection(shop.gateway.address) as second:
        running = pool.submit(shop.client.authorize)
        until(lambda: shop.asked('/api/v1/authorizations'), 'it is at the bank')
        second.send(b'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n')  # half a request: its connection is kept
        shop.client.look('/healthz').expect(200)  # by now that half has arrived
        shop.gateway.ask_to_stop()
        until(lambda: 'stopping' in shop.gateway.log(), 'it has heard')
        second.send(b'\r\n')
        answer = second.answer('GET')
        the_contract().check_answer('GET', '/readyz', answer)
        answer.expect(503, 'shutting_down')
        running.result().expect(201)
    assert shop.gateway.process.wait(30) == 0


def test_it_stops_at_once_when_nothing_runs(shop):
    shop.client.authorized()
    shop.gateway.stop(within=5)


def test_a_first_start_that_is_stopped_at_once_leaves_a_good_store(tmp_path, shop):
    gateway = Gateway(tmp_path / 'other', shop.bank.url)
    gateway.stop().start()
    assert gateway.client().look('/readyz').status == 200
    gateway.close()


# --- the command line ---

@pytest.mark.parametrize('words', [['--help'], ['serve', '--help'], ['sim', 'bank', '--help'], ['reconcile', '--help'], ['review', '--help'],
                                   ['route', '--help']])
def test_help_helps(words):
    status, out, _ = run(*words)
    assert status == 0 and len(out) > 100


def test_the_help_of_serve_names_every_flag():
    status, out, _ = run('serve', '--help')
    assert status == 0
    for flag in ('--listen', '--store', '--config', '--bank-url', '--bank-ca-file', '--bank-timeout-ms', '--bank-connect-timeout-ms',
                 '--bank-resend-after-ms', '--answer-within-ms', '--retry-base-ms', '--runtime-dir', '--key-file', '--cards', '--open',
                 '--connections-max', '--flows-max', '--log-level', '--storage-least-mb'):
        assert flag in out, f'{flag} is not in the help'


def test_an_unknown_command_is_refused():
    done = subprocess.run([florin_binary(), 'dance'], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2 and b'dance' in done.stderr
