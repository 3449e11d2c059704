-- SPDX-License-Identifier: MIT
-- What entries about other entries change, and the texts that are not in the ledger.

-- STMT response_stand
-- in: id blob, hour int, flagged int, ruling int, voided int
UPDATE response SET hour = $2, flagged = $3, ruling = $4, voided = $5 WHERE id = $1;

-- STMT response_voided_count
-- in: unit text, from_hour int, to_hour int
-- out: n int
SELECT count(*) AS n FROM response WHERE voided = 1 AND unit = $1 AND hour >= $2 AND hour < $3;

-- STMT lane_how
-- in: lane text
-- out: how text, unit text
SELECT how, unit FROM lane WHERE lane = $1;

-- STMT ledger_range
-- in: lane text, from_seq int, to_seq int
-- out: line text
SELECT line FROM ledger WHERE lane = $1 AND seq >= $2 AND seq < $3 ORDER BY seq;

-- STMT time_range_add
-- in: id blob, unit text, first int, last int, n int
INSERT INTO time_range (id, unit, first, last, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO NOTHING;

-- STMT time_range_walk
-- scan: a row for each time that a clock was set over the border of a half-month
-- out: id blob, unit text, first int, last int, n int
SELECT id, unit, first, last, n FROM time_range ORDER BY id;

-- STMT redaction_find
-- in: id blob, field text
-- out: hub int, kiosk int
SELECT hub, kiosk FROM redaction WHERE id = $1 AND field = $2;

-- STMT redaction_set
-- in: id blob, field text, hub int, kiosk int
INSERT INTO redaction (id, field, hub, kiosk) VALUES ($1, $2, $3, $4)
ON CONFLICT (id, field) DO UPDATE SET hub = excluded.hub, kiosk = excluded.kiosk;

-- STMT redaction_walk
-- scan: verify compares every row
-- out: id blob, field text, hub int, kiosk int
SELECT id, field, hub, kiosk FROM redaction ORDER BY id, field;

-- STMT redaction_lane_add
-- in: id blob, field text, lane text
INSERT INTO redaction_lane (id, field, lane) VALUES ($1, $2, $3) ON CONFLICT (id, field, lane) DO NOTHING;

-- STMT redaction_lane_find
-- in: id blob, field text, lane text
-- out: lane text
SELECT lane FROM redaction_lane WHERE id = $1 AND field = $2 AND lane = $3;

-- STMT redaction_lane_walk
-- scan: verify compares every row
-- out: id blob, field text, lane text
SELECT id, field, lane FROM redaction_lane ORDER BY id, field, lane;

-- STMT erase_order_add
-- in: id blob, field text, lane text
INSERT INTO erase_order (id, field, lane) VALUES ($1, $2, $3) ON CONFLICT (id, field, lane) DO NOTHING;

-- STMT erase_order_open
-- A lane that was told has it done by its own redaction, or its place was taken by one that is told.
-- in: id blob, field text
-- out: lane text
SELECT o.lane FROM erase_order o WHERE o.id = $1 AND o.field = $2 AND NOT EXISTS (
    SELECT 1 FROM redaction_lane r WHERE r.id = o.id AND r.field = o.field AND r.lane = o.lane)
AND NOT EXISTS (
    SELECT 1 FROM lane l WHERE l.lane = o.lane AND l.state = 'retired' AND (EXISTS (
        SELECT 1 FROM erase_order n
        WHERE n.id = o.id AND n.field = o.field AND n.lane = l.replaced_by)
    OR EXISTS (
        SELECT 1 FROM redaction_lane n
        WHERE n.id = o.id AND n.field = o.field AND n.lane = l.replaced_by)))
ORDER BY o.lane;

-- STMT ledger_text_line
-- The entry that a text belongs to.
-- in: id blob
-- out: lane text, line text
SELECT lane, line FROM ledger WHERE id = $1 AND part = 0;

-- STMT free_text_add
-- in: id blob, field text, salt blob, payload blob
INSERT INTO free_text (id, field, salt, payload) VALUES ($1, $2, $3, $4)
ON CONFLICT (id, field) DO NOTHING;

-- STMT free_text_erase
-- in: id blob, field text
DELETE FROM free_text WHERE id = $1 AND field = $2;

-- STMT free_text_walk
-- scan: verify reads every text
-- out: id blob, field text, salt blob, payload blob
SELECT id, field, salt, payload FROM free_text ORDER BY id, field;
