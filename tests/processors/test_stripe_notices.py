# SPDX-License-Identifier: Apache-2.0
"""Stripe tells by itself what happened: a hint that makes the gateway ask, and nothing more."""
import hashlib
import hmac
import json
import time

import pytest
from florin_testing.cards import card
from florin_testing.companies import Stripe
from florin_testing.gateway import run
from florin_testing.noticed import told_by
from florin_testing.waiting import until

SECRET = 'whsec_florin_test'
PAYS, ASKS_AT_ITS_BANK = '4242424242424242', '4000002760003184'
DISPUTES, INQUIRES = '4000000000000259', '4000000000001976'
AWAY = {'return_url': 'http://127.0.0.1:1/thanks'}


@pytest.fixture(scope='module')
def shop(tmp_path_factory):
    with told_by(Stripe, tmp_path_factory.mktemp('stripe'), {'secret_key': Stripe.key, 'webhook_secret': SECRET}) as shop:
        yield shop


@pytest.fixture(autouse=True)
def telling(shop):
    """Each test begins with a company that tells what happens as it happens."""
    shop.company.change_notices(hold=False)


def hold(shop, number=PAYS, **more):
    return shop.authorize(5000, card(number, '123'), processor='stripe', **more)


def choose(shop, sent, choice='approve'):
    shop.company.session.post(sent['next_action']['url'], data={'choice': choice}, timeout=30, allow_redirects=False)


def signed(body, secret=SECRET, age=0):
    moment = str(int(time.time()) - age)
    code = hmac.new(secret.encode(), moment.encode() + b'.' + body, hashlib.sha256).hexdigest()
    return [('Stripe-Signature', f't={moment},v1={code}')]


def event(**more):
    return json.dumps({'id': f'evt_{time.time_ns()}', 'object': 'event', 'type': 'x.y', 'livemode': False, 'data': {'object': {}}, **more}).encode()


# --- what they are good for ---

@pytest.mark.parametrize('choice, state', [('approve', 'authorized'), ('refuse', 'declined')])
def test_he_closes_the_tab(shop, choice, state):
    sent = hold(shop, ASKS_AT_ITS_BANK, **AWAY).json
    assert sent['state'] == 'requires_action'
    choose(shop, sent, choice)
    shop.becomes_soon(sent['id'], state)


@pytest.mark.parametrize('verb', ['authorize', 'capture', 'void', 'refund'])
def test_an_answer_is_lost_and_the_notice_ends_the_doubt(shop, verb):
    """The quiet time is a minute: without the notice nobody would ask before that is over."""
    payment = None if verb == 'authorize' else hold(shop, capture='automatic' if verb == 'refund' else 'manual').json['id']
    path = {'authorize': '/v1/payment_intents', 'capture': '/v1/payment_intents/*', 'void': '/v1/payment_intents/*',
            'refund': '/v1/refunds'}[verb]
    shop.company.change_notices(delay_ms=700)
    shop.company.fault('act_then_hang_up', path, times=1)
    answer = hold(shop) if verb == 'authorize' else shop.change(payment, verb)
    shop.company.change_notices(delay_ms=0)
    assert shop.company.control('GET', 'faults')['faults'] == []  # it was met
    assert answer.status in (200, 201), answer.body
    assert answer.json['operation'] is None
    assert [effect for effect in shop.company.effects() if effect['repeats_operation'] or effect['repeats_key']] == []


def test_any_order_and_any_number_of_them_end_the_same(shop):
    def sell():
        sent = hold(shop, ASKS_AT_ITS_BANK, capture='automatic', **AWAY).json
        choose(shop, sent)
        return sent['id']

    payment, numbers = shop.held(sell)
    assert len(numbers) >= 3
    shop.company.change_notices(release=[*reversed(numbers)])
    shop.becomes_soon(payment, 'captured')
    history = shop.events(payment)
    for number in numbers:
        shop.company.change_notices(send=number, times=3)
    until(lambda: {notice['state'] for notice in shop.company.notices() if notice['number'] not in numbers} <= {'taken', 'held'},
          'copies are made')
    shop.company.change_notices(release=sorted(shop.known() - set(numbers))[-9:])
    until(lambda: shop.count('duplicate') >= 9, 'duplicates are known')
    assert shop.events(payment) == history


# --- what they are not ---

def test_one_that_was_altered_on_its_way(shop):
    _, numbers = shop.held(lambda: hold(shop))
    shop.company.change_notices(alter=numbers[0], from_='5000', to='5001', signed=False)
    forged = shop.count('forged')
    shop.company.change_notices(release=[numbers[0]])
    shop.answered(numbers[0], 401)
    assert shop.count('forged') == forged + 1


@pytest.mark.parametrize('was, lies, reason', [('"amount":5000', '"amount":5001', 'wrong_amount'),
                                               ('"currency":"usd"', '"currency":"eur"', 'wrong_currency'),
                                               ('"livemode":false', '"livemode":true', 'wrong_mode'),
                                               ('"object":"event"', '"object":"event","account":"acct_2"', 'wrong_account')])
def test_one_that_lies(shop, was, lies, reason):
    payment, numbers = shop.held(lambda: hold(shop).json['id'])
    history, quarantined = shop.events(payment), shop.count('quarantined')
    number = next(one['number'] for one in shop.company.notices('payment_intent.amount_capturable_updated') if one['number'] in numbers)
    shop.company.change_notices(alter=number, from_=was, to=lies, signed=True)
    shop.company.change_notices(release=[number])
    shop.answered(number, 200)
    assert shop.count('quarantined') == quarantined + 1
    alarm = [line for line in shop.gateway.log_lines() if line.get('reason') == reason and line['level'] == 'error']
    assert alarm[-1]['type'] == 'payment_intent.amount_capturable_updated'
    assert shop.events(payment) == history


def test_somebody_elses_payment_on_the_same_account(shop):
    foreign = shop.count('foreign')
    shop.company.pay(amount=1200)
    until(lambda: shop.count('foreign') >= foreign + 2, 'they are of nobody here')


def test_types_that_mean_nothing_are_kept(shop):
    kept, body = shop.count('kept'), event()
    for _ in range(2):
        assert shop.ask('POST', shop.target, body, signed(body)).expect(200) == {'received': True}
    assert shop.count('kept') == kept + 1


def test_what_stripe_does_not_write_is_quarantined(shop):
    quarantined = shop.count('quarantined')
    for body in (b'[]', b'', b'{"id":"evt_1"}'):
        assert shop.ask('POST', shop.target, body, signed(body), is_good=False).status == 200
    assert shop.count('quarantined') == quarantined + 3


@pytest.mark.parametrize('headers', [lambda body: [], lambda body: signed(body, 'whsec_other'), lambda body: signed(body, age=310),
                                     lambda body: signed(body, age=-310), lambda body: signed(body) * 2,
                                     lambda body: [('Stripe-Signature', 't=1,v1=')]])
def test_nothing_shows_that_it_is_stripes(shop, headers):
    body = event()
    shop.ask('POST', shop.target, body, headers(body), is_good=False).expect(401, 'signature_invalid')


def test_through_a_proxy(shop):
    body = event()
    shop.ask('POST', shop.target, body, [*signed(body), ('X-Forwarded-For', '203.0.113.9'), ('Forwarded', 'for=203.0.113.9')]).expect(200)


@pytest.mark.parametrize('target', ['/v1/notices/bank/default', '/v1/notices/paypal/default', '/v1/notices/stripe/other', '/v1/notices/x/y'])
def test_nobody_there_sends_notices(shop, target):
    body = event()
    shop.ask('POST', target, body, signed(body), is_good=False).expect(404, 'not_found')


def test_long_ones(shop):
    body = event(data={'object': {'description': 'x' * (1024 * 1024 - 1000)}})
    shop.ask('POST', shop.target, body, signed(body)).expect(200)
    shop.ask('POST', shop.target, b'x' * (1024 * 1024 + 1), signed(b''), is_good=False).expect(413, 'content_too_large')
    shop.post('/v1/payments', b'{"x":"' + b'x' * 70000 + b'"}', is_good=False).expect(413, 'content_too_large')


@pytest.mark.parametrize('point', ['look_who_signs', 'prove', 'record_notice', 'noted'])
def test_a_kill_while_it_is_taken(shop, point):
    """Stripe sends it again, or it was durable: either way he is not waited for in vain."""
    shop.company.change_notices(retry_ms=200)

    def approve():
        sent = hold(shop, ASKS_AT_ITS_BANK, **AWAY).json
        choose(shop, sent)
        return sent['id']

    payment, numbers = shop.held(approve)
    shop.gateway.kill()
    shop.start(env={'FLORIN_CRASH_AT': f'notice.{point}'})
    shop.company.change_notices(release=numbers)
    shop.gateway.wait_for_death()
    shop.start()
    shop.becomes(payment, 'authorized')


# --- disputes ---

def sold(shop, number):
    payment = hold(shop, number, capture='automatic').json
    assert payment['state'] == 'captured' and payment['disputes'] == []
    shop.company.advance(seconds=10)
    return payment['id']


def dispute_at_stripe(shop, payment):
    intent = shop.get(payment)['processor_refs']['authorization_id']
    return shop.company.get('disputes', {'payment_intent': intent}).json()['data'][0]


@pytest.mark.parametrize('evidence, state, refundable', [('winning_evidence', 'won', True), ('losing_evidence', 'lost', False)])
def test_a_dispute(shop, evidence, state, refundable):
    payment = sold(shop, DISPUTES)
    told = shop.disputed(payment, 'needs_response')
    theirs = dispute_at_stripe(shop, payment)
    assert (told['dispute_id'], told['stage'], told['amount'], told['currency'], told['reason']) == (
        theirs['id'], 'chargeback', 5000, 'USD', 'fraudulent')
    assert told['evidence_due_at'] is not None
    shop.change(payment, 'refund').expect(409, 'dispute_open')
    shop.company.post(f'disputes/{theirs["id"]}', {'evidence': {'uncategorized_text': evidence}})
    assert shop.disputed(payment, state)['opened_at'] == told['opened_at']
    if refundable:
        assert shop.change(payment, 'refund').status in (200, 202)
    else:
        shop.change(payment, 'refund').expect(409, 'dispute_open')
    states = [event['data']['dispute_state'] for event in shop.events(payment) if event['type'] == 'dispute_changed']
    assert states[0] == 'needs_response' and states[-1] == state
    status, out, err = run('verify', '--store', shop.gateway.settings['store'])
    assert status == 0, out + err


def test_news_of_a_dispute_in_any_order(shop):
    def disputed_and_lost():
        payment = sold(shop, DISPUTES)
        until(lambda: shop.company.notices('charge.dispute.created')[-1]['body'].find(shop.get(payment)['processor_refs']['authorization_id']) > 0,
              'it is disputed')
        shop.company.post(f'disputes/{dispute_at_stripe(shop, payment)["id"]}/close')
        return payment

    payment, numbers = shop.held(disputed_and_lost)
    disputes = [one['number'] for one in shop.company.notices() if one['number'] in numbers and 'dispute' in one['type']]
    assert len(disputes) >= 3 and shop.disputes(payment) == []
    shop.company.change_notices(release=[*reversed(disputes)])
    shop.disputed(payment, 'lost')
    assert [event['type'] for event in shop.events(payment)].count('dispute_changed') == 1


def test_an_inquiry_keeps_no_refund_away(shop):
    payment = sold(shop, INQUIRES)
    assert shop.disputed(payment, 'needs_response')['stage'] == 'inquiry'
    assert shop.change(payment, 'refund').expect(200)['state'] == 'refunded'


def test_a_dispute_is_asked_about_after_a_crash(shop):
    """It dies between the news and the question: the row says that it is to be asked."""
    payment, numbers = shop.held(lambda: sold(shop, DISPUTES))
    until(lambda: [one for one in shop.company.notices('charge.dispute.created') if one['number'] > max(numbers, default=0) - 9], 'it is told')
    shop.gateway.kill()
    shop.start(env={'FLORIN_CRASH_AT': 'dispute.claim_dispute'})
    shop.company.change_notices(release=[shop.company.notices('charge.dispute.created')[-1]['number']])
    shop.gateway.wait_for_death()
    shop.start()
    until(lambda: [one['state'] for one in shop.disputes(payment)] == ['needs_response'], 'it was asked about', within=100)
