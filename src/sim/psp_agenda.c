/* SPDX-License-Identifier: Apache-2.0 */
/* psp_agenda: a sorted list and one timer for its first date. */
#include "sim/psp_agenda.h"

#include <stdlib.h>

struct psp_date {
    struct psp_date *next;
    micros at;
    void (*happen)(void *thing);
    void *thing;
};

static void woke(struct world_timer *timer)
{
    psp_agenda_run(CONTAINER_OF(timer, struct psp_agenda, timer));
}

static void set_alarm(struct psp_agenda *agenda)
{
    struct world *world = agenda->desk->options.world;
    world_timer_stop(world, &agenda->timer);
    if (agenda->first == NULL) return;
    micros wait = agenda->first->at - desk_now(agenda->desk);
    world_timer_start(world, &agenda->timer, wait > 0 ? wait : 0);
}

void psp_agenda_open(struct psp_agenda *agenda, struct desk *desk)
{
    agenda->desk = desk;
    agenda->timer.fire = woke;
}

/* Most dates are the last ones: holds expire in the order in which they were made. */
static struct psp_date **place_for(struct psp_agenda *agenda, micros at)
{
    struct psp_date **place = &agenda->first;
    if (agenda->last && agenda->last->at <= at) return &agenda->last->next;
    while (*place && (*place)->at <= at) place = &(*place)->next;
    return place;
}

void psp_agenda_enter(struct psp_agenda *agenda, micros at, void (*happen)(void *thing), void *thing)
{
    struct psp_date *date = memory_take(sizeof *date);
    struct psp_date **place = place_for(agenda, at);
    *date = (struct psp_date){ *place, at, happen, thing };
    *place = date;
    if (date->next == NULL) agenda->last = date;
    if (agenda->first == date) set_alarm(agenda);
}

void psp_agenda_run(struct psp_agenda *agenda)
{
    if (agenda->first == NULL) return;
    while (agenda->first && agenda->first->at <= desk_now(agenda->desk)) {
        struct psp_date *date = agenda->first;
        agenda->first = date->next;
        if (agenda->first == NULL) agenda->last = NULL;
        date->happen(date->thing);
        free(date);
    }
    set_alarm(agenda);
}

void psp_agenda_close(struct psp_agenda *agenda)
{
    world_timer_stop(agenda->desk->options.world, &agenda->timer);
    while (agenda->first) {
        struct psp_date *next = agenda->first->next;
        free(agenda->first);
        agenda->first = next;
    }
}
