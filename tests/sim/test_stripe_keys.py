# SPDX-License-Identifier: Apache-2.0
"""The simulated Stripe: keys, faults, who may call, what may be given; and that the book counts what was done twice."""
import concurrent.futures
import subprocess
import time

import pytest
import requests
from florin_testing.companies import Stripe, as_form
from florin_testing.processes import Process, florin_binary
from florin_testing.waiting import until

SALE = {'amount': 1099, 'currency': 'usd', 'confirm': True, 'payment_method': 'pm_card_visa', 'payment_method_types': ['card']}


@pytest.fixture(scope='module')
def calm():
    with Stripe() as simulator:
        yield simulator


@pytest.fixture
def stripe():
    with Stripe() as simulator:
        yield simulator


# --- Keys ---

def test_a_key_gives_the_same_answer_again(calm):
    first, again = calm.pay(key='same'), calm.pay(key='same')
    assert (first.content, first.status_code) == (again.content, again.status_code)
    assert 'Idempotent-Replayed' not in first.headers and again.headers['Idempotent-Replayed'] == 'true'
    assert again.headers['Idempotency-Key'] == 'same' and len(calm.effects(key='same')) == 1


def test_a_decline_is_kept_too(calm):
    first, again = (calm.pay('pm_card_chargeDeclined', key='declined') for _ in range(2))
    assert first.status_code == again.status_code == 402 and first.content == again.content


def test_a_refusal_of_a_state_is_kept_and_one_of_parameters_is_not(calm):
    intent = calm.pay(capture_method='automatic').json()['id']
    path = f'payment_intents/{intent}/capture'
    assert calm.post(path, key='state').status_code == calm.post(path, key='state').status_code == 400
    assert calm.requests(last=1)[0]['replayed']
    assert calm.pay(amount=5, key='small').json()['error']['code'] == 'amount_too_small'
    assert calm.pay(amount=500, key='small').status_code == 200


def test_a_key_is_not_used_for_something_else(calm):
    calm.pay(key='taken')
    for answer in (calm.pay(key='taken', amount=2000), calm.post('customers', key='taken')):
        assert answer.status_code == 400 and answer.json()['error']['type'] == 'idempotency_error'
    assert len(calm.effects(key='taken')) == 1


def test_the_order_of_parameters_does_not_matter(calm):
    form = as_form({'amount': 1099, 'currency': 'usd', 'metadata': {'a': 1, 'b': 2}})
    answers = [calm.session.post(f'{calm.url}/v1/payment_intents', data=pairs, auth=(calm.key, ''), headers={'Idempotency-Key': 'order'})
               for pairs in (form, form[::-1])]
    assert answers[0].content == answers[1].content


def test_a_key_under_way_is_told(stripe):
    stripe.settings(latency_ms='600:600')
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(stripe.pay, key='twin')
        until(lambda: stripe.requests(last=1), 'the first has come')
        second = stripe.pay(key='twin')
        assert second.status_code == 409 and second.json()['error']['code'] == 'idempotency_key_in_use'
        assert second.headers['Stripe-Should-Retry'] == 'true'
        assert first.result().status_code == 200
    assert stripe.pay(key='twin').content == first.result().content
    assert len(stripe.effects()) == 1


def test_a_key_is_forgotten_after_a_day(stripe):
    first = stripe.pay(key='old').json()['id']
    stripe.advance(hours=23)
    assert stripe.pay(key='old').json()['id'] == first
    stripe.advance(hours=2)
    assert stripe.pay(key='old').json()['id'] != first
    book = stripe.book(key='old')
    assert book['keys_repeated'] == 1 and [effect['repeats_key'] for effect in book['effects']] == [False, True]


def test_accounts_have_keys_of_their_own(calm):
    ids = {calm.post('payment_intents', SALE, 'account', Stripe_Account=account).json()['id'] for account in ('acct_1', 'acct_2')}
    assert len(ids) == 2


def test_the_book_counts_what_was_done_twice_for_one_payment(stripe):
    for key in ('one', 'two'):
        stripe.pay(key=key, metadata={'gateway_payment_id': 'p1'})
    book = stripe.book(operation='p1')
    assert (book['operations_repeated'], book['keys_repeated'], len(book['effects'])) == (1, 0, 2)
    assert stripe.book(summary=1)['totals'] == {'authorization': {'usd': {'count': 2, 'amount': 2198}}}


# --- Faults: name, status (None: no answer), effects after the first call, status of a second with the same key, effects after it ---

FAULTS = [
    ('fail',              500,  0, 200, 1),
    ('refuse_500',        500,  0, 200, 1),
    ('refuse_500_kept',   500,  0, 500, 0),
    ('act_then_500',      500,  1, 200, 1),
    ('act_then_500_kept', 500,  1, 500, 1),
    ('act_then_hang_up',  None, 1, 200, 1),
    ('hang_up',           None, 0, 200, 1),
    ('hang_up_halfway',   None, 1, 200, 1),
    ('truncate',          None, 1, 200, 1),
    ('late',              200,  1, 200, 1),
    ('slow',              200,  1, 200, 1),
    ('twice',             200,  1, 200, 1),
    ('rate_limited',      429,  0, 200, 1),
    ('key_in_use',        409,  0, 200, 1),
    ('garbage',           200,  1, 200, 1),
    ('html_502',          502,  0, 200, 1),
    ('act_then_502',      502,  1, 200, 1),
    ('plain_400',         400,  0, 200, 1),
    ('empty_200',         200,  1, 200, 1),
    ('huge',              200,  1, 200, 1),
    ('forget_key',        200,  1, 200, 2),
]


@pytest.mark.parametrize('fault, status, effects, second_status, second_effects', FAULTS)
def test_a_fault(calm, fault, status, effects, second_status, second_effects):
    calm.fault(fault, '/v1/payment_intents', latency_ms=20)
    if status is None:
        with pytest.raises(requests.exceptions.RequestException):
            calm.ask('POST', 'payment_intents', SALE, key=fault, checked=False).json()
    else:
        assert calm.ask('POST', 'payment_intents', SALE, key=fault, checked=False).status_code == status
    assert len(calm.effects('authorization', key=fault)) == effects
    calm.session.close()  # what came twice must not be taken for the next answer
    assert calm.ask('POST', 'payment_intents', SALE, key=fault).status_code == second_status
    assert len(calm.effects('authorization', key=fault)) == second_effects


@pytest.mark.parametrize('fault, member, told', [('wrong_amount', 'amount', 1098), ('wrong_amount', 'amount_received', 1098),
                                                ('wrong_currency', 'currency', 'eur')])
def test_an_answer_that_lies(calm, fault, member, told):
    calm.fault(fault, '/v1/payment_intents')
    lie = calm.post('payment_intents', SALE).json()
    assert lie[member] == told
    assert calm.get(f'payment_intents/{lie["id"]}').json()[member] != told


def test_an_answer_about_another_payment(calm):
    calm.fault('wrong_id', '/v1/payment_intents')
    lie = calm.post('payment_intents', SALE, key='lie').json()['id']
    assert calm.get(f'payment_intents/{lie}').status_code == 404
    assert lie[:-1] == calm.effects(key='lie')[0]['parent'][:-1]


def test_ignored_keys_act_again(stripe):
    stripe.pay(key='k')
    stripe.fault('ignore_key')
    stripe.pay(key='k')
    assert stripe.book()['keys_repeated'] == 1


def test_a_fault_for_one_card_only(stripe):
    stripe.fault('refuse_500', card='5555555555554444', times=0)
    card = {'type': 'card', 'card': {'number': '5555555555554444', 'exp_month': 12, 'exp_year': 2030}}
    assert stripe.pay().status_code == 200
    assert stripe.pay(None, payment_method_data=card).status_code == 500


def test_failures_by_chance_do_nothing(stripe):
    stripe.settings(failure_rate='1')
    assert stripe.pay(key='k').json()['error']['type'] == 'api_error'
    stripe.settings(failure_rate='0')
    assert stripe.effects() == [] and stripe.pay(key='k').status_code == 200


def test_a_silent_company_is_stopped_all_the_same(stripe):
    stripe.fault('act_then_silence')
    with pytest.raises(requests.exceptions.Timeout):
        stripe.session.post(f'{stripe.url}/v1/payment_intents', data=as_form(SALE), auth=(stripe.key, ''), timeout=0.5)
    assert len(stripe.effects('authorization')) == 1
    start = time.monotonic()
    assert stripe.stop() == 0 and time.monotonic() - start < 20


# --- Who may call, and what may be given ---

@pytest.mark.parametrize('more, status', [
    ({'auth': ('sk_test_florin', '')}, 200),
    ({'headers': {'Authorization': 'Bearer sk_test_florin'}}, 200),
    ({'headers': {'Authorization': 'Bearer sk_test_other'}}, 401),
    ({'auth': ('sk_test_other', '')}, 401),
    ({'headers': {'Authorization': 'Basic ???'}}, 401),
    ({}, 401),
])
def test_who_may_call(calm, more, status):
    answer = calm.check(requests.get(f'{calm.url}/v1/payment_intents', timeout=30, **more))
    assert answer.status_code == status


@pytest.mark.parametrize('given, code, param', [
    ({}, 'parameter_missing', 'amount'),
    ({'amount': 1099}, 'parameter_missing', 'currency'),
    ({'amount': 'ten', 'currency': 'usd'}, 'parameter_invalid_integer', 'amount'),
    ({'amount': 10.5, 'currency': 'usd'}, 'parameter_invalid_integer', 'amount'),
    ({'amount': 49, 'currency': 'usd'}, 'amount_too_small', 'amount'),
    ({'amount': 100000000, 'currency': 'usd'}, 'amount_too_large', 'amount'),
    ({'amount': 1099, 'currency': 'zzz'}, None, 'currency'),
    ({'amount': 1005, 'currency': 'kwd'}, None, 'amount'),
    ({'amount': 1099, 'currency': 'usd', 'colour': 'red'}, 'parameter_unknown', 'colour'),
    ({'amount': 1099, 'currency': 'usd', 'payment_method_data': {'type': 'card', 'card': {'colour': 1}}}, 'parameter_unknown',
     'payment_method_data[card][colour]'),
    ({'amount': 1099, 'currency': 'usd', 'capture_method': 'later'}, None, 'capture_method'),
    ({'amount': 1099, 'currency': 'usd', 'payment_method': 'pm_none'}, 'resource_missing', 'payment_method'),
    ({'amount': 1099, 'currency': 'usd', 'customer': 'cus_none'}, 'resource_missing', 'customer'),
    ({'amount': 1099, 'currency': 'usd', 'confirm': True, 'payment_method_types': ['card']}, 'parameter_missing', 'payment_method'),
    ({'amount': 1099, 'currency': 'usd', 'payment_method_types': ['sepa_debit']}, 'payment_intent_invalid_parameter',
     'payment_method_types'),
])
def test_what_cannot_be_asked(calm, given, code, param):
    answer = calm.post('payment_intents', given)
    error = answer.json()['error']
    assert (answer.status_code, error['type'], error.get('code'), error['param']) == (400, 'invalid_request_error', code, param)


@pytest.mark.parametrize('amount, currency', [(50, 'jpy'), (1000, 'KWD'), (500, 'isk')])
def test_currencies_with_other_exponents(calm, amount, currency):
    assert calm.post('payment_intents', {'amount': amount, 'currency': currency}).json()['currency'] == currency.lower()


@pytest.mark.parametrize('body', ['a=1&a[b]=2', 'a[=1', '[a]=1', 'amount=%zz', 'a' + '[a]' * 9 + '=1'])
def test_what_is_no_form(calm, body):
    answer = requests.post(f'{calm.url}/v1/payment_intents', data=body, auth=(calm.key, ''), timeout=30,
                           headers={'Content-Type': 'application/x-www-form-urlencoded'})
    assert calm.check(answer).status_code == 400


@pytest.mark.parametrize('body', ['amount=1099&currency=usd&metadata[a b]=%C3%A9', 'amount=1099&currency=usd&metadata%5Ba%20b%5D=%c3%a9',
                                  'amount=1099&currency=usd&metadata%5Ba+b%5D=%C3%A9&payment_method_types[]=card'])
def test_brackets_may_be_encoded(calm, body):
    answer = requests.post(f'{calm.url}/v1/payment_intents', data=body, auth=(calm.key, ''), timeout=30,
                           headers={'Content-Type': 'application/x-www-form-urlencoded'})
    assert calm.check(answer).json()['metadata'] == {'a b': 'é'}


def test_elsewhere_is_nothing(calm):
    for method, path in (('GET', 'nothing'), ('DELETE', 'refunds'), ('POST', 'payment_intents/pi_1/nothing')):
        answer = calm.ask(method, path, checked=False)
        assert (answer.status_code, answer.json()['error']['type']) == (404, 'invalid_request_error')


@pytest.mark.parametrize('path', ['charges/ch_none', 'refunds/re_none', 'disputes/dp_none', 'customers/cus_none', 'events/evt_none',
                                  'payment_methods/pm_none', 'setup_intents/seti_none', 'payment_intents/pi_none',
                                  'webhook_endpoints/we_none'])
def test_what_does_not_exist(calm, path):
    answer = calm.get(path)
    assert (answer.status_code, answer.json()['error']['code']) == (404, 'resource_missing')


# --- Commands ---

def test_all_of_them_run_in_one_process():
    with Process('sim', 'all', '--listen', '127.0.0.1:0', '--quiet', '--failure-rate', '0', name='sim all') as every:
        until(lambda: b'sim stripe: ready on' in every.output or every.is_running(), 'all are ready')
        lines = dict(line.split(': ready on ') for line in every.output.decode().splitlines())
        assert {'florin sim bank', 'florin sim stripe'} <= set(lines)
        assert requests.get(f'http://{lines["florin sim bank"]}/health', timeout=30).status_code == 200
        assert requests.get(f'http://{lines["florin sim stripe"]}/v1/events', auth=('sk_test_florin', ''), timeout=30).status_code == 200
        assert every.stop() == 0


@pytest.mark.parametrize('words, status, says', [
    (['sim', 'stripe', '--no-such-flag'], 2, 'florin sim stripe: there is no flag --no-such-flag'),
    (['sim', 'all', '--notify', 'x'], 2, 'florin sim all: there is no flag --notify'),
    (['sim', 'stripe', '--listen', 'nowhere'], 1, 'cannot listen on nowhere'),
])
def test_a_wrong_command_line_says_what_would_be_right(words, status, says):
    done = subprocess.run([florin_binary(), *words], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, says in done.stderr) == (status, True), done.stderr


def test_settings_have_a_section_of_their_own():
    with Stripe(environment={'FLORIN_SIM_STRIPE_KEY': 'sk_test_mine', 'FLORIN_LISTEN': 'not for it'}) as own:
        assert own.get('events').status_code == 401
        own.key = 'sk_test_mine'
        assert own.get('events').status_code == 200
