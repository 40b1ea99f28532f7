# SPDX-License-Identifier: Apache-2.0
"""Asks the simulated bank as a gateway would, and as bytes where a gateway should not."""
import re
import socket

AUTHORIZATION = b'{"card_number":"4111111111111111","cvv":"123","amount":500}'
CARD = {'card_number': '4111111111111111', 'cvv': '123', 'expiry_month': 12, 'expiry_year': 2030}


def authorize(bank, key, amount=500, **more):
    return bank.post('authorizations', key, {**CARD, 'amount': amount, **more})


def hold(bank, key='hold', amount=500):
    """The id of a new authorization."""
    answer = authorize(bank, key, amount)
    assert answer.status_code == 200, answer.text
    return answer.json()['authorization_id']


class Raw:
    """One connection, and the bytes on it."""

    def __init__(self, bank):
        host, port = bank.address.rsplit(':', 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.ahead = b''

    def send(self, path, key, body):
        head = f'POST /api/v1/{path} HTTP/1.1\r\nHost: bank\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n'
        return self.send_bytes(head.encode() + body)

    def send_bytes(self, sent):
        self.socket.sendall(sent)
        return self

    def answer(self):
        """The next whole answer, as (head, body)."""
        head, _, rest = self._until(lambda came: b'\r\n\r\n' in came).partition(b'\r\n\r\n')
        length = int(re.search(rb'Content-Length: (\d+)', head)[1])
        self.ahead = rest
        body = self._until(lambda came: len(came) >= length)
        self.ahead = body[length:]
        return head, body[:length]

    def _until(self, is_enough):
        while not is_enough(self.ahead):
            piece = self.socket.recv(65536)
            assert piece, f'the bank closed after {self.ahead}'
            self.ahead += piece
        return self.ahead

    def rest(self):
        """Everything until the bank closes."""
        pieces = [self.ahead]
        while piece := self.socket.recv(65536):
            pieces.append(piece)
        return b''.join(pieces)

    def is_silent(self, seconds):
        """Does nothing come within that time?"""
        self.socket.settimeout(seconds)
        try:
            self.ahead += self.socket.recv(65536)
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(30)

    def close(self):
        self.socket.close()
