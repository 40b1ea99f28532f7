/* SPDX-License-Identifier: Apache-2.0 */
/* payment_history: payments that have come somewhere by a legal history, for tests that need one there. */
#ifndef FLORIN_TESTS_DOMAIN_PAYMENT_HISTORY_H
#define FLORIN_TESTS_DOMAIN_PAYMENT_HISTORY_H

#include "domain/payment.h"

/* Everything begins here: 2026-03-01T00:00:00Z, with 50.00 USD that are held for a week. */
#define HISTORY_BEGINS (INT64_C(1772323200) * MICROS_PER_SECOND)
#define HISTORY_HOLD_SPAN (INT64_C(7) * 24 * 3600 * MICROS_PER_SECOND)
enum { HISTORY_AMOUNT = 5000 };

/* A state and the operation that is open in it; every pair that can be. */
struct place {
    enum payment_state state;
    enum operation_kind open;
};
extern const struct place places[];
extern const size_t place_count;

/* USD, EUR and so on. */
currency currency_of(const char *code);

/* An event with what it needs: the whole amount, a hold for a week, a known id. A second after the last one. */
struct event event_of(const struct payment *payment, enum event_kind kind);

/* It happens, with what it needs. */
void happens(struct payment *payment, enum event_kind kind);

/* A payment in that state, with nothing open and all amounts whole. */
struct payment payment_in(enum payment_state state);

/* One at that place, its operation running, unknown or in review. */
struct payment payment_at(const struct place *place, enum operation_state state);

#endif
