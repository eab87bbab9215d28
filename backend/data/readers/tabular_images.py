"""A table with an image column (Parquet, CSV, TSV, JSON, or a folder of Parquet files named after their splits).

The image column holds encoded bytes or paths below the table's folder. In a folder, every Parquet file or none
has one of train, val, test or unlabeled as a word of its name (cifar10_train.parquet).
"""

from __future__ import annotations

import io
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from ..conventions import splits
from ..conventions.left_out import LeftOut
from ..conventions.told import Told
from ..pixels.kinds import SUFFIXES
from ..source import Encoded, Glimpse, Source, digest_files
from ..spec import Spec
from . import _image_tables, _tables
from ._image_tables import IMAGE_COLUMNS, Paths, holds_images
from ._walk import Passed, besides, walk

TOLD = True  # it can be told how files are written: encoding, separator, header


def accepts(path: Path) -> bool:
    if path.is_dir():  # tables without images beside image files tell of these
        return bool(tables := list(path.glob("*.parquet"))) and (any(map(holds_images, tables)) or not _pictures(path))
    return path.suffix.lower() in _tables.SUFFIXES


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    """The first rows of the columns that are no images; of a folder, of its first file."""
    files = _files(path)
    file, split = files[0]
    frame, rows, binary = _image_tables.look(file, path.name, told)
    if split:
        frame["split"] = split
    names = [*binary, *frame.columns]
    image = next((c for c in IMAGE_COLUMNS if c in names), next(iter(binary), None))
    rows = rows if len(files) == 1 else None
    return Glimpse(frame, rows, image, **_declared(frame), words_only=_tables.words_only([file]))


def read(path: Path, spec: Spec) -> Source:
    """Columns: the table's own, without the image bytes; `label` and `split` are declared by their name."""
    files = _files(path)
    found = _image_tables.read(files, path, spec.image_column, spec.told)
    folder = path if path.is_dir() else path.parent
    paths = Paths(folder)
    images = [encoded(value, row, found, paths) for row, value in enumerate(found.values)]
    every = [file for file, _ in files]
    sha256, size = digest_files(path, every) if path.is_dir() else digest_file(path)
    return Source(
        kind="tabular_images",
        name=path.name,
        bytes=size,
        sha256=sha256,
        frame=found.frame,
        images=images,
        **_declared(found.frame),
        classes=_tables.classes(every[0]).get("label", ()),
        notes=[*found.notes, *paths.note(path.name)],
        left_out=[paths.unlisted(path.name), *(_beside(path, every, paths) if path.is_dir() else [])],
        words_only=found.words_only,
        reasons={"split": "the names of the files"} if files[0][1] else {},
        how=found.how,
        places=found.places,
    )


def _beside(path: Path, tables: list[Path], paths: Paths) -> list[LeftOut]:
    """What stands in a folder of tables and is neither a table nor an image that one names."""
    passed, root = Passed(), path.resolve()
    used = {file.relative_to(root).as_posix() for file in paths.found} | {table.name for table in tables}
    return [*besides(name for name in walk(path, passed) if name not in used), *passed.left_out()]


def _pictures(path: Path) -> bool:
    """Whether image files stand below a folder, as far as a short look tells."""
    try:
        return any(name.lower().endswith(SUFFIXES) for name in islice(walk(path), 10_000))
    except BadInput:
        return False


def _files(path: Path) -> list[tuple[Path, str | None]]:
    """(file, the split that its name tells) of a table or of a folder of them. Raises BadInput."""
    if not path.is_dir():
        return [(path, None)]
    found = [(file, splits.in_name(file.stem)) for file in sorted(path.glob("*.parquet"))]
    odd = [file.name for file, split in found if split is None]
    if odd and len(odd) < len(found):
        raise BadInput(f"{path.name}: expected train, val or test in the name of every Parquet file, found {odd[0]}")
    return found


def _declared(frame: Any) -> dict[str, str | None]:
    return {role: role if role in frame else None for role in ("label", "split")}


def encoded(value: Any, row: int, found: _image_tables.ImageTable, paths: Paths) -> Encoded:
    """Bytes, a path, or the struct {bytes, path} that Hugging Face data sets use."""
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes) and value:
        return Encoded(found.places.where(row, line=False), partial(io.BytesIO, value))
    if isinstance(value, str) and value.strip():
        where = _Where(found, row)
        name = f"{found.places.where(row, line=False)} ({value})"
        return Encoded(name, partial(open, paths.find(value, where), "rb"))
    empty = value is None or value != value or isinstance(value, (bytes, str))
    kind = "nothing" if empty else type(value).__name__
    raise BadInput(f"{_Where(found, row)}: expected image bytes or a path, found {kind}")


class _Where:
    """The place of a row, looked up when a line says it."""

    def __init__(self, found: _image_tables.ImageTable, row: int):
        self.found, self.row = found, row

    def __str__(self) -> str:
        return f"{self.found.places.where(self.row)}, column {self.found.column!r}"
