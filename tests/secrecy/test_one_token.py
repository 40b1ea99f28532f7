# SPDX-License-Identifier: Apache-2.0
"""A card comes in once. Its token pays at every processor that there is, each of them meets the same card, and nobody else finds it."""
import hashlib

import pytest
from florin_testing import cards
from florin_testing.companies import AllCompanies, PayPal, Stripe, keys_file
from florin_testing.flutterwave import ENCRYPTION_KEY, Flutterwave
from florin_testing.gateway import SANITIZER, Gateway
from florin_testing.kept import Ears, dump, everything_kept
from florin_testing.markers import find_cards, find_cvvs
from florin_testing.paystack import Paystack
from florin_testing.vault import make_master, pay, store_card

CARD = cards.further(917)  # the bank issued it, and it is in no company's table of special ones
CARDS = 1000
FINGERPRINT = hashlib.sha256(f'florin sim card {CARD["number"]}'.encode()).hexdigest()[:16]
KEYS = {
    'stripe': {'secret_key': Stripe.key},
    'paypal': {'client_id': PayPal.client, 'secret_key': PayPal.secret},
    'paystack': {'secret_key': Paystack.key},
    'flutterwave': {'secret_key': Flutterwave.key, 'encryption_key': ENCRYPTION_KEY},
}


@pytest.fixture
def companies():
    with AllCompanies(florin_sim_bank_cards=CARDS) as all_of_them:
        yield all_of_them
        assert not SANITIZER.search(all_of_them.log()), all_of_them.log()


@pytest.fixture
def gateway(companies, tmp_path):
    settings = {f'{name}_url': companies.urls[name] for name in KEYS}
    settings |= {f'{name}_keys_file': keys_file(tmp_path / 'keys', name, **keys) for name, keys in KEYS.items()}
    one = Gateway(tmp_path / 'gateway', companies.urls['bank'], master_key_file=make_master(tmp_path), **settings)
    yield one
    one.close()


def pay_at(client, processor, token):
    """What the processor's record says that it needs is brought, once it was asked for."""
    wish = {'amount': 5000, 'processor': processor['processor'], 'capture': 'automatic' if processor['only_sells'] else 'manual'}
    if processor['needs_email']:
        wish['customer'] = {'email': 'a@example.test'}
    if processor['needs_cvv']:
        assert pay(client, token, **wish).expect(422)['code'] == 'cvv_required'
        wish['cvv'] = CARD['cvv']
    receipt = pay(client, token, **wish).expect(201)
    assert receipt['state'] == ('captured' if processor['only_sells'] else 'authorized')
    return receipt


def cards_met(companies, name):
    """(fingerprint, sum) of what was held or sold there."""
    book = companies.book(name)
    return [(row['fingerprint'], row['amount']) for row in book.get('authorizations') or book['effects']]


def check_nowhere(gateway, companies, ears):
    kept = everything_kept(gateway, ears) | {'dump': dump(gateway.store), 'what the simulators say': companies.log().encode()}
    assert {'florin.db', 'gateway.log', 'answers'} <= set(kept) and FINGERPRINT.encode() not in kept['dump']
    for where, data in kept.items():
        assert not find_cards(data, [CARD['number']]) and not find_cvvs(data, [CARD]), f'the card is in {where}'


def test_one_token_pays_at_every_processor(gateway, companies):
    client, ears = gateway.client(), Ears()
    with ears.open():
        token = store_card(client, {name: value for name, value in CARD.items() if name != 'cvv'}).expect(201)
        processors = client.look('/v1/processors').expect(200)['data']
        assert {one['processor'] for one in processors} == {'bank', *KEYS} and len(processors) == 5
        receipts = {one['processor']: pay_at(client, one, token) for one in processors}
        check_nowhere(gateway, companies, ears)  # with the write-ahead log as it is
    assert {name: receipt['card']['last4'] for name, receipt in receipts.items()} == {name: token['last4'] for name in receipts}
    assert {name: cards_met(companies, name) for name in receipts} == {name: [(FINGERPRINT, 5000)] for name in receipts}
    assert gateway.command('backup', '--to', str(gateway.folder / 'copy.db'), settings={'runtime_dir': None, 'bank_url': None})[0] == 0
    gateway.stop()
    check_nowhere(gateway, companies, ears)
