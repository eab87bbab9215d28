-- What must stay erasable lies outside the tree; the leaf holds SHA-256(salt || payload) instead.
-- Rows are inserted and deleted, never updated.
CREATE TABLE payloads (
    leaf    BIGINT NOT NULL,
    salt    BLOB NOT NULL,     -- 32 random bytes
    payload VARCHAR NOT NULL   -- canonical JSON
);

-- The signed notes that were also written outside the database.
CREATE TABLE checkpoints (
    size BIGINT NOT NULL,
    time VARCHAR NOT NULL,
    note VARCHAR NOT NULL
);

-- What is shown of an event: the leaf and, while it is there, the payload that it commits to.
CREATE VIEW events AS
SELECT ledger.*, payloads.payload FROM ledger LEFT JOIN payloads ON payloads.leaf = ledger.leaf;
