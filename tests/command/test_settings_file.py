# SPDX-License-Identifier: Apache-2.0
"""florin.conf is what the gateway prints of its own settings, and the gateway takes it."""
import pathlib
import re
import subprocess

from florin_testing.processes import florin_binary

CONF = pathlib.Path(__file__).resolve().parents[2] / 'florin.conf'


def florin(*words):
    return subprocess.run([florin_binary(), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def test_florin_conf_is_what_print_config_prints():
    printed = florin('serve', '--print-config')
    assert (printed.returncode, printed.stderr) == (0, '')
    assert CONF.read_text(encoding='utf-8') == printed.stdout, 'florin serve --print-config > florin.conf'


def test_every_line_can_be_made_a_setting(tmp_path):
    lines = [line[2:] for line in CONF.read_text(encoding='utf-8').splitlines() if re.match(r'# \w+ = .', line)]
    assert len(lines) >= 10
    file = tmp_path / 'all.conf'
    file.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    read = florin('serve', '--config', str(file), '--print-config')
    assert (read.returncode, read.stderr) == (0, '')


def test_a_name_that_is_none_is_refused_with_its_line(tmp_path):
    file = tmp_path / 'wrong.conf'
    file.write_text('# a comment\nlistne = 127.0.0.1:8080\n', encoding='utf-8')
    read = florin('serve', '--config', str(file), '--print-config')
    assert read.returncode == 2
    assert 'line 2: there is no setting "listne"' in read.stderr
