# SPDX-License-Identifier: Apache-2.0
"""A full disk: new payments are refused before the bank is called, and what the bank did is not lost."""
import concurrent.futures
import contextlib
import http.client
import os
import subprocess

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import at_once
from florin_testing.shop import Shop
from florin_testing.waiting import until

MIB = 1024 * 1024
DISK_BYTES = 32 * MIB


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 32 MiB."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_BYTES}', 'florin-test', str(folder)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f'NOT TESTED: a full disk. Only root may mount a small one: {done.stderr.decode().strip()}')
    yield folder
    subprocess.run(['umount', '-l', str(folder)], check=True)


@pytest.fixture
def disk_shop(small_disk):
    """A shop whose store is on the small disk."""
    shops = []

    def open_one(**settings):
        shops.append(Shop(small_disk / 'shop', storage_least_mb=8, **settings))
        return shops[-1]
    yield open_one
    fill_to(small_disk, None)
    for shop in shops:
        shop.close()


def fill_to(disk, free):
    """Leaves so many bytes free; None takes the filling away."""
    filling = disk / 'filling'
    with contextlib.suppress(FileNotFoundError):
        filling.unlink()
    if free is None:
        return
    about = os.statvfs(disk)
    with filling.open('wb') as file:
        os.posix_fallocate(file.fileno(), 0, max(about.f_bavail * about.f_frsize - free, 1))


def fill_up(disk):
    """Leaves nothing at all."""
    fill_to(disk, 0)
    with contextlib.suppress(OSError), (disk / 'last-bytes').open('wb', buffering=0) as file:
        while True:
            file.write(b'x' * 4096)


def empty(disk):
    """Gives all room back."""
    fill_to(disk, None)
    with contextlib.suppress(FileNotFoundError):
        (disk / 'last-bytes').unlink()


def test_with_little_room_nothing_new_is_begun_and_what_was_begun_is_finished(disk_shop, small_disk):
    """1. Room: payments. 2. Little room: 503 storage_low, the bank is not called. 3. Captures go on. 4. Room again: payments."""
    shop = disk_shop()
    key, wish = fresh_key(), shop.client.wish()
    first = shop.client.post('/v1/payments', wish, key)
    held = shop.client.authorized()
    fill_to(small_disk, 4 * MIB)
    until(lambda: shop.client.metrics()['florin_storage_low'] == 1, 'the full disk is noticed')
    before = len(shop.asked())
    refused = fresh_key()
    shop.client.post('/v1/payments', wish, refused).expect(503, 'storage_low')
    assert len(shop.asked()) == before, 'the bank was called'
    assert shop.client.post('/v1/payments', wish, key).body == first.body, 'an old answer is lost'
    assert shop.client.get(held) == held
    shop.client.capture(held).expect(200)
    empty(small_disk)
    until(lambda: shop.client.metrics()['florin_storage_low'] == 0, 'the room is noticed')
    shop.client.post('/v1/payments', wish, refused).expect(201)
    shop.books_agree()


@pytest.mark.parametrize('operation', ['authorize', 'capture', 'void', 'refund'])
def test_what_the_bank_did_is_not_lost(disk_shop, small_disk, operation):
    """1. The request is at the bank. 2. The disk fills up to the last byte. 3. The bank does it. 4. Room again. 5. It is recorded; the
    same key says so."""
    shop, key = disk_shop(answer_within_ms=6000), fresh_key()
    wish = shop.client.wish()
    payment = None if operation == 'authorize' else shop.client.captured() if operation == 'refund' else shop.client.authorized()
    path = '/api/v1/authorizations' if operation == 'authorize' else f'/api/v1/{operation}s'

    def ask():
        return shop.client.post('/v1/payments', wish, key) if operation == 'authorize' else shop.client.change(payment, operation, key)
    shop.bank.fault('late', path, latency_ms=1500)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask)
        until(lambda: shop.asked(path), 'it is at the bank')
        fill_up(small_disk)
        answer = answer.result()
    assert answer.status in (200, 201, 202), answer
    assert shop.gateway.is_running(), 'it did not stay up'
    empty(small_disk)
    receipt = shop.settled(payment or answer.json)
    wanted = {'authorize': 'authorized', 'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}[operation]
    assert receipt['state'] == wanted
    last = ask()
    assert last.status == (201 if operation == 'authorize' else 200)
    assert len(shop.asked(path)) == 1, 'the bank was asked again'
    shop.books_agree()
    shop.gateway.kill().start()
    assert shop.client.get(receipt) == receipt, 'it was told before it was durable'


def test_a_disk_that_fills_up_under_load_loses_nothing(disk_shop, small_disk):
    """Forty payments are at the bank when the last byte goes; whatever was told stays true, and the books agree."""
    shop = disk_shop(bank={'latency': '500:1500'}, answer_within_ms=4000)
    wishes = [(fresh_key(), shop.client.wish()) for _ in range(40)]

    def one(index):
        if index == 40:
            until(lambda: len(shop.asked()) >= 30, 'payments are at the bank')
            fill_up(small_disk)
            return None
        return shop.client.post('/v1/payments', wishes[index][1], wishes[index][0])
    answers = at_once(41, one)[:40]
    assert {answer.status for answer in answers} <= {201, 202, 503}
    empty(small_disk)
    until(lambda: shop.client.metrics()['florin_storage_low'] == 0, 'the room is noticed')
    for (key, wish), answer in zip(wishes, answers):
        again = until(lambda: final(shop.client.post('/v1/payments', wish, key)), 'every key gets its end')
        assert again.status == 201 and (answer.status != 201 or answer.body == again.body)
    shop.books_agree()


def final(answer):
    """The answer when it is not provisional."""
    return answer if answer.status not in (202, 503) else None


def test_a_kill_on_a_full_disk_loses_nothing(disk_shop, small_disk):
    """1. The disk is full. 2. Kill -9. 3. A start on the full disk may be refused. 4. Room again: everything is there."""
    shop = disk_shop()
    receipt = shop.client.captured()
    fill_up(small_disk)
    shop.gateway.kill()
    shop.gateway.launch()
    shop.gateway.hear_address()
    if shop.gateway.is_running():
        shop.gateway.kill()
    empty(small_disk)
    shop.gateway.start()
    assert shop.client.get(receipt) == receipt
    shop.client.refund(receipt).expect(200)
    shop.books_agree()


def test_a_kill_over_the_refusal_of_a_full_disk(disk_shop, small_disk):
    """The disk fills up faster than anybody looks: the refusal comes out of the transaction itself, and the gateway dies over it."""
    shop, key = disk_shop(), fresh_key()
    wish = shop.client.wish()
    shop.gateway.restart(env={'FLORIN_CRASH_AT': 'operation.decline_work'}, storage_least_mb=0)
    fill_up(small_disk)

    def ask_until_it_dies():
        for _ in range(200):  # what is still free inside the store's own files is used up first
            answer = shop.client.authorize()
            assert answer.status in (201, 503), answer
        return False
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask_until_it_dies()
    shop.gateway.wait_for_death()
    empty(small_disk)
    shop.gateway.start()
    shop.client.post('/v1/payments', wish, key).expect(201)
    shop.all_settled()
    shop.books_agree()
