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

static enum status try_sql(const char *path, const char *sql)
{
    struct err err;
    struct db *db = NULL;
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &err), STATUS_OK);
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
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 3, 1, 2, NULL)", // no such state
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 4, 1, 1, 2, NULL)", // no such step
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 1, 2, 1, NULL)", // ends before
        "INSERT INTO slip VALUES (zeroblob(16), 'HT', '1', 3, 4, 1, 2, zeroblob(16))",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_fits_its_registry_and_needs_no_unstated_scan),
        cmocka_unit_test(the_tables_refuse_what_must_not_be),
    };
    return cmocka_run_group_tests_name("kiosk statements", tests, NULL, NULL);
}
