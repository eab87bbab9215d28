"""The grid on which maps are drawn and selected: 65,536 steps a side, the same whole numbers here and in the browser.

Whether a point lies in a lasso is decided in integers, so a lasso that is drawn again, on any machine, holds exactly
the same points.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from backend.workspace.layout import BadInput

STEPS = 65_535
Frame = tuple[float, float, float]  # x and y (map coordinates) of step 0, and the map units that STEPS steps cover


def frame_of(at: np.ndarray) -> Frame:
    """The smallest frame around map coordinates, P x 2; what is NaN or infinite is left out."""
    known = at[np.isfinite(at).all(axis=1)].astype(np.float64)
    low, high = (known.min(axis=0), known.max(axis=0)) if len(known) else (np.zeros(2), np.zeros(2))
    span = float((high - low).max()) or 1.0
    x, y = ((low + high) / 2 - span / 2).tolist()
    return x, y, span


def around(frames: Iterable[Frame]) -> Frame:
    """One frame that holds them all, so that maps laid over each other stay so on the screen."""
    corners = [((x, y), (x + span, y + span)) for x, y, span in frames]
    return frame_of(np.array(corners, dtype=np.float64).reshape(-1, 2))


@dataclass(frozen=True)
class Grid:
    """A flat map of P points on the grid.

    steps: uint16 P x 2; x, y: map coordinates of step 0; span: map units that STEPS steps cover, on both axes, so that
    distances are not stretched; order: int32 P, the points by rising y; sorted_x, sorted_y: int64 P, in that order.
    """

    steps: np.ndarray
    x: float
    y: float
    span: float
    order: np.ndarray
    sorted_x: np.ndarray
    sorted_y: np.ndarray

    @classmethod
    def of(cls, at: np.ndarray, frame: Frame | None = None) -> Grid:
        """From map coordinates, P x 2; a point moves by half a step at most. Raises BadInput for NaN and infinity.

        frame: of a map that shares its frame with others; none for the map's own. What lies outside stands at its edge.
        """
        at = np.asarray(at, dtype=np.float64)
        broken = np.flatnonzero(~np.isfinite(at).all(axis=1))
        if len(broken):
            raise BadInput(
                f"map: expected finite coordinates, found NaN or infinity in {len(broken):,} of {len(at):,} points, "
                f"first in point {broken[0]}"
            )
        x, y, span = frame or frame_of(at)
        steps = np.clip(np.rint((at - (x, y)) * (STEPS / span)), 0, STEPS).astype(np.uint16)
        order = np.argsort(steps[:, 1], kind="stable").astype(np.int32)
        along = steps[order].astype(np.int64)
        return cls(steps, x, y, span, order, along[:, 0].copy(), along[:, 1].copy())

    def place(self, x: float, y: float) -> tuple[int, int]:
        """The step nearest to map coordinates."""
        scale = STEPS / self.span
        return round((x - self.x) * scale), round((y - self.y) * scale)


def inside(grid: Grid, polygon: np.ndarray) -> np.ndarray:
    """bool P: the points inside a polygon of V vertices (integers, V x 2, closed by itself) by the even-odd rule.

    A ray from each point to the right crosses an edge (x1, y1)-(x2, y2) with y1 <= y < y2 where the edge lies to the
    right of the point. In the order of y an edge meets one run of points, so the work is a few passes over those in the
    polygon's bounding box and not V passes.
    """
    found = np.zeros(len(grid.steps), dtype=bool)
    polygon = np.asarray(polygon, dtype=np.int64).reshape(-1, 2)
    if len(polygon) < 3:
        return found
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    first, last = np.searchsorted(grid.sorted_y, [low[1], high[1] + 1])
    near = np.flatnonzero((grid.sorted_x[first:last] >= low[0]) & (grid.sorted_x[first:last] <= high[0])) + first
    xs, ys = grid.sorted_x[near], grid.sorted_y[near]
    odd = np.zeros(len(near), dtype=bool)
    starts, ends = polygon, np.roll(polygon, -1, axis=0)
    rising = starts[:, 1] <= ends[:, 1]
    lower, upper = np.where(rising[:, None], starts, ends), np.where(rising[:, None], ends, starts)
    begins, stops = np.searchsorted(ys, lower[:, 1]), np.searchsorted(ys, upper[:, 1])
    for edge in np.flatnonzero(begins < stops):
        run = slice(begins[edge], stops[edge])
        (x1, y1), (x2, y2) = lower[edge], upper[edge]
        odd[run] ^= (xs[run] - x1) * (y2 - y1) < (ys[run] - y1) * (x2 - x1)
    found[grid.order[near[odd]]] = True
    return found


def boxed(grid: Grid, corners: np.ndarray) -> np.ndarray:
    """bool P: the points inside the box of two opposite corners (2 x 2), its edge included."""
    corners = np.asarray(corners, dtype=np.int64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return ((grid.steps >= low) & (grid.steps <= high)).all(axis=1)


def packed(mask: np.ndarray) -> bytes:
    """A mask as bits, point 0 in the lowest bit of the first byte."""
    return np.packbits(mask, bitorder="little").tobytes()
