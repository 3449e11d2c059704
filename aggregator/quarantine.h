// SPDX-License-Identifier: MIT
// The tail of a lane that was left after a fork: kept apart, shown, and counted only after two
// people have accepted it.
#ifndef HAILONG_QUARANTINE_H
#define HAILONG_QUARANTINE_H

#include "hub.h"

enum {
    // Lines that one lane may send of another one: some hundred days of a busy kiosk; a box that
    // was apart for longer is a matter for people, not for a table.
    QUARANTINE_LINES_MAX = 100000,
    QUARANTINE_CONTENT_LIMIT_BYTES = 64 * 1024,
};

// Inside a transaction: keeps lines that `by_lane` (active, of the same unit) sends of a lane that
// it follows by a row of this hub's (following.h), {"of","from","lines":[…]}. They begin at or
// before the end of what the hub has of that lane, and leave no gap. The same again changes
// nothing.
enum status quarantine_take(const struct hub *hub, struct db *db, const char *by_lane,
                            const json_t *body, int64_t *ret_taken, struct err *err) MUST_USE;
// What waits of a lane, and what two people agree on: appends an object for each lane that sent
// some, {"lane","by_lane","first","last" (numbers),"responses","from","to" (days; null without
// responses),"levels" (five counts of `overall`, when they are of at least 10),"sha256"}.
enum status quarantine_content(struct db *db, const char *lane, json_t *tails,
                               struct err *err) MUST_USE;
// The content of all lanes of which something waits.
enum status quarantine_list(struct db *db, json_t *tails, struct err *err) MUST_USE;
// Inside a transaction, after two people agreed: what waits of the lane will not count.
enum status quarantine_discard(struct db *db, const char *lane, struct err *err) MUST_USE;
// Inside a transaction, after two people agreed: counts its responses and details through an
// `import` document of kind "quarantine" in the hub's lane; ids that are counted already are passed
// over. *ret_counted is the number of responses.
enum status quarantine_accept(const struct hub *hub, struct db *db, const char *lane,
                              const char *const by[2], int64_t *ret_counted,
                              struct err *err) MUST_USE;

#endif
