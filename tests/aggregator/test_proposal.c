// SPDX-License-Identifier: MIT
// proposal.c, act.c and people_actions.c: who may, and what follows.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_actions.h"
#include "hub_sql.h"
#include "outgoing.h"
#include "staff.h"
#include "stmt.h"

static void begin(struct office *office, struct office_kiosk *kiosk, json_t *texts)
{
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, true, false);
    for (int i = 1; i <= 3; i++) {
        struct response response = office_response(i, i);
        office_kiosk_response(kiosk, &response);
    }
    staff_text(kiosk, 20, "Gọi tôi số 0912 345 678.", "hộp kín", texts);
    office_take_all(office, kiosk);
    assert_int_equal(staff_deposit(office, kiosk, texts, NULL), STATUS_OK);
}

static struct proposal of_one(const char *act, char id[STAFF_ID_CHARS + 1], int number)
{
    staff_id(number, id);
    return (struct proposal){.act = act, .target = id, .field = "", .reason = "thử"};
}

static void roles_decide_who_proposes_and_who_confirms(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    static const struct {
        const char *role;
        enum status proposes, confirms;
    } cases[] = {
        {"admin", STATUS_OK, STATUS_OK},       {"head", STATUS_OK, STATUS_OK},
        {"officer", STATUS_OK, STATUS_DENIED}, {"viewer", STATUS_DENIED, STATUS_DENIED},
        {"auditor", STATUS_DENIED, STATUS_OK},
    };
    begin(office, &kiosk, texts);
    const struct person first = staff_add(office, "Người đề nghị", "officer");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char id[STAFF_ID_CHARS + 1];
        struct proposal proposal = of_one(i % 2 == 0 ? "void" : "unvoid", id, 1);
        int64_t n = 0, counted = 0;
        const struct person person = staff_add(office, cases[i].role, cases[i].role);
        const struct proposal other = of_one("flag", (char[STAFF_ID_CHARS + 1]){""}, 3);
        assert_int_equal(proposal_make(office->hub, &person, &other, &n, &office->err),
                         cases[i].proposes);
        // Only what was confirmed changes what can be proposed next.
        proposal.act = i == 0 ? "void" : i == 1 ? "unvoid" : i == 4 ? "void" : "flag";
        assert_int_equal(proposal_make(office->hub, &first, &proposal, &n, &office->err),
                         STATUS_OK);
        assert_int_equal(proposal_confirm(office->hub, &person, n, &counted, &office->err),
                         cases[i].confirms);
    }
    staff_verify(office);
}

static void nobody_is_two_people(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    char id[STAFF_ID_CHARS + 1];
    int64_t n = 0, counted = 0;
    begin(office, &kiosk, texts);
    const struct person one = staff_add(office, "A", "admin"), two = staff_add(office, "B", "head");
    const struct proposal proposal = of_one("void", id, 1);
    assert_int_equal(proposal_make(office->hub, &one, &proposal, &n, &office->err), STATUS_OK);
    assert_int_equal(proposal_confirm(office->hub, &one, n, &counted, &office->err), STATUS_DENIED);
    assert_int_equal(proposal_confirm(office->hub, &two, n + 1, &counted, &office->err),
                     STATUS_NOT_FOUND);
    // who proposed it has gone
    assert_int_equal(person_remove(office->hub, "A", &office->err), STATUS_OK);
    assert_int_equal(proposal_confirm(office->hub, &two, n, &counted, &office->err), STATUS_DENIED);
    staff_add(office, "A", "admin");
    assert_int_equal(proposal_confirm(office->hub, &two, n, &counted, &office->err), STATUS_OK);
    assert_int_equal(proposal_confirm(office->hub, &two, n, &counted, &office->err),
                     STATUS_CONFLICT);
}

static void a_refused_proposal_does_nothing(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    char id[STAFF_ID_CHARS + 1];
    int64_t n = 0, own = 0, counted = 0;
    begin(office, &kiosk, texts);
    const struct person officer = staff_add(office, "A", "officer");
    const struct person head = staff_add(office, "B", "head");
    const struct person viewer = staff_add(office, "C", "viewer");
    const struct proposal proposal = of_one("void", id, 1);
    assert_int_equal(proposal_make(office->hub, &officer, &proposal, &n, &office->err), STATUS_OK);
    assert_int_equal(proposal_make(office->hub, &officer, &proposal, &own, &office->err),
                     STATUS_OK);
    assert_int_equal(proposal_refuse(office->hub, &viewer, n, &office->err), STATUS_DENIED);
    assert_int_equal(proposal_refuse(office->hub, &head, n, &office->err), STATUS_OK);
    assert_int_equal(proposal_refuse(office->hub, &officer, own, &office->err), STATUS_OK);
    assert_int_equal(proposal_confirm(office->hub, &head, n, &counted, &office->err),
                     STATUS_CONFLICT);
    office_expect(office_tally(office, 'a', OFFICE_UNIT, "", "overall", "2026-09-15", "2026-12-15"),
                  1, 1, 1, 0, 0);
}

static void what_is_proposed_must_be_there(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    char one[STAFF_ID_CHARS + 1], text[STAFF_ID_CHARS + 1], none[STAFF_ID_CHARS + 1];
    char twice[2 * STAFF_ID_CHARS + 2], many[66 * (STAFF_ID_CHARS + 1)] = "";
    int64_t n = 0;
    begin(office, &kiosk, texts);
    const struct person person = staff_add(office, "A", "head");
    struct person elsewhere = person;
    snprintf(elsewhere.unit, sizeof elsewhere.unit, "99999");
    staff_id(1, one);
    staff_id(20, text);
    staff_id(99, none);
    snprintf(twice, sizeof twice, "%s %s", one, one);
    for (int i = 0; i < PROPOSAL_IDS_MAX + 1; i++) {
        strcat(many, i > 0 ? " " : "");
        strcat(many, one);
    }
    const struct {
        struct proposal proposal;
        enum status status;
    } cases[] = {
        {{"void", none, "", "x"}, STATUS_BAD_INPUT},
        {{"void", text, "", "x"}, STATUS_BAD_INPUT},
        {{"void", "zz", "", "x"}, STATUS_BAD_INPUT},
        {{"void", "", "", "x"}, STATUS_BAD_INPUT},
        {{"void", twice, "", "x"}, STATUS_BAD_INPUT},
        {{"void", many, "", "x"}, STATUS_BAD_INPUT},
        {{"void", one, "", ""}, STATUS_BAD_INPUT},
        {{"void", one, "", "hai\ndòng"}, STATUS_BAD_INPUT},
        {{"unvoid", one, "", "x"}, STATUS_CONFLICT},
        {{"redact", one, "text", "law"}, STATUS_BAD_INPUT},
        {{"redact", text, "text", "vì tôi muốn"}, STATUS_BAD_INPUT},
        {{"redact", text, "hour", "law"}, STATUS_BAD_INPUT},
        {{"redact", text, "contact", "law"}, STATUS_OK},
        {{"quarantine", kiosk.lane, "", ""}, STATUS_CONFLICT},
        {{"quarantine", "0", "", ""}, STATUS_BAD_INPUT},
        {{"void", one, "", "x"}, STATUS_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (proposal_make(office->hub, &person, &cases[i].proposal, &n, &office->err) !=
            cases[i].status)
            fail_msg("case %zu: %s", i, office->err.text);
    const struct proposal beyond = {"void", one, "", "x"};
    assert_int_equal(proposal_make(office->hub, &elsewhere, &beyond, &n, &office->err),
                     STATUS_DENIED);
}

// The newest proposal's state, and what waits in all.
static void expect_state(struct office *office, const char *state, int64_t waiting)
{
    AUTO(json_decrefp) json_t *rows = json_array();
    struct proposal_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = proposal_list(db, rows, &office->err);
    if (status == STATUS_OK)
        status = proposal_figures(db, &figures, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(json_text_or(json_array_get(rows, 0), "state", ""), state);
    assert_int_equal(figures.waiting, waiting);
}

static json_t *messages(struct office *office, const char *lane)
{
    json_t *list = json_array();
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = outgoing_list(db, lane, list, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    return list;
}

static void a_redaction_waits_for_the_kiosks_own(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    char members[256], id[STAFF_ID_CHARS + 1];
    int64_t taken = 0;
    begin(office, &kiosk, texts);
    staff_id(20, id);
    const struct proposal proposal = {"redact", id, "text", "personal_data"};
    assert_int_equal(staff_two(office, &proposal), STATUS_OK);
    expect_state(office, "waiting", 1);
    AUTO(json_decrefp) json_t *down = messages(office, kiosk.lane);
    assert_int_equal(json_array_size(down), 1);
    assert_string_equal(json_text_or(json_array_get(down, 0), "type", ""), "erase");
    assert_non_null(strstr(json_text_or(json_array_get(down, 0), "text", ""), id));
    assert_non_null(strstr(json_text_or(json_array_get(down, 0), "text", ""),
                           "[\"Lê Thị Bình\",\"Trần Văn Cường\"]"));
    // gone here at once, and not taken again
    assert_int_equal(staff_deposit(office, &kiosk, texts, &taken), STATUS_OK);
    assert_int_equal(taken, 0);
    assert_int_equal(staff_two(office, &proposal), STATUS_CONFLICT);
    snprintf(members, sizeof members,
             "\"part\":0,\"day\":\"2026-11-21\",\"of\":\"%s\",\"field\":\"text\",\"reason\":"
             "\"personal_data\",\"by\":[\"Lê Thị Bình\",\"Trần Văn Cường\"]",
             id);
    staff_entry(&kiosk, "redaction", 60, members);
    office_take_all(office, &kiosk);
    expect_state(office, "done", 0);
    staff_verify(office);
}

static enum status answer(struct office *office, json_t *request, json_t **ret_reply)
{
    AUTO(json_decrefp) json_t *owned = request;
    assert_non_null(owned);
    return hub_actions_answer(office->hub, owned, ret_reply, &office->err);
}

static void the_command_line_goes_all_the_way(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *texts = json_array();
    AUTO(json_decrefp) json_t *made = NULL;
    AUTO(json_decrefp) json_t *proposed = NULL;
    AUTO(json_decrefp) json_t *done = NULL;
    AUTO(json_decrefp) json_t *again = NULL;
    char id[STAFF_ID_CHARS + 1];
    begin(office, &kiosk, texts);
    staff_id(1, id);
    assert_int_equal(
        answer(office,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", "user", "act", "add", "name", "A",
                         "role", "head", "passphrase", "một hai ba bốn năm"),
               &made),
        STATUS_OK);
    staff_add(office, "B", "auditor");
    assert_int_equal(answer(office,
                            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "command", "propose", "act",
                                      "void", "target", id, "reason", "thử", "user", "A",
                                      "passphrase", "một hai ba bốn năm"),
                            &proposed),
                     STATUS_OK);
    assert_int_equal(answer(office,
                            json_pack("{s:s, s:I, s:s, s:s}", "command", "confirm", "proposal",
                                      (json_int_t)json_int_or(proposed, "n", 0), "user", "B",
                                      "passphrase", "một hai ba bốn năm"),
                            &again),
                     STATUS_UNAUTHORIZED);
    assert_int_equal(answer(office,
                            json_pack("{s:s, s:I, s:s, s:s}", "command", "confirm", "proposal",
                                      (json_int_t)json_int_or(proposed, "n", 0), "user", "B",
                                      "passphrase", "bốn con trâu qua cầu"),
                            &done),
                     STATUS_OK);
    office_expect(office_tally(office, 'a', OFFICE_UNIT, "", "overall", "2026-09-15", "2026-12-15"),
                  0, 1, 1, 0, 0);
    AUTO(json_decrefp) json_t *removed = NULL;
    assert_int_equal(
        answer(office,
               json_pack("{s:s, s:s, s:s}", "command", "user", "act", "remove", "name", "A"),
               &removed),
        STATUS_OK);
    staff_verify(office);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(roles_decide_who_proposes_and_who_confirms),
        WITH(nobody_is_two_people),
        WITH(a_refused_proposal_does_nothing),
        WITH(what_is_proposed_must_be_there),
        WITH(a_redaction_waits_for_the_kiosks_own),
        WITH(the_command_line_goes_all_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
