/* SPDX-License-Identifier: Apache-2.0 */
/* sim: `florin sim bank` opens a port and puts the simulated bank behind it, until it is told to stop. */
#include <stdio.h>

#include "base/log.h"
#include "command/command.h"
#include "command/settings.h"
#include "sim/bank_cards.h"
#include "sim/sim_bank.h"
#include "world/http_server.h"
#include "world/loop.h"

static const micros stop_within = 30LL * MICROS_PER_SECOND; /* as the real one: who still waits then is hung up on */

enum {
    EXIT_USAGE = 2,
    CONNECTIONS_MAX = 20000, /* one for each payment that sleeps at the bank */
    BODY_BYTES_MAX = 1024 * 1024,
    LATENCY_MS_MAX = 10 * 60 * 1000,
    EXPIRY_HOURS_MAX = 1000 * 1000, /* a century and more, and still 64 bits of nanoseconds */
    SEED_FROM_CLOCK = -1,
};

struct sim_settings {
    const char *listen;
    int64_t failure_millionths;
    int64_t latency_ms[2];
    int64_t auth_expiry_hours;
    int64_t seed;
    int64_t cards;
    bool quiet;
    bool log_requests;
};

static struct sim_settings chosen = { .seed = SEED_FROM_CLOCK };

/* clang-format off */
static const struct setting settings[] = {
    { "sim_bank.listen", SETTING_TEXT, "127.0.0.1:8787", 0, 0, &chosen.listen,
      "Where to listen; port 0 picks a free one." },
    { "sim_bank.failure_rate", SETTING_SHARE, "0.05", 0, 0, &chosen.failure_millionths,
      "Share of requests that fail with a 500 by chance." },
    { "sim_bank.latency_ms", SETTING_RANGE, "100:2000", 0, LATENCY_MS_MAX, chosen.latency_ms,
      "How long a request sleeps before anything happens, in milliseconds." },
    { "sim_bank.auth_expiry_hours", SETTING_NUMBER, "168", -EXPIRY_HOURS_MAX, EXPIRY_HOURS_MAX, &chosen.auth_expiry_hours,
      "Hours until a hold cannot be captured any more; 0 and less: at once." },
    { "sim_bank.seed", SETTING_NUMBER, NULL, 0, INT64_MAX, &chosen.seed,
      "Where all chance comes from; without one, the clock." },
    { "sim_bank.cards", SETTING_NUMBER, "0", 0, BANK_CARDS_MAX, &chosen.cards,
      "Further cards for load: number i is 400000, i in nine digits, and the check digit; CVV 123, 12/2049." },
    { "sim_bank.quiet", SETTING_SWITCH, "off", 0, 0, &chosen.quiet,
      "Logs warnings and errors only." },
    { "sim_bank.log_requests", SETTING_SWITCH, "off", 0, 0, &chosen.log_requests,
      "Logs a line for each request." },
};
/* clang-format on */

struct sim {
    struct loop *loop;
    struct http_server *server;
    struct sim_bank *bank;
    struct world_timer give_up;
    struct world_timer finish;
    bool is_stopping;
};

static void finish(struct world_timer *timer)
{
    struct sim *sim = CONTAINER_OF(timer, struct sim, finish);
    loop_stop(sim->loop);
}

/* Not at once: a request may be ending further up. */
static void finish_when_idle(void *context)
{
    struct sim *sim = context;
    if (!sim->is_stopping || sim_bank_pending(sim->bank) > 0) return;
    sim->finish.fire = finish;
    world_timer_start(loop_world(sim->loop), &sim->finish, 0);
}

static void give_up(struct world_timer *timer)
{
    struct sim *sim = CONTAINER_OF(timer, struct sim, give_up);
    sim_bank_let_go(sim->bank, true);
}

static void stop(void *context)
{
    struct sim *sim = context;
    if (sim->is_stopping) return;
    sim->is_stopping = true;
    log_info("sim bank stops", LOG_NUMBER("pending", sim_bank_pending(sim->bank)));
    http_server_drain(sim->server);
    sim->give_up.fire = give_up;
    world_timer_start(loop_world(sim->loop), &sim->give_up, stop_within);
    sim_bank_let_go(sim->bank, false);
    finish_when_idle(sim);
}

static void open_bank(struct sim *sim)
{
    struct world *world = loop_world(sim->loop);
    struct sim_bank_options options = {
        .world = world,
        .failure_millionths = chosen.failure_millionths,
        .latency_ms = { chosen.latency_ms[0], chosen.latency_ms[1] },
        .auth_expiry_hours = chosen.auth_expiry_hours,
        .seed = (uint64_t)(chosen.seed == SEED_FROM_CLOCK ? world_now(world) : chosen.seed),
        .cards = (uint32_t)chosen.cards,
        .log_requests = chosen.log_requests,
        .hang_up = http_exchange_hang_up,
        .answer_twice = http_exchange_answer_twice,
        .idle = finish_when_idle,
        .context = sim,
    };
    log_info("sim bank starts", LOG_NUMBER("seed", options.seed), LOG_NUMBER("cards", options.cards));
    sim->bank = sim_bank_open(&options);
}

static bool open_server(struct sim *sim, struct error *error)
{
    struct http_server_options options = {
        .listen = chosen.listen,
        .connections_max = CONNECTIONS_MAX,
        .body_bytes_max = BODY_BYTES_MAX,
        .lenient_length = true,
        .context = sim->bank,
        .handle = sim_bank_handle,
        .refuse = sim_bank_refuse,
    };
    sim->server = http_server_open(sim->loop, &options, error);
    return sim->server != NULL;
}

static bool serve_until_stopped(struct sim *sim, struct error *error)
{
    sim->loop = loop_open(error);
    if (sim->loop == NULL) return false;
    open_bank(sim);
    bool is_open = open_server(sim, error);
    if (is_open) {
        loop_on_stop(sim->loop, stop, sim);
        printf("florin sim bank: ready on %.*s\n", STR_FORMAT(http_server_address(sim->server)));
        (void)fflush(stdout);
        loop_run(sim->loop);
        world_timer_stop(loop_world(sim->loop), &sim->give_up);
        http_server_close(sim->server);
    }
    loop_close(sim->loop);
    sim_bank_close(sim->bank);
    return is_open;
}

int command_sim_bank(int count, char **words)
{
    struct error error;
    struct sim sim = { 0 };
    if (!settings_read(settings, COUNT_OF(settings), count, words, &error)) {
        fprintf(stderr, "florin sim bank: %s\n", error.text);
        return EXIT_USAGE;
    }
    log_set_level(chosen.quiet ? LOG_WARN : LOG_INFO);
    if (serve_until_stopped(&sim, &error)) return 0;
    fprintf(stderr, "florin sim bank: %s\n", error.text);
    return 1;
}

void command_sim_bank_help(void)
{
    printf("Usage: florin sim bank [--flag value ...]\n\n");
    settings_help(settings, COUNT_OF(settings));
    printf("\nTests order faults and read the bank's book under /sim/: see docs/reference/bank-simulator.md.\n");
}
