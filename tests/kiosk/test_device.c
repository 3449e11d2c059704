// SPDX-License-Identifier: MIT
// device.c: a phrase pairs once, a cookie is known for good.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "office.h"

static void invite(struct office *office, const char *counter,
                   char ret_phrase[DEVICE_PHRASE_CHARS + 1])
{
    assert_int_equal(device_invite(office->kiosk->devices, office->kiosk->writer, counter,
                                   ret_phrase, &office->err),
                     STATUS_OK);
    assert_int_equal(strlen(ret_phrase), DEVICE_PHRASE_CHARS);
    assert_int_equal(strspn(ret_phrase, "0123456789abcdefghjkmnpqrstvwxyz"), DEVICE_PHRASE_CHARS);
}

static enum status pair(struct office *office, const char *phrase, struct device_pair_job *ret_job)
{
    enum status status = device_pair_prepare(office->kiosk->devices, phrase, ret_job, &office->err);
    if (status == STATUS_OK)
        status = writer_run(office->kiosk->writer, &ret_job->job, &office->err);
    return status;
}

static void a_phrase_pairs_a_screen_or_the_desk(void **state)
{
    struct office *office = *state;
    char phrase[DEVICE_PHRASE_CHARS + 1], counter[RESPONSE_CODE_CHARS + 1] = "?";
    struct device_pair_job screen, desk;
    invite(office, "3", phrase);
    assert_int_equal(pair(office, phrase, &screen), STATUS_OK);
    assert_int_equal(screen.role, DEVICE_SCREEN);
    assert_string_equal(screen.counter, "3");
    assert_int_equal(strlen(screen.cookie), DEVICE_COOKIE_CHARS);
    invite(office, NULL, phrase);
    assert_int_equal(pair(office, phrase, &desk), STATUS_OK);
    assert_int_equal(desk.role, DEVICE_DESK);
    assert_int_equal(device_role(office->kiosk->devices, screen.cookie, counter), DEVICE_SCREEN);
    assert_string_equal(counter, "3");
    assert_int_equal(device_role(office->kiosk->devices, desk.cookie, counter), DEVICE_DESK);
    assert_string_equal(counter, "");
    assert_int_equal(device_role(office->kiosk->devices, desk.cookie, NULL), DEVICE_DESK);
    assert_int_equal(device_count(office->kiosk->devices, DEVICE_SCREEN), 1);
    assert_int_equal(device_count(office->kiosk->devices, DEVICE_DESK), 1);
}

static void a_phrase_works_once(void **state)
{
    struct office *office = *state;
    char phrase[DEVICE_PHRASE_CHARS + 1];
    struct device_pair_job first, second;
    invite(office, "1", phrase);
    assert_int_equal(pair(office, phrase, &first), STATUS_OK);
    assert_int_equal(pair(office, phrase, &second), STATUS_GONE);
    assert_int_equal(device_role(office->kiosk->devices, second.cookie, NULL), DEVICE_NONE);
    assert_int_equal(device_count(office->kiosk->devices, DEVICE_SCREEN), 1);
}

static void a_phrase_lives_half_an_hour(void **state)
{
    struct office *office = *state;
    char phrase[DEVICE_PHRASE_CHARS + 1];
    struct device_pair_job job;
    invite(office, "1", phrase);
    clock_fix(OFFICE_NOW_S + DEVICE_PHRASE_LIFE_S);
    assert_int_equal(pair(office, phrase, &job), STATUS_OK);
    invite(office, "1", phrase);
    clock_fix(OFFICE_NOW_S + 2 * DEVICE_PHRASE_LIFE_S + 1);
    assert_int_equal(pair(office, phrase, &job), STATUS_GONE);
    invite(office, "2", phrase); // which clears the old one away
    assert_int_equal(pair(office, phrase, &job), STATUS_OK);
}

static void phrases_that_were_never_given_are_gone(void **state)
{
    struct office *office = *state;
    struct device_pair_job job;
    static const char *const PHRASES[] = {"", "short", "0123456789abcdefghjkmnpqrs",
                                          "0123456789abcdefghjkmnpqrstv", "đầu cuối"};
    for (size_t i = 0; i < ARRAY_SIZE(PHRASES); i++)
        assert_int_equal(pair(office, PHRASES[i], &job), STATUS_GONE);
}

static void pairing_survives_a_restart_as_a_hash(void **state)
{
    struct office *office = *state;
    char phrase[DEVICE_PHRASE_CHARS + 1], counter[RESPONSE_CODE_CHARS + 1];
    struct device_pair_job job;
    invite(office, "4", phrase);
    assert_int_equal(pair(office, phrase, &job), STATUS_OK);
    office_reopen(office);
    assert_int_equal(device_role(office->kiosk->devices, job.cookie, counter), DEVICE_SCREEN);
    assert_string_equal(counter, "4");
    assert_int_equal(device_count(office->kiosk->devices, DEVICE_SCREEN), 1);
}

static void no_other_cookie_is_a_device(void **state)
{
    struct office *office = *state;
    char phrase[DEVICE_PHRASE_CHARS + 1];
    struct device_pair_job job;
    invite(office, "1", phrase);
    assert_int_equal(pair(office, phrase, &job), STATUS_OK);
    struct devices *devices = office->kiosk->devices;
    assert_int_equal(device_role(devices, NULL, NULL), DEVICE_NONE);
    assert_int_equal(device_role(devices, "", NULL), DEVICE_NONE);
    job.cookie[7] = job.cookie[7] == 'a' ? 'b' : 'a';
    assert_int_equal(device_role(devices, job.cookie, NULL), DEVICE_NONE);
    job.cookie[DEVICE_COOKIE_CHARS - 1] = '\0';
    assert_int_equal(device_role(devices, job.cookie, NULL), DEVICE_NONE);
}

static void many_devices_are_all_known(void **state)
{
    struct office *office = *state;
    enum { DEVICES = 40 };
    char cookies[DEVICES][DEVICE_COOKIE_CHARS + 1];
    for (size_t i = 0; i < DEVICES; i++) {
        char phrase[DEVICE_PHRASE_CHARS + 1];
        struct device_pair_job job;
        invite(office, i % 2 == 0 ? "1" : NULL, phrase);
        assert_int_equal(pair(office, phrase, &job), STATUS_OK);
        strcpy(cookies[i], job.cookie);
    }
    for (size_t i = 0; i < DEVICES; i++)
        assert_int_equal(device_role(office->kiosk->devices, cookies[i], NULL),
                         i % 2 == 0 ? DEVICE_SCREEN : DEVICE_DESK);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_phrase_pairs_a_screen_or_the_desk),
        OFFICE_TEST(a_phrase_works_once),
        OFFICE_TEST(a_phrase_lives_half_an_hour),
        OFFICE_TEST(phrases_that_were_never_given_are_gone),
        OFFICE_TEST(pairing_survives_a_restart_as_a_hash),
        OFFICE_TEST(no_other_cookie_is_a_device),
        OFFICE_TEST(many_devices_are_all_known),
    };
    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
