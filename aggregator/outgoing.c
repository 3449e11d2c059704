// SPDX-License-Identifier: MIT
// Queues messages to lanes and lists what they have not confirmed.
#include "outgoing.h"

#include <stdio.h>

#include "hub_sql.h"
#include "signing.h"
#include "stmt.h"

static enum status next_number(struct db *db, const char *lane, int64_t *ret_n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *grow = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 0;
    bool found = false;
    TRY(stmt_use(db, HUB_MESSAGE_NEXT, &grow, err));
    stmt_bind_text(grow, 1, lane);
    TRY(stmt_run(grow, &changes, err));
    TRY(stmt_use(db, HUB_MESSAGE_NUMBER, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    if (changes != 1 || !found)
        return err_set(err, STATUS_NOT_FOUND, "this hub knows no such lane");
    *ret_n = stmt_int(q, 0);
    return STATUS_OK;
}

enum status outgoing_add(const struct hub *hub, struct db *db, const char *lane, const char *type,
                         const char *text, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct signing_message message = {.lane = lane, .type = type, .text = text};
    uint8_t signature[CRYPTO_SIGN_BYTES];
    TRY(next_number(db, lane, &message.n, err));
    TRY(signing_message(&message, hublane_secret(hub->lane), signature, err));
    TRY(stmt_use(db, HUB_MESSAGE_ADD, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, message.n);
    stmt_bind_text(q, 3, type);
    stmt_bind_text(q, 4, text);
    stmt_bind_blob(q, 5, signature, sizeof signature);
    return stmt_run(q, NULL, err);
}

static enum status append(struct stmt *q, json_t *messages, struct err *err)
{
    AUTO(buf_done) struct buf sig;
    size_t sig_bytes = 0;
    const void *bytes = stmt_blob(q, 3, &sig_bytes);
    buf_init(&sig, (size_t)2 * CRYPTO_SIGN_BYTES);
    crypto_base64(bytes, sig_bytes, &sig);
    TRY(buf_check(&sig, err));
    json_t *message = json_pack("{s:I, s:s, s:s, s:s}", "n", (json_int_t)stmt_int(q, 0), "type",
                                stmt_text(q, 1), "text", stmt_text(q, 2), "sig", buf_text(&sig));
    if (message == NULL || json_array_append_new(messages, message) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for messages");
    return STATUS_OK;
}

enum status outgoing_list(struct db *db, const char *lane, json_t *messages, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    size_t sum_bytes = 0;
    bool more = false;
    TRY(stmt_use(db, HUB_MESSAGE_LIST, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, OUTGOING_AT_ONCE);
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        // The first goes in any case, the rest when there is room.
        sum_bytes += stmt_text_size(q, 2);
        if (json_array_size(messages) > 0 && sum_bytes > OUTGOING_TEXT_BYTES)
            return STATUS_OK;
        TRY(append(q, messages, err));
    }
}

// How far the lane's numbers go, and what it has confirmed.
static enum status find_numbers(struct db *db, const char *lane, int64_t *ret_last,
                                int64_t *ret_received, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_MESSAGE_NUMBER, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "this hub knows no such lane");
    *ret_last = stmt_int(q, 0);
    *ret_received = stmt_int(q, 1);
    return STATUS_OK;
}

// ---- after a restore -------------------------------------------------------------------------

enum status outgoing_unsure(struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_MESSAGE_UNSURE, &q, err));
    stmt_bind_int(q, 1, OUTGOING_UNSURE);
    return stmt_run(q, NULL, err);
}

enum status outgoing_is_unsure(struct db *db, const char *lane, bool *ret_unsure, struct err *err)
{
    int64_t last = 0, received = 0;
    TRY(find_numbers(db, lane, &last, &received, err));
    *ret_unsure = last >= OUTGOING_UNSURE;
    return STATUS_OK;
}

static enum status read_behind(struct db *db, const char *lane, int64_t n, json_t *messages,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_MESSAGE_BEHIND, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, n);
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        json_t *message = json_pack("{s:s, s:s}", "type", stmt_text(q, 0), "text", stmt_text(q, 1));
        if (message == NULL || json_array_append_new(messages, message) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for messages");
    }
}

static enum status number_from(struct db *db, const char *lane, int64_t n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *drop = NULL;
    AUTO(stmt_releasep) struct stmt *set = NULL;
    TRY(stmt_use(db, HUB_MESSAGE_DROP, &drop, err));
    stmt_bind_text(drop, 1, lane);
    stmt_bind_int(drop, 2, INT64_MAX);
    TRY(stmt_run(drop, NULL, err));
    TRY(stmt_use(db, HUB_MESSAGE_RESUME, &set, err));
    stmt_bind_text(set, 1, lane);
    stmt_bind_int(set, 2, n);
    return stmt_run(set, NULL, err);
}

enum status outgoing_resume(const struct hub *hub, struct db *db, const char *lane, int64_t n,
                            struct err *err)
{
    AUTO(json_decrefp) json_t *messages = json_array();
    int64_t last = 0, received = 0;
    size_t index = 0;
    const json_t *message = NULL;
    TRY(find_numbers(db, lane, &last, &received, err));
    if (last < OUTGOING_UNSURE || n < 0 || n >= OUTGOING_UNSURE)
        return STATUS_OK;
    if (messages == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for messages");
    TRY(read_behind(db, lane, n, messages, err));
    TRY(number_from(db, lane, n, err));
    json_array_foreach(messages, index, message)
    {
        TRY(outgoing_add(hub, db, lane, json_text_or(message, "type", ""),
                         json_text_or(message, "text", ""), err));
    }
    return STATUS_OK;
}

enum status outgoing_received(struct db *db, const char *lane, int64_t n, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *set = NULL;
    AUTO(stmt_releasep) struct stmt *drop = NULL;
    int64_t last = 0, received = 0;
    TRY(find_numbers(db, lane, &last, &received, err));
    if (n > last)
        return err_set(err, STATUS_BAD_INPUT,
                       "\"received\" is larger than the number of the last message");
    // An older number is a request that was late.
    if (n <= received)
        return STATUS_OK;
    TRY(stmt_use(db, HUB_MESSAGE_RECEIVED_SET, &set, err));
    stmt_bind_text(set, 1, lane);
    stmt_bind_int(set, 2, n);
    TRY(stmt_run(set, NULL, err));
    TRY(stmt_use(db, HUB_MESSAGE_DROP, &drop, err));
    stmt_bind_text(drop, 1, lane);
    stmt_bind_int(drop, 2, n);
    return stmt_run(drop, NULL, err);
}

enum status outgoing_drop(struct db *db, const char *lane, struct err *err)
{
    int64_t last = 0, received = 0;
    TRY(find_numbers(db, lane, &last, &received, err));
    return last > received ? outgoing_received(db, lane, last, err) : STATUS_OK;
}
