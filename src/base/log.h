/* SPDX-License-Identifier: Apache-2.0 */
/* log: JSON lines to standard error. Messages are fixed texts; values are escaped, cut, and scrubbed of card numbers. */
#ifndef FLORIN_BASE_LOG_H
#define FLORIN_BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    str text;
    int64_t number;
    bool is_number;
};

#define LOG_TEXT(name, value) ((struct log_field){ (name), (value), 0, false })
#define LOG_NUMBER(name, value) ((struct log_field){ (name), STR_NONE, (int64_t)(value), true })

/* log_info("payment moved", LOG_TEXT("payment_id", id), LOG_NUMBER("tries", 3)); at least one field. */
#define log_write(level, message, ...)                                                                     \
    log_line((level), (message), (const struct log_field[]){ __VA_ARGS__ },                                \
             sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
#define log_debug(message, ...) log_write(LOG_DEBUG, message, __VA_ARGS__)
#define log_info(message, ...) log_write(LOG_INFO, message, __VA_ARGS__)
#define log_warn(message, ...) log_write(LOG_WARN, message, __VA_ARGS__)
#define log_error(message, ...) log_write(LOG_ERROR, message, __VA_ARGS__)

/* Any thread. Buffered: call log_flush when the loop is about to sleep. LOG_ERROR flushes by itself. */
void log_line(enum log_level level, const char *message, const struct log_field *fields, size_t count);
void log_flush(void);

/* As log_flush for a process that is about to stop: does nothing when another thread holds the log. */
void log_flush_last(void);

/* The clock that stamps lines, and the least level that is written. Default: the system's clock, LOG_INFO. */
void log_set_clock(micros (*now)(void));
void log_set_level(enum log_level level);
bool log_level_named(str name, enum log_level *out) MUST_CHECK;

#endif
