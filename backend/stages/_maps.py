"""One map and how far it can be trusted, as the events `projection`, `distances` and `stability`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa

from ..engine.job import Job
from ..projection import _align as align
from ..projection import _fidelity as fidelity
from ..projection._base import Report
from ..projection._distances import agreement, class_distances
from ..registry import plugin
from ..workspace.layout import BadInput
from ._spaces import SEED, Space, hits

LEAST_SHARED = 0.5  # of the points must stand on the map that this one starts from


def log_map(job: Job, rows: np.ndarray, space: Space, method: str, dimensions: int, report: Report) -> None:
    """Make one map and log it with its fidelity."""
    key = f"{space.arm}/{method}/{dimensions}/{SEED}"
    if job.events.seen("projection", key):
        return
    began = time.monotonic()
    start = _given_start(job, rows, space, dimensions)
    coordinates, params = project(job, space, method, dimensions, job.recipe.seed, report, start and start[0])
    aligned = None
    if start is not None:
        begin, shared = start
        coordinates = align.overlay(coordinates, begin, shared)
        apart = align.moved(coordinates[shared], begin[shared])
        aligned = {"sha256": job.recipe.projection.start_from, "shared": int(shared.sum()), "moved": apart}
    kept, measured = measure(job, rows, space, coordinates)
    body = {
        "arm": space.arm,
        "method": method,
        "dimensions": dimensions,
        "seed": SEED,
        "points": len(rows),
        "rows": len(job.dataset.table),
        "seconds": round(time.monotonic() - began, 2),
        "params": params,
        "aligned_to": aligned,
        "fidelity": measured,
    }
    table = job.artefacts.put_table(f"projection/{space.arm}/{method}/{dimensions}", as_table(rows, coordinates, kept))
    job.events.append("projection", body, [table], key=key)


def project(
    job: Job, space: Space, method: str, dimensions: int, seed: int, report: Report, start: np.ndarray | None = None
) -> tuple[np.ndarray, dict[str, Any]]:
    """(float32 P x dimensions, the method's parameters)"""
    found = plugin("projection", method)
    params = found.params()
    coordinates = found.call(space.features, params, dimensions, seed, space.neighbours, report, start)
    return coordinates, params.model_dump()


def measure(job: Job, rows: np.ndarray, space: Space, coordinates: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """(float32 P: share of the true neighbours kept, `fidelity` of docs/events.md)"""
    mapped = fidelity.map_neighbours(coordinates, space.neighbours.k)
    kept = fidelity.kept(space.neighbours.index, mapped)
    trust, summed = fidelity.trustworthiness(space.features, mapped, job.recipe.seed, job.torch_device)
    return kept, {
        "k": space.neighbours.k,
        "trustworthiness": trust,
        "trustworthiness_points": summed,
        "knn_kept": float(kept.mean()),
        **fidelity.compared_hits(hits(job, rows, mapped), space.hits),
    }


def as_table(rows: np.ndarray, coordinates: np.ndarray, kept: np.ndarray, **more: np.ndarray) -> pa.Table:
    return pa.table({"row": rows, **dict(zip("xyz", coordinates.T, strict=False)), "kept": kept, **more})


def places(job: Job, sha256: str) -> dict[str, np.ndarray]:
    """{"row", "x", "y"(, "z"): a column} of a stored map. Raises BadInput where there is none under this digest."""
    wrong = BadInput(f"projection.start_from: expected the digest of a map of this workspace, found {sha256}")
    if not job.artefacts.path(sha256, "parquet").is_file():
        raise wrong
    table = job.artefacts.table(sha256)
    if not {"row", "x", "y"} <= set(table.column_names):
        raise wrong
    return {name: table[name].to_numpy() for name in ("row", "x", "y", "z") if name in table.column_names}


def _given_start(job: Job, rows: np.ndarray, space: Space, dimensions: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(where the points start, which of them the earlier map had) for the maps that the recipe wants aligned."""
    sha256 = job.recipe.projection.start_from
    if not sha256 or space.arm != "ssl":
        return None
    earlier = places(job, sha256)
    if len(earlier) - 1 != dimensions:
        return None
    begin, shared = align.starts(earlier, rows, space.neighbours.index)
    if shared.mean() < LEAST_SHARED:
        raise BadInput(
            f"projection.start_from: expected a map of at least {LEAST_SHARED:.0%} of these {len(rows):,} points, "
            f"found {int(shared.sum()):,} of them on it"
        )
    return begin, shared


def log_distances(job: Job, rows: np.ndarray, space: Space, method: str, dimensions: int) -> None:
    """How far classes lie apart in truth and on the map; nothing without labels."""
    key = f"{space.arm}/{method}/{dimensions}/{SEED}"
    if job.dataset.manifest["label"] is None or job.events.seen("distances", key):
        return
    labels = job.dataset.labels[rows]
    coordinates = _coordinates(job, key)
    found = class_distances(space.features, coordinates, labels)
    correlation = agreement(found, job.recipe.seed)
    classes = len(np.union1d(found.first, found.second))
    body = {
        "arm": space.arm,
        "method": method,
        "dimensions": dimensions,
        "seed": SEED,
        "classes": classes,
        "of": len(np.unique(labels[labels >= 0])),
        "rank_correlation": correlation,
        "note": None if correlation else "too few classes, or all as far apart, to rank their distances",
    }
    columns = {"a": found.first, "b": found.second, "true": found.true, "map": found.mapped}
    stored = job.artefacts.put_table(f"distances/{space.arm}/{method}/{dimensions}", pa.table(columns))
    job.events.append("distances", body, [stored], key=key)


def log_stability(job: Job, space: Space, method: str, dimensions: int, report: Report) -> None:
    """Make the map again with another seed: how many of a point's neighbours on the map are there again?"""
    key = f"{space.arm}/{method}/{dimensions}/{SEED}"
    if job.events.seen("stability", key):
        return
    began = time.monotonic()
    again, _ = project(job, space, method, dimensions, job.recipe.seed + 1, report)
    seconds = round(time.monotonic() - began, 2)
    k = space.neighbours.k
    first, second = (fidelity.map_neighbours(c, k) for c in (_coordinates(job, key), again))
    body = {
        "arm": space.arm,
        "method": method,
        "dimensions": dimensions,
        "seed": SEED,
        "points": len(again),
        "k": k,
        "kept": float(fidelity.kept(first, second).mean()),
        "chance": k / (len(again) - 1),
        "seconds": seconds,
    }
    job.events.append("stability", body, key=key)


def _coordinates(job: Job, key: str) -> np.ndarray:
    """float32 P x 2 or 3 of a map that was logged."""
    stored = places(job, job.events.seen("projection", key)["subjects"][0]["sha256"])
    return np.stack([stored[axis] for axis in "xyz" if axis in stored], axis=1)
