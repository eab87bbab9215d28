"""New point sets: the array `points` of .npz files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def read(paths: Sequence[Path], told: dict[str, Any], folder: Path) -> Iterator[tuple[list[str], tuple[Tensor, ...]]]:
    for path in paths:
        with np.load(path) as found:
            values = torch.from_numpy(found["points"])
        yield [f"{path.name} {place}" for place in range(len(values))], (values,)
