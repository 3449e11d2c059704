// SPDX-License-Identifier: MIT
// ledger.c, intake.c and projection.c: lanes taken whole or refused with the reason; changed
// answers (IND-12).
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_verify.h"
#include "ledger.h"
#include "office.h"

static void begin(struct office_kiosk *kiosk, char digit)
{
    office_kiosk_begin(kiosk, digit);
    office_kiosk_setup(kiosk, true, false);
}

static void respond(struct office_kiosk *kiosk, int number, int level)
{
    struct response response = office_response(number, level);
    office_kiosk_response(kiosk, &response);
}

static struct tally_counts november(struct office *office, const char *item)
{
    return office_tally(office, 'a', OFFICE_UNIT, "HT", item, "2026-11-01", "2026-11-15");
}

static void expect_refusal(struct office *office, const char *part)
{
    if (strstr(office->err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, office->err.text);
}

static void verify(struct office *office)
{
    struct hub_verify_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = hub_verify(office->hub, db, &figures, &office->err);
    dbpool_give(office->hub->readers, db);
    if (status != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static void a_lane_is_taken_and_its_figures_follow(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct intake result;
    begin(&kiosk, 'a');
    respond(&kiosk, 1, 5);
    respond(&kiosk, 2, 5);
    respond(&kiosk, 3, 1);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), &result), STATUS_OK);
    assert_int_equal(result.size, kiosk.seq);
    assert_int_equal(result.added, kiosk.seq);
    office_expect(november(office, "overall"), 1, 0, 0, 0, 2);
    verify(office);
}

static void the_root_is_that_of_the_lines(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct intake result;
    struct merkle tree;
    uint8_t hash[CRYPTO_HASH_BYTES];
    begin(&kiosk, 'a');
    for (int i = 0; i < 20; i++)
        respond(&kiosk, i, 1 + i % 5);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), &result), STATUS_OK);
    merkle_init(&tree);
    for (const char *line = kiosk.lines.data; *line != '\0'; line = strchr(line, '\n') + 1) {
        merkle_leaf(line, strcspn(line, "\n"), hash);
        merkle_add(&tree, hash);
    }
    merkle_root(&tree, hash);
    assert_memory_equal(hash, result.root, sizeof hash);
}

static void the_same_lines_again_change_nothing(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct intake result;
    begin(&kiosk, 'a');
    respond(&kiosk, 1, 4);
    office_take_all(office, &kiosk);
    respond(&kiosk, 2, 4);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), &result), STATUS_OK);
    assert_int_equal(result.added, 1);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), &result), STATUS_OK);
    assert_int_equal(result.added, 0);
    assert_int_equal(result.size, kiosk.seq);
    office_expect(november(office, "overall"), 0, 0, 0, 2, 0);
}

static void a_gap_is_refused_with_the_size_to_go_on_from(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct intake result;
    begin(&kiosk, 'a');
    office_take_all(office, &kiosk);
    int64_t size = kiosk.seq;
    respond(&kiosk, 1, 4);
    respond(&kiosk, 2, 4);
    assert_int_equal(office_take(office, kiosk.lines.data + kiosk.last, &result), STATUS_CONFLICT);
    assert_true(result.gap);
    assert_int_equal(result.size, size);
    expect_refusal(office, "are missing");
    office_expect(november(office, "overall"), 0, 0, 0, 0, 0);
}

static void other_bytes_under_a_known_number_are_named(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct intake result;
    char wanted[80];
    begin(&kiosk, 'a');
    respond(&kiosk, 1, 5);
    office_take_all(office, &kiosk);
    char *level = strstr(kiosk.lines.data + kiosk.last, "\"overall\":5");
    assert_non_null(level);
    level[strlen("\"overall\":")] = '1';
    assert_int_equal(office_take(office, kiosk.lines.data + kiosk.last, &result), STATUS_CONFLICT);
    assert_false(result.gap);
    snprintf(wanted, sizeof wanted, "lane %s, entry %lld: other bytes", kiosk.lane,
             (long long)kiosk.seq - 1);
    expect_refusal(office, wanted);
    office_expect(november(office, "overall"), 0, 0, 0, 0, 1);
}

static void an_id_counts_once_across_lanes(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk first, second;
    begin(&first, 'a');
    begin(&second, 'b');
    respond(&first, 7, 5);
    respond(&second, 7, 5);
    office_take_all(office, &first);
    assert_int_equal(office_take(office, buf_text(&second.lines), NULL), STATUS_CONFLICT);
    expect_refusal(office, first.lane);
    office_expect(november(office, "overall"), 0, 0, 0, 0, 1);
}

static void a_bad_entry_refuses_its_whole_batch(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response bad = office_response(2, 5);
    begin(&kiosk, 'a');
    respond(&kiosk, 1, 5);
    memcpy(bad.counter, "77", 3);
    office_kiosk_response(&kiosk, &bad);
    respond(&kiosk, 3, 5);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_BAD_INPUT);
    expect_refusal(office, "its counter is not in this hub's setup");
    office_expect(november(office, "overall"), 0, 0, 0, 0, 0);
    verify(office);
}

static void places_outside_the_setup_are_refused(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *unit, *counter, *area, *hour;
        enum response_channel channel;
        const char *why;
    } cases[] = {
        {"05533", "1", "HT", "2026-11-03T09+07", RESPONSE_SCREEN, ""},
        {"05533", "5", "HT", "2026-11-03T09+07", RESPONSE_SLIP, ""},
        {"05533", "", "DD", "2026-11-03T09+07", RESPONSE_POSTER, ""},
        {"05533", "", "SV-YT", "2026-11-03T09+07", RESPONSE_ONLINE, ""},
        {"05533", "", "HT", "2026-11-03T09+07", RESPONSE_PAPER, "channel is paper"},
        {"05533", "6", "HT", "2026-11-03T09+07", RESPONSE_SCREEN, "counter"},
        // In the hub's setup, but not the unit of the lane.
        {"19", "", "HT", "2026-11-03T09+07", RESPONSE_SCREEN, "not that of its lane's setup"},
        {"99999", "", "HT", "2026-11-03T09+07", RESPONSE_SCREEN, "not that of its lane's setup"},
        {"05533", "1", "CTR", "2026-11-03T09+07", RESPONSE_SCREEN, "area is not in"},
        {"05533", "1", "HT", "2026-11-21T10+07", RESPONSE_SCREEN, ""},
        {"05533", "1", "HT", "2026-11-21T11+07", RESPONSE_SCREEN, "hour has not come yet"},
        {"05533", "1", "HT", "2099-01-01T00+07", RESPONSE_SCREEN, "hour has not come yet"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        struct response response = office_response((int)i, 5);
        snprintf(response.unit, sizeof response.unit, "%s", cases[i].unit);
        snprintf(response.counter, sizeof response.counter, "%s", cases[i].counter);
        snprintf(response.area, sizeof response.area, "%s", cases[i].area);
        snprintf(response.form, sizeof response.form, "mot-cau@1");
        response.channel = cases[i].channel;
        response.hour = office_hour(cases[i].hour);
        begin(&kiosk, "0123456789abcdef"[i]);
        office_kiosk_response(&kiosk, &response);
        enum status status = office_take(office, buf_text(&kiosk.lines), NULL);
        assert_int_equal(status, cases[i].why[0] == '\0' ? STATUS_OK : STATUS_BAD_INPUT);
        expect_refusal(office, cases[i].why);
        if (status != STATUS_OK) {
            expect_refusal(office, kiosk.lane);
            expect_refusal(office, "entry 2: ");
        }
    }
}

static void a_detail_of_a_later_hour_is_refused(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *hour;
        enum status status;
    } cases[] = {{"2026-11-21T10+07", STATUS_OK}, {"2026-11-21T11+07", STATUS_BAD_INPUT}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        struct response change = office_response((int)i, 5);
        begin(&kiosk, "ab"[i]);
        respond(&kiosk, (int)i, 3);
        change.part = 1;
        change.hour = office_hour(cases[i].hour);
        office_kiosk_response(&kiosk, &change);
        assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), cases[i].status);
    }
    expect_refusal(office, "entry 3: its hour has not come yet");
}

static void a_lane_begins_with_its_setup(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    respond(&kiosk, 1, 5);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_BAD_INPUT);
    expect_refusal(office, "entry 0: a lane begins with its setup");
}

static void a_setup_cut_between_two_pushes_is_put_together(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(&kiosk, 'a');
    assert_true(kiosk.seq > 1); // the example is larger than one entry
    char *second = strchr(kiosk.lines.data, '\n') + 1;
    char kept = *second;
    *second = '\0';
    assert_int_equal(office_take(office, kiosk.lines.data, NULL), STATUS_OK);
    *second = kept;
    respond(&kiosk, 1, 5);
    assert_int_equal(office_take(office, second, NULL), STATUS_OK);
    office_expect(november(office, "overall"), 0, 0, 0, 0, 1);
}

static void trial_and_sample_lanes_do_not_mix_with_real_ones(void **state)
{
    struct office *office = *state; // a real one
    static const struct {
        bool trial, sample;
        enum status status;
        const char *why;
    } cases[] = {
        {false, false, STATUS_OK, ""},
        {true, false, STATUS_DENIED, "in trial mode"},
        {false, true, STATUS_DENIED, "holds sample data"},
        {true, true, STATUS_DENIED, "in trial mode"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        office_kiosk_begin(&kiosk, (char)('0' + i));
        office_kiosk_setup(&kiosk, cases[i].trial, cases[i].sample);
        assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), cases[i].status);
        expect_refusal(office, cases[i].why);
    }
}

static void a_real_lane_is_refused_by_a_trial_hub(void **state)
{
    struct office *office = *state; // a trial
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, false, false);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_DENIED);
    expect_refusal(office, "this hub is in trial mode");
}

static void a_kiosk_cannot_send_what_only_a_hub_writes(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf tail;
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES] = {9};
    begin(&kiosk, 'a');
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    entry_tail_begin(&w, &tail, ENTRY_VOID, id);
    jsonw_text(&w, "hour", "2026-11-03T09+07");
    jsonw_hex(&w, "of", id, sizeof id);
    jsonw_text(&w, "reason", "bấm thử");
    jsonw_array(&w, "by");
    jsonw_text(&w, NULL, "A");
    jsonw_text(&w, NULL, "B");
    jsonw_array_end(&w);
    entry_tail_end(&w);
    office_kiosk_line(&kiosk, &tail);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_BAD_INPUT);
    expect_refusal(office, "cannot hold an entry of that kind");
}

static void detail(struct office_kiosk *kiosk, int number, int64_t part, const char *item,
                   int level)
{
    struct response change = office_response(number, level);
    change.part = part;
    snprintf(change.answers[0].item, sizeof change.answers[0].item, "%s", item);
    office_kiosk_response(kiosk, &change);
}

static void a_changed_level_moves_between_the_same_cells(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    static const char tables[] = {'a', 'b', 'c'};
    begin(&kiosk, 'a');
    respond(&kiosk, 1, 2);
    detail(&kiosk, 1, 1, "overall", 4);
    detail(&kiosk, 1, 2, "agency", 3);
    detail(&kiosk, 1, 3, "overall", 4); // the same again
    detail(&kiosk, 1, 4, "overall", 5);
    office_take_all(office, &kiosk);
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        office_expect(office_tally(office, tables[i], OFFICE_UNIT, "HT", "overall", "2026-11-01",
                                   "2026-11-15"),
                      0, 0, 0, 0, 1);
        office_expect(office_tally(office, tables[i], OFFICE_UNIT, "HT", "agency", "2026-11-01",
                                   "2026-11-15"),
                      0, 0, 1, 0, 0);
    }
    verify(office);
}

static void a_change_after_the_border_moves_the_response_where_it_was(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response late = office_response(1, 1);
    begin(&kiosk, 'a');
    struct response response = office_response(1, 5);
    response.hour = office_hour("2026-11-14T23+07");
    office_kiosk_response(&kiosk, &response);
    late.part = 1;
    late.hour = office_hour("2026-11-15T00+07");
    office_kiosk_response(&kiosk, &late);
    office_take_all(office, &kiosk);
    office_expect(november(office, "overall"), 1, 0, 0, 0, 0);
    office_expect(office_tally(office, 'a', OFFICE_UNIT, "", "overall", "2026-11-15", "2026-12-01"),
                  0, 0, 0, 0, 0);
}

static void a_detail_needs_its_response_in_its_own_lane(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk first, second;
    begin(&first, 'a');
    respond(&first, 1, 5);
    office_take_all(office, &first);
    begin(&second, 'b');
    detail(&second, 1, 1, "overall", 1);
    assert_int_equal(office_take(office, buf_text(&second.lines), NULL), STATUS_BAD_INPUT);
    expect_refusal(office, "no response of its own lane");
    office_expect(november(office, "overall"), 0, 0, 0, 0, 1);
}

static void a_detail_cannot_answer_what_the_form_does_not_ask(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response response = office_response(1, 5);
    begin(&kiosk, 'a');
    snprintf(response.form, sizeof response.form, "mot-cau@1");
    office_kiosk_response(&kiosk, &response);
    detail(&kiosk, 1, 1, "agency", 3);
    assert_int_equal(office_take(office, buf_text(&kiosk.lines), NULL), STATUS_BAD_INPUT);
    expect_refusal(office, "its response's form does not have");
}

static void unreadable_lines_are_refused_by_number(void **state)
{
    struct office *office = *state;
    static const char *const cases[] = {"x\n", "\n", "{}\n", "{\"v\":2}\n", "[]\n", "{\"v\":1\n"};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(office_take(office, cases[i], NULL), STATUS_BAD_INPUT);
        expect_refusal(office, "line 1: ");
    }
}

static void taking_by_hand_leaves_an_audit_entry(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct ledger_head before, after;
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    const char *own = hublane_name(office->hub->lane);
    assert_int_equal(ledger_head_find(db, own, &before, &found, &office->err), STATUS_OK);
    begin(&kiosk, 'a');
    office_take_all(office, &kiosk);
    office_take_all(office, &kiosk); // nothing new: nothing to audit
    assert_int_equal(ledger_head_find(db, own, &after, &found, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    // That the lane was enrolled so, and that a file was taken.
    assert_int_equal(after.tree.size, before.tree.size + 2);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_lane_is_taken_and_its_figures_follow),
        WITH(the_root_is_that_of_the_lines),
        WITH(the_same_lines_again_change_nothing),
        WITH(a_gap_is_refused_with_the_size_to_go_on_from),
        WITH(other_bytes_under_a_known_number_are_named),
        WITH(an_id_counts_once_across_lanes),
        WITH(a_bad_entry_refuses_its_whole_batch),
        WITH(places_outside_the_setup_are_refused),
        WITH(a_detail_of_a_later_hour_is_refused),
        WITH(a_lane_begins_with_its_setup),
        WITH(a_setup_cut_between_two_pushes_is_put_together),
        cmocka_unit_test_setup_teardown(trial_and_sample_lanes_do_not_mix_with_real_ones,
                                        office_open_real, office_close),
        WITH(a_real_lane_is_refused_by_a_trial_hub),
        WITH(a_kiosk_cannot_send_what_only_a_hub_writes),
        WITH(a_changed_level_moves_between_the_same_cells),
        WITH(a_change_after_the_border_moves_the_response_where_it_was),
        WITH(a_detail_needs_its_response_in_its_own_lane),
        WITH(a_detail_cannot_answer_what_the_form_does_not_ask),
        WITH(unreadable_lines_are_refused_by_number),
        WITH(taking_by_hand_leaves_an_audit_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
