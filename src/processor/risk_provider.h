/* SPDX-License-Identifier: Apache-2.0 */
/* risk_provider: how a company that judges payments speaks. Like a processor's, its file translates and never talks: a payment into
 * bytes, an answer into a decision. */
#ifndef FLORIN_PROCESSOR_RISK_PROVIDER_H
#define FLORIN_PROCESSOR_RISK_PROVIDER_H

#include "domain/payment.h"
#include "processor/processor.h"

/* A payment that is about to be tried, or whose money was just held. */
struct risk_call {
    bool is_held;          /* the second question: a processor holds the money */
    str payment_id;        /* ours; the same in both questions */
    money amount;
    bool captures_itself;
    str order_id, customer_id;
    str email, name, ip_address; /* empty: not told */
    str brand, bin, last4; /* the first six digits and the last four: more of a number leaves for processors only; empty: there is no card */
    str metadata;          /* a JSON object */
    str processor;         /* who holds it */
};

enum { RISK_REASON_BYTES = 41 };

/* What it says. Words for the history: letters, digits, "_", "-" and "."; empty: it gave none. */
struct risk_answer {
    enum risk_decision decision; /* not RISK_UNASKED; RISK_STEP_UP to the first question only */
    char reason[RISK_REASON_BYTES];
};

struct risk_provider {
    struct processor wire; /* how every call looks: name, credential, headers, type of bodies; it has no operations */
    void (*ask)(struct arena *arena, const struct risk_call *call, struct processor_request *out);
    /* False: it makes no sense, which is as if it had said nothing. */
    bool (*read)(struct arena *arena, const struct risk_call *call, const struct processor_answer *answer, struct risk_answer *out);
};

/* Any company that takes our own form: docs/reference/risk-provider.md. */
extern const struct risk_provider risk_provider_http;

#endif
