// SPDX-License-Identifier: MIT
// witness.c, witnessing.c, vouch.c, witnessfile.c: a commune's hub and, as its witness, a
// province's.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "forward.h"
#include "hubchores.h"
#include "hubhead.h"
#include "office.h"
#include "reply.h"
#include "vouch.h"
#include "witness.h"
#include "witness_actions.h"
#include "witnessfile.h"
#include "file.h"

static struct hub *province;

static int open_both(void **state)
{
    char setup[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    office_open(state);
    struct office *office = *state;
    scratch_path(&office->scratch, "setup.json", setup);
    scratch_path(&office->scratch, "province", folder);
    if (hub_init(folder, setup, &office->err) != STATUS_OK ||
        hub_open(folder, HUB_WRITE, &province, &office->err) != STATUS_OK ||
        hubhead_round(office->hub, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    return 0;
}

static int close_both(void **state)
{
    hub_close(province);
    return office_close(state);
}

// ---- what tests do -----------------------------------------------------------------------------

static void vkey_of(const struct hub *hub, char ret_vkey[NOTE_VKEY_BYTES])
{
    note_vkey(hublane_key(hub->lane), ret_vkey);
}

static enum status act(struct hub *hub, const char *what, const char *vkey, struct err *err)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:[s]}", "act", what, "keys", vkey);
    return witness_actions(hub, request, &reply, err);
}

static void must(struct hub *hub, const char *what, const char *vkey)
{
    struct err err = {.text = ""};
    if (act(hub, what, vkey, &err) != STATUS_OK)
        fail_msg("%s: %s", what, err.text);
}

static struct witness_cover cover_of(struct office *office, const char *lane)
{
    struct witness_keys keys;
    struct witness_cover cover;
    struct db *db = dbpool_take(office->hub->readers);
    enum status status = witness_keys(office->hub, db, &keys, &office->err);
    if (status == STATUS_OK)
        status = witness_of(db, &keys, lane, &cover, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    return cover;
}

static const char *no_header(const struct request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

// POSTs to the province; the body of the answer into `answer`.
static unsigned post(const char *body, size_t size_bytes, const char *type, struct buf *answer)
{
    struct reply reply;
    struct err err;
    struct request request = {.method = HTTP_POST,
                              .path = "/add-checkpoint",
                              .query = "",
                              .body = body,
                              .body_size_bytes = size_bytes,
                              .context = province,
                              .header = no_header};
    reply_init(&reply);
    assert_int_equal(vouch_post(&request, &reply, &err), STATUS_OK);
    assert_int_equal(writer_run(province->writer, reply.job, &err), STATUS_OK);
    assert_int_equal(reply.after(&request, &reply, &err), STATUS_OK);
    const unsigned http_status = reply.http_status;
    if (type != NULL)
        assert_string_equal(reply.content_type, type);
    buf_clear(answer);
    buf_add(answer, reply.body.data, reply.body.size_bytes);
    reply_done(&reply);
    return http_status;
}

// A log of its own, as long as a test likes: its leaves are numbers.
struct log {
    struct office_kiosk kiosk;
    uint8_t leaf[64][CRYPTO_HASH_BYTES];
    size_t size;
};

static void log_grow(struct log *log, size_t size, int salt)
{
    for (; log->size < size; log->size++) {
        const int bytes[] = {(int)log->size, salt};
        merkle_leaf(bytes, sizeof bytes, log->leaf[log->size]);
        merkle_add(&log->kiosk.tree, log->leaf[log->size]);
    }
}

static void log_request(const struct log *log, uint64_t old_size, struct buf *out)
{
    AUTO(merkle_prove_closep) struct merkle_prover *prover = NULL;
    struct merkle_proof proof = {.count = 0};
    struct err err;
    if (old_size > 0 && old_size < log->size) {
        assert_int_equal(merkle_prove_open(old_size, log->size, &prover, &err), STATUS_OK);
        for (size_t i = 0; i < log->size; i++)
            merkle_prove_add(prover, log->leaf[i]);
        assert_int_equal(merkle_prove_end(prover, &proof, &err), STATUS_OK);
    }
    buf_clear(out);
    buf_addf(out, "old %d\n", (int)old_size);
    for (size_t i = 0; i < proof.count; i++) {
        crypto_base64(proof.node[i], CRYPTO_HASH_BYTES, out);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
    office_kiosk_note(&log->kiosk, out);
}

static void log_begin(struct log *log, char digit, size_t size, int salt)
{
    *log = (struct log){.size = 0};
    office_kiosk_begin(&log->kiosk, digit);
    log_grow(log, size, salt);
}

static void log_end(struct log *log)
{
    office_kiosk_end(&log->kiosk);
}

static unsigned send_log(const struct log *log, uint64_t old_size, struct buf *answer)
{
    AUTO(buf_done) struct buf body;
    buf_init(&body, VOUCH_BODY_LIMIT_BYTES);
    log_request(log, old_size, &body);
    return post(body.data, body.size_bytes, NULL, answer);
}

static void trust_log(const struct log *log)
{
    struct note_key key;
    char vkey[NOTE_VKEY_BYTES];
    note_key_of_lane(log->kiosk.public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    must(province, "add", vkey);
}

// ---- keys --------------------------------------------------------------------------------------

static void the_hubs_own_key_and_its_kiosks_are_no_witnesses(void **state)
{
    struct office *office = *state;
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    struct note_key key;
    char own[NOTE_VKEY_BYTES], of_kiosk[NOTE_VKEY_BYTES], other[NOTE_VKEY_BYTES];
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_enrol(office, &kiosk);
    note_key_of_lane(kiosk.public_key, NOTE_COSIGNATURE, &key);
    note_vkey(&key, of_kiosk);
    vkey_of(office->hub, own);
    vkey_of(province, other);
    assert_int_equal(act(office->hub, "trust", own, &office->err), STATUS_BAD_INPUT);
    assert_int_equal(act(office->hub, "trust", of_kiosk, &office->err), STATUS_BAD_INPUT);
    assert_int_equal(act(office->hub, "trust", "no key", &office->err), STATUS_BAD_INPUT);
    assert_int_equal(act(office->hub, "distrust", other, &office->err), STATUS_NOT_FOUND);
    must(office->hub, "trust", other);
    must(office->hub, "trust", other); // again is no change
    must(office->hub, "distrust", other);
}

static void a_witness_of_the_options_counts_from_then_on(void **state)
{
    struct office *office = *state;
    struct hubchores_witness witness;
    struct witness_keys keys;
    char vkey[NOTE_VKEY_BYTES];
    vkey_of(province, vkey);
    assert_int_equal(
        hubchores_choose(office->hub, "http://127.0.0.1:1", NULL, &witness, &office->err),
        STATUS_USAGE);
    assert_int_equal(hubchores_choose(office->hub, NULL, NULL, &witness, &office->err), STATUS_OK);
    assert_string_equal(witness.url, "");
    assert_int_equal(
        hubchores_choose(office->hub, "http://127.0.0.1:1", vkey, &witness, &office->err),
        STATUS_OK);
    assert_string_equal(witness.url, "http://127.0.0.1:1");
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(witness_keys(office->hub, db, &keys, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(keys.count, 1);
    assert_int_equal(keys.key[0].algorithm, NOTE_COSIGNATURE);
}

// ---- cosigning ---------------------------------------------------------------------------------

static void a_head_is_cosigned_when_it_follows_from_the_last(void **state)
{
    struct office *office = *state;
    AUTO(log_end) struct log log;
    AUTO(buf_done) struct buf answer;
    AUTO(buf_done) struct buf note;
    struct note_key key;
    int64_t time_s = 0;
    static const size_t sizes[] = {3, 3, 4, 7, 8, 13, 64};
    uint64_t old_size = 0;
    buf_init(&answer, 4096);
    buf_init(&note, NOTE_LIMIT_BYTES);
    log_begin(&log, 'b', 3, 1);
    trust_log(&log);
    note_key_of_lane(hublane_key(province->lane)->public_key, NOTE_COSIGNATURE, &key);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        log_grow(&log, sizes[i], 1);
        assert_int_equal(send_log(&log, old_size, &answer), 200);
        buf_clear(&note);
        office_kiosk_note(&log.kiosk, &note);
        buf_add(&note, answer.data, answer.size_bytes);
        assert_int_equal(note_verify(note.data, note.size_bytes, &key, &time_s, &office->err),
                         STATUS_OK);
        assert_int_equal(time_s, OFFICE_NOW_S);
        old_size = sizes[i];
    }
}

static void what_does_not_follow_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    AUTO(log_end) struct log log;
    AUTO(log_end) struct log fork;
    AUTO(log_end) struct log small;
    AUTO(buf_done) struct buf answer;
    buf_init(&answer, 4096);
    log_begin(&log, 'b', 10, 1);
    log_begin(&fork, 'b', 10, 2);
    log_begin(&small, 'b', 9, 1);
    trust_log(&log);
    assert_int_equal(send_log(&log, 0, &answer), 200);
    assert_int_equal(send_log(&fork, 10, &answer), 409); // the same size, another root
    assert_string_equal(buf_text(&answer), "10\n");
    assert_int_equal(send_log(&small, 9, &answer), 409); // smaller
    assert_string_equal(buf_text(&answer), "10\n");
    assert_int_equal(send_log(&small, 10, &answer), 400); // smaller, and says so
    log_grow(&fork, 12, 2);
    assert_int_equal(send_log(&fork, 10, &answer), 422); // longer, from another beginning
    assert_int_equal(send_log(&fork, 0, &answer), 409);  // as if new
    assert_int_equal(send_log(&fork, 5, &answer), 409);
    log_grow(&log, 12, 1);
    assert_int_equal(send_log(&log, 10, &answer), 200);
}

static void who_is_not_known_gets_no_signature(void **state)
{
    (void)state;
    AUTO(log_end) struct log log;
    AUTO(log_end) struct log other;
    AUTO(buf_done) struct buf answer;
    AUTO(buf_done) struct buf body;
    buf_init(&answer, 4096);
    buf_init(&body, VOUCH_BODY_LIMIT_BYTES);
    log_begin(&log, 'b', 5, 1);
    log_begin(&other, 'c', 5, 1);
    assert_int_equal(send_log(&log, 0, &answer), 404);
    trust_log(&log);
    assert_int_equal(send_log(&other, 0, &answer), 404);
    // A note with a signature that is not the log's.
    log_request(&log, 0, &body);
    char *signature = strstr(body.data, "— ");
    assert_non_null(signature);
    char *last = strrchr(signature, '\n') - 10;
    *last = *last == 'A' ? 'B' : 'A';
    assert_int_equal(post(body.data, body.size_bytes, NULL, &answer), 403);
}

static void what_is_no_request_is_400(void **state)
{
    (void)state;
    AUTO(log_end) struct log log;
    AUTO(buf_done) struct buf answer;
    AUTO(buf_done) struct buf body;
    static const char *const cases[] = {
        "",
        "old 0",
        "old 0\n",
        "old 0\n\n",
        "old x\n\n",
        "old -1\n\n",
        "old 00\n\n",
        "ald 0\n\n",
        "old 0\nnot base64\n\n",
        "old 99999999999999999999\n\n",
    };
    buf_init(&answer, 4096);
    buf_init(&body, VOUCH_BODY_LIMIT_BYTES);
    log_begin(&log, 'b', 5, 1);
    trust_log(&log);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(post(cases[i], strlen(cases[i]), NULL, &answer), 400);
    log_request(&log, 0, &body);
    assert_int_equal(post(body.data, body.size_bytes - 1, NULL, &answer), 400); // cut
    buf_clear(&body);
    buf_addf(&body, "old 0\n");
    for (int i = 0; i <= WITNESSING_PROOF_MAX; i++)
        buf_add_text(&body, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    buf_add_char(&body, '\n');
    office_kiosk_note(&log.kiosk, &body);
    assert_int_equal(post(body.data, body.size_bytes, NULL, &answer), 400);
}

static void answers_have_the_standards_types(void **state)
{
    (void)state;
    AUTO(log_end) struct log log;
    AUTO(buf_done) struct buf answer;
    AUTO(buf_done) struct buf body;
    buf_init(&answer, 4096);
    buf_init(&body, VOUCH_BODY_LIMIT_BYTES);
    log_begin(&log, 'b', 5, 1);
    trust_log(&log);
    log_request(&log, 0, &body);
    assert_int_equal(post(body.data, body.size_bytes, "text/plain; charset=utf-8", &answer), 200);
    assert_int_equal(strncmp(buf_text(&answer), "— hailong/", strlen("— hailong/")), 0);
    assert_int_equal(post(body.data, body.size_bytes, "text/x.tlog.size", &answer), 409);
}

static void a_key_that_comes_back_finds_the_old_head(void **state)
{
    (void)state;
    AUTO(log_end) struct log log;
    AUTO(log_end) struct log fork;
    AUTO(buf_done) struct buf answer;
    struct note_key key;
    char vkey[NOTE_VKEY_BYTES];
    buf_init(&answer, 4096);
    log_begin(&log, 'b', 10, 1);
    log_begin(&fork, 'b', 10, 2);
    trust_log(&log);
    assert_int_equal(send_log(&log, 0, &answer), 200);
    note_key_of_lane(log.kiosk.public_key, NOTE_ED25519, &key);
    note_vkey(&key, vkey);
    must(province, "remove", vkey);
    assert_int_equal(send_log(&log, 10, &answer), 404);
    trust_log(&log);
    assert_int_equal(send_log(&fork, 0, &answer), 409);
}

// ---- files -------------------------------------------------------------------------------------

struct paths {
    char up[SCRATCH_PATH_SIZE], down[SCRATCH_PATH_SIZE];
};

static void write_up(struct office *office, const struct paths *paths)
{
    AUTO(buf_done) struct buf out;
    struct witnessfile_figures figures = {.good = 0};
    buf_init(&out, WITNESSFILE_LIMIT_BYTES);
    struct db *db = dbpool_take(office->hub->readers);
    const enum status status =
        witnessfile_write(office->hub, db, NULL, &out, &figures, &office->err);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(file_write(paths->up, out.data, out.size_bytes, 0600, &office->err),
                     STATUS_OK);
}

static int64_t use(struct hub *hub, const char *what, const char *from, const char *to,
                   int64_t *ret_bad)
{
    AUTO(json_decrefp) json_t *reply = NULL;
    AUTO(json_decrefp)
    json_t *request = json_pack("{s:s, s:s, s:s}", "act", what, "from", from, "to", to);
    struct err err = {.text = ""};
    if (witness_actions(hub, request, &reply, &err) != STATUS_OK)
        fail_msg("%s: %s", what, err.text);
    *ret_bad = json_int_or(reply, "bad", -1);
    return json_int_or(reply, "good", -1);
}

static void refused_to_overwrite(struct hub *hub, const struct paths *paths)
{
    AUTO(buf_done) struct buf before;
    AUTO(buf_done) struct buf after;
    AUTO(json_decrefp)
    json_t *request =
        json_pack("{s:s, s:s, s:s}", "act", "sign", "from", paths->up, "to", paths->down);
    json_t *none = NULL;
    struct err err = {.text = ""};
    buf_init(&before, WITNESSFILE_LIMIT_BYTES);
    buf_init(&after, WITNESSFILE_LIMIT_BYTES);
    assert_int_equal(file_read(paths->down, &before, &err), STATUS_OK);
    assert_int_equal(witness_actions(hub, request, &none, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "not overwritten"));
    assert_int_equal(file_read(paths->down, &after, &err), STATUS_OK);
    assert_string_equal(buf_text(&after), buf_text(&before));
}

// What the hub hands to a kiosk: the head with the witness's line, good by the witness's key.
static void shown_to_a_stranger(struct office *office, const char *lane, int64_t size)
{
    AUTO(buf_done) struct buf note;
    struct note_checkpoint checkpoint;
    struct note_key key;
    buf_init(&note, WITNESS_NOTE_LIMIT_BYTES);
    struct db *db = dbpool_take(office->hub->readers);
    assert_int_equal(witness_note(db, lane, size + 1, &note, &office->err), STATUS_OK);
    assert_int_equal(note.size_bytes, 0);
    assert_int_equal(witness_note(db, lane, size, &note, &office->err), STATUS_OK);
    dbpool_give(office->hub->readers, db);
    assert_int_equal(note_read(note.data, note.size_bytes, &checkpoint, &office->err), STATUS_OK);
    assert_int_equal(checkpoint.size, size);
    note_key_of_lane(hublane_key(province->lane)->public_key, NOTE_COSIGNATURE, &key);
    assert_int_equal(note_verify(note.data, note.size_bytes, &key, NULL, NULL), STATUS_OK);
}

static void files_carry_heads_up_and_cosignatures_down(void **state)
{
    struct office *office = *state;
    const char *lane = hublane_name(office->hub->lane);
    struct paths paths;
    char own[NOTE_VKEY_BYTES], other[NOTE_VKEY_BYTES];
    int64_t bad = 0;
    scratch_path(&office->scratch, "up", paths.up);
    scratch_path(&office->scratch, "down", paths.down);
    vkey_of(office->hub, own);
    vkey_of(province, other);
    write_up(office, &paths);
    assert_int_equal(use(province, "sign", paths.up, paths.down, &bad), 0); // not known there
    assert_int_equal(bad, 1);
    must(province, "add", own);
    refused_to_overwrite(province, &paths);
    assert_int_equal(unlink(paths.down), 0);
    assert_int_equal(use(province, "sign", paths.up, paths.down, &bad), 1);
    assert_int_equal(use(office->hub, "import", paths.down, "", &bad), 0); // does not count here
    assert_int_equal(bad, 1);
    assert_false(cover_of(office, lane).covered);
    must(office->hub, "trust", other);
    assert_int_equal(use(office->hub, "import", paths.down, "", &bad), 1);
    assert_int_equal(bad, 0);
    const struct witness_cover first = cover_of(office, lane);
    assert_true(first.covered);
    assert_int_equal(first.time_s, OFFICE_NOW_S);
    shown_to_a_stranger(office, lane, first.size);
    // Later: a proof from that size on.
    clock_fix(OFFICE_NOW_S + 7200);
    assert_int_equal(hubhead_round(office->hub, &office->err), STATUS_OK);
    write_up(office, &paths);
    assert_int_equal(unlink(paths.down), 0);
    assert_int_equal(use(province, "sign", paths.up, paths.down, &bad), 1);
    assert_int_equal(use(office->hub, "import", paths.down, "", &bad), 1);
    assert_true(cover_of(office, lane).size > first.size);
    assert_int_equal(cover_of(office, lane).time_s, OFFICE_NOW_S + 7200);
    must(office->hub, "distrust", other);
    assert_false(cover_of(office, lane).covered);
}

static void the_report_says_whether_there_is_a_witness(void **state)
{
    struct office *office = *state;
    struct paths paths;
    char own[NOTE_VKEY_BYTES], other[NOTE_VKEY_BYTES];
    int64_t bad = 0;
    scratch_path(&office->scratch, "up", paths.up);
    scratch_path(&office->scratch, "down", paths.down);
    vkey_of(office->hub, own);
    vkey_of(province, other);
    json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    assert_true(json_is_false(json_object_get(report, "witness")));
    assert_true(json_is_null(json_object_get(report, "witness_time")));
    json_decref(report);
    must(province, "add", own);
    must(office->hub, "trust", other);
    assert_int_equal(hubhead_round(office->hub, &office->err), STATUS_OK);
    write_up(office, &paths);
    assert_int_equal(use(province, "sign", paths.up, paths.down, &bad), 1);
    assert_int_equal(use(office->hub, "import", paths.down, "", &bad), 1);
    report = office_report(office, OFFICE_UNIT, "2026-Q4");
    assert_true(json_is_true(json_object_get(report, "witness")));
    assert_string_equal(json_text_or(report, "witness_time", ""), "2026-11-21 09:00");
    json_decref(report);
    // A kiosk that nobody outside has seen: the whole is not covered any more.
    AUTO(office_kiosk_end) struct office_kiosk kiosk;
    office_kiosk_begin(&kiosk, 'a');
    office_kiosk_setup(&kiosk, true, false);
    office_take_all(office, &kiosk);
    report = office_report(office, OFFICE_UNIT, "2026-Q4");
    assert_true(json_is_false(json_object_get(report, "witness")));
    json_decref(report);
}

// Cosigned by the province at what the lane is now.
static void cover_now(struct office *office, const struct paths *paths)
{
    int64_t bad = 0;
    (void)remove(paths->up); // of the time before
    (void)remove(paths->down);
    assert_int_equal(hubhead_round(office->hub, &office->err), STATUS_OK);
    write_up(office, paths);
    assert_int_equal(use(province, "sign", paths->up, paths->down, &bad), 1);
    assert_int_equal(use(office->hub, "import", paths->down, "", &bad), 1);
}

static void begin_covered(struct office *office, struct paths *paths)
{
    char own[NOTE_VKEY_BYTES], other[NOTE_VKEY_BYTES];
    scratch_path(&office->scratch, "up", paths->up);
    scratch_path(&office->scratch, "down", paths->down);
    vkey_of(office->hub, own);
    vkey_of(province, other);
    must(province, "add", own);
    must(office->hub, "trust", other);
    cover_now(office, paths);
}

// The hub's own lane gets an entry and a signed head.
static void grow_own(struct office *office, const char *act)
{
    char other[NOTE_VKEY_BYTES];
    vkey_of(province, other);
    must(office->hub, act, other);
    assert_int_equal(hubhead_round(office->hub, &office->err), STATUS_OK);
}

static void what_stands_two_hours_without_a_cosignature_is_not_covered(void **state)
{
    struct office *office = *state;
    const char *lane = hublane_name(office->hub->lane);
    struct paths paths;
    begin_covered(office, &paths);
    const int64_t size = cover_of(office, lane).size;
    assert_true(cover_of(office, lane).covered);
    clock_fix(OFFICE_NOW_S + 24 * 3600); // nothing new: what there is stays covered
    assert_true(cover_of(office, lane).covered);
    grow_own(office, "add");
    for (int i = 0; i < 80; i++) { // many newer heads do not push the first one out
        clock_fix(OFFICE_NOW_S + 24 * 3600 + 60 * i);
        grow_own(office, i % 2 == 0 ? "remove" : "add");
    }
    clock_fix(OFFICE_NOW_S + 26 * 3600 - 1);
    assert_true(cover_of(office, lane).covered);
    clock_fix(OFFICE_NOW_S + 26 * 3600);
    const struct witness_cover late = cover_of(office, lane);
    assert_false(late.covered);
    assert_true(late.cosigned);
    assert_int_equal(late.size, size);
    AUTO(json_decrefp) json_t *json = witness_json(&late);
    struct witness_cover again;
    witness_from_json(json, &again);
    assert_memory_equal(&again.size, &late.size, sizeof late.size);
    assert_false(again.covered);
    assert_true(again.cosigned);
    cover_now(office, &paths);
    assert_true(cover_of(office, lane).covered);
}

struct refuse_job {
    struct writer_job job; // first
    const char *lane, *name;
    int64_t size;
};

static enum status apply_refuse(struct db *db, struct writer_job *job, struct err *err)
{
    const struct refuse_job *refuse = (const struct refuse_job *)job;
    return witness_refuse(db, refuse->lane, refuse->size, refuse->name, "it was rewritten", err);
}

static void a_refused_lane_is_not_covered_until_it_is_cosigned_again(void **state)
{
    struct office *office = *state;
    const char *lane = hublane_name(office->hub->lane);
    struct witness_sum sum = {.open = false};
    struct paths paths;
    begin_covered(office, &paths);
    const struct witness_cover good = cover_of(office, lane);
    struct refuse_job other = {
        .job.apply = apply_refuse, .lane = lane, .name = "nobody who counts", .size = 1};
    assert_int_equal(writer_run(office->hub->writer, &other.job, &office->err), STATUS_OK);
    assert_true(cover_of(office, lane).covered);
    struct refuse_job refuse = {
        .job.apply = apply_refuse, .lane = lane, .name = good.name, .size = good.size + 1};
    assert_int_equal(writer_run(office->hub->writer, &refuse.job, &office->err), STATUS_OK);
    int64_t bad = 0;
    // An old cosignature that is imported again takes nothing back.
    assert_int_equal(use(office->hub, "import", paths.down, "", &bad), 1);
    const struct witness_cover cover = cover_of(office, lane);
    assert_false(cover.covered);
    assert_string_equal(cover.refuser, good.name);
    assert_string_equal(cover.refusal, "it was rewritten");
    witness_sum_add(&sum, &cover, 5);
    assert_true(sum.open);
    assert_int_equal(sum.refused, 1);
    AUTO(json_decrefp) json_t *report = office_report(office, OFFICE_UNIT, "2026-Q4");
    assert_true(json_is_false(json_object_get(report, "witness")));
    assert_int_equal(json_int_or(report, "witness_refused", -1), 1);
    grow_own(office, "add");
    cover_now(office, &paths);
    assert_true(cover_of(office, lane).covered);
    assert_string_equal(cover_of(office, lane).refuser, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BOTH_TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
        BOTH_TEST(the_hubs_own_key_and_its_kiosks_are_no_witnesses),
        BOTH_TEST(a_witness_of_the_options_counts_from_then_on),
        BOTH_TEST(a_head_is_cosigned_when_it_follows_from_the_last),
        BOTH_TEST(what_does_not_follow_is_refused_and_changes_nothing),
        BOTH_TEST(who_is_not_known_gets_no_signature),
        BOTH_TEST(what_is_no_request_is_400),
        BOTH_TEST(answers_have_the_standards_types),
        BOTH_TEST(a_key_that_comes_back_finds_the_old_head),
        BOTH_TEST(files_carry_heads_up_and_cosignatures_down),
        BOTH_TEST(the_report_says_whether_there_is_a_witness),
        BOTH_TEST(what_stands_two_hours_without_a_cosignature_is_not_covered),
        BOTH_TEST(a_refused_lane_is_not_covered_until_it_is_cosigned_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
