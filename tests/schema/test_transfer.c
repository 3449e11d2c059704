// SPDX-License-Identifier: MIT
// Transfers: put together and taken apart, sealed and opened, found out when anything is missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer.h"

enum { BIG_BYTES = 400000, PIECE = 64 * 1024, SEALED_PIECE = PIECE + CRYPTO_STREAM_MORE_BYTES };

static uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
static uint8_t box_secret[CRYPTO_BOX_SECRET_BYTES];
static struct note_key key;
static struct transfer_box box;

static void add_note(struct buf *note, uint64_t size)
{
    struct note_checkpoint checkpoint = {.size = size, .hour = "2026-11-03T09+07"};
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", key.name);
    assert_int_equal(note_sign(&checkpoint, secret, note, NULL), STATUS_OK);
}

// A transfer of these lines with a good note.
static void make(struct buf *text, const char *lines, uint64_t size)
{
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    add_note(&note, size);
    buf_add_text(text, lines);
    transfer_end(text, note.data, note.size_bytes, &key);
    assert_int_equal(buf_check(text, NULL), STATUS_OK);
}

static void what_was_put_together_comes_apart(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "{\"v\":1}\n", "{\"v\":1}\n{\"t\":\"góp ý\"}\n"};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf text;
        struct transfer found;
        struct err err;
        buf_init(&text, BIG_BYTES);
        make(&text, rows[i], i);
        assert_int_equal(transfer_read(text.data, text.size_bytes, &found, &err), STATUS_OK);
        assert_int_equal(found.lines_bytes, strlen(rows[i]));
        assert_memory_equal(found.lines, rows[i], found.lines_bytes);
        assert_true(found.checkpoint.size == i);
        assert_string_equal(found.checkpoint.origin, key.name);
        assert_memory_equal(found.key.public_key, public_key, sizeof public_key);
        assert_int_equal(note_verify(found.note, found.note_bytes, &key, NULL, NULL), STATUS_OK);
        // Lines, empty line, note and key are all.
        char vkey[NOTE_VKEY_BYTES];
        note_vkey(&found.key, vkey);
        assert_int_equal(found.lines_bytes + 1 + found.note_bytes + strlen(vkey) + 1,
                         text.size_bytes);
    }
}

static void a_cosigned_note_travels_whole(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text, note, line;
    struct transfer found;
    int64_t time_s = 0;
    uint8_t hub_public[CRYPTO_SIGN_PUBLIC_BYTES], hub_secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key hub;
    crypto_sign_keys(hub_public, hub_secret);
    note_key_of_lane(hub_public, NOTE_COSIGNATURE, &hub);
    buf_init(&text, BIG_BYTES);
    buf_init(&note, NOTE_LIMIT_BYTES);
    buf_init(&line, NOTE_LIMIT_BYTES);
    add_note(&note, 3);
    assert_int_equal(note_cosign(note.data, note.size_bytes, hub.name, hub_secret, 77, &line, NULL),
                     STATUS_OK);
    buf_add(&note, line.data, line.size_bytes);
    transfer_end(&text, note.data, note.size_bytes, &key);
    assert_int_equal(transfer_read(text.data, text.size_bytes, &found, NULL), STATUS_OK);
    assert_int_equal(note_verify(found.note, found.note_bytes, &hub, &time_s, NULL), STATUS_OK);
    assert_int_equal(time_s, 77);
}

static void a_transfer_cut_anywhere_is_refused(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text;
    buf_init(&text, BIG_BYTES);
    make(&text, "{\"v\":1}\n{\"v\":2}\n", 2);
    for (size_t cut = 0; cut < text.size_bytes; cut++) {
        struct transfer found = {.lines_bytes = 99};
        struct err err = {.text = ""};
        assert_int_equal(transfer_read(text.data, cut, &found, &err), STATUS_BAD_INPUT);
        assert_int_not_equal(strlen(err.text), 0);
        assert_int_equal(found.lines_bytes, 99);
    }
    // Everything behind the lines is covered by key, signature and form.
    for (size_t at = strlen("{\"v\":1}\n{\"v\":2}\n"); at < text.size_bytes; at++) {
        struct transfer found;
        text.data[at] = (char)(text.data[at] ^ 1);
        assert_int_equal(transfer_read(text.data, text.size_bytes, &found, NULL), STATUS_BAD_INPUT);
        text.data[at] = (char)(text.data[at] ^ 1);
    }
}

static void a_transfer_in_another_form_is_refused(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf good, note, text;
    struct transfer found;
    struct err err;
    buf_init(&good, BIG_BYTES);
    buf_init(&note, NOTE_LIMIT_BYTES);
    buf_init(&text, BIG_BYTES);
    make(&good, "", 0);
    add_note(&note, 0);
    assert_int_equal(transfer_read(good.data + 1, good.size_bytes - 1, &found, &err),
                     STATUS_BAD_INPUT); // without its empty line
    buf_add_text(&text, "hello\n");
    buf_add(&text, good.data, good.size_bytes);
    assert_int_equal(transfer_read(text.data, text.size_bytes, &found, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "begins with no entry"));
    buf_clear(&text);
    buf_add(&text, good.data, good.size_bytes);
    buf_add_char(&text, '\n');
    assert_int_equal(transfer_read(text.data, text.size_bytes, &found, &err), STATUS_BAD_INPUT);
    // The key of another lane, of a cosigner, and of another log.
    static const char *const faults[] = {"different lanes", "not the key of a lane",
                                         "not the key of a lane"};
    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        struct note_key other = key;
        if (i == 0) {
            uint8_t other_secret[CRYPTO_SIGN_SECRET_BYTES], other_public[CRYPTO_SIGN_PUBLIC_BYTES];
            crypto_sign_keys(other_public, other_secret);
            note_key_of_lane(other_public, NOTE_ED25519, &other);
        } else if (i == 1) {
            note_key_of_lane(public_key, NOTE_COSIGNATURE, &other);
        } else {
            // PeterNeumann is the example of golang.org/x/mod/sumdb/note.
            static const char vkey[] =
                "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
            assert_int_equal(note_vkey_read(vkey, strlen(vkey), &other, NULL), STATUS_OK);
        }
        buf_clear(&text);
        transfer_end(&text, note.data, note.size_bytes, &other);
        assert_int_equal(transfer_read(text.data, text.size_bytes, &found, &err), STATUS_BAD_INPUT);
        assert_non_null(strstr(err.text, faults[i]));
    }
}

// ---- sealed -----------------------------------------------------------------------------------

static enum status keep(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    struct buf *out = context;
    buf_add(out, bytes, size_bytes);
    return buf_check(out, err);
}

static uint8_t plain[BIG_BYTES];

// Seals the first bytes of `plain`, added in pieces of `step`.
static void seal(struct buf *sealed, size_t size_bytes, size_t step)
{
    AUTO(transfer_seal_closep) struct transfer_sealer *sealer = NULL;
    assert_int_equal(transfer_seal_open(&box, keep, sealed, &sealer, NULL), STATUS_OK);
    for (size_t at = 0; at < size_bytes; at += step)
        assert_int_equal(transfer_seal_add(sealer, plain + at,
                                           step < size_bytes - at ? step : size_bytes - at, NULL),
                         STATUS_OK);
    assert_int_equal(transfer_seal_end(sealer, NULL), STATUS_OK);
}

// From memory to memory.
struct from {
    const char *at;
    size_t rest_bytes;
    struct buf *out;
};

static enum status give(void *context, void *bytes, size_t size_bytes, size_t *ret_bytes,
                        struct err *err)
{
    (void)err;
    struct from *from = context;
    *ret_bytes = size_bytes < from->rest_bytes ? size_bytes : from->rest_bytes;
    memcpy(bytes, from->at, *ret_bytes);
    from->at += *ret_bytes;
    from->rest_bytes -= *ret_bytes;
    return STATUS_OK;
}

static enum status keep_of(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    return keep(((struct from *)context)->out, bytes, size_bytes, err);
}

static enum status unseal_by(const struct buf *sealed, size_t size_bytes, const char *lane,
                             const uint8_t *box_public, const uint8_t *opening, struct buf *out,
                             struct err *err)
{
    struct from from = {.at = sealed->data, .rest_bytes = size_bytes, .out = out};
    const struct transfer_flow flow = {.read = give, .write = keep_of, .context = &from};
    buf_clear(out);
    return transfer_unseal(&flow, lane, box_public, opening, err);
}

static enum status unseal(const struct buf *sealed, size_t size_bytes, struct buf *out,
                          struct err *err)
{
    return unseal_by(sealed, size_bytes, box.lane, box.public_key, box_secret, out, err);
}

static void a_sealed_transfer_of_any_size_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 300001};
    static const size_t steps[] = {1000, PIECE, BIG_BYTES};
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
        for (size_t t = 0; t < ARRAY_SIZE(steps); t++) {
            AUTO(buf_done) struct buf sealed, out;
            struct err err = {.text = ""};
            buf_init(&sealed, 2 * BIG_BYTES);
            buf_init(&out, BIG_BYTES);
            seal(&sealed, sizes[s], steps[t]);
            assert_true(transfer_is_sealed(sealed.data, sealed.size_bytes));
            size_t pieces = sizes[s] == 0 ? 1 : (sizes[s] + PIECE - 1) / PIECE;
            size_t head = 18 + ENTRY_LANE_CHARS + 1 + (32 + CRYPTO_SEAL_BYTES + 2) / 3 * 4 + 1 +
                          CRYPTO_STREAM_HEADER_BYTES;
            assert_int_equal(sealed.size_bytes,
                             head + sizes[s] + pieces * CRYPTO_STREAM_MORE_BYTES);
            assert_int_equal(unseal(&sealed, sealed.size_bytes, &out, &err), STATUS_OK);
            assert_int_equal(out.size_bytes, sizes[s]);
            if (sizes[s] > 0)
                assert_memory_equal(out.data, plain, sizes[s]);
        }
}

static void a_sealed_transfer_that_was_cut_is_known(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf sealed, out;
    buf_init(&sealed, BIG_BYTES);
    buf_init(&out, BIG_BYTES);
    seal(&sealed, 2 * PIECE + 10, PIECE);
    size_t body = sealed.size_bytes - 2 * SEALED_PIECE - 10 - CRYPTO_STREAM_MORE_BYTES;
    const size_t cuts[] = {0,
                           1,
                           18,
                           49,
                           50,
                           body - 25,
                           body - 1,
                           body,
                           body + 1,
                           body + SEALED_PIECE - 1,
                           body + SEALED_PIECE, // between two pieces: only the mark is missing
                           body + 2 * SEALED_PIECE,
                           sealed.size_bytes - 1};
    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
        struct err err = {.text = ""};
        assert_int_equal(unseal(&sealed, cuts[i], &out, &err), STATUS_BAD_INPUT);
        assert_int_not_equal(strlen(err.text), 0);
    }
    buf_add_char(&sealed, 'x');
    assert_int_equal(unseal(&sealed, sealed.size_bytes, &out, NULL), STATUS_BAD_INPUT);
}

static void a_sealed_transfer_that_was_changed_is_known(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf sealed, out;
    buf_init(&sealed, BIG_BYTES);
    buf_init(&out, BIG_BYTES);
    seal(&sealed, 100, 100);
    for (size_t at = 0; at < sealed.size_bytes; at++) {
        sealed.data[at] = (char)(sealed.data[at] ^ 2);
        assert_int_equal(unseal(&sealed, sealed.size_bytes, &out, NULL), STATUS_BAD_INPUT);
        assert_int_equal(out.size_bytes, 0);
        sealed.data[at] = (char)(sealed.data[at] ^ 2);
    }
    AUTO(buf_done) struct buf two;
    buf_init(&two, BIG_BYTES);
    seal(&two, 3 * PIECE, PIECE);
    char *body = two.data + two.size_bytes - 3 * SEALED_PIECE;
    for (size_t i = 0; i < SEALED_PIECE; i++) {
        char byte = body[i];
        body[i] = body[SEALED_PIECE + i];
        body[SEALED_PIECE + i] = byte;
    }
    assert_int_equal(unseal(&two, two.size_bytes, &out, NULL), STATUS_BAD_INPUT);
    assert_int_equal(out.size_bytes, 0);
}

static void a_file_for_another_hub_names_it(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf sealed, out;
    struct err err;
    uint8_t other_public[CRYPTO_BOX_PUBLIC_BYTES], other_secret[CRYPTO_BOX_SECRET_BYTES];
    buf_init(&sealed, BIG_BYTES);
    buf_init(&out, BIG_BYTES);
    seal(&sealed, 10, 10);
    crypto_box_keys(other_public, other_secret);
    assert_int_equal(unseal_by(&sealed, sealed.size_bytes, "00000000000000000000000000000000",
                               other_public, other_secret, &out, &err),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, box.lane));
    // The right name, but not the key.
    assert_int_equal(
        unseal_by(&sealed, sealed.size_bytes, box.lane, other_public, other_secret, &out, &err),
        STATUS_BAD_INPUT);
    assert_int_equal(out.size_bytes, 0);
}

static enum status fail_to_read(void *context, void *bytes, size_t size_bytes, size_t *ret_bytes,
                                struct err *err)
{
    struct from *from = context;
    if (from->rest_bytes == 0)
        return err_set(err, STATUS_IO, "the disk is gone");
    return give(context, bytes, size_bytes, ret_bytes, err);
}

static void a_reader_that_fails_stops_opening(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf sealed, out;
    buf_init(&sealed, BIG_BYTES);
    buf_init(&out, BIG_BYTES);
    seal(&sealed, 2 * PIECE, PIECE);
    const size_t ends[] = {0, sealed.size_bytes - SEALED_PIECE, sealed.size_bytes};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        struct from from = {.at = sealed.data, .rest_bytes = ends[i], .out = &out};
        const struct transfer_flow flow = {
            .read = fail_to_read, .write = keep_of, .context = &from};
        assert_int_equal(transfer_unseal(&flow, box.lane, box.public_key, box_secret, NULL),
                         STATUS_IO);
    }
}

static void a_writer_that_fails_stops_sealing_and_opening(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf small, sealed;
    AUTO(transfer_seal_closep) struct transfer_sealer *sealer = NULL;
    buf_init(&small, 1000);
    buf_init(&sealed, BIG_BYTES);
    assert_int_equal(transfer_seal_open(&box, keep, &small, &sealer, NULL), STATUS_OK);
    assert_int_equal(transfer_seal_add(sealer, plain, PIECE, NULL), STATUS_OK);
    assert_int_equal(transfer_seal_add(sealer, plain, 1, NULL), STATUS_TOO_LARGE);
    AUTO(transfer_seal_closep) struct transfer_sealer *none = NULL;
    AUTO(buf_done) struct buf tiny;
    buf_init(&tiny, 10);
    assert_int_equal(transfer_seal_open(&box, keep, &tiny, &none, NULL), STATUS_TOO_LARGE);
    assert_null(none);
    seal(&sealed, 2000, 2000);
    assert_int_equal(unseal(&sealed, sealed.size_bytes, &small, NULL), STATUS_TOO_LARGE);
}

static void a_hubs_box_key_is_one_line(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text;
    struct transfer_box found;
    buf_init(&text, 400);
    transfer_box_text(&box, &text);
    assert_int_equal(transfer_box_read(text.data, text.size_bytes, &found, NULL), STATUS_OK);
    assert_string_equal(found.lane, box.lane);
    assert_memory_equal(found.public_key, box.public_key, sizeof found.public_key);
    for (size_t cut = 0; cut < text.size_bytes; cut++)
        assert_int_equal(transfer_box_read(text.data, cut, &found, NULL), STATUS_BAD_INPUT);
    // As the hub's key command prints it: the line stands below another.
    AUTO(buf_done) struct buf file;
    buf_init(&file, 400);
    buf_addf(&file, "hailong/x+00000000+AAAA\n%s\n", buf_text(&text));
    assert_int_equal(transfer_box_read(file.data, file.size_bytes, &found, NULL), STATUS_OK);
    assert_string_equal(found.lane, box.lane);
    static const char *const bad[] = {
        "hailong-box 0123456789ABCDEF0123456789abcdef AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "hailong-box 0123456789abcdef0123456789abcdef AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "hailong-box 0123456789abcdef0123456789abcdefAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "hailong-box 0123456789abcdef0123456789abcdef "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ",
        " hailong-box 0123456789abcdef0123456789abcdef "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "hailong-box 0123456789abcdef0123456789abcdef AAAA",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(transfer_box_read(bad[i], strlen(bad[i]), &found, NULL), STATUS_BAD_INPUT);
}

static void only_a_sealed_file_begins_so(void **state)
{
    (void)state;
    assert_false(transfer_is_sealed("", 0));
    assert_false(transfer_is_sealed("hailong-sealed/v1", 17));
    assert_true(transfer_is_sealed("hailong-sealed/v1 ", 18));
    assert_false(transfer_is_sealed("hailong-sealed/v2 x", 19));
    assert_false(transfer_is_sealed("{\"v\":1,\"lane\":\"01", 17));
}

static int open_all(void **state)
{
    (void)state;
    if (crypto_open(NULL) != STATUS_OK)
        return -1;
    crypto_sign_keys(public_key, secret);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    crypto_box_keys(box.public_key, box_secret);
    snprintf(box.lane, sizeof box.lane, "0123456789abcdef0123456789abcdef");
    for (size_t i = 0; i < BIG_BYTES; i++)
        plain[i] = (uint8_t)(i % 251);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_together_comes_apart),
        cmocka_unit_test(a_cosigned_note_travels_whole),
        cmocka_unit_test(a_transfer_cut_anywhere_is_refused),
        cmocka_unit_test(a_transfer_in_another_form_is_refused),
        cmocka_unit_test(a_sealed_transfer_of_any_size_comes_back),
        cmocka_unit_test(a_sealed_transfer_that_was_cut_is_known),
        cmocka_unit_test(a_sealed_transfer_that_was_changed_is_known),
        cmocka_unit_test(a_file_for_another_hub_names_it),
        cmocka_unit_test(a_reader_that_fails_stops_opening),
        cmocka_unit_test(a_writer_that_fails_stops_sealing_and_opening),
        cmocka_unit_test(a_hubs_box_key_is_one_line),
        cmocka_unit_test(only_a_sealed_file_begins_so),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
