// SPDX-License-Identifier: MIT
// Puts transfers together, takes them apart, seals and unseals them.
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char sealed_begin[] = "hailong-sealed/v1 ";
static const char box_begin[] = "hailong-box ";

enum {
    SEALED_BEGIN_CHARS = sizeof sealed_begin - 1,
    BOX_BEGIN_CHARS = sizeof box_begin - 1,
    // Part of the format: all pieces but the last have this content.
    PIECE_BYTES = 64 * 1024,
    SEALED_PIECE_BYTES = PIECE_BYTES + CRYPTO_STREAM_MORE_BYTES,
    SEALED_KEY_BYTES = CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES,
    HEAD_LIMIT_BYTES = 512,
};

static enum status refuse(struct err *err, const char *fault)
{
    return err_set(err, STATUS_BAD_INPUT, "%s", fault);
}

void transfer_end(struct buf *out, const char *note, size_t note_bytes, const struct note_key *key)
{
    char vkey[NOTE_VKEY_BYTES];
    note_vkey(key, vkey);
    buf_add_char(out, '\n');
    buf_add(out, note, note_bytes);
    buf_add_text(out, vkey);
    buf_add_char(out, '\n');
}

// The lines up to the first empty line, which is not theirs.
static enum status cut_lines(const char *text, size_t size_bytes, struct transfer *transfer,
                             struct err *err)
{
    transfer->lines = text;
    if (size_bytes > 0 && text[0] == '\n')
        return STATUS_OK;
    if (size_bytes == 0 || text[0] != '{')
        return refuse(err, "this is no transfer of a journal: it begins with no entry");
    const char *gap = memmem(text, size_bytes, "\n\n", 2);
    if (gap == NULL)
        return refuse(err, "the transfer has no empty line behind its entries; it may be cut");
    transfer->lines_bytes = (size_t)(gap + 1 - text);
    return STATUS_OK;
}

// The note, and the key in the last line.
static enum status cut_end(const char *text, size_t size_bytes, struct transfer *transfer,
                           struct err *err)
{
    static const char fault[] = "the transfer's last line must be the lane's key; it may be cut";
    if (size_bytes < 2 || text[size_bytes - 1] != '\n')
        return refuse(err, fault);
    const char *before = memrchr(text, '\n', size_bytes - 1);
    if (before == NULL)
        return refuse(err, fault);
    transfer->note = text;
    transfer->note_bytes = (size_t)(before + 1 - text);
    return note_vkey_read(before + 1, size_bytes - transfer->note_bytes - 1, &transfer->key, err);
}

static enum status check_note(struct transfer *transfer, struct err *err)
{
    char lane[ENTRY_LANE_CHARS + 1];
    if (transfer->key.algorithm != NOTE_ED25519 || !note_key_lane(&transfer->key, lane))
        return refuse(err, "the transfer's last line is not the key of a lane");
    TRY(note_read(transfer->note, transfer->note_bytes, &transfer->checkpoint, err));
    if (strcmp(transfer->checkpoint.origin, transfer->key.name) != 0)
        return refuse(err, "the transfer's checkpoint and key are of different lanes");
    enum status status =
        note_verify(transfer->note, transfer->note_bytes, &transfer->key, NULL, err);
    if (status == STATUS_CHECK_FAILED)
        return refuse(err, "the transfer's checkpoint has a wrong signature; it was changed");
    if (status == STATUS_NOT_FOUND)
        return refuse(err, "the transfer's checkpoint is not signed by its lane");
    return status;
}

enum status transfer_read(const char *text, size_t size_bytes, struct transfer *ret_transfer,
                          struct err *err)
{
    struct transfer transfer = {.lines_bytes = 0};
    TRY(cut_lines(text, size_bytes, &transfer, err));
    size_t from = transfer.lines_bytes + 1;
    TRY(cut_end(text + from, size_bytes - from, &transfer, err));
    TRY(check_note(&transfer, err));
    *ret_transfer = transfer;
    return STATUS_OK;
}

// ---- sealed to a hub --------------------------------------------------------------------------

void transfer_box_text(const struct transfer_box *box, struct buf *out)
{
    buf_add_text(out, box_begin);
    buf_add_text(out, box->lane);
    buf_add_char(out, ' ');
    crypto_base64(box->public_key, sizeof box->public_key, out);
}

// Exactly `size_bytes` from base64.
static enum status decode(const char *text, size_t chars, uint8_t *ret_bytes, size_t size_bytes,
                          const char *fault, struct err *err)
{
    AUTO(buf_done) struct buf bytes;
    buf_init(&bytes, size_bytes);
    enum status status = crypto_unbase64(text, chars, &bytes, NULL);
    if (status == STATUS_NO_MEMORY)
        return err_set(err, status, "no memory for a key");
    if (status != STATUS_OK || bytes.size_bytes != size_bytes)
        return refuse(err, fault);
    memcpy(ret_bytes, bytes.data, size_bytes);
    crypto_wipe(bytes.data, bytes.size_bytes);
    return STATUS_OK;
}

// The line of `text` that begins so, without its line feed; NULL when there is none.
static const char *find_line(const char *text, size_t size_bytes, size_t *ret_bytes)
{
    const char *end = text + size_bytes;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (stop == NULL)
            stop = end;
        *ret_bytes = (size_t)(stop - text);
        if (*ret_bytes > BOX_BEGIN_CHARS && memcmp(text, box_begin, BOX_BEGIN_CHARS) == 0)
            return text;
        text = stop + 1;
    }
    return NULL;
}

enum status transfer_box_read(const char *text, size_t size_bytes, struct transfer_box *ret_box,
                              struct err *err)
{
    static const char fault[] =
        "this is no hub's key of the form hailong-box LANE KEY; copy the whole line that the hub's "
        "key command prints";
    struct transfer_box box = {.lane = ""};
    uint8_t lane[ENTRY_LANE_CHARS / 2];
    size_t line_bytes = 0;
    const char *line = find_line(text, size_bytes, &line_bytes);
    if (line == NULL || line_bytes <= BOX_BEGIN_CHARS + ENTRY_LANE_CHARS + 1)
        return refuse(err, fault);
    line += BOX_BEGIN_CHARS;
    line_bytes -= BOX_BEGIN_CHARS;
    if (line[ENTRY_LANE_CHARS] != ' ' || !text_unhex(line, ENTRY_LANE_CHARS, lane, sizeof lane))
        return refuse(err, fault);
    memcpy(box.lane, line, ENTRY_LANE_CHARS);
    TRY(decode(line + ENTRY_LANE_CHARS + 1, line_bytes - ENTRY_LANE_CHARS - 1, box.public_key,
               sizeof box.public_key, fault, err));
    *ret_box = box;
    return STATUS_OK;
}

struct transfer_sealer {
    transfer_write_fn write;
    void *context;
    struct crypto_stream stream;
    size_t size_bytes;
    uint8_t content[PIECE_BYTES];
    uint8_t sealed[SEALED_PIECE_BYTES];
};

// The first two lines and the stream's header.
static enum status write_head(struct transfer_sealer *sealer, const struct transfer_box *box,
                              struct err *err)
{
    AUTO(buf_done) struct buf head, envelope;
    uint8_t key[CRYPTO_KEY_BYTES], header[CRYPTO_STREAM_HEADER_BYTES];
    buf_init(&head, HEAD_LIMIT_BYTES);
    buf_init(&envelope, SEALED_KEY_BYTES);
    crypto_random(key, sizeof key);
    crypto_stream_begin(key, &sealer->stream, header);
    enum status status = crypto_seal(box->public_key, key, sizeof key, &envelope, err);
    crypto_wipe(key, sizeof key);
    TRY(status);
    buf_add_text(&head, sealed_begin);
    buf_add_text(&head, box->lane);
    buf_add_char(&head, '\n');
    crypto_base64(envelope.data, envelope.size_bytes, &head);
    buf_add_char(&head, '\n');
    buf_add(&head, header, sizeof header);
    TRY(buf_check(&head, err));
    return sealer->write(sealer->context, head.data, head.size_bytes, err);
}

enum status transfer_seal_open(const struct transfer_box *box, transfer_write_fn write,
                               void *context, struct transfer_sealer **ret_sealer, struct err *err)
{
    AUTO(transfer_seal_closep) struct transfer_sealer *sealer = calloc(1, sizeof *sealer);
    if (sealer == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for sealing a transfer");
    sealer->write = write;
    sealer->context = context;
    TRY(write_head(sealer, box, err));
    *ret_sealer = sealer;
    sealer = NULL;
    return STATUS_OK;
}

static enum status write_piece(struct transfer_sealer *sealer, bool last, struct err *err)
{
    size_t size_bytes = sealer->size_bytes;
    crypto_stream_add(&sealer->stream, sealer->content, size_bytes, last, sealer->sealed);
    sealer->size_bytes = 0;
    return sealer->write(sealer->context, sealer->sealed, size_bytes + CRYPTO_STREAM_MORE_BYTES,
                         err);
}

enum status transfer_seal_add(struct transfer_sealer *sealer, const void *bytes, size_t size_bytes,
                              struct err *err)
{
    const uint8_t *source = bytes;
    while (size_bytes > 0) {
        // A full piece waits for more, so that the last one is never without need empty.
        if (sealer->size_bytes == PIECE_BYTES)
            TRY(write_piece(sealer, false, err));
        size_t room = PIECE_BYTES - sealer->size_bytes;
        size_t taken = size_bytes < room ? size_bytes : room;
        memcpy(sealer->content + sealer->size_bytes, source, taken);
        sealer->size_bytes += taken;
        source += taken;
        size_bytes -= taken;
    }
    return STATUS_OK;
}

enum status transfer_seal_end(struct transfer_sealer *sealer, struct err *err)
{
    return write_piece(sealer, true, err);
}

void transfer_seal_close(struct transfer_sealer *sealer)
{
    if (sealer == NULL)
        return;
    crypto_wipe(sealer, sizeof *sealer);
    free(sealer);
}

bool transfer_is_sealed(const char *head, size_t size_bytes)
{
    return size_bytes >= SEALED_BEGIN_CHARS && memcmp(head, sealed_begin, SEALED_BEGIN_CHARS) == 0;
}

struct opened {
    const struct transfer_flow *flow;
    struct crypto_stream stream;
    uint8_t content[PIECE_BYTES];
    uint8_t sealed[SEALED_PIECE_BYTES];
};

static enum status check_lane(const char *lane, const char *own, struct err *err)
{
    char named[ENTRY_LANE_CHARS + 1] = "";
    uint8_t bytes[ENTRY_LANE_CHARS / 2];
    if (!text_unhex(lane, ENTRY_LANE_CHARS, bytes, sizeof bytes))
        return refuse(err, "the sealed file's first line is damaged");
    memcpy(named, lane, ENTRY_LANE_CHARS);
    if (strcmp(named, own) != 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "the file is sealed to another hub, of lane %s; take it there", named);
    return STATUS_OK;
}

// Reads the head and opens the stream.
static enum status open_sealed(struct opened *opened, const char *lane, const uint8_t *public_key,
                               const uint8_t *secret, struct err *err)
{
    static const char fault[] = "the sealed file is damaged at its beginning or was cut";
    // The head has one length: first line, the sealed key in base64 and its line feed, header.
    enum {
        LANE_END = SEALED_BEGIN_CHARS + ENTRY_LANE_CHARS,
        KEY_CHARS = (SEALED_KEY_BYTES + 2) / 3 * 4,
        KEY_END = LANE_END + 1 + KEY_CHARS,
        HEAD_BYTES = KEY_END + 1 + CRYPTO_STREAM_HEADER_BYTES,
    };
    char head[HEAD_BYTES];
    uint8_t envelope[SEALED_KEY_BYTES];
    size_t head_bytes = 0;
    AUTO(buf_done) struct buf key;
    buf_init(&key, CRYPTO_KEY_BYTES + 1);
    TRY(opened->flow->read(opened->flow->context, head, sizeof head, &head_bytes, err));
    if (!transfer_is_sealed(head, head_bytes) || head_bytes <= LANE_END || head[LANE_END] != '\n')
        return refuse(err, fault);
    TRY(check_lane(head + SEALED_BEGIN_CHARS, lane, err));
    if (head_bytes < sizeof head || head[KEY_END] != '\n')
        return refuse(err, fault);
    TRY(decode(head + LANE_END + 1, KEY_CHARS, envelope, sizeof envelope, fault, err));
    TRY(crypto_unseal(public_key, secret, envelope, sizeof envelope, &key, err));
    bool good = crypto_stream_open((const uint8_t *)key.data, (const uint8_t *)head + KEY_END + 1,
                                   &opened->stream);
    crypto_wipe(key.data, key.size_bytes);
    return good ? STATUS_OK : refuse(err, fault);
}

static enum status take_piece(struct opened *opened, bool *ret_last, struct err *err)
{
    const struct transfer_flow *flow = opened->flow;
    size_t piece_bytes = 0;
    TRY(flow->read(flow->context, opened->sealed, sizeof opened->sealed, &piece_bytes, err));
    if (piece_bytes < CRYPTO_STREAM_MORE_BYTES)
        return refuse(err, "the sealed file was cut; copy it again");
    if (!crypto_stream_take(&opened->stream, opened->sealed, piece_bytes, opened->content,
                            ret_last))
        return refuse(err, "the sealed file was changed or cut; copy it again");
    return flow->write(flow->context, opened->content, piece_bytes - CRYPTO_STREAM_MORE_BYTES, err);
}

static enum status take_pieces(struct opened *opened, struct err *err)
{
    const struct transfer_flow *flow = opened->flow;
    size_t more_bytes = 0;
    bool last = false;
    while (!last)
        TRY(take_piece(opened, &last, err));
    TRY(flow->read(flow->context, opened->sealed, 1, &more_bytes, err));
    return more_bytes == 0 ? STATUS_OK
                           : refuse(err, "something follows behind the end of the sealed file");
}

static void opened_free(struct opened *opened)
{
    crypto_wipe(opened, sizeof *opened);
    free(opened);
}
AUTO_POINTER(struct opened, opened_free)

enum status transfer_unseal(const struct transfer_flow *flow, const char *lane,
                            const uint8_t public_key[CRYPTO_BOX_PUBLIC_BYTES],
                            const uint8_t secret[CRYPTO_BOX_SECRET_BYTES], struct err *err)
{
    AUTO(opened_freep) struct opened *opened = malloc(sizeof *opened);
    if (opened == NULL)
        return err_set(err, STATUS_NO_MEMORY, "no memory for opening a sealed file");
    opened->flow = flow;
    TRY(open_sealed(opened, lane, public_key, secret, err));
    return take_pieces(opened, err);
}
