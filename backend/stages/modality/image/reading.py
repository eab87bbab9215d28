"""New pictures, read as those of the training were. It leaves with a model (backend/leaving) and needs Pillow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....data import decode_images
from ....data.pixels import kinds

TOGETHER = 64


def read(paths: Sequence[Path], told: dict[str, Any], folder: Path) -> Iterator[tuple[list[str], tuple[Tensor, ...]]]:
    """(names, float32 n x C x H x W in [0, 1]) of picture files, and of those that lie in folders, some at a time.

    told: shape [C, H, W] and pixels, as `decode_images.one` takes them. Raises BadInput for what it refuses.
    """
    files = [file for path in paths for file in _within(path)]
    for start in range(0, len(files), TOGETHER):
        part = files[start : start + TOGETHER]
        shape = tuple(told["shape"])
        made = [decode_images.one(file.read_bytes(), shape, name, told["pixels"]) for name, file in part]
        yield [name for name, _ in part], (torch.from_numpy(np.concatenate(made)).float() / 255,)


def _within(path: Path) -> list[tuple[str, Path]]:
    """(name, file): the file itself, or the pictures below a folder, by their endings."""
    if not path.is_dir():
        return [(str(path), path)]
    found = sorted(file for file in path.rglob("*") if file.name.lower().endswith(kinds.SUFFIXES))
    return [(str(file.relative_to(path)), file) for file in found]
