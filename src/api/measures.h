/* SPDX-License-Identifier: Apache-2.0 */
/* measures: what is counted about requests, and the figures that are gathered when somebody looks. */
#ifndef FLORIN_API_MEASURES_H
#define FLORIN_API_MEASURES_H

#include "api/endpoints.h"
#include "flow/flows.h"

/* Once in a process; harmless again. */
void measures_register(void);

/* NULL: no endpoint was found, or the request could not be read. */
void measure_answer(const struct endpoint *endpoint, int status, micros duration);

/* Before the figures are told. `open` is NULL when the store cannot be asked now. */
void measures_gather(const struct flows_view *view, const struct open_count *open, micros now, size_t pending);

#endif
