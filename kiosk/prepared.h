// SPDX-License-Identifier: MIT
// Pages rendered once and then answered by copying bytes: the pages that everybody opens differ
// from each other only in their token, so each is kept with a slot for it.
#ifndef HAILONG_PREPARED_H
#define HAILONG_PREPARED_H

#include "buf.h"
#include "token.h"

enum {
    PREPARED_KEY_BYTES = 64,
    PREPARED_VERSION_CHARS = 10, // of UINT32_MAX
};
// What a page is rendered with in the place of its token and of its screen's version; neither can
// stand in a page by itself (a control byte never gets into a model).
extern const char prepared_token[TOKEN_TEXT_CHARS + 1];
extern const char prepared_version[PREPARED_VERSION_CHARS + 1];

struct prepared;
enum status prepared_open(struct prepared **ret_prepared, struct err *err) MUST_USE;
void prepared_close(struct prepared *prepared);
AUTO_POINTER(struct prepared, prepared_close)
// Renders the page with prepared_token (once) and prepared_version (once, or not at all).
typedef enum status (*prepared_render_fn)(void *context, struct buf *out, struct err *err);
// Appends the page that `key` names (at most PREPARED_KEY_BYTES - 1 characters) to `out`, with
// `token` and, where it has that slot, `version` (decimal, padded with zeros) in their places. It
// is rendered when it is not kept yet; a page without a token slot is a BUG. Any thread.
enum status prepared_page(struct prepared *prepared, const char *key, prepared_render_fn render,
                          void *context, const char *token, uint32_t version, struct buf *out,
                          struct err *err) MUST_USE;

#endif
