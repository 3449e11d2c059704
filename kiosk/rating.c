// SPDX-License-Identifier: MIT
// One rating: the form is checked against token, form and setup; the job writes it exactly once.
#include "rating.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "flagentry.h"
#include "kiosk_sql.h"
#include "slip.h"
#include "stmt.h"
#include "text.h"
#include "timekeeper.h"

enum {
    TAIL_LIMIT_BYTES = 4096, // a response with every item and topic has about 700
    NORMAL_LIMIT_BYTES = 2048,
};

const char *const rating_fields[] = {
    "token",
    "part",
    "page",
    "end",
    "overall",
    "agency",
    "F1",
    "F2",
    "F3",
    "F4",
    "F5",
    "topic_attitude",
    "topic_time",
    "topic_place",
    "topic_guidance",
    "topic_procedure",
    "topic_cost",
    "lang",
    "large",
    NULL,
};

static const char *const pages[] = {"overall", "topics", "agency", "factors"};
static const char *const ends[RESPONSE_END_COUNT] = {"tap", "skip", "exit", "timeout"};

static enum status bad(struct err *err, const char *field, const char *what)
{
    return err_set(err, STATUS_BAD_INPUT, "field \"%s\" %s", field, what);
}

// Both sides hold codes of the same limits; what a text has beyond is never looked at.
static void set_text(char *to, size_t space, const char *from)
{
    const size_t size = strnlen(from, space - 1);
    memcpy(to, from, size);
    to[size] = '\0';
}

// ---- reading the form ---------------------------------------------------------------------------

static enum status find_word(const struct urlform *form, const char *field,
                             const char *const *words, size_t count, const char *fallback,
                             size_t *ret_index, struct err *err)
{
    const char *value = urlform_value(form, field);
    if (value == NULL)
        value = fallback;
    if (value == NULL)
        return bad(err, field, "is missing");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, words[i]) != 0)
            continue;
        *ret_index = i;
        return STATUS_OK;
    }
    return bad(err, field, "has a value that this form does not know");
}

static enum status read_envelope(struct rating *rating, const struct urlform *form, struct err *err)
{
    struct response *response = &rating->response;
    const char *part = urlform_value(form, "part");
    if (part == NULL)
        return bad(err, "part", "is missing");
    TRY(text_int(part, 0, RATING_PART_MAX, "field \"part\"", &response->part, err));
    size_t page = 0, end = 0;
    TRY(find_word(form, "page", pages, ARRAY_SIZE(pages), NULL, &page, err));
    TRY(find_word(form, "end", ends, ARRAY_SIZE(ends), "tap", &end, err));
    if (response->part == 0 && (page != 0 || end != RESPONSE_END_TAP))
        return bad(err, "page", "must be \"overall\" for the first answer");
    response->page = pages[page];
    response->end = (enum response_end)end;
    return STATUS_OK;
}

static enum status read_display(struct rating *rating, const struct urlform *form, struct err *err)
{
    const char *language = urlform_value(form, "lang");
    if (language == NULL || language[0] == '\0')
        language = "vi";
    if (strlen(language) >= sizeof rating->language ||
        !page_has_language(rating->kiosk->pages, language))
        return bad(err, "lang", "names a language that this kiosk does not have");
    memcpy(rating->language, language, strlen(language) + 1);
    const char *large = urlform_value(form, "large");
    if (large != NULL && strcmp(large, "1") != 0 && strcmp(large, "0") != 0 && large[0] != '\0')
        return bad(err, "large", "must be 0 or 1");
    rating->large_text = large != NULL && strcmp(large, "1") == 0;
    return STATUS_OK;
}

static enum status read_answer(struct rating *rating, const struct form_item *item,
                               const char *value, struct err *err)
{
    struct response *response = &rating->response;
    int64_t level = 0;
    if (text_int(value, 1, item->levels, "level", &level, NULL) != STATUS_OK)
        return bad(err, item->id, "must be a level from 1 to 5");
    // The first page asks one thing; no other page asks it.
    const bool overall_page = response->page == pages[0];
    if (overall_page != (item->page == FORM_PAGE_OVERALL))
        return bad(err, item->id, "does not belong to this page");
    struct response_answer *answer = &response->answers[response->answer_count++];
    set_text(answer->item, sizeof answer->item, item->id);
    answer->level = (int)level;
    return STATUS_OK;
}

static enum status read_topic(struct rating *rating, const struct form_topic *topic,
                              const struct urlform_field *field, struct err *err)
{
    struct response *response = &rating->response;
    if (strcmp(field->value, "1") != 0)
        return bad(err, field->name, "must be 1");
    if (response->page == pages[0])
        return bad(err, field->name, "does not belong to this page");
    set_text(response->topics[response->topic_count++], sizeof response->topics[0], topic->id);
    return STATUS_OK;
}

// Fields of the envelope and of the display have been read by name.
static bool is_known(const char *name)
{
    static const char *const known[] = {"token", "part", "page", "end", "lang", "large"};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

static bool is_topic(const char *name)
{
    return strncmp(name, "topic_", 6) == 0;
}

static enum status check_names(const struct form *form, const struct urlform *fields,
                               struct err *err)
{
    for (size_t i = 0; i < fields->count; i++) {
        const char *name = fields->fields[i].name;
        const bool topic = is_topic(name) && form_topic(form, name + 6) != NULL;
        if (!topic && !is_known(name) && form_item(form, name) == NULL)
            return err_set(err, STATUS_BAD_INPUT, "field %zu is not asked by form %s", i + 1,
                           form->name);
    }
    return STATUS_OK;
}

static const struct urlform_field *topic_field(const struct urlform *fields, const char *id)
{
    for (size_t i = 0; i < fields->count; i++)
        if (is_topic(fields->fields[i].name) && strcmp(fields->fields[i].name + 6, id) == 0)
            return &fields->fields[i];
    return NULL;
}

// In the order of the questionnaire, so that the same answers always give the same bytes.
static enum status read_answers(struct rating *rating, const struct form *form,
                                const struct urlform *fields, struct err *err)
{
    TRY(check_names(form, fields, err));
    struct response *response = &rating->response;
    const bool wanted = response->end != RESPONSE_END_SKIP; // who skips says nothing
    for (size_t i = 0; i < form->item_count && wanted; i++) {
        const char *value = urlform_value(fields, form->items[i].id);
        if (value != NULL)
            TRY(read_answer(rating, &form->items[i], value, err));
    }
    for (size_t i = 0; i < form->topic_count && wanted; i++) {
        const struct urlform_field *field = topic_field(fields, form->topics[i].id);
        if (field != NULL)
            TRY(read_topic(rating, &form->topics[i], field, err));
    }
    if (response->page == pages[0] && response->end == RESPONSE_END_TAP &&
        response->answer_count == 0)
        return bad(err, "overall", "is missing; choose one of the five faces");
    return STATUS_OK;
}

// What the page was made for must still be in the setup.
static enum status place(struct rating *rating, const struct form **ret_form, struct err *err)
{
    const struct token *token = &rating->token;
    const struct setup *setup = &rating->kiosk->setup;
    const struct setup_area *area = setup_area(setup, token->area);
    if (area == NULL || (token->counter[0] != '\0' && setup_counter(setup, token->counter) == NULL))
        return err_set(err, STATUS_GONE,
                       "the page's area or counter is no longer in the setup; "
                       "open it again");
    struct response *response = &rating->response;
    rating->received_ms = clock_boot_ms();
    rating->received_s = timekeeper_now_s(rating->kiosk->timekeeper);
    timekeeper_hour(rating->kiosk->timekeeper, &response->hour, &response->clock_unset);
    set_text(response->unit, sizeof response->unit, setup->unit);
    set_text(response->counter, sizeof response->counter, token->counter);
    set_text(response->area, sizeof response->area, token->area);
    set_text(response->form, sizeof response->form, area->form->name);
    response->channel = token->channel;
    response->step = token->step;
    response->linked = token->arming == 0 && token->linked;
    *ret_form = area->form;
    return STATUS_OK;
}

// The normalised request: what was said, not how it was spelled.
static enum status request_mac(struct rating *rating, struct err *err)
{
    const struct response *response = &rating->response;
    AUTO(buf_done) struct buf normal;
    buf_init(&normal, NORMAL_LIMIT_BYTES);
    buf_add_int(&normal, response->part);
    buf_addf(&normal, "|%s|%s", response->page, ends[response->end]);
    for (size_t i = 0; i < response->answer_count; i++)
        buf_addf(&normal, "|%s=%d", response->answers[i].item, response->answers[i].level);
    for (size_t i = 0; i < response->topic_count; i++)
        buf_addf(&normal, "|%s", response->topics[i]);
    TRY(buf_check(&normal, err));
    struct crypto_mac_key key;
    TRY(daykey_get(rating->kiosk->daykeys, clock_day_of_hour(rating->token.hour), DAYKEY_REQUEST,
                   &key, err));
    crypto_mac(&key, normal.data, normal.size_bytes, rating->request_mac);
    crypto_wipe(&key, sizeof key);
    crypto_wipe(normal.data, normal.size_bytes);
    return STATUS_OK;
}

static enum status make_tail(struct rating *rating, struct err *err)
{
    buf_clear(&rating->tail);
    response_tail(&rating->response, &rating->tail);
    return buf_check(&rating->tail, err);
}

// ---- the writer's job ---------------------------------------------------------------------------

static bool is_armed(const struct rating *rating)
{
    return rating->token.arming != 0 && rating->response.part == 0;
}

static enum status need_response(struct db *db, const struct rating *rating, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_GET, &q, err));
    stmt_bind_blob(q, 1, rating->response.id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, 0);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    return found ? STATUS_OK
                 : err_set(err, STATUS_NOT_FOUND, "no first answer came from this page");
}

// The page has answered this part before: with the same words?
static enum status compare(struct db *db, struct rating *rating, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_KEY_GET, &q, err));
    stmt_bind_blob(q, 1, rating->response.id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, rating->response.part);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found || stmt_is_null(q, 1))
        return err_set(err, STATUS_GONE, "this page was answered on an earlier day");
    size_t mac_bytes = 0;
    const void *mac = stmt_blob(q, 1, &mac_bytes);
    if (mac_bytes != JOURNAL_MAC_BYTES ||
        !crypto_equal(mac, rating->request_mac, JOURNAL_MAC_BYTES))
        return err_set(err, STATUS_CONFLICT, "this page has given another answer already");
    rating->outcome = RATING_REPEATED;
    return STATUS_OK;
}

// Trust may have come since the page was read: then a `clock` entry may stand before this one, and
// does not speak for it.
static enum status look_at_clock(struct db *db, struct rating *rating, struct err *err)
{
    struct response *response = &rating->response;
    if (!response->clock_unset)
        return STATUS_OK;
    if (!timekeeper_is_trusted(rating->kiosk->timekeeper))
        return timekeeper_wait(rating->kiosk, db, err);
    timekeeper_hour(rating->kiosk->timekeeper, &response->hour, &response->clock_unset);
    return make_tail(rating, err);
}

// What is known only now, and the entry says it: the clock, the live flags, and whether the screen
// is still armed.
static enum status finish_tail(struct db *db, struct rating *rating,
                               struct judge_earlier earlier[JUDGE_PACES], struct err *err)
{
    struct kiosk *kiosk = rating->kiosk;
    TRY(look_at_clock(db, rating, err));
    if (rating->response.part > 0)
        return STATUS_OK;
    rating->judged = judge_look(kiosk->judge, &rating->response, rating->received_ms,
                                rating->received_s, earlier);
    if (is_armed(rating)) {
        if (!rating->arming_spent)
            rating->arming_spent =
                arming_spend(kiosk->armings, rating->token.counter, rating->token.arming);
        rating->response.linked = rating->arming_spent;
    }
    return is_armed(rating) || rating->response.flag_count > 0 ? make_tail(rating, err) : STATUS_OK;
}

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct rating *rating = (struct rating *)job;
    struct kiosk *kiosk = rating->kiosk;
    struct judge_earlier earlier[JUDGE_PACES];
    memset(earlier, 0, sizeof earlier);
    if (rating->response.part > 0)
        TRY(need_response(db, rating, err));
    TRY(finish_tail(db, rating, earlier, err));
    bool added = false;
    TRY(journal_append(db, kiosk->journal, rating->response.id, rating->response.part,
                       rating->request_mac, &rating->tail, &added, err));
    if (!added)
        return compare(db, rating, err);
    TRY(flagentry_append(kiosk, db, &rating->response, earlier, err));
    // After the append: a repeat never comes here, so it does not meet its own spent slip.
    if (rating->response.part == 0 && rating->token.channel == RESPONSE_SLIP)
        TRY(slip_spend(kiosk, db, rating->token.code, err));
    rating->outcome = RATING_RECORDED;
    return STATUS_OK;
}

// ---- life ---------------------------------------------------------------------------------------

void rating_job_free(struct writer_job *job)
{
    if (job == NULL)
        return;
    struct rating *rating = (struct rating *)job;
    // Nothing was written, so the visit may still answer on its screen.
    if (rating->arming_spent && (job->status != STATUS_OK || rating->outcome != RATING_RECORDED))
        arming_restore(rating->kiosk->armings, rating->token.counter, rating->token.arming);
    if (rating->judged && (job->status != STATUS_OK || rating->outcome != RATING_RECORDED))
        judge_forget(rating->kiosk->judge, rating->response.id);
    buf_done(&rating->tail);
    free(rating);
}

static void rating_free(struct rating *rating)
{
    rating_job_free(&rating->job);
}
AUTO_POINTER(struct rating, rating_free)

static enum status fill(struct rating *rating, const struct urlform *form, struct err *err)
{
    const char *token = urlform_value(form, "token");
    if (token == NULL)
        return bad(err, "token", "is missing; open the page again");
    TRY(token_read(rating->kiosk->daykeys, token, &rating->token, rating->response.id, err));
    memcpy(rating->token_text, token, TOKEN_TEXT_CHARS);
    const struct form *questions = NULL;
    TRY(place(rating, &questions, err));
    TRY(read_envelope(rating, form, err));
    TRY(read_display(rating, form, err));
    TRY(read_answers(rating, questions, form, err));
    TRY(request_mac(rating, err));
    return is_armed(rating) ? STATUS_OK : make_tail(rating, err);
}

enum status rating_new(struct kiosk *kiosk, const struct urlform *form, struct rating **ret_rating,
                       struct err *err)
{
    AUTO(rating_freep) struct rating *rating = calloc(1, sizeof *rating);
    if (rating == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a rating");
    rating->kiosk = kiosk;
    rating->job.apply = apply;
    buf_init(&rating->tail, TAIL_LIMIT_BYTES);
    TRY(fill(rating, form, err));
    *ret_rating = rating;
    rating = NULL;
    return STATUS_OK;
}
