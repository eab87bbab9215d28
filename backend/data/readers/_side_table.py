"""A table beside text files, which gives them a label, sensitive attributes or a split (conventions/side_table.py)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pandas as pd

from ...workspace.layout import BadInput
from .. import cleaning
from ..conventions import schema, side_table, splits
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
    """(`frame`, whose `path` names text files below `folder`, with the columns of the tables beside them; these).

    The frame as it is where no table stands there. Raises BadInput for tables that do not name every file once.
    """
    found = _beside(folder, len(frame))
    told_of = []
    for file in found:
        name = side_table.shown(file, folder)
        rows = read(file, name, notes, told, how)
        key = side_table.key_column(rows)
        if key is None:
            raise BadInput(
                f"{name}: expected a column {', '.join(side_table.KEYS)} that says which of the {len(frame):,} text "
                f"files beside it a row is of, found {', '.join(rows)}; or give the table alone"[:400]
            )
        if "text" in rows:
            raise BadInput(f"{name}: expected other columns than the text of the files beside it, found 'text'")
        told_of.append((file, key, rows))
    return side_table.joined(frame, folder, told_of, notes, noun="text file"), found


def _beside(folder: Path, count: int) -> list[Path]:
    """The table in the folder itself, or those in the folders of its splits. Raises BadInput for several in one."""
    within = [f for f in sorted(folder.iterdir()) if f.is_dir() and splits.named(f.name)]
    found = [tables(place) for place in (folder, *within)]
    several = next((those for those in found if len(those) > 1), None)
    if several is not None:
        raise BadInput(
            f"{folder.name}: expected text files with at most one table beside them, found {count:,} text files and "
            f"{len(several)} tables ({', '.join(file.name for file in several[:3])}); keep the texts apart from them"
        )
    return [file for those in found for file in those]


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
