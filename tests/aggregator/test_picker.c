// SPDX-License-Identifier: MIT
// The period picker: names, neighbours, addresses.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "picker.h"

static json_t *pick(const char *name, const char *language)
{
    struct period period;
    assert_int_equal(period_parse(name, &period, NULL), STATUS_OK);
    json_t *model = json_object();
    assert_int_equal(picker_add(model, "05533", &period, language, NULL), STATUS_OK);
    return model;
}

static const char *href_of(const json_t *model, const char *key)
{
    return json_text_or(json_object_get(model, key), "href", "none");
}

static void each_kind_of_period_has_its_neighbours(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *after, *year_before, *year_after;
    } cases[] = {
        {"2026-Q4", "2026-Q3", "2027-Q1", "2025-Q4", "2027-Q4"},
        {"2026-Q1", "2025-Q4", "2026-Q2", "2025-Q1", "2027-Q1"},
        {"2026-H1", "2025-H2", "2026-H2", "2025-H1", "2027-H1"},
        {"2026", "2025", "2027", "2025", "2027"},
        {"2026-12", "2026-11", "2027-01", "2025-12", "2027-12"},
        {"2026-01", "2025-12", "2026-02", "2025-01", "2027-01"},
        {"cal:2026", "cal:2025", "cal:2027", "cal:2025", "cal:2027"},
        {"cal:2026-Q1", "cal:2025-Q4", "cal:2026-Q2", "cal:2025-Q1", "cal:2027-Q1"},
        {"cal:2026-12", "cal:2026-11", "cal:2027-01", "cal:2025-12", "cal:2027-12"},
    };
    static const char before[] = "/units/05533/";
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *model = pick(cases[i].name, "vi");
        assert_string_equal(href_of(model, "period_before") + strlen(before), cases[i].before);
        assert_string_equal(href_of(model, "period_after") + strlen(before), cases[i].after);
        assert_string_equal(href_of(model, "year_before") + strlen(before), cases[i].year_before);
        assert_string_equal(href_of(model, "year_after") + strlen(before), cases[i].year_after);
    }
}

static void every_official_period_of_the_year_is_named_with_its_dates(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t count;
    } sets[] = {{"quarters", 4}, {"halves", 2}, {"year", 1}, {"months", 12}, {"calendar", 17}};
    AUTO(json_decrefp) json_t *model = pick("2026-Q4", "vi");
    const json_t *list = json_object_get(model, "period_sets");
    assert_int_equal(json_array_size(list), ARRAY_SIZE(sets));
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        const json_t *set = json_array_get(list, i);
        assert_string_equal(json_text_or(set, "key", ""), sets[i].key);
        assert_int_equal(json_array_size(json_object_get(set, "periods")), sets[i].count);
    }
    const json_t *quarter = json_array_get(json_object_get(json_array_get(list, 0), "periods"), 3);
    assert_string_equal(json_text_or(quarter, "name", ""), "Quý IV năm 2026");
    assert_string_equal(json_text_or(quarter, "dates", ""), "15/09/2026–14/12/2026");
}

static void exactly_the_shown_period_is_marked(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *model = pick("cal:2026-11", "en");
    size_t marked = 0;
    size_t i;
    size_t j;
    json_t *set;
    json_t *period;
    json_array_foreach(json_object_get(model, "period_sets"), i, set)
    {
        json_array_foreach(json_object_get(set, "periods"), j, period)
        {
            if (!json_bool_or(period, "current", false))
                continue;
            marked++;
            assert_string_equal(json_text_or(period, "href", ""),
                                "/units/05533/cal:2026-11?lang=en");
        }
    }
    assert_int_equal(marked, 1);
}

static void a_free_range_has_no_neighbours(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *model = pick("2026-09-15..2026-12-14", "vi");
    assert_true(json_is_null(json_object_get(model, "period_before")));
    assert_true(json_is_null(json_object_get(model, "year_after")));
    assert_int_equal(json_int_or(model, "year", 0), 2026);
}

static void the_ends_of_the_calendar_have_no_link_beyond(void **state)
{
    (void)state;
    AUTO(json_decrefp) json_t *first = pick("cal:1971-01", "vi");
    assert_true(json_is_null(json_object_get(first, "period_before")));
    assert_true(json_is_object(json_object_get(first, "period_after")));
    AUTO(json_decrefp) json_t *last = pick("9998", "vi");
    assert_true(json_is_null(json_object_get(last, "period_after")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_period_has_its_neighbours),
        cmocka_unit_test(every_official_period_of_the_year_is_named_with_its_dates),
        cmocka_unit_test(exactly_the_shown_period_is_marked),
        cmocka_unit_test(a_free_range_has_no_neighbours),
        cmocka_unit_test(the_ends_of_the_calendar_have_no_link_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
