"""Nearest neighbours by cosine: the one graph that maps, clusters and comparisons are made of and measured against.

Exact, in blocks on the device, up to EXACT points. Beyond that the points are sorted into cells around centroids
and only the cells nearest to a point are searched (inverted file; Sivic & Zisserman 2003; faiss, Douze et al. 2024,
arXiv 2401.08281): as many as a sample, whose exact neighbours are known, needs to find RECALL of them. What the
sample found is part of the answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ._base import Neighbours, Report, others, silent, unit_length

BLOCK_VALUES = 1 << 24  # similarities held at once: 64 MB in float32
EXACT = {"cpu": 30_000, "cuda": 300_000}  # points up to which every pair is compared: seconds on either
RECALL = 0.98  # share of the true neighbours to be found
SAMPLE = 1_000  # points whose true neighbours tell the recall
PROBES = (8, 16, 32, 64)  # cells searched a point, at most the last; each costs twice the one before
A_CELL = 64  # points a cell that its centroid is fitted to
TURNS = 10  # of k-means
ASKED = 5_000  # points searched between two calls of progress
SEED = 0


def nearest(features: np.ndarray, k: int, device: torch.device | str = "cpu", progress: Report = silent) -> Neighbours:
    """The `k` nearest other points of every point of `features` (float32 N x d); fewer where N - 1 < k.

    Memory beside the features: their unit-length copy, a second one where the search is not exact, and one block of
    similarities (64 MB).
    """
    count = len(features)
    k = min(k, count - 1)
    if count > EXACT[torch.device(device).type]:
        return _by_cells(unit_length(features), k, device, progress)
    vectors = torch.from_numpy(unit_length(features)).to(device)
    return Neighbours(*exact(vectors, np.arange(count), k, progress))


def exact(vectors: Tensor, rows: np.ndarray, k: int, progress: Report = silent) -> tuple[np.ndarray, np.ndarray]:
    """(index int32 R x k, cosine float32 R x k) of the points `rows` of unit-length `vectors` (N x d)."""
    count, asked = len(vectors), len(rows)
    block = max(1, BLOCK_VALUES // count)
    index = np.empty((asked, k), dtype=np.int32)
    cosine = np.empty((asked, k), dtype=np.float32)
    for start in range(0, asked, block):
        stop = min(start + block, asked)
        own = torch.from_numpy(rows[start:stop]).to(vectors.device)
        similarity = vectors[own] @ vectors.T
        similarity[torch.arange(len(own), device=own.device), own] = -torch.inf
        values, places = similarity.topk(k, dim=1)
        index[start:stop] = places.cpu().numpy()
        cosine[start:stop] = values.clamp(-1, 1).cpu().numpy()
        progress(stop, asked, f"{stop:,} of {asked:,} points")
    return index, cosine


def _by_cells(vectors: np.ndarray, k: int, device: torch.device | str, progress: Report) -> Neighbours:
    """Neighbours among the points of the nearest cells, and how many of the true ones a sample finds there."""
    count = len(vectors)
    on_device = torch.from_numpy(vectors).to(device)
    cells = _cells(vectors, progress)
    sample = np.sort(np.random.default_rng(SEED).choice(count, min(SAMPLE, count), replace=False))
    true, _ = exact(on_device, sample, k)
    found = np.zeros(0)
    for cells.nprobe in PROBES:
        progress(0, count, f"choosing how many cells to search, {cells.nprobe}")
        index, _ = _search(cells, vectors, sample, k)
        found = (true[:, :, None] == index[:, None, :]).any(axis=2).mean(axis=1)
        if found.mean() >= RECALL:
            break
    index = np.empty((count, k), dtype=np.int32)
    cosine = np.empty((count, k), dtype=np.float32)
    order = np.argsort(
        cells.quantizer.search(vectors, 1)[1][:, 0], kind="stable"
    )  # one cell at a time: it stays cached
    for start in range(0, count, ASKED):
        rows = order[start : start + ASKED]
        index[rows], cosine[rows] = _search(cells, vectors, rows, k)
        progress(min(start + ASKED, count), count, f"{min(start + ASKED, count):,} of {count:,} points")
    short = np.flatnonzero((index < 0).any(axis=1))  # the cells held too few points
    if len(short):
        index[short], cosine[short] = exact(on_device, short, k)
    error = 1.96 * float(found.std()) / np.sqrt(len(found))
    value = float(found.mean())
    recall = {"value": value, "low": max(0.0, value - error), "high": min(1.0, value + error)}
    return Neighbours(index, cosine, recall)


def _cells(vectors: np.ndarray, progress: Report) -> Any:
    """A faiss index of `vectors` in about 2 sqrt(N) cells."""
    import faiss

    faiss.omp_set_num_threads(torch.get_num_threads())
    count, dim = vectors.shape
    centroids = faiss.IndexFlatIP(dim)
    cells = faiss.IndexIVFFlat(centroids, dim, int(2 * np.sqrt(count)), faiss.METRIC_INNER_PRODUCT)
    cells.cp.seed, cells.cp.niter, cells.cp.max_points_per_centroid = SEED + 1, TURNS, A_CELL
    progress(0, count, f"sorting the points into {cells.nlist:,} cells")
    cells.train(vectors)
    for start in range(0, count, 10 * ASKED):
        cells.add(vectors[start : start + 10 * ASKED])
        progress(0, count, f"sorted {min(start + 10 * ASKED, count):,} of {count:,} points into cells")
    return cells


def _search(cells: Any, vectors: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(index, cosine), R x k each, without the points themselves; -1 where the cells held too few."""
    cosine, index = cells.search(vectors[rows], k + 1)
    kept = others(index, rows)
    return index[kept].reshape(-1, k), cosine[kept].reshape(-1, k).clip(-1, 1)
