/* SPDX-License-Identifier: Apache-2.0 */
/* The bank's rules as tables: what is refused why, in which order, and what moves which money. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/bank_audit.h"
#include "sim/bank_book.h"

enum { HOURS = 2 };
static const int64_t ns_per_hour = 3600LL * 1000 * 1000 * 1000;
static const int64_t noon_ns = 1772366400LL * 1000 * 1000 * 1000; /* 2026-03-01T12:00:00Z */

/* A book, a clock and ids that count up. */
struct desk {
    struct bank_book *book;
    int64_t now_ns;
    uint8_t ids;
};

static struct desk desk_open(void)
{
    return (struct desk){ .book = bank_book_open(0, HOURS), .now_ns = noon_ns };
}

static void desk_close(struct desk *desk)
{
    assert_true(bank_book_audit(desk->book).is_balanced);
    bank_book_close(desk->book);
}

/* Decides, and does it when the bank agrees. */
static enum bank_refusal attempt(struct desk *desk, enum bank_kind kind, const struct bank_request *request, uint32_t *number)
{
    struct bank_effect draft;
    enum bank_refusal refusal = bank_book_decide(desk->book, kind, request, desk->now_ns, &draft);
    if (refusal != BANK_AGREED) return refusal;
    draft.id.bytes[15] = ++desk->ids;
    *number = bank_book_enter(desk->book, &draft);
    return refusal;
}

static const struct bank_request usual = { .card_number = { "4111111111111111", 16 }, .cvv = { "123", 3 }, .cents = 100 };

static uint32_t hold(struct desk *desk)
{
    uint32_t number = 0;
    assert_int_equal(attempt(desk, BANK_HOLD, &usual, &number), BANK_AGREED);
    return number;
}

/* Tries a capture, void or refund of the effect `of`. */
static enum bank_refusal attempt_on(struct desk *desk, enum bank_kind kind, uint32_t of, int64_t cents, uint32_t *number)
{
    char buffer[BANK_ID_TEXT_BYTES];
    const struct bank_effect *effect = bank_book_effect(desk->book, of);
    str id = bank_id_format(buffer, bank_kind_prefix(effect->kind), &effect->id);
    struct bank_request request = { .authorization_id = id, .capture_id = id, .cents = cents };
    return attempt(desk, kind, &request, number);
}

/* --- Authorizations --- */

static void checks_a_card_in_this_order(void **state)
{
    (void)state;
    static const struct {
        const char *number, *cvv;
        int64_t cents;
        enum bank_refusal refusal;
    } rows[] = {
        { "4111111111111111",     "123",  100,     BANK_AGREED },
        { "",                     "",     0,       BANK_CARD_MALFORMED },
        { "4111111111111112",     "",     0,       BANK_CARD_MALFORMED }, /* Luhn */
        { "411111111111",         "",     0,       BANK_CARD_MALFORMED }, /* 12 digits */
        { "41111111111111111111", "",     0,       BANK_CARD_MALFORMED }, /* 20 digits */
        { "4012888888881881",     "12",   0,       BANK_CVV_MALFORMED },  /* good form, not known here */
        { "4012888888881881",     "12x",  0,       BANK_CVV_MALFORMED },
        { "4012888888881881",     "12345", 0,      BANK_CVV_MALFORMED },
        { "4012888888881881",     "999",  0,       BANK_AMOUNT_NOT_POSITIVE },
        { "4012888888881881",     "999",  -1,      BANK_AMOUNT_NOT_POSITIVE },
        { "4012888888881881",     "999",  1,       BANK_CARD_UNKNOWN },
        { "4111 1111 1111 1111",  "123",  1,       BANK_CARD_UNKNOWN },   /* digits are picked out, the text is looked up */
        { "4111111111111111",     "124",  1,       BANK_CVV_WRONG },
        { "4111111111111111",     "1234", 1,       BANK_CVV_WRONG },      /* four digits never match three */
        { "5105105105105100",     "321",  9999999, BANK_CARD_EXPIRED },
        { "5555555555554444",     "789",  1,       BANK_FUNDS_INSUFFICIENT },
        { "4242424242424242",     "456",  50001,   BANK_FUNDS_INSUFFICIENT },
        { "4242424242424242",     "456",  50000,   BANK_AGREED },
        { "4111111111111111",     "123",  INT64_MAX, BANK_FUNDS_INSUFFICIENT },
    };
    struct desk desk = desk_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t number;
        struct bank_request request = { .card_number = str_of(rows[i].number), .cvv = str_of(rows[i].cvv), .cents = rows[i].cents };
        enum bank_refusal refusal = attempt(&desk, BANK_HOLD, &request, &number);
        if (refusal != rows[i].refusal) fail_msg("row %zu: %d", i, (int)refusal);
    }
    desk_close(&desk);
}

static void a_card_is_good_to_the_end_of_its_month(void **state)
{
    (void)state;
    const int64_t next_month_ns = 1924992000LL * 1000 * 1000 * 1000; /* 2031-01-01T00:00:00Z; on file is 12/2030 */
    struct desk desk = desk_open();
    uint32_t number;
    desk.now_ns = next_month_ns - 1;
    assert_int_equal(attempt(&desk, BANK_HOLD, &usual, &number), BANK_AGREED);
    desk.now_ns = next_month_ns;
    assert_int_equal(attempt(&desk, BANK_HOLD, &usual, &number), BANK_CARD_EXPIRED);
    desk_close(&desk);
}

/* --- What is allowed when --- */

enum hold_is { OPEN, OPEN_PAST, CAPTURED, CAPTURED_PAST, VOIDED, REFUNDED };

/* Brings a hold into that state; *capture is its capture, 0 without one. */
static uint32_t hold_that_is(struct desk *desk, enum hold_is is, uint32_t *capture)
{
    uint32_t other, number = hold(desk);
    *capture = 0;
    if (is == CAPTURED || is == CAPTURED_PAST || is == REFUNDED) {
        assert_int_equal(attempt_on(desk, BANK_CAPTURE, number, 100, capture), BANK_AGREED);
    }
    if (is == VOIDED) assert_int_equal(attempt_on(desk, BANK_VOID, number, 0, &other), BANK_AGREED);
    if (is == REFUNDED) assert_int_equal(attempt_on(desk, BANK_REFUND, *capture, 100, &other), BANK_AGREED);
    if (is == OPEN_PAST || is == CAPTURED_PAST) desk->now_ns += HOURS * ns_per_hour + 1;
    return number;
}

static void allows_by_state(void **state)
{
    (void)state;
    static const struct {
        enum hold_is is;
        int64_t cents;
        enum bank_refusal capture, voiding, refund;
    } rows[] = {
        /* hold is      cents capture              void            refund of its capture */
        { OPEN,          100, BANK_AGREED,         BANK_AGREED,    BANK_CAPTURE_ID_MALFORMED },
        { OPEN,          101, BANK_AMOUNT_DIFFERS, BANK_AGREED,    BANK_CAPTURE_ID_MALFORMED },
        { OPEN_PAST,     100, BANK_HOLD_EXPIRED,   BANK_AGREED,    BANK_CAPTURE_ID_MALFORMED },
        { OPEN_PAST,     101, BANK_HOLD_EXPIRED,   BANK_AGREED,    BANK_CAPTURE_ID_MALFORMED },
        { CAPTURED,      100, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_AGREED },
        { CAPTURED,      101, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_AMOUNT_DIFFERS },
        { CAPTURED_PAST, 100, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_AGREED },
        { VOIDED,        100, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_CAPTURE_ID_MALFORMED },
        { REFUNDED,      100, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_CAPTURE_REFUNDED },
        { REFUNDED,      101, BANK_HOLD_USED,      BANK_HOLD_USED, BANK_AMOUNT_DIFFERS },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static const enum bank_kind kinds[] = { BANK_CAPTURE, BANK_VOID, BANK_REFUND };
        const enum bank_refusal expected[] = { rows[i].capture, rows[i].voiding, rows[i].refund };
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            uint32_t capture, number;
            struct desk desk = desk_open();
            uint32_t of = hold_that_is(&desk, rows[i].is, &capture);
            if (kinds[k] == BANK_REFUND && capture != 0) of = capture;
            enum bank_refusal refusal = attempt_on(&desk, kinds[k], of, rows[i].cents, &number);
            if (refusal != expected[k]) fail_msg("row %zu, kind %d: %d", i, (int)kinds[k], (int)refusal);
            desk_close(&desk);
        }
    }
}

static void an_unknown_id_is_not_found(void **state)
{
    (void)state;
    static const struct {
        enum bank_kind kind;
        const char *id;
        enum bank_refusal refusal;
    } rows[] = {
        { BANK_CAPTURE, "auth_00000000-0000-4000-8000-000000000099", BANK_HOLD_UNKNOWN },
        { BANK_CAPTURE, "auth_00000000-0000-4000-8000-00000000009",  BANK_HOLD_ID_MALFORMED },
        { BANK_CAPTURE, "cap_00000000-0000-4000-8000-000000000099",  BANK_HOLD_ID_MALFORMED },
        { BANK_CAPTURE, "",                                          BANK_HOLD_ID_MALFORMED },
        { BANK_VOID,    "auth_00000000-0000-4000-8000-000000000099", BANK_HOLD_UNKNOWN },
        { BANK_VOID,    "auth_",                                     BANK_HOLD_ID_MALFORMED },
        { BANK_REFUND,  "cap_00000000-0000-4000-8000-000000000099",  BANK_CAPTURE_UNKNOWN },
        { BANK_REFUND,  "auth_00000000-0000-4000-8000-000000000099", BANK_CAPTURE_ID_MALFORMED },
    };
    struct desk desk = desk_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t number;
        struct bank_request request = { .authorization_id = str_of(rows[i].id), .capture_id = str_of(rows[i].id), .cents = 1 };
        enum bank_refusal refusal = attempt(&desk, rows[i].kind, &request, &number);
        if (refusal != rows[i].refusal) fail_msg("row %zu: %d", i, (int)refusal);
    }
    desk_close(&desk);
}

static void an_id_may_be_spelled_in_other_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_read;
    } rows[] = {
        { "auth_0123abcd-4567-489a-8bcd-ef0123456789",          true },
        { "auth_0123ABCD-4567-489A-8BCD-EF0123456789",          true },
        { "auth_0123abcd4567489a8bcdef0123456789",              true },
        { "auth_{0123abcd-4567-489a-8bcd-ef0123456789}",        true },
        { "auth_urn:uuid:0123abcd-4567-489a-8bcd-ef0123456789", true },
        { "auth_URN:UUID:0123abcd-4567-489a-8bcd-ef0123456789", true },
        { "AUTH_0123abcd-4567-489a-8bcd-ef0123456789",          false },
        { "auth_0123abcd-4567-489a-8bcd-ef012345678",           false },
        { "auth_0123abcd-4567-489a-8bcd-ef01234567890",         false },
        { "auth_0123abcd+4567-489a-8bcd-ef0123456789",          false },
        { "auth_0123abcg-4567-489a-8bcd-ef0123456789",          false },
        { "auth_(0123abcd-4567-489a-8bcd-ef0123456789)",        false },
        { "auth_urn:uuie:0123abcd-4567-489a-8bcd-ef0123456789", false },
        { "0123abcd-4567-489a-8bcd-ef0123456789",               false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[BANK_ID_TEXT_BYTES];
        struct bank_id id;
        bool is_read = bank_id_read(str_of(rows[i].text), STR("auth_"), &id);
        if (is_read != rows[i].is_read) fail_msg("row %zu", i);
        if (is_read) assert_string_equal(bank_id_format(buffer, STR("auth_"), &id).bytes, rows[0].text);
    }
}

/* --- Money --- */

static void money_moves_by_the_table(void **state)
{
    (void)state;
    struct desk desk = desk_open();
    const struct bank_account *account = bank_book_account(desk.book, 1);
    uint32_t capture, refund, other, first = hold(&desk), second = hold(&desk), third = hold(&desk);
    assert_int_equal(account->balance_cents, 1000000);
    assert_int_equal(account->available_cents, 1000000 - 300);
    attempt_on(&desk, BANK_CAPTURE, first, 100, &capture);
    assert_int_equal(account->balance_cents, 1000000 - 100);
    assert_int_equal(account->available_cents, 1000000 - 300);
    attempt_on(&desk, BANK_VOID, second, 0, &other);
    assert_int_equal(account->balance_cents, 1000000 - 100);
    assert_int_equal(account->available_cents, 1000000 - 200);
    attempt_on(&desk, BANK_REFUND, capture, 100, &refund);
    assert_int_equal(account->balance_cents, 1000000);
    assert_int_equal(account->available_cents, 1000000 - 100);
    desk.now_ns += 100 * ns_per_hour; /* the third is expired, and held for ever */
    struct bank_totals totals = bank_book_audit(desk.book);
    assert_int_equal(totals.open_holds.count, 1);
    assert_int_equal(totals.open_holds.cents, 100);
    assert_int_equal(totals.of[BANK_REFUND].cents, 100);
    attempt_on(&desk, BANK_VOID, third, 0, &other);
    assert_int_equal(account->available_cents, 1000000);
    desk_close(&desk);
}

static void the_audit_sees_a_lost_cent(void **state)
{
    (void)state;
    struct desk desk = desk_open();
    uint32_t number = hold(&desk);
    bank_book_effect(desk.book, number)->cents--;
    assert_false(bank_book_audit(desk.book).is_balanced);
    bank_book_effect(desk.book, number)->cents++;
    desk_close(&desk);
}

static void further_cards_are_made_by_number(void **state)
{
    (void)state;
    static const struct {
        uint32_t index;
        const char *number;
    } rows[] = {
        { 0, "4000000000000002" },
        { 1, "4000000000000010" },
        { 42, "4000000000000424" },
        { 999999, "4000000009999998" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char number[BANK_CARD_DIGITS + 1];
        struct bank_card card = bank_further_card(rows[i].index, number);
        assert_string_equal(card.number, rows[i].number);
        assert_true(bank_card_number_is(str_of(card.number)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_a_card_in_this_order),
        cmocka_unit_test(a_card_is_good_to_the_end_of_its_month),
        cmocka_unit_test(allows_by_state),
        cmocka_unit_test(an_unknown_id_is_not_found),
        cmocka_unit_test(an_id_may_be_spelled_in_other_ways),
        cmocka_unit_test(money_moves_by_the_table),
        cmocka_unit_test(the_audit_sees_a_lost_cent),
        cmocka_unit_test(further_cards_are_made_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
