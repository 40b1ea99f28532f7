# SPDX-License-Identifier: Apache-2.0
"""A payment's history: legal, without gaps, and in a chain of hashes that anybody can check from the answer alone."""
import hashlib
import json

import pytest
from florin_testing import cards

# way of a payment                               its events
ROWS = [
    ({}, (),                                     ['authorize_started', 'authorized']),
    ({}, ('capture',),                           ['authorize_started', 'authorized', 'capture_started', 'captured']),
    ({}, ('void',),                              ['authorize_started', 'authorized', 'void_started', 'voided']),
    ({}, ('capture', 'refund'),                  ['authorize_started', 'authorized', 'capture_started', 'captured',
                                                  'refund_started', 'refunded']),
    ({'capture': 'automatic'}, (),               ['authorize_started', 'authorized', 'capture_started', 'captured']),
    ({'card': cards.NO_FUNDS}, (),               ['authorize_started', 'declined']),
]


def check_chain(page, previous='0' * 64, sequence=0):
    """Recomputes each hash by the rule in the API description."""
    for event in page['data']:
        sequence += 1
        texts = [previous, page['merchant_id'], page['payment_id'], str(event['sequence']), event['type'],
                 str(event['at_us']), event['data_text']]
        assert event['sequence'] == sequence and event['previous_hash'] == previous
        assert event['hash'] == hashlib.sha256('\n'.join(texts).encode()).hexdigest()
        assert json.loads(event['data_text']) == event['data']
        previous = event['hash']
    return previous, sequence


@pytest.mark.parametrize('more, verbs, types', ROWS, ids=[' '.join(row[2]) for row in ROWS])
def test_history_is_whole_and_its_chain_holds(shared_shop, more, verbs, types):
    client = shared_shop.client
    answer = client.authorize(**more)
    payment = answer.json.get('payment_id') or answer.json['id']
    for verb in verbs:
        client.change(payment, verb).expect(200)
    page = client.look(f'/v1/payments/{payment}/events').expect(200)
    assert [event['type'] for event in page['data']] == types
    assert page['payment_id'] == payment and page['next_after'] is None
    check_chain(page)
    moments = [event['at_us'] for event in page['data']]
    assert moments == sorted(moments)


def test_history_comes_in_pages(shared_shop):
    client = shared_shop.client
    payment = client.refund(client.captured()).expect(200)['id']
    whole = client.look(f'/v1/payments/{payment}/events').expect(200)
    events, after = [], 0
    while after is not None:
        page = client.look(f'/v1/payments/{payment}/events?limit=4&after={after}').expect(200)
        assert len(page['data']) <= 4
        events += page['data']
        after = page['next_after']
    assert events == whole['data'] and len(events) == 6


def test_the_chain_holds_over_restarts_and_doubt(shop):
    payment = shop.client.authorized()
    shop.bank.fault('act_then_hang_up', '/api/v1/captures')
    shop.client.capture(payment).expect(200)
    shop.gateway.kill().start()
    shop.client.refund(payment).expect(200)
    page = shop.client.look(f'/v1/payments/{payment["id"]}/events').expect(200)
    assert [event['type'] for event in page['data']] == [
        'authorize_started', 'authorized', 'capture_started', 'operation_doubted', 'captured', 'refund_started', 'refunded']
    check_chain(page)


def test_events_name_what_the_bank_named(shared_shop):
    client = shared_shop.client
    receipt = client.captured()
    told = {event['type']: event['data'].get('processor_ref') for event in client.events(receipt)}
    assert told['authorized'] == receipt['processor_refs']['authorization_id']
    assert told['captured'] == receipt['processor_refs']['capture_id']


@pytest.mark.parametrize('query', ['after=-1', 'after=x', 'after=1.5', 'after=9999999999999999999999', 'limit=0', 'limit=101', 'limit=', 'after=1&after=2'])
def test_bad_queries_of_a_history(shared_shop, query):
    payment = shared_shop.client.authorized()
    shared_shop.client.look(f'/v1/payments/{payment["id"]}/events?{query}', is_good=False).expect(400, 'param_invalid')


def test_a_history_has_no_other_parameters(shared_shop):
    payment = shared_shop.client.authorized()
    shared_shop.client.look(f'/v1/payments/{payment["id"]}/events?before=1', is_good=False).expect(400, 'param_unknown')
