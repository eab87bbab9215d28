"""A few texts of a data set, by their row: what pages show beside numbers."""

from __future__ import annotations

from typing import Any

from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput

MOST_ROWS = 256


def texts_of(artefacts: Artefacts, manifest: dict[str, Any], rows: list[int]) -> list[str]:
    """The whole texts of these rows, in their order. Raises BadInput for rows out of bounds and for other data."""
    if manifest["kind"] != "text":
        raise BadInput(
            f"texts: expected a data set of texts, found {manifest['name']}, which holds {manifest['kind']}s"
        )
    if len(rows) > MOST_ROWS:
        raise BadInput(f"rows: expected at most {MOST_ROWS}, found {len(rows)}")
    wrong = next((row for row in rows if not 0 <= int(row) < manifest["count"]), None)
    if wrong is not None:
        raise BadInput(f"rows: expected 0 to {manifest['count'] - 1}, found {wrong}")
    return artefacts.text_rows(manifest["texts"]["sha256"], "text", [int(row) for row in rows])
