-- SPDX-License-Identifier: MIT
-- Slips and the daily count of them.

-- STMT slip_add
-- in: code_hash blob, area text, counter text, step int, issued_day int, expires_day int, dossier_hash blob?
INSERT INTO slip (code_hash, area, counter, step, state, issued_day, expires_day, dossier_hash)
VALUES ($1, $2, $3, $4, 2, $5, $6, $7);

-- STMT slip_get
-- in: code_hash blob
-- out: area text, counter text, step int, state int, expires_day int
SELECT area, counter, step, state, expires_day FROM slip WHERE code_hash = $1;

-- STMT slip_of_dossier
-- in: dossier_hash blob
-- out: code_hash blob, state int
SELECT code_hash, state FROM slip WHERE dossier_hash = $1;

-- STMT slip_finish
-- in: code_hash blob, today int
UPDATE slip SET state = 3 WHERE code_hash = $1 AND state = 2 AND expires_day >= $2;

-- STMT slip_withdraw
-- in: code_hash blob
UPDATE slip SET state = 4, dossier_hash = NULL WHERE code_hash = $1 AND state = 2;

-- STMT slip_day_add
-- in: day int
INSERT INTO slip_day (day, issued) VALUES ($1, 1)
ON CONFLICT (day) DO UPDATE SET issued = slip_day.issued + 1;

-- STMT slip_day_get
-- in: day int
-- out: issued int
SELECT issued FROM slip_day WHERE day = $1;
