"""Rows of the database as the service hands them out."""

from __future__ import annotations

import json
from typing import Any

from ..audit.payloads import commitment_of, shown
from ..workspace.layout import BadInput

EVENT = "leaf, seq, time, actor, kind, run, key, subjects, body, payload"  # of the view `events`, for `event_of`


def manifest_of(row: dict[str, Any]) -> dict[str, Any]:
    return {**json.loads(row["manifest"]), "id": row["run"], "state": "registered"}


def event_of(row: dict[str, Any]) -> dict[str, Any]:
    """The event of a row of the view `events`; with private fields it also says whether they were erased."""
    row, body = dict(row), json.loads(row["body"])
    payload = row.pop("payload", None)
    told = {**row, "subjects": json.loads(row["subjects"]), "body": shown(body, payload)}
    return told if commitment_of(body) is None else {**told, "redacted": payload is None}


def text(value: Any) -> str:
    """`value` if it is a text. Raises BadInput: a query's value must not be anything else."""
    if not isinstance(value, str):
        raise BadInput(f"expected a text, found {str(value)[:80]!r}")
    return value
