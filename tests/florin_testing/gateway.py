# SPDX-License-Identifier: Apache-2.0
"""The gateway as a process: started, killed, stopped, started again, on a folder of its own."""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

from florin_testing import postgres
from florin_testing.client import Client
from florin_testing.processes import florin_binary
from florin_testing.waiting import PATIENCE, until

SANITIZER = re.compile(r'ERROR: \w+Sanitizer|runtime error:|ERROR: LeakSanitizer')

# Times that suit a simulated bank without latency; a test that gives it some says so here too.
DEFAULTS = {
    'listen': '127.0.0.1:0',
    'answer_within_ms': 10000,
    'bank_resend_after_ms': 150,
    'retry_base_ms': 20,
    'log_level': 'debug',
}


def flags(settings):
    """{'bank_url': x, 'open': True} as words of a command line; None leaves one out."""
    words = []
    for name, value in settings.items():
        if value is None or value is False:
            continue
        words.append('--' + name.replace('_', '-'))
        if value is not True:
            words.append(str(value))
    return words


def run(*words, env=None, timeout=PATIENCE):
    """Runs a command of florin to its end: (exit status, standard output, standard error)."""
    done = subprocess.run([florin_binary(), *words], env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors='replace', timeout=timeout, check=False)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done.returncode, done.stdout, done.stderr


COUNTS_WITHIN = 10  # seconds in which a gateway stops that has nothing left to do


class Gateway:
    """One gateway on one folder. Only ever ends the processes that it began."""

    kills = 0  # of all gateways of this run, for the count at its end

    def __init__(self, folder, bank_url, env=None, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runtime = pathlib.Path(tempfile.mkdtemp(prefix='florin-test-', dir='/dev/shm'))
        self.store = self.folder / 'florin.db'
        self.log_file = self.folder / 'gateway.log'
        self.settings = {**DEFAULTS, **self.place(), 'bank_url': bank_url, 'runtime_dir': self.runtime, **settings}
        self.process = None
        self.address = None
        self.start(env)

    def place(self):
        """Where its store is: a file, or with FLORIN_TEST_POSTGRES a schema of its own in that database."""
        url = os.environ.get('FLORIN_TEST_POSTGRES')
        if not url:
            return {'store': f'sqlite:{self.store}'}
        return {'store': postgres.new_place(url), 'local_path': self.folder / 'florin'}

    # --- its life ---

    def start(self, env=None, **settings):
        """Starts it and waits until it says that it is ready."""
        self.launch(env, **settings)
        assert self.hear_address(), f'the gateway did not get ready, exit status {self.process.poll()}\n{self.log()[-4000:]}'
        return self

    def hear_address(self):
        """Waits until it says that it is ready; None when it ended without that."""
        found = re.match(r'florin: ready on (\S+:\d+) \(', self._first_line())
        self.address = found.group(1) if found else self.address
        return found

    def launch(self, env=None, wrapper=(), **settings):
        """Starts it without waiting; `wrapper`: a command that becomes the gateway in the end."""
        assert self.process is None or self.process.poll() is not None, 'the gateway still runs'
        self.settings.update(settings)
        with self.log_file.open('ab') as log:
            self.process = subprocess.Popen(
                [*wrapper, florin_binary(), 'serve', *flags(self.settings)], env={**os.environ, **(env or {})}, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)

    def _first_line(self):
        deadline, line = time.monotonic() + PATIENCE, b''
        pipe = self.process.stdout
        while not line.endswith(b'\n') and time.monotonic() < deadline:
            if select.select([pipe], [], [], 0.1)[0]:
                byte = os.read(pipe.fileno(), 1)
                if not byte:
                    self.process.wait(PATIENCE)
                    break
                line += byte
        return line.decode('utf-8', 'replace')

    def kill(self):
        """kill -9."""
        Gateway.kills += self.is_running()
        self.end()
        return self

    def end(self):
        """kill -9 of something that is not needed any more, which proves nothing and is not counted. Where it is counted what is passed
        (tools/coverage), it may write that down first."""
        if 'FLORIN_TEST_COUNTED' in os.environ:
            self.ask_to_stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(COUNTS_WITHIN)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def ask_to_stop(self):
        """SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self, within=PATIENCE):
        """SIGTERM; it has to end well."""
        self.ask_to_stop()
        status = self.process.wait(within)
        assert status == 0, f'exit status {status} after SIGTERM\n{self.log()[-4000:]}'
        return self

    def restart(self, env=None, **settings):
        """Stops it if it runs, and starts it again."""
        if self.is_running():
            self.stop()
        return self.start(env, **settings)

    def is_running(self):
        """Not ended."""
        return self.process.poll() is None

    def wait_for_death(self, within=PATIENCE):
        """Waits until it was killed, by nothing but kill -9."""
        until(lambda: not self.is_running(), 'the gateway dies', within)
        assert self.process.returncode == -signal.SIGKILL, \
            f'exit status {self.process.returncode}\n{self.log()[-4000:]}'
        Gateway.kills += 1

    def close(self):
        """At the end of a test: nothing is left, and no sanitizer had anything to say."""
        if self.is_running():
            self.end()
        if self.process.stdout:
            self.process.stdout.close()
        shutil.rmtree(self.runtime, ignore_errors=True)
        complaint = SANITIZER.search(self.log())
        assert not complaint, self.log()[complaint.start():][:6000]
        assert self.process.returncode in (0, -signal.SIGKILL), f'it ended by itself: {self.process.returncode}\n{self.log()[-4000:]}'

    # --- what it leaves behind ---

    def log(self):
        """Everything that it wrote to standard error, over all its lives."""
        return self.log_file.read_text(encoding='utf-8', errors='replace')

    def log_lines(self):
        """The log, a dict a line; a last line that a kill cut short is left out."""
        lines = self.log().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith('\n') and line.strip()]

    def client(self):
        """A client that follows it over restarts."""
        return Client(self)

    def command(self, *words, **more):
        """Runs another command of florin on the same store: (exit status, standard output, standard error)."""
        names = ('store', 'bank_url') if words[0] == 'reconcile' else ('store', 'local_path', 'bank_url', 'runtime_dir', 'key_file')
        settings = {name: self.settings.get(name) for name in names}
        return run(*words, *flags({**settings, **more.pop('settings', {})}), **more)


def crash_points():
    """The names of all points at which a test build can be killed."""
    status, out, err = run('serve', '--list-crash-points')
    assert status == 0, err
    return out.split()
