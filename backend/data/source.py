"""What a reader finds: one row an image or a text, its content, and what the source itself declares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from ..workspace.artefacts import digest_file
from ..workspace.layout import BadInput
from .conventions.left_out import LeftOut
from .pixels.scale import Scaled

MAX_BYTES = 4 * 2**30  # of all images together, decoded
LOOK_ROWS = 2_000  # of a source that is only looked at
BATCH = 1_000  # texts that are read at a time
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


class Columns(Protocol):
    """What the roles of columns and the data sheet need of a source, whatever its rows are."""

    kind: str
    name: str
    bytes: int
    sha256: str
    label: str | None
    split: str | None
    group: str | None
    sensitive: Sequence[dict[str, Any]]
    classes: Sequence[str]

    def column(self, name: str, what: str) -> pd.Series: ...

    def missing(self) -> dict[str, int]: ...


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
    left_out: Sequence[LeftOut] = ()
    scaled: Scaled | None = None  # of arrays: how their numbers became bytes

    def column(self, name: str, what: str) -> pd.Series:
        """A metadata column. Raises BadInput that names the columns there are."""
        if name not in self.frame.columns:
            raise no_column(name, what, self.name, self.frame.columns)
        return self.frame[name]

    def missing(self) -> dict[str, int]:
        return {str(c): int(self.frame[c].isna().sum()) for c in self.frame}


@dataclass(frozen=True)
class TextSource:
    """Texts that are read as they are asked for.

    `batches` gives tables of at most BATCH rows once; all have the column `text`, others may come and go. `rows` is how
    many there will be where that is known. `others` makes what was read of the other columns whole (numbers that a
    file writes as text). `notes` are complete once the batches were read.
    """

    kind: str
    name: str
    bytes: int
    sha256: str
    batches: Iterator[pa.Table]
    text: str
    rows: int | None = None
    label: str | None = None
    split: str | None = None
    classes: Sequence[str] = ()
    others: Callable[[pa.Table], pa.Table] = lambda table: table
    notes: list[str] = field(default_factory=list)


def no_column(name: str, what: str, source: str, there: Iterable[Any]) -> BadInput:
    listed = ", ".join(map(str, there)) or "no columns"
    return BadInput(f"{what}: expected a column of {source}, found {name!r}; it has {listed}"[:600])


@dataclass(frozen=True)
class Glimpse:
    """The first rows of a source's columns but its images, and how many rows it has when that is known without reading.

    `image` or `text`: the column that the rows' content stands in.
    """

    frame: pd.DataFrame
    rows: int | None
    image: str | None = None
    label: str | None = None
    split: str | None = None
    text: str | None = None


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
        raise BadInput(f"{where}: expected a file, found nothing at {relative[:120]!r}")
    return target


def digest_files(root: Path, files: Iterable[Path]) -> tuple[str, int]:
    """(SHA-256 over the files' relative names and contents, their bytes together)."""
    digest, total = hashlib.sha256(), 0
    for file in files:
        sha256, size = digest_file(file)
        digest.update(f"{file.relative_to(root).as_posix()}\0{sha256}\n".encode())
        total += size
    return digest.hexdigest(), total
