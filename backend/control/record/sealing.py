"""The change-over: what earlier versions kept beside the ledger without a word in it gets its word, once.

Since then every secret is committed to by the event that it belongs to, and a ledger shows by its events that it is
past the change-over: `begun`. A database of the old form with such a ledger in it is refused.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...audit.ledger.canonical import body_of
from ...audit.ledger.payloads import commitment
from .schema import ForeignObject

if TYPE_CHECKING:
    from .store import Transaction

MIGRATION, SINCE = "0004_recomputed.sql", 4  # the migration, and the form of the database from it on
MIGRATED, SEALED = "store.migrated", "run.sealed"
FORM = 2  # of the record: run.submitted says it
KEEPS = {  # kind of event -> the secrets that it may keep
    "user.added": ("password", "key", "email"),
    "user.password": ("password", "key"),
    "user.token": ("token",),
}
Ask = Callable[..., list[dict[str, Any]]]  # (sql, values) -> rows
BEGINNINGS = (MIGRATED, SEALED, "checkpoint.signed", "key.created", "run.submitted", *KEEPS)
TOLD = f"SELECT kind, body, seq FROM ledger WHERE kind IN ({', '.join('?' for _ in BEGINNINGS)})"
HELD = "SELECT leaf, name, secrets.kind, value FROM secrets ORDER BY leaf, secrets.kind"
OWNERS = "SELECT leaf, kind, body FROM ledger WHERE seq IS NULL AND leaf IN (SELECT leaf FROM secrets)"


def begun(kind: str, body: dict[str, Any]) -> bool:
    """Is this an event that only versions after the change-over write?"""
    if kind in KEEPS:
        return "kept" in body
    if kind == "key.created":
        return body.get("sealed") is True
    return body.get("form", 1) >= FORM if kind == "run.submitted" else kind in BEGINNINGS


def kept(values: dict[str, str]) -> tuple[dict[str, str], list[tuple[str, bytes, str]]]:
    """(what an event says of the secrets that it keeps: {kind: commitment}; the rows: kind, salt, value)."""
    rows = [(kind, secrets.token_bytes(32), value) for kind, value in values.items()]
    return {kind: commitment(salt, value) for kind, salt, value in rows}, rows


def seal(tx: Transaction) -> None:
    """Seal the secrets of earlier versions: each gets a salt, and one event commits to all of them.

    Those that are not `trusted` stay as they are, and nobody believes them. Raises ForeignObject where the ledger is
    past the change-over already.
    """
    if tx.tree.size == 0:
        return
    if past(tx.rows):
        raise ForeignObject(
            "database: expected the form in which its ledger was written, found that of an older version"
        )
    rows = tx.rows(HELD)
    good = [(row["leaf"], row["kind"]) for row in trusted(tx.rows)]
    tx.execute("DELETE FROM secrets")
    sealed = []
    for row in rows:
        leaf, kind, salt = row["leaf"], row["kind"], b""
        if (leaf, kind) in good:
            salt = secrets.token_bytes(32)
            sealed.append({"leaf": leaf, "kind": kind, "commitment": commitment(salt, row["value"])})
        tx.execute("INSERT INTO secrets VALUES (?, ?, ?, ?, ?)", [leaf, row["name"], kind, salt, row["value"]])
    tx.log(MIGRATED, {"migration": MIGRATION, "secrets": sealed}, actor="server")


def past(ask: Ask) -> bool:
    """Is the ledger past the change-over, whatever form the database has?"""
    told = ask(TOLD, BEGINNINGS)
    return any(row["seq"] is None and begun(row["kind"], _read(row["body"])) for row in told)


def trusted(ask: Ask) -> list[dict[str, Any]]:
    """The secrets of a database of an earlier form: one for each kind that an event of their owner may keep."""
    rows, owners = ask(HELD), {row["leaf"]: row for row in ask(OWNERS)}
    counts = Counter((row["leaf"], row["kind"]) for row in rows)
    return [row for row in rows if counts[row["leaf"], row["kind"]] == 1 and _belongs(row, owners.get(row["leaf"]))]


def _belongs(row: dict[str, Any], owner: dict[str, Any] | None) -> bool:
    if owner is None or row["kind"] not in KEEPS.get(owner["kind"], ()):
        return False
    return _read(owner["body"]).get("name") == row["name"]


def _read(body: str) -> dict[str, Any]:
    try:
        return body_of(body)
    except ValueError:
        return {}
