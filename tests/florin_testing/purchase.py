# SPDX-License-Identifier: Apache-2.0
"""One authorization and its capture, asked for by a merchant who takes no answer for no answer. What a gateway that is being broken
tells him is held against what a sound one says afterwards: every final answer must stay, and there may be one effect only."""
import time

from florin_testing.merchants import PATIENCE, Merchant, Told, is_final, is_same

CARRIED_OUT = ('captured', 'failed')  # "failed": it was told, truly, that nothing happened


class Purchase:
    """Its two requests, and what was told so far."""

    def __init__(self, shop, amount=500):
        self.shop, self.gateway = shop, shop.gateway
        self.voice = Merchant(shop.gateway, 0)  # never started: only its way of asking is used
        self.wish, self.keys = shop.client.wish(amount), [f'{shop.client.wish()["order_id"]}-{step}' for step in ('pay', 'take')]
        self.told = {}

    def requests(self):
        """What is to be asked now: (step, target, body); the capture once there is something to capture."""
        yield 0, '/v1/payments', self.wish
        if 0 in self.told and self.told[0].answer.status == 201:
            yield 1, f'/v1/payments/{self.payment}/capture', None

    @property
    def payment(self):
        """Its id."""
        told = self.told[0].answer.json
        return told.get('payment_id') or told['id']

    def is_over(self):
        """Every request has its final answer."""
        return all(step in self.told for step, _, _ in self.requests())

    def pursue(self, within=PATIENCE):
        """Asks until all is final, the gateway is gone, or the time is up. True when all is final."""
        deadline = time.monotonic() + within
        while not self.is_over() and self.gateway.is_running() and time.monotonic() < deadline:
            for step, target, body in self.requests():
                if step not in self.told:
                    self.ask(step, target, body)
            if not self.is_over():
                time.sleep(0.01)
        return self.is_over()

    def ask(self, step, target, body):
        """One try; a final answer is kept."""
        answer = self.voice.ask(target, body, self.keys[step])
        if answer is not None and is_final(answer):
            assert answer.status in (200, 201, 503), f'nobody promised that: {answer}'
            self.told[step] = Told(target, body, self.keys[step], answer)

    def check(self):
        """In a sound gateway: it ends, as it was told; gives the receipt."""
        assert self.pursue(), f'no end: {self.told}'
        for told in list(self.told.values()):
            again = self.voice.ask(told.target, told.body, told.key)
            assert again is not None and is_same(told.answer, again), f'what was told has changed: {told} became {again}'
        receipt = self.shop.settled(self.payment)
        assert receipt['state'] in CARRIED_OUT, receipt
        return receipt
