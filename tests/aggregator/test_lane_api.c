// SPDX-License-Identifier: MIT
// lane_api.c and intake.c: what enrolled kiosks send, without a socket.
#include "caller.h"

#include "hub_actions.h"
#include "lane_api.h"
#include "lanestate.h"
#include "outgoing.h"

static void begin(struct office *office, struct office_kiosk *kiosk, char digit)
{
    office_kiosk_begin(kiosk, digit);
    office_kiosk_setup(kiosk, true, false);
    office_kiosk_enrol(office, kiosk);
}

static void respond(struct office_kiosk *kiosk, int number)
{
    struct response response = office_response(number, 5);
    office_kiosk_response(kiosk, &response);
}

// Pushes the kiosk's lines from that byte on.
static unsigned push(struct office *office, const struct office_kiosk *kiosk, size_t from,
                     json_t **ret_answer)
{
    AUTO(buf_done) struct buf body;
    buf_init(&body, 16 * 1024 * 1024);
    office_kiosk_transfer(kiosk, from, &body);
    return caller_send(office, lane_api_entries, kiosk, "entries", buf_text(&body), ret_answer);
}

static void act(struct office *office, json_t *request)
{
    AUTO(json_decrefp) json_t *owned = request;
    AUTO(json_decrefp) json_t *reply = NULL;
    if (hub_actions_answer(office->hub, owned, &reply, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
}

static const json_t *lane_of(struct office *office, const json_t *lanes,
                             const struct office_kiosk *kiosk)
{
    size_t index = 0;
    const json_t *lane = NULL;
    (void)office;
    json_array_foreach(lanes, index, lane)
    {
        if (strcmp(json_text_or(lane, "lane", ""), kiosk->lane) == 0)
            return lane;
    }
    fail_msg("the lane is not listed");
    return NULL;
}

static json_t *list(struct office *office)
{
    json_t *lanes = json_array();
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(lanestate_list(office->hub, db, lanes, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    return lanes;
}

static void a_push_is_answered_with_size_root_and_the_cosigned_checkpoint(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    struct note_key key;
    int64_t time_s = 0;
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    assert_int_equal(push(office, &kiosk, 0, &answer), 200);
    assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
    assert_int_equal(json_int_or(answer, "time", -1), OFFICE_NOW_S);
    assert_int_equal(strlen(json_text_or(answer, "root", "")), 64);
    assert_int_equal(json_array_size(json_object_get(answer, "messages")), 0);
    assert_false(json_bool_or(answer, "witnessed", true));
    assert_true(json_is_null(json_object_get(answer, "witness")));
    const char *ack = json_text_or(answer, "ack", "");
    note_key_of_lane(hublane_key(office->hub->lane)->public_key, NOTE_COSIGNATURE, &key);
    assert_int_equal(note_verify(ack, strlen(ack), &key, &time_s, &office->err), STATUS_OK);
    assert_int_equal(time_s, OFFICE_NOW_S);
    note_key_of_lane(kiosk.public_key, NOTE_ED25519, &key);
    assert_int_equal(note_verify(ack, strlen(ack), &key, NULL, &office->err), STATUS_OK);
}

static void the_same_push_again_changes_nothing(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    size_t more = kiosk.lines.size_bytes;
    for (int i = 0; i < 2; i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        assert_int_equal(push(office, &kiosk, 0, &answer), 200);
        assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
        assert_non_null(json_text_or(answer, "ack", NULL));
    }
    respond(&kiosk, 2);
    assert_int_equal(push(office, &kiosk, more, NULL), 200);
    office_expect(
        office_tally(office, 'a', OFFICE_UNIT, "HT", "overall", "2026-11-01", "2026-11-15"), 0, 0,
        0, 0, 2);
}

static void a_checkpoint_alone_is_a_sign_of_life_that_announces(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    AUTO(json_decrefp) json_t *good = NULL;
    AUTO(json_decrefp) json_t *lanes = NULL;
    begin(office, &kiosk, 'a');
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    assert_int_equal(push(office, &kiosk, kiosk.lines.size_bytes, &good), 200);
    assert_non_null(json_text_or(good, "ack", NULL));
    respond(&kiosk, 1);
    respond(&kiosk, 2);
    assert_int_equal(push(office, &kiosk, kiosk.lines.size_bytes, &answer), 200);
    assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq - 2);
    assert_true(json_is_null(json_object_get(answer, "ack")));
    lanes = list(office);
    const json_t *lane = lane_of(office, lanes, &kiosk);
    assert_int_equal(json_int_or(lane, "missing", -1), 2);
    assert_string_equal(json_text_or(lane, "contact", ""), "behind");
}

static void a_gap_is_409_with_the_size(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *answer = NULL;
    AUTO(json_decrefp) json_t *lanes = NULL;
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    assert_int_equal(push(office, &kiosk, kiosk.last, &answer), 409);
    assert_int_equal(json_int_or(answer, "size", -1), 0);
    assert_non_null(json_text_or(answer, "error", NULL));
    assert_null(json_object_get(answer, "fork"));
    lanes = list(office);
    const json_t *lane = lane_of(office, lanes, &kiosk);
    assert_int_equal(json_int_or(lane, "announced", -1), kiosk.seq);
    assert_null(json_text_or(lane, "refusal", NULL));
}

static void other_bytes_or_another_root_are_a_fork(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    office_kiosk_begin(&other, 'a'); // the same lane, another setup entry
    office_kiosk_setup(&other, true, false);
    respond(&other, 1);
    for (int i = 0; i < 2; i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        // Once with lines, once only its head.
        assert_int_equal(push(office, &other, i == 0 ? 0 : other.lines.size_bytes, &answer), 409);
        assert_true(json_bool_or(answer, "fork", false));
        assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
    }
    // What follows such a head with a gapless seq is no better.
    size_t more = other.lines.size_bytes;
    respond(&other, 2);
    AUTO(json_decrefp) json_t *answer = NULL;
    assert_int_equal(push(office, &other, more, &answer), 409);
    assert_true(json_bool_or(answer, "fork", false));
    // The lane that was there first goes on.
    AUTO(json_decrefp) json_t *again = NULL;
    assert_int_equal(push(office, &kiosk, 0, &again), 200);
    assert_int_equal(json_int_or(again, "size", -1), kiosk.seq);
}

static void an_old_head_of_the_same_history_is_fine(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf old;
    AUTO(json_decrefp) json_t *answer = NULL;
    buf_init(&old, 64 * 1024);
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    office_kiosk_transfer(&kiosk, kiosk.lines.size_bytes, &old); // never sent at this size
    respond(&kiosk, 2);
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    assert_int_equal(
        caller_send(office, lane_api_entries, &kiosk, "entries", buf_text(&old), &answer), 200);
    assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
    assert_non_null(json_text_or(answer, "ack", NULL));
}

static void a_bad_entry_is_named_to_the_kiosk_and_on_the_devices_list(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct response bad = office_response(2, 5);
    begin(office, &kiosk, 'a');
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    size_t good = kiosk.lines.size_bytes;
    struct merkle tree = kiosk.tree;
    respond(&kiosk, 1);
    memcpy(bad.counter, "77", 3);
    office_kiosk_response(&kiosk, &bad);
    AUTO(json_decrefp) json_t *answer = NULL;
    AUTO(json_decrefp) json_t *lanes = NULL;
    assert_int_equal(push(office, &kiosk, good, &answer), 400);
    assert_int_equal(json_int_or(answer, "seq", -1), kiosk.seq - 1);
    assert_null(json_object_get(answer, "size"));
    lanes = list(office);
    const json_t *lane = lane_of(office, lanes, &kiosk);
    assert_string_equal(json_text_or(lane, "refusal", ""), json_text_or(answer, "error", "-"));
    assert_int_equal(json_int_or(lane, "missing", -1), 2);
    office_expect(
        office_tally(office, 'a', OFFICE_UNIT, "HT", "overall", "2026-11-01", "2026-11-15"), 0, 0,
        0, 0, 0);
    // The next good push clears it.
    buf_cut(&kiosk.lines, good);
    kiosk.tree = tree;
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    AUTO(json_decrefp) json_t *after = list(office);
    assert_null(json_text_or(lane_of(office, after, &kiosk), "refusal", NULL));
}

static void what_cannot_be_read_is_named_too(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(buf_done) struct buf body;
    buf_init(&body, 1024 * 1024);
    begin(office, &kiosk, 'a');
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    size_t from = kiosk.lines.size_bytes;
    respond(&kiosk, 1);
    respond(&kiosk, 2);
    office_kiosk_transfer(&kiosk, from, &body);
    memcpy(strstr(body.data + (kiosk.last - from), "\"kind\":"), "\"kint\":", 7);
    AUTO(json_decrefp) json_t *answer = NULL;
    assert_int_equal(
        caller_send(office, lane_api_entries, &kiosk, "entries", buf_text(&body), &answer), 400);
    assert_int_equal(json_int_or(answer, "seq", -1), kiosk.seq - 1);
    AUTO(json_decrefp) json_t *lanes = list(office);
    assert_non_null(strstr(json_text_or(lane_of(office, lanes, &kiosk), "refusal", ""), "kind"));
    static const char *const bodies[] = {"", "\n", "{}\n", "nonsense"};
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        assert_int_equal(caller_send(office, lane_api_entries, &kiosk, "entries", bodies[i], NULL),
                         400);
}

static void signatures_are_checked_before_anything_else(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    AUTO(buf_done) struct buf body;
    char path[128], header[SIGNING_HEADER_BYTES];
    buf_init(&body, 1024 * 1024);
    begin(office, &kiosk, 'a');
    begin(office, &other, 'b');
    office_kiosk_transfer(&kiosk, 0, &body);
    caller_path(&kiosk, "entries", path, sizeof path);
    static const struct {
        int64_t skew_s;
        unsigned http;
    } times[] = {{-SIGNING_SKEW_S - 1, 401},
                 {SIGNING_SKEW_S + 1, 401},
                 {-SIGNING_SKEW_S, 200},
                 {SIGNING_SKEW_S, 200}};
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        caller_sign(&kiosk, path, buf_text(&body), OFFICE_NOW_S + times[i].skew_s, header);
        assert_int_equal(caller_post(office, lane_api_entries, path, kiosk.lane, buf_text(&body),
                                     header, &answer),
                         times[i].http);
        assert_int_equal(json_int_or(answer, "time", -1), OFFICE_NOW_S);
    }
    for (int i = 0; i < 3; i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        caller_sign(i == 0 ? &other : &kiosk, i == 1 ? "/elsewhere" : path, buf_text(&body),
                    OFFICE_NOW_S, header);
        assert_int_equal(caller_post(office, lane_api_entries, path, kiosk.lane, buf_text(&body),
                                     i == 2 ? NULL : header, &answer),
                         401);
        assert_int_equal(json_int_or(answer, "time", -1), OFFICE_NOW_S);
    }
}

static void who_may_bring_nothing_is_told_why(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other, stranger;
    begin(office, &kiosk, 'a');
    begin(office, &other, 'b');
    office_kiosk_begin(&stranger, 'c');
    office_kiosk_setup(&stranger, true, false);
    AUTO(json_decrefp) json_t *unknown = NULL;
    assert_int_equal(push(office, &stranger, 0, &unknown), 403);
    assert_non_null(strstr(json_text_or(unknown, "error", ""), "enrol first"));
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    act(office,
        json_pack("{s:s, s:s, s:s}", "command", "device", "act", "suspend", "lane", kiosk.lane));
    AUTO(json_decrefp) json_t *suspended = NULL;
    assert_int_equal(push(office, &kiosk, 0, &suspended), 403);
    assert_non_null(strstr(json_text_or(suspended, "error", ""), "suspended"));
    act(office,
        json_pack("{s:s, s:s, s:s}", "command", "device", "act", "resume", "lane", kiosk.lane));
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    act(office, json_pack("{s:s, s:s, s:s, s:s}", "command", "device", "act", "retire", "lane",
                          kiosk.lane, "replaced_by", other.lane));
    AUTO(json_decrefp) json_t *retired = NULL;
    assert_int_equal(push(office, &kiosk, 0, &retired), 403);
    assert_non_null(strstr(json_text_or(retired, "error", ""), other.lane));
    assert_int_equal(caller_post(office, lane_api_head, "/x", "not-a-lane", "{}", NULL, NULL), 404);
    assert_int_equal(
        caller_post(office, lane_api_head, "/x", hublane_name(office->hub->lane), "{}", NULL, NULL),
        403);
}

static void lines_of_another_lane_or_unit_are_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    AUTO(buf_done) struct buf body;
    buf_init(&body, 1024 * 1024);
    begin(office, &kiosk, 'a');
    begin(office, &other, 'b');
    office_kiosk_transfer(&other, 0, &body);
    assert_int_equal(
        caller_send(office, lane_api_entries, &kiosk, "entries", buf_text(&body), NULL), 400);
    buf_done(&other.lines);
    office_kiosk_begin(&other, 'b');
    office_kiosk_setup(&other, false, false); // the hub is a trial
    AUTO(json_decrefp) json_t *answer = NULL;
    assert_int_equal(push(office, &other, 0, &answer), 403);
    assert_non_null(strstr(json_text_or(answer, "error", ""), "trial"));
}

static void head_tells_size_root_and_the_checkpoints(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    AUTO(json_decrefp) json_t *empty = NULL;
    AUTO(json_decrefp) json_t *answer = NULL;
    char root[65];
    begin(office, &kiosk, 'a');
    assert_int_equal(caller_send(office, lane_api_head, &kiosk, "head", "{}", &empty), 200);
    assert_int_equal(json_int_or(empty, "size", -1), 0);
    for (int i = 0; i < 70; i++) {
        size_t from = i == 0 ? 0 : kiosk.lines.size_bytes;
        respond(&kiosk, i);
        assert_int_equal(push(office, &kiosk, from, NULL), 200);
    }
    assert_int_equal(caller_send(office, lane_api_head, &kiosk, "head", "{}", &answer), 200);
    const json_t *list = json_object_get(answer, "checkpoints");
    assert_int_equal(json_int_or(answer, "size", -1), kiosk.seq);
    assert_int_equal(json_array_size(list), 64);
    const json_t *newest = json_array_get(list, 0), *oldest = json_array_get(list, 63);
    assert_int_equal(json_integer_value(json_array_get(newest, 0)), kiosk.seq);
    assert_int_equal(json_integer_value(json_array_get(oldest, 0)), kiosk.seq - 63);
    uint8_t bytes[CRYPTO_HASH_BYTES];
    merkle_root(&kiosk.tree, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(root + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(json_string_value(json_array_get(newest, 1)), root);
    assert_string_equal(json_text_or(answer, "root", ""), root);
}

struct queue_job {
    struct writer_job job; // first
    const struct hub *hub;
    const char *lane;
};

static enum status apply_queue(struct db *db, struct writer_job *job, struct err *err)
{
    const struct queue_job *queue = (const struct queue_job *)job;
    TRY(outgoing_add(queue->hub, db, queue->lane, "erase", "{\"of\":\"x\"}", err));
    return outgoing_add(queue->hub, db, queue->lane, "answer", "{\"text\":\"Đã xử lý\"}", err);
}

static void messages_come_until_a_deposit_confirms_them(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk, 'a');
    struct queue_job job = {.job.apply = apply_queue, .hub = office->hub, .lane = kiosk.lane};
    assert_int_equal(writer_run(office->hub->writer, &job.job, &office->err), STATUS_OK);
    static const struct {
        const char *deposit; // after the push
        unsigned http;
        size_t messages; // in the push
    } rounds[] = {
        {"{\"received\":0,\"texts\":[],\"kit\":null}", 200, 2},
        {"{\"received\":1,\"texts\":[],\"kit\":null}", 200, 2},
        {"{\"received\":3,\"texts\":[],\"kit\":null}", 400, 1},
        {"{\"received\":0,\"texts\":[],\"kit\":null}", 200, 1},
        {"{\"received\":2,\"texts\":[],\"kit\":null}", 200, 1},
        {"{\"received\":2}", 200, 0},
        {"{\"received\":\"2\"}", 400, 0},
        {"{\"received\":2,\"kit\":\"AAAA\"}", 400, 0},
        {"{\"received\":2,\"other\":1}", 400, 0},
        {"[]", 400, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
        AUTO(json_decrefp) json_t *answer = NULL;
        AUTO(json_decrefp) json_t *deposited = NULL;
        assert_int_equal(push(office, &kiosk, 0, &answer), 200);
        const json_t *messages = json_object_get(answer, "messages");
        assert_int_equal(json_array_size(messages), rounds[i].messages);
        assert_int_equal(
            caller_send(office, lane_api_deposit, &kiosk, "deposit", rounds[i].deposit, &deposited),
            rounds[i].http);
        if (rounds[i].http == 200)
            assert_int_equal(json_int_or(deposited, "texts_taken", -1), 0);
        else
            assert_non_null(json_text_or(deposited, "error", NULL));
    }
}

static void a_lane_taken_by_hand_cannot_push_before_it_is_enrolled(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    respond(&kiosk, 1);
    AUTO(json_decrefp) json_t *answer = NULL;
    assert_int_equal(push(office, &kiosk, 0, &answer), 403);
    assert_non_null(strstr(json_text_or(answer, "error", ""), "enrol first"));
}

// Only the lane's head, as it is.
static unsigned announce(struct office *office, const struct office_kiosk *kiosk,
                         json_t **ret_answer)
{
    return push(office, kiosk, kiosk->lines.size_bytes, ret_answer);
}

static void a_head_that_was_signed_is_not_forgotten(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, other;
    begin(office, &kiosk, 'a');
    office_kiosk_begin(&other, 'a');
    office_kiosk_setup(&other, true, false);
    buf_clear(&other.lines); // the same first entries
    buf_add(&other.lines, kiosk.lines.data, kiosk.lines.size_bytes);
    other.tree = kiosk.tree;
    other.last = kiosk.last;
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    const size_t more = kiosk.lines.size_bytes;
    respond(&kiosk, 1);
    respond(&other, 2);
    assert_int_equal(announce(office, &kiosk, NULL), 200);
    assert_int_equal(announce(office, &kiosk, NULL), 200);
    // Another head of that size, before its entries are here.
    AUTO(json_decrefp) json_t *head = NULL;
    assert_int_equal(announce(office, &other, &head), 409);
    assert_true(json_bool_or(head, "fork", false));
    // Other entries that reach that size, with a larger head.
    respond(&other, 3);
    AUTO(json_decrefp) json_t *entries = NULL;
    assert_int_equal(push(office, &other, more, &entries), 409);
    assert_true(json_bool_or(entries, "fork", false));
    assert_int_equal(json_int_or(entries, "size", -1), kiosk.seq - 1);
    respond(&kiosk, 3);
    assert_int_equal(push(office, &kiosk, more, NULL), 200);
}

static void a_head_far_ahead_is_refused(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk, 'a');
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    const struct merkle true_tree = kiosk.tree;
    const uint64_t sizes[] = {(uint64_t)kiosk.seq + INTAKE_AHEAD_MAX + 1,
                              (uint64_t)kiosk.seq + INTAKE_AHEAD_MAX};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        AUTO(json_decrefp) json_t *lanes = NULL;
        kiosk.tree.size = sizes[i];
        assert_int_equal(announce(office, &kiosk, NULL), i == 0 ? 400 : 200);
        lanes = list(office);
        assert_int_equal(json_int_or(lane_of(office, lanes, &kiosk), "missing", -1),
                         i == 0 ? 0 : INTAKE_AHEAD_MAX);
    }
    kiosk.tree = true_tree;
}

static void a_head_older_than_those_kept_is_not_walked_for(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    begin(office, &kiosk, 'a');
    respond(&kiosk, 1);
    respond(&kiosk, 2);
    struct office_kiosk old = kiosk; // the lines stay the kiosk's
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    for (int i = 3; i < 80; i++) {
        size_t from = kiosk.lines.size_bytes;
        respond(&kiosk, i);
        assert_int_equal(push(office, &kiosk, from, NULL), 200);
    }
    old.lines = kiosk.lines;
    old.tree.size = 2; // no head was kept there
    AUTO(json_decrefp) json_t *answer = NULL;
    assert_int_equal(push(office, &old, old.lines.size_bytes, &answer), 400);
    assert_non_null(strstr(json_text_or(answer, "error", ""), "older than all"));
}

static void a_job_looks_at_the_lanes_state_again(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    static const struct {
        handler_fn handler;
        const char *what, *body;
    } rows[] = {
        {lane_api_deposit, "deposit", "{\"received\":0}"},
        {lane_api_quarantine, "quarantine", "{\"of\":\"x\",\"from\":0,\"lines\":[]}"},
    };
    begin(office, &kiosk, 'a');
    assert_int_equal(push(office, &kiosk, 0, NULL), 200);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char path[128], header[SIGNING_HEADER_BYTES];
        struct reply reply;
        caller_path(&kiosk, rows[i].what, path, sizeof path);
        caller_sign(&kiosk, path, rows[i].body, OFFICE_NOW_S, header);
        struct request request = {.method = HTTP_POST,
                                  .path = path,
                                  .param = {kiosk.lane},
                                  .param_count = 1,
                                  .query = "",
                                  .body = rows[i].body,
                                  .body_size_bytes = strlen(rows[i].body),
                                  .context = office->hub,
                                  .header = caller_authorization,
                                  .source = header};
        reply_init(&reply);
        assert_int_equal(rows[i].handler(&request, &reply, &office->err), STATUS_OK);
        assert_non_null(reply.job);
        // Suspended while the job waits.
        act(office, json_pack("{s:s, s:s, s:s}", "command", "device", "act", "suspend", "lane",
                              kiosk.lane));
        assert_int_equal(writer_run(office->hub->writer, reply.job, &office->err), STATUS_DENIED);
        act(office,
            json_pack("{s:s, s:s, s:s}", "command", "device", "act", "resume", "lane", kiosk.lane));
        reply.job_free(reply.job);
        reply.job = NULL;
        reply_done(&reply);
    }
}

static void a_large_body_of_a_stranger_is_not_read(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk, stranger;
    char path[128], none[128], header[SIGNING_HEADER_BYTES], old[SIGNING_HEADER_BYTES];
    begin(office, &kiosk, 'a');
    office_kiosk_begin(&stranger, 'b');
    caller_path(&kiosk, "entries", path, sizeof path);
    caller_path(&stranger, "entries", none, sizeof none);
    caller_sign(&kiosk, path, "the body is not here yet", OFFICE_NOW_S, header);
    caller_sign(&kiosk, path, "", OFFICE_NOW_S - SIGNING_SKEW_S - 1, old);
    const struct {
        const char *path, *lane, *header;
        unsigned http;
    } rows[] = {
        {path, kiosk.lane, header, 200},    {path, kiosk.lane, NULL, 401},
        {path, kiosk.lane, "Basic x", 401}, {path, kiosk.lane, "Hailong 5 AAAA", 401},
        {path, kiosk.lane, old, 401},       {none, stranger.lane, header, 403},
        {"/api/v1/enrol", NULL, NULL, 200},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct reply reply;
        struct request request = {.method = HTTP_POST,
                                  .path = rows[i].path,
                                  .param = {rows[i].lane},
                                  .param_count = rows[i].lane != NULL,
                                  .query = "",
                                  .body = "",
                                  .context = office->hub,
                                  .header = caller_authorization,
                                  .source = (void *)(uintptr_t)rows[i].header};
        reply_init(&reply);
        assert_int_equal(lane_api_before(&request, &reply, &office->err), STATUS_OK);
        assert_int_equal(reply.http_status, rows[i].http);
        if (rows[i].http == 401)
            assert_non_null(strstr(buf_text(&reply.body), "\"time\":"));
        reply_done(&reply);
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH(a_push_is_answered_with_size_root_and_the_cosigned_checkpoint),
        WITH(the_same_push_again_changes_nothing),
        WITH(a_checkpoint_alone_is_a_sign_of_life_that_announces),
        WITH(a_gap_is_409_with_the_size),
        WITH(other_bytes_or_another_root_are_a_fork),
        WITH(an_old_head_of_the_same_history_is_fine),
        WITH(a_bad_entry_is_named_to_the_kiosk_and_on_the_devices_list),
        WITH(what_cannot_be_read_is_named_too),
        WITH(signatures_are_checked_before_anything_else),
        WITH(who_may_bring_nothing_is_told_why),
        WITH(lines_of_another_lane_or_unit_are_refused),
        WITH(head_tells_size_root_and_the_checkpoints),
        WITH(messages_come_until_a_deposit_confirms_them),
        WITH(a_lane_taken_by_hand_cannot_push_before_it_is_enrolled),
        WITH(a_head_that_was_signed_is_not_forgotten),
        WITH(a_head_far_ahead_is_refused),
        WITH(a_head_older_than_those_kept_is_not_walked_for),
        WITH(a_job_looks_at_the_lanes_state_again),
        WITH(a_large_body_of_a_stranger_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
