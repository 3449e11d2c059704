// SPDX-License-Identifier: MIT
// Seals and signs the hub's own lane, and writes it out.
#include "hubhead.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cosign.h"
#include "hub_sql.h"
#include "hubfact.h"
#include "ledger.h"
#include "log.h"
#include "stmt.h"
#include "transfer.h"

enum {
    SEAL_S = 23 * 3600 + 30 * 60, // civil time of day
    PIECE_BYTES = 256 * 1024,
    OUT_LIMIT_BYTES = PIECE_BYTES + ENTRY_LIMIT_BYTES + NOTE_LIMIT_BYTES + NOTE_VKEY_BYTES + 8,
};

// In the table `fact`: the day of the last seal, the day that the clock showed when it was made,
// and how many entries the lane had behind it.
#define SEALED_DAY_FACT "sealed_day"
#define SEALED_CLOCK_FACT "sealed_clock"
#define SEALED_SIZE_FACT "sealed_size"

static enum status own_head(const struct hub *hub, struct db *db, struct ledger_head *ret_head,
                            struct err *err)
{
    bool found = false;
    TRY(ledger_head_find(db, hublane_name(hub->lane), ret_head, &found, err));
    return found ? STATUS_OK : BUG(err, "a hub that was opened has no lane of its own");
}

// ---- the seal --------------------------------------------------------------------------------

int32_t hubhead_day_due(int64_t now_s)
{
    const struct civil at = clock_civil(now_s);
    const int32_t today = clock_day(now_s);
    return at.hour * 3600 + at.minute * 60 >= SEAL_S ? today : today - 1;
}

static enum status append_seal(const struct hub *hub, struct db *db, int32_t day, int64_t count,
                               struct err *err)
{
    AUTO(buf_done) struct buf tail;
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES];
    char text[CLOCK_DAY_TEXT_SIZE];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    hublane_new_id(id);
    clock_day_text(day, text);
    entry_tail_begin(&w, &tail, ENTRY_SEAL, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "day", text);
    jsonw_int(&w, "count", count);
    entry_tail_end(&w);
    TRY(hublane_append(db, hub->lane, &tail, &entry, err));
    TRY(hubfact_set(db, SEALED_DAY_FACT, day, err));
    TRY(hubfact_set(db, SEALED_CLOCK_FACT, hubhead_day_due(clock_now_s()), err));
    return hubfact_set(db, SEALED_SIZE_FACT, entry.seq + 1, err);
}

// The day of the next seal; *ret_due is false when none is due. After a clock that was wrong once
// the lane's own last day lies ahead: its days do not go back, and the seals go on.
static enum status next_seal(struct db *db, int32_t *ret_day, bool *ret_due, struct err *err)
{
    const int32_t today = clock_day(clock_now_s()), due = hubhead_day_due(clock_now_s());
    int64_t day = 0, shown = 0;
    TRY(hubfact_get(db, SEALED_DAY_FACT, &day, err));
    TRY(hubfact_get(db, SEALED_CLOCK_FACT, &shown, err));
    // A new hub has no day before its first.
    if (day == 0) {
        day = today - 1;
        TRY(hubfact_set(db, SEALED_DAY_FACT, day, err));
    }
    const bool ahead = day > today;
    *ret_due = ahead ? due != shown : due > day;
    *ret_day = ahead ? (int32_t)day : due;
    if (ahead && *ret_due)
        log_event(LOG_LEVEL_WARNING, "hub_clock_behind_seal", "what",
                  "the last seal is of a day that has not come yet: the hub's clock is or was "
                  "wrong; set it, then the seals go on by the last one's day",
                  (char *)NULL);
    return STATUS_OK;
}

static enum status seal_when_due(const struct hub *hub, struct db *db, struct err *err)
{
    struct ledger_head head;
    int64_t size = 0;
    int32_t day = 0;
    bool due = false;
    TRY(next_seal(db, &day, &due, err));
    if (!due)
        return STATUS_OK;
    TRY(hubfact_get(db, SEALED_SIZE_FACT, &size, err));
    TRY(own_head(hub, db, &head, err));
    return append_seal(hub, db, day, (int64_t)head.tree.size - size, err);
}

// ---- the clock -------------------------------------------------------------------------------

// Ids of the hub's own entries begin with their hour.
static enum status newest_hour(const struct hub *hub, struct db *db, uint32_t *ret_hour,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct ledger_head head;
    bool found = false;
    size_t id_bytes = 0;
    TRY(own_head(hub, db, &head, err));
    TRY(stmt_use(db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, head.lane);
    stmt_bind_int(q, 2, (int64_t)head.tree.size - 1);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return STATUS_OK;
    const uint8_t *id = stmt_blob(q, 1, &id_bytes);
    *ret_hour = 0;
    for (size_t i = 0; i < ENTRY_HOUR_BYTES && i < id_bytes; i++)
        *ret_hour = *ret_hour << 8 | id[i];
    return STATUS_OK;
}

enum status hubhead_clock(const struct hub *hub, struct db *db, bool *ret_behind, struct err *err)
{
    const int64_t now_s = clock_now_s();
    int32_t built = 0;
    int64_t sealed = 0;
    uint32_t hour = 0;
    TRY(clock_parse_day(HAILONG_BUILD_DAY, &built, err));
    TRY(hubfact_get(db, SEALED_DAY_FACT, &sealed, err));
    TRY(newest_hour(hub, db, &hour, err));
    *ret_behind = clock_day(now_s) < built || clock_day(now_s) < sealed || clock_hour(now_s) < hour;
    return STATUS_OK;
}

// ---- the head --------------------------------------------------------------------------------

static enum status sign(const struct hub *hub, const struct ledger_head *head, struct buf *note,
                        struct err *err)
{
    struct note_checkpoint checkpoint = {.size = head->tree.size};
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", hublane_own_key(hub->lane)->name);
    merkle_root(&head->tree, checkpoint.root);
    clock_hour_text(clock_hour(clock_now_s()), checkpoint.hour);
    return note_sign(&checkpoint, hublane_own_secret(hub->lane), note, err);
}

// The kept note of that size, with witnesses' lines.
static enum status find_kept(struct db *db, const struct ledger_head *head, struct buf *note,
                             bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_CHECKPOINT_NOTE, &q, err));
    stmt_bind_text(q, 1, head->lane);
    stmt_bind_int(q, 2, (int64_t)head->tree.size);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    buf_add(note, stmt_text(q, 0), stmt_text_size(q, 0));
    if (!stmt_is_null(q, 1))
        buf_add(note, stmt_text(q, 1), stmt_text_size(q, 1));
    return buf_check(note, err);
}

static enum status keep(struct db *db, const struct ledger_head *head, const struct buf *note,
                        struct err *err)
{
    AUTO(stmt_releasep) struct stmt *add = NULL;
    AUTO(stmt_releasep) struct stmt *drop = NULL;
    uint8_t root[CRYPTO_HASH_BYTES];
    merkle_root(&head->tree, root);
    TRY(stmt_use(db, HUB_CHECKPOINT_ADD, &add, err));
    stmt_bind_text(add, 1, head->lane);
    stmt_bind_int(add, 2, (int64_t)head->tree.size);
    stmt_bind_blob(add, 3, root, sizeof root);
    stmt_bind_text_n(add, 4, note->data, note->size_bytes);
    // To cosign one's own signature would say nothing more.
    stmt_bind_text_n(add, 5, note->data, note->size_bytes);
    stmt_bind_int(add, 6, clock_now_s());
    TRY(stmt_run(add, NULL, err));
    TRY(stmt_use(db, HUB_CHECKPOINT_DROP, &drop, err));
    stmt_bind_text(drop, 1, head->lane);
    stmt_bind_int(drop, 2, COSIGN_KEPT - 1);
    return stmt_run(drop, NULL, err);
}

static enum status sign_when_new(const struct hub *hub, struct db *db, struct err *err)
{
    AUTO(buf_done) struct buf note;
    struct ledger_head head;
    bool found = false;
    buf_init(&note, (size_t)2 * NOTE_LIMIT_BYTES);
    TRY(own_head(hub, db, &head, err));
    TRY(find_kept(db, &head, &note, &found, err));
    if (found)
        return STATUS_OK;
    TRY(sign(hub, &head, &note, err));
    return keep(db, &head, &note, err);
}

struct round_job {
    struct writer_job job; // first
    const struct hub *hub;
};

static enum status apply_round(struct db *db, struct writer_job *job, struct err *err)
{
    const struct hub *hub = ((const struct round_job *)job)->hub;
    TRY(seal_when_due(hub, db, err));
    return sign_when_new(hub, db, err);
}

enum status hubhead_round(const struct hub *hub, struct err *err)
{
    struct round_job round = {.job.apply = apply_round, .hub = hub};
    return writer_run(hub->writer, &round.job, err);
}

// ---- out -------------------------------------------------------------------------------------

enum status hubhead_note(const struct hub *hub, struct db *db, struct hubhead *ret_head,
                         struct buf *note, struct err *err)
{
    struct ledger_head head;
    bool found = false;
    TRY(own_head(hub, db, &head, err));
    TRY(find_kept(db, &head, note, &found, err));
    if (!found)
        TRY(sign(hub, &head, note, err));
    *ret_head = (struct hubhead){.size = head.tree.size, .kept = found};
    merkle_root(&head.tree, ret_head->root);
    return STATUS_OK;
}

static enum status write_lines(struct db *db, const char *lane, uint64_t size, struct buf *out,
                               hubhead_write_fn write, void *context, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LEDGER_WALK, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, 0);
    for (uint64_t seq = 0; seq < size; seq++) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return err_set(err, STATUS_IO, "the hub's lane is shorter than its head says");
        buf_add(out, stmt_text(q, 3), stmt_text_size(q, 3));
        buf_add_char(out, '\n');
        TRY(buf_check(out, err));
        if (out->size_bytes < PIECE_BYTES)
            continue;
        TRY(write(context, out->data, out->size_bytes, err));
        buf_clear(out);
    }
    return STATUS_OK;
}

static enum status export_snapshot(const struct hub *hub, struct db *db, hubhead_write_fn write,
                                   void *context, struct err *err)
{
    AUTO(buf_done) struct buf out;
    AUTO(buf_done) struct buf note;
    struct hubhead head;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(hubhead_note(hub, db, &head, &note, err));
    TRY(write_lines(db, hublane_name(hub->lane), head.size, &out, write, context, err));
    transfer_end(&out, note.data, note.size_bytes, hublane_own_key(hub->lane));
    TRY(buf_check(&out, err));
    return write(context, out.data, out.size_bytes, err);
}

enum status hubhead_export(const struct hub *hub, struct db *db, hubhead_write_fn write,
                           void *context, struct err *err)
{
    TRY(db_exec(db, "BEGIN", err));
    enum status status = export_snapshot(hub, db, write, context, err);
    enum status ended = db_exec(db, "ROLLBACK", status == STATUS_OK ? err : NULL);
    return status == STATUS_OK ? ended : status;
}
