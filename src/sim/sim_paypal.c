/* SPDX-License-Identifier: Apache-2.0 */
/* sim_paypal: PayPal in miniature: its routes, who may ask, how long its keys are kept. The rest stands in paypal_*.c. */
#include <stdio.h>

#include "sim/paypal.h"

enum {
    TOKEN_SECONDS = 32400,
    HOURS_OF_ORDERS = 6,
    HOURS_OF_PAYMENTS = 45 * 24,
    HOURS_OF_VAULT = 3,
};

static const micros report_lag = 3LL * 3600 * MICROS_PER_SECOND;

/* --- Tokens --- */

static bool is_client(const struct psp_visit *visit)
{
    const struct psp_options *options = &visit->psp->options;
    struct psp_credentials given = psp_credentials_read(visit->arena, &visit->desk.exchange->request);
    return given.scheme == PSP_BASIC && str_equal(given.name, str_of(options->client))
           && str_equal_secret(given.secret, str_of(options->key));
}

static void refuse_token(struct psp_visit *visit, int status, const char *error, const char *description)
{
    struct text text = text_open(visit->arena, 128);
    json_open_object(&text);
    json_put_str(&text, "error", str_of(error));
    json_put_str(&text, "error_description", str_of(description));
    json_close_object(&text);
    psp_answer_text(visit, status, &text);
}

static void give_token(struct psp_visit *visit)
{
    struct psp *psp = visit->psp;
    str token = psp_token_issue(&psp->tokens, &psp->desk.chance, psp_now(psp) + TOKEN_SECONDS * (micros)MICROS_PER_SECOND);
    struct text text = text_open(visit->arena, 256);
    json_open_object(&text);
    json_put_str(&text, "scope", STR("https://uri.paypal.com/services/payments/payment"));
    json_put_str(&text, "access_token", token);
    json_put_str(&text, "token_type", STR("Bearer"));
    json_put_str(&text, "app_id", STR("APP-80W284485P519543T"));
    json_put_int(&text, "expires_in", TOKEN_SECONDS);
    json_close_object(&text);
    visit->keeps_nothing = true;
    psp_answer_text(visit, 200, &text);
}

static void create_token(struct psp_visit *visit)
{
    bool is_known = str_equal(psp_given(visit, "grant_type"), STR("client_credentials"));
    if (!is_client(visit)) refuse_token(visit, 401, "invalid_client", "Client Authentication failed");
    else if (!is_known) refuse_token(visit, 400, "unsupported_grant_type", "Grant Type is NULL or not supported");
    else give_token(visit);
}

/* --- Who asks, and how --- */

static bool has_good_token(const struct psp_visit *visit)
{
    struct psp_credentials given = psp_credentials_read(visit->arena, &visit->desk.exchange->request);
    return given.scheme == PSP_BEARER && psp_token_is_good(&visit->psp->tokens, given.secret, psp_now(visit->psp));
}

/* A POST says that it is JSON, also when it has no body. */
static bool says_its_type(const struct psp_visit *visit)
{
    const struct http_request *request = &visit->desk.exchange->request;
    str type = http_header(request, STR("Content-Type"));
    return !str_equal(request->method, STR("POST")) || str_starts_with(type, STR("application/json"))
           || str_starts_with(type, STR("multipart/"));
}

/* Links in news, which nobody has asked for, lead to where the last caller came. */
static void remember_origin(struct psp_visit *visit)
{
    struct paypal *paypal = paypal_of(visit);
    if (!str_copy_to(psp_url(visit, STR("")), paypal->origin, sizeof paypal->origin)) paypal->origin[0] = '\0';
}

static bool admits(struct psp_visit *visit)
{
    remember_origin(visit);
    visit->account = str_of(visit->psp->options.client);
    return has_good_token(visit) && says_its_type(visit);
}

static void refuse(struct psp_visit *visit, enum psp_refusal why)
{
    if (why == PSP_UNAUTHORIZED && has_good_token(visit)) paypal_refuse(visit, "UNSUPPORTED_MEDIA_TYPE", NULL);
    else paypal_refuse_early(visit, why);
}

static void replayed(struct psp_visit *visit)
{
    if (visit->desk.answer.status == 201) visit->desk.answer.status = 200;
}

static void dress(struct psp_visit *visit)
{
    psp_answer_header(visit, "Paypal-Debug-Id", paypal_debug_id(visit));
}

/* --- Small things --- */

str paypal_kept(struct psp_visit *visit, const char *path)
{
    return psp_keep(visit->psp, psp_given(visit, path));
}

str paypal_draw(struct paypal *paypal, const char *alphabet, size_t length)
{
    char *drawn = arena_take(&paypal->psp->arena, length + 1);
    size_t count = str_of(alphabet).length;
    for (size_t i = 0; i < length; i++) drawn[i] = alphabet[desk_chance_below(&paypal->psp->desk.chance, count)];
    return (str){ drawn, length };
}

str paypal_id(struct paypal *paypal)
{
    return paypal_draw(paypal, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", PAYPAL_ID_CHARS);
}

void paypal_answer_nothing(struct psp_visit *visit)
{
    visit->desk.answer.status = 204;
}

/* --- Opening --- */

static void open_paypal(struct psp *psp)
{
    struct paypal *paypal = psp->state;
    paypal->psp = psp;
    paypal->report_lag = report_lag;
    paypal->orders.pool.item_bytes = sizeof(struct paypal_order);
    paypal->authorizations.pool.item_bytes = sizeof(struct paypal_authorization);
    paypal->captures.pool.item_bytes = sizeof(struct paypal_capture);
    paypal->refunds.pool.item_bytes = sizeof(struct paypal_refund);
    paypal->tokens.pool.item_bytes = sizeof(struct paypal_token);
    paypal->disputes.pool.item_bytes = sizeof(struct paypal_dispute);
    paypal->events.pool.item_bytes = sizeof(struct paypal_event);
    paypal->webhooks.pool.item_bytes = sizeof(struct paypal_webhook);
}

static void close_paypal(struct psp *psp)
{
    struct paypal *paypal = psp->state;
    psp_shelf_close(&paypal->orders);
    psp_shelf_close(&paypal->authorizations);
    psp_shelf_close(&paypal->captures);
    psp_shelf_close(&paypal->refunds);
    psp_shelf_close(&paypal->tokens);
    psp_shelf_close(&paypal->disputes);
    psp_shelf_close(&paypal->events);
    psp_shelf_close(&paypal->webhooks);
    if (paypal->signer) paypal_signer_close(paypal->signer);
}

/* --- The trade --- */

#define ORDERS PSP_DOOR_API, HOURS_OF_ORDERS
#define PAYMENTS PSP_DOOR_API, HOURS_OF_PAYMENTS
#define VAULT PSP_DOOR_API, HOURS_OF_VAULT
#define NO_KEY PSP_DOOR_API, PSP_NO_KEY

/* clang-format off */
static const struct psp_route routes[] = {
    { "POST",   "/v1/oauth2/token",                              create_token,                 NULL, PSP_DOOR_OPEN, PSP_NO_KEY },

    { "POST",   "/v2/checkout/orders",                           paypal_create_order,          NULL, ORDERS },
    { "GET",    "/v2/checkout/orders/{id}",                      paypal_get_order,             NULL, ORDERS },
    { "PATCH",  "/v2/checkout/orders/{id}",                      paypal_patch_order,           NULL, ORDERS },
    { "POST",   "/v2/checkout/orders/{id}/authorize",            paypal_authorize_order,       NULL, ORDERS },
    { "POST",   "/v2/checkout/orders/{id}/capture",              paypal_capture_order,         NULL, ORDERS },

    { "GET",    "/v2/payments/authorizations/{id}",              paypal_get_authorization,     NULL, PAYMENTS },
    { "POST",   "/v2/payments/authorizations/{id}/capture",      paypal_capture_authorization, NULL, PAYMENTS },
    { "POST",   "/v2/payments/authorizations/{id}/reauthorize",  paypal_reauthorize,           NULL, PAYMENTS },
    { "POST",   "/v2/payments/authorizations/{id}/void",         paypal_void_authorization,    NULL, NO_KEY },
    { "GET",    "/v2/payments/captures/{id}",                    paypal_get_capture,           NULL, PAYMENTS },
    { "POST",   "/v2/payments/captures/{id}/refund",             paypal_refund_capture,        NULL, PAYMENTS },
    { "GET",    "/v2/payments/refunds/{id}",                     paypal_get_refund,            NULL, PAYMENTS },

    { "POST",   "/v3/vault/setup-tokens",                        paypal_create_setup_token,    NULL, VAULT },
    { "GET",    "/v3/vault/setup-tokens/{id}",                   paypal_get_setup_token,       NULL, VAULT },
    { "POST",   "/v3/vault/payment-tokens",                      paypal_create_payment_token,  NULL, VAULT },
    { "GET",    "/v3/vault/payment-tokens",                      paypal_list_payment_tokens,   NULL, VAULT },
    { "GET",    "/v3/vault/payment-tokens/{id}",                 paypal_get_payment_token,     NULL, VAULT },
    { "DELETE", "/v3/vault/payment-tokens/{id}",                 paypal_delete_payment_token,  NULL, VAULT },

    { "GET",    "/v1/customer/disputes",                         paypal_list_disputes,         NULL, NO_KEY },
    { "GET",    "/v1/customer/disputes/{id}",                    paypal_get_dispute,           NULL, NO_KEY },
    { "POST",   "/v1/customer/disputes/{id}/accept-claim",       paypal_accept_claim,          NULL, NO_KEY },
    { "POST",   "/v1/customer/disputes/{id}/provide-evidence",   paypal_provide_evidence,      NULL, NO_KEY },

    { "POST",   "/v1/notifications/webhooks",                    paypal_create_webhook,        NULL, NO_KEY },
    { "GET",    "/v1/notifications/webhooks",                    paypal_list_webhooks,         NULL, NO_KEY },
    { "GET",    "/v1/notifications/webhooks/{id}",               paypal_get_webhook,           NULL, NO_KEY },
    { "DELETE", "/v1/notifications/webhooks/{id}",               paypal_delete_webhook,        NULL, NO_KEY },
    { "GET",    "/v1/notifications/webhooks-event-types",        paypal_list_event_types,      NULL, NO_KEY },
    { "GET",    "/v1/notifications/webhooks-events",             paypal_list_events,           NULL, NO_KEY },
    { "GET",    "/v1/notifications/webhooks-events/{id}",        paypal_get_event,             NULL, NO_KEY },
    { "POST",   "/v1/notifications/webhooks-events/{id}/resend", paypal_resend_event,          NULL, NO_KEY },
    { "POST",   "/v1/notifications/verify-webhook-signature",    paypal_verify_signature,      NULL, NO_KEY },
    { "GET",    "/v1/notifications/certs/{id}",                  paypal_get_certificate,       NULL, PSP_DOOR_OPEN, PSP_NO_KEY },

    { "GET",    "/v1/reporting/transactions",                    paypal_list_transactions,     NULL, NO_KEY },
    { "GET",    "/v1/reporting/balances",                        paypal_list_balances,         NULL, NO_KEY },

    { "GET",    "/checkoutnow",                                  paypal_show_page,             NULL, PSP_DOOR_PAGE, PSP_NO_KEY },
    { "POST",   "/checkoutnow",                                  paypal_take_word,             NULL, PSP_DOOR_PAGE, PSP_NO_KEY },
};

/* Those that SCA_WHEN_REQUIRED asks about; the rest is in the holder's name. */
static const struct psp_test_card cards[] = {
    { "4000000000003220", 1, NULL, NULL },
    { NULL,               0, NULL, NULL },
};
/* clang-format on */

static const char *const card_paths[] = { "payment_source.card.number", NULL };

const struct psp_trade paypal_trade = {
    .name = "paypal",
    .everything = "/v*",
    .routes = routes,
    .route_count = COUNT_OF(routes),
    .cards = cards,
    .card_paths = card_paths,
    .amount_members = "value",
    .currency_members = "currency_code",
    .id_members = "id",
    .key_header = "PayPal-Request-Id",
    .key_kept_hours = HOURS_OF_ORDERS,
    .keys_are_each_endpoints_own = true,
    .state_bytes = sizeof(struct paypal),
    .controls = paypal_controls,
    .control_count = COUNT_OF(paypal_controls),
    .open = open_paypal,
    .close = close_paypal,
    .admits = admits,
    .refuse = refuse,
    .replayed = replayed,
    .dress = dress,
    .sign = paypal_sign,
    .put_book = paypal_put_book,
};
