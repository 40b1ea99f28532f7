# SPDX-License-Identifier: Apache-2.0
"""Companies' own libraries for Node, brought by npm. Where node, npm or its registry are not, tests that need one are left out, and say so."""
import json
import os
import shutil
import subprocess

import pytest
from florin_testing.processes import REPOSITORY

INSTALL_SECONDS = 90
RUN_SECONDS = 60


def vendor_library(company, package, version):
    """The folder of the library, installed below build/ when it is not yet."""
    if not (shutil.which('node') and shutil.which('npm')):
        pytest.skip(f'NOT TESTED: {company}\'s own library. node and npm are not installed')
    folder = REPOSITORY / 'build' / 'npm' / f'{package.strip("@").replace("/", "-")}-{version}'
    installed = folder / 'node_modules' / package
    if not (installed / 'package.json').exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ['npm', 'install', '--prefix', str(folder), '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund',
                 f'{package}@{version}']
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f'NOT TESTED: {company}\'s own library. npm did not bring {package} within {INSTALL_SECONDS} s')
        if done.returncode or not (installed / 'package.json').exists():
            pytest.skip(f'NOT TESTED: {company}\'s own library. npm does not bring {package}\n{done.stderr[-500:]}')
    return installed


def run_script(script, *words, given=None):
    """Runs it with those words, and with JSON on its standard input; what it prints, as JSON. It meets no proxy."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
    done = subprocess.run(['node', str(script), *map(str, words)], input=json.dumps(given), capture_output=True, text=True, env=environment,
                          timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
