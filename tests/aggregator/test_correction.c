// SPDX-License-Identifier: MIT
// correction.c and the figures that follow from it: IND-14, IND-15, IND-16.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report.h"
#include "report_text.h"
#include "staff.h"

static void begin(struct office_kiosk *kiosk, char digit)
{
    office_kiosk_begin(kiosk, digit);
    office_kiosk_setup(kiosk, false, false); // a trial's rules count nothing out
}

static void add(struct office_kiosk *kiosk, int number, int level)
{
    struct response response = office_response(number, level);
    office_kiosk_response(kiosk, &response);
}

// One whose clock was not trusted.
static void add_unset(struct office_kiosk *kiosk, int number, const char *hour)
{
    struct response response = office_response(number, 5);
    response.hour = office_hour(hour);
    response.clock_unset = true;
    office_kiosk_response(kiosk, &response);
}

static struct tally_counts quarter(struct office *office, char table)
{
    return office_tally(office, table, OFFICE_UNIT, "", "overall", "2026-09-15", "2026-12-15");
}

static int64_t total(struct office *office, const char *period)
{
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, period);
    return json_int_or(json_object_get(report, "total"), "answered", -1);
}

static int64_t reported(struct office *office, const char *key)
{
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    return json_int_or(report, key, -1);
}

static void flag_entry(struct office_kiosk *kiosk, int number, const char *rule, int of)
{
    char members[256], id[STAFF_ID_CHARS + 1];
    staff_id(of, id);
    snprintf(
        members, sizeof members,
        "\"part\":0,\"hour\":\"2026-11-03T09+07\",\"rule\":\"%s\",\"version\":1,\"of\":[\"%s\"]%s",
        rule, id, strcmp(rule, "hub") == 0 ? ",\"reason\":\"x\",\"by\":[\"A\",\"B\"]" : "");
    staff_entry(kiosk, "flag", number, members);
}

static void clock_entry(struct office_kiosk *kiosk, int number, int64_t from, int64_t to,
                        const char *first, const char *last)
{
    char members[256];
    snprintf(members, sizeof members,
             "\"part\":0,\"from_seq\":%lld,\"to_seq\":%lld,\"first\":\"%s\",\"last\":\"%s\",\"by\":"
             "\"staff\"",
             (long long)from, (long long)to, first, last);
    staff_entry(kiosk, "clock", number, members);
}

// ---- flags (IND-14) ----------------------------------------------------------------------------

static void a_kiosks_flag_takes_an_earlier_response_out_of_the_headline(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    add(&kiosk, 1, 1);
    add(&kiosk, 2, 5);
    flag_entry(&kiosk, 50, "burst", 1);
    office_take_all(office, &kiosk);
    office_expect(quarter(office, 'a'), 0, 0, 0, 0, 1);
    office_expect(quarter(office, 'b'), 0, 0, 0, 0, 1);
    office_expect(quarter(office, 'c'), 1, 0, 0, 0, 1);
    assert_int_equal(reported(office, "flagged_count"), 1);
    flag_entry(&kiosk, 51, "streak", 1); // a second rule changes nothing
    office_take_all(office, &kiosk);
    assert_int_equal(reported(office, "flagged_count"), 1);
    staff_verify(office);
}

static void in_a_trial_the_rules_count_nothing_out_but_two_people_do(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    struct response odd = office_response(1, 5);
    memcpy(odd.flags[0], "hours", sizeof "hours");
    odd.flag_count = 1;
    odd.flag_rule = 1;
    office_kiosk_response(&kiosk, &odd);
    add(&kiosk, 2, 1);
    flag_entry(&kiosk, 50, "burst", 2);
    office_take_all(office, &kiosk);
    office_expect(quarter(office, 'a'), 1, 0, 0, 0, 1);
    staff_verify(office);
    staff_rule(office, "flag", 2);
    office_expect(quarter(office, 'a'), 0, 0, 0, 0, 1);
    staff_verify(office);
}

static void a_kiosk_speaks_of_its_own_lane_only(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk one;
    AUTO(office_kiosk_end) struct office_kiosk other;
    begin(&one, 'a');
    add(&one, 1, 1);
    office_take_all(office, &one);
    begin(&other, 'b');
    flag_entry(&other, 50, "burst", 1);
    assert_int_equal(office_take(office, buf_text(&other.lines), NULL), STATUS_BAD_INPUT);
    assert_non_null(strstr(office->err.text, "its lane does not hold"));
    // nor as if it were the hub, nor of what is not there
    flag_entry(&one, 51, "hub", 1);
    assert_int_equal(office_take(office, buf_text(&one.lines), NULL), STATUS_BAD_INPUT);
    office_expect(quarter(office, 'a'), 1, 0, 0, 0, 0);
}

static void the_word_of_two_people_stands_over_the_rule(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    add(&kiosk, 1, 2);
    flag_entry(&kiosk, 50, "burst", 1);
    office_take_all(office, &kiosk);
    staff_rule(office, "unflag", 1);
    office_expect(quarter(office, 'a'), 0, 1, 0, 0, 0);
    flag_entry(&kiosk, 51, "streak", 1); // the kiosk says it again
    office_take_all(office, &kiosk);
    office_expect(quarter(office, 'a'), 0, 1, 0, 0, 0);
    staff_rule(office, "flag", 1);
    office_expect(quarter(office, 'a'), 0, 0, 0, 0, 0);
    office_expect(quarter(office, 'c'), 0, 1, 0, 0, 0);
    staff_verify(office);
}

static void fewer_than_ten_flagged_are_only_counted(void **state)
{
    struct office *office = *state;
    static const struct {
        int flagged;
        bool figures;
    } cases[] = {{0, true}, {9, false}, {10, true}};
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    int number = 1, flagged = 0;
    for (; number <= 12; number++)
        add(&kiosk, number, 5);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (; flagged < cases[i].flagged; flagged++)
            flag_entry(&kiosk, 100 + flagged, "burst", 1 + flagged);
        office_take_all(office, &kiosk);
        AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
        assert_int_equal(json_int_or(report, "flagged_count", -1), flagged);
        assert_int_equal(json_is_object(json_object_get(report, "flagged")), cases[i].figures);
        assert_int_equal(json_is_object(json_object_get(report, "all_in")), cases[i].figures);
    }
}

// ---- void (IND-15) -----------------------------------------------------------------------------

static void a_void_response_is_nowhere_and_comes_back(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    add(&kiosk, 1, 3);
    add(&kiosk, 2, 5);
    office_take_all(office, &kiosk);
    staff_rule(office, "void", 1);
    for (const char *table = "abc"; *table != '\0'; table++)
        office_expect(quarter(office, *table), 0, 0, 0, 0, 1);
    assert_int_equal(reported(office, "voided"), 1);
    staff_verify(office);
    // what happens to it meanwhile counts when it stands again
    struct response detail = office_response(1, 4);
    detail.part = 1;
    office_kiosk_response(&kiosk, &detail);
    office_take_all(office, &kiosk);
    staff_rule(office, "flag", 1);
    office_expect(quarter(office, 'c'), 0, 0, 0, 0, 1);
    staff_verify(office);
    staff_rule(office, "unvoid", 1);
    office_expect(quarter(office, 'a'), 0, 0, 0, 0, 1);
    office_expect(quarter(office, 'c'), 0, 0, 0, 1, 1);
    assert_int_equal(reported(office, "voided"), 0);
    staff_verify(office);
}

static void void_responses_are_counted_by_day_at_every_level(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    static const struct {
        const char *unit, *period;
        int64_t voided;
    } cases[] = {{"05533", "2026-11-03..2026-11-03", 1},
                 {"05533", "2026-11-04..2026-11-04", 0},
                 {"05533", "2026-11-02..2026-11-02", 0},
                 {"19", "2026-Q4", 1},
                 {"VN", "cal:2026-11", 1},
                 {"19", "2026-Q3", 0}};
    begin(&kiosk, 'a');
    add(&kiosk, 1, 3);
    office_take_all(office, &kiosk);
    staff_rule(office, "void", 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp)
        json_t *report = office_report(office, cases[i].unit, cases[i].period);
        if (json_int_or(report, "voided", -1) != cases[i].voided)
            fail_msg("case %zu", i);
    }
}

// ---- clock (IND-16) ----------------------------------------------------------------------------

static void a_response_with_an_unset_clock_moves_into_its_range(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    int64_t from = kiosk.seq;
    add_unset(&kiosk, 1, "1970-01-05T08+07"); // a dead battery
    add_unset(&kiosk, 2, "2026-11-03T09+07"); // within
    add(&kiosk, 3, 5);                        // trusted
    add_unset(&kiosk, 4, "2026-11-20T09+07"); // after
    office_take_all(office, &kiosk);
    assert_int_equal(total(office, "2026-11-20..2026-11-20"), 1);
    clock_entry(&kiosk, 50, from, kiosk.seq, "2026-11-02T08+07", "2026-11-05T10+07");
    add_unset(&kiosk, 5, "2026-11-19T09+07"); // behind the range
    office_take_all(office, &kiosk);
    assert_int_equal(total(office, "2026-11-02..2026-11-02"), 1);
    assert_int_equal(total(office, "2026-11-03..2026-11-03"), 2);
    assert_int_equal(total(office, "2026-11-05..2026-11-05"), 1);
    assert_int_equal(total(office, "2026-11-19..2026-11-20"), 1);
    assert_int_equal(total(office, "2026-Q4"), 5);
    staff_verify(office);
}

static void a_later_clock_entry_begins_from_the_entrys_own_hour(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    int64_t from = kiosk.seq;
    add_unset(&kiosk, 1, "2026-11-10T09+07");
    clock_entry(&kiosk, 50, from, kiosk.seq, "2026-11-02T08+07", "2026-11-03T10+07");
    office_take_all(office, &kiosk);
    assert_int_equal(total(office, "2026-11-03..2026-11-03"), 1);
    clock_entry(&kiosk, 51, from, kiosk.seq, "2026-11-09T08+07", "2026-11-11T10+07");
    office_take_all(office, &kiosk);
    assert_int_equal(total(office, "2026-11-10..2026-11-10"), 1);
    assert_int_equal(total(office, "2026-11-03..2026-11-03"), 0);
    staff_verify(office);
}

static size_t ranges(struct office *office, const char *unit, const char *period)
{
    AUTO(json_decrefp) json_t *report = office_report(office, unit, period);
    return json_array_size(json_object_get(report, "time_ranges"));
}

static void a_range_over_a_periods_border_is_listed(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    int64_t from = kiosk.seq;
    add_unset(&kiosk, 1, "2026-11-13T09+07");
    add_unset(&kiosk, 2, "2026-11-13T10+07");
    clock_entry(&kiosk, 50, from, kiosk.seq, "2026-11-12T08+07", "2026-11-14T23+07");
    office_take_all(office, &kiosk);
    assert_int_equal(ranges(office, OFFICE_UNIT, "2026-11"), 0); // the 14th belongs to it
    clock_entry(&kiosk, 51, from, kiosk.seq, "2026-11-12T08+07", "2026-11-15T00+07");
    office_take_all(office, &kiosk);
    assert_int_equal(ranges(office, OFFICE_UNIT, "2026-11"), 1);
    assert_int_equal(ranges(office, OFFICE_UNIT, "2026-12"), 1);
    assert_int_equal(ranges(office, "19", "2026-12"), 1);
    assert_int_equal(ranges(office, OFFICE_UNIT, "2026-Q4"), 0); // wholly inside
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-12");
    const json_t *range = json_array_get(json_object_get(report, "time_ranges"), 0);
    assert_int_equal(json_int_or(range, "count", 0), 2);
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf csv;
    buf_init(&text, 1 << 20);
    buf_init(&csv, 1 << 20);
    assert_int_equal(report_text_write(report, &text, &office->err), STATUS_OK);
    assert_int_equal(report_csv(report, &csv, &office->err), STATUS_OK);
    assert_non_null(strstr(text.data, "2 lượt có giờ chỉ biết trong khoảng 2026-11-12T08+07 – "
                                      "2026-11-15T00+07, qua ranh giới kỳ"));
    assert_non_null(strstr(csv.data, "\r\ntime_range,,2026-11-12T08+07 – 2026-11-15T00+07,,2,"));
    staff_verify(office);
}

static void what_is_left_out_stands_in_text_and_csv(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf csv;
    buf_init(&text, 1 << 20);
    buf_init(&csv, 1 << 20);
    begin(&kiosk, 'a');
    for (int i = 1; i <= 3; i++)
        add(&kiosk, i, 5);
    flag_entry(&kiosk, 50, "repeat", 3);
    office_take_all(office, &kiosk);
    staff_rule(office, "void", 2);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    assert_int_equal(report_text_write(report, &text, &office->err), STATUS_OK);
    assert_int_equal(report_csv(report, &csv, &office->err), STATUS_OK);
    assert_non_null(strstr(text.data, "Đã hủy"));
    assert_non_null(strstr(text.data, "1 lượt, không tính vào kết quả chính"));
    assert_non_null(strstr(csv.data, "\r\nflagged,,"));
    assert_non_null(strstr(csv.data, "\r\nvoid,,"));
}

// ---- redactions --------------------------------------------------------------------------------

static void redaction_entry(struct office_kiosk *kiosk, int number, int of, const char *field)
{
    char members[256], id[STAFF_ID_CHARS + 1];
    staff_id(of, id);
    snprintf(members, sizeof members,
             "\"part\":0,\"day\":\"2026-11-03\",\"of\":\"%s\",\"field\":\"%s\",\"reason\":\"law\","
             "\"by\":"
             "[\"A\"]",
             id, field);
    staff_entry(kiosk, "redaction", number, members);
}

static void a_kiosks_redaction_destroys_the_text_here_too(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    int64_t taken = 0;
    begin(&kiosk, 'a');
    staff_text(&kiosk, 1, "Chậm.", NULL, texts);
    office_take_all(office, &kiosk);
    assert_int_equal(staff_deposit(office, &kiosk, texts, NULL), STATUS_OK);
    redaction_entry(&kiosk, 50, 1, "text");
    office_take_all(office, &kiosk);
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 0);
    staff_verify(office);
    redaction_entry(&kiosk, 51, 1, "text"); // once is enough
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_BAD_INPUT);
}

static void a_redaction_names_a_text_of_its_lane(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    static const struct {
        int of;
        const char *field;
    } cases[] = {{1, "text"}, {2, "contact"}, {9, "text"}}; // a response, a comment, nothing
    begin(&kiosk, 'a');
    add(&kiosk, 1, 5);
    staff_text(&kiosk, 2, "Tốt.", NULL, texts);
    office_take_all(office, &kiosk);
    const size_t before = kiosk.lines.size_bytes;
    const struct merkle tree = kiosk.tree;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        redaction_entry(&kiosk, 50, cases[i].of, cases[i].field);
        if (office_take(office, buf_text(&kiosk.lines), NULL) != STATUS_BAD_INPUT)
            fail_msg("case %zu", i);
        buf_cut(&kiosk.lines, before); // the refused line never was
        kiosk.tree = tree;
        kiosk.seq--;
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open_real, office_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_kiosks_flag_takes_an_earlier_response_out_of_the_headline),
        cmocka_unit_test_setup_teardown(in_a_trial_the_rules_count_nothing_out_but_two_people_do,
                                        office_open, office_close),
        WITH(a_kiosk_speaks_of_its_own_lane_only),
        WITH(the_word_of_two_people_stands_over_the_rule),
        WITH(fewer_than_ten_flagged_are_only_counted),
        WITH(a_void_response_is_nowhere_and_comes_back),
        WITH(void_responses_are_counted_by_day_at_every_level),
        WITH(a_response_with_an_unset_clock_moves_into_its_range),
        WITH(a_later_clock_entry_begins_from_the_entrys_own_hour),
        WITH(a_range_over_a_periods_border_is_listed),
        WITH(what_is_left_out_stands_in_text_and_csv),
        WITH(a_kiosks_redaction_destroys_the_text_here_too),
        WITH(a_redaction_names_a_text_of_its_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
