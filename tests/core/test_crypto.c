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

static void ed25519_gives_the_published_signatures(void **state)
{
    (void)state;
    // RFC 8032 §7.1, tests 1 to 3. libsodium's secret key is the seed and the public key.
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } rows[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "c"
         "f9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0"
         "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7609"
         "8"
         "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES], message[2];
        uint8_t signature[CRYPTO_SIGN_BYTES], again[CRYPTO_SIGN_PUBLIC_BYTES];
        size_t size = strlen(rows[i].message) / 2;
        assert_true(text_unhex(rows[i].seed, 64, secret, 32));
        assert_true(text_unhex(rows[i].public_key, 64, public_key, sizeof public_key));
        memcpy(secret + 32, public_key, sizeof public_key);
        if (size > 0)
            assert_true(text_unhex(rows[i].message, 2 * size, message, size));
        crypto_sign_public(secret, again);
        assert_memory_equal(again, public_key, sizeof again);
        crypto_signature(secret, message, size, signature);
        char hex[2 * CRYPTO_SIGN_BYTES + 1];
        text_hex(signature, sizeof signature, hex);
        assert_string_equal(hex, rows[i].signature);
        assert_true(crypto_sign_ok(public_key, message, size, signature));
        for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(crypto_sign_ok(public_key, message, size, signature));
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        public_key[0] ^= 1;
        assert_false(crypto_sign_ok(public_key, message, size, signature));
    }
}

static void base64_follows_rfc_4648_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff", "+/8="},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf text, bytes;
        buf_init(&text, 100);
        buf_init(&bytes, 100);
        crypto_base64(rows[i].bytes, strlen(rows[i].bytes), &text);
        assert_string_equal(buf_text(&text), rows[i].text);
        assert_int_equal(crypto_unbase64(rows[i].text, strlen(rows[i].text), &bytes, NULL),
                         STATUS_OK);
        assert_string_equal(buf_text(&bytes), rows[i].bytes);
    }
}

static void base64_of_every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[200];
    crypto_random(bytes, sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        AUTO(buf_done) struct buf text, back;
        buf_init(&text, 300);
        buf_init(&back, 300);
        buf_add_char(&back, '>');
        crypto_base64(bytes, size, &text);
        assert_int_equal(text.size_bytes, (size + 2) / 3 * 4);
        assert_int_equal(crypto_unbase64(buf_text(&text), text.size_bytes, &back, NULL), STATUS_OK);
        assert_int_equal(back.size_bytes, size + 1);
        assert_memory_equal(back.data + 1, bytes, size);
    }
}

static void base64_in_any_other_form_is_refused(void **state)
{
    (void)state;
    static const char long_padded[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==AAAA";
    static const char *const rows[] = {
        "Zg",    "Zg=",  "Zg===",  "Zh==",     "Zm9=",      "Zm8",
        "Z",     "=",    "====",   "Zg==Zg==", "Zm9v\n",    " Zm9v",
        "Zm 9v", "-_8=", "Zm9vYg", "Zm9v=",    long_padded, "Zm9vYmF\xc3",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        struct err err = {.text = ""};
        buf_init(&out, 100);
        buf_add_text(&out, "kept");
        if (crypto_unbase64(rows[i], strlen(rows[i]), &out, &err) != STATUS_BAD_INPUT)
            fail_msg("row %zu was taken", i);
        assert_string_equal(buf_text(&out), "kept");
    }
    for (int byte = 1; byte < 256; byte++) {
        AUTO(buf_done) struct buf out;
        char text[] = {'Z', 'm', '9', (char)byte};
        bool letter = byte == '+' || byte == '/' || (byte >= '0' && byte <= '9') ||
                      (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        buf_init(&out, 100);
        assert_int_equal(crypto_unbase64(text, sizeof text, &out, NULL),
                         letter ? STATUS_OK : STATUS_BAD_INPUT);
    }
    AUTO(buf_done) struct buf small;
    buf_init(&small, 2);
    assert_int_equal(crypto_unbase64("Zm9v", 4, &small, NULL), STATUS_TOO_LARGE);
}

static void only_the_owner_opens_a_sealed_text(void **state)
{
    (void)state;
    static const char text[] = "Nguyễn Thị Bình, 0912 000 111";
    uint8_t public_a[CRYPTO_BOX_PUBLIC_BYTES], secret_a[CRYPTO_BOX_SECRET_BYTES];
    uint8_t public_b[CRYPTO_BOX_PUBLIC_BYTES], secret_b[CRYPTO_BOX_SECRET_BYTES];
    crypto_box_keys(public_a, secret_a);
    crypto_box_keys(public_b, secret_b);
    for (size_t size = 0; size < sizeof text; size++) {
        AUTO(buf_done) struct buf sealed, open;
        buf_init(&sealed, 200);
        buf_init(&open, 200);
        assert_int_equal(crypto_seal(public_a, text, size, &sealed, NULL), STATUS_OK);
        assert_int_equal(sealed.size_bytes, size + CRYPTO_SEAL_BYTES);
        assert_int_equal(
            crypto_unseal(public_b, secret_b, sealed.data, sealed.size_bytes, &open, NULL),
            STATUS_BAD_INPUT);
        assert_int_equal(
            crypto_unseal(public_a, secret_a, sealed.data, sealed.size_bytes, &open, NULL),
            STATUS_OK);
        assert_int_equal(open.size_bytes, size);
        assert_memory_equal(open.data, text, size);
        for (size_t at = 0; at < sealed.size_bytes; at++) {
            sealed.data[at] = (char)(sealed.data[at] ^ 1);
            assert_int_equal(
                crypto_unseal(public_a, secret_a, sealed.data, sealed.size_bytes, &open, NULL),
                STATUS_BAD_INPUT);
            sealed.data[at] = (char)(sealed.data[at] ^ 1);
        }
        assert_int_equal(open.size_bytes, size);
        for (size_t cut = 0; cut < sealed.size_bytes; cut++)
            assert_int_equal(crypto_unseal(public_a, secret_a, sealed.data, cut, &open, NULL),
                             STATUS_BAD_INPUT);
    }
    AUTO(buf_done) struct buf small;
    buf_init(&small, CRYPTO_SEAL_BYTES);
    assert_int_equal(crypto_seal(public_a, text, 1, &small, NULL), STATUS_TOO_LARGE);
    assert_int_equal(small.size_bytes, 0);
}

static void a_signing_key_gives_a_box_key_that_fits(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf sealed, open;
    uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES], sign_secret[CRYPTO_SIGN_SECRET_BYTES];
    uint8_t box_public[CRYPTO_BOX_PUBLIC_BYTES], box_secret[CRYPTO_BOX_SECRET_BYTES];
    buf_init(&sealed, 100);
    buf_init(&open, 100);
    crypto_sign_keys(sign_public, sign_secret);
    assert_int_equal(crypto_box_of_sign_public(sign_public, box_public, NULL), STATUS_OK);
    crypto_box_of_sign_secret(sign_secret, box_secret);
    assert_int_equal(crypto_seal(box_public, "phiếu", 7, &sealed, NULL), STATUS_OK);
    assert_int_equal(
        crypto_unseal(box_public, box_secret, sealed.data, sealed.size_bytes, &open, NULL),
        STATUS_OK);
    assert_string_equal(buf_text(&open), "phiếu");
    static const uint8_t no_key[CRYPTO_SIGN_PUBLIC_BYTES];
    uint8_t kept[CRYPTO_BOX_PUBLIC_BYTES];
    memcpy(kept, box_public, sizeof kept);
    assert_int_equal(crypto_box_of_sign_public(no_key, box_public, NULL), STATUS_BAD_INPUT);
    assert_memory_equal(kept, box_public, sizeof kept);
}

// ---- streams ------------------------------------------------------------------------------------

enum { PIECES = 3, PIECE = 5, SEALED = PIECE + CRYPTO_STREAM_MORE_BYTES };

struct stream_case {
    uint8_t key[CRYPTO_KEY_BYTES], header[CRYPTO_STREAM_HEADER_BYTES];
    uint8_t sealed[PIECES][SEALED];
};

static void write_stream(struct stream_case *c)
{
    struct crypto_stream stream;
    crypto_random(c->key, sizeof c->key);
    crypto_stream_begin(c->key, &stream, c->header);
    for (int i = 0; i < PIECES; i++)
        crypto_stream_add(&stream,
                          i == 0   ? "xin c"
                          : i == 1 ? "hao, "
                                   : "mot t",
                          PIECE, i == PIECES - 1, c->sealed[i]);
}

static void a_stream_comes_back_and_says_where_it_ends(void **state)
{
    (void)state;
    struct stream_case c;
    struct crypto_stream stream;
    char text[PIECES * PIECE + 1] = "";
    write_stream(&c);
    assert_true(crypto_stream_open(c.key, c.header, &stream));
    for (int i = 0; i < PIECES; i++) {
        bool last = i != PIECES - 1;
        assert_true(
            crypto_stream_take(&stream, c.sealed[i], SEALED, (uint8_t *)text + i * PIECE, &last));
        assert_int_equal(last, i == PIECES - 1);
    }
    assert_string_equal(text, "xin chao, mot t");
}

static void a_stream_that_was_changed_cut_or_reordered_is_known(void **state)
{
    (void)state;
    struct stream_case c;
    struct crypto_stream stream;
    uint8_t text[PIECE];
    bool last = false;
    write_stream(&c);
    for (size_t bit = 0; bit < 8 * SEALED; bit++) {
        assert_true(crypto_stream_open(c.key, c.header, &stream));
        c.sealed[0][bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(crypto_stream_take(&stream, c.sealed[0], SEALED, text, &last));
        c.sealed[0][bit / 8] ^= (uint8_t)(1 << bit % 8);
        // The stream is where it was: the right bytes go on.
        assert_true(crypto_stream_take(&stream, c.sealed[0], SEALED, text, &last));
    }
    for (size_t size = 0; size < SEALED; size++) {
        assert_true(crypto_stream_open(c.key, c.header, &stream));
        assert_false(crypto_stream_take(&stream, c.sealed[0], size, text, &last));
    }
    assert_true(crypto_stream_open(c.key, c.header, &stream));
    assert_false(crypto_stream_take(&stream, c.sealed[1], SEALED, text, &last));
    assert_true(crypto_stream_take(&stream, c.sealed[0], SEALED, text, &last));
    assert_false(crypto_stream_take(&stream, c.sealed[0], SEALED, text, &last));
    assert_false(crypto_stream_take(&stream, c.sealed[2], SEALED, text, &last));
    assert_true(crypto_stream_take(&stream, c.sealed[1], SEALED, text, &last));
    assert_false(last); // whoever stops here knows that the end is missing
    c.header[0] ^= 1;
    assert_true(crypto_stream_open(c.key, c.header, &stream));
    assert_false(crypto_stream_take(&stream, c.sealed[0], SEALED, text, &last));
}

static void a_passphrase_is_known_by_its_hash_only(void **state)
{
    (void)state;
    static const char passphrase[] = "cửa sổ mở lúc 7 giờ";
    char text[CRYPTO_PASSPHRASE_BYTES], other[CRYPTO_PASSPHRASE_BYTES];
    assert_int_equal(crypto_passphrase_hash(passphrase, text, NULL), STATUS_OK);
    assert_int_equal(crypto_passphrase_hash(passphrase, other, NULL), STATUS_OK);
    assert_string_not_equal(text, other);
    assert_non_null(strstr(text, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_true(crypto_passphrase_ok(text, passphrase));
    assert_true(crypto_passphrase_ok(other, passphrase));
    assert_false(crypto_passphrase_ok(text, "cửa sổ mở lúc 8 giờ"));
    assert_false(crypto_passphrase_ok(text, ""));
    assert_false(crypto_passphrase_ok("", passphrase));
    assert_false(crypto_passphrase_ok("no hash", passphrase));
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
        cmocka_unit_test(ed25519_gives_the_published_signatures),
        cmocka_unit_test(base64_follows_rfc_4648_both_ways),
        cmocka_unit_test(base64_of_every_length_comes_back),
        cmocka_unit_test(base64_in_any_other_form_is_refused),
        cmocka_unit_test(only_the_owner_opens_a_sealed_text),
        cmocka_unit_test(a_signing_key_gives_a_box_key_that_fits),
        cmocka_unit_test(a_stream_comes_back_and_says_where_it_ends),
        cmocka_unit_test(a_stream_that_was_changed_cut_or_reordered_is_known),
        cmocka_unit_test(a_passphrase_is_known_by_its_hash_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
