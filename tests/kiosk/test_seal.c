// SPDX-License-Identifier: MIT
// seal.c: what a seal says, when it is made, and what goes 24 hours later.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "checkpoint.h"
#include "chores.h"
#include "counts.h"
#include "file.h"
#include "office.h"
#include "outbox.h"
#include "seal.h"
#include "timekeeper.h"

enum { HOUR_S = 3600, EMPTIED_WAL_BYTES = 32 + 24 + 4096 };
// The example's office closes at 17:00.
#define DUE_S (OFFICE_NOW_S + 7 * HOUR_S + 45 * 60) // 17:15

static void rate(struct office *office, int level, char ret_token[TOKEN_TEXT_CHARS + 1])
{
    char fields[64], token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SCREEN, "HT", "", 0, token);
    snprintf(fields, sizeof fields, "part=0&page=overall&overall=%d", level);
    assert_int_equal(office_rate(office, token, fields, NULL), STATUS_OK);
    if (ret_token != NULL)
        memcpy(ret_token, token, sizeof token);
}

static void rate_many(struct office *office, int count, int level)
{
    for (int i = 0; i < count; i++)
        rate(office, level, NULL);
}

static struct seal seal(struct office *office)
{
    struct seal seal = {0};
    assert_int_equal(seal_make(office->kiosk, &seal, &office->err), STATUS_OK);
    return seal;
}

static bool at_close(struct office *office, bool starting)
{
    bool made = false;
    assert_int_equal(seal_at_close(office->kiosk, starting, &made, &office->err), STATUS_OK);
    return made;
}

static void assert_last(struct office *office, const char *rest)
{
    char line[ENTRY_LIMIT_BYTES];
    struct entry entry;
    office_last_line(office, line, sizeof line);
    if (strstr(line, rest) == NULL)
        fail_msg("%s is not in %s", rest, line);
    assert_int_equal(entry_read(line, strlen(line), &entry, &office->err), STATUS_OK);
    assert_int_equal(entry.kind, ENTRY_SEAL);
    entry_done(&entry);
}

static void a_seal_counts_what_came_since_the_last_one(void **state)
{
    struct office *office = *state;
    rate_many(office, 3, 5);
    const struct seal first = seal(office);
    assert_true(first.made);
    assert_int_equal(first.count, 3);
    assert_int_equal(first.size, office_entries(office));
    assert_last(office, "\"part\":0,\"day\":\"2026-11-03\",\"count\":3}");
    rate_many(office, 2, 5);
    assert_int_equal(seal(office).count, 2);
}

static void a_second_seal_without_news_is_the_first_one(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    const struct seal first = seal(office);
    const uint64_t entries = office_entries(office);
    clock_fix(OFFICE_NOW_S + HOUR_S);
    const struct seal second = seal(office);
    assert_false(second.made);
    assert_int_equal(office_entries(office), entries);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.day, first.day);
    assert_int_equal(second.size, first.size);
    assert_memory_equal(second.root, first.root, sizeof first.root);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    assert_true(seal(office).made); // another day has its own
}

static void levels_are_told_from_ten_answers_on(void **state)
{
    struct office *office = *state;
    rate_many(office, 8, 5);
    rate(office, 2, NULL);
    seal(office);
    assert_last(office, "\"count\":9}");
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S);
    rate(office, 4, NULL);
    seal(office);
    assert_last(office, "\"day\":\"2026-11-04\",\"count\":1,\"levels\":[0,1,0,1,8],"
                        "\"from\":\"2026-11-03\"}");
    clock_fix(OFFICE_NOW_S + 2 * OFFICE_DAY_S);
    rate_many(office, 10, 3);
    seal(office); // what was told is not told again
    assert_last(office, "\"count\":10,\"levels\":[0,0,10,0,0],\"from\":\"2026-11-05\"}");
}

static void a_changed_level_counts_as_it_was_left(void **state)
{
    struct office *office = *state;
    char token[TOKEN_TEXT_CHARS + 1];
    rate_many(office, 9, 5);
    rate(office, 1, token);
    assert_int_equal(office_rate(office, token, "part=1&page=overall&overall=4", NULL), STATUS_OK);
    assert_int_equal(office_rate(office, token, "part=2&page=topics&topic_time=1", NULL),
                     STATUS_OK);
    seal(office);
    assert_last(office, "\"count\":10,\"levels\":[0,0,0,1,9]");
    // The level has been told: a change of it is in the journal, and in no later seal.
    assert_int_equal(office_rate(office, token, "part=3&page=overall&overall=2", NULL), STATUS_OK);
    rate_many(office, 10, 5);
    seal(office);
    assert_last(office, "\"count\":10,\"levels\":[0,0,0,0,10]");
}

static off_t wal_bytes(const struct office *office)
{
    char path[SCRATCH_PATH_SIZE + 16];
    struct stat facts;
    snprintf(path, sizeof path, "%s/kiosk.db-wal", office->folder);
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_size;
}

static void a_seal_signs_its_head_and_empties_the_wal(void **state)
{
    struct office *office = *state;
    rate_many(office, 20, 5);
    assert_true(wal_bytes(office) > EMPTIED_WAL_BYTES);
    const struct seal made = seal(office);
    assert_true(wal_bytes(office) <= EMPTIED_WAL_BYTES);
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    bool found = false;
    struct note_checkpoint head;
    struct db *db = dbpool_take(office->kiosk->readers);
    const enum status status = checkpoint_last(db, INT64_MAX, false, &note, &found, &office->err);
    dbpool_give(office->kiosk->readers, db);
    assert_int_equal(status, STATUS_OK);
    assert_true(found);
    assert_int_equal(note_read(note.data, note.size_bytes, &head, &office->err), STATUS_OK);
    assert_int_equal(head.size, made.size);
    assert_memory_equal(head.root, made.root, sizeof made.root);
    uint64_t size = 0;
    uint8_t root[CRYPTO_HASH_BYTES];
    journal_head(office->kiosk->journal, &size, root);
    assert_memory_equal(root, made.root, sizeof root);
}

static void counts_go_before_the_seal(void **state)
{
    struct office *office = *state;
    char code[SLIPCODE_CHARS + 1];
    assert_int_equal(office_slip(office, "HT", "", false, code), STATUS_OK);
    const uint64_t before = office_entries(office);
    seal(office);
    assert_int_equal(office_entries(office), before + 3); // slips, offered, seal
    assert_last(office, "\"count\":0}");
}

static void a_seal_is_due_a_quarter_of_an_hour_after_closing(void **state)
{
    struct office *office = *state;
    const struct opening *opening = &office->kiosk->setup.opening;
    const struct opening unknown = {.known = false};
    const int64_t midnight_s = OFFICE_NOW_S - (9 * HOUR_S + 30 * 60);
    assert_true(opening->known);
    assert_false(seal_is_due(opening, DUE_S - 1));
    assert_true(seal_is_due(opening, DUE_S));
    assert_true(seal_is_due(opening, midnight_s + OFFICE_DAY_S - 1));
    assert_false(seal_is_due(opening, midnight_s + OFFICE_DAY_S));
    assert_false(seal_is_due(&unknown, midnight_s + 23 * HOUR_S + 30 * 60 - 1));
    assert_true(seal_is_due(&unknown, midnight_s + 23 * HOUR_S + 30 * 60));
    struct opening late = {.known = true, .range_count = {0, 1}};
    late.ranges[1][0] = (struct opening_range){0, 1440}; // a Tuesday without an end
    assert_false(seal_is_due(&late, midnight_s + OFFICE_DAY_S - 601));
    assert_true(seal_is_due(&late, midnight_s + OFFICE_DAY_S - 600));
}

static void it_seals_by_itself_once_a_day(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    assert_false(at_close(office, false));
    clock_fix(DUE_S);
    assert_true(at_close(office, false));
    assert_last(office, "\"day\":\"2026-11-03\",\"count\":1}");
    rate(office, 5, NULL); // after hours: the next day's
    assert_false(at_close(office, false));
    clock_fix(DUE_S + OFFICE_DAY_S);
    assert_true(at_close(office, false));
    assert_last(office, "\"day\":\"2026-11-04\",\"count\":1}");
    clock_fix(DUE_S + 2 * OFFICE_DAY_S);
    assert_true(at_close(office, false)); // a day without answers says so
    assert_last(office, "\"day\":\"2026-11-05\",\"count\":0}");
}

static void a_seal_by_hand_does_not_replace_that_of_the_close(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    assert_true(seal(office).made);
    rate(office, 4, NULL);
    clock_fix(DUE_S);
    assert_true(at_close(office, false));
    assert_last(office, "\"day\":\"2026-11-03\",\"count\":1}");
    assert_false(at_close(office, false));
}

static void a_closed_day_is_sealed_only_when_something_waits(void **state)
{
    struct office *office = *state;
    const int64_t sunday_s = OFFICE_NOW_S + 5 * OFFICE_DAY_S + 14 * HOUR_S; // 23:30
    clock_fix(sunday_s);
    assert_false(at_close(office, false));
    rate(office, 5, NULL);
    assert_true(at_close(office, false));
    assert_last(office, "\"day\":\"2026-11-08\",\"count\":1}");
}

static void the_day_that_was_missed_is_sealed_at_the_next_start(void **state)
{
    struct office *office = *state;
    rate_many(office, 2, 5);
    clock_fix(OFFICE_NOW_S + 3 * OFFICE_DAY_S - 2 * HOUR_S); // 07:30
    assert_false(at_close(office, false));
    assert_true(at_close(office, true));
    assert_last(office, "\"day\":\"2026-11-03\",\"count\":2}");
    assert_false(at_close(office, true));
    // What came after hours of a day that was sealed is no missed day.
    clock_fix(DUE_S + 3 * OFFICE_DAY_S);
    assert_true(at_close(office, false));
    rate(office, 5, NULL);
    clock_fix(OFFICE_NOW_S + 4 * OFFICE_DAY_S);
    assert_false(at_close(office, true));
}

static bool has_key(const struct office *office, const char *day)
{
    char path[SCRATCH_PATH_SIZE + 32];
    struct stat facts;
    snprintf(path, sizeof path, "%s/keys/day/%s.key", office->folder, day);
    return stat(path, &facts) == 0;
}

static void a_day_key_goes_24_hours_after_its_seal(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    clock_fix(DUE_S);
    assert_true(at_close(office, false));
    clock_fix(DUE_S + OFFICE_DAY_S - 1);
    rate(office, 5, NULL);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_key(office, "2026-11-03"));
    clock_fix(DUE_S + OFFICE_DAY_S);
    assert_true(at_close(office, false)); // the next day's seal does not hide the first one's
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_key(office, "2026-11-03"));
    assert_true(has_key(office, "2026-11-04"));
}

static void a_later_seal_of_the_day_keeps_its_key_for_24_hours(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    assert_true(seal(office).made);
    clock_fix(DUE_S);
    rate(office, 5, NULL);
    assert_true(seal(office).made);
    clock_fix(DUE_S + OFFICE_DAY_S - 1);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_key(office, "2026-11-03"));
    clock_fix(DUE_S + OFFICE_DAY_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_key(office, "2026-11-03"));
}

static void without_a_seal_a_key_goes_when_the_next_day_is_over(void **state)
{
    struct office *office = *state;
    rate(office, 5, NULL);
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S + 14 * HOUR_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_true(has_key(office, "2026-11-03"));
    clock_fix(OFFICE_NOW_S + OFFICE_DAY_S + 15 * HOUR_S);
    assert_int_equal(chores_expire(office->kiosk, &office->err), STATUS_OK);
    assert_false(has_key(office, "2026-11-03"));
}

static void the_short_code_is_the_beginning_of_the_root(void **state)
{
    (void)state;
    static const struct {
        uint8_t root[CRYPTO_HASH_BYTES];
        const char *code;
    } rows[] = {{{0}, "00000000"},
                {{0xff, 0xff, 0xff, 0xff, 0xff}, "ZZZZZZZZ"},
                {{0x08, 0x42, 0x10, 0x84, 0x21, 0xff}, "11111111"},
                {{0x80}, "G0000000"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char code[SEAL_SHORT_CHARS + 1];
        seal_short(rows[i].root, code);
        assert_string_equal(code, rows[i].code);
    }
}

#define OFFICE_TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

// ---- what a page of the database tells
// -----------------------------------------------------------

enum { SLIPS = 9, HASH_BYTES = 16, PLACES = 2 }; // in the table and in its index

struct issued {
    char code[SLIPCODE_CHARS + 1];
    uint8_t hash[HASH_BYTES];
};

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct issued *)a)->hash, ((const struct issued *)b)->hash, HASH_BYTES);
}

static void issue(struct office *office, struct issued slips[SLIPS])
{
    uint8_t key[CRYPTO_KEY_BYTES], hash[CRYPTO_HASH_BYTES];
    crypto_derive(office->kiosk->slip_key, "slip", key);
    for (size_t i = 0; i < SLIPS; i++) {
        assert_int_equal(office_slip(office, "HT", "", false, slips[i].code), STATUS_OK);
        crypto_hmac(key, slips[i].code, SLIPCODE_CHARS, hash);
        memcpy(slips[i].hash, hash, HASH_BYTES);
    }
}

static void read_database(struct office *office, struct buf *bytes)
{
    char path[SCRATCH_PATH_SIZE + 16];
    AUTO(db_closep) struct db *db = NULL;
    snprintf(path, sizeof path, "%s/kiosk.db", office->folder);
    assert_int_equal(db_open(path, DB_WRITE, &kiosk_schema, &db, &office->err), STATUS_OK);
    assert_int_equal(db_checkpoint(db, true, &office->err), STATUS_OK);
    buf_init(bytes, 64 << 20);
    assert_int_equal(file_read(path, bytes, &office->err), STATUS_OK);
}

// Where the slips stand in the file, the first of the two places or the second.
static void find_places(const struct buf *bytes, const struct issued slips[SLIPS],
                        size_t ret_places[PLACES][SLIPS])
{
    for (size_t i = 0; i < SLIPS; i++) {
        const char *at = bytes->data, *end = bytes->data + bytes->size_bytes;
        for (size_t k = 0; k < PLACES; k++) {
            at = memmem(at, (size_t)(end - at), slips[i].hash, HASH_BYTES);
            assert_non_null(at);
            ret_places[k][i] = (size_t)(at - bytes->data);
            at += HASH_BYTES;
        }
        assert_null(memmem(at, (size_t)(end - at), slips[i].hash, HASH_BYTES)); // nothing is left
    }
}

static bool falls(const size_t places[SLIPS])
{
    for (size_t i = 1; i < SLIPS; i++)
        if (places[i] >= places[i - 1])
            return false;
    return true;
}

static void spend(struct office *office, const char *code)
{
    char token[TOKEN_TEXT_CHARS + 1];
    office_token(office, RESPONSE_SLIP, "HT", code, 0, token);
    assert_int_equal(office_rate(office, token, "part=0&page=overall&overall=5", NULL), STATUS_OK);
}

// Nine in order by chance, before the seal: 1 in 9!.
static void after_the_seal_slips_lie_in_the_order_of_their_hashes(void **state)
{
    struct office *office = *state;
    struct issued slips[SLIPS];
    size_t places[PLACES][SLIPS];
    AUTO(buf_done) struct buf before;
    AUTO(buf_done) struct buf after;
    issue(office, slips);
    for (size_t i = 0; i < SLIPS; i += 2)
        spend(office, slips[i].code);
    qsort(slips, SLIPS, sizeof slips[0], by_hash);
    read_database(office, &before);
    find_places(&before, slips, places);
    assert_false(falls(places[0])); // the order of issue
    seal(office);
    read_database(office, &after);
    find_places(&after, slips, places);
    assert_true(falls(places[0]) && falls(places[1]));
    for (size_t i = 0; i < SLIPS; i++) {
        const enum slip_state state_now = office_slip_state(office, slips[i].code).state;
        assert_true(state_now == SLIP_OPEN || state_now == SLIP_FINISHED);
    }
}

// Whatever the order in which they are spent in.
static void spending_a_slip_moves_no_row(void **state)
{
    struct office *office = *state;
    struct issued slips[SLIPS];
    size_t before[PLACES][SLIPS], after[PLACES][SLIPS];
    AUTO(buf_done) struct buf first;
    AUTO(buf_done) struct buf second;
    issue(office, slips);
    read_database(office, &first);
    find_places(&first, slips, before);
    static const size_t ORDER[] = {4, 0, 8, 3, 7};
    for (size_t i = 0; i < ARRAY_SIZE(ORDER); i++)
        spend(office, slips[ORDER[i]].code);
    read_database(office, &second);
    find_places(&second, slips, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(office_slip_state(office, slips[8].code).state, SLIP_FINISHED);
}

struct page_job {
    struct writer_job job;
    struct office *office;
    uint8_t page;
};

static enum status apply_page(struct db *db, struct writer_job *job, struct err *err)
{
    const struct page_job *own = (const struct page_job *)job;
    uint8_t hash[OUTBOX_HASH_BYTES];
    memset(hash, own->page, sizeof hash);
    const struct outbox_text text = {
        .area = "HT", .text = "Dấu vết 7391", .page_hash = hash, .mac = hash};
    return outbox_add(own->office->kiosk, db, &text, err);
}

static void pages_that_sent_a_text_lie_in_order_and_the_outbox_leaves_nothing(void **state)
{
    static const uint8_t PAGES[] = {0xe7, 0xe1, 0xe9, 0xe3, 0xe8};
    struct office *office = *state;
    AUTO(buf_done) struct buf bytes;
    for (size_t i = 0; i < sizeof PAGES; i++) {
        struct page_job job = {.job.apply = apply_page, .office = office, .page = PAGES[i]};
        assert_int_equal(writer_run(office->kiosk->writer, &job.job, &office->err), STATUS_OK);
    }
    seal(office);
    read_database(office, &bytes);
    const char *end = bytes.data + bytes.size_bytes, *last = end;
    for (unsigned page = 0xe1; page <= 0xe9; page++) {
        uint8_t row[OUTBOX_HASH_BYTES];
        memset(row, (int)page, sizeof row);
        const char *at = memmem(bytes.data, bytes.size_bytes, row, sizeof row);
        assert_int_equal(at != NULL, memchr(PAGES, (int)page, sizeof PAGES) != NULL);
        if (at == NULL)
            continue;
        assert_true(at < last);
        last = at;
    }
    // As often as there are texts beside the journal.
    size_t found = 0;
    for (const char *at = bytes.data; (at = memmem(at, (size_t)(end - at), "7391", 4)) != NULL;
         at += 4)
        found++;
    assert_int_equal(found, sizeof PAGES);
}

static void nothing_is_sealed_while_the_clock_is_not_trusted(void **state)
{
    struct office *office = *state;
    struct seal made = {0};
    clock_fix_boot(1000000, 5);
    office_reopen(office);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    rate(office, 5, NULL);
    clock_fix(DUE_S); // it jumps
    const uint64_t entries = office_entries(office);
    assert_false(at_close(office, false));
    assert_false(at_close(office, true));
    assert_int_equal(seal_make(office->kiosk, &made, &office->err), STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, "clock --confirm"));
    assert_int_equal(office_entries(office), entries);
    assert_int_equal(timekeeper_confirm(office->kiosk, TIMEKEEPER_STAFF, 0, &office->err),
                     STATUS_OK);
    assert_true(at_close(office, false));
    clock_fix_boot(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_seal_counts_what_came_since_the_last_one),
        OFFICE_TEST(a_second_seal_without_news_is_the_first_one),
        OFFICE_TEST(levels_are_told_from_ten_answers_on),
        OFFICE_TEST(a_changed_level_counts_as_it_was_left),
        OFFICE_TEST(a_seal_signs_its_head_and_empties_the_wal),
        OFFICE_TEST(counts_go_before_the_seal),
        OFFICE_TEST(a_seal_is_due_a_quarter_of_an_hour_after_closing),
        OFFICE_TEST(it_seals_by_itself_once_a_day),
        OFFICE_TEST(a_seal_by_hand_does_not_replace_that_of_the_close),
        OFFICE_TEST(a_closed_day_is_sealed_only_when_something_waits),
        OFFICE_TEST(the_day_that_was_missed_is_sealed_at_the_next_start),
        OFFICE_TEST(a_day_key_goes_24_hours_after_its_seal),
        OFFICE_TEST(a_later_seal_of_the_day_keeps_its_key_for_24_hours),
        OFFICE_TEST(without_a_seal_a_key_goes_when_the_next_day_is_over),
        OFFICE_TEST(after_the_seal_slips_lie_in_the_order_of_their_hashes),
        OFFICE_TEST(spending_a_slip_moves_no_row),
        OFFICE_TEST(pages_that_sent_a_text_lie_in_order_and_the_outbox_leaves_nothing),
        OFFICE_TEST(nothing_is_sealed_while_the_clock_is_not_trusted),
        cmocka_unit_test(the_short_code_is_the_beginning_of_the_root),
    };
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
