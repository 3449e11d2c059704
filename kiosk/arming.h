// SPDX-License-Identifier: MIT
// Armed counter screens: the desk opens a screen for one visit. In memory only: after a restart
// the clerk presses once more. An arming ends at its answer, the next arming, the desk's cancel,
// or after 3 minutes.
#ifndef HAILONG_ARMING_H
#define HAILONG_ARMING_H

#include "response.h"

enum { ARMING_LIFE_S = 180 };

struct arming {
    uint32_t number; // 0: the screen is not armed
    char area[RESPONSE_CODE_CHARS + 1];
    enum response_step step;
};

struct armings;
enum status arming_open(struct armings **ret_armings, struct err *err) MUST_USE;
void arming_close(struct armings *armings);
AUTO_POINTER(struct armings, arming_close)
// Arms a counter's screen, ending an earlier arming there. Returns its number.
uint32_t arming_set(struct armings *armings, const char *counter, const char *area,
                    enum response_step step);
void arming_cancel(struct armings *armings, const char *counter);
// The arming in force, number 0 when none.
struct arming arming_now(struct armings *armings, const char *counter);
// Takes the arming for an answer: true once, and only while it is in force. Writer thread.
bool arming_spend(struct armings *armings, const char *counter, uint32_t number);
// Gives it back when the transaction that spent it failed.
void arming_restore(struct armings *armings, const char *counter, uint32_t number);
// Grows whenever the screen has something new to show (armed, ended). Screens poll it.
uint32_t arming_version(struct armings *armings, const char *counter);

#endif
