"""LocalMAP's further pairs: drawn anew among the points that lie nearby on the map, so that false neighbours part.

Wang, Sun, Huang & Rudin (2025), AAAI 39, doi 10.1609/aaai.v39i20.35436, section 4. Of each pair a partner is drawn at
random until one lies within the distance and is neither the point, one of its near pairs nor drawn for it before; where
TRIES draws find none, that pair and the rest of the point's stay as they were. Draws are numbers of a counter (Steele,
Lea & Flood 2014, splitmix64), not of a shared generator, so the pairs are the same whatever the number of threads.
"""

from __future__ import annotations

from concurrent.futures import Executor
from functools import cache

import numpy as np

TRIES = 1_000


def drawn_anew(
    places: np.ndarray,
    near: np.ndarray,
    further: np.ndarray,
    nearby: float,
    seed: int,
    pool: Executor,
    bounds: np.ndarray,
) -> np.ndarray:
    """Further pairs int32 (N * m) x 2, in the order of their first points as `further` is and must be.

    places: float32 N x d; near: int32 (N * k) x 2 in the same order; nearby: units of the map; seed: another one for
    another round; bounds: ascending, from 0 to N, the parts that `pool` works on at once.
    """
    count = len(places)
    partners, close = further[:, 1].reshape(count, -1), near[:, 1].reshape(count, -1)
    found = partners.copy()
    draw, limit = _drawer(), np.float32(nearby * nearby)

    def work(low: int, high: int) -> None:
        draw(low, high, places, close, found, limit, np.uint64(seed))

    list(pool.map(work, bounds[:-1], bounds[1:]))
    return np.column_stack([further[:, 0], found.ravel()])


@cache
def _drawer():
    """draw(low, high, places, close, found, limit, seed): the partners `found` of the points low to high, in place."""
    from numba import njit

    @njit(nogil=True, cache=True)
    def draw(low, high, places, close, found, limit, seed):
        count, dimensions = places.shape
        for i in range(low, high):
            state = (seed << np.uint64(32)) ^ (np.uint64(i) * np.uint64(0xD1342543DE82EF95))
            for slot in range(found.shape[1]):
                alone = True
                for _ in range(TRIES):
                    state += np.uint64(0x9E3779B97F4A7C15)
                    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    mixed ^= mixed >> np.uint64(31)
                    other = np.int64(((mixed >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))
                    apart = np.float32(0)
                    for axis in range(dimensions):
                        gap = places[i, axis] - places[other, axis]
                        apart += gap * gap
                    if apart > limit or other == i:
                        continue
                    taken = False
                    for one in close[i]:
                        taken |= one == other
                    for before in range(slot):
                        taken |= found[i, before] == other
                    if not taken:
                        found[i, slot] = other
                        alone = False
                        break
                if alone:
                    break

    return draw
