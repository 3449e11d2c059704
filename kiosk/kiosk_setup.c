// SPDX-License-Identifier: MIT
// Reads the setup's pieces from the lane's start and compares.
#include "kiosk_setup.h"

#include <string.h>

#include "crypto.h"
#include "entry.h"
#include "kiosk_sql.h"
#include "setup.h"
#include "stmt.h"
#include "text.h"

// What has been read of the lane so far.
struct reading {
    struct entry_join join;
    char sha256[sizeof((struct entry_join *)0)->sha256]; // of the last complete document, or ""
};

static void reading_done(struct reading *reading)
{
    buf_done(&reading->join.whole);
}

// *ret_more is false for the first entry that is no setup.
static enum status read_row(struct reading *reading, struct stmt *q, bool *ret_more,
                            struct err *err)
{
    struct entry entry = {0};
    TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
    *ret_more = entry.kind == ENTRY_SETUP;
    bool complete = false;
    enum status status = STATUS_OK;
    if (*ret_more)
        status = entry_join_add(&reading->join, &entry, &complete, err);
    entry_done(&entry);
    if (complete)
        memcpy(reading->sha256, reading->join.sha256, sizeof reading->sha256);
    return status;
}

static enum status read_pieces(struct db *db, struct reading *reading, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, INT64_MAX); // rows come one by one, and we stop at the first other kind
    for (bool more = true; more;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            break;
        struct err fault;
        const enum status status = read_row(reading, q, &more, &fault);
        if (status == STATUS_BAD_INPUT || status == STATUS_TOO_LARGE)
            return err_set(err, STATUS_CHECK_FAILED, "the setup in the journal: %.300s",
                           fault.text);
        if (status != STATUS_OK)
            *err = fault;
        TRY(status);
    }
    return STATUS_OK;
}

enum status kiosk_setup_check(struct db *db, const struct buf *text, struct err *err)
{
    AUTO(reading_done) struct reading reading = {0};
    buf_init(&reading.join.whole, SETUP_LIMIT_BYTES);
    TRY(read_pieces(db, &reading, err));
    if (reading.sha256[0] == '\0')
        return err_set(err, STATUS_CHECK_FAILED,
                       "the journal does not begin with a setup; it was not made by "
                       "`hailong-kiosk init`");
    uint8_t hash[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    crypto_sha256(buf_text(text), text->size_bytes, hash);
    text_hex(hash, sizeof hash, hex);
    if (strcmp(hex, reading.sha256) == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "setup.json is not the one in the journal: it was changed after "
                   "`hailong-kiosk init`. Put the original file back, or make a new data "
                   "directory with `hailong-kiosk init`");
}
