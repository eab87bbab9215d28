-- What can be told from the leaves is told from them: no view and no state of runs is stored beside the ledger.
DROP VIEW events;
DROP VIEW datasets;

-- What the supervisor needs to find a worker again, and is never shown: one row a run.
CREATE TABLE processes (
    run         VARCHAR NOT NULL,
    slot        VARCHAR,           -- where it runs: cpu, cuda:0, data
    handle      VARCHAR,           -- JSON: the launcher's hold on the process
    read_offset BIGINT NOT NULL    -- bytes of events.jsonl already in the ledger
);
INSERT INTO processes SELECT run, slot, handle, read_offset FROM runs;
DROP TABLE runs;

CREATE TEMP TABLE kept AS SELECT name FROM migrations;
DROP TABLE migrations;
CREATE TABLE migrations (name VARCHAR NOT NULL);
INSERT INTO migrations SELECT name FROM kept;
DROP TABLE kept;

CREATE TEMP TABLE kept AS SELECT leaf, name, kind, value FROM secrets;
DROP TABLE secrets;
-- What must not stand in the ledger: password hashes, sealed keys, token digests, e-mail addresses. The event of a row's
-- leaf commits to it: SHA-256(salt || value). Rows of earlier versions are sealed when they come here (sealing.py).
CREATE TABLE secrets (
    leaf  BIGINT NOT NULL,
    name  VARCHAR NOT NULL,
    kind  VARCHAR NOT NULL,   -- password | key | token | email
    salt  BLOB NOT NULL,      -- 32 random bytes
    value VARCHAR NOT NULL
);
INSERT INTO secrets SELECT leaf, name, kind, ''::BLOB, value FROM kept;
DROP TABLE kept;
