/* SPDX-License-Identifier: Apache-2.0 */
/* store_room: free space on the disk of the store, and a reserve that is given up when there is none left. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/store_internal.h"

enum { PATH_BYTES = 1024, RESERVE_BYTES = 4 * 1024 * 1024 }; /* room for the outcomes of some thousand open operations */

int64_t store_room_bytes(const char *path)
{
    struct statvfs about;
    if (statvfs(path, &about) != 0) return 0;
    return (int64_t)about.f_bavail * (int64_t)about.f_frsize;
}

static void reserve_path(const char *path, char out[PATH_BYTES + 16]) { snprintf(out, PATH_BYTES + 16, "%s.reserve", path); }

void reserve_take(const char *path)
{
    char name[PATH_BYTES + 16];
    reserve_path(path, name);
    int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    /* Without room for it now, the file stays shorter: the watch on free space has already stopped new work. */
    if (posix_fallocate(file, 0, RESERVE_BYTES) != 0) unlink(name);
    close(file);
}

void reserve_give_up(const char *path)
{
    char name[PATH_BYTES + 16];
    reserve_path(path, name);
    unlink(name);
}
