/* SPDX-License-Identifier: Apache-2.0 */
/* memory: allocators for libraries that wipe every block on its way back, also when it only moves. */
#include "world/memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>


static void wiping_free(void *block)
{
    if (block == NULL) return;
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

/* realloc would leave the old bytes behind when it moves. */
static void *wiping_realloc(void *block, size_t bytes)
{
    if (block == NULL) return malloc(bytes);
    void *moved = malloc(bytes > 0 ? bytes : 1);
    if (moved == NULL) return NULL;
    size_t had = malloc_usable_size(block);
    memcpy(moved, block, had < bytes ? had : bytes);
    wiping_free(block);
    return moved;
}

static void *openssl_malloc(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return bytes == 0 ? NULL : malloc(bytes);
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

bool memory_wipe_libraries(struct error *error)
{
    bool is_early = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
    if (!is_early) return error_set(error, "OpenSSL was in use before its memory could be made to wipe itself");
    CURLcode failed = curl_global_init_mem(CURL_GLOBAL_ALL, malloc, wiping_free, wiping_realloc, strdup, calloc);
    if (failed) return error_set(error, "cannot start libcurl: %s", curl_easy_strerror(failed));
    return true;
}

bool memory_forbid_dumps(struct error *error)
{
    const struct rlimit none = { 0, 0 };
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return error_set(error, "cannot forbid dumps: %s", strerror(errno));
    if (setrlimit(RLIMIT_CORE, &none) != 0) return error_set(error, "cannot forbid core files: %s", strerror(errno));
    return true;
}
