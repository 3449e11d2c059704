// SPDX-License-Identifier: MIT
// The outbox, and the texts beside the journal.
#include "outbox.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kiosk_sql.h"
#include "resort.h"
#include "stmt.h"
#include "text.h"
#include "truncation.h"

enum {
    SALT_BYTES = 32,
    KEY_FILE_LIMIT_BYTES = 256, // one line of base64
    // What a text is committed to with: its field's name, a zero byte, the payload.
    COMMITTED_LIMIT_BYTES = OUTBOX_TEXT_MAX_BYTES + OUTBOX_CONTACT_MAX_BYTES + CRYPTO_SEAL_BYTES,
    TAIL_LIMIT_BYTES = 2048,
};

// ---- the case key -------------------------------------------------------------------------------

static enum status read_case_key(const struct kiosk *kiosk,
                                 uint8_t ret_key[CRYPTO_BOX_PUBLIC_BYTES], struct err *err)
{
    char path[KIOSK_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/keys/case.pub", kiosk->folder);
    AUTO(buf_done) struct buf line;
    AUTO(buf_done) struct buf key;
    buf_init(&line, KEY_FILE_LIMIT_BYTES);
    buf_init(&key, KEY_FILE_LIMIT_BYTES);
    const enum status status = file_read(path, &line, err);
    if (status == STATUS_NOT_FOUND)
        return err_set(err, STATUS_DENIED,
                       "petitions cannot be taken: the kiosk has no case key yet; enrol it with "
                       "`hailong-kiosk enrol`");
    TRY(status);
    while (line.size_bytes > 0 && strchr("\r\n ", line.data[line.size_bytes - 1]) != NULL)
        buf_cut(&line, line.size_bytes - 1);
    TRY(crypto_unbase64(buf_text(&line), line.size_bytes, &key, err));
    if (key.size_bytes != CRYPTO_BOX_PUBLIC_BYTES)
        return err_set(err, STATUS_CHECK_FAILED, "keys/case.pub is damaged; enrol the kiosk again");
    memcpy(ret_key, key.data, CRYPTO_BOX_PUBLIC_BYTES);
    return STATUS_OK;
}

bool outbox_has_case_key(const struct kiosk *kiosk)
{
    uint8_t key[CRYPTO_BOX_PUBLIC_BYTES];
    return read_case_key(kiosk, key, NULL) == STATUS_OK;
}

// ---- in -----------------------------------------------------------------------------------------

// *ret_repeat: the same page has sent the same text.
static enum status spend_page(struct db *db, const struct outbox_text *text, int32_t day,
                              bool *ret_repeat, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_PAGE_SPEND, &q, err));
    stmt_bind_blob(q, 1, text->page_hash, OUTBOX_HASH_BYTES);
    stmt_bind_blob(q, 2, text->mac, OUTBOX_HASH_BYTES);
    stmt_bind_int(q, 3, day);
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    *ret_repeat = false;
    if (changes > 0)
        return STATUS_OK;
    AUTO(stmt_releasep) struct stmt *g = NULL;
    TRY(stmt_use(db, KIOSK_PAGE_GET, &g, err));
    stmt_bind_blob(g, 1, text->page_hash, OUTBOX_HASH_BYTES);
    bool found = false;
    TRY(stmt_row(g, &found, err));
    size_t mac_bytes = 0;
    const void *mac = found ? stmt_blob(g, 0, &mac_bytes) : NULL;
    *ret_repeat = mac_bytes == OUTBOX_HASH_BYTES && crypto_equal(mac, text->mac, mac_bytes);
    return *ret_repeat ? STATUS_OK
                       : err_set(err, STATUS_CONFLICT, "this page has sent another text already");
}

static enum status add_row(struct db *db, const struct outbox_text *text, int32_t day,
                           const struct buf *contact, struct err *err)
{
    uint8_t id[ENTRY_ID_BYTES];
    crypto_random(id, sizeof id);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OUTBOX_ADD, &q, err));
    stmt_bind_blob(q, 1, id, sizeof id);
    stmt_bind_int(q, 2, day);
    stmt_bind_text(q, 3, text->area);
    stmt_bind_text(q, 4, text->text);
    if (contact->size_bytes == 0)
        stmt_bind_null(q, 5);
    else
        stmt_bind_blob(q, 5, contact->data, contact->size_bytes);
    return stmt_run(q, NULL, err);
}

enum status outbox_add(struct kiosk *kiosk, struct db *db, const struct outbox_text *text,
                       struct err *err)
{
    if (strlen(text->text) > OUTBOX_TEXT_MAX_BYTES ||
        (text->contact != NULL && strlen(text->contact) > OUTBOX_CONTACT_MAX_BYTES))
        return err_set(err, STATUS_TOO_LARGE, "the text is longer than %d bytes",
                       OUTBOX_TEXT_MAX_BYTES);
    AUTO(buf_done) struct buf contact;
    buf_init(&contact, OUTBOX_CONTACT_MAX_BYTES + CRYPTO_SEAL_BYTES);
    if (text->contact != NULL) {
        uint8_t key[CRYPTO_BOX_PUBLIC_BYTES];
        TRY(read_case_key(kiosk, key, err));
        TRY(crypto_seal(key, text->contact, strlen(text->contact), &contact, err));
    }
    const int32_t day = clock_day(clock_now_s());
    bool repeat = false;
    TRY(spend_page(db, text, day, &repeat, err));
    return repeat ? STATUS_OK : add_row(db, text, day, &contact, err);
}

enum status outbox_waiting(struct db *db, bool *ret_waiting, int32_t *ret_day, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OUTBOX_NEWEST, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_waiting = found && !stmt_is_null(q, 0);
    *ret_day = *ret_waiting ? (int32_t)stmt_int(q, 0) : 0;
    return STATUS_OK;
}

enum status outbox_forget_pages(struct db *db, int32_t day, int64_t *ret_changes, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_PAGE_FORGET, &q, err));
    stmt_bind_int(q, 1, day);
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    *ret_changes = changes;
    return STATUS_OK;
}

// ---- out ----------------------------------------------------------------------------------------

// One field of an entry on its way: its salt and what the entry says of it.
struct field {
    const char *name;
    const void *payload;
    size_t payload_bytes;
    uint8_t salt[SALT_BYTES];
    uint8_t commitment[CRYPTO_HASH_BYTES];
};

static enum status commit(struct field *field, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, COMMITTED_LIMIT_BYTES);
    buf_add_text(&text, field->name);
    buf_add_char(&text, '\0');
    buf_add(&text, field->payload, field->payload_bytes);
    TRY(buf_check(&text, err));
    crypto_random(field->salt, sizeof field->salt);
    crypto_hmac(field->salt, text.data, text.size_bytes, field->commitment);
    return STATUS_OK;
}

static enum status keep(struct db *db, const uint8_t *id, const struct field *field,
                        struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_TEXT_ADD, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field->name);
    stmt_bind_blob(q, 3, field->salt, sizeof field->salt);
    stmt_bind_blob(q, 4, field->payload, field->payload_bytes);
    return stmt_run(q, NULL, err);
}

// A row of the outbox; borrowed from its statement.
struct waiting {
    const char *area;
    struct field text, contact;
    bool petition;
    char day[CLOCK_DAY_TEXT_SIZE];
};

static enum status append(struct kiosk *kiosk, struct db *db, const uint8_t *id,
                          const struct waiting *row, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, TAIL_LIMIT_BYTES);
    struct jsonw w;
    entry_tail_begin(&w, &tail, row->petition ? ENTRY_PETITION : ENTRY_COMMENT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "day", row->day);
    jsonw_text(&w, "unit", kiosk->setup.unit);
    if (row->area[0] != '\0')
        jsonw_text(&w, "area", row->area);
    jsonw_hex(&w, "text", row->text.commitment, CRYPTO_HASH_BYTES);
    if (row->petition)
        jsonw_hex(&w, "contact", row->contact.commitment, CRYPTO_HASH_BYTES);
    entry_tail_end(&w);
    bool added = false;
    TRY(journal_append(db, kiosk->journal, id, 0, NULL, &tail, &added, err));
    return added ? STATUS_OK : BUG(err, "a fresh id was taken");
}

static enum status write_row(struct kiosk *kiosk, struct db *db, struct waiting *row,
                             struct err *err)
{
    uint8_t id[ENTRY_ID_BYTES];
    kiosk_random_id(id);
    TRY(commit(&row->text, err));
    if (row->petition)
        TRY(commit(&row->contact, err));
    TRY(append(kiosk, db, id, row, err));
    TRY(keep(db, id, &row->text, err));
    return row->petition ? keep(db, id, &row->contact, err) : STATUS_OK;
}

static enum status write_rows(struct kiosk *kiosk, struct db *db, int32_t day, int64_t *ret_count,
                              struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_OUTBOX_LIST, &q, err));
    for (int64_t count = 0;; count++) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        *ret_count = count;
        if (!found)
            return STATUS_OK;
        struct waiting row = {.area = stmt_text(q, 0), .petition = !stmt_is_null(q, 2)};
        clock_day_text(day, row.day);
        row.text = (struct field){.name = "text", .payload = stmt_text(q, 1)};
        row.text.payload_bytes = stmt_text_size(q, 1);
        row.contact.name = "contact";
        if (row.petition)
            row.contact.payload = stmt_blob(q, 2, &row.contact.payload_bytes);
        TRY(write_row(kiosk, db, &row, err));
    }
}

enum status outbox_empty(struct kiosk *kiosk, struct db *db, int32_t day, int64_t *ret_count,
                         struct err *err)
{
    int64_t count = 0;
    TRY(write_rows(kiosk, db, day, &count, err));
    if (count > 0) {
        AUTO(stmt_releasep) struct stmt *q = NULL;
        TRY(stmt_use(db, KIOSK_OUTBOX_CLEAR, &q, err));
        TRY(stmt_run(q, NULL, err));
        TRY(truncation_owe(db, err));
    }
    *ret_count = count;
    return STATUS_OK;
}

// ---- to the hub ---------------------------------------------------------------------------------

static enum status add_unsent(struct stmt *q, json_t *texts, struct err *err)
{
    size_t id_bytes = 0, salt_bytes = 0, payload_bytes = 0;
    const void *id = stmt_blob(q, 0, &id_bytes);
    const void *salt = stmt_blob(q, 2, &salt_bytes);
    const void *payload = stmt_blob(q, 3, &payload_bytes);
    if (id_bytes != ENTRY_ID_BYTES || salt_bytes != SALT_BYTES)
        return BUG(err, "a text's id or salt has the wrong size");
    char id_hex[2 * ENTRY_ID_BYTES + 1], salt_hex[2 * SALT_BYTES + 1];
    text_hex(id, id_bytes, id_hex);
    text_hex(salt, salt_bytes, salt_hex);
    AUTO(buf_done) struct buf base64;
    buf_init(&base64, (size_t)2 * COMMITTED_LIMIT_BYTES);
    crypto_base64(payload, payload_bytes, &base64);
    TRY(buf_check(&base64, err));
    json_t *text = json_pack("{s:s, s:s, s:s, s:s}", "id", id_hex, "field", stmt_text(q, 1), "salt",
                             salt_hex, "payload", base64.data);
    if (text == NULL || json_array_append_new(texts, text) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a text");
    return STATUS_OK;
}

static enum status list_unsent(struct db *db, int statement, json_t *texts, size_t limit,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, statement, &q, err));
    stmt_bind_int(q, 1, (int64_t)limit);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        TRY(add_unsent(q, texts, err));
    }
}

enum status outbox_unsent(struct db *db, json_t *texts, size_t limit, struct err *err)
{
    return list_unsent(db, KIOSK_TEXT_UNSENT, texts, limit, err);
}

enum status outbox_unsent_former(struct db *db, json_t *texts, size_t limit, struct err *err)
{
    return list_unsent(db, KIOSK_TEXT_FORMER, texts, limit, err);
}

enum status outbox_sent(struct db *db, const json_t *texts, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_TEXT_SENT, &q, err));
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *text = json_array_get(texts, i);
        const char *hex = json_text_or(text, "id", "");
        uint8_t id[ENTRY_ID_BYTES];
        if (!text_unhex(hex, strlen(hex), id, sizeof id))
            return BUG(err, "a text that was sent has no id");
        stmt_again(q);
        stmt_bind_blob(q, 1, id, sizeof id);
        stmt_bind_text(q, 2, json_text_or(text, "field", ""));
        TRY(stmt_run(q, NULL, err));
    }
    return STATUS_OK;
}

// ---- erasure ------------------------------------------------------------------------------------

static enum status find_text(struct db *db, const struct outbox_erasure *erasure, bool *ret_erased,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_TEXT_GET, &q, err));
    stmt_bind_blob(q, 1, erasure->of, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, erasure->field);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "there is no such text in this journal");
    *ret_erased = stmt_is_null(q, 1);
    return STATUS_OK;
}

static enum status destroy(struct db *db, const struct outbox_erasure *erasure, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_TEXT_ERASE, &q, err));
    stmt_bind_blob(q, 1, erasure->of, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, erasure->field);
    return stmt_run(q, NULL, err);
}

static enum status append_redaction(struct kiosk *kiosk, struct db *db,
                                    const struct outbox_erasure *erasure, struct err *err)
{
    uint8_t id[ENTRY_ID_BYTES];
    char day[CLOCK_DAY_TEXT_SIZE];
    kiosk_random_id(id);
    clock_day_text(clock_day(clock_now_s()), day);
    AUTO(buf_done) struct buf tail;
    buf_init(&tail, TAIL_LIMIT_BYTES);
    struct jsonw w;
    entry_tail_begin(&w, &tail, ENTRY_REDACTION, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "day", day);
    jsonw_hex(&w, "of", erasure->of, ENTRY_ID_BYTES);
    jsonw_text(&w, "field", erasure->field);
    jsonw_text(&w, "reason", erasure->reason);
    jsonw_array(&w, "by");
    for (size_t i = 0; i < ARRAY_SIZE(erasure->by) && erasure->by[i] != NULL; i++)
        jsonw_text(&w, NULL, erasure->by[i]);
    jsonw_array_end(&w);
    entry_tail_end(&w);
    bool added = false;
    return journal_append(db, kiosk->journal, id, 0, NULL, &tail, &added, err);
}

static enum status forget_answer(struct db *db, const struct outbox_erasure *erasure,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ANSWER_ERASE, &q, err));
    stmt_bind_blob(q, 1, erasure->of, sizeof erasure->of);
    return stmt_run(q, NULL, err);
}

enum status outbox_erase(struct kiosk *kiosk, struct db *db, const struct outbox_erasure *erasure,
                         struct err *err)
{
    bool erased = false;
    TRY(find_text(db, erasure, &erased, err));
    if (erased)
        return STATUS_OK;
    TRY(destroy(db, erasure, err));
    TRY(forget_answer(db, erasure, err));
    TRY(append_redaction(kiosk, db, erasure, err));
    // Copies of the text where pages were split.
    TRY(resort_table(db, "free_text", "id, field", err));
    TRY(resort_table(db, "outbox", "id", err));
    TRY(resort_table(db, "answer", "petition", err));
    return truncation_owe(db, err);
}
