/* SPDX-License-Identifier: Apache-2.0 */
/* merchants: what they ask. What they are told is in hearing.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/hearing.h"
#include "simulation/simulation.h"

#define OPERATORS_PATIENCE (INT64_C(60) * MICROS_PER_SECOND)

/* ---- one request ---- */

static struct request *request_take(struct simulation *sim, enum question question)
{
    struct merchants *merchants = &sim->merchants;
    struct request *request = calloc(1, sizeof *request);
    INSIST(request);
    request->question = question;
    request->number = ++merchants->requests;
    request->next = merchants->under_way;
    if (request->next) request->next->link = &request->next;
    request->link = &merchants->under_way;
    merchants->under_way = request;
    merchants->under_way_count++;
    request->exchange.arena = &request->arena;
    request->exchange.answer = hearing_answer;
    request->exchange.request.headers = request->headers;
    return request;
}

void request_forget(struct simulation *sim, struct request *request)
{
    *request->link = request->next;
    if (request->next) request->next->link = request->link;
    sim->merchants.under_way_count--;
    arena_close(&request->arena);
    free(request);
}

static void add_header(struct request *request, const char *name, str value)
{
    struct http_request *http = &request->exchange.request;
    INSIST(http->header_count < REQUEST_HEADERS_MAX);
    request->headers[http->header_count++] = (struct http_header){ str_of(name), value };
}

typedef void door_of_api(void *api, struct http_exchange *exchange);

struct knock {
    struct simulation *sim;
    struct request *request;
    door_of_api *door;
};

static void knock(void *context)
{
    struct knock *at = context;
    at->door(at->sim->gateway.api, &at->request->exchange);
}

/* The request may be answered, and gone, when this returns. */
static void send_to(struct simulation *sim, struct request *request, door_of_api *door, const char *method, str target, str body)
{
    struct http_request *http = &request->exchange.request;
    http->method = str_of(method);
    http->target = target;
    http->path = str_cut(target, '?', &http->query);
    if (http->path.length == target.length) http->query = STR_NONE;
    http->body = body;
    http->has_body = body.bytes != NULL;
    http->received_at = fake_world_clock(sim->world);
    add_header(request, "Host", STR("127.0.0.1:8080"));
    if (body.length > 0) add_header(request, "Content-Type", STR("application/json"));
    trace_format("asks", "#%lld %s %.*s %.*s", (long long)request->number, method, STR_FORMAT(target), STR_FORMAT(body));
    (void)gateway_enter(sim, knock, &(struct knock){ sim, request, door });
}

/* Nobody listens: the connection is refused and the merchant knows that nothing was asked. */
static bool is_listening(const struct simulation *sim) { return sim->gateway.is_up; }

/* ---- wishes ---- */

/* Also the last part of the path. */
static const char *const wish_words[WISH_COUNT] = {
    [WISH_AUTHORIZE] = "authorize",
    [WISH_CAPTURE] = "capture",
    [WISH_VOID] = "void",
    [WISH_REFUND] = "refund",
};

const char *wish_word(enum wish wish) { return wish_words[wish]; }

/* The cards that the bank has issued besides its four: 400000, a number, the check digit. */
static void further_card(uint32_t number, char digits[20])
{
    int sum = 0;
    snprintf(digits, 20, "400000%09u0", number);
    for (int i = 0; i < 16; i++) {
        int digit = digits[i] - '0';
        if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    digits[15] = (char)('0' + (10 - sum % 10) % 10);
}

enum { EXPIRED_CARD = 37, WRONG_CVV = 38, POOR_CARD = 39 }; /* of the ordinary ones that a script draws */

static void put_card_of(struct text *text, const char *number, const char *cvv, int year)
{
    text_put_format(text, "\"card\":{\"number\":\"%s\",\"cvv\":\"%s\",\"expiry_month\":12,\"expiry_year\":%d}", number, cvv, year);
}

/* Mostly rich ones at the bank; one is poor, one comes with a CVV that is wrong, one is over by its own date. Some of them are cards that
 * a company declines. */
static void put_ordinary_card(struct text *text, uint32_t card)
{
    char digits[20];
    further_card(card % 20, digits);
    if (card == POOR_CARD) put_card_of(text, "5555555555554444", "789", 2030);
    else put_card_of(text, digits, card == WRONG_CVV ? "999" : "123", card == EXPIRED_CARD ? 2025 : 2049);
}

static void put_card(struct text *text, uint32_t card)
{
    if (card < ORDINARY_CARDS) {
        put_ordinary_card(text, card);
    } else if (card == NO_CARD) {
        text_put(text, STR("\"payment_method\":{\"type\":\"hosted\"}"));
    } else {
        const struct company_facts *company = company_facts((enum company)(card - ORDINARY_CARDS));
        put_card_of(text, company->asking_card, company->asking_cvv, 2049);
    }
}

static void put_payer(struct text *text, const struct intent *intent)
{
    text_put_format(text, "\"customer\":{\"email\":\"payer-%u@shop.example\"},", intent->card % 20);
    if (intent->company != COMPANY_ANY) text_put_format(text, "\"processor\":\"%s\",", company_word(intent->company));
    if (intent->can_go) text_put(text, STR("\"return_url\":\"https://shop.example/thanks\","));
}

static str body_of(struct arena *arena, const struct merchants *merchants, const struct intent *intent, bool altered)
{
    struct text text = text_open(arena, 512);
    if (intent->wish != WISH_AUTHORIZE) {
        if (intent->minor > 0 || altered) text_put_format(&text, "{\"amount\":%lld}", (long long)intent->minor + altered);
        return intent->minor > 0 || altered ? text_str(&text) : STR_NONE;
    }
    text_put_format(&text, "{\"amount\":%lld,\"currency\":\"USD\",\"order_id\":\"%s\",\"customer_id\":\"customer-%u\",\"capture\":\"%s\",",
                    (long long)intent->minor + altered, merchants->purchases[intent->purchase].order, intent->card % 20,
                    intent->captures_itself ? "automatic" : "manual");
    put_payer(&text, intent);
    put_card(&text, intent->card);
    text_put(&text, STR("}"));
    return text_str(&text);
}

static void send_intent(struct simulation *sim, size_t number, bool altered)
{
    struct merchants *merchants = &sim->merchants;
    struct intent *intent = &merchants->intents[number];
    const struct purchase *purchase = &merchants->purchases[intent->purchase];
    if (!is_listening(sim)) return;
    struct request *request = request_take(sim, altered ? QUESTION_ALTERED : QUESTION_INTENT);
    request->intent = number;
    request->purchase = intent->purchase;
    mark("asked", wish_words[intent->wish]);
    if (intent->wish == WISH_AUTHORIZE && intent->card == NO_CARD) mark("asked", "page_for_a_payer");
    str target = STR("/v1/payments");
    if (intent->wish != WISH_AUTHORIZE) target = arena_format(&request->arena, "/v1/payments/%s/%s", purchase->payment, wish_words[intent->wish]);
    add_header(request, "Idempotency-Key", arena_copy(&request->arena, str_of(intent->key)));
    send_to(sim, request, api_handle, "POST", target, body_of(&request->arena, merchants, intent, altered));
}

void merchants_ask(struct simulation *sim, size_t intent) { send_intent(sim, intent, false); }

static struct intent *new_intent(struct simulation *sim, enum wish wish, size_t purchase)
{
    struct merchants *merchants = &sim->merchants;
    if (merchants->intent_count == INTENTS_MAX) return NULL;
    struct intent *intent = &merchants->intents[merchants->intent_count];
    *intent = (struct intent){ .wish = wish, .purchase = purchase };
    snprintf(intent->key, sizeof intent->key, "key-%zu", merchants->intent_count++);
    return intent;
}

static void pay(struct simulation *sim, const struct action *action)
{
    struct merchants *merchants = &sim->merchants;
    size_t number = merchants->purchase_count;
    struct intent *intent = is_listening(sim) ? new_intent(sim, WISH_AUTHORIZE, number) : NULL;
    if (!intent) return;
    struct purchase *purchase = &merchants->purchases[merchants->purchase_count++];
    *purchase = (struct purchase){ .intent = merchants->intent_count - 1 };
    snprintf(purchase->order, sizeof purchase->order, "order-%zu", number);
    intent->minor = action->minor;
    intent->card = action->card;
    intent->company = action->company;
    intent->captures_itself = action->flag;
    intent->can_go = action->times > 0 || action->card == NO_CARD;
    merchants_ask(sim, merchants->intent_count - 1);
}

/* Of those that are known; the newest half of the time, because most of the old ones are over. False: there is none. */
static bool choose_purchase(const struct merchants *merchants, uint32_t chance, size_t *out)
{
    size_t count = merchants->purchase_count;
    size_t among = count > 16 && chance & 1 ? 16 : count;
    if (count == 0) return false;
    *out = count - 1 - (chance >> 1) % among;
    return merchants->purchases[*out].payment[0] != 0;
}

static void change(struct simulation *sim, enum wish wish, size_t purchase, int64_t minor)
{
    struct intent *intent = is_listening(sim) ? new_intent(sim, wish, purchase) : NULL;
    if (!intent) return;
    intent->minor = minor;
    merchants_ask(sim, sim->merchants.intent_count - 1);
}

/* ---- actions ---- */

static void change_something(struct simulation *sim, const struct action *action)
{
    size_t purchase;
    if (!choose_purchase(&sim->merchants, action->which, &purchase)) return;
    enum wish wish = (enum wish)(WISH_CAPTURE + action->row);
    change(sim, wish, purchase, wish == WISH_VOID ? 0 : action->minor);
}

static void rival(struct simulation *sim, const struct action *action)
{
    static const enum wish pairs[RIVAL_PAIRS][2] = {
        { WISH_CAPTURE, WISH_CAPTURE }, { WISH_CAPTURE, WISH_VOID }, { WISH_VOID, WISH_VOID },
        { WISH_REFUND, WISH_REFUND },   { WISH_VOID, WISH_CAPTURE }, { WISH_CAPTURE, WISH_REFUND },
    };
    size_t purchase;
    if (!choose_purchase(&sim->merchants, action->which, &purchase)) return;
    mark("asked", "rivals");
    for (int i = 0; i < 2; i++) change(sim, pairs[action->row][i], purchase, 0);
}

static void repeat(struct simulation *sim, const struct action *action)
{
    struct merchants *merchants = &sim->merchants;
    if (merchants->intent_count == 0) return;
    size_t among = merchants->intent_count > 16 && action->flag ? 16 : merchants->intent_count;
    size_t intent = merchants->intent_count - 1 - action->which % among;
    for (uint32_t i = 0; i < action->times; i++) merchants_ask(sim, intent);
}

/* Only of one that has been told its end: before that the other body could be the first. A void has no body to be another. */
static void alter(struct simulation *sim, const struct action *action)
{
    const struct merchants *merchants = &sim->merchants;
    if (merchants->intent_count == 0) return;
    size_t intent = action->which % merchants->intent_count;
    if (merchants->intents[intent].is_told && merchants->intents[intent].wish != WISH_VOID) send_intent(sim, intent, true);
}

void merchants_look(struct simulation *sim, size_t purchase)
{
    const struct purchase *what = &sim->merchants.purchases[purchase];
    if (!is_listening(sim) || !what->payment[0]) return;
    struct request *request = request_take(sim, QUESTION_RECEIPT);
    request->purchase = purchase;
    request->before = what->standing;
    mark("asked", "receipt");
    send_to(sim, request, api_handle, "GET", arena_format(&request->arena, "/v1/payments/%s", what->payment), STR_NONE);
}

static void ask_page(struct simulation *sim, size_t purchase, uint32_t page)
{
    static const struct {
        enum question question;
        const char *before, *behind; /* the name */
        bool by_order;
    } pages[PAGES] = {
        { QUESTION_HISTORY, "/v1/payments/", "/events", false },
        { QUESTION_SHIP, "/v1/orders/", "", true },
        { QUESTION_PAGE, "/v1/payments?order_id=", "", true },
        { QUESTION_PAGE, "/v1/payments?limit=3&state=authorized&customer_id=", "", true },
    };
    const struct purchase *what = &sim->merchants.purchases[purchase];
    struct request *request = request_take(sim, pages[page].question);
    const char *name = pages[page].by_order ? what->order : what->payment;
    request->purchase = purchase;
    mark("asked", "page");
    send_to(sim, request, api_handle, "GET", arena_format(&request->arena, "%s%s%s", pages[page].before, name, pages[page].behind), STR_NONE);
}

static void look(struct simulation *sim, const struct action *action)
{
    size_t purchase;
    if (!is_listening(sim) || !choose_purchase(&sim->merchants, action->which, &purchase)) return;
    if (action->row < LOOKS - PAGES) merchants_look(sim, purchase);
    else ask_page(sim, purchase, action->row - (LOOKS - PAGES));
}

#define A_CARD "\"card\":{\"number\":\"4000000000000002\",\"cvv\":\"123\",\"expiry_month\":12,\"expiry_year\":2049}"

static void ask_nonsense(struct simulation *sim, const struct action *action)
{
    static const struct {
        const char *target;
        const char *body;
    } nonsense[NONSENSE_ROWS] = {
        { "/v1/payments", "{\"amount\":0}" },
        { "/v1/payments", "{\"amount\":50.5,\"order_id\":\"o\",\"customer_id\":\"c\"}" },
        { "/v1/payments", "{\"amount\":1000000000000,\"order_id\":\"o\",\"customer_id\":\"c\"," A_CARD "}" },
        { "/v1/payments", "{\"amount\":4294967396,\"order_id\":\"o\",\"customer_id\":\"c\"}" },
        { "/v1/payments", "{\"amount\":100,\"amount\":100}" },
        { "/v1/payments", "[" },
        { "/v1/payments", "{\"amount\":100,\"order_id\":\"4000000000000002\",\"customer_id\":\"c\"}" },
        { "/v1/payments/pay_none/capture", "{}" },
        { "/v1/payments/pay_00000000000000000000000000/refund", "{\"amount\":-1}" },
        { "/v1/payments/%zz/void", "{}" },
        { "/v1/nothing", "{}" },
    };
    if (!is_listening(sim)) return;
    struct request *request = request_take(sim, QUESTION_NONSENSE);
    add_header(request, "Idempotency-Key", STR("nonsense"));
    send_to(sim, request, api_handle, "POST", str_of(nonsense[action->row].target), str_of(nonsense[action->row].body));
}

/* ---- payers ---- */

/* From the page of the company. Nobody proves by it that he has paid. */
static void come_back(struct simulation *sim, size_t purchase)
{
    if (!is_listening(sim)) return;
    struct request *request = request_take(sim, QUESTION_RETURN);
    request->purchase = purchase;
    mark("payer", "came_back");
    str target = arena_format(&request->arena, "/v1/payments/%s/return", sim->merchants.purchases[purchase].payment);
    send_to(sim, request, api_handle, "GET", target, STR_NONE);
}

/* Where the page sends him is where we said. */
static void speak(struct simulation *sim, struct purchase *purchase, enum payers_word word)
{
    static const char *const choices[] = { [PAYER_APPROVES] = "approve", [PAYER_REFUSES] = "refuse" };
    static const char *const marks[] = { [PAYER_APPROVES] = "approved", [PAYER_REFUSES] = "refused" };
    struct arena arena = { 0 };
    str leads_to = fake_company_payer_says(sim->world, &arena, purchase->page, choices[word]);
    str ours = arena_format(&arena, OUR_ADDRESS "/v1/payments/%s/return", purchase->payment);
    if (leads_to.bytes && !str_starts_with(leads_to, ours)) finding("I15", "a payer is sent to %.*s", STR_FORMAT(leads_to));
    mark("payer", purchase->has_spoken ? "spoke_twice" : marks[word]);
    trace_format("payer", "%s %s: %.*s", choices[word], purchase->page, STR_FORMAT(leads_to));
    purchase->has_spoken = true;
    arena_close(&arena);
}

void merchants_payer(struct simulation *sim, size_t purchase, enum payers_word word, uint32_t times_back)
{
    struct purchase *what = &sim->merchants.purchases[purchase];
    if (!what->page) return;
    if (word != PAYER_SAYS_NOTHING) speak(sim, what, word);
    for (uint32_t i = 0; i < times_back; i++) come_back(sim, purchase);
    if (times_back == 0) mark("payer", "closed_the_page");
}

/* The first one at or behind that place who was sent away; now and then one who has spoken already. */
static void act_as_payer(struct simulation *sim, const struct action *action)
{
    const struct merchants *merchants = &sim->merchants;
    bool may_have_spoken = action->which % 8 == 0;
    for (size_t i = 0; i < merchants->purchase_count; i++) {
        size_t at = (action->which / 8 + i) % merchants->purchase_count;
        const struct purchase *purchase = &merchants->purchases[at];
        if (!purchase->page || (purchase->has_spoken && !may_have_spoken)) continue;
        merchants_payer(sim, at, (enum payers_word)action->row, action->times);
        return;
    }
}

/* ---- all of them ---- */

/* The client closes its side; what it asked for goes on, and nobody reads the answer. */
static void vanish(struct simulation *sim, const struct action *action)
{
    struct request *request = sim->merchants.under_way;
    size_t skipped = sim->merchants.under_way_count ? action->which % sim->merchants.under_way_count : 0;
    for (; request && skipped > 0; skipped--) request = request->next;
    if (!request) return;
    request->exchange.client_gone = true;
    mark("told", "vanished");
}

void merchants_act(struct simulation *sim, const struct action *action)
{
    switch (action->what) {
    case ACT_PAY: pay(sim, action); break;
    case ACT_CHANGE: change_something(sim, action); break;
    case ACT_REPEAT: repeat(sim, action); break;
    case ACT_RIVALS: rival(sim, action); break;
    case ACT_ALTER: alter(sim, action); break;
    case ACT_LOOK: look(sim, action); break;
    case ACT_NONSENSE: ask_nonsense(sim, action); break;
    case ACT_VANISH: vanish(sim, action); break;
    case ACT_PAYER: act_as_payer(sim, action); break;
    default: break;
    }
}

void merchants_lose_answers(struct simulation *sim)
{
    sim->merchants.settling = 0;
    while (sim->merchants.under_way) {
        mark("told", "lost");
        request_forget(sim, sim->merchants.under_way);
    }
}

bool merchants_settle(struct simulation *sim, str operation_id, bool happened, str processor_ref)
{
    struct merchants *merchants = &sim->merchants;
    struct request *request = request_take(sim, QUESTION_SETTLE);
    struct text body = text_open(&request->arena, 128);
    json_open_object(&body);
    json_put_bool(&body, "happened", happened);
    if (processor_ref.length > 0) json_put_str(&body, "processor_ref", processor_ref);
    json_put_str(&body, "by", STR("olga"));
    json_close_object(&body);
    str target = arena_format(&request->arena, "/operations/%.*s/settle", STR_FORMAT(operation_id));
    int64_t number = merchants->settling = request->number;
    merchants->settlement_taken = false;
    send_to(sim, request, api_handle_control, "POST", target, text_str(&body));
    micros until = fake_world_clock(sim->world) + OPERATORS_PATIENCE;
    while (merchants->settling == number && simulation_step(sim, until)) continue;
    return merchants->settlement_taken;
}
