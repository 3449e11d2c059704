// SPDX-License-Identifier: MIT
// Makes and checks the bearer keys of kiosks.
#include "joinkey.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hub_sql.h"
#include "stmt.h"

enum status joinkey_make(struct db *db, const char *unit, char ret_key[JOINKEY_CHARS + 1],
                         struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    AUTO(buf_done) struct buf text;
    uint8_t key[CRYPTO_KEY_BYTES], hash[CRYPTO_HASH_BYTES];
    crypto_random(key, sizeof key);
    buf_init(&text, JOINKEY_CHARS);
    crypto_base64url(key, sizeof key, &text);
    crypto_wipe(key, sizeof key);
    TRY(buf_check(&text, err));
    crypto_sha256(text.data, text.size_bytes, hash);
    TRY(stmt_use(db, HUB_JOIN_KEY_ADD, &q, err));
    stmt_bind_blob(q, 1, hash, sizeof hash);
    stmt_bind_text(q, 2, unit);
    TRY(stmt_run(q, NULL, err));
    memcpy(ret_key, buf_text(&text), JOINKEY_CHARS + 1);
    return STATUS_OK;
}

bool joinkey_of_header(const char *authorization, uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    static const char scheme[] = "Bearer ";
    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *key = authorization + sizeof scheme - 1;
    if (strlen(key) != JOINKEY_CHARS)
        return false;
    crypto_sha256(key, JOINKEY_CHARS, ret_hash);
    return true;
}

static enum status bind(struct db *db, const uint8_t *hash, const char *lane, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_JOIN_KEY_BIND, &q, err));
    stmt_bind_blob(q, 1, hash, CRYPTO_HASH_BYTES);
    stmt_bind_text(q, 2, lane);
    return stmt_run(q, NULL, err);
}

enum status joinkey_admit(struct db *db, const uint8_t hash[CRYPTO_HASH_BYTES], const char *lane,
                          char ret_unit[9], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_JOIN_KEY_FIND, &q, err));
    stmt_bind_blob(q, 1, hash, CRYPTO_HASH_BYTES);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_UNAUTHORIZED,
                       "this hub did not make that key; make one with `hailong-aggregator join`");
    bool bound = !stmt_is_null(q, 1);
    if (bound && strcmp(stmt_text(q, 1), lane) != 0)
        return err_set(err, STATUS_DENIED,
                       "that key belongs to another lane; a new kiosk needs a key of its own");
    snprintf(ret_unit, 9, "%s", stmt_text(q, 0));
    return bound ? STATUS_OK : bind(db, hash, lane, err);
}
