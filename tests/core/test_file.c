// SPDX-License-Identifier: MIT
// file.c: durable writing, limits, folders and destruction.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "support/scratch.h"

static void assert_content(const char *path, const char *expected)
{
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 1000);
    struct err err = {0};
    assert_int_equal(file_read(path, &buf, &err), STATUS_OK);
    assert_string_equal(buf_text(&buf), expected);
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static void a_file_is_written_replaced_and_read(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], fresh[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "khoá", path);
    scratch_path(&scratch, "khoá.new", fresh);
    assert_false(file_exists(path));
    assert_int_equal(file_write(path, "một", 4, 0600, NULL), STATUS_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_true(file_exists(path));
    assert_content(path, "m\u1ed9"); // four bytes of five
    assert_int_equal(file_write(fresh, "left over from a crash", 22, 0444, NULL), STATUS_OK);
    assert_int_equal(file_write(path, "hai", 3, 0644, NULL), STATUS_OK);
    assert_int_equal(mode_of(path), 0644);
    assert_content(path, "hai");
    assert_false(file_exists(fresh));
    assert_int_equal(file_write(path, "", 0, 0600, NULL), STATUS_OK);
    assert_content(path, "");
}

static void the_mode_holds_whatever_the_umask(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "f", path);
    mode_t before = umask(077);
    assert_int_equal(file_write(path, "x", 1, 0644, NULL), STATUS_OK);
    umask(before);
    assert_int_equal(mode_of(path), 0644);
}

static void a_file_written_once_is_not_overwritten(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    AUTO(buf_done) struct buf found;
    char path[SCRATCH_PATH_SIZE], link[SCRATCH_PATH_SIZE], aim[SCRATCH_PATH_SIZE];
    struct err err = {0};
    buf_init(&found, 10);
    scratch_path(&scratch, "f", path);
    assert_int_equal(file_write_once(path, "một", 5, 0640, &err), STATUS_OK);
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(file_write_once(path, "hai", 3, 0600, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(file_read(path, &found, &err), STATUS_OK);
    assert_string_equal(buf_text(&found), "một");
    scratch_path(&scratch, "link", link);
    scratch_path(&scratch, "aim", aim);
    assert_int_equal(symlink(aim, link), 0);
    assert_int_equal(file_write_once(link, "hai", 3, 0600, &err), STATUS_CONFLICT);
    assert_false(file_exists(aim));
    scratch_path(&scratch, "no/such", path);
    assert_int_equal(file_write_once(path, "x", 1, 0600, &err), STATUS_NOT_FOUND);
}

static void reading_stops_at_the_limit(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "f", path);
    enum { SIZE = 40000 }; // more than one read
    char *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    assert_int_equal(file_write(path, bytes, SIZE, 0600, NULL), STATUS_OK);
    free(bytes);
    for (size_t limit = SIZE - 1; limit <= SIZE; limit++) {
        AUTO(buf_done) struct buf buf;
        buf_init(&buf, limit);
        struct err err = {0};
        bool fits = limit == SIZE;
        assert_int_equal(file_read(path, &buf, &err), fits ? STATUS_OK : STATUS_TOO_LARGE);
        if (fits)
            assert_int_equal(buf.size_bytes, SIZE);
        else
            assert_non_null(strstr(err.text, path));
    }
}

static void a_missing_file_or_a_folder_cannot_be_read(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "missing", path);
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 10);
    struct err err = {0};
    assert_int_equal(file_read(path, &buf, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(file_read(scratch.folder, &buf, &err), STATUS_IO);
}

static void writing_where_it_cannot_be_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], fresh[SCRATCH_PATH_SIZE];
    struct err err = {0};
    scratch_path(&scratch, "no/such", path);
    assert_int_equal(file_write(path, "x", 1, 0600, &err), STATUS_NOT_FOUND);
    scratch_path(&scratch, "folder", path);
    scratch_path(&scratch, "folder.new", fresh);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(file_write(path, "x", 1, 0600, &err), STATUS_IO); // rename onto a folder
    assert_false(file_exists(fresh));
    assert_int_equal(mkdir(fresh, 0700), 0);
    assert_int_equal(file_write(path, "x", 1, 0600, &err), STATUS_IO); // .new is a folder
    char wide[PATH_MAX + 10];
    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(file_write(wide, "x", 1, 0600, &err), STATUS_BAD_INPUT);
}

static void a_write_that_fails_half_way_leaves_the_old_file(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "f", path);
    // A limit on file size stands in for the disk's end: the write fails part of the way.
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(file_write(path, "old", 3, 0600, NULL), STATUS_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    static const char bytes[200];
    struct err err = {0};
    enum status status = file_write(path, bytes, sizeof bytes, 0600, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(err.text, "writing failed"));
    assert_content(path, "old");
}

static void a_link_is_not_followed_to_what_would_be_destroyed(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], target[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "link", path);
    scratch_path(&scratch, "target", target);
    assert_int_equal(file_write(target, "kept", 4, 0600, NULL), STATUS_OK);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(file_destroy(path, NULL), STATUS_IO);
    assert_content(target, "kept");
}

static void names_without_a_folder_are_in_the_current_one(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    int before = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(scratch.folder), 0);
    enum status made = file_make_folder("a/b", 0700, NULL);
    enum status written = file_write("plain", "x", 1, 0600, NULL);
    enum status destroyed = file_destroy("plain", NULL);
    assert_int_equal(fchdir(before), 0);
    close(before);
    assert_int_equal(made, STATUS_OK);
    assert_int_equal(written, STATUS_OK);
    assert_int_equal(destroyed, STATUS_OK);
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char deep[SCRATCH_PATH_SIZE], middle[SCRATCH_PATH_SIZE], slash[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "a/b//c", deep);
    scratch_path(&scratch, "a/b", middle);
    scratch_path(&scratch, "x/y///", slash);
    assert_int_equal(file_make_folder(deep, 0700, NULL), STATUS_OK);
    assert_int_equal(mode_of(middle), 0700);
    assert_int_equal(mode_of(deep), 0700);
    assert_int_equal(file_make_folder(deep, 0755, NULL), STATUS_OK);
    assert_int_equal(mode_of(deep), 0700); // an existing one stays as it is
    assert_int_equal(file_make_folder(slash, 0700, NULL), STATUS_OK);
    assert_true(file_exists(slash));
    assert_int_equal(file_make_folder("/", 0700, NULL), STATUS_OK);
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], below[SCRATCH_PATH_SIZE], wide[PATH_MAX + 10];
    scratch_path(&scratch, "file", path);
    scratch_path(&scratch, "file/below", below);
    assert_int_equal(file_write(path, "x", 1, 0600, NULL), STATUS_OK);
    struct err err = {0};
    assert_int_equal(file_make_folder(path, 0700, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "is not a folder"));
    assert_int_equal(file_make_folder(below, 0700, &err), STATUS_IO);
    assert_int_equal(file_make_folder("", 0700, &err), STATUS_BAD_INPUT);
    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(file_make_folder(wide, 0700, &err), STATUS_BAD_INPUT);
    assert_int_equal(file_make_folder("/proc/none", 0700, &err), STATUS_NOT_FOUND);
}

static void a_destroyed_file_is_gone_and_was_zeroed(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE], other[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "key", path);
    scratch_path(&scratch, "second-name", other);
    enum { SIZE = 5000 }; // more than one block of zeros
    char bytes[SIZE];
    memset(bytes, 'K', sizeof bytes);
    assert_int_equal(file_write(path, bytes, sizeof bytes, 0600, NULL), STATUS_OK);
    assert_int_equal(link(path, other), 0); // keeps the content to be looked at
    assert_int_equal(file_destroy(path, NULL), STATUS_OK);
    assert_false(file_exists(path));
    AUTO(buf_done) struct buf buf;
    buf_init(&buf, 10000);
    assert_int_equal(file_read(other, &buf, NULL), STATUS_OK);
    assert_int_equal(buf.size_bytes, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(buf.data[i], 0);
}

static void destroying_nothing_is_fine_and_a_folder_is_not(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "missing", path);
    assert_int_equal(file_destroy(path, NULL), STATUS_OK);
    assert_int_equal(file_destroy(scratch.folder, NULL), STATUS_IO);
    assert_true(file_exists(scratch.folder));
}

struct seen {
    int count, stop_at;
    bool dots;
};

static enum status see(const char *name, void *context, struct err *err)
{
    struct seen *seen = context;
    seen->count++;
    seen->dots |= name[0] == '.';
    return seen->count == seen->stop_at ? err_set(err, STATUS_GONE, "enough") : STATUS_OK;
}

static void a_folder_is_listed_without_dots_until_told_to_stop(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    struct seen none = {0};
    assert_int_equal(file_list(scratch.folder, see, &none, NULL), STATUS_OK);
    assert_int_equal(none.count, 0);
    for (int i = 0; i < 3; i++) {
        char name[16], path[SCRATCH_PATH_SIZE];
        snprintf(name, sizeof name, "f%d", i);
        scratch_path(&scratch, name, path);
        assert_int_equal(file_write(path, "", 0, 0600, NULL), STATUS_OK);
    }
    struct seen all = {0}, some = {.stop_at = 2};
    struct err err = {0};
    assert_int_equal(file_list(scratch.folder, see, &all, &err), STATUS_OK);
    assert_int_equal(all.count, 3);
    assert_false(all.dots);
    assert_int_equal(file_list(scratch.folder, see, &some, &err), STATUS_GONE);
    assert_int_equal(some.count, 2);
    assert_int_equal(file_list("/no/such/folder", see, &all, &err), STATUS_NOT_FOUND);
}

static void a_file_is_moved_over_another_and_copied_over_none(void **state)
{
    (void)state;
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    char a[SCRATCH_PATH_SIZE], b[SCRATCH_PATH_SIZE], c[SCRATCH_PATH_SIZE];
    struct err err = {0};
    struct stat facts;
    scratch_path(&scratch, "a", a);
    scratch_path(&scratch, "b", b);
    scratch_path(&scratch, "c", c);
    assert_int_equal(file_move(a, b, &err), STATUS_NOT_FOUND);
    assert_int_equal(file_copy(a, b, 0600, &err), STATUS_NOT_FOUND);
    assert_int_equal(file_write(a, "một", strlen("một"), 0600, &err), STATUS_OK);
    assert_int_equal(file_write(b, "hai", 3, 0600, &err), STATUS_OK);
    assert_int_equal(file_copy(a, b, 0600, &err), STATUS_CONFLICT);
    assert_content(b, "hai");
    assert_int_equal(file_copy(a, c, 0400, &err), STATUS_OK);
    assert_content(c, "một");
    assert_int_equal(stat(c, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0400);
    assert_int_equal(file_move(a, b, &err), STATUS_OK);
    assert_content(b, "một");
    assert_false(file_exists(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_written_replaced_and_read),
        cmocka_unit_test(the_mode_holds_whatever_the_umask),
        cmocka_unit_test(a_file_written_once_is_not_overwritten),
        cmocka_unit_test(reading_stops_at_the_limit),
        cmocka_unit_test(a_missing_file_or_a_folder_cannot_be_read),
        cmocka_unit_test(writing_where_it_cannot_be_is_an_error_and_leaves_nothing),
        cmocka_unit_test(a_write_that_fails_half_way_leaves_the_old_file),
        cmocka_unit_test(a_link_is_not_followed_to_what_would_be_destroyed),
        cmocka_unit_test(names_without_a_folder_are_in_the_current_one),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(a_folder_that_cannot_be_is_refused),
        cmocka_unit_test(a_destroyed_file_is_gone_and_was_zeroed),
        cmocka_unit_test(destroying_nothing_is_fine_and_a_folder_is_not),
        cmocka_unit_test(a_folder_is_listed_without_dots_until_told_to_stop),
        cmocka_unit_test(a_file_is_moved_over_another_and_copied_over_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
