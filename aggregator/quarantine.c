// SPDX-License-Identifier: MIT
// Keeps the tails of left lanes and counts them after two people agreed.
#include "quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "accepted.h"
#include "clock.h"
#include "following.h"
#include "hub_sql.h"
#include "projection.h"
#include "stmt.h"
#include "text.h"

enum {
    // Lines of one document: at their longest they stay well below what one may have.
    DOCUMENT_LINES = 200,
    AHEAD_MAX_HOURS = 1, // as in intake.c
};

// ---- taking ------------------------------------------------------------------------------------

struct standing {
    char state[16];
    char unit[RESPONSE_UNIT_CHARS + 1];
    int64_t size;
};

static void copy_text(char *to, size_t room, const char *from)
{
    size_t size = from != NULL ? strnlen(from, room - 1) : 0;
    if (size > 0)
        memcpy(to, from, size);
    to[size] = '\0';
}

static enum status find_standing(struct db *db, const char *lane, struct standing *ret_standing,
                                 struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_LANE_STANDING, &q, err));
    stmt_bind_text(q, 1, lane);
    TRY(stmt_row(q, &found, err));
    if (!found)
        return err_set(err, STATUS_BAD_INPUT, "this hub knows no such lane");
    copy_text(ret_standing->state, sizeof ret_standing->state, stmt_text(q, 0));
    copy_text(ret_standing->unit, sizeof ret_standing->unit, stmt_text(q, 1));
    ret_standing->size = stmt_int(q, 2);
    return STATUS_OK;
}

// What a lane says of itself in its first entry does not count: any box of the unit can write it.
static enum status check_right(struct db *db, const char *by_lane, const char *of,
                               struct standing *ret_left, struct err *err)
{
    struct standing sender;
    struct following following;
    bool follows = false;
    TRY(find_standing(db, by_lane, &sender, err));
    TRY(find_standing(db, of, ret_left, err));
    TRY(following_after(db, of, &following, err));
    for (size_t i = 0; i < following.count; i++)
        follows |= strcmp(following.lanes[i], by_lane) == 0;
    if (strcmp(sender.state, "active") != 0 || strcmp(sender.unit, ret_left->unit) != 0 || !follows)
        return err_set(err, STATUS_DENIED,
                       "a lane may send the tail of that lane only which it goes on after, of its "
                       "own unit");
    return STATUS_OK;
}

static enum status check_place(struct db *db, const char *by_lane, const char *of, int64_t from,
                               size_t lines, const struct standing *left, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_QUARANTINE_RANGE, &q, err));
    stmt_bind_text(q, 1, of);
    stmt_bind_text(q, 2, by_lane);
    TRY(stmt_row(q, &found, err));
    const int64_t n = found ? stmt_int(q, 0) : 0;
    const int64_t end = n > 0 ? stmt_int(q, 1) : left->size;
    if (from > end)
        return err_set(err, STATUS_BAD_INPUT,
                       "the tail of that lane must go on at entry %lld or before", (long long)end);
    if (from + (int64_t)lines - end + n > QUARANTINE_LINES_MAX)
        return err_set(err, STATUS_TOO_LARGE, "a tail has at most %d lines", QUARANTINE_LINES_MAX);
    return STATUS_OK;
}

static enum status is_same(struct db *db, const char *by_lane, const struct entry *entry,
                           const char *line, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool found = false;
    TRY(stmt_use(db, HUB_QUARANTINE_LINE, &q, err));
    stmt_bind_text(q, 1, entry->lane);
    stmt_bind_text(q, 2, by_lane);
    stmt_bind_int(q, 3, entry->seq);
    TRY(stmt_row(q, &found, err));
    return found && strcmp(stmt_text(q, 0), line) == 0
               ? STATUS_OK
               : err_set(err, STATUS_CONFLICT,
                         "other bytes stand in quarantine under the number of entry %lld",
                         (long long)entry->seq);
}

static enum status keep(struct db *db, const char *by_lane, const struct entry *entry,
                        const char *line, int64_t *taken, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 0;
    TRY(stmt_use(db, HUB_QUARANTINE_ADD, &q, err));
    stmt_bind_text(q, 1, entry->lane);
    stmt_bind_text(q, 2, by_lane);
    stmt_bind_int(q, 3, entry->seq);
    stmt_bind_text(q, 4, line);
    stmt_bind_blob(q, 5, entry->id, ENTRY_ID_BYTES);
    TRY(stmt_run(q, &changes, err));
    *taken += changes;
    return changes > 0 ? STATUS_OK : is_same(db, by_lane, entry, line, err);
}

static enum status take_line(struct db *db, const char *by_lane, const char *of, int64_t seq,
                             const json_t *line, int64_t *taken, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    const char *text = json_string_value(line);
    if (text == NULL)
        return err_set(err, STATUS_BAD_INPUT, "\"lines\" must be a list of lines");
    TRY(entry_read(text, json_string_length(line), &entry, err));
    if (strcmp(entry.lane, of) != 0 || entry.seq != seq)
        return err_set(err, STATUS_BAD_INPUT,
                       "entry %lld: the lines of a tail follow each other in its own lane",
                       (long long)entry.seq);
    return keep(db, by_lane, &entry, text, taken, err);
}

enum status quarantine_take(const struct hub *hub, struct db *db, const char *by_lane,
                            const json_t *body, int64_t *ret_taken, struct err *err)
{
    static const char *const keys[] = {"of", "from", "lines", NULL};
    const char *of = NULL;
    struct standing left;
    const json_t *lines = json_object_get(body, "lines");
    int64_t from = 0, taken = 0;
    (void)hub;
    TRY(json_only(body, "quarantine", keys, err));
    TRY(json_text(body, "of", "quarantine", &of, err));
    TRY(json_int(body, "from", "quarantine", 0, INT32_MAX, &from, err));
    if (!json_is_array(lines))
        return err_set(err, STATUS_BAD_INPUT, "\"lines\" must be a list of lines");
    TRY(check_right(db, by_lane, of, &left, err));
    TRY(check_place(db, by_lane, of, from, json_array_size(lines), &left, err));
    for (size_t i = 0; i < json_array_size(lines); i++)
        TRY(take_line(db, by_lane, of, from + (int64_t)i, json_array_get(lines, i), &taken, err));
    *ret_taken = taken;
    return STATUS_OK;
}

// ---- what waits --------------------------------------------------------------------------------

enum {
    LEVELS = 5,
    SHOWN_MIN = 10, // fewer answers say too much of single persons
};

// What one lane has sent.
struct tail {
    char by_lane[ENTRY_LANE_CHARS + 1];
    int64_t first, last, responses;
    int32_t from, to; // days
    int64_t levels[LEVELS];
    uint8_t hash[CRYPTO_HASH_BYTES]; // of the one before and the line, from zeros on
};

static void add_response(struct tail *tail, const struct entry *entry)
{
    struct response response;
    if (entry->kind != ENTRY_RESPONSE || response_read(entry, &response, NULL) != STATUS_OK)
        return;
    const int32_t day = clock_day_of_hour(response.hour);
    const int64_t level = json_int_or(json_object_get(entry->json, "answers"), "overall", 0);
    tail->from = tail->responses == 0 || day < tail->from ? day : tail->from;
    tail->to = tail->responses == 0 || day > tail->to ? day : tail->to;
    tail->responses++;
    if (level >= 1 && level <= LEVELS)
        tail->levels[level - 1]++;
}

static enum status add_line(struct tail *tail, struct stmt *q, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    const struct crypto_piece pieces[] = {{tail->hash, sizeof tail->hash},
                                          {stmt_text(q, 0), stmt_text_size(q, 0)}};
    uint8_t hash[CRYPTO_HASH_BYTES];
    TRY(entry_read(stmt_text(q, 0), stmt_text_size(q, 0), &entry, err));
    crypto_sha256_pieces(pieces, ARRAY_SIZE(pieces), hash);
    memcpy(tail->hash, hash, sizeof hash);
    tail->last = entry.seq;
    add_response(tail, &entry);
    return STATUS_OK;
}

static json_t *levels_json(const struct tail *tail)
{
    int64_t sum = 0;
    json_t *levels = json_array();
    for (int i = 0; i < LEVELS; i++) {
        sum += tail->levels[i];
        json_array_append_new(levels, json_integer((json_int_t)tail->levels[i]));
    }
    if (sum >= SHOWN_MIN)
        return levels;
    json_decref(levels);
    return json_null();
}

static enum status put_tail(json_t *tails, const char *lane, const struct tail *tail,
                            struct err *err)
{
    char from[CLOCK_DAY_TEXT_SIZE], to[CLOCK_DAY_TEXT_SIZE], hash[2 * CRYPTO_HASH_BYTES + 1];
    if (tail->by_lane[0] == '\0')
        return STATUS_OK;
    clock_day_text(tail->from, from);
    clock_day_text(tail->to, to);
    text_hex(tail->hash, sizeof tail->hash, hash);
    const bool some = tail->responses > 0;
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:s?, s:s?, s:o, s:s}", "lane", lane, "by_lane",
                  tail->by_lane, "first", (json_int_t)tail->first, "last", (json_int_t)tail->last,
                  "responses", (json_int_t)tail->responses, "from", some ? from : NULL, "to",
                  some ? to : NULL, "levels", levels_json(tail), "sha256", hash);
    if (row == NULL || json_array_append_new(tails, row) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a tail");
    return STATUS_OK;
}

enum status quarantine_content(struct db *db, const char *lane, json_t *tails, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct tail tail = {.by_lane = ""};
    TRY(stmt_use(db, HUB_QUARANTINE_LINES, &q, err));
    stmt_bind_text(q, 1, lane);
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return put_tail(tails, lane, &tail, err);
        if (strcmp(tail.by_lane, stmt_text(q, 1)) != 0) {
            TRY(put_tail(tails, lane, &tail, err));
            tail = (struct tail){.first = stmt_int(q, 2)};
            copy_text(tail.by_lane, sizeof tail.by_lane, stmt_text(q, 1));
        }
        TRY(add_line(&tail, q, err));
    }
}

enum status quarantine_list(struct db *db, json_t *tails, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_QUARANTINE_LIST, &q, err));
    for (;;) {
        bool more = false;
        TRY(stmt_row(q, &more, err));
        if (!more)
            return STATUS_OK;
        TRY(quarantine_content(db, stmt_text(q, 0), tails, err));
    }
}

enum { ACCEPTED = 1, DISCARDED = 2 }; // `done` in the table

static enum status end(struct db *db, const char *lane, int done, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_QUARANTINE_DONE, &q, err));
    stmt_bind_text(q, 1, lane);
    stmt_bind_int(q, 2, done);
    return stmt_run(q, NULL, err);
}

enum status quarantine_discard(struct db *db, const char *lane, struct err *err)
{
    return end(db, lane, DISCARDED, err);
}

// ---- accepting ---------------------------------------------------------------------------------

struct accepting {
    const struct hub *hub;
    struct db *db;
    const char *lane;
    const char *const *by; // two
    char unit[RESPONSE_UNIT_CHARS + 1];
    json_t *lines; // owned: those of the next document
    int64_t counted;
};

static void accepting_done(struct accepting *accepting)
{
    json_decref(accepting->lines);
}

static enum status in_ledger(struct db *db, const struct entry *entry, bool *ret_found,
                             struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_LEDGER_ORIGIN, &q, err));
    stmt_bind_blob(q, 1, entry->id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, entry->part);
    return stmt_row(q, ret_found, err);
}

// As the hub checks what is pushed to it.
static bool has_place(const struct accepting *a, const struct response *response)
{
    const struct setup *ours = &a->hub->setup;
    int32_t day = clock_day_of_hour(response->hour);
    if (response->hour > clock_hour(clock_now_s()) + AHEAD_MAX_HOURS ||
        strcmp(response->unit, a->unit) != 0 || response->channel == RESPONSE_PAPER ||
        unit_find(a->hub->units, response->unit, day) == NULL ||
        setup_area(ours, response->area) == NULL)
        return false;
    return strcmp(response->unit, ours->unit) != 0 || response->counter[0] == '\0' ||
           setup_counter(ours, response->counter) != NULL;
}

// Whether a document before this one counts it, or this one does so far.
static enum status is_counted(const struct accepting *a, const uint8_t *id, bool *ret_counted,
                              struct err *err)
{
    struct projection_standing standing;
    return projection_standing_find(a->db, id, &standing, NULL, ret_counted, err);
}

// A response that is new, and the details of such ones; what is counted already, or was changed at
// the lane that went on, stays as it is.
static enum status counts(const struct accepting *a, const struct entry *entry, bool *ret_counts,
                          struct err *err)
{
    struct response response;
    bool known = false, there = false;
    *ret_counts = entry->kind == ENTRY_FLAG || entry->kind == ENTRY_CLOCK;
    if (entry->kind != ENTRY_RESPONSE && entry->kind != ENTRY_DETAIL)
        return STATUS_OK;
    if (response_read(entry, &response, NULL) != STATUS_OK)
        return STATUS_OK;
    TRY(in_ledger(a->db, entry, &there, err));
    if (entry->kind == ENTRY_RESPONSE) {
        TRY(is_counted(a, entry->id, &known, err));
        *ret_counts = !there && !known && has_place(a, &response);
        return STATUS_OK;
    }
    TRY(accepted_find(a->db, entry->id, &known, err));
    *ret_counts = !there && known;
    return STATUS_OK;
}

static enum status write_document(struct accepting *a, struct err *err)
{
    AUTO(json_decrefp)
    json_t *document = json_pack("{s:s, s:s, s:[s, s], s:O}", "kind", "quarantine", "lane", a->lane,
                                 "by", a->by[0], a->by[1], "lines", a->lines);
    AUTO(buf_done) struct buf text;
    uint8_t id[ENTRY_ID_BYTES];
    buf_init(&text, PROJECTION_IMPORT_LIMIT_BYTES);
    if (document == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a tail");
    TRY(json_write(document, &text, err));
    hublane_new_id(id);
    return hublane_append_document(a->db, a->hub->lane, ENTRY_IMPORT, &text, id, err);
}

// One line counts at once, by the same function that rebuilds it, so that the next ones see it.
static enum status count_line(struct accepting *a, const char *line, struct err *err)
{
    AUTO(json_decrefp)
    json_t *one =
        json_pack("{s:s, s:s, s:[s]}", "kind", "quarantine", "lane", a->lane, "lines", line);
    if (one == NULL || json_array_append_new(a->lines, json_string(line)) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a tail");
    TRY(accepted_import(a->db, a->hub->units, one, err));
    if (json_array_size(a->lines) < DOCUMENT_LINES)
        return STATUS_OK;
    TRY(write_document(a, err));
    return json_array_clear(a->lines) == 0 ? STATUS_OK : BUG(err, "a list cannot be cleared");
}

static enum status accept_line(struct accepting *a, struct stmt *q, struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    bool count = false;
    TRY(entry_read(stmt_text(q, 0), stmt_text_size(q, 0), &entry, err));
    TRY(counts(a, &entry, &count, err));
    if (!count)
        return STATUS_OK;
    a->counted += entry.kind == ENTRY_RESPONSE;
    return count_line(a, stmt_text(q, 0), err);
}

static enum status accept_lines(struct accepting *a, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    bool more = false, any = false;
    TRY(stmt_use(a->db, HUB_QUARANTINE_LINES, &q, err));
    stmt_bind_text(q, 1, a->lane);
    for (;; any = true) {
        TRY(stmt_row(q, &more, err));
        if (!more)
            break;
        TRY(accept_line(a, q, err));
    }
    if (!any)
        return err_set(err, STATUS_NOT_FOUND, "nothing of that lane waits in quarantine");
    // The acceptance itself is worth an entry, even of a tail without responses.
    return json_array_size(a->lines) > 0 || a->counted == 0 ? write_document(a, err) : STATUS_OK;
}

enum status quarantine_accept(const struct hub *hub, struct db *db, const char *lane,
                              const char *const by[2], int64_t *ret_counted, struct err *err)
{
    AUTO(accepting_done)
    struct accepting accepting = {
        .hub = hub, .db = db, .lane = lane, .by = by, .lines = json_array()};
    struct standing standing;
    if (accepting.lines == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a tail");
    TRY(find_standing(db, lane, &standing, err));
    memcpy(accepting.unit, standing.unit, sizeof accepting.unit);
    TRY(accept_lines(&accepting, err));
    TRY(end(db, lane, ACCEPTED, err));
    *ret_counted = accepting.counted;
    return STATUS_OK;
}
