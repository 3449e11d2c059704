// SPDX-License-Identifier: MIT
// The free texts of a lane while it is walked: what each comment and petition committed to, what
// was redacted, and whether the texts that stand beside the lane are those.
#ifndef HAILONG_LANETEXT_H
#define HAILONG_LANETEXT_H

#include "entry.h"

struct lanetext;
// `noun` stands before the seq of a text's entry in what is said of it: "entry".
enum status lanetext_open(const char *noun, struct lanetext **ret_texts, struct err *err) MUST_USE;
void lanetext_close(struct lanetext *texts);
AUTO_POINTER(struct lanetext, lanetext_close)
// A comment or petition; entries come in the order of their seq.
enum status lanetext_add(struct lanetext *texts, const struct entry *entry,
                         struct err *err) MUST_USE;
// A redaction of the text that stands in entry `of_seq`. STATUS_CHECK_FAILED: no such field there,
// or redacted before.
enum status lanetext_redact(struct lanetext *texts, int64_t of_seq, const char *field, int64_t seq,
                            struct err *err) MUST_USE;
// A row that stands beside the lane, of the entry `of_seq`; salt and payload are NULL when they
// were destroyed. STATUS_CHECK_FAILED says what is wrong with it.
struct lanetext_row {
    int64_t of_seq;
    const char *field;
    const void *salt, *payload;
    size_t salt_bytes, payload_bytes;
};
enum status lanetext_row(struct lanetext *texts, const struct lanetext_row *row,
                         struct err *err) MUST_USE;
// After all rows: STATUS_CHECK_FAILED names the first text that is gone without a redaction.
enum status lanetext_end(const struct lanetext *texts, struct err *err) MUST_USE;

#endif
