// SPDX-License-Identifier: MIT
// signing.c: what is signed, what a changed byte does, how a phrase may be typed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "signing.h"

static uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];

static int make_keys(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(crypto_open(&err), STATUS_OK);
    crypto_sign_keys(public_key, secret);
    return 0;
}

static const struct signing_request REQUEST = {
    .method = "POST", .path = "/api/v1/lanes/ab/head", .body = "{}", .body_bytes = 2};

static void a_signed_request_is_accepted_with_its_time(void **state)
{
    (void)state;
    char header[SIGNING_HEADER_BYTES];
    struct err err;
    int64_t time_s = 0;
    signing_header(&REQUEST, 1793673000, secret, header);
    assert_int_equal(strncmp(header, "Hailong 1793673000 ", 19), 0);
    assert_int_equal(strlen(header), 19 + 88);
    assert_int_equal(signing_check(&REQUEST, header, public_key, &time_s, &err), STATUS_OK);
    assert_int_equal(time_s, 1793673000);
}

static void the_signed_text_is_the_documented_one(void **state)
{
    (void)state;
    // SHA-256("{}")
    static const char TEXT[] = "hailong-request/v1\nPOST\n/api/v1/lanes/ab/head\n7\n"
                               "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n";
    char header[SIGNING_HEADER_BYTES], expected[SIGNING_HEADER_BYTES];
    uint8_t signature[CRYPTO_SIGN_BYTES];
    struct buf base64;
    buf_init(&base64, 100);
    crypto_signature(secret, TEXT, sizeof TEXT - 1, signature);
    crypto_base64(signature, sizeof signature, &base64);
    snprintf(expected, sizeof expected, "Hailong 7 %s", base64.data);
    signing_header(&REQUEST, 7, secret, header);
    assert_string_equal(header, expected);
    buf_done(&base64);
}

static void each_signed_part_matters(void **state)
{
    (void)state;
    static const struct signing_request OTHERS[] = {
        {"GET", "/api/v1/lanes/ab/head", "{}", 2},
        {"POST", "/api/v1/lanes/ab/heac", "{}", 2},
        {"POST", "/api/v1/lanes/ab/head", "{ }", 3},
        {"POST", "/api/v1/lanes/ab/head", "", 0},
    };
    char header[SIGNING_HEADER_BYTES];
    struct err err;
    int64_t time_s = 5;
    signing_header(&REQUEST, 1793673000, secret, header);
    for (size_t i = 0; i < ARRAY_SIZE(OTHERS); i++)
        assert_int_equal(signing_check(&OTHERS[i], header, public_key, &time_s, &err),
                         STATUS_UNAUTHORIZED);
    header[9]++; // the time
    assert_int_equal(signing_check(&REQUEST, header, public_key, &time_s, &err),
                     STATUS_UNAUTHORIZED);
    assert_int_equal(time_s, 5);
    uint8_t other[CRYPTO_SIGN_PUBLIC_BYTES], other_secret[CRYPTO_SIGN_SECRET_BYTES];
    crypto_sign_keys(other, other_secret);
    signing_header(&REQUEST, 1793673000, secret, header);
    assert_int_equal(signing_check(&REQUEST, header, other, &time_s, &err), STATUS_UNAUTHORIZED);
}

static void what_is_no_header_is_refused(void **state)
{
    (void)state;
    static const char *const HEADERS[] = {NULL,
                                          "",
                                          "Hailong",
                                          "Hailong ",
                                          "Hailong 5",
                                          "Hailong 5 ",
                                          "Hailong 5 AAAA",
                                          "Hailong -5 AAAA",
                                          "Hailong 99999999999999999999999999999 AAAA",
                                          "Hailong x AAAA",
                                          "Bearer key"};
    for (size_t i = 0; i < ARRAY_SIZE(HEADERS); i++) {
        struct err err;
        int64_t time_s = 5;
        assert_int_equal(signing_check(&REQUEST, HEADERS[i], public_key, &time_s, &err),
                         STATUS_UNAUTHORIZED);
        assert_int_equal(time_s, 5);
    }
}

static void a_message_is_for_one_lane_number_type_and_text(void **state)
{
    (void)state;
    const struct signing_message message = {"ab", 3, "answer", "{\"text\":\"Cảm ơn\"}"};
    const struct signing_message others[] = {
        {"ac", 3, "answer", message.text},
        {"ab", 4, "answer", message.text},
        {"ab", 3, "codes", message.text},
        {"ab", 3, "answer", "{}"},
    };
    uint8_t signature[CRYPTO_SIGN_BYTES];
    struct err err;
    assert_int_equal(signing_message(&message, secret, signature, &err), STATUS_OK);
    assert_int_equal(signing_message_check(&message, public_key, signature, &err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_int_equal(signing_message_check(&others[i], public_key, signature, &err),
                         STATUS_UNAUTHORIZED);
    signature[0] ^= 1;
    assert_int_equal(signing_message_check(&message, public_key, signature, &err),
                     STATUS_UNAUTHORIZED);
}

static void a_phrase_is_read_as_it_may_be_typed(void **state)
{
    (void)state;
    static const char *const SPELLINGS[] = {
        "K7QM-1234-5678-9ABC-0DEF-0GHJ",     "k7qm-1234-5678-9abc-0def-0ghj",
        "K7QM12345678 9ABC0DEF0GHJ",         "  K7QM I234 5678 9ABC ODEF oGHJ\n",
        "K7QM-l234-5678-9ABC-0DEF-0GHJ\r\n",
    };
    char id[SIGNING_PHRASE_ID_CHARS + 1];
    uint8_t first[CRYPTO_KEY_BYTES], key[CRYPTO_KEY_BYTES];
    struct err err;
    static const char PLAIN[] = "hailong-enrol/v1\n123456789ABC0DEF0GHJ";
    crypto_sha256(PLAIN, sizeof PLAIN - 1, first);
    for (size_t i = 0; i < ARRAY_SIZE(SPELLINGS); i++) {
        if (signing_phrase_read(SPELLINGS[i], id, key, &err) != STATUS_OK)
            fail_msg("spelling %zu", i);
        assert_string_equal(id, "K7QM");
        assert_memory_equal(key, first, sizeof key);
    }
}

static void what_is_no_phrase_is_refused_without_showing_it(void **state)
{
    (void)state;
    static const char *const PHRASES[] = {
        "",
        "K7QM",
        "K7QM-1234-5678-9ABC-0DEF-0GH",
        "K7QM-1234-5678-9ABC-0DEF-0GHJK",
        "U7QM-1234-5678-9ABC-0DEF-0GHJ",
        "K7QM-1234-5678-9ABC-0DEF-0GHĐ",
        "K7QM_1234_5678_9ABC_0DEF_0GHJ",
    };
    for (size_t i = 0; i < ARRAY_SIZE(PHRASES); i++) {
        char id[SIGNING_PHRASE_ID_CHARS + 1] = "x";
        uint8_t key[CRYPTO_KEY_BYTES];
        struct err err;
        assert_int_equal(signing_phrase_read(PHRASES[i], id, key, &err), STATUS_BAD_INPUT);
        assert_string_equal(id, "x");
        assert_null(strstr(err.text, "K7QM"));
    }
}

static void made_phrases_differ_and_are_read(void **state)
{
    (void)state;
    char one[SIGNING_PHRASE_CHARS + 1], two[SIGNING_PHRASE_CHARS + 1];
    char id[SIGNING_PHRASE_ID_CHARS + 1];
    uint8_t key[CRYPTO_KEY_BYTES];
    struct err err;
    signing_phrase_make(one);
    signing_phrase_make(two);
    assert_int_equal(strlen(one), SIGNING_PHRASE_CHARS);
    assert_string_not_equal(one, two);
    assert_int_equal(signing_phrase_read(one, id, key, &err), STATUS_OK);
    assert_int_equal(strncmp(one, id, SIGNING_PHRASE_ID_CHARS), 0);
}

static void both_sides_show_that_they_know_the_secret(void **state)
{
    (void)state;
    static const char DEVICE[] = "hailong-enrol-device/v1\nVKEY\n";
    static const char HUB[] = "hailong-enrol-hub/v1\nHUB\nBOX\nLANE\n";
    const uint8_t key[CRYPTO_KEY_BYTES] = {7};
    uint8_t mac[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES];
    signing_enrol_device(key, "VKEY", mac);
    crypto_hmac(key, DEVICE, sizeof DEVICE - 1, expected);
    assert_memory_equal(mac, expected, sizeof mac);
    signing_enrol_hub(key, "HUB", "BOX", "LANE", mac);
    crypto_hmac(key, HUB, sizeof HUB - 1, expected);
    assert_memory_equal(mac, expected, sizeof mac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_request_is_accepted_with_its_time),
        cmocka_unit_test(the_signed_text_is_the_documented_one),
        cmocka_unit_test(each_signed_part_matters),
        cmocka_unit_test(what_is_no_header_is_refused),
        cmocka_unit_test(a_message_is_for_one_lane_number_type_and_text),
        cmocka_unit_test(a_phrase_is_read_as_it_may_be_typed),
        cmocka_unit_test(what_is_no_phrase_is_refused_without_showing_it),
        cmocka_unit_test(made_phrases_differ_and_are_read),
        cmocka_unit_test(both_sides_show_that_they_know_the_secret),
    };
    return cmocka_run_group_tests_name("signing", tests, make_keys, NULL);
}
