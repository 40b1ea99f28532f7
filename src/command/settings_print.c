/* SPDX-License-Identifier: Apache-2.0 */
/* settings_print: the table of settings as a person reads it, in --help and as a configuration file. */
#include <stdio.h>

#include "command/settings_names.h"

enum { FLAG_COLUMN_CHARS = 34 };

str setting_section(str name)
{
    str rest;
    str section = str_cut(name, '.', &rest);
    return section.length == name.length ? STR("") : section;
}

static struct setting_spelled spell(const char *prefix, str name)
{
    struct setting_spelled spelled;
    int length = snprintf(spelled.text, sizeof spelled.text, "%s%.*s", prefix, STR_FORMAT(name));
    INSIST(length >= 0 && (size_t)length < sizeof spelled.text);
    return spelled;
}

struct setting_spelled setting_flag(const struct setting *setting)
{
    str name = str_of(setting->name);
    str section = setting_section(name);
    struct setting_spelled flag = spell("--", section.length == 0 ? name : str_from(name, section.length + 1));
    for (char *at = flag.text; *at; at++) {
        if (*at == '_') *at = '-';
    }
    return flag;
}

struct setting_spelled setting_variable(const struct setting *setting)
{
    struct setting_spelled variable = spell("FLORIN_", str_of(setting->name));
    for (char *at = variable.text; *at; at++) {
        if (*at == '.') *at = '_';
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 'a' + 'A');
    }
    return variable;
}

/* What stands for the value after a flag. */
static const char *value_word(enum setting_kind kind)
{
    switch (kind) {
    case SETTING_TEXT: return "TEXT";
    case SETTING_NUMBER: return "NUMBER";
    case SETTING_SHARE: return "0..1";
    case SETTING_RANGE: return "LEAST:MOST";
    case SETTING_SWITCH: return "[on|off]";
    }
    return "";
}

static void print_help(const struct setting *setting)
{
    struct setting_spelled flag = setting_flag(setting);
    struct setting_spelled variable = setting_variable(setting);
    int printed = printf("  %s %s", flag.text, value_word(setting->kind));
    printf("%*s%s", printed < FLAG_COLUMN_CHARS ? FLAG_COLUMN_CHARS - printed : 1, "", variable.text);
    if (setting->otherwise && *setting->otherwise) printf(" (default %s)", setting->otherwise);
    printf("\n      %s\n", setting->sentence);
}

/* Every command has this one, though it stands in no table: settings_read takes it. */
static const struct setting config = {
    .name = "config",
    .kind = SETTING_TEXT,
    .sentence = "A file with lines `name = value`; the environment and flags are stronger.",
};

void settings_help(const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) print_help(&settings[i]);
    print_help(&config);
}

void settings_print_file(const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct setting *setting = &settings[i];
        printf("%s# %s\n# %s =", i == 0 ? "" : "\n", setting->sentence, setting->name);
        if (setting->otherwise && *setting->otherwise) printf(" %s", setting->otherwise);
        printf("\n");
    }
}
