// SPDX-License-Identifier: MIT
// Texts and seals: what a visitor writes, and what the end of a day makes of it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kiosk_sql.h"
#include "power.h"
#include "reply.h"
#include "seal.h"
#include "sqlite.h"
#include "text_api.h"

enum { TEXTS_MAX = 8, WORDS_BYTES = 800, FORM_BYTES = 1200 };

// ---- texts --------------------------------------------------------------------------------------

static const char *no_header(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

enum status power_text_again(struct kiosk *kiosk, const char *form, struct power_act *ret_act,
                             struct err *err)
{
    const struct request request = {.method = HTTP_POST,
                                    .path = "/api/v1/texts",
                                    .query = "",
                                    .body = form,
                                    .body_size_bytes = strlen(form),
                                    .listener = KIOSK_LISTEN_PHONE,
                                    .peer = "127.0.0.1",
                                    .local = "127.0.0.1:1",
                                    .context = kiosk,
                                    .header = no_header};
    struct reply reply;
    reply_init(&reply);
    const enum status status = text_api_post(&request, &reply, err);
    struct power_act act = {.text = reply.job, .text_free = reply.job_free};
    reply.job = NULL;
    reply_done(&reply);
    TRY(status);
    power_need(act.text != NULL, "a text without a job", NULL);
    const char *words = strstr(form, "&text="); // letters and '+' alone
    act.words = words + 6;
    act.petition = strstr(form, "&kind=petition") != NULL;
    *ret_act = act;
    return STATUS_OK;
}

static void make_token(struct kiosk *kiosk, char ret_token[TOKEN_TEXT_CHARS + 1])
{
    struct err err = {0};
    struct token token = {.channel = RESPONSE_POSTER, .step = RESPONSE_STEP_RESULT};
    snprintf(token.counter, sizeof token.counter, "1");
    snprintf(token.area, sizeof token.area, "HT");
    power_need(token_make(kiosk->daykeys, &token, ret_token, &err) == STATUS_OK, "a token", &err);
}

// Words that stand nowhere else; some fill several pages of the database.
static void make_words(unsigned *seed, char ret_words[WORDS_BYTES])
{
    static const size_t sizes[] = {24, 90, 780};
    const size_t size = sizes[power_random(seed, 3)];
    for (size_t i = 0; i < size; i++)
        ret_words[i] = (char)('a' + power_random(seed, 26));
    ret_words[size] = '\0';
}

void power_texts(struct kiosk *kiosk, size_t count, unsigned *seed)
{
    static char forms[TEXTS_MAX][FORM_BYTES];
    struct power_act acts[TEXTS_MAX + 1];
    char token[TOKEN_TEXT_CHARS + 1], words[WORDS_BYTES];
    struct err err = {0};
    for (size_t i = 0; i < count; i++) {
        make_token(kiosk, token);
        make_words(seed, words);
        snprintf(forms[i], FORM_BYTES, "token=%s%s&text=%s", token,
                 i % 3 == 1 ? "&kind=petition&contact_name=ten&contact_address=to+dan+pho" : "",
                 words);
        power_need(power_text_again(kiosk, forms[i], &acts[i], &err) == STATUS_OK, "a text", &err);
        power_remember("", "", forms[i]);
    }
    // the second sending of one of them
    power_need(power_text_again(kiosk, forms[0], &acts[count], &err) == STATUS_OK, "a text", &err);
    power_batch(kiosk, acts, count + 1);
    power_acts_free(acts, count + 1);
}

// ---- seals and flags ----------------------------------------------------------------------------

// The size and count of the newest seal.
static bool newest_seal(struct kiosk *kiosk, struct power_promise *ret_promise)
{
    struct err err = {0};
    struct db *db = dbpool_take(kiosk->readers);
    sqlite3_stmt *q = NULL;
    power_need(db_prepare(db,
                          "SELECT seq + 1, line ->> 'count' FROM entry JOIN seal USING (seq) "
                          "ORDER BY seq DESC LIMIT 1",
                          &q, &err) == STATUS_OK,
               "the seals", &err);
    const bool found = sqlite3_step(q) == SQLITE_ROW;
    if (found) {
        ret_promise->sealed = (uint64_t)sqlite3_column_int64(q, 0);
        ret_promise->count = sqlite3_column_int64(q, 1);
    }
    sqlite3_finalize(q);
    dbpool_give(kiosk->readers, db);
    return found;
}

void power_seal(struct kiosk *kiosk, bool by_hand)
{
    struct err err = {0};
    struct seal seal = {0};
    struct power_promise promise = {0};
    bool made = true;
    const enum status status =
        by_hand ? seal_make(kiosk, &seal, &err) : seal_at_close(kiosk, true, &made, &err);
    if (by_hand && status == STATUS_CONFLICT)
        return; // while nobody vouches for the clock
    power_need(status == STATUS_OK, "a seal", &err);
    if (made && newest_seal(kiosk, &promise))
        power_promise(&promise);
}

void power_flags(struct kiosk *kiosk)
{
    struct err err = {0};
    struct power_promise promise = {0};
    struct db *db = dbpool_take(kiosk->readers);
    sqlite3_stmt *q = NULL;
    power_need(db_prepare(db, "SELECT count(*) FROM entry WHERE line ->> 'kind' = 'flag'", &q,
                          &err) == STATUS_OK,
               "the flags", &err);
    if (sqlite3_step(q) == SQLITE_ROW)
        promise.flags = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    dbpool_give(kiosk->readers, db);
    if (promise.flags > 0)
        power_promise(&promise);
}
