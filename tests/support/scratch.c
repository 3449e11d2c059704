// SPDX-License-Identifier: MIT
// Makes and removes the folder of a test.
#include "scratch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct scratch scratch_make(void)
{
    struct scratch scratch = {.folder = "/tmp/hailong-test-XXXXXX"};
    assert_non_null(mkdtemp(scratch.folder));
    return scratch;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_path(const struct scratch *scratch, const char *name, char ret_path[SCRATCH_PATH_SIZE])
{
    snprintf(ret_path, SCRATCH_PATH_SIZE, "%s/%s", scratch->folder, name);
}
