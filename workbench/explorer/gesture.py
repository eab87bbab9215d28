"""What a person did on a map, as it comes from the browser, and which points it means.

Only the gesture travels (at most 4 kB): a polygon or box on the map's grid, a point, a legend entry. Nothing of it is
trusted before it is checked here.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from backend.workspace.layout import BadInput
from backend.workspace.refused import line, validated

from .grid import Grid, boxed, inside

MOST_BYTES = 4_096
FAR = 1_000_000  # steps: a vertex may lie off the map, but not so far that products overflow
Kind = TypeVar("Kind", bound=BaseModel)


class Gesture(BaseModel):
    """shape: what was drawn ("rest": swap selected and not; "none": clear; "view": only the camera moved).

    corners: vertices of a polygon or two corners of a box, in steps of the grid; index: the point or the legend's
    entry; camera: x, y and distance of the camera in the browser's own units, none where it
    sees the whole map.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    shape: Literal["polygon", "box", "point", "class", "rest", "none", "view"]
    mode: Literal["replace", "add", "subtract"] = "replace"
    corners: list[list[int]] = Field([], max_length=1_000)
    index: int = Field(0, ge=0)
    camera: list[float] | None = None

    @field_validator("corners")
    @classmethod
    def _pairs(cls, value: list[list[int]]) -> list[list[int]]:
        if any(len(pair) != 2 or max(map(abs, pair)) > FAR for pair in value):
            raise ValueError(f"expected pairs of whole numbers from -{FAR} to {FAR}")
        return value

    @field_validator("camera")
    @classmethod
    def _finite(cls, value: list[float] | None) -> list[float] | None:
        return value and checked_camera(value)


def checked_camera(value: list[float]) -> list[float]:
    """[x, y, distance] if a camera can stand there; raises ValueError."""
    if len(value) != 3 or not all(math.isfinite(v) and abs(v) < 1e6 for v in value) or value[2] <= 0:
        raise ValueError("expected x, y and a distance above 0")
    return value


def read(told: Any, kind: type[Kind]) -> Kind:
    """The gesture of this kind in what a browser sent. Raises BadInput with one line."""
    try:
        size = len(json.dumps(told, allow_nan=False))
        if size > MOST_BYTES:
            raise BadInput(f"gesture: expected at most {MOST_BYTES:,} bytes, found {size:,}")
        return validated(kind, told, lambda error: line(error, under=("gesture",)))
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"gesture: expected an object in JSON, found {str(error)[:80]}") from None


def points_of(gesture: Gesture, grid: Grid, codes: np.ndarray) -> np.ndarray:
    """bool P: the points that a gesture names; codes: uint8 P, each point's entry of the legend. Raises BadInput."""
    if gesture.shape == "polygon":
        return inside(grid, np.array(gesture.corners, dtype=np.int64))
    if gesture.shape == "box":
        if len(gesture.corners) != 2:
            raise BadInput(f"gesture.corners: expected the 2 corners of a box, found {len(gesture.corners)}")
        return boxed(grid, np.array(gesture.corners))
    if gesture.shape == "class":
        return codes == gesture.index
    found = np.zeros(len(grid.steps), dtype=bool)
    if gesture.shape == "point":
        if gesture.index >= len(found):
            raise BadInput(f"gesture.index: expected a point from 0 to {len(found) - 1}, found {gesture.index}")
        found[gesture.index] = True
    return found


def selection(gesture: Gesture, before: np.ndarray, rows: np.ndarray, grid: Grid, codes: np.ndarray) -> np.ndarray:
    """The selection after a gesture, bool over the N rows of the data set; before: the same, until then.

    rows: int P, the data rows of the map's points. What is drawn on one map replaces the whole selection; swapping
    leaves rows alone that are not on the map.
    """
    after = before.copy()
    if gesture.shape == "view":
        return after
    if gesture.shape == "rest":
        after[rows] = ~before[rows]
        return after
    found = points_of(gesture, grid, codes)
    if gesture.mode == "subtract":
        after[rows[found]] = False
        return after
    if gesture.mode == "replace":
        after[:] = False
    after[rows[found]] = True
    return after
