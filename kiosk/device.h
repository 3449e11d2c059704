// SPDX-License-Identifier: MIT
// Paired screens and desks: a one-time phrase becomes a long-lived cookie; the database keeps only
// hashes, memory keeps the list for every request.
#ifndef HAILONG_DEVICE_H
#define HAILONG_DEVICE_H

#include "response.h"
#include "writer.h"

enum device_role { DEVICE_NONE, DEVICE_SCREEN, DEVICE_DESK };
enum { DEVICE_PHRASE_CHARS = 26, DEVICE_COOKIE_CHARS = 43, DEVICE_PHRASE_LIFE_S = 30 * 60 };
#define DEVICE_COOKIE "hailong_device"

struct devices;
enum status device_open(struct db *db, struct devices **ret_devices, struct err *err) MUST_USE;
void device_close(struct devices *devices);
AUTO_POINTER(struct devices, device_close)
// Makes a one-time phrase for a counter's screen, or for the desk (counter NULL).
enum status device_invite(struct devices *devices, struct writer *writer, const char *counter,
                          char ret_phrase[DEVICE_PHRASE_CHARS + 1], struct err *err) MUST_USE;
// A job that spends a phrase and makes a device; after the commit `cookie`, `role` and `counter`
// are set and the list in memory knows it. STATUS_GONE: used, expired or unknown.
struct device_pair_job {
    struct writer_job job;
    struct devices *devices;
    char phrase[DEVICE_PHRASE_CHARS + 1];
    char cookie[DEVICE_COOKIE_CHARS + 1];
    enum device_role role;
    char counter[RESPONSE_CODE_CHARS + 1];
};
enum status device_pair_prepare(struct devices *devices, const char *phrase,
                                struct device_pair_job *ret_job, struct err *err) MUST_USE;
// Who holds this cookie. `ret_counter` may be NULL. Any thread, no database.
enum device_role device_role(struct devices *devices, const char *cookie,
                             char ret_counter[RESPONSE_CODE_CHARS + 1]);
size_t device_count(struct devices *devices, enum device_role role);

#endif
