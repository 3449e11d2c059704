// SPDX-License-Identifier: MIT
// migrate.c: numbers, refusals and failing steps.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "coretest_sql.h"
#include "migrate.h"
#include "sqlite.h"
#include "support/scratch.h"

static const struct db_migration GOOD[] = {
    {1, "0001-a", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);"},
    {2, "0002-b", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO a VALUES (2);"},
    {3, "0003-c", "INSERT INTO a VALUES (3);"},
};
static const struct db_schema UP_TO[] = {
    {"case", NULL, 0, GOOD, 0, NULL},
    {"case", NULL, 0, GOOD, 1, NULL},
    {"case", NULL, 0, GOOD, 2, NULL},
    {"case", NULL, 0, GOOD, 3, NULL},
};

static struct db *open_with(const struct scratch *scratch, const struct db_schema *schema)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(scratch, "test.db", path);
    struct db *db = NULL;
    struct err err = {0};
    assert_int_equal(db_open(path, DB_CREATE, schema, &db, &err), STATUS_OK);
    return db;
}

static int64_t number(struct db *db, const char *sql)
{
    int64_t value = -1;
    struct err err = {0};
    assert_int_equal(db_query_int(db, sql, &value, &err), STATUS_OK);
    return value;
}

static void every_step_runs_once_from_whatever_version(void **state)
{
    (void)state;
    for (size_t from = 0; from < ARRAY_SIZE(UP_TO); from++) {
        AUTO(scratch_remove) struct scratch scratch = scratch_make();
        struct err err = {0};
        struct db *old = open_with(&scratch, &UP_TO[from]);
        assert_int_equal(migrate_up(old, &err), STATUS_OK);
        assert_int_equal(migrate_check(old, &err), STATUS_OK);
        assert_int_equal(number(old, "PRAGMA user_version"), from);
        db_close(old);
        AUTO(db_closep) struct db *db = open_with(&scratch, &UP_TO[3]);
        for (int i = 0; i < 2; i++)
            assert_int_equal(migrate_up(db, &err), STATUS_OK);
        assert_int_equal(number(db, "PRAGMA user_version"), 3);
        assert_int_equal(number(db, "SELECT sum(x * x) FROM a"), 1 + 4 + 9);
    }
}

static void a_newer_database_is_refused_and_untouched(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    struct db *newer = open_with(&scratch, &UP_TO[3]);
    assert_int_equal(migrate_up(newer, &err), STATUS_OK);
    db_close(newer);
    AUTO(db_closep) struct db *db = open_with(&scratch, &UP_TO[2]);
    assert_int_equal(migrate_up(db, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "install the newer program"));
    assert_int_equal(migrate_check(db, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "install the newer program"));
    assert_int_equal(number(db, "PRAGMA user_version"), 3);
}

static void an_older_database_is_refused_to_readers(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    AUTO(db_closep) struct db *db = open_with(&scratch, &UP_TO[1]);
    assert_int_equal(migrate_check(db, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "bring it up to date"));
}

static void a_failing_step_leaves_the_version_before_it(void **state)
{
    (void)state;
    static const struct db_migration BAD[] = {
        {1, "0001-a", "CREATE TABLE a (x INTEGER) STRICT;"},
        {2, "0002-bad", "INSERT INTO a VALUES (1); INSERT INTO a VALUES ('text');"},
    };
    static const struct db_schema SCHEMA = {"case", NULL, 0, BAD, 2, NULL};
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    AUTO(db_closep) struct db *db = open_with(&scratch, &SCHEMA);
    assert_int_equal(migrate_up(db, &err), STATUS_INTERNAL);
    assert_non_null(strstr(err.text, "0002-bad"));
    assert_int_equal(number(db, "PRAGMA user_version"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 0);
    assert_int_equal(db_exec(db, "BEGIN", &err), STATUS_OK); // no transaction was left open
}

static void a_step_that_commits_by_itself_is_a_bug(void **state)
{
    (void)state;
    static const struct db_migration BAD[] = {
        {1, "0001-bad", "CREATE TABLE a (x INTEGER) STRICT; COMMIT;"},
    };
    static const struct db_schema SCHEMA = {"case", NULL, 0, BAD, 1, NULL};
    unsetenv("HAILONG_ABORT_ON_BUG");
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    AUTO(db_closep) struct db *db = open_with(&scratch, &SCHEMA);
    assert_int_equal(migrate_up(db, &err), STATUS_INTERNAL);
    assert_int_equal(number(db, "PRAGMA user_version"), 0);
}

static void a_disk_that_fills_up_leaves_the_version_before_the_step(void **state)
{
    (void)state;
    static const struct db_migration BIG[] = {
        {1, "0001-a", "CREATE TABLE a (x BLOB) STRICT;"},
        {2, "0002-big", "INSERT INTO a VALUES (randomblob(100000));"},
    };
    static const struct db_schema SCHEMA = {"case", NULL, 0, BIG, 2, NULL};
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    AUTO(db_closep) struct db *db = open_with(&scratch, &SCHEMA);
    assert_int_equal(db_exec(db, "PRAGMA max_page_count=5", &err), STATUS_OK);
    assert_int_equal(migrate_up(db, &err), STATUS_FULL);
    assert_int_equal(number(db, "PRAGMA user_version"), 1);
    assert_int_equal(db_exec(db, "PRAGMA max_page_count=500", &err), STATUS_OK);
    assert_int_equal(migrate_up(db, &err), STATUS_OK);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
}

static void comments_inside_a_table_are_kept_in_the_database(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct err err = {0};
    AUTO(db_closep) struct db *db = open_with(&scratch, &coretest_schema);
    assert_int_equal(migrate_up(db, &err), STATUS_OK);
    assert_int_equal(number(db, "SELECT instr(sql, 'ghi chú: tên thư mục') > 0 FROM sqlite_schema"
                                " WHERE name='folder'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_runs_once_from_whatever_version),
        cmocka_unit_test(a_newer_database_is_refused_and_untouched),
        cmocka_unit_test(an_older_database_is_refused_to_readers),
        cmocka_unit_test(a_failing_step_leaves_the_version_before_it),
        cmocka_unit_test(a_step_that_commits_by_itself_is_a_bug),
        cmocka_unit_test(a_disk_that_fills_up_leaves_the_version_before_the_step),
        cmocka_unit_test(comments_inside_a_table_are_kept_in_the_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
