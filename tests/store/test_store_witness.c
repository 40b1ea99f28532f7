/* SPDX-License-Identifier: Apache-2.0 */
/* The witness: a store behind it has lost something and is told so; one that says anything else than what we write is believed in
 * nothing; and it is never ahead of what is durable. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/shelf.h"
#include "store/store_internal.h"

enum { PATIENCE_SECONDS = 30, PAYMENTS = 10 };

static void witness_path(struct shelf *shelf, char path[WITNESS_PATH_BYTES])
{
    assert_true(store_witness_path(shelf->path, NULL, path));
}

static void save_payments(struct shelf *shelf, int64_t from, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct payment_record record = payment_of(from + i);
        assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE);
    }
}

static struct witness_comparison compared(struct shelf *shelf, enum witness_finding expected, const char *part_of_the_sentence)
{
    char path[WITNESS_PATH_BYTES];
    struct witness_comparison sides;
    struct error error = { "" };
    witness_path(shelf, path);
    assert_true(store_compare_witness(shelf->store, path, &sides, &error));
    if (sides.finding != expected || !str_contains(str_of(error.text), str_of(part_of_the_sentence))) {
        fail_msg("finding %d, expected %d: %s", sides.finding, expected, error.text);
    }
    return sides;
}

static void keep(struct shelf *shelf)
{
    char path[WITNESS_PATH_BYTES];
    struct witness_comparison sides;
    struct error error = { "" };
    witness_path(shelf, path);
    assert_true(store_compare_witness(shelf->store, path, &sides, &error));
    if (!store_keep_witness(shelf->store, path, &sides, &error)) fail_msg("%s", error.text);
}

/* ---- numbers ---- */

static int64_t commits_of(struct shelf *shelf)
{
    struct error error;
    struct store_mark mark;
    assert_true(store_load_mark(shelf->store, &mark, &error));
    return mark.commits;
}

static void look(struct store *store, void *context)
{
    struct arena arena = { 0 };
    (void)store_load_meta(store, &arena, STR("store_id"));
    (void)context;
    arena_close(&arena);
}

static void commits_are_numbered_and_looks_are_not(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(commits_of(shelf), 0);
    save_payments(shelf, 1, 3);
    assert_int_equal(commits_of(shelf), 3);
    assert_int_equal(shelf_do(shelf, look, NULL), WORK_DONE);
    assert_int_equal(commits_of(shelf), 3); /* nothing was written, so there was nothing to sync */
    struct many *many = many_of(save_new_payment);
    for (size_t i = 0; i < MANY; i++) many->records[i].id = payment_id_of(1000 + (int64_t)i);
    store_run_batch(shelf->store, many->works, MANY);
    free(many);
    assert_int_equal(commits_of(shelf), 4); /* one for all */
    shelf_reopen(shelf);
    assert_int_equal(commits_of(shelf), 4);
    save_payments(shelf, 10, 1);
    assert_int_equal(commits_of(shelf), 5);
}

static void every_store_has_an_id_of_its_own(void **state)
{
    struct shelf *shelf = *state, other = { 0 };
    struct store_mark mine, again, theirs;
    struct error error = { "" };
    assert_true(store_load_mark(shelf->store, &mine, &error));
    assert_int_equal(strlen(mine.store_id), STORE_ID_BYTES - 1);
    shelf_reopen(shelf);
    assert_true(store_load_mark(shelf->store, &again, &error));
    assert_string_equal(mine.store_id, again.store_id);
    snprintf(other.url, sizeof other.url, "sqlite:%.60s/b.db", shelf->folder);
    other.store = store_open(str_of(other.url), STORE_WRITES, &error);
    assert_non_null(other.store);
    assert_true(store_load_mark(other.store, &theirs, &error));
    assert_string_not_equal(mine.store_id, theirs.store_id);
    store_close(other.store);
}

/* ---- comparing ---- */

static void a_store_with_everything_fits(void **state)
{
    struct shelf *shelf = *state;
    compared(shelf, WITNESS_ABSENT, "");
    keep(shelf);
    save_payments(shelf, 1, PAYMENTS);
    shelf_reopen(shelf); /* closing brings the witness up to date */
    struct witness_comparison sides = compared(shelf, WITNESS_FITS, "");
    assert_int_equal(sides.witness.commits, PAYMENTS);
    assert_string_equal(sides.witness.store_id, sides.store.store_id);
    assert_true(sides.witness.at > INT64_C(1700000000) * MICROS_PER_SECOND);
    save_payments(shelf, 100, 1); /* a crash leaves the witness behind, which is no harm */
    sides = compared(shelf, WITNESS_FITS, "");
    assert_true(sides.store.commits > sides.witness.commits);
}

static void a_store_that_lost_its_end_is_told_so(void **state)
{
    struct shelf *shelf = *state;
    keep(shelf);
    save_payments(shelf, 1, PAYMENTS);
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_tamper(shelf, "UPDATE meta SET value = '7' WHERE name = 'commits'");
    shelf_reopen(shelf);
    compared(shelf, WITNESS_AHEAD, "has lost its last 3 commits: it ends at commit 7, and its witness saw commit 10 at 2");
}

static void a_store_of_another_name_is_told_so(void **state)
{
    struct shelf *shelf = *state;
    keep(shelf);
    store_close(shelf->store);
    shelf->store = NULL;
    shelf_tamper(shelf, "UPDATE meta SET value = '00000000000000000000000000000000' WHERE name = 'store_id'");
    shelf_reopen(shelf);
    compared(shelf, WITNESS_FOREIGN, "is of another store than");
}

static void write_witness_file(struct shelf *shelf, const char *bytes, size_t length)
{
    char path[WITNESS_PATH_BYTES];
    witness_path(shelf, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, length), (ssize_t)length);
    close(file);
}

static size_t read_witness_file(struct shelf *shelf, char *bytes, size_t room)
{
    char path[WITNESS_PATH_BYTES];
    witness_path(shelf, path);
    int file = open(path, O_RDONLY);
    assert_true(file >= 0);
    ssize_t length = read(file, bytes, room);
    close(file);
    assert_true(length > 0);
    return (size_t)length;
}

/* Every bit that is turned over, every cut and every addition. */
static void a_damaged_witness_is_believed_in_nothing(void **state)
{
    struct shelf *shelf = *state;
    char whole[400], damaged[401];
    struct store_mark mark;
    struct error error;
    assert_true(store_load_mark(shelf->store, &mark, &error));
    char path[WITNESS_PATH_BYTES];
    witness_path(shelf, path);
    assert_true(store_write_witness(path, &mark, &error));
    size_t length = read_witness_file(shelf, whole, sizeof whole);
    compared(shelf, WITNESS_FITS, "");
    for (size_t bit = 0; bit < length * 8; bit++) {
        memcpy(damaged, whole, length);
        damaged[bit / 8] ^= (char)(1 << bit % 8);
        write_witness_file(shelf, damaged, length);
        compared(shelf, WITNESS_UNREADABLE, "is damaged");
    }
    for (size_t cut = 0; cut < length; cut++) {
        write_witness_file(shelf, whole, cut);
        compared(shelf, WITNESS_UNREADABLE, "is damaged");
    }
    memcpy(damaged, whole, length);
    damaged[length] = '\n';
    write_witness_file(shelf, damaged, length + 1);
    compared(shelf, WITNESS_UNREADABLE, "is damaged");
    write_witness_file(shelf, whole, length);
    compared(shelf, WITNESS_FITS, "");
}

static void a_witness_that_cannot_be_read_is_not_taken_for_absent(void **state)
{
    struct shelf *shelf = *state;
    char path[WITNESS_PATH_BYTES];
    witness_path(shelf, path);
    assert_int_equal(mkdir(path, 0700), 0);
    compared(shelf, WITNESS_UNREADABLE, "cannot be read");
    assert_int_equal(rmdir(path), 0);
}

/* ---- keeping ---- */

static void pause_briefly(void) { nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL); }

static int64_t witnessed(struct shelf *shelf) { return compared(shelf, WITNESS_FITS, "").witness.commits; }

static void it_follows_without_being_asked(void **state)
{
    struct shelf *shelf = *state;
    keep(shelf);
    save_payments(shelf, 1, PAYMENTS);
    time_t end = time(NULL) + PATIENCE_SECONDS;
    while (witnessed(shelf) < PAYMENTS) {
        assert_true(time(NULL) < end);
        pause_briefly();
    }
    save_payments(shelf, 100, 1);
    while (witnessed(shelf) < PAYMENTS + 1) {
        assert_true(time(NULL) < end);
        pause_briefly();
    }
}

/* While commits come and the witness is written, it is never ahead of a reader's snapshot taken after it was read. */
static void it_is_never_ahead(void **state)
{
    struct shelf *shelf = *state;
    keep(shelf);
    for (int64_t i = 0; i < 200; i++) {
        save_payments(shelf, i + 1, 1);
        keeper_hurry(shelf->store->keeper);
        (void)witnessed(shelf); /* fails on any other finding */
    }
}

static void a_disk_without_room_for_it_stops_nothing(void **state)
{
    struct shelf *shelf = *state;
    char path[WITNESS_PATH_BYTES], fresh[WITNESS_PATH_BYTES + 8];
    keep(shelf);
    witness_path(shelf, path);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    assert_int_equal(mkdir(fresh, 0700), 0); /* in the way of the file that would replace it */
    save_payments(shelf, 1, PAYMENTS);
    keeper_hurry(shelf->store->keeper);
    for (int i = 0; i < 10; i++) pause_briefly(); /* so that it has tried */
    assert_int_equal(witnessed(shelf), 0);
    assert_int_equal(rmdir(fresh), 0);
    time_t end = time(NULL) + PATIENCE_SECONDS;
    while (witnessed(shelf) < PAYMENTS) {
        assert_true(time(NULL) < end);
        pause_briefly();
    }
}

static void an_absent_one_that_cannot_be_written_is_an_error(void **state)
{
    struct shelf *shelf = *state;
    struct witness_comparison sides;
    struct error error = { "" };
    const char *path = "/no/such/folder/florin.witness";
    assert_true(store_compare_witness(shelf->store, path, &sides, &error));
    assert_int_equal(sides.finding, WITNESS_ABSENT);
    assert_false(store_keep_witness(shelf->store, path, &sides, &error));
    assert_true(str_contains(str_of(error.text), STR("cannot be written")));
}

/* ---- the log ---- */

static off_t size_of(struct shelf *shelf, const char *ending)
{
    char path[120];
    struct stat about;
    snprintf(path, sizeof path, "%s%s", shelf->path, ending);
    return stat(path, &about) == 0 ? about.st_size : -1;
}

static void closing_leaves_the_log_and_finishing_empties_it(void **state)
{
    struct shelf *shelf = *state;
    save_payments(shelf, 1, PAYMENTS);
    shelf_reopen(shelf);
    assert_true(size_of(shelf, "-wal") > 0);
    store_finish(shelf->store);
    assert_int_equal(size_of(shelf, "-wal"), 0);
    shelf_reopen(shelf);
    assert_int_equal(payments_in(shelf), PAYMENTS);
}

static void a_reader_in_the_way_is_no_harm(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
    save_payments(shelf, 1, 1);
    sql_begin(reader->sql, false);
    struct store_mark mark;
    assert_true(mark_in_transaction(reader, &mark)); /* its snapshot begins */
    save_payments(shelf, 2, PAYMENTS);
    store_finish(shelf->store);
    assert_true(size_of(shelf, "-wal") > 0);
    sql_rollback(reader->sql);
    store_close(reader);
    shelf_reopen(shelf);
    assert_int_equal(payments_in(shelf), PAYMENTS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(commits_are_numbered_and_looks_are_not),
        shelf_test(every_store_has_an_id_of_its_own),
        shelf_test(a_store_with_everything_fits),
        shelf_test(a_store_that_lost_its_end_is_told_so),
        shelf_test(a_store_of_another_name_is_told_so),
        shelf_test(a_damaged_witness_is_believed_in_nothing),
        shelf_test(a_witness_that_cannot_be_read_is_not_taken_for_absent),
        shelf_test(it_follows_without_being_asked),
        shelf_test(it_is_never_ahead),
        shelf_test(a_disk_without_room_for_it_stops_nothing),
        shelf_test(an_absent_one_that_cannot_be_written_is_an_error),
        shelf_test(closing_leaves_the_log_and_finishing_empties_it),
        shelf_test(a_reader_in_the_way_is_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
