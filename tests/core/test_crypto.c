// SPDX-License-Identifier: MIT
// crypto.c: published vectors and the strictness of the decoders.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "text.h"

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
    char hex[129];
    text_hex(bytes, size, hex);
    assert_string_equal(hex, expected);
}

static void opening_twice_is_fine(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(crypto_open(&err), STATUS_OK);
    assert_int_equal(crypto_open(NULL), STATUS_OK);
}

static void sha256_gives_the_published_values(void **state)
{
    (void)state;
    // FIPS 180-2, appendix B, and the empty message.
    static const struct {
        const char *text, *hash;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t hash[CRYPTO_HASH_BYTES];
        crypto_sha256(rows[i].text, strlen(rows[i].text), hash);
        assert_hex(hash, sizeof hash, rows[i].hash);
    }
}

static void sha256_of_a_million_letters_is_right_in_pieces(void **state)
{
    (void)state;
    char *letters = malloc(1000000);
    assert_non_null(letters);
    memset(letters, 'a', 1000000);
    const struct crypto_piece pieces[] = {
        {letters, 0}, {letters, 1}, {letters + 1, 63}, {letters + 64, 999936}};
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), hash);
    free(letters);
    assert_hex(hash, sizeof hash,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void hmac_gives_the_published_values(void **state)
{
    (void)state;
    // RFC 4231; a shorter key is, by RFC 2104, the same key filled up with zeros.
    static const struct {
        const char *key_hex, *data_hex, *mac;
    } rows[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "dddddddddddddddddddddddddddddddddddddddddddddddddddd"
         "dddddddddddddddddddddddddddddddddddddddddddddddd",
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"0102030405060708090a0b0c0d0e0f10111213141516171819",
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t key[CRYPTO_KEY_BYTES] = {0}, data[64], mac[CRYPTO_HASH_BYTES];
        size_t key_size = strlen(rows[i].key_hex) / 2, data_size = strlen(rows[i].data_hex) / 2;
        assert_true(text_unhex(rows[i].key_hex, 2 * key_size, key, key_size));
        assert_true(text_unhex(rows[i].data_hex, 2 * data_size, data, data_size));
        crypto_hmac(key, data, data_size, mac);
        struct crypto_mac_key ready;
        uint8_t again[CRYPTO_HASH_BYTES];
        crypto_mac_key(key, &ready);
        crypto_mac(&ready, data, data_size, again);
        assert_memory_equal(again, mac, sizeof mac);
        assert_hex(mac, sizeof mac, rows[i].mac);
    }
}

static void a_derived_key_depends_on_key_and_label(void **state)
{
    (void)state;
    uint8_t key[CRYPTO_KEY_BYTES] = {1}, other[CRYPTO_KEY_BYTES] = {2};
    uint8_t a[CRYPTO_KEY_BYTES], again[CRYPTO_KEY_BYTES], b[CRYPTO_KEY_BYTES], c[CRYPTO_KEY_BYTES],
        mac[CRYPTO_HASH_BYTES];
    crypto_derive(key, "slip", a);
    crypto_derive(key, "slip", again);
    crypto_derive(key, "desk", b);
    crypto_derive(other, "slip", c);
    crypto_hmac(key, "slip", 4, mac);
    assert_true(crypto_equal(a, again, sizeof a));
    assert_true(crypto_equal(a, mac, sizeof a));
    assert_false(crypto_equal(a, b, sizeof a));
    assert_false(crypto_equal(a, c, sizeof a));
}

static void equality_sees_every_bit(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    assert_true(crypto_equal(a, b, 32));
    assert_true(crypto_equal(a, b, 0));
    for (size_t bit = 0; bit < 256; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(crypto_equal(a, b, 32));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void random_bytes_differ_and_wiping_clears_them(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0};
    static const uint8_t zeros[32];
    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zeros, sizeof a);
    crypto_wipe(a, sizeof a);
    assert_memory_equal(a, zeros, sizeof a);
}

static void base64url_follows_rfc_4648_without_padding(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},     {"foob", "Zm9vYg"},
        {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 100);
        crypto_base64url(rows[i].bytes, strlen(rows[i].bytes), &out);
        assert_string_equal(buf_text(&out), rows[i].text);
    }
}

static void base64url_of_every_length_has_its_length(void **state)
{
    (void)state;
    uint8_t bytes[200];
    crypto_random(bytes, sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 300);
        crypto_base64url(bytes, size, &out);
        assert_int_equal(out.size_bytes, (size * 4 + 2) / 3);
    }
}

static void two_key_pairs_differ_and_hold_their_public_half(void **state)
{
    (void)state;
    uint8_t public_a[CRYPTO_SIGN_PUBLIC_BYTES], secret_a[CRYPTO_SIGN_SECRET_BYTES];
    uint8_t public_b[CRYPTO_SIGN_PUBLIC_BYTES], secret_b[CRYPTO_SIGN_SECRET_BYTES];
    crypto_sign_keys(public_a, secret_a);
    crypto_sign_keys(public_b, secret_b);
    assert_memory_not_equal(public_a, public_b, sizeof public_a);
    // libsodium's secret key is the seed followed by the public key.
    assert_memory_equal(secret_a + 32, public_a, sizeof public_a);
    assert_memory_equal(secret_b + 32, public_b, sizeof public_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_twice_is_fine),
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(sha256_of_a_million_letters_is_right_in_pieces),
        cmocka_unit_test(hmac_gives_the_published_values),
        cmocka_unit_test(a_derived_key_depends_on_key_and_label),
        cmocka_unit_test(equality_sees_every_bit),
        cmocka_unit_test(random_bytes_differ_and_wiping_clears_them),
        cmocka_unit_test(base64url_follows_rfc_4648_without_padding),
        cmocka_unit_test(base64url_of_every_length_has_its_length),
        cmocka_unit_test(two_key_pairs_differ_and_hold_their_public_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
