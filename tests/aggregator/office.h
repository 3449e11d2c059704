// SPDX-License-Identifier: MIT
// A hub made from the example setup in a private folder, at a fixed time, and kiosks that write
// lines for it.
#ifndef HAILONG_OFFICE_H
#define HAILONG_OFFICE_H

#include "hub.h"
#include "intake.h"
#include "merkle.h"
#include "support/scratch.h"
#include "tally.h"

// 2026-11-21T09:00+07:00, in the fourth official quarter.
#define OFFICE_NOW_S INT64_C(1795226400)
#define OFFICE_UNIT "05533"

struct office {
    struct scratch scratch;
    char folder[SCRATCH_PATH_SIZE];
    struct hub *hub;
    struct err err;
};

// As cmocka's setup and teardown; *state is the office (static: one test at a time).
int office_open(void **state);
int office_close(void **state);
// The same for a hub that is neither a trial nor a sample.
int office_open_real(void **state);
// The example setup with its "trial" and "sample" as given.
void office_setup_text(bool trial, bool sample, struct buf *out);

// A kiosk as the hub sees it: a lane and the lines it has written so far.
struct office_kiosk {
    char lane[ENTRY_LANE_CHARS + 1];
    uint8_t public_key[CRYPTO_SIGN_PUBLIC_BYTES];
    uint8_t secret[CRYPTO_SIGN_SECRET_BYTES];
    struct merkle tree;
    int64_t seq;
    struct buf lines;
    size_t last; // where the last line begins
};
// `digit` (0…f) begins the lane's name; the same digit is the same key throughout a program.
void office_kiosk_begin(struct office_kiosk *kiosk, char digit);
void office_kiosk_end(struct office_kiosk *kiosk); // for AUTO
// The lines from that byte on as a transfer: with the signed checkpoint of their end and the key.
void office_kiosk_transfer(const struct office_kiosk *kiosk, size_t from, struct buf *out);
// The checkpoint of the lane as it is, signed.
void office_kiosk_note(const struct office_kiosk *kiosk, struct buf *out);
// Makes the lane known as if by a phrase for OFFICE_UNIT.
void office_kiosk_enrol(struct office *office, const struct office_kiosk *kiosk);
// Writes the setup as entries.
void office_kiosk_setup(struct office_kiosk *kiosk, bool trial, bool sample);
// Writes an entry made from a tail.
void office_kiosk_line(struct office_kiosk *kiosk, const struct buf *tail);
// A believable response with `number` as its id: counter 1, HT, tthc@1, screen, result,
// 2026-11-03T09; change what the test is about.
struct response office_response(int number, int level);
void office_kiosk_response(struct office_kiosk *kiosk, const struct response *response);
// The hour number of "2026-11-03T09+07".
uint32_t office_hour(const char *text);

// Has lines taken by hand; fails the test when the job itself fails. Returns the outcome; the
// intake's `why`, `size`, `added` and `gap` are copied.
enum status office_take(struct office *office, const char *lines, struct intake *ret_result);
// As office_take, all the kiosk's lines; fails the test when they are refused.
void office_take_all(struct office *office, const struct office_kiosk *kiosk);

// Sum of a tally's cells of unit, area and item ("" for all areas) over days; half-months for A
// and C must lie on borders.
struct tally_counts office_tally(struct office *office, char table, const char *unit,
                                 const char *area, const char *item, const char *from,
                                 const char *to);
// Fails the test unless the counts are these five.
void office_expect(struct tally_counts counts, int64_t n1, int64_t n2, int64_t n3, int64_t n4,
                   int64_t n5);
// The report of the office's unit; fails the test when there is none. Given.
json_t *office_report(struct office *office, const char *unit, const char *period);
// The group or area ("groups", "areas") with that code, borrowed.
json_t *office_row(const json_t *report, const char *list, const char *code);

#endif
