// SPDX-License-Identifier: MIT
// db.c: opening, settings, errors, checks and checkpoints.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coretest_sql.h"
#include "db.h"
#include "migrate.h"
#include "sqlite.h"
#include "stmt.h"
#include "support/scratch.h"
#include "support/stmt_check.h"

struct place {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
};

static struct place place_new(void)
{
    struct place place = {.scratch = scratch_make()};
    scratch_path(&place.scratch, "Hài lòng #1?%.db", place.path);
    return place;
}

static struct db *open_new(const struct place *place)
{
    stmt_check_migrated(place->path, &coretest_schema);
    struct db *db = NULL;
    struct err err = {0};
    assert_int_equal(db_open(place->path, DB_WRITE, &coretest_schema, &db, &err), STATUS_OK);
    return db;
}

static int64_t number(struct db *db, const char *sql)
{
    int64_t value = -1;
    struct err err = {0};
    assert_int_equal(db_query_int(db, sql, &value, &err), STATUS_OK);
    return value;
}

static void the_settings_hold_on_every_connection(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    static const struct {
        const char *sql;
        int64_t write, read;
    } SETTINGS[] = {
        {"PRAGMA synchronous", 2, 2},        {"PRAGMA foreign_keys", 1, 1},
        {"PRAGMA secure_delete", 1, 1},      {"PRAGMA trusted_schema", 0, 0},
        {"PRAGMA cell_size_check", 1, 1},    {"PRAGMA mmap_size", 0, 0},
        {"PRAGMA temp_store", 1, 2},         {"PRAGMA cache_size", -4000, -512},
        {"PRAGMA busy_timeout", 5000, 5000}, {"PRAGMA query_only", 0, 1},
    };
    AUTO(db_closep) struct db *write = open_new(&place);
    AUTO(db_closep) struct db *read = NULL;
    struct err err = {0};
    assert_int_equal(db_open(place.path, DB_READ, &coretest_schema, &read, &err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(SETTINGS); i++) {
        assert_int_equal(number(write, SETTINGS[i].sql), SETTINGS[i].write);
        assert_int_equal(number(read, SETTINGS[i].sql), SETTINGS[i].read);
    }
    int on = 0;
    sqlite3_db_config(write->handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &on);
    assert_int_equal(on, 1);
    assert_ptr_equal(db_schema_of(write), &coretest_schema);
}

static void a_new_database_is_nobody_elses_to_read_and_uses_a_wal(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    struct stat facts;
    assert_int_equal(stat(place.path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    char wal[SCRATCH_PATH_SIZE + 8];
    snprintf(wal, sizeof(wal), "%s-wal", place.path);
    assert_int_equal(stat(wal, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
}

static void a_missing_database_is_not_made_by_reading_or_writing(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    struct db *db = NULL;
    struct err err = {0};
    assert_int_equal(db_open(place.path, DB_READ, &coretest_schema, &db, &err), STATUS_NOT_FOUND);
    assert_int_equal(db_open(place.path, DB_WRITE, &coretest_schema, &db, &err), STATUS_NOT_FOUND);
    assert_null(db);
    assert_int_equal(access(place.path, F_OK), -1);
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "absent/new.db", path);
    assert_int_equal(db_open(path, DB_CREATE, &coretest_schema, &db, &err), STATUS_NOT_FOUND);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    FILE *file = fopen(place.path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("Xin chào, đây không phải là cơ sở dữ liệu.\n", file);
    fclose(file);
    struct db *db = NULL;
    struct err err = {0};
    static const enum db_mode MODES[] = {DB_READ, DB_WRITE, DB_CREATE};
    for (size_t i = 0; i < ARRAY_SIZE(MODES); i++)
        assert_int_equal(db_open(place.path, MODES[i], &coretest_schema, &db, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "restore a backup"));
}

static void a_file_left_empty_by_a_crash_is_taken_up_again(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    fclose(fopen(place.path, "w"));
    AUTO(db_closep) struct db *db = open_new(&place);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
}

static void reading_connections_cannot_write(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *write = open_new(&place);
    AUTO(db_closep) struct db *read = NULL;
    struct err err = {0};
    assert_int_equal(db_open(place.path, DB_READ, &coretest_schema, &read, &err), STATUS_OK);
    assert_int_equal(db_exec(read, "INSERT INTO folder (name) VALUES ('a')", &err), STATUS_IO);
    assert_int_equal(db_exec(write, "INSERT INTO folder (name) VALUES ('a')", &err), STATUS_OK);
    assert_int_equal(number(read, "SELECT count(*) FROM folder"), 1);
}

static void failures_have_their_status_and_never_show_values(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    static const struct {
        const char *sql;
        enum status status;
    } CASES[] = {
        {"INSERT INTO folder (name) VALUES ('secret'), ('secret')", STATUS_CONFLICT},
        // Only what is there already is an answer; these are bugs of whoever wrote the statement.
        {"INSERT INTO note (code, body) VALUES (x'00', 'secret')", STATUS_INTERNAL},
        {"INSERT INTO note (code, body) VALUES (NULL, 'secret')", STATUS_INTERNAL},
        {"INSERT INTO note (code, body, folder_id) VALUES (zeroblob(16), 'secret', 7)",
         STATUS_INTERNAL},
        {"INSERT INTO folder (folder_id, name) VALUES ('secret', 'b')", STATUS_INTERNAL},
        {"PRAGMA writable_schema=1; DELETE FROM sqlite_schema", STATUS_INTERNAL},
        {"SELECT no_such_function(1)", STATUS_INTERNAL},
        {"SELECT \"no_such_column\"", STATUS_INTERNAL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct err err = {0};
        assert_int_equal(db_exec(db, CASES[i].sql, &err), CASES[i].status);
        assert_int_equal(err.status, CASES[i].status);
        assert_null(strstr(err.text, "secret"));
    }
}

static void a_full_database_says_full_and_goes_on_when_there_is_room(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    struct err err = {0};
    static const char SQL[] = "INSERT INTO folder (name) VALUES (hex(randomblob(40000)))";
    assert_int_equal(db_exec(db, "PRAGMA max_page_count=10", &err), STATUS_OK);
    assert_int_equal(db_exec(db, SQL, &err), STATUS_FULL);
    assert_int_equal(db_exec(db, "PRAGMA max_page_count=1000", &err), STATUS_OK);
    assert_int_equal(db_exec(db, SQL, &err), STATUS_OK);
    assert_int_equal(db_check(db, &err), STATUS_OK);
}

static void check_names_a_row_without_its_parent(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    struct err err = {0};
    assert_int_equal(db_check(db, &err), STATUS_OK);
    assert_int_equal(db_exec(db,
                             "PRAGMA foreign_keys=OFF;"
                             "INSERT INTO note (note_id, code, body, folder_id)"
                             " VALUES (3, zeroblob(16), '', 7)",
                             &err),
                     STATUS_OK);
    assert_int_equal(db_check(db, &err), STATUS_CHECK_FAILED);
    assert_string_equal(err.text, "foreign key check: row 3 of note has no row in folder");
}

static void check_finds_a_damaged_page(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    struct err err = {0};
    struct db *db = open_new(&place);
    assert_int_equal(db_exec(db, "INSERT INTO folder (name) VALUES ('a'), ('b'), ('c')", &err),
                     STATUS_OK);
    int64_t root = number(db, "SELECT rootpage FROM sqlite_schema WHERE name='folder'");
    db_close(db);
    int file = open(place.path, O_WRONLY);
    // The pointer of the page's first cell (file format §1.6) now points at its own header.
    assert_int_equal(pwrite(file, "\0\1", 2, (root - 1) * 4096 + 8), 2);
    close(file);
    AUTO(db_closep) struct db *damaged = NULL;
    assert_int_equal(db_open(place.path, DB_READ, &coretest_schema, &damaged, &err), STATUS_OK);
    enum status status = db_check(damaged, &err);
    assert_true(status == STATUS_CHECK_FAILED || status == STATUS_IO);
}

static int64_t file_size(const char *path)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_size;
}

static void the_wal_size_is_known_and_a_truncating_checkpoint_empties_it(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    struct err err = {0};
    char wal[SCRATCH_PATH_SIZE + 8];
    snprintf(wal, sizeof(wal), "%s-wal", place.path);
    assert_int_equal(db_wal_bytes(db), 0);
    assert_int_equal(db_exec(db, "INSERT INTO folder (name) VALUES ('a')", &err), STATUS_OK);
    assert_true(db_wal_bytes(db) >= 4096);
    assert_int_equal(file_size(wal), db_wal_bytes(db) + 32); // 32: the log's header
    assert_int_equal(db_checkpoint(db, false, &err), STATUS_OK);
    assert_true(file_size(wal) > 0);
    assert_int_equal(db_checkpoint(db, true, &err), STATUS_OK);
    assert_int_equal(db_wal_bytes(db), 0);
    assert_int_equal(file_size(wal), 0);
}

static void a_checkpoint_that_a_reader_blocks_is_busy(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    AUTO(db_closep) struct db *read = NULL;
    struct err err = {0};
    assert_int_equal(db_open(place.path, DB_READ, &coretest_schema, &read, &err), STATUS_OK);
    assert_int_equal(db_exec(read, "BEGIN; SELECT * FROM folder", &err), STATUS_OK);
    assert_int_equal(db_exec(db, "INSERT INTO folder (name) VALUES ('a')", &err), STATUS_OK);
    assert_int_equal(db_restart_wal(db, true, 0, &err), STATUS_BUSY);
    assert_int_equal(db_checkpoint(db, false, &err), STATUS_OK);
    assert_int_equal(db_exec(read, "COMMIT", &err), STATUS_OK);
    assert_int_equal(db_restart_wal(db, true, 0, &err), STATUS_OK);
}

static bool file_contains(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char *bytes = calloc(1, 1 << 20);
    size_t size = fread(bytes, 1, (1 << 20) - 1, file);
    bool found = memmem(bytes, size, text, strlen(text)) != NULL;
    free(bytes);
    fclose(file);
    return found;
}

static void deleted_text_is_gone_from_the_files_after_a_truncating_checkpoint(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    AUTO(db_closep) struct db *db = open_new(&place);
    struct err err = {0};
    char wal[SCRATCH_PATH_SIZE + 8];
    snprintf(wal, sizeof(wal), "%s-wal", place.path);
    assert_int_equal(db_exec(db, "INSERT INTO folder (name) VALUES ('nguyễn-bí-mật')", &err),
                     STATUS_OK);
    assert_true(file_contains(wal, "nguyễn-bí-mật"));
    assert_int_equal(db_checkpoint(db, true, &err), STATUS_OK);
    assert_true(file_contains(place.path, "nguyễn-bí-mật"));
    assert_int_equal(db_exec(db, "DELETE FROM folder", &err), STATUS_OK);
    assert_int_equal(db_checkpoint(db, true, &err), STATUS_OK);
    assert_false(file_contains(place.path, "nguyễn-bí-mật"));
    assert_false(file_contains(wal, "nguyễn-bí-mật"));
}

static void used_statements_are_noted_when_asked_for(void **state)
{
    (void)state;
    struct place place = place_new();
    AUTO(scratch_remove) struct scratch scratch = place.scratch;
    struct err err = {0};
    char log[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "used", log);
    struct db *db = open_new(&place);
    struct stmt *count = NULL;
    assert_int_equal(stmt_use(db, CORETEST_NOTE_COUNT, &count, &err), STATUS_OK);
    stmt_release(count);
    const char *before = getenv("HAILONG_STATEMENTS_LOG");
    char *kept = before != NULL ? strdup(before) : NULL;
    setenv("HAILONG_STATEMENTS_LOG", log, 1);
    db_close(db);
    unsetenv("HAILONG_STATEMENTS_LOG");
    if (kept != NULL)
        setenv("HAILONG_STATEMENTS_LOG", kept, 1);
    free(kept);
    assert_true(file_contains(log, "coretest.note_count\n"));
    assert_false(file_contains(log, "note_find"));
}

static void append_only_tables_are_locked_by_the_connection(void **state)
{
    (void)state;
    static const struct db_append_only LOCKED[] = {
        {"folder", NULL}, {"note", "stars"}, {NULL, NULL}};
    static const char *const REFUSED[] = {
        "DELETE FROM folder",
        "DELETE FROM Folder WHERE folder_id = 77",
        "DELETE FROM main.note",
        "UPDATE folder SET name = 'x'",
        "UPDATE note SET body = 'x'",
        "UPDATE note SET stars = 1, body = 'x'",
        "INSERT INTO folder VALUES (1, 'x') ON CONFLICT (folder_id) DO UPDATE SET name = 'y'",
        "DROP TABLE folder",
        "DROP TABLE other",
        "DROP TRIGGER folder_stays",
        "DROP INDEX note_by_folder",
        "CREATE TRIGGER t BEFORE INSERT ON folder BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TEMP TRIGGER t BEFORE INSERT ON folder BEGIN SELECT RAISE(IGNORE); END",
        "ALTER TABLE folder RENAME TO f",
        "ALTER TABLE folder ADD COLUMN x",
        "ATTACH ':memory:' AS m",
        "DETACH main",
        "PRAGMA writable_schema=ON",
        "PRAGMA recursive_triggers=OFF",
        "INSERT OR REPLACE INTO folder VALUES (5, 'x')", // by the trigger
        "WITH gone AS (SELECT 1) DELETE FROM folder WHERE folder_id IN gone",
        "EXPLAIN DELETE FROM folder",
    };
    static const char *const TAKEN[] = {
        "INSERT INTO folder VALUES (6, 'x6')",
        "INSERT OR IGNORE INTO folder VALUES (5, 'x')",
        "UPDATE note SET stars = 2",
        "INSERT INTO other VALUES (1)",
        "UPDATE other SET x = 2",
        "DELETE FROM other",
        "CREATE TEMP TABLE t (x)",
        "BEGIN",
        "SAVEPOINT s",
        "ROLLBACK",
        "PRAGMA optimize",
    };
    struct place place = place_new();
    struct db *db = open_new(&place);
    struct err err;
    assert_int_equal(db_exec(db,
                             "CREATE TABLE other (x INTEGER) STRICT;"
                             "CREATE TRIGGER folder_stays BEFORE DELETE ON folder "
                             "BEGIN SELECT RAISE(ABORT, 'stays'); END;"
                             "INSERT INTO folder VALUES (5, 'năm')",
                             &err),
                     STATUS_OK);
    db_close(db);
    struct db_schema schema = coretest_schema;
    schema.append_only = LOCKED;
    assert_int_equal(db_open(place.path, DB_WRITE, &schema, &db, &err), STATUS_OK);
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++)
            if (db_exec(db, REFUSED[i], &err) == STATUS_OK)
                fail_msg("was taken: %s", REFUSED[i]);
        // A migration opens the lock for itself only.
        assert_int_equal(migrate_up(db, &err), STATUS_OK);
    }
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++)
        if (db_exec(db, TAKEN[i], &err) != STATUS_OK)
            fail_msg("%s: %s", TAKEN[i], err.text);
    db_close(db);
    scratch_remove(&place.scratch);
}

static void a_migration_may_change_locked_tables_and_locks_again(void **state)
{
    (void)state;
    static const struct db_append_only LOCKED[] = {{"folder", NULL}, {NULL, NULL}};
    const struct db_migration steps[] = {
        coretest_schema.migrations[0],
        coretest_schema.migrations[1],
        {3, "0003-change",
         "INSERT INTO folder VALUES (1, 'a'); UPDATE folder SET name = 'b'; DROP INDEX "
         "note_by_folder; ALTER TABLE folder ADD COLUMN x INTEGER;"},
    };
    struct place place = place_new();
    struct db *db = open_new(&place);
    struct err err;
    db_close(db);
    struct db_schema schema = coretest_schema;
    schema.append_only = LOCKED;
    schema.migrations = steps;
    schema.migration_count = 3;
    assert_int_equal(db_open(place.path, DB_WRITE, &schema, &db, &err), STATUS_OK);
    assert_int_equal(migrate_up(db, &err), STATUS_OK);
    assert_int_equal(db_exec(db, "UPDATE folder SET x = 1", &err), STATUS_INTERNAL);
    db_close(db);
    scratch_remove(&place.scratch);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    db_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_settings_hold_on_every_connection),
        cmocka_unit_test(a_new_database_is_nobody_elses_to_read_and_uses_a_wal),
        cmocka_unit_test(a_missing_database_is_not_made_by_reading_or_writing),
        cmocka_unit_test(a_file_that_is_no_database_is_refused),
        cmocka_unit_test(a_file_left_empty_by_a_crash_is_taken_up_again),
        cmocka_unit_test(reading_connections_cannot_write),
        cmocka_unit_test(failures_have_their_status_and_never_show_values),
        cmocka_unit_test(a_full_database_says_full_and_goes_on_when_there_is_room),
        cmocka_unit_test(check_names_a_row_without_its_parent),
        cmocka_unit_test(check_finds_a_damaged_page),
        cmocka_unit_test(the_wal_size_is_known_and_a_truncating_checkpoint_empties_it),
        cmocka_unit_test(a_checkpoint_that_a_reader_blocks_is_busy),
        cmocka_unit_test(deleted_text_is_gone_from_the_files_after_a_truncating_checkpoint),
        cmocka_unit_test(used_statements_are_noted_when_asked_for),
        cmocka_unit_test(append_only_tables_are_locked_by_the_connection),
        cmocka_unit_test(a_migration_may_change_locked_tables_and_locks_again),
        cmocka_unit_test(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
