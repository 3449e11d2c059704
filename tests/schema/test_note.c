// SPDX-License-Identifier: MIT
// Notes: signed, cosigned and read as the standards say, and refused when anything was changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "note.h"
#include "text.h"

// Computed apart from our code (Python: hashlib, base64 and an Ed25519 of OpenSSL) from the key of
// RFC 8032 §7.1 test 1; root = SHA-256("").
#define NAME "hailong/21fe31dfa154a261626bf854046fd227"
#define VKEY NAME "+9a955912+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define COSIGNER NAME "+867aceb7+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define TEXT NAME "\n17\n" ROOT "\nhour 2026-11-03T09+07\n"
#define SIGNATURE                                                                                  \
    "— " NAME " mpVZEgmVm6JGaH6/cCtfADeUT2ype2q2D5X1l2tC9jpgZChMkzL1nrZ1QE50j7VmwFPtiwStEsJELmluB" \
    "0waYin4ywo=\n"
#define COSIGNATURE                                                                                \
    "— " NAME " hnrOtwAAAABq6UcoReuRijHzRBEMuACpTQ0y5WyPGjk1d33b+UGH/Q1Cb2he9dOn1aJGqeY9WWRxL7bzG" \
    "jxVS2I6El3iiPacXUE7DA==\n"
enum { COSIGNED_S = 1793673000 };
#define NOTE TEXT "\n" SIGNATURE

static uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
static struct note_key key, cosigner;

static struct note_checkpoint known(void)
{
    struct note_checkpoint checkpoint = {.origin = NAME, .size = 17, .hour = "2026-11-03T09+07"};
    crypto_sha256("", 0, checkpoint.root);
    return checkpoint;
}

static void a_key_is_written_and_read_as_documented(void **state)
{
    (void)state;
    static const char *const texts[] = {VKEY, COSIGNER};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const struct note_key *expected = i == 0 ? &key : &cosigner;
        struct note_key found = {.name = ""};
        char text[NOTE_VKEY_BYTES], lane[ENTRY_LANE_CHARS + 1];
        note_vkey(expected, text);
        assert_string_equal(text, texts[i]);
        assert_int_equal(note_vkey_read(text, strlen(text), &found, NULL), STATUS_OK);
        assert_string_equal(found.name, NAME);
        assert_int_equal(found.algorithm, expected->algorithm);
        assert_memory_equal(found.id, expected->id, sizeof found.id);
        assert_memory_equal(found.public_key, expected->public_key, sizeof found.public_key);
        assert_true(note_key_lane(&found, lane));
        assert_string_equal(lane, NAME + 8);
    }
}

static void a_changed_key_is_refused(void **state)
{
    (void)state;
    char text[] = VKEY;
    for (size_t at = 0; at < strlen(VKEY); at++) {
        struct note_key found = {.algorithm = 99};
        struct err err = {.text = ""};
        text[at] = text[at] == 'x' ? 'y' : 'x';
        assert_int_equal(note_vkey_read(text, strlen(text), &found, &err), STATUS_BAD_INPUT);
        assert_int_equal(found.algorithm, 99);
        assert_int_not_equal(strlen(err.text), 0);
        text[at] = VKEY[at];
        assert_int_equal(note_vkey_read(text, at, &found, NULL), STATUS_BAD_INPUT);
    }
    static const char *const rows[] = {
        VKEY "\n",
        VKEY "=",
        " " VKEY,
        "+9a955912+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        // the right id of an algorithm that nobody knows here
        "witness+00000000+AtdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct note_key found;
        assert_int_equal(note_vkey_read(rows[i], strlen(rows[i]), &found, NULL), STATUS_BAD_INPUT);
    }
}

static void a_key_of_another_log_is_no_lane(void **state)
{
    (void)state;
    // The example of golang.org/x/mod/sumdb/note.
    static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    static const char note[] =
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
        "Zb6KE6RyyBwJnAM=\n";
    struct note_key found;
    char lane[ENTRY_LANE_CHARS + 1] = "kept";
    assert_int_equal(note_vkey_read(vkey, strlen(vkey), &found, NULL), STATUS_OK);
    assert_false(note_key_lane(&found, lane));
    assert_string_equal(lane, "kept");
    assert_int_equal(note_verify(note, strlen(note), &found, NULL, NULL), STATUS_OK);
    struct note_checkpoint checkpoint;
    assert_int_equal(note_read(note, strlen(note), &checkpoint, NULL), STATUS_BAD_INPUT);
}

static void a_checkpoint_is_signed_in_the_known_bytes(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    struct note_checkpoint checkpoint = known();
    buf_init(&out, NOTE_LIMIT_BYTES);
    assert_int_equal(note_sign(&checkpoint, secret, &out, NULL), STATUS_OK);
    assert_string_equal(buf_text(&out), NOTE);
    assert_int_equal(note_cosign(NOTE, strlen(NOTE), NAME, secret, COSIGNED_S, &out, NULL),
                     STATUS_OK);
    assert_string_equal(buf_text(&out), NOTE COSIGNATURE);
    int64_t time_s = 1;
    assert_int_equal(note_verify(out.data, out.size_bytes, &key, &time_s, NULL), STATUS_OK);
    assert_int_equal(time_s, 0);
    assert_int_equal(note_verify(out.data, out.size_bytes, &cosigner, &time_s, NULL), STATUS_OK);
    assert_int_equal(time_s, COSIGNED_S);
}

static void what_was_signed_is_read_back(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 17, INT64_MAX};
    static const char *const hours[] = {"", "2026-11-03T09+07", "2026-11-03T09+07"};
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
        for (size_t h = 0; h < ARRAY_SIZE(hours); h++) {
            AUTO(buf_done) struct buf out;
            struct note_checkpoint checkpoint = known(), found = {.size = 99};
            buf_init(&out, NOTE_LIMIT_BYTES);
            checkpoint.size = sizes[s];
            snprintf(checkpoint.hour, sizeof checkpoint.hour, "%s", hours[h]);
            checkpoint.clock_unset = h == 2;
            assert_int_equal(note_sign(&checkpoint, secret, &out, NULL), STATUS_OK);
            assert_int_equal(note_read(out.data, out.size_bytes, &found, NULL), STATUS_OK);
            assert_string_equal(found.origin, NAME);
            assert_true(found.size == sizes[s]);
            assert_memory_equal(found.root, checkpoint.root, sizeof found.root);
            assert_string_equal(found.hour, hours[h]);
            assert_int_equal(found.clock_unset, h == 2);
        }
}

static void a_byte_changed_anywhere_is_found(void **state)
{
    (void)state;
    char note[] = NOTE COSIGNATURE;
    size_t own = strlen(NOTE), all = strlen(note);
    for (size_t at = 0; at < all; at++) {
        char before = note[at];
        note[at] = (char)(before ^ 1);
        // Whatever stands before the cosignature makes the lane's signature fail; a change in the
        // text or in the cosignature makes that one fail.
        bool lane_ok = note_verify(note, all, &key, NULL, NULL) == STATUS_OK;
        bool cosigned = note_verify(note, all, &cosigner, NULL, NULL) == STATUS_OK;
        if (at < own && lane_ok)
            fail_msg("byte %zu of the note", at);
        if ((at < strlen(TEXT) || at >= own) && cosigned)
            fail_msg("byte %zu, cosigned", at);
        note[at] = before;
    }
    for (size_t cut = 0; cut < own; cut++)
        assert_int_not_equal(note_verify(note, cut, &key, NULL, NULL), STATUS_OK);
}

static void a_wrong_and_a_missing_signature_are_told_apart(void **state)
{
    (void)state;
    static const char wrong[] =
        "— " NAME
        " mpVZEgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAA=\n";
    static const char other_id[] = "— " NAME " AAAAAAAAAAA=\n",
                      short_one[] = "— " NAME " mpVZEgA=\n";
    static const struct {
        const char *signatures[2];
        enum status lane, cosigned;
    } rows[] = {
        {{SIGNATURE, ""}, STATUS_OK, STATUS_NOT_FOUND},
        {{COSIGNATURE, ""}, STATUS_NOT_FOUND, STATUS_OK},
        {{wrong, ""}, STATUS_CHECK_FAILED, STATUS_NOT_FOUND},
        {{SIGNATURE, wrong}, STATUS_CHECK_FAILED, STATUS_NOT_FOUND},
        {{wrong, SIGNATURE}, STATUS_CHECK_FAILED, STATUS_NOT_FOUND},
        {{short_one, COSIGNATURE}, STATUS_CHECK_FAILED, STATUS_OK},
        {{other_id, SIGNATURE}, STATUS_OK, STATUS_NOT_FOUND},
        {{other_id, ""}, STATUS_NOT_FOUND, STATUS_NOT_FOUND},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char note[2000];
        int length = snprintf(note, sizeof note, TEXT "\n%s%s", rows[i].signatures[0],
                              rows[i].signatures[1]);
        assert_int_equal(note_verify(note, (size_t)length, &key, NULL, NULL), rows[i].lane);
        assert_int_equal(note_verify(note, (size_t)length, &cosigner, NULL, NULL),
                         rows[i].cosigned);
    }
}

static void a_cosignature_over_another_text_is_refused(void **state)
{
    (void)state;
    static const char other[] = NAME "\n18\n" ROOT "\nhour 2026-11-03T09+07\n\n" COSIGNATURE;
    int64_t time_s = 5;
    assert_int_equal(note_verify(other, strlen(other), &cosigner, &time_s, NULL),
                     STATUS_CHECK_FAILED);
    assert_int_equal(time_s, 5);
}

static void a_time_past_all_time_is_refused(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf note;
    uint8_t payload[76];
    memcpy(payload, cosigner.id, 4);
    memset(payload + 4, 0xff, sizeof payload - 4);
    buf_init(&note, NOTE_LIMIT_BYTES);
    buf_add_text(&note, TEXT "\n— " NAME " ");
    crypto_base64(payload, sizeof payload, &note);
    buf_add_char(&note, '\n');
    assert_int_equal(note_verify(note.data, note.size_bytes, &cosigner, NULL, NULL),
                     STATUS_CHECK_FAILED);
}

static void a_note_in_another_form_is_refused(void **state)
{
    (void)state;
#define LINES NAME "\n17\n" ROOT "\n"
#define END "\n" SIGNATURE
    static const struct {
        const char *note, *says;
    } rows[] = {
        {"", "line feed"},
        {"\n", "empty line"},
        {"\n\n", "empty line"},
        {TEXT "\n", "no empty line"},
        {TEXT SIGNATURE, "empty line"},
        {TEXT "\n— " NAME " mpVZEgA=", "line feed"},
        {TEXT "\n- " NAME " mpVZEgA=\n", "among its signatures"},
        {TEXT "\n—" NAME " mpVZEgA=\n", "among its signatures"},
        {TEXT "\n— " NAME "\n", "among its signatures"},
        {TEXT "\n—  mpVZEgA=\n", "among its signatures"},
        {TEXT "\n— a+b mpVZEgA=\n", "among its signatures"},
        {TEXT "\n— " NAME " mpVZEg==\n", "among its signatures"},
        {TEXT "\n— " NAME " mpVZEgA\n", "among its signatures"},
        {TEXT END "hello\n", "among its signatures"},
        {TEXT "\r\n" SIGNATURE, "clean"},
        {NAME "\n17\n" ROOT "\nx\ty\n" END, "clean"},
        {NAME "\n17\n" ROOT "\n\xff\n" END, "clean"},
        {NAME "\n17\n" END, "three lines"},
        {"\n17\n" ROOT "\n" END, "origin"},
        {"a-name-that-is-longer-than-the-sixty-three-bytes-that-we-keep-of-it\n17\n" ROOT "\n" END,
         "origin"},
        {NAME "\n\n" ROOT "\n" END, "second line"},
        {NAME "\n-1\n" ROOT "\n" END, "second line"},
        {NAME "\n-0\n" ROOT "\n" END, "second line"},
        {NAME "\n017\n" ROOT "\n" END, "second line"},
        {NAME "\n+17\n" ROOT "\n" END, "second line"},
        {NAME "\n17 \n" ROOT "\n" END, "second line"},
        {NAME "\n9223372036854775808\n" ROOT "\n" END, "second line"},
        {NAME "\n99999999999999999999\n" ROOT "\n" END, "second line"},
        {NAME "\n17\n47DEQpj8HBSa\n" END, "third line"},
        {NAME "\n17\n" ROOT "AAAA\n" END, "third line"},
        {NAME "\n17\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n" END, "third line"},
        {LINES "\nhour 2026-11-03T09+07\n" END, "empty line in"},
        {LINES "hour 2026-11-03T24+07\n" END, "hour must"},
        {LINES "hour \n" END, "hour must"},
        {LINES "hour 2026-11-03T09+07 \n" END, "hour must"},
        {LINES "hour 2026-11-03T09+07 unset \n" END, "hour must"},
        {LINES "hour 2026-11-03T09+07 known\n" END, "hour must"},
        {LINES "hour 2026-11-03T09+07\nhour 2026-11-03T09+07\n" END, "twice"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct note_checkpoint found = {.size = 99};
        struct err err = {.text = ""};
        assert_int_equal(note_read(rows[i].note, strlen(rows[i].note), &found, &err),
                         STATUS_BAD_INPUT);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu says: %s", i, err.text);
        assert_true(found.size == 99);
    }
}

static void another_logs_checkpoint_may_say_more(void **state)
{
    (void)state;
    static const char other[] =
        "go.sum database tree\n9223372036854775807\n" ROOT "\nhour of the wolf\nTimestamp: 1\n" END;
    struct note_checkpoint found;
    assert_int_equal(note_read(other, strlen(other), &found, NULL), STATUS_OK);
    assert_string_equal(found.origin, "go.sum database tree");
    assert_true(found.size == INT64_MAX);
    assert_string_equal(found.hour, "");
    static const char ours[] = LINES "something new\nhour 2026-11-03T09+07 unset\n" END;
    assert_int_equal(note_read(ours, strlen(ours), &found, NULL), STATUS_OK);
    assert_string_equal(found.hour, "2026-11-03T09+07");
    assert_true(found.clock_unset);
}

static void a_note_has_at_most_16_signatures_and_8192_bytes(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf note;
    struct note_checkpoint found;
    struct err err;
    buf_init(&note, 3 * NOTE_LIMIT_BYTES);
    buf_add_text(&note, NOTE);
    for (int i = 1; i < NOTE_SIGNATURE_MAX; i++)
        buf_add_text(&note, SIGNATURE);
    assert_int_equal(note_read(note.data, note.size_bytes, &found, &err), STATUS_OK);
    assert_int_equal(note_verify(note.data, note.size_bytes, &key, NULL, &err), STATUS_OK);
    buf_add_text(&note, SIGNATURE);
    assert_int_equal(note_read(note.data, note.size_bytes, &found, &err), STATUS_BAD_INPUT);
    buf_clear(&note);
    buf_add_text(&note, LINES);
    while (note.size_bytes < NOTE_LIMIT_BYTES - strlen(END) - 1)
        buf_add_char(&note, 'x');
    buf_add_text(&note, "\n" END);
    assert_int_equal(note.size_bytes, NOTE_LIMIT_BYTES);
    assert_int_equal(note_read(note.data, note.size_bytes, &found, &err), STATUS_OK);
    assert_int_equal(note_read(note.data, note.size_bytes + 1, &found, &err), STATUS_BAD_INPUT);
}

static void a_full_buffer_takes_no_half_note(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    struct note_checkpoint checkpoint = known();
    buf_init(&out, 100);
    assert_int_equal(note_sign(&checkpoint, secret, &out, NULL), STATUS_TOO_LARGE);
    AUTO(buf_done) struct buf more;
    buf_init(&more, 100);
    assert_int_equal(note_cosign(NOTE, strlen(NOTE), NAME, secret, 1, &more, NULL),
                     STATUS_TOO_LARGE);
    assert_int_equal(note_cosign(TEXT, strlen(TEXT), NAME, secret, 1, &more, NULL),
                     STATUS_BAD_INPUT);
}

static int open_all(void **state)
{
    (void)state;
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    // RFC 8032 §7.1 test 1; libsodium's form is seed and public key.
    static const char seed_and_public[] =
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    if (crypto_open(NULL) != STATUS_OK ||
        !text_unhex(seed_and_public, strlen(seed_and_public), secret, sizeof secret))
        return -1;
    crypto_sign_public(secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    note_key_of_lane(public_key, NOTE_COSIGNATURE, &cosigner);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_written_and_read_as_documented),
        cmocka_unit_test(a_changed_key_is_refused),
        cmocka_unit_test(a_key_of_another_log_is_no_lane),
        cmocka_unit_test(a_checkpoint_is_signed_in_the_known_bytes),
        cmocka_unit_test(what_was_signed_is_read_back),
        cmocka_unit_test(a_byte_changed_anywhere_is_found),
        cmocka_unit_test(a_wrong_and_a_missing_signature_are_told_apart),
        cmocka_unit_test(a_cosignature_over_another_text_is_refused),
        cmocka_unit_test(a_time_past_all_time_is_refused),
        cmocka_unit_test(a_note_in_another_form_is_refused),
        cmocka_unit_test(another_logs_checkpoint_may_say_more),
        cmocka_unit_test(a_note_has_at_most_16_signatures_and_8192_bytes),
        cmocka_unit_test(a_full_buffer_takes_no_half_note),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
