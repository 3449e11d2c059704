// SPDX-License-Identifier: MIT
// Which address leads to which handler, and what is answered when none may.
#include "kiosk_routes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "desk_pages.h"
#include "jsonw.h"
#include "phone_pages.h"
#include "rating.h"
#include "rating_api.h"
#include "request.h"
#include "screen_pages.h"
#include "staff_pages.h"
#include "text_api.h"

enum {
    FORM_LIMIT_BYTES = URLFORM_LIMIT_BYTES,
    CODE_LIMIT_BYTES = 256, // one code and a language
    CSP_BYTES = 512,
};

static enum status healthz(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)err;
    reply->content_type = "text/plain; charset=utf-8";
    buf_add_text(&reply->body, "ok\n");
    return STATUS_OK;
}

#define SCREEN KIOSK_LISTEN_SCREEN
#define PHONE KIOSK_LISTEN_PHONE
#define BOTH (KIOSK_LISTEN_SCREEN | KIOSK_LISTEN_PHONE)
// The query of our own pages is the language and the size of text (view_open); an address in a QR
// code has none.
const struct route kiosk_routes[] = {
    {HTTP_GET, "/healthz", healthz, BOTH, 0, false},
    {HTTP_POST, "/api/v1/responses", rating_api_post, BOTH, FORM_LIMIT_BYTES, false},
    {HTTP_POST, "/api/v1/texts", text_api_post, BOTH, FORM_LIMIT_BYTES, false},
    {HTTP_POST, "/step", rating_api_step, BOTH, FORM_LIMIT_BYTES, false},
    {HTTP_GET, "/", staff_pages_index, SCREEN, 0, true},
    {HTTP_GET, "/pair/{phrase}", staff_pages_pair, SCREEN, 0, false},
    {HTTP_GET, "/c/{counter}", screen_pages_home, SCREEN, 0, true},
    {HTTP_GET, "/c/{counter}/areas", screen_pages_areas, SCREEN, 0, true},
    {HTTP_GET, "/c/{counter}/state", screen_pages_state, SCREEN, 0, false},
    {HTTP_GET, "/c/{counter}/{area}", screen_pages_area, SCREEN, 0, true},
    {HTTP_GET, "/desk", desk_pages_get, SCREEN, 0, true},
    {HTTP_POST, "/desk/slips", desk_pages_slip, SCREEN, FORM_LIMIT_BYTES, true},
    {HTTP_POST, "/desk/arm", desk_pages_arm, SCREEN, FORM_LIMIT_BYTES, true},
    {HTTP_POST, "/desk/clock", desk_pages_clock, SCREEN, FORM_LIMIT_BYTES, true},
    {HTTP_POST, "/desk/cancel", desk_pages_cancel, SCREEN, FORM_LIMIT_BYTES, true},
    {HTTP_GET, "/", phone_pages_start, PHONE, 0, true},
    {HTTP_POST, "/code", phone_pages_code, PHONE, CODE_LIMIT_BYTES, false},
    // Upper case is what a QR code's alphanumeric mode has; lower case is what people type.
    {HTTP_GET, "/S/{code}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/S/{code}/{area}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/S/{code}/{area}/{counter}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/S/{code}/{area}/{counter}/{step}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/s/{code}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/s/{code}/{area}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/s/{code}/{area}/{counter}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/s/{code}/{area}/{counter}/{step}", phone_pages_slip, PHONE, 0, true},
    {HTTP_GET, "/P/{code}", phone_pages_poster, PHONE, 0, true},
    {HTTP_GET, "/P/{code}/{area}", phone_pages_poster, PHONE, 0, true},
    {HTTP_GET, "/p/{code}", phone_pages_poster, PHONE, 0, true},
    {HTTP_GET, "/p/{code}/{area}", phone_pages_poster, PHONE, 0, true},
};
const size_t kiosk_routes_count = ARRAY_SIZE(kiosk_routes);

// ---- Content-Security-Policy -------------------------------------------------------------------

static pthread_once_t csp_once = PTHREAD_ONCE_INIT;
static char screen_csp[CSP_BYTES];
static char phone_csp[CSP_BYTES];

#define CSP_COMMON                                                                                 \
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "            \
    "img-src 'self' data:"

// The style sheet's SHA-256 in plain base64, as the policy wants it (CSP level 3, §2.3.1).
static void add_style_hash(struct buf *out)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    const char *css = view_phone_css();
    crypto_sha256(css, strlen(css), hash);
    size_t start = out->size_bytes;
    crypto_base64url(hash, sizeof(hash), out);
    for (size_t i = start; i < out->size_bytes; i++) {
        if (out->data[i] == '-')
            out->data[i] = '+';
        else if (out->data[i] == '_')
            out->data[i] = '/';
    }
    buf_add_char(out, '=');
}

static void make_csp(void)
{
    AUTO(buf_done) struct buf hash;
    buf_init(&hash, 64);
    add_style_hash(&hash);
    (void)snprintf(phone_csp, sizeof(phone_csp), "%s; style-src 'sha256-%s'", CSP_COMMON,
                   buf_text(&hash));
    (void)snprintf(screen_csp, sizeof(screen_csp),
                   "%s; style-src 'self' 'sha256-%s'; script-src 'self'; font-src 'self'; "
                   "connect-src 'self'",
                   CSP_COMMON, buf_text(&hash));
}

const char *kiosk_routes_screen_csp(void)
{
    (void)pthread_once(&csp_once, make_csp);
    return screen_csp;
}

const char *kiosk_routes_phone_csp(void)
{
    (void)pthread_once(&csp_once, make_csp);
    return phone_csp;
}

// ---- refusals ----------------------------------------------------------------------------------

static const struct refusal {
    unsigned http_status;
    const char *word, *json;
} refusals[] = {
    {400, "bad", "bad_input"},       {403, "denied", "denied"},       {404, "missing", "not_found"},
    {405, "method", "not_allowed"},  {409, "conflict", "conflict"},   {410, "old", "gone"},
    {413, "too_large", "too_large"}, {414, "too_large", "too_large"}, {421, "denied", "denied"},
    {431, "too_large", "too_large"}, {503, "busy", "busy"},
};

static struct refusal find_refusal(unsigned http_status)
{
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        if (refusals[i].http_status == http_status)
            return refusals[i];
    }
    struct refusal other = {http_status, "bad", "bad_input"};
    if (http_status >= 500) {
        other.word = "fault";
        other.json = "fault";
    }
    return other;
}

static void refuse_json(const struct refusal *refusal, struct reply *reply)
{
    struct jsonw w;
    jsonw_init(&w, &reply->body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "status", refusal->json);
    jsonw_object_end(&w);
    reply->content_type = "application/json";
}

// A counter's screen goes back to its own start, everybody else to the listener's.
static void find_home(const struct request *request, struct view *view)
{
    struct kiosk *kiosk = view->kiosk;
    char cookie[DEVICE_COOKIE_CHARS + 1];
    char counter[RESPONSE_CODE_CHARS + 1] = "";
    if (!view->screen || request->header == NULL ||
        !request_cookie(request, DEVICE_COOKIE, cookie, sizeof(cookie)))
        return;
    enum device_role role = device_role(kiosk->devices, cookie, counter);
    if (role == DEVICE_SCREEN)
        screen_pages_path(counter, view->home);
    else if (role == DEVICE_DESK && strncmp(request->path, "/desk", 5) == 0)
        (void)stpcpy(view->home, "/desk");
}

// The same form to send once more: its token makes a repeat harmless.
static void add_retry(struct view *view, const struct urlform *form)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < form->count; i++)
        view_add(
            view, fields,
            json_pack("{s:s, s:s}", "name", form->fields[i].name, "value", form->fields[i].value));
    view_set(view, "fields", fields);
    view_set(view, "retry", json_true());
    view_message(view, "unwritten", NULL);
}

static bool read_rating(const struct request *request, struct urlform *ret_form)
{
    return request->method == HTTP_POST && strcmp(request->path, "/api/v1/responses") == 0 &&
           urlform_read(request->body, request->body_size_bytes, rating_fields, ret_form, NULL) ==
               STATUS_OK;
}

static enum status refuse_page(const struct request *request, const struct refusal *refusal,
                               struct reply *reply)
{
    struct kiosk *kiosk = request->context;
    bool screen = request->listener == KIOSK_LISTEN_SCREEN;
    struct urlform form;
    bool rating = read_rating(request, &form);
    const char *language = rating ? urlform_value(&form, "lang") : NULL;
    if (language == NULL || !page_has_language(kiosk->pages, language))
        language = "vi";
    AUTO(view_done) struct view view = {0};
    view_init(kiosk, screen, language, false, &view);
    find_home(request, &view);
    // The address was right: it is the first answer that is not there.
    bool orphan = rating && refusal->http_status == 404;
    view_message(&view, orphan ? "bad" : refusal->word, NULL);
    if (rating && refusal->http_status == 503)
        add_retry(&view, &form);
    else
        view_link(&view, view.home,
                  screen || refusal->http_status != 410 ? "go_start" : "enter_code");
    return view_render(&view, screen ? "screen_message" : "phone_message", "title_rate",
                       &reply->body, NULL);
}

void kiosk_routes_refusal(const struct request *request, struct reply *reply)
{
    struct refusal refusal = find_refusal(reply->http_status);
    if (rating_api_wants_json(request)) {
        refuse_json(&refusal, reply);
        return;
    }
    if (refuse_page(request, &refusal, reply) == STATUS_OK)
        return;
    // Not even a page could be made: the bare number is better than nothing.
    reply->content_type = "text/plain; charset=utf-8";
    buf_clear(&reply->body);
    buf_add_int(&reply->body, reply->http_status);
}
