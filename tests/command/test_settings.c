/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: what each kind takes, which source wins, and what the error says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command/settings.h"
#include "command/settings_names.h"

static struct {
    const char *place;
    int64_t count;
    int64_t share;
    int64_t range[2];
    bool loud;
    const char *listen;
} got;

static const struct setting table[] = {
    { "place", SETTING_TEXT, "here", 0, 0, &got.place, "Where." },
    { "the_count", SETTING_NUMBER, "3", -10, 10, &got.count, "How many." },
    { "share", SETTING_SHARE, "0.05", 0, 0, &got.share, "Which part." },
    { "range", SETTING_RANGE, "1:2", 0, 100, got.range, "From where to where." },
    { "loud", SETTING_SWITCH, "off", 0, 0, &got.loud, "Whether." },
    { "sim_bank.listen", SETTING_TEXT, NULL, 0, 0, &got.listen, "Where the bank listens." },
};

static struct error error;

/* Reads a command line that is written as one text. */
static bool read_line(const char *line)
{
    static char copy[512];
    char *words[16];
    int count = 0;
    memset(&got, 0, sizeof got);
    error.text[0] = '\0';
    assert_true(str_copy_to(str_of(line), copy, sizeof copy));
    for (char *at = copy, *end; *at; at = end) {
        while (*at == ' ') *at++ = '\0';
        for (end = at; *end && *end != ' ';) end++;
        if (end > at) words[count++] = at;
    }
    return settings_read(table, COUNT_OF(table), count, words, &error);
}

static void without_anything_the_defaults_hold(void **state)
{
    (void)state;
    assert_true(read_line(""));
    assert_string_equal(got.place, "here");
    assert_int_equal(got.count, 3);
    assert_int_equal(got.share, 50000);
    assert_int_equal(got.range[0], 1);
    assert_int_equal(got.range[1], 2);
    assert_false(got.loud);
    assert_null(got.listen);
}

static int64_t value_of(const char *line)
{
    if (strstr(line, "count")) return got.count;
    if (strstr(line, "share")) return got.share;
    if (strstr(line, "range")) return got.range[0] * 1000 + got.range[1];
    return got.loud;
}

static const struct {
    const char *line;
    const char *error; /* a part of it; NULL: it is fine */
    int64_t value;     /* of what the line sets */
} lines[] = {
    { "--the-count 7",       NULL, 7 },
    { "--the-count=7",       NULL, 7 },
    { "--the-count -10",     NULL, -10 },
    { "--the-count 1 --the-count 2", NULL, 2 },
    { "--the-count 11",      "--the-count is \"11\"; it takes a whole number from -10 to 10", 0 },
    { "--the-count -11",     "from -10 to 10", 0 },
    { "--the-count 1.0",     "whole number", 0 },
    { "--the-count 0x1",     "whole number", 0 },
    { "--the-count -",       "whole number", 0 },
    { "--the-count=",        "whole number", 0 },
    { "--the-count 99999999999999999999", "whole number", 0 },
    { "--the-count",         "--the-count wants a value", 0 },
    { "--share 0",           NULL, 0 },
    { "--share 1",           NULL, 1000000 },
    { "--share 1.000000",    NULL, 1000000 },
    { "--share 0.000001",    NULL, 1 },
    { "--share 0.5",         NULL, 500000 },
    { "--share 1.1",         "a share from 0 to 1", 0 },
    { "--share 0.0000001",   "at most 6 decimals", 0 },
    { "--share .5",          "a share", 0 },
    { "--share 5.",          "a share", 0 },
    { "--share 0.",          "a share", 0 },
    { "--share -0.1",        "a share", 0 },
    { "--share 5%",          "a share", 0 },
    { "--range 5:9",         NULL, 5009 },
    { "--range 5",           NULL, 5005 },
    { "--range 0:100",       NULL, 100 },
    { "--range 9:5",         "least:most", 0 },
    { "--range 0:101",       "from 0 to 100", 0 },
    { "--range 1:2:3",       "least:most", 0 },
    { "--range :5",          "least:most", 0 },
    { "--loud",              NULL, 1 },
    { "--loud on",           NULL, 1 },
    { "--loud=on",           NULL, 1 },
    { "--loud off",          NULL, 0 },
    { "--loud=yes",          "takes on or off", 0 },
    { "--quiet",             "there is no flag --quiet", 0 },
    { "word",                "\"word\" is not expected here", 0 },
    { "--loud word",         "\"word\" is not expected here", 0 },
    { "-l",                  "\"-l\" is not expected here", 0 },
    { "--config /nowhere/at/all", "cannot open the settings file /nowhere/at/all", 0 },
};

static void takes_what_fits_and_says_what_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        bool is_fine = read_line(lines[i].line);
        const char *line = lines[i].line;
        if (is_fine != (lines[i].error == NULL)) fail_msg("%s: %s", line, error.text);
        if (lines[i].error && !strstr(error.text, lines[i].error)) fail_msg("%s: %s", line, error.text);
        if (!is_fine) continue;
        if (value_of(line) != lines[i].value) fail_msg("%s", line);
    }
}

/* --- Where from --- */

static char file_path[] = "florin-settings-test-XXXXXX";

static void write_file(str content)
{
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content.bytes, 1, content.length, file), content.length);
    assert_int_equal(fclose(file), 0);
}

static int make_file(void **state)
{
    (void)state;
    int descriptor = mkstemp(file_path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file_path);
}

static bool read_with_file(str content)
{
    char line[64];
    write_file(content);
    (void)snprintf(line, sizeof line, "--config %s", file_path);
    return read_line(line);
}

static void flag_beats_environment_beats_file_beats_default(void **state)
{
    (void)state;
    char line[96];
    write_file(STR("the_count = 4\nplace=file\n"));
    (void)snprintf(line, sizeof line, "--config %s", file_path);
    assert_true(read_line(line));
    assert_int_equal(got.count, 4);
    assert_int_equal(setenv("FLORIN_THE_COUNT", "5", 1), 0);
    assert_true(read_line(line));
    assert_int_equal(got.count, 5);
    (void)snprintf(line, sizeof line, "--the-count 6 --config %s", file_path);
    assert_true(read_line(line));
    assert_int_equal(got.count, 6);
    assert_string_equal(got.place, "file");
    assert_int_equal(setenv("FLORIN_THE_COUNT", "", 1), 0); /* empty is as unset */
    assert_int_equal(setenv("FLORIN_CONFIG", file_path, 1), 0);
    assert_true(read_line(""));
    assert_int_equal(got.count, 4);
    assert_int_equal(unsetenv("FLORIN_CONFIG"), 0);
    assert_int_equal(setenv("FLORIN_THE_COUNT", "x", 1), 0);
    assert_false(read_line(""));
    assert_non_null(strstr(error.text, "FLORIN_THE_COUNT is \"x\""));
    assert_int_equal(unsetenv("FLORIN_THE_COUNT"), 0);
}

static void a_file_has_comments_spaces_and_empty_lines(void **state)
{
    (void)state;
    assert_true(read_with_file(STR("# a comment\n\n  the_count =  7  # and another\r\n\tplace = a#b = c\nloud=on")));
    assert_int_equal(got.count, 7);
    assert_string_equal(got.place, "a#b = c");
    assert_true(got.loud);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    assert_false(read_with_file(STR("loud = on\n\nnonsense = 1\n")));
    assert_non_null(strstr(error.text, "line 3: there is no setting \"nonsense\""));
    assert_false(read_with_file(STR("loud\n")));
    assert_non_null(strstr(error.text, "line 1: a line is `name = value`"));
    assert_false(read_with_file(STR("\nthe_count = 77\n")));
    assert_non_null(strstr(error.text, "line 2: the_count is \"77\""));
    assert_false(read_with_file(STR("loud = on\nplace = here\0or there\n")));
    assert_non_null(strstr(error.text, "line 2: a zero byte stands there"));
}

static void sections_keep_commands_apart(void **state)
{
    (void)state;
    assert_true(read_with_file(STR("sim_bank.listen = there\nsim_other.listen = elsewhere\n")));
    assert_string_equal(got.listen, "there");
    assert_false(read_with_file(STR("sim_bank.nonsense = there\n")));
    assert_true(read_line("--listen 127.0.0.1:1"));
    assert_string_equal(got.listen, "127.0.0.1:1");
    assert_string_equal(setting_flag(&table[5]).text, "--listen");
    assert_string_equal(setting_variable(&table[5]).text, "FLORIN_SIM_BANK_LISTEN");
    assert_string_equal(setting_flag(&table[1]).text, "--the-count");
    assert_string_equal(setting_variable(&table[1]).text, "FLORIN_THE_COUNT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_anything_the_defaults_hold),
        cmocka_unit_test(takes_what_fits_and_says_what_would),
        cmocka_unit_test(flag_beats_environment_beats_file_beats_default),
        cmocka_unit_test(a_file_has_comments_spaces_and_empty_lines),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(sections_keep_commands_apart),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
