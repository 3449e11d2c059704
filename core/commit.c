// SPDX-License-Identifier: MIT
// Applies jobs and commits them together.
#include "commit.h"

enum command {
    COMMAND_BEGIN,
    COMMAND_SAVE,
    COMMAND_KEEP,
    COMMAND_UNDO,
    COMMAND_ROLLBACK,
    COMMAND_COMMIT,
};

static const char *const COMMAND_SQL[COMMIT_COMMANDS] = {
    [COMMAND_BEGIN] = "BEGIN IMMEDIATE", [COMMAND_SAVE] = "SAVEPOINT job",
    [COMMAND_KEEP] = "RELEASE job",      [COMMAND_UNDO] = "ROLLBACK TO job",
    [COMMAND_ROLLBACK] = "ROLLBACK",     [COMMAND_COMMIT] = "COMMIT",
};

enum status commit_init(struct commit *commit, struct db *db, const struct writer_hooks *hooks,
                        struct err *err)
{
    *commit = (struct commit){.db = db};
    if (hooks != NULL)
        commit->hooks = *hooks;
    for (size_t i = 0; i < COMMIT_COMMANDS; i++)
        TRY(db_prepare(db, COMMAND_SQL[i], &commit->commands[i], err));
    return STATUS_OK;
}

void commit_done(struct commit *commit)
{
    for (size_t i = 0; i < COMMIT_COMMANDS; i++)
        sqlite3_finalize(commit->commands[i]);
}

static void call(const struct commit *commit, void (*hook)(void *context))
{
    if (hook != NULL)
        hook(commit->hooks.context);
}

static enum status run_command(struct commit *commit, enum command command, struct err *err)
{
    sqlite3_stmt *handle = commit->commands[command];
    int code = sqlite3_step(handle);
    enum status status = STATUS_OK;
    if (code != SQLITE_DONE)
        status = db_fail(commit->db, COMMAND_SQL[command], err);
    sqlite3_reset(handle);
    return status;
}

static bool in_transaction(const struct commit *commit)
{
    return sqlite3_get_autocommit(commit->db->handle) == 0;
}

// The first job of a batch has the transaction itself for its savepoint: nothing else is in it
// yet, and most batches of an office have no second job. It saves a copy of every changed page.
static enum status save_job(struct commit *commit, bool first, struct err *err)
{
    call(commit, commit->hooks.save);
    return first ? STATUS_OK : run_command(commit, COMMAND_SAVE, err);
}

static enum status keep_job(struct commit *commit, bool first, struct err *err)
{
    return first ? STATUS_OK : run_command(commit, COMMAND_KEEP, err);
}

static enum status undo_job(struct commit *commit, bool first, struct err *err)
{
    TRY(run_command(commit, first ? COMMAND_ROLLBACK : COMMAND_UNDO, err));
    TRY(run_command(commit, first ? COMMAND_BEGIN : COMMAND_KEEP, err));
    call(commit, commit->hooks.restore);
    return STATUS_OK;
}

// A status other than STATUS_OK is that of the whole batch.
static enum status run_job(struct commit *commit, struct writer_job *job, bool first,
                           struct err *err)
{
    TRY(save_job(commit, first, err));
    job->err.status = STATUS_OK;
    job->err.text[0] = '\0';
    job->status = job->apply(commit->db, job, &job->err);
    job->err.status = job->status;
    db_release_all(commit->db);
    bool lost = !in_transaction(commit); // SQLite has rolled back by itself
    if (job->status == STATUS_FULL || job->status == STATUS_IO || lost) {
        if (job->status == STATUS_OK)
            return BUG(err, "a job ended the writer's transaction");
        *err = job->err;
        return job->status;
    }
    return job->status == STATUS_OK ? keep_job(commit, first, err) : undo_job(commit, first, err);
}

static enum status run_jobs(struct commit *commit, const struct commit_batch *batch,
                            struct err *err)
{
    struct writer_job *job = batch->first;
    for (size_t i = 0; i < batch->count; i++, job = job->next)
        TRY(run_job(commit, job, i == 0, err));
    if (commit->hooks.commit != NULL)
        TRY(commit->hooks.commit(commit->db, commit->hooks.context, err));
    return run_command(commit, COMMAND_COMMIT, err);
}

// Undoes the batch and gives the status that its jobs get. That of the one job or of the COMMIT
// means nothing for the others unless it says that the disk, the memory or the lock failed.
static enum status undo_batch(struct commit *commit, enum status status, struct err *err)
{
    if (in_transaction(commit))
        sqlite3_exec(commit->db->handle, "ROLLBACK", NULL, NULL, NULL);
    call(commit, commit->hooks.rollback);
    if (in_transaction(commit))
        return err_set(err, STATUS_IO, "the transaction could not be rolled back");
    if (status == STATUS_FULL || status == STATUS_IO || status == STATUS_NO_MEMORY ||
        status == STATUS_BUSY)
        return status;
    err->status = STATUS_INTERNAL;
    return STATUS_INTERNAL;
}

enum status commit_run(struct commit *commit, const struct commit_batch *batch, struct err *err)
{
    TRY(run_command(commit, COMMAND_BEGIN, err));
    call(commit, commit->hooks.begin);
    enum status status = run_jobs(commit, batch, err);
    if (status != STATUS_OK)
        return undo_batch(commit, status, err);
    call(commit, commit->hooks.committed);
    return STATUS_OK;
}

void commit_tell(const struct commit_batch *batch, enum status status, const struct err *err)
{
    struct writer_job *job = batch->first;
    for (size_t i = 0; i < batch->count; i++) {
        struct writer_job *next = job->next; // after done() the job is no longer ours
        if (status != STATUS_OK) {
            job->status = status;
            job->err = *err;
        }
        job->done(job);
        job = next;
    }
}
