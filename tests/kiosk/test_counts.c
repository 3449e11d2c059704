// SPDX-License-Identifier: MIT
// counts.c: slips and offers by hour, area and step, as entries.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "counts.h"
#include "office.h"
#include "timekeeper.h"

#define NOW_HOUR clock_hour(clock_now_s())

static void assert_last(struct office *office, const char *kind, const char *rest)
{
    char line[ENTRY_LIMIT_BYTES], wanted[64];
    office_last_line(office, line, sizeof line);
    snprintf(wanted, sizeof wanted, "\"kind\":\"%s\"", kind);
    if (strstr(line, wanted) == NULL || strstr(line, rest) == NULL)
        fail_msg("%s and %s are not in %s", wanted, rest, line);
    struct entry entry;
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    entry_done(&entry);
}

static void slips_are_counted_when_their_hour_is_over(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    const uint64_t before = office_entries(office);
    for (int i = 0; i < 3; i++)
        assert_int_equal(office_slip(office, i < 2 ? "HT" : "CT", "", false, code), STATUS_OK);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before); // the hour is not over
    clock_fix(OFFICE_NOW_S + 3600);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 2); // slips and offered
    assert_last(office, "offered",
                "\"part\":0,\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\",\"counts\":"
                "[[\"CT\",\"result\",1],[\"HT\",\"result\",2]]");
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 2); // told once
}

static void a_slip_that_was_refused_is_not_counted(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    const uint64_t before = office_entries(office);
    assert_int_equal(office_slip(office, "HT", "H08.16-240903-0002", false, code), STATUS_OK);
    assert_int_equal(office_slip(office, "HT", "H08.16-240903-0002", false, code), STATUS_CONFLICT);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR + 1, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 2);
    assert_last(office, "offered", "[[\"HT\",\"result\",1]]");
}

static void an_armed_screen_is_an_offer(void **state)
{
    struct office *office = *state;
    const uint64_t before = office_entries(office);
    counts_offer(office->kiosk, "DD", RESPONSE_STEP_REFUSAL);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR + 1, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 1);
    assert_last(office, "offered", "[[\"DD\",\"refusal\",1]]");
}

// The line so many before the last one.
static void assert_line(struct office *office, int64_t before_last, const char *kind,
                        const char *rest)
{
    const int64_t seq = (int64_t)office_entries(office) - 1 - before_last;
    AUTO(buf_done) struct buf line;
    char wanted[64];
    bool found = false;
    struct stmt *q = NULL;
    buf_init(&line, ENTRY_LIMIT_BYTES);
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &office->err), STATUS_OK);
    stmt_bind_int(q, 1, seq);
    stmt_bind_int(q, 2, seq + 1);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_true(found);
    buf_add_text(&line, stmt_text(q, 1));
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
    snprintf(wanted, sizeof wanted, "\"kind\":\"%s\"", kind);
    if (strstr(line.data, wanted) == NULL || strstr(line.data, rest) == NULL)
        fail_msg("%s and %s are not in %s", wanted, rest, line.data);
}

static void the_clock_that_counts_is_that_of_the_offer_not_of_its_entry(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1], range[64];
    clock_fix_boot(1000000, 3);
    office_reopen(office);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    counts_offer(office->kiosk, "HT", RESPONSE_STEP_RESULT); // while it is trusted
    assert_int_equal(counts_write(office->kiosk, 0, &office->err), STATUS_OK); // that is done
    clock_fix(OFFICE_NOW_S + 5 * 3600);                                        // it jumps
    assert_int_equal(office_slip(office, "CT", "", false, code), STATUS_OK);
    const uint64_t before = office_entries(office);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR + 1, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 3);
    assert_line(office, 2, "offered", "\"counts\":[[\"HT\",\"result\",1]]}");
    assert_line(office, 1, "slips", "[[\"CT\",\"result\",1]],\"clock\":\"unset\"}");
    assert_line(office, 0, "offered", "[[\"CT\",\"result\",1]],\"clock\":\"unset\"}");
    // What waits when trust comes stands in the range of the `clock` entry.
    assert_int_equal(office_slip(office, "CT", "", false, code), STATUS_OK);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    assert_int_equal(office_entries(office), before + 6);
    assert_line(office, 1, "offered",
                "\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\",\"counts\":"
                "[[\"CT\",\"result\",1]],\"clock\":\"unset\"}");
    snprintf(range, sizeof range, "\"from_seq\":%d,\"to_seq\":%d,", (int)before, (int)before + 5);
    assert_line(office, 0, "clock", range);
    // And afterwards nothing is unset.
    assert_int_equal(office_slip(office, "CT", "", false, code), STATUS_OK);
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR + 1, &office->err), STATUS_OK);
    assert_last(office, "offered", "\"counts\":[[\"CT\",\"result\",1]]}");
    clock_fix_boot(0, 0);
}

static void more_rows_than_fit_one_entry_make_several(void **state)
{
    struct office *office = *state;
    const uint64_t before = office_entries(office);
    for (int i = 0; i < 130; i++) {
        char area[32];
        snprintf(area, sizeof area, "AAAAAAAAAAAAA%03d", i);
        counts_offer(office->kiosk, area, RESPONSE_STEP_SUPPLEMENT);
    }
    assert_int_equal(counts_write(office->kiosk, NOW_HOUR + 1, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 2);
    assert_last(office, "offered", "AAAAAAAAAAAAA129");
}

static void visits_are_written_as_they_were_counted(void **state)
{
    struct office *office = *state;
    struct counts_visits visits = {
        .area = "HT", .step = RESPONSE_STEP_RESULT, .count = 41, .hour = NOW_HOUR - 2};
    assert_int_equal(counts_add_visits(office->kiosk, &visits, &office->err), STATUS_OK);
    assert_last(office, "visits",
                "\"hour\":\"2026-11-03T07+07\",\"unit\":\"05533\",\"counts\":"
                "[[\"HT\",\"result\",41]]");
}

static void visits_that_cannot_be_are_refused(void **state)
{
    struct office *office = *state;
    const struct counts_visits good = {
        .area = "HT", .step = RESPONSE_STEP_RESULT, .count = 1, .hour = NOW_HOUR};
    struct counts_visits bad[4] = {good, good, good, good};
    bad[0].area = "NO";
    bad[1].count = 0;
    bad[2].count = COUNTS_VISITS_MAX + 1;
    bad[3].hour = NOW_HOUR + 1;
    const uint64_t before = office_entries(office);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(counts_add_visits(office->kiosk, &bad[i], &office->err), STATUS_BAD_INPUT);
    assert_int_equal(office_entries(office), before);
    assert_int_equal(counts_add_visits(office->kiosk, &good, &office->err), STATUS_OK);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(slips_are_counted_when_their_hour_is_over),
        OFFICE_TEST(a_slip_that_was_refused_is_not_counted),
        OFFICE_TEST(an_armed_screen_is_an_offer),
        OFFICE_TEST(the_clock_that_counts_is_that_of_the_offer_not_of_its_entry),
        OFFICE_TEST(more_rows_than_fit_one_entry_make_several),
        OFFICE_TEST(visits_are_written_as_they_were_counted),
        OFFICE_TEST(visits_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
