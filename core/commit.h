// SPDX-License-Identifier: MIT
// One batch of the writer's jobs in one transaction, each job in a savepoint of its own.
#ifndef HAILONG_COMMIT_H
#define HAILONG_COMMIT_H

#include "sqlite.h"
#include "writer.h"

enum { COMMIT_COMMANDS = 6 };

struct commit {
    struct db *db; // borrowed
    sqlite3_stmt *commands[COMMIT_COMMANDS];
    struct writer_hooks hooks;
};

// Jobs that follow each other by `next`.
struct commit_batch {
    struct writer_job *first;
    size_t count;
};

enum status commit_init(struct commit *commit, struct db *db, const struct writer_hooks *hooks,
                        struct err *err) MUST_USE;
void commit_done(struct commit *commit);
// STATUS_OK: committed and durable, each job has its own status. Otherwise nothing of the batch
// has happened and the status is that of all its jobs: STATUS_FULL, STATUS_BUSY, STATUS_NO_MEMORY,
// STATUS_INTERNAL, or STATUS_IO, after which the database must not be written any more.
enum status commit_run(struct commit *commit, const struct commit_batch *batch,
                       struct err *err) MUST_USE;
// Calls done() of all jobs in order. A `status` other than STATUS_OK becomes their status, with
// the text of `err`.
void commit_tell(const struct commit_batch *batch, enum status status, const struct err *err);

#endif
