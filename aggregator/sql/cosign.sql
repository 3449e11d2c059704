-- SPDX-License-Identifier: MIT
-- Checkpoints of lanes, with this hub's cosignature.

-- STMT checkpoint_add
-- The first note of a size stays: a witness may have cosigned it.
-- in: lane text, size int, root blob, note text, cosigned text, kept_s int
INSERT INTO checkpoint (lane, size, root, note, cosigned, kept_s) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (lane, size) DO NOTHING;

-- STMT checkpoint_find
-- in: lane text, size int
-- out: root blob
SELECT root FROM checkpoint WHERE lane = $1 AND size = $2;

-- STMT checkpoint_oldest
-- in: lane text, keep int
-- out: size int
SELECT size FROM checkpoint WHERE lane = $1 ORDER BY size DESC LIMIT 1 OFFSET $2;

-- STMT checkpoint_list
-- The newest first.
-- in: lane text, room int
-- out: size int, root blob, note text
SELECT size, root, note FROM checkpoint WHERE lane = $1 ORDER BY size DESC LIMIT $2;

-- STMT checkpoint_drop
-- Older than the newest ones: those hold everything before them. What a witness saw stays, and the
-- first that it did not see: it says since when entries go uncovered.
-- in: lane text, keep int
DELETE FROM checkpoint WHERE lane = $1 AND witness IS NULL AND size < (
    SELECT size FROM checkpoint WHERE lane = $1 ORDER BY size DESC LIMIT 1 OFFSET $2)
AND size > (SELECT min(size) FROM checkpoint WHERE lane = $1 AND size > coalesce((
    SELECT max(size) FROM checkpoint WHERE lane = $1 AND witness IS NOT NULL), -1));
