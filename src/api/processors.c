/* SPDX-License-Identifier: Apache-2.0 */
/* processors: GET /v1/processors: who is set up, what each can do by its record, and how it is there just now. */
#include "api/queries.h"

enum { PROCESSOR_BYTES = 1024 };

static void put_currencies(struct text *text, const char *currencies)
{
    str rest = str_of(currencies);
    if (!currencies) {
        json_put_null(text, "currencies");
        return;
    }
    json_name(text, "currencies");
    json_open_list(text);
    while (rest.length > 0) {
        json_comma(text);
        text_put_json(text, str_cut(rest, ' ', &rest));
    }
    json_close_list(text);
}

static void put_protection(struct text *text, const struct processor *processor)
{
    json_name(text, "protection");
    json_open_object(text);
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        const char *name = operation_kind_word((enum operation_kind)kind).bytes;
        if (processor->operations[kind].ask) json_put_str(text, name, protection_word(processor->protection[kind]));
        else json_put_null(text, name);
    }
    json_close_object(text);
}

static void put_processor(struct text *text, const struct line_view *line)
{
    const struct processor *processor = processor_named(str_of(line->processor));
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "processor", str_of(processor->name));
    put_currencies(text, processor->can.currencies);
    json_put_bool(text, "only_sells", processor->can.only_sells);
    json_put_str(text, "page", page_word(processor->can.page));
    json_put_bool(text, "partial_capture", processor->can.partial_capture);
    json_put_bool(text, "partial_refund", processor->can.partial_refund);
    json_put_bool(text, "needs_cvv", processor->can.needs_cvv);
    json_put_bool(text, "needs_email", processor->can.needs_email);
    json_put_bool(text, "steps_up", processor->can.steps_up);
    put_protection(text, processor);
    json_put_bool(text, "breaker_open", line->breaker_open);
    json_close_object(text);
}

void list_processors(struct api_call *call)
{
    struct flows_view view;
    if (!query_is_fine(call, NULL, 0, NULL)) return;
    flows_look(call->api->options.flows, &view);
    struct text body = text_open(call->arena, view.line_count * PROCESSOR_BYTES);
    json_open_object(&body);
    json_name(&body, "data");
    json_open_list(&body);
    for (size_t i = 0; i < view.line_count; i++) {
        if (view.lines[i].is_set_up) put_processor(&body, &view.lines[i]);
    }
    json_close_list(&body);
    json_close_object(&body);
    call_answer_json(call, 200, text_str(&body));
}
