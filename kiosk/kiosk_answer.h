// SPDX-License-Identifier: MIT
// What the writing commands do, on an open kiosk: asked by the control socket while somebody
// serves, and by the command itself while nobody does.
#ifndef HAILONG_KIOSK_ANSWER_H
#define HAILONG_KIOSK_ANSWER_H

#include "push.h"

struct kiosk_answer {
    struct kiosk *kiosk; // borrowed
    struct push *push;   // borrowed; NULL: no hub
    bool serving;
};

// Answers {"command":"pair"|"slip"|"poster"|"sync"|"status",…} with an object (given). `context`
// is a struct kiosk_answer; fits control_fn.
//   pair {counter} or {desk:true} → {url}
//   slip {area, counter?, dossier?, step?, replace?} → {url, code, area, area_name, expires,
//     private, office, counter_name, trial, sample}
//   poster {counter} → {url, code, counter, private, office, counter_name, trial, sample}
//   sync {} → {sent, synced, entries}
//   status {} → see kiosk_status.h
//   seal {} → see closing.h
//   visits {area, step?, count, hour?} → {}
//   enrol {hub, phrase} → {}; setup {text} → {}: the service then opens anew
enum status kiosk_answer(void *context, const json_t *request, json_t **ret_reply, struct err *err);

#endif
