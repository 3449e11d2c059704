// SPDX-License-Identifier: MIT
// Counts offers and writes their entries.
#include "counts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kiosk_sql.h"
#include "log.h"
#include "stmt.h"
#include "timekeeper.h"

enum {
    COUNT_SLIPS = 1, // offer_count.kind
    COUNT_OFFERED = 2,
    // Rows of one entry: with the longest code and step below 6 KiB, so that a line stays under 8.
    ROWS_MAX = 120,
};

// When something was offered.
struct moment {
    uint32_t hour;
    bool unset;
};

static enum status add_one(struct db *db, const struct moment *moment, int kind, const char *area,
                           enum response_step step, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OFFER_ADD, &q, err));
    stmt_bind_int(q, 1, moment->hour);
    stmt_bind_int(q, 2, moment->unset ? 1 : 0);
    stmt_bind_int(q, 3, kind);
    stmt_bind_text(q, 4, area);
    stmt_bind_int(q, 5, (int64_t)step);
    return stmt_run(q, NULL, err);
}

// Its entry, which comes later, waits for the `clock` entry from now on.
static enum status find_moment(struct kiosk *kiosk, struct db *db, struct moment *ret_moment,
                               struct err *err)
{
    timekeeper_hour(kiosk->timekeeper, &ret_moment->hour, &ret_moment->unset);
    return ret_moment->unset ? timekeeper_wait(kiosk, db, err) : STATUS_OK;
}

enum status counts_add_slip(struct kiosk *kiosk, struct db *db, const char *area,
                            enum response_step step, struct err *err)
{
    struct moment moment;
    TRY(find_moment(kiosk, db, &moment, err));
    TRY(add_one(db, &moment, COUNT_SLIPS, area, step, err));
    return add_one(db, &moment, COUNT_OFFERED, area, step, err);
}

// ---- an armed screen ----------------------------------------------------------------------------

struct offer_job {
    struct writer_job job;
    struct kiosk *kiosk;
    char area[RESPONSE_CODE_CHARS + 1];
    enum response_step step;
};

static enum status apply_offer(struct db *db, struct writer_job *job, struct err *err)
{
    const struct offer_job *offer = (const struct offer_job *)job;
    struct moment moment;
    TRY(find_moment(offer->kiosk, db, &moment, err));
    return add_one(db, &moment, COUNT_OFFERED, offer->area, offer->step, err);
}

static void offer_done(struct writer_job *job)
{
    if (job->status != STATUS_OK)
        log_err("offer_not_counted", &job->err);
    free(job);
}

void counts_offer(struct kiosk *kiosk, const char *area, enum response_step step)
{
    struct err err = {.status = STATUS_NO_MEMORY, .text = "no memory for a count"};
    struct offer_job *offer = calloc(1, sizeof *offer);
    if (offer != NULL) {
        offer->job.apply = apply_offer;
        offer->job.done = offer_done;
        offer->kiosk = kiosk;
        offer->step = step;
        strncpy(offer->area, area, RESPONSE_CODE_CHARS);
        if (writer_submit(kiosk->writer, &offer->job, &err) == STATUS_OK)
            return;
    }
    log_err("offer_not_counted", &err);
    free(offer);
}

// ---- entries ------------------------------------------------------------------------------------

// An entry on its way: begun with its first row, ended when the next row does not belong to it.
struct counting {
    struct kiosk *kiosk;
    struct db *db;
    struct buf tail;
    struct jsonw w;
    uint8_t id[ENTRY_ID_BYTES];
    int64_t hour, kind;
    bool unset;
    size_t rows;
};

static void begin_entry(struct counting *counting, enum entry_kind kind)
{
    char hour[CLOCK_HOUR_TEXT_SIZE];
    clock_hour_text((uint32_t)counting->hour, hour);
    kiosk_random_id(counting->id);
    buf_clear(&counting->tail);
    entry_tail_begin(&counting->w, &counting->tail, kind, counting->id);
    jsonw_int(&counting->w, "part", 0);
    jsonw_text(&counting->w, "hour", hour);
    jsonw_text(&counting->w, "unit", counting->kiosk->setup.unit);
    jsonw_array(&counting->w, "counts");
    counting->rows = 0;
}

static void add_row(struct counting *counting, const char *area, enum response_step step,
                    int64_t count)
{
    jsonw_array(&counting->w, NULL);
    jsonw_text(&counting->w, NULL, area);
    jsonw_text(&counting->w, NULL, response_step_name(step));
    jsonw_int(&counting->w, NULL, count);
    jsonw_array_end(&counting->w);
    counting->rows++;
}

static enum status end_entry(struct counting *counting, struct err *err)
{
    if (counting->rows == 0)
        return STATUS_OK;
    jsonw_array_end(&counting->w);
    if (counting->unset) {
        TRY(timekeeper_wait(counting->kiosk, counting->db, err));
        jsonw_text(&counting->w, "clock", "unset");
    }
    entry_tail_end(&counting->w);
    TRY(buf_check(&counting->tail, err));
    counting->rows = 0;
    bool added = false;
    return journal_append(counting->db, counting->kiosk->journal, counting->id, 0, NULL,
                          &counting->tail, &added, err);
}

static void counting_done(struct counting *counting)
{
    buf_done(&counting->tail);
}

static enum status take_row(struct counting *counting, struct stmt *q, struct err *err)
{
    const int64_t hour = stmt_int(q, 0), kind = stmt_int(q, 2);
    const bool unset = stmt_int(q, 1) != 0;
    if (counting->rows == ROWS_MAX || hour != counting->hour || unset != counting->unset ||
        kind != counting->kind)
        TRY(end_entry(counting, err));
    if (counting->rows == 0) {
        counting->hour = hour;
        counting->kind = kind;
        counting->unset = unset;
        begin_entry(counting, kind == COUNT_SLIPS ? ENTRY_SLIPS : ENTRY_OFFERED);
    }
    add_row(counting, stmt_text(q, 3), (enum response_step)stmt_int(q, 4), stmt_int(q, 5));
    return STATUS_OK;
}

static enum status write_rows(struct kiosk *kiosk, struct db *db, struct stmt *q, bool *ret_written,
                              struct err *err)
{
    AUTO(counting_done) struct counting counting = {.kiosk = kiosk, .db = db};
    buf_init(&counting.tail, ENTRY_LIMIT_BYTES);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return end_entry(&counting, err);
        TRY(take_row(&counting, q, err));
        *ret_written = true;
    }
}

enum status counts_flush(struct kiosk *kiosk, struct db *db, uint32_t end_hour, struct err *err)
{
    bool written = false;
    AUTO(stmt_releasep) struct stmt *l = NULL;
    TRY(stmt_use(db, KIOSK_OFFER_LIST, &l, err));
    stmt_bind_int(l, 1, end_hour);
    TRY(write_rows(kiosk, db, l, &written, err));
    if (!written)
        return STATUS_OK;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OFFER_CLEAR, &q, err));
    stmt_bind_int(q, 1, end_hour);
    return stmt_run(q, NULL, err);
}

enum status counts_flush_unset(struct kiosk *kiosk, struct db *db, struct err *err)
{
    bool written = false;
    AUTO(stmt_releasep) struct stmt *l = NULL;
    TRY(stmt_use(db, KIOSK_OFFER_UNSET, &l, err));
    TRY(write_rows(kiosk, db, l, &written, err));
    if (!written)
        return STATUS_OK;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OFFER_UNSET_CLEAR, &q, err));
    return stmt_run(q, NULL, err);
}

struct write_job {
    struct writer_job job;
    struct kiosk *kiosk;
    uint32_t end_hour;
};

static enum status apply_write(struct db *db, struct writer_job *job, struct err *err)
{
    const struct write_job *write = (const struct write_job *)job;
    return counts_flush(write->kiosk, db, write->end_hour, err);
}

enum status counts_write(struct kiosk *kiosk, uint32_t end_hour, struct err *err)
{
    struct write_job write = {.job.apply = apply_write, .kiosk = kiosk, .end_hour = end_hour};
    return writer_run(kiosk->writer, &write.job, err);
}

// ---- visits -------------------------------------------------------------------------------------

struct visits_job {
    struct writer_job job;
    struct kiosk *kiosk;
    const struct counts_visits *visits;
};

static enum status apply_visits(struct db *db, struct writer_job *job, struct err *err)
{
    const struct visits_job *own = (const struct visits_job *)job;
    AUTO(counting_done)
    struct counting counting = {.kiosk = own->kiosk, .db = db, .hour = own->visits->hour};
    buf_init(&counting.tail, ENTRY_LIMIT_BYTES);
    begin_entry(&counting, ENTRY_VISITS);
    add_row(&counting, own->visits->area, own->visits->step, own->visits->count);
    return end_entry(&counting, err);
}

enum status counts_add_visits(struct kiosk *kiosk, const struct counts_visits *visits,
                              struct err *err)
{
    if (setup_area(&kiosk->setup, visits->area) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the area is not one of the setup's");
    if (visits->count < 1 || visits->count > COUNTS_VISITS_MAX)
        return err_set(err, STATUS_BAD_INPUT, "the count must be from 1 to %d", COUNTS_VISITS_MAX);
    if (visits->hour > clock_hour(clock_now_s()))
        return err_set(err, STATUS_BAD_INPUT, "the hour has not come yet");
    struct visits_job job = {.job.apply = apply_visits, .kiosk = kiosk, .visits = visits};
    return writer_run(kiosk->writer, &job.job, err);
}
