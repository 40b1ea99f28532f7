# SPDX-License-Identifier: Apache-2.0
"""What the transcripts ask of Paystack, held against the vendor's own description of its API, which is not ours to pass on:
FLORIN_VENDOR_SPECS names a folder with paystack.json and known-gaps.json in it."""
import json
import pathlib
import re

import pytest
from florin_testing.paystack import description
from florin_testing.vendor_description import Mismatch

pytestmark = pytest.mark.skipif(not description(), reason='FLORIN_VENDOR_SPECS names no paystack.json: requests are not held against it')

CASES = sorted((pathlib.Path(__file__).parent / 'paystack').glob('*.txt'))
HOLES = {'<card_number>': '"4084084084084081"', '<cvv>': '"408"', '<expiry_month>': '12', '<expiry_year>': '2030'}


def read_case(path):
    """The lines of a transcript by their names."""
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    return dict(re.match(r'(\S+)\s+(.*)', line).groups() for line in lines)


def asked(case):
    """(method, path, body) with holes filled."""
    method, path = case['asks'].split()
    return method, path, re.sub('|'.join(HOLES), lambda hole: HOLES[hole[0]], case.get('asked_body', ''))


@pytest.mark.parametrize('path', CASES, ids=lambda path: path.stem)
def test_asked_as_described(path):
    method, target, body = asked(read_case(path))
    description().check_request(method, target, 'application/json', body)


def test_a_request_with_a_fault_is_seen():
    method, target, body = asked(read_case(pathlib.Path(__file__).parent / 'paystack' / 'refund_pending.txt'))
    for change in ({'currency': 'EUR'}, {'amount': '5'}, {'colour': 'red'}):
        with pytest.raises(Mismatch):
            description().check_request(method, target, 'application/json', json.dumps({**json.loads(body), **change}))
