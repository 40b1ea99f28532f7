/* SPDX-License-Identifier: Apache-2.0 */
/* script: drawing one from a seed, and saying it in words. */
#include "simulation/script.h"

#include <string.h>

#include "simulation/chance.h"
#include "world/fake_world.h"

/* ---- settings ---- */

static int64_t one_of(struct chance *chance, const int64_t *values, uint32_t count) { return values[chance_below(chance, count)]; }
#define ONE_OF(chance, ...) one_of((chance), (const int64_t[]){ __VA_ARGS__ }, COUNT_OF(((const int64_t[]){ __VA_ARGS__ })))

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
    return settings;
}

/* ---- actions ---- */

/* Weights of what merchants do, always; and of troubles, each of which is on in some runs only. */
static const struct {
    enum act what;
    uint32_t weight;
    bool is_trouble;
} mix[] = {
    { ACT_PAY, 300, false },   { ACT_CHANGE, 420, false }, { ACT_REPEAT, 90, false },    { ACT_RIVALS, 30, false },    { ACT_ALTER, 8, false },
    { ACT_LOOK, 60, false },   { ACT_NONSENSE, 8, false }, { ACT_VANISH, 10, true },     { ACT_SETTLE, 6, false },     { ACT_FAULT, 70, true },
    { ACT_FORGET, 3, true },   { ACT_HEAL_BANK, 6, false }, { ACT_NETWORK, 14, true },   { ACT_KILL, 9, true },        { ACT_KILL_AT, 12, true },
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
static uint32_t draw_wait(struct chance *chance)
{
    if (chance_one_in(chance, 2000)) return 3600 * 1000 * (1 + chance_below(chance, 30));
    return chance_one_in(chance, 4) ? chance_below(chance, 90 * 1000) : chance_below(chance, 12 * 1000);
}

static uint32_t draw_jump(struct chance *chance)
{
    static const uint32_t most[] = { 2, 90, 3600, 86400, 10 * 365 * 86400u };
    return 1 + chance_below(chance, most[chance_below(chance, COUNT_OF(most))]);
}

static void draw_details(struct chance *chance, struct action *action)
{
    action->a = (uint32_t)(chance_next(chance) >> 32);
    action->b = (uint32_t)(chance_next(chance) >> 32);
    action->c = (uint32_t)(chance_next(chance) >> 32);
    switch (action->what) {
    case ACT_WAIT: action->a = draw_wait(chance); break;
    case ACT_CLOCK: action->a = draw_jump(chance); break;
    case ACT_NETWORK: action->a = chance_one_in(chance, 2) ? NETWORK_WORKS : 1 + chance_below(chance, NETWORK_SWALLOWS); break;
    case ACT_KILL_AT: action->a = 1 + chance_below(chance, 40); break;
    case ACT_CUT: action->a = 1 + chance_below(chance, chance_one_in(chance, 8) ? 3000 : 60); break;
    case ACT_DISK_ERROR: action->b = 1 + chance_below(chance, 60); break;
    case ACT_DISK_ROOM: action->a = chance_below(chance, 400); break;
    case ACT_CHANGE: action->c = chance_one_in(chance, 30) ? 1 + chance_below(chance, 900) : 0; break;
    case ACT_REPEAT: action->b = chance_one_in(chance, 4) ? 2 + chance_below(chance, 3) : 1; break;
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
        draw_details(&chance, action);
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

/* Everything that the bank can do wrong. Those that make it say what is not so come seldom: they end in review. */
static const char *const kinds[] = {
    "fail", "internal_500", "act_then_hang_up", "act_then_hang_up", "hang_up", "hang_up_halfway", "truncate", "late", "late", "slow", "slow",
    "twice", "internal_400", "internal_400_done", "garbage", "html_502", "empty_200", "not_found_400", "forget_key", "silence",
    "wrong_currency", "plain_400", "wrong_amount", "wrong_id", "ignore_key", "huge",
};

const char *fault_kind(uint32_t a) { return kinds[a % COUNT_OF(kinds)]; }

/* A hold of another name than the bank's own cannot be noticed before it is used: nothing else in that answer could give it away. */
const char *fault_path(uint32_t a, uint32_t b)
{
    static const char *const paths[] = { "/api/v1/authorizations", "/api/v1/captures", "/api/v1/voids", "/api/v1/refunds" };
    bool needs_a_hold = strcmp(fault_kind(a), "wrong_id") == 0;
    return paths[needs_a_hold ? 1 + b % 3 : b % COUNT_OF(paths)];
}

static const char *network_word(uint32_t a)
{
    static const char *const states[] = { "works", "refuses connections", "loses what is sent", "loses answers", "swallows what is sent" };
    return states[a % COUNT_OF(states)];
}

void action_put(struct text *text, const struct action *action)
{
    static const char *const verbs[] = { "capture", "void", "refund" };
    uint32_t a = action->a, b = action->b, c = action->c;
    unsigned pause_ms = (unsigned)(action->pause / MICROS_PER_MS);
    text_put_format(text, "+%2u.%03u s  %-10s ", pause_ms / 1000, pause_ms % 1000, act_word(action->what));
    switch (action->what) {
    case ACT_PAY: text_put_format(text, "%u.%02u on card %u%s", a % 1000 / 100, a % 100, b % 20, c & 1 ? ", captured by itself" : ""); break;
    case ACT_CHANGE: text_put_format(text, "%s payment #%u", verbs[b % 3], a); break;
    case ACT_RIVALS: text_put_format(text, "payment #%u, pair %u", a, b % 6); break;
    case ACT_REPEAT: text_put_format(text, "request #%u, %u at once", a, b); break;
    case ACT_FAULT: text_put_format(text, "%s at %s, %u times, %u ms", fault_kind(a), fault_path(a, b), 1 + b / 4 % 3, c % 14000); break;
    case ACT_NETWORK: text_put_format(text, "%s", network_word(a)); break;
    case ACT_KILL:
    case ACT_POWER: text_put_format(text, "%s, down for %u ms", a & 1 ? "what had left arrives" : "what had left is lost", b % 3000); break;
    case ACT_KILL_AT: text_put_format(text, "%s at crash point %u from now", c & 1 ? "the power goes" : "killed", a); break;
    case ACT_CUT: text_put_format(text, "%s at change %u of the disk from now on", c & 1 ? "the power goes" : "killed", a); break;
    case ACT_DISK_ERROR: text_put_format(text, "method %u, use %u, %s", a % 6, b, c & 1 ? "from then on" : "once"); break;
    case ACT_DISK_ROOM: text_put_format(text, "%u KiB are left", a); break;
    case ACT_CLOCK: text_put_format(text, "jumps %s %u s", b & 1 ? "back" : "ahead", a); break;
    case ACT_WAIT: text_put_format(text, "%u ms", a); break;
    default: text_put_format(text, "#%u %u", a, b); break;
    }
}
