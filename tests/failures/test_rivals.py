# SPDX-License-Identifier: Apache-2.0
"""Somebody else acted on our hold, or a person was wrong: Florin never claims what it cannot know."""
import pytest
from florin_testing.client import fresh_key
from florin_testing.waiting import until

BODIES = {
    'captures': lambda receipt: {'authorization_id': receipt['processor_refs']['authorization_id'], 'amount': 5000},
    'voids': lambda receipt: {'authorization_id': receipt['processor_refs']['authorization_id']},
    'refunds': lambda receipt: {'capture_id': receipt['processor_refs']['capture_id'], 'amount': 5000},
}


def is_in_review(receipt):
    """The receipt itself when a person has to look."""
    return receipt if receipt['operation'] and receipt['operation']['state'] == 'review' else None


def settle(shop, *words):
    """A person's word on the one operation in review."""
    _, out, _ = shop.gateway.command('review', 'list')
    (name,) = [line.split()[0] for line in out.splitlines() if line.startswith('op_')]
    return shop.gateway.command('review', 'settle', name, *words)


# what another client did at the bank    what we try     what becomes of it
RIVALS = [
    ('captures',                         'capture',      'review'),    # taken, but not by us: who knows by whom
    ('captures',                         'void',         'review'),
    ('voids',                            'capture',      'review'),
    ('voids',                            'void',         'review'),
    ('refunds',                          'refund',       'refunded'),  # the money is back, whoever sent it
]


@pytest.mark.parametrize('theirs, ours, becomes', RIVALS, ids=[f'{row[0]}-{row[1]}' for row in RIVALS])
def test_another_client_of_the_bank_was_quicker(open_shop, theirs, ours, becomes):
    shop = open_shop(answer_within_ms=2000)
    payment = shop.client.captured() if theirs == 'refunds' else shop.client.authorized()
    assert shop.bank.post(theirs, 'not-ours', BODIES[theirs](payment)).status_code == 200
    answer = shop.client.change(payment, ours)
    if becomes == 'review':
        answer.expect(202)
        receipt = until(lambda: is_in_review(shop.client.get(payment)), 'a person has to look')
        assert receipt['state'] == payment['state']
        assert shop.client.order(payment['order_id'])['ship'] is False
    else:
        assert answer.expect(200)['state'] == becomes
        shop.books_agree()


@pytest.mark.parametrize('then', ['void', 'capture'])
def test_a_persons_error_is_not_made_worse(open_shop, then):
    """1. A capture is in doubt for good; in truth it happened. 2. A person says that it did not. 3. The bank says "already used" to
    whatever follows: that may be the capture of before, so Florin does not call it done."""
    shop = open_shop(retry_base_ms=1, answer_within_ms=1000)
    payment = shop.client.authorized()
    shop.bank.fault('wrong_id', '/api/v1/captures', times=0)
    shop.client.capture(payment).expect(202)
    until(lambda: is_in_review(shop.client.get(payment)), 'it goes to review')
    shop.bank.clear_faults()
    settle(shop, '--did-not-happen')
    assert shop.client.get(payment)['state'] == 'authorized' and shop.bank.summary()['captures']['count'] == 1
    shop.client.change(payment, then).expect(202)
    until(lambda: is_in_review(shop.client.get(payment)), 'a person has to look again')
    assert shop.client.get(payment)['state'] == 'authorized'
    assert shop.bank.summary()['voids']['count'] == 0


def test_a_lie_that_is_told_once_is_not_believed(open_shop):
    shop = open_shop()
    payment = shop.client.authorized()
    shop.bank.fault('already_used', '/api/v1/captures')
    receipt = shop.client.capture(payment).expect(200)
    assert receipt['processor_refs']['capture_id']
    shop.books_agree()


def test_a_hold_that_the_bank_denies_for_long_goes_to_a_person(open_shop):
    """A database fault looks like "not found"; after many times somebody should look. Nothing was claimed meanwhile."""
    shop, key = open_shop(retry_base_ms=1, answer_within_ms=500), fresh_key()
    payment = shop.client.authorized()
    shop.bank.fault('not_found_400', '/api/v1/captures', times=0)
    shop.client.capture(payment, key).expect(202)
    until(lambda: is_in_review(shop.client.get(payment)), 'it goes to review')
    shop.bank.clear_faults()
    settle(shop, '--did-not-happen')
    shop.client.capture(payment).expect(200)
    shop.books_agree()


def test_a_bank_that_is_slower_than_our_patience(open_shop):
    """The time-out is shorter than the answer takes: it was lost for us, so it is asked for again, once the bank is surely done."""
    shop = open_shop(bank_timeout_ms=400, bank_resend_after_ms=1500)
    payment = shop.client.authorized()
    for path in ('captures', 'refunds'):
        shop.bank.fault('late', f'/api/v1/{path}', latency_ms=1000)
    shop.client.capture(payment).expect(200)
    receipt = shop.client.refund(payment).expect(200)
    assert receipt['processor_refs']['capture_id'] and receipt['processor_refs']['refund_id']
    shop.books_agree()
