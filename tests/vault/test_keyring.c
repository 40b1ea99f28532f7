/* SPDX-License-Identifier: Apache-2.0 */
/* keyring: a stored card opens for its own token, under its own keys, unchanged; and for nobody else. */
#include "base/base_testing.h"

#include "vault/keyring.h"
#include "world/fake_world.h"

enum { ROWS_MAX = 8 };

static const struct card visa = { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 };

/* A merchant's keyring, open, and the rows that are stored of it. */
struct desk {
    struct fake_world *fake;
    struct keyring *ring;
    struct hash master;
    struct vault_key_record rows[ROWS_MAX];
    size_t count;
    struct arena arena;
};

static struct hash hash_from(const char *words)
{
    str text = str_of(words);
    return hash_of(&text, 1);
}

static struct keyring *ring_for(struct desk *desk, const char *merchant)
{
    return keyring_make(fake_world_of_gateway(desk->fake), str_of(merchant));
}

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    desk->fake = fake_world_open(&(struct fake_options){ .seed = 5 });
    desk->ring = ring_for(desk, "m_1");
    desk->master = hash_from("master");
    keyring_first(desk->ring, &desk->arena, &desk->master, desk->rows);
    desk->count = KEYRING_FIRST;
    assert_int_equal(keyring_take(desk->ring, &desk->master, desk->rows, desk->count), KEYRING_OPEN);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    keyring_destroy(desk->ring);
    fake_world_close(desk->fake);
    arena_close(&desk->arena);
    free(desk);
    return 0;
}

#define desk_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct token_record seal_card(struct desk *desk, struct keyring *ring, const struct card *card, const char *id)
{
    struct card_face face = card_face_of(&card->number);
    struct token_record token = { .id = arena_copy(&desk->arena, str_of(id)),
                                  .brand = str_of(face.brand),
                                  .last4 = arena_copy(&desk->arena, str_of(face.last4)),
                                  .expiry_month = card->expiry_month,
                                  .expiry_year = card->expiry_year,
                                  .token = { .single_use = true, .created_at = 1000, .expires_at = 5000 } };
    keyring_seal_card(ring, &desk->arena, card, &token);
    return token;
}

static enum card_opening opens(struct keyring *ring, const struct token_record *token)
{
    struct card card;
    return keyring_open_card(ring, token, &card);
}

/* ---- cards ---- */

static void a_card_comes_back_without_its_cvv(void **state)
{
    struct desk *desk = *state;
    static const struct card cards[] = {
        { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 },
        { .number = { "378282246310005" }, .cvv = "1234", .expiry_month = 12, .expiry_year = 2099 },
        { .number = { "4222222222222" }, .cvv = "", .expiry_month = 1, .expiry_year = 2000 },
        { .number = { "6205500000000000004" }, .cvv = "000", .expiry_month = 2, .expiry_year = 2028 },
    };
    for (size_t i = 0; i < COUNT_OF(cards); i++) {
        struct card back;
        struct token_record token = seal_card(desk, desk->ring, &cards[i], "tok_1");
        memset(&back, 0x5a, sizeof back);
        assert_int_equal(keyring_open_card(desk->ring, &token, &back), CARD_OPENED);
        assert_string_equal(back.number.digits, cards[i].number.digits);
        assert_string_equal(back.cvv, "");
        assert_int_equal(back.expiry_month, cards[i].expiry_month);
        assert_int_equal(back.expiry_year, cards[i].expiry_year);
        assert_int_equal(token.card_sealed.length, TOKEN_SEALED_CHARS);
        assert_false(card_is_in(token.card_sealed));
    }
}

static void the_same_card_looks_another_way_each_time(void **state)
{
    struct desk *desk = *state;
    struct token_record one = seal_card(desk, desk->ring, &visa, "tok_1"), other = seal_card(desk, desk->ring, &visa, "tok_1");
    assert_false(str_equal(one.card_sealed, other.card_sealed));
}

/* Every bit of what is sealed, and every field that is bound to it. */
static void a_changed_row_does_not_open(void **state)
{
    struct desk *desk = *state;
    struct token_record token = seal_card(desk, desk->ring, &visa, "tok_1"), changed;
    str bytes;
    assert_true(base64url_decode(&desk->arena, token.card_sealed, &bytes));
    for (size_t bit = 0; bit < bytes.length * 8; bit++) {
        str copy = arena_copy(&desk->arena, bytes);
        ((char *)(uintptr_t)copy.bytes)[bit / 8] ^= (char)(1 << bit % 8);
        changed = token;
        changed.card_sealed = base64url_encode(&desk->arena, copy.bytes, copy.length);
        assert_row(opens(desk->ring, &changed) == CARD_UNREADABLE, bit);
    }
#define CHANGED(statement)                                                                                             \
    do {                                                                                                               \
        changed = token;                                                                                               \
        statement;                                                                                                     \
        assert_int_equal(opens(desk->ring, &changed), CARD_UNREADABLE);                                                \
    } while (0)
    CHANGED(changed.id = STR("tok_2"));
    CHANGED(changed.token.single_use = false);
    CHANGED(changed.token.created_at++);
    CHANGED(changed.token.expires_at = 0);
    CHANGED(changed.last4 = STR("1112"));
    CHANGED(changed.expiry_month = 7);
    CHANGED(changed.expiry_year = 2031);
    CHANGED(changed.card_sealed = STR_NONE);
    CHANGED(changed.card_sealed = STR(""));
    CHANGED(changed.card_sealed = STR("not base64 !"));
    changed = token;
    changed.key_id = STR("card-2");
    assert_int_equal(opens(desk->ring, &changed), CARD_KEY_UNKNOWN);
    changed = token;
    changed.token.used_at = 1; /* what changes in its life is not bound */
    assert_int_equal(opens(desk->ring, &changed), CARD_OPENED);
}

/* The same rows of keys, as if they were another merchant's: they do not open; and his own keys do not open our cards. */
static void a_card_is_one_merchants(void **state)
{
    struct desk *desk = *state;
    struct token_record token = seal_card(desk, desk->ring, &visa, "tok_1");
    struct vault_key_record rows[KEYRING_FIRST];
    struct keyring *other = ring_for(desk, "m_2");
    assert_int_equal(opens(other, &token), CARD_VAULT_SEALED);
    assert_int_equal(keyring_take(other, &desk->master, desk->rows, desk->count), KEYRING_DAMAGED);
    assert_false(keyring_is_open(other));
    keyring_first(other, &desk->arena, &desk->master, rows);
    assert_int_equal(keyring_take(other, &desk->master, rows, COUNT_OF(rows)), KEYRING_OPEN);
    assert_int_equal(opens(other, &token), CARD_UNREADABLE);
    assert_false(str_equal(keyring_fingerprint(other, &desk->arena, &visa.number), keyring_fingerprint(desk->ring, &desk->arena, &visa.number)));
    keyring_destroy(other);
}

static void a_fingerprint_tells_equal_numbers(void **state)
{
    struct desk *desk = *state;
    struct card_number other = { "4242424242424242" };
    str one = keyring_fingerprint(desk->ring, &desk->arena, &visa.number);
    assert_str(keyring_fingerprint(desk->ring, &desk->arena, &visa.number), one);
    assert_false(str_equal(keyring_fingerprint(desk->ring, &desk->arena, &other), one));
    assert_int_equal(one.length, 32);
}

/* ---- keys ---- */

static void another_master_key_opens_nothing(void **state)
{
    struct desk *desk = *state;
    struct hash wrong = hash_from("wrong");
    struct keyring *ring = ring_for(desk, "m_1");
    assert_int_equal(keyring_take(ring, &wrong, desk->rows, desk->count), KEYRING_FOREIGN);
    assert_false(keyring_is_open(ring));
    assert_int_equal(keyring_take(ring, &desk->master, desk->rows, 0), KEYRING_EMPTY);
    keyring_destroy(ring);
}

static void a_changed_key_does_not_open(void **state)
{
    struct desk *desk = *state;
    struct keyring *ring = ring_for(desk, "m_1");
    for (size_t row = 0; row < desk->count; row++) {
        for (size_t at = 0; at < desk->rows[row].sealed.length; at++) {
            str kept = desk->rows[row].sealed, copy = arena_copy(&desk->arena, kept);
            char *byte = (char *)(uintptr_t)&copy.bytes[at];
            *byte = *byte == 'A' ? 'B' : 'A';
            desk->rows[row].sealed = copy;
            assert_row(keyring_take(ring, &desk->master, desk->rows, desk->count) == KEYRING_DAMAGED, at);
            desk->rows[row].sealed = kept;
        }
        assert_int_equal(keyring_take(ring, &desk->master, desk->rows + row, 1), KEYRING_DAMAGED); /* one of the two alone */
    }
    struct vault_key_record first = desk->rows[0];
    desk->rows[0].sealed = desk->rows[1].sealed; /* the one in the other's place */
    assert_int_equal(keyring_take(ring, &desk->master, desk->rows, desk->count), KEYRING_DAMAGED);
    desk->rows[0] = first;
    assert_int_equal(keyring_take(ring, &desk->master, desk->rows, desk->count), KEYRING_OPEN);
    keyring_destroy(ring);
}

static void a_new_master_key_takes_over(void **state)
{
    struct desk *desk = *state;
    struct hash next = hash_from("next");
    struct token_record token = seal_card(desk, desk->ring, &visa, "tok_1");
    str fingerprint = keyring_fingerprint(desk->ring, &desk->arena, &visa.number);
    for (size_t i = 0; i < desk->count; i++) {
        assert_true(keyring_seal_again(desk->ring, &desk->arena, &desk->master, &next, &desk->rows[i]));
        assert_false(keyring_seal_again(desk->ring, &desk->arena, &desk->master, &next, &desk->rows[i]));
    }
    struct keyring *old = ring_for(desk, "m_1");
    assert_int_equal(keyring_take(old, &desk->master, desk->rows, desk->count), KEYRING_FOREIGN);
    assert_int_equal(opens(old, &token), CARD_VAULT_SEALED);
    keyring_destroy(old);
    assert_int_equal(keyring_take(desk->ring, &next, desk->rows, desk->count), KEYRING_OPEN);
    assert_int_equal(opens(desk->ring, &token), CARD_OPENED);
    assert_str(keyring_fingerprint(desk->ring, &desk->arena, &visa.number), fingerprint);
}

/* Old cards open as long as their key is being retired; new ones are sealed under the new one. */
static void a_new_data_key_takes_over(void **state)
{
    struct desk *desk = *state;
    struct token_record old = seal_card(desk, desk->ring, &visa, "tok_1");
    desk->rows[1].state = STR("retiring");
    desk->rows[2] = keyring_next(desk->ring, &desk->arena, &desk->master, desk->rows, desk->count++);
    assert_str(desk->rows[2].key_id, STR("card-2"));
    assert_int_equal(keyring_take(desk->ring, &desk->master, desk->rows, desk->count), KEYRING_OPEN);
    struct token_record fresh = seal_card(desk, desk->ring, &visa, "tok_2");
    assert_str(old.key_id, STR("card-1"));
    assert_str(fresh.key_id, STR("card-2"));
    assert_int_equal(opens(desk->ring, &old), CARD_OPENED);
    assert_int_equal(opens(desk->ring, &fresh), CARD_OPENED);

    desk->rows[1].state = STR("destroyed");
    desk->rows[1].sealed = STR_NONE;
    assert_int_equal(keyring_take(desk->ring, &desk->master, desk->rows, desk->count), KEYRING_OPEN);
    assert_int_equal(opens(desk->ring, &old), CARD_KEY_UNKNOWN);
    assert_int_equal(opens(desk->ring, &fresh), CARD_OPENED);
}

/* It stays as it is when it is shown rows that it cannot open. */
static void an_open_one_stays_open(void **state)
{
    struct desk *desk = *state;
    struct hash wrong = hash_from("wrong");
    struct token_record token = seal_card(desk, desk->ring, &visa, "tok_1");
    assert_int_equal(keyring_take(desk->ring, &wrong, desk->rows, desk->count), KEYRING_FOREIGN);
    assert_int_equal(opens(desk->ring, &token), CARD_OPENED);
    assert_true(hash_equal(keyring_master(desk->ring), &desk->master));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        desk_test(a_card_comes_back_without_its_cvv),
        desk_test(the_same_card_looks_another_way_each_time),
        desk_test(a_changed_row_does_not_open),
        desk_test(a_card_is_one_merchants),
        desk_test(a_fingerprint_tells_equal_numbers),
        desk_test(another_master_key_opens_nothing),
        desk_test(a_changed_key_does_not_open),
        desk_test(a_new_master_key_takes_over),
        desk_test(a_new_data_key_takes_over),
        desk_test(an_open_one_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
