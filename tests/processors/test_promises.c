/* SPDX-License-Identifier: Apache-2.0 */
/* What every processor promises by being in the list, whoever it is: its record makes sense, its requests can be sent and sent again, and no
 * strange answer is taken for a success. */
#include "base/base_testing.h"

#include <stdio.h>

#include "base/json.h"
#include "processor/holes.h"
#include "processor/processor.h"
#include "processor/span.h"

enum { CURRENCY_LETTERS = 3, EXCHANGES = 2, CALLS = 2 * EXCHANGES };

static const struct processor *const *all;
static size_t all_count;

/* Each pair of each processor, one behind the other. */
struct pair {
    const struct processor *processor;
    enum operation_kind kind;
    const char *way; /* "", "inquire_", "look_up_" */
    processor_ask *ask;
    processor_read *read;             /* NULL: it is a look-up */
    processor_read_found *read_found; /* NULL: it is none */
};

enum { WAYS = 3 };

static struct pair pair_at(size_t number)
{
    const struct processor *processor = all[number / (WAYS * OPERATION_KIND_COUNT)];
    enum operation_kind kind = (enum operation_kind)(number / WAYS % OPERATION_KIND_COUNT);
    struct pair pairs[WAYS] = {
        { processor, kind, "", processor->operations[kind].ask, processor->operations[kind].read, NULL },
        { processor, kind, "inquire_", processor->inquiries[kind].ask, processor->inquiries[kind].read, NULL },
        { processor, kind, "look_up_", processor->look_ups[kind].ask, NULL, processor->look_ups[kind].read },
    };
    return pairs[number % WAYS];
}

/* False behind the last one. Passes over what it cannot. */
static bool next_pair(size_t *number, struct pair *out)
{
    while (*number < all_count * WAYS * OPERATION_KIND_COUNT) {
        *out = pair_at((*number)++);
        if (out->ask) return true;
    }
    return false;
}

#define promise(holds, pair_, words) \
    do {                             \
        if (!(holds)) fail_msg("%s, %s%s: %s", (pair_)->processor->name, (pair_)->way, operation_kind_word((pair_)->kind).bytes, words); \
    } while (0)

/* ---- the record ---- */

static void pairs_are_whole_and_fit_the_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_count * WAYS * OPERATION_KIND_COUNT; i++) {
        struct pair pair = pair_at(i);
        promise((pair.ask != NULL) == (pair.read != NULL || pair.read_found != NULL), &pair, "one half is missing");
    }
    for (size_t i = 0; i < all_count; i++) {
        const struct processor *one = all[i];
        assert_non_null(one->operations[OPERATION_AUTHORIZE].ask);
        assert_int_equal(one->operations[OPERATION_CAPTURE].ask == NULL, one->can.only_sells);
        assert_int_equal(one->operations[OPERATION_VOID].ask == NULL, one->can.only_sells);
        assert_true(!one->can.partial_refund || one->operations[OPERATION_REFUND].ask);
    }
}

/* Doubt is resolved by what the record says: it has to be there. */
static void what_protects_is_there(void **state)
{
    struct pair pair;
    (void)state;
    for (size_t number = 0; next_pair(&number, &pair);) {
        if (pair.read_found || pair.way[0]) continue;
        const struct processor *one = pair.processor;
        enum protection protection = one->protection[pair.kind];
        if (protection == PROTECTED_BY_KEY) promise(one->key_header && one->key_window > 0, &pair, "a key protects it that has no header or no time");
        if (attempt_inquires(protection)) promise(one->inquiries[pair.kind].ask, &pair, "it cannot be inquired about");
    }
}

static void names_and_keys_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_count; i++) {
        const struct processor *one = all[i];
        assert_ptr_equal(processor_named(str_of(one->name)), one); /* nobody before it has that name */
        assert_int_equal(strspn(one->name, "abcdefghijklmnopqrstuvwxyz"), strlen(one->name));
        assert_non_null(one->content_type);
        assert_int_equal(one->token_path != NULL, one->credential == CREDENTIAL_CLIENT);
        assert_int_equal(one->live_key_prefix != NULL, one->test_key_prefix != NULL);
        if (one->live_key_prefix) assert_false(str_starts_with(str_of(one->live_key_prefix), str_of(one->test_key_prefix)));
        if (one->live_key_prefix) assert_false(str_starts_with(str_of(one->test_key_prefix), str_of(one->live_key_prefix)));
        assert_true(!one->live_url || str_starts_with(str_of(one->live_url), STR("https://")));
        assert_true(!one->test_url || str_starts_with(str_of(one->test_url), STR("https://")));
    }
}

static void currencies_are_known_and_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_count; i++) {
        str rest = str_of(all[i]->can.currencies);
        while (rest.length > 0) {
            currency known;
            str code = str_cut(rest, ' ', &rest);
            assert_int_equal(code.length, CURRENCY_LETTERS);
            if (!currency_named(code, &known)) fail_msg("%s: %.*s is no currency", all[i]->name, STR_FORMAT(code));
            if (str_contains(rest, code)) fail_msg("%s: %.*s is named twice", all[i]->name, STR_FORMAT(code));
        }
    }
}

/* ---- what is asked ---- */

/* With all that a merchant may bring, and nothing of it harmless: the exchanges of a payment by card, then those on a page, where there is one. */
static struct processor_call call_of(const struct processor *processor, int number)
{
    str rest, code = processor->can.currencies ? str_cut(str_of(processor->can.currencies), ' ', &rest) : STR("USD");
    struct processor_call call = {
        .amount = { .minor = 5000 }, .authorization_ref = STR("hold/1?&"), .capture_ref = STR("capture/1?&"), .refund_ref = STR("refund/1?&"),
        .reference = STR("9f1c2d3e4a5b6c7d8e9f00112233445566778899aabbccddeeff001122334455"), .exchange = 1 + number % EXCHANGES,
        .previous_ref = STR("before/1?&"), .has_cvv = true, .payment_id = STR("pay_1"), .customer_email = STR("a+b@example.test"),
        .customer_name = STR("\"A\\ & <B>=\""), .description = STR("100 % & more = \"x\"\\"),
        .return_url = STR("https://shop.example.test/back?a=1&b=2"), .on_page = number >= EXCHANGES && processor->can.page != PAGE_NONE,
    };
    assert_true(currency_named(code, &call.amount.currency));
    return call;
}

static bool can_be_sent(const struct processor_request *request)
{
    bool fits = request->path.length > 1 && request->path.bytes[0] == '/';
    for (size_t i = 0; i < request->path.length; i++) fits &= request->path.bytes[i] > ' ' && request->path.bytes[i] < 0x7f;
    return fits && (str_equal(request->method, STR("POST")) || (str_equal(request->method, STR("GET")) && !request->body.bytes));
}

static bool is_form(str body)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%*+&=[]";
    for (size_t i = 0; i < body.length; i++) {
        if (!memchr(plain, body.bytes[i], sizeof plain - 1)) return false;
    }
    return true;
}

/* Once the card is in it, and what is to be encrypted is. A form has nothing that would have to be escaped. */
static bool is_well_formed(struct arena *arena, const struct processor *processor, str body)
{
    static const struct card card = { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 };
    const struct json *root;
    str sent = spans_encrypt(arena, holes_fill(arena, body, &card, processor->body_bytes_padded), "a key of 24 characters..");
    if (str_equal(str_of(processor->content_type), STR("application/json"))) return json_read_up_to(arena, sent, 100, &root) == JSON_FINE;
    return is_form(sent);
}

static void check_request(const struct pair *pair, int number)
{
    struct arena one = { 0 }, other = { 0 };
    struct processor_request request, again;
    struct processor_call call = call_of(pair->processor, number);
    pair->ask(&one, &call, &request);
    pair->ask(&other, &call, &again);
    promise(can_be_sent(&request), pair, "its request cannot be sent");
    promise(str_equal(request.path, again.path) && str_equal(request.body, again.body), pair, "its bytes differ from time to time");
    promise(request.body.length == 0 || is_well_formed(&one, pair->processor, request.body), pair, "a merchant can break its body");
    bool has_card = request.body.bytes && holes_are_in(request.body);
    promise(!has_card || (pair->kind == OPERATION_AUTHORIZE && !pair->way[0] && !call.on_page), pair, "a card goes where none is needed");
    arena_close(&one);
    arena_close(&other);
}

static void requests_can_be_sent_and_sent_again(void **state)
{
    struct pair pair;
    (void)state;
    for (size_t number = 0; next_pair(&number, &pair);) {
        for (int call = 0; call < CALLS; call++) check_request(&pair, call);
    }
}

/* ---- what is made of strange answers ---- */

static const int statuses[] = { 200, 201, 202, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504 };

static const char *const bodies[] = {
    NULL, "", " ", "{}", "[]", "null", "true", "\"success\"", "1e999", "{", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "OK",
    "<html><h1>It works!</h1></html>",
    "{\"status\":\"success\"}", "{\"status\":true}", "{\"status\":\"succeeded\",\"id\":null}", "{\"status\":\"COMPLETED\",\"id\":7}",
    "{\"id\":\"\"}", "{\"id\":\"x\"}", "{\"data\":null}", "{\"data\":{\"status\":\"success\"}}", "{\"data\":[]}",
    "{\"error\":null}", "{\"error\":{}}",
    "{\"amount\":5000,\"currency\":\"USD\"}", "{\"id\":{},\"amount\":[],\"currency\":{},\"status\":[],\"data\":[{}],\"error\":[]}",
};

static bool is_success(enum outcome_kind kind)
{
    return kind == OUTCOME_DONE || kind == OUTCOME_SOLD || kind == OUTCOME_NEXT || kind == OUTCOME_ACTION;
}

static void check_outcome(const struct pair *pair, const struct outcome *outcome, int status)
{
    bool is_certain = outcome->kind == OUTCOME_DECLINED || outcome->kind == OUTCOME_REFUSED || outcome->kind == OUTCOME_ABSENT;
    promise(!is_success(outcome->kind), pair, "an answer that says nothing is taken for a success");
    promise(outcome->kind != OUTCOME_DECLINED, pair, "an answer that says nothing is taken for a decline");
    promise(status < 500 || !is_certain, pair, "a fault of the processor is taken for its last word");
    promise(memchr(outcome->word, 0, sizeof outcome->word), pair, "its word has no end");
}

static void check_answer(const struct pair *pair, int number, int status, const char *body)
{
    struct arena arena = { 0 };
    struct processor_call call = call_of(pair->processor, number);
    struct processor_answer answer = { .status = status, .body = body ? exact_copy(str_of(body)) : STR_NONE };
    struct outcome outcome;
    struct processor_found found;
    if (pair->read) {
        pair->read(&arena, &call, &answer, &outcome);
        check_outcome(pair, &outcome, status);
    } else {
        pair->read_found(&arena, &call, &answer, &found);
        promise(found.kind == FOUND_NOTHING_SURE || (found.kind == FOUND_ABSENT && status < 500), pair, "it finds something where nothing is");
    }
    if (answer.body.bytes) exact_free(answer.body);
    arena_close(&arena);
}

static void no_strange_answer_is_a_success(void **state)
{
    struct pair pair;
    (void)state;
    for (size_t number = 0; next_pair(&number, &pair);) {
        for (size_t i = 0; i < COUNT_OF(statuses) * COUNT_OF(bodies) * CALLS; i++) {
            size_t place = i / CALLS;
            check_answer(&pair, (int)(i % CALLS), statuses[place / COUNT_OF(bodies)], bodies[place % COUNT_OF(bodies)]);
        }
    }
}

int main(void)
{
    all = processor_all(&all_count);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_whole_and_fit_the_record),
        cmocka_unit_test(what_protects_is_there),
        cmocka_unit_test(names_and_keys_are_told_apart),
        cmocka_unit_test(currencies_are_known_and_named_once),
        cmocka_unit_test(requests_can_be_sent_and_sent_again),
        cmocka_unit_test(no_strange_answer_is_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
