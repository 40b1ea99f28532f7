# SPDX-License-Identifier: Apache-2.0
"""Stripe's own library for Node against the simulated Stripe."""
import pathlib

from florin_testing.companies import Stripe
from florin_testing.node import run_script, vendor_library

SCRIPT = pathlib.Path(__file__).with_name('stripe_library.mjs')


def test_the_vendors_own_library_is_served(listener):
    library = vendor_library('Stripe', 'stripe', '23.1.0')
    with Stripe(notify=listener.url) as stripe:
        stripe.pay(capture_method='automatic')
        headers, body = next((headers, body) for headers, body in listener.wait(3) if b'"payment_intent.succeeded"' in body)
        notice = {'body': body.decode(), 'signature': headers['Stripe-Signature'], 'secret': 'whsec_florin_test'}
        assert run_script(SCRIPT, library, stripe.address.rsplit(':', 1)[1], stripe.key, given=notice) == {
            'held': 'requires_capture', 'same': True, 'captured': 600, 'refund': 'succeeded', 'refunded': 100,
            'declined': ['StripeCardError', 'card_declined', 'insufficient_funds', 402], 'found': [True], 'listed': 3,
            'event': 'payment_intent.succeeded', 'forged': 'StripeSignatureVerificationError'}
        assert stripe.book()['keys_repeated'] == 0 and len(stripe.effects(operation='node')) == 3
