"""What a reader finds: one row an image or a text, its content, and what the source itself declares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from ..workspace.artefacts import digest_file
from ..workspace.layout import BadInput
from .conventions import names, splits
from .conventions.left_out import LeftOut
from .pixels.scale import Scaled

MAX_BYTES = 4 * 2**30  # of all images together, decoded
LOOK_ROWS = 2_000  # of a source that is only looked at
BATCH = 1_000  # texts that are read at a time
SPLIT_NAMES = {word: split for split, words in splits.WORDS.items() for word in words if split != splits.UNLABELLED}


class Places:
    """Where the rows of a source stand, told by the readers as they read: for lines that say what is wrong where."""

    def __init__(self, name: str, line_of: Callable[[Path, int], int | None] = lambda file, row: None):
        self.name, self._line_of = name, line_of
        self._begins: list[tuple[int, str, Path | None]] = []

    def begin(self, row: int, name: str, file: Path | None = None) -> None:
        """From `row` (counted over all files) on, rows are those of this file, which messages call `name`."""
        self._begins.append((row, name, file))

    def where(self, row: int, line: bool = True) -> str:
        """ "reviews/test.csv: row 7 (line 9)" of a row of the source, counted from 0 in each file; the line costs
        a look into the file."""
        begin, name, file = max(
            (b for b in self._begins if b[0] <= row), default=(0, self.name, None), key=lambda b: b[0]
        )
        at = self._line_of(file, row - begin) if line and file is not None else None
        return f"{name}: row {row - begin:,}" + (f" (line {at:,})" if at else "")

    def files(self, rows: np.ndarray) -> np.ndarray:
        """int, the number of the file that each row stands in."""
        return np.searchsorted([begin for begin, _, _ in self._begins], rows, side="right")


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
    words_only: Container[str]  # columns in which a missing value can only be a blank or a word, as those of CSV
    reasons: Mapping[str, str]  # why a column is the text, label or split: conventions/chosen.py
    how: Sequence[str]  # what is unusual in how its files are written

    def column(self, name: str, what: str) -> pd.Series: ...

    def missing(self) -> dict[str, int]: ...

    def where(self, row: int) -> str: ...

    def files(self) -> np.ndarray | None: ...


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
    words_only: Container[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    how: Sequence[str] = ()
    places: Places | None = None

    def where(self, row: int) -> str:
        """The file and the row of it, for a line that says what is wrong there."""
        return (self.places or Places(self.name)).where(row)

    def files(self) -> np.ndarray | None:
        """int, the number of the file that each row stands in; None where that is one."""
        return None if self.places is None else self.places.files(np.arange(len(self.frame)))

    def column(self, name: str, what: str) -> pd.Series:
        """A metadata column. Raises BadInput that names the columns there are."""
        if name not in self.frame.columns:
            alike = [column for column in self.frame if names.same(str(column)) == name]
            if len(alike) == 1:
                return self.frame[alike[0]]
            raise no_column(name, what, self.name, self.frame.columns)
        return self.frame[name]

    def missing(self) -> dict[str, int]:
        return {str(c): int(self.frame[c].isna().sum()) for c in self.frame}


@dataclass(frozen=True)
class TextSource:
    """Texts that are read as they are asked for.

    `batches` gives tables of at most BATCH rows once; all have the column `text`, others may come and go. `rows` is how
    many there will be where that is known. `notes`, `how` and `places` are complete once the batches were read;
    `label` and `split` are what the source says, columns of that name are found in what was read.
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
    notes: list[str] = field(default_factory=list)
    left_out: Sequence[LeftOut] = ()
    words_only: Container[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    how: list[str] = field(default_factory=list)
    places: Places | None = None


def no_column(name: str, what: str, source: str, there: Iterable[Any]) -> BadInput:
    listed = ", ".join(map(str, there)) or "no columns"
    return BadInput(f"{what}: expected a column of {source}, found {name!r}; it has {listed}"[:600])


@dataclass(frozen=True)
class Glimpse:
    """The first rows of a source's columns but its images, and how many rows it has when that is known without reading.

    `image` or `text`: the column that the rows' content stands in. words_only, reasons: as of a source. whole: these
    rows are known to be all.
    """

    frame: pd.DataFrame
    rows: int | None
    image: str | None = None
    label: str | None = None
    split: str | None = None
    text: str | None = None
    words_only: Container[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


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
