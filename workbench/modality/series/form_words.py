"""What one window is and what it is asked for, by the first readings of a source that is only looked at. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from backend.modality.series.windows import USUAL
from backend.workspace.formats import compact

from ...frame.numbers import Range, read

TIME = "When each reading was taken: numbers or time stamps; none: found by name, or readings lie one step apart"
WINDOW = f"How far back an example reaches; left empty: {USUAL} steps, or whole units where each is one example"
STRIDE = "Between two examples of a unit; left empty: 1, more where that would be too many examples"
STEP = "How long a step lasts, in the unit of time; left empty: the usual time between two readings"
SPLIT_TIME = "A date or a number: the earliest 70 % train, then validation, then test. In place of whole units"
AHEAD = "Of a number: not its value at the window's end but so much later, in the unit of time"
CAP = "Of a number: larger values count as this, as 125 cycles of a remaining life"
WHOLE = (
    "Otherwise pretraining reads each unit that fails up to an age that is drawn: a unit without a label has not "
    "failed yet, so its last readings would not be there either"
)
NOTHING = "No picture of a window: none of the first readings of a column are different numbers."
TIMES = ("time", "timestamp", "date", "datetime", "cycle", "time_in_cycles", "time_cycles")
EARLIER = 2  # windows before the last one that are drawn


@dataclass(frozen=True)
class Scene:
    """What the picture shows. values: float T of one channel of one unit (its name, "" for none), NaN where missing;
    length, stride: steps of windows, guessed: nobody said the length; end: place of the reading at which the window
    ends; target: type, None for none; horizon, ahead: steps, None where there are none."""

    channel: str
    unit: str
    values: np.ndarray
    length: int
    stride: int
    end: int
    target: str | None
    horizon: float | None = None
    ahead: float | None = None
    label: str | None = None
    guessed: bool = False


def time_of(look: Mapping[str, Any]) -> str | None:
    """The column that is offered as the time: one of a usual name."""
    names = [one["name"] for one in look["columns"]]
    return next((name for name in names if name.lower() in TIMES), None)


def scene(
    look: Mapping[str, Any], asked: Mapping[str, Any], told: Mapping[str, Any], label: str | None
) -> Scene | None:
    """asked: time_column, window, stride, step; told: split_by, horizon, ahead, target, observed as they stand in their
    fields. None where no column of the first readings varies."""
    columns = {one["name"]: one.get("first") or [] for one in look["columns"]}
    by = told.get("split_by") or next((name for name in columns if _names_units(columns[name])), None)
    rows = _of_first(columns.get(by, []), max(map(len, columns.values()), default=0))
    roles = {asked.get("time_column"), label, by, told.get("observed"), look.get("split")}
    known = [name for name in columns if name not in roles and _varies(columns[name], rows)]
    if not known:
        return None
    channel = max(known, key=lambda name: _trend(columns[name], rows))
    values = np.array([np.nan if columns[channel][row] is None else columns[channel][row] for row in rows], float)
    length = asked["window"] if isinstance(asked.get("window"), int) else min(USUAL, len(values))
    stride = asked["stride"] if isinstance(asked.get("stride"), int) else 1
    step = _step(columns.get(asked.get("time_column"), []), rows, asked.get("step"))
    end = min(len(values) - 1, max(length - 1 + EARLIER * stride, round(0.6 * (len(values) - 1))))
    kind = told.get("target")
    return Scene(
        channel=channel,
        unit="" if by is None or not columns.get(by) else _written(columns[by][rows[0]]),
        values=values,
        length=length,
        stride=stride,
        end=end,
        target=kind,
        horizon=_steps(told.get("horizon"), step) if kind == "event" else None,
        ahead=_steps(told.get("ahead"), step) if kind == "number" else None,
        label=label,
        guessed=not isinstance(asked.get("window"), int),
    )


def said(scene: Scene) -> str:
    """What the picture says, and what it does not know."""
    guess = " (the usual length)" if scene.guessed else ""
    first = f"One example is {scene.length:,} steps{guess} of every channel; the next one ends {scene.stride:,} later."
    if scene.target == "event":
        if scene.horizon is None:
            return f"{first} Say a horizon to see which time after a window decides its class."
        return f"{first} Its class is whether the event comes within the shaded time behind its end."
    if scene.target == "number":
        at = "so much behind its end" if scene.ahead else "at its end"
        return f"{first} Its target is the value of {scene.label} {at}."
    if scene.label:
        return f"{first} Its class is the value of {scene.label} at its end."
    return f"{first} Without a label its target is what stands under “Label”."


def _written(name: Any) -> str:
    """A unit's name: 7 of a column of numbers that holds 7.0."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


def _of_first(units: Sequence[Any], count: int) -> list[int]:
    """The rows of the unit that the first row is of; all of them where no column names units."""
    return [row for row, unit in enumerate(units) if unit == units[0]] if units else list(range(count))


def _names_units(values: Sequence[Any]) -> bool:
    """Whether a column stays as it is for many rows, then changes for good: the name of a unit, most likely."""
    runs = 1 + sum(one != other for one, other in pairwise(values))
    return 1 < runs == len(set(values)) <= len(values) / 10


def _varies(values: Sequence[Any], rows: Sequence[int]) -> bool:
    """Whether it is a channel to look at: numbers, of which some differ, that do not only rise or fall as time does."""
    if len(values) <= max(rows, default=0) or any(isinstance(values[row], str) for row in rows):
        return False
    known = [values[row] for row in rows if values[row] is not None]
    moves = np.diff(known)
    return len(set(known)) > 2 and bool((moves > 0).any() and (moves < 0).any())


def _trend(values: Sequence[Any], rows: Sequence[int]) -> float:
    """How much a channel goes with time, from 0 to 1: the one that goes most shows most."""
    there = [(at, values[row]) for at, row in enumerate(rows) if values[row] is not None]
    return round(abs(float(np.corrcoef(np.array(there, float).T)[0, 1])), 3)


def _step(times: Sequence[Any], rows: Sequence[int], asked: Any) -> float:
    """How long a step is: as asked, else the usual difference of times that are numbers, else 1."""
    if isinstance(asked, int | float):
        return float(asked)
    known = [times[row] for row in rows if row < len(times) and isinstance(times[row], float)]
    return float(np.median(np.diff(known))) or 1.0 if len(known) > 1 else 1.0


def _steps(text: Any, step: float) -> float | None:
    """A length of time as a person typed it, in steps; None where it cannot be read."""
    from backend.workspace.layout import BadInput

    try:
        return read(str(text), "time", Range(0, None, above=True)) / step if text else None
    except BadInput:
        return None


def length_of(steps: float) -> str:
    return f"{compact(steps)} {'step' if steps == 1 else 'steps'}"
