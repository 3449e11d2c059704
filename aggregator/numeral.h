// SPDX-License-Identifier: MIT
// Numbers as people read them: Vietnamese with decimal comma and grouping point, English the other
// way round. Everything that is compared stays an integer elsewhere.
#ifndef HAILONG_NUMERAL_H
#define HAILONG_NUMERAL_H

#include "json.h"

// "12.345" in Vietnamese, "12,345" in English.
void numeral_count(const char *language, int64_t count, struct buf *out);
// From the model's text with a point ("91.20"): "91,20 %" in Vietnamese, "91.20%" in English. NULL
// gives "–".
void numeral_percent(const char *language, const char *percent, struct buf *out);
// A target (JSON number: 90, 87.5) as hundredths; -1 when it is null.
int64_t numeral_hundredths(const json_t *target);
// 9000 as "90 %", 8750 as "87,5 %".
void numeral_target(const char *language, int64_t hundredths, struct buf *out);

#endif
