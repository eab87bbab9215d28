"""Events as they are read from the ledger, and as the service hands them out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ...audit.ledger.canonical import body_of
from ...audit.ledger.payloads import ALTERED, REDACTED, commitment_of, shown
from ...workspace import plain
from ...workspace.kinds import SERVER
from ...workspace.layout import BadInput

# The leaf and, while it is there, the payload that it commits to. A payload that its leaf does not commit to, or that
# stands beside another one, is shown nowhere. A commitment is looked for as text: bodies of earlier versions may hold
# one inside a text (canonical.body_of), with its quotes escaped.
_HASHED = "sha256(kept.salt || encode(kept.payload))"
EVENTS = f"""(
    SELECT ledger.*, kept.leaf IS NOT NULL AS held, CASE WHEN kept.copies = 1 AND (
        contains(body, '"commitment":"' || {_HASHED} || '"')
        OR contains(body, '\\"commitment\\": \\"' || {_HASHED} || '\\"')
    ) THEN kept.payload END AS payload
    FROM ledger LEFT JOIN (
        SELECT leaf, any_value(salt) AS salt, any_value(payload) AS payload, count(*) AS copies
        FROM payloads GROUP BY leaf
    ) AS kept ON kept.leaf = ledger.leaf
)"""
LEAF = "leaf, seq, time, actor, kind, run, key, subjects, body"
EVENT = f"{LEAF}, payload, held"  # of EVENTS, for `event_of`
# Not what a worker says in the server's name, which earlier versions took in.
AUTHENTIC = f"(seq IS NULL OR kind NOT IN ({', '.join(repr(kind) for kind in sorted(SERVER))}))"


def events_where(
    rows: Callable[[str, Sequence[Any]], list[dict[str, Any]]],
    where: str,
    values: Sequence[Any],
    ending: str = "ORDER BY leaf",
) -> list[dict[str, Any]]:
    """The events that a condition on the ledger's columns names.

    Payloads are looked for only where a body commits to one: few do, and the join takes four times as long as the rest.
    """
    found = rows(f"SELECT {LEAF} FROM ledger WHERE {where} {ending}", values)
    if not any("commitment" in row["body"] for row in found):
        events = [event_of({**row, "payload": None, "held": False}) for row in found]
        if not any("redacted" in event for event in events):  # as a name with escapes in it would be
            return events
    return [event_of(row) for row in rows(f"SELECT {EVENT} FROM {EVENTS} WHERE {where} {ending}", values)]


def event_of(row: dict[str, Any]) -> dict[str, Any]:
    """The event of a row of EVENTS; with private fields it also says whether they are not there (any more)."""
    row, body = dict(row), body_of(row["body"])
    payload, held = row.pop("payload"), row.pop("held")
    missing = ALTERED if held else REDACTED
    told = {**row, "subjects": json.loads(row["subjects"]), "body": shown(body, payload, missing)}
    return told if commitment_of(body) is None else {**told, "redacted": payload is None}


def text(value: Any) -> str:
    """`value` if it is a text that may be asked for. Raises BadInput: a query's value must not be anything else."""
    if not isinstance(value, str) or plain.fault(value):
        raise BadInput(f"expected a text, found {ascii(value)[:80]}")
    return value
