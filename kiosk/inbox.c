// SPDX-License-Identifier: MIT
// Takes the hub's messages.
#include "inbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kiosk_setup.h"
#include "kiosk_sql.h"
#include "log.h"
#include "outbox.h"
#include "signing.h"
#include "slipcode.h"
#include "stmt.h"
#include "text.h"
#include "truncation.h"

enum {
    MESSAGE_LIMIT_BYTES = SETUP_LIMIT_BYTES, // a setup is the largest
    ANSWER_MAX_BYTES = 16 * 1024,            // what a page of a phone can show
    CODES_MAX = 5000,                        // some weeks of a busy office
    SETUP_MODE = 0644,
};

struct message {
    int64_t n;
    const char *type, *text;
};

struct message_job {
    struct writer_job job;
    struct kiosk *kiosk;
    const struct message *message;
    // Applies the message; NULL passes it over.
    enum status (*effect)(struct kiosk *kiosk, struct db *db, const char *text, struct err *err);
};

// ---- effects, inside the writer's job -----------------------------------------------------------

static enum status refuse(struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "%s", fault);
}

static enum status read_id(const json_t *json, const char *key, uint8_t ret_id[ENTRY_ID_BYTES],
                           struct err *err)
{
    const char *hex = json_text_or(json, key, "");
    return text_unhex(hex, strlen(hex), ret_id, ENTRY_ID_BYTES)
               ? STATUS_OK
               : err_set(err, STATUS_BAD_INPUT, "\"%s\" must be an entry's id", key);
}

static enum status erase(struct kiosk *kiosk, struct db *db, const char *text, struct err *err)
{
    AUTO(json_decrefp) json_t *json = NULL;
    TRY(json_parse(text, strlen(text), MESSAGE_LIMIT_BYTES, "erase", &json, err));
    struct outbox_erasure erasure = {.field = json_text_or(json, "field", ""),
                                     .reason = json_text_or(json, "reason", "")};
    const json_t *by = json_object_get(json, "by");
    if (json_array_size(by) < 1 || json_array_size(by) > ARRAY_SIZE(erasure.by))
        return refuse(err, "\"by\" must name one to four people");
    for (size_t i = 0; i < json_array_size(by); i++) {
        erasure.by[i] = json_string_value(json_array_get(by, i));
        if (erasure.by[i] == NULL)
            return refuse(err, "\"by\" must name people");
    }
    TRY(read_id(json, "of", erasure.of, err));
    return outbox_erase(kiosk, db, &erasure, err);
}

static enum status answer(struct kiosk *kiosk, struct db *db, const char *text, struct err *err)
{
    (void)kiosk;
    AUTO(json_decrefp) json_t *json = NULL;
    uint8_t petition[ENTRY_ID_BYTES];
    const char *words = NULL;
    TRY(json_parse(text, strlen(text), MESSAGE_LIMIT_BYTES, "answer", &json, err));
    TRY(read_id(json, "petition", petition, err));
    TRY(json_text(json, "text", "answer", &words, err));
    const size_t size_bytes = strlen(words);
    if (size_bytes == 0 || size_bytes > ANSWER_MAX_BYTES || !text_is_clean(words, size_bytes, true))
        return refuse(err, "\"text\" must be 1 to 16384 bytes of clean text");
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ANSWER_SET, &q, err));
    stmt_bind_blob(q, 1, petition, sizeof petition);
    stmt_bind_text(q, 2, words);
    stmt_bind_int(q, 3, clock_day(clock_now_s()));
    return stmt_run(q, NULL, err);
}

static enum status add_code(struct db *db, const json_t *value, struct err *err)
{
    char code[SLIPCODE_CHARS + 1];
    const char *text = json_string_value(value);
    if (text == NULL || !slipcode_read(text, code))
        return refuse(err, "\"codes\" must hold slip codes");
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_CODE_ADD, &q, err));
    stmt_bind_text(q, 1, code);
    return stmt_run(q, NULL, err);
}

static enum status codes(struct kiosk *kiosk, struct db *db, const char *text, struct err *err)
{
    (void)kiosk;
    AUTO(json_decrefp) json_t *json = NULL;
    TRY(json_parse(text, strlen(text), MESSAGE_LIMIT_BYTES, "codes", &json, err));
    const json_t *list = json_object_get(json, "codes");
    if (json_array_size(list) < 1 || json_array_size(list) > CODES_MAX)
        return refuse(err, "\"codes\" must be a list of 1 to 5000 codes");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(add_code(db, json_array_get(list, i), err));
    return STATUS_OK;
}

static enum status setup(struct kiosk *kiosk, struct db *db, const char *text, struct err *err)
{
    return kiosk_setup_append(db, kiosk->journal, text, strlen(text), err);
}

// ---- setups -------------------------------------------------------------------------------------

// Whether that document may take the place of the present one.
static enum status check_setup(const struct kiosk *kiosk, const char *text, size_t size_bytes,
                               struct err *err)
{
    AUTO(setup_done) struct setup next = {0};
    const struct setup *now = &kiosk->setup;
    TRY(setup_parse(text, size_bytes, &next, err));
    if (strcmp(next.unit, now->unit) != 0)
        return refuse(err, "the new setup is of another unit; that needs a kiosk of its own");
    if (next.trial != now->trial || next.sample != now->sample)
        return refuse(err, "a new setup cannot make a trial or sample of a kiosk, nor end one; "
                           "make a new data directory");
    if (next.version <= now->version)
        return err_set(err, STATUS_CONFLICT,
                       "the new setup's \"version\" must be larger than %" PRId64
                       ", that of the setup in force",
                       now->version);
    return STATUS_OK;
}

// The journal has it already: a crash before the file is written is made good at the next start.
static enum status write_setup(const struct kiosk *kiosk, const char *text, size_t size_bytes,
                               struct err *err)
{
    char path[KIOSK_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/setup.json", kiosk->folder);
    return file_write(path, text, size_bytes, SETUP_MODE, err);
}

struct setup_job {
    struct writer_job job;
    struct kiosk *kiosk;
    const char *text;
    size_t size_bytes;
};

static enum status apply_setup(struct db *db, struct writer_job *job, struct err *err)
{
    const struct setup_job *change = (const struct setup_job *)job;
    return kiosk_setup_append(db, change->kiosk->journal, change->text, change->size_bytes, err);
}

enum status inbox_take_setup(struct kiosk *kiosk, const char *text, size_t size_bytes,
                             struct err *err)
{
    TRY(check_setup(kiosk, text, size_bytes, err));
    struct setup_job change = {
        .job.apply = apply_setup, .kiosk = kiosk, .text = text, .size_bytes = size_bytes};
    TRY(writer_run(kiosk->writer, &change.job, err));
    return write_setup(kiosk, text, size_bytes, err);
}

// ---- messages -----------------------------------------------------------------------------------

enum status inbox_last(struct db *db, int64_t *ret_n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return BUG(err, "the table sync has lost its row");
    *ret_n = stmt_int(q, 5);
    return STATUS_OK;
}

static enum status set_last(struct db *db, int64_t n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SYNC_RECEIVE, &q, err));
    stmt_bind_int(q, 1, n);
    return stmt_run(q, NULL, err);
}

static enum status apply_message(struct db *db, struct writer_job *job, struct err *err)
{
    const struct message_job *apply = (const struct message_job *)job;
    int64_t last = 0;
    TRY(inbox_last(db, &last, err));
    if (apply->message->n != last + 1)
        return BUG(err, "messages are applied by one thread, in order");
    if (apply->effect != NULL)
        TRY(apply->effect(apply->kiosk, db, apply->message->text, err));
    return set_last(db, apply->message->n, err);
}

static enum status read_message(const struct kiosk *kiosk, const struct note_key *hub_key,
                                const json_t *json, struct message *ret_message, struct err *err)
{
    struct message message = {.n = json_int_or(json, "n", 0),
                              .type = json_text_or(json, "type", ""),
                              .text = json_text_or(json, "text", "")};
    const char *sig = json_text_or(json, "sig", "");
    AUTO(buf_done) struct buf signature;
    buf_init(&signature, CRYPTO_SIGN_BYTES);
    if (crypto_unbase64(sig, strlen(sig), &signature, NULL) != STATUS_OK ||
        signature.size_bytes != CRYPTO_SIGN_BYTES)
        return refuse(err, "a message of the hub has no signature");
    const struct signing_message said = {.lane = journal_lane(kiosk->journal),
                                         .n = message.n,
                                         .type = message.type,
                                         .text = message.text};
    TRY(signing_message_check(&said, hub_key->public_key, (const uint8_t *)signature.data, err));
    *ret_message = message;
    return STATUS_OK;
}

// What can be wrong with a message's content; anything else is this box's own trouble, and the
// message comes again.
static bool is_faulty(enum status status)
{
    return status == STATUS_BAD_INPUT || status == STATUS_CONFLICT || status == STATUS_NOT_FOUND ||
           status == STATUS_TOO_LARGE || status == STATUS_DENIED;
}

static void log_message(const struct message *message, const char *event, const char *reason)
{
    char n[24];
    snprintf(n, sizeof n, "%" PRId64, message->n);
    log_event(reason[0] == '\0' ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, event, "n", n, "type",
              message->type, "reason", reason, NULL);
}

// A signed message with a faulty content would come for ever and hold up those behind it: it is
// logged and passed over.
static enum status run_message(struct message_job *job, struct err *err)
{
    struct err fault = {.status = STATUS_OK};
    const struct message *message = job->message;
    const bool is_setup = job->effect == setup;
    enum status status = is_setup
                             ? check_setup(job->kiosk, message->text, strlen(message->text), &fault)
                             : STATUS_OK;
    if (status == STATUS_OK)
        status = writer_run(job->kiosk->writer, &job->job, &fault);
    if (is_faulty(status)) {
        log_message(message, "message_refused", fault.text);
        job->effect = NULL;
        return writer_run(job->kiosk->writer, &job->job, err);
    }
    if (status != STATUS_OK) {
        *err = fault;
        return status;
    }
    log_message(message, "message_applied", "");
    return is_setup ? write_setup(job->kiosk, message->text, strlen(message->text), err)
                    : STATUS_OK;
}

enum status inbox_apply(struct kiosk *kiosk, const struct note_key *hub_key, const json_t *json,
                        bool *ret_restart, struct err *err)
{
    static const struct {
        const char *type;
        enum status (*effect)(struct kiosk *kiosk, struct db *db, const char *text,
                              struct err *err);
    } types[] = {{"setup", setup}, {"answer", answer}, {"erase", erase}, {"codes", codes}};
    struct message message;
    int64_t last = 0;
    TRY(read_message(kiosk, hub_key, json, &message, err));
    struct db *db = dbpool_take(kiosk->readers);
    const enum status status = inbox_last(db, &last, err);
    dbpool_give(kiosk->readers, db);
    TRY(status);
    if (message.n <= last)
        return STATUS_OK;
    if (message.n != last + 1)
        return err_set(err, STATUS_CONFLICT,
                       "the hub's message %" PRId64 " came, but %" PRId64 " is the next one",
                       message.n, last + 1);
    struct message_job job = {.job.apply = apply_message, .kiosk = kiosk, .message = &message};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcmp(types[i].type, message.type) == 0)
            job.effect = types[i].effect;
    if (job.effect == NULL)
        return refuse(err, "the hub sent a message of a type that this program does not know; "
                           "install the present version");
    const bool is_setup = job.effect == setup, is_erase = job.effect == erase;
    TRY(run_message(&job, err));
    if (is_setup && job.effect != NULL)
        *ret_restart = true;
    struct err busy;
    // Owed either way; the chores try again.
    if (is_erase && truncation_pay(kiosk, &busy) != STATUS_OK)
        log_err("truncation_owed", &busy);
    return STATUS_OK;
}
