// SPDX-License-Identifier: MIT
// Simulated power cuts: a run of the real kiosk is recorded at SQLite's file interface, and each
// state that the disk may be left in is built and opened again.
#ifndef HAILONG_TESTS_POWER_H
#define HAILONG_TESTS_POWER_H

#include <sqlite3.h>

#include <semaphore.h>

#include "kiosk.h"
#include "merkle.h"
#include "note.h"
#include "rating.h"
#include "slip.h"

enum power_file { POWER_DB, POWER_WAL, POWER_JOURNAL, POWER_FILES };
enum power_op_kind {
    POWER_CREATE,   // a name gets a new, empty file
    POWER_WRITE,    // size bytes at offset
    POWER_TRUNCATE, // to size
    POWER_SYNC,     // the file's content; with `folder` the folder's names too
    POWER_DELETE,   // with `folder`: the name is gone for good when this returns
    POWER_ACK,      // offset: number of promises given so far
};

struct power_op {
    enum power_op_kind kind;
    enum power_file file;
    bool folder;
    int64_t offset, size;
    size_t data; // where the bytes stand in trace->bytes
};

// What was said to be kept: it must be in every later state.
struct power_promise {
    char code[SLIPCODE_CHARS + 1]; // a slip that must be there, or ""
    bool spent;                    // … and finished
    bool entry;                    // an entry that must be there once:
    uint8_t id[ENTRY_ID_BYTES];
    int64_t part;
    char *tail;  // what its line says; owned
    char *words; // a text that must be there once, waiting or beside the journal; owned
    bool petition;
    int64_t flags;        // at least so many `flag` entries
    uint64_t sealed;      // a seal made the journal so long: texts promised before it are entries
    int64_t count;        // … and it counts so many responses
    struct merkle *taken; // the hub has these entries, they must be the beginning; owned
    uint64_t acked;       // a round ended: the hub's acknowledgement of this size is kept
    int64_t received;     // … and its messages up to this one have been applied
};
void power_promise_copy(struct power_promise *to, const struct power_promise *from);
void power_promise_done(struct power_promise *promise);

// What the hub sends down; owned.
struct power_message {
    char *type, *text;
    size_t after; // promises that were given when it was written
    // Of an erasure: whose text, and what that said.
    char of[2 * ENTRY_ID_BYTES + 1];
    char *words;
};

// One file's bytes; the kiosk's three are an image.
struct power_bytes {
    bool exists;
    uint8_t *data;
    size_t size, space;
};
struct power_image {
    struct power_bytes files[POWER_FILES];
};

// A request as it was sent, to send it again.
struct power_request {
    char token[TOKEN_TEXT_CHARS + 1];
    char fields[120];
    char *text; // of a text: the whole form; owned
};

struct power_trace {
    struct power_op *ops;
    size_t op_count, op_space;
    struct power_bytes bytes;
    struct power_promise *promises;
    size_t promise_count, promise_space;
    struct power_image begin; // durable when the recording began
    struct power_request *requests;
    size_t request_count, request_space;
    struct power_message *messages; // number n stands at n - 1
    size_t message_count;
    uint8_t slip_key[CRYPTO_KEY_BYTES];
    int64_t end_s; // the clock when it ended
};

enum power_control { POWER_REAL, POWER_NORMAL, POWER_OFF, POWER_EARLY, POWER_CONTROLS };

// ---- power_record.c: SQLite's file interface, written down
// ---------------------------------------

// Registers the recording file system and the one of images; power_vfs chooses who opens next.
void power_vfs_register(void);
enum power_vfs { POWER_VFS_PLAIN, POWER_VFS_RECORD, POWER_VFS_IMAGE };
void power_vfs(enum power_vfs vfs);
// From now on operations go into `trace` (borrowed; NULL: nowhere). `as_production`: say of the
// disk what SQLite's own interface says (a torn write harms nothing beside it), else claim nothing.
void power_record(struct power_trace *trace, bool as_production);
// Appends a promise (taken) and its mark; returns how many there are. Any thread.
size_t power_promise(const struct power_promise *promise);
void power_trace_done(struct power_trace *trace);

// ---- power_image.c: the file system of images
// ----------------------------------------------------

// Files of the names that end as the kiosk's do are those of this image (borrowed).
void power_image_use(struct power_image *image);
extern sqlite3_vfs power_image_vfs;
void power_bytes_write(struct power_bytes *bytes, const void *data, size_t size, size_t offset);
void power_bytes_truncate(struct power_bytes *bytes, size_t size);
void power_bytes_copy(struct power_bytes *to, const struct power_bytes *from);
void power_image_copy(struct power_image *to, const struct power_image *from);
void power_image_done(struct power_image *image);
// Reads or writes the three files kiosk.db, -wal, -journal of a folder.
void power_image_load(struct power_image *image, const char *folder);
void power_image_store(const struct power_image *image, const char *folder);
enum power_file power_file_of(const char *path);

// ---- power_act.c: one job and its promise
// --------------------------------------------------------

struct power_act {
    struct writer_job job;
    sem_t *done;
    struct rating *rating; // one of the three
    struct slip_job *slip;
    struct writer_job *text;
    void (*text_free)(struct writer_job *job);
    const char *words; // of the text; borrowed
    bool petition;
};
// Several jobs in one commit.
void power_batch(struct kiosk *kiosk, struct power_act *acts, size_t count);
void power_acts_free(struct power_act *acts, size_t count);
void power_remember(const char *token, const char *fields, const char *text);

// ---- power_text.c: texts and seals
// ---------------------------------------------------------------

// `count` comments and petitions in one commit, one of them sent twice.
void power_texts(struct kiosk *kiosk, size_t count, unsigned *seed);
// A text's form again. STATUS_GONE when its page is too old.
enum status power_text_again(struct kiosk *kiosk, const char *form, struct power_act *ret_act,
                             struct err *err);
// By hand, or by itself when that is due.
void power_seal(struct kiosk *kiosk, bool by_hand);
// A promise of the `flag` entries that there are.
void power_flags(struct kiosk *kiosk);

// ---- power_hub.c: the other end of the sync, in this process
// --------------------------------------

// Enrols the folder's kiosk at the hub; forgets what the hub had.
void power_hub_begin(const char *folder, struct power_trace *trace);
// The hub is as it was when `promises` of `before` had been given.
void power_hub_resume(struct power_trace *trace, const struct power_trace *before, size_t promises);
// A round of the kiosk's own sync; answers may get lost. NULL, or what was wrong. *ret_again: the
// kiosk asks to be opened anew.
const char *power_sync(struct kiosk *kiosk, unsigned *seed, bool *ret_again);
// Answers every petition, sends codes, erases a text, or changes the setup (once in a trace).
void power_hub_write(unsigned *seed);
// Whether the hub was sent that text.
bool power_hub_has(const char *id_hex, const char *field);
extern struct note_key power_hub_key;

// ---- power_work.c: what the kiosk does meanwhile
// -------------------------------------------------

struct power_work {
    const char *name;
    void (*run)(struct kiosk **kiosk, const char *folder, unsigned *seed);
};
extern const struct power_work power_works[];
extern const size_t power_work_count;
// After a restart: every request again (each must be answered as the first time or be new),
// then some new ones. Returns what was wrong, or NULL.
const char *power_work_again(struct kiosk *kiosk, const struct power_trace *before, unsigned *seed);
// Promises are given when a job has been applied, long before its commit.
extern bool power_early;
// What power.c's sqlite3_exec makes of "PRAGMA synchronous=FULL"; NULL: itself.
extern const char *power_synchronous;
// Requests that are sent are appended here while it is set.
extern struct power_trace *power_requests;

// ---- power_replay.c: each cut
// --------------------------------------------------------------------

// Called for each state: `promises` is how many had been given. Returns false to stop.
typedef bool (*power_state_fn)(void *context, struct power_image *image, size_t promises);
void power_replay(const struct power_trace *trace, unsigned *seed, power_state_fn state,
                  void *context);

// ---- power_check_text.c: what stands beside the answers
// -------------------------------------------

enum { POWER_LINES_MAX = 4096 };
struct power_lines {
    size_t count;
    const char *line[POWER_LINES_MAX]; // borrowed
    bool wanted[POWER_LINES_MAX + 1];  // roots at these sizes are known
    uint8_t roots[POWER_LINES_MAX + 1][CRYPTO_HASH_BYTES];
};
// Which sizes' roots are needed, before the lines are read.
void power_lines_begin(struct db *db, const struct power_trace *trace, size_t promises,
                       struct power_lines *lines);
// NULL, or what is wrong with texts, seals, checkpoints, acks, flags or what the hub said.
const char *power_check_beside(struct db *db, const struct power_trace *trace, size_t promises,
                               const struct power_lines *lines, bool whole);
const char *power_say(const char *what, const char *detail);

// ---- power_check.c
// -------------------------------------------------------------------------------

// Opens the image as the kiosk does and checks it against the promises. NULL, or what is wrong
// (in a buffer of its own). `whole`: journal_verify too. `folder` has a kiosk.db (of any content:
// the image takes its place) and the keys.
const char *power_check(struct power_image *image, const struct power_trace *trace, size_t promises,
                        const char *folder, const char *lane, bool whole);

unsigned power_random(unsigned *seed, unsigned below);
// For what cannot go on: prints and exits 1.
void power_need(bool good, const char *what, const struct err *err);

#endif
