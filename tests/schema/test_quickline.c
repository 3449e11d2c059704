// SPDX-License-Identifier: MIT
// The quick reader of responses never says anything else than the one that reads all entries.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "quickline.h"

#define LANE "0123456789abcdef0123456789abcdef"
#define HEAD "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":17,\"kind\":\"response\",\"id\":\""
#define ID "0007aa0011223344556677889900aabb"
#define MIDDLE                                                                                     \
    "\",\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\",\"counter\":\"1\",\"channel\":"           \
    "\"screen\","                                                                                  \
    "\"part\":0,\"step\":\"result\",\"linked\":true,\"area\":\"SV-YT\",\"form\":\"tthc@1\","
#define GOOD HEAD ID MIDDLE "\"answers\":{\"overall\":4,\"agency\":5},\"flags\":[]}"

static bool quick(const char *line, struct quickline *ret_quick)
{
    struct quickline_memory memory = {.form = NULL};
    return quickline_read(&memory, LANE, line, strlen(line), ret_quick);
}

static void a_response_is_read_as_it_says(void **state)
{
    (void)state;
    struct quickline found;
    assert_true(quick(GOOD, &found));
    assert_int_equal(found.seq, 17);
    assert_int_equal(found.id[1], 0x07);
    assert_int_equal(found.id[15], 0xbb);
    assert_int_equal(found.overall, 4);
    assert_false(found.clock_unset);
    struct entry entry;
    struct response response;
    struct err err;
    assert_int_equal(entry_read(GOOD, strlen(GOOD), &entry, &err), STATUS_OK);
    assert_int_equal(response_read(&entry, &response, &err), STATUS_OK);
    assert_int_equal(found.hour, response.hour);
    entry_done(&entry);
}

static void what_is_not_quite_it_is_left_to_the_other_reader(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "{}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":4},\"flags\":[\"burst\"],\"rule\":1}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":4},\"flags\":[]} ",
        HEAD ID MIDDLE "\"answers\":{\"overall\":6},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":0},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":44},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":4,\"overall\":4},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{\"nothing\":4},\"flags\":[]}",
        HEAD ID MIDDLE "\"answers\":{\"overall\":4},\"flags\":[],\"clock\":\"set\"}",
        HEAD "0007AA0011223344556677889900aabb" MIDDLE "\"answers\":{\"overall\":4},\"flags\":[]}",
    };
    struct quickline found;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        assert_false(quick(lines[i], &found));
    assert_true(quick(
        HEAD ID MIDDLE "\"answers\":{\"overall\":4},\"flags\":[],\"clock\":\"unset\"}", &found));
    assert_true(found.clock_unset);
}

// Every byte of a good line is changed in turn, to many others.
static void it_accepts_nothing_that_entry_read_refuses(void **state)
{
    (void)state;
    static const char others[] = "019aAzZ-_{}[]:,\"\\ \n\x01\x7f\xc3";
    char line[sizeof GOOD];
    int accepted = 0;
    for (size_t at = 0; at < sizeof GOOD - 1; at++)
        for (size_t k = 0; k < sizeof others; k++) { // with the NUL
            struct quickline_memory memory = {.form = NULL};
            struct quickline found;
            struct entry entry;
            struct err err;
            memcpy(line, GOOD, sizeof line);
            line[at] = others[k];
            if (!quickline_read(&memory, LANE, line, sizeof line - 1, &found))
                continue;
            accepted++;
            assert_int_equal(entry_read(line, sizeof line - 1, &entry, &err), STATUS_OK);
            assert_int_equal(entry.seq, found.seq);
            assert_memory_equal(entry.id, found.id, ENTRY_ID_BYTES);
            assert_int_equal(json_integer_value(json_object_get(
                                 json_object_get(entry.json, "answers"), "overall")),
                             found.overall);
            entry_done(&entry);
        }
    assert_true(accepted > 50); // seq, id, hour, codes and levels may be others
}

static void what_it_remembers_changes_nothing(void **state)
{
    (void)state;
    struct quickline_memory memory = {.form = NULL};
    struct quickline found;
    static const char empty_hour[] =
        HEAD ID "\",\"hour\":\"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\",\"unit\":\"05533\","
                "\"channel\":\"screen\",\"part\":0,\"step\":\"result\",\"linked\":true,"
                "\"area\":\"HT\",\"form\":\"tthc@1\",\"answers\":{\"overall\":4},\"flags\":[]}";
    assert_false(quickline_read(&memory, LANE, empty_hour, sizeof empty_hour - 1, &found));
    assert_true(quickline_read(&memory, LANE, GOOD, sizeof GOOD - 1, &found));
    const uint32_t hour = found.hour;
    assert_false(quickline_read(&memory, LANE, empty_hour, sizeof empty_hour - 1, &found));
    assert_true(quickline_read(&memory, LANE, GOOD, sizeof GOOD - 1, &found));
    assert_int_equal(found.hour, hour);
}

static void it_fills_a_response_as_the_other_reader_does(void **state)
{
    (void)state;
    static const char *const lines[] = {
        GOOD,
        HEAD ID
        "\",\"hour\":\"2026-11-03T09+07\",\"unit\":\"19\",\"channel\":\"poster\",\"part\":0,"
        "\"step\":\"intake\",\"linked\":false,\"area\":\"HT\",\"form\":\"mot-cau@1\","
        "\"answers\":{\"overall\":1},\"flags\":[],\"clock\":\"unset\"}",
        GOOD,
    };
    struct response filled;
    struct quickline_memory memory = {.response = &filled};
    memset(&filled, 0x5A, sizeof filled);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct quickline found;
        struct entry entry;
        struct response other;
        struct err err;
        assert_true(quickline_read(&memory, LANE, lines[i], strlen(lines[i]), &found));
        assert_int_equal(entry_read(lines[i], strlen(lines[i]), &entry, &err), STATUS_OK);
        assert_int_equal(response_read(&entry, &other, &err), STATUS_OK);
        assert_memory_equal(filled.id, other.id, sizeof filled.id);
        assert_int_equal(filled.hour, other.hour);
        assert_string_equal(filled.unit, other.unit);
        assert_string_equal(filled.counter, other.counter);
        assert_string_equal(filled.area, other.area);
        assert_string_equal(filled.form, other.form);
        assert_int_equal(filled.channel, other.channel);
        assert_int_equal(filled.step, other.step);
        assert_int_equal(filled.linked, other.linked);
        assert_int_equal(filled.part, other.part);
        assert_int_equal(filled.flag_count, other.flag_count);
        assert_int_equal(filled.topic_count, other.topic_count);
        assert_int_equal(filled.clock_unset, other.clock_unset);
        assert_int_equal(filled.answer_count, other.answer_count);
        for (size_t k = 0; k < other.answer_count; k++) {
            assert_string_equal(filled.answers[k].item, other.answers[k].item);
            assert_int_equal(filled.answers[k].level, other.answers[k].level);
        }
        entry_done(&entry);
    }
}

static int setup(void **state)
{
    (void)state;
    struct err err;
    return crypto_open(&err) == STATUS_OK && form_open(&err) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_read_as_it_says),
        cmocka_unit_test(what_is_not_quite_it_is_left_to_the_other_reader),
        cmocka_unit_test(it_accepts_nothing_that_entry_read_refuses),
        cmocka_unit_test(what_it_remembers_changes_nothing),
        cmocka_unit_test(it_fills_a_response_as_the_other_reader_does),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
