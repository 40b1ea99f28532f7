# SPDX-License-Identifier: Apache-2.0
"""What the transcripts ask of PayPal, held against the vendor's own description of its API.

The description is not ours to pass on: FLORIN_VENDOR_SPECS names a folder with paypal.json in it.
"""
import pathlib
import re

import pytest
from florin_testing.vendor_description import description_of

described = description_of('paypal')
if described is None:
    pytest.skip('FLORIN_VENDOR_SPECS names no paypal.json: no description to compare with', allow_module_level=True)

CASES = sorted((pathlib.Path(__file__).parent / 'paypal').glob('*.txt'))
HOLES = {'<card_number>': '"4111111111111111"', '<cvv>': '"123"', '<expiry_year_month>': '"2030-06"'}


def read_case(path):
    """The lines of a transcript by their names."""
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    return dict(re.match(r'(\S+)\s*(.*)', line).groups() for line in lines)


@pytest.mark.parametrize('path', CASES, ids=lambda path: path.stem)
def test_what_is_asked_is_described(path):
    case = read_case(path)
    method, target = case['asks'].split()
    body = case.get('asked_body')
    for hole, filling in HOLES.items():
        body = body and body.replace(hole, filling)
    if target.endswith('/void'):  # takes no body; without one no type would be said, and PayPal wants one
        assert body == '{}'
        body = None
    described.check_request(method, target, 'application/json', body)
