// SPDX-License-Identifier: MIT
// People of an office, what two of them do, and texts of a kiosk, for tests.
#ifndef HAILONG_STAFF_H
#define HAILONG_STAFF_H

#include "office.h"
#include "proposal.h"

enum { STAFF_ID_CHARS = 2 * ENTRY_ID_BYTES };

// Adds a person of the office's unit; fails the test when that is refused.
struct person staff_add(struct office *office, const char *name, const char *role);
// The id of office_response(number, …) in hexadecimal.
void staff_id(int number, char ret_id[STAFF_ID_CHARS + 1]);
// Two people, made on first use in each test, propose and confirm; the outcome is the first
// refusal.
enum status staff_two(struct office *office, const struct proposal *proposal);
// As staff_two, about one response of that number; fails the test when it is refused.
void staff_rule(struct office *office, const char *act, int number);
// Has the ledger and all figures recomputed; fails the test when they differ.
void staff_verify(struct office *office);
// Fails the test unless verify finds a fault whose text has that word.
void staff_verify_fails(struct office *office, const char *word);
// Runs `apply` as a job of the writer.
struct staff_job {
    struct writer_job job; // first
    struct office *office;
    const void *data;
    int64_t count;
};
enum status staff_run(struct staff_job *job, writer_apply_fn apply);

// A comment (contact NULL) or petition of the kiosk, with the id of `number`; what it deposits is
// appended to `texts`.
void staff_text(struct office_kiosk *kiosk, int number, const char *text, const char *contact,
                json_t *texts);
// Has the lane's texts taken; the outcome is that of the job. `ret_taken` may be NULL.
enum status staff_deposit(struct office *office, const struct office_kiosk *kiosk,
                          const json_t *texts, int64_t *ret_taken);
// An entry of the kiosk made from `text`, the members between "id" and the closing brace:
// "\"part\":0,\"day\":…".
void staff_entry(struct office_kiosk *kiosk, const char *kind, int number, const char *members);

#endif
