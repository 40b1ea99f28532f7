/* SPDX-License-Identifier: Apache-2.0 */
/* log: collects lines in one buffer under one lock and writes them to standard error in big bites. What cannot be written
 * is dropped: a log must never stop the work.
 *
 *     {"at":"2026-03-01T09:30:00.123Z","level":"info","message":"payment moved","payment_id":"pay_...","tries":3}
 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/moment.h"
#include "base/text.h"

enum {
    BUFFER_BYTES = 64 * 1024, /* one pipe's worth on Linux */
    VALUE_BYTES_MAX = 512, /* enough to recognize a thing; a body is not a value */
    LINE_BYTES_GUESS = 512,
    RUN_DIGITS_MIN = 13, /* the lengths of card numbers, ISO/IEC 7812 */
    RUN_DIGITS_MAX = 19,
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

static micros system_clock(void)
{
    struct timespec now;
    INSIST(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (micros)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

static micros (*_Atomic clock_now)(void) = system_clock;
static _Atomic enum log_level least_level = LOG_INFO;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char buffer[BUFFER_BYTES];
static size_t buffered;
static struct arena line_arena;

void log_set_clock(micros (*now)(void))
{
    atomic_store(&clock_now, now ? now : system_clock);
}

void log_set_level(enum log_level level)
{
    atomic_store(&least_level, level);
}

bool log_level_named(str name, enum log_level *out)
{
    for (size_t i = 0; i < COUNT_OF(level_names); i++) {
        if (!str_equal(name, str_of(level_names[i]))) continue;
        *out = (enum log_level)i;
        return true;
    }
    return false;
}

static void write_out(str bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(STDERR_FILENO, bytes.bytes, bytes.length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes = str_from(bytes, (size_t)written);
    }
}

static void flush_locked(void)
{
    write_out((str){ buffer, buffered });
    buffered = 0;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The check digit of ISO/IEC 7812: doubled every second digit from the right, the digit sums end in 0. */
static bool has_valid_check_digit(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        if (i % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool ends_group(str text, size_t at)
{
    return at + 1 == text.length || !is_digit(text.bytes[at + 1]);
}

/* The length of the longest number at the start of `text` that must not be told: 13 to 19 digits with a valid check digit,
 * whole groups of digits with single spaces or dashes between them; 0 when there is none. Looking at whole groups finds it
 * when an expiry date or a further number follows. */
static size_t secret_number_length(str text)
{
    char digits[RUN_DIGITS_MAX];
    size_t count = 0, length = 0;
    for (size_t at = 0; at < text.length; at++) {
        char byte = text.bytes[at];
        if (!is_digit(byte)) {
            if ((byte != ' ' && byte != '-') || ends_group(text, at)) break;
            continue;
        }
        if (count == RUN_DIGITS_MAX) break;
        digits[count++] = byte;
        if (count >= RUN_DIGITS_MIN && ends_group(text, at) && has_valid_check_digit(digits, count)) length = at + 1;
    }
    return length;
}

/* Takes the next character, scrubbed number or bad byte from *value; returns what is written for it. */
static str take_scrubbed(str *value, bool after_digit)
{
    bool starts_group = is_digit(value->bytes[0]) && !after_digit;
    size_t secret = starts_group ? secret_number_length(*value) : 0;
    size_t length = secret > 0 ? secret : str_character_bytes(*value);
    str piece = secret > 0 ? STR("[card]") : length > 0 ? (str){ value->bytes, length }
                                                        : STR("?");
    *value = str_from(*value, length > 0 ? length : 1);
    return piece;
}

/* Scrubs first and cuts afterwards: a cut number would no longer be recognized. */
static str scrub(str value, char scrubbed[VALUE_BYTES_MAX])
{
    size_t length = 0;
    bool after_digit = false;
    while (value.length > 0) {
        str piece = take_scrubbed(&value, after_digit);
        if (length + piece.length > VALUE_BYTES_MAX) break;
        memcpy(scrubbed + length, piece.bytes, piece.length);
        length += piece.length;
        after_digit = is_digit(piece.bytes[0]);
    }
    return (str){ scrubbed, length };
}

static void put_field(struct text *line, const struct log_field *field)
{
    if (field->is_number) {
        json_put_int(line, field->name, field->number);
        return;
    }
    char scrubbed[VALUE_BYTES_MAX];
    json_put_str(line, field->name, field->text.bytes ? scrub(field->text, scrubbed) : STR_NONE);
}

static str line_text(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    struct text line = text_open(&line_arena, LINE_BYTES_GUESS);
    json_open_object(&line);
    char at[MOMENT_TEXT_BYTES];
    json_put_str(&line, "at", moment_format(atomic_load(&clock_now)(), at));
    json_put_str(&line, "level", str_of(level_names[level]));
    json_put_str(&line, "message", str_of(message));
    for (size_t i = 0; i < count; i++) put_field(&line, &fields[i]);
    json_close_object(&line);
    text_put_char(&line, '\n');
    return text_str(&line);
}

static void keep_line(str line)
{
    if (line.length > BUFFER_BYTES - buffered) flush_locked();
    if (line.length > BUFFER_BYTES) {
        write_out(line);
        return;
    }
    memcpy(buffer + buffered, line.bytes, line.length);
    buffered += line.length;
}

void log_line(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    if (level < atomic_load_explicit(&least_level, memory_order_relaxed)) return;
    INSIST(pthread_mutex_lock(&lock) == 0);
    keep_line(line_text(level, message, fields, count));
    arena_reset(&line_arena);
    if (level == LOG_ERROR) flush_locked();
    INSIST(pthread_mutex_unlock(&lock) == 0);
}

void log_flush(void)
{
    INSIST(pthread_mutex_lock(&lock) == 0);
    flush_locked();
    INSIST(pthread_mutex_unlock(&lock) == 0);
}

void log_flush_last(void)
{
    if (pthread_mutex_trylock(&lock) != 0) return;
    flush_locked();
    (void)pthread_mutex_unlock(&lock);
}
