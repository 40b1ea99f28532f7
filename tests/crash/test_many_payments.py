# SPDX-License-Identifier: Apache-2.0
"""Many payments against a bank that fails and stalls: all end right, and the books agree to the cent."""
import random

import pytest
from florin_testing.client import fresh_key
from florin_testing.crowd import together
from florin_testing.waiting import until

LIVES = [('capture', 'refund'), ('capture',), ('void',), ()]
STATES = {('capture', 'refund'): 'refunded', ('capture',): 'captured', ('void',): 'voided', (): 'authorized'}

# what                                   payments  at once  bank                                             first back-off
ROWS = [
    ('half-of-all-requests-fail',        500,      50,      {'failure_rate': '0.5', 'latency': '0:20'},      1),  # ten failures in a row are nothing special here
    ('five-percent-and-two-seconds',     2000,     500,     {'failure_rate': '0.05', 'latency': '100:2000'}, 50),
]


def final(ask):
    """The answer once it is not provisional any more, by asking again with the same key."""
    def ask_once():
        answer = ask()
        return answer if answer.status != 202 else None
    return until(ask_once, 'it ends', within=90)


@pytest.mark.parametrize('count, crowd, bank, back_off', [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_all_end_right(open_shop, count, crowd, bank, back_off):
    shop = open_shop(bank=bank, answer_within_ms=20000, bank_resend_after_ms=2200, retry_base_ms=back_off)
    chance = random.Random(count)
    lives = [(chance.choice(LIVES), chance.randrange(1, 100000)) for _ in range(count)]

    def live(life):
        verbs, amount = life
        automatic = verbs[:1] == ('capture',) and amount % 2 == 0
        wish, key = shop.client.wish(amount, capture='automatic' if automatic else 'manual'), fresh_key()
        receipt = final(lambda: shop.client.post('/v1/payments', wish, key)).expect(201)
        for verb in verbs[1:] if automatic else verbs:
            key = fresh_key()
            receipt = final(lambda verb=verb, key=key, receipt=receipt: shop.client.change(receipt, verb, key)).expect(200)
        assert receipt['state'] == STATES[verbs]
        return receipt
    told = {receipt['id']: receipt for receipt in together(crowd, live, lives)}
    receipts = {receipt['id']: receipt for receipt in shop.books_agree()}
    assert receipts == told, 'what was told is not what is kept'
    metrics = shop.client.metrics()
    assert metrics.get('florin_possible_stray_holds_total', 0) == 0, 'a 500 by chance is certain: nothing can be left behind'
    assert shop.bank.summary()['counters']['acted_twice'] == 0
