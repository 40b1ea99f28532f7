/* SPDX-License-Identifier: Apache-2.0 */
/* sim_flutterwave: Flutterwave (v3) in miniature: routes, credentials, refusals, and /sim/account, by which tests say what the merchant
 * may do and how the world behaves. It knows no idempotency keys: a reference is taken once, and a refund as often as it is asked for. */
#include "sim/flutterwave.h"

enum {
    SETTLE_MS = 5000,
    PERCENT_MAX = 200,
    BALANCE_AT_START = 1000 * 1000 * 100,
    RETRY_MS = 30 * 60 * 1000,
};

/* --- Routes --- */

static const char other_charge[] =
    "client public_key tx_ref amount currency email fullname phone_number client_ip device_fingerprint redirect_url narration "
    "is_permanent expires account_bank account_number network voucher order_id country is_token_io bank_transfer_options.* billing_zip "
    "billing_city billing_address billing_state billing_country meta meta.* subaccounts.*";

static const char hosted_page[] =
    "tx_ref amount currency redirect_url payment_options payment_plan session_duration max_retry_attempt customer.email customer.name "
    "customer.phonenumber customer.phone_number customizations.* meta meta.* subaccounts.* link_expiration configurations.*";

static const char tokenized[] =
    "token currency country amount email tx_ref first_name last_name full_name ip narration device_fingerprint preauthorize do_3ds "
    "redirect_url payment_plan subaccounts.* meta meta.*";

static const char listed_charges[] = "from to page customer_email status tx_ref customer_fullname currency";

/* clang-format off */
static const struct psp_route routes[] = {
    { "POST", "/v3/payments",                            flutterwave_create_link,      hosted_page,                  PSP_DOOR_API,  0 },
    { "POST", "/v3/payments/link/disable",               flutterwave_disable_link,     "link",                       PSP_DOOR_API,  0 },
    { "POST", "/v3/charges",                             flutterwave_charge,           other_charge,                 PSP_DOOR_API,  0 },
    { "POST", "/v3/charges/{flw_ref}/capture",           flutterwave_capture,          "amount",                     PSP_DOOR_API,  0 },
    { "POST", "/v3/charges/{flw_ref}/void",              flutterwave_void,             "",                           PSP_DOOR_API,  0 },
    { "POST", "/v3/charges/{flw_ref}/refund",            flutterwave_refund_hold,      "amount",                     PSP_DOOR_API,  0 },
    { "POST", "/v3/validate-charge",                     flutterwave_validate,         "otp flw_ref type",           PSP_DOOR_API,  0 },
    { "POST", "/v3/tokenized-charges",                   flutterwave_charge_token,     tokenized,                    PSP_DOOR_API,  0 },
    { "PUT",  "/v3/tokens/{token}",                      flutterwave_update_token,     NULL,                         PSP_DOOR_API,  0 },
    { "GET",  "/v3/transactions/verify_by_reference",    flutterwave_verify_reference, "tx_ref",                     PSP_DOOR_API,  0 },
    { "GET",  "/v3/transactions/{id}/verify",            flutterwave_verify,           "",                           PSP_DOOR_API,  0 },
    { "GET",  "/v3/transactions",                        flutterwave_list_charges,     listed_charges,               PSP_DOOR_API,  0 },
    { "POST", "/v3/transactions/{id}/refund",            flutterwave_refund,           "amount comments callbackurl", PSP_DOOR_API, 0 },
    { "POST", "/v3/transactions/{id}/resend-hook",       flutterwave_resend,           NULL,                         PSP_DOOR_API,  0 },
    { "GET",  "/v3/refunds",                             flutterwave_list_refunds,     "from to page status currency id", PSP_DOOR_API, 0 },
    { "GET",  "/v3/refunds/{id}",                        flutterwave_get_refund,       "",                           PSP_DOOR_API,  0 },
    { "GET",  "/v3/chargebacks",                         flutterwave_list_disputes,    "flw_ref status from to page currency id", PSP_DOOR_API, 0 },
    { "PUT",  "/v3/chargebacks/{id}",                    flutterwave_answer_dispute,   "action comment",             PSP_DOOR_API,  0 },
    { "GET",  "/v3/balances",                            flutterwave_list_balances,    "",                           PSP_DOOR_API,  0 },
    { "GET",  "/v3/hosted/pay/{link}",                   flutterwave_show_link,        NULL,                         PSP_DOOR_PAGE, 0 },
    { "POST", "/v3/hosted/pay/{link}",                   flutterwave_use_link,         NULL,                         PSP_DOOR_PAGE, 0 },
    { "GET",  "/pay/{flw_ref}",                          flutterwave_show_bank,        NULL,                         PSP_DOOR_PAGE, 0 },
    { "POST", "/pay/{flw_ref}",                          flutterwave_use_bank,         NULL,                         PSP_DOOR_PAGE, 0 },
};
/* clang-format on */

/* --- Credentials and refusals --- */

static bool admits(struct psp_visit *visit)
{
    struct psp_credentials given = psp_credentials_read(visit->arena, &visit->desk.exchange->request);
    visit->account = STR("merchant");
    return given.scheme == PSP_BEARER && str_equal(given.secret, str_of(visit->psp->options.key));
}

void flutterwave_refuse(struct psp_visit *visit, int status, const char *message)
{
    struct text text = text_open(visit->arena, 256);
    json_open_object(&text);
    json_put_str(&text, "status", STR("error"));
    json_put_str(&text, "message", str_of(message));
    json_put_null(&text, "data");
    json_close_object(&text);
    psp_answer_text(visit, status, &text);
}

/* Failing is what the platform's own time-out says: the payment may still go through. */
static const struct {
    int status;
    const char *message;
} early[] = {
    [PSP_NO_SUCH_PATH] = { 404, "Route not found" },
    [PSP_WRONG_METHOD] = { 404, "Route not found" },
    [PSP_UNAUTHORIZED] = { 401, "Invalid authorization key" },
    [PSP_UNREADABLE] = { 400, "Invalid request body" },
    [PSP_RATE_LIMITED] = { 429, "Too many requests" },
    [PSP_KEY_IN_USE] = { 429, "Too many requests" },
    [PSP_KEY_REUSED] = { 429, "Too many requests" },
    [PSP_FAILED] = { 503, "An error occurred. Please contact support" },
};

void flutterwave_refuse_early(struct psp_visit *visit, enum psp_refusal why)
{
    if (why == PSP_UNKNOWN_PARAMETER) {
        str message = arena_format(visit->arena, "Invalid parameter: %.*s is not allowed", STR_FORMAT(visit->culprit));
        flutterwave_refuse(visit, 400, message.bytes);
        return;
    }
    flutterwave_refuse(visit, early[why].status, early[why].message);
}

str flutterwave_kept(struct psp_visit *visit, const struct json *said, const char *path)
{
    return psp_keep(visit->psp, given_text(said, path));
}

/* The secret itself: it covers no byte of the body. */
static void sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now)
{
    (void)body;
    (void)now;
    psp_notice_header(notice, "verif-hash", target->secret);
}

/* --- /sim/account --- */

static void put_account(struct text *text, const struct flutterwave_account *account)
{
    json_put_bool(text, "charges_cards", account->charges_cards);
    json_put_bool(text, "preauthorizes", account->preauthorizes);
    json_put_bool(text, "takes_duplicates", account->takes_duplicates);
    json_put_int(text, "settle_ms", account->settle_ms);
    json_put_int(text, "transfer_percent", account->transfer_percent);
    json_put_str(text, "refunds_become", str_of(account->refunds_become));
    json_name(text, "balances");
    json_open_object(text);
    for (int place = 0; place < FLUTTERWAVE_CURRENCIES; place++) {
        json_put_int(text, flutterwave_currency_at(place), account->balances[place]);
    }
    json_close_object(text);
}

static void show_account(struct desk_control *control)
{
    struct flutterwave *flutterwave = psp_of(control->desk)->state;
    struct text text = text_open(control->arena, 512);
    json_open_object(&text);
    put_account(&text, &flutterwave->account);
    json_close_object(&text);
    desk_control_reply(control, 200, text_str(&text));
}

static bool read_switch(const struct json *body, const char *name, bool *to)
{
    const struct json *value = json_find(body, name);
    if (value == NULL) return true;
    if (json_kind_of(value) != JSON_BOOL) return false;
    *to = json_is_true(value);
    return true;
}

static bool read_balances(const struct json *balances, int64_t *to)
{
    for (struct json_item item = json_first(balances); item.value; item = json_next(item)) {
        int place = flutterwave_currency(item.name);
        if (place < 0 || !json_int64(item.value, &to[place])) return false;
    }
    return true;
}

static bool read_refunds(const struct json *value, struct psp *psp, const char **to)
{
    if (value == NULL) return true;
    if (json_kind_of(value) != JSON_STRING) return false;
    *to = psp_keep(psp, json_string(value)).bytes;
    return true;
}

/* What is wrong; NULL: nothing. */
static const char *read_account(const struct json *body, struct psp *psp, struct flutterwave_account *to)
{
    if (!read_switch(body, "charges_cards", &to->charges_cards)) return "charges_cards is true or false";
    if (!read_switch(body, "preauthorizes", &to->preauthorizes)) return "preauthorizes is true or false";
    if (!read_switch(body, "takes_duplicates", &to->takes_duplicates)) return "takes_duplicates is true or false";
    if (!desk_control_number(json_find(body, "settle_ms"), 0, INT32_MAX, to->settle_ms, &to->settle_ms)) return "settle_ms is a number";
    if (!desk_control_number(json_find(body, "transfer_percent"), 1, PERCENT_MAX, to->transfer_percent, &to->transfer_percent)) {
        return "transfer_percent is a number";
    }
    if (!read_refunds(json_find(body, "refunds_become"), psp, &to->refunds_become)) return "refunds_become is a text";
    if (!read_balances(json_find(body, "balances"), to->balances)) return "balances are numbers by currency";
    return NULL;
}

static void change_account(struct desk_control *control)
{
    struct psp *psp = psp_of(control->desk);
    struct flutterwave *flutterwave = psp->state;
    struct flutterwave_account changed = flutterwave->account;
    const char *problem = read_account(control->body, psp, &changed);
    if (problem != NULL) {
        desk_control_refuse(control, problem);
        return;
    }
    flutterwave->account = changed;
    show_account(control);
}

static const struct desk_control_route controls[] = {
    { "GET", "/sim/account", show_account },
    { "POST", "/sim/account", change_account },
    { "POST", "/sim/chargebacks", flutterwave_change_disputes },
};

/* --- Opening --- */

static void open_flutterwave(struct psp *psp)
{
    struct flutterwave *flutterwave = psp->state;
    flutterwave->psp = psp;
    flutterwave->charges.pool.item_bytes = sizeof(struct flutterwave_charge);
    flutterwave->tokens.pool.item_bytes = sizeof(struct flutterwave_token);
    flutterwave->links.pool.item_bytes = sizeof(struct flutterwave_link);
    flutterwave->refunds.pool.item_bytes = sizeof(struct flutterwave_refund);
    flutterwave->disputes.pool.item_bytes = sizeof(struct flutterwave_dispute);
    flutterwave->account = (struct flutterwave_account){ .charges_cards = true,
                                                         .preauthorizes = true,
                                                         .settle_ms = SETTLE_MS,
                                                         .transfer_percent = 100,
                                                         .refunds_become = "completed-mpgs" };
    for (int i = 0; i < FLUTTERWAVE_CURRENCIES; i++) flutterwave->account.balances[i] = BALANCE_AT_START;
    psp->notices.pace.retry_ms = RETRY_MS;
}

static void close_flutterwave(struct psp *psp)
{
    struct flutterwave *flutterwave = psp->state;
    psp_shelf_close(&flutterwave->charges);
    psp_shelf_close(&flutterwave->tokens);
    psp_shelf_close(&flutterwave->links);
    psp_shelf_close(&flutterwave->refunds);
    psp_shelf_close(&flutterwave->disputes);
}

static void put_book(struct text *text, struct psp *psp)
{
    const struct flutterwave *flutterwave = psp->state;
    json_name(text, "account");
    json_open_object(text);
    put_account(text, &flutterwave->account);
    json_close_object(text);
}

extern const struct psp_trade flutterwave_trade;
const struct psp_trade flutterwave_trade = {
    .name = "flutterwave",
    .everything = "/v3/*",
    .routes = routes,
    .route_count = COUNT_OF(routes),
    .cards = flutterwave_cards,
    .amount_members = "amount charged_amount amount_refunded",
    .currency_members = "currency",
    .id_members = "id flw_ref",
    .state_bytes = sizeof(struct flutterwave),
    .controls = controls,
    .control_count = COUNT_OF(controls),
    .open = open_flutterwave,
    .close = close_flutterwave,
    .admits = admits,
    .refuse = flutterwave_refuse_early,
    .sign = sign,
    .put_book = put_book,
};
