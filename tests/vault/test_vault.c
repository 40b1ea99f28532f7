/* SPDX-License-Identifier: Apache-2.0 */
/* vault: a sealed card opens for its own operation, from its own slot, as long as the doubt lasts, and never again after. */
#include "base/base_testing.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "world/fake_world.h"
#include "vault/vault.h"

enum { SLOTS = 8, FILE_BYTES_MAX = 64 * 1024 };

static const struct card visa = { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 };

/* A vault of a test's own, in memory that is a folder. */
struct room {
    struct fake_world *fake;
    char folder[64];
    char path[96];
    struct vault *vault;
    struct arena arena;
};

static void open_vault(struct room *room)
{
    struct error error = { "" };
    room->vault = vault_open(fake_world_of_gateway(room->fake), room->folder, "test", SLOTS, &error);
    if (!room->vault) fail_msg("%s", error.text);
}

static void close_vault(struct room *room)
{
    vault_close(room->vault);
    room->vault = NULL;
}

static int set_up(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    room->fake = fake_world_open(&(struct fake_options){ .seed = 5 });
    snprintf(room->folder, sizeof room->folder, "/dev/shm/florin-vault-XXXXXX");
    assert_non_null(mkdtemp(room->folder));
    snprintf(room->path, sizeof room->path, "%s/florin-cards-test", room->folder);
    open_vault(room);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    vault_close(room->vault);
    fake_world_close(room->fake);
    arena_close(&room->arena);
    (void)unlink(room->path);
    assert_int_equal(rmdir(room->folder), 0);
    free(room);
    return 0;
}

#define room_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static str operation(struct room *room, int number) { return arena_format(&room->arena, "op_%036d", number); }

static int64_t seal(struct room *room, int number, const struct card *card, str *sealed)
{
    int64_t slot = vault_seal(room->vault, &room->arena, card, operation(room, number), sealed);
    assert_true(slot >= 0 && slot < SLOTS);
    return slot;
}

static bool opens(struct room *room, int64_t slot, int number, str sealed)
{
    struct card card;
    str copy = sealed.bytes ? exact_copy(sealed) : STR_NONE;
    bool opened = vault_open_card(room->vault, slot, operation(room, number), copy, &card);
    if (copy.bytes) exact_free(copy);
    return opened;
}

/* ---- sealing and opening ---- */

static void a_card_comes_back_as_it_was(void **state)
{
    struct room *room = *state;
    static const struct card cards[] = {
        { .number = { "4111111111111111" }, .cvv = "123", .expiry_month = 6, .expiry_year = 2030 },
        { .number = { "378282246310005" }, .cvv = "1234", .expiry_month = 12, .expiry_year = 2099 },
        { .number = { "4222222222222" }, .cvv = "", .expiry_month = 1, .expiry_year = 2000 },
        { .number = { "6205500000000000004" }, .cvv = "000", .expiry_month = 2, .expiry_year = 2028 },
    };
    for (size_t i = 0; i < COUNT_OF(cards); i++) {
        str sealed;
        struct card back;
        memset(&back, 0x5a, sizeof back);
        int64_t slot = seal(room, (int)i, &cards[i], &sealed);
        assert_true(vault_open_card(room->vault, slot, operation(room, (int)i), sealed, &back));
        assert_string_equal(back.number.digits, cards[i].number.digits);
        assert_string_equal(back.cvv, cards[i].cvv);
        assert_int_equal(back.expiry_month, cards[i].expiry_month);
        assert_int_equal(back.expiry_year, cards[i].expiry_year);
        assert_true(opens(room, slot, (int)i, sealed)); /* as often as it must be sent */
    }
}

/* One length for all, and nothing to be seen in it: the same card looks another way each time. */
static void a_sealed_text_tells_nothing(void **state)
{
    struct room *room = *state;
    struct card longest = { .number = { "6205500000000000004" }, .cvv = "1234", .expiry_month = 12, .expiry_year = 2099 };
    str texts[4];
    for (int i = 0; i < 4; i++) (void)seal(room, i, i < 3 ? &visa : &longest, &texts[i]);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(texts[i].length, texts[0].length);
        assert_false(card_is_in(texts[i]));
        for (int other = 0; other < i; other++) assert_false(str_equal(texts[i], texts[other]));
    }
}

/* A row whose text was moved, or whose slot is another's, does not open. */
static void a_moved_text_does_not_open(void **state)
{
    struct room *room = *state;
    str sealed[2];
    int64_t slots[2] = { seal(room, 0, &visa, &sealed[0]), seal(room, 1, &visa, &sealed[1]) };
    for (int i = 0; i < 8; i++) {
        int slot = i & 1, number = i >> 1 & 1, text = i >> 2;
        assert_row(opens(room, slots[slot], number, sealed[text]) == (slot == number && number == text), i);
    }
}

static void a_changed_text_does_not_open(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal(room, 1, &visa, &sealed);
    for (size_t at = 0; at < sealed.length; at++) {
        str copy = exact_copy(sealed);
        char *byte = (char *)(uintptr_t)&copy.bytes[at];
        *byte = *byte == 'A' ? 'B' : 'A';
        assert_row(!opens(room, slot, 1, copy), at);
        exact_free(copy);
        assert_row(!opens(room, slot, 1, (str){ sealed.bytes, at }), at);
    }
    const str others[] = { STR_NONE, STR(""), STR("A"), STR("not base64 at all !"), arena_format(&room->arena, "%.*sAAAA", STR_FORMAT(sealed)) };
    for (size_t i = 0; i < COUNT_OF(others); i++) assert_row(!opens(room, slot, 1, others[i]), i);
    assert_true(opens(room, slot, 1, sealed));
}

static void there_are_no_other_slots(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal(room, 1, &visa, &sealed);
    const int64_t others[] = { VAULT_NO_SLOT, slot + 1, SLOTS, SLOTS + 1000, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_row(!opens(room, others[i], 1, sealed), i);
        vault_shred(room->vault, others[i], operation(room, 1)); /* harmless */
    }
    assert_true(opens(room, slot, 1, sealed));
    assert_int_equal(vault_used(room->vault), 1);
}

/* ---- the end of a doubt ---- */

static void a_shredded_card_never_opens_again(void **state)
{
    struct room *room = *state;
    str old, fresh;
    int64_t slot = seal(room, 1, &visa, &old);
    vault_shred(room->vault, slot, operation(room, 2)); /* not his */
    assert_true(opens(room, slot, 1, old));
    vault_shred(room->vault, slot, operation(room, 1));
    assert_false(opens(room, slot, 1, old));
    assert_int_equal(vault_used(room->vault), 0);
    vault_shred(room->vault, slot, operation(room, 1));
    assert_int_equal(vault_used(room->vault), 0);

    /* Not even when the slot belongs to the same operation again: it has another key. */
    int64_t again;
    do {
        again = seal(room, 1, &visa, &fresh);
        if (again != slot) vault_shred(room->vault, again, operation(room, 1));
    } while (again != slot);
    assert_false(opens(room, slot, 1, old));
    assert_true(opens(room, slot, 1, fresh));
}

static size_t read_file(const char *path, char *bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    ssize_t length = read(file, bytes, FILE_BYTES_MAX);
    close(file);
    assert_true(length > 0);
    return (size_t)length;
}

static size_t bytes_in_use(const char *bytes, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += bytes[i] != 0;
    return count;
}

/* The file is looked at from outside: a key of 32 random bytes for each card, no card, and nothing at all afterwards. */
static void what_is_shredded_is_wiped(void **state)
{
    struct room *room = *state;
    static char bytes[FILE_BYTES_MAX];
    int64_t slots[SLOTS];
    str sealed;
    for (int i = 0; i < SLOTS; i++) slots[i] = seal(room, i, &visa, &sealed);
    size_t length = read_file(room->path, bytes);
    assert_true(bytes_in_use(bytes, length) > SLOTS * (36 + 24));
    assert_null(memmem(bytes, length, "4111", 4));
    assert_null(memmem(bytes, length, "123\0", 4));
    for (int i = 0; i < SLOTS; i++) {
        size_t before = bytes_in_use(bytes, length);
        vault_shred(room->vault, slots[i], operation(room, i));
        length = read_file(room->path, bytes);
        assert_true(bytes_in_use(bytes, length) + 36 + 24 < before); /* its name and its key */
    }
    assert_int_equal(bytes_in_use(bytes, length), 0);
}

static void a_full_house_takes_no_card(void **state)
{
    struct room *room = *state;
    str sealed[SLOTS], outside = STR("untouched");
    int64_t slots[SLOTS];
    bool seen[SLOTS] = { false };
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = seal(room, i, &visa, &sealed[i]);
        assert_false(seen[slots[i]]);
        seen[slots[i]] = true;
    }
    assert_int_equal(vault_seal(room->vault, &room->arena, &visa, operation(room, 99), &outside), VAULT_NO_SLOT);
    assert_str(outside, STR("untouched"));
    vault_shred(room->vault, slots[3], operation(room, 3));
    assert_int_equal(vault_seal(room->vault, &room->arena, &visa, operation(room, 99), &outside), slots[3]);
    for (int i = 0; i < SLOTS; i++) assert_int_equal(opens(room, slots[i], i, sealed[i]), i != 3);
    assert_true(opens(room, slots[3], 99, outside));
}

/* ---- restarts ---- */

static void a_crash_of_the_process_is_survived(void **state)
{
    struct room *room = *state;
    str sealed[3];
    int64_t slots[3];
    for (int i = 0; i < 3; i++) slots[i] = seal(room, i, &visa, &sealed[i]);
    close_vault(room);
    open_vault(room);
    assert_int_equal(vault_used(room->vault), 3);
    for (int i = 0; i < 3; i++) assert_true(opens(room, slots[i], i, sealed[i]));
    str more;
    for (int i = 3; i < SLOTS; i++) (void)seal(room, i, &visa, &more); /* the others' slots are not taken */
    for (int i = 0; i < 3; i++) assert_true(opens(room, slots[i], i, sealed[i]));
}

static void a_restart_of_the_machine_is_not(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal(room, 1, &visa, &sealed);
    close_vault(room);
    assert_int_equal(unlink(room->path), 0);
    open_vault(room);
    assert_int_equal(vault_used(room->vault), 0);
    assert_false(opens(room, slot, 1, sealed));
}

static void the_file_goes_with_the_last_card(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal(room, 1, &visa, &sealed);
    close_vault(room);
    assert_int_equal(access(room->path, F_OK), 0);
    open_vault(room);
    vault_shred(room->vault, slot, operation(room, 1));
    close_vault(room);
    assert_int_not_equal(access(room->path, F_OK), 0);
}

/* A setting was made smaller while cards were in doubt: none of their keys is cut off. */
static void a_smaller_vault_keeps_the_cards_of_a_larger_one(void **state)
{
    struct room *room = *state;
    struct error error = { "" };
    str sealed[SLOTS];
    int64_t slots[SLOTS];
    for (int i = 0; i < SLOTS; i++) slots[i] = seal(room, i, &visa, &sealed[i]);
    close_vault(room);
    room->vault = vault_open(fake_world_of_gateway(room->fake), room->folder, "test", 1, &error);
    assert_non_null(room->vault);
    for (int i = 0; i < SLOTS; i++) assert_true(opens(room, slots[i], i, sealed[i]));
}

static bool is_even(void *context, int64_t slot, str name)
{
    (void)slot;
    (*(int *)context)++;
    return (name.bytes[name.length - 1] - '0') % 2 == 0;
}

static void orphans_are_swept(void **state)
{
    struct room *room = *state;
    str sealed[SLOTS];
    int64_t slots[SLOTS];
    int asked = 0;
    for (int i = 0; i < 6; i++) slots[i] = seal(room, i, &visa, &sealed[i]);
    close_vault(room);
    open_vault(room);
    assert_int_equal(vault_sweep(room->vault, is_even, &asked), 3);
    assert_int_equal(asked, 6); /* only slots that are in use are asked about */
    assert_int_equal(vault_used(room->vault), 3);
    for (int i = 0; i < 6; i++) assert_int_equal(opens(room, slots[i], i, sealed[i]), i % 2 == 0);
}

static bool is_his(void *context, int64_t slot, str name)
{
    (void)name;
    return slot == *(int64_t *)context;
}

/* One operation may have two: the card was sealed again, and the process was killed before its row knew. */
static void a_slot_that_no_row_names_is_swept(void **state)
{
    struct room *room = *state;
    str sealed[2];
    int64_t slots[2];
    for (int i = 0; i < 2; i++) slots[i] = seal(room, 0, &visa, &sealed[i]);
    assert_int_not_equal(slots[0], slots[1]);
    assert_int_equal(vault_sweep(room->vault, is_his, &slots[1]), 1);
    assert_false(opens(room, slots[0], 0, sealed[0]));
    assert_true(opens(room, slots[1], 0, sealed[1]));
}

/* Whatever lies in the file, it is names of slots in use, and they are swept. */
static void garbage_in_the_file_is_swept(void **state)
{
    struct room *room = *state;
    static char bytes[FILE_BYTES_MAX];
    int asked = 0;
    size_t length = read_file(room->path, bytes);
    close_vault(room);
    memset(bytes, 0x39, length);
    int file = open(room->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(file, bytes, length), (ssize_t)length);
    close(file);
    open_vault(room);
    assert_int_equal(vault_used(room->vault), SLOTS);
    assert_false(opens(room, 0, 1, STR("AAAA")));
    assert_int_equal(vault_sweep(room->vault, is_even, &asked), SLOTS); /* 0x39 is a nine */
    length = read_file(room->path, bytes);
    assert_int_equal(bytes_in_use(bytes, length), 0);
    str sealed;
    (void)seal(room, 1, &visa, &sealed);
}

/* ---- where it may be ---- */

static bool is_memory(const char *folder)
{
    struct statfs about;
    assert_int_equal(statfs(folder, &about), 0);
    return about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC;
}

/* Keys may not reach a disk: a folder on one is refused, and the sentence says why. */
static void a_folder_on_a_disk_is_refused(void **state)
{
    struct room *room = *state;
    static const char *const folders[] = { "/var/tmp", "/tmp", "/" };
    size_t tried = 0;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct error error = { "" };
        char path[64];
        if (is_memory(folders[i]) || access(folders[i], W_OK) != 0) continue;
        snprintf(path, sizeof path, "%s/florin-cards-unit-test", folders[i]);
        assert_null(vault_open(fake_world_of_gateway(room->fake), folders[i], "unit-test", SLOTS, &error));
        assert_true(str_contains(str_of(error.text), STR("not on tmpfs")));
        (void)unlink(path);
        tried++;
    }
    if (tried == 0) skip(); /* everything here is memory */
}

static void what_cannot_be_opened_is_told(void **state)
{
    struct room *room = *state;
    struct error error = { "" };
    assert_null(vault_open(fake_world_of_gateway(room->fake), "/dev/shm/no/such/folder", "x", SLOTS, &error));
    assert_true(str_contains(str_of(error.text), STR("cannot be opened")));

    /* Somebody has laid a link where the file would be. */
    char link[128];
    snprintf(link, sizeof link, "%s/florin-cards-link", room->folder);
    assert_int_equal(symlink(room->path, link), 0);
    assert_null(vault_open(fake_world_of_gateway(room->fake), room->folder, "link", SLOTS, &error));
    assert_int_equal(unlink(link), 0);
}

static void the_file_is_for_its_owner_only(void **state)
{
    struct room *room = *state;
    struct stat about;
    assert_int_equal(stat(room->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

/* ---- for metrics ---- */

static void the_oldest_card_is_known(void **state)
{
    struct room *room = *state;
    struct world *world = fake_world_of_gateway(room->fake);
    str sealed;
    assert_int_equal(vault_oldest(room->vault, world_now(world)), 0);
    int64_t first = seal(room, 1, &visa, &sealed);
    fake_world_jump(room->fake, 60 * INT64_C(1000000));
    (void)seal(room, 2, &visa, &sealed);
    fake_world_jump(room->fake, 5 * INT64_C(1000000));
    assert_int_equal(vault_oldest(room->vault, world_now(world)), 65 * INT64_C(1000000));
    close_vault(room);
    open_vault(room);
    assert_int_equal(vault_oldest(room->vault, world_now(world)), 65 * INT64_C(1000000));
    vault_shred(room->vault, first, operation(room, 1));
    assert_int_equal(vault_oldest(room->vault, world_now(world)), 5 * INT64_C(1000000));
    assert_int_equal(vault_oldest(room->vault, world_now(world) - 3600 * INT64_C(1000000)), 0); /* a clock that was set back */
}

static void memory_for_a_card_is_clean(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct card *card = card_take(), *other = card_take();
        const char *bytes = (const char *)card;
        for (size_t at = 0; at < sizeof *card; at++) assert_int_equal(bytes[at], 0);
        *card = *other = visa;
        card_give_back(other);
        assert_string_equal(card->number.digits, visa.number.digits);
        card_give_back(card);
    }
}

/* ---- envelopes that other nodes open ---- */

static struct vault *open_other(struct room *room, const char *secret)
{
    struct error error = { "" };
    struct vault *other = vault_open(fake_world_of_gateway(room->fake), room->folder, "other", SLOTS, &error);
    assert_non_null(other);
    if (!secret) return other;
    str words = str_of(secret);
    struct hash key = hash_of(&words, 1);
    vault_share(other, &key);
    return other;
}

static bool opens_there(struct room *room, struct vault *vault, int64_t slot, int number, str sealed)
{
    struct card card = { 0 };
    bool opened = vault_open_card(vault, slot, operation(room, number), sealed, &card);
    assert_true(!opened || strcmp(card.number.digits, visa.number.digits) == 0);
    return opened;
}

/* Who has the key opens it, whatever slot it came from; for that operation, and unchanged. */
static void an_envelope_with_a_shared_key_is_opened_by_another_vault(void **state)
{
    struct room *room = *state;
    str sealed, words = STR("the operator's"), changed;
    struct hash key = hash_of(&words, 1);
    vault_share(room->vault, &key);
    int64_t slot = seal(room, 1, &visa, &sealed);
    struct vault *knows = open_other(room, "the operator's"), *guesses = open_other(room, "a guess"), *lacks = open_other(room, NULL);
    assert_true(opens_there(room, room->vault, slot, 1, sealed));
    assert_true(opens_there(room, knows, slot, 1, sealed));
    assert_false(opens_there(room, knows, slot, 2, sealed));
    assert_false(opens_there(room, guesses, slot, 1, sealed));
    assert_false(opens_there(room, lacks, slot, 1, sealed));
    for (size_t i = 0; i < sealed.length; i += 7) {
        changed = arena_copy(&room->arena, sealed);
        ((char *)(uintptr_t)changed.bytes)[i] ^= 4;
        assert_false(opens_there(room, knows, slot, 1, changed));
    }
    vault_shred(room->vault, slot, operation(room, 1));
    vault_close(knows);
    vault_close(guesses);
    vault_close(lacks);
}

/* One that was sealed before there was such a key stays with its slot. */
static void an_envelope_without_a_shared_key_stays_with_its_vault(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal(room, 1, &visa, &sealed);
    struct vault *other = open_other(room, "the operator's");
    assert_false(opens_there(room, other, slot, 1, sealed));
    vault_shred(room->vault, slot, operation(room, 1));
    vault_close(other);
}

/* ---- the CVV of a token ---- */

static str token(struct room *room, int number) { return arena_format(&room->arena, "tok_%036d", number); }

static int64_t seal_cvv(struct room *room, int number, str *sealed)
{
    return vault_seal_cvv(room->vault, &room->arena, &visa, token(room, number), sealed);
}

static bool has_cvv(struct room *room, int64_t slot, int number, str sealed)
{
    struct card card = { 0 };
    bool opened = vault_open_card(room->vault, slot, token(room, number), sealed, &card);
    assert_true(!opened || (strcmp(card.cvv, visa.cvv) == 0 && card.number.digits[0] == 0)); /* and nothing but that */
    return opened;
}

static void a_cvv_lives_for_a_quarter_of_an_hour(void **state)
{
    struct room *room = *state;
    str sealed[2], in_doubt;
    int64_t slots[2] = { seal_cvv(room, 1, &sealed[0]), VAULT_NO_SLOT }, operations = seal(room, 1, &visa, &in_doubt);
    fake_world_skip(room->fake, VAULT_CVV_KEPT - 1);
    slots[1] = seal_cvv(room, 2, &sealed[1]);
    vault_wipe_overdue(room->vault);
    assert_true(has_cvv(room, slots[0], 1, sealed[0]));
    fake_world_skip(room->fake, 1);
    vault_wipe_overdue(room->vault);
    assert_false(has_cvv(room, slots[0], 1, sealed[0]));
    assert_true(has_cvv(room, slots[1], 2, sealed[1]));
    assert_true(opens(room, operations, 1, in_doubt)); /* a card in doubt lives as long as the doubt */
    assert_int_equal(vault_used(room->vault), 2);
    vault_shred(room->vault, slots[1], token(room, 2));
    assert_false(has_cvv(room, slots[1], 2, sealed[1]));
}

/* A clock that is turned back makes none of them live longer. */
static void a_cvv_from_the_future_is_wiped(void **state)
{
    struct room *room = *state;
    str sealed;
    int64_t slot = seal_cvv(room, 1, &sealed);
    fake_world_jump(room->fake, -MICROS_PER_SECOND);
    vault_wipe_overdue(room->vault);
    assert_false(has_cvv(room, slot, 1, sealed));
}

static bool nothing(void *context, int64_t slot, str name)
{
    (void)context;
    (void)slot;
    (void)name;
    return false;
}

/* No operation holds it, and it is no orphan: a crash of the process does not lose it. */
static void a_cvv_outlives_a_crash(void **state)
{
    struct room *room = *state;
    str young, old, orphan;
    int64_t overdue = seal_cvv(room, 1, &old);
    fake_world_skip(room->fake, VAULT_CVV_KEPT);
    int64_t kept = seal_cvv(room, 2, &young);
    (void)seal(room, 1, &visa, &orphan);
    close_vault(room);
    open_vault(room);
    assert_int_equal(vault_sweep(room->vault, nothing, NULL), 2);
    assert_false(has_cvv(room, overdue, 1, old));
    assert_true(has_cvv(room, kept, 2, young));
}

static void tokens_leave_half_of_the_slots_to_payments(void **state)
{
    struct room *room = *state;
    str sealed;
    for (int i = 0; i < SLOTS / 2; i++) assert_true(seal_cvv(room, i, &sealed) >= 0);
    assert_int_equal(seal_cvv(room, 99, &sealed), VAULT_NO_SLOT);
    for (int i = 0; i < SLOTS / 2; i++) (void)seal(room, i, &visa, &sealed);
    assert_int_equal(vault_used(room->vault), SLOTS);
    close_vault(room);
    open_vault(room); /* they are counted again */
    assert_int_equal(seal_cvv(room, 99, &sealed), VAULT_NO_SLOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        room_test(a_cvv_lives_for_a_quarter_of_an_hour),
        room_test(a_cvv_from_the_future_is_wiped),
        room_test(a_cvv_outlives_a_crash),
        room_test(tokens_leave_half_of_the_slots_to_payments),
        room_test(a_card_comes_back_as_it_was),
        room_test(a_sealed_text_tells_nothing),
        room_test(a_moved_text_does_not_open),
        room_test(a_changed_text_does_not_open),
        room_test(there_are_no_other_slots),
        room_test(a_shredded_card_never_opens_again),
        room_test(what_is_shredded_is_wiped),
        room_test(a_full_house_takes_no_card),
        room_test(a_crash_of_the_process_is_survived),
        room_test(a_restart_of_the_machine_is_not),
        room_test(a_smaller_vault_keeps_the_cards_of_a_larger_one),
        room_test(the_file_goes_with_the_last_card),
        room_test(orphans_are_swept),
        room_test(a_slot_that_no_row_names_is_swept),
        room_test(garbage_in_the_file_is_swept),
        room_test(a_folder_on_a_disk_is_refused),
        room_test(what_cannot_be_opened_is_told),
        room_test(the_file_is_for_its_owner_only),
        room_test(the_oldest_card_is_known),
        cmocka_unit_test(memory_for_a_card_is_clean),
        room_test(an_envelope_with_a_shared_key_is_opened_by_another_vault),
        room_test(an_envelope_without_a_shared_key_stays_with_its_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
