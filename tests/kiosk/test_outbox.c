// SPDX-License-Identifier: MIT
// outbox.c: texts wait, are written shuffled at the seal, stand beside the journal, can be erased.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "deposit.h"
#include "file.h"
#include "office.h"
#include "outbox.h"
#include "text.h"

struct add_job {
    struct writer_job job;
    struct office *office;
    struct outbox_text text;
};

static enum status apply_add(struct db *db, struct writer_job *job, struct err *err)
{
    const struct add_job *add = (const struct add_job *)job;
    return outbox_add(add->office->kiosk, db, &add->text, err);
}

static enum status add(struct office *office, unsigned page, const char *words, const char *contact)
{
    uint8_t hash[OUTBOX_HASH_BYTES] = {(uint8_t)page, (uint8_t)(page >> 8)};
    uint8_t mac[CRYPTO_HASH_BYTES];
    crypto_sha256(words, strlen(words), mac);
    struct add_job job = {.job.apply = apply_add, .office = office};
    job.text = (struct outbox_text){
        .area = "HT", .text = words, .contact = contact, .page_hash = hash, .mac = mac};
    return writer_run(office->kiosk->writer, &job.job, &office->err);
}

struct empty_job {
    struct writer_job job;
    struct office *office;
    int64_t count;
};

static enum status apply_empty(struct db *db, struct writer_job *job, struct err *err)
{
    struct empty_job *empty = (struct empty_job *)job;
    return outbox_empty(empty->office->kiosk, db, clock_day(clock_now_s()), &empty->count, err);
}

static int64_t empty(struct office *office)
{
    struct empty_job job = {.job.apply = apply_empty, .office = office};
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    return job.count;
}

static json_t *unsent(struct office *office, size_t limit)
{
    json_t *texts = json_array();
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = outbox_unsent(db, texts, limit, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    return texts;
}

// A case key; its secret half is given.
static void make_case_key(struct office *office, uint8_t ret_public[CRYPTO_BOX_PUBLIC_BYTES],
                          uint8_t ret_secret[CRYPTO_BOX_SECRET_BYTES])
{
    char path[SCRATCH_PATH_SIZE + 32];
    AUTO(buf_done) struct buf line;
    buf_init(&line, 256);
    crypto_box_keys(ret_public, ret_secret);
    crypto_base64(ret_public, CRYPTO_BOX_PUBLIC_BYTES, &line);
    buf_add_char(&line, '\n');
    snprintf(path, sizeof path, "%s/keys/case.pub", office->folder);
    assert_int_equal(file_write(path, line.data, line.size_bytes, 0600, &office->err), STATUS_OK);
}

static void a_page_sends_one_text(void **state)
{
    struct office *office = *state;
    assert_int_equal(add(office, 1, "Ghế chờ ít quá", NULL), STATUS_OK);
    assert_int_equal(add(office, 1, "Ghế chờ ít quá", NULL), STATUS_OK); // sent again
    assert_int_equal(add(office, 1, "Khác", NULL), STATUS_CONFLICT);
    assert_int_equal(add(office, 2, "Khác", NULL), STATUS_OK);
    assert_int_equal(empty(office), 2);
    assert_int_equal(empty(office), 0);
    assert_int_equal(add(office, 1, "Ghế chờ ít quá", NULL), STATUS_OK); // also after the seal
    assert_int_equal(empty(office), 0);
}

static void what_waits_survives_a_restart(void **state)
{
    struct office *office = *state;
    const uint64_t before = office_entries(office);
    assert_int_equal(add(office, 1, "Cảm ơn", NULL), STATUS_OK);
    assert_int_equal(office_entries(office), before); // not yet an entry
    office_reopen(office);
    assert_int_equal(empty(office), 1);
    assert_int_equal(office_entries(office), before + 1);
    char line[ENTRY_LIMIT_BYTES];
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"comment\""));
    assert_non_null(strstr(line, "\"day\":\"2026-11-03\",\"unit\":\"05533\",\"area\":\"HT\""));
    assert_null(strstr(line, "Cảm ơn"));
    assert_null(strstr(line, "hour"));
}

struct told_job {
    struct writer_job job; // first
    const json_t *texts;
};

static enum status apply_told(struct db *db, struct writer_job *job, struct err *err)
{
    return outbox_sent(db, ((struct told_job *)job)->texts, err);
}

static void a_hub_that_was_restored_is_sent_all_texts_again(void **state)
{
    struct office *office = *state;
    assert_int_equal(add(office, 1, "Hướng dẫn rõ ràng", NULL), STATUS_OK);
    assert_int_equal(empty(office), 1);
    AUTO(json_decrefp) json_t *texts = unsent(office, 10);
    struct told_job sent = {.job.apply = apply_told, .texts = texts};
    assert_int_equal(writer_run(office->kiosk->writer, &sent.job, &office->err), STATUS_OK);
    AUTO(json_decrefp) json_t *none = unsent(office, 10);
    assert_int_equal(json_array_size(none), 0);
    assert_int_equal(deposit_forget(office->kiosk, &office->err), STATUS_OK);
    AUTO(json_decrefp) json_t *again = unsent(office, 10);
    assert_true(json_equal(texts, again));
}

// The commitment of docs/JOURNAL.md, from what goes to the hub.
static void the_entry_commits_to_the_text(void **state)
{
    struct office *office = *state;
    assert_int_equal(add(office, 1, "Hướng dẫn rõ ràng", NULL), STATUS_OK);
    assert_int_equal(empty(office), 1);
    AUTO(json_decrefp) json_t *texts = unsent(office, 10);
    assert_int_equal(json_array_size(texts), 1);
    const json_t *text = json_array_get(texts, 0);
    const char *base64 = json_text_or(text, "payload", "");
    AUTO(buf_done) struct buf said;
    buf_init(&said, 4096);
    buf_add(&said, "text", 5); // with its zero
    assert_int_equal(crypto_unbase64(base64, strlen(base64), &said, &office->err), STATUS_OK);
    assert_string_equal(said.data + 5, "Hướng dẫn rõ ràng");
    uint8_t salt[32], mac[CRYPTO_HASH_BYTES];
    char hex[65], line[ENTRY_LIMIT_BYTES], wanted[128];
    assert_true(text_unhex(json_text_or(text, "salt", ""), 64, salt, sizeof salt));
    crypto_hmac(salt, said.data, said.size_bytes, mac);
    text_hex(mac, sizeof mac, hex);
    snprintf(wanted, sizeof wanted, "\"text\":\"%s\"}", hex);
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, wanted));
    assert_non_null(strstr(line, json_text_or(text, "id", "none")));
}

static void a_petition_needs_the_case_key_and_is_sealed_to_it(void **state)
{
    struct office *office = *state;
    const char *contact = "{\"name\":\"Nguyễn Văn A\",\"phone\":\"0912345678\"}";
    assert_int_equal(add(office, 1, "Đề nghị xem lại", contact), STATUS_DENIED);
    assert_false(outbox_has_case_key(office->kiosk));
    assert_int_equal(empty(office), 0);
    uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES], secret[CRYPTO_BOX_SECRET_BYTES];
    make_case_key(office, public_key, secret);
    assert_true(outbox_has_case_key(office->kiosk));
    assert_int_equal(add(office, 1, "Đề nghị xem lại", contact), STATUS_OK);
    assert_int_equal(empty(office), 1);
    AUTO(json_decrefp) json_t *texts = unsent(office, 10);
    assert_int_equal(json_array_size(texts), 2);
    const json_t *sealed = json_array_get(texts, 0); // "contact" before "text"
    assert_string_equal(json_text_or(sealed, "field", ""), "contact");
    AUTO(buf_done) struct buf box;
    AUTO(buf_done) struct buf plain;
    buf_init(&box, 4096);
    buf_init(&plain, 4096);
    const char *base64 = json_text_or(sealed, "payload", "");
    assert_int_equal(crypto_unbase64(base64, strlen(base64), &box, &office->err), STATUS_OK);
    assert_int_equal(
        crypto_unseal(public_key, secret, box.data, box.size_bytes, &plain, &office->err),
        STATUS_OK);
    assert_string_equal(buf_text(&plain), contact);
    char line[ENTRY_LIMIT_BYTES];
    struct entry entry;
    office_last_line(office, line, sizeof line);
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(entry.kind, ENTRY_PETITION);
    entry_done(&entry);
}

// 30 in order by chance: 1 in 30!.
static void the_order_of_the_entries_is_not_that_of_the_texts(void **state)
{
    struct office *office = *state;
    enum { MANY = 30 };
    for (unsigned i = 0; i < MANY; i++) {
        char words[16];
        snprintf(words, sizeof words, "%02u", i);
        assert_int_equal(add(office, i, words, NULL), STATUS_OK);
    }
    const int64_t from = (int64_t)office_entries(office);
    assert_int_equal(empty(office), MANY);
    AUTO(json_decrefp) json_t *texts = unsent(office, 1000);
    char order[MANY][33];
    struct db *db = dbpool_take(office->kiosk->readers);
    struct stmt *q = NULL;
    bool found = true;
    assert_int_equal(stmt_use(db, KIOSK_ENTRY_LIST, &q, &office->err), STATUS_OK);
    stmt_bind_int(q, 1, from);
    stmt_bind_int(q, 2, from + MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(stmt_row(q, &found, &office->err), STATUS_OK);
        assert_true(found);
        snprintf(order[i], sizeof order[i], "%s", strstr(stmt_text(q, 1), "\"id\":\"") + 6);
    }
    stmt_release(q);
    dbpool_give(office->kiosk->readers, db);
    int last = -1;
    bool ascending = true;
    for (size_t i = 0; i < MANY; i++) {
        for (size_t k = 0; k < json_array_size(texts); k++) {
            const json_t *text = json_array_get(texts, k);
            if (strcmp(json_text_or(text, "id", ""), order[i]) != 0)
                continue;
            AUTO(buf_done) struct buf words;
            buf_init(&words, 64);
            const char *base64 = json_text_or(text, "payload", "");
            assert_int_equal(crypto_unbase64(base64, strlen(base64), &words, &office->err),
                             STATUS_OK);
            ascending = ascending && atoi(buf_text(&words)) > last;
            last = atoi(buf_text(&words));
        }
    }
    assert_false(ascending);
}

struct sent_job {
    struct writer_job job;
    const json_t *texts;
};

static enum status apply_sent(struct db *db, struct writer_job *job, struct err *err)
{
    return outbox_sent(db, ((const struct sent_job *)job)->texts, err);
}

static void what_the_hub_has_is_not_sent_again(void **state)
{
    struct office *office = *state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(add(office, i, "a", NULL), STATUS_OK);
    assert_int_equal(empty(office), 3);
    AUTO(json_decrefp) json_t *two = unsent(office, 2);
    assert_int_equal(json_array_size(two), 2);
    struct sent_job job = {.job.apply = apply_sent, .texts = two};
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    AUTO(json_decrefp) json_t *rest = unsent(office, 10);
    assert_int_equal(json_array_size(rest), 1);
}

struct erase_job {
    struct writer_job job;
    struct office *office;
    struct outbox_erasure erasure;
};

static enum status apply_erase(struct db *db, struct writer_job *job, struct err *err)
{
    const struct erase_job *erase = (const struct erase_job *)job;
    return outbox_erase(erase->office->kiosk, db, &erase->erasure, err);
}

static void an_erased_text_is_gone_and_the_journal_says_so(void **state)
{
    struct office *office = *state;
    assert_int_equal(add(office, 1, "Anh Nguyễn Văn A ở quầy 2", NULL), STATUS_OK);
    assert_int_equal(empty(office), 1);
    AUTO(json_decrefp) json_t *texts = unsent(office, 10);
    struct erase_job job = {.job.apply = apply_erase, .office = office};
    job.erasure = (struct outbox_erasure){
        .field = "text", .reason = "personal_data", .by = {"Lê Thị B", "Trần C"}};
    const char *id = json_text_or(json_array_get(texts, 0), "id", "");
    assert_true(text_unhex(id, strlen(id), job.erasure.of, ENTRY_ID_BYTES));
    const uint64_t before = office_entries(office);
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    assert_int_equal(office_entries(office), before + 1); // the second time changed nothing
    char line[ENTRY_LIMIT_BYTES];
    struct entry entry;
    office_last_line(office, line, sizeof line);
    assert_non_null(strstr(line, id));
    assert_non_null(strstr(line, "\"by\":[\"Lê Thị B\",\"Trần C\"]"));
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(entry.kind, ENTRY_REDACTION);
    entry_done(&entry);
    AUTO(json_decrefp) json_t *left = unsent(office, 10);
    assert_int_equal(json_array_size(left), 0);
    job.erasure.field = "contact"; // a comment has none
    assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_NOT_FOUND);
}

static void a_text_past_the_limit_is_refused(void **state)
{
    struct office *office = *state;
    char words[OUTBOX_TEXT_MAX_BYTES + 2];
    memset(words, 'a', sizeof words);
    words[OUTBOX_TEXT_MAX_BYTES + 1] = '\0';
    assert_int_equal(add(office, 1, words, NULL), STATUS_TOO_LARGE);
    words[OUTBOX_TEXT_MAX_BYTES] = '\0';
    assert_int_equal(add(office, 1, words, NULL), STATUS_OK);
    assert_int_equal(empty(office), 1);
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_page_sends_one_text),
        OFFICE_TEST(what_waits_survives_a_restart),
        OFFICE_TEST(a_hub_that_was_restored_is_sent_all_texts_again),
        OFFICE_TEST(the_entry_commits_to_the_text),
        OFFICE_TEST(a_petition_needs_the_case_key_and_is_sealed_to_it),
        OFFICE_TEST(the_order_of_the_entries_is_not_that_of_the_texts),
        OFFICE_TEST(what_the_hub_has_is_not_sent_again),
        OFFICE_TEST(an_erased_text_is_gone_and_the_journal_says_so),
        OFFICE_TEST(a_text_past_the_limit_is_refused),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
