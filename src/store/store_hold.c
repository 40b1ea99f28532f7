/* SPDX-License-Identifier: Apache-2.0 */
/* store_hold: the lock that keeps a second process away from a store in a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/store_internal.h"

static bool say_who_holds(int lock, const char *path, struct error *error)
{
    char holder[HOLDER_BYTES] = "";
    ssize_t length = pread(lock, holder, sizeof holder - 1, 0);
    if (length <= 0) holder[0] = 0;
    return error_set(error, "%s is held by another process%s%s", path, holder[0] ? ": " : "", holder);
}

void store_holder_words(char out[HOLDER_BYTES])
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    snprintf(out, HOLDER_BYTES, "process %ld on %s", (long)getpid(), host);
}

static void write_holder(int lock)
{
    char holder[HOLDER_BYTES];
    store_holder_words(holder);
    ssize_t length = (ssize_t)strlen(holder);
    if (ftruncate(lock, 0) != 0 || pwrite(lock, holder, (size_t)length, 0) != length) {
        /* Only a courtesy to the next reader: the lock holds without it. */
        return;
    }
}

static int take_lock(const char *path, struct error *error)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.lock", path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        error_set(error, "%s cannot be opened: %s", name, strerror(errno));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        say_who_holds(lock, path, error);
        close(lock);
        return -1;
    }
    write_holder(lock);
    return lock;
}

/* The name can be removed, and a link has another name: the file itself is locked too. SQLite's own locks (fcntl) do not mind
 * flock, but closing any descriptor of the file would drop them, so this one is closed last. */
static int take_file(const char *path, struct error *error)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        error_set(error, "%s cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        error_set(error, "%s is held by another process, which opened it by another name or whose lock file was removed", path);
        close(file);
        return -1;
    }
    return file;
}

bool store_hold(const char *path, struct store_hold *out, struct error *error)
{
    *out = (struct store_hold){ .lock = take_lock(path, error), .file = -1 };
    if (out->lock >= 0) out->file = take_file(path, error);
    if (out->file >= 0) return true;
    store_release(out);
    return false;
}

void store_release(struct store_hold *hold)
{
    if (hold->file >= 0) close(hold->file);
    if (hold->lock >= 0) close(hold->lock);
    *hold = (struct store_hold){ -1, -1 };
}
