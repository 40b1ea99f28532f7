# SPDX-License-Identifier: Apache-2.0
"""The simulated Paystack, a merchant's calls to it, and what is known of the real one: its file and the samples of a page about it."""
import functools
import json
import pathlib
import re

from florin_testing.companies import Company
from florin_testing.vendor_description import SPECS, Description

CARDS = {  # the public ones: number, CVV
    'pays': ('4084084084084081', '408'),
    'asks_pin': ('507850785078507812', '081'),
    'asks_pin_otp': ('5060666666666666666', '123'),
    'asks_pin_phone_otp': ('507850785078507804', '884'),
    'asks_at_its_bank': ('5192602720584796', '123'),
    'declined': ('4084080000005408', '001'),
    'no_token': ('507850785078507853', '082'),
    'no_funds': ('4084080000670037', '787'),
    'refund_fails': ('4084080000671803', '180'),
    'refund_needs_attention': ('4084080000671902', '190'),
}


class PaystackDescription(Description):
    """The vendor's file with parts put together into one object each, and with the currency that its lists lack."""

    def _fill(self, gap):
        method, path = gap['operation'].split(' ', 1)
        if gap['pointer'].startswith('query '):
            parameters = self.document['paths'][path][method.lower()].setdefault('parameters', [])
            parameters.append({'in': 'query', 'name': gap['pointer'].split()[1], 'schema': {'type': 'string'}})
            return
        super()._fill(gap)
        for schema in (media['schema'] for media in self.document['paths'][path][method.lower()]['requestBody']['content'].values()):
            if 'allow_object' in gap:
                members = {name: {} for name in gap['allow_object']}
                schema['properties'][gap['pointer'][1:]] = {'type': 'object', 'properties': members}

    def _part(self, schema):
        name = schema.get('$ref', '').rpartition('/')[2]
        return self.document['components']['schemas'][name] if name else schema

    def _tighten(self, node):
        if isinstance(node, dict) and isinstance(node.get('allOf'), list):
            parts = [self._part(part) for part in node.pop('allOf')]
            node['type'] = 'object'
            node['required'] = sorted({name for part in parts for name in part.get('required', [])}) or ['email']
            node['properties'] = {**{name: value for part in parts for name, value in part.get('properties', {}).items()},
                                  **node.get('properties', {})}
        if isinstance(node, dict) and isinstance(node.get('enum'), list) and {'NGN', 'GHS', 'KES'} <= set(node['enum']) \
                and 'XOF' not in node['enum']:
            node['enum'].append('XOF')
        super()._tighten(node)


@functools.lru_cache(maxsize=None)
def description():
    """The file, or None when it is not on this machine."""
    return PaystackDescription('paystack') if SPECS and (pathlib.Path(SPECS) / 'paystack.json').exists() else None


@functools.lru_cache(maxsize=None)
def page():
    """The page with samples, beside the folder of files; None when it is not on this machine."""
    path = pathlib.Path(SPECS or '/nowhere').parent / 'paystack.md'
    return path.read_text(encoding='utf-8') if path.exists() else None


def sample_requests():
    """(method, path, body or None) of each request on the page."""
    blocks = re.findall(r'^```\n((?:GET|POST|PUT) .*?)^```', page() or '', re.M | re.S)
    return [(method, path, json.loads(body) if body.strip() else None)
            for method, path, body in (re.match(r'(\S+) (\S+)\n(.*)', block, re.S).groups() for block in blocks)]


def sample_answers():
    """The answers on the page by their message."""
    blocks = re.findall(r'^```json\n(.*?)^```', page() or '', re.M | re.S)
    return {answer['message']: answer for answer in map(json.loads, blocks)}


class Paystack(Company):
    """The simulated Paystack and a merchant's calls to it; each request is held against the vendor's file, where that is at hand."""
    name = 'paystack'
    key = 'sk_test_florin'

    def __init__(self, **more):
        super().__init__(**more)
        self.count = 0

    def ask(self, method, path, given=None, checked=True, **headers):
        """One call; a request that the file does not know is an error of the test."""
        if checked and description():
            description().check_request(method, path, 'application/json', json.dumps(given) if given is not None else '')
        sent = {'Authorization': f'Bearer {self.key}', **headers}
        answer = self.session.request(method, self.url + path, headers=sent, json=given, timeout=70, allow_redirects=False)
        if answer.status_code != 500 and answer.headers['Content-Type'] == 'application/json':
            body = answer.json()
            assert body['status'] is (answer.status_code == 200) and body['message']
            assert answer.status_code == 200 or {'code', 'type', 'meta'} <= set(body)
        return answer

    def post(self, path, given=None, **more):
        return self.ask('POST', path, given or {}, **more)

    def get(self, path, **more):
        return self.ask('GET', path, **more)

    def data(self, path):
        """What is told at a path."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()['data']

    def new_reference(self):
        self.count += 1
        return f'ord-{self.count}'

    def charge(self, card='pays', amount=10000, cvv=None, expiry=('12', '2030'), **more):
        """Charges one of CARDS; the answer."""
        number, right_cvv = CARDS[card]
        given = {'email': 'a@example.test', 'amount': amount, 'currency': 'NGN', 'reference': self.new_reference(),
                 'card': {'number': number, 'cvv': cvv or right_cvv, 'expiry_month': expiry[0], 'expiry_year': expiry[1]}, **more}
        return self.post('/charge', given)

    def pay(self, card='pays', **more):
        """Charges a card that asks nothing; the whole transaction."""
        answer = self.charge(card, **more)
        assert answer.status_code == 200 and answer.json()['data']['status'] == 'success', answer.text
        return answer.json()['data']

    def save(self, card='pays', email='a@example.test', currency='ZAR'):
        """Pays once; the authorization code."""
        return self.pay(card, email=email, currency=currency)['authorization']['authorization_code']

    def choose(self, page_of, choice='approve', **fields):
        """A payer at a page, by reference or access code."""
        return self.session.post(f'{self.url}/checkout/{page_of}', data={'choice': choice, **fields}, timeout=30,
                                 allow_redirects=False)

    def issuers(self, **orders):
        """What issuers do from now on: asks, says, pends_ms, has, times."""
        self.control('POST', 'issuers', json=orders)
