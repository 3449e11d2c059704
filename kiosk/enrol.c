// SPDX-License-Identifier: MIT
// One question to the hub, and what is made of its answer.
#include "enrol.h"

#include <stdio.h>
#include <string.h>

#include "fetch.h"
#include "hubcall.h"
#include "hubkeys.h"
#include "kit.h"
#include "log.h"
#include "signing.h"
#include "text.h"

enum {
    REQUEST_LIMIT_BYTES = 1024,
    // A kit in base64 is nearly all of it.
    ANSWER_LIMIT_BYTES = 6 * 1024 * 1024,
    MAC_HEX_CHARS = 2 * CRYPTO_HASH_BYTES,
};

struct enrolment {
    char url[KIOSK_URL_BYTES]; // no slash at its end
    char phrase_id[SIGNING_PHRASE_ID_CHARS + 1];
    uint8_t secret[CRYPTO_KEY_BYTES];
    char vkey[NOTE_VKEY_BYTES];
    const char *lane;
};

static void enrolment_done(struct enrolment *enrolment)
{
    crypto_wipe(enrolment->secret, sizeof enrolment->secret);
}

static bool is_loopback(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const size_t chars = strlen(names[i]);
        if (strncmp(host, names[i], chars) == 0 && strchr(":/", host[chars]) != NULL)
            return true;
    }
    return false;
}

bool enrol_url_ok(const char *url, bool trial)
{
    if (strncmp(url, "https://", 8) == 0)
        return url[8] != '\0';
    return strncmp(url, "http://", 7) == 0 && url[7] != '\0' && (trial || is_loopback(url + 7));
}

static enum status prepare(const struct kiosk *kiosk, const char *url, const char *phrase,
                           struct enrolment *enrolment, struct err *err)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    struct note_key key;
    size_t chars = strlen(url);
    while (chars > 0 && url[chars - 1] == '/')
        chars--;
    if (chars >= sizeof enrolment->url || !enrol_url_ok(url, kiosk->setup.trial))
        return err_set(err, STATUS_USAGE,
                       "--hub must begin with https://; http:// is for a hub on this very "
                       "computer and for trials");
    memcpy(enrolment->url, url, chars);
    enrolment->url[chars] = '\0';
    TRY(signing_phrase_read(phrase, enrolment->phrase_id, enrolment->secret, err));
    crypto_sign_public(kiosk->lane_secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    note_vkey(&key, enrolment->vkey);
    enrolment->lane = journal_lane(kiosk->journal);
    return STATUS_OK;
}

static enum status write_request(const struct enrolment *enrolment, struct buf *body,
                                 struct err *err)
{
    uint8_t mac[CRYPTO_HASH_BYTES];
    struct jsonw w;
    signing_enrol_device(enrolment->secret, enrolment->vkey, mac);
    jsonw_init(&w, body);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "phrase_id", enrolment->phrase_id);
    jsonw_text(&w, "vkey", enrolment->vkey);
    jsonw_hex(&w, "mac", mac, sizeof mac);
    jsonw_object_end(&w);
    return buf_check(body, err);
}

static void body_done(struct fetch_answer *answer)
{
    buf_done(&answer->body);
}

static enum status ask(const struct enrolment *enrolment, json_t **ret_json, struct err *err)
{
    AUTO(buf_done) struct buf body;
    AUTO(body_done) struct fetch_answer got = {0};
    AUTO(hubcall_answer_done) struct hubcall_answer answer = {0};
    char url[KIOSK_URL_BYTES + 16];
    buf_init(&body, REQUEST_LIMIT_BYTES);
    buf_init(&got.body, ANSWER_LIMIT_BYTES);
    TRY(write_request(enrolment, &body, err));
    snprintf(url, sizeof url, "%s/api/v1/enrol", enrolment->url);
    TRY(fetch_post(url, NULL, "application/json", body.data, body.size_bytes, &got, err));
    answer.http_status = got.http_status;
    if (json_parse(buf_text(&got.body), got.body.size_bytes, ANSWER_LIMIT_BYTES, "the hub's answer",
                   &answer.json, NULL) != STATUS_OK)
        answer.json = NULL;
    if (got.http_status != 200 || answer.json == NULL)
        return hubcall_refused(&answer, err);
    *ret_json = json_incref(answer.json);
    return STATUS_OK;
}

static enum status check_answer(const struct kiosk *kiosk, const struct enrolment *enrolment,
                                const json_t *answer, struct err *err)
{
    uint8_t mac[CRYPTO_HASH_BYTES], said[CRYPTO_HASH_BYTES];
    const char *hex = json_text_or(answer, "mac", "");
    signing_enrol_hub(enrolment->secret, json_text_or(answer, "hub", ""),
                      json_text_or(answer, "box", ""), enrolment->lane, mac);
    if (strlen(hex) != MAC_HEX_CHARS || !text_unhex(hex, MAC_HEX_CHARS, said, sizeof said) ||
        !crypto_equal(mac, said, sizeof mac))
        return err_set(err, STATUS_DENIED,
                       "what answers there does not know the phrase; it is not the hub that made "
                       "it, or somebody stands between");
    if (strcmp(json_text_or(answer, "unit", ""), kiosk->setup.unit) != 0)
        return err_set(err, STATUS_CONFLICT,
                       "the phrase was made for another unit than this kiosk's; ask the hub for "
                       "one with `join --unit %s`",
                       kiosk->setup.unit);
    return STATUS_OK;
}

// From base64; `bytes` has its limit.
static enum status decode(const json_t *answer, const char *key, struct buf *bytes, struct err *err)
{
    const char *text = json_text_or(answer, key, "");
    if (crypto_unbase64(text, strlen(text), bytes, NULL) == STATUS_OK)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT, "the hub's answer has no good \"%s\"", key);
}

static enum status keep(const struct kiosk *kiosk, const struct enrolment *enrolment,
                        const json_t *answer, struct err *err)
{
    AUTO(buf_done) struct buf box_key;
    AUTO(buf_done) struct buf kit;
    struct note_key cosigner;
    struct transfer_box box;
    const char *vkey = json_text_or(answer, "hub", "");
    buf_init(&box_key, CRYPTO_BOX_PUBLIC_BYTES);
    buf_init(&kit, KIT_LIMIT_BYTES + CRYPTO_SEAL_BYTES);
    TRY(hubkeys_of_vkey(vkey, strlen(vkey), &cosigner, err));
    if (!note_key_lane(&cosigner, box.lane))
        return BUG(err, "the key of a lane that has none");
    TRY(decode(answer, "box", &box_key, err));
    if (box_key.size_bytes != sizeof box.public_key)
        return err_set(err, STATUS_CONFLICT, "the hub's box key has the wrong size");
    memcpy(box.public_key, box_key.data, sizeof box.public_key);
    if (json_is_string(json_object_get(answer, "kit"))) {
        TRY(decode(answer, "kit", &kit, err));
        TRY(kit_keep(kiosk->folder, kiosk->lane_secret, buf_text(&kit), kit.size_bytes, err));
    }
    return hubkeys_write(kiosk->folder, vkey, &box, enrolment->url, err);
}

enum status enrol_run(struct kiosk *kiosk, const char *url, const char *phrase, struct err *err)
{
    AUTO(enrolment_done) struct enrolment enrolment;
    AUTO(json_decrefp) json_t *answer = NULL;
    TRY(prepare(kiosk, url, phrase, &enrolment, err));
    TRY(ask(&enrolment, &answer, err));
    TRY(check_answer(kiosk, &enrolment, answer, err));
    TRY(keep(kiosk, &enrolment, answer, err));
    log_event(LOG_LEVEL_INFO, "enrolled", "lane", enrolment.lane, "url", enrolment.url, NULL);
    if (kiosk->again != NULL)
        kiosk->again();
    return STATUS_OK;
}
