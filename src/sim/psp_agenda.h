/* SPDX-License-Identifier: Apache-2.0 */
/* psp_agenda: what a simulator does later by its own clock: a refund that settles, a hold that expires, a notice that is sent. */
#ifndef FLORIN_SIM_PSP_AGENDA_H
#define FLORIN_SIM_PSP_AGENDA_H

#include "sim/desk.h"

struct psp_agenda {
    struct desk *desk;
    struct psp_date *first; /* the next to come */
    struct psp_date *last;
    struct world_timer timer;
};

void psp_agenda_open(struct psp_agenda *agenda, struct desk *desk);

/* Lets something happen once that moment has come; not before this returns. Of two with one moment the first entered comes first. */
void psp_agenda_enter(struct psp_agenda *agenda, micros at, void (*happen)(void *thing), void *thing);

/* Lets everything happen whose moment has come: after the clock was moved, and before a request is looked at. */
void psp_agenda_run(struct psp_agenda *agenda);

/* Nothing happens after this. */
void psp_agenda_close(struct psp_agenda *agenda);

#endif
