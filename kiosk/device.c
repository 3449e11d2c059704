// SPDX-License-Identifier: MIT
// Pairing: invitations in the database, the list of devices in memory too.
#include "device.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "kiosk_sql.h"
#include "stmt.h"

enum { COOKIE_BYTES = 32 };

struct device {
    uint8_t cookie_hash[CRYPTO_HASH_BYTES];
    enum device_role role;
    char counter[RESPONSE_CODE_CHARS + 1];
};

struct devices {
    pthread_rwlock_t lock;
    struct device *list; // owned
    size_t count, capacity;
};

struct invite_job {
    struct writer_job job;
    const char *phrase, *counter; // borrowed
};

static enum status add(struct devices *devices, const struct device *device, struct err *err)
{
    enum status status = STATUS_OK;
    pthread_rwlock_wrlock(&devices->lock);
    if (devices->count == devices->capacity) {
        const size_t capacity = devices->capacity == 0 ? 16 : devices->capacity * 2;
        struct device *list = realloc(devices->list, capacity * sizeof *list);
        if (list == NULL) {
            status = err_set(err, STATUS_NO_MEMORY, "no memory for the list of devices");
        } else {
            devices->list = list;
            devices->capacity = capacity;
        }
    }
    if (status == STATUS_OK)
        devices->list[devices->count++] = *device;
    pthread_rwlock_unlock(&devices->lock);
    return status;
}

static void copy_counter(char ret_counter[RESPONSE_CODE_CHARS + 1], const char *counter)
{
    memset(ret_counter, 0, RESPONSE_CODE_CHARS + 1);
    memcpy(ret_counter, counter, strnlen(counter, RESPONSE_CODE_CHARS));
}

static enum status load(struct devices *devices, struct db *db, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_DEVICE_LIST, &q, err));
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        size_t size_bytes = 0;
        struct device device = {.role = (enum device_role)stmt_int(q, 1)};
        const void *hash = stmt_blob(q, 0, &size_bytes);
        if (size_bytes != CRYPTO_HASH_BYTES)
            return BUG(err, "a device's hash has the wrong size");
        memcpy(device.cookie_hash, hash, CRYPTO_HASH_BYTES);
        copy_counter(device.counter, stmt_text(q, 2));
        TRY(add(devices, &device, err));
    }
}

enum status device_open(struct db *db, struct devices **ret_devices, struct err *err)
{
    AUTO(device_closep) struct devices *devices = calloc(1, sizeof *devices);
    if (devices == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the devices");
    pthread_rwlock_init(&devices->lock, NULL);
    TRY(load(devices, db, err));
    *ret_devices = devices;
    devices = NULL;
    return STATUS_OK;
}

void device_close(struct devices *devices)
{
    if (devices == NULL)
        return;
    pthread_rwlock_destroy(&devices->lock);
    free(devices->list);
    free(devices);
}

// ---- invitations --------------------------------------------------------------------------------

// Lower-case Crockford base 32: 26 characters hold 130 random bits, and can be typed.
static void make_phrase(char ret_phrase[DEVICE_PHRASE_CHARS + 1])
{
    static const char symbols[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint8_t random[DEVICE_PHRASE_CHARS];
    crypto_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        ret_phrase[i] = symbols[random[i] & 31U];
    ret_phrase[DEVICE_PHRASE_CHARS] = '\0';
}

static enum status expire_invitations(struct db *db, int64_t now_s, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_INVITATION_EXPIRE, &q, err));
    stmt_bind_int(q, 1, now_s);
    return stmt_run(q, NULL, err);
}

static enum status apply_invite(struct db *db, struct writer_job *job, struct err *err)
{
    const struct invite_job *invite = (const struct invite_job *)job;
    const int64_t now_s = clock_now_s();
    TRY(expire_invitations(db, now_s, err));
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(invite->phrase, DEVICE_PHRASE_CHARS, hash);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_INVITATION_ADD, &q, err));
    stmt_bind_blob(q, 1, hash, sizeof hash);
    stmt_bind_int(q, 2, invite->counter == NULL ? DEVICE_DESK : DEVICE_SCREEN);
    stmt_bind_text(q, 3, invite->counter == NULL ? "" : invite->counter);
    stmt_bind_int(q, 4, now_s + DEVICE_PHRASE_LIFE_S);
    return stmt_run(q, NULL, err);
}

enum status device_invite(struct devices *devices, struct writer *writer, const char *counter,
                          char ret_phrase[DEVICE_PHRASE_CHARS + 1], struct err *err)
{
    (void)devices;
    char phrase[DEVICE_PHRASE_CHARS + 1];
    make_phrase(phrase);
    struct invite_job invite = {.job.apply = apply_invite, .phrase = phrase, .counter = counter};
    TRY(writer_run(writer, &invite.job, err));
    memcpy(ret_phrase, phrase, sizeof phrase);
    return STATUS_OK;
}

// ---- pairing ------------------------------------------------------------------------------------

static enum status gone(struct err *err)
{
    return err_set(err, STATUS_GONE,
                   "the pairing address was used, has expired or was never "
                   "given; make a new one with: hailong-kiosk pair");
}

// Takes the invitation: role and counter come from it.
static enum status accept(struct db *db, struct device_pair_job *pair, struct err *err)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(pair->phrase, DEVICE_PHRASE_CHARS, hash);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_INVITATION_GET, &q, err));
    stmt_bind_blob(q, 1, hash, sizeof hash);
    bool found = false;
    TRY(stmt_row(q, &found, err));
    if (!found || stmt_int(q, 2) < clock_now_s())
        return gone(err);
    pair->role = (enum device_role)stmt_int(q, 0);
    copy_counter(pair->counter, stmt_text(q, 1));
    AUTO(stmt_releasep) struct stmt *d = NULL;
    TRY(stmt_use(db, KIOSK_INVITATION_DELETE, &d, err));
    stmt_bind_blob(d, 1, hash, sizeof hash);
    return stmt_run(d, NULL, err);
}

static enum status apply_pair(struct db *db, struct writer_job *job, struct err *err)
{
    struct device_pair_job *pair = (struct device_pair_job *)job;
    TRY(accept(db, pair, err));
    struct device device = {.role = pair->role};
    copy_counter(device.counter, pair->counter);
    crypto_sha256(pair->cookie, DEVICE_COOKIE_CHARS, device.cookie_hash);
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_DEVICE_ADD, &q, err));
    stmt_bind_blob(q, 1, device.cookie_hash, sizeof device.cookie_hash);
    stmt_bind_int(q, 2, (int64_t)device.role);
    stmt_bind_text(q, 3, device.counter);
    stmt_bind_int(q, 4, clock_day(clock_now_s()));
    TRY(stmt_run(q, NULL, err));
    // Before the commit, so that the device is known when its answer goes out. Should the commit
    // fail, nobody has this cookie.
    return add(pair->devices, &device, err);
}

enum status device_pair_prepare(struct devices *devices, const char *phrase,
                                struct device_pair_job *ret_job, struct err *err)
{
    if (strnlen(phrase, DEVICE_PHRASE_CHARS + 1) != DEVICE_PHRASE_CHARS)
        return gone(err);
    *ret_job = (struct device_pair_job){.devices = devices, .job.apply = apply_pair};
    memcpy(ret_job->phrase, phrase, DEVICE_PHRASE_CHARS);
    uint8_t random[COOKIE_BYTES];
    crypto_random(random, sizeof random);
    AUTO(buf_done) struct buf cookie;
    buf_init(&cookie, DEVICE_COOKIE_CHARS);
    crypto_base64url(random, sizeof random, &cookie);
    TRY(buf_check(&cookie, err));
    memcpy(ret_job->cookie, cookie.data, DEVICE_COOKIE_CHARS + 1);
    return STATUS_OK;
}

// ---- asking -------------------------------------------------------------------------------------

enum device_role device_role(struct devices *devices, const char *cookie,
                             char ret_counter[RESPONSE_CODE_CHARS + 1])
{
    if (cookie == NULL || strnlen(cookie, DEVICE_COOKIE_CHARS + 1) != DEVICE_COOKIE_CHARS)
        return DEVICE_NONE;
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(cookie, DEVICE_COOKIE_CHARS, hash);
    enum device_role role = DEVICE_NONE;
    pthread_rwlock_rdlock(&devices->lock);
    for (size_t i = 0; i < devices->count; i++) {
        if (memcmp(devices->list[i].cookie_hash, hash, sizeof hash) != 0)
            continue;
        role = devices->list[i].role;
        if (ret_counter != NULL)
            copy_counter(ret_counter, devices->list[i].counter);
        break;
    }
    pthread_rwlock_unlock(&devices->lock);
    return role;
}

size_t device_count(struct devices *devices, enum device_role role)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&devices->lock);
    for (size_t i = 0; i < devices->count; i++)
        count += devices->list[i].role == role ? 1 : 0;
    pthread_rwlock_unlock(&devices->lock);
    return count;
}
