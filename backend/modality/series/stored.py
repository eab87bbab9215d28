"""The readings of a registered data set: windows cut out of them as they are asked for, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .._base import check_rows

FEW = 256  # windows that are looked up one by one


@dataclass(frozen=True)
class Series:
    """stored: backend/workspace/artefacts.py (Artefacts), or what pages read files by (backend/control/content/
    stored.py); manifest: of the data set."""

    stored: Any
    manifest: dict[str, Any]

    @cached_property
    def told(self) -> dict[str, Any]:
        """channels [{name, mean, std, low, high, missing}], left_out, window, stride, step, time, static, units."""
        read = getattr(self.stored, "document", None) or self.stored.json
        return read(self.manifest["series"]["sha256"])

    @property
    def channels(self) -> list[dict[str, Any]]:
        return self.told["channels"]

    @property
    def length(self) -> int:
        """Steps of a window."""
        return self.manifest["length"]

    @property
    def step(self) -> float:
        """Length of a step, in the unit of time."""
        return self.told["step"]

    @cached_property
    def windows(self) -> np.ndarray:
        """int64 N x 4: first reading, one behind the last, number of the unit, grid step of the end."""
        return self._array("windows")

    @cached_property
    def places(self) -> np.ndarray:
        """int64 R: the grid step of each reading."""
        return self._array("places")

    def cut(self, rows: Sequence[int]) -> np.ndarray:
        """float32 n x C x L: standardised values, NaN where there is none. Raises BadInput for rows out of bounds."""
        rows = [int(row) for row in rows]
        check_rows(rows, self.manifest)
        out = np.full((len(rows), len(self.channels), self.length), np.nan, dtype=np.float32)
        for place, (first, end, _, at) in enumerate(self._of(rows).tolist()):
            inside = slice(first, end)
            steps = self._array("places", inside) - at + self.length - 1
            out[place][:, steps] = self._array("readings", inside).T
        return out

    def raw(self, rows: Sequence[int]) -> np.ndarray:
        """float64 n x C x L, in the units of the channels."""
        mean, std = (np.array([one[key] for one in self.channels])[:, None] for key in ("mean", "std"))
        return self.cut(rows).astype(np.float64) * std + mean

    def ages(self, rows: Sequence[int]) -> np.ndarray:
        """float64 n x L: the age of the unit at each step of the windows, in the unit of time."""
        ends = self._of([int(row) for row in rows])[:, 3]
        return (ends[:, None] - self.length + 1 + np.arange(self.length)) * self.step

    def unit(self, row: int) -> str:
        """The name of the unit that a window is of."""
        return self.told["units"][int(self._of([int(row)])[0, 2])]

    def path(self, unit: int) -> np.ndarray:
        """int64: the windows of the unit of this number, in the order of time."""
        return np.flatnonzero(self.windows[:, 2] == unit)

    def _of(self, rows: list[int]) -> np.ndarray:
        """int64 n x 4 of these windows; of few no others are read."""
        if len(rows) > FEW or "windows" in self.__dict__:
            return self.windows[rows]
        return np.array([self._array("windows", slice(row, row + 1))[0] for row in rows]).reshape(-1, 4)

    def _array(self, name: str, rows: slice | None = None) -> np.ndarray:
        return self.stored.array(self.manifest[name]["sha256"], self.manifest[name]["key"], rows)
