"""What a reader finds: one row an image, its pixels or its encoded file, and what the source itself declares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from ..workspace.artefacts import digest_file
from ..workspace.layout import BadInput

MAX_BYTES = 4 * 2**30  # of all images together, decoded
LOOK_ROWS = 2_000  # of a source that is only looked at
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Encoded:
    """An image file that is not decoded yet: the name a person knows it by, and how to open it."""

    name: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Source:
    """`images`: uint8 N x H x W x C, or N encoded files; `frame`: N rows of metadata in the same order.

    `label`, `split`, `group` name the frame's columns that the source itself declares; `masks` are planted
    factors (uint8, N x H x W) and `truth` what is known about them.
    """

    kind: str
    name: str
    bytes: int
    sha256: str
    frame: pd.DataFrame
    images: np.ndarray | Sequence[Encoded]
    label: str | None = None
    split: str | None = None
    group: str | None = None
    sensitive: Sequence[dict[str, Any]] = ()
    classes: Sequence[str] = ()
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def column(self, name: str, what: str) -> pd.Series:
        """A metadata column. Raises BadInput that names the columns there are."""
        if name not in self.frame.columns:
            there = ", ".join(map(str, self.frame.columns)) or "no columns"
            raise BadInput(f"{what}: expected a column of {self.name}, found {name!r}; it has {there}"[:600])
        return self.frame[name]


@dataclass(frozen=True)
class Glimpse:
    """The first rows of a source's metadata, and how many rows it has when that is known without reading it."""

    frame: pd.DataFrame
    rows: int | None
    image: str | None = None
    label: str | None = None
    split: str | None = None


def check_bytes(total: int, name: str) -> None:
    """Raises BadInput when the decoded images would not fit."""
    if total > MAX_BYTES:
        raise BadInput(
            f"{name}: expected at most {MAX_BYTES / 2**30:.0f} GiB of decoded images, found {total / 2**30:.1f} GiB; "
            "choose a smaller size"
        )


def below(folder: Path, relative: str, where: str) -> Path:
    """The file `relative` below `folder`. Raises BadInput when it is absent or, links followed, lies outside."""
    root = folder.resolve()
    try:
        target = (root / relative).resolve()
        inside = not Path(relative).is_absolute() and target.is_relative_to(root)
        present = inside and target.is_file()
    except (OSError, ValueError, RuntimeError):
        raise BadInput(f"{where}: expected a path, found {relative[:120]!r}") from None
    if not inside:
        raise BadInput(f"{where}: expected a path below {folder.name}/, found {relative[:120]!r}, which lies outside")
    if not present:
        raise BadInput(f"{where}: expected an image file, found nothing at {relative[:120]!r}")
    return target


def digest_files(root: Path, files: Iterable[Path]) -> tuple[str, int]:
    """(SHA-256 over the files' relative names and contents, their bytes together)."""
    digest, total = hashlib.sha256(), 0
    for file in files:
        sha256, size = digest_file(file)
        digest.update(f"{file.relative_to(root).as_posix()}\0{sha256}\n".encode())
        total += size
    return digest.hexdigest(), total
