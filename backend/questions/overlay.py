"""One map laid over another of the same data, so that what is left between the two is movement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ..projection import _align as align
from ..workspace.artefacts import Artefacts
from ..workspace.layout import BadInput, Workspace
from ._common import needed
from ._embedding import map_table

LEAST_SHARED = 10  # rows on both maps


def answer(question: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """question: map and onto (SHA-256 each, the tables of two maps of one data set in as many dimensions).

    The map is turned, mirrored, shifted and scaled, nothing else. The result holds points, shared (rows on both) and
    moved (root mean square distance of these between the maps, in units of the spread of `onto`); the subject `overlay`
    (Parquet: row, x, y(, z), moved: each row's distance in those units, NaN where it is not on the other map, and kept
    as in `map`). Raises BadInput with one line.
    """
    needed(question, "map", "onto")
    artefacts = Artefacts(workspace.artefacts)
    rows, coordinates = map_table(artefacts, question["map"], field="map")
    other_rows, target = map_table(artefacts, question["onto"], field="onto")
    if coordinates.shape[1] != target.shape[1]:
        raise BadInput(
            f"question.onto: expected a map of {coordinates.shape[1]} dimensions, found one of {target.shape[1]}"
        )
    _, here, there = np.intersect1d(rows, other_rows, assume_unique=True, return_indices=True)
    if len(here) < LEAST_SHARED:
        raise BadInput(f"question: expected at least {LEAST_SHARED} rows on both maps, found {len(here)}")
    places = np.zeros_like(coordinates)
    places[here] = target[there]
    shared = np.zeros(len(rows), dtype=bool)
    shared[here] = True
    laid = align.overlay(coordinates, places, shared)
    distance = np.full(len(rows), np.nan, dtype=np.float32)
    distance[here] = np.linalg.norm(laid[here] - target[there], axis=1) / max(align.spread(target[there]), 1e-12)
    result = {"points": len(rows), "shared": len(here), "moved": align.moved(laid[here], target[there])}
    columns = {"row": rows, **dict(zip("xyz", laid.T, strict=False)), "moved": distance}
    own = artefacts.table(question["map"])
    if "kept" in own.column_names:  # turning a map changes no neighbour on it
        columns["kept"] = own["kept"]
    table = pa.table(columns)
    return {"result": result, "subjects": [artefacts.put_table("overlay", table)]}
