// SPDX-License-Identifier: MIT
// Takes free text.
#include "text_api.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "jsonw.h"
#include "mask.h"
#include "outbox.h"
#include "phone_pages.h"
#include "rating_api.h"
#include "reply.h"
#include "request.h"
#include "text.h"
#include "token.h"

struct text_job {
    struct writer_job job; // first: the reply's job
    struct kiosk *kiosk;
    struct token token;
    bool petition;
    char language[8];
    struct buf text, contact;
    uint8_t page_hash[CRYPTO_HASH_BYTES], mac[CRYPTO_HASH_BYTES];
};

static void text_job_free(struct writer_job *job)
{
    struct text_job *text = (struct text_job *)job;
    // What a citizen wrote does not stay in freed memory.
    crypto_wipe(text->text.data, text->text.size_bytes);
    crypto_wipe(text->contact.data, text->contact.size_bytes);
    buf_done(&text->text);
    buf_done(&text->contact);
    free(text);
}

static void text_free(struct text_job *text)
{
    text_job_free(&text->job);
}
AUTO_POINTER(struct text_job, text_free)

static enum status apply(struct db *db, struct writer_job *job, struct err *err)
{
    struct text_job *own = (struct text_job *)job;
    const struct outbox_text text = {.area = own->token.area,
                                     .text = buf_text(&own->text),
                                     .contact = own->petition ? buf_text(&own->contact) : NULL,
                                     .page_hash = own->page_hash,
                                     .mac = own->mac};
    return outbox_add(own->kiosk, db, &text, err);
}

// ---- reading the form ---------------------------------------------------------------------------

static enum status bad(struct err *err, const char *field, const char *what)
{
    return err_set(err, STATUS_BAD_INPUT, "field \"%s\" %s", field, what);
}

// Trimmed and in NFC. *ret_empty when nothing is left.
static enum status take_text(const char *value, const char *field, size_t chars_max, bool breaks,
                             struct buf *out, struct err *err)
{
    while (*value == ' ' || *value == '\n' || *value == '\t')
        value++;
    size_t size_bytes = strlen(value);
    while (size_bytes > 0 && strchr(" \n\t", value[size_bytes - 1]) != NULL)
        size_bytes--;
    if (!text_is_clean(value, size_bytes, breaks))
        return bad(err, field, "has characters that cannot be recorded");
    if (text_count(value, size_bytes) > chars_max)
        return err_set(err, STATUS_TOO_LARGE, "field \"%s\" is longer than %zu characters", field,
                       chars_max);
    TRY(text_nfc(value, size_bytes, out, err));
    return buf_check(out, err);
}

static enum status read_text(struct text_job *text, const struct urlform *form, struct err *err)
{
    AUTO(buf_done) struct buf plain;
    buf_init(&plain, OUTBOX_TEXT_MAX_BYTES);
    buf_init(&text->text, OUTBOX_TEXT_MAX_BYTES);
    TRY(take_text(urlform_value_or(form, "text", ""), "text", TEXT_API_CHARS_MAX, true, &plain,
                  err));
    if (plain.size_bytes == 0)
        return bad(err, "text", "is empty");
    if (text->kiosk->setup.mask_numbers)
        mask_text(buf_text(&plain), &text->text);
    else
        buf_add(&text->text, plain.data, plain.size_bytes);
    crypto_wipe(plain.data, plain.size_bytes);
    return buf_check(&text->text, err);
}

static enum status read_contact(struct text_job *text, const struct urlform *form, struct err *err)
{
    static const struct {
        const char *field, *key;
    } rows[] = {
        {"contact_name", "name"}, {"contact_phone", "phone"}, {"contact_address", "address"}};
    bool given[ARRAY_SIZE(rows)] = {false};
    buf_init(&text->contact, OUTBOX_CONTACT_MAX_BYTES);
    struct jsonw w;
    jsonw_init(&w, &text->contact);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf value;
        buf_init(&value, OUTBOX_CONTACT_MAX_BYTES);
        TRY(take_text(urlform_value_or(form, rows[i].field, ""), rows[i].field,
                      TEXT_API_CONTACT_CHARS_MAX, false, &value, err));
        given[i] = value.size_bytes > 0;
        if (given[i])
            jsonw_text(&w, rows[i].key, buf_text(&value));
        crypto_wipe(value.data, value.size_bytes);
    }
    jsonw_object_end(&w);
    if (!text->petition && (given[0] || given[1] || given[2]))
        return bad(err, "contact_name", "belongs to a petition; a comment has no name");
    if (text->petition && (!given[0] || !(given[1] || given[2])))
        return bad(err, "contact_name",
                   "is missing, or a telephone number or address to answer to");
    return buf_check(&text->contact, err);
}

static enum status make_macs(struct text_job *text, const char *token, struct err *err)
{
    AUTO(buf_done) struct buf said;
    buf_init(&said, OUTBOX_TEXT_MAX_BYTES + OUTBOX_CONTACT_MAX_BYTES + TOKEN_TEXT_CHARS + 16);
    struct crypto_mac_key key;
    TRY(daykey_get(text->kiosk->daykeys, clock_day_of_hour(text->token.hour), DAYKEY_REQUEST, &key,
                   err));
    buf_add_text(&said, "text|");
    buf_add_text(&said, token);
    crypto_mac(&key, buf_text(&said), said.size_bytes, text->page_hash);
    buf_addf(&said, "|%d|", text->petition);
    buf_add(&said, text->text.data, text->text.size_bytes);
    buf_add_char(&said, '|');
    buf_add(&said, text->contact.data, text->contact.size_bytes);
    const enum status status = buf_check(&said, err);
    if (status == STATUS_OK)
        crypto_mac(&key, said.data, said.size_bytes, text->mac);
    crypto_wipe(&key, sizeof key);
    crypto_wipe(said.data, said.size_bytes);
    return status;
}

static const char *language_of(const struct kiosk *kiosk, const struct urlform *form)
{
    const char *language = urlform_value_or(form, "lang", "vi");
    return page_has_language(kiosk->pages, language) ? language : "vi";
}

static enum status read_kind(const struct urlform *form, bool *ret_petition, struct err *err)
{
    const char *kind = urlform_value_or(form, "kind", "comment");
    *ret_petition = strcmp(kind, "petition") == 0;
    return *ret_petition || strcmp(kind, "comment") == 0
               ? STATUS_OK
               : bad(err, "kind", "must be comment or petition");
}

static enum status read_page(struct text_job *text, const struct request *request,
                             const struct urlform *form, struct err *err)
{
    const char *token = urlform_value_or(form, "token", "");
    uint8_t id[ENTRY_ID_BYTES];
    TRY(token_read(text->kiosk->daykeys, token, &text->token, id, err));
    crypto_wipe(id, sizeof id); // a text is never brought together with a response
    if (text->token.channel == RESPONSE_SCREEN && request->listener != KIOSK_LISTEN_SCREEN)
        return err_set(err, STATUS_DENIED, "a counter screen's page came by another listener");
    if (setup_area(&text->kiosk->setup, text->token.area) == NULL)
        return err_set(err, STATUS_GONE, "the page's area is no longer in the setup");
    return read_kind(form, &text->petition, err);
}

static enum status read_words(struct text_job *text, const struct urlform *form, struct err *err)
{
    TRY(read_text(text, form, err));
    TRY(read_contact(text, form, err));
    return make_macs(text, urlform_value_or(form, "token", ""), err);
}

// ---- answering ----------------------------------------------------------------------------------

static enum status show_words(const struct request *request, const char *language, const char *word,
                              struct reply *reply, struct err *err)
{
    struct kiosk *kiosk = request->context;
    const bool screen = request->listener == KIOSK_LISTEN_SCREEN;
    AUTO(view_done) struct view view = {0};
    view_init(kiosk, screen, language, false, &view);
    view_message(&view, word, NULL);
    return view_render(&view, screen ? "screen_message" : "phone_message", "title_thanks",
                       &reply->body, err);
}

// With `form` the page has the comment's box again: its token is not spent.
static enum status show_refusal(const struct request *request, const char *language,
                                const struct err *fault, const char *word,
                                const struct urlform *form, struct reply *reply, struct err *err)
{
    if (rating_api_wants_json(request))
        return err_set(err, fault->status, "%s", fault->text);
    reply->http_status = status_http(fault->status);
    if (form != NULL && request->listener == KIOSK_LISTEN_PHONE)
        return phone_pages_write(request->context, language, word,
                                 urlform_value_or(form, "token", ""), &reply->body, err);
    return show_words(request, language, word, reply, err);
}

static enum status after_post(const struct request *request, struct reply *reply, struct err *err)
{
    const struct text_job *text = (const struct text_job *)reply->job;
    const enum status status = text->job.status;
    if (status == STATUS_CONFLICT)
        return show_refusal(request, text->language, &text->job.err, "written_before", NULL, reply,
                            err);
    if (status == STATUS_DENIED)
        return show_refusal(request, text->language, &text->job.err, "petition_closed", NULL, reply,
                            err);
    if (status != STATUS_OK)
        return err_set(err, status, "%s", text->job.err.text);
    if (!rating_api_wants_json(request))
        return show_words(request, text->language, text->petition ? "petition_written" : "written",
                          reply, err);
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", "recorded");
    jsonw_object_end(&w);
    reply->content_type = "application/json";
    return STATUS_OK;
}

enum status text_api_post(const struct request *request, struct reply *reply, struct err *err)
{
    static const char *const fields[] = {
        "token", "text", "kind", "contact_name", "contact_phone", "contact_address", "lang", NULL};
    struct kiosk *kiosk = request->context;
    struct urlform form;
    struct err fault;
    form.unclean = NULL;
    enum status status = request_form(request, fields, &form, &fault);
    const char *word = form.unclean != NULL ? "write_unclean" : "write_empty";
    if (status != STATUS_OK && form.unclean == NULL) {
        *err = fault;
        return status;
    }
    AUTO(text_freep) struct text_job *text = calloc(1, sizeof *text);
    if (text == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a text");
    text->kiosk = kiosk;
    text->job.apply = apply;
    (void)strncpy(text->language, language_of(kiosk, &form), sizeof text->language - 1);
    TRY(read_page(text, request, &form, err));
    if (status == STATUS_OK)
        status = read_words(text, &form, &fault);
    if (status == STATUS_BAD_INPUT)
        return show_refusal(request, text->language, &fault, word, text->petition ? NULL : &form,
                            reply, err);
    if (status != STATUS_OK)
        *err = fault;
    TRY(status);
    reply->job = &text->job;
    reply->job_free = text_job_free;
    reply->after = after_post;
    text = NULL;
    return STATUS_OK;
}
