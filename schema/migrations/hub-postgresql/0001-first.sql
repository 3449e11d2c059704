-- SPDX-License-Identifier: MIT
-- The hub's first database, for PostgreSQL 15. The ledger holds every lane's entries as they were hashed; all other
-- tables can be rebuilt from it, except lane (contact) and join_key.
-- Keys collate by bytes ("C"), as they do in SQLite.

CREATE TABLE lane (
    lane TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(lane) = 32),
    unit TEXT COLLATE "C" NOT NULL,              -- '' until the lane's own setup is complete
    kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'hub')),
    how TEXT NOT NULL CHECK (how IN ('join', 'by hand', 'own')), -- how it came to be known
    key_hash BYTEA CHECK (length(key_hash) = 32), -- SHA-256 of the bearer key, NULL by hand
    size BIGINT NOT NULL CHECK (size >= 0),     -- entries in the ledger
    frontier BYTEA NOT NULL CHECK (length(frontier) % 32 = 0), -- of the tree, level 0 first
    last_contact_s BIGINT CHECK (last_contact_s >= 0), -- last push or import that was taken
    trial BIGINT NOT NULL CHECK (trial IN (0, 1)),
    sample BIGINT NOT NULL CHECK (sample IN (0, 1)),
    refusal TEXT                     -- why the last push was refused, NULL when it was taken
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
    flagged BIGINT NOT NULL CHECK (flagged IN (0, 1))
);

CREATE TABLE join_key (
    key_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(key_hash) = 32), -- SHA-256 of the key
    unit TEXT COLLATE "C" NOT NULL,
    lane TEXT COLLATE "C" CHECK (length(lane) = 32) -- NULL until the first lane uses it
);

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
