// SPDX-License-Identifier: MIT
// hub.c, hub_actions.c, hub_verify.c and hub_serve.c: data directories, joining, files, and what
// verify finds.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "hub_actions.h"
#include "hub_serve.h"
#include "hub_sql.h"
#include "hub_verify.h"
#include "office.h"

static void in_folder(const struct office *office, const char *name, char path[SCRATCH_PATH_SIZE])
{
    scratch_path(&office->scratch, name, path);
}

static void a_folder_is_made_once_and_private(void **state)
{
    struct office *office = *state;
    char path[SCRATCH_PATH_SIZE];
    struct stat facts;
    in_folder(office, "setup.json", path);
    assert_int_equal(hub_init(office->folder, path, &office->err), STATUS_CONFLICT);
    in_folder(office, "hub/keys", path);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    in_folder(office, "hub/keys/lane.key", path);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
}

static void an_init_that_was_cut_short_can_be_run_again(void **state)
{
    struct office *office = *state;
    char setup[SCRATCH_PATH_SIZE], made[SCRATCH_PATH_SIZE];
    char lane[ENTRY_LANE_CHARS + 1];
    snprintf(lane, sizeof lane, "%s", hublane_name(office->hub->lane));
    hub_close(office->hub);
    office->hub = NULL;
    in_folder(office, "setup.json", setup);
    in_folder(office, "hub/setup.json", made);
    assert_int_equal(remove(made), 0);
    assert_int_equal(hub_init(office->folder, setup, &office->err), STATUS_OK);
    assert_int_equal(hub_open(office->folder, HUB_WRITE, &office->hub, &office->err), STATUS_OK);
    assert_string_equal(hublane_name(office->hub->lane), lane);
}

// Writes a setup that judges fewer answers already.
static void write_other_setup(struct office *office, const char *name)
{
    AUTO(buf_done) struct buf setup;
    char path[SCRATCH_PATH_SIZE];
    buf_init(&setup, SETUP_LIMIT_BYTES);
    office_setup_text(true, false, &setup);
    char *at = strstr(setup.data, "\"insufficient_below\": 30");
    assert_non_null(at);
    memcpy(at, "\"insufficient_below\": 10", strlen("\"insufficient_below\": 30"));
    in_folder(office, name, path);
    assert_int_equal(file_write(path, setup.data, setup.size_bytes, 0600, &office->err), STATUS_OK);
}

static void an_init_that_was_cut_short_goes_on_with_its_own_setup_only(void **state)
{
    struct office *office = *state;
    char setup[SCRATCH_PATH_SIZE], made[SCRATCH_PATH_SIZE];
    hub_close(office->hub);
    office->hub = NULL;
    write_other_setup(office, "setup.json");
    in_folder(office, "setup.json", setup);
    in_folder(office, "hub/setup.json", made);
    assert_int_equal(remove(made), 0);
    assert_int_equal(hub_init(office->folder, setup, &office->err), STATUS_CONFLICT);
    assert_false(file_exists(made));
}

static void a_setup_that_was_exchanged_is_refused(void **state)
{
    struct office *office = *state;
    struct hub *other = NULL;
    static const enum hub_mode modes[] = {HUB_READ, HUB_WRITE};
    struct hub_verify_figures figures;
    write_other_setup(office, "hub/setup.json");
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        assert_int_equal(hub_open(office->folder, modes[i], &other, &office->err),
                         STATUS_CHECK_FAILED);
        assert_non_null(strstr(office->err.text, "put the original file back"));
        assert_null(other);
    }
    // One that was opened before, with what it read then.
    office->hub->setup_sha256[0] ^= 1;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(hub_verify(office->hub, db, &figures, &office->err), STATUS_CHECK_FAILED);
    dbpool_give(office->hub->readers, db);
    assert_non_null(strstr(office->err.text, "setup.json"));
}

static void a_folder_without_a_hub_says_so(void **state)
{
    struct office *office = *state;
    struct hub *hub = NULL;
    char folder[SCRATCH_PATH_SIZE];
    in_folder(office, "none", folder);
    assert_int_equal(hub_open(folder, HUB_READ, &hub, &office->err), STATUS_NOT_FOUND);
    assert_non_null(strstr(office->err.text, "init"));
}

static void a_bad_setup_makes_nothing(void **state)
{
    struct office *office = *state;
    char setup[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    in_folder(office, "bad.json", setup);
    in_folder(office, "other", folder);
    assert_int_equal(file_write(setup, "{\"v\":1}", 7, 0600, &office->err), STATUS_OK);
    assert_int_equal(hub_init(folder, setup, &office->err), STATUS_BAD_INPUT);
    assert_false(file_exists(folder));
}

static enum status act(struct office *office, json_t *request, json_t **ret_reply)
{
    enum status status = hub_actions_answer(office->hub, request, ret_reply, &office->err);
    json_decref(request);
    return status;
}

static void phrases_are_made_for_units_of_the_setup_only(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *unit;
        enum status status;
    } cases[] = {{"05533", STATUS_OK},
                 {"19", STATUS_OK},
                 {"5533", STATUS_BAD_INPUT},
                 {"", STATUS_BAD_INPUT}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json_decrefp) json_t *reply = NULL;
        assert_int_equal(
            act(office, json_pack("{s:s, s:s}", "command", "join", "unit", cases[i].unit), &reply),
            cases[i].status);
    }
    json_t *none = NULL;
    assert_int_equal(act(office, json_pack("{s:s}", "command", "dance"), &none), STATUS_BAD_INPUT);
}

static void fill(struct office_kiosk *kiosk, int responses)
{
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, true, false);
    for (int i = 0; i < responses; i++) {
        struct response response = office_response(i, 1 + i % 5);
        office_kiosk_response(kiosk, &response);
    }
}

// ---- verify ----------------------------------------------------------------------------------

static enum status verify(struct office *office)
{
    struct hub_verify_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = hub_verify(office->hub, db, &figures, &office->err);
    dbpool_give(office->hub->readers, db);
    return status;
}

// What somebody with the file and a SQLite shell can do.
static void tamper(struct office *office, const char *sql)
{
    char path[SCRATCH_PATH_SIZE];
    struct db_schema unlocked = hub_schema;
    AUTO(db_closep) struct db *db = NULL;
    in_folder(office, "hub/hub.db", path);
    unlocked.append_only = NULL;
    assert_int_equal(db_open(path, DB_WRITE, &unlocked, &db, &office->err), STATUS_OK);
    if (db_exec(db, sql, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

#define UNLOCK "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; "
// The one kiosk's.
#define LANE_A "lane IN (SELECT lane FROM lane WHERE kind = 'kiosk')"

static void what_was_taken_verifies(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    fill(&kiosk, 50);
    office_take_all(office, &kiosk);
    assert_int_equal(verify(office), STATUS_OK);
}

static void import_paper(struct office *office)
{
    static const char rows[] = "unit,day,area,item,level,count\n05533,2026-11-03,HT,overall,5,7\n"
                               "05533,2026-11-03,HT,overall,9,1\n";
    AUTO(json_decrefp) json_t *reply = NULL;
    char path[SCRATCH_PATH_SIZE];
    in_folder(office, "paper.csv", path);
    assert_int_equal(file_write(path, rows, strlen(rows), 0600, &office->err), STATUS_OK);
    assert_int_equal(
        act(office, json_pack("{s:s, s:s, s:b}", "command", "paper", "path", path, "skip_bad", 1),
            &reply),
        STATUS_OK);
    assert_int_equal(json_int_or(reply, "taken", -1), 1);
}

static void every_way_of_cheating_is_found(void **state)
{
    struct office *office = *state;
    static const struct {
        const char *sql, *found;
    } cases[] = {
        {UNLOCK "UPDATE ledger SET line = replace(line, '\"overall\":1', '\"overall\":5') "
                "WHERE " LANE_A " AND seq = 2",
         "entries 0 to 7: changed after it was written"},
        {UNLOCK "UPDATE ledger SET line = replace(line, 'tthc@1', 'xxxx@1') "
                "WHERE " LANE_A " AND seq = 4",
         "entry 4"},
        {UNLOCK "DELETE FROM ledger WHERE " LANE_A " AND seq = 5", "entry 5"},
        {UNLOCK "DELETE FROM ledger WHERE " LANE_A " AND seq = 11", "entry 11: missing"},
        {UNLOCK "UPDATE ledger SET seq = 99 WHERE " LANE_A " AND seq = 11", "entry 11"},
        {UNLOCK "UPDATE ledger SET part = 7 WHERE " LANE_A " AND seq = 6", "entry 6"},
        {"UPDATE tally_a SET n5 = n5 + 1 WHERE unit = '05533'", "table tally_a"},
        {"UPDATE tally_b SET n1 = 0 WHERE unit = '05533'", "table tally_b"},
        {"DELETE FROM tally_c", "table tally_c"},
        {"UPDATE response SET answers = '{\"overall\":5}'", "table response"},
        // So that the same file would count again.
        {"DELETE FROM import", "table import"},
        {"UPDATE import SET skipped = 0", "table import"},
        {"UPDATE import SET day = day - 1", "table import"},
        {"UPDATE lane SET unit = '19' WHERE " LANE_A, "unit, trial or sample"},
        {"UPDATE lane SET trial = 0 WHERE " LANE_A, "unit, trial or sample"},
        {"UPDATE lane SET sample = 1 WHERE " LANE_A, "unit, trial or sample"},
        {"UPDATE lane SET trial = 0 WHERE kind = 'hub'", "unit, trial or sample"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        if (i > 0) {
            assert_int_equal(office_close(state), 0);
            assert_int_equal(office_open(state), 0);
        }
        fill(&kiosk, 10);
        assert_int_equal(kiosk.seq, 12);
        office_take_all(office, &kiosk);
        import_paper(office);
        assert_int_equal(verify(office), STATUS_OK);
        tamper(office, cases[i].sql);
        assert_int_equal(verify(office), STATUS_CHECK_FAILED);
        if (strstr(office->err.text, cases[i].found) == NULL)
            fail_msg("%s: %s", cases[i].sql, office->err.text);
    }
}

static void only_this_machine_is_served(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:8090", true},
        {"127.1.2.3:0", true},
        {"[::1]:8090", true},
        {"localhost:8090", true},
        {"0.0.0.0:8090", false},
        {"[::]:8090", false},
        {"192.168.1.5:80", false},
        {"127.0.0.1.evil:1", false},
        {"127.evil.example:1", false},
        {"128.0.0.1:8090", false},
        {"localhost.evil:1", false},
        {"hub.example:80", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(hub_serve_is_loopback(cases[i].address), cases[i].loopback);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_folder_is_made_once_and_private),
        WITH(an_init_that_was_cut_short_can_be_run_again),
        WITH(an_init_that_was_cut_short_goes_on_with_its_own_setup_only),
        WITH(a_setup_that_was_exchanged_is_refused),
        WITH(a_folder_without_a_hub_says_so),
        WITH(a_bad_setup_makes_nothing),
        WITH(phrases_are_made_for_units_of_the_setup_only),
        WITH(what_was_taken_verifies),
        WITH(every_way_of_cheating_is_found),
        cmocka_unit_test(only_this_machine_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
