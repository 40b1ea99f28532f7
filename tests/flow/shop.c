/* SPDX-License-Identifier: Apache-2.0 */
/* shop: opening and losing the gateway, the merchant's questions, and the tiny form in which he is answered. */
#include "flow/shop.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base_testing.h"
#include "base/log.h"
#include "base/text.h"
#include "simulation/folder.h"

const char shop_rich_card[] = "4111111111111111", shop_poor_card[] = "5555555555554444";

enum { LOST_MAX = 4096 };

#define LONGEST_ANSWER SHOP_HOUR
#define LONGEST_REST (24 * SHOP_HOUR)

/* ---- how he is answered ---- */

static const struct {
    const char *word;
    int status;
} endings[] = {
    [ENDING_DONE] = { "done", 200 },
    [ENDING_OPEN] = { "open", 202 },
    [ENDING_DECLINED] = { "declined", 402 },
    [ENDING_REFUSED] = { "refused", 409 },
    [ENDING_EXPIRED] = { "expired", 409 },
    [ENDING_NOT_SET_UP] = { "not_set_up", 422 },
    [ENDING_UNAVAILABLE] = { "unavailable", 503 },
    [ENDING_PROCESSOR_REFUSED] = { "processor_refused", 422 },
    [ENDING_NOT_FOUND] = { "not_found", 404 },
    [ENDING_KEY_REUSED] = { "key_reused", 422 },
    [ENDING_STORAGE_LOW] = { "storage_low", 503 },
    [ENDING_OVERLOADED] = { "overloaded", 503 },
    [ENDING_STOPPING] = { "stopping", 503 },
    [ENDING_NO_LEASE] = { "no_lease", 503 },
    [ENDING_ELSEWHERE] = { "elsewhere", 409 },
    [ENDING_NOT_IN_REVIEW] = { "not_in_review", 409 },
    [ENDING_ID_NEEDED] = { "id_needed", 422 },
    [ENDING_ID_INVALID] = { "id_invalid", 400 },
    [ENDING_VAULT_SEALED] = { "vault_sealed", 503 },
};

static void put_record(struct text *text, const struct payment_record *record)
{
    const struct payment *payment = &record->payment;
    const struct open_operation *open = &payment->operation;
    text_put_format(text, " %.*s %lld/%lld/%lld", STR_FORMAT(payment_state_word(payment->state)), (long long)payment->authorized_minor,
                    (long long)payment->captured_minor, (long long)payment->refunded_minor);
    if (open->kind == OPERATION_NONE) text_put(text, STR(" operation=none"));
    else text_put_format(text, " operation=%.*s/%.*s", STR_FORMAT(operation_kind_word(open->kind)), STR_FORMAT(operation_state_word(open->state)));
    if (payment->decline) text_put_format(text, " decline=%.*s", STR_FORMAT(decline_word(payment->decline)));
    text_put_format(text, " payment=%s", record->id.text);
}

/* "done authorized 5000/0/0 operation=none payment=pay_..." */
static void write_answer(struct arena *arena, const struct ending *ending, struct reply *out)
{
    struct text text = text_open(arena, 200);
    text_put(&text, str_of(endings[ending->kind].word));
    if (ending->kind == ENDING_REFUSED) text_put_format(&text, " %.*s", STR_FORMAT(refusal_word(ending->refusal)));
    if (ending->record) put_record(&text, ending->record);
    bool made = ending->kind == ENDING_DONE && ending->asked == OPERATION_AUTHORIZE;
    *out = (struct reply){ .status = made ? 201 : endings[ending->kind].status, .body = text_str(&text) };
}

static const struct answer_form form = { "test", write_answer };
static const struct answer_form *const forms[] = { &form };

/* ---- opening and losing ---- */

static void is_ready(void *context) { ((struct shop *)context)->ready = true; }

static void no_room_for(str url, struct error *error) { fail_msg("%.*s: %s", STR_FORMAT(url), error->text); }

static void open_flows(struct shop *shop)
{
    const struct shop_settings *settings = &shop->settings;
    str secret = STR("not a secret");
    struct flows_options options = {
        .world = fake_world_of_gateway(shop->world),
        .vault = shop->vault,
        .key_secret = hash_of(&secret, 1),
        .merchant = STR("m_1"),
        .public_url = "https://pay.example",
        .life = settings->is_node ? store_life(shop->store) : (struct node_life){ "", 0 },
        .store_path = shop->path,
        .forms = forms,
        .form_count = 1,
        .processors = { { .processor = settings->processor ? settings->processor : processor_named(STR("bank")), .url = "http://bank",
                          .timeout = 30 * SHOP_SECOND,
                          .connect_timeout = 2 * SHOP_SECOND, .resend_after = settings->resend_after ? settings->resend_after : 10 * SHOP_SECOND } },
        .processor_count = settings->beside ? 2 : 1,
        .answer_within = 10 * SHOP_SECOND,
        .retry_base = 100 * MICROS_PER_MS,
        .request_kept = settings->request_kept ? settings->request_kept : 30 * 24 * SHOP_HOUR,
        .flows_max = settings->flows_max ? settings->flows_max : 1000,
        .storage_least_bytes = settings->storage_least_bytes,
    };
    options.processors[1] = options.processors[0];
    options.processors[1].processor = settings->beside;
    options.processors[1].url = SHOP_BESIDE;
    shop->flows = flows_open(&options);
    flows_check_by(shop->flows, settings->risks, RISK_REVIEW);
}

void shop_begin(struct shop *shop)
{
    struct error error = { "" };
    shop->store = store_open(str_of(shop->url), STORE_WRITES, &error);
    if (!shop->store) no_room_for(str_of(shop->url), &error);
    shop->reader = store_open(str_of(shop->url), STORE_READS, &error);
    if (!shop->reader) no_room_for(str_of(shop->url), &error);
    shop->vault = vault_open(fake_world_of_gateway(shop->world), shop->folder, "test", SHOP_VAULT_SLOTS, &error);
    if (!shop->vault) no_room_for(str_of(shop->folder), &error);
    fake_world_set_stores(shop->world, shop->store, shop->reader);
    open_flows(shop);
    shop->ready = false;
    flows_recover(shop->flows, is_ready, shop);
    micros until = fake_world_clock(shop->world) + SHOP_SECOND;
    while (!shop->ready && fake_world_step(shop->world, until)) continue;
    assert_true(shop->ready);
}

struct shop *shop_open(void) { return shop_open_with(&(struct shop_settings){ 0 }); }

struct shop *shop_open_with(const struct shop_settings *settings)
{
    int64_t hours = settings->bank_auth_expiry_hours ? settings->bank_auth_expiry_hours : 168;
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    shop->settings = *settings;
    log_set_level(LOG_ERROR);
    snprintf(shop->folder, sizeof shop->folder, "/dev/shm/florin-flow-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));
    snprintf(shop->path, sizeof shop->path, "%s/florin.db", shop->folder);
    place_take(shop->path, shop->url);
    struct fake_options options = { .seed = settings->seed ? settings->seed : 7, .bank_latency_ms = { 50, 50 } };
    options.bank_auth_expiry_hours = settings->bank_holds_end_at_once ? 0 : hours;
    shop->world = fake_world_open(&options);
    shop_begin(shop);
    return shop;
}

/* A process that dies frees nothing. What is left of it is kept in sight, or the sanitizer would call it lost. */
static __attribute__((used)) struct flows *graves[LOST_MAX];

static void bury(struct flows *flows)
{
    static size_t count;
    assert_true(count < LOST_MAX);
    graves[count++] = flows;
}

static void close_files(struct shop *shop)
{
    vault_close(shop->vault);
    store_close(shop->reader);
    store_close(shop->store);
}

void shop_lose(struct shop *shop, bool arrives)
{
    fake_world_lose_gateway(shop->world, arrives);
    bury(shop->flows);
    close_files(shop);
    for (size_t i = 0; i < shop->guest_count; i++) shop->guests[i]->lost |= !shop->guests[i]->answered;
}

void shop_restart(struct shop *shop)
{
    assert_true(flows_are_quiet(shop->flows));
    flows_close(shop->flows);
    fake_world_lose_gateway(shop->world, true);
    close_files(shop);
    shop_begin(shop);
}

void shop_lose_memory(struct shop *shop)
{
    char path[160];
    snprintf(path, sizeof path, "%s/florin-cards-test", shop->folder);
    (void)unlink(path); /* with no card in it there is no file */
}

void shop_close(struct shop *shop)
{
    shop_rest(shop);
    shop_check(shop);
    flows_stop_taking(shop->flows);
    assert_true(flows_are_quiet(shop->flows));
    flows_close(shop->flows);
    close_files(shop);
    fake_world_close(shop->world);
    for (size_t i = 0; i < shop->guest_count; i++) free(shop->guests[i]);
    place_give_back(shop->url);
    assert_true(folder_remove(shop->folder));
    free(shop);
}

/* ---- time ---- */

void shop_pass(struct shop *shop, micros span)
{
    micros until = fake_world_clock(shop->world) + span;
    while (fake_world_step(shop->world, until)) continue;
}

struct guest *shop_answered(struct shop *shop, struct guest *guest)
{
    micros until = fake_world_clock(shop->world) + LONGEST_ANSWER;
    while (!guest->answered && fake_world_step(shop->world, until)) continue;
    if (!guest->answered) fail_msg("%s was not answered in an hour", guest->key);
    return guest;
}

void shop_rest(struct shop *shop)
{
    struct flows_view view;
    micros until = fake_world_clock(shop->world) + LONGEST_REST;
    for (;;) {
        flows_look(shop->flows, &view);
        if (view.running == 0 && !fake_world_is_busy(shop->world) && flows_are_quiet(shop->flows)) return;
        if (!fake_world_step(shop->world, until)) fail_msg("%zu flows still run after a day", view.running);
    }
}

/* ---- the merchant ---- */

static void answered(struct waiter *waiter, const struct reply *reply)
{
    struct guest *guest = CONTAINER_OF(waiter, struct guest, waiter);
    if (guest->answered) fail_msg("%s was answered twice", guest->key);
    guest->answered = true;
    guest->status = reply->status;
    guest->replayed = reply->replayed;
    guest->answered_at = fake_world_clock(guest->shop->world);
    assert_true(str_copy_to(reply->body, guest->body, sizeof guest->body));
}

static struct guest *enter(struct shop *shop, const char *key)
{
    struct guest *guest = calloc(1, sizeof *guest);
    assert_non_null(guest);
    assert_true(shop->guest_count < SHOP_GUESTS_MAX);
    shop->guests[shop->guest_count++] = guest;
    guest->shop = shop;
    guest->waiter.answered = answered;
    assert_true(str_copy_to(str_of(key), guest->key, sizeof guest->key));
    return guest;
}

/* The fingerprint is of what was asked; the API makes it of the whole request. */
static struct request_name name_of(const char *key, const char *asked, char hex[HASH_HEX_BYTES + 1])
{
    str piece = str_of(asked);
    struct hash hash = hash_of(&piece, 1);
    return (struct request_name){
        .form = &form, .scope = STR("core"), .key = str_of(key), .fingerprint = hash_hex(&hash, hex), .request_id = STR("req_1"),
    };
}

struct card shop_card(const char *number)
{
    struct card card = { .expiry_month = 12, .expiry_year = 2030 };
    bool is_poor = strcmp(number, shop_poor_card) == 0;
    assert_true(card_number_read(str_of(number), &card.number));
    assert_true(str_copy_to(is_poor ? STR("789") : STR("123"), card.cvv, sizeof card.cvv));
    return card;
}

static struct payment_wish wish_of(const struct card *card, int64_t minor, bool automatic)
{
    return (struct payment_wish){
        .amount = money_of(minor, (currency){ "USD" }), .captures_itself = automatic, .order_id = STR("order-1"), .customer_id = STR("customer-1"),
        .description = STR_NONE, .metadata = STR("{}"), .card = card,
    };
}

struct guest *shop_authorize_token(struct shop *shop, const char *key, const char *token_id, const struct card *card, enum ending_kind trouble,
                                   enum refusal refusal)
{
    char asked[160], hex[HASH_HEX_BYTES + 1];
    struct guest *guest = enter(shop, key);
    snprintf(asked, sizeof asked, "authorize by %s", token_id);
    struct request_name name = name_of(key, asked, hex);
    struct payment_wish wish = wish_of(card, 5000, false);
    wish.token_id = str_of(token_id);
    wish.token_slot = VAULT_NO_SLOT;
    wish.card_trouble = trouble;
    wish.card_refusal = refusal;
    flows_authorize(shop->flows, &name, &wish, &guest->waiter);
    return guest;
}

static struct guest *authorize(struct shop *shop, const char *key, const struct card *card, int64_t minor, bool automatic, str return_url)
{
    char asked[160], hex[HASH_HEX_BYTES + 1];
    struct guest *guest = enter(shop, key);
    snprintf(asked, sizeof asked, "authorize %s %lld %d", card->number.digits, (long long)minor, automatic);
    struct request_name name = name_of(key, asked, hex);
    struct payment_wish wish = wish_of(card, minor, automatic);
    wish.return_url = return_url;
    if (automatic && return_url.length > 0) wish.customer_email = STR("pat@shop.example"); /* sometimes it is told who he is */
    if (automatic && return_url.length > 0) wish.customer_name = STR("Pat");
    flows_authorize(shop->flows, &name, &wish, &guest->waiter);
    return guest;
}

struct guest *shop_authorize_card(struct shop *shop, const char *key, const struct card *card, int64_t minor, bool automatic)
{
    return authorize(shop, key, card, minor, automatic, STR_NONE);
}

struct guest *shop_authorize_away(struct shop *shop, const char *key, bool automatic)
{
    struct card card = shop_card(shop_rich_card);
    return authorize(shop, key, &card, 5000, automatic, STR("https://shop.example/thanks"));
}

struct guest *shop_authorize_from(struct shop *shop, const char *key, const char *number, const char *address, bool automatic)
{
    char asked[160], hex[HASH_HEX_BYTES + 1];
    struct card card = shop_card(number);
    struct guest *guest = enter(shop, key);
    snprintf(asked, sizeof asked, "authorize %s from %s %d", number, address, automatic);
    struct request_name name = name_of(key, asked, hex);
    struct payment_wish wish = wish_of(&card, 5000, automatic);
    wish.has_customer_address = ip_address_read(str_of(address), &wish.customer_address);
    assert_true(wish.has_customer_address);
    flows_authorize(shop->flows, &name, &wish, &guest->waiter);
    return guest;
}

struct guest *shop_authorize(struct shop *shop, const char *key, const char *number, int64_t minor, bool automatic)
{
    struct card card = shop_card(number);
    return shop_authorize_card(shop, key, &card, minor, automatic);
}

static struct guest *change(struct shop *shop, const char *key, enum command_kind command, const char *payment_id)
{
    char asked[160], hex[HASH_HEX_BYTES + 1];
    struct guest *guest = enter(shop, key);
    snprintf(asked, sizeof asked, "change %d %s", command, payment_id);
    struct request_name name = name_of(key, asked, hex);
    struct change_wish wish = { .command = command, .payment_id = str_of(payment_id), .whole = true };
    flows_change(shop->flows, &name, &wish, &guest->waiter);
    return guest;
}

struct guest *shop_capture(struct shop *shop, const char *key, const char *payment_id) { return change(shop, key, COMMAND_CAPTURE, payment_id); }
struct guest *shop_void(struct shop *shop, const char *key, const char *payment_id) { return change(shop, key, COMMAND_VOID, payment_id); }
struct guest *shop_refund(struct shop *shop, const char *key, const char *payment_id) { return change(shop, key, COMMAND_REFUND, payment_id); }

struct guest *shop_review(struct shop *shop, const char *key, const char *payment_id, bool approves)
{
    return change(shop, key, approves ? COMMAND_APPROVE : COMMAND_DECLINE, payment_id);
}

struct guest *shop_settle(struct shop *shop, const char *operation_id, bool happened, const char *processor_ref)
{
    struct guest *guest = enter(shop, "settle");
    struct settle_wish wish = { .operation_id = str_of(operation_id), .happened = happened, .processor_ref = STR_NONE, .by = STR("olga"),
                                .form = &form, .request_id = STR("req_2") };
    if (processor_ref) wish.processor_ref = str_of(processor_ref);
    flows_settle(shop->flows, &wish, &guest->waiter);
    return guest;
}

const char *shop_held(struct shop *shop, const char *key)
{
    struct guest *guest = shop_authorize(shop, key, shop_rich_card, 5000, false);
    shop_answered(shop, guest);
    assert_told(guest, 201, "done authorized 5000/0/0 operation=none");
    return guest_payment(guest);
}

const char *shop_captured(struct shop *shop, const char *key)
{
    char capture_key[80];
    const char *payment = shop_held(shop, key);
    snprintf(capture_key, sizeof capture_key, "%s-capture", key);
    struct guest *guest = shop_capture(shop, capture_key, payment);
    shop_answered(shop, guest);
    assert_told(guest, 200, "done captured 5000/5000/0 operation=none");
    return payment;
}

const char *guest_payment(const struct guest *guest)
{
    const char *at = strstr(guest->body, "payment=");
    return at ? at + strlen("payment=") : "";
}

void assert_told_at(const struct guest *guest, int status, const char *beginning, const char *file, int line)
{
    bool fits = guest->answered && guest->status == status && str_starts_with(str_of(guest->body), str_of(beginning));
    if (fits) return;
    print_error("%s is told: %d %s\nshould be:  %d %s\n", guest->key, guest->status, guest->body, status, beginning);
    _fail(file, line);
}
