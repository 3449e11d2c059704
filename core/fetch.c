// SPDX-License-Identifier: MIT
// HTTP POSTs by libcurl.
#include "fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    // A hub that answers at all accepts within a round trip or two, also over mobile data.
    FETCH_CONNECT_MS = 10 * 1000,
    // A batch is at most some megabytes: slower than this means trying again with the next sync.
    FETCH_TOTAL_MS = 60 * 1000,
};

struct fetch {
    CURL *curl;
    // What is left of the body that is being sent.
    const char *rest;
    size_t rest_bytes;
};

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static CURLcode fetch_global;

static void fetch_begin(void)
{
    fetch_global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void fetch_free_listp(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static size_t fetch_take(char *bytes, size_t one, size_t size_bytes, void *context)
{
    (void)one; // always 1
    struct buf *body = context;
    buf_add(body, bytes, size_bytes);
    return body->failed == STATUS_OK ? size_bytes : 0;
}

// The library has no way to begin a body anew: over a kept connection that has died it would send
// it again on its own, and the hub may have it already.
static size_t fetch_give(char *bytes, size_t one, size_t room_bytes, void *context)
{
    (void)one; // always 1
    struct fetch *fetch = context;
    const size_t size_bytes = fetch->rest_bytes < room_bytes ? fetch->rest_bytes : room_bytes;
    memcpy(bytes, fetch->rest, size_bytes);
    fetch->rest += size_bytes;
    fetch->rest_bytes -= size_bytes;
    return size_bytes;
}

static enum status fetch_no_memory(struct err *err)
{
    return err_set(err, STATUS_NO_MEMORY, "no memory to send a request");
}

static enum status fetch_header(struct curl_slist **list, const char *name, const char *value,
                                struct err *err)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, 4096); // our tokens and media types are far shorter
    buf_add_text(&line, name);
    buf_add_text(&line, value);
    TRY(buf_check(&line, err));
    if (strpbrk(buf_text(&line), "\r\n") != NULL)
        return err_set(err, STATUS_BAD_INPUT, "a request header holds a line end");
    struct curl_slist *longer = curl_slist_append(*list, buf_text(&line));
    if (longer == NULL)
        return fetch_no_memory(err);
    *list = longer;
    return STATUS_OK;
}

static bool fetch_prepare(struct fetch *fetch, const char *url, struct fetch_answer *answer)
{
    CURL *curl = fetch->curl;
    const CURLcode results[] = {
        curl_easy_setopt(curl, CURLOPT_URL, url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS),
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_TOTAL_MS),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L), // threads: no SIGALRM for name look-ups
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "hailong/" HAILONG_VERSION),
        curl_easy_setopt(curl, CURLOPT_POST, 1L),
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->rest_bytes),
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, fetch_give),
        curl_easy_setopt(curl, CURLOPT_READDATA, fetch),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, fetch_take),
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body),
    };
    for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
        if (results[i] != CURLE_OK)
            return false;
    }
    return true;
}

static enum status fetch_failed(CURL *curl, CURLcode code, const struct fetch_answer *answer,
                                struct err *err)
{
    TRY(buf_check(&answer->body, err)); // an answer longer than its limit ends the transfer
    long connections = 0;
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
    // The library's name for an answer that does not begin with "HTTP/", too.
    if (code == CURLE_UNSUPPORTED_PROTOCOL && connections > 0)
        return err_set(err, STATUS_BUSY, "the hub did not answer: it does not speak HTTP");
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(err, STATUS_BAD_INPUT,
                       "the hub's address is no http:// or https:// address");
    case CURLE_OUT_OF_MEMORY:
        return fetch_no_memory(err);
    default:
        return err_set(err, STATUS_BUSY, "the hub did not answer: %s", curl_easy_strerror(code));
    }
}

enum status fetch_open(struct fetch **ret_fetch, struct err *err)
{
    pthread_once(&fetch_once, fetch_begin);
    AUTO(fetch_closep) struct fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch == NULL || fetch_global != CURLE_OK)
        return fetch_no_memory(err);
    fetch->curl = curl_easy_init();
    if (fetch->curl == NULL)
        return fetch_no_memory(err);
    *ret_fetch = fetch;
    fetch = NULL;
    return STATUS_OK;
}

void fetch_close(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    curl_easy_cleanup(fetch->curl);
    free(fetch);
}

enum status fetch_send(struct fetch *fetch, const char *url, const char *authorization,
                       const char *content_type, const void *body, size_t size_bytes,
                       struct fetch_answer *answer, struct err *err)
{
    CURL *curl = fetch->curl;
    AUTO(fetch_free_listp) struct curl_slist *headers = NULL;
    TRY(fetch_header(&headers, "Content-Type: ", content_type, err));
    // Waiting for "100 Continue" would cost a second where the hub does not send it.
    TRY(fetch_header(&headers, "Expect:", "", err));
    if (authorization != NULL)
        TRY(fetch_header(&headers, "Authorization: ", authorization, err));
    curl_easy_reset(curl); // keeps the connection
    fetch->rest = body;
    fetch->rest_bytes = size_bytes;
    if (!fetch_prepare(fetch, url, answer) ||
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
        return fetch_no_memory(err);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL); // the list goes
    if (code != CURLE_OK)
        return fetch_failed(curl, code, answer, err);
    long http_status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    answer->http_status = (unsigned)http_status;
    return STATUS_OK;
}

enum status fetch_post(const char *url, const char *authorization, const char *content_type,
                       const void *body, size_t size_bytes, struct fetch_answer *answer,
                       struct err *err)
{
    AUTO(fetch_closep) struct fetch *fetch = NULL;
    TRY(fetch_open(&fetch, err));
    return fetch_send(fetch, url, authorization, content_type, body, size_bytes, answer, err);
}
