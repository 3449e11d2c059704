-- SPDX-License-Identifier: MIT
-- The hub's first database, for PostgreSQL 15. The ledger holds every lane's entries as they were hashed; all other
-- tables can be rebuilt from it, except lane (contact, states), enrolment, checkpoint, kit,
-- message, quarantine, person, proposal and fact, and the texts themselves (free_text).
-- Keys collate by bytes ("C"), as they do in SQLite.

CREATE TABLE lane (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(lane) = 32),
    unit TEXT COLLATE "C" NOT NULL,              -- '' until the lane's own setup is complete
    kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'hub')),
    how TEXT NOT NULL CHECK (how IN ('join', 'by hand', 'own')), -- how it came to be known
    public_key BYTEA NOT NULL CHECK (length(public_key) = 32), -- Ed25519; its hash is the lane's name
    state TEXT NOT NULL CHECK (state IN ('new', 'active', 'suspended', 'retired')), -- new: nothing came yet
    enrolled_unit TEXT COLLATE "C" NOT NULL,  -- that of the phrase, '' by hand
    replaced_by TEXT COLLATE "C" CHECK (length(replaced_by) = 32), -- of a retired lane, NULL when none
    size BIGINT NOT NULL CHECK (size >= 0),     -- entries in the ledger
    frontier BYTEA NOT NULL CHECK (length(frontier) % 32 = 0), -- of the tree, level 0 first
    last_contact_s BIGINT CHECK (last_contact_s >= 0), -- last push or import that was taken
    trial BIGINT NOT NULL CHECK (trial IN (0, 1)),
    sample BIGINT NOT NULL CHECK (sample IN (0, 1)),
    refusal TEXT,                    -- why the last push was refused, NULL when it was taken
    setup_id BYTEA CHECK (length(setup_id) = 16), -- entries of its newest complete setup
    setup_before BYTEA CHECK (length(setup_before) = 16), -- of the one before that
    announced_size BIGINT NOT NULL CHECK (announced_size >= 0), -- largest size it signed
    announced_hour BIGINT CHECK (announced_hour >= 0), -- hour of its last checkpoint
    message_last BIGINT NOT NULL CHECK (message_last >= 0), -- number of the last message for it
    message_received BIGINT NOT NULL CHECK (message_received >= 0) -- of the last one that it has
);

CREATE TABLE ledger (
    lane TEXT COLLATE "C" NOT NULL REFERENCES lane (lane),
    seq BIGINT NOT NULL CHECK (seq >= 0), -- gap-free
    id BYTEA NOT NULL CHECK (length(id) = 16),
    part BIGINT NOT NULL CHECK (part >= 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 2 AND 8192), -- the very bytes that were hashed
    PRIMARY KEY (lane, seq),
    UNIQUE (id, part)                -- across lanes: nothing is counted twice
);

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger
FOR EACH ROW EXECUTE FUNCTION ledger_refuse();

CREATE TABLE response (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    unit TEXT COLLATE "C" NOT NULL,
    counter TEXT COLLATE "C" NOT NULL,           -- '' when there is none
    area TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,              -- with its version: tthc@1
    hour BIGINT NOT NULL CHECK (hour >= 0), -- hours since 1970-01-01T00Z
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('screen', 'slip', 'poster', 'online', 'paper')),
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('intake', 'supplement', 'refusal', 'result')),
    linked BIGINT NOT NULL CHECK (linked IN (0, 1)),
    answers TEXT NOT NULL,           -- {"overall":5}: what counts now, details applied
    flagged BIGINT NOT NULL CHECK (flagged IN (0, 1)), -- by its kiosk's rules
    ruling BIGINT NOT NULL CHECK (ruling IN (0, 1, 2)), -- of two people: none, flagged, not flagged
    voided BIGINT NOT NULL CHECK (voided IN (0, 1))     -- by two people
);

-- Few responses are void, and reports count them.
CREATE INDEX response_voided ON response (unit, hour) WHERE voided = 1;

CREATE TABLE import (
    sha256 BYTEA NOT NULL PRIMARY KEY CHECK (length(sha256) = 32), -- of the file
    id BYTEA NOT NULL CHECK (length(id) = 16), -- of the entries in the hub's lane
    day BIGINT NOT NULL,            -- civil day on which it was taken
    taken BIGINT NOT NULL CHECK (taken >= 0), -- rows taken
    skipped BIGINT NOT NULL CHECK (skipped >= 0), -- bad rows left out
    answers BIGINT NOT NULL CHECK (answers >= 0)  -- sum of their counts
);

-- Tally A: a unit and each ancestor of that date, headline channels, unflagged.
CREATE TABLE tally_a (
    unit TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,              -- id without version
    half BIGINT NOT NULL CHECK (half >= 0), -- half-month number (schema/period.h)
    n1 BIGINT NOT NULL CHECK (n1 >= 0), -- answers of level 1, the worst
    n2 BIGINT NOT NULL CHECK (n2 >= 0),
    n3 BIGINT NOT NULL CHECK (n3 >= 0),
    n4 BIGINT NOT NULL CHECK (n4 >= 0),
    n5 BIGINT NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, area, item, form, half)
);

-- Tally B: the own unit by counter and day, headline channels, unflagged.
CREATE TABLE tally_b (
    unit TEXT COLLATE "C" NOT NULL,
    counter TEXT COLLATE "C" NOT NULL,           -- '' for paper and where there is none
    area TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    day BIGINT NOT NULL CHECK (day >= 0), -- civil days since 1970-01-01
    n1 BIGINT NOT NULL CHECK (n1 >= 0),
    n2 BIGINT NOT NULL CHECK (n2 >= 0),
    n3 BIGINT NOT NULL CHECK (n3 >= 0),
    n4 BIGINT NOT NULL CHECK (n4 >= 0),
    n5 BIGINT NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, counter, area, item, form, day)
);

-- Tally C: the own unit, everything, by channel.
CREATE TABLE tally_c (
    unit TEXT COLLATE "C" NOT NULL,
    area TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    half BIGINT NOT NULL CHECK (half >= 0),
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('screen', 'slip', 'poster', 'online', 'paper')),
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('intake', 'supplement', 'refusal', 'result')),
    linked BIGINT NOT NULL CHECK (linked IN (0, 1)),
    flagged BIGINT NOT NULL CHECK (flagged IN (0, 1)),
    n1 BIGINT NOT NULL CHECK (n1 >= 0),
    n2 BIGINT NOT NULL CHECK (n2 >= 0),
    n3 BIGINT NOT NULL CHECK (n3 >= 0),
    n4 BIGINT NOT NULL CHECK (n4 >= 0),
    n5 BIGINT NOT NULL CHECK (n5 >= 0),
    PRIMARY KEY (unit, area, item, form, half, channel, step, linked, flagged)
);

-- One-time phrases by which a lane is enrolled.
CREATE TABLE enrolment (
    phrase_id TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(phrase_id) = 4),
    secret BYTEA NOT NULL CHECK (length(secret) = 32),
    unit TEXT COLLATE "C" NOT NULL,
    replaces TEXT COLLATE "C" CHECK (length(replaces) = 32), -- the lane that the new one replaces
    expires_s BIGINT NOT NULL CHECK (expires_s >= 0),
    tries BIGINT NOT NULL CHECK (tries >= 0), -- wrong ones so far
    lane TEXT COLLATE "C" CHECK (length(lane) = 32) -- who used it; NULL until then
);

-- Heads that kiosks signed and this hub holds the entries of.
CREATE TABLE checkpoint (
    lane TEXT COLLATE "C" NOT NULL REFERENCES lane (lane),
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL,              -- as the lane signed it
    cosigned TEXT NOT NULL,          -- the same with this hub's cosignature
    witness TEXT,                    -- cosignature lines of other organisations, NULL without
    kept_s BIGINT NOT NULL CHECK (kept_s >= 0), -- when it came
    PRIMARY KEY (lane, size)
);

-- What a lane's replacement needs (slip key and slips), sealed to this hub's box key; apart from
-- lane, whose rows change with every push.
CREATE TABLE kit (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES lane (lane),
    kit BYTEA NOT NULL,
    time_s BIGINT NOT NULL CHECK (time_s >= 0) -- when the lane signed the request that brought it
);

-- Messages to lanes that they have not confirmed yet.
CREATE TABLE message (
    lane TEXT COLLATE "C" NOT NULL REFERENCES lane (lane),
    n BIGINT NOT NULL CHECK (n > 0), -- gap-free per lane
    type TEXT NOT NULL CHECK (type IN ('setup', 'answer', 'erase', 'codes')),
    text TEXT NOT NULL,
    sig BYTEA NOT NULL CHECK (length(sig) = 64), -- of the hub's lane key
    PRIMARY KEY (lane, n)
);

-- Free text beside the ledger, which holds its commitments only.
CREATE TABLE free_text (
    id BYTEA NOT NULL CHECK (length(id) = 16), -- of its comment or petition
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    salt BYTEA NOT NULL CHECK (length(salt) = 32),
    payload BYTEA NOT NULL,            -- a contact is sealed to the case key
    PRIMARY KEY (id, field)
);

-- Which texts are erased, and where that is known to be done.
CREATE TABLE redaction (
    id BYTEA NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL CHECK (field IN ('text', 'contact')),
    hub BIGINT NOT NULL CHECK (hub IN (0, 1)),     -- an entry in this hub's lane
    kiosk BIGINT NOT NULL CHECK (kiosk IN (0, 1)), -- an entry in the text's own lane
    PRIMARY KEY (id, field)
);

-- Responses whose range of hours reaches over the border of a half-month.
CREATE TABLE time_range (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16), -- of the clock entry
    unit TEXT COLLATE "C" NOT NULL,
    first BIGINT NOT NULL CHECK (first >= 0), -- hours, both within
    last BIGINT NOT NULL CHECK (last > first),
    n BIGINT NOT NULL CHECK (n > 0)
);

-- The tail of a lane that was left after a fork; not rebuilt from the ledger.
CREATE TABLE quarantine (
    lane TEXT COLLATE "C" NOT NULL CHECK (length(lane) = 32), -- the lane that was left
    by_lane TEXT COLLATE "C" NOT NULL REFERENCES lane (lane), -- the new lane that sent it
    seq BIGINT NOT NULL CHECK (seq >= 0),
    line TEXT NOT NULL CHECK (length(line) BETWEEN 2 AND 8192),
    id BYTEA NOT NULL CHECK (length(id) = 16),
    done BIGINT NOT NULL CHECK (done IN (0, 1, 2)), -- two people have accepted (1) or refused (2) it
    PRIMARY KEY (lane, by_lane, seq)
);
CREATE INDEX quarantine_id ON quarantine (id);

-- Responses that count from such a tail.
CREATE TABLE accepted (
    id BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane TEXT COLLATE "C" NOT NULL CHECK (length(lane) = 32),
    seq BIGINT NOT NULL CHECK (seq >= 0),
    hour BIGINT NOT NULL CHECK (hour >= 0),         -- as the entry has it
    clock_unset BIGINT NOT NULL CHECK (clock_unset IN (0, 1))
);

-- People who act at this hub; not rebuilt from the ledger.
CREATE TABLE person (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'head', 'officer', 'viewer', 'auditor')),
    unit TEXT NOT NULL,              -- and what lies below it
    hash TEXT NOT NULL,              -- argon2id of the passphrase
    wrong BIGINT NOT NULL CHECK (wrong >= 0), -- wrong passphrases in a row
    locked_until_s BIGINT NOT NULL CHECK (locked_until_s >= 0)
);

-- What one person proposes and another one confirms; not rebuilt from the ledger.
CREATE TABLE proposal (
    n BIGINT NOT NULL PRIMARY KEY CHECK (n > 0),
    act TEXT NOT NULL CHECK (act IN ('redact', 'flag', 'unflag', 'void', 'unvoid', 'quarantine', 'discard')),
    target TEXT NOT NULL,            -- ids with a blank between, or a lane
    field TEXT NOT NULL,             -- of a redaction: text or contact
    reason TEXT NOT NULL,
    proposer TEXT NOT NULL,
    second TEXT NOT NULL,            -- who confirmed or refused it, '' while it is open
    made_s BIGINT NOT NULL CHECK (made_s >= 0),
    done_s BIGINT NOT NULL CHECK (done_s >= 0), -- 0 while it is open
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    content TEXT NOT NULL            -- of a quarantine: what waited when it was proposed (JSON), else ''
);

-- Numbers of the database itself: 'truncation_owed'.
CREATE TABLE fact (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- Keys of other organisations; not rebuilt from the ledger. role 'origin': logs whose heads this hub
-- cosigns as their witness. role 'witness': whose cosignatures count for the lanes here.
CREATE TABLE witness_key (
    vkey TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('origin', 'witness')),
    added_s BIGINT NOT NULL CHECK (added_s >= 0),
    PRIMARY KEY (vkey, role)
);

-- The last head of another log that this hub has cosigned; it stays when the key is removed, or a
-- fork could be cosigned after the key came back. Not rebuilt from the ledger.
CREATE TABLE witness_note (
    origin TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL CHECK (size >= 0),
    note TEXT NOT NULL               -- as its log signed it
);

-- Lanes that the key of a former one made known; not rebuilt from the ledger.
CREATE TABLE successor (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES lane (lane),
    former TEXT COLLATE "C" NOT NULL CHECK (length(former) = 32),
    confirmed BIGINT NOT NULL CHECK (confirmed IN (0, 1)) -- staff have looked at it; it counts anyway
);
CREATE INDEX successor_former ON successor (former);

-- Who holds the slips that a lane left behind, so that one slip counts once; not rebuilt from the
-- ledger.
CREATE TABLE kit_holder (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(lane) = 32), -- perhaps unknown here
    holder TEXT COLLATE "C" NOT NULL CHECK (length(holder) = 32)
);

-- Heads of lanes that a witness refused to cosign, until it does; not rebuilt from the ledger.
CREATE TABLE witness_refusal (
    lane TEXT COLLATE "C" NOT NULL REFERENCES lane (lane),
    name TEXT COLLATE "C" NOT NULL,              -- of the witness
    size BIGINT NOT NULL CHECK (size >= 0), -- of the last head that it refused
    reason TEXT NOT NULL,
    since_s BIGINT NOT NULL CHECK (since_s >= 0),
    PRIMARY KEY (lane, name)
);

-- Which lanes have erased a text by an entry of their own.
CREATE TABLE redaction_lane (
    id BYTEA NOT NULL CHECK (length(id) = 16),
    field TEXT COLLATE "C" NOT NULL CHECK (field IN ('text', 'contact')),
    lane TEXT COLLATE "C" NOT NULL CHECK (length(lane) = 32),
    PRIMARY KEY (id, field, lane)
);

-- Which lanes were told to erase it; not rebuilt from the ledger.
CREATE TABLE erase_order (
    id BYTEA NOT NULL CHECK (length(id) = 16),
    field TEXT COLLATE "C" NOT NULL CHECK (field IN ('text', 'contact')),
    lane TEXT COLLATE "C" NOT NULL CHECK (length(lane) = 32),
    PRIMARY KEY (id, field, lane)
);

-- The largest head that a lane has signed beyond its entries here; not rebuilt from the ledger.
CREATE TABLE announced (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES lane (lane),
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL               -- as the lane signed it
);
