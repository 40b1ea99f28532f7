/* SPDX-License-Identifier: Apache-2.0 */
/* The disk in memory does what SQLite expects of one: the store works on it, locks hold between connections, and what is ordered
 * to fail fails in the way that SQLite's own file system would. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "store/shelf.h"
#include "world/commits.h"
#include "world/disk.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024, PAGE_BYTES = 4096, LOG_HEADER_BYTES = 32 };

static const char path[] = "/disk/a.db";

struct fixture {
    struct disk *disk;
    struct commits commits;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->disk = disk_open(1);
    fixture->commits = (struct commits){ .path = path, .pragmas = commits_full };
    assert_int_equal(commits_open(&fixture->commits), SQLITE_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    commits_close(&fixture->commits);
    disk_close(fixture->disk);
    free(fixture);
    return 0;
}

static void make_commits(struct commits *commits, int count)
{
    for (int i = 0; i < count; i++) assert_int_equal(commits_make(commits), SQLITE_OK);
}

static int run(sqlite3 *db, const char *script) { return sqlite3_exec(db, script, NULL, NULL, NULL); }

static int empty_log(struct commits *commits)
{
    return sqlite3_wal_checkpoint_v2(commits->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* ---- the store ---- */

static void run_many(struct shelf *shelf)
{
    struct many *many = many_of(save_new_payment);
    store_run_batch(shelf->store, many->works, MANY);
    for (size_t i = 0; i < MANY; i++) assert_row(many->errands[i].work.result == WORK_DONE, i);
    free(many);
}

static void reopen_after(struct shelf *shelf, struct disk *disk, void (*lose)(struct disk *disk))
{
    lose(disk);
    shelf_reopen(shelf);
}

/* Its lock and its reserve are files of the machine; the database is not. */
static void the_store_works_on_it(void **state)
{
    struct disk *disk = disk_open(1);
    assert_int_equal(shelf_set_up(state), 0);
    struct shelf *shelf = *state;
    struct error error;
    run_many(shelf);
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    size_t seen = 0;
    assert_non_null(reader);
    assert_int_equal(shelf_ask(reader, count_payments, &seen), WORK_DONE);
    assert_int_equal(seen, MANY);
    store_close(reader);
    reopen_after(shelf, disk, disk_lose_process);
    assert_int_equal(payments_in(shelf), MANY);
    reopen_after(shelf, disk, disk_lose_power);
    assert_int_equal(payments_in(shelf), MANY);
    assert_true(disk_counts(disk).syncs > 0);
    assert_int_equal(shelf_tear_down(state), 0);
    disk_close(disk);
}

/* ---- the end of a process ---- */

static void a_kill_loses_nothing_that_was_written(void **state)
{
    struct fixture *fixture = *state;
    fixture->commits.pragmas = commits_off;
    make_commits(&fixture->commits, 30);
    disk_lose_process(fixture->disk);
    assert_true(commits_survive(&fixture->commits));
    assert_int_equal(commits_find_last(&fixture->commits), 30);
}

static void a_dead_connection_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct commits dead = fixture->commits;
    make_commits(&dead, 3);
    assert_int_equal(run(dead.db, "BEGIN IMMEDIATE; INSERT INTO part VALUES (0, 0, zeroblob(100000))"), SQLITE_OK);
    disk_lose_process(fixture->disk);
    fixture->commits.acknowledged = fixture->commits.begun = 3;
    assert_int_equal(commits_open(&fixture->commits), SQLITE_OK);
    make_commits(&fixture->commits, 1); /* the dead one's locks are gone */
    int64_t writes = disk_counts(fixture->disk).writes;
    assert_int_equal(run(dead.db, "COMMIT") & 0xff, SQLITE_IOERR);
    assert_int_not_equal(commits_make(&dead), SQLITE_OK);
    commits_close(&dead);
    assert_int_equal(disk_counts(fixture->disk).writes, writes);
    assert_true(commits_survive(&fixture->commits));
    assert_int_equal(commits_find_last(&fixture->commits), 4);
}

/* The log of older days: a transaction cut short is taken back by the next process, not by the dead connection. */
static void a_dead_connection_leaves_its_journal(void **state)
{
    struct fixture *fixture = *state;
    make_commits(&fixture->commits, 3);
    assert_int_equal(run(fixture->commits.db, "PRAGMA journal_mode=DELETE; PRAGMA cache_size=2; BEGIN IMMEDIATE; DELETE FROM part"), SQLITE_OK);
    assert_int_equal(run(fixture->commits.db, "INSERT INTO part VALUES (0, 0, zeroblob(1000000))"), SQLITE_OK); /* spills */
    disk_lose_process(fixture->disk);
    assert_true(commits_survive(&fixture->commits));
    assert_int_equal(commits_find_last(&fixture->commits), 3);
}

/* ---- connections side by side ---- */

static int64_t number_seen_by(sqlite3 *db)
{
    sqlite3_stmt *ask;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT number FROM last", -1, &ask, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(ask), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return number;
}

static sqlite3 *open_beside(int flags)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL), SQLITE_OK);
    return db;
}

static void a_reader_keeps_its_moment_and_one_writes(void **state)
{
    struct fixture *fixture = *state;
    struct commits *commits = &fixture->commits;
    int log = 0, moved = 0;
    make_commits(commits, 3);
    sqlite3 *reader = open_beside(SQLITE_OPEN_READONLY), *writer = open_beside(SQLITE_OPEN_READWRITE);
    assert_int_equal(run(reader, "BEGIN"), SQLITE_OK);
    assert_int_equal(number_seen_by(reader), 3);
    make_commits(commits, 2);
    assert_int_equal(number_seen_by(reader), 3);
    assert_int_equal(sqlite3_wal_checkpoint_v2(commits->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &moved), SQLITE_OK);
    assert_true(moved > 0 && moved < log); /* what the reader still needs stays */
    assert_int_equal(empty_log(commits), SQLITE_BUSY);
    assert_int_equal(run(commits->db, "BEGIN IMMEDIATE"), SQLITE_OK);
    assert_int_equal(run(writer, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    assert_int_equal(run(commits->db, "ROLLBACK"), SQLITE_OK);
    assert_int_equal(run(writer, "BEGIN IMMEDIATE; ROLLBACK"), SQLITE_OK);
    assert_int_equal(run(reader, "COMMIT"), SQLITE_OK);
    assert_int_equal(number_seen_by(reader), 5);
    assert_int_equal(empty_log(commits), SQLITE_OK);
    sqlite3_close(reader);
    sqlite3_close(writer);
}

/* With a journal a commit waits for readers, and while it waits nobody begins to read. */
static void locks_hold_without_a_log(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db = fixture->commits.db;
    make_commits(&fixture->commits, 1);
    assert_int_equal(run(db, "PRAGMA journal_mode=DELETE"), SQLITE_OK);
    sqlite3 *reader = open_beside(SQLITE_OPEN_READONLY), *late = open_beside(SQLITE_OPEN_READWRITE);
    assert_int_equal(run(reader, "BEGIN"), SQLITE_OK);
    assert_int_equal(number_seen_by(reader), 1);
    assert_int_equal(run(db, "BEGIN IMMEDIATE; UPDATE last SET number = 7"), SQLITE_OK);
    assert_int_equal(number_seen_by(late), 1);
    assert_int_equal(run(late, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    assert_int_equal(run(db, "COMMIT"), SQLITE_BUSY);
    assert_int_equal(run(late, "SELECT * FROM last"), SQLITE_BUSY);
    assert_int_equal(run(reader, "COMMIT"), SQLITE_OK);
    assert_int_equal(run(db, "COMMIT"), SQLITE_OK);
    assert_int_equal(number_seen_by(late), 7);
    sqlite3_close(reader);
    sqlite3_close(late);
}

/* ---- faults ---- */

/* Commits, checkpoints and a restart, until something is reported. */
static void work_until_an_error(struct commits *commits)
{
    int code = SQLITE_OK;
    for (int i = 1; i <= 24 && code == SQLITE_OK; i++) {
        code = commits_make(commits);
        if (code == SQLITE_OK && i % 5 == 0) code = empty_log(commits);
        if (code != SQLITE_OK || i % 8 != 0) continue;
        commits_close(commits);
        code = commits_open(commits);
    }
}

/* SQLite answers with an error or goes on as if nothing had been; either way nothing acknowledged is lost. The number of errors. */
static int64_t errors_of(enum disk_method method, int64_t nth, bool sticky, bool power)
{
    struct disk *disk = disk_open((uint64_t)nth);
    struct commits commits = { .path = path, .pragmas = commits_full };
    assert_int_equal(commits_open(&commits), SQLITE_OK);
    make_commits(&commits, 2);
    disk_fail(disk, method, nth, sticky);
    work_until_an_error(&commits);
    int64_t errors = disk_counts(disk).errors[method];
    disk_heal(disk);
    if (power) disk_lose_power(disk);
    else disk_lose_process(disk);
    assert_row(commits_survive(&commits), method * 1000 + nth);
    commits_close(&commits);
    disk_close(disk);
    return errors;
}

static void any_use_may_fail_and_nothing_is_lost(void **state)
{
    (void)state;
    for (enum disk_method method = 0; method < DISK_METHOD_COUNT; method++) {
        int64_t errors_once = 0, errors_sticky = 0;
        for (int64_t nth = 1; nth <= 60; nth++) {
            errors_once += errors_of(method, nth, false, nth % 2);
            errors_sticky += errors_of(method, nth, true, nth % 2);
        }
        assert_row(errors_once > 0 && errors_sticky >= errors_once, method);
    }
}

static void an_error_strikes_the_nth_use(void **state)
{
    struct fixture *fixture = *state;
    struct commits *commits = &fixture->commits;
    disk_fail(fixture->disk, DISK_SYNC, 3, false);
    make_commits(commits, 2); /* a sync each */
    assert_int_equal(commits_make(commits) & 0xff, SQLITE_IOERR);
    disk_fail(fixture->disk, DISK_SYNC, 1, true);
    for (int64_t i = 0; i < 3; i++) assert_int_equal(commits_make(commits) & 0xff, SQLITE_IOERR);
    assert_int_equal(disk_counts(fixture->disk).errors[DISK_SYNC], 4);
    disk_heal(fixture->disk);
    make_commits(commits, 1);
}

/* ---- room ---- */

/* SQLITE_FULL is certain: nothing of that transaction is kept. And then there is room again. */
static void a_full_disk_is_certain(void **state)
{
    struct fixture *fixture = *state;
    struct commits *commits = &fixture->commits;
    int code = SQLITE_OK;
    disk_limit_room(fixture->disk, 300 * 1000);
    while (code == SQLITE_OK) code = commits_make(commits);
    assert_int_equal(code, SQLITE_FULL);
    assert_true(disk_counts(fixture->disk).full > 0 && commits->acknowledged > 10);
    assert_int_equal(commits_find_last(commits), commits->acknowledged);
    disk_lose_power(fixture->disk);
    assert_true(commits_survive(commits));
    disk_heal(fixture->disk);
    make_commits(commits, 100);
}

static void what_is_cut_off_makes_room(void **state)
{
    struct fixture *fixture = *state;
    struct commits *commits = &fixture->commits;
    int code = SQLITE_OK;
    make_commits(commits, 100);
    assert_int_equal(empty_log(commits), SQLITE_OK);
    disk_limit_room(fixture->disk, 300 * 1000);
    while (code == SQLITE_OK) code = commits_make(commits);
    assert_int_equal(code, SQLITE_FULL);
    assert_int_equal(empty_log(commits), SQLITE_OK); /* the database takes it in place of older ones */
    make_commits(commits, 5);
    assert_true(commits_survive(commits));
}

/* ---- files of no database ---- */

static sqlite3_file *open_plain(const char *name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    assert_non_null(file);
    assert_int_equal(vfs->xOpen(vfs, name, file, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    return file;
}

static void close_plain(sqlite3_file *file)
{
    file->pMethods->xClose(file);
    free(file);
}

/* One place of a file, a hundred thousand times: a power loss leaves some of the newer writes there, sector by sector. */
static void what_is_never_synced_is_written_back_some_day(void **state)
{
    struct fixture *fixture = *state;
    enum { WRITES = 100000, WRITTEN_BACK = WRITES - 2 * 64 * 1024 * 1024 / PAGE_BYTES };
    int32_t page[PAGE_BYTES / sizeof(int32_t)] = { 0 };
    sqlite3_file *file = open_plain("/disk/plain");
    assert_int_equal(file->pMethods->xWrite(file, page, PAGE_BYTES, 0), SQLITE_OK);
    assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    for (int32_t i = 1; i <= WRITES; i++) {
        for (size_t at = 0; at < COUNT_OF(page); at++) page[at] = i;
        assert_int_equal(file->pMethods->xWrite(file, page, PAGE_BYTES, 0), SQLITE_OK);
    }
    close_plain(file);
    disk_lose_power(fixture->disk);
    file = open_plain("/disk/plain");
    assert_int_equal(file->pMethods->xRead(file, page, PAGE_BYTES, 0), SQLITE_OK);
    for (size_t at = 0; at < COUNT_OF(page); at++) assert_in_range(page[at], WRITTEN_BACK, WRITES);
    close_plain(file);
}

/* ---- flipped bits ---- */

static size_t read_out(const struct disk *disk, const char *name, uint8_t *bytes)
{
    char folder[] = "/tmp/florin-disk-XXXXXX", from[64];
    const char *names[] = { "a.db", "a.db-wal" };
    size_t length = 0;
    assert_non_null(mkdtemp(folder));
    assert_true(disk_copy_out(disk, folder));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(from, sizeof from, "%s/%s", folder, names[i]);
        FILE *file = strcmp(names[i], name) == 0 ? fopen(from, "rb") : NULL;
        if (file) length = fread(bytes, 1, FILE_BYTES_MAX, file);
        if (file) fclose(file);
        unlink(from);
    }
    assert_int_equal(rmdir(folder), 0);
    return length;
}

static int bits_set(uint8_t byte) { return __builtin_popcount(byte); }

static void one_bit_is_flipped(void **state)
{
    static uint8_t before[FILE_BYTES_MAX], after[FILE_BYTES_MAX];
    struct fixture *fixture = *state;
    int different = 0;
    make_commits(&fixture->commits, 10);
    size_t length = read_out(fixture->disk, "a.db-wal", before);
    assert_true(disk_flip_bit(fixture->disk, "-wal", 123456789));
    assert_int_equal(read_out(fixture->disk, "a.db-wal", after), length);
    for (size_t i = 0; i < length; i++) different += bits_set(before[i] ^ after[i]);
    assert_int_equal(different, 1);
    assert_false(disk_flip_bit(fixture->disk, "-none", 0));
}

/* What a power loss brings back has been flipped as well as what it would have lost. */
static void a_flipped_bit_outlives_a_power_loss(void **state)
{
    enum { LENGTH = 100, AT = 5, BIT = 3, SEEDS = 20 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct disk *disk = disk_open(seed);
        uint8_t older[LENGTH] = { 0 }, newer[LENGTH], found = 0;
        memset(newer, 0xff, sizeof newer);
        sqlite3_file *file = open_plain("/disk/plain");
        assert_int_equal(file->pMethods->xWrite(file, older, LENGTH, 0), SQLITE_OK);
        assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
        assert_int_equal(file->pMethods->xWrite(file, newer, LENGTH, 0), SQLITE_OK);
        assert_true(disk_flip_bit(disk, "plain", 8 * AT + BIT));
        disk_lose_power(disk);
        close_plain(file);
        file = open_plain("/disk/plain");
        assert_int_equal(file->pMethods->xRead(file, &found, 1, AT), SQLITE_OK);
        assert_row(found == 1 << BIT || found == (0xff ^ 1 << BIT), seed);
        close_plain(file);
        disk_close(disk);
    }
}

/* The trap that the witness is for: that commit and all later ones are gone, and nobody says a word. */
static void a_flipped_bit_in_the_log_loses_commits_silently(void **state)
{
    static uint8_t log[FILE_BYTES_MAX];
    struct fixture *fixture = *state;
    make_commits(&fixture->commits, 30);
    disk_lose_process(fixture->disk);
    size_t middle = read_out(fixture->disk, "a.db-wal", log) / 2;
    assert_true(disk_flip_bit(fixture->disk, "-wal", 8 * middle));
    assert_false(commits_survive(&fixture->commits));
    int64_t last = commits_find_last(&fixture->commits);
    assert_true(last > 0 && last < 30); /* sound, but short */
    make_commits(&fixture->commits, 1);
}

static void a_flipped_bit_in_the_database_stays(void **state)
{
    struct fixture *fixture = *state;
    make_commits(&fixture->commits, 30);
    assert_int_equal(empty_log(&fixture->commits), SQLITE_OK);
    disk_lose_process(fixture->disk);
    const uint64_t cells_of_the_second_page = PAGE_BYTES + 4; /* their count */
    assert_true(disk_flip_bit(fixture->disk, "a.db", 8 * cells_of_the_second_page + 1));
    commits_close(&fixture->commits); /* a power loss could bring the log back, and with it the right page */
    assert_int_not_equal(commits_open(&fixture->commits) == SQLITE_OK ? commits_find_last(&fixture->commits) : COMMITS_DAMAGED, 30);
}

/* ---- looking ---- */

static void text_is_found_while_it_can_come_back(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db = fixture->commits.db;
    const str word = STR("a word that was written");
    assert_int_equal(run(db, "PRAGMA secure_delete=ON"), SQLITE_OK);
    assert_false(disk_contains(fixture->disk, word));
    assert_int_equal(run(db, "INSERT INTO part VALUES (0, 0, 'a word that was written')"), SQLITE_OK);
    assert_true(disk_contains(fixture->disk, word));
    assert_int_equal(run(db, "DELETE FROM part"), SQLITE_OK);
    assert_int_equal(empty_log(&fixture->commits), SQLITE_OK);
    assert_true(disk_contains(fixture->disk, word)); /* the log is cut off, but that is not durable */
    make_commits(&fixture->commits, 1);
    assert_false(disk_contains(fixture->disk, word));
}

#define disk_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_works_on_it),
        disk_test(a_kill_loses_nothing_that_was_written),
        disk_test(a_dead_connection_changes_nothing),
        disk_test(a_dead_connection_leaves_its_journal),
        disk_test(a_reader_keeps_its_moment_and_one_writes),
        disk_test(locks_hold_without_a_log),
        cmocka_unit_test(any_use_may_fail_and_nothing_is_lost),
        disk_test(an_error_strikes_the_nth_use),
        disk_test(a_full_disk_is_certain),
        disk_test(what_is_cut_off_makes_room),
        disk_test(what_is_never_synced_is_written_back_some_day),
        disk_test(one_bit_is_flipped),
        cmocka_unit_test(a_flipped_bit_outlives_a_power_loss),
        disk_test(a_flipped_bit_in_the_log_loses_commits_silently),
        disk_test(a_flipped_bit_in_the_database_stays),
        disk_test(text_is_found_while_it_can_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
