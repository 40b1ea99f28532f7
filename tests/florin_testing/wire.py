# SPDX-License-Identifier: Apache-2.0
"""HTTP as bytes: one request in, one answer out, with nothing added that a test did not ask for."""
import http.client
import io
import json
import socket
import threading

ANSWER_SECONDS_MAX = 60  # longer than any deadline of the gateway under test


class Answer:
    """What came back: status, headers, body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # [(name, value)], as sent
        self.body = body

    def header(self, name):
        """The value of a header; None without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def text(self):
        """The body as text, for people."""
        return self.body.decode('utf-8', 'replace')

    @property
    def json(self):
        """The body's JSON value."""
        return json.loads(self.body)

    @property
    def code(self):
        """A problem document's code; None for anything else."""
        return self.json.get('code') if 'problem+json' in (self.header('content-type') or '') else None

    @property
    def replayed(self):
        """Does it say that it was given before?"""
        return self.header('idempotent-replayed') == 'true'

    def expect(self, status, code=None):
        """Fails unless it is that answer; gives its JSON value."""
        assert self.status == status and code in (None, self.code), f'wanted {status} {code or ""}, got {self!r}'
        return self.json

    def __repr__(self):
        return f'<{self.status} {self.text[:600]}>'


class Wire:
    """Kept connections to one server, one for each thread that uses it."""

    def __init__(self, address):
        self.address = address  # 'host:port'
        self.local = threading.local()

    def ask(self, method, target, headers=(), body=None):
        """Sends exactly these headers (and Host, and Content-Length for a body), reads the whole answer."""
        connection = self._connection()
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader('Content-Length', str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def _connection(self):
        if getattr(self.local, 'connection', None) is None:
            host, _, port = self.address.rpartition(':')
            self.local.connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS_MAX)
            self.local.connection.connect()
            self.local.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.local.connection

    def close(self):
        """Ends this thread's connection."""
        if getattr(self.local, 'connection', None) is not None:
            self.local.connection.close()
            self.local.connection = None


class RawConnection:
    """A connection on which any bytes can be sent, good or bad."""

    def __init__(self, address, timeout=15):
        host, _, port = address.rpartition(':')
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming = self.socket.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Hangs up."""
        self.incoming.close()
        self.socket.close()

    def send(self, data):
        """Sends as much as the other side takes; that it hung up in between is no failure."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self, method='POST'):
        """Reads one answer; what came behind it stays for the next."""
        response = http.client.HTTPResponse(self, method=method)
        response.begin()
        answer = Answer(response.status, response.getheaders(), b'')
        answer.body = response.read()
        return answer

    def makefile(self, _):
        """For HTTPResponse, which closes what it gets."""
        return io.BufferedReader(Kept(self.incoming), 1)

    def is_closed(self):
        """True once the other side has ended the connection."""
        try:
            return self.incoming.read(1) == b''
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


class Kept(io.RawIOBase):
    """Reads from something without ever taking more than was asked for, and leaves it open."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.source.read(1) if len(buffer) <= 1 else self.source.read1(len(buffer))
        buffer[:len(data)] = data
        return len(data)
