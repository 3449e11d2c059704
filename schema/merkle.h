// SPDX-License-Identifier: MIT
// The tree of a lane: Merkle Tree Hash of RFC 6962 §2.1, leaf = SHA-256(0x00 ‖ bytes), node =
// SHA-256(0x01 ‖ left ‖ right), kept as its frontier so that appending costs O(log n).
#ifndef HAILONG_MERKLE_H
#define HAILONG_MERKLE_H

#include "crypto.h"

enum { MERKLE_LEVELS = 63, MERKLE_WIRE_LIMIT_BYTES = MERKLE_LEVELS * CRYPTO_HASH_BYTES };

struct merkle {
    uint64_t size; // leaves
    // node[k] is the root of the complete subtree of 2^k leaves, present when bit k of size is set
    uint8_t node[MERKLE_LEVELS][CRYPTO_HASH_BYTES];
};

void merkle_init(struct merkle *tree);
void merkle_copy(struct merkle *to, const struct merkle *from); // copies only the nodes in use
void merkle_leaf(const void *bytes, size_t size_bytes, uint8_t ret_hash[CRYPTO_HASH_BYTES]);
void merkle_add(struct merkle *tree, const uint8_t leaf[CRYPTO_HASH_BYTES]);
// The root; of the empty tree SHA-256("").
void merkle_root(const struct merkle *tree, uint8_t ret_root[CRYPTO_HASH_BYTES]);
// The nodes in use from level 0 upwards, 32 bytes each; `ret_bytes` has room for the limit.
// Returns the number of bytes.
size_t merkle_write(const struct merkle *tree, uint8_t *ret_bytes);
// STATUS_BAD_INPUT when the bytes do not belong to a tree of that size.
enum status merkle_read(uint64_t size, const void *bytes, size_t size_bytes,
                        struct merkle *ret_tree, struct err *err) MUST_USE;

// Consistency proofs (RFC 6962 §2.1.2): that a tree of `old_size` leaves is the beginning of one of
// `size` leaves. 0 < old_size ≤ size; the proof of a tree with itself is empty.
enum { MERKLE_PROOF_MAX = 2 * MERKLE_LEVELS };
struct merkle_proof {
    size_t count;
    uint8_t node[MERKLE_PROOF_MAX][CRYPTO_HASH_BYTES];
};
// Builds a proof while walking all `size` leaves once in order: begin, add each leaf hash, end.
struct merkle_prover;
enum status merkle_prove_open(uint64_t old_size, uint64_t size, struct merkle_prover **ret_prover,
                              struct err *err) MUST_USE;
void merkle_prove_add(struct merkle_prover *prover, const uint8_t leaf[CRYPTO_HASH_BYTES]);
// After exactly `size` leaves; else a BUG.
enum status merkle_prove_end(struct merkle_prover *prover, struct merkle_proof *ret_proof,
                             struct err *err) MUST_USE;
void merkle_prove_close(struct merkle_prover *prover);
AUTO_POINTER(struct merkle_prover, merkle_prove_close)
bool merkle_proof_ok(uint64_t old_size, const uint8_t old_root[CRYPTO_HASH_BYTES], uint64_t size,
                     const uint8_t root[CRYPTO_HASH_BYTES], const struct merkle_proof *proof);

#endif
