-- The log's signature on each root beyond the last checkpoint (backend/audit/seals.py), written with the root.
-- Rows are inserted, and deleted when a checkpoint covers them; never updated.
CREATE TABLE seals (
    size      BIGINT NOT NULL,
    signature BLOB NOT NULL   -- Ed25519, 64 bytes
);
