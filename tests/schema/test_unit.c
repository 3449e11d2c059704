// SPDX-License-Identifier: MIT
// The dated tree of units: reused codes, both sides of a merger, what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "clock.h"
#include "unit.h"

static int32_t day_of(const char *text)
{
    int32_t day = 0;
    assert_int_equal(clock_parse_day(text, &day, NULL), STATUS_OK);
    return day;
}

static enum status tree_of(const char *units, struct unit_tree **ret_tree, struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(json_decrefp) json_t *json = NULL;
    buf_init(&text, 100000);
    buf_addf(&text, "{\"units\":%s}", units);
    assert_int_equal(json_parse(text.data, text.size_bytes, 100000, "test", &json, err), STATUS_OK);
    return unit_tree_of_json(json_object_get(json, "units"), ret_tree, err);
}

static const char thai_nguyen[] =
    "[{\"code\":\"VN\",\"name\":\"Việt Nam\",\"kind\":\"quốc gia\"},"
    "{\"code\":\"19\",\"name\":\"Tỉnh Thái Nguyên\",\"kind\":\"tỉnh\",\"parent\":\"VN\"},"
    "{\"code\":\"05533\",\"name\":\"Phường Bá Xuyên\",\"kind\":\"phường\",\"parent\":\"19\","
    "\"valid_from\":\"2025-07-01\",\"predecessors\":[\"05533\"]},"
    "{\"code\":\"05533\",\"name\":\"Phường Mỏ Chè\",\"kind\":\"phường\",\"parent\":\"19\","
    "\"valid_to\":\"2025-06-30\"}]";

static void a_code_names_another_unit_from_the_day_of_the_merger(void **state)
{
    (void)state;
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    struct err err;
    assert_int_equal(tree_of(thai_nguyen, &tree, &err), STATUS_OK);
    assert_int_equal(unit_count(tree), 4);
    assert_string_equal(unit_find(tree, "05533", day_of("2025-06-30"))->name, "Phường Mỏ Chè");
    assert_string_equal(unit_find(tree, "05533", day_of("2025-07-01"))->name, "Phường Bá Xuyên");
    assert_string_equal(unit_find(tree, "05533", 0)->name, "Phường Mỏ Chè");
    assert_string_equal(unit_newest(tree, "05533")->name, "Phường Bá Xuyên");
    assert_null(unit_find(tree, "05533", -1));
    assert_null(unit_find(tree, "05534", day_of("2025-07-01")));
    assert_null(unit_newest(tree, "05534"));
    assert_null(unit_newest(tree, ""));
    const struct unit *unit = unit_newest(tree, "05533");
    assert_int_equal(unit->valid_to, INT32_MAX);
    assert_int_equal(unit->predecessor_count, 1);
    assert_string_equal(unit->predecessors[0], "05533");
    assert_string_equal(unit->kind, "phường");
    assert_ptr_equal(unit_at_index(tree, 2), unit);
    assert_null(unit_at_index(tree, 4));
}

static void lineage_goes_up_to_the_root_of_that_day(void **state)
{
    (void)state;
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    struct err err;
    const struct unit *lineage[UNIT_DEPTH_MAX];
    int32_t day = day_of("2025-06-30");
    assert_int_equal(tree_of(thai_nguyen, &tree, &err), STATUS_OK);
    assert_int_equal(unit_lineage(tree, "05533", day, lineage), 3);
    assert_string_equal(lineage[0]->name, "Phường Mỏ Chè");
    assert_string_equal(lineage[1]->code, "19");
    assert_string_equal(lineage[2]->code, "VN");
    assert_int_equal(unit_lineage(tree, "nowhere", day, lineage), 0);
    assert_true(unit_is_below(tree, "05533", "VN", day));
    assert_true(unit_is_below(tree, "05533", "05533", day));
    assert_false(unit_is_below(tree, "19", "05533", day));
    assert_false(unit_is_below(tree, "nowhere", "VN", day));
}

static void a_closed_unit_is_newest_but_not_found(void **state)
{
    (void)state;
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    struct err err;
    assert_int_equal(tree_of("[{\"code\":\"A\",\"name\":\"a\",\"kind\":\"xã\",\"valid_from\":"
                             "\"2020-01-01\",\"valid_to\":\"2020-01-01\"}]",
                             &tree, &err),
                     STATUS_OK);
    assert_null(unit_find(tree, "A", day_of("2019-12-31")));
    assert_non_null(unit_find(tree, "A", day_of("2020-01-01")));
    assert_null(unit_find(tree, "A", day_of("2020-01-02")));
    assert_non_null(unit_newest(tree, "A"));
}

#define U(code, more) "{\"code\":\"" code "\",\"name\":\"n\",\"kind\":\"k\"" more "}"

static void a_tree_that_does_not_hold_together_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *units, *says; // NULL: good
    } cases[] = {
        {"[" U("A", "") "]", NULL},
        {"[]", "at least one unit"},
        {"{}", "list"},
        {"[1]", "units[0]"},
        {"[" U("A", "") "," U("A", "") "]", "one code on one day"},
        {"[" U("A", ",\"valid_to\":\"2020-01-01\"") "," U("A",
                                                          ",\"valid_from\":\"2020-01-01\"") "]",
         "one code on one day"},
        {"[" U("A", ",\"valid_to\":\"2020-01-01\"") "," U("A",
                                                          ",\"valid_from\":\"2020-01-02\"") "]",
         NULL},
        {"[" U("A", ",\"parent\":\"B\"") "]", "parents"},
        {"[" U("A", ",\"parent\":\"A\"") "]", "parents"},
        {"[" U("A", ",\"parent\":\"B\"") "," U("B", ",\"parent\":\"A\"") "]", "parents"},
        {"[" U("A", ",\"parent\":\"B\"") "," U("B", ",\"valid_from\":\"2020-01-01\"") "]",
         "parents"},
        {"[" U("A", ",\"parent\":\"B\"") "," U("B", ",\"valid_to\":\"2020-01-01\"") "]", "parents"},
        {"[" U("1", "") "," U("2", ",\"parent\":\"1\"") "," U("3", ",\"parent\":\"2\"") "," U(
             "4", ",\"parent\":\"3\"") "," U("5",
                                             ",\"parent\":\"4\"") "," U("6",
                                                                        ",\"parent\":\"5\"") "]",
         NULL},
        {"[" U("1", "") "," U("2", ",\"parent\":\"1\"") "," U("3", ",\"parent\":\"2\"") "," U(
             "4",
             ",\"parent\":\"3\"") "," U("5",
                                        ",\"parent\":\"4\"") "," U("6",
                                                                   ",\"parent\":\"5\"") "," U("7",
                                                                                              ",\"p"
                                                                                              "aren"
                                                                                              "t\":"
                                                                                              "\"6"
                                                                                              "\"") "]",
         "parents"},
        {"[" U("A", ",\"valid_from\":\"2020-01-02\",\"valid_to\":\"2020-01-01\"") "]", "valid_to"},
        {"[" U("A", ",\"valid_from\":\"2020-02-30\"") "]", "valid_from"},
        {"[" U("A", ",\"valid_from\":\"01/07/2025\"") "]", "valid_from"},
        {"[" U("A", ",\"predecessors\":[\"B\"]") "]", "predecessors"},
        {"[" U("A", ",\"predecessors\":\"B\"") "]", "predecessors"},
        {"[" U("A", ",\"predecessors\":[1]") "]", "predecessors"},
        {"[" U("A", ",\"since\":\"2020-01-01\"") "]", "since"},
        {"[" U("abc", "") "]", "code"},
        {"[" U("123456789", "") "]", "code"},
        {"[{\"code\":\"A\",\"kind\":\"k\"}]", "name"},
        {"[{\"code\":\"A\",\"name\":\"\",\"kind\":\"k\"}]", "name"},
        {"[{\"code\":\"A\",\"name\":\"n\"}]", "kind"},
        {"[" U("A", ",\"parent\":7") "]", "parent"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
        struct err err = {.text = ""};
        enum status status = tree_of(cases[i].units, &tree, &err);
        if (status != (cases[i].says == NULL ? STATUS_OK : STATUS_BAD_INPUT))
            fail_msg("case %zu: %s", i, err.text);
        if (cases[i].says != NULL && strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(tree != NULL, cases[i].says == NULL);
    }
}

static void a_table_gives_the_same_tree(void **state)
{
    (void)state;
    static const char text[] = "kind;name;code;valid_to;valid_from;parent\r\n"
                               "quốc gia;Việt Nam;VN;;;\r\n"
                               "xã;Minh Tiến;12424;2024-12-31;;VN\r\n"
                               "xã;Tiên Tiến;12424;;2025-01-01;VN\r\n";
    AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
    struct err err;
    assert_int_equal(unit_tree_of_csv(text, sizeof text - 1, &tree, &err), STATUS_OK);
    assert_int_equal(unit_count(tree), 3);
    assert_string_equal(unit_find(tree, "12424", day_of("2024-12-31"))->name, "Minh Tiến");
    assert_string_equal(unit_find(tree, "12424", day_of("2025-01-01"))->name, "Tiên Tiến");
    assert_string_equal(unit_newest(tree, "12424")->parent, "VN");
}

static void a_table_with_a_fault_names_line_or_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"code,name,kind,parent,valid_from\nA,a,k,,\n", "valid_to"},
        {"code,name,kind,parent,valid_from,valid_to\nA,a,k,,,\nb,a,k,,,\n", "line 3"},
        {"code,name,kind,parent,valid_from,valid_to\nA,,k,,,\n", "line 2"},
        {"code,name,kind,parent,valid_from,valid_to\n", "at least one unit"},
        {"code,name,kind,parent,valid_from,valid_to\nA,\"a,k,,,\n", "line"},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(unit_tree_freep) struct unit_tree *tree = NULL;
        struct err err = {.text = ""};
        assert_int_equal(unit_tree_of_csv(cases[i].text, strlen(cases[i].text), &tree, &err),
                         STATUS_BAD_INPUT);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_null(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_names_another_unit_from_the_day_of_the_merger),
        cmocka_unit_test(lineage_goes_up_to_the_root_of_that_day),
        cmocka_unit_test(a_closed_unit_is_newest_but_not_found),
        cmocka_unit_test(a_tree_that_does_not_hold_together_is_refused),
        cmocka_unit_test(a_table_gives_the_same_tree),
        cmocka_unit_test(a_table_with_a_fault_names_line_or_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
