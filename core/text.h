// SPDX-License-Identifier: MIT
// Text from outside: UTF-8, NFC (libutf8proc), strict numbers, hexadecimal, Vietnamese folding.
#ifndef HAILONG_TEXT_H
#define HAILONG_TEXT_H

#include "buf.h"

// True when the bytes are well-formed UTF-8 without control characters other than LF and TAB
// (when `allow_breaks`), without DEL, noncharacters and bidirectional overrides.
bool text_is_clean(const char *text, size_t size_bytes, bool allow_breaks);
// Appends the NFC form. STATUS_BAD_INPUT when the bytes are not well-formed UTF-8.
enum status text_nfc(const char *text, size_t size_bytes, struct buf *out,
                     struct err *err) MUST_USE;
// Appends the search form: NFC, lower case, no diacritics, đ → d.
enum status text_fold(const char *text, size_t size_bytes, struct buf *out,
                      struct err *err) MUST_USE;
// A decimal integer in [minimum, maximum]: digits only, an optional leading '-', no spaces, no
// plus, no leading zero. `what` names the value in the error text. STATUS_BAD_INPUT otherwise.
enum status text_int(const char *text, int64_t minimum, int64_t maximum, const char *what,
                     int64_t *ret_value, struct err *err) MUST_USE;
// True when `text` is 1..max_chars characters of [A-Z0-9-] that neither begin nor end with '-'
// (area codes: "HT", "SV-YT").
bool text_is_code(const char *text, size_t max_chars);
// Writes 2*size_bytes hexadecimal digits and a NUL.
void text_hex(const void *bytes, size_t size_bytes, char *ret_hex);
// Reads exactly size_bytes from lower-case hexadecimal; false when it does not fit.
bool text_unhex(const char *hex, size_t hex_chars, void *ret_bytes, size_t size_bytes);
// Number of Unicode code points; the text is clean.
size_t text_count(const char *text, size_t size_bytes);

#endif
