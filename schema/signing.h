// SPDX-License-Identifier: MIT
// Who speaks between kiosk and hub: requests signed by a lane's key, messages signed by the hub's,
// and the one-time phrase by which a lane is enrolled (docs/api.md).
#ifndef HAILONG_SIGNING_H
#define HAILONG_SIGNING_H

#include "crypto.h"
#include "entry.h"

enum {
    SIGNING_HEADER_BYTES = 160,
    // A request older or newer than this is refused: what somebody recorded cannot make a dead
    // kiosk look alive later.
    SIGNING_SKEW_S = 900,
    SIGNING_PHRASE_CHARS = 29,   // XXXX-XXXX-XXXX-XXXX-XXXX-XXXX
    SIGNING_PHRASE_ID_CHARS = 4, // the first group, by which the hub finds it
};

struct signing_request {
    const char *method, *path;
    const void *body;
    size_t body_bytes;
};
// "Hailong TIME BASE64": the Authorization header.
void signing_header(const struct signing_request *request, int64_t time_s,
                    const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                    char ret_header[SIGNING_HEADER_BYTES]);
// The time in such a header, of which nothing else has been checked than its form.
// STATUS_UNAUTHORIZED: it is none.
enum status signing_time(const char *header, int64_t *ret_time_s, struct err *err) MUST_USE;
// STATUS_UNAUTHORIZED: no such header, or a wrong signature. *ret_time_s is the header's time,
// which the caller compares with his own (SIGNING_SKEW_S).
enum status signing_check(const struct signing_request *request, const char *header,
                          const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], int64_t *ret_time_s,
                          struct err *err) MUST_USE;

struct signing_message {
    const char *lane; // whom it is for
    int64_t n;
    const char *type, *text;
};
enum status signing_message(const struct signing_message *message,
                            const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                            uint8_t ret_signature[CRYPTO_SIGN_BYTES], struct err *err) MUST_USE;
enum status signing_message_check(const struct signing_message *message,
                                  const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES],
                                  const uint8_t signature[CRYPTO_SIGN_BYTES],
                                  struct err *err) MUST_USE;

// A fresh phrase, 120 random bits in Crockford base 32.
void signing_phrase_make(char ret_phrase[SIGNING_PHRASE_CHARS + 1]);
// Its id and secret; lower case, blanks, missing dashes and the look-alikes O, I, L are read as
// meant. STATUS_BAD_INPUT when it is none.
enum status signing_phrase_read(const char *phrase, char ret_id[SIGNING_PHRASE_ID_CHARS + 1],
                                uint8_t ret_secret[CRYPTO_KEY_BYTES], struct err *err) MUST_USE;
// MACs by which both sides of an enrolment show that they know the secret.
void signing_enrol_device(const uint8_t secret[CRYPTO_KEY_BYTES], const char *vkey,
                          uint8_t ret_mac[CRYPTO_HASH_BYTES]);
void signing_enrol_hub(const uint8_t secret[CRYPTO_KEY_BYTES], const char *hub_vkey,
                       const char *box, const char *lane, uint8_t ret_mac[CRYPTO_HASH_BYTES]);

#endif
