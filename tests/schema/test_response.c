// SPDX-License-Identifier: MIT
// Responses and details: documented bytes out, every value checked on the way in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "response.h"

#define LANE "0123456789abcdef0123456789abcdef"
#define ID "00112233445566778899aabbccddeeff"

static struct response example(void)
{
    struct response response = {
        .unit = "05533",
        .counter = "1",
        .area = "HT",
        .form = "tthc@1",
        .channel = RESPONSE_SCREEN,
        .step = RESPONSE_STEP_RESULT,
        .linked = true,
        .answers = {{.item = "overall", .level = 5}},
        .answer_count = 1,
    };
    for (int i = 0; i < ENTRY_ID_BYTES; i++)
        response.id[i] = (uint8_t)(i * 0x11);
    assert_int_equal(clock_parse_hour("2026-11-03T09+07", &response.hour, NULL), STATUS_OK);
    return response;
}

static void write_line(const struct response *response, struct buf *line)
{
    AUTO(buf_done) struct buf tail;
    struct err err;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    response_tail(response, &tail);
    assert_int_equal(entry_line(LANE, 17, &tail, line, &err), STATUS_OK);
}

static enum status read_line(const char *line, struct response *ret_response, struct err *err)
{
    struct entry entry;
    TRY(entry_read(line, strlen(line), &entry, err));
    enum status status = response_read(&entry, ret_response, err);
    entry_done(&entry);
    return status;
}

static void a_response_is_written_in_the_documented_bytes(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf line;
    struct response response = example();
    buf_init(&line, ENTRY_LIMIT_BYTES);
    write_line(&response, &line);
    assert_string_equal(
        buf_text(&line),
        "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":17,\"kind\":\"response\",\"id\":\"" ID
        "\",\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\",\"counter\":\"1\",\"channel\":"
        "\"screen\",\"part\":0,\"step\":\"result\",\"linked\":true,\"area\":\"HT\",\"form\":"
        "\"tthc@1\",\"answers\":{\"overall\":5},\"flags\":[]}");
}

static void flags_are_written_with_the_version_of_their_rules(void **state)
{
    (void)state;
    static const struct {
        size_t flags;
        int64_t rule;
        const char *says;
    } rows[] = {
        {0, 3, "\"flags\":[]}"},
        {1, 0, "\"flags\":[\"burst\"]}"},
        {1, 3, "\"flags\":[\"burst\"],\"rule\":3}"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf line;
        struct response response = example(), again;
        struct err err;
        buf_init(&line, ENTRY_LIMIT_BYTES);
        strcpy(response.flags[0], "burst");
        response.flag_count = rows[i].flags;
        response.flag_rule = rows[i].rule;
        write_line(&response, &line);
        assert_non_null(strstr(buf_text(&line), rows[i].says));
        struct entry entry;
        assert_int_equal(entry_read(line.data, line.size_bytes, &entry, &err), STATUS_OK);
        assert_int_equal(response_read(&entry, &again, &err), STATUS_OK);
        assert_int_equal(again.flag_rule, rows[i].flags == 0 ? 0 : rows[i].rule);
        entry_done(&entry);
    }
    static const struct {
        const char *keys;
        enum status status;
    } read[] = {
        {"\"flags\":[\"burst\"],\"rule\":1", STATUS_OK},
        {"\"flags\":[\"burst\"],\"rule\":1000000", STATUS_OK},
        {"\"flags\":[\"burst\"],\"rule\":0", STATUS_BAD_INPUT},
        {"\"flags\":[\"burst\"],\"rule\":1000001", STATUS_BAD_INPUT},
        {"\"flags\":[\"burst\"],\"rule\":\"1\"", STATUS_BAD_INPUT},
        {"\"flags\":[],\"rule\":1", STATUS_BAD_INPUT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
        AUTO(buf_done) struct buf line, changed;
        struct response response = example();
        struct entry entry;
        buf_init(&line, ENTRY_LIMIT_BYTES);
        buf_init(&changed, ENTRY_LIMIT_BYTES);
        write_line(&response, &line);
        buf_cut(&line, line.size_bytes - strlen("\"flags\":[]}"));
        buf_addf(&changed, "%s%s}", buf_text(&line), read[i].keys);
        enum status status = entry_read(changed.data, changed.size_bytes, &entry, NULL);
        assert_int_equal(status, read[i].status);
        if (status == STATUS_OK)
            entry_done(&entry);
    }
}

static void a_detail_is_written_in_the_documented_bytes(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf line;
    struct response response = example();
    response.part = 2;
    response.page = "topics";
    response.end = RESPONSE_END_SKIP;
    response.answer_count = 0;
    response.topic_count = 2;
    strcpy(response.topics[0], "attitude");
    strcpy(response.topics[1], "time");
    response.clock_unset = true;
    buf_init(&line, ENTRY_LIMIT_BYTES);
    write_line(&response, &line);
    assert_string_equal(buf_text(&line),
                        "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":17,\"kind\":\"detail\",\"id\":\"" ID
                        "\",\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\",\"part\":2,\"page\":"
                        "\"topics\",\"end\":\"skip\",\"topics\":[\"attitude\",\"time\"],\"clock\":"
                        "\"unset\"}");
}

static void assert_same(const struct response *a, const struct response *b)
{
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_int_equal(a->hour, b->hour);
    assert_int_equal(a->part, b->part);
    assert_string_equal(a->unit, b->unit);
    assert_int_equal(a->clock_unset, b->clock_unset);
    assert_int_equal(a->answer_count, b->answer_count);
    for (size_t i = 0; i < a->answer_count; i++) {
        assert_string_equal(a->answers[i].item, b->answers[i].item);
        assert_int_equal(a->answers[i].level, b->answers[i].level);
    }
}

static void every_channel_step_and_flag_comes_back(void **state)
{
    (void)state;
    static const char *const flags[] = {"repeat", "burst", "streak", "hours"};
    for (int channel = 0; channel < RESPONSE_CHANNEL_COUNT; channel++)
        for (int step = 0; step < RESPONSE_STEP_COUNT; step++) {
            AUTO(buf_done) struct buf line;
            struct response response = example(), again;
            struct err err;
            response.channel = (enum response_channel)channel;
            response.step = (enum response_step)step;
            response.linked = step % 2 == 0;
            response.clock_unset = step == 1;
            response.flag_count = (size_t)channel;
            for (size_t i = 0; i < response.flag_count; i++)
                strcpy(response.flags[i], flags[i]);
            if (step == 3)
                response.counter[0] = '\0';
            response.answer_count = 3;
            response.answers[1] = (struct response_answer){.item = "agency", .level = 1};
            response.answers[2] = (struct response_answer){.item = "F5", .level = 3};
            buf_init(&line, ENTRY_LIMIT_BYTES);
            write_line(&response, &line);
            assert_int_equal(read_line(buf_text(&line), &again, &err), STATUS_OK);
            assert_same(&response, &again);
            assert_int_equal(again.channel, channel);
            assert_int_equal(again.step, step);
            assert_int_equal(again.linked, response.linked);
            assert_string_equal(again.counter, response.counter);
            assert_string_equal(again.area, "HT");
            assert_string_equal(again.form, "tthc@1");
            assert_int_equal(again.flag_count, channel);
            for (size_t i = 0; i < again.flag_count; i++)
                assert_string_equal(again.flags[i], flags[i]);
        }
}

static void every_page_and_ending_of_a_detail_comes_back(void **state)
{
    (void)state;
    static const char *const pages[] = {"overall", "topics", "agency", "factors"};
    for (size_t page = 0; page < ARRAY_SIZE(pages); page++)
        for (int end = 0; end < RESPONSE_END_COUNT; end++) {
            AUTO(buf_done) struct buf line;
            struct response response = example(), again;
            struct err err;
            response.part = 1 + end;
            response.page = pages[page];
            response.end = (enum response_end)end;
            response.answer_count = page == 1 ? 0 : 1;
            response.topic_count = page == 1 ? 1 : 0;
            strcpy(response.topics[0], "place");
            buf_init(&line, ENTRY_LIMIT_BYTES);
            write_line(&response, &line);
            assert_int_equal(read_line(buf_text(&line), &again, &err), STATUS_OK);
            assert_same(&response, &again);
            assert_string_equal(again.page, pages[page]);
            assert_int_equal(again.end, end);
            assert_int_equal(again.topic_count, response.topic_count);
            if (again.topic_count > 0)
                assert_string_equal(again.topics[0], "place");
        }
}

// A valid line with one member written differently (NULL: left out).
static void changed_line(bool detail, const char *key, const char *value, struct buf *ret_line)
{
    static const char *const response[][2] = {{"kind", "\"response\""},
                                              {"id", "\"" ID "\""},
                                              {"hour", "\"2026-11-03T09+07\""},
                                              {"unit", "\"05533\""},
                                              {"channel", "\"slip\""},
                                              {"part", "0"},
                                              {"step", "\"intake\""},
                                              {"linked", "false"},
                                              {"area", "\"SV-YT\""},
                                              {"form", "\"mot-cau@1\""},
                                              {"answers", "{\"overall\":1}"},
                                              {"flags", "[]"}};
    static const char *const other[][2] = {
        {"kind", "\"detail\""}, {"id", "\"" ID "\""}, {"hour", "\"2026-11-03T09+07\""},
        {"unit", "\"05533\""},  {"part", "1"},        {"page", "\"overall\""},
        {"end", "\"tap\""}};
    const char *const(*members)[2] = detail ? other : response;
    size_t count = detail ? ARRAY_SIZE(other) : ARRAY_SIZE(response);
    bool known = false;
    buf_init(ret_line, 2 * ENTRY_LIMIT_BYTES);
    buf_add_text(ret_line, "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":4");
    for (size_t i = 0; i < count; i++) {
        bool same = strcmp(members[i][0], key) == 0;
        known = known || same;
        if (!same || value != NULL)
            buf_addf(ret_line, ",\"%s\":%s", members[i][0], same ? value : members[i][1]);
    }
    if (!known && value != NULL)
        buf_addf(ret_line, ",\"%s\":%s", key, value);
    buf_add_char(ret_line, '}');
}

static void each_value_is_checked_on_both_sides(void **state)
{
    (void)state;
    static const struct {
        bool detail;
        const char *key, *value;
        bool good;
    } cases[] = {
        {false, "area", "\"SV-YT\"", true},
        {false, "hour", NULL, false},
        {false, "hour", "\"2026-11-03T24+07\"", false},
        {false, "hour", "\"2026-11-03T09Z\"", false},
        {false, "hour", "\"2026-02-30T09+07\"", false},
        {false, "unit", NULL, false},
        {false, "unit", "\"\"", false},
        {false, "unit", "5533", false},
        {false, "unit", "\"123456789\"", false},
        {false, "unit", "\"VN\"", true},
        {false, "counter", "\"1\"", true},
        {false, "counter", "\"\"", false},
        {false, "counter", "\"ABCDEFGHIJKLMNOP\"", true},
        {false, "counter", "\"ABCDEFGHIJKLMNOPQ\"", false},
        {false, "channel", NULL, false},
        {false, "channel", "\"phone\"", false},
        {false, "part", NULL, true},
        {false, "part", "1", false},
        {false, "step", "\"Intake\"", false},
        {false, "step", NULL, false},
        {false, "linked", NULL, false},
        {false, "linked", "0", false},
        {false, "area", NULL, false},
        {false, "area", "\"ht\"", false},
        {false, "area", "\"Hộ tịch\"", false},
        {false, "form", NULL, false},
        {false, "form", "\"mot-cau@2\"", false},
        {false, "form", "\"mot-cau\"", false},
        {false, "answers", NULL, false},
        {false, "answers", "{}", false},
        {false, "answers", "[5]", false},
        {false, "answers", "{\"overall\":5}", true},
        {false, "answers", "{\"overall\":0}", false},
        {false, "answers", "{\"overall\":6}", false},
        {false, "answers", "{\"overall\":4.0}", false},
        {false, "answers", "{\"overall\":\"5\"}", false},
        {false, "answers", "{\"overall\":null}", false},
        {false, "answers", "{\"agency\":5}", false},
        {false, "flags", NULL, false},
        {false, "flags", "[\"burst\"]", true},
        {false, "flags", "[\"burst\",\"burst\"]", false},
        {false, "flags", "[\"odd\"]", false},
        {false, "flags", "[1]", false},
        {false, "flags", "[\"repeat\",\"burst\",\"streak\",\"hours\",\"repeat\"]", false},
        {false, "clock", "\"unset\"", true},
        {false, "clock", "\"set\"", false},
        {false, "clock", "true", false},
        {false, "page", "\"overall\"", false},
        {false, "time", "\"09:41:07\"", false},
        {true, "page", "\"agency\"", true},
        {true, "page", NULL, false},
        {true, "page", "\"thanks\"", false},
        {true, "end", NULL, false},
        {true, "end", "\"closed\"", false},
        {true, "part", "0", false},
        {true, "part", NULL, false},
        {true, "part", "2147483647", true},
        {true, "part", "2147483648", false},
        {true, "answers", "{\"F1\":5}", true},
        {true, "answers", "{\"F1\":6}", false},
        {true, "answers", "{\"1F\":5}", false},
        {true, "answers", "{\"\":5}", false},
        {true, "answers", "{\"abcdefghijklmnopqrstuvwx\":5}", true},
        {true, "answers", "{\"abcdefghijklmnopqrstuvwxy\":5}", false},
        {true, "answers", "{}", false},
        {true, "topics", "[\"time\"]", true},
        {true, "topics", "[]", false},
        {true, "topics", "[\"time\",\"time\"]", false},
        {true, "topics", "[\"thời gian\"]", false},
        {true, "topics",
         "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\"]", true},
        {true, "topics",
         "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\"]", false},
        {true, "form", "\"tthc@1\"", false},
        {true, "area", "\"HT\"", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf line;
        struct response response = {.part = 99};
        struct err err = {.text = ""};
        changed_line(cases[i].detail, cases[i].key, cases[i].value, &line);
        enum status status = read_line(buf_text(&line), &response, &err);
        if (status != (cases[i].good ? STATUS_OK : STATUS_BAD_INPUT))
            fail_msg("case %zu: %s %s", i, buf_text(&line), err.text);
        if (cases[i].good)
            continue;
        assert_int_equal(response.part, 99);
        assert_non_null(strstr(err.text, cases[i].key));
        assert_non_null(strstr(err.text, "entry 4"));
    }
}

static void too_many_answers_are_refused(void **state)
{
    (void)state;
    for (int count = FORM_ITEM_MAX; count <= FORM_ITEM_MAX + 1; count++) {
        AUTO(buf_done) struct buf answers, line;
        struct response response;
        struct err err;
        buf_init(&answers, 1000);
        for (int i = 0; i < count; i++)
            buf_addf(&answers, "%c\"i%d\":5", i == 0 ? '{' : ',', i);
        buf_add_char(&answers, '}');
        changed_line(true, "answers", buf_text(&answers), &line);
        assert_int_equal(read_line(buf_text(&line), &response, &err),
                         count <= FORM_ITEM_MAX ? STATUS_OK : STATUS_BAD_INPUT);
    }
}

static void names_and_letters_are_found_again(void **state)
{
    (void)state;
    for (int i = 0; i < RESPONSE_CHANNEL_COUNT; i++) {
        enum response_channel channel = RESPONSE_CHANNEL_COUNT;
        assert_true(
            response_channel_find(response_channel_name((enum response_channel)i), &channel));
        assert_int_equal(channel, i);
        assert_int_equal(response_channel_headline(channel), i != RESPONSE_POSTER);
    }
    for (int i = 0; i < RESPONSE_STEP_COUNT; i++) {
        enum response_step step = RESPONSE_STEP_COUNT, same = RESPONSE_STEP_COUNT;
        assert_true(response_step_find(response_step_name((enum response_step)i), &step));
        assert_true(response_step_of_letter(response_step_letter((enum response_step)i), &same));
        assert_int_equal(step, i);
        assert_int_equal(same, i);
    }
    enum response_step step = RESPONSE_STEP_REFUSAL;
    assert_false(response_step_of_letter('r', &step));
    assert_false(response_step_of_letter('\0', &step));
    assert_false(response_step_find("", &step));
    assert_int_equal(step, RESPONSE_STEP_REFUSAL);
}

static void an_id_is_the_page_hour_and_the_keyed_token(void **state)
{
    (void)state;
    // RFC 4231 test case 2 has a short key; ours are 32 bytes, padded with zeros as HMAC pads.
    uint8_t key[CRYPTO_KEY_BYTES] = "Jefe", ret_id[ENTRY_ID_BYTES], other[ENTRY_ID_BYTES];
    static const char token[] = "what do ya want for nothing?";
    static const uint8_t expected[ENTRY_ID_BYTES] = {0x00, 0x07, 0x9b, 0x2f, 0x5b, 0xdc,
                                                     0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                                     0x6a, 0x04, 0x24, 0x26};
    struct crypto_mac_key day_key;
    crypto_mac_key(key, &day_key);
    response_id(0x00079b2f, &day_key, token, sizeof token - 1, ret_id);
    assert_memory_equal(ret_id, expected, sizeof expected);
    key[31] = 1;
    crypto_mac_key(key, &day_key);
    response_id(0x00079b2f, &day_key, token, sizeof token - 1, other);
    assert_memory_equal(other, expected, 4);
    assert_memory_not_equal(other + 4, expected + 4, 12);
}

static int open_all(void **state)
{
    (void)state;
    return crypto_open(NULL) == STATUS_OK && form_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_written_in_the_documented_bytes),
        cmocka_unit_test(flags_are_written_with_the_version_of_their_rules),
        cmocka_unit_test(a_detail_is_written_in_the_documented_bytes),
        cmocka_unit_test(every_channel_step_and_flag_comes_back),
        cmocka_unit_test(every_page_and_ending_of_a_detail_comes_back),
        cmocka_unit_test(each_value_is_checked_on_both_sides),
        cmocka_unit_test(too_many_answers_are_refused),
        cmocka_unit_test(names_and_letters_are_found_again),
        cmocka_unit_test(an_id_is_the_page_hour_and_the_keyed_token),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
