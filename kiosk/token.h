// SPDX-License-Identifier: MIT
// The page token: what a page is (hour made, channel, counter, area, step, code) under a MAC of
// the day key. The response's id follows from it, so the same page sent twice is one answer.
#ifndef HAILONG_TOKEN_H
#define HAILONG_TOKEN_H

#include "daykey.h"
#include "response.h"
#include "slipcode.h"

struct token {
    uint32_t hour; // hour number in which the page was made
    enum response_channel channel;
    enum response_step step;
    bool linked;
    uint32_t arming; // number of the arming that the page answers; 0: none
    char counter[RESPONSE_CODE_CHARS + 1];
    char area[RESPONSE_CODE_CHARS + 1];
    char code[SLIPCODE_CHARS + 1]; // slip code, or ""
};

// TOKEN_TEXT_CHARS is the same for every token (padded inside), so that a prepared page has one
// slot of fixed size for it. base64url.
enum { TOKEN_TEXT_CHARS = 128 };

// Makes a token with fresh randomness for now. STATUS_IO when the day key cannot be made.
enum status token_make(struct daykeys *keys, const struct token *token,
                       char ret_text[TOKEN_TEXT_CHARS + 1], struct err *err) MUST_USE;
// Reads and checks. STATUS_BAD_INPUT when it is not one of ours. *ret_id is the response id.
// STATUS_GONE when its day key is gone (the page is too old: a fresh one is needed); then, and only
// then, *ret_token has been filled without any proof that we made it: good for choosing which page
// to show, each part to be looked up first, and for nothing else.
enum status token_read(struct daykeys *keys, const char *text, struct token *ret_token,
                       uint8_t ret_id[ENTRY_ID_BYTES], struct err *err) MUST_USE;

#endif
