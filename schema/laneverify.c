// SPDX-License-Identifier: MIT
// The walk: one entry after another against what came before, the tree against the heads.
#include "laneverify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "idset.h"
#include "lanebefore.h"
#include "laneseal.h"
#include "quickline.h"
#include "text.h"

enum {
    // The largest document of the journal (entry.c: 1,200 pieces) fits.
    DOCUMENT_LIMIT_BYTES = 1200 * ENTRY_PIECE_BYTES,
};

// Seqs jumped forward: whether the missing entry comes later tells a move from a deletion.
struct gap {
    bool open;
    int64_t expected, found, after; // `after` is the seq of the line behind the jump, -1: none yet
};

struct laneverify {
    struct laneverify_options options;
    char lane[ENTRY_LANE_CHARS + 1];
    struct laneheads *heads;
    struct lanetext *texts;
    struct lanebefore *before;
    struct idset *ids;
    struct quickline_memory memory;
    struct entry_join document;
    bool in_document;
    bool follows; // it begins with a boot that names another lane
    int64_t document_seq;
    struct gap gap;
    struct laneseal seal;
    uint32_t latest_hour;
    struct laneverify_figures figures;
};

enum status laneverify_open(const struct laneverify_options *options,
                            struct laneverify **ret_verify, struct err *err)
{
    AUTO(laneverify_closep) struct laneverify *verify = calloc(1, sizeof *verify);
    if (verify == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory to verify a lane");
    buf_init(&verify->document.whole, DOCUMENT_LIMIT_BYTES);
    verify->options = *options;
    if (options->lane != NULL)
        memcpy(verify->lane, options->lane, sizeof verify->lane);
    verify->figures.first_back = -1;
    laneseal_init(&verify->seal);
    TRY(laneheads_open(&verify->heads, err));
    TRY(lanetext_open("entry", &verify->texts, err));
    TRY(lanebefore_open(options->before_whole, &verify->before, err));
    TRY(idset_open(&verify->ids, err));
    *ret_verify = verify;
    verify = NULL;
    return STATUS_OK;
}

void laneverify_close(struct laneverify *verify)
{
    if (verify == NULL)
        return;
    buf_done(&verify->document.whole);
    laneheads_close(verify->heads);
    lanetext_close(verify->texts);
    lanebefore_close(verify->before);
    idset_close(verify->ids);
    free(verify);
}

const char *laneverify_lane(const struct laneverify *verify)
{
    return verify->lane;
}

int64_t laneverify_next(const struct laneverify *verify)
{
    return (int64_t)laneheads_tree(verify->heads)->size;
}

// ---- signed heads -----------------------------------------------------------------------------

enum status laneverify_head(struct laneverify *verify, const struct laneheads_head *head,
                            struct err *err)
{
    return laneheads_add(verify->heads, head, err);
}

enum status laneverify_before(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    return lanebefore_add(verify->before, entry, err);
}

static enum status check_witnesses(struct laneverify *verify, const char *note, size_t size_bytes,
                                   const char *where, bool *ret_seen, struct err *err)
{
    for (size_t i = 0; i < verify->options.witness_count; i++) {
        const struct laneverify_witness *witness = &verify->options.witnesses[i];
        int64_t time_s = 0;
        struct err fault;
        const enum status status = note_verify(note, size_bytes, &witness->key, &time_s, &fault);
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status != STATUS_OK)
            return err_set(err, status == STATUS_NO_MEMORY ? status : STATUS_CHECK_FAILED,
                           "%s: the cosignature is wrong (forged): %.200s", where, fault.text);
        *ret_seen |= !witness->own;
        verify->figures.cosigned += !witness->own;
        verify->figures.cosigned_own += witness->own;
        if (!witness->own && time_s > verify->figures.cosigned_s)
            verify->figures.cosigned_s = time_s;
    }
    return STATUS_OK;
}

static enum status read_note(struct laneverify *verify, const char *note, size_t size_bytes,
                             struct laneheads_head *head, struct err *err)
{
    struct note_checkpoint checkpoint;
    struct err fault;
    enum status status = note_read(note, size_bytes, &checkpoint, &fault);
    if (status != STATUS_OK)
        return err_set(err, status == STATUS_NO_MEMORY ? status : STATUS_CHECK_FAILED,
                       "%s: is no signed head: %.200s", head->where, fault.text);
    if (strncmp(checkpoint.origin, "hailong/", 8) != 0 ||
        (verify->lane[0] != '\0' && strcmp(checkpoint.origin + 8, verify->lane) != 0))
        return err_set(err, STATUS_CHECK_FAILED, "%s: is the head of another lane", head->where);
    if (verify->options.key != NULL) {
        status = note_verify(note, size_bytes, verify->options.key, NULL, &fault);
        if (status != STATUS_OK)
            return err_set(err, status == STATUS_NO_MEMORY ? status : STATUS_CHECK_FAILED,
                           "%s: is not signed by the lane's key (forged or changed): %.200s",
                           head->where, fault.text);
    }
    head->size = checkpoint.size;
    memcpy(head->root, checkpoint.root, sizeof head->root);
    return STATUS_OK;
}

enum status laneverify_note(struct laneverify *verify, const char *note, size_t size_bytes,
                            const char *where, uint64_t size, bool outside, struct err *err)
{
    struct laneheads_head head = {.outside = outside};
    bool seen = false;
    size_t chars = strlen(where) > LANEHEADS_WHERE_CHARS ? LANEHEADS_WHERE_CHARS : strlen(where);
    memcpy(head.where, where, chars);
    TRY(read_note(verify, note, size_bytes, &head, err));
    if (size != LANEVERIFY_ANY_SIZE && size != head.size)
        return err_set(err, STATUS_CHECK_FAILED, "%s: is filed under another size than its own",
                       where);
    TRY(check_witnesses(verify, note, size_bytes, head.where, &seen, err));
    head.outside |= seen;
    return laneheads_add(verify->heads, &head, err);
}

// ---- single entries ---------------------------------------------------------------------------

// A fault of structure; one of the tree further up in the lane is told instead.
static enum status bad(const struct laneverify *verify, struct err *err, const char *what)
{
    if (laneheads_finding(verify->heads)->differs)
        return laneheads_differs(verify->heads, NULL, err);
    return err_set(err, STATUS_CHECK_FAILED, "entry %" PRId64 ": %s", laneverify_next(verify),
                   what);
}

// An entry names what is not there: either it is wrong or the other one, behind the last good head.
static enum status unfounded(const struct laneverify *verify, struct err *err, const char *what)
{
    char all[240];
    snprintf(all, sizeof all,
             "%s (delete, edit or reorder in one of entries %" PRIu64 " to %" PRId64 ")", what,
             laneheads_finding(verify->heads)->good, laneverify_next(verify));
    return bad(verify, err, all);
}

static enum status unreadable(const struct laneverify *verify, const struct err *fault,
                              struct err *err)
{
    char what[360];
    if (fault->status == STATUS_NO_MEMORY) {
        *err = *fault;
        return fault->status;
    }
    snprintf(what, sizeof what, "changed (edit): %.300s", fault->text);
    return bad(verify, err, what);
}

static enum status close_gap(const struct laneverify *verify, bool seen, struct err *err)
{
    const struct gap *gap = &verify->gap;
    char what[160];
    if (seen)
        snprintf(what, sizeof what, "stands behind entry %" PRId64 " (reorder)", gap->found);
    else if (gap->after == gap->expected + 1)
        snprintf(what, sizeof what,
                 "another entry, of place %" PRId64 ", stands in its place (insert)", gap->found);
    else
        snprintf(what, sizeof what, "missing, the next one is entry %" PRId64 " (delete)",
                 gap->found);
    return bad(verify, err, what);
}

static enum status look_behind_gap(struct laneverify *verify, const char *line, size_t size_bytes,
                                   struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    if (entry_read(line, size_bytes, &entry, NULL) != STATUS_OK)
        return STATUS_OK; // what is wrong was found before
    if (verify->gap.after < 0)
        verify->gap.after = entry.seq;
    return entry.seq == verify->gap.expected ? close_gap(verify, true, err) : STATUS_OK;
}

static enum status check_place(struct laneverify *verify, const char *lane, int64_t seq,
                               bool may_look, struct err *err)
{
    const int64_t next = laneverify_next(verify);
    char what[120];
    if (verify->lane[0] == '\0')
        memcpy(verify->lane, lane, sizeof verify->lane);
    if (strcmp(lane, verify->lane) != 0)
        return bad(verify, err, "was written for another lane (insert, or a clone's entry)");
    if (seq == next)
        return STATUS_OK;
    if (seq < next) {
        snprintf(what, sizeof what,
                 "entry %" PRId64 " stands here out of its place (insert or reorder)", seq);
        return bad(verify, err, what);
    }
    verify->gap = (struct gap){.open = true, .expected = next, .found = seq, .after = -1};
    return may_look ? STATUS_OK : close_gap(verify, false, err);
}

// The level of the one question that all forms ask, 0 when it is not answered there.
static int overall_of(const struct entry *entry)
{
    return (int)json_int_or(json_object_get(entry->json, "answers"), "overall", 0);
}

static enum idset_class class_of(enum entry_kind kind)
{
    if (kind == ENTRY_RESPONSE)
        return IDSET_RESPONSE;
    return kind == ENTRY_COMMENT || kind == ENTRY_PETITION ? IDSET_TEXT : IDSET_OTHER;
}

static enum status file_id(struct laneverify *verify, const uint8_t *id, int64_t part,
                           enum entry_kind kind, int overall, struct err *err)
{
    const struct idset_place place = {laneverify_next(verify), class_of(kind), (uint8_t)overall};
    struct idset_place other = {.seq = -1};
    bool added = false;
    char what[96];
    TRY(idset_add(verify->ids, id, part, &place, &added, &other, err));
    if (added)
        return STATUS_OK;
    snprintf(what, sizeof what, "has the id and part of entry %" PRId64 " (insert)", other.seq);
    return bad(verify, err, what);
}

// Clocks may be corrected backwards, so this is a note and no fault.
static void note_hour(struct laneverify *verify, uint32_t hour, bool unset)
{
    if (unset)
        return;
    if (hour + LANEVERIFY_BACK_HOURS < verify->latest_hour) {
        verify->figures.back++;
        if (verify->figures.first_back < 0)
            verify->figures.first_back = laneverify_next(verify);
    }
    if (hour > verify->latest_hour)
        verify->latest_hour = hour;
}

static void count_response(struct laneverify *verify, uint32_t hour, bool unset, int overall)
{
    verify->figures.responses++;
    laneseal_response(&verify->seal, overall);
    note_hour(verify, hour, unset);
}

// A document's pieces stand one behind the other; the first entry of a lane says what it is.
static enum status check_document(struct laneverify *verify, const struct entry *entry,
                                  struct err *err)
{
    const bool piece = json_object_get(entry->json, "parts") != NULL;
    bool complete = false;
    struct err fault;
    char what[96];
    if (verify->in_document &&
        (!piece || memcmp(entry->id, verify->document.id, ENTRY_ID_BYTES) != 0)) {
        snprintf(what, sizeof what,
                 "the document that begins with entry %" PRId64 " lacks a piece here (delete)",
                 verify->document_seq);
        return bad(verify, err, what);
    }
    if (!piece)
        return STATUS_OK;
    if (!verify->in_document) {
        verify->document.parts = 0;
        verify->document_seq = entry->seq;
    }
    if (entry_join_add(&verify->document, entry, &complete, &fault) != STATUS_OK)
        return unreadable(verify, &fault, err);
    verify->in_document = !complete;
    return STATUS_OK;
}

static enum status check_first(struct laneverify *verify, const struct entry *entry,
                               struct err *err)
{
    const bool after = entry->kind == ENTRY_BOOT && json_object_get(entry->json, "after") != NULL;
    if (after && entry->seq > 0)
        return bad(verify, err, "names the lane it follows, though it does not begin one (insert)");
    if (entry->seq == 0 && entry->kind != ENTRY_SETUP && !after)
        return bad(verify, err, "a lane begins with its setup, or a boot that follows another");
    if (verify->follows && entry->seq == 1 && entry->kind != ENTRY_SETUP)
        return bad(verify, err, "a lane that follows another goes on with its setup (insert)");
    if (after)
        lanebefore_follow(verify->before);
    verify->follows = after || verify->follows;
    return STATUS_OK;
}

// A later answer replaces the level, unless a seal has told it already.
static void change_level(struct laneverify *verify, const struct entry *entry,
                         const struct idset_place *response)
{
    const int level = overall_of(entry);
    if (level == 0 || response->level == 0 ||
        !laneseal_change(&verify->seal, response->seq, response->level, level))
        return;
    idset_set_level(verify->ids, entry->id, 0, (uint8_t)level);
}

static enum status check_detail(struct laneverify *verify, const struct entry *entry,
                                struct err *err)
{
    struct idset_place response = {.seq = -1};
    uint32_t hour = 0;
    if (!idset_find(verify->ids, entry->id, 0, &response) || response.class != IDSET_RESPONSE)
        return unfounded(verify, err, "a detail whose response does not stand before it");
    verify->figures.details++;
    change_level(verify, entry, &response);
    TRY(clock_parse_hour(json_text_or(entry->json, "hour", ""), &hour, err));
    note_hour(verify, hour, json_object_get(entry->json, "clock") != NULL);
    return STATUS_OK;
}

static enum status check_response(struct laneverify *verify, const struct entry *entry,
                                  struct err *err)
{
    uint32_t hour = 0;
    TRY(clock_parse_hour(json_text_or(entry->json, "hour", ""), &hour, err));
    count_response(verify, hour, json_object_get(entry->json, "clock") != NULL, overall_of(entry));
    return STATUS_OK;
}

// Finds an id that an entry names; false when the lane has no such entry before it.
static bool names(const struct laneverify *verify, const json_t *id, enum idset_class class,
                  struct idset_place *ret_place)
{
    uint8_t bytes[ENTRY_ID_BYTES];
    const char *text = json_string_value(id);
    return text != NULL && text_unhex(text, strlen(text), bytes, sizeof bytes) &&
           idset_find(verify->ids, bytes, 0, ret_place) && ret_place->class == class;
}

static enum status check_flag(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    const json_t *of = json_object_get(entry->json, "of");
    struct idset_place place;
    verify->figures.flags++;
    if ((strcmp(json_text_or(entry->json, "rule", ""), "hub") == 0) != verify->options.hub)
        return bad(verify, err, "a flag of two people stands in a hub's lane, others do not");
    for (size_t i = 0; !verify->options.hub && i < json_array_size(of); i++)
        if (!names(verify, json_array_get(of, i), IDSET_RESPONSE, &place))
            return unfounded(verify, err, "flags a response that does not stand before it");
    return STATUS_OK;
}

static enum status redact(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    struct idset_place place = {.seq = -1};
    bool known = false;
    if (names(verify, json_object_get(entry->json, "of"), IDSET_TEXT, &place))
        return lanetext_redact(verify->texts, place.seq, json_text_or(entry->json, "field", ""),
                               entry->seq, err);
    TRY(lanebefore_redact(verify->before, entry, &known, err));
    return known ? STATUS_OK
                 : unfounded(verify, err,
                             "redacts a comment or petition that does not stand before it");
}

static enum status check_redaction(struct laneverify *verify, const struct entry *entry,
                                   struct err *err)
{
    struct err fault;
    verify->figures.redactions++;
    if (verify->options.hub)
        return STATUS_OK; // it speaks of texts of its kiosks' lanes
    const enum status status = redact(verify, entry, &fault);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (laneheads_finding(verify->heads)->differs)
        return laneheads_differs(verify->heads, NULL, err);
    *err = fault;
    return status;
}

// The entries since `from` and their seal do not agree: which of them is wrong, only a head can
// say.
static enum status seals_other(const struct laneverify *verify, int64_t from, const char *what,
                               struct err *err)
{
    if (laneheads_finding(verify->heads)->differs)
        return laneheads_differs(verify->heads, NULL, err);
    return err_set(err, STATUS_CHECK_FAILED,
                   "entries %" PRId64 " to %" PRId64 ": the seal in the last one tells other %s "
                   "(edit, insert or delete)",
                   from + 1, laneverify_next(verify), what);
}

static enum status check_seal(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    int64_t from = 0;
    const char *what = laneseal_take(&verify->seal, entry, verify->options.hub, &from);
    verify->figures.seals++;
    return what == NULL ? STATUS_OK : seals_other(verify, from, what, err);
}

static enum status check_ack(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    const json_t *note = json_object_get(entry->json, "note");
    struct laneheads_head head = {.outside = false};
    bool seen = false;
    verify->figures.acks++;
    snprintf(head.where, sizeof head.where, "entry %" PRId64 ": the ack's head", entry->seq);
    TRY(read_note(verify, json_string_value(note), json_string_length(note), &head, err));
    TRY(check_witnesses(verify, json_string_value(note), json_string_length(note), head.where,
                        &seen, err));
    head.outside = seen;
    snprintf(head.where, sizeof head.where, "the ack in entry %" PRId64, entry->seq);
    if (head.size > (uint64_t)entry->seq)
        return bad(verify, err, "an ack of entries that come after it (edit)");
    laneheads_claim(verify->heads, &head);
    return STATUS_OK;
}

static enum status check_kind(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    switch (entry->kind) {
    case ENTRY_RESPONSE:
        return check_response(verify, entry, err);
    case ENTRY_DETAIL:
        return check_detail(verify, entry, err);
    case ENTRY_COMMENT:
    case ENTRY_PETITION:
        verify->figures.texts++;
        return lanetext_add(verify->texts, entry, err);
    case ENTRY_FLAG:
        return check_flag(verify, entry, err);
    case ENTRY_REDACTION:
        return check_redaction(verify, entry, err);
    case ENTRY_SEAL:
        return check_seal(verify, entry, err);
    case ENTRY_ACK:
        return check_ack(verify, entry, err);
    case ENTRY_CLOCK: // its range was checked against its own place by entry_read
        verify->figures.clocks++;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static enum status take_entry(struct laneverify *verify, const struct entry *entry, struct err *err)
{
    const unsigned lane = verify->options.hub ? ENTRY_LANE_HUB : ENTRY_LANE_KIOSK;
    if ((entry_kind_lanes(entry->kind) & lane) == 0)
        return bad(verify, err, "its kind does not belong in this lane (insert)");
    TRY(check_first(verify, entry, err));
    TRY(check_document(verify, entry, err));
    TRY(file_id(verify, entry->id, entry->part, entry->kind, overall_of(entry), err));
    return check_kind(verify, entry, err);
}

static enum status take_slowly(struct laneverify *verify, const char *line, size_t size_bytes,
                               struct entry *ret_entry, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    struct err fault;
    if (entry_read(line, size_bytes, &entry, &fault) != STATUS_OK)
        return unreadable(verify, &fault, err);
    TRY(check_place(verify, entry.lane, entry.seq, ret_entry == NULL, err));
    if (verify->gap.open)
        return STATUS_OK;
    TRY(take_entry(verify, &entry, err));
    if (ret_entry != NULL) {
        *ret_entry = entry;
        entry.json = NULL;
    }
    return STATUS_OK;
}

static enum status take_quickly(struct laneverify *verify, const struct quickline *quick,
                                struct err *err)
{
    TRY(check_place(verify, verify->lane, quick->seq, true, err));
    if (verify->gap.open)
        return STATUS_OK;
    if (verify->in_document || quick->seq <= verify->follows || verify->options.hub)
        return bad(verify, err, "a response does not belong here (insert)");
    TRY(file_id(verify, quick->id, 0, ENTRY_RESPONSE, quick->overall, err));
    count_response(verify, quick->hour, quick->clock_unset, quick->overall);
    return STATUS_OK;
}

enum status laneverify_line(struct laneverify *verify, const char *line, size_t size_bytes,
                            struct entry *ret_entry, struct err *err)
{
    struct quickline quick;
    uint8_t leaf[CRYPTO_HASH_BYTES];
    if (verify->gap.open)
        return look_behind_gap(verify, line, size_bytes, err);
    if (ret_entry == NULL &&
        quickline_read(&verify->memory, verify->lane, line, size_bytes, &quick))
        TRY(take_quickly(verify, &quick, err));
    else
        TRY(take_slowly(verify, line, size_bytes, ret_entry, err));
    if (verify->gap.open)
        return STATUS_OK;
    merkle_leaf(line, size_bytes, leaf);
    laneheads_leaf(verify->heads, leaf);
    return STATUS_OK;
}

enum status laneverify_end(struct laneverify *verify, const struct merkle *stored,
                           struct laneverify_figures *ret_figures, struct err *err)
{
    const struct merkle *tree = laneheads_tree(verify->heads);
    const struct laneheads_finding *finding = laneheads_finding(verify->heads);
    if (verify->gap.open)
        return close_gap(verify, false, err);
    TRY(laneheads_check(verify->heads, stored, err));
    verify->figures.size = tree->size;
    merkle_root(tree, verify->figures.root);
    verify->figures.heads = finding->fitted;
    verify->figures.heads_outside = finding->fitted_outside;
    verify->figures.acks_unchecked = finding->unchecked;
    verify->figures.open_document = verify->in_document;
    *ret_figures = verify->figures;
    return STATUS_OK;
}

// ---- beside the lane --------------------------------------------------------------------------

enum status laneverify_filed(const struct laneverify *verify, const uint8_t id[ENTRY_ID_BYTES],
                             int64_t part, int64_t seq, struct err *err)
{
    struct idset_place place;
    if (!idset_find(verify->ids, id, part, &place))
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %" PRId64 ": an id is filed for it that no entry has (edit)", seq);
    if (place.seq == seq)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "entry %" PRId64 ": its id is filed under entry %" PRId64 " (edit)", place.seq,
                   seq);
}

enum status laneverify_text(struct laneverify *verify, const uint8_t id[ENTRY_ID_BYTES],
                            struct lanetext_row *row, struct err *err)
{
    struct idset_place place;
    bool known = false;
    if (idset_find(verify->ids, id, 0, &place) && place.class == IDSET_TEXT) {
        row->of_seq = place.seq;
        return lanetext_row(verify->texts, row, err);
    }
    TRY(lanebefore_row(verify->before, id, row, &known, err));
    return known ? STATUS_OK
                 : err_set(err, STATUS_CHECK_FAILED,
                           "a text stands beside the journal that no entry names (injected)");
}

enum status laneverify_texts_end(const struct laneverify *verify, struct err *err)
{
    TRY(lanetext_end(verify->texts, err));
    return lanebefore_end(verify->before, err);
}
