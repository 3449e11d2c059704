// SPDX-License-Identifier: MIT
// mustache.c and mustache_compile.c against the rules of the public specification.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mustache.h"

static const char *find_partial(void *context, const char *name)
{
    static const struct {
        const char *name, *text;
    } partials[] = {
        {"text", "from partial"},
        {"name", "[{{name}}]"},
        {"lines", "one\ntwo {{name}}\n\nthree\n"},
        {"last", "one\ntwo"},
        {"windows", "one\r\n\r\ntwo\r\n"},
        {"loop", "{{#list}}\n({{.}})\n{{/list}}\n"},
        {"outer", "<\n  {{> lines}}\n>\n"},
        {"self", "x{{> self}}"},
        {"open", "{{#a}}"},
        {"close", "{{/a}}"},
        {"d1", "{{> d2}}"},
        {"d2", "{{> d3}}"},
        {"d3", "{{> d4}}"},
        {"d4", "{{> d5}}"},
        {"d5", "{{> d6}}"},
        {"d6", "{{> d7}}"},
        {"d7", "{{> d8}}"},
        {"d8", "deep"},
        {"d0", "{{> d1}}"},
    };
    assert_string_equal(context, "context");
    for (size_t i = 0; i < ARRAY_SIZE(partials); i++) {
        if (strcmp(partials[i].name, name) == 0)
            return partials[i].text;
    }
    return NULL;
}

static char context_text[] = "context";

static struct mustache *compile(const char *text)
{
    struct mustache *template = NULL;
    struct err err = {0};
    enum status status =
        mustache_compile("case", text, find_partial, context_text, &template, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, STATUS_OK);
    return template;
}

// Renders with one model given as JSON text; the result lives until the next call.
static const char *render(const char *text, const char *model_text)
{
    static struct buf out;
    struct err err = {0};
    AUTO(mustache_freep) struct mustache *template = compile(text);
    AUTO(json_decrefp) json_t *model = json_loads(model_text, 0, NULL);
    assert_non_null(model);
    buf_done(&out);
    buf_init(&out, 1 << 20);
    json_t *const models[] = {model};
    assert_int_equal(mustache_render(template, models, 1, false, &out, &err), STATUS_OK);
    return buf_text(&out);
}

struct row {
    const char *text, *model, *expected;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = render(rows[i].text, rows[i].model);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s with %s\ngives    %s\nand not %s", rows[i].text, rows[i].model, got,
                     rows[i].expected);
    }
}

static void values_are_printed_and_escaped(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "{}", ""},
        {"không có thẻ\n", "{}", "không có thẻ\n"},
        {"a {{name}} b", "{\"name\":\"Tốt\"}", "a Tốt b"},
        {"{{ name }}|{{\n  name\n}}", "{\"name\":\"x\"}", "x|x"},
        {"{{a}}", "{\"a\":\"& \\\" < > '\"}", "&amp; &quot; &lt; &gt; &#39;"},
        {"{{{a}}}", "{\"a\":\"& \\\" < > '\"}", "& \" < > '"},
        {"{{{ a }}}|{{& a }}|{{&a}}", "{\"a\":\"<\"}", "<|<|<"},
        {"{{a}}{{b}}{{c}}", "{\"a\":1,\"b\":2}", "12"},
        {"[{{a}}]", "{\"a\":null}", "[]"},
        {"{{a}} {{b}} {{c}}", "{\"a\":85,\"b\":-3,\"c\":0}", "85 -3 0"},
        {"{{a}} {{b}} {{c}} {{d}}", "{\"a\":1.21,\"b\":0.1,\"c\":1.0,\"d\":1e300}",
         "1.21 0.1 1 1e+300"},
        {"{{a}}", "{\"a\":0.30000000000000004}", "0.30000000000000004"},
        {"{{a}} {{b}}", "{\"a\":true,\"b\":false}", "true false"},
        {"[{{a}}]", "{\"a\":{\"b\":1}}", "[]"},
        {"[{{a}}]", "{\"a\":[1]}", "[]"},
        {"  {{a}}\n", "{\"a\":1}", "  1\n"},
        {"{{a}}\n", "{\"a\":\"x\"}", "x\n"},
        {"{ {a} } {a}", "{\"a\":1}", "{ {a} } {a}"},
        {"{{a}}}", "{\"a\":1}", "1}"},
        {"{{a}}", "{\"a\":\"{{b}}\",\"b\":2}", "{{b}}"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void dotted_names_go_into_objects(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{{a.b}} {{a.c.d}}", "{\"a\":{\"b\":1,\"c\":{\"d\":\"<\"}}}", "1 &lt;"},
        {"{{{a.c.d}}}{{&a.c.d}}", "{\"a\":{\"c\":{\"d\":\"<\"}}}", "<<"},
        {"[{{a.x.y}}]", "{\"a\":{\"b\":1}}", "[]"},
        {"[{{a.b.c}}]", "{\"a\":{\"b\":1}}", "[]"},
        // The first part decides where to look; a part missing there is not sought further out.
        {"{{#a}}[{{b.c}}]{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"no\"}}", "[]"},
        {"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"x\":1},\"b\":{\"c\":\"yes\"}}", "yes"},
        {"{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":7}}}", "7"},
        {"{{#a.b}}x{{/a.b}}{{^a.z}}none{{/a.z}}", "{\"a\":{\"b\":true}}", "xnone"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void sections_show_repeat_and_hide(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{{#a}}x{{/a}}", "{\"a\":true}", "x"},
        {"{{#a}}x{{/a}}", "{\"a\":false}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":null}", ""},
        {"{{#a}}x{{/a}}", "{}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":[]}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":\"\"}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":0}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":0.0}", ""},
        {"{{#a}}x{{/a}}", "{\"a\":{}}", "x"},
        {"{{#a}}x{{/a}}", "{\"a\":1.5}", "x"},
        {"{{#a}}{{.}}{{/a}}", "{\"a\":\"chữ\"}", "chữ"},
        {"{{#a}}{{.}}{{/a}}", "{\"a\":5}", "5"},
        {"{{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":2},\"b\":1}", "2"},
        {"{{#a}}{{b}}{{/a}}", "{\"a\":{},\"b\":1}", "1"},
        {"{{#a}}{{b}},{{/a}}", "{\"a\":[{\"b\":1},{\"b\":2},{}],\"b\":9}", "1,2,9,"},
        {"{{#a}}{{.}};{{/a}}", "{\"a\":[\"<\",2,3.5,false]}", "&lt;;2;3.5;false;"},
        {"{{#a}}{{{.}}}{{/a}}", "{\"a\":[\"<\"]}", "<"},
        {"{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", "{\"a\":[[1,2],[3]]}", "(12)(3)"},
        {"{{#a}}{{#b}}{{a}}{{/b}}{{/a}}", "{\"a\":{\"b\":[1,1],\"a\":\"in\"}}", "inin"},
        {"{{#a}}{{#a}}x{{/a}}{{/a}}", "{\"a\":true}", "x"},
        {"{{#a}}1{{/a}}{{b}}{{#a}}2{{/a}}", "{\"a\":true,\"b\":\"-\"}", "1-2"},
        {"{{# a }}x{{/ a }}", "{\"a\":true}", "x"},
        {"{{#a}}{{#b}}{{c.d}}{{/b}}{{/a}}", "{\"a\":{\"c\":{\"d\":1}},\"b\":{\"x\":0}}", "1"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void inverted_sections_show_what_is_absent(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{{^a}}x{{/a}}", "{}", "x"},
        {"{{^a}}x{{/a}}", "{\"a\":false}", "x"},
        {"{{^a}}x{{/a}}", "{\"a\":null}", "x"},
        {"{{^a}}x{{/a}}", "{\"a\":[]}", "x"},
        {"{{^a}}x{{/a}}", "{\"a\":\"\"}", "x"},
        {"{{^a}}x{{/a}}", "{\"a\":[0]}", ""},
        {"{{^a}}x{{/a}}", "{\"a\":{}}", ""},
        {"{{^a}}x{{/a}}", "{\"a\":\"b\"}", ""},
        {"{{^a}}{{b}}{{/a}}", "{\"b\":1}", "1"},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\":true}", "y"},
        {"{{^a}}{{^b}}x{{/b}}{{/a}}", "{}", "x"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void comments_print_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a{{! b }}c", "{}", "ac"},
        {"a{{!\nb\n}}c", "{}", "ac"},
        {"a\n{{! alone }}\nb", "{}", "a\nb"},
        {"a\n  {{! alone }}  \nb", "{}", "a\nb"},
        {"a\r\n{{! alone }}\r\nb", "{}", "a\r\nb"},
        {"{{! first }}\na", "{}", "a"},
        {"a\n{{! last }}", "{}", "a\n"},
        {"a\n  {{! last }}", "{}", "a\n"},
        {"a\n{{!\n  many\n}}\nb", "{}", "a\nb"},
        {"  12 {{! with text }}\n", "{}", "  12 \n"},
        {"{{! a }} x\n", "{}", " x\n"},
        {"{{! {b} = #c }}x", "{}", "x"},
        {"{{!a}}{{!b}}\nx", "{}", "\nx"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void a_tag_alone_on_its_line_takes_the_line_away(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a\n{{#b}}\nx\n{{/b}}\nc\n", "{\"b\":true}", "a\nx\nc\n"},
        {"a\n  {{#b}}  \n  x\n\t{{/b}}\t\nc\n", "{\"b\":true}", "a\n  x\nc\n"},
        {"a\r\n{{#b}}\r\nx\r\n{{/b}}\r\nc", "{\"b\":true}", "a\r\nx\r\nc"},
        {"{{#b}}\nx\n{{/b}}", "{\"b\":true}", "x\n"},
        {"  {{#b}}\nx{{/b}}", "{\"b\":true}", "x"},
        {"{{#b}}\n{{/b}}\na", "{\"b\":false}", "a"},
        {"a\n{{^b}}\nx\n{{/b}}\nc\n", "{}", "a\nx\nc\n"},
        {" | {{#b}} x {{/b}} | \n", "{\"b\":true}", " |  x  | \n"},
        {" {{#b}}x{{/b}}\n {{#b}}y{{/b}}\n", "{\"b\":true}", " x\n y\n"},
        {"{{#b}} \n {{/b}}|", "{\"b\":true}", " |"},
        {"|{{#b}}\n{{/b}}|", "{\"b\":true}", "|\n|"},
        {"{{#l}}\n<{{.}}>\n{{/l}}\n", "{\"l\":[1,2]}", "<1>\n<2>\n"},
        {"{{#l}}\n{{#.}}\nx\n{{/.}}\n{{/l}}\n", "{\"l\":[1,2]}", "x\nx\n"},
        {"a\n\n{{#b}}\n\nx\n\n{{/b}}\n\nc", "{\"b\":true}", "a\n\n\nx\n\n\nc"},
        // Variables are never alone.
        {"a\n{{b}}\nc", "{\"b\":\"\"}", "a\n\nc"},
        {"a\n  {{{b}}}\n  {{&b}}\nc", "{\"b\":\"x\"}", "a\n  x\n  x\nc"},
        {"{{#b}}{{/b}} \nx", "{}", " \nx"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void partials_stand_in_place_with_their_indentation(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\"{{> text}}\"", "{}", "\"from partial\""},
        {"{{>text}}{{>  text  }}", "{}", "from partialfrom partial"},
        {"{{> name}}", "{\"name\":\"<\"}", "[&lt;]"},
        {"{{#a}}{{> name}}{{/a}}", "{\"a\":{\"name\":1},\"name\":2}", "[1]"},
        // Inline: nothing around it changes and nothing is moved in.
        {"  {{> text}} |", "{}", "  from partial |"},
        {"  {{> name}}  {{> name}}\n", "{\"name\":1}", "  [1]  [1]\n"},
        {"| {{> lines}}|", "{\"name\":1}", "| one\ntwo 1\n\nthree\n|"},
        // Alone: the line goes, the partial's lines are moved in, empty ones are not.
        {"a\n{{> lines}}\nb", "{\"name\":1}", "a\none\ntwo 1\n\nthree\nb"},
        {"a\n  {{> lines}}\nb", "{\"name\":1}", "a\n  one\n  two 1\n\n  three\nb"},
        {"a\n\t{{> lines}}  \nb", "{\"name\":1}", "a\n\tone\n\ttwo 1\n\n\tthree\nb"},
        {"a\n  {{> last}}\nb", "{}", "a\n  one\n  twob"},
        {"a\n  {{> last}}", "{}", "a\n  one\n  two"},
        {"  {{> windows}}\r\nb", "{}", "  one\r\n\r\n  two\r\nb"},
        // Values are not moved in.
        {"  {{> lines}}\n", "{\"name\":\"x\\ny\"}", "  one\n  two x\ny\n\n  three\n"},
        {" {{> loop}}\n", "{\"list\":[1,2]}", " (1)\n (2)\n"},
        {"  {{> outer}}\n", "{\"name\":1}", "  <\n    one\n    two 1\n\n    three\n  >\n"},
        {"{{#list}}\n  {{> text}}\n{{/list}}\n", "{\"list\":[1,2]}",
         "  from partial  from partial"},
        {"{{> d1}}", "{}", "deep"},
    };
    assert_rows(rows, ARRAY_SIZE(rows));
}

static void mistakes_name_template_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"a\n{{#b}}\n", "template case, line 3: a section is still open at the end"},
        {"a\n{{/b}}", "template case, line 2: a section is closed that is not open"},
        {"{{#a}}\n\n{{/b}}", "template case, line 3: another section is open"},
        {"{{#a.b}}{{/a}}", "another section is open"},
        {"{{#a}}{{/a.b}}", "another section is open"},
        {"{{#a}}{{/ab}}", "another section is open"},
        {"{{#ab}}{{/a}}", "another section is open"},
        {"{{#.}}{{/a}}", "another section is open"},
        {"{{#a}}{{#b}}{{/a}}{{/b}}", "another section is open"},
        {"\n\n{{a", "template case, line 3: a tag is not closed"},
        {"{{{a}}", "a tag is not closed"},
        {"{{! a", "a tag is not closed"},
        {"{{}}", "a tag needs a name"},
        {"{{ }}", "a tag needs a name"},
        {"{{#}}{{/}}", "a tag needs a name"},
        {"{{a b}}", "a tag needs a name"},
        {"{{a{b}}", "a tag needs a name"},
        {"{{a.}}", "a name has an empty part"},
        {"{{.a}}", "a name has an empty part"},
        {"{{a..b}}", "a name has an empty part"},
        {"{{=<% %>=}}", "changing the delimiters is not supported"},
        {"x\n{{> none}}", "template case, line 2: there is no partial of that name"},
        {"{{> self}}", "template self, line 1: partials are nested deeper than 8"},
        {"{{> d0}}", "nested deeper than 8"},
        {"{{> open}}{{> close}}", "template open, line 1: a section is still open"},
        {"{{#a}}{{> close}}", "template close, line 1: a section is closed that is not open"},
        {"{{> a23456789012345678901234567890123456789012345678901234567890123}}x",
         "there is no partial"},
        {"{{> a234567890123456789012345678901234567890123456789012345678901234}}",
         "the name of a partial is too long"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct mustache *template = NULL;
        struct err err = {0};
        assert_int_equal(
            mustache_compile("case", rows[i].text, find_partial, context_text, &template, &err),
            STATUS_BAD_INPUT);
        assert_null(template);
        if (strstr(err.text, rows[i].expected) == NULL)
            fail_msg("%s: %s", rows[i].text, err.text);
    }
}

static void eight_partials_deep_and_no_more(void **state)
{
    (void)state;
    assert_string_equal(render("{{> d1}}", "{}"), "deep");
    struct mustache *template = NULL;
    struct err err = {0};
    assert_int_equal(
        mustache_compile("case", "{{> d0}}", find_partial, context_text, &template, &err),
        STATUS_BAD_INPUT);
}

static void sections_nest_so_deep_and_no_deeper(void **state)
{
    (void)state;
    for (int depth = 23; depth <= 25; depth++) {
        AUTO(buf_done) struct buf text;
        AUTO(mustache_freep) struct mustache *template = NULL;
        struct err err = {0};
        buf_init(&text, 4096);
        for (int i = 0; i < depth; i++)
            buf_add_text(&text, "{{#a}}");
        for (int i = 0; i < depth; i++)
            buf_add_text(&text, "{{/a}}");
        assert_int_equal(mustache_compile("case", buf_text(&text), NULL, NULL, &template, &err),
                         depth > 24 ? STATUS_BAD_INPUT : STATUS_OK);
        if (depth == 24)
            (void)render(buf_text(&text), "{\"a\":{}}");
    }
}

static void models_are_searched_from_the_last(void **state)
{
    (void)state;
    AUTO(mustache_freep)
    struct mustache *template = compile("{{t.hello}} {{name}} {{only}}{{#o}}{{name}}{{/o}}");
    AUTO(json_decrefp)
    json_t *words =
        json_loads("{\"t\":{\"hello\":\"Xin chào\"},\"name\":\"first\",\"only\":1}", 0, NULL);
    AUTO(json_decrefp) json_t *page = json_loads("{\"name\":\"last\",\"o\":{}}", 0, NULL);
    json_t *const models[] = {words, page};
    AUTO(buf_done) struct buf out;
    struct err err = {0};
    buf_init(&out, 1000);
    assert_int_equal(mustache_render(template, models, 2, true, &out, &err), STATUS_OK);
    assert_string_equal(buf_text(&out), "Xin chào last 1last");
    buf_clear(&out);
    assert_int_equal(mustache_render(template, models, 0, false, &out, &err), STATUS_OK);
    assert_string_equal(buf_text(&out), "  ");
    assert_int_equal(mustache_render(template, models, 9, false, &out, &err), STATUS_INTERNAL);
}

static void a_strict_template_misses_nothing_silently(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
    } rows[] = {
        {"{{a}}", STATUS_OK},
        {"{{n}}", STATUS_OK},
        {"{{#n}}{{/n}}", STATUS_OK},
        {"{{^n}}x{{/n}}", STATUS_OK},
        {"{{b}}", STATUS_INTERNAL},
        {"{{{b}}}", STATUS_INTERNAL},
        {"{{#b}}{{/b}}", STATUS_INTERNAL},
        {"{{^b}}{{/b}}", STATUS_INTERNAL},
        {"{{o.x}}", STATUS_INTERNAL},
        {"{{o.y}}", STATUS_OK},
        {"{{o}}", STATUS_INTERNAL},
        {"{{l}}", STATUS_INTERNAL},
        {"{{#n}}{{b}}{{/n}}", STATUS_OK},
    };
    AUTO(json_decrefp)
    json_t *model = json_loads("{\"a\":1,\"n\":null,\"o\":{\"y\":1},\"l\":[]}", 0, NULL);
    json_t *const models[] = {model};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(mustache_freep) struct mustache *template = compile(rows[i].text);
        AUTO(buf_done) struct buf out;
        struct err err = {0};
        buf_init(&out, 1000);
        assert_int_equal(mustache_render(template, models, 1, true, &out, &err), rows[i].status);
    }
}

static void a_page_over_the_limit_of_its_buffer_is_said(void **state)
{
    (void)state;
    AUTO(mustache_freep) struct mustache *template = compile("12345{{a}}");
    AUTO(json_decrefp) json_t *model = json_loads("{\"a\":\"&\"}", 0, NULL);
    json_t *const models[] = {model};
    for (size_t limit = 9; limit <= 10; limit++) {
        AUTO(buf_done) struct buf out;
        struct err err = {0};
        buf_init(&out, limit);
        assert_int_equal(mustache_render(template, models, 1, false, &out, &err),
                         limit < 10 ? STATUS_TOO_LARGE : STATUS_OK);
    }
}

static void a_long_template_is_rendered_whole(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf expected;
    buf_init(&text, 1 << 20);
    buf_init(&expected, 1 << 20);
    for (int i = 0; i < 500; i++) {
        buf_add_text(&text, "<p>{{a}}</p>{{#b}}{{c.d}}{{/b}}\n");
        buf_add_text(&expected, "<p>x</p>yy\n");
    }
    assert_string_equal(render(buf_text(&text), "{\"a\":\"x\",\"b\":[1,2],\"c\":{\"d\":\"y\"}}"),
                        buf_text(&expected));
}

static void escaping_covers_the_five_characters(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100);
    mustache_escape("a<b>\"c\"&'\0đ", 12, &out);
    assert_int_equal(out.size_bytes, strlen("a&lt;b&gt;&quot;c&quot;&amp;&#39;") + 1 + 2);
    assert_memory_equal(out.data, "a&lt;b&gt;&quot;c&quot;&amp;&#39;\0đ", out.size_bytes);
    buf_clear(&out);
    mustache_escape("", 0, &out);
    assert_string_equal(buf_text(&out), "");
}

int main(void)
{
    unsetenv("HAILONG_ABORT_ON_BUG"); // strictness is looked at as production sees it
    mustache_free(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_printed_and_escaped),
        cmocka_unit_test(dotted_names_go_into_objects),
        cmocka_unit_test(sections_show_repeat_and_hide),
        cmocka_unit_test(inverted_sections_show_what_is_absent),
        cmocka_unit_test(comments_print_nothing),
        cmocka_unit_test(a_tag_alone_on_its_line_takes_the_line_away),
        cmocka_unit_test(partials_stand_in_place_with_their_indentation),
        cmocka_unit_test(mistakes_name_template_and_line),
        cmocka_unit_test(eight_partials_deep_and_no_more),
        cmocka_unit_test(sections_nest_so_deep_and_no_deeper),
        cmocka_unit_test(models_are_searched_from_the_last),
        cmocka_unit_test(a_strict_template_misses_nothing_silently),
        cmocka_unit_test(a_page_over_the_limit_of_its_buffer_is_said),
        cmocka_unit_test(a_long_template_is_rendered_whole),
        cmocka_unit_test(escaping_covers_the_five_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
