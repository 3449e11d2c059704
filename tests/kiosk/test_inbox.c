// SPDX-License-Identifier: MIT
// inbox.c: each message once, in order, signed; setups that survive a crash between journal and
// file.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "file.h"
#include "inbox.h"
#include "outbox.h"
#include "small_hub.h"

struct inbox {
    struct office *office;
    struct note_key key;
    bool restart;
};

static int prepare(void **state)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    void *office = NULL;
    office_setup(&office);
    inbox->office = office;
    small_hub_open();
    note_key_of_lane(hub.public_key, NOTE_COSIGNATURE, &inbox->key);
    *state = inbox;
    return 0;
}

static int finish(void **state)
{
    struct inbox *inbox = *state;
    void *office = inbox->office;
    small_hub_close();
    office_teardown(&office);
    free(inbox);
    return 0;
}

static enum status apply(struct inbox *inbox, int64_t n, const char *type, const char *text)
{
    json_t *message = small_hub_message(inbox->office, n, type, text);
    const enum status status = inbox_apply(inbox->office->kiosk, &inbox->key, message,
                                           &inbox->restart, &inbox->office->err);
    json_decref(message);
    return status;
}

static int64_t last(struct inbox *inbox)
{
    int64_t n = -1;
    struct db *db = dbpool_take(inbox->office->kiosk->readers);
    assert_int_equal(inbox_last(db, &n, &inbox->office->err), STATUS_OK);
    dbpool_give(inbox->office->kiosk->readers, db);
    return n;
}

#define PETITION "00112233445566778899aabbccddeeff"

static void answer_of(struct inbox *inbox, const char *petition, const char *expected)
{
    uint8_t id[ENTRY_ID_BYTES];
    bool found = false;
    struct stmt *q = NULL;
    assert_true(text_unhex(petition, 2 * sizeof id, id, sizeof id));
    struct db *db = dbpool_take(inbox->office->kiosk->readers);
    assert_int_equal(stmt_use(db, KIOSK_ANSWER_GET, &q, &inbox->office->err), STATUS_OK);
    stmt_bind_blob(q, 1, id, sizeof id);
    assert_int_equal(stmt_row(q, &found, &inbox->office->err), STATUS_OK);
    assert_int_equal(found, expected != NULL);
    if (found)
        assert_string_equal(stmt_text(q, 0), expected);
    stmt_release(q);
    dbpool_give(inbox->office->kiosk->readers, db);
}

static void answer_is(struct inbox *inbox, const char *expected)
{
    answer_of(inbox, PETITION, expected);
}

static int64_t code_count(struct inbox *inbox)
{
    bool found = false;
    struct stmt *q = NULL;
    struct db *db = dbpool_take(inbox->office->kiosk->readers);
    assert_int_equal(stmt_use(db, KIOSK_CODE_COUNT, &q, &inbox->office->err), STATUS_OK);
    assert_int_equal(stmt_row(q, &found, &inbox->office->err), STATUS_OK);
    const int64_t count = stmt_int(q, 0);
    stmt_release(q);
    dbpool_give(inbox->office->kiosk->readers, db);
    return count;
}

static void each_message_is_applied_once_and_in_order(void **state)
{
    struct inbox *inbox = *state;
    const char *first = "{\"petition\":\"" PETITION "\",\"text\":\"Một\"}";
    const char *second = "{\"petition\":\"" PETITION "\",\"text\":\"Hai\"}";
    assert_int_equal(apply(inbox, 2, "answer", second), STATUS_CONFLICT); // a gap
    assert_int_equal(last(inbox), 0);
    assert_int_equal(apply(inbox, 1, "answer", first), STATUS_OK);
    answer_is(inbox, "Một");
    assert_int_equal(apply(inbox, 2, "answer", second), STATUS_OK);
    answer_is(inbox, "Hai");
    assert_int_equal(apply(inbox, 1, "answer", first), STATUS_OK); // passed over
    answer_is(inbox, "Hai");
    assert_int_equal(last(inbox), 2);
    assert_false(inbox->restart);
}

static void what_the_hub_did_not_sign_is_refused(void **state)
{
    struct inbox *inbox = *state;
    json_t *message = small_hub_message(inbox->office, 1, "codes", "{\"codes\":[]}");
    json_object_set_new(message, "type", json_string("answer"));
    assert_int_equal(inbox_apply(inbox->office->kiosk, &inbox->key, message, &inbox->restart,
                                 &inbox->office->err),
                     STATUS_UNAUTHORIZED);
    json_object_set_new(message, "sig", json_string("AAAA"));
    assert_int_equal(inbox_apply(inbox->office->kiosk, &inbox->key, message, &inbox->restart,
                                 &inbox->office->err),
                     STATUS_BAD_INPUT);
    json_decref(message);
    assert_int_equal(apply(inbox, 1, "dance", "{}"), STATUS_BAD_INPUT);
    assert_int_equal(last(inbox), 0);
}

static void a_faulty_content_does_not_hold_up_what_follows(void **state)
{
    static const struct {
        const char *type, *text;
    } ROWS[] = {
        {"answer", "nonsense"},
        {"answer", "{\"petition\":\"12\",\"text\":\"x\"}"},
        {"answer", "{\"petition\":\"" PETITION "\",\"text\":\"\"}"},
        {"codes", "{\"codes\":[]}"},
        {"codes", "{\"codes\":[\"nonsense\"]}"},
        {"erase", "{}"},
        {"erase", "{\"of\":\"" PETITION "\",\"field\":\"text\",\"reason\":\"law\",\"by\":[\"A\"]}"},
        {"setup", "{}"},
    };
    struct inbox *inbox = *state;
    const uint64_t entries = office_entries(inbox->office);
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++) {
        if (apply(inbox, (int64_t)i + 1, ROWS[i].type, ROWS[i].text) != STATUS_OK)
            fail_msg("row %zu: %s", i, inbox->office->err.text);
        assert_int_equal(last(inbox), (int64_t)i + 1);
    }
    assert_int_equal(office_entries(inbox->office), entries);
    assert_false(inbox->restart);
    answer_is(inbox, NULL);
    assert_int_equal(code_count(inbox), 0);
}

static void codes_go_into_the_pool(void **state)
{
    struct inbox *inbox = *state;
    char one[SLIPCODE_CHARS + 1], two[SLIPCODE_CHARS + 1], text[100];
    slipcode_new(one);
    slipcode_new(two);
    snprintf(text, sizeof text, "{\"codes\":[\"%s\",\"%s\",\"%s\"]}", one, two, one);
    assert_int_equal(apply(inbox, 1, "codes", text), STATUS_OK);
    assert_int_equal(code_count(inbox), 2);
}

struct text_job {
    struct writer_job job;
    struct kiosk *kiosk;
    int64_t count;
};

static enum status apply_text(struct db *db, struct writer_job *job, struct err *err)
{
    struct text_job *text = (struct text_job *)job;
    const uint8_t page[16] = {1};
    const uint8_t mac[16] = {2};
    const struct outbox_text comment = {
        .area = "HT", .text = "Chờ lâu", .page_hash = page, .mac = mac};
    TRY(outbox_add(text->kiosk, db, &comment, err));
    return outbox_empty(text->kiosk, db, clock_day(clock_now_s()), &text->count, err);
}

static void an_erasure_destroys_the_text_and_says_so_in_the_journal(void **state)
{
    struct inbox *inbox = *state;
    struct office *office = inbox->office;
    char line[ENTRY_LIMIT_BYTES + 1], order[300], reply[200], id[2 * ENTRY_ID_BYTES + 1];
    struct text_job text = {.job.apply = apply_text, .kiosk = office->kiosk};
    assert_int_equal(writer_run(office->kiosk->writer, &text.job, &office->err), STATUS_OK);
    json_t *texts = json_array();
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(outbox_unsent(db, texts, 10, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(json_array_size(texts), 1);
    snprintf(id, sizeof id, "%s", json_text_or(json_array_get(texts, 0), "id", ""));
    snprintf(order, sizeof order,
             "{\"of\":\"%s\",\"field\":\"text\",\"reason\":\"personal_data\",\"by\":[\"Lan\","
             "\"Hùng\"]}",
             id);
    // The office's answer quotes it.
    snprintf(reply, sizeof reply, "{\"petition\":\"%s\",\"text\":\"Chờ lâu: xin lỗi\"}", id);
    assert_int_equal(apply(inbox, 1, "answer", reply), STATUS_OK);
    answer_of(inbox, id, "Chờ lâu: xin lỗi");
    assert_int_equal(apply(inbox, 2, "erase", order), STATUS_OK);
    answer_of(inbox, id, NULL);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"redaction\""));
    assert_non_null(strstr(line, id));
    json_array_clear(texts);
    db = dbpool_take(office->kiosk->readers);
    assert_int_equal(outbox_unsent(db, texts, 10, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(json_array_size(texts), 0);
    json_decref(texts);
}

// ---- setups -------------------------------------------------------------------------------------

// The example office's setup with a version, and one word of it changed.
static void new_setup(int64_t version, const char *from, const char *to, struct buf *text)
{
    struct err err;
    struct buf old;
    buf_init(&old, SETUP_LIMIT_BYTES);
    buf_init(text, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &old, &err), STATUS_OK);
    buf_addf(text, "{\"version\":%lld,", (long long)version);
    const char *rest = strchr(old.data, '{') + 1;
    const char *found = strstr(rest, from);
    assert_non_null(found);
    buf_add(text, rest, (size_t)(found - rest));
    buf_add_text(text, to);
    buf_add_text(text, found + strlen(from));
    buf_done(&old);
}

static void file_is(const struct office *office, const struct buf *expected)
{
    struct err err;
    struct buf text;
    char path[SCRATCH_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/setup.json", office->folder);
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(path, &text, &err), STATUS_OK);
    assert_string_equal(text.data, expected->data);
    buf_done(&text);
}

static void a_new_setup_is_journalled_and_in_force_after_opening_anew(void **state)
{
    struct inbox *inbox = *state;
    struct office *office = inbox->office;
    struct buf text;
    new_setup(3, "\"name\"", "\"name\"", &text);
    const uint64_t entries = office_entries(office);
    assert_int_equal(apply(inbox, 1, "setup", text.data), STATUS_OK);
    assert_true(inbox->restart);
    assert_true(office_entries(office) > entries);
    file_is(office, &text);
    office_reopen(office);
    assert_int_equal(office->kiosk->setup.version, 3);
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(kiosk_check_setup(office->folder, db, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    // once more by hand
    struct buf next;
    new_setup(4, "\"name\"", "\"name\"", &next);
    assert_int_equal(inbox_take_setup(office->kiosk, next.data, next.size_bytes, &office->err),
                     STATUS_OK);
    office_reopen(office);
    assert_int_equal(office->kiosk->setup.version, 4);
    buf_done(&next);
    buf_done(&text);
}

static void a_setup_that_does_not_follow_is_refused(void **state)
{
    struct inbox *inbox = *state;
    struct office *office = inbox->office;
    struct buf text;
    const uint64_t entries = office_entries(office);
    new_setup(0, "\"name\"", "\"name\"", &text); // not larger
    assert_int_equal(inbox_take_setup(office->kiosk, text.data, text.size_bytes, &office->err),
                     STATUS_CONFLICT);
    buf_done(&text);
    new_setup(5, "\"name\"", "\"trial\":true,\"sample\":true,\"name\"", &text);
    assert_int_equal(inbox_take_setup(office->kiosk, text.data, text.size_bytes, &office->err),
                     STATUS_BAD_INPUT);
    buf_done(&text);
    assert_int_equal(office_entries(office), entries);
    office_reopen(office);
}

static void write_file(const struct office *office, const struct buf *text)
{
    struct err err;
    char path[SCRATCH_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/setup.json", office->folder);
    assert_int_equal(file_write(path, text->data, text->size_bytes, 0644, &err), STATUS_OK);
}

static void a_crash_before_the_file_is_written_is_made_good(void **state)
{
    struct inbox *inbox = *state;
    struct office *office = inbox->office;
    struct buf old, text;
    struct err err;
    buf_init(&old, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &old, &err), STATUS_OK);
    new_setup(2, "\"name\"", "\"name\"", &text);
    assert_int_equal(apply(inbox, 1, "setup", text.data), STATUS_OK);
    write_file(office, &old); // as if the box had stopped between journal and file
    office_reopen(office);
    assert_int_equal(office->kiosk->setup.version, 2);
    file_is(office, &text);
    buf_done(&old);
    buf_done(&text);
}

static void a_file_that_is_neither_the_newest_nor_the_one_before_is_refused(void **state)
{
    struct inbox *inbox = *state;
    struct office *office = inbox->office;
    struct buf old, text, next;
    struct err err;
    buf_init(&old, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &old, &err), STATUS_OK);
    new_setup(2, "\"name\"", "\"name\"", &text);
    new_setup(3, "\"name\"", "\"name\"", &next);
    assert_int_equal(apply(inbox, 1, "setup", text.data), STATUS_OK);
    office_reopen(office);
    assert_int_equal(apply(inbox, 2, "setup", next.data), STATUS_OK);
    write_file(office, &old);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &err), STATUS_CHECK_FAILED);
    write_file(office, &next);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &err), STATUS_OK);
    buf_done(&old);
    buf_done(&text);
    buf_done(&next);
}

#define INBOX(test) cmocka_unit_test_setup_teardown(test, prepare, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INBOX(each_message_is_applied_once_and_in_order),
        INBOX(what_the_hub_did_not_sign_is_refused),
        INBOX(a_faulty_content_does_not_hold_up_what_follows),
        INBOX(codes_go_into_the_pool),
        INBOX(an_erasure_destroys_the_text_and_says_so_in_the_journal),
        INBOX(a_new_setup_is_journalled_and_in_force_after_opening_anew),
        INBOX(a_setup_that_does_not_follow_is_refused),
        INBOX(a_crash_before_the_file_is_written_is_made_good),
        INBOX(a_file_that_is_neither_the_newest_nor_the_one_before_is_refused),
    };
    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
