/* SPDX-License-Identifier: Apache-2.0 */
/* risk: `florin risk --check FILE` reads a file of fraud checks as the gateway would, and tells what it understands. */
#include <stdio.h>

#include "command/command.h"
#include "command/risk_file.h"
#include "command/settings.h"

enum { EXIT_BAD_RULES = 1, EXIT_USAGE = 2 };

struct risk_settings {
    const char *check;
};

static struct risk_settings chosen;

static const struct setting settings[] = {
    { "risk.check", SETTING_TEXT, NULL, 0, 0, &chosen.check, "Reads that file of rules, and says what is wrong with it." },
};

static int fail(int status, const char *sentence)
{
    fprintf(stderr, "florin risk: %s\n", sentence);
    return status;
}

static void print_limit(const struct risk_limit *limit, const char *before)
{
    printf("%s%lld %s by %s in %llds", before, (long long)limit->count, limit->counted == RISK_FAILURES ? "failures" : "tries",
           risk_subject_word(limit->by).bytes, (long long)(limit->within / MICROS_PER_SECOND));
}

static void print_check(const char *path, const struct risk_rules *rules)
{
    printf("%s: %zu rule%s, no complaint\n", path, rules->count, rules->count == 1 ? "" : "s");
    for (size_t i = 0; i < rules->count; i++) {
        const struct risk_rule *rule = &rules->rules[i];
        size_t values = 0;
        for (size_t at = 0; at < rule->list_count; at++) values += rule->lists[at].value_count;
        printf("  %s:", rule->name);
        if (values > 0) printf(" %zu listed", values);
        for (size_t at = 0; at < rule->limit_count; at++) print_limit(&rule->limits[at], at > 0 || values > 0 ? ", " : " ");
        printf(" -> %s\n", risk_decision_word(rule->decision).bytes);
    }
}

int command_risk(int count, char **words)
{
    struct error error;
    struct risk_file file;
    if (!settings_read_part(settings, COUNT_OF(settings), count, words, &error)) return fail(EXIT_USAGE, error.text);
    if (!chosen.check) return fail(EXIT_USAGE, "say --check FILE");
    if (!risk_file_read(chosen.check, &file, &error)) return fail(EXIT_BAD_RULES, error.text);
    print_check(chosen.check, &file.rules);
    risk_file_close(&file);
    return 0;
}

void command_risk_help(void)
{
    printf("Usage: florin risk --check FILE\n\n");
    settings_help(settings, COUNT_OF(settings));
}
