#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures two thousand authorizations within one second against a bank that takes 1.9 to 2.0 s, and prints what came of them.

    make && bench/inflight.py        with build/florin, or with the binary that FLORIN_BINARY names

Four figures and their limits: when the last request was at the bank, the gateway's memory, how long questions took meanwhile,
and whether every payment ended well with both books agreeing. Exit status 1 when a limit is broken.
"""
import datetime
import json
import os
import pathlib
import selectors
import socket
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault('FLORIN_BINARY', str(ROOT / 'build' / 'florin'))
sys.path.insert(0, str(ROOT / 'tests'))

from florin_testing.client import fresh_key  # noqa: E402 pylint: disable=wrong-import-position
from florin_testing.shop import Shop  # noqa: E402 pylint: disable=wrong-import-position
from florin_testing.wire import Wire  # noqa: E402 pylint: disable=wrong-import-position

PAYMENTS = 2000
SENDING_SECONDS = 1.0
QUESTION_PAUSE_SECONDS = 0.004

WIRE_SECONDS_MAX = 2.0
MEMORY_MIB_MAX = 200
QUESTION_MS_MAX = 50  # of 99 in 100


def memory_mib(pid, name):
    """VmRSS or VmHWM of a process."""
    for line in pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8').splitlines():
        if line.startswith(name + ':'):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def requests_of(client):
    """All the bytes, made before the clock runs."""
    for _ in range(PAYMENTS):
        body = json.dumps(client.wish(100)).encode()
        yield (b'POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\n'
               b'Content-Length: %d\r\n\r\n%s' % (fresh_key().encode(), len(body), body))


def connect_all(address):
    """A connection for each."""
    host, _, port = address.rpartition(':')
    return [socket.create_connection((host, int(port))) for _ in range(PAYMENTS)]


def send_all(connections, requests):
    """Spread evenly over one second; gives when it began."""
    start = time.time()
    for index, (connection, request) in enumerate(zip(connections, requests)):
        due = start + SENDING_SECONDS * index / PAYMENTS
        while (left := due - time.time()) > 0:
            time.sleep(min(left, 0.001))
        connection.sendall(request)
    return start


def read_all(connections):
    """The status of every answer."""
    selector, statuses = selectors.DefaultSelector(), []
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ)
    deadline = time.monotonic() + 30
    while len(statuses) < PAYMENTS and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            answer = key.fileobj.recv(65536)
            statuses.append(int(answer[9:12]) if answer else 0)
            selector.unregister(key.fileobj)
    return statuses


class Asker(threading.Thread):
    """Asks for one receipt again and again, and takes the time."""

    def __init__(self, address, payment):
        super().__init__()
        self.wire, self.target = Wire(address), f'/v1/payments/{payment}'
        self.took, self.is_open = [], True

    def run(self):
        while self.is_open:
            start = time.perf_counter()
            assert self.wire.ask('GET', self.target).status == 200
            self.took.append(1000 * (time.perf_counter() - start))
            time.sleep(QUESTION_PAUSE_SECONDS)


def moment(text):
    """Seconds since 1970 of an RFC 3339 text in UTC."""
    return datetime.datetime.fromisoformat(text.rstrip('Z')[:26]).replace(tzinfo=datetime.timezone.utc).timestamp()


def on_the_wire(bank, start):
    """Seconds from the first send until the last request had reached the bank."""
    came = [moment(request['came_at']) for request in bank.requests(last=PAYMENTS)]
    return max(came) - start


def measure(shop):
    """The figures, as (name, value, unit, limit)."""
    asker = Asker(shop.gateway.address, shop.client.authorized()['id'])
    idle = memory_mib(shop.gateway.process.pid, 'VmRSS')
    requests, connections = list(requests_of(shop.client)), connect_all(shop.gateway.address)
    shop.bank.settings(latency_ms='1900:2000')
    asker.start()
    start = send_all(connections, requests)
    statuses = read_all(connections)
    ended = time.time() - start
    asker.is_open = False
    asker.join()
    took = sorted(asker.took)
    shop.bank.settings(latency_ms='0:0')
    shop.books_agree()
    return [
        ('last request at the bank after', on_the_wire(shop.bank, start), 's', WIRE_SECONDS_MAX),
        ('last answer after', ended, 's', None),
        ('answers that are not 201', sum(status != 201 for status in statuses) + PAYMENTS - len(statuses), '', 0),
        ('memory idle', idle, 'MiB', None),
        ('memory at most', memory_mib(shop.gateway.process.pid, 'VmHWM'), 'MiB', MEMORY_MIB_MAX),
        (f'questions meanwhile ({len(took)}), p50', took[len(took) // 2], 'ms', None),
        ('questions meanwhile, p99', took[len(took) * 99 // 100], 'ms', QUESTION_MS_MAX),
        ('questions meanwhile, longest', took[-1], 'ms', None),
    ]


def main():
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, bank={'cards': PAYMENTS}, log_level='info', answer_within_ms=20000)
        try:
            rows = measure(shop)
        finally:
            shop.close()
    print(f'{PAYMENTS} authorizations within {SENDING_SECONDS:g} s against a bank that takes 1.9 to 2.0 s:')
    broken = False
    for name, value, unit, limit in rows:
        over = limit is not None and value > limit
        broken |= over
        print(f'  {name:40} {value:9.2f} {unit:4}' + ('' if limit is None else f' {"OVER" if over else "within"} {limit:g}'))
    sys.exit(1 if broken else 0)


if __name__ == '__main__':
    main()
