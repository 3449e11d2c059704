// SPDX-License-Identifier: MIT
// Gathers keys and heads, walks the lane, says what was checked.
#include "kiosk_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "file.h"
#include "kiosk.h"
#include "kiosk_show.h"
#include "kiosk_sql.h"
#include "lanefile.h"
#include "stmt.h"

enum {
    WITNESS_MAX = 16, // as many as a note may have signatures
    OUT_LIMIT_BYTES = 16 * 1024,
    // Somebody may rate meanwhile.
    LOW_PRIORITY = 10,
};

struct check {
    struct note_key lane_key;
    bool has_lane_key;
    struct laneverify_witness witnesses[WITNESS_MAX];
    size_t witness_count;
    int64_t given;     // heads from files
    bool before_whole; // the databases of all lanes before this one are there
};

// ---- keys -------------------------------------------------------------------------------------

static enum status add_key(struct check *check, const struct note_key *key, bool own,
                           struct err *err)
{
    char lane[ENTRY_LANE_CHARS + 1] = "";
    const bool of_lane = note_key_lane(key, lane);
    if (of_lane && check->has_lane_key && strcmp(key->name, check->lane_key.name) == 0)
        return STATUS_OK; // the name follows from the key, so it is the same key
    if (check->witness_count == WITNESS_MAX)
        return err_set(err, STATUS_USAGE, "--witness can be given %d times", WITNESS_MAX);
    struct laneverify_witness *witness = &check->witnesses[check->witness_count++];
    *witness = (struct laneverify_witness){.key = *key, .own = own};
    // A hub's line is that of its lane; it cosigns with the same key.
    if (of_lane)
        note_key_of_lane(key->public_key, NOTE_COSIGNATURE, &witness->key);
    return STATUS_OK;
}

// The keys of a text: each of its lines that is one.
static enum status add_key_text(struct check *check, const char *text, bool own, struct err *err)
{
    size_t found = 0;
    struct err fault;
    for (const char *at = text; *at != '\0';) {
        struct note_key key;
        size_t size = strcspn(at, "\n");
        if (note_vkey_read(at, size, &key, &fault) == STATUS_OK) {
            TRY(add_key(check, &key, own, err));
            found++;
        }
        at += size + (at[size] != '\0');
    }
    return found > 0 ? STATUS_OK : err_set(err, STATUS_BAD_INPUT, "no key: %.300s", fault.text);
}

static enum status add_key_file(struct check *check, const char *path, bool own, struct err *err)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, NOTE_LIMIT_BYTES);
    TRY(file_read(path, &text, err));
    return add_key_text(check, buf_text(&text), own, err);
}

// Calls `each` with every line of a list option.
typedef enum status (*each_fn)(void *context, const char *value, struct err *err);
static enum status for_each(const char *list, each_fn each, void *context, struct err *err)
{
    char value[KIOSK_PATH_BYTES + 1];
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, "\n");
        if (size >= sizeof value)
            return err_set(err, STATUS_USAGE, "a path is too long");
        memcpy(value, at, size);
        value[size] = '\0';
        TRY(each(context, value, err));
        at += size + (at[size] != '\0');
    }
    return STATUS_OK;
}

static enum status take_key(void *context, const char *value, struct err *err)
{
    const bool is_path = file_exists(value);
    return is_path ? add_key_file(context, value, false, err)
                   : add_key_text(context, value, false, err);
}

// The key by which the lane is known elsewhere: a copied file brings its own along, which proves
// nothing.
static enum status check_lane_key(const struct option_set *set, const struct note_key *lane_key,
                                  struct err *err)
{
    struct check expected = {.has_lane_key = false};
    const char *given = option_text(set, "key");
    if (given == NULL)
        return STATUS_OK;
    TRY(take_key(&expected, given, err));
    if (memcmp(expected.witnesses[0].key.public_key, lane_key->public_key,
               CRYPTO_SIGN_PUBLIC_BYTES) == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHECK_FAILED,
                   "the journal is signed by another key than that of --key: it is another lane, "
                   "or it was written anew");
}

// ---- heads ------------------------------------------------------------------------------------

struct heads {
    struct check *check;
    struct laneverify *verify;
};

// `checkpoint` prints the key behind the note: what follows the last signature is left out.
static size_t note_bytes(const struct buf *text)
{
    static const char dash[] = "\n\u2014 ";
    const char *begin = buf_text(text), *last = NULL, *end = NULL;
    for (const char *at = begin; (at = strstr(at, dash)) != NULL; at++)
        last = at + 1;
    end = last == NULL ? NULL : strchr(last, '\n');
    return end == NULL ? text->size_bytes : (size_t)(end + 1 - begin);
}

static enum status take_head(void *context, const char *path, struct err *err)
{
    struct heads *heads = context;
    AUTO(buf_done) struct buf note;
    char where[LANEHEADS_WHERE_CHARS + 1];
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    buf_init(&note, NOTE_LIMIT_BYTES);
    TRY(file_read(path, &note, err));
    snprintf(where, sizeof where, "the checkpoint in %.70s", name);
    heads->check->given++;
    return laneverify_note(heads->verify, buf_text(&note), note_bytes(&note), where,
                           LANEVERIFY_ANY_SIZE, true, err);
}

static enum status open_walk(struct check *check, const struct option_set *set,
                             struct laneverify **ret_verify, struct err *err)
{
    AUTO(laneverify_closep) struct laneverify *verify = NULL;
    const struct laneverify_options options = {.lane = check->lane_key.name + 8,
                                               .key = &check->lane_key,
                                               .witnesses = check->witnesses,
                                               .witness_count = check->witness_count,
                                               .before_whole = check->before_whole};
    TRY(laneverify_open(&options, &verify, err));
    struct heads heads = {check, verify};
    TRY(for_each(option_text(set, "checkpoint"), take_head, &heads, err));
    *ret_verify = verify;
    verify = NULL;
    return STATUS_OK;
}

// ---- the lanes before this one ----------------------------------------------------------------

struct former {
    char path[KIOSK_PATH_BYTES + 64];
    struct laneverify *verify; // NULL: only whether its file is there
    bool *whole;
};

// Entries of texts and redactions; the others are not parsed.
static bool is_of_text(const char *line)
{
    return strstr(line, "\"kind\":\"comment\"") != NULL ||
           strstr(line, "\"kind\":\"petition\"") != NULL ||
           strstr(line, "\"kind\":\"redaction\"") != NULL;
}

static enum status read_former(const struct former *former, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(db_open(former->path, DB_READ, &kiosk_schema, &db, err));
    TRY(stmt_use(db, KIOSK_ENTRY_LIST, &q, err));
    stmt_bind_int(q, 1, 0);
    stmt_bind_int(q, 2, INT64_MAX);
    for (;;) {
        AUTO(entry_done) struct entry entry = {.json = NULL};
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        if (!is_of_text(stmt_text(q, 1)))
            continue;
        TRY(entry_read(stmt_text(q, 1), stmt_text_size(q, 1), &entry, err));
        TRY(laneverify_before(former->verify, &entry, err));
    }
}

// Those of which only a backup came along are not there; then their texts are let pass.
static enum status each_former(struct db *db, const char *folder, struct former *former,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, KIOSK_FORMER_LIST, &q, err));
    for (;;) {
        bool found = false;
        TRY(stmt_row(q, &found, err));
        if (!found)
            return STATUS_OK;
        snprintf(former->path, sizeof former->path, "%s/old/%s.db", folder, stmt_text(q, 0));
        if (!file_exists(former->path))
            *former->whole = false;
        else if (former->verify != NULL)
            TRY(read_former(former, err));
    }
}

// ---- words ------------------------------------------------------------------------------------

static void say_witness(const struct laneverify_figures *figures, struct buf *out)
{
    char hour[CLOCK_HOUR_TEXT_SIZE];
    if (figures->cosigned == 0) {
        // Alone, a journal that was rewritten from its first entry on looks whole, too.
        buf_add_text(out, "chưa có nhân chứng bên ngoài (no outside witness yet)\n");
        return;
    }
    clock_hour_text(clock_hour(figures->cosigned_s), hour);
    buf_addf(out, "nhân chứng bên ngoài (outside witness): %" PRId64 " cosignatures, the last %s\n",
             figures->cosigned, hour);
}

static enum status say(const struct check *check, const struct laneverify_figures *figures,
                       struct err *err)
{
    AUTO(buf_done) struct buf out;
    buf_init(&out, OUT_LIMIT_BYTES);
    buf_addf(&out, "ok %" PRIu64 " ", figures->size);
    buf_add_hex(&out, figures->root, sizeof figures->root);
    buf_addf(&out,
             "\n%" PRId64 " responses, %" PRId64 " details, %" PRId64 " texts, %" PRId64
             " redactions, %" PRId64 " seals, %" PRId64 " acks\n",
             figures->responses, figures->details, figures->texts, figures->redactions,
             figures->seals, figures->acks);
    buf_addf(&out,
             "held against %" PRId64 " checkpoints, %" PRId64
             " of them given; cosigned by the own hub: %" PRId64 "\n",
             figures->heads, check->given, figures->cosigned_own);
    if (figures->acks_unchecked > 0)
        buf_addf(&out, "note: %" PRId64 " acks speak of heads too far back and were not compared\n",
                 figures->acks_unchecked);
    if (figures->back > 0)
        buf_addf(&out,
                 "note: %" PRId64 " entries carry an hour before that of an earlier one, the first "
                 "is entry %" PRId64 "\n",
                 figures->back, figures->first_back);
    say_witness(figures, &out);
    return kiosk_show_buf(&out, err);
}

// ---- the two --------------------------------------------------------------------------------

static enum status verify_data(const struct option_set *set, struct check *check, struct err *err)
{
    const char *folder = option_text(set, "data");
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES], public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    char hub_key[KIOSK_PATH_BYTES];
    struct laneverify_figures figures;
    TRY(kiosk_check(folder, err));
    TRY(kiosk_secret(folder, secret, err));
    crypto_sign_public(secret, public_key);
    crypto_wipe(secret, sizeof secret);
    note_key_of_lane(public_key, NOTE_ED25519, &check->lane_key);
    check->has_lane_key = true;
    if (snprintf(hub_key, sizeof hub_key, "%s/keys/hub.vkey", folder) < (int)sizeof hub_key &&
        file_exists(hub_key))
        TRY(add_key_file(check, hub_key, true, err));
    TRY(check_lane_key(set, &check->lane_key, err));
    TRY(for_each(option_text(set, "witness"), take_key, check, err));
    AUTO(db_closep) struct db *db = NULL;
    AUTO(laneverify_closep) struct laneverify *verify = NULL;
    TRY(kiosk_open_reader(folder, &db, err));
    struct former former = {.whole = &check->before_whole};
    check->before_whole = true;
    TRY(each_former(db, folder, &former, err));
    TRY(open_walk(check, set, &verify, err));
    former.verify = verify;
    TRY(each_former(db, folder, &former, err));
    (void)setpriority(PRIO_PROCESS, 0, LOW_PRIORITY);
    TRY(journal_verify_all(db, verify, &figures, err));
    TRY(kiosk_check_setup(folder, db, err));
    return say(check, &figures, err);
}

static enum status verify_file(const struct option_set *set, struct check *check, struct err *err)
{
    AUTO(lanefile_closep) struct lanefile *file = NULL;
    AUTO(laneverify_closep) struct laneverify *verify = NULL;
    struct laneverify_figures figures;
    TRY(lanefile_open(option_text(set, "file"), &file, err));
    check->lane_key = *lanefile_key(file);
    check->has_lane_key = true;
    TRY(check_lane_key(set, &check->lane_key, err));
    TRY(for_each(option_text(set, "witness"), take_key, check, err));
    TRY(open_walk(check, set, &verify, err));
    TRY(lanefile_verify(file, verify, &figures, err));
    return say(check, &figures, err);
}

enum status kiosk_verify(const struct option_set *set, struct err *err)
{
    struct check check = {.has_lane_key = false};
    const bool file = option_text(set, "file") != NULL;
    if (!file && option_text(set, "data") == NULL)
        return err_set(err, STATUS_USAGE,
                       "verify takes --data DIR or --file FILE (a copied export)");
    TRY(crypto_open(err));
    TRY(form_open(err));
    return file ? verify_file(set, &check, err) : verify_data(set, &check, err);
}
