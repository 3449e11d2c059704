// SPDX-License-Identifier: MIT
// Verifies one lane in one walk: a kiosk's database, a lane of a hub's ledger, a copied file. Every
// fault is STATUS_CHECK_FAILED; the text begins with the first bad entry ("entry 17: …") or with
// the range in which it must lie ("entries 120 to 163: …") and says what was done: edit, delete,
// insert, reorder, cut, rehash, old backup, fork, erasure without redaction.
#ifndef HAILONG_LANEVERIFY_H
#define HAILONG_LANEVERIFY_H

#include "laneheads.h"
#include "lanetext.h"
#include "note.h"

// Whose cosignatures are looked at.
struct laneverify_witness {
    struct note_key key; // of NOTE_COSIGNATURE
    // The office's own hub, whose key stands in the box: no witness from outside, and whoever has
    // the box can put another key there.
    bool own;
};

struct laneverify_options {
    const char *lane; // its name; NULL: that of the first entry
    bool hub;         // a hub's own lane: speaks of other lanes' entries
    // laneverify_before is given all lanes that this one follows. Otherwise texts and redactions
    // that are none of the lane's own are let pass, when it does follow one.
    bool before_whole;
    const struct note_key *key; // the lane's (kept); NULL: signatures are not checked
    const struct laneverify_witness *witnesses; // kept
    size_t witness_count;
};

struct laneverify_figures {
    uint64_t size;
    uint8_t root[CRYPTO_HASH_BYTES];
    int64_t responses, details, texts, redactions, flags, clocks, seals, acks;
    int64_t heads, heads_outside;   // that were held against it and fitted
    int64_t acks_unchecked;         // of heads too far back (laneheads.h)
    int64_t cosigned, cosigned_own; // good signatures by witnesses from outside and by the own hub
    int64_t cosigned_s;             // the time of the newest from outside
    // Entries with a trusted hour more than LANEVERIFY_BACK_HOURS before that of an earlier one:
    // no fault, as clocks get corrected, but worth a look. The first one's seq, or -1.
    int64_t back, first_back;
    bool open_document; // the last entries are pieces of a document whose rest is not there (yet)
};
// Entries of one hour may come in while the next begins.
enum { LANEVERIFY_BACK_HOURS = 1 };

struct laneverify;
enum status laneverify_open(const struct laneverify_options *options,
                            struct laneverify **ret_verify, struct err *err) MUST_USE;
void laneverify_close(struct laneverify *verify);
AUTO_POINTER(struct laneverify, laneverify_close)

// ---- before the walk --------------------------------------------------------------------------
enum status laneverify_head(struct laneverify *verify, const struct laneheads_head *head,
                            struct err *err) MUST_USE;
// A signed checkpoint of the lane: its origin and signature are checked, and witnesses'
// cosignatures looked for. `where` names it to people. `size`: the size it is filed under, or
// LANEVERIFY_ANY_SIZE. `outside`: held elsewhere.
#define LANEVERIFY_ANY_SIZE UINT64_MAX
enum status laneverify_note(struct laneverify *verify, const char *note, size_t size_bytes,
                            const char *where, uint64_t size, bool outside,
                            struct err *err) MUST_USE;
// An entry of a lane that this one follows, oldest lane first: only texts and redactions matter.
enum status laneverify_before(struct laneverify *verify, const struct entry *entry,
                              struct err *err) MUST_USE;

// ---- the walk ---------------------------------------------------------------------------------
// The next line, without its line feed. With `ret_entry` (NULL: not wanted) it is read by entry.h
// and given to the caller, to be released with entry_done.
enum status laneverify_line(struct laneverify *verify, const char *line, size_t size_bytes,
                            struct entry *ret_entry, struct err *err) MUST_USE;
// The lane's name, "" while it is not known.
const char *laneverify_lane(const struct laneverify *verify);
// The seq that comes next.
int64_t laneverify_next(const struct laneverify *verify);
// After the last line. `stored` is the tree that is kept beside the lane, NULL when there is none.
enum status laneverify_end(struct laneverify *verify, const struct merkle *stored,
                           struct laneverify_figures *ret_figures, struct err *err) MUST_USE;

// ---- what stands beside the lane, after its walk ----------------------------------------------
// An id as it is filed: STATUS_CHECK_FAILED unless the entry `seq` has it.
enum status laneverify_filed(const struct laneverify *verify, const uint8_t id[ENTRY_ID_BYTES],
                             int64_t part, int64_t seq, struct err *err) MUST_USE;
// A text; row->of_seq is found by the id. An id that is none of the lane's, nor of one
// that it follows, is a fault.
enum status laneverify_text(struct laneverify *verify, const uint8_t id[ENTRY_ID_BYTES],
                            struct lanetext_row *row, struct err *err) MUST_USE;
// No text may be missing without a redaction.
enum status laneverify_texts_end(const struct laneverify *verify, struct err *err) MUST_USE;

#endif
