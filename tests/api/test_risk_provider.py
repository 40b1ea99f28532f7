# SPDX-License-Identifier: Apache-2.0
"""A company that judges payments, played by its simulator: asked before a payment and again when its money is held; and what stands for its
answer when it gives none."""
import time

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.companies import Risk, judged
from florin_testing.waiting import until

HOME = '203.0.113.7'


@pytest.fixture
def open_judged(open_shop, tmp_path):
    """Opens shops whose payments are judged: open_judged(rules, ...). The company is its `company`."""
    with Risk() as company:
        def open_one(rules=None, **settings):
            if rules is not None:
                settings['risk_file'] = tmp_path / 'risk.conf'
                settings['risk_file'].write_text(rules, encoding='utf-8')
            shop = open_shop(**{**company.as_settings(tmp_path), 'risk_timeout_ms': 500, **settings})
            shop.company = company
            return shop
        yield open_one


def payment_of(shop, **wish):
    """The receipt of a new payment, as far as it got."""
    answer = shop.client.authorize(**wish)
    assert answer.status in (201, 402), answer
    return shop.client.get(answer.json.get('payment_id') or answer.json['id'])


def risk_told(shop, payment, event=0):
    return shop.client.events(payment)[event]['data'].get('risk')


# --- before the payment ---

def test_it_is_told_what_may_be_told(open_judged):
    shop = open_judged()
    body = shop.client.wish(card=cards.HAPPY, customer={'email': 'joe@shop.example', 'name': 'Joe', 'ip_address': HOME}, metadata={'cart': '17'})
    payment = shop.client.post('/v1/payments', body).expect(201)
    assert shop.company.asked() == [('new', payment['id']), ('held', payment['id'])]
    assert risk_told(shop, payment) == {'decision': 'allow', 'rule': 'provider', 'reason': 'nothing_found'}
    assert payment['risk'] == {'decision': 'allow', 'rule': 'provider', 'review': None, 'review_ends_at': None}
    requests = shop.company.control('GET', 'requests')['requests']
    assert [request['status'] for request in requests] == [200, 200]
    told = shop.client.metrics()
    assert told['florin_risk_calls_total{result="answered"}'] == 2 and told['florin_risk_calls_total{result="down"}'] == 0
    shop.is_whole()


def test_what_it_denies_goes_to_nobody(open_judged):
    shop = open_judged()
    key, body = fresh_key(), shop.client.wish(**judged('deny'))
    refused = shop.client.post('/v1/payments', body, key)
    assert refused.expect(402, 'card_declined')['decline_code'] == 'fraud_suspected'
    assert not shop.asked() and shop.company.asked() == [('new', refused.json['payment_id'])]
    assert risk_told(shop, refused.json['payment_id']) == {'decision': 'deny', 'rule': 'provider', 'reason': 'as_told'}
    assert shop.client.post('/v1/payments', body, key).body == refused.body
    assert len(shop.company.asked()) == 1  # a repeat is no new question


def test_what_it_wants_reviewed_is_held(open_judged):
    shop = open_judged()
    payment = shop.client.authorized(**judged('review', capture='automatic'))
    assert (payment['state'], payment['risk']['review']) == ('authorized', 'open')
    approved = shop.client.post(f'/v1/payments/{payment["id"]}/review', {'decision': 'approve'})
    assert approved.expect(200)['state'] == 'captured'
    shop.is_whole()


def test_a_step_up_needs_somebody_who_can(open_judged):
    shop = open_judged()
    refused = shop.client.authorize(return_url='https://shop.example/thanks', **judged('step_up'))
    assert refused.expect(402)['decline_code'] == 'authentication_required'
    assert not shop.asked()


# rules                               company   decision  rule        asked?
TOGETHER = [
    ('friends: amount USD 1.. -> allow', 'deny',  'allow',  'friends',  False),
    ('foes: amount USD 1.. -> deny',     'allow', 'deny',   'foes',     False),
    ('large: amount USD 1.. -> review',  'allow', 'review', 'large',    True),
    ('large: amount USD 1.. -> review',  'deny',  'deny',   'provider', True),
    ('other-currency: amount EUR 1.. -> deny', 'review', 'review', 'provider', True),
]


@pytest.mark.parametrize('rules, company, decision, rule, is_asked', TOGETHER, ids=lambda value: str(value))
def test_rules_and_company_together(open_judged, rules, company, decision, rule, is_asked):
    shop = open_judged(rules)
    payment = payment_of(shop, **judged(company))
    assert (payment['risk']['decision'], payment['risk']['rule']) == (decision, rule)
    assert bool(shop.company.asked()) == is_asked


def test_denied_by_it_counts_as_a_try(open_judged):
    shop = open_judged('hurry: 2 tries by customer in 1h -> deny\n')
    rules = [payment_of(shop, customer_id='c-1', **judged('deny'))['risk']['rule'] for _ in range(3)]
    assert rules == ['provider', 'provider', 'hurry']


# --- when the money is held ---

@pytest.mark.parametrize('capture', ['manual', 'automatic'])
def test_a_hold_that_it_denies_goes_back(open_judged, capture):
    """1. It lets the payment be tried. 2. It does not like what it hears then. 3. The hold is void, and the answer says no."""
    shop = open_judged()
    key, body = fresh_key(), shop.client.wish(capture=capture, **judged('allow', 'deny'))
    refused = shop.client.post('/v1/payments', body, key)
    assert refused.expect(402, 'card_declined')['decline_code'] == 'fraud_suspected'
    payment = shop.client.get(refused.json['payment_id'])
    assert (payment['state'], payment['risk']['decision'], payment['risk']['review']) == ('voided', 'deny', 'declined')
    assert [event['type'] for event in shop.client.events(payment)] == ['authorize_started', 'authorized', 'void_started', 'voided']
    assert risk_told(shop, payment, 1) == {'decision': 'deny', 'rule': 'provider', 'reason': 'as_told'}
    assert shop.client.post('/v1/payments', body, key).body == refused.body
    assert not shop.asked('/api/v1/captures')
    shop.is_whole()


def test_a_hold_that_it_wants_reviewed_waits(open_judged):
    shop = open_judged()
    payment = shop.client.authorized(**judged('allow', 'review', capture='automatic'))
    assert payment['risk'] == {**payment['risk'], 'decision': 'review', 'rule': 'provider', 'review': 'open'}
    declined = shop.client.post(f'/v1/payments/{payment["id"]}/review', {'decision': 'decline'})
    assert declined.expect(200)['state'] == 'voided'
    shop.is_whole()


def test_a_decline_is_not_asked_about(open_judged):
    shop = open_judged()
    refused = shop.client.authorize(card=cards.NO_FUNDS)
    assert refused.expect(402)['decline_code'] == 'insufficient_funds'
    assert [stage for stage, _ in shop.company.asked()] == ['new']


# --- when it is down ---

@pytest.mark.parametrize('when_down, status, state, review', [
    ('allow', 201, 'authorized', None), ('review', 201, 'authorized', 'open'), ('deny', 402, 'declined', None)])
def test_its_death_follows_the_policy(open_judged, when_down, status, state, review):
    shop = open_judged(risk_when_down=when_down)
    shop.company.kill()
    answer = shop.client.authorize()
    assert answer.status == status, answer
    payment = shop.client.get(answer.json.get('payment_id') or answer.json['id'])
    assert (payment['state'], payment['risk']['review']) == (state, review)
    assert (payment['risk']['decision'], payment['risk']['rule']) == (when_down, 'provider_down')
    assert bool(shop.asked()) == (when_down != 'deny')
    assert shop.client.metrics()['florin_risk_calls_total{result="down"}'] >= 1
    assert 'the fraud checks gave no good answer' in shop.gateway.log()


@pytest.mark.parametrize('fault', ['silence', 'hang_up', 'refuse_500', 'garbage', 'empty_200', 'html_502', 'rate_limited', 'truncate', 'huge'])
def test_an_answer_that_is_none_follows_the_policy(open_judged, fault):
    shop = open_judged(risk_when_down='deny')
    shop.company.fault(fault, '/v1/assessments', times=1)
    began = time.monotonic()
    assert shop.client.authorize().expect(402)['decline_code'] == 'fraud_suspected'
    assert time.monotonic() - began < 5
    assert payment_of(shop)['risk']['decision'] == 'allow'


def test_silence_about_a_hold_follows_the_policy(open_judged):
    shop = open_judged(risk_when_down='review')
    shop.company.fault('silence', '/v1/assessments', times=1, after=1)
    payment = shop.client.authorized(capture='automatic')
    assert (payment['risk']['decision'], payment['risk']['rule'], payment['risk']['review']) == ('review', 'provider_down', 'open')


def test_a_dead_company_is_not_waited_for_again_and_again(open_judged):
    """1. It is silent so often that its breaker opens. 2. Nobody waits for it any more. 3. It comes back and is asked again."""
    shop = open_judged(risk_when_down='allow', risk_timeout_ms=50)
    shop.company.fault('silence', '/v1/assessments', times=0)

    def is_fast():
        began = time.monotonic()
        shop.client.authorized()
        return time.monotonic() - began < 0.04
    until(lambda: is_fast() and is_fast(), 'the breaker opens')
    shop.company.control('DELETE', 'faults')
    until(lambda: payment_of(shop)['risk']['rule'] == 'provider', 'it is asked again')


def test_a_gateway_that_is_killed_while_it_asks(open_judged):
    """1. The bank holds the money; the company thinks about it. 2. kill -9. 3. The repeat hears the end, and there is one hold."""
    shop = open_judged(risk_timeout_ms=5000, answer_within_ms=300, bank_resend_after_ms=200)
    shop.company.fault('slow', '/v1/assessments', times=1, after=1, latency_ms=3000)
    key, body = fresh_key(), shop.client.wish(**judged('allow', 'review'))
    shop.client.post('/v1/payments', body, key).expect(202)
    assert len(shop.asked()) == 1
    shop.gateway.kill()
    shop.gateway.start()
    answer = until(lambda: (lambda one: one if one.status == 201 else None)(shop.client.post('/v1/payments', body, key)), 'it is told')
    assert answer.json['risk']['review'] == 'open'
    shop.is_whole()


# --- settings, and the simulator ---

def test_a_key_is_needed(open_shop):
    with pytest.raises(Exception, match='risk_url needs risk_keys_file'):
        open_shop(risk_url='http://127.0.0.1:1')


def test_the_simulator_says_what_it_is_asked_to(tmp_path):
    with Risk() as company:
        given = {'stage': 'new', 'payment_id': 'pay_1', 'amount': 1, 'currency': 'USD', 'customer': {'id': 'c'}, 'card': {'last4': '1111'}}
        for word in ('allow', 'step_up', 'review', 'deny'):
            assert company.ask({**given, 'metadata': {'risk': word}}).json()['decision'] == word
        assert company.ask({**given, 'metadata': {'risk': 'maybe'}}).json() | {'id': ''} == {'id': '', 'decision': 'allow', 'reason': 'nothing_found'}
        assert company.ask({**given, 'stage': 'held', 'metadata': {'risk': 'deny', 'risk_held': 'review'}}).json()['decision'] == 'review'
        assert company.ask({**given, 'stage': 'later'}).status_code == 422
        assert company.ask({**given, 'colour': 'red'}).status_code == 400
        assert company.ask(given, key='another').status_code == 401
        assert company.session.get(f'{company.url}/v1/assessments', headers={'Authorization': f'Bearer {company.key}'}, timeout=30).status_code == 405
