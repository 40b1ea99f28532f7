# SPDX-License-Identifier: Apache-2.0
"""Runs a gateway under strace, which counts its system calls, or kills it at one of them, or makes one fail."""
import collections
import os
import re
import shutil
import subprocess

import pytest

CALL = re.compile(r'^(\d+)\s+(\w+)\(')
ENV = {'ASAN_OPTIONS': ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))}  # leaks cannot be sought under ptrace
BEFORE_IT_IS_THE_GATEWAY = {'execve'}


def strace_or_skip():
    """Its path. Where it is not allowed to trace, the test is skipped and says so."""
    path = shutil.which('strace')
    if not path:
        pytest.skip('NOT TESTED: kills and failures at system calls. strace is missing: tools/setup installs it')
    tried = subprocess.run([path, '-f', '-o', '/dev/null', 'true'], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f'NOT TESTED: kills and failures at system calls. strace may not trace here: {tried.stderr.strip()}')
    return path


def tracing(file):
    """The wrapper that writes down every call."""
    return [strace_or_skip(), '-D', '-f', '-qq', '-o', str(file)]


def injecting(call, what, when):
    """The wrapper that does something at one kind of call: what='signal=SIGKILL' or 'error=EIO'; when='7' or '7+' (from then on). Every
    thread counts for itself."""
    return [strace_or_skip(), '-D', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}',
            '-e', f'inject={call}:{what}:when={when}']


def calls_of(file):
    """How often each call was made, by the thread that made it most often."""
    counts = collections.Counter()
    for line in file.read_text(errors='replace').splitlines():
        found = CALL.match(line)
        if found and found[2] not in BEFORE_IT_IS_THE_GATEWAY:
            counts[found[1], found[2]] += 1
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(count, most.get(call, 0))
    return most


def evenly(points, count):
    """So many of the points, spread over all of them."""
    step = max(len(points) / count, 1)
    return [points[int(place * step)] for place in range(min(count, len(points)))]
