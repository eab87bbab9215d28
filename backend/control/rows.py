"""Rows of the database as the service hands them out."""

from __future__ import annotations

import json
from typing import Any

from ..workspace.layout import BadInput


def manifest_of(row: dict[str, Any]) -> dict[str, Any]:
    return {**json.loads(row["manifest"]), "id": row["run"], "state": "registered"}


def event_of(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "subjects": json.loads(row["subjects"]), "body": json.loads(row["body"])}


def text(value: Any) -> str:
    """`value` if it is a text. Raises BadInput: a query's value must not be anything else."""
    if not isinstance(value, str):
        raise BadInput(f"expected a text, found {str(value)[:80]!r}")
    return value
