/* SPDX-License-Identifier: Apache-2.0 */
/* route: which processor a payment goes to. The rules are asked from the top, the first one that fits decides, and of those
 * that it names, who cannot take the payment now is passed over, with the reason. Pure: the same rules and facts decide the same. */
#ifndef FLORIN_DOMAIN_ROUTE_H
#define FLORIN_DOMAIN_ROUTE_H

#include "domain/card.h"
#include "domain/payment.h"

enum {
    ROUTE_PROCESSORS_MAX = 8,
    ROUTE_SHARES = 10000, /* a split is kept in hundredths of a percent */
    ROUTE_NAME_CHARS_MAX = 40,
};

/* ---- rules ---- */

/* What a condition asks about. */
enum route_question {
    ROUTE_AMOUNT,
    ROUTE_CURRENCY,
    ROUTE_BRAND,
    ROUTE_BIN,
    ROUTE_CUSTOMER,
    ROUTE_METADATA,
    ROUTE_CAPTURE,
};

/* One of the values that a condition takes. */
struct route_value {
    str text;             /* brand, customer, metadata, capture ("manual", "automatic") */
    currency currency;    /* amount, currency */
    int64_t least, most;  /* amount in minor units; bin by its first CARD_BIN_DIGITS digits */
};

/* Holds when one of its values does. */
struct route_condition {
    enum route_question asks;
    str member; /* metadata: of that name */
    const struct route_value *values;
    size_t value_count;
};

struct route_target {
    str processor;
    int share; /* of a split, in 1 / ROUTE_SHARES; 0: the rule is a list */
};

/* Fits when all of its conditions hold. */
struct route_rule {
    str name; /* letters, digits, "-", "_" and "." */
    const struct route_condition *conditions;
    size_t condition_count;
    bool needs_partial_capture, needs_partial_refund; /* of whoever is to take it */
    struct route_target targets[ROUTE_PROCESSORS_MAX]; /* in their order; of a split, after the one that was drawn */
    size_t target_count;
};

struct route_rules {
    const struct route_rule *rules;
    size_t count;
    bool ask_metadata; /* one of them does */
};

/* The names of what decides when no rule does. No rule has them. */
#define ROUTE_BY_REQUEST "request" /* it names its processor */
#define ROUTE_BY_DEFAULT "default" /* no rule fits, or there are none */

/* ---- facts ---- */

/* A processor that may be named, and how it is there just now. */
struct route_candidate {
    str processor;
    bool is_set_up;
    bool captures;     /* what it holds, it can take; or it only sells */
    bool breaker_open; /* nothing new is begun there */
    struct capability can;
};

struct route_member {
    str name, value;
};

enum { ROUTE_NOBODY = -1, ROUTE_BIN_UNKNOWN = -1, ROUTE_BIN_NONE = -2 };

/* One payment that is to be authorized. */
struct route_facts {
    str payment_id;
    money amount;
    bool captures_itself;
    bool on_page; /* there is no card */
    bool has_cvv, has_email, has_return_url;
    enum risk_decision risk; /* what the fraud checks say, if it is asked for that */
    str brand;    /* as in struct card_face; empty on a page */
    int64_t bin;  /* the card's first CARD_BIN_DIGITS digits; ROUTE_BIN_NONE: there is no card; ROUTE_BIN_UNKNOWN: not any more */
    str customer_id;
    const struct route_member *metadata;
    size_t metadata_count;
    int asked_for; /* the candidate that the request names, before all rules; ROUTE_NOBODY: none */
    const struct route_candidate *candidates; /* all that rules may name; the first is the default */
    size_t candidate_count;
};

/* ---- the decision ---- */

/* Why a candidate is passed over; the later, the nearer it is to taking the payment. */
enum route_bar {
    ROUTE_CLEAR, /* it is not */
    ROUTE_NOT_SET_UP,
    ROUTE_NO_CAPTURE,
    ROUTE_NO_PAGE,
    ROUTE_NO_CURRENCY,
    ROUTE_NO_HOLD,
    ROUTE_NO_PARTIAL_CAPTURE,
    ROUTE_NO_PARTIAL_REFUND,
    ROUTE_NO_CVV,
    ROUTE_NO_EMAIL,
    ROUTE_NO_STEP_UP,
    ROUTE_BREAKER_OPEN, /* for a while */
    ROUTE_BAR_COUNT,
};

/* The stable word of a reason, as in the history; "" for ROUTE_CLEAR. */
str route_bar_word(enum route_bar bar);

struct route_passed {
    int candidate;
    enum route_bar bar;
};

struct route_decision {
    str rule; /* its name, ROUTE_BY_REQUEST or ROUTE_BY_DEFAULT; lives as long as the rules */
    bool cannot_tell; /* that rule asks for a fact that is not known: nobody is chosen */
    int order[ROUTE_PROCESSORS_MAX]; /* candidates: the first takes it, the next ones are for when that fails */
    size_t order_count;              /* 0: nobody can take it */
    struct route_passed passed[ROUTE_PROCESSORS_MAX];
    size_t passed_count;
};

/* Who takes that payment. `rules` may be NULL: there are none. What the request names is chosen whatever stands in its way: it is for
 * the payment's own rules to refuse that. */
struct route_decision route_decide(const struct route_rules *rules, const struct route_facts *facts);

/* Of a decision in which everybody was passed over: the one that came nearest, whose reason is the one to be told. */
const struct route_passed *route_nearest(const struct route_decision *decision);

/* ---- falling over ---- */

struct route_onward {
    int next; /* ROUTE_NOBODY: nobody is left */
    struct route_passed passed[ROUTE_PROCESSORS_MAX];
    size_t passed_count;
};

/* Who is asked after the candidate `from`, which certainly has nothing of the payment: the first behind it in that order who can take it
 * now. What the order was made by still holds, but for who is set up and whose breaker is open. */
struct route_onward route_go_on(const struct route_candidate *candidates, const int *order, size_t order_count, int from);

/* ---- splits ---- */

/* Where in a split a payment falls, from 0 to ROUTE_SHARES - 1: by its id alone, evenly, and for ever the same. */
int route_point(str payment_id);

/* Which of the rule's targets has that point of its split. */
size_t route_drawn(const struct route_rule *rule, int point);

#endif
