// SPDX-License-Identifier: MIT
// Acts that need two people: one proposes, another one confirms, and the confirmation carries it
// out in one transaction: entry in the hub's lane, figures, message down, `audit`.
#ifndef HAILONG_PROPOSAL_H
#define HAILONG_PROPOSAL_H

#include "person.h"

enum { PROPOSAL_IDS_MAX = 64, PROPOSAL_REASON_CHARS = 400 };

// What is proposed; text is borrowed.
struct proposal {
    const char *act;    // "redact", "flag", "unflag", "void", "unvoid", "quarantine", "discard"
    const char *target; // ids with a blank between (one for redact), or the lane that was left
    const char *field;  // redact: "text" or "contact"; else ""
    const char
        *reason; // redact: a word of docs/JOURNAL.md; quarantine, discard: ""; else free text
};

// Keeps a proposal of a person who has signed in. STATUS_BAD_INPUT: it names what is not there;
// STATUS_DENIED: not by this role, or not in this unit; STATUS_CONFLICT: done already. Not from
// the writer's thread, nor are the next two.
enum status proposal_make(const struct hub *hub, const struct person *person,
                          const struct proposal *proposal, int64_t *ret_n,
                          struct err *err) MUST_USE;
// Carries it out. STATUS_DENIED: by the proposer, or by this role; STATUS_CONFLICT: not open any
// more, or what waits of a tail is not what was proposed; STATUS_NOT_FOUND. On failure it stays
// open and nothing has happened. *ret_counted is the number of responses of an accepted tail.
enum status proposal_confirm(const struct hub *hub, const struct person *person, int64_t n,
                             int64_t *ret_counted, struct err *err) MUST_USE;
// Closes it without doing it; the proposer may, too.
enum status proposal_refuse(const struct hub *hub, const struct person *person, int64_t n,
                            struct err *err) MUST_USE;
// Appends {"n","act","target","field","reason","proposer","second","made","state","tails"
// (quarantine_content as it was proposed)} for the newest
// of them. "state" is open, done, refused, or waiting: erased here, and the kiosk has not said yet
// that it is erased there.
enum status proposal_list(struct db *db, json_t *proposals, struct err *err) MUST_USE;
// Erasures that are done here and not known to be done at their kiosk, and open proposals.
struct proposal_figures {
    int64_t open, waiting;
};
enum status proposal_figures(struct db *db, struct proposal_figures *ret_figures,
                             struct err *err) MUST_USE;

#endif
