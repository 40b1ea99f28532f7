/* SPDX-License-Identifier: Apache-2.0 */
/* desk_requests: a ring of notes and a table of counts; and both as JSON. */
#include "sim/desk_requests.h"

#include <stdio.h>

/* What a card number may show: PCI DSS allows the first six and the last four digits. */
enum { CARD_CHARS_MIN = 13, CARD_DIGITS_AHEAD = 6, CARD_DIGITS_BEHIND = 4 };

/* Every status that a simulator gives; the last counts all others. */
enum { OTHER_STATUS = -1, STATUS_NAME_BYTES = 16 };
static const int statuses[] = { 0,   200, 201, 202, 204, 301, 302, 303, 400, 401, 402, 403, 404,
                                405, 409, 415, 422, 429, 500, 502, 503, OTHER_STATUS };
_Static_assert(COUNT_OF(statuses) <= DESK_STATUSES_MAX, "a column for each status");

struct desk_noted *desk_requests_note(struct desk_requests *requests)
{
    struct desk_noted *noted = &requests->kept[requests->count % DESK_REQUESTS_KEPT];
    *noted = (struct desk_noted){ .number = ++requests->count };
    return noted;
}

void desk_noted_copy(char *to, size_t bytes, str text)
{
    size_t length = text.length < bytes ? text.length : bytes - 1;
    for (size_t i = 0; i < length; i++) to[i] = (uint8_t)text.bytes[i] < 0x80 ? text.bytes[i] : '?';
    to[length] = '\0';
}

void desk_noted_card(struct desk_noted *noted, str number)
{
    if (number.length < CARD_CHARS_MIN || number.length >= sizeof noted->card) return;
    desk_noted_copy(noted->card, sizeof noted->card, number);
    for (size_t i = CARD_DIGITS_AHEAD; i < number.length - CARD_DIGITS_BEHIND; i++) noted->card[i] = '*';
}

void desk_requests_count(struct desk_requests *requests, size_t endpoint, int status)
{
    size_t at = 0;
    while (statuses[at] != status && statuses[at] != OTHER_STATUS) at++;
    requests->by_status[endpoint][at]++;
}

static void put_text(struct text *text, const char *name, const char *value)
{
    json_put_str(text, name, value && *value ? str_of(value) : STR_NONE);
}

static void put_noted(struct text *text, const struct desk_noted *noted)
{
    json_comma(text);
    json_open_object(text);
    json_put_int(text, "number", (int64_t)noted->number);
    json_put_time(text, "came_at", noted->came_at);
    put_text(text, "method", noted->method);
    put_text(text, "path", noted->path);
    put_text(text, "key", noted->key);
    put_text(text, "card", noted->card);
    put_text(text, "reference", noted->reference);
    json_put_int(text, "amount", noted->amount);
    put_text(text, "fault", noted->fault);
    json_put_bool(text, "answered", noted->is_answered);
    json_put_int(text, "status", noted->status);
    json_put_bool(text, "acted", noted->acted);
    json_put_bool(text, "replayed", noted->replayed);
    json_put_bool(text, "client_gone", noted->client_gone);
    json_close_object(text);
}

void desk_requests_put(struct text *text, const struct desk_requests *requests, uint64_t limit)
{
    if (limit > DESK_REQUESTS_KEPT) limit = DESK_REQUESTS_KEPT;
    if (limit > requests->count) limit = requests->count;
    json_open_list(text);
    for (uint64_t i = requests->count - limit; i < requests->count; i++) {
        put_noted(text, &requests->kept[i % DESK_REQUESTS_KEPT]);
    }
    json_close_list(text);
}

static void put_status_counts(struct text *text, const int64_t *counts)
{
    json_open_object(text);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        char name[STATUS_NAME_BYTES];
        if (counts[i] == 0) continue;
        (void)snprintf(name, sizeof name, "%d", statuses[i]);
        json_put_int(text, statuses[i] == 0 ? "none" : statuses[i] == OTHER_STATUS ? "other" : name, counts[i]);
    }
    json_close_object(text);
}

void desk_requests_put_counts(struct text *text, const struct desk_requests *requests, const char *const *names, size_t count)
{
    json_open_object(text);
    for (size_t i = 0; i < count; i++) {
        json_name(text, names[i]);
        put_status_counts(text, requests->by_status[i]);
    }
    json_close_object(text);
}
