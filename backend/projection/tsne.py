"""t-SNE: keeps the most neighbours of all maps here; distances between clusters and their sizes mean nothing.

Van der Maaten & Hinton (2008), through openTSNE (Policar et al. 2024), from a PCA start (Kobak & Berens 2019). All
k neighbours of a point attract it alike, which gives the map of a perplexity of 30 from half as many neighbours
(Boehm, Berens & Kobak 2022, JMLR 23:95). In two dimensions forces are interpolated (Linderman et al. 2019); in three
they come from a tree, which takes minutes at 20,000 points. A stop takes effect after at most ten steps.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ..registry import Strict
from ._base import Neighbours, Report, silent
from ._neighbours import nearest
from .pca import Params as PcaParams
from .pca import project as pca

TITLE = "t-SNE"
SPREAD = 1e-4  # standard deviation of the start, small against the map's scale
JITTER = 0.01  # of that, so that points with the same features part
INTERPOLATED = 2_000  # points from which interpolation is the faster one
REPORTED = 10  # steps between two calls of progress


class Params(Strict):
    n_neighbors: int = Field(15, ge=2, le=100, description="Neighbours that attract a point")
    early_steps: int = Field(250, ge=10, le=5_000, description="Steps with exaggerated attraction")
    steps: int = Field(500, ge=10, le=5_000, description="Steps after those")
    exaggeration: float = Field(12.0, ge=1, le=100, description="Factor of the early attraction")


def project(
    features: np.ndarray,
    params: Params,
    dimensions: int,
    seed: int = 0,
    neighbours: Neighbours | None = None,
    progress: Report = silent,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """float32 N x d -> float32 N x dimensions. `neighbours` of at least n_neighbors, else they are searched."""
    import torch
    from openTSNE import TSNEEmbedding

    wanted = min(params.n_neighbors, len(features) - 1)
    if neighbours is None or neighbours.k < wanted:
        neighbours = nearest(features, wanted)
    begin = pca(features, PcaParams(), dimensions) if start is None else start
    fast = dimensions == 2 and len(features) >= INTERPOLATED
    embedding = TSNEEmbedding(
        _small(begin, seed),
        _affinities(neighbours.index[:, :wanted]),
        negative_gradient_method="fft" if fast else "bh",
        random_state=seed,
        n_jobs=torch.get_num_threads(),
        callbacks_every_iters=REPORTED,
    )
    done, total = 0, params.early_steps + params.steps
    for steps, exaggeration in ((params.early_steps, params.exaggeration), (params.steps, 1)):
        embedding = embedding.optimize(
            steps,
            exaggeration=exaggeration,
            momentum=0.8,
            propagate_exception=True,
            callbacks=_told(progress, done, total),
        )
        done += steps
    return np.ascontiguousarray(embedding, dtype=np.float32)


def _small(begin: np.ndarray, seed: int) -> np.ndarray:
    """float64 N x dimensions: `begin`, centred and shrunk, with a little noise."""
    noise = np.random.default_rng(seed).normal(size=begin.shape)
    centred = begin.astype(np.float64) - begin.mean(axis=0)
    size = centred.std(axis=0).max()
    return SPREAD * (centred / (size if size > 0 else 1) + JITTER * noise)


def _affinities(index: np.ndarray):
    """Two points attract each other by whether one or both count the other among their neighbours (int N x k)."""
    from openTSNE.affinity import PrecomputedAffinities
    from scipy.sparse import csr_matrix

    count, k = index.shape
    graph = csr_matrix((np.ones(index.size), index.ravel(), np.arange(0, index.size + 1, k)), shape=(count, count))
    both = csr_matrix(graph + graph.T)
    return PrecomputedAffinities(both / both.sum(), normalize=False)


def _told(progress: Report, before: int, total: int):
    """A callback of openTSNE: what `progress` raises ends the layout."""

    def told(step: int, error: float, embedding: np.ndarray) -> None:
        done = before + step
        progress(done, total, f"step {done} of {total}")

    return told
