/* SPDX-License-Identifier: Apache-2.0 */
/* account: reading the file with keys, and what follows from it. */
#include "command/account.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/http_client.h"

/* ---- the file ---- */

static const char **key_named(struct processor_keys *keys, str name)
{
    if (str_equal(name, STR("secret_key"))) return &keys->secret_key;
    if (str_equal(name, STR("client_id"))) return &keys->client_id;
    if (str_equal(name, STR("encryption_key"))) return &keys->encryption_key;
    if (str_equal(name, STR("webhook_secret"))) return &keys->webhook_secret;
    return NULL;
}

/* The value is ended where it stands: the line is over there, or a blank follows. */
static bool read_line(const char *path, int number, str line, struct processor_keys *keys, struct error *error)
{
    str value;
    str name = str_trim(str_cut(line, '=', &value));
    if (str_is_empty(str_trim(line)) || line.bytes[0] == '#') return true;
    const char **key = key_named(keys, name);
    value = str_trim(value);
    if (!key || str_is_empty(value)) return error_set(error, "%s: line %d is not `name = value` of a key", path, number);
    ((char *)(uintptr_t)value.bytes)[value.length] = 0;
    *key = value.bytes;
    return true;
}

static bool read_lines(const char *path, struct account_keys *out, struct error *error)
{
    str rest = str_of(out->text);
    for (int number = 1; rest.length > 0; number++) {
        str line = str_cut(rest, '\n', &rest);
        if (!read_line(path, number, line, &out->keys, error)) return false;
    }
    return out->keys.secret_key || error_set(error, "%s holds no secret_key", path);
}

static bool read_file(int file, const char *path, struct account_keys *out, struct error *error)
{
    struct stat about;
    if (fstat(file, &about) != 0 || (about.st_mode & 077) != 0) {
        return error_set(error, "%s may be read by others: give it mode 0600", path);
    }
    ssize_t length = read(file, out->text, sizeof out->text - 1);
    if (length < 0) return error_set(error, "%s cannot be read: %s", path, strerror(errno));
    if (length == (ssize_t)sizeof out->text - 1) return error_set(error, "%s is too long for a file of keys", path);
    out->text[length] = 0;
    return read_lines(path, out, error);
}

bool account_keys_read(const char *path, struct account_keys *out, struct error *error)
{
    *out = (struct account_keys){ 0 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return error_set(error, "%s cannot be read: %s", path, strerror(errno));
    bool is_read = read_file(file, path, out, error);
    close(file);
    return is_read;
}

/* ---- the account ---- */

/* Test and live never mix: a key says by its first letters which it is. */
static bool fits_mode(const struct processor *processor, const char *secret_key, bool live, const char *path, struct error *error)
{
    const char *wanted = live ? processor->live_key_prefix : processor->test_key_prefix;
    if (!wanted || str_starts_with(str_of(secret_key), str_of(wanted))) return true;
    return error_set(error, "%s holds no %s key of %s: that begins with %s", path, live ? "live" : "test", processor->name, wanted);
}

bool account_is_used(const struct processor *processor, const struct account_choice *choice)
{
    return choice->keys_file || processor->credential == CREDENTIAL_NONE;
}

/* Is there a key to encrypt with, where the processor wants that? */
static bool can_encrypt(const struct processor *processor, const char *encryption_key, const char *path, struct error *error)
{
    size_t wanted = processor->encryption_key_bytes;
    if (wanted == 0 || (encryption_key && strlen(encryption_key) == wanted)) return true;
    return error_set(error, "%s holds no encryption_key of %zu characters", path, wanted);
}

static bool open_keys(const struct processor *processor, const struct account_choice *choice, bool live, struct account_keys *keys,
                      struct error *error)
{
    *keys = (struct account_keys){ 0 };
    if (!choice->keys_file) return true;
    return account_keys_read(choice->keys_file, keys, error) &&
           fits_mode(processor, keys->keys.secret_key, live, choice->keys_file, error) &&
           can_encrypt(processor, keys->keys.encryption_key, choice->keys_file, error);
}

bool account_open(const struct processor *processor, const struct account_choice *choice, bool live, struct account_keys *keys,
                  struct processor_settings *out, struct error *error)
{
    if (!open_keys(processor, choice, live, keys, error)) return false;
    if (choice->ca_file && !http_client_check_ca_file(choice->ca_file, error)) return false;
    *out = (struct processor_settings){
        .processor = processor,
        .keys = keys->keys,
        .url = choice->url ? choice->url : live ? processor->live_url : processor->test_url,
        .ca_file = choice->ca_file,
        .timeout = choice->timeout_ms * MICROS_PER_MS,
        .connect_timeout = choice->connect_timeout_ms * MICROS_PER_MS,
        .resend_after = choice->resend_after_ms * MICROS_PER_MS,
    };
    return out->url || error_set(error, "%s has no address: set %s_url", processor->name, processor->name);
}
