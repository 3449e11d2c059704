// SPDX-License-Identifier: MIT
// tallybatch.c: what is gathered is what single moves give.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hub_sql.h"
#include "office.h"
#include "tallybatch.h"

static struct db *writing(struct office *office)
{
    struct db *db = NULL;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "hub/hub.db", path);
    assert_int_equal(db_open(path, DB_WRITE, &hub_schema, &db, &office->err), STATUS_OK);
    return db;
}

static struct tally_cell cell_of(const char *area, const char *counter, const char *day)
{
    struct tally_cell cell = {
        .unit = OFFICE_UNIT,
        .counter = counter,
        .area = area,
        .item = "overall",
        .form = "tthc",
        .channel = RESPONSE_SCREEN,
        .step = RESPONSE_STEP_RESULT,
    };
    assert_int_equal(clock_parse_day(day, &cell.day, NULL), STATUS_OK);
    return cell;
}

static void move(struct office *office, struct db *db, const struct tally_cell *cell, int level,
                 enum tally_way way)
{
    struct tally_counts counts = tally_of_level(level);
    if (tally_move(db, office->hub->units, cell, &counts, way, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static struct tally_counts november(struct office *office, char table, const char *area)
{
    return office_tally(office, table, OFFICE_UNIT, area, "overall", "2026-11-01", "2026-11-15");
}

static void nothing_is_written_before_the_flush_and_everything_after_it(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    AUTO(tallybatch_closep) struct tallybatch *batch = NULL;
    static const char *const days[] = {"2026-11-02", "2026-11-03", "2026-11-04"};
    assert_int_equal(tallybatch_open(db, office->hub->units, &batch, &office->err), STATUS_OK);
    for (int i = 0; i < 300; i++) {
        const struct tally_cell cell =
            cell_of(i % 2 == 0 ? "HT" : "CT", i % 3 == 0 ? "1" : "2", days[i % 3]);
        move(office, db, &cell, 1 + i % 5, TALLY_ADD);
    }
    office_expect(november(office, 'a', "HT"), 0, 0, 0, 0, 0);
    assert_int_equal(tallybatch_flush(batch, &office->err), STATUS_OK);
    for (const char *table = "abc"; *table != '\0'; table++) {
        office_expect(november(office, *table, "HT"), 30, 30, 30, 30, 30);
        office_expect(november(office, *table, "CT"), 30, 30, 30, 30, 30);
    }
    office_expect(office_tally(office, 'a', "VN", "HT", "overall", "2026-11-01", "2026-11-15"), 30,
                  30, 30, 30, 30);
}

static void more_cells_than_the_first_table_holds_are_kept(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    AUTO(tallybatch_closep) struct tallybatch *batch = NULL;
    char counter[8];
    assert_int_equal(tallybatch_open(db, office->hub->units, &batch, &office->err), STATUS_OK);
    for (int i = 0; i < 3000; i++) {
        snprintf(counter, sizeof counter, "Q%d", i % 1000);
        const struct tally_cell cell = cell_of("HT", counter, "2026-11-03");
        move(office, db, &cell, 5, TALLY_ADD);
    }
    assert_int_equal(tallybatch_flush(batch, &office->err), STATUS_OK);
    for (const char *table = "abc"; *table != '\0'; table++)
        office_expect(november(office, *table, "HT"), 0, 0, 0, 0, 3000);
}

static void a_changed_level_takes_what_was_there_and_what_came_in_the_same_push(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    const struct tally_cell cell = cell_of("HT", "1", "2026-11-03");
    move(office, db, &cell, 2, TALLY_ADD); // of an earlier push
    for (int round = 0; round < 2; round++) {
        AUTO(tallybatch_closep) struct tallybatch *batch = NULL;
        assert_int_equal(tallybatch_open(db, office->hub->units, &batch, &office->err), STATUS_OK);
        if (round == 0) {
            move(office, db, &cell, 2, TALLY_TAKE);
            move(office, db, &cell, 4, TALLY_ADD);
        } else {
            move(office, db, &cell, 1, TALLY_ADD);
            move(office, db, &cell, 1, TALLY_TAKE);
            move(office, db, &cell, 5, TALLY_ADD);
        }
        assert_int_equal(tallybatch_flush(batch, &office->err), STATUS_OK);
    }
    for (const char *table = "abc"; *table != '\0'; table++)
        office_expect(november(office, *table, "HT"), 0, 0, 0, 1, 1);
}

static void a_batch_that_is_dropped_leaves_nothing(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    const struct tally_cell cell = cell_of("HT", "1", "2026-11-03");
    struct tallybatch *batch = NULL;
    assert_int_equal(tallybatch_open(db, office->hub->units, &batch, &office->err), STATUS_OK);
    move(office, db, &cell, 5, TALLY_ADD);
    tallybatch_close(batch);
    move(office, db, &cell, 4, TALLY_ADD); // at once again
    office_expect(november(office, 'a', "HT"), 0, 0, 0, 1, 0);
}

static void an_unknown_unit_is_refused_when_it_comes_not_at_the_end(void **state)
{
    struct office *office = *state;
    AUTO(db_closep) struct db *db = writing(office);
    AUTO(tallybatch_closep) struct tallybatch *batch = NULL;
    struct tally_cell cell = cell_of("HT", "1", "2026-11-03");
    struct tally_counts counts = tally_of_level(5);
    cell.unit = "99999";
    assert_int_equal(tallybatch_open(db, office->hub->units, &batch, &office->err), STATUS_OK);
    assert_int_equal(tally_move(db, office->hub->units, &cell, &counts, TALLY_ADD, &office->err),
                     STATUS_BAD_INPUT);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(nothing_is_written_before_the_flush_and_everything_after_it),
        WITH(more_cells_than_the_first_table_holds_are_kept),
        WITH(a_changed_level_takes_what_was_there_and_what_came_in_the_same_push),
        WITH(a_batch_that_is_dropped_leaves_nothing),
        WITH(an_unknown_unit_is_refused_when_it_comes_not_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
