// SPDX-License-Identifier: MIT
// hub_restore.c: a hub made from a whole copy of its database, with its keys and without.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_restore.h"
#include "lanestate.h"

#include "staff.h"

static void a_restored_hub_goes_on_in_a_lane_that_follows_its_former_one(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct hub_restored restored;
    char known_as[ENTRY_LANE_CHARS + 1], from[SCRATCH_PATH_SIZE], keys[SCRATCH_PATH_SIZE],
        next[SCRATCH_PATH_SIZE];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    struct response response = office_response(1, 5);
    office_kiosk_response(&kiosk, &response);
    office_take_all(office, &kiosk);
    staff_rule(office, "void", 1);
    strcpy(known_as, hublane_known_as(office->hub->lane));
    // Twice: the chain of own lanes grows, what others know the hub by stays unless it is lost.
    static const char *const folders[] = {"hub", "one", "two", "three"};
    for (int i = 0; i < 3; i++) {
        const bool with_keys = i < 2;
        char former[ENTRY_LANE_CHARS + 1];
        strcpy(former, hublane_name(office->hub->lane));
        hub_close(office->hub);
        office->hub = NULL;
        scratch_path(&office->scratch, folders[i], keys);
        snprintf(from, sizeof from, "%.200s/hub.db", keys);
        strcat(keys, "/keys");
        scratch_path(&office->scratch, folders[i + 1], next);
        if (hub_restore(next, from, with_keys ? keys : NULL, &restored, &office->err) != STATUS_OK)
            fail_msg("%s", office->err.text);
        assert_string_equal(restored.former, former);
        assert_int_equal(hub_restore(next, from, keys, &restored, &office->err), STATUS_CONFLICT);
        if (hub_open(next, HUB_WRITE, &office->hub, &office->err) != STATUS_OK)
            fail_msg("%s", office->err.text);
        assert_string_not_equal(hublane_name(office->hub->lane), former);
        assert_int_equal(strcmp(hublane_known_as(office->hub->lane), known_as) == 0, with_keys);
        staff_verify(office);
        staff_rule(office, i % 2 == 0 ? "unvoid" : "void", 1); // about what the former lane said
        staff_verify(office);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_restored_hub_goes_on_in_a_lane_that_follows_its_former_one, office_open,
            office_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
