# SPDX-License-Identifier: Apache-2.0
"""Many payments by a rule that names Stripe first and the bank behind it, while Stripe goes wrong in one way after the other.

    well ──▶ hangs ──▶ well ──▶ refuses ──▶ well ──▶ acts and fails ──▶ well ──▶ ...

Merchants send a payment each and do not wait for one that is in doubt. In the end Stripe is well, and each key is repeated until it has its
final answer. Then both books are held against the receipts: all ended right, none is in a book twice or in both.
"""
import collections
import dataclasses
import random
import time

from florin_testing import books, cards
from florin_testing.client import fresh_key, id_of
from florin_testing.companies import Stripe
from florin_testing.crowd import together
from florin_testing.door import Door
from florin_testing.shop import Shop
from florin_testing.waiting import until

AT_ONCE = 16
FAILURES_TO_OPEN = 20
INTENTS = '/v1/payment_intents'
SETTINGS = {'stripe_timeout_ms': 1000, 'stripe_resend_after_ms': 300, 'answer_within_ms': 600, 'bank_resend_after_ms': 300,
            'retry_base_ms': 20, 'log_level': 'warn'}

# What Stripe says to these numbers; the bank has issued all of them and takes them.
TAKEN = 'pays'
NUMBERS = {'4000000000000002': 'goes on', '4000000000000119': 'goes on', '4000000000000341': 'goes on', '4000000000009995': 'no',
           '4000000000009979': 'no'}


@dataclasses.dataclass
class Part:
    """One stretch of the run, with Stripe in one state, and what was seen of it."""
    name: str
    payments: list = dataclasses.field(default_factory=list)  # (key, wish, the first answer)
    asked_stripe: int = 0  # payments that were sent there first
    failures: int = 0      # payments that it failed
    late: int = 0          # sent there after so many failures that nobody should be: probes
    seconds_until_back: float = 0


ANSWERS_AT_LAST = 'acts and says 500'  # and the truth to the second try with that key: it is well enough to be asked


def troubles():
    """Names, and what brings each about: a fault of Stripe, or a door that is shut."""
    return [
        ('hangs', lambda storm: storm.stripe.fault('silence', INTENTS, times=0)),
        ('refuses', lambda storm: storm.door.shut()),
        ('acts and hangs up', lambda storm: storm.stripe.fault('act_then_hang_up', INTENTS, times=0)),
        ('is busy', lambda storm: storm.stripe.fault('rate_limited', '*', times=0)),
        ('acts and hangs', lambda storm: storm.stripe.fault('act_then_silence', INTENTS, times=0)),
        (ANSWERS_AT_LAST, lambda storm: storm.stripe.fault('act_then_500', INTENTS, times=0)),
    ]


class Storm:
    """Both companies, a gateway before them, and so many payments."""

    def __init__(self, folder, count, seed=1):
        self.chance, self.parts, self.shut = random.Random(seed), [], False
        self.count_of_part = max(1, count // (2 * len(troubles())))
        self.stripe = Stripe(seed=seed)
        self.door = Door(self.stripe.address)
        keys, rules = folder / 'stripe.keys', folder / 'routes.conf'
        keys.write_text(f'secret_key = {Stripe.key}\n', encoding='utf-8')
        keys.chmod(0o600)
        rules.write_text('all: -> stripe, bank\n', encoding='utf-8')
        self.shop = Shop(folder / 'shop', routes_file=rules, stripe_url=self.door.url, stripe_keys_file=keys, **SETTINGS)
        self.client = self.shop.client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.shop.close()
        finally:
            self.door.cut()
            self.stripe.__exit__()

    def run(self):
        """All of it. Gives what was seen, part by part."""
        for name, begin in troubles():
            self.pay('well')
            begin(self)
            self.pay(name)
            self.heal(name)
            self.parts[-1].seconds_until_back = self.wait_until_it_is_back()
        receipts = self.hear_the_end()
        self.check(receipts)
        self.measure()
        return self.parts

    # --- payments ---

    def wish(self):
        number = self.chance.choice(list(NUMBERS)) if self.chance.random() < 0.2 else cards.further(20 + self.chance.randrange(70))['number']
        return self.client.wish(self.chance.randrange(100, 5000), cards.card(number, year=2049))

    def pay(self, name):
        """A part of the run."""
        wishes = [(fresh_key(), self.wish()) for _ in range(self.count_of_part)]
        answers = together(AT_ONCE, lambda one: self.client.post('/v1/payments', one[1], one[0]), wishes)
        self.parts.append(Part(name, [(*one, answer) for one, answer in zip(wishes, answers)]))

    def heal(self, name):
        """Stripe is well again; whatever it did meanwhile stands in its book."""
        if name == 'refuses':
            self.door.open()
        self.stripe.control('DELETE', 'faults')

    def wait_until_it_is_back(self):
        """How long until a new payment is held there again."""
        began = time.monotonic()
        self.parts.append(Part('comes back'))

        def pay_one():
            key, wish = fresh_key(), self.client.wish(1000, cards.further(21))
            answer = self.client.post('/v1/payments', wish, key)
            self.parts[-1].payments.append((key, wish, answer))
            return answer.status == 201 and answer.json['processor'] == 'stripe'
        until(pay_one, 'payments go to Stripe again', within=60, every=0.05)
        self.parts[-2].seconds_until_back = time.monotonic() - began
        return self.parts[-2].seconds_until_back

    # --- the end ---

    def hear_the_end(self):
        """What each key's answer is in the end, and that what was told once as the end still is. Gives the receipts."""
        def hear(one):
            key, wish, first = one
            last = until(lambda: final(self.client.post('/v1/payments', wish, key)), f'{key} ends', within=90, every=0.1)
            assert not final(first) or (first.status, first.body) == (last.status, last.body), f'{first}\n{last}'
            return last
        answers = together(AT_ONCE, hear, self.all_payments())
        assert len({id_of_answer(answer) for answer in answers}) == len(answers), 'two keys have one payment'
        self.client = self.shop.gateway.client()  # the connection of this thread has been idle for long
        return {receipt['id']: receipt for receipt in self.client.all()}

    def all_payments(self):
        return [one for part in self.parts for one in part.payments]

    def check(self, receipts):
        """Each ended as its card and its processor say, and neither book knows of anything else."""
        assert len(receipts) == len(self.all_payments())
        for key, wish, _ in self.all_payments():
            receipt = receipts[id_of_answer(self.client.post('/v1/payments', wish, key))]
            self.check_one(receipt, NUMBERS.get(wish['card']['number'], TAKEN))
        books.compare(self.client, self.shop.bank)
        self.check_stripe([receipt for receipt in receipts.values() if receipt['processor'] == 'stripe'])

    def check_one(self, receipt, means):
        """`means`: what Stripe says to its card."""
        assert receipt['operation'] is None, receipt
        if receipt['processor'] == 'bank' or means == TAKEN:
            assert receipt['state'] == 'authorized', receipt
        elif means == 'no':
            assert receipt['state'] == 'declined', receipt
        else:  # only a lost try keeps such a decline from going on
            events = self.client.events(receipt)
            assert receipt['state'] == 'declined' and 'operation_doubted' in [event['type'] for event in events], events

    def check_stripe(self, receipts):
        """Its book has one hold for each receipt that says so, and no other one."""
        effects = self.stripe.effects()
        assert not [effect for effect in effects if effect['repeats_operation'] or effect['repeats_key']]
        holds = collections.Counter(effect['parent'] for effect in effects if effect['kind'] == 'authorization')
        named = collections.Counter(receipt['processor_refs']['authorization_id'] for receipt in receipts if receipt['state'] == 'authorized')
        assert holds == named, f'{len(holds - named)} holds that no receipt names, {len(named - holds)} receipts without a hold'

    # --- what was seen ---

    def measure(self):
        """Who was sent to Stripe in each part, whom it failed, and who came there after that."""
        for part in self.parts:
            begun, failed = [], []
            for _, _, answer in part.payments:
                first, second = self.client.events(id_of_answer(answer))[:2]
                if first['data']['processor'] == 'stripe':
                    begun.append((first['at_us'], is_spared(second)))
                    failed += [second['at_us']] if is_failure(second) else []
            opened = sorted(failed)[FAILURES_TO_OPEN - 1] if len(failed) >= FAILURES_TO_OPEN else float('inf')
            part.failures = len(failed)
            part.late = sum(at > opened and not spared for at, spared in begun)
            part.asked_stripe = sum(at <= opened for at, _ in begun) + part.late


def is_spared(event):
    """Stripe's breaker opened, or its probe was another one's: no further try was made."""
    return event['type'] == 'fell_over' and event['data'].get('processor_code') == 'breaker_open'


def is_failure(event):
    """Of Stripe itself: not a no of the card's bank."""
    return event['type'] == 'operation_doubted' or (event['type'] == 'fell_over' and 'category' not in event['data'])


def final(answer):
    """The answer when it is one that stays."""
    return answer if answer.status in (201, 402) else None


def id_of_answer(answer):
    return answer.json.get('payment_id') or id_of(answer.json)


def check_traffic(parts):
    """Once it has failed twenty, nothing new is sent to Stripe but a probe after each pause; and once it is well, traffic is back within two
    pauses of the breaker."""
    for part in parts:
        if part.name in ('well', 'comes back', ANSWERS_AT_LAST):
            continue
        assert part.late <= 4, f'{part.late} payments were sent to Stripe although it {part.name}'
        assert part.seconds_until_back < 40, f'it took {part.seconds_until_back:.1f} s until Stripe was asked again'


def tell(parts):
    """A table for people."""
    lines = ['stripe ...            payments   sent there  failed  after the 20th failure  back after']
    for part in parts:
        if part.name == 'comes back':
            continue
        back = f'{part.seconds_until_back:.1f} s' if part.seconds_until_back else ''
        lines.append(f'{part.name:20} {len(part.payments):9} {part.asked_stripe:12} {part.failures:7} {part.late:23} {back:>11}')
    return '\n'.join(lines)
