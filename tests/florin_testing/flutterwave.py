# SPDX-License-Identifier: Apache-2.0
"""The simulated Flutterwave and a merchant's calls to it: requests, as well as answers, are held against its description."""
import base64
import hashlib
import hmac
import itertools
import json

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from florin_testing.companies import Company

ENCRYPTION_KEY = 'FLWSECK_TEST0123456789ab'

# Public test cards: number, expiry, CVV.
PAYS = ('5061460166976054667', '10/29', '564')
HOLDS = ('5377283645077450', '09/31', '789')
ASKS_PIN = ('5531886652142950', '09/32', '564')
ASKS_BANK = ('5438898014560229', '10/31', '564')
ASKS_ADDRESS = ('4556052704172643', '09/32', '899')
WRONG_PIN = ('5399834697894723', '09/31', '883')
FRAUDULENT = ('5590131743294314', '11/32', '887')
DO_NOT_HONOUR = ('5143010522339965', '08/32', '276')
NO_FUNDS = ('5258585922666506', '09/31', '883')

PIN = {'mode': 'pin', 'pin': '3310'}
ADDRESS = {'mode': 'avs_noauth', 'city': 'Lagos', 'address': '1 A Road', 'state': 'LA', 'country': 'NG', 'zipcode': '100001'}

_references = itertools.count(1)


def encrypt(plain, key=ENCRYPTION_KEY):
    """A text as `client`: 3DES, ECB, PKCS #7, base64."""
    padder = padding.PKCS7(64).padder()
    padded = padder.update(plain.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.TripleDES(key.encode()), modes.ECB()).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def notice_is_genuine(headers, body, secret):
    """What a receiver of notices looks at: v3's static secret, else v4's HMAC over the body."""
    given = {name.lower(): value for name, value in headers.items()}
    if 'flutterwave-signature' in given:
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected, given['flutterwave-signature'])
    return hmac.compare_digest(secret, given.get('verif-hash', ''))


def a_reference():
    return f'ord-{next(_references)}'


def card_data(card, **more):
    """The plain JSON of a card charge."""
    number, expiry, cvv = card
    month, year = expiry.split('/')
    return {'card_number': number, 'cvv': cvv, 'expiry_month': month, 'expiry_year': year, 'currency': 'NGN', 'amount': 100,
            'email': 'a@example.test', 'tx_ref': a_reference(), **more}


class Flutterwave(Company):
    """`florin sim flutterwave` and its merchant."""
    name = 'flutterwave'
    key = 'FLWSECK_TEST-0123456789abcdef0123456789abcdef-X'

    def ask(self, method, path, given=None, checked=True, key=None):
        """One call to /v3; request and answer are held against the description unless they are not meant to fit."""
        where = 'params' if method == 'GET' else 'json'
        answer = self.session.request(method, f'{self.url}/v3/{path}', headers={'Authorization': f'Bearer {key or self.key}'},
                                      timeout=70, **{where: given})
        if checked and self.description:
            sent = answer.request
            body = sent.body.decode() if isinstance(sent.body, bytes) else sent.body
            self.description.check_request(method, sent.path_url, sent.headers.get('Content-Type'), body)
            self.check(answer)
        return answer

    def post(self, path, given=None, **more):
        return self.ask('POST', path, given, **more)

    def get(self, path, given=None, **more):
        return self.ask('GET', path, given, **more)

    def put(self, path, given=None, **more):
        return self.ask('PUT', path, given, **more)

    def charge(self, card=PAYS, **more):
        """A card charge, encrypted."""
        return self.post('charges?type=card', {'client': encrypt(json.dumps(card_data(card, **more)))})

    def pay(self, card=PAYS, **more):
        """The data of a charge that is paid at once."""
        answer = self.charge(card, **more).json()
        assert answer['data']['status'] == 'successful', answer
        return answer['data']

    def hold(self, **more):
        return self.pay(HOLDS, preauthorize=True, **more)

    def verify(self, charge):
        return self.get(f'transactions/{charge["id"]}/verify').json()['data']

    def find(self, tx_ref):
        return self.get('transactions/verify_by_reference', {'tx_ref': tx_ref})

    def account(self, **changes):
        """What the merchant may do, and how payers and refunds behave."""
        return self.control('POST', 'account', json=changes)

    def visit(self, url, choice='approve', **fields):
        """A payer on a page says his word; where he is sent, or what he is told."""
        assert self.session.get(url, timeout=30).status_code == 200
        return self.session.post(url, data={'choice': choice, **fields}, timeout=30, allow_redirects=False)

    def kinds(self, tx_ref):
        """What truly happened under a reference: (kind, amount)."""
        return [(effect['kind'], effect['amount']) for effect in self.effects(operation=tx_ref)]
