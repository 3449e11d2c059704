// SPDX-License-Identifier: MIT
// A small server for raw_http.py: prints its address, serves until its standard input ends.
//     raw_http_server THREADS CONNECTIONS_PER_THREAD IDLE_S DEADLINE_MS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coretest_assets.h"
#include "server.h"
#include "urlform.h"

static enum status say_hello(const struct request *request, struct reply *reply, struct err *err)
{
    (void)request;
    (void)err;
    reply->content_type = "text/plain; charset=utf-8";
    buf_add_text(&reply->body, "hello\n");
    return STATUS_OK;
}

// Answers what it understood, so that the tests see where two readings could differ.
static enum status say_what(const struct request *request, struct reply *reply, struct err *err)
{
    (void)err;
    reply->content_type = "text/plain; charset=utf-8";
    buf_addf(&reply->body, "path=%s\nparam=%s\nquery=%s\n", request->path,
             request->param_count > 0 ? request->param[0] : "", request->query);
    return STATUS_OK;
}

static enum status take_form(const struct request *request, struct reply *reply, struct err *err)
{
    static _Thread_local struct urlform form;
    TRY(urlform_read(request->body, request->body_size_bytes, NULL, &form, err));
    reply->content_type = "text/plain; charset=utf-8";
    buf_addf(&reply->body, "fields=%zu bytes=%zu\n", form.count, request->body_size_bytes);
    return STATUS_OK;
}

static const struct route routes[] = {
    {HTTP_GET, "/hello", say_hello, 1, 0, false},  {HTTP_GET, "/say/{word}", say_what, 1, 0, false},
    {HTTP_GET, "/find", say_what, 1, 0, true},     {HTTP_POST, "/form", take_form, 1, 8192, false},
    {HTTP_POST, "/empty", say_hello, 1, 0, false}, {HTTP_GET, "/both", say_hello, 1, 0, false},
    {HTTP_POST, "/both", take_form, 1, 64, false},
};

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: raw_http_server THREADS CONNECTIONS IDLE_S DEADLINE_MS\n");
        return 2;
    }
    struct server_config config = {
        .name = "raw",
        .address = "127.0.0.1:0",
        .listener = 1,
        .threads = number(argv[1]),
        .connections_per_thread = number(argv[2]),
        .idle_timeout_s = number(argv[3]),
        .request_deadline_ms = number(argv[4]),
        .routes = routes,
        .route_count = ARRAY_SIZE(routes),
        .assets = &coretest_assets,
        .asset_folder = "assets/",
    };
    struct err err = {0};
    AUTO(server_closep) struct server *server = NULL;
    if (server_open(&config, &server, &err) != STATUS_OK) {
        fprintf(stderr, "raw_http_server: %s\n", err.text);
        return 1;
    }
    printf("%s\n", server_address(server));
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}
