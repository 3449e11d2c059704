// SPDX-License-Identifier: MIT
// A program's pages: its templates compiled once, its word catalogues by language, and the one
// call that renders a page.
#ifndef HAILONG_PAGE_H
#define HAILONG_PAGE_H

#include "asset.h"
#include "mustache.h"

struct page_set;
// Compiles every "<folder>/pages/*.html" of the table (files whose name begins with '_' are
// partials, named without '_' and ".html"; those of core/pages/ serve every folder) and reads
// every "<folder>/words/*.json" ({"language":"vi","name":"Tiếng Việt","words":{key:text}}). The
// first language is "vi". `assets` and `folder` are kept.
enum status page_open(const struct asset_table *assets, const char *folder,
                      struct page_set **ret_set, struct err *err) MUST_USE;
void page_close(struct page_set *set);
AUTO_POINTER(struct page_set, page_close)
// True when there is a catalogue for that language code.
bool page_has_language(const struct page_set *set, const char *language);
// [{"code":"vi","name":"Tiếng Việt"},…], borrowed.
json_t *page_languages(const struct page_set *set);
// A word of the catalogue with {name} placeholders filled from `values` (may be NULL). A missing
// key is a BUG and gives the key itself, a placeholder without a value stays as it is (also a BUG).
// An unknown language is taken for "vi". Appends to `out`, not escaped.
void page_word(const struct page_set *set, const char *language, const char *key,
               const json_t *values, struct buf *out);
// Renders page `name` ("face"): templates see the words as {{t.key}}, the language code as
// {{lang}}, and the model. Strict: a missing key is a BUG.
enum status page_render(const struct page_set *set, const char *name, const char *language,
                        json_t *model, struct buf *out, struct err *err) MUST_USE;

#endif
