// SPDX-License-Identifier: MIT
// dbpool.c: sharing a few reading connections.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "coretest_sql.h"
#include "dbpool.h"
#include "sqlite.h"
#include "stmt.h"
#include "support/scratch.h"
#include "support/stmt_check.h"

enum { CONNECTIONS = 3, READERS = 12, ROUNDS = 50 };

struct fixture {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct dbpool *pool;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->scratch = scratch_make();
    scratch_path(&f->scratch, "test.db", f->path);
    stmt_check_migrated(f->path, &coretest_schema);
    assert_int_equal(dbpool_open(f->path, &coretest_schema, CONNECTIONS, &f->pool, &f->err),
                     STATUS_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    dbpool_close(f->pool);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static void as_many_connections_can_be_taken_as_were_asked_for(void **state)
{
    struct fixture *f = *state;
    struct db *taken[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        taken[i] = dbpool_take(f->pool);
        assert_non_null(taken[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(taken[i], taken[j]);
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        dbpool_give(f->pool, taken[i]);
    struct db *again = dbpool_take(f->pool);
    assert_ptr_equal(again, taken[CONNECTIONS - 1]); // the warm one
    dbpool_give(f->pool, again);
}

struct readers {
    struct dbpool *pool;
    atomic_int inside, most, failed;
};

static void read_once(struct readers *readers, struct db *db)
{
    struct err err;
    AUTO(stmt_releasep) struct stmt *count = NULL;
    bool row = false;
    if (stmt_use(db, CORETEST_NOTE_COUNT, &count, &err) != STATUS_OK ||
        stmt_row(count, &row, &err) != STATUS_OK || !row)
        atomic_fetch_add(&readers->failed, 1);
}

static void *read_often(void *argument)
{
    struct readers *readers = argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct db *db = dbpool_take(readers->pool);
        int inside = atomic_fetch_add(&readers->inside, 1) + 1;
        if (inside > CONNECTIONS)
            atomic_store(&readers->most, inside);
        read_once(readers, db);
        atomic_fetch_sub(&readers->inside, 1);
        dbpool_give(readers->pool, db);
    }
    return NULL;
}

static void more_threads_than_connections_wait_their_turn(void **state)
{
    struct fixture *f = *state;
    struct readers readers = {.pool = f->pool};
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &readers), 0);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&readers.failed), 0);
    assert_int_equal(atomic_load(&readers.most), 0);
}

static void a_forgotten_statement_does_not_hold_its_snapshot(void **state)
{
    struct fixture *f = *state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    AUTO(db_closep) struct db *writer = NULL;
    assert_int_equal(db_open(f->path, DB_WRITE, &coretest_schema, &writer, &f->err), STATUS_OK);
    assert_int_equal(db_exec(writer, "INSERT INTO folder (name) VALUES ('a'), ('b')", &f->err),
                     STATUS_OK);
    struct db *reader = dbpool_take(f->pool);
    struct stmt *forgotten = NULL;
    bool row = false;
    assert_int_equal(stmt_use(reader, CORETEST_FOLDER_LIST, &forgotten, &f->err), STATUS_OK);
    assert_int_equal(stmt_row(forgotten, &row, &f->err), STATUS_OK);
    assert_true(row);
    assert_int_equal(db_exec(writer, "INSERT INTO folder (name) VALUES ('c')", &f->err), STATUS_OK);
    assert_int_equal(db_restart_wal(writer, true, 0, &f->err), STATUS_BUSY);
    dbpool_give(f->pool, reader);
    assert_int_equal(db_restart_wal(writer, true, 0, &f->err), STATUS_OK);
}

static void a_pool_over_nothing_does_not_open(void **state)
{
    struct fixture *f = *state;
    unsetenv("HAILONG_ABORT_ON_BUG");
    struct dbpool *pool = NULL;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&f->scratch, "absent.db", path);
    assert_int_equal(dbpool_open(path, &coretest_schema, 2, &pool, &f->err), STATUS_NOT_FOUND);
    assert_int_equal(dbpool_open(f->path, &coretest_schema, 0, &pool, &f->err), STATUS_INTERNAL);
    assert_null(pool);
    dbpool_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_many_connections_can_be_taken_as_were_asked_for),
        TEST(more_threads_than_connections_wait_their_turn),
        TEST(a_forgotten_statement_does_not_hold_its_snapshot),
        TEST(a_pool_over_nothing_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
