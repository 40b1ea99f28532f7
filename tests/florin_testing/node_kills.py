# SPDX-License-Identifier: Apache-2.0
"""Two nodes on one database under load, and one of them is killed again and again.

    both serve ──▶ kill -9 of one ──▶ the other takes its work over ──▶ the dead one starts again ──▶ both serve ...

Merchants ask either node, repeat with their keys, and remember what they were told. Then everything is checked from outside: by HTTP at
each node, and by the simulated bank's own book. Ownership is seen in the database, sends are seen at the bank.
"""
import dataclasses
import datetime
import itertools
import time

from florin_testing import books, merchants
from florin_testing.client import is_settled
from florin_testing.histories import check_history, history_of
from florin_testing.merchants import Merchant, check_told
from florin_testing.nodes import MOVES_WITHIN, House
from florin_testing.waiting import PATIENCE, until

MERCHANTS = 12
PAUSE = 0.02         # of a merchant before each request, so that the bank's notes of the last 4,096 requests reach back long enough
STAYS = 0.9          # how often a merchant asks the node again that answered him
LOST_ANSWERS = 0.01  # share of the bank's answers that are lost after it acted: there is doubt all the time
QUIET_MS = 1000
BANK = {'latency': '50:250'}
SETTINGS = {'bank_resend_after_ms': QUIET_MS, 'retry_base_ms': 5, 'answer_within_ms': 1500, 'log_level': 'info'}


class Rover(Merchant):
    """A merchant who knows all nodes, and goes to another one when one does not answer."""

    def __init__(self, nodes, seed):
        super().__init__(None, seed)
        self.nodes = nodes
        self.gateway = self.chance.choice(nodes)

    def ask(self, target, body, key):
        if self.chance.random() > STAYS:
            self.gateway = self.chance.choice(self.nodes)
        if self.is_open:
            time.sleep(PAUSE)
        answer = super().ask(target, body, key)
        if answer is None or answer.status == 503:
            self.gateway = self.chance.choice(self.nodes)
        return answer


@dataclasses.dataclass
class Figures:
    """What a life has seen."""
    kills: int = 0
    takeovers: int = 0             # of a node that had something open
    operations_moved: int = 0
    longest_move: float = 0.0      # seconds from a kill until another node owned what was open
    repeats: int = 0               # sends of what was taken over
    earliest_repeat: float = 1e9   # seconds since the send before it
    payments: int = 0
    operations: int = 0
    requests: int = 0
    answers_kept: int = 0          # keys that were repeated at the end at each node and gave the same bytes


class NodeLife:
    """The nodes, the merchants, and who dies when."""

    def __init__(self, folder, server, seed=1, **settings):
        self.house = House(folder, server, bank={**BANK, 'seed': seed}, **{**SETTINGS, **settings})
        self.figures, self.sends, self.moved = Figures(), {}, []
        nodes = list(self.house.nodes.values())
        self.merchants = [Rover(nodes, f'{seed} {number}') for number in range(MERCHANTS)]
        for after in range(0, 40000, int(1 / LOST_ANSWERS) * 10):
            self.house.bank.fault('act_then_hang_up', after=after)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_merchants()
        self.house.close()

    def live(self, seconds, every):
        """A kill every so many seconds, peace, and the checks. Gives the figures."""
        victims, next_at = itertools.cycle(self.house.nodes), time.monotonic()
        for merchant in self.merchants:
            merchant.start()
        for _ in range(int(seconds // every)):
            next_at += every
            self.wait_until(next_at - every / 2)
            self.kill_and_come_back(next(victims))
            self.wait_until(next_at)
        self.stop_merchants()
        self.check_merchants()
        self.check_everything()
        return self.figures

    # --- a kill ---

    def kill_and_come_back(self, name):
        """It dies, the others own what it had open, and it starts again."""
        victim, epoch = self.house[name], self.house.epoch(name)
        victim.kill()
        killed_at = time.time()
        left = self.house.ask(f"SELECT processor_key FROM operation WHERE ended_at IS NULL AND node = '{name}'")
        self.figures.kills += 1
        until(lambda: self.watch() and self.house.epoch(name) > epoch, f'{name} is taken over', within=PATIENCE, every=0.1)
        moved = time.time() - killed_at
        assert moved <= MOVES_WITHIN, f'it took {moved:.1f} s'
        assert name not in {node for node, _ in self.house.drivers().values()}, 'something stayed with the dead'
        self.figures.longest_move = max(self.figures.longest_move, moved)
        self.figures.takeovers += bool(left)
        self.figures.operations_moved += len(left)
        self.moved += [(killed_at, key) for (key,) in left]
        victim.start()

    def watch(self):
        """What the bank was asked since the last look."""
        for request in self.house.bank.requests(last=4096):
            if request['method'] == 'POST':
                self.sends[request['number']] = (request['key'], datetime.datetime.fromisoformat(request['came_at']).timestamp())
        return True

    def wait_until(self, moment):
        """Goes on watching until then; a trouble of a merchant ends it."""
        while time.monotonic() < moment:
            self.watch()
            self.check_merchants()
            time.sleep(0.5)

    # --- the end ---

    def stop_merchants(self):
        """Each ends what it has begun."""
        merchants.stop(self.merchants)

    def check_merchants(self):
        """Nobody was told anything wrong so far."""
        merchants.raise_trouble(self.merchants)

    def check_everything(self):
        """One effect for each operation, the same book at the bank, every answer the same at each node, whole histories."""
        self.watch()
        client, figures = self.house.client('one'), self.figures
        until(lambda: all(is_settled(receipt) for receipt in client.all()), 'every payment ends', within=90, every=0.5)
        receipts = books.compare(client, self.house.bank)
        self.check_holds(receipts)
        self.check_repeats()
        states = {receipt['id']: receipt['state'] for receipt in receipts}
        for name in self.house.nodes:
            for merchant in self.merchants:
                merchant.nodes, merchant.gateway = [self.house[name]], self.house[name]
            figures.answers_kept += check_told(self.merchants, states)
        for receipt in receipts:
            check_history(receipt['id'], history_of(client, receipt['id']))
        figures.payments = len(receipts)
        ((operations,),) = self.house.ask('SELECT count(*) FROM operation')
        figures.operations = int(operations)
        figures.requests = sum(merchant.requests for merchant in self.merchants)

    def check_holds(self, receipts):
        """This bank never forgets a key: no hold may be left behind, and nothing may have acted twice."""
        summary = self.house.bank.summary()
        named = [receipt for receipt in receipts if receipt['processor_refs']['authorization_id']]
        assert summary['counters']['acted_twice'] == 0, summary
        assert summary['holds']['count'] == len(named), f'{len(named)} payments have {summary["holds"]["count"]} holds'

    def check_repeats(self):
        """What was taken over was sent again only after the quiet time."""
        times = {}
        for key, at in sorted(self.sends.values(), key=lambda send: send[1]):
            times.setdefault(key, []).append(at)
        for killed_at, key in self.moved:
            before = [at for at in times.get(key, []) if at <= killed_at + 1]  # bytes of a dead node may still be on their way
            after = [at for at in times.get(key, []) if at > killed_at + 1]
            if not before or not after:
                continue
            self.figures.repeats += 1
            self.figures.earliest_repeat = min(self.figures.earliest_repeat, after[0] - before[-1])
            assert after[0] - before[-1] >= QUIET_MS / 1000 and after[0] - killed_at >= 4 + QUIET_MS / 1000, (key, before, after, killed_at)
