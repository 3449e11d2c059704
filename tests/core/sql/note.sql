-- Statements over the small schema, for the tests of the database layer.

-- Adds a note unless its code is there.
-- STMT note_add
-- in: code blob, folder_id int?, body text
INSERT INTO note (code, folder_id, body) VALUES ($1, $2, $3)
ON CONFLICT (code) DO NOTHING;

-- STMT note_insert
-- in: code blob, body text
INSERT INTO note (code, body) VALUES ($1, $2);

-- The parameters stand out of order on purpose: $1 is a name.
-- STMT note_find
-- in: code blob, stars int
-- out: note_id int, folder_id int?, body text, code blob
SELECT note_id, folder_id, body, code -- a comment; with a semicolon and a '$9'
FROM note
WHERE stars >= $2 AND code = $1;

-- STMT note_rate
-- in: code blob, stars int
UPDATE note SET stars = $2 WHERE code = $1;

-- STMT note_count
-- out: count int
-- scan: counts all
SELECT count(*) AS count FROM note;

-- STMT note_values
-- in: a text?, b blob?, c int?
-- out: a text?, b blob?, c int?
SELECT $1 AS a, $2 AS b, $3 AS c;

-- Wrong on purpose: the column is NULL when there is no note.
-- STMT note_total
-- out: total int
-- scan: adds all
SELECT sum(stars) AS total FROM note;

-- STMT folder_add
-- in: name text
INSERT INTO folder (name) VALUES ($1);

-- STMT folder_list
-- out: name text
-- scan: all, in the order of their index
SELECT name FROM folder ORDER BY name;
