-- SPDX-License-Identifier: MIT
-- What `verify` holds against the journal, whole tables each.

-- STMT checkpoint_list
-- out: size int, note text, ack_note text?
-- scan: verify alone asks, once
SELECT size, note, ack_note FROM checkpoint ORDER BY size;

-- STMT key_list
-- out: id blob, part int, seq int
-- scan: verify alone asks, once
SELECT id, part, seq FROM entry_key;

-- STMT key_unfiled
-- The first entry that no key names; only after they were found to differ in number.
-- out: seq int?
-- scan: verify alone asks, after it has found a fault
SELECT min(seq) AS seq FROM entry WHERE seq NOT IN (SELECT seq FROM entry_key);

-- STMT text_list
-- out: id blob, field text, salt blob?, payload blob?
-- scan: verify alone asks, once
SELECT id, field, salt, payload FROM free_text;
