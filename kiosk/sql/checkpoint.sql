-- SPDX-License-Identifier: MIT
-- Signed heads, and the seals.

-- STMT checkpoint_add
-- in: size int, hour int, note text
INSERT INTO checkpoint (size, hour, note) VALUES ($1, $2, $3)
ON CONFLICT (size) DO NOTHING;

-- STMT checkpoint_ack
-- in: size int, hour int, note text
INSERT INTO checkpoint (size, hour, note, ack_note) VALUES ($1, $2, $3, $3)
ON CONFLICT (size) DO UPDATE SET ack_note = excluded.ack_note;

-- STMT checkpoint_last
-- in: size int
-- out: size int, note text, ack_note text?
SELECT size, note, ack_note FROM checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 1;

-- STMT checkpoint_last_acked
-- in: size int
-- out: size int, note text, ack_note text?
SELECT size, note, ack_note FROM checkpoint WHERE size <= $1 AND ack_note IS NOT NULL
ORDER BY size DESC LIMIT 1;

-- STMT seal_add
-- in: seq int, day int, sealed_s int, own int, levels_seq int, from_day int?
INSERT INTO seal (seq, day, sealed_s, own, levels_seq, from_day) VALUES ($1, $2, $3, $4, $5, $6);

-- STMT seal_list
-- in: limit int
-- out: seq int, day int, sealed_s int, own int, levels_seq int, from_day int?
-- scan: the newest ones, along the primary key
SELECT seq, day, sealed_s, own, levels_seq, from_day FROM seal ORDER BY seq DESC LIMIT $1;
