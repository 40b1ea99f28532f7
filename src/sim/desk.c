/* SPDX-License-Identifier: Apache-2.0 */
/* desk: opens a desk, keeps its clock, and sends each request on its way or to /sim/. */
#include "sim/desk.h"

void desk_open(struct desk *desk, const struct desk_trade *trade, const struct desk_options *options)
{
    INSIST(trade->endpoint_count <= DESK_ENDPOINTS_MAX && trade->visit_bytes >= sizeof(struct desk_visit));
    desk->trade = trade;
    desk->options = *options;
    desk->chance = desk_chance_from(options->seed);
}

micros desk_now(const struct desk *desk)
{
    return world_now(desk->options.world) + desk->advanced;
}

void desk_handle(void *context, struct http_exchange *exchange)
{
    struct desk *desk = context;
    if (str_starts_with(exchange->request.path, STR("/sim/"))) desk_control_handle(desk, exchange);
    else desk_visit_begin(desk, exchange);
}

size_t desk_pending(const struct desk *desk)
{
    return desk->pending;
}

void desk_let_go(struct desk *desk, bool all)
{
    struct desk_visit *next;
    for (struct desk_visit *visit = desk->visits; visit; visit = next) {
        next = visit->next;
        if (!all && !visit->will_be_let_go) continue;
        world_timer_stop(desk->options.world, &visit->timer);
        desk_delivery_hang_up(visit);
    }
}
