/* SPDX-License-Identifier: Apache-2.0 */
/* store_witness: a small file that says how far a store had come. SQLite drops what follows a damaged place in its log without
 * a word; a store that is behind its witness has lost something. The file is replaced whole, and is never ahead of what is durable:
 *
 *     florin witness 1
 *     store 0f5c...            the store's own id
 *     commits 4711             the number of its newest durable commit
 *     at 2026-03-01T09:30:00.123Z
 *     sum 9ac2...              SHA-256 of the lines above
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/file.h"
#include "base/moment.h"
#include "store/store_internal.h"

enum { WITNESS_BYTES_MAX = 512 }; /* five lines of known length, with room to see that there is more */

bool store_witness_path(const char *store_path, const char *chosen, char out[WITNESS_PATH_BYTES])
{
    int length = snprintf(out, WITNESS_PATH_BYTES, "%s%s", chosen ? chosen : store_path, chosen ? "" : ".witness");
    return length > 0 && length < WITNESS_PATH_BYTES;
}

/* ---- its text ---- */

static str text_of(struct arena *arena, const struct store_mark *mark)
{
    char at[MOMENT_TEXT_BYTES], hex[HASH_HEX_BYTES + 1];
    str lines = arena_format(arena, "florin witness 1\nstore %s\ncommits %lld\nat %s\n", mark->store_id, (long long)mark->commits,
                             moment_format(mark->at, at).bytes);
    struct hash sum = hash_of(&lines, 1);
    hash_hex(&sum, hex);
    return arena_format(arena, "%ssum %s\n", lines.bytes, hex);
}

/* The rest of the next line behind that word. */
static str take_line(str *text, str word)
{
    str line = str_cut(*text, '\n', text);
    return str_starts_with(line, word) ? str_from(line, word.length) : STR_NONE;
}

/* Only what we would write ourselves, byte for byte, is a witness. */
static bool read_text(struct arena *arena, str text, struct store_mark *out)
{
    str rest = text;
    *out = (struct store_mark){ 0 };
    (void)take_line(&rest, STR("florin witness 1"));
    bool fits = str_copy_to(take_line(&rest, STR("store ")), out->store_id, sizeof out->store_id) &&
                str_to_int64(take_line(&rest, STR("commits ")), INT64_MAX, &out->commits) &&
                moment_parse(take_line(&rest, STR("at ")), &out->at);
    return fits && str_equal(text, text_of(arena, out));
}

/* ---- the file ---- */

bool store_write_witness(const char *path, const struct store_mark *mark, struct error *error)
{
    struct timespec now;
    struct arena arena = { 0 };
    struct store_mark stamped = *mark;
    clock_gettime(CLOCK_REALTIME, &now); /* for people; no decision depends on it */
    stamped.at = (micros)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / (1000 * MICROS_PER_MS) * MICROS_PER_MS;
    bool written = file_replace(path, text_of(&arena, &stamped));
    int problem = errno;
    arena_close(&arena);
    if (written) crash_point("st.witness_written");
    return written || error_set(error, "the witness %s cannot be written: %s", path, strerror(problem));
}

static enum witness_finding read_witness(const char *path, struct store_mark *out, struct error *error)
{
    char text[WITNESS_BYTES_MAX];
    struct arena arena = { 0 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *out = (struct store_mark){ 0 };
    if (file < 0 && errno == ENOENT) return WITNESS_ABSENT;
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text);
    int problem = errno;
    if (file >= 0) close(file);
    if (length < 0) {
        error_set(error, "the witness %s cannot be read: %s", path, strerror(problem));
        return WITNESS_UNREADABLE;
    }
    bool fits = read_text(&arena, (str){ text, (size_t)length }, out);
    arena_close(&arena);
    if (!fits) error_set(error, "the witness %s is damaged: it is not what a gateway wrote", path);
    return fits ? WITNESS_FITS : WITNESS_UNREADABLE;
}

/* ---- comparing ---- */

static enum witness_finding compare(const char *store_path, const char *path, const struct witness_comparison *sides, struct error *error)
{
    char at[MOMENT_TEXT_BYTES];
    const struct store_mark *store = &sides->store, *witness = &sides->witness;
    if (!str_equal(str_of(store->store_id), str_of(witness->store_id))) {
        error_set(error, "the witness %s is of another store than %s", path, store_path);
        return WITNESS_FOREIGN;
    }
    if (store->commits >= witness->commits) return WITNESS_FITS;
    error_set(error, "%s has lost its last %lld commits: it ends at commit %lld, and its witness saw commit %lld at %s", store_path,
              (long long)(witness->commits - store->commits), (long long)store->commits, (long long)witness->commits,
              moment_format(witness->at, at).bytes);
    return WITNESS_AHEAD;
}

bool store_compare_witness(struct store *store, const char *path, struct witness_comparison *out, struct error *error)
{
    *out = (struct witness_comparison){ 0 };
    out->finding = read_witness(path, &out->witness, error); /* before the store: a gateway may be writing both */
    if (!store_load_mark(store, &out->store, error)) return false;
    if (out->finding == WITNESS_FITS) out->finding = compare(store->path, path, out, error);
    return true;
}

bool store_keep_witness(struct store *store, const char *path, const struct witness_comparison *compared, struct error *error)
{
    INSIST(compared->finding == WITNESS_FITS || compared->finding == WITNESS_ABSENT);
    int64_t written = compared->witness.commits;
    if (compared->finding == WITNESS_ABSENT && !store_write_witness(path, &compared->store, error)) return false;
    if (compared->finding == WITNESS_ABSENT) written = compared->store.commits;
    store->keeper = keeper_open(path, &compared->store, written, error);
    return store->keeper != NULL;
}
