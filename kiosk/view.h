// SPDX-License-Identifier: MIT
// A page on its way to a visitor: its language, its size of text, and the model that its template
// renders, begun with what every page shows.
#ifndef HAILONG_VIEW_H
#define HAILONG_VIEW_H

#include "http.h"
#include "kiosk.h"
#include "token.h"
#include "urlform.h"

enum {
    VIEW_DAY_BYTES = 16,
    VIEW_PATH_BYTES = 96,
    VIEW_QUERY_BYTES = 32,
    VIEW_THANKS_S = 8, // long enough to read one sentence slowly; the bar in screen.css agrees
    // Reading large text takes longer.
    VIEW_IDLE_LARGE_S = 60,
};

struct view {
    struct kiosk *kiosk; // borrowed
    bool screen;         // which family of pages: counter screen and desk, or phone
    char language[8];
    bool large;
    char home[VIEW_PATH_BYTES]; // where the page leads back to: "/c/1", "/"
    json_t *model; // owned; begun with the first thing that is set; NULL until something is set
    bool failed;   // sticky: no memory for a part of the model
};

// Begins a page for a request: language and large text from its query (`lang`, `large`; another
// name or value is STATUS_BAD_INPUT). A phone enlarges text by itself, so there `large` says
// nothing. Release with view_done.
enum status view_open(const struct request *request, struct view *ret_view,
                      struct err *err) MUST_USE;
// Begins one for a page that is known; `language` must be one of the catalogues'.
void view_init(struct kiosk *kiosk, bool screen, const char *language, bool large,
               struct view *ret_view);
void view_done(struct view *view);
// "" for Vietnamese in normal size, else "?lang=en", "?large=1", "?lang=en&large=1": what links
// carry on.
void view_query(const struct view *view, char ret_query[VIEW_QUERY_BYTES]);
const char *view_area_name(const struct view *view, const struct setup_area *area);
const char *view_counter_name(const struct view *view, const struct setup_counter *counter);

// Parts of the model. `value` is taken, also on failure; NULL means that there was no memory.
void view_set(struct view *view, const char *key, json_t *value);
void view_text(struct view *view, const char *key, const char *text);
// A word of the catalogue with its placeholders from `values` (borrowed, may be NULL).
void view_word(struct view *view, const char *key, const char *word, const json_t *values);
// Appends an object to a list, taking it; false when there was no memory.
void view_add(struct view *view, json_t *list, json_t *object);
// The language and size switches as links to this page itself.
void view_switch_links(struct view *view);
// … as buttons of the form with id "step", which keep what has been chosen in it.
void view_switch_buttons(struct view *view);

// The step that a form page stands at.
struct view_step {
    const char *token;            // its text
    const char *page;             // "overall", "topics", "agency", "factors"
    int64_t part;                 // the running number that its answer will have
    const struct urlform *chosen; // what was ticked before a switch of language, or NULL
};
// Sets token, part, page and the model of what the form asks on that page.
void view_step(struct view *view, const struct view_step *step);
// The questions of a form: "topics"; one item with its levels; the list of all factors.
void view_topics(struct view *view, const struct form *form, const struct urlform *chosen);
json_t *view_item(struct view *view, const struct form_item *item, const struct urlform *chosen);
void view_factors(struct view *view, const struct form *form, const struct urlform *chosen);
const char *view_item_text(const struct view *view, const struct form_item *item);

// A message page: heading WORD, sentences WORD_what and WORD_then, all from the catalogue.
void view_message(struct view *view, const char *word, const json_t *values);
// Gives it one link.
void view_link(struct view *view, const char *href, const char *word);
// Renders template `page` into `out`, the title being the word `title`.
enum status view_render(struct view *view, const char *page, const char *title, struct buf *out,
                        struct err *err) MUST_USE;
// A civil day as people write it: "03/11/2026".
void view_day(int32_t day, char ret_text[VIEW_DAY_BYTES]);
// The phone pages' style sheet, which stands inside each of them.
const char *view_phone_css(void);

#endif
