/* SPDX-License-Identifier: Apache-2.0 */
/* risking: the fraud checks of a payment that comes. Which rules may decide is found on the loop, which owns the rules and sees the card;
 * how often somebody has tried is counted in the transaction that records the try. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "flow/recording.h"
#include "vault/safe.h"

enum { SUBJECT_CHARS = 32 }; /* 128 bits of a hash: no two will meet */

/* ---- on the loop ---- */

static str card_fingerprint(struct operation_flow *flow, const struct card_number *number)
{
    struct safe *safe = flow->flows->options.safe;
    bool is_open = safe && keyring_is_open(safe_keyring(safe));
    return is_open ? keyring_fingerprint(safe_keyring(safe), &flow->flow.arena, number) : STR_NONE;
}

static struct risk_facts gather(struct operation_flow *flow, const struct card_number *number)
{
    const struct payment_wish *wish = &flow->wish;
    const struct risk_rules *rules = flow->flows->risk_rules;
    bool lists_cards = rules && rules->lists_cards;
    return (struct risk_facts){
        .amount = wish->amount,
        .has_card = number != NULL,
        .bin = number ? card_bin(number) : ROUTE_BIN_NONE,
        .card_fingerprint = number && lists_cards ? card_fingerprint(flow, number) : STR_NONE,
        .when_unknown = flow->flows->risk_when_down,
        .email = wish->customer_email,
        .customer_id = wish->customer_id,
        .address = wish->customer_address,
        .has_address = wish->has_customer_address,
    };
}

/* Keyed and cut: who has the store has neither first digits nor addresses. */
static str subject_hash(struct operation_flow *flow, enum risk_subject subject, str value)
{
    char hex[HASH_HEX_BYTES + 1];
    str line = STR("\n");
    str pieces[] = { merchant_of(flow), line, risk_subject_word(subject), line, value };
    struct hash hash = hash_keyed(&flow->flows->options.risk_secret, pieces, COUNT_OF(pieces));
    return arena_copy(&flow->flow.arena, (str){ hash_hex(&hash, hex).bytes, SUBJECT_CHARS });
}

static str small_letters(struct arena *arena, str text)
{
    struct text small = text_open(arena, text.length);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        text_put_char(&small, byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
    }
    return text_str(&small);
}

static str subject_text(struct operation_flow *flow, const struct risk_facts *facts, enum risk_subject subject, const struct card_number *number)
{
    struct arena *arena = &flow->flow.arena;
    struct ip_network client;
    char buffer[IP_TEXT_BYTES];
    switch (subject) {
    case RISK_CARD: return str_of(number->digits);
    case RISK_BIN: return arena_format(arena, "%lld", (long long)facts->bin);
    case RISK_EMAIL: return small_letters(arena, facts->email);
    case RISK_IP:
        client = ip_client(&facts->address);
        return arena_copy(arena, ip_address_format(&client.first, buffer));
    case RISK_CUSTOMER:
    case RISK_SUBJECT_COUNT: break;
    }
    return facts->customer_id;
}

static void name_subjects(struct operation_flow *flow, const struct risk_facts *facts, const struct card_number *number)
{
    const struct risk_rules *rules = flow->flows->risk_rules;
    for (int i = 0; i < RISK_SUBJECT_COUNT; i++) {
        enum risk_subject subject = (enum risk_subject)i;
        bool is_counted = rules->counts[subject] && risk_is_told(facts, subject);
        if (is_counted) flow->risk.subjects[subject] = subject_hash(flow, subject, subject_text(flow, facts, subject, number));
        flow->risk.is_counted |= is_counted;
    }
}

/* The rules may be gone before the payment is. */
static void keep_rules(struct operation_flow *flow, const struct risk_candidates *found, enum risk_decision when_unknown)
{
    struct risk_check *check = &flow->risk;
    struct arena *arena = &flow->flow.arena;
    check->rules = arena_take(arena, (found->count + 1) * sizeof *check->rules);
    check->rule_count = found->count;
    for (size_t i = 0; i < found->count; i++) {
        struct risk_rule *rule = &check->rules[i];
        size_t bytes = found->rules[i]->limit_count * sizeof *rule->limits;
        struct risk_limit *limits = arena_take(arena, bytes + 1);
        *rule = *found->rules[i];
        if (bytes > 0) memcpy(limits, rule->limits, bytes);
        rule->limits = limits;
        if (found->cannot_tell[i]) rule->decision = when_unknown;
    }
}

static void apply_rules(struct operation_flow *flow, const struct card_number *number)
{
    struct risk_candidates found;
    struct risk_facts facts = gather(flow, number);
    risk_find(flow->flows->risk_rules, &facts, &found);
    keep_rules(flow, &found, facts.when_unknown);
    name_subjects(flow, &facts, number);
    flow->risk.card_fingerprint = facts.card_fingerprint;
}

void risk_prepare(struct operation_flow *flow, const struct card_number *number)
{
    bool is_asked = flow->flows->risk_provider != NULL;
    if (flow->flows->risk_rules) apply_rules(flow, number);
    if (is_asked && number) memcpy(flow->risk.bin, number->digits, RISK_BIN_DIGITS);
    flow->risk.is_on = flow->flows->risk_rules || is_asked;
}

bool risk_may_say(const struct operation_flow *flow, enum risk_decision decision)
{
    if (flow->flows->risk_provider && flow->risk.is_on) return true;
    for (size_t i = 0; i < flow->risk.rule_count; i++) {
        if (flow->risk.rules[i].decision == decision) return true;
    }
    return false;
}

/* ---- in the transaction ---- */

static int64_t count_so_far(void *context, const struct risk_limit *limit)
{
    struct operation_flow *flow = context;
    return store_count_tries(flow->flow.store, merchant_of(flow), limit->counted, limit->by, flow->risk.subjects[limit->by],
                             flow->command.now - limit->within, limit->count);
}

/* A rule that allows or denies has spoken for good. */
static bool is_final(const struct risk_rule *rule) { return rule && (rule->decision == RISK_ALLOW || rule->decision == RISK_DENY); }

/* The stricter of what the rules and the company say. */
void risk_judge(struct operation_flow *flow)
{
    struct risk_check *check = &flow->risk;
    if (!check->is_on) return;
    check->decided_by = risk_decide(check->rules, check->rule_count, count_so_far, flow);
    flow->command.risk = check->decided_by ? check->decided_by->decision : RISK_ALLOW;
    bool is_open = check->is_asked && !is_final(check->decided_by);
    check->answer_decides = is_open && (!check->decided_by || check->answer.decision > flow->command.risk);
    if (check->answer_decides) flow->command.risk = check->answer.decision;
}

bool risk_wants_answer(const struct operation_flow *flow)
{
    return flow->flows->risk_provider && flow->risk.is_on && !flow->risk.is_asked && !is_final(flow->risk.decided_by);
}

static const char *word_of_answer(const struct operation_flow *flow) { return flow->risk.is_down ? RISK_BY_POLICY : RISK_BY_PROVIDER; }

static const char *rule_of(const struct operation_flow *flow)
{
    if (flow->risk.answer_decides) return word_of_answer(flow);
    return flow->risk.decided_by ? flow->risk.decided_by->name : RISK_BY_DEFAULT;
}

/* ---- when the money is held ---- */

/* A rule that allowed it has spoken for good; and what a processor has sold at once is not held. */
bool risk_asks_again(const struct operation_flow *flow)
{
    const struct payment_record *record = &flow->record;
    str rule = str_of(record->risk_rule);
    bool is_held = flow->verdict.kind == VERDICT_DONE && flow->operation.kind == OPERATION_AUTHORIZE && flow->outcome.kind == OUTCOME_DONE;
    bool is_by_rule = !str_equal(rule, STR(RISK_BY_DEFAULT)) && !str_equal(rule, STR(RISK_BY_PROVIDER)) && !str_equal(rule, STR(RISK_BY_POLICY));
    bool is_friend = record->payment.risk == RISK_ALLOW && is_by_rule;
    return is_held && flow->flows->risk_provider && record->payment.risk != RISK_UNASKED && !is_friend;
}

enum risk_decision risk_of_hold(const struct operation_flow *flow)
{
    return risk_asks_again(flow) && flow->risk.is_asked ? flow->risk.answer.decision : RISK_UNASKED;
}

void risk_save_try(struct operation_flow *flow, bool failed)
{
    struct try_record record = { .payment_id = payment_id_str(&flow->moved.id), .at = flow->command.now, .failed = failed };
    if (!flow->risk.is_counted) return;
    memcpy(record.subjects, flow->risk.subjects, sizeof record.subjects);
    store_save_new_try(flow->flow.store, merchant_of(flow), &record);
}

void risk_keep(struct operation_flow *flow)
{
    bool fits = !flow->risk.is_on || str_copy_to(str_of(rule_of(flow)), flow->moved.risk_rule, sizeof flow->moved.risk_rule);
    INSIST(fits);
}

void risk_keep_hold(struct operation_flow *flow, const struct event *event)
{
    if (event->risk <= flow->moved.payment.risk) return;
    bool fits = str_copy_to(str_of(word_of_answer(flow)), flow->moved.risk_rule, sizeof flow->moved.risk_rule);
    INSIST(fits);
}

/* ---- telling it ---- */

static void put_decision(struct text *text, enum risk_decision decision, const char *rule, bool is_answer, const struct operation_flow *flow)
{
    const struct risk_check *check = &flow->risk;
    json_name(text, "risk");
    json_open_object(text);
    json_put_str(text, "decision", risk_decision_word(decision));
    json_put_str(text, "rule", str_of(rule));
    if (is_answer && check->answer.reason[0]) json_put_str(text, "reason", str_of(check->answer.reason));
    if (!is_answer && check->card_fingerprint.length > 0) json_put_str(text, "card_fingerprint", check->card_fingerprint);
    json_close_object(text);
}

void risk_put(struct text *text, const struct operation_flow *flow, const struct event *event)
{
    if (event->risk == RISK_UNASKED) return;
    if (event->kind == EVENT_AUTHORIZED) put_decision(text, event->risk, word_of_answer(flow), true, flow);
    else put_decision(text, event->risk, flow->moved.risk_rule, flow->risk.answer_decides, flow);
}

void risk_tally(const struct operation_flow *flow)
{
    if (flow->command.risk != RISK_UNASKED) measure_risk(str_of(rule_of(flow)), risk_decision_word(flow->command.risk));
}
