"""A table with a column of text (CSV, TSV, Parquet, JSON, or a folder of such files named after their splits).

In a folder all files are of one kind, and every one or none has train, val, test or unlabeled as a word of its name.
Where the folder itself holds no table, those in its subfolders are read, whose names may tell the split instead.
"""

from __future__ import annotations

from pathlib import Path

from ...workspace.artefacts import digest_file
from .. import cleaning
from ..conventions.told import Told
from ..source import Glimpse, Places, TextSource, digest_files
from ..spec import Spec
from . import _table_files, _tables
from ._side_table import documents, tables
from ._texts import declared, glimpse, with_text

KINDS = ("text",)
TOLD = True  # it can be told how files are written: encoding, separator, header


def accepts(path: Path) -> bool:
    if path.is_dir():
        found = len(documents(path))
        return found <= len(tables(path)) if tables(path) else not found and bool(_table_files.below(path))
    return path.suffix.lower() in _tables.SUFFIXES  # a folder of more texts than tables: those describe the texts


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    files = _table_files.files(path)
    batches = _table_files.rows(files, path, told, [], [], Places(path.name))
    return glimpse(batches, _tables.rows(files), _tables.words_only(files))


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name; names of classes that Parquet holds stand for their numbers."""
    files, notes, how = _table_files.files(path), [], []
    if path.is_dir() and (left_out := documents(path)):
        notes.append(f"Beside the tables stand text files, which were left out: {', '.join(left_out[:3])}.")
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    rows = _tables.rows(files)
    places = Places(path.name, lambda file, row: _tables.line_of(file, row, spec.told))
    text, names, batches = with_text(_table_files.rows(files, path, spec.told, notes, how, places), spec, path.name)
    roles = declared(names, text)
    named = path.is_dir() and _table_files.split_of(files[0], path) is not None
    return TextSource(
        kind="text_tables",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=batches,
        text=text.column,
        rows=rows,
        **roles,
        classes=_tables.classes(files[0]).get("label", ()),
        notes=notes,
        words_only=_tables.words_only(files),
        reasons={"text": text.why} | ({"split": "the names of the files"} if named else {}),
        how=how,
        places=places,
    )
