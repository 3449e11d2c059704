// SPDX-License-Identifier: MIT
// hubhead.c and hubchores.c's schedule: heads and seals of the hub's own lane.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "clock.h"
#include "hubchores.h"
#include "hubhead.h"
#include "laneverify.h"
#include "office.h"
#include "transfer.h"

enum { HALF_PAST_23_S = 14 * 3600 + 30 * 60 }; // behind OFFICE_NOW_S, which is 09:00

static void run_round(struct office *office)
{
    if (hubhead_round(office->hub, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static struct hubhead note_of(struct office *office, struct buf *note)
{
    struct hubhead head;
    struct db *db = dbpool_take(office->hub->readers);
    const enum status status = hubhead_note(office->hub, db, &head, note, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    return head;
}

static enum status add(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    buf_add(context, bytes, size_bytes);
    return buf_check(context, err);
}

static void export_to(struct office *office, struct buf *out)
{
    struct db *db = dbpool_take(office->hub->readers);
    const enum status status = hubhead_export(office->hub, db, add, out, &office->err);
    dbpool_give(office->hub->readers, db);
    if (status != STATUS_OK)
        fail_msg("%s", office->err.text);
}

// How many lines of that kind the lane has.
static int count_kind(struct office *office, const char *kind)
{
    AUTO(buf_done) struct buf out;
    char mark[64];
    int count = 0;
    buf_init(&out, 1024 * 1024);
    export_to(office, &out);
    (void)snprintf(mark, sizeof mark, "\"kind\":\"%s\"", kind);
    for (const char *at = strstr(buf_text(&out), mark); at != NULL; at = strstr(at + 1, mark))
        count++;
    return count;
}

static void a_head_is_signed_and_kept_once_per_size(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf before;
    AUTO(buf_done) struct buf first;
    AUTO(buf_done) struct buf again;
    buf_init(&before, NOTE_LIMIT_BYTES);
    buf_init(&first, NOTE_LIMIT_BYTES);
    buf_init(&again, NOTE_LIMIT_BYTES);
    assert_false(note_of(office, &before).kept);
    assert_int_equal(
        note_verify(before.data, before.size_bytes, hublane_key(office->hub->lane), NULL, NULL),
        STATUS_OK);
    run_round(office);
    assert_true(note_of(office, &first).kept);
    // An hour later nothing has come: the note with the first hour stays.
    clock_fix(OFFICE_NOW_S + 3600);
    run_round(office);
    assert_true(note_of(office, &again).kept);
    assert_string_equal(buf_text(&first), buf_text(&again));
}

static void a_new_entry_gets_a_new_head(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    run_round(office);
    const uint64_t size = note_of(office, &note).size;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk); // leaves audit entries
    buf_clear(&note);
    const struct hubhead head = note_of(office, &note);
    assert_true(head.size > size);
    assert_false(head.kept);
    run_round(office);
    buf_clear(&note);
    assert_true(note_of(office, &note).kept);
}

static void a_day_is_sealed_once_and_not_before_half_past_23(void **state)
{
    struct office *office = *state;
    static const struct {
        int64_t at_s;
        int seals;
    } steps[] = {
        {0, 0},
        {HALF_PAST_23_S - 1, 0},
        {HALF_PAST_23_S, 1},
        {HALF_PAST_23_S + 60, 1},
        {86400, 1},
        // The hub was off in the evening: the day is sealed at the next start.
        {2 * 86400, 2},
        {2 * 86400 + 60, 2},
        {2 * 86400 + HALF_PAST_23_S, 3},
        // A week off is one seal: its count has all that came.
        {9 * 86400, 4},
    };
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        clock_fix(OFFICE_NOW_S + steps[i].at_s);
        run_round(office);
        assert_int_equal(count_kind(office, "seal"), steps[i].seals);
    }
}

static void a_seal_counts_the_entries_since_the_one_before(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf out;
    AUTO(buf_done) struct buf note;
    char expected[64];
    buf_init(&out, 1024 * 1024);
    buf_init(&note, NOTE_LIMIT_BYTES);
    run_round(office);
    const uint64_t size = note_of(office, &note).size;
    clock_fix(OFFICE_NOW_S + HALF_PAST_23_S);
    run_round(office);
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    buf_clear(&note);
    const uint64_t added = note_of(office, &note).size - size - 1;
    assert_true(added > 0);
    clock_fix(OFFICE_NOW_S + 86400 + HALF_PAST_23_S);
    run_round(office);
    export_to(office, &out);
    (void)snprintf(expected, sizeof expected, "\"day\":\"2026-11-21\",\"count\":%d", (int)size);
    assert_non_null(strstr(out.data, expected));
    (void)snprintf(expected, sizeof expected, "\"day\":\"2026-11-22\",\"count\":%d", (int)added);
    assert_non_null(strstr(out.data, expected));
}

static bool is_behind(struct office *office)
{
    bool behind = false;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(hubhead_clock(office->hub, db, &behind, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    return behind;
}

static int count_text(struct office *office, const char *text)
{
    AUTO(buf_done) struct buf out;
    int count = 0;
    buf_init(&out, 1024 * 1024);
    export_to(office, &out);
    for (const char *at = strstr(buf_text(&out), text); at != NULL; at = strstr(at + 1, text))
        count++;
    return count;
}

static void a_clock_that_ran_ahead_once_does_not_stop_the_seals(void **state)
{
    struct office *office = *state;
    run_round(office);
    assert_false(is_behind(office));
    clock_fix(OFFICE_NOW_S + INT64_C(1000) * 86400);
    run_round(office);
    assert_int_equal(count_kind(office, "seal"), 1);
    for (int day = 1; day <= 3; day++) {
        clock_fix(OFFICE_NOW_S + day * INT64_C(86400));
        run_round(office);
        run_round(office);
        assert_int_equal(count_kind(office, "seal"), 1 + day);
        assert_true(is_behind(office));
    }
    // None goes back: all are of the day before the wrong one.
    assert_int_equal(count_text(office, "\"kind\":\"seal\""), 4);
    assert_int_equal(count_text(office, "\"day\":\"2029-08-16\""), 4);
    clock_fix(OFFICE_NOW_S + INT64_C(1002) * 86400);
    assert_false(is_behind(office));
    run_round(office);
    assert_int_equal(count_text(office, "\"day\":\"2029-08-18\""), 1);
}

static void a_clock_before_the_build_or_the_newest_entry_is_told(void **state)
{
    struct office *office = *state;
    clock_fix(OFFICE_NOW_S - 2 * 3600);
    assert_true(is_behind(office)); // the setup is of later
    clock_fix(OFFICE_NOW_S);
    assert_false(is_behind(office));
    clock_fix(86400);
    assert_true(is_behind(office));
}

static void the_export_is_a_transfer_that_the_lane_verifier_takes(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf out;
    AUTO(laneverify_closep) struct laneverify *verify = NULL;
    struct laneverify_figures figures;
    struct transfer transfer;
    buf_init(&out, 1024 * 1024);
    clock_fix(OFFICE_NOW_S + HALF_PAST_23_S);
    run_round(office);
    export_to(office, &out);
    if (transfer_read(out.data, out.size_bytes, &transfer, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    const struct laneverify_options options = {
        .lane = hublane_name(office->hub->lane), .hub = true, .key = &transfer.key};
    assert_int_equal(laneverify_open(&options, &verify, &office->err), STATUS_OK);
    assert_int_equal(laneverify_note(verify, transfer.note, transfer.note_bytes, "the note",
                                     LANEVERIFY_ANY_SIZE, true, &office->err),
                     STATUS_OK);
    for (const char *line = transfer.lines; line < transfer.lines + transfer.lines_bytes;) {
        const size_t chars = strcspn(line, "\n");
        if (laneverify_line(verify, line, chars, NULL, &office->err) != STATUS_OK)
            fail_msg("%s", office->err.text);
        line += chars + 1;
    }
    if (laneverify_end(verify, NULL, &figures, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    assert_int_equal(figures.size, transfer.checkpoint.size);
    assert_int_equal(figures.seals, 1);
}

static void a_witness_that_is_silent_is_asked_ever_more_rarely(void **state)
{
    (void)state;
    static const int64_t waits[] = {60, 60, 120, 240, 480, 960, 1920, 3600, 3600};
    for (int i = 0; i < (int)ARRAY_SIZE(waits); i++)
        assert_int_equal(hubchores_wait_s(i), waits[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFFICE_TEST(name) cmocka_unit_test_setup_teardown(name, office_open, office_close)
        OFFICE_TEST(a_head_is_signed_and_kept_once_per_size),
        OFFICE_TEST(a_new_entry_gets_a_new_head),
        OFFICE_TEST(a_day_is_sealed_once_and_not_before_half_past_23),
        OFFICE_TEST(a_seal_counts_the_entries_since_the_one_before),
        OFFICE_TEST(a_clock_that_ran_ahead_once_does_not_stop_the_seals),
        OFFICE_TEST(a_clock_before_the_build_or_the_newest_entry_is_told),
        OFFICE_TEST(the_export_is_a_transfer_that_the_lane_verifier_takes),
        cmocka_unit_test(a_witness_that_is_silent_is_asked_ever_more_rarely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
