/* SPDX-License-Identifier: Apache-2.0 */
/* log: every line is one JSON object whatever is put in, and no long number with a valid check digit comes out. */
#include "base_testing.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

static struct arena arena;
static int real_stderr, captured;

static micros fixed_clock(void)
{
    return 1772357400123456;
}

/* Standard error becomes a file in memory. */
static int open_capture(void **state)
{
    (void)state;
    real_stderr = dup(STDERR_FILENO);
    captured = memfd_create("captured", 0);
    log_set_clock(fixed_clock);
    log_set_level(LOG_DEBUG);
    return dup2(captured, STDERR_FILENO) < 0;
}

static int close_capture(void **state)
{
    (void)state;
    log_flush();
    log_set_clock(NULL);
    log_set_level(LOG_INFO);
    arena_close(&arena);
    int failed = dup2(real_stderr, STDERR_FILENO) < 0;
    return failed || close(real_stderr) || close(captured);
}

/* What was written so far, without a flush. */
static str written(void)
{
    size_t length = (size_t)lseek(captured, 0, SEEK_END);
    char *bytes = arena_take(&arena, length + 1);
    assert_int_equal(pread(captured, bytes, length, 0), length);
    return (str){ bytes, length };
}

static str flushed(void)
{
    log_flush();
    str text = written();
    assert_int_equal(ftruncate(captured, 0), 0);
    (void)lseek(captured, 0, SEEK_SET);
    return text;
}

/* The value of "x" in the one line that was written. */
static str logged(str value)
{
    const struct json *line = NULL;
    str copy = exact_copy(value);
    log_info("tried", LOG_TEXT("x", copy));
    exact_free(copy);
    str text = flushed();
    assert_int_equal(text.bytes[text.length - 1], '\n');
    assert_null(memchr(text.bytes, '\n', text.length - 1));
    assert_int_equal(json_read(&arena, text, &line), JSON_FINE);
    return json_string(json_find(line, "x"));
}

static void a_line_is_one_object(void **state)
{
    (void)state;
    log_info("payment moved", LOG_TEXT("payment_id", STR("pay_1")), LOG_NUMBER("tries", -3), LOG_TEXT("none", STR_NONE));
    log_debug("quiet", LOG_TEXT("why", STR("")));
    assert_str(flushed(), STR("{\"at\":\"2026-03-01T09:30:00.123Z\",\"level\":\"info\",\"message\":\"payment moved\","
                              "\"payment_id\":\"pay_1\",\"tries\":-3,\"none\":null}\n"
                              "{\"at\":\"2026-03-01T09:30:00.123Z\",\"level\":\"debug\",\"message\":\"quiet\",\"why\":\"\"}\n"));
}

static void scrubs_long_numbers_with_a_valid_check_digit(void **state)
{
    (void)state;
    const struct {
        str value, logged;
    } rows[] = {
        { STR("4111111111111111"),                      STR("[card]") },
        { STR("4111 1111 1111 1111"),                   STR("[card]") },
        { STR("4111-1111-1111-1111"),                   STR("[card]") },
        { STR("4 1 1 1-1 1 1 1-1 1 1 1-1 1 1 1"),       STR("[card]") },
        { STR("3782 822463 10005"),                     STR("[card]") },             /* 15 digits */
        { STR("4222222222222"),                         STR("[card]") },             /* 13 */
        { STR("6304000000000000000"),                   STR("[card]") },             /* 19 */
        { STR("card=4111111111111111&cvv=1"),           STR("card=[card]&cvv=1") },
        { STR("\"4111111111111111\""),                  STR("\"[card]\"") },
        { STR("x4111111111111111x"),                    STR("x[card]x") },
        { STR("-4111111111111111-"),                    STR("-[card]-") },
        { STR("4111111111111111=2512"),                 STR("[card]=2512") },        /* a magnetic stripe */
        { STR("4111111111111111,5555555555554444"),     STR("[card],[card]") },
        { STR("4111111111111111 5555555555554444"),     STR("[card] [card]") },
        { STR("4111111111111111 12 2030 123"),          STR("[card] 12 2030 123") }, /* expiry and CVV behind it */
        { STR("18 4111111111111111"),                   STR("[card]") },             /* 18 digits that happen to pass */
        { STR("17 4111111111111111"),                   STR("17 [card]") },
        { STR("2026 4111 1111 1111 1111"),              STR("2026 [card]") },
        { STR("\xe2\x82\xac 4111111111111111\xc3\xa9"), STR("\xe2\x82\xac [card]\xc3\xa9") },

        { STR("4111111111111112"),                      STR("4111111111111112") },   /* not valid */
        { STR("4111  1111 1111 1111"),                  STR("4111  1111 1111 1111") }, /* two spaces */
        { STR("4111.1111.1111.1111"),                   STR("4111.1111.1111.1111") },
        { STR("411111111117"),                          STR("411111111117") },       /* 12 digits */
        { STR("00004111111111111111"),                  STR("00004111111111111111") }, /* 20 digits in one */
        { STR("2026-03-01T09:30:00.123Z"),              STR("2026-03-01T09:30:00.123Z") },
        { STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz"), STR("pay_01jq3v8x2m7d0kzzzzzzzzzzzzzzzzzzzzzz") },
        { STR(""),                                      STR("") },
        { STR(" - "),                                   STR(" - ") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_str(logged(rows[i].value), rows[i].logged);
}

/* Of ten last digits exactly one is valid, wherever the number stands and whatever its length. */
static void scrubs_one_number_in_ten(void **state)
{
    (void)state;
    for (size_t length = 12; length <= 20; length++) {
        int scrubbed = 0;
        for (char last = '0'; last <= '9'; last++) {
            char digits[20];
            for (size_t i = 0; i < length; i++) digits[i] = (char)('0' + (i * 7 + 4) % 10);
            digits[length - 1] = last;
            scrubbed += str_equal(logged((str){ digits, length }), STR("[card]"));
        }
        assert_row(scrubbed == (length >= 13 && length <= 19), length);
    }
}

/* A number that crosses the end of what is kept leaves none of its digits. */
static void cutting_does_not_hide_a_number(void **state)
{
    (void)state;
    for (size_t before = 480; before < 530; before++) {
        struct text text = text_open(&arena, 1000);
        for (size_t i = 0; i < before; i++) text_put_char(&text, 'a');
        text_put(&text, STR("4111 1111 1111 1111 and more"));
        str line = logged(text_str(&text));
        assert_true(line.length <= 512);
        assert_false(str_contains(line, STR("1")));
    }
}

static void cuts_long_values_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        struct text text = text_open(&arena, 3000);
        for (size_t i = 0; i < shift; i++) text_put_char(&text, 'a');
        for (size_t i = 0; i < 600; i++) text_put(&text, STR("\xf0\x9f\x98\x80"));
        str line = logged(text_str(&text)); /* json_read in it refuses half a character */
        assert_true(line.length > 508 && line.length <= 512);
        assert_true(str_starts_with(text_str(&text), line));
    }
}

static void hostile_bytes_stay_in_their_line(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second += 5) {
            char bytes[] = { 'a', (char)first, (char)second, '"', '}' };
            if (first == 0 || second == 0) continue; /* json_read takes no NUL, below */
            str line = logged((str){ bytes, sizeof bytes });
            assert_true(str_starts_with(line, STR("a")));
            assert_true(str_contains(line, STR("\"}")));
        }
        arena_reset(&arena);
    }
    log_info("tried", LOG_TEXT("x", STR("a\0\n{")));
    assert_true(str_contains(flushed(), STR("\"x\":\"a\\u0000\\n{\"}\n")));
    assert_str(logged(STR("\xff\xc3\xa9\xc3")), STR("?\xc3\xa9?"));
    assert_str(logged(STR("\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xf0\x8f\xbf\xbf")), STR("?????????????"));
}

static void levels_are_words(void **state)
{
    (void)state;
    const str names[] = { STR("debug"), STR("info"), STR("warn"), STR("error") };
    enum log_level level = LOG_WARN;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_true(log_level_named(names[i], &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_named(STR("loud"), &level));
    assert_false(log_level_named(STR(""), &level));
    assert_false(log_level_named(STR("INFO"), &level));
    assert_int_equal(level, LOG_ERROR);
}

static void writes_from_the_level_on(void **state)
{
    (void)state;
    log_set_level(LOG_WARN);
    log_debug("no", LOG_NUMBER("n", 1));
    log_info("no", LOG_NUMBER("n", 1));
    assert_str(flushed(), STR(""));
    log_warn("yes", LOG_NUMBER("n", 1));
    assert_true(str_contains(flushed(), STR("\"warn\"")));
}

static void errors_are_written_at_once(void **state)
{
    (void)state;
    log_info("first", LOG_NUMBER("n", 1));
    assert_str(written(), STR(""));
    log_error("second", LOG_NUMBER("n", 2));
    assert_true(str_contains(written(), STR("\"first\"")));
    assert_true(str_contains(written(), STR("\"second\"")));
    size_t length = written().length;
    log_flush_last();
    assert_int_equal(flushed().length, length);
}

static void more_than_the_buffer_is_not_lost(void **state)
{
    (void)state;
    char value[500];
    memset(value, '\x01', sizeof value); /* six characters each */
    for (int i = 0; i < 200; i++) log_info("big", LOG_TEXT("x", ((str){ value, sizeof value })), LOG_NUMBER("i", i));
    str text = flushed(), line;
    for (int i = 0; i < 200; i++) {
        line = str_cut(text, '\n', &text);
        assert_true(str_contains(line, arena_format(&arena, "\"i\":%d}", i)));
    }
    assert_str(text, STR(""));
}

static void *log_in_a_thread(void *number)
{
    for (int i = 0; i < 500; i++) log_info("threads", LOG_NUMBER("thread", *(int *)number), LOG_NUMBER("i", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t threads[4];
    int numbers[4] = { 0, 1, 2, 3 }, next[4] = { 0 };
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, log_in_a_thread, &numbers[i]), 0);
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    str text = flushed();
    while (text.length > 0) {
        const struct json *line;
        int64_t thread, i;
        assert_int_equal(json_read(&arena, str_cut(text, '\n', &text), &line), JSON_FINE);
        assert_true(json_int64(json_find(line, "thread"), &thread));
        assert_true(json_int64(json_find(line, "i"), &i));
        assert_int_equal(next[thread]++, i);
    }
    for (size_t i = 0; i < 4; i++) assert_int_equal(next[i], 500);
}

static void the_system_s_clock_is_the_default(void **state)
{
    (void)state;
    log_set_clock(NULL);
    log_info("now", LOG_NUMBER("n", 1));
    str text = flushed();
    assert_true(str_starts_with(text, STR("{\"at\":\"2")));
    assert_false(str_contains(text, STR("2026-03-01T09:30:00.123Z")));
}

#define log_unit_test(test) cmocka_unit_test_setup_teardown(test, open_capture, close_capture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        log_unit_test(a_line_is_one_object),
        log_unit_test(scrubs_long_numbers_with_a_valid_check_digit),
        log_unit_test(scrubs_one_number_in_ten),
        log_unit_test(cutting_does_not_hide_a_number),
        log_unit_test(cuts_long_values_between_characters),
        log_unit_test(hostile_bytes_stay_in_their_line),
        log_unit_test(levels_are_words),
        log_unit_test(writes_from_the_level_on),
        log_unit_test(errors_are_written_at_once),
        log_unit_test(more_than_the_buffer_is_not_lost),
        log_unit_test(lines_of_threads_do_not_mix),
        log_unit_test(the_system_s_clock_is_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
