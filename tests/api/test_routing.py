# SPDX-License-Identifier: Apache-2.0
"""Rules that say which processor takes a payment: what they decide, what is told of it, and what becomes of it when they change.
A bank and Stripe are set up, each played by its simulator."""
import hashlib
import re
import signal
import subprocess

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.gateway import flags, run
from florin_testing.processes import florin_binary
from florin_testing.waiting import until

NOWHERE = 'http://127.0.0.1:1'  # nobody listens there

RULES = '''
# name     when                                     where
big:       amount USD 100000.. EUR 90000..       -> stripe, bank
euros:     currency EUR                          -> bank, stripe
club:      metadata.club gold "old gold"         -> stripe
customer:  customer vip-1 "vip 2"                -> stripe, bank
amex:      brand amex                            -> stripe
range:     bin 555555..555599                    -> stripe, bank
parts:     metadata.ships parts, needs partial_capture -> bank, stripe
at-once:   capture automatic, amount USD ..100   -> stripe
rest:                                            -> bank, stripe
'''


def payment_of(shop, **wish):
    """The receipt of a new payment, as far as it got; by a card that neither declines, unless another one is given."""
    answer = shop.client.authorize(**{'card': cards.further(1), **wish})
    assert answer.status in (201, 402), answer
    return shop.client.get(answer.json.get('payment_id') or answer.json['id'])


def route_of(shop, payment):
    """What its history tells of how its processor was found."""
    first = shop.client.events(payment)[0]
    assert first['type'] == 'authorize_started' and first['data']['processor'] == payment['processor']
    return first['data']['route']


# --- decisions ---

MASTERCARD, AMEX, DINERS = cards.card('5555555555554444'), cards.card('378282246310005'), cards.card('30569309025904')

# wish                                                          rule        processor
DECISIONS = [
    ({'amount': 100000},                                         'big',      'stripe'),
    ({'amount': 99999},                                          'rest',     'bank'),
    ({'amount': 90000, 'currency': 'EUR'},                       'big',      'stripe'),
    ({'amount': 5000, 'currency': 'EUR'},                        'euros',    'stripe'),
    ({'metadata': {'club': 'gold', 'other': 'x'}},               'club',     'stripe'),
    ({'metadata': {'club': 'old gold'}},                         'club',     'stripe'),
    ({'metadata': {'club': 'silver'}},                           'rest',     'bank'),
    ({'customer_id': 'vip-1'},                                   'customer', 'stripe'),
    ({'customer_id': 'vip 2'},                                   'customer', 'stripe'),
    ({'card': AMEX},                                             'amex',     'stripe'),
    ({'card': MASTERCARD},                                       'range',    'stripe'),
    ({'metadata': {'ships': 'parts'}},                           'parts',    'stripe'),
    ({'amount': 100, 'capture': 'automatic'},                    'at-once',  'stripe'),
    ({'amount': 100},                                            'rest',     'bank'),
    ({'amount': 5000, 'processor': 'stripe'},                    'request',  'stripe'),
    ({'amount': 100000, 'processor': 'bank'},                    'request',  'bank'),
]


def test_rules_decide_and_history_tells_which(open_routed):
    shop = open_routed(RULES)
    for wish, rule, processor in DECISIONS:
        payment = payment_of(shop, **wish)
        assert (route_of(shop, payment)['rule'], payment['processor']) == (rule, processor), wish
    told = shop.client.metrics()
    assert told['florin_route_decisions_total{rule="big",processor="stripe"}'] == 2
    assert told['florin_route_decisions_total{rule="request",processor="bank"}'] == 1
    shop.gateway.stop()


def test_history_tells_who_is_next_and_who_was_passed_over(open_routed):
    shop = open_routed(RULES)
    plain, euros, parts = payment_of(shop), payment_of(shop, currency='EUR'), payment_of(shop, metadata={'ships': 'parts'})
    assert route_of(shop, plain) == {'rule': 'rest', 'then': ['stripe']}
    assert route_of(shop, euros) == {'rule': 'euros', 'passed_over': [{'processor': 'bank', 'reason': 'currency_not_supported'}]}
    assert route_of(shop, parts) == {'rule': 'parts', 'passed_over': [{'processor': 'bank', 'reason': 'partial_capture_not_supported'}]}
    card = {name: value for name, value in cards.further(3).items() if name != 'cvv'}
    without_cvv = payment_of(shop, card=card)
    assert route_of(shop, without_cvv) == {'rule': 'rest', 'passed_over': [{'processor': 'bank', 'reason': 'cvv_required'}]}


def test_a_payment_stays_where_it_was_begun(open_routed):
    """1. A rule gives it to Stripe. 2. The rules change. 3. It is captured in part and refunded there."""
    shop = open_routed('euros: currency EUR -> stripe\n')
    payment = shop.client.authorize(currency='EUR', card=cards.card('4242424242424242')).expect(201)
    assert payment['processor'] == 'stripe' and payment['processor_refs']['authorization_id'].startswith('pi_')
    shop.gateway.settings['routes_file'].write_text('all: -> bank\n', encoding='utf-8')
    shop.gateway.process.send_signal(signal.SIGHUP)
    until(lambda: shop.gateway.log().count('rules were read') == 2, 'the rules are read again')
    assert shop.client.capture(payment, body={'amount': 3000, 'currency': 'EUR'}).expect(200)['captured_amount'] == 3000
    assert shop.client.refund(payment).expect(200)['state'] == 'refunded'
    assert not shop.asked()


def test_without_a_file_all_go_to_the_bank(shop):
    assert route_of(shop, shop.client.authorized()) == {'rule': 'default'}


def test_a_processor_that_is_not_set_up_is_passed_over(open_routed):
    shop = open_routed('all: -> stripe, bank\n', stripe=None)
    assert 'a rule names a processor that is not set up' in shop.gateway.log()
    payment = shop.client.authorized()
    assert route_of(shop, payment) == {'rule': 'all', 'passed_over': [{'processor': 'stripe', 'reason': 'not_set_up'}]}
    shop.client.authorize(processor='stripe').expect(422, 'processor_not_set_up')
    shop.books_agree()


def test_a_processor_whose_breaker_is_open_is_passed_over(open_routed):
    """1. Stripe cannot be reached. 2. So many payments fail there that its breaker opens. 3. The rule's next one takes them at once."""
    shop = open_routed('all: -> stripe, bank\n', stripe=NOWHERE, answer_within_ms=300)

    def passed_over():
        payment = shop.client.authorized()
        asked = [event['data']['processor'] for event in shop.client.events(payment)]
        return 'stripe' not in asked and route_of(shop, payment)
    route = until(passed_over, 'the breaker opens')
    assert route == {'rule': 'all', 'passed_over': [{'processor': 'stripe', 'reason': 'breaker_open'}]}


# rules                                       wish                  status code
NOBODY = [
    ('a: -> bank',                             {'currency': 'EUR'},  422, 'currency_not_supported'),
    ('a: needs partial_capture -> bank',       {},                   422, 'partial_not_supported'),
    ('a: needs partial_refund -> bank',        {},                   422, 'partial_not_supported'),
    ('a: -> stripe',                           {},                   422, 'processor_not_set_up'),
]


@pytest.mark.parametrize('rules, wish, status, code', NOBODY, ids=lambda value: str(value))
def test_when_nobody_can_take_it_the_nearest_reason_is_told(open_routed, rules, wish, status, code):
    shop = open_routed(rules, stripe=None)
    key, body = fresh_key(), shop.client.wish(**wish)
    first = shop.client.post('/v1/payments', body, key)
    first.expect(status, code)
    again = shop.client.post('/v1/payments', body, key)
    assert again.json['code'] == code
    assert not shop.client.all() and not shop.asked()
    assert shop.client.metrics()['florin_route_decisions_total{rule="a",processor=""}'] >= 1


# --- splits ---

def point_of(payment):
    """Where a payment falls, from 0 to 9999: a second statement of the rule."""
    return int.from_bytes(hashlib.sha256(payment['id'].encode()).digest()[:8], 'big') % 10000


def test_a_split_falls_by_the_payments_id(open_routed):
    shop = open_routed('trial: -> 75% bank, 25% stripe\n')
    for _ in range(24):
        key, body = fresh_key(), shop.client.wish(card=cards.further(1))
        first = shop.client.post('/v1/payments', body, key)
        payment = shop.client.get(first.json.get('payment_id') or first.json['id'])
        assert payment['processor'] == ('bank' if point_of(payment) < 7500 else 'stripe')
        assert route_of(shop, payment) == {'rule': 'trial', 'then': ['stripe' if payment['processor'] == 'bank' else 'bank']}
        assert shop.client.post('/v1/payments', body, key).body == first.body  # a repeat is no new draw
    assert sum(count for name, count in shop.client.metrics().items() if name.startswith('florin_route_decisions_total')) == 24


# --- rules that change ---

def test_rules_are_read_again_without_a_restart(open_routed):
    """1. All go to the bank. 2. The file changes: nothing does. 3. SIGHUP: they go to Stripe."""
    shop = open_routed('all: -> bank\n')
    file = shop.gateway.settings['routes_file']
    assert payment_of(shop)['processor'] == 'bank'
    file.write_text('new: -> stripe\n', encoding='utf-8')
    assert payment_of(shop)['processor'] == 'bank'
    shop.gateway.process.send_signal(signal.SIGHUP)
    until(lambda: shop.gateway.log().count('rules were read') == 2, 'the rules are read again')
    assert route_of(shop, payment_of(shop)) == {'rule': 'new'}


def test_a_bad_file_leaves_the_old_rules(open_routed):
    shop = open_routed('all: -> bank\n')
    shop.gateway.settings['routes_file'].write_text('new: -> stripe\nbad: colour red -> bank\n', encoding='utf-8')
    shop.gateway.process.send_signal(signal.SIGHUP)
    until(lambda: 'the rules were not taken, the old ones stay' in shop.gateway.log(), 'they are refused')
    assert re.search(r'routes\.conf line 2: this rule is never asked', shop.gateway.log())
    assert route_of(shop, payment_of(shop))['rule'] == 'all'


def test_a_gateway_does_not_start_with_a_bad_file(tmp_path, shop):
    file = tmp_path / 'bad.conf'
    file.write_text('a: brand vista -> bank\n', encoding='utf-8')
    settings = {**shop.gateway.settings, 'store': f'sqlite:{tmp_path}/other.db', 'routes_file': file}
    done = subprocess.run([florin_binary(), 'serve', *flags(settings)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert 'bad.conf line 1: behind `brand` stand brands: visa, mastercard' in done.stderr


# --- florin route ---

def test_check_says_what_is_wrong(tmp_path):
    file = tmp_path / 'routes.conf'
    file.write_text(RULES, encoding='utf-8')
    status, told, _ = run('route', '--check', file)
    assert status == 0 and '9 rules, no complaint' in told and '  big -> stripe, bank' in told
    file.write_text('a: -> 50% bank, 49% stripe\n', encoding='utf-8')
    status, _, complaint = run('route', '--check', file)
    assert status == 1 and 'line 1: the shares are 99.00% together; 100% is right' in complaint
    assert run('route')[0] == run('route', '--check', file, '--replay', file)[0] == 2


def test_replay_tells_what_would_be_otherwise(open_routed, tmp_path):
    """1. Four payments to the bank, one because its request named it. 2. Another file. 3. Nothing has changed by asking."""
    shop = open_routed('all: -> bank\n')
    for wish in ({'amount': 7000}, {'amount': 500}, {'metadata': {'club': 'gold'}}, {'processor': 'bank'}, {'card': DINERS}):
        shop.client.authorize(**wish)
    before = shop.client.all()
    file = tmp_path / 'other.conf'
    file.write_text('big: amount USD 7000.. -> stripe, bank\nclub: metadata.club gold -> stripe\nparts: amount USD 500, needs partial_refund -> bank\n'
                    'issuer: bin 30 -> stripe\n', encoding='utf-8')
    names = ('store', 'stripe_url', 'stripe_keys_file')
    words = flags({name: shop.gateway.settings[name] for name in names})
    status, told, _ = run('route', '--replay', file, '--list', *words)
    assert status == 0, told
    rows = {' '.join(line.split()) for line in told.splitlines()}
    assert {'big 1 bank -> stripe', 'club 1 bank -> stripe', 'parts 1 bank -> refused: partial_refund_not_supported',
            'request 1 stay with bank, which their requests named', 'issuer 1 cannot be told: first digits of cards are not kept',
            '2 of 5 payments would go elsewhere, 1 would be refused, of 1 it cannot be told.'} <= rows, told
    assert told.count('pay_') == 3
    assert shop.client.all() == before


def test_replay_decides_a_split_as_the_gateway_did(open_routed):
    shop = open_routed('trial: -> 50% bank, 50% stripe\n')
    for _ in range(8):
        shop.client.authorize()
    words = flags({name: shop.gateway.settings[name] for name in ('store', 'stripe_url', 'stripe_keys_file')})
    status, told, _ = run('route', '--replay', shop.gateway.settings['routes_file'], *words)
    assert status == 0 and told.endswith('0 of 8 payments would go elsewhere, 0 would be refused, of 0 it cannot be told.\n'), told


# --- who is there ---

def test_processors_are_told_with_what_they_can(open_routed):
    shop = open_routed(RULES)
    listed = {row['processor']: row for row in shop.client.look('/v1/processors').expect(200)['data']}
    assert list(listed) == ['bank', 'stripe']
    assert listed['bank'] == {
        'processor': 'bank', 'currencies': ['USD'], 'only_sells': False, 'page': 'none', 'partial_capture': False, 'partial_refund': False,
        'needs_cvv': True, 'needs_email': False, 'steps_up': False,
        'protection': {'authorize': 'key', 'capture': 'state', 'void': 'state', 'refund': 'state'}, 'breaker_open': False}
    assert listed['stripe']['partial_capture'] and {'EUR', 'USD', 'JPY'} <= set(listed['stripe']['currencies'])
    shop.client.look('/v1/processors?limit=1', is_good=False).expect(400, 'param_unknown')


def test_only_those_that_are_set_up_are_told(shared_shop):
    assert [row['processor'] for row in shared_shop.client.look('/v1/processors').expect(200)['data']] == ['bank']
