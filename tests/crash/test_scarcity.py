# SPDX-License-Identifier: Apache-2.0
"""Too few descriptors, too little memory, writes that take only half, no random bytes: what was accepted is kept, and answers are true."""
import contextlib
import http.client
import pathlib
import resource
import signal

import pytest
from florin_testing.client import fresh_key
from florin_testing.histories import check_history, history_of
from florin_testing.merchants import Merchant
from florin_testing.processes import florin_binary
from florin_testing.purchase import Purchase
from florin_testing.waiting import until
from florin_testing.wire import RawConnection
from florin_testing.world_page import WorldPage

SENTENCE = 'florin: out of memory: '


@pytest.fixture
def page(tmp_path):
    return WorldPage(tmp_path)


def limit(shop, what, amount):
    """From now on the running gateway has no more than that; None: as much as it may have."""
    _, most = resource.prlimit(shop.gateway.process.pid, what)
    resource.prlimit(shop.gateway.process.pid, what, (most if amount is None else amount, most))


def is_served(connection):
    """Is a request on it answered within a moment?"""
    connection.send(b'GET /v1/payments?limit=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    try:
        return connection.answer('GET').status == 200
    except (OSError, http.client.HTTPException):
        return False


def whole_histories(shop):
    """The books agree, and every payment's history is whole."""
    shop.all_settled()
    for receipt in shop.books_agree():
        check_history(receipt['id'], history_of(shop.client, receipt['id']))


def test_without_descriptors_accepted_work_is_kept(open_shop):
    """1. The gateway may open nothing more, and strangers take what is left. 2. A payment on a connection of before is answered truly.
    3. The strangers go: all is as it was."""
    shop = open_shop(answer_within_ms=1000)
    held = shop.client.authorized()
    key, wish = fresh_key(), shop.client.wish()
    limit(shop, resource.RLIMIT_NOFILE, 40)
    strangers = []
    with contextlib.suppress(OSError):
        for _ in range(60):
            strangers.append(RawConnection(shop.gateway.address, timeout=1))
    assert not is_served(strangers[-1]), 'descriptors are not scarce'
    answers = [shop.client.capture(held, key=key), shop.client.post('/v1/payments', wish, key + 'x')]
    for answer in answers:
        assert answer.status in (200, 201, 202, 503), answer
    for stranger in strangers:
        stranger.close()
    limit(shop, resource.RLIMIT_NOFILE, None)
    assert shop.gateway.is_running()
    assert until(lambda: shop.client.capture(held, key=key).status == 200, 'it is captured')
    last = shop.client.post('/v1/payments', wish, key + 'x')
    assert last.status in (201, 503), last
    if answers[1].status in (201, 503) and 'payment_id' not in last.json:
        assert answers[1].body == last.body
    whole_histories(shop)


@pytest.mark.parametrize('descriptors', [12, 20, 32])
def test_a_start_with_too_few_descriptors(open_shop, descriptors):
    """It starts and serves, or says why it does not; nothing is lost."""
    shop = open_shop()
    receipt = shop.client.captured()
    gateway = shop.gateway.kill()
    gateway.launch(wrapper=['prlimit', f'--nofile={descriptors}'])
    if gateway.hear_address():
        gateway.kill()
    else:
        assert gateway.process.returncode in (1, -signal.SIGABRT) and 'florin' in gateway.log().splitlines()[-1], gateway.log()[-2000:]
    gateway.start()
    assert shop.client.get(receipt) == receipt


@pytest.mark.skipif(b'__asan_init' in pathlib.Path(florin_binary()).read_bytes(), reason='NOT TESTED: a sanitizer needs memory of its own')
def test_memory_that_ends_under_load_is_a_crash_like_any_other(open_shop):
    """The kernel gives the process no more memory while merchants go on; it stops, and what was told stays true."""
    shop = open_shop(answer_within_ms=1000, log_level='info')
    gateway = shop.gateway
    merchants = [Merchant(gateway, number) for number in range(6)]
    for merchant in merchants:
        merchant.start()
    for life in range(3):
        until(lambda: sum(len(merchant.told) for merchant in merchants) >= 10 * (life + 1), 'something happens')
        limit(shop, resource.RLIMIT_AS, 0)
        ask_for_much_at_once(shop)
        assert gateway.process.returncode == -signal.SIGABRT and SENTENCE in gateway.log().splitlines()[-1], gateway.log()[-2000:]
        gateway.start()
    for merchant in merchants:
        merchant.is_open = False
    for merchant in merchants:
        merchant.join(60)
    assert not [merchant.trouble for merchant in merchants if merchant.trouble]
    whole_histories(shop)


def ask_for_much_at_once(shop):
    """More and more connections, each with a request that wants memory, until the gateway has no more."""
    body = b'POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n' + b' ' * 50000
    strangers = []

    def one_more():
        with contextlib.suppress(OSError):
            strangers.append(RawConnection(shop.gateway.address))
            strangers[-1].send(body)
        return not shop.gateway.is_running()
    until(one_more, 'its memory is used up', every=0)
    for stranger in strangers:
        stranger.close()


@pytest.mark.parametrize('is_sticky', [False, True], ids=['once', 'always'])
def test_writes_that_take_only_half(open_shop, page, is_sticky):
    """To files and sockets: the rest is written with the next one, and nobody notices."""
    shop = open_shop(env=page.env)
    before = page.writes()
    Purchase(shop).check()
    needed = page.writes() - before
    assert needed > 12, 'hardly anything is written'  # four commits, and what goes over sockets
    for number in range(1, needed, max(needed // 12, 1)):
        page.shorten_write(number, is_sticky)
        purchase = Purchase(shop)
        assert purchase.pursue() and shop.gateway.is_running(), shop.gateway.log()[-2000:]
        page.heal()
        assert purchase.check()['state'] == 'captured'
    shop.gateway.kill().start()
    whole_histories(shop)


def test_without_random_bytes_no_payment_is_begun(open_shop, page):
    """The process stops rather than going on with bytes that can be guessed, and the bank hears nothing."""
    shop = open_shop(env=page.env)
    gateway = shop.gateway.kill()
    page.end_random()
    gateway.launch(env=page.env)
    if gateway.hear_address():
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = shop.client.authorize()
            raise AssertionError(f'answered without random bytes: {answer}')
    until(lambda: not gateway.is_running(), 'it stops')
    assert gateway.process.returncode == -signal.SIGABRT and 'RAND_bytes' in gateway.log().splitlines()[-1], gateway.log()[-2000:]
    assert not shop.asked(), 'the bank was asked'
    page.heal()
    gateway.start(env=page.env)
    shop.client.captured()
    whole_histories(shop)
