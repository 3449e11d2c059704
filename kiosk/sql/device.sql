-- SPDX-License-Identifier: MIT
-- Paired screens and desks, and the invitations to pair one.

-- STMT invitation_add
-- in: phrase_hash blob, role int, counter text, expires_s int
INSERT INTO invitation (phrase_hash, role, counter, expires_s) VALUES ($1, $2, $3, $4);

-- STMT invitation_get
-- in: phrase_hash blob
-- out: role int, counter text, expires_s int
SELECT role, counter, expires_s FROM invitation WHERE phrase_hash = $1;

-- STMT invitation_delete
-- in: phrase_hash blob
DELETE FROM invitation WHERE phrase_hash = $1;

-- STMT invitation_expire
-- in: now_s int
-- scan: a handful of rows, each living 30 minutes
DELETE FROM invitation WHERE expires_s < $1;

-- STMT device_add
-- in: cookie_hash blob, role int, counter text, paired_day int
INSERT INTO device (cookie_hash, role, counter, paired_day) VALUES ($1, $2, $3, $4);

-- STMT device_list
-- out: cookie_hash blob, role int, counter text
-- scan: read once at the start; a few rows per counter
SELECT cookie_hash, role, counter FROM device;
