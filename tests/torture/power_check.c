// SPDX-License-Identifier: MIT
// What must hold for each state of the disk.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "kiosk_sql.h"
#include "power.h"
#include "sqlite.h"

enum { SLOTS = POWER_LINES_MAX, PLACE_CHARS = 2 * ENTRY_ID_BYTES };

// The entries found, by id and part; lines are copied, because rows come and go.
struct found {
    char *lines[SLOTS];
    uint8_t ids[SLOTS][ENTRY_ID_BYTES];
    int64_t parts[SLOTS];
};

static char reason[600];

const char *power_say(const char *what, const char *detail)
{
    snprintf(reason, sizeof reason, "%s%s%.500s", what, detail[0] == '\0' ? "" : ": ", detail);
    return reason;
}

static size_t slot_of(const struct found *found, const uint8_t *id, int64_t part)
{
    size_t slot = ((size_t)id[4] << 8 | id[5]) + (size_t)part * 7;
    for (slot %= SLOTS; found->lines[slot] != NULL; slot = (slot + 1) % SLOTS)
        if (memcmp(found->ids[slot], id, ENTRY_ID_BYTES) == 0 && found->parts[slot] == part)
            break;
    return slot;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
}

// Read from the line itself, so that the tables beside it need not be believed.
static bool read_key(const char *line, uint8_t *ret_id, int64_t *ret_part)
{
    const char *id = strstr(line, "\"id\":\"");
    if (id == NULL || strlen(id) < 6 + PLACE_CHARS)
        return false;
    for (int i = 0; i < ENTRY_ID_BYTES; i++)
        ret_id[i] = (uint8_t)(digit(id[6 + 2 * i]) << 4 | digit(id[7 + 2 * i]));
    const char *part = strstr(line, "\"part\":");
    *ret_part = part == NULL ? 0 : atoll(part + 7);
    return true;
}

static const char *add_line(struct found *found, const char *line, struct power_lines *lines)
{
    uint8_t id[ENTRY_ID_BYTES];
    int64_t part = 0;
    if (!read_key(line, id, &part))
        return power_say("an entry has no id", line);
    const size_t slot = slot_of(found, id, part);
    if (found->lines[slot] != NULL)
        return power_say("an id and part stand twice", line);
    found->lines[slot] = strdup(line);
    power_need(found->lines[slot] != NULL, "memory", NULL);
    memcpy(found->ids[slot], id, sizeof id);
    found->parts[slot] = part;
    lines->line[lines->count++] = found->lines[slot];
    return NULL;
}

static const char *compare_head(struct db *db, const struct merkle *tree)
{
    struct err err = {0};
    AUTO(db_finalizep) sqlite3_stmt *q = NULL;
    if (db_prepare(db, "SELECT size, frontier FROM head", &q, &err) != STATUS_OK ||
        sqlite3_step(q) != SQLITE_ROW)
        return power_say("the head cannot be read", err.text);
    uint8_t frontier[MERKLE_WIRE_LIMIT_BYTES];
    const size_t bytes = merkle_write(tree, frontier);
    if ((uint64_t)sqlite3_column_int64(q, 0) != tree->size)
        return power_say("the head has another size than the entries", "");
    if ((size_t)sqlite3_column_bytes(q, 1) != bytes ||
        (bytes > 0 && memcmp(sqlite3_column_blob(q, 1), frontier, bytes) != 0))
        return power_say("the frontier is not that of the entries", "");
    return NULL;
}

static const char *check_tree(struct db *db, struct found *found, struct power_lines *lines)
{
    struct err err = {0};
    AUTO(db_finalizep) sqlite3_stmt *q = NULL;
    if (db_prepare(db, "SELECT seq, line FROM entry ORDER BY seq", &q, &err) != STATUS_OK)
        return power_say("the journal cannot be read", err.text);
    struct merkle tree;
    merkle_init(&tree);
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        if ((uint64_t)sqlite3_column_int64(q, 0) != tree.size)
            return power_say("the journal has a gap", "");
        const char *line = (const char *)sqlite3_column_text(q, 1);
        uint8_t leaf[CRYPTO_HASH_BYTES];
        merkle_leaf(line, (size_t)sqlite3_column_bytes(q, 1), leaf);
        merkle_add(&tree, leaf);
        const char *wrong = add_line(found, line, lines);
        if (wrong != NULL)
            return wrong;
        if (lines->wanted[tree.size])
            merkle_root(&tree, lines->roots[tree.size]);
    }
    if (code != SQLITE_DONE)
        return power_say("the journal cannot be read", sqlite3_errmsg(db->handle));
    return compare_head(db, &tree);
}

static const char *check_slip(struct db *db, struct kiosk *shell,
                              const struct power_promise *promise)
{
    struct slip slip;
    struct err err = {0};
    if (slip_find(shell, db, promise->code, &slip, &err) != STATUS_OK)
        return power_say("a slip cannot be read", err.text);
    if (slip.state == SLIP_UNKNOWN)
        return power_say("a slip that was given out is lost", "");
    if (promise->spent && slip.state != SLIP_FINISHED)
        return power_say("a slip that was used is open again", "");
    return NULL;
}

static const char *check_promises(struct db *db, const struct found *found,
                                  const struct power_trace *trace, size_t promises)
{
    struct kiosk *shell = calloc(1, sizeof *shell); // slips need the key alone
    power_need(shell != NULL, "memory", NULL);
    memcpy(shell->slip_key, trace->slip_key, sizeof shell->slip_key);
    const char *wrong = NULL;
    for (size_t i = 0; i < promises && wrong == NULL; i++) {
        const struct power_promise *promise = &trace->promises[i];
        if (promise->entry) {
            const char *line = found->lines[slot_of(found, promise->id, promise->part)];
            if (line == NULL)
                wrong = power_say("an acknowledged answer is lost", promise->tail);
            else if (strstr(line, promise->tail) == NULL)
                wrong = power_say("an acknowledged answer says something else", promise->tail);
        }
        if (wrong == NULL && promise->code[0] != '\0')
            wrong = check_slip(db, shell, promise);
    }
    free(shell);
    return wrong;
}

static const char *check_all(struct db *db, struct found *found, const struct power_trace *trace,
                             size_t promises, const char *lane, bool whole)
{
    struct err err = {0};
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    if (db_check(db, &err) != STATUS_OK)
        return power_say("damaged", err.text);
    if (whole && journal_verify(db, lane, &size, root, &err) != STATUS_OK)
        return power_say("verify", err.text);
    static struct power_lines lines;
    power_lines_begin(db, trace, promises, &lines);
    const char *wrong = check_tree(db, found, &lines);
    if (wrong == NULL)
        wrong = check_promises(db, found, trace, promises);
    return wrong != NULL ? wrong : power_check_beside(db, trace, promises, &lines, whole);
}

const char *power_check(struct power_image *image, const struct power_trace *trace, size_t promises,
                        const char *folder, const char *lane, bool whole)
{
    char path[KIOSK_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/kiosk.db", folder);
    struct err err = {0};
    struct db *db = NULL;
    static struct found found;
    power_image_use(image);
    power_vfs(POWER_VFS_IMAGE);
    const char *wrong = NULL;
    if (db_open(path, DB_READ, &kiosk_schema, &db, &err) != STATUS_OK)
        wrong = power_say("does not open", err.text);
    else
        wrong = check_all(db, &found, trace, promises, lane, whole);
    db_close(db);
    power_vfs(POWER_VFS_PLAIN);
    for (size_t i = 0; i < SLOTS; i++) {
        free(found.lines[i]);
        found.lines[i] = NULL;
    }
    return wrong;
}
