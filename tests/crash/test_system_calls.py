# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at every system call of a life with one purchase, from the start on; and the same calls, failing instead, once or for good."""
import os
import signal

import pytest
from florin_testing import strace
from florin_testing.gateway import Gateway
from florin_testing.purchase import Purchase

IS_LONG = bool(os.environ.get('FLORIN_LONG'))
KILLS = 24          # of a short run, spread over all calls; a long run kills at each of them
REACHED_LEAST = 0.6  # how many of the kills must come: threads do not make the same calls in each life
FAILURES = 4        # of a short run, for each kind of failure
TRACED_SECONDS = 2  # how long a gateway may try to go on with a broken disk

STORE_BROKEN, START_REFUSED, LOADER_REFUSED = 70, 1, 127  # the last by the dynamic loader, before anything of ours runs

# call, what becomes of it, from then on?, how the process may end (None: it goes on)
FAILING = [
    ('pwrite64', 'error=EIO', False, {STORE_BROKEN, START_REFUSED}),
    ('pwrite64', 'error=EIO', True, {STORE_BROKEN, START_REFUSED}),
    ('fdatasync', 'error=EIO', False, {STORE_BROKEN, START_REFUSED}),
    ('fdatasync', 'error=EIO', True, {STORE_BROKEN, START_REFUSED}),
    ('pread64', 'error=EIO', True, {STORE_BROKEN, START_REFUSED, LOADER_REFUSED}),
    ('pwrite64', 'error=ENOSPC', False, {None, START_REFUSED}),
    ('pwrite64', 'error=ENOSPC', True, {None, START_REFUSED}),
    ('pwrite64', 'retval=0', False, {None, START_REFUSED}),  # it took nothing
]


def life_under(shop, wrapper, within=None):
    """A life with one purchase in it, and a sound one after it that has to end the purchase. Gives the exit status, None for none."""
    gateway = shop.gateway
    gateway.launch(env=strace.ENV, wrapper=wrapper)
    purchase = Purchase(shop)
    if gateway.hear_address():
        purchase.pursue(**({'within': within} if within else {}))
    status = end_of(gateway)
    gateway.start()
    purchase.check()
    gateway.end()
    return status


def end_of(gateway):
    """How it ended by itself; None when it did not, and had to be ended."""
    if not gateway.is_running():
        return gateway.process.returncode
    gateway.end()
    return None


@pytest.fixture
def traced(open_shop, tmp_path):
    """A shop without a gateway, and the calls of a whole life."""
    shop = open_shop(answer_within_ms=2000, storage_least_mb=0)
    shop.gateway.end()
    shop.gateway.launch(env=strace.ENV, wrapper=strace.tracing(tmp_path / 'calls'))
    assert shop.gateway.hear_address(), shop.gateway.log()
    purchase = Purchase(shop)
    assert purchase.pursue()
    shop.gateway.end()
    shop.gateway.start()
    purchase.check()
    shop.gateway.end()
    yield shop, strace.calls_of(tmp_path / 'calls')
    shop.gateway.start()
    shop.all_settled()
    shop.books_agree()


@pytest.mark.timeout(7200 if IS_LONG else 120)
def test_a_kill_at_every_system_call(traced):
    shop, calls = traced
    points = [(call, number) for call, most in sorted(calls.items()) for number in range(1, most + 1)]
    assert len(points) > 500, 'this is not a whole life'
    chosen = points if IS_LONG else strace.evenly(points, KILLS)
    reached = sum(life_under(shop, strace.injecting(call, 'signal=SIGKILL', number)) == -signal.SIGKILL for call, number in chosen)
    Gateway.kills += reached
    assert reached >= REACHED_LEAST * len(chosen), f'only {reached} of {len(chosen)} kills came'


@pytest.mark.timeout(3600 if IS_LONG else 120)
@pytest.mark.parametrize('call, what, is_sticky, ends', FAILING, ids=lambda value: str(value) if isinstance(value, str) else None)
def test_a_system_call_that_fails(traced, call, what, is_sticky, ends):
    """Nothing untrue is told, and the next start brings all to its end."""
    shop, calls = traced
    numbers = list(range(1, calls[call] + 1))
    chosen = numbers if IS_LONG else strace.evenly(numbers, FAILURES)
    seen = [life_under(shop, strace.injecting(call, what, f'{number}{"+" if is_sticky else ""}'), TRACED_SECONDS) for number in chosen]
    assert set(seen) <= ends | {None}, f'{dict(zip(chosen, seen))}\n{shop.gateway.log()[-3000:]}'
    assert None in ends or sum(status is None for status in seen) <= len(seen) / 2, f'hardly anything failed: {dict(zip(chosen, seen))}'
