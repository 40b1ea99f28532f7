/* SPDX-License-Identifier: Apache-2.0 */
/* hash: the published vectors, and encodings that give every value exactly one text. */
#include "base_testing.h"

#include <pthread.h>

#include "base/hash.h"
#include "processors/paypal_vector.h"

static void assert_hash(struct hash hash, const char *hex)
{
    char buffer[HASH_HEX_BYTES + 1];
    assert_str(hash_hex(&hash, buffer), str_of(hex));
    assert_string_equal(buffer, hex);
}

static struct hash hash_one(str text)
{
    return hash_of(&text, 1);
}

/* FIPS 180-4, examples of NIST's Cryptographic Toolkit */
static const struct {
    const char *text;
    const char *hex;
} sha256_examples[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void hashes_as_fips_180_4_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sha256_examples); i++) {
        assert_hash(hash_one(str_of(sha256_examples[i].text)), sha256_examples[i].hex);
    }
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    assert_hash(hash_one((str){ million, 1000000 }), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

static void where_the_pieces_are_cut_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sha256_examples); i++) {
        str whole = str_of(sha256_examples[i].text);
        for (size_t at = 0; at <= whole.length; at++) {
            str pieces[] = { { whole.bytes, at }, STR_NONE, str_from(whole, at) };
            assert_hash(hash_of(pieces, COUNT_OF(pieces)), sha256_examples[i].hex);
        }
    }
    assert_hash(hash_of(NULL, 0), sha256_examples[0].hex);
}

/* RFC 4231. A shorter key is filled up with zeros and a longer one is hashed: both are 32 bytes to us. */
static void signs_as_rfc_4231_says(void **state)
{
    (void)state;
    struct hash eleven = { { 0 } }, jefe = { { 'J', 'e', 'f', 'e' } }, aa = { { 0 } }, counted = { { 0 } };
    memset(eleven.bytes, 0x0b, 20);
    memset(aa.bytes, 0xaa, 20);
    for (uint8_t i = 0; i < 25; i++) counted.bytes[i] = (uint8_t)(i + 1);
    char long_key[131], dd[50], cd[50];
    memset(long_key, 0xaa, sizeof long_key);
    memset(dd, 0xdd, sizeof dd);
    memset(cd, 0xcd, sizeof cd);
    struct hash hashed = hash_one((str){ long_key, sizeof long_key });
    const struct {
        const struct hash *key;
        str text;
        const char *hex;
    } rows[] = {
        { &eleven, STR("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { &jefe, STR("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { &aa, { dd, sizeof dd }, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { &counted, { cd, sizeof cd }, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { &hashed, STR("Test Using Larger Than Block-Size Key - Hash Key First"),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { &hashed,
          STR("This is a test using a larger than block-size key and a larger than block-size data. "
              "The key needs to be hashed before being used by the HMAC algorithm."),
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str pieces[] = { { rows[i].text.bytes, 3 }, str_from(rows[i].text, 3) };
        assert_hash(hash_keyed(rows[i].key, &rows[i].text, 1), rows[i].hex);
        assert_hash(hash_keyed(rows[i].key, pieces, 2), rows[i].hex);
    }
}

/* RFC 5869, test case 3 (no salt, no purpose): its two steps, of which the first is shorter than our keys. */
static void the_steps_of_hkdf_are_those_of_rfc_5869(void **state)
{
    (void)state;
    char material[22];
    memset(material, 0x0b, sizeof material);
    struct hash salt = { { 0 } };
    struct hash extracted = hash_keyed(&salt, &(str){ material, sizeof material }, 1);
    assert_hash(extracted, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    assert_hash(hash_keyed(&extracted, &STR("\x01"), 1), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

/* The same two steps for a master key of ours; the first two values were computed with another program. */
static void derives_a_key_for_each_purpose(void **state)
{
    (void)state;
    struct hash master, salt = { { 0 } };
    for (uint8_t i = 0; i < HASH_BYTES; i++) master.bytes[i] = i;
    assert_hash(hash_derive(&master, STR("")), "37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf");
    assert_hash(hash_derive(&master, STR_NONE), "37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf");
    assert_hash(hash_derive(&master, STR("florin test purpose")), "c1420536250810d66e073af90b548905e29e3ebba913db5949f5047157bdab79");

    char purpose[600];
    memset(purpose, 'p', sizeof purpose);
    struct hash extracted = hash_keyed(&salt, &(str){ (const char *)master.bytes, HASH_BYTES }, 1);
    for (size_t length = 0; length <= sizeof purpose; length += 100) {
        str info[] = { { purpose, length }, STR("\x01") };
        struct hash expected = hash_keyed(&extracted, info, 2), derived = hash_derive(&master, info[0]);
        assert_true(hash_equal(&derived, &expected));
    }
}

static void equal_means_every_bit(void **state)
{
    (void)state;
    struct hash a = hash_one(STR("a"));
    for (size_t bit = 0; bit < HASH_BYTES * 8; bit++) {
        struct hash b = a;
        assert_true(hash_equal(&a, &b));
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(hash_equal(&a, &b));
    }
}

static void *hash_in_a_thread(void *text)
{
    struct hash hash = hash_one(*(str *)text);
    bool is_right = true;
    for (int i = 0; i < 2000; i++) {
        struct hash again = hash_one(*(str *)text);
        is_right = is_right && hash_equal(&hash, &again);
    }
    struct hash *result = malloc(sizeof *result);
    *result = hash;
    return is_right ? result : NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    str texts[] = { STR("abc"), STR(""), STR("abc"), STR("") };
    pthread_t threads[COUNT_OF(texts)];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_a_thread, &texts[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
        assert_hash(*(struct hash *)result, sha256_examples[i % 2 ? 0 : 1].hex);
        free(result);
    }
}

static void hex_is_lower_case_and_of_the_right_length(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    uint8_t bytes[3] = { 7, 7, 7 };
    assert_str(hex_encode(&arena, "\x00\x7f\xff", 3), STR("007fff"));
    assert_str(hex_encode(&arena, "", 0), STR(""));
    assert_true(hex_decode(STR("007fff"), bytes, 3));
    assert_memory_equal(bytes, "\x00\x7f\xff", 3);
    assert_true(hex_decode(STR_NONE, bytes, 0));
    const str wrong[] = { STR(""), STR("007ff"), STR("007ffff"), STR("007fff00"), STR("007FFF"),
                          STR("007ffg"), STR("007f f"), STR("0x7fff"), STR("007ff\0"), STR("007ff\xff") };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        str text = exact_copy(wrong[i]);
        assert_row(!hex_decode(text, bytes, 3), i);
        exact_free(text);
    }
    arena_close(&arena);
}

/* RFC 4648, section 10, in the alphabet of section 5 and without padding */
static void base64url_is_as_rfc_4648_says(void **state)
{
    (void)state;
    const struct {
        str bytes, text;
        const char *padded; /* by section 4 */
    } rows[] = {
        { STR(""),             STR(""),         ""         },
        { STR("f"),            STR("Zg"),       "Zg=="     },
        { STR("fo"),           STR("Zm8"),      "Zm8="     },
        { STR("foo"),          STR("Zm9v"),     "Zm9v"     },
        { STR("foob"),         STR("Zm9vYg"),   "Zm9vYg==" },
        { STR("fooba"),        STR("Zm9vYmE"),  "Zm9vYmE=" },
        { STR("foobar"),       STR("Zm9vYmFy"), "Zm9vYmFy" },
        { STR("\xfb\xff\xfe"), STR("-__-"),     "+//+"     },
        { STR("\0\0\0\0"),     STR("AAAAAA"),   "AAAAAA==" },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str bytes = exact_copy(rows[i].bytes), text = exact_copy(rows[i].text), decoded;
        assert_str(base64url_encode(&arena, bytes.bytes, bytes.length), rows[i].text);
        assert_str(base64_encode(&arena, bytes.bytes, bytes.length), str_of(rows[i].padded));
        assert_row(base64url_decode(&arena, text, &decoded), i);
        assert_str(decoded, rows[i].bytes);
        exact_free(bytes);
        exact_free(text);
    }
    arena_close(&arena);
}

static void base64url_has_one_text_for_each_value(void **state)
{
    (void)state;
    const str wrong[] = {
        STR("A"), STR("AAAAA"),    /* six bits are no byte */
        STR("Zh"), STR("Zm9"),     /* bits left over that are not zero */
        STR("Zg=="), STR("Zm8="),  /* padding */
        STR("-_+/"), STR("Zm 8"), STR("Zm8\n"), STR("Zm\0v"), STR("Zm9\xff"),
    };
    struct arena arena = { 0 };
    str out = STR("old");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        str text = exact_copy(wrong[i]);
        assert_row(!base64url_decode(&arena, text, &out), i);
        exact_free(text);
    }
    assert_str(out, STR("old"));
    arena_close(&arena);
}

/* All texts of two and three of the digits: those that are read are written again in the same way. */
static void base64url_comes_back_as_it_went(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    size_t read = 0;
    for (int first = 0; first < 128; first++) {
        for (int second = 0; second < 128; second++) {
            char text[] = { (char)first, (char)second, 'A' };
            for (size_t length = 2; length <= 3; length++) {
                str out;
                if (!base64url_decode(&arena, (str){ text, length }, &out)) continue;
                assert_str(base64url_encode(&arena, out.bytes, out.length), ((str){ text, length }));
                read++;
            }
        }
        arena_reset(&arena);
    }
    assert_int_equal(read, 256 + 64 * 64);
    arena_close(&arena);
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    char secret[] = "4111111111111111";
    char zeros[sizeof secret] = { 0 };
    secret_wipe(secret, sizeof secret);
    secret_wipe(NULL, 0);
    assert_memory_equal(secret, zeros, sizeof secret);
}

/* Of the checks that others publish, and of the body of PayPal's vector. */
static void the_crc_is_that_of_zlib(void **state)
{
    static const struct {
        const char *bytes;
        uint32_t crc;
    } rows[] = {
        { "", 0 },
        { "123456789", 0xcbf43926 },
        { "The quick brown fox jumps over the lazy dog", 0x414fa339 },
        { PAYPAL_BODY, 1614739435 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) assert_row(crc32_of(str_of(rows[i].bytes)) == rows[i].crc, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_that_of_zlib),
        cmocka_unit_test(hashes_as_fips_180_4_says),
        cmocka_unit_test(where_the_pieces_are_cut_does_not_matter),
        cmocka_unit_test(signs_as_rfc_4231_says),
        cmocka_unit_test(the_steps_of_hkdf_are_those_of_rfc_5869),
        cmocka_unit_test(derives_a_key_for_each_purpose),
        cmocka_unit_test(equal_means_every_bit),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(hex_is_lower_case_and_of_the_right_length),
        cmocka_unit_test(base64url_is_as_rfc_4648_says),
        cmocka_unit_test(base64url_has_one_text_for_each_value),
        cmocka_unit_test(base64url_comes_back_as_it_went),
        cmocka_unit_test(wiping_leaves_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
