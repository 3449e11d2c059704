// SPDX-License-Identifier: MIT
// enrolment.c: phrases, their use, and what a replaced lane leaves.
#include "caller.h"

#include "clock.h"
#include "enrolment.h"
#include "hub_actions.h"
#include "lane_api.h"
#include "lanestate.h"
#include "text.h"
#include "hub_sql.h"
#include "stmt.h"

enum { BODY_BYTES = 1024 };

static enum status join(struct office *office, const char *unit, const char *replaces,
                        char ret_phrase[SIGNING_PHRASE_CHARS + 1])
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request =
        json_pack("{s:s, s:s, s:s?}", "command", "join", "unit", unit, "replaces", replaces);
    TRY(hub_actions_answer(office->hub, request, &reply, &office->err));
    assert_int_equal(strlen(json_text_or(reply, "phrase", "")), SIGNING_PHRASE_CHARS);
    snprintf(ret_phrase, SIGNING_PHRASE_CHARS + 1, "%s", json_text_or(reply, "phrase", ""));
    return STATUS_OK;
}

static void body_of(const struct office_kiosk *kiosk, const char *phrase, bool right,
                    char ret_body[BODY_BYTES])
{
    char id[SIGNING_PHRASE_ID_CHARS + 1], vkey[NOTE_VKEY_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    uint8_t secret[CRYPTO_KEY_BYTES], mac[CRYPTO_HASH_BYTES];
    struct note_key key;
    assert_int_equal(signing_phrase_read(phrase, id, secret, NULL), STATUS_OK);
    note_key_of_lane(kiosk->public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    signing_enrol_device(secret, vkey, mac);
    mac[0] ^= right ? 0 : 1;
    text_hex(mac, sizeof mac, hex);
    snprintf(ret_body, BODY_BYTES, "{\"phrase_id\":\"%s\",\"vkey\":\"%s\",\"mac\":\"%s\"}", id,
             vkey, hex);
}

static unsigned enrol(struct office *office, const struct office_kiosk *kiosk, const char *phrase,
                      bool right, json_t **ret_answer)
{
    char body[BODY_BYTES];
    body_of(kiosk, phrase, right, body);
    return caller_post(office, enrolment_post, "/api/v1/enrol", NULL, body, NULL, ret_answer);
}

static struct lanestate state_of(struct office *office, const struct office_kiosk *kiosk)
{
    struct lanestate found_state = {.own = false};
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_find(db, kiosk->lane, &found_state, &found, &office->err),
                     STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_true(found);
    return found_state;
}

static void a_phrase_enrols_a_lane_and_the_answer_shows_that_the_hub_knows_it(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    char phrase[SIGNING_PHRASE_CHARS + 1], id[SIGNING_PHRASE_ID_CHARS + 1], vkey[NOTE_VKEY_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    uint8_t secret[CRYPTO_KEY_BYTES], mac[CRYPTO_HASH_BYTES];
    office_kiosk_begin(&kiosk, 'a');
    assert_int_equal(join(office, OFFICE_UNIT, NULL, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, phrase, true, &answer), 200);
    note_vkey(hublane_key(office->hub->lane), vkey);
    assert_string_equal(json_text_or(answer, "hub", ""), vkey);
    assert_string_equal(json_text_or(answer, "unit", ""), OFFICE_UNIT);
    assert_int_equal(json_int_or(answer, "time", -1), OFFICE_NOW_S);
    assert_null(json_object_get(answer, "kit"));
    assert_int_equal(signing_phrase_read(phrase, id, secret, NULL), STATUS_OK);
    signing_enrol_hub(secret, vkey, json_text_or(answer, "box", ""), kiosk.lane, mac);
    text_hex(mac, sizeof mac, hex);
    assert_string_equal(json_text_or(answer, "mac", ""), hex);
    struct lanestate lane = state_of(office, &kiosk);
    assert_int_equal(lane.kind, LANESTATE_NEW);
    assert_false(lane.by_hand);
    assert_string_equal(lane.enrolled_unit, OFFICE_UNIT);
}

static void a_phrase_is_for_one_lane_which_may_ask_again(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    char phrase[SIGNING_PHRASE_CHARS + 1];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_begin(&other, 'b');
    assert_int_equal(join(office, OFFICE_UNIT, NULL, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), 200);
    assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), 200);
    assert_int_equal(enrol(office, &other, phrase, true, NULL), 403);
}

static void five_wrong_tries_kill_a_phrase_and_four_do_not(void **state)
{
    struct office *office = *state;
    for (int tries = 4; tries <= 5; tries++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        char phrase[SIGNING_PHRASE_CHARS + 1];
        office_kiosk_begin(&kiosk, tries == 4 ? 'a' : 'b');
        assert_int_equal(join(office, OFFICE_UNIT, NULL, phrase), STATUS_OK);
        for (int i = 0; i < tries; i++) {
            AUTO(json_decrefp) json_t *answer = NULL;
            assert_int_equal(enrol(office, &kiosk, phrase, false, &answer), 403);
            assert_non_null(json_text_or(answer, "error", NULL));
        }
        assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), tries == 4 ? 200 : 403);
    }
}

static void a_phrase_lives_a_day(void **state)
{
    struct office *office = *state;
    for (int late = 0; late <= 1; late++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        char phrase[SIGNING_PHRASE_CHARS + 1];
        office_kiosk_begin(&kiosk, late == 0 ? 'a' : 'b');
        clock_fix(OFFICE_NOW_S);
        assert_int_equal(join(office, OFFICE_UNIT, NULL, phrase), STATUS_OK);
        clock_fix(OFFICE_NOW_S + ENROLMENT_PHRASE_S - 1 + late);
        assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), late == 0 ? 200 : 403);
    }
    clock_fix(OFFICE_NOW_S);
}

static void bodies_that_are_none_are_400_and_unknown_phrases_403(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char phrase[SIGNING_PHRASE_CHARS + 1], body[BODY_BYTES];
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"phrase_id\":\"AAAA\"}",
        "{\"phrase_id\":\"AAAA\",\"vkey\":\"x\",\"mac\":\"00\"}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        assert_int_equal(
            caller_post(office, enrolment_post, "/api/v1/enrol", NULL, bodies[i], NULL, NULL), 400);
    office_kiosk_begin(&kiosk, 'a');
    signing_phrase_make(phrase);
    assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), 403);
    body_of(&kiosk, phrase, true, body);
    strstr(body, "\"mac\":\"")[7] = 'x';
    assert_int_equal(caller_post(office, enrolment_post, "/api/v1/enrol", NULL, body, NULL, NULL),
                     400);
}

static void a_lane_taken_by_hand_is_joined_by_a_phrase_of_its_unit(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    char phrase[SIGNING_PHRASE_CHARS + 1];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    assert_true(state_of(office, &kiosk).by_hand);
    assert_int_equal(join(office, "19", NULL, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, phrase, true, &answer), 403);
    assert_non_null(strstr(json_text_or(answer, "error", ""), "unit 19"));
    assert_true(state_of(office, &kiosk).by_hand);
    assert_int_equal(join(office, OFFICE_UNIT, NULL, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), 200);
    assert_false(state_of(office, &kiosk).by_hand);
}

static void deposit_kit_at(struct office *office, const struct office_kiosk *kiosk, const char *kit,
                           int64_t time_s)
{
    char path[128], header[SIGNING_HEADER_BYTES];
    AUTO(buf_done) struct buf sealed;
    AUTO(buf_done) struct buf body;
    buf_init(&sealed, 4096);
    buf_init(&body, 8192);
    assert_int_equal(crypto_seal(hublane_box(office->hub->lane)->public_key, kit, strlen(kit),
                                 &sealed, &office->err),
                     STATUS_OK);
    buf_add_text(&body, "{\"received\":0,\"texts\":[],\"kit\":\"");
    crypto_base64(sealed.data, sealed.size_bytes, &body);
    buf_add_text(&body, "\"}");
    caller_path(kiosk, "deposit", path, sizeof path);
    caller_sign(kiosk, path, buf_text(&body), time_s, header);
    assert_int_equal(
        caller_post(office, lane_api_deposit, path, kiosk->lane, buf_text(&body), header, NULL),
        200);
}

static void deposit_kit(struct office *office, const struct office_kiosk *kiosk, const char *kit)
{
    deposit_kit_at(office, kiosk, kit, OFFICE_NOW_S);
}

static void a_replacement_gets_the_kit_and_the_old_lane_is_retired(void **state)
{
    struct office *office = *state;
    static const char kit[] = "{\"v\":1,\"slip_key\":\"AAAA\",\"slips\":[]}";
    AUTO(office_kiosk_end) struct office_kiosk old, fresh;
    AUTO(buf_done) struct buf sealed;
    AUTO(buf_done) struct buf plain;
    uint8_t box_public[CRYPTO_BOX_PUBLIC_BYTES], box_secret[CRYPTO_BOX_SECRET_BYTES];
    char phrase[SIGNING_PHRASE_CHARS + 1];
    buf_init(&sealed, 4096);
    buf_init(&plain, 4096);
    office_kiosk_begin(&old, 'a');
    office_kiosk_begin(&fresh, 'b');
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, phrase), STATUS_BAD_INPUT);
    office_kiosk_enrol(office, &old);
    deposit_kit(office, &old, "{\"v\":1}");
    deposit_kit(office, &old, kit);
    deposit_kit_at(office, &old, "{\"v\":2}", OFFICE_NOW_S - 1); // on its way for long
    assert_int_equal(join(office, "19", old.lane, phrase), STATUS_BAD_INPUT);
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, phrase), STATUS_OK);
    assert_int_equal(state_of(office, &old).kind, LANESTATE_NEW);
    for (int i = 0; i < 2; i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        assert_int_equal(enrol(office, &fresh, phrase, true, &answer), 200);
        const char *text = json_text_or(answer, "kit", "");
        buf_clear(&sealed);
        buf_clear(&plain);
        assert_int_equal(crypto_unbase64(text, strlen(text), &sealed, NULL), STATUS_OK);
        assert_int_equal(crypto_box_of_sign_public(fresh.public_key, box_public, NULL), STATUS_OK);
        crypto_box_of_sign_secret(fresh.secret, box_secret);
        assert_int_equal(
            crypto_unseal(box_public, box_secret, sealed.data, sealed.size_bytes, &plain, NULL),
            STATUS_OK);
        assert_string_equal(buf_text(&plain), kit);
    }
    struct lanestate retired = state_of(office, &old);
    assert_int_equal(retired.kind, LANESTATE_RETIRED);
    assert_string_equal(retired.replaced_by, fresh.lane);
}

static enum status act(struct office *office, json_t *request)
{
    AUTO(json_decrefp) json_t *owned = request;
    AUTO(json_decrefp) json_t *reply = NULL;
    return hub_actions_answer(office->hub, owned, &reply, &office->err);
}

static void a_lane_is_replaced_once_while_its_replacement_is_in_use(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk old, first, second;
    AUTO(json_decrefp) json_t *answer = NULL;
    char phrase[SIGNING_PHRASE_CHARS + 1], other[SIGNING_PHRASE_CHARS + 1];
    office_kiosk_begin(&old, 'a');
    office_kiosk_begin(&first, 'b');
    office_kiosk_begin(&second, 'c');
    office_kiosk_enrol(office, &old);
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, phrase), STATUS_OK);
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, other), STATUS_OK); // both made before
    assert_int_equal(enrol(office, &first, phrase, true, NULL), 200);
    assert_int_equal(enrol(office, &second, other, true, &answer), 409);
    assert_non_null(strstr(json_text_or(answer, "error", ""), first.lane));
    assert_int_equal(enrol(office, &first, phrase, true, NULL), 200); // its answer was lost
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, other), STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, first.lane));
    assert_string_equal(state_of(office, &old).replaced_by, first.lane);
    assert_int_equal(act(office, json_pack("{s:s, s:s, s:s}", "command", "device", "act", "retire",
                                           "lane", first.lane)),
                     STATUS_OK);
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, other), STATUS_OK);
    assert_int_equal(enrol(office, &second, other, true, NULL), 200);
}

static enum status print_kit(struct office *office, const char *lane, const char *to, bool again)
{
    return act(office, json_pack("{s:s, s:s, s:s, s:b}", "command", "kit", "lane", lane, "to", to,
                                 "again", (int)again));
}

static void a_kit_is_for_one_kiosk_unless_somebody_insists(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk old, first, second;
    char phrase[SIGNING_PHRASE_CHARS + 1];
    office_kiosk_begin(&old, 'a');
    office_kiosk_begin(&first, 'b');
    office_kiosk_begin(&second, 'c');
    office_kiosk_enrol(office, &old);
    assert_int_equal(print_kit(office, old.lane, first.lane, false), STATUS_OK);
    assert_int_equal(print_kit(office, old.lane, first.lane, false), STATUS_OK);
    assert_int_equal(print_kit(office, old.lane, second.lane, false), STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, first.lane));
    assert_int_equal(join(office, OFFICE_UNIT, old.lane, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &second, phrase, true, NULL), 409);
    assert_int_equal(state_of(office, &old).kind, LANESTATE_NEW);
    assert_int_equal(print_kit(office, old.lane, second.lane, true), STATUS_OK);
    assert_int_equal(enrol(office, &second, phrase, true, NULL), 200);
    assert_int_equal(print_kit(office, old.lane, first.lane, false), STATUS_CONFLICT);
}

static void a_lane_does_not_replace_itself(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char phrase[SIGNING_PHRASE_CHARS + 1];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    assert_int_equal(join(office, OFFICE_UNIT, kiosk.lane, phrase), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, phrase, true, NULL), 403);
    assert_int_equal(state_of(office, &kiosk).kind, LANESTATE_NEW);
}

static enum status apply_sweep(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return enrolment_sweep(db, err);
}

static void secrets_of_old_phrases_are_swept(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char used[SIGNING_PHRASE_CHARS + 1], unused[SIGNING_PHRASE_CHARS + 1];
    struct writer_job job = {.apply = apply_sweep};
    office_kiosk_begin(&kiosk, 'a');
    assert_int_equal(join(office, OFFICE_UNIT, NULL, used), STATUS_OK);
    assert_int_equal(join(office, OFFICE_UNIT, NULL, unused), STATUS_OK);
    assert_int_equal(enrol(office, &kiosk, used, true, NULL), 200);
    for (int i = 0; i < 2; i++) {
        clock_fix(OFFICE_NOW_S + ENROLMENT_PHRASE_S - 1 + i);
        assert_int_equal(writer_run(office->hub->writer, &job, &office->err), STATUS_OK);
        struct db *db = dbpool_take(office->hub->readers);
        bool found = false;
        for (int k = 0; k < 2; k++) {
            char id[SIGNING_PHRASE_ID_CHARS + 1];
            uint8_t secret[CRYPTO_KEY_BYTES];
            AUTO(stmt_releasep) struct stmt *find = NULL;
            assert_int_equal(signing_phrase_read(k == 0 ? used : unused, id, secret, &office->err),
                             STATUS_OK);
            assert_int_equal(stmt_use(db, HUB_ENROLMENT_FIND, &find, &office->err), STATUS_OK);
            stmt_bind_text(find, 1, id);
            assert_int_equal(stmt_row(find, &found, &office->err), STATUS_OK);
            assert_int_equal(found, i == 0);
        }
        dbpool_give(office->hub->readers, db);
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_phrase_enrols_a_lane_and_the_answer_shows_that_the_hub_knows_it),
        WITH(a_phrase_is_for_one_lane_which_may_ask_again),
        WITH(five_wrong_tries_kill_a_phrase_and_four_do_not),
        WITH(a_phrase_lives_a_day),
        WITH(bodies_that_are_none_are_400_and_unknown_phrases_403),
        WITH(a_lane_taken_by_hand_is_joined_by_a_phrase_of_its_unit),
        WITH(secrets_of_old_phrases_are_swept),
        WITH(a_replacement_gets_the_kit_and_the_old_lane_is_retired),
        WITH(a_lane_is_replaced_once_while_its_replacement_is_in_use),
        WITH(a_kit_is_for_one_kiosk_unless_somebody_insists),
        WITH(a_lane_does_not_replace_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
