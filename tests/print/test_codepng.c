// SPDX-License-Identifier: MIT
// The code as PNG: read back by zbarimg, and refused models.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codepng.h"
#include "draw.h"
#include "file.h"
#include "qr.h"

enum { PNG_LIMIT_BYTES = 16 * 1024 * 1024, OUTPUT_BYTES = 4096 };

static enum status from_text(const char *text, struct buf *out, struct err *err)
{
    AUTO(json_decrefp) json_t *model = NULL;
    TRY(json_parse(text, strlen(text), 1 << 20, "model", &model, err));
    return codepng_of_model(model, out, err);
}

static unsigned big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
}

// What zbarimg reads in the picture, without the newline at its end.
static void read_back(const struct buf *png, char ret_text[OUTPUT_BYTES])
{
    char folder[] = "/tmp/test_codepng_XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    char command[128];
    (void)snprintf(path, sizeof(path), "%s/code.png", folder);
    (void)snprintf(command, sizeof(command), "zbarimg --nodbus --raw -q %s", path);
    assert_int_equal(file_write(path, png->data, png->size_bytes, 0600, NULL), STATUS_OK);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size_bytes = fread(ret_text, 1, OUTPUT_BYTES - 1, pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    while (size_bytes > 0 && ret_text[size_bytes - 1] == '\n')
        size_bytes--;
    ret_text[size_bytes] = '\0';
}

static void a_code_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned module_px;
    } cases[] = {
        {"HTTP://127.0.0.1:8081/S/K7QM2F9D4X/HT/1/R", 8},
        {"HTTP://127.0.0.1:8081/S/K7QM2F9D4X/HT/1/R", 3},
        {"http://phuong-ba-xuyen.example/P/0123456789", 40},
        {"Ông/Bà hài lòng ở mức nào?", 6},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf png;
        buf_init(&png, PNG_LIMIT_BYTES);
        char text[OUTPUT_BYTES];
        assert_int_equal(codepng_write(cases[i].text, cases[i].module_px, &png, NULL), STATUS_OK);
        read_back(&png, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void the_picture_is_the_code_with_its_quiet_zone(void **state)
{
    (void)state;
    for (unsigned module_px = 1; module_px <= CODEPNG_MODULE_MAX_PX; module_px += 13) {
        AUTO(qr_done) struct qr qr = {0};
        AUTO(buf_done) struct buf png;
        buf_init(&png, PNG_LIMIT_BYTES);
        assert_int_equal(qr_encode("HAI LONG", &qr, NULL), STATUS_OK);
        assert_int_equal(codepng_write("HAI LONG", module_px, &png, NULL), STATUS_OK);
        assert_memory_equal(png.data, "\x89PNG\r\n\x1a\n", 8);
        unsigned side_px = (qr.width + 2 * QR_QUIET_MODULES) * module_px;
        assert_int_equal(big_endian(png.data + 16), side_px);
        assert_int_equal(big_endian(png.data + 20), side_px);
    }
}

static void the_module_size_defaults_to_eight(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf named;
    buf_init(&named, PNG_LIMIT_BYTES);
    AUTO(buf_done) struct buf silent;
    buf_init(&silent, PNG_LIMIT_BYTES);
    assert_int_equal(from_text("{\"kind\":\"code\",\"text\":\"A\",\"module_px\":8}", &named, NULL),
                     STATUS_OK);
    assert_int_equal(from_text("{\"kind\":\"code\",\"text\":\"A\"}", &silent, NULL), STATUS_OK);
    assert_int_equal(named.size_bytes, silent.size_bytes);
    assert_memory_equal(named.data, silent.data, named.size_bytes);
}

static void a_model_that_is_off_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum status status;
    } cases[] = {
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":1}", STATUS_OK},
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":40}", STATUS_OK},
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":0}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":41}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":\"8\"}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\",\"module_px\":8.5}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\",\"colour\":\"red\"}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"\"}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":7}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\"}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\",\"text\":\"B\"}", STATUS_BAD_INPUT},
        {"{\"kind\":\"code\",\"text\":\"A\"} {}", STATUS_BAD_INPUT},
        {"[]", STATUS_BAD_INPUT},
        {"", STATUS_BAD_INPUT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, PNG_LIMIT_BYTES);
        struct err err = {0};
        assert_int_equal(from_text(cases[i].model, &out, &err), cases[i].status);
        assert_int_equal(err.text[0] == '\0', cases[i].status == STATUS_OK);
    }
}

static void a_text_too_long_for_a_code_is_refused(void **state)
{
    (void)state;
    char text[3001];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    AUTO(buf_done) struct buf out;
    buf_init(&out, PNG_LIMIT_BYTES);
    assert_int_equal(codepng_write(text, 1, &out, NULL), STATUS_TOO_LARGE);
    // Fits a code, but at 40 pixels per module not a picture.
    text[2000] = '\0';
    assert_int_equal(codepng_write(text, 40, &out, NULL), STATUS_TOO_LARGE);
    assert_int_equal(codepng_write(text, 4, &out, NULL), STATUS_OK);
}

static void a_picture_has_both_limits(void **state)
{
    (void)state;
    static const struct {
        unsigned width_px, height_px;
        enum status status;
    } cases[] = {
        {1, 1, STATUS_OK},
        {DRAW_SIDE_MAX_PX, 1, STATUS_OK},
        {0, 1, STATUS_TOO_LARGE},
        {1, 0, STATUS_TOO_LARGE},
        {DRAW_SIDE_MAX_PX + 1, 1, STATUS_TOO_LARGE},
        {1, DRAW_SIDE_MAX_PX + 1, STATUS_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(draw_closep) struct draw *draw = NULL;
        assert_int_equal(draw_open(cases[i].width_px, cases[i].height_px, &draw, NULL),
                         cases[i].status);
        assert_int_equal(draw != NULL, cases[i].status == STATUS_OK);
    }
}

static void an_output_over_its_limit_is_refused(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100);
    assert_int_equal(codepng_write("HAI LONG", 8, &out, NULL), STATUS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_read_back_as_it_was_written),
        cmocka_unit_test(the_picture_is_the_code_with_its_quiet_zone),
        cmocka_unit_test(the_module_size_defaults_to_eight),
        cmocka_unit_test(a_model_that_is_off_is_refused),
        cmocka_unit_test(a_text_too_long_for_a_code_is_refused),
        cmocka_unit_test(a_picture_has_both_limits),
        cmocka_unit_test(an_output_over_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
