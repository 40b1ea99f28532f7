/* SPDX-License-Identifier: Apache-2.0 */
/* store_batch: group commit. Everything that waits shares one transaction and one fsync, and nobody hears of it before. */
#include <stdio.h>
#include <stdlib.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/stopwatch.h"
#include "store/store_internal.h"

enum {
    COLLISIONS_MAX = 8, /* with one writing connection one repeat is enough; more means a mistake */
    RIVALS_MAX = 1000,  /* with several somebody else may be first again and again, but not for seconds */
    RIVALS_TOGETHER_MAX = 3, /* then halves are tried: fewer meet fewer */
    RIVALS_PAUSE_US = 500,
    LOG_PAGES_MAX = 2000, /* about 8 MiB: a checkpoint of that takes some ten milliseconds */
    EXIT_STORE_BROKEN = 70, /* EX_SOFTWARE of sysexits.h */
};

_Noreturn void store_stop(struct store *store, const char *message)
{
    log_error(message, LOG_TEXT("problem", str_of(sql_words(store->sql))));
    process_end(EXIT_STORE_BROKEN);
}

/* Runs one work inside its savepoint. False: the whole transaction is gone and with it the works before. */
static bool run_in_savepoint(struct store *store, struct work *work)
{
    for (int tries = 0; tries < COLLISIONS_MAX; tries++) {
        sql_savepoint(store->sql);
        work->run(work, store);
        sql_end(store->sql);
        if (sql_trouble_of(store->sql) == SQL_FINE) {
            sql_release(store->sql);
            return sql_trouble_of(store->sql) == SQL_FINE;
        }
        if (sql_trouble_of(store->sql) != SQL_COLLISION || !sql_rollback_to(store->sql)) return false;
    }
    store_stop(store, "a decision collided again and again; stopping");
}

static bool run_plainly(struct store *store, struct work *work)
{
    work->run(work, store);
    sql_end(store->sql);
    return sql_trouble_of(store->sql) == SQL_FINE;
}

/* Whatever changes something is numbered, in its own transaction, so that it can be told what is missing. One that only looked
 * writes nothing and needs no fsync. */
static bool number_commit(struct store *store)
{
    char number[24];
    if (!sql_has_changed(store->sql)) return false;
    if (store->lease) {
        lease_number_commit(store);
        return true;
    }
    snprintf(number, sizeof number, "%lld", (long long)store->commits + 1);
    sql_save(store->sql, "UPDATE meta SET value = $1 WHERE name = 'commits'", (struct sql_value[]){ TEXT(str_of(number)) }, 1, 1);
    return true;
}

/* It is durable: the witness may tell of it. */
static void count_commit(struct store *store)
{
    store->commits++;
    if (store->keeper) keeper_tell(store->keeper, store->commits);
}

/* Makes it durable, or takes it back when it only looked. In doubt the database is asked, until it says what became of it. */
static enum sql_trouble commit_numbered(struct store *store)
{
    bool numbered = number_commit(store);
    enum sql_trouble trouble = sql_commit(store->sql);
    if (trouble == SQL_DOUBT && numbered) trouble = lease_kept_commit(store) ? SQL_FINE : SQL_AWAY;
    if (trouble == SQL_DOUBT) trouble = SQL_AWAY; /* there was nothing to keep */
    if (numbered && trouble == SQL_FINE) count_commit(store);
    return trouble;
}

/* One transaction with all of them. SQL_FINE: durable. Every other trouble that comes back: certainly nothing was kept. Works that run
 * `again` look at what is there now, and that must still be ours to look after: asked in the same snapshot. */
static enum sql_trouble commit_together(struct store *store, struct work **works, size_t count,
                                        bool (*run)(struct store *store, struct work *work), bool again)
{
    bool ran = true;
    sql_begin(store->sql, true);
    if (again && store->lease && !lease_is_ours(store)) store_stop(store, store_taken_over);
    for (size_t i = 0; i < count && ran; i++) ran = sql_trouble_of(store->sql) == SQL_FINE && run(store, works[i]);
    enum sql_trouble trouble = ran ? commit_numbered(store) : sql_trouble_of(store->sql);
    if (trouble == SQL_BROKEN) {
        store_stop(store, ran ? "a commit reported an error, so its fate is unknown; stopping" : "store cannot be written; stopping");
    }
    if (!ran) sql_rollback(store->sql);
    if (!ran && trouble == SQL_FINE) trouble = SQL_FULL; /* only a full disk ends a transaction by itself */
    if (trouble == SQL_FULL && store->path[0]) reserve_give_up(store->path);
    return trouble;
}

/* Savepoints cost a copy of every page that they touch, and collisions are rare: the first run does without them. */
static bool commit_alone(struct store *store, struct work **works, size_t count)
{
    enum sql_trouble trouble = commit_together(store, works, count, run_plainly, false);
    if (trouble == SQL_COLLISION) trouble = commit_together(store, works, count, run_in_savepoint, true);
    if (trouble == SQL_COLLISION) store_stop(store, "a decision collided where none can; stopping");
    return trouble == SQL_FINE;
}

/* Somebody was first. Connections wait for different times, so that they do not meet again. */
static void let_rivals_pass(struct store *store, int collisions)
{
    if (collisions == RIVALS_MAX) store_stop(store, "a decision collided where none can; stopping");
    int steps = 1 + (collisions * (store->connection + 1)) % 16;
    store_pause(steps * RIVALS_PAUSE_US);
}

/* Where others write as well, the whole transaction runs again, and sees what it collided with. */
static bool commit_among_others(struct store *store, struct work **works, size_t count, bool again)
{
    enum sql_trouble trouble = commit_together(store, works, count, run_plainly, again);
    for (int collisions = 0; trouble == SQL_COLLISION || trouble == SQL_AWAY;) {
        if (trouble == SQL_AWAY) store_reach(store);
        else let_rivals_pass(store, ++collisions);
        if (count > 1 && collisions > RIVALS_TOGETHER_MAX) return false;
        trouble = commit_together(store, works, count, run_plainly, true);
    }
    return trouble == SQL_FINE;
}

static void set_results(struct work **works, size_t count, enum work_result result)
{
    for (size_t i = 0; i < count; i++) works[i]->result = result;
}

/* A full disk, or rivals: halves try again, down to a single work, so that small ones still get through. */
static void commit_or_split(struct store *store, struct work **works, size_t count, bool again)
{
    if (store->lease ? commit_among_others(store, works, count, again) : commit_alone(store, works, count)) {
        set_results(works, count, WORK_DONE);
    } else if (count == 1) {
        works[0]->result = WORK_FULL;
    } else {
        commit_or_split(store, works, count / 2, true);
        commit_or_split(store, works + count / 2, count - count / 2, true);
    }
}

void store_scrub_log(struct store *store) { store->scrubs_log = sql_dialect_of(store->sql)->is_file; }

static void see_to_log(struct store *store)
{
    if (!store->scrubs_log && sql_log_pages(store->sql) < LOG_PAGES_MAX) return;
    reserve_take(store->path); /* costs nothing while it is there */
    bool is_moved = store->scrubs_log ? sql_empty_log(store->sql) : sql_checkpoint(store->sql);
    if (!is_moved) store_stop(store, "a checkpoint failed; stopping");
    if (sql_log_pages(store->sql) == 0) store->scrubs_log = false;
    if (store->keeper) keeper_hurry(store->keeper);
}

void store_run_batch(void *on, struct work **works, size_t count)
{
    struct store *store = on;
    micros began = stopwatch_now();
    crash_point("gc.batch_closed");
    commit_or_split(store, works, count, false);
    crash_point("gc.synced_before_answers");
    if (store->tell) store->tell(stopwatch_now() - began, count);
    see_to_log(store);
}

void store_finish(struct store *store)
{
    if (!sql_empty_log(store->sql)) store_stop(store, "a checkpoint failed; stopping");
}

/* False: the database went away. */
static bool answer_all(struct store *store, struct work **works, size_t count)
{
    bool is_there = true;
    sql_begin(store->sql, false);
    for (size_t i = 0; i < count; i++) {
        works[i]->run(works[i], store);
        sql_end(store->sql);
        sql_settle(store->sql);
        works[i]->result = sql_trouble_of(store->sql) == SQL_FINE ? WORK_DONE : WORK_FAILED;
        is_there &= sql_trouble_of(store->sql) != SQL_AWAY;
    }
    sql_rollback(store->sql);
    return is_there;
}

/* A question may be asked again; but not for ever, somebody waits for the answer. */
void store_run_questions(void *on, struct work **works, size_t count)
{
    struct store *store = on;
    struct error error;
    if (!answer_all(store, works, count) && sql_reach(store->sql, &error)) (void)answer_all(store, works, count);
}

void store_on_commit(struct store *store, void (*tell)(micros duration, size_t works)) { store->tell = tell; }
