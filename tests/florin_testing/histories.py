# SPDX-License-Identifier: Apache-2.0
"""Checks a payment's history from its answer alone: 1, 2, 3 … without a gap, times that never go back, and a chain of hashes."""
import hashlib

FIRST_HASH = '0' * 64


def history_of(client, payment_id):
    """The whole history, page after page, oldest first."""
    events, after = [], 0
    while after is not None:
        page = client.look(f'/v1/payments/{payment_id}/events?limit=100&after={after}').expect(200)
        events += [{**event, 'merchant_id': page['merchant_id']} for event in page['data']]
        after = page['next_after']
    return events


def check_history(payment_id, events):
    """Fails unless the chain is whole and time goes forward in it."""
    previous, before = FIRST_HASH, 0
    for sequence, event in enumerate(events, 1):
        texts = [previous, event['merchant_id'], payment_id, str(sequence), event['type'], str(event['at_us']), event['data_text']]
        assert event['sequence'] == sequence and event['previous_hash'] == previous, f'a gap in {payment_id}: {events}'
        assert event['hash'] == hashlib.sha256('\n'.join(texts).encode()).hexdigest(), f'{payment_id}: {event} was changed'
        assert event['at_us'] >= before, f'time goes back in {payment_id}: {events}'
        previous, before = event['hash'], event['at_us']
    assert events, f'{payment_id} has no history'
