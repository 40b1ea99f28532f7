/* SPDX-License-Identifier: Apache-2.0 */
/* The place where a store lives: its lock under any name, its reserve, an empty place, a copy that cannot be made; and what sticks after a
 * trouble in the middle of a work. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/shelf.h"
#include "store/store_internal.h"

enum { NAME_BYTES = sizeof(((struct shelf *)0)->path) + 16 };

static void name_beside(const struct shelf *shelf, const char *ending, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%s%s", shelf->path, ending);
}

/* What opening it for writing says; "" when it opens. */
static struct error said_of(const char *path)
{
    struct error error = { "" };
    char url[NAME_BYTES + 8];
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct store *store = store_open(str_of(url), STORE_WRITES, &error);
    if (store) error.text[0] = 0;
    store_close(store);
    return error;
}

static void assert_says(const char *path, const char *part)
{
    struct error error = said_of(path);
    bool fits = *part ? str_contains(str_of(error.text), str_of(part)) : !error.text[0];
    if (!fits) fail_msg("says: %s", error.text);
}

/* ---- the lock ---- */

static void a_link_does_not_lead_around_the_lock(void **state)
{
    struct shelf *shelf = *state;
    char other[NAME_BYTES];
    name_beside(shelf, "-link", other);
    assert_int_equal(link(shelf->path, other), 0);
    assert_says(other, "which opened it by another name");
    store_close(shelf->store);
    shelf->store = NULL;
    assert_int_equal(unlink(other), 0);
    assert_says(shelf->path, "");
    shelf_reopen(shelf);
}

/* Somebody else's lock says nothing of its holder. */
static void a_lock_without_words_is_a_lock(void **state)
{
    struct shelf *shelf = *state;
    char name[NAME_BYTES];
    store_close(shelf->store);
    shelf->store = NULL;
    name_beside(shelf, ".lock", name);
    int lock = open(name, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    char expected[NAME_BYTES + 40];
    struct error error = said_of(shelf->path);
    snprintf(expected, sizeof expected, "%s is held by another process", shelf->path);
    assert_string_equal(error.text, expected);
    close(lock);
    shelf_reopen(shelf);
}

static void a_store_that_is_a_folder_cannot_be_opened(void **state)
{
    struct shelf *shelf = *state;
    char name[NAME_BYTES];
    name_beside(shelf, "-folder", name);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_says(name, "cannot be opened");
    assert_int_equal(rmdir(name), 0);
}

/* ---- a disk without room for anything beside the store ---- */

/* In a child, where no file may grow beyond so many bytes while it looks. */
static int with_files_up_to(rlim_t bytes, int (*look)(struct shelf *shelf), struct shelf *shelf)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY });
        int result = look(shelf);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
        _exit(result);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int lock_unnamed(struct shelf *shelf)
{
    struct store_hold hold;
    struct error error = { "" };
    bool held = store_hold(shelf->path, &hold, &error);
    bool excludes = said_of(shelf->path).text[0] != 0;
    store_release(&hold);
    return held && excludes ? 0 : 1;
}

/* Who holds it is only a courtesy. */
static void a_lock_holds_without_room_for_its_holders_name(void **state)
{
    struct shelf *shelf = *state;
    store_close(shelf->store);
    shelf->store = NULL;
    assert_int_equal(with_files_up_to(0, lock_unnamed, shelf), 0);
    shelf_reopen(shelf);
}

static int take_reserve(struct shelf *shelf)
{
    char name[NAME_BYTES];
    name_beside(shelf, ".reserve", name);
    reserve_give_up(shelf->path);
    reserve_take(shelf->path);
    return access(name, F_OK) != 0 ? 0 : 1;
}

/* Half a reserve would only look like one. */
static void a_reserve_is_whole_or_not_there(void **state)
{
    struct shelf *shelf = *state;
    char name[NAME_BYTES];
    struct stat about;
    name_beside(shelf, ".reserve", name);
    assert_int_equal(with_files_up_to(1024 * 1024, take_reserve, shelf), 0);
    reserve_take(shelf->path);
    assert_int_equal(stat(name, &about), 0);
    assert_int_equal(about.st_size, 4 * 1024 * 1024);
    reserve_take("/no/such/folder/a.db"); /* nothing to be done about it */
}

/* ---- an empty place ---- */

static void a_place_is_empty_until_there_is_a_store(void **state)
{
    struct shelf *shelf = *state;
    char name[NAME_BYTES];
    name_beside(shelf, "-new", name);
    assert_true(store_is_empty(name));
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(store_is_empty(name)); /* made, but nothing in it */
    fputs("this is no database, and a long enough text to be told from an empty one", file);
    fclose(file);
    assert_false(store_is_empty(name));
    assert_false(store_is_empty(shelf->path));
    assert_false(store_is_empty("/dev/null/a.db")); /* it cannot be looked at */
    assert_int_equal(unlink(name), 0);
}

/* ---- copies ---- */

static void a_copy_that_cannot_be_made_is_told(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct store_mark mark;
    assert_false(store_copy(shelf->store, "/no/such/folder/copy", &mark, &error));
    assert_true(str_contains(str_of(error.text), STR("cannot be written")));
    shelf_tamper(shelf, "UPDATE meta SET value = 'many' WHERE name = 'commits'");
    assert_false(store_copy(shelf->store, "/no/such/folder/copy", &mark, &error));
    assert_true(str_contains(str_of(error.text), STR("the store cannot be read")));
    shelf_tamper(shelf, "UPDATE meta SET value = '0' WHERE name = 'commits'");
}

/* ---- the witness ---- */

static void a_witness_stands_where_it_was_told_to(void **state)
{
    struct shelf *shelf = *state;
    static char long_path[WITNESS_PATH_BYTES + 1];
    char place[WITNESS_PATH_BYTES], expected[NAME_BYTES];
    assert_true(store_witness_path(shelf->path, "/elsewhere/witness", place));
    assert_string_equal(place, "/elsewhere/witness");
    assert_true(store_witness_path(shelf->path, NULL, place));
    name_beside(shelf, ".witness", expected);
    assert_string_equal(place, expected);
    memset(long_path, 'x', sizeof long_path - 1);
    assert_false(store_witness_path(shelf->path, long_path, place));
    assert_false(store_witness_path(long_path, NULL, place));
}

/* Not there is one thing, not to be looked at another. */
static void a_witness_out_of_reach_is_not_absent(void **state)
{
    struct shelf *shelf = *state;
    struct error error = { "" };
    struct witness_comparison sides;
    assert_true(store_compare_witness(shelf->store, "/dev/null/witness", &sides, &error));
    assert_int_equal(sides.finding, WITNESS_UNREADABLE);
    assert_true(str_contains(str_of(error.text), STR("cannot be read")));
    assert_true(store_compare_witness(shelf->store, "/no/such/witness", &sides, &error));
    assert_int_equal(sides.finding, WITNESS_ABSENT);
}

/* A store that has forgotten its own place is not believed. */
static void a_store_that_does_not_know_its_place_is_refused(void **state)
{
    static const char *const damages[] = { "UPDATE meta SET value = 'many' WHERE name = 'commits'",
                                           "UPDATE meta SET value = '-1' WHERE name = 'commits'",
                                           "UPDATE meta SET value = hex(randomblob(40)) WHERE name = 'store_id'" };
    struct shelf *shelf = *state;
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct error error = { "" };
        struct witness_comparison sides;
        shelf_tamper(shelf, damages[i]);
        assert_row(!store_compare_witness(shelf->store, "/no/such/witness", &sides, &error) && error.text[0], i);
        store_close(shelf->store);
        shelf->store = NULL;
        assert_says(shelf->path, "the store cannot be read");
        shelf_tamper(shelf, "DELETE FROM meta WHERE name IN ('commits', 'store_id')"); /* as before there were witnesses */
        shelf_reopen(shelf);
    }
}

/* ---- verification ---- */

static void what_cannot_be_read_to_its_end_is_not_called_verified(void **state)
{
    static const char *const tables[] = { "payment", "operation", "event", "request" };
    struct shelf *shelf = *state;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        struct error error = { "" };
        struct verify_report report;
        char away[80], back[80];
        snprintf(away, sizeof away, "ALTER TABLE %s RENAME TO away", tables[i]);
        snprintf(back, sizeof back, "ALTER TABLE away RENAME TO %s", tables[i]);
        shelf_tamper(shelf, away);
        struct store *reader = store_open(str_of(shelf->url), STORE_READS, &error);
        assert_non_null(reader);
        assert_row(!store_verify(reader, MERCHANT, &report, &error), i);
        assert_row(str_contains(str_of(error.text), STR("the store cannot be read")), i);
        store_close(reader);
        shelf_tamper(shelf, back);
    }
}

/* ---- long histories ---- */

enum { EVENTS = 40 };

static void save_events(struct store *store, void *context)
{
    struct payment_record *payment = context;
    store_save_new_payment(store, MERCHANT, payment);
    for (int i = 0; i < EVENTS; i++) {
        payment->payment.sequence++;
        store_save_event(store, MERCHANT, payment, EVENT_OPERATION_DOUBTED, STR("{}"));
    }
}

struct history {
    struct arena arena;
    str payment_id;
    struct event_record *events;
    size_t count;
};

static void list_events(struct store *store, void *context)
{
    struct history *history = context;
    history->count = store_list_events(store, &history->arena, MERCHANT, history->payment_id, 0, 100, &history->events);
}

static void a_long_history_comes_in_one_piece(void **state)
{
    struct shelf *shelf = *state;
    struct payment_record payment = payment_of(1);
    payment.payment.sequence = 0;
    assert_int_equal(shelf_do(shelf, save_events, &payment), WORK_DONE);
    struct history history = { .payment_id = payment_id_str(&payment.id) };
    assert_int_equal(shelf_do(shelf, list_events, &history), WORK_DONE);
    assert_int_equal(history.count, EVENTS);
    for (size_t i = 0; i < history.count; i++) assert_row(history.events[i].sequence == (int64_t)i + 1, i);
    arena_close(&history.arena);
}

/* ---- what sticks ---- */

struct twice {
    struct payment_record payment;
    size_t seen_after_trouble;
    int runs;
};

/* Saves one payment twice, which cannot be, and goes on as if nothing had happened. */
static void save_twice_once(struct store *store, void *context)
{
    struct twice *twice = context;
    struct arena arena = { 0 };
    struct payment_record *payments;
    struct payment_record other = payment_of(2);
    store_save_new_payment(store, MERCHANT, &twice->payment);
    if (twice->runs++ > 1) return; /* the second and the third time it is sane: with a savepoint of its own, and again */
    store_save_new_payment(store, MERCHANT, &twice->payment);
    store_save_new_payment(store, MERCHANT, &other);
    store_save_meta(store, STR("told"), STR("yes"));
    twice->seen_after_trouble += store_list_payments_after(store, &arena, MERCHANT, STR_NONE, 10, &payments);
    arena_close(&arena);
}

static void load_told(struct store *store, void *context)
{
    struct arena arena = { 0 };
    *(bool *)context = store_load_meta(store, &arena, STR("told")).bytes != NULL;
    arena_close(&arena);
}

static void after_a_trouble_nothing_is_done_and_nothing_seen(void **state)
{
    struct shelf *shelf = *state;
    struct twice twice = { .payment = payment_of(1) };
    bool told = true;
    assert_int_equal(shelf_do(shelf, save_twice_once, &twice), WORK_DONE);
    assert_int_equal(twice.runs, 3);
    assert_int_equal(twice.seen_after_trouble, 0);
    assert_int_equal(payments_in(shelf), 1);
    assert_int_equal(shelf_do(shelf, load_told, &told), WORK_DONE);
    assert_false(told);
}

/* ---- counts ---- */

static void save_doubts(struct store *store, void *context)
{
    static const struct {
        enum operation_kind kind;
        enum operation_state state;
        micros started_at;
    } rows[] = {
        { OPERATION_AUTHORIZE, OPERATION_UNKNOWN, 300 }, { OPERATION_CAPTURE, OPERATION_UNKNOWN, 200 },
        { OPERATION_REFUND, OPERATION_REVIEW, 400 }, { OPERATION_VOID, OPERATION_RUNNING, 100 },
    };
    (void)context;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct payment_id payment = payment_id_of((int64_t)i + 1);
        struct operation_record operation = operation_of((int64_t)i + 1, &payment);
        operation.kind = rows[i].kind;
        operation.state = rows[i].state;
        operation.started_at = rows[i].started_at;
        operation.ended_at = 0;
        store_save_new_operation(store, MERCHANT, &operation);
    }
}

static void count_open(struct store *store, void *context) { store_count_open(store, MERCHANT, context); }

static void the_oldest_doubt_is_told_whatever_runs_for_longer(void **state)
{
    struct shelf *shelf = *state;
    struct open_count open;
    assert_int_equal(shelf_do(shelf, save_doubts, NULL), WORK_DONE);
    assert_int_equal(shelf_do(shelf, count_open, &open), WORK_DONE);
    assert_int_equal(open.oldest_doubt, 200);
    assert_int_equal(open.count[OPERATION_VOID][OPERATION_RUNNING], 1);
    assert_int_equal(open.count[OPERATION_REFUND][OPERATION_REVIEW], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        shelf_test(a_link_does_not_lead_around_the_lock),
        shelf_test(a_lock_without_words_is_a_lock),
        shelf_test(a_store_that_is_a_folder_cannot_be_opened),
        shelf_test(a_lock_holds_without_room_for_its_holders_name),
        shelf_test(a_reserve_is_whole_or_not_there),
        shelf_test(a_place_is_empty_until_there_is_a_store),
        shelf_test(a_copy_that_cannot_be_made_is_told),
        shelf_test(a_witness_stands_where_it_was_told_to),
        shelf_test(a_witness_out_of_reach_is_not_absent),
        shelf_test(a_store_that_does_not_know_its_place_is_refused),
        shelf_test(what_cannot_be_read_to_its_end_is_not_called_verified),
        shelf_test(a_long_history_comes_in_one_piece),
        shelf_test(after_a_trouble_nothing_is_done_and_nothing_seen),
        shelf_test(the_oldest_doubt_is_told_whatever_runs_for_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
