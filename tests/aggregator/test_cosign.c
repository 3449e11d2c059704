// SPDX-License-Identifier: MIT
// cosign.c: checkpoints against the ledger.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cosign.h"
#include "office.h"

static void a_root_is_compared_at_any_size_that_is_here(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct ledger_head head;
    uint8_t root[10][CRYPTO_HASH_BYTES];
    bool found = false;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    for (int i = (int)kiosk.seq; i < 10; i++) {
        merkle_root(&kiosk.tree, root[i]);
        struct response response = office_response(i, 5);
        office_kiosk_response(&kiosk, &response);
    }
    office_take_all(office, &kiosk);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(ledger_head_find(db, kiosk.lane, &head, &found, &office->err), STATUS_OK);
    for (uint64_t size = 2; size <= 10; size++) {
        uint8_t now[CRYPTO_HASH_BYTES];
        bool fits = false;
        merkle_root(&kiosk.tree, now);
        const uint8_t *right = size < 10 ? root[size] : now;
        assert_int_equal(cosign_root_fits(db, &head, size, right, &fits, &office->err), STATUS_OK);
        assert_true(fits);
        const uint8_t *wrong = size == 2 ? now : root[2];
        assert_int_equal(cosign_root_fits(db, &head, size, wrong, &fits, &office->err), STATUS_OK);
        assert_false(fits);
    }
    dbpool_give(office->hub->readers, db);
}

struct cosign_job {
    struct writer_job job; // first
    const struct hub *hub;
    const struct office_kiosk *kiosk;
    struct buf ack;
};

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct cosign_job *cosigning = (struct cosign_job *)job;
    AUTO(buf_done) struct buf note;
    struct note_checkpoint checkpoint;
    buf_init(&note, NOTE_LIMIT_BYTES);
    office_kiosk_note(cosigning->kiosk, &note);
    TRY(note_read(note.data, note.size_bytes, &checkpoint, err));
    buf_clear(&cosigning->ack);
    return cosign_checkpoint(cosigning->hub, db, cosigning->kiosk->lane, &checkpoint, &note,
                             &cosigning->ack, err);
}

static void the_ack_carries_both_signatures_and_the_list_the_size(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *listed = json_array();
    struct cosign_job job = {.job.apply = apply, .hub = office->hub, .kiosk = &kiosk};
    struct note_key key;
    int64_t time_s = 0;
    buf_init(&job.ack, NOTE_LIMIT_BYTES);
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    office_kiosk_setup(&kiosk, true, false);
    for (int i = 0; i < 2; i++) // the same again changes nothing
        assert_int_equal(writer_run(office->hub->writer, &job.job, &office->err), STATUS_OK);
    note_key_of_lane(kiosk.public_key, NOTE_ED25519, &key);
    assert_int_equal(note_verify(job.ack.data, job.ack.size_bytes, &key, NULL, NULL), STATUS_OK);
    note_key_of_lane(hublane_key(office->hub->lane)->public_key, NOTE_COSIGNATURE, &key);
    assert_int_equal(note_verify(job.ack.data, job.ack.size_bytes, &key, &time_s, NULL), STATUS_OK);
    assert_int_equal(time_s, OFFICE_NOW_S);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(cosign_list(db, kiosk.lane, listed, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(json_array_size(listed), 1);
    const json_t *one = json_array_get(listed, 0);
    assert_int_equal(json_integer_value(json_array_get(one, 0)), kiosk.seq);
    // With it a kiosk that has other entries sees that its own key signed these.
    const char *note = json_string_value(json_array_get(one, 2));
    note_key_of_lane(kiosk.public_key, NOTE_ED25519, &key);
    assert_non_null(note);
    assert_int_equal(note_verify(note, strlen(note), &key, NULL, NULL), STATUS_OK);
    buf_done(&job.ack);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_root_is_compared_at_any_size_that_is_here),
        WITH(the_ack_carries_both_signatures_and_the_list_the_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
