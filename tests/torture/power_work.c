// SPDX-License-Identifier: MIT
// The workloads: what the kiosk does while its disk is recorded. A workload is a short function
// over the acts below; each act gives its promise when its job is done.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chores.h"
#include "clock.h"
#include "kiosk_sql.h"
#include "power.h"

enum { BATCH_MAX = 8, DAY_S = 86400, HOUR_S = 3600 };

// ---- acts ---------------------------------------------------------------------------------------

static const char *const areas[] = {"HT", "CT", "NCN"};

static enum status read_rating(struct kiosk *kiosk, const char *token, const char *fields,
                               struct rating **ret_rating, struct err *err)
{
    static struct urlform form;
    char text[512];
    snprintf(text, sizeof text, "token=%s&%s", token, fields);
    TRY(urlform_read(text, strlen(text), rating_fields, &form, err));
    return rating_new(kiosk, &form, ret_rating, err);
}

static struct power_act rating_act(struct kiosk *kiosk, const char *token, const char *fields)
{
    struct err err = {0};
    struct power_act act = {0};
    power_need(read_rating(kiosk, token, fields, &act.rating, &err) == STATUS_OK, "a rating", &err);
    power_remember(token, fields, NULL);
    return act;
}

static void make_token(struct kiosk *kiosk, enum response_channel channel, const char *area,
                       const char *code, char ret_token[TOKEN_TEXT_CHARS + 1])
{
    struct err err = {0};
    struct token token = {
        .channel = channel, .step = RESPONSE_STEP_RESULT, .linked = channel == RESPONSE_SLIP};
    snprintf(token.counter, sizeof token.counter, "1");
    snprintf(token.area, sizeof token.area, "%s", area);
    snprintf(token.code, sizeof token.code, "%s", code);
    power_need(token_make(kiosk->daykeys, &token, ret_token, &err) == STATUS_OK, "a token", &err);
}

static void first_fields(unsigned *seed, char ret_fields[120])
{
    snprintf(ret_fields, 120, "part=0&page=overall&overall=%u", 1 + power_random(seed, 5));
}

// `count` taps in one commit; some of them then say more.
static void taps(struct kiosk *kiosk, size_t count, unsigned *seed)
{
    struct power_act acts[BATCH_MAX];
    char tokens[BATCH_MAX][TOKEN_TEXT_CHARS + 1], fields[120];
    for (size_t i = 0; i < count; i++) {
        make_token(kiosk, i % 3 == 2 ? RESPONSE_POSTER : RESPONSE_SCREEN, areas[i % 3], "",
                   tokens[i]);
        first_fields(seed, fields);
        acts[i] = rating_act(kiosk, tokens[i], fields);
    }
    power_batch(kiosk, acts, count);
    power_acts_free(acts, count);
    const size_t more = count < 3 ? count : 3;
    for (size_t i = 0; i < more; i++) {
        snprintf(fields, sizeof fields, "part=1&page=factors&F%u=%u", 1 + power_random(seed, 5),
                 1 + power_random(seed, 5));
        acts[i] = rating_act(kiosk, tokens[i], fields);
    }
    power_batch(kiosk, acts, more);
    power_acts_free(acts, more);
}

// `count` slips in one commit, then answers to all but one; the second sending of one of them and
// a second page of another are in the same commit, so that savepoints are undone between good ones.
static void slips(struct kiosk *kiosk, size_t count, unsigned *seed)
{
    struct power_act acts[BATCH_MAX + 2];
    char codes[BATCH_MAX][SLIPCODE_CHARS + 1], token[TOKEN_TEXT_CHARS + 1], fields[120];
    struct err err = {0};
    memset(acts, 0, sizeof acts);
    for (size_t i = 0; i < count; i++) {
        const struct slip_order order = {
            .area = areas[i % 3], .counter = "1", .step = RESPONSE_STEP_RESULT, .dossier = ""};
        acts[i].slip = calloc(1, sizeof *acts[i].slip);
        power_need(acts[i].slip != NULL &&
                       slip_prepare(kiosk, &order, acts[i].slip, &err) == STATUS_OK,
                   "a slip", &err);
    }
    power_batch(kiosk, acts, count);
    for (size_t i = 0; i < count; i++)
        memcpy(codes[i], acts[i].slip->code, sizeof codes[i]);
    power_acts_free(acts, count);
    memset(acts, 0, sizeof acts);
    size_t used = 0;
    for (size_t i = 0; i + 1 < count || i == 0; i++) {
        make_token(kiosk, RESPONSE_SLIP, areas[i % 3], codes[i], token);
        first_fields(seed, fields);
        acts[used++] = rating_act(kiosk, token, fields);
        if (i == 0)
            acts[used++] = rating_act(kiosk, token, fields);
    }
    // another page of the first slip: refused, since that is spent
    make_token(kiosk, RESPONSE_SLIP, areas[0], codes[0], token);
    first_fields(seed, fields);
    if (used < BATCH_MAX + 2 &&
        read_rating(kiosk, token, fields, &acts[used].rating, &err) == STATUS_OK)
        used++;
    power_batch(kiosk, acts, used);
    power_need(acts[used - 1].job.status == STATUS_GONE, "a spent slip was taken", NULL);
    power_acts_free(acts, used);
}

static void checkpoint(const char *folder, bool truncate)
{
    char path[KIOSK_PATH_BYTES + 16];
    struct err err = {0};
    struct db *db = NULL;
    snprintf(path, sizeof path, "%s/kiosk.db", folder);
    power_need(db_open(path, DB_WRITE, &kiosk_schema, &db, &err) == STATUS_OK, "opening", &err);
    power_need(db_checkpoint(db, truncate, &err) == STATUS_OK, "a checkpoint", &err);
    db_close(db);
}

static void reopen(struct kiosk **kiosk, const char *folder)
{
    struct err err = {0};
    kiosk_close(*kiosk);
    *kiosk = NULL;
    power_need(kiosk_open(folder, kiosk, &err) == STATUS_OK, "opening again", &err);
    power_need(chores_expire(*kiosk, &err) == STATUS_OK, "destroying day keys", &err);
}

static void pass(struct kiosk *kiosk, int64_t seconds)
{
    struct err err = {0};
    clock_fix(clock_now_s() + seconds);
    power_need(chores_expire(kiosk, &err) == STATUS_OK, "destroying day keys", &err);
}

// The hub's answers may bring a setup, for which the service opens anew.
static void meet_hub(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    bool again = false;
    const char *wrong = power_sync(*kiosk, seed, &again);
    if (wrong != NULL) {
        fprintf(stderr, "power: %s\n", wrong);
        exit(1);
    }
    if (again)
        reopen(kiosk, folder);
}

// ---- workloads ----------------------------------------------------------------------------------

static void one_day(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    taps(*kiosk, 1, seed);
    taps(*kiosk, 5, seed);
    slips(*kiosk, 3, seed);
    checkpoint(folder, false);
    taps(*kiosk, 1, seed);
    slips(*kiosk, 4, seed);
}

static void four_days(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    for (int day = 0; day < 4; day++) {
        taps(*kiosk, 2, seed);
        power_texts(*kiosk, 2, seed);
        slips(*kiosk, 2, seed);
        if (day == 2)
            reopen(kiosk, folder);
        pass(*kiosk, DAY_S / 2); // past the office's close
        power_seal(*kiosk, false);
        pass(*kiosk, DAY_S / 2);
    }
    taps(*kiosk, 1, seed);
}

static void letters(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    (void)folder;
    power_texts(*kiosk, 1, seed);
    power_texts(*kiosk, 4, seed);
    taps(*kiosk, 8, seed); // at once: a burst
    power_flags(*kiosk);
    power_seal(*kiosk, true);
    power_texts(*kiosk, 3, seed);
    taps(*kiosk, 3, seed);
    power_seal(*kiosk, true);
}

static void with_hub(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    for (int round = 0; round < 3; round++) {
        power_texts(*kiosk, 2, seed);
        taps(*kiosk, 2, seed);
        power_seal(*kiosk, true);
        meet_hub(kiosk, folder, seed);
        power_hub_write(seed);
    }
    meet_hub(kiosk, folder, seed);
}

static void anything(struct kiosk **kiosk, const char *folder, unsigned *seed)
{
    for (int i = 0; i < 9; i++) {
        switch (power_random(seed, 14)) {
        case 0:
        case 1:
        case 2:
            taps(*kiosk, 1 + power_random(seed, BATCH_MAX), seed);
            break;
        case 3:
        case 4:
            slips(*kiosk, 2 + power_random(seed, BATCH_MAX - 2), seed);
            break;
        case 5:
            checkpoint(folder, true);
            break;
        case 6:
            checkpoint(folder, false);
            break;
        case 7:
            reopen(kiosk, folder);
            break;
        case 8:
        case 9:
            power_texts(*kiosk, 1 + power_random(seed, 5), seed);
            break;
        case 10:
            power_seal(*kiosk, power_random(seed, 2) == 0);
            break;
        case 11:
            meet_hub(kiosk, folder, seed);
            power_hub_write(seed);
            break;
        case 12:
            power_flags(*kiosk);
            break;
        default:
            pass(*kiosk, HOUR_S * (1 + (int64_t)power_random(seed, 40)));
        }
    }
}

const struct power_work power_works[] = {{"one day", one_day},
                                         {"letters", letters},
                                         {"four days", four_days},
                                         {"with a hub", with_hub},
                                         {"anything", anything}};
const size_t power_work_count = ARRAY_SIZE(power_works);

// ---- after the restart --------------------------------------------------------------------------

// A page may be too old, a slip may have been spent by another page: these are honest answers.
static bool is_answer(enum status status)
{
    return status == STATUS_OK || status == STATUS_GONE;
}

const char *power_work_again(struct kiosk *kiosk, const struct power_trace *before, unsigned *seed)
{
    struct err err = {0};
    for (size_t i = 0; i < before->request_count; i++) {
        const struct power_request *request = &before->requests[i];
        struct power_act act = {0};
        const enum status status =
            request->text != NULL
                ? power_text_again(kiosk, request->text, &act, &err)
                : read_rating(kiosk, request->token, request->fields, &act.rating, &err);
        if (status == STATUS_GONE)
            continue;
        if (status != STATUS_OK)
            return "a request that was taken before is refused after the restart";
        power_batch(kiosk, &act, 1);
        const enum status outcome = act.job.status;
        power_acts_free(&act, 1);
        if (!is_answer(outcome))
            return "sending a request again gave another answer";
    }
    taps(kiosk, 2, seed);
    slips(kiosk, 2, seed);
    power_texts(kiosk, 2, seed);
    power_seal(kiosk, true);
    bool again = false;
    return power_sync(kiosk, seed, &again);
}
