-- SPDX-License-Identifier: MIT
-- Free text on its way into the journal, and beside it.

-- STMT outbox_add
-- in: id blob, day int, area text, text text, contact blob?
INSERT INTO outbox (id, day, area, text, contact) VALUES ($1, $2, $3, $4, $5);

-- STMT outbox_list
-- out: area text, text text, contact blob?
-- scan: all are taken; their ids are random, and so is the order
SELECT area, text, contact FROM outbox ORDER BY id;

-- STMT outbox_clear
DELETE FROM outbox;

-- STMT outbox_newest
-- out: day int?
SELECT max(day) AS day FROM outbox;

-- STMT page_spend
-- in: page_hash blob, mac blob, day int
INSERT INTO spent_page (page_hash, mac, day) VALUES ($1, $2, $3)
ON CONFLICT (page_hash) DO NOTHING;

-- STMT page_get
-- in: page_hash blob
-- out: mac blob
SELECT mac FROM spent_page WHERE page_hash = $1;

-- STMT page_forget
-- in: day int
-- scan: the pages of two days
DELETE FROM spent_page WHERE day < $1;

-- STMT text_add
-- in: id blob, field text, salt blob, payload blob
INSERT INTO free_text (id, field, salt, payload, sent) VALUES ($1, $2, $3, $4, 0);

-- STMT text_get
-- in: id blob, field text
-- out: salt blob?, payload blob?
SELECT salt, payload FROM free_text WHERE id = $1 AND field = $2;

-- STMT text_erase
-- in: id blob, field text
UPDATE free_text SET salt = NULL, payload = NULL
WHERE id = $1 AND field = $2 AND payload IS NOT NULL;

-- STMT text_unsent
-- in: limit int
-- out: id blob, field text, salt blob, payload blob
-- Those whose entries stand in this lane.
-- scan: the index holds unsent ones only
SELECT id, field, salt, payload FROM free_text WHERE sent = 0 AND payload IS NOT NULL
    AND EXISTS (SELECT 1 FROM entry_key k WHERE k.id = free_text.id AND k.part = 0)
ORDER BY id, field LIMIT $1;

-- STMT text_former
-- Those whose entries stand in a lane that this one follows.
-- in: limit int
-- out: id blob, field text, salt blob, payload blob
-- scan: the index holds unsent ones only
SELECT id, field, salt, payload FROM free_text WHERE sent = 0 AND payload IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM entry_key k WHERE k.id = free_text.id AND k.part = 0)
ORDER BY id, field LIMIT $1;

-- STMT text_sent
-- in: id blob, field text
UPDATE free_text SET sent = 1 WHERE id = $1 AND field = $2;

-- STMT text_again
-- The hub was restored: what it had may be gone.
-- scan: once in the life of a hub
UPDATE free_text SET sent = 0 WHERE sent = 1 AND payload IS NOT NULL;
