// SPDX-License-Identifier: MIT
// Writes, reads, splits and joins the journal's lines.
#include "entry.h"

#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "kinds.h"
#include "response.h"
#include "text.h"

enum {
    // Room for {"v":1,"lane":"…","seq":9223372036854775807,
    HEAD_LIMIT_BYTES = 128,
    // A document of 4 MiB: far more than any setup, import or code pool.
    PARTS_MAX = 1200,
    WHAT_BYTES = 32,
};

static const struct {
    const char *name;
    unsigned lanes;
} kinds[] = {
#define X(name, text, lanes) [ENTRY_##name] = {text, lanes},
    ENTRY_KIND_LIST(X)
#undef X
};

// Kinds that are documents: always written as pieces, also when one piece is enough.
static bool in_pieces(enum entry_kind kind)
{
    return kind == ENTRY_SETUP || kind == ENTRY_PLAN || kind == ENTRY_FACTS ||
           kind == ENTRY_IMPORT || kind == ENTRY_CODES || kind == ENTRY_CLOSE;
}

const char *entry_kind_name(enum entry_kind kind)
{
    return kinds[kind].name;
}

bool entry_kind_find(const char *name, enum entry_kind *ret_kind)
{
    for (size_t i = 0; i < ENTRY_KIND_COUNT; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *ret_kind = (enum entry_kind)i;
            return true;
        }
    return false;
}

unsigned entry_kind_lanes(enum entry_kind kind)
{
    return kinds[kind].lanes;
}

void entry_lane_of_key(const uint8_t *public_key, size_t size_bytes,
                       char ret_lane[ENTRY_LANE_CHARS + 1])
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    crypto_sha256(public_key, size_bytes, hash);
    text_hex(hash, ENTRY_LANE_CHARS / 2, ret_lane);
}

void entry_hour_prefix(uint32_t hour, uint8_t ret_id[ENTRY_ID_BYTES])
{
    for (int i = 0; i < ENTRY_HOUR_BYTES; i++)
        ret_id[i] = (uint8_t)(hour >> (24 - 8 * i));
}

void entry_id_of_hour(uint32_t hour, uint8_t ret_id[ENTRY_ID_BYTES])
{
    entry_hour_prefix(hour, ret_id);
    crypto_random(ret_id + ENTRY_HOUR_BYTES, ENTRY_ID_BYTES - ENTRY_HOUR_BYTES);
}

void entry_tail_begin(struct jsonw *w, struct buf *tail, enum entry_kind kind,
                      const uint8_t id[ENTRY_ID_BYTES])
{
    jsonw_init(w, tail);
    jsonw_text(w, "kind", entry_kind_name(kind));
    jsonw_hex(w, "id", id, ENTRY_ID_BYTES);
}

void entry_tail_end(struct jsonw *w)
{
    jsonw_object_end(w);
}

enum status entry_line(const char *lane, int64_t seq, const struct buf *tail, struct buf *out,
                       struct err *err)
{
    AUTO(buf_done) struct buf head;
    struct jsonw w;
    buf_init(&head, HEAD_LIMIT_BYTES);
    TRY(buf_check(tail, err));
    jsonw_init(&w, &head);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "v", 1);
    jsonw_text(&w, "lane", lane);
    jsonw_int(&w, "seq", seq);
    buf_add_char(&head, ',');
    TRY(buf_check(&head, err));
    if (head.size_bytes + tail->size_bytes > ENTRY_LIMIT_BYTES)
        return err_set(err, STATUS_TOO_LARGE, "an entry would be longer than %d bytes",
                       ENTRY_LIMIT_BYTES);
    buf_reserve(out, head.size_bytes + tail->size_bytes);
    buf_add(out, head.data, head.size_bytes);
    buf_add(out, tail->data, tail->size_bytes);
    return buf_check(out, err);
}

// "entry 17": what errors call the line; the number only when it can be read.
static void name_entry(const json_t *json, char ret_what[WHAT_BYTES])
{
    int64_t seq = json_int_or(json, "seq", -1);
    if (seq < 0)
        snprintf(ret_what, WHAT_BYTES, "entry");
    else
        snprintf(ret_what, WHAT_BYTES, "entry %lld", (long long)seq);
}

static enum status read_envelope(struct entry *entry, const char *what, struct err *err)
{
    const json_t *json = entry->json;
    const char *lane = json_text_or(json, "lane", "");
    const char *id = json_text_or(json, "id", "");
    int64_t version = 0;
    uint8_t lane_bytes[ENTRY_LANE_CHARS / 2];
    TRY(json_int(json, "v", what, 1, 1, &version, err));
    TRY(json_int(json, "seq", what, 0, INT64_MAX, &entry->seq, err));
    if (json_object_get(json, "part") != NULL)
        TRY(json_int(json, "part", what, 0, INT32_MAX, &entry->part, err));
    if (!text_unhex(lane, strlen(lane), lane_bytes, sizeof lane_bytes))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"lane\" must be %d lower-case hexadecimal digits", what,
                       ENTRY_LANE_CHARS);
    memcpy(entry->lane, lane, sizeof entry->lane);
    if (!text_unhex(id, strlen(id), entry->id, sizeof entry->id))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"id\" must be %d lower-case hexadecimal digits",
                       what, 2 * ENTRY_ID_BYTES);
    if (!entry_kind_find(json_text_or(json, "kind", ""), &entry->kind))
        return err_set(err, STATUS_BAD_INPUT, "%s: \"kind\" is none that this version knows", what);
    return STATUS_OK;
}

struct piece {
    int64_t parts;
    const char *sha256, *text;
    size_t text_bytes;
};

static enum status read_piece(const struct entry *entry, const char *what, struct piece *ret_piece,
                              struct err *err)
{
    static const char *const keys[] = {"v",    "lane",  "seq",    "kind", "id",
                                       "part", "parts", "sha256", "text", NULL};
    struct piece piece = {.parts = 0};
    uint8_t hash[CRYPTO_HASH_BYTES];
    int64_t part = 0;
    TRY(json_only(entry->json, what, keys, err));
    TRY(json_int(entry->json, "parts", what, 1, PARTS_MAX, &piece.parts, err));
    TRY(json_int(entry->json, "part", what, 0, piece.parts - 1, &part, err));
    TRY(json_text(entry->json, "sha256", what, &piece.sha256, err));
    TRY(json_text(entry->json, "text", what, &piece.text, err));
    piece.text_bytes = json_string_length(json_object_get(entry->json, "text"));
    if (!text_unhex(piece.sha256, strlen(piece.sha256), hash, sizeof hash))
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: \"sha256\" must be 64 lower-case hexadecimal digits", what);
    *ret_piece = piece;
    return STATUS_OK;
}

static enum status check_kind(const struct entry *entry, const char *what, struct err *err)
{
    if (entry->kind == ENTRY_RESPONSE || entry->kind == ENTRY_DETAIL) {
        struct response response;
        return response_read(entry, &response, err);
    }
    if (in_pieces(entry->kind)) {
        struct piece piece;
        return read_piece(entry, what, &piece, err);
    }
    return kinds_check(entry, what, err);
}

enum status entry_read(const char *line, size_t size_bytes, struct entry *ret_entry,
                       struct err *err)
{
    AUTO(entry_done) struct entry entry = {.lane = ""};
    char what[WHAT_BYTES];
    // jansson would skip blanks around the object; a line is the object and nothing else.
    if (size_bytes > 0 && size_bytes <= ENTRY_LIMIT_BYTES &&
        (line[0] != '{' || line[size_bytes - 1] != '}' || memchr(line, '\n', size_bytes) != NULL ||
         memchr(line, '\r', size_bytes) != NULL))
        return err_set(err, STATUS_BAD_INPUT, "an entry must be one JSON object on one line");
    TRY(json_parse(line, size_bytes, ENTRY_LIMIT_BYTES, "entry", &entry.json, err));
    name_entry(entry.json, what);
    TRY(read_envelope(&entry, what, err));
    TRY(check_kind(&entry, what, err));
    *ret_entry = entry;
    entry.json = NULL;
    return STATUS_OK;
}

void entry_done(struct entry *entry)
{
    json_decref(entry->json);
    entry->json = NULL;
}

// Bytes of the next piece: at most ENTRY_PIECE_BYTES, never ending inside a character.
static size_t piece_size(const char *text, size_t rest_bytes)
{
    if (rest_bytes <= ENTRY_PIECE_BYTES)
        return rest_bytes;
    size_t size_bytes = ENTRY_PIECE_BYTES;
    while (((unsigned char)text[size_bytes] & 0xC0) == 0x80)
        size_bytes--;
    return size_bytes;
}

static int64_t count_pieces(const char *text, size_t size_bytes)
{
    int64_t parts = 1;
    size_t from = piece_size(text, size_bytes);
    for (; from < size_bytes; parts++)
        from += piece_size(text + from, size_bytes - from);
    return parts;
}

static enum status check_document(const char *text, size_t size_bytes, struct err *err)
{
    AUTO(json_decrefp) json_t *probe = json_stringn(text, size_bytes);
    if (probe == NULL)
        return err_set(err, STATUS_BAD_INPUT, "a document for the journal must be UTF-8 text");
    if (count_pieces(text, size_bytes) > PARTS_MAX)
        return err_set(err, STATUS_TOO_LARGE, "a document for the journal must fit %d entries",
                       PARTS_MAX);
    return STATUS_OK;
}

enum status entry_split(enum entry_kind kind, const uint8_t id[ENTRY_ID_BYTES], const char *text,
                        size_t size_bytes, entry_piece_fn each, void *context, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    uint8_t hash[CRYPTO_HASH_BYTES];
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    TRY(check_document(text, size_bytes, err));
    crypto_sha256(text, size_bytes, hash);
    int64_t parts = count_pieces(text, size_bytes);
    for (int64_t part = 0; part < parts; part++) {
        struct jsonw w;
        size_t piece_bytes = piece_size(text, size_bytes);
        buf_clear(&tail);
        entry_tail_begin(&w, &tail, kind, id);
        jsonw_int(&w, "part", part);
        jsonw_int(&w, "parts", parts);
        jsonw_hex(&w, "sha256", hash, sizeof hash);
        jsonw_text_n(&w, "text", text, piece_bytes);
        entry_tail_end(&w);
        TRY(buf_check(&tail, err));
        TRY(each(context, &tail, err));
        text += piece_bytes;
        size_bytes -= piece_bytes;
    }
    return STATUS_OK;
}

static void restart_join(struct entry_join *join, const struct entry *entry,
                         const struct piece *piece)
{
    memcpy(join->id, entry->id, sizeof join->id);
    join->kind = entry->kind;
    memcpy(join->sha256, piece->sha256, sizeof join->sha256);
    join->next = 0;
    join->parts = piece->parts;
    buf_clear(&join->whole);
}

static enum status finish_join(struct entry_join *join, const char *what, struct err *err)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    crypto_sha256(buf_text(&join->whole), join->whole.size_bytes, hash);
    text_hex(hash, sizeof hash, hex);
    if (strcmp(hex, join->sha256) == 0)
        return STATUS_OK;
    buf_clear(&join->whole);
    return err_set(err, STATUS_BAD_INPUT,
                   "%s: the pieces of this document do not give its \"sha256\"", what);
}

enum status entry_join_add(struct entry_join *join, const struct entry *entry, bool *ret_complete,
                           struct err *err)
{
    struct piece piece;
    char what[WHAT_BYTES];
    name_entry(entry->json, what);
    TRY(read_piece(entry, what, &piece, err));
    if (join->parts == 0 || memcmp(join->id, entry->id, sizeof join->id) != 0)
        restart_join(join, entry, &piece);
    if (entry->kind != join->kind || entry->part != join->next || piece.parts != join->parts ||
        strcmp(piece.sha256, join->sha256) != 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "%s: this piece does not follow the one before it (part %lld expected)",
                       what, (long long)join->next);
    buf_add(&join->whole, piece.text, piece.text_bytes);
    TRY(buf_check(&join->whole, err));
    join->next++;
    if (join->next == join->parts)
        TRY(finish_join(join, what, err));
    *ret_complete = join->next == join->parts;
    return STATUS_OK;
}
