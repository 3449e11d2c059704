// SPDX-License-Identifier: MIT
// paper.c: CSV files of paper results.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "hub_actions.h"
#include "hub_verify.h"
#include "office.h"
#include "paper.h"

#define HEADER "unit,day,area,item,level,count\n"

// Has a file imported as the command does; returns the reply, or NULL with office->err set.
static json_t *import(struct office *office, const char *text, bool skip_bad)
{
    char path[SCRATCH_PATH_SIZE];
    json_t *reply = NULL;
    scratch_path(&office->scratch, "paper.csv", path);
    assert_int_equal(file_write(path, text, strlen(text), 0600, &office->err), STATUS_OK);
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s, s:b, s:s}", "command", "paper", "path", path,
                                "skip_bad", (int)skip_bad, "entered_by", "");
    enum status status = hub_actions_answer(office->hub, request, &reply, &office->err);
    assert_int_equal(status == STATUS_OK, reply != NULL);
    if (reply == NULL)
        assert_int_equal(status, STATUS_BAD_INPUT);
    return reply;
}

static struct tally_counts counted(struct office *office, const char *area, const char *item)
{
    return office_tally(office, 'a', OFFICE_UNIT, area, item, "2026-09-15", "2026-12-15");
}

static void counts_are_added_as_paper(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp)
    json_t *reply = import(office,
                           HEADER "05533,2026-11-03,HT,overall,5,12\n"
                                  "05533,2026-11-03,HT,overall,4,3\n"
                                  "05533,2026-11-03,HT,agency,1,2\n"
                                  "05533,2026-11-04,DD,overall,2,0\n",
                           false);
    assert_int_equal(json_int_or(reply, "taken", -1), 4);
    assert_int_equal(json_int_or(reply, "answers", -1), 17);
    office_expect(counted(office, "HT", "overall"), 0, 0, 0, 3, 12);
    office_expect(counted(office, "HT", "agency"), 2, 0, 0, 0, 0);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    const json_t *group = office_row(report, "groups", "TTHC");
    assert_int_equal(json_int_or(json_object_get(group, "paper"), "answered", -1), 15);
}

static void every_way_of_writing_the_same_file_counts_the_same(void **state)
{
    struct office *office = *state;
    static const char *const files[] = {
        HEADER "05533,2026-11-03,HT,overall,5,1\n",
        "unit;day;area;item;level;count\r\n05533;2026-11-03;HT;overall;5;1\r\n",
        "\xEF\xBB\xBF" HEADER "05533,2026-11-03,HT,overall,5,1",
        "count,level,item,area,day,unit\n1,5,overall,HT,2026-11-03,05533\n\n",
        HEADER "\"05533\", 2026-11-03 ,\"HT\",overall,5, 1\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO(json_decrefp) json_t *reply = import(office, files[i], false);
        if (reply == NULL)
            fail_msg("file %zu: %s", i, office->err.text);
        office_expect(counted(office, "HT", "overall"), 0, 0, 0, 0, (int64_t)i + 1);
    }
}

static void the_same_file_again_changes_nothing(void **state)
{
    struct office *office = *state;
    static const char file[] = HEADER "05533,2026-11-03,HT,overall,5,12\n";
    AUTO(json_decrefp) json_t *first = import(office, file, false);
    AUTO(json_decrefp) json_t *second = import(office, file, false);
    assert_false(json_bool_or(first, "known", true));
    assert_true(json_bool_or(second, "known", false));
    office_expect(counted(office, "HT", "overall"), 0, 0, 0, 0, 12);
}

static void bad_cells_are_named_by_row_and_column(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *row, *fault;
    } cases[] = {
        {"99999,2026-11-03,HT,overall,5,1", "cột unit"},
        {"5533,2026-11-03,HT,overall,5,1", "cột unit"},
        {",2026-11-03,HT,overall,5,1", "cột unit"},
        {"05533,03/11/2026,HT,overall,5,1", "cột day"},
        {"05533,2026-02-29,HT,overall,5,1", "cột day"},
        {"05533,2026-11-22,HT,overall,5,1", "ngày chưa đến"},
        {"05533,2026-11-03,ht,overall,5,1", "cột area"},
        {"05533,2026-11-03,Hộ tịch,overall,5,1", "cột area"},
        {"05533,2026-11-03,HT,Overall,5,1", "cột item"},
        {"05533,2026-11-03,HT,F6,5,1", "cột item"},
        {"05533,2026-11-03,HT,overall,0,1", "cột level"},
        {"05533,2026-11-03,HT,overall,6,1", "cột level"},
        {"05533,2026-11-03,HT,overall,4.5,1", "cột level"},
        {"05533,2026-11-03,HT,overall,5,-1", "cột count"},
        {"05533,2026-11-03,HT,overall,5,1000001", "cột count"},
        {"05533,2026-11-03,HT,overall,5,1e3", "cột count"},
        {"05533,2026-11-03,HT,overall,5,", "cột count"},
        {"05533,2026-11-03,HT,overall,5", "6 cột"},
        {"05533,2026-11-03,HT,overall,5,1,x", "6 cột"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char file[256];
        snprintf(file, sizeof file, HEADER "05533,2026-11-03,DD,overall,5,7\n%s\n", cases[i].row);
        AUTO(json_decrefp) json_t *reply = import(office, file, false);
        assert_true(json_bool_or(reply, "refused", false));
        const char *faults = json_text_or(reply, "faults", "");
        if (strncmp(faults, "dòng 3: ", strlen("dòng 3: ")) != 0 ||
            strstr(faults, cases[i].fault) == NULL)
            fail_msg("%s: %s", cases[i].row, faults);
    }
    office_expect(counted(office, "", "overall"), 0, 0, 0, 0, 0);
}

static void rows_at_the_limits_are_good(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp)
    json_t *reply = import(office,
                           HEADER "05533,2026-11-21,HT,overall,1,0\n"
                                  "05533,2026-11-21,HT,overall,5,1000000\n"
                                  "05533,2025-06-30,HT,overall,5,1\n"  // as Mỏ Chè
                                  "05533,2025-07-01,HT,overall,5,1\n", // as Bá Xuyên
                           false);
    assert_int_equal(json_int_or(reply, "taken", -1), 4);
}

static void with_skip_bad_the_good_rows_are_taken(void **state)
{
    struct office *office = *state;
    static const char file[] = HEADER "05533,2026-11-03,HT,overall,5,1\n"
                                      "05533,2026-11-03,HT,overall,9,1\n"
                                      "05533,2026-11-03,HT,overall,4,1\n";
    AUTO(json_decrefp) json_t *reply = import(office, file, true);
    assert_int_equal(json_int_or(reply, "taken", -1), 2);
    assert_int_equal(json_int_or(reply, "skipped", -1), 1);
    office_expect(counted(office, "HT", "overall"), 0, 0, 0, 1, 1);
}

#define GOOD_AND_BAD                                                                               \
    HEADER "05533,2026-11-03,HT,overall,5,1\n"                                                     \
           "05533,2026-11-03,HT,overall,9,1\n"                                                     \
           "05533,2026-11-03,HT,overall,4,1\n"

static void the_corrected_file_does_not_count_the_good_rows_twice(void **state)
{
    struct office *office = *state;
    static const char corrected[] = HEADER "05533,2026-11-03,HT,overall,5,1\n"
                                           "05533,2026-11-03,HT,overall,3,1\n"
                                           "05533,2026-11-03,HT,overall,4,1\n";
    AUTO(json_decrefp) json_t *partial = import(office, GOOD_AND_BAD, true);
    AUTO(json_decrefp) json_t *whole = import(office, corrected, false);
    assert_int_equal(json_int_or(whole, "again", -1), 2);
    assert_int_equal(json_int_or(whole, "taken", -1), 0);
    const char *faults = json_text_or(whole, "faults", "");
    assert_non_null(strstr(faults, "dòng 2: "));
    assert_null(strstr(faults, "dòng 3: "));
    assert_non_null(strstr(faults, "dòng 4: "));
    office_expect(counted(office, "HT", "overall"), 0, 0, 0, 1, 1);
    // Not remembered as taken either: the refusal stands the next time, too.
    AUTO(json_decrefp) json_t *same = import(office, corrected, false);
    assert_int_equal(json_int_or(same, "again", -1), 2);
    AUTO(json_decrefp)
    json_t *alone = import(office, HEADER "05533,2026-11-03,HT,overall,3,1\n", false);
    assert_int_equal(json_int_or(alone, "taken", -1), 1);
    office_expect(counted(office, "HT", "overall"), 0, 0, 1, 1, 1);
}

static void only_the_very_cell_is_taken_for_the_same(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *row;
        int64_t again;
    } cases[] = {
        {"05533,2026-11-04,HT,overall,5,1", 0}, {"05533,2026-11-03,DD,overall,5,1", 0},
        {"05533,2026-11-03,HT,agency,5,1", 0},  {"05533,2026-11-03,HT,overall,2,1", 0},
        {"19,2026-11-03,HT,overall,5,1", 0},    {"05533,2026-11-03,HT,overall,5,8", 1},
    };
    AUTO(json_decrefp) json_t *partial = import(office, GOOD_AND_BAD, true);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char file[256];
        snprintf(file, sizeof file, HEADER "%s\n", cases[i].row);
        AUTO(json_decrefp) json_t *reply = import(office, file, false);
        assert_int_equal(json_int_or(reply, "again", -1), cases[i].again);
    }
}

static void a_file_that_was_taken_whole_bars_no_later_one(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp)
    json_t *first = import(office, HEADER "05533,2026-11-03,HT,overall,5,1\n", false);
    AUTO(json_decrefp)
    json_t *second = import(office, HEADER "05533,2026-11-03,HT,overall,5,2\n", false);
    assert_int_equal(json_int_or(second, "again", -1), 0);
    office_expect(counted(office, "HT", "overall"), 0, 0, 0, 0, 3);
}

// More rows than one document holds: all documents of the earlier file are looked at, and the
// file that follows it in the journal is not.
static void a_large_partial_file_is_known_by_its_last_row(void **state)
{
    struct office *office = *state;
    enum { ROWS = 50010 };
    AUTO(buf_done) struct buf file;
    buf_init(&file, PAPER_FILE_LIMIT_BYTES);
    buf_add_text(&file, HEADER);
    for (int i = 0; i < ROWS; i++)
        buf_add_text(&file, "05533,2026-11-03,HT,overall,5,1\n");
    buf_add_text(&file, "05533,2026-11-03,DD,overall,4,1\n05533,2026-11-03,DD,overall,9,1\n");
    AUTO(json_decrefp) json_t *partial = import(office, buf_text(&file), true);
    assert_int_equal(json_int_or(partial, "taken", -1), ROWS + 1);
    AUTO(json_decrefp)
    json_t *next = import(office, HEADER "05533,2026-11-03,CT,overall,4,1\n", false);
    assert_int_equal(json_int_or(next, "taken", -1), 1);
    AUTO(json_decrefp)
    json_t *last = import(office, HEADER "05533,2026-11-03,DD,overall,4,9\n", false);
    assert_int_equal(json_int_or(last, "again", -1), 1);
    AUTO(json_decrefp)
    json_t *other = import(office, HEADER "05533,2026-11-03,CT,overall,4,2\n", false);
    assert_int_equal(json_int_or(other, "again", -1), 0);
    AUTO(json_decrefp) json_t *many = import(office, buf_text(&file), false);
    assert_true(json_bool_or(many, "refused", false));
    struct hub_verify_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(hub_verify(office->hub, db, &figures, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
}

static void at_most_twenty_rows_taken_before_are_listed(void **state)
{
    struct office *office = *state;
    char file[4096] = HEADER;
    AUTO(json_decrefp) json_t *partial = import(office, GOOD_AND_BAD, true);
    for (int i = 0; i < PAPER_LISTED_MAX + 2; i++)
        strcat(file, "05533,2026-11-03,HT,overall,5,1\n");
    AUTO(json_decrefp) json_t *reply = import(office, file, false);
    const char *faults = json_text_or(reply, "faults", "");
    assert_int_equal(json_int_or(reply, "again", -1), PAPER_LISTED_MAX + 2);
    assert_non_null(strstr(faults, "dòng 21: "));
    assert_null(strstr(faults, "dòng 22: "));
    assert_non_null(strstr(faults, "và 2 dòng khác"));
}

static void a_file_without_any_good_row_is_refused_even_so(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp)
    json_t *reply = import(office, HEADER "05533,2026-11-03,HT,overall,9,1\n", true);
    assert_true(json_bool_or(reply, "refused", false));
}

static void at_most_twenty_faults_are_listed(void **state)
{
    struct office *office = *state;
    for (int rows = PAPER_LISTED_MAX; rows <= PAPER_LISTED_MAX + 2; rows++) {
        char file[4096] = HEADER;
        for (int i = 0; i < rows; i++)
            strcat(file, "05533,2026-11-03,HT,overall,9,1\n");
        AUTO(json_decrefp) json_t *reply = import(office, file, false);
        const char *faults = json_text_or(reply, "faults", "");
        char more[64];
        snprintf(more, sizeof more, "và %d dòng khác", rows - PAPER_LISTED_MAX);
        assert_int_equal(strstr(faults, more) != NULL, rows > PAPER_LISTED_MAX);
        assert_non_null(strstr(faults, "dòng 21: "));
        assert_null(strstr(faults, "dòng 22: "));
    }
}

static void files_without_our_header_are_refused(void **state)
{
    struct office *office = *state;
    static const char *const files[] = {
        "",
        HEADER,
        "unit,day,area,item,level\n05533,2026-11-03,HT,overall,5\n",
        "unit,day,area,item,level,count,extra\n05533,2026-11-03,HT,overall,5,1,\n",
        "unit,day,area,item,level,count,count\n05533,2026-11-03,HT,overall,5,1,1\n",
        HEADER "05533,2026-11-03,HT,\"overall,5,1\n",
        HEADER "05533,2026-11-03,HT,overall\xFF,5,1\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        assert_null(import(office, files[i], true));
}

static void the_form_follows_from_the_items(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *file, *form;
    } cases[] = {
        {HEADER "05533,2026-11-03,HT,overall,5,1\n", "mot-cau"},
        {HEADER "05533,2026-11-03,HT,overall,5,1\n05533,2026-11-03,HT,F1,5,1\n", "tthc"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(paper_freep) struct paper *paper = NULL;
        assert_int_equal(
            paper_read(office->hub, cases[i].file, strlen(cases[i].file), &paper, &office->err),
            STATUS_OK);
        assert_string_equal(paper->form, cases[i].form);
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(counts_are_added_as_paper),
        WITH(every_way_of_writing_the_same_file_counts_the_same),
        WITH(the_same_file_again_changes_nothing),
        WITH(bad_cells_are_named_by_row_and_column),
        WITH(rows_at_the_limits_are_good),
        WITH(with_skip_bad_the_good_rows_are_taken),
        WITH(the_corrected_file_does_not_count_the_good_rows_twice),
        WITH(only_the_very_cell_is_taken_for_the_same),
        WITH(a_file_that_was_taken_whole_bars_no_later_one),
        WITH(a_large_partial_file_is_known_by_its_last_row),
        WITH(at_most_twenty_rows_taken_before_are_listed),
        WITH(a_file_without_any_good_row_is_refused_even_so),
        WITH(at_most_twenty_faults_are_listed),
        WITH(files_without_our_header_are_refused),
        WITH(the_form_follows_from_the_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
