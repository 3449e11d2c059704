// SPDX-License-Identifier: MIT
// qr.c: codes read back by zbarimg, the drawn forms compared with the modules.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "qr.h"
#include "support/scratch.h"

static struct qr encoded(const char *text)
{
    struct qr qr = {0};
    struct err err = {0};
    if (qr_encode(text, &qr, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return qr;
}

enum { MODULE_PX = 4 };

// A grey image with quiet zone.
static void draw(const struct qr *qr, struct buf *out)
{
    unsigned side = qr->width + 2 * QR_QUIET_MODULES;
    buf_addf(out, "P5 %u %u 255\n", side * MODULE_PX, side * MODULE_PX);
    for (unsigned y = 0; y < side * MODULE_PX; y++) {
        for (unsigned x = 0; x < side * MODULE_PX; x++) {
            unsigned column = x / MODULE_PX - QR_QUIET_MODULES;
            unsigned row = y / MODULE_PX - QR_QUIET_MODULES;
            bool dark =
                column < qr->width && row < qr->width && qr->modules[row * qr->width + column] == 1;
            buf_add_char(out, dark ? '\0' : '\xFF');
        }
    }
}

static bool reader_there(void)
{
    return system("command -v zbarimg >/dev/null 2>&1") == 0;
}

static void read_back(const struct qr *qr, char *ret_text, size_t size)
{
    AUTO(scratch_remove) struct scratch scratch = scratch_make();
    AUTO(buf_done) struct buf image;
    buf_init(&image, 10000000);
    draw(qr, &image);
    char path[SCRATCH_PATH_SIZE], command[SCRATCH_PATH_SIZE + 100];
    scratch_path(&scratch, "code.pgm", path);
    assert_int_equal(file_write(path, image.data, image.size_bytes, 0600, NULL), STATUS_OK);
    snprintf(command, sizeof command, "zbarimg --raw -q --nodbus %s", path);
    FILE *reader = popen(command, "r");
    assert_non_null(reader);
    size_t got = fread(ret_text, 1, size - 1, reader);
    pclose(reader);
    while (got > 0 && ret_text[got - 1] == '\n')
        got--;
    ret_text[got] = '\0';
}

static void a_reader_reads_what_was_encoded(void **state)
{
    (void)state;
    if (!reader_there())
        skip();
    static const char *const texts[] = {
        "HTTPS://DANHGIA.VN/P/K7QM2-F9D4X",
        "https://danhgia.vn/p/K7QM2-F9D4X",
        "1",
        "0123456789012345678901234567890123456789",
        "Phường Bá Xuyên – hài lòng",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "A a 1 # \\ \" ' <b>",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(qr_done) struct qr qr = encoded(texts[i]);
        char text[1000];
        read_back(&qr, text, sizeof text);
        assert_string_equal(text, texts[i]);
    }
}

static void a_spoiled_code_is_still_read_at_level_m(void **state)
{
    (void)state;
    if (!reader_there())
        skip();
    static const char text[] = "HTTPS://DANHGIA.VN/P/K7QM2-F9D4X";
    AUTO(qr_done) struct qr qr = encoded(text);
    // A spot in the data part; level M repairs about 15 percent of the codewords.
    for (unsigned y = 12; y < 16; y++)
        for (unsigned x = 14; x < 18; x++)
            qr.modules[y * qr.width + x] ^= 1;
    char back[1000];
    read_back(&qr, back, sizeof back);
    assert_string_equal(back, text);
}

static void upper_case_text_gets_the_smaller_code(void **state)
{
    (void)state;
    AUTO(qr_done) struct qr upper = encoded("HTTPS://DANHGIA.VN/P/K7QM2-F9D4X");
    AUTO(qr_done) struct qr lower = encoded("https://danhgia.vn/p/k7qm2-f9d4x");
    assert_int_equal(upper.width, 25); // version 2 holds 38 alphanumeric characters at level M
    assert_int_equal(lower.width, 29); // and 26 bytes: 32 need version 3
}

static void the_corners_hold_the_finder_patterns(void **state)
{
    (void)state;
    AUTO(qr_done) struct qr qr = encoded("1");
    assert_int_equal(qr.width, 21);
    static const char finder[] = "1111111"
                                 "1000001"
                                 "1011101"
                                 "1011101"
                                 "1011101"
                                 "1000001"
                                 "1111111";
    for (size_t i = 0; i < 49; i++) {
        size_t x = i % 7, y = i / 7;
        assert_int_equal(qr.modules[y * 21 + x], finder[i] - '0');
        assert_int_equal(qr.modules[y * 21 + 14 + x], finder[i] - '0');
        assert_int_equal(qr.modules[(14 + y) * 21 + x], finder[i] - '0');
    }
}

static void empty_and_overlong_texts_make_no_code(void **state)
{
    (void)state;
    struct qr qr = {0};
    struct err err = {0};
    assert_int_equal(qr_encode("", &qr, &err), STATUS_BAD_INPUT);
    char text[2333];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0'; // version 40-M holds 2331 bytes
    assert_int_equal(qr_encode(text, &qr, &err), STATUS_TOO_LARGE);
    assert_null(qr.modules);
    assert_int_equal(qr_encode(text + 1, &qr, &err), STATUS_OK);
    assert_int_equal(qr.width, 177);
    qr_done(&qr);
    assert_null(qr.modules);
}

static unsigned take_number(const char **at)
{
    char *end = NULL;
    unsigned long value = strtoul(*at, &end, 10);
    assert_true(end > *at);
    *at = end;
    return (unsigned)value;
}

static void take(const char **at, const char *expected)
{
    assert_memory_equal(*at, expected, strlen(expected));
    *at += strlen(expected);
}

static void the_svg_draws_exactly_the_modules(void **state)
{
    (void)state;
    AUTO(qr_done) struct qr qr = encoded("HTTPS://DANHGIA.VN/P/K7QM2-F9D4X");
    AUTO(buf_done) struct buf svg;
    buf_init(&svg, 100000);
    qr_svg(&qr, 5, "Mã <phiếu> & \"áp phích\"", &svg);
    static const char head[] =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"165\" height=\"165\" "
        "viewBox=\"0 0 33 33\" shape-rendering=\"crispEdges\">"
        "<title>Mã &lt;phiếu&gt; &amp; \"áp phích\"</title>"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path fill=\"#000\" d=\"";
    const char *at = buf_text(&svg);
    take(&at, head);
    uint8_t drawn[25 * 25] = {0};
    while (*at == 'M') {
        take(&at, "M");
        unsigned x = take_number(&at);
        take(&at, " ");
        unsigned y = take_number(&at);
        take(&at, "h");
        unsigned run = take_number(&at);
        take(&at, "v1h-");
        assert_int_equal(take_number(&at), run);
        take(&at, "z");
        assert_true(x >= QR_QUIET_MODULES && y >= QR_QUIET_MODULES);
        assert_true(x - QR_QUIET_MODULES + run <= 25 && y - QR_QUIET_MODULES < 25);
        memset(drawn + (y - QR_QUIET_MODULES) * 25 + x - QR_QUIET_MODULES, 1, run);
    }
    assert_string_equal(at, "\"/></svg>");
    assert_memory_equal(drawn, qr.modules, sizeof drawn);
}

static void the_terminal_shows_exactly_the_modules(void **state)
{
    (void)state;
    AUTO(qr_done) struct qr qr = encoded("1");
    AUTO(buf_done) struct buf out;
    buf_init(&out, 100000);
    qr_terminal(&qr, &out);
    const char *at = buf_text(&out);
    enum { SIDE = 29 };
    bool shown[SIDE + 1][SIDE];
    static const char *const cells[] = {" ", "▀", "▄", "█"};
    for (size_t y = 0; y < SIDE; y += 2) {
        take(&at, "\033[30;107m");
        for (size_t x = 0; x < SIDE; x++) {
            size_t k = *at == ' ' ? 0 : 1;
            while (k < 3 && strncmp(at, cells[k], strlen(cells[k])) != 0)
                k++;
            take(&at, cells[k]);
            shown[y][x] = k % 2 == 1;
            shown[y + 1][x] = k >= 2;
        }
        take(&at, "\033[0m\n");
    }
    assert_string_equal(at, "");
    for (size_t y = 0; y < SIDE + 1; y++) {
        for (size_t x = 0; x < SIDE; x++) {
            size_t row = y - QR_QUIET_MODULES, column = x - QR_QUIET_MODULES;
            bool dark = row < 21 && column < 21 && qr.modules[row * 21 + column] == 1;
            assert_int_equal(shown[y][x], dark);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_reads_what_was_encoded),
        cmocka_unit_test(a_spoiled_code_is_still_read_at_level_m),
        cmocka_unit_test(upper_case_text_gets_the_smaller_code),
        cmocka_unit_test(the_corners_hold_the_finder_patterns),
        cmocka_unit_test(empty_and_overlong_texts_make_no_code),
        cmocka_unit_test(the_svg_draws_exactly_the_modules),
        cmocka_unit_test(the_terminal_shows_exactly_the_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
