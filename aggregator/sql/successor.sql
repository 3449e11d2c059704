-- SPDX-License-Identifier: MIT
-- Lanes that came by the key of a former one.

-- STMT successor_count
-- in: lane text
-- out: n int
SELECT count(*) AS n FROM successor WHERE former = $1;

-- STMT successor_add
-- in: lane text, former text
INSERT INTO successor (lane, former, confirmed) VALUES ($1, $2, 0);

-- STMT successor_find
-- in: lane text
-- out: former text, confirmed int
SELECT former, confirmed FROM successor WHERE lane = $1;

-- STMT successor_confirm
-- in: lane text
UPDATE successor SET confirmed = 1 WHERE lane = $1;

-- STMT lane_next
-- The lanes that come right after one.
-- in: lane text
-- out: lane text
SELECT lane FROM successor WHERE former = $1
UNION
SELECT replaced_by AS lane FROM lane WHERE lane = $1 AND replaced_by IS NOT NULL
ORDER BY lane;
