# SPDX-License-Identifier: Apache-2.0
"""A payment whose first processor certainly has nothing of it goes on at the next one of its rule; one that is in doubt does not. Stripe
stands first, the bank behind it: both know the same cards, and each has a book of its own."""
import contextlib
import http.client
import http.server
import json
import threading

import pytest
from florin_testing import books, cards
from florin_testing.client import fresh_key
from florin_testing.gateway import flags, run
from florin_testing.paystack import Paystack
from florin_testing.waiting import until

STRIPE_FIRST = 'all: -> stripe, bank\n'
BANK_FIRST = 'all: -> bank, stripe\n'
NOWHERE = 'http://127.0.0.1:1'  # nobody listens there
BROWSER = [('Accept', 'text/html')]

# The numbers that Stripe declines in its own way are among those that the bank has issued.
PAYS, GENERIC, NOT_NOW = cards.further(1), cards.card('4000000000000002', year=2049), cards.card('4000000000000119', year=2049)
POOR, LOST, STOLEN = (cards.card(number, year=2049) for number in ('4000000000009995', '4000000000009987', '4000000000009979'))
OVER, WRONG_CVC = cards.card('4000000000000069', year=2049), cards.card('4000000000000127', year=2049)
ASKS = cards.card('4000002760003184', year=2049)  # its bank wants to see the payer


def types(shop, payment):
    return [event['type'] for event in shop.client.events(payment)]


def event(shop, payment, kind):
    """The data of the only event of that kind."""
    found = [event['data'] for event in shop.client.events(payment) if event['type'] == kind]
    assert len(found) == 1, found
    return found[0]


# --- declines ---

# card      category              what the history tells
FALLS = [
    (NOT_NOW, 'issuer_unavailable', 'processing_error'),
    (GENERIC, 'issuer_declined',    'generic_decline'),
]


@pytest.mark.parametrize('card, category, code', FALLS, ids=[row[1] for row in FALLS])
def test_a_decline_that_allows_it_goes_on_at_the_next(open_routed, stripe, card, category, code):
    """1. Stripe declines. 2. The bank holds the money, under the same key. 3. It is captured and refunded there."""
    shop = open_routed(STRIPE_FIRST)
    key, wish = fresh_key(), shop.client.wish(card=card)
    held = shop.client.post('/v1/payments', wish, key).expect(201)
    assert (held['state'], held['processor'], held['decline_code']) == ('authorized', 'bank', None)
    assert held['processor_refs']['authorization_id'].startswith('auth_')

    assert types(shop, held) == ['authorize_started', 'fell_over', 'authorized']
    first, fell, last = [event['data'] for event in shop.client.events(held)]
    assert first['route'] == {'rule': 'all', 'then': ['bank']}
    assert fell == {'operation_id': first['operation_id'], 'processor': 'stripe', 'amount': 5000, 'currency': 'USD', 'processor_code': code,
                    'decline_code': 'card_declined', 'category': category, 'advice': 'other_processor', 'reason': category,
                    'next': {'processor': 'bank', 'operation_id': last['operation_id']}}
    assert last['processor'] == 'bank' and last['operation_id'] != first['operation_id']

    again = shop.client.post('/v1/payments', wish, key)
    assert again.expect(201) == held and again.replayed
    assert shop.client.capture(held).expect(200)['state'] == 'captured'
    assert shop.client.refund(held).expect(200)['state'] == 'refunded'
    shop.books_agree()
    told = shop.client.metrics()
    assert told[f'florin_declines_total{{processor="stripe",category="{category}"}}'] == 1
    assert told['florin_fallbacks_total{from="stripe",to="bank"}'] == 1
    assert told['florin_oldest_sealed_card_seconds'] == 0, 'a card outlives its payment'
    status, report, _ = run('verify', '--store', shop.gateway.settings['store'])
    assert status == 0, report


# card        decline_code           advice
STAYS = [
    (POOR,      'insufficient_funds', 'same_again'),
    (LOST,      'fraud_suspected',    'never_again'),
    (STOLEN,    'fraud_suspected',    'never_again'),
    (OVER,      'expired_card',       'never_again'),
    (WRONG_CVC, 'invalid_cvc',        'never_again'),
    (ASKS,      'authentication_required', 'step_up'),
]


@pytest.mark.parametrize('card, code, advice', STAYS, ids=[row[1] + row[0]['number'][-4:] for row in STAYS])
def test_any_other_decline_is_the_end(open_routed, card, code, advice):
    shop = open_routed(STRIPE_FIRST)
    answer = shop.client.authorize(card=card)
    answer.expect(402, 'card_declined')
    assert answer.json['decline_code'] == code
    receipt = shop.client.get(answer.json['payment_id'])
    assert (receipt['state'], receipt['processor']) == ('declined', 'stripe')
    told = event(shop, receipt, 'declined')
    assert (told['advice'], told['category']) == (advice, code)
    assert not shop.asked(), 'the bank was asked as well'


class Stranger(http.server.BaseHTTPRequestHandler):
    """Somebody who speaks as Stripe will one day: his declines have a code that is in no list."""

    def do_POST(self):  # noqa: N802 - the library's name
        self.rfile.read(int(self.headers['Content-Length']))
        is_card = self.path == '/v1/payment_methods'
        error = {'type': 'card_error', 'code': 'card_declined', 'decline_code': 'a_code_of_tomorrow'}
        body = json.dumps({'id': 'pm_1'} if is_card else {'error': error}).encode()
        self.send_response(200 if is_card else 402)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_code_that_nobody_knows_is_counted_and_not_tried_again(open_routed):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shop = open_routed(STRIPE_FIRST, stripe=f'http://127.0.0.1:{server.server_address[1]}')
    answer = shop.client.authorize()
    answer.expect(402, 'card_declined')
    told = event(shop, answer.json['payment_id'], 'declined')
    assert (told['processor_code'], told['category']) == ('a_code_of_tomorrow', 'unknown') and 'advice' not in told
    assert shop.client.metrics()['florin_declines_total{processor="stripe",category="unknown"}'] == 1
    assert not shop.asked()
    server.shutdown()
    server.server_close()


def test_a_card_that_the_bank_does_not_know_goes_to_stripe(open_routed):
    shop = open_routed(BANK_FIRST)
    held = shop.client.authorized(card=cards.stranger(7))
    assert held['processor'] == 'stripe' and held['processor_refs']['authorization_id'].startswith('pi_')
    assert event(shop, held, 'fell_over')['category'] == 'card_not_taken'
    assert shop.client.void(held).expect(200)['state'] == 'voided'


def test_both_decline(open_routed):
    """The last word is the payment's: this bank has not issued the card."""
    shop = open_routed(STRIPE_FIRST, bank={'cards': 5})
    answer = shop.client.authorize(card=NOT_NOW)
    answer.expect(402, 'card_declined')
    assert answer.json['decline_code'] == 'invalid_card'
    receipt = shop.client.get(answer.json['payment_id'])
    assert types(shop, receipt) == ['authorize_started', 'fell_over', 'declined'] and receipt['processor'] == 'bank'
    shop.books_agree()


def test_a_token_with_its_cvv_goes_on_as_well(open_routed, tmp_path):
    """The bank wants the CVV, which Stripe was sent before."""
    master = tmp_path / 'master'
    master.write_text('5f' * 32 + '\n', encoding='utf-8')
    master.chmod(0o600)
    shop = open_routed(STRIPE_FIRST, master_key_file=master)
    token = shop.client.post('/v1/tokens', {'card': NOT_NOW}).expect(201)
    wish = {name: value for name, value in shop.client.wish(token=token['id']).items() if name != 'card'}
    held = shop.client.post('/v1/payments', wish).expect(201)
    assert held['processor'] == 'bank'
    shop.books_agree()


# --- not sent ---

def test_a_processor_that_cannot_be_reached(open_routed):
    """Nobody waits for his deadline; after twenty of them Stripe is not asked any more."""
    shop = open_routed(STRIPE_FIRST, stripe=NOWHERE)
    for _ in range(25):
        held = shop.client.authorized()
        assert held['processor'] == 'bank'
        if 'fell_over' not in types(shop, held):
            break
        assert event(shop, held, 'fell_over')['reason'] == 'processor_unavailable'
    first = event(shop, held, 'authorize_started')
    assert first['route'] == {'rule': 'all', 'passed_over': [{'processor': 'stripe', 'reason': 'breaker_open'}]}
    assert shop.client.metrics()['florin_fallbacks_total{from="stripe",to="bank"}'] == 20
    shop.books_agree()


def test_a_processor_of_which_a_half_works(open_routed, stripe):
    """1. Stripe takes cards and hangs up on payments. 2. After twenty traffic leaves. 3. It is well again, and traffic is back."""
    shop = open_routed(STRIPE_FIRST, answer_within_ms=150, stripe_resend_after_ms=60000)
    stripe.fault('hang_up', '/v1/payment_intents', times=0)
    for _ in range(20):
        assert shop.client.authorize(card=PAYS).expect(202)['processor'] == 'stripe'
    assert shop.client.authorized(card=PAYS)['processor'] == 'bank'
    stripe.control('DELETE', 'faults')
    until(lambda: shop.client.authorized(card=PAYS)['processor'] == 'stripe', 'traffic is back', every=0.1)


def test_a_processor_that_does_not_take_our_key(open_routed):
    """Stripe answers 401, which a person has to mend: nothing was done."""
    shop = open_routed(STRIPE_FIRST, key='sk_test_of_another')
    held = shop.client.authorized()
    assert held['processor'] == 'bank' and event(shop, held, 'fell_over')['reason'] == 'processor_busy'
    shop.books_agree()


def test_a_request_that_names_its_processor_is_for_that_one(open_routed):
    shop = open_routed(STRIPE_FIRST)
    answer = shop.client.authorize(card=NOT_NOW, processor='stripe')
    answer.expect(402, 'card_declined')
    assert not shop.asked() and types(shop, answer.json['payment_id']) == ['authorize_started', 'declined']


# --- doubt ---

def test_a_lost_answer_does_not_go_elsewhere(open_routed, stripe):
    """1. Stripe acts, and its answer is lost. 2. The merchant hears 202. 3. The same key brings the truth: it is at Stripe, once."""
    shop = open_routed(STRIPE_FIRST, stripe_resend_after_ms=1500, answer_within_ms=300)
    stripe.fault('act_then_hang_up', '/v1/payment_intents')
    payment = shop.client.authorize(card=PAYS).expect(202)
    assert payment['operation']['state'] == 'unknown' and not shop.asked()
    receipt = shop.settled(payment)
    assert (receipt['state'], receipt['processor']) == ('authorized', 'stripe')
    assert 'fell_over' not in types(shop, receipt) and not shop.asked()
    assert [effect for effect in stripe.effects() if effect['repeats_operation']] == []


def test_a_decline_whose_answer_was_lost_goes_on_once_it_is_known(open_routed, stripe):
    """Stripe repeats for the key what it had said: then it is certain, though the merchant has had his 202."""
    shop = open_routed(STRIPE_FIRST, stripe_resend_after_ms=600, answer_within_ms=300)
    stripe.fault('act_then_hang_up', '/v1/payment_intents')
    payment = shop.client.authorize(card=NOT_NOW).expect(202)
    receipt = shop.settled(payment)
    assert (receipt['state'], receipt['processor']) == ('authorized', 'bank')
    assert types(shop, receipt) == ['authorize_started', 'operation_doubted', 'fell_over', 'authorized']
    shop.books_agree()


# --- kills ---

# Two exchanges with Stripe and one with the bank.
POINTS = ['call_processor:1', 'call_processor:2', 'call_processor:3', 'read_answer:1', 'read_answer:2', 'read_answer:3', 'record_exchange:1',
          'record_fall_over:1', 'settled:1', 'record_outcome:1', 'settled:2']


def final(answer):
    """The answer when it is one that stays."""
    return answer if answer.status in (201, 402) else None


@pytest.mark.parametrize('point', POINTS)
def test_a_kill_on_the_way_from_one_to_the_other(open_routed, stripe, point):
    """1. Stripe declines, the bank holds; it dies on the way. 2. The merchant repeats with his key. 3. One hold in both books."""
    shop = open_routed(STRIPE_FIRST, stripe_resend_after_ms=60, bank_resend_after_ms=60)
    key, wish = fresh_key(), shop.client.wish(card=NOT_NOW)
    shop.gateway.kill().start(env={'FLORIN_CRASH_AT': f'operation.{point}'})
    with contextlib.suppress(OSError, http.client.HTTPException):
        shop.client.post('/v1/payments', wish, key)
    shop.gateway.wait_for_death()
    shop.gateway.start()
    answer = until(lambda: final(shop.client.post('/v1/payments', wish, key)), 'it ends')
    receipt = shop.client.get(answer.json.get('payment_id') or answer.json['id'])
    if answer.status == 402:  # the kill counts as a lost try, after which a decline proves nothing
        assert receipt['processor'] == 'stripe' and event(shop, receipt, 'declined')['possible_stray_holds'] == 1
    else:
        assert receipt['processor'] == 'bank' and 'fell_over' in types(shop, receipt)
    assert [effect for effect in stripe.effects() if effect['kind'] == 'authorization'] == []
    shop.books_agree()
    assert shop.bank.summary()['holds']['count'] == (answer.status == 201)
    shop.gateway.stop()
    assert not list(shop.gateway.runtime.iterdir()), 'keys of cards are left although nothing is in doubt'


# --- the payer's page ---

def test_a_page_that_can_be_paid_is_not_left(open_routed, stripe):
    """1. Stripe sends the payer to his bank. 2. He refuses there. 3. The payment is declined, and nobody else is asked."""
    shop = open_routed(STRIPE_FIRST)
    payment = shop.client.authorize(card=ASKS, return_url='https://shop.example.test/thanks').expect(201)
    assert payment['state'] == 'requires_action' and not shop.asked()
    page = payment['next_action']['url']
    stripe.session.post(page, data={'choice': 'refuse'}, allow_redirects=False)
    shop.client.look(f'/v1/payments/{payment["id"]}/return', is_good=False, headers=BROWSER)
    receipt = until(lambda: shop.client.get(payment) if shop.client.get(payment)['operation'] is None else None, 'it ends')
    assert (receipt['state'], receipt['processor']) == ('declined', 'stripe')
    assert 'fell_over' not in types(shop, receipt) and not shop.asked()


def test_a_payer_without_a_card_is_sent_to_the_next_page(open_shop, tmp_path):
    """PayPal cannot be reached: nothing is there that could be paid, and Paystack has a page as well."""
    with Paystack() as paystack:
        settings = {'paypal_url': NOWHERE, 'paystack_url': paystack.url}
        for name, secrets in (('paypal', 'client_id = a\nsecret_key = b\n'), ('paystack', 'secret_key = sk_test_florin\n')):
            settings[f'{name}_keys_file'] = keys = tmp_path / f'{name}.keys'
            keys.write_text(secrets, encoding='utf-8')
            keys.chmod(0o600)
        rules = tmp_path / 'routes.conf'
        rules.write_text('pages: currency USD -> paypal, paystack\n', encoding='utf-8')
        shop = open_shop(routes_file=rules, **settings)
        wish = shop.client.wish(capture='automatic', customer={'email': 'a@example.test'}, payment_method={'type': 'hosted'},
                                return_url='https://shop.example.test/thanks')
        del wish['card']
        sent = shop.client.post('/v1/payments', wish).expect(201)
        assert (sent['state'], sent['processor']) == ('requires_action', 'paystack')
        assert types(shop, sent) == ['authorize_started', 'fell_over', 'action_required']
        paystack.session.post(sent['next_action']['url'], data={'choice': 'approve'}, timeout=30, allow_redirects=False)
        shop.client.look(f'/v1/payments/{sent["id"]}/return', is_good=False, headers=BROWSER)
        assert shop.client.becomes(sent, 'captured')['processor'] == 'paystack'


# --- replay ---

def test_replay_tells_by_who_was_asked_first(open_routed):
    """A payment that went on elsewhere would not go elsewhere under the same rules."""
    shop = open_routed(STRIPE_FIRST)
    assert shop.client.authorized(card=NOT_NOW)['processor'] == 'bank'
    words = flags({name: shop.gateway.settings[name] for name in ('store', 'stripe_url', 'stripe_keys_file')})
    status, told, _ = run('route', '--replay', shop.gateway.settings['routes_file'], *words)
    assert status == 0 and told.endswith('0 of 1 payments would go elsewhere, 0 would be refused, of 0 it cannot be told.\n'), told
    books.compare(shop.client, shop.bank)
