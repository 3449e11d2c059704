// SPDX-License-Identifier: MIT
// Announces a new lane by the former one's key, and sends the former lane's tail.
#include "tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch.h"
#include "file.h"
#include "kiosk_sql.h"
#include "log.h"
#include "note.h"
#include "stmt.h"

enum {
    // As a push's largest piece, with what JSON adds.
    PIECE_BYTES = 256 * 1024,
    BODY_LIMIT_BYTES = 4 * PIECE_BYTES,
    PATH_ROOM = KIOSK_PATH_BYTES + 64,
    ANSWER_LIMIT_BYTES = 64 * 1024,
};

struct former {
    char lane[ENTRY_LANE_CHARS + 1];
    int64_t next, end;
};

static enum status find_former(struct kiosk *kiosk, int statement, struct former *ret_former,
                               bool *ret_found, struct err *err)
{
    struct db *db = dbpool_take(kiosk->readers);
    struct stmt *q = NULL;
    struct former former = {.next = 0};
    enum status status = stmt_use(db, statement, &q, err);
    if (status == STATUS_OK)
        status = stmt_row(q, ret_found, err);
    if (status == STATUS_OK && *ret_found) {
        snprintf(former.lane, sizeof former.lane, "%s", stmt_text(q, 0));
        if (statement == KIOSK_FORMER_TAIL) {
            former.next = stmt_int(q, 1);
            former.end = stmt_int(q, 2);
        }
    }
    stmt_release(q);
    dbpool_give(kiosk->readers, db);
    if (status == STATUS_OK)
        *ret_former = former;
    return status;
}

struct former_job {
    struct writer_job job;
    const struct former *former;
    int statement;
};

static enum status apply_former(struct db *db, struct writer_job *job, struct err *err)
{
    const struct former_job *change = (const struct former_job *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, change->statement, &q, err));
    stmt_bind_text(q, 1, change->former->lane);
    if (change->statement == KIOSK_FORMER_SENT)
        stmt_bind_int(q, 2, change->former->next);
    return stmt_run(q, NULL, err);
}

static enum status change_former(struct kiosk *kiosk, const struct former *former, int statement,
                                 struct err *err)
{
    struct former_job change = {
        .job.apply = apply_former, .former = former, .statement = statement};
    return writer_run(kiosk->writer, &change.job, err);
}

// ---- announcing --------------------------------------------------------------------------------

void tail_successor_text(const char *vkey, struct buf *text)
{
    buf_addf(text, "hailong-successor/v1\n%s\n", vkey);
}

static enum status sign(const char *key_path, const char *vkey,
                        uint8_t ret_signature[CRYPTO_SIGN_BYTES], struct err *err)
{
    AUTO(buf_done) struct buf key;
    AUTO(buf_done) struct buf text;
    buf_init(&key, CRYPTO_SIGN_SECRET_BYTES);
    buf_init(&text, 2 * (size_t)NOTE_VKEY_BYTES);
    TRY(file_read(key_path, &key, err));
    tail_successor_text(vkey, &text);
    TRY(buf_check(&text, err));
    if (key.size_bytes != CRYPTO_SIGN_SECRET_BYTES)
        return err_set(err, STATUS_CHECK_FAILED, "a former lane's key is damaged");
    crypto_signature((const uint8_t *)key.data, text.data, text.size_bytes, ret_signature);
    crypto_wipe(key.data, key.size_bytes);
    return STATUS_OK;
}

static enum status write_announcement(const struct kiosk *kiosk, const struct former *former,
                                      const char *key_path, struct buf *body, struct err *err)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], signature[CRYPTO_SIGN_BYTES];
    char vkey[NOTE_VKEY_BYTES];
    struct note_key key;
    struct jsonw w;
    crypto_sign_public(kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    TRY(sign(key_path, vkey, signature, err));
    jsonw_init(&w, body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "successor_of", former->lane);
    jsonw_text(&w, "vkey", vkey);
    jsonw_hex(&w, "sig", signature, sizeof signature);
    jsonw_object_end(&w);
    return buf_check(body, err);
}

static void body_done(struct fetch_answer *answer)
{
    buf_done(&answer->body);
}

enum status tail_announce(struct kiosk *kiosk, struct hubcall *call, struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(body_done) struct fetch_answer answer = {0};
    struct former former;
    bool found = false;
    char key_path[PATH_ROOM], url[KIOSK_URL_BYTES + 16], http[8];
    buf_init(&body, ANSWER_LIMIT_BYTES);
    buf_init(&answer.body, ANSWER_LIMIT_BYTES);
    TRY(find_former(kiosk, KIOSK_FORMER_UNKNOWN, &former, &found, err));
    if (!found)
        return STATUS_OK;
    snprintf(key_path, sizeof key_path, "%s/keys/%s.key", kiosk->folder, former.lane);
    snprintf(url, sizeof url, "%s/api/v1/enrol", call->url);
    TRY(write_announcement(kiosk, &former, key_path, &body, err));
    TRY(fetch_post(url, NULL, "application/json", body.data, body.size_bytes, &answer, err));
    if (answer.http_status != 200) {
        snprintf(http, sizeof http, "%u", answer.http_status);
        log_event(LOG_LEVEL_WARNING, "successor_refused", "http", http, NULL);
        return STATUS_OK;
    }
    TRY(change_former(kiosk, &former, KIOSK_FORMER_KNOWN, err));
    return file_destroy(key_path, err);
}

// ---- sending -----------------------------------------------------------------------------------

static enum status write_lines(struct db *db, struct former *former, struct jsonw *w,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    size_t sum_bytes = 0;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, former->next);
    stmt_bind_int(q, 2, former->end);
    while (sum_bytes < PIECE_BYTES) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        jsonw_text_n(w, NULL, stmt_text(q, 1), stmt_text_size(q, 1));
        sum_bytes += stmt_text_size(q, 1);
        former->next = stmt_int(q, 0) + 1;
    }
    return sum_bytes > 0 ? STATUS_OK
                         : err_set(err, STATUS_CHECK_FAILED,
                                   "the file of the former lane lacks entries at its end");
}

// Moves former->next behind the last line.
static enum status write_piece(const struct kiosk *kiosk, struct former *former, struct buf *body,
                               struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    char path[PATH_ROOM];
    struct jsonw w;
    snprintf(path, sizeof path, "%s/old/%s.db", kiosk->folder, former->lane);
    TRY(db_open(path, DB_READ, &kiosk_schema, &db, err));
    jsonw_init(&w, body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "of", former->lane);
    jsonw_int(&w, "from", former->next);
    jsonw_array(&w, "lines");
    TRY(write_lines(db, former, &w, err));
    jsonw_array_end(&w);
    jsonw_object_end(&w);
    return buf_check(body, err);
}

// A backup brings along which lanes came before its own, but not their files.
static bool is_here(const struct kiosk *kiosk, const struct former *former)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/old/%s.db", kiosk->folder, former->lane);
    return file_exists(path);
}

// *ret_refused: the hub takes none of it, as when it never knew the former lane. That is for people
// to clear up; the present lane's rounds go on.
static enum status send_one(struct kiosk *kiosk, struct hubcall *call, struct former *former,
                            bool *ret_refused, struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    struct err why;
    buf_init(&body, BODY_LIMIT_BYTES);
    if (!is_here(kiosk, former)) {
        log_event(LOG_LEVEL_WARNING, "tail_lost", "lane", former->lane, NULL);
        former->next = former->end;
        return change_former(kiosk, former, KIOSK_FORMER_SENT, err);
    }
    TRY(write_piece(kiosk, former, &body, err));
    TRY(hubcall_post(call, "quarantine", body.data, body.size_bytes, &answer, err));
    if (answer.http_status == 200)
        return change_former(kiosk, former, KIOSK_FORMER_SENT, err);
    if (answer.http_status >= 500)
        return hubcall_refused(&answer, err);
    (void)hubcall_refused(&answer, &why);
    log_event(LOG_LEVEL_WARNING, "tail_refused", "lane", former->lane, "reason", why.text, NULL);
    *ret_refused = true;
    return STATUS_OK;
}

enum status tail_send(struct kiosk *kiosk, struct hubcall *call, struct err *err)
{
    bool refused = false;
    while (!refused) {
        struct former former;
        bool found = false;
        TRY(find_former(kiosk, KIOSK_FORMER_TAIL, &former, &found, err));
        if (!found)
            return STATUS_OK;
        TRY(send_one(kiosk, call, &former, &refused, err));
    }
    return STATUS_OK;
}
