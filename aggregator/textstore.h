// SPDX-License-Identifier: MIT
// Free text at the hub, beside the ledger: taken only when it fits the commitment of its entry,
// destroyed with salt and all when it is erased.
#ifndef HAILONG_TEXTSTORE_H
#define HAILONG_TEXTSTORE_H

#include "crypto.h"
#include "db.h"
#include "entry.h"
#include "json.h"

enum { TEXTSTORE_SALT_BYTES = 32, TEXTSTORE_PAYLOAD_MAX_BYTES = 4096 };

// Inside a transaction: takes deposited texts of that lane, or of one that it follows
// ([{"id","field","salt","payload"}]). One that fits no entry of these, or not its commitment,
// refuses the whole (STATUS_BAD_INPUT); one that has been erased meanwhile is passed over.
// *ret_taken counts those that are new.
enum status textstore_take(struct db *db, const char *lane, const json_t *texts, int64_t *ret_taken,
                           struct err *err) MUST_USE;
// Destroys it. *ret_there is false when there was nothing.
enum status textstore_erase(struct db *db, const uint8_t id[ENTRY_ID_BYTES], const char *field,
                            bool *ret_there, struct err *err) MUST_USE;
// What the ledger says of a text.
struct textstore_entry {
    char lane[ENTRY_LANE_CHARS + 1];
    char unit[9];
    uint8_t commitment[CRYPTO_HASH_BYTES];
    bool in_tail; // it stands in a tail only: whoever is in that lane has never had it
};
// In the ledger or, when a box has left its lane, in the tail that it handed in as quarantined.
// *ret_found is false when no comment or petition with that id has that field.
enum status textstore_entry_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES], const char *field,
                                 struct textstore_entry *ret_entry, bool *ret_found,
                                 struct err *err) MUST_USE;
// Whether a lane may bring or redact the text: it is its own, or of a lane that it follows.
enum status textstore_is_of(struct db *db, const struct textstore_entry *entry, const char *lane,
                            bool *ret_is, struct err *err) MUST_USE;
// Whether it is erased, by an entry of this hub and by one of a lane that may.
enum status textstore_redaction_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                     const char *field, bool *ret_hub, bool *ret_kiosk,
                                     struct err *err) MUST_USE;
// Whether that lane has redacted it by an entry of its own.
enum status textstore_redacted_by(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                  const char *field, const char *lane, bool *ret_has,
                                  struct err *err) MUST_USE;
// Whether no lane that was told to erase it has still to do so.
enum status textstore_orders_done(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                  const char *field, bool *ret_done, struct err *err) MUST_USE;
// Holds every text against its entry: STATUS_CHECK_FAILED names the first that fits no commitment
// or should be gone.
enum status textstore_verify(struct db *db, struct err *err) MUST_USE;

#endif
