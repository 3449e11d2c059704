// SPDX-License-Identifier: MIT
// The whole country: 34 provinces and 3,321 communes read, found and traced to the root.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "unit.h"

enum { FILE_LIMIT_BYTES = 4 << 20 };

static struct buf text;

static void read_country(struct unit_tree **ret_tree)
{
    struct err err = {.text = ""};
    if (text.size_bytes == 0)
        skip();
    if (unit_tree_of_csv(text.data, text.size_bytes, ret_tree, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

static void the_country_has_34_provinces_and_3321_communes(void **state)
{
    (void)state;
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    size_t provinces = 0, communes = 0;
    read_country(&tree);
    for (size_t i = 0; i < unit_count(tree); i++) {
        const struct unit *unit = unit_at_index(tree, i);
        if (strlen(unit->code) == 2 && strcmp(unit->parent, "VN") == 0)
            provinces++;
        else if (strlen(unit->code) == 5 && strlen(unit->parent) == 2)
            communes++;
        else
            assert_string_equal(unit->code, "VN");
    }
    assert_int_equal(provinces, 34);
    assert_int_equal(communes, 3321);
    assert_int_equal(unit_count(tree), 1 + 34 + 3321);
}

static void every_unit_is_found_and_leads_to_the_root(void **state)
{
    (void)state;
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    read_country(&tree);
    int32_t day = clock_day_of_date(2026, 11, 20);
    for (size_t i = 0; i < unit_count(tree); i++) {
        const struct unit *unit = unit_at_index(tree, i), *lineage[UNIT_DEPTH_MAX];
        assert_ptr_equal(unit_find(tree, unit->code, day), unit);
        assert_ptr_equal(unit_newest(tree, unit->code), unit);
        size_t depth = unit_lineage(tree, unit->code, day, lineage);
        assert_int_equal(depth, strlen(unit->code) == 5         ? 3
                                : strcmp(unit->code, "VN") == 0 ? 1
                                                                : 2);
        assert_string_equal(lineage[depth - 1]->code, "VN");
        assert_true(unit_is_below(tree, unit->code, "VN", day));
        assert_null(unit_find(tree, unit->code, clock_day_of_date(2025, 6, 30)));
    }
}

static void the_plans_units_are_where_they_are_today(void **state)
{
    (void)state;
    static const struct {
        const char *code, *name, *province;
    } cases[] = {
        {"05533", "Phường Bá Xuyên", "19"},   {"19360", "Phường Quảng Trị", "44"},
        {"05857", "Phường Phúc Thuận", "19"}, {"12424", "Xã Tiên Tiến", "33"},
        {"10675", "Phường Kinh Môn", "31"},
    };
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    read_country(&tree);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct unit *unit = unit_find(tree, cases[i].code, clock_day_of_date(2026, 11, 20));
        assert_non_null(unit);
        assert_string_equal(unit->name, cases[i].name);
        assert_string_equal(unit->parent, cases[i].province);
    }
}

static int read_file(void **state)
{
    (void)state;
    const char *path = getenv("HAILONG_UNITS_CSV");
    buf_init(&text, FILE_LIMIT_BYTES);
    if (path != NULL)
        return file_read(path, &text, NULL) == STATUS_OK ? 0 : -1;
    // The table is not part of the program: without it the tests skip themselves.
    if (file_read("../shared/data/units-vn-2026.csv", &text, NULL) != STATUS_OK)
        buf_clear(&text);
    return 0;
}

static int forget_file(void **state)
{
    (void)state;
    buf_done(&text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_country_has_34_provinces_and_3321_communes),
        cmocka_unit_test(every_unit_is_found_and_leads_to_the_root),
        cmocka_unit_test(the_plans_units_are_where_they_are_today),
    };
    return cmocka_run_group_tests(tests, read_file, forget_file);
}
