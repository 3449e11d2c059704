// SPDX-License-Identifier: MIT
// The other end of the sync: takes the place of hubcall.c's request, so that the kiosk's own push,
// inbox and deposit run over a recorded disk. What it has taken must stay the beginning of the
// kiosk's journal, whatever happens to the power.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hubcall.h"
#include "hubkeys.h"
#include "power.h"
#include "push.h"
#include "signing.h"
#include "text.h"

enum { DEPOSITS_MAX = 512, ROUNDS_MAX = 12, LOST_ONE_IN = 5 };
#define HUB_URL "http://127.0.0.1:1"

struct deposited {
    char id[2 * ENTRY_ID_BYTES + 1], field[8];
    char *words;
};

static struct {
    struct power_trace *trace;
    struct merkle tree;
    struct deposited deposited[DEPOSITS_MAX];
    size_t deposited_count;
    bool setup_changed, again;
    unsigned *seed; // answers get lost by it
    bool lost;      // the last answer did
    char folder[512];
} hub;

static bool has_keys;
static uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
struct note_key power_hub_key;

// ---- its life -----------------------------------------------------------------------------------

static void forget(void)
{
    for (size_t i = 0; i < hub.deposited_count; i++)
        free(hub.deposited[i].words);
    hub.deposited_count = 0;
    hub.setup_changed = hub.again = false;
    merkle_init(&hub.tree);
}

void power_hub_begin(const char *folder, struct power_trace *trace)
{
    struct err err = {0};
    struct note_key lane_key;
    struct transfer_box box = {0};
    char vkey[NOTE_VKEY_BYTES];
    if (!has_keys)
        crypto_sign_keys(public_key, secret);
    has_keys = true;
    forget();
    hub.trace = trace;
    snprintf(hub.folder, sizeof hub.folder, "%s", folder);
    note_key_of_lane(public_key, NOTE_COSIGNATURE, &power_hub_key);
    note_key_of_lane(public_key, NOTE_ED25519, &lane_key);
    note_vkey(&lane_key, vkey);
    power_need(note_key_lane(&lane_key, box.lane), "the hub's lane", NULL);
    power_need(crypto_box_of_sign_public(public_key, box.public_key, &err) == STATUS_OK,
               "the hub's box", &err);
    power_need(hubkeys_write(folder, vkey, &box, HUB_URL, &err) == STATUS_OK, "enrolling", &err);
}

static struct power_message *new_message(struct power_trace *trace)
{
    trace->messages =
        realloc(trace->messages, (trace->message_count + 1) * sizeof trace->messages[0]);
    power_need(trace->messages != NULL, "memory", NULL);
    struct power_message *message = &trace->messages[trace->message_count++];
    memset(message, 0, sizeof *message);
    return message;
}

void power_hub_resume(struct power_trace *trace, const struct power_trace *before, size_t promises)
{
    hub.trace = trace;
    merkle_init(&hub.tree);
    for (size_t i = 0; i < promises; i++)
        if (before->promises[i].taken != NULL)
            merkle_copy(&hub.tree, before->promises[i].taken);
    for (size_t i = 0; i < before->message_count; i++) {
        const struct power_message *from = &before->messages[i];
        if (from->after > promises)
            break;
        struct power_message *to = new_message(trace);
        *to = *from;
        to->type = strdup(from->type);
        to->text = strdup(from->text);
        to->words = from->words == NULL ? NULL : strdup(from->words);
    }
}

bool power_hub_has(const char *id_hex, const char *field)
{
    for (size_t i = 0; i < hub.deposited_count; i++)
        if (strcmp(hub.deposited[i].id, id_hex) == 0 && strcmp(hub.deposited[i].field, field) == 0)
            return true;
    return false;
}

// ---- what it sends down -------------------------------------------------------------------------

static void write_message(const char *type, json_t *json)
{
    struct power_message *message = new_message(hub.trace);
    message->type = strdup(type);
    message->text = json_dumps(json, JSON_COMPACT);
    message->after = hub.trace->promise_count;
    power_need(message->type != NULL && message->text != NULL, "memory", NULL);
    json_decref(json);
}

static void write_codes(void)
{
    char code[SLIPCODE_CHARS + 1];
    slipcode_new(code);
    write_message("codes", json_pack("{s:[s]}", "codes", code));
}

static void write_setup(void)
{
    char path[600];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/setup.json", hub.folder);
    json_t *json = json_load_file(path, 0, NULL);
    power_need(json != NULL, "the setup", &err);
    json_object_set_new(json, "version", json_integer(json_int_or(json, "version", 0) + 1));
    write_message("setup", json);
    hub.setup_changed = true;
}

static bool is_erased(const char *id)
{
    for (size_t i = 0; i < hub.trace->message_count; i++)
        if (strcmp(hub.trace->messages[i].of, id) == 0)
            return true;
    return false;
}

static void write_erasure(const struct deposited *text)
{
    write_message("erase", json_pack("{s:s, s:s, s:s, s:[s, s]}", "of", text->id, "field", "text",
                                     "reason", "personal_data", "by", "An", "Binh"));
    struct power_message *message = &hub.trace->messages[hub.trace->message_count - 1];
    memcpy(message->of, text->id, sizeof message->of);
    message->words = strdup(text->words);
}

void power_hub_write(unsigned *seed)
{
    for (size_t i = 0; i < hub.deposited_count; i++) {
        const struct deposited *text = &hub.deposited[i];
        if (text->words == NULL || is_erased(text->id))
            continue;
        if (power_random(seed, 2) == 0)
            write_message("answer", json_pack("{s:s, s:s}", "petition", text->id, "text",
                                              "Da nhan va tra loi."));
        write_erasure(text);
        break;
    }
    if (!hub.setup_changed && power_random(seed, 2) == 0)
        write_setup();
    else
        write_codes();
}

static json_t *messages(const char *lane)
{
    json_t *list = json_array();
    for (size_t i = 0; i < hub.trace->message_count; i++) {
        const struct power_message *message = &hub.trace->messages[i];
        const struct signing_message said = {
            .lane = lane, .n = (int64_t)i + 1, .type = message->type, .text = message->text};
        uint8_t signature[CRYPTO_SIGN_BYTES];
        struct err err = {0};
        AUTO(buf_done) struct buf base64;
        buf_init(&base64, 2 * CRYPTO_SIGN_BYTES);
        power_need(signing_message(&said, secret, signature, &err) == STATUS_OK, "signing", &err);
        crypto_base64(signature, sizeof signature, &base64);
        json_array_append_new(list,
                              json_pack("{s:I, s:s, s:s, s:s}", "n", (json_int_t)said.n, "type",
                                        said.type, "text", said.text, "sig", buf_text(&base64)));
    }
    return list;
}

// ---- what it takes ------------------------------------------------------------------------------

static json_t *where(void)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    merkle_root(&hub.tree, root);
    text_hex(root, sizeof root, hex);
    return json_pack("{s:I, s:s, s:I, s:[], s:b}", "size", (json_int_t)hub.tree.size, "root", hex,
                     "time", (json_int_t)clock_now_s(), "checkpoints", "witnessed", 0);
}

static bool fits(const struct transfer *transfer, struct merkle *tree)
{
    uint8_t root[CRYPTO_HASH_BYTES], leaf[CRYPTO_HASH_BYTES];
    const char *end = transfer->lines + transfer->lines_bytes;
    for (const char *line = transfer->lines; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        merkle_leaf(line, (size_t)(stop - line), leaf);
        merkle_add(tree, leaf);
        line = stop + 1;
    }
    merkle_root(tree, root);
    return transfer->checkpoint.size == tree->size &&
           memcmp(transfer->checkpoint.root, root, sizeof root) == 0;
}

static void promise_taken(void)
{
    struct power_promise promise = {.taken = malloc(sizeof *promise.taken)};
    power_need(promise.taken != NULL, "memory", NULL);
    merkle_copy(promise.taken, &hub.tree);
    power_promise(&promise);
}

static json_t *take_entries(const char *lane, const void *body, size_t size_bytes,
                            unsigned *ret_status)
{
    struct transfer transfer;
    struct merkle tree;
    struct err err = {0};
    merkle_copy(&tree, &hub.tree);
    power_need(transfer_read(body, size_bytes, &transfer, &err) == STATUS_OK, "a push", &err);
    if (!fits(&transfer, &tree)) {
        *ret_status = 409;
        return where();
    }
    merkle_copy(&hub.tree, &tree);
    promise_taken();
    AUTO(buf_done) struct buf ack;
    buf_init(&ack, NOTE_LIMIT_BYTES);
    buf_add(&ack, transfer.note, transfer.note_bytes);
    power_need(note_cosign(transfer.note, transfer.note_bytes, power_hub_key.name, secret,
                           clock_now_s(), &ack, &err) == STATUS_OK,
               "cosigning", &err);
    json_t *answer = where();
    json_object_set_new(answer, "ack", json_string(buf_text(&ack)));
    json_object_set_new(answer, "messages", messages(lane));
    return answer;
}

static void take_text(const json_t *text)
{
    const char *id = json_text_or(text, "id", ""), *field = json_text_or(text, "field", "");
    const char *payload = json_text_or(text, "payload", "");
    if (power_hub_has(id, field))
        return;
    power_need(hub.deposited_count < DEPOSITS_MAX, "too many texts", NULL);
    struct deposited *to = &hub.deposited[hub.deposited_count++];
    AUTO(buf_done) struct buf words;
    struct err err = {0};
    buf_init(&words, 8192);
    power_need(crypto_unbase64(payload, strlen(payload), &words, &err) == STATUS_OK, "a text",
               &err);
    snprintf(to->id, sizeof to->id, "%s", id);
    snprintf(to->field, sizeof to->field, "%s", field);
    to->words = strcmp(field, "text") == 0 ? strdup(buf_text(&words)) : NULL;
}

static json_t *take_deposit(const void *body, size_t size_bytes)
{
    json_t *json = json_loadb(body, size_bytes, 0, NULL);
    power_need(json != NULL, "a deposit", NULL);
    const json_t *texts = json_object_get(json, "texts");
    for (size_t i = 0; i < json_array_size(texts); i++)
        take_text(json_array_get(texts, i));
    const size_t count = json_array_size(texts);
    json_decref(json);
    // What the hub writes about them later, it writes behind this.
    power_promise(&(struct power_promise){.part = 0});
    return json_pack("{s:I}", "texts_taken", (json_int_t)count);
}

enum status __wrap_hubcall_post(struct hubcall *call, const char *what, const void *body,
                                size_t size_bytes, struct hubcall_answer *ret_answer,
                                struct err *err);

enum status __wrap_hubcall_post(struct hubcall *call, const char *what, const void *body,
                                size_t size_bytes, struct hubcall_answer *ret_answer,
                                struct err *err)
{
    struct hubcall_answer answer = {.http_status = 200};
    if (strcmp(what, "entries") == 0)
        answer.json = take_entries(call->lane, body, size_bytes, &answer.http_status);
    else if (strcmp(what, "deposit") == 0)
        answer.json = take_deposit(body, size_bytes);
    else
        answer.json = where();
    hub.lost = power_random(hub.seed, LOST_ONE_IN) == 0;
    if (hub.lost) {
        hubcall_answer_done(&answer);
        return err_set(err, STATUS_BUSY, "the answer got lost");
    }
    *ret_answer = answer;
    return STATUS_OK;
}

// ---- rounds -------------------------------------------------------------------------------------

static void ask_again(void)
{
    hub.again = true;
}

static const char *try_round(struct kiosk *kiosk, bool *ret_done)
{
    static char reason[400];
    struct err err = {0};
    int64_t sent = 0;
    AUTO(push_closep) struct push *push = NULL;
    enum status status = push_open(kiosk, HUB_URL, &push, &err);
    if (status == STATUS_OK)
        status = push_round(push, &sent, &err);
    *ret_done = status == STATUS_OK;
    if (status == STATUS_OK || (status == STATUS_BUSY && hub.lost))
        return NULL;
    snprintf(reason, sizeof reason, "a round with the hub: %.300s", err.text);
    return reason;
}

const char *power_sync(struct kiosk *kiosk, unsigned *seed, bool *ret_again)
{
    bool done = false;
    const char *wrong = NULL;
    hub.seed = seed;
    hub.again = false;
    kiosk->again = ask_again;
    for (int i = 0; i < ROUNDS_MAX && !done && wrong == NULL; i++)
        wrong = try_round(kiosk, &done);
    *ret_again = hub.again;
    if (wrong == NULL && done)
        power_promise(&(struct power_promise){.acked = hub.tree.size,
                                              .received = (int64_t)hub.trace->message_count});
    return wrong;
}
