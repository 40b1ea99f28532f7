/* SPDX-License-Identifier: Apache-2.0 */
/* bank_faults: the table of fault kinds, and which planted one a request meets. */
#include "sim/bank_faults.h"

#include <string.h>

enum { Y = 1, N = 0 }; /* only to keep the table narrow */

/* clang-format off */
const struct bank_fault_kind bank_fault_kinds[] = {
    /* name                acts keeps replays blind  says                      sends                                        */
    { "fail",              N,   N,    N,      N, BANK_SAYS_CHAOS,          BANK_SENDS_WHOLE,     "500 by chance" },
    { "internal_500",      N,   N,    N,      N, BANK_SAYS_INTERNAL_500,   BANK_SENDS_WHOLE,     "500, an insert failed" },
    { "act_then_500",      Y,   N,    N,      N, BANK_SAYS_INTERNAL_500,   BANK_SENDS_WHOLE,     "done, but says 500" },
    { "act_then_hang_up",  Y,   Y,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_NO_BYTE,   "done, no answer" },
    { "hang_up",           N,   N,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_NO_BYTE,   "not done, no answer" },
    { "hang_up_halfway",   Y,   Y,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_HALF,      "half the answer's bytes" },
    { "truncate",          Y,   Y,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_TRUNCATED, "half the answer's body" },
    { "late",              Y,   Y,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_LATE,      "acts, answers after latency_ms" },
    { "slow",              Y,   Y,    N,      N, BANK_SAYS_TRUTH,          BANK_SENDS_WHOLE,     "sleeps latency_ms, then acts" },
    { "twice",             Y,   Y,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_TWICE,     "the answer two times" },
    { "internal_400",      N,   N,    N,      N, BANK_SAYS_INTERNAL_400,   BANK_SENDS_WHOLE,     "a database fault, not done" },
    { "internal_400_done", Y,   N,    N,      N, BANK_SAYS_INTERNAL_400,   BANK_SENDS_WHOLE,     "a commit that fails, but done" },
    { "wrong_amount",      Y,   Y,    Y,      N, BANK_SAYS_WRONG_AMOUNT,   BANK_SENDS_WHOLE,     "200, one cent more" },
    { "wrong_id",          Y,   Y,    Y,      N, BANK_SAYS_WRONG_ID,       BANK_SENDS_WHOLE,     "200, about another one" },
    { "wrong_currency",    Y,   Y,    Y,      N, BANK_SAYS_WRONG_CURRENCY, BANK_SENDS_WHOLE,     "200, in EUR" },
    { "garbage",           Y,   Y,    Y,      N, BANK_SAYS_GARBAGE,        BANK_SENDS_WHOLE,     "200, not JSON" },
    { "html_502",          N,   N,    Y,      N, BANK_SAYS_HTML,           BANK_SENDS_WHOLE,     "502 of a proxy, not done" },
    { "plain_400",         N,   N,    Y,      N, BANK_SAYS_PLAIN,          BANK_SENDS_WHOLE,     "400 in plain text, not done" },
    { "empty_200",         Y,   Y,    Y,      N, BANK_SAYS_NOTHING,        BANK_SENDS_WHOLE,     "200 without a body" },
    { "not_found_400",     N,   N,    N,      N, BANK_SAYS_NOT_FOUND,      BANK_SENDS_WHOLE,     "a fault dressed as not found" },
    { "forget_key",        Y,   N,    N,      N, BANK_SAYS_TRUTH,          BANK_SENDS_WHOLE,     "done, the key is not kept" },
    { "ignore_key",        Y,   N,    Y,      Y, BANK_SAYS_TRUTH,          BANK_SENDS_WHOLE,     "the key is not looked up" },
    { "silence",           N,   N,    Y,      N, BANK_SAYS_TRUTH,          BANK_SENDS_NEVER,     "not done, no answer for a minute" },
    { "huge",              Y,   Y,    Y,      N, BANK_SAYS_MUCH,           BANK_SENDS_WHOLE,     "200 with 2 MiB" },
    { "already_used",      N,   N,    N,      N, BANK_SAYS_USED,           BANK_SENDS_WHOLE,     "claims that the hold is used" },
    { "already_refunded",  N,   N,    N,      N, BANK_SAYS_REFUNDED,       BANK_SENDS_WHOLE,     "claims that it is refunded" },
};
/* clang-format on */

const size_t bank_fault_kind_count = COUNT_OF(bank_fault_kinds);

const struct bank_fault_kind *bank_fault_kind_named(str name)
{
    for (size_t i = 0; i < COUNT_OF(bank_fault_kinds); i++) {
        if (str_equal(str_of(bank_fault_kinds[i].name), name)) return &bank_fault_kinds[i];
    }
    return NULL;
}

bool bank_faults_plant(struct bank_faults *faults, const struct bank_fault *fault)
{
    if (faults->count == BANK_FAULTS_MAX) return false;
    faults->list[faults->count++] = *fault;
    return true;
}

void bank_faults_clear(struct bank_faults *faults)
{
    faults->count = 0;
}

bool bank_faults_ask_for_card(const struct bank_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (faults->list[i].card[0]) return true;
    }
    return false;
}

static bool path_fits(str pattern, str path)
{
    bool is_beginning = pattern.length > 0 && pattern.bytes[pattern.length - 1] == '*';
    return is_beginning ? str_starts_with(path, (str){ pattern.bytes, pattern.length - 1 }) : str_equal(pattern, path);
}

static bool fits_or_is_empty(const char *wanted, str given)
{
    return !*wanted || str_equal(str_of(wanted), given);
}

static bool fault_fits(const struct bank_fault *fault, str path, str key, str card, bool is_replay)
{
    if (is_replay && !fault->kind->meets_replays) return false;
    return path_fits(str_of(fault->path), path) && fits_or_is_empty(fault->key, key) && fits_or_is_empty(fault->card, card);
}

/* Whether it is this request's turn; a fault that met its last one goes. */
static bool takes_turn(struct bank_faults *faults, struct bank_fault *fault)
{
    if (fault->after > 0) {
        fault->after--;
        return false;
    }
    if (fault->times == 1) {
        size_t behind = (size_t)(faults->list + --faults->count - fault);
        memmove(fault, fault + 1, behind * sizeof *fault);
    } else if (fault->times > 1) {
        fault->times--;
    }
    return true;
}

static bool chosen(enum bank_choice choice, bool usual)
{
    return choice == BANK_AS_USUAL ? usual : choice == BANK_YES;
}

static struct bank_bad_luck bad_luck_of(const struct bank_fault *fault)
{
    return (struct bank_bad_luck){
        .kind = fault->kind,
        .acts = chosen(fault->acts, fault->kind->acts),
        .keeps_key = chosen(fault->keeps_key, fault->kind->keeps_key),
        .acts_surely = fault->acts == BANK_YES,
        .latency_ms = fault->latency_ms,
    };
}

struct bank_bad_luck bank_faults_meet(struct bank_faults *faults, str path, str key, str card, bool is_replay)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct bank_fault *fault = &faults->list[i];
        if (!fault_fits(fault, path, key, card, is_replay)) continue;
        struct bank_bad_luck bad_luck = bad_luck_of(fault);
        if (takes_turn(faults, fault)) return bad_luck;
    }
    return (struct bank_bad_luck){ 0 };
}

static void put_choice(struct text *text, const char *name, enum bank_choice choice)
{
    if (choice != BANK_AS_USUAL) json_put_bool(text, name, choice == BANK_YES);
}

static void put_fault(struct text *text, const struct bank_fault *fault)
{
    str card = str_of(fault->card);
    json_comma(text);
    json_open_object(text);
    json_put_str(text, "fault", str_of(fault->kind->name));
    json_put_str(text, "path", str_of(fault->path));
    json_put_int(text, "times", fault->times);
    json_put_int(text, "after", fault->after);
    if (fault->key[0]) json_put_str(text, "key", str_of(fault->key));
    if (card.length >= 4) json_put_str(text, "card_last4", str_from(card, card.length - 4));
    if (fault->latency_ms >= 0) json_put_int(text, "latency_ms", fault->latency_ms);
    put_choice(text, "acts", fault->acts);
    put_choice(text, "store_key", fault->keeps_key);
    json_close_object(text);
}

void bank_faults_put(struct text *text, const struct bank_faults *faults)
{
    json_open_list(text);
    for (size_t i = 0; i < faults->count; i++) put_fault(text, &faults->list[i]);
    json_close_list(text);
}
