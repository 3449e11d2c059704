// SPDX-License-Identifier: MIT
// relane.c: leaving a lane for a new one, whenever the power goes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "checkpoint.h"
#include "counts.h"
#include "file.h"
#include "kiosk_sql.h"
#include "office.h"
#include "outbox.h"
#include "relane.h"
#include "text.h"
#include "timekeeper.h"

enum { STEPS_MOST = 40 };

static void rate(struct office *office, int count)
{
    for (int i = 0; i < count; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(office, RESPONSE_POSTER, "HT", "", 0, token);
        assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL),
                         STATUS_OK);
    }
}

// [size, root, note] of a head that this lane's key has signed.
static json_t *signed_head(struct office *office, uint64_t size,
                           const uint8_t root[CRYPTO_HASH_BYTES])
{
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    text_hex(root, CRYPTO_HASH_BYTES, hex);
    assert_int_equal(checkpoint_sign(office->kiosk, size, root, &note, &office->err), STATUS_OK);
    return json_pack("[I, s, s]", (json_int_t)size, hex, buf_text(&note));
}

// The present head, as the hub would say it; `other` makes it another root.
static json_t *head_of(struct office *office, bool other)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(office->kiosk->journal, &size, root);
    root[0] ^= other ? 1 : 0;
    return signed_head(office, size, root);
}

static enum status leave(struct office *office, json_t *heads, bool *ret_restart)
{
    AUTO(json_decrefp) json_t *answer = json_pack("{s:O}", "checkpoints", heads);
    return relane_fork(office->kiosk, answer, NULL, ret_restart, &office->err);
}

struct forked {
    char lane[ENTRY_LANE_CHARS + 1];
    int64_t common, end;
    char code[SLIPCODE_CHARS + 1];
};

// A box that has met a fork: 2 answers that the hub has, 3 that it has not.
static struct forked fork_off(struct office *office, bool behind)
{
    struct forked forked = {.common = 0};
    bool restart = false;
    AUTO(json_decrefp) json_t *heads = json_array();
    rate(office, 2);
    assert_int_equal(office_slip(office, "HT", "", false, forked.code), STATUS_OK);
    json_array_insert_new(heads, 0, head_of(office, false));
    forked.common = (int64_t)office_entries(office);
    rate(office, 3);
    forked.end = (int64_t)office_entries(office);
    json_array_insert_new(heads, 0, head_of(office, true));
    if (behind)
        json_array_insert_new(heads, 0, signed_head(office, 1000, (uint8_t[CRYPTO_HASH_BYTES]){0}));
    snprintf(forked.lane, sizeof forked.lane, "%s", journal_lane(office->kiosk->journal));
    assert_int_equal(leave(office, heads, &restart), STATUS_OK);
    assert_true(restart);
    return forked;
}

static void check_first_line(struct office *office, const struct forked *forked, const char *why)
{
    char part[128];
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &office->err), STATUS_OK);
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, 1);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_true(found);
    snprintf(part, sizeof part, "\"after\":{\"lane\":\"%s\",\"size\":%d,", forked->lane,
             (int)forked->common);
    assert_non_null(strstr(stmt_text(q, 1), part));
    snprintf(part, sizeof part, "\"why\":\"%s\"", why);
    assert_non_null(strstr(stmt_text(q, 1), part));
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
}

static void check_tail(struct office *office, const struct forked *forked)
{
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_FORMER_TAIL, &q, &office->err), STATUS_OK);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_true(found);
    assert_string_equal(stmt_text(q, 0), forked->lane);
    assert_int_equal(stmt_int(q, 1), forked->common);
    assert_int_equal(stmt_int(q, 2), forked->end);
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
}

static void check_new_lane(struct office *office, const struct forked *forked, const char *why)
{
    char path[SCRATCH_PATH_SIZE + 64];
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    struct stat facts;
    const char *lane = journal_lane(office->kiosk->journal);
    assert_string_not_equal(lane, forked->lane);
    check_first_line(office, forked, why);
    check_tail(office, forked);
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(journal_verify(db, lane, &size, root, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    // The old lane is there, whole and read-only.
    AUTO(db_closep) struct db *old = NULL;
    snprintf(path, sizeof path, "%s/old/%s.db", office->folder, forked->lane);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0400);
    assert_int_equal(db_open(path, DB_READ, &kiosk_schema, &old, &office->err), STATUS_OK);
    assert_int_equal(journal_verify(old, forked->lane, &size, root, &office->err), STATUS_OK);
    assert_int_equal(size, forked->end);
    // Slips answer their state, the old key can still speak, and people go on rating.
    assert_int_equal(office_slip_state(office, forked->code).state, SLIP_OPEN);
    snprintf(path, sizeof path, "%s/keys/%s.key", office->folder, forked->lane);
    assert_true(file_exists(path));
    snprintf(path, sizeof path, "%s/relane.json", office->folder);
    assert_false(file_exists(path));
    snprintf(path, sizeof path, "%s/next", office->folder);
    assert_false(file_exists(path));
    rate(office, 1);
}

static void a_fork_opens_a_new_lane_at_the_next_start(void **state)
{
    struct office *office = *state;
    const struct forked forked = fork_off(office, false);
    assert_string_equal(journal_lane(office->kiosk->journal), forked.lane); // until then
    office_reopen(office);
    check_new_lane(office, &forked, "fork");
    // And stays in it.
    char lane[ENTRY_LANE_CHARS + 1];
    snprintf(lane, sizeof lane, "%s", journal_lane(office->kiosk->journal));
    office_reopen(office);
    assert_string_equal(journal_lane(office->kiosk->journal), lane);
}

static void a_box_behind_the_hub_is_called_a_clone(void **state)
{
    struct office *office = *state;
    const struct forked forked = fork_off(office, true);
    office_reopen(office);
    check_new_lane(office, &forked, "clone");
}

struct text_job {
    struct writer_job job;
    struct office *office;
    const char *words; // NULL: empties the outbox
};

static enum status apply_text(struct db *db, struct writer_job *job, struct err *err)
{
    const struct text_job *own = (const struct text_job *)job;
    uint8_t hash[OUTBOX_HASH_BYTES] = {7}, mac[OUTBOX_HASH_BYTES] = {9};
    const struct outbox_text text = {
        .area = "HT", .text = own->words, .page_hash = hash, .mac = mac};
    int64_t count = 0;
    return own->words != NULL ? outbox_add(own->office->kiosk, db, &text, err)
                              : outbox_empty(own->office->kiosk, db, 20000, &count, err);
}

static void run_text(struct office *office, const char *words)
{
    struct text_job job = {.job.apply = apply_text, .office = office, .words = words};
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
}

static bool file_holds(const char *path, const char *words)
{
    AUTO(buf_done) struct buf data;
    struct err err;
    buf_init(&data, 64 << 20);
    assert_int_equal(file_read(path, &data, &err), STATUS_OK);
    return memmem(data.data, data.size_bytes, words, strlen(words)) != NULL;
}

static void free_text_goes_along_and_stands_in_one_place(void **state)
{
    struct office *office = *state;
    static const char words[] = "Ghế chờ ở hành lang bị gãy chân";
    char path[SCRATCH_PATH_SIZE + 64];
    run_text(office, words);
    run_text(office, NULL);
    const struct forked forked = fork_off(office, false);
    office_reopen(office);
    snprintf(path, sizeof path, "%s/old/%s.db", office->folder, forked.lane);
    assert_false(file_holds(path, words));
    // It waits for the hub, as one of a lane before this one, and can be erased here.
    AUTO(json_decrefp) json_t *own = json_array();
    AUTO(json_decrefp) json_t *texts = json_array();
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(outbox_unsent(db, own, 10, &office->err), STATUS_OK);
    assert_int_equal(outbox_unsent_former(db, texts, 10, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(json_array_size(own), 0);
    assert_int_equal(json_array_size(texts), 1);
}

static void without_a_common_head_all_of_the_lane_is_its_tail(void **state)
{
    struct office *office = *state;
    bool restart = false;
    AUTO(json_decrefp) json_t *heads = json_array();
    struct forked forked = {.common = 0};
    rate(office, 1);
    json_array_append_new(heads, head_of(office, true));
    json_array_append_new(heads, json_string("no head"));
    forked.end = (int64_t)office_entries(office);
    snprintf(forked.lane, sizeof forked.lane, "%s", journal_lane(office->kiosk->journal));
    assert_int_equal(leave(office, heads, &restart), STATUS_OK);
    office_reopen(office);
    check_first_line(office, &forked, "fork");
    check_tail(office, &forked);
}

static void after_a_wrong_year_a_new_lane_begins_at_the_right_hour(void **state)
{
    struct office *office = *state;
    struct forked forked = {.common = 0};
    char hour[CLOCK_HOUR_TEXT_SIZE], line[ENTRY_LIMIT_BYTES];
    const int64_t wrong_s = OFFICE_NOW_S + 365 * OFFICE_DAY_S;
    assert_int_equal(relane_back(office->kiosk, &office->err), STATUS_CONFLICT);
    clock_fix_boot(1000000, 11);
    clock_fix(wrong_s);
    assert_int_equal(timekeeper_confirm_day(office->kiosk, clock_day(wrong_s), &office->err),
                     STATUS_OK);
    rate(office, 2);
    assert_int_equal(office_slip(office, "HT", "", false, forked.code), STATUS_OK); // is counted
    clock_fix(OFFICE_NOW_S + 60);
    rate(office, 1);
    assert_int_equal(timekeeper_vouch(office->kiosk->timekeeper, &office->err), STATUS_CONFLICT);
    forked.end = (int64_t)office_entries(office);
    snprintf(forked.lane, sizeof forked.lane, "%s", journal_lane(office->kiosk->journal));
    assert_int_equal(relane_back(office->kiosk, &office->err), STATUS_OK);
    office_reopen(office);
    assert_true(timekeeper_is_trusted(office->kiosk->timekeeper));
    check_new_lane(office, &forked, "clock");
    clock_hour_text(clock_hour(OFFICE_NOW_S + 60), hour);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, hour));
    assert_null(strstr(line, "unset"));
    // What was counted in hours that have not come is left.
    const uint64_t entries = office_entries(office);
    assert_int_equal(counts_write(office->kiosk, clock_hour(wrong_s) + 1, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), entries);
    clock_fix_boot(0, 0);
}

static void a_fork_takes_the_counts_along(void **state)
{
    struct office *office = *state;
    (void)fork_off(office, false); // with a slip
    office_reopen(office);
    const uint64_t entries = office_entries(office);
    assert_int_equal(counts_write(office->kiosk, clock_hour(clock_now_s()) + 1, &office->err),
                     STATUS_OK);
    assert_int_equal(office_entries(office), entries + 2);
}

static void it_survives_a_power_cut_between_any_two_steps(void **state)
{
    (void)state;
    int stopped = 0;
    for (int steps = 0; steps < STEPS_MOST; steps++) {
        void *fresh = NULL;
        assert_int_equal(office_setup(&fresh), 0);
        struct office *office = fresh;
        const struct forked forked = fork_off(office, false);
        kiosk_close(office->kiosk);
        office->kiosk = NULL;
        const enum status status = relane_finish(office->folder, steps, &office->err);
        stopped += status == STATUS_BUSY;
        // A second cut, a little later.
        if (status == STATUS_BUSY)
            (void)!relane_finish(office->folder, 1, &office->err);
        assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
        check_new_lane(office, &forked, "fork");
        assert_int_equal(office_teardown(&fresh), 0);
        if (status == STATUS_OK)
            break;
    }
    assert_true(stopped >= 6 && stopped < STEPS_MOST);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_fork_opens_a_new_lane_at_the_next_start),
        CASE(a_box_behind_the_hub_is_called_a_clone),
        CASE(free_text_goes_along_and_stands_in_one_place),
        CASE(without_a_common_head_all_of_the_lane_is_its_tail),
        CASE(after_a_wrong_year_a_new_lane_begins_at_the_right_hour),
        CASE(a_fork_takes_the_counts_along),
        cmocka_unit_test(it_survives_a_power_cut_between_any_two_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
