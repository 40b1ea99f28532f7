/* SPDX-License-Identifier: Apache-2.0 */
/* gateway: opening the real parts on the simulated world, and every way to lose them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "simulation/simulation.h"
#include "store/store_internal.h"

enum { VAULT_SLOTS_SPARE = 64, STOP_SPARE_S = 5 };

#define CALL_TIMEOUT (INT64_C(30) * MICROS_PER_SECOND)
#define PATIENCE_AFTER_FAILURE (INT64_C(20) * MICROS_PER_SECOND)

static const str merchant = STR_CONSTANT("merchant");

/* ---- dying ---- */

static struct gateway *living(void) { return &simulation->gateway; }

static void passed(const char *flow, const char *name)
{
    struct gateway *gateway = living();
    char point[MARK_BYTES];
    snprintf(point, sizeof point, "%s%s%s", flow ? flow : "", flow ? "." : "", name);
    mark("passed", point);
    if (gateway->kill_in == 0 || !gateway->on_ground || --gateway->kill_in > 0) return;
    mark("killed", point);
    trace("dies", str_of(point));
    longjmp(gateway->ground, (int)gateway->kill_how);
}

/* It could not go on without its disk: because that fails, or because it was cut off in the middle of a change. */
static enum death death_by_disk(void)
{
    bool cut = disk_has_stopped(simulation->disk);
    mark("disk", !cut ? "ended_the_process" : living()->cut_how == DEATH_POWER ? "power_lost_in_a_change" : "killed_in_a_change");
    return cut ? living()->cut_how : DEATH_ENDED;
}

static void ended(int status)
{
    trace_format("ends", "status %d", status);
    INSIST(living()->on_ground);
    longjmp(living()->ground, (int)death_by_disk());
}

static const struct crash_hooks hooks = { passed, ended };

void gateway_init(struct simulation *sim)
{
    sim->gateway = (struct gateway){ .begins_at = fake_world_clock(sim->world) };
    crash_hook(&hooks);
}

/* As the system does it for a process that is gone: descriptors are closed, nothing is written. */
static void let_go(struct store *store)
{
    if (!store) return;
    sql_close(store->sql);
    store_release(&store->hold);
}

static void forget_cards(const struct simulation *sim)
{
    char path[160];
    snprintf(path, sizeof path, "%s/florin-cards-sim", sim->folder);
    (void)unlink(path); /* with no card in it there is no file */
}

/* A process that dies frees nothing; what is left of it goes with this process. */
void gateway_die(struct simulation *sim, enum death how, bool arrives, micros down_for)
{
    struct gateway *gateway = &sim->gateway;
    bool power = how == DEATH_POWER;
    if (power) disk_lose_power(sim->disk);
    else disk_lose_process(sim->disk);
    fake_world_lose_gateway(sim->world, arrives);
    merchants_lose_answers(sim);
    let_go(gateway->reader);
    let_go(gateway->store);
    vault_close(gateway->vault);
    if (power) forget_cards(sim);
    mark("machine", power ? "power_lost" : how == DEATH_KILLED ? "killed"
                                                               : "ended_itself");
    trace_format("down", "%s, for %lld ms", power ? "power" : how == DEATH_KILLED ? "killed"
                                                                                  : "ended",
                 (long long)(down_for / MICROS_PER_MS));
    *gateway = (struct gateway){ .begins_at = fake_world_clock(sim->world) + down_for, .lives = gateway->lives, .cut_how = gateway->cut_how };
}

bool gateway_enter(struct simulation *sim, void (*enter)(void *context), void *context)
{
    struct gateway *gateway = &sim->gateway;
    int how = setjmp(gateway->ground);
    if (how == DEATH_NONE) {
        gateway->on_ground = true;
        enter(context);
        gateway->on_ground = false;
        return true;
    }
    bool arrives = chance_one_in(&sim->chance, 2);
    micros down_for = (micros)chance_below(&sim->chance, 3000) * MICROS_PER_MS;
    gateway_die(sim, (enum death)how, arrives, down_for);
    return false;
}

/* ---- beginning ---- */

struct ran_before {
    struct work work;
    struct arena arena;
    int64_t ran_us;
};

static void read_ran_before(struct work *work, void *store)
{
    struct ran_before *ran = CONTAINER_OF(work, struct ran_before, work);
    if (!str_to_int64(store_load_meta(store, &ran->arena, STR("ran_us")), INT64_MAX, &ran->ran_us)) ran->ran_us = 0;
}

static const struct answer_form *const forms[] = { &api_core_form };

static struct hash secret_for(const char *purpose)
{
    str pieces[] = { STR("the secret of a simulated shop: "), str_of(purpose) };
    return hash_of(pieces, COUNT_OF(pieces));
}

static struct processor_settings set_up(const struct script_settings *settings, enum company company)
{
    static const char *const urls[COMPANY_COUNT] = {
        [COMPANY_BANK] = "http://bank",
        [COMPANY_STRIPE] = "http://stripe",
        [COMPANY_PAYPAL] = "http://paypal",
        [COMPANY_PAYSTACK] = "http://paystack",
        [COMPANY_FLUTTERWAVE] = "http://flutterwave",
    };
    const char *name = company_facts(company)->name;
    bool is_bank = company == COMPANY_BANK;
    return (struct processor_settings){
        .processor = processor_named(str_of(name)),
        .keys = is_bank ? (struct processor_keys){ NULL } : fake_company_keys(name),
        .url = urls[company],
        .timeout = CALL_TIMEOUT,
        .connect_timeout = 3 * (micros)MICROS_PER_SECOND,
        .resend_after = (is_bank ? settings->resend_after_ms : settings->company_quiet_ms) * MICROS_PER_MS,
    };
}

static void open_flows(struct simulation *sim, micros ran_before)
{
    const struct script_settings *settings = &sim->script->settings;
    struct flows_options options = {
        .world = fake_world_of_gateway(sim->world),
        .vault = sim->gateway.vault,
        .key_secret = secret_for("processors"),
        .merchant = merchant,
        .public_url = OUR_ADDRESS,
        .store_path = sim->folder,
        .forms = forms,
        .form_count = COUNT_OF(forms),
        .answer_within = settings->answer_within_ms * MICROS_PER_MS,
        .retry_base = settings->retry_base_ms * MICROS_PER_MS,
        .ran_before = ran_before,
        .request_kept = INT64_C(30) * 24 * 3600 * MICROS_PER_SECOND,
        .flows_max = (size_t)settings->flows_max,
    };
    for (int company = 0; company < COMPANY_COUNT; company++) {
        if (settings->takes_part[company]) options.processors[options.processor_count++] = set_up(settings, (enum company)company);
    }
    sim->gateway.flows = flows_open(&options);
    if (settings->order_count > 0) flows_route_by(sim->gateway.flows, &sim->routes.rules);
}

static void open_api(struct simulation *sim)
{
    struct api_options options = {
        .world = fake_world_of_gateway(sim->world),
        .flows = sim->gateway.flows,
        .merchant = merchant,
        .fingerprint_secret = secret_for("fingerprints"),
        .cursor_secret = secret_for("cursors"),
        .cards = true,
        .requests_max = (size_t)sim->script->settings.flows_max,
    };
    sim->gateway.api = api_open(&options);
}

static void is_ready(void *context)
{
    struct simulation *sim = context;
    sim->gateway.is_up = true;
    trace("ready", STR(""));
}

static bool open_store(struct simulation *sim, struct error *error)
{
    struct gateway *gateway = &sim->gateway;
    char url[160];
    snprintf(url, sizeof url, "sqlite:%s/florin.db", sim->folder);
    gateway->store = store_open(str_of(url), STORE_WRITES, error);
    gateway->reader = gateway->store ? store_open(str_of(url), STORE_READS, error) : NULL;
    return gateway->reader != NULL;
}

/* Without the folder, which has another name each time. */
static str reason_of(const struct simulation *sim, const struct error *error)
{
    str reason = str_of(error->text);
    return str_starts_with(reason, str_of(sim->folder)) ? str_from(reason, strlen(sim->folder)) : reason;
}

static void begin(void *context)
{
    struct simulation *sim = context;
    struct gateway *gateway = &sim->gateway;
    struct error error = { "" };
    struct ran_before ran = { .work = { .run = read_ran_before } };
    struct work *works[] = { &ran.work };
    if (!open_store(sim, &error)) {
        mark("machine", "could_not_begin");
        trace("begins not", reason_of(sim, &error));
        return;
    }
    size_t slots = (size_t)sim->script->settings.flows_max + VAULT_SLOTS_SPARE;
    gateway->vault = vault_open(fake_world_of_gateway(sim->world), sim->folder, "sim", slots, &error);
    INSIST(gateway->vault);
    fake_world_set_stores(sim->world, gateway->store, gateway->reader);
    store_run_batch(gateway->store, works, 1);
    arena_close(&ran.arena);
    if (ran.work.result != WORK_DONE) return; /* no room to begin */
    open_flows(sim, ran.ran_us);
    open_api(sim);
    gateway->is_open = true;
    flows_recover(gateway->flows, is_ready, sim);
}

static void begin_again(struct simulation *sim)
{
    if (sim->gateway.lives++ > 0) mark("machine", "began_again");
    trace("begins", STR(""));
    if (!gateway_enter(sim, begin, sim)) return;
    if (!sim->gateway.is_open) gateway_die(sim, death_by_disk(), false, PATIENCE_AFTER_FAILURE);
}

/* ---- ending ---- */

static void close_parts(struct simulation *sim)
{
    struct gateway *gateway = &sim->gateway;
    api_close(gateway->api);
    flows_close(gateway->flows);
    vault_close(gateway->vault);
    fake_world_lose_gateway(sim->world, true);
    store_close(gateway->reader);
    store_close(gateway->store);
}

static void begin_to_stop(void *context)
{
    struct simulation *sim = context;
    api_stop_taking(sim->gateway.api);
    flows_stop_taking(sim->gateway.flows);
}

void gateway_stop(struct simulation *sim, micros down_for)
{
    struct gateway *gateway = &sim->gateway;
    if (!gateway->is_up || gateway->stopping) return;
    gateway->stopping = true;
    gateway->stop_until = fake_world_clock(sim->world) + CALL_TIMEOUT + STOP_SPARE_S * (micros)MICROS_PER_SECOND;
    gateway->down_for = down_for;
    trace("stops", STR(""));
    (void)gateway_enter(sim, begin_to_stop, sim);
}

static bool may_close(const struct simulation *sim)
{
    const struct gateway *gateway = &sim->gateway;
    return flows_are_quiet(gateway->flows) && api_pending(gateway->api) == 0 && !fake_world_is_busy(sim->world);
}

static void close_in_order(void *context)
{
    struct simulation *sim = context;
    struct gateway *gateway = &sim->gateway;
    micros down_for = gateway->down_for;
    close_parts(sim);
    mark("machine", "stopped_in_order");
    *gateway = (struct gateway){ .begins_at = fake_world_clock(sim->world) + down_for, .lives = gateway->lives };
}

bool gateway_look(struct simulation *sim)
{
    struct gateway *gateway = &sim->gateway;
    micros now = fake_world_clock(sim->world);
    if (!gateway->is_open && now >= gateway->begins_at) {
        begin_again(sim);
        return true;
    }
    if (!gateway->stopping) return false;
    if (may_close(sim)) {
        (void)gateway_enter(sim, close_in_order, sim);
        return true;
    }
    if (now < gateway->stop_until) return false;
    mark("machine", "not_quiet_in_time");
    gateway_die(sim, DEATH_KILLED, true, gateway->down_for);
    return true;
}

bool gateway_is_quiet(struct simulation *sim)
{
    const struct gateway *gateway = &sim->gateway;
    struct flows_view view;
    if (!gateway->is_up || gateway->stopping || !may_close(sim)) return false;
    flows_look(gateway->flows, &view); /* looks at every slot of the vault, too */
    return view.running == 0;
}

void gateway_close(struct simulation *sim)
{
    begin_to_stop(sim);
    if (vault_used(sim->gateway.vault) > 0) finding("I13", "%zu cards are still sealed when nothing is in doubt", vault_used(sim->gateway.vault));
    if (!may_close(sim)) finding("I15", "the gateway is not quiet at the end");
    close_parts(sim);
    crash_hook(NULL);
}
