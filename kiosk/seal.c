// SPDX-License-Identifier: MIT
// Seals: what came since the last one, the entry, the schedule.
#include "seal.h"

#include <string.h>

#include "checkpoint.h"
#include "clock.h"
#include "counts.h"
#include "kiosk_sql.h"
#include "log.h"
#include "outbox.h"
#include "resort.h"
#include "stmt.h"
#include "timekeeper.h"
#include "truncation.h"

enum {
    LEVELS = FORM_LEVELS,
    DAY_S = 24 * 3600,
    // The last visitor has left and the clerk has closed the drawer.
    AFTER_CLOSE_S = 15 * 60,
    UNKNOWN_CLOSE_S = 23 * 3600 + 30 * 60,
    // An office that closes at midnight must still be sealed on its day.
    LATEST_CLOSE_S = DAY_S - 10 * 60,
    // Nobody seals a day more often than this in two days.
    LOOKED_BACK = 16,
    READ_LIMIT_BYTES = 256 * 1024 * 1024, // ids and levels of fifteen million responses
};

// ---- earlier seals ------------------------------------------------------------------------------

// A row of the table.
struct row {
    int64_t seq;
    int32_t day;
    int64_t sealed_s;
    bool own;
    int64_t levels_seq;
    bool pending; // levels wait since from_day
    int32_t from_day;
};

static enum status list_rows(struct db *db, struct row *rows, size_t limit, size_t *ret_count,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SEAL_LIST, &q, err));
    stmt_bind_int(q, 1, (int64_t)limit);
    size_t count = 0;
    for (; count < limit; count++) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        rows[count] = (struct row){
            .seq = stmt_int(q, 0),
            .day = (int32_t)stmt_int(q, 1),
            .sealed_s = stmt_int(q, 2),
            .own = stmt_int(q, 3) != 0,
            .levels_seq = stmt_int(q, 4),
            .pending = !stmt_is_null(q, 5),
        };
        if (rows[count].pending)
            rows[count].from_day = (int32_t)stmt_int(q, 5);
    }
    *ret_count = count;
    return STATUS_OK;
}

// Before the first seal: as if one stood before the first entry.
static enum status last_row(struct db *db, struct row *ret_row, struct err *err)
{
    size_t count = 0;
    *ret_row = (struct row){.seq = -1};
    return list_rows(db, ret_row, 1, &count, err);
}

static enum status add_row(struct db *db, const struct row *row, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SEAL_ADD, &q, err));
    stmt_bind_int(q, 1, row->seq);
    stmt_bind_int(q, 2, row->day);
    stmt_bind_int(q, 3, row->sealed_s);
    stmt_bind_int(q, 4, row->own ? 1 : 0);
    stmt_bind_int(q, 5, row->levels_seq);
    if (row->pending)
        stmt_bind_int(q, 6, row->from_day);
    else
        stmt_bind_null(q, 6);
    return stmt_run(q, NULL, err);
}

enum status seal_day_over(struct db *db, int64_t now_s, bool *ret_found, int32_t *ret_day,
                          struct err *err)
{
    struct row rows[LOOKED_BACK];
    size_t count = 0;
    TRY(list_rows(db, rows, LOOKED_BACK, &count, err));
    *ret_found = false;
    for (size_t i = 0; i < count; i++) {
        bool newest = true; // of its day
        for (size_t k = 0; k < i; k++)
            newest = newest && rows[k].day != rows[i].day;
        if (!newest || rows[i].sealed_s > now_s - DAY_S)
            continue;
        if (!*ret_found || rows[i].day > *ret_day)
            *ret_day = rows[i].day;
        *ret_found = true;
    }
    return STATUS_OK;
}

// ---- what came since ----------------------------------------------------------------------------

struct rated {
    uint8_t id[ENTRY_ID_BYTES];
    uint8_t level;
};

// Entries are read outside the transaction first, so that a long day holds no tap up.
struct reading {
    struct row last;
    int64_t next; // to be read
    int64_t count;
    int32_t today, newest_day; // the newest day before today that has a response
    bool has_newest;
    struct buf rated; // struct rated: responses whose levels have not been told
};

static void reading_done(struct reading *reading)
{
    buf_done(&reading->rated);
}

static void reading_begin(struct reading *reading, const struct row *last, int32_t today)
{
    buf_done(&reading->rated);
    *reading = (struct reading){.last = *last, .next = last->levels_seq, .today = today};
    buf_init(&reading->rated, READ_LIMIT_BYTES);
}

static int level_of(const struct entry *entry)
{
    const json_t *answers = json_object_get(entry->json, "answers");
    const int64_t level = json_int_or(answers, "overall", 0);
    return level >= 1 && level <= LEVELS ? (int)level : 0;
}

static void take_response(struct reading *reading, const struct entry *entry)
{
    const int level = level_of(entry);
    if (level > 0) {
        struct rated rated = {.level = (uint8_t)level};
        memcpy(rated.id, entry->id, sizeof rated.id);
        buf_add(&reading->rated, &rated, sizeof rated);
    }
    if (entry->seq <= reading->last.seq)
        return;
    reading->count++;
    uint32_t hour = 0;
    if (clock_parse_hour(json_text_or(entry->json, "hour", ""), &hour, NULL) != STATUS_OK)
        return;
    const int32_t day = clock_day_of_hour(hour);
    if (day < reading->today && (!reading->has_newest || day > reading->newest_day)) {
        reading->newest_day = day;
        reading->has_newest = true;
    }
}

// The last level counts. A response whose level has been told already stays as it was told. A
// change comes within minutes of its response, so the search from the end is short.
static void take_detail(struct reading *reading, const struct entry *entry)
{
    const int level = level_of(entry);
    struct rated rated;
    for (size_t at = reading->rated.size_bytes; level > 0 && at >= sizeof rated;) {
        at -= sizeof rated;
        memcpy(&rated, reading->rated.data + at, sizeof rated);
        if (memcmp(rated.id, entry->id, sizeof rated.id) != 0)
            continue;
        rated.level = (uint8_t)level;
        memcpy(reading->rated.data + at, &rated, sizeof rated);
        return;
    }
}

static enum status read_until(struct db *db, struct reading *reading, int64_t end, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, reading->next);
    stmt_bind_int(q, 2, end);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return buf_check(&reading->rated, err);
        AUTO(entry_done) struct entry entry = {0};
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
        if (entry.kind == ENTRY_RESPONSE)
            take_response(reading, &entry);
        else if (entry.kind == ENTRY_DETAIL)
            take_detail(reading, &entry);
        reading->next = entry.seq + 1;
    }
}

static enum status read_committed(struct kiosk *kiosk, struct db *db, struct reading *reading,
                                  struct err *err)
{
    struct row last;
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    TRY(last_row(db, &last, err));
    reading_begin(reading, &last, clock_day(clock_now_s()));
    journal_head(kiosk->journal, &size, root);
    return read_until(db, reading, (int64_t)size, err);
}

static enum status read_ahead(struct kiosk *kiosk, struct reading *reading, struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = read_committed(kiosk, db, reading, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

// ---- the entry ----------------------------------------------------------------------------------

struct seal_job {
    struct writer_job job;
    struct kiosk *kiosk;
    struct reading reading;
    int32_t day;
    bool own;         // by itself: a seal is made though nothing came
    bool only_news;   // … but not on a day on which the office is closed
    struct seal seal; // result; made false and size 0: there was nothing to seal
};

static int64_t sum_levels(const struct reading *reading, int64_t ret_levels[LEVELS])
{
    memset(ret_levels, 0, LEVELS * sizeof ret_levels[0]);
    for (size_t at = 0; at < reading->rated.size_bytes; at += sizeof(struct rated)) {
        struct rated rated;
        memcpy(&rated, reading->rated.data + at, sizeof rated);
        ret_levels[rated.level - 1]++;
    }
    return (int64_t)(reading->rated.size_bytes / sizeof(struct rated));
}

static void write_day(struct jsonw *w, const char *key, int32_t day)
{
    char text[CLOCK_DAY_TEXT_SIZE];
    clock_day_text(day, text);
    jsonw_text(w, key, text);
}

// … and what the next seal must know of this one.
static void write_tail(struct seal_job *job, const uint8_t *id, struct row *row, struct buf *tail)
{
    const struct reading *reading = &job->reading;
    int64_t levels[LEVELS];
    const int64_t sum = sum_levels(reading, levels);
    int32_t from_day = row->day;
    // A clock that was set back must not make a span that ends before it begins.
    if (reading->last.pending && reading->last.from_day < from_day)
        from_day = reading->last.from_day;
    struct jsonw w;
    entry_tail_begin(&w, tail, ENTRY_SEAL, id);
    jsonw_int(&w, "part", 0);
    write_day(&w, "day", row->day);
    jsonw_int(&w, "count", reading->count);
    row->pending = sum < SEAL_LEVELS_MIN;
    row->from_day = from_day;
    row->levels_seq = row->pending ? reading->last.levels_seq : row->seq + 1;
    if (!row->pending) {
        jsonw_array(&w, "levels");
        for (size_t i = 0; i < LEVELS; i++)
            jsonw_int(&w, NULL, levels[i]);
        jsonw_array_end(&w);
        write_day(&w, "from", from_day);
    }
    entry_tail_end(&w);
}

static enum status append(struct db *db, struct seal_job *job, struct err *err)
{
    struct kiosk *kiosk = job->kiosk;
    uint64_t size = 0;
    uint8_t id[ENTRY_ID_BYTES];
    kiosk_random_id(id);
    journal_pending(kiosk->journal, &size, job->seal.root);
    struct row row = {
        .seq = (int64_t)size, .day = job->day, .sealed_s = clock_now_s(), .own = job->own};
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    write_tail(job, id, &row, &tail);
    TRY(buf_check(&tail, err));
    bool added = false;
    TRY(journal_append(db, kiosk->journal, id, 0, NULL, &tail, &added, err));
    TRY(add_row(db, &row, err));
    TRY(checkpoint_add(kiosk, db, err));
    job->seal.day = row.day;
    job->seal.count = job->reading.count;
    job->seal.made = true;
    journal_pending(kiosk->journal, &job->seal.size, job->seal.root);
    return STATUS_OK;
}

// The seal that is there, as it was printed.
static enum status read_again(struct db *db, const struct row *row, struct seal *ret_seal,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, row->seq);
    stmt_bind_int(q, 2, row->seq + 1);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    AUTO(entry_done) struct entry entry = {0};
    if (!found)
        return BUG(err, "a seal's entry is not there");
    TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    struct note_checkpoint checkpoint = {0};
    TRY(checkpoint_last(db, (uint64_t)row->seq + 1, false, &note, &found, err));
    if (found)
        TRY(note_read(buf_text(&note), note.size_bytes, &checkpoint, err));
    if (checkpoint.size != (uint64_t)row->seq + 1)
        return BUG(err, "a seal's checkpoint is not there");
    *ret_seal = (struct seal){
        .day = row->day, .count = json_int_or(entry.json, "count", 0), .size = checkpoint.size};
    memcpy(ret_seal->root, checkpoint.root, sizeof ret_seal->root);
    return STATUS_OK;
}

// Reads on to the end of what this transaction sees.
static enum status read_rest(struct db *db, struct seal_job *job, struct err *err)
{
    struct row last;
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    TRY(last_row(db, &last, err));
    if (last.seq != job->reading.last.seq) // somebody else has sealed meanwhile
        reading_begin(&job->reading, &last, job->reading.today);
    journal_pending(job->kiosk->journal, &size, root);
    return read_until(db, &job->reading, (int64_t)size, err);
}

// Within a page rows lie in the order in which they came. Comments have their random order by now
// (outbox.c), and an entry's key tells nothing that the entry's place does not.
static enum status forget_order(struct db *db, struct err *err)
{
    TRY(resort_table(db, "slip", "code_hash", err));
    TRY(resort_table(db, "outbox", "id", err));
    return resort_table(db, "spent_page", "page_hash", err);
}

static enum status apply(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct seal_job *job = (struct seal_job *)writer_job;
    const struct row *last = &job->reading.last;
    bool waiting = false;
    int32_t waiting_day = 0;
    int64_t texts = 0;
    TRY(read_rest(db, job, err));
    TRY(outbox_waiting(db, &waiting, &waiting_day, err));
    const bool news = waiting || job->reading.count > 0;
    if (!news && job->only_news)
        return STATUS_OK;
    if (!news && !job->own && last->seq >= 0 && last->day == job->day)
        return read_again(db, last, &job->seal, err);
    TRY(outbox_empty(job->kiosk, db, job->day, &texts, err));
    TRY(counts_flush(job->kiosk, db, clock_hour(clock_now_s()) + 1, err));
    TRY(append(db, job, err));
    TRY(forget_order(db, err));
    // Also without texts: until now the WAL shows in which order slips and entries came.
    return truncation_owe(db, err);
}

static void seal_job_done(struct seal_job *job)
{
    reading_done(&job->reading);
}

static enum status run(struct kiosk *kiosk, struct seal_job *job, struct err *err)
{
    job->kiosk = kiosk;
    job->job.apply = apply;
    TRY(writer_run(kiosk->writer, &job->job, err));
    if (!job->seal.made)
        return STATUS_OK;
    log_event(LOG_LEVEL_INFO, "sealed", "by", job->own ? "itself" : "hand", NULL);
    // The seal stands; what a reader holds up is tried again by the chores.
    struct err late;
    if (truncation_pay(kiosk, &late) != STATUS_OK)
        log_err("truncation_failed", &late);
    return STATUS_OK;
}

enum status seal_make(struct kiosk *kiosk, struct seal *ret_seal, struct err *err)
{
    AUTO(seal_job_done) struct seal_job job = {.day = clock_day(clock_now_s())};
    if (!timekeeper_is_trusted(kiosk->timekeeper))
        return err_set(
            err, STATUS_CONFLICT,
            "the clock has not been confirmed, and a seal names its day; look at it with "
            "`hailong-kiosk clock`, set it if it is wrong, and say `hailong-kiosk clock "
            "--confirm`");
    TRY(read_ahead(kiosk, &job.reading, err));
    TRY(run(kiosk, &job, err));
    *ret_seal = job.seal;
    return STATUS_OK;
}

// ---- by itself ----------------------------------------------------------------------------------

static int64_t close_s(const struct opening *opening, int32_t day)
{
    if (!opening->known || opening_minutes(opening, day) == 0)
        return UNKNOWN_CLOSE_S;
    const size_t weekday = (size_t)clock_date_of_day(day).weekday - 1;
    const size_t ranges = opening->range_count[weekday];
    const int64_t end_s = opening->ranges[weekday][ranges - 1].to_minute * 60 + AFTER_CLOSE_S;
    return end_s < LATEST_CLOSE_S ? end_s : LATEST_CLOSE_S;
}

bool seal_is_due(const struct opening *opening, int64_t now_s)
{
    const int32_t day = clock_day(now_s);
    const int64_t since_midnight_s = now_s + CLOCK_OFFSET_S - (int64_t)day * DAY_S;
    return since_midnight_s >= close_s(opening, day);
}

static enum status was_sealed(struct kiosk *kiosk, int32_t day, bool *ret_sealed, struct err *err)
{
    struct row rows[LOOKED_BACK];
    size_t count = 0;
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = list_rows(db, rows, LOOKED_BACK, &count, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    *ret_sealed = false;
    for (size_t i = 0; i < count; i++)
        *ret_sealed = *ret_sealed || (rows[i].own && rows[i].day == day);
    return STATUS_OK;
}

static enum status seal_day(struct kiosk *kiosk, struct seal_job *job, bool *ret_made,
                            struct err *err)
{
    bool sealed = false;
    TRY(was_sealed(kiosk, job->day, &sealed, err));
    if (sealed)
        return STATUS_OK;
    job->own = true;
    TRY(run(kiosk, job, err));
    *ret_made = *ret_made || job->seal.made;
    return STATUS_OK;
}

static enum status find_waiting(struct kiosk *kiosk, bool *ret_waiting, int32_t *ret_day,
                                struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = outbox_waiting(db, ret_waiting, ret_day, err);
    dbpool_give(kiosk->readers, db);
    return status;
}

// The box was off when its day ended.
static enum status seal_missed(struct kiosk *kiosk, bool *ret_made, struct err *err)
{
    AUTO(seal_job_done) struct seal_job job = {.only_news = true};
    bool waiting = false;
    int32_t text_day = 0;
    TRY(read_ahead(kiosk, &job.reading, err));
    TRY(find_waiting(kiosk, &waiting, &text_day, err));
    const bool text = waiting && text_day < job.reading.today;
    if (!text && !job.reading.has_newest)
        return STATUS_OK;
    job.day = job.reading.has_newest ? job.reading.newest_day : text_day;
    if (text && text_day > job.day)
        job.day = text_day;
    return seal_day(kiosk, &job, ret_made, err);
}

static enum status seal_today(struct kiosk *kiosk, bool *ret_made, struct err *err)
{
    AUTO(seal_job_done) struct seal_job job = {.day = clock_day(clock_now_s())};
    const struct opening *opening = &kiosk->setup.opening;
    job.only_news = opening->known && opening_minutes(opening, job.day) == 0;
    TRY(read_ahead(kiosk, &job.reading, err));
    return seal_day(kiosk, &job, ret_made, err);
}

enum status seal_at_close(struct kiosk *kiosk, bool starting, bool *ret_made, struct err *err)
{
    bool made = false;
    *ret_made = false;
    if (!timekeeper_is_trusted(kiosk->timekeeper))
        return STATUS_OK;
    if (starting)
        TRY(seal_missed(kiosk, &made, err));
    if (seal_is_due(&kiosk->setup.opening, clock_now_s()))
        TRY(seal_today(kiosk, &made, err));
    *ret_made = made;
    return STATUS_OK;
}

void seal_short(const uint8_t root[CRYPTO_HASH_BYTES], char ret_text[SEAL_SHORT_CHARS + 1])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // without I, L, O, U
    uint64_t bits = 0;
    for (size_t i = 0; i < 5; i++) // eight digits of five bits
        bits = bits << 8 | root[i];
    for (size_t i = SEAL_SHORT_CHARS; i-- > 0; bits >>= 5)
        ret_text[i] = digits[bits & 31];
    ret_text[SEAL_SHORT_CHARS] = '\0';
}
