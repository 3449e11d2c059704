// SPDX-License-Identifier: MIT
// lane_actions.c: what an operator does about kiosks, and the hub's own setup.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "hub_actions.h"
#include "hub_sql.h"
#include "lane_actions.h"
#include "lanestate.h"
#include "ledger.h"
#include "outgoing.h"
#include "text.h"

#include "office.h"

static enum status act(struct office *office, json_t *request, json_t **ret_reply)
{
    AUTO(json_decrefp) json_t *owned = request;
    AUTO(json_decrefp) json_t *reply = NULL;
    office->err = (struct err){.text = ""};
    enum status status = hub_actions_answer(office->hub, owned, &reply, &office->err);
    if (ret_reply != NULL)
        *ret_reply = json_incref(reply);
    return status;
}

static enum status device(struct office *office, const char *what, const char *lane,
                          const char *replaced_by)
{
    return act(office,
               json_pack("{s:s, s:s, s:s, s:s?}", "command", "device", "act", what, "lane", lane,
                         "replaced_by", replaced_by),
               NULL);
}

static enum lanestate_kind kind_of(struct office *office, const char *lane)
{
    struct lanestate found_state = {.own = false};
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_find(db, lane, &found_state, &found, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_true(found);
    return found_state.kind;
}

static void states_change_as_asked_and_retired_is_for_good(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_begin(&other, 'b');
    office_kiosk_enrol(office, &kiosk);
    office_kiosk_enrol(office, &other);
    const char *lane = kiosk.lane;
    const struct {
        const char *act, *lane, *replaced_by;
        enum status status;
        enum lanestate_kind kind; // of the kiosk afterwards
    } steps[] = {
        {"resume", lane, NULL, STATUS_CONFLICT, LANESTATE_NEW},
        {"dance", lane, NULL, STATUS_USAGE, LANESTATE_NEW},
        {"dance", "cccccccccccccccccccccccccccccccc", NULL, STATUS_USAGE, LANESTATE_NEW},
        {"suspend", hublane_name(office->hub->lane), NULL, STATUS_NOT_FOUND, LANESTATE_NEW},
        {"suspend", "cccccccccccccccccccccccccccccccc", NULL, STATUS_NOT_FOUND, LANESTATE_NEW},
        {"suspend", lane, other.lane, STATUS_USAGE, LANESTATE_NEW},
        {"suspend", lane, NULL, STATUS_OK, LANESTATE_SUSPENDED},
        {"resume", lane, NULL, STATUS_OK, LANESTATE_ACTIVE},
        {"retire", lane, lane, STATUS_USAGE, LANESTATE_ACTIVE},
        {"retire", lane, "cccccccccccccccccccccccccccccccc", STATUS_NOT_FOUND, LANESTATE_ACTIVE},
        {"retire", lane, other.lane, STATUS_OK, LANESTATE_RETIRED},
        {"resume", lane, NULL, STATUS_CONFLICT, LANESTATE_RETIRED},
        {"retire", lane, NULL, STATUS_CONFLICT, LANESTATE_RETIRED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        assert_int_equal(device(office, steps[i].act, steps[i].lane, steps[i].replaced_by),
                         steps[i].status);
        assert_int_equal(kind_of(office, lane), steps[i].kind);
    }
}

// ---- messages --------------------------------------------------------------------------------

// The example setup with that version.
static void setup_of(int version, const char *from, const char *to, struct buf *out)
{
    AUTO(buf_done) struct buf text;
    AUTO(json_decrefp) json_t *json = NULL;
    buf_init(&text, SETUP_LIMIT_BYTES);
    office_setup_text(true, false, &text);
    if (from != NULL)
        memcpy(strstr(text.data, from), to, strlen(to));
    assert_int_equal(
        json_parse(buf_text(&text), text.size_bytes, SETUP_LIMIT_BYTES, "setup", &json, NULL),
        STATUS_OK);
    json_object_set_new(json, "version", json_integer(version));
    assert_int_equal(json_write(json, out, NULL), STATUS_OK);
}

static json_t *messages_of(struct office *office, const char *lane)
{
    json_t *messages = json_array();
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(outgoing_list(db, lane, messages, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    return messages;
}

static void a_kiosk_is_sent_a_later_setup_of_its_own_unit(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf good;
    AUTO(buf_done) struct buf same;
    buf_init(&good, SETUP_LIMIT_BYTES);
    buf_init(&same, SETUP_LIMIT_BYTES);
    setup_of(2, NULL, NULL, &good);
    setup_of(0, NULL, NULL, &same);
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    const char *const command = "{s:s, s:s, s:s}";
    assert_int_equal(act(office,
                         json_pack(command, "command", "send-setup", "lane", kiosk.lane, "text",
                                   buf_text(&good)),
                         NULL),
                     STATUS_NOT_FOUND); // it has sent none yet
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    assert_int_equal(act(office,
                         json_pack(command, "command", "send-setup", "lane", kiosk.lane, "text",
                                   buf_text(&same)),
                         NULL),
                     STATUS_CONFLICT);
    assert_int_equal(
        act(office, json_pack(command, "command", "send-setup", "lane", kiosk.lane, "text", "{}"),
            NULL),
        STATUS_BAD_INPUT);
    assert_int_equal(act(office,
                         json_pack(command, "command", "send-setup", "lane", kiosk.lane, "text",
                                   buf_text(&good)),
                         NULL),
                     STATUS_OK);
    AUTO(json_decrefp) json_t *messages = messages_of(office, kiosk.lane);
    assert_int_equal(json_array_size(messages), 1);
    const json_t *message = json_array_get(messages, 0);
    assert_string_equal(json_text_or(message, "type", ""), "setup");
    assert_string_equal(json_text_or(message, "text", ""), buf_text(&good));
    assert_int_equal(json_int_or(message, "n", -1), 1);
}

static void add_petition(struct office_kiosk *kiosk, char ret_id[2 * ENTRY_ID_BYTES + 1])
{
    AUTO(buf_done) struct buf tail;
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES] = {7}, commitment[CRYPTO_HASH_BYTES] = {9};
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    entry_tail_begin(&w, &tail, ENTRY_PETITION, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "day", "2026-11-03");
    jsonw_text(&w, "unit", OFFICE_UNIT);
    jsonw_hex(&w, "text", commitment, sizeof commitment);
    jsonw_hex(&w, "contact", commitment, sizeof commitment);
    entry_tail_end(&w);
    office_kiosk_line(kiosk, &tail);
    text_hex(id, sizeof id, ret_id);
}

static enum status answer(struct office *office, const char *petition, const char *text,
                          json_t **ret_reply)
{
    return act(
        office,
        json_pack("{s:s, s:s, s:s}", "command", "answer", "petition", petition, "text", text),
        ret_reply);
}

static void an_answer_goes_to_the_lane_of_its_petition_or_to_its_successor(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, fresh;
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp) json_t *text = NULL;
    char id[2 * ENTRY_ID_BYTES + 1];
    static char long_text[LANE_ACTIONS_ANSWER_LIMIT_BYTES + 2];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    add_petition(&kiosk, id);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&fresh, 'b');
    office_kiosk_enrol(office, &fresh);
    memset(long_text, 'a', sizeof long_text - 1);
    assert_int_equal(answer(office, "x", "Đã xử lý", NULL), STATUS_USAGE);
    assert_int_equal(answer(office, "00000000000000000000000000000000", "Đã xử lý", NULL),
                     STATUS_NOT_FOUND);
    assert_int_equal(answer(office, id, "", NULL), STATUS_BAD_INPUT);
    assert_int_equal(answer(office, id, long_text, NULL), STATUS_BAD_INPUT);
    assert_int_equal(answer(office, id, long_text + 1, NULL), STATUS_OK);
    assert_int_equal(answer(office, id, "Đã xử lý.\nXin cảm ơn.", &reply), STATUS_OK);
    assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "lanes"), 0)),
                        kiosk.lane);
    AUTO(json_decrefp) json_t *messages = messages_of(office, kiosk.lane);
    assert_int_equal(json_array_size(messages), 2);
    const char *sent = json_text_or(json_array_get(messages, 1), "text", "");
    assert_int_equal(json_parse(sent, strlen(sent), 4096, "answer", &text, NULL), STATUS_OK);
    assert_string_equal(json_text_or(text, "petition", ""), id);
    assert_string_equal(json_text_or(text, "text", ""), "Đã xử lý.\nXin cảm ơn.");
    assert_int_equal(device(office, "retire", kiosk.lane, fresh.lane), STATUS_OK);
    assert_int_equal(answer(office, id, "Trả lời sau", NULL), STATUS_OK);
    // what waited for the retired lane, and the new one
    AUTO(json_decrefp) json_t *later = messages_of(office, fresh.lane);
    AUTO(json_decrefp) json_t *none = messages_of(office, kiosk.lane);
    assert_int_equal(json_array_size(later), 3);
    assert_int_equal(json_array_size(none), 0);
}

static enum status apply_sql(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return db_exec(db,
                   "INSERT INTO successor (lane, former, confirmed) SELECT n.lane, l.lane, 0 "
                   "FROM lane l, lane n WHERE l.size > 0 AND l.kind = 'kiosk' AND n.size = 0",
                   err);
}

static void after_a_fork_both_boxes_get_the_answer(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, fresh;
    AUTO(json_decrefp) json_t *reply = NULL;
    struct writer_job job = {.apply = apply_sql};
    char id[2 * ENTRY_ID_BYTES + 1];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    add_petition(&kiosk, id);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&fresh, 'b');
    office_kiosk_enrol(office, &fresh);
    assert_int_equal(writer_run(office->hub->writer, &job, &office->err), STATUS_OK);
    assert_int_equal(answer(office, id, "Đã xử lý", &reply), STATUS_OK);
    assert_int_equal(json_array_size(json_object_get(reply, "lanes")), 2);
    AUTO(json_decrefp) json_t *one = messages_of(office, kiosk.lane);
    AUTO(json_decrefp) json_t *other = messages_of(office, fresh.lane);
    assert_int_equal(json_array_size(one), 1);
    assert_int_equal(json_array_size(other), 1);
}

static char tail_line[ENTRY_LIMIT_BYTES], tail_sql[2 * ENTRY_LIMIT_BYTES];

static enum status apply_tail(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return db_exec(db, tail_sql, err);
}

static void a_petition_of_a_tail_is_answered_at_the_box_that_sent_it(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, fresh;
    struct writer_job job = {.apply = apply_tail};
    char id[2 * ENTRY_ID_BYTES + 1];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&fresh, 'b');
    office_kiosk_enrol(office, &fresh);
    add_petition(&kiosk, id);
    snprintf(tail_line, sizeof tail_line, "%s", buf_text(&kiosk.lines) + kiosk.last);
    tail_line[strcspn(tail_line, "\n")] = '\0';
    snprintf(
        tail_sql, sizeof tail_sql,
        "INSERT INTO quarantine (lane, by_lane, seq, line, id, done) VALUES ('%s', '%s', %lld, "
        "'%s', x'%s', 0)",
        kiosk.lane, fresh.lane, (long long)kiosk.seq - 1, tail_line, id);
    assert_int_equal(answer(office, id, "Đã xử lý", NULL), STATUS_NOT_FOUND);
    assert_int_equal(writer_run(office->hub->writer, &job, &office->err), STATUS_OK);
    assert_int_equal(answer(office, id, "Đã xử lý", NULL), STATUS_OK);
    AUTO(json_decrefp) json_t *one = messages_of(office, kiosk.lane);
    AUTO(json_decrefp) json_t *other = messages_of(office, fresh.lane);
    assert_int_equal(json_array_size(one), 0);
    assert_int_equal(json_array_size(other), 1);
}

// ---- the hub's own setup ---------------------------------------------------------------------

static void write_setup_file(struct office *office, const struct buf *text)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "hub/setup.json", path);
    assert_int_equal(file_write(path, text->data, text->size_bytes, 0600, &office->err), STATUS_OK);
}

static enum status reopen(struct office *office, enum hub_mode mode)
{
    hub_close(office->hub);
    office->hub = NULL;
    return hub_open(office->folder, mode, &office->hub, &office->err);
}

static void a_changed_setup_is_an_entry_and_in_force_after_the_next_start(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf next;
    AUTO(buf_done) struct buf other;
    buf_init(&next, SETUP_LIMIT_BYTES);
    buf_init(&other, SETUP_LIMIT_BYTES);
    setup_of(1, NULL, NULL, &next);
    assert_int_equal(lane_actions_setup(office->hub, next.data, next.size_bytes, &office->err),
                     STATUS_OK);
    assert_int_equal(reopen(office, HUB_WRITE), STATUS_OK);
    assert_int_equal(json_int_or(office->hub->setup.json, "version", -1), 1);
    assert_int_equal(lane_actions_setup(office->hub, next.data, next.size_bytes, &office->err),
                     STATUS_CONFLICT);
    setup_of(2, "\"trial\": true,", "\"trial\":false,", &other);
    assert_int_equal(lane_actions_setup(office->hub, other.data, other.size_bytes, &office->err),
                     STATUS_CONFLICT);
    buf_clear(&other);
    setup_of(7, NULL, NULL, &other);
    assert_int_equal(lane_actions_setup(office->hub, other.data, other.size_bytes, &office->err),
                     STATUS_OK);
    assert_int_equal(reopen(office, HUB_WRITE), STATUS_OK);
}

static void a_change_that_was_cut_short_is_finished_by_the_next_start(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf before;
    AUTO(buf_done) struct buf next;
    buf_init(&before, SETUP_LIMIT_BYTES);
    buf_init(&next, SETUP_LIMIT_BYTES);
    office_setup_text(true, false, &before);
    setup_of(1, NULL, NULL, &next);
    assert_int_equal(lane_actions_setup(office->hub, next.data, next.size_bytes, &office->err),
                     STATUS_OK);
    write_setup_file(office, &before); // as if it had been cut before the file was written
    assert_int_equal(reopen(office, HUB_READ), STATUS_BUSY);
    assert_int_equal(hub_open(office->folder, HUB_WRITE, &office->hub, &office->err), STATUS_OK);
    assert_int_equal(json_int_or(office->hub->setup.json, "version", -1), 1);
    // Any other file is none of the journal's.
    buf_add_char(&before, ' ');
    write_setup_file(office, &before);
    assert_int_equal(reopen(office, HUB_WRITE), STATUS_CHECK_FAILED);
    write_setup_file(office, &next);
    assert_int_equal(hub_open(office->folder, HUB_WRITE, &office->hub, &office->err), STATUS_OK);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(states_change_as_asked_and_retired_is_for_good),
        WITH(a_kiosk_is_sent_a_later_setup_of_its_own_unit),
        WITH(an_answer_goes_to_the_lane_of_its_petition_or_to_its_successor),
        WITH(after_a_fork_both_boxes_get_the_answer),
        WITH(a_petition_of_a_tail_is_answered_at_the_box_that_sent_it),
        WITH(a_changed_setup_is_an_entry_and_in_force_after_the_next_start),
        WITH(a_change_that_was_cut_short_is_finished_by_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
