# SPDX-License-Identifier: Apache-2.0
"""A primary that crashes under load and whose standby takes its place: nothing that anybody was told is lost, nothing is done twice."""
import pytest
from florin_testing import postgres
from florin_testing.node_kills import NodeLife
from florin_testing.waiting import until

TOLD = 60  # answers before the crash, and after it


@pytest.fixture
def pair():
    """A primary and a standby of the test's own."""
    if not postgres.programs():
        pytest.skip('PostgreSQL is not installed')
    pair = postgres.Pair()
    yield pair
    pair.close()


@pytest.mark.timeout(300)
def test_a_standby_takes_over_under_load(pair, tmp_path):
    """1. Two nodes under load. 2. The primary crashes; its synchronous standby is promoted. 3. Both nodes go on there. 4. Every answer
    stays, the bank's book agrees, every history is whole."""
    with NodeLife(tmp_path, pair) as life:
        def told():
            return sum(len(merchant.told) for merchant in life.merchants)
        for merchant in life.merchants:
            merchant.start()
        until(lambda: told() >= TOLD, 'payments are made', within=60)
        before = told()
        pair.fail_over()
        for name in life.house.nodes:
            client = life.house.client(name)
            until(lambda: client.look('/readyz').status == 200, f'{name} is ready', within=60)
        until(lambda: told() >= before + TOLD, 'payments are made again', within=90)
        life.stop_merchants()
        life.check_merchants()
        life.check_everything()
