/* SPDX-License-Identifier: Apache-2.0 */
/* holes: frozen bytes hold no card; at the moment of sending the card stands exactly where it belongs. */
#include "base/base_testing.h"

#include "base/text.h"
#include "processor/holes.h"
#include "processor/processor.h"

static const struct card visa = { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 };
static const struct card amex = { .number = { "378282246310005" }, .cvv = "1234", .expiry_month = 12, .expiry_year = 2099 };
static const struct card longest = { .number = { "6205500000000000004" }, .cvv = "0000", .expiry_month = 1, .expiry_year = 2000 };

/* ---- filling ---- */

/* The bank's authorization, frozen. */
static str frozen_authorization(struct arena *arena)
{
    struct processor_call call = { .amount = { 5000, { "USD" } }, .has_cvv = true };
    struct processor_request request;
    processor_named(STR("bank"))->operations[OPERATION_AUTHORIZE].ask(arena, &call, &request);
    return request.body;
}

static void a_card_stands_exactly_where_it_belongs(void **state)
{
    (void)state;
    const struct {
        const struct card *card;
        str filled;
    } rows[] = {
        { &visa, STR("{\"card_number\":\"4111111111111111\",\"cvv\":\"123\",\"expiry_month\":6,\"expiry_year\":2030,\"amount\":5000}") },
        { &amex, STR("{\"card_number\":\"378282246310005\",\"cvv\":\"1234\",\"expiry_month\":12,\"expiry_year\":2099,\"amount\":5000}") },
        { &longest, STR("{\"card_number\":\"6205500000000000004\",\"cvv\":\"0000\",\"expiry_month\":1,\"expiry_year\":2000,\"amount\":5000}") },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        str frozen = exact_copy(frozen_authorization(&arena));
        assert_true(holes_are_in(frozen));
        assert_str(holes_fill(&arena, frozen, rows[i].card, 0), rows[i].filled);
        assert_false(holes_are_in(holes_fill(&arena, frozen, rows[i].card, 0)));
        exact_free(frozen);
        arena_close(&arena);
    }
}

static void every_hole_in_every_encoding(void **state)
{
    (void)state;
    static const char *const fillings[HOLE_COUNT] = { "378282246310005", "1234", "12", "2099" };
    for (int hole = 0; hole < HOLE_COUNT; hole++) {
        for (int encoding = HOLE_RAW; encoding <= HOLE_JSON_STRING; encoding++) {
            struct arena arena = { 0 };
            const char *quote = encoding == HOLE_JSON_STRING ? "\"" : "";
            struct text text = text_open(&arena, 16);
            hole_put(&text, (enum hole)hole, (enum hole_encoding)encoding);
            hole_put(&text, (enum hole)hole, (enum hole_encoding)encoding);
            str filled = holes_fill(&arena, text_str(&text), &amex, 0);
            assert_str(filled, arena_format(&arena, "%s%s%s%s%s%s", quote, fillings[hole], quote, quote, fillings[hole], quote));
            arena_close(&arena);
        }
    }
}

static void months_and_years_of_two_digits(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 16);
    hole_put(&text, HOLE_EXPIRY_MONTH, HOLE_JSON_TWO_DIGITS);
    hole_put(&text, HOLE_EXPIRY_YEAR, HOLE_JSON_TWO_DIGITS);
    assert_str(holes_fill(&arena, text_str(&text), &visa, 0), STR("\"06\"\"30\""));
    assert_str(holes_fill(&arena, text_str(&text), &longest, 0), STR("\"01\"\"00\""));
    arena_close(&arena);
}

static void a_year_with_its_month(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 16);
    hole_put(&text, HOLE_EXPIRY_YEAR, HOLE_JSON_YEAR_MONTH);
    assert_str(holes_fill(&arena, text_str(&text), &visa, 0), STR("\"2030-06\""));
    arena_close(&arena);
}

static void bytes_without_holes_stay_as_they_are(void **state)
{
    (void)state;
    const str rows[] = { STR(""), STR("{}"), STR("{\"a\":1}"), STR("\x7f\xff\x02\x00 \x1f") };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        str bytes = exact_copy(rows[i]);
        assert_row(!holes_are_in(bytes), i);
        assert_str(holes_fill(&arena, bytes, NULL, 0), rows[i]); /* and need no card */
        exact_free(bytes);
        arena_close(&arena);
    }
    assert_false(holes_are_in(STR_NONE));
}

/* Many holes, more than the room for one card. */
static void a_card_may_be_asked_for_often(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct text text = text_open(&arena, 8);
    for (int i = 0; i < 100; i++) hole_put(&text, HOLE_CARD_NUMBER, HOLE_JSON_STRING);
    str filled = holes_fill(&arena, text_str(&text), &longest, 0);
    assert_int_equal(filled.length, 100 * (19 + 2));
    arena_close(&arena);
}

/* ---- padding ---- */

static void bodies_are_padded_with_spaces(void **state)
{
    (void)state;
    const struct {
        size_t padded, length;
    } rows[] = { { 0, 96 }, { 1, 96 }, { 95, 96 }, { 96, 96 }, { 97, 97 }, { 1024, 1024 }, { 4096, 4096 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = { 0 };
        str filled = holes_fill(&arena, frozen_authorization(&arena), &visa, rows[i].padded);
        assert_row(filled.length == rows[i].length, i);
        assert_row(filled.bytes[95] == '}', i);
        for (size_t at = 96; at < filled.length; at++) assert_row(filled.bytes[at] == ' ', i);
        arena_close(&arena);
    }
}

/* Above 512 bytes the bank does not notice a lost connection, and finishes what it began. */
static void what_is_sent_to_the_bank_is_longer_than_it_watches(void **state)
{
    (void)state;
    assert_int_equal(processor_named(STR("bank"))->body_bytes_padded, 1024);
}

/* ---- what is frozen ---- */

/* I12: nothing of a card is in what will be stored: not even where it came from the merchant's texts. */
static void frozen_bytes_hold_no_card(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    str frozen = frozen_authorization(&arena);
    const str secrets[] = { STR("4111"), STR("1111"), STR("123"), STR("2030"), STR("cvv\":\"") };
    for (size_t i = 0; i < COUNT_OF(secrets); i++) assert_row(!str_contains(frozen, secrets[i]), i);
    assert_false(card_is_in(frozen));
    arena_close(&arena);
}

/* Only an authorization has holes; its bytes and those of the others are made of the call alone. */
static void only_an_authorization_needs_a_card(void **state)
{
    (void)state;
    const struct processor *bank = processor_named(STR("bank"));
    struct processor_call call = { .amount = { 5000, { "USD" } }, .authorization_ref = STR("auth_1"), .capture_ref = STR("cap_1") };
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        struct arena arena = { 0 };
        struct processor_request request;
        bank->operations[kind].ask(&arena, &call, &request);
        assert_row(holes_are_in(request.body) == (kind == OPERATION_AUTHORIZE), kind);
        arena_close(&arena);
    }
}

/* An id from outside is escaped: no byte of it can be taken for a hole, which would have a card written there. */
static void hostile_ids_cannot_make_a_hole(void **state)
{
    (void)state;
    const struct processor *bank = processor_named(STR("bank"));
    static const enum operation_kind kinds[] = { OPERATION_CAPTURE, OPERATION_VOID, OPERATION_REFUND };
    const str ids[] = { STR("\x01""aA"), STR("auth_\x01"), STR("auth_\x01""bB\x01""cA"), STR("\x00\x01\x02\x03"), STR("auth_\"\\\n\r\t\x7f") };
    for (size_t i = 0; i < COUNT_OF(ids) * COUNT_OF(kinds); i++) {
        struct arena arena = { 0 };
        struct processor_request request;
        str id = ids[i % COUNT_OF(ids)];
        struct processor_call call = { .amount = { 5000, { "USD" } }, .authorization_ref = id, .capture_ref = id };
        bank->operations[kinds[i / COUNT_OF(ids)]].ask(&arena, &call, &request);
        assert_row(!holes_are_in(request.body), i);
        for (size_t at = 0; at < request.body.length; at++) assert_row((unsigned char)request.body.bytes[at] >= ' ', i);
        arena_close(&arena);
    }
}

/* ---- the list of processors ---- */

static void processors_are_found_by_their_names(void **state)
{
    (void)state;
    size_t count = 0;
    const struct processor *const *all = processor_all(&count);
    assert_true(count >= 1);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(processor_named(str_of(all[i]->name)), all[i]);
        assert_int_equal(all[i]->key_window > 0, all[i]->key_header != NULL);
        for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
            assert_int_equal(all[i]->operations[kind].ask == NULL, all[i]->operations[kind].read == NULL); /* pairs */
            assert_int_equal(all[i]->look_ups[kind].ask == NULL, all[i]->look_ups[kind].read == NULL);
            assert_true(all[i]->inquiries[kind].read || !attempt_inquires(all[i]->protection[kind]));
        }
    }
    const str strangers[] = { STR(""), STR("BANK"), STR("ban"), STR("banks"), STR_NONE };
    for (size_t i = 0; i < COUNT_OF(strangers); i++) assert_null(processor_named(strangers[i]));
}

/* Full amounts in dollars, with a CVV, and keys that live a day. */
static void what_the_bank_can_do(void **state)
{
    (void)state;
    const struct processor *bank = processor_named(STR("bank"));
    assert_false(bank->can.partial_capture || bank->can.partial_refund);
    assert_true(bank->can.needs_cvv);
    assert_string_equal(bank->can.currencies, "USD");
    assert_int_equal(bank->key_window, INT64_C(24) * 3600 * MICROS_PER_SECOND);
    assert_string_equal(bank->key_header, "Idempotency-Key");
    assert_null(bank->look_ups[OPERATION_VOID].ask); /* there is no such thing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_stands_exactly_where_it_belongs),
        cmocka_unit_test(every_hole_in_every_encoding),
        cmocka_unit_test(months_and_years_of_two_digits),
        cmocka_unit_test(a_year_with_its_month),
        cmocka_unit_test(bytes_without_holes_stay_as_they_are),
        cmocka_unit_test(a_card_may_be_asked_for_often),
        cmocka_unit_test(bodies_are_padded_with_spaces),
        cmocka_unit_test(what_is_sent_to_the_bank_is_longer_than_it_watches),
        cmocka_unit_test(frozen_bytes_hold_no_card),
        cmocka_unit_test(only_an_authorization_needs_a_card),
        cmocka_unit_test(hostile_ids_cannot_make_a_hole),
        cmocka_unit_test(processors_are_found_by_their_names),
        cmocka_unit_test(what_the_bank_can_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
