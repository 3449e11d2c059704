-- SPDX-License-Identifier: MIT
-- What the hub has sent down.

-- STMT answer_set
-- in: petition blob, text text, day int
INSERT INTO answer (petition, text, day) VALUES ($1, $2, $3)
ON CONFLICT (petition) DO UPDATE SET text = excluded.text, day = excluded.day;

-- STMT answer_get
-- in: petition blob
-- out: text text, day int
SELECT text, day FROM answer WHERE petition = $1;

-- STMT answer_erase
-- in: petition blob
DELETE FROM answer WHERE petition = $1;

-- STMT code_add
-- in: code text
INSERT INTO code_pool (code) VALUES ($1) ON CONFLICT (code) DO NOTHING;

-- STMT code_count
-- out: codes int
-- scan: a pool of some thousand codes
SELECT count(*) AS codes FROM code_pool;
