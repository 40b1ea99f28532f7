/* SPDX-License-Identifier: Apache-2.0 */
/* sim_stripe: Stripe in miniature, API version 2023-08-16: its routes, its credentials, its keys. */
#include <string.h>

#include "sim/stripe.h"

/* --- What may be given --- */

#define CARD(at) at ".number " at ".exp_month " at ".exp_year " at ".cvc " at ".token "
#define METHOD "payment_method payment_method_data.type payment_method_data.billing_details.* " CARD("payment_method_data.card")
#define CREATE                                                                                           \
    "amount currency automatic_payment_methods.enabled automatic_payment_methods.allow_redirects capture_method confirm "  \
    "confirmation_method customer description error_on_requires_action expand mandate mandate_data.* metadata.* off_session " \
    "payment_method_options.* payment_method_types radar_options.session receipt_email return_url setup_future_usage "     \
    "shipping.* statement_descriptor statement_descriptor_suffix transfer_group use_stripe_sdk " METHOD
#define CONFIRM                                                                                          \
    "capture_method client_secret error_on_requires_action expand mandate mandate_data.* off_session payment_method_options.* " \
    "payment_method_types radar_options.session receipt_email return_url setup_future_usage shipping.* use_stripe_sdk " METHOD
#define UPDATE                                                                                           \
    "amount currency capture_method customer description expand metadata.* payment_method_options.* payment_method_types " \
    "receipt_email setup_future_usage shipping.* statement_descriptor statement_descriptor_suffix transfer_group " METHOD
#define CAPTURE "amount_to_capture expand metadata.* statement_descriptor statement_descriptor_suffix"
#define CUSTOMER                                                                                         \
    "address.* description email expand metadata.* name payment_method phone preferred_locales shipping.* tax_exempt"
#define CREATE_METHOD "billing_details.* customer expand metadata.* type " CARD("card")
#define CREATE_SETUP "confirm customer description expand metadata.* payment_method_types return_url usage use_stripe_sdk " \
                     "payment_method_options.* automatic_payment_methods.* mandate_data.* " METHOD
#define CONFIRM_SETUP "client_secret expand mandate_data.* payment_method_options.* return_url use_stripe_sdk " METHOD
#define REFUND "amount charge currency expand instructions_email metadata.* payment_intent reason"
#define ENDPOINT "api_version connect description enabled_events expand metadata.* url"
#define LIST "created created.gt created.gte created.lt created.lte ending_before expand limit starting_after "
#define SEARCH "expand limit page query"

/* clang-format off */
static const struct psp_route routes[] = {
    { "POST",   "/v1/payment_intents",                     stripe_create_intent,          CREATE,                  PSP_DOOR_API, 0 },
    { "GET",    "/v1/payment_intents",                     stripe_list_intents,           LIST "customer",         PSP_DOOR_API, 0 },
    { "GET",    "/v1/payment_intents/search",              stripe_search_intents,         SEARCH,                  PSP_DOOR_API, 0 },
    { "GET",    "/v1/payment_intents/{intent}",            stripe_get_intent,             "client_secret expand",  PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_intents/{intent}",            stripe_update_intent,          UPDATE,                  PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_intents/{intent}/confirm",    stripe_confirm_intent,         CONFIRM,                 PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_intents/{intent}/capture",    stripe_capture_intent,         CAPTURE,                 PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_intents/{intent}/cancel",     stripe_cancel_intent_asked,    "cancellation_reason expand", PSP_DOOR_API, 0 },
    { "GET",    "/v1/charges",                             stripe_list_charges,           LIST "customer payment_intent transfer_group", PSP_DOOR_API, 0 },
    { "GET",    "/v1/charges/search",                      stripe_search_charges,         SEARCH,                  PSP_DOOR_API, 0 },
    { "GET",    "/v1/charges/{charge}",                    stripe_get_charge,             "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/refunds",                             stripe_create_refund,          REFUND,                  PSP_DOOR_API, 0 },
    { "GET",    "/v1/refunds",                             stripe_list_refunds,           LIST "charge payment_intent", PSP_DOOR_API, 0 },
    { "GET",    "/v1/refunds/{refund}",                    stripe_get_refund,             "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/refunds/{refund}",                    stripe_update_refund,          "expand metadata.*",     PSP_DOOR_API, 0 },
    { "POST",   "/v1/refunds/{refund}/cancel",             stripe_cancel_refund,          "expand",                PSP_DOOR_API, 0 },
    { "GET",    "/v1/disputes",                            stripe_list_disputes,          LIST "charge payment_intent", PSP_DOOR_API, 0 },
    { "GET",    "/v1/disputes/{dispute}",                  stripe_get_dispute,            "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/disputes/{dispute}",                  stripe_update_dispute,         "evidence.* expand metadata.* submit", PSP_DOOR_API, 0 },
    { "POST",   "/v1/disputes/{dispute}/close",            stripe_close_dispute,          "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/customers",                           stripe_create_customer,        CUSTOMER,                PSP_DOOR_API, 0 },
    { "GET",    "/v1/customers",                           stripe_list_customers,         LIST "email",            PSP_DOOR_API, 0 },
    { "GET",    "/v1/customers/search",                    stripe_search_customers,       SEARCH,                  PSP_DOOR_API, 0 },
    { "GET",    "/v1/customers/{customer}",                stripe_get_customer,           "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/customers/{customer}",                stripe_update_customer,        CUSTOMER,                PSP_DOOR_API, 0 },
    { "DELETE", "/v1/customers/{customer}",                stripe_delete_customer,        "",                      PSP_DOOR_API, 0 },
    { "GET",    "/v1/customers/{customer}/payment_methods", stripe_list_customers_methods, LIST "type",            PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_methods",                     stripe_create_method,          CREATE_METHOD,           PSP_DOOR_API, 0 },
    { "GET",    "/v1/payment_methods",                     stripe_list_methods,           LIST "customer type",    PSP_DOOR_API, 0 },
    { "GET",    "/v1/payment_methods/{method}",            stripe_get_method,             "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_methods/{method}/attach",     stripe_attach_method,          "customer expand",       PSP_DOOR_API, 0 },
    { "POST",   "/v1/payment_methods/{method}/detach",     stripe_detach_method,          "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/setup_intents",                       stripe_create_setup,           CREATE_SETUP,            PSP_DOOR_API, 0 },
    { "GET",    "/v1/setup_intents",                       stripe_list_setups,            LIST "attach_to_self customer payment_method", PSP_DOOR_API, 0 },
    { "GET",    "/v1/setup_intents/{setup}",               stripe_get_setup,              "client_secret expand",  PSP_DOOR_API, 0 },
    { "POST",   "/v1/setup_intents/{setup}/confirm",       stripe_confirm_setup,          CONFIRM_SETUP,           PSP_DOOR_API, 0 },
    { "POST",   "/v1/setup_intents/{setup}/cancel",        stripe_cancel_setup,           "cancellation_reason expand", PSP_DOOR_API, 0 },
    { "GET",    "/v1/events",                              stripe_list_events,            LIST "delivery_success type types", PSP_DOOR_API, 0 },
    { "GET",    "/v1/events/{event}",                      stripe_get_event,              "expand",                PSP_DOOR_API, 0 },
    { "POST",   "/v1/webhook_endpoints",                   stripe_create_endpoint,        ENDPOINT,                PSP_DOOR_API, 0 },
    { "GET",    "/v1/webhook_endpoints",                   stripe_list_endpoints,         LIST,                    PSP_DOOR_API, 0 },
    { "GET",    "/v1/webhook_endpoints/{endpoint}",        stripe_get_endpoint,           "expand",                PSP_DOOR_API, 0 },
    { "DELETE", "/v1/webhook_endpoints/{endpoint}",        stripe_delete_endpoint,        "",                      PSP_DOOR_API, 0 },
    { "GET",    "/3d/{intent}",                            stripe_show_page,              NULL,                    PSP_DOOR_PAGE, 0 },
    { "POST",   "/3d/{intent}",                            stripe_take_word,              NULL,                    PSP_DOOR_PAGE, 0 },
};
/* clang-format on */

/* --- Objects --- */

static void put_member(struct text *text, str name, str value)
{
    json_comma(text);
    text_put_json(text, name);
    text_put_char(text, ':');
    text_put_json(text, value);
}

static str merged_metadata(struct psp_visit *visit, str before)
{
    const struct json *old = NULL, *given = given_find(visit->given, "metadata");
    struct text text = text_open(visit->arena, 256);
    if (before.bytes && !body_read(visit->arena, before, &old)) return before;
    json_open_object(&text);
    for (struct json_item item = json_first(old); item.value; item = json_next(item)) {
        const char *name = arena_copy(visit->arena, item.name).bytes;
        if (json_find(given, name) == NULL) put_member(&text, item.name, json_string(item.value));
    }
    for (struct json_item item = json_first(given); item.value; item = json_next(item)) {
        if (json_string(item.value).length > 0) put_member(&text, item.name, json_string(item.value));
    }
    json_close_object(&text);
    return psp_keep(visit->psp, text_str(&text));
}

void stripe_merge_metadata(struct psp_visit *visit, struct stripe_object *object)
{
    const struct json *given = given_find(visit->given, "metadata");
    if (given == NULL) return;
    bool clears = json_kind_of(given) == JSON_STRING;
    object->metadata = clears ? STR_NONE : merged_metadata(visit, object->metadata);
}

void *stripe_make(struct stripe *stripe, struct psp_shelf *shelf, const char *prefix, struct psp_visit *visit)
{
    struct stripe_object *object = psp_shelf_add(shelf, psp_id(stripe->psp, prefix, STRIPE_ID_CHARS));
    object->created = psp_now_seconds(stripe->psp);
    if (visit) stripe_merge_metadata(visit, object);
    return object;
}

str stripe_kept(struct psp_visit *visit, const char *path)
{
    return psp_keep(visit->psp, psp_given(visit, path));
}

/* --- The trade --- */

static void open_stripe(struct psp *psp)
{
    struct stripe *stripe = psp->state;
    stripe->psp = psp;
    stripe->customers.pool.item_bytes = sizeof(struct stripe_customer);
    stripe->methods.pool.item_bytes = sizeof(struct stripe_method);
    stripe->intents.pool.item_bytes = sizeof(struct stripe_intent);
    stripe->charges.pool.item_bytes = sizeof(struct stripe_charge);
    stripe->refunds.pool.item_bytes = sizeof(struct stripe_refund);
    stripe->disputes.pool.item_bytes = sizeof(struct stripe_dispute);
    stripe->setups.pool.item_bytes = sizeof(struct stripe_setup);
    stripe->events.pool.item_bytes = sizeof(struct stripe_event);
    stripe->endpoints.pool.item_bytes = sizeof(struct stripe_endpoint);
}

static void close_stripe(struct psp *psp)
{
    struct stripe *stripe = psp->state;
    struct psp_shelf *shelves[] = { &stripe->customers, &stripe->methods, &stripe->intents, &stripe->charges, &stripe->refunds,
                                    &stripe->disputes,  &stripe->setups,  &stripe->events,  &stripe->endpoints };
    for (size_t i = 0; i < COUNT_OF(shelves); i++) psp_shelf_close(shelves[i]);
}

/* The key as a Bearer's token, or as the name of Basic. */
static bool admits(struct psp_visit *visit)
{
    struct psp_credentials came = psp_credentials_read(visit->arena, &visit->desk.exchange->request);
    str key = came.scheme == PSP_BASIC ? came.name : came.secret;
    visit->account = http_header(&visit->desk.exchange->request, STR("Stripe-Account"));
    return came.scheme != PSP_NO_CREDENTIALS && str_equal_secret(key, str_of(visit->psp->options.key));
}

/* Everything is kept once work has begun, a decline and a 500 too. */
static bool keeps(const struct psp_visit *visit)
{
    int status = visit->desk.answer.status;
    return status != 401 && status != 409 && status != 429;
}

static void replayed(struct psp_visit *visit)
{
    psp_answer_header(visit, "Idempotent-Replayed", STR("true"));
}

static void dress(struct psp_visit *visit)
{
    str version = http_header(&visit->desk.exchange->request, STR("Stripe-Version"));
    psp_answer_header(visit, "Request-Id", arena_format(visit->arena, "req_%llu", (unsigned long long)visit->desk.number));
    psp_answer_header(visit, "Stripe-Version", version.length > 0 ? version : STR(STRIPE_VERSION));
    if (visit->desk.key.length > 0) psp_answer_header(visit, "Idempotency-Key", visit->desk.key);
}

static void change_search(struct desk_control *control)
{
    int64_t lag_ms;
    struct stripe *stripe = psp_of(control->desk)->state;
    if (!desk_control_number(json_find(control->body, "lag_ms"), 0, 3600 * 1000, 0, &lag_ms)) {
        desk_control_refuse(control, "lag_ms is a number");
        return;
    }
    stripe->search_lag = lag_ms * MICROS_PER_MS;
    desk_control_reply(control, 200, STR("{}\n"));
}

static const struct desk_control_route controls[] = {
    { "POST", "/sim/search", change_search },
};

static const char *const card_paths[] = { "card.number", "payment_method_data.card.number", NULL };

const struct psp_trade stripe_trade = {
    .name = "stripe",
    .everything = "/v1/*",
    .routes = routes,
    .route_count = COUNT_OF(routes),
    .cards = stripe_cards,
    .card_paths = card_paths,
    .amount_members = "amount amount_received amount_capturable amount_captured",
    .currency_members = "currency",
    .id_members = "id",
    .reads_forms = true,
    .key_header = "Idempotency-Key",
    .key_kept_hours = 24,
    .state_bytes = sizeof(struct stripe),
    .controls = controls,
    .control_count = COUNT_OF(controls),
    .open = open_stripe,
    .close = close_stripe,
    .admits = admits,
    .refuse = stripe_refuse_early,
    .keeps = keeps,
    .replayed = replayed,
    .dress = dress,
    .sign = stripe_sign,
};
