// SPDX-License-Identifier: MIT
// People who act at this hub, each with an own passphrase.
#ifndef HAILONG_PERSON_H
#define HAILONG_PERSON_H

#include "hub.h"

enum {
    PERSON_NAME_CHARS = 64,
    PERSON_NAME_BYTES = 4 * PERSON_NAME_CHARS + 1,
    PERSON_PASSPHRASE_MIN_CHARS =
        12, // NIST SP 800-63B asks for 8 with a second factor; we have none
    PERSON_PASSPHRASE_MAX_CHARS = 128,
    // Guessing on the spot ends here; somebody with the database guesses against argon2id anyway.
    PERSON_TRIES_MAX = 5,
    PERSON_LOCKED_S = 15 * 60,
};

// name, may propose, may confirm
#define PERSON_ROLE_LIST(X)                                                                        \
    X(ADMIN, "admin", true, true)                                                                  \
    X(HEAD, "head", true, true)                                                                    \
    X(OFFICER, "officer", true, false)                                                             \
    X(VIEWER, "viewer", false, false)                                                              \
    X(AUDITOR, "auditor", false, true)
enum person_role {
#define X(name, text, proposes, confirms) PERSON_##name,
    PERSON_ROLE_LIST(X)
#undef X
        PERSON_ROLE_COUNT
};
const char *person_role_name(enum person_role role);
bool person_role_find(const char *name, enum person_role *ret_role);
bool person_may_propose(enum person_role role);
bool person_may_confirm(enum person_role role);

struct person {
    char name[PERSON_NAME_BYTES];
    enum person_role role;
    char unit[RESPONSE_UNIT_CHARS + 1]; // and what lies below it
};

// 12 to 128 characters, none of the common ones, not the name itself; nothing else is asked for.
// STATUS_BAD_INPUT says which.
enum status person_check_passphrase(const char *name, const char *passphrase,
                                    struct err *err) MUST_USE;
// Adds a person, with an `audit` entry. `unit` may be NULL: the hub's own. STATUS_CONFLICT: there
// is one with that name. Not from the writer's thread; so are the next two.
struct person_new {
    const char *name, *role, *unit, *passphrase;
};
enum status person_add(const struct hub *hub, const struct person_new *new_person,
                       struct err *err) MUST_USE;
// STATUS_NOT_FOUND.
enum status person_remove(const struct hub *hub, const char *name, struct err *err) MUST_USE;
// STATUS_UNAUTHORIZED: name or passphrase is wrong; STATUS_DENIED: too many wrong ones in a row.
enum status person_sign_in(const struct hub *hub, const char *name, const char *passphrase,
                           struct person *ret_person, struct err *err) MUST_USE;
// *ret_found is false when there is no such person.
enum status person_find(struct db *db, const char *name, struct person *ret_person, bool *ret_found,
                        struct err *err) MUST_USE;
// Appends {"name","role","unit","locked"} for each.
enum status person_list(struct db *db, json_t *people, struct err *err) MUST_USE;

#endif
