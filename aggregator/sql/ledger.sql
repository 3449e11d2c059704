-- SPDX-License-Identifier: MIT
-- Lanes and their entries.

-- STMT lane_find
-- in: lane text
-- out: unit text, kind text, how text, key_hash blob?, size int, frontier blob, trial int, sample int
SELECT unit, kind, how, key_hash, size, frontier, trial, sample FROM lane WHERE lane = $1;

-- STMT lane_add
-- in: lane text, unit text, kind text, how text, key_hash blob?, frontier blob
INSERT INTO lane (lane, unit, kind, how, key_hash, size, frontier, trial, sample)
VALUES ($1, $2, $3, $4, $5, 0, $6, 0, 0);

-- STMT lane_joined
-- A lane that was taken by hand is pushed with a key from now on.
-- in: lane text, key_hash blob
UPDATE lane SET how = 'join', key_hash = $2 WHERE lane = $1;

-- STMT lane_head_set
-- in: lane text, size int, frontier blob
UPDATE lane SET size = $2, frontier = $3 WHERE lane = $1;

-- STMT lane_setup_set
-- in: lane text, unit text, trial int, sample int
UPDATE lane SET unit = $2, trial = $3, sample = $4 WHERE lane = $1;

-- STMT lane_contact_set
-- in: lane text, last_contact_s int
UPDATE lane SET last_contact_s = $2, refusal = NULL WHERE lane = $1;

-- STMT lane_refusal_set
-- in: lane text, refusal text
UPDATE lane SET refusal = $2 WHERE lane = $1;

-- STMT lane_list
-- scan: a hub has as many lanes as it has kiosks, and all are shown
-- out: lane text, unit text, kind text, how text, size int, frontier blob, last_contact_s int?, refusal text?, trial int, sample int
SELECT lane, unit, kind, how, size, frontier, last_contact_s, refusal, trial, sample FROM lane
ORDER BY kind, unit, lane;

-- STMT ledger_add
-- in: lane text, seq int, id blob, part int, line text
INSERT INTO ledger (lane, seq, id, part, line) VALUES ($1, $2, $3, $4, $5);

-- STMT ledger_line
-- in: lane text, seq int
-- out: line text
SELECT line FROM ledger WHERE lane = $1 AND seq = $2;

-- STMT ledger_walk
-- in: lane text, seq int
-- out: seq int, id blob, part int, line text
SELECT seq, id, part, line FROM ledger WHERE lane = $1 AND seq >= $2 ORDER BY seq;

-- STMT ledger_origin
-- in: id blob, part int
-- out: lane text, seq int
SELECT lane, seq FROM ledger WHERE id = $1 AND part = $2;

-- STMT ledger_pieces
-- in: id blob
-- out: lane text, line text
SELECT lane, line FROM ledger WHERE id = $1 ORDER BY part;
