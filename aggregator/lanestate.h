// SPDX-License-Identifier: MIT
// What a lane may do here, and how it stands: new, active, suspended, retired; in contact, behind,
// silent, never heard of.
#ifndef HAILONG_LANESTATE_H
#define HAILONG_LANESTATE_H

#include "hub.h"
#include "stmt.h"
#include "witness.h"

enum lanestate_kind { LANESTATE_NEW, LANESTATE_ACTIVE, LANESTATE_SUSPENDED, LANESTATE_RETIRED };
const char *lanestate_name(enum lanestate_kind kind); // "new" …
bool lanestate_of_name(const char *name, enum lanestate_kind *ret_kind);

struct lanestate {
    enum lanestate_kind kind;
    bool own, by_hand;
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    char unit[RESPONSE_UNIT_CHARS + 1];          // "" until its setup is complete
    char enrolled_unit[RESPONSE_UNIT_CHARS + 1]; // that of its phrase, "" without one
    char replaced_by[ENTRY_LANE_CHARS + 1];      // "" when none
};
enum status lanestate_find(struct db *db, const char *lane, struct lanestate *ret_state,
                           bool *ret_found, struct err *err) MUST_USE;
// STATUS_DENIED, with what to do, when the lane may bring nothing: it is suspended, retired, or
// the hub's own.
enum status lanestate_admit(const struct lanestate *state, struct err *err) MUST_USE;
// Inside a transaction. `replaced_by` may be NULL.
enum status lanestate_set(struct db *db, const char *lane, enum lanestate_kind kind,
                          const char *replaced_by, struct err *err) MUST_USE;

// Kiosks send a sign of life each hour, so one that kept silent for so many opening hours of this
// office is off, cut off, or broken: two may be missed by a slow line and its back-off.
enum { LANESTATE_SILENT_HOURS = 3 };
// "never", "good", "behind" (it announced more than came), "silent", "hand" (carried by hand: it
// comes when somebody brings it), "moved" (it would be silent, but the box goes on in another lane
// that is in contact) or "own".
struct lanestate_contact {
    bool own, by_hand;
    int64_t last_s; // 0: never
    int64_t size, announced;
    bool moved; // a lane that followed it after a fork has been in contact
};
const char *lanestate_contact(const struct lanestate_contact *contact,
                              const struct opening *opening, int64_t now_s);

// A row of the statement HUB_LANE_LIST as {"lane","unit","kind","how","state","replaced_by",
// "contact","moved_to" (null: not),"unconfirmed" (a successor that staff have not looked at),
// "entries","announced","missing","last_contact" ("2026-11-21 09:12" or null),"refusal",
// "witness" (witness_json), "messages" (not confirmed yet)}. NULL: no memory.
// The unit is that of the lane's setup, or of its phrase before the setup has come.
const char *lanestate_unit(struct stmt *row);
json_t *lanestate_json(const struct hub *hub, struct stmt *row, const struct witness_cover *cover);
// Appends all lanes, the hub's own first.
enum status lanestate_list(const struct hub *hub, struct db *db, json_t *lanes,
                           struct err *err) MUST_USE;

#endif
