/* SPDX-License-Identifier: Apache-2.0 */
/* paypal_control: what tests may order below /sim/: how the next payments end, disputes, lost tokens; and the payments of the book. */
#include "sim/paypal.h"

enum { AFTER_MS_MAX = 1000 * 1000 * 1000, TIMES_MAX = 1000 * 1000, LAG_MS_MAX = 1000 * 1000 * 1000 };

static void reply_done(struct desk_control *control)
{
    desk_control_reply(control, 200, STR("{}\n"));
}

static struct paypal *of(const struct desk_control *control)
{
    return psp_of(control->desk)->state;
}

static str given(const struct desk_control *control, const char *name)
{
    return json_string(json_find(control->body, name));
}

/* --- How the next ones end --- */

static const char *const kinds[] = { "capture", "refund", "authorization", NULL };
static const char *const statuses[] = { "COMPLETED", "PENDING", "DECLINED", "FAILED", "CANCELLED", "CREATED", "DENIED", NULL };
static const char *const reasons[] = { "ECHECK", "PENDING_REVIEW", "VERIFICATION_REQUIRED", "UNILATERAL", "OTHER", NULL };

static const char *read_plan(const struct desk_control *control, struct paypal_plan *out)
{
    int64_t after_ms;
    *out = (struct paypal_plan){ .kind = word_among(given(control, "kind"), kinds),
                                 .status = word_among(given(control, "status"), statuses),
                                 .reason = word_among(given(control, "reason"), reasons),
                                 .then = word_among(given(control, "then"), statuses) };
    if (out->kind == NULL) return "kind is capture, refund or authorization";
    if (out->status == NULL) return "status is one of the company's";
    if (!desk_control_number(json_find(control->body, "after_ms"), 0, AFTER_MS_MAX, 0, &after_ms)) return "after_ms is a number";
    if (!desk_control_number(json_find(control->body, "times"), 1, TIMES_MAX, 1, &out->times)) return "times is a number, 1 or more";
    out->after = after_ms * MICROS_PER_MS;
    return NULL;
}

/* Plans stay where they are, also those that are used up: what happens later looks at them. */
static void plan_outcome(struct desk_control *control)
{
    struct paypal *paypal = of(control);
    struct paypal_plan plan;
    const char *problem = read_plan(control, &plan);
    if (problem == NULL && paypal->plan_count == PAYPAL_PLANS_MAX) problem = "too many outcomes were ordered";
    if (problem != NULL) {
        desk_control_refuse(control, problem);
        return;
    }
    paypal->plans[paypal->plan_count++] = plan;
    reply_done(control);
}

/* --- Disputes --- */

static const char *const stages[] = { "INQUIRY", "CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION", NULL };
static const char *const outcomes[] = { "RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT",
                                        "CANCELED_BY_BUYER", "ACCEPTED", "DENIED", "NONE", NULL };

static void reply_dispute(struct desk_control *control, const struct paypal_dispute *dispute)
{
    desk_control_reply(control, 200, arena_format(control->arena, "{\"dispute_id\":\"%.*s\"}\n", STR_FORMAT(dispute->item.id)));
}

static void begin_dispute(struct desk_control *control)
{
    struct paypal *paypal = of(control);
    struct paypal_capture *capture = psp_shelf_find(&paypal->captures, given(control, "capture"));
    const char *stage = word_among(given(control, "stage"), stages);
    str reason = given(control, "reason");
    if (capture == NULL) {
        desk_control_refuse(control, "there is no such capture");
        return;
    }
    if (reason.bytes == NULL) reason = STR("MERCHANDISE_OR_SERVICE_NOT_RECEIVED");
    reply_dispute(control, paypal_dispute_begin(paypal, capture, reason, stage ? stage : "INQUIRY"));
}

static void end_dispute(struct desk_control *control)
{
    struct paypal *paypal = of(control);
    struct paypal_dispute *dispute = psp_shelf_find(&paypal->disputes, given(control, "dispute"));
    const char *outcome = word_among(given(control, "outcome"), outcomes);
    if (dispute == NULL || dispute->outcome != NULL || outcome == NULL) {
        desk_control_refuse(control, "there is no such open dispute, or no such outcome");
        return;
    }
    paypal_dispute_end(paypal, NULL, dispute, outcome);
    reply_dispute(control, dispute);
}

static void change_dispute(struct desk_control *control)
{
    if (json_find(control->body, "dispute")) end_dispute(control);
    else begin_dispute(control);
}

/* --- The account and its tokens --- */

static void change_account(struct desk_control *control)
{
    struct paypal *paypal = of(control);
    const struct json *refuses = json_find(control->body, "refuses_equal_invoices");
    int64_t lag_ms;
    if (!desk_control_number(json_find(control->body, "report_lag_ms"), 0, LAG_MS_MAX, paypal->report_lag / MICROS_PER_MS, &lag_ms)) {
        desk_control_refuse(control, "report_lag_ms is a number");
        return;
    }
    if (refuses) paypal->refuses_equal_invoices = json_is_true(refuses);
    paypal->report_lag = lag_ms * MICROS_PER_MS;
    reply_done(control);
}

static void revoke_tokens(struct desk_control *control)
{
    psp_tokens_revoke(&psp_of(control->desk)->tokens);
    reply_done(control);
}

const struct desk_control_route paypal_controls[4] = {
    { "POST", "/sim/outcomes", plan_outcome },
    { "POST", "/sim/disputes", change_dispute },
    { "POST", "/sim/account", change_account },
    { "DELETE", "/sim/tokens", revoke_tokens },
};

/* --- The book --- */

struct sums {
    int64_t authorized, captured, refunded;
};

static struct sums add_up(const struct paypal_order *order)
{
    struct sums sums = { 0 };
    for (const struct paypal_authorization *one = order->authorizations; one; one = one->older) {
        if (!one->renewed_from && !paypal_is(one->status, "DENIED")) sums.authorized += one->amount.minor;
    }
    for (const struct paypal_capture *one = order->captures; one; one = one->older) {
        if (!paypal_has_money(one)) continue;
        sums.captured += one->amount.minor;
        sums.refunded += one->refunded;
    }
    return sums;
}

static void put_payment(struct text *text, const struct paypal_order *order)
{
    struct sums sums = add_up(order);
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "id", order->item.id);
    json_put_str(text, "custom_id", order->custom_id);
    json_put_str(text, "status", str_of(order->status));
    json_put_str(text, "currency", str_of(order->amount.currency));
    json_put_int(text, "amount", order->amount.minor);
    json_put_int(text, "authorized", sums.authorized);
    json_put_int(text, "captured", sums.captured);
    json_put_int(text, "refunded", sums.refunded);
    json_close_object(text);
}

void paypal_put_book(struct text *text, struct psp *psp)
{
    const struct paypal *paypal = psp->state;
    json_name(text, "orders");
    json_open_list(text);
    for (uint32_t i = 1; i <= psp_shelf_count(&paypal->orders); i++) put_payment(text, psp_shelf_at(&paypal->orders, i));
    json_close_list(text);
}
