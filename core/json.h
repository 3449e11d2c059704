// SPDX-License-Identifier: MIT
// JSON models. The only file that includes jansson; everyone else includes this one. Text from
// outside is read with the strict rules here, never with json_loads directly. For AUTO use
// jansson's own json_decrefp.
#ifndef HAILONG_JSON_H
#define HAILONG_JSON_H

#include <jansson.h>

#include "buf.h"

// Parses exactly one JSON object, UTF-8, no duplicate keys, at most `limit_bytes`. `what` names
// the source in the error text (a file or "request"), which gives line and column.
enum status json_parse(const char *text, size_t size_bytes, size_t limit_bytes, const char *what,
                       json_t **ret_json, struct err *err) MUST_USE;
// As json_parse, from a file.
enum status json_read(const char *path, size_t limit_bytes, json_t **ret_json,
                      struct err *err) MUST_USE;
// Appends the compact form, keys in the order of insertion.
enum status json_write(const json_t *json, struct buf *out, struct err *err) MUST_USE;
// Members of an object that must be there and of that type: STATUS_BAD_INPUT names key and `what`.
enum status json_text(const json_t *object, const char *key, const char *what,
                      const char **ret_text, struct err *err) MUST_USE;
enum status json_int(const json_t *object, const char *key, const char *what, int64_t minimum,
                     int64_t maximum, int64_t *ret_value, struct err *err) MUST_USE;
// The member as text, or `fallback` when it is missing or null.
const char *json_text_or(const json_t *object, const char *key, const char *fallback);
int64_t json_int_or(const json_t *object, const char *key, int64_t fallback);
bool json_bool_or(const json_t *object, const char *key, bool fallback);
// STATUS_BAD_INPUT names the first key of `object` that is not in the NULL-ended list.
enum status json_only(const json_t *object, const char *what, const char *const *keys,
                      struct err *err) MUST_USE;

#endif
