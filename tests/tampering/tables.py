"""What is done to the tables beside the ledger: private fields, secrets, processes, migrations."""

from __future__ import annotations

import hashlib

from .hand import Hand, mutation


@mutation("edits a private field", "payload")
def payload_edited(hand: Hand) -> None:
    hand.sql("UPDATE payloads SET payload = replace(payload, 'e', 'a') WHERE leaf = (SELECT min(leaf) FROM payloads)")


@mutation("deletes a private field without an event", "payload")
def payload_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM payloads WHERE leaf = (SELECT min(leaf) FROM payloads)")


@mutation("changes a private field's salt", "payload")
def salt_edited(hand: Hand) -> None:
    hand.sql("UPDATE payloads SET salt = 'x'::BLOB WHERE leaf = (SELECT min(leaf) FROM payloads)")


@mutation("adds a second private field to a leaf, which pages might show", "payload")
def payload_second(hand: Hand) -> None:
    hand.sql('INSERT INTO payloads SELECT leaf, salt, \'{"name":"Fine ones"}\' FROM payloads ORDER BY leaf LIMIT 1')


@mutation("repeats a private field as it is", "payload")
def payload_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO payloads SELECT * FROM payloads ORDER BY leaf LIMIT 1")


@mutation("gives private fields to a leaf that has none", "payload")
def payload_for_none(hand: Hand) -> None:
    hand.sql("INSERT INTO payloads VALUES (0, 'x'::BLOB, '{\"name\":\"x\"}')")


@mutation("puts back what was erased", "payload")
def payload_put_back(hand: Hand) -> None:
    hand.sql("INSERT INTO payloads VALUES (?, 'x'::BLOB, '{\"note\":\"x\"}')", hand.made["erased"])


@mutation("adds a token of an administrator", "secret")
def token_added(hand: Hand) -> None:
    digest = hashlib.sha256(b"sslw_mine").hexdigest()
    (shown,) = hand.sql("SELECT value FROM secrets WHERE kind = 'token'")[0]
    value = f"{digest} {shown.partition(' ')[2]}"
    hand.sql("INSERT INTO secrets SELECT leaf, 'ada', kind, salt, ? FROM secrets WHERE kind = 'token' LIMIT 1", value)


@mutation("exchanges a token's digest for one of their own", "secret")
def token_replaced(hand: Hand) -> None:
    digest = hashlib.sha256(b"sslw_mine").hexdigest()
    hand.sql("UPDATE secrets SET value = ? || substr(value, 65) WHERE kind = 'token'", digest)


@mutation("deletes a token", "secret")
def token_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM secrets WHERE kind = 'token'")


@mutation("gives one person another's password", "secret")
def password_replaced(hand: Hand) -> None:
    hand.sql(
        "UPDATE secrets SET value = (SELECT max(value) FROM secrets WHERE kind = 'password') WHERE kind = 'password'"
    )


@mutation("adds a newer password", "secret")
def password_added(hand: Hand) -> None:
    hand.sql(
        "INSERT INTO secrets SELECT leaf + 1, name, kind, salt, 'x' || value FROM secrets "
        "WHERE kind = 'password' LIMIT 1"
    )


@mutation("exchanges a person's sealed key", "secret")
def sealed_key_replaced(hand: Hand) -> None:
    hand.sql("UPDATE secrets SET value = (SELECT max(value) FROM secrets WHERE kind = 'key') WHERE kind = 'key'")


@mutation("changes a person's e-mail address, by which a provider signs in", "secret")
def email_replaced(hand: Hand) -> None:
    hand.sql("UPDATE secrets SET value = 'mallory@example.org' WHERE kind = 'email'")


@mutation("repeats a secret", "secret")
def secret_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO secrets SELECT * FROM secrets LIMIT 1")


@mutation("deletes the row of a run's process", "run")
def process_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM processes WHERE run = 'failed'")


@mutation("adds a process of a run that nobody asked for", "run")
def process_added(hand: Hand) -> None:
    hand.sql("INSERT INTO processes SELECT * REPLACE ('ghost' AS run) FROM processes WHERE run = 'done'")


@mutation("repeats the row of a run's process", "run")
def process_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO processes SELECT * FROM processes WHERE run = 'done'")


@mutation("takes out the row of a migration", "foreign object")
def migration_removed(hand: Hand) -> None:
    hand.sql("DELETE FROM migrations WHERE name = (SELECT max(name) FROM migrations)")
