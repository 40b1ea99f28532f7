# SPDX-License-Identifier: Apache-2.0
"""Kill -9 after every step of every flow: the gateway starts again, the same key is repeated, and there is one effect and one answer."""
import concurrent.futures
import contextlib
import http.client
import os
import shutil
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.companies import Risk, judged
from florin_testing.crowd import at_once
from florin_testing.gateway import crash_points
from florin_testing.vault import make_master, pay, store_card, stored
from florin_testing.waiting import PATIENCE, until

PATHS = {'authorize': '/api/v1/authorizations', 'capture': '/api/v1/captures', 'void': '/api/v1/voids', 'refund': '/api/v1/refunds'}
PASSINGS_MAX = 12  # far more often than any of these stories passes a point


class Story:
    """One thing that a merchant or a person wants, and how it ends however often it is interrupted."""

    def __init__(self, shop):
        self.shop, self.client = shop, shop.client
        self.key, self.wish = fresh_key(), shop.client.wish(capture=self.capture)
        self.payment = None

    capture = None
    status, state = 200, None
    bank = {}
    settings = {}
    checks = None      # the rules of fraud checks
    is_judged = False  # by a company that is asked

    def prepare(self):
        """Up to the moment that is tested, in a gateway that is not killed."""

    def ask(self):
        """The request itself, always the same."""
        raise NotImplementedError

    def check(self, answer):
        """The end."""
        assert answer.status == self.status, answer
        receipt = self.shop.settled(self.payment or answer.json.get('payment_id') or answer.json['id'])
        assert receipt['state'] == self.state, receipt


class Authorize(Story):
    status, state = 201, 'authorized'

    def ask(self):
        return self.client.post('/v1/payments', self.wish, self.key)


class AuthorizeAutomatic(Authorize):
    capture, state = 'automatic', 'captured'


class Capture(Story):
    verb, state = 'capture', 'captured'

    def prepare(self):
        self.payment = self.client.authorized()

    def ask(self):
        return self.client.change(self.payment, self.verb, self.key)


class Void(Capture):
    verb, state = 'void', 'voided'


class Refund(Capture):
    verb, state = 'refund', 'refunded'

    def prepare(self):
        self.payment = self.client.captured()


class Expiry(Capture):
    """The bank says that the hold is over; it is given back."""
    bank, status, state = {'auth_expiry_hours': 0}, 409, 'expired'

    def check(self, answer):
        super().check(answer)
        assert self.client.get(self.payment)['voided_at']


class AutomaticExpiry(AuthorizeAutomatic):
    """The hold of an automatic payment is over at once: 402, and given back."""
    bank, status, state = {'auth_expiry_hours': 0}, 402, 'expired'


class Refused(Capture):
    """A rule says no: there is nothing to refund."""
    verb, status, state = 'refund', 409, 'authorized'


class Declined(Authorize):
    status, state = 402, 'declined'

    def ask(self):
        return self.client.post('/v1/payments', {**self.wish, 'card': {**self.wish['card'], 'cvv': '999'}}, self.key)


class Doubt(Capture):
    """The answer is lost, and the next one too."""

    def prepare(self):
        super().prepare()
        self.shop.bank.fault('act_then_hang_up', PATHS['capture'], times=2)


class DoubtfulAuthorize(Authorize):
    def prepare(self):
        self.shop.bank.fault('act_then_hang_up', PATHS['authorize'], times=2)


class Recovery(Capture):
    """It was killed once already, when the bank had answered; now it is killed while it recovers and the merchant repeats."""
    settings = {'bank_resend_after_ms': 700}

    def prepare(self):
        super().prepare()
        gateway = self.shop.gateway
        gateway.restart(env={'FLORIN_CRASH_AT': 'operation.read_answer'})
        lost(self.ask)
        gateway.wait_for_death()
        gateway.start()


class RecoveredAuthorize(Authorize):
    settings = {'bank_resend_after_ms': 700}

    def prepare(self):
        gateway = self.shop.gateway
        gateway.restart(env={'FLORIN_CRASH_AT': 'operation.read_answer'})
        lost(self.ask)
        gateway.wait_for_death()
        gateway.start()


class LostCard(Authorize):
    """The machine went down while a payment was at the bank; the repeat brings the card again."""

    def prepare(self):
        gateway = self.shop.gateway
        self.shop.bank.fault('act_then_hang_up', PATHS['authorize'])
        gateway.restart(env={'FLORIN_CRASH_AT': 'operation.call_processor'})
        lost(self.ask)
        gateway.wait_for_death()
        shutil.rmtree(gateway.runtime)
        gateway.runtime.mkdir()
        gateway.start()
        receipt = self.client.list(order_id=self.wish['order_id'])['data'][0]
        until(lambda: (self.client.get(receipt)['operation'] or {}).get('state') == 'review', 'it goes to review')


class ByToken(Authorize):
    """A single-use token: it is used up by this payment, wherever the gateway dies."""

    def prepare(self):
        self.token = stored(self.client, single_use=True)

    def ask(self):
        wish = {name: value for name, value in self.wish.items() if name != 'card'}
        return self.client.post('/v1/payments', {**wish, 'token': self.token['id'], 'cvv': '123'}, self.key)

    def check(self, answer):
        super().check(answer)
        pay(self.client, self.token, cvv='123').expect(422, 'token_used')


class StoredCard(Authorize):
    """A card is stored; the payment by it comes later."""

    def ask(self):
        return store_card(self.client, self.wish['card'], self.key)

    def check(self, answer):
        assert pay(self.client, answer.expect(201), cvv='123').status == 201


class Settlement(Capture):
    """A person says how a capture ended."""
    settings = {'retry_base_ms': 1, 'bank_resend_after_ms': 1, 'answer_within_ms': 300}

    def prepare(self):
        super().prepare()
        self.shop.bank.fault('wrong_id', PATHS['capture'], times=0)
        super().ask().expect(202)
        until(lambda: self.client.get(self.payment)['operation']['state'] == 'review', 'it goes to review')
        self.shop.bank.clear_faults()

    def ask(self):
        _, out, _ = self.shop.gateway.command('review', 'list')
        for line in out.splitlines():
            if line.startswith('op_'):
                ours = self.payment['processor_refs']['authorization_id']
                (hold,) = [hold for hold in self.shop.bank.book()['authorizations'] if hold['id'] == ours]
                self.shop.gateway.command('review', 'settle', line.split()[0], '--happened', hold['capture_id'])
        return super().ask()


class Approval(Capture):
    """A review lets the money be taken, which an automatic payment does at once."""
    checks, word = 'all: -> review\n', 'approve'

    def prepare(self):
        self.payment = self.client.authorized(capture='automatic')

    def ask(self):
        return self.client.post(f'/v1/payments/{self.payment["id"]}/review', {'decision': self.word}, self.key)


class Rejection(Approval):
    """It does not, and the hold is given back."""
    state, word = 'voided', 'decline'


class Judged(Authorize):
    """A company is asked before the payment, and again when its money is held."""
    is_judged, settings = True, {'risk_timeout_ms': 5000}


class JudgedAway(Judged):
    """It does not like what is held then."""
    status, state = 402, 'voided'

    def __init__(self, shop):
        super().__init__(shop)
        self.wish |= judged(held='deny')


STORIES = [Authorize, AuthorizeAutomatic, Capture, Void, Refund, Expiry, AutomaticExpiry, Refused, Declined, Doubt,
           DoubtfulAuthorize, Recovery, RecoveredAuthorize, LostCard, ByToken, StoredCard, Settlement, Approval, Rejection, Judged, JudgedAway]

ORDINARY = ['prepare', 'record_attempt', 'call_processor', 'read_answer', 'record_outcome', 'settled']
# Which steps a story must pass; with another one the table, or the story, has come out of date.
MUST_PASS = {
    Authorize: ORDINARY, AuthorizeAutomatic: ORDINARY, Capture: ORDINARY, Void: ORDINARY, Refund: ORDINARY,
    Expiry: ORDINARY, AutomaticExpiry: ORDINARY, Declined: ORDINARY,
    Refused: ['prepare', 'record_attempt', 'reply'],
    Doubt: ORDINARY + ['record_doubt', 'wait'], DoubtfulAuthorize: ORDINARY + ['record_doubt', 'wait'],
    Recovery: ['reload', 'wait', 'call_processor', 'read_answer', 'record_outcome', 'settled', 'record_attempt', 'join'],
    RecoveredAuthorize: ['reload', 'wait', 'call_processor', 'read_answer', 'record_outcome', 'settled', 'record_attempt', 'join'],
    LostCard: ['prepare', 'record_attempt', 'seal_again', 'record_resumed', 'call_processor', 'record_outcome', 'settled'],
    ByToken: ORDINARY,
    StoredCard: [],
    Settlement: ['record_settlement', 'settled'],
    Approval: ORDINARY, Rejection: ORDINARY,
    Judged: ORDINARY + ['ask_risk', 'read_risk'], JudgedAway: ORDINARY + ['ask_risk', 'read_risk'],
}
# Points that lie between the steps, in the stories where they matter.
BETWEEN = {
    Authorize: ['va.sealed', 'va.wiped', 'gc.batch_closed', 'gc.synced_before_answers', 'li.listen'],
    Refund: ['gc.batch_closed', 'gc.synced_before_answers'],
    RecoveredAuthorize: ['va.wiped', 'li.listen'],
    LostCard: ['va.sealed', 'va.wiped', 'li.listen'],
}
PASSED_IN_CROWDS = {'gc.half_answered', 'li.drain', 'li.exit'}  # below
PASSED_ELSEWHERE = {
    'operation.record_fall_over',  # where there is more than one processor: api/test_fallback.py
    'operation.decline_work',  # by a full disk: failures/test_full_disk.py
    'operation.record_exchange', 'operation.record_action', 'operation.wait_for_payer',  # processors/test_stripe_story.py
    'st.ckpt_begin', 'st.ckpt_done', 'st.witness_written',  # failures/test_witness.py
    'st.backup_mid',  # failures/test_backup.py
    'va.rewrapped', 'va.data_key_made', 'va.resealed',  # failures/test_vault.py
    'mi.begun', 'mi.page_copied', 'mi.compared', 'mi.source_moved', 'mi.complete',  # failures/test_migrate.py
}


def lost(ask):
    """The answer, or None when the gateway went away over it."""
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return None


def is_final(answer):
    """An answer that will not change any more."""
    return answer is not None and answer.status != 202 and (answer.status != 503 or 'payment_id' in answer.json)


def ask_until_final(story):
    """Repeats the same key as a careful merchant does."""
    deadline = time.monotonic() + PATIENCE
    answer = lost(story.ask)
    while not is_final(answer):
        assert time.monotonic() < deadline, f'no end: {answer}'
        assert story.shop.gateway.is_running(), 'it ended without having been told to'
        time.sleep(0.03)
        answer = lost(story.ask)
    return answer


def tell(shop, story, point, passing):
    """The story with one kill in it: True when the point was passed so often that it came to the kill."""
    story.prepare()
    gateway = shop.gateway
    gateway.kill().launch(env={'FLORIN_CRASH_AT': f'{point}:{passing}'})
    first = lost(lambda: ask_until_dead_or_final(story)) if gateway.hear_address() else None
    died = has_died(shop)
    if died:
        gateway.wait_for_death()
    else:
        gateway.kill()  # so that it is not killed over the repeats
    gateway.start()
    answer = ask_until_final(story)
    if is_final(first):
        assert (first.status, first.body) == (answer.status, answer.body), 'what was told has changed'
    story.check(answer)
    again = story.ask()
    assert (again.status, again.body) == (answer.status, answer.body)
    shop.all_settled()
    shop.books_agree()
    return died


def ask_until_dead_or_final(story):
    """As ask_until_final, for a gateway that may die over it."""
    answer = story.ask()
    deadline = time.monotonic() + PATIENCE
    while not is_final(answer) and time.monotonic() < deadline:
        time.sleep(0.03)
        answer = story.ask()
    return answer


def has_died(shop):
    """Something may follow the answer (a hold is given back): waits until nothing is open, or the gateway is dead."""
    def quiet():
        if not shop.gateway.is_running():
            return True
        receipts = lost(shop.client.all)
        return receipts is not None and all(receipt['operation'] is None for receipt in receipts)
    until(quiet, 'nothing is open any more')
    return not shop.gateway.is_running()


def names():
    """The points of the binary under test; a wrong name when it cannot be asked, so that the test says why."""
    try:
        return crash_points()
    except (AssertionError, OSError):
        return ['cannot-be-asked']


POINTS = names()
COMMITS = ['op.commit_called', 'op.commit_synced']


def points_of(story):
    """Those that it must pass; all there are on a long run."""
    return POINTS if os.environ.get('FLORIN_LONG') else [f'operation.{step}' for step in MUST_PASS[story]] + COMMITS + BETWEEN.get(story, [])


@pytest.fixture
def settings_of(tmp_path):
    """The settings that a story needs, with whom it needs beside its bank."""
    with contextlib.ExitStack() as others:
        def settings(story):
            more = dict(story.settings)
            if story.checks:
                more['risk_file'] = tmp_path / 'risk.conf'
                more['risk_file'].write_text(story.checks, encoding='utf-8')
            if story.is_judged:
                more |= others.enter_context(Risk()).as_settings(tmp_path)
            return {'master_key_file': make_master(tmp_path), 'answer_within_ms': 5000, 'bank_resend_after_ms': 60, 'retry_base_ms': 5, **more}
        yield settings


@pytest.mark.parametrize('story, point', [(story, point) for story in STORIES for point in points_of(story)],
                         ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_kill_after_every_step(open_shop, settings_of, story, point):
    shop = open_shop(bank=story.bank, **settings_of(story))
    kills = 0
    while kills < PASSINGS_MAX and tell(shop, story(shop), point, kills + 1):
        kills += 1
    assert kills < PASSINGS_MAX, 'it passes this point without end'
    must = point in COMMITS + BETWEEN.get(story, []) or point.removeprefix('operation.') in MUST_PASS[story]
    assert kills > 0 or not must, f'{story.__name__} does not pass {point}: the table of this test is out of date'


def test_every_step_is_passed_by_some_story():
    passed = {f'operation.{step}' for steps in MUST_PASS.values() for step in steps} | set(COMMITS)
    passed |= {point for points in BETWEEN.values() for point in points}
    assert set(POINTS) == passed | PASSED_IN_CROWDS | PASSED_ELSEWHERE


@pytest.mark.parametrize('passing', [1, 2, 5])
def test_a_kill_while_a_batch_is_being_answered(open_shop, passing):
    """One commit for many; the gateway dies when the first have heard of it and the others have not."""
    shop = open_shop(bank_resend_after_ms=100)
    wishes = [(fresh_key(), shop.client.wish()) for _ in range(30)]
    shop.gateway.kill().start(env={'FLORIN_CRASH_AT': f'gc.half_answered:{passing}'})
    first = at_once(len(wishes), lambda index: lost(lambda: shop.client.post('/v1/payments', wishes[index][1], wishes[index][0])))
    shop.gateway.wait_for_death()
    shop.gateway.start()
    for (key, wish), answer in zip(wishes, first):
        again = until(lambda: final(shop.client.post('/v1/payments', wish, key)), 'it ends').expect(201)
        assert answer is None or not is_final(answer) or answer.json == again
    assert shop.bank.summary()['holds']['count'] == len(wishes)
    shop.books_agree()


@pytest.mark.parametrize('point', ['li.drain', 'li.exit'])
def test_a_kill_while_it_goes_down(open_shop, point):
    """1. A capture is at the bank. 2. SIGTERM. 3. It dies over going down. 4. One capture, and the answer that was told."""
    shop = open_shop(bank_resend_after_ms=100)
    payment, key = shop.client.authorized(), fresh_key()
    shop.gateway.kill().start(env={'FLORIN_CRASH_AT': point})
    shop.bank.fault('late', '/api/v1/captures', latency_ms=700)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lost, lambda: shop.client.capture(payment, key=key))
        until(lambda: shop.asked('/api/v1/captures'), 'it is at the bank')
        shop.gateway.ask_to_stop()
        shop.gateway.wait_for_death()
        first = asked.result()
    assert (first is None) == (point == 'li.drain'), first
    shop.gateway.start()
    assert shop.settled(payment)['state'] == 'captured'
    again = shop.client.capture(payment, key=key)
    assert again.status == 200 and (first is None or first.body == again.body)
    assert shop.bank.summary()['captures']['count'] == 1
    shop.books_agree()


def final(answer):
    """The answer when it is one that stays."""
    return answer if is_final(answer) else None
