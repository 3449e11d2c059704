// SPDX-License-Identifier: MIT
// The closing slip that is posted at the office: the day, how many responses came, the root of the
// journal as a QR code and its short code, and whether an outside witness has it. Whoever keeps a
// photograph of it can show later that the journal was rewritten.
#ifndef HAILONG_CLOSING_H
#define HAILONG_CLOSING_H

#include "seal.h"

// What stands on it (given): {day, count, size, root, short, code, lane, office, witnessed,
// witness_said, made, trial, sample}; witnessed: verified here, witness_said: only the hub says so.
// `code` is the QR's text: HAILONG/SEAL/LANE/DAY/SIZE/ROOT, hexadecimal in capitals.
enum status closing_model(const struct kiosk *kiosk, const struct seal *seal, json_t **ret_model,
                          struct err *err) MUST_USE;
// As text with a QR code for a terminal, and as a strip of receipt paper, both in Vietnamese.
enum status closing_text(const json_t *model, struct buf *out, struct err *err) MUST_USE;
enum status closing_svg(const json_t *model, struct buf *out, struct err *err) MUST_USE;

#endif
