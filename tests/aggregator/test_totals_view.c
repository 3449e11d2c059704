// SPDX-License-Identifier: MIT
// The totals page as it is rendered from report models.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "hub_assets.h"
#include "picker.h"
#include "totals_view.h"

enum { PAGE_LIMIT_BYTES = 1024 * 1024 };

struct counts {
    int levels[5];
    const char *verdict, *by_plan; // NULL: JSON null
};

// Adds the members of a FIGURE (report.h).
static void add_figure(json_t *object, const int levels[5], const char *percent)
{
    AUTO(json_decrefp)
    json_t *figure =
        json_pack("{s:i, s:i, s:s?, s:[i,i,i,i,i]}", "satisfied", levels[3] + levels[4], "answered",
                  levels[0] + levels[1] + levels[2] + levels[3] + levels[4], "percent", percent,
                  "levels", levels[0], levels[1], levels[2], levels[3], levels[4]);
    assert_int_equal(json_object_update(object, figure), 0);
}

static json_t *figure_of(const int levels[5], const char *percent)
{
    json_t *figure = json_object();
    add_figure(figure, levels, percent);
    return figure;
}

static json_t *area_of(const char *code, const char *name, const struct counts *counts,
                       const char *percent)
{
    json_t *area = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s?, s:s?}", "code", code, "name", name,
                             "name_en", "Area", "group", "TTHC", "target", 90, "verdict",
                             counts->verdict, "by_plan", counts->by_plan);
    add_figure(area, counts->levels, percent);
    return area;
}

static json_t *group_of(const char *code, const char *name, const struct counts *counts,
                        const char *percent)
{
    json_t *group = area_of(code, name, counts, percent);
    AUTO(json_decrefp)
    json_t *more = json_pack(
        "{s:s, s:s, s:n, s:b, s:[s,s], s:b, s:n, s:s, s:n, s:[], s:n, s:[]}", "parent", "", "item",
        "overall", "item_note", "item_pooled", 0, "interval", "80.10", "95.20", "firm", 1, "needed",
        "source", "Mục II.3, Kế hoạch 254/KH-UBND", "paper", "parts", "warning", "warning_areas");
    assert_int_equal(json_object_update(group, more), 0);
    return group;
}

// `kind` is the contact's (lanestate.h).
static json_t *lane_of(const char *how, const char *contact, const char *refusal, const char *kind)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s?, s:s?}", "lane",
                     "0123456789abcdef", "unit", "05533", "kind", "kiosk", "state", "active", "how",
                     how, "contact", kind, "entries", 17, "missing",
                     strcmp(kind, "behind") == 0 ? 3 : 0, "last_contact", contact, "refusal",
                     refusal);
}

// A report with no groups, areas or lanes, made on 2026-11-21.
static json_t *report_of(void)
{
    static const int none[5] = {0};
    return json_pack(
        "{s:{s:s,s:s,s:s}, s:{s:s,s:s,s:s}, s:b, s:b, s:s, s:b, s:i, s:[], s:[], "
        "s:o, s:o, s:o, s:n, s:[], s:o, s:s, s:[]}",
        "unit", "code", "05533", "name", "Phường Bá Xuyên", "note", "", "plan", "id",
        "mo-che-254-2021", "document", "Kế hoạch 254/KH-UBND", "note", "", "trial", 0, "sample", 0,
        "made", "2026-11-21", "witness", 0, "insufficient_below", 30, "groups", "areas", "posters",
        figure_of(none, NULL), "all_in", figure_of(none, NULL), "linked", figure_of(none, NULL),
        "flagged", "by_channel", "total", figure_of(none, NULL), "denominator", "answers", "lanes");
}

static void add_to(json_t *report, const char *key, json_t *value)
{
    assert_int_equal(json_array_append_new(json_object_get(report, key), value), 0);
}

// The page's model from a report (taken).
static json_t *view_of(json_t *report, const char *language, struct page_set **ret_pages)
{
    assert_int_equal(page_open(&hub_assets, "aggregator", ret_pages, NULL), STATUS_OK);
    json_t *model = json_object();
    assert_int_equal(totals_view_add(*ret_pages, language, report, model, NULL), STATUS_OK);
    json_decref(report);
    return model;
}

static const json_t *row_at(const json_t *model, const char *key, size_t index)
{
    const json_t *row = json_array_get(json_object_get(model, key), index);
    assert_non_null(row);
    return row;
}

static void every_verdict_has_its_own_word_and_mark(void **state)
{
    (void)state;
    static const struct {
        struct counts counts;
        const char *percent, *mark, *vi, *en;
    } cases[] = {
        {{{1, 1, 2, 40, 56}, "met", "met"}, "96.00", "met", "Đạt", "Met"},
        {{{9, 9, 2, 40, 40}, "not_met", "not_met"}, "80.00", "not_met", "Chưa đạt", "Not met"},
        {{{0, 0, 0, 6, 6}, "insufficient", "met"},
         "100.00",
         "insufficient",
         "Chưa đủ căn cứ",
         "Not enough answers"},
        {{{0}, "no_data", NULL}, NULL, "no_data", "Chưa có dữ liệu", "No data yet"},
        {{{0, 0, 0, 6, 6}, NULL, NULL},
         "100.00",
         "no_target",
         "Không đặt chỉ tiêu",
         "No target set"},
    };
    static const char *const marks[] = {"met", "not_met", "insufficient", "no_data", "no_target"};
    for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
        size_t at = i / 2;
        bool english = i % 2 == 1;
        json_t *report = report_of();
        add_to(report, "groups", group_of("TTHC", "Thủ tục", &cases[at].counts, cases[at].percent));
        AUTO(page_closep) struct page_set *pages = NULL;
        AUTO(json_decrefp) json_t *model = view_of(report, english ? "en" : "vi", &pages);
        const json_t *row = row_at(model, "groups", 0);
        assert_string_equal(json_text_or(row, "verdict_words", ""),
                            english ? cases[at].en : cases[at].vi);
        for (size_t m = 0; m < ARRAY_SIZE(marks); m++)
            assert_int_equal(json_bool_or(row, marks[m], false),
                             strcmp(marks[m], cases[at].mark) == 0);
    }
}

static void too_few_answers_show_the_plans_own_verdict_and_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        struct counts counts;
        const char *remark, *warning;
    } cases[] = {
        {{{0, 0, 0, 6, 6}, "insufficient", "met"},
         "Theo phép tính của kế hoạch: đạt, 12/12",
         "Còn thiếu 18 lượt đánh giá"},
        {{{0, 0, 4, 10, 15}, "insufficient", "not_met"},
         "Theo phép tính của kế hoạch: chưa đạt, 25/29",
         "Còn thiếu 1 lượt đánh giá"},
        {{{0, 0, 0, 15, 15}, "met", "met"}, "", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *report = report_of();
        add_to(report, "groups", group_of("TTHC", "Thủ tục", &cases[i].counts, "86.21"));
        add_to(report, "areas", area_of("HT", "Hộ tịch", &cases[i].counts, "86.21"));
        AUTO(page_closep) struct page_set *pages = NULL;
        AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
        static const char *const keys[] = {"groups", "areas"};
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            const json_t *row = row_at(model, keys[k], 0);
            assert_string_equal(json_text_or(row, "remark", ""), cases[i].remark);
            assert_string_equal(json_text_or(row, "warning", ""), cases[i].warning);
        }
    }
}

static void a_part_that_fails_alone_is_the_gravest_warning(void **state)
{
    (void)state;
    static const struct counts counts = {{0, 0, 0, 6, 6}, "insufficient", "met"};
    json_t *report = report_of();
    json_t *group = group_of("YTGD", "Y tế, giáo dục", &counts, "100.00");
    add_to(group, "parts", area_of("SV-YT", "Dịch vụ y tế", &counts, "80.00"));
    add_to(group, "parts", area_of("SV-GD", "Dịch vụ giáo dục", &counts, "99.00"));
    add_to(group, "warning_areas", json_string("SV-YT"));
    add_to(report, "groups", group);
    AUTO(page_closep) struct page_set *pages = NULL;
    AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
    assert_string_equal(json_text_or(row_at(model, "groups", 0), "warning", ""),
                        "Riêng Dịch vụ y tế: chưa đạt");
}

static void a_close_figure_warns_only_with_a_verdict(void **state)
{
    (void)state;
    static const struct {
        struct counts counts;
        int needed; // 0: unknown
        const char *warning;
    } cases[] = {
        {{{2, 2, 2, 30, 30}, "met", "met"}, 1200, "Sát ngưỡng, cần thêm 1.200 lượt để chắc chắn"},
        {{{5, 2, 2, 30, 30}, "not_met", "not_met"}, 0, "Sát ngưỡng"},
        {{{0}, "no_data", NULL}, 0, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *report = report_of();
        json_t *group = group_of("TTHC", "Thủ tục", &cases[i].counts, "90.91");
        (void)json_object_set_new(group, "firm", json_false());
        if (cases[i].needed > 0)
            (void)json_object_set_new(group, "needed", json_integer(cases[i].needed));
        add_to(report, "groups", group);
        AUTO(page_closep) struct page_set *pages = NULL;
        AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
        assert_string_equal(json_text_or(row_at(model, "groups", 0), "warning", ""),
                            cases[i].warning);
    }
}

static void zero_silent_refused_and_no_source_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *how, *contact, *refusal, *kind; // how NULL: no lane at all
        const char *state, *words, *count;
    } cases[] = {
        {"join", "2026-11-21 09:12", NULL, "good", "good",
         "1 kiosk đang liên hệ, lần cuối lúc 09:12 ngày 21/11/2026.", "0 lượt trong kỳ này"},
        {"join", "2026-11-20 17:00", NULL, "good", "good",
         "1 kiosk đang liên hệ, lần cuối lúc 17:00 ngày 20/11/2026.", "0 lượt trong kỳ này"},
        {"join", "2026-11-18 17:00", NULL, "silent", "silent",
         "1 kiosk im lặng, lâu nhất từ 17:00 ngày 18/11/2026: chưa rõ có lượt đánh giá nào chưa "
         "gửi về.",
         "chưa nhận được lượt nào; kiosk đang im lặng"},
        {"join", "2026-11-21 09:12", NULL, "behind", "behind",
         "1 kiosk báo còn 3 dòng sổ chưa gửi về; số liệu sẽ còn thay đổi.",
         "chưa nhận được lượt nào; còn dòng sổ chưa gửi về"},
        {"by hand", "2026-10-01 08:00", NULL, "hand", "good",
         "Dữ liệu kiosk được nhập từ tệp, lần cuối lúc 08:00 ngày 01/10/2026.",
         "0 lượt trong kỳ này"},
        {"join", "2026-11-21 09:12", "gap", "good", "refused",
         "Dữ liệu kiosk gửi về đang bị từ chối; lý do ở mục “Vì sao tin được các con số trên trang "
         "này”.",
         "chưa nhận được lượt nào; kiosk đang im lặng"},
        {"join", NULL, NULL, "never", "none",
         "Chưa có kiosk nào gửi dữ liệu về đây; nếu có số liệu thì là từ phiếu giấy.",
         "chưa có nguồn dữ liệu"},
        {NULL, NULL, NULL, NULL, "none",
         "Chưa có kiosk nào gửi dữ liệu về đây; nếu có số liệu thì là từ phiếu giấy.",
         "chưa có nguồn dữ liệu"},
    };
    static const struct counts none = {{0}, "no_data", NULL};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *report = report_of();
        add_to(report, "groups", group_of("TTHC", "Thủ tục", &none, NULL));
        if (cases[i].how != NULL)
            add_to(report, "lanes",
                   lane_of(cases[i].how, cases[i].contact, cases[i].refusal, cases[i].kind));
        AUTO(page_closep) struct page_set *pages = NULL;
        AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
        const json_t *contact = json_object_get(model, "contact");
        assert_string_equal(json_text_or(contact, "state", ""), cases[i].state);
        assert_string_equal(json_text_or(contact, "words", ""), cases[i].words);
        const json_t *row = row_at(model, "groups", 0);
        assert_string_equal(json_text_or(row, "count", ""), cases[i].count);
        assert_string_equal(json_text_or(row, "percent", ""), "–");
    }
}

static void one_silent_kiosk_among_others_is_said(void **state)
{
    (void)state;
    json_t *report = report_of();
    add_to(report, "lanes", lane_of("join", "2026-11-21 09:12", NULL, "good"));
    add_to(report, "lanes", lane_of("join", "2026-11-01 16:30", NULL, "silent"));
    add_to(report, "lanes", lane_of("join", "2026-11-11 16:30", NULL, "silent"));
    AUTO(page_closep) struct page_set *pages = NULL;
    AUTO(json_decrefp) json_t *model = view_of(report, "en", &pages);
    assert_string_equal(json_text_or(json_object_get(model, "contact"), "words", ""),
                        "Kiosks silent: 2, the longest since 16:30 on 2026-11-01: "
                        "ratings may be waiting there unsent.");
}

static void areas_without_answers_are_folded_up_but_there(void **state)
{
    (void)state;
    static const struct counts some = {{0, 0, 0, 20, 20}, "met", "met"};
    static const struct counts none = {{0}, "no_data", NULL};
    json_t *report = report_of();
    add_to(report, "areas", area_of("HT", "Hộ tịch", &some, "100.00"));
    add_to(report, "areas", area_of("CT", "Chứng thực", &none, NULL));
    AUTO(page_closep) struct page_set *pages = NULL;
    AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
    assert_int_equal(json_array_size(json_object_get(model, "areas")), 1);
    assert_string_equal(json_text_or(row_at(model, "areas_empty", 0), "code", ""), "CT");
    assert_string_equal(json_text_or(model, "areas_empty_words", ""),
                        "1 lĩnh vực chưa có lượt đánh giá nào trong kỳ");
}

// What pages/_top.html and the downloads need, which hub_pages.c adds.
static void add_frame(json_t *model)
{
    struct period period;
    assert_int_equal(period_parse("2026-Q4", &period, NULL), STATUS_OK);
    assert_int_equal(picker_add(model, "05533", &period, "vi", NULL), STATUS_OK);
    size_t index;
    json_t *set;
    json_array_foreach(json_object_get(model, "period_sets"), index, set)
        assert_int_equal(json_object_set_new(set, "name", json_string("Quý")), 0);
    AUTO(json_decrefp)
    json_t *frame = json_pack("{s:b, s:b, s:s, s:s, s:[], s:s, s:s, s:s}", "trial", 1, "sample", 0,
                              "unit_name", "Phường <Bá> & Xuyên", "unit_note", "", "languages",
                              "page_title", "x", "csv_href", "/a", "json_href", "/b");
    assert_int_equal(json_object_update(model, frame), 0);
}

static void what_is_wrong_with_witnesses_is_said_near_the_heading(void **state)
{
    (void)state;
    static const struct {
        bool witness;
        int refused;
        const char *language, *words;
        bool said;
    } cases[] = {
        {false, 0, "vi", "Chưa có nhân chứng bên ngoài", true},
        {false, 0, "en", "No outside witness yet", true},
        {true, 0, "vi", "nhân chứng bên ngoài", false},
        {false, 2, "vi", "Nhân chứng bên ngoài từ chối điểm chốt của 2 làn sổ", true},
        {false, 2, "vi", "Chưa có nhân chứng bên ngoài", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *report = report_of();
        AUTO(page_closep) struct page_set *pages = NULL;
        AUTO(buf_done) struct buf page;
        json_object_set_new(report, "witness", json_boolean(cases[i].witness));
        json_object_set_new(report, "witness_time", json_string("2026-11-21 08:00"));
        json_object_set_new(report, "witness_refused", json_integer(cases[i].refused));
        AUTO(json_decrefp) json_t *model = view_of(report, cases[i].language, &pages);
        add_frame(model);
        buf_init(&page, PAGE_LIMIT_BYTES);
        assert_int_equal(page_render(pages, "totals", cases[i].language, model, &page, NULL),
                         STATUS_OK);
        const char *found = strstr(buf_text(&page), cases[i].words);
        const char *groups = strstr(buf_text(&page), "groups-title");
        assert_int_equal(found != NULL && found < groups, cases[i].said);
    }
}

static void the_page_renders_whole_and_escapes_what_it_is_given(void **state)
{
    (void)state;
    static const struct counts some = {{1, 2, 3, 20, 40}, "not_met", "not_met"};
    static const struct counts none = {{0}, "no_data", NULL};
    json_t *report = report_of();
    add_to(report, "groups", group_of("TTHC", "Thủ tục <b>", &some, "90.91"));
    add_to(report, "areas", area_of("HT", "Hộ tịch", &some, "90.91"));
    add_to(report, "areas", area_of("CT", "Chứng thực", &none, NULL));
    add_to(report, "lanes", lane_of("join", "2026-11-21 09:12", "<script>", "good"));
    AUTO(page_closep) struct page_set *pages = NULL;
    AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
    add_frame(model);
    AUTO(buf_done) struct buf page;
    buf_init(&page, PAGE_LIMIT_BYTES);
    assert_int_equal(page_render(pages, "totals", "vi", model, &page, NULL), STATUS_OK);
    const char *html = buf_text(&page);
    static const char *const there[] = {
        "<html lang=\"vi\">",     "CHẠY THỬ",           "Phường &lt;Bá&gt; &amp; Xuyên",
        "Thủ tục &lt;b&gt;",      "90,91\u00a0%",       "60 / 66 lượt",
        "id=\"group-TTHC\"",      "id=\"area-HT\"",     "id=\"area-CT\"",
        "Chỉ tiêu: từ 90\u00a0%", "&lt;script&gt;",     "Chưa có nhân chứng bên ngoài",
        "class=\"levels\"",       "Lập ngày 21/11/2026"};
    for (size_t i = 0; i < ARRAY_SIZE(there); i++)
        assert_non_null(strstr(html, there[i]));
    static const char *const absent[] = {"<script", "DỮ LIỆU MẪU", "style=", "{{", "onclick"};
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        assert_null(strstr(html, absent[i]));
}

static void a_range_without_channel_figures_says_so(void **state)
{
    (void)state;
    json_t *report = report_of();
    (void)json_object_set_new(report, "linked", json_null());
    AUTO(page_closep) struct page_set *pages = NULL;
    AUTO(json_decrefp) json_t *model = view_of(report, "vi", &pages);
    assert_string_equal(json_text_or(row_at(model, "facts", 1), "value", ""),
                        "không tính được cho khoảng ngày này");
    assert_string_equal(json_text_or(row_at(model, "facts", 2), "value", ""), "– (0/0)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_its_own_word_and_mark),
        cmocka_unit_test(too_few_answers_show_the_plans_own_verdict_and_what_is_missing),
        cmocka_unit_test(a_part_that_fails_alone_is_the_gravest_warning),
        cmocka_unit_test(a_close_figure_warns_only_with_a_verdict),
        cmocka_unit_test(zero_silent_refused_and_no_source_are_told_apart),
        cmocka_unit_test(one_silent_kiosk_among_others_is_said),
        cmocka_unit_test(what_is_wrong_with_witnesses_is_said_near_the_heading),
        cmocka_unit_test(areas_without_answers_are_folded_up_but_there),
        cmocka_unit_test(the_page_renders_whole_and_escapes_what_it_is_given),
        cmocka_unit_test(a_range_without_channel_figures_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
