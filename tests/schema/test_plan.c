// SPDX-License-Identifier: MIT
// Reform plans: the five shipped ones as their documents say, and the rules for new ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "area.h"
#include "plan.h"

static const struct plan_group *group_of(const char *plan_id, const char *code)
{
    const struct plan *plan = plan_find(plan_id);
    assert_non_null(plan);
    for (size_t i = 0; i < plan->group_count; i++)
        if (strcmp(plan->groups[i].code, code) == 0)
            return &plan->groups[i];
    return NULL;
}

static void each_plan_sets_the_targets_of_its_document(void **state)
{
    (void)state;
    static const struct {
        const char *plan, *group;
        int year;
        int64_t percent_hundredths; // 0: none
    } cases[] = {
        {"mo-che-254-2021", "TTHC", 2020, 0},
        {"mo-che-254-2021", "TTHC", 2021, 9000},
        {"mo-che-254-2021", "DDXDDT", 2025, 8500},
        {"mo-che-254-2021", "CQHC", 2025, 9000},
        {"mo-che-254-2021", "YTGD", 2026, 8500},
        {"mo-che-254-2021", "TTHC", 2026, 9000},
        {"quang-tri-1069-2021", "TTHC", 2025, 9000},
        {"quang-tri-1069-2021", "TTHC", 2029, 9000},
        {"quang-tri-1069-2021", "TTHC", 2030, 9500},
        {"quang-tri-1069-2021", "DDXDDT", 2025, 8500},
        {"quang-tri-1069-2021", "DDXDDT", 2030, 9000},
        {"quang-tri-1069-2021", "CQHC", 2031, 9500},
        {"quang-tri-1069-2021", "YTGD", 2030, 9000},
        {"bac-son-73-2024", "TTHC", 2025, 0},
        {"bac-son-73-2024", "YTGD", 2025, 0},
        {"kinh-mon-2021", "TTHC", 2021, 0},
        {"minh-tien-2021", "TTHC", 2025, 9000},
        {"minh-tien-2021", "DDXDDT", 2025, 8500},
        {"minh-tien-2021", "CQHC", 2025, 9000},
        {"minh-tien-2021", "YTGD", 2025, 8500},
    };
    assert_int_equal(plan_count(), 5);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct plan_group *group = group_of(cases[i].plan, cases[i].group);
        assert_non_null(group);
        const struct plan_target *target = plan_target_in(group, cases[i].year);
        assert_int_equal(target != NULL ? target->percent_hundredths : 0,
                         cases[i].percent_hundredths);
    }
    assert_null(group_of("kinh-mon-2021", "DDXDDT"));
    assert_true(plan_find("minh-tien-2021")->yearly_rise);
    assert_true(plan_find("bac-son-73-2024")->yearly_rise);
    assert_false(plan_find("mo-che-254-2021")->yearly_rise);
}

static void each_plan_names_its_document_and_years(void **state)
{
    (void)state;
    static const struct {
        const char *id, *document;
        int year_from, year_to;
    } cases[] = {
        {"mo-che-254-2021", "254/KH-UBND ngày 13/10/2021", 2021, 2025},
        {"quang-tri-1069-2021", "1069/QĐ-UBND ngày 31/12/2021", 2021, 2030},
        {"bac-son-73-2024", "73/KH-UBND ngày 24/12/2024", 2025, 2025},
        {"kinh-mon-2021", "thị xã Kinh Môn", 2021, 2021},
        {"minh-tien-2021", "xã Minh Tiến", 2021, 2025},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct plan *plan = plan_find(cases[i].id);
        assert_non_null(plan);
        assert_non_null(strstr(plan->document, cases[i].document));
        assert_int_equal(plan->year_from, cases[i].year_from);
        assert_int_equal(plan->year_to, cases[i].year_to);
        for (size_t k = 0; k < plan->group_count; k++)
            assert_true(strlen(plan->groups[k].source) > 20);
    }
    assert_string_equal(plan_find("mo-che-254-2021")->note,
                        "theo chỉ tiêu giai đoạn 2021–2025, chưa có kế hoạch mới");
    assert_null(plan_find("mo-che"));
    assert_null(plan_at_index(5));
    assert_int_equal(plan_open(NULL), STATUS_OK);
    assert_int_equal(plan_count(), 5);
}

static void groups_hold_the_areas_that_the_plans_name(void **state)
{
    (void)state;
    for (size_t p = 0; p < plan_count(); p++) {
        const struct plan *plan = plan_at_index(p);
        const struct plan_group *tthc = group_of(plan->id, "TTHC"),
                                *cqhc = group_of(plan->id, "CQHC");
        for (size_t i = 0; i < area_count(); i++) {
            const char *code = area_at_index(i)->code;
            bool service = strncmp(code, "SV-", 3) == 0, police = strcmp(code, "CTR") == 0;
            assert_int_equal(plan_group_has(tthc, code), !service && !police);
            assert_int_equal(plan_group_has(cqhc, code), !service && !police);
        }
        assert_string_equal(tthc->item, "overall");
        assert_string_equal(cqhc->item, "agency");
        assert_true(cqhc->item_or_overall);
        for (size_t g = 0; g < plan->group_count; g++)
            for (size_t i = 0; i < plan->groups[g].area_count; i++)
                assert_non_null(area_find(plan->groups[g].areas[i]));
    }
    const struct plan_group *land = group_of("mo-che-254-2021", "DDXDDT");
    assert_int_equal(land->area_count, 3);
    assert_true(plan_group_has(land, "DT"));
    assert_string_equal(land->parent, "TTHC");
    land = group_of("quang-tri-1069-2021", "DDXDDT");
    assert_int_equal(land->area_count, 2);
    assert_false(plan_group_has(land, "DT"));
    const struct plan_group *service = group_of("mo-che-254-2021", "YTGD");
    assert_true(service->split);
    assert_int_equal(service->area_count, 2);
    assert_false(service->posters);
}

static void an_area_is_held_against_its_smallest_group(void **state)
{
    (void)state;
    const struct plan *mo_che = plan_find("mo-che-254-2021");
    const struct plan *quang_tri = plan_find("quang-tri-1069-2021");
    assert_string_equal(plan_group_of_area(mo_che, "HT")->code, "TTHC");
    assert_string_equal(plan_group_of_area(mo_che, "DD")->code, "DDXDDT");
    assert_string_equal(plan_group_of_area(mo_che, "DT")->code, "DDXDDT");
    assert_string_equal(plan_group_of_area(quang_tri, "DT")->code, "TTHC");
    assert_string_equal(plan_group_of_area(mo_che, "SV-YT")->code, "YTGD");
    assert_null(plan_group_of_area(mo_che, "CTR"));
    assert_null(plan_group_of_area(mo_che, ""));
}

static void the_areas_are_listed_with_names_and_icons(void **state)
{
    (void)state;
    assert_int_equal(area_count(), 22);
    for (size_t i = 0; i < area_count(); i++) {
        const struct area *area = area_at_index(i);
        assert_ptr_equal(area_find(area->code), area);
        assert_string_not_equal(area->name_vi, area->name_en);
        assert_true(strlen(area->icon) > 0);
    }
    assert_string_equal(area_find("HT")->name_vi, "Hộ tịch");
    assert_null(area_find("ht"));
    assert_null(area_at_index(22));
    assert_int_equal(area_open(NULL), STATUS_OK);
}

#define NAME "{\"vi\":\"Tên\",\"en\":\"Name\"}"
#define G(code, more)                                                                              \
    "{\"code\":\"" code "\",\"name\":" NAME ",\"item\":\"overall\",\"source\":\"s\"" more "}"
#define AREAS ",\"areas\":[\"HT\",\"DD\"]"
#define TARGETS ",\"targets\":[{\"year_from\":2021,\"percent_hundredths\":9000}]"
#define PLAN(more, groups)                                                                         \
    "{\"id\":\"p\",\"document\":\"d\",\"year_from\":2021,\"year_to\":2025" more                    \
    ",\"groups\":[" groups "]}"

static void a_plan_is_read_whole_or_refused_with_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; // NULL: good
    } cases[] = {
        {PLAN("", G("TTHC", AREAS TARGETS)), NULL},
        {PLAN(",\"note\":\"\",\"yearly_rise\":true", G("TTHC", AREAS ",\"targets\":[]")), NULL},
        {PLAN(",\"deadlines\":{\"commune_day\":20,\"office_day\":15}", G("T", AREAS TARGETS)),
         NULL},
        {PLAN(",\"deadlines\":{\"commune_day\":29,\"office_day\":15}", G("T", AREAS TARGETS)),
         "commune_day"},
        {PLAN(",\"deadlines\":{\"commune_day\":20}", G("T", AREAS TARGETS)), "office_day"},
        {PLAN(",\"duties\":[" NAME "]", G("T", AREAS TARGETS)), NULL},
        {PLAN(",\"duties\":[\"x\"]", G("T", AREAS TARGETS)), "duties"},
        {PLAN(",\"duties\":{}", G("T", AREAS TARGETS)), "duties"},
        {PLAN(",\"sum\":1", G("T", AREAS TARGETS)), "sum"},
        {PLAN("", ""), "groups"},
        {PLAN("", G("tthc", AREAS TARGETS)), "code"},
        {PLAN("", G("T", AREAS TARGETS) "," G("T", AREAS TARGETS)), "groups[1] repeats"},
        {PLAN("", G("T", TARGETS)), "areas"},
        {PLAN("", G("T", ",\"areas\":[]" TARGETS)), "areas"},
        {PLAN("", G("T", ",\"areas\":[\"HT\",\"HT\"]" TARGETS)), "areas[1]"},
        {PLAN("", G("T", ",\"areas\":[\"hộ tịch\"]" TARGETS)), "code"},
        {PLAN("", G("T", AREAS)), "targets"},
        {PLAN("", G("T", AREAS ",\"targets\":[{\"year_from\":2021}]")), "percent_hundredths"},
        {PLAN("", G("T", AREAS ",\"targets\":[{\"year_from\":2021,\"percent_hundredths\":10001}]")),
         "percent_hundredths"},
        {PLAN("", G("T", AREAS ",\"targets\":[{\"year_from\":2021,\"percent_hundredths\":10000}]")),
         NULL},
        {PLAN("", G("T", AREAS ",\"targets\":[{\"year_from\":2021,\"percent_hundredths\":0}]")),
         "percent_hundredths"},
        {PLAN("", G("T", AREAS ",\"targets\":[{\"year_from\":2030,\"percent_hundredths\":9500},"
                               "{\"year_from\":2025,\"percent_hundredths\":9000}]")),
         "order"},
        {PLAN("", G("T", AREAS ",\"targets\":[90]")), "year_from"},
        {PLAN("", G("A", AREAS TARGETS ",\"parent\":\"B\"")), "parent"},
        {PLAN("", G("A", AREAS TARGETS) "," G("B", ",\"areas\":[\"DD\"],\"parent\":\"A\"" TARGETS)),
         NULL},
        {PLAN("", G("A", AREAS TARGETS) "," G("B", ",\"areas\":[\"XD\"],\"parent\":\"A\"" TARGETS)),
         "areas[0]"},
        {PLAN("", G("A", AREAS TARGETS ",\"split\":1")), "split"},
        {PLAN("", "{\"code\":\"T\",\"name\":" NAME ",\"item\":\"F1\",\"source\":\"s\"" AREAS TARGETS
                  "}"),
         "item"},
        {PLAN("", "{\"code\":\"T\",\"name\":" NAME ",\"item\":\"overall\"" AREAS TARGETS "}"),
         "source"},
        {"{\"id\":\"p\",\"document\":\"d\",\"year_from\":2025,\"year_to\":2024,\"groups\":[" G(
             "T", AREAS TARGETS) "]}",
         "year_to"},
        {"{\"id\":\"p\",\"year_from\":2025,\"year_to\":2025,\"groups\":[" G("T",
                                                                            AREAS TARGETS) "]}",
         "document"},
        {"[]", "plan"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct plan plan = {.year_to = 77};
        struct err err = {.text = ""};
        enum status status = plan_parse(cases[i].text, strlen(cases[i].text), &plan, &err);
        if (status != (cases[i].says == NULL ? STATUS_OK : STATUS_BAD_INPUT))
            fail_msg("case %zu: %s", i, err.text);
        if (cases[i].says == NULL) {
            plan_done(&plan);
            continue;
        }
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(plan.year_to, 77);
    }
}

static int open_all(void **state)
{
    (void)state;
    return plan_open(NULL) == STATUS_OK && area_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_plan_sets_the_targets_of_its_document),
        cmocka_unit_test(each_plan_names_its_document_and_years),
        cmocka_unit_test(groups_hold_the_areas_that_the_plans_name),
        cmocka_unit_test(an_area_is_held_against_its_smallest_group),
        cmocka_unit_test(the_areas_are_listed_with_names_and_icons),
        cmocka_unit_test(a_plan_is_read_whole_or_refused_with_the_key),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
