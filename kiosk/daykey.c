// SPDX-License-Identifier: MIT
// Day keys: files for durability, memory for speed, and their destruction.
#include "daykey.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"

enum {
    PATH_BYTES = 1024,
    // Two days live; a few more can be there when the box was off. A folder with more than this
    // was not made by us.
    KEYS_MAX = 32,
    FOLDER_MODE = 0700,
    KEY_MODE = 0600,
};

struct day {
    int32_t day;
    struct crypto_mac_key keys[DAYKEY_PURPOSES];
};

struct daykeys {
    char folder[PATH_BYTES];
    pthread_rwlock_t lock; // guards days and count
    struct day days[KEYS_MAX];
    size_t count;
};

static void key_path(const struct daykeys *keys, int32_t day, char ret_path[PATH_BYTES + 32])
{
    char text[CLOCK_DAY_TEXT_SIZE];
    clock_day_text(day, text);
    snprintf(ret_path, PATH_BYTES + 32, "%s/%s.key", keys->folder, text);
}

static void set_keys(struct day *day, const uint8_t key[CRYPTO_KEY_BYTES])
{
    uint8_t derived[CRYPTO_KEY_BYTES];
    crypto_mac_key(key, &day->keys[DAYKEY_ID]);
    crypto_derive(key, "token", derived);
    crypto_mac_key(derived, &day->keys[DAYKEY_TOKEN]);
    crypto_derive(key, "request", derived);
    crypto_mac_key(derived, &day->keys[DAYKEY_REQUEST]);
    crypto_wipe(derived, sizeof derived);
}

static enum status load_file(const char *name, void *context, struct err *err)
{
    struct daykeys *keys = context;
    char text[CLOCK_DAY_TEXT_SIZE];
    const size_t day_chars = sizeof text - 1;
    if (strlen(name) != day_chars + 4 || strcmp(name + day_chars, ".key") != 0)
        return STATUS_OK; // the remains of an interrupted write
    memcpy(text, name, day_chars);
    text[day_chars] = '\0';
    struct day *slot = &keys->days[keys->count];
    if (clock_parse_day(text, &slot->day, NULL) != STATUS_OK)
        return STATUS_OK;
    char path[PATH_BYTES + 32];
    key_path(keys, slot->day, path);
    AUTO(buf_done) struct buf bytes;
    buf_init(&bytes, CRYPTO_KEY_BYTES);
    TRY(file_read(path, &bytes, err));
    if (bytes.size_bytes != CRYPTO_KEY_BYTES)
        return err_set(err, STATUS_IO, "day key %s has the wrong size; remove the file", text);
    if (keys->count == KEYS_MAX - 1)
        return err_set(err, STATUS_IO, "too many day keys in %s", keys->folder);
    set_keys(slot, (const uint8_t *)bytes.data);
    crypto_wipe(bytes.data, bytes.size_bytes);
    keys->count++;
    return STATUS_OK;
}

enum status daykey_open(const char *keys_folder, struct daykeys **ret_keys, struct err *err)
{
    AUTO(daykey_closep) struct daykeys *keys = calloc(1, sizeof *keys);
    if (keys == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the day keys");
    pthread_rwlock_init(&keys->lock, NULL);
    if (snprintf(keys->folder, sizeof keys->folder, "%s/day", keys_folder) >=
        (int)sizeof keys->folder)
        return err_set(err, STATUS_BAD_INPUT, "the data directory's path is too long");
    TRY(file_make_folder(keys->folder, FOLDER_MODE, err));
    TRY(file_list(keys->folder, load_file, keys, err));
    *ret_keys = keys;
    keys = NULL;
    return STATUS_OK;
}

void daykey_close(struct daykeys *keys)
{
    if (keys == NULL)
        return;
    pthread_rwlock_destroy(&keys->lock);
    crypto_wipe(keys, sizeof *keys);
    free(keys);
}

static bool find(const struct daykeys *keys, int32_t day, enum daykey_purpose purpose,
                 struct crypto_mac_key *ret_key)
{
    for (size_t i = keys->count; i > 0; i--) {
        if (keys->days[i - 1].day != day)
            continue;
        *ret_key = keys->days[i - 1].keys[purpose];
        return true;
    }
    return false;
}

// The writing lock is held.
static enum status make(struct daykeys *keys, int32_t day, struct err *err)
{
    if (keys->count == KEYS_MAX)
        return err_set(err, STATUS_FULL, "too many day keys; is the clock jumping?");
    struct day fresh = {.day = day};
    uint8_t key[CRYPTO_KEY_BYTES];
    crypto_random(key, sizeof key);
    set_keys(&fresh, key);
    char path[PATH_BYTES + 32];
    key_path(keys, day, path);
    const enum status status = file_write(path, key, sizeof key, KEY_MODE, err);
    crypto_wipe(key, sizeof key);
    TRY(status);
    keys->days[keys->count++] = fresh;
    crypto_wipe(&fresh, sizeof fresh);
    return STATUS_OK;
}

enum status daykey_get(struct daykeys *keys, int32_t day, enum daykey_purpose purpose,
                       struct crypto_mac_key *ret_key, struct err *err)
{
    const int32_t today = clock_day(clock_now_s());
    // A key that is due for destruction is gone, also before the hourly round has come to it.
    const bool alive = day > today - DAYKEY_LIFE_DAYS && day <= today;
    if (alive) {
        pthread_rwlock_rdlock(&keys->lock);
        const bool found = find(keys, day, purpose, ret_key);
        pthread_rwlock_unlock(&keys->lock);
        if (found)
            return STATUS_OK;
    }
    if (day != today)
        return err_set(err, STATUS_GONE, "the page is of another day; open it again");
    pthread_rwlock_wrlock(&keys->lock);
    enum status status = STATUS_OK;
    if (!find(keys, day, purpose, ret_key)) {
        status = make(keys, day, err);
        if (status == STATUS_OK)
            (void)find(keys, day, purpose, ret_key);
    }
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

enum status daykey_expire(struct daykeys *keys, int32_t day, int32_t *ret_oldest_day,
                          struct err *err)
{
    const int32_t keep_from = day - DAYKEY_LIFE_DAYS + 1;
    int32_t oldest = day;
    enum status status = STATUS_OK;
    pthread_rwlock_wrlock(&keys->lock);
    for (size_t i = 0; i < keys->count && status == STATUS_OK;) {
        if (keys->days[i].day >= keep_from) {
            oldest = keys->days[i].day < oldest ? keys->days[i].day : oldest;
            i++;
            continue;
        }
        char path[PATH_BYTES + 32];
        key_path(keys, keys->days[i].day, path);
        status = file_destroy(path, err);
        if (status != STATUS_OK)
            continue;
        keys->count--;
        keys->days[i] = keys->days[keys->count];
        crypto_wipe(&keys->days[keys->count], sizeof keys->days[0]);
    }
    pthread_rwlock_unlock(&keys->lock);
    if (status == STATUS_OK)
        *ret_oldest_day = oldest;
    return status;
}
