// SPDX-License-Identifier: MIT
// Taking a lane's next entries, by push or from a file: the same bytes, the same checks. A batch
// is taken whole or not at all.
#ifndef HAILONG_INTAKE_H
#define HAILONG_INTAKE_H

#include "hub.h"
#include "note.h"
#include "quickline.h"

enum {
    INTAKE_TEXT_LIMIT_BYTES = 1024 * 1024 + 2 * ENTRY_LIMIT_BYTES, // lines of one push
    // A lane may sign a head before its entries have come, but not of more than a kiosk gathers in
    // years without a network.
    INTAKE_AHEAD_MAX = 10000000,
    INTAKE_LINES_MAX = 16384, // the shortest possible line is longer than 64 bytes
};

struct intake_line {
    size_t at, size_bytes; // in `text`
    struct entry entry;    // without json when it is a plain response, read by quickline.h
};

struct intake {
    struct writer_job job;           // first: the reply's job
    const struct hub *hub;           // borrowed
    char lane[ENTRY_LANE_CHARS + 1]; // "" until the first line
    struct buf text;
    struct intake_line *lines;
    size_t count, capacity;
    struct quickline_memory quick;
    bool by_hand; // a file by the local operator: an unknown lane is enrolled, `key` is its key
    bool audit;   // an `audit` entry when anything is added
    struct note_key key;
    // The checkpoint behind the lines, its signature checked; a batch of a longer file has none.
    bool has_end;
    struct note_checkpoint checkpoint;
    struct buf note;
    // The body could not be read: the job refuses it and keeps the reason at the lane.
    struct err unread; // .status is STATUS_OK when it could
    bool admitted;     // the lane may bring something
    // The largest head that the lane has signed beyond its entries; size 0 without.
    uint64_t ahead;
    uint8_t ahead_root[CRYPTO_HASH_BYTES];
    // Valid when job.status is STATUS_OK:
    enum status outcome; // STATUS_OK: taken (or there already)
    struct err why;      // names lane, seq and fault when it was refused
    bool gap;            // refused for a gap: go on from `size`
    bool fork;           // refused: other bytes or another root stand here
    int64_t bad_seq;     // the first bad entry, or -1
    int64_t size;        // entries of the lane here now
    int64_t added;       // of them new
    uint8_t root[CRYPTO_HASH_BYTES];
    struct buf ack;   // the checkpoint with this hub's cosignature; empty when its entries are not
                      // all here, or there is none
    json_t *messages; // owned; for a push
    bool unsure;      // … of which none can be sent before the lane says what it has
    bool witnessed;   // a cosignature of another organisation covers the lane
    struct buf witness; // the head with that cosignature; empty without
};

// `lane` is the one that all lines must belong to, or NULL: that of the first line.
enum status intake_new(const struct hub *hub, const char *lane, struct intake **ret_intake,
                       struct err *err) MUST_USE;
void intake_free(struct intake *intake);
AUTO_POINTER(struct intake, intake_free)
void intake_job_free(struct writer_job *job);
// Reads and checks one line (without its line feed) for itself; it must follow the one before.
enum status intake_add(struct intake *intake, const char *line, size_t size_bytes,
                       struct err *err) MUST_USE;
// Reads all lines of a body; each ends in a line feed, the last one may.
enum status intake_add_all(struct intake *intake, const char *text, size_t size_bytes,
                           struct err *err) MUST_USE;
// Reads the end of a transfer: its note and key, checked by transfer_read.
enum status intake_end(struct intake *intake, const char *note, size_t note_bytes,
                       const struct note_checkpoint *checkpoint, const struct note_key *key,
                       struct err *err) MUST_USE;
// Reads a whole transfer: lines, checkpoint and key. What is wrong with it is left in `unread`.
enum status intake_transfer(struct intake *intake, const char *text, size_t size_bytes,
                            struct err *err) MUST_USE;

#endif
