// SPDX-License-Identifier: MIT
// Draws a report's model as tables of fixed width.
#include "report_text.h"

#include <string.h>

#include "numeral.h"
#include "text.h"

enum { CELL_LIMIT_BYTES = 2048, NAME_CHARS = 46, INDENT_CHARS = 9, LABEL_CHARS = 34 };

// Widths in characters; the name wraps, the verdict is last and needs none.
static const size_t widths[] = {7, NAME_CHARS, 16, 10, 8};
enum { CODE, NAME, COUNT, PERCENT, TARGET, VERDICT, COLUMN_COUNT };

struct cells {
    const char *text[COLUMN_COUNT];
};

static void add_repeated(struct buf *out, const char *text, size_t times)
{
    while (times-- > 0)
        buf_add_text(out, text);
}

static void add_padded(struct buf *out, const char *text, size_t size, size_t width, bool right)
{
    size_t count = text_count(text, size);
    size_t blanks = count < width ? width - count : 0;
    if (right)
        add_repeated(out, " ", blanks);
    buf_add(out, text, size);
    if (!right)
        add_repeated(out, " ", blanks);
}

// Bytes of `text` that fit `width` characters, cut at a blank where there is one.
static size_t fitting(const char *text, size_t width)
{
    size_t chars = 0, cut = 0, i = 0;
    for (; text[i] != '\0'; i++) {
        if (((unsigned char)text[i] & 0xC0) == 0x80)
            continue;
        if (chars++ == width)
            return cut > 0 ? cut : i;
        if (text[i] == ' ')
            cut = i;
    }
    return i;
}

static void add_row(struct buf *out, const struct cells *cells)
{
    const char *name = cells->text[NAME];
    size_t size = fitting(name, NAME_CHARS);
    for (size_t column = CODE; column < VERDICT; column++) {
        bool right = column > NAME;
        const char *text = cells->text[column];
        add_padded(out, text, column == NAME ? size : strlen(text), widths[column], right);
        buf_add_text(out, "  ");
    }
    buf_add_text(out, cells->text[VERDICT]);
    buf_add_char(out, '\n');
    for (name += size; *name == ' '; name += size) {
        name++;
        size = fitting(name, NAME_CHARS);
        add_repeated(out, " ", INDENT_CHARS);
        buf_add(out, name, size);
        buf_add_char(out, '\n');
    }
}

static void add_rule(struct buf *out)
{
    size_t width = 40; // the verdict's words
    for (size_t i = 0; i < ARRAY_SIZE(widths); i++)
        width += widths[i] + 2;
    add_repeated(out, "─", width);
    buf_add_char(out, '\n');
}

static void add_note(struct buf *out, const char *label, const char *text)
{
    add_repeated(out, " ", INDENT_CHARS);
    buf_add_text(out, label);
    buf_add_text(out, text);
    buf_add_char(out, '\n');
}

// ---- words -----------------------------------------------------------------------------------

static const char *verdict_words(const char *verdict)
{
    static const struct {
        const char *name, *words;
    } all[] = {
        {"met", "đạt"},
        {"not_met", "chưa đạt"},
        {"insufficient", "chưa đủ căn cứ"},
        {"no_data", "chưa có dữ liệu"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (strcmp(all[i].name, verdict) == 0)
            return all[i].words;
    return "không có chỉ tiêu";
}

static void add_fraction(struct buf *out, const json_t *figure)
{
    numeral_count("vi", json_int_or(figure, "satisfied", 0), out);
    buf_add_char(out, '/');
    numeral_count("vi", json_int_or(figure, "answered", 0), out);
}

// "100,00 % (12/12)"
static void add_figure(struct buf *out, const json_t *figure)
{
    numeral_percent("vi", json_text_or(figure, "percent", NULL), out);
    buf_add_text(out, " (");
    add_fraction(out, figure);
    buf_add_char(out, ')');
}

static void add_verdict(struct buf *out, const json_t *row)
{
    const char *verdict = json_text_or(row, "verdict", "");
    const char *by_plan = json_text_or(row, "by_plan", NULL);
    buf_add_text(out, verdict_words(verdict));
    if (strcmp(verdict, "insufficient") != 0 || by_plan == NULL)
        return;
    buf_add_text(out, " (theo phép tính của kế hoạch: ");
    buf_add_text(out, verdict_words(by_plan));
    buf_add_text(out, ", ");
    add_fraction(out, row);
    buf_add_char(out, ')');
}

// ---- rows ------------------------------------------------------------------------------------

struct row_texts {
    struct buf count, percent, target, verdict;
};

static void row_texts_done(struct row_texts *texts)
{
    buf_done(&texts->count);
    buf_done(&texts->percent);
    buf_done(&texts->target);
    buf_done(&texts->verdict);
}

static enum status add_model_row(struct buf *out, const json_t *row, struct err *err)
{
    AUTO(row_texts_done) struct row_texts texts;
    buf_init(&texts.count, CELL_LIMIT_BYTES);
    buf_init(&texts.percent, CELL_LIMIT_BYTES);
    buf_init(&texts.target, CELL_LIMIT_BYTES);
    buf_init(&texts.verdict, CELL_LIMIT_BYTES);
    int64_t target = numeral_hundredths(json_object_get(row, "target"));
    add_fraction(&texts.count, row);
    numeral_percent("vi", json_text_or(row, "percent", NULL), &texts.percent);
    if (target >= 0)
        numeral_target("vi", target, &texts.target);
    else
        buf_add_text(&texts.target, "–");
    add_verdict(&texts.verdict, row);
    TRY(buf_check(&texts.verdict, err));
    struct cells cells = {.text = {
                              [CODE] = json_text_or(row, "code", ""),
                              [NAME] = json_text_or(row, "name", ""),
                              [COUNT] = buf_text(&texts.count),
                              [PERCENT] = buf_text(&texts.percent),
                              [TARGET] = buf_text(&texts.target),
                              [VERDICT] = buf_text(&texts.verdict),
                          }};
    add_row(out, &cells);
    return buf_check(out, err);
}

static void add_interval(struct buf *out, const json_t *group)
{
    const json_t *interval = json_object_get(group, "interval");
    const json_t *firm = json_object_get(group, "firm");
    int64_t needed = json_int_or(group, "needed", 0);
    if (!json_is_array(interval))
        return;
    add_repeated(out, " ", INDENT_CHARS);
    buf_add_text(out, "Khoảng tin cậy 95 %: ");
    numeral_percent("vi", json_string_value(json_array_get(interval, 0)), out);
    buf_add_text(out, " – ");
    numeral_percent("vi", json_string_value(json_array_get(interval, 1)), out);
    if (json_is_true(firm))
        buf_add_text(out, " (chắc chắn)");
    if (json_is_false(firm))
        buf_add_text(out, " (sát ngưỡng");
    if (json_is_false(firm) && needed > 0) {
        buf_add_text(out, "; cần thêm khoảng ");
        numeral_count("vi", needed, out);
        buf_add_text(out, " lượt để chắc chắn");
    }
    buf_add_text(out, json_is_false(firm) ? ")\n" : "\n");
}

static void add_paper(struct buf *out, const json_t *figure)
{
    if (json_int_or(figure, "answered", 0) == 0)
        return;
    add_repeated(out, " ", INDENT_CHARS);
    buf_add_text(out, "Trong đó phiếu giấy: ");
    add_figure(out, figure);
    buf_add_char(out, '\n');
}

static void add_parts(struct buf *out, const json_t *parts)
{
    size_t index = 0;
    const json_t *part = NULL;
    json_array_foreach(parts, index, part)
    {
        add_repeated(out, " ", INDENT_CHARS);
        buf_add_text(out, json_text_or(part, "name", ""));
        buf_add_text(out, ": ");
        add_figure(out, part);
        buf_add_char(out, '\n');
    }
}

static enum status add_group(struct buf *out, const json_t *group, struct err *err)
{
    const char *note = json_text_or(group, "item_note", NULL);
    const char *warning = json_text_or(group, "warning", NULL);
    TRY(add_model_row(out, group, err));
    add_interval(out, group);
    add_paper(out, json_object_get(group, "paper"));
    add_parts(out, json_object_get(group, "parts"));
    if (warning != NULL)
        add_note(out, "Lưu ý: ", warning);
    if (note != NULL)
        add_note(out, "", note);
    add_note(out, "Căn cứ: ", json_text_or(group, "source", ""));
    return buf_check(out, err);
}

static void add_header(struct buf *out, const char *name)
{
    struct cells header = {
        .text = {"Mã", name, "Hài lòng/trả lời", "Tỷ lệ", "Chỉ tiêu", "Kết luận"}};
    add_rule(out);
    add_row(out, &header);
    add_rule(out);
}

// ---- the whole -------------------------------------------------------------------------------

static void add_line(struct buf *out, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_add_text(out, text);
    buf_add_char(out, '\n');
}

static void add_title(struct buf *out, const json_t *model)
{
    const json_t *unit = json_object_get(model, "unit");
    const json_t *plan = json_object_get(model, "plan");
    const char *unit_note = json_text_or(unit, "note", ""), *note = json_text_or(plan, "note", "");
    if (json_bool_or(model, "trial", false))
        add_line(out, "*** CHẠY THỬ ***");
    if (json_bool_or(model, "sample", false))
        add_line(out, "*** DỮ LIỆU MẪU ***");
    buf_add_text(out, "Mức độ hài lòng tại ");
    buf_add_text(out, json_text_or(unit, "name", ""));
    buf_add_text(out, unit_note[0] != '\0' ? " " : "");
    buf_add_text(out, unit_note);
    buf_add_char(out, '\n');
    add_line(out, json_text_or(json_object_get(model, "period"), "words", ""));
    add_line(out, json_text_or(plan, "document", ""));
    if (note[0] != '\0') {
        buf_add_char(out, '(');
        buf_add_text(out, note);
        buf_add_text(out, ")\n");
    }
    buf_add_char(out, '\n');
}

static void add_labelled(struct buf *out, const char *label, const json_t *figure)
{
    if (!json_is_object(figure))
        return;
    add_padded(out, label, strlen(label), LABEL_CHARS, false);
    add_figure(out, figure);
    buf_add_char(out, '\n');
}

static const char *channel_words(const char *channel)
{
    static const struct {
        const char *name, *words;
    } all[] = {
        {"screen", "  Màn hình quầy"},
        {"slip", "  Phiếu QR"},
        {"poster", "  Áp phích QR (để ngoài)"},
        {"paper", "  Phiếu giấy"},
        {"online", "  Trực tuyến"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (strcmp(all[i].name, channel) == 0)
            return all[i].words;
    return channel;
}

static void add_count(struct buf *out, const char *label, int64_t count)
{
    add_padded(out, label, strlen(label), LABEL_CHARS, false);
    numeral_count("vi", count, out);
    buf_add_text(out, " lượt, không tính vào kết quả chính\n");
}

// Few flagged ones are counted only; then there is no figure (report.h).
static void add_left_out(struct buf *out, const json_t *model)
{
    int64_t flagged = json_int_or(model, "flagged_count", 0);
    int64_t voided = json_int_or(model, "voided", 0);
    size_t index = 0;
    const json_t *range = NULL;
    add_labelled(out, "Có dấu hiệu bất thường (để ngoài)", json_object_get(model, "flagged"));
    if (flagged > 0)
        add_count(out, "Có dấu hiệu bất thường", flagged);
    if (voided > 0)
        add_count(out, "Đã hủy", voided);
    json_array_foreach(json_object_get(model, "time_ranges"), index, range)
    {
        numeral_count("vi", json_int_or(range, "count", 0), out);
        buf_add_text(out, " lượt có giờ chỉ biết trong khoảng ");
        buf_add_text(out, json_text_or(range, "first", ""));
        buf_add_text(out, " – ");
        buf_add_text(out, json_text_or(range, "last", ""));
        buf_add_text(out, ", qua ranh giới kỳ\n");
    }
}

static void add_channels(struct buf *out, const json_t *model)
{
    size_t index = 0;
    const json_t *row = NULL;
    add_labelled(out, "Tỷ lệ chính (câu hỏi chung)", json_object_get(model, "total"));
    json_array_foreach(json_object_get(model, "by_channel"), index, row)
    {
        add_labelled(out, channel_words(json_text_or(row, "channel", "")), row);
    }
    add_labelled(out, "Chỉ lượt gắn hồ sơ", json_object_get(model, "linked"));
    add_left_out(out, model);
    add_labelled(out, "Tất cả, kể cả phần để ngoài", json_object_get(model, "all_in"));
}

enum status report_text_write(const json_t *model, struct buf *out, struct err *err)
{
    size_t index = 0;
    const json_t *row = NULL;
    add_title(out, model);
    add_header(out, "Chỉ tiêu");
    json_array_foreach(json_object_get(model, "groups"), index, row)
    {
        TRY(add_group(out, row, err));
    }
    buf_add_char(out, '\n');
    add_header(out, "Lĩnh vực");
    json_array_foreach(json_object_get(model, "areas"), index, row)
    {
        TRY(add_model_row(out, row, err));
    }
    buf_add_char(out, '\n');
    add_channels(out, model);
    buf_add_text(out, "\nMẫu số là số lượt trả lời câu hỏi đó.");
    if (json_int_or(model, "witness_refused", 0) > 0)
        buf_addf(out, " Nhân chứng bên ngoài từ chối điểm chốt của %lld làn sổ.",
                 (long long)json_int_or(model, "witness_refused", 0));
    else if (!json_bool_or(model, "witness", false))
        buf_add_text(out, " Chưa có nhân chứng bên ngoài.");
    else
        buf_addf(out, " Nhân chứng bên ngoài: đã xác nhận đến %s.",
                 json_text_or(model, "witness_time", ""));
    buf_add_char(out, '\n');
    if (json_bool_or(model, "clock_behind", false))
        buf_add_text(out, "Đồng hồ của máy tổng hợp sai: đang ở trước dòng sổ mới nhất của chính "
                          "máy này.\n");
    return buf_check(out, err);
}
