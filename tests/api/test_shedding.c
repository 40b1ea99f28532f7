/* SPDX-License-Identifier: Apache-2.0 */
/* A burst is let in, a queue that stands is not, and calm has to last before all may come again. */
#include "base/base_testing.h"

#include "api/shedding.h"

enum { LONG = SHEDDING_QUEUE_MAX, ALMOST = LONG - 1, CALM = SHEDDING_QUEUE_CALM - 1, MS = 1000 };

/* clang-format off */
static const struct shedding_row {
    micros at_ms;
    size_t queue;
    bool refused;
} rows[] = {
    {    0, 0,      false },
    {   10, 9000,   false }, /* a burst */
    {  120, LONG,   false },
    {  240, ALMOST, false }, /* goes by */
    {  250, LONG,   false },
    {  370, 5000,   false },
    {  489, 5000,   false },
    {  490, LONG,   true  }, /* but this one stands: long for 250 ms */
    {  491, ALMOST, false }, /* as many as are served come in */
    {  492, LONG,   true  },
    {  600, ALMOST, false },
    {  700, CALM,   false },
    {  800, LONG,   true  }, /* calm for too short a time */
    {  900, CALM,   false },
    { 1000, 0,      false },
    { 1049, 0,      false },
    { 1050, 0,      false }, /* calm for 250 ms: over */
    { 1051, LONG,   false }, /* what comes now is a burst again */
    { 1170, LONG,   false },
    { 1299, 9000,   false }, /* nobody asked for a while: who knows how long it stood */
    { 1420, 9000,   false },
    { 1540, 9000,   false },
    { 1549, 9000,   true  },
};
/* clang-format on */

static void bursts_are_let_in_and_standing_queues_are_not(void **state)
{
    (void)state;
    struct shedding shedding = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(shedding_refuses(&shedding, rows[i].queue, rows[i].at_ms * MS) == rows[i].refused, i);
    }
}

/* The first question of a gateway that has been up for long. */
static void an_old_clock_is_no_standing_queue(void **state)
{
    (void)state;
    struct shedding shedding = { 0 };
    micros now = INT64_C(5000000) * MS;
    assert_false(shedding_refuses(&shedding, 9000, now));
    assert_false(shedding_refuses(&shedding, 9000, now + 100 * MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts_are_let_in_and_standing_queues_are_not),
        cmocka_unit_test(an_old_clock_is_no_standing_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
