/* SPDX-License-Identifier: Apache-2.0 */
/* http_write: status line, headers, empty line. A header's value can never start a line of its own. */
#include "world/http_write.h"

#include <time.h>

bool http_write_is_bodiless(int status)
{
    return status < 200 || status == 204 || status == 304;
}

/* What a stranger got into a value must not become a header (response splitting). */
static void put_value(struct text *text, str value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.bytes[i];
        bool is_control = byte < 0x20 || byte == 0x7f;
        text_put_char(text, is_control ? ' ' : (char)byte);
    }
}

static void put_header(struct text *text, str name, str value)
{
    text_put(text, name);
    text_put(text, STR(": "));
    put_value(text, value);
    text_put(text, STR("\r\n"));
}

static void put_status_line(struct text *text, int status)
{
    text_put(text, STR("HTTP/1.1 "));
    text_put_int(text, status);
    text_put_char(text, ' ');
    text_put(text, str_of(http_reason(status)));
    text_put(text, STR("\r\n"));
}

static void put_length(struct text *text, size_t length)
{
    text_put(text, STR("Content-Length: "));
    text_put_int(text, (int64_t)length);
    text_put(text, STR("\r\n"));
}

void http_write_head(struct text *text, const struct http_answer *answer, struct http_write_frame frame)
{
    put_status_line(text, answer->status);
    put_header(text, STR("Date"), frame.date);
    if (!str_is_empty(answer->content_type)) put_header(text, STR("Content-Type"), answer->content_type);
    if (!http_write_is_bodiless(answer->status)) put_length(text, answer->body.length);
    for (size_t i = 0; i < answer->header_count; i++) {
        put_header(text, answer->headers[i].name, answer->headers[i].value);
    }
    if (frame.close) put_header(text, STR("Connection"), STR("close"));
    else if (frame.is_http_1_0) put_header(text, STR("Connection"), STR("keep-alive"));
    text_put(text, STR("\r\n"));
}

str http_write_date(char buffer[HTTP_DATE_BYTES], micros now)
{
    time_t seconds = (time_t)(now / MICROS_PER_SECOND);
    struct tm calendar;
    INSIST(gmtime_r(&seconds, &calendar) != NULL);
    size_t length = strftime(buffer, HTTP_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &calendar); /* in the C locale */
    return (str){ buffer, length };
}
