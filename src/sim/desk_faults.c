/* SPDX-License-Identifier: Apache-2.0 */
/* desk_faults: which planted fault a request meets. */
#include "sim/desk_faults.h"

#include <string.h>

bool desk_faults_plant(struct desk_faults *faults, const struct desk_fault *fault)
{
    if (faults->count == DESK_FAULTS_MAX) return false;
    faults->list[faults->count++] = *fault;
    return true;
}

void desk_faults_clear(struct desk_faults *faults)
{
    faults->count = 0;
}

bool desk_faults_ask_for_card(const struct desk_faults *faults)
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

static bool fault_fits(const struct desk_fault *fault, str path, str key, str card, bool is_replay)
{
    if (is_replay && !fault->kind->meets_replays) return false;
    return path_fits(str_of(fault->path), path) && fits_or_is_empty(fault->key, key) && fits_or_is_empty(fault->card, card);
}

/* Whether it is this request's turn; a fault that met its last one goes. */
static bool takes_turn(struct desk_faults *faults, struct desk_fault *fault)
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

static bool chosen(enum desk_choice choice, bool usual)
{
    return choice == DESK_AS_USUAL ? usual : choice == DESK_YES;
}

static struct desk_bad_luck bad_luck_of(const struct desk_fault *fault)
{
    return (struct desk_bad_luck){
        .kind = fault->kind,
        .acts = chosen(fault->acts, fault->kind->acts),
        .keeps_key = chosen(fault->keeps_key, fault->kind->keeps_key),
        .acts_surely = fault->acts == DESK_YES,
        .latency_ms = fault->latency_ms,
    };
}

struct desk_bad_luck desk_faults_meet(struct desk_faults *faults, str path, str key, str card, bool is_replay)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct desk_fault *fault = &faults->list[i];
        if (!fault_fits(fault, path, key, card, is_replay)) continue;
        struct desk_bad_luck bad_luck = bad_luck_of(fault);
        if (takes_turn(faults, fault)) return bad_luck;
    }
    return (struct desk_bad_luck){ 0 };
}

static void put_choice(struct text *text, const char *name, enum desk_choice choice)
{
    if (choice != DESK_AS_USUAL) json_put_bool(text, name, choice == DESK_YES);
}

static void put_fault(struct text *text, const struct desk_fault *fault)
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

void desk_faults_put(struct text *text, const struct desk_faults *faults)
{
    json_open_list(text);
    for (size_t i = 0; i < faults->count; i++) put_fault(text, &faults->list[i]);
    json_close_list(text);
}
