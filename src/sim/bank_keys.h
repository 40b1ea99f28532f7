/* SPDX-License-Identifier: Apache-2.0 */
/* bank_keys: idempotency keys, each for one path: which answer is kept for it, and every effect ever made under it. */
#ifndef FLORIN_SIM_BANK_KEYS_H
#define FLORIN_SIM_BANK_KEYS_H

#include "sim/bank_book.h"

enum { BANK_KEY_CHARS_MAX = 255 }; /* the column's width; a longer key is never kept */

struct bank_keys;

/* The sweeps are counted from `started`. */
struct bank_keys *bank_keys_open(micros started);
void bank_keys_close(struct bank_keys *keys);

/* At most BANK_KEY_CHARS_MAX characters of valid UTF-8, and not empty. */
bool bank_key_is_keepable(str text);

/* The effect whose answer is kept for that key; 0 when there is none, or it was swept. */
uint32_t bank_keys_find(const struct bank_keys *keys, enum bank_kind path, str text, micros now);

/* Writes the new effect down under its key (an empty key is none). */
void bank_keys_enter(struct bank_keys *keys, struct bank_book *book, uint32_t effect, str text);

/* Keeps the effect's answer for its key, unless another is kept (as ON CONFLICT DO NOTHING). */
void bank_keys_keep(struct bank_keys *keys, const struct bank_book *book, uint32_t effect, micros now);

/* Drops all kept answers; the effects stay known. */
void bank_keys_forget_all(struct bank_keys *keys);

/* The text of an effect's key; empty when it had none. */
str bank_keys_text(const struct bank_keys *keys, const struct bank_effect *effect);

/* The newest effect under that key and path; effect.older_of_key leads on. 0: none. */
uint32_t bank_keys_newest_effect(const struct bank_keys *keys, enum bank_kind path, str text);

#endif
