/* SPDX-License-Identifier: Apache-2.0 */
/* sim: `florin sim NAME` opens a port and puts a simulator behind it, `florin sim all` does so for all of them, until told to stop. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/simulators.h"
#include "world/http_server.h"
#include "world/loop.h"

static const micros stop_within = 30LL * MICROS_PER_SECOND; /* as the real ones: who still waits then is hung up on */

enum {
    EXIT_USAGE = 2,
    CONNECTIONS_MAX = 20000, /* one for each payment that sleeps at a simulator */
    BODY_BYTES_MAX = 1024 * 1024,
    LISTEN_BYTES = 128,
    PORT_MAX = 65535,
};

/* One simulator and its port. */
struct place {
    const struct simulator *simulator;
    struct desk *desk;
    struct http_server *server;
    char listen[LISTEN_BYTES];
};

struct sim {
    struct loop *loop;
    struct place places[SIMULATORS_MAX];
    size_t count;
    struct world_timer give_up;
    struct world_timer finish;
    bool is_stopping;
};

/* --- Stopping --- */

static size_t pending(const struct sim *sim)
{
    size_t sum = 0;
    for (size_t i = 0; i < sim->count; i++) sum += desk_pending(sim->places[i].desk);
    return sum;
}

static void let_go(struct sim *sim, bool all)
{
    for (size_t i = 0; i < sim->count; i++) desk_let_go(sim->places[i].desk, all);
}

static void finish(struct world_timer *timer)
{
    struct sim *sim = CONTAINER_OF(timer, struct sim, finish);
    loop_stop(sim->loop);
}

/* Not at once: a request may be ending further up. */
static void finish_when_idle(void *context)
{
    struct sim *sim = context;
    if (!sim->is_stopping || pending(sim) > 0) return;
    sim->finish.fire = finish;
    world_timer_start(loop_world(sim->loop), &sim->finish, 0);
}

static void give_up(struct world_timer *timer)
{
    let_go(CONTAINER_OF(timer, struct sim, give_up), true);
}

static void stop(void *context)
{
    struct sim *sim = context;
    if (sim->is_stopping) return;
    sim->is_stopping = true;
    log_info("sim stops", LOG_NUMBER("pending", pending(sim)));
    for (size_t i = 0; i < sim->count; i++) http_server_drain(sim->places[i].server);
    sim->give_up.fire = give_up;
    world_timer_start(loop_world(sim->loop), &sim->give_up, stop_within);
    let_go(sim, false);
    finish_when_idle(sim);
}

/* --- Opening --- */

static void open_desk(struct sim *sim, struct place *place)
{
    const struct simulator_settings *chosen = place->simulator->chosen;
    struct world *world = loop_world(sim->loop);
    struct desk_options options = {
        .world = world,
        .failure_millionths = chosen->failure_millionths,
        .latency_ms = { chosen->latency_ms[0], chosen->latency_ms[1] },
        .seed = (uint64_t)(chosen->seed < 0 ? world_now(world) : chosen->seed),
        .log_requests = chosen->log_requests,
        .hang_up = http_exchange_hang_up,
        .answer_twice = http_exchange_answer_twice,
        .idle = finish_when_idle,
        .context = sim,
    };
    log_info("sim starts", LOG_TEXT("name", str_of(place->simulator->name)), LOG_NUMBER("seed", options.seed));
    place->desk = place->simulator->open(place->simulator, &options);
}

static bool open_server(struct sim *sim, struct place *place, struct error *error)
{
    struct http_server_options options = {
        .listen = place->listen,
        .connections_max = CONNECTIONS_MAX,
        .body_bytes_max = BODY_BYTES_MAX,
        .lenient_length = true,
        .context = place->desk,
        .handle = desk_handle,
        .refuse = place->simulator->refuse,
    };
    place->server = http_server_open(sim->loop, &options, error);
    return place->server != NULL;
}

static bool open_places(struct sim *sim, struct error *error)
{
    for (size_t i = 0; i < sim->count; i++) open_desk(sim, &sim->places[i]);
    for (size_t i = 0; i < sim->count; i++) {
        if (!open_server(sim, &sim->places[i], error)) return false;
    }
    return true;
}

static void tell_ready(const struct sim *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        const struct place *place = &sim->places[i];
        printf("florin sim %s: ready on %.*s\n", place->simulator->name, STR_FORMAT(http_server_address(place->server)));
    }
    (void)fflush(stdout);
}

static void close_places(struct sim *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        if (sim->places[i].server) http_server_close(sim->places[i].server);
        sim->places[i].simulator->end(sim->places[i].desk);
    }
    loop_close(sim->loop);
    for (size_t i = 0; i < sim->count; i++) sim->places[i].simulator->close(sim->places[i].desk);
}

static bool serve_until_stopped(struct sim *sim, struct error *error)
{
    sim->loop = loop_open(error);
    if (sim->loop == NULL) return false;
    bool is_open = open_places(sim, error);
    if (is_open) {
        loop_on_stop(sim->loop, stop, sim);
        tell_ready(sim);
        loop_run(sim->loop);
        world_timer_stop(loop_world(sim->loop), &sim->give_up);
    }
    close_places(sim);
    return is_open;
}

/* --- What was asked for --- */

static bool read_settings(const struct simulator *simulator, int count, char **words, struct error *error)
{
    return settings_read(simulator->settings, simulator->setting_count, count, words, error);
}

/* "127.0.0.1:9000" and 2 is "127.0.0.1:9002"; port 0 stays. */
static bool count_on(const char *listen, int64_t by, char out[LISTEN_BYTES])
{
    int64_t port;
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || !str_to_int64(str_of(colon + 1), PORT_MAX, &port)) return str_copy_to(str_of(listen), out, LISTEN_BYTES);
    int length = snprintf(out, LISTEN_BYTES, "%.*s:%lld", (int)(colon - listen), listen, (long long)(port == 0 ? 0 : port + by));
    return length > 0 && length < LISTEN_BYTES;
}

/* Of several that were told to listen at one place each takes the port behind the one before it. */
static int64_t listeners_before(const struct sim *sim, const char *listen)
{
    int64_t same = 0;
    for (size_t i = 0; i < sim->count; i++) same += strcmp(sim->places[i].simulator->chosen->listen, listen) == 0;
    return same;
}

static bool take_place(struct sim *sim, const struct simulator *simulator, int count, char **words, struct error *error)
{
    if (!read_settings(simulator, count, words, error)) return false;
    struct place *place = &sim->places[sim->count];
    place->simulator = simulator;
    if (!count_on(simulator->chosen->listen, listeners_before(sim, simulator->chosen->listen), place->listen)) {
        return error_set(error, "\"%s\" is too long to listen on", simulator->chosen->listen);
    }
    sim->count++;
    return true;
}

static bool are_quiet(const struct sim *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        if (!sim->places[i].simulator->chosen->quiet) return false;
    }
    return true;
}

static int fail(const char *name, int status, const struct error *error)
{
    fprintf(stderr, "florin sim %s: %s\n", name, error->text);
    return status;
}

static int serve(struct sim *sim, const char *name)
{
    struct error error;
    log_set_level(are_quiet(sim) ? LOG_WARN : LOG_INFO);
    return serve_until_stopped(sim, &error) ? 0 : fail(name, 1, &error);
}

static int run_one(const char *name, int count, char **words)
{
    struct error error;
    struct sim sim = { 0 };
    if (!take_place(&sim, simulator_named(str_of(name)), count, words, &error)) return fail(name, EXIT_USAGE, &error);
    return serve(&sim, name);
}

int command_sim_all(int count, char **words)
{
    struct error error;
    struct sim sim = { 0 };
    for (size_t i = 0; i < simulator_count; i++) {
        if (!take_place(&sim, &simulators[i], count, words, &error)) return fail("all", EXIT_USAGE, &error);
    }
    return serve(&sim, "all");
}

static void help_one(const char *name)
{
    const struct simulator *simulator = simulator_named(str_of(name));
    printf("Usage: florin sim %s [--flag value ...]\n\n", name);
    settings_help(simulator->settings, simulator->setting_count);
    printf("\nTests order faults and read its book under /sim/: see docs/reference/%s.\n", simulator->page);
}

void command_sim_all_help(void)
{
    printf("Usage: florin sim all [--flag value ...]\n\nRuns these at once, each on its own port:\n");
    for (size_t i = 0; i < simulator_count; i++) printf("  %s\n", simulators[i].name);
    printf("\nA flag goes to each of them, so only flags that each of them knows are taken; with one --listen they take that\n"
           "port and those behind it. Their own settings come from the environment and the file: see florin sim NAME --help.\n");
}

#define COMMAND(id)                                                                                      \
    int command_sim_##id(int count, char **words)                                                        \
    {                                                                                                    \
        return run_one(#id, count, words);                                                               \
    }                                                                                                    \
    void command_sim_##id##_help(void)                                                                   \
    {                                                                                                    \
        help_one(#id);                                                                                   \
    }
#define BANK(id, ...) COMMAND(id)
#define PSP(id, ...) COMMAND(id)
#include "command/simulators.list"
