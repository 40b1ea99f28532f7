/* SPDX-License-Identifier: Apache-2.0 */
/* psp_control: what every simulated company has below /sim/ beside the desk's: its book and its notices. */
#include "sim/psp.h"

static void put_counters(struct text *text, const struct psp *psp)
{
    const struct desk *desk = &psp->desk;
    json_name(text, "counters");
    json_open_object(text);
    json_name(text, "requests");
    desk_requests_put_counts(text, &desk->requests, psp->endpoints, desk->trade->endpoint_count);
    json_put_int(text, "chance_failures", desk->counters.chance_failures);
    json_put_int(text, "replays", desk->counters.replays);
    json_put_int(text, "faults", desk->counters.faults);
    json_close_object(text);
}

static void show_book(struct desk_control *control)
{
    struct psp *psp = psp_of(control->desk);
    str key = desk_control_parameter(control, STR("key"));
    str operation = desk_control_parameter(control, STR("operation"));
    bool is_summary = str_equal(desk_control_parameter(control, STR("summary")), STR("1"));
    struct text text = text_open(control->arena, 4096);
    json_open_object(&text);
    psp_book_put_totals(&text, &psp->book);
    put_counters(&text, psp);
    if (!is_summary) psp_book_put_effects(&text, &psp->book, key, operation);
    if (psp->trade->put_book) psp->trade->put_book(&text, psp);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

static void show_notices(struct desk_control *control)
{
    psp_notices_show(&psp_of(control->desk)->notices, control);
}

static void change_notices(struct desk_control *control)
{
    psp_notices_change(&psp_of(control->desk)->notices, control);
}

const struct desk_control_route psp_controls[3] = {
    { "GET", "/sim/book", show_book },
    { "GET", "/sim/notices", show_notices },
    { "POST", "/sim/notices", change_notices },
};
