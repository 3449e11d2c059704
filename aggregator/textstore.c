// SPDX-License-Identifier: MIT
// The table free_text.
#include "textstore.h"

#include <stdio.h>
#include <string.h>

#include "following.h"
#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

// ---- entries and redactions --------------------------------------------------------------------

static bool read_entry(const struct entry *entry, const char *field,
                       struct textstore_entry *ret_entry)
{
    const char *hex = json_text_or(entry->json, field, "");
    const char *unit = json_text_or(entry->json, "unit", "");
    if ((entry->kind != ENTRY_COMMENT && entry->kind != ENTRY_PETITION) ||
        (strcmp(field, "text") != 0 && strcmp(field, "contact") != 0) ||
        strlen(unit) >= sizeof ret_entry->unit)
        return false;
    memcpy(ret_entry->lane, entry->lane, sizeof ret_entry->lane);
    memcpy(ret_entry->unit, unit, strlen(unit) + 1);
    return text_unhex(hex, strlen(hex), ret_entry->commitment, sizeof ret_entry->commitment);
}

// q gives lane and line.
static enum status read_line(struct stmt *q, const uint8_t *id, const char *field,
                             struct textstore_entry *ret_entry, bool *ret_line, bool *ret_found,
                             struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(stmt_row(q, ret_line, err));
    if (*ret_line)
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
    *ret_found = *ret_line && memcmp(entry.id, id, ENTRY_ID_BYTES) == 0 &&
                 read_entry(&entry, field, ret_entry);
    return STATUS_OK;
}

static enum status find_in_tails(struct db *db, const uint8_t *id, const char *field,
                                 struct textstore_entry *ret_entry, bool *ret_found,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool line = false;
    TRY(stmt_use(db, HUB_QUARANTINE_TEXT_LINE, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    return read_line(q, id, field, ret_entry, &line, ret_found, err);
}

enum status textstore_entry_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES], const char *field,
                                 struct textstore_entry *ret_entry, bool *ret_found,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool line = false;
    TRY(stmt_use(db, HUB_LEDGER_TEXT_LINE, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    TRY(read_line(q, id, field, ret_entry, &line, ret_found, err));
    ret_entry->in_tail = !line;
    return line ? STATUS_OK : find_in_tails(db, id, field, ret_entry, ret_found, err);
}

enum status textstore_is_of(struct db *db, const struct textstore_entry *entry, const char *lane,
                            bool *ret_is, struct err *err)
{
    *ret_is = strcmp(entry->lane, lane) == 0;
    return *ret_is ? STATUS_OK : following_is(db, lane, entry->lane, ret_is, err);
}

enum status textstore_redaction_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                     const char *field, bool *ret_hub, bool *ret_kiosk,
                                     struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_REDACTION_FIND, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field);
    TRY(stmt_row(q, &found, err));
    *ret_hub = found && stmt_int(q, 0) != 0;
    *ret_kiosk = found && stmt_int(q, 1) != 0;
    return STATUS_OK;
}

enum status textstore_redacted_by(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                  const char *field, const char *lane, bool *ret_has,
                                  struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_REDACTION_LANE_FIND, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field);
    stmt_bind_text(q, 3, lane);
    return stmt_row(q, ret_has, err);
}

enum status textstore_orders_done(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                  const char *field, bool *ret_done, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool open = false;
    TRY(stmt_use(db, HUB_ERASE_ORDER_OPEN, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field);
    TRY(stmt_row(q, &open, err));
    *ret_done = !open;
    return STATUS_OK;
}

// The keyed commitment of docs/JOURNAL.md.
static enum status fits(const uint8_t *salt, const char *field, const void *payload,
                        size_t payload_bytes, const uint8_t commitment[CRYPTO_HASH_BYTES],
                        bool *ret_fits, struct err *err)
{
    AUTO(buf_done) struct buf text;
    uint8_t mac[CRYPTO_HASH_BYTES];
    // The longest field's name and a zero byte are shorter than a salt.
    buf_init(&text, TEXTSTORE_PAYLOAD_MAX_BYTES + TEXTSTORE_SALT_BYTES);
    buf_add_text(&text, field);
    buf_add_char(&text, '\0');
    buf_add(&text, payload, payload_bytes);
    TRY(buf_check(&text, err));
    crypto_hmac(salt, text.data, text.size_bytes, mac);
    *ret_fits = crypto_equal(mac, commitment, sizeof mac);
    return STATUS_OK;
}

// ---- taking ------------------------------------------------------------------------------------

struct deposit {
    uint8_t id[ENTRY_ID_BYTES];
    const char *field;
    uint8_t salt[TEXTSTORE_SALT_BYTES];
    struct buf payload;
};

static void deposit_done(struct deposit *deposit)
{
    buf_done(&deposit->payload);
}

static enum status read_deposit(const json_t *text, struct deposit *deposit, struct err *err)
{
    static const char *const keys[] = {"id", "field", "salt", "payload", NULL};
    const char *id = json_text_or(text, "id", ""), *salt = json_text_or(text, "salt", "");
    const char *payload = json_text_or(text, "payload", "");
    TRY(json_only(text, "text", keys, err));
    deposit->field = json_text_or(text, "field", "");
    if (!text_unhex(id, strlen(id), deposit->id, sizeof deposit->id) ||
        !text_unhex(salt, strlen(salt), deposit->salt, sizeof deposit->salt))
        return err_set(err, STATUS_BAD_INPUT, "a text's id or salt is not in hexadecimal");
    TRY(crypto_unbase64(payload, strlen(payload), &deposit->payload, err));
    return STATUS_OK;
}

static enum status add(struct db *db, const struct deposit *deposit, int64_t *taken,
                       struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 0;
    TRY(stmt_use(db, HUB_FREE_TEXT_ADD, &q, err));
    stmt_bind_blob(q, 1, deposit->id, sizeof deposit->id);
    stmt_bind_text(q, 2, deposit->field);
    stmt_bind_blob(q, 3, deposit->salt, sizeof deposit->salt);
    stmt_bind_blob(q, 4, deposit->payload.data, deposit->payload.size_bytes);
    TRY(stmt_run(q, &changes, err));
    *taken += changes;
    return STATUS_OK;
}

static enum status take_one(struct db *db, const char *lane, const json_t *text, int64_t *taken,
                            struct err *err)
{
    AUTO(deposit_done) struct deposit deposit = {.field = NULL};
    struct textstore_entry entry;
    bool found = false, may = false, fit = false, by_hub = false, by_kiosk = false;
    buf_init(&deposit.payload, TEXTSTORE_PAYLOAD_MAX_BYTES);
    TRY(read_deposit(text, &deposit, err));
    TRY(textstore_entry_find(db, deposit.id, deposit.field, &entry, &found, err));
    if (found)
        TRY(textstore_is_of(db, &entry, lane, &may, err));
    if (!may)
        return err_set(err, STATUS_BAD_INPUT, "a text belongs to no entry of its lane");
    TRY(textstore_redaction_find(db, deposit.id, deposit.field, &by_hub, &by_kiosk, err));
    if (by_hub || by_kiosk)
        return STATUS_OK;
    TRY(fits(deposit.salt, deposit.field, deposit.payload.data, deposit.payload.size_bytes,
             entry.commitment, &fit, err));
    if (!fit)
        return err_set(err, STATUS_BAD_INPUT, "a text does not fit the commitment of its entry");
    return add(db, &deposit, taken, err);
}

enum status textstore_take(struct db *db, const char *lane, const json_t *texts, int64_t *ret_taken,
                           struct err *err)
{
    int64_t taken = 0;
    size_t index = 0;
    const json_t *text = NULL;
    if (!json_is_array(texts))
        return err_set(err, STATUS_BAD_INPUT, "\"texts\" must be a list");
    json_array_foreach(texts, index, text)
    {
        TRY(take_one(db, lane, text, &taken, err));
    }
    *ret_taken = taken;
    return STATUS_OK;
}

enum status textstore_erase(struct db *db, const uint8_t id[ENTRY_ID_BYTES], const char *field,
                            bool *ret_there, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 0;
    TRY(stmt_use(db, HUB_FREE_TEXT_ERASE, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, field);
    TRY(stmt_run(q, &changes, err));
    *ret_there = changes > 0;
    return STATUS_OK;
}

// ---- verify ------------------------------------------------------------------------------------

static enum status fail(const uint8_t *id, const char *field, const char *what, struct err *err)
{
    char hex[2 * ENTRY_ID_BYTES + 1];
    text_hex(id, ENTRY_ID_BYTES, hex);
    return err_set(err, STATUS_CHECK_FAILED, "table free_text, %s of %s: %s", field, hex, what);
}

static enum status verify_one(struct db *db, struct stmt *q, struct err *err)
{
    size_t id_bytes = 0, salt_bytes = 0, payload_bytes = 0;
    const uint8_t *id = stmt_blob(q, 0, &id_bytes), *salt = stmt_blob(q, 2, &salt_bytes);
    const char *field = stmt_text(q, 1);
    const void *payload = stmt_blob(q, 3, &payload_bytes);
    struct textstore_entry entry;
    bool found = false, fit = false, by_hub = false, by_kiosk = false;
    TRY(textstore_entry_find(db, id, field, &entry, &found, err));
    if (!found)
        return fail(id, field, "the ledger has no entry for it", err);
    TRY(textstore_redaction_find(db, id, field, &by_hub, &by_kiosk, err));
    if (by_hub || by_kiosk)
        return fail(id, field, "it was erased and is still there", err);
    if (payload_bytes <= TEXTSTORE_PAYLOAD_MAX_BYTES && salt_bytes == TEXTSTORE_SALT_BYTES)
        TRY(fits(salt, field, payload, payload_bytes, entry.commitment, &fit, err));
    return fit ? STATUS_OK : fail(id, field, "it is not the text that its entry commits to", err);
}

enum status textstore_verify(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_FREE_TEXT_WALK, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(verify_one(db, q, err));
    }
}
