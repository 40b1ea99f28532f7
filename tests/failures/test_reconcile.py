# SPDX-License-Identifier: Apache-2.0
"""`florin reconcile` compares every receipt with the bank: a planted drift of each kind is found, and nothing else."""
import json

import pytest
from florin_testing import cards
from florin_testing.crowd import together

CLEAN, DRIFT, NOT_WHOLE = 0, 1, 3


def reconcile(shop):
    """(exit status, what it found)."""
    status, out, err = shop.gateway.command('reconcile', '--json')
    assert status in (CLEAN, DRIFT, NOT_WHOLE), out + err
    return status, [json.loads(line) for line in out.splitlines()]


def busy_week(shop):
    """Payments in every state: {state: receipt}."""
    client = shop.client
    receipts = {'authorized': client.authorized(), 'captured': client.captured(), 'voided': client.void(client.authorized()).expect(200),
                'refunded': client.refund(client.captured()).expect(200)}
    client.authorize(card=cards.NO_FUNDS).expect(402)
    return receipts


def test_no_drift_where_there_is_none(shop):
    busy_week(shop)
    assert reconcile(shop) == (CLEAN, [])


# kind of drift   payment       object       id                     told as
PLANTED = [
    ('forget',    'authorized', 'authorize', 'authorization_id',    'absent'),
    ('forget',    'captured',   'capture',   'capture_id',          'absent'),
    ('forget',    'refunded',   'refund',    'refund_id',           'absent'),
    ('forget',    'voided',     'authorize', 'authorization_id',    'absent'),
    ('amount',    'authorized', 'authorize', 'authorization_id',    'amount'),
    ('amount',    'captured',   'capture',   'capture_id',          'amount'),
    ('amount',    'refunded',   'refund',    'refund_id',           'amount'),
    ('currency',  'authorized', 'authorize', 'authorization_id',    'currency'),
    ('currency',  'captured',   'capture',   'capture_id',          'currency'),
    ('currency',  'refunded',   'refund',    'refund_id',           'currency'),
    ('parent',    'captured',   'capture',   'capture_id',          'parent'),
    ('parent',    'refunded',   'refund',    'refund_id',           'parent'),
    ('parent',    'refunded',   'capture',   'capture_id',          'parent'),
]


@pytest.mark.parametrize('drift, state, operation, ref, told', PLANTED, ids=['-'.join(row[:3]) for row in PLANTED])
@pytest.mark.parametrize('running', [True, False], ids=['running', 'stopped'])
def test_a_planted_drift_is_found_and_nothing_else(shop, drift, state, operation, ref, told, running):
    receipt = busy_week(shop)[state]
    shop.bank.drift(drift, **{ref: receipt['processor_refs'][ref]})
    if not running:
        shop.gateway.stop()
    status, found = reconcile(shop)
    assert status == DRIFT and len(found) == 1, found
    assert {name: found[0][name] for name in ('kind', 'payment_id', 'object', 'processor_ref')} == {
        'kind': told, 'payment_id': receipt['id'], 'object': operation, 'processor_ref': receipt['processor_refs'][ref]}
    if told == 'amount':
        assert found[0]['our_amount'] == 5000 != found[0]['their_amount']
    if told == 'currency':
        assert found[0]['our_currency'] == 'USD' != found[0]['their_currency']


def test_several_drifts_are_all_found(shop):
    receipts = busy_week(shop)
    shop.bank.drift('amount', authorization_id=receipts['authorized']['processor_refs']['authorization_id'])
    shop.bank.drift('forget', capture_id=receipts['captured']['processor_refs']['capture_id'])
    shop.bank.drift('parent', refund_id=receipts['refunded']['processor_refs']['refund_id'])
    status, found = reconcile(shop)
    assert status == DRIFT and sorted(row['kind'] for row in found) == ['absent', 'amount', 'parent']


@pytest.mark.parametrize('operation, path', [('capture', 'captures'), ('void', 'voids'), ('refund', 'refunds')])
def test_what_cannot_be_verified_is_told_apart(shop, operation, path):
    """An id that was lost with an answer cannot be asked for: no drift, and no silence either."""
    payment = shop.client.captured() if operation == 'refund' else shop.client.authorized()
    shop.bank.fault('internal_400_done', f'/api/v1/{path}')
    shop.client.change(payment, operation).expect(200)
    status, found = reconcile(shop)
    assert status == CLEAN
    assert [(row['kind'], row['payment_id'], row['object']) for row in found] == [('unverifiable', payment['id'], operation)]


def test_possible_stray_holds_are_told(shop):
    shop.bank.fault('internal_400_done', '/api/v1/authorizations')
    payment = shop.client.authorized()
    status, found = reconcile(shop)
    assert status == CLEAN
    assert [(row['kind'], row['payment_id']) for row in found] == [('possible_stray_hold', payment['id'])]


def test_a_bank_that_fails_half_of_the_time_hides_and_invents_nothing(shop):
    receipts = busy_week(shop)
    for _ in range(6):
        busy_week(shop)
    shop.bank.drift('amount', capture_id=receipts['captured']['processor_refs']['capture_id'])
    shop.bank.settings(failure_rate='0.5')
    status, found = reconcile(shop)
    assert status == DRIFT and [row['kind'] for row in found] == ['amount']


def test_a_bank_that_is_away_is_no_drift(open_shop):
    shop = open_shop(door=True)
    busy_week(shop)
    shop.door.shut()
    status, found = reconcile(shop)
    assert status == NOT_WHOLE and {row['kind'] for row in found} <= {'not_compared'}


def test_words_for_people(shop):
    receipt = busy_week(shop)['captured']
    shop.bank.drift('amount', capture_id=receipt['processor_refs']['capture_id'])
    status, out, _ = shop.gateway.command('reconcile')
    assert status == DRIFT and receipt['id'] in out and 'amount' in out and '1 drift' in out


def test_it_reads_more_than_a_page(open_shop):
    shop = open_shop()
    receipts = together(8, lambda _: shop.client.authorized(), range(620))
    shop.bank.drift('forget', authorization_id=receipts[300]['processor_refs']['authorization_id'])
    status, found = reconcile(shop)
    assert status == DRIFT and [row['payment_id'] for row in found] == [receipts[300]['id']]
