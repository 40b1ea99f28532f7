/* SPDX-License-Identifier: Apache-2.0 */
/* wire: what was sent before, by its key; where a processor knows no keys, by all of its bytes. */
#include <string.h>

#include "simulation/simulation.h"
#include "store/store_internal.h"

enum { LOOKED_AT = 4 }; /* the store is asked about every fourth key: that costs more than all the rest here */

static uint64_t mix(uint64_t hash, str piece)
{
    for (size_t i = 0; i < piece.length; i++) hash = (hash ^ (uint8_t)piece.bytes[i]) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

static const uint64_t start = UINT64_C(14695981039346656037); /* FNV-1a */

static str path_of(const char *url)
{
    const char *path = strchr(url + strlen("http://"), '/');
    return str_of(path ? path : "/");
}

/* "http://stripe/v1/refunds" leads to Stripe. */
static const struct processor *processor_at(const char *url)
{
    str rest = str_from(str_of(url), strlen("http://"));
    const struct processor *processor = processor_named(str_cut(rest, '/', &rest));
    INSIST(processor);
    return processor;
}

/* Look-ups and the fetching of an access token change nothing. */
static bool moves_money(const struct http_call *call)
{
    const char *token_path = processor_at(call->url)->token_path;
    bool fetches_token = token_path && str_equal(path_of(call->url), str_of(token_path));
    return str_equal(call->method, STR("POST")) && !fetches_token;
}

/* STR_NONE: the processor knows no keys. */
static str key_of(const struct http_call *call)
{
    const char *name = processor_at(call->url)->key_header;
    for (size_t i = 0; name && i < call->header_count; i++) {
        if (str_equal(call->headers[i].name, str_of(name))) return call->headers[i].value;
    }
    return STR_NONE;
}

static uint64_t bytes_of(const struct http_call *call) { return mix(mix(mix(start, call->method), str_of(call->url)), call->body); }

static struct sent *sent_under(struct wire *wire, const struct http_call *call)
{
    str key = key_of(call);
    uint64_t hash = key.bytes ? mix(start, key) : bytes_of(call);
    for (size_t i = 0; i < SENT_MAX; i++) {
        struct sent *sent = &wire->sent[(hash + i) % SENT_MAX];
        if (sent->key == hash || sent->key == 0) {
            sent->key = hash;
            return sent;
        }
    }
    INSIST(!"room for every key");
    return NULL;
}

/* ---- I2 ---- */

/* Up to the first hole, and without the spaces that fill a body up. */
static bool bytes_fit(str stored, str sent)
{
    size_t same = 0;
    while (same < stored.length && same < sent.length && stored.bytes[same] == sent.bytes[same]) same++;
    if (same == stored.length) return str_trim(str_from(sent, same)).length == 0;
    return (uint8_t)stored.bytes[same] < ' ';
}

static bool is_of_row(struct sql *sql, struct arena *arena, const struct http_call *call)
{
    return str_equal(sql_text(sql, 0, arena), call->method) && str_equal(sql_text(sql, 1, arena), path_of(call->url)) &&
           bytes_fit(sql_text(sql, 2, arena), call->body);
}

/* Through the connection that sees only what is committed. A row that cannot be read now proves nothing. */
static void check_durable(struct simulation *sim, const struct http_call *call)
{
    static const char question[] = "SELECT method, path, body FROM operation"
                                   " WHERE merchant_id = $1 AND ended_at IS NULL AND processor = $2 AND ($3 = '' OR processor_key = $3)";
    struct sql *sql = sim->gateway.reader->sql;
    struct arena arena = { 0 };
    str key = key_of(call);
    bool is_there = false, fits = false;
    sql_begin(sql, false);
    str processor = str_of(processor_at(call->url)->name);
    sql_ask(sql, question, (struct sql_value[]){ TEXT(STR("merchant")), TEXT(processor), TEXT(key.bytes ? key : STR("")) }, 3);
    while (sql_next(sql)) {
        is_there = true;
        fits |= is_of_row(sql, &arena, call);
    }
    bool readable = sql_trouble_of(sql) == SQL_FINE;
    if (readable && !is_there) finding("I2", "%s %s left without a durable intent", call->method.bytes, call->url);
    if (readable && !fits) finding("I2", "%s %s left with other bytes than its intent", call->method.bytes, call->url);
    sql_end(sql);
    sql_rollback(sql);
    arena_close(&arena);
}

/* ---- I22 ---- */

static micros quiet_time_of(const struct simulation *sim, const struct http_call *call)
{
    const struct script_settings *settings = &sim->script->settings;
    bool is_bank = strcmp(processor_at(call->url)->name, "bank") == 0;
    return (is_bank ? settings->resend_after_ms : settings->company_quiet_ms) * MICROS_PER_MS;
}

static void check_again(struct simulation *sim, const struct sent *sent, const struct http_call *call, uint64_t bytes)
{
    micros since = fake_world_clock(sim->world) - sent->left_at, quiet = quiet_time_of(sim, call);
    mark("sent", "again");
    if (sent->bytes != bytes) finding("I22", "other bytes were sent again under the same key");
    if (sent->in_doubt && since < quiet) finding("I22", "sent again after %lld ms", (long long)(since / MICROS_PER_MS));
    if (sent->life != sim->gateway.lives) mark("sent", "with_another_life");
}

/* What only its key protects. */
static bool needs_key(const struct http_call *call)
{
    const char *const *paths = company_facts(company_named(str_of(processor_at(call->url)->name)))->keyed;
    for (size_t i = 0; i < COMPANY_PLACES_MAX && paths[i]; i++) {
        if (str_equal(path_of(call->url), str_of(paths[i]))) return true;
    }
    return false;
}

/* A key is remembered for a time; a tenth of it is left. Its age is told by the wall clock, so that a jump of that may hide it. */
static void check_window(struct simulation *sim, const struct sent *sent, const struct http_call *call)
{
    if (!needs_key(call) || tally_count(sim->tally, "clock.back") > 0) return;
    micros age = fake_world_clock(sim->world) - sent->first_at, window = processor_at(call->url)->key_window;
    if (age > window / 10 * 9 + 60 * (micros)MICROS_PER_SECOND) finding("I22", "%s was sent again after its key may have been forgotten", call->url);
}

static void mark_network(enum fake_network network)
{
    static const char *const names[] = { NULL, "refused", "lost_call", "lost_answer", "swallowed" };
    if (names[network]) mark("network", names[network]);
}

void wire_left(void *context, const struct http_call *call)
{
    struct simulation *sim = context;
    str key = key_of(call);
    mark_network(fake_world_network_to(sim->world, call->url));
    trace_format("sends", "%.*s %s %.*s", STR_FORMAT(call->method), call->url, STR_FORMAT(key));
    if (!moves_money(call)) return;
    struct sent *sent = sent_under(&sim->wire, call);
    uint64_t bytes = bytes_of(call);
    if ((sent->key ^ sim->script->seed) % LOOKED_AT == 0) check_durable(sim, call);
    micros now = fake_world_clock(sim->world), first = sent->left_at ? sent->first_at : now;
    if (sent->left_at) check_again(sim, sent, call, bytes);
    if (sent->left_at) check_window(sim, sent, call);
    *sent = (struct sent){ sent->key, bytes, now, first, true, sim->gateway.lives };
}

void wire_ended(void *context, const struct http_call *call)
{
    struct simulation *sim = context;
    trace_format("hears", "%d %d %.*s", call->result, call->status, STR_FORMAT(call->answer_body));
    if (moves_money(call) && call->result != HTTP_CALL_LOST) sent_under(&sim->wire, call)->in_doubt = false;
}
