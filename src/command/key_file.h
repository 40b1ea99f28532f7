/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: the one secret of a gateway: 32 random bytes in a file of its own, apart from the store. */
#ifndef FLORIN_COMMAND_KEY_FILE_H
#define FLORIN_COMMAND_KEY_FILE_H

#include "base/error.h"
#include "base/hash.h"
#include "world/world.h"

/* Reads the file, or makes it (mode 0600, durable) when it is absent. `path` NULL: the store's path with ".key".
 * Refuses a file that others may read, or that is not 64 hex digits. */
bool key_file_read(struct world *world, const char *path, const char *store_path, struct hash *out, struct error *error) MUST_CHECK;

/* The same for a file that has to be there. */
bool key_file_read_given(const char *path, struct hash *out, struct error *error) MUST_CHECK;

#endif
