"""The grid: half a step at most, and a lasso that holds what a point-by-point count over integers holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.workspace.layout import BadInput
from workbench.explorer.grid import STEPS, Grid, boxed, inside, packed


def even_odd(x: int, y: int, polygon: list[tuple[int, int]]) -> bool:
    """Edges that a ray to the right crosses, counted one by one in Python's integers."""
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        if y1 <= y < y2 and (x - x1) * (y2 - y1) < (y - y1) * (x2 - x1):
            odd = not odd
    return odd


def brute(grid: Grid, polygon: np.ndarray) -> np.ndarray:
    """The same of all points, one edge after the other, without order or boxes."""
    xs, ys = grid.steps.astype(np.int64).T
    odd = np.zeros(len(xs), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        (x1, y1), (x2, y2) = ((x1, y1), (x2, y2)) if y1 <= y2 else ((x2, y2), (x1, y1))
        odd ^= (y1 <= ys) & (ys < y2) & ((xs - x1) * (y2 - y1) < (ys - y1) * (x2 - x1))
    return odd


def normal(count: int, seed: int = 0) -> Grid:
    return Grid.of(np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_point_moves_by_half_a_step_at_most_and_axes_share_one_scale(scale):
    at = np.random.default_rng(3).normal(size=(2_000, 2)) * [scale, scale / 10] + [7 * scale, -2 * scale]
    grid = Grid.of(at)
    back = np.array([grid.x, grid.y]) + grid.steps * (grid.span / STEPS)
    assert np.abs(back - at).max() <= grid.span / STEPS / 2 * (1 + 1e-6)
    assert (grid.steps[:, 0].min(), grid.steps[:, 0].max()) == (0, STEPS)
    assert np.ptp(grid.steps[:, 1].astype(int)) < STEPS / 5
    assert grid.place(*back[17]) == tuple(grid.steps[17])


@pytest.mark.parametrize(
    "at", [np.zeros((5, 2)), np.full((1, 2), 3.5), np.zeros((0, 2)), np.array([[0, 0], [0, 1e-30]])]
)
def test_maps_without_extent_are_drawn_too(at):
    grid = Grid.of(at)
    assert len(inside(grid, np.array([[0, 0], [STEPS, 0], [STEPS, STEPS + 1], [0, STEPS + 1]]))) == len(at)


def test_a_map_with_nan_is_one_clear_line():
    with pytest.raises(BadInput, match="NaN or infinity in 2 of 3 points, first in point 1"):
        Grid.of(np.array([[0, 1], [np.nan, 0], [np.inf, 2]]))


corner = st.tuples(st.integers(-3, 9), st.integers(-3, 9))


@given(st.lists(corner, max_size=9), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_polygon_holds_the_points_that_a_count_by_hand_holds(polygon, points):
    at = np.array(points, dtype=np.uint16)
    order = np.argsort(at[:, 1], kind="stable").astype(np.int32)
    along = at[order].astype(np.int64)
    grid = Grid(at, 0, 0, 1, order, along[:, 0], along[:, 1])
    expected = [len(polygon) >= 3 and even_odd(x, y, polygon) for x, y in points]
    assert inside(grid, np.array(polygon, dtype=np.int64)).tolist() == expected


@pytest.mark.parametrize("vertices", [3, 250, 10_000])
def test_long_and_self_crossing_lassos(vertices):
    grid = normal(3_000)
    polygon = np.random.default_rng(vertices).integers(-5_000, STEPS + 5_000, (vertices, 2))
    found = inside(grid, polygon)
    assert (found == brute(grid, polygon)).all()
    assert found.any()


def test_a_lasso_without_vertices_holds_nothing():
    assert not inside(normal(10), np.zeros((0, 2))).any()
    assert not inside(normal(10), np.array([[0, 0], [STEPS, STEPS]])).any()


def test_a_box_holds_its_edge():
    grid = normal(500)
    (x, y), (z, w) = grid.steps[3], grid.steps[4]
    found = boxed(grid, np.array([[x, y], [z, w]]))
    assert found[3]
    assert found[4]
    low, high = np.minimum(grid.steps[3], grid.steps[4]), np.maximum(grid.steps[3], grid.steps[4])
    assert found.sum() == sum(bool((low <= p).all() and (p <= high).all()) for p in grid.steps)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1_001])
def test_a_mask_comes_back_from_its_bits(count):
    mask = np.random.default_rng(count).random(count) < 0.3
    bits = packed(mask)
    assert len(bits) == -(-count // 8)
    assert [bool(bits[i >> 3] >> (i & 7) & 1) for i in range(count)] == mask.tolist()
