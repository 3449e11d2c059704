// SPDX-License-Identifier: MIT
// tally.c: which cells an answer is counted in (IND-01, IND-13).
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "office.h"

struct move {
    struct writer_job job;
    const struct unit_tree *units;
    struct tally_cell cell;
    struct tally_counts counts;
    enum tally_way way;
};

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct move *move = (struct move *)job;
    return tally_move(db, move->units, &move->cell, &move->counts, move->way, err);
}

static struct move prepare(struct office *office, const char *day, int level)
{
    struct move move = {
        .job.apply = apply,
        .units = office->hub->units,
        .cell = {.unit = OFFICE_UNIT,
                 .counter = "1",
                 .area = "DD",
                 .item = "overall",
                 .form = "tthc",
                 .channel = RESPONSE_SLIP,
                 .step = RESPONSE_STEP_RESULT},
        .counts = tally_of_level(level),
        .way = TALLY_ADD,
    };
    assert_int_equal(clock_parse_day(day, &move.cell.day, NULL), STATUS_OK);
    return move;
}

static enum status run(struct office *office, struct move *move)
{
    return writer_run(office->hub->writer, &move->job, &office->err);
}

static struct tally_counts quarter(struct office *office, char table, const char *unit)
{
    return office_tally(office, table, unit, "", "overall", "2026-09-15", "2026-12-15");
}

static void an_answer_counts_for_its_unit_and_each_ancestor(void **state)
{
    struct office *office = *state;
    struct move move = prepare(office, "2026-11-03", 4);
    assert_int_equal(run(office, &move), STATUS_OK);
    office_expect(quarter(office, 'a', "05533"), 0, 0, 0, 1, 0);
    office_expect(quarter(office, 'a', "19"), 0, 0, 0, 1, 0);
    office_expect(quarter(office, 'a', "VN"), 0, 0, 0, 1, 0);
    // B and C are the own unit's only
    office_expect(quarter(office, 'b', "05533"), 0, 0, 0, 1, 0);
    office_expect(quarter(office, 'b', "19"), 0, 0, 0, 0, 0);
    office_expect(quarter(office, 'c', "19"), 0, 0, 0, 0, 0);
}

static void only_the_headline_is_in_a_and_b(void **state)
{
    struct office *office = *state;
    static const struct {
        enum response_channel channel;
        bool flagged;
        int64_t headline;
    } cases[] = {
        {RESPONSE_SCREEN, false, 1}, {RESPONSE_SLIP, false, 1},   {RESPONSE_POSTER, false, 0},
        {RESPONSE_PAPER, false, 1},  {RESPONSE_ONLINE, false, 1}, {RESPONSE_SCREEN, true, 0},
        {RESPONSE_POSTER, true, 0},
    };
    int64_t headline = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct move move = prepare(office, "2026-11-03", 5);
        move.cell.channel = cases[i].channel;
        move.cell.flagged = cases[i].flagged;
        assert_int_equal(run(office, &move), STATUS_OK);
        headline += cases[i].headline;
        office_expect(quarter(office, 'a', OFFICE_UNIT), 0, 0, 0, 0, headline);
        office_expect(quarter(office, 'b', OFFICE_UNIT), 0, 0, 0, 0, headline);
        office_expect(quarter(office, 'c', OFFICE_UNIT), 0, 0, 0, 0, (int64_t)i + 1);
    }
}

static void half_months_part_between_the_14th_and_the_15th(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *day, *from, *to;
    } cases[] = {
        {"2026-12-14", "2026-12-01", "2026-12-15"},
        {"2026-12-15", "2026-12-15", "2027-01-01"},
        {"2026-12-31", "2026-12-15", "2027-01-01"},
        {"2026-12-01", "2026-12-01", "2026-12-15"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct move move = prepare(office, cases[i].day, 3);
        struct tally_counts before =
            office_tally(office, 'a', OFFICE_UNIT, "", "overall", cases[i].from, cases[i].to);
        assert_int_equal(run(office, &move), STATUS_OK);
        struct tally_counts after =
            office_tally(office, 'a', OFFICE_UNIT, "", "overall", cases[i].from, cases[i].to);
        assert_int_equal(after.n[2], before.n[2] + 1);
    }
}

static void what_is_taken_back_leaves_nothing(void **state)
{
    struct office *office = *state;
    struct move move = prepare(office, "2026-11-03", 2);
    assert_int_equal(run(office, &move), STATUS_OK);
    move.way = TALLY_TAKE;
    assert_int_equal(run(office, &move), STATUS_OK);
    office_expect(quarter(office, 'a', "VN"), 0, 0, 0, 0, 0);
    office_expect(quarter(office, 'b', OFFICE_UNIT), 0, 0, 0, 0, 0);
    office_expect(quarter(office, 'c', OFFICE_UNIT), 0, 0, 0, 0, 0);
}

static void no_cell_falls_below_nothing(void **state)
{
    struct office *office = *state;
    struct move move = prepare(office, "2026-11-03", 2);
    assert_int_equal(run(office, &move), STATUS_OK);
    move.way = TALLY_TAKE;
    move.counts = tally_of_level(3); // another level of the same cell
    assert_int_not_equal(run(office, &move), STATUS_OK);
    office_expect(quarter(office, 'a', OFFICE_UNIT), 0, 1, 0, 0, 0);
}

static void an_unknown_unit_is_refused_and_nothing_counted(void **state)
{
    struct office *office = *state;
    struct move move = prepare(office, "2026-11-03", 2);
    move.cell.unit = "99999";
    assert_int_equal(run(office, &move), STATUS_BAD_INPUT);
    office_expect(quarter(office, 'c', "99999"), 0, 0, 0, 0, 0);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(an_answer_counts_for_its_unit_and_each_ancestor),
        WITH(only_the_headline_is_in_a_and_b),
        WITH(half_months_part_between_the_14th_and_the_15th),
        WITH(what_is_taken_back_leaves_nothing),
        WITH(no_cell_falls_below_nothing),
        WITH(an_unknown_unit_is_refused_and_nothing_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
