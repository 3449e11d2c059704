// SPDX-License-Identifier: MIT
// chores.c: the schedule, and what goes when a day key goes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "checkpoint.h"
#include "chores.h"
#include "office.h"
#include "outbox.h"
#include "timekeeper.h"

static void a_trial_syncs_every_five_seconds(void **state)
{
    (void)state;
    assert_int_equal(chores_next_sync_s("a", true, 1000), 1005);
}

static void a_lane_syncs_once_an_hour_at_its_own_minute(void **state)
{
    (void)state;
    static const char *const LANES[] = {"00000000000000000000000000000000",
                                        "053164aafc48cf4feda2dac0f56f48eb",
                                        "ffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < ARRAY_SIZE(LANES); i++) {
        const int64_t first = chores_next_sync_s(LANES[i], false, 7200);
        assert_true(first > 7200 && first < 7200 + 3600 + 600);
        assert_true(first % 3600 < 600);
        assert_int_equal(chores_next_sync_s(LANES[i], false, first), first + 3600);
        assert_int_equal(chores_next_sync_s(LANES[i], false, first - 1), first);
        assert_int_equal(chores_next_sync_s(LANES[i], false, first + 1), first + 3600);
    }
    assert_int_not_equal(chores_next_sync_s(LANES[0], false, 0),
                         chores_next_sync_s(LANES[1], false, 0));
}

static bool find_mac(struct office *office, struct db *db)
{
    uint8_t low[ENTRY_ID_BYTES], high[ENTRY_ID_BYTES];
    memset(low, 0, sizeof low);
    memset(high, 0xff, sizeof high);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_MAC_FIRST, &q, &office->err), STATUS_OK);
    stmt_bind_blob(q, 1, low, sizeof low);
    stmt_bind_blob(q, 2, high, sizeof high);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    stmt_release(q);
    return found;
}

// Whether any request MAC is left.
static bool has_macs(struct office *office)
{
    struct db *db = dbpool_take(office->kiosk->readers);
    const bool has = find_mac(office, db);
    dbpool_give(office->kiosk->readers, db);
    return has;
}

static off_t wal_bytes(const struct office *office)
{
    char path[SCRATCH_PATH_SIZE + 16];
    struct stat facts;
    snprintf(path, sizeof path, "%s/kiosk.db-wal", office->folder);
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_size;
}

// A WAL of one page: what says that the truncation is done stands behind it.
enum { PAGE_BYTES = 4096, EMPTIED_WAL_BYTES = 32 + 24 + PAGE_BYTES };

static int64_t truncation_owed(struct office *office)
{
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_FACT_GET, &q, &office->err), STATUS_OK);
    stmt_bind_text(q, 1, "truncation_owed");
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    const int64_t owed = found ? stmt_int(q, 0) : -1;
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
    return owed;
}

static void rate_once(struct office *office)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
}

static void request_macs_go_with_their_day_and_the_wal_is_emptied(void **state)
{
    struct office *office = *state;
    rate_once(office);
    clock_fix(OFFICE_NOW_S + 3600);
    rate_once(office);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    rate_once(office);
    const uint64_t entries = office_entries(office);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_macs(office));
    assert_true(wal_bytes(office) > 0);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S); // the first day goes, the second stays
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_macs(office));
    assert_true(wal_bytes(office) <= EMPTIED_WAL_BYTES);
    clock_fix(OFFICE_NOW_S + 3 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_macs(office));
    assert_int_equal(office_entries(office), entries);
}

// A reader that began before the deletion, as an export or a backup does.
static struct db *begin_reading(struct office *office)
{
    struct db *db = NULL;
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    assert_int_equal(db_exec(db, "BEGIN", &office->err), STATUS_OK);
    assert_true(find_mac(office, db));
    return db;
}

static void a_truncation_that_a_reader_holds_up_stays_owed(void **state)
{
    struct office *office = *state;
    rate_once(office);
    struct db *reader = begin_reading(office);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_BUSY);
    assert_false(has_macs(office));
    assert_true(wal_bytes(office) > EMPTIED_WAL_BYTES);
    assert_int_equal(truncation_owed(office), 1);
    assert_int_equal(db_exec(reader, "COMMIT", &office->err), STATUS_OK);
    // Nothing is due any more but what is owed.
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(wal_bytes(office) <= EMPTIED_WAL_BYTES);
    assert_int_equal(truncation_owed(office), 0);
    db_close(reader);
}

static void without_anything_due_nothing_happens(void **state)
{
    struct office *office = *state;
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    rate_once(office);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_macs(office));
}

static void many_macs_go_in_several_jobs(void **state)
{
    struct office *office = *state;
    enum { MANY = 4500 };
    for (int i = 0; i < MANY; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        struct rating *rating = NULL;
        clock_fix(OFFICE_NOW_S + i % 5 * 3600);
        office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                         STATUS_OK);
        rating->job.done = rating_job_free;
        assert_int_equal(writer_submit(office->kiosk->writer, &rating->job, &office->err),
                         STATUS_OK);
    }
    rate_once(office);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    const int64_t before = writer_figures(office->kiosk->writer).jobs;
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_macs(office));
    assert_true(writer_figures(office->kiosk->writer).jobs - before > 2);
}

// A clock that was set back lets MACs come under hours that a round has done already.
static void macs_of_a_clock_that_was_set_back_go_too(void **state)
{
    struct office *office = *state;
    clock_fix(OFFICE_NOW_S + 30 * OFFICE_DAY_S);
    rate_once(office);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    clock_fix(OFFICE_NOW_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    rate_once(office);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_macs(office)); // those of the day that has not come yet
    clock_fix(OFFICE_NOW_S + 32 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_macs(office));
}

// Its page was answered within the day, but the writer came to it after the round.
static void a_mac_that_came_behind_its_round_goes_with_the_next(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    struct rating *rating = NULL;
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                     STATUS_OK);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(writer_run(office->kiosk->writer, &rating->job, &office->err), STATUS_OK);
    rating_job_free(&rating->job);
    assert_true(has_macs(office));
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_macs(office));
}

static void a_start_seals_what_was_missed_and_an_end_signs_the_head(void **state)
{
    struct office *office = *state;
    rate_once(office);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    const uint64_t before = office_entries(office);
    assert_int_equal(chores_begin(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 1);
    char code[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_int_equal(chores_end(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 3); // slips and offered of the open hour
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    bool found = false;
    struct note_checkpoint head;
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = checkpoint_last(db, INT64_MAX, false, &note, &found, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    assert_true(found);
    assert_int_equal(note_read(note.data, note.size_bytes, &head, &office->err), STATUS_OK);
    assert_int_equal(head.size, before + 3);
}

// The pages that have sent a text are known until their key goes.
static void spent_pages_go_with_the_day_key(void **state)
{
    struct office *office = *state;
    const uint8_t hash[OUTBOX_HASH_BYTES] = {1};
    struct err err;
    int64_t forgotten = 0;
    struct db *db = NULL;
    struct stmt *q = NULL;
    char path[SCRATCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &err), STATUS_OK);
    assert_int_equal(stmt_use(db, KIOSK_PAGE_SPEND, &q, &err), STATUS_OK);
    stmt_bind_blob(q, 1, hash, sizeof hash);
    stmt_bind_blob(q, 2, hash, sizeof hash);
    stmt_bind_int(q, 3, clock_day(OFFICE_NOW_S));
    assert_int_equal(stmt_run(q, NULL, &err), STATUS_OK);
    stmt_release(q);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(outbox_forget_pages(db, clock_day(clock_now_s()), &forgotten, &err),
                     STATUS_OK);
    assert_int_equal(forgotten, 0); // none was left
    db_close(db);
}

static void a_day_that_ends_while_the_pc_sleeps_is_sealed_when_it_wakes(void **state)
{
    struct office *office = *state;
    struct chores *chores = NULL;
    char line[ENTRY_LIMIT_BYTES];
    assert_int_equal(chores_open(office->kiosk, NULL, &chores, &office->err), STATUS_OK);
    chores_look(chores);
    rate_once(office);
    const uint64_t before = office_entries(office);
    chores_look(chores);
    assert_int_equal(office_entries(office), before); // the day is not over
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S); // half past nine, long before that day's close
    chores_look(chores);
    assert_int_equal(office_entries(office), before + 1);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"seal\""));
    assert_non_null(strstr(line, "\"day\":\"2026-11-03\",\"count\":1"));
    chores_look(chores);
    assert_int_equal(office_entries(office), before + 1); // once
    chores_close(chores);
}

static void nothing_is_sealed_by_itself_while_the_clock_is_not_trusted(void **state)
{
    struct office *office = *state;
    struct chores *chores = NULL;
    clock_fix_boot(1000000, 7);
    office_reopen(office);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    assert_int_equal(chores_open(office->kiosk, NULL, &chores, &office->err), STATUS_OK);
    rate_once(office);
    chores_look(chores);
    const uint64_t before = office_entries(office);
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S); // and the boot clock has not moved
    assert_int_equal(chores_begin(office->kiosk, &office->err), STATUS_OK);
    chores_look(chores);
    assert_int_equal(office_entries(office), before);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    chores_look(chores); // the day that was missed
    assert_int_equal(office_entries(office), before + 1);
    chores_close(chores);
    clock_fix_boot(0, 0);
}

static void the_thread_starts_and_stops_at_once(void **state)
{
    struct office *office = *state;
    struct chores *chores = NULL;
    assert_int_equal(chores_open(office->kiosk, NULL, &chores, &office->err), STATUS_OK);
    const int64_t began_ms = clock_mono_ms();
    chores_close(chores);
    assert_true(clock_mono_ms() - began_ms < 4000); // not only at its next tick
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_syncs_every_five_seconds),
        cmocka_unit_test(a_lane_syncs_once_an_hour_at_its_own_minute),
        OFFICE_TEST(request_macs_go_with_their_day_and_the_wal_is_emptied),
        OFFICE_TEST(a_truncation_that_a_reader_holds_up_stays_owed),
        OFFICE_TEST(without_anything_due_nothing_happens),
        OFFICE_TEST(many_macs_go_in_several_jobs),
        OFFICE_TEST(macs_of_a_clock_that_was_set_back_go_too),
        OFFICE_TEST(a_mac_that_came_behind_its_round_goes_with_the_next),
        OFFICE_TEST(a_start_seals_what_was_missed_and_an_end_signs_the_head),
        OFFICE_TEST(spent_pages_go_with_the_day_key),
        OFFICE_TEST(a_day_that_ends_while_the_pc_sleeps_is_sealed_when_it_wakes),
        OFFICE_TEST(nothing_is_sealed_by_itself_while_the_clock_is_not_trusted),
        OFFICE_TEST(the_thread_starts_and_stops_at_once),
    };
    return cmocka_run_group_tests_name("chores", tests, NULL, NULL);
}
