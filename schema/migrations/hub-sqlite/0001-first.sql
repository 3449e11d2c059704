-- SPDX-License-Identifier: MIT
-- The hub's first database. The ledger holds every lane's entries as they were hashed; all other
-- tables can be rebuilt from it, except lane (contact, states), enrolment, checkpoint, kit,
-- message, quarantine, person, proposal and fact, and the texts themselves (free_text).

CREATE TABLE lane (
    lane TEXT NOT NULL PRIMARY KEY CHECK (length(lane) = 32),
    unit TEXT NOT NULL,              -- '' until the lane's own setup is complete
    kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'hub')),
    how TEXT NOT NULL CHECK (how IN ('join', 'by hand', 'own')), -- how it came to be known
    public_key BLOB NOT NULL CHECK (length(public_key) = 32), -- Ed25519; its hash is the lane's name
    state TEXT NOT NULL CHECK (state IN ('new', 'active', 'suspended', 'retired')), -- new: nothing came yet
    enrolled_unit TEXT NOT NULL,  -- that of the phrase, '' by hand
    replaced_by TEXT CHECK (length(replaced_by) = 32), -- of a retired lane, NULL when none
    size INTEGER NOT NULL CHECK (size >= 0),     -- entries in the ledger
    frontier BLOB NOT NULL CHECK (length(frontier) % 32 = 0), -- of the tree, level 0 first
    last_contact_s INTEGER CHECK (last_contact_s >= 0), -- last push or import that was taken
    trial INTEGER NOT NULL CHECK (trial IN (0, 1)),
    sample INTEGER NOT NULL CHECK (sample IN (0, 1)),
    refusal TEXT,                    -- why the last push was refused, NULL when it was taken
    setup_id BLOB CHECK (length(setup_id) = 16), -- entries of its newest complete setup
    setup_before BLOB CHECK (length(setup_before) = 16), -- of the one before that
    announced_size INTEGER NOT NULL CHECK (announced_size >= 0), -- largest size it signed
    announced_hour INTEGER CHECK (announced_hour >= 0), -- hour of its last checkpoint
    message_last INTEGER NOT NULL CHECK (message_last >= 0), -- number of the last message for it
    message_received INTEGER NOT NULL CHECK (message_received >= 0) -- of the last one that it has
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
    flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)), -- by its kiosk's rules
    ruling INTEGER NOT NULL CHECK (ruling IN (0, 1, 2)), -- of two people: none, flagged, not flagged
    voided INTEGER NOT NULL CHECK (voided IN (0, 1))     -- by two people
) STRICT, WITHOUT ROWID;

-- Few responses are void, and reports count them.
CREATE INDEX response_voided ON response (unit, hour) WHERE voided = 1;

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

-- Refused by the connection itself too (core/db.h):
-- APPEND-ONLY ledger

-- One-time phrases by which a lane is enrolled.
CREATE TABLE enrolment (
    phrase_id TEXT NOT NULL PRIMARY KEY CHECK (length(phrase_id) = 4),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    unit TEXT NOT NULL,
    replaces TEXT CHECK (length(replaces) = 32), -- the lane that the new one replaces
    expires_s INTEGER NOT NULL CHECK (expires_s >= 0),
    tries INTEGER NOT NULL CHECK (tries >= 0), -- wrong ones so far
    lane TEXT CHECK (length(lane) = 32) -- who used it; NULL until then
) STRICT, WITHOUT ROWID;

-- Heads that kiosks signed and this hub holds the entries of.
CREATE TABLE checkpoint (
    lane TEXT NOT NULL REFERENCES lane (lane),
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL,              -- as the lane signed it
    cosigned TEXT NOT NULL,          -- the same with this hub's cosignature
    witness TEXT,                    -- cosignature lines of other organisations, NULL without
    kept_s INTEGER NOT NULL CHECK (kept_s >= 0), -- when it came
    PRIMARY KEY (lane, size)
) STRICT, WITHOUT ROWID;

-- What a lane's replacement needs (slip key and slips), sealed to this hub's box key; apart from
-- lane, whose rows change with every push.
CREATE TABLE kit (
    lane TEXT NOT NULL PRIMARY KEY REFERENCES lane (lane),
    kit BLOB NOT NULL,
    time_s INTEGER NOT NULL CHECK (time_s >= 0) -- when the lane signed the request that brought it
) STRICT, WITHOUT ROWID;

-- Messages to lanes that they have not confirmed yet.
CREATE TABLE message (
    lane TEXT NOT NULL REFERENCES lane (lane),
    n INTEGER NOT NULL CHECK (n > 0), -- gap-free per lane
    type TEXT NOT NULL CHECK (type IN ('setup', 'answer', 'erase', 'codes')),
    text TEXT NOT NULL,
    sig BLOB NOT NULL CHECK (length(sig) = 64), -- of the hub's lane key
    PRIMARY KEY (lane, n)
) STRICT, WITHOUT ROWID;

-- Free text beside the ledger, which holds its commitments only.
CREATE TABLE free_text (
    id BLOB NOT NULL CHECK (length(id) = 16), -- of its comment or petition
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    payload BLOB NOT NULL,            -- a contact is sealed to the case key
    PRIMARY KEY (id, field)
) STRICT, WITHOUT ROWID;

-- Which texts are erased, and where that is known to be done.
CREATE TABLE redaction (
    id BLOB NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    hub INTEGER NOT NULL CHECK (hub IN (0, 1)),     -- an entry in this hub's lane
    kiosk INTEGER NOT NULL CHECK (kiosk IN (0, 1)), -- an entry in the text's own lane
    PRIMARY KEY (id, field)
) STRICT, WITHOUT ROWID;

-- Responses whose range of hours reaches over the border of a half-month.
CREATE TABLE time_range (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16), -- of the clock entry
    unit TEXT NOT NULL,
    first INTEGER NOT NULL CHECK (first >= 0), -- hours, both within
    last INTEGER NOT NULL CHECK (last > first),
    n INTEGER NOT NULL CHECK (n > 0)
) STRICT, WITHOUT ROWID;

-- The tail of a lane that was left after a fork; not rebuilt from the ledger.
CREATE TABLE quarantine (
    lane TEXT NOT NULL CHECK (length(lane) = 32), -- the lane that was left
    by_lane TEXT NOT NULL REFERENCES lane (lane), -- the new lane that sent it
    seq INTEGER NOT NULL CHECK (seq >= 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 2 AND 8192),
    id BLOB NOT NULL CHECK (length(id) = 16),
    done INTEGER NOT NULL CHECK (done IN (0, 1, 2)), -- two people have accepted (1) or refused (2) it
    PRIMARY KEY (lane, by_lane, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_id ON quarantine (id);

-- Responses that count from such a tail.
CREATE TABLE accepted (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane TEXT NOT NULL CHECK (length(lane) = 32),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    hour INTEGER NOT NULL CHECK (hour >= 0),         -- as the entry has it
    clock_unset INTEGER NOT NULL CHECK (clock_unset IN (0, 1))
) STRICT, WITHOUT ROWID;

-- People who act at this hub; not rebuilt from the ledger.
CREATE TABLE person (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'head', 'officer', 'viewer', 'auditor')),
    unit TEXT NOT NULL,              -- and what lies below it
    hash TEXT NOT NULL,              -- argon2id of the passphrase
    wrong INTEGER NOT NULL CHECK (wrong >= 0), -- wrong passphrases in a row
    locked_until_s INTEGER NOT NULL CHECK (locked_until_s >= 0)
) STRICT, WITHOUT ROWID;

-- What one person proposes and another one confirms; not rebuilt from the ledger.
CREATE TABLE proposal (
    n INTEGER NOT NULL PRIMARY KEY CHECK (n > 0),
    act TEXT NOT NULL CHECK (act IN ('redact', 'flag', 'unflag', 'void', 'unvoid', 'quarantine', 'discard')),
    target TEXT NOT NULL,            -- ids with a blank between, or a lane
    field TEXT NOT NULL,             -- of a redaction: text or contact
    reason TEXT NOT NULL,
    proposer TEXT NOT NULL,
    second TEXT NOT NULL,            -- who confirmed or refused it, '' while it is open
    made_s INTEGER NOT NULL CHECK (made_s >= 0),
    done_s INTEGER NOT NULL CHECK (done_s >= 0), -- 0 while it is open
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    content TEXT NOT NULL            -- of a quarantine: what waited when it was proposed (JSON), else ''
) STRICT, WITHOUT ROWID;

-- Numbers of the database itself: 'truncation_owed'.
CREATE TABLE fact (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys of other organisations; not rebuilt from the ledger. role 'origin': logs whose heads this hub
-- cosigns as their witness. role 'witness': whose cosignatures count for the lanes here.
CREATE TABLE witness_key (
    vkey TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('origin', 'witness')),
    added_s INTEGER NOT NULL CHECK (added_s >= 0),
    PRIMARY KEY (vkey, role)
) STRICT, WITHOUT ROWID;

-- The last head of another log that this hub has cosigned; it stays when the key is removed, or a
-- fork could be cosigned after the key came back. Not rebuilt from the ledger.
CREATE TABLE witness_note (
    origin TEXT NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 0),
    note TEXT NOT NULL               -- as its log signed it
) STRICT, WITHOUT ROWID;

-- Lanes that the key of a former one made known; not rebuilt from the ledger.
CREATE TABLE successor (
    lane TEXT NOT NULL PRIMARY KEY REFERENCES lane (lane),
    former TEXT NOT NULL CHECK (length(former) = 32),
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)) -- staff have looked at it; it counts anyway
) STRICT, WITHOUT ROWID;
CREATE INDEX successor_former ON successor (former);

-- Who holds the slips that a lane left behind, so that one slip counts once; not rebuilt from the
-- ledger.
CREATE TABLE kit_holder (
    lane TEXT NOT NULL PRIMARY KEY CHECK (length(lane) = 32), -- perhaps unknown here
    holder TEXT NOT NULL CHECK (length(holder) = 32)
) STRICT, WITHOUT ROWID;

-- Heads of lanes that a witness refused to cosign, until it does; not rebuilt from the ledger.
CREATE TABLE witness_refusal (
    lane TEXT NOT NULL REFERENCES lane (lane),
    name TEXT NOT NULL,              -- of the witness
    size INTEGER NOT NULL CHECK (size >= 0), -- of the last head that it refused
    reason TEXT NOT NULL,
    since_s INTEGER NOT NULL CHECK (since_s >= 0),
    PRIMARY KEY (lane, name)
) STRICT, WITHOUT ROWID;

-- Which lanes have erased a text by an entry of their own.
CREATE TABLE redaction_lane (
    id BLOB NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    lane TEXT NOT NULL CHECK (length(lane) = 32),
    PRIMARY KEY (id, field, lane)
) STRICT, WITHOUT ROWID;

-- Which lanes were told to erase it; not rebuilt from the ledger.
CREATE TABLE erase_order (
    id BLOB NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    lane TEXT NOT NULL CHECK (length(lane) = 32),
    PRIMARY KEY (id, field, lane)
) STRICT, WITHOUT ROWID;

-- The largest head that a lane has signed beyond its entries here; not rebuilt from the ledger.
CREATE TABLE announced (
    lane TEXT NOT NULL PRIMARY KEY REFERENCES lane (lane),
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL               -- as the lane signed it
) STRICT, WITHOUT ROWID;
