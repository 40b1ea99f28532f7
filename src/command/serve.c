/* SPDX-License-Identifier: Apache-2.0 */
/* serve: `florin serve`, the gateway: opens the house, takes up what was open, listens, and goes down in order. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "base/crash.h"
#include "base/log.h"
#include "command/command.h"
#include "command/house.h"
#include "command/risk_file.h"
#include "command/route_file.h"
#include "domain/card.h"
#include "world/http_server.h"

#define DRAIN_LOOK (INT64_C(20) * MICROS_PER_MS)

enum { CONNECTIONS_LEAST = 16,
       EXIT_USAGE = 2,
       EXIT_STORE_SUSPECT = 65 /* EX_DATAERR */,
       EXIT_NOT_QUIET = 75 /* EX_TEMPFAIL */,
       DESCRIPTORS_SPARE = 320 };

static const micros DRAIN_SPARE = INT64_C(5) * MICROS_PER_SECOND;

struct serve_settings {
    const char *listen;
    const char *cards;
    const char *log_level;
    const char *routes_file;
    const char *risk_file;
    const char *risk_when_down;
    struct account_choice risk;
    int64_t connections_max;
    bool open;
    bool print_config;
    bool list_crash_points;
};

static struct serve_settings chosen;

/* clang-format off */
static const struct setting settings[] = {
    { "listen", SETTING_TEXT, "127.0.0.1:8080", 0, 0, &chosen.listen,
      "Where to listen; port 0 picks a free one." },
    HOUSE_SETTINGS,
#include "command/account_settings.list"
    { "routes_file", SETTING_TEXT, NULL, 0, 0, &chosen.routes_file,
      "File with the rules that say which processor takes a payment that names none, read again on SIGHUP; without it all go to the bank." },
    { "risk_file", SETTING_TEXT, NULL, 0, 0, &chosen.risk_file,
      "File with the rules of the fraud checks, read again on SIGHUP; without it nothing is checked." },
    { "risk_url", SETTING_TEXT, NULL, 0, 0, &chosen.risk.url,
      "Base address of a company that is asked about payments, too (docs/reference/risk-provider.md); without one nobody is." },
    { "risk_keys_file", SETTING_TEXT, NULL, 0, 0, &chosen.risk.keys_file,
      "File with our key there, for its owner only: a line `secret_key = ...`." },
    { "risk_ca_file", SETTING_TEXT, NULL, 0, 0, &chosen.risk.ca_file,
      "PEM file with the only authorities that may vouch for it over https; default: those that the system trusts." },
    { "risk_timeout_ms", SETTING_NUMBER, "2000", 50, 10000, &chosen.risk.timeout_ms,
      "How long its answer is waited for, before a payment and again when the money is held." },
    { "risk_connect_timeout_ms", SETTING_NUMBER, "1000", 50, 10000, &chosen.risk.connect_timeout_ms,
      "How long a connection to it may take." },
    { "risk_when_down", SETTING_TEXT, "review", 0, 0, &chosen.risk_when_down,
      "What stands for a fraud check that cannot be made: allow, review or deny." },
    { "open", SETTING_SWITCH, "off", 0, 0, &chosen.open,
      "Listen elsewhere than on loopback without any key: who comes from there is shown health and the description, and nothing of payments." },
    { "cards", SETTING_TEXT, "auto", 0, 0, &chosen.cards,
      "Whether calls may carry card data: on, off, or auto: on for loopback only." },
    { "connections_max", SETTING_NUMBER, "10000", CONNECTIONS_LEAST, 100000, &chosen.connections_max,
      "Connections of clients; above it 503." },
    { "log_level", SETTING_TEXT, "info", 0, 0, &chosen.log_level,
      "Least level that is logged: debug, info, warn or error." },
    { "print_config", SETTING_SWITCH, "off", 0, 0, &chosen.print_config,
      "Prints every setting with its default, as a settings file, and ends." },
#ifdef FLORIN_TEST_BUILD
    { "list_crash_points", SETTING_SWITCH, "off", 0, 0, &chosen.list_crash_points,
      "Prints the points at which a test build can be killed, and ends." },
#endif
};
/* clang-format on */

/* From print_config on, the rows are questions and no settings: they stand in no file. */
static size_t settings_of_file(void)
{
    size_t count = 0;
    while (settings[count].target != &chosen.print_config) count++;
    return count;
}

struct gateway {
    struct house house;
    struct route_file routes;
    struct gate *gate;
    struct risk_file risks;
    enum risk_decision risk_when_down;
    struct account_keys risk_keys;
    struct api *api;
    struct http_server *server;
    struct http_server *control;
    struct world_timer drain;
    micros drain_until;
    struct error error;
    bool failed;
};

/* ---- settings ---- */

static bool is_loopback(const char *listen)
{
    str address = str_of(listen);
    return str_starts_with(address, STR("127.")) || str_starts_with(address, STR("[::1]")) || str_starts_with(address, STR("localhost:")) ||
           str_starts_with(address, STR("unix:"));
}

static bool check_settings(struct error *error)
{
    enum log_level level;
    str cards = str_of(chosen.cards);
    if (!log_level_named(str_of(chosen.log_level), &level)) return error_set(error, "log_level is debug, info, warn or error");
    if (!str_equal(cards, STR("on")) && !str_equal(cards, STR("off")) && !str_equal(cards, STR("auto"))) {
        return error_set(error, "cards is on, off or auto");
    }
    log_set_level(level);
    return true;
}

static bool read_when_down(enum risk_decision *out, struct error *error)
{
    bool is_word = risk_decision_named(str_of(chosen.risk_when_down), out) && *out != RISK_UNASKED && *out != RISK_STEP_UP;
    return is_word || error_set(error, "risk_when_down is allow, review or deny");
}

static bool takes_cards(void)
{
    str cards = str_of(chosen.cards);
    return str_equal(cards, STR("on")) || (str_equal(cards, STR("auto")) && is_loopback(chosen.listen));
}

/* ---- going down ---- */

static bool is_answered(const struct http_server *server) { return !server || http_server_is_quiet(server); }

/* Of a request that was read, too, the API knows nothing before its turn has come. */
static bool is_quiet(const struct gateway *gateway)
{
    const struct house *house = &gateway->house;
    return flows_are_quiet(house->flows) && !safe_is_busy(house->safe) && !gate_is_busy(gateway->gate) && loop_commits_pending(house->loop) == 0 &&
           api_pending(gateway->api) == 0 && is_answered(gateway->server) && is_answered(gateway->control);
}

/* Something did not end in time. What is open is durable, and the next start takes it up. */
static _Noreturn void leave_open(const struct gateway *gateway)
{
    log_error("not quiet in time; what is open recovers at the next start", LOG_NUMBER("unanswered", api_pending(gateway->api)));
    process_end(EXIT_NOT_QUIET);
}

static void look_whether_quiet(struct world_timer *timer)
{
    struct gateway *gateway = CONTAINER_OF(timer, struct gateway, drain);
    struct world *world = loop_world(gateway->house.loop);
    if (is_quiet(gateway)) loop_stop(gateway->house.loop);
    else if (world_monotonic(world) > gateway->drain_until) leave_open(gateway);
    else world_timer_start(world, timer, DRAIN_LOOK);
}

/* Of a merchant for us, or of us for a processor. */
static micros longest_wait(const struct house *house)
{
    micros longest = house_chosen.answer_within_ms * MICROS_PER_MS;
    for (size_t i = 0; i < house->accounts.count; i++) {
        if (house->accounts.settings[i].timeout > longest) longest = house->accounts.settings[i].timeout;
    }
    return longest;
}

/* Nothing new; what was accepted is answered, and calls that are out are heard to their end. */
static void stop(void *context)
{
    struct gateway *gateway = context;
    struct world *world = loop_world(gateway->house.loop);
    micros longest = longest_wait(&gateway->house) + DRAIN_SPARE;
    log_info("stopping", LOG_NUMBER("unanswered", api_pending(gateway->api)));
    api_stop_taking(gateway->api);
    flows_stop_taking(gateway->house.flows);
    safe_stop(gateway->house.safe);
    gate_stop(gateway->gate);
    if (gateway->server) http_server_drain(gateway->server);
    if (gateway->control) http_server_drain(gateway->control);
    gateway->drain_until = world_monotonic(world) + longest;
    gateway->drain.fire = look_whether_quiet;
    crash_point("li.drain");
    world_timer_start(world, &gateway->drain, 0);
}

/* ---- coming up ---- */

/* As many descriptors as may be had. A share of them is kept for the bank and the store, so that clients who only sit there
 * cannot cut off the payments of others. */
static void share_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    int64_t descriptors = (int64_t)limit.rlim_cur, for_clients = (descriptors - DESCRIPTORS_SPARE) / 2;
    if (for_clients < CONNECTIONS_LEAST) for_clients = CONNECTIONS_LEAST;
    if (chosen.connections_max <= for_clients) return;
    log_warn("fewer connections than set up: the limit of descriptors is low", LOG_NUMBER("descriptors", descriptors),
             LOG_NUMBER("connections_max", for_clients));
    chosen.connections_max = for_clients;
}

static struct http_server *listen_at(struct gateway *gateway, const char *where, void (*handle)(void *, struct http_exchange *))
{
    struct http_server_options options = {
        .listen = where,
        .connections_max = (size_t)chosen.connections_max,
        .body_bytes_of = api_body_bytes_max,
        .lenient_length = true, /* the API knows which requests may come without a body */
        .context = gateway->api,
        .handle = handle,
        .refuse = api_refuse,
    };
    return http_server_open(gateway->house.loop, &options, &gateway->error);
}

static bool open_doors(struct gateway *gateway)
{
    char path[108], where[120];
    house_control_path(path);
    snprintf(where, sizeof where, "unix:%s", path);
    gateway->server = listen_at(gateway, chosen.listen, api_handle);
    if (!gateway->server) return false;
    if (path[0]) gateway->control = listen_at(gateway, where, api_handle_control);
    else log_error("no operator's door: the store's path is too long for the name of a socket; say a shorter local_path or store",
                   LOG_TEXT("store", str_of(house_store_words())));
    return gateway->control || !path[0];
}

static void say_ready(const struct gateway *gateway)
{
    str address = http_server_address(gateway->server);
    printf("florin: ready on %.*s (%s)\n", STR_FORMAT(address), house_store_words());
    fflush(stdout);
}

/* All open operations are known: from here on a repeated request finds them. */
static void listen_now(void *context)
{
    struct gateway *gateway = context;
    if (open_doors(gateway)) {
        crash_point("li.listen");
        safe_go_on(gateway->house.safe);
        say_ready(gateway);
    } else {
        gateway->failed = true;
        stop(gateway);
    }
}

/* ---- the rules ---- */

static bool is_set_up(const struct flows_view *view, str processor)
{
    for (size_t i = 0; i < view->line_count; i++) {
        if (str_equal(str_of(view->lines[i].processor), processor)) return view->lines[i].is_set_up;
    }
    return false;
}

/* They may stand in the rules of every gateway all the same: they are passed over here. */
static void warn_of_absent(const struct gateway *gateway)
{
    struct flows_view view;
    const struct route_rules *rules = &gateway->routes.rules;
    flows_look(gateway->house.flows, &view);
    for (size_t i = 0; i < rules->count; i++) {
        for (size_t at = 0; at < rules->rules[i].target_count; at++) {
            str processor = rules->rules[i].targets[at].processor;
            if (is_set_up(&view, processor)) continue;
            log_warn("a rule names a processor that is not set up", LOG_TEXT("rule", rules->rules[i].name), LOG_TEXT("processor", processor));
        }
    }
}

/* Whole or not at all: what is wrong leaves the rules that there are. */
static bool read_routes(struct gateway *gateway, struct error *error)
{
    struct route_file fresh;
    if (!route_file_read(chosen.routes_file, &fresh, error)) return false;
    route_file_close(&gateway->routes);
    gateway->routes = fresh;
    flows_route_by(gateway->house.flows, &gateway->routes.rules);
    log_info("rules were read", LOG_TEXT("file", str_of(chosen.routes_file)), LOG_NUMBER("rules", (int64_t)fresh.rules.count));
    warn_of_absent(gateway);
    return true;
}

/* Nobody can be found on a list of cards whose fingerprints cannot be had. */
static void warn_of_sealed_vault(const struct gateway *gateway)
{
    bool is_open = keyring_is_open(safe_keyring(gateway->house.safe));
    if (!gateway->risks.rules.lists_cards || is_open) return;
    log_warn("a rule lists cards, and their fingerprints cannot be had until the vault is open",
             LOG_TEXT("when_down", str_of(chosen.risk_when_down)));
}

static bool read_risks(struct gateway *gateway, struct error *error)
{
    struct risk_file fresh;
    if (!risk_file_read(chosen.risk_file, &fresh, error)) return false;
    risk_file_close(&gateway->risks);
    gateway->risks = fresh;
    flows_check_by(gateway->house.flows, &gateway->risks.rules, gateway->risk_when_down);
    log_info("fraud checks were read", LOG_TEXT("file", str_of(chosen.risk_file)), LOG_NUMBER("rules", (int64_t)fresh.rules.count));
    warn_of_sealed_vault(gateway);
    return true;
}

static bool open_risk_provider(struct gateway *gateway, struct error *error)
{
    struct processor_settings where;
    const struct risk_provider *provider = &risk_provider_http;
    if (!chosen.risk.url) return true;
    if (!chosen.risk.keys_file) return error_set(error, "risk_url needs risk_keys_file, which says who we are there");
    if (!account_open(&provider->wire, &chosen.risk, house_chosen.live, &gateway->risk_keys, &where, error)) return false;
    flows_ask_about_risk(gateway->house.flows, provider, &where);
    return true;
}

/* One with a mistake does not keep the other from being taken. */
static void read_again(void *context)
{
    struct error error;
    bool routes = !chosen.routes_file || read_routes(context, &error);
    if (!routes) log_error("the rules were not taken, the old ones stay", LOG_TEXT("why", str_of(error.text)));
    bool risks = !chosen.risk_file || read_risks(context, &error);
    if (!risks) log_error("the fraud checks were not taken, the old ones stay", LOG_TEXT("why", str_of(error.text)));
}

static bool open_rules(struct gateway *gateway)
{
    flows_check_by(gateway->house.flows, NULL, gateway->risk_when_down);
    if (!open_risk_provider(gateway, &gateway->error)) return false;
    if (chosen.routes_file && !read_routes(gateway, &gateway->error)) return false;
    if (chosen.risk_file && !read_risks(gateway, &gateway->error)) return false;
    if (chosen.routes_file || chosen.risk_file) loop_on_reload(gateway->house.loop, read_again, gateway);
    return true;
}

/* ---- all ---- */

static size_t store_queue(void *loop) { return loop_commits_pending(loop); }

static bool is_store_away(void *house) { return house_store_is_away(house); }

/* Who listens to the world, or moves real money, knows his callers. */
static bool check_keys(struct gateway *gateway)
{
    static const char *const how = "make one with `florin keys create`";
    if (gate_has_keys(gateway->gate)) return true;
    if (house_chosen.live) return error_set(&gateway->error, "real money is moved for callers with a key only, and there is none: %s", how);
    if (is_loopback(chosen.listen) || chosen.open) return true;
    return error_set(&gateway->error, "%s is not a loopback address and there is no key for its callers: %s", chosen.listen, how);
}

static bool open_gate(struct gateway *gateway)
{
    struct gate_options options = { .world = loop_world(gateway->house.loop), .merchant = house_merchant(), .is_live = house_chosen.live,
                                    .on_loopback = is_loopback(chosen.listen), .has_peers = !house_store_is_file() };
    gateway->gate = gate_open(&options, gateway->house.reader, &gateway->error);
    return gateway->gate && check_keys(gateway);
}

static bool open_gateway(struct gateway *gateway)
{
    if (!house_open(&gateway->house, &gateway->error) || !open_rules(gateway) || !open_gate(gateway)) return false;
    struct api_options options = {
        .world = loop_world(gateway->house.loop),
        .flows = gateway->house.flows,
        .vault = gateway->house.vault,
        .safe = gateway->house.safe,
        .merchant = house_merchant(),
        .fingerprint_secret = gateway->house.secrets.fingerprints,
        .cursor_secret = gateway->house.secrets.cursors,
        .cards = takes_cards(),
        .gate = gateway->gate,
        .is_live = house_chosen.live,
        .requests_max = (size_t)house_chosen.flows_max,
        .store_queue = store_queue,
        .store_queue_context = gateway->house.loop,
        .store_is_away = is_store_away,
        .store_is_away_context = &gateway->house,
    };
    gateway->api = api_open(&options);
    return true;
}

static void close_gateway(struct gateway *gateway)
{
    if (gateway->server) http_server_close(gateway->server);
    if (gateway->control) http_server_close(gateway->control);
    if (gateway->api) api_close(gateway->api);
    gate_close(gateway->gate);
    house_close(&gateway->house);
    route_file_close(&gateway->routes);
    risk_file_close(&gateway->risks);
    secret_wipe(&gateway->risk_keys, sizeof gateway->risk_keys);
}

static int list_crash_points(void)
{
    static const char *const points[] = {
        "op.commit_called", "op.commit_synced", "gc.batch_closed", "gc.synced_before_answers", "gc.half_answered",
        "va.sealed", "va.wiped", "va.rewrapped", "va.data_key_made", "va.resealed", "li.listen", "li.drain", "li.exit",
        "st.ckpt_begin", "st.ckpt_done", "st.witness_written", "st.backup_mid",
        "mi.begun", "mi.page_copied", "mi.compared", "mi.source_moved", "mi.complete",
    };
    for (size_t i = 0; flows_step_name(i); i++) printf("operation.%s\n", flows_step_name(i));
    for (size_t i = 0; i < COUNT_OF(points); i++) printf("%s\n", points[i]);
    return 0;
}

static int print_config(void)
{
    settings_print_file(settings, settings_of_file());
    return 0;
}

static int say_failure(const struct gateway *gateway)
{
    fprintf(stderr, "florin serve: %s\n", gateway->error.text);
    if (!gateway->house.store_is_suspect) return 1;
    fprintf(stderr, "Nothing is served, and nothing was changed. Look at the store with `florin verify`. Then put a backup in its place with\n"
                    "`florin restore --from FILE`, or go on without what is lost with `florin restore --accept-loss`, and compare with the\n"
                    "bank: `florin reconcile`.\n");
    return EXIT_STORE_SUSPECT;
}

static int run_gateway(struct gateway *gateway)
{
    share_descriptors();
    if (!open_gateway(gateway)) {
        gateway->failed = true;
    } else {
        loop_on_stop(gateway->house.loop, stop, gateway);
        flows_recover(gateway->house.flows, listen_now, gateway);
        loop_run(gateway->house.loop);
        crash_point("li.exit");
    }
    close_gateway(gateway);
    log_flush();
    return gateway->failed ? say_failure(gateway) : 0;
}

int command_serve(int count, char **words)
{
    static struct gateway gateway;
    struct error error;
    bool are_fine = settings_read(settings, COUNT_OF(settings), count, words, &error) && check_settings(&error) &&
                    read_when_down(&gateway.risk_when_down, &error);
    if (!are_fine) {
        fprintf(stderr, "florin serve: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (chosen.print_config) return print_config();
    return chosen.list_crash_points ? list_crash_points() : run_gateway(&gateway);
}

void command_serve_help(void) { settings_help(settings, COUNT_OF(settings)); }
