/* SPDX-License-Identifier: Apache-2.0 */
/* reconcile: compares every receipt with what the processor says of it. Reads only; changes nothing on either side. */
#ifndef FLORIN_FLOW_RECONCILE_H
#define FLORIN_FLOW_RECONCILE_H

#include "flow/flows.h"

enum finding_kind {
    FINDING_ABSENT,       /* the processor does not know an id that it gave us */
    FINDING_AMOUNT,
    FINDING_CURRENCY,
    FINDING_PARENT,       /* it stands under another object than ours */
    FINDING_UNVERIFIABLE, /* it is done, but its id was lost with an answer: it cannot be asked for */
    FINDING_STRAY_HOLD,   /* a lost try may have left a hold there that nobody can find */
    FINDING_NOT_COMPARED, /* no sure answer could be had */
    FINDING_KIND_COUNT,
};

/* One thing worth knowing. Valid during the call only. */
struct finding {
    enum finding_kind kind;
    str payment_id;
    enum operation_kind object; /* OPERATION_AUTHORIZE: the hold, and so on */
    str processor_ref;          /* empty: not known */
    money ours, theirs;
    int64_t count; /* FINDING_STRAY_HOLD: how many */
};

str finding_word(enum finding_kind kind);

struct reconciliation_totals {
    int64_t payments;
    int64_t compared; /* objects that both sides were asked about */
    int64_t findings[FINDING_KIND_COUNT];
};

struct reconciliation;

struct reconciliation_options {
    struct world *world;
    str merchant;
    const struct processor_settings *processors; /* what went by another one is not compared */
    size_t processor_count;
    void *context;
    void (*found)(void *context, const struct finding *finding);
    void (*progress)(void *context, const struct reconciliation_totals *totals); /* after each page */
    void (*finished)(void *context, const struct reconciliation_totals *totals, bool whole); /* not whole: the store could not be read */
};

/* Starts; calls finished once, on the loop. */
struct reconciliation *reconciliation_start(const struct reconciliation_options *options);
void reconciliation_free(struct reconciliation *reconciliation);

#endif
