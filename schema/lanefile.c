// SPDX-License-Identifier: MIT
// The end first, for the key; then the lines in one walk.
#include "lanefile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    // Empty line, note and key.
    END_LIMIT_BYTES = NOTE_LIMIT_BYTES + NOTE_VKEY_BYTES + 16,
};

struct lanefile {
    FILE *stream;
    long lines_bytes; // where the empty line stands
    char *line;       // getline's
    size_t line_room;
    struct buf end;
    struct transfer transfer; // of the end alone; points into `end`
};

void lanefile_close(struct lanefile *file)
{
    if (file == NULL)
        return;
    if (file->stream != NULL)
        fclose(file->stream);
    free(file->line);
    buf_done(&file->end);
    free(file);
}

const struct note_key *lanefile_key(const struct lanefile *file)
{
    return &file->transfer.key;
}

static enum status read_tail(struct lanefile *file, struct buf *tail, long *ret_from,
                             struct err *err)
{
    char bytes[END_LIMIT_BYTES];
    if (fseek(file->stream, 0, SEEK_END) != 0)
        return err_errno(err, "the file cannot be read from its end");
    long size = ftell(file->stream);
    long from = size > END_LIMIT_BYTES ? size - END_LIMIT_BYTES : 0;
    if (size < 0 || fseek(file->stream, from, SEEK_SET) != 0)
        return err_errno(err, "the file cannot be read from its end");
    size_t got = fread(bytes, 1, sizeof bytes, file->stream);
    if (ferror(file->stream))
        return err_errno(err, "the file cannot be read");
    buf_add(tail, bytes, got);
    *ret_from = from;
    return buf_check(tail, err);
}

// The empty line behind the entries: the note that follows it has another one.
static const char *find_end(const struct buf *tail, long from)
{
    static const char begin[] = "\nhailong/";
    const char *text = buf_text(tail), *found = NULL;
    if (from == 0 && strncmp(text, begin, sizeof begin - 1) == 0)
        found = text;
    for (const char *at = text; (at = strstr(at, "\n\nhailong/")) != NULL; at++)
        found = at + 1;
    return found;
}

static enum status read_end(struct lanefile *file, struct err *err)
{
    AUTO(buf_done) struct buf tail;
    struct err fault;
    long from = 0;
    buf_init(&tail, END_LIMIT_BYTES);
    TRY(read_tail(file, &tail, &from, err));
    if (from == 0 && transfer_is_sealed(buf_text(&tail), tail.size_bytes))
        return err_set(err, STATUS_BAD_INPUT,
                       "the file is sealed to a hub; only that hub can open and verify it");
    const char *end = find_end(&tail, from);
    if (end == NULL)
        return err_set(err, STATUS_CHECK_FAILED,
                       "the file has no signed checkpoint at its end: it was cut off, or it is no "
                       "export of a journal");
    file->lines_bytes = from + (long)(end - buf_text(&tail));
    buf_add(&file->end, end, tail.size_bytes - (size_t)(end - buf_text(&tail)));
    TRY(buf_check(&file->end, err));
    if (transfer_read(buf_text(&file->end), file->end.size_bytes, &file->transfer, &fault) !=
        STATUS_OK)
        return err_set(err, STATUS_CHECK_FAILED, "the end of the file was changed or cut: %.300s",
                       fault.text);
    return STATUS_OK;
}

enum status lanefile_open(const char *path, struct lanefile **ret_file, struct err *err)
{
    AUTO(lanefile_closep) struct lanefile *file = calloc(1, sizeof *file);
    if (file == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for a file");
    buf_init(&file->end, END_LIMIT_BYTES);
    file->stream = fopen(path, "re");
    if (file->stream == NULL)
        return err_errno(err, "%.200s cannot be opened", path);
    TRY(read_end(file, err));
    *ret_file = file;
    file = NULL;
    return STATUS_OK;
}

static enum status walk(struct lanefile *file, struct laneverify *verify, struct err *err)
{
    if (fseek(file->stream, 0, SEEK_SET) != 0)
        return err_errno(err, "the file cannot be read again");
    for (long at = 0; at < file->lines_bytes;) {
        ssize_t size = getline(&file->line, &file->line_room, file->stream);
        if (size <= 0)
            return err_errno(err, "the file cannot be read");
        if (at == 0 && strstr(file->line, "\"seq\":0,") == NULL)
            return err_set(err, STATUS_BAD_INPUT,
                           "the file does not begin with entry 0; export without --since");
        TRY(laneverify_line(verify, file->line, (size_t)size - 1, NULL, err));
        at += (long)size;
    }
    return STATUS_OK;
}

enum status lanefile_verify(struct lanefile *file, struct laneverify *verify,
                            struct laneverify_figures *ret_figures, struct err *err)
{
    TRY(laneverify_note(verify, file->transfer.note, file->transfer.note_bytes,
                        "the checkpoint at the file's end", LANEVERIFY_ANY_SIZE, false, err));
    TRY(walk(file, verify, err));
    struct laneverify_figures figures;
    TRY(laneverify_end(verify, NULL, &figures, err));
    // That head fitted, so what is left are entries that nobody has signed.
    const uint64_t signed_size = file->transfer.checkpoint.size;
    if (figures.size > signed_size)
        return err_set(err, STATUS_CHECK_FAILED,
                       "entry %" PRIu64 ": stands behind the signed checkpoint at the file's end, "
                       "which counts %" PRIu64 " entries (insert)",
                       signed_size, signed_size);
    *ret_figures = figures;
    return STATUS_OK;
}
