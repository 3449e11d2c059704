// SPDX-License-Identifier: MIT
// Commitments in the order of their entries.
#include "lanetext.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "text.h"

static const char *const fields[] = {"text", "contact"};
enum {
    FIELDS = 2,
    FIRST_TEXTS = 64,
    SALT_BYTES = CRYPTO_KEY_BYTES,
    // A field's name, a zero, and a payload: what the outbox takes, sealed, fits generously.
    MESSAGE_LIMIT_BYTES = 64 * 1024,
};

struct text {
    int64_t seq;
    int64_t redacted_by; // seq of the redaction, -1: none
    uint8_t commitment[CRYPTO_HASH_BYTES];
    uint8_t field;
    bool there; // its row was seen, with its content
};

struct lanetext {
    const char *noun;
    struct text *list; // by seq, then field
    size_t count, room;
};

enum status lanetext_open(const char *noun, struct lanetext **ret_texts, struct err *err)
{
    struct lanetext *texts = calloc(1, sizeof *texts);
    if (texts == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's texts");
    texts->noun = noun;
    *ret_texts = texts;
    return STATUS_OK;
}

void lanetext_close(struct lanetext *texts)
{
    if (texts == NULL)
        return;
    free(texts->list);
    free(texts);
}

static enum status add_field(struct lanetext *texts, const struct entry *entry, uint8_t field,
                             struct err *err)
{
    struct text text = {.seq = entry->seq, .redacted_by = -1, .field = field};
    const char *hex = json_text_or(entry->json, fields[field], NULL);
    if (hex == NULL)
        return STATUS_OK;
    if (!text_unhex(hex, strlen(hex), text.commitment, sizeof text.commitment))
        return err_set(err, STATUS_CHECK_FAILED, "%s %" PRId64 ": its commitment is none",
                       texts->noun, entry->seq);
    if (texts->count == texts->room) {
        size_t room = texts->room == 0 ? FIRST_TEXTS : texts->room * 2;
        struct text *larger = realloc(texts->list, room * sizeof *larger);
        if (larger == NULL)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a lane's texts");
        texts->list = larger;
        texts->room = room;
    }
    texts->list[texts->count++] = text;
    return STATUS_OK;
}

enum status lanetext_add(struct lanetext *texts, const struct entry *entry, struct err *err)
{
    for (int field = 0; field < FIELDS; field++)
        TRY(add_field(texts, entry, (uint8_t)field, err));
    return STATUS_OK;
}

static struct text *find(const struct lanetext *texts, int64_t seq, const char *field)
{
    size_t low = 0, high = texts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (texts->list[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < texts->count && texts->list[low].seq == seq; low++)
        if (strcmp(fields[texts->list[low].field], field) == 0)
            return &texts->list[low];
    return NULL;
}

enum status lanetext_redact(struct lanetext *texts, int64_t of_seq, const char *field, int64_t seq,
                            struct err *err)
{
    struct text *text = find(texts, of_seq, field);
    if (text == NULL)
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %" PRId64 ": redacts a field that %s %" PRId64 " does not have", seq,
                       texts->noun, of_seq);
    if (text->redacted_by >= 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %" PRId64 ": redacts what entry %" PRId64 " has redacted already",
                       seq, text->redacted_by);
    text->redacted_by = seq;
    return STATUS_OK;
}

static bool fits(const struct text *text, const struct lanetext_row *row, struct buf *message)
{
    uint8_t commitment[CRYPTO_HASH_BYTES];
    if (row->salt_bytes != SALT_BYTES)
        return false;
    buf_add(message, row->field, strlen(row->field) + 1); // with its zero
    buf_add(message, row->payload, row->payload_bytes);
    if (message->failed != STATUS_OK)
        return false;
    crypto_hmac(row->salt, message->data, message->size_bytes, commitment);
    return memcmp(commitment, text->commitment, sizeof commitment) == 0;
}

enum status lanetext_row(struct lanetext *texts, const struct lanetext_row *row, struct err *err)
{
    AUTO(buf_done) struct buf message;
    struct text *text = find(texts, row->of_seq, row->field);
    buf_init(&message, MESSAGE_LIMIT_BYTES);
    if (text == NULL)
        return err_set(err, STATUS_CHECK_FAILED,
                       "%s %" PRId64 ": a text stands beside it that it does not name (injected)",
                       texts->noun, row->of_seq);
    if (row->salt == NULL || row->payload == NULL)
        return STATUS_OK; // a row without content is as good as none
    if (text->redacted_by >= 0)
        return err_set(err, STATUS_CHECK_FAILED,
                       "%s %" PRId64 ": its %s was redacted by entry %" PRId64
                       " and is still there",
                       texts->noun, text->seq, row->field, text->redacted_by);
    if (!fits(text, row, &message)) {
        if (message.failed == STATUS_NO_MEMORY)
            return buf_check(&message, err);
        return err_set(err, STATUS_CHECK_FAILED,
                       "%s %" PRId64 ": its %s or salt was changed (edit): it does not fit the "
                       "commitment",
                       texts->noun, text->seq, row->field);
    }
    text->there = true;
    return STATUS_OK;
}

enum status lanetext_end(const struct lanetext *texts, struct err *err)
{
    for (size_t i = 0; i < texts->count; i++) {
        const struct text *text = &texts->list[i];
        if (!text->there && text->redacted_by < 0)
            return err_set(err, STATUS_CHECK_FAILED,
                           "%s %" PRId64 ": its %s is gone, and no redaction says so (erasure "
                           "without redaction)",
                           texts->noun, text->seq, fields[text->field]);
    }
    return STATUS_OK;
}
