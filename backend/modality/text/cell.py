"""Texts of a data set, by their row: what pages show beside numbers."""

from __future__ import annotations

from typing import Any

from ...workspace.layout import BadInput
from .._base import check_rows

MOST_ROWS = 256
MOST_STARTS, MOST_CHARACTERS = 20_000, 1_000


def text_starts(stored: Any, manifest: dict[str, Any], rows: list[int], characters: int) -> list[str]:
    """The first characters of the texts of many rows, in their order. Raises BadInput as `texts_of` does."""
    if not 1 <= characters <= MOST_CHARACTERS:
        raise BadInput(f"characters: expected 1 to {MOST_CHARACTERS:,}, found {characters}")
    return [text[:characters] for text in texts_of(stored, manifest, rows, MOST_STARTS)]


def texts_of(stored: Any, manifest: dict[str, Any], rows: list[int], most: int = MOST_ROWS) -> list[str]:
    """The whole texts of these rows, in their order; stored: backend/control/content/stored.py. Raises BadInput for
    rows out of bounds, NotFound for deleted texts."""
    if len(rows) > most:
        raise BadInput(f"rows: expected at most {most:,}, found {len(rows):,}")
    check_rows(rows, manifest)
    return stored.text_rows(manifest["texts"]["sha256"], "text", [int(row) for row in rows])
