# SPDX-License-Identifier: Apache-2.0
"""The nth allocation of a purchase fails, of whoever asks: ours, SQLite's, OpenSSL's, libcurl's, libuv's. The process stops and says so
(docs/decisions/0019); what it had told stays true, and the next start carries the rest out, once."""
import os
import signal

import pytest
from florin_testing.purchase import Purchase
from florin_testing.waiting import until
from florin_testing.world_page import WorldPage

IS_LONG = bool(os.environ.get('FLORIN_LONG'))
SPAN = 1500             # fewer than a purchase takes in a gateway that has just been started
STOPPED_LEAST = 0.95    # a few are libc's own (the name of a time zone), and it does without
SENTENCE = 'florin: out of memory: '
WAYS = {                # failing only once, or all from there on: how many are left out between two that are tried
    'once': (False, 1 if IS_LONG else 149),
    'from-then-on': (True, 1 if IS_LONG else 373),
}


@pytest.fixture
def page(tmp_path):
    return WorldPage(tmp_path)


def broken_purchase(shop, page, number, sticky):
    """A purchase over which the number-th allocation fails; the sound gateway afterwards has to end it. Did the first one stop?"""
    gateway = shop.gateway
    gateway.start(env=page.env)
    page.fail_allocation(number, sticky)
    purchase = Purchase(shop)
    is_over = purchase.pursue()
    page.heal()
    if is_over and gateway.is_running():
        gateway.end()
        stopped = False
    else:
        check_end(gateway)
        stopped = True
    gateway.start(env=page.env)
    purchase.check()
    gateway.end()
    return stopped


def check_end(gateway):
    """It stopped by itself, with its sentence as the last one."""
    until(lambda: not gateway.is_running(), 'a gateway without memory stops')
    last = gateway.log().splitlines()[-1]
    assert gateway.process.returncode == -signal.SIGABRT and last.startswith(SENTENCE), (gateway.process.returncode, last)


@pytest.mark.timeout(3600 if IS_LONG else 120)
@pytest.mark.parametrize('way', WAYS)
def test_an_allocation_that_fails_stops_the_process_and_loses_nothing(open_shop, page, way):
    sticky, step = WAYS[way]
    shop = open_shop(env=page.env, answer_within_ms=3000)
    shop.gateway.kill()
    stopped = [broken_purchase(shop, page, number, sticky) for number in range(1, SPAN, step)]
    assert sum(stopped) >= STOPPED_LEAST * len(stopped), [number * step + 1 for number, did in enumerate(stopped) if not did]
    shop.gateway.start()
    shop.all_settled()
    shop.books_agree()


@pytest.mark.parametrize('share', [0.1, 0.4, 0.6, 0.8])
def test_an_allocation_that_fails_while_it_comes_up(open_shop, page, share):
    """It does not get ready, and the next start does."""
    shop = open_shop(env=page.env)
    receipt = shop.client.captured()
    before = page.allocations()
    shop.gateway.kill().start(env=page.env)
    needed = page.allocations() - before  # on a store that is there already
    gateway = shop.gateway.kill()
    page.fail_allocation(int(needed * share))
    gateway.launch(env=page.env)
    assert not gateway.hear_address()
    page.heal()
    check_end(gateway)
    gateway.start(env=page.env)
    assert shop.client.get(receipt) == receipt
