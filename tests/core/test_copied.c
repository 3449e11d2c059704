// SPDX-License-Identifier: MIT
// copied.c and snapshot.c: files that were moved by hand, and copies made as they should be.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copied.h"
#include "file.h"
#include "migrate.h"
#include "snapshot.h"
#include "sqlite.h"
#include "support/scratch.h"

static const struct db_migration STEPS[] = {
    {1, "0001-a", "CREATE TABLE a (x INTEGER PRIMARY KEY, t TEXT) STRICT;"},
};
static const struct db_schema SCHEMA = {"case", NULL, 0, STEPS, 1, NULL};

struct box {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE], wal[SCRATCH_PATH_SIZE + 4], copy[SCRATCH_PATH_SIZE],
        copy_wal[SCRATCH_PATH_SIZE + 4];
    struct db *db;
    struct err err;
};

static void box_open(struct box *box)
{
    assert_int_equal(db_open(box->path, DB_CREATE, &SCHEMA, &box->db, &box->err), STATUS_OK);
    assert_int_equal(migrate_up(box->db, &box->err), STATUS_OK);
    assert_int_equal(copied_begin(box->db, box->path, &box->err), STATUS_OK);
}

static void box_make(struct box *box)
{
    box->scratch = scratch_make();
    scratch_path(&box->scratch, "a.db", box->path);
    scratch_path(&box->scratch, "b.db", box->copy);
    snprintf(box->wal, sizeof box->wal, "%s-wal", box->path);
    snprintf(box->copy_wal, sizeof box->copy_wal, "%s-wal", box->copy);
    box_open(box);
    assert_int_equal(db_exec(box->db, "INSERT INTO a VALUES (1, 'kept')", &box->err), STATUS_OK);
}

static void box_done(struct box *box)
{
    db_close(box->db);
    scratch_remove(&box->scratch);
}

static int64_t number(struct db *db, const char *sql)
{
    int64_t value = -1;
    assert_int_equal(db_query_int(db, sql, &value, NULL), STATUS_OK);
    return value;
}

static void a_copy_of_a_running_database_without_its_wal_is_refused(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    box_make(&box);
    enum copied_mark mark = COPIED_IDLE;
    assert_int_equal(file_copy(box.path, box.copy, 0600, &box.err), STATUS_OK);
    assert_int_equal(copied_read(box.copy, &mark, &box.err), STATUS_OK);
    assert_int_equal(mark, COPIED_RUNNING);
    assert_int_equal(copied_check(box.copy, &box.err), STATUS_CONFLICT);
    assert_non_null(strstr(box.err.text, "backup"));
    assert_int_equal(copied_check_backup(box.copy, &box.err), STATUS_CONFLICT);
    // With its -wal it is whole.
    assert_int_equal(file_copy(box.wal, box.copy_wal, 0600, &box.err), STATUS_OK);
    assert_int_equal(copied_check(box.copy, &box.err), STATUS_OK);
    AUTO(db_closep) struct db *db = NULL;
    assert_int_equal(db_open(box.copy, DB_READ, &SCHEMA, &db, &box.err), STATUS_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 1);
}

static void a_box_that_was_cut_off_goes_on(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    box_make(&box);
    db_close(box.db); // without copied_end, as a crash
    box.db = NULL;
    assert_true(file_exists(box.wal));
    assert_int_equal(copied_check(box.path, &box.err), STATUS_OK);
    // Somebody's tool has looked into it and merged the -wal: still the same file.
    assert_int_equal(unlink(box.wal), 0);
    assert_int_equal(copied_check(box.path, &box.err), STATUS_OK);
    box_open(&box);
    assert_int_equal(number(box.db, "SELECT count(*) FROM a"), 1);
}

static void a_file_that_was_closed_properly_may_be_copied(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    box_make(&box);
    assert_int_equal(copied_end(box.db, &box.err), STATUS_OK);
    db_close(box.db);
    box.db = NULL;
    assert_false(file_exists(box.wal));
    assert_int_equal(file_copy(box.path, box.copy, 0600, &box.err), STATUS_OK);
    assert_int_equal(copied_check(box.copy, &box.err), STATUS_OK);
    assert_int_equal(copied_check_backup(box.copy, &box.err), STATUS_OK);
}

static void what_is_no_database_is_named_and_what_is_not_there_is_fine(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    struct err err = {0};
    enum copied_mark mark = COPIED_IDLE;
    scratch_path(&scratch, "x.db", path);
    assert_int_equal(copied_check(path, &err), STATUS_OK);
    assert_int_equal(copied_check_backup(path, &err), STATUS_NOT_FOUND);
    assert_int_equal(copied_read(path, &mark, &err), STATUS_NOT_FOUND);
    assert_int_equal(file_write(path, "not one", 7, 0600, &err), STATUS_OK);
    assert_int_equal(copied_check(path, &err), STATUS_BAD_INPUT);
    assert_int_equal(file_write(path, "", 0, 0600, &err), STATUS_OK);
    assert_int_equal(copied_check(path, &err), STATUS_OK);
}

// ---- snapshots ---------------------------------------------------------------------------------

static enum status leave_out(struct db *copy, void *context, struct err *err)
{
    const char *sql = context;
    return db_exec(copy, sql, err);
}

static struct snapshot_order order_of(const struct box *box, char *sql)
{
    return (struct snapshot_order){
        .from = box->path, .to = box->copy, .schema = &SCHEMA, .fill = leave_out, .context = sql};
}

static void a_backup_beside_a_writer_is_whole_private_and_never_overwrites(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    char sql[] = "DELETE FROM a WHERE x = 2";
    struct stat facts;
    enum copied_mark mark = COPIED_IDLE;
    box_make(&box);
    assert_int_equal(db_exec(box.db, "INSERT INTO a VALUES (2, 'left'), (3, 'kept')", &box.err),
                     STATUS_OK);
    const struct snapshot_order order = order_of(&box, sql);
    assert_int_equal(snapshot_write(&order, &box.err), STATUS_OK);
    assert_int_equal(stat(box.copy, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_false(file_exists(box.copy_wal));
    assert_int_equal(copied_read(box.copy, &mark, &box.err), STATUS_OK);
    assert_int_equal(mark, COPIED_BACKUP);
    // In the place of a database it is refused; `restore` takes it.
    assert_int_equal(copied_check(box.copy, &box.err), STATUS_CONFLICT);
    assert_non_null(strstr(box.err.text, "restore"));
    assert_int_equal(copied_check_backup(box.copy, &box.err), STATUS_OK);
    AUTO(db_closep) struct db *db = NULL;
    assert_int_equal(db_open(box.copy, DB_READ, &SCHEMA, &db, &box.err), STATUS_OK);
    assert_int_equal(number(db, "SELECT sum(x) FROM a"), 4);
    assert_int_equal(snapshot_write(&order, &box.err), STATUS_CONFLICT);
    assert_int_equal(number(box.db, "SELECT sum(x) FROM a"), 6);
}

static enum status count_entry(const char *name, void *context, struct err *err)
{
    int *count = context;
    (void)err;
    *count += strncmp(name, "b.db", 4) == 0;
    return STATUS_OK;
}

static void a_backup_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    char sql[] = "DELETE FROM nothing";
    int left = 0;
    box_make(&box);
    const struct snapshot_order order = order_of(&box, sql);
    assert_int_not_equal(snapshot_write(&order, &box.err), STATUS_OK);
    assert_int_equal(file_list(box.scratch.folder, count_entry, &left, &box.err), STATUS_OK);
    assert_int_equal(left, 0);
}

static void a_table_is_taken_over_whole_or_in_part(void **state)
{
    (void)state;
    AUTO(box_done) struct box box = {0};
    AUTO(db_closep) struct db *to = NULL;
    box_make(&box);
    assert_int_equal(db_exec(box.db, "INSERT INTO a VALUES (2, NULL), (3, 'Hài Lòng')", &box.err),
                     STATUS_OK);
    assert_int_equal(db_open(box.copy, DB_CREATE, &SCHEMA, &to, &box.err), STATUS_OK);
    assert_int_equal(migrate_up(to, &box.err), STATUS_OK);
    assert_int_equal(snapshot_table(box.db, to, "a", "x > 1", &box.err), STATUS_OK);
    assert_int_equal(number(to, "SELECT sum(x) FROM a"), 5);
    assert_int_equal(number(to, "SELECT count(*) FROM a WHERE t = 'Hài Lòng'"), 1);
    assert_int_equal(db_exec(to, "DELETE FROM a", &box.err), STATUS_OK);
    assert_int_equal(snapshot_table(box.db, to, "a", "", &box.err), STATUS_OK);
    assert_int_equal(number(to, "SELECT count(*) FROM a"), 3);
    assert_int_equal(snapshot_table(box.db, to, "a", "", &box.err), STATUS_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_a_running_database_without_its_wal_is_refused),
        cmocka_unit_test(a_box_that_was_cut_off_goes_on),
        cmocka_unit_test(a_file_that_was_closed_properly_may_be_copied),
        cmocka_unit_test(what_is_no_database_is_named_and_what_is_not_there_is_fine),
        cmocka_unit_test(a_backup_beside_a_writer_is_whole_private_and_never_overwrites),
        cmocka_unit_test(a_backup_that_fails_leaves_nothing_behind),
        cmocka_unit_test(a_table_is_taken_over_whole_or_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
