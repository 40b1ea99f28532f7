/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as text: what is read is what the C library's calendar says of the same fields, and what is told reads back as
 * the same millisecond. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "fuzz/fuzzing.h"

static const micros moment_max = INT64_C(253402300800) * MICROS_PER_SECOND - 1;

static int number_at(const char *at, int digits)
{
    int number = 0;
    while (digits-- > 0) number = number * 10 + (*at++ - '0');
    return number;
}

/* Of a text that was taken: fields at their places, and an offset at the end. */
static micros second_opinion(str text)
{
    struct tm fields = {
        .tm_year = number_at(text.bytes, 4) - 1900,
        .tm_mon = number_at(text.bytes + 5, 2) - 1,
        .tm_mday = number_at(text.bytes + 8, 2),
        .tm_hour = number_at(text.bytes + 11, 2),
        .tm_min = number_at(text.bytes + 14, 2),
        .tm_sec = number_at(text.bytes + 17, 2),
    };
    micros fraction = 0, worth = MICROS_PER_SECOND;
    size_t at = 19;
    if (text.bytes[at] == '.') {
        for (at++; text.bytes[at] >= '0' && text.bytes[at] <= '9'; at++) fraction += (worth /= 10) * (text.bytes[at] - '0');
    }
    const char *offset = text.bytes + at;
    int minutes = *offset == '+' || *offset == '-' ? number_at(offset + 1, 2) * 60 + number_at(offset + 4, 2) : 0;
    return (timegm(&fields) - (*offset == '-' ? -minutes : minutes) * INT64_C(60)) * MICROS_PER_SECOND + fraction;
}

static void check_reading(str text)
{
    micros moment = -1;
    if (!moment_parse(text, &moment)) return;
    INSIST(moment >= 0 && moment <= moment_max);
    INSIST(text.length >= 20 && moment == second_opinion(text));
}

static void check_telling(micros moment)
{
    char buffer[MOMENT_TEXT_BYTES];
    micros again = -1, told = moment < 0 ? 0 : moment > moment_max ? moment_max : moment;
    str text = moment_format(moment, buffer);
    INSIST(text.length == 24 && moment_parse(text, &again) && again == told - told % MICROS_PER_MS);
    struct calendar_day day = moment_day(told);
    INSIST(day.year == number_at(buffer, 4) && day.month == number_at(buffer + 5, 2) && day.day == number_at(buffer + 8, 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    check_reading((str){ (const char *)data, size });
    micros moment = input_int64(&input);
    check_telling(moment);
    check_telling((micros)((uint64_t)moment >> 6)); /* mostly a year that can be told */
    return 0;
}
