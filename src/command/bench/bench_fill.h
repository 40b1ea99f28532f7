/* SPDX-License-Identifier: Apache-2.0 */
/* bench_fill: a store full of old payments, written with the product's own rules and store in big transactions: real rows and real chains, as
 * `florin verify` finds out. Of ten payments six are captured, two authorized, one is refunded and one voided. */
#ifndef FLORIN_COMMAND_BENCH_FILL_H
#define FLORIN_COMMAND_BENCH_FILL_H

#include "base/error.h"
#include "domain/ids.h"

/* The name under which a shop knows these orders, as bench_shop_open takes it. */
#define BENCH_FILL_SHOP "fill"

/* Fills a store that is empty or not there; `now` is when its newest payment was made. Returns when all is durable. */
bool bench_fill(const char *path, uint32_t payments, micros now, struct error *error) MUST_CHECK;

/* The id of the payment for that order, of a store filled at that time. */
struct payment_id bench_fill_payment_id(uint32_t number, uint32_t payments, micros now);

#endif
