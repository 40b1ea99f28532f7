# SPDX-License-Identifier: Apache-2.0
"""The vault's keys: by a file, by two custodians, changed under load, killed over it, damaged, wrong, and on several nodes."""
import contextlib
import os
import re
import sqlite3
import threading

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.gateway import flags, run
from florin_testing.vault import COMES_OVER_WITHIN, delete, make_master, pay, rotate, status, store_card, stored, vault
from florin_testing.waiting import until

on_file = pytest.mark.skipif('FLORIN_TEST_POSTGRES' in os.environ, reason='looks into the file')


@pytest.fixture(name='vault_shop')
def open_vault_shop(open_shop, tmp_path):
    """One whose master key lies in a file."""
    return open_shop(master_key_file=make_master(tmp_path))


def tamper(shop, statement):
    """Behind the gateway's back; it must be down."""
    with contextlib.closing(sqlite3.connect(shop.gateway.store)) as store, store:
        return store.execute(statement).fetchall()


def flip(text, at):
    """One letter of it is another one."""
    return text[:at] + ('B' if text[at] == 'A' else 'A') + text[at + 1:]


def refused(shop, *words, **settings):
    """It does not come up, and says why."""
    code, _, err = run('serve', *flags({**shop.gateway.settings, **settings}))
    assert code == 1 and all(word in err for word in words), err


# --- the master key in a file ---

def test_init_makes_a_key_that_opens_the_vault(open_shop, tmp_path):
    path = tmp_path / 'key'
    code, out, err = run('vault', 'init', '--master-key-file', str(path))
    assert code == 0 and str(path) in out, err
    assert path.stat().st_mode & 0o777 == 0o600 and re.fullmatch(r'[0-9a-f]{64}\n', path.read_text())
    code, _, err = run('vault', 'init', '--master-key-file', str(path))
    assert code == 1 and 'already' in err
    shop = open_shop(master_key_file=path)
    said = status(shop.gateway)
    assert said['vault'] == 'open' and said['master_id'] in out
    pay(shop.client, stored(shop.client)).expect(201)


def test_the_key_lies_beside_the_store_unless_it_is_said_where(open_shop):
    shop = open_shop()
    assert status(shop.gateway)['vault'] == 'none'
    assert vault(shop.gateway, 'init')[0] == 0
    shop.gateway.restart()
    pay(shop.client, stored(shop.client)).expect(201)


def test_a_key_that_others_may_read_is_refused(vault_shop):
    shop, path = vault_shop, vault_shop.gateway.settings['master_key_file']
    shop.gateway.stop()
    path.chmod(0o640)
    refused(shop, 'may be read by others')
    path.chmod(0o600)
    path.write_text('x' * 65)
    refused(shop, '64 hex digits')
    path.unlink()
    refused(shop, 'cannot be read')


def test_another_key_is_refused(vault_shop, tmp_path):
    vault_shop.gateway.stop()
    refused(vault_shop, 'is not the one that seals the cards', master_key_file=make_master(tmp_path, 'b2' * 32, 'other'))


def test_without_its_key_the_vault_is_sealed_and_all_else_goes_on(vault_shop):
    shop, path = vault_shop, vault_shop.gateway.settings['master_key_file']
    token, key = stored(shop.client), fresh_key()
    first = pay(shop.client, token, key, order_id='o')
    away = path.rename(path.with_suffix('.away'))
    shop.gateway.restart(master_key_file=None)
    assert shop.client.look('/readyz').expect(200) == {'status': 'ready', 'vault': 'sealed'}
    assert shop.client.metrics()['florin_vault_sealed'] == 1
    pay(shop.client, token, cvv='123').expect(503, 'vault_sealed')
    store_card(shop.client).expect(503, 'vault_sealed')
    assert pay(shop.client, token, key, order_id='o').body == first.body  # what was answered stays
    assert shop.client.look(f'/v1/tokens/{token["id"]}').expect(200)['last4'] == token['last4']
    shop.client.capture(shop.client.authorized()).expect(200)
    away.rename(path)
    shop.gateway.restart(master_key_file=path)
    assert shop.client.metrics()['florin_vault_sealed'] == 0
    again = fresh_key()
    pay(shop.client, token, again, cvv='123').expect(201)


# --- two custodians ---

def new_share():
    code, out, err = run('vault', 'share')
    assert code == 0 and re.fullmatch(r'florin-share-1-[0-9a-f]{64}-[0-9a-f]{8}\n', out), err
    return out.strip()


def test_two_custodians_open_the_vault(open_shop):
    """1. Each brings his share: the vault is made. 2. After a start it is sealed. 3. Either order opens it; wrong shares do not."""
    shop, one, other, third = open_shop(), new_share(), new_share(), new_share()
    gateway = shop.gateway
    store_card(shop.client).expect(503, 'vault_sealed')
    code, said, _ = vault(gateway, 'unlock', share=one)
    assert code == 0 and said['vault'] == 'none' and said['waits_for_share']
    store_card(shop.client).expect(503, 'vault_sealed')
    code, said, _ = vault(gateway, 'unlock', share=other)
    assert code == 0 and said['vault'] == 'open' and not said['waits_for_share']
    token = stored(shop.client)
    assert vault(gateway, 'unlock', share=one)[1]['code'] == 'vault_open'

    gateway.restart()
    assert status(gateway)['vault'] == 'sealed'
    pay(shop.client, token).expect(503, 'vault_sealed')
    assert vault(gateway, 'unlock', share=one[:-1] + '-')[0] == 1
    assert vault(gateway, 'unlock', share=one)[0] == 0
    assert vault(gateway, 'unlock', share=one)[1]['code'] == 'share_invalid'  # the same twice: from the beginning
    assert vault(gateway, 'unlock', share=one)[0] == 0
    assert vault(gateway, 'unlock', share=third)[1]['code'] == 'vault_key_wrong'
    assert not status(gateway)['waits_for_share']
    vault(gateway, 'unlock', share=other)
    assert vault(gateway, 'unlock', share=one)[1]['vault'] == 'open'
    assert shop.client.look('/readyz').expect(200) == {'status': 'ready'}
    pay(shop.client, token).expect(201)
    for share in (one, other, third):
        assert share not in gateway.log() and share.split('-')[3] not in gateway.log()


def test_custodians_change_the_key(open_shop):
    shop, one, other, third, fourth = open_shop(), *(new_share() for _ in range(4))
    gateway = shop.gateway
    for share in (one, other):
        vault(gateway, 'unlock', share=share)
    token = stored(shop.client)
    assert vault(gateway, 'rotate')[1]['code'] == 'vault_key_not_here'
    assert vault(gateway, 'rotate', '--share', share=third)[1]['waits_for_share']
    assert vault(gateway, 'rotate', '--share', share=fourth)[0] == 0
    pay(shop.client, token).expect(201)
    gateway.restart()
    vault(gateway, 'unlock', share=one)
    assert vault(gateway, 'unlock', share=other)[1]['code'] == 'vault_key_wrong'
    vault(gateway, 'unlock', share=third)
    assert vault(gateway, 'unlock', share=fourth)[1]['vault'] == 'open'
    pay(shop.client, token, cvv='123').expect(201)


def test_a_door_that_cannot_be_there_is_told(tmp_path):
    code, _, err = run('vault', 'status', '--store', f'sqlite:{tmp_path}/{"x" * 120}.db')
    assert code == 1 and 'the path of the store is too long' in err
    code, _, err = run('vault', 'status', '--store', 'sqlite:none.db')
    assert code == 1 and 'no gateway is running' in err


def test_only_the_owner_comes_to_the_door(vault_shop):
    door = vault_shop.gateway.store.with_name('florin.db.control')
    if not door.exists():
        door = vault_shop.gateway.folder / 'florin.control'
    assert door.stat().st_mode & 0o077 == 0
    vault_shop.client.look('/vault', is_good=False).expect(404)


# --- changing keys ---

class Merchants:
    """Four of them pay by tokens, store cards and forget some, all the time; whatever is not answered as it should is kept."""

    def __init__(self, shop, tokens):
        self.shop, self.tokens, self.stop, self.wrong, self.count = shop, tokens, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.live, args=(index,)) for index in range(4)]

    def live(self, index):
        while not self.stop.is_set():
            token = self.tokens[(self.count + index) % len(self.tokens)]
            answers = [pay(self.shop.client, token, cvv='123')]
            fresh = store_card(self.shop.client, cards.further(index))
            answers += [fresh, pay(self.shop.client, fresh.json['id'])] if fresh.status == 201 else [fresh]
            if fresh.status == 201 and self.count % 3 == 0:
                delete(self.shop.client, fresh.json)
            self.wrong += [answer for answer in answers if answer.status != 201]
            self.count += len(answers)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_keys_change_under_load(vault_shop):
    """No request fails, and in the end no key of before opens anything."""
    shop, path = vault_shop, vault_shop.gateway.settings['master_key_file']
    old = path.read_text()
    tokens = [stored(shop.client, cards.further(index)) for index in range(250)]
    with Merchants(shop, tokens) as merchants:
        for _ in range(1 if 'FLORIN_TEST_POSTGRES' in os.environ else 3):
            before = merchants.count
            master = status(shop.gateway)['master_id']
            assert rotate(shop.gateway)['master_id'] != master
            rotate(shop.gateway, '--data-key')
            until(lambda before=before: merchants.count > before + 40, 'they go on')
    assert not merchants.wrong, merchants.wrong[:3]
    assert path.read_text() != old and path.stat().st_mode & 0o777 == 0o600 and not path.with_name('master.new').exists()
    shop.gateway.restart()
    for token in tokens[::10]:
        pay(shop.client, token, cvv='123').expect(201)
    shop.gateway.stop()
    assert run('verify', '--store', shop.gateway.settings['store'])[0] == 0
    path.write_text(old)
    refused(shop, 'is not the one that seals the cards')


@on_file
def test_after_a_new_data_key_nothing_of_the_old_is_left(vault_shop):
    shop = vault_shop
    tokens = [stored(shop.client, cards.further(index)) for index in range(120)]
    rotate(shop.gateway, '--data-key')
    shop.gateway.stop()
    assert tamper(shop, "SELECT DISTINCT key_id FROM token") == [('card-2',)]
    assert tamper(shop, "SELECT key_id, state, sealed IS NULL FROM vault_key ORDER BY key_id") == [
        ('card-1', 'destroyed', 1), ('card-2', 'active', 0), ('fingerprint-1', 'active', 0)]
    shop.gateway.start()
    assert stored(shop.client, cards.further(0))['fingerprint'] == tokens[0]['fingerprint']
    pay(shop.client, tokens[0], cvv='123').expect(201)


def sealed_texts(shop, column, table):
    """What lies sealed in a table, as a thief would read it."""
    with contextlib.closing(sqlite3.connect(f'file:{shop.gateway.store}?mode=ro', uri=True)) as store:
        return [text.encode() for text, in store.execute(f'SELECT {column} FROM {table} WHERE {column} IS NOT NULL')]


def found_in_files(shop, texts):
    """Which files still show one of them."""
    kept = {file.name: file.read_bytes() for file in shop.gateway.folder.iterdir() if file.is_file()}
    return {name for name, data in kept.items() if any(text in data for text in texts)}


@on_file
def test_no_file_shows_what_an_old_key_had_sealed(vault_shop):
    """While the gateway runs: the rows of before are gone from the store and from its log, where whoever has the old key would look."""
    shop = vault_shop
    tokens = [stored(shop.client, cards.further(index)) for index in range(20)]
    keys, sealed = sealed_texts(shop, 'sealed', 'vault_key'), sealed_texts(shop, 'card_sealed', 'token')
    assert len(keys) == 2 and len(sealed) == len(tokens) and found_in_files(shop, keys) and found_in_files(shop, sealed)
    rotate(shop.gateway)
    assert not found_in_files(shop, keys)
    before = set(sealed_texts(shop, 'sealed', 'vault_key'))
    rotate(shop.gateway, '--data-key')
    data_key, = before - set(sealed_texts(shop, 'sealed', 'vault_key'))
    assert not found_in_files(shop, [data_key, *sealed])
    pay(shop.client, tokens[0], cvv='123').expect(201)


@on_file
@pytest.mark.parametrize('point, words', [('va.rewrapped', ()), ('op.commit_called:3', ()), ('op.commit_synced:3', ()),
                                          ('va.data_key_made', ('--data-key',)), ('va.resealed', ('--data-key',)),
                                          ('va.resealed:2', ('--data-key',))])
def test_killed_over_a_change_of_keys(vault_shop, point, words):
    """Whichever key it is then, the file and the store agree, and cards on their way come to the end of it."""
    shop = vault_shop
    tokens = [stored(shop.client, cards.further(index)) for index in range(230)]
    for token in tokens[:3]:
        pay(shop.client, token).expect(201)
    shop.gateway.kill().start(env={'FLORIN_CRASH_AT': point})
    vault(shop.gateway, 'rotate', *words)
    shop.gateway.wait_for_death()
    shop.gateway.start()
    until(lambda: not status(shop.gateway)['resealing'], 'all cards have come over', within=COMES_OVER_WITHIN)
    for token in tokens[::20]:
        pay(shop.client, token, cvv='123').expect(201)
    rotate(shop.gateway)
    rotate(shop.gateway, '--data-key')
    pay(shop.client, tokens[-1], cvv='123').expect(201)
    shop.all_settled()
    shop.books_agree()


# --- damage ---

@on_file
def test_a_flipped_bit_is_told_and_counted(vault_shop):
    """Of the sealed card, wherever: no crash, nothing is sent, a problem of its own, a line in the log, a figure."""
    shop = vault_shop
    tokens = [stored(shop.client, cards.further(index)) for index in range(8)]
    shop.gateway.stop()
    (sealed,) = tamper(shop, f"SELECT card_sealed FROM token WHERE token_id = '{tokens[0]['id']}'")[0]
    for index, at in enumerate((0, 10, 17, 40, 60, 79)):
        tamper(shop, f"UPDATE token SET card_sealed = '{flip(sealed, at)}' WHERE token_id = '{tokens[index]['id']}'")
    tamper(shop, f"UPDATE token SET key_id = 'card-9' WHERE token_id = '{tokens[6]['id']}'")
    shop.gateway.start()
    asked = len(shop.asked())
    for token in tokens[:7]:
        pay(shop.client, token).expect(422, 'token_unreadable')
    assert len(shop.asked()) == asked
    assert shop.client.metrics()['florin_unreadable_cards_total'] == 7
    told = [line for line in shop.gateway.log_lines() if line['message'].startswith('a stored card does not open')]
    assert {line['token_id'] for line in told} == {token['id'] for token in tokens[:7]} and told[0]['level'] == 'error'
    pay(shop.client, tokens[7]).expect(201)

    rotate(shop.gateway, '--data-key')  # what does not open stays behind, and the old key with it
    assert status(shop.gateway)['unreadable'] == 6
    assert shop.client.metrics()['florin_vault_left_behind'] == 6
    pay(shop.client, tokens[0]).expect(422, 'token_unreadable')
    delete(shop.client, tokens[0]).expect(200)
    pay(shop.client, tokens[7], cvv='123').expect(201)


@on_file
@pytest.mark.parametrize('change', ['single_use = 0', 'expires_at = 0', "last4 = '0000'", 'expiry_year = 2088'])
def test_who_changes_a_row_has_no_card(vault_shop, change):
    """Not by a bit, but on purpose: a used token made fresh, one that expires made lasting."""
    token = stored(vault_shop.client, single_use=True)
    vault_shop.gateway.stop()
    tamper(vault_shop, f'UPDATE token SET {change}')
    vault_shop.gateway.start()
    pay(vault_shop.client, token).expect(422, 'token_unreadable')


@on_file
def test_a_damaged_key_seals_the_vault(vault_shop):
    shop = vault_shop
    token = stored(shop.client)
    shop.gateway.stop()
    (sealed,) = tamper(shop, "SELECT sealed FROM vault_key WHERE key_id = 'card-1'")[0]
    tamper(shop, f"UPDATE vault_key SET sealed = '{flip(sealed, 30)}' WHERE key_id = 'card-1'")
    shop.gateway.start()
    pay(shop.client, token).expect(503, 'vault_sealed')
    assert shop.client.metrics()['florin_vault_sealed'] == 1
    assert any(line['level'] == 'error' and 'key of stored cards' in line['message'] for line in shop.gateway.log_lines())
    shop.client.authorized()


# --- copies ---

@on_file
def test_a_backup_has_the_cards_and_not_the_key(vault_shop, tmp_path):
    shop = vault_shop
    token, copy = stored(shop.client), tmp_path / 'copy.db'
    code, out, err = run('backup', '--store', shop.gateway.settings['store'], '--to', str(copy))
    assert code == 0, out + err
    delete(shop.client, token)
    shop.gateway.stop()
    code, out, err = run('restore', '--store', shop.gateway.settings['store'], '--from', str(copy))
    assert code == 0, out + err
    shop.gateway.start()
    pay(shop.client, token, cvv='123').expect(201)  # of before it was deleted: docs/how-to/vault.md says what to do about that
    assert 'a1' * 32 not in copy.read_bytes().hex() and b'a1' * 32 not in copy.read_bytes()


# --- several nodes ---

def test_nodes_share_tokens_and_keys(open_house, tmp_path):
    """The same file on all nodes. 1. One stores, the other pays. 2. A new data key, made by one: the other learns of it as it needs it.
    3. A single-use token, used on both at once, has one winner."""
    house = open_house(names=('one', 'two'), master_key_file=make_master(tmp_path))
    one, two = (house.nodes[name].client() for name in ('one', 'two'))
    token = stored(one)
    pay(two, token, cvv='123').expect(201)
    vault(house.nodes['one'], 'rotate', '--data-key')
    fresh = stored(one)
    pay(two, fresh, cvv='123').expect(201)
    assert stored(two)['fingerprint'] == fresh['fingerprint']
    for _ in range(10):
        single = stored(one, single_use=True)
        with contextlib.ExitStack() as stack:
            answers = []
            threads = [threading.Thread(target=lambda client=client: answers.append(pay(client, single, cvv='123'))) for client in (one, two)]
            for thread in threads:
                thread.start()
                stack.callback(thread.join)
        assert sorted(answer.status for answer in answers) == [201, 422], answers
