/* SPDX-License-Identifier: Apache-2.0 */
/* store_copy: a consistent copy of the whole store, taken beside whoever writes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/store_internal.h"

static bool sync_file(const char *path, struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    int problem = errno;
    if (file >= 0) close(file);
    return synced || error_set(error, "%s cannot be synced: %s", path, strerror(problem));
}

bool store_copy(struct store *store, const char *path, struct store_mark *out, struct error *error)
{
    sql_begin(store->sql, false); /* the first look decides which moment the copy shows */
    bool copied = mark_in_transaction(store, out);
    if (!copied) store_unreadable(store, error);
    copied = copied && sql_copy_to(store->sql, path, error);
    sql_rollback(store->sql);
    return copied && sync_file(path, error);
}
