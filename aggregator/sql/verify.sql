-- SPDX-License-Identifier: MIT
-- What `verify` holds against the ledger, beside the tables that it rebuilds.

-- STMT lane_own_first
-- The hub's own lane that follows no other; a hub that was restored has a chain of them.
-- scan: a hub has as many lanes as it has kiosks
-- out: lane text
SELECT l.lane FROM lane l
WHERE l.kind = 'hub' AND NOT EXISTS (
    SELECT 1 FROM lane b WHERE b.kind = 'hub' AND b.replaced_by = l.lane);

-- STMT lane_own_now
-- scan: a hub has as many lanes as it has kiosks
-- out: lane text
SELECT lane FROM lane WHERE kind = 'hub' AND replaced_by IS NULL;

-- STMT checkpoint_walk
-- in: lane text
-- out: size int, note text, witness text?
SELECT size, note, witness FROM checkpoint WHERE lane = $1 ORDER BY size;
