/* SPDX-License-Identifier: Apache-2.0 */
/* A company tells by itself of payments and disputes: what it says makes us ask, and what it answers is kept. It speaks as the bank does,
 * and says of disputes what the test wants. */
#include "base/base_testing.h"

#include <stdio.h>
#include <string.h>

#include "flow/shop.h"

/* ---- the company ---- */

static struct processor company;
static struct processor_news news;      /* what its next notice is about */
static struct processor_dispute said;   /* what it answers about a dispute */
static bool is_proven, is_understood;
static int asked;                       /* about disputes */

static bool prove(struct arena *arena, const struct processor_notice *notice)
{
    (void)arena;
    (void)notice;
    return is_proven;
}

static bool hear(struct arena *arena, const struct processor_notice *notice, struct processor_news *out)
{
    (void)arena;
    (void)notice;
    *out = news;
    return is_understood;
}

static void ask(struct arena *arena, const struct processor_call *call, struct processor_request *out)
{
    (void)arena;
    assert_str(call->dispute_ref, STR("dp_1"));
    asked++;
    *out = (struct processor_request){ STR("GET"), STR("/sim/book"), STR_NONE };
}

static void read(struct arena *arena, const struct processor_call *call, const struct processor_answer *answer, struct processor_dispute *out)
{
    (void)arena;
    (void)call;
    (void)answer;
    *out = said;
}

static const struct processor_notices notices = { .headers = { "Signature" }, .prove = prove, .hear = hear };

/* ---- a shop, and what comes to its door ---- */

static struct shop *open_told(void)
{
    company = *processor_named(STR("bank"));
    company.name = "stripe"; /* one that is known to send notices */
    company.notices = &notices;
    company.dispute = (struct processor_dispute_look_up){ ask, read };
    is_proven = is_understood = true;
    asked = 0;
    said = (struct processor_dispute){ .kind = DISPUTE_FOUND, .stage = DISPUTE_CHARGEBACK, .state = DISPUTE_NEEDS_RESPONSE,
                                       .amount = money_of(4000, (currency){ "USD" }), .reason = STR("fraud"), .due_at = SHOP_DAY };
    return shop_open_with(&(struct shop_settings){ .processor = &company });
}

struct bringer {
    struct notice_bringer bringer;
    bool is_answered;
    enum notice_answer answer;
};

static void answered(struct notice_bringer *bringer, enum notice_answer answer)
{
    struct bringer *one = CONTAINER_OF(bringer, struct bringer, bringer);
    assert_false(one->is_answered);
    one->is_answered = true;
    one->answer = answer;
}

static const struct http_request request = { .body = STR_CONSTANT("{}") };

static enum notice_answer bring_to(struct shop *shop, str processor, str account)
{
    struct bringer bringer = { .bringer.answered = answered };
    flows_take_notice(shop->flows, processor, account, &request, &bringer.bringer);
    for (int i = 0; i < 100 && !bringer.is_answered; i++) shop_pass(shop, MICROS_PER_MS);
    assert_true(bringer.is_answered);
    return bringer.answer;
}

/* The next notice has a name that no other has. */
static enum notice_answer bring(struct shop *shop)
{
    static char name[24];
    static int number;
    snprintf(name, sizeof name, "evt_%d", ++number);
    news.event_id = str_of(name);
    return bring_to(shop, STR("stripe"), STR("default"));
}

/* Of a dispute about that payment's capture. */
static void tell_of(struct shop *shop, const char *payment)
{
    static char ref[PROCESSOR_ID_BYTES];
    snprintf(ref, sizeof ref, "%s", shop_payment(shop, payment)->capture_ref.text);
    news = (struct processor_news){ .type = STR("dispute"), .subject = NEWS_OF_DISPUTE, .processor_ref = str_of(ref), .dispute_ref = STR("dp_1") };
}

/* ---- looking ---- */

struct look {
    struct work work;
    struct arena arena;
    const char *payment;
    struct dispute_record dispute;
    bool is_found;
};

static void read_row(struct work *work, void *store)
{
    struct look *look = CONTAINER_OF(work, struct look, work);
    look->is_found = store_load_dispute(store, &look->arena, STR("m_1"), str_of(look->payment), STR("dp_1"), &look->dispute);
}

static bool find_row(struct shop *shop, const char *payment, struct dispute_record *out)
{
    struct look look = { .work.run = read_row, .payment = payment };
    struct work *works[] = { &look.work };
    store_run_questions(shop->reader, works, 1);
    assert_int_equal(look.work.result, WORK_DONE);
    *out = look.dispute;
    out->id = out->reason = STR_NONE;
    arena_close(&look.arena);
    return look.is_found;
}

static micros look_at_of(struct shop *shop, const char *payment)
{
    struct dispute_record row;
    assert_true(find_row(shop, payment, &row));
    return row.look_at;
}

static int64_t events_of(struct shop *shop, const char *payment) { return shop_payment(shop, payment)->payment.sequence; }

static void assert_news(struct shop *shop, const char *payment, const char *part)
{
    const char *data = shop_event(shop, payment, "dispute_changed");
    if (!strstr(data, part)) fail_msg("the history does not tell %s: %s", part, data);
}

/* ---- stories ---- */

static void a_dispute_is_asked_about_and_kept(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    assert_int_equal(bring(shop), NOTICE_ACCEPTED);
    shop_pass(shop, SHOP_SECOND);
    assert_news(shop, payment, "\"dispute_id\":\"dp_1\",\"dispute_stage\":\"chargeback\",\"dispute_state\":\"needs_response\",\"amount\":4000");
    assert_news(shop, payment, "\"evidence_due_at\":");
    assert_int_equal(look_at_of(shop, payment), 0);
    assert_told(shop_answered(shop, shop_refund(shop, "k2", payment)), 409, "refused dispute_open captured 5000/5000/0");
    shop_close(shop);
}

/* clang-format off */
static const struct move {
    const char *what;
    struct processor_dispute said;
    bool is_news;
} moves[] = {
    { "nothing new",  { DISPUTE_FOUND, DISPUTE_CHARGEBACK, DISPUTE_NEEDS_RESPONSE, { 4000, { "USD" } }, STR_CONSTANT("fraud"), SHOP_DAY }, false },
    { "its state",    { DISPUTE_FOUND, DISPUTE_CHARGEBACK, DISPUTE_UNDER_REVIEW,   { 4000, { "USD" } }, STR_CONSTANT("fraud"), SHOP_DAY }, true },
    { "its stage",    { DISPUTE_FOUND, DISPUTE_ARBITRATION, DISPUTE_UNDER_REVIEW,  { 4000, { "USD" } }, STR_CONSTANT("fraud"), SHOP_DAY }, true },
    { "its end",      { DISPUTE_FOUND, DISPUTE_ARBITRATION, DISPUTE_UNDER_REVIEW,  { 4000, { "USD" } }, STR_CONSTANT("fraud"), 0 },        true },
    { "its amount",   { DISPUTE_FOUND, DISPUTE_ARBITRATION, DISPUTE_UNDER_REVIEW,  { 3000, { "USD" } }, STR_CONSTANT("fraud"), 0 },        true },
    { "its reason",   { DISPUTE_FOUND, DISPUTE_ARBITRATION, DISPUTE_UNDER_REVIEW,  { 3000, { "USD" } }, STR_CONSTANT("other"), 0 },        true },
    { "without one",  { DISPUTE_FOUND, DISPUTE_ARBITRATION, DISPUTE_WON,           { 3000, { "USD" } }, { NULL, 0 }, 0 },                  true },
    { "it is not there", { .kind = DISPUTE_ABSENT }, false }, /* what was known of it stays */
};
/* clang-format on */

static void only_what_changed_is_history(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    struct dispute_record row;
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    (void)bring(shop);
    shop_pass(shop, SHOP_SECOND);
    for (size_t i = 0; i < COUNT_OF(moves); i++) {
        int64_t before = events_of(shop, payment);
        said = moves[i].said;
        assert_int_equal(bring(shop), NOTICE_ACCEPTED);
        shop_pass(shop, SHOP_SECOND);
        assert_row(events_of(shop, payment) == before + moves[i].is_news, i);
        assert_row(look_at_of(shop, payment) == 0, i);
    }
    assert_true(find_row(shop, payment, &row) && row.is_known && row.state == DISPUTE_WON);
    assert_told(shop_answered(shop, shop_refund(shop, "k2", payment)), 200, "done refunded");
    shop_close(shop);
}

static void one_that_the_company_does_not_know_is_none(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    struct dispute_record row;
    const char *payment = shop_captured(shop, "k1");
    int64_t before = events_of(shop, payment);
    tell_of(shop, payment);
    said = (struct processor_dispute){ .kind = DISPUTE_ABSENT };
    (void)bring(shop);
    shop_pass(shop, SHOP_SECOND);
    assert_int_equal(asked, 1);
    assert_false(find_row(shop, payment, &row));
    assert_int_equal(events_of(shop, payment), before);
    shop_close(shop);
}

/* ---- when it cannot be asked, or cannot say ---- */

static void nobody_can_say(struct shop *shop)
{
    (void)shop;
    said.kind = DISPUTE_NOTHING_SURE;
}
static void nobody_is_there(struct shop *shop) { fake_world_set_network(shop->world, NETWORK_REFUSES); }
static void no_answer_comes(struct shop *shop) { fake_world_set_network(shop->world, NETWORK_LOSES_ANSWER); }

static void all_is_well(struct shop *shop)
{
    fake_world_set_network(shop->world, NETWORK_WORKS);
    said.kind = DISPUTE_FOUND;
}

/* 1. It cannot be found out. 2. The row says when it is tried again, more and more rarely. 3. The sweep does, and finds it. */
static void what_cannot_be_found_out_is_asked_again(void **state)
{
    static void (*const troubles[])(struct shop *shop) = { nobody_can_say, nobody_is_there, no_answer_comes };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        struct shop *shop = open_told();
        const char *payment = shop_captured(shop, "k1");
        tell_of(shop, payment);
        troubles[i](shop);
        (void)bring(shop);
        shop_pass(shop, SHOP_SECOND);
        micros first = look_at_of(shop, payment);
        assert_row(first > 0 && asked == 1, i);
        shop_pass(shop, 2 * SHOP_HOUR);
        micros later = look_at_of(shop, payment);
        assert_row(later - first > SHOP_HOUR / 4 && asked > 2 && asked < 40, i);
        assert_string_equal(shop_event(shop, payment, "dispute_changed"), "");
        all_is_well(shop);
        shop_pass(shop, 2 * SHOP_HOUR);
        assert_news(shop, payment, "\"dispute_state\":\"needs_response\"");
        assert_row(look_at_of(shop, payment) == 0, i);
        shop_close(shop);
    }
}

static void a_restart_goes_on_asking(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    nobody_can_say(shop);
    (void)bring(shop);
    shop_pass(shop, SHOP_SECOND);
    shop_lose(shop, true);
    all_is_well(shop);
    shop_begin(shop);
    shop_pass(shop, 60 * SHOP_SECOND);
    assert_news(shop, payment, "\"dispute_state\":\"needs_response\"");
    shop_close(shop);
}

/* An answer from before the news is not kept: it is asked once more. */
static void news_while_it_is_asked_are_asked_about_too(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    (void)bring(shop);
    said.state = DISPUTE_UNDER_REVIEW;
    (void)bring(shop); /* the answer takes 50 ms */
    shop_pass(shop, SHOP_SECOND);
    assert_int_equal(asked, 2);
    assert_news(shop, payment, "\"dispute_state\":\"under_review\"");
    assert_int_equal(look_at_of(shop, payment), 0);
    shop_close(shop);
}

/* There is nothing that a payer could want back: it is asked again until there is. */
static void money_that_was_not_taken_is_not_disputed(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    static char ref[PROCESSOR_ID_BYTES];
    const char *payment = shop_held(shop, "k1");
    snprintf(ref, sizeof ref, "%s", shop_payment(shop, payment)->authorization_ref.text);
    news = (struct processor_news){ .subject = NEWS_OF_DISPUTE, .processor_ref = str_of(ref), .dispute_ref = STR("dp_1") };
    (void)bring(shop);
    shop_pass(shop, SHOP_SECOND);
    assert_string_equal(shop_event(shop, payment, "dispute_changed"), "");
    assert_told(shop_answered(shop, shop_capture(shop, "k2", payment)), 200, "done captured");
    shop_pass(shop, 60 * SHOP_SECOND);
    assert_news(shop, payment, "\"dispute_state\":\"needs_response\"");
    shop_close(shop);
}

static void whoever_goes_down_asks_nothing_more(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    flows_stop_taking(shop->flows);
    assert_int_equal(bring(shop), NOTICE_ACCEPTED);
    shop_pass(shop, SHOP_SECOND);
    assert_int_equal(asked, 0);
    assert_true(look_at_of(shop, payment) > 0); /* durable, for the next life */
    shop_restart(shop);
    shop_pass(shop, 60 * SHOP_SECOND);
    assert_news(shop, payment, "\"dispute_state\":\"needs_response\"");
    shop_close(shop);
}

/* ---- what a notice may be ---- */

static void is_forged(void) { is_proven = false; }
static void is_nonsense(void) { is_understood = false; }
static void is_of_another_mode(void) { news.is_of_another_mode = true; }
static void is_of_another_account(void) { news.is_of_another_account = true; }
static void is_of_nothing(void) { news.subject = NEWS_OF_NOTHING; }
static void is_of_strangers(void) { news.processor_ref = STR("nobody's"); }
static void names_no_dispute(void) { news.dispute_ref = STR(""); }
static void names_it_strangely(void) { news.dispute_ref = STR("../../v1/refunds?"); }
static void names_it_at_length(void) { news.dispute_ref = STR("ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"); }
static void is_of_another_sum(void) { news.amount = money_of(4999, (currency){ "USD" }); }
static void is_of_another_currency(void) { news.amount = money_of(5000, (currency){ "EUR" }); }

/* clang-format off */
static const struct {
    void (*other)(void);
    enum notice_answer answer;
} others[] = {
    { is_forged,              NOTICE_FORGED   },
    { is_nonsense,            NOTICE_ACCEPTED },
    { is_of_another_mode,     NOTICE_ACCEPTED },
    { is_of_another_account,  NOTICE_ACCEPTED },
    { is_of_nothing,          NOTICE_ACCEPTED },
    { is_of_strangers,        NOTICE_ACCEPTED },
    { names_no_dispute,       NOTICE_ACCEPTED },
    { names_it_strangely,     NOTICE_ACCEPTED },
    { names_it_at_length,     NOTICE_ACCEPTED },
    { is_of_another_sum,      NOTICE_ACCEPTED },
    { is_of_another_currency, NOTICE_ACCEPTED },
};
/* clang-format on */

static void what_contradicts_moves_nothing(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    struct dispute_record row;
    const char *payment = shop_captured(shop, "k1");
    int64_t before = events_of(shop, payment);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        is_proven = is_understood = true;
        tell_of(shop, payment);
        others[i].other();
        assert_row(bring(shop) == others[i].answer, i);
        shop_pass(shop, SHOP_SECOND);
        assert_row(asked == 0 && !find_row(shop, payment, &row) && events_of(shop, payment) == before, i);
    }
    shop_close(shop);
}

static void the_right_sum_is_taken(void **state)
{
    (void)state;
    struct shop *shop = open_told();
    const char *payment = shop_captured(shop, "k1");
    tell_of(shop, payment);
    news.amount = money_of(5000, (currency){ "USD" });
    assert_int_equal(bring(shop), NOTICE_ACCEPTED);
    shop_pass(shop, SHOP_SECOND);
    assert_int_equal(asked, 1);
    shop_close(shop);
}

/* By its name, or by its bytes where the company gives none that can be one. */
static void what_came_before_is_not_taken_again(void **state)
{
    static char long_name[300];
    const str names[] = { STR("evt_same"), STR(""), { long_name, sizeof long_name } };
    (void)state;
    memset(long_name, 'e', sizeof long_name);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct shop *shop = open_told();
        const char *payment = shop_captured(shop, "k1");
        tell_of(shop, payment);
        news.event_id = names[i];
        for (int times = 0; times < 3; times++) {
            assert_int_equal(bring_to(shop, STR("stripe"), STR("default")), NOTICE_ACCEPTED);
            shop_pass(shop, SHOP_SECOND);
        }
        assert_row(asked == 1, i);
        shop_close(shop);
    }
}

static void who_is_not_set_up_is_not_awaited(void **state)
{
    static const str doors[][2] = { { STR_CONSTANT("nobody"), STR_CONSTANT("default") },
                                    { STR_CONSTANT("bank"), STR_CONSTANT("default") },
                                    { STR_CONSTANT("stripe"), STR_CONSTANT("other") } };
    (void)state;
    struct shop *shop = open_told();
    for (size_t i = 0; i < COUNT_OF(doors); i++) assert_row(bring_to(shop, doors[i][0], doors[i][1]) == NOTICE_NOT_AWAITED, i);
    shop_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dispute_is_asked_about_and_kept),
        cmocka_unit_test(only_what_changed_is_history),
        cmocka_unit_test(one_that_the_company_does_not_know_is_none),
        cmocka_unit_test(what_cannot_be_found_out_is_asked_again),
        cmocka_unit_test(a_restart_goes_on_asking),
        cmocka_unit_test(news_while_it_is_asked_are_asked_about_too),
        cmocka_unit_test(money_that_was_not_taken_is_not_disputed),
        cmocka_unit_test(whoever_goes_down_asks_nothing_more),
        cmocka_unit_test(what_contradicts_moves_nothing),
        cmocka_unit_test(the_right_sum_is_taken),
        cmocka_unit_test(what_came_before_is_not_taken_again),
        cmocka_unit_test(who_is_not_set_up_is_not_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
