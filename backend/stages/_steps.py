"""Maps of the encoders that were kept on the way (train.keep_every), laid over the map of the finished one.

They are made from the last back to the first, and each starts where the next later one ended, so that a point's path
over the steps is movement of the embedding as far as a map can show it. How many of its true neighbours each point
already has stands beside it and needs no map.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from ..engine.features import encode
from ..engine.job import Job
from ..engine.weights import load_encoder
from ..projection import _align as align
from ..projection._base import Report, part
from ..projection._compare import by_chance, jaccard
from ..projection._fidelity import mean_interval
from ..projection._neighbours import nearest
from ._maps import as_table, measure, places, project
from ._spaces import SEED, Space, check_finite, groups, hits, keep_neighbours, refused
from .modality import DataModule


def kept_steps(job: Job) -> list[int]:
    """The steps of the mapped pretraining whose encoders were kept, ascending; the finished one is not among them."""
    every, finished = job.recipe.train.keep_every, job.events.seen("encoder", f"pretrain/{SEED}")
    if not every or finished is None:
        return []
    steps = range(every, int(finished["body"]["steps"]), every)
    return [step for step in steps if job.events.seen("encoder.kept", f"pretrain/{SEED}/{step}")]


def log_step(
    job: Job,
    data: DataModule,
    rows: np.ndarray,
    final: Space,
    step: int,
    later: int | None,
    method: str,
    dimensions: int,
    report: Report,
) -> None:
    """Map the encoder of one step, from the map of the `later` step (None: the finished encoder's)."""
    key = f"ssl/{method}/{dimensions}/{SEED}/{step}"
    if job.events.seen("projection.step", key):
        return
    began = time.monotonic()
    features = _features(job, data, rows, step, part(report, 0, 3))
    if refused(job, "ssl", features, step):
        return
    found = nearest(features, final.neighbours.k, job.torch_device, part(report, 1, 3))
    space = Space("ssl", features, found, hits(job, rows, found.index))
    target, aligned = _target(job, method, dimensions, later)
    coordinates, params = project(job, space, method, dimensions, job.recipe.seed, part(report, 2, 3), target)
    coordinates = align.overlay(coordinates, target)
    kept, measured = measure(job, rows, space, coordinates)
    same = jaccard(found.index, final.neighbours.index)
    body = {
        "arm": "ssl",
        "method": method,
        "dimensions": dimensions,
        "seed": SEED,
        "step": step,
        "points": len(rows),
        "seconds": round(time.monotonic() - began, 2),
        "params": params,
        "fidelity": measured,
        "aligned_to": {**aligned, "moved": align.moved(coordinates, target)},
        "jaccard_to_final": mean_interval(same.astype(np.float64), groups(job, rows)),
        "chance": by_chance(len(rows), found.k),
    }
    table = as_table(rows, coordinates, kept, jaccard=same)
    stored = job.artefacts.put_table(f"projection/ssl/{method}/{dimensions}/{step}", table)
    near = keep_neighbours(job, f"neighbours/ssl/{step}", rows, found)
    job.events.append("projection.step", body, [stored, near], key=key)


def _features(job: Job, data: DataModule, rows: np.ndarray, step: int, report: Report) -> np.ndarray:
    """float32 P x d of the encoder that was kept at `step`."""

    def encoding(done: int, total: int) -> None:
        report(done, total, "features")

    stored = job.events.seen("encoder.kept", f"pretrain/{SEED}/{step}")["subjects"][0]["sha256"]
    inputs = data.inputs[torch.as_tensor(rows, device=job.torch_device)]
    found = encode(load_encoder(job.artefacts, stored), inputs, job.torch_device, progress=encoding)
    check_finite(found, f"features of step {step}")
    return found


def _target(job: Job, method: str, dimensions: int, later: int | None) -> tuple[np.ndarray, dict[str, Any]]:
    """(float32 P x dimensions, {"step", "sha256"}) of the map that this one starts from: of the same rows in the same
    order, by the encoder of the `later` step or the next one after it that has a map; step None: the finished one."""
    key = f"ssl/{method}/{dimensions}/{SEED}"
    found, step = job.events.seen("projection", key), None
    for kept in reversed(kept_steps(job)):
        if later is not None and kept >= later and (event := job.events.seen("projection.step", f"{key}/{kept}")):
            found, step = event, kept
    sha256 = found["subjects"][0]["sha256"]
    stored = places(job, sha256)
    return np.stack([stored[axis] for axis in "xyz" if axis in stored], axis=1), {"step": step, "sha256": sha256}
