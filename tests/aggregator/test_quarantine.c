// SPDX-License-Identifier: MIT
// quarantine.c and accepted.c: the tail of a lane that was left (IND-17).
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_sql.h"
#include "quarantine.h"
#include "staff.h"
#include "stmt.h"

// A lane that both boxes wrote up to `common`, what the first one went on with, the tail of the
// other, and its new lane.
struct fork {
    struct office_kiosk old, tail, next;
    size_t common_bytes;
    int64_t common;
};

static void fork_end(struct fork *fork)
{
    office_kiosk_end(&fork->old);
    office_kiosk_end(&fork->tail);
    office_kiosk_end(&fork->next);
}

static void respond(struct office_kiosk *kiosk, int number, int level)
{
    struct response response = office_response(number, level);
    office_kiosk_response(kiosk, &response);
}

static enum status apply_active(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    return db_exec(db, "UPDATE lane SET state = 'active' WHERE kind = 'kiosk'", err);
}

// As when the former lane's key speaks for the new one.
static enum status apply_follow(struct db *db, struct writer_job *job, struct err *err)
{
    const struct staff_job *own = (const struct staff_job *)job;
    const struct fork *fork = own->data;
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT INTO successor (lane, former, confirmed) VALUES ('%s', '%s', 0)",
             fork->next.lane, fork->old.lane);
    return db_exec(db, sql, err);
}

static void begin_unknown(struct office *office, struct fork *fork)
{
    char members[256];
    office_kiosk_begin(&fork->old, 'a');
    office_kiosk_begin(&fork->tail, 'a');
    office_kiosk_begin(&fork->next, 'b');
    office_kiosk_setup(&fork->old, true, false);
    respond(&fork->old, 1, 5);
    fork->common_bytes = fork->old.lines.size_bytes;
    fork->common = fork->tail.seq = fork->old.seq;
    respond(&fork->old, 2, 4);
    office_take_all(office, &fork->old);
    snprintf(members, sizeof members,
             "\"part\":0,\"hour\":\"2026-11-03T09+07\",\"boot\":1,\"version\":\"0.1.0\",\"after\":{"
             "\"lane\":\"%s\",\"size\":%lld,\"root\":\"%064d\"},\"why\":\"fork\"",
             fork->old.lane, (long long)fork->common, 0);
    staff_entry(&fork->next, "boot", 70, members);
    office_kiosk_setup(&fork->next, true, false);
    office_take_all(office, &fork->next);
    struct staff_job job = {.office = office};
    assert_int_equal(staff_run(&job, apply_active), STATUS_OK);
}

static void begin(struct office *office, struct fork *fork)
{
    begin_unknown(office, fork);
    struct staff_job job = {.office = office, .data = fork};
    assert_int_equal(staff_run(&job, apply_follow), STATUS_OK);
}

struct body {
    const char *by_lane;
    const json_t *json;
};

static enum status apply_take(struct db *db, struct writer_job *job, struct err *err)
{
    struct staff_job *own = (struct staff_job *)job;
    const struct body *body = own->data;
    return quarantine_take(own->office->hub, db, body->by_lane, body->json, &own->count, err);
}

// Sends the lines of `tail` as `by`; gives what was taken, or -1 when it was refused.
static int64_t send(struct office *office, const struct office_kiosk *by,
                    const struct office_kiosk *tail, int64_t from)
{
    AUTO(json_decrefp)
    json_t *json =
        json_pack("{s:s, s:I, s:[]}", "of", tail->lane, "from", (json_int_t)from, "lines");
    const char *at = buf_text(&tail->lines);
    for (const char *feed = strchr(at, '\n'); feed != NULL; feed = strchr(at, '\n')) {
        json_array_append_new(json_object_get(json, "lines"),
                              json_stringn(at, (size_t)(feed - at)));
        at = feed + 1;
    }
    const struct body body = {.by_lane = by->lane, .json = json};
    struct staff_job job = {.office = office, .data = &body};
    return staff_run(&job, apply_take) == STATUS_OK ? job.count : -1;
}

static struct tally_counts quarter(struct office *office)
{
    return office_tally(office, 'a', OFFICE_UNIT, "", "overall", "2026-09-15", "2026-12-15");
}

static void accept(struct office *office, const struct fork *fork)
{
    const struct proposal proposal = {
        .act = "quarantine", .target = fork->old.lane, .field = "", .reason = ""};
    if (staff_two(office, &proposal) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static void a_tail_counts_only_after_two_people_accepted_it(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    begin(office, &fork);
    respond(&fork.tail, 3, 1);
    respond(&fork.tail, 4, 3);
    struct response detail = office_response(4, 2);
    detail.part = 1;
    office_kiosk_response(&fork.tail, &detail);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 3);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 0); // the same again
    office_expect(quarter(office), 0, 0, 0, 1, 1);
    staff_verify(office);
    accept(office, &fork);
    office_expect(quarter(office), 1, 1, 0, 1, 1);
    staff_verify(office);
    // nothing is left to accept, and the same again does not count twice
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 0);
    const struct proposal again = {
        .act = "quarantine", .target = fork.old.lane, .field = "", .reason = ""};
    assert_int_equal(staff_two(office, &again), STATUS_CONFLICT);
}

static void what_is_counted_already_is_passed_over(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    begin(office, &fork);
    respond(&fork.tail, 2, 1); // as in the lane that went on
    struct response detail = office_response(1, 1);
    detail.part = 1; // of a response before the fork
    office_kiosk_response(&fork.tail, &detail);
    respond(&fork.tail, 5, 3);
    struct response far = office_response(6, 3);
    far.hour = office_hour("2027-01-01T00+07"); // has not come yet
    office_kiosk_response(&fork.tail, &far);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 4);
    accept(office, &fork);
    office_expect(quarter(office), 0, 0, 1, 1, 1);
    staff_verify(office);
}

static void flags_clocks_and_voids_reach_an_accepted_response(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    char members[512], id[STAFF_ID_CHARS + 1];
    begin(office, &fork);
    respond(&fork.tail, 3, 1);
    struct response unset = office_response(4, 3);
    unset.hour = office_hour("2026-11-20T09+07");
    unset.clock_unset = true;
    office_kiosk_response(&fork.tail, &unset);
    respond(&fork.tail, 5, 2);
    staff_id(3, id);
    snprintf(
        members, sizeof members,
        "\"part\":0,\"hour\":\"2026-11-03T09+07\",\"rule\":\"burst\",\"version\":1,\"of\":[\"%s\"]",
        id);
    staff_entry(&fork.tail, "flag", 60, members);
    snprintf(members, sizeof members,
             "\"part\":0,\"from_seq\":%lld,\"to_seq\":%lld,\"first\":\"2026-11-10T08+07\",\"last\":"
             "\"2026-11-16T08+07\",\"by\":\"ntp\"",
             (long long)fork.common, (long long)fork.tail.seq);
    staff_entry(&fork.tail, "clock", 61, members);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 5);
    accept(office, &fork);
    office_expect(quarter(office), 0, 1, 1, 1, 1);
    office_expect(office_tally(office, 'b', OFFICE_UNIT, "", "overall", "2026-11-16", "2026-11-17"),
                  0, 0, 1, 0, 0);
    staff_verify(office);
    staff_rule(office, "void", 5);
    staff_rule(office, "unflag", 3);
    office_expect(quarter(office), 1, 0, 1, 1, 1);
    staff_verify(office);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-12");
    assert_int_equal(json_array_size(json_object_get(report, "time_ranges")), 1);
}

static void a_long_tail_takes_several_documents(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    enum { RESPONSES = 450 };
    begin(office, &fork);
    for (int i = 0; i < RESPONSES; i++)
        respond(&fork.tail, 100 + i, 2);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), RESPONSES);
    accept(office, &fork);
    office_expect(quarter(office), 0, RESPONSES, 0, 1, 1);
    staff_verify(office);
}

static void only_the_lane_that_goes_on_may_send_it(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    AUTO(office_kiosk_end) struct office_kiosk other;
    begin(office, &fork);
    respond(&fork.tail, 3, 1);
    office_kiosk_begin(&other, 'c');
    assert_int_equal(send(office, &other, &fork.tail, fork.common), -1); // unknown
    office_kiosk_setup(&other, true, false);
    office_take_all(office, &other);
    struct staff_job job = {.office = office};
    assert_int_equal(staff_run(&job, apply_active), STATUS_OK);
    assert_int_equal(send(office, &other, &fork.tail, fork.common), -1);
    assert_int_equal(office->err.status, STATUS_DENIED);
    // a wrong place, lines of another lane
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common + 1), -1);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 1);
    // other bytes under the same number
    buf_cut(&fork.tail.lines, 0);
    fork.tail.seq = fork.common;
    respond(&fork.tail, 8, 1);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), -1);
    assert_int_equal(office->err.status, STATUS_CONFLICT);
}

static void what_a_lane_says_of_itself_gives_it_no_right(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    begin_unknown(office, &fork); // its first entry says that it goes on after the other
    respond(&fork.tail, 3, 1);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), -1);
    assert_int_equal(office->err.status, STATUS_DENIED);
    struct staff_job job = {.office = office, .data = &fork};
    assert_int_equal(staff_run(&job, apply_follow), STATUS_OK);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 1);
}

static void a_tail_begins_in_the_ledger_and_has_no_gap(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    begin(office, &fork);
    const int64_t here = fork.old.seq;
    fork.tail.seq = here + 1;
    respond(&fork.tail, 3, 1);
    assert_int_equal(send(office, &fork.next, &fork.tail, here + 1), -1);
    assert_int_equal(office->err.status, STATUS_BAD_INPUT);
    buf_cut(&fork.tail.lines, 0);
    fork.tail.seq = here;
    respond(&fork.tail, 3, 1);
    assert_int_equal(send(office, &fork.next, &fork.tail, here), 1);
    buf_cut(&fork.tail.lines, 0);
    respond(&fork.tail, 4, 1); // the next one
    assert_int_equal(send(office, &fork.next, &fork.tail, here + 1), 1);
    buf_cut(&fork.tail.lines, 0);
    fork.tail.seq++;
    respond(&fork.tail, 5, 1); // not the one after that
    assert_int_equal(send(office, &fork.next, &fork.tail, here + 3), -1);
}

static int64_t propose(struct office *office, const struct person *person, const char *act,
                       const struct fork *fork)
{
    const struct proposal proposal = {
        .act = act, .target = fork->old.lane, .field = "", .reason = ""};
    int64_t n = 0;
    assert_int_equal(proposal_make(office->hub, person, &proposal, &n, &office->err), STATUS_OK);
    return n;
}

static void two_people_agree_on_what_the_first_one_saw(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    AUTO(json_decrefp) json_t *all = json_array();
    int64_t counted = 0;
    begin(office, &fork);
    const struct person one = staff_add(office, "Lan", "admin");
    const struct person two = staff_add(office, "Minh", "head");
    for (int i = 0; i < 9; i++)
        respond(&fork.tail, 10 + i, 2);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 9);
    const int64_t n = propose(office, &one, "quarantine", &fork);
    const int64_t first = fork.tail.seq;
    buf_cut(&fork.tail.lines, 0);
    respond(&fork.tail, 30, 5);
    assert_int_equal(send(office, &fork.next, &fork.tail, first), 1);
    assert_int_equal(proposal_confirm(office->hub, &two, n, &counted, &office->err),
                     STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, "not what was proposed"));
    office_expect(quarter(office), 0, 0, 0, 1, 1);
    const int64_t again = propose(office, &one, "quarantine", &fork);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(proposal_list(db, all, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    const json_t *seen = json_array_get(json_object_get(json_array_get(all, 0), "tails"), 0);
    const json_t *before = json_array_get(json_object_get(json_array_get(all, 1), "tails"), 0);
    assert_string_equal(json_text_or(seen, "by_lane", ""), fork.next.lane);
    assert_int_equal(json_int_or(seen, "first", -1), fork.common);
    assert_int_equal(json_int_or(seen, "last", -1), fork.common + 9);
    assert_int_equal(json_int_or(seen, "responses", -1), 10);
    assert_string_equal(json_text_or(seen, "from", ""), "2026-11-03");
    assert_int_equal(json_array_size(json_object_get(seen, "levels")), 5);
    assert_int_equal(json_array_size(json_object_get(before, "levels")), 0); // of nine
    assert_int_equal(proposal_confirm(office->hub, &two, again, &counted, &office->err), STATUS_OK);
    assert_int_equal(counted, 10);
    office_expect(quarter(office), 0, 9, 0, 1, 2);
}

static void a_tail_that_two_people_refuse_is_out_of_the_list_and_never_counts(void **state)
{
    struct office *office = *state;
    AUTO(fork_end) struct fork fork;
    AUTO(json_decrefp) json_t *tails = json_array();
    begin(office, &fork);
    respond(&fork.tail, 3, 1);
    assert_int_equal(send(office, &fork.next, &fork.tail, fork.common), 1);
    const struct proposal refuse = {
        .act = "discard", .target = fork.old.lane, .field = "", .reason = ""};
    const struct proposal count = {
        .act = "quarantine", .target = fork.old.lane, .field = "", .reason = ""};
    assert_int_equal(staff_two(office, &refuse), STATUS_OK);
    assert_int_equal(staff_two(office, &count), STATUS_CONFLICT);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(quarantine_list(db, tails, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(json_array_size(tails), 0);
    office_expect(quarter(office), 0, 0, 0, 1, 1);
    staff_verify(office);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_tail_counts_only_after_two_people_accepted_it),
        WITH(what_is_counted_already_is_passed_over),
        WITH(flags_clocks_and_voids_reach_an_accepted_response),
        WITH(a_long_tail_takes_several_documents),
        WITH(only_the_lane_that_goes_on_may_send_it),
        WITH(what_a_lane_says_of_itself_gives_it_no_right),
        WITH(a_tail_begins_in_the_ledger_and_has_no_gap),
        WITH(two_people_agree_on_what_the_first_one_saw),
        WITH(a_tail_that_two_people_refuse_is_out_of_the_list_and_never_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
