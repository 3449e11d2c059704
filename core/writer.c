// SPDX-License-Identifier: MIT
// The queue and its two threads: one commits what has queued up, the other checkpoints.
#include "writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "commit.h"
#include "sqlite.h"

enum {
    // Past some hundred jobs a larger batch gains little speed (the sync is spread thin enough),
    // while the first job waits longer and the changed pages outgrow the connection's cache.
    BATCH_MAX = 512,
    // How long a commit may be held up by readers when the WAL is over its limit. A page is read
    // in less; whoever holds a snapshot longer (a report) is not waited for.
    RESTART_WAIT_MS = 50,
};

struct writer {
    struct db *db;
    struct commit commit;
    struct writer_config config;
    int64_t restart_at_bytes; // WAL size at which the writer tries to restart it

    pthread_mutex_t mutex; // everything below
    pthread_cond_t wake;   // the writer: a job, closing, a failed checkpoint
    struct writer_job *first, *last;
    struct writer_figures figures;
    bool waiting; // the writer sleeps on `wake`
    bool closing, failed;

    pthread_mutex_t checkpoint_mutex; // held while either thread checkpoints
    struct db *checkpoint_db;
    pthread_cond_t checkpoint_wake; // with `mutex`
    bool checkpoint_wanted, checkpoint_failed;
    struct err checkpoint_err;
    int64_t checkpoint_at_bytes; // the writer's: WAL size at which it asks for a checkpoint

    pthread_t thread, checkpoint_thread;
};

// ---- the queue ---------------------------------------------------------------------------------

// With the mutex held.
static struct commit_batch take_queued(struct writer *writer, size_t limit)
{
    struct commit_batch batch = {.first = writer->first};
    while (batch.count < limit && writer->first != NULL) {
        writer->first = writer->first->next;
        batch.count++;
    }
    writer->figures.queued -= (int64_t)batch.count;
    return batch;
}

// Waits for work. An empty batch means the end or a failed checkpoint.
static struct commit_batch take_batch(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    while (writer->first == NULL && !writer->closing && !writer->checkpoint_failed) {
        writer->waiting = true;
        pthread_cond_wait(&writer->wake, &writer->mutex);
        writer->waiting = false;
    }
    struct commit_batch batch = {0};
    if (!writer->checkpoint_failed)
        batch = take_queued(writer, BATCH_MAX);
    pthread_mutex_unlock(&writer->mutex);
    return batch;
}

// After an I/O error: nothing is confirmed any more. A failed sync may have dropped what it should
// have written, and a second try would succeed without it.
static void give_up(struct writer *writer, const struct commit_batch *batch, const struct err *err)
{
    pthread_mutex_lock(&writer->mutex);
    writer->failed = true;
    struct commit_batch rest = take_queued(writer, SIZE_MAX);
    pthread_mutex_unlock(&writer->mutex);
    commit_tell(batch, STATUS_IO, err);
    commit_tell(&rest, STATUS_IO, err);
    if (writer->config.fatal != NULL)
        writer->config.fatal(writer->config.fatal_context, err);
}

static void count_batch(struct writer *writer, const struct commit_batch *batch)
{
    pthread_mutex_lock(&writer->mutex);
    writer->figures.jobs += (int64_t)batch->count;
    writer->figures.batches++;
    pthread_mutex_unlock(&writer->mutex);
}

// ---- checkpoints -------------------------------------------------------------------------------

// Asks the second thread when the WAL is over the soft limit, and again whenever it has grown by
// as much once more (under constant load a passive checkpoint never reaches the end).
static void ask_checkpoint(struct writer *writer, int64_t wal_bytes)
{
    int64_t soft = writer->config.wal_soft_bytes;
    if (soft <= 0)
        return;
    if (wal_bytes < soft)
        writer->checkpoint_at_bytes = soft; // the WAL has begun anew
    if (wal_bytes < writer->checkpoint_at_bytes)
        return;
    writer->checkpoint_at_bytes = wal_bytes + soft;
    pthread_mutex_lock(&writer->mutex);
    writer->checkpoint_wanted = true;
    pthread_cond_signal(&writer->checkpoint_wake);
    pthread_mutex_unlock(&writer->mutex);
}

// The hard bound. A restart keeps the file, so that the next commits overwrite it, which syncs
// faster than growing; a file that readers have let outgrow the limit is cut.
static enum status bound_wal(struct writer *writer, int64_t wal_bytes, struct err *err)
{
    int64_t limit = writer->config.wal_limit_bytes;
    if (limit <= 0 || wal_bytes < limit) {
        writer->restart_at_bytes = limit;
        return STATUS_OK;
    }
    if (wal_bytes < writer->restart_at_bytes)
        return STATUS_OK;
    bool truncate = writer->restart_at_bytes > limit;
    pthread_mutex_lock(&writer->checkpoint_mutex);
    enum status status = db_restart_wal(writer->db, truncate, RESTART_WAIT_MS, err);
    pthread_mutex_unlock(&writer->checkpoint_mutex);
    // A reader or a full disk is in the way: not before every commit again.
    writer->restart_at_bytes = status == STATUS_OK ? limit : wal_bytes + limit / 8;
    return status == STATUS_IO ? status : STATUS_OK;
}

static enum status keep_wal(struct writer *writer, struct err *err)
{
    int64_t wal_bytes = db_wal_bytes(writer->db);
    TRY(bound_wal(writer, wal_bytes, err));
    ask_checkpoint(writer, db_wal_bytes(writer->db));
    return STATUS_OK;
}

static bool wait_for_checkpoint(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    while (!writer->checkpoint_wanted && !writer->closing)
        pthread_cond_wait(&writer->checkpoint_wake, &writer->mutex);
    bool go_on = !writer->closing && !writer->failed;
    writer->checkpoint_wanted = false;
    pthread_mutex_unlock(&writer->mutex);
    return go_on;
}

static void *checkpoint_main(void *argument)
{
    struct writer *writer = argument;
    while (wait_for_checkpoint(writer)) {
        struct err err;
        pthread_mutex_lock(&writer->checkpoint_mutex);
        enum status status = db_checkpoint(writer->checkpoint_db, false, &err);
        pthread_mutex_unlock(&writer->checkpoint_mutex);
        if (status != STATUS_IO)
            continue; // full or busy: the WAL keeps everything, the next try may do
        pthread_mutex_lock(&writer->mutex);
        writer->checkpoint_failed = true;
        writer->checkpoint_err = err;
        pthread_cond_signal(&writer->wake);
        pthread_mutex_unlock(&writer->mutex);
        break;
    }
    return NULL;
}

// ---- the writer's thread -----------------------------------------------------------------------

// False when the writer must stop.
static bool serve_batch(struct writer *writer, const struct commit_batch *batch)
{
    struct err err;
    if (batch->count == 0) {
        if (writer->checkpoint_failed)
            give_up(writer, batch, &writer->checkpoint_err);
        return false;
    }
    enum status status = commit_run(&writer->commit, batch, &err);
    if (status == STATUS_IO) {
        give_up(writer, batch, &err);
        return false;
    }
    count_batch(writer, batch);
    commit_tell(batch, status, &err);
    // After the answers: nobody waits for a checkpoint.
    if (keep_wal(writer, &err) == STATUS_OK)
        return true;
    give_up(writer, &(struct commit_batch){0}, &err);
    return false;
}

static void *writer_main(void *argument)
{
    struct writer *writer = argument;
    for (;;) {
        struct commit_batch batch = take_batch(writer);
        if (!serve_batch(writer, &batch))
            return NULL;
    }
}

// ---- life --------------------------------------------------------------------------------------

static void free_writer(struct writer *writer)
{
    commit_done(&writer->commit);
    db_close(writer->checkpoint_db);
    pthread_cond_destroy(&writer->wake);
    pthread_cond_destroy(&writer->checkpoint_wake);
    pthread_mutex_destroy(&writer->mutex);
    pthread_mutex_destroy(&writer->checkpoint_mutex);
    free(writer);
}
AUTO_POINTER(struct writer, free_writer)

static void stop_threads(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->closing = true;
    pthread_cond_signal(&writer->wake);
    pthread_cond_signal(&writer->checkpoint_wake);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
}

static enum status start_threads(struct writer *writer, struct err *err)
{
    // Signals are the main thread's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&writer->thread, NULL, writer_main, writer);
    bool one = failed == 0;
    if (one)
        failed = pthread_create(&writer->checkpoint_thread, NULL, checkpoint_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        return STATUS_OK;
    if (one)
        stop_threads(writer);
    return err_set(err, STATUS_NO_MEMORY, "a thread for the database could not be started");
}

static enum status set_up(struct writer *writer, const char *path, const struct writer_hooks *hooks,
                          struct err *err)
{
    TRY(commit_init(&writer->commit, writer->db, hooks, err));
    TRY(db_open(path, DB_WRITE, db_schema_of(writer->db), &writer->checkpoint_db, err));
    return start_threads(writer, err);
}

enum status writer_open(struct db *db, const char *path, const struct writer_hooks *hooks,
                        const struct writer_config *config, struct writer **ret_writer,
                        struct err *err)
{
    AUTO(free_writerp) struct writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the writer");
    writer->db = db;
    writer->config = *config;
    writer->checkpoint_at_bytes = config->wal_soft_bytes;
    writer->restart_at_bytes = config->wal_limit_bytes;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_mutex_init(&writer->checkpoint_mutex, NULL);
    pthread_cond_init(&writer->wake, NULL);
    pthread_cond_init(&writer->checkpoint_wake, NULL);
    TRY(set_up(writer, path, hooks, err));
    *ret_writer = writer;
    writer = NULL;
    return STATUS_OK;
}

void writer_close(struct writer *writer)
{
    if (writer == NULL)
        return;
    stop_threads(writer);
    pthread_join(writer->checkpoint_thread, NULL);
    struct db *db = writer->db;
    free_writer(writer);
    db_close(db);
}

enum status writer_submit(struct writer *writer, struct writer_job *job, struct err *err)
{
    job->next = NULL;
    pthread_mutex_lock(&writer->mutex);
    bool failed = writer->failed || writer->checkpoint_failed;
    bool refused =
        failed || writer->closing || writer->figures.queued >= (int64_t)writer->config.queue_limit;
    bool wake = !refused && writer->waiting;
    if (!refused) {
        if (writer->first == NULL)
            writer->first = job;
        else
            writer->last->next = job;
        writer->last = job;
        writer->figures.queued++;
        // One signal is enough until the writer runs.
        writer->waiting = false;
    }
    pthread_mutex_unlock(&writer->mutex);
    if (wake)
        pthread_cond_signal(&writer->wake);
    if (failed)
        return err_set(err, STATUS_IO, "writing has stopped after an I/O error; see the log");
    return refused ? err_set(err, STATUS_BUSY, "too much is waiting to be written; try again")
                   : STATUS_OK;
}

// ---- waiting for one job -----------------------------------------------------------------------

struct waiting_job {
    struct writer_job job; // stands for `inner` in the queue
    struct writer_job *inner;
    // A semaphore and not a condition: it may be destroyed as soon as the wait is over, and the
    // writer, which wakes many, holds no mutex that the woken would need.
    sem_t finished;
};

static enum status apply_inner(struct db *db, struct writer_job *job, struct err *err)
{
    struct writer_job *inner = ((struct waiting_job *)job)->inner;
    return inner->apply(db, inner, err);
}

static void finish_waiting(struct writer_job *job)
{
    sem_post(&((struct waiting_job *)job)->finished);
}

enum status writer_run(struct writer *writer, struct writer_job *job, struct err *err)
{
    if (pthread_equal(pthread_self(), writer->thread))
        return BUG(err, "the writer would wait for itself");
    struct waiting_job waiting = {
        .job = {.apply = apply_inner, .done = finish_waiting},
        .inner = job,
    };
    sem_init(&waiting.finished, 0, 0);
    TRY(writer_submit(writer, &waiting.job, err));
    while (sem_wait(&waiting.finished) != 0) // EINTR: a signal came
        continue;
    sem_destroy(&waiting.finished);
    job->status = waiting.job.status;
    job->err = waiting.job.err;
    if (job->status == STATUS_OK)
        return STATUS_OK;
    return err_set(err, job->status, "%s", job->err.text);
}

struct writer_figures writer_figures(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    struct writer_figures figures = writer->figures;
    pthread_mutex_unlock(&writer->mutex);
    return figures;
}
