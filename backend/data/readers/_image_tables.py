"""Tables with a column of images, read a little at a time: that column as bytes and paths, the others as they are."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...workspace.layout import BadInput
from .. import bounded
from ..conventions import files, schema
from ..conventions.joining import joined
from ..conventions.left_out import LeftOut
from ..conventions.names import hidden
from ..conventions.side_table import shown
from ..conventions.told import Told
from ..pixels.kinds import SUFFIXES
from ..source import LOOK_ROWS, Places, below, check_bytes
from . import _tables
from ._walk import files_below

IMAGE_COLUMNS = ("image", "img", "image_path", "path", "file", "filename", "file_name", "filepath", "image_bytes")
MOST_FILES = 1_000_000  # that are looked through for a path which is written otherwise
ROWS = 512


@dataclass(frozen=True)
class ImageTable:
    """values: bytes, paths or {bytes, path}, one a row. frame: the other columns, and the paths where all are paths."""

    column: str
    values: list[Any]
    frame: pd.DataFrame
    places: Places
    notes: list[str]
    how: list[str]
    words_only: Container[str]


def read(found: Sequence[tuple[Path, str | None]], path: Path, wanted: str | None, told: Told) -> ImageTable:
    """All rows of the files, each with the split that its name tells. Raises BadInput."""
    notes: list[str] = []
    how: list[str] = []
    places = Places(path.name, lambda file, row: _tables.line_of(file, row, told))
    values: list[Any] = []
    parts: list[pa.Table] = []
    known: dict[bytes, bytes] = {}
    column = None
    for file, split in found:
        name = shown(file, path) if path.is_dir() else path.name
        places.begin(len(values), name, file)
        for piece in _pieces(file, name, notes, told, how):
            column = column or image_column(piece.column_names, wanted, name)
            if column not in piece.column_names:
                raise BadInput(f"{name}: expected the column {column!r} of images in every file, found none")
            images = [_one(value, known) for value in piece.column(column).to_pylist()]
            values += images
            paths = all(isinstance(value, str) for value in images)
            part = piece if paths else piece.drop_columns(column)
            parts.append(part if split is None else part.append_column("split", pa.array([split] * len(part))))
    if column is None:
        raise BadInput(f"{path.name}: expected rows, found none")
    frame = schema.frame(joined(parts))
    if not all(isinstance(value, str) for value in values):
        frame = frame.drop(columns=column, errors="ignore")
    words_only = _tables.words_only([file for file, _ in found])
    return ImageTable(column, values, frame, places, notes, how, words_only)


def look(file: Path, name: str, told: Told) -> tuple[pd.DataFrame, int | None, list[str]]:
    """(first rows of the plain columns, rows in all where known, columns of bytes or records). Raises BadInput."""
    _check_size(file, name)
    if not _tables.is_parquet(file):
        return schema.frame(bounded.first(_tables.batches(file, [], told, name), LOOK_ROWS)), None, []
    try:
        fields = list(pq.read_schema(file))
        nested = [f.name for f in fields if schema.nested(f.type) or schema.binary(f.type)]
        plain = [f.name for f in fields if f.name not in nested]
        pieces = (schema.plain_index(piece, name) for piece in bounded.parquet(file, plain, LOOK_ROWS))
        frame = schema.frame(schema.with_names(bounded.first(pieces, LOOK_ROWS), _tables.classes(file), name))
    except (pa.ArrowException, OSError) as error:
        raise _tables.unreadable(name, error) from None
    return frame if len(frame) else pd.DataFrame(columns=plain), _tables.rows([file]), nested


def image_column(columns: Sequence[str], wanted: str | None, name: str) -> str:
    """The column that holds the images. Raises BadInput that lists the columns."""
    there = ", ".join(map(str, columns))
    if wanted is not None:
        if wanted not in columns:
            raise BadInput(f"image_column: expected a column of {name}, found {wanted!r}; it has {there}"[:500])
        return wanted
    for candidate in IMAGE_COLUMNS:
        if candidate in columns:
            return candidate
    raise BadInput(
        f"{name}: expected a column of images or their paths ({', '.join(IMAGE_COLUMNS)}), found {there}; "
        "name it with image_column"[:500]
    )


def is_image(kind: pa.DataType) -> bool:
    """Whether a column can hold encoded images: bytes, or the records {bytes, path} of Hugging Face."""
    record = pa.types.is_struct(kind) and {field.name for field in kind} == {"bytes", "path"}
    return record or schema.binary(kind)


def holds_images(file: Path) -> bool:
    """Whether a Parquet file has a column of encoded images; one that cannot be read is thought to."""
    try:
        return any(is_image(field.type) for field in pq.read_schema(file))
    except (pa.ArrowException, OSError):
        return True


class Paths:
    """The files that the paths of a table mean, below its folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._files: files.Files | None = None
        self.otherwise: list[tuple[str, str]] = []  # (as written, the file) where that is not the same
        self.found: set[Path] = set()

    def find(self, written: str, where: str) -> Path:
        """Raises BadInput for a path that means no file below the folder."""
        told = files.relative(written, self.folder)
        try:
            file = below(self.folder, told, where)
        except BadInput:
            self._files = self._files or files.Files(self._names(), self.folder)
            at = self._files.find(written)
            if at is None:
                raise
            self.otherwise.append((written.strip(), self._files.names[at]))
            file = below(self.folder, self._files.names[at], where)
        self.found.add(file)
        return file

    def unlisted(self, name: str) -> LeftOut:
        """The images beside those that the table names: in the same folders, but in no row."""
        root = self.folder.resolve()
        names = sorted(
            entry.relative_to(root).as_posix()
            for folder in {file.parent for file in self.found}
            for entry in folder.iterdir()
            if entry.name.lower().endswith(SUFFIXES) and not hidden(entry.name) and entry not in self.found
        )
        what = f"of which {name} has no row"
        return LeftOut(names, f"image {what} was left out", f"images {what} were left out")

    def note(self, name: str) -> list[str]:
        """What to say of paths that are written otherwise than the files are called."""
        if not self.otherwise:
            return []
        written, file = self.otherwise[0]
        return [f"{len(self.otherwise):,} paths of {name} are written otherwise than the files ({written} for {file})."]

    def _names(self) -> Iterator[str]:
        try:
            yield from (p.relative_to(self.folder).as_posix() for p in islice(files_below(self.folder), MOST_FILES))
        except BadInput:  # a name that cannot be shown; the path's own line says more
            return


def _pieces(file: Path, name: str, notes: list[str], told: Told, how: list[str]) -> Iterator[pa.Table]:
    _check_size(file, name)
    _tables.check_told(file, told, name)
    if not _tables.is_parquet(file):
        yield from _tables.batches(file, notes, told, name, how)
        return
    try:
        names = _tables.classes(file)
        for piece in bounded.parquet(file, rows=ROWS, cap=partial(check_bytes, name=name)):
            yield schema.with_names(schema.plain_index(piece, name), names, name)
    except (pa.ArrowException, OSError) as error:
        raise _tables.unreadable(name, error) from None


def _check_size(file: Path, name: str) -> None:
    if file.stat().st_size == 0:
        raise BadInput(f"{name}: expected a table, found an empty file (0 bytes)")
    check_bytes(file.stat().st_size, name)


def _one(value: Any, known: dict[bytes, bytes]) -> Any:
    """The value; equal bytes are held once, however many rows a small file repeats them in."""
    if isinstance(value, bytes):
        return known.setdefault(value, value)
    if isinstance(value, dict):
        return {key: _one(inner, known) for key, inner in value.items()}
    return value
