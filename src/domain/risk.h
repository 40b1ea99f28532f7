/* SPDX-License-Identifier: Apache-2.0 */
/* risk: may a payment be tried at all? The rules are asked from the top, and the first one that fits decides. Some ask how often
 * somebody has tried already: who counts that is asked by a function, and by nothing else. Pure. */
#ifndef FLORIN_DOMAIN_RISK_H
#define FLORIN_DOMAIN_RISK_H

#include "domain/ip_address.h"
#include "domain/card.h"
#include "domain/payment.h"

enum {
    RISK_RULE_BYTES = 41, /* of a name, with its end: as long as a label of a metric may well be */
    RISK_RULES_MAX = 200, /* each is asked for each payment */
    RISK_TRIES_MAX = 10000, /* of a limit: so many rows may have to be counted for a payment */
};

/* Nothing is counted over a longer time than this. */
#define RISK_WITHIN_MAX (INT64_C(30) * 24 * 3600 * MICROS_PER_SECOND)

/* By what payments are known to be somebody's. */
enum risk_subject {
    RISK_CARD,
    RISK_BIN,
    RISK_EMAIL,
    RISK_CUSTOMER,
    RISK_IP,
    RISK_SUBJECT_COUNT,
};

/* As in a file of rules: "card", "bin", "email", "customer", "ip". */
str risk_subject_word(enum risk_subject subject);
bool risk_subject_named(str word, enum risk_subject *out) MUST_CHECK;

/* ---- rules ---- */

/* One of those that a list names. */
struct risk_value {
    str text;            /* card: its fingerprint; email: an address or "@" and a domain; customer */
    currency currency;   /* amount */
    int64_t least, most; /* amount in minor units; bin by its first CARD_BIN_DIGITS digits */
    struct ip_network network; /* ip */
};

/* Holds when the payment is one of them. */
struct risk_list {
    bool is_of_amounts;        /* else of `subject` */
    enum risk_subject subject;
    const struct risk_value *values;
    size_t value_count;
};

enum risk_counted {
    RISK_TRIES,    /* payments that were begun or turned away */
    RISK_FAILURES, /* those of them that were declined by the processor, or by the card's date */
    RISK_COUNTED_COUNT,
};

/* Holds when there were so many before this one. */
struct risk_limit {
    enum risk_counted counted;
    enum risk_subject by;
    int64_t count; /* 1 to RISK_TRIES_MAX */
    micros within; /* up to RISK_WITHIN_MAX */
};

/* Fits when all of its lists and limits hold. */
struct risk_rule {
    char name[RISK_RULE_BYTES];
    const struct risk_list *lists;
    size_t list_count;
    const struct risk_limit *limits;
    size_t limit_count;
    enum risk_decision decision; /* not RISK_UNASKED */
};

struct risk_rules {
    const struct risk_rule *rules;
    size_t count;
    bool lists_cards;                  /* one of them asks for the fingerprint of a card */
    bool counts[RISK_SUBJECT_COUNT];   /* one of them has a limit by it */
    micros longest;                    /* of all limits */
};

/* What decides when no rule fits: the payment may be tried. No rule has this name. */
#define RISK_BY_DEFAULT "default"
/* A company that was asked is stricter than the rules; or it could not be asked, and what was declared for that is. Nor these. */
#define RISK_BY_PROVIDER "provider"
#define RISK_BY_POLICY "provider_down"

/* ---- the payment ---- */

struct risk_facts {
    money amount;
    bool has_card; /* else the payer pays on a processor's page */
    int64_t bin;
    str card_fingerprint; /* STR_NONE: it cannot be had now, and rules that ask for it cannot tell ... */
    enum risk_decision when_unknown; /* ... so that this stands for their decision; RISK_ALLOW: they are passed over */
    str email;            /* empty: not told; small and capital letters are one */
    str customer_id;
    struct ip_address address;
    bool has_address;
};

/* Is it told by what it would be counted? */
bool risk_is_told(const struct risk_facts *facts, enum risk_subject subject);

/* ---- the decision ---- */

/* The rules that fit but for their limits, in their order, up to one that has none: one of them decides, or none. */
struct risk_candidates {
    const struct risk_rule *rules[RISK_RULES_MAX];
    bool cannot_tell[RISK_RULES_MAX]; /* its decision is facts.when_unknown */
    size_t count;
};
void risk_find(const struct risk_rules *rules, const struct risk_facts *facts, struct risk_candidates *out);

/* How many there were before this payment; more than limit.count may be told as that. */
typedef int64_t risk_count(void *context, const struct risk_limit *limit);

/* Which of these rules decides; NULL: none of them, and the payment may be tried. They fit but for their limits. */
const struct risk_rule *risk_decide(const struct risk_rule *rules, size_t count, risk_count *so_far, void *context);

#endif
