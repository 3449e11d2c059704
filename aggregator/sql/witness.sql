-- SPDX-License-Identifier: MIT
-- Witnesses: keys of other organisations, heads of their logs, and their cosignatures of ours.

-- STMT witness_key_add
-- in: vkey text, role text, added_s int
INSERT INTO witness_key (vkey, role, added_s) VALUES ($1, $2, $3) ON CONFLICT (vkey, role) DO NOTHING;

-- STMT witness_key_remove
-- in: vkey text, role text
DELETE FROM witness_key WHERE vkey = $1 AND role = $2;

-- STMT witness_key_list
-- scan: there are as many as organisations that know each other, and lanes of theirs
-- out: vkey text, role text, added_s int
SELECT vkey, role, added_s FROM witness_key ORDER BY vkey, role;

-- STMT witness_note_find
-- in: origin text
-- out: size int, note text
SELECT size, note FROM witness_note WHERE origin = $1;

-- STMT witness_note_set
-- in: origin text, size int, note text
INSERT INTO witness_note (origin, size, note) VALUES ($1, $2, $3)
ON CONFLICT (origin) DO UPDATE SET size = $2, note = $3;

-- STMT checkpoint_newest
-- in: lane text
-- out: size int, root blob, note text, witness text?
SELECT size, root, note, witness FROM checkpoint WHERE lane = $1 ORDER BY size DESC LIMIT 1;

-- STMT checkpoint_witnessed
-- Those that a witness has cosigned, the newest first.
-- in: lane text
-- out: size int, note text, witness text
SELECT size, note, witness FROM checkpoint WHERE lane = $1 AND witness IS NOT NULL ORDER BY size DESC;

-- STMT checkpoint_note
-- in: lane text, size int
-- out: note text, witness text?
SELECT note, witness FROM checkpoint WHERE lane = $1 AND size = $2;

-- STMT checkpoint_witness_set
-- in: lane text, size int, witness text
UPDATE checkpoint SET witness = $3 WHERE lane = $1 AND size = $2;

-- STMT checkpoint_witness_drop
-- Cosigned ones that are older than the newest of them: those hold everything before them.
-- in: lane text, keep int
DELETE FROM checkpoint WHERE lane = $1 AND witness IS NOT NULL AND size < (
    SELECT size FROM checkpoint WHERE lane = $1 AND witness IS NOT NULL ORDER BY size DESC
    LIMIT 1 OFFSET $2);

-- STMT checkpoint_above
-- The first kept one beyond that size.
-- in: lane text, size int
-- out: kept_s int
SELECT kept_s FROM checkpoint WHERE lane = $1 AND size > $2 ORDER BY size LIMIT 1;

-- STMT witness_refusal_list
-- in: lane text
-- out: name text, reason text, since_s int
SELECT name, reason, since_s FROM witness_refusal WHERE lane = $1 ORDER BY since_s, name;

-- STMT witness_refusal_set
-- in: lane text, name text, size int, reason text, since_s int
INSERT INTO witness_refusal (lane, name, size, reason, since_s) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (lane, name) DO UPDATE SET size = excluded.size, reason = excluded.reason;

-- STMT witness_refusal_drop
-- A head that was cosigned takes back the refusal of one that is no longer.
-- in: lane text, name text, size int
DELETE FROM witness_refusal WHERE lane = $1 AND name = $2 AND size <= $3;
