/* SPDX-License-Identifier: Apache-2.0 */
/* A whole request of the API, with played flows behind it: answered exactly once; every answer from 400 on is a problem
 * document with a listed code and the request's id (I24); no card number comes back or reaches the flows in a text; and
 * what the flows are asked for is possible. An input is a byte of switches, `METHOD target`, header lines, an empty line
 * and the body. */
#include <yyjson.h>

#include "api/asking.h"
#include "api/fake_flows.h"
#include "api/problem.h"
#include "base/log.h"
#include "domain/card.h"
#include "fuzz/fuzzing.h"

enum { HEADERS_MAX = 20 }; /* with the two usual ones */

enum switches { WITH_USUAL_HEADERS = 1, WITH_BODY = 2, AT_OPERATORS_DOOR = 4, FLOWS_REPLAY = 8 };

static struct asking house;
static struct arena arena;
static size_t answers;

/* ---- the answer ---- */

static str header_of(const struct http_answer *answer, str name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (str_equal(answer->headers[i].name, name)) return answer->headers[i].value;
    }
    return STR_NONE;
}

static str member(yyjson_val *root, const char *name)
{
    yyjson_val *value = yyjson_obj_get(root, name);
    return yyjson_is_str(value) ? (str){ yyjson_get_str(value), yyjson_get_len(value) } : STR_NONE;
}

static void check_problem(const struct http_answer *answer)
{
    yyjson_doc *doc = yyjson_read(answer->body.bytes, answer->body.length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    enum problem_code code = problem_named(member(root, "code"));
    str request_id = member(root, "request_id");
    INSIST(str_equal(answer->content_type, STR("application/problem+json")) && code != PROBLEM_NONE);
    INSIST(problem_kind_of(code)->status == answer->status && yyjson_get_int(yyjson_obj_get(root, "status")) == answer->status);
    INSIST(request_id.length > 0 && str_equal(request_id, header_of(answer, STR("X-Request-Id"))));
    INSIST(yyjson_get_bool(yyjson_obj_get(root, "retryable")) == problem_kind_of(code)->retryable);
    INSIST(member(root, "title").length > 0 && member(root, "type").length > 0 && member(root, "detail").length > 0);
    yyjson_doc_free(doc);
}

/* Pages of ours that show cards for trying. */
static bool is_manual(const struct http_request *request)
{
    return str_equal(request->path, STR("/openapi.json")) || str_equal(request->path, STR("/docs"));
}

static void take_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    answers++;
    INSIST(answer->status >= 200 && answer->status <= 599);
    INSIST(header_of(answer, STR("X-Request-Id")).length > 0);
    for (size_t i = 0; i < answer->header_count; i++) INSIST(!card_is_in(answer->headers[i].value));
    if (answer->status >= 400) check_problem(answer);
    if (!is_manual(&exchange->request)) INSIST(!card_is_in(answer->body));
}

/* ---- what the flows were asked for ---- */

static void check_text(str text, size_t bytes_max) { INSIST(text.length <= bytes_max && !card_is_in(text)); }

static void check_payment(void)
{
    struct card_number number;
    currency named;
    INSIST(money_is_payable(fake.payment.amount) && currency_named(currency_str(&fake.payment.amount.currency), &named));
    INSIST(fake.payment.order_id.length > 0 && fake.payment.customer_id.length > 0);
    check_text(fake.payment.order_id, 255 * 4); /* characters of up to four bytes */
    check_text(fake.payment.customer_id, 255 * 4);
    check_text(fake.payment.description, 500 * 4);
    INSIST(card_number_read(str_of(fake.card.number.digits), &number));
    INSIST(card_expiry_is(fake.card.expiry_month, fake.card.expiry_year));
    INSIST(fake.card.cvv[0] == 0 || card_cvv_is(str_of(fake.card.cvv)));
}

static void check_wishes(void)
{
    bool is_keyed = fake.authorizations + fake.changes > 0;
    INSIST(fake.authorizations + fake.changes + fake.settlements <= 1);
    if (fake.authorizations > 0) check_payment();
    if (is_keyed) INSIST(fake.name.key.length >= 1 && fake.name.key.length <= 255 && !card_is_in(fake.name.key));
    if (is_keyed) INSIST(fake.name.fingerprint.length == HASH_HEX_BYTES);
    if (fake.changes > 0) INSIST(id_is(fake.change.payment_id, STR("pay_")));
}

/* ---- the request ---- */

/* Only what the HTTP reader lets through: no control characters in the head, nothing but visible ones in the target. */
static bool is_clean(str line, unsigned char least)
{
    for (size_t i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.bytes[i];
        if (byte < least || byte == 0x7f) return false;
    }
    return true;
}

static bool take_headers(struct input *input, struct http_request *request, struct http_header *headers)
{
    while (input->left > 0 && request->header_count < HEADERS_MAX) {
        str value, line = input_line(input, '\n');
        if (line.length == 0) break;
        str name = str_cut(line, ':', &value);
        if (!is_clean(line, ' ')) return false;
        headers[request->header_count++] = (struct http_header){ name, str_trim(value) };
    }
    return true;
}

static bool take_request(struct input *input, unsigned switches, struct http_request *request, struct http_header *headers)
{
    headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
    headers[1] = (struct http_header){ STR("Idempotency-Key"), STR("k1") };
    request->headers = headers;
    request->header_count = switches & WITH_USUAL_HEADERS ? 2 : 0;
    str line = input_line(input, '\n');
    request->method = str_cut(line, ' ', &request->target);
    request->path = str_cut(request->target, '?', &request->query);
    if (!is_clean(line, ' ') || request->target.length == 0 || !take_headers(input, request, headers)) return false;
    request->has_body = switches & WITH_BODY;
    if (request->has_body) request->body = input_rest(input);
    return true;
}

static void open_house(void)
{
    log_set_level(LOG_ERROR); /* a line for each request would cost more than the request */
    asking_open(&house, (struct api_options){ .cards = true });
    fake_open();
}

static void ask(struct http_exchange *exchange, unsigned switches)
{
    answers = 0;
    fake.authorizations = fake.changes = fake.settlements = 0;
    fake.reply.replayed = switches & FLOWS_REPLAY;
    if (switches & AT_OPERATORS_DOOR) api_handle_control(house.api, exchange);
    else api_handle(house.api, exchange);
    INSIST(answers == 1 && api_pending(house.api) == 0);
    check_wishes();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_header headers[HEADERS_MAX];
    struct http_exchange exchange = { .arena = &arena, .answer = take_answer };
    struct input input = input_of(data, size);
    unsigned switches = input_byte(&input);
    if (!house.api) open_house();
    if (take_request(&input, switches, &exchange.request, headers)) ask(&exchange, switches);
    arena_reset(&arena);
    return 0;
}
