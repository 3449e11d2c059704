// SPDX-License-Identifier: MIT
// What an operator does about witnesses; actions of hub_actions.h.
#ifndef HAILONG_WITNESS_ACTIONS_H
#define HAILONG_WITNESS_ACTIONS_H

#include "hub.h"

// {"command":"witness","act":"add"|"remove"|"trust"|"distrust","keys":[vkey]} → {}: all or none
// {"command":"witness","act":"sign","from","to"} → {"good","bad","faults" (text)}
// {"command":"witness","act":"import","from"} → the same
enum status witness_actions(struct hub *hub, const json_t *request, json_t **ret_reply,
                            struct err *err) MUST_USE;

#endif
