"""Maps of the embedding, and what they are measured against: exact cosine neighbours in the encoder's space.

The features of pretraining seed 0 and, for comparison, those of the untrained encoder. Events: `neighbours`, of texts
`clusters`, `projection`, and `projection.refused` where an encoder has nothing to map. Every map is an event with its
own key, so a stopped or killed run goes on with the first map that is missing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..engine.job import Job
from ..projection import _fidelity as fidelity
from ..projection._base import Neighbours, Report
from ..projection._neighbours import nearest
from ..projection._rows import choose_rows
from ..registry import Strict, plugin
from ..workspace.layout import BadInput
from ._clusters import log_clusters

SEED = 0  # the pretraining seed that is mapped
FEATURES = {"ssl": f"pretrain/{SEED}", "random": f"random/{SEED}"}  # arm -> key of its `features` event
MIN_POINTS = 10


class Params(Strict):
    """The stage's settings are the recipe's [projection] section."""


@dataclass(frozen=True)
class Space:
    """One encoder's space on the P mapped rows; hits: float64 P (NaN: nothing to say), None without labels."""

    arm: str
    features: np.ndarray
    neighbours: Neighbours
    hits: np.ndarray | None


def run(job: Job) -> None:
    """Map the chosen rows of every arm. Raises BadInput for missing or non-finite features and too few rows."""
    rows = choose_rows(job.dataset.table, job.recipe.projection.max_points, job.recipe.seed)
    if len(rows) < MIN_POINTS:
        raise BadInput(f"project: expected at least {MIN_POINTS} rows to map, found {len(rows)}")
    features = {arm: found for arm in FEATURES if (found := load_features(job, arm, rows)) is not None}
    if "ssl" not in features:
        raise BadInput("project: expected the features of pretraining seed 0, found none (stages needs 'pretrain')")
    mappable = {arm: found for arm, found in features.items() if not _refused(job, arm, found)}
    plan = _plan(job, list(mappable))
    clustered = sorted(mappable) if job.dataset.kind == "text" else []
    steps = len(mappable) + len(clustered) + len(plan)
    spaces: dict[str, Space] = {}
    for step, arm in enumerate(sorted(mappable)):  # "random" before "ssl", which is compared with it
        report = _reporter(job, step, steps, f"{arm}, neighbours")
        spaces[arm] = _space(job, arm, rows, mappable[arm], report)
        _log_neighbours(job, rows, spaces[arm], spaces.get("random"))
    for step, arm in enumerate(clustered, len(mappable)):
        report = _reporter(job, step, steps, arm)
        log_clusters(job, rows, arm, SEED, spaces[arm].neighbours, report)
    for step, (arm, method, dimensions) in enumerate(plan, len(mappable) + len(clustered)):
        report = _reporter(job, step, steps, f"{arm}, {method} in {dimensions} dimensions")
        _map(job, rows, spaces[arm], method, dimensions, report)


def load_features(job: Job, arm: str, rows: np.ndarray) -> np.ndarray | None:
    """float32 P x d of `rows`, or None where the run has no such features. Raises BadInput for NaN and infinity."""
    event = job.events.seen("features", FEATURES[arm])
    if event is None:
        return None
    found = job.artefacts.array(event["subjects"][0]["sha256"], "features")
    if len(found) != len(job.dataset.table):
        raise BadInput(f"project: {arm} features: expected {len(job.dataset.table)} rows, found {len(found)}")
    broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(broken):
        raise BadInput(
            f"project: {arm} features: expected finite numbers, found NaN or infinity in {len(broken)} "
            f"of {len(found)} rows, first in row {broken[0]}"
        )
    return found[rows].astype(np.float32, copy=False)


def _refused(job: Job, arm: str, features: np.ndarray) -> bool:
    """True, and said in an event, where every point has the same features: the encoder collapsed."""
    spread = float(features.std(axis=0).max())
    if spread > 1e-6 * max(1.0, float(np.abs(features).max())):
        return False
    reason = f"all {len(features)} points have the same features (largest standard deviation {spread:.1e})"
    job.events.append("projection.refused", {"arm": arm, "seed": SEED, "reason": reason}, key=f"{arm}/{SEED}")
    return True


def _plan(job: Job, arms: list[str]) -> list[tuple[str, str, int]]:
    """(arm, method, dimensions) of every map; the untrained encoder, there to compare, in the fewest dimensions."""
    settings = job.recipe.projection
    dimensions = sorted(set(settings.dimensions))
    wanted = {"ssl": dimensions, "random": dimensions[:1]}
    return [(arm, method, d) for arm in arms for d in wanted[arm] for method in settings.methods]


def _reporter(job: Job, step: int, steps: int, what: str) -> Report:
    """A `progress` for one step of the stage: it tells the heartbeat, and raises Stopped when asked to stop."""

    def report(done: float, total: float, note: str) -> None:
        job.report(step + done / total, steps, "steps", f"{what}: {note}")
        job.check_stop()

    return report


def _space(job: Job, arm: str, rows: np.ndarray, features: np.ndarray, report: Report) -> Space:
    """Neighbours are read back where an earlier attempt logged them."""
    event = job.events.seen("neighbours", f"{arm}/{SEED}")
    if event is None:
        found = nearest(features, fidelity.K, job.torch_device, report)
    else:
        stored = event["subjects"][0]["sha256"]
        found = Neighbours(job.artefacts.array(stored, "index"), job.artefacts.array(stored, "cosine"))
    return Space(arm, features, found, _hits(job, rows, found.index))


def _hits(job: Job, rows: np.ndarray, neighbours: np.ndarray) -> np.ndarray | None:
    if job.dataset.manifest["label"] is None:
        return None
    hits = fidelity.neighbour_hit(neighbours, job.dataset.labels[rows], _groups(job, rows))
    return None if np.isnan(hits).all() else hits


def _groups(job: Job, rows: np.ndarray) -> np.ndarray | None:
    if job.dataset.manifest["group"] is None:
        return None
    return job.dataset.table["group"].astype("category").cat.codes.to_numpy()[rows]


def _log_neighbours(job: Job, rows: np.ndarray, space: Space, random: Space | None) -> None:
    key = f"{space.arm}/{SEED}"
    if job.events.seen("neighbours", key):
        return
    arrays = {"index": space.neighbours.index, "cosine": space.neighbours.cosine, "rows": rows}
    hit = gain = chance = None
    if space.hits is not None:
        groups = _groups(job, rows)
        hit = fidelity.mean_interval(space.hits, groups)
        chance = fidelity.chance_hit(job.dataset.labels[rows])
        if space.arm == "ssl" and random is not None and random.hits is not None:
            gain = fidelity.mean_interval(space.hits - random.hits, groups)
    body = {
        "arm": space.arm,
        "seed": SEED,
        "k": space.neighbours.k,
        "points": len(rows),
        "hit": hit,
        "chance": chance,
        "gain_over_random": gain,
    }
    job.events.append("neighbours", body, [job.artefacts.put_arrays(f"neighbours/{space.arm}", arrays)], key=key)


def _map(job: Job, rows: np.ndarray, space: Space, method: str, dimensions: int, report: Report) -> None:
    key = f"{space.arm}/{method}/{dimensions}/{SEED}"
    if job.events.seen("projection", key):
        return
    started = time.monotonic()
    found = plugin("projection", method)
    params = found.params()
    coordinates = found.call(space.features, params, dimensions, job.recipe.seed, space.neighbours, report)
    mapped = fidelity.map_neighbours(coordinates, space.neighbours.k)
    kept = fidelity.kept(space.neighbours.index, mapped)
    trust, summed = fidelity.trustworthiness(space.features, mapped, job.recipe.seed, job.torch_device)
    hits = _hits(job, rows, mapped)
    body = {
        "arm": space.arm,
        "method": method,
        "dimensions": dimensions,
        "seed": SEED,
        "points": len(rows),
        "rows": len(job.dataset.table),
        "seconds": round(time.monotonic() - started, 2),
        "params": params.model_dump(),
        "fidelity": {
            "k": space.neighbours.k,
            "trustworthiness": trust,
            "trustworthiness_points": summed,
            "knn_kept": float(kept.mean()),
            "neighbour_hit_map": None if hits is None else float(np.nanmean(hits)),
            "neighbour_hit_true": None if space.hits is None else float(np.nanmean(space.hits)),
        },
    }
    columns = {"row": rows, **dict(zip("xyz", coordinates.T, strict=False)), "kept": kept}
    table = job.artefacts.put_table(f"projection/{space.arm}/{method}/{dimensions}", pa.table(columns))
    job.events.append("projection", body, [table], key=key)
