# SPDX-License-Identifier: Apache-2.0
"""Stripe's own library for Node against the simulated Stripe. Needs node, npm and its registry; where they are not, this is left out."""
import json
import pathlib
import shutil
import subprocess

import pytest
from florin_testing.companies import Stripe
from florin_testing.processes import REPOSITORY

LIBRARY = 'stripe@23.1.0'
INSTALL_SECONDS = 90
SCRIPT = pathlib.Path(__file__).with_name('stripe_library.mjs')


@pytest.fixture(scope='module')
def library():
    """The path of the library, installed below build/ when it is not yet."""
    if not (shutil.which('node') and shutil.which('npm')):
        pytest.skip('node and npm are not installed: Stripe\'s own library is not tried')
    folder = REPOSITORY / 'build' / 'npm' / LIBRARY.replace('@', '-')
    installed = folder / 'node_modules' / 'stripe'
    if not (installed / 'package.json').exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ['npm', 'install', '--prefix', str(folder), '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund',
                 LIBRARY]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f'npm did not bring {LIBRARY} within {INSTALL_SECONDS} s: Stripe\'s own library is not tried')
        if done.returncode or not (installed / 'package.json').exists():
            pytest.skip(f'npm does not bring {LIBRARY}: Stripe\'s own library is not tried\n{done.stderr[-500:]}')
    return installed


def test_the_vendors_own_library_is_served(library, listener):
    with Stripe(notify=listener.url) as stripe:
        stripe.pay(capture_method='automatic')
        headers, body = next((headers, body) for headers, body in listener.wait(3) if b'"payment_intent.succeeded"' in body)
        notice = {'body': body.decode(), 'signature': headers['Stripe-Signature'], 'secret': 'whsec_florin_test'}
        port = stripe.address.rsplit(':', 1)[1]
        done = subprocess.run(['node', str(SCRIPT), str(library), port, stripe.key], input=json.dumps(notice), capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {
            'held': 'requires_capture', 'same': True, 'captured': 600, 'refund': 'succeeded', 'refunded': 100,
            'declined': ['StripeCardError', 'card_declined', 'insufficient_funds', 402], 'found': [True], 'listed': 3,
            'event': 'payment_intent.succeeded', 'forged': 'StripeSignatureVerificationError'}
        assert stripe.book()['keys_repeated'] == 0 and len(stripe.effects(operation='node')) == 3
