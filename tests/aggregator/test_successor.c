// SPDX-License-Identifier: MIT
// successor.c: lanes that a former one's key speaks for.
#include "caller.h"

#include "clock.h"
#include "enrolment.h"
#include "hub_actions.h"
#include "lanestate.h"
#include "successor.h"
#include "text.h"

enum { BODY_BYTES = 1024 };

static void body_of(const struct office_kiosk *former, const struct office_kiosk *kiosk, bool right,
                    char ret_body[BODY_BYTES])
{
    char vkey[NOTE_VKEY_BYTES], text[NOTE_VKEY_BYTES + 32], hex[2 * CRYPTO_SIGN_BYTES + 1];
    uint8_t signature[CRYPTO_SIGN_BYTES];
    struct note_key key;
    note_key_of_lane(kiosk->public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    snprintf(text, sizeof text, "hailong-successor/v1\n%s\n", vkey);
    crypto_signature(former->secret, text, strlen(text), signature);
    signature[0] ^= right ? 0 : 1;
    text_hex(signature, sizeof signature, hex);
    snprintf(ret_body, BODY_BYTES, "{\"successor_of\":\"%s\",\"vkey\":\"%s\",\"sig\":\"%s\"}",
             former->lane, vkey, hex);
}

static unsigned succeed(struct office *office, const struct office_kiosk *former,
                        const struct office_kiosk *kiosk, bool right, json_t **ret_answer)
{
    char body[BODY_BYTES];
    body_of(former, kiosk, right, body);
    return caller_post(office, enrolment_post, "/api/v1/enrol", NULL, body, NULL, ret_answer);
}

static bool is_known(struct office *office, const char *lane, struct lanestate *ret_state)
{
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_find(db, lane, ret_state, &found, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    return found;
}

static void a_lane_makes_its_successor_known_and_stays_itself(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk former;
    AUTO(office_kiosk_end) struct office_kiosk next;
    AUTO(json_decrefp) json_t *answer = NULL;
    struct lanestate lane;
    char vkey[NOTE_VKEY_BYTES];
    office_kiosk_begin(&former, 'a');
    office_kiosk_begin(&next, 'b');
    office_kiosk_enrol(office, &former);
    office_kiosk_setup(&former, true, false);
    office_take_all(office, &former);
    assert_int_equal(succeed(office, &former, &next, true, &answer), 200);
    note_vkey(hublane_key(office->hub->lane), vkey);
    assert_string_equal(json_text_or(answer, "hub", ""), vkey);
    assert_string_equal(json_text_or(answer, "unit", ""), OFFICE_UNIT);
    assert_true(is_known(office, next.lane, &lane));
    assert_int_equal(lane.kind, LANESTATE_NEW);
    assert_string_equal(lane.enrolled_unit, OFFICE_UNIT);
    assert_true(is_known(office, former.lane, &lane));
    assert_int_equal(lane.kind, LANESTATE_ACTIVE); // another box may go on with it
    // The first answer may have been lost.
    assert_int_equal(succeed(office, &former, &next, true, NULL), 200);
}

static void a_wrong_signature_or_a_lane_that_is_not_active_is_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk former;
    AUTO(office_kiosk_end) struct office_kiosk next;
    struct lanestate lane;
    office_kiosk_begin(&former, 'a');
    office_kiosk_begin(&next, 'b');
    assert_int_equal(succeed(office, &former, &next, true, NULL), 403); // nobody knows it
    office_kiosk_enrol(office, &former);
    office_kiosk_setup(&former, true, false);
    office_take_all(office, &former);
    assert_int_equal(succeed(office, &former, &next, false, NULL), 403);
    assert_int_equal(succeed(office, &next, &former, true, NULL), 403);
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request =
        json_pack("{s:s, s:s, s:s}", "command", "device", "act", "suspend", "lane", former.lane);
    assert_int_equal(hub_actions_answer(office->hub, request, &reply, &office->err), STATUS_OK);
    assert_int_equal(succeed(office, &former, &next, true, NULL), 403);
    assert_false(is_known(office, next.lane, &lane));
}

static void one_lane_makes_so_many_known_and_no_more(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk former;
    office_kiosk_begin(&former, 'a');
    office_kiosk_enrol(office, &former);
    office_kiosk_setup(&former, true, false);
    office_take_all(office, &former);
    for (int i = 0; i <= SUCCESSOR_MAX; i++) {
        AUTO(office_kiosk_end) struct office_kiosk next;
        office_kiosk_begin(&next, (char)('0' + i));
        assert_int_equal(succeed(office, &former, &next, true, NULL),
                         i < SUCCESSOR_MAX ? 200 : 403);
    }
}

static void the_limit_is_that_of_the_whole_chain(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk first;
    struct lanestate lane;
    office_kiosk_begin(&first, 'a');
    office_kiosk_enrol(office, &first);
    office_kiosk_setup(&first, true, false);
    office_take_all(office, &first);
    char former = 'a';
    for (int i = 0; i <= SUCCESSOR_MAX; i++) {
        AUTO(office_kiosk_end) struct office_kiosk before;
        AUTO(office_kiosk_end) struct office_kiosk next;
        office_kiosk_begin(&before, former);
        office_kiosk_begin(&next, (char)('0' + i));
        former = (char)('0' + i);
        assert_int_equal(succeed(office, &before, &next, true, NULL),
                         i < SUCCESSOR_MAX ? 200 : 403);
        assert_int_equal(is_known(office, next.lane, &lane), i < SUCCESSOR_MAX);
        if (i < SUCCESSOR_MAX) { // it must be in use to speak for the next one
            office_kiosk_setup(&next, true, false);
            office_take_all(office, &next);
        }
    }
}

static const json_t *listed(struct office *office, const char *lane, json_t **ret_all)
{
    size_t index = 0;
    const json_t *one = NULL;
    *ret_all = json_array();
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_list(office->hub, db, *ret_all, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    json_array_foreach(*ret_all, index, one)
    {
        if (strcmp(json_text_or(one, "lane", ""), lane) == 0)
            return one;
    }
    fail();
    return NULL;
}

static enum status resume(struct office *office, const char *lane)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request =
        json_pack("{s:s, s:s, s:s}", "command", "device", "act", "resume", "lane", lane);
    return hub_actions_answer(office->hub, request, &reply, &office->err);
}

static void it_is_listed_as_not_confirmed_until_staff_say_so(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk former;
    AUTO(office_kiosk_end) struct office_kiosk next;
    office_kiosk_begin(&former, 'a');
    office_kiosk_begin(&next, 'b');
    office_kiosk_enrol(office, &former);
    office_kiosk_setup(&former, true, false);
    office_take_all(office, &former);
    assert_int_equal(succeed(office, &former, &next, true, NULL), 200);
    for (int i = 0; i < 2; i++) {
        AUTO(json_decrefp) json_t *all = NULL;
        const json_t *lane = listed(office, next.lane, &all);
        assert_true(json_bool_or(lane, "unconfirmed", false) == (i == 0));
        assert_string_equal(json_text_or(lane, "state", ""), "new");
        assert_int_equal(resume(office, next.lane), i == 0 ? STATUS_OK : STATUS_CONFLICT);
    }
}

static void the_left_lane_is_moved_once_the_next_one_is_in_contact(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk former;
    AUTO(office_kiosk_end) struct office_kiosk next;
    office_kiosk_begin(&former, 'a');
    office_kiosk_begin(&next, 'b');
    office_kiosk_enrol(office, &former);
    office_kiosk_setup(&former, true, false);
    office_take_all(office, &former);
    assert_int_equal(succeed(office, &former, &next, true, NULL), 200);
    for (int i = 0; i < 2; i++) {
        AUTO(json_decrefp) json_t *all = NULL;
        clock_fix(OFFICE_NOW_S + 3 * 86400);
        const json_t *lane = listed(office, former.lane, &all);
        assert_string_equal(json_text_or(lane, "contact", ""), i == 0 ? "silent" : "moved");
        assert_string_equal(json_text_or(lane, "moved_to", ""), i == 0 ? "" : next.lane);
        clock_fix(OFFICE_NOW_S);
        office_kiosk_setup(&next, true, false);
        if (i == 0)
            office_take_all(office, &next);
    }
}

static void bodies_that_are_none_are_refused(void **state)
{
    static const char *const BODIES[] = {
        "{\"successor_of\":\"\",\"vkey\":\"\",\"sig\":\"\"}",
        "{\"successor_of\":5,\"vkey\":\"x\",\"sig\":\"\"}",
        "{\"successor_of\":\"00112233445566778899aabbccddeeff\"}",
    };
    struct office *office = *state;
    for (size_t i = 0; i < ARRAY_SIZE(BODIES); i++)
        assert_int_equal(
            caller_post(office, enrolment_post, "/api/v1/enrol", NULL, BODIES[i], NULL, NULL), 400);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_lane_makes_its_successor_known_and_stays_itself),
        WITH(a_wrong_signature_or_a_lane_that_is_not_active_is_refused),
        WITH(one_lane_makes_so_many_known_and_no_more),
        WITH(the_limit_is_that_of_the_whole_chain),
        WITH(it_is_listed_as_not_confirmed_until_staff_say_so),
        WITH(the_left_lane_is_moved_once_the_next_one_is_in_contact),
        WITH(bodies_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
