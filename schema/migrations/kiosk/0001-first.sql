-- SPDX-License-Identifier: MIT
-- The kiosk's database as of its first release.

CREATE TABLE entry (
    -- The journal: one lane, append-only. `line` is the very text whose hash is a leaf of the tree.
    seq INTEGER PRIMARY KEY CHECK (seq >= 0),
    id BLOB NOT NULL CHECK (length(id) = 16),
    part INTEGER NOT NULL CHECK (part >= 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 2 AND 8192),
    -- The same page answered twice is one answer.
    UNIQUE (id, part)
) STRICT;

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TABLE head (
    -- The tree of the journal as of the last commit: its size and frontier (32 bytes for each
    -- complete subtree, the smallest first).
    one INTEGER PRIMARY KEY CHECK (one = 1),
    lane TEXT NOT NULL CHECK (length(lane) = 32),
    size INTEGER NOT NULL CHECK (size >= 0),
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0)
) STRICT;

CREATE TABLE replay (
    -- What a page's request said, as a MAC under its day key: an equal repeat gets the same answer.
    -- Deleted with the day key. An id begins with its hour, so a day is a range of the key.
    id BLOB NOT NULL CHECK (length(id) = 16),
    part INTEGER NOT NULL CHECK (part >= 0),
    mac BLOB NOT NULL CHECK (length(mac) = 16),
    PRIMARY KEY (id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE slip (
    -- One-time codes, as keyed hashes in an order that says nothing about when they were used.
    code_hash BLOB PRIMARY KEY NOT NULL CHECK (length(code_hash) = 16),
    area TEXT NOT NULL CHECK (length(area) BETWEEN 1 AND 16),
    counter TEXT NOT NULL CHECK (length(counter) <= 16), -- '' when the slip is of no counter
    step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),  -- response.h: intake … result
    state INTEGER NOT NULL CHECK (state IN (1, 2, 4)),   -- slip.h: open, finished, withdrawn
    issued_day INTEGER NOT NULL,
    expires_day INTEGER NOT NULL CHECK (expires_day >= issued_day), -- last day of use
    -- Keyed hash of dossier and step: one slip for both. A withdrawn slip gives it up.
    dossier_hash BLOB UNIQUE CHECK (length(dossier_hash) = 16),
    CHECK (state <> 4 OR dossier_hash IS NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE slip_day (
    -- How many slips each day gave out.
    day INTEGER PRIMARY KEY,
    issued INTEGER NOT NULL CHECK (issued > 0)
) STRICT;

CREATE TABLE invitation (
    -- One-time phrases that pair a screen or the desk.
    phrase_hash BLOB PRIMARY KEY NOT NULL CHECK (length(phrase_hash) = 32),
    role INTEGER NOT NULL CHECK (role IN (1, 2)), -- device.h: screen, desk
    counter TEXT NOT NULL CHECK (length(counter) <= 16),
    expires_s INTEGER NOT NULL,
    CHECK ((role = 1) = (counter <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    -- Paired screens and desks, known by the hash of their cookie.
    cookie_hash BLOB PRIMARY KEY NOT NULL CHECK (length(cookie_hash) = 32),
    role INTEGER NOT NULL CHECK (role IN (1, 2)),
    counter TEXT NOT NULL CHECK (length(counter) <= 16),
    paired_day INTEGER NOT NULL,
    CHECK ((role = 1) = (counter <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE sync (
    -- What the hub has acknowledged, and what it said when it last refused.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    hub_size INTEGER NOT NULL CHECK (hub_size >= 0),
    contact_s INTEGER NOT NULL CHECK (contact_s >= 0), -- last answer of the hub, 0: never
    refusal TEXT NOT NULL CHECK (length(refusal) <= 400)
) STRICT;

INSERT INTO sync (one, hub_size, contact_s, refusal) VALUES (1, 0, 0, '');

CREATE TABLE fact (
    -- Counters of the box itself: 'boot'.
    name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 32),
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
