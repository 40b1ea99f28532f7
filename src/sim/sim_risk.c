/* SPDX-License-Identifier: Apache-2.0 */
/* sim_risk: a company that judges payments, in miniature. It says what the payment's metadata asks for, and allows the rest. */
#include "sim/psp.h"

enum { ID_CHARS = 24 };

/* clang-format off */
static const char *const decisions[] = { "allow", "step_up", "review", "deny", NULL };
#define TAKES                                                                                            \
    "stage payment_id amount currency capture order_id processor metadata.* card.brand card.bin card.last4 "   \
    "customer.id customer.email customer.name customer.ip_address"
/* clang-format on */

/* What is told of an assessment; `reason` says by what it was decided. */
static void answer_with(struct psp_visit *visit, const char *decision, const char *reason)
{
    str id = psp_id(visit->psp, "assessment_", ID_CHARS);
    struct text body = text_open(visit->arena, 200);
    json_open_object(&body);
    json_put_str(&body, "id", id);
    json_put_str(&body, "decision", str_of(decision));
    json_put_str(&body, "reason", str_of(reason));
    json_close_object(&body);
    psp_answer_text(visit, 200, &body);
}

static void refuse_request(struct psp_visit *visit, int status, const char *sentence)
{
    struct text body = text_open(visit->arena, 200);
    json_open_object(&body);
    json_put_str(&body, "error", str_of(sentence));
    json_close_object(&body);
    psp_answer_text(visit, status, &body);
}

/* The question is written down: which payment, and whether its money is held. */
static void note(struct psp_visit *visit, bool is_held, int64_t amount)
{
    struct psp *psp = visit->psp;
    str payment = psp_given(visit, "payment_id");
    struct psp_effect effect = { .kind = is_held ? "held" : "new", .id = psp_keep(psp, payment), .operation = psp_keep(psp, payment),
                                 .amount = amount, .currency = psp_keep(psp, psp_given(visit, "currency")) };
    psp_visit_note(visit, payment, amount);
    psp_enter(psp, visit, &effect);
}

static void assess(struct psp_visit *visit)
{
    int64_t amount;
    bool is_held = str_equal(psp_given(visit, "stage"), STR("held")), is_new = str_equal(psp_given(visit, "stage"), STR("new"));
    bool is_whole = psp_given(visit, "payment_id").length > 0 && psp_given(visit, "customer.id").length > 0;
    if (!(is_held || is_new) || !is_whole || !psp_given_int(visit, "amount", &amount)) {
        refuse_request(visit, 422, "stage, payment_id, amount and customer.id are needed");
        return;
    }
    note(visit, is_held, amount);
    str wish = psp_given(visit, is_held ? "metadata.risk_held" : "metadata.risk");
    const char *decision = word_among(wish, decisions);
    answer_with(visit, decision ? decision : "allow", decision ? "as_told" : "nothing_found");
}

static bool admits(struct psp_visit *visit)
{
    str header = http_header(&visit->desk.exchange->request, STR("Authorization"));
    str key = str_starts_with(header, STR("Bearer ")) ? str_from(header, 7) : STR("");
    visit->account = STR("merchant");
    return str_equal_secret(key, str_of(visit->psp->options.key));
}

static void refuse(struct psp_visit *visit, enum psp_refusal why)
{
    static const struct {
        int status;
        const char *sentence;
    } refusals[] = {
        [PSP_NO_SUCH_PATH] = { 404, "there is only POST /v1/assessments" },
        [PSP_WRONG_METHOD] = { 405, "there is only POST /v1/assessments" },
        [PSP_UNAUTHORIZED] = { 401, "the key is not known" },
        [PSP_UNREADABLE] = { 400, "that is no JSON" },
        [PSP_UNKNOWN_PARAMETER] = { 400, "there is a member that is not known" },
        [PSP_KEY_IN_USE] = { 409, "a twin is under way" },
        [PSP_KEY_REUSED] = { 409, "that key was for something else" },
        [PSP_RATE_LIMITED] = { 429, "too many questions" },
        [PSP_FAILED] = { 500, "something went wrong" },
    };
    refuse_request(visit, refusals[why].status, refusals[why].sentence);
}

static const struct psp_route routes[] = {
    { "POST", "/v1/assessments", assess, TAKES, PSP_DOOR_API, PSP_NO_KEY },
};

const struct psp_trade risk_trade = {
    .name = "risk",
    .everything = "/v1/*",
    .routes = routes,
    .route_count = COUNT_OF(routes),
    .admits = admits,
    .refuse = refuse,
};
