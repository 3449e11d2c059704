// SPDX-License-Identifier: MIT
// writer.c and commit.c: failing disks, checkpoints, the bounded WAL and many submitters.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "coretest_sql.h"
#include "notes.h"
#include "support/disk.h"

static void a_full_disk_refuses_the_whole_batch_and_then_goes_on(void **state)
{
    struct fixture *f = *state;
    static const int CODES[] = {ENOSPC, EDQUOT, EFBIG};
    for (size_t c = 0; c < ARRAY_SIZE(CODES); c++) {
        struct note_job note = notes_job(f, (int)c);
        memset(f->calls, 0, sizeof(f->calls));
        disk_fail("-wal", CODES[c], 0);
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_FULL);
        assert_string_equal(f->calls, "bscx");
        assert_int_equal(f->value, (int)c);
        disk_fail(NULL, 0, 0);
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
        assert_int_equal(notes_count(f), c + 1);
    }
    assert_int_equal(atomic_load(&f->fatal_calls), 0);
}

static void after_a_failed_write_or_sync_nothing_is_confirmed(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int write_code, sync_code;
    } CASES[] = {{EIO, 0}, {0, EIO}, {0, ENOSPC}, {EROFS, 0}};
    for (size_t c = 0; c < ARRAY_SIZE(CASES); c++) {
        struct note_job first, jobs[2] = {notes_job(f, 1), notes_job(f, 2)};
        f->gate.reached = f->gate.open = false;
        notes_halt(f, &first);
        disk_fail("-wal", CASES[c].write_code, CASES[c].sync_code);
        assert_int_equal(writer_submit(f->writer, &jobs[0].job, &f->err), STATUS_OK);
        assert_int_equal(writer_submit(f->writer, &jobs[1].job, &f->err), STATUS_OK);
        first.sql = NULL;
        notes_go_on(f);
        struct note_job later = notes_job(f, 3);
        assert_int_not_equal(writer_run(f->writer, &later.job, &f->err), STATUS_OK);
        assert_int_equal(writer_run(f->writer, &later.job, &f->err), STATUS_IO);
        writer_close(f->writer);
        disk_fail(NULL, 0, 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(jobs[i].job.status, STATUS_IO);
        assert_int_equal(atomic_load(&f->fatal_calls), (int)c + 1);
        assert_int_equal(f->value, 0);
        notes_open_writer(f, NOTES_JOB_MAX);
    }
}

enum { SUBMITTERS = 16, EACH = 60 };

struct submitter {
    struct fixture *fixture;
    int first, failed;
};

static void *submit_often(void *argument)
{
    struct submitter *submitter = argument;
    for (int i = 0; i < EACH; i++) {
        struct note_job note = notes_job(submitter->fixture, submitter->first + i);
        struct err err;
        if (writer_run(submitter->fixture->writer, &note.job, &err) != STATUS_OK)
            submitter->failed++;
    }
    return NULL;
}

static void submit_from_many_threads(struct fixture *f, int first)
{
    pthread_t threads[SUBMITTERS];
    struct submitter submitters[SUBMITTERS];
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (struct submitter){.fixture = f, .first = first + i * EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, submit_often, &submitters[i]), 0);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(submitters[i].failed, 0);
    }
}

static int64_t wal_size(const struct fixture *f)
{
    struct stat facts;
    return stat(f->wal, &facts) == 0 ? facts.st_size : 0;
}

// A batch of the submitters changes at most a page for each row and its index, and a few above.
static const int64_t BATCH_BYTES = (2 * SUBMITTERS + 8) * INT64_C(4120);

static void many_threads_lose_nothing_and_the_wal_stays_bounded(void **state)
{
    struct fixture *f = *state;
    submit_from_many_threads(f, 0);
    assert_int_equal(notes_count(f), SUBMITTERS * EACH);
    assert_int_equal(writer_figures(f->writer).jobs, SUBMITTERS * EACH);
    assert_in_range(wal_size(f), 1, NOTES_WAL_LIMIT + BATCH_BYTES);
}

static void a_long_reader_is_not_waited_for_and_afterwards_the_wal_is_cut(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *reader = NULL;
    assert_int_equal(db_open(f->path, DB_READ, &coretest_schema, &reader, &f->err), STATUS_OK);
    assert_int_equal(db_exec(reader, "BEGIN; SELECT * FROM note", &f->err), STATUS_OK);
    int number = 0;
    while (wal_size(f) < 2 * NOTES_WAL_LIMIT) {
        struct note_job note = notes_job(f, number++);
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    }
    assert_int_equal(db_exec(reader, "COMMIT", &f->err), STATUS_OK);
    while (wal_size(f) >= 2 * NOTES_WAL_LIMIT && number < 2000) {
        struct note_job note = notes_job(f, number++);
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    }
    // One more, so that the checkpoint behind the last commit has surely run.
    struct note_job note = notes_job(f, number++);
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    assert_in_range(wal_size(f), 1, NOTES_WAL_LIMIT + BATCH_BYTES);
    assert_int_equal(notes_count(f), number);
}

static bool database_has_grown(const struct fixture *f)
{
    struct stat facts;
    return stat(f->path, &facts) == 0 && facts.st_size > NOTES_WAL_SOFT;
}

static const char BIG[] = "INSERT INTO note (code, body)"
                          " VALUES (randomblob(16), hex(randomblob(40000)))";

static void past_the_soft_limit_the_second_thread_checkpoints(void **state)
{
    struct fixture *f = *state;
    assert_false(database_has_grown(f));
    struct note_job note = notes_job(f, 1);
    note.sql = BIG; // over the soft limit, under the hard one
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    assert_true(notes_comes_true(database_has_grown, f));
}

static bool is_fatal(const struct fixture *f)
{
    return atomic_load(&f->fatal_calls) > 0;
}

static void a_failed_sync_of_a_checkpoint_stops_the_writer(void **state)
{
    struct fixture *f = *state;
    disk_fail(".db", 0, EIO);
    struct note_job note = notes_job(f, 1), later = notes_job(f, 2);
    note.sql = BIG;
    assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK); // in the WAL, durable
    assert_true(notes_comes_true(is_fatal, f));
    assert_int_equal(writer_run(f->writer, &later.job, &f->err), STATUS_IO);
    assert_int_equal(atomic_load(&f->fatal_calls), 1);
}

static void a_checkpoint_without_space_is_tried_again(void **state)
{
    struct fixture *f = *state;
    disk_fail(".db", ENOSPC, 0);
    for (int i = 0; i < 8; i++) { // past the soft and the hard limit
        struct note_job note = notes_job(f, i);
        note.sql = BIG;
        assert_int_equal(writer_run(f->writer, &note.job, &f->err), STATUS_OK);
    }
    assert_false(is_fatal(f));
    disk_fail(NULL, 0, 0);
    submit_from_many_threads(f, 100);
    assert_in_range(wal_size(f), 1, NOTES_WAL_LIMIT + BATCH_BYTES);
    assert_int_equal(notes_count(f), 8 + SUBMITTERS * EACH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, notes_set_up, notes_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_refuses_the_whole_batch_and_then_goes_on),
        TEST(after_a_failed_write_or_sync_nothing_is_confirmed),
        TEST(many_threads_lose_nothing_and_the_wal_stays_bounded),
        TEST(a_long_reader_is_not_waited_for_and_afterwards_the_wal_is_cut),
        TEST(past_the_soft_limit_the_second_thread_checkpoints),
        TEST(a_failed_sync_of_a_checkpoint_stops_the_writer),
        TEST(a_checkpoint_without_space_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
