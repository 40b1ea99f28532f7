/* SPDX-License-Identifier: Apache-2.0 */
/* measures: what is counted about requests, and the figures that are gathered when somebody looks. */
#ifndef FLORIN_API_MEASURES_H
#define FLORIN_API_MEASURES_H

#include "api/endpoints.h"
#include "flow/flows.h"
#include "vault/safe.h"

/* Once in a process; harmless again. */
void measures_register(void);

/* NULL: no endpoint was found, or the request could not be read. */
void measure_answer(const struct endpoint *endpoint, int status, micros duration);

/* A payment was refused because its stored card does not open. */
void measure_unreadable_card(void);

/* What there is of figures at one moment. */
struct measures_now {
    struct flows_view flows;
    struct safe_view vault;
    const struct open_count *open; /* NULL: the store cannot be asked now */
    size_t pending;                /* requests */
    size_t store_queue;
    micros at;
};

/* Before the figures are told. */
void measures_gather(const struct measures_now *now);

#endif
