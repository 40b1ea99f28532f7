/* SPDX-License-Identifier: Apache-2.0 */
/* simulators: the settings of each, made from one line of simulators.list, and how a bank or a company is opened. */
#include "command/simulators.h"

#include "sim/psp.h"
#include "sim/sim_bank.h"
#include "sim/bank_cards.h"

enum {
    LATENCY_MS_MAX = 10 * 60 * 1000,
    EXPIRY_HOURS_MAX = 1000 * 1000, /* a century and more, and still 64 bits of nanoseconds */
    HOLD_HOURS_MAX = 24 * 365,
};

/* --- Settings --- */

#define COMMON_SETTINGS(section, port, failure_rate, latency, to)                                        \
    { section ".listen", SETTING_TEXT, "127.0.0.1:" port, 0, 0, &(to).listen,                            \
      "Where to listen; port 0 picks a free one." },                                                     \
    { section ".failure_rate", SETTING_SHARE, failure_rate, 0, 0, &(to).failure_millionths,              \
      "Share of requests that fail with a 500 by chance." },                                             \
    { section ".latency_ms", SETTING_RANGE, latency, 0, LATENCY_MS_MAX, (to).latency_ms,                 \
      "How long a request sleeps before anything happens, in milliseconds." },                           \
    { section ".seed", SETTING_NUMBER, NULL, 0, INT64_MAX, &(to).seed,                                   \
      "Where all chance comes from; without one, the clock." },                                          \
    { section ".quiet", SETTING_SWITCH, "off", 0, 0, &(to).quiet,                                        \
      "Logs warnings and errors only." },                                                                \
    { section ".log_requests", SETTING_SWITCH, "off", 0, 0, &(to).log_requests,                          \
      "Logs a line for each request." }

/* clang-format off */
#define BANK(id, summary)                                                                                \
    static struct simulator_settings id##_chosen = { .seed = -1 };                                       \
    static const struct setting id##_settings[] = {                                                      \
        COMMON_SETTINGS("sim_" #id, "8787", "0.05", "100:2000", id##_chosen),                            \
        { "sim_" #id ".auth_expiry_hours", SETTING_NUMBER, "168", -EXPIRY_HOURS_MAX, EXPIRY_HOURS_MAX,   \
          &id##_chosen.auth_expiry_hours,                                                                \
          "Hours until a hold cannot be captured any more; 0 and less: at once." },                      \
        { "sim_" #id ".cards", SETTING_NUMBER, "0", 0, BANK_CARDS_MAX, &id##_chosen.cards,               \
          "Further cards for load: number i is 400000, i in nine digits, and the check digit; CVV 123, 12/2049." }, \
    };

#define PSP(id, port, key_text, client_text, secret_text, hours, summary)                                \
    extern const struct psp_trade id##_trade;                                                            \
    static struct simulator_settings id##_chosen = { .seed = -1 };                                       \
    static const struct setting id##_settings[] = {                                                      \
        COMMON_SETTINGS("sim_" #id, port, "0", "50:300", id##_chosen),                                   \
        { "sim_" #id ".key", SETTING_TEXT, key_text, 0, 0, &id##_chosen.key,                             \
          "The merchant's secret key." },                                                                \
        { "sim_" #id ".client", SETTING_TEXT, client_text, 0, 0, &id##_chosen.client,                    \
          "The name of the merchant's client, where the company has one beside the key." },              \
        { "sim_" #id ".encryption_key", SETTING_TEXT, NULL, 0, 0, &id##_chosen.encryption_key,           \
          "What card data come encrypted with, where the company wants that; without one, the key on its page." }, \
        { "sim_" #id ".webhook_secret", SETTING_TEXT, secret_text, 0, 0, &id##_chosen.webhook_secret,    \
          "What notices are signed with." },                                                             \
        { "sim_" #id ".notify", SETTING_TEXT, NULL, 0, 0, &id##_chosen.notify,                           \
          "Address that notices are sent to; without one they can be read under /sim/notices only." },   \
        { "sim_" #id ".hold_hours", SETTING_NUMBER, hours, 1, HOLD_HOURS_MAX, &id##_chosen.hold_hours,   \
          "Hours until an authorization expires." },                                                     \
    };
#include "command/simulators.list"
#undef BANK
#undef PSP
/* clang-format on */

/* --- Opening --- */

static struct desk *open_bank(const struct simulator *simulator, const struct desk_options *desk)
{
    const struct simulator_settings *chosen = simulator->chosen;
    struct sim_bank_options options = {
        .world = desk->world,
        .failure_millionths = desk->failure_millionths,
        .latency_ms = { desk->latency_ms[0], desk->latency_ms[1] },
        .auth_expiry_hours = chosen->auth_expiry_hours,
        .seed = desk->seed,
        .cards = (uint32_t)chosen->cards,
        .log_requests = desk->log_requests,
        .hang_up = desk->hang_up,
        .answer_twice = desk->answer_twice,
        .idle = desk->idle,
        .context = desk->context,
    };
    return sim_bank_desk(sim_bank_open(&options));
}

static void end_bank(struct desk *desk)
{
    (void)desk;
}

static void close_bank(struct desk *desk)
{
    sim_bank_close(sim_bank_of(desk));
}

static struct desk *open_psp(const struct psp_trade *trade, const struct simulator_settings *chosen,
                             const struct desk_options *desk)
{
    struct psp_options options = {
        .desk = *desk,
        .key = chosen->key,
        .client = chosen->client,
        .encryption_key = chosen->encryption_key,
        .webhook_secret = chosen->webhook_secret,
        .notify = chosen->notify,
        .hold_hours = chosen->hold_hours,
    };
    return &psp_open(trade, &options)->desk;
}

static void end_psp(struct desk *desk)
{
    psp_end(psp_of(desk));
}

static void close_psp(struct desk *desk)
{
    psp_close(psp_of(desk));
}

#define BANK(id, summary)
#define PSP(id, ...)                                                                                     \
    static struct desk *open_##id(const struct simulator *simulator, const struct desk_options *options) \
    {                                                                                                    \
        return open_psp(&id##_trade, simulator->chosen, options);                                        \
    }
#include "command/simulators.list"
#undef BANK
#undef PSP

/* --- The table --- */

#define ROW(id, end_it, close_it, refuse_it)                                                             \
    { #id, id##_settings, COUNT_OF(id##_settings), &id##_chosen, #id "-simulator.md", open_##id, end_it, close_it, refuse_it },
#define BANK(id, summary) ROW(id, end_bank, close_bank, sim_bank_refuse)
#define PSP(id, ...) ROW(id, end_psp, close_psp, psp_refuse_faulty)

/* clang-format off */
const struct simulator simulators[] = {
#include "command/simulators.list"
};
/* clang-format on */
const size_t simulator_count = COUNT_OF(simulators);

const struct simulator *simulator_named(str name)
{
    for (size_t i = 0; i < simulator_count; i++) {
        if (str_equal(str_of(simulators[i].name), name)) return &simulators[i];
    }
    return NULL;
}
