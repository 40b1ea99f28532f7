# SPDX-License-Identifier: Apache-2.0
"""A processor is one file, one line and a folder of transcripts. A toy company is added so to a copy of the tree: what all processors have to
pass, it passes unchanged, and a gateway that was built with it takes payments there."""
import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading

from florin_testing import cards
from florin_testing.companies import keys_file
from florin_testing.gateway import Gateway
from florin_testing.gateway import run as run_florin
from florin_testing.processes import REPOSITORY, florin_binary
from florin_testing.vault import make_master, pay, store_card

LINE = 'PROCESSOR(toy, "the toy", NULL, "5000", "150")\n'
CONFORMANCE = ['tests/processors_test_promises', 'tests/processors_test_transcripts']
COPIED = ['src', 'tests', 'tools', 'meson.build', 'meson_options.txt']


# --- the copy ---

def built_beside():
    """The build that the binary under test comes from: what it has compiled needs no second time."""
    folder = os.path.dirname(florin_binary())
    return folder if os.path.exists(os.path.join(folder, 'build.ninja')) else None


def take_compiled(source, target):
    """Objects, with what ninja knows of them. The same paths from there, the same times, the same commands: it takes them for its own."""
    for folder, inner, names in os.walk(source):
        inner[:] = [name for name in inner if not name.startswith('meson-')]
        there = os.path.join(target, os.path.relpath(folder, source))
        for name in names:
            if name.endswith(('.o', '.c', '.h')) or name in ('.ninja_log', '.ninja_deps'):
                os.makedirs(there, exist_ok=True)
                shutil.copy2(os.path.join(folder, name), os.path.join(there, name))
    log = target / '.ninja_log'
    log.write_text(''.join(line for line in log.read_text().splitlines(True) if '\tbuild.ninja\t' not in line))  # that one is its own


def set_up_as(build):
    """(words for meson, the compiler's name) of a build."""
    known = json.loads(run('meson', 'introspect', '--buildoptions', build))
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as commands:
        compiler = json.load(commands)[0]['command'].split()[0]
    wanted = ('test_build', 'b_sanitize', 'b_lundef', 'b_coverage', 'optimization', 'debug')
    return [f'-D{one["name"]}={str(one["value"]).lower() if isinstance(one["value"], bool) else one["value"]}' for one in known
            if one['name'] in wanted], compiler


def build_with_toy(tree):
    """Copies the tree, adds the processor, and gives the folder that it was built in."""
    tree.mkdir()
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns('__pycache__', 'corpus'))
        else:
            shutil.copy2(source, tree / name)
    (tree / 'tests' / 'processors' / 'toy' / 'processor_toy.c').rename(tree / 'src' / 'processor' / 'processor_toy.c')
    with (tree / 'src' / 'processor' / 'processors.list').open('a') as line:
        line.write(LINE)
    original, folder = built_beside(), tree / 'build' / 'test'
    options, compiler = ['-Dtest_build=true'], 'gcc'
    if original:
        options, compiler = set_up_as(original)
        take_compiled(original, folder)
    run('env', f'CC={compiler}', 'meson', 'setup', *options, str(folder), str(tree))
    run('ninja', '-C', str(folder), 'florin', *CONFORMANCE)
    return folder


def run(*words):
    """To its end, which has to be a good one."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


# --- the company ---

class Toy:
    """A company that does each thing once for a key, and forgets to answer when it is told to."""

    def __init__(self):
        toy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):  # noqa: N802 - the library's name
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                answer = toy.take(self.path, body, self.headers)
                if toy.is_silent:
                    toy.is_silent, self.close_connection = False, True
                    return
                text = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.book, self.answers, self.is_silent = [], {}, False
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, body, headers):
        """What it says; again, when it knows the key."""
        assert headers['Authorization'] == 'Bearer toy_test_1'
        key = headers['Once']
        if key not in self.answers:
            what = path.rpartition('/')[2]
            self.book.append((what, body['cents'], body.get('card')))
            self.answers[key] = {'id': f'{what}/{len(self.book)}', 'cents': body['cents'], 'currency': body['currency'],
                                 'ends_at': '2049-01-01T00:00:00Z'}
        return self.answers[key]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# --- what is promised ---

def check_conformance(build):
    """What all have to pass."""
    for program in CONFORMANCE:
        told = run(str(build / program))
        assert 'not ok' not in told
        assert program != CONFORMANCE[1] or 'toy: all that it can do' in told


def check_payments(toy, folder):
    """By its settings, in the list, by a card and by a token, and once each, although an answer is lost."""
    gateway = Gateway(folder / 'gateway', 'http://127.0.0.1:9', toy_url=toy.url, master_key_file=make_master(folder),
                      toy_keys_file=keys_file(folder, 'toy', secret_key='toy_test_1'))
    client = gateway.client()
    assert [one['currencies'] for one in client.look('/v1/processors').expect(200)['data'] if one['processor'] == 'toy'] == [['EUR', 'USD']]
    toy.is_silent = True
    held = client.settled(client.authorize(5000, processor='toy', currency='EUR').json)
    assert (held['state'], held['processor'], held['processor_refs']['authorization_id']) == ('authorized', 'toy', 'holds/1')
    client.capture(held, body={'amount': 3000}).expect(200)
    assert client.refund(held, body={'amount': 1000}).expect(200)['refunded_amount'] == 1000
    by_token = pay(client, store_card(client).expect(201), processor='toy').expect(201)
    assert client.void(by_token).expect(200)['state'] == 'voided'
    assert [(what, cents) for what, cents, _ in toy.book] == [('holds', 5000), ('take', 3000), ('return', 1000), ('holds', 100), ('drop', 100)]
    assert toy.book[3][2] == cards.further(7)['number']
    gateway.stop().close()


def test_a_processor_is_one_file_one_line_and_its_transcripts(tmp_path, monkeypatch):
    build = build_with_toy(tmp_path / 'tree')
    check_conformance(build)
    assert run_florin('serve', '--toy-url', 'http://127.0.0.1:9')[0] == 2  # nobody else knows it
    monkeypatch.setenv('FLORIN_BINARY', str(build / 'florin'))
    with contextlib.closing(Toy()) as toy:
        check_payments(toy, tmp_path)
