/* SPDX-License-Identifier: Apache-2.0 */
/* Payments by a stored card: the token's row has the last word, and a single-use token is used up with the intent, once. */
#include "base/base_testing.h"

#include <stdio.h>

#include "flow/shop.h"

static const char once[] = "tok_000000000000000000000000000000000001", often[] = "tok_000000000000000000000000000000000002";

/* ---- rows of tokens ---- */

struct errand {
    struct work work;
    void (*act)(struct store *store, struct token_record *token);
    struct token_record token;
    struct arena arena;
};

static void run(struct work *work, void *store)
{
    struct errand *errand = CONTAINER_OF(work, struct errand, work);
    errand->act(store, &errand->token);
}

static struct errand do_with(struct shop *shop, void (*act)(struct store *store, struct token_record *token), const char *id)
{
    struct errand errand = { .work = { .run = run }, .act = act, .token = { .id = str_of(id) } };
    struct work *works[] = { &errand.work };
    store_run_batch(shop->store, works, 1);
    assert_int_equal(errand.work.result, WORK_DONE);
    return errand;
}

static void save(struct store *store, struct token_record *token)
{
    token->key_id = STR("card-1");
    token->card_sealed = STR("sealed");
    token->brand = STR("visa");
    token->last4 = STR("1111");
    token->fingerprint = STR("f1");
    token->token.single_use = str_equal(token->id, str_of(once));
    token->token.created_at = 1;
    token->cvv_sealed = STR("sealed");
    store_save_new_token(store, STR("m_1"), token);
}

static void delete (struct store *store, struct token_record *token) { store_save_token_deletion(store, STR("m_1"), token->id, 7); }

static struct arena loaded;

static void load(struct store *store, struct token_record *token)
{
    str id = token->id;
    assert_true(store_load_token(store, &loaded, STR("m_1"), id, token));
}

static struct token_record row_of(struct shop *shop, const char *id) { return do_with(shop, load, id).token; }

static struct shop *open_with_tokens(void)
{
    struct shop *shop = shop_open();
    (void)do_with(shop, save, once);
    (void)do_with(shop, save, often);
    return shop;
}

static void close_shop(struct shop *shop)
{
    shop_close(shop);
    arena_close(&loaded);
}

static struct guest *pay(struct shop *shop, const char *key, const char *token)
{
    struct card card = shop_card(shop_rich_card);
    return shop_authorize_token(shop, key, token, &card, ENDING_DONE, REFUSED_NOT);
}

/* ---- stories ---- */

static void a_single_use_token_is_used_once(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    struct guest *first = shop_answered(shop, pay(shop, "a", once));
    assert_told(first, 201, "done authorized 5000/0/0 operation=none");
    assert_told(shop_answered(shop, pay(shop, "b", once)), 409, "refused token_used");
    struct guest *again = shop_answered(shop, pay(shop, "a", once)); /* the same request is no second use */
    assert_string_equal(again->body, first->body);
    assert_true(again->replayed);
    struct token_record row = row_of(shop, once);
    assert_str(row.used_by, str_of(guest_payment(first)));
    assert_true(row.token.used_at > 0);
    assert_null(row.cvv_sealed.bytes);
    assert_int_equal(shop_payments(shop), 1);
    close_shop(shop);
}

static void two_at_once_have_one_winner(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    struct guest *guests[] = { pay(shop, "a", once), pay(shop, "b", once), pay(shop, "c", once) };
    int paid = 0, refused = 0;
    for (size_t i = 0; i < COUNT_OF(guests); i++) {
        const struct guest *guest = shop_answered(shop, guests[i]);
        paid += guest->status == 201;
        refused += str_starts_with(str_of(guest->body), STR("refused token_used"));
    }
    assert_int_equal(paid, 1);
    assert_int_equal(refused, 2);
    assert_int_equal(fake_bank_count(shop->world, "holds"), 1);
    close_shop(shop);
}

static void a_kept_token_pays_again_and_again(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    assert_told(shop_answered(shop, pay(shop, "a", often)), 201, "done authorized");
    assert_null(row_of(shop, often).cvv_sealed.bytes); /* of the first payment only */
    assert_told(shop_answered(shop, pay(shop, "b", often)), 201, "done authorized");
    assert_true(row_of(shop, often).token.used_at == 0);
    close_shop(shop);
}

/* It was there when its card was opened, and is not when the intent is written. */
static void a_token_that_was_deleted_meanwhile_does_not_pay(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    (void)do_with(shop, delete, often);
    assert_told(shop_answered(shop, pay(shop, "a", often)), 409, "refused token_deleted");
    assert_told(shop_answered(shop, pay(shop, "b", "tok_000000000000000000000000000000000003")), 409, "refused token_unknown");
    assert_int_equal(fake_bank_requests(shop->world), 0);
    close_shop(shop);
}

static const struct {
    enum ending_kind trouble;
    enum refusal refusal;
    int status;
    const char *told;
    bool is_kept; /* as the key's answer */
} troubles[] = {
    { ENDING_REFUSED, REFUSED_TOKEN_UNREADABLE, 409, "refused token_unreadable", true },
    { ENDING_REFUSED, REFUSED_TOKEN_EXPIRED, 409, "refused token_expired", true },
    { ENDING_VAULT_SEALED, REFUSED_NOT, 503, "vault_sealed", false },
};

static void a_card_that_could_not_be_had_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        struct shop *shop = open_with_tokens();
        struct guest *guest = shop_answered(shop, shop_authorize_token(shop, "a", often, NULL, troubles[i].trouble, troubles[i].refusal));
        assert_told(guest, troubles[i].status, troubles[i].told);
        guest = shop_answered(shop, pay(shop, "a", often)); /* the trouble is over */
        if (troubles[i].is_kept) assert_told(guest, troubles[i].status, troubles[i].told);
        else assert_told(guest, 201, "done authorized");
        assert_int_equal(guest->replayed, troubles[i].is_kept);
        close_shop(shop);
    }
}

/* What was answered stays the answer, whatever has become of the token. */
static void an_earlier_answer_outlives_the_token(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    struct guest *first = shop_answered(shop, pay(shop, "a", often));
    struct guest *again = shop_answered(shop, shop_authorize_token(shop, "a", often, NULL, ENDING_REFUSED, REFUSED_TOKEN_DELETED));
    assert_string_equal(again->body, first->body);
    again = shop_answered(shop, shop_authorize_token(shop, "a", often, NULL, ENDING_VAULT_SEALED, REFUSED_NOT));
    assert_string_equal(again->body, first->body);
    close_shop(shop);
}

/* The machine went down with the card in doubt: the repeat brings it from the token, although that is used by now. */
static void a_used_token_brings_a_lost_card_again(void **state)
{
    (void)state;
    struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
    (void)do_with(shop, save, once);
    fake_world_set_network(shop->world, NETWORK_LOSES_CALL);
    (void)pay(shop, "a", once);
    shop_pass(shop, SHOP_SECOND / 10);
    shop_lose(shop, false);
    shop_lose_memory(shop);
    fake_world_set_network(shop->world, NETWORK_WORKS);
    shop_begin(shop);
    shop_rest(shop);
    struct card card = shop_card(shop_rich_card);
    struct guest *again = shop_answered(shop, shop_authorize_token(shop, "a", once, &card, ENDING_REFUSED, REFUSED_TOKEN_USED));
    assert_told(again, 201, "done authorized 5000/0/0 operation=none");
    close_shop(shop);
}

/* Killed after each of its moments, asked again: one hold, and the token is used by the payment that has it. */
static void a_crash_anywhere_uses_it_once(void **state)
{
    (void)state;
    for (int moments = 0;; moments++) {
        struct shop *shop = shop_open_with(&(struct shop_settings){ .resend_after = SHOP_SECOND });
        (void)do_with(shop, save, once);
        struct guest *guest = pay(shop, "a", once);
        for (int i = 0; i < moments && !guest->answered; i++) (void)fake_world_step(shop->world, fake_world_clock(shop->world) + SHOP_SECOND);
        bool was_answered = guest->answered;
        shop_lose(shop, true);
        shop_begin(shop);
        bool was_used = row_of(shop, once).token.used_at != 0;
        struct card card = shop_card(shop_rich_card);
        struct guest *again = shop_authorize_token(shop, "a", once, &card, was_used ? ENDING_REFUSED : ENDING_DONE,
                                                   was_used ? REFUSED_TOKEN_USED : REFUSED_NOT);
        assert_told(shop_answered(shop, again), 201, "done authorized 5000/0/0 operation=none");
        if (was_answered) assert_string_equal(again->body, guest->body);
        assert_str(row_of(shop, once).used_by, str_of(guest_payment(again)));
        assert_int_equal(shop_payments(shop), 1);
        close_shop(shop);
        if (was_answered) return;
    }
}

/* The sweep takes what is over: the cards of expired tokens, and CVVs. */
static void what_is_over_is_erased(void **state)
{
    (void)state;
    struct shop *shop = open_with_tokens();
    shop_pass(shop, 40 * SHOP_SECOND);
    assert_null(row_of(shop, often).cvv_sealed.bytes); /* its time was over from the start */
    assert_non_null(row_of(shop, often).card_sealed.bytes);
    close_shop(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_use_token_is_used_once),
        cmocka_unit_test(two_at_once_have_one_winner),
        cmocka_unit_test(a_kept_token_pays_again_and_again),
        cmocka_unit_test(a_token_that_was_deleted_meanwhile_does_not_pay),
        cmocka_unit_test(a_card_that_could_not_be_had_is_told),
        cmocka_unit_test(an_earlier_answer_outlives_the_token),
        cmocka_unit_test(a_used_token_brings_a_lost_card_again),
        cmocka_unit_test(a_crash_anywhere_uses_it_once),
        cmocka_unit_test(what_is_over_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
