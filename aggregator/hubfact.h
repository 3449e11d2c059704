// SPDX-License-Identifier: MIT
// Numbers of the hub's database itself, and the truncation of its WAL that is owed after something
// was erased: old pages stay in the WAL after a deletion.
#ifndef HAILONG_HUBFACT_H
#define HAILONG_HUBFACT_H

#include "hub.h"

// *ret_value is 0 when there is none.
enum status hubfact_get(struct db *db, const char *name, int64_t *ret_value,
                        struct err *err) MUST_USE;
enum status hubfact_set(struct db *db, const char *name, int64_t value, struct err *err) MUST_USE;
// Inside a job of the writer, with the deletion: neither a busy reader nor a crash makes us forget.
enum status hubfact_owe(struct db *db, struct err *err) MUST_USE;
// When that is owed writes the texts anew and truncates the WAL, else does nothing. STATUS_BUSY
// when a reader holds it up: it stays owed. Not from the writer's thread.
enum status hubfact_pay(const struct hub *hub, struct err *err) MUST_USE;

#endif
