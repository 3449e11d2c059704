// SPDX-License-Identifier: MIT
// Splits a carried file into lines, checks them against its checkpoint, and has them taken.
#include "carry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake.h"
#include "ledger.h"
#include "transfer.h"

enum {
    // Lines of a file that are taken in one transaction: long enough that syncs do not matter,
    // short enough that pushes do not wait.
    IMPORT_BATCH_LINES = 2000,
    END_LIMIT_BYTES = NOTE_LIMIT_BYTES + NOTE_VKEY_BYTES,
    // Read at once; and of those, what shows whether the file is sealed.
    READ_BYTES = 64 * 1024,
    HEAD_BYTES = 64,
};

static const char no_end[] = "the file has no signed checkpoint at its end: it is cut, or of an "
                             "old version; export it again with `hailong-kiosk export`";

// ---- the file --------------------------------------------------------------------------------

// It is read in pieces and not mapped: of a mapped one that is cut meanwhile the next look would
// kill the program.
struct file {
    int fd;
    off_t at;
};

static void file_shut(const struct file *file)
{
    if (file->fd >= 0)
        close(file->fd);
}

static enum status file_open(const char *path, struct file *file, struct err *err)
{
    struct stat about;
    // Of a pipe nobody may be waited for here.
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &about) != 0)
        return err_errno(err, "the file to import cannot be opened");
    if (S_ISDIR(about.st_mode))
        return err_set(err, STATUS_IO,
                       "what to import is a folder; name the file in it that `hailong-kiosk "
                       "export` made");
    if (!S_ISREG(about.st_mode) || about.st_size == 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "the file is empty; make it with `hailong-kiosk export`");
    return STATUS_OK;
}

// Less than was asked for stands at the end only.
static enum status file_take(struct file *file, void *bytes, size_t size_bytes, size_t *ret_bytes,
                             struct err *err)
{
    size_t taken = 0;
    while (taken < size_bytes) {
        ssize_t got = pread(file->fd, (char *)bytes + taken, size_bytes - taken, file->at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, "the file to import cannot be read");
        if (got == 0)
            break;
        taken += (size_t)got;
        file->at += got;
    }
    *ret_bytes = taken;
    return STATUS_OK;
}

// ---- lines -----------------------------------------------------------------------------------

typedef enum status (*line_fn)(void *context, const char *line, size_t size_bytes, struct err *err);

struct splitter {
    struct file *file;
    line_fn each;
    void *context;
    int64_t number;
    bool at_end;     // behind the empty line
    struct buf line; // the beginning of one that goes on in the next piece
    struct buf end;  // note and key
};

static enum status too_long(const struct splitter *splitter, struct err *err)
{
    return err_set(err, STATUS_TOO_LARGE, "line %lld: longer than the limit of %d bytes",
                   (long long)splitter->number, ENTRY_LIMIT_BYTES);
}

static enum status give_line(struct splitter *splitter, const char *line, size_t size_bytes,
                             struct err *err)
{
    struct err why = {.text = ""};
    splitter->number++;
    if (size_bytes > ENTRY_LIMIT_BYTES)
        return too_long(splitter, err);
    if (size_bytes == 0) {
        splitter->at_end = true;
        return STATUS_OK;
    }
    enum status status = splitter->each(splitter->context, line, size_bytes, &why);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status != STATUS_BAD_INPUT && status != STATUS_TOO_LARGE)
        return err_set(err, status, "%.390s", why.text);
    return err_set(err, status, "line %lld: %.350s", (long long)splitter->number, why.text);
}

static enum status add_end(struct splitter *splitter, const char *bytes, size_t size_bytes,
                           struct err *err)
{
    const bool begins = splitter->end.size_bytes == 0 && size_bytes > 0;
    // No checkpoint begins so; the next entry or another empty line does.
    if (begins && (bytes[0] == '{' || bytes[0] == '\n'))
        return err_set(err, STATUS_BAD_INPUT,
                       "line %lld: an empty line, which may stand only once, before the "
                       "checkpoint; take it out or export the file again",
                       (long long)splitter->number);
    buf_add(&splitter->end, bytes, size_bytes);
    return buf_check(&splitter->end, NULL) == STATUS_OK
               ? STATUS_OK
               : err_set(err, STATUS_BAD_INPUT, "something follows behind the checkpoint");
}

static enum status keep_rest(struct splitter *splitter, const char *bytes, size_t size_bytes,
                             struct err *err)
{
    buf_add(&splitter->line, bytes, size_bytes);
    if (buf_check(&splitter->line, NULL) == STATUS_OK)
        return STATUS_OK;
    splitter->number++;
    return too_long(splitter, err);
}

// A transfer_read_fn.
static enum status take(void *context, void *bytes, size_t size_bytes, size_t *ret_bytes,
                        struct err *err)
{
    const struct splitter *splitter = context;
    return file_take(splitter->file, bytes, size_bytes, ret_bytes, err);
}

// A transfer_write_fn.
static enum status split(void *context, const void *bytes, size_t size_bytes, struct err *err)
{
    struct splitter *splitter = context;
    const char *at = bytes, *end = at + size_bytes;
    while (at < end && !splitter->at_end) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        if (feed == NULL)
            return keep_rest(splitter, at, (size_t)(end - at), err);
        if (splitter->line.size_bytes > 0) {
            TRY(keep_rest(splitter, at, (size_t)(feed - at), err));
            TRY(give_line(splitter, splitter->line.data, splitter->line.size_bytes, err));
            buf_clear(&splitter->line);
        } else {
            TRY(give_line(splitter, at, (size_t)(feed - at), err));
        }
        at = feed + 1;
    }
    return add_end(splitter, at, (size_t)(end - at), err);
}

static enum status read_plain(struct splitter *splitter, struct err *err)
{
    char piece[READ_BYTES];
    size_t piece_bytes = sizeof piece;
    while (piece_bytes == sizeof piece) {
        TRY(file_take(splitter->file, piece, sizeof piece, &piece_bytes, err));
        TRY(split(splitter, piece, piece_bytes, err));
    }
    return STATUS_OK;
}

static enum status read_all(const struct hub *hub, struct splitter *splitter, struct err *err)
{
    const struct transfer_flow flow = {.read = take, .write = split, .context = splitter};
    const struct hublane_box *box = hublane_box(hub->lane);
    char head[HEAD_BYTES];
    size_t head_bytes = 0;
    splitter->file->at = 0;
    TRY(file_take(splitter->file, head, sizeof head, &head_bytes, err));
    splitter->file->at = 0;
    if (!transfer_is_sealed(head, head_bytes))
        return read_plain(splitter, err);
    if (box == NULL)
        return err_set(err, STATUS_IO, "keys/box.key is missing");
    return transfer_unseal(&flow, hublane_known_as(hub->lane), box->public_key, box->secret, err);
}

static void splitter_done(struct splitter *splitter)
{
    buf_done(&splitter->line);
    buf_done(&splitter->end);
}

static enum status read_lines(const struct hub *hub, struct file *file, line_fn each, void *context,
                              struct buf *end, struct err *err)
{
    AUTO(splitter_done) struct splitter splitter = {.file = file, .each = each, .context = context};
    buf_init(&splitter.line, ENTRY_LIMIT_BYTES);
    buf_init(&splitter.end, END_LIMIT_BYTES);
    TRY(read_all(hub, &splitter, err));
    if (!splitter.at_end)
        return err_set(err, STATUS_BAD_INPUT, "%s", no_end);
    if (end != NULL)
        buf_add(end, splitter.end.data, splitter.end.size_bytes);
    return STATUS_OK;
}

// ---- first: the whole against its checkpoint -------------------------------------------------

struct survey {
    const struct hub *hub;
    struct ledger_head head; // of the lane here; its tree grows with the file's new lines
    bool known;
    int64_t first, next; // seq of the first line and of the one behind the last
    struct buf end;      // empty line, note and key
    struct transfer transfer;
};

static void survey_done(struct survey *survey)
{
    buf_done(&survey->end);
}

static enum status begin_survey(struct survey *survey, const char *line, size_t size_bytes,
                                struct err *err)
{
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(entry_read(line, size_bytes, &entry, err));
    struct db *db = dbpool_take(survey->hub->readers);
    enum status status = ledger_head_find(db, entry.lane, &survey->head, &survey->known, err);
    dbpool_give(survey->hub->readers, db);
    TRY(status);
    if (!survey->known)
        merkle_init(&survey->head.tree);
    memcpy(survey->head.lane, entry.lane, sizeof entry.lane);
    survey->first = survey->next = entry.seq;
    if (entry.seq <= (int64_t)survey->head.tree.size)
        return STATUS_OK;
    return err_set(err, STATUS_CONFLICT,
                   "lane %s: entries %lld to %lld are missing before the file's first one; export "
                   "from there",
                   entry.lane, (long long)survey->head.tree.size, (long long)entry.seq - 1);
}

static enum status survey_line(void *context, const char *line, size_t size_bytes, struct err *err)
{
    struct survey *survey = context;
    uint8_t leaf[CRYPTO_HASH_BYTES];
    if (survey->first < 0)
        TRY(begin_survey(survey, line, size_bytes, err));
    // Older ones are compared byte by byte when they are taken.
    if (survey->next >= (int64_t)survey->head.tree.size) {
        merkle_leaf(line, size_bytes, leaf);
        merkle_add(&survey->head.tree, leaf);
    }
    survey->next++;
    return STATUS_OK;
}

// Whether the line is for itself what stands there.
static enum status name_line(void *context, const char *line, size_t size_bytes, struct err *err)
{
    struct survey *survey = context;
    AUTO(entry_done) struct entry entry = {.json = NULL};
    TRY(entry_read(line, size_bytes, &entry, err));
    if (strcmp(entry.lane, survey->head.lane) != 0)
        return err_set(err, STATUS_BAD_INPUT, "entry %lld is of another lane; one file, one lane",
                       (long long)entry.seq);
    if (entry.seq != survey->next++)
        return err_set(err, STATUS_BAD_INPUT, "entry %lld does not follow the one before it",
                       (long long)entry.seq);
    return STATUS_OK;
}

static enum status check_survey(struct survey *survey, struct err *err)
{
    const struct note_checkpoint *checkpoint = &survey->transfer.checkpoint;
    uint8_t root[CRYPTO_HASH_BYTES];
    char lane[ENTRY_LANE_CHARS + 1] = "";
    if (survey->first < 0)
        return err_set(err, STATUS_BAD_INPUT, "the file holds no entries");
    if (!note_key_lane(&survey->transfer.key, lane) || strcmp(lane, survey->head.lane) != 0)
        return err_set(err, STATUS_BAD_INPUT,
                       "the checkpoint at the file's end is of another lane than its entries");
    if (checkpoint->size != (uint64_t)survey->next)
        return err_set(err, STATUS_BAD_INPUT,
                       "the checkpoint at the file's end is of %llu entries, the file ends with "
                       "entry %lld; export it again",
                       (unsigned long long)checkpoint->size, (long long)survey->next - 1);
    // What lies below the hub's own size is compared with the ledger when it is taken.
    if (checkpoint->size != survey->head.tree.size)
        return STATUS_OK;
    merkle_root(&survey->head.tree, root);
    if (memcmp(root, checkpoint->root, sizeof root) == 0)
        return STATUS_OK;
    return err_set(err, survey->known ? STATUS_CONFLICT : STATUS_BAD_INPUT,
                   "lane %s: the file's entries%s do not give the root that its checkpoint signs; "
                   "the file or the lane was changed",
                   survey->head.lane, survey->known ? " and those here" : "");
}

static enum status survey_file(struct survey *survey, struct file *file, struct err *err)
{
    buf_init(&survey->end, END_LIMIT_BYTES + 1);
    survey->first = -1;
    buf_add_char(&survey->end, '\n');
    TRY(read_lines(survey->hub, file, survey_line, survey, &survey->end, err));
    if (survey->end.size_bytes == 1)
        return err_set(err, STATUS_BAD_INPUT, "%s", no_end);
    TRY(transfer_read(survey->end.data, survey->end.size_bytes, &survey->transfer, err));
    struct err why = {.text = ""};
    enum status status = check_survey(survey, &why);
    if (status == STATUS_OK)
        return STATUS_OK;
    // Better than that the whole does not fit: the first line that is wrong for itself.
    survey->next = survey->first;
    if (survey->first >= 0)
        TRY(read_lines(survey->hub, file, name_line, survey, NULL, err));
    return err_set(err, status, "%s", why.text);
}

// ---- then: taking ----------------------------------------------------------------------------

struct carrying {
    struct hub *hub;
    const struct survey *survey;
    struct intake *intake; // owned; NULL between batches
    bool audited;          // one `audit` entry for the whole file
    struct carry_result result;
};

static void carrying_done(struct carrying *carrying)
{
    if (carrying->intake != NULL)
        intake_free(carrying->intake);
}

static enum status begin_batch(struct carrying *carrying, struct err *err)
{
    if (carrying->intake != NULL)
        return STATUS_OK;
    TRY(intake_new(carrying->hub, carrying->survey->head.lane, &carrying->intake, err));
    carrying->intake->by_hand = true;
    carrying->intake->key = carrying->survey->transfer.key;
    return STATUS_OK;
}

static enum status end_batch(struct carrying *carrying, struct err *err)
{
    struct intake *intake = carrying->intake;
    struct carry_result *result = &carrying->result;
    intake->audit = !carrying->audited;
    TRY(writer_run(carrying->hub->writer, &intake->job, err));
    if (intake->outcome != STATUS_OK)
        return err_set(err, intake->outcome, "%.390s", intake->why.text);
    carrying->audited = carrying->audited || intake->added > 0;
    result->size = intake->size;
    result->added += intake->added;
    memcpy(result->lane, intake->lane, sizeof result->lane);
    memcpy(result->root, intake->root, sizeof result->root);
    intake_free(intake);
    carrying->intake = NULL;
    return STATUS_OK;
}

static enum status carry_line(void *context, const char *line, size_t size_bytes, struct err *err)
{
    struct carrying *carrying = context;
    TRY(begin_batch(carrying, err));
    TRY(intake_add(carrying->intake, line, size_bytes, err));
    if (carrying->intake->count < IMPORT_BATCH_LINES &&
        carrying->intake->text.size_bytes + 2 * (size_t)ENTRY_LIMIT_BYTES < INTAKE_TEXT_LIMIT_BYTES)
        return STATUS_OK;
    return end_batch(carrying, err);
}

static enum status take_file(struct carrying *carrying, struct file *file, struct err *err)
{
    const struct transfer *transfer = &carrying->survey->transfer;
    TRY(read_lines(carrying->hub, file, carry_line, carrying, NULL, err));
    TRY(begin_batch(carrying, err));
    TRY(intake_end(carrying->intake, transfer->note, transfer->note_bytes, &transfer->checkpoint,
                   &transfer->key, err));
    return end_batch(carrying, err);
}

// Batches are taken one by one: a kiosk's quarter in one transaction would hold up all pushes.
static enum status refused_on_the_way(const struct carrying *carrying, const struct err *why,
                                      struct err *err)
{
    if (carrying->result.added == 0) {
        *err = *why;
        return why->status;
    }
    return err_set(err, why->status,
                   "%.280s; the file's first %lld new entries were taken before that and stay; "
                   "import the same file again when this is dealt with",
                   why->text, (long long)carrying->result.added);
}

enum status carry_import(struct hub *hub, const char *path, struct carry_result *ret_result,
                         struct err *err)
{
    AUTO(file_shut) struct file file = {.fd = -1};
    AUTO(survey_done) struct survey survey = {.hub = hub};
    AUTO(carrying_done) struct carrying carrying = {.hub = hub, .survey = &survey};
    TRY(file_open(path, &file, err));
    TRY(survey_file(&survey, &file, err));
    struct err why = {.text = ""};
    enum status status = take_file(&carrying, &file, &why);
    if (status != STATUS_OK)
        return refused_on_the_way(&carrying, &why, err);
    *ret_result = carrying.result;
    return STATUS_OK;
}
