// SPDX-License-Identifier: MIT
// What acts of two people do: the entry in the hub's lane and all that follows from it.
#ifndef HAILONG_ACT_H
#define HAILONG_ACT_H

#include "proposal.h"

// Whether what it names is there and lies in the person's units. STATUS_BAD_INPUT, STATUS_DENIED;
// STATUS_CONFLICT when it is done already.
enum status act_check(const struct hub *hub, struct db *db, const struct person *person,
                      const struct proposal *proposal, struct err *err) MUST_USE;
// What it is about as it stands now, as text: that of an accepted or refused tail, else nothing.
enum status act_content(struct db *db, const struct proposal *proposal, struct buf *content,
                        struct err *err) MUST_USE;
// Inside a job of the writer: does it. `by` are the two people's names. *ret_counted is the number
// of responses of an accepted tail.
enum status act_do(const struct hub *hub, struct db *db, const struct proposal *proposal,
                   const char *const by[2], int64_t *ret_counted, struct err *err) MUST_USE;
// Inside a transaction: a lane follows another one from now on. Its box may have the texts as they
// stood in a backup, so all erasures in the lanes before it are ordered again.
enum status act_erase_again(const struct hub *hub, struct db *db, const char *lane,
                            struct err *err) MUST_USE;

#endif
