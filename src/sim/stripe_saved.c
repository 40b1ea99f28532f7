/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_saved: customers, their cards, and setting a card up without a payment. */
#include <string.h>

#include "sim/stripe.h"

enum { MAGIC_EXPIRY_MONTH = 12, MAGIC_EXPIRY_YEAR = 2049, MONTHS = 12 };

/* --- Cards --- */

static void refuse_card(struct psp_visit *visit, const char *why, const char *param)
{
    struct stripe_error error = stripe_decline(why);
    error.decline_code = NULL;
    error.param = stripe_param(visit->arena, str_of(param));
    stripe_refuse(visit, &error);
}

static bool is_cvc(str cvc)
{
    int64_t number;
    str digits = cvc;
    while (digits.length > 1 && digits.bytes[0] == '0') digits = str_from(digits, 1);
    return (cvc.length == 3 || cvc.length == 4) && str_to_int64(digits, 9999, &number);
}

/* "payment_method_data.card" and "number" */
static const char *below(struct psp_visit *visit, const char *path, const char *name)
{
    return arena_format(visit->arena, "%s.%s", path, name).bytes;
}

/* Refused in this order. */
static bool read_card(struct psp_visit *visit, const char *path, struct psp_card *out)
{
    const char *number = below(visit, path, "number"), *month = below(visit, path, "exp_month");
    const char *year = below(visit, path, "exp_year"), *cvc = below(visit, path, "cvc");
    if (psp_given(visit, number).length == 0) stripe_missing(visit, number);
    else if (!psp_visit_card(visit, psp_given(visit, number), out)) refuse_card(visit, "incorrect_number", number);
    else if (!psp_given_int(visit, month, &out->expiry_month)) stripe_missing(visit, month);
    else if (!psp_given_int(visit, year, &out->expiry_year)) stripe_missing(visit, year);
    else if (out->expiry_month < 1 || out->expiry_month > MONTHS) refuse_card(visit, "invalid_expiry_month", month);
    else if (psp_card_is_expired(out, psp_now(visit->psp))) refuse_card(visit, "invalid_expiry_year", year);
    else if (psp_given(visit, cvc).bytes && !is_cvc(psp_given(visit, cvc))) refuse_card(visit, "invalid_cvc", cvc);
    else return true;
    return false;
}

static struct stripe_method *make_method(struct psp_visit *visit, const struct psp_card *card)
{
    struct stripe *stripe = stripe_of(visit);
    struct stripe_method *method = stripe_make(stripe, &stripe->methods, "pm_", NULL);
    method->card = *card;
    if (method->card.expiry_year < 100) method->card.expiry_year += 2000;
    return method;
}

/* A name like "pm_card_visa" is a card of its own each time. NULL: it names none. */
static struct stripe_method *make_magic_method(struct psp_visit *visit, str name)
{
    struct psp_card card;
    const struct psp_test_card *test = psp_test_card_named(stripe_cards, name);
    if (test == NULL || !psp_visit_card(visit, str_of(test->number), &card)) return NULL;
    card.expiry_month = MAGIC_EXPIRY_MONTH;
    card.expiry_year = MAGIC_EXPIRY_YEAR;
    return make_method(visit, &card);
}

/* A token of the browser's library: "tok_visa" is as "pm_card_visa". */
static struct stripe_method *make_token_method(struct psp_visit *visit, const char *path, str token)
{
    str name = arena_format(visit->arena, "pm_card_%.*s", STR_FORMAT(str_from(token, 4)));
    struct stripe_method *method = str_starts_with(token, STR("tok_")) ? make_magic_method(visit, name) : NULL;
    if (method == NULL) stripe_not_found(visit, "token", path, token);
    return method;
}

static struct stripe_method *make_given_method(struct psp_visit *visit, const char *path)
{
    struct psp_card card;
    const char *token_path = below(visit, path, "token");
    str token = psp_given(visit, token_path);
    if (token.length > 0) return make_token_method(visit, token_path, token);
    return read_card(visit, path, &card) ? make_method(visit, &card) : NULL;
}

struct stripe_method *stripe_given_method(struct psp_visit *visit, bool *refused)
{
    str id = psp_given(visit, "payment_method");
    struct stripe_method *method = NULL;
    bool has_data = given_find(visit->given, "payment_method_data") != NULL;
    if (id.length == 0 && !has_data) return NULL;
    if (id.length > 0) {
        method = psp_shelf_find(&stripe_of(visit)->methods, id);
        if (method == NULL) method = make_magic_method(visit, id);
        if (method == NULL) stripe_not_found(visit, "PaymentMethod", "payment_method", id);
    } else {
        method = make_given_method(visit, "payment_method_data.card");
    }
    *refused = method == NULL;
    return method;
}

/* --- Customers --- */

struct stripe_customer *stripe_given_customer(struct psp_visit *visit, bool *refused)
{
    str id = psp_given(visit, "customer");
    if (id.length == 0) return NULL;
    struct stripe_customer *customer = psp_shelf_find(&stripe_of(visit)->customers, id);
    *refused = customer == NULL || customer->is_deleted;
    if (*refused) stripe_not_found(visit, "customer", "customer", id);
    return *refused ? NULL : customer;
}

static struct stripe_customer *named_customer(struct psp_visit *visit, bool may_be_deleted)
{
    struct stripe_customer *customer = psp_shelf_find(&stripe_of(visit)->customers, visit->ids[0]);
    if (customer && (may_be_deleted || !customer->is_deleted)) return customer;
    stripe_not_found(visit, "customer", "id", visit->ids[0]);
    return NULL;
}

static void change_text(struct psp_visit *visit, const char *name, str *text)
{
    str given = psp_given(visit, name);
    if (given.bytes) *text = given.length > 0 ? stripe_kept(visit, name) : STR_NONE;
}

static void change_customer(struct psp_visit *visit, struct stripe_customer *customer)
{
    change_text(visit, "email", &customer->email);
    change_text(visit, "name", &customer->name);
    change_text(visit, "description", &customer->description);
    change_text(visit, "phone", &customer->phone);
}

void stripe_create_customer(struct psp_visit *visit)
{
    struct stripe *stripe = stripe_of(visit);
    bool refused = false;
    struct stripe_method *method = stripe_given_method(visit, &refused);
    if (refused) return;
    struct stripe_customer *customer = stripe_make(stripe, &stripe->customers, "cus_", visit);
    change_customer(visit, customer);
    if (method) method->customer = customer;
    stripe_tell(stripe, visit, "customer.created", stripe_put_customer, customer);
    stripe_answer(visit, stripe_put_customer, customer);
}

void stripe_get_customer(struct psp_visit *visit)
{
    struct stripe_customer *customer = named_customer(visit, true);
    if (customer) stripe_answer(visit, stripe_put_customer, customer);
}

void stripe_update_customer(struct psp_visit *visit)
{
    struct stripe_customer *customer = named_customer(visit, false);
    if (customer == NULL) return;
    change_customer(visit, customer);
    stripe_merge_metadata(visit, &customer->object);
    stripe_answer(visit, stripe_put_customer, customer);
}

void stripe_delete_customer(struct psp_visit *visit)
{
    struct stripe *stripe = stripe_of(visit);
    struct stripe_customer *customer = named_customer(visit, false);
    if (customer == NULL) return;
    customer->is_deleted = true;
    for (uint32_t i = 1; i <= psp_shelf_count(&stripe->methods); i++) {
        struct stripe_method *method = psp_shelf_at(&stripe->methods, i);
        if (method->customer == customer) method->customer = NULL;
    }
    stripe_answer(visit, stripe_put_customer, customer);
}

/* --- Methods --- */

static struct stripe_method *named_method(struct psp_visit *visit)
{
    struct stripe_method *method = psp_shelf_find(&stripe_of(visit)->methods, visit->ids[0]);
    if (method == NULL) method = make_magic_method(visit, visit->ids[0]);
    if (method == NULL) stripe_not_found(visit, "PaymentMethod", "id", visit->ids[0]);
    return method;
}

void stripe_create_method(struct psp_visit *visit)
{
    str type = psp_given(visit, "type");
    if (!str_equal(type, STR("card"))) {
        if (type.length == 0) stripe_missing(visit, "type");
        else stripe_invalid(visit, NULL, STR("type"), "This account takes cards only.");
        return;
    }
    struct stripe_method *method = make_given_method(visit, "card");
    if (method == NULL) return;
    stripe_merge_metadata(visit, &method->object);
    method->name = stripe_kept(visit, "billing_details.name");
    method->email = stripe_kept(visit, "billing_details.email");
    stripe_answer(visit, stripe_put_method, method);
}

void stripe_get_method(struct psp_visit *visit)
{
    struct stripe_method *method = named_method(visit);
    if (method) stripe_answer(visit, stripe_put_method, method);
}

/* A card is asked for nothing when it is attached; those that decline do so then, but for one. */
static const char *refusal_to_attach(const struct stripe_method *method)
{
    const struct psp_test_card *test = method->card.test;
    return test && test->result == STRIPE_DECLINES ? test->word : NULL;
}

void stripe_attach_method(struct psp_visit *visit)
{
    bool refused = false;
    struct stripe_method *method = named_method(visit);
    struct stripe_customer *customer = method ? stripe_given_customer(visit, &refused) : NULL;
    if (method == NULL || refused) return;
    if (customer == NULL) {
        stripe_missing(visit, "customer");
    } else if (method->customer && method->customer != customer) {
        stripe_invalid(visit, NULL, STR_NONE, "The payment method you provided has already been attached to a customer.");
    } else if (refusal_to_attach(method)) {
        struct stripe_error error = stripe_decline(refusal_to_attach(method));
        stripe_refuse(visit, &error);
    } else {
        method->customer = customer;
        stripe_tell(stripe_of(visit), visit, "payment_method.attached", stripe_put_method, method);
        stripe_answer(visit, stripe_put_method, method);
    }
}

void stripe_detach_method(struct psp_visit *visit)
{
    struct stripe_method *method = named_method(visit);
    if (method == NULL) return;
    if (method->customer == NULL) {
        stripe_invalid(visit, NULL, STR_NONE, "The payment method you provided is not attached to a customer: detachment is impossible.");
        return;
    }
    method->customer = NULL;
    stripe_tell(stripe_of(visit), visit, "payment_method.detached", stripe_put_method, method);
    stripe_answer(visit, stripe_put_method, method);
}

/* --- Setting up --- */

static void succeed(struct stripe *stripe, struct psp_visit *visit, struct stripe_setup *setup)
{
    setup->status = "succeeded";
    setup->method->is_set_up = true;
    if (setup->customer) setup->method->customer = setup->customer;
    stripe_tell(stripe, visit, "setup_intent.succeeded", stripe_put_setup, setup);
}

static void fail(struct stripe *stripe, struct psp_visit *visit, struct stripe_setup *setup, struct stripe_error error)
{
    setup->status = "requires_payment_method";
    setup->last_error = error;
    setup->method = NULL;
    stripe_tell(stripe, visit, "setup_intent.setup_failed", stripe_put_setup, setup);
}

void stripe_setup_answered(struct stripe *stripe, struct psp_visit *visit, struct stripe_setup *setup, bool approves)
{
    if (strcmp(setup->status, "requires_action") != 0) return;
    struct stripe_error error = { .status = 402,
                                  .type = "invalid_request_error",
                                  .code = "setup_intent_authentication_failure",
                                  .message = "The provided PaymentMethod has failed authentication." };
    if (approves) succeed(stripe, visit, setup);
    else fail(stripe, visit, setup, error);
}

static bool asks_payer(const struct stripe_method *method)
{
    return stripe_asks_payer(method, false) || (method->card.test && method->card.test->result == STRIPE_ASKS_ONCE);
}

static void confirm(struct psp_visit *visit, struct stripe_setup *setup)
{
    struct stripe *stripe = stripe_of(visit);
    const char *why = refusal_to_attach(setup->method);
    if (why != NULL) {
        struct stripe_error error = stripe_decline(why);
        fail(stripe, visit, setup, error);
        stripe_refuse_with(visit, &error, NULL, setup);
        return;
    }
    if (asks_payer(setup->method)) {
        str path = arena_format(visit->arena, "/3d/%.*s", STR_FORMAT(setup->object.item.id));
        setup->status = "requires_action";
        setup->page = psp_keep(stripe->psp, psp_url(visit, path));
        stripe_tell(stripe, visit, "setup_intent.requires_action", stripe_put_setup, setup);
    } else {
        succeed(stripe, visit, setup);
    }
    stripe_answer(visit, stripe_put_setup, setup);
}

static bool read_setup(struct psp_visit *visit, struct stripe_setup *terms)
{
    bool refused = false;
    struct stripe_customer *customer = stripe_given_customer(visit, &refused);
    struct stripe_method *method = refused ? NULL : stripe_given_method(visit, &refused);
    if (customer) terms->customer = customer;
    if (method) terms->method = method;
    if (psp_given(visit, "return_url").length > 0) terms->return_url = stripe_kept(visit, "return_url");
    return !refused;
}

static struct stripe_setup *make_setup(struct psp_visit *visit, const struct stripe_setup *terms)
{
    struct stripe *stripe = stripe_of(visit);
    struct stripe_setup *setup = stripe_make(stripe, &stripe->setups, "seti_", visit);
    struct stripe_object object = setup->object;
    *setup = *terms;
    setup->object = object;
    str prefix = arena_format(visit->arena, "%.*s_secret_", STR_FORMAT(object.item.id));
    setup->client_secret = psp_id(stripe->psp, prefix.bytes, STRIPE_ID_CHARS);
    setup->description = stripe_kept(visit, "description");
    setup->usage = str_equal(psp_given(visit, "usage"), STR("on_session")) ? "on_session" : "off_session";
    setup->status = setup->method ? "requires_confirmation" : "requires_payment_method";
    stripe_tell(stripe, visit, "setup_intent.created", stripe_put_setup, setup);
    return setup;
}

void stripe_create_setup(struct psp_visit *visit)
{
    struct stripe_setup terms = { .status = "" };
    bool confirms = given_is_true(visit->given, "confirm");
    if (!read_setup(visit, &terms)) return;
    if (confirms && terms.method == NULL) {
        stripe_missing(visit, "payment_method");
        return;
    }
    struct stripe_setup *setup = make_setup(visit, &terms);
    if (confirms) confirm(visit, setup);
    else stripe_answer(visit, stripe_put_setup, setup);
}

static struct stripe_setup *named_setup(struct psp_visit *visit)
{
    struct stripe_setup *setup = psp_shelf_find(&stripe_of(visit)->setups, visit->ids[0]);
    if (setup == NULL) stripe_not_found(visit, "setupintent", "id", visit->ids[0]);
    return setup;
}

static bool is_over(struct psp_visit *visit, const struct stripe_setup *setup)
{
    bool is_open = strcmp(setup->status, "succeeded") != 0 && strcmp(setup->status, "canceled") != 0;
    struct stripe_error error = { .status = 400,
                                  .type = "invalid_request_error",
                                  .code = "setup_intent_unexpected_state",
                                  .message = "The SetupIntent is over already." };
    if (!is_open) stripe_refuse(visit, &error);
    return !is_open;
}

void stripe_confirm_setup(struct psp_visit *visit)
{
    struct stripe_setup *setup = named_setup(visit);
    if (setup == NULL || is_over(visit, setup)) return;
    struct stripe_setup terms = *setup;
    if (!read_setup(visit, &terms)) return;
    if (terms.method == NULL) {
        stripe_missing(visit, "payment_method");
        return;
    }
    *setup = terms;
    confirm(visit, setup);
}

void stripe_cancel_setup(struct psp_visit *visit)
{
    static const char *const reasons[] = { "abandoned", "duplicate", "requested_by_customer", NULL };
    struct stripe_setup *setup = named_setup(visit);
    if (setup == NULL || is_over(visit, setup)) return;
    setup->status = "canceled";
    setup->cancellation_reason = word_among(psp_given(visit, "cancellation_reason"), reasons);
    stripe_tell(stripe_of(visit), visit, "setup_intent.canceled", stripe_put_setup, setup);
    stripe_answer(visit, stripe_put_setup, setup);
}

void stripe_get_setup(struct psp_visit *visit)
{
    struct stripe_setup *setup = named_setup(visit);
    if (setup) stripe_answer(visit, stripe_put_setup, setup);
}
