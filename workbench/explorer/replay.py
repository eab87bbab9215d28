"""How a selection came about, step by step, so that its record can be drawn again and must give the same rows.

A step is the gesture, the digest of the map on which it was made, the frame in which that was shown, and of a press on
the legend the column with the digests that its values come from. What was not drawn on a map (bars of a histogram, a
search, Plotly's lasso) leaves no steps: then the rows are all there is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from backend.workspace.layout import BadInput
from backend.workspace.refused import line, validated

from .columns import CLUSTER, PREDICTED, Source
from .gesture import Gesture, selection
from .grid import Frame, Grid

MOST_CHARACTERS = 60_000  # of the steps in JSON; a record takes 100,000
DIGEST = "^[0-9a-f]{64}$"


class Step(BaseModel):
    """map: SHA-256 of the map's table; frame: x, y and span of the grid, none for the map's own; colour: the column
    whose legend was pressed, `made_of` the SHA-256 of the predictions or clusters that it was made of, if it was."""

    model_config = ConfigDict(extra="forbid", strict=True)
    map: str = Field(pattern=DIGEST)
    frame: list[float] | None = Field(None, min_length=3, max_length=3)
    colour: str = Field("", max_length=200)
    made_of: str | None = Field(None, pattern=DIGEST)
    gesture: Gesture

    @field_validator("frame")
    @classmethod
    def _spans(cls, value: list[float] | None) -> list[float] | None:
        if value and not (all(map(math.isfinite, value)) and value[2] > 0):
            raise ValueError("expected x, y and a span above 0")
        return value


Look = Callable[[Step], tuple[np.ndarray, Grid, np.ndarray]]


def step(gesture: Gesture, sha256: str, frame: Frame | None, colour: str, source: Source) -> dict[str, Any]:
    """The step as it is recorded, of a gesture on the map `sha256`; a gesture's camera is no part of it."""
    told: dict[str, Any] = {"map": sha256, "gesture": gesture.model_dump(exclude_defaults=True, exclude={"camera"})}
    if frame:
        told["frame"] = list(frame)
    if gesture.shape == "class":
        made_of = made_from(colour, source)
        told |= {"colour": colour} | ({"made_of": made_of} if made_of else {})
    return told


def made_from(colour: str, source: Source) -> str | None:
    """The digest of the predictions or clusters that a column is made of; None for a column of the data."""
    if colour == CLUSTER:
        return source.clusters and source.clusters.table
    return source.predictions if colour in PREDICTED else None


def follow(before: list[dict[str, Any]] | None, made: dict[str, Any] | None) -> list[dict[str, Any]] | None:
    """The steps after one more; None where the selection cannot be drawn again, or only by too many steps."""
    if made is None:
        return None
    gesture = made["gesture"]
    if gesture.get("mode", "replace") == "replace" and gesture["shape"] != "rest":
        return [made]
    if before is None:
        return None
    steps = [*before, made]
    return steps if len(json.dumps(steps)) <= MOST_CHARACTERS else None


def drawn_again(steps: Any, count: int, look: Look) -> np.ndarray:
    """bool (count,): the selection that these steps make, from nothing. Raises BadInput with one line.

    look(step) -> (rows int P, grid, codes uint8 P), as the gesture was answered.
    """
    if not isinstance(steps, list):
        raise BadInput(f"steps: expected a list, found {type(steps).__name__}")
    mask = np.zeros(count, dtype=bool)
    for told in steps:
        one = validated(Step, told, lambda error: line(error, under=("steps",)))
        mask = selection(one.gesture, mask, *look(one))
    return mask
