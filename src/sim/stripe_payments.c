/* SPDX-License-Identifier: Apache-2.0 */
/* stripe_payments: payment intents, from the request to the question that the card is asked.
 *
 *     requires_payment_method ─▶ requires_confirmation ─▶ (requires_action) ─▶ requires_capture ─▶ succeeded
 *               ▲                                                │                   │
 *               ╰──────────────── declined ──────────────────────┴───────▶ canceled ◀╯ */
#include <string.h>

#include "sim/stripe.h"

enum { AMOUNT_LEAST = 50, AMOUNT_MOST = 99999999 };

static const char *const capture_methods[] = { "automatic", "automatic_async", "manual", NULL };
static const char *const usages[] = { "off_session", "on_session", NULL };
static const char *const cancel_reasons[] = { "duplicate", "fraudulent", "requested_by_customer", "abandoned", NULL };

str stripe_operation(struct arena *arena, const struct stripe_object *object)
{
    static const char *const names[] = { "florin_reference", "gateway_refund_id", "gateway_payment_id" };
    const struct json *metadata;
    if (object->metadata.bytes == NULL || !body_read(arena, object->metadata, &metadata)) return STR_NONE;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str value = json_string(json_find(metadata, names[i]));
        if (value.length > 0) return value;
    }
    return STR_NONE;
}

/* --- Amounts --- */

static bool is_in(const char *list, str currency)
{
    return currency.length == 3 && str_contains(str_of(list), currency);
}

/* Three-decimal currencies end in 0; ISK and UGX are sent as if they had decimals, which are 00. */
static bool is_whole_enough(int64_t amount, str currency)
{
    if (is_in("bhd jod kwd omr tnd", currency)) return amount % 10 == 0;
    if (is_in("isk ugx", currency)) return amount % 100 == 0;
    return true;
}

static bool read_amount(struct psp_visit *visit, const char *path, int64_t *out)
{
    str text = psp_given(visit, path);
    if (text.bytes == NULL || text.length == 0) {
        stripe_missing(visit, path);
        return false;
    }
    if (psp_given_int(visit, path, out)) return true;
    str message = arena_format(visit->arena, "Invalid integer: %.*s", STR_FORMAT(text));
    stripe_invalid(visit, "parameter_invalid_integer", str_of(path), message.bytes);
    return false;
}

static bool check_amount(struct psp_visit *visit, int64_t amount, str currency)
{
    if (amount < 1) stripe_invalid(visit, "parameter_invalid_integer", STR("amount"), "This value must be greater than or equal to 1.");
    else if (amount < AMOUNT_LEAST) stripe_invalid(visit, "amount_too_small", STR("amount"), "Amount must be at least 50 cents.");
    else if (amount > AMOUNT_MOST) stripe_invalid(visit, "amount_too_large", STR("amount"), "Amount must be no more than 999,999.99.");
    else if (!is_whole_enough(amount, currency)) stripe_invalid(visit, NULL, STR("amount"), "Invalid amount for this currency.");
    else return true;
    return false;
}

static const char currencies[] =
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve "
    "czk djf dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr "
    "kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen "
    "pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu "
    "uzs vnd vuv wst xaf xcd xof xpf yer zar zmw";

/* Upper case is taken, too. */
static bool read_currency(struct psp_visit *visit, str *out)
{
    str given = psp_given(visit, "currency");
    if (given.length == 0) {
        stripe_missing(visit, "currency");
        return false;
    }
    char *lower = arena_take(visit->arena, given.length + 1);
    for (size_t i = 0; i < given.length; i++) {
        char byte = given.bytes[i];
        lower[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
    *out = psp_keep(visit->psp, str_of(lower));
    if (is_in(currencies, *out)) return true;
    stripe_invalid(visit, NULL, STR("currency"), arena_format(visit->arena, "Invalid currency: %s.", lower).bytes);
    return false;
}

/* --- Words of a request --- */

/* One of a list; absent is NULL. */
static bool read_word(struct psp_visit *visit, const char *path, const char *const *words, const char **out)
{
    str given = psp_given(visit, path);
    *out = given.length > 0 ? word_among(given, words) : NULL;
    if (given.length == 0 || *out != NULL) return true;
    str message = arena_format(visit->arena, "Invalid %s: must be one of those documented.", path);
    stripe_invalid(visit, NULL, str_of(path), message.bytes);
    return false;
}

/* Only cards are simulated. */
static bool check_method_types(struct psp_visit *visit)
{
    const struct json *types = given_find(visit->given, "payment_method_types");
    for (struct json_item item = json_first(types); item.value; item = json_next(item)) {
        if (str_equal(json_string(item.value), STR("card"))) return true;
    }
    if (types == NULL) return true;
    stripe_invalid(visit, "payment_intent_invalid_parameter", STR("payment_method_types"), "This account takes cards only.");
    return false;
}

static bool read_terms(struct psp_visit *visit, struct stripe_intent *terms)
{
    const char *capture_method;
    if (!read_amount(visit, "amount", &terms->amount) || !read_currency(visit, &terms->currency)) return false;
    if (!check_amount(visit, terms->amount, terms->currency) || !check_method_types(visit)) return false;
    if (!read_word(visit, "capture_method", capture_methods, &capture_method)) return false;
    if (!read_word(visit, "setup_future_usage", usages, &terms->setup_future_usage)) return false;
    terms->is_manual = capture_method && strcmp(capture_method, "manual") == 0;
    terms->is_automatic_methods = given_find(visit->given, "payment_method_types") == NULL;
    return true;
}

static bool read_parties(struct psp_visit *visit, struct stripe_intent *terms)
{
    bool refused = false;
    struct stripe_customer *customer = stripe_given_customer(visit, &refused);
    struct stripe_method *method = refused ? NULL : stripe_given_method(visit, &refused);
    if (refused) return false;
    if (customer) terms->customer = customer;
    if (method) terms->method = method;
    if (method == NULL || method->customer == NULL || method->customer == terms->customer) return true;
    stripe_invalid(visit, NULL, STR("payment_method"), "The PaymentMethod belongs to another Customer: supply that one in the request.");
    return false;
}

/* --- Confirming --- */

/* With methods that may redirect it must be known where the payer goes afterwards. */
static bool has_way_back(struct psp_visit *visit, const struct stripe_intent *intent)
{
    bool never_leaves = str_equal(psp_given(visit, "automatic_payment_methods.allow_redirects"), STR("never"));
    if (!intent->is_automatic_methods || intent->return_url.bytes || never_leaves || intent->is_off_session) return true;
    stripe_invalid(visit, NULL, STR("return_url"),
                   "This PaymentIntent is configured to accept payment methods that may redirect your customer: provide a return_url.");
    return false;
}

static void refuse_unasked(struct psp_visit *visit, struct stripe_intent *intent)
{
    struct stripe_error error = stripe_decline("authentication_required");
    intent->status = "requires_payment_method";
    intent->last_error = error;
    stripe_tell(stripe_of(visit), visit, "payment_intent.payment_failed", stripe_put_intent, intent);
    stripe_refuse_with(visit, &error, intent, NULL);
}

static void ask_payer(struct psp_visit *visit, struct stripe_intent *intent)
{
    str path = arena_format(visit->arena, "/3d/%.*s", STR_FORMAT(intent->object.item.id));
    intent->status = "requires_action";
    intent->page = psp_keep(visit->psp, psp_url(visit, path));
    stripe_tell(stripe_of(visit), visit, "payment_intent.requires_action", stripe_put_intent, intent);
    stripe_answer(visit, stripe_put_intent, intent);
}

/* 3-D Secure, whatever the card's bank thinks of it. */
static bool wants_to_ask(const struct psp_visit *visit, const struct stripe_intent *intent)
{
    static const char *const words[] = { "any", "challenge", NULL };
    return !intent->is_off_session && word_among(psp_given(visit, "payment_method_options.card.request_three_d_secure"), words);
}

static void confirm(struct psp_visit *visit, struct stripe_intent *intent)
{
    if (stripe_asks_payer(intent->method, intent->is_off_session) || wants_to_ask(visit, intent)) {
        bool may_not_ask = intent->is_off_session || given_is_true(visit->given, "error_on_requires_action");
        if (may_not_ask) refuse_unasked(visit, intent);
        else ask_payer(visit, intent);
        return;
    }
    struct stripe_error error = stripe_charge(stripe_of(visit), visit, intent, false);
    if (error.status != 0) stripe_refuse_with(visit, &error, intent, NULL);
    else stripe_answer(visit, stripe_put_intent, intent);
}

/* What a confirmation brings with it. */
static bool read_confirmation(struct psp_visit *visit, struct stripe_intent *terms)
{
    str off_session = psp_given(visit, "off_session");
    if (psp_given(visit, "return_url").length > 0) terms->return_url = stripe_kept(visit, "return_url");
    terms->is_off_session = off_session.length > 0 && !str_equal(off_session, STR("false"));
    return has_way_back(visit, terms);
}

void stripe_intent_answered(struct stripe *stripe, struct psp_visit *visit, struct stripe_intent *intent, bool approves)
{
    if (strcmp(intent->status, "requires_action") != 0) return;
    if (approves) {
        (void)stripe_charge(stripe, visit, intent, true);
        return;
    }
    intent->status = "requires_payment_method";
    intent->last_error = (struct stripe_error){ .status = 402,
                                                .type = "invalid_request_error",
                                                .code = "payment_intent_authentication_failure",
                                                .message = "The provided PaymentMethod has failed authentication." };
    stripe_tell(stripe, visit, "payment_intent.payment_failed", stripe_put_intent, intent);
}

/* --- Create --- */

static const char *first_status(const struct stripe_intent *intent)
{
    return intent->method ? "requires_confirmation" : "requires_payment_method";
}

static struct stripe_intent *make_intent(struct psp_visit *visit, const struct stripe_intent *terms)
{
    struct stripe *stripe = stripe_of(visit);
    struct stripe_intent *intent = stripe_make(stripe, &stripe->intents, "pi_", visit);
    struct stripe_object object = intent->object;
    *intent = *terms;
    intent->object = object;
    str prefix = arena_format(visit->arena, "%.*s_secret_", STR_FORMAT(object.item.id));
    intent->client_secret = psp_id(stripe->psp, prefix.bytes, STRIPE_ID_CHARS);
    intent->description = stripe_kept(visit, "description");
    intent->status = first_status(intent);
    psp_visit_note(visit, object.item.id, intent->amount);
    stripe_tell(stripe, visit, "payment_intent.created", stripe_put_intent, intent);
    return intent;
}

void stripe_create_intent(struct psp_visit *visit)
{
    struct stripe_intent terms = { .status = "" };
    bool confirms = given_is_true(visit->given, "confirm");
    if (!read_terms(visit, &terms) || !read_parties(visit, &terms)) return;
    if (confirms && !read_confirmation(visit, &terms)) return;
    if (confirms && terms.method == NULL) {
        stripe_missing(visit, "payment_method");
        return;
    }
    struct stripe_intent *intent = make_intent(visit, &terms);
    if (confirms) confirm(visit, intent);
    else stripe_answer(visit, stripe_put_intent, intent);
}

/* --- Later calls --- */

static struct stripe_intent *named_intent(struct psp_visit *visit)
{
    struct stripe_intent *intent = psp_shelf_find(&stripe_of(visit)->intents, visit->ids[0]);
    if (intent == NULL) stripe_not_found(visit, "payment_intent", "intent", visit->ids[0]);
    else psp_visit_note(visit, visit->ids[0], intent->amount);
    return intent;
}

static bool is_one_of(const char *status, const char *list)
{
    str rest = str_of(list);
    while (rest.length > 0) {
        if (str_equal(str_cut(rest, ' ', &rest), str_of(status))) return true;
    }
    return false;
}

/* Is it in a state in which that can be done? */
static bool allows(struct psp_visit *visit, struct stripe_intent *intent, const char *statuses, const char *verb)
{
    if (is_one_of(intent->status, statuses)) return true;
    str message = arena_format(visit->arena, "You cannot %s this PaymentIntent because it has a status of %s.", verb, intent->status);
    struct stripe_error error = { .status = 400,
                                  .type = "invalid_request_error",
                                  .code = "payment_intent_unexpected_state",
                                  .message = message.bytes };
    stripe_refuse_with(visit, &error, intent, NULL);
    return false;
}

void stripe_get_intent(struct psp_visit *visit)
{
    struct stripe_intent *intent = named_intent(visit);
    if (intent) stripe_answer(visit, stripe_put_intent, intent);
}

void stripe_confirm_intent(struct psp_visit *visit)
{
    struct stripe_intent *intent = named_intent(visit);
    if (intent == NULL) return;
    if (!allows(visit, intent, "requires_payment_method requires_confirmation requires_action", "confirm")) return;
    struct stripe_intent terms = *intent;
    if (!read_parties(visit, &terms) || !read_confirmation(visit, &terms)) return;
    if (terms.method == NULL) {
        stripe_missing(visit, "payment_method");
        return;
    }
    *intent = terms;
    confirm(visit, intent);
}

void stripe_update_intent(struct psp_visit *visit)
{
    struct stripe_intent *intent = named_intent(visit);
    if (intent == NULL) return;
    struct stripe_intent terms = *intent;
    bool changes_amount = given_find(visit->given, "amount") != NULL;
    if (changes_amount && !allows(visit, intent, "requires_payment_method requires_confirmation requires_action", "update")) return;
    if (changes_amount && !(read_amount(visit, "amount", &terms.amount) && check_amount(visit, terms.amount, terms.currency))) return;
    if (!read_parties(visit, &terms)) return;
    *intent = terms;
    if (psp_given(visit, "description").bytes) intent->description = stripe_kept(visit, "description");
    if (is_one_of(intent->status, "requires_payment_method requires_confirmation")) intent->status = first_status(intent);
    stripe_merge_metadata(visit, &intent->object);
    stripe_answer(visit, stripe_put_intent, intent);
}

void stripe_capture_intent(struct psp_visit *visit)
{
    struct stripe_intent *intent = named_intent(visit);
    if (intent == NULL || !allows(visit, intent, "requires_capture", "capture")) return;
    int64_t amount = intent->capturable;
    if (given_find(visit->given, "amount_to_capture") && !read_amount(visit, "amount_to_capture", &amount)) return;
    if (amount < 1) {
        stripe_invalid(visit, "parameter_invalid_integer", STR("amount_to_capture"), "This value must be greater than or equal to 1.");
    } else if (amount > intent->capturable) {
        stripe_invalid(visit, "amount_too_large", STR("amount_to_capture"), "The amount is more than what can be captured.");
    } else {
        stripe_merge_metadata(visit, &intent->object);
        stripe_take(stripe_of(visit), visit, intent, amount);
        stripe_answer(visit, stripe_put_intent, intent);
    }
}

void stripe_cancel_intent_asked(struct psp_visit *visit)
{
    static const char cancelable[] = "requires_payment_method requires_confirmation requires_action requires_capture";
    const char *reason;
    struct stripe_intent *intent = named_intent(visit);
    if (intent == NULL || !read_word(visit, "cancellation_reason", cancel_reasons, &reason)) return;
    if (!allows(visit, intent, cancelable, "cancel")) return;
    stripe_cancel_intent(stripe_of(visit), visit, intent, reason);
    stripe_answer(visit, stripe_put_intent, intent);
}

void stripe_get_charge(struct psp_visit *visit)
{
    const struct stripe_charge *charge = psp_shelf_find(&stripe_of(visit)->charges, visit->ids[0]);
    if (charge == NULL) stripe_not_found(visit, "charge", "id", visit->ids[0]);
    else stripe_answer(visit, stripe_put_charge, charge);
}
