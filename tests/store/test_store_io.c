/* SPDX-License-Identifier: Apache-2.0 */
/* Every use of the disk fails once, the first, the second and so on, and again with all that follow it: while a store is opened, written,
 * asked, checked, copied and closed. Each call says so in words, or the process ends; and nothing that was told is lost. */
#include "base/base_testing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "store/shelf.h"
#include "world/disk.h"

enum { PAYMENTS = 2, EXIT_STORE_BROKEN = 70, NOTHING_FAILED = 3, LOST = 4, NO_WORDS = 5 };

/* One course of the store's life. */
struct course {
    struct disk *disk;
    struct shelf *shelf;
    size_t told;       /* payments of which the store said that they are durable */
    int64_t struck;    /* errors that the disk has reported */
    bool *process_ended; /* shared with the parent: the store has ended its process */
};

static struct course course;

static void insist_words(const struct error *error)
{
    if (!error->text[0]) _exit(NO_WORDS);
}

static int64_t errors_so_far(void)
{
    struct disk_counts counts = disk_counts(course.disk);
    int64_t errors = 0;
    for (int method = 0; method < DISK_METHOD_COUNT; method++) errors += counts.errors[method];
    return errors + counts.full;
}

/* After the power went, with a disk that is well again, in another process. */
static _Noreturn void end_course(void)
{
    struct error error = { "" };
    size_t found = 0;
    course.struck = errors_so_far();
    disk_heal(course.disk);
    disk_lose_power(course.disk);
    struct store *reader = store_open(str_of(course.shelf->url), STORE_READS, &error);
    bool read = reader && shelf_ask(reader, count_payments, &found) == WORK_DONE;
    if (course.told > 0 && (!read || found < course.told)) _exit(LOST);
    _exit(course.struck > 0 ? 0 : NOTHING_FAILED);
}

static void process_ended(int status)
{
    if (status != EXIT_STORE_BROKEN) _exit(status);
    *course.process_ended = true;
    end_course();
}

static void nothing_passed(const char *flow, const char *step)
{
    (void)flow;
    (void)step;
}

static void save_all(void)
{
    for (int i = 1; i <= PAYMENTS; i++) {
        struct payment_record payment = payment_of(i);
        struct operation_record operation = operation_of(i, &payment.id);
        if (shelf_do(course.shelf, save_new_payment, &payment) == WORK_DONE) course.told++;
        (void)shelf_do(course.shelf, save_new_operation, &operation);
    }
}

static void ask_everything(struct store *store, void *context)
{
    struct arena arena = { 0 };
    struct payment_record *payments;
    struct operation_record operation, *operations;
    struct event_record *events;
    struct request_record request;
    struct open_count open;
    struct payment_id first = payment_id_of(1);
    (void)context;
    (void)store_list_payments_after(store, &arena, MERCHANT, STR_NONE, 10, &payments);
    (void)store_list_open_operations(store, &arena, MERCHANT, STR_NONE, 10, &operations);
    bool found = store_find_open_operation(store, &arena, MERCHANT, STR("op_1"), &operation);
    (void)store_list_refunds(store, &arena, MERCHANT, payment_id_str(&first), &operations);
    (void)store_list_events(store, &arena, MERCHANT, payment_id_str(&first), 0, 10, &events);
    found |= store_load_request(store, &arena, MERCHANT, STR("core"), STR("key"), &request);
    store_count_open(store, MERCHANT, &open);
    (void)found; /* none or any: what was read of a failing disk is told by the work's result */
    arena_close(&arena);
}

/* Makes the empty file for a copy: on the database's disk, and on the machine's, which syncs it in the end, unless that one is missing. */
static void make_place(const char *copy, bool on_machine)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(copy, &db) == SQLITE_OK) (void)sqlite3_exec(db, "SELECT * FROM sqlite_master", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    (void)unlink(copy);
    FILE *file = on_machine ? fopen(copy, "w") : NULL;
    if (on_machine && (!file || fclose(file) != 0)) _exit(NO_WORDS);
}

static void copy_all(struct store *reader, bool can_be_synced)
{
    struct error error = { "" };
    struct store_mark mark;
    char copy[sizeof course.shelf->path + 8];
    snprintf(copy, sizeof copy, "%s-copy", course.shelf->path);
    make_place(copy, can_be_synced);
    if (!store_copy(reader, copy, &mark, &error)) insist_words(&error);
    else if (!can_be_synced) _exit(LOST);
}

static void read_all(bool can_be_synced)
{
    struct error error = { "" };
    struct verify_report report;
    struct store *reader = store_open(str_of(course.shelf->url), STORE_READS, &error);
    if (!reader) {
        insist_words(&error);
        return;
    }
    (void)shelf_ask(reader, ask_everything, NULL);
    if (!store_verify(reader, MERCHANT, &report, &error)) insist_words(&error);
    copy_all(reader, can_be_synced);
    store_close(reader);
}

/* Every other time the store exists already, with payments in its log, before anything fails. */
static _Noreturn void live(struct shelf *shelf, enum disk_method method, int64_t nth, bool sticky)
{
    static const struct crash_hooks hooks = { .passed = nothing_passed, .ended = process_ended };
    struct error error = { "" };
    bool opened_before = nth % 2 == 0;
    course.shelf = shelf;
    if (!freopen("/dev/null", "w", stderr)) _exit(NO_WORDS);
    crash_hook(&hooks);
    course.disk = disk_open((uint64_t)nth);
    if (opened_before) {
        shelf->store = store_open(str_of(shelf->url), STORE_WRITES, &error);
        save_all();
        store_close(shelf->store);
        disk_lose_process(course.disk);
    }
    disk_fail(course.disk, method, (nth + 1) / 2, sticky);
    shelf->store = store_open(str_of(shelf->url), STORE_WRITES, &error);
    if (!shelf->store) {
        insist_words(&error);
        end_course();
    }
    if (!opened_before) save_all();
    read_all(nth % 3 > 0);
    store_finish(shelf->store);
    store_close(shelf->store);
    end_course();
}

static int fate_of(struct shelf *shelf, enum disk_method method, int64_t nth, bool sticky)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) live(shelf, method, nth, sticky);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status)) fail_msg("method %d, use %lld: signal %d", method, (long long)nth, WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void every_use_of_the_disk_may_fail(void **state)
{
    enum { USES_MAX = 4000, QUIET_ENOUGH = 8 };
    struct shelf *shelf = *state;
    int64_t struck = 0, ended = 0;
    store_close(shelf->store);
    shelf->store = NULL;
    course.process_ended = mmap(NULL, sizeof *course.process_ended, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (enum disk_method method = 0; method < DISK_METHOD_COUNT; method++) {
        for (int sticky = 0; sticky < 2; sticky++) {
            int quiet = 0;
            for (int64_t nth = 1; nth < USES_MAX && quiet < QUIET_ENOUGH; nth++) {
                *course.process_ended = false;
                int fate = fate_of(shelf, method, nth, sticky);
                if (fate == LOST || fate == NO_WORDS || (fate != 0 && fate != NOTHING_FAILED)) {
                    fail_msg("method %d, use %lld, %s: fate %d", method, (long long)nth, sticky ? "sticky" : "once", fate);
                }
                quiet = fate == NOTHING_FAILED ? quiet + 1 : 0;
                struck += fate == 0;
                ended += *course.process_ended;
            }
        }
    }
    munmap(course.process_ended, sizeof *course.process_ended);
    print_message("%lld uses failed, %lld processes ended\n", (long long)struck, (long long)ended);
    assert_true(struck > 100 && ended > 10);
    shelf_reopen(shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = { shelf_test(every_use_of_the_disk_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
