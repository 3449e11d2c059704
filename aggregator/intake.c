// SPDX-License-Identifier: MIT
// Collects entries and the checkpoint behind them, and takes them in one transaction.
#include "intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cosign.h"
#include "hub_sql.h"
#include "lanestate.h"
#include "outgoing.h"
#include "stmt.h"
#include "taking.h"
#include "tallybatch.h"
#include "transfer.h"
#include "witness.h"

enum {
    FIRST_CAPACITY = 64,
    ACK_LIMIT_BYTES = 2 * NOTE_LIMIT_BYTES,
};

// ---- the batch -------------------------------------------------------------------------------

static enum status apply(struct db *db, struct writer_job *job, struct err *err);

enum status intake_new(const struct hub *hub, const char *lane, struct intake **ret_intake,
                       struct err *err)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for entries");
    intake->hub = hub;
    intake->job.apply = apply;
    intake->bad_seq = -1;
    buf_init(&intake->text, INTAKE_TEXT_LIMIT_BYTES);
    buf_init(&intake->note, NOTE_LIMIT_BYTES);
    buf_init(&intake->ack, ACK_LIMIT_BYTES);
    buf_init(&intake->witness, WITNESS_NOTE_LIMIT_BYTES);
    snprintf(intake->lane, sizeof intake->lane, "%s", lane != NULL ? lane : "");
    *ret_intake = intake;
    return STATUS_OK;
}

void intake_free(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        entry_done(&intake->lines[i].entry);
    free(intake->lines);
    buf_done(&intake->text);
    buf_done(&intake->note);
    buf_done(&intake->ack);
    buf_done(&intake->witness);
    json_decref(intake->messages);
    free(intake);
}

void intake_job_free(struct writer_job *job)
{
    intake_free((struct intake *)job);
}

static enum status make_room(struct intake *intake, struct err *err)
{
    if (intake->count < intake->capacity)
        return STATUS_OK;
    if (intake->count == INTAKE_LINES_MAX)
        return err_set(err, STATUS_TOO_LARGE, "more than %d entries at once", INTAKE_LINES_MAX);
    size_t capacity = intake->capacity == 0 ? FIRST_CAPACITY : 2 * intake->capacity;
    void *lines = realloc(intake->lines, capacity * sizeof *intake->lines);
    if (lines == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for entries");
    intake->lines = lines;
    intake->capacity = capacity;
    return STATUS_OK;
}

// Most lines are plain responses, which need no tree of JSON values.
static enum status read_line(struct intake *intake, const char *line, size_t size_bytes,
                             struct entry *ret_entry, struct err *err)
{
    struct quickline quick;
    if (intake->lane[0] == '\0' ||
        !quickline_read(&intake->quick, intake->lane, line, size_bytes, &quick))
        return entry_read(line, size_bytes, ret_entry, err);
    memcpy(ret_entry->lane, intake->lane, sizeof ret_entry->lane);
    memcpy(ret_entry->id, quick.id, sizeof ret_entry->id);
    ret_entry->seq = quick.seq;
    ret_entry->kind = ENTRY_RESPONSE;
    ret_entry->part = 0;
    ret_entry->json = NULL;
    return STATUS_OK;
}

enum status intake_add(struct intake *intake, const char *line, size_t size_bytes, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(make_room(intake, err));
    TRY(read_line(intake, line, size_bytes, &entry, err));
    if (intake->lane[0] == '\0')
        memcpy(intake->lane, entry.lane, sizeof intake->lane);
    if (strcmp(entry.lane, intake->lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "entry %lld is of another lane; send one at a time",
                       (long long)entry.seq);
    if (intake->count > 0 && entry.seq != intake->lines[intake->count - 1].entry.seq + 1)
        return err_set(err, STATUS_BAD_INPUT, "entry %lld does not follow the one before it",
                       (long long)entry.seq);
    intake->lines[intake->count] = (struct intake_line){
        .at = intake->text.size_bytes, .size_bytes = size_bytes, .entry = entry};
    buf_add(&intake->text, line, size_bytes);
    TRY(buf_check(&intake->text, err));
    intake->count++;
    entry.json = NULL;
    return STATUS_OK;
}

// The same failure with the line's number before it: what could not be read has no seq.
static enum status at_line(struct err *err, enum status status, size_t number)
{
    struct err inner = err != NULL ? *err : (struct err){.status = status};
    if (status == STATUS_NO_MEMORY)
        return status;
    return err_set(err, status, "line %zu: %.350s", number, inner.text);
}

enum status intake_add_all(struct intake *intake, const char *text, size_t size_bytes,
                           struct err *err)
{
    const char *end = text + size_bytes;
    for (size_t number = 1; text < end; number++) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        const char *stop = feed != NULL ? feed : end;
        enum status status = intake_add(intake, text, (size_t)(stop - text), err);
        if (status != STATUS_OK)
            return at_line(err, status, number);
        text = feed != NULL ? feed + 1 : end;
    }
    return STATUS_OK;
}

// ---- whole transfers ---------------------------------------------------------------------------

enum status intake_end(struct intake *intake, const char *note, size_t note_bytes,
                       const struct note_checkpoint *checkpoint, const struct note_key *key,
                       struct err *err)
{
    char lane[ENTRY_LANE_CHARS + 1];
    if (!note_key_lane(key, lane) || (intake->lane[0] != '\0' && strcmp(lane, intake->lane) != 0))
        return err_set(err, STATUS_BAD_INPUT,
                       "the checkpoint behind the entries is of another "
                       "lane");
    if (intake->count > 0 &&
        checkpoint->size != (uint64_t)intake->lines[intake->count - 1].entry.seq + 1)
        return err_set(err, STATUS_BAD_INPUT,
                       "the checkpoint behind the entries is not of their end");
    memcpy(intake->lane, lane, sizeof intake->lane);
    buf_clear(&intake->note);
    buf_add(&intake->note, note, note_bytes);
    intake->checkpoint = *checkpoint;
    intake->key = *key;
    intake->has_end = true;
    return buf_check(&intake->note, err);
}

static enum status read_transfer(struct intake *intake, const char *text, size_t size_bytes,
                                 struct err *err)
{
    struct transfer transfer;
    TRY(transfer_read(text, size_bytes, &transfer, err));
    TRY(intake_add_all(intake, transfer.lines, transfer.lines_bytes, err));
    return intake_end(intake, transfer.note, transfer.note_bytes, &transfer.checkpoint,
                      &transfer.key, err);
}

static bool is_accident(enum status status)
{
    return status == STATUS_IO || status == STATUS_FULL || status == STATUS_NO_MEMORY ||
           status == STATUS_BUSY || status == STATUS_INTERNAL;
}

enum status intake_transfer(struct intake *intake, const char *text, size_t size_bytes,
                            struct err *err)
{
    struct err why = {.status = STATUS_OK};
    enum status status = read_transfer(intake, text, size_bytes, &why);
    if (is_accident(status))
        return err_set(err, status, "%.390s", why.text);
    if (status == STATUS_OK)
        return STATUS_OK;
    intake->unread = why;
    intake->unread.status = status;
    if (intake->count > 0)
        intake->bad_seq = intake->lines[intake->count - 1].entry.seq + 1;
    return STATUS_OK;
}

// ---- the job ---------------------------------------------------------------------------------

// A refusal of the whole batch names the lane and the entry.
static enum status name_entry(struct intake *intake, int64_t seq, enum status status,
                              struct err *err)
{
    struct err inner = *err;
    char prefix[40];
    const char *text = inner.text;
    size_t prefix_size = (size_t)snprintf(prefix, sizeof prefix, "entry %lld: ", (long long)seq);
    if (strncmp(text, prefix, prefix_size) == 0)
        text += prefix_size;
    intake->bad_seq = seq;
    return err_set(err, status, "lane %s, entry %lld: %.300s", intake->lane, (long long)seq, text);
}

static enum status fork_found(struct intake *intake, const char *what, struct err *err)
{
    intake->fork = true;
    return err_set(err, STATUS_CONFLICT, "%s: the lane was changed or copied", what);
}

// The tree has reached a head that the lane signed before.
static enum status compare_ahead(struct taking *taking, struct intake *intake, struct err *err)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    if (taking->head.tree.size != intake->ahead)
        return STATUS_OK;
    merkle_root(&taking->head.tree, root);
    return memcmp(root, intake->ahead_root, sizeof root) == 0
               ? STATUS_OK
               : fork_found(intake, "a checkpoint that it signed before has another root", err);
}

static enum status take_line(struct taking *taking, struct intake *intake,
                             const struct intake_line *line, struct err *err)
{
    int64_t seq = line->entry.seq, size = (int64_t)taking->head.tree.size;
    const char *text = intake->text.data + line->at;
    bool same = false;
    if (seq > size) {
        intake->gap = true;
        return err_set(err, STATUS_CONFLICT, "entries %lld to %lld are missing", (long long)size,
                       (long long)seq - 1);
    }
    if (seq == size) {
        intake->added++;
        TRY(taking_entry(taking, &line->entry, text, line->size_bytes, err));
        return compare_ahead(taking, intake, err);
    }
    TRY(ledger_same(taking->db, intake->lane, seq, text, line->size_bytes, &same, err));
    return same ? STATUS_OK : fork_found(intake, "other bytes stand here under that number", err);
}

static enum status take_lines(struct taking *taking, struct intake *intake, struct err *err)
{
    for (size_t i = 0; i < intake->count; i++) {
        enum status status = take_line(taking, intake, &intake->lines[i], err);
        if (status != STATUS_OK)
            return name_entry(intake, intake->lines[i].entry.seq, status, err);
    }
    return STATUS_OK;
}

// The lines with their counts gathered.
static enum status take_all(struct taking *taking, struct intake *intake, struct err *err)
{
    AUTO(tallybatch_closep) struct tallybatch *batch = NULL;
    TRY(tallybatch_open(taking->db, taking->hub->units, &batch, err));
    TRY(take_lines(taking, intake, err));
    return tallybatch_flush(batch, err);
}

static enum status add_by_hand(struct taking *taking, struct intake *intake, struct err *err)
{
    char lane[ENTRY_LANE_CHARS + 1] = "";
    const struct ledger_new_lane added = {
        .lane = intake->lane,
        .unit = "",
        .how = "by hand",
        .enrolled_unit = "",
        .public_key = intake->key.public_key,
    };
    if (!note_key_lane(&intake->key, lane) || strcmp(lane, intake->lane) != 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "the key behind the entries is not that of their "
                       "lane");
    return ledger_lane_add(taking->db, &added, err);
}

// *ret_added: it was enrolled by hand just now.
static enum status find_lane(struct taking *taking, struct intake *intake, bool *ret_added,
                             struct err *err)
{
    struct lanestate state = {.own = false};
    bool found = false;
    TRY(lanestate_find(taking->db, intake->lane, &state, &found, err));
    if (!found && !intake->by_hand)
        return err_set(err, STATUS_DENIED,
                       "this hub does not know the lane; enrol first (`hailong-kiosk enrol` with "
                       "a phrase of the hub's `join`)");
    if (found)
        TRY(lanestate_admit(&state, err));
    intake->admitted = true;
    if (!found)
        TRY(add_by_hand(taking, intake, err));
    if (found && intake->has_end &&
        memcmp(state.public_key, intake->key.public_key, sizeof state.public_key) != 0)
        return err_set(err, STATUS_DENIED, "the lane was enrolled with another key");
    snprintf(taking->enrolled_unit, sizeof taking->enrolled_unit, "%s", state.enrolled_unit);
    *ret_added = !found;
    return ledger_head_find(taking->db, intake->lane, &taking->head, &found, err);
}

static bool is_sane(const struct intake *intake, uint64_t here)
{
    return intake->checkpoint.size <= here + INTAKE_AHEAD_MAX;
}

// A head beyond the entries, which is compared when they have come.
static enum status keep_ahead(struct db *db, const struct intake *intake, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_ANNOUNCED_SET, &q, err));
    stmt_bind_text(q, 1, intake->lane);
    stmt_bind_int(q, 2, (int64_t)intake->checkpoint.size);
    stmt_bind_blob(q, 3, intake->checkpoint.root, CRYPTO_HASH_BYTES);
    stmt_bind_text_n(q, 4, intake->note.data, intake->note.size_bytes);
    return stmt_run(q, NULL, err);
}

// What was announced stays known though the entries are fewer; with `keep` also its root, to which
// the lane is then held. A refused push binds nobody.
static enum status store_announced(struct db *db, const struct intake *intake, uint64_t here,
                                   bool keep, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    uint32_t hour = 0;
    if (!is_sane(intake, here))
        return STATUS_OK;
    if (keep && intake->checkpoint.size > here)
        TRY(keep_ahead(db, intake, err));
    TRY(stmt_use(db, HUB_LANE_ANNOUNCED_SET, &q, err));
    stmt_bind_text(q, 1, intake->lane);
    stmt_bind_int(q, 2, (int64_t)intake->checkpoint.size);
    if (clock_parse_hour(intake->checkpoint.hour, &hour, NULL) == STATUS_OK)
        stmt_bind_int(q, 3, hour);
    else
        stmt_bind_null(q, 3);
    return stmt_run(q, NULL, err);
}

static enum status store_contact(struct db *db, const struct intake *intake, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LANE_CONTACT_SET, &q, err));
    stmt_bind_text(q, 1, intake->lane);
    stmt_bind_int(q, 2, clock_now_s());
    return stmt_run(q, NULL, err);
}

// The checkpoint against the tree. Of a size that is not reached yet nothing can be said.
static enum status take_end(struct taking *taking, struct intake *intake, struct err *err)
{
    const struct note_checkpoint *checkpoint = &intake->checkpoint;
    bool fits = false;
    TRY(store_announced(taking->db, intake, taking->head.tree.size, true, err));
    if (checkpoint->size == 0 || checkpoint->size > taking->head.tree.size)
        return STATUS_OK;
    if (!intake->by_hand)
        TRY(cosign_check_age(taking->db, &taking->head, checkpoint->size, err));
    TRY(cosign_root_fits(taking->db, &taking->head, checkpoint->size, checkpoint->root, &fits,
                         err));
    if (!fits)
        return fork_found(intake, "its checkpoint has another root than the entries here", err);
    return cosign_checkpoint(taking->hub, taking->db, intake->lane, checkpoint, &intake->note,
                             &intake->ack, err);
}

static enum status write_audit(const struct taking *taking, const struct intake *intake,
                               bool by_hand, struct err *err)
{
    const struct hublane *own = taking->hub->lane;
    if (by_hand)
        TRY(hublane_audit(taking->db, own, "enrol by hand", taking->head.unit, intake->lane, err));
    if (!intake->audit || intake->added == 0)
        return STATUS_OK;
    return hublane_audit(taking->db, own, "import", taking->head.unit, intake->lane, err);
}

// What else a push is answered with.
static enum status answer_more(struct taking *taking, struct intake *intake, struct err *err)
{
    struct witness_keys keys;
    struct witness_cover cover;
    if (intake->by_hand)
        return STATUS_OK;
    TRY(witness_keys(taking->hub, taking->db, &keys, err));
    TRY(witness_of(taking->db, &keys, intake->lane, &cover, err));
    intake->witnessed = cover.covered;
    buf_clear(&intake->witness);
    if (cover.covered)
        TRY(witness_note(taking->db, intake->lane, cover.size, &intake->witness, err));
    json_decref(intake->messages);
    intake->messages = json_array();
    if (intake->messages == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for messages");
    TRY(outgoing_is_unsure(taking->db, intake->lane, &intake->unsure, err));
    return outgoing_list(taking->db, intake->lane, intake->messages, err);
}

// The new head against the largest that the lane has signed before.
static enum status check_announced(struct taking *taking, struct intake *intake, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    size_t root_bytes = 0;
    intake->ahead = 0;
    if (intake->has_end && !is_sane(intake, taking->head.tree.size))
        return err_set(err, STATUS_BAD_INPUT,
                       "its checkpoint is of %d entries more than there are here, which no kiosk "
                       "has",
                       INTAKE_AHEAD_MAX);
    TRY(stmt_use(taking->db, HUB_ANNOUNCED_FIND, &q, err));
    stmt_bind_text(q, 1, intake->lane);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return STATUS_OK;
    const void *root = stmt_blob(q, 1, &root_bytes);
    if (root_bytes != CRYPTO_HASH_BYTES)
        return BUG(err, "a stored root has another length");
    intake->ahead = (uint64_t)stmt_int(q, 0);
    memcpy(intake->ahead_root, root, CRYPTO_HASH_BYTES);
    if (intake->has_end && intake->checkpoint.size == intake->ahead &&
        memcmp(intake->checkpoint.root, root, CRYPTO_HASH_BYTES) != 0)
        return fork_found(intake, "it has signed another checkpoint of that size before", err);
    return STATUS_OK;
}

static enum status take(struct taking *taking, struct intake *intake, struct err *err)
{
    bool by_hand = false;
    TRY(find_lane(taking, intake, &by_hand, err));
    TRY(check_announced(taking, intake, err));
    if (intake->unread.status != STATUS_OK)
        return err_set(err, intake->unread.status, "lane %s, %.300s", intake->lane,
                       intake->unread.text);
    TRY(take_all(taking, intake, err));
    TRY(ledger_head_store(taking->db, &taking->head, err));
    if (intake->has_end)
        TRY(take_end(taking, intake, err));
    TRY(store_contact(taking->db, intake, err));
    TRY(write_audit(taking, intake, by_hand, err));
    TRY(answer_more(taking, intake, err));
    intake->size = (int64_t)taking->head.tree.size;
    merkle_root(&taking->head.tree, intake->root);
    return STATUS_OK;
}

static enum status store_refusal(struct db *db, const struct intake *intake, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LANE_REFUSAL_SET, &q, err));
    stmt_bind_text(q, 1, intake->lane);
    stmt_bind_text(q, 2, intake->why.text);
    return stmt_run(q, NULL, err);
}

// Undone, but remembered at the lane for the devices page; that is why a refusal is no failure of
// the job, whose savepoint would take the note away too.
static enum status refuse(struct db *db, struct intake *intake, enum status outcome,
                          struct err *err)
{
    struct ledger_head head;
    bool found = false;
    intake->outcome = outcome;
    intake->why = *err;
    intake->added = 0;
    TRY(db_exec(db, "ROLLBACK TO intake", err));
    TRY(db_exec(db, "RELEASE intake", err));
    TRY(ledger_head_find(db, intake->lane, &head, &found, err));
    intake->size = found ? (int64_t)head.tree.size : 0;
    // Who may bring nothing leaves no mark on the lane either; a gap is no fault of anybody.
    if (!found || !intake->admitted)
        return STATUS_OK;
    if (intake->has_end && !intake->fork)
        TRY(store_announced(db, intake, (uint64_t)intake->size, false, err));
    return intake->gap ? STATUS_OK : store_refusal(db, intake, err);
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct intake *intake = (struct intake *)job;
    struct taking taking = {.db = db, .hub = intake->hub};
    intake->outcome = STATUS_OK;
    intake->gap = intake->fork = intake->admitted = false;
    intake->added = 0;
    buf_clear(&intake->ack);
    TRY(db_exec(db, "SAVEPOINT intake", err));
    enum status status = take(&taking, intake, err);
    if (is_accident(status))
        return status;
    if (status != STATUS_OK)
        return refuse(db, intake, status, err);
    return db_exec(db, "RELEASE intake", err);
}
