-- SPDX-License-Identifier: MIT
-- Lanes that this one follows, and what a backup takes along or leaves out.

-- STMT former_add
-- in: lane text, next_seq int, end_seq int, known int
INSERT INTO former_lane (lane, next_seq, end_seq, known) VALUES ($1, $2, $3, $4);

-- STMT former_list
-- scan: one row for each time that the lane was changed
-- out: lane text
SELECT lane FROM former_lane ORDER BY lane;

-- STMT former_texts
-- Only of a lane that was left: the one that follows it has them.
DELETE FROM free_text;

-- STMT former_answers
-- The same.
DELETE FROM answer;

-- STMT former_unknown
-- scan: one row for each time that the lane was changed
-- out: lane text
SELECT lane FROM former_lane WHERE known = 0 ORDER BY lane LIMIT 1;

-- STMT former_known
-- in: lane text
UPDATE former_lane SET known = 1 WHERE lane = $1;

-- STMT former_tail
-- scan: one row for each time that the lane was changed
-- out: lane text, next_seq int, end_seq int
SELECT lane, next_seq, end_seq FROM former_lane WHERE next_seq < end_seq ORDER BY lane LIMIT 1;

-- STMT former_sent
-- in: lane text, next_seq int
UPDATE former_lane SET next_seq = $2 WHERE lane = $1;

-- STMT backup_pages
DELETE FROM spent_page;

-- STMT backup_invitations
DELETE FROM invitation;

-- STMT backup_codes
DELETE FROM code_pool;

-- STMT backup_kit
-- in: sealed blob
INSERT INTO kit (one, sealed) VALUES (1, $1);
