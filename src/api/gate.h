/* SPDX-License-Identifier: Apache-2.0 */
/* gate: who may call, and what for. Its keys lie in the store as hashes; here is what this process knows of them. Where there
 * was never one, direct calls on this machine need none (caller.h). */
#ifndef FLORIN_API_GATE_H
#define FLORIN_API_GATE_H

#include "api/problem.h"
#include "domain/api_key.h"
#include "store/store.h"
#include "world/http.h"
#include "world/world.h"

struct gate;

struct gate_options {
    struct world *world;
    str merchant;
    bool is_live;     /* keys of the other kind are none */
    bool on_loopback; /* nobody but this machine reaches us: while there was never a key, and money is not real, direct calls need none */
    bool has_peers; /* keys may be made and revoked by other nodes: looked for each second */
};

/* With what the store knows now; `reader` is not kept. NULL: it could not be read. */
struct gate *gate_open(const struct gate_options *options, struct store *reader, struct error *error) MUST_CHECK;
void gate_stop(struct gate *gate); /* looks no more; quiet once gate_is_busy is false */
bool gate_is_busy(const struct gate *gate);
void gate_close(struct gate *gate);

/* Does any key hold? */
bool gate_has_keys(const struct gate *gate);

/* May that request do what needs this scope? *who gets the key that it showed, NULL when it showed none; it lives until the
 * loop's next turn. */
enum problem_code gate_check(const struct gate *gate, const struct http_request *request, enum scope scope, const struct api_key **who);

/* A publishable key can do nothing but tokenize. Without any scope it gets the usual ones when it is filled. */
bool gate_key_is_fine(const struct api_key *key);

/* Fills a new key, whose kind, name and scopes are there: id, time, hash, and its text, which is nowhere else. */
void gate_fill_key(struct api_key *key, struct world *world, bool is_live, char text[API_KEY_TEXT_BYTES]);

/* What the store knows after a change, copied. */
void gate_take(struct gate *gate, const struct api_key *keys, size_t count);

#endif
