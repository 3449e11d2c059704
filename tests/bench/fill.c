// SPDX-License-Identifier: MIT
// Fills a kiosk's journal for `make bench`: COUNT responses over the same cells (counter, area,
// level, ten days), appended by the kiosk's own journal and writer, many to a transaction.
//
//   fill kiosk FOLDER COUNT
//   fill append FOLDER OTHER COUNT  the same into two kiosks in turns: with the tree into the
//   first,
//                                   the same rows without hashing into the other. Prints the
//                                   seconds that each took as a JSON object.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "crypto.h"
#include "kiosk.h"
#include "kiosk_sql.h"
#include "plan.h"
#include "stmt.h"

enum { BATCH = 2000 };

struct fill_job {
    struct writer_job job;
    struct kiosk *kiosk;
    int64_t first, count;
};

static void make_response(const struct kiosk *kiosk, int64_t number, struct response *response)
{
    const struct setup_counter *counter =
        &kiosk->setup.counters[(size_t)number % kiosk->setup.counter_count];
    const struct setup_area *area = counter->areas[(size_t)(number / 7) % counter->area_count];
    memset(response, 0, sizeof *response);
    response->hour = clock_hour(clock_now_s()) - (uint32_t)(number % 10) * 24;
    crypto_random(response->id, sizeof response->id);
    for (int i = 0; i < 4; i++)
        response->id[i] = (uint8_t)(response->hour >> (24 - 8 * i));
    snprintf(response->unit, sizeof response->unit, "%s", kiosk->setup.unit);
    snprintf(response->counter, sizeof response->counter, "%s", counter->id);
    snprintf(response->area, sizeof response->area, "%s", area->code);
    snprintf(response->form, sizeof response->form, "%s", area->form->name);
    response->channel = RESPONSE_SCREEN;
    response->step = RESPONSE_STEP_RESULT;
    response->answer_count = 1;
    snprintf(response->answers[0].item, sizeof response->answers[0].item, "overall");
    response->answers[0].level = (int)(number * 11 % 5) + 1;
}

static enum status append(struct db *db, struct writer_job *job, struct err *err)
{
    struct fill_job *fill = (struct fill_job *)job;
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    for (int64_t i = 0; i < fill->count; i++) {
        struct response response;
        bool added = false;
        make_response(fill->kiosk, fill->first + i, &response);
        buf_clear(&tail);
        response_tail(&response, &tail);
        TRY(journal_append(db, fill->kiosk->journal, response.id, 0, NULL, &tail, &added, err));
    }
    return STATUS_OK;
}

// What journal_append does, without leaf and tree.
static enum status insert(struct db *db, struct fill_job *fill, int64_t seq,
                          const struct response *response, const struct buf *tail, struct err *err)
{
    AUTO(buf_done) struct buf line;
    AUTO(stmt_releasep) struct stmt *key = NULL;
    AUTO(stmt_releasep) struct stmt *entry = NULL;
    buf_init(&line, ENTRY_LIMIT_BYTES);
    TRY(entry_line(journal_lane(fill->kiosk->journal), seq, tail, &line, err));
    TRY(stmt_use(db, KIOSK_KEY_ADD, &key, err));
    stmt_bind_blob(key, 1, response->id, ENTRY_ID_BYTES);
    stmt_bind_int(key, 2, 0);
    stmt_bind_int(key, 3, seq);
    stmt_bind_null(key, 4);
    TRY(stmt_run(key, NULL, err));
    TRY(stmt_use(db, KIOSK_ENTRY_ADD, &entry, err));
    stmt_bind_int(entry, 1, seq);
    stmt_bind_text_n(entry, 2, line.data, line.size_bytes);
    return stmt_run(entry, NULL, err);
}

static enum status append_plain(struct db *db, struct writer_job *job, struct err *err)
{
    struct fill_job *fill = (struct fill_job *)job;
    AUTO(buf_done) struct buf tail;
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    journal_head(fill->kiosk->journal, &size, root); // stays: this kiosk's tree does not grow
    for (int64_t i = 0; i < fill->count; i++) {
        struct response response;
        make_response(fill->kiosk, fill->first + i, &response);
        buf_clear(&tail);
        response_tail(&response, &tail);
        TRY(insert(db, fill, (int64_t)size + fill->first + i, &response, &tail, err));
    }
    return STATUS_OK;
}

static enum status timed(struct kiosk *kiosk, writer_apply_fn apply, int64_t first, int64_t count,
                         double *seconds, struct err *err)
{
    struct fill_job job = {.job.apply = apply, .kiosk = kiosk, .first = first, .count = count};
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    TRY(writer_run(kiosk->writer, &job.job, err));
    clock_gettime(CLOCK_MONOTONIC, &end);
    *seconds += (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    return STATUS_OK;
}

static enum status compare(const char *hashed_folder, const char *plain_folder, int64_t count,
                           struct err *err)
{
    AUTO(kiosk_closep) struct kiosk *hashed = NULL;
    AUTO(kiosk_closep) struct kiosk *plain = NULL;
    double hashed_s = 0, plain_s = 0;
    TRY(kiosk_open(hashed_folder, &hashed, err));
    TRY(kiosk_open(plain_folder, &plain, err));
    for (int64_t done = 0; done < count; done += BATCH) {
        TRY(timed(hashed, append, done, BATCH, &hashed_s, err));
        TRY(timed(plain, append_plain, done, BATCH, &plain_s, err));
    }
    printf("{\"hashed_s\":%.4f,\"plain_s\":%.4f}\n", hashed_s, plain_s);
    return STATUS_OK;
}

static enum status fill(const char *folder, int64_t count, struct err *err)
{
    AUTO(kiosk_closep) struct kiosk *kiosk = NULL;
    TRY(kiosk_open(folder, &kiosk, err));
    for (int64_t done = 0; done < count; done += BATCH) {
        struct fill_job job = {.job.apply = append,
                               .kiosk = kiosk,
                               .first = done,
                               .count = count - done < BATCH ? count - done : BATCH};
        TRY(writer_run(kiosk->writer, &job.job, err));
    }
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    enum status status = STATUS_USAGE;
    err_set(&err, status, "usage: fill kiosk FOLDER COUNT | fill append FOLDER OTHER COUNT");
    if (argc == 4 && strcmp(argv[1], "kiosk") == 0)
        status = fill(argv[2], atoll(argv[3]), &err);
    if (argc == 5 && strcmp(argv[1], "append") == 0)
        status = compare(argv[2], argv[3], atoll(argv[4]), &err);
    if (status == STATUS_OK)
        return 0;
    fprintf(stderr, "fill: %s\n", err.text);
    return status_exit(status);
}
