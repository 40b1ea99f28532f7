# SPDX-License-Identifier: Apache-2.0
"""A store that has lost its end is not served: its witness knows how far it had come. Nothing is guessed, nothing is written to it,
and the way out is told."""
import contextlib
import pathlib
import re
import shutil
import sqlite3

import pytest
from florin_testing.crowd import together
from florin_testing.gateway import flags, run
from florin_testing.waiting import until

BAD, UNREADABLE, SUSPECT = 1, 3, 65
LOG_HEADER_BYTES, FRAME_BYTES = 32, 24 + 4096
PAYMENTS = 8


def witness_of(gateway):
    """{'store': ..., 'commits': ..., 'at': ...}; nothing while there is none."""
    path = pathlib.Path(gateway.settings.get('witness_file') or f'{gateway.store}.witness')
    return dict(line.split(' ', 1) for line in path.read_text().splitlines()[1:]) if path.exists() else {}


def commits_of(gateway):
    """How far the store has come."""
    with contextlib.closing(sqlite3.connect(f'file:{gateway.store}?mode=ro', uri=True)) as store:
        return int(store.execute("SELECT value FROM meta WHERE name = 'commits'").fetchone()[0])


def until_witnessed(gateway):
    """Waits for the witness of everything that is committed."""
    until(lambda: int(witness_of(gateway).get('commits', -1)) == commits_of(gateway), 'the witness knows of everything')


def serve(gateway):
    """Tries to serve that store: (exit status, what it says)."""
    status, out, err = run('serve', *flags(gateway.settings))
    assert out == ''
    return status, err


def florin(gateway, *words):
    """Another command on the same store."""
    settings = {name: gateway.settings.get(name) for name in ('store', 'witness_file')}
    return run(*words, *flags(settings))


def file_of(gateway, ending=''):
    return pathlib.Path(f'{gateway.store}{ending}')


def flip_bit(path, byte):
    content = bytearray(path.read_bytes())
    content[byte] ^= 0x10
    path.write_bytes(content)


def killed_with_payments(open_shop, **settings):
    """A shop whose gateway was killed when its witness knew of everything; all of it is in the log still."""
    shop = open_shop(**settings)
    receipts = [shop.client.captured() for _ in range(PAYMENTS)]
    until_witnessed(shop.gateway)
    shop.gateway.kill()
    return shop, receipts


# where in the log, as a share of its frames
PLACES = [('the last frame', -1), ('the third frame from the end', -3), ('a frame in the middle', None)]


@pytest.mark.parametrize('place, frame', PLACES, ids=[row[0].replace(' ', '-') for row in PLACES])
def test_a_flipped_bit_in_the_log_is_seen(open_shop, place, frame):
    """1. A bit turns over in the log. 2. SQLite drops what follows without a word. 3. The gateway does not serve, says what is missing
    and changes nothing. 4. Commands that read still read. 5. A person accepts the loss. 6. What is left is served."""
    shop, receipts = killed_with_payments(open_shop)
    gateway, log = shop.gateway, file_of(shop.gateway, '-wal')
    frames = (log.stat().st_size - LOG_HEADER_BYTES) // FRAME_BYTES
    at = frames // 2 if frame is None else frame % frames
    known = int(witness_of(gateway)['commits'])
    flip_bit(log, LOG_HEADER_BYTES + at * FRAME_BYTES + 24 + 1000)
    before = {ending: file_of(gateway, ending).read_bytes() for ending in ('', '-wal', '.witness')}

    for _ in range(2):
        status, err = serve(gateway)
        assert status == SUSPECT, err
        said = re.search(r'florin serve: (\S+) has lost its last (\d+) commits: it ends at commit (\d+), and its witness saw commit (\d+) at 2', err)
        assert said and said[1] == str(gateway.store), err
        lost, left, seen = (int(said[n]) for n in (2, 3, 4))
        assert lost >= 1 and left + lost == seen == known
        for advice in ('florin verify', 'florin restore --from', 'florin restore --accept-loss', 'florin reconcile'):
            assert advice in err
        assert before == {ending: file_of(gateway, ending).read_bytes() for ending in before}, 'a store that is not served was written to'

    status, out, err = florin(gateway, 'verify')
    assert status == BAD and 'has lost its last' in out and out.rstrip().endswith('1 bad'), out + err
    status, out, err = gateway.command('review', 'list')
    assert status == 0, err
    status, out, err = gateway.command('reconcile')
    assert status == 0, out + err

    status, out, err = florin(gateway, 'restore', '--accept-loss')
    assert status == 0 and 'accepted' in out and f'last {lost} commits' in out and 'florin reconcile' in out, out + err
    gateway.start()
    left = {receipt['id'] for receipt in shop.client.all()}
    assert left <= {receipt['id'] for receipt in receipts}
    shop.client.authorized()


@pytest.mark.parametrize('how', ['first frame', 'no log', 'no store'])
def test_a_store_that_is_gone_to_its_first_page_is_not_made_anew(open_shop, tmp_path, how):
    """Over what is left of the old one a new store would be written, and the witness would be of another."""
    shop, receipts = killed_with_payments(open_shop)
    gateway, log = shop.gateway, file_of(shop.gateway, '-wal')
    whole = {ending: file_of(gateway, ending).read_bytes() for ending in ('', '-wal')}
    if how == 'first frame':
        flip_bit(log, LOG_HEADER_BYTES + 24 + 1000)
    else:
        log.unlink()
    if how == 'no store':
        gateway.store.unlink()
    before = {ending: file_of(gateway, ending).read_bytes() for ending in ('', '-wal') if file_of(gateway, ending).exists()}
    status, err = serve(gateway)
    assert status == SUSPECT and 'is empty or not there, and its witness' in err, err
    assert before == {ending: file_of(gateway, ending).read_bytes() for ending in before}
    for ending, content in whole.items():
        file_of(gateway, ending).write_bytes(content)
    gateway.start()
    assert shop.client.get(receipts[0]) == receipts[0]


def test_a_crash_alone_is_no_loss(open_shop):
    """Kill after kill, with and without the second in which the witness lags behind."""
    shop = open_shop()
    for round_ in range(6):
        shop.client.captured()
        if round_ % 2:
            until_witnessed(shop.gateway)
        shop.gateway.kill().start()
    assert len(list(shop.client.all())) == 6
    shop.books_agree()


def test_after_an_orderly_stop_the_log_is_empty_and_the_witness_knows_everything(open_shop):
    shop = open_shop()
    receipt = shop.client.captured()
    shop.gateway.stop()
    assert file_of(shop.gateway, '-wal').stat().st_size == 0
    assert int(witness_of(shop.gateway)['commits']) == commits_of(shop.gateway) > 0
    shop.gateway.start()
    assert shop.client.get(receipt) == receipt


def test_the_witness_is_for_its_owner_only(shop):
    shop.client.authorized()
    until_witnessed(shop.gateway)
    assert file_of(shop.gateway, '.witness').stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('passing', [1, 2, 3])
def test_a_kill_when_the_witness_has_just_been_written(open_shop, passing):
    shop = open_shop()
    receipts = []
    shop.gateway.kill().launch(env={'FLORIN_CRASH_AT': f'st.witness_written:{passing}'})

    def buy_or_die():
        if not shop.gateway.is_running():
            return True
        with contextlib.suppress(OSError):
            receipts.append(shop.client.captured())
        return False
    if shop.gateway.hear_address():
        until(buy_or_die, 'it dies', every=0.2)
    shop.gateway.wait_for_death()
    shop.gateway.start()
    shop.all_settled()
    assert all(shop.client.get(receipt) == receipt for receipt in receipts)
    shop.books_agree()


@pytest.mark.parametrize('point', ['st.ckpt_begin', 'st.ckpt_done'])
def test_a_kill_at_the_checkpoint_of_an_orderly_stop(open_shop, point):
    shop = open_shop()
    shop.gateway.restart(env={'FLORIN_CRASH_AT': point})
    receipt = shop.client.captured()
    shop.gateway.ask_to_stop()
    shop.gateway.wait_for_death()
    shop.gateway.start()
    assert shop.client.get(receipt) == receipt
    shop.books_agree()


@pytest.mark.parametrize('point', ['st.ckpt_begin', 'st.ckpt_done'])
def test_a_kill_at_a_checkpoint_under_load(open_shop, point):
    shop = open_shop(bank_resend_after_ms=60)
    shop.gateway.restart(env={'FLORIN_CRASH_AT': point})
    receipts = []

    def buy(_):
        with contextlib.suppress(OSError, AssertionError):
            if shop.gateway.is_running():
                receipts.append(shop.gateway.client().captured())
    for _ in range(40):
        if shop.gateway.is_running():
            together(8, buy, range(40))
    shop.gateway.wait_for_death()
    shop.gateway.start()
    shop.all_settled()
    assert receipts and all(shop.client.get(receipt) == receipt for receipt in receipts)
    shop.books_agree()


# --- witnesses that do not fit ---

def test_the_witness_of_another_store_is_refused(open_shop):
    shop, _ = killed_with_payments(open_shop)
    other, _ = killed_with_payments(open_shop)
    own = file_of(shop.gateway, '.witness').read_bytes()
    shutil.copy(file_of(other.gateway, '.witness'), file_of(shop.gateway, '.witness'))
    status, err = serve(shop.gateway)
    assert status == SUSPECT and 'is of another store than' in err
    status, out, _ = florin(shop.gateway, 'verify')
    assert status == BAD and 'is of another store' in out
    file_of(shop.gateway, '.witness').write_bytes(own)
    shop.gateway.start()


@pytest.mark.parametrize('damage', ['cut', 'bit', 'empty', 'more', 'unreadable'])
def test_a_damaged_witness_is_refused(open_shop, damage):
    shop, _ = killed_with_payments(open_shop)
    witness = file_of(shop.gateway, '.witness')
    own = witness.read_bytes()
    if damage == 'bit':
        flip_bit(witness, own.index(b'commits ') + 8)
    elif damage == 'unreadable':
        witness.unlink()
        witness.mkdir()
    else:
        witness.write_bytes({'cut': own[:-1], 'empty': b'', 'more': own + b'\n'}[damage])
    status, err = serve(shop.gateway)
    assert status == SUSPECT and ('is damaged' in err or 'cannot be read' in err), err
    if damage == 'unreadable':
        witness.rmdir()
    witness.write_bytes(own)
    shop.gateway.start()


def test_a_store_without_a_witness_is_served_with_a_warning_and_gets_one(open_shop):
    """Who moves the file alone to another machine is not locked out, and is not left unprotected."""
    shop, receipts = killed_with_payments(open_shop)
    file_of(shop.gateway, '.witness').unlink()
    status, out, _ = florin(shop.gateway, 'verify')
    assert status == 0 and 'there is none' in out
    shop.gateway.start()
    assert [line for line in shop.gateway.log_lines() if line['message'].startswith('the store has no witness') and line['level'] == 'warn']
    assert int(witness_of(shop.gateway)['commits']) > 0
    assert shop.client.get(receipts[0]) == receipts[0]


def test_a_new_store_does_not_warn(shop):
    assert 'has no witness' not in shop.gateway.log()
    assert witness_of(shop.gateway)


def test_the_witness_may_lie_elsewhere(open_shop, tmp_path):
    """On another disk it also tells of a folder that went back in time as a whole."""
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    shop = open_shop(witness_file=elsewhere / 'florin.witness')
    shop.client.captured()
    shop.gateway.stop()
    snapshot = tmp_path / 'snapshot'
    shutil.copytree(shop.gateway.folder, snapshot)
    shop.gateway.start()
    shop.client.captured()
    shop.gateway.stop()
    assert not file_of(shop.gateway, '.witness').exists()
    shutil.copy(snapshot / 'florin.db', shop.gateway.store)
    status, err = serve(shop.gateway)
    assert status == SUSPECT and 'has lost its last' in err, err
    status, out, err = florin(shop.gateway, 'restore', '--accept-loss')
    assert status == 0, err
    shop.gateway.start()


def test_a_witness_that_cannot_be_made_is_told_at_the_start(open_shop, tmp_path):
    shop, _ = killed_with_payments(open_shop)
    settings = {**shop.gateway.settings, 'witness_file': tmp_path / 'no-such-folder' / 'florin.witness'}
    status, _, err = run('serve', *flags(settings))
    assert status == 1 and 'cannot be written' in err, err
    shop.gateway.start()
