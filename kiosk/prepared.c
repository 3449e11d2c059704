// SPDX-License-Identifier: MIT
// Keeps rendered pages in a small set-associative table under one read-write lock.
#include "prepared.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    // An office has some dozens of areas and a few counters; 256 pages of about 6 KiB are 1.5 MiB.
    SET_COUNT = 64,
    WAY_COUNT = 4,
    PAGE_LIMIT_BYTES = 64 * 1024, // a page that is larger was never meant for this
};

#define BYTES_10 "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
#define BYTES_40 BYTES_10 BYTES_10 BYTES_10 BYTES_10
const char prepared_token[TOKEN_TEXT_CHARS + 1] =
    BYTES_40 BYTES_40 BYTES_40 "\x01\x01\x01\x01\x01\x01\x01\x01";
const char prepared_version[PREPARED_VERSION_CHARS + 1] =
    "\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02";

struct kept {
    char key[PREPARED_KEY_BYTES]; // "": a free place
    char *bytes;                  // owned
    size_t size_bytes;
    size_t token_at;
    size_t version_at; // size_bytes when the page has no such slot
};

struct prepared {
    pthread_rwlock_t lock;
    struct kept kept[SET_COUNT][WAY_COUNT];
    unsigned next_way[SET_COUNT]; // whose place is taken when all four are full
};

enum status prepared_open(struct prepared **ret_prepared, struct err *err)
{
    struct prepared *prepared = calloc(1, sizeof(*prepared));
    if (prepared == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the prepared pages");
    pthread_rwlock_init(&prepared->lock, NULL);
    *ret_prepared = prepared;
    return STATUS_OK;
}

void prepared_close(struct prepared *prepared)
{
    if (prepared == NULL)
        return;
    for (size_t set = 0; set < SET_COUNT; set++) {
        for (size_t way = 0; way < WAY_COUNT; way++)
            free(prepared->kept[set][way].bytes);
    }
    pthread_rwlock_destroy(&prepared->lock);
    free(prepared);
}

// FNV-1a: short keys, no adversary (a key names what is in the setup).
static size_t set_of(const char *key)
{
    uint32_t hash = 2166136261U;
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619U;
    return hash % SET_COUNT;
}

static const struct kept *find(const struct prepared *prepared, size_t set, const char *key)
{
    for (size_t way = 0; way < WAY_COUNT; way++) {
        if (strcmp(prepared->kept[set][way].key, key) == 0)
            return &prepared->kept[set][way];
    }
    return NULL;
}

static void write_page(const struct kept *kept, const char *token, uint32_t version,
                       struct buf *out)
{
    buf_reserve(out, kept->size_bytes);
    size_t start = out->size_bytes;
    buf_add(out, kept->bytes, kept->size_bytes);
    if (out->failed != STATUS_OK)
        return;
    memcpy(out->data + start + kept->token_at, token, TOKEN_TEXT_CHARS);
    if (kept->version_at == kept->size_bytes)
        return;
    char *digit = out->data + start + kept->version_at + PREPARED_VERSION_CHARS;
    for (int i = 0; i < PREPARED_VERSION_CHARS; i++, version /= 10)
        *--digit = (char)('0' + version % 10);
}

static enum status render_page(const char *key, prepared_render_fn render, void *context,
                               struct kept *ret_kept, struct err *err)
{
    AUTO(buf_done) struct buf page;
    buf_init(&page, PAGE_LIMIT_BYTES);
    TRY(render(context, &page, err));
    TRY(buf_check(&page, err));
    const char *token = strstr(buf_text(&page), prepared_token);
    const char *version = strstr(buf_text(&page), prepared_version);
    if (token == NULL)
        return BUG(err, "a prepared page has no place for its token");
    struct kept kept = {.size_bytes = page.size_bytes};
    kept.token_at = (size_t)(token - page.data);
    kept.version_at = version == NULL ? page.size_bytes : (size_t)(version - page.data);
    memcpy(kept.key, key, strlen(key) + 1);
    kept.bytes = buf_take(&page);
    *ret_kept = kept;
    return STATUS_OK;
}

// Keeps the page, or drops it when another thread was faster.
static void keep(struct prepared *prepared, size_t set, struct kept *kept)
{
    pthread_rwlock_wrlock(&prepared->lock);
    if (find(prepared, set, kept->key) == NULL) {
        struct kept *place = &prepared->kept[set][prepared->next_way[set]++ % WAY_COUNT];
        free(place->bytes);
        *place = *kept;
        kept->bytes = NULL;
    }
    pthread_rwlock_unlock(&prepared->lock);
    free(kept->bytes);
}

enum status prepared_page(struct prepared *prepared, const char *key, prepared_render_fn render,
                          void *context, const char *token, uint32_t version, struct buf *out,
                          struct err *err)
{
    if (strlen(token) != TOKEN_TEXT_CHARS || *key == '\0' || strlen(key) >= PREPARED_KEY_BYTES)
        return BUG(err, "a prepared page is asked for with a token or key of the wrong size");
    size_t set = set_of(key);
    pthread_rwlock_rdlock(&prepared->lock);
    const struct kept *kept = find(prepared, set, key);
    if (kept != NULL)
        write_page(kept, token, version, out);
    pthread_rwlock_unlock(&prepared->lock);
    if (kept == NULL) {
        struct kept made = {0};
        TRY(render_page(key, render, context, &made, err));
        write_page(&made, token, version, out);
        keep(prepared, set, &made);
    }
    return buf_check(out, err);
}
