// SPDX-License-Identifier: MIT
// Turns responses, details and imports into rows and counts.
#include "projection.h"

#include <string.h>

#include "accepted.h"
#include "clock.h"
#include "hub_sql.h"
#include "stmt.h"
#include "text.h"

enum { ANSWERS_LIMIT_BYTES = 2048 }; // 32 items with ids of 24 characters

// A response as the table has it; the strings are ours, so that the statement can be released.
struct stored {
    struct response response; // without answers; flag_count: whether it counts as flagged
    struct projection_standing standing;
    json_t *answers; // owned
};

static void stored_done(struct stored *stored)
{
    json_decref(stored->answers);
}

// "tthc" of "tthc@1".
static void form_id(const char *name, char ret_id[FORM_ID_CHARS + 1])
{
    size_t size = strcspn(name, "@");
    if (size > FORM_ID_CHARS)
        size = FORM_ID_CHARS;
    memcpy(ret_id, name, size);
    ret_id[size] = '\0';
}

static enum status move_answer(struct db *db, const struct unit_tree *units,
                               const struct response *response, const char *item, int level,
                               enum tally_way way, struct err *err)
{
    char form[FORM_ID_CHARS + 1];
    form_id(response->form, form);
    struct tally_cell cell = {
        .unit = response->unit,
        .counter = response->counter,
        .area = response->area,
        .item = item,
        .form = form,
        .day = clock_day_of_hour(response->hour),
        .channel = response->channel,
        .step = response->step,
        .linked = response->linked,
        .flagged = response->flag_count > 0,
    };
    struct tally_counts counts = tally_of_level(level);
    return tally_move(db, units, &cell, &counts, way, err);
}

static enum status add_row(struct db *db, const struct response *response, struct err *err)
{
    AUTO(buf_done) struct buf answers;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct jsonw w;
    buf_init(&answers, ANSWERS_LIMIT_BYTES);
    jsonw_init(&w, &answers);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < response->answer_count; i++)
        jsonw_int(&w, response->answers[i].item, response->answers[i].level);
    jsonw_object_end(&w);
    TRY(buf_check(&answers, err));
    TRY(stmt_use(db, HUB_RESPONSE_ADD, &q, err));
    stmt_bind_blob(q, 1, response->id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, response->unit);
    stmt_bind_text(q, 3, response->counter);
    stmt_bind_text(q, 4, response->area);
    stmt_bind_text(q, 5, response->form);
    stmt_bind_int(q, 6, response->hour);
    stmt_bind_text(q, 7, response_channel_name(response->channel));
    stmt_bind_text(q, 8, response_step_name(response->step));
    stmt_bind_int(q, 9, response->linked);
    stmt_bind_text(q, 10, buf_text(&answers));
    stmt_bind_int(q, 11, response->flag_count > 0);
    return stmt_run(q, NULL, err);
}

enum status projection_response(struct db *db, const struct unit_tree *units,
                                const struct response *response, struct err *err)
{
    TRY(add_row(db, response, err));
    for (size_t i = 0; i < response->answer_count; i++)
        TRY(move_answer(db, units, response, response->answers[i].item, response->answers[i].level,
                        TALLY_ADD, err));
    return STATUS_OK;
}

static void copy_text(char *to, size_t room, const char *from)
{
    size_t size = strnlen(from, room - 1);
    memcpy(to, from, size);
    to[size] = '\0';
}

// IND-14: what two people said of it stands over what its kiosk's rules say.
static bool is_flagged(const struct projection_standing *standing)
{
    return standing->ruling == PROJECTION_FLAGGED ||
           (standing->ruling == PROJECTION_UNRULED && standing->flagged);
}

static enum status find_stored(struct db *db, const uint8_t *id, struct stored *ret_stored,
                               bool *ret_found, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    struct response *response = &ret_stored->response;
    TRY(stmt_use(db, HUB_RESPONSE_FIND, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    TRY(stmt_row(q, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    copy_text(response->unit, sizeof response->unit, stmt_text(q, 0));
    copy_text(response->counter, sizeof response->counter, stmt_text(q, 1));
    copy_text(response->area, sizeof response->area, stmt_text(q, 2));
    copy_text(response->form, sizeof response->form, stmt_text(q, 3));
    response->hour = (uint32_t)stmt_int(q, 4);
    if (!response_channel_find(stmt_text(q, 5), &response->channel) ||
        !response_step_find(stmt_text(q, 6), &response->step))
        return BUG(err, "a stored response has a channel or step that we never write");
    response->linked = stmt_int(q, 7) != 0;
    ret_stored->standing = (struct projection_standing){
        .hour = response->hour,
        .flagged = stmt_int(q, 9) != 0,
        .ruling = (enum projection_ruling)stmt_int(q, 10),
        .voided = stmt_int(q, 11) != 0,
    };
    response->flag_count = is_flagged(&ret_stored->standing);
    return json_parse(stmt_text(q, 8), stmt_text_size(q, 8), ANSWERS_LIMIT_BYTES, "stored answers",
                      &ret_stored->answers, err);
}

static enum status replace_answer(struct db *db, const struct unit_tree *units,
                                  struct stored *stored, const struct form *form,
                                  const struct response_answer *answer, struct err *err)
{
    const struct form_item *item = form_item(form, answer->item);
    int64_t former = json_int_or(stored->answers, answer->item, 0);
    if (item == NULL || answer->level > item->levels)
        return err_set(err, STATUS_BAD_INPUT,
                       "a detail answers an item or level that its response's form does not have");
    // IND-12: the last one counts, where the response was counted.
    if (former == answer->level)
        return STATUS_OK;
    if (former > 0 && !stored->standing.voided)
        TRY(move_answer(db, units, &stored->response, answer->item, (int)former, TALLY_TAKE, err));
    if (!stored->standing.voided)
        TRY(move_answer(db, units, &stored->response, answer->item, answer->level, TALLY_ADD, err));
    if (json_object_set_new(stored->answers, answer->item, json_integer(answer->level)) != 0)
        return err_set(err, STATUS_NO_MEMORY, "no memory for an answer");
    return STATUS_OK;
}

static enum status store_answers(struct db *db, const uint8_t *id, const json_t *answers,
                                 struct err *err)
{
    AUTO(buf_done) struct buf text;
    AUTO(stmt_releasep) struct stmt *q = NULL;
    buf_init(&text, ANSWERS_LIMIT_BYTES);
    TRY(json_write(answers, &text, err));
    TRY(stmt_use(db, HUB_RESPONSE_ANSWERS_SET, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_text(q, 2, buf_text(&text));
    return stmt_run(q, NULL, err);
}

enum status projection_detail(struct db *db, const struct unit_tree *units,
                              const struct response *detail, struct err *err)
{
    AUTO(stored_done) struct stored stored = {.answers = NULL};
    bool found = false;
    TRY(find_stored(db, detail->id, &stored, &found, err));
    if (!found)
        return err_set(err, STATUS_BAD_INPUT, "a detail has no response with its id before it");
    if (strcmp(detail->unit, stored.response.unit) != 0)
        return err_set(err, STATUS_BAD_INPUT, "a detail names another unit than its response");
    const struct form *form = form_find(stored.response.form);
    if (form == NULL)
        return BUG(err, "a stored response has a form that this version does not know");
    for (size_t i = 0; i < detail->answer_count; i++)
        TRY(replace_answer(db, units, &stored, form, &detail->answers[i], err));
    return detail->answer_count > 0 ? store_answers(db, detail->id, stored.answers, err)
                                    : STATUS_OK;
}

// ---- corrections -----------------------------------------------------------------------------

enum status projection_standing_find(struct db *db, const uint8_t id[ENTRY_ID_BYTES],
                                     struct projection_standing *ret_standing,
                                     char ret_unit[RESPONSE_UNIT_CHARS + 1], bool *ret_found,
                                     struct err *err)
{
    AUTO(stored_done) struct stored stored = {.answers = NULL};
    TRY(find_stored(db, id, &stored, ret_found, err));
    if (!*ret_found)
        return STATUS_OK;
    *ret_standing = stored.standing;
    if (ret_unit != NULL)
        memcpy(ret_unit, stored.response.unit, sizeof stored.response.unit);
    return STATUS_OK;
}

static enum status move_all(struct db *db, const struct unit_tree *units,
                            const struct stored *stored, enum tally_way way, struct err *err)
{
    json_t *answers = stored->answers; // json_object_foreach takes no const
    const char *item = NULL;
    const json_t *level = NULL;
    if (stored->standing.voided)
        return STATUS_OK; // IND-15
    json_object_foreach(answers, item, level)
    {
        TRY(move_answer(db, units, &stored->response, item, (int)json_integer_value(level), way,
                        err));
    }
    return STATUS_OK;
}

static enum status store_standing(struct db *db, const uint8_t *id,
                                  const struct projection_standing *standing, struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    TRY(stmt_use(db, HUB_RESPONSE_STAND, &q, err));
    stmt_bind_blob(q, 1, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 2, standing->hour);
    stmt_bind_int(q, 3, standing->flagged);
    stmt_bind_int(q, 4, standing->ruling);
    stmt_bind_int(q, 5, standing->voided);
    return stmt_run(q, NULL, err);
}

enum status projection_stand(struct db *db, const struct unit_tree *units,
                             const uint8_t id[ENTRY_ID_BYTES],
                             const struct projection_standing *standing, struct err *err)
{
    AUTO(stored_done) struct stored stored = {.answers = NULL};
    bool found = false;
    TRY(find_stored(db, id, &stored, &found, err));
    if (!found)
        return err_set(err, STATUS_BAD_INPUT, "there is no response with that id");
    TRY(move_all(db, units, &stored, TALLY_TAKE, err));
    stored.standing = *standing;
    stored.response.hour = standing->hour;
    stored.response.flag_count = is_flagged(standing);
    TRY(move_all(db, units, &stored, TALLY_ADD, err));
    return store_standing(db, id, standing, err);
}

// ---- imports ---------------------------------------------------------------------------------

const char *projection_paper_form(bool overall_only)
{
    return overall_only ? "mot-cau" : "tthc";
}

// One row of an import's document.
static enum status import_row(struct db *db, const struct unit_tree *units, const char *form,
                              const json_t *row, struct err *err)
{
    struct tally_cell cell = {
        .unit = json_string_value(json_array_get(row, 0)),
        .counter = "",
        .area = json_string_value(json_array_get(row, 2)),
        .item = json_string_value(json_array_get(row, 3)),
        .form = form,
        .channel = RESPONSE_PAPER,
        // Paper lies where results are handed out; the file does not tell steps apart.
        .step = RESPONSE_STEP_RESULT,
    };
    const char *day = json_string_value(json_array_get(row, 1));
    int64_t level = json_integer_value(json_array_get(row, 4));
    struct tally_counts counts = {.n = {0}};
    if (json_array_size(row) != 6 || cell.unit == NULL || cell.area == NULL || cell.item == NULL ||
        day == NULL || level < 1 || level > FORM_LEVELS)
        return err_set(err, STATUS_BAD_INPUT,
                       "a row of an import is not unit, day, area, item, "
                       "level, count");
    TRY(clock_parse_day(day, &cell.day, err));
    counts.n[level - 1] = json_integer_value(json_array_get(row, 5));
    return tally_move(db, units, &cell, &counts, TALLY_ADD, err);
}

struct import_sums {
    uint8_t sha256[CRYPTO_HASH_BYTES];
    int64_t taken, skipped, answers;
    bool first; // document of its file
};

static enum status read_import(const json_t *document, struct import_sums *sums, struct err *err)
{
    const char *sha256 = json_text_or(document, "sha256", "");
    const json_t *rows = json_object_get(document, "rows");
    size_t index = 0;
    const json_t *row = NULL;
    if (!text_unhex(sha256, strlen(sha256), sums->sha256, sizeof sums->sha256))
        return err_set(err, STATUS_BAD_INPUT, "an import names no file (sha256)");
    sums->taken = (int64_t)json_array_size(rows);
    sums->skipped = json_int_or(document, "skipped", 0);
    sums->first = json_int_or(document, "from_row", 0) == 0;
    json_array_foreach(rows, index, row)
    {
        sums->answers += json_integer_value(json_array_get(row, 5));
    }
    return STATUS_OK;
}

static enum status remember(struct db *db, const uint8_t *id, const struct import_sums *sums,
                            struct err *err)
{
    AUTO(stmt_releasep) struct stmt *q = NULL;
    int changes = 1;
    uint32_t hour = 0;
    TRY(stmt_use(db, sums->first ? HUB_IMPORT_ADD : HUB_IMPORT_GROW, &q, err));
    stmt_bind_blob(q, 1, sums->sha256, sizeof sums->sha256);
    if (!sums->first) {
        stmt_bind_int(q, 2, sums->taken);
        stmt_bind_int(q, 3, sums->answers);
        TRY(stmt_run(q, &changes, err));
        return changes == 1 ? STATUS_OK
                            : err_set(err, STATUS_BAD_INPUT,
                                      "an import goes on with a file that no import began");
    }
    // The id begins with the hour of taking, so a rebuild gives the same day.
    for (int i = 0; i < 4; i++)
        hour = hour << 8 | id[i];
    stmt_bind_blob(q, 2, id, ENTRY_ID_BYTES);
    stmt_bind_int(q, 3, clock_day_of_hour(hour));
    stmt_bind_int(q, 4, sums->taken);
    stmt_bind_int(q, 5, sums->skipped);
    stmt_bind_int(q, 6, sums->answers);
    return stmt_run(q, NULL, err);
}

enum status projection_import(struct db *db, const struct unit_tree *units,
                              const uint8_t id[ENTRY_ID_BYTES], const char *text, size_t size_bytes,
                              struct err *err)
{
    AUTO(json_decrefp) json_t *document = NULL;
    struct import_sums sums = {.taken = 0};
    TRY(json_parse(text, size_bytes, PROJECTION_IMPORT_LIMIT_BYTES, "import", &document, err));
    if (strcmp(json_text_or(document, "kind", ""), "quarantine") == 0)
        return accepted_import(db, units, document, err);
    // Other kinds of import may come; they change no figure of this version.
    if (strcmp(json_text_or(document, "kind", ""), "paper") != 0)
        return STATUS_OK;
    const char *form = json_text_or(document, "form", "tthc");
    const json_t *rows = json_object_get(document, "rows");
    size_t index = 0;
    const json_t *row = NULL;
    json_array_foreach(rows, index, row)
    {
        TRY(import_row(db, units, form, row, err));
    }
    TRY(read_import(document, &sums, err));
    return remember(db, id, &sums, err);
}
