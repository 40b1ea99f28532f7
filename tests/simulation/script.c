/* SPDX-License-Identifier: Apache-2.0 */
/* script: drawing one from a seed, and saying it in words. */
#include "simulation/script.h"

#include <string.h>

#include "world/chance.h"
#include "simulation/merchants.h"
#include "world/disk.h"
#include "world/fake_world.h"

/* ---- settings ---- */

static int64_t one_of(struct chance *chance, const int64_t *values, uint32_t count) { return values[chance_below(chance, count)]; }
#define ONE_OF(chance, ...) one_of((chance), (const int64_t[]){ __VA_ARGS__ }, COUNT_OF(((const int64_t[]){ __VA_ARGS__ })))

/* Few at a time, so that each of them has stories of some length; half of the runs know the bank only. */
static void draw_companies(struct chance *chance, struct script_settings *settings)
{
    bool bank_only = chance_one_in(chance, 2);
    uint32_t one = 1 + chance_below(chance, COMPANY_COUNT - 1);
    for (uint32_t company = 0; company < COMPANY_COUNT; company++) {
        bool comes = chance_one_in(chance, 4) || company == one;
        settings->takes_part[company] = company == COMPANY_BANK || (comes && !bank_only);
    }
}

/* Whoever takes part, shuffled; or no rules. */
static void draw_rules(struct chance *chance, struct script_settings *settings)
{
    settings->order_count = 0;
    for (int company = 0; company < COMPANY_COUNT; company++) {
        if (!settings->takes_part[company]) continue;
        size_t at = chance_below(chance, (uint32_t)++settings->order_count);
        settings->order[settings->order_count - 1] = settings->order[at];
        settings->order[at] = (enum company)company;
    }
    if (chance_one_in(chance, 4)) settings->order_count = 0;
}

/* One by one: the order in which an initializer draws is the compiler's affair. */
static struct script_settings draw_settings(struct chance *chance)
{
    struct script_settings settings;
    settings.bank_latency_ms[0] = ONE_OF(chance, 0, 1, 20, 100);
    settings.bank_latency_ms[1] = settings.bank_latency_ms[0] + ONE_OF(chance, 0, 10, 400, 1900);
    settings.bank_failure_millionths = ONE_OF(chance, 0, 0, 50000, 200000, 500000);
    settings.bank_auth_expiry_hours = ONE_OF(chance, 168, 168, 168, 168, 24, 1, 0);
    settings.commit_latency_ms = ONE_OF(chance, 0, 0, 1, 10, 400);
    settings.answer_within_ms = ONE_OF(chance, 10000, 10000, 2000, 400);
    settings.resend_after_ms = ONE_OF(chance, 10000, 2500, 700);
    settings.retry_base_ms = ONE_OF(chance, 1000, 100, 1);
    settings.flows_max = ONE_OF(chance, 1024, 1024, 1024, 64, 16);
    settings.company_quiet_ms = ONE_OF(chance, 20000, 60000, 80000);
    settings.stripe_search_lag_ms = ONE_OF(chance, 0, 60000);
    draw_companies(chance, &settings);
    draw_rules(chance, &settings);
    return settings;
}

/* ---- faults ---- */

/* Everything that the bank can do wrong. Those that make it say what is not so come seldom: they end in review. */
static const char *const kinds[] = {
    "fail", "internal_500", "act_then_hang_up", "act_then_hang_up", "hang_up", "hang_up_halfway", "truncate", "late", "late", "slow", "slow",
    "twice", "internal_400", "internal_400_done", "garbage", "html_502", "empty_200", "not_found_400", "forget_key", "silence",
    "wrong_currency", "plain_400", "wrong_amount", "wrong_id", "ignore_key", "huge",
};

/* What companies do wrong (psp_faults.c). They remember keys as they say, and name their objects rightly. */
static const char *const company_kinds[] = {
    "fail", "refuse_500", "act_then_500", "act_then_hang_up", "act_then_hang_up", "hang_up", "hang_up_halfway", "truncate", "late", "late",
    "slow", "slow", "silence", "act_then_silence", "twice", "rate_limited", "wrong_amount", "wrong_currency", "garbage", "html_502",
    "act_then_502", "plain_400", "empty_200", "huge",
    "key_in_use", "refuse_500_kept", "act_then_500_kept", "act_then_500_kept",
};

/* The last of them: where there are keys, and where those remember failures as well. */
enum { KINDS_OF_KEPT_FAILURES = 3, KINDS_ABOUT_KEYS = 1 + KINDS_OF_KEPT_FAILURES };

const char *fault_kind(enum company company, uint32_t row) { return company == COMPANY_BANK ? kinds[row] : company_kinds[row]; }

/* ---- actions ---- */

/* Weights of what merchants do, always; and of troubles, each of which is on in some runs only. */
static const struct {
    enum act what;
    uint32_t weight;
    bool is_trouble;
} mix[] = {
    { ACT_PAY, 300, false },   { ACT_CHANGE, 420, false }, { ACT_REPEAT, 90, false },    { ACT_RIVALS, 30, false },    { ACT_ALTER, 8, false },
    { ACT_LOOK, 60, false },   { ACT_NONSENSE, 8, false }, { ACT_VANISH, 10, true },     { ACT_SETTLE, 6, false },     { ACT_FAULT, 70, true },
    { ACT_PAYER, 60, false },  { ACT_FORGET, 3, true },    { ACT_HEAL_BANK, 6, false },  { ACT_NETWORK, 14, true },    { ACT_KILL, 9, true },
    { ACT_KILL_AT, 12, true },
    { ACT_POWER, 6, true },    { ACT_CUT, 12, true },      { ACT_STOP, 4, true },        { ACT_DISK_ERROR, 5, true },  { ACT_DISK_ROOM, 4, true },
    { ACT_HEAL_DISK, 6, false }, { ACT_CLOCK, 4, true },   { ACT_WAIT, 12, false },
};

static uint32_t draw_weights(struct chance *chance, uint32_t weights[COUNT_OF(mix)])
{
    uint32_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(mix); i++) {
        bool off = mix[i].is_trouble && chance_one_in(chance, 2);
        weights[i] = off ? 0 : mix[i].is_trouble ? mix[i].weight * (1 + chance_below(chance, 3)) / 2 : mix[i].weight;
        sum += weights[i];
    }
    return sum;
}

static enum act draw_act(struct chance *chance, const uint32_t weights[COUNT_OF(mix)], uint32_t sum)
{
    uint32_t at = chance_below(chance, sum);
    size_t i = 0;
    for (; at >= weights[i]; i++) at -= weights[i];
    return mix[i].what;
}

/* Mostly a fifth of a second, sometimes at the same moment, sometimes a while. */
static micros draw_pause(struct chance *chance)
{
    uint32_t what = chance_below(chance, 10);
    if (what < 3) return 0;
    if (what < 9) return (micros)chance_below(chance, 400) * MICROS_PER_MS;
    return (micros)chance_below(chance, 3000) * MICROS_PER_MS;
}

/* Milliseconds; long ones are rare, because there is nothing in them but timers. */
static int64_t draw_wait(struct chance *chance)
{
    if (chance_one_in(chance, 2000)) return (int64_t)3600 * 1000 * (1 + chance_below(chance, 30));
    return chance_one_in(chance, 4) ? chance_below(chance, 90 * 1000) : chance_below(chance, 12 * 1000);
}

/* From a second to ten years. */
static int64_t draw_jump(struct chance *chance)
{
    static const uint32_t most_s[] = { 2, 90, 3600, 86400, 10 * 365 * 86400u };
    uint32_t most = most_s[chance_below(chance, COUNT_OF(most_s))];
    return 1000 * (1 + (int64_t)chance_below(chance, most));
}

/* Mostly up to a thousand, sometimes up to the largest that there is. */
static int64_t draw_amount(struct chance *chance)
{
    bool large = chance_one_in(chance, 16);
    int64_t minor = 1 + (int64_t)chance_below(chance, 100000);
    return large ? minor * 9999999 : minor;
}

/* A hold of another name than the bank's own cannot be noticed before it is used: nothing else in that answer could give it away. */
static const char *draw_place_at_bank(struct chance *chance, uint32_t row)
{
    static const char *const places[] = { "/api/v1/authorizations", "/api/v1/captures", "/api/v1/voids", "/api/v1/refunds" };
    bool needs_a_hold = strcmp(kinds[row], "wrong_id") == 0;
    return places[needs_a_hold ? 1 + chance_below(chance, 3) : chance_below(chance, 4)];
}

static const char *draw_place_at_company(struct chance *chance, enum company company)
{
    const char *const *places = company_facts(company)->places;
    uint32_t count = 0;
    while (count < COMPANY_PLACES_MAX && places[count]) count++;
    return places[chance_below(chance, count)];
}

/* One of those that take part. */
static enum company draw_company(struct chance *chance, const struct script_settings *settings)
{
    for (;;) {
        enum company company = (enum company)chance_below(chance, COMPANY_COUNT);
        if (settings->takes_part[company]) return company;
    }
}

/* Half of all payments name nobody. A card that asks its payer is one of them all, which is plain elsewhere. */
static void draw_payment(struct chance *chance, const struct script_settings *settings, struct action *action)
{
    enum company named = draw_company(chance, settings), asking = draw_company(chance, settings);
    action->minor = draw_amount(chance);
    action->card = chance_below(chance, ORDINARY_CARDS);
    action->company = chance_one_in(chance, 2) ? named : COMPANY_ANY;
    action->times = !chance_one_in(chance, 4);
    if (asking != COMPANY_BANK && chance_one_in(chance, 4)) action->card = ORDINARY_CARDS + asking;
    if (asking != COMPANY_BANK && chance_one_in(chance, 6)) action->card = NO_CARD;
}

static void draw_of_merchants(struct chance *chance, const struct script_settings *settings, struct action *action)
{
    switch (action->what) {
    case ACT_PAY: draw_payment(chance, settings, action); break;
    case ACT_CHANGE:
        action->row = chance_below(chance, 3);
        if (chance_one_in(chance, 12)) action->minor = 1 + (int64_t)chance_below(chance, 900);
        break;
    case ACT_REPEAT: action->times = chance_one_in(chance, 4) ? 2 + chance_below(chance, 3) : 1; break;
    case ACT_RIVALS: action->row = chance_below(chance, RIVAL_PAIRS); break;
    case ACT_LOOK: action->row = chance_below(chance, LOOKS); break;
    case ACT_NONSENSE: action->row = chance_below(chance, NONSENSE_ROWS); break;
    case ACT_PAYER:
        action->row = chance_one_in(chance, 2) ? PAYER_APPROVES : chance_below(chance, PAYERS_WORDS);
        action->times = chance_below(chance, 3);
        break;
    default: break;
    }
}

static uint32_t kinds_of(enum company company)
{
    const struct company_facts *facts = company_facts(company);
    if (company == COMPANY_BANK) return COUNT_OF(kinds);
    return COUNT_OF(company_kinds) - (!facts->keyed[0] ? KINDS_ABOUT_KEYS : !facts->keeps_failures ? KINDS_OF_KEPT_FAILURES : 0);
}

static void draw_fault(struct chance *chance, const struct script_settings *settings, struct action *action)
{
    bool at_bank = (action->company = draw_company(chance, settings)) == COMPANY_BANK;
    action->row = chance_below(chance, kinds_of(action->company));
    action->place = at_bank ? draw_place_at_bank(chance, action->row) : draw_place_at_company(chance, action->company);
    action->times = 1 + chance_below(chance, at_bank ? 3 : 5);
    action->ms = chance_below(chance, 14000);
}

static void draw_network(struct chance *chance, const struct script_settings *settings, struct action *action)
{
    enum company one = draw_company(chance, settings);
    action->row = chance_one_in(chance, 2) ? NETWORK_WORKS : 1 + chance_below(chance, NETWORK_SWALLOWS);
    action->company = chance_one_in(chance, 2) ? one : COMPANY_ANY;
}

static void draw_of_troubles(struct chance *chance, const struct script_settings *settings, struct action *action)
{
    switch (action->what) {
    case ACT_FAULT: draw_fault(chance, settings, action); break;
    case ACT_NETWORK: draw_network(chance, settings, action); break;
    case ACT_KILL:
    case ACT_POWER:
    case ACT_STOP: action->ms = chance_below(chance, 3000); break;
    case ACT_KILL_AT: action->nth = 1 + chance_below(chance, 40); break;
    case ACT_CUT: action->nth = chance_one_in(chance, 8) ? 1 + chance_below(chance, 3000) : 1 + chance_below(chance, 60); break;
    case ACT_DISK_ERROR:
        action->row = chance_below(chance, DISK_METHOD_COUNT);
        action->nth = 1 + chance_below(chance, 60);
        break;
    case ACT_DISK_ROOM: action->nth = chance_below(chance, 400); break;
    case ACT_CLOCK: action->ms = draw_jump(chance); break;
    case ACT_WAIT: action->ms = draw_wait(chance); break;
    default: break;
    }
}

void script_write(uint64_t seed, struct script *out)
{
    struct chance chance = chance_from(seed);
    uint32_t weights[COUNT_OF(mix)];
    out->seed = seed;
    out->settings = draw_settings(&chance);
    uint32_t sum = draw_weights(&chance, weights);
    out->count = 230 + chance_below(&chance, 221);
    for (size_t i = 0; i < out->count; i++) {
        struct action *action = &out->actions[i];
        *action = (struct action){ .what = draw_act(&chance, weights, sum) };
        action->pause = draw_pause(&chance);
        action->which = (uint32_t)(chance_next(&chance) >> 32);
        action->flag = chance_one_in(&chance, 2);
        draw_of_merchants(&chance, &out->settings, action);
        draw_of_troubles(&chance, &out->settings, action);
    }
}

/* ---- in words ---- */

static const char *const words[ACT_COUNT] = {
    [ACT_PAY] = "pay",
    [ACT_CHANGE] = "change",
    [ACT_REPEAT] = "repeat",
    [ACT_RIVALS] = "rivals",
    [ACT_ALTER] = "alter",
    [ACT_LOOK] = "look",
    [ACT_NONSENSE] = "nonsense",
    [ACT_VANISH] = "vanish",
    [ACT_SETTLE] = "settle",
    [ACT_PAYER] = "payer",
    [ACT_FAULT] = "fault",
    [ACT_FORGET] = "forget",
    [ACT_HEAL_BANK] = "heal_bank",
    [ACT_NETWORK] = "network",
    [ACT_KILL] = "kill",
    [ACT_KILL_AT] = "kill_at",
    [ACT_POWER] = "power",
    [ACT_CUT] = "cut",
    [ACT_STOP] = "stop",
    [ACT_DISK_ERROR] = "disk_error",
    [ACT_DISK_ROOM] = "disk_room",
    [ACT_HEAL_DISK] = "heal_disk",
    [ACT_CLOCK] = "clock",
    [ACT_WAIT] = "wait",
};

const char *act_word(enum act what) { return words[what]; }

static const char *const network_words[] = { "works", "refuses connections", "loses what is sent", "loses answers", "swallows what is sent" };
static const char *const method_words[] = { "read", "write", "sync", "truncate", "open", "remove" };
static const char *const verb_words[] = { "capture", "void", "refund" };
static const char *const payer_words[] = { "approves", "refuses", "says nothing" };

static void put_payment(struct text *text, const struct action *action)
{
    text_put_format(text, "%lld.%02lld ", (long long)action->minor / 100, (long long)action->minor % 100);
    if (action->card < ORDINARY_CARDS) text_put_format(text, "on card %u", action->card);
    else if (action->card == NO_CARD) text_put_format(text, "on a page");
    else text_put_format(text, "on the card that asks at %s", company_word((enum company)(action->card - ORDINARY_CARDS)));
    text_put_format(text, ", %s%s%s", company_word(action->company), action->flag ? ", captured by itself" : "",
                    action->times ? ", with a way back" : "");
}

static void put_of_merchants(struct text *text, const struct action *action)
{
    unsigned which = action->which, row = action->row;
    switch (action->what) {
    case ACT_PAY: put_payment(text, action); break;
    case ACT_CHANGE:
        text_put_format(text, "%s payment #%u", verb_words[row], which);
        if (action->minor > 0) text_put_format(text, ", %lld of it", (long long)action->minor);
        break;
    case ACT_REPEAT: text_put_format(text, "request #%u, %u at once", which, action->times); break;
    case ACT_RIVALS: text_put_format(text, "on payment #%u, pair %u", which, row); break;
    case ACT_LOOK: text_put_format(text, "at payment #%u, page %u", which, row); break;
    case ACT_NONSENSE: text_put_format(text, "%u", row); break;
    case ACT_PAYER: text_put_format(text, "#%u %s, and comes back %u times", which, payer_words[row], action->times); break;
    case ACT_ALTER:
    case ACT_VANISH: text_put_format(text, "request #%u", which); break;
    default: break;
    }
}

static void put_of_troubles(struct text *text, const struct action *action)
{
    unsigned nth = action->nth;
    long long ms = action->ms;
    switch (action->what) {
    case ACT_FAULT:
        text_put_format(text, "%s at %s%s, %u times, %lld ms", fault_kind(action->company, action->row), company_word(action->company),
                        action->place, action->times, ms);
        break;
    case ACT_NETWORK:
        text_put_format(text, "%s", network_words[action->row]);
        if (action->company != COMPANY_ANY) text_put_format(text, " on the way to %s", company_word(action->company));
        break;
    case ACT_KILL:
    case ACT_POWER: text_put_format(text, "%s, down for %lld ms", action->flag ? "what had left arrives" : "what had left is lost", ms); break;
    case ACT_KILL_AT: text_put_format(text, "%s at crash point %u from now", action->flag ? "the power goes" : "killed", nth); break;
    case ACT_CUT: text_put_format(text, "%s at change %u of the disk from now on", action->flag ? "the power goes" : "killed", nth); break;
    case ACT_STOP: text_put_format(text, "in good order, for %lld ms", ms); break;
    case ACT_DISK_ERROR: text_put_format(text, "%s %u from now fails%s", method_words[action->row], nth, action->flag ? " and all after" : ""); break;
    case ACT_DISK_ROOM: text_put_format(text, "%u KiB are left", nth); break;
    case ACT_CLOCK: text_put_format(text, "%lld s %s", ms / 1000, action->flag ? "back" : "ahead"); break;
    case ACT_WAIT: text_put_format(text, "%lld ms", ms); break;
    default: break;
    }
}

void action_put(struct text *text, const struct action *action)
{
    unsigned pause_ms = (unsigned)(action->pause / MICROS_PER_MS);
    text_put_format(text, "+%2u.%03u s  %-10s ", pause_ms / 1000, pause_ms % 1000, act_word(action->what));
    put_of_merchants(text, action);
    put_of_troubles(text, action);
}
