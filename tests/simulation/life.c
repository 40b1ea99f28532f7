/* SPDX-License-Identifier: Apache-2.0 */
/* life: one run from its first action to its last check. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "simulation/simulation.h"

enum { ROUNDS_MAX = 12, AT_ONCE = 8 /* fewer than the smallest house takes */ };

#define LONGEST_REST (INT64_C(24) * 3600 * MICROS_PER_SECOND)
#define LONGEST_SILENCE (INT64_C(300) * MICROS_PER_SECOND)
#define COME_BACK_LATER (INT64_C(5) * MICROS_PER_SECOND)

struct simulation *simulation;

/* ---- what is told of it ---- */

void mark(const char *group, const char *what) { tally_mark(simulation->tally, group, what, 1); }

void mark_times(const char *group, const char *what, int64_t times)
{
    if (times > 0) tally_mark(simulation->tally, group, what, times);
}

static void hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = simulation->tally->trace;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(1099511628211); /* FNV-1a */
    simulation->tally->trace = hash;
}

void trace(const char *who, str what)
{
    micros now = fake_world_clock(simulation->world);
    hash_bytes((const char *)&now, sizeof now);
    hash_bytes(who, strlen(who));
    hash_bytes(what.bytes, what.length);
    if (simulation->loud) printf("%12.6f  %-6s %.*s\n", (double)now / MICROS_PER_SECOND, who, STR_FORMAT(what));
}

void trace_format(const char *who, const char *format, ...)
{
    char line[4096];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    size_t kept = length < (int)sizeof line ? (size_t)length : sizeof line - 1;
    trace(who, (str){ line, kept });
}

_Noreturn void finding(const char *check, const char *format, ...)
{
    struct tally *tally = simulation->tally;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(tally->finding, sizeof tally->finding, format, values);
    va_end(values);
    snprintf(tally->check, sizeof tally->check, "%s", check);
    if (simulation->loud) printf("              %s is broken: %s\n", check, tally->finding);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

/* ---- time ---- */

struct stepping {
    struct fake_world *world;
    micros until;
    bool stepped;
};

static void step_world(void *context)
{
    struct stepping *stepping = context;
    stepping->stepped = fake_world_step(stepping->world, stepping->until);
}

bool simulation_step(struct simulation *sim, micros until)
{
    if (gateway_look(sim)) return true;
    bool down = !sim->gateway.is_open;
    struct stepping stepping = { sim->world, down && sim->gateway.begins_at < until ? sim->gateway.begins_at : until, true };
    bool lived = gateway_enter(sim, step_world, &stepping);
    return !lived || stepping.stepped || (down && stepping.until < until);
}

void simulation_pass(struct simulation *sim, micros span)
{
    micros until = fake_world_clock(sim->world) + span;
    while (simulation_step(sim, until)) continue;
}

/* ---- chaos ---- */

static micros span_of(const struct action *action) { return action->ms * MICROS_PER_MS; }

static void plant_fault(struct simulation *sim, const struct action *action)
{
    char order[200];
    bool at_bank = action->company == COMPANY_BANK;
    const char *kind = fault_kind(action->company, action->row);
    snprintf(order, sizeof order, "\"fault\": \"%s\", \"path\": \"%s\", \"times\": %u, \"latency_ms\": %lld", kind, action->place, action->times,
             (long long)action->ms);
    mark(at_bank ? "fault" : "company_fault", kind);
    if (at_bank) fake_bank_fault(sim->world, order);
    else fake_company_fault(sim->world, company_word(action->company), order);
}

static void change_network(struct simulation *sim, const struct action *action)
{
    char url[64];
    enum fake_network network = (enum fake_network)action->row;
    snprintf(url, sizeof url, "http://%s", company_word(action->company));
    if (action->company == COMPANY_ANY) fake_world_set_network(sim->world, network);
    else fake_world_set_network_to(sim->world, url, network);
}

static void heal_bank(struct simulation *sim)
{
    fake_bank_heal(sim->world);
    fake_companies_heal(sim->world);
}

static void arm_kill(struct simulation *sim, const struct action *action)
{
    sim->gateway.kill_in = action->nth;
    sim->gateway.kill_how = action->flag ? DEATH_POWER : DEATH_KILLED;
}

static void arm_cut(struct simulation *sim, const struct action *action)
{
    sim->gateway.cut_how = action->flag ? DEATH_POWER : DEATH_KILLED;
    disk_stop_at(sim->disk, action->nth);
}

static void kill_now(struct simulation *sim, const struct action *action, enum death how)
{
    if (!sim->gateway.is_open) return;
    mark("killed", "between_events");
    gateway_die(sim, how, action->flag, span_of(action));
}

static void jump(struct simulation *sim, const struct action *action)
{
    mark("clock", action->flag ? "back" : "ahead");
    fake_world_jump_gateway(sim->world, action->flag ? -span_of(action) : span_of(action));
}

static void act(struct simulation *sim, const struct action *action)
{
    switch (action->what) {
    case ACT_SETTLE: (void)books_settle(sim); break;
    case ACT_FAULT: plant_fault(sim, action); break;
    case ACT_FORGET:
        mark("fault", "forget_keys");
        fake_bank_forget_keys(sim->world);
        break;
    case ACT_HEAL_BANK: heal_bank(sim); break;
    case ACT_NETWORK: change_network(sim, action); break;
    case ACT_KILL: kill_now(sim, action, DEATH_KILLED); break;
    case ACT_POWER: kill_now(sim, action, DEATH_POWER); break;
    case ACT_KILL_AT: arm_kill(sim, action); break;
    case ACT_CUT: arm_cut(sim, action); break;
    case ACT_STOP: gateway_stop(sim, span_of(action)); break;
    case ACT_DISK_ERROR: disk_fail(sim->disk, (enum disk_method)action->row, action->nth, action->flag); break;
    case ACT_DISK_ROOM: disk_limit_room(sim->disk, (int64_t)action->nth * 1024); break;
    case ACT_HEAL_DISK: disk_heal(sim->disk); break;
    case ACT_CLOCK: jump(sim, action); break;
    case ACT_WAIT: simulation_pass(sim, span_of(action)); break;
    default: merchants_act(sim, action); break;
    }
}

static void chaos(struct simulation *sim)
{
    for (size_t i = 0; i < sim->script->count; i++) {
        const struct action *action = &sim->script->actions[i];
        simulation_pass(sim, action->pause);
        trace("acts", str_of(act_word(action->what)));
        act(sim, action);
    }
}

/* ---- heal and drain ---- */

static void rest(struct simulation *sim)
{
    micros until = fake_world_clock(sim->world) + LONGEST_REST;
    while (!gateway_is_quiet(sim)) {
        if (!simulation_step(sim, until)) finding("I15", "the gateway is still busy a day after everything healed");
    }
}

static void heal(struct simulation *sim)
{
    fake_world_set_network(sim->world, NETWORK_WORKS);
    heal_bank(sim);
    fake_bank_fail_never(sim->world);
    fake_companies_fail_never(sim->world);
    disk_heal(sim->disk);
    sim->gateway.kill_in = 0;
    rest(sim);
}

/* A bank that is silent holds a connection for a minute; a person waits for that. */
static void wait_for_the_bank(struct simulation *sim)
{
    micros until = fake_world_clock(sim->world) + LONGEST_SILENCE;
    while (!fake_world_is_calm(sim->world) && simulation_step(sim, until)) continue;
}

/* How those stand whose payers were sent away. */
static void look_at_waiting(struct simulation *sim)
{
    for (size_t i = 0; i < sim->merchants.purchase_count; i++) {
        if (sim->merchants.purchases[i].page) merchants_look(sim, i);
        if (i % AT_ONCE == AT_ONCE - 1) rest(sim);
    }
    rest(sim);
}

/* As long as a payer is waited for nothing else can be done on his payment, and whoever wants that is told to come again. */
static bool is_owed_its_end(const struct simulation *sim, const struct intent *intent)
{
    bool waits = strcmp(sim->merchants.purchases[intent->purchase].standing.state, "requires_action") == 0;
    return !intent->is_told && !(waits && intent->wish != WISH_AUTHORIZE);
}

static size_t ask_untold(struct simulation *sim)
{
    size_t untold = 0;
    for (size_t i = 0; i < sim->merchants.intent_count; i++) {
        if (!is_owed_its_end(sim, &sim->merchants.intents[i])) continue;
        merchants_ask(sim, i);
        if (untold++ % AT_ONCE == AT_ONCE - 1) rest(sim);
    }
    return untold;
}

/* A request without a known end is asked for until it has one; what only a person can say, he says. */
static void drain(struct simulation *sim)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        look_at_waiting(sim);
        size_t untold = ask_untold(sim);
        rest(sim);
        wait_for_the_bank(sim);
        size_t settled = books_settle(sim);
        rest(sim);
        if (untold == 0 && settled == 0) return;
        simulation_pass(sim, COME_BACK_LATER);
    }
    for (size_t i = 0; i < sim->merchants.intent_count; i++) {
        if (is_owed_its_end(sim, &sim->merchants.intents[i])) finding("I15", "%s is never told its end", sim->merchants.intents[i].key);
    }
    finding("I15", "it needs a person again and again");
}

/* Who was sent away and has not spoken says now what he wants; every fourth never comes. Whoever has spoken comes back at last. */
static void bring_payers(struct simulation *sim)
{
    for (size_t i = 0; i < sim->merchants.purchase_count; i++) {
        const struct purchase *purchase = &sim->merchants.purchases[i];
        uint32_t chance = chance_below(&sim->chance, 8);
        if (!purchase->page || (!purchase->has_spoken && chance % 4 == 0)) continue;
        enum payers_word word = purchase->has_spoken ? PAYER_SAYS_NOTHING : chance % 2 ? PAYER_APPROVES : PAYER_REFUSES;
        merchants_payer(sim, i, word, 1);
        rest(sim);
    }
}

/* ---- check ---- */

/* Everything once more: the same answers, and every payment where it was or further on. */
static void ask_all_again(struct simulation *sim)
{
    for (size_t i = 0; i < sim->merchants.intent_count; i++) {
        merchants_ask(sim, i);
        if (i % AT_ONCE == AT_ONCE - 1) rest(sim);
    }
    rest(sim);
    for (size_t i = 0; i < sim->merchants.purchase_count; i++) {
        merchants_look(sim, i);
        if (i % AT_ONCE == AT_ONCE - 1) rest(sim);
    }
    rest(sim);
}

/* The further cards all begin like this (put_card), and no amount or time does; and those that ask their payers (companies.c). */
static void check_secrecy(struct simulation *sim)
{
    static const char *const forms[] = {
        "4000000000000", "5555555555554444",                            /* as they are */
        "4000000000003220", "5192602720584796", "5438898014560229",
        "3430303030303030", "NDAwMDAwMDAw", "QwMDAwMDAw", "0MDAwMDAwMDA", /* hex, and the three alignments of base64 */
    };
    size_t looked_for = sim->script->seed % 4 ? 2 : COUNT_OF(forms);
    for (size_t i = 0; i < looked_for; i++) {
        if (disk_contains(sim->disk, str_of(forms[i]))) finding("I12", "a card number is on the disk (form %zu)", i);
    }
}

static void mark_disk(struct simulation *sim)
{
    struct disk_counts counts = disk_counts(sim->disk);
    mark_times("disk", "write_lost", counts.writes_lost);
    mark_times("disk", "write_kept_early", counts.writes_kept_early);
    mark_times("disk", "write_torn", counts.writes_torn);
    mark_times("disk", "name_lost", counts.names_lost);
    mark_times("disk", "error_read", counts.errors[DISK_READ]);
    mark_times("disk", "error_write", counts.errors[DISK_WRITE]);
    mark_times("disk", "error_sync", counts.errors[DISK_SYNC]);
    mark_times("disk", "error_other", counts.errors[DISK_TRUNCATE] + counts.errors[DISK_OPEN] + counts.errors[DISK_REMOVE]);
    mark_times("disk", "full", counts.full);
    trace_format("disk", "%lld writes, %lld syncs", (long long)counts.writes, (long long)counts.syncs);
}

/* One line of rules: whoever takes part, in the order that was drawn. */
static void open_routes(struct simulation *sim)
{
    const struct script_settings *settings = &sim->script->settings;
    struct arena arena = { 0 };
    struct error error;
    struct text text = text_open(&arena, 128);
    for (size_t i = 0; i < settings->order_count; i++) {
        text_put_format(&text, "%s %s", i == 0 ? "all: ->" : ",", company_word(settings->order[i]));
    }
    INSIST(route_file_read_text("the rules", text_str(&text), &sim->routes, &error));
    arena_close(&arena);
}

static void choose_companies(const struct script_settings *settings, struct fake_options *options)
{
    size_t count = 0;
    for (int company = COMPANY_BANK + 1; company < COMPANY_COUNT; company++) {
        if (settings->takes_part[company]) options->companies[count++] = company_word((enum company)company);
    }
}

/* Its search is a moment behind (docs/reference/stripe.md). */
static void delay_search(struct simulation *sim)
{
    char order[64];
    snprintf(order, sizeof order, "\"lag_ms\": %lld", (long long)sim->script->settings.stripe_search_lag_ms);
    fake_company_control(sim->world, "stripe", "/sim/search", order);
}

static void open_world(struct simulation *sim)
{
    const struct script_settings *settings = &sim->script->settings;
    struct fake_options options = {
        .seed = sim->script->seed,
        .bank_latency_ms = { settings->bank_latency_ms[0], settings->bank_latency_ms[1] },
        .bank_failure_millionths = settings->bank_failure_millionths,
        .bank_auth_expiry_hours = settings->bank_auth_expiry_hours,
        .commit_latency_ms = settings->commit_latency_ms,
        .watcher = { wire_left, wire_ended, sim },
    };
    choose_companies(settings, &options);
    open_routes(sim);
    sim->chance = chance_from(~sim->script->seed);
    sim->world = fake_world_open(&options);
    if (settings->takes_part[COMPANY_STRIPE]) delay_search(sim);
    sim->disk = disk_open(sim->script->seed);
    log_set_level(LOG_ERROR);
    gateway_init(sim);
}

static void close_world(struct simulation *sim)
{
    gateway_close(sim);
    mark_disk(sim);
    check_secrecy(sim);
    sim->tally->simulated = fake_world_clock(sim->world);
    fake_world_close(sim->world);
    disk_close(sim->disk);
    route_file_close(&sim->routes);
    arena_close(&sim->merchants.arena);
}

void simulation_run(struct simulation *sim)
{
    simulation = sim;
    sim->tally->trace = UINT64_C(14695981039346656037);
    open_world(sim);
    chaos(sim);
    heal(sim);
    drain(sim);
    bring_payers(sim);
    drain(sim);
    ask_all_again(sim);
    books_check(sim);
    close_world(sim);
    sim->tally->ended = true;
    simulation = NULL;
}
