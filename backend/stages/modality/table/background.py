"""What is taken for known of a table while one of its rows is explained: the typical row, and which columns go
together.

Both come from the training rows alone, at most SAMPLE of them, evenly spread. They are made of the data set and kept
nowhere else: who has the data set's digest can make them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ....data.dataset import Dataset
from ....modality.table.features import columns, features, typical
from ....statistics.association import associations, groups
from ....workspace.artefacts import Artefacts

SAMPLE = 20_000
BASE = 64  # rows whose values stand in for those that are taken away
ASSOCIATED = 0.7  # columns with at least so much in common, on average, are taken away together


@dataclass(frozen=True)
class Background:
    """described: the F features; typical: float32 F; groups: features that go together, each in one group; base: the
    rows of the data set whose values stand in for those that are taken away, in random order, values: theirs, float32
    B x F."""

    described: tuple[dict[str, Any], ...]
    typical: np.ndarray
    groups: tuple[tuple[int, ...], ...]
    base: tuple[int, ...]
    values: np.ndarray


def background(dataset: Dataset) -> Background:
    manifest = dataset.manifest
    digests = (manifest[part]["sha256"] for part in ("features", "records", "table"))
    return _made(str(dataset.artefacts.root), *digests, manifest["records"]["key"])


@lru_cache(maxsize=8)
def _made(root: str, described: str, records: str, table: str, key: str) -> Background:
    artefacts = Artefacts(Path(root))
    known = features(artefacts, {"features": {"sha256": described}})
    split = artefacts.table(table, ["split"])["split"].to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(split == "train")
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(np.int64)]
    return of_records(artefacts.rows(records, key, rows.tolist()), known, rows)


def of_records(values: np.ndarray, described: list[dict[str, Any]], rows: np.ndarray) -> Background:
    """values: float32 N x F, of these training rows."""
    category = np.array([one["kind"] == "category" for one in described])
    sources = {name: i for i, name in enumerate(columns(described))}
    together = np.array([sources[one["column"]] for one in described])
    found = groups(associations(values.astype(np.float64), category), ASSOCIATED, together)
    drawn = np.random.default_rng(0).permutation(len(values))[:BASE]
    bare = typical(values, described)
    return Background(tuple(described), bare, tuple(map(tuple, found)), tuple(rows[drawn].tolist()), values[drawn])


def records_of(dataset: Dataset, rows: list[int] | np.ndarray) -> np.ndarray:
    """These rows of the data set as encoders read them, float32 n x F."""
    source = dataset.manifest["records"]
    return dataset.artefacts.rows(source["sha256"], source["key"], [int(row) for row in rows])
