# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all black-box tests, and the last checks of a whole run: every documented route was asked, and enough was killed."""
import pathlib

import pytest
from florin_testing import contract, postgres
from florin_testing.companies import Listener, Stripe
from florin_testing.gateway import Gateway
from florin_testing.nodes import House
from florin_testing.shop import Shop

KILLS_LEAST = 200  # of a whole run

seen_by_workers = []
kills_by_workers = []


@pytest.fixture
def open_shop(tmp_path):
    """Opens shops of a test's own: open_shop(bank={...}, answer_within_ms=...)."""
    shops = []

    def open_one(**settings):
        shops.append(Shop(tmp_path / f'shop-{len(shops) + 1}', **settings))
        return shops[-1]
    yield open_one
    for shop in reversed(shops):
        shop.close()


@pytest.fixture(scope='session')
def lasting_shop(tmp_path_factory):
    """The one of shared_shop."""
    shop = Shop(tmp_path_factory.mktemp('shared'))
    yield shop
    shop.close()


@pytest.fixture
def shared_shop(lasting_shop):
    """One for all tests of a worker that neither break it nor mind each other. Who breaks it all the same is told so."""
    yield lasting_shop
    gateway = lasting_shop.gateway
    if not gateway.is_running():
        status, log = gateway.process.returncode, gateway.log()
        gateway.start()
        pytest.fail(f'the gateway ended by itself, exit status {status}\n{log[-4000:]}')


@pytest.fixture
def shop(open_shop):
    """A shop of the test's own with all settings as they are."""
    return open_shop()


@pytest.fixture
def stripe():
    """A simulated Stripe of the test's own."""
    with Stripe() as company:
        yield company


@pytest.fixture
def open_routed(open_shop, tmp_path, stripe):
    """Opens shops with rules, and Stripe set up beside the bank: open_routed(rules, stripe=..., key=..., answer_within_ms=...)."""
    def open_one(rules, stripe=stripe.url, key=stripe.key, **settings):
        keys, file = tmp_path / 'stripe.keys', tmp_path / 'routes.conf'
        keys.write_text(f'secret_key = {key}\n', encoding='utf-8')
        keys.chmod(0o600)
        file.write_text(rules, encoding='utf-8')
        return open_shop(routes_file=file, stripe_url=stripe, stripe_keys_file=keys if stripe else None, **settings)
    return open_one


@pytest.fixture
def listener():
    """A merchant's address for notices of simulated companies."""
    one = Listener()
    yield one
    one.close()


@pytest.fixture(scope='session')
def postgres_server():
    """A PostgreSQL for the tests of a worker; those who need it are left out where none is installed."""
    if not postgres.programs():
        pytest.skip('PostgreSQL is not installed')
    server = postgres.Server()
    yield server
    server.close()


@pytest.fixture
def open_house(tmp_path, postgres_server):
    """Opens houses of several nodes: open_house(names=('one', 'two'), bank={...}, answer_within_ms=...)."""
    houses = []

    def open_one(**settings):
        folder = tmp_path / f'house-{len(houses) + 1}'
        folder.mkdir()
        houses.append(House(folder, postgres_server, **settings))
        return houses[-1]
    yield open_one
    for house in reversed(houses):
        house.close()


# --- Every documented route, and the kills ---

def pytest_sessionfinish(session):
    """A worker tells what it has seen; whoever leads the run looks whether that was everything."""
    if hasattr(session.config, 'workeroutput'):
        session.config.workeroutput['seen'] = contract.seen_so_far()
        session.config.workeroutput['kills'] = Gateway.kills
        return
    seen_by_workers.append(contract.seen_so_far())
    kills_by_workers.append(Gateway.kills)
    if not is_whole_run(session.config) or session.exitstatus not in (0, 1):
        return
    seen = {(method, template, status) for rows in seen_by_workers for method, template, status, _ in rows}
    missing = sorted(contract.the_contract().documented() - seen - NOT_TO_BE_HAD)
    if missing:
        print('\nThese documented answers were never seen in this run:')
        for method, template, status in missing:
            print(f'  {status} {method} {template}')
        session.exitstatus = 1
    if sum(kills_by_workers) < KILLS_LEAST:
        print(f'\nOnly {sum(kills_by_workers)} kills in this run; {KILLS_LEAST} are promised')
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    """How often a gateway was killed and had to recover."""
    if sum(kills_by_workers):
        terminalreporter.write_line(f'{sum(kills_by_workers)} times a gateway was killed -9 and recovered')


# Answers that are documented because they may come, and that cannot be had everywhere.
NOT_TO_BE_HAD = set() if postgres.programs() else {
    ('POST', '/v1/payments', 409),  # only where several nodes share a store
}


def is_whole_run(config):
    """All tests, none chosen and none left out."""
    here = pathlib.Path(__file__).parent
    chosen = [pathlib.Path(config.invocation_params.dir, word).resolve() for word in config.args]
    return chosen == [here] and not config.option.keyword and not config.option.markexpr


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """A worker's last words."""
    kills_by_workers.append(getattr(node, 'workeroutput', {}).get('kills', 0))
    seen_by_workers.append(getattr(node, 'workeroutput', {}).get('seen', []))
