// SPDX-License-Identifier: MIT
// lanestate.c: kinds of contact, and what each state may bring.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "lanestate.h"
#include "office.h"

// 2026-11-20 is a Friday; the example office opens Monday to Friday.
static int64_t at(const char *hour, int minutes)
{
    return (int64_t)office_hour(hour) * 3600 + minutes * 60;
}

static void kinds_of_contact_are_told_apart(void **state)
{
    const struct office *office = *state;
    const int64_t morning = at("2026-11-20T09+07", 0);
    const struct {
        struct lanestate_contact contact;
        int64_t now_s;
        const char *wanted;
    } cases[] = {
        {{.own = true}, morning, "own"},
        {{.last_s = 0}, morning, "never"},
        {{.by_hand = true, .last_s = morning - 90 * 86400}, morning, "hand"},
        {{.last_s = morning - 3600, .size = 9, .announced = 9}, morning, "good"},
        {{.last_s = morning - 3600, .size = 9, .announced = 10}, morning, "behind"},
        // The night is no silence, nor is the weekend.
        {{.last_s = at("2026-11-19T16+07", 30), .size = 9, .announced = 9}, morning, "good"},
        {{.last_s = at("2026-11-20T16+07", 30), .size = 9, .announced = 9},
         at("2026-11-23T08+07", 0),
         "good"},
        {{.last_s = at("2026-11-19T08+07", 0), .size = 9, .announced = 12},
         at("2026-11-19T13+07", 30),
         "silent"},
        {{.last_s = morning - 365 * INT64_C(86400)}, morning, "silent"},
        {{.last_s = morning + 3600, .size = 9, .announced = 9}, morning, "good"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(
            lanestate_contact(&cases[i].contact, &office->hub->setup.opening, cases[i].now_s),
            cases[i].wanted);
}

static void an_office_without_hours_counts_as_always_open(void **state)
{
    (void)state;
    const struct opening always = {.known = false};
    const int64_t now_s = at("2026-11-22T03+07", 0);
    const struct lanestate_contact heard = {
        .last_s = now_s - LANESTATE_SILENT_HOURS * INT64_C(3600), .size = 1, .announced = 1};
    struct lanestate_contact late = heard;
    assert_string_equal(lanestate_contact(&heard, &always, now_s), "good");
    late.last_s -= 600;
    assert_string_equal(lanestate_contact(&late, &always, now_s), "silent");
}

static void states_have_names_and_only_two_may_bring_something(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool may;
    } cases[] = {{"new", true}, {"active", true}, {"suspended", false}, {"retired", false}};
    enum lanestate_kind kind;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err err = {.text = ""};
        assert_true(lanestate_of_name(cases[i].name, &kind));
        assert_string_equal(lanestate_name(kind), cases[i].name);
        struct lanestate lane = {.kind = kind, .replaced_by = "abc"};
        assert_int_equal(lanestate_admit(&lane, &err), cases[i].may ? STATUS_OK : STATUS_DENIED);
        if (kind == LANESTATE_RETIRED)
            assert_non_null(strstr(err.text, "lane abc replaced it"));
    }
    assert_false(lanestate_of_name("asleep", &kind));
}

static void the_list_holds_what_the_devices_page_shows(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, fresh;
    AUTO(json_decrefp) json_t *all = json_array();
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    office_kiosk_begin(&fresh, 'b');
    office_kiosk_enrol(office, &fresh);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_list(office->hub, db, all, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(json_array_size(all), 3);
    const json_t *lane = json_array_get(all, 1); // no unit yet, so it comes first
    assert_string_equal(json_text_or(lane, "lane", ""), fresh.lane);
    assert_string_equal(json_text_or(lane, "unit", ""), OFFICE_UNIT); // by its phrase
    assert_string_equal(json_text_or(lane, "state", ""), "new");
    assert_string_equal(json_text_or(lane, "contact", ""), "never");
    assert_null(json_text_or(lane, "last_contact", NULL));
    lane = json_array_get(all, 2);
    assert_string_equal(json_text_or(lane, "state", ""), "active");
    assert_string_equal(json_text_or(lane, "how", ""), "by hand");
    assert_string_equal(json_text_or(lane, "contact", ""), "hand");
    assert_string_equal(json_text_or(lane, "last_contact", ""), "2026-11-21 09:00");
    assert_int_equal(json_int_or(lane, "entries", -1), kiosk.seq);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(kinds_of_contact_are_told_apart),
        WITH(an_office_without_hours_counts_as_always_open),
        WITH(states_have_names_and_only_two_may_bring_something),
        WITH(the_list_holds_what_the_devices_page_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
