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
_Static_assert(CRYPTO_SIGN_BYTES == crypto_sign_BYTES, "Ed25519 signature size");
_Static_assert(CRYPTO_BOX_PUBLIC_BYTES == crypto_box_PUBLICKEYBYTES, "X25519 public key size");
_Static_assert(CRYPTO_BOX_SECRET_BYTES == crypto_box_SECRETKEYBYTES, "X25519 secret key size");
_Static_assert(CRYPTO_SEAL_BYTES == crypto_box_SEALBYTES, "what a sealed box adds");
_Static_assert(CRYPTO_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES, "stream key");
_Static_assert(CRYPTO_STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "stream header size");
_Static_assert(CRYPTO_STREAM_MORE_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES,
               "what a piece of a stream adds");
_Static_assert(CRYPTO_STREAM_STATE >= sizeof(crypto_secretstream_xchacha20poly1305_state),
               "stream state size");
_Static_assert(CRYPTO_PASSPHRASE_BYTES == crypto_pwhash_STRBYTES, "passphrase string size");

enum {
    // Pieces of three bytes are four characters without padding, so encoded pieces join seamlessly.
    BASE64_PIECE_BYTES = 48,
    BASE64_PIECE_CHARS = BASE64_PIECE_BYTES / 3 * 4,
    // OWASP's smallest setting for argon2id, for an office PC with little memory.
    PASSPHRASE_PASSES = 2,
    PASSPHRASE_MEMORY_BYTES = 19 << 20,
};

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

static void add_base64(const void *bytes, size_t size_bytes, int variant, struct buf *out)
{
    const uint8_t *source = bytes;
    while (size_bytes > 0) {
        char text[BASE64_PIECE_CHARS + 1];
        size_t piece = size_bytes < BASE64_PIECE_BYTES ? size_bytes : BASE64_PIECE_BYTES;
        sodium_bin2base64(text, sizeof text, source, piece, variant);
        buf_add_text(out, text);
        source += piece;
        size_bytes -= piece;
    }
}

void crypto_base64url(const void *bytes, size_t size_bytes, struct buf *out)
{
    add_base64(bytes, size_bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out);
}

void crypto_base64(const void *bytes, size_t size_bytes, struct buf *out)
{
    add_base64(bytes, size_bytes, sodium_base64_VARIANT_ORIGINAL, out);
}

// libsodium refuses wrong padding, foreign characters and left-over bits.
static bool decode_piece(const char *text, size_t chars, bool last, struct buf *out)
{
    uint8_t bytes[BASE64_PIECE_BYTES];
    size_t size_bytes = 0;
    // libsodium 1.0.18 reads some bytes above 127 as if they were letters.
    for (size_t i = 0; i < chars; i++)
        if ((uint8_t)text[i] > 127)
            return false;
    if (sodium_base642bin(bytes, sizeof bytes, text, chars, NULL, &size_bytes, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    if (!last && size_bytes != BASE64_PIECE_BYTES)
        return false; // padding that more text follows
    buf_add(out, bytes, size_bytes);
    crypto_wipe(bytes, sizeof bytes);
    return true;
}

enum status crypto_unbase64(const char *text, size_t size_bytes, struct buf *out, struct err *err)
{
    size_t before_bytes = out->size_bytes;
    while (size_bytes > 0) {
        size_t chars = size_bytes < BASE64_PIECE_CHARS ? size_bytes : BASE64_PIECE_CHARS;
        if (!decode_piece(text, chars, chars == size_bytes, out)) {
            buf_cut(out, before_bytes);
            return err_set(err, STATUS_BAD_INPUT, "this is not base64 in its canonical form");
        }
        text += chars;
        size_bytes -= chars;
    }
    return buf_check(out, err);
}

void crypto_sign_keys(uint8_t ret_public[CRYPTO_SIGN_PUBLIC_BYTES],
                      uint8_t ret_secret[CRYPTO_SIGN_SECRET_BYTES])
{
    crypto_sign_keypair(ret_public, ret_secret);
}

void crypto_sign_public(const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                        uint8_t ret_public[CRYPTO_SIGN_PUBLIC_BYTES])
{
    crypto_sign_ed25519_sk_to_pk(ret_public, secret);
}

void crypto_signature(const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], const void *bytes,
                      size_t size_bytes, uint8_t ret_signature[CRYPTO_SIGN_BYTES])
{
    crypto_sign_detached(ret_signature, NULL, bytes, size_bytes, secret);
}

bool crypto_sign_ok(const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], const void *bytes,
                    size_t size_bytes, const uint8_t signature[CRYPTO_SIGN_BYTES])
{
    return crypto_sign_verify_detached(signature, bytes, size_bytes, public_key) == 0;
}

void crypto_box_keys(uint8_t ret_public[CRYPTO_BOX_PUBLIC_BYTES],
                     uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES])
{
    crypto_box_keypair(ret_public, ret_secret);
}

enum status crypto_seal(const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES], const void *bytes,
                        size_t size_bytes, struct buf *out, struct err *err)
{
    size_t sealed_bytes = size_bytes + CRYPTO_SEAL_BYTES;
    buf_reserve(out, sealed_bytes);
    TRY(buf_check(out, err));
    uint8_t *room = (uint8_t *)out->data + out->size_bytes;
    if (crypto_box_seal(room, bytes, size_bytes, public_key) != 0)
        return err_set(err, STATUS_BAD_INPUT, "nothing can be sealed to this key; check it");
    out->size_bytes += sealed_bytes;
    out->data[out->size_bytes] = '\0';
    return STATUS_OK;
}

enum status crypto_unseal(const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES],
                          const uint8_t secret[CRYPTO_BOX_SECRET_BYTES], const void *bytes,
                          size_t size_bytes, struct buf *out, struct err *err)
{
    static const char refusal[] = "the sealed text is not for this key, or was changed";
    if (size_bytes < CRYPTO_SEAL_BYTES)
        return err_set(err, STATUS_BAD_INPUT, refusal);
    size_t content_bytes = size_bytes - CRYPTO_SEAL_BYTES;
    buf_reserve(out, content_bytes + 1); // never none, so that there is a room to point at
    TRY(buf_check(out, err));
    uint8_t *room = (uint8_t *)out->data + out->size_bytes;
    if (crypto_box_seal_open(room, bytes, size_bytes, public_key, secret) != 0)
        return err_set(err, STATUS_BAD_INPUT, refusal);
    out->size_bytes += content_bytes;
    out->data[out->size_bytes] = '\0';
    return STATUS_OK;
}

enum status crypto_box_of_sign_public(const uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES],
                                      uint8_t ret_public[CRYPTO_BOX_PUBLIC_BYTES], struct err *err)
{
    uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES];
    if (crypto_sign_ed25519_pk_to_curve25519(public_key, sign_public) != 0)
        return err_set(err, STATUS_BAD_INPUT, "this is no usable Ed25519 public key");
    memcpy(ret_public, public_key, sizeof public_key);
    return STATUS_OK;
}

void crypto_box_of_sign_secret(const uint8_t sign_secret[CRYPTO_SIGN_SECRET_BYTES],
                               uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES])
{
    crypto_sign_ed25519_sk_to_curve25519(ret_secret, sign_secret);
}

typedef crypto_secretstream_xchacha20poly1305_state stream_state;

void crypto_stream_begin(const uint8_t key[CRYPTO_KEY_BYTES], struct crypto_stream *ret_stream,
                         uint8_t ret_header[CRYPTO_STREAM_HEADER_BYTES])
{
    stream_state state;
    crypto_secretstream_xchacha20poly1305_init_push(&state, ret_header, key);
    memcpy(ret_stream->state, &state, sizeof state);
    crypto_wipe(&state, sizeof state);
}

void crypto_stream_add(struct crypto_stream *stream, const void *bytes, size_t size_bytes,
                       bool last, uint8_t *ret_bytes)
{
    stream_state state;
    memcpy(&state, stream->state, sizeof state);
    uint8_t tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                       : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    crypto_secretstream_xchacha20poly1305_push(&state, ret_bytes, NULL, bytes, size_bytes, NULL, 0,
                                               tag);
    memcpy(stream->state, &state, sizeof state);
    crypto_wipe(&state, sizeof state);
}

bool crypto_stream_open(const uint8_t key[CRYPTO_KEY_BYTES],
                        const uint8_t header[CRYPTO_STREAM_HEADER_BYTES],
                        struct crypto_stream *ret_stream)
{
    stream_state state;
    bool good = crypto_secretstream_xchacha20poly1305_init_pull(&state, header, key) == 0;
    if (good)
        memcpy(ret_stream->state, &state, sizeof state);
    crypto_wipe(&state, sizeof state);
    return good;
}

bool crypto_stream_take(struct crypto_stream *stream, const void *bytes, size_t size_bytes,
                        uint8_t *ret_bytes, bool *ret_last)
{
    stream_state state;
    unsigned char tag = 0;
    memcpy(&state, stream->state, sizeof state);
    bool good = crypto_secretstream_xchacha20poly1305_pull(&state, ret_bytes, NULL, &tag, bytes,
                                                           size_bytes, NULL, 0) == 0;
    if (good) {
        memcpy(stream->state, &state, sizeof state);
        *ret_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    }
    crypto_wipe(&state, sizeof state);
    return good;
}

enum status crypto_passphrase_hash(const char *passphrase, char ret_text[CRYPTO_PASSPHRASE_BYTES],
                                   struct err *err)
{
    char text[CRYPTO_PASSPHRASE_BYTES];
    if (crypto_pwhash_str_alg(text, passphrase, strlen(passphrase), PASSPHRASE_PASSES,
                              PASSPHRASE_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for hashing a passphrase");
    memcpy(ret_text, text, sizeof text);
    return STATUS_OK;
}

bool crypto_passphrase_ok(const char *text, const char *passphrase)
{
    return crypto_pwhash_str_verify(text, passphrase, strlen(passphrase)) == 0;
}
