// SPDX-License-Identifier: MIT
// daykey.c: durable before use, alive for two days, destroyed after.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "daykey.h"
#include "file.h"
#include "support/scratch.h"

#define NOON_S INT64_C(1793682000) // 2026-11-03T12:00+07
enum { DAY_S = 86400 };

static struct scratch scratch;
static struct daykeys *keys;
static struct err err;

static int open_keys(void **state)
{
    (void)state;
    scratch = scratch_make();
    assert_int_equal(crypto_open(&err), STATUS_OK);
    clock_fix(NOON_S);
    assert_int_equal(daykey_open(scratch.folder, &keys, &err), STATUS_OK);
    return 0;
}

static int close_keys(void **state)
{
    (void)state;
    daykey_close(keys);
    keys = NULL;
    clock_fix(0);
    scratch_remove(&scratch);
    return 0;
}

static void reopen(void)
{
    daykey_close(keys);
    keys = NULL;
    assert_int_equal(daykey_open(scratch.folder, &keys, &err), STATUS_OK);
}

static int32_t today(void)
{
    return clock_day(clock_now_s());
}

static bool has_file(const char *day)
{
    char name[64], path[SCRATCH_PATH_SIZE];
    snprintf(name, sizeof name, "day/%s.key", day);
    scratch_path(&scratch, name, path);
    return file_exists(path);
}

// The key shows itself only by what it makes.
static enum status get_key(int32_t day, uint8_t ret_sign[CRYPTO_KEY_BYTES], struct err *fault)
{
    struct crypto_mac_key key;
    TRY(daykey_get(keys, day, DAYKEY_ID, &key, fault));
    crypto_mac(&key, "sign", 4, ret_sign);
    return STATUS_OK;
}

static void todays_key_is_made_once_and_is_on_the_disk(void **state)
{
    (void)state;
    uint8_t first[CRYPTO_KEY_BYTES], second[CRYPTO_KEY_BYTES];
    assert_false(has_file("2026-11-03"));
    assert_int_equal(get_key(today(), first, &err), STATUS_OK);
    assert_true(has_file("2026-11-03"));
    assert_int_equal(get_key(today(), second, &err), STATUS_OK);
    assert_memory_equal(first, second, sizeof first);
    reopen();
    assert_int_equal(get_key(today(), second, &err), STATUS_OK);
    assert_memory_equal(first, second, sizeof first);
}

static void two_days_have_two_keys(void **state)
{
    (void)state;
    uint8_t first[CRYPTO_KEY_BYTES], second[CRYPTO_KEY_BYTES];
    assert_int_equal(get_key(today(), first, &err), STATUS_OK);
    clock_fix(NOON_S + DAY_S);
    assert_int_equal(get_key(today(), second, &err), STATUS_OK);
    assert_memory_not_equal(first, second, sizeof first);
}

static void another_day_without_a_key_is_gone(void **state)
{
    (void)state;
    static const int OFFSETS[] = {-400, -2, -1, 1, 2};
    uint8_t key[CRYPTO_KEY_BYTES] = {7};
    for (size_t i = 0; i < sizeof OFFSETS / sizeof OFFSETS[0]; i++) {
        assert_int_equal(get_key(today() + OFFSETS[i], key, &err), STATUS_GONE);
        assert_int_equal(key[0], 7);
    }
}

static void a_key_lives_through_the_next_day_and_no_longer(void **state)
{
    (void)state;
    uint8_t first[CRYPTO_KEY_BYTES], later[CRYPTO_KEY_BYTES];
    const int32_t day = today();
    assert_int_equal(get_key(day, first, &err), STATUS_OK);
    clock_fix(NOON_S + DAY_S);
    assert_int_equal(get_key(day, later, &err), STATUS_OK);
    assert_memory_equal(first, later, sizeof first);
    // 2026-11-04T23:59:59+07, then one second more: not destroyed yet, but gone for everyone
    clock_fix(NOON_S + DAY_S + 12 * 3600 - 1);
    assert_int_equal(get_key(day, later, &err), STATUS_OK);
    clock_fix(NOON_S + DAY_S + 12 * 3600);
    assert_int_equal(get_key(day, later, &err), STATUS_GONE);
}

static void expiring_destroys_what_is_due_and_nothing_else(void **state)
{
    (void)state;
    uint8_t key[CRYPTO_KEY_BYTES];
    const int32_t day = today();
    int32_t oldest = 0;
    for (int i = 0; i < 3; i++) {
        clock_fix(NOON_S + i * DAY_S);
        assert_int_equal(get_key(day + i, key, &err), STATUS_OK);
    }
    assert_int_equal(daykey_expire(keys, day + 1, &oldest, &err), STATUS_OK);
    assert_int_equal(oldest, day);
    assert_true(has_file("2026-11-03"));
    assert_int_equal(daykey_expire(keys, day + 2, &oldest, &err), STATUS_OK);
    assert_int_equal(oldest, day + 1);
    assert_false(has_file("2026-11-03"));
    assert_true(has_file("2026-11-04"));
    assert_true(has_file("2026-11-05"));
    reopen();
    assert_int_equal(get_key(day, key, &err), STATUS_GONE);
    assert_int_equal(get_key(day + 1, key, &err), STATUS_OK);
}

static void expiring_without_any_key_gives_the_day_itself(void **state)
{
    (void)state;
    int32_t oldest = 0;
    assert_int_equal(daykey_expire(keys, today(), &oldest, &err), STATUS_OK);
    assert_int_equal(oldest, today());
}

static void remains_of_an_interrupted_write_are_passed_over(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    static const char *const NAMES[] = {"day/2026-11-03.key.tmp", "day/xxxx-yy-zz.key", "day/k"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        scratch_path(&scratch, NAMES[i], path);
        assert_int_equal(file_write(path, "x", 1, 0600, &err), STATUS_OK);
    }
    reopen();
    uint8_t key[CRYPTO_KEY_BYTES];
    assert_int_equal(get_key(today(), key, &err), STATUS_OK);
}

static void a_key_of_the_wrong_size_is_not_used(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "day/2026-11-03.key", path);
    assert_int_equal(file_write(path, "short", 5, 0600, &err), STATUS_OK);
    struct daykeys *other = NULL;
    assert_int_equal(daykey_open(scratch.folder, &other, &err), STATUS_IO);
    assert_null(other);
}

static void *ask(void *argument)
{
    struct err own;
    assert_int_equal(get_key(today(), argument, &own), STATUS_OK);
    return NULL;
}

static void threads_that_ask_at_once_get_one_key(void **state)
{
    (void)state;
    pthread_t threads[8];
    uint8_t got[8][CRYPTO_KEY_BYTES];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, got[i]), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 1; i < 8; i++)
        assert_memory_equal(got[0], got[i], sizeof got[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(todays_key_is_made_once_and_is_on_the_disk, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(two_days_have_two_keys, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(another_day_without_a_key_is_gone, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(a_key_lives_through_the_next_day_and_no_longer, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(expiring_destroys_what_is_due_and_nothing_else, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(expiring_without_any_key_gives_the_day_itself, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(remains_of_an_interrupted_write_are_passed_over, open_keys,
                                        close_keys),
        cmocka_unit_test_setup_teardown(a_key_of_the_wrong_size_is_not_used, open_keys, close_keys),
        cmocka_unit_test_setup_teardown(threads_that_ask_at_once_get_one_key, open_keys,
                                        close_keys),
    };
    return cmocka_run_group_tests_name("daykey", tests, NULL, NULL);
}
