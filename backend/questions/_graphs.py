"""The neighbours of the same rows under two encoders: kept by a run, or made for the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..data.dataset import Dataset
from ..engine.features import encode
from ..engine.weights import load_classifier, load_encoder, read_spec
from ..modality import of_spec
from ..projection._base import Neighbours, unit_length
from ..projection._fidelity import K
from ..projection._neighbours import nearest
from ..projection._rows import choose_rows
from ..stages.modality import asking
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput
from ._common import kept
from ._embedding import digest, neighbours_of, unit_features

SOURCES = ("neighbours", "features", "model")  # the cheapest first
MOST_POINTS = 100_000  # whose graph is made while a person waits
MOST_ENCODED = 20_000  # where a model must read the examples first


@dataclass(frozen=True)
class Side:
    """One encoder. graph: of the P rows; how: "kept" or "made"; vectors: float32 P x d of unit length, the features,
    None where a side with a kept graph names none."""

    graph: Neighbours
    how: str
    vectors: np.ndarray | None


def two_sides(first: Any, second: Any, artefacts: Artefacts, dataset: Dataset) -> tuple[np.ndarray, list[Side]]:
    """(rows int64 P, both sides with their neighbours among these rows). Raises BadInput."""
    named = [_side(side, name) for side, name in ((first, "first"), (second, "second"))]
    stored = [_stored(side, name, artefacts, dataset) for side, name in zip(named, ("first", "second"), strict=True)]
    rows = _common(named, stored, dataset)
    sides = []
    for side, name, found in zip(named, ("first", "second"), stored, strict=True):
        if found is not None and np.array_equal(found[0], rows) and found[1].k == K:
            vectors = _features(side, name, artefacts, dataset, rows) if "features" in side else None
            sides.append(Side(found[1], "kept", vectors))
        else:
            vectors = _features(side, name, artefacts, dataset, rows)
            sides.append(Side(nearest(vectors, K, "cuda" if torch.cuda.is_available() else "cpu"), "made", vectors))
    return rows, sides


def _side(side: Any, name: str) -> dict[str, str]:
    """One side of the question: the digests of some of SOURCES."""
    if not isinstance(side, dict) or not side or not set(side) <= set(SOURCES):
        raise BadInput(f"question.{name}: expected digests of {', '.join(SOURCES)}, found {str(side)[:80]!r}")
    return {key: digest(value, f"{name}.{key}") for key, value in side.items()}


def _stored(
    side: dict[str, str], name: str, artefacts: Artefacts, dataset: Dataset
) -> tuple[np.ndarray, Neighbours] | None:
    if "neighbours" not in side:
        return None
    rows, found = neighbours_of(artefacts, side["neighbours"], f"{name}.neighbours")
    count = dataset.manifest["count"]
    if rows.max() >= count:
        raise BadInput(f"question.{name}.neighbours: expected those of these {count:,} rows, found row {rows.max()}")
    return rows, found


def _common(named: list[dict[str, str]], stored: list[Any], dataset: Dataset) -> np.ndarray:
    """The rows that both sides can speak of, no more than can be waited for."""
    known = [rows for rows, _ in filter(None, stored)]
    if len(known) == 2 and np.array_equal(*known):
        return known[0]
    encoded = any("neighbours" not in side and "features" not in side for side in named)
    rows = choose_rows(dataset.table, MOST_ENCODED if encoded else MOST_POINTS, seed=0)
    for those in known:
        rows = those if len(known) == 1 and len(those) <= len(rows) else np.intersect1d(rows, those)
    if len(rows) <= 2 * K:
        raise BadInput(f"question: expected more than {2 * K} rows that both sides have, found {len(rows)}")
    return rows


def _features(side: dict[str, str], name: str, artefacts: Artefacts, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """float32 P x d of unit length of `rows`, from the kept features or from the model."""
    if "features" in side:
        known = unit_features(artefacts, side["features"], field=f"{name}.features")
        if len(known) != dataset.manifest["count"]:
            count = dataset.manifest["count"]
            raise BadInput(f"question.{name}.features: expected {count:,} rows, found {len(known):,}")
        return known if np.array_equal(rows, np.arange(len(known))) else known[rows]  # a copy of 1 GB at a million
    if "model" not in side:
        raise BadInput(f"question.{name}: expected features or a model where the two sides' rows differ, found neither")
    found = _encoded(side["model"], name, artefacts, dataset, rows)
    if not np.isfinite(found).all():
        raise BadInput(f"question.{name}.model: expected finite features, found NaN or infinity")
    return unit_length(found)


def _encoded(sha256: str, name: str, artefacts: Artefacts, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """What the encoder of a stored encoder or classifier makes of these rows."""
    if not artefacts.path(sha256, "safetensors").is_file() or "spec" not in artefacts.metadata(sha256):
        raise BadInput(f"question.{name}.model: expected an encoder or classifier of this workspace, found {sha256}")
    whole = any(tensor.startswith("head.") for tensor in artefacts.array_names(sha256))
    model = kept(artefacts, sha256, load_classifier if whole else load_encoder)
    encoder = model.encoder if whole else model
    if of_spec(read_spec(artefacts, sha256)).name != dataset.kind:
        raise BadInput(f"question.{name}.model: expected one for {dataset.kind} data, found another")
    examples = asking(dataset.kind).rows(artefacts, dataset, rows, sha256)
    return encode(encoder, examples, next(encoder.parameters()).device)
