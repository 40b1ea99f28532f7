# SPDX-License-Identifier: Apache-2.0
"""Waiting for something that will be so, never for longer than a deadline, and never in the hope that it is so by now."""
import time

PATIENCE = 30.0  # seconds; generous, because a sanitized build on a busy machine is slow. Nobody waits that long when all is well


def until(condition, what, within=PATIENCE, every=0.02):
    """Asks again and again; gives the first true answer. Fails with `what` and the last answer when the time is up."""
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f'{what}: not within {within:g} s; the last answer was {answer!r}')
        time.sleep(every)
