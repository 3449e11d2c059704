-- SPDX-License-Identifier: MIT
-- The kiosk's database as of its first release.

CREATE TABLE entry (
    -- The journal: one lane, append-only. `line` is the very text whose hash is a leaf of the tree.
    seq INTEGER PRIMARY KEY CHECK (seq >= 0),
    line TEXT NOT NULL CHECK (length(CAST(line AS BLOB)) BETWEEN 2 AND 8192) -- bytes
) STRICT;

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TABLE entry_key (
    -- Where each entry's id and part stand: the same page answered twice is one answer. Together
    -- with the MAC in one b-tree, so that a commit changes one page less. An id begins with its
    -- hour, so a day is a range of the key.
    id BLOB NOT NULL CHECK (length(id) = 16),
    part INTEGER NOT NULL CHECK (part >= 0),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    -- What the page's request said, under its day key: an equal repeat gets the same answer. Goes
    -- with the day key.
    mac BLOB CHECK (length(mac) = 16),
    PRIMARY KEY (id, part)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_key_no_update BEFORE UPDATE ON entry_key
WHEN new.id IS NOT old.id OR new.part IS NOT old.part OR new.seq IS NOT old.seq
    OR new.mac IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'of a journal''s key only the MAC may go');
END;

CREATE TRIGGER entry_key_no_delete BEFORE DELETE ON entry_key
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


CREATE TABLE slip (
    -- One-time codes, as keyed hashes in an order that says nothing about when they were used.
    code_hash BLOB PRIMARY KEY NOT NULL CHECK (length(code_hash) = 16),
    area TEXT NOT NULL CHECK (length(area) BETWEEN 1 AND 16),
    counter TEXT NOT NULL CHECK (length(counter) <= 16), -- '' when the slip is of no counter
    step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),  -- response.h: intake … result
    -- slip.h: open, finished, withdrawn. One byte each, overwritten in place: see there.
    state INTEGER NOT NULL CHECK (state IN (2, 3, 4)),
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
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0), -- the tree of that size, as in head
    contact_s INTEGER NOT NULL CHECK (contact_s >= 0), -- last answer of the hub, 0: never
    refusal TEXT NOT NULL CHECK (length(refusal) <= 400),
    ack_owed INTEGER NOT NULL CHECK (ack_owed IN (0, 1)), -- 1: entries went that no ack names yet
    received INTEGER NOT NULL CHECK (received >= 0), -- the hub's last message that was applied
    told INTEGER NOT NULL CHECK (told >= 0), -- the last one of which the hub knows that
    kit_mark BLOB CHECK (length(kit_mark) = 32) -- of the last kit that the hub has; NULL: none
) STRICT;

INSERT INTO sync (one, hub_size, frontier, contact_s, refusal, ack_owed, received, told)
VALUES (1, 0, x'', 0, '', 0, 0, 0);

CREATE TABLE fact (
    -- Numbers of the box itself: 'boot', and what chores.c has still to do.
    name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 32),
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    -- Signed heads of this lane, one for a size, and the form that the hub has cosigned.
    size INTEGER PRIMARY KEY CHECK (size > 0),
    hour INTEGER NOT NULL CHECK (hour >= 0),
    note TEXT NOT NULL CHECK (length(note) BETWEEN 1 AND 8192),
    ack_note TEXT CHECK (length(ack_note) BETWEEN 1 AND 8192)
) STRICT;

CREATE TABLE seal (
    -- The seals of this lane: where each stands, and what the next one must know.
    seq INTEGER PRIMARY KEY CHECK (seq >= 0),
    day INTEGER NOT NULL,
    sealed_s INTEGER NOT NULL, -- when: 24 hours later the day's key goes
    own INTEGER NOT NULL CHECK (own IN (0, 1)), -- 1: by itself at close, 0: by hand
    levels_seq INTEGER NOT NULL CHECK (levels_seq >= 0), -- levels of responses before it are told
    from_day INTEGER -- the first day whose levels are not told yet, NULL: all are
) STRICT;

CREATE TABLE outbox (
    -- Comments and petitions that wait for the day's seal, in an order that says nothing. A
    -- petition's contact is sealed to the case key already.
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    day INTEGER NOT NULL,
    area TEXT NOT NULL CHECK (length(area) <= 16), -- '' for none
    text TEXT NOT NULL CHECK (length(text) >= 1),
    contact BLOB CHECK (length(contact) >= 48)
) STRICT, WITHOUT ROWID;

CREATE TABLE free_text (
    -- Free text beside the journal: the entry holds its commitment only. Erased: both are NULL.
    id BLOB NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    salt BLOB CHECK (length(salt) = 32),
    payload BLOB CHECK (length(payload) >= 1),
    sent INTEGER NOT NULL CHECK (sent IN (0, 1)), -- 1: the hub has it
    PRIMARY KEY (id, field),
    CHECK ((salt IS NULL) = (payload IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX free_text_unsent ON free_text (id, field) WHERE sent = 0 AND payload IS NOT NULL;

CREATE TABLE spent_page (
    -- Pages that have sent a text, and what they said, as MACs under their day key.
    page_hash BLOB PRIMARY KEY NOT NULL CHECK (length(page_hash) = 16),
    mac BLOB NOT NULL CHECK (length(mac) = 16),
    day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE offer_count (
    -- Slips issued (kind 1) and visits that were offered a rating (kind 2), until their entries
    -- are written; unset: the clock was not trusted.
    hour INTEGER NOT NULL CHECK (hour >= 0),
    unset INTEGER NOT NULL CHECK (unset IN (0, 1)),
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
    area TEXT NOT NULL CHECK (length(area) BETWEEN 1 AND 16),
    step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),
    n INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (hour, unset, kind, area, step)
) STRICT, WITHOUT ROWID;

-- Refused by the connection itself too (core/db.h):
-- APPEND-ONLY entry, entry_key except mac

CREATE TABLE answer (
    -- The office's answers to petitions, as the hub sent them down.
    petition BLOB PRIMARY KEY NOT NULL CHECK (length(petition) = 16),
    text TEXT NOT NULL CHECK (length(text) >= 1),
    day INTEGER NOT NULL -- when it came
) STRICT, WITHOUT ROWID;

CREATE TABLE code_pool (
    -- Slip codes that the hub has allotted, until they are handed out.
    code TEXT PRIMARY KEY NOT NULL CHECK (length(code) = 10)
) STRICT, WITHOUT ROWID;

CREATE TABLE kit (
    -- In backups alone: slip key and slips, sealed to the hub's box key.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL CHECK (length(sealed) >= 48)
) STRICT;

CREATE TABLE former_lane (
    -- Lanes that this one follows: the entries from_seq to end_seq - 1 of old/LANE.db are for the
    -- hub to look at.
    lane TEXT PRIMARY KEY NOT NULL CHECK (length(lane) = 32),
    next_seq INTEGER NOT NULL CHECK (next_seq >= 0), -- what goes to the hub next
    end_seq INTEGER NOT NULL CHECK (end_seq >= 0),
    known INTEGER NOT NULL CHECK (known IN (0, 1)) -- 0: its key has still to speak for this lane
) STRICT, WITHOUT ROWID;
