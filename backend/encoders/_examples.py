"""Examples as encoders read them, whatever their kind: rows, batches, and where they lie.

A modality gives its own kind (`Pixels` of images, `Tokens` of texts). Nobody else asks which it is: who needs rows
indexes, who needs what an encoder takes asks for `input`, who lets a model read them all goes through `batches`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Examples(ABC):
    """unit: what the reading of them is counted in; together: how many a model reads at once, at most.

    Rows may lie in memory, on a device or in a mapped file: `examples[rows]` and `to` read what is asked for.
    """

    unit: str = "examples"
    together: int = 1024

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, rows: Any) -> Examples:
        """These rows, in their order: a slice, or numbers (array or tensor, int64)."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Examples:
        """All of them in memory on this device, in one copy."""

    @property
    @abstractmethod
    def device(self) -> torch.device: ...

    @property
    @abstractmethod
    def input(self) -> Any:
        """What an encoder takes, on the device on which they lie."""

    @property
    def sizes(self) -> Tensor:
        """int64 N: what each example counts for, in `unit`."""
        return torch.ones(len(self), dtype=torch.int64)

    @property
    def order(self) -> Tensor | None:
        """int64 N: the order in which a model reads them with the least waste; None: as they stand."""
        return None

    def split(self, size: int) -> Iterator[Examples]:
        """All examples as they stand, `size` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def batches(self, most: int) -> Iterator[Examples]:
        """All examples in `order`, `most` at a time and `together` at most."""
        most, order = min(most, self.together), self.order
        for start in range(0, len(self), most):
            part = slice(start, start + most)
            yield self[part if order is None else order[part]]


class Pixels(Examples):
    """Images as uint8 N x C x H x W: an array (which may be a mapped file) or a tensor on a device."""

    unit = "images"

    def __init__(self, values: np.ndarray | Tensor):
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Pixels:
        if isinstance(rows, Tensor) and isinstance(self.values, np.ndarray):
            rows = rows.cpu().numpy()
        return Pixels(self.values[rows])

    def to(self, device: torch.device | str) -> Pixels:
        return Pixels(self.tensor.to(device))

    @property
    def tensor(self) -> Tensor:
        """uint8 N x C x H x W."""
        return torch.as_tensor(self.values)

    @property
    def device(self) -> torch.device:
        return self.values.device if isinstance(self.values, Tensor) else torch.device("cpu")

    @property
    def input(self) -> Tensor:
        """float32 in [0, 1], channels last, the layout in which convolutions run fastest."""
        return self.tensor.to(torch.float32, memory_format=torch.channels_last) / 255
