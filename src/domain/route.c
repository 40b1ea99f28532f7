/* SPDX-License-Identifier: Apache-2.0 */
/* route: the first rule that fits, and who of those that it names can take the payment. */
#include "domain/route.h"

#include "base/hash.h"

/* clang-format off */
static const char *const bar_words[ROUTE_BAR_COUNT] = {
    [ROUTE_CLEAR]              = "",
    [ROUTE_NOT_SET_UP]         = "not_set_up",
    [ROUTE_NO_CAPTURE]         = "capture_not_supported",
    [ROUTE_NO_PAGE]            = "payment_method_not_supported",
    [ROUTE_NO_CURRENCY]        = "currency_not_supported",
    [ROUTE_NO_HOLD]            = "hold_not_supported",
    [ROUTE_NO_PARTIAL_CAPTURE] = "partial_capture_not_supported",
    [ROUTE_NO_PARTIAL_REFUND]  = "partial_refund_not_supported",
    [ROUTE_NO_CVV]             = "cvv_required",
    [ROUTE_NO_EMAIL]           = "email_required",
    [ROUTE_NO_STEP_UP]         = "step_up_not_possible",
    [ROUTE_BREAKER_OPEN]       = "breaker_open",
};
/* clang-format on */

str route_bar_word(enum route_bar bar) { return str_of(bar_words[bar]); }

/* ---- does a rule fit? ---- */

enum fit { FITS_NOT, FITS, CANNOT_TELL };

static bool is_within(const struct route_value *value, int64_t number) { return number >= value->least && number <= value->most; }

static str metadata_of(const struct route_facts *facts, str name)
{
    for (size_t i = 0; i < facts->metadata_count; i++) {
        if (str_equal(facts->metadata[i].name, name)) return facts->metadata[i].value;
    }
    return STR_NONE;
}

static bool metadata_holds(const struct route_facts *facts, str name, str wanted)
{
    str value = metadata_of(facts, name);
    return value.bytes && str_equal(value, wanted);
}

static bool value_holds(const struct route_condition *condition, const struct route_value *value, const struct route_facts *facts)
{
    switch (condition->asks) {
    case ROUTE_AMOUNT: return currency_equal(value->currency, facts->amount.currency) && is_within(value, facts->amount.minor);
    case ROUTE_CURRENCY: return currency_equal(value->currency, facts->amount.currency);
    case ROUTE_BRAND: return str_equal(value->text, facts->brand);
    case ROUTE_BIN: return is_within(value, facts->bin);
    case ROUTE_CUSTOMER: return str_equal(value->text, facts->customer_id);
    case ROUTE_METADATA: return metadata_holds(facts, condition->member, value->text);
    case ROUTE_CAPTURE: return str_equal(value->text, facts->captures_itself ? STR("automatic") : STR("manual"));
    }
    return false;
}

static enum fit condition_fits(const struct route_condition *condition, const struct route_facts *facts)
{
    if (condition->asks == ROUTE_BIN && facts->bin == ROUTE_BIN_UNKNOWN) return CANNOT_TELL;
    for (size_t i = 0; i < condition->value_count; i++) {
        if (value_holds(condition, &condition->values[i], facts)) return FITS;
    }
    return FITS_NOT;
}

/* What is not known does not matter where something else says no. */
static enum fit rule_fits(const struct route_rule *rule, const struct route_facts *facts)
{
    enum fit fits = FITS;
    for (size_t i = 0; i < rule->condition_count && fits != FITS_NOT; i++) {
        enum fit one = condition_fits(&rule->conditions[i], facts);
        if (one != FITS) fits = one;
    }
    return fits;
}

/* ---- who takes it? ---- */

static enum route_bar bar_by_record(const struct route_candidate *candidate, const struct route_facts *facts)
{
    struct command authorize = { .amount = facts->amount, .captures_itself = facts->captures_itself, .on_page = facts->on_page,
                                 .has_cvv = facts->has_cvv, .has_email = facts->has_email, .has_return_url = facts->has_return_url,
                                 .risk = facts->risk };
    switch (capability_refusal(&candidate->can, &authorize)) {
    case REFUSED_PAGE_NOT_SUPPORTED: return ROUTE_NO_PAGE;
    case REFUSED_CURRENCY_NOT_SUPPORTED: return ROUTE_NO_CURRENCY;
    case REFUSED_HOLD_NOT_SUPPORTED: return ROUTE_NO_HOLD;
    case REFUSED_CVV_REQUIRED: return ROUTE_NO_CVV;
    case REFUSED_EMAIL_REQUIRED: return ROUTE_NO_EMAIL;
    case REFUSED_STEP_UP_NOT_POSSIBLE: return ROUTE_NO_STEP_UP;
    default: return ROUTE_CLEAR;
    }
}

/* What can never be overcome is told before what passes. */
static enum route_bar bar_of(const struct route_rule *rule, const struct route_candidate *candidate, const struct route_facts *facts)
{
    enum route_bar by_record = bar_by_record(candidate, facts);
    if (!candidate->is_set_up) return ROUTE_NOT_SET_UP;
    if (!candidate->captures) return ROUTE_NO_CAPTURE;
    if (by_record == ROUTE_NO_PAGE || by_record == ROUTE_NO_CURRENCY || by_record == ROUTE_NO_HOLD) return by_record;
    if (rule->needs_partial_capture && !candidate->can.partial_capture) return ROUTE_NO_PARTIAL_CAPTURE;
    if (rule->needs_partial_refund && !candidate->can.partial_refund) return ROUTE_NO_PARTIAL_REFUND;
    if (by_record != ROUTE_CLEAR) return by_record;
    return candidate->breaker_open ? ROUTE_BREAKER_OPEN : ROUTE_CLEAR;
}

static int candidate_named(const struct route_facts *facts, str processor)
{
    for (size_t i = 0; i < facts->candidate_count; i++) {
        if (str_equal(facts->candidates[i].processor, processor)) return (int)i;
    }
    INSIST(!"rules name processors that this binary knows");
    return ROUTE_NOBODY;
}

static void consider(struct route_decision *decision, const struct route_rule *rule, int candidate, const struct route_facts *facts)
{
    enum route_bar bar = bar_of(rule, &facts->candidates[candidate], facts);
    if (bar == ROUTE_CLEAR) decision->order[decision->order_count++] = candidate;
    else decision->passed[decision->passed_count++] = (struct route_passed){ candidate, bar };
}

int route_point(str payment_id)
{
    struct hash hash = hash_of(&payment_id, 1);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++) number = number << 8 | hash.bytes[i];
    return (int)(number % ROUTE_SHARES);
}

size_t route_drawn(const struct route_rule *rule, int point)
{
    size_t at = 0;
    for (int end = rule->targets[0].share; point >= end && at + 1 < rule->target_count; end += rule->targets[at].share) at++;
    return at;
}

/* Of a split, the one that was drawn stands before all others. */
static struct route_decision follow(const struct route_rule *rule, const struct route_facts *facts)
{
    struct route_decision decision = { .rule = rule->name };
    bool splits = rule->targets[0].share > 0;
    size_t first = splits ? route_drawn(rule, route_point(facts->payment_id)) : 0;
    consider(&decision, rule, candidate_named(facts, rule->targets[first].processor), facts);
    for (size_t i = 0; i < rule->target_count; i++) {
        if (i != first) consider(&decision, rule, candidate_named(facts, rule->targets[i].processor), facts);
    }
    return decision;
}

static struct route_decision decide_by_default(const struct route_facts *facts)
{
    struct route_rule nothing_fits = { .name = STR(ROUTE_BY_DEFAULT) };
    struct route_decision decision = { .rule = nothing_fits.name };
    INSIST(facts->candidate_count > 0);
    consider(&decision, &nothing_fits, 0, facts);
    return decision;
}

struct route_decision route_decide(const struct route_rules *rules, const struct route_facts *facts)
{
    if (facts->asked_for != ROUTE_NOBODY) {
        return (struct route_decision){ .rule = STR(ROUTE_BY_REQUEST), .order = { facts->asked_for }, .order_count = 1 };
    }
    for (size_t i = 0; rules && i < rules->count; i++) {
        enum fit fits = rule_fits(&rules->rules[i], facts);
        if (fits == CANNOT_TELL) return (struct route_decision){ .rule = rules->rules[i].name, .cannot_tell = true };
        if (fits == FITS) return follow(&rules->rules[i], facts);
    }
    return decide_by_default(facts);
}

const struct route_passed *route_nearest(const struct route_decision *decision)
{
    const struct route_passed *nearest = &decision->passed[0];
    INSIST(decision->order_count == 0 && decision->passed_count > 0);
    for (size_t i = 1; i < decision->passed_count; i++) {
        if (decision->passed[i].bar > nearest->bar) nearest = &decision->passed[i];
    }
    return nearest;
}

/* The record was looked at when the order was made. */
static enum route_bar bar_now(const struct route_candidate *candidate)
{
    if (!candidate->is_set_up) return ROUTE_NOT_SET_UP;
    return candidate->breaker_open ? ROUTE_BREAKER_OPEN : ROUTE_CLEAR;
}

struct route_onward route_go_on(const struct route_candidate *candidates, const int *order, size_t order_count, int from)
{
    struct route_onward onward = { .next = ROUTE_NOBODY };
    size_t at = 0;
    while (at < order_count && order[at] != from) at++;
    for (at++; at < order_count && onward.next == ROUTE_NOBODY; at++) {
        enum route_bar bar = bar_now(&candidates[order[at]]);
        if (bar == ROUTE_CLEAR) onward.next = order[at];
        else onward.passed[onward.passed_count++] = (struct route_passed){ order[at], bar };
    }
    return onward;
}
