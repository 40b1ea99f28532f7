# SPDX-License-Identifier: Apache-2.0
"""Many clients that start in the same moment: each has a kept connection, all requests are out before the first answer is read.

Nothing here is parsed that a race does not need, so one process of ours keeps a gateway busier than threads with a real client could.
"""
import json
import socket

from florin_testing.messages import body_of, fields_of, is_whole
from florin_testing.wire import ANSWER_SECONDS_MAX

READ_BYTES = 65536


class Outcome:
    """What one racer was told."""

    def __init__(self, answer):
        self.status = int(answer.split(b' ', 2)[1])
        self.body = body_of(answer)
        self.is_problem = b'problem+json' in fields_of(answer).get(b'content-type', b'')

    @property
    def json(self):
        """The body's value."""
        return json.loads(self.body)

    @property
    def verdict(self):
        """(status, code); the code is None unless it is a problem."""
        return self.status, self.json['code'] if self.is_problem else None

    def __repr__(self):
        return f'<{self.status} {self.body[:300]!r}>'


def post(target, key, body=None):
    """A request as bytes."""
    content = json.dumps(body).encode() if body is not None else b''
    head = (f'POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n'
            f'Content-Length: {len(content)}\r\n\r\n')
    return head.encode() + content


class Racers:
    """So many connections to one gateway."""

    def __init__(self, address, count):
        host, _, port = address.rpartition(':')
        self.connections = [socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS_MAX) for _ in range(count)]
        for connection in self.connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = 0

    def close(self):
        """All of them hang up."""
        for connection in self.connections:
            connection.close()

    def run(self, requests):
        """One request for each racer, at once; what each was told, in their order."""
        assert len(requests) <= len(self.connections)
        self.requests += len(requests)
        for connection, request in zip(self.connections, requests):
            connection.sendall(request)
        return [Outcome(self._answer(connection)) for connection, _ in zip(self.connections, requests)]

    def run_all(self, requests):
        """Any number of requests, as many at once as there are racers."""
        step = len(self.connections)
        return [outcome for at in range(0, len(requests), step) for outcome in self.run(requests[at:at + step])]

    @staticmethod
    def _answer(connection):
        answer = b''
        while not is_whole(answer):
            piece = connection.recv(READ_BYTES)
            assert piece, 'the gateway hung up on a racer'
            answer += piece
        return answer
