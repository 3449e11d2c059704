// SPDX-License-Identifier: MIT
// The few primitives we use: libsodium, and nettle for SHA-256, which uses the processor's own
// instructions where there are some (four to seven times as fast, and every tap hashes a dozen
// times). The .c is the only file that includes them.
#ifndef HAILONG_CRYPTO_H
#define HAILONG_CRYPTO_H

#include "buf.h"

enum {
    CRYPTO_HASH_BYTES = 32, // SHA-256
    CRYPTO_KEY_BYTES = 32,
    CRYPTO_SIGN_PUBLIC_BYTES = 32,
    CRYPTO_SIGN_SECRET_BYTES = 64,
};

// Must succeed once before anything else here is called; later calls do nothing.
enum status crypto_open(struct err *err) MUST_USE;
void crypto_random(void *ret_bytes, size_t size_bytes);
void crypto_sha256(const void *bytes, size_t size_bytes, uint8_t ret_hash[CRYPTO_HASH_BYTES]);
// SHA-256 over several pieces.
struct crypto_piece {
    const void *bytes;
    size_t size_bytes;
};
void crypto_sha256_pieces(const struct crypto_piece *pieces, size_t count,
                          uint8_t ret_hash[CRYPTO_HASH_BYTES]);
// HMAC-SHA-256 (RFC 2104) with a 32-byte key.
void crypto_hmac(const uint8_t key[CRYPTO_KEY_BYTES], const void *bytes, size_t size_bytes,
                 uint8_t ret_mac[CRYPTO_HASH_BYTES]);
// A key ready for HMAC: its two pads are hashed once, which is half of a short message's work.
// Secret like the key itself.
enum { CRYPTO_MAC_STATE_BYTES = 336 };
struct crypto_mac_key {
    _Alignas(8) uint8_t state[CRYPTO_MAC_STATE_BYTES];
};
void crypto_mac_key(const uint8_t key[CRYPTO_KEY_BYTES], struct crypto_mac_key *ret_key);
// As crypto_hmac.
void crypto_mac(const struct crypto_mac_key *key, const void *bytes, size_t size_bytes,
                uint8_t ret_mac[CRYPTO_HASH_BYTES]);
// A key for one purpose: HMAC(key, label).
void crypto_derive(const uint8_t key[CRYPTO_KEY_BYTES], const char *label,
                   uint8_t ret_key[CRYPTO_KEY_BYTES]);
// Constant-time comparison.
bool crypto_equal(const void *a, const void *b, size_t size_bytes);
void crypto_wipe(void *bytes, size_t size_bytes);
// base64url without padding (RFC 4648 §5).
void crypto_base64url(const void *bytes, size_t size_bytes, struct buf *out);
// A new Ed25519 key pair (RFC 8032).
void crypto_sign_keys(uint8_t ret_public[CRYPTO_SIGN_PUBLIC_BYTES],
                      uint8_t ret_secret[CRYPTO_SIGN_SECRET_BYTES]);

#endif
