// SPDX-License-Identifier: MIT
// Taking a lane's next entries, by push or from a file: the same bytes, the same checks. A batch
// is taken whole or not at all.
#ifndef HAILONG_INTAKE_H
#define HAILONG_INTAKE_H

#include "hub.h"

enum {
    INTAKE_TEXT_LIMIT_BYTES = 1024 * 1024 + 2 * ENTRY_LIMIT_BYTES, // one push
    INTAKE_LINES_MAX = 16384, // the shortest possible line is longer than 64 bytes
};

struct intake_line {
    size_t at, size_bytes; // in `text`
    struct entry entry;
};

struct intake {
    struct writer_job job;           // first: the reply's job
    const struct hub *hub;           // borrowed
    char lane[ENTRY_LANE_CHARS + 1]; // "" until the first line
    struct buf text;
    struct intake_line *lines;
    size_t count, capacity;
    bool by_key;                         // pushed; else by hand
    uint8_t key_hash[CRYPTO_HASH_BYTES]; // when by_key
    bool audit;                          // a file: an `audit` entry when anything is added
    // Valid when job.status is STATUS_OK:
    enum status outcome; // STATUS_OK: taken (or there already)
    struct err why;      // names lane, seq and fault when it was refused
    bool gap;            // refused for a gap: go on from `size`
    int64_t size;        // entries of the lane here now
    int64_t added;       // of them new
    uint8_t root[CRYPTO_HASH_BYTES];
};

// `lane` is the one that all lines must belong to, or NULL: that of the first line.
enum status intake_new(const struct hub *hub, const char *lane, struct intake **ret_intake,
                       struct err *err) MUST_USE;
void intake_free(struct intake *intake);
AUTO_POINTER(struct intake, intake_free)
void intake_job_free(struct writer_job *job);
// Reads and checks one line (without its line feed) for itself.
enum status intake_add(struct intake *intake, const char *line, size_t size_bytes,
                       struct err *err) MUST_USE;
// Reads all lines of a body; each ends in a line feed, the last one may.
enum status intake_add_all(struct intake *intake, const char *text, size_t size_bytes,
                           struct err *err) MUST_USE;

#endif
