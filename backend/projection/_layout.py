"""The layout of PaCMAP and LocalMAP: near and mid-near pairs attract, further pairs repel, Adam moves the points.

Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22:201: with d = 1 + the squared distance on the map, a near pair costs
d / (10 + d), a mid-near pair d / (10000 + d), a further pair 1 / (1 + d), each times the weight of its kind in this
step. The derivative of each by the place of one of its two points y, the other at z, is strength (y - z) / (softness +
|y - z|^2)^2, so one loop serves all three. Adam (Kingma & Ba 2015) in the form of its section 2, the rate corrected.

LocalMAP (Wang, Sun, Huang & Rudin 2025) does the same until the second step of the last phase. From there on a near
pair pulls half the distance `nearby` over sqrt(d) times as hard, so that far ones let go, and at every tenth step the
further pairs are drawn anew among the points that are nearby on the map (_nearby.py).

Every pair is listed at both its points: computed twice, but a point's gradient is then a sum over its own list in a
fixed order, nothing is written by two threads, and the map is the same bit for bit whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from ._base import Report, silent
from ._nearby import drawn_anew

FIRST_MIDDLE = 1000.0  # weight of the mid-near pairs in the first step; it falls to that of the second phase
RATE = 1.0
DECAY = (0.9, 0.999)  # of the means of the gradient and of its square
LEAST = np.float32(1e-7)  # beside the root of the mean square
NEW = (np.float32(1 - DECAY[0]), np.float32(1 - DECAY[1]))  # share of the new gradient in either mean
EVERY = 10  # steps between two calls of `progress`
PART = 5_000  # points a thread takes at once, at least


def weights(step: int, phases: Sequence[int]) -> tuple[float, float, float]:
    """Of near, mid-near and further pairs in this step (from 0): Algorithm 1 of the paper."""
    if step < phases[0]:
        done = step / phases[0]
        return 2.0, (1 - done) * FIRST_MIDDLE + done * 3.0, 1.0
    if step < phases[0] + phases[1]:
        return 3.0, 3.0, 1.0
    return 1.0, 0.0, 1.0


def forces(of: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """(strength, softness), float32 of length 3, of the kinds of pairs under their weights."""
    near, middle, further = of
    strength = np.array([20 * near, 20_000 * middle, -2 * further], dtype=np.float32)
    return strength, np.array([11, 10_001, 2], dtype=np.float32)


def lay_out(
    start: np.ndarray,
    kinds: Sequence[np.ndarray],
    phases: Sequence[int],
    threads: int = 1,
    progress: Report = silent,
    nearby: float | None = None,
    seed: int = 0,
) -> np.ndarray:
    """float32 N x d: the points, first at `start` (float32 N x d), after all steps of the three `phases`.

    kinds: near, mid-near and further pairs, each int32 P x 2. `progress` is called after every tenth step, and what it
    raises ends the layout there. nearby: LocalMAP's distance on the map, None for PaCMAP; then near and further pairs
    must be as many for each point, in the order of their first points, and `seed` draws the latter anew.
    """
    count, dimensions = start.shape
    first, partners = listed(kinds, count)
    move = _mover(dimensions)
    places, moved = np.array(start, dtype=np.float32, order="C"), np.empty((count, dimensions), dtype=np.float32)
    mean, square = np.zeros_like(places), np.zeros_like(places)
    bounds = np.linspace(0, count, min(4 * threads, 1 + count // PART) + 1).astype(int)
    total = sum(phases)
    with ThreadPoolExecutor(threads) as pool:
        for step in range(total):
            strength, softness = forces(weights(step, phases))
            local = nearby is not None and step > phases[0] + phases[1]
            pull = np.float32(nearby / 2 if local else 0)
            rate = np.float32(RATE * np.sqrt(1 - DECAY[1] ** (step + 1)) / (1 - DECAY[0] ** (step + 1)))
            shared = (places, moved, mean, square, first, partners, strength, softness, pull, rate)
            list(pool.map(lambda low, high, shared=shared: move(low, high, *shared), bounds[:-1], bounds[1:]))
            places, moved = moved, places
            if local and step % EVERY == 0:
                further = drawn_anew(
                    places, kinds[0], kinds[2], nearby, (seed * 1_000_003 + step) % 2**32, pool, bounds
                )
                kinds = (kinds[0], kinds[1][:0], further)  # mid-near pairs weigh nothing any more
                first, partners = listed(kinds, count)
            if (step + 1) % EVERY == 0:
                progress(step + 1, total, f"step {step + 1} of {total}")
    return places


def listed(kinds: Sequence[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
    """(first int64 3N + 1, partners uint32): the partners of point i by pairs of kind k are partners[first[3i + k] :
    first[3i + k + 1]], in the order of the pairs."""
    sizes = np.stack([np.bincount(pairs.ravel(), minlength=count) for pairs in kinds], axis=1)
    first = np.concatenate([[0], np.cumsum(sizes.ravel())]).astype(np.int64)
    partners = np.empty(first[-1], dtype=np.uint32)
    free = first[:-1].copy()
    for kind, pairs in enumerate(kinds):
        _filler()(pairs, kind, free, partners)
    return first, partners


@cache
def _filler():
    """fill(pairs, kind, free, partners): each pair at both its points; free: int64 3N, the next free place of each."""
    from numba import njit

    @njit(nogil=True, cache=True)
    def fill(pairs, kind, free, partners):
        for pair in range(len(pairs)):
            for side in range(2):
                key = 3 * pairs[pair, side] + kind
                partners[free[key]] = pairs[pair, 1 - side]
                free[key] += 1

    return fill


@cache
def _mover(dimensions: int):
    """move(low, high, ...): one step of the points low to high, from `places` to `moved`; pull: LocalMAP's, else 0.

    Compiled for this number of dimensions, since loops of a known length over them are unrolled; without the
    interpreter's lock, so that threads take parts; not compiled as parallel, which would take several times as long.
    """
    from numba import njit

    @njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
    def move(low, high, places, moved, mean, square, first, partners, strength, softness, pull, rate):
        here = np.empty(dimensions, dtype=np.float32)
        gradient = np.empty(dimensions, dtype=np.float32)
        for i in range(low, high):
            for axis in range(dimensions):
                here[axis] = places[i, axis]
                gradient[axis] = 0
            for kind in range(3):
                if strength[kind] == 0:
                    continue
                for at in range(first[3 * i + kind], first[3 * i + kind + 1]):
                    other = partners[at]
                    apart = softness[kind]
                    for axis in range(dimensions):
                        gap = here[axis] - places[other, axis]
                        apart += gap * gap
                    force = strength[kind] / (apart * apart)
                    if kind == 0 and pull > 0:
                        force *= pull / np.sqrt(apart - np.float32(10))
                    for axis in range(dimensions):
                        gradient[axis] += force * (here[axis] - places[other, axis])
            for axis in range(dimensions):
                mean[i, axis] += NEW[0] * (gradient[axis] - mean[i, axis])
                square[i, axis] += NEW[1] * (gradient[axis] * gradient[axis] - square[i, axis])
                moved[i, axis] = here[axis] - rate * mean[i, axis] / (np.sqrt(square[i, axis]) + LEAST)

    return move
