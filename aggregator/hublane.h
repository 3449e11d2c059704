// SPDX-License-Identifier: MIT
// The hub's own lane: setup, import and audit entries, appended in the same transaction as what
// they are about.
#ifndef HAILONG_HUBLANE_H
#define HAILONG_HUBLANE_H

#include "db.h"
#include "entry.h"
#include "note.h"

struct hublane;
// Reads keys/lane.key (an Ed25519 secret key) of the folder, and keys/box.key and keys/own.key when
// they are there. A hub that was restored has own.key: its own entries go on in a lane of another
// name, while kiosks and other organisations go on to know the hub by lane.key.
enum status hublane_open(const char *keys_folder, struct hublane **ret_lane,
                         struct err *err) MUST_USE;
void hublane_close(struct hublane *lane);
AUTO_POINTER(struct hublane, hublane_close)
// Makes keys/lane.key (0600). STATUS_CONFLICT when there is one. hublane_make_own: keys/own.key.
enum status hublane_make(const char *keys_folder, struct err *err) MUST_USE;
enum status hublane_make_own(const char *keys_folder, struct err *err) MUST_USE;
// Makes keys/box.key (0600) unless there is one: X25519, secret and then public half. What is
// carried by hand, and what a replaced kiosk leaves behind, is sealed to it.
enum status hublane_make_box(const char *keys_folder, struct err *err) MUST_USE;
const char *hublane_name(const struct hublane *lane);
// The key of that lane as notes name it, and the secret half (borrowed): it signs the lane's heads.
const struct note_key *hublane_own_key(const struct hublane *lane);
const uint8_t *hublane_own_secret(const struct hublane *lane);
// The key by which others know the hub: it cosigns, signs messages, and names what is sealed to it.
const char *hublane_known_as(const struct hublane *lane); // as a lane's name
const struct note_key *hublane_key(const struct hublane *lane);
const uint8_t *hublane_secret(const struct hublane *lane);
struct hublane_box {
    uint8_t secret[CRYPTO_BOX_SECRET_BYTES], public_key[CRYPTO_BOX_PUBLIC_BYTES];
};
// NULL in a folder of before there were box keys that has not been served since.
const struct hublane_box *hublane_box(const struct hublane *lane);
// Appends a document as one or several entries of that kind under `id` (hublane_new_id), inside a
// transaction of the caller; so does hublane_audit.
enum status hublane_append_document(struct db *db, const struct hublane *lane, enum entry_kind kind,
                                    const struct buf *document, const uint8_t id[ENTRY_ID_BYTES],
                                    struct err *err) MUST_USE;
// Appends an `audit` entry: what was done ("join", "import", "report"), on which unit, and one
// detail of ours (a lane, a period); no names, no free text.
enum status hublane_audit(struct db *db, const struct hublane *lane, const char *act,
                          const char *unit, const char *detail, struct err *err) MUST_USE;
// The same with the people who did it, ended by NULL.
enum status hublane_audit_by(struct db *db, const struct hublane *lane, const char *act,
                             const char *unit, const char *detail, const char *const *by,
                             struct err *err) MUST_USE;
// Appends one entry from its tail (part 0), inside a transaction of the caller, and reads it back
// for whoever applies it; release with entry_done.
enum status hublane_append(struct db *db, const struct hublane *lane, const struct buf *tail,
                           struct entry *ret_entry, struct err *err) MUST_USE;
// A fresh id: the hour number (4 bytes) and 12 random bytes.
void hublane_new_id(uint8_t ret_id[ENTRY_ID_BYTES]);

#endif
