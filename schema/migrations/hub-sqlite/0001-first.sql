-- SPDX-License-Identifier: MIT
-- The hub's first database. The ledger holds every lane's entries as they were hashed; all other
-- tables can be rebuilt from it, except lane (contact) and join_key.

CREATE TABLE lane (
    lane TEXT NOT NULL PRIMARY KEY CHECK (length(lane) = 32),
    unit TEXT NOT NULL,              -- '' until the lane's own setup is complete
    kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'hub')),
    how TEXT NOT NULL CHECK (how IN ('join', 'by hand', 'own')), -- how it came to be known
    key_hash BLOB CHECK (length(key_hash) = 32), -- SHA-256 of the bearer key, NULL by hand
    size INTEGER NOT NULL CHECK (size >= 0),     -- entries in the ledger
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0), -- of the tree, level 0 first
    last_contact_s INTEGER CHECK (last_contact_s >= 0), -- last push or import that was taken
    trial INTEGER NOT NULL CHECK (trial IN (0, 1)),
    sample INTEGER NOT NULL CHECK (sample IN (0, 1)),
    refusal TEXT                     -- why the last push was refused, NULL when it was taken
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    lane TEXT NOT NULL REFERENCES lane (lane),
    seq INTEGER NOT NULL CHECK (seq >= 0), -- gap-free
    id BLOB NOT NULL CHECK (length(id) = 16),
    part INTEGER NOT NULL CHECK (part >= 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 2 AND 8192), -- the very bytes that were hashed
    PRIMARY KEY (lane, seq),
    UNIQUE (id, part)                -- across lanes: nothing is counted twice
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE response (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    unit TEXT NOT NULL,
    counter TEXT NOT NULL,           -- '' when there is none
    area TEXT NOT NULL,
    form TEXT NOT NULL,              -- with its version: tthc@1
    hour INTEGER NOT NULL CHECK (hour >= 0), -- hours since 1970-01-01T00Z
    channel TEXT NOT NULL CHECK (channel IN ('screen', 'slip', 'poster', 'online', 'paper')),
    step TEXT NOT NULL CHECK (step IN ('intake', 'supplement', 'refusal', 'result')),
    linked INTEGER NOT NULL CHECK (linked IN (0, 1)),
    answers TEXT NOT NULL,           -- {"overall":5}: what counts now, details applied
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE join_key (
    key_hash BLOB NOT NULL PRIMARY KEY CHECK (length(key_hash) = 32), -- SHA-256 of the key
    unit TEXT NOT NULL,
    lane TEXT CHECK (length(lane) = 32) -- NULL until the first lane uses it
) STRICT, WITHOUT ROWID;

CREATE TABLE import (
    sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32), -- of the file
    id BLOB NOT NULL CHECK (length(id) = 16), -- of the entries in the hub's lane
    day INTEGER NOT NULL,            -- civil day on which it was taken
    taken INTEGER NOT NULL CHECK (taken >= 0), -- rows taken
    skipped INTEGER NOT NULL CHECK (skipped >= 0), -- bad rows left out
    answers INTEGER NOT NULL CHECK (answers >= 0)  -- sum of their counts
) STRICT, WITHOUT ROWID;

-- Tally A: a unit and each ancestor of that date, headline channels, unflagged.
CREATE TABLE tally_a (
    unit TEXT NOT NULL,
    area TEXT NOT NULL,
    item TEXT NOT NULL,
    form TEXT NOT NULL,              -- id without version
    half INTEGER NOT NULL CHECK (half >= 0), -- half-month number (schema/period.h)
    n1 INTEGER NOT NULL CHECK (n1 >= 0), -- answers of level 1, the worst
    n2 INTEGER NOT NULL CHECK (n2 >= 0),
    n3 INTEGER NOT NULL CHECK (n3 >= 0),
    n4 INTEGER NOT NULL CHECK (n4 >= 0),
    n5 INTEGER NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, area, item, form, half)
) STRICT, WITHOUT ROWID;

-- Tally B: the own unit by counter and day, headline channels, unflagged.
CREATE TABLE tally_b (
    unit TEXT NOT NULL,
    counter TEXT NOT NULL,           -- '' for paper and where there is none
    area TEXT NOT NULL,
    item TEXT NOT NULL,
    form TEXT NOT NULL,
    day INTEGER NOT NULL CHECK (day >= 0), -- civil days since 1970-01-01
    n1 INTEGER NOT NULL CHECK (n1 >= 0),
    n2 INTEGER NOT NULL CHECK (n2 >= 0),
    n3 INTEGER NOT NULL CHECK (n3 >= 0),
    n4 INTEGER NOT NULL CHECK (n4 >= 0),
    n5 INTEGER NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, counter, area, item, form, day)
) STRICT, WITHOUT ROWID;

-- Tally C: the own unit, everything, by channel.
CREATE TABLE tally_c (
    unit TEXT NOT NULL,
    area TEXT NOT NULL,
    item TEXT NOT NULL,
    form TEXT NOT NULL,
    half INTEGER NOT NULL CHECK (half >= 0),
    channel TEXT NOT NULL CHECK (channel IN ('screen', 'slip', 'poster', 'online', 'paper')),
    step TEXT NOT NULL CHECK (step IN ('intake', 'supplement', 'refusal', 'result')),
    linked INTEGER NOT NULL CHECK (linked IN (0, 1)),
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    n1 INTEGER NOT NULL CHECK (n1 >= 0),
    n2 INTEGER NOT NULL CHECK (n2 >= 0),
    n3 INTEGER NOT NULL CHECK (n3 >= 0),
    n4 INTEGER NOT NULL CHECK (n4 >= 0),
    n5 INTEGER NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, area, item, form, half, channel, step, linked, flagged)
) STRICT, WITHOUT ROWID;
