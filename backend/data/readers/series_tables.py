"""Readings of sensors, one row a reading (CSV, TSV, Parquet, JSON): one table, or a folder of them.

The files of a folder are the units where no column names these. Where each of them, or the folder it lies in, is called
after a split (train, val, test), it is of that split, and a unit of one is no unit of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import bounded, cleaning
from ..conventions import schema, splits
from ..conventions.side_table import shown
from ..conventions.told import Told
from ..source import LOOK_ROWS, Glimpse, Places, digest_files
from ..spec import Spec
from . import _table_files, _tables, series_text
from ._series import Readings
from ._side_table import tables

KINDS = ("series",)
TOLD = True  # it can be told how files are written: encoding, separator, header


def accepts(path: Path) -> bool:
    if path.is_dir():
        return not series_text.accepts(path) and bool(tables(path) or _table_files.below(path))
    return path.suffix.lower() in _tables.SUFFIXES and not series_text.accepts(path)


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    found = _files(path)
    first = bounded.first(_rows(found, path, told, [], [], Places(path.name)), LOOK_ROWS)
    names = first.column_names
    declared = {role: role if role in names else None for role in ("label", "split")}
    return Glimpse(schema.frame(first), _tables.rows(found), words_only=_tables.words_only(found), **declared)


def read(path: Path, spec: Spec) -> Readings:
    found, notes, how = _files(path), [], []
    sha256, size = digest_files(path, found) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    places = Places(path.name, lambda file, row: _tables.line_of(file, row, spec.told))
    told = _splits(found, path)
    return Readings(
        kind="series_tables",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=_rows(found, path, spec.told, notes, how, places),
        rows=_tables.rows(found),
        notes=notes,
        how=how,
        words_only=_tables.words_only(found),
        reasons={"split": "the names of the files"} if told else {},
        places=places,
        by_file=len(found) > 1,
    )


def _files(path: Path) -> list[Path]:
    """The file, or the tables of a folder. Raises BadInput for tables of several kinds."""
    if not path.is_dir():
        return [path]
    found = tables(path) or _table_files.below(path)
    kinds = sorted({file.suffix.lower() for file in found})
    if len(kinds) > 1:
        raise BadInput(f"{path.name}: expected tables of one kind in a folder, found {', '.join(kinds)}")
    return found


def _splits(files: list[Path], path: Path) -> dict[Path, str]:
    """{file: its split} where every one is called after one, else {}."""
    if not path.is_dir():
        return {}
    found = {file: _table_files.split_of(file, path) for file in files}
    return found if all(found.values()) and splits.UNLABELLED not in found.values() else {}


def _rows(
    files: list[Path], path: Path, told: Told, notes: list[str], how: list[str], places: Places
) -> Iterator[pa.Table]:
    row, named = 0, _splits(files, path)
    for file in files:
        name = shown(file, path) if path.is_dir() else path.name
        places.begin(row, name, file)
        for batch in _tables.batches(file, notes, told, name, how):
            row += len(batch)
            if file in named and "split" not in batch.column_names:
                batch = batch.append_column("split", pa.array([named[file]] * len(batch)))
            yield batch
