/* SPDX-License-Identifier: Apache-2.0 */
/* memory: what keeps secrets out of freed memory, of core files and of other processes' sight. */
#ifndef FLORIN_WORLD_MEMORY_H
#define FLORIN_WORLD_MEMORY_H

#include "base/error.h"

/* From now on libcurl and OpenSSL wipe what they free, and they, libuv and SQLite get every block that they ask for, or the process
 * stops (memory_missing). Called once, before any of them is used. */
bool memory_wipe_libraries(struct error *error) MUST_CHECK;

/* No core file, and no debugger of the same user: PR_SET_DUMPABLE 0 and RLIMIT_CORE 0. */
bool memory_forbid_dumps(struct error *error) MUST_CHECK;

#endif
