/* SPDX-License-Identifier: Apache-2.0 */
/* The full lists of what processors say when they decline, and what kind of no each word is: tests/processors/declines/NAME.txt, a word
 * and its category a line. What a category means is the table of tests/domain/test_reason.c. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "processor/processor.h"

enum { LIST_BYTES_MAX = 65536 };

/* An answer that declines an authorization with that word, as each of them would give it. */
static const struct list {
    const char *file, *processor;
    int status, exchange;
    const char *before, *behind; /* around the word */
    size_t least;                /* lines */
} lists[] = {
    { "bank", "bank", 400, 1, "{\"error\":\"", "\"}", 4 },
    { "stripe", "stripe", 402, 2, "{\"error\":{\"type\":\"card_error\",\"code\":\"card_declined\",\"decline_code\":\"", "\"}}", 50 },
    { "stripe", "stripe", 402, 2, "{\"error\":{\"type\":\"card_error\",\"code\":\"", "\"}}", 50 },
    { "paypal_responses", "paypal", 201, 1,
      "{\"id\":\"5O190127TN364715T\",\"status\":\"COMPLETED\",\"purchase_units\":[{\"payments\":{\"authorizations\":[{\"id\":\"0AW2184448108334S\","
      "\"status\":\"DENIED\",\"processor_response\":{\"response_code\":\"",
      "\"}}]}}]}", 150 },
    { "paypal_issues", "paypal", 422, 1, "{\"name\":\"UNPROCESSABLE_ENTITY\",\"details\":[{\"issue\":\"", "\"}]}", 30 },
    { "paystack", "paystack", 200, 1, "{\"status\":true,\"data\":{\"status\":\"failed\",\"reference\":\"r\",\"gateway_response\":\"", "\"}}", 30 },
    { "flutterwave", "flutterwave", 200, 1,
      "{\"status\":\"success\",\"message\":\"Charge initiated\",\"data\":{\"status\":\"failed\",\"processor_response\":\"", "\"}}", 30 },
};

static str read_list(struct arena *arena, const char *name)
{
    char path[1024], file_name[64];
    char *bytes = arena_take(arena, LIST_BYTES_MAX);
    snprintf(file_name, sizeof file_name, "declines/%s.txt", name);
    path_beside(__FILE__, file_name, path, sizeof path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, bytes, LIST_BYTES_MAX) : -1;
    if (length <= 0) fail_msg("%s cannot be read", path);
    close(file);
    return (str){ bytes, (size_t)length };
}

/* "Lost card     fraud_suspected": the category stands behind the last space. */
static str cut_category(str line, str *word)
{
    size_t at = line.length;
    while (at > 0 && line.bytes[at - 1] != ' ') at--;
    str category = str_from(line, at);
    while (at > 0 && line.bytes[at - 1] == ' ') at--;
    *word = (str){ line.bytes, at };
    return category;
}

static struct outcome declined_with(struct arena *arena, const struct list *list, str word)
{
    const struct processor *processor = processor_named(str_of(list->processor));
    struct processor_call call = { .amount = { 5000, { "USD" } }, .exchange = list->exchange, .reference = STR("r") };
    struct processor_answer answer = { .status = list->status };
    struct outcome outcome = { 0 };
    if (str_equal(word, STR("insufficient_funds")) && list->status == 400) answer.status = 402; /* the bank's */
    answer.body = arena_format(arena, "%s%.*s%s", list->before, STR_FORMAT(word), list->behind);
    processor->operations[OPERATION_AUTHORIZE].read(arena, &call, &answer, &outcome);
    return outcome;
}

static size_t check_list(const struct list *list)
{
    struct arena arena = { 0 };
    size_t count = 0;
    str text = read_list(&arena, list->file);
    while (text.length > 0) {
        str word, line = str_cut(text, '\n', &text);
        if (line.length == 0 || line.bytes[0] == '#') continue;
        str expected = cut_category(line, &word);
        struct outcome outcome = declined_with(&arena, list, word);
        str found = category_word(outcome.category);
        bool fits = outcome.kind == OUTCOME_DECLINED && str_equal(found, expected);
        if (!fits) fail_msg("%s: %.*s is %.*s (outcome %d)", list->file, STR_FORMAT(word), STR_FORMAT(found), outcome.kind);
        count++;
    }
    arena_close(&arena);
    return count;
}

static void every_word_has_its_category(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) assert_row(check_list(&lists[i]) >= lists[i].least, i);
}

/* Whatever the code beside it: the card's bank, or Stripe, wants no further try. */
static void a_wish_for_no_further_try_beats_the_code(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct list stripe = { .processor = "stripe", .status = 402, .exchange = 2,
                                 .before = "{\"error\":{\"code\":\"card_declined\",\"advice_code\":\"do_not_try_again\",\"decline_code\":\"",
                                 .behind = "\"}}" };
    struct list paypal = lists[3];
    assert_int_equal(declined_with(&arena, &stripe, STR("do_not_honor")).category, CATEGORY_REVOKED);
    paypal.behind = "\",\"payment_advice_code\":\"03\"}}]}}]}";
    assert_int_equal(declined_with(&arena, &paypal, STR("0500")).category, CATEGORY_REVOKED);
    paypal.behind = "\",\"payment_advice_code\":\"21\"}}]}}]}";
    assert_int_equal(declined_with(&arena, &paypal, STR("0500")).category, CATEGORY_REVOKED);
    paypal.behind = "\",\"payment_advice_code\":\"02\"}}]}}]}";
    assert_int_equal(declined_with(&arena, &paypal, STR("0500")).category, CATEGORY_ISSUER_DECLINED);
    arena_close(&arena);
}

/* A part of a code is another code. */
static void a_code_is_known_whole_or_not(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const char *const strangers[] = { "", "05", "050", "05000", "5100 10BR", "5100 " };
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        struct outcome outcome = declined_with(&arena, &lists[3], str_of(strangers[i]));
        assert_row(outcome.kind == OUTCOME_DECLINED && outcome.category == CATEGORY_UNKNOWN, i);
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_has_its_category),
        cmocka_unit_test(a_wish_for_no_further_try_beats_the_code),
        cmocka_unit_test(a_code_is_known_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
