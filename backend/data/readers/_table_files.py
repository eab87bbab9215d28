"""The tables that a path means: one file, or those of a folder, whose names may tell their split."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...workspace.layout import BadInput
from ..conventions import splits
from ..conventions.left_out import LeftOut
from ..conventions.side_table import shown
from ..conventions.told import Told
from ..source import Places
from . import _tables
from ._side_table import tables


@dataclass(frozen=True)
class Rows:
    """Rows that are read as they are asked for: `batches` gives tables of at most BATCH rows once, whose columns may
    come and go. `rows` is how many there will be where that is known. `notes`, `how` and `places` are complete once the
    batches were read. types: of columns that shall not be guessed; sensitive, group, target, unit: what the source
    itself declares; truth: what is known of a generated table.
    """

    kind: str
    name: str
    bytes: int
    sha256: str
    batches: Iterator[pa.Table]
    rows: int | None = None
    label: str | None = None
    split: str | None = None
    group: str | None = None
    sensitive: Sequence[dict[str, Any]] = ()
    classes: Sequence[str] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    unit: str | None = None
    truth: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: Sequence[LeftOut] = ()
    words_only: Container[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    how: list[str] = field(default_factory=list)
    places: Places | None = None


def rows(
    files: list[Path], path: Path, told: Told, notes: list[str], how: list[str], places: Places
) -> Iterator[pa.Table]:
    """The rows of all files in batches, with the split that their names tell as a column where they have none."""
    row = 0
    for file in files:
        name = shown(file, path) if path.is_dir() else path.name
        places.begin(row, name, file)
        split = split_of(file, path) if path.is_dir() else None
        for batch in _tables.batches(file, notes, told, name, how):
            row += len(batch)
            if split is not None and "split" not in batch.column_names:
                batch = batch.append_column("split", pa.array([split] * len(batch)))
            yield batch


def files(path: Path) -> list[Path]:
    """The file, or the tables of a folder. Raises BadInput for tables of several kinds, and where some names tell a
    split and others none."""
    if not path.is_dir():
        return [path]
    found = tables(path) or below(path)
    kinds = sorted({file.suffix.lower() for file in found})
    if len(kinds) > 1:
        raise BadInput(f"{path.name}: expected tables of one kind in a folder, found {', '.join(kinds)}")
    told = [split_of(file, path) for file in found]
    if len(found) > 1 and None in told:
        odd = shown(found[told.index(None)], path)
        raise BadInput(f"{path.name}: expected train, val or test in the name of every table of a folder, found {odd}")
    return found


def split_of(file: Path, folder: Path) -> str | None:
    """The split that a table's name tells, or one of the folders it stands in."""
    above = (splits.named(part) for part in file.relative_to(folder).parts[:-1])
    return splits.in_name(file.stem) or next(filter(None, above), None)


def below(folder: Path) -> list[Path]:
    """The tables in subfolders, by name."""
    found = (f for f in folder.rglob("*") if f.suffix.lower() in _tables.SUFFIXES and f.is_file())
    return sorted(f for f in found if not any(p.startswith(".") for p in f.relative_to(folder).parts))
