"""A table with a column of text (CSV, TSV, Parquet, JSON lines, or a folder of such files named after their splits).

In a folder all files are of one kind, and every one or none has train, val or test as a word of its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import cleaning
from ..source import Glimpse, TextSource, digest_files
from ..spec import Spec
from . import _tables
from ._side_table import documents, tables
from ._texts import glimpse, with_text
from .tabular_images import split_of

KINDS = ("text",)


def accepts(path: Path) -> bool:
    if path.is_dir():
        return bool(found := tables(path)) and len(documents(path)) <= len(found)  # more texts: it describes them
    return path.suffix.lower() in _tables.SUFFIXES


def look(path: Path) -> Glimpse:
    files = _files(path)
    return glimpse(_rows(files, path, []), _tables.rows(files))


def read(path: Path, spec: Spec) -> TextSource:
    """`label` and `split` are declared by their name."""
    files, notes = _files(path), []
    if path.is_dir() and (left_out := documents(path)):
        notes.append(f"Beside the tables stand text files, which were left out: {', '.join(left_out[:3])}.")
    sha256, size = digest_files(path, files) if path.is_dir() else digest_file(path)
    cleaning.check_size(size, path.name)
    rows = _tables.rows(files)
    text, names, batches = with_text(_rows(files, path, notes), spec, path.name)
    written = files[0].suffix.lower() in (".csv", ".tsv")
    return TextSource(
        kind="text_tables",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=batches,
        text=text,
        rows=rows,
        label="label" if "label" in names and text != "label" else None,
        split="split" if "split" in names and text != "split" else None,
        others=_tables.typed if written else lambda table: table,
        notes=notes,
    )


def _rows(files: list[Path], path: Path, notes: list[str]) -> Iterator[pa.Table]:
    splits = [split_of(file) if path.is_dir() else None for file in files]
    for file, split in zip(files, splits, strict=True):
        for batch in _tables.batches(file, notes):
            if split is not None and "split" not in batch.column_names:
                batch = batch.append_column("split", pa.array([split] * len(batch)))
            yield batch


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = tables(path)
    kinds = sorted({file.suffix.lower() for file in files})
    if len(kinds) > 1:
        raise BadInput(f"{path.name}: expected tables of one kind in a folder, found {', '.join(kinds)}")
    splits = [split_of(file) for file in files]
    if len(files) > 1 and None in splits:
        odd = files[splits.index(None)].name
        raise BadInput(f"{path.name}: expected train, val or test in the name of every table of a folder, found {odd}")
    return files
