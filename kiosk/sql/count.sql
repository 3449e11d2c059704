-- SPDX-License-Identifier: MIT
-- Counts of slips and offers that wait for their entries.

-- STMT offer_add
-- in: hour int, unset int, kind int, area text, step int
INSERT INTO offer_count (hour, unset, kind, area, step, n) VALUES ($1, $2, $3, $4, $5, 1)
ON CONFLICT (hour, unset, kind, area, step) DO UPDATE SET n = offer_count.n + 1;

-- STMT offer_list
-- in: end_hour int
-- out: hour int, unset int, kind int, area text, step int, n int
SELECT hour, unset, kind, area, step, n FROM offer_count WHERE hour < $1
ORDER BY hour, unset, kind, area, step;

-- STMT offer_clear
-- in: end_hour int
DELETE FROM offer_count WHERE hour < $1;

-- STMT offer_unset
-- out: hour int, unset int, kind int, area text, step int, n int
-- scan: the counts of the hours that are not written yet
SELECT hour, unset, kind, area, step, n FROM offer_count WHERE unset = 1
ORDER BY hour, unset, kind, area, step;

-- STMT offer_unset_clear
-- scan: the same
DELETE FROM offer_count WHERE unset = 1;
