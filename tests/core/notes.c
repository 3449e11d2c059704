// SPDX-License-Identifier: MIT
// Notes for the tests of the writer.
#include "notes.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coretest_sql.h"
#include "sqlite.h"
#include "stmt.h"
#include "support/disk.h"
#include "support/stmt_check.h"

enum { BODY_SIZE = 250 };

static void note_call(struct fixture *f, char letter)
{
    size_t size = strlen(f->calls);
    if (size + 1 < sizeof(f->calls))
        f->calls[size] = letter;
}

static void hook_save(void *context)
{
    struct fixture *f = context;
    note_call(f, 's');
    f->saved = f->value;
}

static void hook_restore(void *context)
{
    struct fixture *f = context;
    note_call(f, 'r');
    f->value = f->saved;
}

static void hook_begin(void *context)
{
    struct fixture *f = context;
    note_call(f, 'b');
    f->begun = f->value;
}

static enum status hook_commit(struct db *db, void *context, struct err *err)
{
    (void)db;
    (void)err;
    struct fixture *f = context;
    note_call(f, 'c');
    f->written = f->value;
    return STATUS_OK;
}

static void hook_committed(void *context)
{
    note_call(context, 'd');
}

static void hook_rollback(void *context)
{
    struct fixture *f = context;
    note_call(f, 'x');
    f->value = f->begun;
}

static void on_fatal(void *context, const struct err *err)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->fatal_calls, 1);
    if (err->text[0] == '\0')
        atomic_fetch_add(&f->fatal_calls, 100); // a failure must have a text
}

void notes_open_writer(struct fixture *f, size_t queue_limit)
{
    struct db *db = NULL;
    assert_int_equal(db_open(f->path, DB_WRITE, &coretest_schema, &db, &f->err), STATUS_OK);
    sqlite3_busy_timeout(db->handle, 0); // a test does not wait five seconds for a lock
    const struct writer_hooks hooks = {
        .context = f,
        .save = hook_save,
        .restore = hook_restore,
        .begin = hook_begin,
        .commit = hook_commit,
        .rollback = hook_rollback,
        .committed = hook_committed,
    };
    const struct writer_config config = {
        .queue_limit = queue_limit,
        .wal_limit_bytes = NOTES_WAL_LIMIT,
        .wal_soft_bytes = NOTES_WAL_SOFT,
        .fatal = on_fatal,
        .fatal_context = f,
    };
    assert_int_equal(writer_open(db, f->path, &hooks, &config, &f->writer, &f->err), STATUS_OK);
}

int notes_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->scratch = scratch_make();
    scratch_path(&f->scratch, "test.db", f->path);
    snprintf(f->wal, sizeof(f->wal), "%s-wal", f->path);
    stmt_check_migrated(f->path, &coretest_schema);
    pthread_mutex_init(&f->gate.mutex, NULL);
    pthread_cond_init(&f->gate.changed, NULL);
    notes_open_writer(f, NOTES_JOB_MAX);
    *state = f;
    return 0;
}

int notes_tear_down(void **state)
{
    struct fixture *f = *state;
    disk_fail(NULL, 0, 0);
    writer_close(f->writer);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

int64_t notes_count(const struct fixture *f)
{
    AUTO(db_closep) struct db *db = NULL;
    struct err err = {0};
    int64_t count = -1;
    assert_int_equal(db_open(f->path, DB_READ, &coretest_schema, &db, &err), STATUS_OK);
    assert_int_equal(db_query_int(db, "SELECT count(*) FROM note", &count, &err), STATUS_OK);
    return count;
}

static enum status insert_note(struct db *db, int number, struct err *err)
{
    char code[17], body[BODY_SIZE + 1];
    snprintf(code, sizeof(code), "%016d", number);
    snprintf(body, sizeof(body), "%0*d", BODY_SIZE, number);
    AUTO(stmt_releasep) struct stmt *insert = NULL;
    TRY(stmt_use(db, CORETEST_NOTE_INSERT, &insert, err));
    stmt_bind_blob(insert, 1, code, 16);
    stmt_bind_text_n(insert, 2, body, BODY_SIZE);
    return stmt_run(insert, NULL, err);
}

static enum status apply_note(struct db *db, struct writer_job *job, struct err *err)
{
    struct note_job *note = (struct note_job *)job;
    if (note->sql != NULL)
        TRY(db_exec(db, note->sql, err));
    else
        TRY(insert_note(db, note->number, err));
    note->fixture->value++;
    return note->wanted == STATUS_OK ? STATUS_OK : err_set(err, note->wanted, "as wanted");
}

static void done_note(struct writer_job *job)
{
    struct note_job *note = (struct note_job *)job;
    note->told_as = atomic_fetch_add(&note->fixture->told, 1) + 1;
}

struct note_job notes_job(struct fixture *f, int number)
{
    return (struct note_job){
        .job = {.apply = apply_note, .done = done_note}, .fixture = f, .number = number};
}

static enum status apply_gate(struct db *db, struct writer_job *job, struct err *err)
{
    (void)db;
    (void)err;
    struct gate *gate = &((struct note_job *)job)->fixture->gate;
    pthread_mutex_lock(&gate->mutex);
    gate->reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return STATUS_OK;
}

void notes_halt(struct fixture *f, struct note_job *job)
{
    *job = notes_job(f, 0);
    job->job.apply = apply_gate;
    assert_int_equal(writer_submit(f->writer, &job->job, &f->err), STATUS_OK);
    pthread_mutex_lock(&f->gate.mutex);
    while (!f->gate.reached)
        pthread_cond_wait(&f->gate.changed, &f->gate.mutex);
    pthread_mutex_unlock(&f->gate.mutex);
}

void notes_go_on(struct fixture *f)
{
    pthread_mutex_lock(&f->gate.mutex);
    f->gate.open = true;
    pthread_cond_broadcast(&f->gate.changed);
    pthread_mutex_unlock(&f->gate.mutex);
}

bool notes_comes_true(bool (*is_true)(const struct fixture *), const struct fixture *f)
{
    for (int i = 0; i < 10000; i++) {
        if (is_true(f))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    }
    return false;
}

void notes_run_together(struct fixture *f, struct note_job *jobs, size_t count)
{
    struct note_job first;
    notes_halt(f, &first);
    memset(f->calls, 0, sizeof(f->calls)); // the writer's thread waits at the gate
    for (size_t i = 0; i < count; i++)
        assert_int_equal(writer_submit(f->writer, &jobs[i].job, &f->err), STATUS_OK);
    notes_go_on(f);
    writer_close(f->writer);
    f->writer = NULL;
}
