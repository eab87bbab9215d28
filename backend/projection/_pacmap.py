"""What PaCMAP and LocalMAP take from the package pacmap: the pairs and the first places, the near pairs given from the
workbench's neighbours. The layout is `_layout`.
"""

from __future__ import annotations

import logging
import sys

import numpy as np
import torch
from pydantic import Field

from ..registry import Strict
from ._base import Neighbours, Report, unit_length
from ._layout import lay_out
from ._neighbours import nearest

PHASES = (100, 100)  # steps of the two phases that lay out the whole, before the one that refines
ROUND = 3.5  # pairs a point for each near one: half as many mid-near and twice as many further ones


class Pairs(Strict):
    n_neighbors: int = Field(10, ge=2, le=100, description="Near pairs a point")
    steps: int = Field(250, ge=10, le=5_000, description="Steps of the last phase; the two before it take 100 each")


def fit(
    features: np.ndarray,
    params: Pairs,
    dimensions: int,
    seed: int,
    neighbours: Neighbours | None,
    progress: Report,
    start: np.ndarray | None,
    nearby: float | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions: PaCMAP's map, with `nearby` LocalMAP's."""
    phases = (*PHASES, params.steps)
    near, total = params.n_neighbors, sum(phases)
    begin, kinds = _drawn(features, dimensions, seed, neighbours, progress, start, near=near, total=total)
    return lay_out(begin, kinds, phases, torch.get_num_threads(), progress, nearby, seed)


def _drawn(
    features: np.ndarray,
    dimensions: int,
    seed: int,
    neighbours: Neighbours | None,
    progress: Report,
    start: np.ndarray | None,
    *,
    near: int,
    total: int,
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """(float32 N x dimensions, (near, mid-near, further pairs: each int32 P x 2)): where PaCMAP's layout begins.

    The package pacmap in no steps: it draws the pairs with the seed, and its first places are the two or three leading
    principal components, or `start`, made small.
    """
    vectors, near_ones, wanted = _prepared(features, dimensions, neighbours, progress, near=near, total=total)
    from pacmap import PaCMAP

    progress(0, total, "drawing pairs")
    method = PaCMAP(
        n_components=dimensions,
        n_neighbors=wanted,
        pair_neighbors=near_ones,
        random_state=int(seed % 2**30),
        apply_pca=False,
        num_iters=(0, 0, 0),
    ).fit(vectors, init=start)
    return method.embedding_, (method.pair_neighbors, method.pair_MN, method.pair_FP)


def _prepared(
    features: np.ndarray, dimensions: int, neighbours: Neighbours | None, progress: Report, *, near: int, total: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """(unit-length features, near pairs, near pairs a point), with the package loaded."""
    if "pacmap" not in sys.modules:
        progress(0, total, "loading PaCMAP, which compiles itself (up to a minute the first time)")
    import pacmap  # noqa: F401

    logging.getLogger("pacmap.pacmap").setLevel(logging.ERROR)  # it warns of a fixed seed and of any three dimensions
    vectors = unit_length(features)
    vectors = np.pad(vectors, ((0, 0), (0, max(0, dimensions - vectors.shape[1]))))  # it starts from that many axes
    wanted = min(near, int(len(vectors) / ROUND))
    if neighbours is None or neighbours.k < wanted:
        neighbours = nearest(vectors, wanted)
    return vectors, near_pairs(neighbours, wanted), wanted


def near_pairs(neighbours: Neighbours, wanted: int) -> np.ndarray:
    """int32 (N * wanted) x 2: every point with the neighbours that are nearest for the scale of both their places.

    Squared distances over the product of the two points' mean distance to their 4th to 6th neighbour (Wang et al.
    2021, section 4.1), chosen among all the neighbours that are given.
    """
    index = neighbours.index
    distance = np.sqrt(np.maximum(2 - 2 * neighbours.cosine, 0))
    scale = np.maximum(distance[:, min(3, neighbours.k - 1) : 6].mean(axis=1), 1e-10)
    scaled = distance**2 / scale[:, None] / scale[index]
    best = np.argsort(scaled, axis=1, kind="stable")[:, :wanted]
    own = np.repeat(np.arange(len(index), dtype=np.int32), wanted)
    return np.column_stack([own, np.take_along_axis(index, best, axis=1).ravel()]).astype(np.int32)
