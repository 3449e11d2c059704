// SPDX-License-Identifier: MIT
// push.c against a small hub: what is sent, what is believed, what is said.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "checkpoint.h"
#include "file.h"
#include "piece.h"
#include "push.h"
#include "small_hub.h"
#include "witnessed.h"

struct meeting {
    struct office *office;
    struct push *push;
    struct err err;
    int64_t sent;
};

static int meet(void **state)
{
    struct meeting *meeting = calloc(1, sizeof *meeting);
    void *office = NULL;
    office_setup(&office);
    meeting->office = office;
    small_hub_open();
    small_hub_enrolled(meeting->office);
    assert_int_equal(push_open(meeting->office->kiosk, hub.url, &meeting->push, &meeting->err),
                     STATUS_OK);
    *state = meeting;
    return 0;
}

static int part(void **state)
{
    struct meeting *meeting = *state;
    void *office = meeting->office;
    push_close(meeting->push);
    small_hub_close();
    office_teardown(&office);
    free(meeting);
    return 0;
}

static enum status go(struct meeting *meeting)
{
    return push_round(meeting->push, &meeting->sent, &meeting->err);
}

static void rate_some(struct meeting *meeting, int count)
{
    for (int i = 0; i < count; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(meeting->office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(office_rate(meeting->office, token, "part=0&page=overall&overall=5", NULL),
                         STATUS_OK);
    }
}

static void everything_new_is_sent_once(void **state)
{
    struct meeting *meeting = *state;
    const int64_t first = (int64_t)office_entries(meeting->office);
    assert_true(push_has_news(meeting->push));
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->sent, first);
    assert_false(push_has_news(meeting->push));
    rate_some(meeting, 3);
    assert_true(push_has_news(meeting->push));
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->sent, 4); // with the first round's ack
    assert_int_equal(hub.tree.size, first + 4);
    assert_int_equal(hub.heads, 1);
    assert_int_equal(meeting->office->kiosk->synced_entries, first + 4);
    assert_int_equal(meeting->office->kiosk->last_contact_s, OFFICE_NOW_S);
}

static void a_round_leaves_one_ack_and_acks_alone_leave_none(void **state)
{
    struct meeting *meeting = *state;
    char line[ENTRY_LIMIT_BYTES + 1];
    const uint64_t first = office_entries(meeting->office);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(office_entries(meeting->office), first + 1);
    office_last_line(meeting->office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"ack\""));
    struct entry entry;
    assert_int_equal(entry_read(line, strlen(line), &entry, &meeting->err), STATUS_OK);
    assert_int_equal(json_int_or(entry.json, "size", 0), first);
    entry_done(&entry);
    assert_int_equal(go(meeting), STATUS_OK); // takes the ack along
    assert_int_equal(meeting->sent, 1);
    assert_int_equal(go(meeting), STATUS_OK); // the head alone
    assert_int_equal(meeting->sent, 0);
    assert_int_equal(office_entries(meeting->office), first + 1);
    assert_int_equal(hub.pushes, 3);
}

static void the_acknowledged_head_is_stored_with_both_signatures(void **state)
{
    struct meeting *meeting = *state;
    struct buf note;
    struct note_key own, cosigner;
    bool found = false;
    int64_t time_s = 0;
    const uint64_t size = office_entries(meeting->office);
    assert_int_equal(go(meeting), STATUS_OK);
    buf_init(&note, NOTE_LIMIT_BYTES);
    struct db *db = dbpool_take(meeting->office->kiosk->readers);
    assert_int_equal(checkpoint_last(db, size, true, &note, &found, &meeting->err), STATUS_OK);
    dbpool_give(meeting->office->kiosk->readers, db);
    assert_true(found);
    note_key_of_lane(hub.kiosk_key, NOTE_ED25519, &own);
    note_key_of_lane(hub.public_key, NOTE_COSIGNATURE, &cosigner);
    assert_int_equal(note_verify(note.data, note.size_bytes, &own, NULL, &meeting->err), STATUS_OK);
    assert_int_equal(note_verify(note.data, note.size_bytes, &cosigner, &time_s, &meeting->err),
                     STATUS_OK);
    assert_int_equal(time_s, OFFICE_NOW_S);
    buf_done(&note);
}

static void what_the_hub_has_is_remembered_across_a_restart(void **state)
{
    struct meeting *meeting = *state;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(go(meeting), STATUS_OK);
    push_close(meeting->push);
    meeting->push = NULL;
    office_reopen(meeting->office);
    assert_int_equal(push_open(meeting->office->kiosk, hub.url, &meeting->push, &meeting->err),
                     STATUS_OK);
    assert_false(push_has_news(meeting->push));
    rate_some(meeting, 1);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->sent, 1);
    assert_int_equal(hub.heads, 2); // after a start one asks first
}

static void rate_many(struct meeting *meeting, int count)
{
    struct rating **ratings = calloc((size_t)count, sizeof *ratings);
    for (int i = 0; i < count; i++) {
        char token[TOKEN_TEXT_CHARS + 1];
        office_token(meeting->office, RESPONSE_SCREEN, "HT", "", 0, token);
        assert_int_equal(
            office_rating(meeting->office, token, "part=0&page=overall&overall=5", &ratings[i]),
            STATUS_OK);
        ratings[i]->job.done = rating_job_free;
        assert_int_equal(
            writer_submit(meeting->office->kiosk->writer, &ratings[i]->job, &meeting->err),
            STATUS_OK);
    }
    free(ratings);
    rate_some(meeting, 1); // behind all of them
}

static void a_long_journal_goes_in_pieces_that_grow(void **state)
{
    struct meeting *meeting = *state;
    rate_many(meeting, 4100);
    const int64_t size = (int64_t)office_entries(meeting->office);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->sent, size);
    assert_in_range(hub.pushes, 3, 5);
    assert_in_range(hub.largest, 2 * PIECE_FIRST_BYTES,
                    PIECE_MOST_BYTES + ENTRY_LIMIT_BYTES + NOTE_LIMIT_BYTES);
}

static void a_hub_that_is_behind_gets_the_rest_again(void **state)
{
    struct meeting *meeting = *state;
    struct merkle before;
    assert_int_equal(go(meeting), STATUS_OK);
    merkle_copy(&before, &hub.tree);
    rate_some(meeting, 3);
    assert_int_equal(go(meeting), STATUS_OK);
    merkle_copy(&hub.tree, &before); // restored from a backup
    rate_some(meeting, 1);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.tree.size, meeting->office->kiosk->synced_entries);
    assert_int_equal(hub.tree.size + 1, office_entries(meeting->office));
}

static void a_hub_that_knows_more_already_is_believed_by_its_root(void **state)
{
    struct meeting *meeting = *state;
    rate_some(meeting, 2);
    // It has the first entries from a file that was carried by hand.
    struct db *db = dbpool_take(meeting->office->kiosk->readers);
    assert_int_equal(piece_walk(db, &hub.tree, 2, NULL, &meeting->err), STATUS_OK);
    dbpool_give(meeting->office->kiosk->readers, db);
    const int64_t size = (int64_t)office_entries(meeting->office);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.tree.size, size);
    assert_int_equal(hub.pushes, 1);
}

// The hub shows its head as the lane's key has signed it; `forged`: with a signature that is none.
static void show_head(struct meeting *meeting, bool forged)
{
    uint8_t root[CRYPTO_HASH_BYTES];
    char hex[2 * CRYPTO_HASH_BYTES + 1];
    AUTO(buf_done) struct buf note;
    buf_init(&note, NOTE_LIMIT_BYTES);
    merkle_root(&hub.tree, root);
    small_hub_hex(&hub.tree, hex);
    assert_int_equal(
        checkpoint_sign(meeting->office->kiosk, hub.tree.size, root, &note, &meeting->err),
        STATUS_OK);
    char *within = note.data + note.size_bytes - 20;
    if (forged)
        *within = *within == 'A' ? 'B' : 'A';
    json_decref(hub.checkpoints);
    hub.checkpoints = json_pack("[[I, s, s]]", (json_int_t)hub.tree.size, hex, buf_text(&note));
    assert_non_null(hub.checkpoints);
}

static bool lane_is_left(const struct meeting *meeting)
{
    char path[SCRATCH_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/relane.json", meeting->office->folder);
    return file_exists(path);
}

static void other_entries_that_our_key_has_signed_are_a_fork(void **state)
{
    struct meeting *meeting = *state;
    const uint8_t leaf[CRYPTO_HASH_BYTES] = {1};
    merkle_add(&hub.tree, leaf);
    show_head(meeting, false);
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    assert_non_null(strstr(meeting->err.text, "other entries"));
    assert_true(lane_is_left(meeting));
    assert_int_equal(hub.pushes, 0);
}

static void more_entries_that_our_key_has_signed_are_a_fork(void **state)
{
    struct meeting *meeting = *state;
    const uint8_t leaf[CRYPTO_HASH_BYTES] = {1};
    for (int i = 0; i < 1000; i++)
        merkle_add(&hub.tree, leaf);
    show_head(meeting, false);
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    assert_true(lane_is_left(meeting));
    assert_int_equal(hub.pushes, 0);
}

static void refuse_to_leave(struct meeting *meeting, const char *words)
{
    char problem[PUSH_PROBLEM_BYTES];
    hub.pushes = 0;
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    if (strstr(meeting->err.text, words) == NULL)
        fail_msg("%s", meeting->err.text);
    push_problem(meeting->push, problem);
    assert_non_null(strstr(problem, words));
    assert_true(push_failed(meeting->push));
    assert_false(lane_is_left(meeting));
    assert_int_equal(hub.pushes, 0);
}

static void the_hubs_bare_word_is_no_fork(void **state)
{
    static const char words[] = "không có chữ ký của làn sổ này";
    struct meeting *meeting = *state;
    const uint8_t leaf[CRYPTO_HASH_BYTES] = {1};
    merkle_add(&hub.tree, leaf);
    refuse_to_leave(meeting, words);
    show_head(meeting, true);
    refuse_to_leave(meeting, words);
    // A signed head of the same size and another tree is not the one that it claims.
    show_head(meeting, false);
    json_array_set_new(json_array_get(hub.checkpoints, 0), 1,
                       json_string("00000000000000000000000000000000"
                                   "00000000000000000000000000000000"));
    refuse_to_leave(meeting, words);
    for (int i = 0; i < 1000; i++)
        merkle_add(&hub.tree, leaf); // more than we have
    refuse_to_leave(meeting, words);
    show_head(meeting, true);
    refuse_to_leave(meeting, words);
    // One slip of the hub's, and the same lane goes on.
    merkle_init(&hub.tree);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.tree.size, meeting->office->kiosk->synced_entries);
}

static void a_hub_that_contradicts_its_own_cosignature_is_not_followed(void **state)
{
    struct meeting *meeting = *state;
    struct merkle before;
    const uint8_t leaf[CRYPTO_HASH_BYTES] = {1};
    assert_int_equal(go(meeting), STATUS_OK);
    const uint64_t size = hub.tree.size;
    merkle_copy(&before, &hub.tree);
    rate_some(meeting, 2);
    push_close(meeting->push);
    assert_int_equal(push_open(meeting->office->kiosk, hub.url, &meeting->push, &meeting->err),
                     STATUS_OK);
    merkle_init(&hub.tree);
    while (hub.tree.size < size)
        merkle_add(&hub.tree, leaf);
    show_head(meeting, false);
    refuse_to_leave(meeting, "chính nó đã ký");
    // What comes after its cosignature may be another box's.
    merkle_copy(&hub.tree, &before);
    merkle_add(&hub.tree, leaf);
    show_head(meeting, false);
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    assert_true(lane_is_left(meeting));
}

static void a_refusal_is_kept_with_the_hubs_reason(void **state)
{
    static const struct {
        unsigned http;
        const char *body;
        enum status status;
        const char *text;
    } CASES[] = {
        {400, "{\"error\":\"entry 3: không rõ\",\"seq\":3}", STATUS_CONFLICT, "entry 3: không rõ"},
        {401, "{\"error\":\"unknown key\"}", STATUS_DENIED, "unknown key"},
        {403, "{\"error\":\"suspended\"}", STATUS_DENIED, "suspended"},
        {403, "{}", STATUS_DENIED, "HTTP 403"},
        {404, "<html>", STATUS_CONFLICT, "HTTP 404"},
        {409, "{\"error\":\"the id is another lane's\"}", STATUS_CONFLICT, "another lane's"},
        {409, "{\"error\":\"circle\",\"size\":1}", STATUS_CONFLICT, "circle"},
        {500, "", STATUS_BUSY, "HTTP 500"},
        {503, "{\"error\":\"later\"}", STATUS_BUSY, "later"},
        {200, "{\"size\":99}", STATUS_CONFLICT, "does not fit"},
        {200, "hello", STATUS_CONFLICT, "does not fit"},
        {302, "", STATUS_CONFLICT, "HTTP 302"},
    };
    struct meeting *meeting = *state;
    hub.refuse_what = "entries";
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        char problem[PUSH_PROBLEM_BYTES];
        hub.refuse_status = CASES[i].http;
        hub.refuse_body = CASES[i].body;
        hub.pushes = 0;
        const enum status status = go(meeting);
        if (status != CASES[i].status || strstr(meeting->err.text, CASES[i].text) == NULL)
            fail_msg("case %zu: %s %s", i, status_name(status), meeting->err.text);
        push_problem(meeting->push, problem);
        assert_string_equal(problem, meeting->err.text);
        assert_true(push_failed(meeting->push));
        assert_true(push_has_news(meeting->push));
        assert_true(hub.pushes <= 4);
    }
    char problem[PUSH_PROBLEM_BYTES];
    hub.refuse_status = 0;
    assert_int_equal(go(meeting), STATUS_OK);
    push_problem(meeting->push, problem);
    assert_string_equal(problem, "");
    assert_false(push_failed(meeting->push));
}

static void an_answer_is_believed_only_with_our_root_and_the_hubs_signature(void **state)
{
    struct meeting *meeting = *state;
    hub.wrong_root = true;
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    assert_int_equal(meeting->office->kiosk->synced_entries, 0);
    hub.wrong_root = false;
    hub.wrong_ack = true;
    merkle_init(&hub.tree);
    assert_int_equal(go(meeting), STATUS_CONFLICT);
    assert_non_null(strstr(meeting->err.text, "not signed"));
    assert_int_equal(meeting->office->kiosk->synced_entries, 0);
}

static void a_clock_that_is_off_is_corrected_once(void **state)
{
    struct meeting *meeting = *state;
    hub.clock_s = OFFICE_NOW_S + SIGNING_SKEW_S + 1;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.refused_times, 1);
    rate_some(meeting, 1);
    assert_int_equal(go(meeting), STATUS_OK); // remembered
    assert_int_equal(hub.refused_times, 1);
    hub.clock_s = OFFICE_NOW_S; // set right: now the remembered difference is off
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.refused_times, 2);
}

static void an_unenrolled_kiosk_sends_nothing(void **state)
{
    struct meeting *meeting = *state;
    char path[SCRATCH_PATH_SIZE + 20];
    snprintf(path, sizeof path, "%s/keys/hub.vkey", meeting->office->folder);
    assert_int_equal(remove(path), 0);
    assert_int_equal(go(meeting), STATUS_DENIED);
    assert_non_null(strstr(meeting->err.text, "enrol"));
    assert_int_equal(hub.pushes + hub.heads, 0);
    // enrolled while the kiosk serves
    small_hub_enrolled(meeting->office);
    assert_int_equal(go(meeting), STATUS_OK);
}

static void a_failure_waits_longer_each_time_and_at_most_an_hour(void **state)
{
    struct meeting *meeting = *state;
    const int64_t start_ms = clock_mono_ms();
    assert_true(push_due(meeting->push, start_ms));
    server_close(hub.server);
    hub.server = NULL;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(go(meeting), STATUS_BUSY);
        const int64_t most_ms = i < 7 ? INT64_C(30000) << i : INT64_C(3600000);
        assert_true(push_due(meeting->push, clock_mono_ms() + most_ms));
    }
    assert_true(push_failed(meeting->push));
    assert_true(push_has_news(meeting->push));
}

static void messages_come_down_and_their_number_goes_up(void **state)
{
    struct meeting *meeting = *state;
    hub.messages =
        json_pack("[o]", small_hub_message(meeting->office, 1, "answer",
                                           "{\"petition\":\"00112233445566778899aabbccddeeff\","
                                           "\"text\":\"Đã sửa đường\"}"));
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(json_int_or(hub.last_deposit, "received", 0), 1);
    assert_true(json_is_string(json_object_get(hub.last_deposit, "kit")));
    const unsigned deposits = hub.deposits;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.deposits, deposits); // nothing new to deposit
}

static void a_message_that_is_not_understood_holds_up_nothing_else(void **state)
{
    struct meeting *meeting = *state;
    char code[SLIPCODE_CHARS + 1], line[ENTRY_LIMIT_BYTES + 1];
    assert_int_equal(office_slip(meeting->office, "HT", "", false, code), STATUS_OK);
    hub.messages = json_array();
    json_array_append_new(hub.messages, small_hub_message(meeting->office, 1, "dance", "{}"));
    assert_int_equal(go(meeting), STATUS_BAD_INPUT);
    assert_non_null(strstr(meeting->err.text, "present version"));
    office_last_line(meeting->office, line, sizeof line);
    assert_non_null(strstr(line, "\"kind\":\"ack\""));
    assert_int_equal(hub.deposits, 1);
    assert_non_null(json_string_value(json_object_get(hub.last_deposit, "kit")));
    assert_int_equal(json_int_or(hub.last_deposit, "received", -1), 0);
    assert_int_equal(go(meeting), STATUS_OK); // without it
}

static void a_kit_goes_again_only_when_the_slips_have_changed(void **state)
{
    struct meeting *meeting = *state;
    char code[SLIPCODE_CHARS + 1];
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.deposits, 1);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.deposits, 1);
    assert_int_equal(office_slip(meeting->office, "HT", "", false, code), STATUS_OK);
    hub.refuse_status = 503;
    hub.refuse_what = "deposit";
    hub.refuse_body = "{\"error\":\"later\"}";
    assert_int_equal(go(meeting), STATUS_BUSY);
    hub.refuse_status = 0;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(hub.deposits, 3);
    assert_true(json_is_string(json_object_get(hub.last_deposit, "kit")));
}

struct witness {
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    struct note_key key;
    char vkey[NOTE_VKEY_BYTES];
    struct buf note; // the newest acknowledged head with its line
};

static void witness_done(struct witness *witness)
{
    buf_done(&witness->note);
}

static void witness_make(struct witness *witness)
{
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    crypto_sign_keys(public_key, witness->secret);
    note_key_of_lane(public_key, NOTE_COSIGNATURE, &witness->key);
    note_vkey(&witness->key, witness->vkey);
    buf_init(&witness->note, 2 * NOTE_LIMIT_BYTES);
}

// Has it cosign the kiosk's newest head; `other` one of another root, signed by the same key.
static void witness_sign(struct meeting *meeting, struct witness *witness, bool other)
{
    const struct kiosk *kiosk = meeting->office->kiosk;
    uint8_t root[CRYPTO_HASH_BYTES];
    merkle_root(&hub.tree, root);
    root[0] ^= other ? 1 : 0;
    buf_clear(&witness->note);
    assert_int_equal(checkpoint_sign(kiosk, hub.tree.size, root, &witness->note, &meeting->err),
                     STATUS_OK);
    assert_int_equal(note_cosign(witness->note.data, witness->note.size_bytes, witness->key.name,
                                 witness->secret, OFFICE_NOW_S, &witness->note, &meeting->err),
                     STATUS_OK);
    hub.witness = buf_text(&witness->note);
}

static void the_hubs_word_of_a_witness_is_told_as_its_word(void **state)
{
    struct meeting *meeting = *state;
    AUTO(witness_done) struct witness witness;
    witness_make(&witness);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->office->kiosk->witnessed, WITNESSED_NO);
    hub.witnessed = true;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->office->kiosk->witnessed, WITNESSED_SAID);
    witness_sign(meeting, &witness, false);
    assert_int_equal(go(meeting), STATUS_OK); // whose key nobody has put here
    assert_int_equal(meeting->office->kiosk->witnessed, WITNESSED_SAID);
    hub.witnessed = false;
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(meeting->office->kiosk->witnessed, WITNESSED_NO);
}

static void a_witness_counts_when_its_cosignature_is_good_here(void **state)
{
    struct meeting *meeting = *state;
    struct kiosk *kiosk = meeting->office->kiosk;
    AUTO(witness_done) struct witness witness;
    AUTO(witness_done) struct witness stranger;
    witness_make(&witness);
    witness_make(&stranger);
    hub.witnessed = true;
    assert_int_equal(go(meeting), STATUS_OK);
    for (int i = 0; i < 2; i++) // the same again is no change
        assert_int_equal(witnessed_add_key(kiosk, witness.vkey, &meeting->err), STATUS_OK);
    witness_sign(meeting, &stranger, false);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_SAID);
    witness_sign(meeting, &witness, true);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_SAID);
    witness_sign(meeting, &witness, false);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_CHECKED);
    kiosk->witnessed = WITNESSED_NO;
    assert_int_equal(witnessed_load(kiosk, &meeting->err), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_CHECKED);
    hub.witness = "no note";
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_SAID);
    hub.witness = NULL;
}

static void the_kiosk_and_its_hub_are_no_outside_witnesses(void **state)
{
    struct meeting *meeting = *state;
    struct kiosk *kiosk = meeting->office->kiosk;
    uint8_t own[CRYPTO_SIGN_PUBLIC_BYTES];
    char path[SCRATCH_PATH_SIZE + 30], vkey[NOTE_VKEY_BYTES];
    struct note_key key;
    crypto_sign_public(kiosk->lane_secret, own);
    const uint8_t *const inside[] = {own, hub.public_key};
    snprintf(path, sizeof path, "%s/keys/witness.vkeys", meeting->office->folder);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(inside); i++) {
        note_key_of_lane(inside[i / 2], i % 2 == 0 ? NOTE_ED25519 : NOTE_COSIGNATURE, &key);
        note_vkey(&key, vkey);
        assert_int_equal(witnessed_add_key(kiosk, vkey, &meeting->err), STATUS_BAD_INPUT);
        assert_non_null(strstr(meeting->err.text, "another organisation"));
    }
    assert_int_equal(witnessed_add_key(kiosk, "zqxj", &meeting->err), STATUS_BAD_INPUT);
    assert_false(file_exists(path));
    // Nor when somebody has written them there: here the hub's, which signs every answer.
    note_key_of_lane(hub.public_key, NOTE_COSIGNATURE, &key);
    note_vkey(&key, vkey);
    assert_int_equal(file_write(path, vkey, strlen(vkey), 0600, &meeting->err), STATUS_OK);
    struct witness posing = {.key = key};
    memcpy(posing.secret, hub.secret, sizeof posing.secret);
    buf_init(&posing.note, 2 * NOTE_LIMIT_BYTES);
    assert_int_equal(go(meeting), STATUS_OK);
    hub.witnessed = true;
    witness_sign(meeting, &posing, false);
    assert_int_equal(go(meeting), STATUS_OK);
    assert_int_equal(kiosk->witnessed, WITNESSED_SAID);
    witness_done(&posing);
}

#define MEETING(test) cmocka_unit_test_setup_teardown(test, meet, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING(everything_new_is_sent_once),
        MEETING(a_round_leaves_one_ack_and_acks_alone_leave_none),
        MEETING(the_acknowledged_head_is_stored_with_both_signatures),
        MEETING(what_the_hub_has_is_remembered_across_a_restart),
        MEETING(a_long_journal_goes_in_pieces_that_grow),
        MEETING(a_hub_that_is_behind_gets_the_rest_again),
        MEETING(a_hub_that_knows_more_already_is_believed_by_its_root),
        MEETING(other_entries_that_our_key_has_signed_are_a_fork),
        MEETING(more_entries_that_our_key_has_signed_are_a_fork),
        MEETING(the_hubs_bare_word_is_no_fork),
        MEETING(a_hub_that_contradicts_its_own_cosignature_is_not_followed),
        MEETING(a_refusal_is_kept_with_the_hubs_reason),
        MEETING(an_answer_is_believed_only_with_our_root_and_the_hubs_signature),
        MEETING(a_clock_that_is_off_is_corrected_once),
        MEETING(an_unenrolled_kiosk_sends_nothing),
        MEETING(a_failure_waits_longer_each_time_and_at_most_an_hour),
        MEETING(messages_come_down_and_their_number_goes_up),
        MEETING(a_message_that_is_not_understood_holds_up_nothing_else),
        MEETING(a_kit_goes_again_only_when_the_slips_have_changed),
        MEETING(the_hubs_word_of_a_witness_is_told_as_its_word),
        MEETING(a_witness_counts_when_its_cosignature_is_good_here),
        MEETING(the_kiosk_and_its_hub_are_no_outside_witnesses),
    };
    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
