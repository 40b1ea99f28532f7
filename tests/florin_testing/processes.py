# SPDX-License-Identifier: Apache-2.0
"""Starts florin's commands for tests, waits until they say that they are ready, and stops them by their process id."""
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time

import requests

READY_SECONDS = 20
STOP_SECONDS = 40  # a simulator may let requests in flight finish for 30
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def florin_binary():
    """The binary under test: FLORIN_BINARY, else the one that `make test` builds."""
    return os.environ.get('FLORIN_BINARY', str(REPOSITORY / 'build' / 'test' / 'florin'))


class Process:
    """A command of florin that prints `...: ready on ADDRESS` when it is."""

    def __init__(self, *words, environment=None, name=None):
        self.words = [str(word) for word in words]
        self.errors = tempfile.TemporaryFile()  # a pipe that nobody reads would block the process
        self.process = subprocess.Popen(
            [florin_binary(), *self.words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
            env={**os.environ, **(environment or {})})
        self.name = name or self.words[0]
        self.output = b''
        self.ready_line = self._wait_until_ready()
        self.address = re.search(r'ready on (\S+)', self.ready_line)[1]
        self.url = f'http://{self.address}'

    @property
    def pid(self):
        return self.process.pid

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if select.select([self.process.stdout], [], [], 0.05)[0]:
                piece = os.read(self.process.stdout.fileno(), 65536)
                self.output += piece
                ready = re.search(r'^.*ready on .*$', self.output.decode(), re.MULTILINE)
                if ready and self.output.endswith(b'\n'):
                    return ready[0]
                if not piece:
                    break
        self.kill()
        raise AssertionError(f'{self.name} did not get ready: {self.output.decode()}{self.log()}')

    def log(self):
        """Everything that it wrote to standard error so far."""
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def is_running(self):
        return self.process.poll() is None

    def wait(self, seconds=STOP_SECONDS):
        """Waits for its end; gives its exit status (negative: the signal that ended it)."""
        return self.process.wait(seconds)

    def stop(self):
        """SIGTERM; gives the exit status, 0 after an orderly end."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        """SIGKILL, as a power cut."""
        if self.is_running():
            self.process.kill()
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdout.close()
        self.errors.close()


class Simulator(Process):
    """The simulated bank on a free port; docs/reference/bank-simulator.md tells what it can be made to do."""

    def __init__(self, failure_rate=0, latency='0:0', seed=1, cards=0, auth_expiry_hours=168, port=0, words=(),
                 environment=None):
        super().__init__('sim', 'bank', '--listen', f'127.0.0.1:{port}', '--failure-rate', failure_rate,
                         '--latency-ms', latency, '--seed', seed, '--cards', cards,
                         '--auth-expiry-hours', auth_expiry_hours, *words, environment=environment, name='sim bank')
        self.session = requests.Session()
        self.session.trust_env = False

    def _control(self, method, path, **more):
        answer = self.session.request(method, f'{self.url}/sim/{path}', timeout=30, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # Faults

    def fault(self, fault, path='*', **more):
        """Plants a fault; more: times, after, key, card, latency_ms, acts, store_key."""
        return self._control('POST', 'faults', json={'fault': fault, 'path': path, **more})

    def faults(self):
        """What is planted and has not met its last request."""
        return self._control('GET', 'faults')['faults']

    def clear_faults(self):
        return self._control('DELETE', 'faults')

    # The book

    def book(self):
        """All accounts and authorizations, with totals, counters and `balanced`."""
        return self._control('GET', 'book')

    def summary(self):
        """The totals and counters only."""
        return self._control('GET', 'book', params={'summary': 1})

    def effects(self, key):
        """Everything that was ever done under an idempotency key, newest first."""
        return self._control('GET', 'book', params={'key': key})

    def requests(self, last=100):
        """The last requests as they came, oldest first."""
        return self._control('GET', 'requests', params={'last': last})['requests']

    # Changes

    def advance(self, **span):
        """Turns the bank's own clock on: advance(hours=25), advance(ms=1)."""
        units = {'ms': 1, 'seconds': 1000, 'minutes': 60_000, 'hours': 3_600_000, 'days': 86_400_000}
        return self._control('POST', 'clock', json={'advance_ms': sum(units[unit] * n for unit, n in span.items())})

    def drift(self, kind, **which):
        """GET lies from now on: drift('amount', authorization_id=...)."""
        return self._control('POST', 'drift', json={'kind': kind, **which})

    def settings(self, **changes):
        """settings(failure_rate='0.5', latency_ms='10:20')."""
        return self._control('POST', 'settings', json=changes)

    # The bank's own API

    def post(self, path, key, body, **more):
        """POST /api/v1/<path>; a key of None sends no header."""
        headers = {} if key is None else {'Idempotency-Key': key}
        return self.session.post(f'{self.url}/api/v1/{path}', json=body, headers=headers, timeout=70, **more)

    def get(self, path):
        return self.session.get(f'{self.url}/api/v1/{path}', timeout=70)

    def __exit__(self, *_):
        self.session.close()
        super().__exit__()
