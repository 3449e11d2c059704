// SPDX-License-Identifier: MIT
// textstore.c and hubfact.c: texts that fit their commitment, and texts that are gone.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hubfact.h"
#include "staff.h"
#include "text.h"
#include "textstore.h"

static void begin(struct office_kiosk *kiosk)
{
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, true, false);
}

static json_t *member(json_t *texts, size_t index, const char *key)
{
    return json_object_get(json_array_get(texts, index), key);
}

static void texts_are_taken_once(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    int64_t taken = 0;
    begin(&kiosk);
    staff_text(&kiosk, 1, "Cán bộ nhiệt tình.", NULL, texts);
    staff_text(&kiosk, 2, "Đề nghị sửa biển tên.", "hộp kín", texts);
    office_take_all(office, &kiosk);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 3);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 0);
    staff_verify(office);
}

static void a_text_that_does_not_fit_refuses_all(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(office_kiosk_end) struct office_kiosk other;
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"payload", "S2jDoWM="},
        {"salt", "00000000000000000000000000000000000000000000000000000000000000ff"},
        {"salt", "00"},
        {"field", "contact"}, // a comment has none
        {"field", "hour"},
        {"id", "00000000000000000000000000000000"},
        {"payload", "?"},
    };
    begin(&kiosk);
    office_kiosk_begin(&other, 'b');
    AUTO(json_decrefp) json_t *texts = json_array();
    staff_text(&kiosk, 1, "Tốt.", NULL, texts);
    staff_text(&kiosk, 2, "Khá.", NULL, texts);
    office_take_all(office, &kiosk);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *changed = json_deep_copy(texts);
        json_string_set(member(changed, 1, cases[i].key), cases[i].value);
        if (staff_deposit(office, &kiosk, changed, NULL) != STATUS_BAD_INPUT)
            fail_msg("case %zu", i);
    }
    // a text of another lane
    assert_int_equal(staff_deposit(office, &other, texts, NULL), STATUS_BAD_INPUT);
    int64_t taken = 0;
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 2); // nothing of the refused ones had stayed
}

static enum status apply_sql(struct db *db, struct writer_job *job, struct err *err)
{
    return db_exec(db, ((struct staff_job *)job)->data, err);
}

static void a_lane_brings_and_redacts_the_texts_of_one_that_it_follows(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(office_kiosk_end) struct office_kiosk next;
    AUTO(json_decrefp) json_t *texts = json_array();
    struct intake result;
    char sql[256], members[512], id[STAFF_ID_CHARS + 1];
    int64_t taken = 0;
    begin(&kiosk);
    staff_text(&kiosk, 1, "Gọi tôi.", NULL, texts);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&next, 'b');
    snprintf(members, sizeof members,
             "\"part\":0,\"hour\":\"2026-11-21T08+07\",\"boot\":2,\"version\":\"1\",\"after\":{"
             "\"lane\":\"%s\",\"size\":1,\"root\":\"%064d\"},\"why\":\"restore\"",
             kiosk.lane, 0);
    staff_entry(&next, "boot", 70, members);
    office_kiosk_setup(&next, true, false);
    office_take_all(office, &next);
    assert_int_equal(staff_deposit(office, &next, texts, NULL), STATUS_BAD_INPUT);
    staff_id(1, id);
    snprintf(members, sizeof members,
             "\"part\":0,\"day\":\"2026-11-21\",\"of\":\"%s\",\"field\":\"text\","
             "\"reason\":\"law\",\"by\":[\"Lan\",\"Hà\"]",
             id);
    staff_entry(&next, "redaction", 60, members);
    assert_int_not_equal(office_take(office, buf_text(&next.lines), &result), STATUS_OK);
    snprintf(sql, sizeof sql,
             "INSERT INTO successor (lane, former, confirmed) VALUES ('%s', '%s', 0)", next.lane,
             kiosk.lane);
    struct staff_job job = {.office = office, .data = sql};
    assert_int_equal(staff_run(&job, apply_sql), STATUS_OK);
    assert_int_equal(staff_deposit(office, &next, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 1);
    office_take_all(office, &next);
    staff_verify(office);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 0); // erased
}

static void one_sql(struct office *office, const char *sql)
{
    struct staff_job job = {.office = office, .data = sql};
    assert_int_equal(staff_run(&job, apply_sql), STATUS_OK);
}

static void must_be(struct office *office, const char *state, int64_t waiting)
{
    AUTO(json_decrefp) json_t *list = json_array();
    struct proposal_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(proposal_list(db, list, &office->err), STATUS_OK);
    assert_int_equal(proposal_figures(db, &figures, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_string_equal(json_text_or(json_array_get(list, 0), "state", ""), state);
    assert_int_equal(figures.waiting, waiting);
}

// Two boxes hold the text: the first one and a copy of it that went on in a lane of its own.
static void an_erasure_waits_for_each_box_that_was_told(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(office_kiosk_end) struct office_kiosk next;
    AUTO(json_decrefp) json_t *texts = json_array();
    char sql[256], members[512], id[STAFF_ID_CHARS + 1];
    begin(&kiosk);
    staff_text(&kiosk, 1, "Gọi tôi.", NULL, texts);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&next, 'b');
    snprintf(members, sizeof members,
             "\"part\":0,\"hour\":\"2026-11-21T08+07\",\"boot\":2,\"version\":\"1\",\"after\":{"
             "\"lane\":\"%s\",\"size\":1,\"root\":\"%064d\"},\"why\":\"restore\"",
             kiosk.lane, 0);
    staff_entry(&next, "boot", 70, members);
    office_kiosk_setup(&next, true, false);
    office_take_all(office, &next);
    snprintf(sql, sizeof sql,
             "INSERT INTO successor (lane, former, confirmed) VALUES ('%s', '%s', 0)", next.lane,
             kiosk.lane);
    one_sql(office, sql);
    staff_id(1, id);
    const struct proposal proposal = {
        .act = "redact", .target = id, .field = "text", .reason = "personal_data"};
    assert_int_equal(staff_two(office, &proposal), STATUS_OK);
    must_be(office, "waiting", 1);
    snprintf(members, sizeof members,
             "\"part\":0,\"day\":\"2026-11-21\",\"of\":\"%s\",\"field\":\"text\","
             "\"reason\":\"law\",\"by\":[\"Lan\",\"Hà\"]",
             id);
    staff_entry(&kiosk, "redaction", 60, members);
    office_take_all(office, &kiosk);
    must_be(office, "waiting", 1);
    staff_verify(office);
    // Its place was taken by one that has done it; an unused one would wait.
    snprintf(sql, sizeof sql, "UPDATE lane SET state = 'retired' WHERE lane = '%s'", next.lane);
    one_sql(office, sql);
    must_be(office, "waiting", 1);
    snprintf(sql, sizeof sql, "UPDATE lane SET replaced_by = '%s' WHERE lane = '%s'", kiosk.lane,
             next.lane);
    one_sql(office, sql);
    must_be(office, "done", 0);
    snprintf(sql, sizeof sql,
             "UPDATE lane SET state = 'active', replaced_by = NULL WHERE lane = '%s'", next.lane);
    one_sql(office, sql);
    must_be(office, "waiting", 1);
    staff_entry(&next, "redaction", 61, members);
    office_take_all(office, &next);
    must_be(office, "done", 0);
    staff_verify(office);
}

static enum status redact(struct office *office, int number, const char *field)
{
    char id[STAFF_ID_CHARS + 1];
    staff_id(number, id);
    const struct proposal proposal = {
        .act = "redact", .target = id, .field = field, .reason = "personal_data"};
    return staff_two(office, &proposal);
}

static void what_was_erased_is_not_taken_again(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    int64_t taken = 0;
    begin(&kiosk);
    staff_text(&kiosk, 1, "Gọi tôi.", "hộp kín", texts);
    office_take_all(office, &kiosk);
    // before the text itself has come
    assert_int_equal(redact(office, 1, "text"), STATUS_OK);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 1); // the contact
    assert_int_equal(redact(office, 1, "contact"), STATUS_OK);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 0);
    staff_verify(office);
}

static enum status apply_bad_row(struct db *db, struct writer_job *job, struct err *err)
{
    return db_exec(db, ((struct staff_job *)job)->data, err);
}

static void verify_finds_a_changed_text(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    begin(&kiosk);
    staff_text(&kiosk, 1, "Chậm.", NULL, texts);
    office_take_all(office, &kiosk);
    assert_int_equal(staff_deposit(office, &kiosk, texts, NULL), STATUS_OK);
    staff_verify(office);
    struct staff_job job = {.office = office,
                            .data = "UPDATE free_text SET payload = x'4e68616e68'"};
    assert_int_equal(staff_run(&job, apply_bad_row), STATUS_OK);
    staff_verify_fails(office, "commits to");
}

static void verify_finds_a_text_that_should_be_gone(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    begin(&kiosk);
    staff_text(&kiosk, 1, "Chậm.", NULL, texts);
    office_take_all(office, &kiosk);
    assert_int_equal(staff_deposit(office, &kiosk, texts, NULL), STATUS_OK);
    struct staff_job keep = {.office = office,
                             .data = "CREATE TABLE kept AS SELECT * FROM free_text"};
    assert_int_equal(staff_run(&keep, apply_bad_row), STATUS_OK);
    assert_int_equal(redact(office, 1, "text"), STATUS_OK);
    staff_verify(office);
    struct staff_job back = {.office = office, .data = "INSERT INTO free_text SELECT * FROM kept"};
    assert_int_equal(staff_run(&back, apply_bad_row), STATUS_OK);
    staff_verify_fails(office, "still there");
}

// How often a text stands in a file.
static int occurrences(const char *folder, const char *name, const char *marker)
{
    AUTO(buf_done) struct buf bytes;
    char path[HUB_PATH_BYTES];
    struct err err;
    int found = 0;
    buf_init(&bytes, 64 * 1024 * 1024);
    assert_int_equal(hub_path(folder, name, path, &err), STATUS_OK);
    if (file_read(path, &bytes, &err) != STATUS_OK)
        return 0;
    const char *at = bytes.data, *end = bytes.data + bytes.size_bytes;
    while (at != NULL && at < end) {
        at = memmem(at, (size_t)(end - at), marker, strlen(marker));
        found += at != NULL;
        at = at != NULL ? at + 1 : NULL;
    }
    return found;
}

enum { MANY = 240 };

// Lengths from one word to several pages of the database, so that cells move about.
static void text_of(int number, char ret_text[3072])
{
    size_t words = (size_t)(1 + number * 37 % 150), used = 0;
    for (size_t i = 0; i < words; i++)
        used += (size_t)snprintf(ret_text + used, 3072 - used, "chữ-%04d-đó ", number);
}

static void no_piece_of_an_erased_text_stays_in_the_files(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    char text[3072], marker[32];
    begin(&kiosk);
    for (int i = 0; i < MANY; i++) {
        AUTO(json_decrefp) json_t *texts = json_array();
        text_of(i, text);
        staff_text(&kiosk, i, text, NULL, texts);
        office_take_all(office, &kiosk);
        assert_int_equal(staff_deposit(office, &kiosk, texts, NULL), STATUS_OK);
    }
    for (int i = 0; i < MANY; i += 16)
        assert_int_equal(redact(office, i, "text"), STATUS_OK);
    assert_int_equal(hubfact_pay(office->hub, &office->err), STATUS_OK);
    for (int i = 0; i < MANY; i++) {
        snprintf(marker, sizeof marker, "-%04d-", i);
        int found = occurrences(office->folder, "hub.db", marker) +
                    occurrences(office->folder, "hub.db-wal", marker);
        if ((found == 0) != (i % 16 == 0))
            fail_msg("text %d is found %d times", i, found);
    }
    staff_verify(office);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(texts_are_taken_once),
        WITH(a_text_that_does_not_fit_refuses_all),
        WITH(a_lane_brings_and_redacts_the_texts_of_one_that_it_follows),
        WITH(an_erasure_waits_for_each_box_that_was_told),
        WITH(what_was_erased_is_not_taken_again),
        WITH(verify_finds_a_changed_text),
        WITH(verify_finds_a_text_that_should_be_gone),
        WITH(no_piece_of_an_erased_text_stays_in_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
