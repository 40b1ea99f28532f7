# SPDX-License-Identifier: Apache-2.0
"""Every answer of the simulated bank against the description that the real one publishes, with the known differences as data.

The description is not ours to pass on: FLORIN_VENDOR_SPECS names a folder with bank.yaml in it.
"""
import os
import pathlib
import re

import jsonschema
import pytest
import yaml
from florin_testing.processes import Simulator

SPECS = os.environ.get('FLORIN_VENDOR_SPECS')
pytestmark = pytest.mark.skipif(not SPECS, reason='FLORIN_VENDOR_SPECS is not set: no description to compare with')

# What the bank does and its description does not say. Each must be seen, or it is no difference.
DIFFERENCES = [
    # method  path                                status content type       because
    ('POST', '/api/v1/authorizations',            400, 'text/plain', 'a missing key is told in plain text'),
    ('POST', '/api/v1/captures',                  400, 'text/plain', 'so is a body that is not JSON'),
    ('POST', '/api/v1/voids',                     400, 'text/plain', 'so is a body that is not JSON'),
    ('POST', '/api/v1/refunds',                   400, 'text/plain', 'so is a body that is not JSON'),
    ('GET',  '/api/v1/authorizations/{authorizationId}', 500, 'application/json', 'chance strikes GETs too'),
    ('GET',  '/api/v1/captures/{captureId}',      500, 'application/json', 'chance strikes GETs too'),
    ('GET',  '/api/v1/refunds/{refundId}',        500, 'application/json', 'chance strikes GETs too'),
    ('GET',  '/api/v1/authorizations',            405, 'text/plain', 'there is no list'),
    ('GET',  '/api/v1/voids',                     405, 'text/plain', 'there is no list'),
    ('GET',  None,                                404, 'text/plain', 'an unknown path is told in plain text'),
    ('GET',  None,                                301, 'text/html',  'the root leads to the documentation'),
    ('GET',  None,                                200, 'text/html',  'the documentation describes all but itself'),
]
NEVER_SENT = {'missing_idempotency_key', 'refund_not_found', 'already_captured', 'already_voided'}
UNENFORCED = [  # the description forbids them, the bank does not look
    ('a long key is only not kept', 'authorizations', 'k' * 300, {}),
    ('a strange month', 'authorizations', 'month', {'expiry_month': 77}),
    ('a strange year', 'authorizations', 'year', {'expiry_year': -1}),
    ('a member too many', 'authorizations', 'member', {'surprise': True}),
]

CARD = {'card_number': '4111111111111111', 'cvv': '123', 'expiry_month': 12, 'expiry_year': 2030, 'amount': 500}


class Description:
    """bank.yaml, and what was seen of it."""

    def __init__(self):
        self.document = yaml.safe_load((pathlib.Path(SPECS) / 'bank.yaml').read_text())
        self.resolver = jsonschema.RefResolver('', self.document)
        self.seen, self.codes, self.differences = set(), set(), set()

    def template_of(self, path):
        """The described path that this one belongs to."""
        for template in self.document['paths']:
            if re.fullmatch(re.sub(r'\{\w+\}', '[^/]+', template), path):
                return template
        return None

    def check(self, answer):
        """The answer is described, or a listed difference."""
        method, path = answer.request.method, answer.request.path_url
        template, kind = self.template_of(path), answer.headers['Content-Type'].split(';')[0]
        described = self.document['paths'].get(template, {}).get(method.lower(), {}).get('responses', {})
        response = described.get(str(answer.status_code), {})
        if '$ref' in response:
            response = self.resolver.resolve(response['$ref'])[1]
        schema = response.get('content', {}).get(kind, {}).get('schema')
        if schema is None:
            difference = next((row for row in DIFFERENCES if row[:4] == (method, template, answer.status_code, kind)), None)
            assert difference, f'{method} {path}: {answer.status_code} {kind} is neither described nor a known difference'
            self.differences.add(difference)
        else:
            jsonschema.Draft4Validator(schema, resolver=self.resolver,
                                       format_checker=jsonschema.FormatChecker()).validate(answer.json())
            self.seen.add((method, template, answer.status_code))
        if kind == 'application/json' and 'error' in answer.json():
            self.codes.add(answer.json()['error'])
        return answer


@pytest.fixture(scope='module')
def walked():
    """The description, after a walk past everything that the bank can say."""
    description = Description()
    with Simulator() as bank:
        def post(path, key, body, **more):
            return description.check(bank.post(path, key, body, **more))

        def get(path):
            return description.check(bank.session.get(bank.url + path, allow_redirects=False))

        walk_the_good_way(post, get)
        walk_the_refusals(post, bank)
        walk_the_differences(post, get, bank)
        for _, path, key, more in UNENFORCED:
            assert post(path, key, {**CARD, **more}).status_code == 200
        bank.fault('already_refunded', '/api/v1/refunds')
        post('refunds', 'claimed', {})
    return description


def walk_the_good_way(post, get):
    authorization = post('authorizations', 'a', CARD).json()['authorization_id']
    capture = post('captures', 'b', {'authorization_id': authorization, 'amount': 500}).json()['capture_id']
    refund = post('refunds', 'c', {'capture_id': capture, 'amount': 500}).json()['refund_id']
    other = post('authorizations', 'd', CARD).json()['authorization_id']
    post('voids', 'e', {'authorization_id': other})
    for path, known in (('authorizations', authorization), ('captures', capture), ('refunds', refund)):
        assert get(f'/api/v1/{path}/{known}').status_code == 200
        assert get(f'/api/v1/{path}/{known[:-4]}0000').status_code == 404
        assert get(f'/api/v1/{path}/nonsense').status_code == 404
    get('/health')
    # each kind of refusal that needs these
    post('captures', 'f', {'authorization_id': authorization, 'amount': 500})
    post('refunds', 'g', {'capture_id': capture, 'amount': 499})
    post('refunds', 'h', {'capture_id': capture, 'amount': 500})


def walk_the_refusals(post, bank):
    post('authorizations', 'i', {**CARD, 'card_number': '4111111111111112'})
    post('authorizations', 'j', {**CARD, 'cvv': '999'})
    post('authorizations', 'l', {**CARD, 'amount': -5})
    post('authorizations', 'm', {**CARD, 'card_number': '5105105105105100', 'cvv': '321'})
    post('authorizations', 'n', {**CARD, 'card_number': '5555555555554444', 'cvv': '789'})
    post('captures', 'o', {'authorization_id': 'auth_1', 'amount': 5})
    post('voids', 'p', {'authorization_id': 'auth_1'})
    post('refunds', 'q', {'capture_id': 'cap_1', 'amount': 5})
    old = post('authorizations', 'r', CARD).json()['authorization_id']
    bank.advance(days=8)
    post('captures', 's', {'authorization_id': old, 'amount': 500})
    for fault in ('internal_400', 'internal_500'):
        for path in ('authorizations', 'captures', 'voids', 'refunds'):
            bank.fault(fault)
            post(path, f'{fault}-{path}', CARD)


def walk_the_differences(post, get, bank):
    post('authorizations', None, CARD)
    for path in ('captures', 'voids', 'refunds'):
        post(path, 'not an object', [])
    get('/api/v1/authorizations')
    get('/api/v1/voids')
    get('/api/v1/accounts')
    get('/')
    get('/docs')
    bank.settings(failure_rate='1')
    for path in ('authorizations/auth_1', 'captures/cap_1', 'refunds/ref_1'):
        get(f'/api/v1/{path}')
    bank.settings(failure_rate='0')
    bank.fault('fail', '/health')
    get('/health')


def test_every_described_answer_was_seen(walked):
    described = {(method.upper(), path, int(status)) for path, item in walked.document['paths'].items()
                 for method, operation in item.items() for status in operation['responses']}
    assert described - walked.seen == set()


def test_every_error_code_was_seen_but_those_that_are_never_sent(walked):
    assert set(walked.document['components']['schemas']['ErrorCode']['enum']) - walked.codes == NEVER_SENT


def test_every_difference_was_seen(walked):
    assert [row for row in DIFFERENCES if row not in walked.differences] == []
