// SPDX-License-Identifier: MIT
// Makes people, acts and texts for tests.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub_verify.h"
#include "staff.h"
#include "text.h"
#include "textstore.h"

struct person staff_add(struct office *office, const char *name, const char *role)
{
    const struct person_new person = {
        .name = name, .role = role, .passphrase = "bốn con trâu qua cầu"};
    struct person made = {.unit = OFFICE_UNIT};
    if (person_add(office->hub, &person, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    snprintf(made.name, sizeof made.name, "%s", name);
    assert_true(person_role_find(role, &made.role));
    return made;
}

static void id_of(int number, uint8_t ret_id[ENTRY_ID_BYTES])
{
    struct response response = office_response(number, 5);
    memcpy(ret_id, response.id, ENTRY_ID_BYTES);
}

void staff_id(int number, char ret_id[STAFF_ID_CHARS + 1])
{
    uint8_t id[ENTRY_ID_BYTES];
    id_of(number, id);
    text_hex(id, sizeof id, ret_id);
}

static struct person find_or_add(struct office *office, const char *name, const char *role)
{
    struct person person;
    bool found = false;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = person_find(db, name, &person, &found, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    return found ? person : staff_add(office, name, role);
}

enum status staff_two(struct office *office, const struct proposal *proposal)
{
    const struct person officer = find_or_add(office, "Lê Thị Bình", "officer");
    const struct person head = find_or_add(office, "Trần Văn Cường", "head");
    int64_t n = 0, counted = 0;
    TRY(proposal_make(office->hub, &officer, proposal, &n, &office->err));
    return proposal_confirm(office->hub, &head, n, &counted, &office->err);
}

void staff_rule(struct office *office, const char *act, int number)
{
    char id[STAFF_ID_CHARS + 1];
    staff_id(number, id);
    const struct proposal proposal = {
        .act = act, .target = id, .field = "", .reason = "bấm thử máy"};
    if (staff_two(office, &proposal) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static enum status verify(struct office *office)
{
    struct hub_verify_figures figures;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = hub_verify(office->hub, db, &figures, &office->err);
    dbpool_give(office->hub->readers, db);
    return status;
}

void staff_verify(struct office *office)
{
    if (verify(office) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

void staff_verify_fails(struct office *office, const char *word)
{
    assert_int_equal(verify(office), STATUS_CHECK_FAILED);
    if (strstr(office->err.text, word) == NULL)
        fail_msg("%s", office->err.text);
}

enum status staff_run(struct staff_job *job, writer_apply_fn apply)
{
    job->job.apply = apply;
    return writer_run(job->office->hub->writer, &job->job, &job->office->err);
}

// ---- entries and texts -------------------------------------------------------------------------

void staff_entry(struct office_kiosk *kiosk, const char *kind, int number, const char *members)
{
    AUTO(buf_done) struct buf tail;
    char id[STAFF_ID_CHARS + 1];
    staff_id(number, id);
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    buf_add_text(&tail, "\"kind\":\"");
    buf_add_text(&tail, kind);
    buf_add_text(&tail, "\",\"id\":\"");
    buf_add_text(&tail, id);
    buf_add_text(&tail, "\",");
    buf_add_text(&tail, members);
    buf_add_text(&tail, "}");
    office_kiosk_line(kiosk, &tail);
}

static void commit(int number, const char *field, const char *payload, json_t *texts,
                   char ret_commitment[2 * CRYPTO_HASH_BYTES + 1])
{
    AUTO(buf_done) struct buf text;
    AUTO(buf_done) struct buf base64;
    uint8_t salt[TEXTSTORE_SALT_BYTES], mac[CRYPTO_HASH_BYTES];
    char id[STAFF_ID_CHARS + 1], salt_hex[2 * TEXTSTORE_SALT_BYTES + 1];
    buf_init(&text, 2 * TEXTSTORE_PAYLOAD_MAX_BYTES);
    buf_init(&base64, 4 * TEXTSTORE_PAYLOAD_MAX_BYTES);
    crypto_random(salt, sizeof salt);
    buf_add_text(&text, field);
    buf_add_char(&text, '\0');
    buf_add_text(&text, payload);
    crypto_hmac(salt, text.data, text.size_bytes, mac);
    text_hex(mac, sizeof mac, ret_commitment);
    crypto_base64(payload, strlen(payload), &base64);
    staff_id(number, id);
    text_hex(salt, sizeof salt, salt_hex);
    assert_int_equal(
        json_array_append_new(texts, json_pack("{s:s, s:s, s:s, s:s}", "id", id, "field", field,
                                               "salt", salt_hex, "payload", buf_text(&base64))),
        0);
}

void staff_text(struct office_kiosk *kiosk, int number, const char *text, const char *contact,
                json_t *texts)
{
    char members[512], text_mac[2 * CRYPTO_HASH_BYTES + 1], mac[2 * CRYPTO_HASH_BYTES + 1] = "";
    commit(number, "text", text, texts, text_mac);
    if (contact != NULL)
        commit(number, "contact", contact, texts, mac);
    snprintf(
        members, sizeof members,
        "\"part\":0,\"day\":\"2026-11-03\",\"unit\":\"%s\",\"area\":\"HT\",\"text\":\"%s\"%s%s%s",
        OFFICE_UNIT, text_mac, contact != NULL ? ",\"contact\":\"" : "", mac,
        contact != NULL ? "\"" : "");
    staff_entry(kiosk, contact != NULL ? "petition" : "comment", number, members);
}

struct deposit {
    const struct office_kiosk *kiosk;
    const json_t *texts;
};

static enum status apply_deposit(struct db *db, struct writer_job *job, struct err *err)
{
    struct staff_job *own = (struct staff_job *)job;
    const struct deposit *deposit = own->data;
    return textstore_take(db, deposit->kiosk->lane, deposit->texts, &own->count, err);
}

enum status staff_deposit(struct office *office, const struct office_kiosk *kiosk,
                          const json_t *texts, int64_t *ret_taken)
{
    const struct deposit deposit = {.kiosk = kiosk, .texts = texts};
    struct staff_job job = {.office = office, .data = &deposit};
    enum status status = staff_run(&job, apply_deposit);
    if (ret_taken != NULL)
        *ret_taken = job.count;
    return status;
}
