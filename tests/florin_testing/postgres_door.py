# SPDX-License-Identifier: Apache-2.0
"""A door between gateway and PostgreSQL that knows a COMMIT when it sees one, and can lose it, or its answer, or be late with it."""
import contextlib
import socket
import struct
import threading

ASKS_FOR_TLS = 8  # the length of that question, which comes before the first message proper


class Connection:
    """One connection through the door: what the gateway sends is read message by message, what the server sends is passed on."""

    def __init__(self, door, inside, outside):
        self.door, self.inside, self.outside = door, inside, outside
        self.commits = set()  # names of prepared statements that are COMMIT
        self.is_deaf = False  # the server's answers go nowhere
        threading.Thread(target=self.hear_server, daemon=True).start()
        threading.Thread(target=self.hear_gateway, daemon=True).start()

    def cut_inside(self):
        """The gateway sees a broken connection."""
        with contextlib.suppress(OSError):
            self.inside.shutdown(socket.SHUT_RDWR)

    def cut_outside(self):
        """The server sees one."""
        with contextlib.suppress(OSError):
            self.outside.shutdown(socket.SHUT_RDWR)

    def hear_server(self):
        with contextlib.suppress(OSError):
            while data := self.outside.recv(65536):
                if self.is_deaf:
                    self.door.answered.set()
                else:
                    self.inside.sendall(data)
        self.door.answered.set()
        self.cut_inside()

    def hear_gateway(self):
        with contextlib.suppress(OSError, EOFError):
            while len(question := self.read_message(starts=True)) == ASKS_FOR_TLS:
                self.outside.sendall(question)
            self.outside.sendall(question)
            while True:
                message = self.read_message()
                if self.is_commit(message) and self.door.take_fault():
                    self.lose(message)
                    return
                self.outside.sendall(message)
        self.cut_outside()

    def read(self, count):
        data = b''
        while len(data) < count:
            piece = self.inside.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def read_message(self, starts=False):
        kind = b'' if starts else self.read(1)
        length = self.read(4)
        return kind + length + self.read(struct.unpack('!I', length)[0] - 4)

    def is_commit(self, message):
        """Parse names it, Bind uses it."""
        kind, words = message[:1], message[5:].split(b'\0')
        if kind == b'P' and words[1] == b'COMMIT':
            self.commits.add(words[0])
        return kind == b'B' and words[1] in self.commits

    def lose(self, bind):
        """The gateway's COMMIT is on its way: Bind, Describe, Execute, Sync."""
        rest = [bind, *(self.read_message() for _ in range(3))]
        self.is_deaf = True
        self.door.lost(self, b''.join(rest))


class PostgresDoor:
    """Passes connections on to a server. plan(fault) has the next COMMIT treated so:

    'swallowed'  the server never sees it, and both sides see a broken connection
    'unanswered' the server carries it out, and the gateway never hears of it
    'late'       the gateway sees a broken connection at once; release(True) brings the COMMIT to the server afterwards,
                 release(False) cuts that side, too
    """

    def __init__(self, port):
        self.target = ('127.0.0.1', port)
        self.answered = threading.Event()
        self.held = None
        self.faults = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.url = f'postgres://florin@127.0.0.1:{self.port}/florin'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self.listener.accept()
                try:
                    outside = socket.create_connection(self.target)
                except OSError:
                    inside.close()
                    continue
                Connection(self, inside, outside)

    def plan(self, fault):
        """For the next COMMIT."""
        with self.lock:
            self.answered.clear()
            self.faults.append(fault)

    def take_fault(self):
        """Is there one for this COMMIT?"""
        with self.lock:
            self.fault = self.faults.pop(0) if self.faults else None
        return self.fault

    def is_over(self):
        """Has the planned one happened?"""
        return not self.faults

    def lost(self, connection, commit):
        """A COMMIT has come that is to be lost."""
        if self.fault == 'swallowed':
            connection.cut_outside()
        elif self.fault == 'unanswered':
            connection.outside.sendall(commit)
            self.answered.wait(30)
            connection.cut_outside()
        else:
            self.held = (connection, commit)
        connection.cut_inside()

    def release(self, arrives):
        """What was held back reaches the server, or its connection is cut."""
        connection, commit = self.held
        if arrives:
            connection.outside.sendall(commit)
        else:
            connection.cut_outside()

    def close(self):
        """No more connections."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
