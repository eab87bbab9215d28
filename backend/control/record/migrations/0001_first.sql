-- The ledger holds the events themselves: what pages read is what the verifier recomputes.
-- It has no primary key, no index, no UPDATE and is never altered (index replay has open bugs in DuckDB).
CREATE TABLE ledger (
    leaf     BIGINT NOT NULL,
    time     VARCHAR NOT NULL,
    actor    VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL,
    run      VARCHAR,
    seq      BIGINT,
    key      VARCHAR,
    subjects VARCHAR NOT NULL,  -- canonical JSON
    body     VARCHAR NOT NULL,  -- canonical JSON
    hash     BLOB NOT NULL
);

-- One row a transaction: the tree after it.
CREATE TABLE roots (
    size     BIGINT NOT NULL,
    root     BLOB NOT NULL,
    frontier BLOB NOT NULL,
    time     VARCHAR NOT NULL
);

CREATE TABLE runs (
    run         VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,   -- run | data | interactive
    title       VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    actor       VARCHAR NOT NULL,
    state       VARCHAR NOT NULL,   -- queued | running | succeeded | failed | cancelled | lost
    reason      VARCHAR,
    attempt     INTEGER NOT NULL,
    created     VARCHAR NOT NULL,
    started     VARCHAR,
    ended       VARCHAR,
    stage       VARCHAR,
    job         VARCHAR NOT NULL,   -- JSON: what the worker gets
    slot        VARCHAR,            -- where it runs: cpu, cuda:0, data
    handle      VARCHAR,            -- JSON: the launcher's hold on the process
    cancelled   VARCHAR,            -- who asked for the end, and when
    read_offset BIGINT NOT NULL,    -- bytes of events.jsonl already in the ledger
    next_seq    BIGINT NOT NULL
);

CREATE VIEW datasets AS
SELECT run, time, body AS manifest, leaf FROM ledger WHERE kind = 'data.registered';
