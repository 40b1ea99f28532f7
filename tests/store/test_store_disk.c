/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that are full, small or broken: a full one keeps nothing of whom it meets, a write that fails ends the process, and
 * the log never grows without end. */
#include "base/base_testing.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/shelf.h"
#include "store/store_internal.h"

/* ---- what ends the process ---- */

/* The exit status of a child that does that; it must not come back. */
static int status_of_child(void (*doing)(struct shelf *shelf), struct shelf *shelf)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        doing(shelf);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void collide_for_ever(struct shelf *shelf)
{
    struct payment_record stranger = payment_of(404);
    (void)shelf_do(shelf, save_payment, &stranger); /* there is no such row */
}

/* With one writing connection a collision cannot come again and again: that is a mistake of ours, and nothing is kept of it. */
static void a_work_that_collides_for_ever_ends_the_process(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(status_of_child(collide_for_ever, shelf), 70);
    assert_int_equal(payments_in(shelf), 0);
}

/* Files may not grow any more, and that is not a full disk: EFBIG is an I/O error to SQLite, so the fate of the commit is
 * unknown. Nothing more may be told. */
static void write_until_refused(struct shelf *shelf)
{
    struct stat now;
    struct many *many = many_of(save_new_payment);
    signal(SIGXFSZ, SIG_IGN);
    char log[96];
    snprintf(log, sizeof log, "%s-wal", shelf->path);
    if (stat(log, &now) != 0) now.st_size = 0;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ (rlim_t)now.st_size + 64 * 1024, RLIM_INFINITY });
    for (size_t i = 0; i < MANY; i++) store_run_batch(shelf->store, &many->works[i], 1);
}

static void a_write_that_fails_ends_the_process(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(status_of_child(write_until_refused, shelf), 70);
    shelf_reopen(shelf);
    size_t kept = payments_in(shelf);
    assert_true(kept > 0 && kept < MANY); /* the ones before it are there */
    shelf_reopen(shelf);
}

/* ---- a full disk ---- */

static void limit_pages(struct shelf *shelf, bool full)
{
    struct error error;
    assert_true(sql_run_script(shelf->store->sql, full ? "PRAGMA max_page_count=1" : "PRAGMA max_page_count=1000000", &error));
}

static void a_full_disk_keeps_nothing_of_whom_it_meets(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(save_new_payment);
    limit_pages(shelf, true);
    store_run_batch(shelf->store, many->works, MANY);
    size_t done = 0;
    for (size_t i = 0; i < MANY; i++) {
        enum work_result result = many->errands[i].work.result;
        assert_row(result == WORK_DONE || result == WORK_FULL, i);
        done += result == WORK_DONE;
    }
    assert_true(done < MANY);
    assert_int_equal(payments_in(shelf), done); /* exactly those that were told so */
    shelf_reopen(shelf);
    assert_int_equal(payments_in(shelf), done);
    free(many);
}

static void touch_meta(struct store *store, void *context)
{
    (void)context;
    store_save_meta(store, STR("schema_version"), STR("1")); /* a row that is there: needs no room in the database */
}

/* Small works get through where a large one does not. */
static void the_others_of_the_batch_are_done(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(touch_meta);
    struct payment_record record = payment_of(1);
    char *much = malloc(1000 * 1000);
    memset(much, 'x', 1000 * 1000);
    record.metadata = (str){ much, 1000 * 1000 };
    many->errands[77] = errand_of(save_new_payment, &record);
    limit_pages(shelf, true);
    store_run_batch(shelf->store, many->works, MANY);
    for (size_t i = 0; i < MANY; i++) assert_row(many->errands[i].work.result == (i == 77 ? WORK_FULL : WORK_DONE), i);
    assert_int_equal(payments_in(shelf), 0);
    limit_pages(shelf, false);
    assert_int_equal(shelf_do(shelf, save_new_payment, &record), WORK_DONE); /* there is room again, and it goes on */
    assert_int_equal(payments_in(shelf), 1);
    free(much);
    free(many);
}

/* A decision that collides, and when it runs again finds the disk full. */
struct unlucky {
    int runs;
    struct payment_record record;
};

static void collide_and_fill(struct store *store, void *context)
{
    struct unlucky *unlucky = context;
    struct payment_record stranger = payment_of(404);
    if (unlucky->runs++ == 0) store_save_payment(store, MERCHANT, &stranger); /* there is no such row */
    else store_save_new_payment(store, MERCHANT, &unlucky->record);
}

static void what_collides_and_then_finds_no_room_is_not_kept(void **state)
{
    struct shelf *shelf = *state;
    struct unlucky unlucky = { .record = payment_of(1) };
    char *much = malloc(1000 * 1000);
    memset(much, 'x', 1000 * 1000);
    unlucky.record.metadata = (str){ much, 1000 * 1000 };
    limit_pages(shelf, true);
    assert_int_equal(shelf_do(shelf, collide_and_fill, &unlucky), WORK_FULL);
    assert_int_equal(unlucky.runs, 2);
    limit_pages(shelf, false);
    assert_int_equal(payments_in(shelf), 0);
    assert_int_equal(shelf_do(shelf, collide_and_fill, &unlucky), WORK_DONE);
    assert_int_equal(payments_in(shelf), 1);
    free(much);
}

/* In a view of the file systems that is this process's own and goes with it. */
static bool mount_small_disk(const char *path)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return false;
    return mount("none", path, "tmpfs", 0, "size=7m") == 0;
}

/* A file system of 7 MiB: the reserve beside the store is given up, and the store stays whole. */
static void a_small_disk_fills_up(void **state)
{
    struct shelf *shelf = *state;
    struct shelf small = { 0 };
    struct error error = { "" };
    snprintf(small.path, sizeof small.path, "%s/small", shelf->folder);
    assert_int_equal(mkdir(small.path, 0700), 0);
    if (!mount_small_disk(small.path)) {
        assert_int_equal(rmdir(small.path), 0);
        print_message("may not mount a small disk here\n");
        skip();
    }
    snprintf(small.url, sizeof small.url, "sqlite:%s/a.db", small.path);
    small.store = store_open(str_of(small.url), STORE_WRITES, &error);
    assert_non_null(small.store);
    char reserve[120];
    snprintf(reserve, sizeof reserve, "%s/a.db.reserve", small.path);
    assert_int_equal(access(reserve, F_OK), 0);

    struct many *many = many_of(save_new_payment);
    size_t done = 0, rounds = 0;
    enum work_result last = WORK_DONE;
    for (; last == WORK_DONE && rounds < 100; rounds++) {
        for (size_t i = 0; i < MANY; i++) many->records[i].id = payment_id_of((int64_t)(rounds * MANY + i));
        store_run_batch(small.store, many->works, MANY);
        for (size_t i = 0; i < MANY; i++) done += many->errands[i].work.result == WORK_DONE;
        last = many->errands[MANY - 1].work.result;
    }
    assert_int_equal(last, WORK_FULL);
    assert_int_not_equal(access(reserve, F_OK), 0); /* its room went to the ones that came after */
    assert_int_equal(payments_in(&small), done);
    store_close(small.store);
    assert_int_equal(umount(small.path), 0);
    assert_int_equal(rmdir(small.path), 0);
    free(many);
}

/* ---- the log ---- */

/* The log is moved into the database now and then, and never grows without end. */
static void the_log_does_not_grow_without_end(void **state)
{
    struct shelf *shelf = *state;
    struct many *many = many_of(save_new_payment);
    for (int64_t round = 0; round < 40; round++) {
        for (size_t i = 0; i < MANY; i++) many->records[i].id = payment_id_of(round * MANY + (int64_t)i);
        store_run_batch(shelf->store, many->works, MANY);
        assert_true(sql_log_pages(shelf->store->sql) < 4000);
    }
    struct stat log, whole;
    char path[96];
    snprintf(path, sizeof path, "%s-wal", shelf->path);
    assert_int_equal(stat(path, &log), 0);
    assert_int_equal(stat(shelf->path, &whole), 0);
    assert_true(log.st_size < 20 * 1024 * 1024 && whole.st_size > 4 * 1024 * 1024);
    assert_int_equal(payments_in(shelf), 40 * MANY);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_work_that_collides_for_ever_ends_the_process),
        shelf_test(a_write_that_fails_ends_the_process),
        shelf_test(a_full_disk_keeps_nothing_of_whom_it_meets),
        shelf_test(the_others_of_the_batch_are_done),
        shelf_test(what_collides_and_then_finds_no_room_is_not_kept),
        shelf_test(a_small_disk_fills_up),
        shelf_test(the_log_does_not_grow_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
