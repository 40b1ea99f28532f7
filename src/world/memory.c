/* SPDX-License-Identifier: Apache-2.0 */
/* memory: allocators for libraries, which always get what they ask for, and wipe every block on its way back, also when it only moves. */
#include "world/memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <uv.h>

/* Nobody's "there is no memory" is ever heard by a library: what it would do then, nobody has tried (docs/decisions/0019). */
static void *certain(void *block, size_t bytes)
{
    if (block == NULL) memory_missing(bytes);
    return block;
}

static void *certain_malloc(size_t bytes) { return certain(malloc(bytes > 0 ? bytes : 1), bytes); }
static void *certain_calloc(size_t count, size_t bytes) { return certain(calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1), bytes); }
static void *certain_realloc(void *block, size_t bytes) { return certain(realloc(block, bytes > 0 ? bytes : 1), bytes); }

static char *certain_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(certain_malloc(bytes), text, bytes);
}

static void wiping_free(void *block)
{
    if (block == NULL) return;
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

/* realloc would leave the old bytes behind when it moves. */
static void *wiping_realloc(void *block, size_t bytes)
{
    void *moved = certain_malloc(bytes);
    if (block == NULL) return moved;
    size_t had = malloc_usable_size(block);
    memcpy(moved, block, had < bytes ? had : bytes);
    wiping_free(block);
    return moved;
}

static void *openssl_malloc(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return bytes == 0 ? NULL : certain_malloc(bytes);
}

static void *openssl_realloc(void *block, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    if (bytes > 0) return wiping_realloc(block, bytes);
    wiping_free(block);
    return NULL;
}

static void openssl_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    wiping_free(block);
}

/* SQLite's own allocator, which knows the size of each block; it keeps no secrets that secure_delete does not care for. */
static struct sqlite3_mem_methods sqlite_plain;

static void *sqlite_malloc(int bytes) { return certain(sqlite_plain.xMalloc(bytes), (size_t)bytes); }
static void *sqlite_realloc(void *block, int bytes) { return certain(sqlite_plain.xRealloc(block, bytes), (size_t)bytes); }

static bool give_sqlite_its_memory(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_plain) != SQLITE_OK) return false;
    struct sqlite3_mem_methods methods = sqlite_plain;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}

bool memory_wipe_libraries(struct error *error)
{
    bool is_early = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
    if (!is_early) return error_set(error, "OpenSSL was in use before its memory could be made to wipe itself");
    CURLcode failed = curl_global_init_mem(CURL_GLOBAL_ALL, certain_malloc, wiping_free, wiping_realloc, certain_strdup, certain_calloc);
    if (failed) return error_set(error, "cannot start libcurl: %s", curl_easy_strerror(failed));
    int refused = uv_replace_allocator(certain_malloc, certain_realloc, certain_calloc, free);
    if (refused != 0 || !give_sqlite_its_memory()) return error_set(error, "libuv or SQLite was in use before its memory could be watched");
    return true;
}

bool memory_forbid_dumps(struct error *error)
{
    const struct rlimit none = { 0, 0 };
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return error_set(error, "cannot forbid dumps: %s", strerror(errno));
    if (setrlimit(RLIMIT_CORE, &none) != 0) return error_set(error, "cannot forbid core files: %s", strerror(errno));
    return true;
}
