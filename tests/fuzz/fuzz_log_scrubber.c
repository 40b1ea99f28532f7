/* SPDX-License-Identifier: Apache-2.0 */
/* The log's last net: no value leaves it with a number of 13 to 19 digits and a right check digit in it, and what leaves
 * it is valid UTF-8 of bounded length. The source itself is included, for the scrubber has no other door than a line on
 * standard error. */
#include "base/log.c"

#include <yyjson.h>

#include "fuzz/card_looking.h"
#include "fuzz/fuzzing.h"

/* The end of a value that was cut may be the beginning of a longer number. */
static bool is_told(void *context, str digits, size_t begin, size_t end)
{
    const str *scrubbed = context;
    (void)digits;
    (void)begin;
    return end < scrubbed->length || scrubbed->length < VALUE_BYTES_MAX - 3;
}

/* The line as a reader of the log sees it. */
static void check_line(str value, str scrubbed)
{
    str line = line_text(LOG_INFO, "a message", &LOG_TEXT("value", value), 1);
    yyjson_doc *doc = yyjson_read(line.bytes, line.length, 0);
    yyjson_val *told = yyjson_obj_get(yyjson_doc_get_root(doc), "value");
    INSIST(line.bytes[line.length - 1] == '\n' && memchr(line.bytes, '\n', line.length - 1) == NULL);
    INSIST(yyjson_equals_strn(told, scrubbed.bytes, scrubbed.length));
    yyjson_doc_free(doc);
    arena_reset(&line_arena);
}

static micros no_time(void) { return 0; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char buffer_of_scrubbed[VALUE_BYTES_MAX];
    str value = { (const char *)data, size };
    str scrubbed = scrub(value, buffer_of_scrubbed);
    log_set_clock(no_time);
    INSIST(scrubbed.length <= VALUE_BYTES_MAX);
    INSIST(!looking_for_numbers(scrubbed, 13, is_told, &scrubbed));
    check_line(value, scrubbed);
    return 0;
}
