/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: a secret of 32 random bytes in a file of its own, apart from the store. */
#ifndef FLORIN_VAULT_KEY_FILE_H
#define FLORIN_VAULT_KEY_FILE_H

#include "base/error.h"
#include "base/hash.h"
#include "world/world.h"

/* Reads the file, or makes it (mode 0600, durable) when it is absent. `path` NULL: the store's path with ".key".
 * Refuses a file that others may read, or that is not 64 hex digits. */
bool key_file_read(struct world *world, const char *path, const char *store_path, struct hash *out, struct error *error) MUST_CHECK;

/* The same for a file that has to be there. */
bool key_file_read_given(const char *path, struct hash *out, struct error *error) MUST_CHECK;

/* Makes such a file with that secret (mode 0600, durable). Refuses when there is one already. */
bool key_file_write(const char *path, const struct hash *secret, struct error *error) MUST_CHECK;

/* Another secret for that file, in two steps: it lies beside it (PATH.new), durable, until it is put in its place; what was there is
 * overwritten before. A crash between the two leaves both. */
bool key_file_prepare(const char *path, const struct hash *secret, struct error *error) MUST_CHECK;
bool key_file_read_prepared(const char *path, struct hash *out, struct error *error) MUST_CHECK;
bool key_file_put_in_place(const char *path, struct error *error) MUST_CHECK;

#endif
