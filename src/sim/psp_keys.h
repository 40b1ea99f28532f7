/* SPDX-License-Identifier: Apache-2.0 */
/* psp_keys: idempotency keys and the whole answers that are kept for them, status and all, for a time. */
#ifndef FLORIN_SIM_PSP_KEYS_H
#define FLORIN_SIM_PSP_KEYS_H

#include "base/hash.h"
#include "sim/desk_table.h"
#include "world/http.h"

struct psp_keys {
    struct desk_pool pool;
    struct desk_index index;
    uint32_t generation; /* of kept answers; those of older ones were forgotten */
};

struct psp_key {
    str scope; /* the account, and the endpoint where keys are each endpoint's own */
    str text;
    struct hash fingerprint; /* of the request that it came with */
    bool is_running;
    bool is_kept;
    uint32_t generation;
    micros kept_until;
    int status;
    str content_type;
    str body;
};

enum psp_key_state {
    PSP_KEY_FRESH,    /* nobody has it: *out is its place, perhaps an old one */
    PSP_KEY_RUNNING,  /* another request with it is under way */
    PSP_KEY_KEPT,     /* there is an answer */
    PSP_KEY_MISMATCH, /* there is one, of another request */
};

/* All zero is not yet a store of keys. */
void psp_keys_open(struct psp_keys *keys);
void psp_keys_close(struct psp_keys *keys);

/* How a key stands at that moment. A key that nobody had is made; the texts must then live as long as the store: `arena` is for them. */
enum psp_key_state psp_keys_find(struct psp_keys *keys, struct arena *arena, str scope, str text, const struct hash *fingerprint,
                                 micros now, struct psp_key **out);

/* Keeps an answer, unless there is one. The answer's texts are copied to the arena. */
void psp_keys_keep(struct psp_keys *keys, struct arena *arena, struct psp_key *key, const struct hash *fingerprint,
                   const struct http_answer *answer, micros now, micros kept_for);

/* Drops all kept answers. */
void psp_keys_forget_all(struct psp_keys *keys);

#endif
