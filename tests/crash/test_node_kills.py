# SPDX-License-Identifier: Apache-2.0
"""Two nodes, one of them killed every twenty seconds: see florin_testing/node_kills.py. tools/nodes does it for longer."""
import os

import pytest
from florin_testing.node_kills import NodeLife

SECONDS = 300 if os.environ.get('FLORIN_LONG') else 40


@pytest.mark.timeout(700)
def test_two_nodes_of_which_one_is_killed(tmp_path, postgres_server):
    """Every operation ends right, at each node; what was open moves within ten seconds and is sent again only after the quiet time."""
    with NodeLife(tmp_path, postgres_server) as life:
        figures = life.live(SECONDS, every=20)
    assert figures.kills == SECONDS // 20 and figures.takeovers > 0, figures
    assert figures.payments > figures.kills and figures.answers_kept > figures.payments, figures
