/* SPDX-License-Identifier: Apache-2.0 */
/* moment: every day from 1970 to 9999 is told as the calendar on the wall does, and every RFC 3339 text is understood. */
#include "base_testing.h"

#include "base/arena.h"
#include "base/moment.h"

#define SECONDS(count) ((micros)(count)*MICROS_PER_SECOND)
#define DAYS(count) SECONDS((micros)(count)*86400)

static const micros last_moment = SECONDS(253402300800) - 1;

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Turns the pages of a calendar, as one does by hand. */
static struct calendar_day day_after(struct calendar_day day)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int length = lengths[day.month - 1] + (day.month == 2 && is_leap(day.year));
    if (day.day < length) return (struct calendar_day){ day.year, day.month, day.day + 1 };
    if (day.month < 12) return (struct calendar_day){ day.year, day.month + 1, 1 };
    return (struct calendar_day){ day.year + 1, 1, 1 };
}

static void assert_day(micros moment, struct calendar_day expected)
{
    struct calendar_day day = moment_day(moment);
    if (day.year == expected.year && day.month == expected.month && day.day == expected.day) return;
    fail_msg("%d-%d-%d is %d-%d-%d", expected.year, expected.month, expected.day, day.year, day.month, day.day);
}

static void every_day_is_the_calendar_s(void **state)
{
    (void)state;
    struct calendar_day day = { 1970, 1, 1 };
    for (micros moment = 0; day.year < 10000; moment += DAYS(1), day = day_after(day)) {
        assert_day(moment, day);
        assert_day(moment + DAYS(1) - 1, day);
    }
}

static void days_before_1970_are_days_too(void **state)
{
    (void)state;
    assert_day(-1, (struct calendar_day){ 1969, 12, 31 });
    assert_day(-DAYS(1), (struct calendar_day){ 1969, 12, 31 });
    assert_day(-DAYS(1) - 1, (struct calendar_day){ 1969, 12, 30 });
}

static void every_day_is_read_as_it_is_told(void **state)
{
    (void)state;
    char buffer[MOMENT_TEXT_BYTES];
    for (micros moment = 0; moment <= last_moment; moment += DAYS(7) + SECONDS(3661) + 7000) {
        micros read = -1;
        assert_true(moment_parse(moment_format(moment, buffer), &read));
        assert_int_equal(read, moment / MICROS_PER_MS * MICROS_PER_MS);
    }
}

static void tells_moments(void **state)
{
    (void)state;
    const struct {
        micros moment;
        const char *text;
    } rows[] = {
        { 0,                       "1970-01-01T00:00:00.000Z" },
        { 999,                     "1970-01-01T00:00:00.000Z" },
        { 999999,                  "1970-01-01T00:00:00.999Z" }, /* cut, not rounded */
        { SECONDS(1772357400) + 123456, "2026-03-01T09:30:00.123Z" },
        { SECONDS(951782400),      "2000-02-29T00:00:00.000Z" },
        { SECONDS(4107542400),     "2100-03-01T00:00:00.000Z" },
        { SECONDS(4107542400) - 1, "2100-02-28T23:59:59.999Z" }, /* 2100 has no leap day */
        { SECONDS(2147483648),     "2038-01-19T03:14:08.000Z" },
        { SECONDS(253402300800) - 1, "9999-12-31T23:59:59.999Z" },
        { SECONDS(253402300800),   "9999-12-31T23:59:59.999Z" },
        { INT64_MAX,               "9999-12-31T23:59:59.999Z" },
        { -1,                      "1970-01-01T00:00:00.000Z" },
        { INT64_MIN,               "1970-01-01T00:00:00.000Z" },
    };
    char buffer[MOMENT_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_str(moment_format(rows[i].moment, buffer), str_of(rows[i].text));
        assert_string_equal(buffer, rows[i].text);
    }
}

static void reads_any_rfc_3339_text(void **state)
{
    (void)state;
    const struct {
        str text;
        micros moment;
    } rows[] = {
        { STR("1970-01-01T00:00:00Z"),                0 },
        { STR("1985-04-12T23:20:50.52Z"),             SECONDS(482196050) + 520000 },
        { STR("1996-12-19T16:39:57-08:00"),           SECONDS(851042397) },
        { STR("1937-01-01T12:00:27.87+00:20") /* before 1970 */, -1 },
        { STR("2026-03-01T09:30:00.123Z"),            SECONDS(1772357400) + 123000 },
        { STR("2026-03-01t09:30:00z"),                SECONDS(1772357400) },
        { STR("2026-03-01T09:30:00.1Z"),              SECONDS(1772357400) + 100000 },
        { STR("2026-03-01T09:30:00.123456789Z"),      SECONDS(1772357400) + 123456 },
        { STR("2026-03-01T09:30:00.999999999Z"),      SECONDS(1772357400) + 999999 },
        { STR("2026-03-01T11:00:00+01:30"),           SECONDS(1772357400) },
        { STR("2026-03-01T09:30:00-00:00"),           SECONDS(1772357400) },
        { STR("1970-01-01T23:59:00+23:59"),           0 },
        { STR("1969-12-31T23:00:00-01:00"),           0 },
        { STR("2024-02-29T00:00:00Z"),                SECONDS(1709164800) },
        { STR("2000-02-29T00:00:00Z"),                SECONDS(951782400) },
        { STR("1990-12-31T23:59:60Z"),                SECONDS(662688000) }, /* a leap second: the second that follows */
        { STR("1990-12-31T15:59:60-08:00"),           SECONDS(662688000) },
        { STR("9999-12-31T23:59:59.999999Z"),         SECONDS(253402300800) - 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        micros moment = -1;
        str text = exact_copy(rows[i].text);
        assert_row(moment_parse(text, &moment) == (rows[i].moment >= 0), i);
        assert_row(moment == rows[i].moment, i);
        exact_free(text);
    }
}

static void refuses_what_is_no_moment(void **state)
{
    (void)state;
    const str texts[] = {
        STR(""),
        STR("2026-03-01"),
        STR("2026-03-01T09:30:00"),         /* where? */
        STR("2026-03-01 09:30:00Z"),
        STR("2026-03-01T09:30Z"),
        STR("2026-3-01T09:30:00Z"),
        STR("2026-03-1T09:30:00Z"),
        STR("26-03-01T09:30:00Z"),
        STR("+2026-03-01T09:30:00Z"),
        STR("12026-03-01T09:30:00Z"),
        STR("2026/03/01T09:30:00Z"),
        STR("2026-00-01T09:30:00Z"),
        STR("2026-13-01T09:30:00Z"),
        STR("2026-03-00T09:30:00Z"),
        STR("2026-03-32T09:30:00Z"),
        STR("2026-04-31T09:30:00Z"),
        STR("2026-02-29T09:30:00Z"),        /* no leap year */
        STR("2100-02-29T09:30:00Z"),
        STR("2026-03-01T24:00:00Z"),
        STR("2026-03-01T09:60:00Z"),
        STR("2026-03-01T09:30:61Z"),
        STR("2026-03-01T09:30:60Z"),        /* a leap second ends a day */
        STR("2026-03-01T09:30:00.Z"),
        STR("2026-03-01T09:30:00,5Z"),
        STR("2026-03-01T09:30:00.1234567890Z"),
        STR("2026-03-01T09:30:00.-1Z"),
        STR("2026-03-01T09:30:00+1:00"),
        STR("2026-03-01T09:30:00+0100"),
        STR("2026-03-01T09:30:00+24:00"),
        STR("2026-03-01T09:30:00+01:60"),
        STR("2026-03-01T09:30:00 Z"),
        STR("2026-03-01T09:30:00ZZ"),
        STR("2026-03-01T09:30:00Z\0"),
        STR(" 2026-03-01T09:30:00Z"),
        STR("1969-12-31T23:59:59Z"),
        STR("1970-01-01T00:00:00+00:01"),
        STR("0000-01-01T00:00:00Z"),
        STR("9999-12-31T23:59:59-00:01"),
        STR("9999-12-31T23:59:60Z"),
        STR("\xff\xff\xff\xff-\xff\xff-\xff\xffT\xff\xff:\xff\xff:\xff\xffZ"),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        micros moment = -7;
        str text = exact_copy(texts[i]);
        assert_row(!moment_parse(text, &moment), i);
        assert_row(moment == -7, i);
        exact_free(text);
    }
}

/* Every shortening is refused; a changed byte is refused or gives another moment of those years. */
static void damaged_texts_do_no_harm(void **state)
{
    (void)state;
    str whole = STR("2026-03-01T09:30:00.123456+01:00");
    micros moment;
    for (size_t length = 0; length < whole.length; length++) {
        str text = exact_copy((str){ whole.bytes, length });
        assert_row(!moment_parse(text, &moment), length);
        exact_free(text);
    }
    for (size_t at = 0; at < whole.length; at++) {
        for (int byte = 0; byte < 256; byte++) {
            str text = exact_copy(whole);
            ((char *)(uintptr_t)text.bytes)[at] = (char)byte;
            if (moment_parse(text, &moment)) assert_true(moment >= 0 && moment <= last_moment);
            exact_free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_the_calendar_s),
        cmocka_unit_test(days_before_1970_are_days_too),
        cmocka_unit_test(every_day_is_read_as_it_is_told),
        cmocka_unit_test(tells_moments),
        cmocka_unit_test(reads_any_rfc_3339_text),
        cmocka_unit_test(refuses_what_is_no_moment),
        cmocka_unit_test(damaged_texts_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
