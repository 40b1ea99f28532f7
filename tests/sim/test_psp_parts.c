/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that simulated companies are made of: keys, cards, callers, shelves, the book, signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/psp.h"
#include "sim/psp_hmac.h"

static const micros hour = 3600LL * MICROS_PER_SECOND;

/* --- Keys --- */

static void a_key_is_fresh_then_running_then_kept_then_fresh(void **state)
{
    (void)state;
    struct psp_keys keys = { 0 };
    struct arena arena = { 0 };
    struct psp_key *key;
    struct hash one = { { 1 } }, other = { { 2 } };
    struct http_answer answer = { .status = 402, .content_type = STR("application/json"), .body = STR("{}") };
    psp_keys_open(&keys);
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &one, 0, &key), PSP_KEY_FRESH);
    key->is_running = true;
    key->fingerprint = one;
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &one, 0, &key), PSP_KEY_RUNNING);
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &other, 0, &key), PSP_KEY_MISMATCH);
    key->is_running = false;
    psp_keys_keep(&keys, &arena, key, &one, &answer, 0, 24 * hour);
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &one, 24 * hour - 1, &key), PSP_KEY_KEPT);
    assert_int_equal(key->status, 402);
    assert_true(str_equal(key->body, STR("{}")));
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &other, 1, &key), PSP_KEY_MISMATCH);
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &other, 24 * hour, &key), PSP_KEY_FRESH);
    struct psp_key *elsewhere;
    assert_int_equal(psp_keys_find(&keys, &arena, STR("b"), STR("k"), &one, 0, &elsewhere), PSP_KEY_FRESH);
    assert_ptr_not_equal(key, elsewhere);
    psp_keys_forget_all(&keys);
    assert_int_equal(psp_keys_find(&keys, &arena, STR("a"), STR("k"), &one, 1, &key), PSP_KEY_FRESH);
    psp_keys_close(&keys);
    arena_close(&arena);
}

/* --- Cards --- */

static void cards_are_read(void **state)
{
    static const struct {
        const char *number;
        const char *brand; /* NULL: no card number */
    } rows[] = {
        { "4242424242424242", "visa" },       { "5555555555554444", "mastercard" }, { "2223003122003222", "mastercard" },
        { "378282246310005", "amex" },        { "6011111111111117", "discover" },   { "3056930009020004", "diners" },
        { "3566002020360505", "jcb" },        { "6205500000000000004", "unionpay" }, { "5060666666666666666", "verve" },
        { "4242424242424241", NULL },         { "4242 4242 4242 4242", NULL },      { "424242424242", NULL },
        { "", NULL },                         { "42424242424242424242", NULL },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct psp_card card;
        bool is_read = psp_card_read(str_of(rows[i].number), NULL, &card);
        if (is_read != (rows[i].brand != NULL)) fail_msg("%s", rows[i].number);
        if (is_read) assert_string_equal(card.brand, rows[i].brand);
    }
}

static void a_card_has_the_same_fingerprint_everywhere_and_keeps_no_number(void **state)
{
    static const struct psp_test_card table[] = { { "4242424242424242", 7, "word", "name" }, { NULL, 0, NULL, NULL } };
    (void)state;
    struct psp_card card;
    assert_true(psp_card_read(STR("4242424242424242"), table, &card));
    assert_string_equal(card.fingerprint, "a756802ee21db6c9"); /* printf 'florin sim card 4242424242424242' | sha256sum */
    assert_string_equal(card.first6, "424242");
    assert_string_equal(card.last4, "4242");
    assert_ptr_equal(card.test, &table[0]);
    assert_ptr_equal(psp_test_card_named(table, STR("name")), &table[0]);
    assert_null(psp_test_card_named(table, STR("other")));
    assert_true(psp_card_read(STR("4111111111111111"), table, &card));
    assert_null(card.test);
}

static void a_card_expires_with_its_month(void **state)
{
    const micros day = 24 * hour, february = 20514 * day; /* 2026-03-02 */
    (void)state;
    static const struct {
        int64_t month, year;
        bool is_expired;
    } rows[] = { { 3, 2026, false }, { 2, 2026, true }, { 12, 2025, true }, { 1, 2027, false }, { 3, 26, false }, { 2, 26, true } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct psp_card card = { .expiry_month = rows[i].month, .expiry_year = rows[i].year };
        assert_int_equal(psp_card_is_expired(&card, february), rows[i].is_expired);
    }
}

/* --- Callers --- */

static void credentials_are_read(void **state)
{
    static const struct {
        const char *header;
        enum psp_scheme scheme;
        const char *name, *secret;
    } rows[] = {
        { "Bearer sk_1",              PSP_BEARER,         "",     "sk_1"  },
        { "bearer  sk_1 ",            PSP_BEARER,         "",     "sk_1"  },
        { "Basic c2tfMTo=",           PSP_BASIC,          "sk_1", ""      },
        { "Basic bmFtZTpwPz8/cA==",   PSP_BASIC,          "name", "p???p" },
        { "Basic bmFtZTp+fn5+",       PSP_BASIC,          "name", "~~~~"  },
        { "Basic !",                  PSP_NO_CREDENTIALS, "",     ""      },
        { "Digest x",                 PSP_NO_CREDENTIALS, "",     ""      },
        { "",                         PSP_NO_CREDENTIALS, "",     ""      },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        struct http_header header = { STR("authorization"), str_of(rows[i].header) };
        struct http_request request = { .headers = &header, .header_count = 1 };
        struct psp_credentials read = psp_credentials_read(&arena, &request);
        assert_int_equal(read.scheme, rows[i].scheme);
        assert_true(str_equal(read.name, str_of(rows[i].name)) && str_equal(read.secret, str_of(rows[i].secret)));
        arena_close(&arena);
    }
}

static void tokens_are_good_for_a_time(void **state)
{
    (void)state;
    static struct psp_tokens tokens;
    struct desk_chance chance = desk_chance_from(1);
    str first = psp_token_issue(&tokens, &chance, hour);
    assert_true(psp_token_is_good(&tokens, first, 0));
    assert_false(psp_token_is_good(&tokens, first, hour));
    assert_false(psp_token_is_good(&tokens, STR("other"), 0));
    psp_tokens_revoke(&tokens);
    assert_false(psp_token_is_good(&tokens, first, 0));
}

/* --- Shelves --- */

struct thing {
    struct psp_item item;
    int value;
};

static void things_are_found_by_id_and_by_further_names(void **state)
{
    (void)state;
    struct psp_shelf shelf = { .pool.item_bytes = sizeof(struct thing) };
    struct thing *one = psp_shelf_add(&shelf, STR("id_1")), *two = psp_shelf_add(&shelf, STR("id_2"));
    psp_shelf_name(&shelf, two, STR("order 7"));
    assert_ptr_equal(psp_shelf_find(&shelf, STR("id_1")), one);
    assert_ptr_equal(psp_shelf_find(&shelf, STR("order 7")), two);
    assert_null(psp_shelf_find(&shelf, STR("order 8")));
    assert_ptr_equal(psp_shelf_at(&shelf, 2), two);
    assert_int_equal(psp_shelf_count(&shelf), 2);
    psp_shelf_close(&shelf);
}

/* --- The book --- */

static void what_was_done_twice_is_counted(void **state)
{
    /* kind            key   operation   repeats its key, its operation */
    static const struct {
        const char *kind, *key, *operation;
        bool repeats_key, repeats_operation;
    } rows[] = {
        { "authorization", "k1", "p1", false, false },
        { "capture",       "k1", "p1", false, false }, /* a sale is both under one key */
        { "authorization", "k1", "",   true,  false },
        { "authorization", "k2", "p1", false, true  },
        { "authorization", "",   "p2", false, false },
        { "authorization", "",   "p2", false, true  },
        { "refund",        "k3", "p1", false, false },
    };
    (void)state;
    struct psp_book book = { 0 };
    psp_book_open(&book);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct psp_effect effect = { .kind = rows[i].kind,
                                     .key = str_of(rows[i].key),
                                     .operation = str_of(rows[i].operation),
                                     .amount = 5,
                                     .currency = i == 0 ? STR("eur") : STR("usd") };
        const struct psp_effect *entered = psp_book_enter(&book, &effect);
        assert_int_equal(entered->repeats_key, rows[i].repeats_key);
        assert_int_equal(entered->repeats_operation, rows[i].repeats_operation);
    }
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 256);
    json_open_object(&text);
    psp_book_put_totals(&text, &book);
    json_close_object(&text);
    const char *expected = "{\"totals\":{\"authorization\":{\"eur\":{\"count\":1,\"amount\":5},\"usd\":{\"count\":4,\"amount\":20}},"
                           "\"capture\":{\"usd\":{\"count\":1,\"amount\":5}},\"refund\":{\"usd\":{\"count\":1,\"amount\":5}}},"
                           "\"keys_repeated\":1,\"operations_repeated\":2}";
    assert_string_equal(arena_copy(&arena, text_str(&text)).bytes, expected);
    arena_close(&arena);
    psp_book_close(&book);
}

/* --- Signatures --- */

/* As another implementation made them: openssl dgst -mac HMAC. */
static void signatures_are_those_of_others(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str body = STR("{\"id\":\"evt_1\",\"object\":\"event\",\"api_version\":\"2023-08-16\",\"type\":\"payment_intent.succeeded\","
                   "\"data\":{\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":1099,\"currency\":\"usd\","
                   "\"status\":\"succeeded\"}}}");
    const str pieces[] = { STR("1700000000"), STR("."), body };
    str code = psp_hmac_sha256_hex(&arena, STR("whsec_test_secret_0001"), pieces, COUNT_OF(pieces));
    assert_true(str_equal(code, STR("0634bd992745b6b01ec5837c71a7d83ee687dfe942317d3422baac0925f5ba75")));
    code = psp_hmac_sha256_hex(&arena, STR("whsec_test_secret_0001"), pieces, 2);
    assert_true(str_equal(code, STR("3215b12b44f015a1c3f820d65060149d2d7eaff063babd2ede82966273887b2b")));
    code = psp_hmac_sha512_hex(&arena, STR("Jefe"), (const str[]){ STR("what do ya want "), STR("for nothing?") }, 2); /* RFC 4231 */
    assert_true(str_equal(code, STR("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                                    "caeab1a34d4a6b4b636e070a38bce737")));
    arena_close(&arena);
}

/* --- Pages and addresses --- */

static void a_page_shows_everything_as_text(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct psp_visit visit = { .arena = &arena };
    struct psp_page page = { .title = STR("<script>"), .lines = { STR("a & \"b\"") }, .field = "otp", .field_label = "Code" };
    psp_answer_page(&visit, 200, &page);
    const char *shown = arena_copy(&arena, visit.desk.answer.body).bytes;
    assert_null(strstr(shown, "<script>"));
    assert_non_null(strstr(shown, "<h1>&lt;script&gt;</h1>"));
    assert_non_null(strstr(shown, "<p>a &amp; &quot;b&quot;</p>"));
    assert_non_null(strstr(shown, "<input name=\"otp\""));
    assert_non_null(strstr(shown, "name=\"choice\" value=\"refuse\""));
    arena_close(&arena);
}

static void addresses_get_further_parameters(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str url = psp_url_with(&arena, STR("https://a.test/b"), "c", STR("d e&f"));
    assert_true(str_equal(url, STR("https://a.test/b?c=d%20e%26f")));
    assert_true(str_equal(psp_url_with(&arena, url, "g", STR("1")), STR("https://a.test/b?c=d%20e%26f&g=1")));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_fresh_then_running_then_kept_then_fresh),
        cmocka_unit_test(cards_are_read),
        cmocka_unit_test(a_card_has_the_same_fingerprint_everywhere_and_keeps_no_number),
        cmocka_unit_test(a_card_expires_with_its_month),
        cmocka_unit_test(credentials_are_read),
        cmocka_unit_test(tokens_are_good_for_a_time),
        cmocka_unit_test(things_are_found_by_id_and_by_further_names),
        cmocka_unit_test(what_was_done_twice_is_counted),
        cmocka_unit_test(signatures_are_those_of_others),
        cmocka_unit_test(a_page_shows_everything_as_text),
        cmocka_unit_test(addresses_get_further_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
