/* SPDX-License-Identifier: Apache-2.0 */
/* psp_lies: answers that look right and are not: another amount, another currency, another id. Works on the finished JSON, in which a
 * company names the members. */
#include <string.h>

#include "sim/psp.h"

/* Where the value of a member begins behind `from`, without its quote; 0: there is none. */
static size_t find_value(str json, str name, size_t from)
{
    for (size_t at = from; at + name.length + 3 < json.length; at++) {
        const char *bytes = json.bytes + at;
        bool fits = bytes[0] == '"' && memcmp(bytes + 1, name.bytes, name.length) == 0 && bytes[name.length + 1] == '"'
                    && bytes[name.length + 2] == ':';
        if (!fits) continue;
        size_t value = at + name.length + 3;
        return json.bytes[value] == '"' ? value + 1 : value;
    }
    return 0;
}

static size_t value_length(str json, size_t value)
{
    size_t length = 0;
    while (value + length < json.length && strchr("\",}]", json.bytes[value + length]) == NULL) length++;
    return length;
}

/* The last letter or digit becomes another one of its kind. */
static void change_last(char *value, size_t length)
{
    char *last = value + length - 1;
    if (*last == '9' || *last == 'z' || *last == 'Z') --*last;
    else ++*last;
}

static void change_amount(char *value, size_t length)
{
    bool is_number = length > 0 && value[length - 1] >= '0' && value[length - 1] <= '9';
    if (is_number) change_last(value, length);
}

static void change_id(char *value, size_t length)
{
    if (length > 4) change_last(value, length); /* "null" is none */
}

static void change_currency(char *value, size_t length)
{
    if (length != 3) return;
    bool is_euro = memcmp(value, "eur", 3) == 0 || memcmp(value, "EUR", 3) == 0;
    const char *other = is_euro ? "usd" : "eur";
    for (size_t i = 0; i < 3; i++) value[i] = (char)(value[i] >= 'a' ? other[i] : other[i] - 'a' + 'A');
}

/* Changes every member of those names. */
static void change_all(struct psp_visit *visit, const char *names, void (*change)(char *value, size_t length))
{
    str body = visit->desk.answer.body, rest = str_of(names);
    char *changed = arena_take(visit->arena, body.length + 1);
    if (body.length > 0) memcpy(changed, body.bytes, body.length);
    while (rest.length > 0) {
        str name = str_cut(rest, ' ', &rest);
        for (size_t at = 0; (at = find_value(body, name, at)) != 0;) change(changed + at, value_length(body, at));
    }
    visit->desk.answer.body = (str){ changed, body.length };
}

void psp_lie(struct psp_visit *visit, enum psp_says says)
{
    const struct psp_trade *trade = visit->psp->trade;
    switch (says) {
    case PSP_SAYS_WRONG_AMOUNT: change_all(visit, trade->amount_members, change_amount); break;
    case PSP_SAYS_WRONG_CURRENCY: change_all(visit, trade->currency_members, change_currency); break;
    case PSP_SAYS_WRONG_ID: change_all(visit, trade->id_members, change_id); break;
    default: break;
    }
}
