"""Whose neighbourhood changed between two encoders of the same data, and is it the same for all classes and groups?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from ..data.dataset import Dataset
from ..projection._base import Neighbours
from ..projection._compare import ENOUGH, Means, by_chance, jaccard, means
from ..projection._fidelity import K
from ..projection._neighbours import nearest
from ..projection._rows import choose_rows
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import needed
from ._embedding import digest, neighbours_of, unit_features

SIDES = ("first", "second")
MOST_POINTS = 100_000  # where the graphs are not there yet: more would take longer than a person waits
MOST_GROUPS = 200  # of one column, the largest
MOST_CHANGED = 200  # rows in the answer; all of them are in its table


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: dataset (manifest), first and second, each {"neighbours": SHA-256} or {"features": SHA-256} or both:
    the artefacts of two runs, two steps or two stages of one model.

    Where both sides name neighbours of the same rows, these are compared, in a second. Otherwise the graphs are made
    from the features, on the rows that both sides' neighbours have in common or, without any, on at most MOST_POINTS.
    The result holds k, points, graphs ("kept" or "made"), recall {first, second} (of graphs that were made and are not
    exact, as in the event `neighbours`; else null), overall {value, low, high}, chance, by {column: [{group, points,
    units, value, low, high, enough}]} for the label and every sensitive attribute (the largest MOST_GROUPS groups)
    and most_changed {rows, jaccard}; the subject `comparison` (Parquet: row, jaccard) holds every point, the most
    changed first. Raises BadInput with one line.
    """
    needed(question, "dataset", *SIDES)
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows, graphs, made = _graphs(question, artefacts, dataset)
    same = jaccard(graphs[0].index, graphs[1].index)
    order = np.argsort(same, kind="stable")
    columns = _columns(dataset, rows)
    offsets = np.cumsum([1, *(len(names) for names, _ in columns.values())])
    codes = [np.zeros(len(rows), dtype=np.int64)]
    for (_, of), offset in zip(columns.values(), offsets, strict=False):
        codes.append(np.where(of >= 0, of + offset, -1))
    units = None if dataset.manifest["group"] is None else dataset.table["group"].astype(str).to_numpy()[rows]
    found = means(same.astype(np.float64), np.stack(codes), int(offsets[-1]), units)
    k = graphs[0].k
    result = {
        "k": k,
        "points": len(rows),
        "graphs": "made" if made else "kept",
        "recall": {side: graph.recall for side, graph in zip(SIDES, graphs, strict=True)},
        "overall": {name: float(getattr(found, name)[0]) for name in ("value", "low", "high")},
        "chance": by_chance(len(rows), k),
        "by": {
            column: _listed(names, found, int(offset))
            for (column, (names, _)), offset in zip(columns.items(), offsets, strict=False)
        },
        "most_changed": {
            "rows": rows[order[:MOST_CHANGED]].tolist(),
            "jaccard": [float(value) for value in same[order[:MOST_CHANGED]]],
        },
    }
    table = pa.table({"row": rows[order], "jaccard": same[order]})
    return {"result": result, "subjects": [artefacts.put_table("comparison", table)]}


def _graphs(
    question: dict[str, Any], artefacts: Artefacts, dataset: Dataset
) -> tuple[np.ndarray, list[Neighbours], bool]:
    """(rows int64 P, both sides' neighbours into them, whether they were made for this question)"""
    count = dataset.manifest["count"]
    sides = [_side(question[side], side) for side in SIDES]
    stored = [
        _stored(artefacts, s["neighbours"], f"{side}.neighbours", count)
        for s, side in zip(sides, SIDES, strict=True)
        if s.get("neighbours")
    ]
    if len(stored) == 2 and np.array_equal(stored[0][0], stored[1][0]):
        if stored[0][1].k != stored[1][1].k:
            raise BadInput("question: expected as many neighbours a point on both sides, found different numbers")
        return stored[0][0], [found for _, found in stored], False
    rows = choose_rows(dataset.table, MOST_POINTS, seed=0)
    for known, _ in stored:
        rows = np.intersect1d(rows, known)
    if len(rows) <= 2 * K:
        raise BadInput(f"question: expected more than {2 * K} rows that both sides have, found {len(rows)}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    found = []
    for s, side in zip(sides, SIDES, strict=True):
        if not s.get("features"):
            raise BadInput(f"question.{side}: expected features where the two sides' rows differ, found none")
        features = unit_features(artefacts, s["features"], field=f"{side}.features")
        if len(features) != count:
            raise BadInput(f"question.{side}.features: expected {count:,} rows, found {len(features):,}")
        found.append(nearest(features[rows], K, device))
    return rows, found, True


def _side(side: Any, name: str) -> dict[str, str]:
    """One side of the question: digests of its neighbours, of its features or of both."""
    if not isinstance(side, dict) or not side or not set(side) <= {"neighbours", "features"}:
        raise BadInput(f"question.{name}: expected digests of neighbours or features, found {str(side)[:80]!r}")
    return {key: digest(value, f"{name}.{key}") for key, value in side.items()}


def _stored(artefacts: Artefacts, sha256: str, field: str, count: int) -> tuple[np.ndarray, Neighbours]:
    rows, found = neighbours_of(artefacts, sha256, field)
    if rows.max() >= count:
        raise BadInput(f"question.{field}: expected neighbours of these {count:,} rows, found row {rows.max()}")
    return rows, found


def _columns(dataset: Dataset, rows: np.ndarray) -> dict[str, tuple[list[str], np.ndarray]]:
    """{column: (names, code of every row, -1 for none)}: the label and the sensitive attributes, largest groups."""
    found = {}
    table = dataset.table.iloc[rows]
    if dataset.manifest["label"] is not None:
        classes = np.array([*dataset.classes, None], dtype=object)
        found["label"] = _coded(classes[table["label"].to_numpy()])
    for attribute in dataset.sensitive:
        found[attribute] = _coded(table[attribute].astype(object).where(table[attribute].notna(), None).to_numpy())
    return found


def _coded(values: np.ndarray) -> tuple[list[str], np.ndarray]:
    known = np.array([v is not None for v in values])
    names, codes = np.unique(values[known].astype(str), return_inverse=True)
    sizes = np.bincount(codes, minlength=len(names))
    largest = np.sort(np.argsort(-sizes, kind="stable")[:MOST_GROUPS])
    number = np.full(len(names), -1)
    number[largest] = np.arange(len(largest))
    of = np.full(len(values), -1)
    of[known] = number[codes]
    return names[largest].tolist(), of


def _listed(names: list[str], found: Means, offset: int) -> list[dict[str, Any]]:
    """One line a group; no interval where a resample could not say."""

    def number(values: np.ndarray, at: int) -> float | None:
        return float(values[at]) if np.isfinite(values[at]) else None

    return [
        {
            "group": name,
            "points": int(found.points[at]),
            "units": int(found.units[at]),
            "value": number(found.value, at),
            "low": number(found.low, at),
            "high": number(found.high, at),
            "enough": bool(found.units[at] >= ENOUGH),
        }
        for at, name in enumerate(names, offset)
    ]
