// SPDX-License-Identifier: MIT
// Makes hubs and kiosks' lines for tests.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "area.h"
#include "clock.h"
#include "file.h"
#include "ledger.h"
#include "office.h"
#include "period.h"
#include "report.h"
#include "transfer.h"

static struct office office;

static void replace(struct buf *text, const char *from, const char *to)
{
    char *at = strstr(text->data, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

void office_setup_text(bool trial, bool sample, struct buf *out)
{
    struct err err = {.text = ""};
    assert_int_equal(file_read("schema/examples/ba-xuyen.json", out, &err), STATUS_OK);
    if (!trial)
        replace(out, "\"trial\": true,", "\"trial\":false,");
    if (sample)
        replace(out, "\"sample\": false,", "\"sample\": true ,");
}

static int open_with(bool trial, bool sample, void **state)
{
    AUTO(buf_done) struct buf setup;
    char path[SCRATCH_PATH_SIZE];
    office = (struct office){.scratch = scratch_make()};
    clock_fix(OFFICE_NOW_S);
    scratch_path(&office.scratch, "setup.json", path);
    scratch_path(&office.scratch, "hub", office.folder);
    buf_init(&setup, SETUP_LIMIT_BYTES);
    office_setup_text(trial, sample, &setup);
    assert_int_equal(file_write(path, setup.data, setup.size_bytes, 0600, &office.err), STATUS_OK);
    if (hub_init(office.folder, path, &office.err) != STATUS_OK ||
        hub_open(office.folder, HUB_WRITE, &office.hub, &office.err) != STATUS_OK)
        fail_msg("%s", office.err.text);
    *state = &office;
    return 0;
}

int office_open(void **state)
{
    return open_with(true, false, state);
}

int office_open_real(void **state)
{
    return open_with(false, false, state);
}

int office_close(void **state)
{
    struct office *opened = *state;
    hub_close(opened->hub);
    scratch_remove(&opened->scratch);
    clock_fix(0);
    return 0;
}

// ---- kiosks ----------------------------------------------------------------------------------

struct pair {
    bool made;
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
};
static struct pair pairs[16];

static const struct pair *pair_of(char digit)
{
    static const char digits[] = "0123456789abcdef";
    struct pair *pair = &pairs[strchr(digits, digit) - digits];
    while (!pair->made) {
        crypto_sign_keys(pair->public_key, pair->secret);
        entry_lane_of_key(pair->public_key, sizeof pair->public_key, pair->lane);
        pair->made = pair->lane[0] == digit;
    }
    return pair;
}

void office_kiosk_begin(struct office_kiosk *kiosk, char digit)
{
    const struct pair *pair = pair_of(digit);
    *kiosk = (struct office_kiosk){.seq = 0};
    memcpy(kiosk->lane, pair->lane, sizeof kiosk->lane);
    memcpy(kiosk->public_key, pair->public_key, sizeof kiosk->public_key);
    memcpy(kiosk->secret, pair->secret, sizeof kiosk->secret);
    merkle_init(&kiosk->tree);
    buf_init(&kiosk->lines, 64 * 1024 * 1024);
}

void office_kiosk_note(const struct office_kiosk *kiosk, struct buf *out)
{
    struct err err = {.text = ""};
    struct note_checkpoint checkpoint = {.size = kiosk->tree.size, .hour = "2026-11-21T09+07"};
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "hailong/%s", kiosk->lane);
    merkle_root(&kiosk->tree, checkpoint.root);
    if (note_sign(&checkpoint, kiosk->secret, out, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

void office_kiosk_transfer(const struct office_kiosk *kiosk, size_t from, struct buf *out)
{
    AUTO(buf_done) struct buf note;
    struct note_key key;
    buf_init(&note, NOTE_LIMIT_BYTES);
    office_kiosk_note(kiosk, &note);
    note_key_of_lane(kiosk->public_key, NOTE_ED25519, &key);
    buf_add(out, kiosk->lines.data + from, kiosk->lines.size_bytes - from);
    transfer_end(out, note.data, note.size_bytes, &key);
    assert_int_equal(out->failed, STATUS_OK);
}

struct enrol_job {
    struct writer_job job; // first
    const struct office_kiosk *kiosk;
};

static enum status apply_enrol(struct db *db, struct writer_job *job, struct err *err)
{
    const struct office_kiosk *kiosk = ((struct enrol_job *)job)->kiosk;
    const struct ledger_new_lane lane = {
        .lane = kiosk->lane,
        .unit = "",
        .how = "join",
        .enrolled_unit = OFFICE_UNIT,
        .public_key = kiosk->public_key,
    };
    return ledger_lane_add(db, &lane, err);
}

void office_kiosk_enrol(struct office *to, const struct office_kiosk *kiosk)
{
    struct enrol_job job = {.job.apply = apply_enrol, .kiosk = kiosk};
    if (writer_run(to->hub->writer, &job.job, &to->err) != STATUS_OK)
        fail_msg("%s", to->err.text);
}

void office_kiosk_end(struct office_kiosk *kiosk)
{
    buf_done(&kiosk->lines);
}

void office_kiosk_line(struct office_kiosk *kiosk, const struct buf *tail)
{
    struct err err = {.text = ""};
    kiosk->last = kiosk->lines.size_bytes;
    if (entry_line(kiosk->lane, kiosk->seq++, tail, &kiosk->lines, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    uint8_t leaf[CRYPTO_HASH_BYTES];
    merkle_leaf(kiosk->lines.data + kiosk->last, kiosk->lines.size_bytes - kiosk->last, leaf);
    merkle_add(&kiosk->tree, leaf);
    buf_add_char(&kiosk->lines, '\n');
}

static enum status add_piece(void *context, const struct buf *tail, struct err *err)
{
    (void)err;
    office_kiosk_line(context, tail);
    return STATUS_OK;
}

void office_kiosk_setup(struct office_kiosk *kiosk, bool trial, bool sample)
{
    AUTO(buf_done) struct buf setup;
    struct err err = {.text = ""};
    uint8_t id[ENTRY_ID_BYTES];
    hublane_new_id(id);
    buf_init(&setup, SETUP_LIMIT_BYTES);
    office_setup_text(trial, sample, &setup);
    // Blanks behind the document make it two entries, as a larger office's is.
    for (int i = 0; i < ENTRY_PIECE_BYTES; i++)
        buf_add_char(&setup, ' ');
    assert_int_equal(
        entry_split(ENTRY_SETUP, id, setup.data, setup.size_bytes, add_piece, kiosk, &err),
        STATUS_OK);
}

uint32_t office_hour(const char *text)
{
    uint32_t hour = 0;
    assert_int_equal(clock_parse_hour(text, &hour, NULL), STATUS_OK);
    return hour;
}

struct response office_response(int number, int level)
{
    struct response response = {
        .hour = office_hour("2026-11-03T09+07"),
        .unit = OFFICE_UNIT,
        .counter = "1",
        .area = "HT",
        .form = "tthc@1",
        .channel = RESPONSE_SCREEN,
        .step = RESPONSE_STEP_RESULT,
        .answers = {{.item = "overall", .level = level}},
        .answer_count = 1,
        .page = "overall",
    };
    memcpy(response.id, &number, sizeof number);
    response.id[ENTRY_ID_BYTES - 1] = 1;
    return response;
}

void office_kiosk_response(struct office_kiosk *kiosk, const struct response *response)
{
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    response_tail(response, &tail);
    office_kiosk_line(kiosk, &tail);
}

// ---- taking ----------------------------------------------------------------------------------

enum status office_take(struct office *to, const char *lines, struct intake *ret_result)
{
    AUTO(intake_freep) struct intake *intake = NULL;
    assert_int_equal(intake_new(to->hub, NULL, &intake, &to->err), STATUS_OK);
    enum status status = intake_add_all(intake, lines, strlen(lines), &to->err);
    if (status != STATUS_OK)
        return status;
    intake->audit = true;
    intake->by_hand = true;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        if (strcmp(pairs[i].lane, intake->lane) == 0)
            note_key_of_lane(pairs[i].public_key, NOTE_ED25519, &intake->key);
    if (writer_run(to->hub->writer, &intake->job, &to->err) != STATUS_OK)
        fail_msg("%s", to->err.text);
    to->err = intake->why;
    if (ret_result != NULL) {
        *ret_result = *intake;
        ret_result->lines = NULL;
        ret_result->text.data = NULL;
        ret_result->note.data = ret_result->ack.data = NULL;
        ret_result->messages = NULL;
    }
    return intake->outcome;
}

void office_take_all(struct office *to, const struct office_kiosk *kiosk)
{
    if (office_take(to, buf_text(&kiosk->lines), NULL) != STATUS_OK)
        fail_msg("%s", to->err.text);
}

// ---- figures ---------------------------------------------------------------------------------

struct looking {
    const char *area, *item;
    struct tally_counts sum;
};

static void add(void *context, const struct tally_row *row)
{
    struct looking *looking = context;
    if ((looking->area[0] != '\0' && strcmp(looking->area, row->area) != 0) ||
        strcmp(looking->item, row->item) != 0)
        return;
    for (int i = 0; i < FORM_LEVELS; i++)
        looking->sum.n[i] += row->counts.n[i];
}

static int32_t day_of(const char *text)
{
    int32_t day = 0;
    assert_int_equal(clock_parse_day(text, &day, NULL), STATUS_OK);
    return day;
}

struct tally_counts office_tally(struct office *of, char table, const char *unit, const char *area,
                                 const char *item, const char *from, const char *to)
{
    struct looking looking = {.area = area, .item = item};
    int32_t first = day_of(from), last = day_of(to);
    struct db *db = dbpool_take(of->hub->readers);
    enum status status = STATUS_OK;
    if (table == 'b')
        status = tally_read_b(db, unit, first, last, add, &looking, &of->err);
    else
        status = (table == 'a' ? tally_read_a : tally_read_c)(
            db, unit, period_half(first), period_half(last), add, &looking, &of->err);
    dbpool_give(of->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    return looking.sum;
}

void office_expect(struct tally_counts counts, int64_t n1, int64_t n2, int64_t n3, int64_t n4,
                   int64_t n5)
{
    const int64_t expected[] = {n1, n2, n3, n4, n5};
    for (int i = 0; i < FORM_LEVELS; i++)
        if (counts.n[i] != expected[i])
            fail_msg("level %d: %lld instead of %lld", i + 1, (long long)counts.n[i],
                     (long long)expected[i]);
}

json_t *office_report(struct office *of, const char *unit, const char *period)
{
    struct period range;
    json_t *model = NULL;
    assert_int_equal(period_parse(period, &range, &of->err), STATUS_OK);
    struct db *db = dbpool_take(of->hub->readers);
    enum status status = report_model(of->hub, db, unit, &range, &model, &of->err);
    dbpool_give(of->hub->readers, db);
    if (status != STATUS_OK)
        fail_msg("%s", of->err.text);
    return model;
}

json_t *office_row(const json_t *report, const char *list, const char *code)
{
    size_t index = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(report, list), index, row)
    {
        if (strcmp(json_text_or(row, "code", ""), code) == 0)
            return row;
    }
    fail_msg("no %s in %s", code, list);
    return NULL;
}
