// SPDX-License-Identifier: MIT
// judge.c: each rule on both sides of its threshold, counters apart, nothing for slips.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "file.h"
#include "judge.h"
#include "office.h"
#include "text.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_S INT64_C(60)
// Midnight of a Tuesday with opening hours 07:30–11:30 and 13:30–17:00.
#define TUESDAY_S (OFFICE_NOW_S - (9 * 60 + 30) * MINUTE_S)

struct bench {
    struct setup setup;
    struct judge *judge;
    struct response response; // of the last tap
    struct judge_earlier earlier[JUDGE_PACES];
    uint8_t last;  // the last tap's id is this byte sixteen times
    int64_t now_s; // of every tap
};

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err;
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_non_null(bench);
    assert_int_equal(file_read(OFFICE_SETUP, &text, &err), STATUS_OK);
    assert_int_equal(setup_parse(buf_text(&text), text.size_bytes, &bench->setup, &err), STATUS_OK);
    assert_int_equal(judge_open(&bench->setup, &bench->judge, &err), STATUS_OK);
    bench->now_s = OFFICE_NOW_S;
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    judge_close(bench->judge);
    setup_done(&bench->setup);
    free(bench);
    return 0;
}

static bool look(struct bench *bench, enum response_channel channel, const char *counter, int level,
                 int64_t at_ms)
{
    struct response *response = &bench->response;
    *response = (struct response){.channel = channel, .answer_count = 1};
    memset(response->id, ++bench->last, ENTRY_ID_BYTES);
    strcpy(response->counter, counter);
    strcpy(response->answers[0].item, "overall");
    response->answers[0].level = level;
    return judge_look(bench->judge, response, at_ms, bench->now_s, bench->earlier);
}

// The flags of the last tap in one text: "repeat burst".
static const char *flags_of(const struct response *response)
{
    static char text[64];
    text[0] = '\0';
    for (size_t i = 0; i < response->flag_count; i++) {
        strcat(text, i == 0 ? "" : " ");
        strcat(text, response->flags[i]);
    }
    assert_int_equal(response->flag_rule, response->flag_count > 0 ? JUDGE_RULE_VERSION : 0);
    return text;
}

static const char *tap(struct bench *bench, enum response_channel channel, const char *counter,
                       int level, int64_t at_ms)
{
    assert_true(look(bench, channel, counter, level, at_ms));
    return flags_of(&bench->response);
}

static void expect_earlier(const struct judge_earlier *earlier, uint8_t from, uint8_t to)
{
    size_t count = 0;
    for (uint8_t id = from; id <= to; id++, count++) {
        bool named = false;
        for (size_t i = 0; i < earlier->count; i++)
            named = named || earlier->ids[i][0] == id;
        assert_true(named);
    }
    assert_int_equal(earlier->count, count);
}

static void a_tap_sooner_than_five_seconds_after_the_last_is_a_repeat(void **state)
{
    struct bench *bench = *state;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, 100000), "");
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 4, 105000), "");
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 3, 109999), "repeat");
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 2, 114999), "");
    // many people may scan one poster at once
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, 115000), "");
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 4, 115001), "");
}

static void five_taps_with_gaps_below_eight_seconds_are_a_burst(void **state)
{
    struct bench *bench = *state;
    static const enum response_channel CHANNELS[] = {RESPONSE_SCREEN, RESPONSE_POSTER};
    for (size_t c = 0; c < ARRAY_SIZE(CHANNELS); c++) {
        const uint8_t before = bench->last;
        const int64_t from_ms = 1000000 * ((int64_t)c + 1);
        for (int i = 0; i < 4; i++) {
            assert_string_equal(tap(bench, CHANNELS[c], "1", i + 1, from_ms + i * 7999), "");
            assert_int_equal(bench->earlier[JUDGE_BURST].count, 0);
        }
        assert_string_equal(tap(bench, CHANNELS[c], "1", 5, from_ms + 4 * 7999), "burst");
        expect_earlier(&bench->earlier[JUDGE_BURST], (uint8_t)(before + 1), (uint8_t)(before + 4));
        // those after it carry it themselves, and nothing is told twice
        assert_string_equal(tap(bench, CHANNELS[c], "1", 4, from_ms + 5 * 7999), "burst");
        assert_int_equal(bench->earlier[JUDGE_BURST].count, 0);
        // a gap of eight seconds ends it
        assert_string_equal(tap(bench, CHANNELS[c], "1", 3, from_ms + 5 * 7999 + 8000), "");
    }
}

static void a_gap_of_eight_seconds_is_no_burst(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 40; i++)
        assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", i % 5 + 1, i * 8000), "");
}

static void ten_equal_levels_within_ten_minutes_are_a_streak(void **state)
{
    struct bench *bench = *state;
    // the tenth comes exactly ten minutes after the first
    for (int i = 0; i < 9; i++)
        assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, i * 60 * SECOND_MS), "");
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, 600 * SECOND_MS), "streak");
    expect_earlier(&bench->earlier[JUDGE_STREAK], 1, 9);
    assert_int_equal(bench->earlier[JUDGE_BURST].count, 0);
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, 610 * SECOND_MS), "streak");
    assert_int_equal(bench->earlier[JUDGE_STREAK].count, 0);
    // only nine are left of the ten minutes, and then ten again
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, 721 * SECOND_MS), "");
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, 726 * SECOND_MS), "streak");
    expect_earlier(&bench->earlier[JUDGE_STREAK], 12, 12);
}

static void a_millisecond_more_or_another_level_is_no_streak(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 9; i++)
        assert_string_equal(tap(bench, RESPONSE_POSTER, "2", 1, i * 60 * SECOND_MS), "");
    assert_string_equal(tap(bench, RESPONSE_POSTER, "2", 1, 600 * SECOND_MS + 1), "");
    for (int i = 0; i < 30; i++)
        assert_string_equal(tap(bench, RESPONSE_POSTER, "3", i % 9 == 8 ? 4 : 5, i * 9 * SECOND_MS),
                            "");
}

static void a_tap_may_complete_a_burst_and_a_streak(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 5; i++)
        (void)tap(bench, RESPONSE_POSTER, "1", 5, i * 30 * SECOND_MS);
    for (int i = 0; i < 4; i++)
        assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, (150 + i) * SECOND_MS), "");
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, 154 * SECOND_MS), "burst streak");
    expect_earlier(&bench->earlier[JUDGE_BURST], 6, 9);
    expect_earlier(&bench->earlier[JUDGE_STREAK], 1, 9);
}

static void counters_and_channels_are_judged_apart(void **state)
{
    struct bench *bench = *state;
    static const char *const COUNTERS[] = {"1", "2", "3", "4", "5", ""};
    for (int i = 0; i < 4; i++)
        for (size_t c = 0; c < ARRAY_SIZE(COUNTERS); c++) {
            const int64_t at_ms = i * 6 * SECOND_MS + (int64_t)c;
            assert_string_equal(tap(bench, RESPONSE_SCREEN, COUNTERS[c], i + 1, at_ms), "");
            assert_string_equal(tap(bench, RESPONSE_POSTER, COUNTERS[c], i + 1, at_ms), "");
        }
    assert_string_equal(tap(bench, RESPONSE_POSTER, "", 5, 24 * SECOND_MS), "burst");
    assert_int_equal(bench->earlier[JUDGE_BURST].count, 4);
}

static void slips_links_and_paper_are_never_judged(void **state)
{
    struct bench *bench = *state;
    static const enum response_channel CHANNELS[] = {RESPONSE_SLIP, RESPONSE_ONLINE,
                                                     RESPONSE_PAPER};
    bench->now_s = TUESDAY_S; // at night
    for (size_t c = 0; c < ARRAY_SIZE(CHANNELS); c++)
        for (int i = 0; i < 30; i++) {
            assert_false(look(bench, CHANNELS[c], "1", 5, i));
            assert_int_equal(bench->response.flag_count, 0);
            assert_int_equal(bench->earlier[JUDGE_BURST].count, 0);
            assert_int_equal(bench->earlier[JUDGE_STREAK].count, 0);
        }
}

static void outside_the_opening_hours_begins_behind_the_margin(void **state)
{
    struct bench *bench = *state;
    static const struct {
        int64_t minute, second; // of Tuesday
        bool outside;
    } CASES[] = {
        {6 * 60 + 59, 59, true},
        {7 * 60, 0, false},
        {11 * 60 + 59, 59, false},
        {12 * 60, 0, true},
        {12 * 60 + 59, 59, true},
        {13 * 60, 0, false},
        {17 * 60 + 29, 59, false},
        {17 * 60 + 30, 0, true},
        {0, 0, true},
        {-24 * 60 + 9 * 60, 0, false}, // Monday
        {-48 * 60 + 9 * 60, 0, true},  // Sunday
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        bench->now_s = TUESDAY_S + CASES[i].minute * MINUTE_S + CASES[i].second;
        const char *flags = tap(bench, RESPONSE_SCREEN, "1", (int)i % 5 + 1, (int64_t)i * 60000);
        if ((strcmp(flags, "hours") == 0) != CASES[i].outside)
            fail_msg("case %zu: \"%s\"", i, flags);
        assert_string_equal(tap(bench, RESPONSE_POSTER, "1", (int)i % 5 + 1, (int64_t)i * 60000),
                            "");
    }
}

static void hours_are_judged_only_when_they_and_the_clock_are_known(void **state)
{
    struct bench *bench = *state;
    bench->now_s = TUESDAY_S;
    bench->response = (struct response){.channel = RESPONSE_SCREEN, .clock_unset = true};
    strcpy(bench->response.counter, "1");
    assert_true(judge_look(bench->judge, &bench->response, 0, bench->now_s, bench->earlier));
    assert_string_equal(flags_of(&bench->response), "");
    bench->setup.opening.known = false;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "2", 5, 0), "");
    bench->setup.opening.known = true;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "3", 5, 0), "hours");
}

static void a_holiday_is_outside_and_a_week_of_margin_is_never(void **state)
{
    struct bench *bench = *state;
    int32_t day = 0;
    assert_int_equal(clock_parse_day("2026-09-02", &day, NULL), STATUS_OK); // a Wednesday
    bench->now_s = (int64_t)day * OFFICE_DAY_S - CLOCK_OFFSET_S + 10 * 3600;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, 0), "hours");
    bench->setup.flags.hours_margin_minutes = 7 * 24 * 60;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, 60000), "");
}

static void zero_turns_a_rule_off(void **state)
{
    struct bench *bench = *state;
    bench->setup.flags.repeat_s = 0;
    bench->setup.flags.burst_count = 0;
    bench->setup.flags.streak_count = 0;
    for (int i = 0; i < 100; i++)
        assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, i), "");
}

static void the_same_page_again_is_not_looked_at(void **state)
{
    struct bench *bench = *state;
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, 0), "");
    for (int i = 0; i < 10; i++) {
        bench->last--;
        assert_false(look(bench, RESPONSE_SCREEN, "1", 5, i));
        assert_int_equal(bench->response.flag_count, 0);
    }
    assert_string_equal(tap(bench, RESPONSE_SCREEN, "1", 5, 5 * SECOND_MS), "");
}

static void what_was_not_stored_is_forgotten_with_all_it_completed(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 4; i++)
        (void)tap(bench, RESPONSE_POSTER, "1", i + 1, i * SECOND_MS);
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, 4 * SECOND_MS), "burst");
    judge_forget(bench->judge, bench->response.id);
    judge_forget(bench->judge, bench->response.id); // nothing there: nothing happens
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, 5 * SECOND_MS), "burst");
    expect_earlier(&bench->earlier[JUDGE_BURST], 1, 4);
    judge_forget(bench->judge, bench->response.id);
    // without it the gap is too long
    assert_string_equal(tap(bench, RESPONSE_POSTER, "1", 5, 11 * SECOND_MS), "");
}

static void memory_is_bounded_and_a_long_burst_stays_one(void **state)
{
    struct bench *bench = *state;
    bench->setup.flags.burst_count = 50;
    bench->setup.flags.streak_count = 50;
    for (int i = 0; i < 200; i++) {
        const char *flags = tap(bench, RESPONSE_POSTER, "1", 5, i);
        assert_string_equal(flags, i < 49 ? "" : "burst streak");
        assert_int_equal(bench->earlier[JUDGE_BURST].count, i == 49 ? 49 : 0);
    }
}

// ---- as entries ---------------------------------------------------------------------------------

static void a_line_of(struct office *office, int64_t back, struct entry *ret_entry)
{
    const int64_t seq = (int64_t)office_entries(office) - 1 - back;
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &office->err), STATUS_OK);
    stmt_bind_int(q, 1, seq);
    stmt_bind_int(q, 2, seq + 1);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_true(found);
    assert_int_equal(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), ret_entry, &office->err),
                     STATUS_OK);
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
}

static void the_entry_says_its_flags_and_a_flag_entry_the_earlier_ones(void **state)
{
    struct office *office = *state;
    uint8_t ids[5][ENTRY_ID_BYTES];
    const uint64_t before = office_entries(office);
    for (int i = 0; i < 5; i++) {
        char token[TOKEN_TEXT_CHARS + 1], fields[64];
        struct token read;
        clock_fix(OFFICE_NOW_S + i * 6);
        office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(token_read(office->kiosk->daykeys, token, &read, ids[i], &office->err),
                         STATUS_OK);
        snprintf(fields, sizeof fields, "part=0&page=overall&overall=%d", i + 1);
        assert_int_equal(office_rate(office, token, fields, NULL), STATUS_OK);
        // the same page again changes nothing
        assert_int_equal(office_rate(office, token, fields, NULL), STATUS_OK);
    }
    assert_int_equal(office_entries(office), before + 6);
    struct entry entry;
    struct response response;
    a_line_of(office, 1, &entry);
    assert_int_equal(response_read(&entry, &response, &office->err), STATUS_OK);
    assert_string_equal(flags_of(&response), "burst");
    entry_done(&entry);
    a_line_of(office, 0, &entry);
    assert_int_equal(entry.kind, ENTRY_FLAG);
    assert_string_equal(json_text_or(entry.json, "rule", ""), "burst");
    assert_int_equal(json_int_or(entry.json, "version", 0), JUDGE_RULE_VERSION);
    const json_t *of = json_object_get(entry.json, "of");
    assert_int_equal(json_array_size(of), 4);
    for (size_t i = 0; i < 4; i++) {
        char hex[2 * ENTRY_ID_BYTES + 1];
        text_hex(ids[i], ENTRY_ID_BYTES, hex);
        assert_string_equal(json_string_value(json_array_get(of, i)), hex);
    }
    entry_done(&entry);
}

static void a_conflict_is_no_tap(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1], line[ENTRY_LIMIT_BYTES];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    office_reopen(office); // what is remembered is gone
    clock_fix(OFFICE_NOW_S + 10);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL),
                     STATUS_CONFLICT);
    clock_fix(OFFICE_NOW_S + 12);
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"flags\":[]"));
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)
#define OFFICE(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_tap_sooner_than_five_seconds_after_the_last_is_a_repeat),
        BENCH(five_taps_with_gaps_below_eight_seconds_are_a_burst),
        BENCH(a_gap_of_eight_seconds_is_no_burst),
        BENCH(ten_equal_levels_within_ten_minutes_are_a_streak),
        BENCH(a_millisecond_more_or_another_level_is_no_streak),
        BENCH(a_tap_may_complete_a_burst_and_a_streak),
        BENCH(counters_and_channels_are_judged_apart),
        BENCH(slips_links_and_paper_are_never_judged),
        BENCH(outside_the_opening_hours_begins_behind_the_margin),
        BENCH(hours_are_judged_only_when_they_and_the_clock_are_known),
        BENCH(a_holiday_is_outside_and_a_week_of_margin_is_never),
        BENCH(zero_turns_a_rule_off),
        BENCH(the_same_page_again_is_not_looked_at),
        BENCH(what_was_not_stored_is_forgotten_with_all_it_completed),
        BENCH(memory_is_bounded_and_a_long_burst_stays_one),
        OFFICE(the_entry_says_its_flags_and_a_flag_entry_the_earlier_ones),
        OFFICE(a_conflict_is_no_tap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
