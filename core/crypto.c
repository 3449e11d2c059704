// SPDX-License-Identifier: MIT
// Hashes, keys and encodings by libsodium.
#include "crypto.h"

#include <sodium.h>
#include <string.h>

_Static_assert(CRYPTO_HASH_BYTES == crypto_hash_sha256_BYTES, "SHA-256 size");
_Static_assert(CRYPTO_HASH_BYTES == crypto_auth_hmacsha256_BYTES, "HMAC size");
_Static_assert(CRYPTO_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES, "HMAC key size");
_Static_assert(CRYPTO_MAC_STATE_BYTES == sizeof(crypto_auth_hmacsha256_state), "HMAC state size");
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
    crypto_hash_sha256(ret_hash, bytes, size_bytes);
}

void crypto_sha256_pieces(const struct crypto_piece *pieces, size_t count,
                          uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, pieces[i].bytes, pieces[i].size_bytes);
    crypto_hash_sha256_final(&state, ret_hash);
}

void crypto_hmac(const uint8_t key[CRYPTO_KEY_BYTES], const void *bytes, size_t size_bytes,
                 uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    crypto_auth_hmacsha256(ret_mac, bytes, size_bytes, key);
}

void crypto_mac_key(const uint8_t key[CRYPTO_KEY_BYTES], struct crypto_mac_key *ret_key)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, CRYPTO_KEY_BYTES);
    memcpy(ret_key->state, &state, sizeof state);
    sodium_memzero(&state, sizeof state);
}

void crypto_mac(const struct crypto_mac_key *key, const void *bytes, size_t size_bytes,
                uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    crypto_auth_hmacsha256_state state;
    memcpy(&state, key->state, sizeof state);
    crypto_auth_hmacsha256_update(&state, bytes, size_bytes);
    crypto_auth_hmacsha256_final(&state, ret_mac); // wipes the state
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
