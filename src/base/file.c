/* SPDX-License-Identifier: Apache-2.0 */
/* file: a name is durable when its folder was synced, and a file is replaced whole by a rename. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool fits(int length)
{
    if (length > 0 && length < PATH_MAX) return true;
    errno = ENAMETOOLONG;
    return false;
}

bool file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 0;
    if (!fits(snprintf(folder, sizeof folder, "%.*s", slash ? (length > 0 ? length : 1) : 1, slash ? path : "."))) return false;
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = handle >= 0 && fsync(handle) == 0;
    if (handle >= 0) close(handle);
    return synced;
}

static bool write_all(int file, str text)
{
    errno = ENOSPC; /* a part of it only: the next write would say so */
    return write(file, text.bytes, text.length) == (ssize_t)text.length && fsync(file) == 0;
}

bool file_replace(const char *path, str text)
{
    char fresh[PATH_MAX];
    if (!fits(snprintf(fresh, sizeof fresh, "%s.new", path))) return false;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = file >= 0 && write_all(file, text);
    if (file >= 0) close(file);
    return written && rename(fresh, path) == 0 && file_sync_folder(path);
}
