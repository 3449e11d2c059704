// SPDX-License-Identifier: MIT
// Fills a kiosk's journal for `make bench`: COUNT responses over the same cells (counter, area,
// level, ten days), appended by the kiosk's own journal and writer, many to a transaction.
//
//   fill kiosk FOLDER COUNT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "kiosk.h"
#include "plan.h"

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

static enum status fill(const char *folder, int64_t count, struct err *err)
{
    AUTO(kiosk_closep) struct kiosk *kiosk = NULL;
    TRY(crypto_open(err));
    TRY(form_open(err));
    TRY(plan_open(err));
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
    if (argc != 4 || strcmp(argv[1], "kiosk") != 0) {
        fprintf(stderr, "usage: fill kiosk FOLDER COUNT\n");
        return 2;
    }
    if (fill(argv[2], atoll(argv[3]), &err) != STATUS_OK) {
        fprintf(stderr, "fill: %s\n", err.text);
        return 1;
    }
    return 0;
}
