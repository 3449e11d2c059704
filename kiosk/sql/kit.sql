-- SPDX-License-Identifier: MIT
-- The slip table as it travels in a kit.

-- STMT kit_slips
-- in: today int
-- out: code_hash blob, area text, counter text, step int, state int, issued_day int, expires_day int, dossier_hash blob?
-- scan: once for each sync that may bring a kit; the table has the slips of some months
SELECT code_hash, area, counter, step, state, issued_day, expires_day, dossier_hash
FROM slip WHERE expires_day >= $1 ORDER BY code_hash;

-- STMT kit_slip_add
-- in: code_hash blob, area text, counter text, step int, state int, issued_day int, expires_day int, dossier_hash blob?
INSERT INTO slip (code_hash, area, counter, step, state, issued_day, expires_day, dossier_hash)
SELECT $1, $2, $3, $4, $5, $6, $7,
    CASE WHEN EXISTS (SELECT 1 FROM slip AS other WHERE other.dossier_hash = $8
        AND other.code_hash <> $1) THEN NULL ELSE $8 END
WHERE true
ON CONFLICT (code_hash) DO UPDATE SET state = excluded.state, dossier_hash = excluded.dossier_hash
WHERE slip.state = 2;
