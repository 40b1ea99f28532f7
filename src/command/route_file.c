/* SPDX-License-Identifier: Apache-2.0 */
/* route_file: a line is cut into words, the words into conditions and targets; whatever is not understood is refused with what would be
 * right there. */
#include "command/route_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processor/processor.h"

enum {
    RULES_MAX = 1000,        /* more would be a table, not rules; each is asked for each payment */
    WORDS_MAX = 256,         /* of a line */
    FILE_BYTES_MAX = 1024 * 1024,
    PERCENT_DECIMALS = 2,
    BIN_DIGITS_MIN = 1,
};

/* ---- words ---- */

struct word {
    str text;
    bool is_quoted;
    bool ends_part; /* a comma follows */
};

/* One line being read. */
struct line {
    const char *file;
    int number;
    struct word words[WORDS_MAX];
    size_t count;
    size_t at; /* the next one to be read */
    struct arena *arena;
    struct error *error;
};

static bool refuse(const struct line *line, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);
static bool refuse(const struct line *line, const char *format, ...)
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
static bool take_word(str *text, struct word *out)
{
    str behind;
    *out = (struct word){ .is_quoted = text->bytes[0] == '"' };
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

static bool take_comma(const struct line *line, str *text, struct word *before)
{
    *text = without_blanks(*text);
    if (text->length == 0 || text->bytes[0] != ',') return true;
    before->ends_part = true;
    *text = without_blanks(str_from(*text, 1));
    return text->length == 0 || text->bytes[0] != ',' || refuse(line, "a comma stands between two conditions or two processors");
}

static bool cut_words(struct line *line, str text)
{
    line->count = line->at = 0;
    for (text = without_blanks(text); text.length > 0 && text.bytes[0] != '#';) {
        struct word *word = &line->words[line->count];
        if (line->count == WORDS_MAX) return refuse(line, "a rule has at most %d words", WORDS_MAX);
        if (text.bytes[0] == ',') return refuse(line, "a rule does not begin with a comma");
        if (!take_word(&text, word)) return refuse(line, "a quote has no end");
        if (text.length > 0 && text.bytes[0] == '"') return refuse(line, "a quote begins and ends a word");
        line->count++;
        if (!take_comma(line, &text, word)) return false;
    }
    return true;
}

static bool is_arrow(const struct word *word) { return !word->is_quoted && str_equal(word->text, STR("->")); }

static const struct word *next_word(struct line *line) { return line->at < line->count ? &line->words[line->at++] : NULL; }

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

static bool read_amounts(str text, struct route_value *out)
{
    str first, last;
    *out = (struct route_value){ .currency = out->currency, .least = 1, .most = MONEY_MINOR_MAX };
    if (!cut_range(text, &first, &last)) return false;
    if (first.length > 0 && !str_to_int64(first, MONEY_MINOR_MAX, &out->least)) return false;
    if (last.length > 0 && !str_to_int64(last, MONEY_MINOR_MAX, &out->most)) return false;
    return out->least <= out->most;
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

static bool read_bins(str text, struct route_value *out)
{
    str first, last;
    if (!cut_range(text, &first, &last) || !is_digits(first) || !is_digits(last)) return false;
    out->least = fill_up(first, 0);
    out->most = fill_up(last, 9);
    return out->least <= out->most;
}

/* ---- conditions ---- */

struct question {
    const char *word;
    enum route_question asks;
    bool (*read)(str text, struct route_value *out);
    const char *right; /* what may stand behind it */
};

static bool read_currency(str text, struct route_value *out) { return currency_named(text, &out->currency); }

static bool read_text(str text, struct route_value *out)
{
    out->text = text;
    return true;
}

static bool read_brand(str text, struct route_value *out) { return card_brand_is(text) && read_text(text, out); }

static bool read_capture(str text, struct route_value *out)
{
    return (str_equal(text, STR("manual")) || str_equal(text, STR("automatic"))) && read_text(text, out);
}

/* clang-format off */
static const struct question questions[] = {
    { "amount",    ROUTE_AMOUNT,   read_amounts,  "a currency and minor units: `amount USD 1000..5000`, `USD ..999` or `USD 5000..`" },
    { "currency",  ROUTE_CURRENCY, read_currency, "currencies by their ISO 4217 codes: `currency EUR GBP`" },
    { "brand",     ROUTE_BRAND,    read_brand,
      "brands: visa, mastercard, amex, discover, diners, jcb, unionpay, maestro, verve or unknown" },
    { "bin",       ROUTE_BIN,      read_bins,     "the first digits of cards, up to 8 of them: `bin 411111 400000..400099`" },
    { "customer",  ROUTE_CUSTOMER, read_text,     "customer ids: `customer c-1 \"c 2\"`" },
    { "metadata.", ROUTE_METADATA, read_text,     "the name of a member and its values: `metadata.tier gold \"old gold\"`" },
    { "capture",   ROUTE_CAPTURE,  read_capture,  "`capture manual` or `capture automatic`" },
};
/* clang-format on */

static const struct question *question_named(str word, str *member)
{
    *member = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        str name = str_of(questions[i].word);
        bool takes_member = questions[i].asks == ROUTE_METADATA;
        if (takes_member && str_starts_with(word, name)) *member = str_from(word, name.length);
        if (takes_member ? member->length > 0 : str_equal(word, name)) return &questions[i];
    }
    return NULL;
}

/* One word, of an amount two. *goes_on: the next word is another value of the same condition. */
static bool read_value(struct line *line, const struct question *question, struct route_value *out, bool *goes_on)
{
    const struct word *word = next_word(line);
    *out = (struct route_value){ .text = STR_NONE };
    if (question->asks == ROUTE_AMOUNT) {
        bool is_currency = !word->ends_part && currency_named(word->text, &out->currency);
        word = is_currency ? next_word(line) : NULL;
    }
    if (!word || is_arrow(word) || !question->read(word->text, out)) return refuse(line, "behind `%s` stand %s", question->word, question->right);
    out->text = arena_copy(line->arena, out->text);
    *goes_on = !word->ends_part && line->at < line->count && !is_arrow(&line->words[line->at]);
    return true;
}

static bool read_values(struct line *line, const struct question *question, struct route_condition *out)
{
    struct route_value *values = arena_take(line->arena, (line->count - line->at) * sizeof *values);
    bool goes_on = true;
    out->values = values;
    while (goes_on) {
        if (!read_value(line, question, &values[out->value_count], &goes_on)) return false;
        out->value_count++;
    }
    return true;
}

static bool say_questions(const struct line *line, str word)
{
    if (str_equal(word, STR("country"))) return refuse(line, "the country of a card is not known to this gateway; its first digits are: `bin`");
    return refuse(line, "\"%.*s\" is nothing that can be asked; right are amount, currency, brand, bin, customer, metadata.NAME, capture and needs",
                  STR_FORMAT(word));
}

static bool has_value(const struct line *line, const struct word *question)
{
    return !question->ends_part && line->at < line->count && !is_arrow(&line->words[line->at]);
}

/* "needs" asks nothing of the payment: it is what must be had of the processor. */
static bool read_needs(struct line *line, struct route_rule *rule)
{
    bool goes_on = true;
    while (goes_on) {
        const struct word *word = next_word(line);
        bool is_capture = str_equal(word->text, STR("partial_capture")), is_refund = str_equal(word->text, STR("partial_refund"));
        rule->needs_partial_capture |= is_capture;
        rule->needs_partial_refund |= is_refund;
        if (!is_capture && !is_refund) return refuse(line, "behind `needs` stand partial_capture and partial_refund");
        goes_on = has_value(line, word);
    }
    return true;
}

static bool read_condition(struct line *line, struct route_rule *rule, struct route_condition *conditions)
{
    const struct word *word = next_word(line);
    bool is_needs = str_equal(word->text, STR("needs"));
    struct route_condition *condition = &conditions[rule->condition_count];
    const struct question *question = is_needs ? NULL : question_named(word->text, &condition->member);
    if (!is_needs && !question) return say_questions(line, word->text);
    if (!has_value(line, word)) return refuse(line, "behind `%.*s` stands nothing; right is %s", STR_FORMAT(word->text),
                                              question ? question->right : "`needs partial_capture` or `needs partial_refund`");
    if (is_needs) return read_needs(line, rule);
    condition->asks = question->asks;
    condition->member = arena_copy(line->arena, condition->member);
    rule->condition_count++;
    return read_values(line, question, condition);
}

static bool read_conditions(struct line *line, struct route_rule *rule)
{
    struct route_condition *conditions = arena_take(line->arena, line->count * sizeof *conditions);
    rule->conditions = conditions;
    while (line->at < line->count && !is_arrow(&line->words[line->at])) {
        if (!read_condition(line, rule, conditions)) return false;
        bool ends_with_comma = line->words[line->at - 1].ends_part && line->at < line->count && is_arrow(&line->words[line->at]);
        if (ends_with_comma) return refuse(line, "a comma stands between two conditions");
    }
    return next_word(line) != NULL || refuse(line, "`->` and the processors are missing: NAME: CONDITION, CONDITION -> PROCESSOR, PROCESSOR");
}

/* ---- targets ---- */

/* "90%", "0.5%", "12.25%". */
static bool read_share(str text, int *out)
{
    str fraction;
    int64_t whole, hundredths = 0;
    text.length--; /* the sign */
    str ones = str_cut(text, '.', &fraction);
    bool has_point = ones.length < text.length;
    if (!str_to_int64(ones, 100, &whole) || (has_point && (fraction.length == 0 || fraction.length > PERCENT_DECIMALS))) return false;
    for (size_t i = 0; i < PERCENT_DECIMALS; i++) {
        int digit = i < fraction.length ? fraction.bytes[i] - '0' : 0;
        if (digit < 0 || digit > 9) return false;
        hundredths = hundredths * 10 + digit;
    }
    *out = (int)(whole * 100 + hundredths);
    return *out > 0 && *out <= ROUTE_SHARES;
}

static bool is_share(const struct word *word)
{
    return word->text.length > 0 && word->text.bytes[word->text.length - 1] == '%';
}

static bool say_processors(const struct line *line, str word)
{
    char names[160] = "";
    size_t count, length = 0;
    const struct processor *const *all = processor_all(&count);
    for (size_t i = 0; i < count && length < sizeof names; i++) {
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i == 0 ? "" : i + 1 < count ? ", "
                                                                                                              : " and ",
                                   all[i]->name);
    }
    return refuse(line, "\"%.*s\" is no processor; right are %s", STR_FORMAT(word), names);
}

static bool is_named_before(const struct route_rule *rule, str processor)
{
    for (size_t i = 0; i < rule->target_count; i++) {
        if (str_equal(rule->targets[i].processor, processor)) return true;
    }
    return false;
}

static bool read_target(struct line *line, struct route_rule *rule)
{
    struct route_target target = { .share = 0 };
    const struct word *word = next_word(line);
    if (is_share(word)) {
        if (!read_share(word->text, &target.share)) return refuse(line, "\"%.*s\" is no share; right is 90%% or 0.25%%", STR_FORMAT(word->text));
        word = word->ends_part ? NULL : next_word(line);
        if (!word) return refuse(line, "behind a share stands its processor: 90%% bank, 10%% stripe");
    }
    const struct processor *processor = processor_named(word->text);
    if (!processor) return say_processors(line, word->text);
    target.processor = str_of(processor->name);
    if (is_named_before(rule, target.processor)) return refuse(line, "%s stands there twice", processor->name);
    if (!word->ends_part && line->at < line->count) return refuse(line, "between two processors stands a comma");
    INSIST(rule->target_count < ROUTE_PROCESSORS_MAX);
    rule->targets[rule->target_count++] = target;
    return true;
}

static bool shares_fit(const struct line *line, const struct route_rule *rule)
{
    int sum = 0;
    size_t with_share = 0;
    for (size_t i = 0; i < rule->target_count; i++) {
        sum += rule->targets[i].share;
        with_share += rule->targets[i].share > 0;
    }
    if (with_share == 0) return true;
    if (with_share < rule->target_count) return refuse(line, "either all processors have a share or none has");
    return sum == ROUTE_SHARES || refuse(line, "the shares are %d.%02d%% together; 100%% is right", sum / 100, sum % 100);
}

static bool read_targets(struct line *line, struct route_rule *rule)
{
    if (line->at == line->count) return refuse(line, "behind `->` stand processors: -> stripe, bank");
    while (line->at < line->count) {
        if (!read_target(line, rule)) return false;
    }
    if (line->words[line->count - 1].ends_part) return refuse(line, "a comma stands between two processors");
    return shares_fit(line, rule);
}

/* ---- rules ---- */

static bool is_name(str name)
{
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.bytes[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'), is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && byte != '-' && byte != '_' && byte != '.') return false;
    }
    return name.length > 0 && name.length <= ROUTE_NAME_CHARS_MAX;
}

static bool is_reserved(str name)
{
    return str_equal(name, STR(ROUTE_BY_REQUEST)) || str_equal(name, STR(ROUTE_BY_DEFAULT)) || str_equal(name, STR("other"));
}

static bool read_name(struct line *line, struct route_rule *rule)
{
    const struct word *word = next_word(line);
    str name = word->text;
    bool has_colon = name.length > 0 && name.bytes[name.length - 1] == ':' && !word->is_quoted && !word->ends_part;
    if (!has_colon) return refuse(line, "a rule is NAME: CONDITION, CONDITION -> PROCESSOR, PROCESSOR");
    name.length--;
    if (!is_name(name)) return refuse(line, "the name of a rule is 1 to %d letters, digits, dashes, dots and underscores", ROUTE_NAME_CHARS_MAX);
    if (is_reserved(name)) return refuse(line, "no rule is called request, default or other: these say that none decided");
    rule->name = arena_copy(line->arena, name);
    return true;
}

/* A rule that can never be asked, or that goes by the name of another, is a slip. */
static bool has_place(const struct line *line, const struct route_rules *before, const struct route_rule *rule)
{
    for (size_t i = 0; i < before->count; i++) {
        str name = before->rules[i].name;
        if (str_equal(name, rule->name)) return refuse(line, "there is a rule \"%.*s\" above", STR_FORMAT(name));
        if (before->rules[i].condition_count == 0) {
            return refuse(line, "this rule is never asked, since \"%.*s\" above takes every payment", STR_FORMAT(name));
        }
    }
    return true;
}

static bool asks_metadata(const struct route_rule *rule)
{
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (rule->conditions[i].asks == ROUTE_METADATA) return true;
    }
    return false;
}

static bool read_rule(struct line *line, struct route_rules *rules, struct route_rule *rule)
{
    if (rules->count == RULES_MAX) return refuse(line, "a file has at most %d rules", RULES_MAX);
    if (!read_name(line, rule) || !has_place(line, rules, rule)) return false;
    if (!read_conditions(line, rule) || !read_targets(line, rule)) return false;
    rules->ask_metadata |= asks_metadata(rule);
    rules->count++;
    return true;
}

static size_t count_lines(str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.length; i++) count += text.bytes[i] == '\n';
    return count;
}

static bool read_lines(struct line *line, str text, struct route_file *out)
{
    size_t most = count_lines(text);
    struct route_rule *rules = arena_take(&out->arena, (most < RULES_MAX ? most : RULES_MAX) * sizeof *rules);
    out->rules.rules = rules;
    for (line->number = 1; text.length > 0; line->number++) {
        str one = str_cut(text, '\n', &text);
        if (str_contains(one, STR("\0"))) return refuse(line, "a zero byte stands there");
        if (!cut_words(line, one)) return false;
        if (line->count > 0 && !read_rule(line, &out->rules, &rules[out->rules.count])) return false;
    }
    return true;
}

bool route_file_read_text(const char *name, str text, struct route_file *out, struct error *error)
{
    *out = (struct route_file){ .rules = { .count = 0 } };
    struct line *line = memory_take(sizeof *line);
    line->file = name;
    line->arena = &out->arena;
    line->error = error;
    bool is_read = read_lines(line, text, out);
    free(line);
    if (!is_read) route_file_close(out);
    return is_read;
}

bool route_file_read(const char *path, struct route_file *out, struct error *error)
{
    *out = (struct route_file){ .rules = { .count = 0 } };
    FILE *file = fopen(path, "rb");
    if (!file) return error_set(error, "the rules in %s cannot be read: %s", path, strerror(errno));
    char *bytes = memory_take(FILE_BYTES_MAX);
    size_t length = fread(bytes, 1, FILE_BYTES_MAX, file);
    bool is_whole = !ferror(file) && length < FILE_BYTES_MAX;
    (void)fclose(file);
    bool is_read = is_whole ? route_file_read_text(path, (str){ bytes, length }, out, error)
                            : error_set(error, "the rules in %s cannot be read, or are more than a megabyte", path);
    free(bytes);
    return is_read;
}

void route_file_close(struct route_file *file)
{
    arena_close(&file->arena);
    file->rules = (struct route_rules){ .count = 0 };
}
