// SPDX-License-Identifier: MIT
// The kit: slip key and slip table, sealed to the hub's box key, so that a replacement honours the
// slips in people's pockets. It travels with each sync that changed it and in backups.
#ifndef HAILONG_KIT_H
#define HAILONG_KIT_H

#include "kiosk.h"

enum { KIT_LIMIT_BYTES = 4 * 1024 * 1024, KIT_MARK_BYTES = CRYPTO_HASH_BYTES };

// Appends the sealed bytes. `mark` (KIT_MARK_BYTES) is that of the last kit, or NULL: when nothing
// has changed since, nothing is appended and *ret_news is false. Slips whose time is over are left
// out. Any reading connection.
enum status kit_make(struct db *db, const uint8_t slip_key[CRYPTO_KEY_BYTES],
                     const uint8_t box[CRYPTO_BOX_PUBLIC_BYTES], const uint8_t *mark,
                     struct buf *sealed, uint8_t ret_mark[KIT_MARK_BYTES], bool *ret_news,
                     struct err *err) MUST_USE;
// Keeps a kit that was sealed to this lane's own key, to be loaded when the kiosk next opens.
// STATUS_BAD_INPUT when it cannot be opened with that key.
enum status kit_keep(const char *folder, const uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES],
                     const void *sealed, size_t size_bytes, struct err *err) MUST_USE;
// At the start, before anybody else uses the database: loads a kit that was kept, if there is one.
// Its slip key becomes this kiosk's; a slip that either side knows as used or withdrawn stays so.
// A crash in between is made good by the next start.
enum status kit_load(const char *folder, const uint8_t lane_secret[CRYPTO_SIGN_SECRET_BYTES],
                     struct db *db, bool *ret_loaded, struct err *err) MUST_USE;

#endif
