// SPDX-License-Identifier: MIT
// What changes a hub from the command line, each as one function on the open hub: called by the
// command itself when nobody serves, else by the serving process through the control socket.
#ifndef HAILONG_HUB_ACTIONS_H
#define HAILONG_HUB_ACTIONS_H

#include "hub.h"

// A control_fn; `context` is the struct hub. Requests and replies:
// {"command":"join","unit","replaces" (optional)} → {"phrase"}
// {"command":"device","act":"suspend"|"resume"|"retire","lane","replaced_by" (optional)} → {}
// {"command":"send-setup","lane","text"} → {"n"}
// {"command":"answer","petition","text"} → {"lane"}
// user, propose and confirm: people_actions.h; witness: witness_actions.h
// {"command":"import","path"} → {"lane","size","added","root"}
// {"command":"paper","path","skip_bad":bool,"entered_by"} → {"known":bool,"taken","answers",
//   "skipped","faults" (text),"refused":bool (nothing was taken because of bad rows)}
// {"command":"report","unit","period"} → {"model"}, for a free range: appends an `audit` entry
enum status hub_actions_answer(void *context, const json_t *request, json_t **ret_reply,
                               struct err *err);

#endif
