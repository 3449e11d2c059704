// SPDX-License-Identifier: MIT
// journal.c: appended once, following the transaction, and no change stays unseen.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "checkpoint.h"
#include "office.h"

// A journal entry of its own id; `fail` makes the job end with that status after appending.
struct append_job {
    struct writer_job job;
    struct journal *journal;
    uint8_t id[ENTRY_ID_BYTES];
    int64_t part;
    enum status fail;
    bool added;
};

static enum status apply_append(struct db *db, struct writer_job *job, struct err *err)
{
    struct append_job *append = (struct append_job *)job;
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, 1024);
    struct jsonw w;
    entry_tail_begin(&w, &tail, ENTRY_BOOT, append->id);
    jsonw_int(&w, "part", append->part);
    jsonw_text(&w, "hour", "2026-11-03T09+07");
    jsonw_int(&w, "boot", 1);
    jsonw_text(&w, "version", "thử");
    entry_tail_end(&w);
    TRY(journal_append(db, append->journal, append->id, append->part, NULL, &tail, &append->added,
                       err));
    return append->fail == STATUS_OK ? STATUS_OK : err_set(err, append->fail, "as asked");
}

static struct append_job append_of(struct office *office, uint32_t number)
{
    struct append_job append = {.job.apply = apply_append, .journal = office->kiosk->journal};
    memcpy(append.id, &number, sizeof number);
    return append;
}

static void done_nothing(struct writer_job *job)
{
    (void)job;
}

// In a few batches: all are queued, the last one is waited for.
static void add_many(struct office *office, uint32_t from, uint32_t count)
{
    struct append_job *jobs = calloc(count, sizeof *jobs);
    assert_non_null(jobs);
    for (uint32_t i = 0; i < count; i++) {
        jobs[i] = append_of(office, from + i);
        jobs[i].job.done = done_nothing;
        if (i + 1 < count)
            assert_int_equal(writer_submit(office->kiosk->writer, &jobs[i].job, &office->err),
                             STATUS_OK);
        else
            assert_int_equal(writer_run(office->kiosk->writer, &jobs[i].job, &office->err),
                             STATUS_OK);
    }
    free(jobs);
}

static enum status verify(struct office *office, uint64_t *ret_size)
{
    uint8_t root[CRYPTO_HASH_BYTES], head[CRYPTO_HASH_BYTES];
    uint64_t size = 0;
    struct db *db = NULL;
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    const enum status status =
        journal_verify(db, journal_lane(office->kiosk->journal), ret_size, root, &office->err);
    db_close(db);
    journal_head(office->kiosk->journal, &size, head);
    if (status == STATUS_OK)
        assert_memory_equal(root, head, sizeof root);
    return status;
}

// Changes the database behind the journal's back, as somebody with the file can.
static void tamper(struct office *office, const char *sql)
{
    char path[SCRATCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    struct db *db = NULL;
    struct db_schema unlocked = kiosk_schema;
    unlocked.append_only = NULL;
    assert_int_equal(db_open(path, DB_WRITE, &unlocked, &db, &office->err), STATUS_OK);
    assert_int_equal(db_exec(db,
                             "DROP TRIGGER IF EXISTS entry_no_update;"
                             "DROP TRIGGER IF EXISTS entry_no_delete;"
                             "DROP TRIGGER IF EXISTS entry_key_no_update;"
                             "DROP TRIGGER IF EXISTS entry_key_no_delete",
                             &office->err),
                     STATUS_OK);
    if (db_exec(db, sql, &office->err) != STATUS_OK)
        fail_msg("%s: %s", sql, office->err.text);
    db_close(db);
}

static enum status reopen_journal(struct office *office)
{
    char lane[ENTRY_LANE_CHARS + 1];
    struct journal *journal = NULL;
    struct db *db = NULL;
    assert_int_equal(kiosk_lane(office->folder, lane, &office->err), STATUS_OK);
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    const enum status status = journal_open(db, lane, &journal, &office->err);
    journal_close(journal);
    db_close(db);
    return status;
}

static void a_new_lane_begins_with_the_setup(void **state)
{
    struct office *office = *state;
    char line[ENTRY_LIMIT_BYTES];
    uint64_t size = 0;
    assert_int_equal(office_entries(office), 1);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"seq\":0,\"kind\":\"setup\""));
    assert_int_equal(verify(office, &size), STATUS_OK);
    assert_int_equal(size, 1);
}

static void entries_follow_each_other_and_the_root_is_the_trees(void **state)
{
    struct office *office = *state;
    uint64_t size = 0;
    for (uint32_t i = 1; i <= 5; i++) {
        struct append_job append = append_of(office, i);
        assert_int_equal(writer_run(office->kiosk->writer, &append.job, &office->err), STATUS_OK);
        assert_true(append.added);
        assert_int_equal(office_entries(office), i + 1);
    }
    assert_int_equal(verify(office, &size), STATUS_OK);
    assert_int_equal(size, 6);
    office_reopen(office);
    assert_int_equal(office_entries(office), 6);
    add_many(office, 100, 3);
    assert_int_equal(verify(office, &size), STATUS_OK);
    assert_int_equal(size, 9);
}

static void the_same_id_and_part_is_not_added_again(void **state)
{
    struct office *office = *state;
    struct append_job append = append_of(office, 1);
    assert_int_equal(writer_run(office->kiosk->writer, &append.job, &office->err), STATUS_OK);
    append.added = true;
    assert_int_equal(writer_run(office->kiosk->writer, &append.job, &office->err), STATUS_OK);
    assert_false(append.added);
    assert_int_equal(office_entries(office), 2);
    append.part = 1;
    assert_int_equal(writer_run(office->kiosk->writer, &append.job, &office->err), STATUS_OK);
    assert_true(append.added);
    assert_int_equal(office_entries(office), 3);
}

static void a_job_that_fails_leaves_no_entry_and_no_gap(void **state)
{
    struct office *office = *state;
    uint64_t size = 0;
    static const enum status FAILURES[] = {STATUS_CONFLICT, STATUS_GONE, STATUS_NOT_FOUND};
    for (size_t i = 0; i < ARRAY_SIZE(FAILURES); i++) {
        struct append_job append = append_of(office, 50);
        append.fail = FAILURES[i];
        assert_int_equal(writer_run(office->kiosk->writer, &append.job, &office->err), FAILURES[i]);
        assert_int_equal(office_entries(office), 1 + i);
        add_many(office, 200 + (uint32_t)i, 1);
    }
    assert_int_equal(verify(office, &size), STATUS_OK);
    assert_int_equal(size, 4);
}

static void every_kind_of_tampering_is_found(void **state)
{
    static const struct {
        const char *sql;
        const char *found; // in verify's text
        bool at_start;     // seen without reading the whole lane
    } CASES[] = {
        {"UPDATE entry SET line = replace(line, 'boot\":1', 'boot\":2') WHERE seq = 7",
         "entries 0 to 1023", false},
        {"UPDATE entry SET line = replace(line, 'boot\":1', 'boot\":2') WHERE seq = 1100",
         "entries 1088 to 1103", true},
        {"DELETE FROM entry WHERE seq = 1104", "entry 1104", true},
        {"DELETE FROM entry WHERE seq = 500", "entry 500", true},
        {"DELETE FROM entry WHERE seq = 3", "entry 3", false},
        {"DELETE FROM entry WHERE seq > 1000", "entry 1001", true},
        {"INSERT INTO entry SELECT 1105, line FROM entry WHERE seq = 1", "entry 1105", true},
        {"UPDATE entry SET line = (SELECT line FROM entry WHERE seq = 8) WHERE seq = 7", "entry 7",
         false},
        {"UPDATE entry_key SET id = zeroblob(16), part = 99 WHERE seq = 20",
         "entry 20: an id is filed for it that no entry has", false},
        {"UPDATE entry_key SET seq = 21 WHERE seq = 20", "entry 20: its id is filed under entry 21",
         false},
        {"UPDATE entry_key SET seq = 41 - seq WHERE seq IN (20, 21)",
         ": its id is filed under entry 2", false},
        {"DELETE FROM entry_key WHERE seq = 20", "entry 20: it is not filed", false},
        {"INSERT INTO entry_key VALUES (zeroblob(16), 1, 20, NULL)", "an id is filed", false},
        {"UPDATE entry SET line = '{}' WHERE seq = 1104", "entry 1104", true},
        {"UPDATE head SET size = size - 1", "head", true},
        {"UPDATE head SET frontier = zeroblob(length(frontier))", "entries 0", true},
        {"UPDATE head SET lane = '00000000000000000000000000000000'", "lane", true},
        {"DELETE FROM head", "init", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        void *one = NULL;
        office_setup(&one);
        struct office *office = one;
        uint64_t size = 0;
        add_many(office, 1, 1104); // with the setup 1,105 = 2^10 + 2^6 + 2^4 + 1
        assert_int_equal(office_entries(office), 1105);
        tamper(office, CASES[i].sql);
        const enum status verified = verify(office, &size);
        if (verified == STATUS_OK)
            fail_msg("%s: verify finds nothing", CASES[i].sql);
        if (strstr(office->err.text, CASES[i].found) == NULL)
            fail_msg("%s: verify says %s", CASES[i].sql, office->err.text);
        if ((reopen_journal(office) != STATUS_OK) != CASES[i].at_start)
            fail_msg("%s: at the start: %s", CASES[i].sql, office->err.text);
        office_teardown(&one);
    }
}

// An entry changed and the head fitted to it: only what was signed before can tell.
static void the_start_holds_the_end_against_the_newest_checkpoint(void **state)
{
    struct office *office = *state;
    add_many(office, 1, 40);
    assert_int_equal(checkpoint_make(office->kiosk, NULL, &office->err), STATUS_OK);
    add_many(office, 100, 9);
    assert_int_equal(reopen_journal(office), STATUS_OK);
    tamper(office, "UPDATE checkpoint SET note = replace(note, 'hour', 'hours')");
    assert_int_equal(reopen_journal(office), STATUS_OK); // its signature is for `verify`
    tamper(office, "UPDATE checkpoint SET note = replace(note, char(10) || size || char(10), "
                   "char(10) || (size + 1) || char(10))");
    assert_int_equal(reopen_journal(office), STATUS_CHECK_FAILED);
    assert_non_null(strstr(office->err.text, "newest checkpoint"));
    tamper(office, "UPDATE checkpoint SET note = replace(note, char(10) || (size + 1) || char(10), "
                   "char(10) || 5000 || char(10))");
    assert_int_equal(reopen_journal(office), STATUS_CHECK_FAILED);
    assert_non_null(strstr(office->err.text, "old backup"));
}

static void a_journal_of_another_key_is_refused(void **state)
{
    struct office *office = *state;
    struct journal *journal = NULL;
    struct db *db = NULL;
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    assert_int_equal(journal_open(db, "0123456789abcdef0123456789abcdef", &journal, &office->err),
                     STATUS_CHECK_FAILED);
    assert_null(journal);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_lane_begins_with_the_setup, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(entries_follow_each_other_and_the_root_is_the_trees,
                                        office_setup, office_teardown),
        cmocka_unit_test_setup_teardown(the_same_id_and_part_is_not_added_again, office_setup,
                                        office_teardown),
        cmocka_unit_test_setup_teardown(a_job_that_fails_leaves_no_entry_and_no_gap, office_setup,
                                        office_teardown),
        cmocka_unit_test(every_kind_of_tampering_is_found),
        cmocka_unit_test_setup_teardown(the_start_holds_the_end_against_the_newest_checkpoint,
                                        office_setup, office_teardown),
        cmocka_unit_test_setup_teardown(a_journal_of_another_key_is_refused, office_setup,
                                        office_teardown),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
