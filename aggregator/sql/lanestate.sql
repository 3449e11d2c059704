-- SPDX-License-Identifier: MIT
-- Who a lane is to this hub: its key, its state, when it was heard of.

-- STMT lane_state_find
-- in: lane text
-- out: state text, how text, public_key blob, enrolled_unit text, replaced_by text?, unit text
SELECT state, how, public_key, enrolled_unit, replaced_by, unit FROM lane WHERE lane = $1;

-- STMT lane_state_set
-- in: lane text, state text, replaced_by text?
UPDATE lane SET state = $2, replaced_by = $3 WHERE lane = $1;

-- STMT lane_joined
-- A lane that was taken by hand is enrolled by a phrase from now on.
-- in: lane text, enrolled_unit text
UPDATE lane SET how = 'join', enrolled_unit = $2 WHERE lane = $1;

-- STMT lane_contact_set
-- in: lane text, last_contact_s int
UPDATE lane SET last_contact_s = $2, refusal = NULL,
    state = CASE WHEN state = 'new' THEN 'active' ELSE state END
WHERE lane = $1;

-- STMT lane_refusal_set
-- in: lane text, refusal text
UPDATE lane SET refusal = $2 WHERE lane = $1;

-- STMT lane_announced_set
-- in: lane text, announced_size int, announced_hour int?
UPDATE lane SET announced_size = CASE WHEN $2 > announced_size THEN $2 ELSE announced_size END,
    announced_hour = $3
WHERE lane = $1;
