# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL that breaks off, crashes and comes back: nothing that was acknowledged is lost, and nothing is done twice."""
import concurrent.futures
import contextlib
import random
import signal
import time

import pytest
from florin_testing import postgres
from florin_testing.gateway import Gateway, run
from florin_testing.kills import Life
from florin_testing.postgres_door import PostgresDoor
from florin_testing.shop import Shop
from florin_testing.waiting import until

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason='no PostgreSQL server is installed here')

OURS = "application_name ~ '^[0-9a-f]{32}$'"  # the connections that write bear the name of the lease


@pytest.fixture(scope='module')
def server():
    """One for all tests here; whoever stops it starts it again."""
    server = postgres.Server()
    yield server
    server.close()


def place(server, url=None):
    """Settings of a gateway with a schema of its own there."""
    found = postgres.new_place(server.url)
    return found.replace(server.url, url or server.url)


@pytest.fixture
def open_life(server, tmp_path):
    """A shop with merchants on that server: nobody kills the gateway."""
    lives = []

    def open_one(seed, **settings):
        folder = tmp_path / 'shop'
        lives.append(Life(folder, seed, store=place(server), local_path=folder / 'florin', **settings))
        return lives[-1]
    yield open_one
    for life in lives:
        life.__exit__()


def live_through(life, trouble, times):
    """Merchants pay while there is trouble; then everything is looked at from outside."""
    for merchant in life.merchants:
        merchant.start()
    for _ in range(times):
        trouble()
        life.check_merchants()
    life.stop_merchants()
    life.check_merchants()
    life.check_everything()
    assert life.tally.payments > times


# --- a commit whose answer is lost ---

def door_of(server):
    door = PostgresDoor(server.port)
    return door, place(server, door.url)


@pytest.mark.parametrize('which', ['intent', 'outcome'])
@pytest.mark.parametrize('fault,arrives,word', [
    ('swallowed', None, 'the commit was not kept'),
    ('unanswered', None, 'the commit was kept'),
    ('late', True, 'the commit was kept'),
    ('late', False, 'the commit was not kept'),
])
def test_a_commit_of_unknown_fate_is_asked_for(server, tmp_path, which, fault, arrives, word):
    """1. The connection breaks while it commits. 2. What became of it is asked, also when it is still running there. 3. One hold."""
    door, store = door_of(server)
    shop = Shop(tmp_path / 'shop', store=store, local_path=tmp_path / 'florin', store_connections=1,
                bank={'latency': '300' if which == 'outcome' else '0'})
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            if which == 'intent':
                door.plan(fault)
            paid = pool.submit(shop.client.authorize)
            if which == 'outcome':
                until(lambda: shop.asked(), 'the bank is asked')
                door.plan(fault)
            until(door.is_over, 'a COMMIT is lost')
            if arrives is not None:
                waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE meta SET value = value%'"
                until(lambda: server.ask(waiting), 'the gateway asks and has to wait')
                door.release(arrives)
            paid.result(60).expect(201)
        assert shop.bank.summary()['holds']['count'] == 1
        shop.books_agree()
        assert word in shop.gateway.log()
        status, out, _ = run('verify', '--store', store)
        assert status == 0 and 'nothing is wrong' in out, out
        shop.gateway.stop()
    finally:
        shop.close()
        door.close()


def test_a_commit_that_did_not_wait_for_its_standby_is_asked_for(tmp_path):
    """1. No standby answers. 2. An operator cancels the waiting: the server says that it committed. 3. Nobody is told so before it is safe."""
    server = postgres.Server()
    shop = Shop(tmp_path / 'shop', store=place(server), local_path=tmp_path / 'florin', store_connections=1)
    waits = f"SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND {OURS}"
    try:
        server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        server.ask('SELECT pg_reload_conf()')
        until(lambda: server.ask('SHOW synchronous_standby_names') == ['nobody'], 'it waits for a standby')
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            paid = pool.submit(shop.client.authorize)
            first = until(lambda: server.ask(waits), 'a commit waits for its standby')
            server.ask(f'SELECT pg_cancel_backend({first[0]})')
            until(lambda: server.ask(waits) not in ([], first), 'the question waits for it, too')
            until(lambda: shop.client.ask('GET', '/healthz') and 'asking the database' in shop.gateway.log(), 'the log is written')
            assert not shop.asked()
            server.ask('ALTER SYSTEM RESET synchronous_standby_names')
            server.ask('SELECT pg_reload_conf()')
            paid.result(60).expect(201)
        assert 'the commit was kept' in shop.gateway.log()
        shop.books_agree()
        shop.gateway.stop()
    finally:
        shop.close()
        server.close()


# --- a server that goes away ---

def test_connections_that_are_cut_again_and_again(server, open_life):
    """An operator's pg_terminate_backend, wherever each connection is just then."""
    chance = random.Random(1)

    def cut():
        time.sleep(chance.uniform(0, 0.15))
        server.ask(f'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}')
    live_through(open_life(1), cut, 30)


def test_a_server_that_crashes_under_load(server, open_life):
    """Immediate shutdown: it recovers from its log, and so do we."""
    life = open_life(2)

    def crash():
        time.sleep(0.5)
        server.stop('immediate')
        until(lambda: life.shop.client.ask('GET', '/readyz', is_good=False).status == 503, 'the gateway says that it is not ready')
        server.start()
        until(lambda: life.shop.client.ask('GET', '/readyz', is_good=False).status == 200, 'the gateway is ready again')
    live_through(life, crash, 4)
    assert 'connected to the database anew' in life.gateway.log()


def test_a_gateway_that_is_killed_on_postgres(server, open_life):
    """Kill -9 of ours under load: the next one takes the lease over at once."""
    life = open_life(3)
    life.pace.serving = life.pace.coming_up = 0.25
    life.pace.until_point = 0.6
    life.live(10)


# --- a server that will not do ---

def refused(url):
    status, _, errors = run('serve', '--listen', '127.0.0.1:0', '--store', url)
    assert status == 1
    return errors


def test_a_server_that_forgets_is_refused():
    """One that does not sync, or whose texts are not UTF-8, or where nobody listens."""
    forgetful = postgres.Server(fsync='off')
    try:
        assert 'the server runs with fsync off' in refused(forgetful.url)
        forgetful.ask("CREATE DATABASE plain ENCODING 'SQL_ASCII' TEMPLATE template0", database='postgres')
        assert 'not encoded in UTF8' in refused(forgetful.url.removesuffix('/florin') + '/plain')
    finally:
        forgetful.close()
    assert 'Connection refused' in refused(forgetful.url)


def test_what_only_a_file_can_do_is_said(server, tmp_path):
    """Copies are the server's affair; so is a store that is not ours, or is empty."""
    for words in (['backup', '--to', tmp_path / 'copy'], ['restore', '--from', tmp_path / 'copy']):
        status, _, errors = run(*words, '--store', server.url)
        assert status == 2 and 'pg_basebackup' in errors, errors
    status, _, errors = run('verify', '--store', place(server))
    assert status == 3 and 'it is empty' in errors, errors


# --- two gateways ---

def test_a_second_gateway_of_the_same_name_is_refused(server, tmp_path):
    """It is told who is there; the first goes on."""
    with_store = {'store': place(server), 'local_path': tmp_path / 'florin'}
    shop = Shop(tmp_path / 'shop', **with_store)
    try:
        status, _, errors = shop.gateway.command('serve')
        assert status == 1
        assert f'another gateway, process {shop.gateway.process.pid} on ' in errors, errors
        shop.client.authorized()
    finally:
        shop.close()


def test_a_gateway_that_was_given_up_writes_nothing_any_more(server, tmp_path):
    """1. It is stopped and its connections are ended. 2. Another takes its place, by its name. 3. It wakes up, and its first commit does not come through."""
    with_store = {'store': place(server), 'local_path': tmp_path / 'florin'}
    shop = Shop(tmp_path / 'shop', **with_store)
    sleeper = shop.gateway
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        ended = f'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}'
        until(lambda: not server.ask(ended), 'its connections end')
        other = Gateway(tmp_path / 'other', shop.bank.url, **with_store)
        sleeper.process.send_signal(signal.SIGCONT)
        with contextlib.suppress(OSError):
            sleeper.client().authorize().expect(503)
        assert sleeper.process.wait(20) == 70
        assert 'another node has taken over' in sleeper.log()
        assert shop.bank.summary()['holds']['count'] == 0
        other.client().authorized()
        other.stop().close()
    finally:
        if sleeper.is_running():
            sleeper.end()
        shop.bank.__exit__()
