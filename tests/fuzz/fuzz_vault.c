/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes of cards: what was sealed opens for its own operation from its own slot; no other text does, changed in one
 * letter or made up, nor for another operation, nor from another slot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzzing.h"
#include "vault/vault.h"

enum { SLOTS = 4 };

static micros door_now(struct world *world)
{
    (void)world;
    return 1;
}

/* Different each time, and the same for every run of the program. */
static void door_random(struct world *world, void *bytes, size_t length)
{
    static uint64_t state = 1;
    (void)world;
    for (size_t i = 0; i < length; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)bytes)[i] = (uint8_t)(state >> 56);
    }
}

static const struct world_doors doors = { .now = door_now, .random = door_random };
static struct world world = { &doors };
static struct vault *vault;
static struct arena arena;

/* Once for all inputs; the file is gone at once and lives on as a mapping. */
static void open_vault(void)
{
    char folder[] = "/dev/shm/florin-fuzz-XXXXXX", path[64];
    struct error error;
    INSIST(mkdtemp(folder) != NULL);
    vault = vault_open(&world, folder, "fuzz", SLOTS, &error);
    INSIST(vault != NULL);
    (void)snprintf(path, sizeof path, "%s/florin-cards-fuzz", folder);
    INSIST(unlink(path) == 0 && rmdir(folder) == 0);
}

static bool is_same_card(const struct card *a, const struct card *b)
{
    return strcmp(a->number.digits, b->number.digits) == 0 && strcmp(a->cvv, b->cvv) == 0 &&
           a->expiry_month == b->expiry_month && a->expiry_year == b->expiry_year;
}

static struct card take_card(struct input *input)
{
    struct card card = { .expiry_month = 1 + (int)input_below(input, 12), .expiry_year = 2000 + (int)input_below(input, 100) };
    memcpy(card.number.digits, "4242424242424242424", 13 + input_below(input, 7));
    memcpy(card.cvv, "1234", input_below(input, 5));
    return card;
}

static str changed(struct input *input, str sealed)
{
    str copy = arena_copy(&arena, sealed);
    char *letter = (char *)(uintptr_t)copy.bytes + input_byte(input) % copy.length;
    char instead = (char)input_byte(input);
    *letter = *letter == instead ? (char)(instead ^ 1) : instead;
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    struct card card = take_card(&input), opened;
    str operation = STR("op_1"), sealed;
    if (!vault) open_vault();
    int64_t slot = vault_seal(vault, &arena, &card, operation, &sealed);
    INSIST(slot >= 0 && vault_used(vault) == 1);
    INSIST(vault_open_card(vault, slot, operation, sealed, &opened) && is_same_card(&card, &opened));
    INSIST(!vault_open_card(vault, slot, operation, changed(&input, sealed), &opened));
    int64_t other = (int8_t)input_byte(&input);
    INSIST(other == slot || !vault_open_card(vault, other, operation, sealed, &opened));
    INSIST(!vault_open_card(vault, slot, STR("op_2"), sealed, &opened));
    str text = input_rest(&input);
    INSIST(str_equal(text, sealed) || !vault_open_card(vault, slot, operation, text, &opened));
    vault_shred(vault, slot, operation);
    INSIST(vault_used(vault) == 0 && !vault_open_card(vault, slot, operation, sealed, &opened));
    arena_reset(&arena);
    return 0;
}
