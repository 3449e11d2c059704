// SPDX-License-Identifier: MIT
// Writes flag entries.
#include "flagentry.h"

#include "clock.h"
#include "text.h"

static void write_tail(const struct response *response, enum judge_pace pace,
                       const struct judge_earlier *earlier, const uint8_t id[ENTRY_ID_BYTES],
                       struct buf *tail)
{
    char hour[CLOCK_HOUR_TEXT_SIZE], of[2 * ENTRY_ID_BYTES + 1];
    struct jsonw w;
    clock_hour_text(response->hour, hour);
    entry_tail_begin(&w, tail, ENTRY_FLAG, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", hour);
    jsonw_text(&w, "rule", judge_pace_name[pace]);
    jsonw_int(&w, "version", JUDGE_RULE_VERSION);
    jsonw_array(&w, "of");
    for (size_t i = 0; i < earlier->count; i++) {
        text_hex(earlier->ids[i], ENTRY_ID_BYTES, of);
        jsonw_text(&w, NULL, of);
    }
    jsonw_array_end(&w);
    if (response->clock_unset)
        jsonw_text(&w, "clock", "unset");
    entry_tail_end(&w);
}

enum status flagentry_append(struct kiosk *kiosk, struct db *db, const struct response *response,
                             const struct judge_earlier earlier[JUDGE_PACES], struct err *err)
{
    for (size_t pace = 0; pace < JUDGE_PACES; pace++) {
        if (earlier[pace].count == 0)
            continue;
        AUTO(buf_done) struct buf tail;
        bool added = false;
        uint8_t id[ENTRY_ID_BYTES];
        entry_id_of_hour(response->hour, id);
        buf_init(&tail, ENTRY_LIMIT_BYTES);
        write_tail(response, (enum judge_pace)pace, &earlier[pace], id, &tail);
        TRY(buf_check(&tail, err));
        TRY(journal_append(db, kiosk->journal, id, 0, NULL, &tail, &added, err));
    }
    return STATUS_OK;
}
