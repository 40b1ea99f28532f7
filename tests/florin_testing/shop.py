# SPDX-License-Identifier: Apache-2.0
"""A bank, a gateway in front of it, and a merchant's client: what most tests begin with."""
from florin_testing import books
from florin_testing.client import CARDS, is_settled
from florin_testing.door import Door
from florin_testing.gateway import SANITIZER, Gateway, run
from florin_testing.processes import Simulator
from florin_testing.waiting import PATIENCE, until


class Shop:
    """All three. `bank` holds settings of the simulator, everything else is the gateway's. `door`: put one between them."""

    def __init__(self, folder, bank=None, env=None, door=False, **settings):
        self.bank = Simulator(**{'cards': CARDS, **(bank or {})})
        self.door = Door(self.bank.address) if door else None
        try:
            self.gateway = Gateway(folder, (self.door or self.bank).url, env, **settings)
        except BaseException:
            self.bank.__exit__()
            raise
        self.client = self.gateway.client()
        self.is_closed = False

    def close(self):
        """Ends both; complains when one of them ended badly. A second time does nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        try:
            self.gateway.close()
        finally:
            log = self.bank.log()
            self.bank.__exit__()
        assert not SANITIZER.search(log), log

    def settled(self, payment, within=PATIENCE):
        """The receipt, once nothing is open on it any more."""
        return self.client.settled(payment, within)

    def all_settled(self, within=PATIENCE):
        """Waits until no payment has anything open."""
        def open_ones():
            return [receipt for receipt in self.client.all() if not is_settled(receipt)]
        until(lambda: not open_ones(), 'every payment ends', within, every=0.1)

    def books_agree(self, in_review=()):
        """Our receipts and the bank's book, to the cent. Gives the receipts."""
        return books.compare(self.client, self.bank, in_review)

    def is_whole(self):
        """The books agree, and every row of the store is what its history comes to."""
        status, told, _ = run('verify', '--store', self.gateway.settings['store'])
        assert status == 0, told
        return self.books_agree()

    def asked(self, path=None):
        """What the bank was asked, oldest first: POSTs of one path."""
        return [request for request in self.bank.requests(last=4096)
                if request['method'] == 'POST' and path in (None, request['path'])]
