// SPDX-License-Identifier: MIT
// The table person, and signing in.
#include "person.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

static const struct {
    const char *name;
    bool proposes, confirms;
} roles[] = {
#define X(name, text, proposes, confirms) {text, proposes, confirms},
    PERSON_ROLE_LIST(X)
#undef X
};

const char *person_role_name(enum person_role role)
{
    return roles[role].name;
}

bool person_role_find(const char *name, enum person_role *ret_role)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (strcmp(roles[i].name, name) != 0)
            continue;
        *ret_role = (enum person_role)i;
        return true;
    }
    return false;
}

bool person_may_propose(enum person_role role)
{
    return roles[role].proposes;
}

bool person_may_confirm(enum person_role role)
{
    return roles[role].confirms;
}

// ---- passphrases -------------------------------------------------------------------------------

// What is tried first, in its folded form: longest runs of the keyboard, words of every list of
// leaked ones, and what offices here write. Shorter ones fall to the length.
static const char *const common[] = {
    "123456789012",     "1234567890123",
    "12345678901234",   "123456789123",
    "0123456789012",    "111111111111",
    "000000000000",     "qwertyuiop12",
    "qwertyuiop123",    "qwertyuiopasdf",
    "1qaz2wsx3edc",     "1q2w3e4r5t6y",
    "q1w2e3r4t5y6",     "asdfghjkl123",
    "zxcvbnm12345",     "abcdefghijkl",
    "abcdef123456",     "abc123456789",
    "abcd12345678",     "password1234",
    "password12345",    "password123!",
    "passwordpassword", "passw0rd1234",
    "p@ssw0rd1234",     "administrator",
    "admin1234567",     "admin@123456",
    "adminadminadmin",  "letmein12345",
    "welcome12345",     "iloveyou1234",
    "changeme1234",     "correct horse battery staple",
    "matkhau12345",     "matkhau123456",
    "mat khau 1234",    "matkhau@1234",
    "anhyeuem1234",     "emyeuanh1234",
    "vietnam12345",     "vietnam123456",
    "vietnamvodich",    "vietnam vo dich",
    "hailong12345",     "hailong123456",
    "hai long 1234",    "motcua123456",
    "ubnd12345678",     "uyban1234567",
    "ubnd@1234567",
};

static bool is_one_character(const char *text)
{
    return strspn(text, (const char[]){text[0], '\0'}) == strlen(text);
}

static enum status is_common(const char *name, const char *passphrase, bool *ret_common,
                             struct err *err)
{
    enum { FOLDED_LIMIT_BYTES = 16 * PERSON_PASSPHRASE_MAX_CHARS };
    AUTO(buf_done) struct buf folded;
    AUTO(buf_done) struct buf folded_name;
    buf_init(&folded, FOLDED_LIMIT_BYTES);
    buf_init(&folded_name, FOLDED_LIMIT_BYTES);
    TRY(text_fold(passphrase, strlen(passphrase), &folded, err));
    TRY(text_fold(name, strlen(name), &folded_name, err));
    *ret_common = strcmp(buf_text(&folded), buf_text(&folded_name)) == 0 ||
                  is_one_character(buf_text(&folded));
    for (size_t i = 0; i < ARRAY_SIZE(common); i++)
        *ret_common = *ret_common || strcmp(common[i], buf_text(&folded)) == 0;
    return STATUS_OK;
}

enum status person_check_passphrase(const char *name, const char *passphrase, struct err *err)
{
    size_t size_bytes = strlen(passphrase);
    bool common_one = false;
    if (!text_is_clean(passphrase, size_bytes, false))
        return err_set(err, STATUS_BAD_INPUT, "the passphrase must be one line of UTF-8 text");
    size_t chars = text_count(passphrase, size_bytes);
    if (chars < PERSON_PASSPHRASE_MIN_CHARS || chars > PERSON_PASSPHRASE_MAX_CHARS)
        return err_set(err, STATUS_BAD_INPUT,
                       "the passphrase must have %d to %d characters; a few words that do not "
                       "belong together do well",
                       PERSON_PASSPHRASE_MIN_CHARS, PERSON_PASSPHRASE_MAX_CHARS);
    TRY(is_common(name, passphrase, &common_one, err));
    return common_one
               ? err_set(err, STATUS_BAD_INPUT,
                         "that passphrase is one of those that are tried first; take another")
               : STATUS_OK;
}

// One spelling, whatever keyboard wrote it.
static enum status one_spelling(const char *text, size_t limit_bytes, const char *what,
                                struct buf *out, struct err *err)
{
    buf_init(out, limit_bytes);
    if (strlen(text) > limit_bytes)
        return err_set(err, STATUS_BAD_INPUT, "the %s is too long", what);
    TRY(text_nfc(text, strlen(text), out, err));
    return buf_check(out, err);
}

enum { PASSPHRASE_LIMIT_BYTES = 8 * PERSON_PASSPHRASE_MAX_CHARS };

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        crypto_wipe(buf->data, buf->size_bytes);
    buf_done(buf);
}

// ---- adding and removing -----------------------------------------------------------------------

struct change {
    struct writer_job job; // first
    const struct hub *hub;
    const char *name, *role, *unit;
    char hash[CRYPTO_PASSPHRASE_BYTES];
};

static enum status audit(struct db *db, const struct change *change, const char *act,
                         struct err *err)
{
    const char *const by[] = {change->name, NULL};
    return hublane_audit_by(db, change->hub->lane, act, change->unit, change->role, by, err);
}

static enum status apply_add(struct db *db, struct writer_job *job, struct err *err)
{
    const struct change *change = (const struct change *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 0;
    TRY(stmt_use(db, HUB_PERSON_ADD, &q, err));
    stmt_bind_text(q, 1, change->name);
    stmt_bind_text(q, 2, change->role);
    stmt_bind_text(q, 3, change->unit);
    stmt_bind_text(q, 4, change->hash);
    TRY(stmt_run(q, &changes, err));
    if (changes != 1)
        return err_set(
            err, STATUS_CONFLICT,
            "there is a person with that name; remove them first, or tell the two apart");
    return audit(db, change, "user add", err);
}

static enum status check_new(const struct hub *hub, const struct person_new *person,
                             const char *name, struct err *err)
{
    enum person_role role = PERSON_VIEWER;
    if (name[0] == '\0' || !text_is_clean(name, strlen(name), false) ||
        text_count(name, strlen(name)) > PERSON_NAME_CHARS)
        return err_set(err, STATUS_BAD_INPUT, "the name must be 1 to %d characters of text",
                       PERSON_NAME_CHARS);
    if (!person_role_find(person->role, &role))
        return err_set(err, STATUS_BAD_INPUT,
                       "the role must be admin, head, officer, viewer or auditor");
    if (person->unit != NULL && unit_newest(hub->units, person->unit) == NULL)
        return err_set(err, STATUS_BAD_INPUT, "the setup has no unit with that code");
    return STATUS_OK;
}

enum status person_add(const struct hub *hub, const struct person_new *person, struct err *err)
{
    AUTO(buf_done) struct buf name = {.data = NULL};
    AUTO(wipe) struct buf passphrase = {.data = NULL};
    TRY(one_spelling(person->name, PERSON_NAME_BYTES - 1, "name", &name, err));
    TRY(one_spelling(person->passphrase, PASSPHRASE_LIMIT_BYTES, "passphrase", &passphrase, err));
    TRY(check_new(hub, person, buf_text(&name), err));
    TRY(person_check_passphrase(buf_text(&name), buf_text(&passphrase), err));
    struct change change = {
        .job.apply = apply_add,
        .hub = hub,
        .name = buf_text(&name),
        .role = person->role,
        .unit = person->unit != NULL ? person->unit : hub->setup.unit,
    };
    TRY(crypto_passphrase_hash(buf_text(&passphrase), change.hash, err));
    return writer_run(hub->writer, &change.job, err);
}

static enum status apply_remove(struct db *db, struct writer_job *job, struct err *err)
{
    struct change *change = (struct change *)job;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct person person;
    bool found = false;
    TRY(person_find(db, change->name, &person, &found, err));
    if (!found)
        return err_set(err, STATUS_NOT_FOUND, "there is no person with that name");
    TRY(stmt_use(db, HUB_PERSON_REMOVE, &q, err));
    stmt_bind_text(q, 1, change->name);
    TRY(stmt_run(q, NULL, err));
    change->role = person_role_name(person.role);
    change->unit = person.unit;
    return audit(db, change, "user remove", err);
}

enum status person_remove(const struct hub *hub, const char *name, struct err *err)
{
    AUTO(buf_done) struct buf spelled = {.data = NULL};
    TRY(one_spelling(name, PERSON_NAME_BYTES - 1, "name", &spelled, err));
    struct change change = {.job.apply = apply_remove, .hub = hub, .name = buf_text(&spelled)};
    return writer_run(hub->writer, &change.job, err);
}

// ---- reading -----------------------------------------------------------------------------------

static void copy_text(char *to, size_t room, const char *from)
{
    size_t size = strnlen(from, room - 1);
    memcpy(to, from, size);
    to[size] = '\0';
}

static enum status find_row(struct db *db, const char *name, struct stmt **ret_row, bool *ret_found,
                            struct err *err)
{
    TRY(stmt_use(db, HUB_PERSON_FIND, ret_row, err));
    stmt_bind_text(*ret_row, 1, name);
    return stmt_row(*ret_row, ret_found, err);
}

static void read_row(struct stmt *q, const char *name, struct person *ret_person)
{
    copy_text(ret_person->name, sizeof ret_person->name, name);
    copy_text(ret_person->unit, sizeof ret_person->unit, stmt_text(q, 1));
    // The least of all, for a role that a CHECK of the table keeps out.
    if (!person_role_find(stmt_text(q, 0), &ret_person->role))
        ret_person->role = PERSON_VIEWER;
}

enum status person_find(struct db *db, const char *name, struct person *ret_person, bool *ret_found,
                        struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(find_row(db, name, &q, ret_found, err));
    if (*ret_found)
        read_row(q, name, ret_person);
    return STATUS_OK;
}

enum status person_list(struct db *db, json_t *people, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false;
    TRY(stmt_use(db, HUB_PERSON_LIST, &q, err));
    for (;;) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        json_t *person =
            json_pack("{s:s, s:s, s:s, s:b}", "name", stmt_text(q, 0), "role", stmt_text(q, 1),
                      "unit", stmt_text(q, 2), "locked", (int)(stmt_int(q, 3) > clock_now_s()));
        if (person == NULL || json_array_append_new(people, person) != 0)
            return err_set(err, STATUS_NO_MEMORY, "no memory for a list");
    }
}

// ---- signing in --------------------------------------------------------------------------------

struct try_job {
    struct writer_job job; // first
    const char *name;
    bool right;
};

static enum status refuse_locked(struct err *err)
{
    return err_set(err, STATUS_DENIED,
                   "too many wrong passphrases in a row; this person can go on after %d minutes",
                   PERSON_LOCKED_S / 60);
}

// Counts the try. Whoever guesses at several places at once is counted one after the other here.
static enum status apply_try(struct db *db, struct writer_job *job, struct err *err)
{
    const struct try_job *try = (const struct try_job *)job;
    AUTO(stmt_releasep) struct stmt *row = NULL;
    AUTO(stmt_releasep) struct stmt *set = NULL;
    bool found = false;
    TRY(find_row(db, try->name, &row, &found, err));
    if (!found)
        return err_set(err, STATUS_UNAUTHORIZED, "the name or the passphrase is wrong");
    int64_t wrong = stmt_int(row, 3), locked_until_s = stmt_int(row, 4);
    if (locked_until_s > clock_now_s())
        return refuse_locked(err);
    if (try->right && wrong == 0)
        return STATUS_OK;
    wrong = try->right ? 0 : wrong + 1;
    locked_until_s = 0;
    if (wrong == PERSON_TRIES_MAX) {
        locked_until_s = clock_now_s() + PERSON_LOCKED_S;
        wrong = 0;
    }
    TRY(stmt_use(db, HUB_PERSON_TRIES_SET, &set, err));
    stmt_bind_text(set, 1, try->name);
    stmt_bind_int(set, 2, wrong);
    stmt_bind_int(set, 3, locked_until_s);
    return stmt_run(set, NULL, err);
}

struct stored {
    struct person person;
    char hash[CRYPTO_PASSPHRASE_BYTES];
    bool found, locked;
};

static enum status read_stored(struct db *db, const char *name, struct stored *ret_stored,
                               struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(find_row(db, name, &q, &ret_stored->found, err));
    if (!ret_stored->found)
        return STATUS_OK;
    read_row(q, name, &ret_stored->person);
    copy_text(ret_stored->hash, sizeof ret_stored->hash, stmt_text(q, 2));
    ret_stored->locked = stmt_int(q, 4) > clock_now_s();
    return STATUS_OK;
}

enum status person_sign_in(const struct hub *hub, const char *name, const char *passphrase,
                           struct person *ret_person, struct err *err)
{
    AUTO(buf_done) struct buf spelled = {.data = NULL};
    AUTO(wipe) struct buf secret = {.data = NULL};
    struct stored stored = {.found = false};
    TRY(one_spelling(name, PERSON_NAME_BYTES - 1, "name", &spelled, err));
    TRY(one_spelling(passphrase, PASSPHRASE_LIMIT_BYTES, "passphrase", &secret, err));
    struct db *db = dbpool_take(hub->readers);
    enum status status = read_stored(db, buf_text(&spelled), &stored, err);
    dbpool_give(hub->readers, db);
    TRY(status);
    if (stored.locked)
        return refuse_locked(err);
    struct try_job try = {.job.apply = apply_try, .name = buf_text(&spelled)};
    try.right = stored.found && crypto_passphrase_ok(stored.hash, buf_text(&secret));
    TRY(writer_run(hub->writer, &try.job, err));
    if (!try.right)
        return err_set(err, STATUS_UNAUTHORIZED, "the name or the passphrase is wrong");
    *ret_person = stored.person;
    return STATUS_OK;
}
