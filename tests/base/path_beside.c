/* SPDX-License-Identifier: Apache-2.0 */
/* path_beside: finds what lies beside a test's source, wherever the test is run. */
#include "base/base_testing.h"

#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

static void cut_last(char *path)
{
    if (strrchr(path, '/')) *strrchr(path, '/') = 0;
}

void path_beside(const char *source, const char *name, char *out, size_t bytes)
{
    char program[PATH_BYTES] = "", folder[PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    for (int i = 0; i < 2; i++) cut_last(program); /* tests/PROGRAM */
    snprintf(folder, sizeof folder, "%s", source);
    cut_last(folder);
    if (folder[0] == '/') snprintf(out, bytes, "%.500s/%.100s", folder, name);
    else snprintf(out, bytes, "%.500s/%.400s/%.100s", program, folder, name);
}
