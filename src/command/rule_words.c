/* SPDX-License-Identifier: Apache-2.0 */
/* rule_words: the part of a file of rules that is the same whatever its rules are about. */
#include "command/rule_words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/money.h"

enum {
    FILE_BYTES_MAX = 1024 * 1024,
    BIN_DIGITS_MIN = 1,
};

/* ---- words ---- */

bool rule_refuse(const struct rule_line *line, const char *format, ...)
{
    char why[240];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(why, sizeof why, format, values);
    va_end(values);
    return error_set(line->error, "%s line %d: %s", line->file, line->number, why);
}

static bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }

static size_t plain_length(str text)
{
    size_t length = 0;
    while (length < text.length && !is_blank(text.bytes[length]) && text.bytes[length] != ',') length++;
    return length;
}

/* Takes the word at the start of the text away from it. False: a quote without its end. */
static bool take_word(str *text, struct rule_word *out)
{
    str behind;
    *out = (struct rule_word){ .is_quoted = text->bytes[0] == '"' };
    if (!out->is_quoted) {
        out->text = (str){ text->bytes, plain_length(*text) };
        *text = str_from(*text, out->text.length);
        return true;
    }
    str inside = str_from(*text, 1);
    out->text = str_cut(inside, '"', &behind);
    *text = behind;
    return out->text.length < inside.length;
}

static str without_blanks(str text)
{
    while (text.length > 0 && is_blank(text.bytes[0])) text = str_from(text, 1);
    return text;
}

static bool take_comma(const struct rule_line *line, str *text, struct rule_word *before)
{
    *text = without_blanks(*text);
    if (text->length == 0 || text->bytes[0] != ',') return true;
    before->ends_part = true;
    *text = without_blanks(str_from(*text, 1));
    return text->length == 0 || text->bytes[0] != ',' || rule_refuse(line, "a comma stands between two conditions");
}

static bool cut_words(struct rule_line *line, str text)
{
    line->count = line->at = 0;
    for (text = without_blanks(text); text.length > 0 && text.bytes[0] != '#';) {
        struct rule_word *word = &line->words[line->count];
        if (line->count == RULE_WORDS_MAX) return rule_refuse(line, "a rule has at most %d words", RULE_WORDS_MAX);
        if (text.bytes[0] == ',') return rule_refuse(line, "a rule does not begin with a comma");
        if (!take_word(&text, word)) return rule_refuse(line, "a quote has no end");
        if (text.length > 0 && text.bytes[0] == '"') return rule_refuse(line, "a quote begins and ends a word");
        line->count++;
        if (!take_comma(line, &text, word)) return false;
    }
    return true;
}

bool rule_is_arrow(const struct rule_word *word) { return !word->is_quoted && str_equal(word->text, STR("->")); }

const struct rule_word *rule_next_word(struct rule_line *line) { return line->at < line->count ? &line->words[line->at++] : NULL; }

/* ---- values ---- */

/* Both ends of "10..20", "10..", "..20" and "10"; an end that is left open is empty. */
static bool cut_range(str text, str *first, str *last)
{
    for (size_t i = 0; i + 1 < text.length; i++) {
        if (text.bytes[i] != '.' || text.bytes[i + 1] != '.') continue;
        *first = (str){ text.bytes, i };
        *last = str_from(text, i + 2);
        return first->length > 0 || last->length > 0;
    }
    *first = *last = text;
    return text.length > 0;
}

bool rule_read_amounts(str text, int64_t *least, int64_t *most)
{
    str first, last;
    *least = 1;
    *most = MONEY_MINOR_MAX;
    if (!cut_range(text, &first, &last)) return false;
    if (first.length > 0 && !str_to_int64(first, MONEY_MINOR_MAX, least)) return false;
    if (last.length > 0 && !str_to_int64(last, MONEY_MINOR_MAX, most)) return false;
    return *least <= *most;
}

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    }
    return text.length >= BIN_DIGITS_MIN && text.length <= CARD_BIN_DIGITS;
}

/* Filled up with that digit: 411111 begins at 41111100 and ends at 41111199. */
static int64_t fill_up(str digits, int with)
{
    int64_t number = 0;
    for (size_t i = 0; i < CARD_BIN_DIGITS; i++) number = number * 10 + (i < digits.length ? digits.bytes[i] - '0' : with);
    return number;
}

bool rule_read_bins(str text, int64_t *least, int64_t *most)
{
    str first, last;
    if (!cut_range(text, &first, &last) || !is_digits(first) || !is_digits(last)) return false;
    *least = fill_up(first, 0);
    *most = fill_up(last, 9);
    return *least <= *most;
}

/* ---- rules ---- */

static bool is_name(str name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'), is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && byte != '-' && byte != '_' && byte != '.') return false;
    }
    return name.length > 0 && name.length <= RULE_NAME_CHARS_MAX;
}

bool rule_read_name(struct rule_line *line, const char *shape, str *out)
{
    const struct rule_word *word = rule_next_word(line);
    str name = word->text;
    bool has_colon = name.length > 0 && name.bytes[name.length - 1] == ':' && !word->is_quoted && !word->ends_part;
    if (!has_colon) return rule_refuse(line, "a rule is %s", shape);
    name.length--;
    if (!is_name(name)) {
        return rule_refuse(line, "the name of a rule is 1 to %d letters, digits, dashes, dots and underscores", RULE_NAME_CHARS_MAX);
    }
    *out = arena_copy(line->arena, name);
    return true;
}

bool rule_has_value(const struct rule_line *line, const struct rule_word *question)
{
    return !question->ends_part && line->at < line->count && !rule_is_arrow(&line->words[line->at]);
}

size_t rule_count_lines(str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.length; i++) count += text.bytes[i] == '\n';
    return count;
}

static bool read_lines(struct rule_line *line, str text, bool (*read)(struct rule_line *line, void *into), void *into)
{
    for (line->number = 1; text.length > 0; line->number++) {
        str one = str_cut(text, '\n', &text);
        if (str_contains(one, STR("\0"))) return rule_refuse(line, "a zero byte stands there");
        if (!cut_words(line, one)) return false;
        if (line->count > 0 && !read(line, into)) return false;
    }
    return true;
}

bool rule_read_text(const char *name, str text, struct arena *arena, bool (*read)(struct rule_line *line, void *into), void *into,
                    struct error *error)
{
    struct rule_line *line = memory_take(sizeof *line);
    line->file = name;
    line->arena = arena;
    line->error = error;
    bool is_read = read_lines(line, text, read, into);
    free(line);
    return is_read;
}

bool rule_load_text(const char *path, struct arena *arena, str *out, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) return error_set(error, "the rules in %s cannot be read: %s", path, strerror(errno));
    char *bytes = arena_take(arena, FILE_BYTES_MAX);
    *out = (str){ bytes, fread(bytes, 1, FILE_BYTES_MAX, file) };
    bool is_whole = !ferror(file) && out->length < FILE_BYTES_MAX;
    (void)fclose(file);
    return is_whole || error_set(error, "the rules in %s cannot be read, or are more than a megabyte", path);
}
