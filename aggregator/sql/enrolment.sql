-- SPDX-License-Identifier: MIT
-- One-time phrases, and what a replaced lane leaves to the next one.

-- STMT enrolment_sweep
-- scan: a handful of phrases wait at a time
-- in: now_s int
DELETE FROM enrolment WHERE expires_s <= $1;

-- STMT enrolment_add
-- Nothing is inserted when another phrase with that id waits.
-- in: phrase_id text, secret blob, unit text, replaces text?, expires_s int
INSERT INTO enrolment (phrase_id, secret, unit, replaces, expires_s, tries)
VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (phrase_id) DO NOTHING;

-- STMT enrolment_find
-- in: phrase_id text
-- out: secret blob, unit text, replaces text?, expires_s int, tries int, lane text?
SELECT secret, unit, replaces, expires_s, tries, lane FROM enrolment WHERE phrase_id = $1;

-- STMT enrolment_tried
-- in: phrase_id text
UPDATE enrolment SET tries = tries + 1 WHERE phrase_id = $1;

-- STMT enrolment_used
-- in: phrase_id text, lane text
UPDATE enrolment SET lane = $2 WHERE phrase_id = $1;

-- STMT kit_set
-- What the lane signed later stays.
-- in: lane text, kit blob, time_s int
INSERT INTO kit (lane, kit, time_s) VALUES ($1, $2, $3)
ON CONFLICT (lane) DO UPDATE SET kit = excluded.kit, time_s = excluded.time_s
WHERE excluded.time_s >= kit.time_s;

-- STMT kit_find
-- in: lane text
-- out: kit blob
SELECT kit FROM kit WHERE lane = $1;

-- STMT kit_holder_set
-- in: lane text, holder text
INSERT INTO kit_holder (lane, holder) VALUES ($1, $2)
ON CONFLICT (lane) DO UPDATE SET holder = excluded.holder;

-- STMT kit_holder_find
-- in: lane text
-- out: holder text
SELECT holder FROM kit_holder WHERE lane = $1;
