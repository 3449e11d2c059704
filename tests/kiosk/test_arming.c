// SPDX-License-Identifier: MIT
// arming.c: one visit, one answer, one screen.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arming.h"
#include "crypto.h"

static struct armings *armings;
static int64_t ahead_s; // how far the clock that only moves forward has been moved

// In place of the C library's.
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    const long result = syscall(SYS_clock_gettime, clock, ret_time);
    if (clock == CLOCK_MONOTONIC)
        ret_time->tv_sec += ahead_s;
    return (int)result;
}

static int open_armings(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(crypto_open(&err), STATUS_OK);
    assert_int_equal(arming_open(&armings, &err), STATUS_OK);
    return 0;
}

static int close_armings(void **state)
{
    (void)state;
    arming_close(armings);
    return 0;
}

static void an_armed_screen_shows_what_it_was_armed_for(void **state)
{
    (void)state;
    assert_int_equal(arming_now(armings, "1").number, 0);
    const uint32_t number = arming_set(armings, "1", "SV-YT", RESPONSE_STEP_REFUSAL);
    assert_int_not_equal(number, 0);
    const struct arming now = arming_now(armings, "1");
    assert_int_equal(now.number, number);
    assert_string_equal(now.area, "SV-YT");
    assert_int_equal(now.step, RESPONSE_STEP_REFUSAL);
    assert_int_equal(arming_now(armings, "2").number, 0);
}

static void it_is_spent_once_by_its_own_number(void **state)
{
    (void)state;
    const uint32_t number = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    assert_false(arming_spend(armings, "1", number + 1));
    assert_false(arming_spend(armings, "2", number));
    assert_false(arming_spend(armings, "1", 0));
    assert_true(arming_spend(armings, "1", number));
    assert_false(arming_spend(armings, "1", number));
    assert_int_equal(arming_now(armings, "1").number, 0);
}

static void the_next_arming_and_a_cancel_end_it(void **state)
{
    (void)state;
    const uint32_t first = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    const uint32_t second = arming_set(armings, "1", "CT", RESPONSE_STEP_RESULT);
    assert_false(arming_spend(armings, "1", first));
    arming_cancel(armings, "1");
    assert_false(arming_spend(armings, "1", second));
    assert_int_equal(arming_now(armings, "1").number, 0);
    arming_cancel(armings, "1");
    arming_cancel(armings, "nobody");
}

static void a_spent_one_can_be_given_back_unless_another_has_come(void **state)
{
    (void)state;
    const uint32_t first = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    assert_true(arming_spend(armings, "1", first));
    arming_restore(armings, "1", first);
    assert_int_equal(arming_now(armings, "1").number, first);
    assert_true(arming_spend(armings, "1", first));
    const uint32_t second = arming_set(armings, "1", "CT", RESPONSE_STEP_RESULT);
    arming_restore(armings, "1", first);
    assert_int_equal(arming_now(armings, "1").number, second);
    arming_cancel(armings, "1");
    arming_restore(armings, "1", second);
    assert_int_equal(arming_now(armings, "1").number, 0);
}

static void every_change_is_news_for_its_screen_alone(void **state)
{
    (void)state;
    const uint32_t other = arming_version(armings, "2");
    uint32_t version = arming_version(armings, "1");
    assert_int_equal(arming_version(armings, "1"), version);
    const uint32_t number = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    assert_int_not_equal(arming_version(armings, "1"), version);
    version = arming_version(armings, "1");
    assert_true(arming_spend(armings, "1", number));
    assert_int_not_equal(arming_version(armings, "1"), version);
    version = arming_version(armings, "1");
    arming_restore(armings, "1", number);
    assert_int_not_equal(arming_version(armings, "1"), version);
    version = arming_version(armings, "1");
    arming_cancel(armings, "1");
    assert_int_not_equal(arming_version(armings, "1"), version);
    version = arming_version(armings, "1");
    arming_cancel(armings, "1"); // there is nothing to end
    assert_int_equal(arming_version(armings, "1"), version);
    assert_int_equal(arming_version(armings, "2"), other);
}

static void it_ends_by_itself_after_three_minutes_and_that_is_news(void **state)
{
    (void)state;
    const uint32_t number = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    const uint32_t version = arming_version(armings, "1");
    ahead_s += ARMING_LIFE_S - 2;
    assert_int_equal(arming_now(armings, "1").number, number);
    assert_int_equal(arming_version(armings, "1"), version);
    ahead_s += 3;
    assert_int_not_equal(arming_version(armings, "1"), version);
    assert_int_equal(arming_now(armings, "1").number, 0);
    assert_false(arming_spend(armings, "1", number));
}

static void numbers_of_two_runs_do_not_fit_each_other(void **state)
{
    (void)state;
    const uint32_t before = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    struct err err;
    arming_close(armings);
    assert_int_equal(arming_open(&armings, &err), STATUS_OK);
    const uint32_t after = arming_set(armings, "1", "HT", RESPONSE_STEP_RESULT);
    assert_int_not_equal(before, after);
    assert_false(arming_spend(armings, "1", before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_armed_screen_shows_what_it_was_armed_for, open_armings,
                                        close_armings),
        cmocka_unit_test_setup_teardown(it_is_spent_once_by_its_own_number, open_armings,
                                        close_armings),
        cmocka_unit_test_setup_teardown(the_next_arming_and_a_cancel_end_it, open_armings,
                                        close_armings),
        cmocka_unit_test_setup_teardown(a_spent_one_can_be_given_back_unless_another_has_come,
                                        open_armings, close_armings),
        cmocka_unit_test_setup_teardown(every_change_is_news_for_its_screen_alone, open_armings,
                                        close_armings),
        cmocka_unit_test_setup_teardown(it_ends_by_itself_after_three_minutes_and_that_is_news,
                                        open_armings, close_armings),
        cmocka_unit_test_setup_teardown(numbers_of_two_runs_do_not_fit_each_other, open_armings,
                                        close_armings),
    };
    return cmocka_run_group_tests_name("arming", tests, NULL, NULL);
}
