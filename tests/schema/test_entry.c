// SPDX-License-Identifier: MIT
// The journal's lines: written in the documented bytes, read strictly, split and joined whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "entry.h"
#include "form.h"

#define LANE "0123456789abcdef0123456789abcdef"
#define ID "00112233445566778899aabbccddeeff"
#define HEAD "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":"

static const uint8_t id[ENTRY_ID_BYTES] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                           0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static void a_line_is_written_as_documented_and_read_back(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf tail, line;
    struct jsonw w;
    struct err err;
    buf_init(&tail, ENTRY_LIMIT_BYTES);
    buf_init(&line, ENTRY_LIMIT_BYTES);
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    jsonw_int(&w, "part", 0);
    jsonw_text(&w, "hour", "2026-11-03T09+07");
    jsonw_int(&w, "boot", 3);
    jsonw_text(&w, "version", "thử");
    entry_tail_end(&w);
    assert_int_equal(entry_line(LANE, 17, &tail, &line, &err), STATUS_OK);
    assert_string_equal(buf_text(&line),
                        HEAD "17,\"kind\":\"boot\",\"id\":\"" ID
                             "\",\"part\":0,\"hour\":\"2026-11-03T09+07\",\"boot\":3,"
                             "\"version\":\"thử\"}");
    struct entry entry;
    assert_int_equal(entry_read(line.data, line.size_bytes, &entry, &err), STATUS_OK);
    assert_string_equal(entry.lane, LANE);
    assert_int_equal(entry.seq, 17);
    assert_int_equal(entry.kind, ENTRY_BOOT);
    assert_memory_equal(entry.id, id, sizeof id);
    assert_int_equal(entry.part, 0);
    entry_done(&entry);
}

static void a_line_may_have_8192_bytes_and_not_one_more(void **state)
{
    (void)state;
    size_t fixed = strlen(HEAD "9,\"kind\":\"case\",\"id\":\"" ID "\",\"t\":\"\"}");
    for (size_t more = 0; more < 2; more++) {
        AUTO(buf_done) struct buf tail, line, text;
        struct jsonw w;
        struct err err;
        buf_init(&text, ENTRY_LIMIT_BYTES);
        buf_init(&tail, 2 * ENTRY_LIMIT_BYTES);
        buf_init(&line, 2 * ENTRY_LIMIT_BYTES);
        while (text.size_bytes < ENTRY_LIMIT_BYTES - fixed + more)
            buf_add_char(&text, 'x');
        entry_tail_begin(&w, &tail, ENTRY_CASE, id);
        jsonw_text(&w, "t", buf_text(&text));
        entry_tail_end(&w);
        enum status expected = more == 0 ? STATUS_OK : STATUS_TOO_LARGE;
        assert_int_equal(entry_line(LANE, 9, &tail, &line, &err), expected);
        assert_int_equal(line.size_bytes, more == 0 ? ENTRY_LIMIT_BYTES : 0);
        struct entry entry;
        buf_clear(&line);
        buf_addf(&line, HEAD "9,%s", buf_text(&tail));
        assert_int_equal(entry_read(line.data, line.size_bytes, &entry, &err), expected);
        if (expected == STATUS_OK)
            entry_done(&entry);
    }
}

static void a_tail_that_failed_gives_no_line(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf tail, line;
    struct jsonw w;
    struct err err;
    buf_init(&tail, 20);
    buf_init(&line, ENTRY_LIMIT_BYTES);
    entry_tail_begin(&w, &tail, ENTRY_BOOT, id);
    entry_tail_end(&w);
    assert_int_equal(entry_line(LANE, 0, &tail, &line, &err), STATUS_TOO_LARGE);
    assert_int_equal(line.size_bytes, 0);
}

static void every_kind_has_a_name_and_a_lane(void **state)
{
    (void)state;
    for (int i = 0; i < ENTRY_KIND_COUNT; i++) {
        enum entry_kind found = ENTRY_KIND_COUNT;
        assert_true(entry_kind_find(entry_kind_name((enum entry_kind)i), &found));
        assert_int_equal(found, i);
        assert_in_range(entry_kind_lanes(found), 1, 3);
    }
    enum entry_kind found = ENTRY_ACK;
    assert_false(entry_kind_find("vote", &found));
    assert_int_equal(found, ENTRY_ACK);
    assert_int_equal(entry_kind_lanes(ENTRY_RESPONSE), ENTRY_LANE_KIOSK);
    assert_int_equal(entry_kind_lanes(ENTRY_VOID), ENTRY_LANE_HUB);
    assert_int_equal(entry_kind_lanes(ENTRY_SEAL), ENTRY_LANE_KIOSK | ENTRY_LANE_HUB);
}

static void a_lane_is_named_by_the_hash_of_its_key(void **state)
{
    (void)state;
    char lane[ENTRY_LANE_CHARS + 1];
    entry_lane_of_key((const uint8_t *)"abc", 3, lane); // FIPS 180-4's example
    assert_string_equal(lane, "ba7816bf8f01cfea414140de5dae2223");
}

static void an_id_begins_with_its_hour(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x01, 0x02, 0xFD, 0xFE};
    uint8_t one[ENTRY_ID_BYTES], other[ENTRY_ID_BYTES];
    memset(one, 0x55, sizeof one);
    entry_hour_prefix(0x0102FDFE, one);
    assert_memory_equal(one, expected, sizeof expected);
    for (size_t i = ENTRY_HOUR_BYTES; i < sizeof one; i++)
        assert_int_equal(one[i], 0x55);
    entry_id_of_hour(0x0102FDFE, one);
    entry_id_of_hour(0x0102FDFE, other);
    assert_memory_equal(one, expected, sizeof expected);
    assert_memory_equal(other, expected, sizeof expected);
    assert_memory_not_equal(one, other, sizeof one);
    // As bytes they are ordered as the hours are.
    entry_id_of_hour(0x0102FDFF, other);
    assert_true(memcmp(one, other, sizeof one) < 0);
}

static void keys_may_stand_in_any_order(void **state)
{
    (void)state;
    static const char line[] =
        "{\"counts\":[[\"HT\",\"result\",4]],\"unit\":\"05533\",\"part\":3,\"id\":\"" ID
        "\",\"kind\":\"visits\",\"hour\":\"2026-11-03T09+07\",\"seq\":0,\"lane\":\"" LANE
        "\",\"v\":1}";
    struct entry entry;
    struct err err;
    assert_int_equal(entry_read(line, sizeof line - 1, &entry, &err), STATUS_OK);
    assert_int_equal(entry.part, 3);
    assert_int_equal(entry.kind, ENTRY_VISITS);
    entry_done(&entry);
}

static void whatever_is_not_an_entry_is_refused(void **state)
{
    (void)state;
#define REST ",\"kind\":\"case\",\"id\":\"" ID "\"}"
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"", "entry"},
        {"{}", "\"v\""},
        {"[]", "one JSON object"},
        {"{", "one JSON object"},
        {" " HEAD "1" REST, "one JSON object"},
        {HEAD "1" REST "\n", "one JSON object"},
        {HEAD "1" REST " ", "one JSON object"},
        {HEAD "1" REST "{}", "follows"},
        {HEAD "1,\n\"kind\":\"boot\",\"id\":\"" ID "\"}", "one JSON object"},
        {HEAD "1,\"seq\":1" REST, "twice"},
        {HEAD "-1" REST, "\"seq\""},
        {HEAD "1.0" REST, "\"seq\""},
        {HEAD "\"1\"" REST, "\"seq\""},
        {HEAD "18446744073709551616" REST, "entry"},
        {"{\"v\":2,\"lane\":\"" LANE "\",\"seq\":4" REST, "entry 4: \"v\""},
        {"{\"v\":1,\"lane\":\"0123456789ABCDEF0123456789abcdef\",\"seq\":4" REST, "\"lane\""},
        {"{\"v\":1,\"lane\":\"0123\",\"seq\":4" REST, "\"lane\""},
        {"{\"v\":1,\"lane\":\"" LANE "0\",\"seq\":4" REST, "\"lane\""},
        {"{\"v\":1,\"seq\":4" REST, "\"lane\""},
        {HEAD "4,\"kind\":\"vote\",\"id\":\"" ID "\"}", "entry 4: \"kind\""},
        {HEAD "4,\"id\":\"" ID "\"}", "\"kind\""},
        {HEAD "4,\"kind\":\"boot\",\"id\":\"0011\"}", "\"id\""},
        {HEAD "4,\"kind\":\"boot\"}", "\"id\""},
        {HEAD "4,\"part\":-1" REST, "\"part\""},
        {HEAD "4,\"part\":null" REST, "\"part\""},
        {HEAD "4,\"t\":\"\xff\"" REST, "UTF-8"},
        {HEAD "4,\"t\":\"\\u0000\"" REST, "NUL"},
        {HEAD "4,\"kind\":\"setup\",\"id\":\"" ID "\"}", "\"parts\""},
        {HEAD "4,\"kind\":\"setup\",\"id\":\"" ID "\",\"part\":2,\"parts\":2}", "\"part\""},
        {HEAD "4,\"kind\":\"setup\",\"id\":\"" ID "\",\"part\":0,\"parts\":0}", "\"parts\""},
        {HEAD "4,\"kind\":\"import\",\"id\":\"" ID
              "\",\"part\":0,\"parts\":1,\"sha256\":\"00\",\"text\":\"\"}",
         "\"sha256\""},
        {HEAD "4,\"kind\":\"response\",\"id\":\"" ID "\"}", "\"hour\""},
        {HEAD "4,\"kind\":\"boot\",\"id\":\"" ID "\"}", "\"hour\""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct entry entry = {.seq = 99};
        struct err err = {.text = ""};
        assert_int_equal(entry_read(cases[i].line, strlen(cases[i].line), &entry, &err),
                         STATUS_BAD_INPUT);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, err.text);
        assert_int_equal(entry.seq, 99);
    }
    struct entry entry;
    struct err err;
    assert_int_equal(entry_read(HEAD "1" REST, strlen(HEAD "1" REST), &entry, &err), STATUS_OK);
    entry_done(&entry);
}

// ---- documents in pieces ----------------------------------------------------------------------

struct pieces {
    struct buf lines[8];
    size_t count;
    enum status stop; // returned at the second piece
};

static enum status keep_piece(void *context, const struct buf *tail, struct err *err)
{
    struct pieces *pieces = context;
    if (pieces->count == 1 && pieces->stop != STATUS_OK)
        return err_set(err, pieces->stop, "stopped");
    struct buf *line = &pieces->lines[pieces->count];
    assert_true(pieces->count < ARRAY_SIZE(pieces->lines));
    buf_init(line, ENTRY_LIMIT_BYTES);
    return entry_line(LANE, (int64_t)pieces->count++, tail, line, err);
}

static void forget_pieces(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        buf_done(&pieces->lines[i]);
}

static enum status join_line(struct entry_join *join, const struct buf *line, bool *ret_complete)
{
    struct entry entry;
    struct err err;
    assert_int_equal(entry_read(line->data, line->size_bytes, &entry, &err), STATUS_OK);
    enum status status = entry_join_add(join, &entry, ret_complete, &err);
    entry_done(&entry);
    return status;
}

static void a_document_of_any_size_comes_back_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 3499, 3500, 3501, 6999, 7000, 7001, 10000};
    static const char *const units[] = {"a", "\"", "ệ", "\n", "😀"};
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
        for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
            AUTO(buf_done) struct buf text;
            AUTO(forget_pieces) struct pieces pieces = {.count = 0};
            struct entry_join join = {.parts = 0};
            struct err err;
            bool complete = false;
            buf_init(&text, 20000);
            while (text.size_bytes < sizes[s])
                buf_add_text(&text, units[u]);
            assert_int_equal(entry_split(ENTRY_SETUP, id, buf_text(&text), text.size_bytes,
                                         keep_piece, &pieces, &err),
                             STATUS_OK);
            buf_init(&join.whole, 20000);
            for (size_t i = 0; i < pieces.count; i++) {
                assert_false(complete);
                assert_int_equal(join_line(&join, &pieces.lines[i], &complete), STATUS_OK);
            }
            assert_true(complete);
            assert_string_equal(buf_text(&join.whole), buf_text(&text));
            buf_done(&join.whole);
        }
}

static char long_text[9000]; // 8999 times 'x'

static void pieces_must_come_in_order_and_once(void **state)
{
    (void)state;
    AUTO(forget_pieces) struct pieces pieces = {.count = 0};
    struct entry_join join = {.parts = 0};
    struct err err;
    bool complete = false;
    assert_int_equal(entry_split(ENTRY_CODES, id, long_text, 8999, keep_piece, &pieces, &err),
                     STATUS_OK);
    assert_int_equal(pieces.count, 3);
    buf_init(&join.whole, 20000);
    assert_int_equal(join_line(&join, &pieces.lines[1], &complete), STATUS_BAD_INPUT);
    assert_int_equal(join_line(&join, &pieces.lines[0], &complete), STATUS_OK);
    assert_int_equal(join_line(&join, &pieces.lines[0], &complete), STATUS_BAD_INPUT);
    assert_int_equal(join_line(&join, &pieces.lines[2], &complete), STATUS_BAD_INPUT);
    assert_int_equal(join_line(&join, &pieces.lines[1], &complete), STATUS_OK);
    assert_false(complete);
    assert_int_equal(join_line(&join, &pieces.lines[2], &complete), STATUS_OK);
    assert_true(complete);
    assert_int_equal(join.whole.size_bytes, 8999);
    assert_int_equal(join_line(&join, &pieces.lines[2], &complete), STATUS_BAD_INPUT);
    buf_done(&join.whole);
}

static void a_piece_of_another_document_starts_again(void **state)
{
    (void)state;
    static const uint8_t other[ENTRY_ID_BYTES] = {1};
    AUTO(forget_pieces) struct pieces first = {.count = 0};
    AUTO(forget_pieces) struct pieces second = {.count = 0};
    struct entry_join join = {.parts = 0};
    struct err err;
    bool complete = false;
    assert_int_equal(entry_split(ENTRY_PLAN, id, long_text, 8999, keep_piece, &first, &err),
                     STATUS_OK);
    assert_int_equal(
        entry_split(ENTRY_PLAN, other, "chỉ tiêu", strlen("chỉ tiêu"), keep_piece, &second, &err),
        STATUS_OK);
    buf_init(&join.whole, 20000);
    assert_int_equal(join_line(&join, &first.lines[0], &complete), STATUS_OK);
    assert_int_equal(join_line(&join, &second.lines[0], &complete), STATUS_OK);
    assert_true(complete);
    assert_string_equal(buf_text(&join.whole), "chỉ tiêu");
    assert_int_equal(join_line(&join, &first.lines[1], &complete), STATUS_BAD_INPUT);
    buf_done(&join.whole);
}

static void a_document_with_a_changed_letter_is_refused(void **state)
{
    (void)state;
    AUTO(forget_pieces) struct pieces pieces = {.count = 0};
    struct entry_join join = {.parts = 0};
    struct err err;
    bool complete = false;
    assert_int_equal(
        entry_split(ENTRY_FACTS, id, "trễ hẹn: 3", strlen("trễ hẹn: 3"), keep_piece, &pieces, &err),
        STATUS_OK);
    char *digit = strchr(pieces.lines[0].data, '\0') - 3; // …3"}
    assert_int_equal(*digit, '3');
    *digit = '2';
    buf_init(&join.whole, 20000);
    assert_int_equal(join_line(&join, &pieces.lines[0], &complete), STATUS_BAD_INPUT);
    assert_false(complete);
    assert_int_equal(join.whole.size_bytes, 0);
    buf_done(&join.whole);
}

static void a_document_past_the_readers_limit_is_refused(void **state)
{
    (void)state;
    AUTO(forget_pieces) struct pieces pieces = {.count = 0};
    struct entry_join join = {.parts = 0};
    struct err err;
    bool complete = false;
    assert_int_equal(entry_split(ENTRY_CLOSE, id, long_text, 8999, keep_piece, &pieces, &err),
                     STATUS_OK);
    buf_init(&join.whole, 5000);
    assert_int_equal(join_line(&join, &pieces.lines[0], &complete), STATUS_OK);
    assert_int_equal(join_line(&join, &pieces.lines[1], &complete), STATUS_TOO_LARGE);
    assert_false(complete);
    buf_done(&join.whole);
}

static void splitting_stops_where_it_is_told_and_refuses_bad_text(void **state)
{
    (void)state;
    AUTO(forget_pieces) struct pieces pieces = {.stop = STATUS_FULL};
    struct err err;
    assert_int_equal(entry_split(ENTRY_PLAN, id, long_text, 8999, keep_piece, &pieces, &err),
                     STATUS_FULL);
    assert_int_equal(pieces.count, 1);
    assert_int_equal(entry_split(ENTRY_PLAN, id, "\x80\x80", 2, keep_piece, &pieces, &err),
                     STATUS_BAD_INPUT);
    size_t huge_bytes = 5 << 20;
    char *huge = malloc(huge_bytes);
    assert_non_null(huge);
    memset(huge, 'x', huge_bytes);
    assert_int_equal(entry_split(ENTRY_PLAN, id, huge, huge_bytes, keep_piece, &pieces, &err),
                     STATUS_TOO_LARGE);
    assert_int_equal(pieces.count, 1);
    free(huge);
}

static int open_all(void **state)
{
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    return crypto_open(NULL) == STATUS_OK && form_open(NULL) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_as_documented_and_read_back),
        cmocka_unit_test(a_line_may_have_8192_bytes_and_not_one_more),
        cmocka_unit_test(a_tail_that_failed_gives_no_line),
        cmocka_unit_test(every_kind_has_a_name_and_a_lane),
        cmocka_unit_test(a_lane_is_named_by_the_hash_of_its_key),
        cmocka_unit_test(an_id_begins_with_its_hour),
        cmocka_unit_test(keys_may_stand_in_any_order),
        cmocka_unit_test(whatever_is_not_an_entry_is_refused),
        cmocka_unit_test(a_document_of_any_size_comes_back_whole),
        cmocka_unit_test(pieces_must_come_in_order_and_once),
        cmocka_unit_test(a_piece_of_another_document_starts_again),
        cmocka_unit_test(a_document_with_a_changed_letter_is_refused),
        cmocka_unit_test(a_document_past_the_readers_limit_is_refused),
        cmocka_unit_test(splitting_stops_where_it_is_told_and_refuses_bad_text),
    };
    return cmocka_run_group_tests(tests, open_all, NULL);
}
