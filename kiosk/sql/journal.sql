-- SPDX-License-Identifier: MIT
-- The journal, its keys with the MACs that recognise a repeat, and its head.

-- STMT entry_add
-- in: seq int, line text
INSERT INTO entry (seq, line) VALUES ($1, $2);

-- STMT entry_list
-- in: from_seq int, to_seq int
-- out: seq int, line text
SELECT seq, line FROM entry WHERE seq >= $1 AND seq < $2 ORDER BY seq;

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

-- STMT key_add
-- in: id blob, part int, seq int, mac blob?
INSERT INTO entry_key (id, part, seq, mac) VALUES ($1, $2, $3, $4)
ON CONFLICT (id, part) DO NOTHING;

-- STMT key_get
-- in: id blob, part int
-- out: seq int, mac blob?
SELECT seq, mac FROM entry_key WHERE id = $1 AND part = $2;

-- STMT key_first
-- in: from_id blob, to_id blob
-- out: seq int?
SELECT min(seq) AS seq FROM entry_key WHERE id >= $1 AND id < $2;

-- STMT mac_first
-- in: from_id blob, to_id blob
-- out: id blob
SELECT id FROM entry_key WHERE id >= $1 AND id < $2 AND mac IS NOT NULL ORDER BY id LIMIT 1;

-- STMT mac_clear
-- in: from_id blob, to_id blob
UPDATE entry_key SET mac = NULL WHERE id >= $1 AND id < $2 AND mac IS NOT NULL;
