"""A table with a column of text (CSV, TSV, Parquet, JSON, or a folder of such files named after their splits).

In a folder all files are of one kind, and every one or none has train, val, test or unlabeled as a word of its name.
Where the folder itself holds no table, those in its subfolders are read, whose names may tell the split instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import cleaning
from ..conventions import splits
from ..conventions.side_table import shown
from ..conventions.told import Told
from ..source import Glimpse, Places, TextSource, digest_files
from ..spec import Spec
from . import _tables
from ._side_table import documents, tables
from ._texts import declared, glimpse, with_text

KINDS = ("text",)
TOLD = True  # it can be told how files are written: encoding, separator, header


def accepts(path: Path) -> bool:
    if path.is_dir():
        found = len(documents(path))
        return found <= len(tables(path)) if tables(path) else not found and bool(_below(path))
    return path.suffix.lower() in _tables.SUFFIXES  # a folder of more texts than tables: those describe the texts


def look(path: Path, told: Told = _tables.AS_FOUND) -> Glimpse:
    files = _files(path)
    batches = _rows(files, path, told, [], [], Places(path.name))
    return glimpse(batches, _tables.rows(files), _tables.words_only(files))


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name; names of classes that Parquet holds stand for their numbers."""
    files, notes, how = _files(path), [], []
    if path.is_dir() and (left_out := documents(path)):
        notes.append(f"Beside the tables stand text files, which were left out: {', '.join(left_out[:3])}.")
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    rows = _tables.rows(files)
    places = Places(path.name, lambda file, row: _tables.line_of(file, row, spec.told))
    text, names, batches = with_text(_rows(files, path, spec.told, notes, how, places), spec, path.name)
    roles = declared(names, text)
    named = path.is_dir() and _split(files[0], path) is not None
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


def _rows(
    files: list[Path], path: Path, told: Told, notes: list[str], how: list[str], places: Places
) -> Iterator[pa.Table]:
    row = 0
    for file in files:
        name = shown(file, path) if path.is_dir() else path.name
        places.begin(row, name, file)
        split = _split(file, path) if path.is_dir() else None
        for batch in _tables.batches(file, notes, told, name, how):
            row += len(batch)
            if split is not None and "split" not in batch.column_names:
                batch = batch.append_column("split", pa.array([split] * len(batch)))
            yield batch


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = tables(path) or _below(path)
    kinds = sorted({file.suffix.lower() for file in files})
    if len(kinds) > 1:
        raise BadInput(f"{path.name}: expected tables of one kind in a folder, found {', '.join(kinds)}")
    found = [_split(file, path) for file in files]
    if len(files) > 1 and None in found:
        odd = shown(files[found.index(None)], path)
        raise BadInput(f"{path.name}: expected train, val or test in the name of every table of a folder, found {odd}")
    return files


def _split(file: Path, folder: Path) -> str | None:
    """The split that a table's name tells, or one of the folders it stands in."""
    above = (splits.named(part) for part in file.relative_to(folder).parts[:-1])
    return splits.in_name(file.stem) or next(filter(None, above), None)


def _below(folder: Path) -> list[Path]:
    """The tables in subfolders, by name."""
    found = (f for f in folder.rglob("*") if f.suffix.lower() in _tables.SUFFIXES and f.is_file())
    return sorted(f for f in found if not any(p.startswith(".") for p in f.relative_to(folder).parts))
