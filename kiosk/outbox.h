// SPDX-License-Identifier: MIT
// Free text on its way into the journal: durable at once in the table `outbox`, in the journal only
// at the day's seal, shuffled, by day, under ids that nothing connects with a response. The text
// itself stands beside the journal (table free_text) and can be erased.
#ifndef HAILONG_OUTBOX_H
#define HAILONG_OUTBOX_H

#include "kiosk.h"

enum { OUTBOX_TEXT_MAX_BYTES = 4000, OUTBOX_CONTACT_MAX_BYTES = 600, OUTBOX_HASH_BYTES = 16 };

// Inside a job of the writer: keeps a comment (contact NULL) or a petition. `page_hash` (16 bytes)
// is a MAC of the page under its day key: one text for each page; `mac` is one of what it says, by
// which a repeat is known: that is STATUS_OK and changes nothing. Numbers that could be a phone,
// an identity card or a dossier have been masked by the caller (mask.h). `contact` is sealed to
// the unit's case key here. STATUS_CONFLICT: this page has sent another text; STATUS_DENIED: no
// case key.
struct outbox_text {
    const char *area; // "" for none
    const char *text;
    const char *contact;
    const uint8_t *page_hash;
    const uint8_t *mac; // 16 bytes
};
enum status outbox_add(struct kiosk *kiosk, struct db *db, const struct outbox_text *text,
                       struct err *err) MUST_USE;
// The newest day of a text that waits; *ret_waiting false when none does.
enum status outbox_waiting(struct db *db, bool *ret_waiting, int32_t *ret_day,
                           struct err *err) MUST_USE;
// Inside a job: forgets which pages have sent a text before `day`, as their day keys go.
// *ret_changes is how many there were.
enum status outbox_forget_pages(struct db *db, int32_t day, int64_t *ret_changes,
                                struct err *err) MUST_USE;
// Whether petitions can be taken: keys/case.pub is there. Any thread.
bool outbox_has_case_key(const struct kiosk *kiosk);
// Inside a job: writes all as entries of `day`, in random order, and moves the texts beside the
// journal. *ret_count is how many.
enum status outbox_empty(struct kiosk *kiosk, struct db *db, int32_t day, int64_t *ret_count,
                         struct err *err) MUST_USE;
// Texts that the hub does not have yet, as {"id","field","salt","payload"} objects appended to a
// JSON array: of this lane, or of one that it follows; and marking them sent.
enum status outbox_unsent(struct db *db, json_t *texts, size_t limit, struct err *err) MUST_USE;
enum status outbox_unsent_former(struct db *db, json_t *texts, size_t limit,
                                 struct err *err) MUST_USE;
enum status outbox_sent(struct db *db, const json_t *texts, struct err *err) MUST_USE;
// Inside a job: destroys salt and payload, and the office's answer, which may quote them, and
// appends the `redaction` entry. STATUS_NOT_FOUND when
// there is no such text; a second erasure is STATUS_OK and changes nothing. The WAL truncation is
// then owed (truncation.h).
struct outbox_erasure {
    uint8_t of[ENTRY_ID_BYTES];
    const char *field, *reason;
    const char *by[4]; // NULL-terminated when fewer
};
enum status outbox_erase(struct kiosk *kiosk, struct db *db, const struct outbox_erasure *erasure,
                         struct err *err) MUST_USE;

#endif
