// SPDX-License-Identifier: MIT
// lock.c: one holder at a time, also across processes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"
#include "support/scratch.h"

static void one_holds_the_lock_at_a_time(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct lock *first = NULL, *second = NULL;
    struct err err = {0};
    assert_int_equal(lock_take(scratch.folder, &first, &err), STATUS_OK);
    assert_int_equal(lock_take(scratch.folder, &second, &err), STATUS_BUSY);
    assert_null(second);
    assert_non_null(strstr(err.text, scratch.folder));
    lock_free(first);
    assert_int_equal(lock_take(scratch.folder, &second, &err), STATUS_OK);
    lock_free(second);
    lock_free(NULL);
}

static void the_lock_file_is_private_and_stays(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "lock", path);
    struct lock *lock = NULL;
    assert_int_equal(lock_take(scratch.folder, &lock, NULL), STATUS_OK);
    lock_free(lock);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void a_process_that_dies_lets_go(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int ready[2], stay[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stay), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct lock *lock = NULL;
        close(stay[1]);
        char byte = lock_take(scratch.folder, &lock, NULL) == STATUS_OK ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(stay[0], &byte, 1) != 0)
            _exit(1);
        _exit(0); // without lock_free
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    struct lock *lock = NULL;
    assert_int_equal(lock_take(scratch.folder, &lock, NULL), STATUS_BUSY);
    close(stay[1]);
    int result = 1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_int_equal(lock_take(scratch.folder, &lock, NULL), STATUS_OK);
    lock_free(lock);
    close(stay[0]);
    close(ready[0]);
    close(ready[1]);
}

static void a_folder_that_is_none_cannot_be_locked(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "missing", path);
    struct lock *lock = NULL;
    struct err err = {0};
    assert_int_equal(lock_take(path, &lock, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    scratch_path(&scratch, "lock", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(lock_take(scratch.folder, &lock, &err), STATUS_IO); // "lock" is a folder
    assert_null(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holds_the_lock_at_a_time),
        cmocka_unit_test(the_lock_file_is_private_and_stays),
        cmocka_unit_test(a_process_that_dies_lets_go),
        cmocka_unit_test(a_folder_that_is_none_cannot_be_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
