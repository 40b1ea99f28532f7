# SPDX-License-Identifier: Apache-2.0
"""PayPal publishes the codes with which a card's bank answers: each of them stands in tests/processors/declines, with what it means to us.
The description is not ours to pass on: FLORIN_VENDOR_SPECS names a folder with paypal.json in it."""
import pathlib

import pytest
from florin_testing.vendor_description import description_of

YES = {'0000', '1000', '7600'}  # approved, in part, and without being captured


def listed(name):
    lines = (pathlib.Path(__file__).parent / 'declines' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return {line.rsplit(maxsplit=1)[0] for line in lines if line and not line.startswith('#')}


def test_every_code_that_paypal_publishes_has_a_meaning():
    paypal = description_of('paypal')
    if paypal is None:
        pytest.skip('FLORIN_VENDOR_SPECS names no paypal.json: no description to compare with')
    schemas = paypal.document['components']['schemas']
    for part in ('orders', 'payments'):
        published = set(schemas[f'{part}.processor_response']['properties']['response_code']['enum'])
        assert len(published) > 150 and published - YES == listed('paypal_responses')
