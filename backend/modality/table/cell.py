"""A row of a table as people see it."""

from __future__ import annotations

from typing import Any

from .._base import check_rows
from .features import shown


def records(stored: Any, manifest: dict[str, Any], rows: list[int]) -> list[dict[str, str]]:
    """{column: value} of rows, in their order; of a date the day alone. stored: backend/control/content/stored.py.
    Raises BadInput for rows out of bounds, NotFound for what was deleted."""
    check_rows(rows, manifest)
    source, described = manifest["records"], stored.document(manifest["features"]["sha256"])["features"]
    own = [(place, one) for place, one in enumerate(described) if one["name"] == one["column"]]
    found = stored.array(source["sha256"], source["key"], [int(row) for row in rows])
    return [{one["name"]: shown(row[place], one) for place, one in own} for row in found]
