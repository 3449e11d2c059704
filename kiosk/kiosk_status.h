// SPDX-License-Identifier: MIT
// The kiosk's state as one model: made from the database, with what only a serving kiosk knows.
#ifndef HAILONG_KIOSK_STATUS_H
#define HAILONG_KIOSK_STATUS_H

#include "db.h"
#include "json.h"
#include "setup.h"
#include "writer.h"

struct kiosk_status {
    bool serving;
    int witnessed; // enum witnessed: whether an outside witness has cosigned a head of this lane
    const char *hub_url, *phone_url, *screen_url; // "" when not known
    const char *problem;          // of the last sync; NULL: as the database remembers it
    struct writer_figures writer; // since the start; zeros when not serving
};

// The model (given): {unit, office, lane, entries, root, serving, screens, desks, slips_today,
// flagged_today:{counter: count}, hub:{url, synced, missing, last_contact, problem}, phone_url,
// phone_url_private, screen_url, trial, sample, writer:{jobs, batches, queued}, witness,
// witness_said}. witness: a cosignature was verified here; witness_said: only the hub says so.
// last_contact is UTC seconds or null.
enum status kiosk_status(struct db *db, const struct setup *setup, const struct kiosk_status *live,
                         json_t **ret_model, struct err *err) MUST_USE;
// The model as a table for a person, in Vietnamese.
void kiosk_status_text(const json_t *model, struct buf *out);

#endif
