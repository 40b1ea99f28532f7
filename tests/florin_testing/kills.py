# SPDX-License-Identifier: Apache-2.0
"""Lives of a gateway that is killed again and again under load, and started again each time.

    launch ──▶ (killed while it comes up) ──▶ ready ──▶ (killed at a random moment, or at a crash point) ──▶ launch ──▶ ...

After the last kill it is left in peace. Then everything is checked from outside: by HTTP, and by the simulated bank's own book.
"""
import collections
import contextlib
import dataclasses
import random
import subprocess
import time

from florin_testing import books, merchants
from florin_testing.gateway import crash_points
from florin_testing.histories import check_history, history_of
from florin_testing.merchants import Merchant, check_told
from florin_testing.shop import Shop

MERCHANTS = 4
AT_A_POINT = 0.6           # how many kills are at a crash point
WHILE_COMING_UP = 0.3      # how many of the others come before it is ready
PASSING_MAX = 8            # at which passing of a point, at the latest
LOST_ANSWERS = 8           # how many answers of the bank get lost after it acted, so that there is doubt to recover from
BANKS = [{'latency': '0:0'}, {'latency': '0:10'}, {'latency': '0:25', 'failure_rate': '0.05'}]
SETTINGS = {'bank_resend_after_ms': 40, 'retry_base_ms': 5, 'answer_within_ms': 1000, 'log_level': 'info'}


@dataclasses.dataclass
class Pace:
    """How long the gateway is left alive at most, in seconds. A sanitized one needs longer for everything."""
    serving: float = 0.06
    coming_up: float = 0.02
    until_point: float = 0.15


@dataclasses.dataclass
class Tally:
    """What a life has seen."""
    at_points: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    at_random: int = 0
    payments: int = 0
    requests: int = 0

    @property
    def kills(self):
        return self.at_random + sum(self.at_points.values())


class Life:
    """One shop, its merchants, and chance, which decides when the gateway dies."""

    def __init__(self, folder, seed, pace=None, **settings):
        self.chance, self.pace, self.tally = random.Random(seed), pace or Pace(), Tally()
        self.points = crash_points()
        self.shop = Shop(folder, bank={**self.chance.choice(BANKS), 'seed': seed % 2 ** 31}, **{**SETTINGS, **settings})
        self.gateway = self.shop.gateway
        for _ in range(LOST_ANSWERS):
            self.shop.bank.fault('act_then_hang_up', after=self.chance.randrange(200))
        self.merchants = [Merchant(self.gateway, f'{seed} {number}') for number in range(MERCHANTS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_merchants()
        self.shop.close()

    def live(self, kills):
        """All of it: so many kills, peace, and the checks. Gives the tally."""
        for merchant in self.merchants:
            merchant.start()
        while self.tally.kills < kills:
            self.kill_once()
            self.check_merchants()
        self.gateway.kill().start()
        self.stop_merchants()
        self.check_merchants()
        self.check_everything()
        return self.tally

    # --- kills ---

    def kill_once(self):
        """Ends the life before, which counts as nothing, and kills the next one."""
        if self.gateway.is_running():
            self.gateway.kill()
        if self.chance.random() < AT_A_POINT:
            self.kill_at_point(self.chance.choice(self.points), self.chance.randint(1, self.chance.randint(1, PASSING_MAX)))
        elif self.chance.random() < WHILE_COMING_UP:
            self.gateway.launch()
            self.kill_within(self.pace.coming_up)
        else:
            self.gateway.start()
            self.kill_within(self.pace.serving)

    def kill_within(self, seconds, or_at=None):
        """At any microsecond of that time, unless it dies by itself at the point meanwhile."""
        time.sleep(self.chance.uniform(0, seconds))
        if or_at and not self.gateway.is_running():
            self.count_point(or_at)
            return
        assert self.gateway.is_running(), f'it ended by itself: {self.gateway.log()[-4000:]}'
        self.gateway.kill()
        self.tally.at_random += 1

    def kill_at_point(self, point, passing):
        """At that passing of the point, or at random when it does not come in time."""
        self.gateway.launch(env={'FLORIN_CRASH_AT': f'{point}:{passing}'})
        if self.gateway.hear_address():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.gateway.process.wait(self.pace.until_point)
        if self.gateway.is_running():
            self.kill_within(self.pace.coming_up, or_at=point)
        else:
            self.count_point(point)

    def count_point(self, point):
        """It died there, and by nothing but kill -9."""
        self.gateway.wait_for_death()
        self.tally.at_points[point] += 1

    # --- the end ---

    def stop_merchants(self):
        """Each ends what it has begun."""
        merchants.stop(self.merchants)

    def check_merchants(self):
        """Nobody was told anything wrong so far."""
        merchants.raise_trouble(self.merchants)

    def check_everything(self):
        """One effect for each operation, and the same book at the bank; every answer stays; every history holds; an orderly end."""
        self.shop.all_settled()
        receipts = books.compare(self.shop.client, self.shop.bank)
        self.check_holds(receipts)
        check_told(self.merchants, {receipt['id']: receipt['state'] for receipt in receipts})
        for receipt in receipts:
            check_history(receipt['id'], history_of(self.shop.client, receipt['id']))
        self.tally.payments = len(receipts)
        self.tally.requests = sum(merchant.requests for merchant in self.merchants)
        self.gateway.stop()
        assert not list(self.gateway.runtime.iterdir()), 'keys of cards are left although nothing is in doubt'

    def check_holds(self, receipts):
        """This bank never forgets a key, so no hold may be left behind, whatever the gateway thinks possible."""
        summary = self.shop.bank.summary()
        named = [receipt for receipt in receipts if receipt['processor_refs']['authorization_id']]
        assert summary['counters']['acted_twice'] == 0, summary
        assert summary['holds']['count'] == len(named), f'{len(named)} payments have {summary["holds"]["count"]} holds'
