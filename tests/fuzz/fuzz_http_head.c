/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an answer: whatever stands in a value, the head has the lines that were put there and no other (response
 * splitting), and says the body's true length, if it says one. */
#include <string.h>

#include "fuzz/fuzzing.h"
#include "world/http_write.h"

enum { HEADERS_MAX = 6 };

static struct arena arena;

/* Lines that end with CR LF; false for a control character within one. */
static bool count_lines(str head, size_t *lines)
{
    for (*lines = 0; head.length > 0; (*lines)++) {
        str line = str_cut(head, '\n', &head);
        if (line.length == 0 || line.bytes[line.length - 1] != '\r') return false;
        for (size_t i = 0; i + 1 < line.length; i++) {
            if ((unsigned char)line.bytes[i] < 0x20 || line.bytes[i] == 0x7f) return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 201, 202, 204, 304, 400, 404, 409, 422, 500, 503, 599 };
    struct input input = input_of(data, size);
    char date[HTTP_DATE_BYTES];
    struct http_answer answer = { .status = statuses[input_below(&input, COUNT_OF(statuses))] };
    struct http_write_frame frame = { .close = input_flag(&input), .is_http_1_0 = input_flag(&input) };
    frame.date = http_write_date(date, (micros)((uint64_t)input_int64(&input) >> 12));
    answer.content_type = input_line(&input, '|');
    for (int i = 0; i < HEADERS_MAX && input.left > 0; i++) http_answer_header(&answer, STR("X-Name"), input_line(&input, '|'));
    answer.body = input_rest(&input);

    size_t lines, expected = 3 + (answer.content_type.length > 0) + answer.header_count; /* with status, date and the end */
    bool has_length = !http_write_is_bodiless(answer.status);
    struct text head = text_open(&arena, 256);
    http_write_head(&head, &answer, frame);
    str text = text_str(&head), length = arena_format(&arena, "\r\nContent-Length: %zu\r\n", answer.body.length);
    INSIST(count_lines(text, &lines) && lines == expected + has_length + (frame.close || frame.is_http_1_0));
    INSIST(memcmp(text.bytes + text.length - 4, "\r\n\r\n", 4) == 0);
    INSIST(str_contains(text, length) == has_length);
    INSIST(!frame.close || str_contains(text, STR("\r\nConnection: close\r\n")));
    arena_reset(&arena);
    return 0;
}
