// SPDX-License-Identifier: MIT
// Signed heads of lanes as text, by the public standards of C2SP: signed-note, tlog-checkpoint
// (c2sp.org/tlog-checkpoint) and tlog-cosignature. Origin and key name of a lane are
// "hailong/LANE".
#ifndef HAILONG_NOTE_H
#define HAILONG_NOTE_H

#include "crypto.h"
#include "entry.h"

enum {
    NOTE_NAME_CHARS = 8 + ENTRY_LANE_CHARS, // "hailong/" and the lane
    NOTE_VKEY_BYTES = 160,                  // room for a vkey's text and its end
    NOTE_LIMIT_BYTES = 8192,                // a note with all its signatures
    NOTE_SIGNATURE_MAX = 16,
};

struct note_checkpoint {
    char origin[64]; // "hailong/LANE"; another log's name where we are its witness
    uint64_t size;
    uint8_t root[CRYPTO_HASH_BYTES];
    char hour[17];    // "2026-11-03T09+07", "" when the note has no such line
    bool clock_unset; // "unset" stands behind the hour
};

// A key by which notes are checked.
struct note_key {
    char name[64];
    uint8_t id[4];
    uint8_t algorithm; // 1 Ed25519, 4 cosignature/v1
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
};
enum { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

// The key of a lane, or of its cosignatures.
void note_key_of_lane(const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], uint8_t algorithm,
                      struct note_key *ret_key);
// "NAME+hex key id+base64(algorithm ‖ key)".
void note_vkey(const struct note_key *key, char ret_text[NOTE_VKEY_BYTES]);
// STATUS_BAD_INPUT when it is none, or its key id is not that of its name and key.
enum status note_vkey_read(const char *text, size_t size_bytes, struct note_key *ret_key,
                           struct err *err) MUST_USE;
// The lane that the key's name names and whose name follows from the key; false for other logs.
bool note_key_lane(const struct note_key *key, char ret_lane[ENTRY_LANE_CHARS + 1]);

// Appends text, empty line and the lane's own signature.
enum status note_sign(const struct note_checkpoint *checkpoint,
                      const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], struct buf *out,
                      struct err *err) MUST_USE;
// Appends one cosignature line over the text of `note` (which ends in a line feed), of `time_s`.
enum status note_cosign(const char *note, size_t size_bytes, const char *name,
                        const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], int64_t time_s,
                        struct buf *out, struct err *err) MUST_USE;
// Reads the text of a note; signatures are not looked at. STATUS_BAD_INPUT says what is wrong.
enum status note_read(const char *note, size_t size_bytes, struct note_checkpoint *ret_checkpoint,
                      struct err *err) MUST_USE;
// Whether the note carries a good signature by that key; *ret_time_s (may be NULL) is that of a
// cosignature, else 0. A line of the key's name and id with a wrong signature makes it
// STATUS_CHECK_FAILED; no such line STATUS_NOT_FOUND.
enum status note_verify(const char *note, size_t size_bytes, const struct note_key *key,
                        int64_t *ret_time_s, struct err *err) MUST_USE;

#endif
