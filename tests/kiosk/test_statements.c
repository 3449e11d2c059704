// SPDX-License-Identifier: MIT
// The kiosk's statement registry against its migrated database.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kiosk_sql.h"
#include "support/scratch.h"
#include "support/stmt_check.h"

static void every_statement_fits_its_registry_and_needs_no_unstated_scan(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "kiosk.db", path);
    stmt_check_migrated(path, &kiosk_schema);
    assert_int_equal(stmt_check_all(&kiosk_schema, path), 0);
    scratch_remove(&scratch);
}

// Behind the connection's own lock too, so that the tables' triggers are tried.
static enum status try_sql(const char *path, const char *sql)
{
    struct err err;
    struct db *db = NULL;
    struct db_schema unlocked = kiosk_schema;
    unlocked.append_only = NULL;
    assert_int_equal(db_open(path, DB_WRITE, &unlocked, &db, &err), STATUS_OK);
    const enum status status = db_exec(db, sql, &err);
    db_close(db);
    return status;
}

static void the_tables_refuse_what_must_not_be(void **state)
{
    (void)state;
    static const char *const REFUSED[] = {
        "UPDATE entry SET line = '{}' WHERE seq = 0",
        "DELETE FROM entry WHERE seq = 0",
        "INSERT OR REPLACE INTO entry VALUES (0, '{ }')",
        "INSERT INTO entry VALUES (-1, '{}')",
        "INSERT INTO entry VALUES (1, '{')",
        "INSERT INTO entry VALUES (1, printf('%.*c', 8191, 'a') || 'ạ')", // 8,194 bytes
        "INSERT INTO entry_key VALUES (zeroblob(15), 1, 1, NULL)",
        "INSERT INTO entry_key VALUES (zeroblob(16), -1, 1, NULL)",
        "INSERT INTO entry_key VALUES (zeroblob(16), 1, -1, NULL)",
        "INSERT INTO entry_key VALUES (zeroblob(16), 1, 1, zeroblob(15))",
        "INSERT INTO entry_key VALUES (zeroblob(16), 0, 1, NULL)", // id and part are there
        "DELETE FROM entry_key",
        "UPDATE entry_key SET id = randomblob(16)",
        "UPDATE entry_key SET part = 1",
        "UPDATE entry_key SET seq = 1, mac = NULL",
        "UPDATE entry_key SET mac = randomblob(16)", // may only go
        "INSERT INTO head VALUES (2, 'x', 0, x'')",
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 1, 1, 2, NULL)", // no such state
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 4, 2, 1, 2, NULL)", // no such step
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 2, 2, 1, NULL)", // ends before
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 4, 1, 2, zeroblob(16))",
        "INSERT INTO checkpoint VALUES (0, 1, 'x', NULL)",
        "INSERT INTO seal VALUES (1, 1, 1, 2, 1, NULL)",
        "INSERT INTO outbox VALUES (zeroblob(16), 1, 'HT', '', NULL)",
        "INSERT INTO outbox VALUES (zeroblob(16), 1, 'HT', 'a', x'00')", // not sealed
        "INSERT INTO free_text VALUES (zeroblob(16), 'name', NULL, NULL, 0)",
        "INSERT INTO free_text VALUES (zeroblob(16), 'text', zeroblob(32), NULL, 0)",
        "INSERT INTO offer_count VALUES (1, 3, 'HT', 1, 1)",
        "INSERT INTO device VALUES (zeroblob(32), 1, '', 1)", // a screen of no counter
        "INSERT INTO device VALUES (zeroblob(32), 2, '1', 1)",
        "INSERT INTO sync VALUES (2, 0, 0, '')",
    };
    struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "kiosk.db", path);
    stmt_check_migrated(path, &kiosk_schema);
    assert_int_equal(try_sql(path, "INSERT INTO entry VALUES (0, '{}')"), STATUS_OK);
    assert_int_equal(
        try_sql(path, "INSERT INTO entry_key VALUES (zeroblob(16), 0, 0, zeroblob(16))"),
        STATUS_OK);
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++)
        if (try_sql(path, REFUSED[i]) == STATUS_OK)
            fail_msg("was taken: %s", REFUSED[i]);
    assert_int_equal(try_sql(path, "UPDATE entry_key SET mac = NULL"), STATUS_OK);
    assert_int_equal(try_sql(path, "INSERT INTO entry VALUES (1, printf('%.*c', 8192, 'a'))"),
                     STATUS_OK);
    scratch_remove(&scratch);
}

static void the_journals_tables_are_locked_by_the_connection(void **state)
{
    (void)state;
    static const char *const REFUSED[] = {
        "UPDATE entry SET line = '{}' WHERE seq = 77", // before any trigger: there is no such row
        "DELETE FROM entry WHERE seq = 77",
        "DELETE FROM entry_key WHERE seq = 77",
        "UPDATE entry_key SET seq = 1 WHERE seq = 77",
        "DROP TRIGGER entry_no_update",
    };
    struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    struct err err;
    struct db *db = NULL;
    scratch_path(&scratch, "kiosk.db", path);
    stmt_check_migrated(path, &kiosk_schema);
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &err), STATUS_OK);
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++)
        if (db_exec(db, REFUSED[i], &err) == STATUS_OK)
            fail_msg("was taken: %s", REFUSED[i]);
    assert_int_equal(db_exec(db, "UPDATE entry_key SET mac = NULL", &err), STATUS_OK);
    db_close(db);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_fits_its_registry_and_needs_no_unstated_scan),
        cmocka_unit_test(the_tables_refuse_what_must_not_be),
        cmocka_unit_test(the_journals_tables_are_locked_by_the_connection),
    };
    return cmocka_run_group_tests_name("kiosk statements", tests, NULL, NULL);
}
