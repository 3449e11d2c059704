// SPDX-License-Identifier: MIT
// A strict reader of application/x-www-form-urlencoded bodies and query strings (not
// MHD_PostProcessor, which cuts values at NUL). Decoded once, in place of a fixed store.
#ifndef HAILONG_URLFORM_H
#define HAILONG_URLFORM_H

#include "buf.h"

enum { URLFORM_FIELD_MAX = 48, URLFORM_LIMIT_BYTES = 8192 };

struct urlform_field {
    const char *name, *value; // NUL-terminated, clean UTF-8 in NFC order as received
    size_t value_size_bytes;
};

struct urlform {
    char store[URLFORM_LIMIT_BYTES + URLFORM_FIELD_MAX * 2 + 2];
    struct urlform_field fields[URLFORM_FIELD_MAX];
    size_t count;
    const char *unclean; // the first field whose value was no clean text and was left out; or NULL
};

// Reads the whole text. STATUS_BAD_INPUT for a bad escape, NUL or control byte (LF, CR and TAB
// are taken in values, CRLF becoming LF), bad UTF-8, a duplicate or empty name, a field without
// '='; STATUS_TOO_LARGE past the limits. When nothing is wrong but values
// that are no clean text, ret_form has the other fields, so that people can be told on their page,
// and names the first such one. `names`, when not NULL, is the NULL-ended list of names
// that may occur: another one is STATUS_BAD_INPUT.
enum status urlform_read(const char *text, size_t size_bytes, const char *const *names,
                         struct urlform *ret_form, struct err *err) MUST_USE;
// The value, or NULL when the field is absent.
const char *urlform_value(const struct urlform *form, const char *name);
// … or `fallback` then.
const char *urlform_value_or(const struct urlform *form, const char *name, const char *fallback);

#endif
