/* SPDX-License-Identifier: Apache-2.0 */
/* psp_page: the page where a payer says yes or no, and the addresses that lead there and back. Works without scripts. */
#include "sim/psp.h"

static void put_escaped(struct text *text, str value)
{
    for (size_t i = 0; i < value.length; i++) {
        switch (value.bytes[i]) {
        case '<': text_put(text, STR("&lt;")); break;
        case '>': text_put(text, STR("&gt;")); break;
        case '&': text_put(text, STR("&amp;")); break;
        case '"': text_put(text, STR("&quot;")); break;
        default: text_put_char(text, value.bytes[i]); break;
        }
    }
}

static void put_tagged(struct text *text, const char *tag, str value)
{
    text_put_format(text, "<%s>", tag);
    put_escaped(text, value);
    text_put_format(text, "</%s>\n", tag);
}

static void put_field(struct text *text, const struct psp_page *page)
{
    text_put(text, STR("<p><label>"));
    put_escaped(text, str_of(page->field_label));
    text_put_format(text, " <input name=\"%s\" autocomplete=\"off\"></label></p>\n", page->field);
}

void psp_answer_page(struct psp_visit *visit, int status, const struct psp_page *page)
{
    struct text text = text_open(visit->arena, 1024);
    text_put(&text, STR("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width\">\n"));
    put_tagged(&text, "title", page->title);
    put_tagged(&text, "h1", page->title);
    for (size_t i = 0; i < COUNT_OF(page->lines); i++) {
        if (page->lines[i].length > 0) put_tagged(&text, "p", page->lines[i]);
    }
    text_put(&text, STR("<form method=\"post\">\n"));
    if (page->field) put_field(&text, page);
    text_put(&text, STR("<button name=\"choice\" value=\"approve\">Approve</button>\n"
                        "<button name=\"choice\" value=\"refuse\">Refuse</button>\n</form>\n"));
    visit->desk.answer.status = status;
    visit->desk.answer.content_type = STR("text/html; charset=utf-8");
    visit->desk.answer.body = text_str(&text);
}

void psp_answer_redirect(struct psp_visit *visit, str url)
{
    visit->desk.answer.status = 303;
    visit->desk.answer.content_type = STR("text/plain; charset=utf-8");
    visit->desk.answer.body = STR("See Other\n");
    psp_answer_header(visit, "Location", url);
}

/* --- Addresses --- */

str psp_url(struct psp_visit *visit, str path)
{
    str host = http_header(&visit->desk.exchange->request, STR("Host"));
    return arena_format(visit->arena, "http://%.*s%.*s", STR_FORMAT(host), STR_FORMAT(path));
}

static bool is_plain(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '-'
           || byte == '_' || byte == '.' || byte == '~';
}

static void put_encoded(struct text *text, str value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (is_plain(value.bytes[i])) text_put_char(text, value.bytes[i]);
        else text_put_format(text, "%%%02X", (unsigned)(uint8_t)value.bytes[i]);
    }
}

str psp_url_with(struct arena *arena, str url, const char *name, str value)
{
    struct text text = text_open(arena, url.length + value.length + 64);
    text_put(&text, url);
    text_put_format(&text, "%c%s=", str_contains(url, STR("?")) ? '&' : '?', name);
    put_encoded(&text, value);
    return text_str(&text);
}
