-- SPDX-License-Identifier: MIT
-- Tails of lanes that were left after a fork.

-- STMT quarantine_add
-- in: lane text, by_lane text, seq int, line text, id blob
INSERT INTO quarantine (lane, by_lane, seq, line, id, done) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (lane, by_lane, seq) DO NOTHING;

-- STMT quarantine_line
-- in: lane text, by_lane text, seq int
-- out: line text
SELECT line FROM quarantine WHERE lane = $1 AND by_lane = $2 AND seq = $3;

-- STMT quarantine_lines
-- What waits of a lane.
-- in: lane text
-- out: line text, by_lane text, seq int
SELECT line, by_lane, seq FROM quarantine WHERE lane = $1 AND done = 0 ORDER BY by_lane, seq;

-- STMT quarantine_range
-- How far the lines go that one lane has sent of another one.
-- in: lane text, by_lane text
-- out: n int, next int
SELECT count(*) AS n, CAST(coalesce(max(seq) + 1, 0) AS BIGINT) AS next FROM quarantine
WHERE lane = $1 AND by_lane = $2;

-- STMT quarantine_done
-- in: lane text, done int
UPDATE quarantine SET done = $2 WHERE lane = $1 AND done = 0;

-- STMT quarantine_list
-- scan: a fork is rare, and its tail is short
-- out: lane text
SELECT DISTINCT lane FROM quarantine WHERE done = 0 ORDER BY lane;

-- STMT lane_standing
-- in: lane text
-- out: state text, unit text, size int
SELECT state, unit, size FROM lane WHERE lane = $1;

-- STMT accepted_add
-- in: id blob, lane text, seq int, hour int, clock_unset int
INSERT INTO accepted (id, lane, seq, hour, clock_unset) VALUES ($1, $2, $3, $4, $5);

-- STMT accepted_find
-- in: id blob
-- out: lane text
SELECT lane FROM accepted WHERE id = $1;

-- STMT accepted_walk
-- scan: verify compares every row, and a clock entry looks for its own
-- out: id blob, lane text, seq int, hour int, clock_unset int
SELECT id, lane, seq, hour, clock_unset FROM accepted ORDER BY id;

-- STMT quarantine_text_line
-- The entry that a text belongs to, when it stands in a tail.
-- in: id blob
-- out: lane text, line text, by_lane text
SELECT lane, line, by_lane FROM quarantine WHERE id = $1 ORDER BY lane, by_lane, seq LIMIT 1;
