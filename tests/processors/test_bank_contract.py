# SPDX-License-Identifier: Apache-2.0
"""What the transcripts ask of the bank, held against the bank's own description of its API, and the answers that they call done.

The description is not ours to pass on: FLORIN_VENDOR_SPECS names a folder with bank.yaml in it.
"""
import json
import os
import pathlib
import re

import jsonschema
import pytest
import yaml

SPECS = os.environ.get('FLORIN_VENDOR_SPECS')
if not SPECS:
    pytest.skip('FLORIN_VENDOR_SPECS is not set: no description to compare with', allow_module_level=True)

CASES = sorted((pathlib.Path(__file__).parent / 'bank').glob('*.txt'))
HOLES = {'<card_number>': '"4111111111111111"', '<cvv>': '"123"', '<expiry_month>': '12', '<expiry_year>': '2030'}
HOSTILE = 'hostile'  # cases with this word in their name ask for what no bank has made


def read_case(path):
    """The lines of a transcript by their names."""
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    return dict(re.match(r'(\S+)\s+(.*)', line).groups() for line in lines)


@pytest.fixture(scope='module')
def description():
    """The description, with its references to be followed."""
    return yaml.safe_load((pathlib.Path(SPECS) / 'bank.yaml').read_text(encoding='utf-8'))


def follow(description, thing):
    """The thing itself, where it is only a reference to one."""
    while '$ref' in thing:
        found = description
        for step in thing['$ref'].split('/')[1:]:
            found = found[step]
        thing = found
    return thing


def check(description, value, schema):
    """Raises when the value breaks the schema."""
    resolver = jsonschema.RefResolver.from_schema(description)
    jsonschema.Draft7Validator(schema, resolver=resolver).validate(value)


def find_operation(description, method, path):
    """The described operation for that path, and the values of its parameters."""
    for template, item in description['paths'].items():
        match = re.fullmatch(re.sub(r'\{(\w+)\}', r'(?P<\1>[^/]+)', template), path)
        if match and method.lower() in item:
            return item[method.lower()], match.groupdict()
    raise AssertionError(f'the bank has no {method} {path}')


def schema_of(description, message):
    """The JSON schema of a described request or answer."""
    return follow(description, message)['content']['application/json']['schema']


@pytest.mark.parametrize('path', [case for case in CASES if HOSTILE not in case.name], ids=lambda path: path.stem)
def test_asked_as_described(description, path):
    """Method, path, parameters and body are what the description wants."""
    case = read_case(path)
    operation, values = find_operation(description, *case['asks'].split())
    for parameter in (follow(description, parameter) for parameter in operation.get('parameters', [])):
        if parameter['in'] == 'path':
            check(description, values[parameter['name']], parameter['schema'])
    if 'requestBody' in operation:
        filled = re.sub('|'.join(HOLES), lambda hole: HOLES[hole[0]], case['asked_body'])
        check(description, json.loads(filled.ljust(1024)), schema_of(description, operation['requestBody']))
    else:
        assert 'asked_body' not in case


@pytest.mark.parametrize('path', [case for case in CASES if '_done' in case.name], ids=lambda path: path.stem)
def test_answered_as_described(description, path):
    """What we take for done is what the description calls an answer."""
    case = read_case(path)
    operation, _ = find_operation(description, *case['asks'].split())
    schema = dict(follow(description, schema_of(description, operation['responses']['200'])))
    if path.stem == 'authorize_done_in_another_order':  # leaves out what we have no use for
        schema['required'] = [name for name in schema['required'] if name != 'created_at']
    check(description, json.loads(case['answered_body']), schema)


def test_every_described_operation_is_asked(description):
    """Each thing that the bank can do for money is in a transcript."""
    asked = [read_case(path)['asks'].split() for path in CASES if HOSTILE not in path.name]
    seen = {id(find_operation(description, method, path)[0]) for method, path in asked}
    left = [f'{method} {path}' for path, item in description['paths'].items() if path.startswith('/api/')
            for method, operation in item.items() if method in ('get', 'post') and id(operation) not in seen]
    assert not left
