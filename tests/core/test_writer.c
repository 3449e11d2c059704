// SPDX-License-Identifier: MIT
// writer.c and commit.c: group commit, hooks, refusals and the queue's limit.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "coretest_sql.h"
#include "notes.h"
#include "sqlite.h"
#include "stmt.h"

static void a_confirmed_job_is_in_the_database(void **state)
{
    struct fixture *f = *state;
    struct note_job note = notes_job(f, 1);
    note.told_as = -1;
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    assert_int_equal(note.job.status, STATUS_OK);
    assert_int_equal(note.told_as, -1); // writer_run ignores done()
    assert_int_equal(notes_count(f), 1);
    assert_string_equal(f->calls, "bscd");
    assert_int_equal(f->written, 1);
}

static void done_see_committed(struct writer_job *job)
{
    struct note_job *note = (struct note_job *)job;
    note->told_as = (int)notes_count(note->fixture);
}

static void done_comes_after_the_commit(void **state)
{
    struct fixture *f = *state;
    struct note_job note = notes_job(f, 1);
    note.job.done = done_see_committed;
    assert_int_equal(writer_submit(f->writer, &note.job, &f->err), STATUS_OK);
    writer_close(f->writer);
    f->writer = NULL;
    assert_int_equal(note.told_as, 1);
}

static void what_waits_is_committed_together_up_to_the_cap(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int jobs, batches;
    } CASES[] = {{0, 1}, {1, 2}, {512, 2}, {513, 3}, {1024, 3}};
    struct note_job *jobs = calloc(1024, sizeof(*jobs));
    for (size_t c = 0; c < ARRAY_SIZE(CASES); c++) {
        struct note_job first;
        struct writer_figures before = writer_figures(f->writer);
        notes_halt(f, &first);
        for (int i = 0; i < CASES[c].jobs; i++) {
            jobs[i] = notes_job(f, (int)c * 2000 + i);
            assert_int_equal(writer_submit(f->writer, &jobs[i].job, &f->err), STATUS_OK);
        }
        assert_int_equal(writer_figures(f->writer).queued, CASES[c].jobs);
        notes_go_on(f);
        writer_close(f->writer);
        for (int i = 1; i < CASES[c].jobs; i++)
            assert_int_equal(jobs[i].told_as, jobs[i - 1].told_as + 1);
        assert_int_equal(atomic_load(&f->told), CASES[c].jobs + 1);
        assert_int_equal(before.batches, 0);
        f->gate.reached = f->gate.open = false;
        memset(f->calls, 0, sizeof(f->calls));
        atomic_store(&f->told, 0);
        notes_open_writer(f, NOTES_JOB_MAX);
    }
    assert_int_equal(notes_count(f), 0 + 1 + 512 + 513 + 1024);
    free(jobs);
}

static void the_figures_count_jobs_and_batches(void **state)
{
    struct fixture *f = *state;
    for (int i = 1; i <= 3; i++) {
        struct note_job note = notes_job(f, i);
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
        struct writer_figures figures = writer_figures(f->writer);
        assert_int_equal(figures.jobs, i);
        assert_int_equal(figures.batches, i);
        assert_int_equal(figures.queued, 0);
    }
}

static void a_refused_job_undoes_itself_alone(void **state)
{
    struct fixture *f = *state;
    static const enum status REFUSALS[] = {STATUS_CONFLICT,  STATUS_GONE, STATUS_BAD_INPUT,
                                           STATUS_NO_MEMORY, STATUS_BUSY, STATUS_INTERNAL};
    enum { COUNT = 2 * ARRAY_SIZE(REFUSALS) };
    struct note_job jobs[COUNT];
    for (int i = 0; i < COUNT; i++) {
        jobs[i] = notes_job(f, i);
        jobs[i].wanted = i % 2 == 0 ? REFUSALS[i / 2] : STATUS_OK;
    }
    notes_run_together(f, jobs, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(jobs[i].job.status, jobs[i].wanted);
        assert_string_equal(jobs[i].job.err.text, i % 2 == 0 ? "as wanted" : "");
    }
    assert_int_equal(notes_count(f), COUNT / 2);
    assert_int_equal(f->value, COUNT / 2);
    assert_int_equal(f->written, COUNT / 2);
    assert_string_equal(f->calls, "cdbsrssrssrssrssrssrscd");
}

static void the_same_code_twice_in_a_batch_is_a_conflict_of_the_second(void **state)
{
    struct fixture *f = *state;
    struct note_job jobs[3] = {notes_job(f, 1), notes_job(f, 1), notes_job(f, 2)};
    notes_run_together(f, jobs, 3);
    assert_int_equal(jobs[0].job.status, STATUS_OK);
    assert_int_equal(jobs[1].job.status, STATUS_CONFLICT);
    assert_int_equal(jobs[2].job.status, STATUS_OK);
    assert_int_equal(notes_count(f), 2);
}

static void past_its_limit_the_queue_refuses(void **state)
{
    struct fixture *f = *state;
    writer_close(f->writer);
    notes_open_writer(f, 2);
    struct note_job first, jobs[3] = {notes_job(f, 1), notes_job(f, 2), notes_job(f, 3)};
    notes_halt(f, &first);
    assert_int_equal(writer_submit(f->writer, &jobs[0].job, &f->err), STATUS_OK);
    assert_int_equal(writer_submit(f->writer, &jobs[1].job, &f->err), STATUS_OK);
    assert_int_equal(writer_submit(f->writer, &jobs[2].job, &f->err), STATUS_BUSY);
    assert_int_equal(writer_run(f->writer, &jobs[2].job, &f->err), STATUS_BUSY);
    notes_go_on(f);
    writer_close(f->writer);
    f->writer = NULL;
    assert_int_equal(jobs[2].told_as, 0);
    assert_int_equal(notes_count(f), 2);
}

static void a_job_that_reports_a_full_disk_refuses_its_batch(void **state)
{
    struct fixture *f = *state;
    struct note_job jobs[3] = {notes_job(f, 1), notes_job(f, 2), notes_job(f, 3)};
    jobs[1].wanted = STATUS_FULL;
    notes_run_together(f, jobs, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(jobs[i].job.status, STATUS_FULL);
    assert_int_equal(notes_count(f), 0);
    assert_int_equal(f->value, 0);
    assert_int_equal(atomic_load(&f->fatal_calls), 0);
}

static void a_job_that_reports_an_io_error_stops_the_writer(void **state)
{
    struct fixture *f = *state;
    struct note_job jobs[3] = {notes_job(f, 1), notes_job(f, 2), notes_job(f, 3)};
    jobs[1].wanted = STATUS_IO;
    notes_run_together(f, jobs, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(jobs[i].job.status, STATUS_IO);
    assert_int_equal(notes_count(f), 0);
    assert_int_equal(atomic_load(&f->fatal_calls), 1);
}

static void a_commit_that_breaks_a_reference_is_our_bug_and_not_fatal(void **state)
{
    struct fixture *f = *state;
    struct note_job jobs[2] = {notes_job(f, 1), notes_job(f, 2)};
    jobs[1].sql = "PRAGMA defer_foreign_keys=ON;"
                  "INSERT INTO note (code, folder_id, body) VALUES (zeroblob(16), 9, '')";
    notes_run_together(f, jobs, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(jobs[i].job.status, STATUS_INTERNAL);
    assert_int_equal(notes_count(f), 0);
    assert_int_equal(f->value, 0);
    assert_int_equal(atomic_load(&f->fatal_calls), 0);
}

static void a_job_that_ends_the_transaction_is_a_bug(void **state)
{
    struct fixture *f = *state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    struct note_job bad = notes_job(f, 1), good = notes_job(f, 2);
    bad.sql = "ROLLBACK";
    assert_int_equal(writer_run(f->writer, &bad.job, &f->err), STATUS_INTERNAL);
    assert_int_equal(f->value, 0);
    assert_int_equal(writer_run(f->writer, &good.job, &f->err), STATUS_OK);
}

static enum status apply_forgetting(struct db *db, struct writer_job *job, struct err *err)
{
    (void)job;
    struct stmt *forgotten = NULL;
    return stmt_use(db, CORETEST_NOTE_COUNT, &forgotten, err);
}

static void a_statement_that_a_job_forgot_can_be_used_by_the_next(void **state)
{
    struct fixture *f = *state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    for (int i = 0; i < 2; i++) {
        struct note_job note = notes_job(f, i);
        note.job.apply = apply_forgetting;
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    }
}

static enum status apply_waiting_for_itself(struct db *db, struct writer_job *job, struct err *err)
{
    (void)db;
    struct note_job inner = notes_job(((struct note_job *)job)->fixture, 2);
    return writer_run(inner.fixture->writer, &inner.job, err);
}

static void the_writer_does_not_wait_for_itself(void **state)
{
    struct fixture *f = *state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    struct note_job note = notes_job(f, 1);
    note.job.apply = apply_waiting_for_itself;
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_INTERNAL);
}

static void a_database_locked_by_another_is_busy_and_not_fatal(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *other = NULL;
    assert_int_equal(db_open(f->path, DB_WRITE, &coretest_schema, &other, &f->err), STATUS_OK);
    assert_int_equal(db_exec(other, "BEGIN IMMEDIATE", &f->err), STATUS_OK);
    struct note_job note = notes_job(f, 1);
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_BUSY);
    assert_string_equal(f->calls, "");
    assert_int_equal(db_exec(other, "COMMIT", &f->err), STATUS_OK);
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    assert_int_equal(atomic_load(&f->fatal_calls), 0);
}

// SQLite writes a savepoint that outgrows its memory in one call whose size it masks to 17 bits;
// with pieces of 128 KiB and more that reads as a full disk.
static void a_job_that_changes_many_pages_is_no_full_disk(void **state)
{
    struct fixture *f = *state;
    static const char *const SQL[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        " INSERT INTO note (code, body) SELECT randomblob(16), hex(randomblob(500)) FROM n",
        "UPDATE note SET stars = 5",
    };
    // The first job of a batch needs no savepoint.
    struct note_job jobs[] = {notes_job(f, 1), notes_job(f, 2), notes_job(f, 3)};
    jobs[1].sql = SQL[0];
    jobs[2].sql = SQL[1];
    notes_run_together(f, jobs, ARRAY_SIZE(jobs));
    for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
        assert_int_equal(jobs[i].job.status, STATUS_OK);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    writer_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, notes_set_up, notes_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_confirmed_job_is_in_the_database),
        TEST(done_comes_after_the_commit),
        TEST(what_waits_is_committed_together_up_to_the_cap),
        TEST(the_figures_count_jobs_and_batches),
        TEST(a_refused_job_undoes_itself_alone),
        TEST(the_same_code_twice_in_a_batch_is_a_conflict_of_the_second),
        TEST(past_its_limit_the_queue_refuses),
        TEST(a_job_that_reports_a_full_disk_refuses_its_batch),
        TEST(a_job_that_reports_an_io_error_stops_the_writer),
        TEST(a_commit_that_breaks_a_reference_is_our_bug_and_not_fatal),
        TEST(a_job_that_ends_the_transaction_is_a_bug),
        TEST(a_statement_that_a_job_forgot_can_be_used_by_the_next),
        TEST(the_writer_does_not_wait_for_itself),
        TEST(a_database_locked_by_another_is_busy_and_not_fatal),
        TEST(a_job_that_changes_many_pages_is_no_full_disk),
        cmocka_unit_test(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
