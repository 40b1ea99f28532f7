# SPDX-License-Identifier: Apache-2.0
"""Backup beside a gateway under load, and the way back: a copy is whole or not there, a store is replaced whole or not at all, and
what was there is kept."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import sqlite3
import threading

import pytest
from florin_testing import cards
from florin_testing.gateway import flags, run

DONE, REFUSED, USAGE, UNREADABLE, KILLED, SUSPECT = 0, 1, 2, 3, -9, 65


def florin(shop, *words, env=None, store=None):
    """A command on the shop's store."""
    return run(*words, '--store', store or shop.gateway.settings['store'], env=env)


def backup(shop, to, *more, env=None):
    return florin(shop, 'backup', '--to', str(to), *more, env=env)


def restore(shop, source, env=None, store=None):
    return florin(shop, 'restore', '--from', str(source), env=env, store=store)


def entries(folder):
    return sorted(path.name for path in pathlib.Path(folder).iterdir())


def change(path, statement):
    """Behind everybody's back."""
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute(statement)


def states(shop):
    """Payments in several states, nothing open."""
    client = shop.client
    declined = client.authorize(card=cards.NO_FUNDS).expect(402)['payment_id']
    return [client.get(declined), client.authorized(), client.captured(), client.void(client.authorized()).expect(200),
            client.refund(client.captured()).expect(200)]


# --- there and back ---

def test_a_copy_under_load_comes_back_whole(open_shop, tmp_path):
    """1. Merchants buy without a pause. 2. A copy is taken meanwhile. 3. The store is lost, the copy is put in its place. 4. Everything
    that was settled before the copy reads as it did, and everything in the copy fits together."""
    shop = open_shop()
    receipts, copy, over, bought = states(shop), tmp_path / 'copy.db', threading.Event(), []

    def buy():
        client = shop.gateway.client()
        while not over.is_set():
            bought.append(client.captured()['id'])
    buyers = [threading.Thread(target=buy) for _ in range(4)]
    for buyer in buyers:
        buyer.start()
    try:
        for _ in range(5):
            status, out, err = backup(shop, copy, '--replace')
            assert status == DONE, err
        assert 'payments up to commit' in out and 'key file' in out
    finally:
        over.set()
        for buyer in buyers:
            buyer.join(60)
    status, out, err = run('verify', '--store', f'sqlite:{copy}')
    assert status == DONE and 'nothing is wrong' in out, out + err
    assert entries(tmp_path).count('copy.db') == 1 and not [name for name in entries(tmp_path) if name.startswith('copy.db.') or name.startswith('copy.db-')]

    shop.gateway.stop()
    shop.gateway.store.unlink()
    shop.gateway.store.write_bytes(b'')
    status, out, err = restore(shop, copy)
    assert status == DONE and 'florin reconcile' in out and 'kept as' not in out, out + err
    shop.gateway.start()
    for receipt in receipts:
        assert shop.client.get(receipt) == receipt
    assert {payment['id'] for payment in shop.client.all()} <= {receipt['id'] for receipt in receipts} | set(bought)


def test_what_was_there_is_kept_and_what_came_after_the_copy_is_told_to_be_looked_up(open_shop, tmp_path):
    shop = open_shop()
    before = shop.client.captured()
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE
    after = shop.client.captured()
    shop.gateway.kill()  # with a log beside the store, which has to be kept with it
    assert pathlib.Path(f'{shop.gateway.store}-wal').stat().st_size > 0
    status, out, err = restore(shop, tmp_path / 'copy.db')
    assert status == DONE, err
    for word in ('now holds 1 payments', 'is kept as', 'florin reconcile', 'key file', 'second time'):
        assert word in out, out
    (kept,) = [path for path in shop.gateway.folder.iterdir() if '.before-' in path.name and not path.name.endswith(('-wal', '-shm'))]
    status, out, err = run('verify', '--store', f'sqlite:{kept}')
    assert status == DONE and out.splitlines()[-1].startswith('2 payments'), out + err
    shop.gateway.start()
    assert shop.client.get(before) == before
    shop.client.look(f'/v1/payments/{after["id"]}').expect(404)
    shop.client.captured()


def test_on_an_empty_machine(open_shop, tmp_path):
    """With the key file it is served; without it, it is not."""
    shop = open_shop()
    receipt = shop.client.captured()
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE
    shop.gateway.stop()
    machine = tmp_path / 'machine'
    machine.mkdir()
    store = machine / 'florin.db'
    status, out, err = restore(shop, tmp_path / 'copy.db', store=f'sqlite:{store}')
    assert status == DONE and 'kept as' not in out, out + err
    settings = {**shop.gateway.settings, 'store': f'sqlite:{store}'}
    status, _, err = run('serve', *flags(settings))
    assert status == 1 and 'key file' in err, err
    shutil.copy(f'{shop.gateway.store}.key', f'{store}.key')
    shop.gateway.start(store=f'sqlite:{store}')
    assert shop.client.get(receipt) == receipt


def test_a_copy_with_a_log_beside_it_is_taken_whole(open_shop, tmp_path):
    """Somebody copied files by hand, after a kill."""
    shop = open_shop()
    receipt = shop.client.captured()
    shop.gateway.kill()
    for ending in ('', '-wal'):
        shutil.copy(f'{shop.gateway.store}{ending}', f'{tmp_path / "by-hand.db"}{ending}')
    status, out, err = restore(shop, tmp_path / 'by-hand.db')
    assert status == DONE and 'now holds 1 payments' in out, out + err
    shop.gateway.start()
    assert shop.client.get(receipt) == receipt


def test_an_old_file_put_back_by_hand_is_not_served(open_shop, tmp_path):
    """Who knows nothing of `florin restore` is stopped, and told."""
    shop = open_shop()
    shop.client.captured()
    shop.gateway.stop()
    shutil.copy(shop.gateway.store, tmp_path / 'old.db')
    shop.gateway.start()
    shop.client.captured()
    shop.gateway.stop()
    shutil.copy(tmp_path / 'old.db', shop.gateway.store)
    status, _, err = run('serve', *flags(shop.gateway.settings))
    assert status == SUSPECT and 'has lost its last' in err
    status, out, err = florin(shop, 'restore', '--accept-loss')
    assert status == DONE, err
    shop.gateway.start()
    status, out, err = florin(shop, 'restore', '--accept-loss')
    assert status == REFUSED and 'is held by another process' in err


# --- kills ---

@pytest.mark.parametrize('earlier', [False, True], ids=['first', 'replacing'])
def test_a_backup_that_is_killed_leaves_nothing_under_the_name_that_counts(open_shop, tmp_path, earlier):
    shop = open_shop()
    shop.client.captured()
    copy = tmp_path / 'copy.db'
    if earlier:
        assert backup(shop, copy)[0] == DONE
    old = copy.read_bytes() if earlier else None
    shop.client.captured()
    status, out, _ = backup(shop, copy, '--replace', env={'FLORIN_CRASH_AT': 'st.backup_mid'})
    assert (status, out) == (KILLED, '')
    assert (copy.read_bytes() if copy.exists() else None) == old
    status, out, err = backup(shop, copy, '--replace')
    assert status == DONE and 'holds 2 payments' in out, err
    assert not pathlib.Path(f'{copy}.part').exists()


def test_a_restore_that_is_killed_changes_nothing(open_shop, tmp_path):
    shop = open_shop()
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE
    receipt = shop.client.captured()
    shop.gateway.stop()
    status, _, _ = restore(shop, tmp_path / 'copy.db', env={'FLORIN_CRASH_AT': 'st.backup_mid'})
    assert status == KILLED
    shop.gateway.start()
    assert shop.client.get(receipt) == receipt
    shop.gateway.stop()
    assert restore(shop, tmp_path / 'copy.db')[0] == DONE
    assert not [name for name in entries(shop.gateway.folder) if name.endswith('.restoring')]
    shop.gateway.start()


def test_a_restore_that_is_killed_before_its_witness_is_not_served_by_mistake(open_shop, tmp_path):
    """The copy is in place, and the witness still knows of more: it is told, and the restore is simply made again."""
    shop = open_shop()
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE
    shop.client.captured()
    shop.gateway.stop()
    witness = pathlib.Path(f'{shop.gateway.store}.witness')
    knew = witness.read_bytes()
    assert restore(shop, tmp_path / 'copy.db')[0] == DONE
    witness.write_bytes(knew)  # as if it had not come to that
    status, _, err = run('serve', *flags(shop.gateway.settings))
    assert status == SUSPECT, err
    assert restore(shop, tmp_path / 'copy.db')[0] == DONE
    shop.gateway.start()


# --- refusals ---

def test_nothing_is_overwritten_unasked(open_shop, tmp_path):
    shop = open_shop()
    shop.client.captured()
    copy = tmp_path / 'copy.db'
    assert backup(shop, copy)[0] == DONE
    old = copy.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    status, _, err = backup(shop, copy)
    assert status == REFUSED and '--replace' in err and copy.read_bytes() == old
    for name in ('.key', '.witness', '.lock'):
        beside = pathlib.Path(f'{shop.gateway.store}{name}')
        own = beside.read_bytes()
        status, _, err = backup(shop, beside, '--replace')
        assert status == REFUSED and 'is no backup' in err and (name == '.witness' or beside.read_bytes() == own)
    os.symlink(shop.gateway.store, tmp_path / 'link.db')
    for itself in (shop.gateway.store, tmp_path / 'link.db'):
        status, _, err = backup(shop, itself, '--replace')
        assert status == REFUSED and 'is the store itself' in err
    shop.client.captured()


def test_one_backup_to_a_name_at_a_time(open_shop, tmp_path):
    shop = open_shop()
    with (tmp_path / 'copy.db.part').open('wb') as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        status, _, err = backup(shop, tmp_path / 'copy.db')
    assert status == UNREADABLE and 'another backup' in err
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE


def test_a_store_in_use_is_not_replaced(open_shop, tmp_path):
    shop = open_shop()
    assert backup(shop, tmp_path / 'copy.db')[0] == DONE
    receipt = shop.client.captured()
    status, _, err = restore(shop, tmp_path / 'copy.db')
    assert status == REFUSED and f'process {shop.gateway.process.pid} ' in err
    assert shop.client.get(receipt) == receipt
    shop.gateway.restart()
    assert shop.client.get(receipt) == receipt


def test_what_is_damaged_is_neither_kept_nor_put_back(open_shop, tmp_path):
    shop = open_shop()
    receipt = shop.client.captured()
    copy = tmp_path / 'copy.db'
    assert backup(shop, copy)[0] == DONE
    change(copy, 'UPDATE payment SET captured_minor = captured_minor - 1')
    shop.gateway.stop()
    before = entries(shop.gateway.folder)
    status, _, err = restore(shop, copy)
    assert status == REFUSED and receipt['id'] in err and 'captured_minor is 4999, by its history 5000' in err and 'nothing was changed' in err
    assert entries(shop.gateway.folder) == before
    status, _, err = restore(shop, shop.gateway.store)
    assert status == REFUSED and 'is the store itself' in err
    for nothing in (tmp_path / 'absent.db', tmp_path):
        status, _, err = restore(shop, nothing)
        assert status == UNREADABLE and err
    assert entries(shop.gateway.folder) == before

    change(shop.gateway.store, 'UPDATE payment SET captured_minor = captured_minor - 1')
    status, _, err = backup(shop, tmp_path / 'worse.db')
    assert status == REFUSED and receipt['id'] in err and not [name for name in entries(tmp_path) if name.startswith('worse')]
    status, out, _ = florin(shop, 'verify')
    assert status == REFUSED and out.splitlines()[0].startswith('payment   1 bad, the first: ') and out.splitlines()[-1].endswith('1 bad')
    status, _, err = florin(shop, 'restore', '--accept-loss')
    assert status == REFUSED and 'damaged' in err


@pytest.mark.parametrize('words, said', [
    (['backup'], 'say --to FILE'),
    (['restore'], 'say --from FILE, or --accept-loss'),
    (['restore', '--from', 'a.db', '--accept-loss'], 'say --from FILE, or --accept-loss'),
    (['backup', '--to', 'a.db', '--store', 'postgres://somewhere'], 'that is for a store in a file'),
    (['verify', '--store', 'somewhere'], 'a store is written sqlite:PATH'),
    (['verify', '--all'], '--all'),
], ids=['no-target', 'no-source', 'both', 'other-store', 'no-url', 'unknown-flag'])
def test_words_that_make_no_sense(words, said):
    status, out, err = run(*words)
    assert status == USAGE and said in err and out == ''


@pytest.mark.parametrize('command', ['verify', 'backup', 'restore'])
def test_every_one_tells_its_flags(command):
    status, out, _ = run(command, '--help')
    assert status == DONE and '--store' in out and 'Exit status' in out


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    for words in (['verify'], ['backup', '--to', str(tmp_path / 'copy.db')]):
        status, _, err = run(*words, '--store', f'sqlite:{tmp_path / "absent.db"}')
        assert status == UNREADABLE and err
    assert entries(tmp_path) == []
