-- SPDX-License-Identifier: MIT
-- Bearer keys of kiosks, as hashes.

-- STMT join_key_add
-- in: key_hash blob, unit text
INSERT INTO join_key (key_hash, unit) VALUES ($1, $2);

-- STMT join_key_find
-- in: key_hash blob
-- out: unit text, lane text?
SELECT unit, lane FROM join_key WHERE key_hash = $1;

-- STMT join_key_bind
-- in: key_hash blob, lane text
UPDATE join_key SET lane = $2 WHERE key_hash = $1 AND lane IS NULL;
