// SPDX-License-Identifier: MIT
// Members of data files and setups that json.h has no reader for: lines of text, names in two
// languages ({"vi": "Hộ tịch", "en": "Civil status"}), switches. Faults name `what` and the key.
#ifndef HAILONG_FIELD_H
#define HAILONG_FIELD_H

#include "json.h"

// Longest line in bytes: three lines of a counter screen, generously.
enum { FIELD_LINE_BYTES = 600 };

// One line of clean text that is not empty; borrowed from `object`, as everything here.
enum status field_line(const json_t *object, const char *key, const char *what,
                       const char **ret_text, struct err *err) MUST_USE;
// The same; "" when the member is missing or empty.
enum status field_line_or(const json_t *object, const char *key, const char *what,
                          const char **ret_text, struct err *err) MUST_USE;
// {"vi","en"}: Vietnamese must be there, English is the Vietnamese text when missing.
enum status field_name(const json_t *object, const char *key, const char *what, const char **ret_vi,
                       const char **ret_en, struct err *err) MUST_USE;
// true or false, `fallback` when missing.
enum status field_bool(const json_t *object, const char *key, const char *what, bool fallback,
                       bool *ret_value, struct err *err) MUST_USE;
// An integer in the range, `fallback` when missing.
enum status field_int(const json_t *object, const char *key, const char *what, int64_t minimum,
                      int64_t maximum, int64_t fallback, int64_t *ret_value,
                      struct err *err) MUST_USE;
// An array of at least `minimum` and at most `maximum` values.
enum status field_array(const json_t *object, const char *key, const char *what, size_t minimum,
                        size_t maximum, const json_t **ret_array, struct err *err) MUST_USE;
// "ARRAY[INDEX]" for error texts: "counters[2]". `room` is the size of ret_what.
void field_at(const char *array, size_t index, char *ret_what, size_t room);

#endif
