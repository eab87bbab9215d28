"""Nearest neighbours by cosine: the one graph that maps, clusters and comparisons are made of and measured against.

Exact, in blocks on the device, up to EXACT points. Beyond that the points are sorted into cells around centroids
(k-means of faiss; Douze et al. 2024, arXiv 2401.08281) and every cell is compared with the cells around it (inverted
file; Sivic & Zisserman 2003), a cell at a time, since one product of matrices is several times faster than a search
for each point. As many cells as a sample, whose exact neighbours are known, needs to find RECALL of them; what the
sample found is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ._base import Neighbours, Report, others, silent, unit_length

BLOCK_VALUES = 1 << 24  # similarities held at once: 64 MB in float32
EXACT = {"cpu": 30_000, "cuda": 300_000}  # points up to which every pair is compared: seconds on either
RECALL = 0.95  # share of the true neighbours to be found
SAMPLE = 500  # points whose true neighbours tell the recall
PROBES = (8, 16, 32, 64)  # cells that a cell is compared with, itself among them; each costs twice the one before
A_CELL = 64  # points a cell that its centroid is fitted to, at most
TURNS = 10  # of k-means
SEED = 1


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
    cells = _Cells.made_of(torch.from_numpy(vectors).to(device), vectors, progress)
    sample = np.sort(np.random.default_rng(SEED).choice(count, min(SAMPLE, count), replace=False))
    true, _ = exact(cells.vectors, sample, k)
    for probes in PROBES:
        told = f"choosing how many cells to search, {probes}"
        index, _ = cells.search(sample, k, probes, lambda done, total, note, told=told: progress(0, count, told))
        found = (true[:, :, None] == index[:, None, :]).any(axis=2).mean(axis=1)
        if found.mean() >= RECALL:
            break
    index, cosine = cells.search(np.arange(count), k, probes, progress)
    short = np.flatnonzero(index[:, -1] < 0)  # the cells held too few points
    if len(short):
        index[short], cosine[short] = exact(cells.vectors, short, k)
    value, error = float(found.mean()), 1.96 * float(found.std() / np.sqrt(len(found)))
    return Neighbours(index, cosine, {"value": value, "low": max(0.0, value - error), "high": min(1.0, value + error)})


@dataclass(frozen=True)
class _Cells:
    """vectors: N x d of unit length on the device; of: int N, each point's cell; members: the points of each cell;
    near: int C x the most probes, each cell's nearest cells, itself first."""

    vectors: Tensor
    of: np.ndarray
    members: list[np.ndarray]
    near: np.ndarray

    @classmethod
    def made_of(cls, vectors: Tensor, on_cpu: np.ndarray, progress: Report) -> _Cells:
        """The points in about 2 sqrt(N) cells."""
        import faiss

        count, dim = vectors.shape
        number = int(2 * np.sqrt(count))
        progress(0, count, f"sorting the points into {number:,} cells")
        faiss.omp_set_num_threads(torch.get_num_threads())
        means = faiss.Kmeans(dim, number, niter=TURNS, spherical=True, seed=SEED, max_points_per_centroid=A_CELL)
        means.train(on_cpu)
        centroids = torch.from_numpy(means.centroids).to(vectors.device)
        block = max(1, BLOCK_VALUES // number)
        nearest_one = [(part @ centroids.T).argmax(dim=1) for part in vectors.split(block)]
        of = torch.cat(nearest_one).cpu().numpy()
        members = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of, minlength=number))[:-1])
        between = centroids @ centroids.T
        between.fill_diagonal_(torch.inf)
        near = between.topk(min(PROBES[-1], number), dim=1).indices.cpu().numpy()
        return cls(vectors, of, members, near)

    def search(self, rows: np.ndarray, k: int, probes: int, progress: Report) -> tuple[np.ndarray, np.ndarray]:
        """(index int32 R x k, cosine float32 R x k) of the points `rows`; -1 where the cells hold too few others."""
        index = np.full((len(rows), k), -1, dtype=np.int32)
        cosine = np.zeros((len(rows), k), dtype=np.float32)
        order = np.argsort(self.of[rows], kind="stable")
        asked, first = np.unique(self.of[rows[order]], return_index=True)
        done = 0
        for cell, places in zip(asked, np.split(order, first[1:]), strict=True):
            among = np.concatenate([self.members[c] for c in self.near[cell, :probes]])
            if len(among) > k:
                index[places], cosine[places] = self._best(rows[places], among, k)
            done += len(places)
            progress(done, len(rows), f"{done:,} of {len(rows):,} points")
        return index, cosine

    def _best(self, own: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(index, cosine), both R x k, of the points `own`, which are themselves `among` the candidates."""
        candidates = self.vectors[torch.from_numpy(among).to(self.vectors.device)]
        parts = []
        for some in np.array_split(own, max(1, len(own) * len(among) // BLOCK_VALUES)):
            asked = self.vectors[torch.from_numpy(some).to(self.vectors.device)]
            values, places = (asked @ candidates.T).topk(k + 1, dim=1)
            found = among[places.cpu().numpy()]
            kept = others(found, some)
            parts.append((found[kept].reshape(-1, k), values.clamp(-1, 1).cpu().numpy()[kept].reshape(-1, k)))
        index, cosine = zip(*parts, strict=True)
        return np.concatenate(index), np.concatenate(cosine)
