/* SPDX-License-Identifier: Apache-2.0 */
/* paypal: what the files of the simulated PayPal share: its objects, and the functions by which they speak of them.
 *
 *     sim_paypal.c           routes, tokens, keys: the trade
 *     paypal_orders.c        orders: made, read, changed, authorized, captured
 *     paypal_sources.c       what an order is to be paid with: cards, wallets, saved methods
 *     paypal_payments.c      what authorizations, captures and refunds have in common
 *     paypal_holds.c         authorizations
 *     paypal_captures.c      captures
 *     paypal_refunds.c       refunds
 *     paypal_page.c          where a payer approves or refuses
 *     paypal_vault.c         saved methods
 *     paypal_disputes.c      disputes
 *     paypal_reports.c       the report of transactions, balances
 *     paypal_events.c        news
 *     paypal_webhooks.c      who is told, and how it is signed
 *     paypal_signature.c     the certificate that the simulator makes for itself, and signatures with it
 *     paypal_objects.c       orders and payments as JSON
 *     paypal_money.c         decimal texts
 *     paypal_errors.c        refusals
 *     paypal_control.c       what tests may order, below /sim/
 */
#ifndef FLORIN_SIM_PAYPAL_H
#define FLORIN_SIM_PAYPAL_H

#include "sim/paypal_signature.h"
#include "sim/psp.h"

enum {
    PAYPAL_ID_CHARS = 17,
    PAYPAL_PLANS_MAX = 64, /* in the life of a simulator */
    PAYPAL_ORIGIN_BYTES = 256,
};

/* An amount in the smallest unit of its currency. */
struct paypal_money {
    int64_t minor;
    char currency[3 + 1];
};

enum paypal_source_kind {
    PAYPAL_NO_SOURCE, /* old style: the payer chooses on the page */
    PAYPAL_WALLET,
    PAYPAL_CARD,
    PAYPAL_BANK,      /* "ideal" and its kin */
};

/* What is to be paid with. */
struct paypal_source {
    enum paypal_source_kind kind;
    const char *name;  /* "paypal", "card", "ideal"; "" for none */
    struct psp_card card;
    str holder;
    str expiry;        /* "2030-12" */
    const char *response_code; /* of the card's bank, by the holder's name: "0000" is a yes */
    bool asks_payer;   /* 3-D Secure */
    bool is_saved;     /* it came by its vault_id */
    bool wants_saving;
    str customer;      /* STR_NONE: none yet */
    str return_url, cancel_url;
};

struct paypal_order {
    struct psp_item item;
    micros created, updated, approved; /* approved 0: not yet */
    const char *status;
    bool authorizes; /* intent AUTHORIZE */
    bool completes_on_approval;
    bool was_authenticated, failed_authentication;
    struct paypal_money amount;
    str reference_id, custom_id, invoice_id, description, soft_descriptor;
    struct paypal_source source;
    struct paypal_token *saved; /* NULL: nothing was saved */
    str payer_id;
    struct paypal_authorization *authorizations; /* the latest; NULL: none */
    struct paypal_capture *captures;
};

struct paypal_authorization {
    struct psp_item item;
    struct paypal_authorization *older; /* of its order */
    micros created, updated, expires;
    struct paypal_order *order;
    struct paypal_money amount;
    const char *status;
    const char *reason;        /* of PENDING; NULL: none */
    const char *response_code; /* NULL: not of a card */
    int64_t captured;
    int captures;
    bool is_closed;            /* by a final capture */
    bool is_expired;
    struct paypal_authorization *renewed_from; /* NULL: it is the first */
};

struct paypal_capture {
    struct psp_item item;
    struct paypal_capture *older;  /* of its order */
    struct paypal_refund *refunds; /* the latest; NULL: none */
    micros created, updated;
    struct paypal_order *order;
    struct paypal_authorization *authorization; /* NULL: of an order alone */
    struct paypal_money amount;
    const char *status;
    const char *reason;        /* NULL: none */
    const char *response_code; /* NULL: not of a card */
    bool is_final;
    str invoice_id;
    int64_t refunded;
    struct paypal_dispute *dispute; /* NULL: none; the latest */
};

struct paypal_refund {
    struct psp_item item;
    struct paypal_refund *older; /* of its capture */
    micros created, updated;
    struct paypal_capture *capture;
    struct paypal_money amount;
    const char *status;
    const char *reason; /* of PENDING; NULL: none */
    str invoice_id, custom_id, note;
};

/* A saved method, or the setup of one. */
struct paypal_token {
    struct psp_item item;
    bool is_setup;
    bool is_deleted;
    const char *status;
    struct paypal_source source;
    str network_reference;
};

struct paypal_dispute {
    struct psp_item item;
    micros created, updated;
    struct paypal_capture *capture;
    struct paypal_money amount;
    str reason;
    const char *status, *stage, *outcome; /* outcome NULL: open */
};

struct paypal_event {
    struct psp_item item;
    micros created;
    str type, resource_id;
    str json; /* the whole event */
};

struct paypal_webhook {
    struct psp_item item;
    str url;
    str types; /* each between spaces: " PAYMENT.CAPTURE.COMPLETED " */
    struct psp_target *target;
};

/* What a test has ordered of the next things of a kind: first this status, then that one. */
struct paypal_plan {
    const char *kind; /* "capture", "refund", "authorization" */
    const char *status, *reason;
    const char *then; /* NULL: it stays as it is */
    micros after;
    int64_t times;
};

struct paypal {
    struct psp *psp;
    struct psp_shelf orders, authorizations, captures, refunds, tokens, disputes, events, webhooks;
    struct paypal_plan plans[PAYPAL_PLANS_MAX];
    size_t plan_count;
    bool refuses_equal_invoices;
    micros report_lag;                /* younger transactions are not in the report */
    char origin[PAYPAL_ORIGIN_BYTES]; /* "http://127.0.0.1:8789", as its last caller reached it */
    struct paypal_signer *signer;     /* NULL: nothing was signed yet */
};

static inline struct paypal *paypal_of(const struct psp_visit *visit) { return visit->psp->state; }

/* --- paypal_errors.c: each answers --- */

/* 422, 400 and so on by the issue; `field` is a JSON pointer, NULL: none. */
void paypal_refuse(struct psp_visit *visit, const char *issue, const char *field);
void paypal_refuse_not_found(struct psp_visit *visit);
void paypal_refuse_early(struct psp_visit *visit, enum psp_refusal why);

/* Has the request's PayPal-Mock-Response ordered an error? Then it is given. */
bool paypal_is_mocked(struct psp_visit *visit);

/* The same for all that an answer says about one request. */
str paypal_debug_id(struct psp_visit *visit);

/* --- paypal_money.c --- */

/* Reads {"currency_code", "value"} at a path. NULL, or the issue. */
const char *paypal_money_read(const struct psp_visit *visit, const char *path, struct paypal_money *out);

/* "10.99"; lives in the arena. */
str paypal_money_text(struct arena *arena, int64_t minor, const char *currency);
void paypal_put_money(struct text *text, const char *name, int64_t minor, const char *currency);
int paypal_decimals(const char *currency);

/* What PayPal keeps of a payment. */
int64_t paypal_fee(const struct paypal_money *amount);

/* --- paypal_objects.c --- */

enum paypal_detail {
    PAYPAL_MINIMAL,
    PAYPAL_WITHIN, /* as a part of an order, which tells the card's bank and needs no ids of others */
    PAYPAL_WHOLE,
};

/* What the caller prefers. */
enum paypal_detail paypal_detail_of(const struct psp_visit *visit);

void paypal_put_order(struct text *text, struct paypal *paypal, const struct paypal_order *order, enum paypal_detail detail);
void paypal_put_authorization(struct text *text, struct paypal *paypal, const struct paypal_authorization *authorization,
                              enum paypal_detail detail);
void paypal_put_capture(struct text *text, struct paypal *paypal, const struct paypal_capture *capture, enum paypal_detail detail);
void paypal_put_refund(struct text *text, struct paypal *paypal, const struct paypal_refund *refund, enum paypal_detail detail);

/* One element of "links"; the path begins with a slash. */
void paypal_put_link(struct text *text, struct paypal *paypal, const char *rel, const char *method, const char *path, str id,
                     const char *rest);

/* {"last_digits", "brand", ...} of a card, without braces. */
void paypal_put_card(struct text *text, const struct paypal_source *source);

/* --- paypal_sources.c --- */

/* Reads payment_source. False: a refusal was given. */
bool paypal_read_source(struct psp_visit *visit, struct paypal_source *out);

/* A card at payment_source.card. False: a refusal was given. */
bool paypal_read_card(struct psp_visit *visit, struct paypal_source *out);

/* --- paypal_orders.c --- */

/* The order of a path; NULL: a refusal was given. */
struct paypal_order *paypal_find_order(struct psp_visit *visit, str id);

/* The payer has said yes or no. */
void paypal_order_answered(struct psp_visit *visit, struct paypal_order *order, bool approves);

/* --- paypal_payments.c --- */

/* Are those words the same? NULL is no word. */
bool paypal_is(const char *word, const char *other);

/* False: there is an issue, and it was told. */
bool paypal_check(struct psp_visit *visit, const char *issue, const char *field);

/* Does what an approved order intends. */
void paypal_order_pay(struct psp_visit *visit, struct paypal_order *order);

/* Was that invoice paid, and does it matter? */
bool paypal_invoice_was_used(const struct paypal *paypal, str invoice_id);

bool paypal_is_refused_by_bank(const char *response_code);

/* Writes an effect on an order's money down; `operation` as in psp_effect. */
void paypal_enter(struct paypal *paypal, struct psp_visit *visit, const char *kind, str id, str parent, str operation,
                  const struct paypal_money *amount, int64_t minor, const struct paypal_order *order);

/* What was ordered of the next thing of a kind; NULL: nothing. */
const struct paypal_plan *paypal_plan_next(struct paypal *paypal, const char *kind);

/* What happens when the second half of a plan does. */
struct paypal_late {
    struct paypal *paypal;
    const struct paypal_plan *plan;
    void *object;
};

/* Lets it happen, with a struct paypal_late; nothing without a plan that has one. */
void paypal_wait_for(struct paypal *paypal, const struct paypal_plan *plan, void (*happen)(void *late), void *object);

/* The amount of a request, or what is left of the whole when none is given. NULL, or the issue. */
const char *paypal_read_amount(const struct psp_visit *visit, const struct paypal_money *whole, int64_t used,
                               struct paypal_money *out);

/* --- paypal_holds.c, paypal_captures.c, paypal_refunds.c --- */

/* Authorizes or captures all of an order; false when it was refused. */
bool paypal_hold(struct psp_visit *visit, struct paypal_order *order);
bool paypal_capture_whole(struct psp_visit *visit, struct paypal_order *order);

/* Those of a path; NULL: a refusal was given. */
struct paypal_authorization *paypal_find_authorization(struct psp_visit *visit);
struct paypal_capture *paypal_find_capture(struct psp_visit *visit);

/* Why nothing can be captured; NULL: it can. */
const char *paypal_check_hold(const struct paypal_authorization *authorization);

/* Has it taken money, or will it? */
bool paypal_has_money(const struct paypal_capture *capture);

/* Money goes back because of a dispute. */
void paypal_capture_reversed(struct paypal *paypal, struct psp_visit *visit, struct paypal_capture *capture, int64_t minor,
                             const char *reason);

/* --- paypal_vault.c --- */

/* Keeps what an order was paid with. */
struct paypal_token *paypal_save(struct psp_visit *visit, const struct paypal_source *source);

/* A saved method that may be charged; NULL: there is none. */
const struct paypal_token *paypal_find_saved(const struct paypal *paypal, str id);
void paypal_token_answered(struct psp_visit *visit, struct paypal_token *token, bool approves);

/* --- paypal_disputes.c --- */

struct paypal_dispute *paypal_dispute_begin(struct paypal *paypal, struct paypal_capture *capture, str reason, const char *stage);
void paypal_dispute_end(struct paypal *paypal, struct psp_visit *visit, struct paypal_dispute *dispute, const char *outcome);

/* --- paypal_events.c --- */

/* Something happened to an object; `resource` is its JSON. */
void paypal_tell(struct paypal *paypal, const char *type, const char *resource_type, str resource_id, str resource);
void paypal_tell_order(struct paypal *paypal, const char *type, const struct paypal_order *order);
void paypal_tell_authorization(struct paypal *paypal, const char *type, const struct paypal_authorization *authorization);
void paypal_tell_capture(struct paypal *paypal, const char *type, const struct paypal_capture *capture);
void paypal_tell_refund(struct paypal *paypal, const char *type, const struct paypal_refund *refund);

/* --- paypal_webhooks.c --- */

void paypal_sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now);

/* --- sim_paypal.c --- */

/* A kept copy of what was given; STR_NONE without it. */
str paypal_kept(struct psp_visit *visit, const char *path);

/* A new id of 17 capital letters and digits. */
str paypal_id(struct paypal *paypal);

/* A text of so many characters drawn from an alphabet; lives as long as the simulator. */
str paypal_draw(struct paypal *paypal, const char *alphabet, size_t length);

/* 204 */
void paypal_answer_nothing(struct psp_visit *visit);

/* --- Endpoints, by file --- */

void paypal_create_order(struct psp_visit *visit);
void paypal_get_order(struct psp_visit *visit);
void paypal_patch_order(struct psp_visit *visit);
void paypal_authorize_order(struct psp_visit *visit);
void paypal_capture_order(struct psp_visit *visit);

void paypal_get_authorization(struct psp_visit *visit);
void paypal_capture_authorization(struct psp_visit *visit);
void paypal_reauthorize(struct psp_visit *visit);
void paypal_void_authorization(struct psp_visit *visit);
void paypal_get_capture(struct psp_visit *visit);
void paypal_refund_capture(struct psp_visit *visit);
void paypal_get_refund(struct psp_visit *visit);

void paypal_create_setup_token(struct psp_visit *visit);
void paypal_get_setup_token(struct psp_visit *visit);
void paypal_create_payment_token(struct psp_visit *visit);
void paypal_get_payment_token(struct psp_visit *visit);
void paypal_delete_payment_token(struct psp_visit *visit);
void paypal_list_payment_tokens(struct psp_visit *visit);

void paypal_list_disputes(struct psp_visit *visit);
void paypal_get_dispute(struct psp_visit *visit);
void paypal_accept_claim(struct psp_visit *visit);
void paypal_provide_evidence(struct psp_visit *visit);

void paypal_create_webhook(struct psp_visit *visit);
void paypal_list_webhooks(struct psp_visit *visit);
void paypal_get_webhook(struct psp_visit *visit);
void paypal_delete_webhook(struct psp_visit *visit);
void paypal_list_event_types(struct psp_visit *visit);
void paypal_list_events(struct psp_visit *visit);
void paypal_get_event(struct psp_visit *visit);
void paypal_resend_event(struct psp_visit *visit);
void paypal_verify_signature(struct psp_visit *visit);
void paypal_get_certificate(struct psp_visit *visit);

void paypal_list_transactions(struct psp_visit *visit);
void paypal_list_balances(struct psp_visit *visit);

void paypal_show_page(struct psp_visit *visit);
void paypal_take_word(struct psp_visit *visit);

extern const struct desk_control_route paypal_controls[4];
void paypal_put_book(struct text *text, struct psp *psp);

#endif
