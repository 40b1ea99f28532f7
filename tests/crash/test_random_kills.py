# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at any moment under load. Clients repeat with the same key; whatever was told stays true, and the books agree."""
import http.client
import os
import random
import threading
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.waiting import until

KILLS = 300 if os.environ.get('FLORIN_LONG') else 30
CLIENTS = 8
LIVES = [('capture', 'refund'), ('capture',), ('void',), ()]
PATIENCE = 40

# Which states may follow one that a client was told of.
LATER = {
    'authorized': {'authorized', 'captured', 'voided', 'refunded'},
    'captured': {'captured', 'refunded'},
    'refunded': {'refunded'}, 'voided': {'voided'},
}


class Merchant(threading.Thread):
    """Pays, captures, voids and refunds, and repeats each request with its key until there is a final answer."""

    def __init__(self, shop, seed):
        super().__init__()
        self.shop, self.client, self.chance = shop, shop.gateway.client(), random.Random(seed)
        self.is_open = True
        self.told = []      # (method's target, body, key, final answer)
        self.trouble = None

    def run(self):
        try:
            while self.is_open:
                self.live()
        except BaseException as trouble:  # told to the test, which fails with it
            self.trouble = trouble

    def live(self):
        amount = self.chance.randrange(1, 100000)
        wish = self.client.wish(amount, capture=self.chance.choice(['manual', 'automatic']))
        receipt = self.insist('/v1/payments', wish, 201)
        if receipt['state'] == 'captured':
            self.insist(f'/v1/payments/{receipt["id"]}/refund', None, 200)
            return
        for verb in self.chance.choice(LIVES):
            self.insist(f'/v1/payments/{receipt["id"]}/{verb}', None, 200)

    def insist(self, target, body, status):
        """The final answer, however often one has to ask."""
        key, deadline = fresh_key(), time.monotonic() + PATIENCE
        while True:
            answer = self.ask(target, body, key)
            if answer is not None and answer.status not in (202, 503):
                break
            assert time.monotonic() < deadline, f'no end of {target} {key}: {answer}'
            time.sleep(0.02)
        receipt = answer.expect(status)
        self.told.append((target, body, key, answer))
        return receipt

    def ask(self, target, body, key):
        try:
            return self.client.post(target, body, key)
        except (OSError, http.client.HTTPException):
            return None


def kill_again_and_again(shop, merchants, kills, chance):
    """Kills and starts, and looks whether all is well."""
    for _ in range(kills):
        time.sleep(chance.uniform(0, 0.4))  # the moment of the kill is the chance of this test
        shop.gateway.kill()
        shop.gateway.start()
        assert all(merchant.trouble is None for merchant in merchants), [merchant.trouble for merchant in merchants]


@pytest.mark.timeout(900 if os.environ.get('FLORIN_LONG') else 120)
@pytest.mark.parametrize('bank', [{'latency': '0:40', 'failure_rate': '0.05'}, {'latency': '0:0'}], ids=['slow-bank', 'quick-bank'])
def test_random_kills_under_load(open_shop, bank):
    shop = open_shop(bank=bank, bank_resend_after_ms=250, retry_base_ms=10, answer_within_ms=2000, log_level='info')
    merchants = [Merchant(shop, seed) for seed in range(CLIENTS)]
    for merchant in merchants:
        merchant.start()
    try:
        kill_again_and_again(shop, merchants, KILLS // 2, random.Random(len(bank)))
    finally:
        for merchant in merchants:
            merchant.is_open = False
        for merchant in merchants:
            merchant.join(2 * PATIENCE)
    assert all(merchant.trouble is None for merchant in merchants), [merchant.trouble for merchant in merchants]
    shop.all_settled()
    receipts = {receipt['id']: receipt for receipt in shop.books_agree()}
    told = [row for merchant in merchants for row in merchant.told]
    assert len(told) >= KILLS, 'hardly anything happened'
    for target, body, key, answer in told:
        assert receipts[answer.json['id']]['state'] in LATER[answer.json['state']], 'what was told is not true any more'
    for target, body, key, answer in told[-200:]:
        again = shop.client.post(target, body, key)
        assert (again.status, again.body) == (answer.status, answer.body)


def test_a_kill_during_the_release_of_holds_that_the_clock_ended(open_shop):
    """1. Twenty holds end by our own clock. 2. Killed when the first is being given back, then again. 3. All are given back, once."""
    shop = open_shop(bank={'auth_expiry_hours': -1, 'latency': '0:50'}, bank_resend_after_ms=200)
    payments = [shop.client.authorized() for _ in range(20)]
    for point in ('operation.record_attempt:3', 'operation.read_answer:5'):
        shop.gateway.kill().start(env={'FLORIN_CRASH_AT': point})
        shop.gateway.wait_for_death(within=40)
    shop.gateway.start()
    def all_released():
        return all(receipt['state'] == 'expired' and receipt['voided_at'] for receipt in shop.client.all())
    until(all_released, 'all holds are given back', within=40, every=0.2)
    assert shop.bank.summary()['voids']['count'] == len(payments)
    shop.all_settled()
    shop.books_agree()


def test_killed_before_it_is_ready_again_and_again(open_shop):
    """Open operations survive a gateway that does not even get up, ten times."""
    shop = open_shop(bank_resend_after_ms=300)
    held = [shop.client.authorized() for _ in range(5)]
    shop.bank.fault('silence', '/api/v1/captures', times=5)
    shop.gateway.restart(answer_within_ms=100)
    for payment in held:
        shop.client.capture(payment, key=payment['id']).expect(202)
    shop.gateway.kill()
    shop.bank.clear_faults()
    for index in range(10):
        shop.gateway.launch()
        time.sleep(0.01 * index)
        shop.gateway.kill()
    shop.gateway.start()
    for payment in held:
        assert shop.settled(payment)['state'] == 'captured'
        shop.client.capture(payment, key=payment['id']).expect(200)
    shop.books_agree()
