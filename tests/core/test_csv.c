// SPDX-License-Identifier: MIT
// csv.c: both separators, quotes, line ends, defused formulas.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

// Reads a whole table into "cell|cell/cell|cell", rows behind the header only.
static enum status read_all(const char *text, size_t size, struct buf *out, struct err *err)
{
    AUTO(csv_close) struct csv csv;
    TRY(csv_open(&csv, text, size, err));
    for (;;) {
        bool row = false;
        TRY(csv_next(&csv, &row, err));
        if (!row)
            return STATUS_OK;
        if (out->size_bytes > 0)
            buf_add_char(out, '/');
        buf_addf(out, "%lld:", (long long)csv.line);
        for (size_t i = 0; i < csv.cell_count; i++)
            buf_addf(out, "%s%s", i > 0 ? "|" : "", csv.cells[i]);
    }
}

static void tables_of_all_dialects_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } rows[] = {
        {"a,b\n1,2\n", "2:1|2"},
        {"a,b\n1,2", "2:1|2"},
        {"a,b\r\n1,2\r\n3,4\r\n", "2:1|2/3:3|4"},
        {"a,b\n1,2\r", "2:1|2"},
        {"\xEF\xBB\xBF"
         "a;b\n1;2,5\n",
         "2:1|2,5"},
        {"a;\"b,,,\"\n1;2", "2:1|2"},
        {"\"a;;\",b\n1,2", "2:1|2"},
        {"a\n1\n", "2:1"},
        {"a", ""},
        {"a,b\n\n\r\n1,2\n\n\n", "4:1|2"},
        {"\n\na,b\n1,2\n", "4:1|2"},
        {"a,b\n,\n", "2:|"},
        {"a,b\n\"\",\"\"\n", "2:|"},
        {"a,b\n\"x \"\"y\"\" z\",\"1,2\"\n", "2:x \"y\" z|1,2"},
        {"a,b\n\"one\ntwo\r\nthree\",2\n3,4\n", "2:one\ntwo\r\nthree|2/5:3|4"},
        {"a,b\nhe said \"no\",2\n", "2:he said \"no\"|2"},
        {"a,b\n1\n1,2,3\n", "2:1/3:1|2|3"},
        {"tên,mã\nPhường Bá Xuyên,05533\n", "2:Phường Bá Xuyên|05533"},
        {"a,b\n \t1 ,\t2\n", "2: \t1 |\t2"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 1000);
        struct err err = {0};
        if (read_all(rows[i].text, strlen(rows[i].text), &out, &err) != STATUS_OK)
            fail_msg("row %zu: %s", i, err.text);
        assert_string_equal(buf_text(&out), rows[i].rows);
    }
}

static void a_broken_table_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "empty"},
        {"\n\n", "empty"},
        {"\xEF\xBB\xBF", "empty"},
        {"a,b\n1,\"2\n", "line 2: a quote is opened"},
        {"a,b\n\n\"1\n2\n3,4\n", "line 3: a quote is opened"},
        {"\"", "line 1: a quote is opened"},
        {"a,b\n1,2\n\"1\"x,2\n", "line 3: something stands behind"},
        {"a,b\n\"1\" ,2\n", "line 2: something stands behind"},
        {"a,b\n1\r2,3\n", "line 2: not UTF-8 text"},
        {"a,b\n1,\xC0\x80\n", "line 2: not UTF-8 text"},
        {"a,b\n1,\x1b\n", "line 2: not UTF-8 text"},
        {"a\r\nb\r\nT\xEAn\r\n", "line 3: not UTF-8 text; save the file as CSV UTF-8"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 1000);
        struct err err = {0};
        assert_int_equal(read_all(rows[i].text, strlen(rows[i].text), &out, &err),
                         STATUS_BAD_INPUT);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
    AUTO(buf_done) struct buf out;
    buf_init(&out, 10);
    assert_int_equal(read_all("a\n\0\n", 4, &out, NULL), STATUS_BAD_INPUT);
}

static void sixty_four_columns_fit_and_no_more(void **state)
{
    (void)state;
    for (size_t columns = CSV_COLUMN_MAX - 1; columns <= CSV_COLUMN_MAX + 1; columns++) {
        AUTO(buf_done) struct buf text;
        buf_init(&text, 1000);
        for (size_t i = 0; i < columns; i++)
            buf_addf(&text, "%sc%zu", i > 0 ? "," : "", i);
        AUTO(csv_close) struct csv csv;
        struct err err = {0};
        enum status status = csv_open(&csv, buf_text(&text), text.size_bytes, &err);
        assert_int_equal(status, columns <= CSV_COLUMN_MAX ? STATUS_OK : STATUS_BAD_INPUT);
        if (status == STATUS_OK)
            assert_int_equal(csv.cell_count, columns);
        else
            assert_string_equal(err.text, "line 1: more than 64 columns");
    }
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    static const char text[] = "mã,tên đơn vị,\"cấp\"\n1,2,3\n";
    AUTO(csv_close) struct csv csv;
    assert_int_equal(csv_open(&csv, text, sizeof text - 1, NULL), STATUS_OK);
    assert_int_equal(csv_column(&csv, "mã"), 0);
    assert_int_equal(csv_column(&csv, "tên đơn vị"), 1);
    assert_int_equal(csv_column(&csv, "cấp"), 2);
    assert_int_equal(csv_column(&csv, "cấp "), -1);
    assert_int_equal(csv_column(&csv, ""), -1);
    assert_int_equal(csv.line, 1);
}

static void the_end_can_be_asked_for_again(void **state)
{
    (void)state;
    AUTO(csv_close) struct csv csv;
    assert_int_equal(csv_open(&csv, "a\n1", 3, NULL), STATUS_OK);
    bool row = false;
    assert_int_equal(csv_next(&csv, &row, NULL), STATUS_OK);
    assert_true(row);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(csv_next(&csv, &row, NULL), STATUS_OK);
        assert_false(row);
        assert_int_equal(csv.cell_count, 0);
    }
}

static void cells_are_quoted_and_formulas_defused(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *written;
    } rows[] = {
        {"", ""},
        {"Hộ tịch", "Hộ tịch"},
        {"a,b", "\"a,b\""},
        {"a;b", "\"a;b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {"05533", "05533"},
        {"-3", "-3"},
        {"-0.25", "-0.25"},
        {"12.5", "12.5"},
        {"-", "'-"},
        {"-3-2", "'-3-2"},
        {"-1.", "'-1."},
        {"-.5", "'-.5"},
        {"-1.5x", "'-1.5x"},
        {"-1,5", "\"'-1,5\""},
        {"+84", "'+84"},
        {"=1+1", "'=1+1"},
        {"=HYPERLINK(\"http://x\",1)", "\"'=HYPERLINK(\"\"http://x\"\",1)\""},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"  =1", "'  =1"},
        {"\u00A0=1", "'\u00A0=1"},
        {"\u3000\u200B\uFEFF =1", "'\u3000\u200B\uFEFF =1"},
        {"\n=1", "\"'\n=1\""},
        {"\t=1", "\"'\t=1\""},
        {"\tx", "\"'\tx\""},
        {"\rx", "\"'\rx\""},
        {"＝1", "'＝1"},
        {"＋1", "'＋1"},
        {"－1", "'－1"},
        {"＠x", "'＠x"},
        {"a=1", "a=1"},
        {" a", " a"},
        {"– ý kiến", "– ý kiến"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(buf_done) struct buf out;
        buf_init(&out, 1000);
        csv_add(&out, true, rows[i].cell);
        assert_string_equal(buf_text(&out), rows[i].written);
        buf_clear(&out);
        csv_add(&out, false, rows[i].cell);
        assert_int_equal(buf_text(&out)[0], ',');
        assert_string_equal(buf_text(&out) + 1, rows[i].written);
    }
}

static void rows_end_in_crlf_and_come_back(void **state)
{
    (void)state;
    static const char *const cells[] = {"", "a\"b", "x,y;z", "một\nhai", "Đơn vị", " "};
    AUTO(buf_done) struct buf out;
    buf_init(&out, 1000);
    csv_add_int(&out, true, -7);
    csv_add_int(&out, false, INT64_MAX);
    csv_end(&out);
    assert_string_equal(buf_text(&out), "-7,9223372036854775807\r\n");
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        csv_add(&out, i == 0, cells[i]);
    csv_end(&out);
    AUTO(csv_close) struct csv csv;
    assert_int_equal(csv_open(&csv, buf_text(&out), out.size_bytes, NULL), STATUS_OK);
    bool row = false;
    assert_int_equal(csv_next(&csv, &row, NULL), STATUS_OK);
    assert_true(row);
    assert_int_equal(csv.cell_count, ARRAY_SIZE(cells));
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        assert_string_equal(csv.cells[i], cells[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_all_dialects_are_read),
        cmocka_unit_test(a_broken_table_is_refused_with_its_line),
        cmocka_unit_test(sixty_four_columns_fit_and_no_more),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(the_end_can_be_asked_for_again),
        cmocka_unit_test(cells_are_quoted_and_formulas_defused),
        cmocka_unit_test(rows_end_in_crlf_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
