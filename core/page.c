// SPDX-License-Identifier: MIT
// Compiles a program's pages and word catalogues from its embedded files and renders them.
#include "page.h"

#include <stdlib.h>
#include <string.h>

enum {
    LANGUAGE_MAX = 16,
    NAME_LIMIT_BYTES = 128,          // of an embedded file's name that we put together
    CATALOGUE_LIMIT_BYTES = 1 << 20, // some thousand words; today's are under 100 KiB
};

struct language {
    char code[16];
    json_t *base;  // owned: {"t":words,"lang":code}
    json_t *words; // borrowed from base
};

struct page {
    const char *name;          // borrowed from the table: "face.html"
    size_t name_size_bytes;    // without ".html"
    struct mustache *template; // owned
};

struct page_set {
    const struct asset_table *assets;
    const char *folder; // borrowed
    struct language languages[LANGUAGE_MAX];
    size_t language_count;
    json_t *list; // owned
    struct page *pages;
    size_t page_count;
};

void page_close(struct page_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->page_count; i++)
        mustache_free(set->pages[i].template);
    for (size_t i = 0; i < set->language_count; i++)
        json_decref(set->languages[i].base);
    json_decref(set->list);
    free(set->pages);
    free(set);
}

// The rest of `name` when it is FOLDER/KIND/REST with that ending, else NULL.
static const char *name_in(const char *name, const char *folder, const char *kind,
                           const char *ending)
{
    const char *parts[] = {folder, "/", kind, "/"};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        size_t size_bytes = strlen(parts[i]);
        if (strncmp(name, parts[i], size_bytes) != 0)
            return NULL;
        name += size_bytes;
    }
    size_t rest = strlen(name);
    size_t tail = strlen(ending);
    bool fits = rest > tail && strcmp(name + rest - tail, ending) == 0;
    return fits && strchr(name, '/') == NULL ? name : NULL;
}

static const char *find_partial(void *context, const char *name)
{
    const struct page_set *set = context;
    const char *const folders[] = {set->folder, "core"};
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        char file[NAME_LIMIT_BYTES];
        int size = snprintf(file, sizeof(file), "%s/pages/_%s.html", folders[i], name);
        if (size < 0 || (size_t)size >= sizeof(file))
            continue;
        const struct asset *asset = asset_find(set->assets, file);
        if (asset != NULL)
            return (const char *)asset->bytes;
    }
    return NULL;
}

static enum status read_pages(struct page_set *set, struct err *err)
{
    // One too many is allocated for the table without pages.
    set->pages = calloc(set->assets->count + 1, sizeof(*set->pages));
    if (set->pages == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the pages");
    for (size_t i = 0; i < set->assets->count; i++) {
        const struct asset *asset = &set->assets->assets[i];
        const char *name = name_in(asset->name, set->folder, "pages", ".html");
        if (name == NULL || *name == '_')
            continue;
        struct page page = {.name = name, .name_size_bytes = strlen(name) - strlen(".html")};
        TRY(mustache_compile(asset->name, (const char *)asset->bytes, find_partial, set,
                             &page.template, err));
        set->pages[set->page_count++] = page;
    }
    return STATUS_OK;
}

// A catalogue whose words are all texts.
static enum status check_words(const char *file, json_t *words, struct err *err)
{
    if (!json_is_object(words))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"words\" must be an object", file);
    const char *key;
    json_t *word;
    json_object_foreach(words, key, word)
    {
        if (!json_is_string(word))
            return err_set(err, STATUS_BAD_INPUT, "%s: \"%s\" must be a text", file, key);
    }
    return STATUS_OK;
}

static enum status add_language(struct page_set *set, const char *file, json_t *catalogue,
                                struct err *err)
{
    const char *code = NULL;
    const char *name = NULL;
    TRY(json_text(catalogue, "language", file, &code, err));
    TRY(json_text(catalogue, "name", file, &name, err));
    json_t *words = json_object_get(catalogue, "words");
    TRY(check_words(file, words, err));
    struct language language = {.words = words};
    if (strlen(code) >= sizeof(language.code))
        return err_set(err, STATUS_BAD_INPUT, "%s: the language code is too long", file);
    if (set->language_count == LANGUAGE_MAX)
        return err_set(err, STATUS_BAD_INPUT, "more than %d word catalogues", LANGUAGE_MAX);
    (void)stpcpy(language.code, code);
    language.base = json_pack("{s:O, s:s}", "t", words, "lang", code);
    AUTO(json_decrefp) json_t *row = json_pack("{s:s, s:s}", "code", code, "name", name);
    // Vietnamese stands first whatever the order of the files.
    bool first = strcmp(code, "vi") == 0;
    size_t at = first ? 0 : set->language_count;
    if (language.base == NULL || json_array_insert(set->list, at, row) != 0) {
        json_decref(language.base);
        return err_set(err, STATUS_NO_MEMORY, "no memory for the words");
    }
    memmove(&set->languages[at + 1], &set->languages[at],
            (set->language_count - at) * sizeof(language));
    set->languages[at] = language;
    set->language_count++;
    return STATUS_OK;
}

static enum status read_words(struct page_set *set, struct err *err)
{
    set->list = json_array();
    if (set->list == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the words");
    for (size_t i = 0; i < set->assets->count; i++) {
        const struct asset *asset = &set->assets->assets[i];
        if (name_in(asset->name, set->folder, "words", ".json") == NULL)
            continue;
        AUTO(json_decrefp) json_t *catalogue = NULL;
        TRY(json_parse((const char *)asset->bytes, asset->size_bytes, CATALOGUE_LIMIT_BYTES,
                       asset->name, &catalogue, err));
        TRY(add_language(set, asset->name, catalogue, err));
    }
    if (set->language_count == 0 || strcmp(set->languages[0].code, "vi") != 0)
        return err_set(err, STATUS_BAD_INPUT, "%s/words/vi.json is missing", set->folder);
    return STATUS_OK;
}

enum status page_open(const struct asset_table *assets, const char *folder,
                      struct page_set **ret_set, struct err *err)
{
    AUTO(page_closep) struct page_set *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for the pages");
    set->assets = assets;
    set->folder = folder;
    TRY(read_words(set, err));
    TRY(read_pages(set, err));
    *ret_set = set;
    set = NULL;
    return STATUS_OK;
}

static const struct language *find_language(const struct page_set *set, const char *code)
{
    for (size_t i = 0; i < set->language_count; i++) {
        if (strcmp(set->languages[i].code, code) == 0)
            return &set->languages[i];
    }
    return NULL;
}

bool page_has_language(const struct page_set *set, const char *language)
{
    return find_language(set, language) != NULL;
}

json_t *page_languages(const struct page_set *set)
{
    return set->list;
}

// Appends the value of a placeholder; false when there is none of that name.
static bool add_placeholder(const json_t *values, const char *name, size_t size_bytes,
                            struct buf *out)
{
    const json_t *value = json_object_getn(values, name, size_bytes);
    if (json_is_string(value))
        buf_add(out, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        buf_add_int(out, json_integer_value(value));
    else
        return false;
    return true;
}

static void fill_word(const char *word, const json_t *values, struct buf *out)
{
    while (*word != '\0') {
        const char *open = strchr(word, '{');
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (close == NULL)
            break;
        buf_add(out, word, (size_t)(open - word));
        size_t size_bytes = (size_t)(close - open) - 1;
        if (!add_placeholder(values, open + 1, size_bytes, out)) {
            (void)BUG(NULL, "a word's placeholder \"%.*s\" got no value", (int)size_bytes,
                      open + 1);
            buf_add(out, open, size_bytes + 2);
        }
        word = close + 1;
    }
    buf_add_text(out, word);
}

void page_word(const struct page_set *set, const char *language, const char *key,
               const json_t *values, struct buf *out)
{
    const struct language *found = find_language(set, language);
    if (found == NULL)
        found = &set->languages[0];
    const char *word = json_string_value(json_object_get(found->words, key));
    if (word == NULL) {
        (void)BUG(NULL, "the words lack the key \"%s\"", key);
        buf_add_text(out, key);
        return;
    }
    fill_word(word, values, out);
}

static const struct page *find_page(const struct page_set *set, const char *name)
{
    size_t size_bytes = strlen(name);
    for (size_t i = 0; i < set->page_count; i++) {
        const struct page *page = &set->pages[i];
        if (page->name_size_bytes == size_bytes && memcmp(page->name, name, size_bytes) == 0)
            return page;
    }
    return NULL;
}

enum status page_render(const struct page_set *set, const char *name, const char *language,
                        json_t *model, struct buf *out, struct err *err)
{
    const struct page *page = find_page(set, name);
    if (page == NULL)
        return BUG(err, "there is no page \"%s\"", name);
    const struct language *found = find_language(set, language);
    if (found == NULL)
        found = &set->languages[0];
    json_t *const models[] = {found->base, model};
    return mustache_render(page->template, models, model == NULL ? 1 : 2, true, out, err);
}
