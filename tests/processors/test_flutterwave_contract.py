# SPDX-License-Identifier: Apache-2.0
"""What the transcripts ask of Flutterwave, held against a description of its API; what is encrypted, before it is.

FLORIN_VENDOR_SPECS names a folder with flutterwave.json in it."""
import json
import pathlib
import re

import pytest
from florin_testing.flutterwave import HOLDS, encrypt
from florin_testing.vendor_description import Mismatch, description_of

described = description_of('flutterwave')
pytestmark = pytest.mark.skipif(described is None, reason='FLORIN_VENDOR_SPECS names no flutterwave.json: nothing to compare with')

CASES = sorted((pathlib.Path(__file__).parent / 'flutterwave').glob('*.txt'))
HOLES = {'<card_number>': f'"{HOLDS[0]}"', '<cvv>': f'"{HOLDS[2]}"', '<two_digit_month>': '"09"', '<two_digit_year>': '"31"'}
SPAN = re.compile('<encrypted>(.*)</encrypted>')


def read_case(path):
    """The lines of a transcript by their names."""
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    return dict(re.match(r'(\S+)\s*(.*)', line).groups() for line in lines)


def asked(path):
    """Method, target, and body as they are sent; and what is encrypted in it, or nothing."""
    case = read_case(path)
    method, target = case['asks'].split()
    body = re.sub('|'.join(HOLES), lambda hole: HOLES[hole[0]], case.get('asked_body', ''))
    plain = SPAN.search(body)
    return method, target, SPAN.sub(lambda span: encrypt(span[1]), body), plain and plain[1]


@pytest.mark.parametrize('path', CASES, ids=lambda path: path.stem)
def test_asked_as_described(path):
    method, target, body, plain = asked(path)
    described.check_request(method, target, 'application/json' if body else None, body)
    if plain:
        described.check_named('CardChargePlain', json.loads(plain))


@pytest.mark.parametrize('path', [case for case in CASES if '_done' in case.stem or '_found' in case.stem], ids=lambda path: path.stem)
def test_answered_as_described(path):
    """What is taken for done is what the description calls an answer; only decimals that come as texts are none to it."""
    case = read_case(path)
    method, target = case['asks'].split()
    if case['answered_body'].find('"amount":"') < 0:
        described.check_answer(method, target, 200, json.loads(case['answered_body']))


def test_a_request_that_is_none_is_seen():
    with pytest.raises(Mismatch):
        described.check_request('POST', '/v3/charges/FLW1/capture', 'application/json', '{}')
    with pytest.raises(Mismatch):
        described.check_request('POST', '/v3/charges?type=cards', 'application/json', '{"client":"AAAA"}')
