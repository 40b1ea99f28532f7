# SPDX-License-Identifier: Apache-2.0
"""The simulated bank as a process: how it starts, stops, logs, and reads its command line."""
import signal
import subprocess
import time

import pytest
from florin_testing.bank_client import AUTHORIZATION, Raw, authorize, hold
from florin_testing.processes import Simulator, florin_binary
from florin_testing.waiting import until


@pytest.fixture
def bank():
    with Simulator() as simulator:
        yield simulator


def test_a_stopped_bank_lets_requests_in_flight_finish():
    with Simulator(latency='2000:2000') as bank:
        connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
        until(lambda: bank.requests(last=1), 'the request has come')
        bank.process.send_signal(signal.SIGTERM)
        head, body = connection.answer()
        assert b'approved' in body and b'Connection: close' in head
        assert bank.wait() == 0


def test_a_stopped_bank_does_not_wait_for_the_silent(bank):
    bank.fault('silence')
    connection = Raw(bank).send('authorizations', 'k', AUTHORIZATION)
    assert connection.is_silent(0.3)
    start = time.monotonic()
    assert bank.stop() == 0
    assert time.monotonic() - start < 20


def test_a_killed_bank_can_be_started_again_at_the_same_port():
    with Simulator() as first:
        port = int(first.address.rsplit(':', 1)[1])
        hold(first)
        first.kill()
        with Simulator(port=port) as second:
            assert second.address == first.address
            assert second.summary()['holds']['count'] == 0


def test_the_log_has_no_card():
    with Simulator(words=['--log-requests']) as talkative:
        authorize(talkative, 'key-of-the-log')
        authorize(talkative, '4111111111111111')
        assert talkative.stop() == 0
        log = talkative.log()
    assert 'key-of-the-log' in log and '/api/v1/authorizations' in log
    assert '4111111111111111' not in log and '"123"' not in log


def run(*words, **more):
    return subprocess.run([florin_binary(), *words], capture_output=True, text=True, timeout=30, check=False, **more)


@pytest.mark.parametrize('words, status, says', [
    (['sim', 'bank', '--no-such-flag'], 2, 'there is no flag --no-such-flag'),
    (['sim', 'bank', '--failure-rate', '1.5'], 2, '--failure-rate is "1.5"; it takes a share from 0 to 1'),
    (['sim', 'bank', '--latency-ms', '5:1'], 2, '--latency-ms is "5:1"'),
    (['sim', 'bank', '--listen', 'nowhere'], 1, 'cannot listen on nowhere'),
    (['sim'], 2, 'there is no command "sim"'),
    (['no', 'such'], 2, 'sim bank'),
    ([], 2, 'Usage: florin COMMAND'),
])
def test_a_wrong_command_line_says_what_would_be_right(words, status, says):
    done = run(*words)
    assert (done.returncode, says in done.stderr, done.stdout) == (status, True, ''), done.stderr


def test_a_taken_port_is_told(bank):
    done = run('sim', 'bank', '--listen', bank.address)
    assert done.returncode == 1 and 'address already in use' in done.stderr


def test_help_tells_all_flags_and_variables():
    assert 'sim bank' in run('--help').stdout
    assert run('--version').stdout.startswith('florin ')
    told = run('sim', 'bank', '--help').stdout
    assert '--config' in told and 'FLORIN_CONFIG' in told
    for name in ('listen', 'failure-rate', 'latency-ms', 'auth-expiry-hours', 'seed', 'cards', 'quiet', 'log-requests'):
        assert f'--{name}' in told and f'FLORIN_SIM_BANK_{name.upper().replace("-", "_")}' in told


def test_settings_come_from_the_environment_too():
    with Simulator(environment={'FLORIN_SIM_BANK_QUIET': 'on', 'FLORIN_LISTEN': 'not for the bank'}) as bank:
        assert bank.stop() == 0
        assert 'sim bank starts' not in bank.log()
