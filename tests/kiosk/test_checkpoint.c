// SPDX-License-Identifier: MIT
// checkpoint.c: signed heads, kept once for each size, and their cosigned forms.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "checkpoint.h"
#include "office.h"

static struct note_key own_key(const struct office *office)
{
    struct note_key key;
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_public(office->kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    return key;
}

static bool read_last(struct office *office, uint64_t size, bool acked, struct buf *note)
{
    bool found = false;
    struct db *db = dbpool_take(office->kiosk->readers);
    buf_clear(note);
    const enum status status = checkpoint_last(db, size, acked, note, &found, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return found;
}

static void rate_once(struct office *office)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL), STATUS_OK);
}

static void a_head_is_signed_by_the_lane_with_its_hour(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    assert_false(read_last(office, INT64_MAX, false, &note));
    uint64_t size = 0;
    assert_int_equal(checkpoint_make(office->kiosk, &size, &office->err), STATUS_OK);
    assert_int_equal(size, office_entries(office));
    assert_true(read_last(office, INT64_MAX, false, &note));
    const struct note_key key = own_key(office);
    assert_int_equal(note_verify(note.data, note.size_bytes, &key, NULL, &office->err), STATUS_OK);
    struct note_checkpoint head;
    uint8_t root[CRYPTO_HASH_BYTES];
    uint64_t now = 0;
    journal_head(office->kiosk->journal, &now, root);
    assert_int_equal(note_read(note.data, note.size_bytes, &head, &office->err), STATUS_OK);
    assert_int_equal(head.size, now);
    assert_memory_equal(head.root, root, sizeof root);
    assert_string_equal(head.hour, "2026-11-03T09+07");
    assert_false(head.clock_unset);
    char origin[64];
    snprintf(origin, sizeof origin, "hailong/%s", journal_lane(office->kiosk->journal));
    assert_string_equal(head.origin, origin);
}

static void the_first_note_of_a_size_stays(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf first;
    AUTO(buf_done) struct buf second;
    buf_init(&first, NOTE_LIMIT_BYTES);
    buf_init(&second, NOTE_LIMIT_BYTES);
    assert_int_equal(checkpoint_make(office->kiosk, NULL, &office->err), STATUS_OK);
    assert_true(read_last(office, INT64_MAX, false, &first));
    clock_fix(OFFICE_NOW_S + 3600);
    assert_int_equal(checkpoint_make(office->kiosk, NULL, &office->err), STATUS_OK);
    assert_true(read_last(office, INT64_MAX, false, &second));
    assert_string_equal(buf_text(&first), buf_text(&second));
}

struct ack_job {
    struct writer_job job;
    const struct note_checkpoint *checkpoint;
    const struct buf *note;
};

static enum status apply_ack(struct db *db, struct writer_job *job, struct err *err)
{
    const struct ack_job *ack = (const struct ack_job *)job;
    return checkpoint_store_ack(db, ack->checkpoint, ack->note, err);
}

static void store_ack(struct office *office, const struct buf *note)
{
    struct note_checkpoint head;
    assert_int_equal(note_read(buf_text(note), note->size_bytes, &head, &office->err), STATUS_OK);
    struct ack_job ack = {.job.apply = apply_ack, .checkpoint = &head, .note = note};
    assert_int_equal(writer_run(office->kiosk->writer, &ack.job, &office->err), STATUS_OK);
}

static void the_cosigned_form_is_given_when_there_is_one(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf cosigned;
    AUTO(buf_done) struct buf note;
    buf_init(&cosigned, NOTE_LIMIT_BYTES);
    buf_init(&note, NOTE_LIMIT_BYTES);
    uint64_t first = 0, second = 0;
    assert_int_equal(checkpoint_make(office->kiosk, &first, &office->err), STATUS_OK);
    assert_true(read_last(office, first, false, &cosigned));
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    crypto_sign_keys(public_key, secret);
    AUTO(buf_done) struct buf plain;
    buf_init(&plain, NOTE_LIMIT_BYTES);
    buf_add(&plain, cosigned.data, cosigned.size_bytes);
    assert_int_equal(note_cosign(plain.data, plain.size_bytes, "hailong/hub", secret, OFFICE_NOW_S,
                                 &cosigned, &office->err),
                     STATUS_OK);
    store_ack(office, &cosigned);
    rate_once(office);
    assert_int_equal(checkpoint_make(office->kiosk, &second, &office->err), STATUS_OK);
    assert_int_equal(second, first + 1);
    assert_true(read_last(office, second, true, &note)); // the newest cosigned one
    assert_string_equal(buf_text(&note), buf_text(&cosigned));
    assert_true(read_last(office, first, false, &note));
    assert_string_equal(buf_text(&note), buf_text(&cosigned));
    assert_true(read_last(office, second, false, &note));
    assert_null(strstr(buf_text(&note), "hailong/hub"));
    assert_false(read_last(office, first - 1, false, &note));
}

static void an_ack_of_a_size_that_was_not_kept_is_kept(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf note;
    AUTO(buf_done) struct buf found;
    buf_init(&note, NOTE_LIMIT_BYTES);
    buf_init(&found, NOTE_LIMIT_BYTES);
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(office->kiosk->journal, &size, root);
    assert_int_equal(checkpoint_sign(office->kiosk, size, root, &note, &office->err), STATUS_OK);
    assert_false(read_last(office, INT64_MAX, false, &found)); // signing stores nothing
    store_ack(office, &note);
    assert_true(read_last(office, INT64_MAX, true, &found));
    assert_string_equal(buf_text(&found), buf_text(&note));
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_head_is_signed_by_the_lane_with_its_hour),
        OFFICE_TEST(the_first_note_of_a_size_stays),
        OFFICE_TEST(the_cosigned_form_is_given_when_there_is_one),
        OFFICE_TEST(an_ack_of_a_size_that_was_not_kept_is_kept),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
