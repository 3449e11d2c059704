// SPDX-License-Identifier: MIT
// Signed requests, signed messages, and the phrase of an enrolment.
#include "signing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

// Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U.
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum {
    PHRASE_PLAIN_CHARS = 24, // without the dashes: 120 bits
    PHRASE_GROUP_CHARS = 4,
    REQUEST_LIMIT_BYTES = 1024, // what is signed holds the body's hash only; paths are short
    // A message holds a whole setup (256 KiB) at most.
    MESSAGE_LIMIT_BYTES = 512 * 1024,
    SIGNATURE_CHARS = 88, // base64 of 64 bytes
};

// ---- requests -----------------------------------------------------------------------------------

// "hailong-request/v1\nMETHOD\nPATH\nTIME\nHEX(SHA-256(body))\n"
static bool request_text(const struct signing_request *request, int64_t time_s, struct buf *out)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(request->body, request->body_bytes, hash);
    buf_addf(out, "hailong-request/v1\n%s\n%s\n%" PRId64 "\n", request->method, request->path,
             time_s);
    buf_add_hex(out, hash, sizeof hash);
    buf_add_char(out, '\n');
    return out->failed == STATUS_OK;
}

void signing_header(const struct signing_request *request, int64_t time_s,
                    const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                    char ret_header[SIGNING_HEADER_BYTES])
{
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf base64;
    uint8_t signature[CRYPTO_SIGN_BYTES] = {0};
    buf_init(&text, REQUEST_LIMIT_BYTES);
    buf_init(&base64, SIGNATURE_CHARS);
    // Without memory the signature is one that nobody accepts.
    if (request_text(request, time_s, &text))
        crypto_signature(secret, text.data, text.size_bytes, signature);
    crypto_base64(signature, sizeof signature, &base64);
    snprintf(ret_header, SIGNING_HEADER_BYTES, "Hailong %" PRId64 " %s", time_s, buf_text(&base64));
}

static enum status denied(struct err *err, const char *fault)
{
    return err_set(err, STATUS_UNAUTHORIZED, "%s", fault);
}

// "Hailong TIME BASE64" apart.
static enum status read_header(const char *header, int64_t *ret_time_s,
                               uint8_t ret_signature[CRYPTO_SIGN_BYTES], struct err *err)
{
    static const char begin[] = "Hailong ";
    static const char form[] = "send Authorization: Hailong TIME SIGNATURE, signed by the lane's "
                               "key";
    if (header == NULL || strncmp(header, begin, sizeof begin - 1) != 0)
        return denied(err, form);
    const char *time = header + sizeof begin - 1;
    char digits[24];
    const size_t digit_chars = strcspn(time, " ");
    if (digit_chars >= sizeof digits || time[digit_chars] != ' ')
        return denied(err, form);
    memcpy(digits, time, digit_chars);
    digits[digit_chars] = '\0';
    AUTO(buf_done) struct buf bytes;
    buf_init(&bytes, CRYPTO_SIGN_BYTES);
    const char *base64 = time + digit_chars + 1;
    int64_t time_s = 0;
    if (text_int(digits, 0, INT64_MAX, "time", &time_s, NULL) != STATUS_OK ||
        crypto_unbase64(base64, strlen(base64), &bytes, NULL) != STATUS_OK ||
        bytes.size_bytes != CRYPTO_SIGN_BYTES)
        return denied(err, form);
    memcpy(ret_signature, bytes.data, CRYPTO_SIGN_BYTES);
    *ret_time_s = time_s;
    return STATUS_OK;
}

enum status signing_time(const char *header, int64_t *ret_time_s, struct err *err)
{
    uint8_t signature[CRYPTO_SIGN_BYTES];
    return read_header(header, ret_time_s, signature, err);
}

enum status signing_check(const struct signing_request *request, const char *header,
                          const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], int64_t *ret_time_s,
                          struct err *err)
{
    uint8_t signature[CRYPTO_SIGN_BYTES];
    int64_t time_s = 0;
    TRY(read_header(header, &time_s, signature, err));
    AUTO(buf_done) struct buf text;
    buf_init(&text, REQUEST_LIMIT_BYTES);
    if (!request_text(request, time_s, &text))
        return buf_check(&text, err);
    if (!crypto_sign_ok(public_key, text.data, text.size_bytes, signature))
        return denied(err, "the request's signature is not of this lane's key");
    *ret_time_s = time_s;
    return STATUS_OK;
}

// ---- messages -----------------------------------------------------------------------------------

// "hailong-message/v1\nLANE\nN\nTYPE\nTEXT\n"
static enum status message_text(const struct signing_message *message, struct buf *out,
                                struct err *err)
{
    buf_addf(out, "hailong-message/v1\n%s\n%" PRId64 "\n%s\n", message->lane, message->n,
             message->type);
    buf_add_text(out, message->text);
    buf_add_char(out, '\n');
    return buf_check(out, err);
}

enum status signing_message(const struct signing_message *message,
                            const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES],
                            uint8_t ret_signature[CRYPTO_SIGN_BYTES], struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, MESSAGE_LIMIT_BYTES);
    TRY(message_text(message, &text, err));
    crypto_signature(secret, text.data, text.size_bytes, ret_signature);
    return STATUS_OK;
}

enum status signing_message_check(const struct signing_message *message,
                                  const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES],
                                  const uint8_t signature[CRYPTO_SIGN_BYTES], struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, MESSAGE_LIMIT_BYTES);
    TRY(message_text(message, &text, err));
    if (crypto_sign_ok(public_key, text.data, text.size_bytes, signature))
        return STATUS_OK;
    return denied(err, "the message's signature is not of the hub's key");
}

// ---- enrolment ----------------------------------------------------------------------------------

void signing_phrase_make(char ret_phrase[SIGNING_PHRASE_CHARS + 1])
{
    uint8_t random[PHRASE_PLAIN_CHARS];
    crypto_random(random, sizeof random);
    size_t at = 0;
    for (size_t i = 0; i < PHRASE_PLAIN_CHARS; i++) {
        if (i > 0 && i % PHRASE_GROUP_CHARS == 0)
            ret_phrase[at++] = '-';
        ret_phrase[at++] = alphabet[random[i] & 31U];
    }
    ret_phrase[at] = '\0';
    crypto_wipe(random, sizeof random);
}

// The character as the alphabet has it; 0 when it is none.
static char plain_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'I' || c == 'L')
        c = '1';
    if (c == 'O')
        c = '0';
    return c != '\0' && strchr(alphabet, c) != NULL ? c : '\0';
}

static bool phrase_plain(const char *phrase, char ret_plain[PHRASE_PLAIN_CHARS])
{
    size_t count = 0;
    for (; *phrase != '\0'; phrase++) {
        if (strchr("- \t\r\n", *phrase) != NULL)
            continue;
        const char plain = plain_of(*phrase);
        if (plain == '\0' || count == PHRASE_PLAIN_CHARS)
            return false;
        ret_plain[count++] = plain;
    }
    return count == PHRASE_PLAIN_CHARS;
}

enum status signing_phrase_read(const char *phrase, char ret_id[SIGNING_PHRASE_ID_CHARS + 1],
                                uint8_t ret_secret[CRYPTO_KEY_BYTES], struct err *err)
{
    static const char label[] = "hailong-enrol/v1\n";
    char plain[PHRASE_PLAIN_CHARS];
    if (!phrase_plain(phrase, plain))
        return err_set(err, STATUS_BAD_INPUT,
                       "a phrase has six groups of four letters or digits, as the hub's `join` "
                       "printed it");
    const struct crypto_piece pieces[] = {
        {label, sizeof label - 1},
        {plain + SIGNING_PHRASE_ID_CHARS, sizeof plain - SIGNING_PHRASE_ID_CHARS},
    };
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), ret_secret);
    memcpy(ret_id, plain, SIGNING_PHRASE_ID_CHARS);
    ret_id[SIGNING_PHRASE_ID_CHARS] = '\0';
    crypto_wipe(plain, sizeof plain);
    return STATUS_OK;
}

enum { ENROL_LIMIT_BYTES = 1024 }; // a label and three short lines

// Without memory a MAC that nobody computes.
static void mac_of(const uint8_t secret[CRYPTO_KEY_BYTES], const struct buf *text,
                   uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    if (text->failed == STATUS_OK)
        crypto_hmac(secret, buf_text(text), text->size_bytes, ret_mac);
    else
        crypto_random(ret_mac, CRYPTO_HASH_BYTES);
}

void signing_enrol_device(const uint8_t secret[CRYPTO_KEY_BYTES], const char *vkey,
                          uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, ENROL_LIMIT_BYTES);
    buf_addf(&text, "hailong-enrol-device/v1\n%s\n", vkey);
    mac_of(secret, &text, ret_mac);
}

void signing_enrol_hub(const uint8_t secret[CRYPTO_KEY_BYTES], const char *hub_vkey,
                       const char *box, const char *lane, uint8_t ret_mac[CRYPTO_HASH_BYTES])
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, ENROL_LIMIT_BYTES);
    buf_addf(&text, "hailong-enrol-hub/v1\n%s\n%s\n%s\n", hub_vkey, box, lane);
    mac_of(secret, &text, ret_mac);
}
