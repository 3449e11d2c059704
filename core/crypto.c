// SPDX-License-Identifier: MIT
// Hashes and MACs by nettle, all else by libsodium.
#include "crypto.h"

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <sodium.h>
#include <string.h>

_Static_assert(CRYPTO_HASH_BYTES == SHA256_DIGEST_SIZE, "SHA-256 size");
_Static_assert(CRYPTO_MAC_STATE_BYTES == sizeof(struct hmac_sha256_ctx), "HMAC state size");
_Static_assert(CRYPTO_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key size");
_Static_assert(CRYPTO_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key size");

enum status crypto_open(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, STATUS_IO, "the system's random source cannot be opened");
    return STATUS_OK;
}

void crypto_random(void *ret_bytes, size_t size_bytes)
{
    randombytes_buf(ret_bytes, size_bytes);
}

void crypto_sha256(const void *bytes, size_t size_bytes, uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    struct sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, size_bytes, bytes);
    sha256_digest(&state, CRYPTO_HASH_BYTES, ret_hash);
}

void crypto_sha256_pieces(const struct crypto_piece *pieces, size_t count,
                          uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    struct sha256_ctx state;
    sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        sha256_update(&state, pieces[i].size_bytes, pieces[i].bytes);
    sha256_digest(&state, CRYPTO_HASH_BYTES, ret_hash);
}

void crypto_hmac(const uint8_t key[CRYPTO_KEY_BYTES], const void *bytes, size_t size_bytes,
                 uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    struct crypto_mac_key ready;
    crypto_mac_key(key, &ready);
    crypto_mac(&ready, bytes, size_bytes, ret_mac);
    crypto_wipe(&ready, sizeof(ready));
}

void crypto_mac_key(const uint8_t key[CRYPTO_KEY_BYTES], struct crypto_mac_key *ret_key)
{
    struct hmac_sha256_ctx state;
    hmac_sha256_set_key(&state, CRYPTO_KEY_BYTES, key);
    memcpy(ret_key->state, &state, sizeof(state));
    crypto_wipe(&state, sizeof(state));
}

void crypto_mac(const struct crypto_mac_key *key, const void *bytes, size_t size_bytes,
                uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    struct hmac_sha256_ctx state;
    memcpy(&state, key->state, sizeof(state));
    hmac_sha256_update(&state, size_bytes, bytes);
    hmac_sha256_digest(&state, CRYPTO_HASH_BYTES, ret_mac);
    crypto_wipe(&state, sizeof(state));
}

void crypto_derive(const uint8_t key[CRYPTO_KEY_BYTES], const char *label,
                   uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    crypto_hmac(key, label, strlen(label), ret_key);
}

bool crypto_equal(const void *a, const void *b, size_t size_bytes)
{
    return sodium_memcmp(a, b, size_bytes) == 0;
}

void crypto_wipe(void *bytes, size_t size_bytes)
{
    sodium_memzero(bytes, size_bytes);
}

void crypto_base64url(const void *bytes, size_t size_bytes, struct buf *out)
{
    // Pieces of a multiple of three bytes encode without padding, so they join seamlessly.
    enum { PIECE = 48 };
    const uint8_t *source = bytes;
    while (size_bytes > 0) {
        char text[PIECE / 3 * 4 + 1];
        size_t piece = size_bytes < PIECE ? size_bytes : PIECE;
        sodium_bin2base64(text, sizeof text, source, piece,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        buf_add_text(out, text);
        source += piece;
        size_bytes -= piece;
    }
}

void crypto_sign_keys(uint8_t ret_public[CRYPTO_SIGN_PUBLIC_BYTES],
                      uint8_t ret_secret[CRYPTO_SIGN_SECRET_BYTES])
{
    crypto_sign_keypair(ret_public, ret_secret);
}
