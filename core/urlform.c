// SPDX-License-Identifier: MIT
// Reads application/x-www-form-urlencoded text strictly, in one pass.
#include "urlform.h"

#include <string.h>

#include "percent.h"
#include "text.h"

struct reader {
    const char *at, *end; // what is left to read
    char *store;          // where the next byte goes
    struct urlform *form;
    const char *unclean; // as in the form; there only when nothing else is wrong
    struct err *err;
};

static enum status refuse(const struct reader *r, const char *what)
{
    return err_set(r->err, STATUS_BAD_INPUT, "form field %zu: %s", r->form->count + 1, what);
}

// Decodes one byte; raw ones are what an encoder leaves as they are (and bytes of UTF-8).
static enum status read_byte(struct reader *r, char *ret_byte)
{
    unsigned char c = (unsigned char)*r->at;
    if (c <= 0x20 || c == 0x7F)
        return refuse(r, "a byte that must be escaped");
    if (c == '%') {
        int byte = percent_byte(r->at, r->end);
        if (byte <= 0)
            return refuse(r, byte == 0 ? "a NUL byte" : "a broken escape");
        c = (unsigned char)byte;
        r->at += 2;
    } else if (c == '+') {
        c = ' ';
    }
    r->at++;
    *ret_byte = (char)c;
    return STATUS_OK;
}

// Reads up to one of the two separators, decoded, with line ends as LF, and closes with NUL.
static enum status read_part(struct reader *r, char separator, char other, const char **ret_text,
                             size_t *ret_size_bytes)
{
    char *begin = r->store;
    bool after_cr = false;
    while (r->at < r->end && *r->at != separator && *r->at != other) {
        char c = '\0';
        TRY(read_byte(r, &c));
        bool skip = c == '\n' && after_cr;
        after_cr = c == '\r';
        if (!skip)
            *r->store++ = c == '\r' ? '\n' : c;
    }
    *ret_text = begin;
    *ret_size_bytes = (size_t)(r->store - begin);
    *r->store++ = '\0';
    return STATUS_OK;
}

static enum status check_name(const struct reader *r, const char *name, const char *const *names)
{
    if (urlform_value(r->form, name) != NULL)
        return refuse(r, "its name stands twice");
    if (names == NULL)
        return STATUS_OK;
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return STATUS_OK;
    }
    return refuse(r, "its name is unknown");
}

static enum status read_field(struct reader *r, const char *const *names)
{
    struct urlform *form = r->form;
    struct urlform_field field = {0};
    size_t name_size_bytes = 0;
    if (form->count == URLFORM_FIELD_MAX)
        return err_set(r->err, STATUS_TOO_LARGE, "the form has more than %d fields",
                       URLFORM_FIELD_MAX);
    TRY(read_part(r, '=', '&', &field.name, &name_size_bytes));
    if (r->at == r->end || *r->at != '=')
        return refuse(r, "there is no '='");
    r->at++;
    TRY(read_part(r, '&', '&', &field.value, &field.value_size_bytes));
    if (name_size_bytes == 0 || !text_is_clean(field.name, name_size_bytes, false))
        return refuse(r, "its name is empty or not clean text");
    TRY(check_name(r, field.name, names));
    if (!text_is_clean(field.value, field.value_size_bytes, true)) {
        // Whatever the bytes are, nobody reads them.
        field.value = "";
        field.value_size_bytes = 0;
        if (r->unclean == NULL)
            (void)refuse(r, "its value is not clean text");
        r->unclean = r->unclean == NULL ? field.name : r->unclean;
    }
    form->fields[form->count++] = field;
    return STATUS_OK;
}

enum status urlform_read(const char *text, size_t size_bytes, const char *const *names,
                         struct urlform *ret_form, struct err *err)
{
    ret_form->count = 0;
    ret_form->unclean = NULL;
    if (size_bytes > URLFORM_LIMIT_BYTES)
        return err_set(err, STATUS_TOO_LARGE, "the form is larger than %d bytes",
                       URLFORM_LIMIT_BYTES);
    // Decoding never lengthens, and each field adds at most its two NULs to the store.
    struct reader r = {.at = text,
                       .end = text + size_bytes,
                       .store = ret_form->store,
                       .form = ret_form,
                       .err = err};
    while (r.at < r.end) {
        TRY(read_field(&r, names));
        if (r.at == r.end)
            break;
        r.at++;
        if (r.at == r.end)
            return refuse(&r, "it is empty");
    }
    ret_form->unclean = r.unclean;
    return r.unclean == NULL ? STATUS_OK : STATUS_BAD_INPUT;
}

const char *urlform_value(const struct urlform *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    }
    return NULL;
}

const char *urlform_value_or(const struct urlform *form, const char *name, const char *fallback)
{
    const char *value = urlform_value(form, name);
    return value == NULL ? fallback : value;
}
