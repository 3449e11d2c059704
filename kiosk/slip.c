// SPDX-License-Identifier: MIT
// Slips and poster codes: keyed hashes in the database, addresses for the QR.
#include "slip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "counts.h"
#include "kiosk_sql.h"
#include "stmt.h"
#include "text.h"

enum { HASH_BYTES = 16 };

static void keyed_hash(const struct kiosk *kiosk, const char *purpose, const char *text,
                       uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    uint8_t key[CRYPTO_KEY_BYTES];
    crypto_derive(kiosk->slip_key, purpose, key);
    crypto_hmac(key, text, strlen(text), ret_hash);
    crypto_wipe(key, sizeof key);
}

static void dossier_hash(const struct kiosk *kiosk, const struct slip_order *order,
                         uint8_t ret_hash[CRYPTO_HASH_BYTES])
{
    // The letter of the step, a space, the code: no code begins with a space.
    char text[SLIP_DOSSIER_CHARS + 3];
    snprintf(text, sizeof text, "%c %s", response_step_letter(order->step), order->dossier);
    keyed_hash(kiosk, "dossier", text, ret_hash);
}

// ---- issuing ------------------------------------------------------------------------------------

// Withdraws the dossier's slip, or says why there can be no other.
static enum status free_dossier(struct db *db, const struct slip_job *job,
                                const uint8_t hash[CRYPTO_HASH_BYTES], struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_OF_DOSSIER, &q, err));
    stmt_bind_blob(q, 1, hash, HASH_BYTES);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found)
        return STATUS_OK;
    if (stmt_int(q, 1) == SLIP_FINISHED)
        return err_set(err, STATUS_GONE,
                       "the slip of this dossier and step has been used; there "
                       "is one rating for each");
    if (!job->order.replace)
        return err_set(err, STATUS_CONFLICT,
                       "this dossier has a slip for this step; ask for a "
                       "replacement to withdraw it");
    uint8_t old[HASH_BYTES];
    size_t old_bytes = 0;
    const void *bytes = stmt_blob(q, 0, &old_bytes);
    if (old_bytes != HASH_BYTES)
        return BUG(err, "a slip's hash has the wrong size");
    memcpy(old, bytes, sizeof old);
    AUTO(stmt_releasep) struct stmt *u = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_WITHDRAW, &u, err));
    stmt_bind_blob(u, 1, old, sizeof old);
    return stmt_run(u, NULL, err);
}

static enum status count_one(struct db *db, int32_t today, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_DAY_ADD, &q, err));
    stmt_bind_int(q, 1, today);
    return stmt_run(q, NULL, err);
}

static enum status apply(struct db *db, struct writer_job *writer_job, struct err *err)
{
    struct slip_job *job = (struct slip_job *)writer_job;
    const struct slip_order *order = &job->order;
    const bool dossier = order->dossier[0] != '\0';
    uint8_t dossier_bytes[CRYPTO_HASH_BYTES], code_bytes[CRYPTO_HASH_BYTES];
    if (dossier) {
        dossier_hash(job->kiosk, order, dossier_bytes);
        TRY(free_dossier(db, job, dossier_bytes, err));
    }
    const int32_t today = clock_day(clock_now_s());
    slipcode_new(job->code);
    job->expires_day = today + (int32_t)job->kiosk->setup.slip_days;
    keyed_hash(job->kiosk, "slip", job->code, code_bytes);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_ADD, &q, err));
    stmt_bind_blob(q, 1, code_bytes, HASH_BYTES);
    stmt_bind_text(q, 2, order->area);
    stmt_bind_text(q, 3, order->counter);
    stmt_bind_int(q, 4, (int64_t)order->step);
    stmt_bind_int(q, 5, today);
    stmt_bind_int(q, 6, job->expires_day);
    if (dossier)
        stmt_bind_blob(q, 7, dossier_bytes, HASH_BYTES);
    else
        stmt_bind_null(q, 7);
    TRY(stmt_run(q, NULL, err));
    TRY(counts_add_slip(job->kiosk, db, order->area, order->step, err));
    return count_one(db, today, err);
}

// The scanner's text as one spelling: trimmed, NFC, ASCII letters upper-case.
static enum status read_dossier(const char *text, char ret_dossier[SLIP_DOSSIER_CHARS + 1],
                                struct err *err)
{
    while (*text == ' ')
        text++;
    size_t size_bytes = strlen(text);
    while (size_bytes > 0 && text[size_bytes - 1] == ' ')
        size_bytes--;
    if (!text_is_clean(text, size_bytes, false))
        return err_set(err, STATUS_BAD_INPUT, "the dossier's code has characters that no code has");
    AUTO(buf_done) struct buf nfc;
    buf_init(&nfc, SLIP_DOSSIER_CHARS);
    if (text_nfc(text, size_bytes, &nfc, err) != STATUS_OK || nfc.failed != STATUS_OK)
        return err_set(err, STATUS_BAD_INPUT, "the dossier's code is longer than %d bytes",
                       SLIP_DOSSIER_CHARS);
    memcpy(ret_dossier, buf_text(&nfc), nfc.size_bytes + 1);
    for (char *c = ret_dossier; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return STATUS_OK;
}

enum status slip_prepare(struct kiosk *kiosk, const struct slip_order *order,
                         struct slip_job *ret_job, struct err *err)
{
    // Slips of the key that a restore has made would be lost when the kit brings the old one.
    if (kiosk->slips_waiting)
        return err_set(err, STATUS_DENIED,
                       "this kiosk was restored and waits for the hub's list of slips: enrol it "
                       "with a phrase of `join --replaces`, or accept the gap with `hailong-kiosk "
                       "slips --accept-gap`");
    if (order->area == NULL || setup_area(&kiosk->setup, order->area) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the area is not one of the setup's");
    const char *counter = order->counter == NULL ? "" : order->counter;
    if (counter[0] != '\0' && setup_counter(&kiosk->setup, counter) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the counter is not one of the setup's");
    char dossier[SLIP_DOSSIER_CHARS + 1] = "";
    if (order->dossier != NULL)
        TRY(read_dossier(order->dossier, dossier, err));
    *ret_job = (struct slip_job){.kiosk = kiosk, .order = *order};
    ret_job->job.apply = apply;
    memcpy(ret_job->storage[0], order->area, strlen(order->area) + 1);
    memcpy(ret_job->storage[1], counter, strlen(counter) + 1);
    memcpy(ret_job->storage[2], dossier, sizeof dossier);
    ret_job->order.area = ret_job->storage[0];
    ret_job->order.counter = ret_job->storage[1];
    ret_job->order.dossier = ret_job->storage[2];
    return STATUS_OK;
}

// ---- finding and spending -----------------------------------------------------------------------

static void copy_code(char ret_code[RESPONSE_CODE_CHARS + 1], const char *text)
{
    snprintf(ret_code, RESPONSE_CODE_CHARS + 1, "%s", text);
}

static enum slip_state state_of(int64_t state, int32_t expires_day)
{
    if (state == SLIP_OPEN && clock_day(clock_now_s()) > expires_day)
        return SLIP_EXPIRED;
    return (enum slip_state)state;
}

enum status slip_find(struct kiosk *kiosk, struct db *db, const char *code, struct slip *ret_slip,
                      struct err *err)
{
    struct slip slip = {.state = kiosk->slips_waiting ? SLIP_WAITING : SLIP_UNKNOWN};
    char plain[SLIPCODE_CHARS + 1];
    if (!slipcode_read(code, plain) || kiosk->slips_waiting) {
        *ret_slip = slip;
        return STATUS_OK;
    }
    uint8_t hash[CRYPTO_HASH_BYTES];
    keyed_hash(kiosk, "slip", plain, hash);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_GET, &q, err));
    stmt_bind_blob(q, 1, hash, HASH_BYTES);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (found) {
        copy_code(slip.area, stmt_text(q, 0));
        copy_code(slip.counter, stmt_text(q, 1));
        slip.step = (enum response_step)stmt_int(q, 2);
        slip.expires_day = (int32_t)stmt_int(q, 4);
        slip.state = state_of(stmt_int(q, 3), slip.expires_day);
    }
    *ret_slip = slip;
    return STATUS_OK;
}

enum status slip_spend(struct kiosk *kiosk, struct db *db, const char *code, struct err *err)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    if (kiosk->slips_waiting)
        return err_set(err, STATUS_BUSY, "slips are waiting for the hub's list");
    keyed_hash(kiosk, "slip", code, hash);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_FINISH, &q, err));
    stmt_bind_blob(q, 1, hash, HASH_BYTES);
    stmt_bind_int(q, 2, clock_day(clock_now_s()));
    int changes = 0;
    TRY(stmt_run(q, &changes, err));
    return changes == 1 ? STATUS_OK
                        : err_set(err, STATUS_GONE, "the slip is finished, expired or withdrawn");
}

enum status slip_count_day(struct db *db, int32_t day, int64_t *ret_count, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_SLIP_DAY_GET, &q, err));
    stmt_bind_int(q, 1, day);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    *ret_count = found ? stmt_int(q, 0) : 0;
    return STATUS_OK;
}

// ---- addresses ----------------------------------------------------------------------------------

// Scheme and host may be written in any case; in upper case the whole address fits the smaller,
// alphanumeric mode of a QR. A prefix with a path of its own must stay as it is.
static size_t put_prefix(const struct kiosk *kiosk, char ret_url[SLIP_URL_BYTES])
{
    const char *prefix = kiosk->phone_url;
    const char *host = strstr(prefix, "://");
    const bool upper = host != NULL && strchr(host + 3, '/') == NULL;
    size_t size_bytes = 0;
    for (; prefix[size_bytes] != '\0'; size_bytes++)
        ret_url[size_bytes] =
            upper ? (char)toupper((unsigned char)prefix[size_bytes]) : prefix[size_bytes];
    return size_bytes;
}

void slip_url(const struct kiosk *kiosk, const char *code, const char *area, const char *counter,
              enum response_step step, char ret_url[SLIP_URL_BYTES])
{
    const size_t at = put_prefix(kiosk, ret_url);
    snprintf(ret_url + at, SLIP_URL_BYTES - at, "/S/%s/%s/%s/%c", code, area,
             counter[0] == '\0' ? "0" : counter, response_step_letter(step));
}

void slip_poster_code(const struct kiosk *kiosk, const char *counter,
                      char ret_code[SLIPCODE_CHARS + 1])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    keyed_hash(kiosk, "poster", counter, hash);
    slipcode_of_bytes(hash, ret_code);
}

bool slip_poster_find(const struct kiosk *kiosk, const char *code,
                      char ret_counter[RESPONSE_CODE_CHARS + 1])
{
    char plain[SLIPCODE_CHARS + 1], own[SLIPCODE_CHARS + 1];
    if (!slipcode_read(code, plain))
        return false;
    for (size_t i = 0; i <= kiosk->setup.counter_count; i++) {
        const char *counter = i < kiosk->setup.counter_count ? kiosk->setup.counters[i].id : "";
        slip_poster_code(kiosk, counter, own);
        if (!crypto_equal(own, plain, SLIPCODE_CHARS))
            continue;
        copy_code(ret_counter, counter);
        return true;
    }
    return false;
}

void slip_poster_url(const struct kiosk *kiosk, const char *counter, char ret_url[SLIP_URL_BYTES])
{
    char code[SLIPCODE_CHARS + 1];
    slip_poster_code(kiosk, counter, code);
    const size_t at = put_prefix(kiosk, ret_url);
    snprintf(ret_url + at, SLIP_URL_BYTES - at, "/P/%s", code);
}
