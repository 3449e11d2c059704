// SPDX-License-Identifier: MIT
// What the tests of the writer share: a database of notes, a writer over it with all its hooks,
// and jobs that add a note.
#ifndef HAILONG_NOTES_H
#define HAILONG_NOTES_H

#include <pthread.h>
#include <stdatomic.h>

#include "support/scratch.h"
#include "writer.h"

// Queue limit, and limits of the WAL that are passed within a test.
enum { NOTES_JOB_MAX = 1300, NOTES_WAL_SOFT = 64 * 1024, NOTES_WAL_LIMIT = 256 * 1024 };

// A door that the writer's thread waits at.
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool reached, open;
};

struct fixture {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE], wal[SCRATCH_PATH_SIZE + 8];
    struct writer *writer;
    struct gate gate;
    struct err err;
    atomic_int fatal_calls;
    // The state that the hooks carry: the number of jobs that hold; copies for going back.
    int value, saved, begun, written;
    char calls[256]; // one letter per hook call
    atomic_int told;
};

struct note_job {
    struct writer_job job; // first: the writer gives this pointer back
    struct fixture *fixture;
    int number;
    enum status wanted; // what apply answers after its insert
    const char *sql;    // runs instead of the insert
    int told_as;        // place in the order of done()
};

int notes_set_up(void **state);
int notes_tear_down(void **state);
void notes_open_writer(struct fixture *f, size_t queue_limit);
// The number of notes that another connection sees.
int64_t notes_count(const struct fixture *f);
// A job that adds the note with that number.
struct note_job notes_job(struct fixture *f, int number);
// Puts the writer to a halt inside a batch of this one job, so that the next ones queue up.
void notes_halt(struct fixture *f, struct note_job *job);
void notes_go_on(struct fixture *f);
// Waits (bounded) for something that another thread will make true.
bool notes_comes_true(bool (*is_true)(const struct fixture *), const struct fixture *f);
// Runs all jobs in one batch; returns after the writer has closed.
void notes_run_together(struct fixture *f, struct note_job *jobs, size_t count);

#endif
