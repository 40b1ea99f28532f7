/* SPDX-License-Identifier: Apache-2.0 */
/* sim_paystack: Paystack in miniature: its routes, its credentials, its refusals, its signature, and what tests order of it. It knows no
 * idempotency keys. */
#include "sim/psp_hmac.h"
#include "sim/paystack.h"

/* --- What may be given --- */

#define WISH "email amount currency reference metadata.* "
#define SPLIT "split_code split.* subaccount transaction_charge bearer "
#define EXPIRY "expire_action expire_after_days "
#define INITIALIZE WISH SPLIT "channels callback_url plan invoice_limit label"
#define AUTHORIZATION WISH SPLIT "authorization_code queue"
#define CHARGE                                                                                                       \
    WISH "authorization_code pin birthday device_id bank.* bank_transfer.* mobile_money.* ussd.type eft.provider "   \
         "qr.provider capitec_pay.* card.number card.cvv card.expiry_month card.expiry_year"
#define ADDRESS "address city state zip_code reference"
#define PAGE "page perPage from to "
#define LIST                                                                                                          \
    "use_cursor next previous per_page page from to status source terminal_id virtual_account_number customer_code "  \
    "amount settlement channel subaccount_code split_code"
#define RESOLVE "resolution message refund_amount uploaded_filename evidence"
#define EVIDENCE "customer_email customer_name customer_phone service_details delivery_address delivery_date"

static void show_timeout(struct psp_visit *visit);
static void change_timeout(struct psp_visit *visit);

/* clang-format off */
static const struct psp_route routes[] = {
    { "POST", "/transaction/initialize",                   paystack_initialize,           INITIALIZE,               PSP_DOOR_API, 0 },
    { "GET",  "/transaction/verify/{reference}",           paystack_verify,               "",                       PSP_DOOR_API, 0 },
    { "POST", "/transaction/charge_authorization",         paystack_charge_authorization, AUTHORIZATION,            PSP_DOOR_API, 0 },
    { "POST", "/transaction/partial_debit",                paystack_partial_debit,        "email amount currency reference authorization_code at_least", PSP_DOOR_API, 0 },
    { "GET",  "/transaction",                              paystack_list_charges,         LIST,                     PSP_DOOR_API, 0 },
    { "GET",  "/transaction/{id}",                         paystack_fetch_charge,         "",                       PSP_DOOR_API, 0 },
    { "POST", "/charge",                                   paystack_charge,               CHARGE,                   PSP_DOOR_API, 0 },
    { "POST", "/charge/submit_pin",                        paystack_submit_pin,           "pin reference",          PSP_DOOR_API, 0 },
    { "POST", "/charge/submit_otp",                        paystack_submit_otp,           "otp reference",          PSP_DOOR_API, 0 },
    { "POST", "/charge/submit_phone",                      paystack_submit_phone,         "phone reference",        PSP_DOOR_API, 0 },
    { "POST", "/charge/submit_birthday",                   paystack_submit_birthday,      "birthday reference",     PSP_DOOR_API, 0 },
    { "POST", "/charge/submit_address",                    paystack_submit_address,       ADDRESS,                  PSP_DOOR_API, 0 },
    { "GET",  "/charge/{reference}",                       paystack_check_charge,         "",                       PSP_DOOR_API, 0 },
    { "POST", "/preauthorization/initialize",              paystack_hold_initialize,      WISH SPLIT EXPIRY "callback_url", PSP_DOOR_API, 0 },
    { "POST", "/preauthorization/reserve_authorization",   paystack_hold_reserve,         WISH EXPIRY "authorization_code", PSP_DOOR_API, 0 },
    { "POST", "/preauthorization/capture",                 paystack_hold_capture,         "reference currency amount", PSP_DOOR_API, 0 },
    { "POST", "/preauthorization/release",                 paystack_hold_release,         "reference",              PSP_DOOR_API, 0 },
    { "GET",  "/preauthorization/verify/{reference}",      paystack_hold_verify,          "",                       PSP_DOOR_API, 0 },
    { "GET",  "/preauthorization",                         paystack_hold_list,            PAGE "customer status amount", PSP_DOOR_API, 0 },
    { "POST", "/refund",                                   paystack_create_refund,        "transaction amount currency customer_note merchant_note", PSP_DOOR_API, 0 },
    { "GET",  "/refund",                                   paystack_list_refunds,         PAGE "transaction",       PSP_DOOR_API, 0 },
    { "POST", "/refund/retry_with_customer_details/{id}",  paystack_retry_refund,         "refund_account_details.*", PSP_DOOR_API, 0 },
    { "GET",  "/refund/{id}",                              paystack_fetch_refund,         "",                       PSP_DOOR_API, 0 },
    { "POST", "/customer",                                 paystack_create_customer,      "email first_name last_name phone metadata.*", PSP_DOOR_API, 0 },
    { "POST", "/customer/authorization/deactivate",        paystack_deactivate,           "authorization_code",     PSP_DOOR_API, 0 },
    { "POST", "/customer/deactivate_authorization",        paystack_deactivate,           "authorization_code",     PSP_DOOR_API, 0 },
    { "GET",  "/customer/{code}",                          paystack_fetch_customer,       "",                       PSP_DOOR_API, 0 },
    { "GET",  "/dispute",                                  paystack_list_disputes,        PAGE "status transaction", PSP_DOOR_API, 0 },
    { "GET",  "/dispute/{id}",                             paystack_fetch_dispute,        "",                       PSP_DOOR_API, 0 },
    { "PUT",  "/dispute/{id}/resolve",                     paystack_resolve_dispute,      RESOLVE,                  PSP_DOOR_API, 0 },
    { "POST", "/dispute/{id}/evidence",                    paystack_add_evidence,         EVIDENCE,                 PSP_DOOR_API, 0 },
    { "GET",  "/dispute/{id}/upload_url",                  paystack_upload_url,           "upload_filename",        PSP_DOOR_API, 0 },
    { "GET",  "/integration/payment_session_timeout",      show_timeout,                  "",                       PSP_DOOR_API, 0 },
    { "PUT",  "/integration/payment_session_timeout",      change_timeout,                "timeout",                PSP_DOOR_API, 0 },
    { "GET",  "/checkout/{code}",                          paystack_show_page,            NULL,                     PSP_DOOR_PAGE, 0 },
    { "POST", "/checkout/{code}",                          paystack_take_word,            NULL,                     PSP_DOOR_PAGE, 0 },
};
/* clang-format on */

/* --- Refusals --- */

#define VALIDATION "validation_error"

/* clang-format off */
static const struct {
    int status;
    const char *type, *code, *message, *next_step;
} refusals[] = {
    [PAYSTACK_MISSING_EMAIL]     = { 400, VALIDATION, "missing_params", "Email Address is required", "Provide all required params" },
    [PAYSTACK_INVALID_EMAIL]     = { 400, VALIDATION, "invalid_email_address", "Invalid Email Address Passed", "Ensure that you're passing a valid email address" },
    [PAYSTACK_MISSING]           = { 400, VALIDATION, "missing_params", "Missing required parameter", "Provide all required params" },
    [PAYSTACK_INVALID_AMOUNT]    = { 400, VALIDATION, "invalid_params", "Invalid Amount Sent", "Pass the amount in the subunit, as an integer" },
    [PAYSTACK_AMOUNT_TOO_SMALL]  = { 400, VALIDATION, "invalid_params", "Amount is below the minimum of the currency", "Pass a larger amount" },
    [PAYSTACK_CURRENCY]          = { 403, VALIDATION, "unsupported_currency", "Currency not supported by merchant", "Use a currency that is enabled for your business" },
    [PAYSTACK_INVALID_REFERENCE] = { 400, VALIDATION, "invalid_params", "Invalid characters in transaction reference", "Use letters, digits, -, . and = only" },
    [PAYSTACK_DUPLICATE]         = { 400, VALIDATION, "duplicate_reference", "Duplicate Transaction Reference", "Ensure that the transaction reference is unique" },
    [PAYSTACK_NO_TRANSACTION]    = { 404, VALIDATION, "transaction_not_found", "Transaction reference not found", "Ensure that you're passing a reference of your business" },
    [PAYSTACK_NO_HOLD]           = { 404, VALIDATION, "preauthorization_not_found", "Entity not found", "Ensure that you're passing a reference of your business" },
    [PAYSTACK_NO_REFUND]         = { 404, VALIDATION, "refund_not_found", "Refund not found", "Ensure that you're passing an id of your business" },
    [PAYSTACK_NO_DISPUTE]        = { 404, VALIDATION, "dispute_not_found", "Dispute not found", "Ensure that you're passing an id of your business" },
    [PAYSTACK_NO_CUSTOMER]       = { 404, VALIDATION, "customer_not_found", "Customer not found", "Ensure that you're passing a customer of your business" },
    [PAYSTACK_NO_WAY]            = { 400, VALIDATION, "missing_params", "A payment channel is required", "Provide one of card, bank, ussd, mobile_money, qr or authorization_code" },
    [PAYSTACK_INVALID_CARD]      = { 400, VALIDATION, "invalid_params", "Invalid card details", "Ensure that the card's number, cvv and expiry are right" },
    [PAYSTACK_NO_AUTHORIZATION]  = { 400, VALIDATION, "invalid_params", "Email does not match Authorization code. Authorization may be inactive or belong to a different email. Please confirm.", "Use a reusable authorization with the email that paid" },
    [PAYSTACK_NOT_WAITING]       = { 400, VALIDATION, "invalid_params", "Charge is not waiting for this", "Check the pending charge" },
    [PAYSTACK_HOLD_ZAR_ONLY]     = { 403, VALIDATION, "unsupported_currency", "Preauthorization is not enabled for this currency", "Use ZAR" },
    [PAYSTACK_HOLD_OVER]         = { 400, VALIDATION, "invalid_params", "Preauthorization is not in a state for this", "Verify the preauthorization" },
    [PAYSTACK_CAPTURE_TOO_MUCH]  = { 400, VALIDATION, "invalid_params", "Amount to capture is more than the reserved amount", "Pass at most the reserved amount" },
    [PAYSTACK_INVALID_EXPIRY]    = { 400, VALIDATION, "invalid_params", "Invalid expire_action or expire_after_days", "Pass capture or release, and 1 to 30 days" },
    [PAYSTACK_NOT_PAID]          = { 400, VALIDATION, "invalid_params", "Transaction has not been paid", "Refund only successful transactions" },
    [PAYSTACK_REVERSED]          = { 400, VALIDATION, "transaction_reversed", "Transaction has been fully reversed", "List the refunds of the transaction" },
    [PAYSTACK_REFUND_TOO_MUCH]   = { 400, VALIDATION, "invalid_params", "Refund amount cannot be more than what is left of the transaction", "Pass a smaller amount" },
    [PAYSTACK_REFUND_NEEDS_NOTHING] = { 400, VALIDATION, "invalid_params", "Refund does not need attention", "Fetch the refund" },
    [PAYSTACK_DISPUTE_OVER]      = { 400, VALIDATION, "invalid_params", "Dispute has been resolved", "Fetch the dispute" },
    [PAYSTACK_INVALID_RESOLUTION] = { 400, VALIDATION, "invalid_params", "Invalid resolution", "Pass merchant-accepted or declined" },
    [PAYSTACK_INVALID_TIMEOUT]   = { 400, VALIDATION, "invalid_params", "Timeout is a number of seconds", "Pass 0 or more" },
    [PAYSTACK_UNKNOWN_MEMBER]    = { 400, VALIDATION, "invalid_params", "Unknown parameter", "Remove it" },
    [PAYSTACK_UNREADABLE]        = { 400, VALIDATION, "invalid_params", "The body cannot be read", "Send JSON" },
    [PAYSTACK_INVALID_KEY]       = { 401, VALIDATION, "invalid_Key", "Invalid key", "Ensure that you provide the correct authorization key for the request" },
    [PAYSTACK_NO_PATH]           = { 404, VALIDATION, "route_not_found", "Requested path not found", "Check the path and the method" },
    [PAYSTACK_TOO_MANY]          = { 429, "api_error", "rate_limited", "Too many requests", "Wait, then try again" },
    [PAYSTACK_BROKEN]            = { 500, "api_error", "unknown", "An error occurred", "Verify the transaction before you try again" },
};
/* clang-format on */

static void refuse_with(struct psp_visit *visit, enum paystack_error error, str message)
{
    struct text text = text_open(visit->arena, 512);
    json_open_object(&text);
    json_put_bool(&text, "status", false);
    json_put_str(&text, "message", message);
    json_name(&text, "meta");
    json_open_object(&text);
    json_put_str(&text, "nextStep", str_of(refusals[error].next_step));
    json_close_object(&text);
    json_put_str(&text, "type", str_of(refusals[error].type));
    json_put_str(&text, "code", str_of(refusals[error].code));
    json_close_object(&text);
    psp_answer_text(visit, refusals[error].status, &text);
}

void paystack_refuse(struct psp_visit *visit, enum paystack_error error)
{
    refuse_with(visit, error, str_of(refusals[error].message));
}

void paystack_miss(struct psp_visit *visit, const char *name)
{
    refuse_with(visit, PAYSTACK_MISSING, arena_format(visit->arena, "%s is required", name));
}

static void refuse_early(struct psp_visit *visit, enum psp_refusal why)
{
    static const enum paystack_error errors[] = {
        [PSP_FINE] = PAYSTACK_BROKEN,
        [PSP_NO_SUCH_PATH] = PAYSTACK_NO_PATH,
        [PSP_WRONG_METHOD] = PAYSTACK_NO_PATH,
        [PSP_UNAUTHORIZED] = PAYSTACK_INVALID_KEY,
        [PSP_UNREADABLE] = PAYSTACK_UNREADABLE,
        [PSP_UNKNOWN_PARAMETER] = PAYSTACK_UNKNOWN_MEMBER,
        [PSP_KEY_IN_USE] = PAYSTACK_BROKEN,
        [PSP_KEY_REUSED] = PAYSTACK_BROKEN,
        [PSP_RATE_LIMITED] = PAYSTACK_TOO_MANY,
        [PSP_FAILED] = PAYSTACK_BROKEN,
    };
    if (why == PSP_UNKNOWN_PARAMETER) {
        refuse_with(visit, PAYSTACK_UNKNOWN_MEMBER, arena_format(visit->arena, "Unknown parameter %.*s", STR_FORMAT(visit->culprit)));
    } else {
        paystack_refuse(visit, errors[why]);
    }
}

/* --- How long a page lives --- */

static void show_timeout(struct psp_visit *visit)
{
    struct text data = text_open(visit->arena, 64);
    json_open_object(&data);
    json_put_int(&data, "payment_session_timeout", paystack_of(visit)->session_seconds);
    json_close_object(&data);
    paystack_answer_raw(visit, "Payment session timeout retrieved", text_str(&data));
}

static void change_timeout(struct psp_visit *visit)
{
    int64_t seconds;
    if (!psp_given_int(visit, "timeout", &seconds) || seconds < 0) {
        paystack_refuse(visit, PAYSTACK_INVALID_TIMEOUT);
        return;
    }
    paystack_of(visit)->session_seconds = seconds;
    show_timeout(visit);
}

/* --- What tests order --- */

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* {"asks": "pin address", "says": "Do Not Honor", "pends_ms": 5000, "has": 15000, "times": 1}; {} ends it. */
static void order_issuers(struct desk_control *control)
{
    struct psp *psp = psp_of(control->desk);
    const struct json *body = control->body;
    struct paystack_issuer issuer = { .asks = psp_keep(psp, json_string(json_find(body, "asks"))),
                                      .says = psp_keep(psp, json_string(json_find(body, "says"))) };
    int64_t usual = json_length(body) > 0 ? 1 : 0;
    bool is_right = desk_control_number(json_find(body, "pends_ms"), 0, day_ms, 0, &issuer.pends_ms)
                    && desk_control_number(json_find(body, "has"), 0, INT64_MAX, -1, &issuer.has)
                    && desk_control_number(json_find(body, "times"), 0, INT32_MAX, usual, &issuer.left);
    if (!is_right) {
        desk_control_refuse(control, "pends_ms, has and times are numbers");
        return;
    }
    if (json_find(body, "times") && issuer.left == 0) issuer.left = -1;
    paystack_in(psp)->issuer = issuer;
    desk_control_reply(control, 200, STR("{}\n"));
}

/* {"processing_ms": 1000, "processed_ms": 2000}: how long refunds take. */
static void pace_refunds(struct desk_control *control)
{
    struct paystack *paystack = paystack_in(psp_of(control->desk));
    int64_t processing, processed;
    bool is_right =
        desk_control_number(json_find(control->body, "processing_ms"), 0, day_ms, paystack->refund_ms[0], &processing)
        && desk_control_number(json_find(control->body, "processed_ms"), 0, day_ms, paystack->refund_ms[1], &processed);
    if (!is_right) {
        desk_control_refuse(control, "processing_ms and processed_ms are numbers");
        return;
    }
    paystack->refund_ms[0] = processing;
    paystack->refund_ms[1] = processed;
    desk_control_reply(control, 200, STR("{}\n"));
}

static const struct desk_control_route controls[] = {
    { "POST", "/sim/issuers", order_issuers },
    { "POST", "/sim/refunds", pace_refunds },
    { "POST", "/sim/disputes", paystack_open_dispute },
};

/* --- Faults: everybody's without those of keys, and its older way to know nothing --- */

enum { SAYS_OLD_NOT_FOUND = PSP_SAYS_OWN, Y = 1, N = 0 };

/* clang-format off */
static const struct desk_fault_kind kinds[] = {
    /* name               acts keeps replays blind  says                   sends                                        */
    { "fail",              N,   N,    N,      N, DESK_SAYS_CHAOS,       DESK_SENDS_WHOLE,     "500 by chance" },
    { "refuse_500",        N,   N,    N,      N, PSP_SAYS_FAILED,       DESK_SENDS_WHOLE,     "500, not done" },
    { "act_then_500",      Y,   N,    N,      N, PSP_SAYS_FAILED,       DESK_SENDS_WHOLE,     "done, but says 500" },
    { "act_then_hang_up",  Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NO_BYTE,   "done, no answer" },
    { "hang_up",           N,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NO_BYTE,   "not done, no answer" },
    { "hang_up_halfway",   Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_HALF,      "half the answer's bytes" },
    { "truncate",          Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_TRUNCATED, "half the answer's body" },
    { "late",              Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_LATE,      "acts, answers after latency_ms" },
    { "slow",              Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_WHOLE,     "sleeps latency_ms, then acts" },
    { "silence",           N,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NEVER,     "not done, no answer for a minute" },
    { "act_then_silence",  Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_NEVER,     "done, no answer for a minute" },
    { "twice",             Y,   N,    N,      N, DESK_SAYS_TRUTH,       DESK_SENDS_TWICE,     "the answer two times" },
    { "rate_limited",      N,   N,    N,      N, PSP_SAYS_RATE_LIMITED, DESK_SENDS_WHOLE,     "429, not done" },
    { "wrong_amount",      Y,   N,    N,      N, PSP_SAYS_WRONG_AMOUNT, DESK_SENDS_WHOLE,     "done, and another amount told" },
    { "wrong_currency",    Y,   N,    N,      N, PSP_SAYS_WRONG_CURRENCY, DESK_SENDS_WHOLE,   "done, and another currency told" },
    { "wrong_id",          Y,   N,    N,      N, PSP_SAYS_WRONG_ID,     DESK_SENDS_WHOLE,     "done, and another id told" },
    { "garbage",           Y,   N,    N,      N, DESK_SAYS_GARBAGE,     DESK_SENDS_WHOLE,     "200, not JSON" },
    { "html_502",          N,   N,    N,      N, DESK_SAYS_HTML,        DESK_SENDS_WHOLE,     "502 of a proxy, not done" },
    { "act_then_502",      Y,   N,    N,      N, DESK_SAYS_HTML,        DESK_SENDS_WHOLE,     "502 of a proxy, but done" },
    { "plain_400",         N,   N,    N,      N, DESK_SAYS_PLAIN,       DESK_SENDS_WHOLE,     "400 in plain text, not done" },
    { "empty_200",         Y,   N,    N,      N, DESK_SAYS_NOTHING,     DESK_SENDS_WHOLE,     "200 without a body" },
    { "huge",              Y,   N,    N,      N, DESK_SAYS_MUCH,        DESK_SENDS_WHOLE,     "the answer with 2 MiB more" },
    { "old_not_found",     Y,   N,    N,      N, SAYS_OLD_NOT_FOUND,    DESK_SENDS_WHOLE,     "what is not found is a 400" },
    { NULL,                N,   N,    N,      N, 0,                     DESK_SENDS_WHOLE,     NULL },
};
/* clang-format on */

static void disguise(struct psp_visit *visit)
{
    if (visit->desk.answer.status == 404) visit->desk.answer.status = 400;
}

/* --- The trade --- */

static void open_paystack(struct psp *psp)
{
    enum { PROCESSING_MS = 1000, PROCESSED_MS = 2000 };
    struct paystack *paystack = psp->state;
    paystack->psp = psp;
    paystack->refund_ms[0] = PROCESSING_MS;
    paystack->refund_ms[1] = PROCESSED_MS;
    paystack->customers.pool.item_bytes = sizeof(struct paystack_customer);
    paystack->saved.pool.item_bytes = sizeof(struct paystack_saved);
    paystack->charges.pool.item_bytes = sizeof(struct paystack_charge);
    paystack->refunds.pool.item_bytes = sizeof(struct paystack_refund);
    paystack->disputes.pool.item_bytes = sizeof(struct paystack_dispute);
}

static void close_paystack(struct psp *psp)
{
    struct paystack *paystack = psp->state;
    struct psp_shelf *shelves[] = { &paystack->customers, &paystack->saved, &paystack->charges, &paystack->refunds,
                                    &paystack->disputes };
    for (size_t i = 0; i < COUNT_OF(shelves); i++) psp_shelf_close(shelves[i]);
}

static bool admits(struct psp_visit *visit)
{
    struct psp_credentials came = psp_credentials_read(visit->arena, &visit->desk.exchange->request);
    return came.scheme == PSP_BEARER && str_equal_secret(came.secret, str_of(visit->psp->options.key));
}

/* News are signed with the key of the API itself: there is no other secret. */
static void sign(struct psp_notice *notice, const struct psp_target *target, str body, micros now)
{
    str key = str_of(psp_of(notice->notices->desk)->options.key);
    (void)target;
    (void)now;
    psp_notice_header(notice, "x-paystack-signature", psp_hmac_sha512_hex(psp_notice_arena(notice), key, &body, 1));
}

static const char *const card_paths[] = { "card.number", NULL };

const struct psp_trade paystack_trade = {
    .name = "paystack",
    .everything = "/*",
    .routes = routes,
    .route_count = COUNT_OF(routes),
    .kinds = kinds,
    .cards = paystack_cards,
    .card_paths = card_paths,
    .amount_members = "amount requested_amount captured_amount",
    .currency_members = "currency",
    .id_members = "id",
    .state_bytes = sizeof(struct paystack),
    .controls = controls,
    .control_count = COUNT_OF(controls),
    .open = open_paystack,
    .close = close_paystack,
    .admits = admits,
    .refuse = refuse_early,
    .sign = sign,
    .disguise = disguise,
};
