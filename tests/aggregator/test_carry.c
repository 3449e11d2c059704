// SPDX-License-Identifier: MIT
// carry.c: journals carried by hand, plain and sealed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carry.h"
#include "file.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "ledger.h"
#include "office.h"
#include "transfer.h"

static void fill(struct office_kiosk *kiosk, int responses)
{
    office_kiosk_begin(kiosk, 'a');
    office_kiosk_setup(kiosk, true, false);
    for (int i = 0; i < responses; i++) {
        struct response response = office_response(i, 1 + i % 5);
        office_kiosk_response(kiosk, &response);
    }
}

static enum status carry_bytes(struct office *office, const void *bytes, size_t size_bytes,
                               struct carry_result *ret_result)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "carried", path);
    assert_int_equal(file_write(path, bytes, size_bytes, 0600, &office->err), STATUS_OK);
    office->err = (struct err){.text = ""};
    return carry_import(office->hub, path, ret_result, &office->err);
}

static enum status carry(struct office *office, const struct office_kiosk *kiosk, size_t from,
                         struct carry_result *ret_result)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    office_kiosk_transfer(kiosk, from, &text);
    return carry_bytes(office, text.data, text.size_bytes, ret_result);
}

static void expect_text(const struct office *office, const char *part)
{
    if (strstr(office->err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, office->err.text);
}

static int64_t size_here(struct office *office, const char *lane)
{
    struct ledger_head head;
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(ledger_head_find(db, lane, &head, &found, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    return found ? (int64_t)head.tree.size : -1;
}

static void a_file_of_several_batches_is_taken_whole(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    uint8_t root[CRYPTO_HASH_BYTES];
    fill(&kiosk, 4500);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_OK);
    assert_int_equal(result.added, kiosk.seq);
    assert_int_equal(result.size, kiosk.seq);
    merkle_root(&kiosk.tree, root);
    assert_memory_equal(result.root, root, sizeof root);
    office_expect(
        office_tally(office, 'a', OFFICE_UNIT, "HT", "overall", "2026-11-01", "2026-11-15"), 900,
        900, 900, 900, 900);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_OK);
    assert_int_equal(result.added, 0);
}

static void a_lane_that_comes_so_is_enrolled_by_hand(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    struct lanestate lane;
    bool found = false;
    fill(&kiosk, 1);
    int64_t before = size_here(office, hublane_name(office->hub->lane));
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_OK);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_find(db, kiosk.lane, &lane, &found, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_true(found && lane.by_hand);
    assert_int_equal(lane.kind, LANESTATE_ACTIVE);
    assert_memory_equal(lane.public_key, kiosk.public_key, sizeof lane.public_key);
    assert_int_equal(size_here(office, hublane_name(office->hub->lane)), before + 2);
}

static void a_later_file_goes_on_where_the_lane_stands(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    fill(&kiosk, 3);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_OK);
    size_t more = kiosk.lines.size_bytes;
    struct response response = office_response(50, 5);
    office_kiosk_response(&kiosk, &response);
    size_t last = kiosk.lines.size_bytes;
    response = office_response(51, 5);
    office_kiosk_response(&kiosk, &response);
    assert_int_equal(carry(office, &kiosk, last, &result), STATUS_CONFLICT);
    expect_text(office, "entries 5 to 5 are missing");
    assert_int_equal(carry(office, &kiosk, more, &result), STATUS_OK);
    assert_int_equal(result.added, 2);
}

static void a_file_without_its_checkpoint_is_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    struct carry_result result;
    fill(&kiosk, 3);
    buf_init(&text, 1024 * 1024);
    office_kiosk_transfer(&kiosk, 0, &text);
    const size_t cuts[] = {kiosk.lines.size_bytes, kiosk.lines.size_bytes + 1,
                           kiosk.lines.size_bytes - 20, text.size_bytes - 20, 1};
    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
        assert_int_equal(carry_bytes(office, text.data, cuts[i], &result), STATUS_BAD_INPUT);
        assert_int_equal(size_here(office, kiosk.lane), -1);
    }
    assert_int_equal(carry_bytes(office, text.data, cuts[0], &result), STATUS_BAD_INPUT);
    expect_text(office, "export it again");
    assert_int_equal(carry_bytes(office, "", 0, &result), STATUS_BAD_INPUT);
    assert_int_equal(carry_import(office->hub, "/nonexistent", &result, &office->err),
                     STATUS_NOT_FOUND);
}

static void a_changed_file_is_refused_whole(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    struct carry_result result;
    fill(&kiosk, 2500);
    buf_init(&text, 4 * 1024 * 1024);
    office_kiosk_transfer(&kiosk, 0, &text);
    char *level = strstr(text.data + kiosk.last - 2000, "\"overall\":");
    level[strlen("\"overall\":")] ^= 1;
    assert_int_equal(carry_bytes(office, text.data, text.size_bytes, &result), STATUS_BAD_INPUT);
    expect_text(office, "do not give the root");
    assert_int_equal(size_here(office, kiosk.lane), -1);
}

static void a_file_that_is_refused_on_the_way_says_what_was_taken_before(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    fill(&kiosk, 2500);
    struct response strange = office_response(2500, 5);
    strcpy(strange.area, "XX");
    office_kiosk_response(&kiosk, &strange);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_BAD_INPUT);
    expect_text(office, "area is not in this hub's setup");
    expect_text(office, "first 2000 new entries were taken");
    assert_int_equal(size_here(office, kiosk.lane), 2000);
    // Nothing was taken before it: nothing is said.
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_BAD_INPUT);
    assert_null(strstr(office->err.text, "were taken"));
}

static void the_first_line_that_is_wrong_for_itself_is_named(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    struct carry_result result;
    for (int kind = 0; kind < 2; kind++) {
        fill(&kiosk, 3);
        buf_init(&text, 1024 * 1024);
        office_kiosk_transfer(&kiosk, 0, &text);
        char *at = text.data + kiosk.last;
        if (kind == 0)
            memcpy(strstr(at, "\"seq\":"), "\"sex\":", 6);
        else
            strstr(at, "\"lane\":\"")[8] = 'b';
        assert_int_equal(carry_bytes(office, text.data, text.size_bytes, &result),
                         STATUS_BAD_INPUT);
        expect_text(office, "line 5: ");
        expect_text(office, kind == 0 ? "seq" : "another lane");
        buf_done(&text);
        office_kiosk_end(&kiosk);
        buf_init(&text, 0);
        office_kiosk_begin(&kiosk, 'a');
    }
}

static void an_empty_line_among_the_entries_is_named(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    struct carry_result result;
    fill(&kiosk, 3);
    buf_init(&text, 1024 * 1024);
    office_kiosk_transfer(&kiosk, 0, &text);
    const struct {
        size_t at; // of the additional line feed
        const char *says;
    } rows[] = {
        {0, "line 1: an empty line"},
        {kiosk.last, "line 5: an empty line"},
        {kiosk.lines.size_bytes, "line 6: an empty line"}, // two before the checkpoint
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf gap;
        buf_init(&gap, 1024 * 1024);
        buf_add(&gap, text.data, rows[i].at);
        buf_add_char(&gap, '\n');
        buf_add(&gap, text.data + rows[i].at, text.size_bytes - rows[i].at);
        assert_int_equal(carry_bytes(office, gap.data, gap.size_bytes, &result), STATUS_BAD_INPUT);
        expect_text(office, rows[i].says);
        assert_int_equal(size_here(office, kiosk.lane), -1);
    }
}

static void a_folder_is_no_file_to_import(void **state)
{
    struct office *office = *state;
    struct carry_result result;
    assert_int_equal(carry_import(office->hub, office->folder, &result, &office->err), STATUS_IO);
    expect_text(office, "is a folder");
    // A pipe that nobody writes to is not waited for.
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "pipe", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(carry_import(office->hub, path, &result, &office->err), STATUS_BAD_INPUT);
}

struct cutting {
    const char *path;
    const struct buf *text;
    atomic_bool stop;
};

// Cuts the file in the middle and puts the rest back, again and again.
static void *cut_and_mend(void *context)
{
    struct cutting *cutting = context;
    const struct buf *text = cutting->text;
    const size_t half = text->size_bytes / 2, rest = text->size_bytes - half;
    int fd = open(cutting->path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0;
    while (good && !atomic_load(&cutting->stop))
        good = ftruncate(fd, (off_t)half) == 0 &&
               pwrite(fd, text->data + half, rest, (off_t)half) == (ssize_t)rest;
    close(fd);
    return good ? cutting : NULL;
}

// A file that were mapped would kill the program here.
static void a_file_that_is_cut_meanwhile_is_refused_or_was_whole(void **state)
{
    enum { TIMES = 40 };
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf text;
    char path[SCRATCH_PATH_SIZE];
    struct carry_result result;
    pthread_t thread;
    void *good = NULL;
    fill(&kiosk, 1500);
    buf_init(&text, 16 * 1024 * 1024);
    office_kiosk_transfer(&kiosk, 0, &text);
    scratch_path(&office->scratch, "carried", path);
    assert_int_equal(file_write(path, text.data, text.size_bytes, 0600, &office->err), STATUS_OK);
    struct cutting cutting = {.path = path, .text = &text};
    assert_int_equal(pthread_create(&thread, NULL, cut_and_mend, &cutting), 0);
    for (int i = 0; i < TIMES; i++) {
        enum status status = carry_import(office->hub, path, &result, &office->err);
        if (status != STATUS_OK && status != STATUS_BAD_INPUT)
            fail_msg("%s: %s", status_name(status), office->err.text);
    }
    atomic_store(&cutting.stop, true);
    pthread_join(thread, &good);
    assert_non_null(good);
    assert_int_equal(carry_import(office->hub, path, &result, &office->err), STATUS_OK);
    assert_int_equal(result.size, kiosk.seq);
}

static void a_line_over_the_limit_is_refused_by_its_number(void **state)
{
    struct office *office = *state;
    struct carry_result result;
    for (int extra = 0; extra <= 1; extra++) {
        AUTO(office_kiosk_end) struct office_kiosk kiosk;
        char number[32];
        fill(&kiosk, 0);
        for (int i = 0; i < ENTRY_LIMIT_BYTES + extra; i++)
            buf_add_char(&kiosk.lines, 'x');
        buf_add_char(&kiosk.lines, '\n');
        assert_int_equal(carry(office, &kiosk, 0, &result),
                         extra == 0 ? STATUS_BAD_INPUT : STATUS_TOO_LARGE);
        snprintf(number, sizeof number, "line %lld: ", (long long)kiosk.seq + 1);
        expect_text(office, number);
    }
}

static void an_entry_that_the_hub_refuses_is_named_and_what_stands_before_it_stays(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    struct response bad = office_response(9000, 5);
    fill(&kiosk, 2500);
    memcpy(bad.counter, "77", 3);
    office_kiosk_response(&kiosk, &bad);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_BAD_INPUT);
    expect_text(office, "entry 2502: its counter");
    assert_int_equal(size_here(office, kiosk.lane), 2000);
}

static enum status add_to(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    buf_add(context, bytes, size_bytes);
    return buf_check(context, err);
}

static void seal(const struct office_kiosk *kiosk, const struct transfer_box *box, struct buf *out)
{
    AUTO(buf_done) struct buf text;
    AUTO(transfer_seal_closep) struct transfer_sealer *sealer = NULL;
    struct err err = {.text = ""};
    buf_init(&text, 16 * 1024 * 1024);
    office_kiosk_transfer(kiosk, 0, &text);
    assert_int_equal(transfer_seal_open(box, add_to, out, &sealer, &err), STATUS_OK);
    assert_int_equal(transfer_seal_add(sealer, text.data, text.size_bytes, &err), STATUS_OK);
    assert_int_equal(transfer_seal_end(sealer, &err), STATUS_OK);
}

static void a_sealed_file_is_opened_by_the_hub_it_is_for_only(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf sealed;
    struct carry_result result;
    struct transfer_box box = {.lane = ""};
    fill(&kiosk, 2500);
    buf_init(&sealed, 16 * 1024 * 1024);
    memset(box.lane, 'c', ENTRY_LANE_CHARS);
    memcpy(box.public_key, hublane_box(office->hub->lane)->public_key, sizeof box.public_key);
    seal(&kiosk, &box, &sealed);
    assert_int_equal(carry_bytes(office, sealed.data, sealed.size_bytes, &result),
                     STATUS_BAD_INPUT);
    expect_text(office, "sealed to another hub");
    buf_clear(&sealed);
    memcpy(box.lane, hublane_name(office->hub->lane), sizeof box.lane);
    seal(&kiosk, &box, &sealed);
    assert_int_equal(carry_bytes(office, sealed.data, sealed.size_bytes - 1, &result),
                     STATUS_BAD_INPUT);
    assert_int_equal(size_here(office, kiosk.lane), -1);
    assert_int_equal(carry_bytes(office, sealed.data, sealed.size_bytes, &result), STATUS_OK);
    assert_int_equal(result.added, kiosk.seq);
}

static void a_suspended_lane_is_not_taken_by_hand_either(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct carry_result result;
    fill(&kiosk, 1);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_OK);
    struct db *db = NULL;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&office->scratch, "hub/hub.db", path);
    assert_int_equal(db_open(path, DB_WRITE, &hub_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(lanestate_set(db, kiosk.lane, LANESTATE_SUSPENDED, NULL, &office->err),
                     STATUS_OK);
    db_close(db);
    assert_int_equal(carry(office, &kiosk, 0, &result), STATUS_DENIED);
    expect_text(office, "suspended");
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_file_of_several_batches_is_taken_whole),
        WITH(a_lane_that_comes_so_is_enrolled_by_hand),
        WITH(a_later_file_goes_on_where_the_lane_stands),
        WITH(a_file_without_its_checkpoint_is_refused),
        WITH(a_changed_file_is_refused_whole),
        WITH(a_file_that_is_refused_on_the_way_says_what_was_taken_before),
        WITH(the_first_line_that_is_wrong_for_itself_is_named),
        WITH(an_empty_line_among_the_entries_is_named),
        WITH(a_folder_is_no_file_to_import),
        WITH(a_file_that_is_cut_meanwhile_is_refused_or_was_whole),
        WITH(a_line_over_the_limit_is_refused_by_its_number),
        WITH(an_entry_that_the_hub_refuses_is_named_and_what_stands_before_it_stays),
        WITH(a_sealed_file_is_opened_by_the_hub_it_is_for_only),
        WITH(a_suspended_lane_is_not_taken_by_hand_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
