"""A table beside text files, which gives them a label, sensitive attributes or a split (conventions/side_table.py)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pandas as pd

from ...workspace.layout import BadInput
from .. import cleaning
from ..conventions import schema, side_table
from ..conventions.joining import joined as one_below_the_other
from ..conventions.told import Told
from . import _tables
from ._walk import files_below

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


def joined(
    frame: pd.DataFrame, folder: Path, notes: list[str], told: Told = _tables.AS_FOUND, how: list[str] | None = None
) -> tuple[pd.DataFrame, list[Path]]:
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
    name = side_table.shown(found[0], folder)
    rows = read(found[0], name, notes, told, how)
    key = side_table.key_column(rows)
    if key is None:
        raise BadInput(
            f"{name}: expected a column {', '.join(side_table.KEYS)} that says which of the {len(frame):,} text files "
            f"beside it a row is of, found {', '.join(rows)}; or give the table alone"[:400]
        )
    if "text" in rows:
        raise BadInput(f"{name}: expected other columns than the text of the files beside it, found 'text'")
    return side_table.joined(frame, folder, [(found[0], key, rows)], notes, noun="text file"), found


def read(
    file: Path, name: str, notes: list[str], told: Told = _tables.AS_FOUND, how: list[str] | None = None
) -> pd.DataFrame:
    """All rows of a table beside files, as they are written; blank cells are None. Raises BadInput."""
    held, size = [], 0
    for batch in _tables.batches(file, notes, told, name, how):
        held.append(batch)
        size += batch.nbytes
        if size > cleaning.MAX_OTHER:
            raise BadInput(f"{name}: expected at most {cleaning.MAX_OTHER >> 20} MiB beside files, found more")
    frame = schema.frame(one_below_the_other(held))
    return frame.replace({"": None}) if file.suffix.lower() in _tables.TEXT else frame
