// SPDX-License-Identifier: MIT
// Writes, cosigns and takes files of heads.
#include "witnessfile.h"

#include <stdio.h>
#include <string.h>

#include "cosign.h"
#include "forward.h"
#include "lanestate.h"
#include "ledger.h"
#include "vouch.h"
#include "witness.h"
#include "witnessing.h"

enum { LINE_LIMIT_BYTES = 512 };

static void tell(struct witnessfile_figures *figures, int64_t number, const char *name,
                 const char *why)
{
    figures->bad++;
    buf_addf(&figures->faults, "%lld (%s): %s\n", (long long)number, name, why);
}

// ---- out -------------------------------------------------------------------------------------

static enum status write_lane(struct db *db, const struct witness_keys *keys, const char *lane,
                              struct buf *out, struct witnessfile_figures *figures, struct err *err)
{
    AUTO(buf_done) struct buf note;
    struct witness_cover cover;
    uint64_t size = 0;
    bool found = false;
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(forward_newest(db, lane, &size, &note, &found, err));
    if (!found)
        return STATUS_OK;
    TRY(witness_of(db, keys, lane, &cover, err));
    TRY(witnessing_write(db, lane, cover.cosigned ? (uint64_t)cover.size : 0, note.data,
                         note.size_bytes, out, err));
    buf_add_char(out, '\n');
    figures->good++;
    return buf_check(out, err);
}

enum status witnessfile_write(const struct hub *hub, struct db *db, const char *vkey,
                              struct buf *out, struct witnessfile_figures *figures, struct err *err)
{
    AUTO(json_decrefp) json_t *lanes = json_array();
    struct witness_keys keys = {.count = 0};
    size_t index = 0;
    const json_t *lane = NULL;
    if (lanes == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the lanes");
    TRY(witness_keys(hub, db, &keys, err));
    if (keys.count > 1)
        keys.count = 1;
    if (vkey != NULL) {
        TRY(witness_key_read(vkey, WITNESS_COUNTS, &keys.key[0], err));
        keys.count = 1;
    }
    TRY(forward_lanes(db, lanes, err));
    buf_add_text(out, WITNESSFILE_REQUESTS "\n");
    json_array_foreach(lanes, index, lane)
        TRY(write_lane(db, &keys, json_string_value(lane), out, figures, err));
    return buf_check(out, err);
}

// ---- parts of a file -------------------------------------------------------------------------

struct parts {
    const char *at, *end;
    int gaps; // empty lines within a part
};

static enum status open_parts(const char *text, size_t size_bytes, const char *kind, int gaps,
                              struct parts *ret_parts, struct err *err)
{
    const size_t chars = strlen(kind);
    if (size_bytes <= chars || memcmp(text, kind, chars) != 0 || text[chars] != '\n')
        return err_set(err, STATUS_BAD_INPUT, "the file does not begin with the line \"%s\"", kind);
    *ret_parts = (struct parts){text + chars + 1, text + size_bytes, gaps};
    return STATUS_OK;
}

// The next part without the empty line behind it; false at the end.
static bool next_part(struct parts *parts, const char **ret_part, size_t *ret_bytes)
{
    const char *begin = parts->at, *line = parts->at;
    int gaps = 0;
    if (begin >= parts->end)
        return false;
    for (; line < parts->end; line++) {
        const char *feed = memchr(line, '\n', (size_t)(parts->end - line));
        if (feed == NULL)
            break;
        if (feed == line && gaps++ == parts->gaps) {
            *ret_part = begin;
            *ret_bytes = (size_t)(line - begin);
            parts->at = feed + 1;
            return true;
        }
        line = feed;
    }
    // Cut off, or without the last empty line: whoever reads it sees.
    *ret_part = begin;
    *ret_bytes = (size_t)(parts->end - begin);
    parts->at = parts->end;
    return true;
}

// ---- cosigning -------------------------------------------------------------------------------

struct signing_job {
    struct writer_job job; // first
    const struct hub *hub;
    struct parts parts;
    struct buf *out;
    struct witnessfile_figures *figures;
};

static enum status sign_part(struct signing_job *job, struct db *db, const char *part, size_t bytes,
                             int64_t number, struct err *err)
{
    AUTO(buf_done) struct buf line;
    struct vouch vouch;
    struct witnessing request;
    buf_init(&line, LINE_LIMIT_BYTES);
    TRY(vouch_request(job->hub, db, part, bytes, &line, &vouch, err));
    const bool readable = witnessing_read(part, bytes, &request, NULL) == STATUS_OK;
    const char *name = readable ? request.checkpoint.origin : "?";
    if (vouch.http_status != 200) {
        tell(job->figures, number, name, vouch.why.text);
        if (vouch.http_status == 409)
            buf_addf(&job->figures->faults, "  cosigned last: %llu entries\n",
                     (unsigned long long)vouch.size);
        return STATUS_OK;
    }
    job->figures->good++;
    buf_add(job->out, request.note, request.note_bytes);
    buf_add(job->out, line.data, line.size_bytes);
    buf_add_char(job->out, '\n');
    return buf_check(job->out, err);
}

static enum status apply_sign(struct db *db, struct writer_job *job, struct err *err)
{
    struct signing_job *signing = (struct signing_job *)job;
    struct parts parts = signing->parts;
    const char *part = NULL;
    size_t bytes = 0;
    for (int64_t number = 1; next_part(&parts, &part, &bytes); number++)
        TRY(sign_part(signing, db, part, bytes, number, err));
    return STATUS_OK;
}

enum status witnessfile_sign(const struct hub *hub, const char *text, size_t size_bytes,
                             struct buf *out, struct witnessfile_figures *figures, struct err *err)
{
    struct signing_job job = {.job.apply = apply_sign, .hub = hub, .out = out, .figures = figures};
    // One empty line before the note, one in it.
    TRY(open_parts(text, size_bytes, WITNESSFILE_REQUESTS, 2, &job.parts, err));
    buf_add_text(out, WITNESSFILE_ANSWERS "\n");
    return writer_run(hub->writer, &job.job, err);
}

// ---- taking ----------------------------------------------------------------------------------

static enum status check_head(struct db *db, const struct note_checkpoint *checkpoint,
                              const char *note, size_t bytes, char ret_lane[ENTRY_LANE_CHARS + 1],
                              struct err *err)
{
    struct ledger_head head;
    struct lanestate state;
    struct note_key key;
    bool found = false, fits = false;
    if (strlen(checkpoint->origin) != NOTE_NAME_CHARS)
        return err_set(err, STATUS_NOT_FOUND, "it is of no lane of this hub");
    memcpy(ret_lane, checkpoint->origin + NOTE_NAME_CHARS - ENTRY_LANE_CHARS, ENTRY_LANE_CHARS + 1);
    TRY(lanestate_find(db, ret_lane, &state, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "it is of no lane of this hub");
    note_key_of_lane(state.public_key, NOTE_ED25519, &key);
    TRY(note_verify(note, bytes, &key, NULL, err));
    TRY(ledger_head_find(db, ret_lane, &head, &found, err));
    if (checkpoint->size == 0 || checkpoint->size > head.tree.size)
        return err_set(err, STATUS_CONFLICT, "it is of more entries than stand here");
    TRY(cosign_root_fits(db, &head, checkpoint->size, checkpoint->root, &fits, err));
    return fits ? STATUS_OK
                : err_set(err, STATUS_CONFLICT,
                          "its root is not that of the entries here: the lane was rewritten or "
                          "forked");
}

// Cuts the lines off that stand behind the lane's own signature line.
static size_t own_bytes(const char *note, size_t bytes)
{
    const char *gap = memmem(note, bytes, "\n\n", 2);
    const char *feed = gap == NULL ? NULL : memchr(gap + 2, '\n', bytes - (size_t)(gap + 2 - note));
    return feed == NULL ? bytes : (size_t)(feed + 1 - note);
}

// The checkpoint may have gone since, or been another of that size.
static enum status take_lines(const struct hub *hub, struct db *db,
                              const struct note_checkpoint *checkpoint, const struct note_key *key,
                              const char *lane, const char *note, size_t bytes, struct err *err)
{
    AUTO(buf_done) struct buf own;
    AUTO(buf_done) struct buf ack;
    const size_t own_size = own_bytes(note, bytes);
    buf_init(&own, NOTE_LIMIT_BYTES);
    buf_init(&ack, (size_t)2 * NOTE_LIMIT_BYTES);
    buf_add(&own, note, own_size);
    TRY(cosign_checkpoint(hub, db, lane, checkpoint, &own, &ack, err));
    return forward_take(db, key, lane, &own, note + own_size, bytes - own_size, err);
}

static enum status take_part(const struct hub *hub, struct db *db, const struct witness_keys *keys,
                             const char *note, size_t bytes, char *ret_name, size_t name_room,
                             struct err *err)
{
    struct note_checkpoint checkpoint;
    char lane[ENTRY_LANE_CHARS + 1] = "";
    TRY(note_read(note, bytes, &checkpoint, err));
    snprintf(ret_name, name_room, "%s", checkpoint.origin);
    TRY(check_head(db, &checkpoint, note, bytes, lane, err));
    for (size_t i = 0; i < keys->count; i++)
        if (note_verify(note, bytes, &keys->key[i], NULL, NULL) == STATUS_OK)
            return take_lines(hub, db, &checkpoint, &keys->key[i], lane, note, bytes, err);
    return err_set(err, STATUS_NOT_FOUND,
                   "no witness that counts here has cosigned it (`hailong-aggregator witness "
                   "trust --key VKEY`)");
}

struct taking_job {
    struct writer_job job; // first
    const struct hub *hub;
    struct parts parts;
    struct witnessfile_figures *figures;
};

static enum status apply_take(struct db *db, struct writer_job *job, struct err *err)
{
    struct taking_job *taking = (struct taking_job *)job;
    struct parts parts = taking->parts;
    struct witness_keys keys;
    const char *part = NULL;
    size_t bytes = 0;
    TRY(witness_keys(taking->hub, db, &keys, err));
    for (int64_t number = 1; next_part(&parts, &part, &bytes); number++) {
        struct err why;
        char name[64] = "?";
        const enum status status =
            take_part(taking->hub, db, &keys, part, bytes, name, sizeof name, &why);
        if (status == STATUS_OK)
            taking->figures->good++;
        else if (status_http(status) >= 500)
            return err_set(err, status, "%.390s", why.text);
        else
            tell(taking->figures, number, name, why.text);
    }
    return STATUS_OK;
}

enum status witnessfile_take(const struct hub *hub, const char *text, size_t size_bytes,
                             struct witnessfile_figures *figures, struct err *err)
{
    struct taking_job job = {.job.apply = apply_take, .hub = hub, .figures = figures};
    TRY(open_parts(text, size_bytes, WITNESSFILE_ANSWERS, 1, &job.parts, err));
    return writer_run(hub->writer, &job.job, err);
}
