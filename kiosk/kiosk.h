// SPDX-License-Identifier: MIT
// The kiosk service as one object: what every handler and command works on.
#ifndef HAILONG_KIOSK_H
#define HAILONG_KIOSK_H

#include "arming.h"
#include "daykey.h"
#include "dbpool.h"
#include "device.h"
#include "journal.h"
#include "page.h"
#include "prepared.h"
#include "setup.h"
#include "writer.h"

enum kiosk_listener { KIOSK_LISTEN_SCREEN = 1, KIOSK_LISTEN_PHONE = 2 };
// In the table `fact`: 1 while slips wait for what the hub knows of them.
#define KIOSK_SLIPS_WAITING "slips_waiting"
enum { KIOSK_PATH_BYTES = 1024, KIOSK_URL_BYTES = 256, KIOSK_DB_READERS = 4 };

struct timekeeper;
struct judge;

struct kiosk {
    char folder[KIOSK_PATH_BYTES];
    struct setup setup;
    uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES]; // the lane's Ed25519 key
    struct timekeeper *timekeeper;                 // what hour it is, and whether to trust it
    struct judge *judge;                           // live flags
    struct page_set *pages;
    struct prepared *prepared; // rendered pages that only wait for a token
    struct journal *journal;
    struct daykeys *daykeys;
    struct devices *devices;
    struct armings *armings;
    struct dbpool *readers;
    struct writer *writer;
    uint8_t slip_key[CRYPTO_KEY_BYTES];
    // The prefix of phone addresses without a slash at its end: setup's public_url, or
    // "http://" and the phone listener's address. Set once, before listening.
    char phone_url[KIOSK_URL_BYTES];
    char screen_url[KIOSK_URL_BYTES];
    char hub_url[KIOSK_URL_BYTES]; // "" when there is none
    // What pages show in the corner for staff: set by the sync thread, read by any.
    _Atomic int64_t synced_entries;
    _Atomic int64_t last_contact_s;
    // Whether another organisation has cosigned a head of this lane: enum witnessed (witnessed.h).
    _Atomic int witnessed;
    // This kiosk was restored and knows neither the slip key nor which slips are spent (restore.h).
    _Atomic bool slips_waiting;
    // Asks the service to close and open anew, as after a new setup; NULL: nobody serves.
    void (*again)(void);
};

// Opens the data directory for serving or for a writing command: takes no lock (the caller does),
// opens database, keys, setup, journal (checking its end and that it begins with this very setup),
// writer and pages. KIOSK.folder must have been made by kiosk_init.
enum status kiosk_open(const char *folder, struct kiosk **ret_kiosk, struct err *err) MUST_USE;
void kiosk_close(struct kiosk *kiosk);
AUTO_POINTER(struct kiosk, kiosk_close)
// Makes a data directory: keys/ (0700), setup.json, kiosk.db, the lane and its first entry.
// STATUS_CONFLICT when there is one already.
enum status kiosk_init(const char *folder, const char *setup_path, struct err *err) MUST_USE;
// STATUS_NOT_FOUND, with what to do, unless kiosk_init has made that folder.
enum status kiosk_check(const char *folder, struct err *err) MUST_USE;
// For commands that only read, beside a kiosk that serves: the lane's name, the setup (release
// with setup_done), and a read-only connection (given).
enum status kiosk_lane(const char *folder, char ret_lane[ENTRY_LANE_CHARS + 1],
                       struct err *err) MUST_USE;
// The lane's Ed25519 key; wipe it after use.
enum status kiosk_secret(const char *folder, uint8_t ret_secret[CRYPTO_SIGN_SECRET_BYTES],
                         struct err *err) MUST_USE;
enum status kiosk_slip_key(const char *folder, uint8_t ret_key[CRYPTO_KEY_BYTES],
                           struct err *err) MUST_USE;
// Once, before setups and keys are read.
enum status kiosk_registries(struct err *err) MUST_USE;
enum status kiosk_read_setup(const char *folder, struct setup *ret_setup, struct err *err) MUST_USE;
enum status kiosk_open_reader(const char *folder, struct db **ret_db, struct err *err) MUST_USE;
// STATUS_CHECK_FAILED when setup.json is not what the journal of `db` begins with.
enum status kiosk_check_setup(const char *folder, struct db *db, struct err *err) MUST_USE;
// An id for an entry that is no response, of this hour (entry_id_of_hour).
void kiosk_random_id(uint8_t ret_id[ENTRY_ID_BYTES]);

#endif
