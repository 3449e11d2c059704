// SPDX-License-Identifier: MIT
// outgoing.c: messages to lanes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub_sql.h"
#include "office.h"
#include "outgoing.h"
#include "signing.h"

static struct db *writing(struct office *office)
{
    struct db *db = NULL;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "hub/hub.db", path);
    assert_int_equal(db_open(path, DB_WRITE, &hub_schema, &db, &office->err), STATUS_OK);
    return db;
}

static json_t *list(struct db *db, const struct office_kiosk *kiosk)
{
    json_t *messages = json_array();
    assert_int_equal(outgoing_list(db, kiosk->lane, messages, NULL), STATUS_OK);
    return messages;
}

static void messages_are_numbered_per_lane_and_signed(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk one, two;
    AUTO(db_closep) struct db *db = writing(office);
    const struct office_kiosk *const kiosks[] = {&one, &two};
    office_kiosk_begin(&one, 'a');
    office_kiosk_begin(&two, 'b');
    office_kiosk_enrol(office, &one);
    office_kiosk_enrol(office, &two);
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(outgoing_add(office->hub, db, kiosks[k]->lane, "answer",
                                          "{\"text\":\"Đã xử lý\"}", &office->err),
                             STATUS_OK);
    for (size_t k = 0; k < 2; k++) {
        AUTO(json_decrefp) json_t *messages = list(db, kiosks[k]);
        assert_int_equal(json_array_size(messages), 3);
        for (size_t i = 0; i < 3; i++) {
            AUTO(buf_done) struct buf signature;
            const json_t *json = json_array_get(messages, i);
            const char *sig = json_text_or(json, "sig", "");
            const struct signing_message message = {
                .lane = kiosks[k]->lane,
                .n = (int64_t)i + 1,
                .type = json_text_or(json, "type", ""),
                .text = json_text_or(json, "text", ""),
            };
            buf_init(&signature, CRYPTO_SIGN_BYTES);
            assert_int_equal(json_int_or(json, "n", -1), message.n);
            assert_int_equal(crypto_unbase64(sig, strlen(sig), &signature, NULL), STATUS_OK);
            assert_int_equal(signing_message_check(&message,
                                                   hublane_key(office->hub->lane)->public_key,
                                                   (const uint8_t *)signature.data, NULL),
                             STATUS_OK);
        }
    }
}

static void an_unknown_lane_gets_none(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    assert_int_equal(outgoing_add(office->hub, db, "cccccccccccccccccccccccccccccccc", "answer",
                                  "{}", &office->err),
                     STATUS_NOT_FOUND);
    assert_int_equal(outgoing_received(db, "cccccccccccccccccccccccccccccccc", 0, &office->err),
                     STATUS_NOT_FOUND);
}

static void what_is_confirmed_comes_no_more_and_numbers_go_on(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(db_closep) struct db *db = writing(office);
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    for (int i = 0; i < 2; i++)
        assert_int_equal(outgoing_add(office->hub, db, kiosk.lane, "codes", "{}", &office->err),
                         STATUS_OK);
    assert_int_equal(outgoing_received(db, kiosk.lane, 3, &office->err), STATUS_BAD_INPUT);
    assert_int_equal(outgoing_received(db, kiosk.lane, 2, &office->err), STATUS_OK);
    assert_int_equal(outgoing_received(db, kiosk.lane, 1, &office->err), STATUS_OK);
    assert_int_equal(outgoing_add(office->hub, db, kiosk.lane, "codes", "{}", &office->err),
                     STATUS_OK);
    AUTO(json_decrefp) json_t *messages = list(db, &kiosk);
    assert_int_equal(json_array_size(messages), 1);
    assert_int_equal(json_int_or(json_array_get(messages, 0), "n", -1), 3);
}

static void after_a_restore_nothing_goes_before_the_lane_says_what_it_has(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(db_closep) struct db *db = writing(office);
    bool unsure = false;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    for (int i = 0; i < 2; i++)
        assert_int_equal(outgoing_add(office->hub, db, kiosk.lane, "codes", "{}", &office->err),
                         STATUS_OK);
    for (int i = 0; i < 2; i++) // restored twice before the lane came
        assert_int_equal(outgoing_unsure(db, &office->err), STATUS_OK);
    assert_int_equal(outgoing_add(office->hub, db, kiosk.lane, "answer", "{}", &office->err),
                     STATUS_OK);
    AUTO(json_decrefp) json_t *before = list(db, &kiosk);
    assert_int_equal(json_array_size(before), 0);
    assert_int_equal(outgoing_is_unsure(db, kiosk.lane, &unsure, &office->err), STATUS_OK);
    assert_true(unsure);
    // It has got both, and five more that this hub knows nothing of.
    assert_int_equal(outgoing_resume(office->hub, db, kiosk.lane, 7, &office->err), STATUS_OK);
    assert_int_equal(outgoing_received(db, kiosk.lane, 7, &office->err), STATUS_OK);
    AUTO(json_decrefp) json_t *after = list(db, &kiosk);
    assert_int_equal(json_array_size(after), 1);
    assert_int_equal(json_int_or(json_array_get(after, 0), "n", -1), 8);
    assert_string_equal(json_text_or(json_array_get(after, 0), "type", ""), "answer");
    // Only once.
    assert_int_equal(outgoing_resume(office->hub, db, kiosk.lane, 9, &office->err), STATUS_OK);
    assert_int_equal(outgoing_received(db, kiosk.lane, 9, &office->err), STATUS_BAD_INPUT);
}

static void an_answer_has_room_for_so_many_and_so_much(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk many, much;
    AUTO(db_closep) struct db *db = writing(office);
    static char text[OUTGOING_TEXT_BYTES + 2];
    office_kiosk_begin(&many, 'a');
    office_kiosk_begin(&much, 'b');
    office_kiosk_enrol(office, &many);
    office_kiosk_enrol(office, &much);
    for (int i = 0; i < OUTGOING_AT_ONCE + 1; i++)
        assert_int_equal(outgoing_add(office->hub, db, many.lane, "codes", "{}", &office->err),
                         STATUS_OK);
    AUTO(json_decrefp) json_t *messages = list(db, &many);
    assert_int_equal(json_array_size(messages), OUTGOING_AT_ONCE);
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(outgoing_add(office->hub, db, much.lane, "setup", text, &office->err),
                         STATUS_OK);
    AUTO(json_decrefp) json_t *alone = list(db, &much);
    assert_int_equal(json_array_size(alone), 1);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(messages_are_numbered_per_lane_and_signed),
        WITH(an_unknown_lane_gets_none),
        WITH(what_is_confirmed_comes_no_more_and_numbers_go_on),
        WITH(after_a_restore_nothing_goes_before_the_lane_says_what_it_has),
        WITH(an_answer_has_room_for_so_many_and_so_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
