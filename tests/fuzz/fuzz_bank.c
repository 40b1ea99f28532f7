/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor's translator makes of any answer. "Done" needs a whole 200 that says, by yyjson's own reading, the
 * right id, amount and words; "it certainly did not happen" needs a word that the bank has, or its plain text, with the
 * status that goes with it (docs/reference/bank.md). Everything else is unknown, and that is always right. */
#include <string.h>
#include <yyjson.h>

#include "base/moment.h"
#include "fuzz/fuzzing.h"
#include "processor/processor.h"

static struct arena arena;

#define HOLD "auth_550e8400-e29b-41d4-a716-446655440000"
#define CAPTURE "cap_550e8400-e29b-41d4-a716-446655440000"

static const struct processor_call call = {
    .amount = { 5000, { "USD" } },
    .authorization_ref = STR_CONSTANT(HOLD),
    .capture_ref = STR_CONSTANT(CAPTURE),
    .refund_ref = STR_CONSTANT("ref_1"),
    .has_cvv = true,
};

/* What a success must say, by operation. */
static const struct {
    const char *id, *prefix, *status, *parent, *parent_ref;
    bool has_amount;
} successes[OPERATION_KIND_COUNT] = {
    [OPERATION_AUTHORIZE] = { "authorization_id", "auth_", "approved", NULL, NULL, true },
    [OPERATION_CAPTURE] = { "capture_id", "cap_", "captured", "authorization_id", HOLD, true },
    [OPERATION_VOID] = { "void_id", "void_", "voided", "authorization_id", HOLD, false },
    [OPERATION_REFUND] = { "refund_id", "ref_", "refunded", "capture_id", CAPTURE, true },
};

static bool says(yyjson_val *root, const char *name, const char *text) { return yyjson_equals_str(yyjson_obj_get(root, name), text); }

static yyjson_doc *read_independently(str body)
{
    return body.length > 0 ? yyjson_read(body.bytes, body.length, 0) : NULL;
}

static void check_done(enum operation_kind kind, const struct processor_answer *answer, const struct outcome *outcome)
{
    yyjson_doc *doc = read_independently(answer->body);
    yyjson_val *root = yyjson_doc_get_root(doc);
    const char *prefix = successes[kind].prefix;
    INSIST(answer->status == 200 && doc && yyjson_is_obj(root));
    INSIST(strlen(outcome->id.text) >= strlen(prefix) && strncmp(outcome->id.text, prefix, strlen(prefix)) == 0);
    INSIST(says(root, successes[kind].id, outcome->id.text) && says(root, "status", successes[kind].status));
    if (successes[kind].parent) INSIST(says(root, successes[kind].parent, successes[kind].parent_ref));
    if (successes[kind].has_amount) {
        INSIST(yyjson_get_sint(yyjson_obj_get(root, "amount")) == call.amount.minor && says(root, "currency", "USD"));
    }
    if (kind == OPERATION_AUTHORIZE) INSIST(outcome->expires_at > 0);
    yyjson_doc_free(doc);
}

/* A sentence and no markup. */
static bool is_plain(const struct processor_answer *answer)
{
    bool is_status = answer->status == 400 || answer->status == 404 || answer->status == 405;
    return is_status && answer->body.length > 0 && answer->body.bytes[0] != '{' && answer->body.bytes[0] != '<';
}

static const struct {
    const char *word;
    int status;
    enum outcome_kind kind;
    bool kinds[OPERATION_KIND_COUNT]; /* none, authorize, capture, void, refund */
} certain[] = {
    { "insufficient_funds", 402, OUTCOME_DECLINED, { 0, 1, 0, 0, 0 } },
    { "card_expired", 400, OUTCOME_DECLINED, { 0, 1, 0, 0, 0 } },
    { "invalid_cvv", 400, OUTCOME_DECLINED, { 0, 1, 0, 0, 0 } },
    { "invalid_card", 400, OUTCOME_DECLINED, { 0, 1, 0, 0, 0 } },
    { "invalid_amount", 400, OUTCOME_REFUSED, { 0, 1, 0, 0, 0 } },
    { "amount_mismatch", 400, OUTCOME_REFUSED, { 0, 0, 1, 0, 1 } },
    { "authorization_expired", 400, OUTCOME_EXPIRED, { 0, 0, 1, 0, 0 } },
};

/* Declined, refused or expired: nothing has happened, so it has to be the bank's own word. */
static void check_certain(enum operation_kind kind, const struct processor_answer *answer, const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_REFUSED && is_plain(answer)) return;
    yyjson_doc *doc = read_independently(answer->body);
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(certain); i++) {
        bool fits = certain[i].status == answer->status && certain[i].kind == outcome->kind && certain[i].kinds[kind];
        if (fits && says(yyjson_doc_get_root(doc), "error", certain[i].word)) is_known = true;
    }
    INSIST(is_known && doc && (outcome->kind == OUTCOME_DECLINED) == (outcome->category != CATEGORY_NONE));
    yyjson_doc_free(doc);
}

static void check_outcome(enum operation_kind kind, const struct processor_answer *answer, const struct outcome *outcome)
{
    INSIST(memchr(outcome->word, 0, sizeof outcome->word) && memchr(outcome->id.text, 0, sizeof outcome->id.text));
    INSIST(outcome->kind != OUTCOME_NOT_SENT); /* there is an answer */
    if (answer->status != 200 && outcome->kind != OUTCOME_UNKNOWN) INSIST(answer->status >= 400 && answer->status <= 500);
    switch (outcome->kind) {
    case OUTCOME_DONE: check_done(kind, answer, outcome); break;
    case OUTCOME_DECLINED:
    case OUTCOME_REFUSED:
    case OUTCOME_EXPIRED: check_certain(kind, answer, outcome); break;
    default: break;
    }
}

/* Half of a success is none, and nobody else's success is ours. */
static void check_changed(const struct processor *processor, enum operation_kind kind, struct processor_answer answer)
{
    struct outcome outcome;
    struct processor_call other = call;
    other.amount.minor++;
    other.authorization_ref = STR("auth_2");
    other.capture_ref = STR("cap_2");
    processor->operations[kind].read(&arena, &other, &answer, &outcome);
    INSIST(outcome.kind == OUTCOME_MISMATCHED);
    answer.body.length = (size_t)((const char *)memrchr(answer.body.bytes, '}', answer.body.length) - answer.body.bytes);
    processor->operations[kind].read(&arena, &call, &answer, &outcome);
    INSIST(outcome.kind == OUTCOME_UNKNOWN);
}

static void check_found(const struct processor_answer *answer, const struct processor_found *found)
{
    yyjson_doc *doc = read_independently(answer->body);
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (found->kind == FOUND_IT) INSIST(answer->status == 200 && yyjson_get_sint(yyjson_obj_get(root, "amount")) == found->amount.minor);
    if (found->kind == FOUND_ABSENT) INSIST(answer->status == 404 && says(root, "error", "not_found"));
    yyjson_doc_free(doc);
}

/* ---- answers ---- */

/* {"error":"invalid_card","message":...}: chance alone hardly spells a word. */
static str take_refusal(struct input *input)
{
    static const char *const words[] = {
        "insufficient_funds", "card_expired", "invalid_cvv", "invalid_card", "invalid_amount", "amount_mismatch",
        "authorization_expired", "authorization_already_used", "already_captured", "already_voided", "already_refunded",
        "authorization_not_found", "capture_not_found", "internal_error", "not_found", "missing_idempotency_key",
    };
    struct text body = text_open(&arena, 128);
    json_open_object(&body);
    json_put_str(&body, "error", str_of(words[input_below(input, COUNT_OF(words))]));
    json_put_str(&body, "message", input_rest(input));
    json_close_object(&body);
    return text_str(&body);
}

/* What is right, or else something. */
static str take_text(struct input *input, const char *right)
{
    return input_below(input, 8) != 0 ? str_of(right) : input_line(input, '|');
}

/* A success of any kind, with one thing or the other wrong with it. */
static str take_success(struct input *input, enum operation_kind kind)
{
    struct text body = text_open(&arena, 256);
    str id = take_text(input, successes[kind].prefix);
    json_open_object(&body);
    json_put_str(&body, successes[kind].id, arena_format(&arena, "%.*s1", STR_FORMAT(id)));
    json_put_str(&body, "status", take_text(input, successes[kind].status));
    if (successes[kind].parent) json_put_str(&body, successes[kind].parent, take_text(input, successes[kind].parent_ref));
    if (input_below(input, 8) != 0) json_put_int(&body, "amount", call.amount.minor + (input_below(input, 8) == 0));
    json_put_str(&body, "currency", take_text(input, "USD"));
    json_put_str(&body, "expires_at", take_text(input, "2026-03-08T00:00:00Z"));
    json_close_object(&body);
    return text_str(&body);
}

static struct processor_answer take_answer(struct input *input, enum operation_kind kind)
{
    static const int statuses[] = { 200, 400, 402, 404, 405, 500, 201, 202, 204, 301, 401, 403, 409, 422, 429, 501, 502, 503, 504, 0 };
    struct processor_answer answer = { .status = statuses[input_below(input, COUNT_OF(statuses))] };
    unsigned form = input_below(input, 8);
    answer.replayed = form & 1;
    if (form < 4) answer.body = input_rest(input);
    else answer.body = form < 6 ? take_refusal(input) : take_success(input, kind);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    const struct processor *processor = processor_named(STR("bank"));
    (void)input_below(&input, 1); /* the corpus is older than the second processor */
    enum operation_kind kind = (enum operation_kind)(OPERATION_AUTHORIZE + input_below(&input, 4));
    struct processor_answer answer = take_answer(&input, (enum operation_kind)(OPERATION_AUTHORIZE + input_below(&input, 4)));

    struct outcome outcome;
    processor->operations[kind].read(&arena, &call, &answer, &outcome);
    check_outcome(kind, &answer, &outcome);
    if (outcome.kind == OUTCOME_DONE) check_changed(processor, kind, answer);
    if (processor->look_ups[kind].read) {
        struct processor_found found;
        processor->look_ups[kind].read(&arena, &call, &answer, &found);
        check_found(&answer, &found);
    }
    arena_reset(&arena);
    return 0;
}
