// SPDX-License-Identifier: MIT
// resort.c: a table written anew is the same table, in the order of its key.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "resort.h"
#include "sqlite.h"
#include "support/scratch.h"

struct table {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct db *db;
    struct err err;
};

static const struct db_schema schema = {.migrations = NULL};

static int make(void **state)
{
    struct table *table = calloc(1, sizeof *table);
    assert_non_null(table);
    table->scratch = scratch_make();
    scratch_path(&table->scratch, "a.db", table->path);
    assert_int_equal(db_open(table->path, DB_CREATE, &schema, &table->db, &table->err), STATUS_OK);
    assert_int_equal(db_exec(table->db,
                             "CREATE TABLE word (name TEXT PRIMARY KEY NOT NULL, n INTEGER, data"
                             " BLOB, part REAL) STRICT, WITHOUT ROWID",
                             &table->err),
                     STATUS_OK);
    *state = table;
    return 0;
}

static int finish(void **state)
{
    struct table *table = *state;
    db_close(table->db);
    scratch_remove(&table->scratch);
    free(table);
    return 0;
}

static void run(struct table *table, const char *sql)
{
    assert_int_equal(db_exec(table->db, sql, &table->err), STATUS_OK);
}

static int64_t number(struct table *table, const char *sql)
{
    int64_t number = -1;
    assert_int_equal(db_query_int(table->db, sql, &number, &table->err), STATUS_OK);
    return number;
}

static void resort(struct table *table)
{
    run(table, "BEGIN IMMEDIATE");
    assert_int_equal(resort_table(table->db, "word", "name", &table->err), STATUS_OK);
    run(table, "COMMIT");
}

static size_t place(const struct buf *bytes, const char *word)
{
    const char *at = memmem(bytes->data, bytes->size_bytes, word, strlen(word));
    assert_non_null(at);
    return (size_t)(at - bytes->data);
}

static void read_file(struct table *table, struct buf *bytes)
{
    assert_int_equal(db_checkpoint(table->db, true, &table->err), STATUS_OK);
    buf_init(bytes, 1 << 24);
    assert_int_equal(file_read(table->path, bytes, &table->err), STATUS_OK);
}

static void rows_lie_in_the_order_of_the_key_afterwards(void **state)
{
    struct table *table = *state;
    AUTO(buf_done) struct buf before;
    AUTO(buf_done) struct buf after;
    run(table,
        "INSERT INTO word VALUES ('phiếu-b', 1, NULL, 1.5), ('phiếu-c', NULL, x'00ff', NULL),"
        " ('phiếu-a', -7, x'', 2.0)");
    run(table, "UPDATE word SET n = 1000000 WHERE name = 'phiếu-c'"); // grows, and so moves
    read_file(table, &before);
    assert_true(place(&before, "phiếu-a") < place(&before, "phiếu-b"));
    assert_true(place(&before, "phiếu-c") < place(&before, "phiếu-a"));
    resort(table);
    read_file(table, &after);
    // Pages fill from their end.
    assert_true(place(&after, "phiếu-a") > place(&after, "phiếu-b"));
    assert_true(place(&after, "phiếu-b") > place(&after, "phiếu-c"));
}

static void every_value_stays_what_it_was(void **state)
{
    struct table *table = *state;
    run(table, "INSERT INTO word VALUES ('b', 1, NULL, 1.5), ('c', NULL, x'00ff', NULL),"
               " ('a', -7, x'', 2.0)");
    run(table, "CREATE TABLE copy AS SELECT * FROM word");
    resort(table);
    assert_int_equal(number(table, "SELECT count(*) FROM word"), 3);
    assert_int_equal(number(table, "SELECT count(*) FROM word JOIN copy USING (name) WHERE"
                                   " word.n IS copy.n AND word.data IS copy.data AND"
                                   " word.part IS copy.part"),
                     3);
}

static void an_empty_table_stays_empty_and_a_large_one_whole(void **state)
{
    struct table *table = *state;
    resort(table);
    assert_int_equal(number(table, "SELECT count(*) FROM word"), 0);
    run(table, "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 20000)"
               " INSERT INTO word SELECT hex(randomblob(8)) || i, i, NULL, NULL FROM t");
    const int64_t pages = number(table, "PRAGMA page_count");
    resort(table);
    assert_int_equal(number(table, "SELECT count(*) FROM word"), 20000);
    assert_int_equal(number(table, "SELECT sum(n) FROM word"), INT64_C(200010000));
    assert_true(number(table, "PRAGMA page_count") <= 2 * pages);
    assert_int_equal(db_check(table->db, &table->err), STATUS_OK);
}

static void a_table_that_is_not_there_is_a_failure(void **state)
{
    struct table *table = *state;
    assert_int_not_equal(resort_table(table->db, "nothing", "name", &table->err), STATUS_OK);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, make, finish)
    const struct CMUnitTest tests[] = {
        CASE(rows_lie_in_the_order_of_the_key_afterwards),
        CASE(every_value_stays_what_it_was),
        CASE(an_empty_table_stays_empty_and_a_large_one_whole),
        CASE(a_table_that_is_not_there_is_a_failure),
    };
    return cmocka_run_group_tests_name("resort", tests, NULL, NULL);
}
