/* SPDX-License-Identifier: Apache-2.0 */
/* risk_file: words into lists, limits and a decision; whatever is not understood is refused with what would be right there. */
#include "command/risk_file.h"

#include "command/rule_words.h"

#define SHAPE "NAME: CONDITION, CONDITION -> DECISION"

enum { FINGERPRINT_CHARS = 32 /* as the vault makes them */, CUSTOMER_CHARS_MAX = 255 * 4, EMAIL_CHARS_MAX = 254 };

_Static_assert((int)RISK_RULE_BYTES == (int)RULE_NAME_CHARS_MAX + 1, "a rule's name fits where it is told");

/* The rules that were read so far, and the one being read. */
struct reading_rules {
    struct risk_rules *rules;
    struct risk_rule *room;
    struct risk_list *lists;
    struct risk_limit *limits;
};

/* ---- values of lists ---- */

static bool read_fingerprint(str text, struct arena *arena, struct risk_value *out)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_hex = (text.bytes[i] >= '0' && text.bytes[i] <= '9') || (text.bytes[i] >= 'a' && text.bytes[i] <= 'f');
        if (!is_hex) return false;
    }
    out->text = arena_copy(arena, text);
    return text.length == FINGERPRINT_CHARS;
}

static bool read_bin(str text, struct arena *arena, struct risk_value *out)
{
    (void)arena;
    return rule_read_bins(text, &out->least, &out->most);
}

static bool read_email(str text, struct arena *arena, struct risk_value *out)
{
    str domain, name = str_cut(text, '@', &domain);
    out->text = arena_copy(arena, text);
    return name.length < text.length && domain.length > 0 && text.length <= EMAIL_CHARS_MAX && !str_contains(domain, STR("@"));
}

static bool read_customer(str text, struct arena *arena, struct risk_value *out)
{
    out->text = arena_copy(arena, text);
    return text.length > 0 && text.length <= CUSTOMER_CHARS_MAX;
}

static bool read_network(str text, struct arena *arena, struct risk_value *out)
{
    (void)arena;
    return ip_network_read(text, &out->network);
}

/* clang-format off */
static const struct question {
    bool (*read)(str text, struct arena *arena, struct risk_value *out);
    const char *right; /* what may stand behind it */
} questions[RISK_SUBJECT_COUNT] = {
    [RISK_CARD]     = { read_fingerprint, "fingerprints of cards, 32 hexadecimal digits, as tokens and the history tell them" },
    [RISK_BIN]      = { read_bin,         "the first digits of cards, up to 8 of them: `bin 411111 400000..400099`" },
    [RISK_EMAIL]    = { read_email,       "addresses and domains: `email joe@bad.example @worse.example`" },
    [RISK_CUSTOMER] = { read_customer,    "customer ids: `customer c-1 \"c 2\"`" },
    [RISK_IP]       = { read_network,     "addresses and networks: `ip 203.0.113.7 198.51.100.0/24 2001:db8::/32`" },
};
/* clang-format on */

static const char amounts_right[] = "a currency and minor units: `amount USD 1000..5000`, `USD ..999` or `USD 5000..`";

static bool read_amount(struct rule_line *line, const struct rule_word **word, struct risk_value *out)
{
    bool is_currency = !(*word)->ends_part && currency_named((*word)->text, &out->currency);
    *word = is_currency ? rule_next_word(line) : NULL;
    return *word && rule_read_amounts((*word)->text, &out->least, &out->most);
}

static bool read_value(struct rule_line *line, const struct risk_list *list, struct risk_value *out, bool *goes_on)
{
    const struct rule_word *word = rule_next_word(line);
    const struct question *question = list->is_of_amounts ? NULL : &questions[list->subject];
    *out = (struct risk_value){ .least = 0 };
    bool is_read = question ? question->read(word->text, line->arena, out) : read_amount(line, &word, out);
    if (!is_read && question) return rule_refuse(line, "behind `%s` stand %s", risk_subject_word(list->subject).bytes, question->right);
    if (!is_read) return rule_refuse(line, "behind `amount` stand %s", amounts_right);
    *goes_on = rule_has_value(line, word);
    return true;
}

static bool read_list(struct rule_line *line, struct reading_rules *reading, struct risk_rule *rule, const struct rule_word *question)
{
    bool goes_on = true;
    struct risk_list *list = &reading->lists[rule->list_count];
    struct risk_value *values = arena_take(line->arena, (line->count - line->at + 1) * sizeof *values);
    *list = (struct risk_list){ .values = values, .is_of_amounts = str_equal(question->text, STR("amount")) };
    if (!list->is_of_amounts && !risk_subject_named(question->text, &list->subject)) {
        return rule_refuse(line, "\"%.*s\" is nothing that can be asked; right are amount, card, bin, email, customer, ip, "
                                 "and limits such as `20 failures by ip in 1h`",
                           STR_FORMAT(question->text));
    }
    if (!rule_has_value(line, question)) {
        return rule_refuse(line, "behind `%.*s` stands nothing; right are %s", STR_FORMAT(question->text),
                           list->is_of_amounts ? amounts_right : questions[list->subject].right);
    }
    while (goes_on) {
        if (!read_value(line, list, &values[list->value_count], &goes_on)) return false;
        list->value_count++;
    }
    reading->rules->lists_cards |= !list->is_of_amounts && list->subject == RISK_CARD;
    rule->list_count++;
    return true;
}

/* ---- limits ---- */

static bool say_limit(const struct rule_line *line)
{
    return rule_refuse(line, "a limit is `20 failures by ip in 1h`: up to %d tries or failures, by card, bin, email, customer or ip, in seconds (s), "
                             "minutes (m), hours (h) or days (d), up to 30d",
                       RISK_TRIES_MAX);
}

static bool read_span(str text, micros *out)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 24 * 3600 } };
    int64_t number;
    if (text.length < 2) return false;
    char letter = text.bytes[text.length - 1];
    text.length--;
    if (!str_to_int64(text, INT32_MAX, &number) || number == 0) return false;
    *out = 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (units[i].letter == letter) *out = number * units[i].seconds * MICROS_PER_SECOND;
    }
    return *out > 0 && *out <= RISK_WITHIN_MAX;
}

static bool read_counted(str word, enum risk_counted *out)
{
    bool is_failures = str_equal(word, STR("failures"));
    *out = is_failures ? RISK_FAILURES : RISK_TRIES;
    return is_failures || str_equal(word, STR("tries"));
}

static bool read_limit(struct rule_line *line, struct reading_rules *reading, struct risk_rule *rule, const struct rule_word *number)
{
    enum { COUNTED, BY, SUBJECT, IN, SPAN, WORDS };
    const struct rule_word *words = &line->words[line->at], *before = number;
    struct risk_limit *limit = &reading->limits[rule->limit_count];
    for (int i = 0; i < WORDS; i++) { /* they belong together */
        if (!rule_has_value(line, before)) return say_limit(line);
        before = rule_next_word(line);
    }
    bool is_limit = str_to_int64(number->text, RISK_TRIES_MAX, &limit->count) && limit->count > 0 &&
                    read_counted(words[COUNTED].text, &limit->counted) && str_equal(words[BY].text, STR("by")) &&
                    risk_subject_named(words[SUBJECT].text, &limit->by) && str_equal(words[IN].text, STR("in")) &&
                    read_span(words[SPAN].text, &limit->within);
    if (!is_limit || rule_has_value(line, before)) return say_limit(line);
    reading->rules->counts[limit->by] = true;
    if (limit->within > reading->rules->longest) reading->rules->longest = limit->within;
    rule->limit_count++;
    return true;
}

/* ---- rules ---- */

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static bool read_conditions(struct rule_line *line, struct reading_rules *reading, struct risk_rule *rule)
{
    rule->lists = reading->lists = arena_take(line->arena, line->count * sizeof *reading->lists);
    rule->limits = reading->limits = arena_take(line->arena, line->count * sizeof *reading->limits);
    while (line->at < line->count && !rule_is_arrow(&line->words[line->at])) {
        const struct rule_word *word = rule_next_word(line);
        bool is_limit = !word->is_quoted && word->text.length > 0 && is_digit(word->text.bytes[0]);
        if (is_limit ? !read_limit(line, reading, rule, word) : !read_list(line, reading, rule, word)) return false;
        bool ends_with_comma = line->words[line->at - 1].ends_part && line->at < line->count && rule_is_arrow(&line->words[line->at]);
        if (ends_with_comma) return rule_refuse(line, "a comma stands between two conditions");
    }
    return rule_next_word(line) != NULL || rule_refuse(line, "`->` and the decision are missing: " SHAPE);
}

static bool read_decision(struct rule_line *line, struct risk_rule *rule)
{
    const struct rule_word *word = rule_next_word(line);
    bool is_decision = word && risk_decision_named(word->text, &rule->decision) && rule->decision != RISK_UNASKED;
    if (is_decision && line->at == line->count && !word->ends_part) return true;
    return rule_refuse(line, "behind `->` stands one decision: allow, step_up, review or deny");
}

/* A rule that can never be asked, or that goes by the name of another, is a slip. */
static bool has_place(const struct rule_line *line, const struct risk_rules *before, const struct risk_rule *rule)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct risk_rule *above = &before->rules[i];
        if (str_equal(str_of(above->name), str_of(rule->name))) return rule_refuse(line, "there is a rule \"%s\" above", above->name);
        if (above->list_count + above->limit_count == 0) {
            return rule_refuse(line, "this rule is never asked, since \"%s\" above takes every payment", above->name);
        }
    }
    return true;
}

static bool read_name(struct rule_line *line, struct risk_rule *rule)
{
    str name;
    if (!rule_read_name(line, SHAPE, &name)) return false;
    bool fits = str_copy_to(name, rule->name, sizeof rule->name);
    INSIST(fits);
    bool is_reserved = str_equal(name, STR(RISK_BY_DEFAULT)) || str_equal(name, STR("other")) || str_equal(name, STR(RISK_BY_PROVIDER)) ||
                       str_equal(name, STR(RISK_BY_POLICY));
    return !is_reserved || rule_refuse(line, "no rule is called default, other, provider or provider_down: these say that none decided");
}

static bool read_rule(struct rule_line *line, void *into)
{
    struct reading_rules *reading = into;
    struct risk_rule *rule = &reading->room[reading->rules->count];
    if (reading->rules->count == RISK_RULES_MAX) return rule_refuse(line, "a file has at most %d rules", RISK_RULES_MAX);
    if (!read_name(line, rule) || !has_place(line, reading->rules, rule)) return false;
    if (!read_conditions(line, reading, rule) || !read_decision(line, rule)) return false;
    reading->rules->count++;
    return true;
}

bool risk_file_read_text(const char *name, str text, struct risk_file *out, struct error *error)
{
    *out = (struct risk_file){ .rules = { .count = 0 } };
    size_t most = rule_count_lines(text);
    struct reading_rules reading = { .rules = &out->rules };
    reading.room = arena_take(&out->arena, (most < RISK_RULES_MAX ? most : RISK_RULES_MAX) * sizeof *reading.room);
    out->rules.rules = reading.room;
    bool is_read = rule_read_text(name, text, &out->arena, read_rule, &reading, error);
    if (!is_read) risk_file_close(out);
    return is_read;
}

bool risk_file_read(const char *path, struct risk_file *out, struct error *error)
{
    str text;
    struct arena scratch = { 0 };
    *out = (struct risk_file){ .rules = { .count = 0 } };
    bool is_read = rule_load_text(path, &scratch, &text, error) && risk_file_read_text(path, text, out, error);
    arena_close(&scratch);
    return is_read;
}

void risk_file_close(struct risk_file *file)
{
    arena_close(&file->arena);
    file->rules = (struct risk_rules){ .count = 0 };
}
