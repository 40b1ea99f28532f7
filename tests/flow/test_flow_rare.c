/* SPDX-License-Identifier: Apache-2.0 */
/* What is rare: a restart with more open operations than a page holds, a store that cannot be read at a start, wishes with everything
 * in them, an id that is none; and that measures count what happened. */
#include "base/base_testing.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metric.h"
#include "flow/shop.h"

enum { EXIT_UNREADABLE = 70 };

static struct guest *pay(struct shop *shop, const char *key) { return shop_authorize(shop, key, shop_rich_card, 5000, false); }

/* ---- a restart ---- */

static void more_open_operations_than_a_page_holds_are_all_taken_up(void **state)
{
    (void)state;
    enum { PAYMENTS = 600 }; /* recovery reads 500 at a time */
    struct shop *shop = shop_open_with(&(struct shop_settings){ .flows_max = 2 * PAYMENTS });
    static const char *payments[PAYMENTS];
    char key[32];
    for (int i = 0; i < PAYMENTS; i++) {
        snprintf(key, sizeof key, "k%d", i);
        payments[i] = guest_payment(shop_answered(shop, shop_authorize(shop, key, shop_rich_card, 100, false)));
    }
    for (int i = 0; i < PAYMENTS; i++) {
        snprintf(key, sizeof key, "c%d", i);
        shop_capture(shop, key, payments[i]);
    }
    shop_pass(shop, 10 * MICROS_PER_MS);
    assert_int_equal(shop_open_operations(shop), PAYMENTS);
    shop_lose(shop, true);
    shop_begin(shop);
    shop_rest(shop);
    assert_int_equal(shop_open_operations(shop), 0);
    assert_int_equal(fake_bank_count(shop->world, "captures"), PAYMENTS);
    shop_close(shop);
}

/* Whoever does not know what is open answers nothing: it would begin a second time what runs already. */
static void a_gateway_that_cannot_read_what_is_open_stops(void **state)
{
    (void)state;
    int status = 0;
    struct shop *shop = shop_open();
    shop_held(shop, "k1");
    shop_lose(shop, true);
    place_tamper(shop->url, "ALTER TABLE operation RENAME TO away");
    pid_t child = fork();
    if (child == 0) {
        shop_begin(shop);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_UNREADABLE);
    place_tamper(shop->url, "ALTER TABLE away RENAME TO operation");
    shop_begin(shop);
    shop_close(shop);
}

/* Recovery takes up what is running; what waits for a person it leaves. So it can be made to overlook one. */
static void call_open_operations(struct shop *shop, const char *state)
{
    char statement[200];
    snprintf(statement, sizeof statement, "UPDATE operation SET state = '%s' WHERE ended_at IS NULL", state);
    place_tamper(shop->url, statement);
    snprintf(statement, sizeof statement, "UPDATE payment SET operation_state = '%s' WHERE operation_kind <> 'none'", state);
    place_tamper(shop->url, statement);
}

/* One that died while it captured, or while it paid, and whose successor does not know. */
static struct shop *shop_with_something_overlooked(bool pays)
{
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
    const char *payment = shop_held(shop, "k1");
    if (pays) pay(shop, "k2");
    else shop_capture(shop, "k2", payment);
    shop_pass(shop, 10 * MICROS_PER_MS);
    shop_lose(shop, true);
    call_open_operations(shop, "review");
    shop_begin(shop);
    call_open_operations(shop, "running");
    return shop;
}

static const char *first_payment(struct shop *shop) { return guest_payment(shop->guests[0]); }

/* The merchant asks again before anybody has taken his operation up: whoever asks does it himself. */
static void a_repeat_takes_up_what_nobody_works_on(void **state)
{
    (void)state;
    struct shop *shop = shop_with_something_overlooked(false);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", first_payment(shop))), 200, "done captured 5000/5000/0");
    assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
    shop_close(shop);

    shop = shop_with_something_overlooked(true);
    assert_told(shop_answered(shop, pay(shop, "k2")), 201, "done authorized 5000/0/0");
    assert_int_equal(fake_bank_count(shop->world, "open_holds"), 2);
    shop_close(shop);
}

/* The same, and at any moment in between the operation becomes a matter for a person: he who asks is told, and waits for nothing. */
static void a_repeat_that_meets_a_review_says_so(void **state)
{
    (void)state;
    enum { MOMENTS = 12 };
    int told_review = 0;
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct shop *shop = shop_with_something_overlooked(false);
        struct guest *repeat = shop_capture(shop, "k2", first_payment(shop));
        micros until = fake_world_clock(shop->world) + SHOP_SECOND / 10;
        for (int i = 0; i < moment && fake_world_step(shop->world, until); i++) continue;
        if (shop_open_operations(shop) > 0) call_open_operations(shop, "review");
        shop_answered(shop, repeat);
        told_review += repeat->status == 202 && strstr(repeat->body, "operation=capture/review") != NULL;
        call_open_operations(shop, "running");
        shop_lose(shop, true);
        shop_begin(shop);
        shop_rest(shop);
        assert_told(shop_answered(shop, shop_capture(shop, "k2", first_payment(shop))), 200, "done captured 5000/5000/0");
        assert_int_equal(fake_bank_count(shop->world, "captures"), 1);
        shop_close(shop);
    }
    assert_true(told_review > 1);
}

/* ---- wishes ---- */

/* Who is told one word: why not, or "done". */
struct asker {
    struct waiter waiter;
    char word[40];
};

static void write_word(struct arena *arena, const struct ending *ending, struct reply *out)
{
    str word = ending->kind == ENDING_DONE ? STR("done") : STR("else");
    if (ending->kind == ENDING_REFUSED) word = refusal_word(ending->refusal);
    *out = (struct reply){ .status = 200, .body = arena_copy(arena, word) };
}

static void hear_word(struct waiter *waiter, const struct reply *reply)
{
    struct asker *asker = CONTAINER_OF(waiter, struct asker, waiter);
    assert_true(str_copy_to(reply->body, asker->word, sizeof asker->word));
}

static void assert_word(struct shop *shop, const char *key, const struct change_wish *wish, const char *word)
{
    static const struct answer_form form = { "word", write_word };
    struct asker asker = { .waiter = { .answered = hear_word } };
    struct request_name name = { .form = &form, .scope = STR("core"), .key = str_of(key), .fingerprint = STR("0123456789abcdef"),
                                 .request_id = STR("req_1") };
    flows_change(shop->flows, &name, wish, &asker.waiter);
    shop_rest(shop);
    assert_string_equal(asker.word, word);
}

static void a_part_is_refused_and_the_whole_may_be_said_as_an_amount(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct change_wish wish = { .command = COMMAND_CAPTURE, .payment_id = str_of(shop_held(shop, "k1")), .amount_minor = 4999 };
    assert_word(shop, "k3", &wish, "partial_not_supported");
    wish.amount_minor = 5001;
    assert_word(shop, "k4", &wish, "amount_exceeds_authorized");
    wish.amount_minor = 5000;
    wish.has_currency = true;
    wish.currency = (currency){ "EUR" };
    assert_word(shop, "k5", &wish, "currency_mismatch");
    wish.currency = (currency){ "USD" };
    assert_word(shop, "k6", &wish, "done");
    shop_close(shop);
}

static void a_wish_may_name_its_processor_and_describe_itself(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct asker asker = { .waiter = { .answered = hear_word } };
    static const struct answer_form form = { "word", write_word };
    struct request_name name = { .form = &form, .scope = STR("core"), .key = STR("k1"), .fingerprint = STR("0123456789abcdef"),
                                 .request_id = STR("req_1"), .trace = STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") };
    struct card card = shop_card(shop_rich_card);
    struct payment_wish wish = {
        .amount = money_of(5000, (currency){ "USD" }), .processor = processor_named(STR("bank")), .order_id = STR("order-1"),
        .customer_id = STR("customer-1"), .description = STR("two tickets"), .metadata = STR("{}"), .card = &card,
    };
    flows_authorize(shop->flows, &name, &wish, &asker.waiter);
    shop_rest(shop);
    assert_string_equal(asker.word, "done");
    struct arena arena = { 0 };
    const struct json *holds = json_find(fake_bank_book(shop->world, &arena), "authorizations");
    assert_int_equal(json_length(holds), 1);
    arena_close(&arena);
    shop_close(shop);
}

/* ---- two processors ---- */

/* The gateway goes down, and comes back with these processors. */
static void come_back_with(struct shop *shop, const struct processor_settings *processors, size_t count)
{
    static const struct answer_form form = { "word", write_word };
    static const struct answer_form *const forms[] = { &form };
    str secret = STR("not a secret");
    struct flows_options options = {
        .world = fake_world_of_gateway(shop->world), .vault = shop->vault, .key_secret = hash_of(&secret, 1), .merchant = STR("m_1"),
        .forms = forms, .form_count = 1, .processor_count = count, .answer_within = 10 * SHOP_SECOND,
        .retry_base = SHOP_SECOND / 10, .request_kept = SHOP_DAY, .flows_max = 100,
    };
    memcpy(options.processors, processors, count * sizeof *processors);
    flows_stop_taking(shop->flows);
    assert_true(flows_are_quiet(shop->flows));
    flows_close(shop->flows);
    shop->flows = flows_open(&options);
}

/* Its keys were taken away: nothing is begun there, nothing is lost, and all goes on once it is back. */
static void a_processor_that_is_not_set_up_any_more_gets_nothing(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct processor other = *processor_named(STR("bank"));
    const char *payment = shop_held(shop, "k1");
    other.name = "other";
    struct processor_settings settings = { .processor = &other, .url = "http://bank", .timeout = 30 * SHOP_SECOND,
                                           .connect_timeout = SHOP_SECOND, .resend_after = SHOP_SECOND };
    come_back_with(shop, &settings, 1);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 422, "not_set_up");
    settings.processor = processor_named(STR("bank"));
    come_back_with(shop, &settings, 1);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured");
    shop_close(shop);
}

/* The gateway comes back with another default: what was begun with one processor is ended with it. */
static void each_payment_stays_with_its_processor(void **state)
{
    (void)state;
    struct shop *shop = shop_open();
    struct processor other = *processor_named(STR("bank"));
    const char *payment = shop_held(shop, "k1");
    other.name = "other";
    other.replayed_header = NULL; /* it does not tell repeats apart */
    struct processor_settings settings = { .url = "http://bank", .timeout = 30 * SHOP_SECOND, .connect_timeout = SHOP_SECOND,
                                           .resend_after = SHOP_SECOND };
    struct processor_settings bank = settings;
    settings.processor = &other;
    bank.processor = processor_named(STR("bank"));
    come_back_with(shop, (const struct processor_settings[]){ settings, bank }, 2);
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured");
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"act_then_hang_up\"");
    struct guest *guest = shop_answered(shop, pay(shop, "k3"));
    assert_told(guest, 201, "done authorized");
    assert_str(shop_payment(shop, payment)->processor, STR("bank"));
    assert_str(shop_payment(shop, guest_payment(guest))->processor, STR("other"));
    shop_close(shop);
}

/* ---- a person's word ---- */

static void an_id_that_no_processor_would_give_is_not_kept(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
    char long_id[PROCESSOR_ID_BYTES + 1];
    struct processor_id hold;
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"times\": 0, \"fault\": \"wrong_amount\"");
    struct guest *guest = shop_answered(shop, pay(shop, "k1"));
    const char *id = shop_open_operation(shop, guest_payment(guest), OPERATION_REVIEW);
    memset(long_id, 'x', sizeof long_id);
    long_id[PROCESSOR_ID_BYTES] = 0;
    assert_told(shop_answered(shop, shop_settle(shop, id, true, long_id)), 400, "id_invalid");
    assert_told(shop_answered(shop, shop_settle(shop, id, true, "auth_\xc3\xa9")), 400, "id_invalid");
    assert_told(shop_answered(shop, shop_settle(shop, id, true, "auth_\x7f")), 400, "id_invalid");
    fake_bank_hold(shop->world, 0, &hold);
    assert_told(shop_answered(shop, shop_settle(shop, id, true, hold.text)), 201, "done authorized");
    shop_close(shop);
}

/* ---- names and measures ---- */

static void steps_have_names_of_their_own(void **state)
{
    (void)state;
    size_t count = 0;
    for (; flows_step_name(count); count++) {
        for (size_t i = 0; i < count; i++) assert_string_not_equal(flows_step_name(i), flows_step_name(count));
    }
    assert_true(count > 5);
}

/* The value of that line of /metrics; -1 when there is none. */
static int64_t measured(const char *line)
{
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 4096);
    metric_put_all(&text);
    const char *page = arena_copy(&arena, text_str(&text)).bytes, *at = strstr(page, line);
    int64_t value = at ? strtoll(at + strlen(line), NULL, 10) : -1;
    arena_close(&arena);
    return value;
}

static void what_happened_is_counted(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
    flows_register_metrics();
    int64_t calls = measured("\nflorin_processor_call_seconds_count "), again = measured("\nflorin_processor_tries_beyond_first_total ");
    int64_t doubts = measured("\nflorin_doubtful_answers_total "), operations = measured("\nflorin_operation_seconds_count ");
    assert_true(calls >= 0 && again >= 0 && doubts >= 0 && operations >= 0);
    fake_bank_fault(shop->world, "\"path\": \"/api/v1/authorizations\", \"fault\": \"act_then_hang_up\"");
    assert_told(shop_answered(shop, pay(shop, "k1")), 201, "done authorized");
    assert_int_equal(measured("\nflorin_processor_call_seconds_count "), calls + 2);
    assert_int_equal(measured("\nflorin_processor_tries_beyond_first_total "), again + 1);
    assert_int_equal(measured("\nflorin_doubtful_answers_total "), doubts + 1);
    assert_int_equal(measured("\nflorin_operation_seconds_count "), operations + 1);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_open_operations_than_a_page_holds_are_all_taken_up),
        cmocka_unit_test(a_gateway_that_cannot_read_what_is_open_stops),
        cmocka_unit_test(a_repeat_takes_up_what_nobody_works_on),
        cmocka_unit_test(a_repeat_that_meets_a_review_says_so),
        cmocka_unit_test(a_part_is_refused_and_the_whole_may_be_said_as_an_amount),
        cmocka_unit_test(a_wish_may_name_its_processor_and_describe_itself),
        cmocka_unit_test(each_payment_stays_with_its_processor),
        cmocka_unit_test(a_processor_that_is_not_set_up_any_more_gets_nothing),
        cmocka_unit_test(an_id_that_no_processor_would_give_is_not_kept),
        cmocka_unit_test(steps_have_names_of_their_own),
        cmocka_unit_test(what_happened_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
