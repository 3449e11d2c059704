// SPDX-License-Identifier: MIT
// report.c, report_sums.c, report_csv.c and report_text.c over a filled hub: IND-01, IND-03 and
// IND-09, IND-10, IND-11.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_actions.h"
#include "office.h"
#include "projection.h"
#include "report.h"
#include "report_text.h"

static void begin(struct office_kiosk *kiosk)
{
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, true, false);
}

// `count` responses of one level in an area, all with the given channel and form.
struct batch {
    const char *area, *form, *hour;
    enum response_channel channel;
    bool linked, flagged;
    int level, count;
};

static void add(struct office_kiosk *kiosk, struct batch batch)
{
    static int number;
    for (int i = 0; i < batch.count; i++) {
        struct response response = office_response(++number, batch.level);
        snprintf(response.area, sizeof response.area, "%s", batch.area);
        if (batch.form != NULL)
            snprintf(response.form, sizeof response.form, "%s", batch.form);
        if (batch.hour != NULL)
            response.hour = office_hour(batch.hour);
        response.channel = batch.channel;
        response.linked = batch.linked;
        if (batch.flagged) {
            snprintf(response.flags[0], sizeof response.flags[0], "burst");
            response.flag_count = 1;
        }
        office_kiosk_response(kiosk, &response);
    }
}

static void expect_figure(const json_t *figure, int64_t satisfied, int64_t answered,
                          const char *percent)
{
    assert_int_equal(json_int_or(figure, "satisfied", -1), satisfied);
    assert_int_equal(json_int_or(figure, "answered", -1), answered);
    if (percent == NULL)
        assert_true(json_is_null(json_object_get(figure, "percent")));
    else
        assert_string_equal(json_text_or(figure, "percent", "?"), percent);
}

static void expect_verdict(const json_t *row, const char *verdict, const char *by_plan)
{
    assert_string_equal(json_text_or(row, "verdict", "?"), verdict);
    assert_string_equal(json_text_or(row, "by_plan", ""), by_plan);
}

static void an_empty_hub_has_no_data_anywhere(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    size_t index = 0;
    const json_t *row = NULL;
    assert_int_equal(json_array_size(json_object_get(report, "groups")), 4);
    assert_int_equal(json_array_size(json_object_get(report, "areas")), 21);
    json_array_foreach(json_object_get(report, "groups"), index, row)
    {
        expect_figure(row, 0, 0, NULL);
        expect_verdict(row, "no_data", "");
        assert_true(json_is_null(json_object_get(row, "interval")));
    }
    assert_false(json_bool_or(report, "witness", true));
    assert_true(json_bool_or(report, "trial", false));
}

static void the_four_targets_are_those_of_the_plan(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *code;
        int64_t target;
    } cases[] = {{"TTHC", 90}, {"DDXDDT", 85}, {"CQHC", 90}, {"YTGD", 85}};
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const json_t *group = office_row(report, "groups", cases[i].code);
        assert_int_equal(json_int_or(group, "target", -1), cases[i].target);
        assert_non_null(strstr(json_text_or(group, "source", ""), "254/KH-UBND"));
    }
    assert_string_equal(json_text_or(office_row(report, "areas", "DD"), "group", ""), "DDXDDT");
    assert_string_equal(json_text_or(office_row(report, "areas", "HT"), "group", ""), "TTHC");
}

static void an_answer_counts_once_in_each_of_its_groups(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 40});
    add(&kiosk, (struct batch){.area = "DD", .level = 4, .count = 30});
    add(&kiosk, (struct batch){.area = "DD", .level = 3, .count = 10});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_figure(office_row(report, "groups", "TTHC"), 70, 80, "87.50");
    expect_verdict(office_row(report, "groups", "TTHC"), "not_met", "not_met");
    expect_figure(office_row(report, "groups", "DDXDDT"), 30, 40, "75.00");
    expect_figure(office_row(report, "areas", "HT"), 40, 40, "100.00");
    expect_verdict(office_row(report, "areas", "HT"), "met", "met");
    expect_figure(json_object_get(report, "total"), 70, 80, "87.50");
}

static void expect_certainty(const json_t *report, const char *group, json_type firm)
{
    const json_t *row = office_row(report, "groups", group);
    assert_int_equal(json_typeof(json_object_get(row, "firm")), firm);
    assert_int_equal(json_is_null(json_object_get(row, "needed")), firm != JSON_FALSE);
    assert_int_equal(json_array_size(json_object_get(row, "interval")), 2);
}

static void few_answers_are_insufficient_with_the_plans_own_result(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 29});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *before = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_verdict(office_row(before, "groups", "TTHC"), "insufficient", "met");
    expect_certainty(before, "TTHC", JSON_NULL);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 1});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *after = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_verdict(office_row(after, "groups", "TTHC"), "met", "met");
    expect_certainty(after, "TTHC", JSON_FALSE);
}

static void posters_and_flagged_answers_stand_apart(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, false, false); // a trial's flags count nothing out
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 6, .linked = true});
    add(&kiosk,
        (struct batch){
            .area = "HT", .level = 4, .count = 4, .channel = RESPONSE_SLIP, .linked = true});
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 2, .channel = RESPONSE_ONLINE});
    add(&kiosk, (struct batch){.area = "HT", .level = 1, .count = 3, .channel = RESPONSE_POSTER});
    add(&kiosk, (struct batch){.area = "HT", .level = 1, .count = 10, .flagged = true});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_figure(office_row(report, "groups", "TTHC"), 12, 12, "100.00");
    expect_figure(json_object_get(report, "total"), 12, 12, "100.00");
    expect_figure(json_object_get(report, "posters"), 0, 3, "0.00");
    expect_figure(json_object_get(report, "flagged"), 0, 10, "0.00");
    expect_figure(json_object_get(report, "linked"), 10, 10, "100.00");
    expect_figure(json_object_get(report, "all_in"), 12, 25, "48.00");
    const json_t *slip = json_array_get(json_object_get(report, "by_channel"), RESPONSE_SLIP);
    assert_string_equal(json_text_or(slip, "channel", ""), "slip");
    expect_figure(slip, 4, 4, "100.00");
}

static void agency_is_asked_apart_or_pooled_with_a_label(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response both = office_response(1000000, 5);
    begin(&kiosk);
    snprintf(both.answers[1].item, sizeof both.answers[1].item, "agency");
    both.answers[1].level = 2;
    both.answer_count = 2;
    office_kiosk_response(&kiosk, &both);
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *asked = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_figure(office_row(asked, "groups", "CQHC"), 0, 1, "0.00");
    assert_true(json_is_null(json_object_get(office_row(asked, "groups", "CQHC"), "item_note")));
    add(&kiosk, (struct batch){.area = "HT", .form = "mot-cau@1", .level = 4, .count = 3});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *pooled = office_report(office, OFFICE_UNIT, "2026-Q4");
    expect_figure(office_row(pooled, "groups", "CQHC"), 3, 4, "75.00");
    assert_true(json_bool_or(office_row(pooled, "groups", "CQHC"), "item_pooled", false));
    assert_non_null(json_text_or(office_row(pooled, "groups", "CQHC"), "item_note", NULL));
}

static void health_and_education_are_pooled_and_warned_of_apart(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "SV-YT", .form = "mot-cau@1", .level = 5, .count = 90});
    add(&kiosk, (struct batch){.area = "SV-GD", .form = "mot-cau@1", .level = 4, .count = 8});
    add(&kiosk, (struct batch){.area = "SV-GD", .form = "mot-cau@1", .level = 2, .count = 2});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    const json_t *group = office_row(report, "groups", "YTGD");
    expect_figure(group, 98, 100, "98.00");
    expect_verdict(group, "met", "met");
    const json_t *parts = json_object_get(group, "parts");
    expect_figure(json_array_get(parts, 0), 90, 90, "100.00");
    expect_figure(json_array_get(parts, 1), 8, 10, "80.00");
    assert_non_null(strstr(json_text_or(group, "warning", ""), "giáo dục"));
    assert_null(strstr(json_text_or(group, "warning", ""), "y tế"));
    const json_t *about = json_array_get(json_object_get(group, "warning_areas"), 0);
    assert_string_equal(json_string_value(about), "SV-GD");
    // neither is a procedure
    expect_figure(office_row(report, "groups", "TTHC"), 0, 0, NULL);
}

static void periods_begin_on_the_15th_at_midnight_here(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    static const struct {
        const char *period;
        int64_t answered;
    } cases[] = {
        {"2026-Q3", 1},
        {"2026-Q4", 2},
        {"2026-H2", 3},
        {"2026", 3},
        {"2026-10", 1},
        {"cal:2026-09", 2},
        {"cal:2026-11", 1},
        {"cal:2026", 3},
        {"2026-Q2", 0},
        {"2027", 0},
        {"2026-09-14..2026-09-14", 1},
        {"2026-09-15..2026-11-03", 2},
        {"2026-09-15..2026-12-14", 2}, // on half-month borders: tally A
    };
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .hour = "2026-09-14T23+07", .level = 5, .count = 1});
    add(&kiosk, (struct batch){.area = "HT", .hour = "2026-09-15T00+07", .level = 5, .count = 1});
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 1});
    office_take_all(office, &kiosk);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, cases[i].period);
        const json_t *total = json_object_get(report, "total");
        if (json_int_or(total, "answered", -1) != cases[i].answered)
            fail_msg("%s: %lld", cases[i].period, (long long)json_int_or(total, "answered", -1));
    }
}

static void every_level_above_has_the_same_totals(void **state)
{
    struct office *office = *state;
    static const char *const units[] = {"05533", "19", "VN"};
    static const char *const periods[] = {"2026-Q4", "2026-11-01..2026-11-03"};
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 3});
    add(&kiosk, (struct batch){.area = "HT", .level = 1, .count = 1, .channel = RESPONSE_POSTER});
    office_take_all(office, &kiosk);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(periods); k++) {
            AUTO(json_decrefp) json_t *report = office_report(office, units[i], periods[k]);
            expect_figure(office_row(report, "groups", "TTHC"), 3, 3, "100.00");
            if (k == 0)
                expect_figure(json_object_get(report, "all_in"), 3, 4, "75.00");
            else
                assert_true(json_is_null(json_object_get(report, "all_in")));
            assert_int_equal(json_array_size(json_object_get(report, "lanes")), 2);
        }
    }
}

static void a_unit_keeps_its_name_of_the_period(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp) json_t *now = office_report(office, OFFICE_UNIT, "2026-Q4");
    AUTO(json_decrefp) json_t *then = office_report(office, OFFICE_UNIT, "2025-Q1");
    assert_string_equal(json_text_or(json_object_get(now, "unit"), "name", ""), "Phường Bá Xuyên");
    assert_string_equal(json_text_or(json_object_get(then, "unit"), "name", ""), "Phường Mỏ Chè");
}

static void unknown_units_and_free_ranges_are_told_apart(void **state)
{
    struct office *office = *state;
    json_t *model = NULL;
    assert_int_equal(report_read(office->hub, "99999", "2026-Q4", &model, &office->err),
                     STATUS_NOT_FOUND);
    assert_int_equal(report_read(office->hub, OFFICE_UNIT, "2026-Q5", &model, &office->err),
                     STATUS_BAD_INPUT);
    assert_int_equal(
        report_read(office->hub, OFFICE_UNIT, "2026-09-15..2026-12-14", &model, &office->err),
        STATUS_BAD_INPUT);
    assert_null(model);
}

struct outside_job {
    struct writer_job job; // first
    const struct unit_tree *units;
};

static enum status take_outside(struct db *db, struct writer_job *job, struct err *err)
{
    const struct outside_job *outside = (const struct outside_job *)job;
    struct response response = office_response(1, 5);
    snprintf(response.area, sizeof response.area, "CTR");
    TRY(projection_response(db, outside->units, &response, err));
    response.id[0]++;
    return projection_response(db, outside->units, &response, err);
}

static void an_area_outside_the_setup_is_still_shown(void **state)
{
    struct office *office = *state;
    // As a file that was taken under an earlier setup.
    struct outside_job job = {.job.apply = take_outside, .units = office->hub->units};
    assert_int_equal(writer_run(office->hub->writer, &job.job, &office->err), STATUS_OK);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    const json_t *area = office_row(report, "areas", "CTR");
    expect_figure(area, 2, 2, "100.00");
    assert_true(json_is_null(json_object_get(area, "target")));
    assert_true(json_is_null(json_object_get(area, "verdict")));
}

static void the_csv_has_the_figures_of_the_model(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf csv;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 12});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    buf_init(&csv, 64 * 1024);
    assert_int_equal(report_csv(report, &csv, &office->err), STATUS_OK);
    assert_non_null(strstr(csv.data,
                           "kind,code,name,satisfied,answered,percent,target,verdict,by_plan,"
                           "n1,n2,n3,n4,n5,unit,from,to,mark,witness\r\n"));
    assert_non_null(
        strstr(csv.data, "area,HT,Hộ tịch,12,12,100.00,90,insufficient,met,0,0,0,0,12,"
                         "05533,2026-09-15,2026-12-14,CHẠY THỬ,chưa có nhân chứng bên ngoài\r\n"));
    assert_non_null(
        strstr(csv.data, "area,CT,Chứng thực,0,0,,90,no_data,,0,0,0,0,0,"
                         "05533,2026-09-15,2026-12-14,CHẠY THỬ,chưa có nhân chứng bên ngoài\r\n"));
}

static void each_csv_row_says_whether_it_is_real(void **state)
{
    struct office *office = *state;
    static const struct {
        bool trial, sample;
        const char *end;
    } cases[] = {
        {false, false, ",2026-12-14,,chưa có nhân chứng bên ngoài\r\n"},
        {true, false, ",2026-12-14,CHẠY THỬ,chưa có nhân chứng bên ngoài\r\n"},
        {false, true, ",2026-12-14,DỮ LIỆU MẪU,chưa có nhân chứng bên ngoài\r\n"},
        {true, true, ",2026-12-14,\"CHẠY THỬ; DỮ LIỆU MẪU\",chưa có nhân chứng bên ngoài\r\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf csv;
        office->hub->setup.trial = cases[i].trial;
        office->hub->setup.sample = cases[i].sample;
        AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
        buf_init(&csv, 64 * 1024);
        assert_int_equal(report_csv(report, &csv, &office->err), STATUS_OK);
        int ends = 0, rows = 0;
        for (const char *at = strstr(csv.data, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n"))
            rows++;
        for (const char *at = strstr(csv.data, cases[i].end); at != NULL;
             at = strstr(at + 1, cases[i].end))
            ends++;
        assert_int_equal(ends, rows - 1);
    }
}

static void live_figures_of_a_real_hub_are_logged(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *period;
        bool trial, logged;
    } cases[] = {
        {"2026-Q4", false, true},
        {"2026-Q4", true, false},
        {"2026-Q3", false, false},
        {"cal:2026-11", false, true},
        {"2026-11", false, false}, // ended on the 14th
        {"2027", false, true},
        {"2026-11-01..2026-11-03", false, true},
        {"2026-11-01..2026-11-03", true, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct period period;
        assert_int_equal(period_parse(cases[i].period, &period, &office->err), STATUS_OK);
        office->hub->setup.trial = cases[i].trial;
        assert_int_equal(report_is_logged(office->hub, &period), cases[i].logged);
    }
}

static void the_table_says_in_words_what_the_model_says(void **state)
{
    struct office *office = *state;
    static const char *const wanted[] = {
        "CHẠY THỬ",
        "Phường Bá Xuyên",
        "Quý IV năm 2026 (15/09/2026–14/12/2026)",
        "100,00\xC2\xA0%", // no-break space
        "chưa đủ căn cứ (theo phép tính của kế hoạch: đạt, 12/12)",
        "chưa có dữ liệu",
        "254/KH-UBND",
        "Chưa có nhân chứng bên ngoài",
        "Khoảng tin cậy 95 %",
    };
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    begin(&kiosk);
    add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = 12});
    office_take_all(office, &kiosk);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    buf_init(&text, 256 * 1024);
    assert_int_equal(report_text_write(report, &text, &office->err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        if (strstr(text.data, wanted[i]) == NULL)
            fail_msg("\"%s\" is not in the table", wanted[i]);
    assert_null(strstr(text.data, "sát ngưỡng")); // nothing is certain of 12 answers
    assert_null(strstr(text.data, "chắc chắn"));
}

static void the_table_says_how_certain_a_verdict_is(void **state)
{
    struct office *office = *state;
    static const struct {
        int more;
        const char *words;
    } cases[] = {{30, "(sát ngưỡng; cần thêm khoảng 5 lượt để chắc chắn)"}, {5, "(chắc chắn)"}};
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf text;
        add(&kiosk, (struct batch){.area = "HT", .level = 5, .count = cases[i].more});
        office_take_all(office, &kiosk);
        AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
        buf_init(&text, 256 * 1024);
        assert_int_equal(report_text_write(report, &text, &office->err), STATUS_OK);
        assert_non_null(strstr(text.data, cases[i].words));
    }
}

static uint64_t own_entries(struct office *office)
{
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    size_t index = 0;
    const json_t *lane = NULL;
    json_array_foreach(json_object_get(report, "lanes"), index, lane)
    {
        if (strcmp(json_text_or(lane, "kind", ""), "hub") == 0)
            return (uint64_t)json_int_or(lane, "entries", 0);
    }
    return 0;
}

static void a_report_over_a_free_range_leaves_an_audit_entry(void **state)
{
    struct office *office = *state;
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s, s:s}", "command", "report", "unit", OFFICE_UNIT,
                                "period", "2026-11-01..2026-11-03");
    uint64_t before = own_entries(office);
    assert_int_equal(hub_actions_answer(office->hub, request, &reply, &office->err), STATUS_OK);
    assert_true(json_is_object(json_object_get(reply, "model")));
    assert_int_equal(own_entries(office), before + 1);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(an_empty_hub_has_no_data_anywhere),
        WITH(the_four_targets_are_those_of_the_plan),
        WITH(an_answer_counts_once_in_each_of_its_groups),
        WITH(few_answers_are_insufficient_with_the_plans_own_result),
        cmocka_unit_test_setup_teardown(posters_and_flagged_answers_stand_apart, office_open_real,
                                        office_close),
        WITH(agency_is_asked_apart_or_pooled_with_a_label),
        WITH(health_and_education_are_pooled_and_warned_of_apart),
        WITH(periods_begin_on_the_15th_at_midnight_here),
        WITH(every_level_above_has_the_same_totals),
        WITH(a_unit_keeps_its_name_of_the_period),
        WITH(unknown_units_and_free_ranges_are_told_apart),
        WITH(an_area_outside_the_setup_is_still_shown),
        WITH(the_csv_has_the_figures_of_the_model),
        WITH(each_csv_row_says_whether_it_is_real),
        WITH(live_figures_of_a_real_hub_are_logged),
        WITH(the_table_says_in_words_what_the_model_says),
        WITH(the_table_says_how_certain_a_verdict_is),
        WITH(a_report_over_a_free_range_leaves_an_audit_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
