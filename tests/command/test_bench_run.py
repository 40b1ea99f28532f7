# SPDX-License-Identifier: Apache-2.0
"""`florin bench` measures, tells, and leaves nothing behind."""
import json
import pathlib
import subprocess
import tempfile

import pytest

from florin_testing.processes import florin_binary


def bench(folder, *words):
    return subprocess.run([florin_binary(), 'bench', '--folder', str(folder), *words],
                          capture_output=True, text=True, timeout=120, check=False)


def test_one_measurement_is_told_as_a_table_and_as_json(tmp_path):
    result = bench(tmp_path, '--only', 'pairs', '--seconds', '1', '--json', str(tmp_path / 'result.json'))
    assert result.returncode == 0, result.stdout + result.stderr
    assert 'authorize + capture, a pair' in result.stdout
    told = json.loads((tmp_path / 'result.json').read_text())
    assert told['figures']['pairs_per_s'] > 0
    assert told['figures']['fsync_us_p50'] >= 0
    assert told['runs'][0]['failures'] == 0
    assert [path.name for path in tmp_path.iterdir()] == ['result.json']


@pytest.mark.parametrize('only, figure', [('mixed', 'mixed_requests_per_s'), ('history', 'list_pages_per_s'),
                                          ('latency', 'latency_fsync_us_p99'), ('overload', 'overload_served_per_capacity'),
                                          ('routing', 'routing_decisions_per_s')])
def test_each_measurement_tells_its_figures(tmp_path, only, figure):
    result = bench(tmp_path, '--only', only, '--seconds', '1', '--json', str(tmp_path / 'result.json'))
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads((tmp_path / 'result.json').read_text())['figures'][figure] > 0


def test_nginx_is_measured_or_said_to_be_missing(tmp_path):
    result = bench(tmp_path, '--only', 'nginx', '--seconds', '1', '--json', str(tmp_path / 'result.json'))
    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads((tmp_path / 'result.json').read_text())['figures']
    assert 'nginx: skipped, it is not installed' in result.stdout or figures['nginx_pass_through_per_s'] > 0
    assert [path.name for path in tmp_path.iterdir()] == ['result.json']


def test_a_filled_store_is_measured_beside_an_empty_one(tmp_path):
    result = bench(tmp_path, '--only', 'growth', '--payments', '500', '--seconds', '1', '--json', str(tmp_path / 'result.json'))
    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads((tmp_path / 'result.json').read_text())['figures']
    assert figures['growth_payments'] == 500
    assert figures['growth_bytes_per_payment'] > 500
    assert figures['growth_ratio'] > 0


def test_a_killed_gateway_is_started_again_and_settles_all(tmp_path):
    result = bench(tmp_path, '--only', 'restart', '--payments', '300', '--json', str(tmp_path / 'result.json'))
    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads((tmp_path / 'result.json').read_text())['figures']
    assert figures['restart_ready_ms'] > 0
    assert figures['restart_settled_ms'] >= 0
    assert 'all 300 are authorized in the end, once each at the bank' in result.stdout


def test_postgresql_is_measured_or_said_to_be_missing():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # root hands the server to a user of its own
        result = bench(folder, '--only', 'postgres', '--seconds', '1', '--json', str(folder / 'result.json'))
        assert result.returncode == 0, result.stdout + result.stderr
        figures = json.loads((folder / 'result.json').read_text())['figures']
        assert 'PostgreSQL: skipped, it is not installed' in result.stdout or figures['postgres_authorize_per_s'] > 0
        assert [path.name for path in folder.iterdir()] == ['result.json']


def test_keys_are_changed_while_stored_cards_pay():
    with tempfile.TemporaryDirectory() as folder:  # a short path: the operator's door is a socket beside the store
        result = bench(folder, '--only', 'rotation', '--seconds', '1', '--json', f'{folder}/result.json')
        assert result.returncode == 0, result.stdout + result.stderr
        told = json.loads((pathlib.Path(folder) / 'result.json').read_text())
        assert told['figures']['rotation_master_keys'] > 0 and told['figures']['rotation_data_keys'] > 0
        assert [run['failures'] for run in told['runs']] == [0, 0]
        assert 'then all 5000 cards pay, and the master key of the beginning opens nothing' in result.stdout


def test_an_unknown_measurement_is_refused(tmp_path):
    result = bench(tmp_path, '--only', 'luck')
    assert result.returncode == 2
    assert 'there is no measurement "luck"' in result.stderr
