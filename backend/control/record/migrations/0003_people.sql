-- What must not stand in the ledger: password hashes, sealed keys, token digests, e-mail addresses. Everything else about
-- people is in the ledger (events user.*). A row belongs to the event of its leaf; the newest of a name and kind counts.
CREATE TABLE secrets (
    leaf  BIGINT NOT NULL,
    name  VARCHAR NOT NULL,
    kind  VARCHAR NOT NULL,   -- password | key | token | email
    value VARCHAR NOT NULL
);
