# SPDX-License-Identifier: Apache-2.0
"""tools/sql finds what it is there for: each mistake below is written into a copy of the store's files, and must be named."""
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def told(folder):
    """(exit status, what it says) about the files in a folder."""
    done = subprocess.run([sys.executable, '-B', ROOT / 'tools' / 'sql', folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def store(tmp_path):
    """A copy of the schema and the statements."""
    for path in [ROOT / 'src' / 'store' / 'schema.sql', *(ROOT / 'src' / 'store').glob('*.c')]:
        shutil.copy(path, tmp_path)
    return tmp_path


def change(folder, name, right, wrong):
    text = (folder / name).read_text()
    assert right in text, f'{name} does not say {right!r} any more'
    (folder / name).write_text(text.replace(right, wrong, 1))


def test_what_we_have_is_right(store):
    """And something is looked at."""
    status, said = told(store)
    assert status == 0, said
    assert 'carry merchant_id' in said


MISTAKES = [
    ('schema.sql', 'PRIMARY KEY (merchant_id, payment_id, sequence)', 'PRIMARY KEY (payment_id, sequence)', 'of event does not begin with merchant_id'),
    ('schema.sql', ',\n    PRIMARY KEY (merchant_id, payment_id, sequence)', '', 'event has no primary key'),
    ('schema.sql', ',\n    PRIMARY KEY (merchant_id, payment_id, sequence)',
     ',\n    UNIQUE (hash),\n    PRIMARY KEY (merchant_id, payment_id, sequence)', 'a unique of event does not begin with merchant_id'),
    ('schema.sql', 'ON payment (merchant_id, order_id, payment_id)', 'ON payment (order_id, payment_id)', 'index payment_by_order'),
    ('schema.sql', 'sequence    BIGINT NOT NULL', 'sequence    BIGSERIAL NOT NULL', 'a sequence has one home'),
    ('schema.sql', 'CREATE TABLE event', 'CREATE TRIGGER t AFTER INSERT ON payment BEGIN END;\nCREATE TABLE event', 'happens stands where it is decided'),
    ('schema.sql', 'created_at   BIGINT NOT NULL', 'created_at   BIGINT NOT NULL DEFAULT CURRENT_TIMESTAMP', 'time comes in by the door'),
    ('store_payment.c', 'FROM payment WHERE merchant_id = $1 AND payment_id = $2"', 'FROM payment WHERE payment_id = $2"', 'a statement on payment'),
    ('store_operation.c', '"WHERE merchant_id = $1 AND payment_id = $2', '"WHERE payment_id = $2', 'a statement on operation'),
    ('store_event.c', 'INSERT INTO event (merchant_id, payment_id,', 'INSERT INTO event (payment_id,', 'a statement on event'),
    ('store_verify.c', 'ON p.merchant_id = r.merchant_id AND', 'ON', 'a statement on payment'),
    ('store_meta.c', '"SELECT value FROM meta WHERE name = $1"', '"SELECT value FROM meta WHERE name = $1 AND pg_advisory_lock(1) IS NULL"', 'advisory'),
    ('store_meta.c', '"SELECT value FROM meta WHERE name = $1"', '"SELECT value FROM meta WHERE name = $1 AND now() > 0"', 'time comes in'),
]


@pytest.mark.parametrize('name,right,wrong,words', MISTAKES)
def test_a_mistake_is_found(store, name, right, wrong, words):
    """By its file, and in words."""
    change(store, name, right, wrong)
    status, said = told(store)
    assert status == 1
    assert name in said and words in said, said
