/* SPDX-License-Identifier: Apache-2.0 */
/* folder: file by file, then the folder. */
#include "simulation/folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool folder_remove(const char *folder)
{
    bool removed = true;
    DIR *entries = opendir(folder);
    if (!entries) return false;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') removed &= length < PATH_MAX && unlink(path) == 0;
    }
    closedir(entries);
    return rmdir(folder) == 0 && removed;
}
