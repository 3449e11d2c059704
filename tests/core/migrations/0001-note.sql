-- The database layer's own small schema, for its tests only.
CREATE TABLE folder (
    folder_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- ghi chú: tên thư mục
) STRICT;
CREATE TABLE note (
    note_id INTEGER PRIMARY KEY,
    code BLOB NOT NULL UNIQUE CHECK (length(code) = 16),
    folder_id INTEGER REFERENCES folder (folder_id),
    body TEXT NOT NULL
) STRICT;
