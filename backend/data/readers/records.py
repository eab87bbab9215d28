"""A table of records, one row an example (CSV, TSV, Parquet, JSON, or a folder of such files named after their splits).

In a folder all files are of one kind, and of several every one has train, val, test or unlabeled as a word of its name.
"""

from __future__ import annotations

from pathlib import Path

from ...workspace.artefacts import digest_file
from .. import bounded, cleaning
from ..conventions import schema
from ..conventions.left_out import LeftOut
from ..conventions.told import Told
from ..source import LOOK_ROWS, Glimpse, Places, digest_files
from ..spec import Spec
from . import _table_files, _tables
from ._side_table import documents, tables
from ._table_files import Rows
from ._walk import Passed, besides, walk

KINDS = ("table",)
TOLD = True  # it can be told how files are written: encoding, separator, header


def accepts(path: Path) -> bool:
    if path.is_dir():
        return not documents(path) and bool(tables(path) or _table_files.below(path))
    return path.suffix.lower() in _tables.SUFFIXES


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    files = _table_files.files(path)
    batches = _table_files.rows(files, path, told, [], [], Places(path.name))
    first, whole = bounded.head(batches, LOOK_ROWS)
    return Glimpse(
        schema.frame(first),
        _tables.rows(files),
        words_only=_tables.words_only(files),
        whole=whole,
        **_declared(first.column_names),
    )


def read(path: Path, spec: Spec) -> Rows:
    """`label` and `split` are declared by their name; names of classes that Parquet holds stand for their numbers."""
    files, notes, how = _table_files.files(path), [], []
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    places = Places(path.name, lambda file, row: _tables.line_of(file, row, spec.told))
    named = path.is_dir() and _table_files.split_of(files[0], path) is not None
    return Rows(
        kind="records",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=_table_files.rows(files, path, spec.told, notes, how, places),
        rows=_tables.rows(files),
        classes=_tables.classes(files[0]).get("label", ()),
        notes=notes,
        left_out=_beside(path, files) if path.is_dir() else (),
        how=how,
        words_only=_tables.words_only(files),
        reasons={"split": "the names of the files"} if named else {},
        places=places,
    )


def _beside(folder: Path, files: list[Path]) -> list[LeftOut]:
    passed, used = Passed(), {file.relative_to(folder).as_posix() for file in files}
    return [*besides(name for name in walk(folder, passed) if name not in used), *passed.left_out()]


def _declared(names: list[str]) -> dict[str, str | None]:
    return {role: role if role in names else None for role in ("label", "split")}
