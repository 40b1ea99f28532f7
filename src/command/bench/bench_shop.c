/* SPDX-License-Identifier: Apache-2.0 */
/* bench_shop: every talk is a pair: ask fills a prepared form with an order's number, heard checks what came back. */
#include "command/bench/bench_shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Knuth's multiplier: old orders come up in no order, yet the same in each run. */
static const uint32_t spread = 2654435761U;

enum {
    PAYMENT_ROOM_FIRST = 64 * 1024,
    KEY_BYTES = 64,
    TRIES = 64,           /* for an old order that was authorized; nearly all were */
};

/* ---- opening ---- */

static void make_cards(struct bench_shop *shop, uint32_t count)
{
    shop->card_count = count;
    shop->cards = calloc(count, sizeof *shop->cards);
    shop->tokens = calloc(count, sizeof *shop->tokens);
    INSIST(shop->cards != NULL && shop->tokens != NULL && "out of memory");
    for (uint32_t i = 0; i < count; i++) (void)bank_further_card(i, shop->cards[i]);
}

static void prepare(struct bench_form *form, const char *path, const char *name, const char *verb, const char *body)
{
    char key[KEY_BYTES];
    (void)snprintf(key, sizeof key, "%s-%s", name, verb);
    bench_form_prepare(form, "POST", path, key, str_of(body));
}

static void prepare_authorize(struct bench_form *form, const char *name, const char *verb, const char *paid_by)
{
    char body[BENCH_FORM_BYTES];
    (void)snprintf(body, sizeof body,
                   "{\"amount\":5000,\"currency\":\"USD\",\"order_id\":\"%s-#\",\"customer_id\":\"customer-#\",%s}", name, paid_by);
    prepare(form, "/v1/payments", name, verb, body);
}

static void prepare_look_up(struct bench_form *form, const char *name)
{
    char path[KEY_BYTES];
    (void)snprintf(path, sizeof path, "/v1/orders/%s-#", name);
    bench_form_prepare(form, "GET", path, NULL, STR_NONE);
}

void bench_shop_open(struct bench_shop *shop, const char *name, uint32_t cards)
{
    *shop = (struct bench_shop){ 0 };
    make_cards(shop, cards);
    prepare_authorize(&shop->authorize, name, "authorize",
                      "\"card\":{\"number\":\"@\",\"cvv\":\"123\",\"expiry_month\":12,\"expiry_year\":2049}");
    prepare_authorize(&shop->by_token, name, "by-token", "\"token\":\"$\",\"cvv\":\"123\"");
    prepare(&shop->store_card, "/v1/tokens", name, "store", "{\"card\":{\"number\":\"@\",\"expiry_month\":12,\"expiry_year\":2049}}");
    prepare(&shop->capture, "/v1/payments/%/capture", name, "capture", "{}");
    prepare(&shop->void_it, "/v1/payments/%/void", name, "void", "{}");
    prepare(&shop->refund, "/v1/payments/%/refund", name, "refund", "{}");
    prepare_look_up(&shop->look_up, name);
    bench_form_prepare(&shop->events, "GET", "/v1/payments/%/events", NULL, STR_NONE);
    bench_form_prepare(&shop->list, "GET", "/v1/payments?limit=20", NULL, STR_NONE);
    prepare(&shop->direct, "/api/v1/authorizations", name, "direct",
            "{\"card_number\":\"@\",\"cvv\":\"123\",\"expiry_month\":12,\"expiry_year\":2049,\"amount\":5000}");
}

void bench_shop_close(struct bench_shop *shop)
{
    free(shop->cards);
    free(shop->tokens);
    free(shop->payments);
}

void bench_shop_begin(struct bench_shop *shop)
{
    for (size_t i = 0; i < BENCH_LANES_MAX; i++) shop->asked[i] = (struct bench_asked){ .captures = true };
}

uint32_t bench_shop_uncaptured(const struct bench_shop *shop) { return shop->authorized - shop->captured - shop->voided; }

/* ---- orders ---- */

static size_t fill(const struct bench_shop *shop, const struct bench_form *form, uint32_t number, char *buffer)
{
    uint32_t card = number % shop->card_count;
    struct bench_filling filling = { .number = number, .card = { shop->cards[card], BANK_CARD_DIGITS }, .token = str_of(shop->tokens[card]) };
    if (number < shop->payment_count) filling.payment = str_of(shop->payments[number].id);
    return bench_form_fill(form, &filling, buffer);
}

static uint32_t take_new_order(struct bench_shop *shop)
{
    if (shop->payment_count == shop->payment_room) {
        uint32_t room = shop->payment_room == 0 ? PAYMENT_ROOM_FIRST : shop->payment_room * 2;
        shop->payments = realloc(shop->payments, room * sizeof *shop->payments);
        INSIST(shop->payments != NULL && "out of memory");
        memset(shop->payments + shop->payment_room, 0, (room - shop->payment_room) * sizeof *shop->payments);
        shop->payment_room = room;
    }
    return shop->payment_count++;
}

void bench_shop_adopt(struct bench_shop *shop, const char *payment_id)
{
    uint32_t number = take_new_order(shop);
    bool fits = str_copy_to(str_of(payment_id), shop->payments[number].id, BENCH_PAYMENT_ID_BYTES);
    INSIST(fits);
    shop->authorized++;
    shop->adopted++;
}

static bool take_old_order(struct bench_shop *shop, uint32_t *out)
{
    if (shop->authorized == 0) return false;
    for (int i = 0; i < TRIES; i++) {
        *out = (shop->turned_over++ * spread) % shop->payment_count;
        if (shop->payments[*out].id[0]) return true;
    }
    return false;
}

static bool take_uncaptured_order(struct bench_shop *shop, uint32_t *out)
{
    while (shop->capture_next < shop->payment_count) {
        const struct bench_payment *payment = &shop->payments[shop->capture_next];
        *out = shop->capture_next++;
        if (payment->id[0] && !payment->is_captured) return true;
    }
    return false;
}

/* The id that an answer begins with. */
static str id_in(str body)
{
    str name = STR("{\"id\":\"");
    str rest;
    return str_starts_with(body, name) ? str_cut(str_from(body, name.length), '"', &rest) : STR_NONE;
}

static bool read_id(str body, char out[BENCH_PAYMENT_ID_BYTES])
{
    str id = id_in(body);
    return id.bytes && str_copy_to(id, out, BENCH_PAYMENT_ID_BYTES);
}

/* ---- authorize ---- */

static size_t ask_new_order(struct bench_shop *shop, const struct bench_form *form, size_t lane, char *buffer)
{
    if (shop->payment_limit > 0 && shop->payment_count == shop->payment_limit) return 0;
    shop->asked[lane] = (struct bench_asked){ .number = take_new_order(shop) };
    return fill(shop, form, shop->asked[lane].number, buffer);
}

static size_t ask_authorize(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    return ask_new_order(shop, &shop->authorize, lane, buffer);
}

static enum bench_verdict hear_authorize(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    if (answer->status != 201 || !read_id(answer->body, shop->payments[shop->asked[lane].number].id)) return BENCH_WRONG;
    shop->authorized++;
    return BENCH_FINE;
}

const struct bench_talk bench_talk_authorize = { ask_authorize, hear_authorize };

/* ---- authorize in a crowd ---- */

static enum bench_verdict hear_crowd(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    if (answer->status == 503 && answer->says_when) {
        shop->payments[shop->asked[lane].number].is_refused = true;
        shop->refused++;
        return BENCH_REFUSED;
    }
    if (answer->status != 202) return hear_authorize(context, lane, answer);
    shop->taken_on++;
    return BENCH_FINE;
}

const struct bench_talk bench_talk_crowd = { ask_authorize, hear_crowd };

/* ---- capture ---- */

static size_t ask_capture(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    uint32_t number;
    if (!take_uncaptured_order(shop, &number)) return 0;
    shop->asked[lane] = (struct bench_asked){ .number = number, .captures = true };
    return fill(shop, &shop->capture, number, buffer);
}

static enum bench_verdict hear_capture(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    if (answer->status != 200) return BENCH_WRONG;
    shop->payments[shop->asked[lane].number].is_captured = true;
    shop->captured++;
    return BENCH_FINE;
}

const struct bench_talk bench_talk_capture = { ask_capture, hear_capture };

/* ---- authorize, then capture: each is one answer, two are a pair ---- */

static size_t ask_pair(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    struct bench_asked *asked = &shop->asked[lane];
    bool is_authorized = asked->number < shop->payment_count && shop->payments[asked->number].id[0];
    if (asked->captures || !is_authorized || shop->payments[asked->number].is_captured) return ask_authorize(context, lane, buffer);
    asked->captures = true;
    return fill(shop, &shop->capture, asked->number, buffer);
}

static enum bench_verdict hear_pair(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    return shop->asked[lane].captures ? hear_capture(context, lane, answer) : hear_authorize(context, lane, answer);
}

const struct bench_talk bench_talk_pair = { ask_pair, hear_pair };

/* ---- the same again ---- */

static size_t ask_replay(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    uint32_t number;
    if (!take_old_order(shop, &number)) return 0;
    shop->asked[lane] = (struct bench_asked){ .number = number };
    return fill(shop, &shop->authorize, number, buffer);
}

static enum bench_verdict hear_replay(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    char id[BENCH_PAYMENT_ID_BYTES];
    bool is_receipt = answer->status == 201 && read_id(answer->body, id);
    bool is_the_same = is_receipt && strcmp(id, shop->payments[shop->asked[lane].number].id) == 0;
    return is_the_same ? BENCH_FINE : BENCH_WRONG;
}

const struct bench_talk bench_talk_replay = { ask_replay, hear_replay };

/* ---- may I ship? ---- */

static size_t ask_look_up(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    uint32_t number;
    (void)lane;
    if (!take_old_order(shop, &number)) return 0;
    return fill(shop, &shop->look_up, number, buffer);
}

static enum bench_verdict hear_look_up(void *context, size_t lane, const struct bench_answer *answer)
{
    (void)context;
    (void)lane;
    return answer->status == 200 ? BENCH_FINE : BENCH_WRONG;
}

const struct bench_talk bench_talk_look_up = { ask_look_up, hear_look_up };

static size_t ask_events(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    uint32_t number;
    (void)lane;
    if (!take_old_order(shop, &number)) return 0;
    return fill(shop, &shop->events, number, buffer);
}

const struct bench_talk bench_talk_events = { ask_events, hear_look_up };

static size_t ask_list(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    (void)lane;
    return fill(shop, &shop->list, 0, buffer);
}

const struct bench_talk bench_talk_list = { ask_list, hear_look_up };

/* ---- a whole life ---- */

/* A authorize, L look up, C capture, V void, R refund; of ten orders six are captured, one is refunded, one voided, two are left. */
static const char *const lives[] = { "ALCL", "AL", "ALCL", "ALV", "ALCL", "ALCLR", "ALCL", "AL", "ALCL", "ALCL" };

static size_t ask_life(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    struct bench_asked *asked = &shop->asked[lane];
    if (!asked->life || !*asked->life) {
        size_t length = ask_authorize(context, lane, buffer);
        asked->life = lives[asked->number % COUNT_OF(lives)];
        return length;
    }
    const struct bench_form *form = *asked->life == 'L'   ? &shop->look_up
                                    : *asked->life == 'C' ? &shop->capture
                                    : *asked->life == 'V' ? &shop->void_it
                                                          : &shop->refund;
    return fill(shop, form, asked->number, buffer);
}

static enum bench_verdict hear_void(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    if (answer->status != 200) return BENCH_WRONG;
    shop->payments[shop->asked[lane].number].is_captured = true;
    shop->voided++;
    return BENCH_FINE;
}

/* A life that goes wrong is over. */
static enum bench_verdict hear_life(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_asked *asked = &((struct bench_shop *)context)->asked[lane];
    char step = *asked->life;
    enum bench_verdict verdict = step == 'A'   ? hear_authorize(context, lane, answer)
                                 : step == 'C' ? hear_capture(context, lane, answer)
                                 : step == 'V' ? hear_void(context, lane, answer)
                                               : hear_look_up(context, lane, answer);
    asked->life = verdict == BENCH_FINE ? asked->life + 1 : NULL;
    return verdict;
}

const struct bench_talk bench_talk_life = { ask_life, hear_life };

/* ---- did it end well? ---- */

static size_t ask_confirm(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    (void)lane;
    while (shop->confirmed < shop->payment_count && shop->payments[shop->confirmed].is_refused) shop->confirmed++;
    if (shop->confirmed == shop->payment_count) return 0;
    return fill(shop, &shop->look_up, shop->confirmed++, buffer);
}

static enum bench_verdict hear_confirm(void *context, size_t lane, const struct bench_answer *answer)
{
    (void)context;
    (void)lane;
    return answer->status == 200 && str_contains(answer->body, STR("\"state\":\"authorized\"")) ? BENCH_FINE : BENCH_WRONG;
}

const struct bench_talk bench_talk_confirm = { ask_confirm, hear_confirm };

/* ---- the bank itself ---- */

static size_t ask_direct(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    (void)lane;
    return fill(shop, &shop->direct, shop->direct_count++, buffer);
}

static enum bench_verdict hear_direct(void *context, size_t lane, const struct bench_answer *answer)
{
    (void)context;
    (void)lane;
    return answer->status == 200 ? BENCH_FINE : BENCH_WRONG;
}

const struct bench_talk bench_talk_direct = { ask_direct, hear_direct };

/* ---- stored cards ---- */

static size_t ask_store(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    if (shop->tokens_asked == shop->card_count) return 0;
    shop->asked[lane] = (struct bench_asked){ .number = shop->tokens_asked++ };
    return fill(shop, &shop->store_card, shop->asked[lane].number, buffer);
}

static enum bench_verdict hear_store(void *context, size_t lane, const struct bench_answer *answer)
{
    struct bench_shop *shop = context;
    str id = id_in(answer->body);
    if (answer->status != 201 || id.length != BENCH_TOKEN_CHARS) return BENCH_WRONG;
    shop->tokens_stored += str_copy_to(id, shop->tokens[shop->asked[lane].number], BENCH_TOKEN_CHARS + 1);
    return BENCH_FINE;
}

const struct bench_talk bench_talk_store = { ask_store, hear_store };

static size_t ask_by_token(void *context, size_t lane, char *buffer)
{
    struct bench_shop *shop = context;
    return ask_new_order(shop, &shop->by_token, lane, buffer);
}

const struct bench_talk bench_talk_by_token = { ask_by_token, hear_authorize };
