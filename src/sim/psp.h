/* SPDX-License-Identifier: Apache-2.0 */
/* psp: a payment service provider in miniature, as far as all of them are alike: routes with ids in them, credentials, bodies,
 * idempotency keys, test cards, a book of what truly happened, notices, a page for payers. What a company does and how it speaks is
 * its `struct psp_trade`: a table, and the functions that the table names. docs/reference/simulators.md tells how to build one.
 *
 *     psp.c           opens, closes, ids, kept texts
 *     psp_visit.c     the way of a request: route, credentials, body, key; then the route's function
 *     psp_faults.c    what can go wrong on purpose
 *     psp_lies.c      answers that look right and are not
 *     psp_control.c   /sim/book and /sim/notices
 *     psp_page.c      the page where a payer says yes or no
 *     psp_read, psp_keys, psp_cards, psp_callers, psp_shelf, psp_agenda, psp_book, psp_notices: parts that know nothing of each other
 */
#ifndef FLORIN_SIM_PSP_H
#define FLORIN_SIM_PSP_H

#include "base/text.h"
#include "sim/desk.h"
#include "sim/psp_agenda.h"
#include "sim/psp_book.h"
#include "sim/psp_callers.h"
#include "sim/psp_cards.h"
#include "sim/psp_keys.h"
#include "sim/psp_notices.h"
#include "sim/psp_read.h"
#include "sim/psp_shelf.h"

enum {
    PSP_IDS_MAX = 4, /* in one path */
    PSP_NO_KEY = -1, /* of psp_route.key_kept_hours: what comes in the header of keys is not looked at */
};

struct psp;
struct psp_visit;

/* --- What a company is --- */

/* Why a request is not even looked at; the company says it in its own words. */
enum psp_refusal {
    PSP_FINE,
    PSP_NO_SUCH_PATH,
    PSP_WRONG_METHOD,
    PSP_UNAUTHORIZED,
    PSP_UNREADABLE,        /* the body is not what its type says */
    PSP_UNKNOWN_PARAMETER, /* visit->culprit is its path, "card.colour" */
    PSP_KEY_IN_USE,        /* another request with that key is under way */
    PSP_KEY_REUSED,        /* the key has an answer, to another request */
    PSP_RATE_LIMITED,
    PSP_FAILED,            /* an error of the company's own, 500 */
};

enum psp_door {
    PSP_DOOR_API,  /* needs credentials */
    PSP_DOOR_OPEN, /* needs none: where tokens are given out, say */
    PSP_DOOR_PAGE, /* for payers: no credentials, no latency, no chance, no key */
};

struct psp_route {
    const char *method;
    const char *path; /* "/v1/refunds/{id}/cancel": each {…} is one segment, visit->ids[0] and so on */
    void (*answer)(struct psp_visit *visit);
    const char *takes;      /* paths that may be given, as in given_unknown; NULL: anything */
    enum psp_door door;
    int64_t key_kept_hours; /* instead of the company's; 0: as the company has it; or PSP_NO_KEY */
};

struct psp_trade {
    const char *name;                          /* "stripe" */
    const char *everything;                    /* what "*" stands for when a fault is planted: "/v1/" and a star */
    const struct psp_route *routes;            /* the first that fits counts */
    size_t route_count;
    const struct desk_fault_kind *kinds;       /* of faults; NULL: psp_fault_kinds */
    const struct psp_test_card *cards;
    const char *const *card_paths;             /* where a card's number stands in a request; ends with NULL */
    const char *amount_members;                /* names of members that are amounts, for answers that lie; NULL: none */
    const char *currency_members;
    const char *id_members;
    bool reads_forms;                          /* bodies are forms; else JSON */
    const char *key_header;                    /* "Idempotency-Key"; NULL: it knows no keys */
    int64_t key_kept_hours;
    bool keys_are_each_endpoints_own;
    size_t state_bytes;                        /* of its own struct, psp->state */
    const struct desk_control_route *controls; /* further ones below /sim/ */
    size_t control_count;
    /* Fills in psp->state, all zero so far; frees what it holds. */
    void (*open)(struct psp *psp);
    void (*close)(struct psp *psp);
    /* Are the credentials right? Sets visit->account to whose they are. */
    bool (*admits)(struct psp_visit *visit);
    /* Answers in its own words. */
    void (*refuse)(struct psp_visit *visit, enum psp_refusal why);
    /* Is this answer kept for its key? NULL: if its status is below 300. */
    bool (*keeps)(const struct psp_visit *visit);
    /* Adds to an answer that comes from a key: headers, another status. May be NULL. */
    void (*replayed)(struct psp_visit *visit);
    /* Adds to every answer of a route: headers. May be NULL. */
    void (*dress)(struct psp_visit *visit);
    psp_sign *sign;
    /* Says luck.kind->says, one of its own kinds of faults; NULL: it has none. */
    void (*disguise)(struct psp_visit *visit);
    /* Adds members to /sim/book. May be NULL. */
    void (*put_book)(struct text *text, struct psp *psp);
};

/* What psp_fault_kinds say; a company's own begin behind them. */
enum psp_says {
    PSP_SAYS_FAILED = DESK_SAYS_OWN, /* its 500 */
    PSP_SAYS_FAILED_KEPT,            /* the same, and the key keeps it */
    PSP_SAYS_RATE_LIMITED,
    PSP_SAYS_IN_USE,                 /* as if another request with the key were under way */
    PSP_SAYS_WRONG_AMOUNT,
    PSP_SAYS_WRONG_CURRENCY,
    PSP_SAYS_WRONG_ID,
    PSP_SAYS_OWN
};

extern const struct desk_fault_kind psp_fault_kinds[];

/* --- One of them, open --- */

struct psp_options {
    struct desk_options desk;
    /* Texts live as long as it does; NULL: none. */
    const char *key;            /* the merchant's secret key, or his client's secret */
    const char *client;         /* the name of his client, where there is one */
    const char *encryption_key; /* what card data come encrypted with, where the company wants that */
    const char *webhook_secret; /* what notices are signed with */
    const char *notify;         /* the address that they go to */
    int64_t hold_hours;         /* until an authorization expires; 0: as the company has it */
};

struct psp {
    struct desk desk; /* first, so that it can be had from its desk */
    const struct psp_trade *trade;
    struct psp_options options;
    struct arena arena; /* for all that is kept */
    struct psp_keys keys;
    struct psp_tokens tokens;
    struct psp_agenda agenda;
    struct psp_book book;
    struct psp_notices notices;
    const char **endpoints; /* "POST /v1/refunds" */
    void *state; /* the company's */
};

/* One request. */
struct psp_visit {
    struct desk_visit desk; /* first, so that it can be had from its desk's; the answer is desk.answer */
    struct psp *psp;
    struct arena *arena; /* lives until the answer is given */
    const struct psp_route *route; /* NULL: none */
    str ids[PSP_IDS_MAX];
    str account; /* whose credentials came */
    const struct json *given; /* the body; of a GET or DELETE without one, the query */
    enum psp_refusal refusal;
    str culprit;
    bool keeps_nothing; /* set by an answer that is never kept for its key, however the company has it */
    struct psp_key *key; /* NULL: none came */
    bool has_key;        /* it is this request that runs under it */
    struct hash fingerprint;
};

struct psp *psp_open(const struct psp_trade *trade, const struct psp_options *options);

/* Nothing happens by itself after this; while the loop is still open. */
void psp_end(struct psp *psp);

/* Nothing may be pending, and no loop may have calls of it. */
void psp_close(struct psp *psp);

/* For http_server_options.refuse. */
void psp_refuse_faulty(void *psp, enum http_fault fault, struct arena *arena, struct http_answer *answer);

struct psp *psp_of(struct desk *desk);
struct psp_visit *psp_visit_of(struct desk_visit *visit);

/* The company's own clock. */
micros psp_now(const struct psp *psp);
int64_t psp_now_seconds(const struct psp *psp);

/* A new id: the prefix and so many letters and digits. Lives as long as the company. */
str psp_id(struct psp *psp, const char *prefix, size_t length);

/* A copy that lives as long as the company. */
str psp_keep(struct psp *psp, str text);

/* Lets something happen after a time. */
void psp_later(struct psp *psp, micros after, void (*happen)(void *thing), void *thing);

/* Writes an effect down, with the key and the request of the visit; a visit of NULL: time did it. */
void psp_enter(struct psp *psp, struct psp_visit *visit, const struct psp_effect *effect);

/* --- Answers --- */

void psp_answer(struct psp_visit *visit, int status, str json);
void psp_answer_text(struct psp_visit *visit, int status, const struct text *json);
void psp_answer_header(struct psp_visit *visit, const char *name, str value);

/* 303: the payer goes on to there. */
void psp_answer_redirect(struct psp_visit *visit, str url);

/* A page with a form that asks a payer for his word. It is posted to where it stands, as choice=approve or choice=refuse, with what
 * he wrote into the field, if there is one. No scripts. */
struct psp_page {
    str title;
    str lines[4];
    const char *field; /* name of an input: "otp"; NULL: none */
    const char *field_label;
};
void psp_answer_page(struct psp_visit *visit, int status, const struct psp_page *page);

/* An address of this very simulator, as the caller of this request would reach it. */
str psp_url(struct psp_visit *visit, str path);

/* An address with a further parameter; the value is percent-encoded. */
str psp_url_with(struct arena *arena, str url, const char *name, str value);

/* --- What was asked --- */

/* As in psp_read.h, of visit->given. */
str psp_given(const struct psp_visit *visit, const char *path);
bool psp_given_int(const struct psp_visit *visit, const char *path, int64_t *out) MUST_CHECK;

/* A card from its number, masked in the notes of requests. As psp_card_read. */
bool psp_visit_card(struct psp_visit *visit, str number, struct psp_card *out) MUST_CHECK;

/* What the notes of requests show of it. */
void psp_visit_note(struct psp_visit *visit, str reference, int64_t amount);

/* --- Between its files --- */

extern const struct desk_control_route psp_controls[3];
void psp_visit_arrive(struct desk_visit *visit);
str psp_visit_card_number(struct desk_visit *visit);
void psp_visit_replay(struct desk_visit *visit);
void psp_visit_act(struct desk_visit *visit);
void psp_visit_fail(struct desk_visit *visit);
void psp_visit_leave(struct desk_visit *visit);
void psp_visit_disguise(struct desk_visit *visit);

/* Changes what the answer says, as the fault has it. */
void psp_lie(struct psp_visit *visit, enum psp_says says);

#endif
