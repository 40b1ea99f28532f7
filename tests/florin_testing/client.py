# SPDX-License-Identifier: Apache-2.0
"""A merchant's client. Everything that it says and hears is held against the API description (contract.py)."""
import itertools
import json
import uuid

from florin_testing import cards
from florin_testing.contract import the_contract
from florin_testing.waiting import PATIENCE, until
from florin_testing.wire import RawConnection, Wire

FINAL = ('authorized', 'captured', 'refunded', 'voided', 'declined', 'failed', 'expired')

CARDS = 1000  # rich ones at the bank, so that no test empties another one's account

numbers = itertools.count(1)


def fresh_key():
    """An idempotency key that nobody has used."""
    return f'key-{uuid.uuid4()}'


def fresh_order():
    """An order that nobody has placed."""
    return f'order-{uuid.uuid4().hex[:12]}'


class Client:
    """Speaks to a gateway, which may be started again somewhere else in the meantime."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.api_key = None  # shown with each request
        self.wire = None

    # --- any request ---

    def ask(self, method, target, body=None, headers=(), is_good=True):
        """One request; `is_good` says that it is as the description wants it, and has that checked."""
        headers = [(name, value) for name, value in headers if value is not None]
        if self.api_key:
            headers.append(('Authorization', f'Bearer {self.api_key}'))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None and not any(name.lower() == 'content-type' for name, _ in headers):
            headers.append(('Content-Type', 'application/json'))
        if is_good:
            the_contract().check_request(method, target, headers, body)
        if body is None and method == 'POST':
            body = b''
        if self.wire is None or self.wire.address != self.gateway.address:
            self.wire = Wire(self.gateway.address)
        answer = self.wire.ask(method, target, headers, body)
        the_contract().check_answer(method, target, answer)
        return answer

    def post(self, target, body=None, key=None, is_good=True, headers=()):
        """A POST with an Idempotency-Key; a new one unless one is given. key=False sends none."""
        key = fresh_key() if key is None else key
        return self.ask('POST', target, body, [*headers, ('Idempotency-Key', key or None)], is_good)

    def look(self, target, is_good=True, headers=()):
        """A GET."""
        return self.ask('GET', target, headers=headers, is_good=is_good)

    # --- payments ---

    @staticmethod
    def wish(amount=5000, card=None, **more):
        """The body of a new payment, with a card that the bank's --cards made. A member given as None is left out."""
        number = next(numbers)
        body = {'amount': amount, 'card': card or cards.further(number % CARDS), 'order_id': fresh_order(),
                'customer_id': f'customer-{number}', **more}
        return {name: value for name, value in body.items() if value is not None}

    def authorize(self, amount=5000, card=None, key=None, **more):
        """POST /v1/payments."""
        return self.post('/v1/payments', self.wish(amount, card, **more), key)

    def capture(self, payment, key=None, body=None):
        """POST /v1/payments/{id}/capture; the payment is a receipt or an id."""
        return self.change(payment, 'capture', key, body)

    def void(self, payment, key=None, body=None):
        """POST /v1/payments/{id}/void."""
        return self.change(payment, 'void', key, body)

    def refund(self, payment, key=None, body=None):
        """POST /v1/payments/{id}/refund."""
        return self.change(payment, 'refund', key, body)

    def change(self, payment, verb, key=None, body=None):
        """One of the three by its name."""
        return self.post(f'/v1/payments/{id_of(payment)}/{verb}', body, key)

    def authorized(self, amount=5000, card=None, **more):
        """The receipt of a new authorized payment."""
        return self.authorize(amount, card, **more).expect(201)

    def captured(self, amount=5000, card=None, **more):
        """The receipt of a new payment that was captured by hand."""
        return self.capture(self.authorized(amount, card, **more)).expect(200)

    # --- questions ---

    def get(self, payment):
        """The receipt as it is now."""
        return self.look(f'/v1/payments/{id_of(payment)}').expect(200)

    def settled(self, payment, within=PATIENCE):
        """The receipt, once nothing is open on it any more."""
        def look():
            receipt = self.get(payment)
            return receipt if is_settled(receipt) else None
        return until(look, f'{payment} ends', within, every=0.05)

    def becomes(self, payment, state):
        """The receipt, once nothing is open on it and it has that state."""
        def look():
            receipt = self.get(payment)
            return receipt if receipt['operation'] is None and receipt['state'] == state else None
        return until(look, f'it is {state}')

    def events(self, payment):
        """The whole history, oldest first."""
        return self.look(f'/v1/payments/{id_of(payment)}/events').expect(200)['data']

    def order(self, order_id):
        """May it be shipped?"""
        return self.look(f'/v1/orders/{order_id}').expect(200)

    def list(self, **filters):
        """One page of payments."""
        query = '&'.join(f'{name}={value}' for name, value in filters.items())
        return self.look(f'/v1/payments?{query}' if query else '/v1/payments').expect(200)

    def all(self, **filters):
        """All payments, page after page."""
        found, cursor = [], {}
        while True:
            page = self.list(limit=100, **filters, **cursor)
            found += page['data']
            if not page['next_cursor']:
                return found
            cursor = {'cursor': page['next_cursor']}

    def metrics(self):
        """{series as written: value}."""
        lines = self.look('/metrics').text.splitlines()
        return {line.rpartition(' ')[0]: float(line.rpartition(' ')[2]) for line in lines if line and line[0] != '#'}

    # --- bytes ---

    def raw(self, *pieces, method='POST', target=None):
        """Sends these bytes; the answer, checked, and the connection's end."""
        with RawConnection(self.gateway.address) as connection:
            for piece in pieces:
                connection.send(piece)
            answer = connection.answer(method)
            the_contract().check_answer(method if target else None, target, answer)
            return answer, answer.header('connection') == 'close' and connection.is_closed()


def id_of(payment):
    """The id of a receipt, or the id itself."""
    return payment['id'] if isinstance(payment, dict) else payment


def is_settled(receipt):
    """Nothing is open on it, or a person has to look."""
    return receipt['state'] in FINAL and receipt['operation'] is None
