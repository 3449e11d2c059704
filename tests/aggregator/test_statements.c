// SPDX-License-Identifier: MIT
// Every statement of the hub fits its lines and reads by its keys.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub_sql.h"
#include "support/scratch.h"
#include "support/stmt_check.h"

static void each_statement_keeps_its_word(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "hub.db", path);
    stmt_check_migrated(path, &hub_schema);
    assert_int_equal(stmt_check_all(&hub_schema, path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_statement_keeps_its_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
