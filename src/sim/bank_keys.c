/* SPDX-License-Identifier: Apache-2.0 */
/* bank_keys: a kept answer is the number of an effect, from which the same bytes are written again.
 * Nothing is swept by hand: a kept answer counts as swept once an hourly sweep has met it older than a day. */
#include "sim/bank_keys.h"

#include <stdlib.h>
#include <string.h>

#include "sim/desk_table.h"

static const micros sweep_every = 3600LL * MICROS_PER_SECOND;
static const micros kept_for = 24 * 3600LL * MICROS_PER_SECOND;

enum { TEXT_CHUNK_BYTES = 64 * 1024 };

struct bank_key {
    const char *text;
    uint32_t length;
    uint32_t newest_effect;
    uint32_t kept_effect;
    uint32_t kept_generation;
    micros kept_at;
    uint8_t path; /* enum bank_kind */
};

struct text_chunk {
    struct text_chunk *older;
    size_t capacity;
    size_t used;
    char bytes[];
};

struct bank_keys {
    micros started;
    uint32_t generation; /* of kept answers; those of older ones were forgotten */
    struct desk_pool pool;
    struct desk_index index;
    struct text_chunk *texts;
};

struct bank_keys *bank_keys_open(micros started)
{
    struct bank_keys *keys = memory_take(sizeof *keys);
    keys->started = started;
    keys->pool.item_bytes = sizeof(struct bank_key);
    return keys;
}

void bank_keys_close(struct bank_keys *keys)
{
    while (keys->texts) {
        struct text_chunk *older = keys->texts->older;
        free(keys->texts);
        keys->texts = older;
    }
    desk_pool_close(&keys->pool);
    desk_index_close(&keys->index);
    free(keys);
}

/* --- What may be kept --- */

/* Bytes of the UTF-8 character that begins here; 0 when there is none. Overlong forms and surrogates are refused. */
static size_t utf8_character(str text)
{
    const uint8_t *byte = (const uint8_t *)text.bytes;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    if (length == 1) return byte[0] == 0 ? 0 : 1;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || length > text.length) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) return 0;
    }
    bool is_overlong = (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xf0 && byte[1] < 0x90);
    bool is_beyond = (byte[0] == 0xed && byte[1] > 0x9f) || (byte[0] == 0xf4 && byte[1] > 0x8f);
    return is_overlong || is_beyond ? 0 : length;
}

bool bank_key_is_keepable(str text)
{
    size_t characters = 0;
    while (text.length > 0) {
        size_t length = utf8_character(text);
        if (length == 0 || ++characters > BANK_KEY_CHARS_MAX) return false;
        text = str_from(text, length);
    }
    return characters > 0;
}

/* --- Finding --- */

static struct bank_key *key_at(const struct bank_keys *keys, uint32_t number)
{
    return desk_pool_at(&keys->pool, number);
}

static str text_of(const struct bank_key *key) { return (str){ key->text, key->length }; }

static uint32_t find_key(const struct bank_keys *keys, enum bank_kind path, str text)
{
    size_t at = 0;
    uint32_t found;
    uint32_t hash = desk_hash(text, path);
    while ((found = desk_index_next(&keys->index, hash, &at)) != 0) {
        const struct bank_key *key = key_at(keys, found);
        if (key->path == path && str_equal(text_of(key), text)) return found;
    }
    return 0;
}

static bool is_kept(const struct bank_keys *keys, const struct bank_key *key, micros now)
{
    micros last_sweep = keys->started + (now - keys->started) / sweep_every * sweep_every;
    bool is_swept = key->kept_at < last_sweep - kept_for;
    return key->kept_effect != 0 && key->kept_generation == keys->generation && !is_swept;
}

uint32_t bank_keys_find(const struct bank_keys *keys, enum bank_kind path, str text, micros now)
{
    uint32_t number = find_key(keys, path, text);
    if (number == 0) return 0;
    const struct bank_key *key = key_at(keys, number);
    return is_kept(keys, key, now) ? key->kept_effect : 0;
}

uint32_t bank_keys_newest_effect(const struct bank_keys *keys, enum bank_kind path, str text)
{
    uint32_t number = find_key(keys, path, text);
    return number == 0 ? 0 : key_at(keys, number)->newest_effect;
}

str bank_keys_text(const struct bank_keys *keys, const struct bank_effect *effect)
{
    return effect->key == 0 ? STR("") : text_of(key_at(keys, effect->key));
}

/* --- Writing down --- */

static const char *copy_text(struct bank_keys *keys, str text)
{
    if (!keys->texts || keys->texts->capacity - keys->texts->used < text.length) {
        size_t capacity = text.length > TEXT_CHUNK_BYTES ? text.length : TEXT_CHUNK_BYTES;
        struct text_chunk *chunk = memory_take(sizeof *chunk + capacity);
        chunk->older = keys->texts;
        chunk->capacity = capacity;
        keys->texts = chunk;
    }
    char *copy = keys->texts->bytes + keys->texts->used;
    memcpy(copy, text.bytes, text.length);
    keys->texts->used += text.length;
    return copy;
}

static uint32_t make_key(struct bank_keys *keys, enum bank_kind path, str text)
{
    uint32_t number;
    struct bank_key *key = desk_pool_take(&keys->pool, &number);
    key->text = copy_text(keys, text);
    key->length = (uint32_t)text.length;
    key->path = (uint8_t)path;
    desk_index_add(&keys->index, desk_hash(text, path), number);
    return number;
}

void bank_keys_enter(struct bank_keys *keys, struct bank_book *book, uint32_t effect_number, str text)
{
    if (str_is_empty(text)) return;
    struct bank_effect *effect = bank_book_effect(book, effect_number);
    uint32_t number = find_key(keys, effect->kind, text);
    if (number == 0) number = make_key(keys, effect->kind, text);
    struct bank_key *key = key_at(keys, number);
    effect->key = number;
    effect->older_of_key = key->newest_effect;
    key->newest_effect = effect_number;
}

void bank_keys_keep(struct bank_keys *keys, const struct bank_book *book, uint32_t effect, micros now)
{
    uint32_t number = bank_book_effect(book, effect)->key;
    if (number == 0) return;
    struct bank_key *key = key_at(keys, number);
    if (is_kept(keys, key, now)) return;
    key->kept_effect = effect;
    key->kept_generation = keys->generation;
    key->kept_at = now;
}

void bank_keys_forget_all(struct bank_keys *keys) { keys->generation++; }
