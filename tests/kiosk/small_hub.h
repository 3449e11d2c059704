// SPDX-License-Identifier: MIT
// A hub of the tests' own, for one kiosk: it checks what is sent as a real one does, and does what
// it is told to.
#ifndef HAILONG_TESTS_SMALL_HUB_H
#define HAILONG_TESTS_SMALL_HUB_H

#include <inttypes.h>

#include "hubkeys.h"
#include "kit.h"
#include "office.h"
#include "server.h"
#include "signing.h"
#include "text.h"

static struct small_hub {
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], secret[CRYPTO_SIGN_SECRET_BYTES];
    uint8_t box_public[CRYPTO_BOX_PUBLIC_BYTES], box_secret[CRYPTO_BOX_SECRET_BYTES];
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t kiosk_key[CRYPTO_SIGN_PUBLIC_BYTES]; // whose requests are taken
    struct server *server;
    char url[128];
    struct merkle tree; // what it has
    int64_t largest;    // bytes of the largest push
    unsigned pushes, heads, deposits, refused_times;
    unsigned refuse_status; // 0: take
    const char *refuse_body;
    const char *refuse_what; // "entries", "head", "deposit"; NULL: all
    int64_t clock_s;         // its clock, 0: the test's
    bool wrong_root, wrong_ack, witnessed;
    json_t *checkpoints;  // what `head` shows, NULL: none
    const char *witness;  // a note with a witness's line, NULL: none
    json_t *messages;     // for the next answer to a push
    json_t *last_deposit; // as it came
    char phrase[SIGNING_PHRASE_CHARS + 1];
    const char *unit;
    struct buf kit; // to be given with the enrolment
    bool wrong_mac;
} hub;

static inline void small_hub_time(int64_t *ret_time_s)
{
    *ret_time_s = hub.clock_s != 0 ? hub.clock_s : clock_now_s();
}

static inline enum status small_hub_say(struct reply *reply, unsigned http, json_t *json,
                                        struct err *err)
{
    AUTO(json_decrefp) json_t *owned = json;
    reply->http_status = http;
    reply->content_type = "application/json";
    return json_write(owned, &reply->body, err);
}

// True when the request has been answered.
static inline bool small_hub_refuses(const struct request *request, const char *what,
                                     struct reply *reply, struct err *err)
{
    char path[160];
    int64_t time_s = 0, now_s = 0;
    reply->content_type = "application/json";
    snprintf(path, sizeof path, "/api/v1/lanes/%s/%s", request->param[0], what);
    const struct signing_request said = {.method = "POST",
                                         .path = path,
                                         .body = request->body,
                                         .body_bytes = request->body_size_bytes};
    if (signing_check(&said, request->header(request, "Authorization"), hub.kiosk_key, &time_s,
                      err) != STATUS_OK) {
        (void)!small_hub_say(reply, 401, json_pack("{s:s}", "error", "wrong signature"), err);
        return true;
    }
    small_hub_time(&now_s);
    if (time_s > now_s + SIGNING_SKEW_S || time_s < now_s - SIGNING_SKEW_S) {
        hub.refused_times++;
        (void)!small_hub_say(
            reply, 401,
            json_pack("{s:s, s:I}", "error", "your clock is off", "time", (json_int_t)now_s), err);
        return true;
    }
    if (hub.refuse_status == 0 || (hub.refuse_what != NULL && strcmp(hub.refuse_what, what) != 0))
        return false;
    reply->http_status = hub.refuse_status;
    buf_add_text(&reply->body, hub.refuse_body);
    return true;
}

static inline void small_hub_hex(const struct merkle *tree, char ret_hex[2 * CRYPTO_HASH_BYTES + 1])
{
    uint8_t root[CRYPTO_HASH_BYTES];
    merkle_root(tree, root);
    text_hex(root, sizeof root, ret_hex);
}

static inline enum status small_hub_head(const struct request *request, struct reply *reply,
                                         struct err *err)
{
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    hub.heads++;
    if (small_hub_refuses(request, "head", reply, err))
        return STATUS_OK;
    small_hub_hex(&hub.tree, hex);
    return small_hub_say(
        reply, 200,
        json_pack("{s:I, s:s, s:I, s:o}", "size", (json_int_t)hub.tree.size, "root", hex, "time",
                  (json_int_t)clock_now_s(), "checkpoints",
                  hub.checkpoints != NULL ? json_incref(hub.checkpoints) : json_array()),
        err);
}

static inline bool small_hub_take(const struct transfer *transfer)
{
    struct merkle tree;
    uint8_t root[CRYPTO_HASH_BYTES];
    merkle_copy(&tree, &hub.tree);
    const char *at = transfer->lines, *end = at + transfer->lines_bytes;
    while (at < end) {
        char seq[40];
        uint8_t leaf[CRYPTO_HASH_BYTES];
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        snprintf(seq, sizeof seq, "\"seq\":%" PRIu64 ",", tree.size);
        if (memmem(at, (size_t)(stop - at), seq, strlen(seq)) == NULL)
            return false;
        merkle_leaf(at, (size_t)(stop - at), leaf);
        merkle_add(&tree, leaf);
        at = stop + 1;
    }
    merkle_root(&tree, root);
    if (tree.size != transfer->checkpoint.size ||
        memcmp(root, transfer->checkpoint.root, sizeof root) != 0)
        return false;
    merkle_copy(&hub.tree, &tree);
    return true;
}

static inline enum status small_hub_taken(const struct transfer *transfer, struct reply *reply,
                                          struct err *err)
{
    AUTO(buf_done) struct buf ack;
    char name[NOTE_NAME_CHARS + 1], hex[2 * CRYPTO_HASH_BYTES + 1];
    uint8_t other_public[CRYPTO_SIGN_PUBLIC_BYTES], other[CRYPTO_SIGN_SECRET_BYTES];
    buf_init(&ack, NOTE_LIMIT_BYTES);
    buf_add(&ack, transfer->note, transfer->note_bytes);
    snprintf(name, sizeof name, "hailong/%s", hub.lane);
    crypto_sign_keys(other_public, other);
    TRY(note_cosign(transfer->note, transfer->note_bytes, name, hub.wrong_ack ? other : hub.secret,
                    clock_now_s(), &ack, err));
    small_hub_hex(&hub.tree, hex);
    if (hub.wrong_root)
        hex[0] = hex[0] == '0' ? '1' : '0';
    json_t *messages = hub.messages != NULL ? hub.messages : json_array();
    hub.messages = NULL;
    return small_hub_say(reply, 200,
                         json_pack("{s:I, s:s, s:I, s:s, s:b, s:s?, s:o}", "size",
                                   (json_int_t)hub.tree.size, "root", hex, "time",
                                   (json_int_t)clock_now_s(), "ack", buf_text(&ack), "witnessed",
                                   hub.witnessed, "witness", hub.witness, "messages", messages),
                         err);
}

static inline enum status small_hub_entries(const struct request *request, struct reply *reply,
                                            struct err *err)
{
    struct transfer transfer;
    hub.pushes++;
    if ((int64_t)request->body_size_bytes > hub.largest)
        hub.largest = (int64_t)request->body_size_bytes;
    if (small_hub_refuses(request, "entries", reply, err))
        return STATUS_OK;
    struct err fault;
    if (transfer_read(request->body, request->body_size_bytes, &transfer, &fault) != STATUS_OK)
        return small_hub_say(reply, 400, json_pack("{s:s}", "error", fault.text), err);
    if (!small_hub_take(&transfer))
        return small_hub_say(
            reply, 409,
            json_pack("{s:s, s:I}", "error", "send from there", "size", (json_int_t)hub.tree.size),
            err);
    return small_hub_taken(&transfer, reply, err);
}

static inline enum status small_hub_deposit(const struct request *request, struct reply *reply,
                                            struct err *err)
{
    hub.deposits++;
    if (small_hub_refuses(request, "deposit", reply, err))
        return STATUS_OK;
    json_decref(hub.last_deposit);
    hub.last_deposit = NULL;
    TRY(json_parse(request->body, request->body_size_bytes, SIZE_MAX, "deposit", &hub.last_deposit,
                   err));
    return small_hub_say(
        reply, 200,
        json_pack("{s:I}", "texts_taken",
                  (json_int_t)json_array_size(json_object_get(hub.last_deposit, "texts"))),
        err);
}

static inline enum status small_hub_enrol(const struct request *request, struct reply *reply,
                                          struct err *err)
{
    AUTO(json_decrefp) json_t *json = NULL;
    AUTO(buf_done) struct buf box;
    AUTO(buf_done) struct buf kit;
    char id[SIGNING_PHRASE_ID_CHARS + 1], hex[2 * CRYPTO_HASH_BYTES + 1], vkey[NOTE_VKEY_BYTES];
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t secret[CRYPTO_KEY_BYTES], mac[CRYPTO_HASH_BYTES];
    struct note_key key, own;
    TRY(json_parse(request->body, request->body_size_bytes, 4096, "enrol", &json, err));
    TRY(signing_phrase_read(hub.phrase, id, secret, err));
    const char *said = json_text_or(json, "vkey", "");
    signing_enrol_device(secret, said, mac);
    text_hex(mac, sizeof mac, hex);
    if (strcmp(json_text_or(json, "phrase_id", ""), id) != 0 ||
        strcmp(json_text_or(json, "mac", ""), hex) != 0)
        return small_hub_say(reply, 403, json_pack("{s:s}", "error", "no such phrase"), err);
    TRY(note_vkey_read(said, strlen(said), &key, err));
    note_key_lane(&key, lane);
    memcpy(hub.kiosk_key, key.public_key, sizeof hub.kiosk_key);
    note_key_of_lane(hub.public_key, NOTE_ED25519, &own);
    note_vkey(&own, vkey);
    buf_init(&box, 100);
    buf_init(&kit, 100000);
    crypto_base64(hub.box_public, sizeof hub.box_public, &box);
    crypto_base64(buf_text(&hub.kit), hub.kit.size_bytes, &kit);
    signing_enrol_hub(secret, vkey, box.data, lane, mac);
    mac[0] ^= hub.wrong_mac ? 1 : 0;
    text_hex(mac, sizeof mac, hex);
    return small_hub_say(reply, 200,
                         json_pack("{s:s, s:s, s:s, s:s, s:I, s:s*}", "hub", vkey, "box", box.data,
                                   "unit", hub.unit, "mac", hex, "time", (json_int_t)clock_now_s(),
                                   "kit", hub.kit.size_bytes > 0 ? kit.data : NULL),
                         err);
}

static const struct route small_hub_routes[] = {
    {HTTP_POST, "/api/v1/lanes/{lane}/entries", small_hub_entries, 1, 2 * 1024 * 1024, false},
    {HTTP_POST, "/api/v1/lanes/{lane}/head", small_hub_head, 1, 1024, false},
    {HTTP_POST, "/api/v1/lanes/{lane}/deposit", small_hub_deposit, 1, 2 * 1024 * 1024, false},
    {HTTP_POST, "/api/v1/enrol", small_hub_enrol, 1, 4096, false},
};

static inline void small_hub_open(void)
{
    struct err err;
    const struct server_config config = {.name = "hub",
                                         .address = "127.0.0.1:0",
                                         .listener = 1,
                                         .threads = 1,
                                         .connections_per_thread = 16,
                                         .idle_timeout_s = 10,
                                         .request_deadline_ms = 10000,
                                         .routes = small_hub_routes,
                                         .route_count = ARRAY_SIZE(small_hub_routes),
                                         .content_security_policy = "default-src 'none'"};
    hub = (struct small_hub){.unit = "05533"};
    merkle_init(&hub.tree);
    buf_init(&hub.kit, 100000);
    crypto_sign_keys(hub.public_key, hub.secret);
    crypto_box_keys(hub.box_public, hub.box_secret);
    entry_lane_of_key(hub.public_key, sizeof hub.public_key, hub.lane);
    signing_phrase_make(hub.phrase);
    assert_int_equal(server_open(&config, &hub.server, &err), STATUS_OK);
    snprintf(hub.url, sizeof hub.url, "http://%s/", server_address(hub.server));
}

static inline void small_hub_close(void)
{
    server_close(hub.server);
    json_decref(hub.messages);
    json_decref(hub.checkpoints);
    json_decref(hub.last_deposit);
    buf_done(&hub.kit);
    hub = (struct small_hub){.unit = NULL};
}

// As an enrolment leaves it.
static inline void small_hub_enrolled(const struct office *office)
{
    struct err err;
    struct note_key key;
    struct transfer_box box;
    char vkey[NOTE_VKEY_BYTES];
    note_key_of_lane(hub.public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    memcpy(box.lane, hub.lane, sizeof box.lane);
    memcpy(box.public_key, hub.box_public, sizeof box.public_key);
    crypto_sign_public(office->kiosk->lane_secret, hub.kiosk_key);
    assert_int_equal(hubkeys_write(office->folder, vkey, &box, hub.url, &err), STATUS_OK);
}

// A message as the hub would sign it.
static inline json_t *small_hub_message(const struct office *office, int64_t n, const char *type,
                                        const char *text)
{
    struct err err;
    uint8_t signature[CRYPTO_SIGN_BYTES];
    struct buf base64;
    const struct signing_message message = {
        .lane = journal_lane(office->kiosk->journal), .n = n, .type = type, .text = text};
    assert_int_equal(signing_message(&message, hub.secret, signature, &err), STATUS_OK);
    buf_init(&base64, 100);
    crypto_base64(signature, sizeof signature, &base64);
    json_t *json = json_pack("{s:I, s:s, s:s, s:s}", "n", (json_int_t)n, "type", type, "text", text,
                             "sig", base64.data);
    buf_done(&base64);
    assert_non_null(json);
    return json;
}

#endif
