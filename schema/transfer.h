// SPDX-License-Identifier: MIT
// What leaves a kiosk: lines of its lane, an empty line, the signed checkpoint of their end, and
// the lane's public key (docs/JOURNAL.md). The same text is pushed, exported, and carried by hand;
// by hand it may be sealed to the hub's key.
#ifndef HAILONG_TRANSFER_H
#define HAILONG_TRANSFER_H

#include "note.h"

// The end of a transfer: empty line, note and key. Lines come before it, each with its line feed.
// `note` ends in a line feed.
void transfer_end(struct buf *out, const char *note, size_t note_bytes, const struct note_key *key);

// The two halves of a whole transfer in memory (a push). Everything points into `text`.
struct transfer {
    const char *lines; // without the empty line; "" when there are none
    size_t lines_bytes;
    const char *note;
    size_t note_bytes;
    struct note_key key;
    struct note_checkpoint checkpoint;
};
// Cuts it apart and checks the note's signature by its key, and that the key's lane is the note's
// origin. STATUS_BAD_INPUT says what is missing.
enum status transfer_read(const char *text, size_t size_bytes, struct transfer *ret_transfer,
                          struct err *err) MUST_USE;

// ---- sealed to a hub ------------------------------------------------------------------------
// The hub's box key as one line, "hailong-box LANE base64(X25519 key)".
struct transfer_box {
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES];
};
void transfer_box_text(const struct transfer_box *box, struct buf *out); // no line feed
// Takes that line, also out of the two that the hub's `key` command prints.
enum status transfer_box_read(const char *text, size_t size_bytes, struct transfer_box *ret_box,
                              struct err *err) MUST_USE;

// Writes a sealed transfer piece by piece; `write` gets the sealed bytes.
typedef enum status (*transfer_write_fn)(void *context, const void *bytes, size_t size_bytes,
                                         struct err *err);
struct transfer_sealer;
enum status transfer_seal_open(const struct transfer_box *box, transfer_write_fn write,
                               void *context, struct transfer_sealer **ret_sealer,
                               struct err *err) MUST_USE;
enum status transfer_seal_add(struct transfer_sealer *sealer, const void *bytes, size_t size_bytes,
                              struct err *err) MUST_USE;
// The last piece is marked, so that a cut file is known.
enum status transfer_seal_end(struct transfer_sealer *sealer, struct err *err) MUST_USE;
void transfer_seal_close(struct transfer_sealer *sealer);
AUTO_POINTER(struct transfer_sealer, transfer_seal_close)
bool transfer_is_sealed(const char *head, size_t size_bytes); // by its first bytes
// Fills `bytes`; *ret_bytes is less than `size_bytes` at the end only.
typedef enum status (*transfer_read_fn)(void *context, void *bytes, size_t size_bytes,
                                        size_t *ret_bytes, struct err *err);
// Where a sealed transfer comes from and its content goes to.
struct transfer_flow {
    transfer_read_fn read;
    transfer_write_fn write;
    void *context; // of both
};
// Opens a sealed transfer; `write` gets the content piece by piece, each checked, but that the end
// is missing shows only at the end. STATUS_BAD_INPUT: cut, changed, or sealed to another hub
// (named).
enum status transfer_unseal(const struct transfer_flow *flow, const char *lane,
                            const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES],
                            const uint8_t secret[CRYPTO_BOX_SECRET_BYTES],
                            struct err *err) MUST_USE;

#endif
