# SPDX-License-Identifier: Apache-2.0
"""Flutterwave's notices carry a secret that covers nothing of them: whatever they say, its own answer counts."""
import json

import pytest
from florin_testing.flutterwave import ASKS_BANK, ENCRYPTION_KEY, HOLDS, Flutterwave
from florin_testing.noticed import told_by
from florin_testing.waiting import until

SECRET = 'flw-webhook-secret'
AWAY = {'return_url': 'http://127.0.0.1:1/thanks'}


@pytest.fixture(scope='module')
def shop(tmp_path_factory):
    keys = {'secret_key': Flutterwave.key, 'encryption_key': ENCRYPTION_KEY, 'webhook_secret': SECRET}
    with told_by(Flutterwave, tmp_path_factory.mktemp('flutterwave'), keys) as shop:
        yield shop


@pytest.fixture(autouse=True)
def telling(shop):
    shop.company.change_notices(hold=False)


def hold(shop, which=HOLDS, **more):
    number, expiry, cvv = which
    month, year = (int(part) for part in expiry.split('/'))
    return shop.authorize(10050, {'number': number, 'cvv': cvv, 'expiry_month': month, 'expiry_year': 2000 + year}, currency='NGN',
                          processor='flutterwave', **more)


def tell(shop, event, data, secret=SECRET):
    return shop.ask('POST', shop.target, json.dumps({'event': event, 'data': data}).encode(), [('verif-hash', secret)], is_good=False)


@pytest.mark.parametrize('choice, state', [('approve', 'authorized'), ('refuse', 'declined')])
def test_he_closes_the_tab(shop, choice, state):
    sent = hold(shop, ASKS_BANK, **AWAY).json
    assert sent['state'] == 'requires_action'
    shop.company.visit(sent['next_action']['url'], choice)
    shop.becomes_soon(sent['id'], state)


def test_whoever_knows_the_secret_can_only_make_it_ask(shop):
    """A forged "successful" about a payer who has not been at his bank: it is looked up, and nothing comes of it."""
    sent = hold(shop, ASKS_BANK, **AWAY).json
    reference = next(one['tx_ref'] for one in shop.company.get('transactions').json()['data'] if one['status'] == 'pending')
    history = shop.events(sent['id'])
    asked = len([one for one in shop.company.requests() if 'verify' in one['path']])
    assert tell(shop, 'charge.completed', {'id': 1, 'tx_ref': reference, 'amount': 100.5, 'currency': 'NGN', 'status': 'successful'}).status == 200
    until(lambda: len([one for one in shop.company.requests() if 'verify' in one['path']]) > asked, 'it is asked')
    assert shop.get(sent['id'])['state'] == 'requires_action' and shop.events(sent['id']) == history


@pytest.mark.parametrize('secret', ['FLW-webhook-secret', '', SECRET + 'x'])
def test_another_secret(shop, secret):
    tell(shop, 'charge.completed', {'id': 1}, secret).expect(401, 'signature_invalid')


def test_one_that_lies(shop):
    _, numbers = shop.held(lambda: hold(shop))
    quarantined = shop.count('quarantined')
    shop.company.change_notices(alter=numbers[0], from_='"amount":100.5', to='"amount":100.6', signed=True)
    shop.company.change_notices(release=numbers[:1])
    shop.answered(numbers[0], 200)
    assert shop.count('quarantined') == quarantined + 1


def test_a_chargeback(shop):
    payment = hold(shop, capture='automatic').json
    assert payment['state'] == 'captured'
    flw_ref = payment['processor_refs']['authorization_id'].split(':')[1]
    reference = next(one['tx_ref'] for one in shop.company.get('transactions').json()['data'] if one['flw_ref'] == flw_ref)
    opened = shop.company.control('POST', 'chargebacks', json={'tx_ref': reference, 'amount': '40'})
    told = shop.disputed(payment['id'], 'needs_response')
    assert (told['dispute_id'], told['amount'], told['stage']) == (str(opened['id']), 4000, 'chargeback')
    assert told['evidence_due_at'] is not None
    shop.refund(payment['id']).expect(409, 'dispute_open')
    shop.company.put(f'chargebacks/{opened["id"]}', {'action': 'decline', 'comment': 'no'})
    shop.disputed(payment['id'], 'under_review')
    shop.company.control('POST', 'chargebacks', json={'id': opened['id'], 'status': 'won'})
    shop.disputed(payment['id'], 'won')
