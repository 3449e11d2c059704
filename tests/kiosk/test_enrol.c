// SPDX-License-Identifier: MIT
// enrol.c against a small hub: what a phrase gives, and who is not believed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "enrol.h"
#include "file.h"
#include "small_hub.h"

static int meet(void **state)
{
    assert_int_equal(office_setup(state), 0);
    small_hub_open();
    return 0;
}

static int part(void **state)
{
    small_hub_close();
    return office_teardown(state);
}

static unsigned asked_again;

static void again(void)
{
    asked_again++;
}

static void read_own(const struct office *office, const char *name, struct buf *text)
{
    struct err err;
    char path[SCRATCH_PATH_SIZE + 40];
    snprintf(path, sizeof path, "%s/%s", office->folder, name);
    buf_init(text, 1000);
    assert_int_equal(file_read(path, text, &err), STATUS_OK);
}

static void a_phrase_brings_the_hubs_keys_and_address(void **state)
{
    struct office *office = *state;
    struct hubkeys keys;
    char url[KIOSK_URL_BYTES];
    struct buf line;
    asked_again = 0;
    office->kiosk->again = again;
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_DENIED);
    assert_int_equal(hubkeys_url(office->folder, url, &office->err), STATUS_OK);
    assert_string_equal(url, "");
    if (enrol_run(office->kiosk, hub.url, hub.phrase, &office->err) != STATUS_OK)
        fail_msg("%s", office->err.text);
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_OK);
    assert_memory_equal(keys.cosigner.public_key, hub.public_key, sizeof hub.public_key);
    assert_int_equal(keys.cosigner.algorithm, NOTE_COSIGNATURE);
    assert_string_equal(keys.box.lane, hub.lane);
    assert_memory_equal(keys.box.public_key, hub.box_public, sizeof hub.box_public);
    assert_int_equal(hubkeys_url(office->folder, url, &office->err), STATUS_OK);
    assert_int_equal(strncmp(url, hub.url, strlen(hub.url) - 1), 0);
    assert_int_equal(strlen(url), strlen(hub.url) - 1); // without the slash
    read_own(office, "keys/case.pub", &line);
    assert_int_equal(line.size_bytes, 45); // base64 of 32 bytes and a line feed
    buf_done(&line);
    assert_int_equal(asked_again, 1);
}

static void what_does_not_know_the_phrase_is_not_believed(void **state)
{
    struct office *office = *state;
    struct hubkeys keys;
    hub.wrong_mac = true;
    assert_int_equal(enrol_run(office->kiosk, hub.url, hub.phrase, &office->err), STATUS_DENIED);
    hub.wrong_mac = false;
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_DENIED);
    char other[SIGNING_PHRASE_CHARS + 1];
    signing_phrase_make(other);
    assert_int_equal(enrol_run(office->kiosk, hub.url, other, &office->err), STATUS_DENIED);
    assert_non_null(strstr(office->err.text, "no such phrase"));
    assert_null(strstr(office->err.text, other));
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_DENIED);
}

static void a_phrase_of_another_unit_is_not_taken(void **state)
{
    struct office *office = *state;
    struct hubkeys keys;
    hub.unit = "05536";
    assert_int_equal(enrol_run(office->kiosk, hub.url, hub.phrase, &office->err), STATUS_CONFLICT);
    assert_non_null(strstr(office->err.text, "--unit 05533"));
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_DENIED);
}

static void plain_http_is_for_this_computer_and_for_trials(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool real, trial;
    } ROWS[] = {
        {"https://hub.example.vn", true, true},
        {"https://", false, false},
        {"http://hub.example.vn", false, true},
        {"http://127.0.0.1:8090", true, true},
        {"http://127.0.0.1/", true, true},
        {"http://localhost:1", true, true},
        {"http://[::1]:1", true, true},
        {"http://127.0.0.1.example.vn:80", false, true},
        {"http://localhost.example.vn", false, true},
        {"http://", false, false},
        {"ftp://127.0.0.1", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++) {
        assert_int_equal(enrol_url_ok(ROWS[i].url, false), ROWS[i].real);
        assert_int_equal(enrol_url_ok(ROWS[i].url, true), ROWS[i].trial);
    }
}

static void no_phrase_and_no_answer_are_told_apart(void **state)
{
    struct office *office = *state;
    assert_int_equal(enrol_run(office->kiosk, hub.url, "K7QM", &office->err), STATUS_BAD_INPUT);
    assert_int_equal(enrol_run(office->kiosk, "ftp://x", hub.phrase, &office->err), STATUS_USAGE);
    server_close(hub.server);
    hub.server = NULL;
    assert_int_equal(enrol_run(office->kiosk, hub.url, hub.phrase, &office->err), STATUS_BUSY);
}

static void damaged_keys_of_the_hub_are_named(void **state)
{
    struct office *office = *state;
    struct hubkeys keys;
    char path[SCRATCH_PATH_SIZE + 40];
    small_hub_enrolled(office);
    snprintf(path, sizeof path, "%s/keys/hub.vkey", office->folder);
    assert_int_equal(file_write(path, "nonsense\n", 9, 0600, &office->err), STATUS_OK);
    assert_int_equal(hubkeys_read(office->folder, &keys, &office->err), STATUS_CHECK_FAILED);
    assert_non_null(strstr(office->err.text, "hub.vkey"));
}

static void a_kit_in_the_answer_becomes_this_kiosks_own(void **state)
{
    struct office *office = *state;
    uint8_t sign_public[CRYPTO_SIGN_PUBLIC_BYTES], box[CRYPTO_BOX_PUBLIC_BYTES];
    static const char KIT[] =
        "{\"v\":1,\"slip_key\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\",\"slips\":[]}";
    crypto_sign_public(office->kiosk->lane_secret, sign_public);
    assert_int_equal(crypto_box_of_sign_public(sign_public, box, &office->err), STATUS_OK);
    assert_int_equal(crypto_seal(box, KIT, sizeof KIT - 1, &hub.kit, &office->err), STATUS_OK);
    assert_int_equal(enrol_run(office->kiosk, hub.url, hub.phrase, &office->err), STATUS_OK);
    office_reopen(office);
    for (size_t i = 0; i < CRYPTO_KEY_BYTES; i++)
        assert_int_equal(office->kiosk->slip_key[i], 1);
}

#define MEETING(test) cmocka_unit_test_setup_teardown(test, meet, part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEETING(a_phrase_brings_the_hubs_keys_and_address),
        MEETING(what_does_not_know_the_phrase_is_not_believed),
        MEETING(a_phrase_of_another_unit_is_not_taken),
        cmocka_unit_test(plain_http_is_for_this_computer_and_for_trials),
        MEETING(no_phrase_and_no_answer_are_told_apart),
        MEETING(damaged_keys_of_the_hub_are_named),
        MEETING(a_kit_in_the_answer_becomes_this_kiosks_own),
    };
    return cmocka_run_group_tests_name("enrol", tests, NULL, NULL);
}
