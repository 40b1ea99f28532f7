/* SPDX-License-Identifier: Apache-2.0 */
/* psp_notices_control: /sim/notices, where tests decide what becomes of notices.
 *
 *     GET  /sim/notices
 *     POST /sim/notices {"hold": true}                     what comes up from now on is held; false: it goes out again
 *                       {"release": [3, 1]}                sends those, in that order
 *                       {"send": 3, "times": 2}            further ones with the same bytes
 *                       {"alter": 3, "from": "a", "to": "b", "signed": false}   changes bytes behind, or before, the signature
 *                       {"drop": [2]}                      never sends those
 *                       {"delay_ms": 0, "retry_ms": 5000}
 */
#include <string.h>

#include "sim/psp_notices.h"

enum { TIMES_MAX = 100, MS_MAX = 24 * 3600 * 1000 };

static const char *const state_words[] = {
    [PSP_NOTICE_HELD] = "held",   [PSP_NOTICE_WAITING] = "waiting",   [PSP_NOTICE_SENDING] = "sending",
    [PSP_NOTICE_TAKEN] = "taken", [PSP_NOTICE_GIVEN_UP] = "given_up", [PSP_NOTICE_DROPPED] = "dropped",
    [PSP_NOTICE_UNTOLD] = "untold",
};

static void put_notice(struct text *text, const struct psp_notice *notice)
{
    json_comma(text);
    json_open_object(text);
    json_put_int(text, "number", notice->number);
    json_put_str(text, "event_id", notice->event_id);
    json_put_str(text, "type", notice->type);
    json_put_str(text, "object_id", notice->object_id);
    json_put_str(text, "url", notice->target ? notice->target->url : STR_NONE);
    json_put_str(text, "state", str_of(state_words[notice->state]));
    json_put_int(text, "tries", notice->tries);
    json_put_int(text, "last_status", notice->last_status);
    json_put_time(text, "made_at", notice->made_at);
    json_put_str(text, "body", notice->body);
    json_close_object(text);
}

void psp_notices_show(struct psp_notices *notices, struct desk_control *control)
{
    struct text text = text_open(control->arena, 4096);
    json_open_object(&text);
    json_put_bool(&text, "hold", notices->are_held);
    json_name(&text, "notices");
    json_open_list(&text);
    for (const struct psp_notice *notice = notices->first; notice; notice = notice->next) put_notice(&text, notice);
    json_close_list(&text);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

/* --- Changes: each says what was wrong, or nothing --- */

static struct psp_notice *find_notice(const struct psp_notices *notices, const struct json *number)
{
    int64_t wanted;
    return json_int64(number, &wanted) ? psp_notices_numbered(notices, wanted) : NULL;
}

static const char *for_each(struct psp_notices *notices, const struct json *list, void (*change)(struct psp_notice *notice))
{
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) {
        if (find_notice(notices, item.value) == NULL) return "there is no such notice";
    }
    for (struct json_item item = json_first(list); item.value; item = json_next(item)) change(find_notice(notices, item.value));
    return NULL;
}

static void drop_notice(struct psp_notice *notice)
{
    if (notice->state != PSP_NOTICE_SENDING) notice->state = PSP_NOTICE_DROPPED;
}

static const char *hold(struct psp_notices *notices, const struct json *body)
{
    notices->are_held = json_is_true(json_find(body, "hold"));
    return NULL;
}

static const char *release(struct psp_notices *notices, const struct json *body)
{
    return for_each(notices, json_find(body, "release"), psp_notice_send);
}

static const char *drop(struct psp_notices *notices, const struct json *body)
{
    return for_each(notices, json_find(body, "drop"), drop_notice);
}

static const char *send_again(struct psp_notices *notices, const struct json *body)
{
    int64_t times;
    struct psp_notice *notice = find_notice(notices, json_find(body, "send"));
    if (notice == NULL) return "there is no such notice";
    if (!desk_control_number(json_find(body, "times"), 1, TIMES_MAX, 1, &times)) return "times is a number, 1 to 100";
    while (times-- > 0) psp_notice_send(psp_notice_double(notice));
    return NULL;
}

/* All places of `from` become `to`. */
static str replaced(struct arena *arena, str in, str from, str to)
{
    struct text text = text_open(arena, in.length + to.length);
    while (in.length > 0) {
        const char *found = memmem(in.bytes, in.length, from.bytes, from.length);
        size_t before = found ? (size_t)(found - in.bytes) : in.length;
        text_put(&text, (str){ in.bytes, before });
        if (found) text_put(&text, to);
        in = str_from(in, before + (found ? from.length : 0));
    }
    return text_str(&text);
}

static const char *alter(struct psp_notices *notices, const struct json *body)
{
    struct psp_notice *notice = find_notice(notices, json_find(body, "alter"));
    str from = json_string(json_find(body, "from")), to = json_string(json_find(body, "to"));
    if (notice == NULL || notice->state == PSP_NOTICE_SENDING) return "there is no such notice, or it is being sent";
    if (from.length == 0 || to.bytes == NULL || !str_contains(notice->body, from)) return "from is a text of the body, to a text";
    str altered = replaced(notices->arena, notice->body, from, to);
    if (json_is_true(json_find(body, "signed"))) notice->body = altered;
    else notice->sent_instead = altered;
    return NULL;
}

static const char *change_pace(struct psp_notices *notices, const struct json *body)
{
    struct psp_notice_pace pace;
    bool is_read = desk_control_number(json_find(body, "delay_ms"), 0, MS_MAX, notices->pace.delay_ms, &pace.delay_ms)
                   && desk_control_number(json_find(body, "retry_ms"), 1, MS_MAX, notices->pace.retry_ms, &pace.retry_ms);
    if (!is_read) return "delay_ms and retry_ms are numbers";
    notices->pace = pace;
    return NULL;
}

static const struct change {
    const char *name;
    const char *(*make)(struct psp_notices *notices, const struct json *body);
} changes[] = {
    { "hold", hold },   { "release", release },      { "send", send_again },      { "drop", drop },
    { "alter", alter }, { "delay_ms", change_pace }, { "retry_ms", change_pace },
};

void psp_notices_change(struct psp_notices *notices, struct desk_control *control)
{
    const char *problem = "one of hold, release, send, alter, drop, delay_ms, retry_ms is wanted";
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        if (json_find(control->body, changes[i].name) == NULL) continue;
        problem = changes[i].make(notices, control->body);
        break;
    }
    if (problem != NULL) desk_control_refuse(control, problem);
    else psp_notices_show(notices, control);
}
