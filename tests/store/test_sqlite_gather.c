/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches the file system below, and when. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/base_testing.h"
#include "store/sqlite_gather.h"

enum { PIECES_MAX = 16, FILE_BYTES = 1024 * 1024, MUCH = 128 * 1024 };

/* A file system below with one file, which notes what it is asked for. */
static struct below {
    struct piece {
        char what; /* w: a write, r: a read, s: a sync, t: a cut, z: a size, c: a close */
        sqlite3_int64 at;
        int count;
    } pieces[PIECES_MAX];
    size_t count;
    int write_fails_with;
    char bytes[FILE_BYTES];
} below;

static int note(char what, sqlite3_int64 at, int count)
{
    assert_true(below.count < PIECES_MAX);
    below.pieces[below.count++] = (struct piece){ what, at, count };
    return SQLITE_OK;
}

static int below_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    (void)file;
    note('w', at, count);
    if (below.write_fails_with) return below.write_fails_with;
    memcpy(below.bytes + at, bytes, (size_t)count);
    return SQLITE_OK;
}

static int below_read(sqlite3_file *file, void *out, int count, sqlite3_int64 at)
{
    (void)file;
    memcpy(out, below.bytes + at, (size_t)count);
    return note('r', at, count);
}

static int below_sync(sqlite3_file *file, int flags) { return (void)file, note('s', 0, flags); }
static int below_truncate(sqlite3_file *file, sqlite3_int64 size) { return (void)file, note('t', size, 0); }
static int below_size(sqlite3_file *file, sqlite3_int64 *out) { return (void)file, *out = 0, note('z', 0, 0); }
static int below_close(sqlite3_file *file) { return (void)file, note('c', 0, 0); }

static int below_lock(sqlite3_file *file, int level) { return (void)file, note('L', level, 0); }
static int below_unlock(sqlite3_file *file, int level) { return (void)file, note('U', level, 0); }
static int below_reserved(sqlite3_file *file, int *out) { return (void)file, *out = 1, note('V', 0, 0); }
static int below_control(sqlite3_file *file, int what, void *with) { return (void)file, (void)with, note('C', what, 0); }
static int below_sector(sqlite3_file *file) { return (void)file, 512; }
static int below_device(sqlite3_file *file) { return (void)file, SQLITE_IOCAP_SAFE_APPEND; }

static const sqlite3_io_methods below_methods = { .iVersion = 1, .xClose = below_close, .xRead = below_read, .xWrite = below_write,
                                                  .xTruncate = below_truncate, .xSync = below_sync, .xFileSize = below_size,
                                                  .xLock = below_lock, .xUnlock = below_unlock, .xCheckReservedLock = below_reserved,
                                                  .xFileControl = below_control, .xSectorSize = below_sector,
                                                  .xDeviceCharacteristics = below_device };

static int below_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs, (void)name, (void)flags, (void)out_flags;
    file->pMethods = &below_methods;
    return SQLITE_OK;
}

static int below_sleep(sqlite3_vfs *vfs, int us) { return (void)vfs, note('S', us, 0); }
static int below_random(sqlite3_vfs *vfs, int bytes, char *out) { return (void)vfs, (void)out, note('R', bytes, 0); }
static int below_time(sqlite3_vfs *vfs, sqlite3_int64 *out) { return (void)vfs, *out = 0, note('T', 0, 0); }

static sqlite3_vfs below_vfs = { .iVersion = 2, .szOsFile = sizeof(sqlite3_file), .mxPathname = 100, .zName = "below", .xOpen = below_open,
                                 .xSleep = below_sleep, .xRandomness = below_random, .xCurrentTimeInt64 = below_time };

static int set_up(void **state)
{
    below = (struct below){ 0 };
    assert_int_equal(sqlite3_vfs_register(&below_vfs, 1), SQLITE_OK);
    sqlite_gather_register();
    sqlite3_vfs *gather = sqlite3_vfs_find(SQLITE_GATHER_NAME);
    assert_non_null(gather);
    sqlite3_file *file = calloc(1, (size_t)gather->szOsFile);
    assert_non_null(file);
    assert_int_equal(gather->xOpen(gather, "a.db-wal", file, SQLITE_OPEN_WAL, NULL), SQLITE_OK);
    *state = file;
    return 0;
}

static int tear_down(void **state)
{
    sqlite3_file *file = *state;
    below.write_fails_with = SQLITE_OK;
    below.count = 0;
    assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
    free(file);
    return 0;
}

static char ink[MUCH + 1];

static int write_at(sqlite3_file *file, sqlite3_int64 at, int count)
{
    for (int i = 0; i < count; i++) ink[i] = (char)('a' + (at + i) % 26);
    return file->pMethods->xWrite(file, ink, count, at);
}

static void saw(const char *expected)
{
    char seen[PIECES_MAX * 40] = "";
    for (size_t i = 0; i < below.count; i++) {
        size_t length = strlen(seen);
        snprintf(seen + length, sizeof seen - length, "%c %lld %d;", below.pieces[i].what, (long long)below.pieces[i].at, below.pieces[i].count);
    }
    assert_string_equal(seen, expected);
}

static void heads_and_pages_go_out_together(void **state)
{
    sqlite3_file *file = *state;
    for (int frame = 0; frame < 3; frame++) {
        write_at(file, 32 + frame * 4120, 24);
        write_at(file, 32 + frame * 4120 + 24, 4096);
    }
    saw("");
    assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    saw("w 32 12360;s 0 2;");
    for (int i = 0; i < 12360; i++) assert_int_equal(below.bytes[32 + i], 'a' + (32 + i) % 26);
}

static void what_does_not_continue_is_a_piece_of_its_own(void **state)
{
    sqlite3_file *file = *state;
    write_at(file, 0, 10);
    write_at(file, 10, 10);
    write_at(file, 30, 10); /* a gap */
    write_at(file, 0, 10);  /* back */
    write_at(file, 5, 10);  /* over it */
    assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    saw("w 0 20;w 30 10;w 0 10;w 5 10;s 0 2;");
}

static void it_does_not_wait_for_ever(void **state)
{
    sqlite3_file *file = *state;
    write_at(file, 0, MUCH - 1);
    write_at(file, MUCH - 1, 1);
    saw("");
    write_at(file, MUCH, 1);
    saw("w 0 131072;");
    write_at(file, MUCH + 1, MUCH + 1); /* more than there is room for */
    saw("w 0 131072;w 131072 1;w 131073 131073;");
}

static void whoever_asks_sees_what_was_written(void **state)
{
    sqlite3_file *file = *state;
    char out[10];
    sqlite3_int64 size;
    write_at(file, 7, 10);
    assert_int_equal(file->pMethods->xRead(file, out, 10, 7), SQLITE_OK);
    assert_memory_equal(out, "hijklmnopq", 10);
    write_at(file, 17, 10);
    assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
    write_at(file, 27, 10);
    assert_int_equal(file->pMethods->xTruncate(file, 40), SQLITE_OK);
    saw("w 7 10;r 7 10;w 17 10;z 0 0;w 27 10;t 40 0;");
}

static int sync_it(sqlite3_file *file) { return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL); }
static int read_it(sqlite3_file *file) { return file->pMethods->xRead(file, ink, 1, 0); }
static int cut_it(sqlite3_file *file) { return file->pMethods->xTruncate(file, 0); }
static int size_it(sqlite3_file *file)
{
    sqlite3_int64 size;
    return file->pMethods->xFileSize(file, &size);
}
static int write_elsewhere(sqlite3_file *file) { return write_at(file, 500, 1); }

/* A full disk must stay a full disk, whoever hears of it, and must not be told as a sync that went well. */
static void a_write_that_fails_is_told_by_what_made_it_necessary(void **state)
{
    sqlite3_file *file = *state;
    int (*const asking[])(sqlite3_file *file) = { sync_it, read_it, cut_it, size_it, write_elsewhere };
    for (size_t i = 0; i < COUNT_OF(asking); i++) {
        below.count = 0;
        below.write_fails_with = SQLITE_FULL;
        write_at(file, 0, 10);
        assert_int_equal(asking[i](file), SQLITE_FULL);
        saw("w 0 10;");
        below.write_fails_with = SQLITE_OK;
        assert_int_equal(sync_it(file), SQLITE_OK); /* it is not written later, beside what was taken back */
        saw("w 0 10;s 0 2;");
    }
}

static void closing_writes_what_is_left(void **state)
{
    sqlite3_file *file = *state;
    write_at(file, 0, 10);
    assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
    saw("w 0 10;c 0 0;");
    sqlite3_vfs *gather = sqlite3_vfs_find(SQLITE_GATHER_NAME);
    assert_int_equal(gather->xOpen(gather, "a.db-wal", file, SQLITE_OPEN_WAL, NULL), SQLITE_OK);
}

static void a_write_that_fails_at_the_close_is_told(void **state)
{
    sqlite3_file *file = *state;
    sqlite3_vfs *gather = sqlite3_vfs_find(SQLITE_GATHER_NAME);
    write_at(file, 0, 10);
    below.write_fails_with = SQLITE_FULL;
    assert_int_equal(file->pMethods->xClose(file), SQLITE_FULL);
    saw("w 0 10;c 0 0;"); /* and closed it is */
    below.write_fails_with = SQLITE_OK;
    assert_int_equal(gather->xOpen(gather, "a.db-wal", file, SQLITE_OPEN_WAL, NULL), SQLITE_OK);
}

/* Nothing lies between SQLite and the database itself. */
static void other_files_are_those_of_the_file_system_below(void **state)
{
    sqlite3_file *file = *state;
    sqlite3_vfs *gather = sqlite3_vfs_find(SQLITE_GATHER_NAME);
    sqlite3_file *database = calloc(1, (size_t)gather->szOsFile);
    (void)file;
    assert_int_equal(gather->xOpen(gather, "a.db", database, SQLITE_OPEN_MAIN_DB, NULL), SQLITE_OK);
    assert_ptr_equal(database->pMethods, &below_methods);
    free(database);
}

static void all_else_is_asked_below(void **state)
{
    char random[4];
    int reserved = 0;
    sqlite3_int64 time;
    sqlite3_file *file = *state;
    sqlite3_vfs *gather = sqlite3_vfs_find(SQLITE_GATHER_NAME);
    assert_int_equal(gather->xSleep(gather, 7), SQLITE_OK);
    assert_int_equal(gather->xRandomness(gather, 4, random), SQLITE_OK);
    assert_int_equal(gather->xCurrentTimeInt64(gather, &time), SQLITE_OK);
    saw("S 7 0;R 4 0;T 0 0;");
    below.count = 0;
    assert_int_equal(file->pMethods->xLock(file, SQLITE_LOCK_SHARED), SQLITE_OK);
    assert_int_equal(file->pMethods->xUnlock(file, SQLITE_LOCK_NONE), SQLITE_OK);
    assert_int_equal(file->pMethods->xCheckReservedLock(file, &reserved), SQLITE_OK);
    assert_int_equal(file->pMethods->xFileControl(file, SQLITE_FCNTL_PERSIST_WAL, NULL), SQLITE_OK);
    saw("L 1 0;U 0 0;V 0 0;C 10 0;");
    assert_int_equal(reserved, 1);
    assert_int_equal(file->pMethods->xSectorSize(file), 512);
    assert_int_equal(file->pMethods->xDeviceCharacteristics(file), SQLITE_IOCAP_SAFE_APPEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(heads_and_pages_go_out_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_continue_is_a_piece_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_does_not_wait_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_asks_sees_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_fails_is_told_by_what_made_it_necessary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_else_is_asked_below, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_writes_what_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_fails_at_the_close_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_those_of_the_file_system_below, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
