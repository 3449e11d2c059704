// SPDX-License-Identifier: MIT
// Page tokens: a fixed layout, random filling, a MAC.
#include "token.h"

#include <string.h>

#include "clock.h"

enum {
    VERSION = 1,
    BYTES = TOKEN_TEXT_CHARS / 4 * 3,
    MAC_BYTES = 16,
    // the layout
    AT_HOUR = 1,
    AT_CHANNEL = AT_HOUR + 4,
    AT_STEP,
    AT_LINKED,
    AT_ARMING,
    AT_COUNTER = AT_ARMING + 4,
    AT_AREA = AT_COUNTER + RESPONSE_CODE_CHARS,
    AT_CODE = AT_AREA + RESPONSE_CODE_CHARS,
    // What is left is random: it makes two pages of one hour and counter two different answers.
    AT_RANDOM = AT_CODE + SLIPCODE_CHARS,
    AT_MAC = BYTES - MAC_BYTES,
};
_Static_assert(AT_MAC - AT_RANDOM >= 16, "a token needs 128 random bits");

enum {
    RANDOM_BYTES = AT_MAC - AT_RANDOM,
    // Fetched for so many tokens at once: a system call for each page costs more than its MAC.
    RANDOM_POOL_TOKENS = 32,
};

static void put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_text(uint8_t *at, size_t space, const char *text)
{
    memset(at, 0, space);
    memcpy(at, text, strnlen(text, space));
}

static void get_text(const uint8_t *at, size_t space, char *ret_text)
{
    memcpy(ret_text, at, space);
    ret_text[space] = '\0';
}

// base64url of a length divisible by three needs no allocation and no padding.
static void encode(const uint8_t bytes[BYTES], char ret_text[TOKEN_TEXT_CHARS + 1])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *to = ret_text;
    for (size_t i = 0; i < BYTES; i += 3) {
        const uint32_t group =
            (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = digits[group >> 6 & 63];
        *to++ = digits[group & 63];
    }
    *to = '\0';
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

// False when it is not TOKEN_TEXT_CHARS digits. Not libsodium's reader: that takes the time of the
// MAC, to hide in constant time what stands here in the open.
static bool decode(const char *text, uint8_t ret_bytes[BYTES])
{
    int wrong = 0;
    for (size_t i = 0; i < BYTES / 3; i++) {
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            const int value = digit_value(text[i * 4 + k]);
            wrong |= value;
            group = group << 6 | (uint32_t)(value & 63);
        }
        ret_bytes[i * 3] = (uint8_t)(group >> 16);
        ret_bytes[i * 3 + 1] = (uint8_t)(group >> 8);
        ret_bytes[i * 3 + 2] = (uint8_t)group;
    }
    return wrong >= 0;
}

// Random bytes that no other token gets. They are open in the token that they end in, so what
// still lies in the pool need not be kept from anybody: forging takes the day key.
static void take_random(uint8_t ret_bytes[RANDOM_BYTES])
{
    static _Thread_local uint8_t pool[RANDOM_POOL_TOKENS][RANDOM_BYTES];
    static _Thread_local size_t left;
    if (left == 0) {
        crypto_random(pool, sizeof pool);
        left = RANDOM_POOL_TOKENS;
    }
    memcpy(ret_bytes, pool[--left], RANDOM_BYTES);
}

enum status token_make(struct daykeys *keys, const struct token *token,
                       char ret_text[TOKEN_TEXT_CHARS + 1], struct err *err)
{
    uint8_t bytes[BYTES];
    const uint32_t hour = clock_hour(clock_now_s());
    struct crypto_mac_key key;
    TRY(daykey_get(keys, clock_day_of_hour(hour), DAYKEY_TOKEN, &key, err));
    bytes[0] = VERSION;
    put_u32(bytes + AT_HOUR, hour);
    bytes[AT_CHANNEL] = (uint8_t)token->channel;
    bytes[AT_STEP] = (uint8_t)token->step;
    bytes[AT_LINKED] = token->linked ? 1 : 0;
    put_u32(bytes + AT_ARMING, token->arming);
    put_text(bytes + AT_COUNTER, RESPONSE_CODE_CHARS, token->counter);
    put_text(bytes + AT_AREA, RESPONSE_CODE_CHARS, token->area);
    put_text(bytes + AT_CODE, SLIPCODE_CHARS, token->code);
    take_random(bytes + AT_RANDOM);
    uint8_t mac[CRYPTO_HASH_BYTES];
    crypto_mac(&key, bytes, AT_MAC, mac);
    memcpy(bytes + AT_MAC, mac, MAC_BYTES);
    crypto_wipe(&key, sizeof key);
    encode(bytes, ret_text);
    return STATUS_OK;
}

static enum status refuse(struct err *err)
{
    return err_set(err, STATUS_BAD_INPUT,
                   "field \"token\" was not made by this kiosk; open the "
                   "page again");
}

static enum status take(const uint8_t bytes[BYTES], struct token *ret_token, struct err *err)
{
    if (bytes[AT_CHANNEL] >= RESPONSE_CHANNEL_COUNT || bytes[AT_STEP] >= RESPONSE_STEP_COUNT)
        return refuse(err);
    *ret_token = (struct token){
        .hour = get_u32(bytes + AT_HOUR),
        .channel = (enum response_channel)bytes[AT_CHANNEL],
        .step = (enum response_step)bytes[AT_STEP],
        .linked = bytes[AT_LINKED] != 0,
        .arming = get_u32(bytes + AT_ARMING),
    };
    get_text(bytes + AT_COUNTER, RESPONSE_CODE_CHARS, ret_token->counter);
    get_text(bytes + AT_AREA, RESPONSE_CODE_CHARS, ret_token->area);
    get_text(bytes + AT_CODE, SLIPCODE_CHARS, ret_token->code);
    return STATUS_OK;
}

enum status token_read(struct daykeys *keys, const char *text, struct token *ret_token,
                       uint8_t ret_id[ENTRY_ID_BYTES], struct err *err)
{
    uint8_t bytes[BYTES];
    if (strnlen(text, TOKEN_TEXT_CHARS + 1) != TOKEN_TEXT_CHARS || !decode(text, bytes) ||
        bytes[0] != VERSION)
        return refuse(err);
    const uint32_t hour = get_u32(bytes + AT_HOUR);
    // An hour ahead of ours was never made here (the clock may have been set back by an hour).
    if (hour > clock_hour(clock_now_s()) + 1)
        return refuse(err);
    struct crypto_mac_key key;
    uint8_t mac[CRYPTO_HASH_BYTES];
    const enum status status = daykey_get(keys, clock_day_of_hour(hour), DAYKEY_TOKEN, &key, err);
    if (status == STATUS_GONE)
        TRY(take(bytes, ret_token, err));
    TRY(status);
    crypto_mac(&key, bytes, AT_MAC, mac);
    if (!crypto_equal(mac, bytes + AT_MAC, MAC_BYTES)) {
        crypto_wipe(&key, sizeof key);
        return refuse(err);
    }
    TRY(daykey_get(keys, clock_day_of_hour(hour), DAYKEY_ID, &key, err));
    response_id(hour, &key, bytes, sizeof bytes, ret_id);
    crypto_wipe(&key, sizeof key);
    return take(bytes, ret_token, err);
}
