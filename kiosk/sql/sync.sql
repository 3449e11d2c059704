-- SPDX-License-Identifier: MIT
-- What the hub has, and the box's own counters.

-- STMT sync_get
-- out: hub_size int, contact_s int, refusal text, frontier blob, ack_owed int, received int, told int, kit_mark blob?
SELECT hub_size, contact_s, refusal, frontier, ack_owed, received, told, kit_mark
FROM sync WHERE one = 1;

-- STMT sync_set
-- in: hub_size int, frontier blob, contact_s int, refusal text, ack_owed int
UPDATE sync SET hub_size = $1, frontier = $2, contact_s = $3, refusal = $4, ack_owed = $5
WHERE one = 1;

-- STMT sync_refuse
-- in: contact_s int, refusal text
UPDATE sync SET contact_s = $1, refusal = $2 WHERE one = 1;

-- STMT sync_receive
-- in: received int
UPDATE sync SET received = $1 WHERE one = 1;

-- STMT sync_tell
-- in: told int, kit_mark blob?
UPDATE sync SET told = $1, kit_mark = $2 WHERE one = 1;

-- STMT fact_get
-- in: name text
-- out: value int
SELECT value FROM fact WHERE name = $1;

-- STMT fact_set
-- in: name text, value int
INSERT INTO fact (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- STMT fact_count
-- in: name text
-- out: value int
INSERT INTO fact (name, value) VALUES ($1, 1)
ON CONFLICT (name) DO UPDATE SET value = fact.value + 1
RETURNING value;
