# SPDX-License-Identifier: Apache-2.0
"""Many merchants at once, each in a thread; the first thing that goes wrong for one of them is the test's failure."""
import concurrent.futures
import threading


def together(workers, act, things):
    """act(thing) for each of the things, so many at a time; the results in order."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(act, things))


def at_once(count, act):
    """act(0), act(1), ... all in the same moment; the results in order."""
    gate = threading.Barrier(count)

    def one(index):
        gate.wait(30)
        return act(index)
    return together(count, one, range(count))
