// SPDX-License-Identifier: MIT
// timekeeper.c: what proves the clock, what ends that, and what entries say meanwhile.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "chores.h"
#include "file.h"
#include "kinds.h"
#include "office.h"
#include "timekeeper.h"

#define YEAR_S (365 * OFFICE_DAY_S)
#define HOUR_S INT64_C(3600)
// Of a machine that has run for a while, and of one that has just started.
#define BOOT_MS INT64_C(5000000)
#define EARLY_MS INT64_C(30000)

static int64_t start = 1; // of the machine

// Both clocks, apart from each other.
static void set_clocks(int64_t wall_s, int64_t boot_ms)
{
    clock_fix(wall_s);
    clock_fix_boot(boot_ms, start);
}

// The machine was off.
static void start_again(struct office *office, int64_t wall_s)
{
    start++;
    set_clocks(wall_s, EARLY_MS);
    office_reopen(office);
}

// So much later, and the wall clock that much off.
static void go_on(int64_t seconds, int64_t off_s)
{
    set_clocks(OFFICE_NOW_S + seconds + off_s, BOOT_MS + seconds * 1000);
}

static int open_clocks(void **state)
{
    clock_fix_boot(BOOT_MS, start);
    return office_setup(state);
}

static int close_clocks(void **state)
{
    const int result = office_teardown(state);
    clock_fix_boot(0, 0);
    clock_fix_synced(false);
    return result;
}

static struct timekeeper *keeper_of(struct office *office)
{
    return office->kiosk->timekeeper;
}

static void tick(struct office *office)
{
    assert_int_equal(timekeeper_tick(office->kiosk, &office->err), STATUS_OK);
}

static bool is_trusted(struct office *office)
{
    return timekeeper_is_trusted(keeper_of(office));
}

static void expect_hour(struct office *office, int64_t now_s, bool unset)
{
    uint32_t hour = 0;
    bool is_unset = !unset;
    timekeeper_hour(keeper_of(office), &hour, &is_unset);
    assert_int_equal(hour, clock_hour(now_s));
    assert_int_equal(is_unset, unset);
    assert_int_equal(timekeeper_now_s(keeper_of(office)), now_s);
}

static void rate_one(struct office *office)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SLIP, "HT", "", 0, token);
    struct rating *rating = NULL;
    assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                     STATUS_OK);
    rating->token.channel = RESPONSE_ONLINE; // no slip has to be there
    assert_int_equal(writer_run(office->kiosk->writer, &rating->job, &office->err), STATUS_OK);
    rating_job_free(&rating->job);
}

// The hour of the last line, which must have `clock` or not.
static void expect_last(struct office *office, int64_t now_s, bool unset)
{
    char line[ENTRY_LIMIT_BYTES], hour[CLOCK_HOUR_TEXT_SIZE];
    office_last_line(office, line, sizeof line);
    clock_hour_text(clock_hour(now_s), hour);
    if (strstr(line, hour) == NULL || (strstr(line, "\"clock\":\"unset\"") != NULL) != unset)
        fail_msg("%s, expected %s %s", line, hour, unset ? "unset" : "");
}

struct range {
    int64_t from_seq, to_seq;
    int64_t first_s, last_s;
    const char *by;
};

static void expect_clock(struct office *office, const struct range *range)
{
    char line[ENTRY_LIMIT_BYTES], expected[256];
    char first[CLOCK_HOUR_TEXT_SIZE], last[CLOCK_HOUR_TEXT_SIZE];
    struct entry entry;
    clock_hour_text(clock_hour(range->first_s), first);
    clock_hour_text(clock_hour(range->last_s), last);
    snprintf(expected, sizeof expected,
             "\"part\":0,\"from_seq\":%d,\"to_seq\":%d,\"first\":\"%s\",\"last\":\"%s\","
             "\"by\":\"%s\"}",
             (int)range->from_seq, (int)range->to_seq, first, last, range->by);
    office_last_line(office, line, sizeof line);
    if (strstr(line, expected) == NULL)
        fail_msg("%s, expected %s", line, expected);
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(kinds_check(&entry, "entry", &office->err), STATUS_OK);
    entry_done(&entry);
}

// ---- trust --------------------------------------------------------------------------------------

static void init_by_hand_proves_the_clock_and_a_restart_keeps_it(void **state)
{
    struct office *office = *state;
    expect_hour(office, OFFICE_NOW_S, false);
    go_on(100 * OFFICE_DAY_S, 0); // off for months, but this machine ran
    office_reopen(office);
    expect_hour(office, OFFICE_NOW_S + 100 * OFFICE_DAY_S, false);
}

static void a_jump_of_more_than_two_minutes_ends_trust(void **state)
{
    struct office *office = *state;
    static const struct {
        int64_t off_s;
        bool trusted;
    } CASES[] = {
        {120, true},   {-120, true},         {121, false},          {-121, false},
        {3600, false}, {10 * YEAR_S, false}, {-10 * YEAR_S, false}, {-OFFICE_NOW_S + 1, false}};
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const int64_t later_s = 600 * ((int64_t)i + 1);
        go_on(later_s, CASES[i].off_s);
        if (is_trusted(office) != CASES[i].trusted)
            fail_msg("case %zu", i);
        // what it was is counted on by the other clock
        if (!CASES[i].trusted)
            expect_hour(office, OFFICE_NOW_S + later_s, true);
        if (CASES[i].trusted)
            continue; // a tick would take the correction for what is right from then on
        tick(office);
        assert_false(is_trusted(office));
        go_on(later_s, 0); // it comes back by itself
        tick(office);
        expect_hour(office, OFFICE_NOW_S + later_s, false);
    }
}

static void small_corrections_may_add_up(void **state)
{
    struct office *office = *state;
    for (int i = 1; i <= 20; i++) {
        go_on(i * 300, -i * 100);
        assert_true(is_trusted(office));
        tick(office);
    }
    expect_hour(office, OFFICE_NOW_S + 20 * 200, false);
}

static void a_jump_that_ntp_makes_is_right(void **state)
{
    struct office *office = *state;
    clock_fix_synced(true);
    go_on(60, 5 * HOUR_S);
    expect_hour(office, OFFICE_NOW_S + 60 + 5 * HOUR_S, false);
    clock_fix_synced(false);
    tick(office);
    assert_true(is_trusted(office));
    // but not before the last entry
    rate_one(office);
    clock_fix_synced(true);
    go_on(120, 3 * HOUR_S);
    assert_false(is_trusted(office));
}

static void everything_else_follows_the_guess(void **state)
{
    struct office *office = *state;
    go_on(60, 10 * YEAR_S);
    assert_int_equal(clock_now_s(), OFFICE_NOW_S + 60);
    go_on(60, -10 * YEAR_S);
    assert_int_equal(clock_now_s(), OFFICE_NOW_S + 60);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(clock_now_s(), OFFICE_NOW_S + 60 - 10 * YEAR_S);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(clock_now_s(), OFFICE_NOW_S + 60);
    expect_hour(office, OFFICE_NOW_S + 60, true);
}

static void after_a_start_the_gap_decides(void **state)
{
    struct office *office = *state;
    static const struct {
        int64_t later_s;
        bool trusted;
    } CASES[] = {{4 * OFFICE_DAY_S - 1, true}, {4 * OFFICE_DAY_S, false}, {0, true}, {-1, false},
                 {10 * YEAR_S, false},         {-30 * YEAR_S, false}};
    tick(office);
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        start_again(office, OFFICE_NOW_S + CASES[i].later_s);
        if (is_trusted(office) != CASES[i].trusted)
            fail_msg("case %zu", i);
        if (CASES[i].trusted)
            continue;
        // at least what has been proved, and then on
        set_clocks(OFFICE_NOW_S + CASES[i].later_s + 50, EARLY_MS + 50000);
        assert_in_range(timekeeper_now_s(keeper_of(office)), OFFICE_NOW_S + 49, OFFICE_NOW_S + 50);
    }
}

static void a_clock_before_the_build_is_not_trusted_even_at_init(void **state)
{
    struct office *office = *state;
    char folder[SCRATCH_PATH_SIZE];
    int32_t day = 0;
    assert_int_equal(clock_parse_day(HAILONG_BUILD_DAY, &day, &office->err), STATUS_OK);
    const int64_t build_s = (int64_t)day * OFFICE_DAY_S - CLOCK_OFFSET_S;
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    for (int i = 0; i < 2; i++) {
        char name[] = "0";
        name[0] = (char)('0' + i);
        scratch_path(&office->scratch, name, folder);
        set_clocks(build_s - (i == 0), BOOT_MS);
        assert_int_equal(kiosk_init(folder, OFFICE_SETUP, &office->err), STATUS_OK);
        assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
        expect_hour(office, build_s, i == 0);
        kiosk_close(office->kiosk);
        office->kiosk = NULL;
    }
}

// ---- entries ------------------------------------------------------------------------------------

static void entries_are_marked_while_it_is_not_trusted_and_then_get_their_range(void **state)
{
    struct office *office = *state;
    rate_one(office);
    expect_last(office, OFFICE_NOW_S, false);
    const int64_t from = (int64_t)office_entries(office);
    go_on(2 * HOUR_S, 0);
    tick(office);
    go_on(3 * HOUR_S, 10 * YEAR_S);
    rate_one(office);
    expect_last(office, OFFICE_NOW_S + 3 * HOUR_S, true);
    go_on(5 * HOUR_S, 10 * YEAR_S);
    rate_one(office);
    expect_last(office, OFFICE_NOW_S + 5 * HOUR_S, true);
    const uint64_t entries = office_entries(office);
    tick(office); // nobody has vouched
    assert_int_equal(office_entries(office), entries);
    // staff set it, and say so
    go_on(6 * HOUR_S, 150);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    expect_clock(office, &(struct range){.from_seq = from,
                                         .to_seq = from + 2,
                                         .first_s = OFFICE_NOW_S + 2 * HOUR_S,
                                         .last_s = OFFICE_NOW_S + 6 * HOUR_S,
                                         .by = "staff"});
    rate_one(office);
    expect_last(office, OFFICE_NOW_S + 6 * HOUR_S + 150, false);
    const uint64_t after = office_entries(office);
    tick(office);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    assert_int_equal(office_entries(office), after); // once
}

static void the_wait_goes_on_through_starts_and_ends_with_ntp(void **state)
{
    struct office *office = *state;
    const int64_t from = (int64_t)office_entries(office);
    tick(office);
    start_again(office, 1); // the battery is dead
    rate_one(office);
    expect_last(office, OFFICE_NOW_S, true);
    set_clocks(7200, EARLY_MS + 7200 * 1000);
    rate_one(office);
    expect_last(office, OFFICE_NOW_S + 7200, true);
    start_again(office, 2);
    rate_one(office);
    expect_last(office, OFFICE_NOW_S + 7200 - 1800, true); // its hour's beginning
    const int64_t true_s = OFFICE_NOW_S + 20 * OFFICE_DAY_S;
    set_clocks(true_s, EARLY_MS + 60000);
    tick(office);
    assert_false(is_trusted(office));
    clock_fix_synced(true);
    tick(office);
    expect_clock(office, &(struct range){.from_seq = from,
                                         .to_seq = from + 3,
                                         .first_s = OFFICE_NOW_S,
                                         .last_s = true_s,
                                         .by = "ntp"});
    expect_hour(office, true_s, false);
}

static void a_page_that_was_read_before_trust_came_is_stamped_again(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    struct rating *rating = NULL;
    tick(office);
    go_on(HOUR_S, 5 * HOUR_S);
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rating(office, token, "part=0&page=overall&overall=5", &rating),
                     STATUS_OK);
    assert_true(rating->response.clock_unset);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    const uint64_t entries = office_entries(office);
    assert_int_equal(writer_run(office->kiosk->writer, &rating->job, &office->err), STATUS_OK);
    rating_job_free(&rating->job);
    assert_int_equal(office_entries(office), entries + 1);
    expect_last(office, OFFICE_NOW_S + 6 * HOUR_S, false);
}

static void a_page_sent_again_waits_for_nothing(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    const uint64_t entries = office_entries(office);
    go_on(60, HOUR_S);
    enum rating_outcome outcome = RATING_RECORDED;
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", &outcome),
                     STATUS_OK);
    assert_int_equal(outcome, RATING_REPEATED);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    assert_int_equal(office_entries(office), entries);
}

// ---- who vouches --------------------------------------------------------------------------------

static void the_hub_vouches_within_a_quarter_of_an_hour(void **state)
{
    struct office *office = *state;
    static const struct {
        int64_t apart_s;
        bool taken;
    } CASES[] = {{901, false}, {-901, false}, {900, true}, {-900, true}};
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const int64_t later_s = ((int64_t)i + 1) * HOUR_S;
        go_on(later_s, later_s);
        assert_false(is_trusted(office));
        const enum status status =
            timekeeper_confirm(office->kiosk, TIMEKEEPER_HUB,
                               OFFICE_NOW_S + 2 * later_s + CASES[i].apart_s, &office->err);
        assert_int_equal(status, CASES[i].taken ? STATUS_OK : STATUS_CONFLICT);
        assert_int_equal(is_trusted(office), CASES[i].taken);
    }
}

static void nobody_vouches_for_a_clock_before_the_last_entry(void **state)
{
    struct office *office = *state;
    go_on(HOUR_S, 0);
    rate_one(office);
    go_on(HOUR_S, -HOUR_S);
    const enum timekeeper_source sources[] = {TIMEKEEPER_NTP, TIMEKEEPER_HUB, TIMEKEEPER_STAFF};
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        assert_int_equal(timekeeper_confirm(office->kiosk, sources[i], OFFICE_NOW_S, &office->err),
                         STATUS_CONFLICT);
        assert_non_null(strstr(office->err.text, "last entry"));
    }
    assert_int_equal(timekeeper_vouch(keeper_of(office), &office->err), STATUS_CONFLICT);
    assert_int_equal(timekeeper_confirm_day(office->kiosk, clock_day(OFFICE_NOW_S), &office->err),
                     STATUS_CONFLICT);
    assert_false(is_trusted(office));
    go_on(2 * HOUR_S, -HOUR_S);
    assert_int_equal(
        timekeeper_confirm(office->kiosk, TIMEKEEPER_HUB, OFFICE_NOW_S + 2 * HOUR_S, &office->err),
        STATUS_CONFLICT);
    go_on(2 * HOUR_S, -HOUR_S / 4); // the very hour is possible
    assert_int_equal(timekeeper_vouch(keeper_of(office), &office->err), STATUS_OK);
    assert_true(is_trusted(office));
}

// With one press a wrong year would hold until that year.
static void staff_write_the_date_down_when_the_clock_is_far_off(void **state)
{
    struct office *office = *state;
    static const struct {
        int64_t off_s;
        bool far;
    } CASES[] = {{4 * OFFICE_DAY_S, false},
                 {4 * OFFICE_DAY_S + 1, true},
                 {31 * OFFICE_DAY_S, true},
                 {365 * OFFICE_DAY_S, true}};
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const int64_t wall_s = OFFICE_NOW_S + CASES[i].off_s;
        void *fresh = NULL;
        start++;
        assert_int_equal(close_clocks(state), 0);
        assert_int_equal(open_clocks(&fresh), 0);
        *state = office = fresh;
        go_on(0, CASES[i].off_s);
        assert_false(is_trusted(office));
        const enum status status = timekeeper_vouch(keeper_of(office), &office->err);
        assert_int_equal(status, CASES[i].far ? STATUS_DENIED : STATUS_OK);
        if (!CASES[i].far)
            continue;
        assert_non_null(strstr(office->err.text, "--date"));
        assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                         STATUS_DENIED);
        assert_false(is_trusted(office));
        assert_int_equal(timekeeper_confirm_day(office->kiosk, clock_day(wall_s) - 1, &office->err),
                         STATUS_CONFLICT);
        assert_false(is_trusted(office));
        assert_int_equal(timekeeper_confirm_day(office->kiosk, clock_day(wall_s), &office->err),
                         STATUS_OK);
        assert_true(is_trusted(office));
    }
}

static void where_the_hubs_time_is_known_staff_do_not_contradict_it_by_a_press(void **state)
{
    struct office *office = *state;
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_HUB, OFFICE_NOW_S, &office->err),
                     STATUS_OK);
    go_on(HOUR_S, 901);
    assert_false(is_trusted(office));
    assert_int_equal(timekeeper_vouch(keeper_of(office), &office->err), STATUS_DENIED);
    assert_non_null(strstr(office->err.text, "hub"));
    go_on(HOUR_S, 900);
    assert_int_equal(timekeeper_vouch(keeper_of(office), &office->err), STATUS_OK);
    go_on(2 * HOUR_S, 5 * HOUR_S);
    assert_int_equal(timekeeper_vouch(keeper_of(office), &office->err), STATUS_DENIED);
    assert_int_equal(
        timekeeper_confirm_day(office->kiosk, clock_day(OFFICE_NOW_S + 7 * HOUR_S), &office->err),
        STATUS_OK);
}

static void day_keys_stay_while_it_is_not_trusted(void **state)
{
    struct office *office = *state;
    struct crypto_mac_key key;
    const int32_t today = clock_day(OFFICE_NOW_S);
    assert_int_equal(daykey_get(office->kiosk->daykeys, today, DAYKEY_ID, &key, &office->err),
                     STATUS_OK);
    go_on(60, 10 * YEAR_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(daykey_get(office->kiosk->daykeys, today, DAYKEY_ID, &key, &office->err),
                     STATUS_OK);
    // neither is one made for a day that has not come
    assert_int_equal(daykey_get(office->kiosk->daykeys, clock_day(OFFICE_NOW_S + 10 * YEAR_S),
                                DAYKEY_ID, &key, &office->err),
                     STATUS_GONE);
    go_on(3 * OFFICE_DAY_S, 10 * YEAR_S); // by the guess it would be due
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    char path[SCRATCH_PATH_SIZE + 64], day[CLOCK_DAY_TEXT_SIZE];
    clock_day_text(today, day);
    snprintf(path, sizeof path, "%s/keys/day/%s.key", office->folder, day);
    assert_true(file_exists(path));
    go_on(3 * OFFICE_DAY_S, 0);
    tick(office);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(file_exists(path));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_clocks, close_clocks)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_by_hand_proves_the_clock_and_a_restart_keeps_it),
        TEST(a_jump_of_more_than_two_minutes_ends_trust),
        TEST(small_corrections_may_add_up),
        TEST(a_jump_that_ntp_makes_is_right),
        TEST(everything_else_follows_the_guess),
        TEST(after_a_start_the_gap_decides),
        TEST(a_clock_before_the_build_is_not_trusted_even_at_init),
        TEST(entries_are_marked_while_it_is_not_trusted_and_then_get_their_range),
        TEST(the_wait_goes_on_through_starts_and_ends_with_ntp),
        TEST(a_page_that_was_read_before_trust_came_is_stamped_again),
        TEST(a_page_sent_again_waits_for_nothing),
        TEST(the_hub_vouches_within_a_quarter_of_an_hour),
        TEST(nobody_vouches_for_a_clock_before_the_last_entry),
        TEST(staff_write_the_date_down_when_the_clock_is_far_off),
        TEST(where_the_hubs_time_is_known_staff_do_not_contradict_it_by_a_press),
        TEST(day_keys_stay_while_it_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
