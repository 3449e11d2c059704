// SPDX-License-Identifier: MIT
// Property: whatever urlform_read takes has unique, non-empty names, clean values, and stays
// within its own limits; whatever it refuses it refuses with a text.
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "urlform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct urlform form;
    struct err err = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    enum status status = urlform_read(text, size, NULL, &form, &err);
    if (status != STATUS_OK && err.text[0] == 0)
        abort();
    for (size_t i = 0; status == STATUS_OK && i < form.count; i++) {
        const struct urlform_field *field = &form.fields[i];
        if (field->name[0] == 0 || strlen(field->value) != field->value_size_bytes ||
            !text_is_clean(field->value, field->value_size_bytes, true) ||
            urlform_value(&form, field->name) != field->value)
            abort();
    }
    free(text);
    return 0;
}
