// SPDX-License-Identifier: MIT
// Signs, writes, reads and checks notes.
#include "note.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "text.h"

static const char prefix[] = "hailong/";
static const char dash[] = "— "; // begins a signature line

enum {
    PREFIX_CHARS = sizeof prefix - 1,
    DASH_BYTES = sizeof dash - 1,
    KEY_ID_BYTES = 4,
    KEY_ID_CHARS = 2 * KEY_ID_BYTES,
    TIME_BYTES = 8,
    VKEY_CONTENT_BYTES = 1 + CRYPTO_SIGN_PUBLIC_BYTES,
    SIZE_CHARS_MAX = 19, // of INT64_MAX
};

static enum status refuse(struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "%s", fault);
}

// ---- keys -------------------------------------------------------------------------------------

static void set_id(struct note_key *key)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    const struct crypto_piece pieces[] = {{key->name, strlen(key->name)},
                                          {"\n", 1},
                                          {&key->algorithm, 1},
                                          {key->public_key, sizeof key->public_key}};
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), hash);
    memcpy(key->id, hash, sizeof key->id);
}

void note_key_of_lane(const uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], uint8_t algorithm,
                      struct note_key *ret_key)
{
    struct note_key key = {.algorithm = algorithm};
    memcpy(key.name, prefix, PREFIX_CHARS);
    entry_lane_of_key(public_key, CRYPTO_SIGN_PUBLIC_BYTES, key.name + PREFIX_CHARS);
    memcpy(key.public_key, public_key, sizeof key.public_key);
    set_id(&key);
    *ret_key = key;
}

bool note_key_lane(const struct note_key *key, char ret_lane[ENTRY_LANE_CHARS + 1])
{
    struct note_key own;
    note_key_of_lane(key->public_key, key->algorithm, &own);
    if (strcmp(own.name, key->name) != 0)
        return false;
    memcpy(ret_lane, own.name + PREFIX_CHARS, ENTRY_LANE_CHARS + 1);
    return true;
}

// A key's name as the standard has it, and not longer than we keep.
static bool is_name(const char *name, size_t size_bytes)
{
    const struct note_key *key = NULL;
    return size_bytes > 0 && size_bytes < sizeof key->name &&
           memchr(name, ' ', size_bytes) == NULL && memchr(name, '+', size_bytes) == NULL &&
           text_is_clean(name, size_bytes, false);
}

void note_vkey(const struct note_key *key, char ret_text[NOTE_VKEY_BYTES])
{
    AUTO(buf_done) struct buf text;
    uint8_t content[VKEY_CONTENT_BYTES] = {key->algorithm};
    memcpy(content + 1, key->public_key, sizeof key->public_key);
    buf_init(&text, NOTE_VKEY_BYTES - 1);
    buf_add_text(&text, key->name);
    buf_add_char(&text, '+');
    buf_add_hex(&text, key->id, sizeof key->id);
    buf_add_char(&text, '+');
    crypto_base64(content, sizeof content, &text);
    snprintf(ret_text, NOTE_VKEY_BYTES, "%s", buf_text(&text));
}

// Exactly `size_bytes` from base64.
static bool decode(const char *text, size_t chars, uint8_t *ret_bytes, size_t size_bytes)
{
    AUTO(buf_done) struct buf bytes;
    buf_init(&bytes, size_bytes);
    if (crypto_unbase64(text, chars, &bytes, NULL) != STATUS_OK || bytes.size_bytes != size_bytes)
        return false;
    memcpy(ret_bytes, bytes.data, size_bytes);
    return true;
}

enum status note_vkey_read(const char *text, size_t size_bytes, struct note_key *ret_key,
                           struct err *err)
{
    static const char fault[] = "this is no key of the form NAME+ID+KEY; copy its whole line";
    struct note_key key = {.algorithm = 0};
    uint8_t content[VKEY_CONTENT_BYTES], id[KEY_ID_BYTES];
    const char *plus = memchr(text, '+', size_bytes);
    if (plus == NULL || !is_name(text, (size_t)(plus - text)))
        return refuse(err, fault);
    memcpy(key.name, text, (size_t)(plus - text));
    const char *hex = plus + 1;
    size_t rest = size_bytes - (size_t)(hex - text);
    if (rest <= KEY_ID_CHARS || hex[KEY_ID_CHARS] != '+' ||
        !text_unhex(hex, KEY_ID_CHARS, id, sizeof id) ||
        !decode(hex + KEY_ID_CHARS + 1, rest - KEY_ID_CHARS - 1, content, sizeof content))
        return refuse(err, fault);
    key.algorithm = content[0];
    if (key.algorithm != NOTE_ED25519 && key.algorithm != NOTE_COSIGNATURE)
        return refuse(err, "the key is of an algorithm that this version does not know");
    memcpy(key.public_key, content + 1, sizeof key.public_key);
    set_id(&key);
    if (memcmp(key.id, id, sizeof id) != 0)
        return refuse(err, "the key's id is not that of its name and key; copy its line again");
    *ret_key = key;
    return STATUS_OK;
}

// ---- a note's parts ---------------------------------------------------------------------------

struct parts {
    const char *text; // with its last line feed
    size_t text_bytes;
    const char *signatures, *end;
};

struct signature {
    const char *name;
    size_t name_bytes;
    struct buf bytes; // key id and what follows
};

static void signature_done(struct signature *signature)
{
    buf_done(&signature->bytes);
}

// Takes the next signature line and moves *at behind it; `signature->bytes` is initialised.
static enum status next_signature(const char **at, const char *end, struct signature *signature,
                                  struct err *err)
{
    static const char fault[] = "the note has a line among its signatures that is none";
    const char *line = *at;
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    if (stop == NULL || (size_t)(stop - line) <= DASH_BYTES || memcmp(line, dash, DASH_BYTES) != 0)
        return refuse(err, fault);
    signature->name = line + DASH_BYTES;
    const char *blank = memchr(signature->name, ' ', (size_t)(stop - signature->name));
    if (blank == NULL || blank == signature->name ||
        memchr(signature->name, '+', (size_t)(blank - signature->name)) != NULL)
        return refuse(err, fault);
    signature->name_bytes = (size_t)(blank - signature->name);
    buf_clear(&signature->bytes);
    enum status status =
        crypto_unbase64(blank + 1, (size_t)(stop - blank - 1), &signature->bytes, err);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK || signature->bytes.size_bytes <= KEY_ID_BYTES)
        return refuse(err, fault);
    *at = stop + 1;
    return STATUS_OK;
}

static enum status check_signatures(const struct parts *parts, struct err *err)
{
    AUTO(signature_done) struct signature signature = {.name = NULL};
    const char *at = parts->signatures;
    size_t count = 0;
    buf_init(&signature.bytes, NOTE_LIMIT_BYTES);
    for (; at < parts->end; count++)
        TRY(next_signature(&at, parts->end, &signature, err));
    if (count == 0)
        return refuse(err, "the note has no signature");
    if (count > NOTE_SIGNATURE_MAX)
        return err_set(err, STATUS_BAD_INPUT, "the note has more than %d signatures",
                       NOTE_SIGNATURE_MAX);
    return STATUS_OK;
}

static enum status cut(const char *note, size_t size_bytes, struct parts *ret_parts,
                       struct err *err)
{
    if (size_bytes > NOTE_LIMIT_BYTES)
        return err_set(err, STATUS_BAD_INPUT, "the note is longer than %d bytes", NOTE_LIMIT_BYTES);
    if (size_bytes == 0 || note[size_bytes - 1] != '\n')
        return refuse(err, "the note does not end in a line feed; it may have been cut");
    if (!text_is_clean(note, size_bytes, true) || memchr(note, '\t', size_bytes) != NULL)
        return refuse(err, "the note is no clean UTF-8 text");
    // The last empty line: the text before it may have some.
    const char *gap = memrchr(note, '\n', size_bytes - 1);
    while (gap != NULL && gap > note && gap[-1] != '\n')
        gap = memrchr(note, '\n', (size_t)(gap - note));
    if (gap == NULL || gap <= note)
        return refuse(err, "the note has no empty line before its signatures");
    struct parts parts = {.text = note,
                          .text_bytes = (size_t)(gap - note),
                          .signatures = gap + 1,
                          .end = note + size_bytes};
    TRY(check_signatures(&parts, err));
    *ret_parts = parts;
    return STATUS_OK;
}

// ---- signing ----------------------------------------------------------------------------------

static void add_signature(struct buf *out, const struct note_key *key, const void *bytes,
                          size_t size_bytes)
{
    uint8_t all[KEY_ID_BYTES + TIME_BYTES + CRYPTO_SIGN_BYTES];
    memcpy(all, key->id, KEY_ID_BYTES);
    memcpy(all + KEY_ID_BYTES, bytes, size_bytes);
    buf_add_text(out, dash);
    buf_add_text(out, key->name);
    buf_add_char(out, ' ');
    crypto_base64(all, KEY_ID_BYTES + size_bytes, out);
    buf_add_char(out, '\n');
}

static void write_text(const struct note_checkpoint *checkpoint, struct buf *text)
{
    buf_addf(text, "%s\n%llu\n", checkpoint->origin, (unsigned long long)checkpoint->size);
    crypto_base64(checkpoint->root, sizeof checkpoint->root, text);
    buf_add_char(text, '\n');
    if (checkpoint->hour[0] != '\0')
        buf_addf(text, "hour %s%s\n", checkpoint->hour, checkpoint->clock_unset ? " unset" : "");
}

enum status note_sign(const struct note_checkpoint *checkpoint,
                      const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], struct buf *out,
                      struct err *err)
{
    AUTO(buf_done) struct buf text;
    struct note_key key;
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES], signature[CRYPTO_SIGN_BYTES];
    buf_init(&text, NOTE_LIMIT_BYTES);
    crypto_sign_public(secret, public_key);
    note_key_of_lane(public_key, NOTE_ED25519, &key);
    if (strcmp(checkpoint->origin, key.name) != 0)
        return BUG(err, "a checkpoint of another lane was to be signed");
    write_text(checkpoint, &text);
    TRY(buf_check(&text, err));
    crypto_signature(secret, text.data, text.size_bytes, signature);
    buf_add(out, text.data, text.size_bytes);
    buf_add_char(out, '\n');
    add_signature(out, &key, signature, sizeof signature);
    return buf_check(out, err);
}

// What a cosignature signs.
static enum status cosigned(const struct parts *parts, int64_t time_s, struct buf *message,
                            struct err *err)
{
    buf_init(message, NOTE_LIMIT_BYTES + 64);
    buf_addf(message, "cosignature/v1\ntime %lld\n", (long long)time_s);
    buf_add(message, parts->text, parts->text_bytes);
    return buf_check(message, err);
}

enum status note_cosign(const char *note, size_t size_bytes, const char *name,
                        const uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], int64_t time_s,
                        struct buf *out, struct err *err)
{
    AUTO(buf_done) struct buf message = {.data = NULL};
    struct note_key key = {.algorithm = NOTE_COSIGNATURE};
    struct parts parts = {.text = NULL};
    uint8_t payload[TIME_BYTES + CRYPTO_SIGN_BYTES];
    if (!is_name(name, strlen(name)) || time_s < 0)
        return BUG(err, "a cosignature needs a name without blanks and a time since 1970");
    TRY(cut(note, size_bytes, &parts, err));
    memcpy(key.name, name, strlen(name));
    crypto_sign_public(secret, key.public_key);
    set_id(&key);
    TRY(cosigned(&parts, time_s, &message, err));
    for (int i = 0; i < TIME_BYTES; i++)
        payload[i] = (uint8_t)((uint64_t)time_s >> (56 - 8 * i));
    crypto_signature(secret, message.data, message.size_bytes, payload + TIME_BYTES);
    add_signature(out, &key, payload, sizeof payload);
    return buf_check(out, err);
}

// ---- reading ----------------------------------------------------------------------------------

struct line {
    const char *text;
    size_t size_bytes;
};

// The next line of the text without its line feed; false at the end.
static bool next_line(const char **at, const char *end, struct line *ret_line)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    *ret_line = (struct line){*at, (size_t)(stop - *at)};
    *at = stop + 1;
    return true;
}

static bool read_size(const struct line *line, uint64_t *ret_size)
{
    char digits[SIZE_CHARS_MAX + 1];
    int64_t size = 0;
    if (line->size_bytes == 0 || line->size_bytes > SIZE_CHARS_MAX || line->text[0] == '-')
        return false;
    memcpy(digits, line->text, line->size_bytes);
    digits[line->size_bytes] = '\0';
    if (text_int(digits, 0, INT64_MAX, "size", &size, NULL) != STATUS_OK)
        return false;
    *ret_size = (uint64_t)size;
    return true;
}

// "hour 2026-11-03T09+07" or the same with " unset" behind it.
static bool read_hour(const struct line *line, struct note_checkpoint *checkpoint)
{
    static const char begin[] = "hour ", unset[] = " unset";
    enum { HOUR_CHARS = CLOCK_HOUR_TEXT_SIZE, BEGIN = sizeof begin - 1 };
    char hour[sizeof checkpoint->hour + 1] = "";
    uint32_t number;
    size_t rest = line->size_bytes - BEGIN;
    size_t chars = rest < HOUR_CHARS - 1 ? rest : HOUR_CHARS - 1;
    memcpy(hour, line->text + BEGIN, chars);
    if (clock_parse_hour(hour, &number, NULL) != STATUS_OK)
        return false;
    rest -= chars;
    checkpoint->clock_unset = rest == sizeof unset - 1 &&
                              memcmp(line->text + BEGIN + chars, unset, sizeof unset - 1) == 0;
    memcpy(checkpoint->hour, hour, chars + 1);
    return rest == 0 || checkpoint->clock_unset;
}

// Lines behind the root: ours has one; another log's may say anything.
static enum status read_extensions(const char *at, const char *end,
                                   struct note_checkpoint *checkpoint, struct err *err)
{
    bool ours = strncmp(checkpoint->origin, prefix, PREFIX_CHARS) == 0;
    struct line line;
    while (next_line(&at, end, &line)) {
        if (line.size_bytes == 0)
            return refuse(err, "the checkpoint has an empty line in its text");
        if (!ours || line.size_bytes < 5 || memcmp(line.text, "hour ", 5) != 0)
            continue;
        if (checkpoint->hour[0] != '\0')
            return refuse(err, "the checkpoint names its hour twice");
        if (!read_hour(&line, checkpoint))
            return refuse(err, "the checkpoint's hour must be as 2026-11-03T09+07");
    }
    return STATUS_OK;
}

enum status note_read(const char *note, size_t size_bytes, struct note_checkpoint *ret_checkpoint,
                      struct err *err)
{
    struct note_checkpoint checkpoint = {.size = 0};
    struct parts parts = {.text = NULL};
    struct line origin, size, root;
    TRY(cut(note, size_bytes, &parts, err));
    const char *at = parts.text, *end = parts.text + parts.text_bytes;
    if (!next_line(&at, end, &origin) || !next_line(&at, end, &size) || !next_line(&at, end, &root))
        return refuse(err, "a checkpoint has at least three lines: origin, size and root");
    if (origin.size_bytes == 0 || origin.size_bytes >= sizeof checkpoint.origin)
        return err_set(err, STATUS_BAD_INPUT, "the checkpoint's origin must have 1 to %zu bytes",
                       sizeof checkpoint.origin - 1);
    memcpy(checkpoint.origin, origin.text, origin.size_bytes);
    if (!read_size(&size, &checkpoint.size))
        return refuse(err, "the checkpoint's second line must be its size in decimal digits");
    if (!decode(root.text, root.size_bytes, checkpoint.root, sizeof checkpoint.root))
        return refuse(err, "the checkpoint's third line must be its root, 32 bytes in base64");
    TRY(read_extensions(at, end, &checkpoint, err));
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}

// ---- checking ---------------------------------------------------------------------------------

static bool is_of_key(const struct signature *signature, const struct note_key *key)
{
    return signature->name_bytes == strlen(key->name) &&
           memcmp(signature->name, key->name, signature->name_bytes) == 0 &&
           memcmp(signature->bytes.data, key->id, sizeof key->id) == 0;
}

static bool ed25519_ok(const struct parts *parts, const struct note_key *key,
                       const uint8_t *payload, size_t size_bytes)
{
    return size_bytes == CRYPTO_SIGN_BYTES &&
           crypto_sign_ok(key->public_key, parts->text, parts->text_bytes, payload);
}

static enum status cosignature_ok(const struct parts *parts, const struct note_key *key,
                                  const uint8_t *payload, size_t size_bytes, int64_t *ret_time_s,
                                  bool *ret_good, struct err *err)
{
    AUTO(buf_done) struct buf message = {.data = NULL};
    uint64_t time_s = 0;
    *ret_good = false;
    if (size_bytes != TIME_BYTES + CRYPTO_SIGN_BYTES)
        return STATUS_OK;
    for (int i = 0; i < TIME_BYTES; i++)
        time_s = time_s << 8 | payload[i];
    if (time_s > INT64_MAX)
        return STATUS_OK;
    TRY(cosigned(parts, (int64_t)time_s, &message, err));
    *ret_good =
        crypto_sign_ok(key->public_key, message.data, message.size_bytes, payload + TIME_BYTES);
    *ret_time_s = (int64_t)time_s;
    return STATUS_OK;
}

static enum status check_signature(const struct parts *parts, const struct note_key *key,
                                   const struct signature *signature, int64_t *ret_time_s,
                                   struct err *err)
{
    const uint8_t *payload = (const uint8_t *)signature->bytes.data + KEY_ID_BYTES;
    size_t size_bytes = signature->bytes.size_bytes - KEY_ID_BYTES;
    bool good = false;
    if (key->algorithm == NOTE_ED25519)
        good = ed25519_ok(parts, key, payload, size_bytes);
    else
        TRY(cosignature_ok(parts, key, payload, size_bytes, ret_time_s, &good, err));
    if (!good)
        return err_set(err, STATUS_CHECK_FAILED, "the note's signature by this key is wrong");
    return STATUS_OK;
}

enum status note_verify(const char *note, size_t size_bytes, const struct note_key *key,
                        int64_t *ret_time_s, struct err *err)
{
    AUTO(signature_done) struct signature signature = {.name = NULL};
    struct parts parts = {.text = NULL};
    int64_t time_s = 0;
    bool found = false;
    TRY(cut(note, size_bytes, &parts, err));
    buf_init(&signature.bytes, NOTE_LIMIT_BYTES);
    for (const char *at = parts.signatures; at < parts.end;) {
        TRY(next_signature(&at, parts.end, &signature, err));
        if (!is_of_key(&signature, key))
            continue;
        TRY(check_signature(&parts, key, &signature, &time_s, err));
        found = true;
    }
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "the note is not signed by this key");
    if (ret_time_s != NULL)
        *ret_time_s = time_s;
    return STATUS_OK;
}
