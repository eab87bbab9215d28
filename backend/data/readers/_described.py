"""What folders and the tables beside them say of images: the same for a folder and for an archive of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from ...workspace.layout import BadInput
from ..conventions import chosen, folders, side_table, splits
from ..conventions.files import Files
from ..conventions.left_out import NO_IMAGE, LeftOut
from ..pixels.kinds import SUFFIXES
from . import _tables
from ._sorting import Sorted, counted

NAMING = (
    "image",
    "images",
    "img",
    "image_path",
    "img_path",
    "image_name",
    "image_file",
    "image_id",
    "img_id",
    "id",
    "name",
)
TRIED = 2_000  # values of a column that are looked up to see whether it names the images

SAMPLE = "submission"  # Kaggle's sample of how answers are handed in: made up, so no labels where others are told
Used = tuple[Path, str, pd.DataFrame]  # a table, the column that names the images, its rows
Read = Callable[[str], pd.DataFrame]  # a table by its relative name; raises BadInput


class NoImages(BadInput):
    """There is none among the files: they may be data of another kind."""


@dataclass
class Described:
    """frame: a row an image, `path` first. tables: those that were used."""

    frame: pd.DataFrame
    tables: list[str] = field(default_factory=list)
    folders: tuple[str, ...] = ()  # the columns that folders tell
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def roles(self) -> dict[str, Any]:
        """What a source and a glimpse of it say of these columns."""
        told = _tables.words_only([Path(name) for name in self.tables])
        return {
            "label": "label" if "label" in self.frame else None,
            "split": "split" if "split" in self.frame else None,
            "words_only": frozenset(
                name for name in self.frame if name in told and name not in ("path", *self.folders)
            ),
            "reasons": dict.fromkeys(self.folders, chosen.FOLDERS),
        }


def described(found: Sorted, folder: Path, read: Read) -> Described:
    """Raises BadInput for a folder without images, a class of which none is read, and tables that do not fit."""
    where = folder.name
    if not found.images:
        number = f"none, but {len(found.unread):,} {'file' if len(found.unread) == 1 else 'files'} of another kind"
        instead = f"{number} ({counted(found.unread)}; {min(found.unread)})" if found.unread else "none"
        raise NoImages(f"{where}: expected images ({', '.join(SUFFIXES)}) in class folders, found {instead}"[:400])
    tree = folders.read(sorted([*found.images, *found.unread]), where, "image")
    unread = tree.frame["path"].isin(found.unread)
    _check_classes(tree.frame, unread, found.unread, where)
    made = Described(tree.frame[~unread].reset_index(drop=True), notes=list(tree.notes))
    made.folders = tuple(role for role in ("label", "split") if role in tree.frame)
    others = _with_tables(made, found, folder, read)
    if "label" not in made.frame and tree.single:
        made.notes.append(f"All images lie in one folder ({tree.single}): it is no class, and there is no label.")
    kind = f"file of a kind that is not read ({counted(found.unread)})"
    made.left_out += [
        *tree.left_out,
        LeftOut(sorted(found.unread), f"{kind} was left out", f"{kind.replace('file', 'files', 1)} were left out"),
        LeftOut(sorted([*found.others, *others]), *NO_IMAGE),
    ]
    return made


def _check_classes(frame: pd.DataFrame, unread: pd.Series, kinds: dict[str, str], where: str) -> None:
    """Raises BadInput for a class whose images are all of kinds that are not read: it would vanish."""
    if "label" not in frame:
        return
    lost = sorted(set(frame["label"][unread].dropna()) - set(frame["label"][~unread].dropna()))
    if lost:
        its = frame["path"][unread & (frame["label"] == lost[0])]
        raise BadInput(
            f"{where}: expected images that are read in every class folder, found none in {', '.join(lost[:3])}, only "
            f"{len(its):,} of kinds that are not read ({counted({name: kinds[name] for name in its})}; {its.iloc[0]}); "
            "convert them, or take the folder away"
        )


def _with_tables(made: Described, found: Sorted, folder: Path, read: Read) -> list[str]:
    """Adds the columns of the tables that name the images; the names of those that do not."""
    files, others, used = Files(made.frame["path"], folder), [], []
    for name in found.tables:
        base = PurePosixPath(name).parent.as_posix().removeprefix(".")
        try:
            rows = read(name)
        except BadInput:
            if PurePosixPath(name).stem.casefold() in side_table.USUAL:
                raise
            others.append(name)
            continue
        column = _naming(rows, files, base)
        if column is None:
            others.append(name)
        else:
            used.append((folder / name, column, rows))
    samples = [of for of in used if SAMPLE in of[0].stem.casefold()]
    if samples and len(used) > len(samples):
        others += [table.relative_to(folder).as_posix() for table, _, _ in samples]
        used = [of for of in used if of not in samples]
    if used:
        used = _with_splits(used, made.frame)
        made.tables = [table.relative_to(folder).as_posix() for table, _, _ in used]
        made.frame = _joined(made, folder, used, files)
    return others


def _with_splits(used: list[Used], frame: pd.DataFrame) -> list[Used]:
    """The tables with the splits that their names tell (train.csv, test.csv) where nothing else does."""
    told = [splits.in_name(table.stem) for table, _, _ in used]
    if "split" in frame or None in told or len(set(told)) < 2 or any("split" in rows for _, _, rows in used):
        return used
    return [(table, column, rows.assign(split=split)) for (table, column, rows), split in zip(used, told, strict=True)]


def _naming(rows: pd.DataFrame, files: Files, base: str) -> str | None:
    """The column that says which image a row is about: by its name, or because its values are paths of images."""
    known = {str(name).strip().casefold(): name for name in reversed(list(rows))}
    usual = [known[name] for name in (*side_table.KEYS, *NAMING) if name in known]
    for column in (*usual, *(name for name in rows if name not in usual)):
        values = rows[column].dropna().astype(str).head(TRIED)
        if column not in usual:
            values = values[values.str.lower().str.endswith(SUFFIXES)]
        if any(files.find(value, base) is not None for value in values):
            return column
    return None


def _joined(made: Described, folder: Path, used: Sequence[Used], files: Files) -> pd.DataFrame:
    """The frame with the tables' columns. A split that no table names has none (a test split without answers)."""
    named = set()
    for table, column, rows in used:
        base = table.parent.relative_to(folder).as_posix() if table.parent != folder else ""
        named |= {files.find(str(value), base) for value in rows[column]}
    split = made.frame.get("split", pd.Series("", made.frame.index))
    answered = split.isin(split[[at for at in named if at is not None]].unique())
    part = made.frame[answered].reset_index(drop=True)
    try:
        told = side_table.joined(part, folder, used, made.notes, noun="image")
    except BadInput as error:
        raise BadInput(f"{error}; to use only the images that it names, give the table itself") from None
    columns = [str(name) for name in told if name not in made.frame]
    tables = " and ".join(side_table.shown(table, folder) for table, _, _ in used[:3])
    tell, do_name = ("tells", "names") if len(used) == 1 else ("tell", "name")
    made.notes.append(f"{tables} {tell} of the images: {', '.join(columns) or 'nothing new'}.")
    if answered.all():
        return told
    without = sorted(split[~answered].unique())
    made.notes.append(f"{tables} {do_name} no image of {', '.join(without)}.")
    told.index = made.frame.index[answered]
    return told.reindex(made.frame.index).combine_first(made.frame)[list(told)]
