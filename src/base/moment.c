/* SPDX-License-Identifier: Apache-2.0 */
/* moment: the proleptic Gregorian calendar in plain arithmetic, and RFC 3339. Knows no time zone and reads no clock. */
#include "base/moment.h"

#include <string.h>

enum {
    YEAR_MAX = 9999,
    SECONDS_PER_MINUTE = 60,
    SECONDS_PER_DAY = 24 * 60 * 60,
    DAYS_PER_ERA = 146097, /* 400 years; after them the calendar repeats */
    DAYS_BEFORE_1970 = 719468, /* since 0000-03-01, where the eras are counted from */
};

static const micros day_micros = (micros)SECONDS_PER_DAY * MICROS_PER_SECOND;
static const micros moment_max = 253402300800 * MICROS_PER_SECOND - 1; /* the last microsecond of the year 9999 */

/* Years begin in March here, so that the leap day is the last of its year. After Howard Hinnant's "chrono-compatible
 * low-level date algorithms". */
static struct calendar_day day_from_count(int64_t days)
{
    days += DAYS_BEFORE_1970;
    int64_t era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct calendar_day){
        .year = (int)(year + era * 400 + (month <= 2)),
        .month = (int)month,
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
    };
}

static int64_t count_from_day(struct calendar_day day)
{
    int64_t year = day.year - (day.month <= 2);
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t march_month = day.month > 2 ? day.month - 3 : day.month + 9;
    int64_t day_of_year = (153 * march_month + 2) / 5 + day.day - 1;
    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_BEFORE_1970;
}

struct calendar_day moment_day(micros moment)
{
    return day_from_count(moment / day_micros - (moment % day_micros < 0));
}

static void put_digits(char *at, int digits, int number)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

str moment_format(micros moment, char buffer[MOMENT_TEXT_BYTES])
{
    if (moment < 0) moment = 0;
    if (moment > moment_max) moment = moment_max;
    struct calendar_day day = moment_day(moment);
    int milliseconds = (int)(moment % day_micros / MICROS_PER_MS);
    int seconds = milliseconds / 1000;
    str shape = STR("yyyy-mm-ddThh:mm:ss.mmmZ");
    memcpy(buffer, shape.bytes, shape.length + 1);
    put_digits(buffer, 4, day.year);
    put_digits(buffer + 5, 2, day.month);
    put_digits(buffer + 8, 2, day.day);
    put_digits(buffer + 11, 2, seconds / 3600);
    put_digits(buffer + 14, 2, seconds / 60 % 60);
    put_digits(buffer + 17, 2, seconds % 60);
    put_digits(buffer + 20, 3, milliseconds % 1000);
    return (str){ buffer, shape.length };
}

/* The text that is still to be read. The first thing that is not as expected makes it wrong for good. */
struct reading {
    str left;
    bool wrong;
};

static char read_char(struct reading *reading)
{
    if (reading->left.length == 0) {
        reading->wrong = true;
        return '\0';
    }
    char byte = reading->left.bytes[0];
    reading->left = str_from(reading->left, 1);
    return byte;
}

static void expect(struct reading *reading, char upper, char lower)
{
    char byte = read_char(reading);
    if (byte != upper && byte != lower) reading->wrong = true;
}

static int read_number(struct reading *reading, int digits, int least, int most)
{
    int number = 0;
    while (digits-- > 0) {
        char byte = read_char(reading);
        if (byte < '0' || byte > '9') reading->wrong = true;
        number = number * 10 + (byte - '0');
    }
    if (number < least || number > most) reading->wrong = true;
    return number;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

static int64_t read_date(struct reading *reading)
{
    struct calendar_day day;
    day.year = read_number(reading, 4, 0, YEAR_MAX);
    expect(reading, '-', '-');
    day.month = read_number(reading, 2, 1, 12);
    expect(reading, '-', '-');
    if (reading->wrong) return 0;
    day.day = read_number(reading, 2, 1, days_in_month(day.year, day.month));
    return count_from_day(day);
}

static int read_time(struct reading *reading)
{
    int hour = read_number(reading, 2, 0, 23);
    expect(reading, ':', ':');
    int minute = read_number(reading, 2, 0, 59);
    expect(reading, ':', ':');
    int second = read_number(reading, 2, 0, 60);
    return hour * 3600 + minute * SECONDS_PER_MINUTE + second;
}

static bool next_is_digit(const struct reading *reading)
{
    return reading->left.length > 0 && reading->left.bytes[0] >= '0' && reading->left.bytes[0] <= '9';
}

/* One to nine digits after a dot, if there is one; digits below a microsecond are cut. */
static int read_fraction(struct reading *reading)
{
    if (!str_starts_with(reading->left, STR("."))) return 0;
    expect(reading, '.', '.');
    int digits = 0, fraction = 0, worth = MICROS_PER_SECOND;
    for (; next_is_digit(reading) && digits < 9; digits++) {
        worth /= 10;
        fraction += worth * (read_char(reading) - '0');
    }
    if (digits == 0) reading->wrong = true;
    return fraction;
}

static int read_offset(struct reading *reading)
{
    char sign = read_char(reading);
    if (sign == 'Z' || sign == 'z') return 0;
    if (sign != '+' && sign != '-') reading->wrong = true;
    int hours = read_number(reading, 2, 0, 23);
    expect(reading, ':', ':');
    int seconds = hours * 3600 + read_number(reading, 2, 0, 59) * SECONDS_PER_MINUTE;
    return sign == '-' ? -seconds : seconds;
}

bool moment_parse(str text, micros *out)
{
    struct reading reading = { .left = text };
    int64_t days = read_date(&reading);
    expect(&reading, 'T', 't');
    int time = read_time(&reading);
    bool is_leap_second = time % SECONDS_PER_MINUTE == 0 && text.length > 18 && text.bytes[17] == '6';
    int fraction = read_fraction(&reading);
    int offset = read_offset(&reading);
    if (reading.wrong || reading.left.length > 0) return false;

    /* A leap second ends a day of UTC and is told as the second that follows it, as POSIX does. */
    int64_t seconds = days * SECONDS_PER_DAY + time - offset;
    if (is_leap_second && seconds % SECONDS_PER_DAY != 0) return false;
    micros moment = seconds * MICROS_PER_SECOND + fraction;
    if (moment < 0 || moment > moment_max) return false;
    *out = moment;
    return true;
}
