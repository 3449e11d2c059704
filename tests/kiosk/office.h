// SPDX-License-Identifier: MIT
// A kiosk of the example office in a private folder, on a fixed clock.
#ifndef HAILONG_TESTS_OFFICE_H
#define HAILONG_TESTS_OFFICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kiosk_sql.h"
#include "rating.h"
#include "support/scratch.h"
#include "slip.h"
#include "stmt.h"

#define OFFICE_SETUP "schema/examples/ba-xuyen.json"
// 2026-11-03T09:30:00+07:00, a Tuesday.
#define OFFICE_NOW_S INT64_C(1793673000)
#define OFFICE_DAY_S INT64_C(86400)

struct office {
    struct scratch scratch;
    char folder[SCRATCH_PATH_SIZE];
    struct kiosk *kiosk;
    struct err err;
};

static inline int office_setup(void **state)
{
    struct office *office = calloc(1, sizeof *office);
    assert_non_null(office);
    office->scratch = scratch_make();
    scratch_path(&office->scratch, "data", office->folder);
    clock_fix(OFFICE_NOW_S);
    assert_int_equal(kiosk_init(office->folder, OFFICE_SETUP, &office->err), STATUS_OK);
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
    strcpy(office->kiosk->phone_url, "http://10.0.0.5:8081");
    strcpy(office->kiosk->screen_url, "http://10.0.0.5:8080");
    *state = office;
    return 0;
}

static inline int office_teardown(void **state)
{
    struct office *office = *state;
    kiosk_close(office->kiosk);
    clock_fix(0);
    scratch_remove(&office->scratch);
    free(office);
    return 0;
}

static inline void office_reopen(struct office *office)
{
    kiosk_close(office->kiosk);
    office->kiosk = NULL;
    assert_int_equal(kiosk_open(office->folder, &office->kiosk, &office->err), STATUS_OK);
}

static inline uint64_t office_entries(const struct office *office)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(office->kiosk->journal, &size, root);
    return size;
}

// A page's token; `code` may be "".
static inline void office_token(struct office *office, enum response_channel channel,
                                const char *area, const char *code, uint32_t arming,
                                char ret_text[TOKEN_TEXT_CHARS + 1])
{
    struct token token = {.channel = channel,
                          .step = RESPONSE_STEP_RESULT,
                          .linked = channel == RESPONSE_SLIP,
                          .arming = arming};
    strcpy(token.counter, "1");
    strcpy(token.area, area);
    strcpy(token.code, code);
    assert_int_equal(token_make(office->kiosk->daykeys, &token, ret_text, &office->err), STATUS_OK);
}

// Reads `fields` ("part=0&page=overall&overall=5") behind the token into a rating. The caller
// frees it with rating_job_free.
static inline enum status office_rating(struct office *office, const char *token,
                                        const char *fields, struct rating **ret_rating)
{
    char text[1024];
    struct urlform *form = calloc(1, sizeof *form);
    assert_non_null(form);
    snprintf(text, sizeof text, "token=%s&%s", token, fields);
    *ret_rating = NULL;
    enum status status = urlform_read(text, strlen(text), rating_fields, form, &office->err);
    if (status == STATUS_OK)
        status = rating_new(office->kiosk, form, ret_rating, &office->err);
    free(form);
    return status;
}

// … and runs it. *ret_outcome is set when it was accepted.
static inline enum status office_rate(struct office *office, const char *token, const char *fields,
                                      enum rating_outcome *ret_outcome)
{
    struct rating *rating = NULL;
    enum status status = office_rating(office, token, fields, &rating);
    if (status != STATUS_OK)
        return status;
    status = writer_run(office->kiosk->writer, &rating->job, &office->err);
    if (status == STATUS_OK && ret_outcome != NULL)
        *ret_outcome = rating->outcome;
    rating_job_free(&rating->job);
    return status;
}

static inline enum status office_slip(struct office *office, const char *area, const char *dossier,
                                      bool replace, char ret_code[SLIPCODE_CHARS + 1])
{
    const struct slip_order order = {.area = area,
                                     .counter = "1",
                                     .step = RESPONSE_STEP_RESULT,
                                     .dossier = dossier,
                                     .replace = replace};
    struct slip_job job;
    enum status status = slip_prepare(office->kiosk, &order, &job, &office->err);
    if (status == STATUS_OK)
        status = writer_run(office->kiosk->writer, &job.job, &office->err);
    if (status == STATUS_OK)
        strcpy(ret_code, job.code);
    return status;
}

static inline struct slip office_slip_state(struct office *office, const char *code)
{
    struct slip slip;
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = slip_find(office->kiosk, db, code, &slip, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return slip;
}

// The journal's last line, copied.
static inline void office_last_line(struct office *office, char *ret_line, size_t size_bytes)
{
    const int64_t size = (int64_t)office_entries(office);
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = false;
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &office->err), STATUS_OK);
    stmt_bind_int(q, 1, size - 1);
    stmt_bind_int(q, 2, size);
    assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
    assert_true(found);
    snprintf(ret_line, size_bytes, "%s", stmt_text(q, 1));
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
}

#endif
