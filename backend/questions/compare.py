"""Whose neighbourhood changed between two encoders of the same data, and is it the same for all classes and groups?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ..data.dataset import Dataset
from ..projection._compare import ENOUGH, Means, by_chance, closeness, jaccard, means, ranked
from ..workspace.artefacts import Artefacts
from ..workspace.layout import Workspace
from ._common import needed
from ._graphs import Side, two_sides

SIDES = ("first", "second")
MOST_GROUPS = 200  # of one column, the largest
MOST_CHANGED = 200  # rows in the answer; all of them are in its table


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: dataset (manifest), first and second, each of them digests of some of "neighbours", "features" and
    "model" (an encoder or a classifier): of two runs, two steps, or one model before and after fine-tuning.

    Neighbours of the same rows are compared as they are, in seconds. Otherwise a graph is made of the features, or of
    what the model makes of the examples, on the rows that both sides have: at most 100,000, or 20,000 that must be
    encoded. The result holds k, points, graphs {side: "kept" or "made"}, recall {side: {value, low, high}} (of graphs
    that were made and are not exact, as in the event `neighbours`; else null), overall {value, low, high}, chance, by
    {column: [{group, points, units, value, low, high, enough}]} for the label and every sensitive attribute (the
    largest MOST_GROUPS groups), none_in_common (points whose two lists share no neighbour), ranked_in (the sides whose
    features are known) and most_changed {rows, jaccard, cosine}: by jaccard, equal ones by the mean cosine of a point
    to the neighbours that the other side gives it, in each space of ranked_in (null where there is none), then at
    random. The subject `comparison` (Parquet: row, jaccard(, cosine)) holds every point, the most changed first.
    Raises BadInput with one line.
    """
    needed(question, "dataset", *SIDES)
    artefacts = Artefacts(workspace.artefacts)
    dataset = Dataset(question["dataset"], artefacts)
    rows, (first, second) = two_sides(question["first"], question["second"], artefacts, dataset)
    same = jaccard(first.graph.index, second.graph.index)
    close = _close(first, second)
    cosine = np.mean(list(close.values()), axis=0) if close else None
    order = ranked(same, cosine)
    most = order[:MOST_CHANGED]
    overall, by = _means(same.astype(np.float64), dataset, rows)
    k = first.graph.k
    two = dict(zip(SIDES, (first, second), strict=True))
    result = {
        "k": k,
        "points": len(rows),
        "graphs": {name: side.how for name, side in two.items()},
        "recall": {name: side.graph.recall for name, side in two.items()},
        "overall": overall,
        "chance": by_chance(len(rows), k),
        "by": by,
        "none_in_common": int((same == 0).sum()),
        "ranked_in": list(close),
        "most_changed": {
            "rows": rows[most].tolist(),
            "jaccard": [float(value) for value in same[most]],
            "cosine": None if cosine is None else [float(value) for value in cosine[most]],
        },
    }
    columns = {"row": rows, "jaccard": same} | ({} if cosine is None else {"cosine": cosine})
    table = pa.table({name: values[order] for name, values in columns.items()})
    return {"result": result, "subjects": [artefacts.put_table("comparison", table)]}


def _close(first: Side, second: Side) -> dict[str, np.ndarray]:
    """{side: float32 P} for the sides whose features are known: in its space, the closeness of the other's neighbours,
    the old ones in the second and the new ones in the first."""
    found = {}
    if first.vectors is not None:
        found["first"] = closeness(first.vectors, second.graph.index)
    if second.vectors is not None:
        found["second"] = closeness(second.vectors, first.graph.index)
    return found


def _means(
    same: np.ndarray, dataset: Dataset, rows: np.ndarray
) -> tuple[dict[str, float], dict[str, list[dict[str, Any]]]]:
    """(overall, by column) of the points' Jaccard indices (float64 P), all from the same resamples."""
    columns = _columns(dataset, rows)
    starts = np.cumsum([1, *(len(names) for names, _ in columns.values())])  # category 0: all points
    codes = [np.zeros(len(rows), dtype=np.int64)]
    codes += [np.where(of >= 0, of + start, -1) for (_, of), start in zip(columns.values(), starts, strict=False)]
    units = None if dataset.manifest["group"] is None else dataset.table["group"].astype(str).to_numpy()[rows]
    found = means(same, np.stack(codes), int(starts[-1]), units)
    overall = {name: float(getattr(found, name)[0]) for name in ("value", "low", "high")}
    by = {
        column: _listed(names, found, int(start))
        for (column, (names, _)), start in zip(columns.items(), starts, strict=False)
    }
    return overall, by


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
