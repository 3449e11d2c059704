// SPDX-License-Identifier: MIT
// The one writer: a thread that owns the writing connection and commits whatever has queued up
// (group commit). Every job runs in its own SAVEPOINT; a job is told its outcome only after the
// COMMIT that holds it is durable.
#ifndef HAILONG_WRITER_H
#define HAILONG_WRITER_H

#include "db.h"

struct writer_job;
// Runs on the writer's thread inside a savepoint. A status other than STATUS_OK undoes this job
// alone (STATUS_CONFLICT, STATUS_GONE … are answers, not accidents).
typedef enum status (*writer_apply_fn)(struct db *db, struct writer_job *job, struct err *err);
// Runs on the writer's thread after the commit (or its failure); job->status is final. Must not
// block. The job belongs to the submitter again when it is called.
typedef void (*writer_done_fn)(struct writer_job *job);

// Embedded as the first member of the submitter's own struct.
struct writer_job {
    writer_apply_fn apply;
    writer_done_fn done;
    enum status status; // result
    struct err err;     // its text
    struct writer_job *next;
    void *waiter; // for whoever set `done`; the writer leaves it alone
};

// State that lives beside the database and must follow its transactions (the journal's frontier).
// All are called on the writer's thread; any may be NULL.
struct writer_hooks {
    void *context;
    void (*save)(void *context);    // before each job: remember the state
    void (*restore)(void *context); // the job failed: back to what `save` saw
    void (*begin)(void *context);   // a batch begins: remember the state
    // Before COMMIT: write the state into the database.
    enum status (*commit)(struct db *db, void *context, struct err *err);
    void (*rollback)(void *context);  // the batch failed: back to what `begin` saw
    void (*committed)(void *context); // after COMMIT, before any `done`: the state is durable
};

struct writer_config {
    size_t queue_limit;      // jobs waiting; past it writer_submit answers STATUS_BUSY
    int64_t wal_limit_bytes; // past it the writer itself truncates the WAL (hard bound)
    int64_t wal_soft_bytes;  // past it a second thread checkpoints passively
    // Called once when a commit failed for another reason than a full disk: the process must
    // answer nothing more as success and exit (a failed fsync cannot be retried). Called on the
    // writer's thread after every job was told; must not call writer_close itself.
    void (*fatal)(void *context, const struct err *err);
    void *fatal_context;
};

struct writer;
// Takes over `db` (taken on success, closed by writer_close). `path` is that of the database file,
// for the checkpointing connection.
enum status writer_open(struct db *db, const char *path, const struct writer_hooks *hooks,
                        const struct writer_config *config, struct writer **ret_writer,
                        struct err *err) MUST_USE;
// Finishes what is queued, then stops the threads and closes the database.
void writer_close(struct writer *writer);
AUTO_POINTER(struct writer, writer_close)
// Queues a job (kept until `done`). STATUS_BUSY when the queue is full, STATUS_IO after a fatal
// failure: then `done` is not called. Any thread.
enum status writer_submit(struct writer *writer, struct writer_job *job, struct err *err) MUST_USE;
// Submits and waits for the outcome; job->done is ignored. Not from the writer's thread.
enum status writer_run(struct writer *writer, struct writer_job *job, struct err *err) MUST_USE;
struct writer_figures {
    int64_t jobs, batches, queued;
};
// Counters since the start. Any thread.
struct writer_figures writer_figures(struct writer *writer);

#endif
