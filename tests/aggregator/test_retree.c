// SPDX-License-Identifier: MIT
// retree.c: the hub's setup changes its tree of units, with answers in place.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hub_actions.h"
#include "lane_actions.h"
#include "paper.h"

#include "staff.h"

static json_t *example(void)
{
    AUTO(buf_done) struct buf text;
    json_t *json = NULL;
    buf_init(&text, SETUP_LIMIT_BYTES);
    office_setup_text(false, false, &text);
    assert_int_equal(
        json_parse(buf_text(&text), text.size_bytes, SETUP_LIMIT_BYTES, "setup", &json, NULL),
        STATUS_OK);
    return json;
}

// The example with a level of that code between the province and its wards, NULL for none; the
// wards of before 2025-07-01 stay as they were.
static json_t *with_region(const char *region)
{
    json_t *json = example(), *units = json_object_get(json, "units");
    size_t index = 0;
    json_t *unit = NULL;
    json_array_foreach(units, index, unit)
    {
        if (region != NULL && json_object_get(unit, "valid_from") != NULL)
            json_object_set_new(unit, "parent", json_string(region));
    }
    if (region != NULL)
        json_array_append_new(units, json_pack("{s:s, s:s, s:s, s:s}", "code", region, "name",
                                               "Vùng Đông", "kind", "vùng", "parent", "19"));
    return json;
}

// Takes the setup (given) and opens the hub anew, as the command does.
static enum status change(struct office *office, json_t *setup, int version)
{
    AUTO(json_decrefp) json_t *owned = setup;
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    json_object_set_new(owned, "version", json_integer(version));
    assert_int_equal(json_write(owned, &text, &office->err), STATUS_OK);
    enum status status = lane_actions_setup(office->hub, text.data, text.size_bytes, &office->err);
    hub_close(office->hub);
    office->hub = NULL;
    if (hub_open(office->folder, HUB_WRITE, &office->hub, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    return status;
}

static void take_paper(struct office *office, const char *text)
{
    AUTO(paper_freep) struct paper *paper = NULL;
    assert_int_equal(paper_read(office->hub, text, strlen(text), &paper, &office->err), STATUS_OK);
    assert_int_equal(paper->bad_count, 0);
    assert_int_equal(paper_take(paper, &office->err), STATUS_OK);
}

static void expect(struct office *office, const char *unit, int64_t n3, int64_t n4, int64_t n5)
{
    office_expect(office_tally(office, 'a', unit, "", "overall", "2024-12-15", "2026-12-15"), 0, 0,
                  n3, n4, n5);
}

static void chosen_again(struct office_kiosk *kiosk, int number, int level)
{
    struct response detail = office_response(number, level);
    detail.part = 1;
    office_kiosk_response(kiosk, &detail);
}

// Two counted answers, a flagged one that is counted nowhere above, a void one, and paper of today
// and of before the unit was made anew.
static void begin(struct office *office, struct office_kiosk *kiosk)
{
    struct response flagged = office_response(3, 5);
    flagged.flag_count = 1;
    strcpy(flagged.flags[0], "repeat");
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, false, false);
    for (int i = 1; i <= 2; i++) {
        struct response response = office_response(i, 5);
        office_kiosk_response(kiosk, &response);
    }
    office_kiosk_response(kiosk, &flagged);
    struct response voided = office_response(4, 5);
    office_kiosk_response(kiosk, &voided);
    office_take_all(office, kiosk);
    staff_rule(office, "void", 4);
    take_paper(office, "unit,day,area,item,level,count\n"
                       "05533,2026-11-03,HT,overall,4,7\n"
                       "05533,2025-06-30,HT,overall,4,30\n"
                       "05533,2026-11-05,HT,overall,4,0\n");
}

static void a_new_level_counts_what_came_before_it_and_loses_it_again(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk);
    for (int version = 1; version < 5; version += 2) {
        assert_int_equal(change(office, with_region("VUNG"), version), STATUS_OK);
        expect(office, "VUNG", 0, 7, 2);
        expect(office, "19", 0, 37, 2);
        expect(office, OFFICE_UNIT, 0, 37, 2);
        staff_verify(office);
        assert_int_equal(change(office, with_region(NULL), version + 1), STATUS_OK);
        expect(office, "VUNG", 0, 0, 0);
        expect(office, "19", 0, 37, 2);
        expect(office, "VN", 0, 37, 2);
        staff_verify(office);
    }
}

static void answers_change_and_become_void_after_a_new_level_and_after_its_end(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk);
    assert_int_equal(change(office, with_region("VUNG"), 1), STATUS_OK);
    chosen_again(&kiosk, 1, 3);
    office_take_all(office, &kiosk);
    expect(office, "VUNG", 1, 7, 1);
    staff_rule(office, "unvoid", 4);
    expect(office, "VUNG", 1, 7, 2);
    expect(office, "VN", 1, 37, 2);
    staff_verify(office);
    assert_int_equal(change(office, with_region(NULL), 2), STATUS_OK);
    staff_rule(office, "void", 2);
    chosen_again(&kiosk, 4, 4);
    office_take_all(office, &kiosk);
    expect(office, "VN", 1, 38, 0);
    expect(office, "VUNG", 0, 0, 0);
    staff_verify(office);
}

// Drops the unit of before or of since 2025-07-01.
static json_t *without(bool former)
{
    json_t *json = example(), *units = json_object_get(json, "units");
    for (size_t i = json_array_size(units); i-- > 0;) {
        json_t *unit = json_array_get(units, i);
        json_object_del(unit, "predecessors");
        if (json_object_get(unit, former ? "valid_to" : "valid_from") != NULL)
            json_array_remove(units, i);
    }
    return json;
}

static void a_tree_without_a_unit_that_has_answers_is_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    assert_int_equal(change(office, without(true), 1), STATUS_OK); // nothing was counted there
    assert_int_equal(change(office, example(), 2), STATUS_OK);
    begin(office, &kiosk);
    assert_int_equal(change(office, without(true), 3), STATUS_CONFLICT);
    assert_int_equal(change(office, with_region(NULL), 3), STATUS_OK);
    expect(office, "19", 0, 37, 2);
    staff_verify(office);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open_real, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_new_level_counts_what_came_before_it_and_loses_it_again),
        WITH(answers_change_and_become_void_after_a_new_level_and_after_its_end),
        WITH(a_tree_without_a_unit_that_has_answers_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
