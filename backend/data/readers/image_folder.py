"""A folder of images: one subfolder a class, optionally below train/, val/ and test/, or a table beside them.

A file is an image by its content, whatever its ending; what is none is counted and named.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from pathlib import Path

import pandas as pd

from ...workspace.layout import BadInput
from ..conventions.told import Told
from ..pixels.kinds import HEAD
from ..source import LOOK_ROWS, Encoded, Glimpse, Source, below, digest_files
from ..spec import Spec
from . import _side_table, _tables, tabular_images, zip_folder
from ._described import described
from ._sorting import sort
from ._walk import Passed, walk

TOLD = True  # it can be told how a table beside the images is written
LOOK_FILES = 100_000
LOOK_HEADS = 1_000  # files of unknown endings that are opened when a folder is only looked at


def accepts(path: Path) -> bool:
    return path.is_dir() and not tabular_images.accepts(path) and not zip_folder.accepts(path)


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    names = list(islice(walk(path), LOOK_FILES))
    found = sort(names, partial(_head, path), LOOK_HEADS)
    try:
        made = described(found, path, partial(_table, path, told, [], []))
    except BadInput:
        if len(names) < LOOK_FILES or not found.images:
            raise
        return Glimpse(pd.DataFrame({"path": found.images[:LOOK_ROWS]}), None)  # what was not seen may make sense of it
    rows = len(made.frame) if len(names) < LOOK_FILES else None
    return Glimpse(made.frame.head(LOOK_ROWS), rows, **made.roles())


def read(path: Path, spec: Spec) -> Source:
    """Columns: `path`; `label` and `split` where folders or a table beside the images tell them; the table's others."""
    passed, notes, how = Passed(), [], []
    made = described(sort(walk(path, passed), partial(_head, path)), path, partial(_table, path, spec.told, notes, how))
    names = made.frame["path"].tolist()
    files = [below(path, n, f"{path.name}/{n}") for n in names]
    tables = [below(path, n, f"{path.name}/{n}") for n in made.tables]
    sha256, size = digest_files(path.resolve(), [*files, *tables])
    return Source(
        kind="image_folder",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=made.frame,
        images=[Encoded(f"{path.name}/{n}", partial(open, f, "rb")) for n, f in zip(names, files, strict=True)],
        **made.roles(),
        notes=notes + made.notes,
        how=how,
        left_out=[*made.left_out, *passed.left_out()],
    )


def _head(path: Path, name: str) -> bytes:
    """The first bytes of a file; none of one that a link takes from outside."""
    file = (path / name).resolve()
    if not file.is_relative_to(path.resolve()):
        return b""
    with open(file, "rb") as found:
        return found.read(HEAD)


def _table(path: Path, told: Told, notes: list[str], how: list[str], name: str) -> pd.DataFrame:
    where = f"{path.name}/{name}"
    return _side_table.read(below(path, name, where), where, notes, told, how)
