/* SPDX-License-Identifier: Apache-2.0 */
/* keyring: sealing and opening keys and cards. No key leaves this file but sealed, the master key for its keeper aside. */
#include "vault/keyring.h"

#include <stdlib.h>
#include <string.h>

enum {
    CARD_KEYS_MAX = 8,     /* one that is active, and those that are being retired */
    FINGERPRINT_CHARS = 32, /* 128 bits: no two of a merchant's cards will meet */
};

struct card_key {
    char id[VAULT_KEY_ID_BYTES];
    bool is_active;
    struct hash key;
};

/* What is known of the keys: locked memory. */
struct keys {
    struct hash master;
    struct hash fingerprint;
    bool has_fingerprint;
    struct card_key cards[CARD_KEYS_MAX];
    size_t card_count;
};

struct keyring {
    struct world *world;
    struct seal *seal;
    str merchant;
    struct keys *keys;
    bool is_open;
};

_Static_assert((SEAL_BYTES * 4) / 3 == TOKEN_SEALED_CHARS, "what the store expects of a sealed card");

struct keyring *keyring_make(struct world *world, str merchant)
{
    struct keyring *ring = memory_take(sizeof *ring);
    *ring = (struct keyring){ .world = world, .seal = seal_open(world), .merchant = merchant, .keys = secret_take(sizeof *ring->keys) };
    return ring;
}

void keyring_destroy(struct keyring *ring)
{
    if (!ring) return;
    secret_give_back(ring->keys, sizeof *ring->keys);
    seal_close(ring->seal);
    free(ring);
}

void master_id_of(const struct hash *master, char out[MASTER_ID_BYTES])
{
    char hex[HASH_HEX_BYTES + 1];
    struct hash shown = hash_derive(master, STR("florin master key id"));
    bool fits = str_copy_to((str){ hash_hex(&shown, hex).bytes, MASTER_ID_BYTES - 1 }, out, MASTER_ID_BYTES);
    INSIST(fits);
}

bool keyring_is_open(const struct keyring *ring) { return ring->is_open; }

const struct hash *keyring_master(const struct keyring *ring)
{
    INSIST(ring->is_open);
    return &ring->keys->master;
}

/* ---- rows of keys ---- */

static bool is_state(const struct vault_key_record *row, str state) { return str_equal(row->state, state); }
static bool is_of_cards(const struct vault_key_record *row) { return str_starts_with(row->key_id, STR("card-")); }

static str bound_to_key(const struct keyring *ring, struct arena *arena, str key_id)
{
    return arena_format(arena, "florin key 1\n%.*s\n%.*s", STR_FORMAT(ring->merchant), STR_FORMAT(key_id));
}

static str seal_key(struct keyring *ring, struct arena *arena, const struct hash *master, str key_id, const struct hash *key)
{
    uint8_t sealed[SEAL_BYTES];
    seal_encrypt(ring->seal, master->bytes, bound_to_key(ring, arena, key_id), key->bytes, sealed);
    return base64url_encode(arena, sealed, sizeof sealed);
}

static bool open_key(struct keyring *ring, const struct hash *master, const struct vault_key_record *row, struct hash *out)
{
    struct arena arena = { 0 };
    str sealed;
    bool fine = base64url_decode(&arena, row->sealed, &sealed) && sealed.length == SEAL_BYTES &&
                seal_decrypt(ring->seal, master->bytes, bound_to_key(ring, &arena, row->key_id), (const uint8_t *)sealed.bytes, out->bytes);
    arena_close(&arena);
    return fine;
}

static struct vault_key_record fresh_key(struct keyring *ring, struct arena *arena, const struct hash *master, str key_id)
{
    char master_id[MASTER_ID_BYTES];
    struct hash *key = secret_take(sizeof *key);
    world_random(ring->world, key->bytes, sizeof key->bytes);
    master_id_of(master, master_id);
    struct vault_key_record row = { .key_id = key_id,
                                    .state = STR("active"),
                                    .master_id = arena_copy(arena, str_of(master_id)),
                                    .sealed = seal_key(ring, arena, master, key_id, key),
                                    .created_at = world_now(ring->world) };
    secret_give_back(key, sizeof *key);
    return row;
}

void keyring_first(struct keyring *ring, struct arena *arena, const struct hash *master, struct vault_key_record out[KEYRING_FIRST])
{
    out[0] = fresh_key(ring, arena, master, STR("fingerprint-1"));
    out[1] = fresh_key(ring, arena, master, STR("card-1"));
}

struct vault_key_record keyring_next(struct keyring *ring, struct arena *arena, const struct hash *master, const struct vault_key_record *rows,
                                     size_t count)
{
    int64_t highest = 0, number;
    for (size_t i = 0; i < count; i++) {
        bool is_numbered = is_of_cards(&rows[i]) && str_to_int64(str_from(rows[i].key_id, 5), INT32_MAX, &number);
        if (is_numbered && number > highest) highest = number;
    }
    return fresh_key(ring, arena, master, arena_format(arena, "card-%lld", (long long)highest + 1));
}

bool keyring_seal_again(struct keyring *ring, struct arena *arena, const struct hash *from, const struct hash *to, struct vault_key_record *row)
{
    char master_id[MASTER_ID_BYTES];
    struct hash *key = secret_take(sizeof *key);
    bool opened = open_key(ring, from, row, key);
    master_id_of(to, master_id);
    if (opened) row->sealed = seal_key(ring, arena, to, row->key_id, key);
    if (opened) row->master_id = arena_copy(arena, str_of(master_id));
    secret_give_back(key, sizeof *key);
    return opened;
}

/* ---- opening ---- */

static bool take_row(struct keyring *ring, struct keys *keys, const struct hash *master, const struct vault_key_record *row)
{
    if (!is_of_cards(row)) {
        keys->has_fingerprint = open_key(ring, master, row, &keys->fingerprint);
        return keys->has_fingerprint;
    }
    if (keys->card_count == CARD_KEYS_MAX) return false;
    struct card_key *key = &keys->cards[keys->card_count++];
    key->is_active = is_state(row, STR("active"));
    return str_copy_to(row->key_id, key->id, sizeof key->id) && open_key(ring, master, row, &key->key);
}

static const struct card_key *active_of(const struct keys *keys)
{
    for (size_t i = 0; i < keys->card_count; i++) {
        if (keys->cards[i].is_active) return &keys->cards[i];
    }
    return NULL;
}

static enum keyring_finding take_rows(struct keyring *ring, struct keys *keys, const struct hash *master,
                                      const struct vault_key_record *rows, size_t count)
{
    char master_id[MASTER_ID_BYTES];
    master_id_of(master, master_id);
    keys->master = *master;
    for (size_t i = 0; i < count; i++) {
        if (is_state(&rows[i], STR("destroyed"))) continue;
        if (!str_equal(rows[i].master_id, str_of(master_id))) return KEYRING_FOREIGN;
        if (!take_row(ring, keys, master, &rows[i])) return KEYRING_DAMAGED;
    }
    return keys->has_fingerprint && active_of(keys) ? KEYRING_OPEN : KEYRING_DAMAGED;
}

enum keyring_finding keyring_take(struct keyring *ring, const struct hash *master, const struct vault_key_record *rows, size_t count)
{
    if (count == 0) return KEYRING_EMPTY;
    struct keys *keys = secret_take(sizeof *keys);
    enum keyring_finding finding = take_rows(ring, keys, master, rows, count);
    if (finding == KEYRING_OPEN) *ring->keys = *keys;
    ring->is_open |= finding == KEYRING_OPEN;
    secret_give_back(keys, sizeof *keys);
    return finding;
}

str keyring_active_key(const struct keyring *ring)
{
    INSIST(ring->is_open);
    return str_of(active_of(ring->keys)->id);
}

/* ---- cards ---- */

str keyring_fingerprint(const struct keyring *ring, struct arena *arena, const struct card_number *number)
{
    char hex[HASH_HEX_BYTES + 1];
    INSIST(ring->is_open);
    str pieces[] = { STR("card number\n"), str_of(number->digits) };
    struct hash hash = hash_keyed(&ring->keys->fingerprint, pieces, COUNT_OF(pieces));
    return arena_copy(arena, (str){ hash_hex(&hash, hex).bytes, FINGERPRINT_CHARS });
}

/* What the token is and may: who changes its row so that it may more, has no card any more. */
static str bound_to_card(const struct keyring *ring, struct arena *arena, const struct token_record *token)
{
    return arena_format(arena, "florin card 1\n%.*s\n%.*s\n%.*s\n%d\n%lld\n%lld", STR_FORMAT(ring->merchant), STR_FORMAT(token->id),
                        STR_FORMAT(token->key_id), token->token.single_use, (long long)token->token.created_at,
                        (long long)token->token.expires_at);
}

/* A key for one token, so that no number of cards wears the data key out. */
static struct hash key_for(const struct keyring *ring, const struct card_key *key, str token_id)
{
    str pieces[] = { STR("card key\n"), ring->merchant, STR("\n"), token_id };
    return hash_keyed(&key->key, pieces, COUNT_OF(pieces));
}

void keyring_seal_card(struct keyring *ring, struct arena *arena, const struct card *card, struct token_record *token)
{
    uint8_t plain[SEAL_PLAIN_BYTES], sealed[SEAL_BYTES];
    struct card *bare = secret_take(sizeof *bare);
    token->key_id = arena_copy(arena, keyring_active_key(ring));
    struct hash key = key_for(ring, active_of(ring->keys), token->id);
    *bare = *card;
    secret_wipe(bare->cvv, sizeof bare->cvv);
    card_pack(bare, plain);
    seal_encrypt(ring->seal, key.bytes, bound_to_card(ring, arena, token), plain, sealed);
    token->card_sealed = base64url_encode(arena, sealed, sizeof sealed);
    secret_wipe(plain, sizeof plain);
    secret_wipe(&key, sizeof key);
    secret_give_back(bare, sizeof *bare);
}

static const struct card_key *find_key(const struct keyring *ring, str id)
{
    for (size_t i = 0; i < ring->keys->card_count; i++) {
        if (str_equal(str_of(ring->keys->cards[i].id), id)) return &ring->keys->cards[i];
    }
    return NULL;
}

/* What is shown of it must be that card's. */
static bool shows(const struct token_record *token, const struct card *card)
{
    struct card_number read;
    if (!card_number_read(str_of(card->number.digits), &read)) return false;
    struct card_face face = card_face_of(&card->number);
    secret_wipe(&read, sizeof read);
    return str_equal(str_of(face.last4), token->last4) && card->expiry_month == token->expiry_month && card->expiry_year == token->expiry_year;
}

static bool unseal(struct keyring *ring, const struct card_key *data_key, const struct token_record *token, struct card *out)
{
    struct arena arena = { 0 };
    uint8_t plain[SEAL_PLAIN_BYTES] = { 0 };
    str sealed;
    struct hash key = key_for(ring, data_key, token->id);
    bool fine = base64url_decode(&arena, token->card_sealed, &sealed) && sealed.length == SEAL_BYTES &&
                seal_decrypt(ring->seal, key.bytes, bound_to_card(ring, &arena, token), (const uint8_t *)sealed.bytes, plain);
    if (fine) card_unpack(plain, out);
    secret_wipe(plain, sizeof plain);
    secret_wipe(&key, sizeof key);
    arena_close(&arena);
    return fine;
}

enum card_opening keyring_open_card(struct keyring *ring, const struct token_record *token, struct card *out)
{
    if (!ring->is_open) return CARD_VAULT_SEALED;
    const struct card_key *key = find_key(ring, token->key_id);
    if (!key) return CARD_KEY_UNKNOWN;
    bool fine = unseal(ring, key, token, out);
    if (fine && shows(token, out)) return CARD_OPENED;
    if (fine) secret_wipe(out, sizeof *out);
    return CARD_UNREADABLE;
}
