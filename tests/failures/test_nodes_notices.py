# SPDX-License-Identifier: Apache-2.0
"""A notice comes to whichever node the proxy chooses; what it is about may be another's."""
import hashlib
import hmac
import time

import pytest
from florin_testing.cards import card
from florin_testing.companies import Stripe
from florin_testing.waiting import until

SECRET = 'whsec_florin_test'
PAYS, DISPUTES = '4242424242424242', '4000000000000259'
EARLY = 40  # seconds: nodes look into the store each 15, and the quiet time is a minute


@pytest.fixture
def stripe():
    with Stripe() as company:
        yield company


@pytest.fixture
def house(open_house, stripe, tmp_path):
    keys = tmp_path / 'stripe.keys'
    keys.write_text(f'secret_key = {Stripe.key}\nwebhook_secret = {SECRET}\n')
    keys.chmod(0o600)
    return open_house(stripe_url=stripe.url, stripe_keys_file=keys, stripe_resend_after_ms=60000, answer_within_ms=500)


def bring(client, body):
    """As Stripe brings it."""
    moment = str(int(time.time()))
    code = hmac.new(SECRET.encode(), moment.encode() + b'.' + body.encode(), hashlib.sha256).hexdigest()
    client.ask('POST', '/v1/notices/stripe/default', body.encode(), [('Stripe-Signature', f't={moment},v1={code}')]).expect(200)


def hold(client, number=PAYS, **more):
    return client.authorize(5000, card(number, '123'), processor='stripe', **more)


def test_a_doubt_of_another_node_ends_early(house, stripe):
    one, two = house['one'].client(), house['two'].client()
    payment = hold(one).expect(201)['id']
    stripe.fault('act_then_hang_up', '/v1/payment_intents/*', times=1)
    assert one.change(payment, 'capture').status == 202
    bring(two, stripe.notices('payment_intent.succeeded')[-1]['body'])
    until(lambda: two.get(payment)['state'] == 'captured', 'it is captured', within=EARLY)
    until(lambda: house.ask('SELECT count(*) FROM payer WHERE look_at > 0') == [['0']], 'nobody looks any more', within=EARLY)
    assert [effect for effect in stripe.effects() if effect['repeats_operation']] == []


def test_two_nodes_are_told_the_same(house, stripe):
    one, two = house['one'].client(), house['two'].client()
    payment = hold(one, DISPUTES, capture='automatic').expect(201)['id']
    stripe.advance(seconds=10)
    told = stripe.notices('charge.dispute.created')[-1]['body']
    for client in (two, one):
        bring(client, told)
    until(lambda: [each['state'] for each in one.get(payment)['disputes']] == ['needs_response'], 'it is asked about')
    assert [event['type'] for event in two.events(payment)].count('dispute_changed') == 1
    duplicates = 'florin_notices_total{result="duplicate"}'
    assert one.metrics()[duplicates] + two.metrics()[duplicates] == 1
    two.change(payment, 'refund').expect(409, 'dispute_open')
