// SPDX-License-Identifier: MIT
// The files about the hub.
#include "hubkeys.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

enum { LINE_LIMIT_BYTES = 512, KEY_MODE = 0600, PATH_ROOM = KIOSK_PATH_BYTES + 24 };

// The file's one line, without its end.
static enum status read_line(const char *folder, const char *name, struct buf *line,
                             struct err *err)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(line, LINE_LIMIT_BYTES);
    TRY(file_read(path, line, err));
    while (line->size_bytes > 0 && strchr(" \r\n\t", line->data[line->size_bytes - 1]) != NULL)
        buf_cut(line, line->size_bytes - 1);
    return STATUS_OK;
}

static enum status write_line(const char *folder, const char *name, struct buf *line,
                              struct err *err)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_add_char(line, '\n');
    TRY(buf_check(line, err));
    return file_write(path, line->data, line->size_bytes, KEY_MODE, err);
}

enum status hubkeys_of_vkey(const char *vkey, size_t size_bytes, struct note_key *ret_cosigner,
                            struct err *err)
{
    struct note_key key;
    char lane[ENTRY_LANE_CHARS + 1];
    TRY(note_vkey_read(vkey, size_bytes, &key, err));
    if (!note_key_lane(&key, lane))
        return err_set(err, STATUS_BAD_INPUT, "the hub's key is not that of a lane");
    note_key_of_lane(key.public_key, NOTE_COSIGNATURE, ret_cosigner);
    return STATUS_OK;
}

static enum status damaged(const char *name, const struct err *fault, struct err *err)
{
    return err_set(err, STATUS_CHECK_FAILED, "%s is damaged; enrol this kiosk again: %.200s", name,
                   fault->text);
}

enum status hubkeys_read(const char *folder, struct hubkeys *ret_keys, struct err *err)
{
    AUTO(buf_done) struct buf vkey;
    AUTO(buf_done) struct buf box;
    struct hubkeys keys = {0};
    struct err fault;
    buf_init(&box, LINE_LIMIT_BYTES);
    enum status status = read_line(folder, "keys/hub.vkey", &vkey, err);
    if (status == STATUS_OK)
        status = read_line(folder, "keys/hub.box", &box, err);
    if (status == STATUS_NOT_FOUND)
        return err_set(err, STATUS_DENIED,
                       "this kiosk is not enrolled; run `hailong-kiosk enrol` with the phrase that "
                       "`hailong-aggregator join` prints");
    TRY(status);
    if (hubkeys_of_vkey(buf_text(&vkey), vkey.size_bytes, &keys.cosigner, &fault) != STATUS_OK)
        return damaged("keys/hub.vkey", &fault, err);
    if (transfer_box_read(buf_text(&box), box.size_bytes, &keys.box, &fault) != STATUS_OK)
        return damaged("keys/hub.box", &fault, err);
    *ret_keys = keys;
    return STATUS_OK;
}

enum status hubkeys_url(const char *folder, char ret_url[KIOSK_URL_BYTES], struct err *err)
{
    AUTO(buf_done) struct buf line;
    struct err fault;
    const enum status status = read_line(folder, "hub.url", &line, &fault);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        *err = fault;
        return status;
    }
    if (line.size_bytes >= KIOSK_URL_BYTES)
        return err_set(err, STATUS_CHECK_FAILED, "hub.url is damaged: its line is too long");
    memcpy(ret_url, buf_text(&line), line.size_bytes + 1);
    return STATUS_OK;
}

static enum status write_text(const char *folder, const char *name, const char *text,
                              struct err *err)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, LINE_LIMIT_BYTES);
    buf_add_text(&line, text);
    return write_line(folder, name, &line, err);
}

enum status hubkeys_write(const char *folder, const char *vkey, const struct transfer_box *box,
                          const char *url, struct err *err)
{
    AUTO(buf_done) struct buf line;
    buf_init(&line, LINE_LIMIT_BYTES);
    transfer_box_text(box, &line);
    TRY(write_line(folder, "keys/hub.box", &line, err));
    buf_clear(&line);
    crypto_base64(box->public_key, sizeof box->public_key, &line);
    TRY(write_line(folder, "keys/case.pub", &line, err));
    TRY(write_text(folder, "hub.url", url, err));
    return write_text(folder, "keys/hub.vkey", vkey, err);
}
