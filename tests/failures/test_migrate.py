# SPDX-License-Identifier: Apache-2.0
"""A store moves from its file to PostgreSQL: with everything, killed wherever it may be, and never served from both."""
import concurrent.futures
import contextlib
import hashlib
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest
from florin_testing import cards, postgres
from florin_testing.client import fresh_key
from florin_testing.gateway import flags, run
from florin_testing.histories import check_history, history_of
from florin_testing.postgres_door import PostgresDoor
from florin_testing.processes import florin_binary
from florin_testing.shop import Shop
from florin_testing.waiting import PATIENCE, until

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason='no PostgreSQL server is installed here')

DONE, REFUSED, USAGE, UNREADABLE, KILLED = 0, 1, 2, 3, -9
TABLES = ('payment', 'operation', 'answer', 'request', 'token', 'vault_key', 'event')
ODD = 'O\'Hara "quoted" \\ %s $1 \u20ac \U0001f9c0\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u0631\u062d\u0628\u0627;--'
COPIES = 45  # of a dozen payments: their rows fill several pages


@pytest.fixture(scope='module')
def server():
    """One for all tests here; each takes schemas of its own."""
    server = postgres.Server()
    yield server
    server.close()


@pytest.fixture
def place(server):
    """The address of an empty database, as good as."""
    return postgres.new_place(server.url)


def schema_of(place):
    return place.rpartition('%3D')[2]


def ask(server, place, statement):
    return server.ask(statement, schema=schema_of(place))


def migrate(store, place, env=None):
    """Moves the store of that path: (exit status, standard output, standard error)."""
    return run('migrate', '--store', f'sqlite:{store}', '--to', place, env=env)


def moved(store, place):
    """The move's words, once it has come to its end."""
    status, out, err = migrate(store, place)
    assert status == DONE, out + err
    return out


def change(path, statement):
    """Behind everybody's back."""
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute(statement)


def meta(path, name):
    with contextlib.closing(sqlite3.connect(path)) as store:
        return (store.execute('SELECT value FROM meta WHERE name = ?', (name,)).fetchone() or [None])[0]


def serve_is_refused(settings, *words, **changes):
    """No gateway comes up, and a sentence says why."""
    status, _, err = run('serve', *flags({**settings, **changes}))
    assert status == REFUSED, err
    for word in words:
        assert word in err, err


# --- everything, from a life to the next ---

class Busy:
    """A shop in which everything has happened, and some of it is still happening."""

    def __init__(self, shop):
        self.shop, self.client, self.told = shop, shop.client, []
        client = self.client
        authorized = self.tell('/v1/payments', client.wish(description=ODD, metadata={'note': ODD}, order_id=ODD[:40]), 201)
        captured, refunded, voided = (self.tell('/v1/payments', client.wish(), 201) for _ in range(3))
        for payment, verbs in ((captured, ['capture']), (refunded, ['capture', 'refund']), (voided, ['void'])):
            for verb in verbs:
                self.tell(f'/v1/payments/{payment["id"]}/{verb}', None, 200)
        self.tell('/v1/payments', client.wish(card=cards.NO_FUNDS), 402)
        self.tell(f'/v1/payments/{authorized["id"]}/refund', None, 409)
        self.tell('/v1/payments', client.wish(capture='automatic'), 201)
        self.reviewed, self.doubtful, self.doubtful_key = client.authorized(), client.authorized(), fresh_key()
        self.new_key, self.new_wish = fresh_key(), client.wish()
        self.leave_open()

    def tell(self, path, body, status):
        """A request whose answer has to stay as it is for ever."""
        key = fresh_key()
        answer = self.client.post(path, body, key)
        self.told.append((path, body, key, answer))
        return answer.expect(status)

    def leave_open(self):
        """A capture for a person; a capture and an authorization in doubt."""
        self.shop.bank.fault('wrong_id', '/api/v1/captures', times=0)
        self.client.capture(self.reviewed)
        until(lambda: self.state_of(self.reviewed) == 'review', 'it goes to review')
        self.shop.bank.clear_faults()
        self.shop.bank.fault('act_then_hang_up', times=0)
        self.client.capture(self.doubtful, key=self.doubtful_key).expect(202)
        self.client.post('/v1/payments', self.new_wish, self.new_key).expect(202)

    def state_of(self, payment):
        return (self.client.get(payment)['operation'] or {}).get('state')

    def look(self):
        """All that can be seen from outside, but for what is being tried again."""
        receipts = {receipt['id']: receipt for receipt in self.client.all()}
        settled = {name: receipt for name, receipt in receipts.items() if not receipt['operation']}
        return sorted(receipts), settled, {name: history_of(self.client, name) for name in settled}

    def check_replays(self):
        for path, body, key, answer in self.told:
            again = self.client.post(path, body, key)
            assert (again.status, again.body) == (answer.status, answer.body) and again.replayed, path

    def check_end(self):
        """What was in doubt was done once, with the card that was sealed before."""
        self.shop.bank.clear_faults()
        until(lambda: self.client.capture(self.doubtful, key=self.doubtful_key).status == 200, 'the capture ends')
        until(lambda: self.client.post('/v1/payments', self.new_wish, self.new_key).status == 201, 'the authorization ends')
        for payment in self.client.all():
            check_history(payment['id'], history_of(self.client, payment['id']))
        self.shop.books_agree(in_review=[self.reviewed['id']])


def test_everything_moves(open_shop, server, place):
    """1. A gateway is killed in the middle of its work. 2. Its store moves. 3. From PostgreSQL everything reads as before, replays are
    byte-equal, and what was open comes to its end: with the card that was sealed before. 4. The old store is refused."""
    shop = open_shop(answer_within_ms=400, bank_resend_after_ms=300)
    busy = Busy(shop)
    before = busy.look()
    shop.gateway.kill()
    old = dict(shop.gateway.settings)
    out = moved(shop.gateway.store, place)
    for table in TABLES:
        assert f'\n{table} ' in out, out
    assert 'amount_minor' in out and 'nothing is wrong' in out and out.count('verifying') == 2
    ran = meta(shop.gateway.store, 'ran_us')
    assert ask(server, place, "SELECT value FROM meta WHERE name = 'ran_us'") == ([ran] if ran else [])
    serve_is_refused(old, 'has moved to postgres://florin@127.0.0.1')

    shop.gateway.start(store=place, local_path=shop.gateway.store)
    assert busy.look() == before
    busy.check_replays()
    busy.check_end()
    check_commands(shop, old)


def check_commands(shop, old):
    """Those that read take the new address; those that write refuse the old one."""
    where = {'local_path': shop.gateway.settings['local_path']}
    status, out, err = run('verify', '--store', shop.gateway.settings['store'])
    assert status == DONE and 'nothing is wrong' in out, out + err
    status, out, err = shop.gateway.command('reconcile')
    assert ' 0 drifts' in out, out + err
    status, out, err = shop.gateway.command('review', 'list', settings=where)
    operation = out.split()[0]
    assert status == DONE and operation.startswith('op_'), out + err
    status, out, err = shop.gateway.command('review', 'settle', operation, '--did-not-happen', settings=where)
    assert status == DONE, out + err
    shop.gateway.stop()
    status, out, err = run('review', 'settle', operation, '--did-not-happen', '--store', old['store'], '--runtime-dir', str(old['runtime_dir']))
    assert status == REFUSED and 'has moved to' in err, out + err
    status, out, err = run('verify', '--store', old['store'])
    assert status == DONE and 'nothing is wrong' in out, out + err


def test_another_machine_asks_for_the_card_again(open_shop, place):
    """The runtime folder is gone, as after a reboot: the payment waits until the merchant repeats with the card."""
    shop = open_shop(answer_within_ms=300, bank_resend_after_ms=50)
    key, wish = fresh_key(), shop.client.wish()
    shop.bank.fault('act_then_hang_up', times=0)
    shop.client.post('/v1/payments', wish, key).expect(202)
    shop.gateway.kill()
    moved(shop.gateway.store, place)
    shutil.rmtree(shop.gateway.runtime)
    shop.gateway.runtime.mkdir()
    shop.bank.clear_faults()
    shop.gateway.start(store=place, local_path=shop.gateway.store)
    until(lambda: shop.client.post('/v1/payments', wish, key).status == 201, 'the repeat brings the card')
    shop.books_agree()


def test_another_node_takes_over_what_was_open(open_shop, place):
    """Whoever serves is not who it moved for: what is open is taken over, as from a node that died."""
    shop = open_shop(answer_within_ms=300, bank_resend_after_ms=50)
    payment, key = shop.client.authorized(), fresh_key()
    shop.bank.fault('act_then_hang_up', times=0)
    shop.client.capture(payment, key=key).expect(202)
    shop.gateway.kill()
    moved(shop.gateway.store, place)
    shop.bank.clear_faults()
    shop.gateway.start(store=place, local_path=shop.gateway.store, node='another')
    until(lambda: shop.client.capture(payment, key=key).status == 200, 'the capture ends')
    shop.books_agree()


def test_a_gateway_needs_the_key_file(open_shop, place, tmp_path):
    shop = open_shop()
    shop.client.captured()
    shop.gateway.stop()
    moved(shop.gateway.store, place)
    serve_is_refused(shop.gateway.settings, 'key file', store=place, local_path=tmp_path / 'other')


# --- a store that was filled before ---

def copied(row, names, tag):
    return {name: (rename(value, names, tag) if isinstance(value, str) else value) for name, value in row.items()}


def rename(value, names, tag):
    for name in names:
        value = value.replace(name, name[:-len(tag)] + tag)
    return value


def chain(events):
    """Reckons the hashes of a history anew; the last one."""
    head = '0' * 64
    for event in sorted(events, key=lambda event: event['sequence']):
        texts = [head, event['merchant_id'], event['payment_id'], str(event['sequence']), event['type'], str(event['at']), event['data']]
        event['hash'] = head = hashlib.sha256('\n'.join(texts).encode()).hexdigest()
    return head


def multiply(path, times):
    """Every payment of a store that many times, with histories, operations and keys of its own."""
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.row_factory = sqlite3.Row
        rows = {table: [dict(row) for row in store.execute(f'SELECT * FROM {table}')] for table in TABLES}
        for payment in rows['payment']:
            ours = {table: [row for row in rows[table] if row['payment_id'] == payment['payment_id']] for table in TABLES}
            names = [payment['payment_id'], *(operation['operation_id'] for operation in ours['operation'])]
            for number in range(times):
                save_copy(store, ours, names, f'{number:06x}')


def save_copy(store, ours, names, tag):
    copy = {table: [copied(row, names, tag) for row in ours[table]] for table in TABLES}
    copy['payment'][0]['head_hash'] = chain(copy['event'])
    for request in copy['request']:
        request['request_key'] += tag
    for table in TABLES:
        for row in copy[table]:
            store.execute(f'INSERT INTO {table} VALUES ({", ".join("?" * len(row))})', list(row.values()))


@pytest.fixture(scope='module')
def full(tmp_path_factory):
    """A folder with a store that has several pages of each table; to be copied, not to be touched."""
    shop = Shop(tmp_path_factory.mktemp('full') / 'shop')
    for _ in range(16):
        shop.client.refund(shop.client.captured(description=ODD)).expect(200)
        shop.client.void(shop.client.authorized()).expect(200)
    shop.gateway.stop()
    settings = dict(shop.gateway.settings)
    shop.close()
    multiply(shop.gateway.store, COPIES)
    return shop.gateway.folder, settings


@pytest.fixture
def store(full, tmp_path):
    """The path of such a store of one's own."""
    shutil.copytree(full[0], tmp_path / 'store')
    return tmp_path / 'store' / 'florin.db'


def is_same(server, place, store):
    """Every row of the file is there once, and no other: asked by nobody but psql."""
    with contextlib.closing(sqlite3.connect(store)) as old:
        for table in TABLES:
            columns = [row[1] for row in old.execute(f'PRAGMA table_info({table})')]
            quoted = " || ',' || ".join(f"CASE WHEN {name} IS NULL THEN '-' ELSE hex(CAST({name} AS TEXT)) END" for name in columns)
            theirs = " || ',' || ".join(f"coalesce(upper(encode(convert_to({name}::text, 'UTF8'), 'hex')), '-')" for name in columns)
            ours = sorted(row[0] for row in old.execute(f'SELECT {quoted} FROM {table}'))
            theirs = sorted(ask(server, place, f'SELECT {theirs} FROM {table}'))
            assert ours == theirs, table


def test_a_kill_after_every_commit(store, server, place):
    """It gets one commit further each time, and is never at its end by less or more than all rows."""
    kills, settings = 0, {'store': place, 'local_path': store, 'listen': '127.0.0.1:0', 'runtime_dir': '/dev/shm'}
    while True:
        status, out, err = migrate(store, place, env={'FLORIN_CRASH_AT': 'op.commit_synced:3'})  # the first two take the database
        if status != KILLED:
            break
        kills += 1
        if kills % 4 == 1 and not meta(store, 'moved_to'):
            serve_is_refused(settings, 'half filled')
        assert 'anew' not in out and kills < 100
    assert status == DONE, out + err
    assert kills > 12
    is_same(server, place, store)
    assert 'had moved already' in moved(store, place)


@pytest.mark.parametrize('point, passing', [('mi.begun', 1), ('mi.page_copied', 1), ('mi.page_copied', 3), ('mi.page_copied', 6), ('mi.compared', 1),
                                            ('mi.source_moved', 1), ('mi.complete', 1), ('op.commit_called', 1), ('op.commit_called', 2),
                                            ('op.commit_called', 4)])
def test_a_kill_in_between(store, server, place, point, passing):
    """Whatever comes of it, not both are served, and the next try comes to the end."""
    settings = {'store': place, 'local_path': store, 'listen': '127.0.0.1:0', 'runtime_dir': '/dev/shm'}
    status, out, err = migrate(store, place, env={'FLORIN_CRASH_AT': f'{point}:{passing}'})
    assert status == KILLED, out + err
    if point == 'mi.complete':
        serve_is_refused({**settings, 'store': f'sqlite:{store}', 'local_path': None}, 'has moved')
    else:
        serve_is_refused(settings, 'half filled')
    if point == 'mi.source_moved':
        serve_is_refused({**settings, 'store': f'sqlite:{store}', 'local_path': None}, 'has moved')
    out = moved(store, place)
    assert ('had moved already' in out) == (point == 'mi.complete')
    is_same(server, place, store)
    serve_is_refused({**settings, 'store': f'sqlite:{store}', 'local_path': None}, 'has moved')


def test_commits_of_unknown_fate_are_asked_for(store, server):
    """The connection breaks at every other commit, sometimes before the server has it and sometimes behind that."""
    door, place = PostgresDoor(server.port), postgres.new_place(server.url)
    for fault in [None, *(['unanswered', None, 'swallowed', None, None] * 30)]:  # None: the taking, the asking, the repeat
        door.plan(fault)
    try:
        status, out, err = migrate(store, place.replace(server.url, door.url))
    finally:
        door.close()
    assert status == DONE, out + err
    assert err.count('the commit was kept') > 3 and err.count('the commit was not kept') > 3, err
    is_same(server, place, store)


def test_a_store_that_was_served_in_between_is_copied_anew(open_shop, server, place):
    """1. The move is killed. 2. The old store is served again: what was copied changes. 3. The next try leaves nothing of the old rows."""
    shop = open_shop()
    payments = [shop.client.authorized() for _ in range(3)]
    shop.gateway.stop()
    assert migrate(shop.gateway.store, place, env={'FLORIN_CRASH_AT': 'mi.compared'})[0] == KILLED
    shop.gateway.start()
    shop.client.capture(payments[0]).expect(200)
    shop.client.authorized()
    shop.gateway.stop()
    assert 'copying it anew' in moved(shop.gateway.store, place)
    is_same(server, place, shop.gateway.store)
    shop.gateway.start(store=place, local_path=shop.gateway.store)
    assert shop.client.get(payments[0])['state'] == 'captured'
    shop.books_agree()


def test_a_row_that_changed_there_is_found(store, server, place):
    """Then the old store has not moved."""
    assert migrate(store, place, env={'FLORIN_CRASH_AT': 'mi.page_copied:8'})[0] == KILLED
    ask(server, place, "UPDATE payment SET description = 'another' WHERE payment_id = (SELECT min(payment_id) FROM payment)")
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'description is not the same on both sides' in err, err
    ask(server, place, 'DELETE FROM payment WHERE payment_id = (SELECT min(payment_id) FROM payment)')
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'not the same' in err, err
    assert meta(store, 'moved_to') is None


# --- two at once ---

@contextlib.contextmanager
def stopped_while_copying(server, place, store, *more):
    """A migration that has begun, and does nothing more until it is told to go on: its process."""
    words = [florin_binary(), 'migrate', '--store', f'sqlite:{store}', '--to', place, *more]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: ask(server, place, "SELECT to_regclass('event') IS NOT NULL") == ['t'], 'its tables are there', every=0.01)
            until(lambda: 'copying' in ''.join(ask(server, place, "SELECT value FROM meta WHERE name = 'migration'")), 'it copies', every=0.01)
            process.send_signal(signal.SIGSTOP)
            yield process
        finally:
            process.kill()


def went_on(process):
    """Lets it go on to its end: (exit status, standard error)."""
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


def test_a_second_migration_of_the_same_file_is_refused(store, server, place):
    with stopped_while_copying(server, place, store) as first:
        for target in (place, postgres.new_place(server.url)):
            status, _, err = migrate(store, target)
            assert status == REFUSED and 'held by another process' in err, err
        assert went_on(first)[0] == DONE
    is_same(server, place, store)


def test_a_second_migration_under_the_same_name_is_refused(store, server, place, tmp_path):
    """From a copy of the file, which nobody holds."""
    shutil.copytree(store.parent, tmp_path / 'twin')
    with stopped_while_copying(server, place, store) as first:
        status, _, err = migrate(tmp_path / 'twin' / 'florin.db', place)
        assert status == REFUSED and 'each needs a name of its own' in err, err
        assert went_on(first)[0] == DONE
    is_same(server, place, store)


def test_a_second_migration_under_another_name_ends_the_first(store, server, place, tmp_path):
    """1. One copies. 2. Another one, from a copy of the file, goes on where that was, to the end. 3. The first one writes nothing more,
    and its store has not moved."""
    shutil.copytree(store.parent, tmp_path / 'twin')
    with stopped_while_copying(server, place, store) as first:
        status, out, err = run('migrate', '--store', f'sqlite:{tmp_path / "twin" / "florin.db"}', '--to', place, '--node', 'another')
        assert status == DONE, out + err
        status, err = went_on(first)
        assert status == UNREADABLE and 'another migration has begun' in err, err
    is_same(server, place, store)
    assert meta(store, 'moved_to') is None
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'older copy' in err, err


def test_a_migration_that_ends_between_look_and_beginning_is_not_emptied(store, server, place):
    """1. The tables are there. 2. Another store's migration comes to its end at the same moment as this one begins. 3. This one is too late."""
    assert migrate(store, place, env={'FLORIN_CRASH_AT': 'op.commit_synced:1'})[0] == KILLED
    assert ask(server, place, "SELECT value FROM meta WHERE name = 'migration'") == ['begun']
    rival = ("UPDATE meta SET value = 'another 7 complete' WHERE name = 'migration';"
             "INSERT INTO request VALUES ('merchant', 'core', 'key', 'print', NULL, NULL, 200, '{}', 1); SELECT pg_sleep(5)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        ending = pool.submit(ask, server, place, rival)
        time.sleep(0.5)  # until it has the row
        status, _, err = migrate(store, place)
        assert status == REFUSED and 'another migration has begun' in err, err
        ending.result()
    assert ask(server, place, 'SELECT request_key FROM request') == ['key'] and meta(store, 'moved_to') is None


# --- refused ---

def test_a_damaged_store_does_not_move(store, server, place):
    change(store, 'UPDATE payment SET captured_minor = captured_minor + 1 WHERE payment_id = (SELECT max(payment_id) FROM payment)')
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'captured_minor' in err and 'the old store is damaged' in err, err
    assert ask(server, place, 'SELECT count(*) FROM payment') == ['0'] and meta(store, 'moved_to') is None


def test_a_store_that_has_lost_its_end_does_not_move(store, place):
    change(store, "UPDATE meta SET value = '1' WHERE name = 'commits'")
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'has lost its last' in err, err


def test_a_store_that_a_newer_florin_has_grown_waits_for_that(store, place):
    """It may be served by this one, but this one's tables have no place for what was added."""
    change(store, "UPDATE meta SET value = value + 1 WHERE name = 'schema_version'")
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'use the newest florin' in err, err
    assert meta(store, 'moved_to') is None


def test_what_is_no_text_there_is_told(store, place):
    change(store, "UPDATE payment SET customer_id = CAST(x'c328' AS TEXT) WHERE payment_id = (SELECT max(payment_id) FROM payment)")
    status, _, err = migrate(store, place)
    assert status != DONE and 'customer_id is no text in UTF-8' in err, err
    assert meta(store, 'moved_to') is None


def test_a_database_that_is_not_empty_is_refused(open_shop, store, server, place):
    ask(server, place, 'CREATE TABLE somebody (id int)')
    status, _, err = migrate(store, place)
    assert status == REFUSED and 'holds something else' in err, err
    assert ask(server, place, "SELECT to_regclass('meta') IS NULL") == ['t']

    own = postgres.new_place(server.url)
    shop = open_shop(store=own, local_path=store.parent / 'own')
    shop.client.captured()
    status, _, err = migrate(store, own)
    assert status == REFUSED and 'a store of its own' in err, err
    shop.gateway.stop()
    status, _, err = migrate(store, own)
    assert status == REFUSED and 'a store of its own' in err, err
    status, _, err = migrate(shop.gateway.store, own)
    assert status == REFUSED and 'there is no store at' in err and not shop.gateway.store.exists(), err


def test_an_extension_is_nobody(store, server, place):
    """Many databases have one, and its views lie where the tables go."""
    ask(server, place, 'CREATE EXTENSION pg_stat_statements')
    moved(store, place)
    is_same(server, place, store)


def test_two_stores_do_not_share_a_database(open_shop, store, place):
    shop = open_shop()
    shop.client.captured()
    status, _, err = migrate(shop.gateway.store, place)
    assert status == REFUSED and 'held by another process' in err, err
    shop.gateway.stop()
    assert migrate(store, place, env={'FLORIN_CRASH_AT': 'mi.page_copied'})[0] == KILLED
    status, _, err = migrate(shop.gateway.store, place)
    assert status == REFUSED and 'another store' in err, err
    moved(store, place)
    status, _, err = migrate(shop.gateway.store, place)
    assert status == REFUSED and 'another store' in err, err


def test_a_store_moves_once(store, server, place, tmp_path):
    """Not to a second database, not back by a restore, and an older copy of it not to where it lives now. No password is kept."""
    shutil.copytree(store.parent, tmp_path / 'older')
    status, out, err = run('backup', '--store', f'sqlite:{store}', '--to', str(tmp_path / 'copy.db'))
    assert status == DONE, out + err
    out = moved(store, place.replace('florin@', 'florin:secret@'))
    assert 'secret' not in out and 'postgres://florin@127.0.0.1' in out
    for path in store.parent.iterdir():
        assert path.name.endswith('.log') or b'secret' not in path.read_bytes()
    second = postgres.new_place(server.url)
    status, _, err = migrate(store, second)
    assert status == REFUSED and 'has moved to postgres://florin@127.0.0.1' in err, err
    status, _, err = migrate(tmp_path / 'older' / 'florin.db', place)
    assert status == REFUSED and 'older copy' in err, err
    for words in (['--from', str(tmp_path / 'copy.db')], ['--accept-loss']):
        status, _, err = run('restore', '--store', f'sqlite:{store}', *words)
        assert status == REFUSED and 'has moved to' in err, err
    is_same(server, place, store)


@pytest.mark.parametrize('words, sentence', [
    (['--store', 'sqlite:a.db'], 'say --to'),
    (['--store', 'postgres://somewhere', '--to', 'postgres://there'], 'a store in a file'),
    (['--store', 'sqlite:a.db', '--all'], '--all'),
], ids=['no-target', 'no-file', 'unknown-flag'])
def test_words_that_make_no_sense(words, sentence):
    status, _, err = run('migrate', *words)
    assert status == USAGE and sentence in err, err


@pytest.mark.parametrize('target, sentence', [('sqlite:b.db', 'and no other way'), ('mysql://there', 'and no other way'),
                                              ('postgres://florin@127.0.0.1:1/florin', 'PostgreSQL:')], ids=['file', 'unknown', 'nobody-there'])
def test_where_no_store_can_go(store, target, sentence):
    status, _, err = migrate(store, target)
    assert status == REFUSED and sentence in err, err
    assert meta(store, 'moved_to') is None


# --- what a person sees ---

def test_a_bar_on_a_terminal(store, place):
    main, side = pty.openpty()
    with subprocess.Popen([florin_binary(), 'migrate', '--store', f'sqlite:{store}', '--to', place], stdin=subprocess.DEVNULL, stdout=side,
                          stderr=subprocess.PIPE) as process:
        os.close(side)
        seen = b''
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(main, 65536):
                seen += piece
        os.close(main)
        assert process.wait(PATIENCE) == DONE, process.stderr.read()
    bars = [line for line in seen.decode().split('\r') if '[#' in line or '[.' in line]
    assert bars and all('%' in bar and '/s' in bar and len(bar.rstrip()) <= 80 for bar in bars), seen
    assert b'copying' in seen and b'comparing' in seen and b'has moved to' in seen
