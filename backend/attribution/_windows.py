"""Windows of sensors as attribution takes them: their parts are pieces of a channel, and a piece that is taken away is
flat at the channel's training mean (0 of standardised values)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ._base import Maps, explaining
from ._parts import Parts

VALUES_AT_ONCE = 2**18  # that pass through the model together
PIECES = 8  # of a channel, at most
MOST_PARTS = 512  # of a window; of more channels each is fewer pieces


@dataclass(frozen=True)
class Pieces(Parts):
    """values: float32 N x C x L on the device, NaN where there is no reading. A piece is some steps of one channel."""

    values: Tensor

    part: ClassVar[str] = "pieces"
    noise: ClassVar[str] = "random_scores"

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Pieces:
        return replace(self, values=self.values[rows])

    @property
    def device(self) -> torch.device:
        return self.values.device

    @property
    def channels(self) -> int:
        return self.values.shape[1]

    @cached_property
    def piece(self) -> Tensor:
        """int64 L: which piece of its channel each step lies in."""
        count = pieces(self.channels, self.values.shape[2])
        return torch.arange(self.values.shape[2], device=self.device) * count // self.values.shape[2]

    @property
    def each(self) -> int:
        """Pieces of a channel."""
        return int(self.piece[-1]) + 1

    @property
    def counts(self) -> np.ndarray:
        return np.full(len(self), self.channels * self.each)

    def places(self, per_part: list[np.ndarray]) -> Tensor:
        told = torch.from_numpy(np.stack(per_part)).to(self.device).unflatten(1, (self.channels, self.each))
        return told[:, :, self.piece].flatten(1)

    def hidden(self, gone: Tensor) -> Iterator[tuple[slice, Tensor]]:
        gone = gone.view(self.values.shape)
        for part in batches(self.values):
            yield part, self.values[part].masked_fill(gone[part], 0.0)

    def scores(self, found: Maps) -> np.ndarray:
        """float32 N x (C x pieces): the sum over the steps of each piece."""
        maps = found.maps
        summed = maps.new_zeros((*maps.shape[:2], self.each))
        return summed.index_add_(2, self.piece.cpu(), maps).flatten(1).numpy()


def pieces(channels: int, length: int) -> int:
    return max(1, min(PIECES, length, MOST_PARTS // channels))


def batches(values: Tensor) -> Iterator[slice]:
    """Slices of the windows that may pass through the model together."""
    size = max(1, VALUES_AT_ONCE // max(1, values.shape[1] * values.shape[2]))
    for start in range(0, len(values), size):
        yield slice(start, min(start + size, len(values)))


@torch.no_grad()
def logits(model: nn.Module, values: Tensor) -> Tensor:
    """float32 N x C x L -> what the model answers, N x K, in bounded batches."""
    with explaining(model):
        return torch.cat([model(values[part]).float() for part in batches(values)])
