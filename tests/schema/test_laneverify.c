// SPDX-License-Identifier: MIT
// One walk over a lane: honest ones pass, each fault is named with its entry.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "form.h"
#include "laneverify.h"
#include "text.h"

#define LANE "0123456789abcdef0123456789abcdef"
#define TIME "\"hour\":\"2026-11-03T09+07\",\"unit\":\"05533\","
#define SETUP                                                                                      \
    "\"setup\",\"id\":\"00000000000000000000000000000001\",\"part\":0,\"parts\":1,\"sha256\":"     \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"text\":\"abc\"}"
#define RESPONSE(id, level)                                                                        \
    "\"response\",\"id\":\"" id "\"," TIME "\"channel\":\"screen\",\"part\":0,\"step\":"           \
    "\"result\",\"linked\":false,\"area\":\"HT\",\"form\":\"tthc@1\",\"answers\":{"                \
    "\"overall\":" level "},\"flags\":[]}"
#define DETAIL(id, level)                                                                          \
    "\"detail\",\"id\":\"" id "\"," TIME "\"part\":1,\"page\":\"overall\",\"end\":\"tap\","        \
    "\"answers\":{\"overall\":" level "}}"
#define COMMENT                                                                                    \
    "\"comment\",\"id\":\"" C "\",\"part\":0,\"day\":\"2026-11-03\",\"unit\":\"05533\",\"text\":"  \
    "\"%s\"}"
#define REDACTION(id, of)                                                                          \
    "\"redaction\",\"id\":\"" id "\",\"part\":0,\"day\":\"2026-11-03\",\"of\":\"" of               \
    "\",\"field\":\"text\",\"reason\":\"law\",\"by\":[\"Lan\",\"Hà\"]}"
#define SEAL(count)                                                                                \
    "\"seal\",\"id\":\"0000000000000000000000000000005e\",\"part\":0,\"day\":\"2026-11-03\","      \
    "\"count\":" count "}"
#define A "000000000000000000000000000000aa"
#define B "000000000000000000000000000000bb"
#define C "000000000000000000000000000000cc"
#define R "000000000000000000000000000000dd"

static const uint8_t salt[CRYPTO_KEY_BYTES] = {7};
static const uint8_t comment_id[ENTRY_ID_BYTES] = {[15] = 0xcc};

// The commitment of the payload "Chờ lâu".
static void commitment(char ret_hex[2 * CRYPTO_HASH_BYTES + 1])
{
    static const char message[] = "text\0Chờ lâu";
    uint8_t mac[CRYPTO_HASH_BYTES];
    crypto_hmac(salt, message, sizeof message - 1, mac);
    text_hex(mac, sizeof mac, ret_hex);
}

// Walks the tails; the error's text, "" when nothing is wrong.
static const char *walk(const char *const *tails, size_t count, struct laneverify **ret_verify)
{
    static struct err err;
    const struct laneverify_options options = {.lane = LANE};
    struct laneverify_figures figures;
    char hex[2 * CRYPTO_HASH_BYTES + 1], line[1024], format[1024];
    commitment(hex);
    err.text[0] = '\0';
    assert_int_equal(laneverify_open(&options, ret_verify, &err), STATUS_OK);
    for (size_t seq = 0; seq < count; seq++) {
        snprintf(format, sizeof format, "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":%zu,\"kind\":%s",
                 seq, tails[seq]);
        const char *mark = strstr(format, "%s");
        if (mark == NULL)
            strcpy(line, format);
        else
            snprintf(line, sizeof line, "%.*s%s%s", (int)(mark - format), format, hex, mark + 2);
        if (laneverify_line(*ret_verify, line, strlen(line), NULL, &err) != STATUS_OK)
            return err.text;
    }
    return laneverify_end(*ret_verify, NULL, &figures, &err) == STATUS_OK ? "" : err.text;
}

struct lane_case {
    const char *tails[8];
    const char *fault; // how the error begins, "" for an honest lane
};

static void each_fault_of_structure_is_named(void **state)
{
    (void)state;
    static const struct lane_case cases[] = {
        {{SETUP, RESPONSE(A, "5"), DETAIL(A, "3"), RESPONSE(B, "1"), SEAL("2")}, ""},
        {{SETUP, COMMENT, REDACTION(R, C)}, ""},
        {{RESPONSE(A, "5")}, "entry 0: "},
        {{SETUP, DETAIL(A, "3")}, "entry 1: a detail whose response"},
        {{SETUP, RESPONSE(A, "5"), RESPONSE(A, "4")}, "entry 2: has the id and part of entry 1"},
        {{SETUP, RESPONSE(A, "5"), SEAL("2")}, "entries 0 to 2: the seal"},
        {{SETUP, REDACTION(R, C)}, "entry 1: redacts"},
        {{SETUP, RESPONSE(A, "5"), REDACTION(R, A)}, "entry 2: redacts"},
        {{SETUP, COMMENT, REDACTION(R, C), REDACTION(B, C)}, "entry 3: redacts"},
        {{SETUP, RESPONSE(A, "9")}, "entry 1: changed (edit)"},
        {{SETUP, "\"audit\",\"id\":\"" A "\",\"part\":0,\"hour\":\"2026-11-03T09+07\",\"act\":"
                 "\"join\",\"unit\":\"05533\",\"detail\":\"\"}"},
         "entry 1: its kind does not belong"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(laneverify_closep) struct laneverify *verify = NULL;
        size_t count = 0;
        while (count < ARRAY_SIZE(cases[i].tails) && cases[i].tails[count] != NULL)
            count++;
        const char *said = walk(cases[i].tails, count, &verify);
        if (cases[i].fault[0] == '\0')
            assert_string_equal(said, "");
        else if (strncmp(said, cases[i].fault, strlen(cases[i].fault)) != 0)
            fail_msg("case %zu: %s", i, said);
    }
}

static void a_jump_in_seq_is_told_as_move_deletion_or_replacement(void **state)
{
    (void)state;
    static const struct {
        int seqs[4];
        const char *fault;
    } cases[] = {
        {{0, 2, 3, 4}, "entry 1: missing, the next one is entry 2 (delete)"},
        {{0, 3, 2, 1}, "entry 1: stands behind entry 3 (reorder)"},
        {{0, 3, 2, 3}, "entry 1: another entry, of place 3, stands in its place (insert)"},
        {{0, 1, 1, 2}, "entry 2: entry 1 stands here out of its place (insert or reorder)"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(laneverify_closep) struct laneverify *verify = NULL;
        const struct laneverify_options options = {.lane = LANE};
        struct laneverify_figures figures;
        struct err err;
        enum status status = laneverify_open(&options, &verify, &err);
        for (size_t n = 0; n < 4 && status == STATUS_OK; n++) {
            char line[1024];
            if (cases[i].seqs[n] == 0)
                snprintf(line, sizeof line,
                         "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":0,\"kind\":" SETUP);
            else
                snprintf(line, sizeof line,
                         "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":%d,\"kind\":\"boot\",\"id\":"
                         "\"000000000000000000000000000000%02x\",\"part\":0,\"hour\":"
                         "\"2026-11-03T09+07\",\"boot\":1,\"version\":\"0.1.0\"}",
                         cases[i].seqs[n], (unsigned)(16 + n));
            status = laneverify_line(verify, line, strlen(line), NULL, &err);
        }
        if (status == STATUS_OK)
            status = laneverify_end(verify, NULL, &figures, &err);
        assert_int_equal(status, STATUS_CHECK_FAILED);
        assert_string_equal(err.text, cases[i].fault);
    }
}

static enum status give_text(struct laneverify *verify, const void *with, const char *payload,
                             struct err *err)
{
    struct lanetext_row row = {.field = "text",
                               .salt = with,
                               .salt_bytes = with == NULL ? 0 : sizeof salt,
                               .payload = payload,
                               .payload_bytes = payload == NULL ? 0 : strlen(payload)};
    return laneverify_text(verify, comment_id, &row, err);
}

static void texts_must_fit_and_be_there_until_they_are_redacted(void **state)
{
    (void)state;
    static const char *const kept[] = {SETUP, COMMENT};
    static const char *const redacted[] = {SETUP, COMMENT, REDACTION(R, C)};
    struct err err;
    AUTO(laneverify_closep) struct laneverify *here = NULL;
    assert_string_equal(walk(kept, 2, &here), "");
    assert_int_equal(laneverify_texts_end(here, &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "entry 1: its text is gone, and no redaction says so"));
    assert_int_equal(give_text(here, salt, "Chờ lâu quá", &err), STATUS_CHECK_FAILED);
    assert_int_equal(give_text(here, comment_id, "Chờ lâu", &err), STATUS_CHECK_FAILED);
    assert_int_equal(give_text(here, NULL, NULL, &err), STATUS_OK);
    assert_int_equal(laneverify_texts_end(here, &err), STATUS_CHECK_FAILED);
    assert_int_equal(give_text(here, salt, "Chờ lâu", &err), STATUS_OK);
    assert_int_equal(laneverify_texts_end(here, &err), STATUS_OK);
    AUTO(laneverify_closep) struct laneverify *gone = NULL;
    assert_string_equal(walk(redacted, 3, &gone), "");
    assert_int_equal(laneverify_texts_end(gone, &err), STATUS_OK);
    assert_int_equal(give_text(gone, NULL, NULL, &err), STATUS_OK);
    assert_int_equal(give_text(gone, salt, "Chờ lâu", &err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(err.text, "was redacted by entry 2 and is still there"));
}

// A lane that goes on after another one, whose comment it redacts when `count` is 3.
#define AFTER                                                                                      \
    "\"boot\",\"id\":\"00000000000000000000000000000002\",\"part\":0,\"hour\":\"2026-11-03T09+"    \
    "07\","                                                                                        \
    "\"boot\":2,\"version\":\"1\",\"after\":{\"lane\":\"abcdefabcdefabcdefabcdefabcdefab\","       \
    "\"size\":"                                                                                    \
    "3,\"root\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},\"why\":"    \
    "\"restore\"}"

static enum status follow(bool whole, bool give, size_t count, struct laneverify **ret_verify,
                          struct err *err)
{
    static const char *const tails[] = {AFTER, SETUP, REDACTION(R, C), REDACTION(B, C)};
    const struct laneverify_options options = {.lane = LANE, .before_whole = whole};
    char hex[2 * CRYPTO_HASH_BYTES + 1], line[1024], tail[512];
    struct laneverify_figures figures;
    commitment(hex);
    TRY(laneverify_open(&options, ret_verify, err));
    if (give) {
        AUTO(entry_done) struct entry entry = {.json = NULL};
        snprintf(tail, sizeof tail, COMMENT, hex);
        snprintf(line, sizeof line, "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":7,\"kind\":%s", tail);
        TRY(entry_read(line, strlen(line), &entry, err));
        TRY(laneverify_before(*ret_verify, &entry, err));
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "{\"v\":1,\"lane\":\"" LANE "\",\"seq\":%zu,\"kind\":%s", i,
                 tails[i]);
        TRY(laneverify_line(*ret_verify, line, strlen(line), NULL, err));
    }
    return laneverify_end(*ret_verify, NULL, &figures, err);
}

static void a_lane_may_redact_texts_of_one_that_it_follows(void **state)
{
    (void)state;
    static const struct {
        bool whole, give;
        size_t count;
        enum status status;
    } cases[] = {
        {true, true, 3, STATUS_OK},
        {true, true, 4, STATUS_CHECK_FAILED},  // once
        {true, false, 3, STATUS_CHECK_FAILED}, // of none of them
        {false, false, 3, STATUS_OK},          // the former lane is not at hand
        {false, false, 4, STATUS_CHECK_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AUTO(laneverify_closep) struct laneverify *verify = NULL;
        struct err err = {.text = ""};
        if (follow(cases[i].whole, cases[i].give, cases[i].count, &verify, &err) != cases[i].status)
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void texts_of_a_former_lane_must_fit_and_be_there(void **state)
{
    (void)state;
    struct err err;
    AUTO(laneverify_closep) struct laneverify *kept = NULL;
    assert_int_equal(follow(true, true, 2, &kept, &err), STATUS_OK);
    assert_int_equal(laneverify_texts_end(kept, &err), STATUS_CHECK_FAILED);
    assert_int_equal(give_text(kept, salt, "Chờ lâu quá", &err), STATUS_CHECK_FAILED);
    assert_int_equal(give_text(kept, salt, "Chờ lâu", &err), STATUS_OK);
    assert_int_equal(laneverify_texts_end(kept, &err), STATUS_OK);
    AUTO(laneverify_closep) struct laneverify *gone = NULL;
    assert_int_equal(follow(true, true, 3, &gone, &err), STATUS_OK);
    assert_int_equal(laneverify_texts_end(gone, &err), STATUS_OK);
    assert_int_equal(give_text(gone, salt, "Chờ lâu", &err), STATUS_CHECK_FAILED);
    AUTO(laneverify_closep) struct laneverify *injected = NULL;
    assert_int_equal(follow(true, false, 2, &injected, &err), STATUS_OK);
    assert_int_equal(give_text(injected, salt, "Chờ lâu", &err), STATUS_CHECK_FAILED);
    AUTO(laneverify_closep) struct laneverify *unknown = NULL;
    assert_int_equal(follow(false, false, 2, &unknown, &err), STATUS_OK);
    assert_int_equal(give_text(unknown, salt, "Chờ lâu", &err), STATUS_OK);
}

static int setup(void **state)
{
    (void)state;
    struct err err;
    return crypto_open(&err) == STATUS_OK && form_open(&err) == STATUS_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_structure_is_named),
        cmocka_unit_test(a_jump_in_seq_is_told_as_move_deletion_or_replacement),
        cmocka_unit_test(texts_must_fit_and_be_there_until_they_are_redacted),
        cmocka_unit_test(a_lane_may_redact_texts_of_one_that_it_follows),
        cmocka_unit_test(texts_of_a_former_lane_must_fit_and_be_there),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
