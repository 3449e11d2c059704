// SPDX-License-Identifier: MIT
// Seal, checkpoint, export and visits.
#include "lane_commands.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "closing.h"
#include "file.h"
#include "kiosk_commands.h"
#include "kiosk_show.h"
#include "kiosk_sql.h"
#include "merkle.h"
#include "stmt.h"
#include "timekeeper.h"
#include "transfer.h"

enum {
    OUT_LIMIT_BYTES = 1024 * 1024,
    OUT_FLUSH_BYTES = 256 * 1024,
    KEY_FILE_LIMIT_BYTES = 4096, // what `hailong-aggregator key` prints, and some more
};

static enum status need_kiosk(const struct option_set *set, struct err *err)
{
    const char *folder = option_text(set, "data");
    if (folder == NULL || folder[0] == '\0')
        return err_set(err, STATUS_USAGE, "--data is missing");
    TRY(kiosk_check(folder, err));
    return crypto_open(err);
}

// ---- seal, visits -------------------------------------------------------------------------------

enum status lane_commands_seal(const struct option_set *set, struct err *err)
{
    const bool svg = strcmp(option_text(set, "format"), "svg") == 0;
    if (!svg && strcmp(option_text(set, "format"), "text") != 0)
        return err_set(err, STATUS_USAGE, "--format must be text or svg");
    AUTO(json_decrefp) json_t *model = NULL;
    TRY(kiosk_commands_ask(set, json_pack("{s:s}", "command", "seal"), &model, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    TRY(svg ? closing_svg(model, &out, err) : closing_text(model, &out, err));
    return kiosk_show_buf(&out, err);
}

enum status lane_commands_visits(const struct option_set *set, struct err *err)
{
    const char *area = option_text(set, "area"), *hour = option_text(set, "hour");
    if (area == NULL || !option_given(set, "count"))
        return err_set(err, STATUS_USAGE, "--area and --count are needed");
    TRY(kiosk_commands_need_step(set, err));
    AUTO(json_decrefp) json_t *reply = NULL;
    return kiosk_commands_ask(set,
                              json_pack("{s:s, s:s, s:s, s:I, s:s}", "command", "visits", "area",
                                        area, "step", option_text(set, "step"), "count",
                                        (json_int_t)option_int(set, "count"), "hour",
                                        hour == NULL ? "" : hour),
                              &reply, err);
}

// ---- what both of the others sign with
// -----------------------------------------------------------

struct lane {
    const char *folder;
    char name[ENTRY_LANE_CHARS + 1];
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key key;
    struct db *db;
};

static void lane_done(struct lane *lane)
{
    crypto_wipe(lane->secret, sizeof lane->secret);
    db_close(lane->db);
}

static enum status lane_open(const char *folder, struct lane *ret_lane, struct err *err)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    ret_lane->folder = folder;
    TRY(kiosk_secret(folder, ret_lane->secret, err));
    crypto_sign_public(ret_lane->secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &ret_lane->key);
    entry_lane_of_key(public_key, sizeof public_key, ret_lane->name);
    return kiosk_open_reader(folder, &ret_lane->db, err);
}

enum status lane_commands_checkpoint(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    AUTO(lane_done) struct lane lane = {.db = NULL};
    TRY(lane_open(option_text(set, "data"), &lane, err));
    AUTO(buf_done) struct buf out;
    buf_init(&out, NOTE_LIMIT_BYTES + NOTE_VKEY_BYTES);
    bool found = false;
    TRY(checkpoint_last(lane.db, INT64_MAX, false, &out, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND,
                       "there is no checkpoint yet; `serve` makes one each hour, `seal` at once");
    char vkey[NOTE_VKEY_BYTES];
    note_vkey(&lane.key, vkey);
    buf_addf(&out, "%s\n", vkey);
    return kiosk_show_buf(&out, err);
}

// ---- export -------------------------------------------------------------------------------------

// Where an export goes: to standard output as it is, or through the sealer.
struct outlet {
    struct transfer_sealer *sealer;
    struct buf out;
};

static void outlet_done(struct outlet *outlet)
{
    transfer_seal_close(outlet->sealer);
    buf_done(&outlet->out);
}

static enum status write_out(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    (void)context;
    if (fwrite(bytes, 1, size_bytes, stdout) != size_bytes)
        return err_errno(err, "standard output");
    return STATUS_OK;
}

static enum status flush(struct outlet *outlet, struct err *err)
{
    TRY(buf_check(&outlet->out, err));
    const char *bytes = buf_text(&outlet->out);
    if (outlet->sealer != NULL)
        TRY(transfer_seal_add(outlet->sealer, bytes, outlet->out.size_bytes, err));
    else
        TRY(write_out(NULL, bytes, outlet->out.size_bytes, err));
    buf_clear(&outlet->out);
    return STATUS_OK;
}

// The line of the key file that is a box; the hub prints it behind its other key.
static enum status read_box(const char *path, struct transfer_box *ret_box, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, KEY_FILE_LIMIT_BYTES);
    TRY(file_read(path, &text, err));
    for (const char *line = buf_text(&text); *line != '\0';) {
        const size_t chars = strcspn(line, "\r\n");
        if (transfer_box_read(line, chars, ret_box, NULL) == STATUS_OK)
            return STATUS_OK;
        line += chars;
        line += strspn(line, "\r\n");
    }
    return err_set(err, STATUS_BAD_INPUT,
                   "the file of --seal-to has no line \"hailong-box …\"; save there what "
                   "`hailong-aggregator key` prints");
}

static enum status open_outlet(const struct option_set *set, struct outlet *outlet, struct err *err)
{
    const char *path = option_text(set, "seal-to");
    buf_init(&outlet->out, OUT_LIMIT_BYTES);
    if (path == NULL) {
        fputs("Warning: an export that is not sealed shows the order of answers within an hour. "
              "Keep it closed, or use --seal-to.\n",
              stderr);
        return STATUS_OK;
    }
    struct transfer_box box;
    TRY(read_box(path, &box, err));
    return transfer_seal_open(&box, write_out, NULL, &outlet->sealer, err);
}

static enum status write_lines(struct db *db, int64_t since, int64_t end, struct outlet *outlet,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, since);
    stmt_bind_int(q, 2, end);
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        buf_add(&outlet->out, stmt_text(q, 1), stmt_text_size(q, 1));
        buf_add_char(&outlet->out, '\n');
        if (outlet->out.size_bytes >= OUT_FLUSH_BYTES)
            TRY(flush(outlet, err));
    }
}

static enum status read_head(struct db *db, uint64_t *ret_size, uint8_t ret_root[CRYPTO_HASH_BYTES],
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_HEAD_GET, &q, err));
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the database has no journal; run init first");
    struct merkle tree;
    size_t frontier_bytes = 0;
    const void *frontier = stmt_blob(q, 2, &frontier_bytes);
    TRY(merkle_read((uint64_t)stmt_int(q, 1), frontier, frontier_bytes, &tree, err));
    *ret_size = tree.size;
    merkle_root(&tree, ret_root);
    return STATUS_OK;
}

// The note of exactly this size: the cosigned one when the hub has it, else a fresh one.
static enum status make_note(const struct lane *lane, uint64_t size,
                             const uint8_t root[CRYPTO_HASH_BYTES], struct buf *note,
                             struct err *err)
{
    struct note_checkpoint last = {0};
    bool found = false;
    TRY(checkpoint_last(lane->db, size, true, note, &found, err));
    if (found)
        TRY(note_read(buf_text(note), note->size_bytes, &last, err));
    if (found && last.size == size && memcmp(last.root, root, CRYPTO_HASH_BYTES) == 0)
        return STATUS_OK;
    buf_clear(note);
    struct checkpoint_signer signer = {.lane = lane->name, .secret = lane->secret};
    AUTO(setup_done) struct setup setup = {0};
    AUTO(timekeeper_closep) struct timekeeper *keeper = NULL;
    TRY(kiosk_read_setup(lane->folder, &setup, err));
    TRY(timekeeper_open(lane->db, &setup, &keeper, err));
    timekeeper_hour(keeper, &signer.hour, &signer.clock_unset);
    return checkpoint_sign_as(&signer, size, root, note, err);
}

static enum status write_transfer(const struct lane *lane, int64_t since, struct outlet *outlet,
                                  struct err *err)
{
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(read_head(lane->db, &size, root, err));
    if (since > (int64_t)size)
        return err_set(err, STATUS_USAGE, "--since is behind the journal's end");
    TRY(make_note(lane, size, root, &note, err));
    TRY(write_lines(lane->db, since, (int64_t)size, outlet, err));
    transfer_end(&outlet->out, note.data, note.size_bytes, &lane->key);
    TRY(flush(outlet, err));
    if (outlet->sealer != NULL)
        TRY(transfer_seal_end(outlet->sealer, err));
    return fflush(stdout) == 0 ? STATUS_OK : err_errno(err, "standard output");
}

enum status lane_commands_export(const struct option_set *set, struct err *err)
{
    TRY(need_kiosk(set, err));
    AUTO(lane_done) struct lane lane = {.db = NULL};
    AUTO(outlet_done) struct outlet outlet = {.sealer = NULL};
    TRY(lane_open(option_text(set, "data"), &lane, err));
    TRY(open_outlet(set, &outlet, err));
    return write_transfer(&lane, option_int(set, "since"), &outlet, err);
}
