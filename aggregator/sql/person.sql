-- SPDX-License-Identifier: MIT
-- People who act at this hub, and what they propose to each other.

-- STMT person_add
-- in: name text, role text, unit text, hash text
INSERT INTO person (name, role, unit, hash, wrong, locked_until_s) VALUES ($1, $2, $3, $4, 0, 0)
ON CONFLICT (name) DO NOTHING;

-- STMT person_find
-- in: name text
-- out: role text, unit text, hash text, wrong int, locked_until_s int
SELECT role, unit, hash, wrong, locked_until_s FROM person WHERE name = $1;

-- STMT person_tries_set
-- in: name text, wrong int, locked_until_s int
UPDATE person SET wrong = $2, locked_until_s = $3 WHERE name = $1;

-- STMT person_remove
-- in: name text
DELETE FROM person WHERE name = $1;

-- STMT person_list
-- scan: an office has a handful of people, and all are shown
-- out: name text, role text, unit text, locked_until_s int
SELECT name, role, unit, locked_until_s FROM person ORDER BY name;

-- STMT proposal_last
-- out: n int
SELECT CAST(coalesce(max(n), 0) AS BIGINT) AS n FROM proposal;

-- STMT proposal_add
-- in: n int, act text, target text, field text, reason text, proposer text, made_s int, content text
INSERT INTO proposal (n, act, target, field, reason, proposer, second, made_s, done_s, state,
    content)
VALUES ($1, $2, $3, $4, $5, $6, '', $7, 0, 'open', $8);

-- STMT proposal_find
-- in: n int
-- out: act text, target text, field text, reason text, proposer text, state text, content text
SELECT act, target, field, reason, proposer, state, content FROM proposal WHERE n = $1;

-- STMT proposal_end
-- in: n int, second text, done_s int, state text
UPDATE proposal SET second = $2, done_s = $3, state = $4 WHERE n = $1;

-- STMT proposal_list
-- The newest first.
-- scan: backwards along the key, as far as the limit
-- in: limit int
-- out: n int, act text, target text, field text, reason text, proposer text, second text, made_s int, done_s int, state text, content text
SELECT n, act, target, field, reason, proposer, second, made_s, done_s, state, content
FROM proposal ORDER BY n DESC LIMIT $1;

-- STMT proposal_erasures
-- scan: erasures are few, and asked for when a lane is replaced
-- out: target text, field text, reason text, proposer text, second text
SELECT target, field, reason, proposer, second FROM proposal
WHERE act = 'redact' AND state = 'done' ORDER BY n;

-- STMT fact_get
-- in: name text
-- out: value int
SELECT value FROM fact WHERE name = $1;

-- STMT fact_set
-- in: name text, value int
INSERT INTO fact (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- STMT proposal_figures
-- scan: proposals and redactions are few; status and the page show how many wait
-- out: open int, waiting int
SELECT
    (SELECT count(*) FROM proposal WHERE state = 'open') AS open,
    (SELECT count(*) FROM redaction t WHERE t.hub = 1 AND EXISTS (
        SELECT 1 FROM erase_order o WHERE o.id = t.id AND o.field = t.field AND NOT EXISTS (
    SELECT 1 FROM redaction_lane r WHERE r.id = o.id AND r.field = o.field AND r.lane = o.lane)
AND NOT EXISTS (
    SELECT 1 FROM lane l WHERE l.lane = o.lane AND l.state = 'retired' AND (EXISTS (
        SELECT 1 FROM erase_order n
        WHERE n.id = o.id AND n.field = o.field AND n.lane = l.replaced_by)
    OR EXISTS (
        SELECT 1 FROM redaction_lane n
        WHERE n.id = o.id AND n.field = o.field AND n.lane = l.replaced_by))))) AS waiting;
