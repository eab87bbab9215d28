"""The encoders' spaces on the mapped rows: features, neighbours, and how often neighbours share a label."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from ..engine.job import Job
from ..projection import _fidelity as fidelity
from ..projection._base import Neighbours, Report, unit_length
from ..projection._neighbours import nearest
from ..workspace.artefacts import Artefact
from ..workspace.layout import BadInput

SEED = 0  # the pretraining seed that is mapped
BLOCK = 10_000  # points whose deviations are held at once
# Mean cosine distance up to which float32 does not tell directions apart. Of noise around one direction, in 8 to 512
# dimensions, it finds 65 to 98 % of the true neighbours at 1e-5, 5 to 80 % at 1e-6, 1 to 17 % at 1e-7.
DISTINCT = 1e-6
FEATURES = {"ssl": f"pretrain/{SEED}", "random": f"random/{SEED}"}  # arm -> key of its `features` event


@dataclass(frozen=True)
class Space:
    """One encoder's space on the P mapped rows; hits: float64 P (NaN: nothing to say), None without labels."""

    arm: str
    features: np.ndarray
    neighbours: Neighbours
    hits: np.ndarray | None


def load_features(job: Job, arm: str, rows: np.ndarray) -> np.ndarray | None:
    """float32 P x d of `rows`, or None where the run has no such features. Raises BadInput for NaN and infinity."""
    event = job.events.seen("features", FEATURES[arm])
    if event is None:
        return None
    found = job.artefacts.array(event["subjects"][0]["sha256"], "features")
    if len(found) != len(job.dataset.table):
        raise BadInput(f"project: {arm} features: expected {len(job.dataset.table)} rows, found {len(found)}")
    check_finite(found, f"{arm} features")
    return found[rows].astype(np.float32, copy=False)


def check_finite(features: np.ndarray, whose: str) -> None:
    """Raises BadInput for NaN and infinity."""
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise BadInput(
            f"project: {whose}: expected finite numbers, found NaN or infinity in {len(broken)} "
            f"of {len(features)} rows, first in row {broken[0]}"
        )


def refused(job: Job, arm: str, features: np.ndarray, step: int | None = None) -> bool:
    """True, and said in an event, where every point has the same features, or the same but for their length: the
    encoder collapsed.

    features: float32 P x d; step: at which the encoder was kept, None for the finished one.
    """
    found = _collapsed(features)
    if found is None:
        return False
    onto, reason = found
    key = f"{arm}/{SEED}" if step is None else f"{arm}/{SEED}/{step}"
    body = {"arm": arm, "seed": SEED, "step": step, "onto": onto, "reason": reason}
    job.events.append("projection.refused", body, key=key)
    return True


def _collapsed(features: np.ndarray) -> tuple[str, str] | None:
    """("point" or "direction" that all P x d features share, how that was found); None where they differ."""
    count = f"all {len(features)} points"
    spread = float(np.sqrt(_variance(features).max()))
    if spread <= 1e-6 * max(1.0, float(np.abs(features).max())):
        return "point", f"{count} have the same features (largest standard deviation {spread:.1e})"
    distance = float(_variance(unit_length(features)).sum())  # 1 - cosine, mean over all pairs
    if distance <= DISTINCT:
        says = f"{count} lie in the same direction (mean cosine distance {distance:.1e}) and differ in length alone"
        return "direction", f"{says}, which neighbours and maps leave out"
    return None


def _variance(vectors: np.ndarray) -> np.ndarray:
    """float64 d, of float32 P x d. Summed in float64: in float32 the mean of 100,000 equal rows is off by 0.1 %."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    parts = np.array_split(vectors, len(vectors) // BLOCK + 1)
    return sum(((part - mean) ** 2).sum(axis=0) for part in parts) / len(vectors)


def make_space(
    job: Job, rows: np.ndarray, arm: str, features: np.ndarray, random: Space | None, report: Report
) -> Space:
    """Neighbours are read back where an earlier attempt logged them."""
    event = job.events.seen("neighbours", f"{arm}/{SEED}")
    if event is not None:
        stored = event["subjects"][0]["sha256"]
        arrays = (job.artefacts.array(stored, name) for name in ("index", "cosine"))
        found = Neighbours(*arrays, recall=event["body"].get("recall"))
        return Space(arm, features, found, hits(job, rows, found.index))
    began = time.monotonic()
    found = nearest(features, fidelity.K, job.torch_device, report)
    space = Space(arm, features, found, hits(job, rows, found.index))
    _log_neighbours(job, rows, space, random, round(time.monotonic() - began, 2))
    return space


def hits(job: Job, rows: np.ndarray, neighbours: np.ndarray) -> np.ndarray | None:
    """float64 P, None without labels."""
    if job.dataset.manifest["label"] is None:
        return None
    found = fidelity.neighbour_hit(neighbours, job.dataset.labels[rows], groups(job, rows))
    return None if np.isnan(found).all() else found


def groups(job: Job, rows: np.ndarray) -> np.ndarray | None:
    if job.dataset.manifest["group"] is None:
        return None
    return job.dataset.table["group"].astype("category").cat.codes.to_numpy()[rows]


def _log_neighbours(job: Job, rows: np.ndarray, space: Space, random: Space | None, seconds: float) -> None:
    found = space.neighbours
    hit = gain = chance = None
    if space.hits is not None:
        owners = groups(job, rows)
        hit = fidelity.mean_interval(space.hits, owners)
        chance = fidelity.chance_hit(job.dataset.labels[rows], owners, ~np.isnan(space.hits))
        if space.arm == "ssl" and random is not None and random.hits is not None:
            gain = fidelity.mean_interval(space.hits - random.hits, owners)
    body = {
        "arm": space.arm,
        "seed": SEED,
        "k": found.k,
        "points": len(rows),
        "method": "exact" if found.recall is None else "cells",
        "recall": found.recall,
        "seconds": seconds,
        "hit": hit,
        "chance": chance,
        "gain_over_random": gain,
    }
    stored = keep_neighbours(job, f"neighbours/{space.arm}", rows, found)
    job.events.append("neighbours", body, [stored], key=f"{space.arm}/{SEED}")


def keep_neighbours(job: Job, role: str, rows: np.ndarray, found: Neighbours) -> Artefact:
    """The graph of the P rows as an artefact: "index" into `rows`, "cosine", "rows"."""
    return job.artefacts.put_arrays(role, {"index": found.index, "cosine": found.cosine, "rows": rows})
