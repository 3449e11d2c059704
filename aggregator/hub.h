// SPDX-License-Identifier: MIT
// The aggregator (hub) as one object: what every handler and command works on.
#ifndef HAILONG_HUB_H
#define HAILONG_HUB_H

#include "dbpool.h"
#include "hublane.h"
#include "page.h"
#include "plan.h"
#include "setup.h"
#include "unit.h"
#include "writer.h"

enum hub_listener { HUB_LISTEN = 1 };
enum { HUB_PATH_BYTES = 1024, HUB_DB_READERS = 4 };

struct hub {
    char folder[HUB_PATH_BYTES];
    struct setup setup; // this office's (or level's) own; setup.insufficient_below, .trial, .sample
    uint8_t setup_sha256[CRYPTO_HASH_BYTES]; // of setup.json as it was read
    const struct unit_tree *units;           // the setup's
    const struct plan *plan;                 // the setup's; never NULL
    struct hublane *lane;
    struct dbpool *readers;
    struct writer *writer;  // NULL when opened with HUB_READ
    struct page_set *pages; // NULL when opened with HUB_READ
};

enum hub_mode {
    HUB_READ,  // database read-only: report, verify, status
    HUB_WRITE, // with the writer and the pages; the caller holds the lock
};

// Opens the data directory: setup, units, plan, lane key, database (migrated when HUB_WRITE,
// checked when HUB_READ). STATUS_NOT_FOUND when hub_init has not been run there;
// STATUS_CHECK_FAILED when setup.json is not the newest setup of the hub's own lane. A change that
// was cut short between journal and file is finished when HUB_WRITE.
enum status hub_open(const char *folder, enum hub_mode mode, struct hub **ret_hub,
                     struct err *err) MUST_USE;
void hub_close(struct hub *hub);
AUTO_POINTER(struct hub, hub_close)
// Makes a data directory: keys/ (0700), setup.json, hub.db, the hub's lane and its setup entries.
// STATUS_CONFLICT when there is one already.
enum status hub_init(const char *folder, const char *setup_path, struct err *err) MUST_USE;
// STATUS_NOT_FOUND, with what to do, when the folder holds no hub.
enum status hub_check(const char *folder, struct err *err) MUST_USE;
// Whether setup.json as it was read is the newest complete setup that the hub's own lane holds;
// STATUS_BUSY when it is the one before.
enum status hub_check_setup(const struct hub *hub, struct db *db, struct err *err) MUST_USE;
// Loads forms, plans and areas, for whoever reads a setup without a hub; hub_open does it.
enum status hub_rules(struct err *err) MUST_USE;
// "folder/hub.db" and the like, into `ret_path`. STATUS_TOO_LARGE when it does not fit.
enum status hub_path(const char *folder, const char *name, char ret_path[HUB_PATH_BYTES],
                     struct err *err) MUST_USE;

#endif
