/* SPDX-License-Identifier: Apache-2.0 */
/* moment: points in time as text, RFC 3339. Reads no clock. */
#ifndef FLORIN_BASE_MOMENT_H
#define FLORIN_BASE_MOMENT_H

#include "base/str.h"

enum { MOMENT_TEXT_BYTES = 32 };

/* "2026-03-01T09:30:00.123Z": UTC, milliseconds, cut and not rounded. Returns the text in `buffer`.
 * Of a moment outside the years 1970 to 9999 the nearest end is told. */
str moment_format(micros moment, char buffer[MOMENT_TEXT_BYTES]);

/* Any RFC 3339 date-time, up to nine fractional digits, any offset, in the years 1970 to 9999; cut to microseconds. */
bool moment_parse(str text, micros *out) MUST_CHECK;

/* The calendar of UTC: year, month 1-12, day 1-31. */
struct calendar_day {
    int year, month, day;
};
struct calendar_day moment_day(micros moment);

#endif
