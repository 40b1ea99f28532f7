/* SPDX-License-Identifier: Apache-2.0 */
/* risk: lists that name somebody, and limits of how often he may try. */
#include "domain/risk.h"

static const char *const subject_words[RISK_SUBJECT_COUNT] = { "card", "bin", "email", "customer", "ip" };

str risk_subject_word(enum risk_subject subject) { return str_of(subject_words[subject]); }

bool risk_subject_named(str word, enum risk_subject *out)
{
    for (int i = 0; i < RISK_SUBJECT_COUNT; i++) {
        if (!str_equal(word, str_of(subject_words[i]))) continue;
        *out = (enum risk_subject)i;
        return true;
    }
    return false;
}

bool risk_is_told(const struct risk_facts *facts, enum risk_subject subject)
{
    switch (subject) {
    case RISK_EMAIL: return facts->email.length > 0;
    case RISK_IP: return facts->has_address;
    case RISK_CARD:
    case RISK_BIN: return facts->has_card;
    case RISK_CUSTOMER:
    case RISK_SUBJECT_COUNT: break;
    }
    return true; /* every payment has a customer */
}

/* ---- lists ---- */

enum fit { FITS_NOT, FITS, CANNOT_TELL };

static bool is_within(const struct risk_value *value, int64_t number) { return number >= value->least && number <= value->most; }

/* An address, or all of a domain. */
static bool email_fits(str email, str wanted)
{
    str domain;
    bool is_domain = wanted.length > 0 && wanted.bytes[0] == '@';
    if (!is_domain) return str_equal_ignoring_case(email, wanted);
    (void)str_cut(email, '@', &domain);
    return str_equal_ignoring_case(domain, str_from(wanted, 1));
}

static bool names_it(const struct risk_list *list, const struct risk_value *value, const struct risk_facts *facts)
{
    if (list->is_of_amounts) return currency_equal(value->currency, facts->amount.currency) && is_within(value, facts->amount.minor);
    switch (list->subject) {
    case RISK_CARD: return str_equal(value->text, facts->card_fingerprint);
    case RISK_BIN: return is_within(value, facts->bin);
    case RISK_EMAIL: return email_fits(facts->email, value->text);
    case RISK_CUSTOMER: return str_equal(value->text, facts->customer_id);
    case RISK_IP: return ip_network_holds(&value->network, &facts->address);
    case RISK_SUBJECT_COUNT: break;
    }
    return false;
}

static enum fit list_fits(const struct risk_list *list, const struct risk_facts *facts)
{
    bool asks_card = !list->is_of_amounts && list->subject == RISK_CARD;
    if (!list->is_of_amounts && !risk_is_told(facts, list->subject)) return FITS_NOT;
    if (asks_card && !facts->card_fingerprint.bytes) return CANNOT_TELL;
    for (size_t i = 0; i < list->value_count; i++) {
        if (names_it(list, &list->values[i], facts)) return FITS;
    }
    return FITS_NOT;
}

/* What is not known does not matter where something else says no. */
static enum fit lists_fit(const struct risk_rule *rule, const struct risk_facts *facts)
{
    enum fit fits = FITS;
    for (size_t i = 0; i < rule->list_count && fits != FITS_NOT; i++) {
        enum fit one = list_fits(&rule->lists[i], facts);
        if (one != FITS) fits = one;
    }
    return fits;
}

/* Nobody can be counted by what is not told. */
static bool can_be_counted(const struct risk_rule *rule, const struct risk_facts *facts)
{
    for (size_t i = 0; i < rule->limit_count; i++) {
        if (!risk_is_told(facts, rule->limits[i].by)) return false;
    }
    return true;
}

/* ---- rules ---- */

void risk_find(const struct risk_rules *rules, const struct risk_facts *facts, struct risk_candidates *out)
{
    bool is_last = false;
    out->count = 0;
    for (size_t i = 0; i < rules->count && !is_last; i++) {
        const struct risk_rule *rule = &rules->rules[i];
        enum fit fits = can_be_counted(rule, facts) ? lists_fit(rule, facts) : FITS_NOT;
        bool is_passed_over = fits == CANNOT_TELL && facts->when_unknown == RISK_ALLOW;
        if (fits == FITS_NOT || is_passed_over) continue;
        out->rules[out->count] = rule;
        out->cannot_tell[out->count++] = fits == CANNOT_TELL;
        is_last = rule->limit_count == 0;
    }
}

static bool limits_hold(const struct risk_rule *rule, risk_count *so_far, void *context)
{
    for (size_t i = 0; i < rule->limit_count; i++) {
        if (so_far(context, &rule->limits[i]) < rule->limits[i].count) return false;
    }
    return true;
}

const struct risk_rule *risk_decide(const struct risk_rule *rules, size_t count, risk_count *so_far, void *context)
{
    for (size_t i = 0; i < count; i++) {
        if (limits_hold(&rules[i], so_far, context)) return &rules[i];
    }
    return NULL;
}
