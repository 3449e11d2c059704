// SPDX-License-Identifier: MIT
// kiosk.c: a data directory is made once, and opened only when it is whole.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "office.h"

static unsigned mode_of(const struct office *office, const char *name)
{
    char path[SCRATCH_PATH_SIZE + 32];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", office->folder, name);
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_mode & 0777;
}

static void path_of(const struct office *office, const char *name, char *ret_path, size_t size)
{
    snprintf(ret_path, size, "%s/%s", office->folder, name);
}

static void secrets_are_the_owners_alone(void **state)
{
    struct office *office = *state;
    assert_int_equal(mode_of(office, "."), 0700);
    assert_int_equal(mode_of(office, "keys"), 0700);
    assert_int_equal(mode_of(office, "keys/day"), 0700);
    assert_int_equal(mode_of(office, "keys/lane.key"), 0600);
    assert_int_equal(mode_of(office, "keys/slip.key"), 0600);
}

static void the_setup_in_the_journal_is_the_file_byte_for_byte(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf file;
    AUTO(buf_done) struct buf kept;
    buf_init(&file, SETUP_LIMIT_BYTES);
    buf_init(&kept, SETUP_LIMIT_BYTES);
    char path[SCRATCH_PATH_SIZE + 32], line[ENTRY_LIMIT_BYTES];
    path_of(office, "setup.json", path, sizeof path);
    assert_int_equal(file_read(OFFICE_SETUP, &file, &office->err), STATUS_OK);
    assert_int_equal(file_read(path, &kept, &office->err), STATUS_OK);
    assert_string_equal(buf_text(&file), buf_text(&kept));
    office_last_line(office, line, sizeof line);
    struct entry entry;
    struct entry_join join = {0};
    bool complete = false;
    buf_init(&join.whole, SETUP_LIMIT_BYTES);
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(entry_join_add(&join, &entry, &complete, &office->err), STATUS_OK);
    assert_true(complete);
    assert_string_equal(buf_text(&join.whole), buf_text(&file));
    buf_done(&join.whole);
    entry_done(&entry);
}

static void a_second_init_is_refused_and_changes_nothing(void **state)
{
    struct office *office = *state;
    char before[ENTRY_LANE_CHARS + 1], after[ENTRY_LANE_CHARS + 1];
    assert_int_equal(kiosk_lane(office->folder, before, &office->err), STATUS_OK);
    assert_int_equal(kiosk_init(office->folder, OFFICE_SETUP, &office->err), STATUS_CONFLICT);
    assert_int_equal(kiosk_lane(office->folder, after, &office->err), STATUS_OK);
    assert_string_equal(before, after);
    office_reopen(office);
    assert_int_equal(office_entries(office), 1);
}

static void an_interrupted_init_is_done_again(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    struct err err;
    char folder[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    scratch_path(&scratch, "half", folder);
    assert_int_equal(file_make_folder(folder, 0700, &err), STATUS_OK);
    // an empty database and a key are there, the journal's first transaction is not
    snprintf(path, sizeof path, "%s/kiosk.db", folder);
    struct db *db = NULL;
    assert_int_equal(db_open(path, DB_CREATE, &kiosk_schema, &db, &err), STATUS_OK);
    db_close(db);
    assert_int_equal(kiosk_init(folder, OFFICE_SETUP, &err), STATUS_OK);
    struct kiosk *kiosk = NULL;
    assert_int_equal(kiosk_open(folder, &kiosk, &err), STATUS_OK);
    kiosk_close(kiosk);
    scratch_remove(&scratch);
}

static void a_setup_with_a_fault_makes_nothing(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    struct err err;
    char folder[SCRATCH_PATH_SIZE], setup[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "data", folder);
    scratch_path(&scratch, "setup.json", setup);
    assert_int_equal(kiosk_init(folder, setup, &err), STATUS_NOT_FOUND);
    assert_int_equal(file_write(setup, "{\"v\":2}", 7, 0600, &err), STATUS_OK);
    assert_int_equal(kiosk_init(folder, setup, &err), STATUS_BAD_INPUT);
    assert_false(file_exists(folder));
    scratch_remove(&scratch);
}

static void what_is_missing_or_damaged_is_not_opened(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *content; // NULL: removed
    } CASES[] = {
        {"keys/lane.key", NULL},
        {"keys/lane.key", "short"},
        {"keys/slip.key", NULL},
        {"keys/slip.key", ""},
        {"setup.json", NULL},
        {"setup.json", "{}"},
        {"kiosk.db", NULL},
        {"keys/lane.key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        void *one = NULL;
        office_setup(&one);
        struct office *office = one;
        char path[SCRATCH_PATH_SIZE + 32];
        path_of(office, CASES[i].name, path, sizeof path);
        kiosk_close(office->kiosk);
        office->kiosk = NULL;
        assert_int_equal(unlink(path), 0);
        if (CASES[i].content != NULL)
            assert_int_equal(
                file_write(path, CASES[i].content, strlen(CASES[i].content), 0600, &office->err),
                STATUS_OK);
        if (kiosk_open(office->folder, &office->kiosk, &office->err) == STATUS_OK)
            fail_msg("was opened with a bad %s", CASES[i].name);
        assert_null(office->kiosk);
        office_teardown(&one);
    }
}

static void a_folder_that_is_no_kiosk_is_not_opened(void **state)
{
    (void)state;
    struct err err;
    struct kiosk *kiosk = NULL;
    char path[KIOSK_PATH_BYTES + 8];
    assert_int_equal(kiosk_open("/nonexistent/kiosk", &kiosk, &err), STATUS_NOT_FOUND);
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(kiosk_open(path, &kiosk, &err), STATUS_BAD_INPUT);
    assert_int_equal(kiosk_init(path, OFFICE_SETUP, &err), STATUS_BAD_INPUT);
    assert_null(kiosk);
}

static void write_setup(const struct office *office, const struct buf *text, size_t size_bytes)
{
    char path[SCRATCH_PATH_SIZE + 32];
    struct err err;
    path_of(office, "setup.json", path, sizeof path);
    assert_int_equal(file_write(path, buf_text(text), size_bytes, 0644, &err), STATUS_OK);
}

static void a_setup_that_is_not_the_journals_is_refused_until_it_is_back(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf text;
    AUTO(db_closep) struct db *db = NULL;
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &text, &office->err), STATUS_OK);
    const size_t size_bytes = text.size_bytes;
    buf_add_char(&text, '\n'); // says the same, but it is not what was written down
    write_setup(office, &text, text.size_bytes);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(office->err.text, "Put the original file back"));
    assert_null(office->kiosk);
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    assert_int_equal(kiosk_check_setup(office->folder, db, &office->err), STATUS_CHECK_FAILED);
    write_setup(office, &text, size_bytes);
    assert_int_equal(kiosk_check_setup(office->folder, db, &office->err), STATUS_OK);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
}

// A setup of several entries, with answers behind them.
static void a_setup_in_pieces_is_found_again(void **state)
{
    (void)state;
    struct scratch scratch = scratch_make();
    struct err err;
    char folder[SCRATCH_PATH_SIZE], setup[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "data", folder);
    scratch_path(&scratch, "long.json", setup);
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    assert_int_equal(file_read(OFFICE_SETUP, &text, &err), STATUS_OK);
    while (text.size_bytes < 3 * ENTRY_PIECE_BYTES)
        buf_add_char(&text, ' ');
    assert_int_equal(file_write(setup, buf_text(&text), text.size_bytes, 0644, &err), STATUS_OK);
    assert_int_equal(kiosk_init(folder, setup, &err), STATUS_OK);
    struct office office = {.scratch = scratch};
    strcpy(office.folder, folder);
    assert_int_equal(kiosk_open(folder, &office.kiosk, &err), STATUS_OK);
    assert_int_equal(office_entries(&office), 3);
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(&office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(&office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    office_reopen(&office);
    kiosk_close(office.kiosk);
    text.data[text.size_bytes - 1] = '\n'; // in the last piece
    write_setup(&office, &text, text.size_bytes);
    assert_int_equal(kiosk_open(folder, &office.kiosk, &err), STATUS_CHECK_FAILED);
    scratch_remove(&scratch);
}

static void readers_see_what_a_serving_kiosk_has_written(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    struct db *db = NULL;
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_OK);
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    assert_int_equal(
        journal_verify(db, journal_lane(office->kiosk->journal), &size, root, &office->err),
        STATUS_OK);
    assert_int_equal(size, 2);
    db_close(db);
}

static void random_ids_begin_with_the_hour(void **state)
{
    (void)state;
    uint8_t first[ENTRY_ID_BYTES], second[ENTRY_ID_BYTES];
    const uint32_t hour = clock_hour(OFFICE_NOW_S);
    const uint8_t expected[] = {(uint8_t)(hour >> 24), (uint8_t)(hour >> 16), (uint8_t)(hour >> 8),
                                (uint8_t)hour};
    clock_fix(OFFICE_NOW_S);
    kiosk_random_id(first);
    kiosk_random_id(second);
    clock_fix(0);
    assert_memory_equal(first, expected, sizeof expected);
    assert_memory_not_equal(first, second, sizeof first);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(secrets_are_the_owners_alone),
        OFFICE_TEST(the_setup_in_the_journal_is_the_file_byte_for_byte),
        OFFICE_TEST(a_second_init_is_refused_and_changes_nothing),
        cmocka_unit_test(an_interrupted_init_is_done_again),
        cmocka_unit_test(a_setup_with_a_fault_makes_nothing),
        cmocka_unit_test(what_is_missing_or_damaged_is_not_opened),
        cmocka_unit_test(a_folder_that_is_no_kiosk_is_not_opened),
        OFFICE_TEST(a_setup_that_is_not_the_journals_is_refused_until_it_is_back),
        cmocka_unit_test(a_setup_in_pieces_is_found_again),
        OFFICE_TEST(readers_see_what_a_serving_kiosk_has_written),
        cmocka_unit_test(random_ids_begin_with_the_hour),
    };
    return cmocka_run_group_tests_name("kiosk", tests, NULL, NULL);
}
