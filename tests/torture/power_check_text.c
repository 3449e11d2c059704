// SPDX-License-Identifier: MIT
// What must hold of all that stands beside the answers: texts, seals, checkpoints, what the hub
// has taken and what it sent.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kiosk_setup.h"
#include "power.h"
#include "sqlite.h"
#include "text.h"

enum { TEXTS_MAX = 512, COMMITTED_BYTES = 8192, BEGIN_BYTES = 160 };

// A row of `outbox` or `free_text`.
struct row {
    char id[2 * ENTRY_ID_BYTES + 1]; // "": it waits
    char field[8];
    char *words; // of a text that is not erased, else NULL
    bool contact, sent, erased;
};
struct rows {
    struct row row[TEXTS_MAX];
    size_t count;
};

static sqlite3_stmt *query(struct db *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    struct err err = {0};
    return db_prepare(db, sql, &q, &err) == STATUS_OK ? q : NULL;
}

static int64_t number(struct db *db, const char *sql)
{
    sqlite3_stmt *q = query(db, sql);
    const int64_t value = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
    sqlite3_finalize(q);
    return value;
}

// Kind and id stand at the beginning.
static bool begins_with(const char *line, const char *text)
{
    return memmem(line, strnlen(line, BEGIN_BYTES), text, strlen(text)) != NULL;
}

static bool is_kind(const char *line, const char *kind)
{
    char text[40];
    snprintf(text, sizeof text, "\"kind\":\"%s\"", kind);
    return begins_with(line, text);
}

static int64_t value_of(const char *line, const char *key)
{
    char text[40];
    snprintf(text, sizeof text, "\"%s\":", key);
    const char *at = strstr(line, text);
    return at == NULL ? -1 : atoll(at + strlen(text));
}

// ---- which roots are needed ---------------------------------------------------------------------

static void want(struct power_lines *lines, int64_t size)
{
    if (size >= 0 && size <= POWER_LINES_MAX)
        lines->wanted[size] = true;
}

void power_lines_begin(struct db *db, const struct power_trace *trace, size_t promises,
                       struct power_lines *lines)
{
    lines->count = 0;
    memset(lines->wanted, 0, sizeof lines->wanted);
    memset(lines->line, 0, sizeof lines->line);
    for (size_t i = 0; i < promises; i++)
        if (trace->promises[i].taken != NULL)
            want(lines, (int64_t)trace->promises[i].taken->size);
    sqlite3_stmt *q = query(db, "SELECT size FROM checkpoint");
    while (sqlite3_step(q) == SQLITE_ROW)
        want(lines, sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
}

// ---- texts --------------------------------------------------------------------------------------

static const char *line_of(const struct power_lines *lines, const char *id)
{
    char text[2 * ENTRY_ID_BYTES + 10];
    snprintf(text, sizeof text, "\"id\":\"%s\"", id);
    for (size_t i = 0; i < lines->count; i++)
        if (begins_with(lines->line[i], text))
            return lines->line[i];
    return NULL;
}

static bool fits(const char *line, const char *field, const void *salt, const void *payload,
                 size_t size)
{
    uint8_t bytes[COMMITTED_BYTES], mac[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1], said[2 * CRYPTO_HASH_BYTES + 20];
    const size_t name = strlen(field) + 1;
    power_need(name + size <= sizeof bytes, "a text of that size", NULL);
    memcpy(bytes, field, name);
    memcpy(bytes + name, payload, size);
    crypto_hmac(salt, bytes, name + size, mac);
    text_hex(mac, sizeof mac, hex);
    snprintf(said, sizeof said, "\"%s\":\"%s\"", field, hex);
    return strstr(line, said) != NULL;
}

static void add_row(struct rows *rows, const struct row *row)
{
    power_need(rows->count < TEXTS_MAX, "too many texts", NULL);
    rows->row[rows->count++] = *row;
}

static void read_waiting(struct db *db, struct rows *rows)
{
    sqlite3_stmt *q = query(db, "SELECT text, contact IS NOT NULL FROM outbox");
    while (sqlite3_step(q) == SQLITE_ROW) {
        const struct row row = {.field = "text",
                                .words = strdup((const char *)sqlite3_column_text(q, 0)),
                                .contact = sqlite3_column_int(q, 1) != 0};
        add_row(rows, &row);
    }
    sqlite3_finalize(q);
}

static const char *read_kept(struct db *db, const struct power_lines *lines, struct rows *rows)
{
    const char *wrong = NULL;
    sqlite3_stmt *q = query(db, "SELECT lower(hex(id)), field, salt, payload, sent FROM free_text");
    while (wrong == NULL && sqlite3_step(q) == SQLITE_ROW) {
        struct row row = {.sent = sqlite3_column_int(q, 4) == 1,
                          .erased = sqlite3_column_type(q, 3) == SQLITE_NULL};
        snprintf(row.id, sizeof row.id, "%s", (const char *)sqlite3_column_text(q, 0));
        snprintf(row.field, sizeof row.field, "%s", (const char *)sqlite3_column_text(q, 1));
        const char *line = line_of(lines, row.id);
        row.contact = line != NULL && is_kind(line, "petition");
        const size_t size = (size_t)sqlite3_column_bytes(q, 3);
        if (line == NULL || !(row.contact || is_kind(line, "comment")))
            wrong = power_say("a text stands beside the journal without an entry", row.id);
        else if (!row.erased &&
                 !fits(line, row.field, sqlite3_column_blob(q, 2), sqlite3_column_blob(q, 3), size))
            wrong = power_say("a text does not fit its commitment", line);
        if (!row.erased && strcmp(row.field, "text") == 0)
            row.words = strndup(sqlite3_column_blob(q, 3), size);
        add_row(rows, &row);
    }
    sqlite3_finalize(q);
    return wrong;
}

static const char *check_rows(const struct power_lines *lines, const struct rows *rows)
{
    size_t wanted = 0, kept = 0;
    for (size_t i = 0; i < lines->count; i++)
        wanted += is_kind(lines->line[i], "comment")    ? 1
                  : is_kind(lines->line[i], "petition") ? 2
                                                        : 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        kept += row->id[0] != '\0';
        if (row->sent && !power_hub_has(row->id, row->field))
            return power_say("a text counts as sent that the hub never got", row->id);
        for (size_t k = 0; k < i && row->words != NULL; k++)
            if (rows->row[k].words != NULL && strcmp(rows->row[k].words, row->words) == 0)
                return power_say("a text stands twice", row->words);
    }
    return kept == wanted ? NULL : power_say("an entry has lost its text", "");
}

static const struct row *find_words(const struct rows *rows, const char *words)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->row[i].words != NULL && strcmp(rows->row[i].words, words) == 0)
            return &rows->row[i];
    return NULL;
}

static bool is_erased(const struct power_trace *trace, int64_t received, const char *words)
{
    for (size_t i = 0; i < trace->message_count && (int64_t)i < received; i++)
        if (trace->messages[i].words != NULL && strcmp(trace->messages[i].words, words) == 0)
            return true;
    return false;
}

static const char *check_words(const struct power_trace *trace, size_t promises,
                               const struct rows *rows, int64_t received)
{
    size_t last_seal = 0; // promises before it
    for (size_t i = 0; i < promises; i++)
        if (trace->promises[i].sealed > 0)
            last_seal = i;
    for (size_t i = 0; i < promises; i++) {
        const struct power_promise *promise = &trace->promises[i];
        if (promise->words == NULL)
            continue;
        const struct row *row = find_words(rows, promise->words);
        if (is_erased(trace, received, promise->words)) {
            if (row != NULL)
                return power_say("an erased text is there", promise->words);
        } else if (row == NULL)
            return power_say("an acknowledged text is lost", promise->words);
        else if (row->contact != promise->petition)
            return power_say("a text is of another kind", promise->words);
        else if (i < last_seal && row->id[0] == '\0')
            return power_say("a text waits though its day was sealed", promise->words);
    }
    return NULL;
}

static const char *check_texts(struct db *db, const struct power_trace *trace, size_t promises,
                               const struct power_lines *lines, int64_t received)
{
    static struct rows rows;
    rows.count = 0;
    read_waiting(db, &rows);
    const char *wrong = read_kept(db, lines, &rows);
    if (wrong == NULL)
        wrong = check_rows(lines, &rows);
    if (wrong == NULL)
        wrong = check_words(trace, promises, &rows, received);
    for (size_t i = 0; i < rows.count; i++)
        free(rows.row[i].words);
    return wrong;
}

// ---- heads and seals ----------------------------------------------------------------------------

static const char *check_note(sqlite3_stmt *q, const struct power_lines *lines, bool whole)
{
    struct note_checkpoint checkpoint;
    struct err err = {0};
    const uint64_t size = (uint64_t)sqlite3_column_int64(q, 0);
    if (size > lines->count)
        return power_say("a checkpoint is of more entries than there are", "");
    for (int column = 1; column <= 2; column++) {
        const char *note = (const char *)sqlite3_column_text(q, column);
        if (note == NULL)
            continue;
        if (note_read(note, strlen(note), &checkpoint, &err) != STATUS_OK ||
            checkpoint.size != size ||
            memcmp(checkpoint.root, lines->roots[size], CRYPTO_HASH_BYTES) != 0)
            return power_say("a checkpoint is not of this journal", note);
        if (whole && column == 2 &&
            note_verify(note, strlen(note), &power_hub_key, NULL, &err) != STATUS_OK)
            return power_say("an acknowledgement without the hub's signature", err.text);
    }
    return NULL;
}

static const char *check_notes(struct db *db, const struct power_lines *lines, bool whole)
{
    const char *wrong = NULL;
    sqlite3_stmt *q = query(db, "SELECT size, note, ack_note FROM checkpoint");
    while (wrong == NULL && sqlite3_step(q) == SQLITE_ROW)
        wrong = check_note(q, lines, whole);
    sqlite3_finalize(q);
    return wrong;
}

// Each seal counts the responses since the one before, and is the end of a signed head.
static const char *check_seals(struct db *db, const struct power_lines *lines)
{
    int64_t count = 0, seals = 0;
    for (size_t i = 0; i < lines->count; i++) {
        count += is_kind(lines->line[i], "response");
        if (!is_kind(lines->line[i], "seal"))
            continue;
        if (value_of(lines->line[i], "count") != count)
            return power_say("a seal counts other responses", lines->line[i]);
        if (!lines->wanted[i + 1])
            return power_say("a seal has no checkpoint", lines->line[i]);
        count = 0;
        seals++;
    }
    return number(db, "SELECT count(*) FROM seal JOIN checkpoint ON size = seq + 1") == seals
               ? NULL
               : power_say("the table of seals is not that of the entries", "");
}

static const char *check_acks(const struct power_lines *lines)
{
    int64_t last = 0;
    for (size_t i = 0; i < lines->count; i++) {
        if (!is_kind(lines->line[i], "ack"))
            continue;
        const int64_t size = value_of(lines->line[i], "size");
        if (size <= last || size > (int64_t)i || !lines->wanted[size])
            return power_say("an ack of a head that is not kept, or a second one", lines->line[i]);
        last = size;
    }
    return NULL;
}

// ---- what was promised --------------------------------------------------------------------------

static const char *check_head(const struct power_lines *lines, const struct merkle *taken)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    merkle_root(taken, root);
    if (taken->size > lines->count)
        return power_say("the hub has entries that the kiosk lost", "");
    return memcmp(root, lines->roots[taken->size], sizeof root) == 0
               ? NULL
               : power_say("the hub has other entries than the kiosk", "");
}

static const char *check_promise(struct db *db, const struct power_promise *promise,
                                 const struct power_lines *lines, int64_t flags)
{
    char sql[100];
    if (promise->flags > flags)
        return power_say("a flag is lost", "");
    if (promise->sealed > lines->count ||
        (promise->sealed > 0 && !is_kind(lines->line[promise->sealed - 1], "seal")))
        return power_say("a seal is lost", "");
    if (promise->sealed > 0 &&
        value_of(lines->line[promise->sealed - 1], "count") != promise->count)
        return power_say("a seal says another number", lines->line[promise->sealed - 1]);
    if (promise->taken != NULL)
        return check_head(lines, promise->taken);
    if (promise->acked == 0)
        return NULL;
    snprintf(sql, sizeof sql, "SELECT ack_note IS NOT NULL FROM checkpoint WHERE size = %" PRIu64,
             promise->acked);
    if (number(db, sql) != 1)
        return power_say("an acknowledgement of the hub is lost", "");
    return number(db, "SELECT hub_size FROM sync") >= (int64_t)promise->acked &&
                   number(db, "SELECT received FROM sync") >= promise->received
               ? NULL
               : power_say("the kiosk forgot what it heard from the hub", "");
}

// ---- messages -----------------------------------------------------------------------------------

static bool has_redaction(const struct power_lines *lines, const char *id)
{
    char text[2 * ENTRY_ID_BYTES + 10];
    snprintf(text, sizeof text, "\"of\":\"%s\"", id);
    size_t count = 0;
    for (size_t i = 0; i < lines->count; i++)
        count += is_kind(lines->line[i], "redaction") && strstr(lines->line[i], text) != NULL;
    return count == 1;
}

static bool is_in_force(struct db *db, const char *setup)
{
    struct err err = {0};
    AUTO(buf_done) struct buf text;
    buf_init(&text, SETUP_LIMIT_BYTES);
    return kiosk_setup_newest(db, &text, &err) == STATUS_OK && strcmp(buf_text(&text), setup) == 0;
}

static bool has_effect(struct db *db, const struct power_message *message,
                       const struct power_lines *lines)
{
    char sql[160];
    const char *quoted = strchr(message->text, ':');
    if (strcmp(message->type, "erase") == 0) {
        snprintf(sql, sizeof sql,
                 "SELECT payload IS NULL FROM free_text WHERE field = 'text' AND id = x'%s'",
                 message->of);
        return has_redaction(lines, message->of) && number(db, sql) == 1;
    }
    if (strcmp(message->type, "answer") == 0)
        snprintf(sql, sizeof sql, "SELECT count(*) FROM answer WHERE petition = x'%.32s'",
                 quoted + 2);
    else if (strcmp(message->type, "codes") == 0)
        snprintf(sql, sizeof sql, "SELECT count(*) FROM code_pool WHERE code = '%.10s'",
                 quoted + 3);
    else
        return is_in_force(db, message->text);
    return number(db, sql) == 1;
}

// Effect and number come together. An answer goes with its petition's text when that is erased.
static const char *check_messages(struct db *db, const struct power_trace *trace,
                                  const struct power_lines *lines, int64_t received)
{
    if (received > (int64_t)trace->message_count)
        return power_say("messages were received that nobody sent", "");
    for (size_t i = 0; i < trace->message_count; i++) {
        const struct power_message *message = &trace->messages[i];
        const bool before = (int64_t)i < received;
        if (before && strcmp(message->type, "answer") == 0)
            continue;
        if (has_effect(db, message, lines) != before)
            return power_say(before ? "a message that was received had no effect"
                                    : "a message had its effect and may come again",
                             message->type);
    }
    return NULL;
}

const char *power_check_beside(struct db *db, const struct power_trace *trace, size_t promises,
                               const struct power_lines *lines, bool whole)
{
    const int64_t received = number(db, "SELECT received FROM sync");
    int64_t flags = 0;
    for (size_t i = 0; i < lines->count; i++)
        flags += is_kind(lines->line[i], "flag");
    const char *wrong = check_notes(db, lines, whole);
    if (wrong == NULL)
        wrong = check_seals(db, lines);
    if (wrong == NULL)
        wrong = check_acks(lines);
    if (wrong == NULL)
        wrong = check_texts(db, trace, promises, lines, received);
    if (wrong == NULL)
        wrong = check_messages(db, trace, lines, received);
    for (size_t i = 0; i < promises && wrong == NULL; i++)
        wrong = check_promise(db, &trace->promises[i], lines, flags);
    return wrong;
}
