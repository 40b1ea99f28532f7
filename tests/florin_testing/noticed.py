# SPDX-License-Identifier: Apache-2.0
"""A gateway that a simulated company sends its notices to."""
import contextlib

from florin_testing.client import Client
from florin_testing.gateway import Gateway
from florin_testing.postgres import free_port
from florin_testing.waiting import until

NOBODY = 'http://127.0.0.1:9'  # no bank is needed
SOON = 10  # seconds; a payer who is away is asked about after 15 by itself


class Told(Client):
    """A merchant's client, and the company that tells his gateway."""

    def __init__(self, gateway, company):
        super().__init__(gateway)
        self.company = company
        self.target = f'/v1/notices/{type(company).name}/default'

    def count(self, result):
        """How many notices came to that."""
        return self.metrics()[f'florin_notices_total{{result="{result}"}}']

    def start(self, env=None):
        """Starts the gateway again, where it was."""
        self.gateway.start(env=env)
        self.wire = None

    def known(self):
        """The numbers of all notices so far."""
        return {notice['number'] for notice in self.company.notices()}

    def held(self, act):
        """Holds what the company would tell of an act: (what the act gave, the numbers of those notices)."""
        self.company.change_notices(hold=True)
        known = self.known()
        made = act()
        return made, sorted(self.known() - known)

    def state(self, number):
        """How it stands with that notice: its state, and the last status that it was answered with."""
        notice = next(one for one in self.company.notices() if one['number'] == number)
        return notice['state'], notice['last_status']

    def answered(self, number, status):
        """Waits until that notice was answered so."""
        return until(lambda: self.state(number)[1] == status, f'notice {number} is answered {status}')

    def becomes_soon(self, payment, state):
        """The receipt, once it has that state and nothing is open: before anybody would have looked by himself."""
        def look():
            receipt = self.get(payment)
            return receipt if receipt['operation'] is None and receipt['state'] == state else None
        return until(look, f'it is {state}', within=SOON)

    def disputes(self, payment):
        """What its payer disputes, as far as the gateway knows."""
        return self.get(payment)['disputes']

    def disputed(self, payment, state):
        """The one dispute of a payment, once it has that state."""
        def look():
            found = self.disputes(payment)
            return found[0] if [one['state'] for one in found] == [state] else None
        return until(look, f'its dispute is {state}', within=SOON)

    def log_of(self, event_id):
        """The lines of the log about that notice."""
        return [line for line in self.gateway.log_lines() if line.get('event_id') == event_id]


@contextlib.contextmanager
def told_by(company_class, folder, keys, prepare=None, **settings):
    """A merchant whose gateway is told by a company of that class. `keys`: the lines of its file with keys; `prepare(company)`: further
    settings that only it knows."""
    port = free_port()
    name = company_class.name
    file = folder / f'{name}.keys'
    file.write_text(''.join(f'{key} = {value}\n' for key, value in keys.items()))
    file.chmod(0o600)
    with company_class(notify=f'http://127.0.0.1:{port}/v1/notices/{name}/default') as company:
        more = prepare(company) if prepare else {}
        gateway = Gateway(folder / 'gateway', NOBODY, listen=f'127.0.0.1:{port}',
                          **{f'{name}_url': company.url, f'{name}_keys_file': file, f'{name}_timeout_ms': 3000,
                             f'{name}_resend_after_ms': 60000, **settings, **more})
        try:
            yield Told(gateway, company)
        finally:
            gateway.close()
