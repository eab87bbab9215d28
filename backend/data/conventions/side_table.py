"""A table beside files: one row a file, which gives it a label, a split, sensitive attributes.

It stands in the folder itself or in a folder of a split (`train/metadata.csv`, whose `file_name` is below train/).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ...workspace.layout import BadInput
from .files import Files

KEYS = ("file_name", "filename", "file", "path", "filepath", "file_path")  # of the column that says which file a row is
USUAL = ("metadata", "labels")  # what such tables are called


def key_column(columns: Iterable[str], more: Sequence[str] = ()) -> str | None:
    """The column that says which file a row is about; `more`: further names of such a column, after the usual ones."""
    found = {str(name).strip().casefold(): name for name in reversed(list(columns))}
    return next((found[name] for name in (*KEYS, *more) if name in found), None)


def joined(
    frame: pd.DataFrame,
    folder: Path,
    tables: Sequence[tuple[Path, str, pd.DataFrame]],
    notes: list[str],
    *,
    noun: str,
) -> pd.DataFrame:
    """`frame`, whose `path` names files below `folder`, with the columns of the tables beside them.

    tables: (file, the name of the column that says which file a row is about, its rows). A table tells of the files
    below its own folder. Rows that name no file are left out, which `notes` tells. Raises BadInput for tables that do
    not name each of the files once, and for one that contradicts what the folders tell.
    """
    if not tables:
        return frame
    files = Files(frame["path"], folder)
    rows: dict[int, tuple[Path, int]] = {}  # of each file: the table that tells of it, and which row there
    for table, column, found in tables:
        base = table.parent.relative_to(folder).as_posix() if table.parent != folder else ""
        places = [files.find(str(value), base) for value in found[column]]
        for row, at in enumerate(places):
            if at is not None and at in rows:
                raise _twice(files.names[at], table, rows[at][0], folder, noun)
            if at is not None:
                rows[at] = table, row
        strays = [str(value) for value, at in zip(found[column], places, strict=True) if at is None]
        if strays:
            notes.append(
                f"{len(strays):,} rows of {shown(table, folder)} name no {noun} and were left out ({_some(strays)})."
            )
    absent = [name for at, name in enumerate(files.names) if at not in rows]
    if absent:
        asked = " and ".join(shown(table, folder) for table, _, _ in tables[:3])
        raise BadInput(
            f"{asked}: expected a row for every {noun}, found none for "
            f"{len(absent):,} of {len(files.names):,} ({_some(absent)})"[:400]
        )
    told = [_told_by(table, found.drop(columns=column), rows) for table, column, found in tables]
    beside = pd.concat(told).sort_index()
    for name in [name for name in beside if name in frame]:
        _check_same(name, frame[name], beside.pop(name), shown(tables[0][0], folder))
    return pd.concat([frame, beside], axis=1)


def shown(file: Path, folder: Path) -> str:
    """A file's name with the folder that was given: reviews/train/metadata.csv."""
    return f"{folder.name}/{file.relative_to(folder).as_posix()}" if file.is_relative_to(folder) else file.name


def _told_by(table: Path, found: pd.DataFrame, rows: dict[int, tuple[Path, int]]) -> pd.DataFrame:
    mine = {at: row for at, (owner, row) in rows.items() if owner == table}
    return found.iloc[list(mine.values())].set_axis(list(mine), axis=0)


def _twice(name: str, table: Path, first: Path, folder: Path, noun: str) -> BadInput:
    where = "" if first == table else f" and in {shown(first, folder)}"
    return BadInput(f"{shown(table, folder)}: expected one row a {noun}, found {name[-80:]!r} twice{where}")


def _check_same(name: str, known: pd.Series, told: pd.Series, table: str) -> None:
    """A column that folders and table both tell is one column where they agree."""
    differs = (known.astype(object) != told.astype(object)) & ~(known.isna() & told.isna())
    if differs.any():
        at = int(differs.to_numpy().argmax())
        raise BadInput(
            f"{table}: expected other columns than what the folders tell, found {name!r}: {str(told.iloc[at])[:60]!r} "
            f"here and {str(known.iloc[at])[:60]!r} there"
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(name[-60:] for name in names[:3]) + (", ..." if len(names) > 3 else "")
