"""UMAP: keeps near what is near, tears apart the rest; sizes of clusters and distances between them mean nothing.

McInnes, Healy & Melville (2018), through umap-learn. The neighbour graph is built from the cosine
neighbours that the workbench computes anyway. umap-learn is imported on the first call: it compiles itself then,
which takes half a minute once on a machine and some seconds in every process after that.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from pydantic import Field

from ..registry import Strict
from ._base import Neighbours, Report, silent, unit_length
from ._neighbours import nearest

TITLE = "UMAP"


class Params(Strict):
    n_neighbors: int = Field(15, ge=2, le=100, description="Neighbours per point, itself included, in the graph")
    min_dist: float = Field(0.1, ge=0, le=0.99, description="How tightly points may be packed on the map")
    epochs: int = Field(200, ge=10, le=2_000, description="Passes of the layout over the graph's edges")
    negative_sample_rate: int = Field(5, ge=1, le=50, description="Repulsions for each attraction")


def project(
    features: np.ndarray,
    params: Params,
    dimensions: int,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    progress: Report = silent,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions. `neighbours` of at least n_neighbors - 1, else they are searched."""
    if "umap" not in sys.modules:
        progress(0, params.epochs, "loading UMAP, which compiles itself (up to half a minute the first time)")
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    vectors = unit_length(features)
    wanted = min(params.n_neighbors, len(vectors))
    if neighbours is None or neighbours.k < wanted - 1:
        neighbours = nearest(vectors, wanted - 1)
    index, distance = _with_itself(neighbours, wanted)
    state = np.random.RandomState(seed)
    with warnings.catch_warnings():
        # A graph in several pieces and a failed spectral start are ordinary on small sets; both have a fallback.
        warnings.simplefilter("ignore")
        graph, _, _ = fuzzy_simplicial_set(vectors, wanted, state, "cosine", knn_indices=index, knn_dists=distance)
        a, b = find_ab_params(spread=1.0, min_dist=params.min_dist)
        coordinates, _ = simplicial_set_embedding(
            data=vectors,
            graph=graph,
            n_components=dimensions,
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=params.negative_sample_rate,
            n_epochs=params.epochs,
            init=_start(start, len(vectors), dimensions),
            random_state=state,
            metric="cosine",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            tqdm_kwds=_listening(progress, params.epochs),
        )
    return np.ascontiguousarray(coordinates, dtype=np.float32)


def _start(start: np.ndarray | None, count: int, dimensions: int) -> np.ndarray | str:
    """Where the layout begins: at the places that are given, else at the graph's leading eigenvectors."""
    if start is not None:
        return start.astype(np.float32)
    return "spectral" if count > 4 * dimensions else "random"


def _with_itself(neighbours: Neighbours, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """(int32 N x wanted, float32 N x wanted): every point first, at distance 0, then its nearest others."""
    others = wanted - 1
    own = np.arange(len(neighbours.index), dtype=np.int32)[:, None]
    index = np.hstack([own, neighbours.index[:, :others]])
    distance = np.maximum(1 - neighbours.cosine[:, :others], 0)
    return index, np.hstack([np.zeros_like(own, dtype=np.float32), distance])


class _Bar:
    """The file that umap-learn's progress bar writes to: every refresh becomes a call of `progress`.

    The bar is the only hook that the layout offers, and an exception from it ends the layout.
    """

    def __init__(self, progress: Report, total: int):
        self.progress, self.total = progress, total

    def write(self, text: str) -> None:
        done = text.strip()
        if done.isdigit():
            self.progress(int(done), self.total, f"epoch {done} of {self.total}")

    def flush(self) -> None:
        """A bar flushes its file after every write."""


def _listening(progress: Report, total: int) -> dict[str, object]:
    """Arguments of the bar: only the number of epochs is written; miniters=1 keeps its monitor thread out."""
    return {
        "disable": False,
        "file": _Bar(progress, total),
        "bar_format": "{n_fmt}",
        "mininterval": 0.2,
        "miniters": 1,
        "ascii": True,
    }
