# SPDX-License-Identifier: Apache-2.0
"""Everything that a gateway keeps and says: its folder with store, log and copies, its runtime folder, and each answer."""
import contextlib
import sqlite3

from florin_testing.wire import RawConnection, Wire


class Ears:
    """Everything that the gateway said to anybody."""

    def __init__(self):
        self.heard = []

    @contextlib.contextmanager
    def open(self):
        """Listens to all clients."""
        ask, raw = Wire.ask, RawConnection.answer

        def ask_and_hear(wire, *rest, **more):
            answer = ask(wire, *rest, **more)
            self.hear(answer)
            return answer

        def answer_and_hear(connection, *rest, **more):
            answer = raw(connection, *rest, **more)
            self.hear(answer)
            return answer
        Wire.ask, RawConnection.answer = ask_and_hear, answer_and_hear
        try:
            yield self
        finally:
            Wire.ask, RawConnection.answer = ask, raw

    def hear(self, answer):
        """Keeps the bytes of an answer; not those of the manual, whose examples show a well-known card."""
        if answer.body.startswith((b'<!', b'{\n  "openapi"')):
            return
        self.heard.append(b'\n'.join(f'{name}: {value}'.encode() for name, value in answer.headers if name != 'Content-Length') + b'\n\n' + answer.body)


def everything_kept(gateway, ears):
    """{where: bytes} of all that may not hold a card."""
    kept = {str(file.relative_to(gateway.folder)): file.read_bytes() for file in gateway.folder.rglob('*') if file.is_file()}
    kept |= {f'runtime/{file.name}': file.read_bytes() for file in gateway.runtime.rglob('*') if file.is_file()}
    kept['answers'] = b'\n'.join(ears.heard)
    return kept


def dump(file):
    """A store as SQL text: what pages of the file cut in two is whole in it."""
    with contextlib.closing(sqlite3.connect(f'file:{file}?mode=ro', uri=True)) as store:
        return '\n'.join(store.iterdump()).encode()
