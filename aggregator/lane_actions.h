// SPDX-License-Identifier: MIT
// What an operator does about kiosks: phrases, states, messages down, and the hub's own setup.
// The first five are actions of hub_actions.h.
#ifndef HAILONG_LANE_ACTIONS_H
#define HAILONG_LANE_ACTIONS_H

#include "hub.h"

enum {
    // An answer is a letter of a page or two.
    LANE_ACTIONS_ANSWER_LIMIT_BYTES = 8000,
};

enum status lane_actions_join(struct hub *hub, const json_t *request, json_t **ret_reply,
                              struct err *err) MUST_USE;
enum status lane_actions_device(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err) MUST_USE;
enum status lane_actions_send_setup(struct hub *hub, const json_t *request, json_t **ret_reply,
                                    struct err *err) MUST_USE;
enum status lane_actions_answer(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err) MUST_USE;
// {"lane","to","again"}: keeps that `to` gets the slips of `lane`, with an `audit` entry. Refused
// when another lane has them, unless "again".
enum status lane_actions_kit(struct hub *hub, const json_t *request, json_t **ret_reply,
                             struct err *err) MUST_USE;
// Takes a changed setup of this hub: an entry in its lane first, then setup.json. `hub` goes on
// with the old one: it must be closed afterwards. Where the new tree of units gives another
// lineage to anything that was counted, the ancestors' counts change with it. STATUS_CONFLICT
// unless "version" is larger, unit, trial and sample are the same, and every unit that has answers
// is still there on their days.
enum status lane_actions_setup(struct hub *hub, const char *text, size_t size_bytes,
                               struct err *err) MUST_USE;

#endif
