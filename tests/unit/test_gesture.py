"""Gestures: what a browser sends is checked, and combines with the selection as the person meant."""

from __future__ import annotations

import numpy as np
import pytest

from backend.workspace.layout import BadInput
from workbench.explorer.gesture import MOST_BYTES, Gesture, read, selection
from workbench.explorer.grid import STEPS, Grid

ROWS = np.array([1, 3, 4, 6])  # the map's four points among eight rows
CODES = np.array([0, 0, 1, 2], dtype=np.uint8)
LEFT = [[-1, -1], [STEPS // 2, -1], [STEPS // 2, STEPS + 1], [-1, STEPS + 1]]


@pytest.fixture
def grid() -> Grid:
    return Grid.of(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))


def after(told: dict, grid: Grid, before: tuple[int, ...] = ()) -> list[int]:
    mask = np.zeros(8, dtype=bool)
    mask[list(before)] = True
    found = selection(read(told, Gesture), mask, ROWS, grid, CODES)
    assert np.flatnonzero(mask).tolist() == sorted(before), "the selection before is left as it was"
    return np.flatnonzero(found).tolist()


def test_each_gesture_selects_the_rows_of_its_points(grid):
    assert after({"shape": "polygon", "corners": LEFT}, grid) == [1, 3]
    assert after({"shape": "box", "corners": [[STEPS, 0], [0, 0]]}, grid) == [1, 4]
    assert after({"shape": "point", "index": 3}, grid) == [6]
    assert after({"shape": "class", "index": 0}, grid) == [1, 3]
    assert after({"shape": "class", "index": 99}, grid) == []


def test_a_gesture_replaces_adds_or_takes_away(grid):
    assert after({"shape": "polygon", "corners": LEFT}, grid, (0, 6)) == [1, 3]
    assert after({"shape": "polygon", "corners": LEFT, "mode": "add"}, grid, (0, 6)) == [0, 1, 3, 6]
    assert after({"shape": "polygon", "corners": LEFT, "mode": "subtract"}, grid, (0, 3, 6)) == [0, 6]


def test_swapping_leaves_rows_alone_that_are_not_on_the_map(grid):
    assert after({"shape": "rest"}, grid, (0, 3)) == [0, 1, 4, 6]
    assert after({"shape": "none"}, grid, (0, 3)) == []
    assert after({"shape": "view", "camera": [0, 0, 1.5]}, grid, (0, 3)) == [0, 3]


@pytest.mark.parametrize("corners", [[], [[0, 0]], [[0, 0], [STEPS, STEPS]]])
def test_a_lasso_of_fewer_than_three_vertices_selects_nothing(grid, corners):
    assert after({"shape": "polygon", "corners": corners}, grid, (1,)) == []


DEEP: list = []
DEEP.append(DEEP)


@pytest.mark.parametrize(
    "told",
    [
        None,
        "lasso",
        [],
        {},
        {"shape": "circle"},
        {"shape": "polygon", "corners": [[0, 0, 0]] * 3},
        {"shape": "polygon", "corners": [["0", 0]] * 3},
        {"shape": "polygon", "corners": [[0.5, 0]] * 3},
        {"shape": "polygon", "corners": [[float("nan"), 0]] * 3},
        {"shape": "polygon", "corners": [[2**70, 0]] * 3},
        {"shape": "polygon", "corners": [[]]},
        {"shape": "polygon", "corners": [[0, 0]] * 10_000},
        {"shape": "polygon", "corners": DEEP},
        {"shape": "point", "index": -1},
        {"shape": "point", "index": True},
        {"shape": "point", "mode": "xor"},
        {"shape": "point", "rows": [1, 2]},
        {"shape": "view", "camera": [0, 0]},
        {"shape": "view", "camera": [0, 0, 0]},
        {"shape": "view", "camera": [0, float("inf"), 1]},
        {"shape": {"shape": "point"}},
        {"shape": "none", "note": "x" * MOST_BYTES},
        {"shape": b"none"},
    ],
)
def test_what_is_no_gesture_is_one_clear_line(told):
    with pytest.raises(BadInput) as problem:
        read(told, Gesture)
    assert str(problem.value).startswith("gesture")
    assert len(str(problem.value).splitlines()) == 1
    assert len(str(problem.value)) < 400


@pytest.mark.parametrize("told", [{"shape": "point", "index": 4}, {"shape": "box", "corners": [[0, 0]]}])
def test_a_gesture_that_does_not_fit_the_map_is_one_clear_line(grid, told):
    with pytest.raises(BadInput, match="gesture"):
        after(told, grid)
