# SPDX-License-Identifier: Apache-2.0
"""What cannot be found out goes to a person with a reason, and comes back by his word: with the gateway running and without."""
import re
import shutil

import pytest
from florin_testing.client import fresh_key
from florin_testing.waiting import until

PATHS = {'authorize': '/api/v1/authorizations', 'capture': '/api/v1/captures', 'void': '/api/v1/voids', 'refund': '/api/v1/refunds'}


def is_in_review(receipt):
    """The receipt itself when a person has to look."""
    return receipt if receipt['operation'] and receipt['operation']['state'] == 'review' else None


def bring_to_review(shop, operation, key=None):
    """A payment whose operation the bank answers with nonsense for ever: (its id, the wish)."""
    client, wish = shop.client, shop.client.wish()
    payment = None if operation == 'authorize' else client.captured() if operation == 'refund' else client.authorized()
    shop.bank.fault('wrong_amount' if operation == 'authorize' else 'wrong_id', PATHS[operation], times=0)
    answer = client.post('/v1/payments', wish, key) if operation == 'authorize' else client.change(payment, operation, key)
    receipt = answer.expect(202)
    until(lambda: is_in_review(client.get(receipt)), 'it goes to review')
    shop.bank.clear_faults()
    return receipt['id'], wish


def listed(shop):
    """What `florin review list` shows: {operation: line}."""
    status, out, err = shop.gateway.command('review', 'list')
    assert status == 0, err
    return {re.search(r'op_[0-9a-z]{36}', line).group(): line for line in out.splitlines() if 'op_' in line}


def the_one_listed(shop, payment, operation, reason):
    """The operation in review; its line tells a person what he needs."""
    ((name, line),) = listed(shop).items()
    for word in (payment, operation, reason, '5000', 'USD', shop.client.get(payment)['order_id'] if shop.gateway.is_running() else ''):
        assert word in line, f'{word} is not in {line!r}'
    return name


def true_id(shop, operation):
    """What the bank itself calls what it did."""
    (hold,) = shop.bank.book()['authorizations']
    return hold['id'] if operation == 'authorize' else hold[f'{operation}_id']


# operation    a person's word       becomes        and then                    its answer
WORDS = [
    ('authorize', 'happened ID',     'authorized',  'capture',                  (200, None)),
    ('authorize', 'did-not-happen',  'failed',      'capture',                  (409, 'invalid_state')),
    ('capture',   'happened ID',     'captured',    'refund',                   (200, None)),
    ('capture',   'happened',        'captured',    'refund',                   (422, 'processor_reference_unknown')),
    ('capture',   'did-not-happen',  'authorized',  None,                       None),
    ('void',      'happened ID',     'voided',      'capture',                  (409, 'invalid_state')),
    ('void',      'happened',        'voided',      'capture',                  (409, 'invalid_state')),
    ('void',      'did-not-happen',  'authorized',  None,                       None),
    ('refund',    'happened ID',     'refunded',    'refund',                   (409, 'invalid_state')),
    ('refund',    'happened',        'refunded',    'refund',                   (409, 'invalid_state')),
    ('refund',    'did-not-happen',  'captured',    None,                       None),
]


@pytest.mark.parametrize('running', [True, False], ids=['running', 'stopped'])
@pytest.mark.parametrize('operation, word, state, then, answer', WORDS, ids=[f'{row[0]}-{row[1].replace(" ", "-")}' for row in WORDS])
def test_a_persons_word_ends_a_review(open_shop, operation, word, state, then, answer, running):
    shop, key = open_shop(retry_base_ms=1, answer_within_ms=300), fresh_key()
    payment, wish = bring_to_review(shop, operation, key)
    name = the_one_listed(shop, payment, operation, 'answer_mismatched')
    if not running:
        shop.gateway.stop()
    words = ['--' + word.split()[0]] + ([true_id(shop, operation)] if 'ID' in word else [])
    status, out, err = shop.gateway.command('review', 'settle', name, *words)
    assert status == 0, out + err
    assert listed(shop) == {}
    if not running:
        shop.gateway.start()

    receipt = shop.client.get(payment)
    assert receipt['state'] == state and receipt['operation'] is None
    ref = 'authorization_id' if operation == 'authorize' else f'{operation}_id'
    assert receipt['processor_refs'][ref] == (words[1] if len(words) > 1 else None)
    events = shop.client.events(payment)
    assert events[-1]['data'].get('by') and events[-2]['type'] == 'operation_review', 'who said so is not in the history'
    last = shop.client.post('/v1/payments', wish, key) if operation == 'authorize' else shop.client.change(payment, operation, key)
    assert last.replayed and last.status != 202, 'the first key has no final answer'
    assert (last.status < 300) is word.startswith('happened')
    if then:
        shop.client.change(payment, then).expect(*answer)
    if word.startswith('happened'):
        shop.books_agree()


def test_nothing_else_is_done_while_a_person_has_to_look(open_shop):
    shop, key = open_shop(retry_base_ms=1, answer_within_ms=300), fresh_key()
    payment, _ = bring_to_review(shop, 'capture', key)
    for verb in ('capture', 'void', 'refund'):
        shop.client.change(payment, verb).expect(409, 'operation_in_progress')
    assert shop.client.order(shop.client.get(payment)['order_id'])['ship'] is False
    assert shop.client.capture(payment, key).expect(202)['operation']['state'] == 'review'
    before = len(shop.asked())
    shop.gateway.kill().start()
    assert is_in_review(shop.client.get(payment)), 'a restart took it out of review'
    assert shop.client.capture(payment, key).expect(202)['operation']['state'] == 'review'
    assert len(shop.asked()) == before, 'the bank was asked about something that a person has to find out'
    assert shop.client.metrics()['florin_open_operations{kind="capture",state="review"}'] == 1


def test_an_authorization_that_happened_needs_its_id(open_shop):
    shop = open_shop(retry_base_ms=1, answer_within_ms=300)
    payment, _ = bring_to_review(shop, 'authorize')
    (name,) = listed(shop)
    status, out, err = shop.gateway.command('review', 'settle', name, '--happened')
    assert status != 0 and out + err
    assert is_in_review(shop.client.get(payment)) and list(listed(shop)) == [name]


@pytest.mark.parametrize('running', [True, False], ids=['running', 'stopped'])
def test_words_that_make_no_sense_change_nothing(open_shop, running):
    shop = open_shop(retry_base_ms=1, answer_within_ms=300)
    payment, _ = bring_to_review(shop, 'capture')
    (name,) = listed(shop)
    if not running:
        shop.gateway.stop()
    for words in ([], [name], [name, '--happened', 'x', '--did-not-happen'], ['op_' + '0' * 36, '--did-not-happen'],
                  [payment, '--did-not-happen'], [name, '--happened', 'x' * 200]):
        status, out, err = shop.gateway.command('review', 'settle', *words)
        assert status != 0 and out + err, words
    assert list(listed(shop)) == [name]


def test_a_word_is_taken_once(open_shop):
    shop = open_shop(retry_base_ms=1, answer_within_ms=300)
    payment, _ = bring_to_review(shop, 'void')
    (name,) = listed(shop)
    assert shop.gateway.command('review', 'settle', name, '--happened')[0] == 0
    assert shop.gateway.command('review', 'settle', name, '--did-not-happen')[0] != 0
    assert shop.client.get(payment)['state'] == 'voided'


def test_nothing_in_review_is_said_too(shop):
    status, out, _ = shop.gateway.command('review', 'list')
    assert status == 0 and out.strip() and 'op_' not in out


# --- a card that a machine's restart has lost ---

def lose_the_card(open_shop, **settings):
    """A payment that was at the bank when the machine went down: its envelope's key is gone."""
    shop, key, wish = open_shop(answer_within_ms=300, **settings), fresh_key(), None
    wish = shop.client.wish()
    shop.bank.fault('silence', PATHS['authorize'])
    payment = shop.client.post('/v1/payments', wish, key).expect(202)['id']
    shop.gateway.kill()
    shutil.rmtree(shop.gateway.runtime)
    shop.gateway.runtime.mkdir()
    shop.gateway.start()
    until(lambda: is_in_review(shop.client.get(payment)), 'it goes to review')
    the_one_listed(shop, payment, 'authorize', 'card_gone')
    return shop, key, wish, payment


def test_the_merchants_repeat_brings_a_lost_card_again(open_shop):
    """1. A payment is at the bank. 2. The machine restarts: nobody can open the card's envelope. 3. Review. 4. The same key with
    the card again: the same bytes go out. 5. One payment, one hold."""
    shop, key, wish, payment = lose_the_card(open_shop)
    answer = shop.client.post('/v1/payments', wish, key)
    assert answer.status in (201, 202) and answer.json['id'] == payment
    assert shop.settled(payment)['state'] == 'authorized'
    shop.client.post('/v1/payments', wish, key).expect(201)
    assert len({request['key'] for request in shop.asked(PATHS['authorize'])}) == 1
    assert 'operation_resumed' in [event['type'] for event in shop.client.events(payment)]
    shop.client.capture(payment).expect(200)
    shop.books_agree()


def test_another_card_under_the_same_key_is_another_request(open_shop):
    shop, key, wish, payment = lose_the_card(open_shop)
    shop.client.post('/v1/payments', {**wish, 'card': shop.client.wish()['card']}, key).expect(422, 'idempotency_key_reused')
    assert is_in_review(shop.client.get(payment))
