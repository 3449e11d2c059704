-- SPDX-License-Identifier: MIT
-- The journal, its head, and the MACs that recognise a repeat.

-- STMT entry_add
-- in: seq int, id blob, part int, line text
INSERT INTO entry (seq, id, part, line) VALUES ($1, $2, $3, $4)
ON CONFLICT (id, part) DO NOTHING;

-- STMT entry_find
-- in: id blob, part int
-- out: seq int
SELECT seq FROM entry WHERE id = $1 AND part = $2;

-- STMT entry_list
-- in: from_seq int, to_seq int
-- out: seq int, id blob, part int, line text
SELECT seq, id, part, line FROM entry WHERE seq >= $1 AND seq < $2 ORDER BY seq;

-- STMT entry_last
-- out: seq int?
SELECT max(seq) AS seq FROM entry;

-- STMT head_get
-- out: lane text, size int, frontier blob
SELECT lane, size, frontier FROM head WHERE one = 1;

-- STMT head_add
-- in: lane text, size int, frontier blob
INSERT INTO head (one, lane, size, frontier) VALUES (1, $1, $2, $3);

-- STMT head_set
-- in: size int, frontier blob
UPDATE head SET size = $1, frontier = $2 WHERE one = 1;

-- STMT replay_add
-- in: id blob, part int, mac blob
INSERT INTO replay (id, part, mac) VALUES ($1, $2, $3);

-- STMT replay_get
-- in: id blob, part int
-- out: mac blob
SELECT mac FROM replay WHERE id = $1 AND part = $2;

-- STMT replay_first
-- out: id blob?
SELECT min(id) AS id FROM replay;

-- STMT replay_delete
-- in: before_id blob
DELETE FROM replay WHERE id < $1;
