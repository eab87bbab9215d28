"""What is done to the tables beside the ledger: private fields, secrets, runs, migrations."""

from __future__ import annotations

import hashlib
import json

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
    hand.sql("INSERT INTO secrets SELECT leaf, 'ada', kind, ? FROM secrets WHERE kind = 'token' LIMIT 1", value)


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
        "INSERT INTO secrets SELECT leaf + 1, name, kind, 'x' || value FROM secrets WHERE kind = 'password' LIMIT 1"
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


@mutation("gives a run another title", "run")
def run_title(hand: Hand) -> None:
    hand.sql("UPDATE runs SET title = 'Better' WHERE run = 'done'")


@mutation("says that somebody else started a run", "run")
def run_actor(hand: Hand) -> None:
    hand.sql("UPDATE runs SET actor = 'rita' WHERE run = 'done'")


@mutation("lets a failed run have succeeded", "run")
def run_state(hand: Hand) -> None:
    hand.sql("UPDATE runs SET state = 'succeeded', reason = NULL WHERE run = 'failed'")


@mutation("gives a failed run another reason", "run")
def run_reason(hand: Hand) -> None:
    hand.sql("UPDATE runs SET reason = 'power cut' WHERE run = 'failed'")


@mutation("changes the recipe of a run", "run")
def run_recipe(hand: Hand) -> None:
    (job,) = hand.sql("SELECT job FROM runs WHERE run = 'done'")[0]
    told = json.loads(job)
    told["recipe"]["seed"] = 7
    hand.sql("UPDATE runs SET job = ? WHERE run = 'done'", json.dumps(told))


@mutation("moves the time at which a run was asked for", "run")
def run_created(hand: Hand) -> None:
    hand.sql("UPDATE runs SET created = '2020-01-01T00:00:00.000000Z' WHERE run = 'done'")


@mutation("moves a run's end", "run")
def run_ended(hand: Hand) -> None:
    hand.sql("UPDATE runs SET ended = '2030-01-01T00:00:00.000000Z' WHERE run = 'done'")


@mutation("gives a run to other data", "run")
def run_dataset(hand: Hand) -> None:
    hand.sql("UPDATE runs SET dataset = 'other' WHERE run = 'done'")


@mutation("deletes a run's row, so that it vanishes", "run")
def run_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM runs WHERE run = 'failed'")


@mutation("adds a run that nobody asked for", "run")
def run_added(hand: Hand) -> None:
    hand.sql("INSERT INTO runs SELECT * REPLACE ('ghost' AS run, 'Ghost' AS title) FROM runs WHERE run = 'done'")


@mutation("repeats a run's row", "run")
def run_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO runs SELECT * FROM runs WHERE run = 'done'")


@mutation("takes out the row of a migration", "foreign object")
def migration_removed(hand: Hand) -> None:
    hand.sql("DELETE FROM migrations WHERE name = (SELECT max(name) FROM migrations)")
