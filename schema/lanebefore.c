// SPDX-License-Identifier: MIT
// Texts of earlier lanes, numbered in the order in which they were given.
#include "lanebefore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "idset.h"
#include "text.h"

struct lanebefore {
    bool whole, follows;
    struct idset *ids; // of the texts; their numbers stand for seqs
    struct lanetext *texts;
    struct idset *far; // what was redacted of lanes that are not at hand: its part is the field
    int64_t count;
};

enum status lanebefore_open(bool whole, struct lanebefore **ret_before, struct err *err)
{
    AUTO(lanebefore_closep) struct lanebefore *before = calloc(1, sizeof *before);
    if (before == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the lanes before a lane");
    before->whole = whole;
    TRY(idset_open(&before->ids, err));
    TRY(idset_open(&before->far, err));
    TRY(lanetext_open("text of an earlier lane, number", &before->texts, err));
    *ret_before = before;
    before = NULL;
    return STATUS_OK;
}

void lanebefore_close(struct lanebefore *before)
{
    if (before == NULL)
        return;
    idset_close(before->ids);
    idset_close(before->far);
    lanetext_close(before->texts);
    free(before);
}

void lanebefore_follow(struct lanebefore *before)
{
    before->follows = true;
}

static enum status add_text(struct lanebefore *before, const struct entry *entry, struct err *err)
{
    const struct idset_place place = {.seq = before->count, .class = IDSET_TEXT};
    struct entry numbered = *entry;
    struct idset_place other = {.seq = -1};
    bool added = false;
    TRY(idset_add(before->ids, entry->id, 0, &place, &added, &other, err));
    if (!added)
        return err_set(err, STATUS_CHECK_FAILED,
                       "two texts of the lanes before this one have the same id (insert)");
    numbered.seq = before->count++;
    return lanetext_add(before->texts, &numbered, err);
}

static bool read_of(const struct entry *entry, uint8_t ret_id[ENTRY_ID_BYTES])
{
    const char *of = json_text_or(entry->json, "of", "");
    return text_unhex(of, strlen(of), ret_id, ENTRY_ID_BYTES);
}

// Twice is a fault there, too.
static enum status redact_far(struct lanebefore *before, const struct entry *entry,
                              const uint8_t *id, const char *field, struct err *err)
{
    const struct idset_place place = {.seq = entry->seq, .class = IDSET_OTHER};
    struct idset_place other = {.seq = -1};
    bool added = false;
    TRY(idset_add(before->far, id, field[0] == 'c', &place, &added, &other, err));
    if (added)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "entry %" PRId64 ": redacts what entry %" PRId64 " has redacted already",
                   entry->seq, other.seq);
}

enum status lanebefore_redact(struct lanebefore *before, const struct entry *entry, bool *ret_known,
                              struct err *err)
{
    const char *field = json_text_or(entry->json, "field", "");
    struct idset_place place = {.seq = -1};
    uint8_t id[ENTRY_ID_BYTES];
    *ret_known = false;
    if (!before->follows || !read_of(entry, id))
        return STATUS_OK;
    const bool found = idset_find(before->ids, id, 0, &place);
    *ret_known = found || !before->whole;
    if (found)
        return lanetext_redact(before->texts, place.seq, field, entry->seq, err);
    return before->whole ? STATUS_OK : redact_far(before, entry, id, field, err);
}

// A lane's own redactions; of a lane that is not given they say nothing.
static enum status add_redaction(struct lanebefore *before, const struct entry *entry,
                                 struct err *err)
{
    struct idset_place place = {.seq = -1};
    uint8_t id[ENTRY_ID_BYTES];
    if (!read_of(entry, id) || !idset_find(before->ids, id, 0, &place))
        return STATUS_OK;
    return lanetext_redact(before->texts, place.seq, json_text_or(entry->json, "field", ""),
                           entry->seq, err);
}

enum status lanebefore_add(struct lanebefore *before, const struct entry *entry, struct err *err)
{
    if (entry->kind == ENTRY_COMMENT || entry->kind == ENTRY_PETITION)
        return add_text(before, entry, err);
    return entry->kind == ENTRY_REDACTION ? add_redaction(before, entry, err) : STATUS_OK;
}

enum status lanebefore_row(struct lanebefore *before, const uint8_t id[ENTRY_ID_BYTES],
                           struct lanetext_row *row, bool *ret_known, struct err *err)
{
    struct idset_place place = {.seq = -1};
    const bool found = before->follows && idset_find(before->ids, id, 0, &place);
    *ret_known = found || (before->follows && !before->whole);
    row->of_seq = place.seq;
    return found ? lanetext_row(before->texts, row, err) : STATUS_OK;
}

enum status lanebefore_end(const struct lanebefore *before, struct err *err)
{
    return lanetext_end(before->texts, err);
}
