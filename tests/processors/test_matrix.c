/* SPDX-License-Identifier: Apache-2.0 */
/* The table of docs/reference/processors.md is what the processors' own records say. When it is not, this prints the one that is. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "processor/processor.h"

enum { PAGE_BYTES = 65536, CURRENCIES_NAMED_MAX = 5 };

static const char page_path[] = "docs/reference/processors.md";

static size_t count_words(str text)
{
    size_t count = 0;
    for (; text.length > 0; count++) (void)str_cut(text, ' ', &text);
    return count;
}

static void put_currencies(struct text *table, const char *currencies)
{
    size_t count = count_words(str_of(currencies));
    if (!currencies) text_put(table, STR("any"));
    else if (count <= CURRENCIES_NAMED_MAX) text_put(table, str_of(currencies));
    else text_put_format(table, "%zu", count);
}

static void put_protection(struct text *table, const struct processor *processor)
{
    for (int kind = OPERATION_AUTHORIZE; kind < OPERATION_KIND_COUNT; kind++) {
        str word = processor->operations[kind].ask ? protection_word(processor->protection[kind]) : STR("cannot");
        text_put_format(table, " %.*s |", STR_FORMAT(word));
    }
}

static str table_of_records(struct arena *arena)
{
    size_t count;
    const struct processor *const *all = processor_all(&count);
    struct text table = text_open(arena, 4096);
    text_put(&table, STR("| processor | currencies | hold | page | partial capture | partial refund | CVV | authorize | capture | void | refund |\n"
                         "|---|---|---|---|---|---|---|---|---|---|---|\n"));
    for (size_t i = 0; i < count; i++) {
        const struct capability *can = &all[i]->can;
        text_put_format(&table, "| `%s` | ", all[i]->name);
        put_currencies(&table, can->currencies);
        text_put_format(&table, " | %s | %.*s | %s | %s | %s |", can->only_sells ? "no" : "yes", STR_FORMAT(page_word(can->page)),
                        can->partial_capture ? "yes" : "no", can->partial_refund ? "yes" : "no", can->needs_cvv ? "needed" : "optional");
        put_protection(&table, all[i]);
        text_put_char(&table, '\n');
    }
    text_put_char(&table, '\n');
    return text_str(&table);
}

static void the_page_tells_what_the_records_say(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char *bytes = arena_take(&arena, PAGE_BYTES);
    int file = open(page_path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, bytes, PAGE_BYTES) : -1;
    if (length <= 0) fail_msg("%s cannot be read", page_path);
    close(file);
    str table = table_of_records(&arena);
    if (!str_contains((str){ bytes, (size_t)length }, table)) fail_msg("%s should have this table:\n%.*s", page_path, STR_FORMAT(table));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_tells_what_the_records_say) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
