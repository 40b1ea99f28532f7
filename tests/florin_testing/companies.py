# SPDX-License-Identifier: Apache-2.0
"""Simulated payment companies as processes, and somebody who listens to their notices."""
import http.server
import json
import re
import threading
import time

import requests
from florin_testing.processes import Process
from florin_testing.vendor_description import description_of


class Company(Process):
    """`florin sim NAME` on a free port; every answer of its API is held against what the company publishes, where that is at hand."""
    name = None

    def __init__(self, latency='0:0', failure_rate=0, seed=1, notify=None, words=(), environment=None):
        more = ['--notify', notify] if notify else []
        super().__init__('sim', self.name, '--listen', '127.0.0.1:0', '--latency-ms', latency, '--failure-rate', failure_rate,
                         '--seed', seed, '--quiet', *more, *words, environment=environment, name=f'sim {self.name}')
        self.session = requests.Session()
        self.session.trust_env = False
        self.description = description_of(type(self).name)  # by now self.name says what the process is called

    def control(self, method, path, **more):
        """/sim/...: what tests ask of the simulator itself."""
        answer = self.session.request(method, f'{self.url}/sim/{path}', timeout=30, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, fault, path='*', **more):
        """Plants a fault; more: times, after, key, card, latency_ms, acts, store_key."""
        return self.control('POST', 'faults', json={'fault': fault, 'path': path, **more})

    def book(self, **chosen):
        """What truly happened; book(key=...), book(operation=...), book(summary=1)."""
        return self.control('GET', 'book', params=chosen)

    def effects(self, kind=None, **chosen):
        """The effects of the book, all or of one kind."""
        return [effect for effect in self.book(**chosen)['effects'] if kind in (None, effect['kind'])]

    def requests(self, last=100):
        return self.control('GET', 'requests', params={'last': last})['requests']

    def advance(self, **span):
        """Turns its clock on: advance(hours=25)."""
        units = {'ms': 1, 'seconds': 1000, 'minutes': 60_000, 'hours': 3_600_000, 'days': 86_400_000}
        return self.control('POST', 'clock', json={'advance_ms': sum(units[unit] * n for unit, n in span.items())})

    def settings(self, **changes):
        return self.control('POST', 'settings', json=changes)

    def notices(self, kind=None):
        """What it has told or would tell, all or of one type."""
        return [notice for notice in self.control('GET', 'notices')['notices'] if kind in (None, notice['type'])]

    def change_notices(self, **change):
        """hold=True, release=[3, 1], send=3 (times=2), alter=3 (from_, to, signed), drop=[2], delay_ms, retry_ms."""
        return self.control('POST', 'notices', json={name.rstrip('_'): value for name, value in change.items()})

    def check(self, answer):
        """Holds an answer of the API against the description."""
        if self.description:
            body = answer.json() if answer.content else None
            self.description.check_answer(answer.request.method, answer.request.path_url, answer.status_code, body)
        return answer

    def __exit__(self, *_):
        self.session.close()
        super().__exit__()


class AllCompanies(Process):
    """`florin sim all`: the bank and every company in one process, each on a free port. `urls`: where, by name."""

    def __init__(self, latency='0:0', seed=1, **environment):
        super().__init__('sim', 'all', '--listen', '127.0.0.1:0', '--latency-ms', latency, '--failure-rate', 0, '--seed', seed, '--quiet',
                         environment={name.upper(): str(value) for name, value in environment.items()}, name='sim all')
        self.urls = {name: f'http://{address}' for name, address in re.findall(r'^florin sim (\w+): ready on (\S+)$', self.output.decode(), re.M)}

    def book(self, name):
        """What truly happened at one of them."""
        return requests.get(f'{self.urls[name]}/sim/book', timeout=30).json()


def keys_file(folder, name, **keys):
    """Our keys at a company, for their owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{name}.keys'
    path.touch(mode=0o600)
    path.write_text(''.join(f'{key} = {value}\n' for key, value in keys.items()), encoding='ascii')
    return path


def as_form(value, name=''):
    """Nested values as the pairs of a form with brackets."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in as_form(one, f'{name}[{key}]' if name else key)]
    if isinstance(value, (list, tuple)):
        return [pair for place, one in enumerate(value) for pair in as_form(one, f'{name}[{place}]')]
    return [(name, str(value).lower() if isinstance(value, bool) else value)]


class Stripe(Company):
    """The simulated Stripe and a merchant's calls to it."""
    name = 'stripe'
    key = 'sk_test_florin'

    def ask(self, method, path, given=None, key=None, checked=True, **headers):
        """One call to /v1; the answer, which is held against the description unless it is none of the company's."""
        sent = {'Authorization': f'Bearer {self.key}', **{name.replace('_', '-'): value for name, value in headers.items()}}
        if key:
            sent['Idempotency-Key'] = key
        where = 'params' if method == 'GET' else 'data'
        answer = self.session.request(method, f'{self.url}/v1/{path}', headers=sent, timeout=70, **{where: as_form(given or {})})
        return self.check(answer) if checked else answer

    def post(self, path, given=None, key=None, **more):
        return self.ask('POST', path, given, key, **more)

    def get(self, path, given=None, **more):
        return self.ask('GET', path, given, **more)

    def pay(self, method='pm_card_visa', key=None, amount=1099, **more):
        """Creates and confirms a payment on a card: a hold, unless capture_method says otherwise."""
        given = {'amount': amount, 'currency': 'usd', 'capture_method': 'manual', 'confirm': True, 'payment_method': method,
                 'payment_method_types': ['card'], **more}
        return self.post('payment_intents', {name: value for name, value in given.items() if value is not None}, key)


class PayPal(Company):
    """The simulated PayPal, a merchant's calls to it, and payers who say yes or no on its page."""
    name = 'paypal'
    client, secret = 'paypal-test-client', 'paypal-test-secret'
    token = None

    def fetch_token(self, client=None, secret=None, grant='client_credentials'):
        """The answer of the token call."""
        return self.session.post(f'{self.url}/v1/oauth2/token', auth=(client or self.client, secret or self.secret),
                                 data={'grant_type': grant}, timeout=30)

    def ask(self, method, path, given=None, key=None, whole=True, checked=True, **headers):
        """One call; the answer, which is held against the description unless it is none of the company's."""
        self.token = self.token or self.fetch_token().json()['access_token']
        sent = {'Authorization': f'Bearer {self.token}', **{name.replace('_', '-'): value for name, value in headers.items()}}
        if key:
            sent['PayPal-Request-Id'] = key
        if whole:
            sent['Prefer'] = 'return=representation'
        if method in ('POST', 'PATCH'):
            sent.setdefault('Content-Type', 'application/json')
        body = {'params': given} if method == 'GET' else {'data': None if given is None else json.dumps(given)}
        answer = self.session.request(method, f'{self.url}{path}', headers=sent, timeout=70, **body)
        return self.check(answer) if checked else answer

    def post(self, path, given=None, key=None, **more):
        return self.ask('POST', path, given, key, **more)

    def get(self, path, given=None, **more):
        return self.ask('GET', path, given, **more)

    def pay(self, key='k', intent='AUTHORIZE', value='10.99', card=None, unit=None, **more):
        """Creates an order on a card: a hold, unless the intent is CAPTURE."""
        return self.post('/v2/checkout/orders', {
            'intent': intent,
            'purchase_units': [{'reference_id': 'p1', 'custom_id': key, 'amount': money(value), **(unit or {})}],
            'payment_source': {'card': {'number': '4012888888881881', 'expiry': '2030-12', 'security_code': '123',
                                        'name': 'A Person', **(card or {})}}}, key, **more)

    def hold(self, key='k', **more):
        """The id of an authorization."""
        return self.pay(key, **more).json()['purchase_units'][0]['payments']['authorizations'][0]['id']

    def sale(self, key='k', **more):
        """The id of a capture."""
        return self.pay(key, intent='CAPTURE', **more).json()['purchase_units'][0]['payments']['captures'][0]['id']

    def order_by_wallet(self, intent='CAPTURE', key=None, value='10.99', wallet=None, **more):
        """An order whose payer is sent to a page."""
        return self.post('/v2/checkout/orders', {
            'intent': intent, 'purchase_units': [{'reference_id': 'p1', 'custom_id': 'p1', 'amount': money(value)}],
            'payment_source': {'paypal': {'experience_context': {'return_url': 'https://pay.example.test/r/p1',
                                                                 'cancel_url': 'https://pay.example.test/c/p1'},
                                          **(wallet or {})}}, **more}, key)

    def say(self, answer, choice='approve'):
        """The payer follows the link of an answer and chooses; where he is sent afterwards."""
        link = next(one['href'] for one in answer.json()['links'] if one['rel'] in ('payer-action', 'approve'))
        assert self.session.get(link).status_code == 200
        return self.session.post(link, data={'choice': choice}, allow_redirects=False)

    def plan(self, kind, status, **more):
        """How the next ones end: then=..., reason=..., after_ms=..., times=..."""
        return self.control('POST', 'outcomes', json={'kind': kind, 'status': status, **more})


def money(value, currency='USD'):
    return {'currency_code': currency, 'value': value}


class Risk(Company):
    """The simulated company that judges payments; it says what `metadata` asks it to (judged)."""
    name = 'risk'
    key = 'risk_test_florin'

    def asked(self):
        """(stage, payment) of every question, oldest first."""
        return [(effect['kind'], effect['id']) for effect in self.effects()]

    def ask(self, given, key=None):
        """One call of its own API."""
        return self.session.post(f'{self.url}/v1/assessments', json=given, timeout=30, headers={'Authorization': f'Bearer {key or self.key}'})

    def as_settings(self, folder):
        """What a gateway is told of it; its key lies in the folder."""
        keys = folder / 'risk.keys'
        keys.write_text(f'secret_key = {self.key}\n', encoding='utf-8')
        keys.chmod(0o600)
        return {'risk_url': self.url, 'risk_keys_file': keys}


def judged(new=None, held=None, **more):
    """Members of a payment about which it is to say that: before it, and of the money that is held."""
    words = {'risk': new, 'risk_held': held}
    return {'metadata': {name: word for name, word in words.items() if word}, **more}


class Listener:
    """A merchant's address for notices: keeps what comes, and answers as it is told."""

    def __init__(self):
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 - the library's name
                body = self.rfile.read(int(self.headers['Content-Length']))
                listener.came.append((dict(self.headers), body))
                status = listener.statuses.pop(0) if listener.statuses else 200
                self.send_response(status)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.came = []      # (headers, body) of each notice
        self.statuses = []  # of the next answers; then 200
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/hooks'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=20):
        """The notices that have come, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.came) < count:
            assert time.monotonic() < deadline, f'{len(self.came)} of {count} notices have come'
            time.sleep(0.01)
        return self.came

    def close(self):
        self.server.shutdown()
        self.server.server_close()
