/* SPDX-License-Identifier: Apache-2.0 */
/* key_file: reading, making and replacing a secret. */
#include "vault/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { PATH_BYTES = 1100, LINE_BYTES = HASH_HEX_BYTES + 1 };

static bool write_new(int file, const struct hash *secret)
{
    char line[LINE_BYTES + 1];
    hash_hex(secret, line);
    line[HASH_HEX_BYTES] = '\n';
    bool written = write(file, line, LINE_BYTES) == LINE_BYTES && fsync(file) == 0;
    secret_wipe(line, sizeof line);
    return written;
}

static void name_fresh(const char *path, char fresh[PATH_BYTES + 8]) { snprintf(fresh, PATH_BYTES + 8, "%s.new", path); }

bool key_file_prepare(const char *path, const struct hash *secret, struct error *error)
{
    char fresh[PATH_BYTES + 8];
    name_fresh(path, fresh);
    unlink(fresh); /* of one that was killed; the store's lock keeps others out */
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return error_set(error, "the key file %s cannot be made: %s", path, strerror(errno));
    bool written = write_new(file, secret);
    close(file);
    if (written && file_sync_folder(path)) return true;
    unlink(fresh);
    return error_set(error, "the key file %s cannot be written: %s", path, strerror(errno));
}

/* On a disk that writes in place, nothing is left of the old one. */
static void overwrite(const char *path)
{
    static const struct hash nothing;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)write_new(file, &nothing);
    close(file);
}

bool key_file_put_in_place(const char *path, struct error *error)
{
    char fresh[PATH_BYTES + 8];
    name_fresh(path, fresh);
    overwrite(path);
    if (rename(fresh, path) == 0 && file_sync_folder(path)) return true;
    return error_set(error, "the key file %s cannot be put in its place: %s", path, strerror(errno));
}

bool key_file_write(const char *path, const struct hash *secret, struct error *error)
{
    if (access(path, F_OK) == 0) return error_set(error, "there is a key file %s already", path);
    return key_file_prepare(path, secret, error) && key_file_put_in_place(path, error);
}

static bool make(struct world *world, const char *path, struct hash *out, struct error *error)
{
    world_random(world, out->bytes, sizeof out->bytes);
    return key_file_write(path, out, error);
}

static bool read_line(int file, const char *path, struct hash *out, struct error *error)
{
    char line[LINE_BYTES];
    struct stat about;
    if (fstat(file, &about) != 0 || (about.st_mode & 077) != 0) {
        return error_set(error, "the key file %s may be read by others: give it mode 0600", path);
    }
    bool fits = read(file, line, sizeof line) == LINE_BYTES && line[HASH_HEX_BYTES] == '\n' &&
                hex_decode((str){ line, HASH_HEX_BYTES }, out->bytes, sizeof out->bytes);
    secret_wipe(line, sizeof line);
    return fits || error_set(error, "the key file %s does not hold 64 hex digits and a line feed", path);
}

bool key_file_read_given(const char *path, struct hash *out, struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return error_set(error, "the key file %s cannot be read: %s", path, strerror(errno));
    bool fits = read_line(file, path, out, error);
    close(file);
    return fits;
}

bool key_file_read_prepared(const char *path, struct hash *out, struct error *error)
{
    char fresh[PATH_BYTES + 8];
    name_fresh(path, fresh);
    return key_file_read_given(fresh, out, error);
}

bool key_file_read(struct world *world, const char *path, const char *store_path, struct hash *out, struct error *error)
{
    char beside[PATH_BYTES];
    snprintf(beside, sizeof beside, "%s.key", store_path);
    if (!path) path = beside;
    bool is_absent = access(path, F_OK) != 0 && errno == ENOENT;
    return is_absent ? make(world, path, out, error) : key_file_read_given(path, out, error);
}
