# SPDX-License-Identifier: Apache-2.0
"""Bends the world of a gateway by a library that stands between it and libc (crash/preload_world.c): memory, clock, writes, chance."""
import mmap
import os
import pathlib
import struct

import pytest
from florin_testing.processes import florin_binary

FOR_EVER = 2 ** 62
FIELDS = {name: 8 * place for place, name in enumerate([
    'allocations', 'fail_from', 'fail_until', 'clock_shift_us', 'writes', 'short_from', 'short_until', 'no_random'])}
SANITIZER_OPTIONS = 'verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1'


def library():
    """The library that the build made beside the binary under test."""
    path = pathlib.Path(florin_binary()).resolve().parent / 'tests' / 'libpreload_world.so'
    if not path.exists():
        pytest.fail(f'{path} is missing: this is tried with a test build, made whole')
    return path


class WorldPage:
    """One page of memory, shared with every gateway that is started with .env."""

    def __init__(self, folder):
        path = pathlib.Path(folder) / 'world-page'
        path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open('r+b') as file:
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.env = {'LD_PRELOAD': str(library()), 'FLORIN_WORLD_PAGE': str(path),
                    'ASAN_OPTIONS': ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), SANITIZER_OPTIONS]))}

    def _get(self, field):
        return struct.unpack_from('q', self.page, FIELDS[field])[0]

    def _set(self, field, value):
        struct.pack_into('q', self.page, FIELDS[field], value)

    def allocations(self):
        """How many there were so far, over all lives."""
        return self._get('allocations')

    def fail_allocation(self, number, sticky=False):
        """The number-th from now on fails; with `sticky` all later ones do, too."""
        begin = self.allocations() + number
        self._set('fail_until', FOR_EVER if sticky else begin + 1)
        self._set('fail_from', begin)

    def writes(self):
        """How many there were so far, to files and sockets."""
        return self._get('writes')

    def shorten_write(self, number, sticky=False):
        """The number-th write from now on takes only half; with `sticky` all later ones do, too."""
        begin = self.writes() + number
        self._set('short_until', FOR_EVER if sticky else begin + 1)
        self._set('short_from', begin)

    def end_random(self):
        """No random bytes any more."""
        self._set('no_random', 1)

    def heal(self):
        """A sound world, but for its clock."""
        for field in ('fail_from', 'short_from', 'no_random'):
            self._set(field, 0)

    def turn_clock(self, seconds):
        """The wall clock shows the true time and so many seconds more."""
        self._set('clock_shift_us', int(seconds * 1_000_000))
