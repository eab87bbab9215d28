"""Plain text: one file (documents parted by blank lines, else one a line) or a folder of files, one document each.

In a folder the label is the subfolder, optionally below train/, val/ and test/, as in a folder of images; a table
beside the files may tell it too, and any other column, in a row for every file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import cleaning
from ..lines import documents, lines
from ..source import LOOK_ROWS, Glimpse, TextSource, below, digest_files
from ..spec import Spec
from . import datasets_folder, text_tables
from ._side_table import DOCUMENTS, is_document, joined
from ._tables import grouped
from ._texts import glimpse
from .image_folder import files_below, placed

KINDS = ("text",)


def accepts(path: Path) -> bool:
    if path.is_dir():
        return not text_tables.accepts(path) and not datasets_folder.accepts(path)
    return path.suffix.lower() in DOCUMENTS


def look(path: Path) -> Glimpse:
    if path.is_dir():
        names = _names(path)[0]
        frame, label, split, _ = _described(names, path, [])
        first = frame.head(LOOK_ROWS).assign(
            text=[_document(path / n) for n in names[:20]] + [""] * len(names[20:LOOK_ROWS])
        )
        return Glimpse(first, len(names), None, label, split, "text")
    return glimpse(_parted(path)[1], None)


def read(path: Path, spec: Spec) -> TextSource:
    """One column, `text`; of a folder also `path`, and `label` and `split` where there are such folders."""
    if spec.text_column not in (None, "text"):
        raise BadInput(f"text_column: expected none, found {spec.text_column!r}: {path.name} is plain text")
    return _folder(path) if path.is_dir() else _file(path)


def _file(path: Path) -> TextSource:
    sha256, size = digest_file(path)
    cleaning.check_size(size, path.name)
    blank, batches = _parted(path)
    note = "Documents are parted by blank lines." if blank else "Each line is a document."
    return TextSource("text_files", path.name, size, sha256, batches, "text", notes=[note])


def _parted(path: Path) -> tuple[bool, Iterator[pa.Table]]:
    blank, found = documents(path)
    texts = (text for _, text in found if text.strip())  # a blank line is no document that is missing
    return blank, (pa.table({"text": pa.array(held, pa.string())}) for held in grouped(texts, len))


def _folder(path: Path) -> TextSource:
    names, left_out = _names(path)
    notes: list[str] = []
    frame, label, split, tables = _described(names, path, notes)
    files = [below(path, name, f"{path.name}/{name}") for name in names]
    sha256, size = digest_files(path.resolve(), [*files, *(below(path, t.name, t.name) for t in tables)])
    cleaning.check_size(size, path.name)
    if left_out > len(tables):
        notes.append(f"{left_out - len(tables):,} files that are no text ({', '.join(DOCUMENTS)}) were left out.")
    return TextSource(
        kind="text_files",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=_read(files, frame),
        text="text",
        rows=len(files),
        label=label,
        split=split,
        notes=notes,
    )


def _described(
    names: list[str], path: Path, notes: list[str]
) -> tuple[pd.DataFrame, str | None, str | None, list[Path]]:
    """(a row a file: `path` and what folders and the table beside them tell; the columns of label and split; the
    table). Raises BadInput."""
    frame, label, split = placed(names, path.name, "text")
    frame, tables = joined(frame, path, notes)
    roles = (known or (role if role in frame else None) for known, role in ((label, "label"), (split, "split")))
    return frame, *roles, tables


def _read(files: list[Path], frame: pd.DataFrame) -> Iterator[pa.Table]:
    at = 0
    for held in grouped(map(_document, files), len):
        part = pa.Table.from_pandas(frame.iloc[at : at + len(held)], preserve_index=False)
        at += len(held)
        yield part.append_column("text", pa.array(held, pa.string()))


def _document(file: Path) -> str:
    """A whole file; an empty one is an empty text."""
    size = file.stat().st_size
    if size > 4 * cleaning.MAX_TEXT:  # UTF-8 takes at most four bytes a character
        raise cleaning.too_long(file.name, cleaning.MAX_TEXT)
    text = "\n".join(line for _, line in lines(file)) if size else ""
    cleaning.check(text, file.name)
    return text


def _names(path: Path) -> tuple[list[str], int]:
    """(relative names of the texts, sorted; how many other files there are)."""
    found = sorted(p.relative_to(path).as_posix() for p in files_below(path))
    names = [n for n in found if is_document(n)]
    if not names:
        raise BadInput(f"{path.name}: expected text files ({', '.join(DOCUMENTS)}) or tables, found none")
    return names, len(found) - len(names)
