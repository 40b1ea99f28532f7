/* SPDX-License-Identifier: Apache-2.0 */
/* verifying: what the files of the walk share. Rows are read as they are, with words that nobody may know: a damaged one is to
 * be told, not to stop the process. */
#ifndef FLORIN_STORE_VERIFYING_H
#define FLORIN_STORE_VERIFYING_H

#include "store/store_internal.h"

struct verifier {
    struct store *store;
    str merchant;
    struct arena arena; /* of the page that is looked at */
    struct verify_report *report;
};

/* One more finding of that kind; the first of each keeps its words. */
void verifier_found(struct verifier *verifier, enum verify_kind kind, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* The columns of `payment` that follow from its history. */
struct payment_row {
    str id, head_hash, state, currency, processor, decline, operation_id, operation_kind, operation_state, risk, risk_review;
    str refs[OPERATION_KIND_COUNT]; /* of the newest of each kind */
    int64_t sequence, amount, authorized, captured, refunded, captures_itself, stray_holds;
    int64_t operation_amount, operation_since, created_at, authorized_at, captured_at, voided_at, refunded_at, expires_at, changed_at;
};

struct event_row {
    str payment_id, type, data, hash;
    int64_t sequence, at;
};

/* An operation, as its row tells it or as the history does. */
struct operation_row {
    str payment_id, id, kind, state, ref, answer_at;
    int64_t amount, started_at, ended_at;
    bool is_answered;
};

/* What a history comes to. */
struct history {
    struct payment payment;
    struct operation_row *operations; /* in the order of their beginning */
    size_t operation_count;
    int64_t stray_holds;
    str processor; /* that was asked last for the authorization; empty: it is not told */
    str sold_as; /* the processor's id of a payment that was authorized and captured in one step; STR_NONE: it was not */
    bool whole; /* false: it could not be followed to its end, and the findings say why */
};

/* Follows the events of one payment: the chain of hashes, and the rules. */
void verify_history(struct verifier *verifier, const struct payment_row *payment, const struct event_row *events, size_t count,
                    struct history *out);

/* Holds the payment and its operations against what the history comes to. */
void verify_payment(struct verifier *verifier, const struct payment_row *payment, const struct history *history,
                    const struct operation_row *operations, size_t count);

/* Walks over the stored cards and holds them against the keys that should open them. A trouble sticks. */
void verify_tokens(struct verifier *verifier);

#endif
