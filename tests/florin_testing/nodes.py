# SPDX-License-Identifier: Apache-2.0
"""Several gateways on one PostgreSQL database: each is a node with a folder, a runtime folder and a name of its own; the key file is one."""
import signal

from florin_testing import books
from florin_testing.client import CARDS, Client
from florin_testing.gateway import SANITIZER, Gateway
from florin_testing.postgres import place_of
from florin_testing.processes import Simulator
from florin_testing.waiting import PATIENCE

TAKEN_OVER = 70     # how a node ends that finds its work taken over
MOVES_WITHIN = 10   # seconds from a node's end until another one drives what it had open


class Node(Gateway):
    """One gateway among several. It may end by itself when its work was taken over, as its supervisor knows."""

    def __init__(self, name, folder, url, key_file, bank_url, **settings):
        self.name = name
        super().__init__(folder / name, bank_url, store=url, node=name, key_file=key_file, **settings)

    def freeze(self):
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def wait_until_fenced(self, within=PATIENCE):
        """It finds out, and ends."""
        assert self.process.wait(within) == TAKEN_OVER, self.log()[-4000:]

    def close(self):
        if self.process.poll() == TAKEN_OVER:
            self.process.returncode = 0
        super().close()


class House:
    """A bank, a database and nodes on it."""

    def __init__(self, folder, server, names=('one', 'two'), bank=None, **settings):
        self.folder, self.server, self.schema = folder, server, server.new_schema()
        self.url = place_of(server.url, self.schema)
        self.bank = Simulator(**{'cards': CARDS, **(bank or {})})
        self.settings, self.nodes, self.is_closed = settings, {}, False
        try:
            for name in names:
                self.add(name)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name):
        return self.nodes[name]

    def add(self, name):
        """One more node."""
        key_file = self.folder / 'florin.key'
        self.nodes[name] = Node(name, self.folder, self.url, key_file, self.bank.url, **self.settings)
        return self.nodes[name]

    def close(self):
        """Ends all; complains when one of them ended badly."""
        if self.is_closed:
            return
        self.is_closed = True
        try:
            for node in self.nodes.values():
                node.close()
        finally:
            log = self.bank.log()
            self.bank.__exit__()
            self.server.drop_schema(self.schema)
        assert not SANITIZER.search(log), log

    def ask(self, statement):
        """Rows of the database, each a list of texts."""
        return [row.split('|') for row in self.server.ask(statement, schema=self.schema)]

    def drivers(self):
        """{operation: (node, epoch)} of all that is open."""
        rows = self.ask('SELECT operation_id, node, node_epoch FROM operation WHERE ended_at IS NULL')
        return {operation: (node, int(epoch)) for operation, node, epoch in rows}

    def everything(self):
        """All that is written of payments, in an order."""
        tables = ('payment', 'operation', 'answer', 'request', 'event')
        return {table: sorted(self.server.ask(f'SELECT * FROM {table}', schema=self.schema)) for table in tables}

    def sends(self, path=None):
        """What the bank was asked, oldest first: POSTs of one path."""
        return [request for request in self.bank.requests(last=4096)
                if request['method'] == 'POST' and path in (None, request['path'])]

    def epoch(self, name):
        """Of that node, by its row."""
        ((epoch,),) = self.ask(f"SELECT epoch FROM node WHERE node = '{name}'")
        return int(epoch)

    def client(self, name):
        """A client of that node."""
        return Client(self.nodes[name])

    def settled(self, name, payment, within=PATIENCE):
        """The receipt, by that node, once nothing is open on it any more."""
        return self.client(name).settled(payment, within)

    def books_agree(self, name):
        """All receipts, by that node, and the bank's book, to the cent."""
        return books.compare(self.client(name), self.bank)


