-- SPDX-License-Identifier: MIT
-- What the hub has, and the box's own counters.

-- STMT sync_get
-- out: hub_size int, contact_s int, refusal text
SELECT hub_size, contact_s, refusal FROM sync WHERE one = 1;

-- STMT sync_set
-- in: hub_size int, contact_s int, refusal text
UPDATE sync SET hub_size = $1, contact_s = $2, refusal = $3 WHERE one = 1;

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
