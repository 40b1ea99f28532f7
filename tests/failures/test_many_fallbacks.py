# SPDX-License-Identifier: Apache-2.0
"""A thousand payments while the first of two processors hangs, refuses, acts and fails, and is busy: all end right, none twice, and traffic
leaves it and comes back. `tools/fallback --count 10000` does the same for longer."""
from florin_testing.fallback import Storm, check_traffic, tell
from florin_testing.gateway import run

PAYMENTS = 1000


def test_many_payments_while_the_first_processor_goes_wrong(tmp_path):
    with Storm(tmp_path, PAYMENTS) as storm:
        parts = storm.run()
        print(tell(parts))
        check_traffic(parts)
        status, report, _ = run('verify', '--store', storm.shop.gateway.settings['store'])
        assert status == 0, report
