// SPDX-License-Identifier: MIT
// What the box keeps of its hub since it was enrolled: keys/hub.vkey, keys/hub.box, keys/case.pub
// and the address in hub.url.
#ifndef HAILONG_HUBKEYS_H
#define HAILONG_HUBKEYS_H

#include "kiosk.h"
#include "note.h"
#include "transfer.h"

struct hubkeys {
    struct note_key cosigner; // by which the hub's acknowledgements are checked
    struct transfer_box box;  // to which the kit is sealed
};

// STATUS_DENIED, with what to do, when this kiosk has not been enrolled.
enum status hubkeys_read(const char *folder, struct hubkeys *ret_keys, struct err *err) MUST_USE;
// The address that the kiosk was enrolled at; "" when there is none.
enum status hubkeys_url(const char *folder, char ret_url[KIOSK_URL_BYTES],
                        struct err *err) MUST_USE;
// The key of the hub's cosignatures, whichever kind of key the hub's vkey names. STATUS_BAD_INPUT
// when it is not that of a lane.
enum status hubkeys_of_vkey(const char *vkey, size_t size_bytes, struct note_key *ret_cosigner,
                            struct err *err) MUST_USE;
// Stores all durably; the kiosk counts as enrolled with the last of them.
enum status hubkeys_write(const char *folder, const char *vkey, const struct transfer_box *box,
                          const char *url, struct err *err) MUST_USE;

#endif
