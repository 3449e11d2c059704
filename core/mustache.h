// SPDX-License-Identifier: MIT
// Mustache templates (the public spec: variables, sections, inverted sections, comments, partials,
// standalone lines; no lambdas, no delimiter changes) rendered from JSON models. There is no C
// library for it in Debian. Values are escaped for HTML unless the tag is {{{ }}} or {{& }}.
#ifndef HAILONG_MUSTACHE_H
#define HAILONG_MUSTACHE_H

#include "json.h"

struct mustache;
// Finds the text of a partial by its name; NULL when there is none. Borrowed for the life of the
// template.
typedef const char *(*mustache_partial_fn)(void *context, const char *name);

// Compiles a template with its partials. STATUS_BAD_INPUT names the template, the line and what
// is wrong (unclosed section, unknown partial, partials nested deeper than 8).
enum status mustache_compile(const char *name, const char *text, mustache_partial_fn partial,
                             void *context, struct mustache **ret_template,
                             struct err *err) MUST_USE;
void mustache_free(struct mustache *template);
AUTO_POINTER(struct mustache, mustache_free)
// Renders with a stack of models, searched from the last to the first (words first, then the
// page's own model). Dotted names go into objects; "." is the current item. With `strict`, a name
// that is found nowhere is a BUG (aborts in tests); else it renders as nothing, as the spec says.
// False for sections are: missing, null, false, 0, "" and the empty list.
enum status mustache_render(const struct mustache *template, json_t *const *models, size_t count,
                            bool strict, struct buf *out, struct err *err) MUST_USE;
// Appends text escaped for HTML: & < > " ' become entities.
void mustache_escape(const char *text, size_t size_bytes, struct buf *out);

#endif
