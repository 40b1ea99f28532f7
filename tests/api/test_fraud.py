# SPDX-License-Identifier: Apache-2.0
"""Fraud checks by a file of rules: who is turned away before any processor is asked, what is held until somebody has looked at it, and what
is told of it."""
import re
import signal
import subprocess

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.companies import Stripe
from florin_testing.crowd import at_once
from florin_testing.gateway import flags, run
from florin_testing.processes import florin_binary
from florin_testing.vault import make_master, stored
from florin_testing.waiting import until

HOME, ELSEWHERE = '203.0.113.7', '198.51.100.1'


@pytest.fixture
def open_checked(open_shop, tmp_path):
    """Opens shops with fraud checks: open_checked(rules, ...)."""
    def open_one(rules, **settings):
        file = tmp_path / 'risk.conf'
        file.write_text(rules, encoding='utf-8')
        return open_shop(risk_file=file, **settings)
    return open_one


def from_(address, **more):
    """Members of a payment from there."""
    return {'customer': {'ip_address': address}, **more}


def payment_of(shop, **wish):
    """The receipt of a new payment, as far as it got."""
    answer = shop.client.authorize(**wish)
    assert answer.status in (201, 402), answer
    return shop.client.get(answer.json.get('payment_id') or answer.json['id'])


def risk_of(shop, **wish):
    """(decision, rule) of a new payment; its history tells the same as its receipt."""
    payment = payment_of(shop, **wish)
    told = shop.client.events(payment)[0]['data']['risk']
    assert told == {'decision': payment['risk']['decision'], 'rule': payment['risk']['rule']}
    return told['decision'], told['rule']


# --- limits ---

def test_after_twenty_failures_of_one_client_nobody_is_asked_for_him(open_checked):
    """1. Twenty cards without money. 2. The twenty-first payment is refused, whatever its card. 3. Somebody else pays."""
    shop = open_checked('testing: 20 failures by ip in 1h -> deny\n')
    for _ in range(20):
        answer = shop.client.authorize(card=cards.NO_FUNDS, **from_(HOME))
        answer.expect(402, 'card_declined')
        assert answer.json['decline_code'] == 'insufficient_funds'
    asked = len(shop.asked())
    key, body = fresh_key(), shop.client.wish(**from_(HOME))
    refused = shop.client.post('/v1/payments', body, key)
    assert refused.expect(402, 'card_declined')['decline_code'] == 'fraud_suspected'
    assert len(shop.asked()) == asked

    payment = shop.client.get(refused.json['payment_id'])
    assert payment['state'] == 'declined' and payment['decline_code'] == 'fraud_suspected'
    assert payment['risk'] == {'decision': 'deny', 'rule': 'testing', 'review': None, 'review_ends_at': None}
    assert [(event['type'], event['data'].get('reason')) for event in shop.client.events(payment)] == [
        ('authorize_started', 'denied_by_risk'), ('declined', 'denied_by_risk')]
    assert shop.client.post('/v1/payments', body, key).body == refused.body
    assert shop.client.order(payment['order_id'])['ship'] is False

    assert risk_of(shop, **from_(ELSEWHERE)) == ('allow', 'default')
    assert risk_of(shop) == ('allow', 'default')
    told = shop.client.metrics()
    assert told['florin_risk_decisions_total{rule="testing",decision="deny"}'] == 1
    assert told['florin_risk_decisions_total{rule="default",decision="allow"}'] == 22
    shop.is_whole()


def test_windows_outlive_a_restart(open_checked):
    shop = open_checked('hurry: 2 tries by customer in 1h -> deny\n')
    assert [risk_of(shop, customer_id='c-1')[0] for _ in range(2)] == ['allow', 'allow']
    shop.gateway.kill()
    shop.gateway.start()
    assert risk_of(shop, customer_id='c-1') == ('deny', 'hurry')
    assert risk_of(shop, customer_id='c-2') == ('allow', 'default')


def test_a_crowd_does_not_slip_past_a_limit_of_tries(open_checked):
    shop = open_checked('hurry: 5 tries by email in 1h -> deny\n')
    answers = at_once(20, lambda _: shop.client.authorize(customer={'email': 'Crowd@shop.example'}))
    assert sorted(answer.status for answer in answers) == [201] * 5 + [402] * 15
    assert len(shop.asked('/api/v1/authorizations')) == 5


# subject        a payment of his                                 one of another
SUBJECTS = [
    ('customer', {'customer_id': 'c-1'},                          {'customer_id': 'c-2'}),
    ('email',    {'customer': {'email': 'joe@shop.example'}},     {'customer': {'email': 'jo@shop.example'}}),
    ('email',    {'customer': {'email': 'Joe@Shop.example'}},     {}),
    ('ip',       from_(HOME),                                     from_(ELSEWHERE)),
    ('ip',       from_('2001:db8:1:2::1'),                        from_('2001:db8:1:3::1')),
    ('card',     {'card': cards.further(7)},                      {'card': cards.further(8)}),
    ('bin',      {'card': cards.further(7)},                      {'card': cards.HAPPY}),
]


@pytest.mark.parametrize('subject, his, other', SUBJECTS, ids=lambda value: str(value))
def test_tries_are_counted_by_each_subject(open_checked, subject, his, other):
    shop = open_checked(f'second: 1 tries by {subject} in 1h -> deny\n')
    assert risk_of(shop, **his)[0] == 'allow'
    assert risk_of(shop, **other)[0] == 'allow'
    assert risk_of(shop, **his)[0] == 'deny'


def test_a_line_with_ipv6_is_one_client(open_checked):
    shop = open_checked('second: 1 tries by ip in 1h -> deny\n')
    assert risk_of(shop, **from_('2001:db8:1:2::1'))[0] == 'allow'
    assert risk_of(shop, **from_('2001:DB8:1:2:ffff::9'))[0] == 'deny'
    assert risk_of(shop, **from_('::ffff:203.0.113.7'))[0] == 'allow'
    assert risk_of(shop, **from_(HOME))[0] == 'deny'


# --- lists ---

RULES = '''
# name    when                                       decision
friends:  customer vip-1 "vip 2"                  -> allow
network:  ip 203.0.113.0/24 2001:db8::/32         -> deny
mail:     email joe@bad.example @worse.example    -> deny
range:    bin 555555..555599                      -> review
large:    amount USD 100000.. EUR 90000..         -> review
'''

# wish                                                              decision  rule
DECISIONS = [
    ({},                                                             'allow',  'default'),
    (from_(HOME),                                                    'deny',   'network'),
    (from_(HOME, customer_id='vip-1'),                               'allow',  'friends'),
    (from_(ELSEWHERE),                                               'allow',  'default'),
    (from_('2001:db8::1'),                                           'deny',   'network'),
    ({'customer': {'email': 'Joe@Bad.example'}},                     'deny',   'mail'),
    ({'customer': {'email': 'anybody@worse.example'}},               'deny',   'mail'),
    ({'card': cards.NO_FUNDS},                                       'review', 'range'),
    ({'amount': 100000},                                             'review', 'large'),
    ({'amount': 99999},                                              'allow',  'default'),
]


def test_the_first_rule_that_fits_decides(open_checked):
    shop = open_checked(RULES)
    for wish, decision, rule in DECISIONS:
        assert risk_of(shop, **wish) == (decision, rule), wish


def test_a_card_is_named_by_its_fingerprint(open_checked, tmp_path):
    """1. A token tells the fingerprint. 2. It stands in the file. 3. The card is refused, by token and by itself; another one is not."""
    master = make_master(tmp_path)
    shop = open_checked('rest: -> allow\n', master_key_file=master)
    token = stored(shop.client, cards.further(7))
    change_rules(shop, f'stolen: card {token["fingerprint"]} -> deny\n')
    refused = shop.client.authorize(card=cards.further(7))
    assert refused.expect(402)['decline_code'] == 'fraud_suspected'
    risk = shop.client.events(refused.json['payment_id'])[0]['data']['risk']
    assert risk == {'decision': 'deny', 'rule': 'stolen', 'card_fingerprint': token['fingerprint']}
    wish = {name: value for name, value in shop.client.wish().items() if name != 'card'}
    shop.client.post('/v1/payments', {**wish, 'token': token['id']}).expect(402)
    assert shop.client.authorize(card=cards.further(8)).status == 201


@pytest.mark.parametrize('when_down, decision', [('allow', 'allow'), ('review', 'review'), ('deny', 'deny')])
def test_a_fingerprint_that_cannot_be_had_is_decided_by_the_policy(open_checked, when_down, decision):
    shop = open_checked(f'stolen: card {"0" * 32} -> deny\n', risk_when_down=when_down)
    assert risk_of(shop) == (decision, 'default' if when_down == 'allow' else 'stolen')
    assert 'a rule lists cards, and their fingerprints cannot be had until the vault is open' in shop.gateway.log()


def test_without_rules_nothing_is_told(shop):
    payment = shop.client.authorized(**from_(HOME))
    assert payment['risk'] is None and 'risk' not in shop.client.events(payment)[0]['data']
    shop.client.post(f'/v1/payments/{payment["id"]}/review', {'decision': 'approve'}).expect(409, 'no_open_review')
    shop.client.captured()
    shop.is_whole()


# --- reviews ---

def review(shop, payment, decision, key=None):
    return shop.client.post(f'/v1/payments/{payment["id"]}/review', {'decision': decision}, key)


def held_payment(shop, **wish):
    """One that waits for a review."""
    payment = shop.client.authorized(**wish)
    assert payment['state'] == 'authorized' and payment['risk']['review'] == 'open'
    assert payment['authorized_at'] < payment['risk']['review_ends_at'] < payment['expires_at']
    return payment


def test_a_held_payment_is_captured_on_approval(open_checked):
    """1. It is held, not shipped and not captured. 2. Approved, by hand. 3. It is taken."""
    shop = open_checked('all: -> review\n')
    payment = held_payment(shop)
    shop.client.capture(payment).expect(409, 'not_approved')
    assert shop.client.order(payment['order_id'])['reason'] == 'under_review'
    assert [one['id'] for one in shop.client.all(review='open')] == [payment['id']]
    assert shop.client.metrics()['florin_open_reviews'] == 1
    key = fresh_key()
    approved = review(shop, payment, 'approve', key)
    assert approved.expect(200)['risk'] == {'decision': 'review', 'rule': 'all', 'review': 'approved', 'review_ends_at': None}
    assert shop.client.order(payment['order_id'])['ship'] is True
    assert not shop.client.all(review='open') and shop.client.metrics()['florin_open_reviews'] == 0
    assert shop.client.capture(payment).expect(200)['state'] == 'captured'
    assert review(shop, payment, 'approve', key).body == approved.body
    review(shop, payment, 'decline').expect(409, 'no_open_review')
    assert [event['type'] for event in shop.client.events(payment)] == [
        'authorize_started', 'authorized', 'review_approved', 'capture_started', 'captured']
    shop.is_whole()


def test_an_automatic_payment_is_captured_by_its_approval(open_checked):
    shop = open_checked('all: -> review\n')
    payment = held_payment(shop, capture='automatic')
    assert not shop.asked('/api/v1/captures')
    assert review(shop, payment, 'approve').expect(200)['state'] == 'captured'
    shop.is_whole()


def test_a_held_payment_is_voided_when_it_is_declined(open_checked):
    shop = open_checked('all: -> review\n')
    payment = held_payment(shop, capture='automatic')
    key = fresh_key()
    declined = review(shop, payment, 'decline', key)
    assert (declined.expect(200)['state'], declined.json['risk']['review']) == ('voided', 'declined')
    assert review(shop, payment, 'decline', key).body == declined.body
    review(shop, payment, 'approve', key).expect(422, 'idempotency_key_reused')
    review(shop, payment, 'approve').expect(409, 'no_open_review')
    assert [event['type'] for event in shop.client.events(payment)] == [
        'authorize_started', 'authorized', 'review_declined', 'void_started', 'voided']
    shop.is_whole()


def test_a_decline_whose_void_is_in_doubt_is_told_so(open_checked):
    shop = open_checked('all: -> review\n', answer_within_ms=300, bank_resend_after_ms=1500)
    payment = held_payment(shop)
    shop.bank.fault('act_then_hang_up', '/api/v1/voids')
    assert review(shop, payment, 'decline').expect(202)['risk']['review'] == 'declined'
    assert shop.client.settled(payment)['state'] == 'voided'
    shop.is_whole()


def test_the_merchant_may_give_up_by_himself(open_checked):
    shop = open_checked('all: -> review\n')
    payment = held_payment(shop)
    voided = shop.client.void(payment).expect(200)
    assert (voided['state'], voided['risk']['review']) == ('voided', 'closed')
    review(shop, payment, 'approve').expect(409, 'no_open_review')


def test_two_reviewers_at_once(open_checked):
    shop = open_checked('all: -> review\n')
    payment = held_payment(shop, capture='automatic')
    answers = at_once(8, lambda i: review(shop, payment, 'approve' if i % 2 else 'decline'))
    assert [answer.status for answer in answers].count(200) == 1, answers
    receipt = shop.settled(payment)
    assert (receipt['state'], receipt['risk']['review']) in {('captured', 'approved'), ('voided', 'declined')}
    shop.is_whole()


# body                                        code             pointer
BAD_REVIEWS = [
    ({},                                       'param_missing', '/decision'),
    ({'decision': 'maybe'},                    'param_invalid', '/decision'),
    ({'decision': True},                       'param_invalid', '/decision'),
    ({'decision': 'approve', 'amount': 1},     'param_unknown', '/amount'),
]


@pytest.mark.parametrize('body, code, pointer', BAD_REVIEWS, ids=str)
def test_a_review_that_says_nothing(shared_shop, body, code, pointer):
    payment = shared_shop.client.authorized()
    answer = shared_shop.client.post(f'/v1/payments/{payment["id"]}/review', body, is_good=False)
    assert answer.expect(400)['errors'] == [{'pointer': pointer, 'code': code}]


def test_a_review_of_nothing(shared_shop):
    review(shared_shop, {'id': 'pay_' + '0' * 36}, 'approve').expect(404, 'not_found')


# --- who can take it ---

def write_private(path, text):
    """A file for its owner only."""
    path.write_text(text, encoding='utf-8')
    path.chmod(0o600)
    return path


@pytest.fixture
def open_with_others(open_checked, tmp_path):
    """Opens shops with fraud checks in which the bank is the last choice, behind Paystack, which is away, and Stripe."""
    routes = tmp_path / 'routes.conf'
    routes.write_text('sellers: capture automatic -> paystack, bank\nrest: -> bank, stripe\n', encoding='utf-8')
    with Stripe() as company:
        def open_one(rules):
            return open_checked(rules, routes_file=routes, stripe_url=company.url, paystack_url='http://127.0.0.1:1',
                                stripe_keys_file=write_private(tmp_path / 'stripe.keys', f'secret_key = {company.key}\n'),
                                paystack_keys_file=write_private(tmp_path / 'paystack.keys', 'secret_key = sk_test_florin\n'))
        yield open_one


def test_a_review_goes_to_somebody_who_can_hold(open_with_others):
    """The same payment would have been sold at once: what may come under review depends on what was counted, and so does who takes it."""
    shop = open_with_others('second: 1 tries by customer in 1h -> review\n')
    wish = {'customer_id': 'c-1', 'capture': 'automatic', 'customer': {'email': 'joe@shop.example'}}
    first = shop.client.authorize(**wish).expect(201)  # the seller is not there, so it went on
    assert shop.client.events(first)[0]['data']['route'] == {'rule': 'sellers', 'then': ['bank']}
    payment = held_payment(shop, **wish)
    assert payment['processor'] == 'bank'
    route = shop.client.events(payment)[0]['data']['route']
    assert route == {'rule': 'sellers', 'passed_over': [{'processor': 'paystack', 'reason': 'hold_not_supported'}]}
    assert review(shop, payment, 'approve').expect(200)['state'] == 'captured'


def test_a_step_up_goes_to_somebody_who_can_ask(open_with_others):
    """The card's bank would not ask; the fraud checks do."""
    shop = open_with_others('all: -> step_up\n')
    payment = shop.client.authorize(card=cards.LIMIT, return_url='https://shop.example/thanks').expect(201)
    assert (payment['processor'], payment['state'], payment['risk']['decision']) == ('stripe', 'requires_action', 'step_up')
    route = shop.client.events(payment)[0]['data']['route']
    assert route == {'rule': 'rest', 'passed_over': [{'processor': 'bank', 'reason': 'step_up_not_possible'}]}
    refused = shop.client.authorize(card=cards.LIMIT)
    assert refused.expect(402, 'card_declined')['decline_code'] == 'authentication_required'
    assert not shop.asked()


# --- the request ---

@pytest.mark.parametrize('address', ['', '203.0.113', '203.0.113.256', 'shop.example', '203.0.113.7:80', 'fe80::1%eth0', 7, None])
def test_an_address_that_is_none(shared_shop, address):
    answer = shared_shop.client.post('/v1/payments', shared_shop.client.wish(**from_(address)), is_good=False)
    assert answer.expect(400)['errors'][0]['pointer'] == '/customer/ip_address'


def test_addresses_and_first_digits_are_not_kept(open_checked):
    """Rules count by all of them; what is on disk tells neither."""
    subjects = ('card', 'bin', 'email', 'customer', 'ip')
    shop = open_checked(''.join(f'{subject}: 9 tries by {subject} in 1h -> deny\n' for subject in subjects))
    assert risk_of(shop, card=cards.further(4711), **from_(HOME))[0] == 'allow'
    shop.gateway.stop()
    path = shop.gateway.settings['store'].removeprefix('sqlite:')
    with open(path, 'rb') as file:
        stored_bytes = file.read()
    assert HOME.encode() not in stored_bytes and cards.further(4711)['number'][:8].encode() not in stored_bytes


# --- rules that change ---

def change_rules(shop, rules):
    """Puts other rules in place and waits until they hold."""
    before = shop.gateway.log().count('fraud checks were read')
    shop.gateway.settings['risk_file'].write_text(rules, encoding='utf-8')
    shop.gateway.process.send_signal(signal.SIGHUP)
    until(lambda: shop.gateway.log().count('fraud checks were read') > before, 'the rules are read again')


def test_rules_are_read_again_without_a_restart(open_checked):
    shop = open_checked('all: -> deny\n')
    assert risk_of(shop) == ('deny', 'all')
    change_rules(shop, 'none: amount USD 1 -> deny\n')
    assert risk_of(shop) == ('allow', 'default')


def test_a_bad_file_leaves_the_old_rules(open_checked):
    shop = open_checked('all: -> deny\n')
    shop.gateway.settings['risk_file'].write_text('fine: bin 4 -> allow\nbad: colour red -> deny\n', encoding='utf-8')
    shop.gateway.process.send_signal(signal.SIGHUP)
    until(lambda: 'the fraud checks were not taken, the old ones stay' in shop.gateway.log(), 'they are refused')
    assert re.search(r'risk\.conf line 2: \W*colour', shop.gateway.log())
    assert risk_of(shop) == ('deny', 'all')


def test_a_gateway_does_not_start_with_a_bad_file(tmp_path, shop):
    file = tmp_path / 'bad.conf'
    file.write_text('a: 20 failures -> deny\n', encoding='utf-8')
    settings = {**shop.gateway.settings, 'store': f'sqlite:{tmp_path}/other.db', 'risk_file': file}
    done = subprocess.run([florin_binary(), 'serve', *flags(settings)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and 'bad.conf line 1: a limit is `20 failures by ip in 1h`' in done.stderr
    settings = {**shop.gateway.settings, 'store': f'sqlite:{tmp_path}/other.db', 'risk_when_down': 'perhaps'}
    done = subprocess.run([florin_binary(), 'serve', *flags(settings)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and 'risk_when_down is allow, review or deny' in done.stderr


def test_check_says_what_is_wrong(tmp_path):
    file = tmp_path / 'risk.conf'
    file.write_text(RULES + 'testing: 20 failures by ip in 1h -> deny\n', encoding='utf-8')
    status, told, _ = run('risk', '--check', file)
    assert status == 0 and '6 rules, no complaint' in told
    assert '  testing: 20 failures by ip in 3600s -> deny' in told and '  friends: 2 listed -> allow' in told
    file.write_text('a: -> maybe\n', encoding='utf-8')
    status, _, complaint = run('risk', '--check', file)
    assert status == 1 and 'line 1: behind `->` stands one decision: allow, step_up, review or deny' in complaint
    assert run('risk')[0] == 2
