// SPDX-License-Identifier: MIT
// backup.c and restore.c: what travels in a backup, and a kiosk made from one.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "copied.h"
#include "counts.h"
#include "fact.h"
#include "file.h"
#include "hubkeys.h"
#include "kiosk_commands.h"
#include "kit.h"
#include "office.h"
#include "restore.h"

static enum status back_up(struct office *office, const char *to)
{
    char words[][16] = {"hailong-kiosk", "backup", "--data", "--to"};
    char path[SCRATCH_PATH_SIZE];
    char *argv[] = {words[0], words[1], words[2], office->folder, words[3], path, NULL};
    snprintf(path, sizeof path, "%s", to);
    return option_main(&kiosk_commands, 6, argv) == 0 ? STATUS_OK : STATUS_INTERNAL;
}

static void path_of(const struct office *office, const char *name, char ret_path[SCRATCH_PATH_SIZE])
{
    scratch_path(&office->scratch, name, ret_path);
}

// Whether the bytes stand anywhere in the file.
static bool holds(const char *path, const void *bytes, size_t size_bytes)
{
    AUTO(buf_done) struct buf file;
    struct err err;
    buf_init(&file, (size_t)64 * 1024 * 1024);
    assert_int_equal(file_read(path, &file, &err), STATUS_OK);
    return memmem(file.data, file.size_bytes, bytes, size_bytes) != NULL;
}

static void enrol(struct office *office, struct transfer_box *ret_box,
                  uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES])
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key key;
    char vkey[NOTE_VKEY_BYTES];
    crypto_sign_keys(public_key, secret);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    assert_true(note_key_lane(&key, ret_box->lane));
    crypto_box_keys(ret_box->public_key, ret_secret);
    assert_int_equal(
        hubkeys_write(office->folder, vkey, ret_box, "http://127.0.0.1:1", &office->err),
        STATUS_OK);
}

static void rate_one(struct office *office)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_POSTER, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
}

static void neither_keys_nor_macs_travel_in_a_backup(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], day[KIOSK_PATH_BYTES + 64];
    struct transfer_box box;
    uint8_t box_secret[CRYPTO_BOX_SECRET_BYTES];
    path_of(office, "a.bak", to);
    enrol(office, &box, box_secret);
    rate_one(office);
    assert_int_equal(back_up(office, to), STATUS_OK);
    struct stat facts;
    assert_int_equal(stat(to, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_false(holds(to, office->kiosk->lane_secret, 32));
    assert_false(holds(to, office->kiosk->slip_key, CRYPTO_KEY_BYTES));
    AUTO(buf_done) struct buf key;
    buf_init(&key, 64);
    snprintf(day, sizeof day, "%s/keys/day/2026-11-03.key", office->folder);
    assert_int_equal(file_read(day, &key, &office->err), STATUS_OK);
    assert_false(holds(to, key.data, key.size_bytes));
    AUTO(db_closep) struct db *db = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = true;
    uint8_t first[16] = {0}, last[16];
    memset(last, 0xff, sizeof last);
    assert_int_equal(db_open(to, DB_READ, &kiosk_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(stmt_use(db, KIOSK_MAC_FIRST, &q, &office->err), STATUS_OK);
    stmt_bind_blob(q, 1, first, sizeof first);
    stmt_bind_blob(q, 2, last, sizeof last);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_false(found);
    // The kiosk's own are where they were.
    struct db *own = dbpool_take(office->kiosk->readers);
    struct stmt *o = NULL;
    assert_int_equal(stmt_use(own, KIOSK_MAC_FIRST, &o, &office->err), STATUS_OK);
    stmt_bind_blob(o, 1, first, sizeof first);
    stmt_bind_blob(o, 2, last, sizeof last);
    assert_int_equal(stmt_row(o, &found, &office->err), STATUS_OK);
    assert_true(found);
    stmt_release(o);
    dbpool_give(office->kiosk->readers, own);
}

static void what_was_erased_is_in_no_later_backup(void **state)
{
    static const char MARK[] = "Dấu vết phải biến mất 7391";
    struct office *office = *state;
    char before[SCRATCH_PATH_SIZE], after[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    AUTO(db_closep) struct db *db = NULL;
    path_of(office, "before.bak", before);
    path_of(office, "after.bak", after);
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(
        db_exec(db,
                "INSERT INTO outbox VALUES (x'00112233445566778899aabbccddeeff', 1, '',"
                " 'Dấu vết phải biến mất 7391', NULL)",
                &office->err),
        STATUS_OK);
    assert_int_equal(back_up(office, before), STATUS_OK);
    assert_true(holds(before, MARK, sizeof MARK - 1)); // what is there does travel
    assert_int_equal(db_exec(db, "DELETE FROM outbox", &office->err), STATUS_OK);
    assert_int_equal(back_up(office, after), STATUS_OK);
    assert_false(holds(after, MARK, sizeof MARK - 1));
}

static struct restored restore(struct office *office, const char *from, const char *name,
                               char ret_folder[SCRATCH_PATH_SIZE])
{
    struct restored restored = {.size = -1};
    path_of(office, name, ret_folder);
    assert_int_equal(restore_make(ret_folder, from, &restored, &office->err), STATUS_OK);
    return restored;
}

static void a_restored_kiosk_has_a_new_lane_that_names_the_old_one(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE], old[SCRATCH_PATH_SIZE + 64];
    char lane[ENTRY_LANE_CHARS + 1];
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    path_of(office, "a.bak", to);
    rate_one(office);
    snprintf(lane, sizeof lane, "%s", journal_lane(office->kiosk->journal));
    const int64_t entries = (int64_t)office_entries(office);
    assert_int_equal(back_up(office, to), STATUS_OK);
    const struct restored restored = restore(office, to, "new", folder);
    assert_string_equal(restored.former, lane);
    assert_int_equal(restored.size, entries);
    assert_string_not_equal(restored.lane, lane);
    snprintf(old, sizeof old, "%s/old/%s.db", folder, lane);
    assert_true(file_exists(old));
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
    assert_string_equal(journal_lane(office->kiosk->journal), restored.lane);
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(journal_verify(db, restored.lane, &size, root, &office->err), STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    // Twice into the same folder: refused.
    struct restored again;
    assert_int_equal(restore_make(folder, to, &again, &office->err), STATUS_CONFLICT);
}

// The old lane has written what it had counted, later; a second lane would count it again.
static void what_was_being_counted_does_not_come_back(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE], code[SLIPCODE_CHARS + 1];
    path_of(office, "a.bak", to);
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_int_equal(back_up(office, to), STATUS_OK);
    (void)restore(office, to, "new", folder);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
    const uint64_t entries = office_entries(office);
    assert_int_equal(counts_write(office->kiosk, clock_hour(clock_now_s()) + 1, &office->err),
                     STATUS_OK);
    assert_int_equal(office_entries(office), entries);
}

static void slips_wait_for_the_kit_and_are_honoured_then(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE], kit_path[SCRATCH_PATH_SIZE];
    char code[SLIPCODE_CHARS + 1], other[SLIPCODE_CHARS + 1];
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], sign_public[CRYPTO_SIGN_PUBLIC_BYTES];
    uint8_t box[CRYPTO_BOX_PUBLIC_BYTES], mark[KIT_MARK_BYTES];
    bool news = false;
    path_of(office, "a.bak", to);
    path_of(office, "kit", kit_path);
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    assert_int_equal(back_up(office, to), STATUS_OK);
    (void)restore(office, to, "new", folder);
    // As the hub hands it on: sealed to the new lane's key.
    AUTO(buf_done) struct buf sealed;
    AUTO(buf_done) struct buf base64;
    buf_init(&sealed, KIT_LIMIT_BYTES);
    buf_init(&base64, KIT_LIMIT_BYTES);
    assert_int_equal(kiosk_secret(folder, secret, &office->err), STATUS_OK);
    crypto_sign_public(secret, sign_public);
    assert_int_equal(crypto_box_of_sign_public(sign_public, box, &office->err), STATUS_OK);
    struct db *db = dbpool_take(office->kiosk->readers);
    assert_int_equal(
        kit_make(db, office->kiosk->slip_key, box, NULL, &sealed, mark, &news, &office->err),
        STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
    crypto_base64(sealed.data, sealed.size_bytes, &base64);
    buf_add_char(&base64, '\n');
    assert_int_equal(file_write(kit_path, base64.data, base64.size_bytes, 0600, &office->err),
                     STATUS_OK);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(office_slip_state(office, code).state, SLIP_WAITING);
    assert_int_equal(office_slip(office, "HT", "", false, other), STATUS_DENIED);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(restore_kit(folder, to, &office->err), STATUS_BAD_INPUT); // no kit
    assert_int_equal(restore_kit(folder, kit_path, &office->err), STATUS_OK);
    assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(office_slip_state(office, code).state, SLIP_OPEN);
    assert_int_equal(office_slip(office, "HT", "", false, other), STATUS_OK);
}

static void staff_may_accept_the_gap_and_the_journal_says_so(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE], code[SLIPCODE_CHARS + 1];
    char line[ENTRY_LIMIT_BYTES];
    path_of(office, "a.bak", to);
    assert_int_equal(restore_accept_gap(office->kiosk, &office->err), STATUS_CONFLICT);
    assert_int_equal(back_up(office, to), STATUS_OK);
    (void)restore(office, to, "new", folder);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(folder, &office->kiosk, &office->err), STATUS_OK);
    assert_int_equal(restore_accept_gap(office->kiosk, &office->err), STATUS_OK);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"why\":\"gap\""));
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    office->folder[0] = '\0';
    snprintf(office->folder, sizeof office->folder, "%s", folder);
    office_reopen(office);
    assert_int_equal(office_slip_state(office, code).state, SLIP_OPEN);
    struct db *db = dbpool_take(office->kiosk->readers);
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    assert_int_equal(
        journal_verify(db, journal_lane(office->kiosk->journal), &size, root, &office->err),
        STATUS_OK);
    dbpool_give(office->kiosk->readers, db);
}

static void a_backup_in_the_place_of_the_database_is_refused(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    AUTO(db_closep) struct db *db = NULL;
    path_of(office, "a.bak", to);
    assert_int_equal(back_up(office, to), STATUS_OK);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_copy(to, path, 0600, &office->err), STATUS_OK);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, "restore"));
    assert_int_equal(kiosk_open_reader(office->folder, &db, &office->err), STATUS_CONFLICT);
}

static void a_database_with_the_wal_of_another_moment_is_not_opened(void **state)
{
    struct office *office = *state;
    char path[SCRATCH_PATH_SIZE + 16], wal[SCRATCH_PATH_SIZE + 16];
    char old[SCRATCH_PATH_SIZE], new_wal[SCRATCH_PATH_SIZE];
    AUTO(db_closep) struct db *db = NULL;
    path_of(office, "old.db", old);
    path_of(office, "new.wal", new_wal);
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    snprintf(wal, sizeof wal, "%s/kiosk.db-wal", office->folder);
    for (int i = 0; i < 40; i++)
        rate_one(office);
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(db_checkpoint(db, true, &office->err), STATUS_OK);
    assert_int_equal(file_copy(path, old, 0600, &office->err), STATUS_OK);
    for (int i = 0; i < 80; i++)
        rate_one(office);
    assert_int_equal(db_checkpoint(db, true, &office->err), STATUS_OK);
    db_close(db);
    db = NULL;
    rate_one(office);
    assert_int_equal(file_copy(wal, new_wal, 0600, &office->err), STATUS_OK);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(unlink(path), 0);
    (void)unlink(wal);
    assert_int_equal(file_copy(old, path, 0600, &office->err), STATUS_OK);
    assert_int_equal(file_copy(new_wal, wal, 0600, &office->err), STATUS_OK);
    const enum status status = kiosk_open(office->folder, &office->kiosk, &office->err);
    assert_true(status == STATUS_CHECK_FAILED || status == STATUS_IO);
    assert_non_null(strstr(office->err.text, "backup"));
}

static void a_damaged_backup_is_not_restored(void **state)
{
    struct office *office = *state;
    char to[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    struct restored restored;
    AUTO(db_closep) struct db *db = NULL;
    path_of(office, "a.bak", to);
    path_of(office, "new", folder);
    assert_int_equal(back_up(office, to), STATUS_OK);
    assert_int_equal(db_open(to, DB_WRITE, &kiosk_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(db_exec(db, "UPDATE head SET size = size + 1", &office->err), STATUS_OK);
    db_close(db);
    db = NULL;
    assert_int_equal(restore_make(folder, to, &restored, &office->err), STATUS_CHECK_FAILED);
    assert_int_equal(kiosk_check(folder, &office->err), STATUS_NOT_FOUND);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)
    const struct CMUnitTest tests[] = {
        CASE(neither_keys_nor_macs_travel_in_a_backup),
        CASE(what_was_erased_is_in_no_later_backup),
        CASE(a_restored_kiosk_has_a_new_lane_that_names_the_old_one),
        CASE(what_was_being_counted_does_not_come_back),
        CASE(slips_wait_for_the_kit_and_are_honoured_then),
        CASE(staff_may_accept_the_gap_and_the_journal_says_so),
        CASE(a_backup_in_the_place_of_the_database_is_refused),
        CASE(a_database_with_the_wal_of_another_moment_is_not_opened),
        CASE(a_damaged_backup_is_not_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
