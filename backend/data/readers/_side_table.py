"""A table beside text files: one row a file, which gives it a label, sensitive attributes or a split."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa

from ...workspace.layout import BadInput
from .. import cleaning
from . import _tables
from .image_folder import files_below

NAMES = ("path", "file", "filename", "file_name")  # of the column that says which file a row is of
DOCUMENTS = (".txt", ".text", ".md")
ABOUT = ("readme", "license", "licence", "changelog", "notice")  # what stands in such files is about the data


def is_document(name: str) -> bool:
    """Whether a file is one of the texts, by its name."""
    path = PurePosixPath(name)
    return path.suffix.lower() in DOCUMENTS and path.stem.lower() not in ABOUT


def documents(folder: Path) -> list[str]:
    """The names of the text files below a folder, but of those about the data."""
    return sorted(file.name for file in files_below(folder) if is_document(file.name))


def tables(folder: Path) -> list[Path]:
    """The tables that stand in a folder itself, by name."""
    return sorted(f for f in folder.iterdir() if f.suffix.lower() in _tables.SUFFIXES and f.is_file())


def joined(frame: pd.DataFrame, folder: Path, notes: list[str]) -> tuple[pd.DataFrame, list[Path]]:
    """(`frame`, whose `path` names text files below `folder`, with the columns of the table beside them; that table).

    The frame as it is where no table stands there. Raises BadInput for a table that does not name every file once.
    """
    found = tables(folder)
    if not found:
        return frame, []
    if len(found) > 1:
        raise BadInput(
            f"{folder.name}: expected text files with at most one table beside them, found {len(frame):,} text files "
            f"and {len(found)} tables ({', '.join(file.name for file in found[:3])}); keep the texts apart from them"
        )
    table = _read(found[0], notes)
    key = next((name for name in table if name.strip().lower() in NAMES), None)
    if key is None:
        raise BadInput(
            f"{found[0].name}: expected a column {', '.join(NAMES)} that says which of the {len(frame):,} text files "
            f"beside it a row is of, found {', '.join(map(str, table))}; or give the table alone"[:400]
        )
    place = _places(table[key], frame["path"], found[0].name)
    if len(table) > len(frame):
        notes.append(f"{len(table) - len(frame):,} rows of {found[0].name} name no text file and were left out.")
    told = table.drop(columns=key).iloc[place].reset_index(drop=True)
    twice = [name for name in told if name in frame or name == "text"]
    if twice:
        raise BadInput(
            f"{found[0].name}: expected other columns than what the folder tells (text, {', '.join(frame)}), found "
            f"{twice[0]!r}"
        )
    return pd.concat([frame, told], axis=1), found


def _read(file: Path, notes: list[str]) -> pd.DataFrame:
    batches, held, size = _tables.batches(file, notes), [], 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size > cleaning.MAX_OTHER:
            raise BadInput(f"{file.name}: expected at most {cleaning.MAX_OTHER >> 20} MiB beside texts, found more")
    table = pa.concat_tables(held, promote_options="permissive") if held else pa.table({})
    return (_tables.typed(table) if file.suffix.lower() in (".csv", ".tsv") else table).to_pandas()


def _places(given: pd.Series, paths: pd.Series, name: str) -> list[int]:
    """The row of the table for each file, by its path below the folder or, where that is unique, by its bare name."""
    row_of: dict[str, int] = {}
    for row, value in enumerate(given.astype(str)):
        told = value.strip().replace("\\", "/").removeprefix("./")
        if told in row_of:
            raise BadInput(f"{name}: expected one row a text file, found {told[:80]!r} twice")
        row_of[told] = row
    bare = paths.map(lambda path: PurePosixPath(path).name)
    alone = ~bare.duplicated(keep=False)
    found = []
    for path, last, unique in zip(paths, bare, alone, strict=True):
        row = row_of.get(path, row_of.get(last) if unique else None)
        if row is None:
            raise BadInput(f"{name}: expected a row for every text file, found none for {path!r}")
        found.append(row)
    return found
