// SPDX-License-Identifier: MIT
// Slips: one-time codes for one visit. The table holds keyed hashes only; a slip row is never
// joined to an entry.
#ifndef HAILONG_SLIP_H
#define HAILONG_SLIP_H

#include "kiosk.h"
#include "slipcode.h"

// The first three stand in the table. Each takes one byte there (0 and 1 take none), so that
// spending a slip overwrites its row where it stands: a row that grows is moved, and the places of
// the rows would show the order of the answers. SLIP_WAITING: this kiosk was restored and does not
// know yet which slips are spent (restore.h).
enum slip_state {
    SLIP_OPEN = 2,
    SLIP_FINISHED = 3,
    SLIP_WITHDRAWN = 4,
    SLIP_EXPIRED,
    SLIP_UNKNOWN,
    SLIP_WAITING
};

struct slip {
    enum slip_state state;
    char area[RESPONSE_CODE_CHARS + 1];
    char counter[RESPONSE_CODE_CHARS + 1];
    enum response_step step;
    int32_t expires_day; // last civil day on which it can be used
};

enum { SLIP_DOSSIER_CHARS = 64, SLIP_URL_BYTES = KIOSK_URL_BYTES + 64 };

struct slip_order {
    const char *area;    // must be in the setup
    const char *counter; // "" or one of the setup
    enum response_step step;
    const char *dossier; // "" or the dossier's code: one slip per dossier and step
    bool replace;        // withdraw the dossier's earlier slip and give a new one
};

// A job that makes a slip; after the commit `code` is the new one. STATUS_CONFLICT: the dossier
// has a slip for this step already (ask to replace it). STATUS_BUSY
// while slips wait.
struct slip_job {
    struct writer_job job;
    struct kiosk *kiosk;
    struct slip_order order; // strings borrowed, or pointing into `storage`
    char storage[3][SLIP_DOSSIER_CHARS + 1];
    char code[SLIPCODE_CHARS + 1];
    int32_t expires_day;
};
// Checks the order and fills the job (copies its strings). Submit it, or run it with writer_run.
enum status slip_prepare(struct kiosk *kiosk, const struct slip_order *order,
                         struct slip_job *ret_job, struct err *err) MUST_USE;
// Looks a code up (any spelling slipcode_read takes). An unknown or unreadable one is SLIP_UNKNOWN
// with STATUS_OK.
enum status slip_find(struct kiosk *kiosk, struct db *db, const char *code, struct slip *ret_slip,
                      struct err *err) MUST_USE;
// Spends it inside a rating's job: STATUS_GONE unless it is open. Writer thread.
enum status slip_spend(struct kiosk *kiosk, struct db *db, const char *code,
                       struct err *err) MUST_USE;
// The slip's address: PHONE_URL/S/CODE/AREA/COUNTER/STEP (counter "0" when there is none).
void slip_url(const struct kiosk *kiosk, const char *code, const char *area, const char *counter,
              enum response_step step, char ret_url[SLIP_URL_BYTES]);
// Slips issued today, for the desk. STATUS_OK with the count.
enum status slip_count_day(struct db *db, int32_t day, int64_t *ret_count,
                           struct err *err) MUST_USE;
// The code of a counter's poster ("" = the office's): derived from the slip key, always the same.
void slip_poster_code(const struct kiosk *kiosk, const char *counter,
                      char ret_code[SLIPCODE_CHARS + 1]);
// The counter that a poster code belongs to; false when it is none of ours. `ret_counter` is ""
// for the office's.
bool slip_poster_find(const struct kiosk *kiosk, const char *code,
                      char ret_counter[RESPONSE_CODE_CHARS + 1]);
// PHONE_URL/P/CODE
void slip_poster_url(const struct kiosk *kiosk, const char *counter, char ret_url[SLIP_URL_BYTES]);
// True when the address works only inside the office's network (loopback, private, link-local).
bool slip_url_is_private(const char *url);

#endif
