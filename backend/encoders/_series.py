"""What every encoder of sensor series is: a window in, one feature vector out, and a vector a frame on the way; and
`Windows`, windows as examples.

A window is float32 C x T, standardised by the training readings, NaN where there is no reading. An encoder reads
windows of any length; pretext tasks give it shorter ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._examples import Examples


@dataclass(frozen=True)
class Readings:
    """values: float32 R x C, NaN where missing, in memory, on a device or mapped from a file; places: int64 R, the grid
    step of each; described: {"channels": C, "length": L}."""

    values: Tensor
    places: Tensor
    described: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Windows(Examples):
    """Windows of readings, cut out when a model reads them.

    of: int64 N x 4: first reading, one behind the last, number of the unit, grid step of the end; age, time: float64 N,
    of the unit at the window's end, and when that is; static: what is known of its unit (pandas, N rows), None for
    nothing. `cuts` holds the windows themselves where these lie on another device than their readings did.
    """

    readings: Readings
    of: Tensor
    age: np.ndarray
    time: np.ndarray
    static: Any = None
    cuts: Tensor | None = None

    unit = "windows"

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, rows: Any) -> Windows:
        if not isinstance(rows, slice):
            rows = torch.as_tensor(rows)
        own = rows if isinstance(rows, slice) else rows.to(self.of.device)
        told = rows if isinstance(rows, slice) else rows.cpu().numpy()
        return replace(
            self,
            of=self.of[own],
            age=self.age[told],
            time=self.time[told],
            static=None if self.static is None else self.static.iloc[told],
            cuts=None if self.cuts is None else self.cuts[own],
        )

    def to(self, device: torch.device | str) -> Windows:
        """The readings move where that is less than the windows, which may overlap many times."""
        if self.device == torch.device(device):
            return self
        size = len(self) * self.channels * self.length
        if self.cuts is None and size >= self.readings.values.numel():
            moved = (self.readings.values.to(device), self.readings.places.to(device))
            return replace(self, readings=Readings(*moved, self.described), of=self.of.to(device))
        return replace(self, of=self.of.to(device), cuts=self.input.to(device))

    @property
    def device(self) -> torch.device:
        return self.of.device

    @property
    def described(self) -> dict[str, Any]:
        return self.readings.described

    @property
    def channels(self) -> int:
        return self.described["channels"]

    @property
    def length(self) -> int:
        """Steps of a window."""
        return self.described["length"]

    @property
    def units(self) -> np.ndarray:
        """int64 N: the number of the unit that each is of."""
        return self.of[:, 2].cpu().numpy()

    @property
    def input(self) -> Tensor:
        """float32 N x C x L, NaN where there is no reading."""
        return cut(self.readings, self.of) if self.cuts is None else self.cuts


def whole(of: Tensor, length: int) -> bool:
    """Whether every step of the windows `of` has its reading."""
    return bool((of[:, 1] - of[:, 0] == length).all())


def cut(readings: Readings, of: Tensor, every: bool | None = None) -> Tensor:
    """The windows `of` (int64 n x 4), float32 n x C x L: only their readings are looked at. every: whether they are
    `whole`, None where that is not known."""
    values, length = readings.values, readings.described["length"]
    first, end, at = of[:, 0], of[:, 1], of[:, 3]
    count = end - first
    if len(of) and (whole(of, length) if every is None else every):
        rows = first[:, None] + torch.arange(length, device=of.device)
        return values[rows.to(values.device)].transpose(1, 2).contiguous()
    out = values.new_full((len(of), length, values.shape[1]), torch.nan)
    window = torch.repeat_interleave(torch.arange(len(of), device=of.device), count)
    rows = torch.arange(len(window), device=of.device) - (count.cumsum(0) - count)[window] + first[window]
    rows = rows.to(values.device)
    step = readings.places[rows] - (at[window] - length + 1).to(values.device)
    out[window.to(values.device), step] = values[rows]
    return out.transpose(1, 2).contiguous()


class SeriesEncoder(nn.Module):
    """Base of the encoders of sensor series.

    dim: length of the feature vector; hop: steps of time that a frame stands for.
    """

    dim: int
    hop: int = 1

    def frames(self, windows: Tensor) -> Tensor:
        """float32 N x C x T, NaN where missing -> N x ceil(T / hop) x dim, the last frame at the window's end"""
        raise NotImplementedError

    def pooled(self, frames: Tensor) -> Tensor:
        """N x T' x dim -> N x dim: of each the largest over the frames (Yue et al. 2022, arXiv 2106.10466)"""
        return frames.amax(dim=1)

    def forward(self, windows: Tensor) -> Tensor:
        """float32 N x C x T -> features, N x dim"""
        return self.pooled(self.frames(windows))


def with_mask(windows: Tensor) -> Tensor:
    """N x C x T, NaN where missing -> N x 2C x T: the values, 0 where missing, and 1 where they are."""
    gone = windows.isnan()
    return torch.cat([windows.masked_fill(gone, 0.0), gone.to(windows.dtype)], dim=1)


def padded(windows: Tensor, multiple: int) -> Tensor:
    """The windows with missing steps in front, so that their length is a multiple."""
    lacking = -windows.shape[-1] % multiple
    return F.pad(windows, (lacking, 0), value=torch.nan) if lacking else windows
