// SPDX-License-Identifier: MIT
// Questionnaires: the shipped ones, and the rules for new ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "form.h"

static void the_shipped_forms_ask_what_the_pages_show(void **state)
{
    (void)state;
    static const char *const items[] = {"overall", "agency", "F1", "F2", "F3", "F4", "F5"};
    static const char *const topics[] = {"attitude",  "time", "guidance",
                                         "procedure", "cost", "place"};
    const struct form *tthc = form_find("tthc@1"), *one = form_find("mot-cau@1");
    assert_non_null(tthc);
    assert_non_null(one);
    assert_int_equal(tthc->item_count, ARRAY_SIZE(items));
    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        assert_string_equal(tthc->items[i].id, items[i]);
        assert_int_equal(tthc->items[i].levels, 5);
        assert_string_not_equal(tthc->items[i].text_vi, tthc->items[i].text_en);
        assert_ptr_equal(form_item(tthc, items[i]), &tthc->items[i]);
        assert_int_equal(form_item(one, items[i]) != NULL, i == 0);
    }
    assert_int_equal(tthc->items[0].page, FORM_PAGE_OVERALL);
    assert_int_equal(tthc->items[1].page, FORM_PAGE_AGENCY);
    assert_int_equal(tthc->items[6].page, FORM_PAGE_FACTORS);
    const struct form *forms[] = {tthc, one};
    for (size_t f = 0; f < 2; f++) {
        assert_int_equal(forms[f]->topic_count, ARRAY_SIZE(topics));
        assert_int_equal(json_array_size(json_object_get(forms[f]->json, "labels")), 5);
        for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
            assert_ptr_equal(form_topic(forms[f], topics[i]), &forms[f]->topics[i]);
    }
    assert_string_equal(form_topic(tthc, "attitude")->text_vi, "Thái độ");
}

static void forms_are_found_by_name_and_by_id(void **state)
{
    (void)state;
    assert_null(form_find("tthc"));
    assert_null(form_find("tthc@2"));
    assert_null(form_find(""));
    assert_ptr_equal(form_newest("tthc"), form_find("tthc@1"));
    assert_null(form_newest("tthc@1"));
    assert_true(form_asks("tthc", "agency"));
    assert_false(form_asks("mot-cau", "agency"));
    assert_true(form_asks("mot-cau", "overall"));
    assert_false(form_asks("none", "overall"));
    assert_int_equal(form_open(NULL), STATUS_OK);
}

static void item_ids_are_a_letter_and_what_follows(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "F1", "overall", "a_b", "abcdefghijklmnopqrstuvwx"};
    static const char *const bad[] = {
        "", "1", "_a", "a-b", "đ", "a b", "abcdefghijklmnopqrstuvwxy"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(form_is_item_id(good[i]));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(form_is_item_id(bad[i]));
}

#define TEXT "{\"vi\":\"Câu hỏi\",\"en\":\"Question\"}"
#define ITEM(id, page, levels)                                                                     \
    "{\"id\":\"" id "\",\"page\":\"" page "\",\"levels\":" levels ",\"text\":" TEXT "}"
#define LABELS "\"labels\":[" TEXT "," TEXT "," TEXT "," TEXT "," TEXT "]"
#define FORM(head, items, rest) "{" head ",\"title\":" TEXT ",\"items\":[" items "]," rest "}"
#define HEAD "\"id\":\"x\",\"version\":1"
#define ONE ITEM("overall", "overall", "5")

static void a_form_is_read_whole_or_refused_with_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; // NULL: good
    } cases[] = {
        {FORM(HEAD, ONE, LABELS), NULL},
        {FORM(HEAD, ONE "," ITEM("F1", "factors", "5"), LABELS), NULL},
        {FORM(HEAD, ITEM("overall", "overall", "2"), "\"labels\":[" TEXT "," TEXT "]"), NULL},
        {FORM("\"id\":\"mot-cau\",\"version\":999", ONE, LABELS), NULL},
        {FORM("\"id\":\"x\",\"version\":1000", ONE, LABELS), "version"},
        {FORM("\"id\":\"x\",\"version\":0", ONE, LABELS), "version"},
        {FORM("\"id\":\"-x\",\"version\":1", ONE, LABELS), "\"id\""},
        {FORM("\"id\":\"x@1\",\"version\":1", ONE, LABELS), "\"id\""},
        {FORM("\"version\":1", ONE, LABELS), "\"id\""},
        {FORM(HEAD, "", LABELS), "items"},
        {FORM(HEAD, ONE "," ONE, LABELS), "items[1] repeats"},
        {FORM(HEAD, ITEM("F1", "factors", "5"), LABELS), "items[0]"},
        {FORM(HEAD, ITEM("overall", "last", "5"), LABELS), "page"},
        {FORM(HEAD, ITEM("overall", "overall", "3"), LABELS), "levels"},
        {FORM(HEAD, ITEM("overall", "overall", "6"), LABELS), "levels"},
        {FORM(HEAD, ITEM("a-b", "overall", "5"), LABELS), "\"id\""},
        {FORM(HEAD, ONE, "\"labels\":[" TEXT "]"), "labels"},
        {FORM(HEAD, ONE, "\"labels\":[1,2,3,4,5]"), "labels"},
        {FORM(HEAD, ONE, LABELS ",\"scale\":5"), "scale"},
        {FORM(HEAD, ONE, LABELS ",\"topics\":{\"text\":" TEXT ",\"list\":[]}"), "list"},
        {FORM(HEAD, ONE,
              LABELS ",\"topics\":{\"text\":" TEXT ",\"list\":[{\"id\":\"a\",\"text\":" TEXT "}]}"),
         NULL},
        {FORM(HEAD, ONE,
              LABELS ",\"topics\":{\"text\":" TEXT ",\"list\":[{\"id\":\"a\",\"text\":" TEXT
                     "},{\"id\":\"a\",\"text\":" TEXT "}]}"),
         "topics.list[1] repeats"},
        {FORM(HEAD, ONE, LABELS ",\"topics\":{\"list\":[]}"), "topics.text"},
        {"{" HEAD ",\"title\":\"x\",\"items\":[" ONE "]," LABELS "}", "title"},
        {"{" HEAD ",\"title\":{\"vi\":\"\"},\"items\":[" ONE "]," LABELS "}", "vi"},
        {"{" HEAD ",\"title\":{\"vi\":\"a\\nb\"},\"items\":[" ONE "]," LABELS "}", "vi"},
        {"", "form"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct form form = {.version = 77};
        struct err err = {.text = ""};
        enum status status = form_parse(cases[i].text, strlen(cases[i].text), &form, &err);
        if (status != (cases[i].says == NULL ? STATUS_OK : STATUS_BAD_INPUT))
            fail_msg("case %zu: %s", i, err.text);
        if (cases[i].says == NULL) {
            form_done(&form);
            continue;
        }
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(form.version, 77);
    }
}

static void a_missing_english_text_is_the_vietnamese_one(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\":\"x\",\"version\":12,\"title\":{\"vi\":\"Phiếu\"},\"items\":[{"
        "\"id\":\"overall\",\"page\":\"overall\",\"levels\":5,\"text\":{\"vi\":"
        "\"Hài lòng?\"}}]," LABELS "}";
    struct form form;
    struct err err;
    assert_int_equal(form_parse(text, sizeof text - 1, &form, &err), STATUS_OK);
    assert_string_equal(form.name, "x@12");
    assert_string_equal(form.items[0].text_en, "Hài lòng?");
    form_done(&form);
}

static int open_all(void **state)
{
    (void)state;
    return form_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_forms_ask_what_the_pages_show),
        cmocka_unit_test(forms_are_found_by_name_and_by_id),
        cmocka_unit_test(item_ids_are_a_letter_and_what_follows),
        cmocka_unit_test(a_form_is_read_whole_or_refused_with_the_key),
        cmocka_unit_test(a_missing_english_text_is_the_vietnamese_one),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
