"""Plain text: one file (documents parted by blank lines, else one a line) or a folder of files, one document each.

In a folder the label is the subfolder, optionally below train/, val/ and test/, as in a folder of images; a table
beside the files may tell it too, and any other column, in a row for every file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ...workspace.artefacts import digest_file
from ...workspace.layout import BadInput
from .. import cleaning
from ..conventions import chosen, folders
from ..conventions.left_out import LeftOut
from ..conventions.told import Told
from ..line_reader import documents, lines
from ..source import LOOK_ROWS, Glimpse, Places, TextSource, below, digest_files
from ..spec import Spec
from . import _tables, datasets_folder, text_tables
from ._side_table import DOCUMENTS, is_document, joined
from ._tables import AS_FOUND, grouped
from ._texts import glimpse
from ._walk import Passed, walk

KINDS = ("text",)
NO_TEXT = (
    f"file that is no text ({', '.join(DOCUMENTS)}) was left out",
    f"files that are no texts ({', '.join(DOCUMENTS)}) were left out",
)
TOLD = True  # it can be told how files are written: encoding, and that of a table beside them


def accepts(path: Path) -> bool:
    if path.is_dir():
        return not text_tables.accepts(path) and not datasets_folder.accepts(path)
    return path.suffix.lower() in DOCUMENTS


def look(path: Path, told: Told = AS_FOUND) -> Glimpse:
    if path.is_dir():
        frame, roles, tables, reasons, _ = _described(_names(path)[0], path, [], told, [])
        names = frame["path"].tolist()
        first = frame.head(LOOK_ROWS).assign(
            text=[_document(path, n, told) for n in names[:20]] + [""] * len(names[20:LOOK_ROWS])
        )
        return Glimpse(first, len(names), **roles, text="text", words_only=_words_only(frame, tables, reasons))
    return glimpse(_parted(path, told)[1], None)


def read(path: Path, spec: Spec) -> TextSource:
    """One column, `text`; of a folder also `path`, and `label` and `split` where there are such folders."""
    if spec.text_column not in (None, "text"):
        raise BadInput(f"text_column: expected none, found {spec.text_column!r}: {path.name} is plain text")
    return _folder(path, spec.told) if path.is_dir() else _file(path, spec.told)


def _file(path: Path, told: Told) -> TextSource:
    sha256, size = digest_file(path)
    cleaning.check_size(size, path.name)
    blank, batches = _parted(path, told)
    why = "documents are parted by blank lines" if blank else "each line is a document"
    note = f"{why[0].upper()}{why[1:]}."
    return TextSource("text_files", path.name, size, sha256, batches, "text", notes=[note], reasons={"text": why})


def _parted(path: Path, told: Told) -> tuple[bool, Iterator[pa.Table]]:
    blank, found = documents(path, told.encoding)
    texts = (text for _, text in found if text.strip())  # a blank line is no document that is missing
    return blank, (pa.table({"text": pa.array(held, pa.string())}) for held in grouped(texts, len))


def _folder(path: Path, told: Told) -> TextSource:
    passed = Passed()
    found, others = _names(path, passed)
    notes: list[str] = []
    how: list[str] = []
    frame, roles, tables, reasons, beside = _described(found, path, notes, told, how)
    names = frame["path"].tolist()
    files = [below(path, name, f"{path.name}/{name}") for name in names]
    used = [table.relative_to(path).as_posix() for table in tables]
    sha256, size = digest_files(path.resolve(), [*files, *(below(path, t, t) for t in used)])
    cleaning.check_size(size, path.name)
    others = LeftOut([name for name in others if name not in used], *NO_TEXT)
    return TextSource(
        kind="text_files",
        name=path.name,
        bytes=size,
        sha256=sha256,
        batches=_read(path, names, frame, told),
        text="text",
        rows=len(files),
        **roles,
        notes=notes,
        left_out=[*beside, others, *passed.left_out()],
        words_only=_words_only(frame, tables, reasons),
        reasons={"text": "one file a document", **reasons},
        how=how,
        places=_Files(path, names),
    )


def _described(
    names: list[str], path: Path, notes: list[str], told: Told, how: list[str]
) -> tuple[pd.DataFrame, dict[str, str | None], list[Path], dict[str, str], list[LeftOut]]:
    """(a row a file: `path` and what folders and the table beside them tell; the columns of label and split; the
    table; why those that the folders tell are what they are; texts beside the splits' folders). Raises BadInput."""
    tree = folders.read(names, path.name, "text")
    notes += tree.notes
    frame, tables = joined(tree.frame, path, notes, told, how)
    reasons = {role: chosen.FOLDERS for role in ("label", "split") if role in tree.frame}
    roles = {role: role if role in frame else None for role in ("label", "split")}
    return frame, roles, tables, reasons, tree.left_out


def _words_only(frame: pd.DataFrame, tables: list[Path], reasons: dict[str, str]) -> frozenset[str]:
    """The columns that a table of words tells; what folders are called is never a missing value."""
    told = _tables.words_only(tables)
    return frozenset(name for name in frame if name in told and name not in ("path", *reasons))


class _Files(Places):
    """One row a file."""

    def __init__(self, path: Path, names: list[str]):
        super().__init__(path.name)
        self._names = names

    def where(self, row: int) -> str:
        return f"{self.name}/{self._names[row]}"

    def files(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows), int)  # what is told of the files stands in one table


def _read(path: Path, names: list[str], frame: pd.DataFrame, told: Told) -> Iterator[pa.Table]:
    at = 0
    for held in grouped((_document(path, name, told) for name in names), len):
        part = pa.Table.from_pandas(frame.iloc[at : at + len(held)], preserve_index=False)
        at += len(held)
        yield part.append_column("text", pa.array(held, pa.string()))


def _document(path: Path, name: str, told: Told) -> str:
    """A whole file; an empty one is an empty text."""
    file, where = below(path, name, f"{path.name}/{name}"), f"{path.name}/{name}"
    size = file.stat().st_size
    if size > 4 * cleaning.MAX_TEXT:  # UTF-8 takes at most four bytes a character
        raise cleaning.too_long(where, cleaning.MAX_TEXT)
    text = "\n".join(line for _, line in lines(file, encoding=told.encoding, name=where)) if size else ""
    cleaning.check(text, where)
    return text


def _names(path: Path, passed: Passed | None = None) -> tuple[list[str], list[str]]:
    """(relative names of the texts, those of other files), sorted."""
    found = sorted(walk(path, passed))
    names = [n for n in found if is_document(n)]
    if not names:
        raise BadInput(f"{path.name}: expected text files ({', '.join(DOCUMENTS)}) or tables, found none")
    return names, [n for n in found if not is_document(n)]
