# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the tests' own, from the distribution's package: on loopback, in a temporary folder, syncing as in production."""
import contextlib
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import uuid

from florin_testing.waiting import until

PATIENCE = 60

# The programs of unit tests that are run on it, too. The rest of tests/store is about the file: its lock, its copies, its witness
# and its disk (place, open, witness, disk, io).
UNITS = re.compile(r'store_test_(sql_postgres|libpq_mishaps|migration_mishaps|store_(sql|batch|records|lists|history|tokens|risk|verify|versions|postgres|mishaps))$'
                   r'|flow_test_|command_test_house_vault$')

NOBODY = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']  # root may not run it


def programs():
    """The folder of the newest server that is installed; None without one."""
    found = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin/postgres'), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def free_port():
    """A port that nobody listens at now."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


class Server:
    """One server with a database `florin`. Only ever ends the process that it began."""

    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='florin-postgres-', dir='/dev/shm'))
        self.port = free_port()
        self.url = f'postgres://florin@127.0.0.1:{self.port}/florin'
        self.process = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'nobody', 'nogroup')
        self.run('initdb', '-D', self.data, '-U', 'florin', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync')
        own = {'listen_addresses': '127.0.0.1', 'port': self.port, 'unix_socket_directories': '', 'max_connections': 300,
               'shared_buffers': '64MB', 'autovacuum_naptime': '5s', **settings}
        with open(self.data / 'postgresql.conf', 'a', encoding='ascii') as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in own.items())
        self.start()
        self.ask('CREATE DATABASE florin', database='postgres')

    @property
    def data(self):
        """Its folder of data."""
        return self.folder / 'data'

    def words(self, program, *words):
        """A command line of one of its programs, as somebody who may run it."""
        return [*(NOBODY if os.geteuid() == 0 else []), str(programs() / program), *map(str, words)]

    def run(self, program, *words):
        """Runs one of its programs to its end."""
        done = subprocess.run(self.words(program, *words), cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self):
        """Starts it and waits until it takes connections."""
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(self.words('postgres', '-D', self.data), cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):
                self.ask('SELECT 1', database='postgres')
                return self
            assert self.process.poll() is None, (self.folder / 'log').read_text(errors='replace')[-4000:]
            time.sleep(0.05)  # between two looks
        raise AssertionError('PostgreSQL does not take connections')

    def stop(self, mode='fast'):
        """Stops it; 'immediate' is a crash: nothing is written back, and the next start recovers."""
        self.run('pg_ctl', '-D', self.data, '-m', mode, '-w', 'stop')
        self.process.wait(PATIENCE)

    def ask(self, statement, database='florin', schema='public'):
        """Runs statements and gives the answer's rows, fields with a | between them."""
        return ask(f'postgres://florin@127.0.0.1:{self.port}/{database}', statement, schema)

    def new_schema(self):
        """The name of an empty schema that nobody else has."""
        name = f't_{uuid.uuid4().hex}'
        self.ask(f'CREATE SCHEMA {name}')
        return name

    def drop_schema(self, name):
        """Takes it away with all that is in it."""
        self.ask(f'DROP SCHEMA {name} CASCADE')

    def close(self):
        """Ends it and takes its folder away."""
        if self.process and self.process.poll() is None:
            self.stop('immediate')
        shutil.rmtree(self.folder, ignore_errors=True)


class Standby(Server):
    """A server that follows another one, which waits for it at each commit."""

    def __init__(self, primary):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='florin-postgres-', dir='/dev/shm'))
        self.port = free_port()
        self.url = f'postgres://florin@127.0.0.1:{self.port}/florin'
        self.process = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'nobody', 'nogroup')
        self.run('pg_basebackup', '-D', self.data, '-h', '127.0.0.1', '-p', primary.port, '-U', 'florin', '-R', '--no-sync', '-c', 'fast')
        with open(self.data / 'postgresql.conf', 'a', encoding='ascii') as conf:
            conf.write(f"port = '{self.port}'\n")
        self.start()
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.ask('SELECT pg_reload_conf()')

    def promote(self):
        """From now on it can be written."""
        self.run('pg_ctl', '-D', self.data, '-w', 'promote')


class Pair:
    """A primary and its standby, under one address that names both."""

    def __init__(self):
        self.first = Server()
        self.second = Standby(self.first)
        self.now = self.first
        self.url = f'postgres://florin@127.0.0.1:{self.first.port},127.0.0.1:{self.second.port}/florin'
        until(lambda: self.ask("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), 'the standby is waited for')

    def fail_over(self):
        """The primary crashes, and the standby takes its place."""
        self.first.stop('immediate')
        self.now = self.second
        self.second.promote()

    def ask(self, statement, schema='public'):
        """As a server's, where it can be written."""
        return self.now.ask(statement, schema=schema)

    def new_schema(self):
        """As a server's."""
        return self.now.new_schema()

    def drop_schema(self, name):
        """As a server's."""
        self.now.drop_schema(name)

    def close(self):
        """Ends both and takes their folders away."""
        self.second.close()
        self.first.close()


def ask(url, statement, schema='public'):
    """Runs statements there and gives the answer's rows, fields with a | between them."""
    words = [str(programs() / 'psql'), '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', statement]
    options = f'-csearch_path={schema} -cclient_min_messages=error'
    done = subprocess.run(words, env={**os.environ, 'PGOPTIONS': options}, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split('\n')[:-1]


def place_of(url, schema):
    """The address of a schema in that database."""
    return f'{url}?options=-csearch_path%3D{schema}'


def new_place(url):
    """The address of a new schema there. It stays until the server goes."""
    schema = f't_{secrets.token_hex(8)}'
    ask(url, f'CREATE SCHEMA {schema}')
    return place_of(url, schema)
