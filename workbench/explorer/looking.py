"""What a person looks at on the embeddings page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..modality import Shown
from .columns import Places, Source
from .selection import Selected


@dataclass(frozen=True)
class View:
    """A run's map, whose points are `here`, and what is selected on it.

    sha256: the map's digest; modality: how the data are shown; show: whether what is hidden at first is shown.
    """

    run: dict[str, Any]
    source: Source
    sha256: str
    here: Places
    selected: Selected
    modality: Shown
    show: bool


def name_of(table: pd.DataFrame, row: int) -> str:
    """How a row is called: its number and its label."""
    label = table["label"].iat[row] if "label" in table else None
    return f"{row} · {label}" if label is not None else str(row)
