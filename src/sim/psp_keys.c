/* SPDX-License-Identifier: Apache-2.0 */
/* psp_keys: nothing is swept by hand; an answer whose time is over counts as none. */
#include "sim/psp_keys.h"

void psp_keys_open(struct psp_keys *keys)
{
    keys->pool.item_bytes = sizeof(struct psp_key);
}

void psp_keys_close(struct psp_keys *keys)
{
    desk_pool_close(&keys->pool);
    desk_index_close(&keys->index);
}

static struct psp_key *find_key(const struct psp_keys *keys, str scope, str text)
{
    size_t at = 0;
    uint32_t number;
    uint32_t hash = desk_hash(text, 0);
    while ((number = desk_index_next(&keys->index, hash, &at)) != 0) {
        struct psp_key *key = desk_pool_at(&keys->pool, number);
        if (str_equal(key->text, text) && str_equal(key->scope, scope)) return key;
    }
    return NULL;
}

static struct psp_key *make_key(struct psp_keys *keys, struct arena *arena, str scope, str text)
{
    uint32_t number;
    struct psp_key *key = desk_pool_take(&keys->pool, &number);
    key->scope = arena_copy(arena, scope);
    key->text = arena_copy(arena, text);
    desk_index_add(&keys->index, desk_hash(text, 0), number);
    return key;
}

static bool is_kept(const struct psp_keys *keys, const struct psp_key *key, micros now)
{
    return key->is_kept && key->generation == keys->generation && now < key->kept_until;
}

enum psp_key_state psp_keys_find(struct psp_keys *keys, struct arena *arena, str scope, str text, const struct hash *fingerprint,
                                 micros now, struct psp_key **out)
{
    *out = find_key(keys, scope, text);
    if (*out == NULL) *out = make_key(keys, arena, scope, text);
    struct psp_key *key = *out;
    if (key->is_running) return hash_equal(&key->fingerprint, fingerprint) ? PSP_KEY_RUNNING : PSP_KEY_MISMATCH;
    if (!is_kept(keys, key, now)) return PSP_KEY_FRESH;
    return hash_equal(&key->fingerprint, fingerprint) ? PSP_KEY_KEPT : PSP_KEY_MISMATCH;
}

void psp_keys_keep(struct psp_keys *keys, struct arena *arena, struct psp_key *key, const struct hash *fingerprint,
                   const struct http_answer *answer, micros now, micros kept_for)
{
    if (is_kept(keys, key, now)) return;
    key->is_kept = true;
    key->generation = keys->generation;
    key->kept_until = now + kept_for;
    key->fingerprint = *fingerprint;
    key->status = answer->status;
    key->content_type = arena_copy(arena, answer->content_type);
    key->body = arena_copy(arena, answer->body);
}

void psp_keys_forget_all(struct psp_keys *keys)
{
    keys->generation++;
}
