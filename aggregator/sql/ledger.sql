-- SPDX-License-Identifier: MIT
-- Lanes and their entries.

-- STMT lane_find
-- in: lane text
-- out: unit text, kind text, how text, size int, frontier blob
SELECT unit, kind, how, size, frontier FROM lane WHERE lane = $1;

-- STMT lane_add
-- in: lane text, unit text, kind text, how text, state text, public_key blob, enrolled_unit text, frontier blob
INSERT INTO lane (lane, unit, kind, how, public_key, state, enrolled_unit, size, frontier, trial, sample,
    announced_size, message_last, message_received)
VALUES ($1, $2, $3, $4, $6, $5, $7, 0, $8, 0, 0, 0, 0, 0);

-- STMT lane_head_set
-- in: lane text, size int, frontier blob
UPDATE lane SET size = $2, frontier = $3 WHERE lane = $1;

-- STMT lane_setup_set
-- in: lane text, unit text, trial int, sample int, setup_id blob
UPDATE lane SET unit = $2, trial = $3, sample = $4, setup_before = setup_id, setup_id = $5
WHERE lane = $1;

-- STMT lane_setup_find
-- in: lane text
-- out: setup_id blob?, setup_before blob?
SELECT setup_id, setup_before FROM lane WHERE lane = $1;

-- STMT lane_list
-- scan: a hub has as many lanes as it has kiosks, and all are shown
-- out: lane text, unit text, kind text, how text, size int, frontier blob, last_contact_s int?, refusal text?, trial int, sample int, state text, replaced_by text?, announced_size int, announced_hour int?, enrolled_unit text, public_key blob, message_last int, message_received int, moved_to text?, unconfirmed int
SELECT lane, unit, kind, how, size, frontier, last_contact_s, refusal, trial, sample, state, replaced_by,
    announced_size, announced_hour, enrolled_unit, public_key, message_last, message_received,
    (SELECT s.lane FROM successor s JOIN lane n ON n.lane = s.lane
        WHERE s.former = l.lane AND n.last_contact_s IS NOT NULL
        ORDER BY n.last_contact_s DESC, s.lane LIMIT 1) AS moved_to,
    (SELECT count(*) FROM successor s WHERE s.lane = l.lane AND s.confirmed = 0) AS unconfirmed
FROM lane AS l ORDER BY kind, unit, lane;

-- STMT ledger_add
-- Nothing is inserted when the id and part are there already.
-- in: lane text, seq int, id blob, part int, line text
INSERT INTO ledger (lane, seq, id, part, line) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id, part) DO NOTHING;

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

-- STMT announced_find
-- in: lane text
-- out: size int, root blob
SELECT size, root FROM announced WHERE lane = $1;

-- STMT announced_set
-- The largest stays.
-- in: lane text, size int, root blob, note text
INSERT INTO announced (lane, size, root, note) VALUES ($1, $2, $3, $4)
ON CONFLICT (lane) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
WHERE excluded.size > announced.size;
