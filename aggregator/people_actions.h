// SPDX-License-Identifier: MIT
// What people do by the command line, on the open hub (hub_actions.h).
#ifndef HAILONG_PEOPLE_ACTIONS_H
#define HAILONG_PEOPLE_ACTIONS_H

#include "hub.h"

// {"command":"user","act":"add","name","role","unit" (optional),"passphrase"} and
// {"command":"user","act":"remove","name"} → {}
enum status people_actions_user(struct hub *hub, const json_t *request, json_t **ret_reply,
                                struct err *err) MUST_USE;
// {"command":"propose","act","target","field","reason","user","passphrase"} → {"n"}
enum status people_actions_propose(struct hub *hub, const json_t *request, json_t **ret_reply,
                                   struct err *err) MUST_USE;
// {"command":"confirm","proposal":n,"user","passphrase","refuse":bool} → {"counted","owed":bool}:
// owed is that a reader holds up the truncation of the WAL, which is done later.
enum status people_actions_confirm(struct hub *hub, const json_t *request, json_t **ret_reply,
                                   struct err *err) MUST_USE;

#endif
