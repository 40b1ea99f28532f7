/* SPDX-License-Identifier: Apache-2.0 */
/* room: watches the store's disk. With little room nothing new is begun, so that what was begun can still be recorded. */
#include "base/log.h"
#include "flow/flows_internal.h"

#define ROOM_PAUSE (INT64_C(1) * MICROS_PER_SECOND)

static void look(struct world_timer *timer)
{
    struct flows *flows = CONTAINER_OF(timer, struct flows, room_timer);
    int64_t room = store_room_bytes(flows->options.store_path);
    bool low = room < flows->options.storage_least_bytes;
    if (low != flows->storage_low) {
        log_warn("room on the store's disk", LOG_TEXT("now", low ? STR("too low: nothing new is begun") : STR("enough")), LOG_NUMBER("bytes", room));
    }
    flows->storage_low = low;
    world_timer_start(flows->options.world, &flows->room_timer, ROOM_PAUSE);
}

void room_watch(struct flows *flows)
{
    flows->room_timer = (struct world_timer){ .fire = look };
    if (flows->options.store_path) look(&flows->room_timer);
}
