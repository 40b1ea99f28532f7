/* SPDX-License-Identifier: Apache-2.0 */
/* paystack: what the files of the simulated Paystack share: its objects, and the functions by which they speak of them.
 *
 *     sim_paystack.c       routes, credentials, refusals, signature, what tests order of issuers: the trade
 *     paystack_cards.c     public test cards and what they bring about
 *     paystack_wish.c      what every request for money says: e-mail, amount, currency, reference
 *     paystack_charges.c   a charge from its first step to its end
 *     paystack_customers.c who paid, and his saved cards
 *     paystack_ways.c      the ways to charge: a card, a bank, a phone, a code, a transfer
 *     paystack_page.c      the page where a payer says yes or no
 *     paystack_holds.c     preauthorizations
 *     paystack_refunds.c   refunds and what becomes of them
 *     paystack_disputes.c  disputes
 *     paystack_lists.c     lists, page by page or by cursor
 *     paystack_objects.c   objects as JSON
 *
 * A charge that is declined tells nobody: Paystack has no news of failures. */
#ifndef FLORIN_SIM_PAYSTACK_H
#define FLORIN_SIM_PAYSTACK_H

#include "sim/psp.h"

/* --- What it keeps --- */

/* What a card brings about. */
struct paystack_rule {
    const char *cvv;      /* the right one; NULL: any */
    const char *steps;    /* what the payer is asked for, in this order: "pin phone otp" */
    const char *pin;      /* the right one; NULL: 1234 */
    const char *declines; /* what the issuer says; NULL: it pays */
    const char *refund;   /* how its refunds end; NULL: "processed" */
    bool once_only;       /* it cannot be charged again without its owner */
};
extern const struct psp_test_card paystack_cards[];
const struct paystack_rule *paystack_rule_of(const struct psp_card *card);

struct paystack_customer {
    struct psp_item item; /* CUS_...; further name: the e-mail */
    str email, first_name, last_name, phone;
    struct paystack_saved *newest; /* of his cards */
};

/* An authorization: what is left of a card, or of an account, that paid. */
struct paystack_saved {
    struct psp_item item; /* AUTH_... */
    struct paystack_customer *customer;
    struct paystack_saved *older; /* of the same customer */
    struct psp_card card;
    str signature;
    const char *channel;
    bool is_reusable, is_off;
};

/* What is to happen at the page of a charge. */
enum paystack_page {
    PAYSTACK_NO_PAGE,
    PAYSTACK_PAGE_CARD,     /* the hosted page: the payer chooses a card */
    PAYSTACK_PAGE_BANK,     /* the page of his card's bank */
    PAYSTACK_PAGE_PHONE,    /* none in truth: he agrees on his phone */
    PAYSTACK_PAGE_TRANSFER, /* none in truth: he transfers a sum */
};

/* A preauthorization is a charge with one of these; money moves when it is captured. */
struct paystack_hold {
    struct paystack_charge *charge;
    const char *status; /* abandoned, ongoing, authorized, captured, released, failed */
    int64_t captured;
    bool is_captured_at_its_end;
    int64_t days;
    micros expires_at;
};

struct paystack_charge {
    struct psp_item item; /* the reference; further names: its number, its access code */
    struct psp *psp;
    const char *status;
    const char *channel; /* NULL: none yet */
    const char *gateway_response;
    const char *display_text;
    int64_t requested, amount, least; /* least: as much must be there; 0: all */
    str currency, metadata, callback_url, access_code, operation;
    str host; /* where its page is */
    micros created_at, paid_at;
    struct paystack_customer *customer;
    struct psp_card card;
    struct paystack_saved *saved;
    struct paystack_hold *hold; /* NULL: an ordinary charge */
    enum paystack_page page;
    /* what comes next */
    str steps;             /* what else the payer will be asked for */
    const char *declines;  /* NULL: the issuer will agree */
    const char *right_pin;
    int64_t pends_ms;
    int64_t has;           /* what is there; -1: enough */
    /* what came after */
    int64_t refund_reserved, refunded; /* not failed; done */
    int64_t transferred;               /* a sum that was wrong */
    str ussd_code, account_number, expires_text;
};

struct paystack_refund {
    struct psp_item item; /* its number */
    struct paystack_charge *charge;
    int64_t amount;
    const char *status;
    const char *ends_as;
    str merchant_note, customer_note;
    micros created_at;
};

struct paystack_dispute {
    struct psp_item item; /* its number */
    struct paystack_charge *charge;
    int64_t amount;
    const char *status;
    str resolution, category, evidence;
    micros created_at, due_at, resolved_at;
};

/* What tests ordered of the issuers of cards, for the next `left` charges; -1: for all. */
struct paystack_issuer {
    int64_t left;
    str asks;      /* instead of the card's own steps */
    str says;      /* declines with this */
    int64_t pends_ms;
    int64_t has;   /* -1: enough */
};

struct paystack {
    struct psp *psp;
    struct psp_shelf customers, saved, charges, refunds, disputes;
    struct paystack_issuer issuer;
    int64_t refund_ms[2];    /* until a refund is processing, and then until its end */
    int64_t session_seconds; /* how long a page lives; 0: for ever */
};

static inline struct paystack *paystack_of(const struct psp_visit *visit) { return visit->psp->state; }
static inline struct paystack *paystack_in(struct psp *psp) { return psp->state; }

/* --- Refusals --- */

enum paystack_error {
    PAYSTACK_MISSING_EMAIL,
    PAYSTACK_INVALID_EMAIL,
    PAYSTACK_MISSING,
    PAYSTACK_INVALID_AMOUNT,
    PAYSTACK_AMOUNT_TOO_SMALL,
    PAYSTACK_CURRENCY,
    PAYSTACK_INVALID_REFERENCE,
    PAYSTACK_DUPLICATE,
    PAYSTACK_NO_TRANSACTION,
    PAYSTACK_NO_HOLD,
    PAYSTACK_NO_REFUND,
    PAYSTACK_NO_DISPUTE,
    PAYSTACK_NO_CUSTOMER,
    PAYSTACK_NO_WAY,
    PAYSTACK_INVALID_CARD,
    PAYSTACK_NO_AUTHORIZATION,
    PAYSTACK_NOT_WAITING,
    PAYSTACK_HOLD_ZAR_ONLY,
    PAYSTACK_HOLD_OVER,
    PAYSTACK_CAPTURE_TOO_MUCH,
    PAYSTACK_INVALID_EXPIRY,
    PAYSTACK_NOT_PAID,
    PAYSTACK_REVERSED,
    PAYSTACK_REFUND_TOO_MUCH,
    PAYSTACK_REFUND_NEEDS_NOTHING,
    PAYSTACK_DISPUTE_OVER,
    PAYSTACK_INVALID_RESOLUTION,
    PAYSTACK_INVALID_TIMEOUT,
    PAYSTACK_UNKNOWN_MEMBER,
    PAYSTACK_UNREADABLE,
    PAYSTACK_INVALID_KEY,
    PAYSTACK_NO_PATH,
    PAYSTACK_TOO_MANY,
    PAYSTACK_BROKEN,
};
void paystack_refuse(struct psp_visit *visit, enum paystack_error error);

/* As PAYSTACK_MISSING, with the name of what is missing. */
void paystack_miss(struct psp_visit *visit, const char *name);

/* --- Objects as JSON --- */

typedef void paystack_put(struct text *text, const void *object);
paystack_put paystack_put_customer, paystack_put_saved, paystack_put_charge, paystack_put_hold, paystack_put_refund,
    paystack_put_new_refund, paystack_put_dispute, paystack_put_step;

/* {"status":true,"message":...,"data":...}. */
void paystack_answer(struct psp_visit *visit, const char *message, paystack_put *put, const void *object);

/* The same with data that is JSON already. */
void paystack_answer_raw(struct psp_visit *visit, const char *message, str data);

/* Tells the merchant {"event":...,"data":...}. */
void paystack_tell(struct psp *psp, const char *event, str object_id, paystack_put *put, const void *object);
paystack_put paystack_put_news_of_hold, paystack_put_news_of_refund;

/* test or live, as the key says. */
str paystack_domain(const struct psp *psp);

/* --- What a request wants --- */

struct paystack_wish {
    str email, currency, reference, metadata, callback_url;
    int64_t amount;
};

/* False: it was refused. */
bool paystack_read_wish(struct psp_visit *visit, struct paystack_wish *out) MUST_CHECK;

/* A sum in hundredths, as a number or as a text, more than nothing. */
bool paystack_read_amount(const struct psp_visit *visit, const char *path, int64_t *out) MUST_CHECK;

/* --- Customers and saved cards --- */

/* The customer of an e-mail, made if need be. */
struct paystack_customer *paystack_customer(struct psp *psp, str email);

/* Uses a card that was saved; false: it was refused. */
bool paystack_use_saved(struct psp_visit *visit, const struct paystack_wish *wish, struct paystack_saved **out) MUST_CHECK;

/* The charge has an authorization from now on, if it is one of a card. */
void paystack_save_card(struct paystack_charge *charge);

/* As members of an open object. */
void paystack_put_customer_facts(struct text *text, const struct paystack_customer *customer);

/* --- Charges --- */

/* A new one, about which nothing was decided. */
struct paystack_charge *paystack_charge_new(struct psp_visit *visit, const struct paystack_wish *wish);

/* Its id; ids of transactions need all 64 bits. */
int64_t paystack_charge_number(const struct paystack_charge *charge);

/* By reference, number or access code; NULL: there is none. Holds are found only once they were captured. */
struct paystack_charge *paystack_find_charge(const struct psp_visit *visit, str name);

/* Reads the card of a request; false: it was refused. `declines` is what its issuer finds wrong with it, or NULL. */
bool paystack_read_card(struct psp_visit *visit, struct psp_card *card, const char **declines) MUST_CHECK;

/* What is in store for the charge: by its card, and by what tests ordered. */
void paystack_meet_issuer(struct paystack_charge *charge);

/* The next step, or the end when there is none. The visit is NULL when time does it. */
void paystack_proceed(struct psp_visit *visit, struct paystack_charge *charge);
void paystack_decide(struct psp_visit *visit, struct paystack_charge *charge);
void paystack_fail(struct paystack_charge *charge, const char *gateway_response);

/* Money was taken. */
void paystack_take(struct psp_visit *visit, struct paystack_charge *charge, int64_t amount);

/* Has it come to its end? */
bool paystack_is_over(const struct paystack_charge *charge);

/* --- Holds --- */

void paystack_hold_decide(struct psp_visit *visit, struct paystack_charge *charge);

/* --- Lists --- */

/* Is the object one that the query asks for? */
typedef bool paystack_wanted(const struct psp_visit *visit, const void *item);

/* "data" and "meta" of a shelf's objects, newest first. `size` is the name of the page's size. */
void paystack_list(struct psp_visit *visit, const char *message, const struct psp_shelf *shelf, const char *size,
                   paystack_wanted *wanted, paystack_put *put);

/* Answers with the address of the hosted page, where the payer of that charge goes. */
void paystack_send_to_page(struct psp_visit *visit, struct paystack_charge *charge);

/* Did it happen between from and to of the query? */
bool paystack_is_between(const struct psp_visit *visit, micros at);

/* --- Routes --- */

void paystack_initialize(struct psp_visit *visit);
void paystack_verify(struct psp_visit *visit);
void paystack_fetch_charge(struct psp_visit *visit);
void paystack_list_charges(struct psp_visit *visit);
void paystack_charge_authorization(struct psp_visit *visit);
void paystack_partial_debit(struct psp_visit *visit);
void paystack_charge(struct psp_visit *visit);
void paystack_check_charge(struct psp_visit *visit);
void paystack_submit_pin(struct psp_visit *visit);
void paystack_submit_otp(struct psp_visit *visit);
void paystack_submit_phone(struct psp_visit *visit);
void paystack_submit_birthday(struct psp_visit *visit);
void paystack_submit_address(struct psp_visit *visit);
void paystack_show_page(struct psp_visit *visit);
void paystack_take_word(struct psp_visit *visit);

void paystack_hold_initialize(struct psp_visit *visit);
void paystack_hold_reserve(struct psp_visit *visit);
void paystack_hold_capture(struct psp_visit *visit);
void paystack_hold_release(struct psp_visit *visit);
void paystack_hold_verify(struct psp_visit *visit);
void paystack_hold_list(struct psp_visit *visit);

void paystack_create_refund(struct psp_visit *visit);
void paystack_fetch_refund(struct psp_visit *visit);
void paystack_list_refunds(struct psp_visit *visit);
void paystack_retry_refund(struct psp_visit *visit);

void paystack_create_customer(struct psp_visit *visit);
void paystack_fetch_customer(struct psp_visit *visit);
void paystack_deactivate(struct psp_visit *visit);

void paystack_list_disputes(struct psp_visit *visit);
void paystack_fetch_dispute(struct psp_visit *visit);
void paystack_add_evidence(struct psp_visit *visit);
void paystack_upload_url(struct psp_visit *visit);
void paystack_resolve_dispute(struct psp_visit *visit);

/* Opens a dispute about a charge: a test's control. */
void paystack_open_dispute(struct desk_control *control);

#endif
