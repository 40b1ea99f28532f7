/* SPDX-License-Identifier: Apache-2.0 */
/* wire: what was sent before, by its key. */
#include <string.h>

#include "simulation/simulation.h"
#include "store/store_internal.h"

enum { LOOKED_AT = 4 }; /* the store is asked about every fourth key: that costs more than all the rest here */

#define BANK_WINDOW (INT64_C(24) * 3600 * MICROS_PER_SECOND * 9 / 10 + 60 * MICROS_PER_SECOND)

static uint64_t mix(uint64_t hash, str piece)
{
    for (size_t i = 0; i < piece.length; i++) hash = (hash ^ (uint8_t)piece.bytes[i]) * UINT64_C(1099511628211);
    return (hash ^ 0xff) * UINT64_C(1099511628211);
}

static const uint64_t start = UINT64_C(14695981039346656037); /* FNV-1a */

static str key_of(const struct http_call *call)
{
    for (size_t i = 0; i < call->header_count; i++) {
        if (str_equal(call->headers[i].name, STR("Idempotency-Key"))) return call->headers[i].value;
    }
    return STR_NONE;
}

static struct sent *sent_under(struct wire *wire, str key)
{
    uint64_t hash = mix(start, key);
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

static str path_of(const char *url)
{
    const char *path = strchr(url + strlen("http://"), '/');
    return str_of(path ? path : "/");
}

/* Up to the first hole, and without the spaces that fill a body up. */
static bool bytes_fit(str stored, str sent)
{
    size_t same = 0;
    while (same < stored.length && same < sent.length && stored.bytes[same] == sent.bytes[same]) same++;
    if (same == stored.length) return str_trim(str_from(sent, same)).length == 0;
    return (uint8_t)stored.bytes[same] < ' ';
}

/* Through the connection that sees only what is committed. A row that cannot be read now proves nothing. */
static void check_durable(struct simulation *sim, str key, const struct http_call *call)
{
    static const char question[] = "SELECT method, path, body FROM operation"
                                   " WHERE merchant_id = $1 AND ended_at IS NULL AND processor_key = $2";
    struct sql *sql = sim->gateway.reader->sql;
    struct arena arena = { 0 };
    sql_begin(sql, false);
    sql_ask(sql, question, (struct sql_value[]){ TEXT(STR("merchant")), TEXT(key) }, 2);
    bool found = sql_next(sql), readable = sql_trouble_of(sql) == SQL_FINE;
    if (readable && !found) finding("I2", "%s %s left without a durable intent", call->method.bytes, call->url);
    if (found) {
        bool fits = str_equal(sql_text(sql, 0, &arena), call->method) && str_equal(sql_text(sql, 1, &arena), path_of(call->url)) &&
                    bytes_fit(sql_text(sql, 2, &arena), call->body);
        if (!fits) finding("I2", "%s %s left with other bytes than its intent", call->method.bytes, call->url);
    }
    sql_end(sql);
    sql_rollback(sql);
    arena_close(&arena);
}

/* ---- I22 ---- */

static void check_again(struct simulation *sim, const struct sent *sent, uint64_t bytes)
{
    micros since = fake_world_clock(sim->world) - sent->left_at, quiet = sim->script->settings.resend_after_ms * MICROS_PER_MS;
    mark("sent", "again");
    if (sent->bytes != bytes) finding("I22", "other bytes were sent again under the same key");
    if (sent->in_doubt && since < quiet) finding("I22", "sent again after %lld ms", (long long)(since / MICROS_PER_MS));
    if (sent->life != sim->gateway.lives) mark("sent", "with_another_life");
}

/* The bank keeps a key for a day; a tenth of it is left. Its age is told by the wall clock, so that a jump of that may hide it. */
static void check_window(struct simulation *sim, const struct sent *sent, const struct http_call *call)
{
    bool needs_key = str_equal(path_of(call->url), STR("/api/v1/authorizations"));
    if (!needs_key || tally_count(sim->tally, "clock.back") > 0) return;
    micros age = fake_world_clock(sim->world) - sent->first_at;
    if (age > BANK_WINDOW) finding("I22", "an authorization was sent again after the bank may have forgotten its key");
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
    struct sent *sent = sent_under(&sim->wire, key);
    uint64_t bytes = mix(mix(mix(start, call->method), path_of(call->url)), call->body);
    mark_network(fake_world_network(sim->world));
    trace_format("sends", "%.*s %s %.*s", STR_FORMAT(call->method), call->url, STR_FORMAT(key));
    if ((sent->key ^ sim->script->seed) % LOOKED_AT == 0) check_durable(sim, key, call);
    micros now = fake_world_clock(sim->world), first = sent->left_at ? sent->first_at : now;
    if (sent->left_at) check_again(sim, sent, bytes);
    if (sent->left_at) check_window(sim, sent, call);
    *sent = (struct sent){ sent->key, bytes, now, first, true, sim->gateway.lives };
}

void wire_ended(void *context, const struct http_call *call)
{
    struct simulation *sim = context;
    struct sent *sent = sent_under(&sim->wire, key_of(call));
    trace_format("hears", "%d %d %.*s", call->result, call->status, STR_FORMAT(call->answer_body));
    if (call->result != HTTP_CALL_LOST) sent->in_doubt = false;
}
