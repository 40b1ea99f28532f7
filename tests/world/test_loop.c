/* SPDX-License-Identifier: Apache-2.0 */
/* The doors of the real world: clocks, chance, timers, and the queue to another thread and back. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "world/loop.h"
#include "world/peer.h"

static struct loop *open_loop(void)
{
    struct error error;
    struct loop *loop = loop_open(&error);
    assert_non_null(loop);
    return loop;
}

static void test_clocks(void **state)
{
    (void)state;
    struct loop *loop = open_loop();
    struct world *world = loop_world(loop);
    micros now = world_now(world);
    assert_true(now / MICROS_PER_SECOND - time(NULL) <= 1 && time(NULL) - now / MICROS_PER_SECOND <= 1);
    micros before = world_monotonic(world);
    assert_true(world_monotonic(world) >= before);
    loop_close(loop);
}

static void test_chance(void **state)
{
    (void)state;
    enum { PIECES = 300 }; /* more than a pool's worth */
    static uint8_t pieces[PIECES][16];
    static uint8_t large[5000];
    struct loop *loop = open_loop();
    for (size_t i = 0; i < PIECES; i++) world_random(loop_world(loop), pieces[i], sizeof pieces[i]);
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(pieces[i], pieces[j], sizeof pieces[i]);
    }
    world_random(loop_world(loop), large, sizeof large);
    assert_memory_not_equal(large, large + 2500, 2500);
    loop_close(loop);
}

struct alarm {
    struct world_timer timer;
    struct world *world;
    micros fired_at;
    size_t fired;
};

static void on_fire(struct world_timer *timer)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);
    alarm->fired_at = world_monotonic(alarm->world);
    alarm->fired++;
}

static struct alarm alarm_for(struct loop *loop)
{
    return (struct alarm){ .timer = { .fire = on_fire }, .world = loop_world(loop) };
}

static bool has_fired(void *context)
{
    struct alarm *alarm = context;
    return alarm->fired > 0;
}

static void test_timers_never_come_early(void **state)
{
    (void)state;
    static const micros spans[] = { -5, 0, 1, 999, 1000, 1001, 2500, 10 * 1000 };
    struct loop *loop = open_loop();
    for (size_t i = 0; i < COUNT_OF(spans); i++) {
        struct alarm alarm = alarm_for(loop);
        micros start = world_monotonic(alarm.world);
        world_timer_start(alarm.world, &alarm.timer, spans[i]);
        assert_int_equal(alarm.fired, 0);
        loop_until(loop, has_fired, &alarm);
        assert_true(alarm.fired_at - start >= spans[i]);
        assert_null(alarm.timer.handle);
    }
    loop_close(loop);
}

static void test_timers_stop_and_start_again(void **state)
{
    (void)state;
    struct loop *loop = open_loop();
    struct alarm stopped = alarm_for(loop);
    struct alarm moved = alarm_for(loop);
    struct alarm other = alarm_for(loop);
    world_timer_stop(stopped.world, &stopped.timer); /* harmless */
    world_timer_start(stopped.world, &stopped.timer, 1000);
    world_timer_start(moved.world, &moved.timer, 1000);
    world_timer_start(moved.world, &moved.timer, 800 * 1000); /* long after the other, on a busy machine too */
    world_timer_stop(stopped.world, &stopped.timer);
    world_timer_start(other.world, &other.timer, 10 * 1000); /* in the stopped one's place */
    loop_until(loop, has_fired, &other);
    assert_int_equal(stopped.fired, 0);
    assert_int_equal(moved.fired, 0);
    loop_until(loop, has_fired, &moved);
    loop_for_ms(loop, 20);
    assert_int_equal(moved.fired, 1);
    assert_int_equal(other.fired, 1);
    loop_close(loop);
}

static void test_closing_with_a_running_timer(void **state)
{
    (void)state;
    struct loop *loop = open_loop();
    struct alarm alarm = alarm_for(loop);
    world_timer_start(alarm.world, &alarm.timer, 3600LL * MICROS_PER_SECOND);
    loop_close(loop);
    assert_int_equal(alarm.fired, 0);
}

enum { WORKS = 5000 };

/* What the other thread works on. */
struct book {
    size_t entries;
    size_t batches;
    size_t largest_batch;
    size_t order[WORKS * 2];
};

struct entry {
    struct work work;
    size_t number;
    struct clerk *clerk;
};

struct clerk {
    struct loop *loop;
    size_t done;
    size_t order[WORKS * 2];
    struct entry entries[WORKS];
};

static void run_batch(void *on, struct work **works, size_t count)
{
    struct book *book = on;
    book->batches++;
    if (count > book->largest_batch) book->largest_batch = count;
    for (size_t i = 0; i < count; i++) {
        works[i]->run(works[i], book);
        works[i]->result = WORK_DONE;
    }
}

static void entry_run(struct work *work, void *on)
{
    struct book *book = on;
    book->order[book->entries++] = CONTAINER_OF(work, struct entry, work)->number;
}

static void entry_done(struct work *work)
{
    struct entry *entry = CONTAINER_OF(work, struct entry, work);
    struct clerk *clerk = entry->clerk;
    assert_int_equal(work->result, WORK_DONE);
    clerk->order[clerk->done++] = entry->number;
    bool is_first_time = clerk->done <= WORKS;
    if (is_first_time && entry->number % 10 == 0) world_commit(loop_world(clerk->loop), work);
}

static bool is_all_done(void *context)
{
    struct clerk *clerk = context;
    return clerk->done == WORKS + WORKS / 10;
}

static void test_commits_keep_their_order(void **state)
{
    (void)state;
    struct error error;
    struct book *book = calloc(1, sizeof *book);
    struct clerk *clerk = calloc(1, sizeof *clerk);
    clerk->loop = open_loop();
    assert_true(loop_commits_on(clerk->loop, run_batch, book, &error));
    for (size_t i = 0; i < WORKS; i++) {
        clerk->entries[i] = (struct entry){ .work = { entry_run, entry_done, WORK_FAILED, NULL }, .number = i, .clerk = clerk };
        world_commit(loop_world(clerk->loop), &clerk->entries[i].work);
    }
    assert_int_equal(loop_commits_pending(clerk->loop), WORKS);
    assert_int_equal(clerk->done, 0);
    loop_until(clerk->loop, is_all_done, clerk);
    assert_int_equal(loop_commits_pending(clerk->loop), 0);
    loop_close(clerk->loop);

    for (size_t i = 0; i < WORKS; i++) assert_int_equal(book->order[i], i);
    assert_memory_equal(book->order, clerk->order, book->entries * sizeof book->order[0]);
    assert_true(book->largest_batch <= WORK_BATCH_MAX);
    assert_true(book->batches >= WORKS / WORK_BATCH_MAX && book->batches < WORKS);
    free(book);
    free(clerk);
}

/* Questions have a thread of their own: a slow commit does not hold them up. */
static atomic_bool may_commit;

static void slow_run(struct work *work, void *on)
{
    (void)work, (void)on;
    while (!atomic_load(&may_commit)) usleep(100);
}

static void quick_run(struct work *work, void *on)
{
    (void)work, (void)on;
}

static void question_done(struct work *work)
{
    (void)work;
    atomic_store(&may_commit, true);
}

static void commit_done(struct work *work)
{
    (void)work;
}

static bool has_no_commits(void *context)
{
    return loop_commits_pending(context) == 0;
}

static void run_all(void *on, struct work **works, size_t count)
{
    for (size_t i = 0; i < count; i++) works[i]->run(works[i], on);
}

static void test_questions_pass_commits(void **state)
{
    (void)state;
    struct error error;
    struct loop *loop = open_loop();
    assert_true(loop_commits_on(loop, run_all, NULL, &error));
    assert_true(loop_asks_on(loop, run_all, NULL, &error));
    struct work commit = { .run = slow_run, .done = commit_done };
    struct work question = { .run = quick_run, .done = question_done };
    world_commit(loop_world(loop), &commit);
    world_ask(loop_world(loop), &question);
    loop_until(loop, has_no_commits, loop);
    loop_close(loop);
}

static void stop_loop(void *context)
{
    loop_stop(context);
}

static void raise_signal(struct world_timer *timer)
{
    (void)timer;
    assert_int_equal(raise(SIGTERM), 0);
}

static void test_a_signal_stops_it(void **state)
{
    (void)state;
    struct loop *loop = open_loop();
    struct world_timer timer = { .fire = raise_signal };
    struct alarm later = alarm_for(loop); /* keeps the loop from ending by itself */
    world_timer_start(later.world, &later.timer, 3600LL * MICROS_PER_SECOND);
    loop_on_stop(loop, stop_loop, loop);
    world_timer_start(loop_world(loop), &timer, 1000);
    loop_run(loop);
    loop_close(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_timers_never_come_early),
        cmocka_unit_test(test_timers_stop_and_start_again),
        cmocka_unit_test(test_closing_with_a_running_timer),
        cmocka_unit_test(test_commits_keep_their_order),
        cmocka_unit_test(test_questions_pass_commits),
        cmocka_unit_test(test_a_signal_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
