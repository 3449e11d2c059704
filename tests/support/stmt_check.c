// SPDX-License-Identifier: MIT
// Prepares statements and reads their query plans.
#include "stmt_check.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "migrate.h"
#include "sqlite.h"

enum { NAME_SIZE = 64 };

struct check {
    sqlite3 *handle;
    const struct db_statement *statement;
    size_t findings;
};

static void finding(struct check *check, const char *text, const char *detail)
{
    print_error("%s: %s: %s%s\n", check->statement->file, check->statement->name, text, detail);
    check->findings++;
}

void stmt_check_migrated(const char *db_path, const struct db_schema *schema)
{
    struct err err = {0};
    AUTO(db_closep) struct db *db = NULL;
    if (db_open(db_path, DB_CREATE, schema, &db, &err) != STATUS_OK ||
        migrate_up(db, &err) != STATUS_OK)
        fail_msg("%s: %s", db_path, err.text);
}

// ---- parameters and columns --------------------------------------------------------------------

static int count_declared(const char *text)
{
    int count = text[0] != '\0';
    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

// The column's declared type in SQLite's words; NULL for an expression.
static bool type_fits(const char *declared, const char *table_type)
{
    if (table_type == NULL || strcasecmp(table_type, "ANY") == 0)
        return true;
    if (strncmp(declared, "int", 3) == 0)
        return strcasecmp(table_type, "INTEGER") == 0 || strcasecmp(table_type, "INT") == 0;
    return strncasecmp(declared, table_type, strlen(table_type)) == 0;
}

static void check_columns(struct check *check, sqlite3_stmt *handle)
{
    const char *declared = check->statement->out;
    if (sqlite3_column_count(handle) != count_declared(declared)) {
        finding(check, "not as many columns as in the out: line", "");
        return;
    }
    for (int i = 0; i < sqlite3_column_count(handle); i++) {
        const char *name = sqlite3_column_name(handle, i);
        size_t chars = strcspn(declared, " ");
        if (strlen(name) != chars || strncmp(name, declared, chars) != 0)
            finding(check, "a column is not named as in the out: line: ", name);
        else if (!type_fits(declared + chars + 1, sqlite3_column_decltype(handle, i)))
            finding(check, "a column has not the type of the out: line: ", name);
        declared += strcspn(declared, ",");
        declared += strspn(declared, ", ");
    }
}

static void check_parameters(struct check *check, sqlite3_stmt *handle)
{
    int count = count_declared(check->statement->in);
    if (sqlite3_bind_parameter_count(handle) != count)
        finding(check, "not as many parameters as in the in: line", "");
    for (int i = 1; i <= count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "$%d", i);
        if (sqlite3_bind_parameter_index(handle, name) == 0)
            finding(check, "has no parameter ", name);
    }
}

// ---- plans -------------------------------------------------------------------------------------

static bool is_table(const struct check *check, const char *name)
{
    sqlite3_stmt *handle = NULL;
    static const char SQL[] = "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=$1";
    assert_int_equal(sqlite3_prepare_v2(check->handle, SQL, -1, &handle, NULL), SQLITE_OK);
    sqlite3_bind_text(handle, 1, name, -1, SQLITE_STATIC);
    bool found = sqlite3_step(handle) == SQLITE_ROW;
    sqlite3_finalize(handle);
    return found;
}

// Reads the next word (or single sign) of SQL; false at the end.
static bool next_word(const char **text, char ret_word[NAME_SIZE])
{
    *text += strspn(*text, " \t\n");
    size_t chars = 0;
    while (isalnum((unsigned char)(*text)[chars]) || (*text)[chars] == '_')
        chars++;
    chars += chars == 0 && **text != '\0';
    snprintf(ret_word, NAME_SIZE, "%.*s", (int)chars, *text);
    *text += chars;
    return chars > 0;
}

// The plan names a table by its alias: true when the SQL has `TABLE alias` or `TABLE AS alias`
// with a real table.
static bool is_alias_of_table(const struct check *check, const char *alias)
{
    char word[NAME_SIZE], before[NAME_SIZE] = "";
    const char *text = check->statement->sql;
    while (next_word(&text, word)) {
        if (strcmp(word, alias) == 0 && is_table(check, before))
            return true;
        if (strcasecmp(word, "AS") != 0)
            memcpy(before, word, NAME_SIZE);
    }
    return false;
}

// "SCAN note", "SCAN n USING INDEX …"; not "SCAN 3 CONSTANT ROWS", "SCAN (subquery-1)" or the name
// of a common table expression (what it reads has lines of its own).
static bool is_scan(const struct check *check, const char *line)
{
    if (strstr(line, "AUTOMATIC") != NULL)
        return true;
    if (strncmp(line, "SCAN ", 5) != 0)
        return false;
    const char *rest = line + 5;
    char name[NAME_SIZE];
    if (!next_word(&rest, name) || (!is_table(check, name) && !is_alias_of_table(check, name)))
        return false;
    // A virtual table's plan is its own affair; without an argument ("0:") it reads all.
    const char *virtual_plan = strstr(rest, "VIRTUAL TABLE INDEX ");
    return virtual_plan == NULL || strcmp(virtual_plan, "VIRTUAL TABLE INDEX 0:") == 0;
}

static void check_plan(struct check *check)
{
    sqlite3_stmt *plan = NULL;
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", check->statement->sql);
    assert_int_equal(sqlite3_prepare_v2(check->handle, sql, -1, &plan, NULL), SQLITE_OK);
    bool scans = false;
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(plan, 3);
        if (!is_scan(check, line))
            continue;
        scans = true;
        if (!check->statement->scans)
            finding(check, "without a '-- scan:' line the plan has ", line);
    }
    if (check->statement->scans && !scans)
        finding(check, "has a '-- scan:' line but no scan", "");
    sqlite3_finalize(plan);
    sqlite3_free(sql);
}

static void check_statement(struct check *check)
{
    sqlite3_stmt *handle = NULL;
    const char *rest = NULL;
    if (sqlite3_prepare_v2(check->handle, check->statement->sql, -1, &handle, &rest) != SQLITE_OK) {
        finding(check, "cannot be prepared: ", sqlite3_errmsg(check->handle));
        return;
    }
    check_parameters(check, handle);
    check_columns(check, handle);
    sqlite3_finalize(handle);
    check_plan(check);
}

size_t stmt_check_all(const struct db_schema *schema, const char *db_path)
{
    struct err err = {0};
    AUTO(db_closep) struct db *db = NULL;
    if (db_open(db_path, DB_WRITE, schema, &db, &err) != STATUS_OK)
        fail_msg("%s: %s", db_path, err.text);
    struct check check = {.handle = db->handle};
    for (size_t i = 0; i < schema->statement_count; i++) {
        check.statement = &schema->statements[i];
        check_statement(&check);
    }
    return check.findings;
}
