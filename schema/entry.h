// SPDX-License-Identifier: MIT
// The journal's line format (docs/JOURNAL.md): one JSON object on one line, at most 8 KiB, stored
// and sent as the very bytes that were hashed.
#ifndef HAILONG_ENTRY_H
#define HAILONG_ENTRY_H

#include "json.h"
#include "jsonw.h"

enum { ENTRY_LIMIT_BYTES = 8192, ENTRY_ID_BYTES = 16, ENTRY_LANE_CHARS = 32 };

// kind, lanes that may hold it (K kiosk or gate, H hub)
#define ENTRY_KIND_LIST(X)                                                                         \
    X(RESPONSE, "response", 1)                                                                     \
    X(DETAIL, "detail", 1)                                                                         \
    X(COMMENT, "comment", 1)                                                                       \
    X(PETITION, "petition", 1)                                                                     \
    X(SLIPS, "slips", 1)                                                                           \
    X(OFFERED, "offered", 1)                                                                       \
    X(VISITS, "visits", 1)                                                                         \
    X(FLAG, "flag", 3)                                                                             \
    X(REDACTION, "redaction", 3)                                                                   \
    X(BOOT, "boot", 3)                                                                             \
    X(CLOCK, "clock", 1)                                                                           \
    X(SETUP, "setup", 3)                                                                           \
    X(ACK, "ack", 3)                                                                               \
    X(SEAL, "seal", 3)                                                                             \
    X(VOID, "void", 2)                                                                             \
    X(CASE, "case", 2)                                                                             \
    X(IMPORT, "import", 2)                                                                         \
    X(FACTS, "facts", 2)                                                                           \
    X(PLAN, "plan", 2)                                                                             \
    X(CLOSE, "close", 2)                                                                           \
    X(AUDIT, "audit", 2)                                                                           \
    X(CODES, "codes", 3)

enum entry_kind {
#define X(name, text, lanes) ENTRY_##name,
    ENTRY_KIND_LIST(X)
#undef X
        ENTRY_KIND_COUNT
};
const char *entry_kind_name(enum entry_kind kind);
bool entry_kind_find(const char *name, enum entry_kind *ret_kind);
// Which lanes may hold it: bit 0 kiosk or gate, bit 1 hub.
enum { ENTRY_LANE_KIOSK = 1, ENTRY_LANE_HUB = 2 };
unsigned entry_kind_lanes(enum entry_kind kind);

struct entry {
    char lane[ENTRY_LANE_CHARS + 1]; // lower-case hexadecimal
    int64_t seq;                     // from 0, gap-free
    enum entry_kind kind;
    uint8_t id[ENTRY_ID_BYTES];
    int64_t part; // 0 for the first or only entry with this id (a missing "part" reads as 0)
    json_t *json; // owned: the whole object
};

// The lane's name: the first 16 bytes of SHA-256 of its Ed25519 public key, in hexadecimal.
void entry_lane_of_key(const uint8_t *public_key, size_t size_bytes,
                       char ret_lane[ENTRY_LANE_CHARS + 1]);
// How every id begins: the number of its hour as 4 bytes, the highest first, so that neighbours in
// time stay close in the index. The other bytes of `ret_id` stay as they are.
enum { ENTRY_HOUR_BYTES = 4 };
void entry_hour_prefix(uint32_t hour, uint8_t ret_id[ENTRY_ID_BYTES]);
// An id for an entry that is no response: that prefix and random bytes.
void entry_id_of_hour(uint32_t hour, uint8_t ret_id[ENTRY_ID_BYTES]);

// An entry is made in two steps. The tail (everything from "kind" on, with the closing brace) can
// be made on any thread; the writer puts the head before it when the seq is known.
//     struct jsonw w; entry_tail_begin(&w, tail, ENTRY_BOOT, id); … entry_tail_end(&w);
// It writes "kind" and "id"; every kind writes its own "part" where its documented order has it.
void entry_tail_begin(struct jsonw *w, struct buf *tail, enum entry_kind kind,
                      const uint8_t id[ENTRY_ID_BYTES]);
void entry_tail_end(struct jsonw *w);
// Appends the whole line (no line feed) to `out`. STATUS_TOO_LARGE past ENTRY_LIMIT_BYTES.
enum status entry_line(const char *lane, int64_t seq, const struct buf *tail, struct buf *out,
                       struct err *err) MUST_USE;
// Reads and checks one line: the envelope (v, lane, seq, kind, id, part) and what its kind needs.
// On STATUS_OK release with entry_done. STATUS_BAD_INPUT names seq (when known) and fault.
enum status entry_read(const char *line, size_t size_bytes, struct entry *ret_entry,
                       struct err *err) MUST_USE;
void entry_done(struct entry *entry);

// A document larger than one entry (setup, plan, facts, import, codes, close): its text is cut
// into pieces of at most ENTRY_PIECE_BYTES at UTF-8 boundaries, one entry each, with one id and
// "part":i,"parts":n,"sha256":"<of the whole>","text":"<piece>". In force only when complete.
enum { ENTRY_PIECE_BYTES = 3500 }; // twice that when every byte is escaped stays below 8 KiB
typedef enum status (*entry_piece_fn)(void *context, const struct buf *tail, struct err *err);
enum status entry_split(enum entry_kind kind, const uint8_t id[ENTRY_ID_BYTES], const char *text,
                        size_t size_bytes, entry_piece_fn each, void *context,
                        struct err *err) MUST_USE;
// Collects the pieces in order; *ret_complete when all are there and the hash fits, and then
// `whole` has the text. A piece of another id restarts. STATUS_BAD_INPUT on a wrong hash or order.
struct entry_join {
    uint8_t id[ENTRY_ID_BYTES];
    enum entry_kind kind;
    int64_t next, parts;
    char sha256[65];
    struct buf whole; // caller initialises with its limit
};
enum status entry_join_add(struct entry_join *join, const struct entry *entry, bool *ret_complete,
                           struct err *err) MUST_USE;

#endif
