/* SPDX-License-Identifier: Apache-2.0 */
/* flutterwave: what the files of the simulated Flutterwave (v3) share: its objects, and the functions by which they speak of them.
 *
 *     sim_flutterwave.c         routes, credentials, refusals, /sim/account: the trade
 *     flutterwave_cards.c       public test cards and what they bring about
 *     flutterwave_client.c      card data as they come: one text, encrypted
 *     flutterwave_orders.c      what every request for a charge says, and what is wrong with it
 *     flutterwave_charges.c     cards: what is asked for first (PIN, OTP, address, the bank's page), saved cards
 *     flutterwave_books.c       a charge succeeds or fails; balances, fees, news of it
 *     flutterwave_holds.c       capture, void and refund of what was held only
 *     flutterwave_links.c       the hosted page, and the page of the payer's bank
 *     flutterwave_transfers.c   bank transfer, USSD, mobile money
 *     flutterwave_refunds.c     refunds, which are settled or fail later
 *     flutterwave_disputes.c    chargebacks
 *     flutterwave_lists.c       verify, lists
 *     flutterwave_objects.c     objects as JSON
 *     flutterwave_amount.c      amounts: decimals in major units
 */
#ifndef FLORIN_SIM_FLUTTERWAVE_H
#define FLORIN_SIM_FLUTTERWAVE_H

#include "sim/psp.h"

#define FLUTTERWAVE_PIN "3310"
#define FLUTTERWAVE_OTP "12345"

enum {
    FLUTTERWAVE_CURRENCIES = 13,
    FLUTTERWAVE_REFERENCE_CHARS_MAX = 100,
};

/* What a test card brings about. Its word is its CVV where it pays, else what the bank says. */
enum flutterwave_result {
    FLUTTERWAVE_PAYS,
    FLUTTERWAVE_ASKS_PIN,     /* then for the OTP */
    FLUTTERWAVE_ASKS_ADDRESS, /* then at its bank's page */
    FLUTTERWAVE_ASKS_BANK,    /* 3-D Secure */
    FLUTTERWAVE_REFUSES,      /* 400 and the word */
    FLUTTERWAVE_DECLINES,     /* 200, and a charge that failed with the word */
    FLUTTERWAVE_DISLIKES_PIN, /* asks for it, then declines */
};

extern const struct psp_test_card flutterwave_cards[];

/* A transaction. Amounts are in the smallest unit. */
struct flutterwave_charge {
    struct psp_item item; /* its id is a number */
    str tx_ref, flw_ref;
    str currency, email, name, phone, narration, redirect_url;
    str meta;                /* JSON; STR_NONE: none */
    int64_t amount;          /* what was asked */
    int64_t charged;         /* what the payer paid */
    int64_t fee, refunded;
    const char *status;      /* "pending", "successful", "failed": nothing else, whatever follows */
    const char *response;    /* what the payer's bank said */
    const char *auth_model;
    const char *payment_type;
    const char *event_type;  /* "CARD_TRANSACTION" */
    bool is_hold;            /* it was asked for with preauthorize */
    bool is_open;            /* and is neither captured nor released */
    bool is_captured;        /* the money was taken */
    bool asks_otp, asks_bank;
    int64_t wrong_otps;
    bool has_card;
    struct psp_card card;
    struct flutterwave_token *token;
    micros created;
};

/* A saved card, bound to an e-mail address. */
struct flutterwave_token {
    struct psp_item item;
    str email, name;
    struct psp_card card;
};

/* A hosted page. */
struct flutterwave_link {
    struct psp_item item;
    str tx_ref, currency, email, name, phone, redirect_url, meta;
    int64_t amount;
    micros expires; /* 0: never */
    bool is_disabled, is_paid;
};

struct flutterwave_refund {
    struct psp_item item;
    struct flutterwave *flutterwave;
    struct flutterwave_charge *charge;
    int64_t amount;
    const char *status;
    str comments;
    micros created;
};

struct flutterwave_dispute {
    struct psp_item item;
    struct flutterwave_charge *charge;
    int64_t amount;
    const char *status;
    str comment;
    micros created, due;
};

/* What the owner of the account may do, and how the world around him behaves: /sim/account. */
struct flutterwave_account {
    bool charges_cards;       /* was approved for card data of his own */
    bool preauthorizes;       /* was approved for holds */
    bool takes_duplicates;    /* a reference that was used is charged again, as some ways of paying may */
    int64_t settle_ms;        /* until a refund or a bank transfer is settled */
    int64_t transfer_percent; /* of the amount is what payers transfer */
    const char *refunds_become; /* "completed-mpgs", "failed", or "" for what they are */
    int64_t balances[FLUTTERWAVE_CURRENCIES];
};

struct flutterwave {
    struct psp *psp;
    struct flutterwave_account account;
    struct psp_shelf charges, tokens, links, refunds, disputes;
};

static inline struct flutterwave *flutterwave_of(const struct psp_visit *visit) { return visit->psp->state; }

/* --- flutterwave_amount.c --- */

/* The place of a currency among those that it knows; negative when it does not. */
int flutterwave_currency(str currency);
const char *flutterwave_currency_at(int place);

/* "100.5" of a currency in its smallest unit; false for zero, signs, exponents, and more decimals than the currency has. */
bool flutterwave_amount_read(str text, str currency, int64_t *out) MUST_CHECK;

/* As a JSON number without needless zeros: 100, 98.6. */
str flutterwave_amount_text(struct arena *arena, int64_t amount, str currency);

/* --- sim_flutterwave.c --- */

/* {"status":"error","message":…,"data":null} */
void flutterwave_refuse(struct psp_visit *visit, int status, const char *message);
void flutterwave_refuse_early(struct psp_visit *visit, enum psp_refusal why);

/* A kept copy of what was said; STR_NONE without it. */
str flutterwave_kept(struct psp_visit *visit, const struct json *said, const char *path);

/* --- flutterwave_client.c --- */

/* The decrypted JSON of a request's `client`; NULL: it could not be had, and an answer was given. */
const struct json *flutterwave_client_read(struct psp_visit *visit);

/* --- flutterwave_orders.c --- */

/* False: something is missing or wrong, and an answer was given. */
bool flutterwave_has_all(struct psp_visit *visit, const struct json *said, const char *const *names) MUST_CHECK;

/* A charge from what was said, not on the shelf yet: NULL when it cannot be, and an answer was given. */
struct flutterwave_charge *flutterwave_order(struct psp_visit *visit, const struct json *said);

/* As flutterwave_order, but the reference must be a new one. */
struct flutterwave_charge *flutterwave_new_order(struct psp_visit *visit, const struct json *said);

/* Puts a charge on the shelf, as pending: it has its ids and can be found from now on. */
struct flutterwave_charge *flutterwave_begin(struct flutterwave *flutterwave, const struct flutterwave_charge *order);

/* The charge of that reference, the oldest when there are several; by flw_ref; NULL without one. */
struct flutterwave_charge *flutterwave_find_reference(const struct flutterwave *flutterwave, str tx_ref);
struct flutterwave_charge *flutterwave_find_flw(const struct flutterwave *flutterwave, str flw_ref);

/* --- flutterwave_books.c --- */

/* A pending charge is paid, or held; or it is not. `visit` brought it about, NULL: time did. */
void flutterwave_succeed(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge);
void flutterwave_fail(struct flutterwave *flutterwave, struct flutterwave_charge *charge, const char *response);

/* Writes down that money moved, for the charge's reference. */
void flutterwave_enter(struct flutterwave *flutterwave, struct psp_visit *visit, const struct flutterwave_charge *charge,
                       const char *kind, str id, int64_t amount);

/* The merchant's available balance in the charge's currency; it may be changed there. */
int64_t *flutterwave_balance(struct flutterwave *flutterwave, const struct flutterwave_charge *charge);

/* What of a captured amount is kept as the fee. */
int64_t flutterwave_fee(int64_t amount);

/* --- flutterwave_charges.c --- */

/* Charges a card whose holder need not be asked; answers false when his bank declines. */
bool flutterwave_charge_card(struct flutterwave *flutterwave, struct psp_visit *visit, struct flutterwave_charge *charge);

/* --- flutterwave_refunds.c --- */

/* A new refund of a charge, taken from the balance; NULL: it cannot be, and an answer was given. */
struct flutterwave_refund *flutterwave_refund_make(struct psp_visit *visit, struct flutterwave_charge *charge, const char *status);

/* --- flutterwave_objects.c: as JSON --- */

/* Who looks at a charge: some members are for some only. */
enum flutterwave_view {
    FLUTTERWAVE_ANSWERED, /* the answer to a charge */
    FLUTTERWAVE_VERIFIED, /* with the card's token, what is settled, and meta */
    FLUTTERWAVE_LISTED,   /* numbers of objects are texts */
    FLUTTERWAVE_NOTIFIED,
};

void flutterwave_put_charge(struct text *text, const struct flutterwave_charge *charge, enum flutterwave_view view);
void flutterwave_put_refund(struct text *text, const struct flutterwave_refund *refund);
void flutterwave_put_dispute(struct text *text, const struct flutterwave_dispute *dispute);

/* An envelope around data, and what the payer is asked for when `authorization` (JSON) is not STR_NONE. */
void flutterwave_answer(struct psp_visit *visit, const char *message, const struct flutterwave_charge *charge, str authorization);
void flutterwave_answer_data(struct psp_visit *visit, const char *message, str data);

/* Tells the merchant; `data` is JSON. */
void flutterwave_tell(struct flutterwave *flutterwave, const char *event, const char *event_type, str object_id, const char *status,
                      str data);
void flutterwave_tell_charge(struct flutterwave *flutterwave, const struct flutterwave_charge *charge);

/* --- Endpoints, by file --- */

void flutterwave_charge(struct psp_visit *visit);
void flutterwave_charge_token(struct psp_visit *visit);
void flutterwave_update_token(struct psp_visit *visit);
void flutterwave_validate(struct psp_visit *visit);

/* One of the ways that need no card: `type` of the request. */
void flutterwave_charge_otherwise(struct psp_visit *visit, str type);

void flutterwave_capture(struct psp_visit *visit);
void flutterwave_void(struct psp_visit *visit);
void flutterwave_refund_hold(struct psp_visit *visit);

void flutterwave_create_link(struct psp_visit *visit);
void flutterwave_disable_link(struct psp_visit *visit);
void flutterwave_show_link(struct psp_visit *visit);
void flutterwave_use_link(struct psp_visit *visit);
void flutterwave_show_bank(struct psp_visit *visit);
void flutterwave_use_bank(struct psp_visit *visit);

void flutterwave_refund(struct psp_visit *visit);
void flutterwave_get_refund(struct psp_visit *visit);
void flutterwave_answer_dispute(struct psp_visit *visit);

void flutterwave_verify(struct psp_visit *visit);
void flutterwave_verify_reference(struct psp_visit *visit);
void flutterwave_resend(struct psp_visit *visit);
void flutterwave_list_charges(struct psp_visit *visit);
void flutterwave_list_refunds(struct psp_visit *visit);
void flutterwave_list_disputes(struct psp_visit *visit);
void flutterwave_list_balances(struct psp_visit *visit);

/* --- /sim/ --- */

void flutterwave_change_disputes(struct desk_control *control);

#endif
