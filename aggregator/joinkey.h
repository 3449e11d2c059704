// SPDX-License-Identifier: MIT
// Bearer keys by which a kiosk joins: made once, stored hashed, bound to the first lane that uses
// them.
#ifndef HAILONG_JOINKEY_H
#define HAILONG_JOINKEY_H

#include "crypto.h"
#include "db.h"

enum { JOINKEY_CHARS = 43 }; // 32 bytes as base64url

// Makes a key for a unit, inside the caller's transaction. The text is shown once.
enum status joinkey_make(struct db *db, const char *unit, char ret_key[JOINKEY_CHARS + 1],
                         struct err *err) MUST_USE;
// The hash under which a key is kept; false when the text cannot be a key. `authorization` is the
// whole header value, "Bearer KEY", or NULL.
bool joinkey_of_header(const char *authorization, uint8_t ret_hash[CRYPTO_HASH_BYTES]);
// Whether the key may push this lane: STATUS_UNAUTHORIZED when it is unknown, STATUS_DENIED when
// another lane has it. A key that no lane has is bound to this one. *ret_unit is the key's unit.
enum status joinkey_admit(struct db *db, const uint8_t hash[CRYPTO_HASH_BYTES], const char *lane,
                          char ret_unit[9], struct err *err) MUST_USE;

#endif
