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
    CRYPTO_SIGN_BYTES = 64,
    CRYPTO_BOX_PUBLIC_BYTES = 32, // X25519
    CRYPTO_BOX_SECRET_BYTES = 32,
    CRYPTO_SEAL_BYTES = 48, // what a sealed box is longer than its content
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
// The public half of a secret key.
void crypto_sign_public(const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                        uint8_t ret_public[CRYPTO_SIGN_PUBLIC_BYTES]);
void crypto_signature(const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], const void *bytes,
                      size_t size_bytes, uint8_t ret_signature[CRYPTO_SIGN_BYTES]);
bool crypto_sign_ok(const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], const void *bytes,
                    size_t size_bytes, const uint8_t signature[CRYPTO_SIGN_BYTES]);
// base64 with padding (RFC 4648 §4). Reading is strict: the one canonical form only.
void crypto_base64(const void *bytes, size_t size_bytes, struct buf *out);
enum status crypto_unbase64(const char *text, size_t size_bytes, struct buf *out,
                            struct err *err) MUST_USE;

// Sealed boxes (libsodium's crypto_box_seal): anybody may close one, the key's owner opens it.
void crypto_box_keys(uint8_t ret_public[CRYPTO_BOX_PUBLIC_BYTES],
                     uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES]);
enum status crypto_seal(const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES], const void *bytes,
                        size_t size_bytes, struct buf *out, struct err *err) MUST_USE;
// STATUS_BAD_INPUT: not sealed to this key, or changed.
enum status crypto_unseal(const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES],
                          const uint8_t secret[CRYPTO_BOX_SECRET_BYTES], const void *bytes,
                          size_t size_bytes, struct buf *out, struct err *err) MUST_USE;
// The box key that belongs to an Ed25519 key, for sealing something to a device.
enum status crypto_box_of_sign_public(const uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES],
                                      uint8_t ret_public[CRYPTO_BOX_PUBLIC_BYTES],
                                      struct err *err) MUST_USE;
void crypto_box_of_sign_secret(const uint8_t sign_secret[CRYPTO_SIGN_SECRET_BYTES],
                               uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES]);
// A long text encrypted in pieces (libsodium's secretstream, XChaCha20-Poly1305).
enum { CRYPTO_STREAM_HEADER_BYTES = 24, CRYPTO_STREAM_MORE_BYTES = 17, CRYPTO_STREAM_STATE = 64 };
struct crypto_stream {
    _Alignas(8) uint8_t state[CRYPTO_STREAM_STATE];
};
void crypto_stream_begin(const uint8_t key[CRYPTO_KEY_BYTES], struct crypto_stream *ret_stream,
                         uint8_t ret_header[CRYPTO_STREAM_HEADER_BYTES]);
// `ret_bytes` has room for size_bytes + CRYPTO_STREAM_MORE_BYTES.
void crypto_stream_add(struct crypto_stream *stream, const void *bytes, size_t size_bytes,
                       bool last, uint8_t *ret_bytes);
bool crypto_stream_open(const uint8_t key[CRYPTO_KEY_BYTES],
                        const uint8_t header[CRYPTO_STREAM_HEADER_BYTES],
                        struct crypto_stream *ret_stream);
// False when the piece was changed or is out of place. `ret_bytes` has room for the content.
bool crypto_stream_take(struct crypto_stream *stream, const void *bytes, size_t size_bytes,
                        uint8_t *ret_bytes, bool *ret_last);
// Passphrases: argon2id (RFC 9106), libsodium's string with parameters and salt in it; 19 MiB and
// 2 passes (OWASP's small setting: an old office PC). STATUS_NO_MEMORY.
enum { CRYPTO_PASSPHRASE_BYTES = 128 };
enum status crypto_passphrase_hash(const char *passphrase, char ret_text[CRYPTO_PASSPHRASE_BYTES],
                                   struct err *err) MUST_USE;
bool crypto_passphrase_ok(const char *text, const char *passphrase);

#endif
