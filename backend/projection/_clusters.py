"""Clusters of an embedding: communities of its nearest-neighbour graph, in the encoder's own space.

Two points that are neighbours are joined as strongly as their neighbourhoods overlap (Jaccard; Levine et al. 2015,
PhenoGraph); the communities maximise modularity (Louvain; Blondel et al. 2008). Such a graph always has communities,
so their modularity and the untrained encoder's clusters are there to be compared with.
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


def overlap(index: np.ndarray) -> np.ndarray:
    """float32 P x k: the Jaccard index of the neighbourhoods of every point and each of its neighbours `index` (int
    P x k); a point belongs to its own neighbourhood."""
    count, k = index.shape
    around = np.column_stack([np.arange(count), index])
    shared = np.empty((count, k), dtype=np.float32)
    for start in range(0, count, BLOCK):
        own, others = around[start : start + BLOCK], around[index[start : start + BLOCK]]
        shared[start : start + BLOCK] = (own[:, None, :, None] == others[:, :, None, :]).any(3).sum(2)
    return shared / (2 * (k + 1) - shared)


def cluster(index: np.ndarray, seed: int, progress: Report = silent) -> Clusters:
    """Cluster P points by their neighbours (int P x k). The same arguments give the same clusters."""
    import networkx as nx

    count, k = index.shape
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    ends = (np.repeat(np.arange(count), k).tolist(), index.ravel().tolist(), overlap(index).ravel().tolist())
    graph.add_weighted_edges_from(zip(*ends, strict=True))
    found: list[set[int]] = []
    for finer in nx.community.louvain_partitions(graph, seed=seed):
        found = finer
        progress(0.5, 1, f"clusters, {len(found):,} so far")
    of = np.full(count, NONE, dtype=np.int32)
    least = max(SMALLEST, SMALLEST_SHARE * count)
    kept = [members for members in found if len(members) >= least]
    for number, members in enumerate(sorted(kept, key=lambda members: (-len(members), min(members)))):
        of[list(members)] = number
    return Clusters(of, float(nx.community.modularity(graph, found)))
