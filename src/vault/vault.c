/* SPDX-License-Identifier: Apache-2.0 */
/* vault: envelopes of cards in doubt, and the mapped slots that hold their keys. */
#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/hash.h"
#include "base/id.h"
#include "vault/seal.h"

enum { SHARED_BYTES = 2 * SEAL_BYTES }; /* an envelope, and behind it its key, in an envelope of the same form */

/* As it lies in the mapped file. An empty owner is a free slot. */
struct slot {
    char owner[ID_TEXT_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
    micros taken_at;
};

struct vault {
    struct world *world;
    char path[1024];
    struct slot *slots;
    size_t count;
    size_t used;
    size_t used_by_tokens; /* of these */
    size_t next; /* where the search for a free one begins */
    struct seal *seal;
    bool is_shared;
    struct hash shared_key;
};

/* ---- the file of slots ---- */

bool vault_is_in_memory(const char *path, struct error *error)
{
    struct statfs about;
    if (statfs(path, &about) != 0) return error_set(error, "%s cannot be opened: %s", path, strerror(errno));
    if (about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC) return true;
    return error_set(error, "%s is not on tmpfs: keys of cards in doubt may not reach a disk", path);
}

static bool map_slots(struct vault *vault, int file, struct error *error)
{
    struct stat about;
    if (fstat(file, &about) != 0) return error_set(error, "%s: %s", vault->path, strerror(errno));
    if (about.st_uid != geteuid() || (about.st_mode & 077) != 0 || about.st_nlink != 1) {
        return error_set(error, "%s is not this user's alone", vault->path);
    }
    size_t there = (size_t)about.st_size / sizeof(struct slot);
    if (there > vault->count) vault->count = there; /* a key of a card in doubt is never cut off */
    size_t bytes = vault->count * sizeof(struct slot);
    int full = posix_fallocate(file, 0, (off_t)bytes); /* now, and not as a fault at the first touch */
    if (full != 0) return error_set(error, "%s: %s", vault->path, strerror(full));
    void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (slots == MAP_FAILED) return error_set(error, "%s cannot be mapped: %s", vault->path, strerror(errno));
    madvise(slots, bytes, MADV_DONTDUMP);
    vault->slots = slots;
    return true;
}

static bool is_of_token(const struct slot *slot) { return str_starts_with(str_of(slot->owner), STR("tok_")); }

static void count_used(struct vault *vault)
{
    for (size_t i = 0; i < vault->count; i++) {
        struct slot *slot = &vault->slots[i];
        slot->owner[sizeof slot->owner - 1] = 0;
        if (!slot->owner[0]) continue;
        vault->used++;
        vault->used_by_tokens += is_of_token(slot);
    }
}

static bool open_slots(struct vault *vault, const char *folder, const char *name, struct error *error)
{
    snprintf(vault->path, sizeof vault->path, "%s/florin-cards-%s", folder, name);
    if (!vault_is_in_memory(folder, error)) return false;
    int file = open(vault->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return error_set(error, "%s cannot be opened: %s", vault->path, strerror(errno));
    bool mapped = map_slots(vault, file, error);
    close(file);
    if (mapped) count_used(vault);
    return mapped;
}

struct vault *vault_open(struct world *world, const char *folder, const char *name, size_t slots, struct error *error)
{
    struct vault *vault = memory_take(sizeof *vault);
    vault->world = world;
    vault->count = slots;
    vault->seal = seal_open(world);
    if (open_slots(vault, folder, name, error)) return vault;
    vault_close(vault);
    return NULL;
}

void vault_close(struct vault *vault)
{
    if (!vault) return;
    if (vault->slots && vault->used == 0) unlink(vault->path); /* no card is in doubt: nothing to keep */
    if (vault->slots) munmap(vault->slots, vault->count * sizeof(struct slot));
    seal_close(vault->seal);
    secret_wipe(&vault->shared_key, sizeof vault->shared_key);
    free(vault);
}

void vault_share(struct vault *vault, const struct hash *key)
{
    vault->is_shared = true;
    vault->shared_key = *key;
}

/* ---- slots ---- */

static struct slot *free_slot(struct vault *vault)
{
    if (vault->used >= vault->count) return NULL;
    while (vault->slots[vault->next % vault->count].owner[0]) vault->next++;
    return &vault->slots[vault->next % vault->count];
}

static struct slot *slot_of(struct vault *vault, int64_t number, str operation)
{
    if (number < 0 || (size_t)number >= vault->count) return NULL;
    struct slot *slot = &vault->slots[number];
    slot->owner[sizeof slot->owner - 1] = 0;
    return str_equal(str_of(slot->owner), operation) ? slot : NULL;
}

static void wipe_slot(struct vault *vault, struct slot *slot)
{
    vault->used_by_tokens -= is_of_token(slot);
    secret_wipe(slot, sizeof *slot);
    vault->used--;
    crash_point("va.wiped");
}

void vault_shred(struct vault *vault, int64_t number, str operation)
{
    struct slot *slot = slot_of(vault, number, operation);
    if (slot && slot->owner[0]) wipe_slot(vault, slot);
}

/* A clock that was turned back makes none of them live longer. */
static bool is_overdue(const struct slot *slot, micros now) { return now - slot->taken_at >= VAULT_CVV_KEPT || slot->taken_at > now; }

void vault_wipe_overdue(struct vault *vault)
{
    micros now = world_now(vault->world);
    for (size_t i = 0; i < vault->count && vault->used_by_tokens > 0; i++) {
        struct slot *slot = &vault->slots[i];
        if (is_of_token(slot) && is_overdue(slot, now)) wipe_slot(vault, slot);
    }
}

size_t vault_sweep(struct vault *vault, bool (*is_held)(void *context, int64_t slot, str operation), void *context)
{
    size_t wiped = 0;
    for (size_t i = 0; i < vault->count; i++) {
        struct slot *slot = &vault->slots[i];
        slot->owner[sizeof slot->owner - 1] = 0;
        if (!slot->owner[0] || (is_of_token(slot) && !is_overdue(slot, world_now(vault->world)))) continue;
        if (!is_of_token(slot) && is_held(context, (int64_t)i, str_of(slot->owner))) continue;
        wipe_slot(vault, slot);
        wiped++;
    }
    return wiped;
}

size_t vault_used(const struct vault *vault) { return vault->used; }

micros vault_oldest(const struct vault *vault, micros now)
{
    micros oldest = 0;
    for (size_t i = 0; i < vault->count && vault->used > 0; i++) {
        const struct slot *slot = &vault->slots[i];
        if (slot->owner[0] && now - slot->taken_at > oldest) oldest = now - slot->taken_at;
    }
    return oldest;
}

/* ---- sealing ---- */

/* A key for one operation, so that no number of envelopes wears it out. */
static struct hash shared_key_for(const struct vault *vault, str operation) { return hash_keyed(&vault->shared_key, &operation, 1); }

/* The key of an envelope, in an envelope. */
static void seal_key(struct vault *vault, const struct slot *slot, str operation, uint8_t *sealed)
{
    uint8_t plain[SEAL_PLAIN_BYTES];
    struct hash key = shared_key_for(vault, operation);
    memcpy(plain, slot->key, SEAL_KEY_BYTES);
    seal_encrypt(vault->seal, key.bytes, operation, plain, sealed);
    secret_wipe(plain, sizeof plain);
    secret_wipe(&key, sizeof key);
}

static bool open_key(struct vault *vault, str operation, uint8_t *sealed, uint8_t out[SEAL_KEY_BYTES])
{
    uint8_t plain[SEAL_PLAIN_BYTES];
    struct hash key = shared_key_for(vault, operation);
    bool fine = seal_decrypt(vault->seal, key.bytes, operation, sealed, plain);
    if (fine) memcpy(out, plain, SEAL_KEY_BYTES);
    secret_wipe(plain, sizeof plain);
    secret_wipe(&key, sizeof key);
    return fine;
}

int64_t vault_seal(struct vault *vault, struct arena *arena, const struct card *card, str operation, str *sealed)
{
    uint8_t plain[SEAL_PLAIN_BYTES];
    uint8_t bytes[SHARED_BYTES];
    struct slot *slot = free_slot(vault);
    if (!slot) return VAULT_NO_SLOT;

    world_random(vault->world, slot->key, sizeof slot->key);
    slot->taken_at = world_now(vault->world);
    bool fits = str_copy_to(operation, slot->owner, sizeof slot->owner);
    INSIST(fits);
    vault->used++;
    vault->used_by_tokens += is_of_token(slot);
    card_pack(card, plain);
    seal_encrypt(vault->seal, slot->key, operation, plain, bytes);
    secret_wipe(plain, sizeof plain);
    if (vault->is_shared) seal_key(vault, slot, operation, bytes + SEAL_BYTES);
    *sealed = base64url_encode(arena, bytes, vault->is_shared ? SHARED_BYTES : SEAL_BYTES);
    crash_point("va.sealed");
    return slot - vault->slots;
}

int64_t vault_seal_cvv(struct vault *vault, struct arena *arena, const struct card *card, str token, str *sealed)
{
    if (vault->used_by_tokens >= vault->count / 2) return VAULT_NO_SLOT; /* the other half is for payments */
    struct card *cvv = card_take();
    cvv->expiry_year = 2000; /* the least that there is */
    memcpy(cvv->cvv, card->cvv, sizeof cvv->cvv);
    int64_t slot = vault_seal(vault, arena, cvv, token, sealed);
    card_give_back(cvv);
    return slot;
}

/* The key of that envelope: from our slot, or out of the envelope behind it. */
static bool find_key(struct vault *vault, int64_t number, str operation, uint8_t *sealed, size_t length, uint8_t key[SEAL_KEY_BYTES])
{
    const struct slot *slot = slot_of(vault, number, operation);
    if (slot) memcpy(key, slot->key, SEAL_KEY_BYTES);
    return slot || (vault->is_shared && length == SHARED_BYTES && open_key(vault, operation, sealed + SEAL_BYTES, key));
}

bool vault_open_card(struct vault *vault, int64_t number, str operation, str sealed, struct card *out)
{
    struct arena arena = { 0 };
    uint8_t plain[SEAL_PLAIN_BYTES];
    uint8_t key[SEAL_KEY_BYTES] = { 0 }, copy[SHARED_BYTES] = { 0 };
    str bytes;
    bool fine = base64url_decode(&arena, sealed, &bytes) && (bytes.length == SEAL_BYTES || bytes.length == SHARED_BYTES);
    if (fine) memcpy(copy, bytes.bytes, bytes.length);
    fine = fine && find_key(vault, number, operation, copy, bytes.length, key) && seal_decrypt(vault->seal, key, operation, copy, plain);
    if (fine) card_unpack(plain, out);
    secret_wipe(plain, sizeof plain);
    secret_wipe(key, sizeof key);
    arena_close(&arena);
    return fine;
}

/* ---- memory for one card ---- */

struct card *card_take(void) { return secret_take(sizeof(struct card)); }

void card_give_back(struct card *card) { secret_give_back(card, sizeof *card); }
