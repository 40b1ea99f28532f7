/* SPDX-License-Identifier: Apache-2.0 */
/* recording: what the files share that run inside transactions: load, decide, save. Everything here works on the flow's
 * working copy (`moved`, `moved_operation`), which becomes what is known once the commit is durable, so that a transaction
 * may run again from its top. */
#ifndef FLORIN_FLOW_RECORDING_H
#define FLORIN_FLOW_RECORDING_H

#include "flow/flows_internal.h"

str merchant_of(const struct operation_flow *flow);

/* What a history row tells beside its type and time. */
struct telling {
    const struct operation_record *operation;
    const struct outcome *outcome;
    const char *reason;
    int stray_holds;
    str by;
    bool tells_onward; /* who is asked next, and who was passed over */
};

/* The event happens to the working copy, and its history row is written: the guard against a second decision. */
void happen(struct operation_flow *flow, const struct event *event, const struct telling *telling);

/* The open operation of the working copy, with the bytes that will leave, durable before the first of them does.
 * `answer_at` is the operation whose row keeps the merchant's answer; NULL: nobody asked. */
void begin_operation(struct operation_flow *flow, const struct event *event, const struct operation_id *answer_at);

/* The same for one that was opened by the event that ended the flow's operation: it will answer whom that would have answered. */
void take_its_place(struct operation_flow *flow);

/* The flow's operation has ended, by its verdict and outcome: so says its row, and its card is nobody's any more. */
void close_operation(struct operation_flow *flow, enum operation_state state);

/* The bytes of that exchange of the operation, and the key that they carry. `previous_ref` is what the one before brought. */
void freeze(struct operation_flow *flow, struct operation_record *operation, int exchange, str previous_ref);

/* Begins what has to come now, whoever wanted what led to it. `answer_at` as above. */
void begin_after(struct operation_flow *flow, enum command_kind kind, const struct operation_id *answer_at);

/* Begins what follows from the last event by itself: the capture of an automatic payment, the release of a hold.
 * Whoever asked waits for it too when `answers_later`. */
void begin_follow_up(struct operation_flow *flow, enum command_kind kind, bool answers_later);

/* The working copy, from the store. False: there is no such payment. */
bool load_payment(struct operation_flow *flow) MUST_CHECK;
/* The payer of the working copy. */
void load_payer(struct operation_flow *flow);
/* His processor is not asked any more what he has done, if it was. */
void stop_looking(struct operation_flow *flow);
/* The operation that is open on the working copy, into that record. False: it could not be loaded. */
bool load_open(struct operation_flow *flow, struct operation_record *out) MUST_CHECK;
/* The working copy, from what the flow committed last, which is what the store has. Should somebody else have been there, the history row
 * collides, and the step that runs again loads it. */
void start_from_record(struct operation_flow *flow);

/* Everything that the verdict changes, in one commit: history, state, what follows, and the answer to be given. `by` names
 * the person whose word it is; empty: the processor's. */
struct next conclude(struct operation_flow *flow, str by);

/* The doubt or the review that the verdict calls for; the figures of further tries. */
void keep_doubt(struct operation_flow *flow);

#endif
