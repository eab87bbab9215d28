"""How a selection came about, step by step, so that its record can be drawn again and must give the same rows.

A step is the gesture and the digest of the map on which it was made (and, of a press on the legend, the column). What
was not drawn on a map (bars of a histogram, a search, Plotly's lasso) leaves no steps: then the rows are all there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.workspace.layout import BadInput

from .gesture import Gesture, selection
from .grid import Grid

MOST_CHARACTERS = 60_000  # of the steps in JSON; a record takes 100,000
Look = Callable[[str, str], tuple[np.ndarray, Grid, np.ndarray]]


class Step(BaseModel):
    """map: SHA-256 of the map's table; colour: the column whose legend was pressed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    map: str = Field(pattern="^[0-9a-f]{64}$")
    colour: str = Field("", max_length=200)
    gesture: Gesture


def step(gesture: Gesture, map: str, colour: str) -> dict[str, Any]:
    """The step as it is recorded; a gesture's camera is no part of it."""
    told = gesture.model_dump(exclude_defaults=True, exclude={"camera"})
    return {"map": map, "gesture": told} | ({"colour": colour} if gesture.shape == "class" else {})


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

    look(map, colour) -> (rows int P, grid, codes uint8 P), as the gesture was answered.
    """
    if not isinstance(steps, list):
        raise BadInput(f"steps: expected a list, found {type(steps).__name__}")
    mask = np.zeros(count, dtype=bool)
    for told in steps:
        try:
            one = Step.model_validate(told)
        except ValidationError as error:
            raise BadInput(f"steps: {error.errors()[0]['msg']}") from None
        mask = selection(one.gesture, mask, *look(one.map, one.colour))
    return mask
