"""Clusters of an embedding: communities of its nearest-neighbour graph, in the encoder's own space.

Two points that are neighbours are joined as strongly as their neighbourhoods overlap (Jaccard; Levine et al. 2015,
PhenoGraph); the communities maximise modularity (Louvain; Blondel et al. 2008, through scikit-network). Such a graph
always has communities, so their modularity and the untrained encoder's clusters are there to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._base import Report, silent

METHOD = "louvain"
SMALLEST, SMALLEST_SHARE = 5, 0.005  # communities of fewer points are none
BLOCK = 2_000  # points whose overlaps are counted at once: 8 MB at 15 neighbours
NONE = -1


@dataclass(frozen=True)
class Clusters:
    """of: int32 P, the cluster of every point, the largest is 0, `NONE` where it is in none; modularity: of all
    communities, 0 for a random partition, at most 1."""

    of: np.ndarray
    modularity: float

    @property
    def count(self) -> int:
        return int(self.of.max(initial=NONE)) + 1


def overlap(index: np.ndarray, progress: Report = silent) -> np.ndarray:
    """float32 P x k: the Jaccard index of the neighbourhoods of every point and each of its neighbours `index` (int
    P x k); a point belongs to its own neighbourhood."""
    count, k = index.shape
    around = np.column_stack([np.arange(count), index])
    shared = np.empty((count, k), dtype=np.float32)
    for start in range(0, count, BLOCK):
        own, others = around[start : start + BLOCK], around[index[start : start + BLOCK]]
        shared[start : start + BLOCK] = (own[:, None, :, None] == others[:, :, None, :]).any(3).sum(2)
        progress(min(start + BLOCK, count), 2 * count, f"overlaps of {min(start + BLOCK, count):,} points")
    return shared / (2 * (k + 1) - shared)


def cluster(index: np.ndarray, seed: int, progress: Report = silent) -> Clusters:
    """Cluster P points by their neighbours (int P x k). The same arguments give the same clusters.

    Looking for communities takes seconds at 100,000 points and cannot be stopped meanwhile.
    """
    from scipy.sparse import csr_matrix
    from sknetwork.clustering import Louvain, get_modularity

    count, k = index.shape
    ends = np.arange(0, index.size + 1, k)
    towards = csr_matrix((overlap(index, progress).ravel(), index.ravel(), ends), shape=(count, count))
    graph = csr_matrix(towards.maximum(towards.T))
    progress(1, 2, "looking for communities")
    found = Louvain(modularity="newman", shuffle_nodes=True, random_state=seed).fit_predict(graph)
    sizes = np.bincount(found)
    first = np.full(len(sizes), count)
    np.minimum.at(first, found, np.arange(count))
    order = np.lexsort((first, -sizes))
    order = order[sizes[order] >= max(SMALLEST, SMALLEST_SHARE * count)]
    number = np.full(len(sizes), NONE, dtype=np.int32)
    number[order] = np.arange(len(order))
    return Clusters(number[found], float(get_modularity(graph, found)))


def majorities(of: np.ndarray, count: int, labels: np.ndarray) -> list[dict[str, float] | None]:
    """For each cluster {"code": its most frequent label, "share": of its labelled points, "base": of all of them}.

    of: the cluster of every point, below 0 for none; labels: int, -1 where unknown. None without labelled points.
    """
    known = labels >= 0
    classes = int(labels.max(initial=-1)) + 1
    if not classes:
        return [None] * count
    base = np.bincount(labels[known], minlength=classes) / known.sum()
    inside = known & (of >= 0)
    table = np.zeros((count, classes))
    np.add.at(table, (of[inside], labels[inside]), 1)
    found = []
    for row in table:
        code = int(row.argmax())
        share = {"code": code, "share": float(row[code] / max(1, row.sum())), "base": float(base[code])}
        found.append(share if row.sum() else None)
    return found
