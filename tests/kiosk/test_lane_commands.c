// SPDX-License-Identifier: MIT
// lane_commands.c: what an export holds, plain and sealed; the newest checkpoint; seal and visits.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "checkpoint.h"
#include "file.h"
#include "kiosk_commands.h"
#include "lane_commands.h"
#include "office.h"
#include "transfer.h"

enum { OUT_LIMIT_BYTES = 1024 * 1024, ARGUMENT_MAX = 12 };

typedef enum status (*command_fn)(const struct option_set *set, struct err *err);

static void redirect(int fd, const char *path, int *ret_saved)
{
    *ret_saved = dup(fd);
    const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_true(*ret_saved >= 0 && file >= 0);
    assert_int_equal(dup2(file, fd), fd);
    close(file);
}

static void put_back(int fd, int saved)
{
    assert_int_equal(dup2(saved, fd), fd);
    close(saved);
}

// Runs a command on the office with the arguments (NULL-ended); its output goes to `out`.
static enum status run(struct office *office, command_fn command, const char *const *arguments,
                       struct buf *out)
{
    char *argv[ARGUMENT_MAX] = {(char *)(uintptr_t) "hailong-kiosk"};
    int argc = 1, saved_out = -1, saved_err = -1;
    char path[SCRATCH_PATH_SIZE], other[SCRATCH_PATH_SIZE];
    for (; arguments[argc - 1] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    argv[argc++] = (char *)(uintptr_t) "--data";
    argv[argc++] = office->folder;
    struct option_set *set = NULL;
    if (option_parse(&kiosk_commands, argc, argv, &set, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    scratch_path(&office->scratch, "out", path);
    scratch_path(&office->scratch, "err", other);
    fflush(stdout);
    redirect(STDOUT_FILENO, path, &saved_out);
    redirect(STDERR_FILENO, other, &saved_err);
    const enum status status = command(set, &office->err);
    fflush(stdout);
    put_back(STDOUT_FILENO, saved_out);
    put_back(STDERR_FILENO, saved_err);
    option_free(set);
    buf_init(out, OUT_LIMIT_BYTES);
    assert_int_equal(file_read(path, out, &office->err), STATUS_OK);
    return status;
}

static void rate_once(struct office *office)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=4", NULL), STATUS_OK);
}

// The transfer holds `lines` lines, and its checkpoint is that of the whole journal.
static void assert_transfer(struct office *office, const struct buf *out, uint64_t lines)
{
    struct transfer transfer;
    if (transfer_read(buf_text(out), out->size_bytes, &transfer, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    uint64_t size = 0, found = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(office->kiosk->journal, &size, root);
    assert_int_equal(transfer.checkpoint.size, size);
    assert_memory_equal(transfer.checkpoint.root, root, sizeof root);
    struct merkle tree;
    merkle_init(&tree);
    for (const char *at = transfer.lines; at < transfer.lines + transfer.lines_bytes; found++) {
        const char *end = strchr(at, '\n');
        uint8_t leaf[CRYPTO_HASH_BYTES];
        merkle_leaf(at, (size_t)(end - at), leaf);
        merkle_add(&tree, leaf);
        at = end + 1;
    }
    assert_int_equal(found, lines);
    if (lines < size)
        return;
    merkle_root(&tree, root);
    assert_memory_equal(transfer.checkpoint.root, root, sizeof root);
}

static void an_export_ends_with_the_signed_head(void **state)
{
    struct office *office = *state;
    rate_once(office);
    rate_once(office);
    const uint64_t size = office_entries(office);
    AUTO(buf_done) struct buf whole;
    AUTO(buf_done) struct buf part;
    AUTO(buf_done) struct buf warning;
    assert_int_equal(run(office, lane_commands_export, (const char *[]){"export", NULL}, &whole),
                     STATUS_OK);
    assert_transfer(office, &whole, size);
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "err", path);
    buf_init(&warning, 4096);
    assert_int_equal(file_read(path, &warning, &office->err), STATUS_OK);
    assert_non_null(strstr(buf_text(&warning), "shows the order of answers"));
    const char *const since[] = {"export", "--since", "2", NULL};
    assert_int_equal(run(office, lane_commands_export, since, &part), STATUS_OK);
    assert_transfer(office, &part, size - 2);
}

// From memory to memory.
struct from {
    const struct buf *sealed;
    size_t at;
    struct buf *plain;
};

static enum status give(void *context, void *bytes, size_t size_bytes, size_t *ret_bytes,
                        struct err *err)
{
    (void)err;
    struct from *from = context;
    size_t rest_bytes = from->sealed->size_bytes - from->at;
    *ret_bytes = size_bytes < rest_bytes ? size_bytes : rest_bytes;
    memcpy(bytes, from->sealed->data + from->at, *ret_bytes);
    from->at += *ret_bytes;
    return STATUS_OK;
}

static enum status collect(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    struct from *from = context;
    buf_add(from->plain, bytes, size_bytes);
    return buf_check(from->plain, err);
}

static void a_sealed_export_opens_with_the_hubs_key_only(void **state)
{
    struct office *office = *state;
    rate_once(office);
    struct transfer_box box = {.lane = "00112233445566778899aabbccddeeff"};
    uint8_t secret[CRYPTO_BOX_SECRET_BYTES];
    char path[SCRATCH_PATH_SIZE];
    AUTO(buf_done) struct buf key;
    buf_init(&key, 1024);
    crypto_box_keys(box.public_key, secret);
    buf_add_text(&key, "hailong/00112233445566778899aabbccddeeff+aabbccdd+AAAA\n");
    transfer_box_text(&box, &key);
    buf_add_char(&key, '\n');
    scratch_path(&office->scratch, "hub.key", path);
    assert_int_equal(file_write(path, key.data, key.size_bytes, 0600, &office->err), STATUS_OK);
    AUTO(buf_done) struct buf sealed;
    AUTO(buf_done) struct buf plain;
    const char *const arguments[] = {"export", "--seal-to", path, NULL};
    assert_int_equal(run(office, lane_commands_export, arguments, &sealed), STATUS_OK);
    assert_true(transfer_is_sealed(sealed.data, sealed.size_bytes));
    assert_null(memmem(sealed.data, sealed.size_bytes, "\"kind\"", 6));
    buf_init(&plain, OUT_LIMIT_BYTES);
    struct from from = {.sealed = &sealed, .plain = &plain};
    const struct transfer_flow flow = {.read = give, .write = collect, .context = &from};
    assert_int_equal(transfer_unseal(&flow, box.lane, box.public_key, secret, &office->err),
                     STATUS_OK);
    assert_transfer(office, &plain, office_entries(office));
}

static void a_key_file_without_a_box_is_refused(void **state)
{
    struct office *office = *state;
    char path[SCRATCH_PATH_SIZE];
    AUTO(buf_done) struct buf out;
    scratch_path(&office->scratch, "hub.key", path);
    assert_int_equal(file_write(path, "nothing\n", 8, 0600, &office->err), STATUS_OK);
    const char *const arguments[] = {"export", "--seal-to", path, NULL};
    assert_int_equal(run(office, lane_commands_export, arguments, &out), STATUS_BAD_INPUT);
    assert_int_equal(out.size_bytes, 0);
}

static void the_newest_checkpoint_is_printed_with_its_key(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf none;
    AUTO(buf_done) struct buf out;
    const char *const arguments[] = {"checkpoint", NULL};
    assert_int_equal(run(office, lane_commands_checkpoint, arguments, &none), STATUS_NOT_FOUND);
    assert_int_equal(checkpoint_make(office->kiosk, NULL, &office->err), STATUS_OK);
    assert_int_equal(run(office, lane_commands_checkpoint, arguments, &out), STATUS_OK);
    // What is printed is a transfer without lines but for its empty line.
    const char *vkey = strstr(buf_text(&out), "\nhailong/");
    assert_non_null(vkey);
    struct note_key key;
    assert_int_equal(note_vkey_read(vkey + 1, strcspn(vkey + 1, "\n"), &key, &office->err),
                     STATUS_OK);
    assert_int_equal(note_verify(out.data, (size_t)(vkey + 1 - out.data), &key, NULL, &office->err),
                     STATUS_OK);
}

static void seal_and_visits_work_while_nobody_serves(void **state)
{
    struct office *office = *state;
    AUTO(buf_done) struct buf slip;
    AUTO(buf_done) struct buf again;
    AUTO(buf_done) struct buf visits;
    rate_once(office);
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    const char *const seal[] = {"seal", NULL};
    const char *const count[] = {"visits", "--area", "HT", "--count", "12", NULL};
    assert_int_equal(run(office, lane_commands_seal, seal, &slip), STATUS_OK);
    assert_non_null(strstr(buf_text(&slip), "Đã nhận 1 lượt đánh giá"));
    assert_int_equal(run(office, lane_commands_seal, seal, &again), STATUS_OK);
    assert_string_equal(buf_text(&again), buf_text(&slip));
    assert_int_equal(run(office, lane_commands_visits, count, &visits), STATUS_OK);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
    char line[ENTRY_LIMIT_BYTES];
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"visits\""));
    assert_non_null(strstr(line, "[[\"HT\",\"result\",12]]"));
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(an_export_ends_with_the_signed_head),
        OFFICE_TEST(a_sealed_export_opens_with_the_hubs_key_only),
        OFFICE_TEST(a_key_file_without_a_box_is_refused),
        OFFICE_TEST(the_newest_checkpoint_is_printed_with_its_key),
        OFFICE_TEST(seal_and_visits_work_while_nobody_serves),
    };
    return cmocka_run_group_tests_name("lane commands", tests, NULL, NULL);
}
