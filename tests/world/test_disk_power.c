/* SPDX-License-Identifier: Apache-2.0 */
/* Power losses at random moments, thousands of them: SQLite with synchronous=FULL keeps what it acknowledged, without it does
 * not, and the same seed brings the same bytes. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "world/commits.h"
#include "world/disk.h"

enum { SEEDS = 50, LOSSES = 60, CHANGES_MAX = 90, PATH_BYTES = 128 };

static const char path[] = "/disk/a.db";

/* The test's own chance. */
static uint64_t below(uint64_t *state, uint64_t limit)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % limit;
}

/* Checkpoints of each kind, now and then, and a close of the last connection, which removes the log. */
static void work_once(struct commits *commits, uint64_t *state)
{
    switch (below(state, 16)) {
    case 0: sqlite3_wal_checkpoint_v2(commits->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL); break;
    case 1: sqlite3_wal_checkpoint_v2(commits->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL); break;
    case 2:
        commits_close(commits);
        (void)commits_open(commits);
        break;
    default: (void)commits_make(commits);
    }
}

static void work_until_stopped(struct disk *disk, struct commits *commits, uint64_t *state)
{
    disk_stop_at(disk, 1 + (int64_t)below(state, CHANGES_MAX));
    while (!disk_has_stopped(disk)) work_once(commits, state);
}

/* Looking at what is left may be cut short by the next loss. */
static void be_cut_short(struct disk *disk, struct commits *commits, uint64_t *state)
{
    disk_stop_at(disk, 1 + (int64_t)below(state, 12));
    commits_close(commits);
    (void)commits_open(commits);
    disk_lose_power(disk);
}

/* False when something that was acknowledged is not there. */
static bool lose_power_again_and_again(struct disk *disk, struct commits *commits, uint64_t seed, int losses)
{
    uint64_t state = seed;
    bool right = commits_open(commits) == SQLITE_OK;
    for (int i = 0; i < losses && right; i++) {
        work_until_stopped(disk, commits, &state);
        if (below(&state, 4) == 0) disk_lose_process(disk);
        else disk_lose_power(disk);
        if (below(&state, 3) == 0) be_cut_short(disk, commits, &state);
        right = commits_survive(commits);
    }
    commits_close(commits);
    return right;
}

static void add_counts(struct disk_counts *sum, struct disk_counts counts)
{
    sum->power_losses += counts.power_losses;
    sum->writes_lost += counts.writes_lost;
    sum->writes_kept_early += counts.writes_kept_early;
    sum->writes_torn += counts.writes_torn;
    sum->names_lost += counts.names_lost;
}

static void what_is_acknowledged_survives(void **state)
{
    struct disk_counts sum = { 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct disk *disk = disk_open(seed);
        struct commits commits = { .path = path, .pragmas = commits_full };
        assert_row(lose_power_again_and_again(disk, &commits, seed, LOSSES), seed);
        add_counts(&sum, disk_counts(disk));
        disk_close(disk);
    }
    assert_true(sum.power_losses > SEEDS * LOSSES / 2);
    assert_true(sum.writes_lost > 0 && sum.writes_kept_early > 0 && sum.writes_torn > 0 && sum.names_lost > 0);
}

/* The test above can fail: nothing is synced here. */
static void without_syncs_something_is_lost(void **state)
{
    int lost = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct disk *disk = disk_open(seed);
        struct commits commits = { .path = path, .pragmas = commits_off };
        lost += !lose_power_again_and_again(disk, &commits, seed, LOSSES);
        disk_close(disk);
    }
    assert_true(lost > SEEDS / 2);
}

/* ---- one seed, one story ---- */

struct story {
    struct disk_counts counts;
    struct hash database, log;
};

static struct hash hash_of_file(const char *folder, const char *name)
{
    static char bytes[4 * 1024 * 1024];
    char from[PATH_BYTES];
    snprintf(from, sizeof from, "%s/%s", folder, name);
    FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    assert_true(length > 0 && length < sizeof bytes);
    fclose(file);
    assert_int_equal(unlink(from), 0);
    return hash_of(&(str){ bytes, length }, 1);
}

static struct story story_of(uint64_t seed)
{
    struct disk *disk = disk_open(seed);
    struct commits commits = { .path = path, .pragmas = commits_full };
    char folder[] = "/tmp/florin-disk-XXXXXX";
    assert_true(lose_power_again_and_again(disk, &commits, seed, 10));
    assert_int_equal(commits_open(&commits), SQLITE_OK);
    assert_int_equal(commits_make(&commits), SQLITE_OK);
    assert_non_null(mkdtemp(folder));
    assert_true(disk_copy_out(disk, folder));
    struct story story = { disk_counts(disk), hash_of_file(folder, "a.db"), hash_of_file(folder, "a.db-wal") };
    assert_int_equal(rmdir(folder), 0);
    commits_close(&commits);
    disk_close(disk);
    return story;
}

static void a_seed_tells_one_story(void **state)
{
    struct story first = story_of(7), again = story_of(7), other = story_of(8);
    (void)state;
    assert_memory_equal(&first, &again, sizeof first);
    assert_true(memcmp(&first.counts, &other.counts, sizeof first.counts) != 0);
    assert_false(hash_equal(&first.log, &other.log)); /* already by its salt */
}

/* ---- what can be read but is not durable ---- */

/* A commit whose sync was not to be: the process was killed before it, or it failed. The next process reads that commit from
 * the log and believes it, and then the power goes. */
enum care { NONE, CHECKPOINT, LOG_WRITTEN_ANEW };

struct row {
    bool sync_failed;
    enum care at_start;
    bool commits_more, survives_always;
};

static const struct row rows[] = {
    /* failed  at start           more    survives always */
    { false,   NONE,              false,  false },
    { false,   NONE,              true,   true  }, /* the sync of the next commit is for the whole log */
    { false,   CHECKPOINT,        false,  true  }, /* so is that of the checkpoint */
    { true,    NONE,              false,  false },
    { true,    NONE,              true,   false }, /* no later sync makes good what a failed one left: the next commit goes with it */
    { true,    CHECKPOINT,        false,  false }, /* the end of the log goes, and its beginning undoes what the database has */
    { true,    CHECKPOINT,        true,   true  }, /* a new log; the old one can no longer be read */
    { true,    LOG_WRITTEN_ANEW,  false,  true  },
    { true,    LOG_WRITTEN_ANEW,  true,   true  },
};

static struct disk *open_with_one_commit(struct commits *commits, uint64_t seed)
{
    struct disk *disk = disk_open(seed);
    *commits = (struct commits){ .path = path, .pragmas = commits_full };
    assert_int_equal(commits_open(commits), SQLITE_OK);
    assert_int_equal(commits_make(commits), SQLITE_OK);
    return disk;
}

static int64_t changes(const struct disk *disk) { return disk_counts(disk).writes + disk_counts(disk).syncs; }

/* Of the second commit; the last one is its sync. */
static int64_t changes_of_a_commit(void)
{
    struct commits commits;
    struct disk *disk = open_with_one_commit(&commits, 1);
    int64_t before = changes(disk);
    assert_int_equal(commits_make(&commits), SQLITE_OK);
    int64_t after = changes(disk);
    commits_close(&commits);
    disk_close(disk);
    return after - before;
}

/* The same bytes in the same places: now they are written, and a sync is for them. */
static void write_log_anew(void)
{
    static char bytes[1024 * 1024];
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_file *log = calloc(1, (size_t)vfs->szOsFile);
    sqlite3_int64 length = 0;
    assert_int_equal(vfs->xOpen(vfs, "/disk/a.db-wal", log, SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(log->pMethods->xFileSize(log, &length), SQLITE_OK);
    assert_true(length > 0 && length < (int64_t)sizeof bytes);
    assert_int_equal(log->pMethods->xRead(log, bytes, (int)length, 0), SQLITE_OK);
    assert_int_equal(log->pMethods->xWrite(log, bytes, (int)length, 0), SQLITE_OK);
    assert_int_equal(log->pMethods->xSync(log, SQLITE_SYNC_NORMAL), SQLITE_OK);
    log->pMethods->xClose(log);
    free(log);
}

static void take_care(struct commits *commits, enum care care)
{
    if (care == CHECKPOINT) assert_int_equal(sqlite3_wal_checkpoint_v2(commits->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
    if (care == LOG_WRITTEN_ANEW) write_log_anew();
}

static bool survives(const struct row *row, uint64_t seed, int64_t last_change)
{
    struct commits commits;
    struct disk *disk = open_with_one_commit(&commits, seed);
    if (row->sync_failed) disk_fail(disk, DISK_SYNC, 1, false);
    else disk_stop_at(disk, last_change);
    assert_int_equal(commits_make(&commits) & 0xff, SQLITE_IOERR);
    disk_lose_process(disk);
    assert_true(commits_survive(&commits));
    assert_int_equal(commits_find_last(&commits), 2); /* seen */
    take_care(&commits, row->at_start);
    if (row->commits_more) assert_int_equal(commits_make(&commits), SQLITE_OK);
    disk_lose_power(disk);
    bool right = commits_survive(&commits) && commits_find_last(&commits) >= 2;
    commits_close(&commits);
    disk_close(disk);
    return right;
}

static void what_is_read_at_start_may_not_be_durable(void **state)
{
    int64_t last_change = changes_of_a_commit();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int survived = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) survived += survives(&rows[i], seed, last_change);
        assert_row(rows[i].survives_always == (survived == SEEDS), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_acknowledged_survives),
        cmocka_unit_test(without_syncs_something_is_lost),
        cmocka_unit_test(a_seed_tells_one_story),
        cmocka_unit_test(what_is_read_at_start_may_not_be_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
