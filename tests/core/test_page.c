// SPDX-License-Identifier: MIT
// page.c: pages, partials and words of a small program.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "coretest_assets.h"
#include "page.h"

enum { FOLDER_ASSET_MAX = 8 };

static struct page_set *open_pages(void)
{
    struct page_set *set = NULL;
    struct err err = {0};
    enum status status = page_open(&coretest_assets, "tests/core/files", &set, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, STATUS_OK);
    return set;
}

static enum status render(const struct page_set *set, const char *name, const char *language,
                          const char *model_text, struct buf *out)
{
    struct err err = {0};
    AUTO(json_decrefp) json_t *model = model_text == NULL ? NULL : json_loads(model_text, 0, NULL);
    buf_init(out, 10000);
    return page_render(set, name, language, model, out, &err);
}

static void a_page_is_rendered_in_each_language(void **state)
{
    (void)state;
    static const struct {
        const char *language, *expected;
    } rows[] = {
        {"vi", "<!doctype html>\n<html lang=\"vi\">\n<title>Hài lòng &amp; hơn thế</title>\n"
               "<p>Xin chào, Lan &lt;3</p>\n"},
        {"en", "<!doctype html>\n<html lang=\"en\">\n<title>Satisfied &amp; more</title>\n"
               "<p>Welcome, Lan &lt;3</p>\n"},
        {"fr", "<!doctype html>\n<html lang=\"vi\">\n<title>Hài lòng &amp; hơn thế</title>\n"
               "<p>Xin chào, Lan &lt;3</p>\n"},
    };
    AUTO(page_closep) struct page_set *set = open_pages();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        assert_int_equal(render(set, "greeting", rows[i].language, "{\"name\":\"Lan <3\"}", &out),
                         STATUS_OK);
        assert_string_equal(buf_text(&out), rows[i].expected);
    }
}

static void lists_and_empty_lists_have_their_pages(void **state)
{
    (void)state;
    AUTO(page_closep) struct page_set *set = open_pages();
    AUTO(buf_done) struct buf full;
    AUTO(buf_done) struct buf empty;
    assert_int_equal(
        render(set, "list", "vi", "{\"rows\":[{\"code\":\"HT\",\"count\":12}]}", &full), STATUS_OK);
    assert_string_equal(buf_text(&full), "<ul>\n  <li>HT: 12</li>\n</ul>\n");
    assert_int_equal(render(set, "list", "en", "{\"rows\":[]}", &empty), STATUS_OK);
    assert_string_equal(buf_text(&empty), "<ul>\n  <li>Nothing yet</li>\n</ul>\n");
}

static void a_missing_key_or_page_is_a_bug(void **state)
{
    (void)state;
    AUTO(page_closep) struct page_set *set = open_pages();
    static const struct {
        const char *name, *model;
    } rows[] = {{"greeting", "{}"}, {"greeting", NULL}, {"none", "{}"}, {"_head", "{}"},
                {"head", "{}"},     {"greet", "{}"},    {"", "{}"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        assert_int_equal(render(set, rows[i].name, "vi", rows[i].model, &out), STATUS_INTERNAL);
    }
}

static void vietnamese_stands_first_among_the_languages(void **state)
{
    (void)state;
    AUTO(page_closep) struct page_set *set = open_pages();
    const json_t *list = page_languages(set);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_text_or(json_array_get(list, 0), "code", ""), "vi");
    assert_string_equal(json_text_or(json_array_get(list, 0), "name", ""), "Tiếng Việt");
    assert_string_equal(json_text_or(json_array_get(list, 1), "code", ""), "en");
    assert_true(page_has_language(set, "vi"));
    assert_true(page_has_language(set, "en"));
    assert_false(page_has_language(set, "fr"));
    assert_false(page_has_language(set, ""));
}

static void words_take_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *language, *key, *values, *expected;
    } rows[] = {
        {"vi", "answers", "{\"count\":12,\"place\":\"Bá Xuyên\"}", "12 lượt ở Bá Xuyên"},
        {"en", "answers", "{\"count\":1,\"place\":\"{count}\"}", "{count}: 1 answers"},
        {"xx", "nothing", "{}", "Chưa có gì"},
        {"vi", "title", "{}", "Hài lòng & hơn thế"},
        {"vi", "no_such_word", "{}", "no_such_word"},
        {"vi", "answers", "{\"count\":12}", "12 lượt ở {place}"},
        {"vi", "answers", "{\"count\":null,\"place\":1}", "{count} lượt ở 1"},
    };
    AUTO(page_closep) struct page_set *set = open_pages();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        AUTO(json_decrefp) json_t *values = json_loads(rows[i].values, 0, NULL);
        buf_init(&out, 1000);
        page_word(set, rows[i].language, rows[i].key, values, &out);
        assert_string_equal(buf_text(&out), rows[i].expected);
    }
    AUTO(buf_done) struct buf out;
    buf_init(&out, 1000);
    page_word(set, "vi", "nothing", NULL, &out);
    assert_string_equal(buf_text(&out), "Chưa có gì");
}

// Opens a set made of these files.
static enum status open_files(const char *const files[][2], size_t count, struct err *err)
{
    struct asset assets[FOLDER_ASSET_MAX];
    struct page_set *set = NULL;
    memset(assets, 0, sizeof(assets));
    for (size_t i = 0; i < count; i++)
        assets[i] = (struct asset){.name = files[i][0],
                                   .bytes = (const unsigned char *)files[i][1],
                                   .size_bytes = strlen(files[i][1])};
    const struct asset_table table = {assets, count};
    enum status status = page_open(&table, "p", &set, err);
    page_close(set);
    return status;
}

#define VI "{\"language\":\"vi\",\"name\":\"V\",\"words\":{\"a\":\"b\"}}"

static void faulty_files_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *expected;
    } rows[] = {
        {"p/pages/a.html", "{{#a}}", "p/pages/a.html"},
        {"p/pages/a.html", "{{> none}}", "there is no partial"},
        {"p/words/a.json", "{", "p/words/a.json"},
        {"p/words/a.json", "[]", "p/words/a.json"},
        {"p/words/a.json", "{\"name\":\"A\",\"words\":{}}", "language"},
        {"p/words/a.json", "{\"language\":\"a\",\"words\":{}}", "name"},
        {"p/words/a.json", "{\"language\":\"a\",\"name\":\"A\"}", "\"words\" must be an object"},
        {"p/words/a.json", "{\"language\":\"a\",\"name\":\"A\",\"words\":{\"k\":1}}",
         "\"k\" must be a text"},
        {"p/words/a.json", "{\"language\":\"abcdefghijklmnop\",\"name\":\"A\",\"words\":{}}",
         "too long"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {0};
        const char *const files[][2] = {{rows[i].name, rows[i].text}, {"p/words/vi.json", VI}};
        assert_int_equal(open_files(files, 2, &err), STATUS_BAD_INPUT);
        if (strstr(err.text, rows[i].expected) == NULL)
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

static void a_program_needs_its_vietnamese_words(void **state)
{
    (void)state;
    struct err err = {0};
    static const char *const none[][2] = {{"p/pages/a.html", "x"}};
    assert_int_equal(open_files(none, 1, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "p/words/vi.json"));
    assert_int_equal(open_files(none, 0, &err), STATUS_BAD_INPUT);
    static const char *const good[][2] = {
        {"core/pages/_top.html", "top"}, {"p/pages/a.html", "{{> top}}"}, {"p/pages/b.txt", "{{"},
        {"p/pages/sub/c.html", "{{"},    {"p/words/vi.json", VI},         {"q/pages/a.html", "{{"},
    };
    assert_int_equal(open_files(good, 6, &err), STATUS_OK);
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // bugs are looked at as production sees them
    page_close(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_rendered_in_each_language),
        cmocka_unit_test(lists_and_empty_lists_have_their_pages),
        cmocka_unit_test(a_missing_key_or_page_is_a_bug),
        cmocka_unit_test(vietnamese_stands_first_among_the_languages),
        cmocka_unit_test(words_take_their_values),
        cmocka_unit_test(faulty_files_are_refused_by_name),
        cmocka_unit_test(a_program_needs_its_vietnamese_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
