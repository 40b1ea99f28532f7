/* SPDX-License-Identifier: Apache-2.0 */
/* fake_control: requests that a simulator answers before it returns: its controls, and pages for payers. */
#include "world/fake_world_internal.h"

#include "base/json.h"

static void control_answered(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct control *control = CONTAINER_OF(exchange, struct control, exchange);
    control->status = answer->status;
    control->body = arena_copy(&control->kept, answer->body);
    for (size_t i = 0; i < answer->header_count; i++) {
        if (!str_equal(answer->headers[i].name, STR("Location"))) continue;
        control->location = arena_copy(&control->kept, answer->headers[i].value);
    }
    arena_close(&control->arena);
}

void control_exchange(struct desk *desk, struct control *control, const struct http_request *request)
{
    *control = (struct control){ .exchange = { .answer = control_answered, .request = *request } };
    control->exchange.arena = &control->arena;
    desk_handle(desk, &control->exchange);
    INSIST(control->status != 0 && "it was answered at once");
}

const struct json *control_ask(struct desk *desk, struct control *control, const char *method, const char *path, const char *query, str body)
{
    const struct json *root = NULL;
    control_exchange(desk, control,
                     &(struct http_request){ .method = str_of(method), .target = str_of(path), .path = str_of(path), .query = str_of(query),
                                             .body = body, .has_body = body.length > 0 });
    INSIST(control->status == 200);
    INSIST(json_read_up_to(&control->kept, control->body, 100000, &root) == JSON_FINE);
    return root;
}
