"""What PaCMAP and LocalMAP share: pairs from the workbench's neighbours, repeatability, progress and stopping."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
from typing import Any

import numpy as np
from pydantic import Field

from ..registry import Strict
from ._base import Neighbours, Report, silent, unit_length
from ._neighbours import nearest

PHASES = (100, 100)  # steps of the two phases that lay out the whole, before the one that refines
ROUND = 3.5  # pairs a point for each near one: half as many mid-near and twice as many further ones


class Pairs(Strict):
    n_neighbors: int = Field(10, ge=2, le=100, description="Near pairs a point")
    steps: int = Field(250, ge=10, le=5_000, description="Steps of the last phase; the two before it take 100 each")


def fit(
    name: str,
    features: np.ndarray,
    dimensions: int,
    seed: int,
    neighbours: Neighbours | None,
    progress: Report = silent,
    start: np.ndarray | None = None,
    *,
    near: int,
    steps: int,
    **more: Any,
) -> np.ndarray:
    """The map of the class `name` of the package pacmap; near: pairs a point, steps: of the last phase."""
    total = sum(PHASES) + steps
    if "pacmap" not in sys.modules:
        progress(0, total, "loading PaCMAP, which compiles itself (up to a minute the first time)")
    import numba
    import pacmap

    logging.getLogger("pacmap.pacmap").setLevel(logging.ERROR)  # it warns of a fixed seed and of any three dimensions
    vectors = unit_length(features)
    vectors = np.pad(vectors, ((0, 0), (0, max(0, dimensions - vectors.shape[1]))))  # it starts from that many axes
    wanted = min(near, int(len(vectors) / ROUND))
    if neighbours is None or neighbours.k < wanted:
        neighbours = nearest(vectors, wanted)
    method = getattr(pacmap, name)(
        n_components=dimensions,
        n_neighbors=wanted,
        pair_neighbors=near_pairs(neighbours, wanted),
        num_iters=(*PHASES, steps),
        random_state=int(seed % 2**30),
        apply_pca=False,
        verbose=True,
        **more,
    )
    threads = numba.get_num_threads()
    numba.set_num_threads(1)  # LocalMAP draws pairs in threads whose order is not fixed; the layout itself has but one
    try:
        with contextlib.redirect_stdout(_Printed(progress, total)):
            found = method.fit_transform(vectors, init=start, save_pairs=False)
    finally:
        numba.set_num_threads(threads)
    return np.ascontiguousarray(found, dtype=np.float32)


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


class _Printed(io.TextIOBase):
    """The standard output while the map is made: every tenth step, which pacmap prints, becomes a call of `progress`.

    What it prints is the only hook that pacmap offers, and an exception from it ends the layout.
    """

    def __init__(self, progress: Report, total: int):
        self.progress, self.total = progress, total

    def write(self, text: str) -> int:
        if found := re.match(r"Iteration:\s*(\d+)", text):
            done = int(found[1])
            self.progress(done, self.total, f"step {done} of {self.total}")
        return len(text)
