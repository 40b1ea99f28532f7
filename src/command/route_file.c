/* SPDX-License-Identifier: Apache-2.0 */
/* route_file: a line is cut into words, the words into conditions and targets; whatever is not understood is refused with what would be
 * right there. */
#include "command/route_file.h"

#include <stdio.h>

#include "command/rule_words.h"
#include "processor/processor.h"

#define SHAPE "NAME: CONDITION, CONDITION -> PROCESSOR, PROCESSOR"

enum {
    RULES_MAX = 1000, /* more would be a table, not rules; each is asked for each payment */
    PERCENT_DECIMALS = 2,
};

_Static_assert((int)ROUTE_NAME_CHARS_MAX == (int)RULE_NAME_CHARS_MAX, "a rule's name fits where it is told");

/* ---- conditions ---- */

struct question {
    const char *word;
    enum route_question asks;
    bool (*read)(str text, struct route_value *out);
    const char *right; /* what may stand behind it */
};

static bool read_amounts(str text, struct route_value *out) { return rule_read_amounts(text, &out->least, &out->most); }

static bool read_bins(str text, struct route_value *out) { return rule_read_bins(text, &out->least, &out->most); }

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
static bool read_value(struct rule_line *line, const struct question *question, struct route_value *out, bool *goes_on)
{
    const struct rule_word *word = rule_next_word(line);
    *out = (struct route_value){ .text = STR_NONE };
    if (question->asks == ROUTE_AMOUNT) {
        bool is_currency = !word->ends_part && currency_named(word->text, &out->currency);
        word = is_currency ? rule_next_word(line) : NULL;
    }
    bool is_value = word && !rule_is_arrow(word) && question->read(word->text, out);
    if (!is_value) return rule_refuse(line, "behind `%s` stand %s", question->word, question->right);
    out->text = arena_copy(line->arena, out->text);
    *goes_on = !word->ends_part && line->at < line->count && !rule_is_arrow(&line->words[line->at]);
    return true;
}

static bool read_values(struct rule_line *line, const struct question *question, struct route_condition *out)
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

static bool say_questions(const struct rule_line *line, str word)
{
    if (str_equal(word, STR("country"))) return rule_refuse(line, "the country of a card is not known to this gateway; its first digits are: `bin`");
    return rule_refuse(line,
                       "\"%.*s\" is nothing that can be asked; right are amount, currency, brand, bin, customer, metadata.NAME, capture and needs",
                       STR_FORMAT(word));
}

/* "needs" asks nothing of the payment: it is what must be had of the processor. */
static bool read_needs(struct rule_line *line, struct route_rule *rule)
{
    bool goes_on = true;
    while (goes_on) {
        const struct rule_word *word = rule_next_word(line);
        bool is_capture = str_equal(word->text, STR("partial_capture")), is_refund = str_equal(word->text, STR("partial_refund"));
        rule->needs_partial_capture |= is_capture;
        rule->needs_partial_refund |= is_refund;
        if (!is_capture && !is_refund) return rule_refuse(line, "behind `needs` stand partial_capture and partial_refund");
        goes_on = rule_has_value(line, word);
    }
    return true;
}

static bool read_condition(struct rule_line *line, struct route_rule *rule, struct route_condition *conditions)
{
    const struct rule_word *word = rule_next_word(line);
    bool is_needs = str_equal(word->text, STR("needs"));
    struct route_condition *condition = &conditions[rule->condition_count];
    const struct question *question = is_needs ? NULL : question_named(word->text, &condition->member);
    if (!is_needs && !question) return say_questions(line, word->text);
    if (!rule_has_value(line, word)) return rule_refuse(line, "behind `%.*s` stands nothing; right is %s", STR_FORMAT(word->text),
                                                        question ? question->right : "`needs partial_capture` or `needs partial_refund`");
    if (is_needs) return read_needs(line, rule);
    condition->asks = question->asks;
    condition->member = arena_copy(line->arena, condition->member);
    rule->condition_count++;
    return read_values(line, question, condition);
}

static bool read_conditions(struct rule_line *line, struct route_rule *rule)
{
    struct route_condition *conditions = arena_take(line->arena, line->count * sizeof *conditions);
    rule->conditions = conditions;
    while (line->at < line->count && !rule_is_arrow(&line->words[line->at])) {
        if (!read_condition(line, rule, conditions)) return false;
        bool ends_with_comma = line->words[line->at - 1].ends_part && line->at < line->count && rule_is_arrow(&line->words[line->at]);
        if (ends_with_comma) return rule_refuse(line, "a comma stands between two conditions");
    }
    return rule_next_word(line) != NULL || rule_refuse(line, "`->` and the processors are missing: " SHAPE);
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

static bool is_share(const struct rule_word *word)
{
    return word->text.length > 0 && word->text.bytes[word->text.length - 1] == '%';
}

static bool say_processors(const struct rule_line *line, str word)
{
    char names[160] = "";
    size_t count, length = 0;
    const struct processor *const *all = processor_all(&count);
    for (size_t i = 0; i < count && length < sizeof names; i++) {
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i == 0 ? "" : i + 1 < count ? ", "
                                                                                                              : " and ",
                                   all[i]->name);
    }
    return rule_refuse(line, "\"%.*s\" is no processor; right are %s", STR_FORMAT(word), names);
}

static bool is_named_before(const struct route_rule *rule, str processor)
{
    for (size_t i = 0; i < rule->target_count; i++) {
        if (str_equal(rule->targets[i].processor, processor)) return true;
    }
    return false;
}

static bool read_target(struct rule_line *line, struct route_rule *rule)
{
    struct route_target target = { .share = 0 };
    const struct rule_word *word = rule_next_word(line);
    if (is_share(word)) {
        if (!read_share(word->text, &target.share)) return rule_refuse(line, "\"%.*s\" is no share; right is 90%% or 0.25%%", STR_FORMAT(word->text));
        word = word->ends_part ? NULL : rule_next_word(line);
        if (!word) return rule_refuse(line, "behind a share stands its processor: 90%% bank, 10%% stripe");
    }
    const struct processor *processor = processor_named(word->text);
    if (!processor) return say_processors(line, word->text);
    target.processor = str_of(processor->name);
    if (is_named_before(rule, target.processor)) return rule_refuse(line, "%s stands there twice", processor->name);
    if (!word->ends_part && line->at < line->count) return rule_refuse(line, "between two processors stands a comma");
    INSIST(rule->target_count < ROUTE_PROCESSORS_MAX);
    rule->targets[rule->target_count++] = target;
    return true;
}

static bool shares_fit(const struct rule_line *line, const struct route_rule *rule)
{
    int sum = 0;
    size_t with_share = 0;
    for (size_t i = 0; i < rule->target_count; i++) {
        sum += rule->targets[i].share;
        with_share += rule->targets[i].share > 0;
    }
    if (with_share == 0) return true;
    if (with_share < rule->target_count) return rule_refuse(line, "either all processors have a share or none has");
    return sum == ROUTE_SHARES || rule_refuse(line, "the shares are %d.%02d%% together; 100%% is right", sum / 100, sum % 100);
}

static bool read_targets(struct rule_line *line, struct route_rule *rule)
{
    if (line->at == line->count) return rule_refuse(line, "behind `->` stand processors: -> stripe, bank");
    while (line->at < line->count) {
        if (!read_target(line, rule)) return false;
    }
    if (line->words[line->count - 1].ends_part) return rule_refuse(line, "a comma stands between two processors");
    return shares_fit(line, rule);
}

/* ---- rules ---- */

static bool is_reserved(str name)
{
    return str_equal(name, STR(ROUTE_BY_REQUEST)) || str_equal(name, STR(ROUTE_BY_DEFAULT)) || str_equal(name, STR("other"));
}

static bool read_name(struct rule_line *line, struct route_rule *rule)
{
    if (!rule_read_name(line, SHAPE, &rule->name)) return false;
    return !is_reserved(rule->name) || rule_refuse(line, "no rule is called request, default or other: these say that none decided");
}

/* A rule that can never be asked, or that goes by the name of another, is a slip. */
static bool has_place(const struct rule_line *line, const struct route_rules *before, const struct route_rule *rule)
{
    for (size_t i = 0; i < before->count; i++) {
        str name = before->rules[i].name;
        if (str_equal(name, rule->name)) return rule_refuse(line, "there is a rule \"%.*s\" above", STR_FORMAT(name));
        if (before->rules[i].condition_count == 0) {
            return rule_refuse(line, "this rule is never asked, since \"%.*s\" above takes every payment", STR_FORMAT(name));
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

/* The rules that were read so far, and room for all of the file's. */
struct reading_rules {
    struct route_rules *rules;
    struct route_rule *room;
};

static bool read_rule(struct rule_line *line, void *into)
{
    struct reading_rules *reading = into;
    struct route_rules *rules = reading->rules;
    struct route_rule *rule = &reading->room[rules->count];
    if (rules->count == RULES_MAX) return rule_refuse(line, "a file has at most %d rules", RULES_MAX);
    if (!read_name(line, rule) || !has_place(line, rules, rule)) return false;
    if (!read_conditions(line, rule) || !read_targets(line, rule)) return false;
    rules->ask_metadata |= asks_metadata(rule);
    rules->count++;
    return true;
}

bool route_file_read_text(const char *name, str text, struct route_file *out, struct error *error)
{
    *out = (struct route_file){ .rules = { .count = 0 } };
    size_t most = rule_count_lines(text);
    struct reading_rules reading = { &out->rules, arena_take(&out->arena, (most < RULES_MAX ? most : RULES_MAX) * sizeof *reading.room) };
    out->rules.rules = reading.room;
    bool is_read = rule_read_text(name, text, &out->arena, read_rule, &reading, error);
    if (!is_read) route_file_close(out);
    return is_read;
}

bool route_file_read(const char *path, struct route_file *out, struct error *error)
{
    str text;
    struct arena scratch = { 0 };
    *out = (struct route_file){ .rules = { .count = 0 } };
    bool is_read = rule_load_text(path, &scratch, &text, error) && route_file_read_text(path, text, out, error);
    arena_close(&scratch);
    return is_read;
}

void route_file_close(struct route_file *file)
{
    arena_close(&file->arena);
    file->rules = (struct route_rules){ .count = 0 };
}
