/* SPDX-License-Identifier: Apache-2.0 */
/* settings: reads each value from its default, the file, the environment and the flags; the later the stronger. */
#include "command/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "command/settings_names.h"

enum {
    SETTINGS_MAX = 128,           /* of one command; a longer table is a mistake of ours */
    FILE_BYTES_MAX = 1024 * 1024, /* far above any configuration file */
    SHARE_DIGITS = 6,             /* after the point: a share is kept in millionths */
    SHARE_WHOLE = 1000 * 1000,
};

/* One reading: the table, and what the command line said about each of its rows. */
struct reading {
    const struct setting *settings;
    size_t count;
    const char *flags[SETTINGS_MAX];
    const char *config;
    bool is_part; /* other commands have settings in the same file */
    struct error *error;
};

/* Texts of configuration files: settings point into them as long as the process lives. */
static struct arena kept_texts;

/* --- From text to value --- */

static bool read_whole_number(str text, int64_t *out)
{
    bool is_negative = text.length > 1 && text.bytes[0] == '-';
    int64_t size;
    if (!str_to_int64(is_negative ? str_from(text, 1) : text, INT64_MAX, &size)) return false;
    *out = is_negative ? -size : size;
    return true;
}

static bool read_number(const struct setting *setting, str text)
{
    int64_t number;
    if (!read_whole_number(text, &number) || number < setting->least || number > setting->most) return false;
    *(int64_t *)setting->target = number;
    return true;
}

static bool read_share(const struct setting *setting, str text)
{
    char digits[SHARE_DIGITS + 1] = "000000";
    str fraction;
    str whole = str_cut(text, '.', &fraction);
    int64_t ones, millionths = 0;
    if (!str_to_int64(whole, 1, &ones) || fraction.length > SHARE_DIGITS) return false;
    if (whole.length != text.length && fraction.length == 0) return false;
    for (size_t i = 0; i < fraction.length; i++) digits[i] = fraction.bytes[i];
    for (size_t i = 0; i < SHARE_DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '9') return false;
        millionths = millionths * 10 + (digits[i] - '0');
    }
    if (ones * SHARE_WHOLE + millionths > SHARE_WHOLE) return false;
    *(int64_t *)setting->target = ones * SHARE_WHOLE + millionths;
    return true;
}

static bool read_range(const struct setting *setting, str text)
{
    str rest;
    str first = str_cut(text, ':', &rest);
    str second = first.length == text.length ? first : rest;
    int64_t least, most;
    if (!read_whole_number(first, &least) || !read_whole_number(second, &most)) return false;
    if (least < setting->least || most > setting->most || least > most) return false;
    int64_t *target = setting->target;
    target[0] = least;
    target[1] = most;
    return true;
}

static bool read_switch(const struct setting *setting, str text)
{
    bool is_on = str_equal(text, STR("on"));
    if (!is_on && !str_equal(text, STR("off"))) return false;
    *(bool *)setting->target = is_on;
    return true;
}

static bool read_value(const struct setting *setting, const char *value)
{
    str text = str_of(value);
    switch (setting->kind) {
    case SETTING_TEXT: *(const char **)setting->target = value; return true;
    case SETTING_NUMBER: return read_number(setting, text);
    case SETTING_SHARE: return read_share(setting, text);
    case SETTING_RANGE: return read_range(setting, text);
    case SETTING_SWITCH: return read_switch(setting, text);
    }
    return false;
}

/* Tells what would be right. `place` names the setting as the reader wrote it. */
static bool refuse_value(const struct setting *setting, const char *place, const char *value, struct error *error)
{
    long long least = setting->least, most = setting->most;
    switch (setting->kind) {
    case SETTING_TEXT: break;
    case SETTING_NUMBER:
        return error_set(error, "%s is \"%s\"; it takes a whole number from %lld to %lld", place, value, least, most);
    case SETTING_SHARE:
        return error_set(error, "%s is \"%s\"; it takes a share from 0 to 1 with at most %d decimals", place, value,
                         SHARE_DIGITS);
    case SETTING_RANGE:
        return error_set(error, "%s is \"%s\"; it takes two whole numbers \"least:most\", or one, from %lld to %lld",
                         place, value, least, most);
    case SETTING_SWITCH: return error_set(error, "%s is \"%s\"; it takes on or off", place, value);
    }
    return error_set(error, "%s cannot be \"%s\"", place, value);
}

static bool set_value(const struct setting *setting, const char *place, const char *value, struct error *error)
{
    return read_value(setting, value) || refuse_value(setting, place, value, error);
}

/* --- Where values come from --- */

static void apply_defaults(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct setting *setting = &reading->settings[i];
        if (setting->otherwise) INSIST(read_value(setting, setting->otherwise));
    }
}

static bool apply_environment(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct setting_spelled variable = setting_variable(&reading->settings[i]);
        const char *value = getenv(variable.text);
        if (!value || !*value) continue;
        if (!set_value(&reading->settings[i], variable.text, value, reading->error)) return false;
    }
    return true;
}

static bool apply_flags(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct setting_spelled flag = setting_flag(&reading->settings[i]);
        if (!reading->flags[i]) continue;
        if (!set_value(&reading->settings[i], flag.text, reading->flags[i], reading->error)) return false;
    }
    return true;
}

/* --- The file --- */

/* A comment begins the line or follows a space, so that a value may hold a '#'. */
static str without_comment(str line)
{
    for (size_t i = 0; i < line.length; i++) {
        bool begins = i == 0 || line.bytes[i - 1] == ' ' || line.bytes[i - 1] == '\t';
        if (line.bytes[i] == '#' && begins) return (str){ line.bytes, i };
    }
    return line;
}

static const struct setting *find_setting(const struct reading *reading, str name)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (str_equal(str_of(reading->settings[i].name), name)) return &reading->settings[i];
    }
    return NULL;
}

/* True for a name whose section has no setting in this table: it is meant for another command. */
static bool is_for_others(const struct reading *reading, str name)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (str_equal(setting_section(str_of(reading->settings[i].name)), setting_section(name))) return false;
    }
    return true;
}

static bool apply_line(const struct reading *reading, str line, int number)
{
    str rest;
    str name = str_cut(line, '=', &rest);
    if (name.length == line.length) {
        return error_set(reading->error, "%s line %d: a line is `name = value`", reading->config, number);
    }
    name = str_trim(name);
    const struct setting *setting = find_setting(reading, name);
    if (!setting && (reading->is_part || is_for_others(reading, name))) return true;
    if (!setting) {
        return error_set(reading->error, "%s line %d: there is no setting \"%.*s\"", reading->config, number,
                         STR_FORMAT(name));
    }
    str place = arena_format(&kept_texts, "%s line %d: %.*s", reading->config, number, STR_FORMAT(name));
    str value = arena_copy(&kept_texts, str_trim(rest));
    return set_value(setting, place.bytes, value.bytes, reading->error);
}

static bool apply_lines(const struct reading *reading, str content)
{
    for (int number = 1; content.length > 0; number++) {
        str line = str_cut(content, '\n', &content);
        if (str_contains(line, STR("\0"))) { /* values are terminated texts: it would cut one short */
            return error_set(reading->error, "%s line %d: a zero byte stands there", reading->config, number);
        }
        if (line.length > 0 && line.bytes[line.length - 1] == '\r') line.length--;
        line = str_trim(without_comment(line));
        if (line.length > 0 && !apply_line(reading, line, number)) return false;
    }
    return true;
}

static bool load_file(const char *path, str *out, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) return error_set(error, "cannot open the settings file %s: %s", path, strerror(errno));
    char *bytes = arena_take(&kept_texts, FILE_BYTES_MAX);
    size_t length = fread(bytes, 1, FILE_BYTES_MAX, file);
    bool is_read = !ferror(file) && length < FILE_BYTES_MAX;
    fclose(file);
    if (!is_read) return error_set(error, "cannot read the settings file %s, or it is too large", path);
    *out = (str){ bytes, length };
    return true;
}

static bool apply_file(struct reading *reading)
{
    if (!reading->config) reading->config = getenv("FLORIN_CONFIG");
    if (!reading->config || !*reading->config) return true;
    str content = STR_NONE;
    return load_file(reading->config, &content, reading->error) && apply_lines(reading, content);
}

/* --- The command line --- */

/* Where the value of that flag is to be kept; NULL for a flag that is not in the table. */
static const char **place_of_flag(struct reading *reading, str flag, enum setting_kind *kind)
{
    *kind = SETTING_TEXT;
    if (str_equal(flag, STR("--config"))) return &reading->config;
    for (size_t i = 0; i < reading->count; i++) {
        struct setting_spelled spelled = setting_flag(&reading->settings[i]);
        if (!str_equal(str_of(spelled.text), flag)) continue;
        *kind = reading->settings[i].kind;
        return &reading->flags[i];
    }
    return NULL;
}

/* Reads the flag at words[at]; returns how many words it took, 0 with an error. */
static int take_flag(struct reading *reading, int count, char **words, int at)
{
    str value;
    str word = str_of(words[at]);
    str flag = str_cut(word, '=', &value);
    enum setting_kind kind;
    if (!str_starts_with(word, STR("--"))) {
        error_set(reading->error, "\"%s\" is not expected here", words[at]);
        return 0;
    }
    const char **place = place_of_flag(reading, flag, &kind);
    if (!place) {
        error_set(reading->error, "there is no flag %.*s", STR_FORMAT(flag));
        return 0;
    }
    if (flag.length < word.length) {
        *place = words[at] + flag.length + 1;
        return 1;
    }
    if (kind == SETTING_SWITCH) {
        bool is_said = at + 1 < count && (strcmp(words[at + 1], "on") == 0 || strcmp(words[at + 1], "off") == 0);
        *place = is_said ? words[at + 1] : "on";
        return is_said ? 2 : 1;
    }
    if (at + 1 >= count) {
        error_set(reading->error, "%.*s wants a value", STR_FORMAT(flag));
        return 0;
    }
    *place = words[at + 1];
    return 2;
}

static bool read_settings(const struct setting *settings, size_t count, int word_count, char **words, bool is_part,
                          struct error *error)
{
    struct reading reading = { .settings = settings, .count = count, .is_part = is_part, .error = error };
    INSIST(count <= SETTINGS_MAX);
    for (int at = 0; at < word_count;) {
        int taken = take_flag(&reading, word_count, words, at);
        if (taken == 0) return false;
        at += taken;
    }
    apply_defaults(&reading);
    return apply_file(&reading) && apply_environment(&reading) && apply_flags(&reading);
}

bool settings_read(const struct setting *settings, size_t count, int word_count, char **words, struct error *error)
{
    return read_settings(settings, count, word_count, words, false, error);
}

bool settings_read_part(const struct setting *settings, size_t count, int word_count, char **words, struct error *error)
{
    return read_settings(settings, count, word_count, words, true, error);
}
