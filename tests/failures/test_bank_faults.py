# SPDX-License-Identifier: Apache-2.0
"""Everything that the bank can do wrong, at each operation: it ends right, it happens once, and the books agree to the cent."""
import random

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.crowd import together
from florin_testing.waiting import until

DONE, REFUSED, DECLINED = 'done', 'refused', 'declined'

# fault                 authorize   capture   void      refund     (met once; then the bank is well again)
FAULTS = [
    ('fail',              DONE,     DONE,     DONE,     DONE),     # 500 by chance: certainly nothing happened
    ('internal_500',      DONE,     DONE,     DONE,     DONE),
    ('act_then_500',      DONE,     DONE,     DONE,     DONE),     # nastier than the real bank
    ('act_then_hang_up',  DONE,     DONE,     DONE,     DONE),
    ('hang_up',           DONE,     DONE,     DONE,     DONE),
    ('hang_up_halfway',   DONE,     DONE,     DONE,     DONE),
    ('truncate',          DONE,     DONE,     DONE,     DONE),
    ('late',              DONE,     DONE,     DONE,     DONE),
    ('slow',              DONE,     DONE,     DONE,     DONE),
    ('twice',             DONE,     DONE,     DONE,     DONE),
    ('internal_400',      DONE,     DONE,     DONE,     DONE),     # a 400 that passes
    ('internal_400_done', DONE,     DONE,     DONE,     DONE),     # a 400 that hides a success
    ('wrong_amount',      DONE,     DONE,     DONE,     DONE),     # its own memory tells the truth when asked again
    ('wrong_currency',    DONE,     DONE,     DONE,     DONE),
    ('garbage',           DONE,     DONE,     DONE,     DONE),
    ('html_502',          DONE,     DONE,     DONE,     DONE),
    ('plain_400',         REFUSED,  REFUSED,  REFUSED,  REFUSED),  # it could not read us: our own fault, and certain
    ('empty_200',         DONE,     DONE,     DONE,     DONE),
    ('not_found_400',     DECLINED, DONE,     DONE,     DONE),     # for what the bank itself issued: not believable at once
    ('forget_key',        DONE,     DONE,     DONE,     DONE),
    ('silence',           DONE,     DONE,     DONE,     DONE),
    ('huge',              DONE,     DONE,     DONE,     DONE),
    ('already_used',      DONE,     DONE,     DONE,     DONE),     # a lie, met once
    ('already_refunded',  DONE,     DONE,     DONE,     DONE),
]
OPERATIONS = ('authorize', 'capture', 'void', 'refund')
PATHS = {'authorize': '/api/v1/authorizations', 'capture': '/api/v1/captures', 'void': '/api/v1/voids', 'refund': '/api/v1/refunds'}
CASES = [(fault, operation, row[index]) for fault, *row in FAULTS for index, operation in enumerate(OPERATIONS)]
CASES += [('wrong_id', operation, DONE) for operation in ('capture', 'void', 'refund')]

STATES = {'authorize': 'authorized', 'capture': 'captured', 'void': 'voided', 'refund': 'refunded'}
BEFORE = {'authorize': 'pending', 'capture': 'authorized', 'void': 'authorized', 'refund': 'captured'}


def begin(client, operation):
    """A payment on which that operation can be done; None for a new one."""
    if operation == 'authorize':
        return None
    return client.captured() if operation == 'refund' else client.authorized()


def do(client, operation, payment, key, wish):
    """The operation itself."""
    return client.post('/v1/payments', wish, key) if operation == 'authorize' else client.change(payment, operation, key)


def check_end(client, operation, answer, ending):
    """Status, code and receipt of what came out."""
    if ending is DONE:
        receipt = answer.expect(201 if operation == 'authorize' else 200)
        assert receipt['state'] == STATES[operation] and receipt['operation'] is None
        return receipt
    problem = answer.expect(*((402, 'card_declined') if ending is DECLINED else (422, 'processor_refused')))
    receipt = client.get(problem['payment_id'])
    wanted = BEFORE[operation] if operation != 'authorize' else 'declined' if ending is DECLINED else 'failed'
    assert receipt['state'] == wanted and receipt['operation'] is None
    return receipt


@pytest.mark.parametrize('fault, operation, ending', CASES, ids=[f'{row[0]}-{row[1]}' for row in CASES])
def test_one_fault_ends_right_and_once(open_shop, fault, operation, ending):
    shop = open_shop(answer_within_ms=30000, bank_timeout_ms=1000)
    client, key = shop.client, fresh_key()
    payment, wish = begin(client, operation), client.wish()
    more = {'latency_ms': 300} if fault in ('late', 'slow') else {}
    if (fault, operation) == ('act_then_500', 'authorize'):
        more = {'store_key': True}  # a 500 of this bank is believed (docs/reference/bank.md, fact 1); without its key the hold would be lost
    shop.bank.fault(fault, PATHS[operation], **more)
    answer = do(client, operation, payment, key, wish)
    receipt = check_end(client, operation, answer, ending)
    assert shop.bank.faults() == [], 'the fault was never met'

    again = do(client, operation, payment, key, wish)
    assert (again.status, again.body, again.replayed) == (answer.status, answer.body, True)
    if operation == 'authorize' and ending is DONE:
        client.capture(receipt).expect(200)
    if ending is REFUSED and operation != 'authorize':
        do(client, operation, payment, None, wish).expect(200)
    shop.books_agree()


# The same fault again and again, but not for ever.
STUBBORN = ['fail', 'act_then_hang_up', 'hang_up', 'truncate', 'internal_400', 'internal_400_done', 'garbage', 'html_502', 'empty_200']


@pytest.mark.parametrize('operation', OPERATIONS)
@pytest.mark.parametrize('fault', STUBBORN)
def test_a_stubborn_fault_ends_right_too(open_shop, fault, operation):
    shop = open_shop(answer_within_ms=30000)
    payment, wish, key = begin(shop.client, operation), shop.client.wish(), fresh_key()
    shop.bank.fault(fault, PATHS[operation], times=4)
    check_end(shop.client, operation, do(shop.client, operation, payment, key, wish), DONE)
    assert shop.bank.faults() == []
    shop.books_agree()


def test_one_request_of_an_operation_is_in_the_air_at_a_time(open_shop):
    """The quiet time is longer than the bank's sleep: a request that was cut off may still be running there."""
    shop = open_shop(bank={'latency': '300:300'}, bank_resend_after_ms=500)
    payment = shop.client.authorized()
    shop.bank.fault('act_then_hang_up', PATHS['capture'], times=2)
    shop.client.capture(payment).expect(200)
    came = [request['came_at'] for request in shop.asked(PATHS['capture'])]
    assert len(came) == 3
    moments = [float(text[17:].rstrip('Z')) + 60 * float(text[14:16]) for text in came]
    gaps = [(later - earlier) % 3600 for earlier, later in zip(moments, moments[1:])]
    assert min(gaps) >= 0.5, gaps


def test_the_same_bytes_and_key_go_out_again(open_shop):
    shop = open_shop()
    payment = shop.client.authorized()
    shop.bank.fault('hang_up', PATHS['capture'], times=3)
    shop.client.capture(payment).expect(200)
    asked = shop.asked(PATHS['capture'])
    assert len(asked) == 4
    assert len({(request['key'], request['reference'], request['amount']) for request in asked}) == 1


def test_different_operations_have_different_keys(open_shop):
    shop = open_shop()
    shop.client.refund(shop.client.captured()).expect(200)
    shop.client.void(shop.client.authorized()).expect(200)
    keys = [request['key'] for request in shop.asked()]
    assert len(keys) == 5 and len(set(keys)) == 5
    assert all(len(key) <= 255 and key.isascii() for key in keys)


# --- after the deadline ---

@pytest.mark.parametrize('operation', OPERATIONS)
def test_after_the_deadline_202_and_then_the_end_under_the_same_key(open_shop, operation):
    """1. The bank answers late. 2. 202, state as it was. 3. The connection stays open and its answer is taken. 4. Same key: the end."""
    shop = open_shop(answer_within_ms=300)
    payment, wish, key = begin(shop.client, operation), shop.client.wish(), fresh_key()
    shop.bank.fault('late', PATHS[operation], latency_ms=1200)
    receipt = do(shop.client, operation, payment, key, wish).expect(202)
    assert receipt['state'] == BEFORE[operation] and receipt['operation']['kind'] == operation
    assert receipt['operation']['state'] in ('running', 'unknown')
    shop.settled(receipt)
    last = do(shop.client, operation, payment, key, wish)
    check_end(shop.client, operation, last, DONE)
    assert do(shop.client, operation, payment, key, wish).body == last.body
    assert len(shop.asked(PATHS[operation])) == 1, 'it was asked again although the answer came'
    shop.books_agree()


@pytest.mark.parametrize('operation', OPERATIONS)
@pytest.mark.parametrize('fault', ['act_then_hang_up', 'internal_400', 'garbage', 'fail'])
def test_doubt_is_told_while_it_lasts(open_shop, fault, operation):
    shop = open_shop(answer_within_ms=400, bank_resend_after_ms=1200, retry_base_ms=1500)
    payment, wish, key = begin(shop.client, operation), shop.client.wish(), fresh_key()
    shop.bank.fault(fault, PATHS[operation], times=2)
    answer = do(shop.client, operation, payment, key, wish)
    if answer.status == 202:  # with full jitter the second and third try may come at once
        receipt = answer.json
        assert receipt['state'] == BEFORE[operation] and receipt['operation']['kind'] == operation
        assert receipt['operation']['state'] == ('running' if fault == 'fail' else 'unknown') or shop.settled(receipt)
        shop.settled(receipt)
    else:
        assert fault in ('fail', 'internal_400'), 'a lost answer was not followed by a quiet time'
    check_end(shop.client, operation, do(shop.client, operation, payment, key, wish), DONE)
    shop.books_agree()


# --- ids that were lost ---

@pytest.mark.parametrize('fault', ['act_then_500', 'internal_400_done'])
def test_a_capture_whose_id_was_lost_cannot_be_refunded_here(open_shop, fault):
    """1. The bank captures and says otherwise. 2. "Already used", twice: it was us. 3. No id, so a refund stays here."""
    shop = open_shop()
    receipt = shop.client.authorized()
    shop.bank.fault(fault, PATHS['capture'])
    receipt = shop.client.capture(receipt).expect(200)
    assert receipt['state'] == 'captured' and receipt['processor_refs']['capture_id'] is None
    shop.client.refund(receipt).expect(422, 'processor_reference_unknown')
    assert shop.asked(PATHS['refund']) == []
    shop.books_agree()


@pytest.mark.parametrize('operation, ref', [('void', 'void_id'), ('refund', 'refund_id')])
def test_a_void_or_refund_whose_id_was_lost_is_done_all_the_same(open_shop, operation, ref):
    shop = open_shop()
    payment = begin(shop.client, operation)
    shop.bank.fault('internal_400_done', PATHS[operation])
    receipt = shop.client.change(payment, operation).expect(200)
    assert receipt['state'] == STATES[operation] and receipt['processor_refs'][ref] is None
    shop.books_agree()


def test_a_hold_that_was_lost_is_reported(open_shop):
    """1. The bank holds the money and says otherwise. 2. The repeat makes a second hold. 3. History and metric tell of the first."""
    shop = open_shop()
    shop.bank.fault('internal_400_done', PATHS['authorize'])
    payment = shop.client.authorized()
    told = [event['data'].get('possible_stray_holds') for event in shop.client.events(payment) if event['type'] == 'authorized']
    assert told == [1]
    assert shop.client.metrics()['florin_possible_stray_holds_total'] == 1
    assert shop.bank.summary()['open_holds']['count'] == 2
    shop.books_agree()


@pytest.mark.parametrize('second', ['act_then_hang_up', 'truncate', 'garbage', 'empty_200'])
def test_a_replay_does_not_speak_for_the_tries_before_it(open_shop, second):
    """1. The bank holds the money, and forgets the key. 2. It holds it again, keeps the key, and the answer is lost. 3. The repeat is
    a replay of the second: the first is still there, and reported."""
    shop = open_shop()
    shop.bank.fault('internal_400_done', PATHS['authorize'])
    shop.bank.fault(second, PATHS['authorize'])
    shop.client.authorized()
    assert shop.bank.summary()['open_holds']['count'] == 2
    shop.books_agree()


@pytest.mark.parametrize('fault', ['internal_400_done', 'act_then_hang_up'])
def test_a_decline_after_a_lost_try_tells_of_the_hold_that_may_be_left(open_shop, fault):
    """1. The bank holds most of what the card has; the answer is lost, and the key with it. 2. The repeat finds too little money left:
    by our own hold. 3. Declined, and the hold that may be left is told (decision 7)."""
    shop = open_shop(answer_within_ms=2000)
    shop.bank.fault(fault, PATHS['authorize'], store_key=False)
    wish, key = shop.client.wish(30000, cards.LIMIT), fresh_key()
    answer = shop.client.post('/v1/payments', wish, key)
    assert shop.bank.summary()['open_holds'] == {'count': 1, 'cents': 30000}
    problem = answer.expect(402, 'card_declined')
    told = [event['data'].get('possible_stray_holds') for event in shop.client.events(problem['payment_id']) if event['type'] == 'declined']
    assert told == [1]
    shop.books_agree()


def test_a_refused_card_is_not_believed_while_the_bank_is_ill(open_shop):
    """1. The bank shows a database fault. 2. The next card is "invalid". 3. Asked once more, it is not."""
    shop = open_shop()
    shop.bank.fault('internal_400', PATHS['authorize'])
    shop.client.authorized()
    shop.bank.fault('not_found_400', PATHS['authorize'])
    shop.client.authorized()
    shop.books_agree()


def test_a_wrong_id_is_found_out_at_the_capture(open_shop):
    """1. An authorization is answered with an id that is not its own: nobody can notice. 2. The capture is denied again and
    again. 3. A person has to look. Nothing was ever done twice."""
    shop = open_shop(retry_base_ms=1, answer_within_ms=300)
    shop.bank.fault('wrong_id', PATHS['authorize'])
    payment = shop.client.authorized()
    shop.client.capture(payment)
    receipt = until(lambda: is_in_review(shop.client.get(payment)), 'it goes to review')
    assert receipt['state'] == 'authorized'
    assert shop.bank.summary()['captures']['count'] == 0 and shop.bank.summary()['holds']['count'] == 1


def is_in_review(receipt):
    """The receipt itself when a person has to look."""
    return receipt if receipt['operation'] and receipt['operation']['state'] == 'review' else None


# --- many faults at once ---

SOUP = ['fail', 'internal_500', 'act_then_hang_up', 'hang_up', 'hang_up_halfway', 'truncate', 'late', 'slow', 'twice', 'internal_400',
        'internal_400_done', 'wrong_amount', 'wrong_currency', 'garbage', 'html_502', 'empty_200', 'forget_key', 'huge']


@pytest.mark.parametrize('seed', range(3))
def test_a_soup_of_faults(open_shop, seed):
    """A hundred and twenty payments, eight at a time, with sixty faults strewn over their requests."""
    chance = random.Random(seed)
    shop = open_shop(answer_within_ms=30000, bank={'latency': '0:20'})
    for _ in range(60):
        shop.bank.fault(chance.choice(SOUP), chance.choice(list(PATHS.values())), after=chance.randrange(40), latency_ms=chance.randrange(200))
    lives = [chance.choice([('capture', 'refund'), ('capture',), ('void',), ()]) for _ in range(120)]

    def live(verbs):
        receipt = shop.client.authorize(capture=chance.choice(['manual', 'automatic']) if verbs[:1] == () else 'manual').expect(201)
        for verb in verbs:
            answer = shop.client.change(receipt, verb)
            if answer.status == 422:  # the capture's id was lost
                answer.expect(422, 'processor_reference_unknown')
                return
            receipt = answer.expect(200)
    together(8, live, lives)
    shop.books_agree()
