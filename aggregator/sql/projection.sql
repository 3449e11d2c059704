-- SPDX-License-Identifier: MIT
-- Responses as they count now, and paper files that were taken.

-- STMT response_add
-- in: id blob, unit text, counter text, area text, form text, hour int, channel text, step text, linked int, answers text, flagged int
INSERT INTO response (
    id, unit, counter, area, form, hour, channel, step, linked, answers, flagged, ruling, voided
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0);

-- STMT response_find
-- in: id blob
-- out: unit text, counter text, area text, form text, hour int, channel text, step text, linked int, answers text, flagged int, ruling int, voided int
SELECT unit, counter, area, form, hour, channel, step, linked, answers, flagged, ruling, voided
FROM response WHERE id = $1;

-- STMT response_answers_set
-- in: id blob, answers text
UPDATE response SET answers = $2 WHERE id = $1;

-- STMT response_walk
-- scan: verify compares every row
-- out: id blob, unit text, counter text, area text, form text, hour int, channel text, step text, linked int, answers text, flagged int, ruling int, voided int
SELECT
    id, unit, counter, area, form, hour, channel, step, linked, answers, flagged, ruling, voided
FROM response ORDER BY id;

-- STMT response_places
-- scan: a changed tree of units is held against all of them
-- out: unit text, hour int
SELECT DISTINCT unit, hour FROM response;

-- STMT import_find
-- in: sha256 blob
-- out: day int, taken int, skipped int, answers int
SELECT day, taken, skipped, answers FROM import WHERE sha256 = $1;

-- STMT import_add
-- in: sha256 blob, id blob, day int, taken int, skipped int, answers int
INSERT INTO import (sha256, id, day, taken, skipped, answers) VALUES ($1, $2, $3, $4, $5, $6);

-- STMT import_grow
-- A further document of the same file.
-- in: sha256 blob, taken int, answers int
UPDATE import SET taken = taken + $2, answers = answers + $3 WHERE sha256 = $1;

-- STMT import_partial
-- Files that were taken without their bad rows.
-- scan: an office takes a few files a quarter
-- out: sha256 blob, id blob
SELECT sha256, id FROM import WHERE skipped > 0 ORDER BY sha256;

-- STMT import_walk
-- scan: verify compares every row
-- out: sha256 blob, id blob, day int, taken int, skipped int, answers int
SELECT sha256, id, day, taken, skipped, answers FROM import ORDER BY sha256;
