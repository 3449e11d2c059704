// SPDX-License-Identifier: MIT
// stmt.c and the registry that tools/sqlc.py makes: binds, columns, borrowing, and the checker.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "coretest_sql.h"
#include "stmt.h"
#include "support/scratch.h"
#include "support/stmt_check.h"

struct fixture {
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct db *db;
    struct err err;
};

static int set_up(void **state)
{
    // Mistakes are made on purpose here.
    unsetenv("HAILONG_ABORT_ON_BUG");
    struct fixture *f = calloc(1, sizeof(*f));
    f->scratch = scratch_make();
    scratch_path(&f->scratch, "test.db", f->path);
    stmt_check_migrated(f->path, &coretest_schema);
    assert_int_equal(db_open(f->path, DB_WRITE, &coretest_schema, &f->db, &f->err), STATUS_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static struct stmt *use(struct fixture *f, int id)
{
    struct stmt *stmt = NULL;
    assert_int_equal(stmt_use(f->db, id, &stmt, &f->err), STATUS_OK);
    return stmt;
}

static const char CODE[] = "0123456789abcdef";

static void add_note(struct fixture *f, const char *body)
{
    AUTO(stmt_releasep) struct stmt *add = use(f, CORETEST_NOTE_ADD);
    stmt_bind_blob(add, 1, CODE, 16);
    stmt_bind_null(add, 2);
    stmt_bind_text(add, 3, body);
    assert_int_equal(stmt_run(add, NULL, &f->err), STATUS_OK);
}

static void parameters_are_bound_by_their_number_wherever_they_stand(void **state)
{
    struct fixture *f = *state;
    add_note(f, "Rất hài lòng");
    AUTO(stmt_releasep) struct stmt *find = use(f, CORETEST_NOTE_FIND);
    stmt_bind_blob(find, 1, CODE, 16); // $1 stands behind $2 in the statement
    stmt_bind_int(find, 2, 0);
    bool row = false;
    assert_int_equal(stmt_row(find, &row, &f->err), STATUS_OK);
    assert_true(row);
    assert_int_equal(stmt_int(find, 0), 1);
    assert_true(stmt_is_null(find, 1));
    assert_string_equal(stmt_text(find, 2), "Rất hài lòng");
    assert_int_equal(stmt_text_size(find, 2), strlen("Rất hài lòng"));
    size_t size = 0;
    assert_memory_equal(stmt_blob(find, 3, &size), CODE, 16);
    assert_int_equal(size, 16);
}

static void after_the_last_row_there_is_none_however_often_one_asks(void **state)
{
    struct fixture *f = *state;
    add_note(f, "a");
    AUTO(stmt_releasep) struct stmt *find = use(f, CORETEST_NOTE_FIND);
    stmt_bind_blob(find, 1, CODE, 16);
    stmt_bind_int(find, 2, 0);
    bool row = false;
    assert_int_equal(stmt_row(find, &row, &f->err), STATUS_OK);
    assert_true(row);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stmt_row(find, &row, &f->err), STATUS_OK);
        assert_false(row);
    }
}

static void values_come_back_as_they_were_bound(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        const char *blob;
        size_t blob_size;
        int64_t number;
    } CASES[] = {
        {"", "", 0, 0},
        {"Đăng ký khai sinh", "\0\1\377", 3, INT64_MAX},
        {"'; DROP TABLE note; --", "x", 1, INT64_MIN},
    };
    AUTO(stmt_releasep) struct stmt *values = use(f, CORETEST_NOTE_VALUES);
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        stmt_again(values);
        stmt_bind_text(values, 1, CASES[i].text);
        stmt_bind_blob(values, 2, CASES[i].blob, CASES[i].blob_size);
        stmt_bind_int(values, 3, CASES[i].number);
        bool row = false;
        assert_int_equal(stmt_row(values, &row, &f->err), STATUS_OK);
        assert_true(row);
        assert_string_equal(stmt_text(values, 0), CASES[i].text);
        size_t size = 99;
        const void *blob = stmt_blob(values, 1, &size);
        assert_non_null(blob);
        assert_int_equal(size, CASES[i].blob_size);
        assert_memory_equal(blob, CASES[i].blob, size);
        assert_true(stmt_int(values, 2) == CASES[i].number);
    }
}

static void nulls_are_told_from_empty_values(void **state)
{
    struct fixture *f = *state;
    AUTO(stmt_releasep) struct stmt *values = use(f, CORETEST_NOTE_VALUES);
    stmt_bind_text(values, 1, NULL);
    stmt_bind_null(values, 2);
    stmt_bind_null(values, 3);
    bool row = false;
    assert_int_equal(stmt_row(values, &row, &f->err), STATUS_OK);
    size_t size = 99;
    assert_null(stmt_text(values, 0));
    assert_null(stmt_blob(values, 1, &size));
    assert_int_equal(size, 0);
    assert_int_equal(stmt_int(values, 2), 0);
    for (int i = 0; i < 3; i++)
        assert_true(stmt_is_null(values, i));
    stmt_again(values);
    stmt_bind_text_n(values, 1, NULL, 0);
    stmt_bind_blob(values, 2, NULL, 0);
    stmt_bind_int(values, 3, 0);
    assert_int_equal(stmt_row(values, &row, &f->err), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_false(stmt_is_null(values, i));
}

static void run_counts_the_changed_rows(void **state)
{
    struct fixture *f = *state;
    static const int EXPECTED[] = {1, 0}; // the second time the code is there already
    for (size_t i = 0; i < ARRAY_SIZE(EXPECTED); i++) {
        AUTO(stmt_releasep) struct stmt *add = use(f, CORETEST_NOTE_ADD);
        stmt_bind_blob(add, 1, CODE, 16);
        stmt_bind_null(add, 2);
        stmt_bind_text_n(add, 3, "một hai", 4);
        int changes = -1;
        assert_int_equal(stmt_run(add, &changes, &f->err), STATUS_OK);
        assert_int_equal(changes, EXPECTED[i]);
    }
    AUTO(stmt_releasep) struct stmt *rate = use(f, CORETEST_NOTE_RATE);
    stmt_bind_blob(rate, 1, "absent..........", 16);
    stmt_bind_int(rate, 2, 5);
    int changes = -1;
    assert_int_equal(stmt_run(rate, &changes, &f->err), STATUS_OK);
    assert_int_equal(changes, 0);
}

static void a_row_that_no_check_passes_stays_refused_until_the_statement_is_run_again(void **state)
{
    struct fixture *f = *state;
    add_note(f, "a");
    AUTO(stmt_releasep) struct stmt *rate = use(f, CORETEST_NOTE_RATE);
    static const struct {
        int64_t stars;
        enum status status;
    } CASES[] = {{0, STATUS_OK}, {5, STATUS_OK}, {6, STATUS_INTERNAL}, {-1, STATUS_INTERNAL}};
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        stmt_again(rate);
        stmt_bind_blob(rate, 1, CODE, 16);
        stmt_bind_int(rate, 2, CASES[i].stars);
        assert_int_equal(stmt_run(rate, NULL, &f->err), CASES[i].status);
        assert_int_equal(stmt_run(rate, NULL, &f->err), CASES[i].status);
    }
}

enum mistake {
    NO_SUCH_NUMBER,
    NUMBER_ZERO,
    WRONG_TYPE,
    NULL_NOT_ALLOWED,
    NULL_TEXT_NOT_ALLOWED,
    NOT_BOUND,
    BOUND_TOO_LATE,
};

static void make_mistake(struct stmt *add, enum mistake mistake)
{
    if (mistake != NULL_NOT_ALLOWED && mistake != WRONG_TYPE)
        stmt_bind_blob(add, 1, CODE, 16);
    if (mistake != NULL_TEXT_NOT_ALLOWED)
        stmt_bind_text(add, 3, "a");
    if (mistake != NOT_BOUND)
        stmt_bind_null(add, 2);
    switch (mistake) {
    case NO_SUCH_NUMBER:
        stmt_bind_int(add, 4, 1);
        break;
    case NUMBER_ZERO:
        stmt_bind_int(add, 0, 1);
        break;
    case WRONG_TYPE:
        stmt_bind_text(add, 1, CODE);
        break;
    case NULL_NOT_ALLOWED:
        stmt_bind_null(add, 1);
        break;
    case NULL_TEXT_NOT_ALLOWED:
        stmt_bind_text(add, 3, NULL);
        break;
    default:
        break;
    }
}

static void a_wrong_bind_is_a_bug_and_nothing_runs(void **state)
{
    struct fixture *f = *state;
    for (int mistake = NO_SUCH_NUMBER; mistake < BOUND_TOO_LATE; mistake++) {
        AUTO(stmt_releasep) struct stmt *add = use(f, CORETEST_NOTE_ADD);
        make_mistake(add, (enum mistake)mistake);
        assert_int_equal(stmt_run(add, NULL, &f->err), STATUS_INTERNAL);
        assert_null(strstr(f->err.text, CODE));
    }
    AUTO(stmt_releasep) struct stmt *count = use(f, CORETEST_NOTE_COUNT);
    bool row = false;
    assert_int_equal(stmt_row(count, &row, &f->err), STATUS_OK);
    assert_int_equal(stmt_int(count, 0), 0);
}

static void a_bind_after_the_first_step_is_a_bug(void **state)
{
    struct fixture *f = *state;
    AUTO(stmt_releasep) struct stmt *values = use(f, CORETEST_NOTE_VALUES);
    for (int i = 1; i <= 3; i++)
        stmt_bind_null(values, i);
    bool row = false;
    assert_int_equal(stmt_row(values, &row, &f->err), STATUS_OK);
    stmt_bind_int(values, 3, 1);
    assert_int_equal(stmt_row(values, &row, &f->err), STATUS_INTERNAL);
}

static void a_column_that_is_not_as_declared_reads_as_nothing(void **state)
{
    struct fixture *f = *state;
    AUTO(stmt_releasep) struct stmt *total = use(f, CORETEST_NOTE_TOTAL);
    assert_int_equal(stmt_int(total, 0), 0); // before the first row
    bool row = false;
    assert_int_equal(stmt_row(total, &row, &f->err), STATUS_OK);
    assert_true(stmt_is_null(total, 0)); // sum() of no rows, declared `int`
    assert_int_equal(stmt_int(total, 0), 0);
    assert_string_equal(stmt_text(total, 0), "");
    assert_int_equal(stmt_int(total, 1), 0);
    assert_int_equal(stmt_int(total, -1), 0);
}

static void a_statement_is_borrowed_by_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct stmt *first = use(f, CORETEST_NOTE_COUNT);
    struct stmt *second = NULL;
    assert_int_equal(stmt_use(f->db, CORETEST_NOTE_COUNT, &second, &f->err), STATUS_INTERNAL);
    assert_null(second);
    stmt_release(first);
    stmt_release(first); // twice is harmless
    stmt_release(NULL);
    assert_int_equal(stmt_use(f->db, CORETEST_NOTE_COUNT, &second, &f->err), STATUS_OK);
    assert_ptr_equal(second, first);
    stmt_release(second);
}

static void numbers_outside_the_registry_are_bugs(void **state)
{
    struct fixture *f = *state;
    struct stmt *stmt = NULL;
    assert_int_equal(stmt_use(f->db, -1, &stmt, &f->err), STATUS_INTERNAL);
    assert_int_equal(stmt_use(f->db, CORETEST_STATEMENT_COUNT, &stmt, &f->err), STATUS_INTERNAL);
    assert_null(stmt);
}

static void a_released_statement_keeps_no_value(void **state)
{
    struct fixture *f = *state;
    add_note(f, "a");
    AUTO(stmt_releasep) struct stmt *add = use(f, CORETEST_NOTE_ADD);
    stmt_bind_blob(add, 1, "another.code....", 16);
    stmt_bind_null(add, 2);
    assert_int_equal(stmt_run(add, NULL, &f->err), STATUS_INTERNAL); // $3 was not bound anew
}

static void rows_given_to_run_are_a_bug(void **state)
{
    struct fixture *f = *state;
    AUTO(stmt_releasep) struct stmt *count = use(f, CORETEST_NOTE_COUNT);
    assert_int_equal(stmt_run(count, NULL, &f->err), STATUS_INTERNAL);
}

static void a_registry_that_lies_is_found_when_it_is_prepared(void **state)
{
    struct fixture *f = *state;
    static const struct db_statement LIES[] = {
        {"columns", "SELECT name FROM folder", "", "name text, more int", "t.sql", true},
        {"parameters", "SELECT $1 AS a", "", "a int?", "t.sql", false},
        {"syntax", "SELEKT 1", "", "", "t.sql", false},
        {"gap", "SELECT $1 AS a, $3 AS b", "a int, b int", "a int, b int", "t.sql", false},
        {"two", "SELECT 1 AS a; SELECT 2 AS a", "", "a int", "t.sql", false},
        {"none", "-- nothing", "", "", "t.sql", false},
    };
    const struct db_schema schema = {"lies", LIES, ARRAY_SIZE(LIES), NULL, 0, NULL};
    AUTO(db_closep) struct db *db = NULL;
    assert_int_equal(db_open(f->path, DB_WRITE, &schema, &db, &f->err), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(LIES); i++) {
        struct stmt *stmt = NULL;
        assert_int_equal(stmt_use(db, (int)i, &stmt, &f->err), STATUS_INTERNAL);
        assert_null(stmt);
    }
}

// ---- the checker -------------------------------------------------------------------------------

static void the_checker_accepts_an_honest_registry(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(stmt_check_all(&coretest_schema, f->path), 0);
}

static void the_checker_judges_each_statement(void **state)
{
    struct fixture *f = *state;
    static const struct {
        size_t findings;
        struct db_statement statement;
    } CASES[] = {
        {1, {"scan", "SELECT body FROM note", "", "body text", "t.sql", false}},
        {1, {"alias", "SELECT n.body FROM note AS n", "", "body text", "t.sql", false}},
        {1, {"bare_alias", "SELECT n.body FROM note n", "", "body text", "t.sql", false}},
        {1,
         {"index", "SELECT folder_id FROM note ORDER BY 1", "", "folder_id int?", "t.sql", false}},
        {1, {"update", "UPDATE note SET stars = 1", "", "", "t.sql", false}},
        {1,
         {"lie", "SELECT body FROM note WHERE note_id = $1", "id int", "body text", "t.sql", true}},
        {0, {"allowed", "SELECT body FROM note", "", "body text", "t.sql", true}},
        {0,
         {"search", "SELECT body FROM note WHERE note_id = $1", "id int", "body text", "t.sql",
          false}},
        {0,
         {"values", "WITH v (a) AS (VALUES (1), (2)) SELECT k.a FROM v AS k", "", "a int", "t.sql",
          false}},
        {0,
         {"recursive",
          "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 9)"
          " SELECT i FROM c",
          "", "i int", "t.sql", false}},
        {0,
         {"subquery", "SELECT s.body FROM (SELECT body FROM note WHERE note_id = $1 LIMIT 1) AS s",
          "id int", "body text", "t.sql", false}},
        {1,
         {"automatic",
          "SELECT x.body FROM note AS x JOIN note AS y ON x.stars = y.stars"
          " WHERE x.note_id < $1",
          "id int", "body text", "t.sql", false}},
        {1,
         {"name", "SELECT note_id FROM note WHERE note_id = $1", "id int", "id int", "t.sql",
          false}},
        {1,
         {"prefix", "SELECT note_id FROM note WHERE note_id = $1", "id int", "note int", "t.sql",
          false}},
        {1,
         {"type", "SELECT body FROM note WHERE note_id = $1", "id int", "body blob", "t.sql",
          false}},
        {1, {"columns", "SELECT body FROM note WHERE note_id = $1", "id int", "", "t.sql", false}},
        {1, {"parameters", "SELECT 1 AS a WHERE $1 = 1", "", "a int", "t.sql", false}},
        {1, {"syntax", "SELECT body FROM absent", "", "body text", "t.sql", false}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const struct db_schema schema = {"case", &CASES[i].statement, 1, NULL, 0, NULL};
        size_t findings = stmt_check_all(&schema, f->path);
        if (findings != CASES[i].findings)
            fail_msg("%s: %zu findings", CASES[i].statement.name, findings);
    }
}

// ---- tools/sqlc.py -----------------------------------------------------------------------------

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&f->scratch, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// Compiles the one statement file; gives the exit code and what was said.
static int compile(const struct fixture *f, const char *sql, char ret_said[512])
{
    write_file(f, "sql/a.sql", sql);
    char command[1024];
    const char *folder = f->scratch.folder;
    snprintf(command, sizeof(command),
             "python3 tools/sqlc.py --name t --out %s/t_sql --sql %s/sql --migrations %s/migrations"
             " 2>&1",
             folder, folder, folder);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    size_t size = fread(ret_said, 1, 511, output);
    ret_said[size] = '\0';
    int status = pclose(output);
    return WEXITSTATUS(status);
}

static void make_folder(const struct fixture *f, const char *name)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&f->scratch, name, path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void the_compiler_names_file_and_line_of_a_mistake(void **state)
{
    struct fixture *f = *state;
    make_folder(f, "sql");
    make_folder(f, "migrations");
    static const struct {
        const char *sql, *said;
    } CASES[] = {
        {"-- STMT a\nSELECT 1;\n-- STMT a\nSELECT 2;\n", "a.sql:3: a is also in"},
        {"-- STMT a\nSELECT 1\n", "a.sql:1: statement a does not end in ';'"},
        {"-- STMT a\nSELECT ';' -- ;\n", "a.sql:1: statement a does not end"},
        {"-- STMT a\nSELECT 1;\nSELECT 2;\n", "a.sql:3: a: text behind ';'"},
        {"-- STMT a\n-- in: x int\nSELECT $1, $2;\n", "a.sql:1: a: $2 does not match"},
        {"-- STMT a\n-- in: x int, y int\nSELECT $1;\n", "a.sql:1: a: $2 does not match"},
        {"-- STMT a\n-- in: x int\nSELECT '$1';\n", "a.sql:1: a: $1 does not match"},
        {"-- STMT a\n\nSELECT ?;\n", "a.sql:3: a: '?' is not a parameter"},
        {"-- STMT a\nSELECT\n:name;\n", "a.sql:3: a: ':name' is not a parameter"},
        {"-- STMT a\n-- in: x real\nSELECT $1;\n", "a.sql:2: 'x real' is not 'name type'"},
        {"-- STMT a\n-- out: x int, x int\nSELECT 1, 2;\n", "a.sql:1: a: a name occurs twice"},
        {"-- STMT a\n-- scan:\nSELECT 1;\n", "a.sql:2: '-- scan:' must give its reason"},
        {"-- STMT A-b\nSELECT 1;\n", "a.sql:1: '-- STMT' needs one name"},
        {"-- STMT a\n", "a.sql:1: statement a has no SQL"},
        {"SELECT 1;\n", "a.sql:1: SQL before the first"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        char said[512];
        assert_int_equal(compile(f, CASES[i].sql, said), 1);
        if (strstr(said, CASES[i].said) == NULL)
            fail_msg("case %zu: %s", i, said);
    }
}

static void the_compiler_wants_migrations_without_gaps(void **state)
{
    struct fixture *f = *state;
    make_folder(f, "sql");
    make_folder(f, "migrations");
    char said[512];
    write_file(f, "migrations/0001-one.sql", "CREATE TABLE a (b INTEGER) STRICT;\n");
    assert_int_equal(compile(f, "", said), 0);
    write_file(f, "migrations/0003-three.sql", "CREATE TABLE c (d INTEGER) STRICT;\n");
    assert_int_equal(compile(f, "", said), 1);
    assert_non_null(strstr(said, "0003-three.sql:1: expected migration 0002"));
    write_file(f, "migrations/0002-two.sql", "");
    assert_int_equal(compile(f, "", said), 0);
    write_file(f, "migrations/four.sql", "");
    assert_int_equal(compile(f, "", said), 1);
    assert_non_null(strstr(said, "four.sql:1: a migration is named"));
}

static void the_compiler_reads_which_tables_only_grow(void **state)
{
    struct fixture *f = *state;
    make_folder(f, "sql");
    make_folder(f, "migrations");
    static const struct {
        const char *line, *said; // NULL: taken
    } CASES[] = {
        {"-- APPEND-ONLY a", NULL},
        {"    -- APPEND-ONLY a except x", NULL},
        {"-- APPEND-ONLY", "0001-one.sql:2: write '-- APPEND-ONLY"},
        {"-- APPEND-ONLY a, a", "0001-one.sql:2: write '-- APPEND-ONLY"},
        {"-- APPEND-ONLY a except", "0001-one.sql:2: write '-- APPEND-ONLY"},
        {"-- APPEND-ONLY b", "APPEND-ONLY b: no migration creates that table"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        char said[512], text[200];
        snprintf(text, sizeof text, "CREATE TABLE a (x INTEGER) STRICT;\n%s\n", CASES[i].line);
        write_file(f, "migrations/0001-one.sql", text);
        assert_int_equal(compile(f, "", said), CASES[i].said == NULL ? 0 : 1);
        if (CASES[i].said != NULL && strstr(said, CASES[i].said) == NULL)
            fail_msg("case %zu: %s", i, said);
    }
}

static void an_empty_registry_is_valid_c(void **state)
{
    struct fixture *f = *state;
    make_folder(f, "sql");
    make_folder(f, "migrations");
    char said[512], command[1024];
    assert_int_equal(compile(f, "-- only a comment\n", said), 0);
    snprintf(command, sizeof(command),
             "gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -Icore -D_GNU_SOURCE -fsyntax-only "
             "%s/t_sql.c",
             f->scratch.folder);
    assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parameters_are_bound_by_their_number_wherever_they_stand),
        TEST(after_the_last_row_there_is_none_however_often_one_asks),
        TEST(values_come_back_as_they_were_bound),
        TEST(nulls_are_told_from_empty_values),
        TEST(run_counts_the_changed_rows),
        TEST(a_row_that_no_check_passes_stays_refused_until_the_statement_is_run_again),
        TEST(a_wrong_bind_is_a_bug_and_nothing_runs),
        TEST(a_bind_after_the_first_step_is_a_bug),
        TEST(a_column_that_is_not_as_declared_reads_as_nothing),
        TEST(a_statement_is_borrowed_by_one_at_a_time),
        TEST(numbers_outside_the_registry_are_bugs),
        TEST(a_released_statement_keeps_no_value),
        TEST(rows_given_to_run_are_a_bug),
        TEST(a_registry_that_lies_is_found_when_it_is_prepared),
        TEST(the_checker_accepts_an_honest_registry),
        TEST(the_checker_judges_each_statement),
        TEST(the_compiler_names_file_and_line_of_a_mistake),
        TEST(the_compiler_wants_migrations_without_gaps),
        TEST(the_compiler_reads_which_tables_only_grow),
        TEST(an_empty_registry_is_valid_c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
