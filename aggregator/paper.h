// SPDX-License-Identifier: MIT
// Paper results: counts typed from paper forms, as a CSV file with the columns
// unit,day,area,item,level,count. They become `import` entries of the hub's lane that carry the
// counts themselves.
#ifndef HAILONG_PAPER_H
#define HAILONG_PAPER_H

#include "hub.h"

enum {
    PAPER_FILE_LIMIT_BYTES = 16 * 1024 * 1024, // more rows than any office has days
    PAPER_COUNT_MAX = 1000000, // answers of one cell and day; above it a typing mistake is certain
    PAPER_LISTED_MAX = 20,     // bad rows that are listed one by one
};

struct paper_row {
    char unit[RESPONSE_UNIT_CHARS + 1];
    char area[RESPONSE_CODE_CHARS + 1];
    char item[FORM_ID_CHARS + 1];
    int32_t day;
    int level;
    int64_t count;
    int64_t line; // of the file
    bool again;   // an earlier file, taken in part, had the same cell: paper_again_mark
};

struct paper {
    struct writer_job job; // first
    const struct hub *hub; // borrowed
    uint8_t sha256[CRYPTO_HASH_BYTES];
    struct paper_row *rows; // the good ones
    size_t row_count, row_capacity;
    int64_t bad_count;
    struct buf faults; // one line of Vietnamese for each listed bad row, or row taken before
    const char *form;  // id: "mot-cau" or "tthc"
    char by[64];       // who entered it, as --entered-by said; may be ""
    int64_t answers;   // sum of the counts
    // After the job, where either means that nothing has changed:
    bool known;          // the same file was taken before
    int64_t again_count; // rows whose cells an earlier file that was taken in part has counted
};

// Reads the file. Rows that do not fit are counted and described in `faults`; the header, the
// encoding and the CSV form itself must be right: STATUS_BAD_INPUT otherwise.
enum status paper_read(const struct hub *hub, const char *text, size_t size_bytes,
                       struct paper **ret_paper, struct err *err) MUST_USE;
void paper_free(struct paper *paper);
AUTO_POINTER(struct paper, paper_free)
// Takes the good rows in one transaction (writer_run): entries, counts, and the file's hash.
enum status paper_take(struct paper *paper, struct err *err) MUST_USE;

#endif
