-- SPDX-License-Identifier: MIT
-- Counts only (tallies A, B and C); half and day ranges are half-open.

-- STMT tally_a_add
-- in: unit text, area text, item text, form text, half int, n1 int, n2 int, n3 int, n4 int, n5 int
INSERT INTO tally_a (unit, area, item, form, half, n1, n2, n3, n4, n5)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (unit, area, item, form, half) DO UPDATE SET
    n1 = tally_a.n1 + excluded.n1,
    n2 = tally_a.n2 + excluded.n2,
    n3 = tally_a.n3 + excluded.n3,
    n4 = tally_a.n4 + excluded.n4,
    n5 = tally_a.n5 + excluded.n5;

-- STMT tally_a_take
-- Subtracts; a CHECK would refuse a negative row in an upsert, so this is an update.
-- in: unit text, area text, item text, form text, half int, n1 int, n2 int, n3 int, n4 int, n5 int
UPDATE tally_a SET n1 = n1 - $6, n2 = n2 - $7, n3 = n3 - $8, n4 = n4 - $9, n5 = n5 - $10
WHERE unit = $1 AND area = $2 AND item = $3 AND form = $4 AND half = $5;

-- STMT tally_a_read
-- The cells of a unit over a range of half-months.
-- in: unit text, from_half int, to_half int
-- out: area text, item text, form text, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT area, item, form,
    CAST(sum(n1) AS BIGINT) AS n1,
    CAST(sum(n2) AS BIGINT) AS n2,
    CAST(sum(n3) AS BIGINT) AS n3,
    CAST(sum(n4) AS BIGINT) AS n4,
    CAST(sum(n5) AS BIGINT) AS n5
FROM tally_a WHERE unit = $1 AND half >= $2 AND half < $3
GROUP BY area, item, form;

-- STMT tally_a_walk
-- Cells that hold something, in key order; a cell that fell back to nothing is as good as none.
-- scan: verify compares every cell
-- out: unit text, area text, item text, form text, half int, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT unit, area, item, form, half, n1, n2, n3, n4, n5
FROM tally_a WHERE n1 + n2 + n3 + n4 + n5 > 0
ORDER BY unit, area, item, form, half;

-- STMT tally_b_add
-- in: unit text, counter text, area text, item text, form text, day int, n1 int, n2 int, n3 int, n4 int, n5 int
INSERT INTO tally_b (unit, counter, area, item, form, day, n1, n2, n3, n4, n5)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (unit, counter, area, item, form, day) DO UPDATE SET
    n1 = tally_b.n1 + excluded.n1,
    n2 = tally_b.n2 + excluded.n2,
    n3 = tally_b.n3 + excluded.n3,
    n4 = tally_b.n4 + excluded.n4,
    n5 = tally_b.n5 + excluded.n5;

-- STMT tally_b_take
-- Subtracts; a CHECK would refuse a negative row in an upsert, so this is an update.
-- in: unit text, counter text, area text, item text, form text, day int, n1 int, n2 int, n3 int, n4 int, n5 int
UPDATE tally_b SET n1 = n1 - $7, n2 = n2 - $8, n3 = n3 - $9, n4 = n4 - $10, n5 = n5 - $11
WHERE unit = $1 AND counter = $2 AND area = $3 AND item = $4 AND form = $5
    AND day = $6;

-- STMT tally_b_read
-- The cells of a unit over a range of days.
-- in: unit text, from_day int, to_day int
-- out: area text, item text, form text, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT area, item, form,
    CAST(sum(n1) AS BIGINT) AS n1,
    CAST(sum(n2) AS BIGINT) AS n2,
    CAST(sum(n3) AS BIGINT) AS n3,
    CAST(sum(n4) AS BIGINT) AS n4,
    CAST(sum(n5) AS BIGINT) AS n5
FROM tally_b WHERE unit = $1 AND day >= $2 AND day < $3
GROUP BY area, item, form;

-- STMT tally_b_walk
-- Cells that hold something, in key order; a cell that fell back to nothing is as good as none.
-- scan: verify compares every cell
-- out: unit text, counter text, area text, item text, form text, day int, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT unit, counter, area, item, form, day, n1, n2, n3, n4, n5
FROM tally_b WHERE n1 + n2 + n3 + n4 + n5 > 0
ORDER BY unit, counter, area, item, form, day;

-- STMT tally_b_places
-- Where anything was ever counted, paper among it.
-- scan: a changed tree of units is held against all of them
-- out: unit text, day int
SELECT DISTINCT unit, day FROM tally_b;

-- STMT tally_c_add
-- in: unit text, area text, item text, form text, half int, channel text, step text, linked int, flagged int, n1 int, n2 int, n3 int, n4 int, n5 int
INSERT INTO tally_c (unit, area, item, form, half, channel, step, linked, flagged, n1, n2, n3, n4, n5)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (unit, area, item, form, half, channel, step, linked, flagged) DO UPDATE SET
    n1 = tally_c.n1 + excluded.n1,
    n2 = tally_c.n2 + excluded.n2,
    n3 = tally_c.n3 + excluded.n3,
    n4 = tally_c.n4 + excluded.n4,
    n5 = tally_c.n5 + excluded.n5;

-- STMT tally_c_take
-- Subtracts; a CHECK would refuse a negative row in an upsert, so this is an update.
-- in: unit text, area text, item text, form text, half int, channel text, step text, linked int, flagged int, n1 int, n2 int, n3 int, n4 int, n5 int
UPDATE tally_c SET n1 = n1 - $10, n2 = n2 - $11, n3 = n3 - $12, n4 = n4 - $13, n5 = n5 - $14
WHERE unit = $1 AND area = $2 AND item = $3 AND form = $4 AND half = $5
    AND channel = $6 AND step = $7 AND linked = $8 AND flagged = $9;

-- STMT tally_c_read
-- The cells of a unit over a range of half-months, by channel.
-- in: unit text, from_half int, to_half int
-- out: area text, item text, form text, channel text, linked int, flagged int, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT area, item, form, channel, linked, flagged,
    CAST(sum(n1) AS BIGINT) AS n1,
    CAST(sum(n2) AS BIGINT) AS n2,
    CAST(sum(n3) AS BIGINT) AS n3,
    CAST(sum(n4) AS BIGINT) AS n4,
    CAST(sum(n5) AS BIGINT) AS n5
FROM tally_c WHERE unit = $1 AND half >= $2 AND half < $3
GROUP BY area, item, form, channel, linked, flagged;

-- STMT tally_c_walk
-- Cells that hold something, in key order; a cell that fell back to nothing is as good as none.
-- scan: verify compares every cell
-- out: unit text, area text, item text, form text, half int, channel text, step text, linked int, flagged int, n1 int, n2 int, n3 int, n4 int, n5 int
SELECT unit, area, item, form, half, channel, step, linked, flagged, n1, n2, n3, n4, n5
FROM tally_c WHERE n1 + n2 + n3 + n4 + n5 > 0
ORDER BY unit, area, item, form, half, channel, step, linked, flagged;
