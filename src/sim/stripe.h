/* SPDX-License-Identifier: Apache-2.0 */
/* stripe: what the files of the simulated Stripe share: its objects, and the functions by which they speak of them.
 *
 *     sim_stripe.c       routes, credentials, keys: the trade
 *     stripe_cards.c     public test cards and what they bring about
 *     stripe_payments.c  payment intents: create, confirm, capture, cancel
 *     stripe_charges.c   what a card says to a payment, and what follows by itself: expiry, disputes
 *     stripe_refunds.c   refunds, and those that fail later
 *     stripe_disputes.c  disputes and their answers
 *     stripe_saved.c     customers, payment methods, setup intents
 *     stripe_page.c      the page for 3-D Secure
 *     stripe_events.c    events, and who is told
 *     stripe_lists.c     lists, search
 *     stripe_objects.c   objects as JSON
 *     stripe_errors.c    refusals
 */
#ifndef FLORIN_SIM_STRIPE_H
#define FLORIN_SIM_STRIPE_H

#include "sim/psp.h"

#define STRIPE_VERSION "2023-08-16"

enum { STRIPE_ID_CHARS = 24 };

/* What a test card brings about. */
enum stripe_result {
    STRIPE_PAYS,
    STRIPE_DECLINES,          /* word: the decline code */
    STRIPE_DECLINES_LATER,    /* it can be attached, but not charged */
    STRIPE_BLOCKS,            /* by fraud rules */
    STRIPE_ASKS_ONCE,         /* 3-D Secure until it was set up */
    STRIPE_ASKS_ALWAYS,       /* 3-D Secure each time; word: then declines with it */
    STRIPE_ASKS_ON_SESSION,   /* set up for payments without the payer */
    STRIPE_DISPUTES,          /* word: the reason */
    STRIPE_INQUIRES,          /* a dispute that is a question only */
    STRIPE_WARNS,             /* an early fraud warning */
    STRIPE_REFUNDS_LATER,     /* a refund is pending first */
    STRIPE_REFUND_FAILS,      /* a refund succeeds, then fails */
};

extern const struct psp_test_card stripe_cards[];

/* The beginning of every object. */
struct stripe_object {
    struct psp_item item;
    int64_t created;
    str metadata; /* a JSON object */
};

struct stripe_customer {
    struct stripe_object object;
    str email, name, description, phone;
    bool is_deleted;
};

struct stripe_method {
    struct stripe_object object;
    struct psp_card card;
    struct stripe_customer *customer; /* NULL: not attached */
    str name, email;                  /* of billing */
    bool is_set_up;                   /* the payer was there once */
};

/* Why something was refused: the members of an error. */
struct stripe_error {
    int status;
    const char *type;
    const char *code;         /* NULL: none */
    const char *decline_code; /* NULL: none */
    const char *message;
    str param;
    str charge;
};

struct stripe_charge {
    struct stripe_object object;
    struct stripe_intent *intent;
    struct stripe_method *method;
    int64_t amount, captured, refunded;
    bool is_paid;      /* the issuer agreed */
    bool is_captured;
    bool is_voided;    /* released without any capture */
    bool is_blocked;
    bool is_authenticated;
    const char *failure_code; /* NULL: none */
    const char *failure_message;
    const char *decline_code;
    struct stripe_dispute *dispute; /* NULL: none */
    struct stripe *stripe;          /* for what time does */
};

struct stripe_intent {
    struct stripe_object object;
    int64_t amount, capturable, received;
    const char *status;
    str currency, description, client_secret, return_url;
    bool is_manual;
    bool is_automatic_methods; /* it was made without payment_method_types */
    bool is_off_session;       /* of the last confirmation */
    const char *setup_future_usage;  /* NULL: not to be saved */
    const char *cancellation_reason; /* NULL: it stands */
    int64_t canceled_at;
    struct stripe_customer *customer;
    struct stripe_method *method;
    struct stripe_charge *charge;
    struct stripe_error last_error; /* status 0: none */
    str page; /* where the payer is asked */
};

struct stripe_refund {
    struct stripe_object object;
    struct stripe_charge *charge;
    int64_t amount;
    const char *status;
    const char *reason;         /* NULL: none was given */
    const char *failure_reason; /* NULL: it did not fail */
    struct stripe *stripe;      /* for what time does */
};

struct stripe_dispute {
    struct stripe_object object;
    struct stripe_charge *charge;
    int64_t amount;
    const char *reason, *status;
    str evidence; /* its text; STR_NONE without any */
    int64_t submissions;
    int64_t due_by;
};

struct stripe_setup {
    struct stripe_object object;
    const char *status;
    const char *usage;
    str client_secret, return_url, description;
    str page; /* where the payer is asked */
    const char *cancellation_reason;
    struct stripe_customer *customer;
    struct stripe_method *method;
    struct stripe_error last_error;
};

struct stripe_event {
    struct stripe_object object;
    str type;
    str json; /* the whole event */
};

struct stripe_endpoint {
    struct stripe_object object;
    str url, secret, description, api_version;
    str enabled_events; /* a JSON list */
    struct psp_target *target;
    bool is_deleted;
};

struct stripe {
    struct psp *psp;
    struct psp_shelf customers, methods, intents, charges, refunds, disputes, setups, events, endpoints;
    micros search_lag; /* younger objects are not found by search */
};

static inline struct stripe *stripe_of(const struct psp_visit *visit) { return visit->psp->state; }

/* --- stripe_errors.c: each answers; the visit's answer is then given --- */

void stripe_refuse(struct psp_visit *visit, const struct stripe_error *error);
void stripe_refuse_with(struct psp_visit *visit, const struct stripe_error *error, struct stripe_intent *intent,
                        struct stripe_setup *setup);
void stripe_invalid(struct psp_visit *visit, const char *code, str param, const char *message);
void stripe_missing(struct psp_visit *visit, const char *param);
void stripe_not_found(struct psp_visit *visit, const char *what, const char *param, str id);
void stripe_refuse_early(struct psp_visit *visit, enum psp_refusal why);

/* "payment_method_data.card" as "payment_method_data[card]". */
str stripe_param(struct arena *arena, str path);

/* The error of a card that does not pay, by its decline code. */
struct stripe_error stripe_decline(const char *decline_code);

/* --- stripe_objects.c: as JSON; `visit` tells what is to be expanded, NULL: nothing --- */

void stripe_put_customer(struct text *text, struct psp_visit *visit, const void *customer);
void stripe_put_method(struct text *text, struct psp_visit *visit, const void *method);
void stripe_put_intent(struct text *text, struct psp_visit *visit, const void *intent);
void stripe_put_charge(struct text *text, struct psp_visit *visit, const void *charge);
void stripe_put_refund(struct text *text, struct psp_visit *visit, const void *refund);
void stripe_put_dispute(struct text *text, struct psp_visit *visit, const void *dispute);
void stripe_put_setup(struct text *text, struct psp_visit *visit, const void *setup);
void stripe_put_event(struct text *text, struct psp_visit *visit, const void *event);
void stripe_put_endpoint(struct text *text, struct psp_visit *visit, const void *endpoint);
void stripe_put_error(struct text *text, const struct stripe_error *error, struct stripe_intent *intent, struct stripe_setup *setup);

/* 200 and the object. */
void stripe_answer(struct psp_visit *visit, void (*put)(struct text *, struct psp_visit *, const void *), const void *object);

/* --- sim_stripe.c --- */

/* A new object on a shelf, with its time and the metadata of the request (NULL: none). */
void *stripe_make(struct stripe *stripe, struct psp_shelf *shelf, const char *prefix, struct psp_visit *visit);

/* Merges the metadata of a request into an object's: an empty value takes a name away. */
void stripe_merge_metadata(struct psp_visit *visit, struct stripe_object *object);

/* A kept copy of what was given; STR_NONE without it. */
str stripe_kept(struct psp_visit *visit, const char *path);

/* --- stripe_events.c --- */

/* Something happened to an object; `visit` caused it, NULL: time did. */
void stripe_tell(struct stripe *stripe, struct psp_visit *visit, const char *type,
                 void (*put)(struct text *, struct psp_visit *, const void *), const void *object);

/* --- stripe_charges.c --- */

/* Asks the issuer. Answers with an error of status 0 when the intent is paid or held now. */
struct stripe_error stripe_charge(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, bool is_authenticated);

/* Does the payer have to be asked first? */
bool stripe_asks_payer(const struct stripe_method *method, bool is_off_session);

/* Takes money of a hold, or at once; the rest of the hold is released. */
void stripe_take(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, int64_t amount);

/* Gives a hold back; `reason` is why the intent ends. */
void stripe_cancel_intent(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, const char *reason);

/* --- stripe_payments.c --- */

/* What the merchant would do once only: his own number of the payment, or of the refund. */
str stripe_operation(struct arena *arena, const struct stripe_object *object);

/* The payer has been asked and said so; the intent goes on. */
void stripe_intent_answered(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, bool approves);

/* --- stripe_saved.c --- */

/* The method that a request names, or makes from card data. NULL: none was given, or *refused says that an answer was given. */
struct stripe_method *stripe_given_method(struct psp_visit *visit, bool *refused);

/* The customer that a request names; as stripe_given_method. */
struct stripe_customer *stripe_given_customer(struct psp_visit *visit, bool *refused);

void stripe_setup_answered(struct stripe *stripe, struct psp_visit *visit, struct stripe_setup *setup, bool approves);

/* --- stripe_disputes.c --- */

/* What a card brings about once it was charged. */
void stripe_dispute_begin(struct stripe *stripe, struct stripe_charge *charge);

/* --- Endpoints, by file --- */

void stripe_create_intent(struct psp_visit *visit);
void stripe_confirm_intent(struct psp_visit *visit);
void stripe_update_intent(struct psp_visit *visit);
void stripe_capture_intent(struct psp_visit *visit);
void stripe_cancel_intent_asked(struct psp_visit *visit);
void stripe_get_intent(struct psp_visit *visit);
void stripe_get_charge(struct psp_visit *visit);

void stripe_create_refund(struct psp_visit *visit);
void stripe_get_refund(struct psp_visit *visit);
void stripe_update_refund(struct psp_visit *visit);
void stripe_cancel_refund(struct psp_visit *visit);

void stripe_get_dispute(struct psp_visit *visit);
void stripe_update_dispute(struct psp_visit *visit);
void stripe_close_dispute(struct psp_visit *visit);

void stripe_create_customer(struct psp_visit *visit);
void stripe_get_customer(struct psp_visit *visit);
void stripe_update_customer(struct psp_visit *visit);
void stripe_delete_customer(struct psp_visit *visit);
void stripe_create_method(struct psp_visit *visit);
void stripe_get_method(struct psp_visit *visit);
void stripe_attach_method(struct psp_visit *visit);
void stripe_detach_method(struct psp_visit *visit);
void stripe_create_setup(struct psp_visit *visit);
void stripe_confirm_setup(struct psp_visit *visit);
void stripe_cancel_setup(struct psp_visit *visit);
void stripe_get_setup(struct psp_visit *visit);

void stripe_get_event(struct psp_visit *visit);
void stripe_create_endpoint(struct psp_visit *visit);
void stripe_get_endpoint(struct psp_visit *visit);
void stripe_delete_endpoint(struct psp_visit *visit);

void stripe_list_intents(struct psp_visit *visit);
void stripe_list_charges(struct psp_visit *visit);
void stripe_list_refunds(struct psp_visit *visit);
void stripe_list_disputes(struct psp_visit *visit);
void stripe_list_customers(struct psp_visit *visit);
void stripe_list_methods(struct psp_visit *visit);
void stripe_list_customers_methods(struct psp_visit *visit);
void stripe_list_setups(struct psp_visit *visit);
void stripe_list_events(struct psp_visit *visit);
void stripe_list_endpoints(struct psp_visit *visit);
void stripe_search_intents(struct psp_visit *visit);
void stripe_search_charges(struct psp_visit *visit);
void stripe_search_customers(struct psp_visit *visit);

void stripe_show_page(struct psp_visit *visit);
void stripe_take_word(struct psp_visit *visit);

void stripe_sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now);

#endif
